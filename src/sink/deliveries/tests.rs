//! Records and messages, document by document.

use super::*;
use crate::observe::test_scenarios::{exceptions, queue};
use crate::random::distribution::Distribution;
use crate::scenario::{
    DeliveryFailureCause, DestinationKind, FailureKind, Fault, FaultKind, Probability, ResponseKind,
    SnsOversize, SuccessCount, Windows,
};
use crate::sink::test_support::{FailingWriter, exact, run};
use crate::time::SimDuration;
use serde_json::{Value, json};

/// One event at 0 s, all three routes, no jitter; runs take 100 ms.
fn routed() -> Scenario {
    let mut scenario = exact(&[0]);
    scenario.start_epoch_ms = 1_767_607_200_000;
    let ship = &mut scenario.functions[0];
    ship.on_success = Some(DestinationId(0));
    ship.on_failure = Some(DestinationId(1));
    ship.dead_letter = Some(DestinationId(2));
    scenario.destinations = vec![queue("done"), queue("failed"), queue("letters")];
    scenario
}

fn failing() -> Scenario {
    let mut scenario = routed();
    scenario.functions[0].failures = vec![exceptions(1.0, &[])];
    scenario.functions[0].failures[0].because = "database outage".to_owned();
    scenario
}

/// An attempt that is never admitted, or only from some second on.
fn with_fault(mut scenario: Scenario, kind: FaultKind, from: u64) -> Scenario {
    let during = Windows::new(vec![(SimTime::from_secs(from), SimTime::MAX)]).unwrap();
    scenario.faults.push(Fault {
        kind,
        ordinal: 0,
        function: None,
        probability: Probability::ALWAYS,
        during,
    });
    scenario
}

fn lines(scenario: &Scenario) -> Vec<Value> {
    let mut sink = Deliveries::new(scenario, Vec::new());
    run(scenario, &mut sink);
    assert!(sink.sent.is_empty());
    let text = String::from_utf8(sink.finish().unwrap()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn line(scenario: &Scenario, route: Route) -> Value {
    let mut lines = lines(scenario);
    lines.retain(|line| line["route"] == route.name());
    assert_eq!(lines.len(), 1);
    lines.remove(0)
}

fn record(scenario: &Scenario) -> Value {
    line(scenario, Route::OnFailure)["record"].take()
}

fn request_id(record: &Value) -> String {
    record["requestContext"]["requestId"].as_str().unwrap().to_owned()
}

#[test]
fn a_success_has_count_one_and_the_answer_even_after_retries() {
    let mut scenario = routed();
    scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 1)])];
    let line = line(&scenario, Route::OnSuccess);
    let id = request_id(&line["record"]);
    let expected = json!({
        "time_ns": 60_220_000_000_u64,
        "event": 1,
        "route": "on_success",
        "destination": "done",
        "kind": "sqs",
        "result": "delivered",
        "tries": 1,
        "bytes": 455,
        "record": {
            "version": "1.0",
            "timestamp": "2026-01-05T10:01:00.200Z",
            "requestContext": {
                "requestId": id,
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:ship:$LATEST",
                "condition": "Success",
                "approximateInvokeCount": 1
            },
            "requestPayload": { "source": "orders", "event": 1 },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST" },
            "responsePayload": { "ok": true }
        }
    });
    assert_eq!(line.to_string(), expected.to_string(), "order of keys included");
}

#[test]
fn exhausted_retries_carry_the_error_object_and_the_runs_made() {
    for retries in 0..=2 {
        let mut scenario = failing();
        scenario.functions[0].maximum_retries = retries;
        let record = record(&scenario);
        assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
        assert_eq!(record["requestContext"]["approximateInvokeCount"], retries + 1);
        let context = json!({
            "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"
        });
        assert_eq!(record["responseContext"].to_string(), context.to_string());
        let error = json!({
            "errorMessage": "database outage",
            "errorType": "Exception",
            "requestId": request_id(&record),
            "stackTrace": []
        });
        assert_eq!(record["responsePayload"].to_string(), error.to_string());
    }
}

#[test]
fn an_age_exceeded_after_runs_carries_the_last_answer() {
    let mut scenario = failing();
    scenario.functions[0].maximum_age = SimDuration::from_secs(90);
    let record = record(&scenario);
    assert_eq!(record["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 2);
    assert_eq!(record["responseContext"]["functionError"], "Unhandled");
    assert_eq!(record["responsePayload"]["errorMessage"], "database outage");
}

#[test]
fn an_age_exceeded_without_a_run_has_the_429_and_no_payload() {
    let mut scenario = with_fault(routed(), FaultKind::Throttle, 0);
    scenario.functions[0].maximum_age = SimDuration::from_secs(60);
    let record = record(&scenario);
    assert_eq!(record["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 0);
    assert_eq!(record["responseContext"], json!({ "statusCode": 429 }));
    assert_eq!(record.get("responsePayload"), None);
    assert_eq!(record["timestamp"], "2026-01-05T10:00:31.000Z");
}

#[test]
fn a_throttle_after_a_failed_run_takes_the_place_of_its_answer() {
    let mut scenario = with_fault(failing(), FaultKind::Throttle, 10);
    scenario.functions[0].maximum_age = SimDuration::from_secs(120);
    let record = record(&scenario);
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 1);
    assert_eq!(record["responseContext"], json!({ "statusCode": 429 }));
    assert_eq!(record.get("responsePayload"), None);
}

#[test]
fn a_deleted_function_has_the_404_the_count_and_no_payload() {
    let record = record(&with_fault(routed(), FaultKind::ClientError { status: 404 }, 0));
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(record["responseContext"], json!({ "statusCode": 404 }));
    assert_eq!(record.get("responsePayload"), None);
}

#[test]
fn zero_reserved_concurrency_has_neither_answer_nor_context() {
    let mut scenario = routed();
    scenario.functions[0].reserved = Some(0);
    let record = record(&scenario);
    assert_eq!(record["requestContext"]["condition"], "ZeroReservedConcurrency");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 0);
    assert_eq!(record.get("responseContext"), None);
    assert_eq!(record.get("responsePayload"), None);
    assert!(record.get("requestPayload").is_some());
}

#[test]
fn a_timeout_says_when_and_after_how_long() {
    let mut scenario = failing();
    scenario.functions[0].failures[0].kind = FailureKind::Timeout;
    scenario.functions[0].maximum_retries = 0;
    let record = record(&scenario);
    let expected =
        format!("2026-01-05T10:00:03.000Z {} Task timed out after 3.00 seconds", request_id(&record));
    assert_eq!(record["responsePayload"]["errorMessage"], expected);
    assert_eq!(record["responsePayload"]["errorType"], "Sandbox.Timedout");
}

#[test]
fn a_slow_run_times_out_by_itself() {
    let mut scenario = routed();
    scenario.functions[0].duration = Distribution::Constant(SimDuration::from_secs(10));
    scenario.functions[0].timeout = SimDuration::from_millis(1_500);
    let record = record(&scenario);
    let message = record["responsePayload"]["errorMessage"].as_str().unwrap();
    assert!(message.ends_with("Task timed out after 1.50 seconds"), "{message}");
}

#[test]
fn dead_letter_messages_have_the_event_and_the_measured_attributes() {
    let throttled = |kind| {
        let mut scenario = with_fault(routed(), kind, 0);
        scenario.functions[0].maximum_age = SimDuration::from_secs(60);
        scenario
    };
    let mut zero = routed();
    zero.functions[0].reserved = Some(0);
    let cases = [
        (failing(), Some("200"), "database outage"),
        (throttled(FaultKind::Throttle), Some("429"), "Rate Exceeded."),
        (throttled(FaultKind::SystemError { status: 503 }), Some("503"), "ServiceException"),
        (throttled(FaultKind::ClientError { status: 403 }), Some("403"), "EFSMountFailureException"),
        (
            throttled(FaultKind::ClientError { status: 404 }),
            Some("404"),
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:ship:$LATEST",
        ),
        (zero, None, record::ZERO_RESERVED),
    ];
    for (scenario, code, text) in cases {
        let message = &line(&scenario, Route::DeadLetterQueue)["message"];
        assert_eq!(message["body"], json!({ "source": "orders", "event": 1 }));
        let attributes = &message["attributes"];
        let code = code.map(|code| json!({ "DataType": "Number", "StringValue": code }));
        assert_eq!(attributes.get("ErrorCode"), code.as_ref());
        assert_eq!(attributes["ErrorMessage"], json!({ "DataType": "String", "StringValue": text }));
        assert_eq!(attributes["RequestID"]["DataType"], "String");
    }
}

#[test]
fn both_failure_routes_get_their_own_copy_with_the_same_request_id() {
    let lines = lines(&failing());
    assert_eq!(lines.len(), 2);
    let id = request_id(&lines[0]["record"]);
    assert_eq!(lines[1]["message"]["attributes"]["RequestID"]["StringValue"], id);
}

#[test]
fn a_failed_delivery_says_why() {
    let mut scenario = failing();
    scenario.destinations[1].max_bytes = 1;
    let line = line(&scenario, Route::OnFailure);
    assert_eq!((&line["result"], &line["failure"]), (&json!("failed"), &json!("size")));
}

#[test]
fn request_ids_are_uuids_of_version_4() {
    let id = request_id(&record(&failing()));
    let parts: Vec<&str> = id.split('-').collect();
    assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert!(parts[2].starts_with('4'));
    assert!(parts[3].starts_with(['8', '9', 'a', 'b']), "{id}");
    assert!(id.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit()));
}

#[test]
fn eventbridge_gets_an_envelope_and_s3_an_object() {
    let mut scenario = failing();
    scenario.destinations[1].kind = DestinationKind::EventBridge;
    let envelope = record(&scenario);
    assert_eq!(envelope["detail-type"], "Lambda Function Invocation Result - Failure");
    assert_eq!(envelope["source"], "lambda");
    assert_eq!(envelope["time"], "2026-01-05T10:03:00Z");
    assert_eq!(envelope["resources"][0], "arn:aws:events:us-east-1:123456789012:event-bus/failed");
    assert_eq!(envelope["detail"]["requestContext"]["condition"], "RetriesExhausted");
    scenario.destinations[1].kind = DestinationKind::S3;
    let line = line(&scenario, Route::OnFailure);
    let key = line["key"].as_str().unwrap();
    assert!(key.starts_with("aws/lambda/async/ship/2026/01/05/2026-01-05T10.03.00-"), "{key}");
    assert_eq!(line["record"]["version"], "1.0");
}

#[test]
fn a_record_too_large_for_sns_travels_without_payloads() {
    let mut scenario = failing();
    scenario.sources[0].payload_bytes = 1_000_000;
    scenario.destinations[1].max_bytes = 262_144;
    scenario.destinations[1].kind = DestinationKind::Sns { oversize: SnsOversize::DropPayload };
    let line = line(&scenario, Route::OnFailure);
    assert_eq!(line["result"], "delivered");
    assert_eq!(line["record"].get("requestPayload"), None);
    assert_eq!(line["record"].get("responsePayload"), None);
    assert_eq!(line["record"]["responseContext"]["functionError"], "Unhandled");
}

#[test]
fn a_full_disk_is_told_at_the_end() {
    let scenario = failing();
    let mut sink = Deliveries::new(&scenario, FailingWriter::after(3));
    run(&scenario, &mut sink);
    assert_eq!(sink.finish().err().unwrap().kind(), io::ErrorKind::StorageFull);
}

#[test]
fn an_answer_that_is_no_json_is_told_by_a_delivery_error() {
    let mut scenario = routed();
    scenario.functions[0].response = ResponseKind::NotJson;
    let record = &line(&scenario, Route::OnSuccess)["record"];
    assert_eq!(record["responseContext"], json!({ "statusCode": 200, "executedVersion": "$LATEST" }));
    assert_eq!(record.get("responsePayload"), None);
    assert_eq!(record["deliveryError"]["statusCode"], 400);
    assert_eq!(record["deliveryError"]["errorCode"], "InvalidRequestContentException");
    assert!(record["deliveryError"]["errorMessage"].is_string());
}

#[test]
fn a_success_counts_its_attempts_if_the_scenario_says_so() {
    let mut scenario = routed();
    scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 1)])];
    scenario.timing.count_on_success = SuccessCount::Attempts;
    let record = &line(&scenario, Route::OnSuccess)["record"];
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 2);
}

/// The queue throttles during the first 50 ms after the outcome of 300 ms; each call takes 20 ms.
#[test]
fn a_destination_that_throttles_is_called_as_often_as_the_scenario_says() {
    let cases =
        [(1, "failed", 1, 300), (2, "failed", 2, 320), (3, "failed", 3, 340), (4, "delivered", 4, 360)];
    for (allowed, result, tries, end_ms) in cases {
        let mut scenario = failing();
        scenario.functions[0].maximum_retries = 0;
        scenario.functions[0].duration = Distribution::Constant(SimDuration::from_millis(280));
        let (from, until) = (SimTime::ZERO, SimTime::ZERO + SimDuration::from_millis(325));
        for destination in &mut scenario.destinations {
            destination.failures = vec![DeliveryFailureCause {
                failure: DeliveryFailure::Throttled,
                probability: Probability::ALWAYS,
                during: Windows::new(vec![(from, until)]).unwrap(),
            }];
        }
        (scenario.timing.dest_attempts, scenario.timing.dlq_attempts) = (allowed, 1);
        let found = line(&scenario, Route::OnFailure);
        let expected = (json!(result), json!(tries), json!(end_ms * 1_000_000));
        assert_eq!((found["result"].clone(), found["tries"].clone(), found["time_ns"].clone()), expected);
        assert_eq!(line(&scenario, Route::DeadLetterQueue)["tries"], 1);
    }
}

/// The bytes of what was sent, the payloads at the sizes of the scenario instead of their stand-ins.
fn written_bytes(scenario: &Scenario, line: &Value) -> usize {
    let bytes = |value: &Value| value.to_string().len();
    let payload = usize::try_from(scenario.sources[0].payload_bytes).unwrap();
    if let Some(message) = line.get("message") {
        let attributes = message["attributes"].as_object().unwrap();
        let attribute = |(name, value): (&String, &Value)| {
            let text = |key: &str| value[key].as_str().unwrap().len();
            name.len() + text("DataType") + text("StringValue")
        };
        return payload + attributes.iter().map(attribute).sum::<usize>();
    }
    let envelope = &line["record"];
    let (record, around) = match envelope.get("detail") {
        None => (envelope, 0),
        Some(detail) => {
            let texts = [&envelope["source"], &envelope["detail-type"], &envelope["resources"][0]];
            let texts = texts.into_iter().chain([&envelope["resources"][1]]);
            (detail, 14 + texts.map(|text| text.as_str().unwrap().len()).sum::<usize>())
        }
    };
    let request = record.get("requestPayload").map_or(0, |stand_in| bytes(stand_in).abs_diff(payload));
    assert!(request == 0 || payload >= bytes(&record["requestPayload"]), "grown, not shrunk");
    let answer = record.get("responsePayload").filter(|answer| answer.get("ok").is_some());
    let response = answer.map_or(0, |stand_in| {
        usize::try_from(scenario.functions[0].response_bytes).unwrap() - bytes(stand_in)
    });
    around + bytes(record) + request + response
}

/// Goal: the size that decides over a delivery is that of the document that is shown. Method: every kind of outcome
/// and of destination, with names and words of unusual length and letters.
#[test]
fn sizes_are_those_of_the_documents_written() {
    let aged = |mut scenario: Scenario, seconds| {
        scenario.functions[0].maximum_age = SimDuration::from_secs(seconds);
        scenario
    };
    let failing_with = |kind: FailureKind, because: &str| {
        let mut scenario = failing();
        scenario.functions[0].failures[0].kind = kind;
        because.clone_into(&mut scenario.functions[0].failures[0].because);
        scenario
    };
    let with = |change: fn(&mut Function)| {
        let mut scenario = routed();
        change(&mut scenario.functions[0]);
        scenario
    };
    let outcomes = [
        with(|_| {}),
        with(|ship| ship.response = ResponseKind::NotJson),
        with(|ship| ship.reserved = Some(0)),
        failing_with(FailureKind::Exception, "a \"quoted\"\n\u{1} é 🦀 word"),
        failing_with(FailureKind::Exception, &"long \u{e9}".repeat(400)),
        failing_with(FailureKind::Timeout, ""),
        failing_with(FailureKind::Crash, ""),
        failing_with(FailureKind::OutOfMemory, ""),
        failing_with(FailureKind::InitFailure, "no such file"),
        aged(failing(), 60),
        aged(with_fault(routed(), FaultKind::Throttle, 0), 60),
        aged(with_fault(failing(), FaultKind::Throttle, 10), 120),
        aged(with_fault(routed(), FaultKind::SystemError { status: 502 }, 0), 60),
        with_fault(routed(), FaultKind::ClientError { status: 404 }, 0),
        with_fault(routed(), FaultKind::ClientError { status: 410 }, 0),
    ];
    let kinds = [
        DestinationKind::Sqs,
        DestinationKind::S3,
        DestinationKind::EventBridge,
        DestinationKind::Sns { oversize: SnsOversize::DropPayload },
    ];
    let mut compared = 0;
    for mut scenario in outcomes {
        scenario.functions[0].name = "ship-the-orders_of_today".to_owned();
        scenario.functions[0].response_bytes = 77;
        scenario.sources[0].payload_bytes = 300_000;
        for kind in kinds {
            for destination in &mut scenario.destinations[..2] {
                destination.kind = kind;
                destination.name = "der große \"Bus\"".to_owned();
                destination.max_bytes =
                    if matches!(kind, DestinationKind::Sns { .. }) { 262_144 } else { 1 << 20 };
            }
            for line in lines(&scenario) {
                assert_eq!(line["bytes"], written_bytes(&scenario, &line), "{line}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 4 * (2 + 13 * 2));
}

/// A delivery fails at one byte more than its destination takes, and not before.
#[test]
fn the_limit_itself_is_allowed() {
    let mut scenario = failing();
    for route in [Route::OnFailure, Route::DeadLetterQueue] {
        let bytes = line(&scenario, route)["bytes"].as_u64().unwrap();
        let destination = if route == Route::OnFailure { 1 } else { 2 };
        for (limit, result) in [(bytes, "delivered"), (bytes - 1, "failed")] {
            scenario.destinations[destination].max_bytes = limit;
            assert_eq!(line(&scenario, route)["result"], result);
        }
    }
}
