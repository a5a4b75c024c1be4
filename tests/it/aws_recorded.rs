//! What we write, held against invocation records and dead-letter messages that were recorded on the real service
//! (the tests of an emulator, kept in `../shared`; where they are absent the test says so and skips).
//!
//! Each recorded test that a scenario can play is played. Compared are all keys in their nesting, the types, and the
//! values, except for placeholders, for what a handler answers of its own will, and for the event itself.

use crate::source_files::root;
use crate::support::{load, record, temporary_folder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use thirdtry::record::Files;

const TESTS: &str = "tests/aws/services/lambda_/test_lambda_destinations.py::TestLambda";

/// The recorded content by the name of the test, or `None`, with a word, where it is absent.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn recorded() -> Option<Value> {
    let path = root().join("../shared/data/aws-recorded/test_lambda_destinations.snapshot.json");
    let Ok(text) = fs::read(path) else {
        eprintln!("skipped: ../shared/data/aws-recorded is absent");
        return None;
    };
    Some(serde_json::from_slice(&text).expect("the recording is JSON"))
}

/// The lines of `deliveries.jsonl` of one event for function `handler`, which fails for the reason given, if any.
fn played(name: &str, config: &str, fails: Option<&str>, kind: &str) -> Vec<Value> {
    let failures = fails.map_or_else(String::new, |because| {
        let because = Value::from(because);
        format!(r#"{{ "exception": {{ "because": {because} }} }}"#)
    });
    let text = format!(
        r#"{{ "version": 1, "profile": "documented",
              "functions": {{ "handler": {{ "Timeout": 30, "failures": [{failures}],
                "DeadLetterConfig": {{ "TargetArn": "letters" }},
                "EventInvokeConfig": {{ {config} "DestinationConfig": {{
                    "OnSuccess": {{ "Destination": "target" }}, "OnFailure": {{ "Destination": "target" }} }} }} }} }},
              "destinations": {{ "target": {{ "{kind}": {{}} }}, "letters": {{ "sqs": {{}} }} }},
              "sources": {{ "test": {{ "to": "handler", "arrivals": {{ "times": ["0s"] }} }} }} }}"#
    );
    let folder = temporary_folder(&format!("recorded-{name}"));
    record(&load(&text), &folder, Files { deliveries: true, ..Files::LEAST });
    let lines = fs::read_to_string(folder.join("deliveries.jsonl")).expect("the run wrote it");
    lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn of_route(lines: &[Value], route: &str) -> Value {
    lines.iter().find(|line| line["route"] == route).expect("it was delivered").clone()
}

/// Compares two documents and collects where they differ.
#[derive(Default)]
struct Comparison {
    /// What placeholders stand for: the same everywhere.
    meanings: BTreeMap<String, String>,
    differences: Vec<String>,
    values: u32,
}

impl Comparison {
    fn compare(&mut self, path: &str, theirs: &Value, ours: &Value) {
        match (theirs, ours) {
            (Value::Object(theirs), Value::Object(ours)) => {
                let keys = |object: &serde_json::Map<String, Value>| {
                    let mut keys: Vec<String> = object.keys().cloned().collect();
                    keys.sort_unstable();
                    keys
                };
                if keys(theirs) != keys(ours) {
                    self.differ(path, &json!(keys(theirs)), &json!(keys(ours)));
                    return;
                }
                for (key, value) in theirs {
                    self.compare(&format!("{path}.{key}"), value, &ours[key]);
                }
            }
            // The code's own trace: a list in both.
            (Value::Array(_), Value::Array(_)) if path.ends_with(".stackTrace") => {}
            (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => {
                for (at, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                    self.compare(&format!("{path}[{at}]"), theirs, ours);
                }
            }
            (Value::String(text), Value::String(found)) => self.compare_texts(path, text, found),
            _ if theirs == ours => self.values += 1,
            _ => self.differ(path, theirs, ours),
        }
    }

    /// A recorded text may be or contain placeholders: `<region>`, `date`, an account of ones.
    fn compare_texts(&mut self, path: &str, theirs: &str, ours: &str) {
        let is_date = theirs == "date" && ours.ends_with('Z') && ours.contains('T');
        let whole = theirs.starts_with('<') && theirs.find('>') == Some(theirs.len() - 1);
        if whole {
            let meaning = self.meanings.entry(theirs.to_owned()).or_insert_with(|| ours.to_owned()).clone();
            if meaning != ours {
                self.differ(path, &theirs.into(), &ours.into());
            }
        } else if !is_date && !fits(theirs, ours) {
            self.differ(path, &theirs.into(), &ours.into());
        }
        self.values += 1;
    }

    fn differ(&mut self, path: &str, theirs: &Value, ours: &Value) {
        self.differences.push(format!("{path}: AWS {theirs}, ours {ours}"));
    }
}

/// Whether `text` is `pattern` with something for each placeholder.
fn fits(pattern: &str, text: &str) -> bool {
    let pattern = pattern.replace("111111111111", "<account>");
    let mut rest = text;
    for (at, part) in pattern.split('<').enumerate() {
        let literal = if at == 0 { part } else { part.split_once('>').map_or(part, |(_, literal)| literal) };
        let Some(start) = rest.find(literal) else { return false };
        if at == 0 && start != 0 {
            return false;
        }
        rest = &rest[start + literal.len()..];
    }
    rest.is_empty() || pattern.ends_with('>')
}

/// Removes what the test's own event and handler decide.
fn without_payloads(document: &Value) -> Value {
    let mut document = document.clone();
    let record = if document.get("detail").is_some() { &mut document["detail"] } else { &mut document };
    record["requestPayload"] = json!("the event");
    if record["responseContext"].get("functionError").is_none() {
        record["responsePayload"] = json!("the answer");
    }
    document
}

#[track_caller]
fn same(test: &str, theirs: &Value, ours: &Value) {
    assert!(theirs.is_object(), "{test} is recorded");
    let mut comparison = Comparison::default();
    comparison.compare("", &without_payloads(theirs), &without_payloads(ours));
    assert_eq!(comparison.differences, Vec::<String>::new(), "{test}");
    assert!(comparison.values >= 8, "{test}: only {} values were compared", comparison.values);
}

const BOOM: Option<&str> = Some("Test exception (this is intentional)");
const FAILURE: Option<&str> = Some("intentional failure");

#[test]
fn records_for_queues_are_those_that_aws_sent() {
    let Some(recorded) = recorded() else { return };
    let body = |test: &str, path: &str| {
        recorded[format!("{TESTS}{test}")]["recorded-content"].pointer(path).cloned().unwrap_or_default()
    };
    let first = "/receive_message_result/Messages/0/Body";
    let no_retry = r#""MaximumRetryAttempts": 0,"#;
    let invocation = "DestinationSqs::test_assess_lambda_destination_invocation";
    let cases = [
        (format!("{invocation}[Success-payload0]"), first, "", None),
        (format!("{invocation}[payload0]"), first, no_retry, None),
        (format!("{invocation}[payload1]"), first, no_retry, BOOM),
        ("DestinationSqs::test_lambda_destination_default_retries".to_owned(), first, "", BOOM),
        (
            "DestinationSqs::test_retries".to_owned(),
            "/queue_destination_payload/Messages/0/Body",
            r#""MaximumRetryAttempts": 2,"#,
            FAILURE,
        ),
        (
            "DestinationSqs::test_maxeventage".to_owned(),
            "/no_retry_failure_message/Body",
            r#""MaximumEventAgeInSeconds": 60,"#,
            FAILURE,
        ),
        (
            "DestinationSqs::test_maxeventage".to_owned(),
            "/single_retry_failure_message/Body",
            r#""MaximumEventAgeInSeconds": 90,"#,
            FAILURE,
        ),
    ];
    for (at, (test, path, config, fails)) in cases.into_iter().enumerate() {
        let route = if fails.is_some() { "on_failure" } else { "on_success" };
        let lines = played(&format!("queue-{at}"), config, fails, "sqs");
        same(&format!("{test}{path}"), &body(&test, path), &of_route(&lines, route)["record"]);
    }
}

#[test]
fn entries_for_buses_are_those_that_aws_sent() {
    let Some(recorded) = recorded() else { return };
    let test = "DestinationEventbridge::test_invoke_lambda_eventbridge";
    let content = &recorded[format!("{TESTS}{test}")]["recorded-content"];
    let cases = [
        ("lambda_destination_event_bus_success", "on_success", None),
        ("lambda_destination_event_bus_failure", "on_failure", Some("intentional failure!")),
    ];
    for (part, route, fails) in cases {
        let lines = played(part, r#""MaximumRetryAttempts": 0,"#, fails, "eventbridge");
        same(part, &content[part], &of_route(&lines, route)["record"]);
    }
}

#[test]
fn attributes_of_dead_letters_are_those_that_aws_sent() {
    let Some(recorded) = recorded() else { return };
    let content = &recorded[format!("{TESTS}DLQ::test_dead_letter_queue")]["recorded-content"];
    let theirs = &content["receive_result"]["Messages"][0]["MessageAttributes"];
    let lines = played("letter", r#""MaximumRetryAttempts": 0,"#, BOOM, "sqs");
    let mut comparison = Comparison::default();
    comparison.compare("", theirs, &of_route(&lines, "dead_letter_queue")["message"]["attributes"]);
    assert_eq!(comparison.differences, Vec::<String>::new());
    assert_eq!(comparison.values, 6);
}

#[test]
fn placeholders_stand_for_something_and_the_rest_for_itself() {
    let cases = [
        (
            "arn:<partition>:lambda:<region>:111111111111:function:<f:1>:$LATEST",
            "arn:aws:lambda:eu:1:function:x:$LATEST",
            true,
        ),
        ("arn:<partition>:lambda", "arn:aws:sqs", false),
        ("a<b>", "ax", true),
        ("plain", "plain", true),
        ("plain", "plainly", false),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
    }
}
