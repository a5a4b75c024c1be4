//! The calls of a run: how the model carries out what [`dependency`](super::dependency) keeps the books of.
//!
//! A run makes its calls one after the other and does its own work after the last. Whoever fails first ends it: a
//! call that fails and is not caught, or `Timeout`.

use super::dependency::{CallOutcome, HeldCall, Load, Place, Reception};
use super::event::{Event, Running, Stage};
use super::observation::{AttemptOutcome, Circumstance, FunctionError, Observation, Observer, Remark};
use super::service::Service;
use super::{Model, Notice, Rank, order, report};
use crate::engine::calendar::Key;
use crate::engine::slab::Slot;
use crate::id::{DependencyId, EventId};
use crate::time::SimTime;

/// Among what concerns calls at one instant: an answer comes before the timeout of the same call. The starts of
/// handlers are numbered by events, not by calls.
const ENDS: u64 = 0;
const TIMES_OUT: u64 = 1;
const STARTS: u64 = 2;
/// Keeps what concerns dependencies apart from other changes at the same instant.
const LOOK: u64 = 1;

impl Model<'_> {
    /// A dependency is done with a call.
    #[inline(never)]
    pub(super) fn on_call_ended(&mut self, call: Slot, now: SimTime, observer: &mut impl Observer) {
        let (call, outcome) = self.service.end_service(call, now, observer);
        if let Some(slot) = call.caller {
            let event = self.events.get_mut(slot);
            self.service.end_call(slot, event, &call, outcome, now, observer);
        }
    }
}

impl Service<'_> {
    /// A run has started whose function makes calls: they begin when every init is done. If that never happens, the
    /// run ends as planned, at `end`.
    #[inline(never)]
    pub(super) fn lead_to_calls(
        &mut self,
        slot: Slot,
        event: &mut Event,
        end: Key,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let id = event.id;
        let timeout = self.function(event).timeout;
        let plan = self.running_mut(event).plan;
        let at = now + plan.init + plan.within;
        if !plan.reaches_handler(timeout) {
            self.calendar.schedule(end, Notice::RunEnds(slot));
        } else if at == now {
            self.call_from(slot, event, 0, now, observer);
        } else {
            let order = order(Rank::CallEnds, id, STARTS);
            self.calendar.schedule(Key { at, order }, Notice::HandlerStarts(slot));
        }
    }

    /// The inits before a run's calls are done.
    #[inline(never)]
    pub(super) fn on_handler_started(
        &mut self,
        slot: Slot,
        event: &mut Event,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        self.call_from(slot, event, 0, now, observer);
    }

    /// Makes the calls from `position` on, up to the first that takes time; after the last comes the run's own work.
    fn call_from(
        &mut self,
        slot: Slot,
        event: &mut Event,
        mut position: u8,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        while usize::from(position) < self.function(event).calls.len() {
            let refused = self.make_call(slot, event, position, now, observer);
            if !refused || self.fails_by_call(slot, event, position, now) {
                return;
            }
            position += 1;
        }
        self.work(slot, event, now);
    }

    /// Begins the call at `position`; true if it is refused, which takes no time.
    fn make_call(
        &mut self,
        slot: Slot,
        event: &mut Event,
        position: u8,
        now: SimTime,
        observer: &mut impl Observer,
    ) -> bool {
        let call = self.function(event).calls[usize::from(position)];
        let dependency = call.dependency;
        let (run, id) = ((event.key, event.runs), event.id);
        let deadline = self.running_mut(event).deadline;
        let found = self.dependencies.load(dependency);
        report(slot, event, now, Observation::CallStarted { position, dependency, found }, observer);
        let (reception, nominal) = self.dependencies.receive(&call, position, run, now);
        let number = self.dependencies.next_number();
        let patience = match call.timeout.map(|timeout| now + timeout) {
            Some(at) if at < deadline => {
                let order = order(Rank::CallEnds, EventId(number), TIMES_OUT);
                (Key { at, order }, Notice::CallTimesOut(slot))
            }
            _ => (Key { at: deadline, order: order(Rank::RunEnds, id, 0) }, Notice::RunEnds(slot)),
        };
        let held = |place| HeldCall::new(number, position, dependency, now, slot, patience, (place, nominal));
        let place = match reception {
            Reception::Refused => {
                let ended = held(Place::Waiting).ended(CallOutcome::Refused, now);
                report(slot, event, now, Observation::CallEnded(ended), observer);
                return true;
            }
            Reception::Joins => self.dependencies.join(held(Place::Waiting)),
            Reception::Fails { outage, .. } => self.dependencies.hold(held(Place::Failing(outage))),
        };
        self.set_calling(event, Some((place, dependency)));
        match reception {
            Reception::Fails { after, .. } if now + after <= patience.0.at => {
                let key = Key { at: now + after, order: order(Rank::CallEnds, EventId(number), ENDS) };
                self.calendar.schedule(key, Notice::CallEnds(place));
            }
            Reception::Fails { .. } => self.calendar.schedule(patience.0, patience.1),
            Reception::Joins | Reception::Refused => {
                self.serve(dependency, now);
                self.dependencies.be_patient(place);
                self.report_load(dependency, found, now, observer);
            }
        }
        false
    }

    /// Lets free servers serve whoever waits.
    fn serve(&mut self, dependency: DependencyId, now: SimTime) {
        while let Some((slot, end)) = self.dependencies.serve_next(dependency, now) {
            let call = self.dependencies.calls.get(slot);
            let key = Key { at: end, order: order(Rank::CallEnds, EventId(call.number), ENDS) };
            self.calendar.schedule(key, Notice::CallEnds(slot));
            // Now it is certain whether the answer comes in time.
            if call.caller.is_some() && call.patience.0.at < end {
                self.calendar.schedule(call.patience.0, call.patience.1);
            }
        }
        if let Some(at) = self.dependencies.next_look(dependency, now) {
            let key = Key { at, order: order(Rank::Change, EventId(dependency.0.into()), LOOK) };
            self.calendar.schedule(key, Notice::CapacityReturns(dependency));
        }
    }

    /// A brown-out is over that took servers away.
    #[inline(never)]
    pub(super) fn on_capacity_returned(
        &mut self,
        dependency: DependencyId,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let before = self.dependencies.load(dependency);
        self.serve(dependency, now);
        self.report_load(dependency, before, now, observer);
    }

    /// A dependency is done with a call, and goes on with others.
    fn end_service(
        &mut self,
        call: Slot,
        now: SimTime,
        observer: &mut impl Observer,
    ) -> (HeldCall, CallOutcome) {
        let dependency = self.dependencies.calls.get(call).dependency;
        let before = self.dependencies.load(dependency);
        let call = self.dependencies.release(call);
        self.serve(dependency, now);
        self.report_load(dependency, before, now, observer);
        let outcome = match call.place {
            Place::Failing(outage) => CallOutcome::Failed(outage),
            Place::Waiting | Place::InService { .. } => CallOutcome::Answered,
        };
        (call, outcome)
    }

    /// The caller's own timeout ends its call.
    #[inline(never)]
    pub(super) fn on_call_timed_out(
        &mut self,
        slot: Slot,
        event: &mut Event,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let call = self.give_up_call(event, now, observer).expect("it waits for the call that times out");
        self.end_call(slot, event, &call, CallOutcome::TimedOut, now, observer);
    }

    /// `Timeout` may find the run waiting for a call, which then goes on without it.
    #[inline(never)]
    pub(super) fn abandon_call(
        &mut self,
        slot: Slot,
        event: &mut Event,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let Some(call) = self.give_up_call(event, now, observer) else {
            return;
        };
        self.set_calling(event, None);
        self.end_run_otherwise(event, FunctionError::Timeout, now);
        let ended = call.ended(CallOutcome::Abandoned, now);
        report(slot, event, now, Observation::CallEnded(ended), observer);
    }

    fn give_up_call(
        &mut self,
        event: &Event,
        now: SimTime,
        observer: &mut impl Observer,
    ) -> Option<HeldCall> {
        let call = self.running_mut(event).calling?;
        let dependency = self.dependencies.calls.get(call).dependency;
        let before = self.dependencies.load(dependency);
        let call = self.dependencies.give_up(call);
        self.report_load(dependency, before, now, observer);
        Some(call)
    }

    /// A call is over for the run that made it, before `Timeout`.
    fn end_call(
        &mut self,
        slot: Slot,
        event: &mut Event,
        call: &HeldCall,
        outcome: CallOutcome,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        self.set_calling(event, None);
        report(slot, event, now, Observation::CallEnded(call.ended(outcome, now)), observer);
        if outcome == CallOutcome::Answered || !self.fails_by_call(slot, event, call.position, now) {
            self.call_from(slot, event, call.position + 1, now, observer);
        }
    }

    /// The call at `position` failed: unless the handler catches that, the run fails now.
    fn fails_by_call(&mut self, slot: Slot, event: &mut Event, position: u8, now: SimTime) -> bool {
        let (id, caught) = (event.id, self.function(event).calls[usize::from(position)].caught);
        let plan = &mut self.running_mut(event).plan;
        if caught {
            if plan.outcome == AttemptOutcome::Success {
                plan.outcome = AttemptOutcome::CaughtError;
            }
            return false;
        }
        self.end_run_otherwise(event, FunctionError::Dependency, now);
        self.calendar.schedule(Key { at: now, order: order(Rank::RunEnds, id, 0) }, Notice::RunEnds(slot));
        true
    }

    /// All calls are made: the run's own work remains, until it is done or `Timeout` stops it.
    fn work(&mut self, slot: Slot, event: &mut Event, now: SimTime) {
        let id = event.id;
        let Running { dispatched, plan, deadline, .. } = self.running_mut(event);
        let started = *dispatched + plan.init;
        let end = now + (plan.duration - plan.within);
        if end > *deadline {
            let outcome = AttemptOutcome::FunctionError(FunctionError::Timeout);
            plan.end_otherwise(outcome, deadline.since(started));
        } else {
            plan.end_otherwise(plan.outcome, end.since(started));
        }
        let key = Key { at: started + plan.duration, order: order(Rank::RunEnds, id, 0) };
        self.calendar.schedule(key, Notice::RunEnds(slot));
    }

    /// The run ends now by `error`, whatever was planned.
    fn end_run_otherwise(&mut self, event: &Event, error: FunctionError, now: SimTime) {
        let Running { dispatched, plan, .. } = self.running_mut(event);
        plan.cause = None;
        plan.end_otherwise(AttemptOutcome::FunctionError(error), now.since(*dispatched + plan.init));
    }

    fn report_load(
        &self,
        dependency: DependencyId,
        before: Load,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let load = self.dependencies.load(dependency);
        if load != before {
            let what = Circumstance::LoadChanged { dependency, load };
            observer.remark(&Remark { at: now, what });
        }
    }

    fn running_mut(&mut self, event: &Event) -> &mut Running {
        let run = event.run().expect("only a run makes calls");
        self.runs.get_mut(run)
    }

    /// The run of `slot` waits for a call, or for none any more.
    fn set_calling(&mut self, event: &mut Event, waits_for: Option<(Slot, DependencyId)>) {
        let run = event.run().expect("only a run makes calls");
        event.set_stage(Stage::Running { run, calling: waits_for.map(|(_, dependency)| dependency) });
        self.runs.get_mut(run).calling = waits_for.map(|(call, _)| call);
    }
}
