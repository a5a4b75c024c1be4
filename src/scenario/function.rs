//! A function: AWS's settings and ours, and what goes wrong in its code.

use super::chance::{Probability, Windows};
use super::dependency::Call;
use crate::id::DestinationId;
use crate::random::distribution::Distribution;
use crate::time::SimDuration;

/// A function with its asynchronous invocation settings.
#[derive(Clone, Debug)]
pub struct Function {
    /// The function's name.
    pub name: String,
    /// `Timeout`: a run is stopped after this.
    pub timeout: SimDuration,
    /// `MemorySize` in MB.
    pub memory_mb: u32,
    /// `Architectures`.
    pub architecture: Architecture,
    /// `ReservedConcurrentExecutions`: the function's own share of the account's concurrency, and its ceiling.
    pub reserved: Option<u32>,
    /// `ProvisionedConcurrentExecutions`: environments that are kept ready; 0 = none.
    pub provisioned: u32,
    /// `MaximumRetryAttempts`, 0..=2: how many runs may follow a failed one.
    pub maximum_retries: u8,
    /// `MaximumEventAgeInSeconds`, 60..=21 600 s.
    pub maximum_age: SimDuration,
    /// `DestinationConfig.OnSuccess`.
    pub on_success: Option<DestinationId>,
    /// `DestinationConfig.OnFailure`.
    pub on_failure: Option<DestinationId>,
    /// `DeadLetterConfig`.
    pub dead_letter: Option<DestinationId>,
    /// `RecursiveLoop`: what Lambda does when it finds the function in a loop.
    pub recursive_loop: RecursiveLoop,
    /// How long a run takes when nothing fails.
    pub duration: Distribution,
    /// How long a new environment takes to initialise.
    pub init: Distribution,
    /// How long an environment is kept without work.
    pub idle_time: SimDuration,
    /// After how long an environment is replaced, busy or not.
    pub lifetime: SimDuration,
    /// What goes wrong in the function's code, in file order: the first cause that strikes decides.
    pub failures: Vec<FailureCause>,
    /// What each run calls before its own work, one after the other.
    pub calls: Vec<Call>,
    /// The size of the handler's answer in bytes.
    pub response_bytes: u64,
    /// What the handler's answer is.
    pub response: ResponseKind,
}

/// What a handler answers when it does not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseKind {
    /// A JSON document.
    Json,
    /// Something else, which Lambda cannot put into a record.
    NotJson,
}

/// `RecursiveLoop`: what Lambda does when it finds that a function is invoked as part of a recursive loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecursiveLoop {
    /// It stops the next invocation.
    Terminate,
    /// Nothing.
    Allow,
}

impl RecursiveLoop {
    /// AWS's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminate => "Terminate",
            Self::Allow => "Allow",
        }
    }
}

/// The instruction set a function runs on; a matter of price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// `x86_64`
    X86_64,
    /// `arm64`
    Arm64,
}

/// One way in which a function's code goes wrong.
#[derive(Clone, Debug)]
pub struct FailureCause {
    /// What happens.
    pub kind: FailureKind,
    /// Its position among the causes of the same kind: part of the address of its draws.
    pub ordinal: u8,
    /// How probable it is, for each run (or for each event, if poison).
    pub probability: Probability,
    /// When it can strike; the start of the run counts (for poison: the acceptance of the event).
    pub during: Windows,
    /// How long a run lasts that it strikes; the ordinary duration if not given.
    pub duration: Option<Distribution>,
    /// Why, in the author's words; empty if not given.
    pub because: String,
}

/// What a failure cause does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The handler raises: a function error at the end of the run.
    Exception,
    /// The handler hangs until `Timeout` ends the run: a function error.
    Timeout,
    /// The handler fails but catches its error: Lambda sees a success.
    CaughtError,
    /// Some events fail in every run, whatever the retries.
    Poison,
    /// A new environment cannot be initialised: a function error, and the environment is gone.
    InitFailure,
    /// The process ends: a function error, and the environment has to be initialised again.
    Crash,
    /// The process uses too much memory: as a crash.
    OutOfMemory,
}
