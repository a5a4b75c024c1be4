//! When things happened to the events in the system: what a file tells of an event at its end.
//!
//! The model does not need it, so it is kept only by whoever writes it.
#![expect(clippy::inline_always, reason = "a few instructions for each fact, which a call would double")]

use crate::model::event::{Event, Stage};
use crate::model::observation::{Attempt, AttemptOutcome, Fact, Next, Observation, Run};
use crate::time::SimTime;
use prefetch_index::prefetch_index;

/// The histories of the events in the system, by their place.
///
/// A throttled event is dispatched again and again, and each time its place is far from the last one's. So a dispatch
/// leaves one time, and eight events share a line of the cache; nothing is noted that the last dispatch or the event
/// itself can tell, and nothing is read before the end.
#[derive(Clone, Debug, Default)]
pub struct Histories {
    /// Of events that were dispatched; of others, whatever was there.
    last_dispatch: Vec<SimTime>,
    /// Of events that were tried again after their first run; of others, whatever was there.
    first_start: Vec<SimTime>,
}

/// What happened to an event, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// When its first run started.
    pub first_start: Option<SimTime>,
    /// When its last attempt was dispatched.
    pub last_dispatch: Option<SimTime>,
}

impl History {
    /// Both times; any for what did not happen.
    #[inline(always)]
    pub(crate) fn times(self) -> [SimTime; 2] {
        [self.first_start, self.last_dispatch].map(Option::unwrap_or_default)
    }

    /// The history of `event` with these times: whether they are any, the event tells.
    #[inline(always)]
    pub(crate) fn of_times(event: &Event, [first_start, last_dispatch]: [SimTime; 2]) -> Self {
        Self {
            first_start: (event.runs() > 0).then_some(first_start),
            last_dispatch: (event.attempts() > 0).then_some(last_dispatch),
        }
    }
}

impl Histories {
    /// Takes note of `fact`.
    #[inline(always)]
    pub fn note(&mut self, fact: &Fact<'_>) {
        match &fact.what {
            // A run's dispatch is its start.
            Observation::RunStarted { .. } => note(&mut self.last_dispatch, fact.event.place(), fact.at),
            Observation::AttemptEnded(Attempt { run: None, dispatched, .. }) => {
                note(&mut self.last_dispatch, fact.event.place(), *dispatched);
            }
            Observation::AttemptEnded(Attempt {
                run: Some(Run { number: 1, .. }),
                next: Next::Retry { .. },
                dispatched,
                ..
            }) => note(&mut self.first_start, fact.event.place(), *dispatched),
            _ => {}
        }
    }

    /// Has what is kept of `event` fetched.
    #[inline(always)]
    pub fn prefetch(&self, event: &Event) {
        prefetch_index(&self.last_dispatch, event.place() as usize);
        prefetch_index(&self.first_start, event.place() as usize);
    }

    /// What has happened so far to `event`.
    #[inline]
    pub fn of(&self, event: &Event) -> History {
        let at = |times: &[SimTime]| times[event.place() as usize];
        let last_dispatch = (event.attempts() > 0).then(|| at(&self.last_dispatch));
        let first_start = match event.runs() {
            0 => None,
            1 if runs_or_ran_last(event) => last_dispatch,
            _ => Some(at(&self.first_start)),
        };
        History { first_start, last_dispatch }
    }
}

/// Whether the last attempt of `event`, of which one ran, did.
fn runs_or_ran_last(event: &Event) -> bool {
    use AttemptOutcome::{CaughtError, ClientError, FunctionError, Success, SystemError, Throttled};
    match event.last_outcome() {
        Some(Throttled(_) | SystemError { .. } | ClientError { .. }) | None => {
            matches!(event.stage(), Stage::Running { .. })
        }
        Some(Success | CaughtError | FunctionError(_)) => true,
    }
}

#[inline(always)]
fn note(times: &mut Vec<SimTime>, place: u32, at: SimTime) {
    let place = place as usize;
    match times.get_mut(place) {
        Some(time) => *time = at,
        None => grow(times, place, at),
    }
}

#[cold]
#[inline(never)]
fn grow(times: &mut Vec<SimTime>, place: usize, at: SimTime) {
    times.resize(place, SimTime::ZERO);
    times.push(at);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EventId;
    use crate::model::observation::Observer;
    use crate::observe::test_scenarios::{busy, events_at, exceptions, idle, poisson, source};
    use crate::scenario::{End, InvocationType, Scenario};
    use crate::simulate::simulate;
    use std::collections::BTreeMap;

    /// Keeps everything of every event, and compares after each fact.
    #[derive(Default)]
    struct Compare {
        histories: Histories,
        /// By event: all dispatches, and the starts of all runs.
        all: BTreeMap<EventId, (Vec<SimTime>, Vec<SimTime>)>,
        compared: usize,
        ended: Vec<History>,
    }

    impl Observer for Compare {
        fn observe(&mut self, fact: &Fact<'_>) {
            self.histories.note(fact);
            let (dispatches, starts) = self.all.entry(fact.event.id()).or_default();
            match fact.what {
                Observation::RunStarted { .. } => {
                    dispatches.push(fact.at);
                    starts.push(fact.at);
                }
                Observation::AttemptEnded(Attempt { run: None, dispatched, .. }) => {
                    dispatches.push(dispatched);
                }
                _ => {}
            }
            let expected =
                History { first_start: starts.first().copied(), last_dispatch: dispatches.last().copied() };
            let found = self.histories.of(fact.event);
            assert_eq!(found, expected, "{:?} after {:?}", fact.event, fact.what);
            assert_eq!(History::of_times(fact.event, found.times()), found);
            self.compared += usize::from(starts.len() > 1);
            if matches!(fact.what, Observation::Closed | Observation::CutOff) {
                self.ended.push(found);
            }
        }
    }

    fn compared(scenario: &Scenario) -> Compare {
        let mut compare = Compare::default();
        simulate(scenario, &mut compare);
        compare
    }

    #[test]
    fn a_place_is_used_again_and_begins_anew() {
        let mut scenario = idle();
        scenario.timing.dispatch_latency = crate::time::SimDuration::ZERO;
        scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 1)])];
        // The first is run again after the second has come and gone.
        scenario.sources = vec![events_at("orders", &[0, 10_000, 20_000])];
        let found = compared(&scenario);
        let starts: Vec<_> =
            found.ended.iter().map(|history| history.first_start.unwrap().as_millis()).collect();
        assert_eq!(starts, [10_000, 20_000, 0]);
        assert!(found.ended[2].last_dispatch.unwrap() > SimTime::from_secs(50));
        assert_eq!((found.histories.first_start.len(), found.histories.last_dispatch.len()), (1, 2));
    }

    /// Goal: after every fact, whatever an event went through, a history is what all dispatches together say.
    #[test]
    fn a_history_is_what_all_dispatches_say() {
        let mut scenario = busy();
        scenario.functions[0].failures = vec![exceptions(0.5, &[(0, 10_000)])];
        let both = [("events", InvocationType::Event), ("calls", InvocationType::RequestResponse)];
        scenario.sources = both.map(|(name, kind)| source(name, kind, poisson(20.0, 300))).into();
        scenario.imperfections.duplicate = crate::scenario::Probability::new(0.1).unwrap();
        scenario.imperfections.loss = crate::scenario::Probability::new(0.1).unwrap();
        let mut compared_after_a_second_run = 0;
        for maximum_age in [60, 600, 21_600] {
            scenario.functions[0].maximum_age = crate::time::SimDuration::from_secs(maximum_age);
            for end in [End::Drained, End::At(SimTime::from_secs(150)), End::At(SimTime::from_secs(301))] {
                scenario.end = end;
                let found = compared(&scenario);
                assert!(found.ended.len() > 1_000, "{}", found.ended.len());
                compared_after_a_second_run += found.compared;
            }
        }
        assert!(compared_after_a_second_run > 1_000, "{compared_after_a_second_run}");
    }
}
