//! Settlement: an event's fate is known, its outcome goes out on every route, and the event leaves.

use super::event::{Event, Route, RouteResult};
use super::observation::{Fate, Observation, Observer};
use super::redrive::Message;
use super::rule::Rule;
use super::service::{Service, Stay};
use super::{Model, Notice, delivery, report};
use crate::engine::slab::Slot;
use crate::time::SimTime;

impl Service<'_> {
    /// The event's fate is known: its outcome goes out on every route that is configured for it.
    #[inline]
    pub(super) fn settle(
        &mut self,
        slot: Slot,
        event: &mut Event,
        (fate, rule): (Fate, Rule),
        now: SimTime,
        observer: &mut impl Observer,
    ) -> Stay {
        event.settle(fate, now);
        report(event, now, Observation::Settled { fate, rule }, observer);
        let function = self.function(event);
        if delivery::goes_nowhere(function, fate) {
            return close(event, now, observer);
        }
        for route in Route::ALL {
            self.start_delivery(slot, event, route, fate, now, observer);
        }
        Stay::On
    }

    #[inline(never)]
    fn start_delivery(
        &mut self,
        slot: Slot,
        event: &mut Event,
        route: Route,
        fate: Fate,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let function = self.function(event);
        let Some(destination) = delivery::target(function, route, fate) else {
            return;
        };
        let target = &self.scenario.destinations[destination.index()];
        event.set_route(route, RouteResult::Pending);
        let delivery::DeliveryPlan { bytes, payload_dropped, duration, .. } =
            delivery::plan(self.scenario, event, function, route, target, now);
        self.schedule(now + duration, event.id().0, Notice::DeliveryEnds(slot, route));
        let what = Observation::DeliveryStarted { route, destination, bytes, payload_dropped };
        report(event, now, what, observer);
    }
}

/// An event leaves the system.
pub(super) fn close(event: &Event, now: SimTime, observer: &mut impl Observer) -> Stay {
    report(event, now, Observation::Closed, observer);
    Stay::Over
}

impl Model<'_> {
    #[inline(never)]
    pub(super) fn on_delivery_ended(
        &mut self,
        slot: Slot,
        route: Route,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let event = self.events.get(slot);
        let (fate, started) = event.settled().expect("deliveries start when an event settles");
        // A delivery keeps its target, whatever has been changed since it started.
        let function = &self.scenario.functions_at(started)[event.function.index()];
        let destination = delivery::target(function, route, fate).expect("the delivery had a target");
        let target = &self.scenario.destinations[destination.index()];
        // Draws are addressed, so that the plan made at the start is the same when made again.
        let plan = delivery::plan(self.scenario, event, function, route, target, started);
        let failure = plan.failure.or_else(|| self.refusal_by_lambda(event, route, target, now));
        let (tries, bytes) = (plan.tries, plan.bytes);
        let what = Observation::DeliveryEnded { route, destination, failure, tries, bytes };
        let event = self.events.get_mut(slot);
        event.set_route(route, failure.map_or(RouteResult::Delivered, RouteResult::Failed));
        report(event, now, what, observer);
        if failure.is_none() {
            if self.queues.keep(destination, route) && !event.is_duplicate() {
                let message = Message::of(event, event.bytes(self.scenario), route, now);
                self.queues.put(destination, message);
            }
            self.invoke_from(slot, route, target, plan.bytes, now, observer);
        }
        self.visit(slot, |_, event| {
            if event.has_route(RouteResult::Pending) { Stay::On } else { close(event, now, observer) }
        });
    }
}
