//! What Lambda says of a settled event: the words in invocation records and dead-letter messages, and how many bytes
//! these have.
//!
//! A size decides whether a delivery succeeds, so it is that of the very document that `deliveries.jsonl` shows, with
//! the payloads at the sizes that the scenario gives them. It follows from the lengths of the parts; no document is
//! built for it, and no text: whoever only asks for a length costs no memory. The shapes: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>.

use super::event::{Event, Route};
use super::observation::{AttemptOutcome, Fate, FunctionError};
use crate::id::RequestId;
use crate::scenario::{Destination, Function, ResponseKind, SuccessCount};
use std::fmt::{self, Write};

/// The account in ARNs: the one of AWS's own examples.
pub const ACCOUNT: &str = "123456789012";
/// The Region in ARNs.
pub const REGION: &str = "us-east-1";
/// The version that an unqualified invocation executes.
pub const LATEST: &str = "$LATEST";
/// The `source` of an EventBridge entry. Captured ones carry this; AWS's current page says `aws.lambda`.
pub const EVENT_SOURCE: &str = "lambda";

/// The largest `ErrorMessage` of a dead-letter message, in bytes.
const ERROR_MESSAGE_BYTES: usize = 1_024;
/// AWS's words with its typing mistake, as captured.
pub const ZERO_RESERVED: &str =
    "Function not invoked. Function isconfigured with zero reserved concurrent executions";
/// The exception that a handler's answer is met with when it is no JSON.
pub const NOT_JSON_CODE: &str = "InvalidRequestContentException";
/// What it says; our words.
pub const NOT_JSON_MESSAGE: &str = "the function's answer is not JSON";

/// What the last attempt of an event came back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Whether the function's code ran.
    pub ran: bool,
    /// Whether it failed.
    pub failed: bool,
}

/// The error object that a runtime answers when the function failed.
#[derive(Clone, Copy, Debug)]
pub struct ErrorAnswer<'a> {
    /// `errorMessage`
    pub message: Words<'a>,
    /// `errorType`
    pub kind: &'static str,
}

/// What Lambda says of an error; written only where somebody reads it.
#[derive(Clone, Copy, Debug)]
pub enum Words<'a> {
    /// As they stand.
    Plain(&'a str),
    /// The run exceeded the function's `Timeout`.
    TimedOut {
        /// The label of the instant at which it was stopped.
        ended: &'a str,
        /// The request.
        request: RequestId,
        /// The `Timeout` in nanoseconds.
        after: u64,
    },
    /// The environment broke down.
    Exited(RequestId),
    /// The run needed more memory than there was.
    Killed(RequestId),
    /// The function had been deleted.
    NotFound(&'a Function),
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(words) => out.write_str(words),
            Self::TimedOut { ended, request, after } => {
                write!(out, "{ended} {request} Task timed out after {} seconds", hundredths(*after))
            }
            Self::Exited(request) => {
                write!(out, "RequestId: {request} Error: Runtime exited without providing a reason")
            }
            Self::Killed(request) => {
                write!(out, "RequestId: {request} Error: Runtime exited with error: signal: killed")
            }
            Self::NotFound(function) => write!(out, "Function not found: {}", function_arn(function)),
        }
    }
}

/// What the record of `event` tells of its last attempt. A throttle after a failed run takes the place of its
/// answer; with a reserved concurrency of zero there is none. Both were measured.
pub fn answer(event: &Event) -> Option<Answer> {
    if fate(event) == Fate::ZeroReservedConcurrency {
        return None;
    }
    let refused = |status| Answer { status, ran: false, failed: false };
    Some(match event.last_outcome()? {
        AttemptOutcome::Success | AttemptOutcome::CaughtError => {
            Answer { status: 200, ran: true, failed: false }
        }
        AttemptOutcome::FunctionError(_) => Answer { status: 200, ran: true, failed: true },
        AttemptOutcome::Throttled(_) => refused(429),
        AttemptOutcome::SystemError { status } | AttemptOutcome::ClientError { status } => refused(status),
    })
}

/// `approximateInvokeCount`: the attempts that count (runs and client errors; throttles do not), but 1 after a
/// success even if it was retried, as measured.
pub fn approximate_invoke_count(event: &Event, on_success: SuccessCount) -> u8 {
    match (fate(event), on_success) {
        (Fate::Succeeded, SuccessCount::One) => 1,
        _ => event.counted_attempts(),
    }
}

/// The error object of the last run, if it failed and nothing took the place of its answer. `ended` is the label of
/// the instant at which it ended.
pub fn error_answer<'a>(event: &Event, function: &'a Function, ended: &'a str) -> Option<ErrorAnswer<'a>> {
    if !answer(event)?.failed {
        return None;
    }
    let AttemptOutcome::FunctionError(error) = event.last_outcome()? else { return None };
    let request = event.request_id();
    let (message, kind) = match error {
        FunctionError::Timeout => {
            (Words::TimedOut { ended, request, after: function.timeout.as_nanos() }, "Sandbox.Timedout")
        }
        FunctionError::Exception | FunctionError::Poison => {
            (Words::Plain(because(event, function)), "Exception")
        }
        FunctionError::Dependency => (Words::Plain("simulated failure of a dependency"), "DependencyError"),
        FunctionError::InitError => (Words::Plain(because(event, function)), "Runtime.InitError"),
        FunctionError::Crash => (Words::Exited(request), "Runtime.ExitError"),
        FunctionError::OutOfMemory => (Words::Killed(request), "Runtime.ExitError"),
    };
    Some(ErrorAnswer { message, kind })
}

/// The author's words for what went wrong, or ours.
fn because<'a>(event: &Event, function: &'a Function) -> &'a str {
    event
        .last_cause()
        // A change of the code may have taken the cause away since.
        .and_then(|cause| function.failures.get(usize::from(cause)))
        .map(|cause| cause.because.as_str())
        .filter(|because| !because.is_empty())
        .unwrap_or("simulated exception")
}

/// Nanoseconds as seconds with two places: `3.00`.
fn hundredths(nanos: u64) -> impl fmt::Display {
    let hundredths = (nanos + 5_000_000) / 10_000_000;
    fmt::from_fn(move |out| write!(out, "{}.{:02}", hundredths / 100, hundredths % 100))
}

/// `ErrorCode` and `ErrorMessage` of a dead-letter message, as measured: 200 for a function error, no code with a
/// reserved concurrency of zero. What a 5xx says is assumed.
pub fn dead_letter_error(event: &Event, function: &Function, ended: &str) -> (Option<u16>, Option<String>) {
    let (code, words) = dead_letter_words(event, function, ended);
    (code, words.map(|words| first_kibibyte(&words.to_string())))
}

fn dead_letter_words<'a>(
    event: &Event,
    function: &'a Function,
    ended: &'a str,
) -> (Option<u16>, Option<Words<'a>>) {
    let Some(answer) = answer(event) else {
        let zero = fate(event) == Fate::ZeroReservedConcurrency;
        return (None, zero.then_some(Words::Plain(ZERO_RESERVED)));
    };
    let message = match answer.status {
        200 => error_answer(event, function, ended).map(|error| error.message),
        429 => Some(Words::Plain("Rate Exceeded.")),
        404 => Some(Words::NotFound(function)),
        _ => event.last_outcome().map(|outcome| Words::Plain(outcome.reason())),
    };
    (Some(answer.status), message)
}

/// The first 1 024 bytes; a character cut in two becomes U+FFFD.
fn first_kibibyte(text: &str) -> String {
    let end = text.len().min(ERROR_MESSAGE_BYTES);
    String::from_utf8_lossy(&text.as_bytes()[..end]).into_owned()
}

/// The length of what [`first_kibibyte`] makes of `text`.
fn first_kibibyte_length(text: &impl fmt::Display) -> u64 {
    let (mut all, mut kept) = (0, 0);
    pieces(text, |piece| {
        for letter in piece.chars() {
            if all + letter.len_utf8() <= ERROR_MESSAGE_BYTES {
                kept += letter.len_utf8() as u64;
            } else if all < ERROR_MESSAGE_BYTES {
                kept += '\u{fffd}'.len_utf8() as u64;
            }
            all += letter.len_utf8();
        }
    });
    kept
}

/// Hands the text of `what` to `take`, piece by piece, without keeping it.
fn pieces(what: &impl fmt::Display, take: impl FnMut(&str)) {
    struct Pieces<F>(F);
    impl<F: FnMut(&str)> fmt::Write for Pieces<F> {
        fn write_str(&mut self, piece: &str) -> fmt::Result {
            (self.0)(piece);
            Ok(())
        }
    }
    write!(Pieces(take), "{what}").expect("it takes every text");
}

/// The sum of `length` over the pieces of `what`.
fn total(what: &impl fmt::Display, length: impl Fn(&str) -> u64) -> u64 {
    let mut sum = 0;
    pieces(what, |piece| sum += length(piece));
    sum
}

/// The ARN under which records name a function; always qualified.
pub fn function_arn(function: &Function) -> impl fmt::Display {
    let name = function.name.as_str();
    fmt::from_fn(move |out| write!(out, "arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:{LATEST}"))
}

/// The ARN of an EventBridge bus.
pub fn bus_arn(bus: &Destination) -> impl fmt::Display {
    let name = bus.name.as_str();
    fmt::from_fn(move |out| write!(out, "arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}"))
}

/// The `detail-type` of an EventBridge entry.
pub const fn detail_type(route: Route) -> &'static str {
    match route {
        Route::OnSuccess => "Lambda Function Invocation Result - Success",
        Route::OnFailure | Route::DeadLetterQueue => "Lambda Function Invocation Result - Failure",
    }
}

/// Dates with milliseconds have this length until the year 9999.
const DATE: &str = "2026-01-01T00:00:00.000Z";
const RECORD: &str = r#"{"version":"1.0","timestamp":"2026-01-01T00:00:00.000Z","requestContext":{"requestId":"00000000-0000-4000-8000-000000000000","functionArn":"","condition":"","approximateInvokeCount":0}}"#;
const REQUEST_PAYLOAD: &str = r#","requestPayload":"#;
const REFUSED: &str = r#","responseContext":{"statusCode":429}"#;
const RAN: &str = r#","responseContext":{"statusCode":200,"executedVersion":"$LATEST"}"#;
const FAILED: &str =
    r#","responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"}"#;
const RESPONSE_PAYLOAD: &str = r#","responsePayload":"#;
const ERROR_OBJECT: &str = r#"{"errorMessage":"","errorType":"","requestId":"00000000-0000-4000-8000-000000000000","stackTrace":[]}"#;
const DELIVERY_ERROR: &str = r#","deliveryError":{"statusCode":400,"errorCode":"","errorMessage":""}"#;

/// The bytes of the invocation record of `event`, with its `payload` of so many bytes and the response's, or without
/// either.
pub fn record_bytes(event: &Event, function: &Function, payload: Option<u64>) -> u64 {
    let answer = answer(event);
    let context = match answer {
        None => "",
        Some(Answer { ran: false, .. }) => REFUSED,
        Some(Answer { failed: false, .. }) => RAN,
        Some(Answer { failed: true, .. }) => FAILED,
    };
    let around = length(RECORD)
        + total(&function_arn(function), length)
        + length(fate(event).condition())
        + length(context);
    let request = payload.map_or(0, |payload| length(REQUEST_PAYLOAD) + payload);
    let response = match answer {
        Some(Answer { ran: true, failed, .. }) => response_bytes(event, function, failed, payload.is_some()),
        Some(Answer { ran: false, .. }) | None => 0,
    };
    around + request + response
}

fn response_bytes(event: &Event, function: &Function, failed: bool, with_payload: bool) -> u64 {
    if !failed && function.response == ResponseKind::NotJson {
        return length(DELIVERY_ERROR) + length(NOT_JSON_CODE) + json_length(NOT_JSON_MESSAGE);
    }
    match (with_payload, error_answer(event, function, DATE)) {
        (false, _) => 0,
        (true, None) => length(RESPONSE_PAYLOAD) + function.response_bytes,
        (true, Some(error)) => {
            length(RESPONSE_PAYLOAD)
                + length(ERROR_OBJECT)
                + total(&error.message, json_length)
                + length(error.kind)
        }
    }
}

/// The bytes of the record as an EventBridge entry, counted as EventBridge does: the time as 14 bytes, source, detail
/// type, detail and resources (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>).
pub fn entry_bytes(event: &Event, function: &Function, route: Route, bus: &Destination, payload: u64) -> u64 {
    let time = 14;
    let resources = total(&bus_arn(bus), length) + total(&function_arn(function), length);
    let texts = length(EVENT_SOURCE) + length(detail_type(route)) + resources;
    time + texts + record_bytes(event, function, Some(payload))
}

/// The bytes of the dead-letter message of `event`: the body, and the attributes with their names and types, which
/// SQS counts as well (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>).
pub fn message_bytes(event: &Event, function: &Function, payload: u64) -> u64 {
    const REQUEST_ID: &str = "RequestIDString00000000-0000-4000-8000-000000000000";
    let (code, message) = dead_letter_words(event, function, DATE);
    let code = code.map_or(0, |_| length("ErrorCodeNumber200"));
    let message = message.map_or(0, |words| length("ErrorMessageString") + first_kibibyte_length(&words));
    payload + length(REQUEST_ID) + code + message
}

fn fate(event: &Event) -> Fate {
    let (fate, _) = event.settled().expect("only a settled event has a record");
    fate
}

const fn length(text: &str) -> u64 {
    text.len() as u64
}

/// The length of `text` between the quotes of a JSON string.
fn json_length(text: &str) -> u64 {
    let length = |letter: char| match letter {
        '"' | '\\' | '\u{8}' | '\u{c}' | '\n' | '\r' | '\t' => 2,
        '\0'..'\u{20}' => 6,
        _ => letter.len_utf8() as u64,
    };
    text.chars().map(length).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_messages_are_cut_after_a_kibibyte_even_within_a_character() {
        assert_eq!(first_kibibyte(&"x".repeat(2_000)).len(), 1_024);
        let cut = first_kibibyte(&format!("{}é", "x".repeat(1_023)));
        assert_eq!(cut, format!("{}\u{fffd}", "x".repeat(1_023)));
    }

    #[test]
    fn how_long_the_cut_message_is_is_known_without_cutting() {
        for text in
            ["", "short", &"x".repeat(2_000), &format!("{}é and more", "x".repeat(1_023)), &"é🦀".repeat(300)]
        {
            assert_eq!(first_kibibyte_length(&text), first_kibibyte(text).len() as u64, "{text}");
        }
    }

    #[test]
    fn the_length_of_a_json_string_is_known_without_writing_it() {
        for text in ["", "plain", "quote \" and \\", "a\tb\nc\r\u{8}\u{c}", "\u{1}\u{1f}\u{7f}", "é → 🦀"]
        {
            let written = serde_json::to_string(text).unwrap();
            assert_eq!(json_length(text), written.len() as u64 - 2, "{written}");
        }
    }

    #[test]
    fn seconds_have_two_places() {
        let cases = [(3_000_000_000, "3.00"), (1_500_000_000, "1.50"), (900_000_000_000, "900.00")];
        for (nanos, expected) in cases {
            assert_eq!(hundredths(nanos).to_string(), expected);
        }
    }
}
