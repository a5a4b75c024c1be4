//! CloudWatch's metrics keep their books: identities that hold for every run, on generated scenarios.

use crate::support::load;
use proptest::prelude::*;
use std::collections::BTreeMap;
use thirdtry::observe::metrics::{Datapoint, Metric, Metrics, Reading, Scope};
use thirdtry::observe::summary::{Counts, Ending, Summary, SummaryReport};
use thirdtry::scenario::Scenario;
use thirdtry::simulate::Simulation;
use thirdtry::time::SimTime;

/// The metrics and the summary of a run, which are counted independently of each other.
fn observed(scenario: &Scenario) -> (Vec<Datapoint>, SummaryReport) {
    let mut metrics = Metrics::new(scenario, Vec::new());
    let mut summary = Summary::new(scenario);
    let mut simulation = Simulation::new(scenario, 0);
    let end = simulation.advance(&mut (&mut metrics, &mut summary), u64::MAX).expect("the run ends");
    let at = simulation.now();
    let ending = Ending { end: end.name(), at, fingerprint: 0 };
    (metrics.finish(at), summary.into_report(scenario, ending))
}

/// Sample count and sum of `metric` of `scope` over the whole run.
fn total(points: &[Datapoint], scope: Scope, metric: Metric) -> (u64, u64) {
    let mut total = (0, 0);
    for point in points.iter().filter(|point| (point.scope, point.metric) == (scope, metric)) {
        if let Reading::Samples(found) = point.reading {
            total.0 += found.count;
            total.1 += u64::try_from(found.sum).expect("counts are small");
        }
    }
    total
}

/// Goal: every identity of the metrics with each other and with the summary, in one scope.
fn check_scope(points: &[Datapoint], scope: Scope, counts: &Counts) {
    let total = |metric| total(points, scope, metric);
    let sum_of = |names: &serde_json::Map<String, serde_json::Value>| -> u64 {
        names.values().filter_map(serde_json::Value::as_u64).sum()
    };
    let (received, throttles) = (total(Metric::AsyncEventsReceived), total(Metric::Throttles));
    let (runs, errors) = (total(Metric::Invocations), total(Metric::Errors));
    let dropped = total(Metric::AsyncEventsDropped);
    let calls = counts.sync_calls;
    assert_eq!(received, (counts.accepted, counts.accepted));
    assert_eq!(received.1, dropped.0 + counts.in_flight, "received = ended + in flight");
    assert_eq!(dropped.1, counts.unseen.failed);
    assert_eq!(runs.0, runs.1, "Invocations has no zeros");
    assert_eq!(throttles, (runs.1 + throttles.1, sum_of(&counts.throttles) + calls.throttled));
    assert_eq!(errors, (runs.1 + throttles.1, sum_of(&counts.function_errors) + calls.failed));
    assert_eq!(total(Metric::Duration).0, runs.1);
    // Ages are told at the start of an attempt, runs at their end.
    assert_eq!(total(Metric::AsyncEventAge).0, counts.attempts);
    assert!(runs.1 <= counts.runs + calls.succeeded + calls.failed);
    let provisioned = total(Metric::ProvisionedConcurrencyInvocations).1;
    assert!(provisioned + total(Metric::ProvisionedConcurrencySpilloverInvocations).1 <= runs.1);
    let refused = |letters: bool| -> u64 {
        let meant = counts.routes.iter().filter(|route| (route.route == "dead_letter_queue") == letters);
        meant.map(|route| route.delivery_failed).sum()
    };
    let (letters, records) = (refused(true), refused(false));
    assert_eq!(total(Metric::DeadLetterErrors), (letters, letters));
    assert_eq!(total(Metric::DestinationDeliveryFailures), (records, records));
}

/// In each minute the Region's samples are those of its functions, and its concurrency lies between the highest of
/// theirs and the sum of theirs.
fn check_region(points: &[Datapoint]) {
    let mut region: BTreeMap<(SimTime, Metric), Reading> = BTreeMap::new();
    let mut functions: BTreeMap<(SimTime, Metric), (u64, u128, u64, u64)> = BTreeMap::new();
    for point in points {
        let key = (point.start, point.metric);
        let sums = functions.entry(key).or_default();
        match (point.scope, point.reading) {
            (Scope::Region, reading) => assert!(region.insert(key, reading).is_none()),
            (Scope::Function(_), Reading::Samples(found)) => {
                *sums = (sums.0 + found.count, sums.1 + found.sum, sums.2.max(found.maximum), 0);
            }
            (Scope::Function(_), Reading::Maximum(level)) => {
                *sums = (0, 0, sums.2.max(level), sums.3 + level);
            }
        }
    }
    for (key, reading) in region {
        let (count, sum, maximum, levels) = functions[&key];
        match (key.1, reading) {
            (_, Reading::Samples(found)) => {
                assert_eq!((found.count, found.sum, found.maximum), (count, sum, maximum));
            }
            (
                Metric::ConcurrentExecutions | Metric::ProvisionedConcurrentExecutions,
                Reading::Maximum(level),
            ) => {
                assert!(maximum <= level && level <= levels, "{key:?}");
            }
            (_, Reading::Maximum(_)) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_metrics_of_any_run_keep_their_books(
        seed in 0..1_000_u32,
        rate in 1..8_u32,
        reserved in prop_oneof![Just(None), (0..6_u32).prop_map(Some)],
        provisioned in 0..3_u32,
        retries in 0..=2_u32,
        age in prop_oneof![Just(60), Just(300), Just(21_600)],
        failing in 0..60_u32,
        refused in 0..80_u32,
        end in prop_oneof![Just(r#""drained""#), Just(r#""7m""#)],
    ) {
        let reserved = reserved.map_or(String::new(), |n| format!(r#""ReservedConcurrentExecutions": {n},"#));
        let provisioned = if provisioned == 0 || reserved.contains(": 0") || reserved.contains(": 1") {
            String::new()
        } else {
            format!(r#""ProvisionedConcurrencyConfig": {{ "ProvisionedConcurrentExecutions": {provisioned} }},"#)
        };
        let text = format!(
            r#"{{ "version": 1, "seed": {seed}, "arrivals_end": "6m", "end": {end},
            "functions": {{
                "ship": {{ {reserved} {provisioned} "Timeout": 5,
                    "EventInvokeConfig": {{ "MaximumRetryAttempts": {retries}, "MaximumEventAgeInSeconds": {age},
                        "DestinationConfig": {{ "OnSuccess": {{ "Destination": "next" }},
                                                "OnFailure": {{ "Destination": "failed" }} }} }},
                    "DeadLetterConfig": {{ "TargetArn": "dlq" }},
                    "duration": {{ "lognormal": {{ "median": "400ms", "p99": "3s" }} }},
                    "failures": [ {{ "exception": {{ "probability": 0.{failing:02} }} }},
                                  {{ "caught": {{ "probability": 0.1 }} }}, {{ "timeout": {{ "probability": 0.02 }} }} ] }},
                "tell": {{ "duration": "50ms" }} }},
            "destinations": {{
                "dlq": {{ "sqs": {{ "failures": [ {{ "permission": {{ "probability": 0.{refused:02} }} }} ] }} }},
                "failed": {{ "sqs": {{ "failures": [ {{ "permission": {{ "probability": 0.3 }} }} ] }} }},
                "next": {{ "lambda": {{ "FunctionName": "tell" }} }} }},
            "faults": [ {{ "system_error": {{ "probability": 0.05 }} }} ],
            "sources": {{
                "orders": {{ "to": "ship", "arrivals": {{ "poisson": {{ "rate": "{rate}/s" }} }} }},
                "calls": {{ "to": "ship", "invocation": "sync", "arrivals": {{ "poisson": {{ "rate": "20/min" }} }} }} }} }}"#
        );
        let scenario = load(&text).scenario;
        let (points, report) = observed(&scenario);
        check_scope(&points, Scope::Region, &report.counts);
        for (function, named) in (0..).zip(&report.functions) {
            check_scope(&points, Scope::Function(thirdtry::id::FunctionId(function)), &named.counts);
        }
        check_region(&points);
    }
}

/// A change of configuration moves what is claimed of the account from the next level on.
#[test]
fn claimed_concurrency_follows_changes_of_configuration() {
    let text = r#"{ "version": 1, "profile": "documented", "end": "5m",
        "functions": { "ship": { "ReservedConcurrentExecutions": 50, "duration": "1s", "init": "0s" } },
        "sources": { "orders": { "to": "ship", "arrivals": { "constant": { "rate": "6/min" } } } },
        "changes": [ { "at": "2m", "set": { "functions.ship.ReservedConcurrentExecutions": 80 } } ] }"#;
    let (points, _) = observed(&load(text).scenario);
    let claimed = points.iter().filter(|point| point.metric == Metric::ClaimedAccountConcurrency);
    let levels: Vec<Reading> = claimed.map(|point| point.reading).collect();
    assert_eq!(levels, [50, 50, 80, 80, 80].map(Reading::Maximum));
}
