//! Before acceptance, and the queue's imperfections: who is refused, who comes again, and what is counted apart.

use crate::support::load;
use std::collections::BTreeMap;
use thirdtry::export::{Kind, RunFolder, export};
use thirdtry::id::EventId;
use thirdtry::model::observation::{Fact, Fate, Observation, Observer, Refusal};
use thirdtry::observe::metrics::{Datapoint, Metric, Metrics, Reading, Scope};
use thirdtry::observe::summary::{Counts, Ending, Summary};
use thirdtry::simulate::Simulation;
use thirdtry::time::SimDuration;

/// What was seen of one event.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    number: u64,
    duplicate_of: Option<u64>,
    request: String,
    /// When each offer was refused, in milliseconds.
    refused: Vec<u64>,
    refusals: Vec<Refusal>,
    accepted: Option<u64>,
    given_up: bool,
    /// When each attempt was dispatched, in milliseconds.
    dispatched: Vec<u64>,
    runs: Vec<SimDuration>,
    fate: Option<Fate>,
    lost: bool,
}

#[derive(Debug, Default)]
struct Watch(BTreeMap<EventId, Seen>);

impl Observer for Watch {
    fn observe(&mut self, fact: &Fact<'_>) {
        let event = fact.event;
        let seen = self.0.entry(event.id()).or_default();
        seen.number = event.number();
        seen.duplicate_of = event.duplicate_of().map(|id| id.0);
        seen.request = event.request_id().to_string();
        seen.lost = event.is_lost();
        let now = fact.at.as_millis();
        match fact.what {
            Observation::OfferRefused(offer) => {
                assert_eq!(offer.number as usize, seen.refused.len() + 1);
                seen.refused.push(now);
                seen.refusals.push(offer.refusal);
                seen.given_up = offer.next.is_none();
            }
            Observation::Accepted | Observation::Called => seen.accepted = Some(now),
            Observation::AttemptEnded(attempt) => {
                seen.dispatched.push(attempt.dispatched.as_millis());
                seen.runs.extend(attempt.run.map(|run| run.duration));
            }
            Observation::Settled { fate, .. } => seen.fate = Some(fate),
            _ => {}
        }
    }
}

fn run(text: &str) -> (Vec<Seen>, Counts, Vec<Datapoint>) {
    let loaded = load(text);
    let summary = Summary::new(&loaded.scenario);
    let mut observer = (Watch::default(), Metrics::new(&loaded.scenario, Vec::new()), summary);
    let mut simulation = Simulation::new(&loaded.scenario, 0);
    simulation.advance(&mut observer, u64::MAX).expect("the run ends");
    let (watch, metrics, summary) = observer;
    let ending = Ending { end: "drained", at: simulation.now(), fingerprint: 0 };
    let counts = summary.into_report(&loaded.scenario, ending).counts;
    assert!(counts.conservation.holds);
    (watch.0.into_values().collect(), counts, metrics.finish(simulation.now()))
}

/// The sum of a counting metric of the Region over all minutes.
fn sum(points: &[Datapoint], metric: Metric) -> u64 {
    let of_region = points.iter().filter(|point| point.metric == metric && point.scope == Scope::Region);
    let counts = of_region.map(|point| match point.reading {
        Reading::Samples(samples) => u64::try_from(samples.sum).expect("few"),
        Reading::Maximum(level) => level,
    });
    counts.sum()
}

/// One source `s` with these settings that sends to `f`, whose runs take 100 ms.
fn scenario(source: &str, more: &str) -> String {
    format!(
        r#"{{ "version": 1, "profile": "documented", "functions": {{ "f": {{ "duration": "100ms" }} }}, {more}
            "sources": {{ "s": {{ "to": "f", {source} }} }} }}"#
    )
}

const SHUT: &str = r#""faults": [{ "front_door": { "status": 503 } }],"#;
const SHUT_FOR_10_S: &str = r#""faults": [{ "front_door": { "during": ["0s", "10s"] } }],"#;
const ONCE: &str = r#""arrivals": { "times": ["0s"] }"#;

/// A direct caller makes three calls, after waits of 1 and 2 seconds, and gives up: Lambda never had the event.
#[test]
fn what_is_never_accepted_is_no_event_to_lambda() {
    let (seen, counts, points) = run(&scenario(ONCE, SHUT));
    assert_eq!(seen[0].refused, [0, 1_000, 3_000]);
    assert_eq!(seen[0].refusals, [Refusal::SystemError { status: 503 }; 3]);
    assert!(seen[0].given_up && seen[0].accepted.is_none() && seen[0].fate.is_none() && !seen[0].lost);
    assert_eq!((counts.accepted, counts.lost.total), (0, 0));
    assert_eq!((counts.offers.offered, counts.offers.never_accepted), (1, 1));
    assert_eq!(counts.offers.first_given_up_ns, Some(3_000_000_000));
    assert!(points.is_empty(), "no metric tells of it");
}

/// Each kind of caller comes again in its own way until the door opens at 10 s.
#[test]
fn each_caller_comes_again_as_its_kind_does() {
    let cases: [(&str, &[u64]); 4] = [
        (r#""client_retry": { "max_attempts": 9 },"#, &[0, 1_000, 3_000, 7_000]),
        // At once three times, twice after a second, then 1, 1.395, 1.946, 2.714 s …
        (r#""sns": {},"#, &[0, 0, 0, 0, 1_000, 2_000, 3_000, 4_395, 6_341, 9_055]),
        (r#""eventbridge": {},"#, &[0, 1_000, 3_000, 7_000]),
        (r#""s3": {},"#, &[0, 1_000, 3_000, 7_000]),
    ];
    for (kind, refused) in cases {
        let (seen, counts, points) = run(&scenario(&format!("{kind} {ONCE}"), SHUT_FOR_10_S));
        assert_eq!(seen[0].refused, refused, "{kind}");
        assert!(seen[0].accepted.is_some_and(|at| at >= 10_000), "{kind}");
        assert_eq!(seen[0].dispatched, [seen[0].accepted.unwrap()], "its age counts from acceptance");
        assert_eq!((counts.offers.accepted_later, counts.offers.never_accepted), (1, 0), "{kind}");
        assert_eq!(sum(&points, Metric::AsyncEventsReceived), 1, "{kind}");
    }
    let none = r#""eventbridge": { "RetryPolicy": { "MaximumRetryAttempts": 0 } },"#;
    assert!(run(&scenario(&format!("{none} {ONCE}"), SHUT_FOR_10_S)).0[0].given_up);
    let short = r#""s3": { "max_age": "5s" },"#;
    assert!(run(&scenario(&format!("{short} {ONCE}"), SHUT_FOR_10_S)).0[0].given_up);
}

/// Three slots are good for 30 requests a second: of 40 direct events at once 10 are refused, and accepted a second
/// later. A topic meets no such limit.
#[test]
fn programs_meet_the_request_rate_and_services_do_not() {
    let account = r#""account": { "concurrency": 3, "unreserved_minimum": 0 }, "end": "5s","#;
    let burst = vec![r#""0s""#; 40].join(", ");
    let arrivals = format!(r#""arrivals": {{ "times": [{burst}] }}"#);
    let (seen, counts, _) = run(&scenario(&arrivals, account));
    let refused = seen.iter().filter(|event| !event.refused.is_empty());
    assert!(refused.clone().all(|event| event.refusals == [Refusal::CallerRateLimitExceeded]));
    assert!(refused.clone().all(|event| event.accepted == Some(1_000)));
    assert_eq!((refused.count(), counts.offers.accepted_later, counts.accepted), (10, 10, 40));
    let (seen, _, _) = run(&scenario(&format!(r#""sns": {{}}, {arrivals}"#), account));
    assert!(seen.iter().all(|event| event.refused.is_empty()));
    let unlimited = account.replace(r#""unreserved"#, r#""requests_per_concurrency": 0, "unreserved"#);
    let (seen, _, _) = run(&scenario(&arrivals, &unlimited));
    assert!(seen.iter().all(|event| event.refused.is_empty()));
}

/// A run that ends while callers wait: neither accepted nor given up.
#[test]
fn what_is_still_offered_at_the_end_is_counted_as_such() {
    let more = format!(r#"{SHUT} "end": "2s","#);
    let (_, counts, _) = run(&scenario(r#""arrivals": { "times": ["0s", "1s"] }"#, &more));
    let offers = counts.offers;
    assert_eq!((offers.offered, offers.being_offered, offers.never_accepted), (2, 2, 0));
    assert_eq!((counts.accepted, counts.in_flight), (0, 0));
}

/// A synchronous caller whose SDK retries makes each throttled call again: a storm of its own.
#[test]
fn a_synchronous_caller_may_repeat_throttled_calls() {
    let one_slot =
        r#""functions": { "f": { "ReservedConcurrentExecutions": 1, "Timeout": 60, "duration": "5s" } }"#;
    let text = |retry: &str| {
        format!(
            r#"{{ "version": 1, "profile": "documented", {one_slot}, "sources": {{ "s": {{ "to": "f", "invocation": "sync", {retry}
                "arrivals": {{ "times": ["0s", "0s"] }} }} }} }}"#
        )
    };
    let (seen, counts, points) = run(&text(""));
    assert_eq!(seen[1].dispatched, [0]);
    assert_eq!((counts.sync_calls.retried, counts.sync_calls.throttled), (0, 1));
    assert_eq!(sum(&points, Metric::Throttles), 1);
    let (seen, counts, points) = run(&text(r#""client_retry": {},"#));
    assert_eq!(seen[1].dispatched, [0, 1_000, 3_000]);
    assert_eq!((counts.sync_calls.made, counts.sync_calls.retried, counts.sync_calls.throttled), (2, 2, 1));
    assert_eq!(sum(&points, Metric::Throttles), 3);
    let (seen, counts, _) = run(&text(r#""client_retry": { "max_attempts": 4 },"#));
    assert_eq!(seen[1].dispatched, [0, 1_000, 3_000, 7_000]);
    assert_eq!((counts.sync_calls.succeeded, counts.sync_calls.throttled), (2, 0));
}

/// A record for a Lambda destination whose front door is shut is gone; a topic offers its message again.
#[test]
fn outcomes_meet_the_front_door_as_well() {
    let text = |destination: &str| {
        format!(
            r#"{{ "version": 1, "profile": "documented", "functions": {{ "a": {{ "duration": "1s", "EventInvokeConfig": {{
                "DestinationConfig": {{ "OnSuccess": {{ "Destination": "next" }} }} }} }}, "b": {{ "duration": "1s" }} }},
            "destinations": {{ "next": {{ {destination} }} }},
            "faults": [{{ "front_door": {{ "function": "b", "during": ["0s", "4s"] }} }}],
            "sources": {{ "s": {{ "to": "a", "arrivals": {{ "times": ["0s"] }} }} }} }}"#
        )
    };
    let (seen, counts, _) = run(&text(r#""lambda": { "FunctionName": "b" }"#));
    assert_eq!((seen.len(), counts.routes[0].delivery_failed), (1, 1));
    assert_eq!(counts.routes[0].failures["throttled"], 1);
    let (seen, counts, _) = run(&text(r#""sns": { "subscribers": ["b"] }"#));
    assert_eq!((seen.len(), counts.routes[0].delivered), (2, 1));
    assert_eq!(seen[1].refused, [1_000, 1_000, 1_000, 1_000, 2_000, 3_000]);
    assert_eq!(seen[1].accepted, Some(4_000));
}

const RANDOM: &str = r#""max_events": 400, "arrivals": { "poisson": { "rate": "10/s" } }"#;

/// Every event of source `s` without imperfections, with duplicates, and with losses.
#[test]
fn imperfections_move_no_draw_and_are_counted_apart() {
    let text = |imperfections: &str| {
        let law = r#""duration": { "exponential": { "mean": "500ms" } },
            "failures": [{ "poison": { "probability": 0.1 } }]"#;
        scenario(RANDOM, &format!(r#""imperfections": {{ {imperfections} }},"#))
            .replace(r#""duration": "100ms""#, law)
    };
    let (base, counts, _) = run(&text(""));
    assert_eq!((counts.duplicates.delivered, base.len()), (0, 400));
    let by_number = |seen: &[Seen]| -> BTreeMap<u64, Seen> {
        let events = seen.iter().filter(|event| event.duplicate_of.is_none());
        events.map(|event| (event.number, event.clone())).collect()
    };
    let base = by_number(&base);

    let (twice, counts, points) = run(&text(r#""duplicate_probability": 0.25"#));
    let duplicates: Vec<&Seen> = twice.iter().filter(|event| event.duplicate_of.is_some()).collect();
    assert!((70..130).contains(&duplicates.len()), "{} of 400", duplicates.len());
    assert_eq!(counts.duplicates.delivered, duplicates.len() as u64);
    assert_eq!((counts.accepted, counts.conservation.settled), (400, 400));
    assert_eq!(by_number(&twice), base, "the events themselves go as before");
    for duplicate in &duplicates {
        let original = &base[&duplicate.number];
        assert_eq!(duplicate.request, original.request);
        assert!(duplicate.runs.first() != original.runs.first(), "its durations are its own");
        // A poison event is poison in each delivery.
        assert_eq!(duplicate.runs.len(), original.runs.len());
    }
    assert_eq!(sum(&points, Metric::AsyncEventsReceived), 400);
    let runs: usize = twice.iter().map(|event| event.runs.len()).sum();
    assert_eq!(sum(&points, Metric::Invocations), runs as u64);

    let (gone, counts, points) = run(&text(r#""loss_probability": 0.25"#));
    let vanished = gone.iter().filter(|event| event.fate == Some(Fate::Vanished));
    assert!(vanished.clone().all(|event| event.lost && event.dispatched.is_empty()));
    let vanished = vanished.count() as u64;
    assert!((70..130).contains(&vanished), "{vanished} of 400");
    assert_eq!(counts.lost.by_fate["vanished"], vanished);
    assert_eq!(counts.lost.total, counts.lost.without_route + vanished);
    // Received = succeeded + dropped + silently lost.
    let dropped = sum(&points, Metric::AsyncEventsDropped);
    let succeeded = counts.fates["succeeded"].as_u64().expect("a count");
    assert_eq!(sum(&points, Metric::AsyncEventsReceived), succeeded + dropped + vanished);
    for (number, event) in by_number(&gone) {
        assert!(event.fate == Some(Fate::Vanished) || event == base[&number], "event {number}");
    }
}

/// Traces are of requests that Lambda accepted, and calls made again are requests of their own.
#[test]
fn exports_leave_out_what_lambda_never_had() {
    use crate::support::{record, temporary_folder};
    let text = format!(
        r#"{{ "version": 1, "functions": {{ "f": {{}} }}, "imperfections": {{ "duplicate_probability": 1 }},
            "faults": [{{ "front_door": {{ "during": ["1s", "20s"] }} }}],
            "sources": {{ "s": {{ "to": "f", {RANDOM} }}, "c": {{ "to": "f", "invocation": "sync", "client_retry": {{}}, {RANDOM} }} }} }}"#
    );
    let folder = temporary_folder("offers-export");
    record(&load(&text), &folder, thirdtry::record::Files::ALL);
    let events = std::fs::read_to_string(folder.join("events.csv")).expect("the run wrote it");
    assert!(events.contains(",never_accepted,"));
    let run = RunFolder::open(&folder).expect("a finished run");
    let out = export(&run, Kind::XRay, &temporary_folder("offers-exported")).expect("it can be exported");
    let answer = std::fs::read_to_string(out.join("batch-get-traces.json")).expect("just written");
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    let traces = answer["Traces"].as_array().expect("a list");
    let ids: std::collections::BTreeSet<&str> =
        traces.iter().filter_map(|trace| trace["Id"].as_str()).collect();
    assert!(traces.len() > 20 && ids.len() == traces.len(), "{} traces, {} ids", traces.len(), ids.len());
}
