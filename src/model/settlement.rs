//! Settlement: an event's fate is known, its outcome goes out on every route, and the event leaves.

use super::event::{Route, RouteResult, Stage};
use super::observation::{Fate, Observation, Observer};
use super::redrive::Message;
use super::rule::Rule;
use super::{Model, Notice, Rank, delivery, order};
use crate::engine::calendar::Key;
use crate::engine::slab::Slot;
use crate::time::SimTime;

impl Model<'_> {
    /// The event's fate is known: its outcome goes out on every route that is configured for it.
    pub(super) fn settle(
        &mut self,
        slot: Slot,
        fate: Fate,
        rule: Rule,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let event = self.events.get_mut(slot);
        event.set_stage(Stage::Settled { fate, at: now });
        let function = &self.functions[event.function.index()];
        self.observe(slot, now, Observation::Settled { fate, rule }, observer);
        if Route::ALL.iter().all(|route| delivery::target(function, *route, fate).is_none()) {
            return self.close(slot, now, observer);
        }
        for route in Route::ALL {
            self.start_delivery(slot, route, fate, now, observer);
        }
    }

    fn start_delivery(
        &mut self,
        slot: Slot,
        route: Route,
        fate: Fate,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let event = self.events.get_mut(slot);
        let function = &self.functions[event.function.index()];
        let Some(destination) = delivery::target(function, route, fate) else {
            return;
        };
        let target = &self.scenario.destinations[destination.index()];
        event.routes[route as usize] = RouteResult::Pending;
        let delivery::DeliveryPlan { bytes, payload_dropped, duration, .. } =
            delivery::plan(&self.scenario.timing, event, function, route, target, now);
        let key = Key { at: now + duration, order: order(Rank::DeliveryEnds, event.id, route as u64) };
        self.calendar.schedule(key, Notice::DeliveryEnds(slot, route));
        let what = Observation::DeliveryStarted { route, destination, bytes, payload_dropped };
        self.observe(slot, now, what, observer);
    }

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
        let plan = delivery::plan(&self.scenario.timing, event, function, route, target, started);
        let failure = plan.failure.or_else(|| self.refusal_by_lambda(event, route, target, now));
        self.events.get_mut(slot).routes[route as usize] =
            failure.map_or(RouteResult::Delivered, RouteResult::Failed);
        let (tries, bytes) = (plan.tries, plan.bytes);
        let what = Observation::DeliveryEnded { route, destination, failure, tries, bytes };
        self.observe(slot, now, what, observer);
        if failure.is_none() {
            if self.queues.keep(destination, route) && !self.events.get(slot).is_duplicate() {
                let message = Message::of(self.events.get(slot), route, now);
                self.queues.put(destination, message);
            }
            self.invoke_from(slot, route, target, plan.bytes, now, observer);
        }
        self.close_if_delivered(slot, now, observer);
    }

    fn close_if_delivered(&mut self, slot: Slot, now: SimTime, observer: &mut impl Observer) {
        if !self.events.get(slot).routes.contains(&RouteResult::Pending) {
            self.close(slot, now, observer);
        }
    }

    pub(super) fn close(&mut self, slot: Slot, now: SimTime, observer: &mut impl Observer) {
        self.observe(slot, now, Observation::Closed, observer);
        if let Some(mut particulars) = self.events.remove(slot).particulars {
            self.spare_lineages.extend(particulars.lineage.take());
            self.spare_particulars.push(particulars);
        }
    }
}
