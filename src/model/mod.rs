//! Lambda's asynchronous invocation: pure behaviour over the plain data of a [`Scenario`].
//!
//! ```text
//!  arrival ─accept─> queued ─dispatch─> admitted? ─yes─> running ─run ended─> settled ─deliveries─> closed
//!                      ↑                   └no: 429, 5xx ─┐  └─ function error ─┐
//!                      └────────────── back-off ──────────┴──── retry wait ─────┘
//! ```
//!
//! The model owns its state by value. A handler is told what happened, asks pure functions what to do
//! ([`retry`], [`failure`], [`delivery`]), does it, and reports it. No I/O, no wall clock, and nothing that can fail:
//! after a valid scenario there is no `Result` in here.

pub mod arrivals;
mod calls;
pub mod chain;
pub mod concurrency;
pub mod delivery;
pub mod dependency;
pub mod environment;
pub mod event;
pub mod failure;
pub mod observation;
pub mod offer;
pub mod poller;
pub mod rate;
pub mod record;
pub mod redrive;
pub mod retry;
pub mod rule;
mod tracing;

use crate::engine::calendar::{Calendar, Key};
use crate::engine::slab::{Slab, Slot};
use crate::id::{DependencyId, DestinationId, EventId, FunctionId, SourceId};
use crate::random::{EventKey, Purpose, name_key};
use crate::scenario::{FaultKind, Function, InvocationType, Scenario, Targets};
use crate::time::{SimDuration, SimTime};
use chain::Lineage;
use concurrency::Concurrency;
use dependency::Dependencies;
use environment::Environment;
use event::{Event, Past, Route, RouteResult, Running, Stage};
use failure::Beginning;
use observation::{
    Attempt, AttemptOutcome, Circumstance, Fact, Fate, Next, Observation, Observer, Remark, Run, Start,
};
use offer::{Caller, FrontDoor};
use poller::{Poller, Turn};
use redrive::{Message, Queues, Step};
use retry::Situation;
use rule::Rule;
use tracing::Tracing;

/// Something that is scheduled to happen (an *event notice* in the literature).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A run ends and gives its slot back.
    RunEnds(Slot),
    /// A brown-out ends that took servers of a dependency away.
    CapacityReturns(DependencyId),
    /// The handler of a run starts that makes calls.
    HandlerStarts(Slot),
    /// A dependency is done with a call.
    CallEnds(Slot),
    /// The run of an event gives up its call.
    CallTimesOut(Slot),
    /// A delivery ends.
    DeliveryEnds(Slot, Route),
    /// A caller comes again: with an event that was not accepted, or with a synchronous call.
    Offer(Slot),
    /// An event's wait in the queue ends.
    Dispatch(Slot),
    /// A change of configuration takes effect.
    Change,
    /// A redrive begins, or sends its next message.
    Redrive(u16),
    /// A poller that does not read without limit reads on.
    Read(FunctionId),
}

/// The order among what happens at the same instant: completions release slots before arrivals and dispatches
/// claim them, and dispatches go in order of acceptance. Within a rank the event's number decides, then the route.
/// The numbers have three bits in a notice's order, with gaps for ranks to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Rank {
    Change = 0,
    RunEnds = 1,
    CallEnds = 2,
    DeliveryEnds = 3,
    Arrival = 4,
    Offer = 5,
    Redrive = 6,
    Dispatch = 7,
}

/// The state of the asynchronous path: what is scheduled, all events in flight, the slots in use.
#[derive(Clone, Debug)]
pub struct Model<'s> {
    scenario: &'s Scenario,
    calendar: Calendar<Notice>,
    events: Slab<Event>,
    concurrency: Concurrency,
    front_door: FrontDoor,
    tracing: Tracing,
    /// The functions as they are configured now.
    functions: &'s [Function],
    /// Changes that have taken effect.
    changes: usize,
    queues: Queues,
    /// What stands for each function's name where several functions get the same event.
    branches: Vec<u64>,
    /// Those of closed events, kept for their memory.
    spare_lineages: Vec<Lineage>,
    dependencies: Dependencies<'s>,
    /// One a function, if they do not read without limit.
    pollers: Vec<Poller>,
    /// Waiting events of each function.
    waiting: Vec<u64>,
    last_id: u64,
}

/// A new event or call, before it has a number.
#[derive(Clone, Debug)]
struct Arrived {
    key: EventKey,
    source: SourceId,
    number: u64,
    parent: Option<EventId>,
    /// If it is sent again.
    past: Option<Past>,
    lineage: Option<Lineage>,
    caller: Caller,
    function: FunctionId,
    invocation: InvocationType,
    bytes: u64,
}

impl<'s> Model<'s> {
    /// An empty system.
    pub fn new(scenario: &'s Scenario) -> Self {
        let mut calendar = Calendar::new();
        for (redrive, index) in scenario.redrives.iter().zip(0..) {
            let order = order(Rank::Redrive, EventId(index), 0);
            calendar.schedule(Key { at: redrive.at, order }, Notice::Redrive(redrive_number(index)));
        }
        Self {
            scenario,
            calendar,
            events: Slab::new(),
            concurrency: Concurrency::new(scenario),
            front_door: FrontDoor::new(&scenario.account),
            tracing: Tracing::new(scenario.functions.len()),
            functions: &scenario.functions,
            changes: 0,
            queues: Queues::new(scenario),
            branches: scenario.functions.iter().map(|function| name_key(&function.name)).collect(),
            spare_lineages: Vec::new(),
            dependencies: Dependencies::new(scenario),
            pollers: pollers(scenario),
            waiting: vec![0; scenario.functions.len()],
            last_id: 0,
        }
    }

    /// Events and calls in the system.
    pub const fn in_flight(&self) -> usize {
        self.events.len()
    }

    /// Takes out the next notice that comes before an arrival at `arrival`.
    pub fn next_before_arrival(&mut self, arrival: SimTime) -> Option<(SimTime, Notice)> {
        let limit = Key { at: arrival, order: (Rank::Arrival as u64) << RANK_SHIFT };
        match self.next_change() {
            Some(change) if change < limit => self.pop_before(change).or(Some((change.at, Notice::Change))),
            Some(_) | None => self.pop_before(limit),
        }
    }

    /// Takes out the next notice before `end`, when no arrival is to come. A change of configuration that lies behind
    /// everything else is not waited for: there is nothing left that it could change.
    pub fn next_before(&mut self, end: SimTime) -> Option<(SimTime, Notice)> {
        let limit = Key { at: end, order: 0 };
        match self.next_change() {
            Some(change) if change < limit => self.pop_before(change).or_else(|| {
                let waited_for = end < SimTime::from_nanos(u64::MAX) || !self.calendar.is_empty();
                waited_for.then_some((change.at, Notice::Change))
            }),
            Some(_) | None => self.pop_before(limit),
        }
    }

    /// The earliest of the calendar's notices and of the patience of those who wait at a dependency.
    fn pop_before(&mut self, limit: Key) -> Option<(SimTime, Notice)> {
        let patience = self.dependencies.first_patience().filter(|key| *key < limit);
        let scheduled = self.calendar.pop_before(patience.unwrap_or(limit));
        let next = scheduled.or_else(|| patience.and_then(|_| self.dependencies.pop_patience()));
        next.map(|(key, notice)| (key.at, notice))
    }

    /// Changes are kept out of the calendar, so that it is empty when nothing is left to happen to any event.
    fn next_change(&self) -> Option<Key> {
        let change = self.scenario.changes.get(self.changes)?;
        Some(Key { at: change.effective, order: (Rank::Change as u64) << RANK_SHIFT | self.changes as u64 })
    }

    /// Event `number` of `source` arrives: an event or call of its function, or an event of each of its functions.
    pub fn on_arrival(
        &mut self,
        source: SourceId,
        number: u64,
        key: EventKey,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let origin = &self.scenario.sources[source.index()];
        for function in origin.to.functions().iter().copied() {
            let key = match origin.to {
                Targets::One(_) => key,
                Targets::Each(_) => key.branch(self.branches[function.index()]),
            };
            let arrived = Arrived {
                key,
                source,
                number,
                parent: None,
                past: None,
                lineage: None,
                caller: Caller::Source,
                function,
                invocation: origin.invocation,
                bytes: origin.payload_bytes,
            };
            match origin.invocation {
                InvocationType::Event => self.offer(arrived, now, observer),
                InvocationType::RequestResponse => self.call(arrived, now, observer),
            }
        }
    }

    /// What was scheduled happens.
    pub fn on_notice(&mut self, notice: Notice, now: SimTime, observer: &mut impl Observer) {
        match notice {
            Notice::RunEnds(slot) => self.on_run_ended(slot, now, observer),
            Notice::CapacityReturns(dependency) => self.on_capacity_returned(dependency, now, observer),
            Notice::HandlerStarts(slot) => self.on_handler_started(slot, now, observer),
            Notice::CallEnds(call) => self.on_call_ended(call, now, observer),
            Notice::CallTimesOut(slot) => self.on_call_timed_out(slot, now, observer),
            Notice::DeliveryEnds(slot, route) => self.on_delivery_ended(slot, route, now, observer),
            Notice::Dispatch(slot) => self.on_due(slot, now, observer),
            Notice::Read(function) => self.on_read(function, now, observer),
            Notice::Offer(slot) => self.on_offer(slot, now, observer),
            Notice::Change => self.on_change(now, observer),
            Notice::Redrive(index) => self.on_redrive(index, now, observer),
        }
    }

    /// Another configuration holds from here on: whatever is decided from now on is decided by it. Runs and deliveries
    /// that have started go on as they are.
    fn on_change(&mut self, now: SimTime, observer: &mut impl Observer) {
        let change = &self.scenario.changes[self.changes];
        self.functions = &change.functions;
        let delay = self.scenario.timing.provisioned_delay;
        let allocation = |environments| delay + ALLOCATION_OF_ONE.saturating_mul(u64::from(environments));
        self.concurrency.configure(&change.account, &change.functions, allocation, now);
        self.front_door.configure(&change.account, now);
        let change = u16::try_from(self.changes).expect("few changes");
        self.changes += 1;
        observer.remark(&Remark { at: now, what: Circumstance::ConfigurationChanged { change } });
    }

    /// A redrive begins or goes on: what has lain in its queue for too long is gone, and the next message becomes an
    /// event of its function, accepted as any other.
    fn on_redrive(&mut self, index: u16, now: SimTime, observer: &mut impl Observer) {
        let redrive = &self.scenario.redrives[usize::from(index)];
        self.expire(redrive.from, now, observer);
        if let Some(messages) = self.queues.begin(index.into(), redrive) {
            let what = Circumstance::RedriveBegan { redrive: index, messages };
            observer.remark(&Remark { at: now, what });
        }
        let wait = match self.queues.step(index.into(), redrive) {
            Step::Nothing => None,
            Step::Send(message, wait) => {
                self.accept(again(message, redrive.to), now, observer);
                wait
            }
        };
        if let Some(wait) = wait {
            let order = order(Rank::Redrive, EventId(index.into()), 0);
            self.calendar.schedule(Key { at: now + wait, order }, Notice::Redrive(index));
        } else {
            let messages = self.queues.sent(index.into());
            let what = Circumstance::RedriveEnded { redrive: index, messages };
            observer.remark(&Remark { at: now, what });
        }
    }

    fn expire(&mut self, queue: DestinationId, now: SimTime, observer: &mut impl Observer) {
        for message in self.queues.expire(queue, now) {
            let (event, original) = (message.parent, message.past.original);
            let what = Circumstance::MessageExpired { queue, event, original };
            observer.remark(&Remark { at: now, what });
        }
    }

    /// The run is over at `end`: whatever is still in flight is reported as such, in order of its number.
    pub fn cut_off(mut self, end: SimTime, observer: &mut impl Observer) {
        for queue in 0..self.scenario.destinations.len() {
            let queue = DestinationId(u16::try_from(queue).expect("checked when loading"));
            self.expire(queue, end, observer);
        }
        let mut left: Vec<&Event> = self.events.iter().collect();
        left.sort_unstable_by_key(|event| event.id);
        for event in left {
            observer.observe(&Fact { at: end, event, what: Observation::CutOff });
        }
    }

    /// Lambda queues an event and answers 202, whether or not a slot is free.
    fn accept(&mut self, arrived: Arrived, now: SimTime, observer: &mut impl Observer) {
        let slot = self.admit_to_system(arrived, now, Stage::Queued { due: now });
        self.accepted(slot, now, observer);
    }

    fn accepted(&mut self, slot: Slot, now: SimTime, observer: &mut impl Observer) {
        let key = self.events.get(slot).key;
        let due = now + self.scenario.timing.dispatch_latency + self.neighbour_delay(key, 0);
        self.events.get_mut(slot).stage = Stage::Queued { due };
        self.observe(slot, now, Observation::Accepted, observer);
        self.schedule_dispatch(slot, due);
        self.duplicate_by_chance(slot, due, now, observer);
    }

    /// The queue is eventually consistent: now and then it delivers an event twice. The second delivery has the same
    /// request id and goes its own way.
    fn duplicate_by_chance(&mut self, slot: Slot, due: SimTime, now: SimTime, observer: &mut impl Observer) {
        let event = self.events.get(slot);
        let probability = self.scenario.imperfections.duplicate;
        if probability.is_never() || !probability.strikes(event.key.draws(Purpose::Duplicate, 0, 0).word()) {
            return;
        }
        self.last_id += 1;
        let copy = Event {
            id: EventId(self.last_id),
            key: EventKey(event.key.draws(Purpose::Duplicate, 1, 0).word()),
            duplicate_of: Some(event.id),
            ..event.clone()
        };
        let slot = self.events.insert(copy);
        self.observe(slot, now, Observation::Duplicated, observer);
        self.schedule_dispatch(slot, due);
    }

    /// Now and then it loses one before it was ever sent.
    fn vanishes(&self, event: &Event) -> bool {
        let probability = self.scenario.imperfections.loss;
        event.attempts == 0
            && event.duplicate_of.is_none()
            && !probability.is_never()
            && probability.strikes(event.key.draws(Purpose::Vanish, 0, 0).word())
    }

    /// A synchronous caller's request is tried at once.
    fn call(&mut self, arrived: Arrived, now: SimTime, observer: &mut impl Observer) {
        let slot = self.admit_to_system(arrived, now, Stage::Queued { due: now });
        self.observe(slot, now, Observation::Called, observer);
        self.attempt(slot, now, observer);
    }

    fn admit_to_system(&mut self, arrived: Arrived, now: SimTime, stage: Stage) -> Slot {
        self.last_id += 1;
        let id = EventId(self.last_id);
        let itself = Past { original: id, generation: 0, payload: arrived.key, first_accepted: now };
        self.events.insert(Event {
            id,
            key: arrived.key,
            source: arrived.source,
            number: arrived.number,
            parent: arrived.parent,
            past: arrived.past.unwrap_or(itself),
            lineage: arrived.lineage,
            caller: arrived.caller,
            duplicate_of: None,
            request: arrived.key,
            offered: now,
            refusals: 0,
            function: arrived.function,
            invocation: arrived.invocation,
            accepted: now,
            // Decided when Lambda accepts it.
            traced: !matches!(stage, Stage::Offered { .. })
                && self.tracing.decide(arrived.function, now, arrived.key),
            bytes: arrived.bytes,
            attempts: 0,
            throttles: 0,
            system_errors: 0,
            client_errors: 0,
            runs: 0,
            backoff_streak: 0,
            last_dispatch: now,
            first_start: None,
            last_outcome: None,
            last_cause: None,
            last_ended: now,
            billed_ms: 0,
            stage,
            routes: [RouteResult::NotConfigured; Route::ALL.len()],
        })
    }

    /// A dispatch is due: it happens, unless the poller of the function has to read others first.
    fn on_due(&mut self, slot: Slot, now: SimTime, observer: &mut impl Observer) {
        let function = self.events.get(slot).function;
        match self.pollers.get_mut(function.index()).map_or(Turn::Now, |poller| poller.turn(slot, now)) {
            Turn::Now => self.on_dispatch(slot, now, observer),
            Turn::Waits => {}
            Turn::First(at) => self.schedule_reading(function, at),
        }
    }

    fn on_read(&mut self, function: FunctionId, now: SimTime, observer: &mut impl Observer) {
        let (slot, next) = self.pollers[function.index()].read(now);
        if let Some(next) = next {
            self.schedule_reading(function, next);
        }
        self.on_dispatch(slot, now, observer);
    }

    fn schedule_reading(&mut self, function: FunctionId, at: SimTime) {
        // The last bits tell it from the dispatches, whose events have numbers of the same size.
        let order = order(Rank::Dispatch, EventId(function.0.into()), 1);
        self.calendar.schedule(Key { at, order }, Notice::Read(function));
    }

    fn on_dispatch(&mut self, slot: Slot, now: SimTime, observer: &mut impl Observer) {
        let event = self.events.get(slot);
        self.waiting[event.function.index()] -= 1;
        let function = self.function(event);
        if self.vanishes(event) {
            self.settle(slot, Fate::Vanished, Rule::Vanished, now, observer);
        } else if function.reserved == Some(0) {
            // In force since August 2021: no retries, no throttle, straight to the failure routes.
            self.settle(slot, Fate::ZeroReservedConcurrency, Rule::ZeroReservedConcurrency, now, observer);
        } else if event.age_at(now) >= function.maximum_age {
            self.settle(slot, Fate::EventAgeExceeded, Rule::AgeAtDispatch, now, observer);
        } else if chain::is_stopped(function, event.invocations_in_chain()) {
            self.settle(slot, Fate::RecursiveInvocation, Rule::RecursionStopped, now, observer);
        } else {
            self.attempt(slot, now, observer);
        }
    }

    /// One try: the service's own faults first, then admission, then the run.
    fn attempt(&mut self, slot: Slot, now: SimTime, observer: &mut impl Observer) {
        let event = self.events.get_mut(slot);
        event.attempts += 1;
        event.last_dispatch = now;
        let event = self.events.get(slot);
        let function = event.function;
        let admission = match strike_of_fault(self.scenario, event, now) {
            Some(outcome) => Err(outcome),
            None => self.concurrency.admit(function, now).map_err(AttemptOutcome::Throttled),
        };
        match admission {
            Ok((environment, start)) => self.start_run(slot, environment, start, now, observer),
            Err(outcome) => self.refuse(slot, outcome, now, observer),
        }
    }

    fn refuse(&mut self, slot: Slot, outcome: AttemptOutcome, now: SimTime, observer: &mut impl Observer) {
        let event = self.events.get_mut(slot);
        event.note_refusal(outcome);
        let event = self.events.get(slot);
        let next = self.after_refusal(event, outcome, now);
        let attempt = Attempt {
            number: event.attempts,
            dispatched: now,
            age: event.age_at(now),
            outcome,
            run: None,
            next,
        };
        self.events.get_mut(slot).backoff_streak += u32::from(backs_off(outcome));
        self.carry_out(slot, attempt, now, observer);
    }

    fn after_refusal(&self, event: &Event, outcome: AttemptOutcome, now: SimTime) -> Next {
        let (timing, function) = (&self.scenario.timing, self.function(event));
        if event.invocation == InvocationType::RequestResponse {
            self.after_refused_call(event, outcome, now)
        } else if backs_off(outcome) {
            let number = event.throttles + event.system_errors;
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

    fn start_run(
        &mut self,
        slot: Slot,
        environment: Environment,
        start: Start,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let event = self.events.get_mut(slot);
        let function = &self.functions[event.function.index()];
        event.runs += 1;
        event.first_start.get_or_insert(now);
        if self.scenario.timing.backoff_reset_on_run {
            event.backoff_streak = 0;
        }
        let beginning = Beginning {
            key: event.key,
            run: event.runs,
            past: event.past,
            at: now,
            start,
            recorded: recorded_duration(self.scenario, event),
        };
        let plan = failure::plan_run(function, beginning, self.scenario.timing.init_limit);
        let deadline = now + plan.init + function.timeout;
        let running = Running { environment, start, plan, deadline, calling: None };
        event.stage = Stage::Running(running);
        let key = Key { at: now + plan.init + plan.duration, order: order(Rank::RunEnds, event.id, 0) };
        let what = Observation::RunStarted {
            age: event.age_at(now),
            running: self.concurrency.running(event.function),
            placement: running.placement(),
        };
        self.observe(slot, now, what, observer);
        if function.calls.is_empty() {
            self.calendar.schedule(key, Notice::RunEnds(slot));
        } else {
            self.lead_to_calls(slot, key, now, observer);
        }
    }

    fn on_run_ended(&mut self, slot: Slot, now: SimTime, observer: &mut impl Observer) {
        self.abandon_call(slot, now, observer);
        let event = self.events.get_mut(slot);
        let Stage::Running(running) = event.stage else { unreachable!("only a run can end") };
        let Running { environment, plan, .. } = running;
        self.concurrency.release(event.function, environment, plan.leaves, now);
        let run = Run {
            number: event.runs,
            placement: running.placement(),
            duration: plan.duration,
            billed_ms: (plan.init + plan.duration).as_millis_ceil(),
            cause: plan.cause,
            running: self.concurrency.running(event.function),
        };
        event.billed_ms += run.billed_ms;
        event.last_outcome = Some(plan.outcome);
        (event.last_cause, event.last_ended) = (plan.cause, now);
        let event = self.events.get(slot);
        let attempt = Attempt {
            number: event.attempts,
            dispatched: event.last_dispatch,
            age: event.age_at(event.last_dispatch),
            outcome: plan.outcome,
            run: Some(run),
            next: self.after_run(event, plan.outcome, now),
        };
        self.carry_out(slot, attempt, now, observer);
    }

    fn after_run(&self, event: &Event, outcome: AttemptOutcome, now: SimTime) -> Next {
        match (event.invocation, outcome) {
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

    /// Reports the end of an attempt and does what was decided.
    fn carry_out(&mut self, slot: Slot, mut attempt: Attempt, now: SimTime, observer: &mut impl Observer) {
        let event = self.events.get(slot);
        // A synchronous caller comes again by itself: no queue and no poller has a part in it.
        if event.invocation == InvocationType::Event {
            if let Next::Retry { due, .. } = &mut attempt.next {
                *due += self.neighbour_delay(event.key, event.attempts);
            }
            if let Some(poller) = self.pollers.get_mut(event.function.index()) {
                poller.count(matches!(attempt.outcome, AttemptOutcome::Throttled(_)));
            }
        }
        match attempt.next {
            Next::Retry { due, .. } => {
                self.events.get_mut(slot).stage = Stage::Queued { due };
                self.observe(slot, now, Observation::AttemptEnded(attempt), observer);
                match self.events.get(slot).invocation {
                    InvocationType::Event => self.schedule_dispatch(slot, due),
                    InvocationType::RequestResponse => self.schedule_offer(slot, due),
                }
            }
            Next::Settle { fate, rule } => {
                self.observe(slot, now, Observation::AttemptEnded(attempt), observer);
                self.settle(slot, fate, rule, now, observer);
            }
            Next::Return => {
                self.events.get_mut(slot).stage = Stage::Returned;
                self.observe(slot, now, Observation::AttemptEnded(attempt), observer);
                self.close(slot, now, observer);
            }
        }
    }

    /// The event's fate is known: its outcome goes out on every route that is configured for it.
    fn settle(&mut self, slot: Slot, fate: Fate, rule: Rule, now: SimTime, observer: &mut impl Observer) {
        self.events.get_mut(slot).stage = Stage::Settled { fate, at: now };
        self.observe(slot, now, Observation::Settled { fate, rule }, observer);
        for route in Route::ALL {
            self.start_delivery(slot, route, fate, now, observer);
        }
        self.close_if_delivered(slot, now, observer);
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

    fn on_delivery_ended(&mut self, slot: Slot, route: Route, now: SimTime, observer: &mut impl Observer) {
        let event = self.events.get(slot);
        let Stage::Settled { fate, at: started } = event.stage else {
            unreachable!("deliveries start when an event settles")
        };
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
            if self.queues.keep(destination, route) && self.events.get(slot).duplicate_of.is_none() {
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

    fn close(&mut self, slot: Slot, now: SimTime, observer: &mut impl Observer) {
        self.observe(slot, now, Observation::Closed, observer);
        self.spare_lineages.extend(self.events.remove(slot).lineage);
    }

    /// How much later than due the dispatch after so many attempts is, because others are served as well.
    fn neighbour_delay(&self, key: EventKey, attempts: u32) -> SimDuration {
        let law = self.scenario.imperfections.neighbour_delay.as_ref();
        law.map_or(SimDuration::ZERO, |law| law.sample(&mut key.draws(Purpose::NeighbourDelay, 0, attempts)))
    }

    fn schedule_dispatch(&mut self, slot: Slot, due: SimTime) {
        self.waiting[self.events.get(slot).function.index()] += 1;
        let order = order(Rank::Dispatch, self.events.get(slot).id, 0);
        self.calendar.schedule(Key { at: due, order }, Notice::Dispatch(slot));
    }

    fn observe(&self, slot: Slot, at: SimTime, what: Observation, observer: &mut impl Observer) {
        observer.observe(&Fact { at, event: self.events.get(slot), what });
    }

    fn function(&self, event: &Event) -> &'s Function {
        &self.functions[event.function.index()]
    }
}

/// A poller for each function, or none if they read without limit.
fn pollers(scenario: &Scenario) -> Vec<Poller> {
    let law = scenario.imperfections.read_rate;
    law.map_or_else(Vec::new, |law| vec![Poller::new(law); scenario.functions.len()])
}

/// The grammar allows a thousand redrives.
fn redrive_number(index: u64) -> u16 {
    u16::try_from(index).expect("checked when loading")
}

/// The new event that a message becomes.
fn again(message: Message, to: Option<FunctionId>) -> Arrived {
    Arrived {
        key: message.key,
        source: message.source,
        number: message.number,
        parent: Some(message.parent),
        // A script calls the function: a new chain.
        lineage: None,
        caller: Caller::Source,
        past: Some(message.past),
        function: to.unwrap_or(message.function),
        invocation: InvocationType::Event,
        bytes: message.bytes,
    }
}

/// Provisioned environments are allocated at 6 000 a minute:
/// <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>.
const ALLOCATION_OF_ONE: SimDuration = SimDuration::from_millis(10);

/// The rank takes the upper bits of a notice's order, the event's number the middle, the route the lowest two.
const RANK_SHIFT: u32 = 61;

fn order(rank: Rank, id: EventId, route: u64) -> u64 {
    (rank as u64) << RANK_SHIFT | id.0 << 2 | route
}

fn situation(event: &Event, now: SimTime) -> Situation {
    let (accepted, counted) = (event.accepted, event.counted_attempts());
    Situation { now, accepted, counted, backoff_streak: event.backoff_streak, waiting: 0, backlog: None }
}

/// The jitter of the wait after the last attempt that used up a retry.
fn retry_word(event: &Event) -> u64 {
    event.key.draws(Purpose::RetryJitter, 0, u32::from(event.counted_attempts())).word()
}

/// Whether a refusal is one that Lambda meets with back-off: 429 and 5xx.
const fn backs_off(refusal: AttemptOutcome) -> bool {
    matches!(refusal, AttemptOutcome::Throttled(_) | AttemptOutcome::SystemError { .. })
}

/// How long a run of `event` takes according to the recording that it comes from. A chained event was not recorded.
fn recorded_duration(scenario: &Scenario, event: &Event) -> Option<SimDuration> {
    let recorded = scenario.sources[event.source.index()].recorded_durations.as_ref()?;
    let position = usize::try_from(event.number - 1).expect("recordings fit into memory");
    event.parent.is_none().then(|| recorded[position])
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
            FaultKind::FrontDoor { status } => match event.invocation {
                InvocationType::Event => return None,
                InvocationType::RequestResponse => {
                    (Purpose::OfferFault, AttemptOutcome::SystemError { status })
                }
            },
        };
        let word = || event.key.draws(purpose, fault.ordinal, event.attempts).word();
        (concerned && fault.during.contain(now) && fault.probability.strikes(word())).then_some(outcome)
    })
}
