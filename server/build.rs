//! Embeds the files of `migrations/`, sorted by version, so that the binary and its schema cannot be separated.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

// The parser is shared with the server, which reads further files at run time.
#[path = "src/migrate/file_name.rs"]
mod file_name;

use file_name::{Class, FileName};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../migrations");
    println!("cargo::rerun-if-changed={}", directory.display());
    println!("cargo::rerun-if-changed=src/migrate/file_name.rs");
    let mut files = Vec::new();
    for entry in fs::read_dir(&directory)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let parsed =
            FileName::parse(&name).map_err(|problem| format!("migrations/{name} {problem}"))?;
        files.push((parsed, path.canonicalize()?));
    }
    files.sort_by_key(|(name, _)| name.version);
    if let Some(pair) = files
        .windows(2)
        .find(|pair| pair[0].0.version == pair[1].0.version)
    {
        return Err(format!("migrations: version {} is used twice", pair[0].0.version).into());
    }
    let mut code = String::from("const EMBEDDED: &[Embedded] = &[\n");
    for (file, path) in &files {
        let FileName {
            version,
            name,
            class,
        } = file;
        let path = path
            .to_str()
            .ok_or("the path of the checkout is not UTF-8")?;
        writeln!(
            code,
            "Embedded {{ version: {version}, name: {name:?}, class: Class::{class:?}, sql: include_str!({path:?}) }},"
        )?;
    }
    let required = files
        .iter()
        .filter(|(name, _)| name.class != Class::Contract);
    let required = required
        .map(|(name, _)| name.version)
        .max()
        .ok_or("migrations: there is no expand migration")?;
    writeln!(code, "];\nconst REQUIRED: i64 = {required};")?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("migrations.rs"), code)?;
    Ok(())
}
