//! Redrives: what lay in a queue is sent again, and what became of it over all generations.

use crate::support::{Trail, Trails, load};
use proptest::prelude::*;
use thirdtry::explain::narrate;
use thirdtry::id::EventId;
use thirdtry::model::event::{Route, RouteResult};
use thirdtry::model::observation::{Circumstance, Fact, Fate, Observation, Observer, Remark};
use thirdtry::observe::ledger::Ledger;
use thirdtry::observe::lives::Lives;
use thirdtry::observe::summary::{Ending, Summary, SummaryReport};
use thirdtry::scenario::Scenario;
use thirdtry::simulate::{RunEnd, Simulation, simulate};
use thirdtry::time::SimTime;

/// One function without retries, with a dead-letter queue `dlq`; in profile `documented`, so that every instant is a
/// whole number.
fn scenario(failures: &str, queue: &str, more: &str) -> Scenario {
    load(&format!(
        r#"{{ "version": 1, "profile": "documented",
        "functions": {{ "f": {{ "duration": "1s", "failures": [ {failures} ],
            "EventInvokeConfig": {{ "MaximumRetryAttempts": 0 }}, "DeadLetterConfig": {{ "TargetArn": "dlq" }} }},
            "g": {{ "duration": "2s" }} }},
        "destinations": {{ "dlq": {{ "sqs": {{ {queue} }} }}, "records": {{ "sqs": {{}} }} }},
        "sources": {{ "s": {{ "to": "f", "arrivals": {{ "times": ["0s", "1s", "2s"] }} }} }}, {more} }}"#
    ))
    .scenario
}

const OUTAGE: &str = r#"{ "exception": { "during": ["0s", "50s"] } }"#;

fn redrives(list: &str) -> String {
    format!(r#""redrives": [ {list} ]"#)
}

/// What happened, and what was remarked.
#[derive(Default)]
struct Story {
    trails: Trails,
    remarks: Vec<Remark>,
    /// Number, original, generation and parent of each event.
    births: Vec<(u64, u64, u16, Option<u64>)>,
    request_ids: Vec<String>,
}

impl Observer for Story {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.trails.observe(fact);
        if fact.what == Observation::Accepted {
            let (event, past) = (fact.event, fact.event.past());
            self.births.push((event.id().0, past.original.0, past.generation, event.parent().map(|id| id.0)));
            self.request_ids.push(event.request_id().to_string());
        }
    }

    fn remark(&mut self, remark: &Remark) {
        self.remarks.push(*remark);
    }
}

impl Story {
    fn of(scenario: &Scenario) -> Self {
        let mut story = Self::default();
        simulate(scenario, &mut story);
        story
    }

    fn trail(&self, event: u64) -> &Trail {
        &self.trails.0[&EventId(event)]
    }
}

fn summary(scenario: &Scenario) -> SummaryReport {
    let mut summary = Summary::new(scenario);
    let mut simulation = Simulation::new(scenario, 0);
    let end = simulation.advance(&mut summary, u64::MAX).expect("the run ends");
    summary.into_report(scenario, Ending { end: end.name(), at: simulation.now(), fingerprint: 0 })
}

#[test]
fn messages_are_sent_again_in_their_order_at_the_rate() {
    let story =
        Story::of(&scenario(OUTAGE, "", &redrives(r#"{ "from": "dlq", "at": "60s", "rate": "2/s" }"#)));
    assert_eq!(story.births[3..], [(4, 1, 1, Some(1)), (5, 2, 1, Some(2)), (6, 3, 1, Some(3))]);
    let accepted: Vec<u64> = (4..=6).map(|event| story.trail(event).accepted.as_millis()).collect();
    assert_eq!(accepted, [60_000, 60_500, 61_000]);
    assert!((4..=6).all(|event| story.trail(event).fate == Some(Fate::Succeeded)));
    let told: Vec<_> = story.remarks.iter().map(|remark| (remark.at.as_millis(), remark.what)).collect();
    let began = Circumstance::RedriveBegan { redrive: 0, messages: 3 };
    let ended = Circumstance::RedriveEnded { redrive: 0, messages: 3 };
    assert_eq!(told, [(60_000, began), (61_000, ended)]);
    let mut ids = story.request_ids.clone();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6, "each generation has its own request id");
}

#[test]
fn a_redrive_may_take_a_part_and_go_to_another_function() {
    let list = r#"{ "from": "dlq", "at": "60s", "rate": "1/s", "max_messages": 2, "to": "g" }"#;
    let scenario = scenario(OUTAGE, "", &redrives(list));
    let story = Story::of(&scenario);
    assert_eq!(story.births.len(), 5);
    assert_eq!(story.trail(4).settled, Some(SimTime::from_secs(62)), "g takes two seconds");
    let report = summary(&scenario).redrives.expect("there is a redrive");
    assert_eq!((report.stored, report.sent_again, report.waiting), (3, 2, 1));
    assert_eq!((report.originals.recovered, report.originals.held), (2, 1));
}

#[test]
fn a_redrive_waits_for_nobody_and_what_comes_later_waits_for_the_next() {
    let list =
        r#"{ "from": "dlq", "at": "2500ms", "rate": "1/s" }, { "from": "dlq", "at": "60s", "rate": "1/s" }"#;
    let story = Story::of(&scenario(OUTAGE, "", &redrives(list)));
    // Two lie there at 2.5 s; both fail again, as does the third event. Of the five copies the three that nobody took
    // are sent at 60 s, in the order in which they came.
    assert_eq!(
        story.births[3..],
        [(4, 1, 1, Some(1)), (5, 2, 1, Some(2)), (6, 3, 1, Some(3)), (7, 1, 2, Some(4)), (8, 2, 2, Some(5))]
    );
    assert!((6..=8).all(|event| story.trail(event).fate == Some(Fate::Succeeded)));
}

#[test]
fn an_empty_queue_is_told() {
    let story = Story::of(&scenario("", "", &redrives(r#"{ "from": "dlq", "at": "60s", "rate": "1/s" }"#)));
    assert_eq!(story.births.len(), 3);
    assert_eq!(story.remarks[0].what, Circumstance::RedriveBegan { redrive: 0, messages: 0 });
}

#[test]
fn poison_stays_poison_in_every_generation_and_other_draws_are_new() {
    let text = |failures: &str| {
        format!(
            r#"{{ "version": 1, "seed": 5, "arrivals_end": "100s",
            "functions": {{ "f": {{ "duration": "10ms", "failures": [ {failures} ],
                "EventInvokeConfig": {{ "MaximumRetryAttempts": 0 }}, "DeadLetterConfig": {{ "TargetArn": "dlq" }} }} }},
            "destinations": {{ "dlq": {{ "sqs": {{}} }} }},
            "sources": {{ "s": {{ "to": "f", "arrivals": {{ "poisson": {{ "rate": "20/s" }} }} }} }},
            "redrives": [ {{ "from": "dlq", "at": "200s", "rate": "100/s" }}, {{ "from": "dlq", "at": "400s", "rate": "100/s" }} ] }}"#
        )
    };
    // Poison is a matter of the payload and of its first acceptance, even for a cause that has a window.
    let poison = text(r#"{ "poison": { "probability": 0.1, "during": ["0s", "100s"] } }"#);
    let report = summary(&load(&poison).scenario).redrives.expect("there is a redrive");
    let poisoned = report.originals.held;
    assert!(poisoned > 100);
    assert_eq!((report.originals.recovered, report.sent_again), (0, 2 * poisoned));
    assert_eq!(report.generations, 2);
    // Of those that fail by chance, a tenth fails again, and a tenth of those.
    let chance = text(r#"{ "exception": { "probability": 0.1 } }"#);
    let report = summary(&load(&chance).scenario).redrives.expect("there is a redrive");
    let first = report.originals.recovered + report.originals.held;
    assert!(report.originals.held * 20 < first && report.sent_again > first, "{report:?}");
}

#[test]
fn the_payload_of_a_record_is_sent_as_well_and_two_copies_become_two_events() {
    let more = r#""changes": [ { "at": "0s", "set": { "functions.f.EventInvokeConfig.DestinationConfig.OnFailure.Destination": "records" } } ],
        "redrives": [ { "from": "dlq", "at": "60s", "rate": "1/s" }, { "from": "records", "at": "70s", "rate": "1/s" } ]"#;
    let scenario = scenario(OUTAGE, "", more);
    let story = Story::of(&scenario);
    assert_eq!(story.births.len(), 9);
    let mut ids = story.request_ids.clone();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 9, "the two copies have draws of their own");
    let report = summary(&scenario).redrives.expect("there are redrives");
    assert_eq!((report.originals.recovered, report.sent_again), (3, 6));
}

#[test]
fn records_of_successes_are_nothing_to_send_again() {
    let more = r#""changes": [ { "at": "0s", "set": { "functions.f.EventInvokeConfig.DestinationConfig.OnSuccess.Destination": "dlq" } } ],
        "redrives": [ { "from": "dlq", "at": "60s", "rate": "1/s" } ]"#;
    assert_eq!(Story::of(&scenario("", "", more)).births.len(), 3);
}

#[test]
fn messages_expire_and_are_lost_if_they_were_the_only_copy() {
    let retention = r#""MessageRetentionPeriod": 60"#;
    // The first message comes at 1 s, the last at 3 s. At 61.5 s only the first is older than a minute.
    let scenario_at = |at: &str, max: &str| {
        scenario(
            OUTAGE,
            retention,
            &redrives(&format!(r#"{{ "from": "dlq", "at": "{at}", "rate": "1/s" {max} }}"#)),
        )
    };
    let scenario = scenario_at("61500ms", "");
    let story = Story::of(&scenario);
    let expired = |remark: &&Remark| matches!(remark.what, Circumstance::MessageExpired { .. });
    assert_eq!(story.remarks.iter().filter(expired).count(), 1);
    let report = summary(&scenario).redrives.expect("there is a redrive");
    assert_eq!((report.expired, report.sent_again), (1, 2));
    assert_eq!(
        (report.originals.lost, report.originals.lost_by_expiry, report.originals.recovered),
        (1, 1, 2)
    );
    // All of them are gone at 64 s, and at the end of a run that lasts as long.
    let report = summary(&scenario_at("64s", "")).redrives.expect("there is a redrive");
    assert_eq!((report.expired, report.sent_again, report.originals.lost), (3, 0, 3));
    // At the end nobody has taken the two that are left, which are younger.
    let report = summary(&scenario_at("50s", r#", "max_messages": 1"#)).redrives.expect("there is a redrive");
    assert_eq!((report.waiting, report.originals.held, report.originals.recovered), (2, 2, 1));
}

#[test]
fn a_run_that_ends_first_leaves_messages_and_events_where_they_are() {
    let more = redrives(r#"{ "from": "dlq", "at": "60s", "rate": "1/s" }"#) + r#", "end": "61500ms""#;
    let scenario = scenario(OUTAGE, "", &more);
    let report = summary(&scenario).redrives.expect("there is a redrive");
    // Sent at 60 s and ended at 61 s; sent at 61 s and cut off; not sent.
    assert_eq!((report.originals.recovered, report.originals.in_flight, report.originals.held), (1, 1, 1));
    assert!(report.holds);
}

/// What `explain` tells of the event with this number.
fn told(scenario: &Scenario, event: u64) -> String {
    let mut lives = Lives::of([EventId(event)]);
    simulate(scenario, &mut lives);
    narrate(lives.get(EventId(event)).expect("it was lived"), scenario)
}

#[test]
fn an_explanation_tells_of_redrives_and_changes_during_the_life() {
    let more = r#""redrives": [ { "from": "dlq", "at": "60s", "rate": "2/s" } ],
        "changes": [ { "at": "500ms", "because": "too slow", "set": { "functions.f.Timeout": 9, "functions.g.Timeout": 5 } } ],
        "imperfections": { "poller_read_rate": "1/s" }"#;
    let scenario = scenario(OUTAGE, "", more);
    let text = told(&scenario, 5);
    assert!(text.contains("it carries the payload of event 2"), "{text}");
    assert!(text.contains("sent again from what event 2 left in a queue, after 1 redrive"), "{text}");
    assert!(text.contains("due, but others are read first: 500ms later"), "{text}");
    assert!(!text.contains("configuration changes"), "{text}");
    let text = told(&scenario, 1);
    assert!(text.contains("configuration changes: functions.f.Timeout: 3 -> 9"), "{text}");
    assert!(text.contains("too slow") && !text.contains("functions.g.Timeout"), "{text}");
}

/// A storm: dead letters that are sent too fast are throttled, grow old and come back.
#[test]
fn a_redrive_at_too_high_a_rate_fills_the_queue_again() {
    let text = |rate: &str| {
        format!(
            r#"{{ "version": 1, "profile": "documented", "arrivals_end": "200s",
            "functions": {{ "f": {{ "ReservedConcurrentExecutions": 1, "duration": "1s",
                "failures": [ {{ "exception": {{ "during": ["0s", "200s"] }} }} ],
                "EventInvokeConfig": {{ "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60 }},
                "DeadLetterConfig": {{ "TargetArn": "dlq" }} }} }},
            "destinations": {{ "dlq": {{ "sqs": {{}} }} }},
            "sources": {{ "s": {{ "to": "f", "arrivals": {{ "constant": {{ "every": "2s" }} }} }} }},
            "redrives": [ {{ "from": "dlq", "at": "300s", "rate": "{rate}" }} ] }}"#
        )
    };
    let after = |rate: &str| summary(&load(&text(rate)).scenario).redrives.expect("a redrive").originals;
    let (storm, patience) = (after("100/s"), after("1/s"));
    assert_eq!((patience.recovered, patience.held), (100, 0));
    // All come back at the same instants, 0, 1, 3, 7, 15 and 31 seconds after they were sent: six find the one slot.
    assert_eq!((storm.recovered, storm.held), (6, 94), "{storm:?}");
}

/// Random scenarios whose queue is redriven once or twice, with routes that fail, and ends at any time.
fn scenarios() -> impl Strategy<Value = String> {
    let choices = (0u8..3, 60u32..300, 1u32..5, 1u32..20, 0u32..100, any::<u64>(), 0u32..4, 60u32..200);
    choices.prop_map(|(retries, age, reserved, rate, failing, seed, shape, retention)| {
        let seed = seed >> 1;
        let end = if shape % 2 == 0 { r#""drained""# } else { r#""170s""# };
        let target = if shape < 2 { "records" } else { "next" };
        format!(
            r#"{{ "version": 1, "seed": {seed}, "arrivals_end": "1m", "end": {end},
            "functions": {{ "f": {{ "ReservedConcurrentExecutions": {reserved}, "Timeout": 3,
                "EventInvokeConfig": {{ "MaximumRetryAttempts": {retries}, "MaximumEventAgeInSeconds": {age},
                    "DestinationConfig": {{ "OnFailure": {{ "Destination": "{target}" }} }} }},
                "DeadLetterConfig": {{ "TargetArn": "dlq" }},
                "duration": {{ "exponential": {{ "mean": "300ms" }} }},
                "failures": [ {{ "exception": {{ "probability": 0.{failing:02} }} }}, {{ "poison": {{ "probability": 0.1 }} }} ] }},
                "g": {{ "duration": "1s" }} }},
            "destinations": {{
                "dlq": {{ "sqs": {{ "MessageRetentionPeriod": {retention}, "failures": [ {{ "permission": {{ "probability": 0.2 }} }} ] }} }},
                "records": {{ "sqs": {{ "failures": [ {{ "permission": {{ "probability": 0.5 }} }} ] }} }},
                "next": {{ "lambda": {{ "FunctionName": "g" }} }} }},
            "sources": {{ "a": {{ "to": "f", "arrivals": {{ "poisson": {{ "rate": "{rate}/s" }} }} }} }},
            "redrives": [ {{ "from": "dlq", "at": "40s", "rate": "10/s" }}, {{ "from": "dlq", "at": "42s", "rate": "7/s", "max_messages": 40 }},
                          {{ "from": "dlq", "at": "150s", "rate": "50/s" }} ] }}"#
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Goal: no payload vanishes or is counted twice, over all generations. Method: random scenarios; the model's own
    /// books at every few steps, those of the redrives at the end, and each against what the queue was sent.
    #[test]
    fn payloads_are_conserved_over_all_generations(text in scenarios()) {
        let loaded = load(&text);
        let mut observer = (Ledger::default(), (Story::default(), Summary::new(&loaded.scenario)));
        let mut simulation = Simulation::new(&loaded.scenario, 0);
        let end = loop {
            let ended = simulation.advance(&mut observer, 50);
            prop_assert_eq!(observer.0.check(simulation.in_flight()), Ok(()));
            if let Some(end) = ended {
                break end;
            }
        };
        let (story, summary) = observer.1;
        let ending = Ending { end: end.name(), at: simulation.now(), fingerprint: 0 };
        let report = summary.into_report(&loaded.scenario, ending).redrives.expect("there are redrives");
        prop_assert!(report.holds, "{:?}", report);
        let originals = story.births.iter().filter(|birth| birth.2 == 0).count() as u64;
        prop_assert_eq!(report.originals.accepted, originals);
        let delivered = |trail: &&Trail| trail.route(Route::DeadLetterQueue) == RouteResult::Delivered;
        prop_assert_eq!(report.stored, story.trails.0.values().filter(delivered).count() as u64);
        if end == RunEnd::Drained {
            prop_assert_eq!(report.originals.in_flight, 0);
        }
    }
}
