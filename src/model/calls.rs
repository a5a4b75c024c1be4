//! The calls of a run: how the model carries out what [`dependency`](super::dependency) keeps the books of.
//!
//! A run makes its calls one after the other and does its own work after the last. Whoever fails first ends it: a
//! call that fails and is not caught, or `Timeout`.

use super::dependency::{CallOutcome, HeldCall, Load, Place, Reception};
use super::event::{Event, Running, Stage};
use super::observation::{AttemptOutcome, Circumstance, FunctionError, Observation, Observer, Remark};
use super::service::Service;
use super::{Model, Notice, report};
use crate::engine::calendar::Key;
use crate::engine::slab::Slot;
use crate::id::DependencyId;
use crate::time::SimTime;

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

/// A notice at `at` about what has `number`, with its key.
const fn keyed(at: SimTime, number: u64, notice: Notice) -> (Key, Notice) {
    (Key { at, order: notice.order(number) }, notice)
}

impl Service<'_> {
    /// A run has started whose function makes calls: they begin when every init is done. If that never happens, the
    /// run ends as planned, at `end`.
    #[inline(never)]
    pub(super) fn lead_to_calls(
        &mut self,
        slot: Slot,
        event: &mut Event,
        end: SimTime,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let id = event.id().0;
        let timeout = self.function(event).timeout;
        let plan = self.running_mut(event).plan;
        let at = now + plan.init + plan.within;
        if !plan.reaches_handler(timeout) {
            self.schedule(end, id, Notice::RunEnds(slot));
        } else if at == now {
            self.call_from(slot, event, 0, now, observer);
        } else {
            self.schedule(at, id, Notice::HandlerStarts(slot));
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
        let (run, id) = ((event.key, event.runs), event.id().0);
        let deadline = self.running_mut(event).deadline;
        let found = self.dependencies.load(dependency);
        report(event, now, Observation::CallStarted { position, dependency, found }, observer);
        let (reception, nominal) = self.dependencies.receive(&call, position, run, now);
        let number = self.dependencies.next_number();
        let patience = match call.timeout.map(|timeout| now + timeout) {
            Some(at) if at < deadline => keyed(at, number, Notice::CallTimesOut(slot)),
            _ => keyed(deadline, id, Notice::RunEnds(slot)),
        };
        let held = |place| HeldCall::new(number, position, dependency, now, slot, patience, (place, nominal));
        let place = match reception {
            Reception::Refused => {
                let ended = held(Place::Waiting).ended(CallOutcome::Refused, now);
                report(event, now, Observation::CallEnded(ended), observer);
                return true;
            }
            Reception::Joins => self.dependencies.join(held(Place::Waiting)),
            Reception::Fails { outage, .. } => self.dependencies.hold(held(Place::Failing(outage))),
        };
        self.set_calling(event, Some((place, dependency)));
        match reception {
            Reception::Fails { after, .. } if now + after <= patience.0.at => {
                self.schedule(now + after, number, Notice::CallEnds(place));
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
            let (number, (patience, then)) = (call.number, call.patience);
            // Now it is certain whether the answer comes in time.
            let is_late = call.caller.is_some() && patience.at < end;
            self.schedule(end, number, Notice::CallEnds(slot));
            if is_late {
                self.calendar.schedule(patience, then);
            }
        }
        if let Some(at) = self.dependencies.next_look(dependency, now) {
            self.schedule(at, dependency.0.into(), Notice::CapacityReturns(dependency));
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
    pub(super) fn abandon_call(&mut self, event: &mut Event, now: SimTime, observer: &mut impl Observer) {
        let Some(call) = self.give_up_call(event, now, observer) else {
            return;
        };
        self.set_calling(event, None);
        self.end_run_otherwise(event, FunctionError::Timeout, now);
        let ended = call.ended(CallOutcome::Abandoned, now);
        report(event, now, Observation::CallEnded(ended), observer);
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
        report(event, now, Observation::CallEnded(call.ended(outcome, now)), observer);
        if outcome == CallOutcome::Answered || !self.fails_by_call(slot, event, call.position, now) {
            self.call_from(slot, event, call.position + 1, now, observer);
        }
    }

    /// The call at `position` failed: unless the handler catches that, the run fails now.
    fn fails_by_call(&mut self, slot: Slot, event: &mut Event, position: u8, now: SimTime) -> bool {
        let (id, caught) = (event.id().0, self.function(event).calls[usize::from(position)].caught);
        let plan = &mut self.running_mut(event).plan;
        if caught {
            if plan.outcome == AttemptOutcome::Success {
                plan.outcome = AttemptOutcome::CaughtError;
            }
            return false;
        }
        self.end_run_otherwise(event, FunctionError::Dependency, now);
        self.schedule(now, id, Notice::RunEnds(slot));
        true
    }

    /// All calls are made: the run's own work remains, until it is done or `Timeout` stops it.
    fn work(&mut self, slot: Slot, event: &mut Event, now: SimTime) {
        let id = event.id().0;
        let Running { dispatched, plan, deadline, .. } = self.running_mut(event);
        let started = *dispatched + plan.init;
        let end = now + (plan.duration - plan.within);
        if end > *deadline {
            let outcome = AttemptOutcome::FunctionError(FunctionError::Timeout);
            plan.end_otherwise(outcome, deadline.since(started));
        } else {
            plan.end_otherwise(plan.outcome, end.since(started));
        }
        let end = started + plan.duration;
        self.schedule(end, id, Notice::RunEnds(slot));
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
