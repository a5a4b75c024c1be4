//! What becomes of an event that is over: its deliveries, and the events that they make.

use super::{ATTRIBUTES, DELIVERY_ENDS, Delivery, ENVELOPE, Message, ROUTES, Twin};
use thirdtry::id::{DestinationId, FunctionId};
use thirdtry::random::{EventKey, Purpose};
use thirdtry::scenario::{DestinationKind, SnsOversize};
use thirdtry::time::SimTime;

impl Twin<'_> {
    /// The event is over: its outcome goes out on every route that is meant for it.
    pub(super) fn settle(&mut self, event: usize, fate: &'static str, rule: &str) {
        self.say(event, &format!("settled {fate} by {rule}"));
        self.events[event].stopped = fate == "recursive_invocation";
        let function = self.function(event);
        let targets = match fate {
            "succeeded" => [function.on_success, None, None],
            "vanished" => [None; 3],
            _ => [None, function.on_failure, function.dead_letter],
        };
        for (route, target) in targets.into_iter().enumerate() {
            if let Some(destination) = target {
                self.send(event, route, destination);
            }
        }
        self.leave_if_delivered(event);
    }

    fn send(&mut self, event: usize, route: usize, destination: DestinationId) {
        let target = &self.scenario.destinations[destination.index()];
        let about = &self.events[event];
        let mut size = match route {
            2 => about.bytes + ATTRIBUTES,
            _ => about.bytes + about.answer + ENVELOPE,
        };
        let shortens =
            target.kind == DestinationKind::Sns { oversize: SnsOversize::DropPayload } && route != 2;
        let dropped = shortens && size > target.max_bytes;
        if dropped {
            size = ENVELOPE;
        }
        // A destination that throttles may be called again, when the call before has ended.
        let allowed =
            if route == 2 { self.scenario.timing.dlq_attempts } else { self.scenario.timing.dest_attempts };
        let latency = target.latency.as_nanos();
        let (mut tries, mut failure) = (1, self.refusal(event, route, destination, self.now, 0));
        while failure == Some("throttled") && tries < u64::from(allowed) {
            let number = u32::try_from(tries).expect("few tries");
            failure = self.refusal(event, route, destination, self.now + tries * latency, number);
            tries += 1;
        }
        if size > target.max_bytes {
            (tries, failure) = (1, Some("size"));
        }
        self.events[event].deliveries[route] =
            Some(Delivery { destination, failure, tries, shortened: dropped, under_way: true });
        let dropped = if dropped { ", payload dropped" } else { "" };
        self.say(event, &format!("{} to {} started{dropped}", ROUTES[route], destination.index()));
        self.schedule(self.now + tries * latency, DELIVERY_ENDS, event, route);
    }

    /// The first failure cause of the destination that strikes a call at `at`.
    fn refusal(
        &self,
        event: usize,
        route: usize,
        to: DestinationId,
        at: u64,
        call: u32,
    ) -> Option<&'static str> {
        let purposes = [Purpose::OnSuccessDelivery, Purpose::OnFailureDelivery, Purpose::DeadLetterDelivery];
        for (ordinal, cause) in (0u8..).zip(&self.scenario.destinations[to.index()].failures) {
            let word = self.events[event].key.draws(purposes[route], ordinal, call).word();
            if cause.during.contain(SimTime::from_nanos(at)) && cause.probability.strikes(word) {
                return Some(cause.failure.name());
            }
        }
        None
    }

    pub(super) fn delivery_ends(&mut self, event: usize, route: usize) {
        let delivery = self.events[event].deliveries[route].as_mut().expect("a delivery");
        delivery.under_way = false;
        let Delivery { destination, mut failure, tries, .. } = *delivery;
        let target = &self.scenario.destinations[destination.index()];
        let back = |function: FunctionId| {
            self.events[event].stopped && self.is_stopped(&self.longer(event, function))
        };
        // A stopped event does not go back into its loop.
        let refuses = matches!(target.kind, DestinationKind::Lambda { function } if back(function));
        if refuses && failure.is_none() {
            failure = Some("misconfiguration");
        }
        let mut invoked = Vec::new();
        match target.kind {
            _ if failure.is_some() => {}
            DestinationKind::Lambda { function } => invoked.push((function, true)),
            // A topic passes the trace on, a bus does not.
            DestinationKind::Sns { .. } => {
                invoked.extend(
                    target.subscribers.iter().filter(|function| !back(**function)).map(|f| (*f, true)),
                );
            }
            DestinationKind::EventBridge => invoked.extend(target.subscribers.iter().map(|f| (*f, false))),
            DestinationKind::Sqs | DestinationKind::S3 => {}
        }
        let is_topic = !matches!(target.kind, DestinationKind::Lambda { .. });
        let result = failure.unwrap_or("delivered");
        self.say(
            event,
            &format!("{} to {} ended: {result}, {tries} tries", ROUTES[route], destination.index()),
        );
        let is_read = self.scenario.redrives.iter().any(|redrive| redrive.from == destination);
        if is_read && failure.is_none() && route != 0 && !self.events[event].copy {
            let (at, queue) = (self.now, destination);
            self.messages.push(Message { queue, at, event, route, gone: false });
        }
        for (function, seen) in invoked {
            self.chain(event, route, function, is_topic, seen);
        }
        self.leave_if_delivered(event);
    }

    /// A Lambda destination or a subscriber: the record is a new event of another function.
    fn chain(&mut self, event: usize, route: usize, function: FunctionId, is_topic: bool, seen: bool) {
        let about = &self.events[event];
        let ordinal = u8::try_from(route).expect("three routes");
        let purpose = if is_topic { Purpose::SubscriberEvent } else { Purpose::ChainedEvent };
        let mut key = EventKey(about.key.draws(purpose, ordinal, 0).word());
        if is_topic {
            key = self.branch(key, function);
        }
        let shortened = about.deliveries[route].is_some_and(|delivery| delivery.shortened);
        let bytes = match (shortened, route) {
            (true, _) => ENVELOPE,
            (false, 2) => about.bytes + ATTRIBUTES,
            (false, _) => about.bytes + about.answer + ENVELOPE,
        };
        let chain = if seen { self.longer(event, function) } else { vec![function] };
        let (source, number) = (about.source, about.number);
        let new = self.enter(key, source, number, event + 1, function, bytes, false);
        self.events[new].chain = chain;
        self.enqueue(new);
    }

    fn leave_if_delivered(&mut self, event: usize) {
        if !self.events[event].deliveries.iter().flatten().any(|delivery| delivery.under_way) {
            self.leave(event);
        }
    }

    pub(super) fn leave(&mut self, event: usize) {
        self.say(event, "closed");
        self.events[event].left = true;
    }
}
