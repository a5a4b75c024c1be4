//! Runs a case, or as much of it as the tests have time for, and measures it.

use super::cases::{Case, number};
use super::census::Census;
use super::scenario::{self, FUNCTION, elements, function, law, seconds, source, whole};
use super::{arrivals, measures};
use crate::support::load;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use thirdtry::observe::price::Spend;
use thirdtry::random::{EventKey, Purpose};
use thirdtry::scenario::Scenario;
use thirdtry::simulate::Simulation;

/// The most events of one run; longer cases are shortened.
const MOST_EVENTS: u64 = 40_000;
const MOST_REPLICATIONS: u64 = 500;

/// How much of the stated run was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Events (or seconds, or replications), relative to the stated run.
    pub(super) events: f64,
    /// The time that is measured, relative to the stated run.
    pub(super) time: f64,
}

impl Size {
    const FULL: Self = Self { events: 1.0, time: 1.0 };
}

pub(super) type Results = BTreeMap<String, Value>;

/// The measures of a case, by name.
pub(super) fn run(case: &Case) -> (Size, Results) {
    match case.id.as_str() {
        "E22" => (Size::FULL, backoff(case)),
        "E23" | "E24" | "E25" | "E26" | "E50" | "E74" => arrivals::run(case),
        "E46" => pools(case),
        "E47" => (Size::FULL, scaling(case)),
        "E48" => destinations(case),
        "E51" | "E76" => (Size::FULL, price(case)),
        "E54" => burst(case),
        "E55" => (Size::FULL, sampler(case)),
        _ => general(case),
    }
}

/// Most cases: one function, one source, one run.
fn general(case: &Case) -> (Size, Results) {
    let size = size(case);
    let mut scenario = scenario::scenario(case, function(&case.model), source(&case.model, events(case)));
    if let Some(horizon) = case.run["arrival_horizon_s"].as_f64() {
        scenario["arrivals_end"] = json!(seconds(horizon));
    }
    if let Some(probability) = case.model["duplicate"]["p"].as_f64() {
        scenario["imperfections"] = json!({ "duplicate_probability": probability });
    }
    if case.model["on_throttle"]["jitter"].as_str().is_some_and(|jitter| jitter.starts_with("full")) {
        // Uniform on (0, d) is d/2 times a uniform on 1 ± 1; our jitter goes up to a millionth below 1.
        scenario["timing"] =
            json!({ "backoff_base": "500ms", "backoff_cap": "150s", "backoff_jitter": 0.999_999 });
    }
    let census = census(&scenario, number(&case.run["warmup_s"]));
    (size, measures::of(case, &census))
}

/// How many events the case sends, shortened; none if time ends its arrivals.
fn events(case: &Case) -> Option<u64> {
    let stated = case.run["n_events"].as_u64().or_else(|| case.model["n_events"].as_u64())?;
    let warm_up = whole(number(&case.run["warmup_s"]) * number(&case.model["arrivals"]["rate_per_s"]));
    Some(if needs_all(case) { stated } else { stated.min(MOST_EVENTS + warm_up) })
}

/// Percentiles that are more than four standard deviations from a step are so at the stated size only.
fn needs_all(case: &Case) -> bool {
    matches!(case.id.as_str(), "E07" | "E11")
}

fn size(case: &Case) -> Size {
    let Some(events) = events(case) else { return Size::FULL };
    let stated = case.run["n_events"].as_f64().or_else(|| case.model["n_events"].as_f64());
    let (stated, events) = (stated.unwrap_or(1.0), as_float(events));
    let rate = case.model["arrivals"]["rate_per_s"].as_f64().unwrap_or(1.0);
    let warm_up = number(&case.run["warmup_s"]);
    Size { events: events / stated, time: (events / rate - warm_up) / (stated / rate - warm_up) }
}

/// Runs a scenario to its end and measures from `warm_up` seconds on.
pub(super) fn census(scenario: &Value, warm_up: f64) -> Census {
    let mut census = Census::from(whole(warm_up * 1e9));
    replicate(&load(&scenario.to_string()).scenario, 0, &mut census);
    census
}

fn replicate(scenario: &Scenario, replication: u32, census: &mut Census) {
    let mut simulation = Simulation::new(scenario, replication);
    while simulation.advance(census, u64::MAX).is_none() {}
}

/// An event that never finds its slot free: calls that last as long as a run may hold it one after the other.
fn backoff(case: &Case) -> Results {
    let mut results = Results::new();
    for age in elements(&case.model["max_age_s"]) {
        let model = json!({ "service": { "dist": "det", "value": 900 }, "concurrency": 1,
                            "arrivals": case.model["arrivals"], "max_age_s": age });
        let mut scenario = scenario::scenario(case, function(&model), source(&model, None));
        scenario["sources"]["a-blocker"] = json!({ "to": FUNCTION, "invocation": "sync", "max_events": 30,
                                                   "arrivals": { "constant": { "every": "900s" } } });
        let census = census(&scenario, 0.0);
        let event = census.lives.iter().find(|life| life.fate.is_some()).expect("the event");
        assert!(event.runs.is_empty(), "the slot was free once");
        let tries: Vec<u64> = event.dispatches.iter().map(|at| at / 1_000_000_000).collect();
        results.insert(format!("tries_age_{age}"), json!(tries.len()));
        results.insert(format!("last_try_age_{age}"), json!(tries.last()));
        let delays: Vec<u64> = tries.windows(2).take(12).map(|two| two[1] - two[0]).collect();
        results.insert("first_delays".to_owned(), json!(delays));
        results.insert("cumulative".to_owned(), json!(tries[..tries.len().min(14)]));
    }
    results
}

/// Two functions that share the account, without and with a reservation for the first.
fn pools(case: &Case) -> (Size, Results) {
    let stated = number(&case.run["n_events_total"]);
    let end = as_float(MOST_EVENTS) / 9.0;
    let mut results = Results::new();
    for (variant, reserved) in [("shared", None), ("reserved", Some(6))] {
        let [first, second] = [0, 1].map(|index| {
            let mut model = case.model["functions"][index].clone();
            model["on_throttle"] = json!("drop");
            (function(&model), source(&model, None))
        });
        let mut scenario = scenario::scenario(case, first.0, first.1);
        scenario["functions"]["zweite"] = second.0;
        scenario["sources"]["others"] = second.1;
        scenario["sources"]["others"]["to"] = json!("zweite");
        scenario["account"]["concurrency"] = case.model["account_concurrency"].clone();
        scenario["arrivals_end"] = json!(seconds(end));
        if let Some(slots) = reserved {
            scenario["functions"][FUNCTION]["ReservedConcurrentExecutions"] = json!(slots);
        }
        let warm_up = number(&case.run["warmup_s"]);
        let census = census(&scenario, warm_up);
        for function in [0, 1] {
            let share = measures::blocked_share(&census, warm_up, |life| life.function.index() == function);
            results.insert(format!("{variant}_blocked_{}", function + 1), json!(share));
        }
    }
    let relative = as_float(MOST_EVENTS) / stated;
    (Size { events: relative, time: relative }, results)
}

/// As many calls as there may be environments, and then one more whenever another may be made: a queue that starts
/// whatever can start.
fn scaling(case: &Case) -> Results {
    let mut model = case.model.clone();
    model["arrivals"] = json!({ "type": "list", "times_s": "1000 events at 0" });
    model["on_throttle"] = json!("drop");
    let mut scenario = scenario::scenario(case, function(&model), source(&model, None));
    model["arrivals"] = json!({ "type": "periodic", "interval_s": 0.01 });
    scenario["sources"]["more"] = source(&model, None);
    scenario["account"]["scaling_rate"] = json!({});
    scenario["end"] = json!("100s");
    let census = census(&scenario, 0.0);
    let accepted = census.lives.iter().filter(|life| life.throttles == 0);
    let starts: Vec<u64> = accepted.map(|life| life.accepted).collect();
    let by = |seconds: u64| json!(starts.partition_point(|start| *start <= seconds * 1_000_000_000));
    [
        ("fill_time_continuous".to_owned(), json!(as_float(starts[9_999]) / 1e9)),
        ("running_at_5".to_owned(), by(5)),
        ("running_at_35".to_owned(), by(35)),
        ("running_at_60".to_owned(), by(60)),
    ]
    .into()
}

/// Two independent routes for a failed event: an on-failure destination and a dead-letter queue.
fn destinations(case: &Case) -> (Size, Results) {
    let mut function = function(&case.model);
    function["EventInvokeConfig"]["DestinationConfig"] = json!({ "OnFailure": { "Destination": "first" } });
    function["DeadLetterConfig"] = json!({ "TargetArn": "second" });
    let mut scenario = scenario::scenario(case, function, source(&case.model, events(case)));
    for (name, destination) in ["first", "second"].into_iter().zip(elements(&case.model["destinations"])) {
        let failure = json!({ "permission": { "probability": destination["p_delivery_failure_per_try"] } });
        scenario["destinations"][name] = json!({ "sqs": { "failures": [failure] } });
    }
    (size(case), measures::of(case, &census(&scenario, 0.0)))
}

/// One run is made and its bill multiplied: equal runs cost the same.
fn price(case: &Case) -> Results {
    let model = json!({ "service": case.model["service"], "memory_mb": case.model["memory_mb"],
                        "arrivals": { "type": "list", "times_s": [0] } });
    let scenario = scenario::scenario(case, function(&model), source(&model, None));
    let billed = census(&scenario, 0.0).billed_ms;
    let runs = case.run["n_events"].as_u64().expect("a number of events");
    let scenario = load(&scenario.to_string()).scenario;
    let bill = |billed| Spend::of(&scenario.functions[0], runs, billed).money(&scenario.prices).pico_usd();
    measures::price(bill(0), bill(runs * billed), scenario.functions[0].memory_mb, runs * billed)
}

/// The mean over many seeds of when the last of a burst is done.
fn burst(case: &Case) -> (Size, Results) {
    let text = scenario::scenario(case, function(&case.model), source(&case.model, None)).to_string();
    let loaded = load(&text);
    let mut sum = 0.0;
    for replication in 0..u32::try_from(MOST_REPLICATIONS).expect("it fits") {
        let mut census = Census::default();
        replicate(&loaded.scenario, replication, &mut census);
        let last = census.lives.iter().map(|life| life.resolved).max().expect("events");
        sum += as_float(last) / 1e9;
    }
    let relative = as_float(MOST_REPLICATIONS) / number(&case.run["replications"]);
    let results = [("mean_last".to_owned(), json!(sum / as_float(MOST_REPLICATIONS)))].into();
    (Size { events: relative, time: relative }, results)
}

/// A law by its median and 99th percentile, as people give it, sampled as runs sample it.
fn sampler(case: &Case) -> Results {
    let model = json!({ "arrivals": { "type": "list", "times_s": [0] }, "service": case.model["service"] });
    let mut function = function(&model);
    assert!(law(&case.model["service"])["lognormal"].is_object());
    function["duration"] = json!({ "lognormal": { "median": "200ms", "p99": "2s" } });
    let loaded = load(&scenario::scenario(case, function, source(&model, None)).to_string());
    let law = &loaded.scenario.functions[0].duration;
    let draw = |run| law.sample(&mut EventKey(case.seed).draws(Purpose::Duration, 0, run)).as_secs_f64();
    let samples =
        case.run["n_samples"].as_u64().and_then(|n| u32::try_from(n).ok()).expect("a number of samples");
    measures::sample((0..samples).map(draw).collect())
}

#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds below 2^53")]
pub(super) const fn as_float(count: u64) -> f64 {
    count as f64
}
