//! The loop: the earliest of the next arrival and the next notice happens, until nothing is left.
//!
//! Arrivals never enter the calendar: each source has one pending arrival, and the earliest of these is compared
//! with the calendar's earliest notice. At the same instant, runs and deliveries end before arrivals come, and
//! arrivals come before dispatches; among arrivals the source's name decides.

use crate::id::SourceId;
use crate::model::Model;
use crate::model::arrivals::Arrival;
use crate::model::observation::Observer;
use crate::scenario::{End, Scenario};
use crate::time::SimTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use feed::{Drawn, Feed};

pub mod feed;

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// No source had anything left to send, and nothing was in flight.
    Drained,
    /// The scenario's `end` was reached.
    HorizonReached,
}

impl RunEnd {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drained => "drained",
            Self::HorizonReached => "horizon",
        }
    }
}

/// Runs replication 0 of `scenario` from start to end.
pub fn simulate(scenario: &Scenario, observer: &mut impl Observer) -> RunEnd {
    let mut simulation = Simulation::new(scenario, 0);
    loop {
        if let Some(end) = simulation.advance(observer, u64::MAX) {
            return end;
        }
    }
}

/// A run in progress, to be advanced in steps.
#[derive(Clone, Debug)]
pub struct Simulation<'s, F = Drawn<'s>> {
    scenario: &'s Scenario,
    model: Model<'s>,
    feed: F,
    sources: Vec<RunningSource>,
    /// The next arrival of each source that has one, earliest first.
    upcoming: BinaryHeap<Reverse<(SimTime, SourceId)>>,
    now: SimTime,
    ended: Option<RunEnd>,
}

/// How far a source has come.
#[derive(Clone, Copy, Debug)]
struct RunningSource {
    /// What it sends next, if it sends more.
    next: Option<Arrival>,
    sent: u64,
}

impl<'s> Simulation<'s> {
    /// Replication `replication` of `scenario`, at virtual time zero.
    pub fn new(scenario: &'s Scenario, replication: u32) -> Self {
        Self::fed_by(scenario, Drawn::new(scenario, replication))
    }
}

impl<'s, F: Feed> Simulation<'s, F> {
    /// A run of `scenario` at virtual time zero, whose arrivals `feed` hands over.
    pub fn fed_by(scenario: &'s Scenario, feed: F) -> Self {
        let mut simulation = Self {
            scenario,
            model: Model::new(scenario),
            feed,
            sources: vec![RunningSource { next: None, sent: 0 }; scenario.sources.len()],
            upcoming: BinaryHeap::with_capacity(scenario.sources.len()),
            now: SimTime::ZERO,
            ended: None,
        };
        for source in 0..scenario.sources.len() {
            simulation.look_up_next_arrival(SourceId(u16::try_from(source).expect("checked when loading")));
        }
        simulation
    }

    /// Virtual time: that of the latest thing that happened.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// Events and calls in the system.
    pub const fn in_flight(&self) -> usize {
        self.model.in_flight()
    }

    /// Lets at most `steps` arrivals and notices happen. Returns how the run ended, once it has.
    pub fn advance(&mut self, observer: &mut impl Observer, steps: u64) -> Option<RunEnd> {
        let mut left = steps;
        while left > 0 && self.ended.is_none() {
            match self.step(left, observer) {
                0 => self.finish(observer),
                done => left -= done,
            }
        }
        self.ended
    }

    /// Lets the next arrival happen, with the dispatch of its event if that comes at once, or the next notice with
    /// those that follow from it, at most `most` of them. Returns how many happened; none if there is none before the
    /// end.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is the loop")]
    pub(crate) fn step(&mut self, most: u64, observer: &mut impl Observer) -> u64 {
        let arrival = self.upcoming.peek().map(|Reverse(next)| *next);
        let notice = match arrival {
            Some((at, _)) => self.model.next_before_arrival(at),
            None => self.model.next_before(self.horizon()),
        };
        if let Some((at, notice)) = notice {
            self.move_clock(at);
            let (done, last) = self.model.on_notices(notice, at, most, observer);
            self.move_clock(last);
            done
        } else if let Some((at, source)) = arrival {
            self.move_clock(at);
            self.arrive(source, most, observer)
        } else {
            0
        }
    }

    /// The model, for tests that look behind the facts.
    #[cfg(test)]
    pub(crate) const fn model_mut(&mut self) -> &mut Model<'s> {
        &mut self.model
    }

    fn move_clock(&mut self, at: SimTime) {
        assert!(self.now <= at, "the simulation clock never runs backwards");
        self.now = at;
    }

    /// What `id` sends arrives, and at most `most` things happen by that. Returns how many.
    #[inline]
    fn arrive(&mut self, id: SourceId, most: u64, observer: &mut impl Observer) -> u64 {
        let next = self.feed.next(id);
        let source = &mut self.sources[id.index()];
        source.sent += 1;
        let (number, arrival) = (source.sent, std::mem::replace(&mut source.next, next));
        let arrival = arrival.expect("an arrival was upcoming");
        // It is the earliest of all: its successor takes its place, from where it finds its own.
        let mut earliest = self.upcoming.peek_mut().expect("an arrival was upcoming");
        match next {
            Some(Arrival { at, .. }) => {
                *earliest = Reverse((at, id));
                drop(earliest);
            }
            None => {
                PeekMut::pop(earliest);
            }
        }
        let is_alone = self.upcoming.peek().is_none_or(|Reverse((next, _))| *next > arrival.at);
        self.model.on_arrival(id, number, arrival, if is_alone { most } else { 1 }, observer)
    }

    #[inline(never)]
    fn look_up_next_arrival(&mut self, id: SourceId) {
        let next = self.feed.next(id);
        if let Some(Arrival { at, .. }) = next {
            self.upcoming.push(Reverse((at, id)));
        }
        self.sources[id.index()].next = next;
    }

    /// Where the calendar is read up to when no arrival is left. Arrivals themselves never reach the horizon.
    fn horizon(&self) -> SimTime {
        match self.scenario.end {
            End::Drained => SimTime::from_nanos(u64::MAX),
            End::At(end) => end,
        }
    }

    fn finish(&mut self, observer: &mut impl Observer) {
        let end = match self.scenario.end {
            End::Drained => RunEnd::Drained,
            End::At(end) => {
                self.now = end;
                RunEnd::HorizonReached
            }
        };
        let model = std::mem::replace(&mut self.model, Model::new(self.scenario));
        model.cut_off(self.now, observer);
        self.ended = Some(end);
    }
}
