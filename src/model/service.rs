//! The service that events go through: what is scheduled, the slots in use, and the settings that hold now.
//!
//! It is apart from the events so that a handler can work on one of them while it uses the service: an event is looked
//! up once, however much happens to it at an instant.

use super::Notice;
use super::concurrency::Concurrency;
use super::dependency::Dependencies;
use super::event::{Event, Running, State};
use super::poller::{Poller, Turn};
use crate::engine::calendar::{Calendar, Key, Registry};
use crate::engine::slab::{Slab, Slot};
use crate::id::FunctionId;
use crate::random::distribution::Distribution;
use crate::random::{EventKey, Purpose};
use crate::scenario::{Change, Function, Scenario};
use crate::time::{SimDuration, SimTime};

/// What is there beside the events.
#[derive(Clone, Debug)]
pub(super) struct Service<'s> {
    pub(super) scenario: &'s Scenario,
    pub(super) calendar: Calendar<Notice, State>,
    /// The runs in progress.
    pub(super) runs: Slab<Running>,
    pub(super) concurrency: Concurrency,
    /// The functions as they are configured now.
    pub(super) functions: &'s [Function],
    pub(super) dependencies: Dependencies<'s>,
    /// One a function, if they do not read without limit.
    pub(super) pollers: Vec<Poller>,
    /// Waiting events of each function.
    pub(super) waiting: Vec<u64>,
    /// For comparing: whether there are no short ways. Facts that come together are told one by one, and nobody sleeps.
    #[cfg(test)]
    pub(super) long_way: bool,
}

/// Whether an event goes on after what happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Stay {
    /// More is to come.
    On,
    /// It waits for so long that it goes to sleep.
    Long,
    /// It has left the system.
    Over,
}

/// Provisioned environments are allocated at 6 000 a minute:
/// <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>.
const ALLOCATION_OF_ONE: SimDuration = SimDuration::from_millis(10);

impl<'s> Service<'s> {
    /// Nothing is scheduled and no slot in use.
    pub(super) fn new(scenario: &'s Scenario) -> Self {
        Self {
            scenario,
            calendar: Calendar::new(),
            runs: Slab::new(),
            concurrency: Concurrency::new(scenario),
            functions: &scenario.functions,
            dependencies: Dependencies::new(scenario),
            pollers: pollers(scenario),
            waiting: vec![0; scenario.functions.len()],
            #[cfg(test)]
            long_way: false,
        }
    }

    /// Whether facts that come together are told together, and who waits for long sleeps: always, but where a test
    /// compares.
    #[inline(always)]
    #[cfg_attr(not(test), expect(clippy::unused_self, reason = "a test compares"))]
    pub(super) const fn takes_short_ways(&self) -> bool {
        #[cfg(test)]
        return !self.long_way;
        #[cfg(not(test))]
        true
    }

    /// Other settings hold from `now` on.
    pub(super) fn configure(&mut self, change: &'s Change, now: SimTime) {
        self.functions = &change.functions;
        let delay = self.scenario.timing.provisioned_delay;
        let allocation = |environments| delay + ALLOCATION_OF_ONE.saturating_mul(u64::from(environments));
        self.concurrency.configure(&change.account, &change.functions, allocation, now);
    }

    /// The settings of the function that `event` is for.
    pub(super) fn function(&self, event: &Event) -> &'s Function {
        &self.functions[event.function.index()]
    }

    /// Whether a dispatch for `function` that is due happens now.
    #[inline]
    pub(super) fn turn(&mut self, slot: Slot, function: FunctionId, now: SimTime) -> Turn {
        self.pollers.get_mut(function.index()).map_or(Turn::Now, |poller| poller.turn(slot, now))
    }

    /// How much later than due the dispatch after so many attempts is, because others are served as well.
    #[inline(always)]
    pub(super) fn neighbour_delay(&self, key: EventKey, attempts: u32) -> SimDuration {
        let law = self.scenario.imperfections.neighbour_delay.as_ref();
        law.map_or(SimDuration::ZERO, |law| delay_by(law, key, attempts))
    }

    /// Now and then the queue loses an event before it was ever sent.
    pub(super) fn vanishes(&self, event: &Event) -> bool {
        let probability = self.scenario.imperfections.loss;
        !probability.is_never()
            && event.attempts() == 0
            && !event.is_duplicate()
            && probability.strikes(event.key.draws(Purpose::Vanish, 0, 0).word())
    }

    /// Goes on to the next notices, as far as `limit`; whether there are any.
    #[inline(always)]
    pub(super) fn turn_calendar(&mut self, limit: Key, events: &mut Slab<Event>) -> bool {
        let Self { calendar, runs, dependencies, .. } = self;
        calendar.turn(limit, &mut Files { events, runs, dependencies })
    }

    /// Takes out the next notice that comes before `limit`, if that can be told without going on.
    #[inline(always)]
    pub(super) fn pop_of_tick(&mut self, limit: Key, events: &mut Slab<Event>) -> Option<(SimTime, Notice)> {
        let Self { calendar, runs, dependencies, .. } = self;
        calendar.pop_of_tick(limit, &Files { events, runs, dependencies })
    }

    /// What [`Service::pop_of_tick`] would take out, if that can be told at a glance.
    #[inline(always)]
    pub(super) fn peek_of_tick(&self, limit: Key, events: &mut Slab<Event>) -> Option<(SimTime, Notice)> {
        let Self { calendar, runs, dependencies, .. } = self;
        calendar.peek_of_tick(limit, &Files { events, runs, dependencies })
    }

    /// Schedules `notice`; `number` is that of what it is about.
    #[inline(always)]
    pub(super) fn schedule(&mut self, at: SimTime, number: u64, notice: Notice) {
        self.calendar.schedule(Key { at, order: notice.order(number) }, notice);
    }

    /// `event` waits in its queue for the dispatch at `due`.
    #[inline(always)]
    pub(super) fn queue(&mut self, slot: Slot, event: &Event, due: SimTime) -> Stay {
        self.waiting[event.function.index()] += 1;
        self.stay_queued(slot, event, due)
    }

    /// The same of an event that was in its queue before.
    #[inline(always)]
    pub(super) fn stay_queued(&mut self, slot: Slot, event: &Event, due: SimTime) -> Stay {
        if event.is_usual() && self.calendar.is_far(due) && self.takes_short_ways() {
            return Stay::Long;
        }
        self.schedule(due, event.id().0, Notice::Dispatch(slot));
        Stay::On
    }

    /// `event` was just accepted and waits for its first dispatch; it never sleeps meanwhile.
    #[inline(always)]
    pub(super) fn schedule_dispatch(&mut self, slot: Slot, event: &Event, due: SimTime) {
        self.waiting[event.function.index()] += 1;
        self.schedule(due, event.id().0, Notice::Dispatch(slot));
    }

    pub(super) fn schedule_offer(&mut self, slot: Slot, event: &Event, due: SimTime) {
        self.schedule(due, event.id().0, Notice::Offer(slot));
    }

    pub(super) fn schedule_reading(&mut self, function: FunctionId, at: SimTime) {
        self.schedule(at, function.0.into(), Notice::Read(function));
    }
}

#[inline(never)]
fn delay_by(law: &Distribution, key: EventKey, attempts: u32) -> SimDuration {
    law.sample(&mut key.draws(Purpose::NeighbourDelay, 0, attempts))
}

/// What there is to look up about notices.
struct Files<'m, 's> {
    events: &'m mut Slab<Event>,
    runs: &'m Slab<Running>,
    dependencies: &'m Dependencies<'s>,
}

impl Registry<Notice, State> for Files<'_, '_> {
    #[inline(never)]
    fn order_of(&self, notice: Notice) -> u64 {
        let Self { events, runs, dependencies } = self;
        notice.order(match notice {
            Notice::RunEnds(slot)
            | Notice::HandlerStarts(slot)
            | Notice::DeliveryEnds(slot, _)
            | Notice::Offer(slot)
            | Notice::Dispatch(slot) => events.get(slot).id().0,
            Notice::CallEnds(slot) => dependencies.calls.get(slot).number,
            Notice::CallTimesOut(slot) => number_of_call(events.get(slot), runs, dependencies),
            Notice::CapacityReturns(dependency) => dependency.0.into(),
            Notice::Redrive(index) => index.into(),
            Notice::Read(function) => function.0.into(),
            Notice::Change => unreachable!("changes are kept out of the calendar"),
        })
    }

    #[inline]
    fn wake(&mut self, sleeper: State) -> Notice {
        Notice::Dispatch(self.events.insert(Event::of_usual(sleeper)))
    }
}

/// The number of the call that the run of `event` waits for.
#[inline(never)]
fn number_of_call(event: &Event, runs: &Slab<Running>, dependencies: &Dependencies<'_>) -> u64 {
    let run = event.run().expect("only a run makes calls");
    let call = runs.get(run).calling.expect("it waits for the call that times out");
    dependencies.calls.get(call).number
}

/// A poller for each function, or none if they read without limit.
fn pollers(scenario: &Scenario) -> Vec<Poller> {
    let law = scenario.imperfections.read_rate;
    law.map_or_else(Vec::new, |law| vec![Poller::new(law); scenario.functions.len()])
}
