//! Where what is done about a run has its place: observers on the run's own thread or on a thread behind it, rows of
//! `events.csv` where the observers are or on a thread behind those.
//!
//! A run tells the same facts in the same order either way, and nothing but how long it takes depends on it
//! (`docs/decisions/015-observers-behind-the-run.md`, `docs/decisions/026-rows-behind.md`).
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

/// Where something is done that a run gives occasion for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the thread on which it is told.
    OnTheSpot,
    /// On a thread behind that one.
    Behind,
}

/// Where what is done about a run is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// The observers have their place on the run's own thread ([`OnTheSpot`]), or behind it
    /// ([`observe_behind`](super::behind::observe_behind)).
    pub observers: Place,
    /// The rows of `events.csv` are made where the observers are, or behind them
    /// ([`Recorder::put_rows_behind`](super::Recorder::put_rows_behind)).
    pub rows: Place,
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

impl Places {
    /// Where whoever records a run of `scenario` is sooner done, on a machine with so many `processors`. `written`
    /// tells what is written, `attempts_per_event` how often an event will be tried, about; it is asked only if that
    /// matters.
    pub fn of(
        scenario: &Scenario,
        written: Written,
        processors: NonZeroUsize,
        attempts_per_event: impl FnOnce() -> u64,
    ) -> Self {
        let is_long = scenario.expected_events() >= WORTH_A_THREAD;
        choose(processors.get(), written, || is_long.then(attempts_per_event))
    }
}

/// To hand a fact over costs as much as to count it, and more than to hand over what a row needs once its event has
/// ended. So observers behind pay where a processor is idle otherwise, where much is written, and where most events are
/// tried more than once; a thread for the rows where they are most of what there is to do. With two processors, the
/// other one has the arrivals of a long run to draw. With more, each thread has its own; what is best there has not
/// been measured.
///
/// `attempts` tells how often an event of a long run will be tried; nothing of a short run, which is over before it
/// matters.
fn choose(processors: usize, written: Written, attempts: impl FnOnce() -> Option<u64>) -> Places {
    use Place::{Behind, OnTheSpot};
    let (observers, rows) = match (processors, written) {
        (0 | 1, _) => (OnTheSpot, OnTheSpot),
        (2, Written::Little) => match attempts() {
            None | Some(..2) => (OnTheSpot, OnTheSpot),
            Some(_) => (Behind, OnTheSpot),
        },
        (2, Written::Events) => match attempts() {
            Some(..2) => (OnTheSpot, Behind),
            Some(..4) => (Behind, Behind),
            None | Some(_) => (Behind, OnTheSpot),
        },
        _ => (Behind, OnTheSpot),
    };
    Places { observers, rows }
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
        use Place::{Behind, OnTheSpot};
        let cases = [
            (1, Written::Little, Some(12), OnTheSpot, OnTheSpot),
            (1, Written::More, Some(12), OnTheSpot, OnTheSpot),
            (2, Written::Little, None, OnTheSpot, OnTheSpot),
            (2, Written::Little, Some(1), OnTheSpot, OnTheSpot),
            (2, Written::Little, Some(2), Behind, OnTheSpot),
            (2, Written::Little, Some(12), Behind, OnTheSpot),
            (2, Written::Events, None, Behind, OnTheSpot),
            (2, Written::Events, Some(1), OnTheSpot, Behind),
            (2, Written::Events, Some(2), Behind, Behind),
            (2, Written::Events, Some(3), Behind, Behind),
            (2, Written::Events, Some(4), Behind, OnTheSpot),
            (2, Written::More, Some(1), Behind, OnTheSpot),
            (3, Written::Little, Some(1), Behind, OnTheSpot),
            (64, Written::Events, Some(9), Behind, OnTheSpot),
        ];
        for (processors, written, attempts, observers, rows) in cases {
            let chosen = choose(processors, written, || attempts);
            assert_eq!(
                chosen,
                Places { observers, rows },
                "{processors} processors, {written:?}, {attempts:?}"
            );
        }
    }

    /// Goal: what a short run would need is not estimated.
    #[test]
    fn only_a_long_run_is_asked_how_often_its_events_are_tried() {
        let mut scenario = busy();
        let two = NonZeroUsize::new(2).unwrap();
        let short = Places::of(&scenario, Written::Events, two, || unreachable!("it is short"));
        scenario.sources = vec![source("s", InvocationType::Event, poisson(1_000.0, 100))];
        let long = Places::of(&scenario, Written::Events, two, || 1);
        assert_eq!((short.rows, long.rows), (Place::OnTheSpot, Place::Behind));
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
