//! What goes wrong in the Lambda service itself.

use super::chance::{Probability, Windows};
use crate::id::FunctionId;

/// Something that goes wrong in the service itself, at dispatch.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// Its position among the faults of the same kind: part of the address of its draws.
    pub ordinal: u8,
    /// The function whose attempts it strikes; every function if not given.
    pub function: Option<FunctionId>,
    /// How probable it is, for each attempt.
    pub probability: Probability,
    /// When it can strike.
    pub during: Windows,
}

/// What a fault does to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Lambda answers with this 5xx status.
    SystemError {
        /// 500..=599
        status: u16,
    },
    /// Lambda answers 429 although a slot is free.
    Throttle,
    /// Lambda's front door answers with this 5xx status: nothing is accepted.
    FrontDoor {
        /// 500..=599
        status: u16,
    },
    /// Lambda answers with this 4xx status, as if the function had been deleted while the event waited.
    ClientError {
        /// 400..=499, but not 429
        status: u16,
    },
}
