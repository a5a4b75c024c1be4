//! X-Ray: the traces of the sampled events, as `batch-get-traces` answers them.
//!
//! ```text
//! AWS::Lambda            accepted ─┬─ Dwell Time ──> first run
//!                                  ├─ Attempt #1 ──┬─> AWS::Lambda::Function ─┬─ Initialization
//!                                  └─ Attempt #2   │                          └─ Invocation
//! ```
//!
//! An attempt belongs to the trace of its event, which was sampled or not when Lambda accepted it. Attempts are held
//! from their end until their event leaves the system; those of events that are not traced are not held at all.

use std::collections::BTreeMap;
use std::io::Write;
use std::iter::Peekable;

use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::folder::{ExportError, RunFolder};
use super::rows::{AttemptRow, EventRow, Rows, plain};
use super::{ACCOUNT, LATEST, REGION};
use crate::sink::directory::{OutputFile, OutputFolder, hexadecimal};
use crate::sink::label::Label;
use crate::time::SimTime;

const EVENTS: &str = "events.csv";
const ATTEMPTS: &str = "attempts.csv";

/// Writes all traces into one answer, in the order in which events left the system.
pub(super) fn write(run: &RunFolder, out: &mut OutputFolder) -> Result<(), ExportError> {
    run.verify(EVENTS)?;
    run.verify(ATTEMPTS)?;
    let mut attempts = Attempts { rows: run.rows(ATTEMPTS)?.peekable(), held: BTreeMap::new() };
    let mut answer = Answer::begin(run, out)?;
    for event in run.rows::<EventRow>(EVENTS)? {
        let event = event?;
        // Lambda never had it.
        let Some(accepted) = event.accepted_ns.map(SimTime::from_nanos) else { continue };
        let until = event.settled_ns.unwrap_or(u64::MAX);
        attempts.advance(until, &mut answer)?;
        let tried = attempts.held.remove(&event.event).unwrap_or_default();
        // A second delivery would be more segments of the same trace; it is left out.
        if event.traced && event.duplicate_of.is_none() {
            answer.event(&event, accepted, &tried)?;
        }
    }
    attempts.advance(u64::MAX, &mut answer)?;
    out.complete(answer.finish()?)?;
    Ok(())
}

/// The attempts, read as far as needed.
struct Attempts {
    rows: Peekable<Rows<AttemptRow>>,
    /// Attempts of traced events in the system.
    held: BTreeMap<u64, Vec<AttemptRow>>,
}

impl Attempts {
    /// Reads the attempts that ended up to `until`; synchronous calls are complete with their one attempt.
    fn advance(&mut self, until: u64, answer: &mut Answer<'_>) -> Result<(), ExportError> {
        let due =
            |row: &Result<AttemptRow, ExportError>| row.as_ref().map_or(true, |row| row.end_ns <= until);
        while let Some(row) = self.rows.next_if(due) {
            let row = row?;
            if !row.traced {
                continue;
            }
            if row.is_event() {
                self.held.entry(row.event).or_default().push(row);
            } else {
                answer.call(&row)?;
            }
        }
        Ok(())
    }
}

/// The answer being written.
struct Answer<'r> {
    run: &'r RunFolder,
    label: Label,
    file: OutputFile,
    traces: u64,
}

impl<'r> Answer<'r> {
    fn begin(run: &'r RunFolder, out: &OutputFolder) -> Result<Self, ExportError> {
        let mut file = out.create("batch-get-traces.json")?;
        file.write_all(b"{\"Traces\":[")?;
        Ok(Self { run, label: run.label(), file, traces: 0 })
    }

    fn finish(mut self) -> Result<OutputFile, ExportError> {
        self.file.write_all(b"\n],\"UnprocessedTraceIds\":[]}\n")?;
        Ok(self.file)
    }

    /// The trace of an event: the service's segment, and one of the function for each run.
    fn event(
        &mut self,
        event: &EventRow,
        accepted: SimTime,
        attempts: &[AttemptRow],
    ) -> Result<(), ExportError> {
        let first_run = attempts.iter().find(|row| row.environment.is_some());
        let last = attempts.last().map_or(accepted, AttemptRow::end);
        let mut subsegments = vec![Subsegment {
            id: hash(&["dwell", &event.request_id], 8),
            name: "Dwell Time".to_owned(),
            start_time: self.seconds(accepted),
            end: End::of(first_run.map(|row| self.seconds(row.dispatched()))),
            http: None,
            flags: Flags::default(),
        }];
        subsegments.extend(attempts.iter().map(|row| self.attempt(row)));
        let trace = trace_id(self.label, accepted, &event.request_id);
        let function = plain(&event.function);
        let segment = Segment {
            // Until the function has run, the console shows the request as pending.
            end: End::of(first_run.map(|_| self.seconds(accepted))),
            http: Some(Http::answered(202)),
            subsegments,
            ..self.service_segment(&trace, &event.request_id, function, accepted)
        };
        let mut documents = vec![segment];
        for row in attempts.iter().filter(|row| row.environment.is_some()) {
            documents.push(self.function_segment(&trace, attempt_id(row), function, row));
        }
        self.trace(&trace, accepted, last, &documents)
    }

    /// The trace of a synchronous call.
    fn call(&mut self, row: &AttemptRow) -> Result<(), ExportError> {
        // A call that its caller makes again is a new request to AWS.
        let request = match row.attempt {
            1 => row.request_id.clone(),
            attempt => format!("{} attempt {attempt}", row.request_id),
        };
        let trace = trace_id(self.label, row.accepted(), &request);
        let function = plain(&row.function);
        let service = Segment {
            end: End::of(Some(self.seconds(row.end()))),
            http: Http::of(row),
            flags: Flags::of(row),
            ..self.service_segment(&trace, &row.request_id, function, row.accepted())
        };
        let parent = service.id.clone();
        let mut documents = vec![service];
        if row.environment.is_some() {
            documents.push(self.function_segment(&trace, parent, function, row));
        }
        self.trace(&trace, row.accepted(), row.end(), &documents)
    }

    fn attempt(&self, row: &AttemptRow) -> Subsegment {
        Subsegment {
            id: attempt_id(row),
            name: format!("Attempt #{}", row.attempt),
            start_time: self.seconds(row.dispatched()),
            end: End::of(Some(self.seconds(row.end()))),
            http: Http::of(row),
            flags: Flags::of(row),
        }
    }

    fn service_segment(&self, trace: &str, request: &str, function: &str, at: SimTime) -> Segment {
        Segment {
            id: hash(&["service", request], 8),
            name: function.to_owned(),
            start_time: self.seconds(at),
            end: End::of(None),
            trace_id: trace.to_owned(),
            parent_id: None,
            http: None,
            aws: Aws { request_id: Some(request.to_owned()), function_arn: None },
            origin: "AWS::Lambda",
            resource_arn: arn(function),
            flags: Flags::default(),
            cause: None,
            subsegments: Vec::new(),
        }
    }

    fn function_segment(&self, trace: &str, parent: String, function: &str, row: &AttemptRow) -> Segment {
        let subsegment = |name: &str, from: SimTime, to: SimTime, flags: Flags| Subsegment {
            id: hash(&[name, &row.request_id, &row.attempt.to_string()], 8),
            name: name.to_owned(),
            start_time: self.seconds(from),
            end: End::of(Some(self.seconds(to))),
            http: None,
            flags,
        };
        let (start, end) = (row.handler_start(), row.end());
        let init =
            row.is_cold().then(|| subsegment("Initialization", row.dispatched(), start, Flags::default()));
        let invocation = subsegment("Invocation", start, end, Flags::of(row));
        let settings = self.run.function(function).map(|(_, settings)| settings);
        let failure = settings.and_then(|settings| Failure::of(row, settings, self.label));
        Segment {
            id: function_segment_id(row),
            end: End::of(Some(self.seconds(end))),
            parent_id: Some(parent),
            aws: Aws { request_id: None, function_arn: Some(arn(function)) },
            origin: "AWS::Lambda::Function",
            flags: Flags::of(row),
            cause: failure.map(|failure| Cause::of(failure, row)),
            subsegments: init.into_iter().chain([invocation]).collect(),
            ..self.service_segment(trace, &row.request_id, function, row.dispatched())
        }
    }

    /// One trace a line.
    fn trace(
        &mut self,
        id: &str,
        start: SimTime,
        end: SimTime,
        documents: &[Segment],
    ) -> Result<(), ExportError> {
        let wrapped = |segment: &Segment| Wrapped {
            id: segment.id.clone(),
            document: serde_json::to_string(segment).expect("plain data"),
        };
        let micros = i128::from(end.since(start).as_nanos() / 1_000);
        let trace = Trace {
            id,
            duration: decimal_seconds(micros),
            limit_exceeded: false,
            segments: documents.iter().map(wrapped).collect(),
        };
        self.file.write_all(if self.traces == 0 { b"\n" } else { b",\n" })?;
        self.traces += 1;
        serde_json::to_writer(&mut self.file, &trace).map_err(std::io::Error::from)?;
        Ok(())
    }

    fn seconds(&self, at: SimTime) -> Box<RawValue> {
        decimal_seconds(self.label.epoch_micros(at))
    }
}

/// `1-695b8ba0-` and 24 hexadecimal digits: the second of the request, and what tells it from others.
pub(super) fn trace_id(label: Label, accepted: SimTime, request_id: &str) -> String {
    let seconds = label.epoch_millis(accepted).div_euclid(1_000);
    format!("1-{:08x}-{}", seconds & 0xffff_ffff, hash(&["trace", request_id], 12))
}

/// The function's segment of a run.
pub(super) fn function_segment_id(row: &AttemptRow) -> String {
    hash(&["function", &row.request_id, &row.attempt.to_string()], 8)
}

/// The subsegment of an attempt.
pub(super) fn attempt_id(row: &AttemptRow) -> String {
    hash(&["attempt", &row.request_id, &row.attempt.to_string()], 8)
}

/// So many bytes of a digest, in hexadecimal digits.
fn hash(parts: &[&str], bytes: usize) -> String {
    hexadecimal(&Sha256::digest(parts.join("/"))[..bytes])
}

fn arn(function: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}:{LATEST}")
}

fn decimal_seconds(micros: i128) -> Box<RawValue> {
    let micros = micros.max(0);
    RawValue::from_string(format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)).expect("a number")
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Trace<'a> {
    id: &'a str,
    duration: Box<RawValue>,
    limit_exceeded: bool,
    segments: Vec<Wrapped>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Wrapped {
    id: String,
    document: String,
}

#[derive(Serialize)]
struct Segment {
    id: String,
    name: String,
    start_time: Box<RawValue>,
    #[serde(flatten)]
    end: End,
    trace_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<Http>,
    aws: Aws,
    origin: &'static str,
    resource_arn: String,
    #[serde(flatten)]
    flags: Flags,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subsegments: Vec<Subsegment>,
}

#[derive(Serialize)]
struct Subsegment {
    id: String,
    name: String,
    start_time: Box<RawValue>,
    #[serde(flatten)]
    end: End,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<Http>,
    #[serde(flatten)]
    flags: Flags,
}

/// A segment has an end or is in progress.
#[derive(Serialize)]
struct End {
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_progress: bool,
}

impl End {
    fn of(end_time: Option<Box<RawValue>>) -> Self {
        Self { in_progress: end_time.is_none(), end_time }
    }
}

#[derive(Serialize)]
struct Aws {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_arn: Option<String>,
}

#[derive(Serialize)]
struct Http {
    response: Response,
}

#[derive(Serialize)]
struct Response {
    status: u16,
}

impl Http {
    const fn answered(status: u16) -> Self {
        Self { response: Response { status } }
    }

    /// A run answers 200, failed or not. What the status of another refusal was, the tables do not tell.
    fn of(row: &AttemptRow) -> Option<Self> {
        match row.result.as_str() {
            "throttled" => Some(Self::answered(429)),
            _ if row.environment.is_some() => Some(Self::answered(200)),
            _ => None,
        }
    }
}

/// What X-Ray colours: errors of the caller, faults of the service or the code, throttles.
#[derive(Clone, Copy, Default, Serialize)]
struct Flags {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    error: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fault: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    throttle: bool,
}

impl Flags {
    fn of(row: &AttemptRow) -> Self {
        let throttle = row.result == "throttled";
        Self {
            error: throttle || row.result == "client_error",
            fault: row.failed() || row.result == "system_error",
            throttle,
        }
    }
}

#[derive(Serialize)]
struct Cause {
    exceptions: [Exception; 1],
}

#[derive(Serialize)]
struct Exception {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    message: String,
}

impl Cause {
    fn of(failure: Failure, row: &AttemptRow) -> Self {
        let id = hash(&["exception", &row.request_id, &row.attempt.to_string()], 8);
        Self { exceptions: [Exception { id, kind: failure.error_type, message: failure.message }] }
    }
}
