//! A destination: where outcomes go, and how deliveries to it fail.

use super::chance::{Probability, Windows};
use crate::id::FunctionId;
use crate::time::SimDuration;

/// A place where outcomes go: the target of a route or a dead-letter queue.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The destination's name.
    pub name: String,
    /// What it is.
    pub kind: DestinationKind,
    /// From the terminal decision to the delivery's result.
    pub latency: SimDuration,
    /// The largest message it takes, in bytes.
    pub max_bytes: u64,
    /// How long it keeps a message, if it keeps any (`MessageRetentionPeriod`).
    pub retention: Option<SimDuration>,
    /// The functions that a message to this topic or bus invokes, ascending by name; empty for other kinds.
    pub subscribers: Vec<FunctionId>,
    /// How deliveries fail, in file order: the first cause that strikes decides.
    pub failures: Vec<DeliveryFailureCause>,
}

/// The kind of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DestinationKind {
    /// An Amazon SQS standard queue.
    Sqs,
    /// An Amazon SNS standard topic.
    Sns {
        /// What happens to a record over the size limit.
        oversize: SnsOversize,
    },
    /// An Amazon EventBridge bus.
    EventBridge,
    /// An Amazon S3 bucket (on failure only).
    S3,
    /// Another function of the scenario, invoked asynchronously with the record as its event.
    Lambda {
        /// The function.
        function: FunctionId,
    },
}

impl DestinationKind {
    /// The name in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqs => "sqs",
            Self::Sns { .. } => "sns",
            Self::EventBridge => "eventbridge",
            Self::S3 => "s3",
            Self::Lambda { .. } => "lambda",
        }
    }
}

/// What happens to an invocation record that is too large for SNS; AWS's own texts contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnsOversize {
    /// The payloads are dropped from the record, which is then delivered (API reference).
    DropPayload,
    /// The delivery fails (developer guide).
    Fail,
}

/// One way in which deliveries to a destination fail.
#[derive(Clone, Debug)]
pub struct DeliveryFailureCause {
    /// What the destination answers.
    pub failure: DeliveryFailure,
    /// How probable it is, for each delivery.
    pub probability: Probability,
    /// When it can strike; the start of the delivery counts.
    pub during: Windows,
}

/// Why a delivery failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryFailure {
    /// The function's role may not write there.
    Permission,
    /// The destination does not exist or cannot be used.
    Misconfiguration,
    /// The message is larger than the destination takes.
    Size,
    /// The destination refused the call for now.
    Throttled,
}

impl DeliveryFailure {
    /// All of them, in the order in which tables show them.
    pub const ALL: [Self; 4] = [Self::Permission, Self::Misconfiguration, Self::Size, Self::Throttled];

    /// The name in scenario files and outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Permission => "permission",
            Self::Misconfiguration => "misconfiguration",
            Self::Size => "size",
            Self::Throttled => "throttled",
        }
    }
}
