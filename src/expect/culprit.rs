//! The event that breaks an expectation: the first after which it cannot hold any more.
//!
//! The run is deterministic, so it is run again, in strides with a copy kept of how things stood before each. Where
//! the expectation is broken at the end of a stride, halving finds the step that did it.

use super::probe::Probe;
use super::requirement::{Requirement, Requirements};
use super::value::compare;
use crate::experiment::{Meter, Supervisor};
use crate::id::EventId;
use crate::model::observation::{Fact, Fate, Observer, Remark};
use crate::observe::decimal::Decimal;
use crate::scenario::Scenario;
use crate::scenario::expectation::{Expectation, Relation};
use crate::simulate::Simulation;
use crate::time::SimTime;

/// Steps between two looks.
const STRIDE: u64 = 1 << 14;

/// Who broke an expectation, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Culprit {
    /// The event.
    pub event: EventId,
    /// When.
    pub at: SimTime,
}

/// The first event that breaks `requirement` in the run of `scenario` itself, which gave `found`.
///
/// There is one where too much happens: a sum or a maximum that is too high; for a percentile or an average the first
/// sample beyond the value; for something that happens too early the first to which it happens; and for too few
/// successes the first event without one. `None` where nothing in particular is to blame, or the supervisor stopped it.
pub fn first_culprit(
    scenario: &Scenario,
    requirement: &Requirement,
    found: Decimal,
    supervisor: &impl Supervisor,
) -> Option<Culprit> {
    let signs = signs(scenario, requirement, found)?;
    let mut state = State::new(scenario, &signs);
    loop {
        let before = state.clone();
        let ended = state.advance(STRIDE);
        if state.shows(&signs) {
            return find(before, STRIDE, &signs);
        }
        if ended || supervisor.stops() || !supervisor.allows(state.simulation.in_flight()) {
            return None;
        }
    }
}

/// The step among the next `steps` after which one of `signs` is broken.
fn find(mut before: State<'_>, mut steps: u64, signs: &Requirements) -> Option<Culprit> {
    while steps > 1 {
        let half = steps / 2;
        let mut middle = before.clone();
        middle.advance(half);
        if middle.shows(signs) {
            steps = half;
        } else {
            (before, steps) = (middle, steps - half);
        }
    }
    before.advance(1);
    before.listener.last
}

/// The expectations one of which is broken as soon as `requirement` is broken for good.
fn signs(scenario: &Scenario, requirement: &Requirement, found: Decimal) -> Option<Requirements> {
    let metric = &requirement.metric;
    let too_few = compare(found, requirement.threshold).is_lt();
    if too_few {
        let others = Fate::ALL.into_iter().filter(|fate| *fate != Fate::Succeeded);
        let none = others.map(|fate| nothing(requirement, fate.name()));
        if metric.statistic == "Minimum" {
            // The first time is the earliest.
            return Requirements::of(scenario, std::slice::from_ref(&requirement.expectation)).ok();
        }
        let successes = metric.metric == "succeeded" && metric.statistic == "Sum";
        return successes.then(|| Requirements::of(scenario, &none.collect::<Vec<_>>()).ok()).flatten();
    }
    let bound = |statistic| bounded(requirement, statistic);
    let candidates = match metric.statistic {
        "Sum" | "Maximum" if metric.metric != "recovered" && metric.metric != "recovery_time" => {
            vec![bound(metric.statistic)]
        }
        // The first sample beyond the value; of zeros and ones, the first that is no zero.
        "Average" | "p50" | "p90" | "p99" => vec![bound("Maximum"), nothing(requirement, &metric.metric)],
        _ => Vec::new(),
    };
    candidates.into_iter().find_map(|candidate| Requirements::of(scenario, &[candidate]).ok())
}

/// At most so much, or so little, as `requirement` allows, of another statistic.
fn bounded(requirement: &Requirement, statistic: &str) -> Expectation {
    let relation = match requirement.expectation.relation {
        Relation::Less => Relation::Less,
        _ => Relation::AtMost,
    };
    let expectation = requirement.expectation.clone();
    Expectation { metric: named(requirement, &requirement.metric.metric, statistic), relation, ..expectation }
}

/// Nothing of the sum `metric`, where `requirement` looks.
fn nothing(requirement: &Requirement, metric: &str) -> Expectation {
    Expectation {
        metric: named(requirement, metric, "Sum"),
        relation: Relation::AtMost,
        value: "0".to_owned(),
        ..requirement.expectation.clone()
    }
}

fn named(requirement: &Requirement, metric: &str, statistic: &str) -> String {
    let scope = &requirement.metric.scope;
    if scope == "run" { format!("{metric}.{statistic}") } else { format!("{scope}.{metric}.{statistic}") }
}

/// A run and all that listens to it, to be copied.
#[derive(Clone)]
struct State<'s> {
    simulation: Simulation<'s>,
    listener: Listener<'s>,
}

#[derive(Clone)]
struct Listener<'s> {
    meter: Meter<'s>,
    probe: Probe<'s>,
    /// The event that something happened to last.
    last: Option<Culprit>,
}

impl Observer for Listener<'_> {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.meter.observe(fact);
        self.probe.observe(fact);
        self.last = Some(Culprit { event: fact.event.id(), at: fact.at });
    }

    fn remark(&mut self, remark: &Remark) {
        self.meter.remark(remark);
        self.probe.remark(remark);
    }
}

impl<'s> State<'s> {
    fn new(scenario: &'s Scenario, signs: &Requirements) -> Self {
        Self {
            simulation: Simulation::new(scenario, 0),
            listener: Listener {
                meter: Meter::new(scenario, SimTime::ZERO),
                probe: Probe::new(scenario, signs, SimTime::ZERO),
                last: None,
            },
        }
    }

    /// Whether the run is over.
    fn advance(&mut self, steps: u64) -> bool {
        self.simulation.advance(&mut self.listener, steps).is_some()
    }

    /// Whether one of `signs` is broken by now.
    fn shows(&self, signs: &Requirements) -> bool {
        let at = self.simulation.now();
        let answers = self.listener.probe.clone().answers(signs, &self.listener.meter.values_at(at), at);
        let mut pairs = signs.all.iter().zip(answers);
        pairs.any(|(sign, found)| found.is_some_and(|found| !sign.holds(found)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::{Verdict, answer_run, judge};
    use crate::observe::lives::Notable;
    use crate::observe::test_scenarios::busy;
    use crate::simulate::simulate;

    fn culprit(scenario: &Scenario, text: &str) -> Option<Culprit> {
        let requirements = Requirements::of(scenario, &[Expectation::parse(text).unwrap()]).unwrap();
        let found = answer_run(scenario, &requirements, 0, &()).unwrap().answers[0];
        assert_eq!(judge(&requirements.all[0], found).verdict, Verdict::Fail, "{text}: {found:?}");
        first_culprit(scenario, &requirements.all[0], found?, &())
    }

    /// Something that keeps the first fact that it is told to look for.
    struct First<F>(F, Option<Culprit>);

    impl<F: FnMut(&Fact<'_>) -> bool> Observer for First<F> {
        fn observe(&mut self, fact: &Fact<'_>) {
            if self.1.is_none() && (self.0)(fact) {
                self.1 = Some(Culprit { event: fact.event.id(), at: fact.at });
            }
        }
    }

    fn first(scenario: &Scenario, is_meant: impl FnMut(&Fact<'_>) -> bool) -> Option<Culprit> {
        let mut search = First(is_meant, None);
        simulate(scenario, &mut search);
        search.1
    }

    #[test]
    fn the_event_is_the_one_that_an_observer_of_its_own_finds() {
        use crate::model::observation::{AttemptOutcome, Observation};
        let scenario = busy();
        let mut notable = Notable::new(3);
        simulate(&scenario, &mut notable);
        assert_eq!(culprit(&scenario, "lost.Sum == 0").unwrap().event, notable.lost()[0]);
        assert_eq!(culprit(&scenario, "lost.Sum <= 2").unwrap().event, notable.lost()[2]);
        let is_error = |fact: &Fact<'_>| {
            matches!(fact.what, Observation::AttemptEnded(attempt)
                if matches!(attempt.outcome, AttemptOutcome::FunctionError(_)))
        };
        assert_eq!(culprit(&scenario, "Errors.Average < 1%"), first(&scenario, is_error));
        let windowed = |fact: &Fact<'_>| fact.at >= SimTime::from_secs(660) && is_error(fact);
        assert_eq!(
            culprit(&scenario, "function_errors.exception.Sum == 0 for 11m.."),
            first(&scenario, windowed)
        );
        let dropped = |fact: &Fact<'_>| {
            let Observation::Settled { fate, .. } = fact.what else { return false };
            fate != Fate::Succeeded
        };
        assert_eq!(culprit(&scenario, "succeeded.Sum > 99999"), first(&scenario, dropped));
        let old = |fact: &Fact<'_>| match fact.what {
            Observation::RunStarted { age, .. } => age.as_nanos() > 200_000_000_000,
            Observation::AttemptEnded(attempt) => attempt.age.as_nanos() > 200_000_000_000,
            _ => false,
        };
        let found = culprit(&scenario, "AsyncEventAge.p99 <= 200s");
        assert!(found.is_some());
        assert_eq!(
            found,
            first(&scenario, |fact| {
                fact.event.invocation() == crate::scenario::InvocationType::Event && old(fact)
            })
        );
    }

    #[test]
    fn some_expectations_are_broken_by_nobody_in_particular() {
        let scenario = busy();
        for text in ["Errors.Sum > 99999", "attempts_per_event.Average < 1", "waiting.Average > 99999"] {
            assert_eq!(culprit(&scenario, text), None, "{text}");
        }
    }
}
