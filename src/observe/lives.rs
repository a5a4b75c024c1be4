//! The complete lives of chosen events, and the choice of events worth showing.
//!
//! A run forgets an event once it is closed. To tell a life afterwards, a run is made twice: the first time
//! [`Notable`] picks, in bounded memory, the events worth showing; the second, identical, run hands their facts to
//! [`Lives`].

use crate::id::EventId;
use crate::model::event::Event;
use crate::model::observation::{Circumstance, Fact, Fate, Observation, Observer, Remark};
use crate::time::{SimDuration, SimTime};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that happened to one event, in order.
#[derive(Clone, Debug)]
pub struct Life {
    steps: Vec<Step>,
    remarks: Vec<(usize, Remark)>,
}

/// One fact of a life, owned.
#[derive(Clone, Debug)]
pub struct Step {
    /// When it happened.
    pub at: SimTime,
    /// What happened.
    pub what: Observation,
    /// The event as it stood just after.
    pub event: Event,
}

impl Life {
    /// The facts, in the order of the run; never empty.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What happened around the event while it lived, each with the number of facts before it.
    pub fn remarks(&self) -> &[(usize, Remark)] {
        &self.remarks
    }

    /// Whether more may be observed of the event.
    fn is_open(&self) -> bool {
        let last = self.steps.last().map(|step| step.what);
        !matches!(last, Some(Observation::Closed | Observation::CutOff))
    }

    /// When the last fact happened.
    pub fn end(&self) -> SimTime {
        self.steps.last().expect("a life begins with a fact").at
    }

    /// The event as it stood after the last fact.
    pub fn event(&self) -> &Event {
        &self.steps.last().expect("a life begins with a fact").event
    }

    /// The time from acceptance to the last fact.
    pub fn length(&self) -> SimDuration {
        self.end().since(self.event().accepted())
    }
}

/// Records the lives of chosen events.
#[derive(Clone, Debug, Default)]
pub struct Lives {
    chosen: BTreeSet<EventId>,
    lives: BTreeMap<EventId, Life>,
}

impl Lives {
    /// Listens for the events in `chosen`.
    pub fn of(chosen: impl IntoIterator<Item = EventId>) -> Self {
        Self { chosen: chosen.into_iter().collect(), lives: BTreeMap::new() }
    }

    /// The life of `event`, if it was chosen and the run met it.
    pub fn get(&self, event: EventId) -> Option<&Life> {
        self.lives.get(&event)
    }

    /// The lives recorded, in the order of the events' numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Life> {
        self.lives.values()
    }
}

impl Observer for Lives {
    fn observe(&mut self, fact: &Fact<'_>) {
        if !self.chosen.contains(&fact.event.id()) {
            return;
        }
        let step = Step { at: fact.at, what: fact.what, event: fact.event.clone() };
        let life = self
            .lives
            .entry(fact.event.id())
            .or_insert_with(|| Life { steps: Vec::new(), remarks: Vec::new() });
        life.steps.push(step);
    }

    fn remark(&mut self, remark: &Remark) {
        // The calls of an event tell what they found; what the dependency does for others is no part of its life.
        if matches!(remark.what, Circumstance::LoadChanged { .. }) {
            return;
        }
        for life in self.lives.values_mut().filter(|life| life.is_open()) {
            life.remarks.push((life.steps.len(), *remark));
        }
    }
}

/// Picks the events worth showing, a few of each kind, as the run passes.
///
/// "First" is by the order of the run. Of two events with the same sojourn the one with the lower number is the
/// worse, so that the choice does not depend on the order among simultaneous facts.
#[derive(Clone, Debug)]
pub struct Notable {
    each: usize,
    by_fate: [Vec<EventId>; Fate::ALL.len()],
    lost: Vec<EventId>,
    recovered: Vec<EventId>,
    unfinished: Vec<EventId>,
    never_accepted: Vec<EventId>,
    worst: BTreeSet<(Reverse<SimDuration>, EventId)>,
}

impl Notable {
    /// Picks at most `each` events of each kind.
    pub fn new(each: usize) -> Self {
        Self {
            each,
            by_fate: [const { Vec::new() }; Fate::ALL.len()],
            lost: Vec::new(),
            recovered: Vec::new(),
            unfinished: Vec::new(),
            never_accepted: Vec::new(),
            worst: BTreeSet::new(),
        }
    }

    /// The first events that ended with `fate`.
    pub fn first_of(&self, fate: Fate) -> &[EventId] {
        &self.by_fate[fate as usize]
    }

    /// The first events lost.
    pub fn lost(&self) -> &[EventId] {
        &self.lost
    }

    /// The first events that succeeded after an attempt that did not.
    pub fn recovered(&self) -> &[EventId] {
        &self.recovered
    }

    /// The first events that the end of the run found unfinished.
    pub fn unfinished(&self) -> &[EventId] {
        &self.unfinished
    }

    /// The first events that Lambda never accepted.
    pub fn never_accepted(&self) -> &[EventId] {
        &self.never_accepted
    }

    /// The events with the longest time from acceptance to fate, the longest first.
    pub fn worst(&self) -> impl Iterator<Item = (EventId, SimDuration)> {
        self.worst.iter().map(|(Reverse(sojourn), event)| (*event, *sojourn))
    }

    /// All events picked, for [`Lives::of`].
    pub fn events(&self) -> BTreeSet<EventId> {
        let lists = self.by_fate.iter().chain([&self.lost, &self.recovered, &self.unfinished]);
        let worst = self.worst().map(|(event, _)| event);
        lists.flatten().copied().chain(worst).collect()
    }

    fn note_fate(&mut self, fate: Fate, event: &Event, at: SimTime) {
        keep_first(&mut self.by_fate[fate as usize], event.id(), self.each);
        if fate == Fate::Succeeded && event.attempts() > 1 {
            keep_first(&mut self.recovered, event.id(), self.each);
        }
        self.worst.insert((Reverse(event.age_at(at)), event.id()));
        if self.worst.len() > self.each {
            self.worst.pop_last();
        }
    }
}

fn keep_first(list: &mut Vec<EventId>, event: EventId, most: usize) {
    if list.len() < most {
        list.push(event);
    }
}

impl Observer for Notable {
    fn observe(&mut self, fact: &Fact<'_>) {
        if fact.event.is_duplicate() {
            return;
        }
        match fact.what {
            Observation::Settled { fate, .. } => self.note_fate(fate, fact.event, fact.at),
            Observation::Closed if fact.event.is_lost() => {
                keep_first(&mut self.lost, fact.event.id(), self.each);
            }
            Observation::OfferRefused(offer) if offer.next.is_none() => {
                keep_first(&mut self.never_accepted, fact.event.id(), self.each);
            }
            Observation::CutOff => keep_first(&mut self.unfinished, fact.event.id(), self.each),
            Observation::Accepted
            | Observation::Called
            | Observation::OfferRefused(_)
            | Observation::Duplicated
            | Observation::RunStarted { .. }
            | Observation::CallStarted { .. }
            | Observation::CallEnded(_)
            | Observation::AttemptEnded(_)
            | Observation::DeliveryStarted { .. }
            | Observation::DeliveryEnded { .. }
            | Observation::Closed => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observation::AttemptOutcome;
    use crate::observe::test_scenarios::{busy, events_at, exceptions, idle};
    use crate::simulate::simulate;

    /// The first event fails until a minute has passed, the second does not.
    fn one_recovers() -> crate::scenario::Scenario {
        let mut scenario = idle();
        scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 50)])];
        scenario.sources = vec![events_at("orders", &[0, 51_000])];
        scenario
    }

    #[test]
    fn a_life_is_told_from_acceptance_to_its_close() {
        let mut lives = Lives::of([EventId(1)]);
        simulate(&one_recovers(), &mut lives);
        assert_eq!(lives.iter().count(), 1);
        let life = lives.get(EventId(1)).expect("chosen and met");
        let told: Vec<_> = life
            .steps()
            .iter()
            .map(|step| match step.what {
                Observation::Accepted => "accepted",
                Observation::RunStarted { .. } => "run",
                Observation::AttemptEnded(attempt) if attempt.outcome == AttemptOutcome::Success => "success",
                Observation::AttemptEnded(_) => "error",
                Observation::Settled { .. } => "settled",
                Observation::Closed => "closed",
                _ => "other",
            })
            .collect();
        assert_eq!(told, ["accepted", "run", "error", "run", "success", "settled", "closed"]);
        let attempts: Vec<_> = life.steps().iter().map(|step| step.event.attempts()).collect();
        assert_eq!(attempts, [0, 1, 1, 2, 2, 2, 2]);
        assert_eq!(life.event().runs(), 2);
        let length = life.length();
        assert!(SimDuration::from_secs(52) < length && length < SimDuration::from_secs(68), "{length}");
    }

    #[test]
    fn an_event_that_never_came_has_no_life() {
        let mut lives = Lives::of([EventId(7)]);
        simulate(&one_recovers(), &mut lives);
        assert!(lives.get(EventId(7)).is_none());
        assert_eq!(lives.iter().count(), 0);
    }

    #[test]
    fn the_events_worth_showing_are_picked_once_each() {
        let mut notable = Notable::new(2);
        simulate(&one_recovers(), &mut notable);
        // The second event, undisturbed, settles while the first waits for its retry.
        assert_eq!(notable.first_of(Fate::Succeeded), [EventId(2), EventId(1)]);
        assert_eq!(notable.recovered(), [EventId(1)]);
        assert_eq!(notable.lost(), []);
        let worst: Vec<_> = notable.worst().map(|(event, _)| event).collect();
        assert_eq!(worst, [EventId(1), EventId(2)]);
        assert_eq!(notable.events(), BTreeSet::from([EventId(1), EventId(2)]));
    }

    #[test]
    fn of_equally_long_lives_the_lower_number_is_the_worse() {
        let mut scenario = idle();
        scenario.sources = vec![events_at("twins", &[0, 0, 0])];
        let mut notable = Notable::new(2);
        simulate(&scenario, &mut notable);
        let worst: Vec<_> = notable.worst().map(|(event, _)| event.0).collect();
        assert_eq!(worst, [1, 2]);
    }

    /// Goal: bounded memory, and the same as a search through everything. Method: a run with thousands of events and
    /// all of its fates.
    #[test]
    fn a_long_run_leaves_a_few_of_each_kind() {
        let mut notable = Notable::new(3);
        let everything = Lives::of((1..=4_000).map(EventId));
        let mut observers = (&mut notable, everything);
        simulate(&busy(), &mut observers);
        let everything = observers.1;
        let lost = everything.iter().filter(|life| life.event().is_lost()).count();
        assert!(lost > 3 && notable.lost().len() == 3);
        assert_eq!(notable.first_of(Fate::EventAgeExceeded).len(), 3);
        assert_eq!(notable.first_of(Fate::ZeroReservedConcurrency).len(), 0);
        assert_eq!(notable.unfinished().len(), 3);
        let mut sojourns: Vec<_> = everything
            .iter()
            .filter_map(|life| {
                let (_, at) = life.event().settled()?;
                Some((Reverse(life.event().age_at(at)), life.event().id()))
            })
            .collect();
        sojourns.sort_unstable();
        let worst: Vec<_> = sojourns[..3].iter().map(|(Reverse(sojourn), id)| (*id, *sojourn)).collect();
        assert_eq!(notable.worst().collect::<Vec<_>>(), worst);
        assert!(notable.events().len() <= 8 * 3);
    }
}
