//! Honest intervals: of many 95 % intervals about 95 % contain the value that theory gives.
//!
//! Each trial is an experiment of its own with its own seed, as a user would make it. How many of 100 intervals cover
//! is binomial: with the stated confidence fewer than 88 would be seen about once in 500 times, and seeds are fixed.

use super::cases::{Case, number};
use super::recorded_cases;
use super::scenario::{function, scenario, source};
use crate::support::load;
use std::num::NonZeroU32;
use thirdtry::experiment::{Plan, replicate};
use thirdtry::random::Seed;
use thirdtry::time::{SimDuration, SimTime};

const TRIALS: u64 = 100;
const REPLICATIONS: u32 = 6;

/// A measure of a case, the metric that is it, how many events a replication has, and its warm-up in seconds.
const MEASURES: [(&str, &str, &str, u64, u64); 4] = [
    ("E02", "blocked_share", "Throttles.Average", 300, 0),
    ("E01", "blocked_share", "Throttles.Average", 400, 60),
    ("E10", "mean_attempts", "runs_per_event.Average", 200, 0),
    ("E06", "mean_busy", "concurrency.Average", 400, 60),
];

#[test]
fn intervals_cover_what_theory_gives_as_often_as_they_say() {
    let Some(cases) = recorded_cases() else { return };
    for (id, measure, metric, events, warm_up) in MEASURES {
        let case = cases.iter().find(|case| case.id == id).expect("in the file");
        let expected = case.measures.iter().find(|found| found.name == measure).expect("in the case");
        let covered = covered(case, metric, number(&expected.expected), events, warm_up);
        assert!((88..=TRIALS).contains(&covered), "{id} {metric}: {covered} of {TRIALS} intervals cover");
    }
}

fn covered(case: &Case, metric: &str, expected: f64, events: u64, warm_up: u64) -> u64 {
    let text = scenario(case, function(&case.model), source(&case.model, Some(events)));
    let mut scenario = load(&text.to_string()).scenario;
    let mut covered = 0;
    for seed in 0..TRIALS {
        scenario.seed = Seed(1_000 + seed);
        let replications = NonZeroU32::new(REPLICATIONS).expect("not zero");
        let warm_up = SimTime::ZERO + SimDuration::from_secs(warm_up);
        let found = replicate(&scenario, &Plan { warm_up, ..Plan::new(&scenario, replications) }, &())
            .expect("nobody stops it");
        let at = found.names.find(metric).expect("a metric");
        let (low, high) = found.estimate(at).and_then(|estimate| estimate.interval()).expect("an interval");
        covered += u64::from(low <= expected && expected <= high);
    }
    covered
}
