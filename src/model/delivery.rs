//! Deliveries: the outcome of an event on its way to a destination or dead-letter queue.
//!
//! Each route is independent of the others. A delivery is tried once, or as often as the scenario says when the
//! destination throttles; if it fails, that copy is gone (`docs/model.md` tells what AWS documents about this and
//! what it does not).

use super::event::{Event, Route};
use super::observation::Fate;
use super::record;
use crate::id::DestinationId;
use crate::random::Purpose;
use crate::scenario::{
    DeliveryFailure, Destination, DestinationKind, Function, Scenario, SnsOversize, Timing,
};
use crate::time::{SimDuration, SimTime};

/// How a delivery will go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryPlan {
    /// The size of the message, as its destination counts it.
    pub bytes: u64,
    /// Whether the payloads were left out because the record was too large.
    pub payload_dropped: bool,
    /// Calls to the destination.
    pub tries: u8,
    /// How long they take together.
    pub duration: SimDuration,
    /// Why it will fail; `None` if it will be delivered.
    pub failure: Option<DeliveryFailure>,
}

/// Where an outcome goes on `route`, if the route is configured and meant for this `fate`.
pub fn target(function: &Function, route: Route, fate: Fate) -> Option<DestinationId> {
    if fate == Fate::Vanished {
        return None;
    }
    match (route, fate == Fate::Succeeded) {
        (Route::OnSuccess, true) => function.on_success,
        (Route::OnFailure, false) => function.on_failure,
        (Route::DeadLetterQueue, false) => function.dead_letter,
        (Route::OnSuccess, false) | (Route::OnFailure | Route::DeadLetterQueue, true) => None,
    }
}

/// Whether no route is configured and meant for an outcome of this `fate`.
#[inline]
pub fn goes_nowhere(function: &Function, fate: Fate) -> bool {
    Route::ALL.iter().all(|route| target(function, *route, fate).is_none())
}

/// Plans the delivery of `event`'s outcome on `route` to `destination`, starting at `start`. The size is checked
/// first, then the destination's failure causes are asked in file order, for each try.
pub fn plan(
    scenario: &Scenario,
    event: &Event,
    function: &Function,
    route: Route,
    destination: &Destination,
    start: SimTime,
) -> DeliveryPlan {
    let payload = event.bytes(scenario);
    let mut bytes = message_bytes(event, function, route, destination, payload);
    // "If the request and response exceed the limit, Lambda drops the payload": the API reference on records.
    let droppable = matches!(destination.kind, DestinationKind::Sns { oversize: SnsOversize::DropPayload });
    let payload_dropped = bytes > destination.max_bytes && droppable && route != Route::DeadLetterQueue;
    if payload_dropped {
        bytes = record::record_bytes(event, function, None);
    }
    let (tries, failure) = if bytes > destination.max_bytes {
        (1, Some(DeliveryFailure::Size))
    } else {
        tries(&scenario.timing, event, route, destination, start)
    };
    let duration = destination.latency.saturating_mul(tries.into());
    DeliveryPlan { bytes, payload_dropped, tries, duration, failure }
}

/// Calls the destination until it takes the message, refuses it for good, or the tries are used up. Only a throttle
/// is worth another try; each try begins when the one before has ended.
fn tries(
    timing: &Timing,
    event: &Event,
    route: Route,
    destination: &Destination,
    start: SimTime,
) -> (u8, Option<DeliveryFailure>) {
    let allowed = match route {
        Route::OnSuccess | Route::OnFailure => timing.dest_attempts,
        Route::DeadLetterQueue => timing.dlq_attempts,
    };
    let mut made = 0;
    loop {
        let at = start + destination.latency.saturating_mul(made.into());
        let failure = failure_cause(event, route, destination, at, made);
        made += 1;
        if failure != Some(DeliveryFailure::Throttled) || made >= allowed {
            return (made, failure);
        }
    }
}

fn failure_cause(
    event: &Event,
    route: Route,
    destination: &Destination,
    at: SimTime,
    made: u8,
) -> Option<DeliveryFailure> {
    let purpose = match route {
        Route::OnSuccess => Purpose::OnSuccessDelivery,
        Route::OnFailure => Purpose::OnFailureDelivery,
        Route::DeadLetterQueue => Purpose::DeadLetterDelivery,
    };
    let strikes = |(ordinal, cause): &(u8, &crate::scenario::DeliveryFailureCause)| {
        let word = || event.key.draws(purpose, *ordinal, made.into()).word();
        cause.during.contain(at) && cause.probability.strikes(word())
    };
    (0..).zip(&destination.failures).find(strikes).map(|(_, cause)| cause.failure)
}

fn message_bytes(
    event: &Event,
    function: &Function,
    route: Route,
    destination: &Destination,
    payload: u64,
) -> u64 {
    match (route, destination.kind) {
        (Route::DeadLetterQueue, _) => record::message_bytes(event, function, payload),
        (_, DestinationKind::EventBridge) => {
            record::entry_bytes(event, function, route, destination, payload)
        }
        (
            _,
            DestinationKind::Sqs
            | DestinationKind::Sns { .. }
            | DestinationKind::S3
            | DestinationKind::Lambda { .. },
        ) => record::record_bytes(event, function, Some(payload)),
    }
}
