//! When things happened to the events in the system: what a file tells of an event at its end.
//!
//! The model does not need it, so it is kept only by whoever writes it.

use crate::model::observation::{Fact, Observation};
use crate::time::SimTime;

/// The histories of the events in the system, by their place.
#[derive(Clone, Debug, Default)]
pub struct Histories {
    places: Vec<History>,
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

impl Histories {
    /// Takes note of `fact`.
    pub fn note(&mut self, fact: &Fact<'_>) {
        match &fact.what {
            Observation::Accepted
            | Observation::Called
            | Observation::Duplicated
            | Observation::OfferRefused(_) => self.begin(fact),
            Observation::RunStarted { .. } => {
                let history = self.at(fact);
                history.first_start.get_or_insert(fact.at);
                history.last_dispatch = fact.at;
            }
            Observation::AttemptEnded(attempt) => {
                let history = self.at(fact);
                history.last_dispatch = attempt.dispatched;
                if attempt.run.is_some() {
                    history.last_ended = fact.at;
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
    pub fn of(&self, fact: &Fact<'_>) -> History {
        self.places.get(fact.place as usize).copied().unwrap_or_default()
    }

    fn at(&mut self, fact: &Fact<'_>) -> &mut History {
        let place = fact.place as usize;
        if self.places.len() <= place {
            self.places.resize(place + 1, History::default());
        }
        &mut self.places[place]
    }

    fn begin(&mut self, fact: &Fact<'_>) {
        *self.at(fact) = History { first_start: None, last_dispatch: fact.at, last_ended: fact.at };
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
        assert_eq!(found.0.places.len(), 2);
    }
}
