//! The service's own imperfections: longer waits under a backlog, a poller that reads no faster than it can, delays by
//! neighbours. All stories are in profile `documented`.

use crate::support::{Trail, Trails, load};
use thirdtry::model::observation::Fate;
use thirdtry::observe::fingerprint::Fingerprint;
use thirdtry::simulate::simulate;

fn trails(text: &str) -> Vec<Trail> {
    let mut trails = Trails::default();
    simulate(&load(text).scenario, &mut trails);
    trails.0.into_values().collect()
}

fn millis(trail: &Trail) -> Vec<u64> {
    trail.dispatches.iter().map(|at| at.as_millis()).collect()
}

/// Function `f` with settings `function`, called at `times`, with `imperfections`.
fn scenario(function: &str, times: &str, imperfections: &str) -> String {
    format!(
        r#"{{ "version": 1, "profile": "documented", "functions": {{ "f": {{ {function} }} }},
             "sources": {{ "s": {{ "to": "f", "arrivals": {{ "times": [{times}] }} }} }}, "imperfections": {{ {imperfections} }} }}"#
    )
}

#[test]
fn waits_are_longer_under_a_backlog_and_may_pass_the_cap() {
    let function = r#""ReservedConcurrentExecutions": 1, "Timeout": 900, "duration": "60s""#;
    let backlog = r#""backlog": { "threshold": 1, "interval_multiplier": 2 }"#;
    let times = [r#""0s""#; 12].join(", ");
    let trails = trails(&scenario(function, &times, backlog));
    // Of twelve events the first runs. Ten are still to be dispatched at 0 s when the second is throttled: twice the
    // wait. For the last all others wait again: ten as well.
    assert_eq!(millis(&trails[1])[..2], [0, 2_000]);
    assert_eq!(millis(&trails[11])[..2], [0, 2_000]);
    let plain = self::trails(&scenario(function, &times, ""));
    assert_eq!(millis(&plain[1])[..2], [0, 1_000]);
}

#[test]
fn a_dispatch_that_comes_too_soon_is_postponed_and_not_throttled() {
    let trails =
        trails(&scenario(r#""duration": "1s""#, r#""0s", "0s", "0s", "5s""#, r#""poller_read_rate": "2/s""#));
    let dispatched: Vec<u64> = trails.iter().map(|trail| millis(trail)[0]).collect();
    assert_eq!(dispatched, [0, 500, 1_000, 5_000]);
    assert!(trails.iter().all(|trail| trail.throttles == 0 && trail.dispatches.len() == 1));
    // The age is that of the attempt, not of when it was due.
    assert_eq!(trails[2].ages[0].as_millis(), 1_000);
}

#[test]
fn an_event_may_grow_too_old_before_it_is_read() {
    let function = r#""EventInvokeConfig": { "MaximumEventAgeInSeconds": 60 }"#;
    let times = [r#""0s""#; 3].join(", ");
    let trails = trails(&scenario(function, &times, r#""poller_read_rate": "2/min""#));
    let fates: Vec<_> = trails.iter().map(|trail| trail.fate).collect();
    assert_eq!(fates, [Some(Fate::Succeeded), Some(Fate::Succeeded), Some(Fate::EventAgeExceeded)]);
    assert!(trails[2].dispatches.is_empty());
}

#[test]
fn an_adaptive_poller_makes_fewer_throttles() {
    let text = |imperfections: &str| {
        format!(
            r#"{{ "version": 1, "profile": "documented", "arrivals_end": "5m",
            "functions": {{ "f": {{ "ReservedConcurrentExecutions": 5, "duration": "1s" }} }},
            "sources": {{ "s": {{ "to": "f", "arrivals": {{ "constant": {{ "rate": "20/s" }} }} }} }},
            "imperfections": {{ {imperfections} }} }}"#
        )
    };
    let throttles = |text: &str| trails(text).iter().map(|trail| u64::from(trail.throttles)).sum::<u64>();
    let adaptive =
        r#""poller_read_rate": { "adaptive": { "initial": "20/s", "least": "1/s", "most": "100/s" } }"#;
    let (plain, paced) = (throttles(&text("")), throttles(&text(adaptive)));
    assert!(paced * 2 < plain, "{paced} of {plain}");
}

#[test]
fn neighbours_delay_every_dispatch() {
    let function = r#""duration": "0s", "failures": [{ "exception": {} }]"#;
    let trails = trails(&scenario(function, r#""0s""#, r#""neighbour_delay": "3s""#));
    assert_eq!(millis(&trails[0]), [3_000, 66_000, 189_000]);
}

/// Goal: with all of them off, or on without effect, nothing changes; and a delay moves no other draw.
#[test]
fn imperfections_without_effect_change_nothing() {
    let text = |imperfections: &str| {
        format!(
            r#"{{ "version": 1, "seed": 3, "arrivals_end": "5m",
            "functions": {{ "f": {{ "ReservedConcurrentExecutions": 4, "Timeout": 60, "duration": {{ "exponential": {{ "mean": "900ms" }} }},
                "failures": [ {{ "exception": {{ "probability": 0.2 }} }} ] }} }},
            "sources": {{ "s": {{ "to": "f", "arrivals": {{ "poisson": {{ "rate": "4/s" }} }} }} }},
            "imperfections": {{ {imperfections} }} }}"#
        )
    };
    let fingerprint = |text: &str| {
        let mut fingerprint = Fingerprint::new();
        simulate(&load(text).scenario, &mut fingerprint);
        fingerprint.value()
    };
    let none = r#""neighbour_delay": "0s", "backlog": { "interval_multiplier": 1.0, "threshold": 1 },
        "poller_read_rate": "100000000/s""#;
    assert_eq!(fingerprint(&text("")), fingerprint(&text(none)));
    let (plain, delayed) =
        (trails(&text("")), trails(&text(r#""neighbour_delay": { "exponential": { "mean": "2s" } }"#)));
    for (ours, theirs) in plain.iter().zip(&delayed) {
        assert_eq!(ours.accepted, theirs.accepted);
        assert!(ours.runs_made.iter().zip(&theirs.runs_made).all(|(ours, theirs)| ours == theirs));
    }
}
