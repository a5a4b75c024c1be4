//! AWS's documents, field for field and in AWS's order.

use serde::Serialize;

use super::Outcome;
use crate::model::event::Route;
use crate::model::record::{
    ACCOUNT, Answer, EVENT_SOURCE, LATEST, NOT_JSON_CODE, NOT_JSON_MESSAGE, REGION, answer,
    approximate_invoke_count, bus_arn, detail_type, function_arn,
};
use crate::scenario::{Destination, DestinationKind, ResponseKind};

/// What was sent.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Content<'a> {
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
    pub(super) fn of(outcome: &Outcome<'a>, to: &Destination, route: Route, with_payload: bool) -> Self {
        if route == Route::DeadLetterQueue {
            return Self::Message { message: Message::of(outcome) };
        }
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

/// AWS's invocation record, version 1.0.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record<'a> {
    version: &'static str,
    timestamp: String,
    request_context: RequestContext,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_payload: Option<Payload<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_context: Option<ResponseContext>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_payload: Option<ResponsePayload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_error: Option<DeliveryError>,
}

impl<'a> Record<'a> {
    fn of(outcome: &Outcome<'a>, with_payload: bool) -> Self {
        let answer = answer(outcome.event);
        let not_json = outcome.function.response == ResponseKind::NotJson
            && answer.is_some_and(|answer| answer.ran && !answer.failed);
        Self {
            version: "1.0",
            timestamp: outcome.label.millis(outcome.settled),
            request_context: RequestContext::of(outcome),
            request_payload: with_payload.then(|| Payload::of(outcome)),
            response_context: answer.map(ResponseContext::of),
            response_payload: ResponsePayload::of(outcome, answer).filter(|_| with_payload && !not_json),
            delivery_error: not_json.then_some(DeliveryError::NOT_JSON),
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

impl RequestContext {
    fn of(outcome: &Outcome<'_>) -> Self {
        let on_success = outcome.scenario.timing.count_on_success;
        Self {
            request_id: outcome.request_id.clone(),
            function_arn: function_arn(outcome.function).to_string(),
            condition: outcome.fate.condition(),
            approximate_invoke_count: approximate_invoke_count(outcome.event, on_success),
        }
    }
}

/// A stand-in for the event's own JSON.
#[derive(Serialize)]
pub(super) struct Payload<'a> {
    source: &'a str,
    event: u64,
}

impl<'a> Payload<'a> {
    fn of(outcome: &Outcome<'a>) -> Self {
        Self { source: outcome.source, event: outcome.event.number() }
    }
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

impl ResponseContext {
    fn of(answer: Answer) -> Self {
        Self {
            status_code: answer.status,
            executed_version: answer.ran.then_some(LATEST),
            function_error: answer.failed.then_some("Unhandled"),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum ResponsePayload {
    Answer { ok: bool },
    Error(ErrorObject),
}

impl ResponsePayload {
    fn of(outcome: &Outcome<'_>, answer: Option<Answer>) -> Option<Self> {
        let Answer { ran, failed, .. } = answer?;
        match (ran, failed) {
            (false, _) => None,
            (true, false) => Some(Self::Answer { ok: true }),
            (true, true) => outcome.error().map(|(error_message, error_type)| {
                let request_id = outcome.request_id.clone();
                Self::Error(ErrorObject { error_message, error_type, request_id, stack_trace: [] })
            }),
        }
    }
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

/// Why the answer is missing from the record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryError {
    status_code: u16,
    error_code: &'static str,
    error_message: &'static str,
}

impl DeliveryError {
    const NOT_JSON: Self =
        Self { status_code: 400, error_code: NOT_JSON_CODE, error_message: NOT_JSON_MESSAGE };
}

/// EventBridge's envelope.
#[derive(Serialize)]
pub(super) struct Envelope<'a> {
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
            detail_type: detail_type(route),
            source: EVENT_SOURCE,
            account: ACCOUNT,
            time: outcome.label.seconds(outcome.settled),
            region: REGION,
            // Measured: first the destination, then the function.
            resources: [bus_arn(bus).to_string(), function_arn(outcome.function).to_string()],
            detail,
        }
    }
}

/// A dead-letter message: the event alone, and three attributes.
#[derive(Serialize)]
pub(super) struct Message<'a> {
    body: Payload<'a>,
    attributes: Attributes,
}

impl<'a> Message<'a> {
    fn of(outcome: &Outcome<'a>) -> Self {
        let (code, text) = outcome.dead_letter_error();
        let attributes = Attributes {
            error_code: code.map(|code| Attribute::number(code.to_string())),
            error_message: text.map(Attribute::string),
            request_id: Attribute::string(outcome.request_id.clone()),
        };
        Self { body: Payload::of(outcome), attributes }
    }
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
