//! What redrives made of the events: each original by the fate of its payload, over all generations.
//!
//! An event that was sent again is a new event to Lambda, with a fate of its own. To whoever sent the payload first it
//! is the same thing: it is recovered when any generation succeeds. So accepted events are counted twice: as originals,
//! each in one place at the end, and as events that were sent again. The books balance when
//! accepted = originals + sent again, and the originals add up.

use crate::id::{DestinationId, EventId};
use crate::model::delivery;
use crate::model::event::{Event, Route, RouteResult};
use crate::model::observation::{Circumstance, Fact, Fate, Observation, Remark};
use crate::scenario::{InvocationType, Scenario};
use serde::Serialize;
use std::collections::BTreeMap;

/// Follows payloads from generation to generation. Memory follows what lies in the queues that are redriven, and
/// what is in flight of it.
#[derive(Clone, Debug)]
pub struct Generations {
    /// The queues that a redrive reads.
    redriven: Vec<bool>,
    accepted: u64,
    counts: RedriveReport,
    lines: BTreeMap<EventId, Line>,
}

/// One payload of which a copy lies, or lay, in a queue that is redriven.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "what was seen of it, each for itself")]
struct Line {
    /// Whether the original has left the system.
    closed: bool,
    /// Copies in queues that are redriven.
    stored: u32,
    /// Events that carry it, other than the original.
    alive: u32,
    recovered: bool,
    /// Whether a copy lies where no redrive looks.
    kept: bool,
    expired: bool,
    in_flight: bool,
}

/// What redrives did, and what became of the payloads.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RedriveReport {
    /// Messages that were delivered to the queues that redrives read.
    pub stored: u64,
    /// Of these, those that were sent again: accepted events of a generation above 0.
    pub sent_again: u64,
    /// Those that were older than their queue's retention period.
    pub expired: u64,
    /// Those that lie there at the end.
    pub waiting: u64,
    /// The highest generation of an event.
    pub generations: u16,
    /// The events that were not sent again, by the last fate of their payloads.
    pub originals: Originals,
    /// Whether accepted = originals + sent again, and the originals add up.
    pub holds: bool,
}

/// Originals by what became of them.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Originals {
    /// All of them.
    pub accepted: u64,
    /// The event itself succeeded.
    pub succeeded: u64,
    /// It did not, but a later generation did.
    pub recovered: u64,
    /// No generation succeeded, and a queue or another destination holds a copy.
    pub held: u64,
    /// No generation succeeded, and nothing is left.
    pub lost: u64,
    /// Of those lost, the ones of which a copy expired in a queue.
    pub lost_by_expiry: u64,
    /// The run ended before it was known.
    pub in_flight: u64,
}

impl Generations {
    /// For a run of `scenario`; `None` if nothing is redriven in it.
    pub fn new(scenario: &Scenario) -> Option<Self> {
        let mut redriven = vec![false; scenario.destinations.len()];
        for redrive in &scenario.redrives {
            redriven[redrive.from.index()] = true;
        }
        let counts = RedriveReport::default();
        (!scenario.redrives.is_empty()).then_some(Self {
            redriven,
            accepted: 0,
            counts,
            lines: BTreeMap::new(),
        })
    }

    /// Takes note of `fact` of a run of `scenario`.
    pub fn note(&mut self, fact: &Fact<'_>, scenario: &Scenario) {
        let event = fact.event;
        let counts =
            event.invocation() == InvocationType::Event && !event.is_duplicate() && event.is_accepted();
        if !counts {
            return;
        }
        match fact.what {
            Observation::Accepted => self.accepted(event),
            Observation::DeliveryEnded { route, destination, failure: None, .. }
                if self.reads(route, destination) =>
            {
                self.counts.stored += 1;
                self.lines.entry(event.past().original).or_default().stored += 1;
            }
            Observation::Closed => self.closed(event, scenario),
            Observation::CutOff => self.cut_off(event),
            _ => {}
        }
    }

    fn reads(&self, route: Route, destination: DestinationId) -> bool {
        route != Route::OnSuccess && self.redriven[destination.index()]
    }

    fn accepted(&mut self, event: &Event) {
        let past = event.past();
        self.accepted += 1;
        if past.generation == 0 {
            self.counts.originals.accepted += 1;
            return;
        }
        self.counts.sent_again += 1;
        self.counts.generations = self.counts.generations.max(past.generation);
        let line = self.lines.get_mut(&past.original).expect("it lay in a queue");
        line.stored -= 1;
        line.alive += 1;
    }

    fn closed(&mut self, event: &Event, scenario: &Scenario) {
        let Some((fate, at)) = event.settled() else { return };
        let past = event.past();
        let function = &scenario.functions_at(at)[event.function().index()];
        let elsewhere = |route: &Route| {
            event.route(*route) == RouteResult::Delivered
                && delivery::target(function, *route, fate).is_some_and(|to| !self.reads(*route, to))
        };
        let kept = fate != Fate::Succeeded && Route::ALL.iter().any(elsewhere);
        let Some(line) = self.lines.get_mut(&past.original) else {
            match (fate, kept) {
                (Fate::Succeeded, _) => self.counts.originals.succeeded += 1,
                (_, true) => self.counts.originals.held += 1,
                (_, false) => self.counts.originals.lost += 1,
            }
            return;
        };
        line.kept |= kept;
        line.recovered |= fate == Fate::Succeeded;
        if past.generation == 0 {
            line.closed = true;
        } else {
            line.alive -= 1;
        }
        self.settle_line(past.original);
    }

    /// Once no copy is left that could be sent again and none is on its way, it is known what became of the payload.
    fn settle_line(&mut self, original: EventId) {
        let line = self.lines[&original];
        if line.closed && line.stored == 0 && line.alive == 0 {
            self.lines.remove(&original);
            self.counts.originals.count(line);
        }
    }

    fn cut_off(&mut self, event: &Event) {
        let past = event.past();
        match self.lines.get_mut(&past.original) {
            Some(line) => line.in_flight = true,
            None => self.counts.originals.in_flight += 1,
        }
    }

    /// Takes note of `remark`.
    pub fn remark(&mut self, remark: &Remark) {
        match remark.what {
            Circumstance::MessageExpired { original, .. } => {
                self.counts.expired += 1;
                let line = self.lines.get_mut(&original).expect("it lay in a queue");
                line.stored -= 1;
                line.expired = true;
                self.settle_line(original);
            }
            Circumstance::ConfigurationChanged { .. }
            | Circumstance::LoadChanged { .. }
            | Circumstance::RedriveBegan { .. }
            | Circumstance::RedriveEnded { .. } => {}
        }
    }

    /// The result, at the end of the run.
    pub fn into_report(mut self) -> RedriveReport {
        for line in self.lines.into_values() {
            self.counts.waiting += u64::from(line.stored);
            self.counts.originals.count(line);
        }
        let originals = self.counts.originals;
        let sum =
            originals.succeeded + originals.recovered + originals.held + originals.lost + originals.in_flight;
        let messages = self.counts.sent_again + self.counts.expired + self.counts.waiting;
        self.counts.holds = sum == originals.accepted
            && self.accepted == originals.accepted + self.counts.sent_again
            && self.counts.stored == messages;
        self.counts
    }
}

impl Originals {
    fn count(&mut self, line: Line) {
        let place = if line.recovered {
            &mut self.recovered
        } else if line.in_flight || line.alive > 0 || !line.closed {
            &mut self.in_flight
        } else if line.kept || line.stored > 0 {
            &mut self.held
        } else {
            self.lost_by_expiry += u64::from(line.expired);
            &mut self.lost
        };
        *place += 1;
    }
}
