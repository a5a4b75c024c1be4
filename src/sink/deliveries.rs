//! `deliveries.jsonl`: every invocation record and dead-letter message as AWS shapes it, with its delivery result.
//!
//! The shape of a record: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>; what
//! is in it for each outcome was measured on AWS, and the tests below have a case for each. AWS's record travels as
//! the body of an SQS message, the message of an SNS notification, the payload of a Lambda invocation, the `detail`
//! of an EventBridge event, or an S3 object; EventBridge's envelope and S3's key are written as well.
//!
//! Payloads are small stand-ins: `requestPayload` names the source and the number of the event, an answer is
//! `{"ok":true}`. The sizes that decide over a delivery are those of the scenario.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::label::Label;
use crate::id::{DestinationId, EventId};
use crate::model::event::{Event, Route};
use crate::model::observation::{Attempt, AttemptOutcome, Fact, Fate, FunctionError, Observation, Observer};
use crate::observe::decimal::{Decimal, divide_half_up};
use crate::scenario::{DeliveryFailure, Destination, DestinationKind, Function, Scenario};
use crate::time::{SimDuration, SimTime};

/// The account and Region in ARNs; the account is the one of AWS's own examples.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";
/// The version that an unqualified invocation executes.
const LATEST: &str = "$LATEST";
/// The largest `ErrorMessage` of a dead-letter message, in bytes.
const ERROR_MESSAGE_BYTES: usize = 1_024;

/// AWS's words with its typing mistake, as captured.
const ZERO_RESERVED: &str =
    "Function not invoked. Function isconfigured with zero reserved concurrent executions";

/// The sink.
pub struct Deliveries<'s, W: Write> {
    scenario: &'s Scenario,
    label: Label,
    writer: W,
    error: Option<io::Error>,
    /// The last function error of each event in the system that may need it.
    last_errors: BTreeMap<EventId, LastError>,
    /// Records on their way that were too large for SNS with their payloads.
    without_payload: BTreeSet<(EventId, Route)>,
}

/// What an error object is made from.
#[derive(Clone, Copy, Debug)]
struct LastError {
    at: SimTime,
    /// By its position in the function's list.
    cause: Option<u8>,
}

impl<'s, W: Write> Deliveries<'s, W> {
    /// The deliveries of a run of `scenario`, written to `writer`.
    pub fn new(scenario: &'s Scenario, writer: W) -> Self {
        Self {
            scenario,
            label: Label::of(scenario),
            writer,
            error: None,
            last_errors: BTreeMap::new(),
            without_payload: BTreeSet::new(),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The first error met while writing.
    pub fn finish(mut self) -> io::Result<W> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.writer.flush()?;
        Ok(self.writer)
    }

    fn remember_error(&mut self, fact: &Fact<'_>, attempt: &Attempt) {
        let function = &self.scenario.functions[fact.event.function().index()];
        let wanted = function.on_failure.is_some() || function.dead_letter.is_some();
        if let (true, AttemptOutcome::FunctionError(_), Some(run)) = (wanted, attempt.outcome, attempt.run) {
            let error = LastError { at: fact.at, cause: run.cause };
            self.last_errors.insert(fact.event.id(), error);
        }
    }

    fn forget(&mut self, event: EventId) {
        self.last_errors.remove(&event);
        for route in Route::ALL {
            self.without_payload.remove(&(event, route));
        }
    }

    fn delivery_ended(
        &mut self,
        fact: &Fact<'_>,
        route: Route,
        to: DestinationId,
        failure: Option<DeliveryFailure>,
    ) {
        if self.error.is_none()
            && let Err(error) = self.write_line(fact, route, to, failure)
        {
            self.error = Some(error);
        }
    }

    fn write_line(
        &mut self,
        fact: &Fact<'_>,
        route: Route,
        to: DestinationId,
        failure: Option<DeliveryFailure>,
    ) -> io::Result<()> {
        let outcome = Outcome::of(self, fact.event);
        let destination = &self.scenario.destinations[to.index()];
        let with_payload = !self.without_payload.contains(&(fact.event.id(), route));
        let content = match route {
            Route::DeadLetterQueue => Content::message(&outcome),
            Route::OnSuccess | Route::OnFailure => {
                Content::record(&outcome, destination, route, with_payload)
            }
        };
        let line = Line {
            time_ns: fact.at.as_nanos(),
            event: fact.event.id().0,
            route: route.name(),
            destination: &destination.name,
            kind: destination.kind.name(),
            result: if failure.is_none() { "delivered" } else { "failed" },
            failure: failure.map(DeliveryFailure::name),
            content,
        };
        serde_json::to_writer(&mut self.writer, &line)?;
        self.writer.write_all(b"\n")
    }
}

impl<W: Write> Observer for Deliveries<'_, W> {
    fn observe(&mut self, fact: &Fact<'_>) {
        match fact.what {
            Observation::AttemptEnded(attempt) => self.remember_error(fact, &attempt),
            Observation::DeliveryStarted { route, payload_dropped: true, .. } => {
                self.without_payload.insert((fact.event.id(), route));
            }
            Observation::DeliveryEnded { route, destination, failure } => {
                self.delivery_ended(fact, route, destination, failure);
            }
            Observation::Closed | Observation::CutOff => self.forget(fact.event.id()),
            _ => {}
        }
    }
}

/// An outcome to be told: everything that records and messages are made from.
struct Outcome<'a> {
    event: &'a Event,
    source: &'a str,
    function: &'a Function,
    label: Label,
    request_id: String,
    fate: Fate,
    settled: SimTime,
    error: Option<ErrorObject>,
}

impl<'a> Outcome<'a> {
    fn of<W: Write>(sink: &Deliveries<'a, W>, event: &'a Event) -> Self {
        let (fate, settled) = event.settled().expect("only a settled event is delivered");
        let scenario = sink.scenario;
        let function = &scenario.functions[event.function().index()];
        let request_id = event.request_id().to_string();
        let error = match event.last_outcome() {
            Some(AttemptOutcome::FunctionError(error)) => {
                let last = sink.last_errors.get(&event.id());
                Some(ErrorObject::of(error, last, function, sink.label, &request_id))
            }
            _ => None,
        };
        Self {
            event,
            source: &scenario.sources[event.source().index()].name,
            function,
            label: sink.label,
            request_id,
            fate,
            settled,
            error,
        }
    }

    fn payload(&self) -> Payload<'a> {
        Payload { source: self.source, event: self.event.number() }
    }

    fn function_arn(&self) -> String {
        format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}:{LATEST}", self.function.name)
    }

    /// Measured: 1 after a success even if it was retried, else the attempts that count: runs and client errors.
    fn approximate_invoke_count(&self) -> u8 {
        match self.fate {
            Fate::Succeeded => 1,
            Fate::RetriesExhausted | Fate::EventAgeExceeded | Fate::ZeroReservedConcurrency => {
                self.event.counted_attempts()
            }
        }
    }

    fn response_context(&self) -> Option<ResponseContext> {
        let ran = |function_error| ResponseContext {
            status_code: 200,
            executed_version: Some(LATEST),
            function_error,
        };
        let refused =
            |status_code| ResponseContext { status_code, executed_version: None, function_error: None };
        if self.fate == Fate::ZeroReservedConcurrency {
            return None;
        }
        Some(match self.event.last_outcome()? {
            AttemptOutcome::Success | AttemptOutcome::CaughtError => ran(None),
            AttemptOutcome::FunctionError(_) => ran(Some("Unhandled")),
            // Measured: a throttle after a failed run takes the place of its answer.
            AttemptOutcome::Throttled(_) => refused(429),
            AttemptOutcome::SystemError { status } | AttemptOutcome::ClientError { status } => {
                refused(status)
            }
        })
    }

    fn response_payload(&self) -> Option<ResponsePayload<'_>> {
        if self.fate == Fate::Succeeded {
            return Some(ResponsePayload::Answer { ok: true });
        }
        self.error.as_ref().filter(|_| self.fate != Fate::ZeroReservedConcurrency).map(ResponsePayload::Error)
    }

    /// `ErrorCode` and `ErrorMessage` of a dead-letter message, as measured; AWS's typing mistake included.
    fn dead_letter_error(&self) -> (Option<u16>, Option<Cow<'_, str>>) {
        if self.fate == Fate::ZeroReservedConcurrency {
            return (None, Some(ZERO_RESERVED.into()));
        }
        let Some(outcome) = self.event.last_outcome() else { return (None, None) };
        match outcome {
            AttemptOutcome::FunctionError(_) => {
                (Some(200), self.error.as_ref().map(|error| error.error_message.as_str().into()))
            }
            AttemptOutcome::Throttled(_) => (Some(429), Some("Rate Exceeded.".into())),
            AttemptOutcome::ClientError { status: 404 } => {
                (Some(404), Some(format!("Function not found: {}", self.function_arn()).into()))
            }
            AttemptOutcome::SystemError { status } | AttemptOutcome::ClientError { status } => {
                (Some(status), Some(outcome.reason().into()))
            }
            AttemptOutcome::Success | AttemptOutcome::CaughtError => (None, None),
        }
    }
}

/// One line of the file.
#[derive(Serialize)]
struct Line<'a> {
    time_ns: u64,
    event: u64,
    route: &'static str,
    destination: &'a str,
    kind: &'static str,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
    #[serde(flatten)]
    content: Content<'a>,
}

/// What was sent.
#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    /// SQS, SNS and Lambda: the record itself.
    Record { record: Record<'a> },
    /// EventBridge: the record in an envelope.
    Envelope { record: Envelope<'a> },
    /// S3: the record as an object.
    Object { key: String, record: Record<'a> },
    /// The dead-letter queue: the event with attributes.
    Message { message: Message<'a> },
}

impl<'a> Content<'a> {
    fn record(outcome: &'a Outcome<'_>, to: &Destination, route: Route, with_payload: bool) -> Self {
        let record = Record::of(outcome, with_payload);
        match to.kind {
            DestinationKind::Sqs | DestinationKind::Sns { .. } | DestinationKind::Lambda { .. } => {
                Self::Record { record }
            }
            DestinationKind::EventBridge => {
                Self::Envelope { record: Envelope::of(record, outcome, to, route) }
            }
            DestinationKind::S3 => Self::Object { key: object_key(outcome), record },
        }
    }

    fn message(outcome: &'a Outcome<'_>) -> Self {
        let (code, text) = outcome.dead_letter_error();
        Self::Message {
            message: Message {
                body: outcome.payload(),
                attributes: Attributes {
                    error_code: code.map(|code| Attribute::number(code.to_string())),
                    error_message: text.map(|text| Attribute::string(first_kibibyte(&text))),
                    request_id: Attribute::string(outcome.request_id.clone()),
                },
            },
        }
    }
}

/// `aws/lambda/async/FUNCTION/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-UUID`
fn object_key(outcome: &Outcome<'_>) -> String {
    let stamp = outcome.label.seconds(outcome.settled);
    let (date, time) =
        stamp.trim_end_matches('Z').split_once('T').expect("a timestamp has a date and a time");
    format!(
        "aws/lambda/async/{}/{}/{date}T{}-{}",
        outcome.function.name,
        date.replace('-', "/"),
        time.replace(':', "."),
        outcome.event.uuid(1)
    )
}

/// The first 1 024 bytes; a character cut in two becomes U+FFFD.
fn first_kibibyte(text: &str) -> String {
    let end = text.len().min(ERROR_MESSAGE_BYTES);
    String::from_utf8_lossy(&text.as_bytes()[..end]).into_owned()
}

/// AWS's invocation record, version 1.0.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    version: &'static str,
    timestamp: String,
    request_context: RequestContext,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_payload: Option<Payload<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_context: Option<ResponseContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_payload: Option<ResponsePayload<'a>>,
}

impl<'a> Record<'a> {
    fn of(outcome: &'a Outcome<'_>, with_payload: bool) -> Self {
        Self {
            version: "1.0",
            timestamp: outcome.label.millis(outcome.settled),
            request_context: RequestContext {
                request_id: outcome.request_id.clone(),
                function_arn: outcome.function_arn(),
                condition: outcome.fate.condition(),
                approximate_invoke_count: outcome.approximate_invoke_count(),
            },
            request_payload: with_payload.then(|| outcome.payload()),
            response_context: outcome.response_context(),
            response_payload: outcome.response_payload().filter(|_| with_payload),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    request_id: String,
    function_arn: String,
    condition: &'static str,
    approximate_invoke_count: u8,
}

/// A stand-in for the event's own JSON.
#[derive(Serialize)]
struct Payload<'a> {
    source: &'a str,
    event: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseContext {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    executed_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_error: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ResponsePayload<'a> {
    Answer { ok: bool },
    Error(&'a ErrorObject),
}

/// What a runtime answers when the function failed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorObject {
    error_message: String,
    error_type: &'static str,
    request_id: String,
    stack_trace: [&'static str; 0],
}

impl ErrorObject {
    fn of(
        error: FunctionError,
        last: Option<&LastError>,
        function: &Function,
        label: Label,
        request_id: &str,
    ) -> Self {
        let (error_message, error_type) = match error {
            FunctionError::Timeout => {
                let at = last.map_or(SimTime::ZERO, |last| last.at);
                let seconds = hundredths(function.timeout);
                let text =
                    format!("{} {request_id} Task timed out after {seconds} seconds", label.millis(at));
                (text, "Sandbox.Timedout")
            }
            FunctionError::Exception | FunctionError::Poison => (because(last, function), "Exception"),
            FunctionError::InitError => (because(last, function), "Runtime.InitError"),
            FunctionError::Crash => {
                let text =
                    format!("RequestId: {request_id} Error: Runtime exited without providing a reason");
                (text, "Runtime.ExitError")
            }
            FunctionError::OutOfMemory => {
                let text =
                    format!("RequestId: {request_id} Error: Runtime exited with error: signal: killed");
                (text, "Runtime.ExitError")
            }
        };
        Self { error_message, error_type, request_id: request_id.to_owned(), stack_trace: [] }
    }
}

/// The author's words for what went wrong, or ours.
fn because(last: Option<&LastError>, function: &Function) -> String {
    last.and_then(|last| last.cause)
        .map(|cause| function.failures[usize::from(cause)].because.as_str())
        .filter(|because| !because.is_empty())
        .unwrap_or("simulated exception")
        .to_owned()
}

/// Seconds with two places: `3.00`.
fn hundredths(span: SimDuration) -> Decimal {
    Decimal::new(divide_half_up(span.as_nanos().into(), 10_000_000), 2)
}

/// EventBridge's envelope. Captured records carry the source `lambda`; AWS's current page says `aws.lambda`.
#[derive(Serialize)]
struct Envelope<'a> {
    version: &'static str,
    id: String,
    #[serde(rename = "detail-type")]
    detail_type: &'static str,
    source: &'static str,
    account: &'static str,
    time: String,
    region: &'static str,
    resources: [String; 2],
    detail: Record<'a>,
}

impl<'a> Envelope<'a> {
    fn of(detail: Record<'a>, outcome: &Outcome<'_>, bus: &Destination, route: Route) -> Self {
        Self {
            version: "0",
            id: outcome.event.uuid(1).to_string(),
            detail_type: match route {
                Route::OnSuccess => "Lambda Function Invocation Result - Success",
                Route::OnFailure | Route::DeadLetterQueue => "Lambda Function Invocation Result - Failure",
            },
            source: "lambda",
            account: ACCOUNT,
            time: outcome.label.seconds(outcome.settled),
            region: REGION,
            // Measured: first the destination, then the function.
            resources: [
                format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{}", bus.name),
                outcome.function_arn(),
            ],
            detail,
        }
    }
}

/// A dead-letter message: the event alone, and three attributes.
#[derive(Serialize)]
struct Message<'a> {
    body: Payload<'a>,
    attributes: Attributes,
}

#[derive(Serialize)]
struct Attributes {
    #[serde(rename = "ErrorCode", skip_serializing_if = "Option::is_none")]
    error_code: Option<Attribute>,
    #[serde(rename = "ErrorMessage", skip_serializing_if = "Option::is_none")]
    error_message: Option<Attribute>,
    #[serde(rename = "RequestID")]
    request_id: Attribute,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    data_type: &'static str,
    string_value: String,
}

impl Attribute {
    fn string(string_value: String) -> Self {
        Self { data_type: "String", string_value }
    }

    fn number(string_value: String) -> Self {
        Self { data_type: "Number", string_value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::{exceptions, queue};
    use crate::random::distribution::Distribution;
    use crate::scenario::{FailureKind, Fault, FaultKind, Probability, SnsOversize, Windows};
    use crate::sink::test_support::{FailingWriter, exact, run};
    use serde_json::{Value, json};
    use std::path::Path;

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
        assert!(sink.last_errors.is_empty() && sink.without_payload.is_empty());
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
            (zero, None, ZERO_RESERVED),
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
    fn error_messages_are_cut_after_a_kibibyte_even_within_a_character() {
        assert_eq!(first_kibibyte(&"x".repeat(2_000)).len(), 1_024);
        let cut = first_kibibyte(&format!("{}é", "x".repeat(1_023)));
        assert_eq!(cut, format!("{}\u{fffd}", "x".repeat(1_023)));
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

    /// The paths of all keys, so that records can be compared whatever their values.
    fn shape(value: &Value, path: &str, shapes: &mut BTreeSet<String>) {
        let opaque = path.ends_with(".requestPayload") || path.ends_with(".stackTrace");
        match value.as_object().filter(|_| !opaque) {
            Some(object) => {
                for (key, value) in object {
                    shape(value, &format!("{path}.{key}"), shapes);
                }
            }
            None => {
                shapes.insert(path.to_owned());
            }
        }
    }

    fn shapes(value: &Value) -> BTreeSet<String> {
        let mut shapes = BTreeSet::new();
        shape(value, "", &mut shapes);
        shapes
    }

    /// Records of the real service, with placeholders for names; `None`, with a word, where they are absent.
    fn recorded() -> Option<Value> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/aws-recorded");
        let path = Path::new(folder).join("test_lambda_destinations.snapshot.json");
        std::fs::read(path).ok().map(|text| serde_json::from_slice(&text).unwrap())
    }

    #[test]
    fn shapes_are_those_that_aws_was_seen_to_write() {
        let Some(recorded) = recorded() else {
            // The only way for a test to speak: shown with `--nocapture`.
            std::io::stderr().write_all(b"skipped: ../shared/data/aws-recorded is absent\n").unwrap();
            return;
        };
        let tests = "tests/aws/services/lambda_/test_lambda_destinations.py::TestLambda";
        let found = |test: &str| recorded[format!("{tests}{test}")]["recorded-content"].clone();

        let exhausted =
            &found("DestinationSqs::test_retries")["queue_destination_payload"]["Messages"][0]["Body"];
        assert_eq!(shapes(&record(&failing())), shapes(exhausted));

        let mut old = failing();
        old.functions[0].maximum_age = SimDuration::from_secs(60);
        let expired = &found("DestinationSqs::test_maxeventage")["no_retry_failure_message"]["Body"];
        let ours = record(&old);
        assert_eq!(shapes(&ours), shapes(expired));
        assert_eq!(
            ours["requestContext"]["approximateInvokeCount"],
            expired["requestContext"]["approximateInvokeCount"]
        );

        let mut bus = failing();
        bus.destinations[1].kind = DestinationKind::EventBridge;
        let envelope = &found("DestinationEventbridge::test_invoke_lambda_eventbridge")["lambda_destination_event_bus_failure"];
        assert_eq!(shapes(&record(&bus)), shapes(envelope));

        let letter =
            &found("DLQ::test_dead_letter_queue")["receive_result"]["Messages"][0]["MessageAttributes"];
        let ours = &line(&failing(), Route::DeadLetterQueue)["message"]["attributes"];
        assert_eq!(shapes(ours), shapes(letter));
        assert_eq!(ours["ErrorCode"], letter["ErrorCode"]);
    }
}
