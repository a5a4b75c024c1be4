//! The timing laws of the asynchronous path, and the profiles their defaults come from.

use crate::time::SimDuration;

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
    /// How long an init may take before it is stopped and repeated within the run.
    pub init_limit: SimDuration,
    /// From asking for provisioned concurrency to the beginning of its allocation.
    pub provisioned_delay: SimDuration,
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
    /// Each wait of a service whose offer was refused is multiplied by an independent uniform on 1 ± this.
    pub offer_jitter: Jitter,
    /// How the maximum event age is applied to the wait after a function error.
    pub age_check_function_error: AgeCheck,
    /// How the maximum event age is applied to the wait after a throttle or system error.
    pub age_check_invocation_error: AgeCheck,
    /// Which condition an event ends with when its retries are used up and its age is exceeded as well.
    pub terminal_precedence: TerminalPrecedence,
    /// What follows a 4xx status other than 429 after acceptance.
    pub other_4xx_policy: ClientErrorPolicy,
    /// What a success record counts.
    pub count_on_success: SuccessCount,
    /// How often a destination that throttles is asked within one delivery; at least once.
    pub dest_attempts: u8,
    /// The same for a dead-letter queue.
    pub dlq_attempts: u8,
    /// How long a change of asynchronous settings takes to become effective.
    pub config_propagation_delay: SimDuration,
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

/// What follows a 4xx status other than 429 after acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientErrorPolicy {
    /// It counts as an attempt: it uses up a retry, and the wait is that after a function error.
    CountAsAttempt,
    /// The event ends at once.
    Drop,
}

/// What `approximateInvokeCount` is in the record of a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuccessCount {
    /// 1, even after retries.
    One,
    /// The attempts that counted, as in the record of a failure.
    Attempts,
}

/// Which of two conditions that hold at once an event ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalPrecedence {
    /// `RetriesExhausted` before `EventAgeExceeded`.
    RetriesFirst,
    /// `EventAgeExceeded` before `RetriesExhausted`.
    AgeFirst,
}
