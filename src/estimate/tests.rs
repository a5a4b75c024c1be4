//! Estimates against the runs themselves.

use super::*;
use crate::model::observation::{AttemptOutcome, Fact, Observation, Observer};
use crate::scenario::builtin;
use crate::scenario::load::{Input, load};
use crate::simulate::Simulation;

/// What really happened.
#[derive(Debug, Default)]
struct Counted {
    events: u64,
    runs: u64,
    attempts: u64,
    deliveries: u64,
    peak_pending: u64,
}

impl Observer for Counted {
    fn observe(&mut self, fact: &Fact<'_>) {
        match fact.what {
            Observation::Accepted | Observation::Called => self.events += 1,
            Observation::AttemptEnded(attempt) => {
                self.attempts += 1;
                let throttled = matches!(attempt.outcome, AttemptOutcome::Throttled(_));
                self.runs += u64::from(attempt.run.is_some() && !throttled);
            }
            Observation::DeliveryStarted { .. } => self.deliveries += 1,
            _ => {}
        }
    }
}

fn scenario(name: &str, text: &str, sets: &[(&str, &str)]) -> Scenario {
    let mut input = Input::from_text(name, text);
    input.sets = sets.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    load(&input).unwrap_or_else(|rejected| panic!("{rejected}")).scenario
}

fn run(scenario: &Scenario) -> Counted {
    let mut counted = Counted::default();
    let mut simulation = Simulation::new(scenario, 0);
    while simulation.advance(&mut counted, 16).is_none() {
        counted.peak_pending = counted.peak_pending.max(simulation.in_flight() as u64);
    }
    counted
}

fn is_near(estimated: u64, counted: u64, percent: u64) -> bool {
    estimated.abs_diff(counted) * 100 <= counted * percent + 100
}

/// The workloads on which speed is compared: no slot short, far too few slots, nearly all in retries.
#[test]
fn workloads_are_estimated_well() {
    let workloads = [
        ("calm", include_str!("../../benches/scenarios/calm.json")),
        ("overloaded", include_str!("../../benches/scenarios/overloaded.json")),
        ("wide", include_str!("../../benches/scenarios/wide.json")),
    ];
    for (name, text) in workloads {
        let scenario = scenario(name, text, &[("sources.events.max_events", "20000")]);
        let (estimate, counted) = (Estimate::of(&scenario), run(&scenario));
        assert!(is_near(estimate.events, counted.events, 1), "{name}: {estimate:?} {counted:?}");
        assert!(is_near(estimate.runs, counted.runs, 2), "{name}: {estimate:?} {counted:?}");
        assert!(is_near(estimate.attempts, counted.attempts, 25), "{name}: {estimate:?} {counted:?}");
        assert!(is_near(estimate.peak_pending, counted.peak_pending, 20), "{name}: {estimate:?} {counted:?}");
    }
}

/// Everything but what the module says it leaves out.
#[test]
fn shipped_scenarios_are_estimated_within_their_stated_error() {
    // Redrives, loops, and dependencies that break down.
    let left_out = ["dlq-redrive", "recursive-loop", "metastable-collapse", "plan-outage"];
    for name in builtin::names().filter(|name| !left_out.contains(name)) {
        let scenario = scenario(name, builtin::text(name).expect("listed"), &[]);
        let (estimate, counted) = (Estimate::of(&scenario), run(&scenario));
        assert!(is_near(estimate.events, counted.events, 10), "{name}: {estimate:?} {counted:?}");
        assert!(is_near(estimate.runs, counted.runs, 25), "{name}: {estimate:?} {counted:?}");
        let factor = |a: u64, b: u64| a <= 3 * b && b <= 3 * a;
        assert!(factor(estimate.attempts, counted.attempts), "{name}: {estimate:?} {counted:?}");
    }
}

/// Runs that fail because a dependency does, slots that are held until it has failed them, and runs that take too long.
#[test]
fn outages_of_dependencies_and_timeouts_fail_runs() {
    let outage = r#"{ "version": 1, "arrivals_end": "1h",
        "functions": { "f": { "ReservedConcurrentExecutions": 20, "duration": "100ms",
            "calls": [ { "dependency": "db", "timeout": "2s" } ] } },
        "dependencies": { "db": { "capacity": 100, "service_time": "50ms",
            "outages": [ { "during": ["10m", "30m"], "fail_after": "5s" } ] } },
        "sources": { "s": { "to": "f", "arrivals": { "poisson": { "rate": "20/s" } } } } }"#;
    let late = r#"{ "version": 1, "arrivals_end": "1h",
        "functions": { "f": { "Timeout": 3, "duration": { "uniform": { "min": "0s", "max": "4s" } } } },
        "sources": { "s": { "to": "f", "arrivals": { "poisson": { "rate": "5/s" } } } } }"#;
    for (name, text) in [("outage", outage), ("late", late)] {
        let scenario = scenario(name, text, &[]);
        let (estimate, counted) = (Estimate::of(&scenario), run(&scenario));
        assert!(counted.runs * 10 > counted.events * 11, "some are made again: {counted:?}");
        assert!(is_near(estimate.runs, counted.runs, 5), "{name}: {estimate:?} {counted:?}");
        assert!(is_near(estimate.attempts, counted.attempts, 25), "{name}: {estimate:?} {counted:?}");
    }
}

/// A burst of 10^9 events on one slot: all of them wait at once. No step of the estimate depends on their number.
#[test]
fn a_billion_events_are_estimated_at_once() {
    let text = r#"{ "version": 1,
        "functions": { "f": { "ReservedConcurrentExecutions": 1, "duration": "1s" } },
        "sources": { "s": { "to": "f", "max_events": 1000000000, "arrivals": { "poisson": { "rate": "1000000/s" } } } } }"#;
    let estimate = Estimate::of(&scenario("burst", text, &[]));
    assert_eq!(estimate.events, 1_000_000_000);
    assert!(is_near(estimate.peak_pending, 1_000_000_000, 1), "{estimate:?}");
    assert!(estimate.memory_bytes(None) > 50 << 30);
    assert!(estimate.disk_bytes(Files::ALL) > estimate.disk_bytes(Files::LEAST) + (200 << 30));
    // With a low maximum age no more can wait than arrive within it.
    let age = [("functions.f.EventInvokeConfig.MaximumEventAgeInSeconds", "60")];
    let estimate = Estimate::of(&scenario("burst", text, &age));
    assert!(is_near(estimate.peak_pending, 60_000_000, 10), "{estimate:?}");
}

#[test]
fn memory_and_pending_events_are_two_sides_of_one_number() {
    for files in [None, Some(Files::LEAST), Some(Files::ALL)] {
        let estimate = Estimate { peak_pending: 1_000_000, ..Estimate::default() };
        assert_eq!(Estimate::pending_within(estimate.memory_bytes(files), files), 1_000_000);
    }
}
