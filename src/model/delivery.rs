//! Deliveries: the outcome of an event on its way to a destination or dead-letter queue.
//!
//! Each route is independent of the others. One delivery is tried; if it fails, that copy is gone
//! (`docs/model.md` tells what AWS documents about this and what it does not).

use super::event::{Event, Route};
use super::observation::Fate;
use crate::id::DestinationId;
use crate::random::Purpose;
use crate::scenario::{DeliveryFailure, Destination, DestinationKind, Function, SnsOversize};
use crate::time::SimTime;

/// Bytes of an invocation record around its two payloads: the length of
/// `{"version":"1.0","timestamp":…,"requestContext":{…},"requestPayload":…,"responseContext":{…},"responsePayload":…}`
/// with a function name of usual length. Assumed constant.
pub const RECORD_ENVELOPE_BYTES: u64 = 512;
/// Bytes of the error object that stands for the answer of a failed run. Assumed constant.
pub const ERROR_OBJECT_BYTES: u64 = 256;
/// Bytes of the attributes `RequestID`, `ErrorCode` and `ErrorMessage` of a dead-letter message. Assumed constant.
pub const DEAD_LETTER_ATTRIBUTES_BYTES: u64 = 128;

/// How a delivery will go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryPlan {
    /// The size of the message.
    pub bytes: u64,
    /// Whether the payloads were left out because the record was too large.
    pub payload_dropped: bool,
    /// Why it will fail; `None` if it will be delivered.
    pub failure: Option<DeliveryFailure>,
}

/// Where an outcome goes on `route`, if the route is configured and meant for this `fate`.
pub fn target(function: &Function, route: Route, fate: Fate) -> Option<DestinationId> {
    match (route, fate == Fate::Succeeded) {
        (Route::OnSuccess, true) => function.on_success,
        (Route::OnFailure, false) => function.on_failure,
        (Route::DeadLetterQueue, false) => function.dead_letter,
        (Route::OnSuccess, false) | (Route::OnFailure | Route::DeadLetterQueue, true) => None,
    }
}

/// Plans the delivery of `event`'s outcome on `route` to `destination`, starting at `start`. The size is checked
/// first, then the destination's failure causes are asked in file order.
pub fn plan(
    event: &Event,
    function: &Function,
    route: Route,
    destination: &Destination,
    start: SimTime,
) -> DeliveryPlan {
    let mut bytes = message_bytes(event, function, route);
    // "If the request and response exceed the limit, Lambda drops the payload": the API reference on records.
    let droppable = matches!(destination.kind, DestinationKind::Sns { oversize: SnsOversize::DropPayload });
    let payload_dropped = bytes > destination.max_bytes && droppable && route != Route::DeadLetterQueue;
    if payload_dropped {
        bytes = RECORD_ENVELOPE_BYTES;
    }
    let failure = if bytes > destination.max_bytes {
        Some(DeliveryFailure::Size)
    } else {
        failure_cause(event, route, destination, start)
    };
    DeliveryPlan { bytes, payload_dropped, failure }
}

fn failure_cause(
    event: &Event,
    route: Route,
    destination: &Destination,
    start: SimTime,
) -> Option<DeliveryFailure> {
    let purpose = match route {
        Route::OnSuccess => Purpose::OnSuccessDelivery,
        Route::OnFailure => Purpose::OnFailureDelivery,
        Route::DeadLetterQueue => Purpose::DeadLetterDelivery,
    };
    let strikes = |(ordinal, cause): &(u8, &crate::scenario::DeliveryFailureCause)| {
        cause.during.contain(start) && cause.probability.strikes(event.key.draws(purpose, *ordinal, 0).word())
    };
    (0..).zip(&destination.failures).find(strikes).map(|(_, cause)| cause.failure)
}

fn message_bytes(event: &Event, function: &Function, route: Route) -> u64 {
    let answer = match event.last_outcome {
        Some(outcome) if outcome.is_success() => function.response_bytes,
        Some(super::observation::AttemptOutcome::FunctionError(_)) => ERROR_OBJECT_BYTES,
        _ => 0,
    };
    match route {
        Route::OnSuccess | Route::OnFailure => event.bytes + answer + RECORD_ENVELOPE_BYTES,
        Route::DeadLetterQueue => event.bytes + DEAD_LETTER_ATTRIBUTES_BYTES,
    }
}
