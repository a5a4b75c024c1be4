//! Exit codes: documented in the README and `--help`, tested, never renumbered.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done, and all holds.
    Done,
    /// 1: the environment failed: I/O, a full disk.
    Environment,
    /// 2: the command line is wrong.
    Usage,
    /// 3: the scenario or an input file is invalid.
    Invalid,
    /// 4: results are missing, incomplete or edited.
    Inconsistent,
    /// 5: no value of a setting meets the requirements.
    NoValue,
    /// 97: statistics cannot tell; more replications would.
    Undecided,
    /// 98: results differ, from golden ones or, where that was asked, of two scenarios.
    Differs,
    /// 99: an expectation failed.
    Failed,
    /// 101: a bug of ours. A panic ends the process with the same code.
    Bug,
    /// 130: interrupted.
    Interrupted,
}

impl Exit {
    /// The same, if verdicts are to be no failures.
    pub(crate) const fn without_verdict(self) -> Self {
        match self {
            Self::NoValue | Self::Undecided | Self::Differs | Self::Failed => Self::Done,
            other => other,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Environment => 1,
            Exit::Usage => 2,
            Exit::Invalid => 3,
            Exit::Inconsistent => 4,
            Exit::NoValue => 5,
            Exit::Undecided => 97,
            Exit::Differs => 98,
            Exit::Failed => 99,
            Exit::Bug => 101,
            Exit::Interrupted => 130,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Standard output was closed by its reader: a quiet, successful end.
    ClosedPipe,
    /// The environment failed.
    Environment {
        /// What happened, and to what.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The command line is wrong in a way that the argument parser cannot see.
    Usage {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// Input files are invalid; their problems have been shown already.
    Invalid {
        /// The closing sentence.
        message: String,
    },
    /// The results of a run are missing, incomplete or edited.
    Inconsistent {
        /// Which, and what is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The program contradicts itself.
    Bug {
        /// How.
        message: String,
    },
    /// The user pressed Ctrl-C or the process was asked to end.
    Interrupted {
        /// What is left behind.
        message: String,
    },
}

impl Failure {
    /// An environment failure without advice.
    pub(crate) fn environment(message: impl Into<String>) -> Self {
        Self::Environment { message: message.into(), hint: None }
    }

    /// The exit code.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::ClosedPipe => Exit::Done,
            Self::Environment { .. } => Exit::Environment,
            Self::Usage { .. } => Exit::Usage,
            Self::Invalid { .. } => Exit::Invalid,
            Self::Inconsistent { .. } => Exit::Inconsistent,
            Self::Bug { .. } => Exit::Bug,
            Self::Interrupted { .. } => Exit::Interrupted,
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<&str> {
        match self {
            Self::Environment { hint, .. } | Self::Usage { hint, .. } | Self::Inconsistent { hint, .. } => {
                hint.as_deref()
            }
            Self::Bug { .. } => Some("this is a bug: please report it, with the scenario and the seed"),
            Self::ClosedPipe | Self::Invalid { .. } | Self::Interrupted { .. } => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedPipe => out.write_str("the reader closed the pipe"),
            Self::Environment { message, .. }
            | Self::Usage { message, .. }
            | Self::Inconsistent { message, .. }
            | Self::Invalid { message }
            | Self::Bug { message }
            | Self::Interrupted { message } => out.write_str(message),
        }
    }
}

/// An error on standard output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ClosedPipe
        } else {
            Self::environment(format!("cannot write to standard output: {error}"))
        }
    }
}
