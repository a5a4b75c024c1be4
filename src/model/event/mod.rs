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
use super::environment::Environment;
use super::failure::RunPlan;
use super::observation::{AttemptOutcome, Fate, Placement, Start, ThrottleReason};
use super::offer::Caller;
use super::tracing;
use crate::engine::calendar::Sleeper;
use crate::engine::slab::Slot;
use crate::id::{DependencyId, EventId, FunctionId, RequestId, SourceId};
use crate::random::{EventKey, Purpose};
use crate::scenario::{DeliveryFailure, InvocationType, Scenario};
use crate::time::{SimDuration, SimTime};
use packed::{Nature, Routes, StageDetail, StageName, Tally, lower, placed, upper};
use particulars::Beyond;
use std::ops::{Deref, DerefMut};

pub(super) use packed::LastAttempt;
pub(super) use particulars::Particulars;
pub use particulars::Past;

mod packed;
mod particulars;

/// One event (or synchronous call) while it is in the system.
///
/// Millions of them may be waiting, and each dispatch comes upon another one: it fills one line of the cache, so that
/// to look at it is to wait for memory once.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Event {
    state: State,
    /// Absent for most events.
    pub(super) particulars: Option<Box<Particulars>>,
}

/// What there is of every event: apart, because it can be copied as it stands. Only the model sees into it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct State {
    pub(super) key: EventKey,
    pub(super) accepted: SimTime,
    /// What belongs to its place in life: a time, or a run.
    since: StageDetail,
    /// The lower half of its number in the run; what is beyond 2^32 is particular.
    id: u32,
    /// Likewise of its number within its source.
    number: u32,
    pub(super) throttles: u32,
    tally: Tally,
    /// Its place among those in the system.
    place: u32,
    pub(super) source: SourceId,
    pub(super) function: FunctionId,
    pub(super) last: LastAttempt,
    routes: Routes,
    stage: StageName,
    nature: Nature,
    pub(super) runs: u8,
    /// Back-off waits since the last run, or more than 255: by then the wait has reached its cap.
    pub(super) backoff_streak: u8,
}

/// An event of which nothing is particular sleeps while it waits in its queue for long.
impl Sleeper for State {
    #[inline]
    fn until(&self) -> SimTime {
        debug_assert_eq!(self.stage, StageName::Queued, "only who waits in a queue sleeps");
        self.since.time()
    }
}

impl State {
    /// The number in the run of an event about which nothing is particular.
    pub(super) const fn usual_id(&self) -> EventId {
        EventId(self.id as u64)
    }
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
    pub(super) fn new(
        id: EventId,
        place: u32,
        arrived: &Arrived,
        now: SimTime,
        stage: Stage,
        first: bool,
    ) -> Self {
        let mut event = Self::with_usual_numbers(id, place, arrived, now, stage, first);
        event.number_beyond(id, arrived.number);
        event
    }

    /// The same of an event whose numbers are below 2^32.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "so that it is made where it is wanted")]
    pub(super) fn with_usual_numbers(
        id: EventId,
        place: u32,
        arrived: &Arrived,
        now: SimTime,
        stage: Stage,
        first: bool,
    ) -> Self {
        let (stage, since) = placed(stage);
        Self {
            particulars: None,
            state: State {
                key: arrived.key,
                accepted: now,
                since,
                id: lower(id.0),
                number: lower(arrived.number),
                throttles: 0,
                tally: Tally::NOTHING,
                place,
                source: arrived.source,
                function: arrived.function,
                last: LastAttempt::None,
                routes: Routes::NOT_CONFIGURED,
                stage,
                nature: Nature::new(arrived.invocation, first),
                runs: 0,
                backoff_streak: 0,
            },
        }
    }

    /// All that there is of it, if there is nothing particular about it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "so that it is copied to where it is wanted, and once")]
    pub(crate) const fn usual(&self) -> Option<&State> {
        match self.particulars {
            None => Some(&self.state),
            Some(_) => None,
        }
    }

    /// The event of which `state` is all that there is.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    pub(crate) const fn of_usual(state: State) -> Self {
        Self { state, particulars: None }
    }

    /// A copy of it, if there is nothing particular about it: then it can be copied as it stands.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    pub(crate) const fn copied_if_usual(&self) -> Option<Self> {
        match self.usual() {
            Some(state) => Some(Self::of_usual(*state)),
            None => None,
        }
    }

    /// How it stood when Lambda accepted it at `at`, if it stands now as its first run starts at that same instant.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    pub(crate) fn as_accepted(&self, at: SimTime) -> Self {
        let now = self.usual().expect("there is nothing particular about it");
        let (stage, since) = placed(Stage::Queued { due: at });
        // Not copied as a whole and then changed: what was just written in parts is slow to be read as a whole.
        Self::of_usual(State { since, stage, runs: 0, ..*now })
    }

    /// How it stands when an attempt, after which it stands as now, has decided its fate at `at`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    pub(crate) fn as_settled(&self, fate: Fate, at: SimTime) -> Self {
        let now = self.usual().expect("there is nothing particular about it");
        let (stage, since) = placed(Stage::Settled { fate, at });
        // As above.
        Self::of_usual(State { since, stage, ..*now })
    }

    /// Its place among the events in the system: no other has it until this one has left. Places are numbered from 0,
    /// so that an observer can keep what it needs of events in a table.
    #[inline]
    pub const fn place(&self) -> u32 {
        self.state.place
    }

    /// It gets another place.
    pub(super) const fn set_place(&mut self, place: u32) {
        self.state.place = place;
    }

    /// The event's number in the run.
    #[inline]
    pub fn id(&self) -> EventId {
        EventId(u64::from(self.beyond().id) << 32 | u64::from(self.state.id))
    }

    fn beyond(&self) -> Beyond {
        self.particulars.as_ref().map_or(Beyond::default(), |particulars| particulars.beyond)
    }

    /// Gives it what its numbers have beyond their lower halves, before it has a past of others.
    fn number_beyond(&mut self, id: EventId, number: u64) {
        let beyond = Beyond { id: upper(id.0), number: upper(number) };
        if beyond != self.beyond() {
            let particulars = self.particulars_mut();
            particulars.beyond = beyond;
            particulars.past.original = id;
        }
    }

    /// It gets another number in the run; then its past has to be told.
    pub(super) fn set_id(&mut self, id: EventId) {
        let number = self.number();
        self.state.id = lower(id.0);
        self.number_beyond(id, number);
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
    #[inline]
    pub fn number(&self) -> u64 {
        u64::from(self.beyond().number) << 32 | u64::from(self.state.number)
    }

    /// The event whose outcome it carries, if a Lambda destination or a subscription created it.
    pub fn parent(&self) -> Option<EventId> {
        self.particulars.as_ref().and_then(|particulars| particulars.parent)
    }

    /// Where its payload comes from.
    pub fn past(&self) -> Past {
        let itself = || Past::none(self.id(), self.state.key, self.state.accepted);
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
        !matches!(self.state.stage, StageName::Offered | StageName::NeverAccepted)
    }

    /// Lambda accepts it at `now`, after it was refused before.
    pub(super) fn accept_at(&mut self, now: SimTime, first: bool) {
        self.state.nature = Nature::new(self.invocation(), first);
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
        self.state.nature.invocation()
    }

    /// When Lambda accepted it (for a synchronous call: when it was made).
    pub const fn accepted(&self) -> SimTime {
        self.state.accepted
    }

    /// Whether X-Ray keeps a trace of it, decided when it was accepted.
    pub fn traced(&self) -> bool {
        self.is_accepted() && (self.state.nature.is_first() || tracing::is_sampled(self.request_key()))
    }

    /// Its size in bytes: what its source in `scenario` sends, if it comes from there.
    #[inline]
    pub fn bytes(&self, scenario: &Scenario) -> u64 {
        self.bytes_if_sent(|source| scenario.sources[source.index()].payload_bytes)
    }

    /// The same, if a source sends so many bytes.
    #[inline]
    pub(crate) fn bytes_if_sent(&self, by: impl FnOnce(SourceId) -> u64) -> u64 {
        let own = self.particulars.as_ref().and_then(|particulars| particulars.bytes);
        own.unwrap_or_else(|| by(self.state.source))
    }

    /// Its age at `now`, counted from acceptance.
    #[inline]
    pub fn age_at(&self, now: SimTime) -> SimDuration {
        now.since(self.state.accepted)
    }

    /// Attempts so far: runs, throttles, system errors and client errors.
    #[inline]
    pub fn attempts(&self) -> u32 {
        let apart = self.particulars.as_ref();
        let apart = apart.map_or(0, |apart| apart.more_system_errors + u32::from(apart.client_errors));
        self.state.throttles + u32::from(self.state.runs) + self.state.tally.system_errors() + apart
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
        let more = self.particulars.as_ref().map_or(0, |particulars| particulars.more_system_errors);
        self.state.tally.system_errors() + more
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
        self.state.last.cause()
    }

    /// Billed milliseconds of all its finished runs together.
    pub fn billed_ms(&self) -> u64 {
        let more = self.particulars.as_ref().map_or(0, |particulars| particulars.more_billed_ms);
        u64::from(self.state.tally.billed_ms()) + more
    }

    /// A run ended for which so many milliseconds are billed.
    #[inline]
    pub(super) fn add_billed(&mut self, ms: u64) {
        let beyond = self.state.tally.add_billed(ms);
        if beyond > 0 {
            self.particulars_mut().more_billed_ms += beyond;
        }
    }

    /// An attempt did not reach the function's code.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "in an overload for most of what happens")]
    pub(super) fn note_refusal(&mut self, refusal: AttemptOutcome) {
        if matches!(refusal, AttemptOutcome::Throttled(_)) {
            self.state.throttles += 1;
        } else {
            self.note_error(refusal);
        }
        self.state.last = LastAttempt::new(refusal, None);
    }

    /// An attempt was throttled.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    pub(super) fn note_throttle(&mut self, reason: ThrottleReason) {
        self.state.throttles += 1;
        self.state.last = LastAttempt::Throttled(reason);
    }

    /// Attempts that met a throttle or a 5xx, and attempts in all, of an event about which nothing is particular.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    pub(super) fn usual_refusals_and_attempts(&self) -> (u32, u32) {
        let refusals = self.state.throttles + self.state.tally.system_errors();
        (refusals, refusals + u32::from(self.state.runs))
    }

    /// Whether there is nothing particular about it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    pub(super) const fn is_usual(&self) -> bool {
        self.particulars.is_none()
    }

    /// The service failed, or refused to run the function.
    #[cold]
    fn note_error(&mut self, refusal: AttemptOutcome) {
        match refusal {
            AttemptOutcome::SystemError { .. } => {
                if !self.state.tally.count_system_error() {
                    self.particulars_mut().more_system_errors += 1;
                }
            }
            AttemptOutcome::ClientError { .. } => self.particulars_mut().client_errors += 1,
            AttemptOutcome::Throttled(_)
            | AttemptOutcome::Success
            | AttemptOutcome::CaughtError
            | AttemptOutcome::FunctionError(_) => unreachable!("neither a throttle nor a run"),
        }
    }

    /// Where it is in its life.
    pub fn stage(&self) -> Stage {
        match self.state.stage {
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
        match self.state.stage {
            StageName::Queued | StageName::Offered => Some(self.state.since.time()),
            _ => None,
        }
    }

    /// It goes on to another place in its life.
    #[inline]
    pub(super) fn set_stage(&mut self, stage: Stage) {
        (self.state.stage, self.state.since) = placed(stage);
    }

    /// Its fate is known at `at`.
    #[inline]
    pub(crate) fn settle(&mut self, fate: Fate, at: SimTime) {
        self.set_stage(Stage::Settled { fate, at });
    }

    /// Its run, while it is in one.
    #[inline]
    pub(super) fn run(&self) -> Option<Slot> {
        (self.state.stage == StageName::Running).then(|| self.state.since.run())
    }

    /// Whether it runs and its run waits for a call.
    pub(super) fn waits_for_call(&self) -> bool {
        self.state.stage == StageName::Running && self.state.since.calling().is_some()
    }

    /// Its fate and when it was known, once it is.
    pub const fn settled(&self) -> Option<(Fate, SimTime)> {
        match self.state.stage {
            StageName::Settled(fate) => Some((fate, self.state.since.time())),
            _ => None,
        }
    }

    /// What became of its outcome on `route`.
    pub fn route(&self, route: Route) -> RouteResult {
        self.state.routes.of(route)
    }

    /// Something else became of its outcome on `route`.
    pub(super) fn set_route(&mut self, route: Route, result: RouteResult) {
        self.state.routes = self.state.routes.with(route, result);
    }

    /// Whether `result` became of its outcome on some route.
    pub(super) fn has_route(&self, result: RouteResult) -> bool {
        Route::ALL.iter().any(|route| self.route(*route) == result)
    }

    /// Whether it is lost: it did not succeed and no route holds a copy. Meaningful once it is closed.
    pub fn is_lost(&self) -> bool {
        let failed = self.settled().is_some_and(|(fate, _)| fate != Fate::Succeeded);
        failed && !self.has_route(RouteResult::Delivered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: millions can wait. An event fills a line of the cache, and what is particular about few is apart.
    #[test]
    fn an_event_is_small() {
        assert_eq!((size_of::<Event>(), align_of::<Event>()), (64, 64));
    }

    fn event(id: EventId, number: u64) -> Event {
        let arrived = Arrived {
            key: EventKey(1),
            source: SourceId(0),
            number,
            function: FunctionId(0),
            invocation: InvocationType::Event,
            bytes: 0,
            provenance: None,
        };
        Event::new(id, 0, &arrived, SimTime::ZERO, Stage::Returned, true)
    }

    /// Goal: more than 2^32 events can be told apart. Method: numbers at both sides of the border.
    #[test]
    fn numbers_have_no_end() {
        for (id, number) in
            [(1, 1), (u64::from(u32::MAX), 7), (1 << 32, 7), (u64::MAX, 1 << 40), (5 << 32, 9)]
        {
            let mut event = event(EventId(id), number);
            assert_eq!((event.id().0, event.number(), event.past().original.0), (id, number, id));
            assert_eq!(event.copied_if_usual().is_some(), id < 1 << 32 && number < 1 << 32);
            event.set_id(EventId(u64::MAX - 1));
            assert_eq!((event.id().0, event.number()), (u64::MAX - 1, number));
        }
    }

    /// Goal: a tally has no end. Method: more of both than an event's own memory holds.
    #[test]
    fn what_does_not_fit_into_the_tally_is_kept_elsewhere() {
        let mut event = event(EventId(1), 1);
        for _ in 0..3 {
            event.add_billed(7_000_000);
        }
        event.add_billed(1 << 40);
        (0..600).for_each(|_| event.note_refusal(AttemptOutcome::SystemError { status: 503 }));
        assert_eq!(event.billed_ms(), 21_000_000 + (1 << 40));
        assert_eq!((event.system_errors(), event.attempts()), (600, 600));
    }
}
