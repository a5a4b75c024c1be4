//! When things happened to the events in the system: what a file tells of an event at its end.
//!
//! The model does not need it, so it is kept only by whoever writes it.
#![expect(clippy::inline_always, reason = "a few instructions for each fact, which a call would double")]

use crate::model::observation::{Fact, Observation};
use crate::time::SimTime;

/// The histories of the events in the system, by their place.
///
/// A throttled event is dispatched again and again, and each time its place is far from the last one's. So what changes
/// with every dispatch lies apart from the rest, where eight events share a line of the cache.
#[derive(Clone, Debug, Default)]
pub struct Histories {
    last_dispatch: Vec<SimTime>,
    runs: Vec<Runs>,
}

/// When an event ran.
#[derive(Clone, Copy, Debug)]
struct Runs {
    /// [`Runs::NEVER`] before the first.
    first_start: SimTime,
    last_ended: SimTime,
}

/// What happened to an event, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// When its first run started.
    pub first_start: Option<SimTime>,
    /// When its last attempt was dispatched; its acceptance before the first.
    pub last_dispatch: SimTime,
    /// When its last finished run ended; its acceptance before the first.
    pub last_ended: SimTime,
}

impl Runs {
    /// No run starts there.
    const NEVER: SimTime = SimTime::MAX;
    const NONE: Self = Self { first_start: Self::NEVER, last_ended: SimTime::ZERO };
}

impl Histories {
    /// Takes note of `fact`.
    #[inline(always)]
    pub fn note(&mut self, fact: &Fact<'_>) {
        let place = fact.place as usize;
        match &fact.what {
            Observation::Accepted
            | Observation::Called
            | Observation::Duplicated
            | Observation::OfferRefused(_) => self.begin(place, fact.at),
            Observation::RunStarted { .. } => {
                self.make_room(place);
                self.last_dispatch[place] = fact.at;
                if fact.event.runs() == 1 {
                    self.runs[place].first_start = fact.at;
                }
            }
            // A run's dispatch is its start, which has been told.
            Observation::AttemptEnded(attempt) => {
                self.make_room(place);
                match attempt.run {
                    Some(_) => self.runs[place].last_ended = fact.at,
                    None => self.last_dispatch[place] = attempt.dispatched,
                }
            }
            Observation::CallStarted { .. }
            | Observation::CallEnded(_)
            | Observation::Settled { .. }
            | Observation::DeliveryStarted { .. }
            | Observation::DeliveryEnded { .. }
            | Observation::Closed
            | Observation::CutOff => {}
        }
    }

    /// What has happened so far to the event that `fact` is about.
    #[inline]
    pub fn of(&self, fact: &Fact<'_>) -> History {
        let place = fact.place as usize;
        let Runs { first_start, last_ended } = self.runs.get(place).copied().unwrap_or(Runs::NONE);
        let first_start = (first_start != Runs::NEVER).then_some(first_start);
        let last_dispatch = self.last_dispatch.get(place).copied().unwrap_or_default();
        History { first_start, last_dispatch, last_ended }
    }

    fn begin(&mut self, place: usize, at: SimTime) {
        self.make_room(place);
        self.last_dispatch[place] = at;
        self.runs[place] = Runs { last_ended: at, ..Runs::NONE };
    }

    #[inline]
    fn make_room(&mut self, place: usize) {
        if self.runs.len() <= place {
            self.grow(place);
        }
    }

    #[cold]
    fn grow(&mut self, place: usize) {
        self.last_dispatch.resize(place + 1, SimTime::ZERO);
        self.runs.resize(place + 1, Runs::NONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observation::Observer;
    use crate::observe::test_scenarios::{events_at, exceptions, idle};
    use crate::simulate::simulate;

    /// Keeps the histories of events when they leave.
    #[derive(Default)]
    struct AtTheEnd(Histories, Vec<History>);

    impl Observer for AtTheEnd {
        fn observe(&mut self, fact: &Fact<'_>) {
            self.0.note(fact);
            if matches!(fact.what, Observation::Closed) {
                self.1.push(self.0.of(fact));
            }
        }
    }

    #[test]
    fn a_place_is_used_again_and_begins_anew() {
        let mut scenario = idle();
        scenario.timing.dispatch_latency = crate::time::SimDuration::ZERO;
        scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 1)])];
        // The first is run again after the second has come and gone.
        scenario.sources = vec![events_at("orders", &[0, 10_000, 20_000])];
        let mut found = AtTheEnd::default();
        simulate(&scenario, &mut found);
        let starts: Vec<_> = found.1.iter().map(|history| history.first_start.unwrap().as_millis()).collect();
        assert_eq!(starts, [10_000, 20_000, 0]);
        let first = found.1[2];
        assert!(first.last_dispatch > SimTime::from_secs(50) && first.last_ended > first.last_dispatch);
        assert_eq!((found.0.runs.len(), found.0.last_dispatch.len()), (2, 2));
    }
}
