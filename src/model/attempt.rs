//! Attempts: from the dispatch of an event to what follows the end of its attempt.
#![expect(
    clippy::inline_always,
    reason = "so that what is decided is carried out where it is decided, and not copied there"
)]

use super::environment::Environment;
use super::event::{Event, LastAttempt, Running, Stage};
use super::failure::{self, Beginning, RunPlan};
use super::observation::{
    self, Attempt, AttemptOutcome, Fact, Fate, Next, Observation, Observer, Run, Start,
};
use super::retry::{self, Situation};
use super::rule::Rule;
use super::service::{Service, Stay};
use super::settlement::close;
use super::{Notice, chain, delivery, report};
use crate::engine::slab::Slot;
use crate::id::{FunctionId, SourceId};
use crate::random::Purpose;
use crate::scenario::{FaultKind, InvocationType, Scenario};
use crate::time::{SimDuration, SimTime};

impl Service<'_> {
    /// A dispatch that is due happens.
    #[inline(always)]
    pub(super) fn dispatch(
        &mut self,
        slot: Slot,
        event: &mut Event,
        now: SimTime,
        observer: &mut impl Observer,
    ) -> Stay {
        self.waiting[event.function.index()] -= 1;
        match self.end_at_dispatch(event, now) {
            Some(end) => self.settle(slot, event, end, now, observer),
            None => self.attempt(slot, event, now, observer),
        }
    }

    /// Why an event that is dispatched is not tried.
    #[inline(always)]
    fn end_at_dispatch(&self, event: &Event, now: SimTime) -> Option<(Fate, Rule)> {
        let function = self.function(event);
        if self.vanishes(event) {
            Some((Fate::Vanished, Rule::Vanished))
        } else if function.reserved == Some(0) {
            // In force since August 2021: no retries, no throttle, straight to the failure routes.
            Some((Fate::ZeroReservedConcurrency, Rule::ZeroReservedConcurrency))
        } else if event.age_at(now) >= function.maximum_age {
            Some((Fate::EventAgeExceeded, Rule::AgeAtDispatch))
        } else if chain::is_stopped(function, event.invocations_in_chain()) {
            Some((Fate::RecursiveInvocation, Rule::RecursionStopped))
        } else {
            None
        }
    }

    /// One try of a synchronous call.
    #[inline(never)]
    pub(super) fn attempt_anew(
        &mut self,
        slot: Slot,
        event: &mut Event,
        now: SimTime,
        observer: &mut impl Observer,
    ) -> Stay {
        self.attempt(slot, event, now, observer)
    }

    /// One try: the service's own faults first, then admission, then the run.
    #[inline(always)]
    fn attempt(&mut self, slot: Slot, event: &mut Event, now: SimTime, observer: &mut impl Observer) -> Stay {
        let struck =
            if self.scenario.faults.is_empty() { None } else { strike_of_fault(self.scenario, event, now) };
        let admission = match struck {
            Some(outcome) => Err(outcome),
            None => self.concurrency.admit(event.function, now).map_err(AttemptOutcome::Throttled),
        };
        match admission {
            Ok((environment, start)) => {
                self.start_run(slot, event, environment, start, now, observer);
                Stay::On
            }
            Err(outcome) => self.refuse(slot, event, outcome, now, observer),
        }
    }

    #[inline(always)]
    pub(super) fn refuse(
        &mut self,
        slot: Slot,
        event: &mut Event,
        outcome: AttemptOutcome,
        now: SimTime,
        observer: &mut impl Observer,
    ) -> Stay {
        event.note_refusal(outcome);
        let next = self.after_refusal(event, outcome, now);
        event.backoff_streak = event.backoff_streak.saturating_add(u8::from(backs_off(outcome)));
        let next = self.prepare(event, outcome, next);
        let (number, age) = (event.attempts(), event.age_at(now));
        let what =
            Observation::AttemptEnded(Attempt { number, dispatched: now, age, outcome, run: None, next });
        report(event, now, what, observer);
        self.carry_out(slot, event, next, now, observer)
    }

    #[inline(always)]
    fn after_refusal(&self, event: &Event, outcome: AttemptOutcome, now: SimTime) -> Next {
        let (timing, function) = (&self.scenario.timing, self.function(event));
        if event.invocation() == InvocationType::RequestResponse {
            self.after_refused_call(event, outcome, now)
        } else if backs_off(outcome) {
            let number = event.throttles + event.system_errors();
            let word = event.key.draws(Purpose::BackoffJitter, 0, number).word();
            let situation = Situation {
                waiting: self.waiting[event.function.index()],
                backlog: self.scenario.imperfections.backlog,
                ..situation(event, now)
            };
            retry::after_invocation_error(timing, function, situation, word)
        } else {
            retry::after_client_error(timing, function, situation(event, now), retry_word(event))
        }
    }

    #[inline(always)]
    fn start_run(
        &mut self,
        slot: Slot,
        event: &mut Event,
        environment: Environment,
        start: Start,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let function = self.function(event);
        event.runs += 1;
        if self.scenario.timing.backoff_reset_on_run {
            event.backoff_streak = 0;
        }
        let beginning = Beginning {
            key: event.key,
            run: event.runs,
            past: event.past(),
            at: now,
            start,
            // A chained event was not recorded.
            recorded: match event.parent() {
                None => recorded_duration(self.scenario, event.source, event.number()),
                Some(_) => None,
            },
        };
        let plan = failure::plan_run(function, beginning, self.scenario.timing.init_limit);
        let running = self.running(event.function, environment, start, plan, now);
        event.set_stage(Stage::Running { run: self.runs.insert(running), calling: None });
        let what = Observation::RunStarted {
            age: event.age_at(now),
            running: self.concurrency.running(event.function),
            placement: running.placement(),
        };
        report(event, now, what, observer);
        let end = now + plan.init + plan.duration;
        if function.calls.is_empty() {
            self.schedule(end, event.id().0, Notice::RunEnds(slot));
        } else {
            self.lead_to_calls(slot, event, end, now, observer);
        }
    }

    /// A run of `function` that starts as it is planned.
    #[inline(always)]
    pub(super) fn running(
        &self,
        function: FunctionId,
        environment: Environment,
        start: Start,
        plan: RunPlan,
        now: SimTime,
    ) -> Running {
        let deadline = now + plan.init + self.functions[function.index()].timeout;
        Running { dispatched: now, environment, start, plan, deadline, calling: None }
    }

    /// A run ends.
    #[inline(always)]
    pub(super) fn end_run(
        &mut self,
        slot: Slot,
        event: &mut Event,
        now: SimTime,
        observer: &mut impl Observer,
    ) -> Stay {
        if event.waits_for_call() {
            self.abandon_call(event, now, observer);
        }
        let slot_of_run = event.run().expect("only a run can end");
        let running = *self.runs.get(slot_of_run);
        self.runs.discard(slot_of_run);
        let Running { dispatched, environment, plan, .. } = running;
        self.concurrency.release(event.function, environment, plan.leaves, now);
        let run = Run {
            number: event.runs,
            placement: running.placement(),
            duration: plan.duration,
            billed_ms: (plan.init + plan.duration).as_millis_ceil(),
            cause: plan.cause,
            running: self.concurrency.running(event.function),
        };
        event.add_billed(run.billed_ms);
        event.last = LastAttempt::new(plan.outcome, plan.cause);
        let next = self.after_run(event, plan.outcome, now);
        let next = self.prepare(event, plan.outcome, next);
        let what = Observation::AttemptEnded(Attempt {
            number: event.attempts(),
            dispatched,
            age: event.age_at(dispatched),
            outcome: plan.outcome,
            run: Some(run),
            next,
        });
        if let Next::Settle { fate, .. } = next
            && event.is_usual()
            && delivery::goes_nowhere(self.function(event), fate)
            && self.takes_short_ways()
        {
            observer.observe_last_attempt(&Fact { at: now, event, what });
            return Stay::Over;
        }
        report(event, now, what, observer);
        self.carry_out(slot, event, next, now, observer)
    }

    #[inline(always)]
    fn after_run(&self, event: &Event, outcome: AttemptOutcome, now: SimTime) -> Next {
        match (event.invocation(), outcome) {
            (InvocationType::RequestResponse, _) => Next::Return,
            (_, AttemptOutcome::Success) => {
                Next::Settle { fate: Fate::Succeeded, rule: Rule::SuccessEndsEvent }
            }
            (_, AttemptOutcome::CaughtError) => {
                Next::Settle { fate: Fate::Succeeded, rule: Rule::CaughtErrorIsSuccess }
            }
            (_, _) => {
                let (timing, function) = (&self.scenario.timing, self.function(event));
                retry::after_function_error(timing, function, situation(event, now), retry_word(event))
            }
        }
    }

    /// What was decided after an attempt, with what others add to a wait; `event` stands where that leads.
    #[inline(always)]
    fn prepare(&mut self, event: &mut Event, outcome: AttemptOutcome, mut next: Next) -> Next {
        // A synchronous caller comes again by itself: no queue and no poller has a part in it.
        if event.invocation() == InvocationType::Event {
            if let Next::Retry { due, .. } = &mut next {
                *due += self.neighbour_delay(event.key, event.attempts());
            }
            if let Some(poller) = self.pollers.get_mut(event.function.index()) {
                poller.count(matches!(outcome, AttemptOutcome::Throttled(_)));
            }
        }
        match next {
            Next::Retry { due, .. } => event.set_stage(Stage::Queued { due }),
            Next::Return => event.set_stage(Stage::Returned),
            // Reported apart.
            Next::Settle { .. } => {}
        }
        next
    }

    /// Does what was decided after an attempt.
    #[inline(always)]
    fn carry_out(
        &mut self,
        slot: Slot,
        event: &mut Event,
        next: Next,
        now: SimTime,
        observer: &mut impl Observer,
    ) -> Stay {
        match next {
            Next::Retry { due, .. } => match event.invocation() {
                InvocationType::Event => self.queue(slot, event, due),
                InvocationType::RequestResponse => {
                    self.schedule_offer(slot, event, due);
                    Stay::On
                }
            },
            Next::Settle { fate, rule } => self.settle(slot, event, (fate, rule), now, observer),
            Next::Return => close(event, now, observer),
        }
    }
}

fn situation(event: &Event, now: SimTime) -> Situation {
    let (accepted, counted) = (event.accepted, event.counted_attempts());
    Situation {
        now,
        accepted,
        counted,
        backoff_streak: event.backoff_streak.into(),
        waiting: 0,
        backlog: None,
    }
}

/// The jitter of the wait after the last attempt that used up a retry.
fn retry_word(event: &Event) -> u64 {
    event.key.draws(Purpose::RetryJitter, 0, u32::from(event.counted_attempts())).word()
}

/// Whether a refusal is one that Lambda meets with back-off: 429 and 5xx.
const fn backs_off(refusal: AttemptOutcome) -> bool {
    matches!(refusal, AttemptOutcome::Throttled(_) | AttemptOutcome::SystemError { .. })
}

/// How long a run of event `number` of `source` takes, if it comes from a recording.
#[inline(always)]
pub(super) fn recorded_duration(scenario: &Scenario, source: SourceId, number: u64) -> Option<SimDuration> {
    let recorded = scenario.sources[source.index()].recorded_durations.as_ref()?;
    let position = usize::try_from(number - 1).expect("recordings fit into memory");
    Some(recorded[position])
}

/// What the first fault that strikes this attempt does to it.
fn strike_of_fault(scenario: &Scenario, event: &Event, now: SimTime) -> Option<AttemptOutcome> {
    scenario.faults.iter().find_map(|fault| {
        let concerned = fault.function.is_none_or(|function| function == event.function);
        let (purpose, outcome) = match fault.kind {
            FaultKind::SystemError { status } => {
                (Purpose::SystemError, AttemptOutcome::SystemError { status })
            }
            FaultKind::Throttle => {
                (Purpose::ThrottleFault, AttemptOutcome::Throttled(observation::ThrottleReason::Fault))
            }
            FaultKind::ClientError { status } => {
                (Purpose::ClientError, AttemptOutcome::ClientError { status })
            }
            // An asynchronous event has passed the front door; a synchronous call passes it with each attempt.
            FaultKind::FrontDoor { status } => match event.invocation() {
                InvocationType::Event => return None,
                InvocationType::RequestResponse => {
                    (Purpose::OfferFault, AttemptOutcome::SystemError { status })
                }
            },
        };
        let word = || event.key.draws(purpose, fault.ordinal, event.attempts() + 1).word();
        (concerned && fault.during.contain(now) && fault.probability.strikes(word())).then_some(outcome)
    })
}
