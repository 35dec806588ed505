//! A variable's value: given literally, or in a file that is read again when it changes.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::problem::Problem;

/// Reads a whole file as UTF-8 text.
pub type FileReader = Arc<dyn Fn(&Path) -> io::Result<String> + Send + Sync>;

/// Where the value of a variable comes from.
#[derive(Clone)]
pub struct Value {
    name: String,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Literal(String),
    File(PathBuf, FileReader),
}

impl Value {
    /// The value `text`, given by the variable `name`.
    pub(crate) fn literal(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            source: Source::Literal(text.into()),
        }
    }

    /// The content of the file at `path`, named by the variable `name`.
    pub(crate) fn file(
        name: impl Into<String>,
        path: impl Into<PathBuf>,
        reader: FileReader,
    ) -> Self {
        Self {
            name: name.into(),
            source: Source::File(path.into(), reader),
        }
    }

    /// The variable that gave the value: `NAME` or `NAME_FILE`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the value is read from a file and may change.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self.source, Source::File(..))
    }

    /// "in PATH " for a file, for use inside a remedy.
    pub(crate) fn place(&self) -> String {
        match &self.source {
            Source::Literal(_) => String::new(),
            Source::File(path, _) => format!("in {} ", path.display()),
        }
    }

    /// The value now, without the newlines at its end.
    pub(crate) fn read(&self) -> Result<String, Problem> {
        match &self.source {
            Source::Literal(text) => Ok(text.clone()),
            Source::File(path, reader) => match reader(path) {
                Ok(text) => Ok(text.trim_end_matches(['\n', '\r']).to_owned()),
                Err(error) => {
                    let remedy = format!("cannot be read from {}: {error}", path.display());
                    Err(Problem::new(&self.name, remedy))
                }
            },
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Value({} {}redacted)", self.name, self.place())
    }
}
