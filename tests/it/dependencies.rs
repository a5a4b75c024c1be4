//! What functions call: known answers by hand and by theory, and what callers and dependency make of each other.

use crate::support::load;
use std::collections::BTreeMap;
use std::fmt::Write;
use thirdtry::model::dependency::CallOutcome;
use thirdtry::model::observation::{Circumstance, Fact, Fate, Observation, Observer, Remark};
use thirdtry::scenario::builtin;
use thirdtry::scenario::load::{Input, load as load_input};
use thirdtry::simulate::{Simulation, simulate};
use thirdtry::time::{SimDuration, SimTime};

/// One function `f` that calls `db` once, without any latency of Lambda's own, so that all times are round.
fn scenario(function: &str, db: &str, times: &str) -> String {
    format!(
        r#"{{ "version": 1, "profile": "documented",
        "functions": {{ "f": {{ "Timeout": 10, "duration": "1s", "EventInvokeConfig": {{ "MaximumRetryAttempts": 0 }},
            {function} }} }},
        "dependencies": {{ "db": {{ {db} }} }},
        "sources": {{ "s": {{ "to": "f", "arrivals": {{ "times": {times} }} }} }} }}"#
    )
}

const ONE_CALL: &str = r#""calls": [{ "dependency": "db" }]"#;

/// Writes down what concerns dependencies, one line an observation.
#[derive(Default)]
struct Notes(String);

impl Observer for Notes {
    fn observe(&mut self, fact: &Fact<'_>) {
        let (at, event) = (seconds(fact.at), fact.event.id().0);
        let line = match fact.what {
            Observation::CallStarted { position, found, .. } => {
                format!("{event} calls {position}: {} + {}", found.in_service, found.waiting)
            }
            Observation::CallEnded(call) => {
                format!("{event} {}: {} + {}", call.outcome.name(), call.waited, call.served)
            }
            Observation::AttemptEnded(attempt) => {
                let reason = attempt.outcome.reason();
                let outcome = if reason.is_empty() { attempt.outcome.name() } else { reason };
                format!("{event} ends after {}: {outcome}", attempt.run.expect("a run").duration)
            }
            _ => return,
        };
        writeln!(self.0, "{at} {line}").expect("a string takes everything");
    }

    fn remark(&mut self, remark: &Remark) {
        let Circumstance::LoadChanged { load, .. } = remark.what else { return };
        let (at, busy, waiting) = (seconds(remark.at), load.in_service, load.waiting);
        let vain = if load.in_vain > 0 { format!(" ({} in vain)", load.in_vain) } else { String::new() };
        writeln!(self.0, "{at}   db {busy}{vain} + {waiting}").expect("a string takes everything");
    }
}

fn seconds(at: SimTime) -> String {
    format!("{}.{}", at.as_millis() / 1_000, at.as_millis() / 100 % 10)
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let mut notes = Notes::default();
    simulate(&load(text).scenario, &mut notes);
    let expected: Vec<&str> = expected.lines().map(str::trim_start).filter(|line| !line.is_empty()).collect();
    let found: Vec<&str> = notes.0.lines().collect();
    assert_eq!(found, expected, "\n{}", notes.0);
}

/// Goal: the queue is exact. Method: three calls of 4 s on one server, by hand; the run's own second comes after.
#[test]
fn three_calls_on_one_server() {
    check(
        &scenario(ONE_CALL, r#""capacity": 1, "service_time": "4s""#, r#"["0s", "1s", "7s"]"#),
        "0.0 1 calls 0: 0 + 0
         0.0   db 1 + 0
         1.0 2 calls 0: 1 + 0
         1.0   db 1 + 1
         4.0   db 1 + 0
         4.0 1 answered: 0s + 4s
         5.0 1 ends after 5s: success
         7.0 3 calls 0: 1 + 0
         7.0   db 1 + 1
         8.0   db 1 + 0
         8.0 2 answered: 3s + 4s
         9.0 2 ends after 8s: success
         12.0   db 0 + 0
         12.0 3 answered: 1s + 4s
         13.0 3 ends after 6s: success",
    );
}

/// The run ends at its `Timeout`, but its calls do not: the first goes on in service, the second in the queue, and
/// both in vain.
#[test]
fn the_dependency_does_not_notice_that_callers_have_gone() {
    check(
        &scenario(ONE_CALL, r#""capacity": 1, "service_time": "15s""#, r#"["0s", "1s", "20s"]"#),
        "0.0 1 calls 0: 0 + 0
         0.0   db 1 + 0
         1.0 2 calls 0: 1 + 0
         1.0   db 1 + 1
         10.0   db 1 (1 in vain) + 1
         10.0 1 abandoned: 0s + 10s
         10.0 1 ends after 10s: timeout
         11.0 2 abandoned: 10s + 0s
         11.0 2 ends after 10s: timeout
         15.0   db 1 (1 in vain) + 0
         20.0 3 calls 0: 1 + 0
         20.0   db 1 (1 in vain) + 1
         30.0 3 abandoned: 10s + 0s
         30.0 3 ends after 10s: timeout
         30.0   db 1 (1 in vain) + 0
         45.0   db 0 + 0",
    );
}

/// A call's own timeout is a function error unless it is caught; then the run goes on to the next call.
#[test]
fn a_timeout_of_a_call_is_an_error_unless_it_is_caught() {
    let db = r#""capacity": 2, "service_time": "3s""#;
    check(
        &scenario(r#""calls": [{ "dependency": "db", "timeout": "2s" }]"#, db, r#"["0s"]"#),
        "0.0 1 calls 0: 0 + 0
         0.0   db 1 + 0
         2.0   db 1 (1 in vain) + 0
         2.0 1 timed_out: 0s + 2s
         2.0 1 ends after 2s: dependency
         3.0   db 0 + 0",
    );
    let caught =
        r#""calls": [{ "dependency": "db", "timeout": "2s", "caught": true }, { "dependency": "db" }]"#;
    check(
        &scenario(caught, db, r#"["0s"]"#),
        "0.0 1 calls 0: 0 + 0
         0.0   db 1 + 0
         2.0   db 1 (1 in vain) + 0
         2.0 1 timed_out: 0s + 2s
         2.0 1 calls 1: 1 + 0
         2.0   db 2 (1 in vain) + 0
         3.0   db 1 + 0
         5.0   db 0 + 0
         5.0 1 answered: 0s + 3s
         6.0 1 ends after 6s: caught_error",
    );
}

/// An answer at the very end of the caller's patience is in time; a server that is free at that instant is not, for
/// a run that ends then.
#[test]
fn patience_that_ends_with_the_service() {
    let calls = r#""calls": [{ "dependency": "db", "timeout": "4s" }]"#;
    check(
        &scenario(calls, r#""capacity": 1, "service_time": "4s""#, r#"["0s", "0s"]"#),
        "0.0 1 calls 0: 0 + 0
         0.0   db 1 + 0
         0.0 2 calls 0: 1 + 0
         0.0   db 1 + 1
         4.0   db 1 + 0
         4.0 1 answered: 0s + 4s
         4.0   db 1 (1 in vain) + 0
         4.0 2 timed_out: 4s + 0s
         4.0 2 ends after 4s: dependency
         5.0 1 ends after 5s: success
         8.0   db 0 + 0",
    );
    check(
        &scenario(ONE_CALL, r#""capacity": 1, "service_time": "9s""#, r#"["0s"]"#)
            .replace("\"1s\"", "\"0s\""),
        "0.0 1 calls 0: 0 + 0
         0.0   db 1 + 0
         9.0   db 0 + 0
         9.0 1 answered: 0s + 9s
         9.0 1 ends after 9s: success",
    );
}

#[test]
fn a_full_queue_refuses_at_once() {
    check(
        &scenario(
            ONE_CALL,
            r#""capacity": 1, "service_time": "2s", "max_waiting": 1"#,
            r#"["0s", "0s", "0s"]"#,
        ),
        "0.0 1 calls 0: 0 + 0
         0.0   db 1 + 0
         0.0 2 calls 0: 1 + 0
         0.0   db 1 + 1
         0.0 3 calls 0: 1 + 1
         0.0 3 refused: 0s + 0s
         0.0 3 ends after 0s: dependency
         2.0   db 1 + 0
         2.0 1 answered: 0s + 2s
         3.0 1 ends after 3s: success
         4.0   db 0 + 0
         4.0 2 answered: 2s + 2s
         5.0 2 ends after 5s: success",
    );
}

/// An outage holds the caller but no server, and the caller may be less patient than it.
#[test]
fn an_outage_fails_calls_without_a_server() {
    let db = r#""capacity": 1, "service_time": "1s",
        "outages": [{ "during": ["0s", "1s"], "fail_after": "5s", "because": "failover" }]"#;
    check(
        &scenario(ONE_CALL, db, r#"["0s", "1s"]"#),
        "0.0 1 calls 0: 0 + 0
         1.0 2 calls 0: 0 + 0
         1.0   db 1 + 0
         2.0   db 0 + 0
         2.0 2 answered: 0s + 1s
         3.0 2 ends after 2s: success
         5.0 1 failed: 5s + 0s
         5.0 1 ends after 5s: dependency",
    );
    check(
        &scenario(r#""calls": [{ "dependency": "db", "timeout": "3s" }]"#, db, r#"["0s"]"#),
        "0.0 1 calls 0: 0 + 0
         3.0 1 timed_out: 3s + 0s
         3.0 1 ends after 3s: dependency",
    );
}

/// A brown-out without servers: whoever waits is served when it is over, also when it is the last thing to happen.
#[test]
fn servers_that_come_back_serve_whoever_waits() {
    let db = r#""capacity": 2, "service_time": "2s", "brownouts": [{ "during": [["1s", "4s"], ["5s", "6s"]], "capacity": 0 }]"#;
    check(
        &scenario(ONE_CALL, db, r#"["0s", "1s", "1s", "5.5s"]"#),
        "0.0 1 calls 0: 0 + 0
         0.0   db 1 + 0
         1.0 2 calls 0: 1 + 0
         1.0   db 1 + 1
         1.0 3 calls 0: 1 + 1
         1.0   db 1 + 2
         2.0   db 0 + 2
         2.0 1 answered: 0s + 2s
         3.0 1 ends after 3s: success
         4.0   db 2 + 0
         5.5 4 calls 0: 2 + 0
         5.5   db 2 + 1
         6.0   db 2 + 0
         6.0 2 answered: 3s + 2s
         6.0   db 1 + 0
         6.0 3 answered: 3s + 2s
         7.0 2 ends after 6s: success
         7.0 3 ends after 6s: success
         8.0   db 0 + 0
         8.0 4 answered: 500ms + 2s
         9.0 4 ends after 3.5s: success",
    );
}

/// Contention counts the others in service when a service starts, a brown-out multiplies, and neither touches a
/// service that has begun.
#[test]
fn load_and_brownouts_stretch_services_that_start() {
    let db = r#""capacity": 4, "service_time": "2s", "contention": 2, "brownouts": [{ "during": ["1s", "2s"], "slower": 1.5 }]"#;
    check(
        &scenario(ONE_CALL, db, r#"["0s", "0.5s", "1s"]"#),
        "0.0 1 calls 0: 0 + 0
         0.0   db 1 + 0
         0.5 2 calls 0: 1 + 0
         0.5   db 2 + 0
         1.0 3 calls 0: 2 + 0
         1.0   db 3 + 0
         2.0   db 2 + 0
         2.0 1 answered: 0s + 2s
         3.0 1 ends after 3s: success
         3.5   db 1 + 0
         3.5 2 answered: 0s + 3s
         4.5 2 ends after 4s: success
         7.0   db 0 + 0
         7.0 3 answered: 0s + 6s
         8.0 3 ends after 7s: success",
    );
}

/// The calls begin when the init is done, and count against `Timeout`, which does not contain that init.
#[test]
fn calls_follow_the_init() {
    check(
        &scenario(
            r#""init": "2s", "calls": [{ "dependency": "db" }]"#,
            r#""capacity": 1, "service_time": "8s""#,
            r#"["0s"]"#,
        ),
        "2.0 1 calls 0: 0 + 0
         2.0   db 1 + 0
         10.0   db 0 + 0
         10.0 1 answered: 0s + 8s
         11.0 1 ends after 9s: success",
    );
}

/// Waits of the calls of events that came after a warm-up.
#[derive(Default)]
struct Waits {
    count: u64,
    sum: u128,
}

impl Observer for Waits {
    fn observe(&mut self, fact: &Fact<'_>) {
        if let Observation::CallEnded(call) = fact.what
            && fact.event.accepted() >= SimTime::from_secs(100)
        {
            assert_eq!(call.outcome, CallOutcome::Answered);
            self.count += 1;
            self.sum += u128::from(call.waited.as_nanos());
        }
    }
}

/// The probability that a call waits in an M/M/c queue with `offered` servers' worth of work.
fn erlang_c(servers: u32, offered: f64) -> f64 {
    let loss = (1..=servers).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b));
    let free = 1.0 - offered / f64::from(servers);
    loss / (free + (1.0 - free) * loss)
}

/// Goal: a dependency by itself is an M/M/c queue: its mean wait is that of Erlang's C formula. Method: synchronous
/// Poisson callers with all the concurrency they want, so that calls arrive as a Poisson process; the mean of 16
/// replications within four of its standard errors, estimated between replications.
#[test]
#[expect(clippy::cast_precision_loss, reason = "sums far below 2^53 seconds")]
fn the_mean_wait_is_that_of_erlang_c() {
    let text = r#"{ "version": 1, "profile": "documented", "seed": 5, "arrivals_end": "2000s",
        "account": { "concurrency": 10000 },
        "functions": { "f": { "Timeout": 900, "duration": "0s", "calls": [{ "dependency": "db" }] } },
        "dependencies": { "db": { "capacity": 4, "service_time": { "exponential": { "mean": "1s" } } } },
        "sources": { "s": { "to": "f", "invocation": "sync", "arrivals": { "poisson": { "rate": "3/s" } } } } }"#;
    let scenario = load(text).scenario;
    let mean = |replication| {
        let (mut waits, mut run) = (Waits::default(), Simulation::new(&scenario, replication));
        run.advance(&mut waits, u64::MAX).expect("it drains");
        assert!(waits.count > 5_000);
        waits.sum as f64 / 1e9 / waits.count as f64
    };
    let means: Vec<f64> = (0..16).map(mean).collect();
    let found = means.iter().sum::<f64>() / 16.0;
    let variance = means.iter().map(|mean| (mean - found) * (mean - found)).sum::<f64>() / 15.0;
    let error = (variance / 16.0).sqrt();
    // C / (c·mu - lambda)
    let expected = erlang_c(4, 3.0) / (4.0 - 3.0);
    assert!((expected - 0.5094).abs() < 1e-3, "{expected}");
    assert!((found - expected).abs() < 4.0 * error, "{found} ± {error}, not {expected}");
    assert!(error < 0.05, "{error}");
}

/// Service times by number within the source and run.
#[derive(Default)]
struct Services(BTreeMap<(u64, u8), SimDuration>);

impl Observer for Services {
    fn observe(&mut self, fact: &Fact<'_>) {
        if let Observation::CallEnded(call) = fact.what {
            assert_eq!(call.waited, SimDuration::ZERO);
            self.0.insert((fact.event.number(), fact.event.runs()), call.served);
        }
    }
}

/// Retries, and what fails in the code, move no service time: without contention the same call takes the same time.
#[test]
fn settings_move_no_service_time() {
    let services = |settings: &str| {
        let text = format!(
            r#"{{ "version": 1, "seed": 3, "arrivals_end": "5m",
            "functions": {{ "f": {{ "Timeout": 60, {settings} "calls": [{{ "dependency": "db" }}],
                "failures": [{{ "exception": {{ "probability": 0.3 }} }}] }} }},
            "dependencies": {{ "db": {{ "capacity": 1000, "service_time": {{ "exponential": {{ "mean": "1s" }} }} }} }},
            "sources": {{ "s": {{ "to": "f", "arrivals": {{ "poisson": {{ "rate": "2/s" }} }} }} }} }}"#
        );
        let mut services = Services::default();
        simulate(&load(&text).scenario, &mut services);
        services.0
    };
    let base = services("");
    let others = [
        services(r#""EventInvokeConfig": { "MaximumRetryAttempts": 0 },"#),
        services(r#""ReservedConcurrentExecutions": 2,"#),
    ];
    for other in others {
        let shared: Vec<_> = base.keys().filter(|run| other.contains_key(*run)).collect();
        assert!(shared.len() > 500);
        assert!(shared.into_iter().all(|run| base[run] == other[run]));
    }
}

/// Events accepted between minutes 10 and 18, long after the brown-out and long before the arrivals end, and how
/// many of them succeeded.
#[derive(Default)]
struct LongAfter {
    settled: u32,
    succeeded: u32,
}

impl Observer for LongAfter {
    fn observe(&mut self, fact: &Fact<'_>) {
        let window = SimTime::from_secs(600)..SimTime::from_secs(1_080);
        if let Observation::Settled { fate, .. } = fact.what
            && window.contains(&fact.event.accepted())
        {
            self.settled += 1;
            self.succeeded += u32::from(fate == Fate::Succeeded);
        }
    }
}

/// Goal: the shipped collapse is one, and not by luck of its seed. Method: the share of successes long after the
/// brown-out, with two retries and with none, for several seeds; and slots as another way out.
#[test]
fn a_collapse_that_retries_keep_up() {
    let share = |seed: u64, sets: &[(&str, &str)]| {
        let text = builtin::text("metastable-collapse").expect("it is shipped");
        let mut input = Input::from_text("metastable-collapse.json", text);
        let owned = |(path, value): &(&str, &str)| ((*path).to_owned(), (*value).to_owned());
        input.sets = sets.iter().map(owned).collect();
        let mut scenario = load_input(&input).unwrap_or_else(|rejected| panic!("{rejected}")).scenario;
        scenario.seed = thirdtry::random::Seed(seed);
        let mut seen = LongAfter::default();
        simulate(&scenario, &mut seen);
        assert!(seen.settled > 7_000);
        f64::from(seen.succeeded) / f64::from(seen.settled)
    };
    for seed in [11, 1, 2, 3] {
        let collapsed = share(seed, &[]);
        let recovered = share(seed, &[("functions.checkout.EventInvokeConfig.MaximumRetryAttempts", "0")]);
        assert!(collapsed < 0.5 && recovered > 0.95, "seed {seed}: {collapsed}, {recovered}");
    }
    let fewer_slots = share(11, &[("functions.checkout.ReservedConcurrentExecutions", "30")]);
    assert!(fewer_slots > 0.95, "{fewer_slots}");
}

/// An explanation says what the call found, how long it waited and was served, and why that took so long.
#[test]
fn an_explanation_tells_of_calls() {
    use thirdtry::id::EventId;
    use thirdtry::observe::lives::Lives;
    let db = r#""capacity": 1, "service_time": "1500ms",
        "brownouts": [{ "during": ["1s", "2s"], "slower": 2, "because": "backup" }],
        "outages": [{ "during": ["20s", "30s"], "because": "failover" }]"#;
    let text = scenario(ONE_CALL, db, r#"["0s", "0s", "20s"]"#);
    let scenario = load(&text).scenario;
    let mut lives = Lives::of([EventId(2), EventId(3)]);
    simulate(&scenario, &mut lives);
    let told = |event| thirdtry::explain::narrate(lives.get(EventId(event)).expect("it was met"), &scenario);
    let expected = [
        (2, "calls db: 1 in service"),
        (2, "db answers: waited 1.5s, served 3s: brown-out (\"backup\")"),
        (2, "[dependency_brownout, assumed]"),
        (2, "dependencies.db.capacity = 1"),
        (2, "dependencies.db.brownouts = 1 cause"),
        (3, "db fails after 0s: outage (\"failover\")"),
        (3, "run 1 fails after 0s: the call failed"),
        (3, "dependencies.db.outages = 1 cause"),
    ];
    for (event, words) in expected {
        assert!(told(event).contains(words), "{words}\n{}", told(event));
    }
}
