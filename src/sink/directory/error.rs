//! What could not be done with the output folder, and what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What could not be done with the output folder.
#[derive(Debug)]
pub struct OutputError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug)]
pub(super) enum Problem {
    IsFile,
    Foreign,
    BadName,
    Io { doing: &'static str, source: io::Error },
}

impl OutputError {
    /// The path concerned.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match &self.problem {
            Problem::IsFile | Problem::Foreign => "choose another folder with `--out`",
            Problem::BadName => "this is a bug: please report it",
            Problem::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "free some space or choose another disk with `--out`, then run again"
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    "choose a folder that you may write to with `--out`"
                }
                _ => "check the disk or choose another folder with `--out`, then run again",
            },
        }
    }

    pub(super) fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.to_owned(), problem }
    }

    pub(in crate::sink) fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { path: path.to_owned(), problem: Problem::Io { doing, source } }
    }

    /// The same error once more: several may want to know of it.
    pub(in crate::sink) fn again(&self) -> Self {
        let problem = match &self.problem {
            Problem::IsFile => Problem::IsFile,
            Problem::Foreign => Problem::Foreign,
            Problem::BadName => Problem::BadName,
            Problem::Io { doing, source } => {
                let again = source.raw_os_error().map(io::Error::from_raw_os_error);
                let source = again.unwrap_or_else(|| io::Error::new(source.kind(), source.to_string()));
                Problem::Io { doing, source }
            }
        };
        Self { path: self.path.clone(), problem }
    }

    /// The error as a sink may pass it on, still of its kind.
    pub(in crate::sink) fn into_io(self) -> io::Error {
        let kind = match &self.problem {
            Problem::Io { source, .. } => source.kind(),
            Problem::IsFile | Problem::Foreign | Problem::BadName => io::ErrorKind::Other,
        };
        io::Error::new(kind, self)
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            Problem::IsFile => write!(out, "`{path}` is a file, not a folder"),
            Problem::Foreign => write!(
                out,
                "`{path}` is not empty and holds no results of thirdtry, so nothing is written into it"
            ),
            Problem::BadName => write!(out, "`{path}` is no name for a file inside the output folder"),
            Problem::Io { doing, source } => write!(out, "cannot {doing} `{path}`: {source}"),
        }
    }
}

impl std::error::Error for OutputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Io { source, .. } => Some(source),
            Problem::IsFile | Problem::Foreign | Problem::BadName => None,
        }
    }
}

/// An error that came through a sink: those of an [`super::OutputFile`] still know their file.
impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => error,
            Err(source) => {
                Self { path: PathBuf::from("the output"), problem: Problem::Io { doing: "write", source } }
            }
        }
    }
}
