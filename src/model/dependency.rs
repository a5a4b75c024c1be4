//! Dependencies: what functions call, each a first-come, first-served queue with a number of servers.
//!
//! ```text
//!            ┌ outage strikes ─────────────────────> fails, after a while
//! call ──────┼ max_waiting wait already ───────────> refused at once
//!            └ waits ──> server free ──> in service ──> answered
//!                 └────────────┴─ the caller gives up: the dependency does not notice, and serves the call
//! ```
//!
//! In the notation of queueing theory a dependency is a G/G/c queue with c = `capacity`, whose service times grow
//! with the number in service if `contention` says so. That a call goes on when nobody waits for it any more is what
//! makes overload last: the dependency works for callers that have left, and they come back as retries.
//!
//! The state is exact at every instant: a service that has begun is never interrupted, so that its end is known, and
//! only a call that waits can be overtaken by its caller's patience. Nothing stale ever lies in the calendar.

use super::Notice;
use crate::engine::calendar::Key;
use crate::engine::slab::{Slab, Slot};
use crate::id::DependencyId;
use crate::random::{EventKey, Purpose};
use crate::scenario::{Call, Dependency, Factor, Scenario};
use crate::time::{SimDuration, SimTime};
use std::collections::{BTreeMap, VecDeque};

/// What a dependency holds at an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Calls in service.
    pub in_service: u32,
    /// Of these, calls whose caller has given up: work in vain.
    pub in_vain: u32,
    /// Calls waiting for a free server.
    pub waiting: u32,
}

/// How a call ended for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// The dependency answered.
    Answered,
    /// An outage failed it: its position in the dependency's list.
    Failed(u8),
    /// As many calls waited as may.
    Refused,
    /// The call's own timeout was reached.
    TimedOut,
    /// `Timeout` ended the run.
    Abandoned,
}

impl CallOutcome {
    /// How many there are.
    pub const COUNT: usize = 5;
    /// The names in outputs, by [`CallOutcome::index`].
    pub const NAMES: [&'static str; Self::COUNT] =
        ["answered", "failed", "refused", "timed_out", "abandoned"];

    /// Its place in tables.
    pub const fn index(self) -> usize {
        match self {
            Self::Answered => 0,
            Self::Failed(_) => 1,
            Self::Refused => 2,
            Self::TimedOut => 3,
            Self::Abandoned => 4,
        }
    }

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self.index()]
    }
}

/// A call that ended for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedCall {
    /// Its position among the calls of the function.
    pub position: u8,
    /// What was called.
    pub dependency: DependencyId,
    /// How it ended.
    pub outcome: CallOutcome,
    /// From its beginning to its service, or to its end if it was not served.
    pub waited: SimDuration,
    /// From the start of its service to its end.
    pub served: SimDuration,
    /// The brown-out that reigned when its service started, by its position in the dependency's list.
    pub brownout: Option<u8>,
}

/// A call at a dependency, whether or not its caller still waits.
#[derive(Clone, Debug)]
pub(super) struct HeldCall {
    /// 1 for the first call of all.
    pub(super) number: u64,
    pub(super) position: u8,
    pub(super) dependency: DependencyId,
    pub(super) begun: SimTime,
    /// The event whose run waits for it, as long as it does.
    pub(super) caller: Option<Slot>,
    /// When the caller gives up, and what happens then.
    pub(super) patience: (Key, Notice),
    pub(super) place: Place,
    /// Its service time on an idle dependency.
    nominal: SimDuration,
}

/// Where a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On its way to a failure, by the outage at this position.
    Failing(u8),
    /// In the queue.
    Waiting,
    /// With a server since then, under this brown-out.
    InService { since: SimTime, brownout: Option<u8> },
}

/// The dependencies of a scenario with all calls they hold.
#[derive(Clone, Debug)]
pub(super) struct Dependencies<'s> {
    settings: &'s [Dependency],
    queues: Vec<Queue>,
    pub(super) calls: Slab<HeldCall>,
    /// When the callers of waiting calls give up: what a free server can still prevent, so that it is no notice yet.
    patience: BTreeMap<Key, Notice>,
    made: u64,
}

#[derive(Clone, Debug, Default)]
struct Queue {
    in_service: u32,
    in_vain: u32,
    waiting: VecDeque<Slot>,
    /// The end of a brown-out at which the queue is looked after.
    looked_after: Option<SimTime>,
}

/// What happens to a call when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reception {
    /// An outage strikes.
    Fails { outage: u8, after: SimDuration },
    /// The queue is full.
    Refused,
    /// It joins the queue, if only for no time at all.
    Joins,
}

impl<'s> Dependencies<'s> {
    /// The dependencies of `scenario`, all idle.
    pub(super) fn new(scenario: &'s Scenario) -> Self {
        Self {
            settings: &scenario.dependencies,
            queues: vec![Queue::default(); scenario.dependencies.len()],
            calls: Slab::new(),
            patience: BTreeMap::new(),
            made: 0,
        }
    }

    /// The number of the next call.
    pub(super) fn next_number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// What `dependency` holds.
    pub(super) fn load(&self, dependency: DependencyId) -> Load {
        let queue = &self.queues[dependency.index()];
        let waiting = u32::try_from(queue.waiting.len()).expect("fewer than 2^32 calls are in flight");
        Load { in_service: queue.in_service, in_vain: queue.in_vain, waiting }
    }

    /// What happens to a call that begins at `now`, and how long it would be served on an idle dependency.
    pub(super) fn receive(
        &self,
        call: &Call,
        position: u8,
        (key, run): (EventKey, u8),
        now: SimTime,
    ) -> (Reception, SimDuration) {
        let settings = &self.settings[call.dependency.index()];
        let nominal =
            settings.service_time.sample(&mut key.draws(Purpose::DependencyService, position, run.into()));
        let strikes = |(at, outage): &(u8, &crate::scenario::Outage)| {
            let number = u32::from(*at) << 8 | u32::from(run);
            let word = || key.draws(Purpose::DependencyFailure, position, number).word();
            outage.during.contain(now) && outage.probability.strikes(word())
        };
        if let Some((outage, struck)) = (0..).zip(&settings.outages).find(strikes) {
            return (Reception::Fails { outage, after: struck.fail_after }, nominal);
        }
        let full = settings.max_waiting.is_some_and(|most| self.load(call.dependency).waiting >= most);
        if full && !self.has_free_server(call.dependency, now) {
            return (Reception::Refused, nominal);
        }
        (Reception::Joins, nominal)
    }

    /// Whether a call could be served at `now` if none waited before it.
    fn has_free_server(&self, dependency: DependencyId, now: SimTime) -> bool {
        let settings = &self.settings[dependency.index()];
        self.queues[dependency.index()].in_service < capacity_at(settings, now)
    }

    /// Puts `call` where it does not need a server.
    pub(super) fn hold(&mut self, call: HeldCall) -> Slot {
        self.calls.insert(call)
    }

    /// Puts `call` at the end of its queue.
    pub(super) fn join(&mut self, call: HeldCall) -> Slot {
        let dependency = call.dependency;
        let slot = self.calls.insert(call);
        self.queues[dependency.index()].waiting.push_back(slot);
        slot
    }

    /// A call that joined its queue and found no server free is waited for until its caller's patience ends.
    pub(super) fn be_patient(&mut self, slot: Slot) {
        let call = self.calls.get(slot);
        if call.place == Place::Waiting {
            self.patience.insert(call.patience.0, call.patience.1);
        }
    }

    /// Starts the service of the call that has waited longest, if a server is free: the call, and when it will have
    /// been served.
    pub(super) fn serve_next(&mut self, dependency: DependencyId, now: SimTime) -> Option<(Slot, SimTime)> {
        if !self.has_free_server(dependency, now) {
            return None;
        }
        let settings = &self.settings[dependency.index()];
        let queue = &mut self.queues[dependency.index()];
        let slot = queue.waiting.pop_front()?;
        let call = self.calls.get_mut(slot);
        let brownout = settings.brownout_at(now);
        let slower = brownout.map_or(Factor::ONE, |(_, brownout)| brownout.slower);
        let service = service_time(call.nominal, settings, queue.in_service, slower);
        call.place = Place::InService { since: now, brownout: brownout.map(|(position, _)| position) };
        queue.in_service += 1;
        if call.caller.is_some() {
            self.patience.remove(&call.patience.0);
        } else {
            queue.in_vain += 1;
        }
        Some((slot, now + service))
    }

    /// When the queue is to be looked after because a brown-out ends that took servers away; once for each end.
    pub(super) fn next_look(&mut self, dependency: DependencyId, now: SimTime) -> Option<SimTime> {
        let queue = &mut self.queues[dependency.index()];
        if queue.waiting.is_empty() {
            return None;
        }
        let (_, brownout) = self.settings[dependency.index()].brownout_at(now)?;
        brownout.capacity?;
        let end = brownout.during.end_of_window_at(now)?;
        (queue.looked_after.replace(end) != Some(end)).then_some(end)
    }

    /// A service ends: takes the call out.
    pub(super) fn release(&mut self, slot: Slot) -> HeldCall {
        let call = self.calls.remove(slot);
        let queue = &mut self.queues[call.dependency.index()];
        if matches!(call.place, Place::InService { .. }) {
            assert!(queue.in_service > 0, "a server is given back once");
            queue.in_service -= 1;
            queue.in_vain -= u32::from(call.caller.is_none());
        }
        call
    }

    /// The caller of a call gives up; the dependency does not notice.
    pub(super) fn give_up(&mut self, slot: Slot) -> HeldCall {
        let call = self.calls.get_mut(slot);
        let as_it_was = call.clone();
        call.caller = None;
        match call.place {
            // It has not reached the dependency.
            Place::Failing(_) => {
                self.calls.remove(slot);
            }
            Place::Waiting => {
                self.patience.remove(&as_it_was.patience.0);
            }
            Place::InService { .. } => self.queues[as_it_was.dependency.index()].in_vain += 1,
        }
        as_it_was
    }

    /// When the next caller of a waiting call gives up.
    pub(super) fn first_patience(&self) -> Option<Key> {
        self.patience.first_key_value().map(|(key, _)| *key)
    }

    /// The next caller of a waiting call gives up.
    pub(super) fn pop_patience(&mut self) -> Option<(Key, Notice)> {
        self.patience.pop_first()
    }
}

impl HeldCall {
    /// A call of the run that `caller` makes, before the dependency has seen it.
    pub(super) const fn new(
        number: u64,
        position: u8,
        dependency: DependencyId,
        begun: SimTime,
        caller: Slot,
        patience: (Key, Notice),
        (place, nominal): (Place, SimDuration),
    ) -> Self {
        Self { number, position, dependency, begun, caller: Some(caller), patience, place, nominal }
    }

    /// What its caller can tell of it at `now`.
    pub(super) fn ended(&self, outcome: CallOutcome, now: SimTime) -> EndedCall {
        let (position, dependency) = (self.position, self.dependency);
        let (waited, served, brownout) = match self.place {
            Place::Failing(_) | Place::Waiting => (now.since(self.begun), SimDuration::ZERO, None),
            Place::InService { since, brownout } => (since.since(self.begun), now.since(since), brownout),
        };
        EndedCall { position, dependency, outcome, waited, served, brownout }
    }
}

/// How many calls `dependency` serves at a time at `at`.
fn capacity_at(dependency: &Dependency, at: SimTime) -> u32 {
    let less = dependency.brownout_at(at).and_then(|(_, brownout)| brownout.capacity);
    less.unwrap_or(dependency.capacity)
}

/// How long a service takes that would take `nominal` on an idle dependency, when `others` are in service and a
/// brown-out makes it `slower`; rounded to the nearest nanosecond after each factor.
fn service_time(nominal: SimDuration, dependency: &Dependency, others: u32, slower: Factor) -> SimDuration {
    let usual = u128::from(dependency.capacity) * u128::from(Factor::ONE.ppm);
    let loaded = usual + u128::from(dependency.contention.ppm) * u128::from(others);
    scaled(scaled(nominal, loaded, usual), slower.ppm.into(), Factor::ONE.ppm.into())
}

/// `span` × `numerator` / `denominator`, at most [`SimDuration::MAX`].
fn scaled(span: SimDuration, numerator: u128, denominator: u128) -> SimDuration {
    if numerator == denominator {
        return span;
    }
    let nanos = (u128::from(span.as_nanos()) * numerator + denominator / 2) / denominator;
    let most = SimDuration::MAX;
    u64::try_from(nanos).map_or(most, |nanos| SimDuration::from_nanos(nanos).min(most))
}
