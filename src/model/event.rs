//! The event: what a caller handed to Lambda, with everything the asynchronous path remembers about it.
//!
//! ```text
//!            accept                 admitted                    success, exhausted, too old, …
//! (caller) ─────────> Queued ───────────────────> Running ────────────────────> Settled ──> (closed)
//!                       ↑  ↑ └── throttled, 5xx ──┐   │                            │
//!                       │  └───── back-off ───────┘   │                            └ until its deliveries ended
//!                       └──────── retry wait ─────────┘
//! ```
//!
//! A synchronous call is the same entity without a queue: it runs or is refused at once, and has no fate.

use super::Arrived;
use super::chain::Lineage;
use super::environment::Environment;
use super::failure::RunPlan;
use super::observation::{AttemptOutcome, Fate, FunctionError, Placement, Start, ThrottleReason};
use super::offer::Caller;
use super::tracing;
use crate::engine::slab::Slot;
use crate::id::{DependencyId, EventId, FunctionId, RequestId, SourceId};
use crate::random::{EventKey, Purpose};
use crate::scenario::{DeliveryFailure, InvocationType};
use crate::time::{SimDuration, SimTime};
use std::ops::{Deref, DerefMut};

/// One event (or synchronous call) while it is in the system.
///
/// Millions of them may be waiting: it is kept small, and what every dispatch looks at stands at the two ends.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Event {
    state: State,
    /// Absent for most events.
    pub(super) particulars: Option<Box<Particulars>>,
}

/// What there is of every event: apart, because it can be copied as it stands. Only the model sees into it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct State {
    pub(super) id: EventId,
    pub(super) key: EventKey,
    pub(super) number: u64,
    pub(super) accepted: SimTime,
    /// What belongs to its place in life: a time, or a run.
    since: StageDetail,
    pub(super) attempts: u32,
    pub(super) throttles: u32,
    /// At most 2^32 − 1 milliseconds, 49 days: three runs take less than an hour.
    pub(super) billed_ms: u32,
    pub(super) bytes: u32,
    pub(super) source: SourceId,
    pub(super) function: FunctionId,
    pub(super) last: LastAttempt,
    place: StageName,
    pub(super) routes: [RouteResult; Route::ALL.len()],
    pub(super) runs: u8,
    /// Back-off waits since the last run, or more than 255: by then the wait has reached its cap.
    pub(super) backoff_streak: u8,
    pub(super) invocation: InvocationType,
    /// Whether it is the first of its function in its second: X-Ray traces each of these.
    first_of_second: bool,
}

impl Deref for Event {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Event {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

/// A [`Stage`] without what belongs to it: together with [`StageDetail`] it takes nine bytes, and not sixteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StageName {
    Offered,
    NeverAccepted,
    Queued,
    Running,
    Settled(Fate),
    Returned,
}

/// Nanoseconds of virtual time, or for a run its slot and the dependency that it waits for, plus one.
#[derive(Clone, Copy, Debug)]
struct StageDetail(u64);

/// How the last finished attempt ended, and for a run the cause of its failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastAttempt {
    /// There was none.
    None,
    Run(RunOutcome, Cause),
    Throttled(ThrottleReason),
    SystemError(u16),
    ClientError(u16),
}

/// The outcomes of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunOutcome {
    Success,
    CaughtError,
    FunctionError(FunctionError),
}

/// The position of a failure cause, or 255 for none: a function has fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cause(u8);

impl LastAttempt {
    /// An attempt that ended with `outcome`, by `cause` if it was a run that failed.
    pub(super) const fn new(outcome: AttemptOutcome, cause: Option<u8>) -> Self {
        let cause = match cause {
            Some(cause) => Cause(cause),
            None => Cause(u8::MAX),
        };
        match outcome {
            AttemptOutcome::Success => Self::Run(RunOutcome::Success, cause),
            AttemptOutcome::CaughtError => Self::Run(RunOutcome::CaughtError, cause),
            AttemptOutcome::FunctionError(error) => Self::Run(RunOutcome::FunctionError(error), cause),
            AttemptOutcome::Throttled(reason) => Self::Throttled(reason),
            AttemptOutcome::SystemError { status } => Self::SystemError(status),
            AttemptOutcome::ClientError { status } => Self::ClientError(status),
        }
    }

    const fn outcome(self) -> Option<AttemptOutcome> {
        Some(match self {
            Self::None => return None,
            Self::Run(RunOutcome::Success, _) => AttemptOutcome::Success,
            Self::Run(RunOutcome::CaughtError, _) => AttemptOutcome::CaughtError,
            Self::Run(RunOutcome::FunctionError(error), _) => AttemptOutcome::FunctionError(error),
            Self::Throttled(reason) => AttemptOutcome::Throttled(reason),
            Self::SystemError(status) => AttemptOutcome::SystemError { status },
            Self::ClientError(status) => AttemptOutcome::ClientError { status },
        })
    }
}

impl StageDetail {
    const NONE: Self = Self(0);

    const fn at(at: SimTime) -> Self {
        Self(at.as_nanos())
    }

    const fn time(self) -> SimTime {
        SimTime::from_nanos(self.0)
    }

    fn of_run(run: Slot, calling: Option<DependencyId>) -> Self {
        Self(u64::from(run.number()) << 32 | calling.map_or(0, |dependency| u64::from(dependency.0) + 1))
    }

    const fn run(self) -> Slot {
        Slot::from_number((self.0 >> 32) as u32)
    }

    #[expect(clippy::cast_possible_truncation, reason = "as packed")]
    fn calling(self) -> Option<DependencyId> {
        (self.0 as u32).checked_sub(1).map(|dependency| DependencyId(dependency as u16))
    }
}

/// What is true of few events: those that were not accepted at once, that come from another event, or that the service
/// refused to run. Kept apart so that the others are small.
#[derive(Clone, Debug)]
pub(super) struct Particulars {
    pub(super) parent: Option<EventId>,
    pub(super) past: Past,
    pub(super) lineage: Option<Lineage>,
    pub(super) caller: Caller,
    pub(super) duplicate_of: Option<EventId>,
    /// From which its request id follows: its own key, or that of the event of which it is a second delivery.
    pub(super) request: EventKey,
    pub(super) offered: SimTime,
    /// Offers of it that Lambda refused.
    pub(super) refusals: u32,
    pub(super) client_errors: u8,
}

/// What an event was before it was sent again, and before that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// The event whose payload it carries; itself if it is none that was sent again.
    pub original: EventId,
    /// How often the payload was sent again.
    pub generation: u16,
    /// The original's key: what follows from the payload follows from it.
    pub payload: EventKey,
    /// When the original was accepted.
    pub first_accepted: SimTime,
}

impl Particulars {
    /// Nothing particular about `event`.
    pub(super) fn of_usual(event: &Event) -> Self {
        Self {
            parent: None,
            past: Past::none(event.id, event.key, event.accepted),
            lineage: None,
            caller: Caller::Source,
            duplicate_of: None,
            request: event.key,
            offered: event.accepted,
            refusals: 0,
            client_errors: 0,
        }
    }
}

impl Past {
    /// The past of an event that was not sent again.
    pub(super) const fn none(event: EventId, key: EventKey, accepted: SimTime) -> Self {
        Self { original: event, generation: 0, payload: key, first_accepted: accepted }
    }

    /// The past of an event that is sent again once more.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { generation: self.generation.saturating_add(1), ..self }
    }
}

/// Where an event is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Not accepted yet: its caller will come again. Entered by a refused offer.
    Offered {
        /// When it will be offered again.
        due: SimTime,
    },
    /// Its caller gave up. Lambda never had it.
    NeverAccepted,
    /// In Lambda's internal queue. Entered on acceptance and after an attempt that will be followed by another;
    /// left by the dispatch at `due`.
    Queued {
        /// When it will be dispatched.
        due: SimTime,
    },
    /// In the function's code. Entered by an admitted attempt; left when the run ends.
    Running {
        /// The run, in the table of runs.
        run: Slot,
        /// The dependency whose answer it waits for.
        calling: Option<DependencyId>,
    },
    /// Its fate is known. Entered once; left for good when the last delivery has ended.
    Settled {
        /// The fate.
        fate: Fate,
        /// When it was known.
        at: SimTime,
    },
    /// A synchronous call whose answer went back to its caller.
    Returned,
}

/// A run in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// When its attempt was dispatched.
    pub dispatched: SimTime,
    /// Where it runs.
    pub environment: Environment,
    /// What it found there.
    pub start: Start,
    /// How it will go; calls of dependencies may change that.
    pub plan: RunPlan,
    /// When `Timeout` stops it.
    pub deadline: SimTime,
    /// The call that it waits for.
    pub calling: Option<Slot>,
}

impl Running {
    /// Where it runs and what it took to start there.
    pub const fn placement(&self) -> Placement {
        Placement {
            environment: self.environment.number,
            provisioned: self.environment.provisioned,
            start: self.start,
            init: self.plan.init,
        }
    }
}

/// A way out for the outcome of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// `DestinationConfig.OnSuccess`
    OnSuccess,
    /// `DestinationConfig.OnFailure`
    OnFailure,
    /// `DeadLetterConfig`
    DeadLetterQueue,
}

impl Route {
    /// All routes, in the order in which columns and charts show them.
    pub const ALL: [Self; 3] = [Self::OnSuccess, Self::OnFailure, Self::DeadLetterQueue];

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnSuccess => "on_success",
            Self::OnFailure => "on_failure",
            Self::DeadLetterQueue => "dead_letter_queue",
        }
    }
}

/// What became of an event's outcome on one route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteResult {
    /// The route does not apply: not configured, or not for this kind of outcome.
    NotConfigured,
    /// On its way.
    Pending,
    /// The destination holds a copy.
    Delivered,
    /// The delivery failed; the copy is gone.
    Failed(DeliveryFailure),
}

impl RouteResult {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed(_) => "delivery_failed",
        }
    }
}

impl Event {
    /// An event that was just handed to Lambda: what follows from that, and nothing yet of what becomes of it.
    #[inline]
    pub(super) fn new(id: EventId, arrived: &Arrived, now: SimTime, stage: Stage, first: bool) -> Self {
        let mut event = Self {
            particulars: None,
            state: State {
                id,
                key: arrived.key,
                number: arrived.number,
                accepted: now,
                since: StageDetail::NONE,
                attempts: 0,
                throttles: 0,
                billed_ms: 0,
                bytes: u32::try_from(arrived.bytes).unwrap_or(u32::MAX),
                source: arrived.source,
                function: arrived.function,
                last: LastAttempt::None,
                place: StageName::Returned,
                routes: [RouteResult::NotConfigured; Route::ALL.len()],
                runs: 0,
                backoff_streak: 0,
                invocation: arrived.invocation,
                first_of_second: first,
            },
        };
        event.set_stage(stage);
        event
    }

    /// A copy of it, if there is nothing particular about it: then it can be copied as it stands.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "so that it is copied to where it is wanted, and once")]
    pub(crate) const fn copied_if_usual(&self) -> Option<Self> {
        match self.particulars {
            None => Some(Self { state: self.state, particulars: None }),
            Some(_) => None,
        }
    }

    /// How it stood when Lambda accepted it at `at`, if it stands now as its first run starts at that same instant.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    pub(crate) fn as_accepted(&self, at: SimTime) -> Self {
        let mut event = self.copied_if_usual().expect("there is nothing particular about it");
        (event.attempts, event.runs) = (0, 0);
        event.set_stage(Stage::Queued { due: at });
        event
    }

    /// Something from the first and the last part of its memory.
    pub(super) const fn ends(&self) -> (EventId, bool) {
        (self.state.id, self.state.first_of_second)
    }

    /// The event's number in the run.
    pub const fn id(&self) -> EventId {
        self.state.id
    }

    /// The key from which all its draws follow.
    pub const fn key(&self) -> EventKey {
        self.state.key
    }

    /// The request id under which Lambda knows it; the same in all its attempts.
    pub fn request_id(&self) -> RequestId {
        self.uuid(0)
    }

    /// An identifier that belongs to it: `ordinal` 0 is its request id.
    pub fn uuid(&self, ordinal: u8) -> RequestId {
        let key = if ordinal == 0 { self.request_key() } else { self.state.key };
        let mut draws = key.draws(Purpose::RequestId, ordinal, 0);
        RequestId { high: draws.word(), low: draws.word() }
    }

    /// From which its request id follows.
    pub(super) fn request_key(&self) -> EventKey {
        self.particulars.as_ref().map_or(self.state.key, |particulars| particulars.request)
    }

    /// What is particular about it, made if there was nothing yet.
    pub(super) fn particulars_mut(&mut self) -> &mut Particulars {
        let usual = Particulars::of_usual(self);
        self.particulars.get_or_insert_with(|| Box::new(usual))
    }

    /// The source it came from; for a chained event that of its first ancestor.
    pub const fn source(&self) -> SourceId {
        self.state.source
    }

    /// Its number within its source, from 1; for a chained event that of its first ancestor.
    pub const fn number(&self) -> u64 {
        self.state.number
    }

    /// The event whose outcome it carries, if a Lambda destination or a subscription created it.
    pub fn parent(&self) -> Option<EventId> {
        self.particulars.as_ref().and_then(|particulars| particulars.parent)
    }

    /// Where its payload comes from.
    pub fn past(&self) -> Past {
        let itself = || Past::none(self.state.id, self.state.key, self.state.accepted);
        self.particulars.as_ref().map_or_else(itself, |particulars| particulars.past)
    }

    /// The event of which it is a second delivery, if it is one. Such a duplicate is no event of its own: it is counted
    /// apart.
    pub fn duplicate_of(&self) -> Option<EventId> {
        self.particulars.as_ref().and_then(|particulars| particulars.duplicate_of)
    }

    /// Whether it is a second delivery of another event.
    pub fn is_duplicate(&self) -> bool {
        self.duplicate_of().is_some()
    }

    /// When it was first offered to Lambda.
    pub fn offered(&self) -> SimTime {
        self.particulars.as_ref().map_or(self.state.accepted, |particulars| particulars.offered)
    }

    /// How often Lambda refused it.
    pub fn refusals(&self) -> u32 {
        self.particulars.as_ref().map_or(0, |particulars| particulars.refusals)
    }

    /// Who handed it to Lambda.
    pub(super) fn caller(&self) -> Caller {
        self.particulars.as_ref().map_or(Caller::Source, |particulars| particulars.caller)
    }

    /// Whether Lambda has accepted it.
    pub const fn is_accepted(&self) -> bool {
        !matches!(self.state.place, StageName::Offered | StageName::NeverAccepted)
    }

    /// Lambda accepts it at `now`, after it was refused before.
    pub(super) fn accept_at(&mut self, now: SimTime, first: bool) {
        self.state.first_of_second = first;
        let particulars = self.particulars_mut();
        particulars.past.first_accepted = now;
        self.state.accepted = now;
    }

    /// How often its function has been invoked in its chain of invocations, this event included.
    pub fn invocations_in_chain(&self) -> u32 {
        self.invocations_so_far(self.state.function)
    }

    /// How often `function` has been invoked in this chain, this event included.
    pub(super) fn invocations_so_far(&self, function: FunctionId) -> u32 {
        let alone = u32::from(self.state.function == function);
        let lineage = self.particulars.as_ref().and_then(|particulars| particulars.lineage.as_ref());
        lineage.map_or(alone, |lineage| lineage.invocations(function))
    }

    /// The function it is for.
    pub const fn function(&self) -> FunctionId {
        self.state.function
    }

    /// Whether its caller waits for it.
    pub const fn invocation(&self) -> InvocationType {
        self.state.invocation
    }

    /// When Lambda accepted it (for a synchronous call: when it was made).
    pub const fn accepted(&self) -> SimTime {
        self.state.accepted
    }

    /// Whether X-Ray keeps a trace of it, decided when it was accepted.
    pub fn traced(&self) -> bool {
        self.is_accepted() && (self.state.first_of_second || tracing::is_sampled(self.request_key()))
    }

    /// Its size in bytes.
    pub const fn bytes(&self) -> u64 {
        self.state.bytes as u64
    }

    /// Its age at `now`, counted from acceptance.
    #[inline]
    pub fn age_at(&self, now: SimTime) -> SimDuration {
        now.since(self.state.accepted)
    }

    /// Attempts so far: runs, throttles, system errors and client errors.
    pub const fn attempts(&self) -> u32 {
        self.state.attempts
    }

    /// Attempts that reached the function's code.
    pub const fn runs(&self) -> u8 {
        self.state.runs
    }

    /// Attempts that were throttled.
    pub const fn throttles(&self) -> u32 {
        self.state.throttles
    }

    /// Attempts that met a 5xx.
    pub fn system_errors(&self) -> u32 {
        self.state.attempts
            - self.state.throttles
            - u32::from(self.state.runs)
            - u32::from(self.client_errors())
    }

    /// Attempts that met a 4xx other than 429.
    pub fn client_errors(&self) -> u8 {
        self.particulars.as_ref().map_or(0, |particulars| particulars.client_errors)
    }

    /// Attempts that use up retries: runs and client errors. AWS's `approximateInvokeCount` of a failure.
    pub fn counted_attempts(&self) -> u8 {
        self.state.runs + self.client_errors()
    }

    /// How its last finished attempt ended.
    #[inline]
    pub const fn last_outcome(&self) -> Option<AttemptOutcome> {
        self.state.last.outcome()
    }

    /// The failure cause that struck its last finished run, by its position in the function's list.
    #[inline]
    pub const fn last_cause(&self) -> Option<u8> {
        match self.state.last {
            LastAttempt::Run(_, Cause(cause)) if cause < u8::MAX => Some(cause),
            _ => None,
        }
    }

    /// Billed milliseconds of all its finished runs together.
    pub const fn billed_ms(&self) -> u64 {
        self.state.billed_ms as u64
    }

    /// An attempt did not reach the function's code.
    #[inline]
    pub(super) fn note_refusal(&mut self, refusal: AttemptOutcome) {
        match refusal {
            AttemptOutcome::Throttled(_) => self.state.throttles += 1,
            // The attempts that are nothing else.
            AttemptOutcome::SystemError { .. } => {}
            AttemptOutcome::ClientError { .. } => self.particulars_mut().client_errors += 1,
            AttemptOutcome::Success | AttemptOutcome::CaughtError | AttemptOutcome::FunctionError(_) => {
                unreachable!("a run is no refusal")
            }
        }
        self.state.last = LastAttempt::new(refusal, None);
    }

    /// Where it is in its life.
    pub fn stage(&self) -> Stage {
        match self.state.place {
            StageName::Offered => Stage::Offered { due: self.state.since.time() },
            StageName::NeverAccepted => Stage::NeverAccepted,
            StageName::Queued => Stage::Queued { due: self.state.since.time() },
            StageName::Running => {
                Stage::Running { run: self.state.since.run(), calling: self.state.since.calling() }
            }
            StageName::Settled(fate) => Stage::Settled { fate, at: self.state.since.time() },
            StageName::Returned => Stage::Returned,
        }
    }

    /// When it will be dispatched or offered again, while it waits for that.
    #[inline]
    pub(crate) const fn due(&self) -> Option<SimTime> {
        match self.state.place {
            StageName::Queued | StageName::Offered => Some(self.state.since.time()),
            _ => None,
        }
    }

    /// It goes on to another place in its life.
    #[inline]
    pub(super) fn set_stage(&mut self, stage: Stage) {
        (self.state.place, self.state.since) = match stage {
            Stage::Offered { due } => (StageName::Offered, StageDetail::at(due)),
            Stage::NeverAccepted => (StageName::NeverAccepted, StageDetail::NONE),
            Stage::Queued { due } => (StageName::Queued, StageDetail::at(due)),
            Stage::Running { run, calling } => (StageName::Running, StageDetail::of_run(run, calling)),
            Stage::Settled { fate, at } => (StageName::Settled(fate), StageDetail::at(at)),
            Stage::Returned => (StageName::Returned, StageDetail::NONE),
        };
    }

    /// Its fate is known at `at`.
    #[inline]
    pub(crate) fn settle(&mut self, fate: Fate, at: SimTime) {
        self.set_stage(Stage::Settled { fate, at });
    }

    /// Its run, while it is in one.
    #[inline]
    pub(super) fn run(&self) -> Option<Slot> {
        (self.state.place == StageName::Running).then(|| self.state.since.run())
    }

    /// Whether it runs and its run waits for a call.
    pub(super) fn waits_for_call(&self) -> bool {
        self.state.place == StageName::Running && self.state.since.calling().is_some()
    }

    /// Its fate and when it was known, once it is.
    pub const fn settled(&self) -> Option<(Fate, SimTime)> {
        match self.state.place {
            StageName::Settled(fate) => Some((fate, self.state.since.time())),
            _ => None,
        }
    }

    /// What became of its outcome on `route`.
    pub const fn route(&self, route: Route) -> RouteResult {
        self.state.routes[route as usize]
    }

    /// Whether it is lost: it did not succeed and no route holds a copy. Meaningful once it is closed.
    pub fn is_lost(&self) -> bool {
        let failed = self.settled().is_some_and(|(fate, _)| fate != Fate::Succeeded);
        failed && !self.state.routes.contains(&RouteResult::Delivered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: millions can wait. An event has 80 bytes, and what is particular about few is apart.
    #[test]
    fn an_event_is_small() {
        assert!(size_of::<Event>() <= 80, "{} bytes", size_of::<Event>());
    }

    #[test]
    fn what_a_run_keeps_in_its_stage_comes_out_again() {
        for calling in [None, Some(DependencyId(0)), Some(DependencyId(u16::MAX))] {
            let detail = StageDetail::of_run(Slot::from_number(u32::MAX), calling);
            assert_eq!((detail.run(), detail.calling()), (Slot::from_number(u32::MAX), calling));
        }
    }

    #[test]
    fn the_last_attempt_is_remembered_with_its_cause() {
        let outcomes = [
            AttemptOutcome::Success,
            AttemptOutcome::CaughtError,
            AttemptOutcome::FunctionError(FunctionError::Crash),
            AttemptOutcome::Throttled(ThrottleReason::Fault),
            AttemptOutcome::SystemError { status: 503 },
            AttemptOutcome::ClientError { status: 404 },
        ];
        for outcome in outcomes {
            assert_eq!(LastAttempt::new(outcome, None).outcome(), Some(outcome));
        }
        assert_eq!(LastAttempt::None.outcome(), None);
    }
}
