//! The promises: deterministic, common random numbers per event, conservation, a documented order among
//! simultaneous events.

use crate::support::{Trail, Trails, load};
use proptest::prelude::*;
use std::collections::BTreeMap;
use thirdtry::id::EventId;
use thirdtry::model::observation::{Fact, Fate, Observation, Observer};
use thirdtry::observe::fingerprint::Fingerprint;
use thirdtry::observe::ledger::Ledger;
use thirdtry::scenario::InvocationType;
use thirdtry::simulate::{RunEnd, Simulation, simulate};

/// A scenario in which everything happens: failures of every kind, throttles, 5xx, both routes, a dead-letter queue,
/// a chained function. `function` replaces settings of `ship`; `more` adds sources.
fn busy(config: &str, reserved: &str, more: &str) -> String {
    format!(
        r#"{{ "version": 1, "seed": 7, "arrivals_end": "20m",
        "functions": {{
            "ship": {{ {reserved} "Timeout": 5, "init": "0s",
                "EventInvokeConfig": {{ {config} }}, "DeadLetterConfig": {{ "TargetArn": "dlq" }},
                "duration": {{ "lognormal": {{ "median": "400ms", "p99": "3s" }} }},
                "failures": [ {{ "poison": {{ "probability": 0.02 }} }}, {{ "exception": {{ "probability": 0.2 }} }},
                              {{ "caught": {{ "probability": 0.05 }} }}, {{ "timeout": {{ "probability": 0.01 }} }} ] }},
            "tell": {{ "duration": "50ms" }} }},
        "destinations": {{ "dlq": {{ "sqs": {{ "failures": [ {{ "permission": {{ "probability": 0.3 }} }} ] }} }},
                          "next": {{ "lambda": {{ "FunctionName": "tell" }} }} }},
        "faults": [ {{ "system_error": {{ "probability": 0.05 }} }} ],
        "sources": {{ "orders": {{ "to": "ship", "arrivals": {{ "poisson": {{ "rate": "4/s" }} }} }} {more} }} }}"#
    )
}

fn trails(text: &str) -> Trails {
    let mut trails = Trails::default();
    simulate(&load(text).scenario, &mut trails);
    trails
}

/// The trails of the events of source `orders`, by their number within it.
fn by_number(text: &str) -> BTreeMap<u64, Trail> {
    let scenario = load(text).scenario;
    let orders = scenario.sources.iter().position(|source| source.name == "orders").expect("the source");
    let mut trails = Trails::default();
    simulate(&scenario, &mut trails);
    let meant = |trail: &Trail| trail.source == orders && trail.first_of_chain;
    trails.0.into_values().filter(meant).map(|trail| (trail.number, trail)).collect()
}

const ON_SUCCESS: &str = r#""DestinationConfig": { "OnSuccess": { "Destination": "next" } }"#;

/// Goal: retries, ages, limits and routes move no draw. Method: the same source under very different settings; each
/// event arrives at the same instant, and its k-th run, where both have one, has the same length and outcome. (Without
/// inits: whether a run finds a warm environment depends on what ran before, and settings may well change that.)
#[test]
fn settings_move_no_draw_of_any_event() {
    let base = by_number(&busy(r#""MaximumRetryAttempts": 2"#, "", ""));
    let variants = [
        busy(r#""MaximumRetryAttempts": 0"#, "", ""),
        busy(r#""MaximumEventAgeInSeconds": 60"#, "", ""),
        busy("", r#""ReservedConcurrentExecutions": 2,"#, ""),
        busy(ON_SUCCESS, "", ""),
        busy("", "", r#", "late": { "to": "tell", "arrivals": { "constant": { "rate": "3/s" } } }"#),
        busy(
            "",
            "",
            r#", "early": { "to": "ship", "invocation": "sync", "arrivals": { "poisson": { "rate": "1/s" } } }"#,
        ),
    ];
    for variant in variants {
        let other = by_number(&variant);
        assert_eq!(base.len(), other.len());
        let mut compared = 0;
        for (number, ours) in &base {
            let theirs = &other[number];
            assert_eq!(ours.accepted, theirs.accepted, "event {number} arrives at another time");
            for (run, (ours, theirs)) in ours.runs_made.iter().zip(&theirs.runs_made).enumerate() {
                assert_eq!(ours, theirs, "run {} of event {number} goes another way", run + 1);
                compared += 1;
            }
        }
        assert!(compared > 4_000, "only {compared} runs compared");
    }
}

/// Another seed is another run.
#[test]
fn the_seed_moves_everything() {
    let one = by_number(&busy("", "", ""));
    let two = by_number(&busy("", "", "").replace(r#""seed": 7"#, r#""seed": 8"#));
    assert!(one[&1].accepted != two[&1].accepted && one[&2].accepted != two[&2].accepted);
}

#[test]
fn the_same_scenario_has_the_same_fingerprint_however_it_is_stepped() {
    let loaded = load(&busy(ON_SUCCESS, "", ""));
    let mut whole = Fingerprint::new();
    assert_eq!(simulate(&loaded.scenario, &mut whole), RunEnd::Drained);
    let mut stepped = Fingerprint::new();
    let mut simulation = Simulation::new(&loaded.scenario, 0);
    while simulation.advance(&mut stepped, 7).is_none() {}
    assert_eq!(whole.value(), stepped.value());
    let mut other = Fingerprint::new();
    let mut second_replication = Simulation::new(&loaded.scenario, 1);
    while second_replication.advance(&mut other, u64::MAX).is_none() {}
    assert_ne!(whole.value(), other.value());
}

/// A run gives its slot back before a dispatch at the same instant asks for one, and dispatches at the same instant
/// are served in order of acceptance.
#[test]
fn simultaneous_events_happen_in_the_documented_order() {
    let text = r#"{ "version": 1, "profile": "documented",
        "functions": { "f": { "ReservedConcurrentExecutions": 1, "duration": "1s" } },
        "sources": { "b": { "to": "f", "arrivals": { "times": ["0s", "1s", "1s"] } },
                     "a": { "to": "f", "arrivals": { "times": ["2s"] } } } }"#;
    let trails: Vec<Trail> = trails(text).0.into_values().collect();
    let dispatches =
        |event: usize| -> Vec<u64> { trails[event].dispatches.iter().map(|at| at.as_millis()).collect() };
    assert_eq!(dispatches(0), [0]);
    // Event 2 takes the slot that event 1 gives back at the same instant; event 3 finds it taken and waits a second.
    assert_eq!(dispatches(1), [1_000]);
    // At 2 s the slot is free again; event 3 was accepted before event 4.
    assert_eq!(dispatches(2), [1_000, 2_000]);
    assert_eq!(dispatches(3), [2_000, 3_000]);
}

/// Among arrivals at the same instant the source's name decides.
#[test]
fn simultaneous_arrivals_are_numbered_by_source_name() {
    let text = r#"{ "version": 1, "functions": { "f": {} },
        "sources": { "z": { "to": "f", "arrivals": { "times": ["5s"] } },
                     "a": { "to": "f", "arrivals": { "times": ["5s"] } } } }"#;
    let sources: Vec<usize> = trails(text).0.into_values().map(|trail| trail.source).collect();
    assert_eq!(sources, [0, 1]);
}

#[test]
fn a_run_with_an_end_covers_a_half_open_interval() {
    let text = r#"{ "version": 1, "profile": "documented", "end": "10s", "functions": { "f": { "duration": "5s", "Timeout": 9 } },
        "sources": { "s": { "to": "f", "arrivals": { "times": ["0s", "5s", "9s", "10s"] } } } }"#;
    let loaded = load(text);
    let mut observer = (Ledger::default(), CutOff::default());
    assert_eq!(simulate(&loaded.scenario, &mut observer), RunEnd::HorizonReached);
    // The event at 10 s does not arrive, and the run that would end at 10 s does not end.
    assert_eq!(observer.0.accepted(), 3);
    assert_eq!(observer.0.settled(Fate::Succeeded), 1);
    assert_eq!(observer.1.0, [EventId(2), EventId(3)]);
}

/// The events that the end of the run found unfinished.
#[derive(Debug, Default)]
struct CutOff(Vec<EventId>);

impl Observer for CutOff {
    fn observe(&mut self, fact: &Fact<'_>) {
        if fact.what == Observation::CutOff {
            self.0.push(fact.event.id());
        }
    }
}

/// Holds every fact against what may follow what.
#[derive(Debug, Default)]
struct Grammar(BTreeMap<EventId, &'static str>);

impl Observer for Grammar {
    fn observe(&mut self, fact: &Fact<'_>) {
        let before = self.0.get(&fact.event.id()).copied().unwrap_or("nothing");
        let (allowed, after): (&[&str], &str) = match fact.what {
            Observation::OfferRefused(offer) if offer.next.is_none() => (&["nothing", "offered"], "given up"),
            Observation::OfferRefused(_) => (&["nothing", "offered"], "offered"),
            Observation::Accepted => (&["nothing", "offered"], "waiting"),
            Observation::Duplicated => (&["nothing"], "waiting"),
            Observation::Called => (&["nothing"], "calling"),
            Observation::RunStarted { .. } => (&["waiting", "calling"], "running"),
            Observation::CallStarted { .. } => (&["running"], "waiting for a dependency"),
            Observation::CallEnded(_) => (&["waiting for a dependency"], "running"),
            Observation::AttemptEnded(attempt) if attempt.run.is_some() => (&["running"], "waiting"),
            Observation::AttemptEnded(_) => (&["waiting", "calling"], "waiting"),
            Observation::Settled { .. } => (&["waiting"], "settled"),
            Observation::DeliveryStarted { .. } | Observation::DeliveryEnded { .. } => {
                (&["settled"], "settled")
            }
            Observation::Closed => (&["settled", "waiting", "given up"], "closed"),
            Observation::CutOff => {
                (&["waiting", "running", "waiting for a dependency", "settled", "offered"], "closed")
            }
        };
        assert!(allowed.contains(&before), "{:?} after {before} for event {}", fact.what, fact.event.id().0);
        self.0.insert(fact.event.id(), after);
    }
}

/// Random small scenarios, from idle to hopeless.
fn scenarios() -> impl Strategy<Value = String> {
    let choices =
        (0u8..3, 60u32..600, 0u32..6, 1u32..40, 0u32..100, any::<u64>(), any::<bool>(), 0u32..2_000);
    choices.prop_map(|(retries, age, reserved, rate, failing, seed, sync, end)| {
        let seed = seed >> 1;
        let invocation = if sync { "sync" } else { "async" };
        let end = if end < 1_000 { r#""drained""#.to_owned() } else { format!(r#""{}ms""#, end * 50) };
        format!(
            r#"{{ "version": 1, "seed": {seed}, "arrivals_end": "1m", "end": {end},
            "functions": {{ "f": {{ "ReservedConcurrentExecutions": {reserved}, "Timeout": 3,
                "EventInvokeConfig": {{ "MaximumRetryAttempts": {retries}, "MaximumEventAgeInSeconds": {age},
                    "DestinationConfig": {{ "OnFailure": {{ "Destination": "q" }}, "OnSuccess": {{ "Destination": "next" }} }} }},
                "DeadLetterConfig": {{ "TargetArn": "q" }},
                "duration": {{ "exponential": {{ "mean": "900ms" }} }},
                "failures": [ {{ "exception": {{ "probability": 0.{failing:02} }} }} ] }},
                "g": {{ "duration": "1s", "calls": [ {{ "dependency": "db", "timeout": "700ms", "caught": true }},
                    {{ "dependency": "db" }} ] }} }},
            "dependencies": {{ "db": {{ "capacity": 3, "service_time": {{ "exponential": {{ "mean": "200ms" }} }},
                "contention": 1.5, "max_waiting": {reserved}, "outages": [ {{ "probability": 0.05, "fail_after": "1s" }} ],
                "brownouts": [ {{ "during": ["10s", "20s"], "slower": 3, "capacity": 0 }} ] }} }},
            "destinations": {{ "q": {{ "sqs": {{ "failures": [ {{ "throttled": {{ "probability": 0.3 }} }} ] }} }},
                "next": {{ "lambda": {{ "FunctionName": "g" }} }} }},
            "faults": [ {{ "throttle": {{ "probability": 0.1 }} }}, {{ "system_error": {{ "probability": 0.1 }} }} ],
            "sources": {{ "a": {{ "to": "f", "arrivals": {{ "poisson": {{ "rate": "{rate}/s" }} }} }},
                         "b": {{ "to": "g", "invocation": "{invocation}", "arrivals": {{ "constant": {{ "every": "250ms" }} }} }} }} }}"#
        )
    })
}

/// The same with all that happens around Lambda's queue: an account so small that callers meet its request rate, a
/// front door that fails, a queue that repeats and loses, fan-out, and a loop that Lambda stops.
fn troubled() -> impl Strategy<Value = String> {
    let kinds = prop_oneof![
        Just(r#""direct": {}, "to": ["f", "h"]"#),
        Just(r#""sns": {}, "to": ["f", "g", "h"]"#),
        Just(r#""s3": { "max_age": "20s" }, "to": "f""#),
        Just(r#""eventbridge": { "RetryPolicy": { "MaximumRetryAttempts": 3 } }, "to": "f""#),
    ];
    // Each duplicate in the loop makes another chain, so that many of them would make too many events.
    let choices = (scenarios(), kinds, 0u32..100, 0u32..8, 0u32..100, 1u32..4);
    choices.prop_map(|(text, kind, refused, repeated, lost, concurrency)| {
        text.replacen(r#""to": "f""#, kind, 1)
            .replace(
                r#""version": 1,"#,
                &format!(
                    r#""version": 1, "account": {{ "concurrency": {}, "unreserved_minimum": 0 }},
                    "imperfections": {{ "duplicate_probability": 0.{repeated:02}, "loss_probability": 0.{lost:02} }},"#,
                    concurrency + 5
                ),
            )
            .replace(
                r#""faults": ["#,
                &format!(r#""faults": [ {{ "front_door": {{ "probability": 0.{refused:02}, "during": ["5s", "40s"] }} }},"#),
            )
            .replace(r#""invocation": "sync","#, r#""invocation": "sync", "client_retry": {},"#)
            .replace(
                r#""functions": {"#,
                r#""functions": { "h": { "duration": "10ms",
                    "EventInvokeConfig": { "DestinationConfig": { "OnSuccess": { "Destination": "topic" } } } },"#,
            )
            .replace(r#""next": {"#, r#""topic": { "sns": { "subscribers": ["h"] } }, "next": {"#)
    })
}

/// Runs `text` and checks the books after every few steps, and every fact against what may follow what.
fn check_books(text: &str) -> Result<(), TestCaseError> {
    let loaded = load(text);
    let summary = thirdtry::observe::summary::Summary::new(&loaded.scenario);
    let mut observer = (Ledger::default(), Grammar::default(), summary);
    let mut simulation = Simulation::new(&loaded.scenario, 0);
    loop {
        let ended = simulation.advance(&mut observer, 5);
        prop_assert_eq!(observer.0.check(simulation.in_flight()), Ok(()));
        if ended.is_some() {
            break;
        }
    }
    let drained = simulation.advance(&mut observer, 0) == Some(RunEnd::Drained);
    let (ledger, grammar, summary) = observer;
    if drained {
        prop_assert_eq!((ledger.in_flight(), ledger.being_offered()), (0, 0));
    }
    prop_assert_eq!(simulation.in_flight(), 0);
    prop_assert!(grammar.0.values().all(|state| *state == "closed"));
    let ending = thirdtry::observe::summary::Ending { end: "drained", at: simulation.now(), fingerprint: 0 };
    let counts = summary.into_report(&loaded.scenario, ending).counts;
    prop_assert!(counts.conservation.holds);
    prop_assert_eq!(counts.accepted, ledger.accepted());
    prop_assert_eq!(counts.duplicates.delivered, ledger.duplicates());
    prop_assert_eq!(
        counts.offers.offered,
        ledger.accepted() + ledger.never_accepted() + ledger.being_offered()
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Goal: nothing vanishes and nothing happens twice, at every instant. Method: random scenarios, the books
    /// checked against the model after every few steps, and every fact against what may follow what.
    #[test]
    fn events_are_conserved_at_every_instant(text in scenarios()) {
        check_books(&text)?;
    }

    /// The same with refused offers, duplicates, losses and loops.
    #[test]
    fn events_are_conserved_whatever_happens_around_the_queue(text in troubled()) {
        check_books(&text)?;
    }
}

/// A synchronous call is tried once: its throttles and errors go back to the caller.
#[test]
fn synchronous_calls_are_not_retried() {
    let text = r#"{ "version": 1, "functions": { "f": { "ReservedConcurrentExecutions": 1, "Timeout": 60, "duration": "10s",
            "failures": [ { "exception": { "during": ["20s", "30s"] } } ] } },
        "sources": { "api": { "to": "f", "invocation": "sync", "arrivals": { "times": ["0s", "5s", "25s"] } } } }"#;
    let trails: Vec<Trail> = trails(text).0.into_values().collect();
    assert!(trails.iter().all(|trail| trail.dispatches.len() == 1 && trail.fate.is_none()));
    assert!(trails.iter().all(|trail| trail.invocation == InvocationType::RequestResponse));
    assert_eq!(trails.iter().map(|trail| trail.throttles).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(trails.iter().map(|trail| trail.errors).collect::<Vec<_>>(), [0, 0, 1]);
}
