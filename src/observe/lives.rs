//! The complete lives of chosen events, and the choice of events worth showing.
//!
//! A run forgets an event once it is closed. To tell a life afterwards, a run is made twice: the first time
//! [`Notable`] picks, in bounded memory, the events worth showing; the second, identical, run hands their facts to
//! [`Lives`].

use crate::id::EventId;
use crate::model::event::Event;
use crate::model::observation::{Fact, Fate, Observation, Observer};
use crate::time::{SimDuration, SimTime};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that happened to one event, in order.
#[derive(Clone, Debug)]
pub struct Life {
    steps: Vec<Step>,
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

    /// The event as it stood after the last fact.
    pub fn event(&self) -> &Event {
        &self.steps.last().expect("a life begins with a fact").event
    }

    /// The time from acceptance to the last fact.
    pub fn length(&self) -> SimDuration {
        let last = self.steps.last().expect("a life begins with a fact").at;
        last.since(self.event().accepted())
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
        Self {
            chosen: chosen.into_iter().collect(),
            lives: BTreeMap::new(),
        }
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
        let step = Step {
            at: fact.at,
            what: fact.what,
            event: fact.event.clone(),
        };
        let life = self
            .lives
            .entry(fact.event.id())
            .or_insert_with(|| Life { steps: Vec::new() });
        life.steps.push(step);
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

    /// The events with the longest time from acceptance to fate, the longest first.
    pub fn worst(&self) -> impl Iterator<Item = (EventId, SimDuration)> {
        self.worst
            .iter()
            .map(|(Reverse(sojourn), event)| (*event, *sojourn))
    }

    /// All events picked, for [`Lives::of`].
    pub fn events(&self) -> BTreeSet<EventId> {
        let lists = self
            .by_fate
            .iter()
            .chain([&self.lost, &self.recovered, &self.unfinished]);
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
        match fact.what {
            Observation::Settled { fate, .. } => self.note_fate(fate, fact.event, fact.at),
            Observation::Closed if fact.event.is_lost() => {
                keep_first(&mut self.lost, fact.event.id(), self.each);
            }
            Observation::CutOff => keep_first(&mut self.unfinished, fact.event.id(), self.each),
            Observation::Accepted
            | Observation::Called
            | Observation::RunStarted { .. }
            | Observation::AttemptEnded(_)
            | Observation::DeliveryStarted { .. }
            | Observation::DeliveryEnded { .. }
            | Observation::Closed => {}
        }
    }
}
