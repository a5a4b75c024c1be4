//! Changes of configuration during a run: what a change reaches, what it leaves alone, and when.
//!
//! All stories are in profile `documented`: no jitter, no latency, so that every instant is a whole number.

use crate::support::{Trail, Trails, load};
use thirdtry::model::event::{Route, RouteResult};
use thirdtry::model::observation::{Circumstance, Fact, Fate, Observation, Observer, Remark};
use thirdtry::observe::fingerprint::Fingerprint;
use thirdtry::scenario::Scenario;
use thirdtry::simulate::{RunEnd, simulate};
use thirdtry::time::SimTime;

/// Function `f` with settings `function`, called at `times`; `more` is added at the top level.
fn scenario(function: &str, times: &str, more: &str) -> Scenario {
    load(&format!(
        r#"{{ "version": 1, "profile": "documented", "functions": {{ "f": {{ {function} }} }},
             "sources": {{ "s": {{ "to": "f", "arrivals": {{ "times": [{times}] }} }} }} {more} }}"#
    ))
    .scenario
}

fn change(at: &str, set: &str) -> String {
    format!(r#", "changes": [ {{ "at": "{at}", "set": {{ {set} }} }} ]"#)
}

fn trails(scenario: &Scenario) -> Vec<Trail> {
    let mut trails = Trails::default();
    simulate(scenario, &mut trails);
    trails.0.into_values().collect()
}

fn seconds(trail: &Trail) -> Vec<u64> {
    trail.dispatches.iter().map(|at| at.as_millis() / 1_000).collect()
}

const ALWAYS_FAILS: &str = r#""duration": "0s", "failures": [{ "exception": {} }]"#;

#[test]
fn fewer_retries_reach_an_event_that_waits_for_one() {
    let set = r#""functions.f.EventInvokeConfig.MaximumRetryAttempts": 0"#;
    // Its second run is under way to being dispatched at 60 s and takes place: the setting counts when a run has ended.
    let trail = &trails(&scenario(ALWAYS_FAILS, r#""0s""#, &change("30s", set)))[0];
    assert_eq!((seconds(trail), trail.fate), (vec![0, 60], Some(Fate::RetriesExhausted)));
    assert_eq!(trail.settled, Some(SimTime::from_secs(60)));
}

#[test]
fn a_shorter_age_reaches_an_event_that_waits() {
    let set = r#""functions.f.EventInvokeConfig.MaximumEventAgeInSeconds": 100"#;
    let trail = &trails(&scenario(ALWAYS_FAILS, r#""0s""#, &change("90s", set)))[0];
    assert_eq!((seconds(trail), trail.fate), (vec![0, 60], Some(Fate::EventAgeExceeded)));
    assert_eq!(trail.settled, Some(SimTime::from_secs(180)), "too old at its next dispatch");
}

#[test]
fn asynchronous_settings_take_effect_after_the_propagation_delay_and_others_at_once() {
    let both = r#""functions.f.EventInvokeConfig.MaximumRetryAttempts": 0, "functions.f.Timeout": 9"#;
    let more = change("30s", both) + r#", "timing": { "config_propagation_delay": "120s" }"#;
    let scenario = scenario(ALWAYS_FAILS, r#""0s", "149s", "150s""#, &more);
    let runs: Vec<u8> = trails(&scenario).iter().map(|trail| trail.runs).collect();
    // The first has its third run at 180 s, which the new setting does not undo: it is over then.
    assert_eq!(runs, [3, 2, 1]);
    let effects: Vec<_> = scenario.changes.iter().map(|change| change.effective).collect();
    assert_eq!(effects, [SimTime::from_secs(30), SimTime::from_secs(150)]);
    assert_eq!(scenario.changes[0].functions[0].timeout.as_millis(), 9_000);
}

#[test]
fn a_reservation_of_zero_drops_what_waits_at_its_next_dispatch() {
    let set = r#""functions.f.ReservedConcurrentExecutions": 0"#;
    let trail = &trails(&scenario(ALWAYS_FAILS, r#""0s""#, &change("30s", set)))[0];
    assert_eq!((seconds(trail), trail.fate), (vec![0], Some(Fate::ZeroReservedConcurrency)));
    assert_eq!(trail.settled, Some(SimTime::from_secs(60)));
}

#[test]
fn a_smaller_reservation_interrupts_no_run_and_admits_none_until_there_is_room() {
    let function = r#""ReservedConcurrentExecutions": 3, "Timeout": 900, "duration": "100s""#;
    let set = r#""functions.f.ReservedConcurrentExecutions": 1"#;
    let scenario = scenario(function, r#""0s", "0s", "40s", "50s""#, &change("45s", set));
    let trails = trails(&scenario);
    assert!(trails[..3].iter().all(|trail| trail.throttles == 0 && trail.fate == Some(Fate::Succeeded)));
    // Three runs of one slot: the fourth event finds room after the third run has ended at 140 s. Dispatches at 50, 51,
    // 53, 57, 65, 81, 113, 177.
    assert_eq!(trails[3].throttles, 7);
    assert_eq!(seconds(&trails[3]).last(), Some(&177));
}

#[test]
fn a_larger_reservation_is_there_at_once_but_wakes_nobody() {
    let function = r#""ReservedConcurrentExecutions": 1, "Timeout": 900, "duration": "100s""#;
    let set = r#""functions.f.ReservedConcurrentExecutions": 2"#;
    let trails = trails(&scenario(function, r#""0s", "0s""#, &change("10s", set)));
    assert_eq!(seconds(&trails[1]), [0, 1, 3, 7, 15]);
}

#[test]
fn runs_move_with_a_function_that_gets_a_reservation_and_gives_it_up() {
    let text = r#"{ "version": 1, "profile": "documented",
        "account": { "concurrency": 3, "unreserved_minimum": 1 },
        "functions": { "f": { "Timeout": 900, "duration": "100s" }, "g": { "Timeout": 900, "duration": "10s" } },
        "sources": { "s": { "to": "f", "arrivals": { "times": ["0s", "0s"] } },
                     "t": { "to": "g", "invocation": "sync", "arrivals": { "times": ["5s", "15s", "15s", "25s", "25s"] } } },
        "changes": [ { "at": "10s", "set": { "functions.f.ReservedConcurrentExecutions": 2 } },
                     { "at": "20s", "set": { "functions.f.ReservedConcurrentExecutions": null } } ] }"#;
    let trails = trails(&load(text).scenario);
    // One unreserved slot is left throughout: f's two runs are counted on whichever side f stands.
    assert_eq!(trails[2..].iter().map(|trail| trail.throttles).collect::<Vec<_>>(), [0, 0, 1, 0, 1]);
}

#[test]
fn a_delivery_that_has_started_keeps_its_target_and_later_ones_go_to_the_new_one() {
    let function = r#""duration": "0s", "failures": [{ "exception": {} }],
        "EventInvokeConfig": { "MaximumRetryAttempts": 0 }, "DeadLetterConfig": { "TargetArn": "old" }"#;
    let more = r#", "destinations": { "old": { "sqs": { "latency": "10s" } }, "new": { "sqs": { "latency": "10s" } } }"#;
    let set = r#""functions.f.DeadLetterConfig.TargetArn": "new""#;
    let scenario = scenario(function, r#""0s", "5s", "8s""#, &(more.to_owned() + &change("5s", set)));
    let mut targets = Targets::default();
    simulate(&scenario, &mut targets);
    let name = |id: &usize| scenario.destinations[*id].name.as_str();
    // What happens at the instant of a change happens after it.
    assert_eq!(targets.0.iter().map(name).collect::<Vec<_>>(), ["old", "new", "new"]);
    assert!(
        trails(&scenario).iter().all(|trail| trail.route(Route::DeadLetterQueue) == RouteResult::Delivered)
    );
}

/// Where deliveries ended, and what was remarked.
#[derive(Debug, Default)]
struct Targets(Vec<usize>, Vec<Remark>);

impl Observer for Targets {
    fn observe(&mut self, fact: &Fact<'_>) {
        if let Observation::DeliveryEnded { destination, .. } = fact.what {
            self.0.push(destination.index());
        }
    }

    fn remark(&mut self, remark: &Remark) {
        self.1.push(*remark);
    }
}

#[test]
fn a_dead_letter_queue_can_come_and_go() {
    let function = r#""duration": "0s", "failures": [{ "exception": {} }], "EventInvokeConfig": { "MaximumRetryAttempts": 0 }"#;
    let more = r#", "destinations": { "dlq": { "sqs": {} } }, "changes": [
        { "at": "10s", "set": { "functions.f.DeadLetterConfig.TargetArn": "dlq" } },
        { "at": "20s", "set": { "functions.f.DeadLetterConfig": null } } ]"#;
    let trails = trails(&scenario(function, r#""0s", "15s", "25s""#, more));
    let held: Vec<_> = trails.iter().map(|trail| trail.route(Route::DeadLetterQueue)).collect();
    assert_eq!(held, [RouteResult::NotConfigured, RouteResult::Delivered, RouteResult::NotConfigured]);
}

#[test]
fn new_code_reaches_later_runs_of_events_that_were_accepted_before() {
    let set = r#""functions.f.failures": [], "functions.f.duration": "2s""#;
    let trail = &trails(&scenario(ALWAYS_FAILS, r#""0s""#, &change("30s", set)))[0];
    assert_eq!((seconds(trail), trail.fate), (vec![0, 60], Some(Fate::Succeeded)));
    assert_eq!(trail.settled, Some(SimTime::from_secs(62)));
}

#[test]
fn a_run_in_progress_fails_as_the_code_was_when_it_started() {
    let function = r#""Timeout": 60, "duration": "20s", "failures": [{ "exception": { "because": "old code" } }],
        "EventInvokeConfig": { "MaximumRetryAttempts": 0 }, "DeadLetterConfig": { "TargetArn": "dlq" }"#;
    let more = r#", "destinations": { "dlq": { "sqs": {} } }"#.to_owned();
    let set = r#""functions.f.failures": []"#;
    let trails = trails(&scenario(function, r#""0s", "11s""#, &(more + &change("10s", set))));
    let fates: Vec<_> = trails.iter().map(|trail| trail.fate).collect();
    assert_eq!(fates, [Some(Fate::RetriesExhausted), Some(Fate::Succeeded)]);
    assert_eq!(trails[0].route(Route::DeadLetterQueue), RouteResult::Delivered);
}

/// A change is told where it happened, and a run does not wait for one that can change nothing.
#[test]
fn a_run_is_drained_before_a_change_that_lies_behind_everything() {
    let set = r#""functions.f.Timeout": 9"#;
    for (at, remarks) in [("500ms", 1), ("2s", 0)] {
        let scenario = scenario(r#""duration": "1s""#, r#""0s""#, &change(at, set));
        let mut targets = Targets::default();
        assert_eq!(simulate(&scenario, &mut targets), RunEnd::Drained);
        assert_eq!(targets.1.len(), remarks, "{at}");
    }
    let more = change("2s", set) + r#", "end": "3s""#;
    let mut targets = Targets::default();
    simulate(&scenario(r#""duration": "1s""#, r#""0s""#, &more), &mut targets);
    let what = Circumstance::ConfigurationChanged { change: 0 };
    assert_eq!(targets.1, [Remark { at: SimTime::from_secs(2), what }]);
}

/// Hands on the facts and none of the remarks.
struct FactsOnly(Fingerprint);

impl Observer for FactsOnly {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.0.observe(fact);
    }
}

/// Goal: a change that sets what is set already changes nothing, in profile `measured` with all its draws.
#[test]
fn a_change_to_the_present_value_changes_no_fact() {
    let text = |changes: &str| {
        format!(
            r#"{{ "version": 1, "seed": 3, "arrivals_end": "10m",
            "functions": {{ "f": {{ "ReservedConcurrentExecutions": 4, "DeadLetterConfig": {{ "TargetArn": "q" }},
                "duration": {{ "exponential": {{ "mean": "900ms" }} }}, "failures": [ {{ "exception": {{ "probability": 0.2 }} }} ] }} }},
            "destinations": {{ "q": {{ "sqs": {{}} }} }},
            "sources": {{ "s": {{ "to": "f", "arrivals": {{ "poisson": {{ "rate": "4/s" }} }} }} }} {changes} }}"#
        )
    };
    let facts = |text: &str| {
        let mut facts = FactsOnly(Fingerprint::new());
        simulate(&load(text).scenario, &mut facts);
        facts.0.value()
    };
    let same = r#""functions.f.ReservedConcurrentExecutions": 4, "functions.f.EventInvokeConfig.MaximumRetryAttempts": 2,
        "functions.f.EventInvokeConfig.DestinationConfig": {}, "functions.f.DeadLetterConfig.TargetArn": "q",
        "functions.f.duration": { "exponential": { "mean": "900ms" } }, "functions.f.Timeout": 3,
        "functions.f.failures": [ { "exception": { "probability": 0.2 } } ], "account.concurrency": 1000"#;
    assert_eq!(facts(&text("")), facts(&text(&change("2m", same))));
    let other = r#""functions.f.ReservedConcurrentExecutions": 5"#;
    assert_ne!(facts(&text("")), facts(&text(&change("2m", other))));
}

/// Goal: what changes moves no draw. Method: each event's k-th run has the same length and outcome with the change. No
/// run times out, since the run after one takes longer, whichever event's it is.
#[test]
fn a_change_moves_no_draw() {
    let text = |changes: &str| {
        format!(
            r#"{{ "version": 1, "seed": 3, "arrivals_end": "10m",
            "functions": {{ "f": {{ "ReservedConcurrentExecutions": 4, "Timeout": 60,
                "duration": {{ "exponential": {{ "mean": "900ms" }} }}, "failures": [ {{ "exception": {{ "probability": 0.2 }} }} ] }} }},
            "sources": {{ "s": {{ "to": "f", "arrivals": {{ "poisson": {{ "rate": "4/s" }} }} }} }} {changes} }}"#
        )
    };
    let set = r#""functions.f.ReservedConcurrentExecutions": 40, "functions.f.EventInvokeConfig.MaximumRetryAttempts": 1"#;
    let (plain, changed) =
        (trails(&load(&text("")).scenario), trails(&load(&text(&change("5m", set))).scenario));
    assert_eq!(plain.len(), changed.len());
    for (ours, theirs) in plain.iter().zip(&changed) {
        assert_eq!(ours.accepted, theirs.accepted);
        assert!(ours.runs_made.iter().zip(&theirs.runs_made).all(|(ours, theirs)| ours == theirs));
    }
}
