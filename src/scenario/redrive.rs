//! Redrives: what lies in a queue is sent to its function again.

use crate::id::{DestinationId, FunctionId};
use crate::time::{SimDuration, SimTime};

/// At a time, somebody takes what lies in a queue and invokes the function with it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The queue.
    pub from: DestinationId,
    /// The function to invoke; each message's own if not given.
    pub to: Option<FunctionId>,
    /// When it begins.
    pub at: SimTime,
    /// The time between two messages.
    pub interval: SimDuration,
    /// The rate in the author's words.
    pub rate: String,
    /// At most so many messages.
    pub max_messages: Option<u64>,
    /// Why, in the author's words; empty if not given.
    pub because: String,
}
