//! What a run is about: a [`Scenario`], plain data that is valid by construction.
//!
//! ```text
//! text ──document──> tree with places ──grammar──> checked tree, defaults filled in ──lower──> Scenario
//!                            └────────────── all problems at once, each with its place ──────────────┘
//! ```
//!
//! Data lives here, behaviour in [`crate::model`].

pub mod builtin;
pub mod document;
#[cfg(test)]
mod golden;
pub mod grammar;
pub mod json_schema;
pub mod load;
mod lower;
pub mod problem;
pub mod reference;
pub mod set;
pub mod shape;
pub mod trace;
pub mod traffic;
pub mod units;

use crate::id::{DestinationId, FunctionId};
use crate::random::Seed;
use crate::random::distribution::Distribution;
use crate::time::{SimDuration, SimTime};

/// A scenario that can be run: every reference resolved, every number in range, every default filled in.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name under which results are filed: the file's name without its ending.
    pub name: String,
    /// What the scenario shows, for people.
    pub description: String,
    /// From which all randomness follows.
    pub seed: Seed,
    /// The label of virtual time zero, in milliseconds since 1970-01-01T00:00:00Z; affects output only.
    pub start_epoch_ms: i64,
    /// No source emits at or after this instant.
    pub arrivals_end: Option<SimTime>,
    /// When the run is over.
    pub end: End,
    /// Which timing laws the defaults came from.
    pub profile: Profile,
    /// The timing laws.
    pub timing: Timing,
    /// The account that the functions share.
    pub account: Account,
    /// The functions, sorted by name.
    pub functions: Vec<Function>,
    /// Where events come from, sorted by name.
    pub sources: Vec<Source>,
    /// Where outcomes go, sorted by name.
    pub destinations: Vec<Destination>,
    /// What goes wrong in the service itself, in file order.
    pub faults: Vec<Fault>,
}

/// When a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// When no source has anything left to send and nothing is in flight.
    Drained,
    /// Before this instant: the run covers the half-open interval [0, end); what has not ended by then is in flight.
    At(SimTime),
}

/// Where the defaults of [`Timing`] come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The laws measured on AWS, with jitter.
    Measured,
    /// AWS's documented nominal numbers, without jitter: for teaching and exact arithmetic.
    Documented,
}

impl Profile {
    /// The name in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Documented => "documented",
        }
    }
}

/// The timing laws of the asynchronous path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From acceptance to the first dispatch.
    pub dispatch_latency: SimDuration,
    /// The nominal wait after the first failed run; after run k it is k times as long.
    pub function_retry_delay: SimDuration,
    /// Each wait after a function error is multiplied by an independent uniform on 1 ± this.
    pub function_retry_jitter: Jitter,
    /// The nominal wait after the first throttle or system error.
    pub backoff_base: SimDuration,
    /// By which each further nominal wait grows.
    pub backoff_factor: u32,
    /// The longest nominal back-off wait.
    pub backoff_cap: SimDuration,
    /// Each back-off wait is multiplied by an independent uniform on 1 ± this.
    pub backoff_jitter: Jitter,
    /// Whether a run sets the back-off to its base again.
    pub backoff_reset_on_run: bool,
    /// How the maximum event age is applied to the wait after a function error.
    pub age_check_function_error: AgeCheck,
    /// How the maximum event age is applied to the wait after a throttle or system error.
    pub age_check_invocation_error: AgeCheck,
    /// Which condition an event ends with when its retries are used up and its age is exceeded as well.
    pub terminal_precedence: TerminalPrecedence,
}

/// A relative spread in parts per million: waits are multiplied by a uniform on 1 ± jitter. Below one million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jitter {
    /// Parts per million, 0..1 000 000.
    pub ppm: u32,
}

/// How the maximum event age is applied to a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeCheck {
    /// The event is dropped now when its nominal wait would end at or after its deadline.
    Lookahead,
    /// The wait is cut at the deadline, and the event dropped there.
    ClipToDeadline,
    /// The wait is served in full, and the event dropped at the dispatch that finds it too old.
    AtDispatch,
}

/// Which of two conditions that hold at once an event ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalPrecedence {
    /// `RetriesExhausted` before `EventAgeExceeded`.
    RetriesFirst,
    /// `EventAgeExceeded` before `RetriesExhausted`.
    AgeFirst,
}

/// What the functions of one account in one Region share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The Region's concurrency quota.
    pub concurrency: u32,
    /// How much of the quota reservations must leave to functions without one.
    pub unreserved_minimum: u32,
}

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
    /// How long a run takes when nothing fails.
    pub duration: Distribution,
    /// What goes wrong in the function's code, in file order: the first cause that strikes decides.
    pub failures: Vec<FailureCause>,
    /// The size of the handler's answer in bytes.
    pub response_bytes: u64,
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
}

/// A source of events.
#[derive(Clone, Debug)]
pub struct Source {
    /// The source's name; its draws follow from it.
    pub name: String,
    /// The function it invokes.
    pub to: FunctionId,
    /// Whether the caller waits.
    pub invocation: InvocationType,
    /// Who calls.
    pub kind: SourceKind,
    /// The size of one event in bytes.
    pub payload_bytes: u64,
    /// Nothing is sent before this instant.
    pub from: SimTime,
    /// Nothing is sent at or after this instant.
    pub until: Option<SimTime>,
    /// At most this many events are sent.
    pub max_events: Option<u64>,
    /// When events are sent.
    pub arrivals: Arrivals,
}

/// `InvocationType` of AWS's Invoke call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocationType {
    /// `Event`: Lambda queues the event and answers 202.
    Event,
    /// `RequestResponse`: the caller waits and gets errors and throttles back; a running call holds a slot.
    RequestResponse,
}

/// Who calls a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// An SDK or CLI caller.
    Direct,
    /// Amazon S3 event notifications.
    S3,
    /// An Amazon SNS topic.
    Sns,
    /// An Amazon EventBridge rule.
    EventBridge,
}

/// When the events of a source arrive, relative to the source's `from`.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// One event every interval, the first at `from`.
    Constant {
        /// The interval; positive.
        interval: SimDuration,
    },
    /// A Poisson process whose rate is piecewise linear in time.
    Poisson(RateCurve),
    /// Evenly spaced arrivals at a piecewise linear rate: event k where the integrated rate reaches
    /// k − 1/2.
    Even(RateCurve),
    /// At given instants, ascending: explicit times and recorded traces.
    Times(std::sync::Arc<[SimTime]>),
    /// Recorded counts per period; each event of a period falls at a random instant in it, or evenly spaced.
    Counts {
        /// The length of each period; positive.
        period: SimDuration,
        /// Events in each period.
        counts: std::sync::Arc<[u32]>,
        /// Whether the events of a period are spaced evenly rather than at random.
        even: bool,
    },
}

/// A rate of events per second that is linear within each segment; zero before the first and, unless the last
/// segment is endless, after the last.
#[derive(Clone, Debug, PartialEq)]
pub struct RateCurve {
    /// The segments in order of time, without gaps.
    pub segments: Vec<RateSegment>,
}

/// One linear piece of a [`RateCurve`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateSegment {
    /// Where the piece begins, relative to the source's `from`.
    pub start: SimTime,
    /// Where it ends; `None` for an endless last piece, whose rate is constant.
    pub end: Option<SimTime>,
    /// Events per second at its beginning; finite, not negative.
    pub start_rate: f64,
    /// Events per second at its end.
    pub end_rate: f64,
}

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
}

/// A probability as a threshold on 53 random bits, so that it is decided in integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probability {
    threshold: u64,
}

impl Probability {
    /// Never.
    pub const NEVER: Self = Self { threshold: 0 };
    /// Always.
    pub const ALWAYS: Self = Self { threshold: 1 << 53 };

    /// The probability `p`; `None` unless 0 ≤ p ≤ 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
    pub fn new(p: f64) -> Option<Self> {
        (0.0..=1.0).contains(&p).then_some(Self { threshold: (p * 9_007_199_254_740_992.0) as u64 })
    }

    /// Whether it strikes, given 64 random bits.
    pub const fn strikes(self, word: u64) -> bool {
        word >> 11 < self.threshold
    }

    /// Whether it can strike at all.
    pub const fn is_never(self) -> bool {
        self.threshold == 0
    }
}

/// Half-open intervals [from, until) of virtual time, in order and disjoint; none at all means always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    intervals: Vec<(SimTime, SimTime)>,
}

impl Windows {
    /// Windows that hold at every instant.
    pub const ALWAYS: Self = Self { intervals: Vec::new() };

    /// The windows given; `None` if one is empty, runs backwards, or overlaps or precedes the one before.
    pub fn new(intervals: Vec<(SimTime, SimTime)>) -> Option<Self> {
        let forwards = intervals.iter().all(|(from, until)| from < until);
        let ascending = intervals.is_sorted_by(|(_, end), (start, _)| end <= start);
        (forwards && ascending).then_some(Self { intervals })
    }

    /// Whether `at` lies in one of the windows.
    pub fn contain(&self, at: SimTime) -> bool {
        self.intervals.is_empty() || self.intervals.iter().any(|(from, until)| *from <= at && at < *until)
    }

    /// The windows, in order; empty means always.
    pub fn intervals(&self) -> &[(SimTime, SimTime)] {
        &self.intervals
    }
}
