//! What the model reports: every fact, in order, in the past tense.
//!
//! This enum is the contract of everything downstream: files, metrics, charts, explanations and the fingerprint are
//! all observers of the same stream, and none of them can change the run. The model knows no implementor.
//!
//! A life, as observed: `Accepted`, then for each attempt `RunStarted` (if it was admitted), for each call of a
//! dependency `CallStarted` and `CallEnded`, and `AttemptEnded`,
//! then `Settled`, for each configured route `DeliveryStarted` and `DeliveryEnded`, and last `Closed`. An event that
//! the end of the run finds unfinished is reported by `CutOff` instead of `Closed`. A synchronous call is `Called`,
//! has exactly one attempt, and is `Closed`.

#![expect(
    clippy::inline_always,
    reason = "what is told together is told where its kind is known, so that observers are specialised there"
)]

use super::dependency::{EndedCall, Load};
use super::event::{Event, Route};
use super::rule::Rule;
use crate::id::{DependencyId, DestinationId, EventId};
use crate::scenario::DeliveryFailure;
use crate::time::{SimDuration, SimTime};

/// Something that listens to a run.
pub trait Observer {
    /// Takes note of `fact`. Facts come in the order of the run: by time, then by the documented order within an
    /// instant.
    fn observe(&mut self, fact: &Fact<'_>);

    /// Takes note of something that is not about one event. Remarks come in the order of the run, among the facts.
    fn remark(&mut self, _remark: &Remark) {}

    /// Takes note of two facts that come together in most lives: the event was accepted, and at the same instant its
    /// first run starts, which is the fact `started`. About the event there is nothing particular: no source but its
    /// own, no offer that was refused, no duplicate.
    ///
    /// The same facts may come one by one as well. Whoever takes note in another way here comes to the same.
    #[inline(always)]
    fn observe_first_run(&mut self, started: &Fact<'_>) {
        tell_first_run(started, self);
    }

    /// Takes note of three facts that come together in most lives: an attempt ends, which is the fact `attempt`; the
    /// event has the fate that the attempt decided ([`Next::Settle`]); and it leaves, because its outcome has nowhere
    /// to go. Otherwise as [`Observer::observe_first_run`].
    #[inline(always)]
    fn observe_last_attempt(&mut self, attempt: &Fact<'_>) {
        tell_last_attempt(attempt, self);
    }

    /// Facts about `event` will come soon: what is kept of it may be fetched meanwhile. Nothing is to be taken note of,
    /// and nobody has to tell.
    #[inline(always)]
    fn expect(&self, event: &Event) {
        let _ = event;
    }
}

/// Tells the two facts of [`Observer::observe_first_run`] one after the other.
#[inline(always)]
pub(crate) fn tell_first_run<O: Observer + ?Sized>(started: &Fact<'_>, observer: &mut O) {
    let accepted = started.event.as_accepted(started.at);
    observer.observe(&Fact { event: &accepted, what: Observation::Accepted, ..*started });
    observer.observe(started);
}

/// Tells the three facts of [`Observer::observe_last_attempt`] one after the other.
#[inline(always)]
pub(crate) fn tell_last_attempt<O: Observer + ?Sized>(attempt: &Fact<'_>, observer: &mut O) {
    let Observation::AttemptEnded(Attempt { next: Next::Settle { fate, rule }, .. }) = attempt.what else {
        unreachable!("the last attempt of an event decides its fate")
    };
    observer.observe(attempt);
    let settled = attempt.event.as_settled(fate, attempt.at);
    observer.observe(&Fact { event: &settled, what: Observation::Settled { fate, rule }, ..*attempt });
    observer.observe(&Fact { event: &settled, what: Observation::Closed, ..*attempt });
}

/// Something that happened, but to no event in particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remark {
    /// When it happened.
    pub at: SimTime,
    /// What happened.
    pub what: Circumstance,
}

/// What happened around the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circumstance {
    /// A change of configuration took effect.
    ConfigurationChanged {
        /// Its position among the scenario's changes.
        change: u16,
    },
    /// A redrive began.
    RedriveBegan {
        /// Its position among the scenario's redrives.
        redrive: u16,
        /// The messages that it will send.
        messages: u64,
    },
    /// A redrive has sent its last message.
    RedriveEnded {
        /// Its position among the scenario's redrives.
        redrive: u16,
        /// The messages that it sent.
        messages: u64,
    },
    /// A message was older than its queue keeps messages. Told when a redrive looks, and at the end of the run.
    MessageExpired {
        /// The queue.
        queue: DestinationId,
        /// The event that left it there.
        event: EventId,
        /// The event whose payload it carries.
        original: EventId,
    },
    /// A dependency holds other calls than before.
    LoadChanged {
        /// The dependency.
        dependency: DependencyId,
        /// What it holds now.
        load: Load,
    },
}

impl Circumstance {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfigurationChanged { .. } => "configuration_changed",
            Self::RedriveBegan { .. } => "redrive_began",
            Self::RedriveEnded { .. } => "redrive_ended",
            Self::MessageExpired { .. } => "message_expired",
            Self::LoadChanged { .. } => "load_changed",
        }
    }
}

/// One observation with its time and the event it is about, as the event stood just after.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// When it happened.
    pub at: SimTime,
    /// The event.
    pub event: &'a Event,
    /// What happened to it.
    pub what: Observation,
}

/// What happened to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// Lambda accepted and queued it (202).
    Accepted,
    /// A synchronous call was made.
    Called,
    /// Lambda did not accept it.
    OfferRefused(Offer),
    /// The queue delivers an accepted event a second time: the first fact of that delivery.
    Duplicated,
    /// An attempt was admitted: its run started.
    RunStarted {
        /// The event's age at dispatch.
        age: SimDuration,
        /// Runs of this function in progress, this one included.
        running: u32,
        /// Where it runs.
        placement: Placement,
    },
    /// Its run called a dependency.
    CallStarted {
        /// The call's position among those of the function.
        position: u8,
        /// What was called.
        dependency: DependencyId,
        /// What the dependency held just before.
        found: Load,
    },
    /// A call was over for its run, which may not be the end of it at the dependency.
    CallEnded(EndedCall),
    /// An attempt ended, and what follows was decided.
    AttemptEnded(Attempt),
    /// Its fate is known.
    Settled {
        /// The fate.
        fate: Fate,
        /// The rule that decided it.
        rule: Rule,
    },
    /// Its outcome was sent to a destination or dead-letter queue.
    DeliveryStarted {
        /// By which route.
        route: Route,
        /// Where to.
        destination: DestinationId,
        /// The size of the message in bytes.
        bytes: u64,
        /// Whether the payloads were left out because the record was too large (SNS).
        payload_dropped: bool,
    },
    /// A delivery ended.
    DeliveryEnded {
        /// By which route.
        route: Route,
        /// Where to.
        destination: DestinationId,
        /// Why it failed; `None` if it was delivered.
        failure: Option<DeliveryFailure>,
        /// Calls to the destination.
        tries: u8,
        /// The size of the message in bytes.
        bytes: u64,
    },
    /// It left the system: nothing more will be observed of it.
    Closed,
    /// The run ended before it did.
    CutOff,
}

/// An offer that Lambda refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// 1 for the event's first offer.
    pub number: u32,
    /// Why it was refused.
    pub refusal: Refusal,
    /// When it will be offered again; `None` if its caller gave up.
    pub next: Option<Again>,
}

/// When a caller comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again {
    /// When.
    pub due: SimTime,
    /// The wait before jitter.
    pub nominal: SimDuration,
    /// The rule that set it.
    pub rule: Rule,
}

/// Why Lambda refused an event before it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 429: the request rate of callers that are no AWS service is exceeded.
    CallerRateLimitExceeded,
    /// 5xx: the front door failed.
    SystemError {
        /// The HTTP status.
        status: u16,
    },
}

impl Refusal {
    /// The names in outputs, in the order of their `index`.
    pub const NAMES: [&'static str; 2] = ["CallerRateLimitExceeded", "ServiceException"];

    /// Its position among the names.
    pub const fn index(self) -> usize {
        match self {
            Self::CallerRateLimitExceeded => 0,
            Self::SystemError { .. } => 1,
        }
    }

    /// The name in outputs: AWS's.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self.index()]
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::CallerRateLimitExceeded => 429,
            Self::SystemError { status } => status,
        }
    }
}

/// One try to run an event, from dispatch to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// 1 for the event's first attempt.
    pub number: u32,
    /// When it was dispatched; if it ran, also when the run started.
    pub dispatched: SimTime,
    /// The event's age at dispatch: the sample of `AsyncEventAge`.
    pub age: SimDuration,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// The run, if it reached the function's code.
    pub run: Option<Run>,
    /// What was decided next.
    pub next: Next,
}

/// An attempt's time in the function's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// 1 for the event's first run.
    pub number: u8,
    /// Where it ran.
    pub placement: Placement,
    /// From the start of the handler to its end; an init before it does not count.
    pub duration: SimDuration,
    /// What is billed: init and duration, rounded up to a millisecond.
    pub billed_ms: u64,
    /// The failure cause that struck, by its position in the function's list.
    pub cause: Option<u8>,
    /// Runs of this function still in progress after this one ended.
    pub running: u32,
}

/// The execution environment of a run, and what it took to start there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The environment's number within its function, from 1 in order of creation.
    pub environment: u32,
    /// Whether it is one of the provisioned ones.
    pub provisioned: bool,
    /// What the run found there.
    pub start: Start,
    /// How long the init before the handler took; zero unless the start was cold.
    pub init: SimDuration,
}

/// What a run found in its execution environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Start {
    /// A new environment: init first.
    Cold,
    /// The environment of an earlier run, ready.
    Warm,
    /// The environment of an earlier run that crashed or timed out: init again, within the run's own duration.
    SuppressedInit,
    /// A provisioned environment, ready.
    Provisioned,
}

impl Start {
    /// All starts, in the order in which tables show them.
    pub const ALL: [Self; 4] = [Self::Cold, Self::Warm, Self::SuppressedInit, Self::Provisioned];

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::SuppressedInit => "suppressed_init",
            Self::Provisioned => "provisioned",
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The handler returned.
    Success,
    /// The handler failed but caught its error; Lambda counts a success.
    CaughtError,
    /// The function failed (HTTP 200 with `FunctionError`).
    FunctionError(FunctionError),
    /// 429: the attempt was not admitted.
    Throttled(ThrottleReason),
    /// 5xx: the service failed.
    SystemError {
        /// The HTTP status.
        status: u16,
    },
    /// 4xx other than 429, after acceptance: the service refused to run the function.
    ClientError {
        /// The HTTP status.
        status: u16,
    },
}

impl AttemptOutcome {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::CaughtError => "caught_error",
            Self::FunctionError(_) => "function_error",
            Self::Throttled(_) => "throttled",
            Self::SystemError { .. } => "system_error",
            Self::ClientError { .. } => "client_error",
        }
    }

    /// The reason in outputs; empty for a success.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Success | Self::CaughtError => "",
            Self::FunctionError(error) => error.name(),
            Self::Throttled(reason) => reason.name(),
            Self::SystemError { .. } => "ServiceException",
            Self::ClientError { status } => client_exception(status),
        }
    }

    /// Whether Lambda counts a success.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Success | Self::CaughtError)
    }
}

/// The exception of `Invoke` with this 4xx status, where one is the most likely after acceptance.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
const fn client_exception(status: u16) -> &'static str {
    match status {
        403 => "EFSMountFailureException",
        404 => "ResourceNotFoundException",
        408 => "EFSMountTimeoutException",
        409 => "ResourceConflictException",
        410 => "EFSIOException",
        _ => "ClientException",
    }
}

/// How a function failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionError {
    /// The handler raised.
    Exception,
    /// `Timeout` ended the run.
    Timeout,
    /// The event is poison: it fails every time.
    Poison,
    /// The environment could not be initialised.
    InitError,
    /// The process ended by itself.
    Crash,
    /// The process was ended because it used too much memory.
    OutOfMemory,
    /// A call of a dependency failed, and the handler did not catch that.
    Dependency,
}

impl FunctionError {
    /// All of them, in the order in which tables show them.
    pub const ALL: [Self; 7] = [
        Self::Exception,
        Self::Timeout,
        Self::Poison,
        Self::InitError,
        Self::Crash,
        Self::OutOfMemory,
        Self::Dependency,
    ];

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exception => "exception",
            Self::Timeout => "timeout",
            Self::Poison => "poison",
            Self::InitError => "init_error",
            Self::Crash => "crash",
            Self::OutOfMemory => "out_of_memory",
            Self::Dependency => "dependency",
        }
    }
}

/// Why an attempt was throttled: the `Reason` of AWS's `TooManyRequestsException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ThrottleReason {
    /// The account's unreserved concurrency is in use.
    ConcurrentInvocationLimitExceeded,
    /// The function's reserved concurrency is in use.
    ReservedFunctionConcurrentInvocationLimitExceeded,
    /// A fault of the scenario: throttled although a slot is free.
    Fault,
    /// The account's unreserved concurrency is asked for more than ten times a second for each slot.
    FunctionInvocationRateLimitExceeded,
    /// The function's reserved concurrency is asked for more than ten times a second for each slot.
    ReservedFunctionInvocationRateLimitExceeded,
    /// New environments of the function may not be made so fast. AWS publishes no `Reason` of its own for it.
    ScalingRate,
}

impl ThrottleReason {
    /// All reasons.
    pub const ALL: [Self; 6] = [
        Self::ConcurrentInvocationLimitExceeded,
        Self::ReservedFunctionConcurrentInvocationLimitExceeded,
        Self::Fault,
        Self::FunctionInvocationRateLimitExceeded,
        Self::ReservedFunctionInvocationRateLimitExceeded,
        Self::ScalingRate,
    ];

    /// Every slot that the function may use is taken.
    pub(super) const fn of_slots(reserved: bool) -> Self {
        if reserved {
            Self::ReservedFunctionConcurrentInvocationLimitExceeded
        } else {
            Self::ConcurrentInvocationLimitExceeded
        }
    }

    /// Requests come too fast for the slots that the function may use.
    pub(super) const fn of_rate(reserved: bool) -> Self {
        if reserved {
            Self::ReservedFunctionInvocationRateLimitExceeded
        } else {
            Self::FunctionInvocationRateLimitExceeded
        }
    }

    /// AWS's name, as in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConcurrentInvocationLimitExceeded => "ConcurrentInvocationLimitExceeded",
            Self::ReservedFunctionConcurrentInvocationLimitExceeded => {
                "ReservedFunctionConcurrentInvocationLimitExceeded"
            }
            Self::Fault => "fault",
            Self::FunctionInvocationRateLimitExceeded => "FunctionInvocationRateLimitExceeded",
            Self::ReservedFunctionInvocationRateLimitExceeded => {
                "ReservedFunctionInvocationRateLimitExceeded"
            }
            Self::ScalingRate => "scaling_rate",
        }
    }
}

/// What was decided at the end of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another attempt.
    Retry {
        /// When it will be dispatched.
        due: SimTime,
        /// The wait before jitter.
        nominal: SimDuration,
        /// The rule that set the wait.
        rule: Rule,
    },
    /// The event's fate is known.
    Settle {
        /// The fate.
        fate: Fate,
        /// The rule that decided it.
        rule: Rule,
    },
    /// A synchronous call: the answer went back to the caller.
    Return,
}

/// How an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// A run succeeded (condition `Success`).
    Succeeded,
    /// The last allowed run failed (`RetriesExhausted`).
    RetriesExhausted,
    /// It reached, or would have reached, its maximum age (`EventAgeExceeded`).
    EventAgeExceeded,
    /// Its function's reserved concurrency is zero (`ZeroReservedConcurrency`).
    ZeroReservedConcurrency,
    /// Lambda stopped it as part of a recursive loop (`RecursiveInvocation`).
    RecursiveInvocation,
    /// The eventually consistent queue lost it before it was ever sent: no metric and no route tells of it.
    Vanished,
}

impl Fate {
    /// All fates, in the order in which tables and charts show them.
    pub const ALL: [Self; 6] = [
        Self::Succeeded,
        Self::RetriesExhausted,
        Self::EventAgeExceeded,
        Self::ZeroReservedConcurrency,
        Self::RecursiveInvocation,
        Self::Vanished,
    ];

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::RetriesExhausted => "retries_exhausted",
            Self::EventAgeExceeded => "event_age_exceeded",
            Self::ZeroReservedConcurrency => "zero_reserved_concurrency",
            Self::RecursiveInvocation => "recursive_invocation",
            Self::Vanished => "vanished",
        }
    }

    /// AWS's `requestContext.condition`; empty for an event that AWS never tells of.
    pub const fn condition(self) -> &'static str {
        match self {
            Self::Succeeded => "Success",
            Self::RetriesExhausted => "RetriesExhausted",
            Self::EventAgeExceeded => "EventAgeExceeded",
            Self::ZeroReservedConcurrency => "ZeroReservedConcurrency",
            Self::RecursiveInvocation => "RecursiveInvocation",
            Self::Vanished => "",
        }
    }
}
