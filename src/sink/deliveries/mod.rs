//! `deliveries.jsonl`: every invocation record and dead-letter message as AWS shapes it, with its delivery result.
//!
//! The shape of a record: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>; what
//! is in it for each outcome was measured on AWS, and the tests have a case for each. AWS's record travels as the
//! body of an SQS message, the message of an SNS notification, the payload of a Lambda invocation, the `detail` of an
//! EventBridge entry, or an S3 object; EventBridge's envelope and S3's key are written as well.
//!
//! Payloads are small stand-ins: `requestPayload` names the source and the number of the event, an answer is
//! `{"ok":true}`. `bytes` is the size with the payloads of the scenario, which decides over the delivery.

mod document;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::label::Label;
use crate::id::{DestinationId, EventId};
use crate::model::event::{Event, Route};
use crate::model::observation::{Attempt, Fact, Fate, Observation, Observer};
use crate::model::record;
use crate::scenario::{DeliveryFailure, Function, Scenario};
use crate::time::SimTime;
use document::Content;

/// The sink.
pub struct Deliveries<'s, W: Write> {
    scenario: &'s Scenario,
    label: Label,
    writer: W,
    error: Option<io::Error>,
    /// What is on its way.
    sent: BTreeMap<(EventId, Route), Sent>,
    /// When the last run of each event in the system ended, by its place; of one without a run, its acceptance.
    last_ended: Vec<SimTime>,
}

/// What is known of a message when it is sent.
#[derive(Clone, Copy, Debug)]
struct Sent {
    bytes: u64,
    payload_dropped: bool,
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug)]
struct Result {
    route: Route,
    to: DestinationId,
    failure: Option<DeliveryFailure>,
    tries: u8,
}

impl<'s, W: Write> Deliveries<'s, W> {
    /// The deliveries of a run of `scenario`, written to `writer`.
    pub fn new(scenario: &'s Scenario, writer: W) -> Self {
        Self {
            scenario,
            label: Label::of(scenario),
            writer,
            error: None,
            sent: BTreeMap::new(),
            last_ended: Vec::new(),
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

    fn note_end(&mut self, fact: &Fact<'_>) {
        let place = fact.event.place() as usize;
        if self.last_ended.len() <= place {
            self.last_ended.resize(place + 1, SimTime::ZERO);
        }
        self.last_ended[place] = fact.at;
    }

    fn delivery_ended(&mut self, fact: &Fact<'_>, result: Result) {
        let sent = self.sent.remove(&(fact.event.id(), result.route)).expect("it was sent");
        if self.error.is_none()
            && let Err(error) = self.write_line(fact, result, sent)
        {
            self.error = Some(error);
        }
    }

    fn write_line(&mut self, fact: &Fact<'_>, result: Result, sent: Sent) -> io::Result<()> {
        let outcome =
            Outcome::of(self.scenario, self.label, fact.event, self.last_ended[fact.event.place() as usize]);
        let Result { route, to, failure, tries } = result;
        let destination = &self.scenario.destinations[to.index()];
        let line = Line {
            time_ns: fact.at.as_nanos(),
            event: fact.event.id().0,
            route: route.name(),
            destination: &destination.name,
            kind: destination.kind.name(),
            result: if failure.is_none() { "delivered" } else { "failed" },
            failure: failure.map(DeliveryFailure::name),
            tries,
            bytes: sent.bytes,
            content: Content::of(&outcome, destination, route, !sent.payload_dropped),
        };
        serde_json::to_writer(&mut self.writer, &line)?;
        self.writer.write_all(b"\n")
    }
}

impl<W: Write> Observer for Deliveries<'_, W> {
    fn observe(&mut self, fact: &Fact<'_>) {
        match fact.what {
            Observation::Accepted
            | Observation::Duplicated
            | Observation::AttemptEnded(Attempt { run: Some(_), .. }) => self.note_end(fact),
            Observation::DeliveryStarted { route, bytes, payload_dropped, .. } => {
                self.sent.insert((fact.event.id(), route), Sent { bytes, payload_dropped });
            }
            Observation::DeliveryEnded { route, destination, failure, tries, .. } => {
                self.delivery_ended(fact, Result { route, to: destination, failure, tries });
            }
            Observation::CutOff => {
                for route in Route::ALL {
                    self.sent.remove(&(fact.event.id(), route));
                }
            }
            _ => {}
        }
    }
}

/// An outcome to be told: everything that records and messages are made from.
struct Outcome<'a> {
    scenario: &'a Scenario,
    label: Label,
    event: &'a Event,
    function: &'a Function,
    source: &'a str,
    request_id: String,
    fate: Fate,
    settled: SimTime,
    /// When its last run ended.
    last_ended: SimTime,
}

impl<'a> Outcome<'a> {
    fn of(scenario: &'a Scenario, label: Label, event: &'a Event, last_ended: SimTime) -> Self {
        let (fate, settled) = event.settled().expect("only a settled event is delivered");
        let function = &scenario.functions_at(settled)[event.function().index()];
        let source = &scenario.sources[event.source().index()].name;
        let request_id = event.request_id().to_string();
        Self { scenario, label, event, function, source, request_id, fate, settled, last_ended }
    }

    /// Message and type of the error object of the last run, if the record tells of one.
    fn error(&self) -> Option<(String, &'static str)> {
        let ended = self.label.millis(self.last_ended);
        let error = record::error_answer(self.event, self.function, &ended)?;
        Some((error.message.to_string(), error.kind))
    }

    fn dead_letter_error(&self) -> (Option<u16>, Option<String>) {
        record::dead_letter_error(self.event, self.function, &self.label.millis(self.last_ended))
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
    tries: u8,
    bytes: u64,
    #[serde(flatten)]
    content: Content<'a>,
}
