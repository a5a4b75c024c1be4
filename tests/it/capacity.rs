//! Capacity and execution environments in whole runs: who is admitted, why not, and what a start costs.

use crate::source_files::root;
use crate::support::load;
use thirdtry::model::observation::{
    Attempt, AttemptOutcome, Fact, Observation, Observer, Start, ThrottleReason,
};
use thirdtry::scenario::load::{Input, load as load_input};
use thirdtry::simulate::simulate;
use thirdtry::time::{SimDuration, SimTime};

/// All attempts of a run, in the order of their ends.
#[derive(Default)]
struct Attempts(Vec<(SimTime, Attempt)>);

impl Observer for Attempts {
    fn observe(&mut self, fact: &Fact<'_>) {
        if let Observation::AttemptEnded(attempt) = fact.what {
            self.0.push((fact.at, attempt));
        }
    }
}

impl Attempts {
    fn of(text: &str) -> Self {
        let mut attempts = Self::default();
        simulate(&load(text).scenario, &mut attempts);
        attempts
    }

    fn starts(&self, start: Start) -> usize {
        self.0
            .iter()
            .filter(|(_, attempt)| attempt.run.is_some_and(|run| run.placement.start == start))
            .count()
    }

    fn throttled(&self, reason: ThrottleReason) -> usize {
        self.0.iter().filter(|(_, attempt)| attempt.outcome == AttemptOutcome::Throttled(reason)).count()
    }
}

/// A scenario in profile `documented` with one function and one source of synchronous calls, which are never
/// repeated, so that every refusal counts once.
fn calls(account: &str, function: &str, arrivals: &str) -> String {
    format!(
        r#"{{ "version": 1, "profile": "documented", "account": {{ {account} }}, "functions": {{ "f": {{ {function} }} }},
            "sources": {{ "calls": {{ "to": "f", "invocation": "sync", "arrivals": {arrivals} }} }} }}"#
    )
}

/// 25 calls at the same instant, or at these instants.
fn at(seconds: &[u64], count: usize) -> String {
    let times: Vec<String> = seconds.iter().flat_map(|s| vec![format!("\"{s}s\""); count]).collect();
    format!(r#"{{ "times": [{}] }}"#, times.join(","))
}

#[test]
fn provisioned_environments_come_first_and_the_rest_spills_over() {
    let function = r#""ReservedConcurrentExecutions": 8, "duration": "1s", "init": "300ms",
        "ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": 5 }"#;
    let run = Attempts::of(&calls("", function, &at(&[0, 10], 10)));
    assert_eq!(run.starts(Start::Provisioned), 10, "five each time");
    assert_eq!(run.starts(Start::Cold), 3, "three slots are left for others");
    assert_eq!(run.starts(Start::Warm), 3);
    assert_eq!(run.throttled(ThrottleReason::ReservedFunctionConcurrentInvocationLimitExceeded), 4);
}

#[test]
fn provisioned_environments_are_asked_ten_times_a_second_at_most() {
    let function =
        r#""duration": "1ms", "ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": 2 }"#;
    let each_20_ms = r#"{ "constant": { "rate": "50/s" } }, "max_events": 50"#;
    let run = Attempts::of(&calls("", function, each_20_ms));
    // A second's worth, 20, at once and then 20 a second: 20 + 19.6 within the 0.98 s of the test.
    assert_eq!(run.starts(Start::Provisioned), 39);
    assert_eq!(run.starts(Start::Cold) + run.starts(Start::Warm), 11, "the others spill over");
}

#[test]
fn each_slot_is_good_for_ten_requests_a_second() {
    let each_5_ms = r#"{ "constant": { "rate": "200/s" } }, "max_events": 200"#;
    let reserved =
        Attempts::of(&calls("", r#""ReservedConcurrentExecutions": 5, "duration": "1ms""#, each_5_ms));
    // 50 at once, 50 more within the 0.995 s.
    assert_eq!(reserved.throttled(ThrottleReason::ReservedFunctionInvocationRateLimitExceeded), 101);
    let shared = Attempts::of(&calls(
        r#""concurrency": 5, "unreserved_minimum": 0"#,
        r#""duration": "1ms""#,
        each_5_ms,
    ));
    assert_eq!(shared.throttled(ThrottleReason::FunctionInvocationRateLimitExceeded), 101);
    let off = r#""concurrency": 5, "unreserved_minimum": 0, "requests_per_concurrency": 0"#;
    let unlimited = Attempts::of(&calls(off, r#""duration": "1ms""#, each_5_ms));
    assert_eq!(unlimited.throttled(ThrottleReason::FunctionInvocationRateLimitExceeded), 0);
}

#[test]
fn new_environments_come_at_the_scaling_rate() {
    let account = r#""scaling_rate": { "environments": 10, "per_second": 2 }"#;
    let run = Attempts::of(&calls(account, r#""duration": "1m", "Timeout": 120"#, &at(&[0, 1, 2, 30], 15)));
    assert_eq!(run.starts(Start::Cold), 10 + 2 + 2 + 10, "never more than ten at once");
    assert_eq!(run.throttled(ThrottleReason::ScalingRate), 60 - 24);
}

#[test]
fn neighbours_take_a_part_of_the_shared_concurrency_while_they_are_there() {
    let account = r#""concurrency": 20, "unreserved_minimum": 0, "neighbours": [
        { "concurrency": 5 }, { "concurrency": 100, "during": ["10s", "20s"] } ]"#;
    let run = Attempts::of(&calls(account, r#""duration": "1s""#, &at(&[0, 10, 20], 20)));
    assert_eq!(run.throttled(ThrottleReason::ConcurrentInvocationLimitExceeded), 5 + 20 + 5);
}

/// AWS, "Understanding the Lambda execution environment lifecycle": init is limited to ten seconds and then repeated
/// under the function's timeout; after a crash the next invocation initialises within its own duration.
#[test]
fn a_long_init_is_repeated_and_a_crash_costs_the_next_run_its_init() {
    let slow = r#""Timeout": 15, "duration": "1s", "init": "12s""#;
    let run = Attempts::of(&calls("", slow, &at(&[0], 1)));
    let first = run.0[0].1.run.expect("it ran");
    assert_eq!(first.placement.init, SimDuration::from_secs(10));
    assert_eq!(first.duration, SimDuration::from_secs(13), "twelve again, and the handler");
    assert_eq!(run.0[0].1.outcome, AttemptOutcome::Success);

    let crash = r#""Timeout": 3, "duration": "1s", "init": "500ms", "failures": [ { "crash": { "during": ["0s", "1s"] } } ]"#;
    let run = Attempts::of(&calls("", crash, &at(&[0, 10, 20], 1)));
    let seen: Vec<(Start, u64, u64)> = run
        .0
        .iter()
        .filter_map(|(_, attempt)| attempt.run)
        .map(|run| (run.placement.start, run.placement.init.as_millis(), run.duration.as_millis()))
        .collect();
    let expected = [(Start::Cold, 500, 1_000), (Start::SuppressedInit, 0, 1_500), (Start::Warm, 0, 1_000)];
    assert_eq!(seen, expected);
    assert_eq!(run.0[0].0, SimTime::ZERO + SimDuration::from_millis(1_500), "init and handler");
    assert_eq!(run.0[0].1.run.expect("it ran").billed_ms, 1_500);
}

#[test]
fn an_init_that_fails_costs_the_environment() {
    let failing = r#""duration": "1s", "init": "500ms", "failures": [ { "init_failure": { "during": ["0s", "1s"] } } ]"#;
    let run = Attempts::of(&calls("", failing, &at(&[0, 10], 1)));
    assert_eq!(run.starts(Start::Cold), 2);
    let (end, first) = run.0[0];
    assert_eq!((end.as_millis(), first.outcome.reason()), (500, "init_error"));
}

/// Five recorded days of one function (2020, Poisson arrivals, synchronous): replaying them predicts how many cold
/// starts each had. One setting for all: environments are kept for 10 min 30 s. The table is in docs/fidelity.md.
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn recorded_logs_have_the_cold_starts_that_the_model_predicts() {
    let folder = root().join("../shared/data/lambda-sync-logs");
    if !folder.is_dir() {
        eprintln!("skipped: ../shared/data is absent");
        return;
    }
    // Date, cold starts recorded, cold starts predicted: as in docs/fidelity.md.
    let days = [
        ("2020-05-28", 59, 62),
        ("2020-06-04", 52, 53),
        ("2020-06-06", 43, 44),
        ("2020-06-09", 35, 37),
        ("2020-06-10", 32, 31),
    ];
    let mut error_percent = 0.0;
    for (day, recorded, expected) in days {
        let text = format!(
            r#"{{ "version": 1, "functions": {{ "f": {{ "Timeout": 60, "init": "0s", "idle_time": "10m30s" }} }},
                "sources": {{ "log": {{ "to": "f", "invocation": "sync", "arrivals": {{ "trace": {{
                    "csv": "lambda_sync_{day}.csv", "column": "client_start_s", "end_column": "client_end_s" }} }} }} }} }}"#
        );
        let input = Input { folder: Some(folder.clone()), ..Input::from_text("log", &text) };
        let loaded = load_input(&input).unwrap_or_else(|rejected| panic!("{rejected}"));
        let mut run = Attempts::default();
        simulate(&loaded.scenario, &mut run);
        let predicted = run.starts(Start::Cold);
        assert_eq!(predicted, expected, "{day}: docs/fidelity.md says {expected}");
        error_percent += 100.0 * (f64::from(u32::try_from(predicted).unwrap()) - f64::from(recorded)).abs()
            / f64::from(recorded)
            / 5.0;
    }
    assert!(error_percent <= 20.0, "mean absolute percentage error {error_percent}");
}

/// What AWS refuses when it is configured.
#[test]
fn capacity_that_aws_would_refuse_is_refused() {
    let cases = [
        (
            r#""concurrency": 300"#,
            r#""ReservedConcurrentExecutions": 201"#,
            "functions.f.ReservedConcurrentExecutions",
            "201 reserved in total: of the account's 300, 100 must stay unreserved",
        ),
        (
            r#""concurrency": 300"#,
            r#""ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": 250 }"#,
            "functions.f.ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions",
            "250 reserved in total",
        ),
        (
            "",
            r#""ReservedConcurrentExecutions": 5, "ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": 6 }"#,
            "functions.f.ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions",
            "6 provisioned, but only 5 reserved",
        ),
        (
            "",
            r#""ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": 0 }"#,
            "functions.f.ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions",
            "1..",
        ),
        (
            r#""neighbours": [ { "concurrency": 5, "during": ["20m", "10m"] } ]"#,
            "",
            "account.neighbours[0].during",
            "10m",
        ),
    ];
    for (account, function, path, message) in cases {
        let rejected = load_input(&Input::from_text("bad", &calls(account, function, &at(&[0], 1))))
            .map(|loaded| loaded.resolved)
            .expect_err(message);
        let [problem] = rejected.problems.as_slice() else { panic!("{rejected}") };
        assert!(problem.path.starts_with(path), "{problem:?}");
        assert!(problem.message.contains(message), "{problem:?}");
    }
}

/// A recording brings its durations in a column of ends or of lengths; a row that ends before it begins is named.
#[test]
fn recorded_durations_are_read_exactly_or_refused_with_their_row() {
    let folder = crate::support::temporary_folder("recorded-durations");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("calls.csv"), "start_s,end_s,took_ms\n0,1.5,250\n2,2.25,0\n").expect("a file");
    std::fs::write(folder.join("bad.csv"), "start_s,end_s\n0,1\n2,1.999\n").expect("a file");
    let scenario = |csv: &str, more: &str| {
        format!(
            r#"{{ "version": 1, "profile": "documented", "functions": {{ "f": {{}} }}, "sources": {{ "s": {{ "to": "f",
                "arrivals": {{ "trace": {{ "csv": "{csv}", "column": "start_s", {more} }} }} }} }} }}"#
        )
    };
    let loaded = |csv, more| {
        load_input(&Input { folder: Some(folder.clone()), ..Input::from_text("t", &scenario(csv, more)) })
    };
    let lengths = |more| {
        let mut run = Attempts::default();
        simulate(&loaded("calls.csv", more).expect("fine").scenario, &mut run);
        run.0.iter().filter_map(|(_, attempt)| Some(attempt.run?.duration.as_millis())).collect::<Vec<_>>()
    };
    assert_eq!(lengths(r#""end_column": "end_s""#), [1_500, 250]);
    assert_eq!(
        lengths(r#""duration_column": "took_ms", "unit": "ms""#),
        [0, 250],
        "in the order of their ends"
    );
    let rejected = loaded("bad.csv", r#""end_column": "end_s""#).map(|_| ()).expect_err("it ends too early");
    assert!(rejected.to_string().contains("row 3, column `end_s`"), "{rejected}");
    let both = r#""end_column": "end_s", "duration_column": "took_ms""#;
    assert!(
        loaded("calls.csv", both).map(|_| ()).expect_err("both").to_string().contains("keep one of the two")
    );
}
