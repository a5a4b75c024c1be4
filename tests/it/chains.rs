//! Chains of invocations: fan-out, subscribers, and loops that Lambda stops.

use crate::support::{Trail, Trails, load};
use std::collections::BTreeMap;
use thirdtry::model::event::{Route, RouteResult};
use thirdtry::model::observation::Fate;
use thirdtry::observe::metrics::{Datapoint, Metric, Metrics, Reading, Scope};
use thirdtry::scenario::DeliveryFailure;
use thirdtry::scenario::load::Loaded;
use thirdtry::simulate::Simulation;

/// Runs `text` to its end.
fn run(text: &str) -> (Loaded, Vec<Trail>, Vec<Datapoint>) {
    let loaded = load(text);
    let mut observer = (Trails::default(), Metrics::new(&loaded.scenario, Vec::new()));
    let mut simulation = Simulation::new(&loaded.scenario, 0);
    simulation.advance(&mut observer, u64::MAX).expect("the run ends");
    let points = observer.1.finish(simulation.now());
    let trails = observer.0.0.into_values().collect();
    (loaded, trails, points)
}

/// The sum of a counting metric over all functions and minutes.
fn sum(points: &[Datapoint], metric: Metric) -> u64 {
    let readings = points
        .iter()
        .filter(|point| point.metric == metric && point.scope == Scope::Region)
        .map(|point| point.reading);
    let counts = readings.map(|reading| match reading {
        Reading::Samples(samples) => u64::try_from(samples.sum).expect("few"),
        Reading::Maximum(level) => level,
    });
    counts.sum()
}

/// One event for `a`, whose outcomes go on as `routes` say; b and c may have routes as well.
fn chain(functions: &str, destinations: &str, more: &str) -> String {
    format!(
        r#"{{ "version": 1, "profile": "documented", "functions": {{ {functions} }},
            "destinations": {{ {destinations} }}, {more}
            "sources": {{ "s": {{ "to": "a", "arrivals": {{ "times": ["0s"] }} }} }} }}"#
    )
}

fn routes(on_success: &str, on_failure: &str) -> String {
    let route = |key: &str, to: &str| match to {
        "" => String::new(),
        to => format!(r#""{key}": {{ "Destination": "{to}" }},"#),
    };
    format!(
        r#""EventInvokeConfig": {{ "DestinationConfig": {{ {} {} }} }}, "duration": "1s""#,
        route("OnSuccess", on_success),
        route("OnFailure", on_failure)
    )
}

const TOPIC_TO_A: &str = r#""topic": { "sns": { "subscribers": ["a"] } }, "kept": { "sqs": {} }"#;

/// A function that publishes to the topic it subscribes to runs 16 times; the 17th invocation is stopped at once, and
/// both metrics count it.
#[test]
fn a_loop_through_sns_is_stopped_after_sixteen_runs() {
    let text = chain(&format!(r#""a": {{ {} }}"#, routes("topic", "kept")), TOPIC_TO_A, "");
    let (_, trails, points) = run(&text);
    assert_eq!(trails.len(), 17);
    let (stopped, ran) = trails.split_last().expect("seventeen");
    assert!(ran.iter().all(|trail| trail.fate == Some(Fate::Succeeded) && trail.runs == 1));
    assert_eq!((stopped.fate, stopped.runs), (Some(Fate::RecursiveInvocation), 0));
    assert_eq!(stopped.dispatches, [], "no attempt is made");
    assert_eq!(
        stopped.settled.map(thirdtry::time::SimTime::as_millis),
        Some(16_000),
        "each run takes a second"
    );
    assert_eq!(stopped.route(Route::OnFailure), RouteResult::Delivered);
    let counts = [
        Metric::AsyncEventsReceived,
        Metric::Invocations,
        Metric::RecursiveInvocationsDropped,
        Metric::AsyncEventsDropped,
        Metric::Throttles,
    ];
    assert_eq!(counts.map(|metric| sum(&points, metric)), [17, 16, 1, 1, 0]);
}

/// Each function is counted for itself: two that call each other run 16 times each.
#[test]
fn two_functions_that_call_each_other_run_sixteen_times_each() {
    let functions = format!(r#""a": {{ {} }}, "b": {{ {} }}"#, routes("to-b", ""), routes("to-a", ""));
    let destinations =
        r#""to-a": { "lambda": { "FunctionName": "a" } }, "to-b": { "lambda": { "FunctionName": "b" } }"#;
    let (_, trails, _) = run(&chain(&functions, destinations, ""));
    let runs =
        |function: usize| trails.iter().filter(|trail| trail.function == function && trail.runs > 0).count();
    assert_eq!((runs(0), runs(1), trails.len()), (16, 16, 33));
    assert_eq!(trails[32].fate, Some(Fate::RecursiveInvocation));
}

/// A pipeline of twenty functions is no loop.
#[test]
fn a_long_pipeline_is_not_taken_for_a_loop() {
    let name = |at: usize| char::from(b'a' + u8::try_from(at).expect("few")).to_string();
    let functions: Vec<String> = (0..20)
        .map(|at| {
            format!(
                r#""{}": {{ {} }}"#,
                name(at),
                routes(if at < 19 { "to" } else { "" }, "")
                    .replace(r#""to""#, &format!(r#""to-{}""#, name(at + 1)))
            )
        })
        .collect();
    let destinations: Vec<String> = (1..20)
        .map(|at| format!(r#""to-{0}": {{ "lambda": {{ "FunctionName": "{0}" }} }}"#, name(at)))
        .collect();
    let (_, trails, _) = run(&chain(&functions.join(","), &destinations.join(","), ""));
    assert_eq!(trails.len(), 20);
    assert!(trails.iter().all(|trail| trail.fate == Some(Fate::Succeeded)));
}

#[test]
fn a_loop_that_is_allowed_or_not_seen_goes_on_until_the_end() {
    let allowed = format!(r#""a": {{ "RecursiveLoop": "Allow", {} }}"#, routes("topic", ""));
    let (_, trails, _) = run(&chain(&allowed, TOPIC_TO_A, r#""end": "1m","#));
    assert_eq!(trails.iter().filter(|trail| trail.fate == Some(Fate::Succeeded)).count(), 59);
    let unseen = format!(r#""a": {{ {} }}"#, routes("topic", ""));
    let bus = TOPIC_TO_A.replace("sns", "eventbridge");
    let (_, trails, _) = run(&chain(&unseen, &bus, r#""end": "1m","#));
    assert_eq!(trails.iter().filter(|trail| trail.fate == Some(Fate::Succeeded)).count(), 59);
}

/// A stopped invocation whose failure route leads back into the loop is not stopped again and again.
#[test]
fn a_loop_of_stopped_invocations_is_stopped_as_well() {
    let through_lambda = format!(
        r#""a": {{ {}, "failures": [{{ "exception": {{}} }}] }}, "b": {{ {}, "failures": [{{ "exception": {{}} }}] }}"#,
        routes("", "to-b"),
        routes("", "to-a")
    )
    .replace("\"EventInvokeConfig\": {", "\"EventInvokeConfig\": { \"MaximumRetryAttempts\": 0,");
    let destinations =
        r#""to-a": { "lambda": { "FunctionName": "a" } }, "to-b": { "lambda": { "FunctionName": "b" } }"#;
    let (_, trails, _) = run(&chain(&through_lambda, destinations, ""));
    // 16 runs each, then a's 17th invocation; its record would make b's 17th, which is refused.
    assert_eq!(trails.len(), 33);
    let last = trails.last().expect("events");
    assert_eq!(last.fate, Some(Fate::RecursiveInvocation));
    assert_eq!(last.route(Route::OnFailure), RouteResult::Failed(DeliveryFailure::Misconfiguration));
    let through_topic =
        format!(r#""a": {{ {}, "failures": [{{ "exception": {{}} }}] }}"#, routes("", "topic"))
            .replace("\"EventInvokeConfig\": {", "\"EventInvokeConfig\": { \"MaximumRetryAttempts\": 0,");
    let (_, trails, _) = run(&chain(&through_topic, TOPIC_TO_A, ""));
    assert_eq!(trails.len(), 17);
    assert_eq!(trails[16].route(Route::OnFailure), RouteResult::Delivered);
}

/// Subscribers of the dead-letter topic and of the on-failure bus each get their own event.
#[test]
fn every_route_invokes_its_subscribers() {
    let functions = format!(
        r#""a": {{ {}, "DeadLetterConfig": {{ "TargetArn": "dead" }}, "failures": [{{ "exception": {{}} }}] }}, "b": {{}}, "c": {{}}"#,
        routes("", "bus")
    );
    let destinations = r#""bus": { "eventbridge": { "subscribers": ["c", "b"] } }, "dead": { "sns": { "subscribers": ["b"] } }"#;
    let (_, trails, _) = run(&chain(&functions, destinations, ""));
    let told: Vec<(usize, bool, u64)> =
        trails.iter().map(|trail| (trail.function, trail.first_of_chain, trail.number)).collect();
    assert_eq!(told, [(0, true, 1), (1, false, 1), (2, false, 1), (1, false, 1)]);
}

/// The life of each event of function `name`, by its number within the source.
fn lives(text: &str, name: &str) -> BTreeMap<u64, Trail> {
    let loaded = load(text);
    let function = loaded.scenario.functions.iter().position(|function| function.name == name).expect(name);
    let (_, trails, _) = run(text);
    trails.into_iter().filter(|trail| trail.function == function).map(|trail| (trail.number, trail)).collect()
}

/// Goal: in a list a function's draws follow from its own name alone. Method: the list grows, shrinks and is written
/// in another order; a topic gets another subscriber. What the functions that stay do is the same, run by run.
#[test]
fn another_function_in_a_list_moves_no_draw_of_the_others() {
    let text = |to: &str, subscribers: &str| {
        let law = r#""duration": { "exponential": { "mean": "300ms" } }, "failures": [{ "exception": { "probability": 0.2 } }]"#;
        format!(
            r#"{{ "version": 1, "seed": 5, "functions": {{ "a": {{ {law}, "EventInvokeConfig": {{ "DestinationConfig": {{
                    "OnSuccess": {{ "Destination": "t" }} }} }} }}, "b": {{ {law} }}, "c": {{ {law} }}, "d": {{ {law} }} }},
                "destinations": {{ "t": {{ "sns": {{ "subscribers": {subscribers} }} }} }},
                "sources": {{ "s": {{ "to": {to}, "max_events": 200, "arrivals": {{ "poisson": {{ "rate": "5/s" }} }} }} }} }}"#
        )
    };
    let base = text(r#"["a", "b"]"#, r#"["d"]"#);
    for other in [
        text(r#"["c", "b", "a"]"#, r#"["d"]"#),
        text(r#"["a", "b"]"#, r#"["c", "d"]"#),
        text(r#"["a"]"#, r#"["d"]"#),
    ] {
        for name in ["a", "d"] {
            let (ours, theirs) = (lives(&base, name), lives(&other, name));
            assert!(ours.len() > 150 && ours.len() == theirs.len(), "{name}");
            for (number, life) in &ours {
                assert_eq!(life.runs_made, theirs[number].runs_made, "{name} {number}");
                assert_eq!(life.accepted, theirs[number].accepted, "{name} {number}");
            }
        }
    }
    // The functions of a list draw for themselves.
    let (a, b) = (lives(&base, "a"), lives(&base, "b"));
    assert!(a.iter().all(|(number, life)| life.runs_made != b[number].runs_made));
    // A single function draws what the source's events draw.
    let alone = lives(&text(r#""a""#, "[]"), "a");
    let listed = lives(&text(r#"["a"]"#, "[]"), "a");
    assert!(alone.iter().all(|(number, life)| life.accepted == listed[number].accepted));
    assert!(alone.iter().any(|(number, life)| life.runs_made != listed[number].runs_made));
}
