//! Properties that every run has, whatever the scenario: the cases that state no number.

use crate::support::{Trail, Trails, load};
use crate::twin::generate;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use thirdtry::model::observation::{Fact, Fate, Observation, Observer};
use thirdtry::observe::fingerprint::Fingerprint;
use thirdtry::observe::ledger::Ledger;
use thirdtry::scenario::Scenario;
use thirdtry::simulate::{Simulation, simulate};
use thirdtry::time::SimTime;

/// Goal: accepted = ended + in flight, at every instant. Method: the ledger is held against the model after each
/// arrival and notice of generated scenarios.
#[test]
fn nothing_vanishes_and_nothing_happens_twice() {
    for_generated(|scenario| {
        let mut ledger = Ledger::default();
        let mut simulation = Simulation::new(scenario, 0);
        while simulation.advance(&mut ledger, 1).is_none() {
            ledger.check(simulation.in_flight()).map_err(TestCaseError::fail)?;
        }
        // What the end cuts off has left the model, but not its fate unknown: it is in flight.
        ledger.check(0).map_err(TestCaseError::fail)
    });
}

/// Runs in progress, from observations alone.
#[derive(Debug, Default)]
struct Slots {
    running: BTreeMap<usize, u32>,
    since: u64,
    /// Of all runs that ended: running time, and the integral of their number.
    busy: u128,
    area: u128,
    most: BTreeMap<usize, u32>,
}

impl Observer for Slots {
    fn observe(&mut self, fact: &Fact<'_>) {
        let now = fact.at.as_nanos();
        let all: u32 = self.running.values().sum();
        self.area += u128::from(all) * u128::from(now - self.since);
        self.since = now;
        let running = self.running.entry(fact.event.function().index()).or_default();
        match fact.what {
            Observation::RunStarted { .. } => {
                *running += 1;
                let most = self.most.entry(fact.event.function().index()).or_default();
                *most = (*most).max(*running);
            }
            Observation::AttemptEnded(attempt) => {
                if let Some(run) = attempt.run {
                    *running -= 1;
                    self.busy += u128::from((run.placement.init + run.duration).as_nanos());
                }
            }
            _ => {}
        }
    }
}

/// Goal: no more runs than slots, and the slots are busy for exactly as long as the runs take. Method: integrals over
/// generated scenarios that end drained, in integer nanoseconds.
#[test]
fn runs_fit_into_their_slots_to_the_nanosecond() {
    for_generated(|scenario| {
        let mut slots = Slots::default();
        simulate(scenario, &mut slots);
        if slots.running.values().all(|running| *running == 0) {
            prop_assert_eq!(slots.busy, slots.area);
        }
        for (function, most) in &slots.most {
            let limit = |functions: &[thirdtry::scenario::Function]| functions[*function].reserved;
            let epochs = || scenario.changes.iter().map(|change| limit(&change.functions));
            let limits: Option<Vec<u32>> =
                std::iter::once(limit(&scenario.functions)).chain(epochs()).collect();
            let quota = scenario.changes.iter().map(|change| change.account.concurrency);
            let quota = quota.fold(scenario.account.concurrency, u32::max);
            let limit = limits.and_then(|limits| limits.into_iter().max()).unwrap_or(quota);
            prop_assert!(*most <= limit, "{} runs of function {}", most, function);
        }
        Ok(())
    });
}

fn for_generated(holds: impl Fn(&Scenario) -> Result<(), TestCaseError>) {
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&generate::scenario(), |text| holds(&load(&text).scenario));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// One function `f` with a source `s` of 2 000 events, uncongested; `settings` replaces settings of the function.
fn one_function(settings: &Value) -> Value {
    let mut function = json!({ "duration": { "exponential": { "mean": "1s" } }, "Timeout": 900,
        "failures": [{ "exception": { "probability": 0.3 } }] });
    function.as_object_mut().expect("an object").extend(settings.as_object().expect("an object").clone());
    json!({ "version": 1, "seed": 5, "functions": { "f": function },
        "sources": { "s": { "to": "f", "max_events": 2_000, "arrivals": { "poisson": { "rate": "3/s" } } } } })
}

/// What happened to the events of source `s`, by their numbers.
fn trails(scenario: &Value) -> BTreeMap<u64, Trail> {
    let scenario = load(&scenario.to_string()).scenario;
    let ours = scenario.sources.iter().position(|source| source.name == "s").expect("the source");
    let mut trails = Trails::default();
    simulate(&scenario, &mut trails);
    let of_source = trails.0.into_values().filter(|trail| trail.source == ours && trail.first_of_chain);
    of_source.map(|trail| (trail.number, trail)).collect()
}

fn with_fate(trails: &BTreeMap<u64, Trail>, fate: Fate) -> BTreeSet<u64> {
    trails.iter().filter(|(_, trail)| trail.fate == Some(fate)).map(|(number, _)| *number).collect()
}

fn assert_same_draws(ours: &BTreeMap<u64, Trail>, theirs: &BTreeMap<u64, Trail>) {
    assert_eq!(ours.len(), theirs.len());
    for (number, trail) in ours {
        let other = &theirs[number];
        assert_eq!(trail.accepted, other.accepted, "event {number} arrives at another time");
        for (run, theirs) in trail.runs_made.iter().zip(&other.runs_made) {
            assert_eq!(run, theirs, "a run of event {number} goes another way");
        }
    }
}

#[test]
fn more_retries_move_no_draw_and_lose_no_event_more() {
    let [none, one, two] = [0, 1, 2].map(|retries| {
        trails(&one_function(&json!({ "EventInvokeConfig": { "MaximumRetryAttempts": retries } })))
    });
    assert_same_draws(&none, &one);
    assert_same_draws(&one, &two);
    let exhausted = |trails| with_fate(trails, Fate::RetriesExhausted);
    assert!(exhausted(&two).is_subset(&exhausted(&one)) && exhausted(&one).is_subset(&exhausted(&none)));
    assert!(exhausted(&two).len() > 10, "{} events are exhausted", exhausted(&two).len());
}

#[test]
fn another_function_of_its_own_slots_changes_nothing_for_the_first() {
    let alone = one_function(&json!({ "ReservedConcurrentExecutions": 3 }));
    let mut both = alone.clone();
    both["functions"]["a"] = json!({ "ReservedConcurrentExecutions": 2, "duration": "2s" });
    both["sources"]["t"] =
        json!({ "to": "a", "max_events": 500, "arrivals": { "constant": { "every": "1s" } } });
    let told = |scenario: &Value| {
        // Its position among the functions is another, and nothing else.
        let told = trails(scenario).into_iter();
        told.map(|(number, trail)| (number, format!("{:?}", Trail { function: 0, ..trail })))
            .collect::<Vec<_>>()
    };
    assert!(told(&alone) == told(&both), "an event of the first function went another way");
}

#[test]
fn more_concurrency_moves_no_draw() {
    let [few, many] =
        [2, 20].map(|slots| trails(&one_function(&json!({ "ReservedConcurrentExecutions": slots }))));
    assert_same_draws(&few, &many);
    let throttles = |trails: &BTreeMap<u64, Trail>| trails.values().map(|trail| trail.throttles).sum::<u32>();
    assert!(throttles(&few) > throttles(&many));
}

/// All times of a scenario without chance, `k` times as long.
fn slowed_down(k: u64) -> Value {
    let seconds = |seconds: u64| format!("{}s", seconds * k);
    let millis = |millis: u64| format!("{}ms", millis * k);
    json!({ "version": 1, "profile": "documented",
        "account": { "requests_per_concurrency": 0, "scaling_rate": { "environments": 0 } },
        "timing": { "function_retry_delay": seconds(60), "backoff_base": seconds(1),
                    "backoff_cap": seconds(300), "dispatch_latency": millis(30) },
        "functions": { "f": { "ReservedConcurrentExecutions": 3, "Timeout": 10 * k, "duration": millis(1_037),
            "idle_time": seconds(420), "lifetime": seconds(7_200),
            "EventInvokeConfig": { "MaximumEventAgeInSeconds": 120 * k },
            "failures": [{ "exception": { "during": [seconds(5), seconds(9)] } }] } },
        "sources": { "s": { "to": "f", "max_events": 150, "arrivals": { "constant": { "every": millis(91) } } } } })
}

#[test]
fn all_times_thrice_as_long_make_every_instant_thrice_as_late() {
    let (plain, slow) = (trails(&slowed_down(1)), trails(&slowed_down(3)));
    assert!(!with_fate(&plain, Fate::EventAgeExceeded).is_empty());
    for (number, trail) in &plain {
        let other = &slow[number];
        let thrice: Vec<u64> = trail.dispatches.iter().map(|at| at.as_nanos() * 3).collect();
        let found: Vec<u64> = other.dispatches.iter().map(|at| at.as_nanos()).collect();
        assert_eq!(thrice, found, "event {number}");
        assert_eq!(trail.fate, other.fate);
        assert_eq!(trail.settled.map(|at| at.as_nanos() * 3), other.settled.map(SimTime::as_nanos));
    }
}

#[test]
fn a_higher_probability_only_adds_failures() {
    let with = |failures: Value| {
        let retries = json!({ "MaximumRetryAttempts": 0 });
        trails(&one_function(&json!({ "failures": failures, "EventInvokeConfig": retries })))
    };
    let at = |probability: f64| with(json!([{ "exception": { "probability": probability } }]));
    let told = |trails: &BTreeMap<u64, Trail>| format!("{trails:?}");
    assert_eq!(told(&at(0.0)), told(&with(json!([]))));
    assert_eq!(with_fate(&at(1.0), Fate::RetriesExhausted).len(), 2_000);
    let failed = |probability| with_fate(&at(probability), Fate::RetriesExhausted);
    let sets = [0.05, 0.1, 0.4].map(failed);
    assert!(sets[0].is_subset(&sets[1]) && sets[1].is_subset(&sets[2]) && !sets[0].is_empty());
}

#[test]
fn as_many_slots_as_events_are_as_good_as_any_number() {
    let [enough, plenty] = [2_000, 9_000_000].map(|slots| {
        let mut scenario = one_function(&json!({}));
        scenario["account"] = json!({ "concurrency": slots, "unreserved_minimum": 0 });
        fingerprint(&scenario.to_string())
    });
    assert_eq!(enough, plenty);
}

/// The order in which a file lists its functions and sources is nobody's business.
#[test]
fn the_order_of_the_file_does_not_matter() {
    let parts = |order: [&str; 2]| {
        let function =
            |name: &str| format!(r#""{name}": {{ "duration": {{ "exponential": {{ "mean": "1s" }} }} }}"#);
        let source = |name: &str| {
            let arrivals = r#""max_events": 300, "arrivals": { "poisson": { "rate": "2/s" } }"#;
            format!(r#""{name}": {{ "to": "{name}", {arrivals} }}"#)
        };
        let [functions, sources] = [order.map(function), order.map(source)].map(|both| both.join(", "));
        format!(r#"{{ "version": 1, "functions": {{ {functions} }}, "sources": {{ {sources} }} }}"#)
    };
    assert_eq!(fingerprint(&parts(["a", "b"])), fingerprint(&parts(["b", "a"])));
}

fn fingerprint(text: &str) -> u64 {
    let mut fingerprint = Fingerprint::new();
    simulate(&load(text).scenario, &mut fingerprint);
    fingerprint.value()
}
