//! What AWS would have shown: small runs in view, agreement with the run's own tables, and bad input.

use crate::support::{load, record, temporary_folder, tree};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use thirdtry::export::{Kind, LogFormat, RunFolder, export};
use thirdtry::record::Files;

/// Event 1 fails in a new environment and succeeds a minute later; event 2 is throttled once and is not traced.
const SMALL: &str = r#"{ "version": 1, "seed": 7, "profile": "documented", "start": "2026-01-05T10:00:00Z",
    "timing": { "dispatch_latency": "30ms" },
    "functions": { "ship": { "MemorySize": 256, "ReservedConcurrentExecutions": 1, "init": "200ms", "duration": "100ms",
        "failures": [ { "exception": { "probability": 1, "during": ["0s", "1s"], "because": "database outage" } } ] } },
    "sources": { "orders": { "to": "ship", "arrivals": { "times": ["0s", "100ms"] } } } }"#;

/// Everything that can happen to an attempt, in two functions.
const BUSY: &str = r#"{ "version": 1, "seed": 7, "arrivals_end": "5m", "end": "8m",
    "functions": {
        "ship": { "ReservedConcurrentExecutions": 4, "Timeout": 5,
            "EventInvokeConfig": { "DestinationConfig": { "OnSuccess": { "Destination": "next" },
                                                          "OnFailure": { "Destination": "failed" } } },
            "duration": { "lognormal": { "median": "400ms", "p99": "3s" } },
            "failures": [ { "poison": { "probability": 0.05, "because": "bad order" } },
                          { "exception": { "probability": 0.2 } }, { "caught": { "probability": 0.05 } },
                          { "timeout": { "probability": 0.02 } }, { "crash": { "probability": 0.02 } },
                          { "out_of_memory": { "probability": 0.02 } } ] },
        "tell": { "duration": "50ms" } },
    "destinations": { "failed": { "sqs": {} }, "next": { "lambda": { "FunctionName": "tell" } } },
    "faults": [ { "system_error": { "probability": 0.05 } } ],
    "sources": { "orders": { "to": "ship", "arrivals": { "poisson": { "rate": "6/s" } } },
                 "calls": { "to": "ship", "invocation": "sync", "arrivals": { "poisson": { "rate": "1/s" } } } } }"#;

/// Runs `text` and exports `kind`; returns the run's folder and the export's.
fn exported(text: &str, kind: Kind, name: &str) -> (PathBuf, PathBuf) {
    let folder = temporary_folder(name);
    record(&load(text), &folder, Files { charts: false, ..Files::ALL });
    let run = RunFolder::open(&folder).expect("a finished run");
    let written = export(&run, kind, &folder.join("export")).expect("it can be exported");
    (folder, written)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a readable file")
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&read(path)).expect("JSON")
}

/// The rows of a table, by the names of its columns.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

#[test]
fn the_log_of_a_small_run_in_view() {
    let (_, folder) = exported(SMALL, Kind::Logs(LogFormat::Text), "export-log");
    let stream = "2026/01/05/[$LATEST]7c42984e24c0f5f7f433b3e0cb210f87";
    let (first, second) = ("03989531-93d2-4d06-acf9-71eacc8ed7be", "7fb28eba-8f0b-419d-a1c3-8f5ec3a56fcb");
    let trace = "1-695b8ba0-f781294c26e850e5e7fcb3e3";
    let memory = "Memory Size: 256 MB\tMax Memory Used: 128 MB\t";
    let expected = format!(
        "\
2026-01-05T10:00:00.230000+00:00 {stream} START RequestId: {first} Version: $LATEST
2026-01-05T10:00:00.330000+00:00 {stream} [ERROR] Exception: database outage
2026-01-05T10:00:00.330000+00:00 {stream} END RequestId: {first}
2026-01-05T10:00:00.330000+00:00 {stream} REPORT RequestId: {first}\tDuration: 100.00 ms\tBilled Duration: 300 ms\t\
{memory}Init Duration: 200.00 ms\t
XRAY TraceId: {trace}\tSegmentId: 00d980819c139731\tSampled: true\t
2026-01-05T10:00:01.130000+00:00 {stream} START RequestId: {second} Version: $LATEST
2026-01-05T10:00:01.230000+00:00 {stream} END RequestId: {second}
2026-01-05T10:00:01.230000+00:00 {stream} REPORT RequestId: {second}\tDuration: 100.00 ms\tBilled Duration: 100 ms\t\
{memory}
2026-01-05T10:01:00.330000+00:00 {stream} START RequestId: {first} Version: $LATEST
2026-01-05T10:01:00.430000+00:00 {stream} END RequestId: {first}
2026-01-05T10:01:00.430000+00:00 {stream} REPORT RequestId: {first}\tDuration: 100.00 ms\tBilled Duration: 100 ms\t\
{memory}
XRAY TraceId: {trace}\tSegmentId: d0cd776f29da4dca\tSampled: true\t
"
    );
    assert_eq!(read(&folder.join("ship/tail.log")), expected);
    let events = read(&folder.join("ship/filter-log-events.jsonl"));
    let start = format!(
        r#"{{"logStreamName":"{stream}","timestamp":1767607200230,"message":"START RequestId: {first} Version: $LATEST\n","ingestionTime":1767607200230,"eventId":"00000000000000000000000032606597645489085282166432071681"}}"#
    );
    assert_eq!(events.lines().next(), Some(start.as_str()));
}

#[test]
fn the_trace_of_a_small_run_in_view() {
    let (_, folder) = exported(SMALL, Kind::XRay, "export-trace");
    let answer = json(&folder.join("batch-get-traces.json"));
    let traces = answer["Traces"].as_array().expect("traces");
    assert_eq!(traces.len(), 1, "the other event is not traced");
    assert_eq!(answer["UnprocessedTraceIds"], serde_json::json!([]));
    assert_eq!(traces[0]["Id"], "1-695b8ba0-f781294c26e850e5e7fcb3e3");
    assert_eq!(traces[0]["Duration"], 60.43);
    let documents: Vec<&str> = traces[0]["Segments"]
        .as_array()
        .expect("segments")
        .iter()
        .filter_map(|s| s["Document"].as_str())
        .collect();
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:ship:$LATEST";
    let service = format!(
        r#"{{"id":"6df846d5c9652928","name":"ship","start_time":1767607200.000000,"end_time":1767607200.000000,"trace_id":"1-695b8ba0-f781294c26e850e5e7fcb3e3","http":{{"response":{{"status":202}}}},"aws":{{"request_id":"03989531-93d2-4d06-acf9-71eacc8ed7be"}},"origin":"AWS::Lambda","resource_arn":"{arn}","subsegments":[{{"id":"8882bd28a13e410a","name":"Dwell Time","start_time":1767607200.000000,"end_time":1767607200.030000}},{{"id":"ce2c1232b95b2bfe","name":"Attempt #1","start_time":1767607200.030000,"end_time":1767607200.330000,"http":{{"response":{{"status":200}}}},"fault":true}},{{"id":"8c5d197a00e2a10d","name":"Attempt #2","start_time":1767607260.330000,"end_time":1767607260.430000,"http":{{"response":{{"status":200}}}}}}]}}"#
    );
    let first_run = format!(
        r#"{{"id":"00d980819c139731","name":"ship","start_time":1767607200.030000,"end_time":1767607200.330000,"trace_id":"1-695b8ba0-f781294c26e850e5e7fcb3e3","parent_id":"ce2c1232b95b2bfe","aws":{{"function_arn":"{arn}"}},"origin":"AWS::Lambda::Function","resource_arn":"{arn}","fault":true,"cause":{{"exceptions":[{{"id":"e96df5cdf148e4f3","type":"Exception","message":"database outage"}}]}},"subsegments":[{{"id":"8d6540681cece155","name":"Initialization","start_time":1767607200.030000,"end_time":1767607200.230000}},{{"id":"60c18a289200a6e9","name":"Invocation","start_time":1767607200.230000,"end_time":1767607200.330000,"fault":true}}]}}"#
    );
    assert_eq!(documents[..2], [service, first_run]);
    assert_eq!(documents.len(), 3);
}

#[test]
fn the_metrics_of_a_small_run_in_view() {
    let (_, folder) = exported(SMALL, Kind::CloudWatch, "export-metrics");
    let data = json(&folder.join("functions/ship/get-metric-data.json"));
    let results = data["MetricDataResults"].as_array().expect("results");
    let result = |id: &str| results.iter().find(|result| result["Id"] == id).expect("a result").to_string();
    let age = r#"{"Id":"asyncEventAge_average","Label":"AsyncEventAge Average","Timestamps":["2026-01-05T10:01:00+00:00","2026-01-05T10:00:00+00:00"],"Values":[60330.0,363.333],"StatusCode":"Complete"}"#;
    assert_eq!(result("asyncEventAge_average"), age);
    let nothing = r#"{"Id":"deadLetterErrors_sum","Label":"DeadLetterErrors Sum","Timestamps":[],"Values":[],"StatusCode":"Complete"}"#;
    assert_eq!(result("deadLetterErrors_sum"), nothing);
    let expected = "\
{
    \"Label\": \"Errors\",
    \"Datapoints\": [
        {
            \"Timestamp\": \"2026-01-05T10:00:00+00:00\",
            \"SampleCount\": 3.0,
            \"Sum\": 1.0,
            \"Average\": 0.333333,
            \"Minimum\": 0.0,
            \"Maximum\": 1.0,
            \"Unit\": \"Count\"
        },
        {
            \"Timestamp\": \"2026-01-05T10:01:00+00:00\",
            \"SampleCount\": 1.0,
            \"Sum\": 0.0,
            \"Average\": 0.0,
            \"Minimum\": 0.0,
            \"Maximum\": 0.0,
            \"Unit\": \"Count\"
        }
    ]
}
";
    assert_eq!(read(&folder.join("functions/ship/get-metric-statistics/Errors.json")), expected);
    // Each answer belongs to a query that can be sent to AWS.
    let queries = json(&folder.join("functions/ship/metric-data-queries.json"));
    let ids = |list: &Value| -> Vec<String> {
        list.as_array().expect("a list").iter().map(|entry| entry["Id"].to_string()).collect()
    };
    assert_eq!(ids(&queries), ids(&data["MetricDataResults"]));
    let query = r#"{"Id":"errors_sum","Label":"Errors Sum","MetricStat":{"Metric":{"Namespace":"AWS/Lambda","MetricName":"Errors","Dimensions":[{"Name":"FunctionName","Value":"ship"}]},"Period":60,"Stat":"Sum"},"ReturnData":true}"#;
    assert!(queries.as_array().expect("a list").iter().map(Value::to_string).any(|found| found == query));
}

/// Goal: logs agree with the attempts. Method: by request id, as many `START` as runs and as `REPORT`; throttles and
/// system errors leave nothing; lines are in order; a failure record's message stands in the log.
#[test]
fn logs_have_one_start_and_one_report_for_each_run() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let (run, folder) = exported(BUSY, Kind::Logs(format), &format!("export-logs-{format:?}"));
        let mut runs: BTreeMap<String, usize> = BTreeMap::new();
        let attempts = table(&run.join("attempts.csv"));
        assert!(attempts.iter().any(|row| row["result"] == "throttled"));
        for row in attempts.iter().filter(|row| !row["run"].is_empty()) {
            *runs.entry(row["request_id"].clone()).or_default() += 1;
        }
        let (mut starts, mut reports): (BTreeMap<String, usize>, usize) = (BTreeMap::new(), 0);
        let mut text = String::new();
        for function in ["ship", "tell"] {
            let mut last = 0;
            for line in read(&folder.join(function).join("filter-log-events.jsonl")).lines() {
                let event: Value = serde_json::from_str(line).expect("JSON");
                let at = event["timestamp"].as_u64().expect("a time");
                assert!(at >= last, "{line}");
                last = at;
                let message = event["message"].as_str().expect("a message");
                text += message;
                reports += usize::from(message.starts_with("REPORT ") || message.contains("platform.report"));
                if let Some(id) = started(message) {
                    *starts.entry(id).or_default() += 1;
                }
            }
        }
        assert_eq!(starts, runs);
        assert_eq!(reports, runs.values().sum::<usize>());
        for line in read(&run.join("deliveries.jsonl")).lines() {
            let delivery: Value = serde_json::from_str(line).expect("JSON");
            if let Some(message) = delivery["record"]["responsePayload"]["errorMessage"].as_str()
                && format == LogFormat::Text
            {
                assert!(text.contains(message), "{message}");
            }
        }
    }
}

/// The request id of a message that tells of the start of a run.
fn started(message: &str) -> Option<String> {
    if let Some(rest) = message.strip_prefix("START RequestId: ") {
        return rest.split(' ').next().map(str::to_owned);
    }
    let event: Value = serde_json::from_str(message).ok()?;
    (event["type"] == "platform.start").then(|| event["record"]["requestId"].as_str().map(str::to_owned))?
}

/// Goal: traces agree with the tables. Method: one trace for each sampled event and call, and in it one segment of the
/// function for each run.
#[test]
fn there_is_a_trace_for_each_sampled_event_with_a_segment_for_each_run() {
    let (run, folder) = exported(BUSY, Kind::XRay, "export-traces");
    let attempts = table(&run.join("attempts.csv"));
    let sampled = |row: &&BTreeMap<String, String>| row["traced"] == "true";
    let calls = attempts.iter().filter(sampled).filter(|row| row["invocation_type"] != "Event").count();
    let events = table(&run.join("events.csv")).iter().filter(sampled).count();
    let runs = attempts.iter().filter(sampled).filter(|row| !row["run"].is_empty()).count();
    let answer = json(&folder.join("batch-get-traces.json"));
    let traces = answer["Traces"].as_array().expect("traces");
    assert_eq!(traces.len(), calls + events);
    assert!(events > 200 && calls > 10, "{events} events, {calls} calls");
    let segments = traces.iter().flat_map(|trace| trace["Segments"].as_array().expect("segments"));
    let functions = segments.filter(|segment| {
        segment["Document"].as_str().expect("text").contains(r#""origin":"AWS::Lambda::Function""#)
    });
    assert_eq!(functions.count(), runs);
}

#[test]
fn the_same_run_exports_the_same_bytes_and_an_export_replaces_the_one_before() {
    for kind in [Kind::CloudWatch, Kind::Logs(LogFormat::Text), Kind::XRay] {
        let name = format!("export-twice-{}", kind.name());
        let (run, folder) = exported(BUSY, kind, &name);
        let (once, results) = (tree(&folder), tree(&run));
        let (_, again) = exported(BUSY, kind, &format!("{name}-again"));
        assert!(once == tree(&again), "{name}");
        fs::write(folder.join("mine.txt"), "kept").expect("a writable folder");
        export(&RunFolder::open(&run).expect("a run"), kind, &run.join("export")).expect("once more");
        fs::remove_file(folder.join("mine.txt")).expect("it was kept");
        assert!(results == tree(&run), "{name}: the run's own files are left alone");
    }
}

#[test]
fn results_of_a_run_are_never_replaced_by_an_export() {
    let (run, _) = exported(SMALL, Kind::XRay, "export-over");
    let base = temporary_folder("export-over-base");
    record(&load(SMALL), &base.join("xray"), Files::LEAST);
    let error = export(&RunFolder::open(&run).expect("a run"), Kind::XRay, &base).expect_err("refused");
    assert!(error.to_string().contains("results of a run"), "{error}");
    assert!(!error.is_inconsistent());
}

/// What may be wrong with a folder: each names the file and says what to do.
#[test]
fn folders_that_cannot_be_believed_are_refused() {
    type Damage = fn(&Path);
    let cases: [(&str, Damage, &str, &str); 8] = [
        (
            "no-manifest",
            |dir| fs::remove_file(dir.join("manifest.json")).unwrap(),
            "has no manifest.json",
            "thirdtry run",
        ),
        (
            "incomplete",
            |dir| fs::write(dir.join("INCOMPLETE"), "").unwrap(),
            "has not finished",
            "run the scenario again",
        ),
        (
            "missing",
            |dir| fs::remove_file(dir.join("attempts.csv")).unwrap(),
            "attempts.csv` is missing",
            "run the scenario again",
        ),
        (
            "edited",
            |dir| fs::write(dir.join("attempts.csv"), "event\n").unwrap(),
            "attempts.csv` is not what the run wrote",
            "edited",
        ),
        (
            "scenario",
            |dir| fs::write(dir.join("scenario.resolved.json"), "{}").unwrap(),
            "scenario.resolved.json` is not",
            "edited",
        ),
        (
            "garbled",
            |dir| fs::write(dir.join("manifest.json"), "{").unwrap(),
            "manifest.json` cannot be understood",
            "this version",
        ),
        (
            "other",
            |dir| fs::write(dir.join("manifest.json"), r#"{"name":"x"}"#).unwrap(),
            "cannot be understood",
            "this version",
        ),
        ("empty", |dir| fs::remove_dir_all(dir).unwrap(), "holds no results", "thirdtry run"),
    ];
    for (name, damage, said, remedy) in cases {
        let folder = temporary_folder(&format!("export-bad-{name}"));
        record(&load(SMALL), &folder, Files { charts: false, ..Files::ALL });
        damage(&folder);
        let kind = Kind::Logs(LogFormat::Text);
        let out = temporary_folder(&format!("export-bad-{name}-out"));
        let error = RunFolder::open(&folder).and_then(|run| export(&run, kind, &out)).expect_err(name);
        assert!(error.is_inconsistent(), "{name}: {error}");
        assert!(error.to_string().contains(said), "{name}: {error}");
        assert!(error.remedy().contains(remedy), "{name}: {}", error.remedy());
        assert!(!out.join("logs/manifest.json").exists(), "{name}: nothing looks finished");
    }
}

#[test]
fn a_table_that_the_run_did_not_write_is_named() {
    let folder = temporary_folder("export-least");
    record(&load(SMALL), &folder, Files::LEAST);
    let run = RunFolder::open(&folder).expect("a run");
    for (kind, file) in [
        (Kind::CloudWatch, "metrics.csv"),
        (Kind::Logs(LogFormat::Text), "attempts.csv"),
        (Kind::XRay, "events.csv"),
    ] {
        let error = export(&run, kind, &folder.join("export")).expect_err(file);
        assert!(error.to_string().contains(file) && error.remedy().contains("--files all"), "{error}");
    }
}
