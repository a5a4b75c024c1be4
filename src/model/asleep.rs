//! Events that wait for long.
//!
//! A retry waits for minutes, and millions of events may do so at once. While nothing can happen to an event it need
//! not lie in the table of events, each of them somewhere else: it sleeps in the calendar, beside those that are due
//! soon after it. When its time is near it is woken with them
//! ([`Registry::wake`](crate::engine::calendar::Registry::wake)): into a table that is small enough for the cache.
//!
//! What happens is the same, fact by fact: a test compares. Events about which something is particular stay awake, and
//! so do all before their first dispatch, which hardly ever waits for long.

use super::event::{Event, State};
use super::observation::{Observation, Observer};
use super::{Model, report};
use crate::engine::slab::Slot;
use crate::id::EventId;
use crate::time::SimTime;

/// An event that is in flight when the run is over.
#[derive(Clone, Copy, Debug)]
enum Left<'m> {
    Awake(&'m Event),
    Asleep(&'m State),
}

impl Left<'_> {
    fn id(&self) -> EventId {
        match self {
            Self::Awake(event) => event.id(),
            Self::Asleep(state) => state.usual_id(),
        }
    }
}

impl Model<'_> {
    /// The event in `slot` waits for long: it leaves the table until its time is near.
    #[inline(never)]
    pub(super) fn put_to_sleep(&mut self, slot: Slot) {
        let sleeper = self.events.get(slot).usual().expect("who has something particular stays awake");
        self.service.calendar.sleep(sleeper);
        self.events.discard(slot);
    }

    /// Tells that the run is over for whatever is in flight, in order of its number.
    pub(super) fn report_in_flight(&self, end: SimTime, observer: &mut impl Observer) {
        let awake = self.events.iter().map(|(_, event)| Left::Awake(event));
        let asleep = self.service.calendar.sleepers().map(Left::Asleep);
        let mut left: Vec<Left<'_>> = Vec::with_capacity(self.in_flight());
        left.extend(awake.chain(asleep));
        left.sort_unstable_by_key(Left::id);
        for event in left {
            match event {
                Left::Awake(event) => report(event, end, Observation::CutOff, observer),
                Left::Asleep(state) => report(&Event::of_usual(*state), end, Observation::CutOff, observer),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::notes::Notes;
    use crate::observe::test_scenarios::{busy, exceptions, poisson, source};
    use crate::random::distribution::Distribution;
    use crate::scenario::{End, InvocationType, MilliRate, Probability, ReadRate, Scenario};
    use crate::simulate::Simulation;

    /// What happens, how many slept at most, and how many events and calls were in flight at the end.
    fn run(scenario: &Scenario, sleepless: bool) -> (Notes, usize, usize) {
        let mut simulation = Simulation::new(scenario, 0);
        simulation.model_mut().service.long_way = sleepless;
        let (mut notes, mut most, mut in_flight) = (Notes::default(), 0, 0);
        while simulation.advance(&mut notes, 100).is_none() {
            most = most.max(simulation.model_mut().service.calendar.sleeping());
            in_flight = simulation.in_flight();
        }
        (notes, most, in_flight)
    }

    /// So many events a second that ticks are short: most of them fail, or are refused for lack of slots.
    fn crowd() -> Scenario {
        let mut scenario = busy();
        scenario.sources[1] = source("orders", InvocationType::Event, poisson(400.0, 20));
        scenario.functions[0].failures.push(exceptions(0.6, &[]));
        scenario.functions[0].reserved = Some(30);
        scenario
    }

    /// Goal: fact by fact the same, whether events sleep or stay awake: with second deliveries and lost events among
    /// them, and with an end that comes while many sleep.
    #[test]
    fn what_happens_to_those_who_sleep_is_what_would_have_happened_awake() {
        let mut imperfect = crowd();
        imperfect.imperfections.duplicate = Probability::new(0.1).unwrap();
        imperfect.imperfections.loss = Probability::new(0.1).unwrap();
        imperfect.imperfections.neighbour_delay = Some(Distribution::Exponential { mean: 0.4 });
        let mut read_slowly = crowd();
        read_slowly.imperfections.read_rate = Some(ReadRate::Constant(MilliRate(600_000)));
        let mut cut_off = crowd();
        cut_off.end = End::At(SimTime::from_secs(70));
        for scenario in [busy(), crowd(), imperfect, read_slowly, cut_off] {
            let (slept, most, in_flight) = run(&scenario, false);
            let (awake, none, as_many) = run(&scenario, true);
            assert_eq!(slept.difference_to(&awake), None);
            assert_eq!((none, in_flight), (0, as_many));
            let crowded = scenario.functions[0].reserved == Some(30);
            assert!(!crowded || most > 1_000, "{most} asleep at once");
        }
    }

    /// Goal: those who sleep are not forgotten at the end. Method: against the ledger.
    #[test]
    fn those_who_sleep_are_in_flight() {
        let mut scenario = crowd();
        scenario.end = End::At(SimTime::from_secs(70));
        let (notes, _, _) = run(&scenario, false);
        let cut_off = notes.facts().iter().filter(|(_, _, what)| *what == Observation::CutOff).count();
        let mut simulation = Simulation::new(&scenario, 0);
        let mut ledger = crate::observe::ledger::Ledger::default();
        while simulation.advance(&mut ledger, 100).is_none() {}
        assert_eq!(ledger.in_flight(), cut_off as u64);
        assert!(cut_off > 1_000, "{cut_off} in flight at the end");
    }
}
