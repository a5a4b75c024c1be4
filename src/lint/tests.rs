//! Each lint fires in its case and not in the neighbour, and its number is near what a run shows.

use super::{Lint, lints};
use crate::observe::summary::{Ending, Summary, SummaryReport};
use crate::scenario::Scenario;
use crate::scenario::builtin;
use crate::scenario::load::{Input, load};
use crate::simulate::Simulation;

fn scenario(text: &str) -> Scenario {
    load(&Input::from_text("lint", text)).unwrap_or_else(|rejected| panic!("{rejected}")).scenario
}

/// One function with settings and parts of the scenario put in.
fn with(function: &str, more: &str) -> Scenario {
    scenario(&format!(
        r#"{{ "version": 1, "arrivals_end": "1h", "end": "3h",
            "functions": {{ "ship": {{ "duration": "500ms" {function} }}, "other": {{ "duration": "100ms" }} }},
            "sources": {{ "orders": {{ "to": "ship", "arrivals": {{ "constant": {{ "rate": "1/s" }} }} }} }}
            {more} }}"#
    ))
}

fn run(scenario: &Scenario, replication: u32) -> SummaryReport {
    let mut summary = Summary::new(scenario);
    let mut simulation = Simulation::new(scenario, replication);
    let end = simulation.advance(&mut summary, u64::MAX).expect("the run ends");
    summary.into_report(scenario, Ending { end: end.name(), at: simulation.now(), fingerprint: 0 })
}

const DENIED: &str = r#", "destinations": { "dead": { "sqs": { "failures": [
    { "permission": { "probability": 1, "during": ["0s", "30m"] } } ] } }, "spare": { "sqs": {} } }"#;

struct Case {
    lint: &'static str,
    function: &'static str,
    more: &'static str,
    /// The neighbour, in which it does not fire.
    harmless: (&'static str, &'static str),
    /// About how many events it concerns.
    events: u64,
}

const FAILS: &str = r#", "failures": [ { "exception": { "probability": 0.5 } } ]"#;

const CALLS: &str = r#", "calls": [ { "dependency": "db" } ]"#;

fn cases() -> Vec<Case> {
    let mut all = cases_of_functions();
    all.push(Case { lint: "errors_caught", function: CAUGHT, more: "", harmless: (FAILS, ""), events: 648 });
    all.extend(cases_of_redrives());
    all
}

fn cases_of_functions() -> Vec<Case> {
    vec![
        Case { lint: "no_failure_route", function: FAILS, more: "", harmless: ("", ""), events: 450 },
        Case {
            lint: "no_failure_route",
            function: r#", "failures": [ { "poison": { "probability": 0.1 } } ]"#,
            more: "",
            harmless: (
                r#", "failures": [ { "poison": { "probability": 0.1 } } ], "DeadLetterConfig": { "TargetArn": "q" }"#,
                r#", "destinations": { "q": { "sqs": {} } }"#,
            ),
            events: 360,
        },
        // Of ten minutes without a database, those that come in the first seven spend all three runs in them.
        Case {
            lint: "no_failure_route",
            function: CALLS,
            more: r#", "dependencies": { "db": { "capacity": 9, "service_time": "9ms", "outages": [ { "during": ["30m", "40m"] } ] } }"#,
            harmless: (
                CALLS,
                r#", "dependencies": { "db": { "capacity": 9, "service_time": "9ms", "outages": [ { "during": ["30m", "32m"] } ] } }"#,
            ),
            events: 420,
        },
        Case {
            lint: "failure_routes_refuse",
            function: r#", "failures": [ { "exception": { "probability": 1 } } ], "DeadLetterConfig": { "TargetArn": "dead" },
                "EventInvokeConfig": { "MaximumRetryAttempts": 0, "DestinationConfig": { "OnFailure": { "Destination": "dead" } } }"#,
            more: DENIED,
            harmless: (
                r#", "failures": [ { "exception": { "probability": 1 } } ], "DeadLetterConfig": { "TargetArn": "dead" },
                "EventInvokeConfig": { "MaximumRetryAttempts": 0, "DestinationConfig": { "OnFailure": { "Destination": "spare" } } }"#,
                DENIED,
            ),
            events: 1_800,
        },
        Case {
            lint: "no_retry_within_age",
            function: r#", "failures": [ { "exception": { "probability": 0.5 } } ],
                "EventInvokeConfig": { "MaximumEventAgeInSeconds": 60 }"#,
            more: "",
            harmless: (
                r#", "failures": [ { "exception": { "probability": 0.5 } } ],
                "EventInvokeConfig": { "MaximumEventAgeInSeconds": 61 }"#,
                "",
            ),
            events: 1_800,
        },
        Case {
            lint: "retries_of_poison",
            function: r#", "failures": [ { "poison": { "probability": 0.1 } } ]"#,
            more: "",
            harmless: (
                r#", "failures": [ { "poison": { "probability": 0.1 } } ], "EventInvokeConfig": { "MaximumRetryAttempts": 0 }"#,
                "",
            ),
            events: 360,
        },
        Case {
            lint: "recursion",
            function: r#", "EventInvokeConfig": { "DestinationConfig": { "OnSuccess": { "Destination": "topic" } } }"#,
            more: r#", "destinations": { "topic": { "sns": { "subscribers": ["ship"] } } }"#,
            harmless: (
                r#", "EventInvokeConfig": { "DestinationConfig": { "OnSuccess": { "Destination": "topic" } } }"#,
                r#", "destinations": { "topic": { "sns": { "subscribers": ["other"] } } }"#,
            ),
            events: 3_600,
        },
    ]
}

/// Of those that the handler would catch, a tenth time out before that.
const CAUGHT: &str =
    r#", "failures": [ { "timeout": { "probability": 0.1 } }, { "caught": { "probability": 0.2 } } ]"#;

fn cases_of_redrives() -> [Case; 2] {
    [
        Case {
            lint: "redrive_too_early",
            function: r#", "failures": [ { "exception": { "probability": 1, "during": ["30m", "40m"] } } ],
                "EventInvokeConfig": { "MaximumRetryAttempts": 0 }, "DeadLetterConfig": { "TargetArn": "q" }"#,
            more: r#", "destinations": { "q": { "sqs": {} } }, "redrives": [ { "from": "q", "at": "20m", "rate": "10/s" } ]"#,
            harmless: (
                r#", "failures": [ { "exception": { "probability": 1, "during": ["30m", "40m"] } } ],
                "EventInvokeConfig": { "MaximumRetryAttempts": 0 }, "DeadLetterConfig": { "TargetArn": "q" }"#,
                r#", "destinations": { "q": { "sqs": {} } }, "redrives": [ { "from": "q", "at": "50m", "rate": "10/s" } ]"#,
            ),
            events: 600,
        },
        Case {
            lint: "redrive_too_late",
            function: r#", "failures": [ { "exception": { "probability": 1, "during": ["30m", "40m"] } } ],
                "EventInvokeConfig": { "MaximumRetryAttempts": 0 }, "DeadLetterConfig": { "TargetArn": "q" }"#,
            more: r#", "destinations": { "q": { "sqs": { "MessageRetentionPeriod": 600 } } },
                "redrives": [ { "from": "q", "at": "2h", "rate": "10/s" } ]"#,
            harmless: (
                r#", "failures": [ { "exception": { "probability": 1, "during": ["30m", "40m"] } } ],
                "EventInvokeConfig": { "MaximumRetryAttempts": 0 }, "DeadLetterConfig": { "TargetArn": "q" }"#,
                r#", "destinations": { "q": { "sqs": { "MessageRetentionPeriod": 36000 } } },
                "redrives": [ { "from": "q", "at": "2h", "rate": "10/s" } ]"#,
            ),
            events: 600,
        },
    ]
}

fn fired(scenario: &Scenario, lint: &str) -> Option<Lint> {
    lints(scenario).into_iter().find(|found| found.lint == lint)
}

#[test]
fn each_lint_fires_in_its_case_with_its_number_and_not_in_the_neighbour() {
    for case in cases() {
        let found = fired(&with(case.function, case.more), case.lint)
            .unwrap_or_else(|| panic!("{} does not fire", case.lint));
        let off = found.events.abs_diff(case.events);
        assert!(off * 20 <= case.events, "{}: {} instead of {}", case.lint, found.events, case.events);
        assert!(
            found.path.starts_with("functions.ship") || found.path.starts_with("redrives[0]"),
            "{found:?}"
        );
        assert!(!found.rule.is_empty() && !found.hint.is_empty() && !found.message.is_empty());
        let (function, more) = case.harmless;
        let neighbour = fired(&with(function, more), case.lint);
        assert!(neighbour.is_none(), "{}: {neighbour:?}", case.lint);
    }
}

/// Goal: as many events as the lint says end in an error that nobody sees. Caught errors of retries come on top in a
/// run.
#[test]
fn as_many_errors_are_caught_as_is_said() {
    let scenario = with(CAUGHT, "");
    let said = fired(&scenario, "errors_caught").expect("it fires").events;
    let caught = run(&scenario, 0).counts.caught_errors;
    assert!(said <= caught && caught - said < said / 5, "{said} said, {caught} caught");
}

/// Goal: the number that a lint gives is what runs of the scenario show. Method: the mean of eight, within a twentieth.
#[test]
fn the_numbers_are_those_of_runs() {
    const RUNS: u32 = 8;
    for case in
        cases().iter().filter(|case| matches!(case.lint, "no_failure_route" | "failure_routes_refuse"))
    {
        let scenario = with(case.function, case.more);
        let said = fired(&scenario, case.lint).expect("it fires").events;
        let lost = (0..RUNS).map(|replication| run(&scenario, replication).counts.lost.total).sum::<u64>();
        let lost = lost / u64::from(RUNS);
        assert!(said.abs_diff(lost) * 20 <= lost, "{}: {said} said, {lost} lost", case.lint);
    }
}

#[test]
fn the_money_of_poison_is_that_of_a_run() {
    let scenario = with(r#", "failures": [ { "poison": { "probability": 0.1 } } ]"#, "");
    let said =
        fired(&scenario, "retries_of_poison").and_then(|lint| lint.cost_usd).expect("it costs").units();
    let spent = run(&scenario, 0).counts.cost_usd.retries.units();
    assert!(said.abs_diff(spent) * 10 <= spent, "{said} said, {spent} spent");
}

#[test]
fn shipped_scenarios_that_show_a_danger_are_told_so() {
    let of = |name: &str| {
        let text = builtin::text(name).expect("built in");
        let found = lints(&scenario(text));
        found.into_iter().map(|lint| lint.lint).collect::<Vec<_>>()
    };
    assert!(of("recursive-loop").contains(&"recursion"));
    assert!(of("poison-events").contains(&"retries_of_poison"));
    assert!(of("destination-denied").contains(&"failure_routes_refuse"));
    assert!(of("blind-spots").contains(&"errors_caught"));
}

#[test]
fn a_lint_reads_as_a_warning_with_its_rule_and_source() {
    let found = fired(&with(FAILS, ""), "no_failure_route").expect("it fires");
    let problem = found.problem();
    let text = problem.message.clone() + problem.hint.as_deref().unwrap_or_default();
    for part in
        ["about 450 events of 3,600", "[no_failure_route]", "rule destination_record, documented", "https://"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
}
