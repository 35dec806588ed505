//! Secrets that settings refer to, as the files that mounted Secrets are.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use authbackend_crds::auth::{AuthSettings, SecretKeyRef};

use super::{
    environment::Environment,
    problem::Problem,
    secrets::Secret,
    value::{FileReader, Value},
};

/// The variable that names the directory.
const VARIABLE: &str = "AUTH_SECRETS_DIR";
/// Where the operator mounts the Secrets that `spec.auth` refers to.
const DEFAULT_DIRECTORY: &str = "/etc/authbackend/secrets";

/// A directory with a subdirectory per Secret, in which each key is a file.
#[derive(Clone)]
pub struct SecretFiles {
    directory: PathBuf,
    reader: FileReader,
}

impl SecretFiles {
    /// The Secrets below `directory`.
    pub fn new(directory: impl Into<PathBuf>, reader: FileReader) -> Self {
        Self {
            directory: directory.into(),
            reader,
        }
    }

    pub(super) fn load(environment: &Environment<'_>) -> Self {
        let directory = environment.literal(VARIABLE);
        Self::new(
            directory.as_deref().unwrap_or(DEFAULT_DIRECTORY),
            environment.reader(),
        )
    }

    /// The value now, without the newlines at its end. Read it for each use, and a rotation needs no restart.
    ///
    /// # Errors
    /// There is no such file, it is empty or not text. The problem names the Secret, the key and the file.
    pub fn read(&self, reference: &SecretKeyRef) -> Result<Secret, Problem> {
        let SecretKeyRef { name, key } = reference;
        let subject = format!("Secret {name}, key {key}:");
        if !reference.is_path_safe() {
            return Err(Problem::new(
                subject,
                "cannot be the path of a file: use the names of a Secret and of a key in it",
            ));
        }
        let path = self.directory.join(Path::new(name)).join(key);
        let empty = format!("is empty in {}: give it a value", path.display());
        let value = Value::file(&subject, path, FileReader::clone(&self.reader));
        match value.read()? {
            text if text.is_empty() => Err(Problem::new(subject, empty)),
            text => Ok(Secret::new(text)),
        }
    }

    /// What `settings` refer to and cannot be read now.
    pub fn problems(&self, settings: &AuthSettings) -> Vec<Problem> {
        let references = settings.secret_refs();
        let read = references.iter().map(|reference| self.read(reference));
        read.filter_map(Result::err).collect()
    }
}

impl fmt::Debug for SecretFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SecretFiles({})", self.directory.display())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc};

    use super::*;

    struct Mounted(tempfile::TempDir);

    impl Mounted {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn write(&self, name: &str, key: &str, value: impl AsRef<[u8]>) {
            fs::create_dir_all(self.0.path().join(name)).unwrap();
            fs::write(self.0.path().join(name).join(key), value).unwrap();
        }

        fn files(&self) -> SecretFiles {
            let reader: FileReader = Arc::new(|path: &Path| fs::read_to_string(path));
            SecretFiles::new(self.0.path(), reader)
        }
    }

    fn reference(name: &str, key: &str) -> SecretKeyRef {
        SecretKeyRef {
            name: name.to_owned(),
            key: key.to_owned(),
        }
    }

    #[test]
    fn a_value_is_read_without_the_newline_at_its_end() {
        let mounted = Mounted::new();
        mounted.write("google", "client-secret", "s3cret \n");
        let secret = mounted.files().read(&reference("google", "client-secret"));
        assert_eq!(secret.unwrap().expose(), "s3cret ");
    }

    #[test]
    fn each_read_sees_the_value_of_that_moment() {
        let mounted = Mounted::new();
        let files = mounted.files();
        for value in ["before", "after"] {
            mounted.write("google", "client-secret", value);
            let secret = files.read(&reference("google", "client-secret")).unwrap();
            assert_eq!(secret.expose(), value);
        }
    }

    #[test]
    fn a_missing_file_is_told_by_secret_and_key() {
        let problem = Mounted::new()
            .files()
            .read(&reference("google", "client-secret"))
            .unwrap_err()
            .to_string();
        assert!(
            problem.starts_with("Secret google, key client-secret: cannot be read from"),
            "{problem}"
        );
    }

    #[test]
    fn a_value_that_is_not_text_is_refused_without_telling_it() {
        let mounted = Mounted::new();
        mounted.write("google", "client-secret", b"hunter2\xff");
        let problem = mounted
            .files()
            .read(&reference("google", "client-secret"))
            .unwrap_err()
            .to_string();
        assert!(problem.contains("UTF-8"), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }

    #[test]
    fn an_empty_value_is_refused() {
        let mounted = Mounted::new();
        mounted.write("google", "client-secret", "\n");
        let problem = mounted
            .files()
            .read(&reference("google", "client-secret"))
            .unwrap_err()
            .to_string();
        assert!(problem.contains("is empty in"), "{problem}");
    }

    #[test]
    fn nothing_outside_the_directory_is_read() {
        let mounted = Mounted::new();
        mounted.write("a", "key", "value");
        for (name, key) in [("..", "key"), ("a", "../a/key"), ("/a", "key"), ("", "key")] {
            let read = mounted.files().read(&reference(name, key));
            assert!(
                read.unwrap_err()
                    .to_string()
                    .contains("cannot be the path of a file"),
                "{name} {key}"
            );
        }
    }

    #[test]
    fn settings_without_references_have_no_problem() {
        let files = Mounted::new().files();
        assert_eq!(files.problems(&AuthSettings::default()), []);
    }
}
