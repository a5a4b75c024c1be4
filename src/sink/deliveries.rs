//! `deliveries.jsonl`: every invocation record and dead-letter message as AWS shapes it, with its delivery result.
//!
//! The shape of a record: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>; what
//! is in it for each outcome was measured on AWS, and the tests below have a case for each. AWS's record travels as
//! the body of an SQS message, the message of an SNS notification, the payload of a Lambda invocation, the `detail`
//! of an `EventBridge` event, or an S3 object; `EventBridge`'s envelope and S3's key are written as well.
//!
//! Payloads are small stand-ins: `requestPayload` names the source and the number of the event, an answer is
//! `{"ok":true}`. The sizes that decide over a delivery are those of the scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::label::Label;
use crate::id::{DestinationId, EventId};
use crate::model::event::{Event, Route};
use crate::model::observation::{Attempt, AttemptOutcome, Fact, Fate, FunctionError, Observation, Observer};
use crate::observe::decimal::{Decimal, divide_half_up};
use crate::random::Purpose;
use crate::scenario::{DeliveryFailure, Destination, DestinationKind, Function, Scenario};
use crate::time::{SimDuration, SimTime};

/// The account and Region in ARNs; the account is the one of AWS's own examples.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";
/// The version that an unqualified invocation executes.
const LATEST: &str = "$LATEST";
/// The largest `ErrorMessage` of a dead-letter message, in bytes.
const ERROR_MESSAGE_BYTES: usize = 1_024;

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
            let error = LastError {
                at: fact.at,
                cause: run.cause,
            };
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
            Observation::DeliveryStarted {
                route,
                payload_dropped: true,
                ..
            } => {
                self.without_payload.insert((fact.event.id(), route));
            }
            Observation::DeliveryEnded {
                route,
                destination,
                failure,
            } => self.delivery_ended(fact, route, destination, failure),
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
        let request_id = uuid(event, 0);
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
        Payload {
            source: self.source,
            event: self.event.number(),
        }
    }

    fn function_arn(&self) -> String {
        format!(
            "arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}:{LATEST}",
            self.function.name
        )
    }

    /// Measured: 1 after a success even if it was retried, else the runs made; throttles do not count.
    fn approximate_invoke_count(&self) -> u8 {
        match self.fate {
            Fate::Succeeded => 1,
            Fate::RetriesExhausted | Fate::EventAgeExceeded | Fate::ZeroReservedConcurrency => {
                self.event.runs()
            }
        }
    }

    fn response_context(&self) -> Option<ResponseContext> {
        let ran = |function_error| ResponseContext {
            status_code: 200,
            executed_version: Some(LATEST),
            function_error,
        };
        let refused = |status_code| ResponseContext {
            status_code,
            executed_version: None,
            function_error: None,
        };
        if self.fate == Fate::ZeroReservedConcurrency {
            return None;
        }
        Some(match self.event.last_outcome()? {
            AttemptOutcome::Success | AttemptOutcome::CaughtError => ran(None),
            AttemptOutcome::FunctionError(_) => ran(Some("Unhandled")),
            // Measured: a throttle after a failed run takes the place of its answer.
            AttemptOutcome::Throttled(_) => refused(429),
            AttemptOutcome::SystemError { status } => refused(status),
        })
    }

    fn response_payload(&self) -> Option<ResponsePayload<'_>> {
        if self.fate == Fate::Succeeded {
            return Some(ResponsePayload::Answer { ok: true });
        }
        self.error
            .as_ref()
            .filter(|_| self.fate != Fate::ZeroReservedConcurrency)
            .map(ResponsePayload::Error)
    }

    /// `ErrorCode` and `ErrorMessage` of a dead-letter message, as measured; AWS's typing mistake included.
    fn dead_letter_error(&self) -> (Option<u16>, Option<&str>) {
        if self.fate == Fate::ZeroReservedConcurrency {
            return (
                None,
                Some("Function isconfigured with zero reserved concurrent executions"),
            );
        }
        match self.event.last_outcome() {
            Some(AttemptOutcome::FunctionError(_)) => (
                Some(200),
                self.error.as_ref().map(|error| error.error_message.as_str()),
            ),
            Some(AttemptOutcome::Throttled(_)) => (Some(429), Some("Rate Exceeded.")),
            Some(AttemptOutcome::SystemError { status }) => (Some(status), Some("ServiceException")),
            Some(AttemptOutcome::Success | AttemptOutcome::CaughtError) | None => (None, None),
        }
    }
}

/// A UUID of version 4 (RFC 9562) for `event`: `ordinal` 0 is its request id.
fn uuid(event: &Event, ordinal: u8) -> String {
    let mut draws = event.key().draws(Purpose::RequestId, ordinal, 0);
    let (high, low) = (draws.word(), draws.word());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
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
    /// `EventBridge`: the record in an envelope.
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
            DestinationKind::EventBridge => Self::Envelope {
                record: Envelope::of(record, outcome, to, route),
            },
            DestinationKind::S3 => Self::Object {
                key: object_key(outcome),
                record,
            },
        }
    }

    fn message(outcome: &'a Outcome<'_>) -> Self {
        let (code, text) = outcome.dead_letter_error();
        Self::Message {
            message: Message {
                body: outcome.payload(),
                attributes: Attributes {
                    error_code: code.map(|code| Attribute::number(code.to_string())),
                    error_message: text.map(|text| Attribute::string(first_kibibyte(text))),
                    request_id: Attribute::string(outcome.request_id.clone()),
                },
            },
        }
    }
}

/// `aws/lambda/async/FUNCTION/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-UUID`
fn object_key(outcome: &Outcome<'_>) -> String {
    let stamp = outcome.label.seconds(outcome.settled);
    let (date, time) = stamp
        .trim_end_matches('Z')
        .split_once('T')
        .expect("a timestamp has a date and a time");
    format!(
        "aws/lambda/async/{}/{}/{date}T{}-{}",
        outcome.function.name,
        date.replace('-', "/"),
        time.replace(':', "."),
        uuid(outcome.event, 1)
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
                let text = format!(
                    "{} {request_id} Task timed out after {seconds} seconds",
                    label.millis(at)
                );
                (text, "Sandbox.Timedout")
            }
            FunctionError::Exception | FunctionError::Poison => (because(last, function), "Exception"),
        };
        Self {
            error_message,
            error_type,
            request_id: request_id.to_owned(),
            stack_trace: [],
        }
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

/// `EventBridge`'s envelope. Captured records carry the source `lambda`; AWS's current page says `aws.lambda`.
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
            id: uuid(outcome.event, 1),
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
        Self {
            data_type: "String",
            string_value,
        }
    }

    fn number(string_value: String) -> Self {
        Self {
            data_type: "Number",
            string_value,
        }
    }
}
