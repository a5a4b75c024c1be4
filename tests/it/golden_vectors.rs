//! The thirteen golden vectors: exact lives of single events in profile `documented`, to the nanosecond.
//!
//! Each vector is a small scenario and the life that AWS's documents and the measurements behind them imply: the
//! instants of the attempts, the fate, the number of runs, and the CloudWatch counts.

use crate::support::{Trail, load};
use thirdtry::model::event::{Route, RouteResult};
use thirdtry::model::observation::Fate;
use thirdtry::scenario::DeliveryFailure;
use thirdtry::simulate::simulate;
use thirdtry::time::SimTime;

const SECOND: u64 = 1_000_000_000;

/// A scenario with one event at time zero for function `f`, whose settings are `function`; `more` is added at the
/// top level.
fn one_event(function: &str, more: &str) -> String {
    format!(
        r#"{{ "version": 1, "profile": "documented", "functions": {{ "f": {{ {function} }} }},
             "sources": {{ "s": {{ "to": "f", "arrivals": {{ "times": ["0s"] }} }} }} {more} }}"#
    )
}

/// Runs `text` and returns what happened to its first asynchronous event.
fn life(text: &str) -> Trail {
    let scenario = load(text).scenario;
    let mut trails = crate::support::Trails::default();
    simulate(&scenario, &mut trails);
    trails.first_event()
}

fn seconds(trail: &Trail) -> Vec<u64> {
    trail
        .dispatches
        .iter()
        .map(|at| at.as_nanos())
        .inspect(|ns| assert_eq!(ns % SECOND, 0))
        .map(|ns| ns / SECOND)
        .collect()
}

#[track_caller]
fn check(text: &str, dispatches: &[u64], fate: Fate, runs: u8, settled_at: u64) -> Trail {
    let trail = life(text);
    assert_eq!(seconds(&trail), dispatches, "dispatches in seconds");
    assert_eq!(trail.fate, Some(fate));
    assert_eq!(trail.runs, runs, "runs, the approximateInvokeCount of a failure");
    assert_eq!(trail.settled.map(SimTime::as_nanos), Some(settled_at * SECOND), "settled");
    trail
}

const ALWAYS_FAILS: &str = r#""duration": "0s", "failures": [{ "exception": {} }]"#;

fn always_fails(config: &str) -> String {
    one_event(&format!(r#"{ALWAYS_FAILS}, "EventInvokeConfig": {{ {config} }}"#), "")
}

#[test]
fn v01_three_runs_by_default() {
    let trail = check(&always_fails(""), &[0, 60, 180], Fate::RetriesExhausted, 3, 180);
    assert_eq!((trail.errors, trail.throttles, trail.dropped), (3, 0, true));
}

#[test]
fn v02_no_retries() {
    check(&always_fails(r#""MaximumRetryAttempts": 0"#), &[0], Fate::RetriesExhausted, 1, 0);
}

#[test]
fn v03_an_age_of_60_s_allows_no_retry() {
    check(&always_fails(r#""MaximumEventAgeInSeconds": 60"#), &[0], Fate::EventAgeExceeded, 1, 0);
}

#[test]
fn v04_an_age_of_90_s_allows_one_retry() {
    check(&always_fails(r#""MaximumEventAgeInSeconds": 90"#), &[0, 60], Fate::EventAgeExceeded, 2, 60);
}

#[test]
fn v05_the_age_is_looked_at_ahead_after_a_long_run() {
    let function = r#""Timeout": 900, "duration": "130s", "failures": [{ "exception": {} }],
        "EventInvokeConfig": { "MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 180 }"#;
    check(&one_event(function, ""), &[0], Fate::EventAgeExceeded, 1, 130);
}

#[test]
fn v06_due_exactly_at_the_deadline_is_too_late() {
    check(&always_fails(r#""MaximumEventAgeInSeconds": 180"#), &[0, 60], Fate::EventAgeExceeded, 2, 60);
}

#[test]
fn v07_a_freed_slot_wakes_nobody() {
    let text = r#"{ "version": 1, "profile": "documented",
        "functions": { "f": { "ReservedConcurrentExecutions": 1, "Timeout": 900, "duration": "60s" } },
        "sources": {
            "blocker": { "to": "f", "invocation": "sync", "arrivals": { "times": ["0s"] } },
            "s": { "to": "f", "arrivals": { "times": ["0s"] } } } }"#;
    let trail = check(text, &[0, 1, 3, 7, 15, 31, 63], Fate::Succeeded, 1, 123);
    assert_eq!(trail.throttles, 6);
    let ages: Vec<u64> = trail.ages.iter().map(|age| age.as_millis()).collect();
    assert_eq!(ages, [0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000], "AsyncEventAge in ms");
}

#[test]
fn v08_reserved_concurrency_zero_drops_at_once() {
    let text = one_event(r#""ReservedConcurrentExecutions": 0"#, "");
    let trail = check(&text, &[], Fate::ZeroReservedConcurrency, 0, 0);
    assert_eq!((trail.throttles, trail.dropped), (0, true));
}

/// Every attempt of the function is throttled by a fault, as if its slots were taken for good.
fn always_throttled(config: &str, more: &str) -> String {
    one_event(
        &format!(r#""duration": "0s", "EventInvokeConfig": {{ {config} }} {more}"#),
        r#", "faults": [{ "throttle": {} }], "destinations": { "dlq": { "sqs": {} } }"#,
    )
}

#[test]
fn v09_throttled_beyond_its_age() {
    let dlq = r#", "DeadLetterConfig": { "TargetArn": "dlq" }"#;
    let text = always_throttled(r#""MaximumEventAgeInSeconds": 60"#, dlq);
    let trail = check(&text, &[0, 1, 3, 7, 15, 31], Fate::EventAgeExceeded, 0, 31);
    assert_eq!(trail.throttles, 6);
    assert_eq!(trail.route(Route::DeadLetterQueue), RouteResult::Delivered);
}

#[test]
fn v10_fails_once_then_succeeds() {
    let function = r#""duration": "0s", "failures": [{ "exception": { "during": ["0s", "1s"] } }]"#;
    let trail = check(&one_event(function, ""), &[0, 60], Fate::Succeeded, 2, 60);
    assert_eq!((trail.errors, trail.dropped), (1, false));
}

#[test]
fn v11_a_run_that_outlives_the_age_still_succeeds() {
    let function =
        r#""Timeout": 900, "duration": "110s", "EventInvokeConfig": { "MaximumEventAgeInSeconds": 60 }"#;
    check(&one_event(function, ""), &[0], Fate::Succeeded, 1, 110);
}

#[test]
fn v12_a_denied_dead_letter_queue_does_not_touch_the_destination() {
    let function = format!(
        r#"{ALWAYS_FAILS}, "DeadLetterConfig": {{ "TargetArn": "dlq" }},
           "EventInvokeConfig": {{ "MaximumRetryAttempts": 0,
                                   "DestinationConfig": {{ "OnFailure": {{ "Destination": "failed" }} }} }}"#
    );
    let destinations = r#", "destinations": { "failed": { "sqs": {} },
        "dlq": { "sqs": { "failures": [{ "permission": {} }] } } }"#;
    let trail = check(&one_event(&function, destinations), &[0], Fate::RetriesExhausted, 1, 0);
    assert_eq!(trail.route(Route::OnFailure), RouteResult::Delivered);
    assert_eq!(trail.route(Route::DeadLetterQueue), RouteResult::Failed(DeliveryFailure::Permission));
}

/// The function is deleted while the event waits, as measured: attempts on the schedule of function errors.
fn deleted(config: &str, more: &str) -> String {
    one_event(
        &format!(r#""duration": "0s", "EventInvokeConfig": {{ {config} }}"#),
        &format!(r#", "faults": [{{ "client_error": {{}} }}] {more}"#),
    )
}

#[test]
fn a_deleted_function_uses_up_the_retries_without_an_invocation() {
    let trail = check(&deleted("", ""), &[0, 60, 180], Fate::RetriesExhausted, 0, 180);
    assert_eq!((trail.errors, trail.throttles, trail.dropped), (0, 0, true));
    assert_eq!(trail.runs_made, []);
    check(&deleted(r#""MaximumRetryAttempts": 0"#, ""), &[0], Fate::RetriesExhausted, 0, 0);
    check(&deleted(r#""MaximumEventAgeInSeconds": 90"#, ""), &[0, 60], Fate::EventAgeExceeded, 0, 60);
    let drop = r#", "timing": { "other_4xx_policy": "drop" }"#;
    check(&deleted("", drop), &[0], Fate::RetriesExhausted, 0, 0);
}

/// A failed run and a 404 draw on the same retries; a throttle in between on none.
#[test]
fn runs_and_client_errors_share_the_retries() {
    let text = one_event(
        ALWAYS_FAILS,
        r#", "faults": [{ "throttle": { "during": ["30s", "90s"] } },
                        { "client_error": { "during": ["90s", "200s"] } }]"#,
    );
    // A run, six throttles a minute later, a 404, and after two minutes more another run.
    check(&text, &[0, 60, 61, 63, 67, 75, 91, 211], Fate::RetriesExhausted, 2, 211);
}

#[test]
fn v13_six_hours_of_throttles() {
    let trail = life(&always_throttled("", ""));
    let dispatches = seconds(&trail);
    assert_eq!(dispatches.len(), 80);
    assert_eq!(dispatches[..11], [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811]);
    assert_eq!(dispatches[79], 21_511);
    assert_eq!((trail.fate, trail.runs), (Some(Fate::EventAgeExceeded), 0));
    assert_eq!(trail.settled.map(SimTime::as_nanos), Some(21_511 * SECOND));
}
