//! What people get wrong in scenario files: each mistake gives one clear error that names place and remedy, all of
//! them at once, and nothing panics.

use proptest::prelude::*;
use std::fs;
use std::path::PathBuf;
use thirdtry::scenario::builtin;
use thirdtry::scenario::document::MAX_SCENARIO_BYTES;
use thirdtry::scenario::load::{Input, Loaded, Rejected, load};
use thirdtry::scenario::problem::{LineIndex, Problem, Severity};

const MINIMAL: &str = r#"{
  "version": 1,
  "functions": { "ship": { } },
  "sources": { "orders": { "to": "ship", "max_events": 10, "arrivals": { "poisson": { "rate": "1/s" } } } }
}"#;

fn rejected(text: &str) -> Rejected {
    rejected_bytes(text.as_bytes())
}

fn rejected_bytes(bytes: &[u8]) -> Rejected {
    let input = Input { name: "bad.json".to_owned(), bytes: bytes.to_vec(), folder: None, sets: Vec::new() };
    load(&input).map(|loaded| loaded.resolved).expect_err("must be refused")
}

fn accepted(text: &str) -> Loaded {
    load(&Input::from_text("good.json", text)).unwrap_or_else(|rejected| panic!("{rejected}"))
}

/// The one error of `text`.
fn only_error(text: &str) -> Problem {
    let rejected = rejected(text);
    let errors: Vec<&Problem> =
        rejected.problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    assert_eq!(errors.len(), 1, "{rejected}");
    errors[0].clone()
}

/// [`MINIMAL`] with settings added to its function, its source, and the scenario.
fn with(function: &str, source: &str, scenario: &str) -> String {
    MINIMAL
        .replace("\"ship\": { }", &format!("\"ship\": {{ {function} }}"))
        .replace("\"max_events\": 10,", &format!("\"max_events\": 10, {source}"))
        .replace("\"version\": 1,", &format!("\"version\": 1, {scenario}"))
}

/// [`MINIMAL`] with other arrivals.
fn arriving(arrivals: &str) -> String {
    MINIMAL.replace(r#"{ "poisson": { "rate": "1/s" } }"#, arrivals)
}

fn check(text: &str, path: &str, message: &str, hint: &str) {
    let problem = only_error(text);
    assert_eq!(problem.path, path, "{problem:?}");
    assert!(problem.message.contains(message), "{problem:?}");
    assert!(problem.hint.as_deref().unwrap_or_default().contains(hint), "{problem:?}");
}

#[test]
fn the_minimal_scenario_is_fine() {
    let loaded = accepted(MINIMAL);
    assert_eq!(loaded.scenario.functions[0].name, "ship");
    assert!(loaded.warnings.is_empty());
}

#[test]
fn the_example_of_the_documentation_is_accepted_as_written() {
    let text = r#"{
      "$schema": "../docs/scenario.v1.schema.json", "version": 1,
      "description": "A database outage of ten minutes under a steady load",
      "seed": 42, "arrivals_end": "2h", "end": "drained", "profile": "measured",
      "functions": {
        "ship": {
          "ReservedConcurrentExecutions": 20, "Timeout": 30, "MemorySize": 512,
          "EventInvokeConfig": { "MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600,
                                 "DestinationConfig": { "OnFailure": { "Destination": "failed-orders" } } },
          "duration": { "lognormal": { "median": "400ms", "p99": "3s" } },
          "failures": [ { "exception": { "probability": 0.02 } },
                        { "exception": { "probability": 1.0, "during": ["30m", "40m"], "because": "database outage" } } ]
        }
      },
      "destinations": { "failed-orders": { "sqs": { "failures": [ { "permission": { "during": ["35m", "45m"] } } ] } } },
      "sources": { "orders": { "to": "ship", "s3": {}, "arrivals": { "poisson": { "rate": "20/s" } } } },
      "expect": [ "lost.Sum == 0", "functions.ship.AsyncEventAge.p99 < 15m" ]
    }"#;
    let loaded = accepted(text);
    let ship = &loaded.scenario.functions[0];
    assert_eq!((ship.reserved, ship.maximum_age.to_string().as_str()), (Some(20), "1h"));
    assert_eq!(ship.failures[1].ordinal, 1);
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    assert_eq!(loaded.scenario.expectations[1].metric, "functions.ship.AsyncEventAge.p99");
}

#[test]
fn an_expectation_that_is_none_is_marked_where_it_is_wrong() {
    let text = with("", "", r#""expect": ["lost.Sum == 0", "a\u00e9.Sum = 0 for 2h..1h"],"#);
    let rejected = rejected(&text);
    let marks: Vec<_> = rejected
        .problems
        .iter()
        .map(|problem| (&*problem.path, &text[problem.span.clone().unwrap()]))
        .collect();
    assert_eq!(marks, [("expect[1]", "="), ("expect[1]", "2h..1h")]);
    assert!(rejected.problems[0].hint.as_deref() == Some("write `==`"), "{rejected}");
}

#[test]
fn a_warm_up_needs_something_behind_it() {
    let scenario = |more: &str| with("", "", more);
    accepted(&scenario(r#""warm_up": "30m","#));
    let cases = [
        (r#""warm_up": "1h", "arrivals_end": "1h","#, "as long as events arrive", "end earlier"),
        (r#""warm_up": "2h", "end": "1h","#, "as long as events arrive", "end earlier"),
        (r#""warm_up": "-1s","#, "negative", ""),
        (
            r#""warm_up": "1m", "destinations": { "q": { "sqs": {} } },
               "redrives": [ { "from": "q", "at": "1h", "to": "ship", "rate": "1/s" } ],"#,
            "redrives has no warm-up",
            "take out",
        ),
    ];
    for (more, message, hint) in cases {
        check(&scenario(more), "warm_up", message, hint);
    }
}

#[test]
fn files_that_are_no_json() {
    for text in ["", "  \n", "// nothing\n"] {
        check(text, "", "the file is empty", "init");
    }
    check("[1, 2]", "", "expected an object, found a list", "");
    check("\u{feff}", "", "the file is empty", "");
    assert!(only_error("{\"version\": ").message.contains("the file ends too early"));
    assert!(only_error(&"[".repeat(8_000_000)).message.contains("nested more than 64 deep"));
    assert!(only_error(&"[".repeat(10_000_000)).message.contains("8 MiB"));
    let utf16: Vec<u8> = MINIMAL.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(rejected_bytes(&utf16).problems[0].message.contains("UTF-16"));
    assert!(rejected_bytes(b"{\"a\": \"\xff\"}").problems[0].message.contains("not UTF-8"));
    assert!(
        rejected_bytes(&vec![b' '; MAX_SCENARIO_BYTES + 1]).problems[0].message.contains("at most 8388608")
    );
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let windows = format!("\u{feff}{}", MINIMAL.replace('\n', "\r\n"));
    assert_eq!(accepted(&windows).digest, accepted(MINIMAL).digest);
    let text = windows.replace("1/s", "1/d");
    let rejected = rejected(&text);
    let span = rejected.problems[0].span.clone().expect("in the file");
    assert_eq!(&text[span.clone()], "\"1/d\"");
    assert_eq!(LineIndex::new(&text).position(span.start), (4, 95));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of mistakes")]
fn mistakes_in_settings() {
    let functions = "functions.ship";
    let cases = [
        (r#""Timeout": 901"#, "Timeout", "must be 1..900 seconds", ""),
        (r#""Timeout": "30""#, "Timeout", "expected an integer 1..900 seconds, found a string", ""),
        (r#""Timeout": 3e1"#, "Timeout", "not written as an integer", "digits only"),
        (r#""Timeout": 30.0"#, "Timeout", "not written as an integer", "digits only"),
        (r#""Timeout": -1"#, "Timeout", "out of range", ""),
        (r#""Timeout": 1e999"#, "Timeout", "not written as an integer", "digits only"),
        (r#""timeout": 3"#, "timeout", "unknown key `timeout`", "did you mean `Timeout`?"),
        (r#""Timeout": 3, "Timeout": 4"#, "Timeout", "is given twice", "keep one"),
        (
            r#""duration": 90"#,
            "duration.constant",
            "a duration needs a unit",
            "write `\"90s\"` (or `\"90ms\"`)",
        ),
        (r#""duration": "90""#, "duration.constant", "has no unit", "write `\"90s\"` (or `\"90ms\"`)"),
        (r#""duration": "-5s""#, "duration.constant", "negative", ""),
        (r#""duration": "9 parsecs""#, "duration.constant", "not a duration", "units are"),
        (r#""duration": "99999999999h""#, "duration.constant", "longer than 100 years", ""),
        (r#""duration": {}"#, "duration", "exactly one key", "`lognormal`"),
        (
            r#""duration": { "uniform": { "min": "2s", "max": "1s" } }"#,
            "duration.uniform.max",
            "less than `min`",
            "",
        ),
        (r#""duration": { "lognormal": { "median": "2s" } }"#, "duration.lognormal", "are needed", "p99"),
        (
            r#""duration": { "lognormal": { "median": "2s", "p99": "1s" } }"#,
            "duration.lognormal.p99",
            "below the median",
            "",
        ),
        (
            r#""duration": { "lognormal": { "mean": "1s", "p99": "1h" } }"#,
            "duration.lognormal.p99",
            "14.9 times",
            "",
        ),
        (
            r#""duration": { "weibull": { "mean": "1s", "shape": 0.001 } }"#,
            "duration.weibull.shape",
            "too extreme",
            "",
        ),
        (
            r#""duration": { "empirical": { "quantiles": [[0.1, "1s"], [1, "2s"]] } }"#,
            "duration.empirical.quantiles",
            "must be 0 and the last 1",
            "",
        ),
        (
            r#""duration": { "empirical": { "quantiles": [[0, "1s"], [0.5, "3s"], [1, "2s"]] } }"#,
            "duration.empirical.quantiles[2]",
            "ascend",
            "",
        ),
        (r#""duration": { "empirical": { "samples": [] } }"#, "duration.empirical.samples", "0 elements", ""),
        (
            r#""duration": { "logNormal": {} }"#,
            "duration.logNormal",
            "unknown key",
            "did you mean `lognormal`?",
        ),
        (r#""response_size": 200"#, "response_size", "a size needs a unit", "\"200B\""),
        (r#""response_size": "2 apples""#, "response_size", "not a size", "KiB"),
        (
            r#""failures": [{ "exception": { "probability": "2%" } }]"#,
            "failures[0].exception.probability",
            "expected a probability",
            "write `0.02`",
        ),
        (
            r#""failures": [{ "exception": { "probability": 2 } }]"#,
            "failures[0].exception.probability",
            "not a probability",
            "",
        ),
        (
            r#""failures": [{ "exception": { "probability": 1e999 } }]"#,
            "failures[0].exception.probability",
            "too large",
            "",
        ),
        (
            r#""failures": [{ "exception": {}, "poison": {} }]"#,
            "failures[0]",
            "exactly one key is needed, not 2",
            "`poison`",
        ),
        (
            r#""failures": [{ "exception": { "during": ["5m", "5m"] } }]"#,
            "failures[0].exception.during",
            "is empty",
            "",
        ),
        (
            r#""failures": [{ "exception": { "during": ["5m", "4m"] } }]"#,
            "failures[0].exception.during",
            "runs backwards",
            "",
        ),
        (
            r#""failures": [{ "exception": { "during": [["5m", "7m"], ["6m", "8m"]] } }]"#,
            "failures[0].exception.during",
            "overlap",
            "in order",
        ),
        (
            r#""EventInvokeConfig": { "MaximumRetryAttempts": 3 }"#,
            "EventInvokeConfig.MaximumRetryAttempts",
            "must be 0..2",
            "",
        ),
        (
            r#""EventInvokeConfig": { "MaximumEventAgeInSeconds": 59 }"#,
            "EventInvokeConfig.MaximumEventAgeInSeconds",
            "60..21600 seconds",
            "",
        ),
        (
            r#""ReservedConcurrentExecutions": 950"#,
            "ReservedConcurrentExecutions",
            "900 can be reserved",
            "raise `account.concurrency` to 1050",
        ),
        (r#""DeadLetterConfig": {}"#, "DeadLetterConfig", "`TargetArn` is missing", ""),
    ];
    for (settings, path, message, hint) in cases {
        // A missing key is reported at the key's own path.
        let path = if message.contains("is missing") {
            format!("{functions}.{path}.TargetArn")
        } else {
            format!("{functions}.{path}")
        };
        check(&with(settings, "", ""), &path, message, hint);
    }
}

#[test]
fn mistakes_in_the_scenario_itself() {
    let cases = [
        (r#""seed": 18446744073709551616,"#, "seed", "out of range"),
        (r#""profile": "mesured","#, "profile", "is not one of"),
        (r#""start": "yesterday","#, "start", "not a date and time"),
        (r#""end": "soon","#, "end", "not a duration"),
        (r#""end": "0s","#, "end", "too short"),
        (r#""timing": { "backoff_jitter": 1 },"#, "timing.backoff_jitter", "from 0 to below 1"),
        (r#""timing": { "backoff_base": "1us" },"#, "timing.backoff_base", "at least 1ms"),
        (r#""destinations": { "q.fifo": { "sqs": {} } },"#, "destinations[\"q.fifo\"]", "FIFO"),
        (r#""destinations": { "a\u0007b": { "sqs": {} } },"#, "destinations.a\u{7}b", "is not a name"),
        (r#""destinations": { "q": { "sqs": {}, "sns": {} } },"#, "destinations.q", "exactly one key"),
        (
            r#""faults": [{ "client_error": { "status": 429 } }],"#,
            "faults[0].client_error.status",
            "429 is a throttle",
        ),
        (
            r#""faults": [{ "system_error": { "status": 404 } }],"#,
            "faults[0].system_error.status",
            "500..599",
        ),
        (
            r#""faults": [{ "throttle": { "function": "shop" } }],"#,
            "faults[0].throttle.function",
            "no function `shop`",
        ),
        (r#""expect": "lost == 0","#, "expect", "expected a list of strings"),
        (
            r#""prices": { "million_requests": 0.2 },"#,
            "prices.million_requests",
            "a price needs its currency",
        ),
        (
            r#""prices": { "million_requests": "0.20" },"#,
            "prices.million_requests",
            "not a price in US dollars",
        ),
        (
            r#""prices": { "arm64": { "tiers": [5] } },"#,
            "prices.arm64.tiers",
            "3 prices need 2 bounds, not 1",
        ),
        (r#""prices": { "x86_64": { "tiers": [5, 5] } },"#, "prices.x86_64.tiers", "must ascend"),
        (r#""prices": { "payload_chunk": "0B" },"#, "prices.payload_chunk", "parts of nothing"),
    ];
    for (settings, path, message) in cases {
        check(&with("", "", settings), path, message, "");
    }
    check(&MINIMAL.replace("\"version\": 1,", ""), "version", "`version` is missing", "1");
    check(&MINIMAL.replace("\"version\": 1,", "\"version\": 2,"), "version", "must be 1..1", "");
    check(
        &MINIMAL.replace("\"ship\": {", "\"sh ip\": {").replace("\"to\": \"ship\"", "\"to\": \"sh ip\""),
        "functions[\"sh ip\"]",
        "is not a name for a function",
        "",
    );
}

#[test]
fn references_to_what_is_not_there() {
    let routes = |name: &str| {
        format!(
            r#""EventInvokeConfig": {{ "DestinationConfig": {{ "OnSuccess": {{ "Destination": "{name}" }} }} }}"#
        )
    };
    let queues = r#""destinations": { "failed": { "sqs": {} }, "bucket": { "s3": {} }, "self": { "lambda": { "FunctionName": "ship" } } },"#;
    let path = "functions.ship.EventInvokeConfig.DestinationConfig.OnSuccess.Destination";
    check(&with(&routes("faild"), "", queues), path, "no destination `faild`", "did you mean `failed`?");
    check(
        &with(&routes("arn:aws:sqs:us-east-1:1:failde"), "", queues),
        path,
        "no destination `failde`",
        "`failed`",
    );
    check(&with(&routes("bucket"), "", queues), path, "failures only", "OnFailure");
    check(&with(&routes("self"), "", queues), "functions.ship", "its own destination", "");
    check(
        &with(r#""DeadLetterConfig": { "TargetArn": "bucket" }"#, "", queues),
        "functions.ship.DeadLetterConfig.TargetArn",
        "not s3",
        "OnFailure",
    );
    check(
        &MINIMAL.replace("\"to\": \"ship\"", "\"to\": \"shipp\""),
        "sources.orders.to",
        "no function `shipp`",
        "did you mean `ship`?",
    );
    accepted(
        &with(&routes("arn:aws:sqs:us-east-1:111122223333:failed"), "", queues)
            .replace("\"self\": { \"lambda\": { \"FunctionName\": \"ship\" } }", ""),
    );
}

#[test]
fn a_chain_of_functions_that_returns_is_shown() {
    let route = |name: &str| {
        format!(
            r#"{{ "EventInvokeConfig": {{ "DestinationConfig": {{ "OnFailure": {{ "Destination": "{name}" }} }} }} }}"#
        )
    };
    let text = MINIMAL
        .replace(
            "\"ship\": { }",
            &format!("\"ship\": {}, \"b\": {}, \"c\": {}", route("to-b"), route("to-c"), route("to-ship")),
        )
        .replace(
            "\"version\": 1,",
            r#""version": 1, "destinations": { "to-b": { "lambda": { "FunctionName": "b" } },
           "to-c": { "lambda": { "FunctionName": "arn:aws:lambda:us-east-1:1:function:c:live" } },
           "to-ship": { "lambda": { "FunctionName": "ship" } } },"#,
        );
    let allowed = text.replace(r#""EventInvokeConfig""#, r#""RecursiveLoop": "Allow", "EventInvokeConfig""#);
    check(&allowed, "functions.b", "without end: b -> c -> ship -> b", "`Terminate`");
    // Lambda stops a loop, and so does the end of the run.
    accepted(&text);
    accepted(&allowed.replace(r#""version": 1,"#, r#""version": 1, "end": "1h","#));
    // A loop that takes no time never comes to the end.
    let instant = allowed
        .replace(r#""version": 1,"#, r#""version": 1, "end": "1h", "profile": "documented","#)
        .replace(r#""RecursiveLoop""#, r#""duration": "0s", "RecursiveLoop""#);
    check(&instant, "functions.b", "within no time", "take some time");
}

#[test]
fn a_loop_that_lambda_does_not_see_needs_an_end() {
    let text = with(
        r#""EventInvokeConfig": { "DestinationConfig": { "OnSuccess": { "Destination": "bus" } } }"#,
        "",
        r#""destinations": { "bus": { "eventbridge": { "subscribers": ["ship"] } } },"#,
    );
    check(&text, "functions.ship", "without end: ship -> ship", "EventBridge");
    accepted(&text.replace("eventbridge", "sns"));
    accepted(&text.replace(r#""version": 1,"#, r#""version": 1, "end": "1h","#));
}

#[test]
fn retries_before_acceptance_stay_within_what_aws_allows() {
    let source = |settings: &str| with("", settings, "");
    let rule = |policy: &str| source(&format!(r#""eventbridge": {{ "RetryPolicy": {{ {policy} }} }},"#));
    let path = "sources.orders.eventbridge.RetryPolicy";
    check(
        &rule(r#""MaximumRetryAttempts": 186"#),
        &format!("{path}.MaximumRetryAttempts"),
        "out of range: must be 0..185",
        "",
    );
    check(
        &rule(r#""MaximumEventAgeInSeconds": 59"#),
        &format!("{path}.MaximumEventAgeInSeconds"),
        "must be 60..86400",
        "",
    );
    accepted(&rule(r#""MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60"#));
    let client = "sources.orders.client_retry";
    check(
        &source(r#""client_retry": { "max_attempts": 0 },"#),
        &format!("{client}.max_attempts"),
        "must be 1..",
        "",
    );
    check(
        &source(r#""client_retry": { "jitter": "half" },"#),
        &format!("{client}.jitter"),
        "`full`, `none`",
        "",
    );
    check(&source(r#""sns": {}, "client_retry": {},"#), client, "not as an AWS SDK", "`direct`");
    accepted(&source(r#""sns": {}, "invocation": "sync", "client_retry": {},"#));
    check(&source(r#""s3": { "max_age": "0s" },"#), "sources.orders.s3.max_age", "too short", "");
    let fault = r#""faults": [{ "front_door": { "status": 429 } }],"#;
    check(&with("", "", fault), "faults[0].front_door.status", "must be 500..599", "");
    let imperfect = r#""imperfections": { "loss_probability": "1%" },"#;
    check(
        &with("", "", imperfect),
        "imperfections.loss_probability",
        "expected a probability",
        "write `0.01`",
    );
}

#[test]
fn lists_of_functions_name_existing_functions_once() {
    let to = |list: &str| MINIMAL.replace(r#""to": "ship""#, &format!(r#""to": {list}"#));
    check(&to("[]"), "sources.orders.to", "names no function", "or several");
    check(&to(r#"["ship", "ship"]"#), "sources.orders.to", "`ship` twice", "keep one");
    let arn = "arn:aws:lambda:us-east-1:1:function:ship";
    check(&to(&format!(r#"["ship", "{arn}"]"#)), "sources.orders.to", "`ship` twice", "keep one");
    check(&to(r#"["shop"]"#), "sources.orders.to[0]", "no function `shop`", "did you mean `ship`?");
    check(&to("7"), "sources.orders.to", "or a list of such", "");
    accepted(&to(r#"["ship"]"#));
    let two = |source: &str| {
        to(r#"["bill", "ship"]"#)
            .replace(r#""ship": { }"#, r#""ship": {}, "bill": {}"#)
            .replace(r#""max_events": 10,"#, &format!(r#""max_events": 10, {source}"#))
    };
    accepted(&two(r#""sns": {},"#));
    check(&two(r#""s3": {},"#), "sources.orders.to", "notifies one function", "sns topic");
    check(&two(r#""invocation": "sync","#), "sources.orders.to", "waits for one function", "one source");
    let topic = |list: &str| {
        with("", "", &format!(r#""destinations": {{ "t": {{ "sns": {{ "subscribers": {list} }} }} }},"#))
    };
    accepted(&topic(r#"["ship"]"#));
    check(&topic(r#"["shop"]"#), "destinations.t.sns.subscribers[0]", "no function `shop`", "`ship`");
    check(&topic(r#"["ship", "ship"]"#), "destinations.t.sns.subscribers", "twice", "");
    let queue = r#""destinations": { "q": { "sqs": { "subscribers": ["ship"] } } },"#;
    check(&with("", "", queue), "destinations.q.sqs.subscribers", "unknown key", "");
    check(
        &with(r#""RecursiveLoop": "allow""#, "", ""),
        "functions.ship.RecursiveLoop",
        "not one of",
        "`Allow`",
    );
}

#[test]
fn mistakes_in_sources() {
    let endless = MINIMAL.replace("\"max_events\": 10,", "");
    check(&endless, "sources.orders", "never stops", "max_events");
    accepted(&endless.replace("\"version\": 1,", r#""version": 1, "end": "1h","#));
    check(&with("", r#""s3": {}, "sns": {},"#, ""), "sources.orders.sns", "of one kind", "keep one");
    check(
        &with("", r#""from": "2m", "until": "1m","#, ""),
        "sources.orders.until",
        "before it begins",
        "after `from`",
    );
    check(&with("", r#""size": "2MiB","#, ""), "sources.orders.size", "up to 1MiB", "");
    let arrivals = "sources.orders.arrivals";
    let cases = [
        (r#"{ "poisson": { "rate": 20 } }"#, ".poisson.rate", "a rate needs a unit"),
        (r#"{ "poisson": { "rate": "0/s" } }"#, ".poisson.rate", "never sends"),
        (r#"{ "poisson": { "rate": "-1/s" } }"#, ".poisson.rate", "not a rate"),
        (r#"{ "poisson": { "rate": "2/week" } }"#, ".poisson.rate", "not a unit of time"),
        (r#"{ "constant": {} }"#, ".constant", "exactly one of `rate` and `every`"),
        (r#"{ "constant": { "every": "0s" } }"#, ".constant.every", "too short"),
        (r#"{ "times": ["2s", "1s"] }"#, ".times[1]", "comes before"),
        (r#"{ "times": [] }"#, ".times", "0 elements"),
        (
            r#"{ "steps": { "levels": [{ "at": "1m", "rate": "1/s" }, { "at": "1m", "rate": "2/s" }] } }"#,
            ".steps.levels[1].at",
            "does not come after",
        ),
        (r#"{ "steps": { "levels": [{ "at": "1m", "rate": "0/s" }] } }"#, ".steps", "never above 0"),
        (r#"{ "ramp": { "points": [{ "at": "1m", "rate": "0/s" }] } }"#, ".ramp.points", "1 elements"),
    ];
    for (text, path, message) in cases {
        check(&arriving(text), &format!("{arrivals}{path}"), message, "");
    }
}

#[test]
fn ten_to_the_fifteen_arrivals_are_refused_with_the_number() {
    let text =
        MINIMAL.replace("\"max_events\": 10,", "\"until\": \"1000000s\",").replace("1/s", "1000000000/s");
    check(
        &text,
        "sources.orders",
        "about 1000000000000000 events are expected; at most 10000000000",
        "lower the rate",
    );
    let text = MINIMAL
        .replace("\"max_events\": 10,", "\"max_events\": 1000000000000000,")
        .replace("1/s", "1000000000/s");
    check(&text, "sources.orders.max_events", "out of range: must be 1..10000000000 events", "");
}

#[test]
fn five_mistakes_are_five_problems_in_the_order_of_the_file() {
    let text = r#"{
      "version": 1,
      "functions": {
        "ship": {
          "Timeout": 1000,
          "duration": 90,
          "EventInvokeConfig": { "DestinationConfig": { "OnFailure": { "Destination": "nowhere" } } },
          "retries": 2
        }
      },
      "sources": { "orders": { "to": "shop", "max_events": 10, "arrivals": { "poisson": { "rate": "1/s" } } } }
    }"#;
    let rejected = rejected(text);
    let paths: Vec<&str> = rejected.problems.iter().map(|problem| problem.path.as_str()).collect();
    let expected = [
        "functions.ship.Timeout",
        "functions.ship.duration.constant",
        "functions.ship.EventInvokeConfig.DestinationConfig.OnFailure.Destination",
        "functions.ship.retries",
        "sources.orders.to",
    ];
    assert_eq!(paths, expected, "{rejected}");
    let first = rejected.to_string().lines().next().map(str::to_owned);
    assert_eq!(
        first.as_deref(),
        Some("bad.json:5:22: error: functions.ship.Timeout: `1000` is out of range: must be 1..900 seconds")
    );
}

#[test]
fn a_file_full_of_mistakes_lists_the_first_hundred_and_counts_the_rest() {
    let unknown: String = (0..130).map(|at| format!("\"odd{at}\": 1,")).collect::<Vec<_>>().join(" ");
    let rejected = rejected(&with("", "", &unknown));
    assert_eq!(rejected.problems.len(), 101);
    assert_eq!(rejected.problems[0].path, "odd0");
    assert_eq!(rejected.problems[100].message, "and 30 problems more");
}

/// [`MINIMAL`] with a dependency `db` and a function that calls it.
fn calling(call: &str, db: &str) -> String {
    with(
        &format!(r#""Timeout": 5, "calls": [{{ {call} }}]"#),
        "",
        &format!(r#""dependencies": {{ "db": {{ {db} }} }},"#),
    )
}

#[test]
fn dependencies_and_their_calls() {
    const CALL: &str = r#""dependency": "db""#;
    const DB: &str = r#""capacity": 4, "service_time": "1s""#;
    accepted(&calling(CALL, DB));
    let misspelt = calling(r#""dependency": "bd""#, DB);
    check(&misspelt, "functions.ship.calls[0].dependency", "there is no dependency `bd`", "`db`");
    check(
        &with(r#""calls": [{ "dependency": "db" }]"#, "", ""),
        "functions.ship.calls[0].dependency",
        "there is no dependency `db`",
        "add it under `dependencies`",
    );
    let zero = calling(CALL, r#""capacity": 0, "service_time": "1s""#);
    check(&zero, "dependencies.db.capacity", "1..", "");
    let slow = |windows: &str| format!(r#"{DB}, "brownouts": [{windows}]"#);
    let cases = [
        (r#"{ "during": ["1m", "2m"] }"#, "[0]", "changes nothing", "slower"),
        (r#"{ "during": ["1m", "2m"], "capacity": 4 }"#, "[0].capacity", "not less than the usual", "lower"),
        (r#"{ "during": ["2m", "1m"], "slower": 2 }"#, "[0].during", "2m", ""),
        (
            r#"{ "during": ["1m", "3m"], "slower": 2 }, { "during": ["2m", "4m"], "capacity": 1 }"#,
            "[1].during",
            "overlap those of brown-out 1",
            "end where the other begins",
        ),
    ];
    for (windows, path, message, hint) in cases {
        check(&calling(CALL, &slow(windows)), &format!("dependencies.db.brownouts{path}"), message, hint);
    }
    let one_after_the_other =
        r#"{ "during": ["1m", "2m"], "slower": 2 }, { "during": ["2m", "4m"], "capacity": 1 }"#;
    accepted(&calling(CALL, &slow(one_after_the_other)));
    let warned = |text: &str| {
        let warnings = accepted(text).warnings;
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        (warnings[0].path.clone(), warnings[0].message.clone())
    };
    let (path, message) = warned(&calling(r#""dependency": "db", "timeout": "6s""#, DB));
    assert_eq!(path, "functions.ship.calls[0].timeout");
    assert!(message.contains("6s is never reached: `Timeout` ends the run after 5s"), "{message}");
    let (path, message) = warned(&with("", "", &format!(r#""dependencies": {{ "db": {{ {DB} }} }},"#)));
    assert_eq!((path.as_str(), message.as_str()), ("dependencies.db", "no function calls this dependency"));
}

#[test]
fn changes_from_the_command_line_are_held_to_the_same_rules() {
    let set = |path: &str, value: &str| {
        let sets = vec![(path.to_owned(), value.to_owned())];
        load(&Input { sets, ..Input::from_text("a.json", MINIMAL) })
    };
    let loaded = set("functions.ship.Timeout", "30").expect("fine");
    assert_eq!(loaded.scenario.functions[0].timeout.to_string(), "30s");
    assert_eq!(
        set("functions.ship.duration", "2s").expect("fine").resolved["functions"]["ship"]["duration"]["constant"],
        "2s"
    );
    for (path, value) in
        [("functions.ship.Timeout", "1000"), ("functions.ship.Timeuot", "3"), ("sources.orders.to", "shop")]
    {
        let rejected = set(path, value).expect_err("must be refused");
        assert_eq!(rejected.problems.len(), 1, "{rejected}");
        assert_eq!(rejected.problems[0].path, path);
        assert!(rejected.problems[0].message.contains("--set"), "{rejected}");
    }
}

/// A folder for the files of one test, gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the folder can be made");
        Self(path)
    }

    /// Loads [`MINIMAL`] with `arrivals`, from this folder.
    fn load(&self, arrivals: &str) -> Result<Loaded, Rejected> {
        load(&Input { folder: Some(self.0.clone()), ..Input::from_text("a.json", &arriving(arrivals)) })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn faults_of_recordings() {
    let folder = Folder::new("faults_of_recordings");
    let trace = r#"{ "trace": { "csv": "t.csv" } }"#;
    let other = r#"{ "trace": { "csv": "t.csv", "column": "tme_s" } }"#;
    let counts = r#"{ "counts": { "csv": "t.csv" } }"#;
    let cases: [(&str, &[u8], &[&str]); 16] = [
        (trace, b"", &["`t.csv` is empty"]),
        (trace, b"1\n2\n", &["no header row"]),
        (trace, b"time_s\n", &["no rows"]),
        (trace, b"time\n1\n", &["the unit of column `time` is not known", "`_s`"]),
        (other, b"time_s,x\n1,2\n", &["no column `tme_s`; it has `time_s`, `x`", "did you mean `time_s`?"]),
        (trace, b"time_s\n1\nNaN\n", &["row 3, column `time_s`: `NaN` is not a time"]),
        (trace, b"time_s\ninf\n", &["row 2", "`inf`"]),
        (trace, b"time_s\n-1\n", &["row 2", "`-1`"]),
        (trace, b"time_s,x\n,5\n", &["row 2", "``"]),
        (trace, b"time_s\n1e999\n", &["row 2", "`1e999`"]),
        (trace, b"time_s\n9999999999\n", &["row 2", "beyond 100 years"]),
        (trace, b"time_s\n2\n1\n", &["row 3", "`1` comes before the row above it", "sort"]),
        (
            r#"{ "trace": { "csv": "t.csv", "column": "b_s" } }"#,
            b"a,b_s\n1,2\n3\n",
            &["row 3", "only 1 columns"],
        ),
        (trace, b"time_s\n\xff\n", &["not UTF-8"]),
        (counts, b"count\n1\n2.5\n", &["row 3, column `count`: `2.5` is not a count"]),
        (counts, b"minute,n\n1,2\n", &["no column `count`"]),
    ];
    for (arrivals, content, expected) in cases {
        fs::write(folder.0.join("t.csv"), content).expect("the file can be written");
        let rejected = folder.load(arrivals).map(|loaded| loaded.digest).expect_err("must be refused");
        assert_eq!(rejected.problems.len(), 1, "{rejected}");
        let text = rejected.to_string();
        for part in expected {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}

#[test]
fn recordings_that_are_no_files() {
    let folder = Folder::new("recordings_that_are_no_files");
    fs::create_dir(folder.0.join("folder.csv")).expect("the folder can be made");
    for (name, expected) in
        [("missing.csv", "cannot be read"), ("folder.csv", "is a folder"), ("", "is a folder")]
    {
        let rejected = folder
            .load(&format!(r#"{{ "trace": {{ "csv": "{name}" }} }}"#))
            .map(|loaded| loaded.digest)
            .expect_err("refused");
        assert!(rejected.to_string().contains(expected), "{rejected}");
    }
    let rejected = rejected(&arriving(r#"{ "trace": { "csv": "t.csv" } }"#));
    assert!(rejected.to_string().contains("does not lie in a folder"), "{rejected}");
    assert!(Input::read(&folder.0).expect_err("a folder").to_string().contains("is a folder"));
    assert!(Input::read(&folder.0.join("missing.json")).is_err());
}

#[cfg(unix)]
#[test]
fn devices_are_not_read() {
    let null = PathBuf::from("/dev/null");
    assert!(Input::read(&null).expect_err("a device").to_string().contains("pipe or device"));
    let rejected = rejected(&arriving(r#"{ "trace": { "csv": "/dev/zero" } }"#));
    assert!(rejected.to_string().contains("pipe or device"), "{rejected}");
}

#[test]
fn recordings_are_read_exactly_and_belong_to_the_digest() {
    let folder = Folder::new("recordings_are_read_exactly");
    let write = |content: &str| fs::write(folder.0.join("t.csv"), content).expect("the file can be written");
    let load = |arrivals: &str| folder.load(arrivals).unwrap_or_else(|rejected| panic!("{rejected}"));
    write("\u{feff}time_s,x\r\n0,1\r\n0.1,1\r\n57.15786004066467,2\r\n1e2,3\r\n");
    let first = load(r#"{ "trace": { "csv": "t.csv" } }"#);
    let arrivals = format!("{:?}", first.scenario.sources[0].arrivals);
    assert_eq!(
        arrivals,
        "Times([SimTime(0), SimTime(100000000), SimTime(57157860041), SimTime(100000000000)])"
    );
    write("time_s\n0\n");
    assert_ne!(load(r#"{ "trace": { "csv": "t.csv" } }"#).digest, first.digest);
    write("count\n3\n0\n7\n");
    let counts = load(r#"{ "counts": { "csv": "t.csv", "spacing": "even" } }"#);
    let arrivals = format!("{:?}", counts.scenario.sources[0].arrivals);
    assert!(arrivals.contains("counts: [3, 0, 7], even: true"), "{arrivals}");
}

/// Real arrivals, read in place; without them there is nothing to check.
#[test]
#[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
fn a_real_trace_is_read_to_its_last_row() {
    let shared = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/azure");
    if !shared.is_dir() {
        eprintln!("skipped: ../shared/data/azure is absent");
        return;
    }
    let text = arriving(r#"{ "trace": { "csv": "azure_llm_code_2023_arrivals.csv" } }"#);
    let loaded =
        load(&Input { folder: Some(shared), ..Input::from_text("a.json", &text) }).expect("is accepted");
    let thirdtry::scenario::Arrivals::Times(times) = &loaded.scenario.sources[0].arrivals else {
        panic!("times")
    };
    assert_eq!(times.len(), 8_819);
}

#[test]
fn quickstart_cut_short_anywhere_is_refused_and_never_panics() {
    let text = builtin::text("quickstart").expect("is shipped");
    let whole = text.trim_end().len();
    for end in 0..whole {
        let rejected = rejected_bytes(&text.as_bytes()[..end]);
        assert_eq!(rejected.problems.len(), 1, "{end}: {rejected}");
    }
}

/// Whatever the file, loading ends with a scenario or with problems that can be shown.
fn survives(bytes: &[u8]) {
    let input = Input { name: "a.json".to_owned(), bytes: bytes.to_vec(), folder: None, sets: Vec::new() };
    if let Err(rejected) = load(&input) {
        assert!(!rejected.to_string().is_empty());
        for span in rejected.problems.iter().filter_map(|problem| problem.span.as_ref()) {
            assert!(span.start <= span.end && span.end <= bytes.len(), "{span:?} of {}", bytes.len());
        }
    }
}

/// [`MINIMAL`] with changes.
fn changing(changes: &str) -> String {
    with("", "", &format!(r#""end": "1h", "changes": [ {changes} ],"#))
}

#[test]
fn changes_that_cannot_be() {
    let at = |at: &str, set: &str| format!(r#"{{ "at": "{at}", "set": {{ {set} }} }}"#);
    let reserve = r#""functions.ship.ReservedConcurrentExecutions": 40"#;
    let place = r#"changes[0].set["functions.ship.ReservedConcurrentExecutions"]"#;
    accepted(&changing(&at("20m", reserve)));
    check(
        &changing(&at("1h", reserve)),
        "changes[0].at",
        "is not before the end of the run, 1h",
        "before its `end`",
    );
    let backwards = [at("20m", reserve), at("10m", reserve)].join(", ");
    check(
        &changing(&backwards),
        "changes[1].at",
        "lies before the change above it, at 20m",
        "in order of time",
    );
    let twice = [at("20m", reserve), at("20m", reserve)].join(", ");
    check(
        &changing(&twice),
        r#"changes[1].set["functions.ship.ReservedConcurrentExecutions"]"#,
        "is set at 20m already",
        "once",
    );
    let nested = r#""functions.ship.EventInvokeConfig": {}, "functions.ship.EventInvokeConfig.MaximumRetryAttempts": 0"#;
    assert!(only_error(&changing(&at("20m", nested))).message.contains("is set at 20m already"));

    let bad = |set: &str, message: &str, hint: &str| {
        let problem = only_error(&changing(&at("20m", set)));
        assert!(problem.path.starts_with("changes[0].set"), "{problem:?}");
        assert!(problem.message.contains(message), "{problem:?}");
        assert!(problem.hint.as_deref().unwrap_or_default().contains(hint), "{problem:?}");
        assert!(problem.span.is_some(), "{problem:?}");
    };
    bad("", "nothing is set", "ReservedConcurrentExecutions");
    bad(r#""functions.shop.Timeout": 9"#, "there is no function `shop`", "did you mean `ship`?");
    bad(r#""functions.ship.Timeouts": 9"#, "no setting `Timeouts`", "did you mean `Timeout`?");
    bad(r#""functions.ship.MemorySize": 256"#, "cannot change during a run", "what can change");
    bad(r#""sources.orders.to": "ship""#, "cannot change during a run", "what can change");
    bad(r#""functions.ship.Timeout": 901"#, "must be 1..900", "");
    bad(r#""functions.ship.Timeout": "9s""#, "expected an integer 1..900 seconds", "");
    bad(r#""functions.ship.DeadLetterConfig.TargetArn": null"#, "cannot be taken away", "give a value");
    bad(r#""functions.ship.DeadLetterConfig.TargetArn": "dlq""#, "there is no destination `dlq`", "");
    bad(r#""functions.ship.ReservedConcurrentExecutions": 901"#, "from 20m on", "reserve less");
    check(
        &changing(&at(
            "20m",
            r#""account.concurrency": 50, "functions.ship.ReservedConcurrentExecutions": 1"#,
        )),
        place,
        "must stay unreserved",
        "reserve less",
    );
}

#[test]
fn redrives_that_cannot_be() {
    let redriving = |redrives: &str, function: &str| {
        with(function, "", &format!(r#""end": "1h", "redrives": [ {redrives} ],"#)).replace(
            r#""sources""#,
            r#""destinations": { "dlq": { "sqs": {} }, "topic": { "sns": {} } }, "sources""#,
        )
    };
    let one = |from: &str, at: &str, rate: &str| {
        format!(r#"{{ "from": "{from}", "at": "{at}", "rate": "{rate}" }}"#)
    };
    let dlq = r#""DeadLetterConfig": { "TargetArn": "dlq" }"#;
    accepted(&redriving(&one("dlq", "20m", "50/s"), dlq));
    check(
        &redriving(&one("dlq", "20m", "50/s"), ""),
        "redrives[0].from",
        "nobody fills `dlq`",
        "that failures go to",
    );
    let success =
        r#""EventInvokeConfig": { "DestinationConfig": { "OnSuccess": { "Destination": "dlq" } } }"#;
    check(&redriving(&one("dlq", "20m", "50/s"), success), "redrives[0].from", "nobody fills `dlq`", "");
    check(
        &redriving(&one("dlp", "20m", "50/s"), dlq),
        "redrives[0].from",
        "no destination `dlp`",
        "did you mean `dlq`?",
    );
    check(
        &redriving(&one("topic", "20m", "50/s"), dlq),
        "redrives[0].from",
        "only an sqs queue keeps messages",
        "sqs",
    );
    check(
        &redriving(&one("dlq", "1h", "50/s"), dlq),
        "redrives[0].at",
        "is not before the end of the run, 1h",
        "",
    );
    check(&redriving(&one("dlq", "20m", "0/s"), dlq), "redrives[0].rate", "must be above 0", "");
    let twice = [one("dlq", "20m", "50/s"), one("dlq", "20m", "1/s")].join(", ");
    check(&redriving(&twice, dlq), "redrives[1].at", "begins at the same time", "later");
    let elsewhere = r#"{ "from": "dlq", "to": "shop", "at": "20m", "rate": "1/s" }"#;
    check(&redriving(elsewhere, dlq), "redrives[0].to", "no function `shop`", "did you mean `ship`?");
    let retention = redriving("", dlq).replace(r#""sqs": {}"#, r#""sqs": { "MessageRetentionPeriod": 59 }"#);
    check(&retention, "destinations.dlq.sqs.MessageRetentionPeriod", "must be 60..1209600 seconds", "");
}

#[test]
fn imperfections_that_cannot_be() {
    let imperfect =
        |imperfections: &str| with("", "", &format!(r#""imperfections": {{ {imperfections} }},"#));
    accepted(&imperfect(
        r#""backlog": {}, "poller_read_rate": { "adaptive": {} }, "neighbour_delay": "10ms""#,
    ));
    let cases = [
        (
            r#""backlog": { "interval_multiplier": 0.5 }"#,
            "imperfections.backlog.interval_multiplier",
            "would shorten",
        ),
        (r#""backlog": { "threshold": 0 }"#, "imperfections.backlog.threshold", "out of range"),
        (r#""poller_read_rate": "0/s""#, "imperfections.poller_read_rate.constant", "must be above 0"),
        (
            r#""poller_read_rate": { "adaptive": { "initial": "20000/s" } }"#,
            "imperfections.poller_read_rate.adaptive.initial",
            "does not lie between",
        ),
        (r#""poller_read_rate": "1000000000/s""#, "imperfections.poller_read_rate.constant", "too fast"),
        (r#""duplicate": 1"#, "imperfections.duplicate", "unknown key"),
    ];
    for (imperfections, path, message) in cases {
        check(&imperfect(imperfections), path, message, "");
    }
}

#[test]
fn a_queue_that_a_change_fills_can_be_redriven() {
    let text = with(
        "",
        "",
        r#""redrives": [ { "from": "dlq", "at": "20m", "rate": "1/s" } ], "destinations": { "dlq": { "sqs": {} } },
           "changes": [ { "at": "10m", "set": { "functions.ship.DeadLetterConfig.TargetArn": "dlq" } } ],"#,
    );
    accepted(&text);
}

#[test]
fn the_rules_hold_for_what_a_change_makes_of_the_scenario() {
    let text = changing(
        r#"{ "at": "20m", "set": { "functions.ship.EventInvokeConfig.DestinationConfig.OnSuccess.Destination": "bucket" } }"#,
    )
    .replace(r#""sources""#, r#""destinations": { "bucket": { "s3": {} } }, "sources""#);
    let problem = only_error(&text);
    assert!(problem.path.starts_with("changes[0].set["), "{problem:?}");
    assert!(problem.message.contains("an S3 bucket takes records of failures only"), "{problem:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes);
    }

    #[test]
    fn random_json_like_text_never_panics(text in r#"[\{\}\[\]",:0-9a-eE.+\-/* \n"é]{0,80}"#) {
        survives(text.as_bytes());
    }

    #[test]
    fn mutated_scenarios_never_panic(
        which in 0usize..6,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..8, any::<u8>()), 1..6),
    ) {
        let name = builtin::names().nth(which).expect("six are shipped");
        let mut bytes = builtin::text(name).expect("listed").as_bytes().to_vec();
        for (place, kind, byte) in edits {
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => { bytes.remove(at); }
                3 => bytes[at] = b'"',
                4 => bytes.insert(at, b'-'),
                5 => bytes.splice(at..at, *b"null,").for_each(drop),
                6 => bytes.splice(at..at, *b"99999999999999999999").for_each(drop),
                _ => { let end = (at + usize::from(byte)).min(bytes.len()); bytes.drain(at..end); }
            }
        }
        survives(&bytes);
    }

    #[test]
    fn random_changes_never_panic(path in r#"[a-z.\[\]0-9"]{0,20}"#, value in ".{0,20}") {
        let sets = vec![(path, value)];
        let result = load(&Input { sets, ..Input::from_text("a.json", MINIMAL) });
        prop_assert!(result.is_ok() || !result.expect_err("refused").problems.is_empty());
    }
}
