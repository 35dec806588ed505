//! Embeds the files of `migrations/`, and those in the folders of plugins, sorted by version, so that the binary and its
//! schema cannot be separated.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

// The parser is shared with the server, which reads further files at run time.
#[path = "src/migrate/file_name.rs"]
mod file_name;

use file_name::{Class, FileName};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo::rerun-if-changed=src/migrate/file_name.rs");
    let plugins = root.join("src/plugins");
    println!("cargo::rerun-if-changed={}", plugins.display());
    let mut files = read(&root.join("../migrations"))?;
    for plugin in fs::read_dir(plugins)? {
        let migrations = plugin?.path().join("migrations");
        if migrations.is_dir() {
            files.extend(read(&migrations)?);
        }
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

/// The migrations of one folder.
fn read(directory: &Path) -> Result<Vec<(FileName, PathBuf)>, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", directory.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let parsed =
            FileName::parse(&name).map_err(|problem| format!("{} {problem}", path.display()))?;
        files.push((parsed, path.canonicalize()?));
    }
    Ok(files)
}
