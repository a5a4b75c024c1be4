//! Where what listens to a run has its place: on the run's own thread, or on a thread behind it.
//!
//! A run tells the same facts in the same order either way, and nothing but how long it takes depends on it
//! (`docs/decisions/015-observers-behind-the-run.md`).
#![expect(clippy::inline_always, reason = "what listens on the spot is specialised where a fact is told")]

use super::ahead::WORTH_A_THREAD;
use crate::model::observation::{Fact, Observer, Remark};
use crate::scenario::Scenario;
use std::num::NonZeroUsize;

/// An observer that is looked at now and then while the run goes on.
pub trait Watched: Observer {
    /// What a look gives.
    type View;

    /// Asks for a look at the observer when it has been told everything up to here, where `in_flight` events and calls
    /// are in the system.
    fn look(&mut self, in_flight: usize);

    /// What the last look gave that is known of: an observer behind the run may be a few blocks late.
    fn view(&self) -> Option<&Self::View>;
}

/// Where an observer has its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the run's own thread ([`OnTheSpot`]).
    OnTheSpot,
    /// On a thread behind the run ([`observe_behind`](super::behind::observe_behind)).
    Behind,
}

/// What is written of a run while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing, or files that do not grow with the events.
    Little,
    /// A row for each event.
    Events,
    /// More than that.
    More,
}

impl Place {
    /// Where whoever records a run of `scenario` is sooner done, on a machine with so many `processors`. `written` tells
    /// what is written, `attempts_per_event` how often an event will be tried, about; it is asked only if that matters.
    pub fn of(
        scenario: &Scenario,
        written: Written,
        processors: NonZeroUsize,
        attempts_per_event: impl FnOnce() -> u64,
    ) -> Self {
        let is_short = scenario.expected_events() < WORTH_A_THREAD;
        choose(processors.get(), written, || if is_short { 0 } else { attempts_per_event() })
    }
}

/// Whether the rows of events of a run of `scenario` are worth a thread of their own
/// ([`Recorder::with_rows_behind`](super::Recorder::with_rows_behind)), on a machine with so many `processors`.
pub fn rows_go_behind(scenario: &Scenario, processors: NonZeroUsize) -> bool {
    processors.get() > 1 && scenario.expected_events() >= WORTH_A_THREAD
}

/// To hand a fact over costs as much as to count it. So a thread behind pays where a processor is idle otherwise, where
/// much is written as well, and where there is much to count, or to keep for its row, about each event. With two
/// processors, the other one has the arrivals of a long run to draw; a short run is over before it matters.
fn choose(processors: usize, written: Written, attempts_per_event: impl FnOnce() -> u64) -> Place {
    let many = match (processors, written) {
        (0 | 1, _) => return Place::OnTheSpot,
        (2, Written::Little) => 4,
        (2, Written::Events) => 2,
        _ => return Place::Behind,
    };
    if attempts_per_event() < many { Place::OnTheSpot } else { Place::Behind }
}

/// An observer on the run's own thread.
#[derive(Debug)]
pub struct OnTheSpot<'o, O, L, V> {
    observer: &'o mut O,
    look: L,
    view: Option<V>,
}

impl<'o, O: Observer, L: FnMut(&mut O, usize) -> V, V> OnTheSpot<'o, O, L, V> {
    /// Lets `observer` listen, at which `look` looks.
    pub const fn new(observer: &'o mut O, look: L) -> Self {
        Self { observer, look, view: None }
    }
}

impl<O: Observer, L: FnMut(&mut O, usize) -> V, V> Observer for OnTheSpot<'_, O, L, V> {
    #[inline(always)]
    fn observe(&mut self, fact: &Fact<'_>) {
        self.observer.observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        self.observer.remark(remark);
    }

    #[inline(always)]
    fn observe_first_run(&mut self, started: &Fact<'_>) {
        self.observer.observe_first_run(started);
    }

    #[inline(always)]
    fn observe_last_attempt(&mut self, attempt: &Fact<'_>) {
        self.observer.observe_last_attempt(attempt);
    }
}

impl<O: Observer, L: FnMut(&mut O, usize) -> V, V> Watched for OnTheSpot<'_, O, L, V> {
    type View = V;

    fn look(&mut self, in_flight: usize) {
        self.view = Some((self.look)(self.observer, in_flight));
    }

    fn view(&self) -> Option<&V> {
        self.view.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::fingerprint::Fingerprint;
    use crate::observe::test_scenarios::{busy, poisson, source};
    use crate::scenario::InvocationType;
    use crate::simulate::{Simulation, simulate};

    #[test]
    fn a_thread_behind_is_for_those_who_have_much_to_do_or_a_processor_to_spare() {
        let cases = [
            (1, Written::Little, 12, Place::OnTheSpot),
            (1, Written::More, 12, Place::OnTheSpot),
            (2, Written::Little, 3, Place::OnTheSpot),
            (2, Written::Little, 4, Place::Behind),
            (2, Written::Events, 1, Place::OnTheSpot),
            (2, Written::Events, 2, Place::Behind),
            (2, Written::More, 1, Place::Behind),
            (3, Written::Little, 1, Place::Behind),
            (64, Written::Events, 9, Place::Behind),
        ];
        for (processors, written, attempts, place) in cases {
            let chosen = choose(processors, written, || attempts);
            assert_eq!(chosen, place, "{processors} processors, {written:?}, {attempts} attempts");
        }
    }

    #[test]
    fn rows_go_behind_where_there_are_many_and_another_processor() {
        let mut scenario = busy();
        let [one, two] = [1, 2].map(|processors| NonZeroUsize::new(processors).unwrap());
        assert!(!rows_go_behind(&scenario, two));
        scenario.sources = vec![source("s", InvocationType::Event, poisson(1_000.0, 100))];
        assert!(rows_go_behind(&scenario, two) && !rows_go_behind(&scenario, one));
    }

    /// Goal: an observer on the spot is told what it would be told without, remarks among it, and what a look gives is
    /// known at once.
    #[test]
    fn on_the_spot_the_same_is_told() {
        let scenario = busy();
        let what = crate::model::observation::Circumstance::ConfigurationChanged { change: 7 };
        let (mut direct, mut watched) = (Fingerprint::new(), Fingerprint::new());
        simulate(&scenario, &mut direct);
        let mut simulation = Simulation::new(&scenario, 0);
        let mut on_the_spot = OnTheSpot::new(&mut watched, |seen: &mut Fingerprint, n| (seen.value(), n));
        assert_eq!(on_the_spot.view(), None);
        while simulation.advance(&mut on_the_spot, 100).is_none() {
            on_the_spot.look(simulation.in_flight());
            let (_, in_flight) = on_the_spot.view().expect("it has been looked at");
            assert_eq!(*in_flight, simulation.in_flight());
        }
        let remark = Remark { at: simulation.now(), what };
        direct.remark(&remark);
        on_the_spot.remark(&remark);
        assert_eq!(watched.value(), direct.value());
    }
}
