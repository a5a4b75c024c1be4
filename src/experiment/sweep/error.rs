//! What can go wrong with a sweep.

use crate::scenario::load::{Input, Rejected};
use crate::sink::directory::OutputError;
use std::fmt;
use std::io;
use std::path::Path;

/// Why a sweep was not made, or not finished.
#[derive(Debug)]
pub enum SweepError {
    /// What was asked for cannot be.
    Usage {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// The scenario is invalid, as it is or at a point.
    Rejected {
        /// The scenario with the point's settings.
        input: Box<Input>,
        /// The settings of the point; empty for the scenario as it is.
        settings: String,
        /// Its problems.
        rejected: Box<Rejected>,
    },
    /// Folders that do not hold what they should.
    Inconsistent {
        /// Which, and what is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// A file could not be read or written.
    Environment {
        /// Which, and why.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// Whoever looked at its points wants it no longer; nothing was run.
    Stopped,
}

impl SweepError {
    pub(super) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: hint.into() }
    }

    pub(super) fn inconsistent(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Inconsistent { message: message.into(), hint: hint.into() }
    }

    pub(super) fn rejected(input: &Input, settings: &str, rejected: Rejected) -> Self {
        Self::Rejected {
            input: Box::new(input.clone()),
            settings: settings.to_owned(),
            rejected: Box::new(rejected),
        }
    }

    pub(super) fn io(path: &Path, doing: &str) -> impl FnOnce(io::Error) -> Self {
        let (path, doing) = (path.display().to_string(), doing.to_owned());
        move |error| {
            let hint = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "free some space; what was finished is kept, and the same command goes on from there"
                }
                _ => "check the disk and the permissions; what was finished is kept",
            };
            Self::Environment { message: format!("cannot {doing} `{path}`: {error}"), hint: hint.to_owned() }
        }
    }
}

impl fmt::Display for SweepError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage { message, .. }
            | Self::Inconsistent { message, .. }
            | Self::Environment { message, .. } => out.write_str(message),
            Self::Rejected { settings, rejected, .. } if settings.is_empty() => write!(out, "{rejected}"),
            Self::Rejected { settings, rejected, .. } => write!(out, "at {settings}: {rejected}"),
            Self::Stopped => out.write_str("stopped before anything was run"),
        }
    }
}

impl std::error::Error for SweepError {}

impl From<OutputError> for SweepError {
    fn from(error: OutputError) -> Self {
        Self::Environment { message: error.to_string(), hint: error.remedy().to_owned() }
    }
}

/// An error met while writing.
impl From<io::Error> for SweepError {
    fn from(error: io::Error) -> Self {
        OutputError::from(error).into()
    }
}
