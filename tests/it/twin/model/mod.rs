//! The model a second time, as the reference tells it: every pending thing in one list, the earliest searched for
//! each time; every event kept for ever; no clever structure anywhere. Shared with the engine are the scenario's plain
//! data, the draws and the laws of durations, and nothing else.

mod outcomes;
mod redrives;

use super::arrivals::arrivals;
use super::capacity::{Capacity, Place};
use thirdtry::id::{DestinationId, FunctionId};
use thirdtry::random::{EventKey, Purpose, name_key};
use thirdtry::scenario::{
    AgeCheck, ClientErrorPolicy, End, FailureKind, FaultKind, Function, InvocationType, Jitter,
    RecursiveLoop, ResponseKind, Scenario, Targets, TerminalPrecedence,
};
use thirdtry::time::SimTime;

/// Something to come. Among things of one instant the rank decides, then the event's number, then the route.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pending {
    at: u64,
    rank: u8,
    /// The event; for arrivals and changes their position among all of them.
    who: usize,
    route: usize,
}

const CHANGE: u8 = 0;
const RUN_ENDS: u8 = 1;
const DELIVERY_ENDS: u8 = 3;
const ARRIVAL: u8 = 4;
const REDRIVE: u8 = 6;
const DISPATCH: u8 = 7;

const ROUTES: [&str; 3] = ["on_success", "on_failure", "dead_letter_queue"];

/// Where an event's payload comes from, if it was sent again; else the event itself.
#[derive(Clone, Copy)]
struct Past {
    original: usize,
    payload: EventKey,
    first_accepted: u64,
}

/// What a failed event left in a queue.
struct Message {
    queue: DestinationId,
    at: u64,
    event: usize,
    route: usize,
    gone: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "plain on purpose")]
#[derive(Clone)]
struct Event {
    past: Past,
    /// The functions of the chain of invocations that Lambda sees it in, its own the last.
    chain: Vec<FunctionId>,
    key: EventKey,
    source: usize,
    number: u64,
    /// The event that it comes from, by its number from 1; 0 if from none.
    parent: usize,
    function: FunctionId,
    waited_for: bool,
    accepted: u64,
    bytes: u64,
    attempts: u32,
    throttles: u32,
    system_errors: u32,
    client_errors: u32,
    runs: u32,
    /// Throttles and system errors in a row.
    streak: u32,
    dispatched: u64,
    /// The size of the last answer.
    answer: u64,
    run: Option<Run>,
    /// Whether Lambda stopped it as part of a loop.
    stopped: bool,
    /// Whether the queue delivered it a second time.
    copy: bool,
    deliveries: [Option<Delivery>; 3],
    left: bool,
}

#[derive(Clone, Copy)]
struct Run {
    place: Place,
    init: u64,
    duration: u64,
    /// `success`, `caught_error` or `function_error`.
    outcome: &'static str,
    reason: &'static str,
    cause: Option<usize>,
}

#[derive(Clone, Copy)]
struct Delivery {
    destination: DestinationId,
    failure: Option<&'static str>,
    tries: u64,
    /// Whether it goes out without its payloads.
    shortened: bool,
    under_way: bool,
}

/// What follows an attempt.
enum Next {
    Again { due: u64, nominal: u64, rule: &'static str },
    Over { fate: &'static str, rule: &'static str },
    Returned,
}

pub(super) struct Twin<'s> {
    scenario: &'s Scenario,
    /// As they are configured now.
    functions: &'s [Function],
    pending: Vec<Pending>,
    arrivals: Vec<super::arrivals::Arrival>,
    events: Vec<Event>,
    capacity: Capacity,
    messages: Vec<Message>,
    /// For each redrive that has begun: the messages that it is to send, and how many it has sent.
    redrives: Vec<Option<(Vec<usize>, u64)>>,
    now: u64,
    lines: Vec<String>,
    /// Pairs of ranks that met at one instant.
    ties: Vec<(u8, u8)>,
}

/// Everything that happened, and which ranks met at one instant.
pub(super) type Life = (Vec<String>, Vec<(u8, u8)>);

/// Lives through `scenario`.
pub(super) fn live(scenario: &Scenario) -> Life {
    let arrivals = arrivals(scenario);
    let first = |(who, arrival): (usize, &super::arrivals::Arrival)| Pending {
        at: arrival.at,
        rank: ARRIVAL,
        who,
        route: 0,
    };
    let mut twin = Twin {
        scenario,
        functions: &scenario.functions,
        pending: arrivals.iter().enumerate().map(first).collect(),
        arrivals,
        events: Vec::new(),
        capacity: Capacity::new(scenario),
        messages: Vec::new(),
        redrives: scenario.redrives.iter().map(|_| None).collect(),
        now: 0,
        lines: Vec::new(),
        ties: Vec::new(),
    };
    for (who, change) in scenario.changes.iter().enumerate() {
        twin.schedule(change.effective.as_nanos(), CHANGE, who, 0);
    }
    for (who, redrive) in scenario.redrives.iter().enumerate() {
        twin.schedule(redrive.at.as_nanos(), REDRIVE, who, 0);
    }
    twin.run();
    (twin.lines, twin.ties)
}

impl Twin<'_> {
    fn run(&mut self) {
        let end = match self.scenario.end {
            End::Drained => u64::MAX,
            End::At(end) => end.as_nanos(),
        };
        let mut before = None;
        while let Some(next) = self.pending.iter().min().copied().filter(|next| next.at < end) {
            if end == u64::MAX && self.pending.iter().all(|pending| pending.rank == CHANGE) {
                // Nothing is left that a change could concern.
                break;
            }
            self.pending.retain(|pending| *pending != next);
            if let Some(Pending { at, rank, .. }) = before.replace(next)
                && at == next.at
            {
                self.ties.push((rank, next.rank));
            }
            self.now = next.at;
            match next.rank {
                CHANGE => self.change(next.who),
                RUN_ENDS => self.run_ends(next.who),
                DELIVERY_ENDS => self.delivery_ends(next.who, next.route),
                ARRIVAL => self.arrive(next.who),
                REDRIVE => self.redrive(next.who),
                _ => self.dispatch(next.who),
            }
        }
        if end != u64::MAX {
            self.now = end;
        }
        for redrive in 0..self.scenario.destinations.len() {
            self.expire(DestinationId(u16::try_from(redrive).expect("few")));
        }
        for event in 0..self.events.len() {
            if !self.events[event].left {
                self.say(event, "cut off");
            }
        }
    }

    fn say(&mut self, event: usize, what: &str) {
        self.lines.push(format!("{} event {} {what}", self.now, event + 1));
    }

    fn schedule(&mut self, at: u64, rank: u8, who: usize, route: usize) {
        self.pending.push(Pending { at, rank, who, route });
    }

    /// Other settings hold from now on.
    fn change(&mut self, position: usize) {
        let change = &self.scenario.changes[position];
        self.functions = &change.functions;
        let delay = self.scenario.timing.provisioned_delay.as_nanos();
        self.capacity.configure(&change.account, &change.functions, delay, self.now);
        self.lines.push(format!("{} change {position}", self.now));
    }

    fn arrive(&mut self, position: usize) {
        let arrival = &self.arrivals[position];
        let source = &self.scenario.sources[arrival.source];
        let waited_for = source.invocation == InvocationType::RequestResponse;
        let (key, number, from) = (arrival.key, arrival.number, arrival.source);
        let targets = match &source.to {
            Targets::One(function) => vec![(*function, key)],
            Targets::Each(all) => {
                all.iter().map(|function| (*function, self.branch(key, *function))).collect()
            }
        };
        for (function, key) in targets {
            let event = self.enter(key, from, number, 0, function, source.payload_bytes, waited_for);
            if waited_for {
                self.attempt(event);
            } else {
                self.enqueue(event);
            }
        }
    }

    /// What one of several functions draws for the same event follows from its name too.
    fn branch(&self, key: EventKey, function: FunctionId) -> EventKey {
        key.branch(name_key(&self.scenario.functions[function.index()].name))
    }

    /// The event waits for its first dispatch. Now and then the queue has it twice.
    fn enqueue(&mut self, event: usize) {
        let due = self.now + self.scenario.timing.dispatch_latency.as_nanos();
        self.schedule(due, DISPATCH, event, 0);
        let key = self.events[event].key;
        if self.scenario.imperfections.duplicate.strikes(key.draws(Purpose::Duplicate, 0, 0).word()) {
            let key = EventKey(key.draws(Purpose::Duplicate, 1, 0).word());
            self.events.push(Event { key, copy: true, ..self.events[event].clone() });
            let copy = self.events.len() - 1;
            self.say(copy, &format!("duplicated {}", self.origin(copy)));
            self.schedule(due, DISPATCH, copy, 0);
        }
    }

    fn origin(&self, event: usize) -> String {
        let Event { source, number, key, parent, function, .. } = &self.events[event];
        let function = function.index();
        format!("source {source} number {number} key {:x} parent {parent} function {function}", key.0)
    }

    #[expect(clippy::too_many_arguments, reason = "what an event is made of")]
    fn enter(
        &mut self,
        key: EventKey,
        source: usize,
        number: u64,
        parent: usize,
        function: FunctionId,
        bytes: u64,
        waited_for: bool,
    ) -> usize {
        let past = Past { original: self.events.len(), payload: key, first_accepted: self.now };
        self.events.push(Event {
            past,
            chain: vec![function],
            key,
            source,
            number,
            parent,
            function,
            waited_for,
            accepted: self.now,
            bytes,
            attempts: 0,
            throttles: 0,
            system_errors: 0,
            client_errors: 0,
            runs: 0,
            streak: 0,
            dispatched: self.now,
            answer: 0,
            run: None,
            stopped: false,
            copy: false,
            deliveries: [None; 3],
            left: false,
        });
        let (event, word) = (self.events.len() - 1, if waited_for { "called" } else { "accepted" });
        self.say(event, &format!("{word} {}", self.origin(event)));
        event
    }

    fn function(&self, event: usize) -> &Function {
        &self.functions[self.events[event].function.index()]
    }

    /// An event's turn has come.
    fn dispatch(&mut self, event: usize) {
        let too_old = self.now - self.events[event].accepted >= self.function(event).maximum_age.as_nanos();
        let about = &self.events[event];
        let probability = self.scenario.imperfections.loss;
        let vanishes = probability.strikes(about.key.draws(Purpose::Vanish, 0, 0).word());
        if vanishes && about.attempts == 0 && !about.copy {
            self.settle(event, "vanished", "vanished");
        } else if self.function(event).reserved == Some(0) {
            self.settle(event, "zero_reserved_concurrency", "zero_reserved_concurrency");
        } else if too_old {
            self.settle(event, "event_age_exceeded", "age_at_dispatch");
        } else if self.is_stopped(&self.events[event].chain) {
            self.settle(event, "recursive_invocation", "recursion_stopped");
        } else {
            self.attempt(event);
        }
    }

    /// Lambda stops the 17th invocation of a function in one chain.
    fn is_stopped(&self, chain: &[FunctionId]) -> bool {
        let last = chain.last().expect("a chain ends with the event's function");
        let settings = &self.functions[last.index()];
        let invocations = chain.iter().filter(|function| *function == last).count();
        invocations > 16 && settings.recursive_loop == RecursiveLoop::Terminate
    }

    /// The chain of an event with another invocation.
    fn longer(&self, event: usize, function: FunctionId) -> Vec<FunctionId> {
        let mut chain = self.events[event].chain.clone();
        chain.push(function);
        chain
    }

    fn attempt(&mut self, event: usize) {
        self.events[event].attempts += 1;
        self.events[event].dispatched = self.now;
        if let Some((outcome, status)) = self.fault(event) {
            return self.refused(event, outcome, "fault", status);
        }
        match self.capacity.admit(self.events[event].function, self.now) {
            Err(reason) => self.refused(event, "throttled", reason, 0),
            Ok(place) => self.start(event, place),
        }
    }

    /// The first fault of the scenario that strikes this attempt.
    fn fault(&self, event: usize) -> Option<(&'static str, u16)> {
        let event = &self.events[event];
        for fault in &self.scenario.faults {
            let (purpose, outcome) = match fault.kind {
                FaultKind::SystemError { status } => (Purpose::SystemError, ("system_error", status)),
                FaultKind::Throttle => (Purpose::ThrottleFault, ("throttled", 0)),
                FaultKind::ClientError { status } => (Purpose::ClientError, ("client_error", status)),
                FaultKind::FrontDoor { .. } => unreachable!("the twin begins with acceptance"),
            };
            let meant = fault.function.is_none() || fault.function == Some(event.function);
            let word = event.key.draws(purpose, fault.ordinal, event.attempts).word();
            if meant && fault.during.contain(SimTime::from_nanos(self.now)) && fault.probability.strikes(word)
            {
                return Some(outcome);
            }
        }
        None
    }

    /// The attempt did not reach the function: 429, 5xx, or another 4xx.
    fn refused(&mut self, event: usize, outcome: &'static str, reason: &str, status: u16) {
        self.events[event].answer = 0;
        let next = match outcome {
            "client_error" => {
                self.events[event].client_errors += 1;
                self.after_client_error(event)
            }
            "throttled" => {
                self.events[event].throttles += 1;
                self.back_off(event)
            }
            _ => {
                self.events[event].system_errors += 1;
                self.back_off(event)
            }
        };
        let status_text = if status == 0 { String::new() } else { format!(" {status}") };
        let reason = match outcome {
            "system_error" => "ServiceException",
            "client_error" => "ResourceNotFoundException",
            _ => reason,
        };
        self.end_attempt(event, &format!("{outcome} {reason}{status_text}"), &next);
    }

    /// After a throttle or system error: 1 s, 2 s, 4 s … up to 5 minutes. Uses up no retry.
    fn back_off(&mut self, event: usize) -> Next {
        if self.events[event].waited_for {
            return Next::Returned;
        }
        let timing = &self.scenario.timing;
        let mut nominal = timing.backoff_base.as_nanos().min(timing.backoff_cap.as_nanos());
        for _ in 0..self.events[event].streak.min(10_000) {
            nominal =
                (nominal.saturating_mul(timing.backoff_factor.into())).min(timing.backoff_cap.as_nanos());
        }
        let number = self.events[event].throttles + self.events[event].system_errors;
        self.events[event].streak += 1;
        let word = self.events[event].key.draws(Purpose::BackoffJitter, 0, number).word();
        let wait = jittered(nominal, timing.backoff_jitter, word);
        self.wait(event, timing.age_check_invocation_error, nominal, wait, "backoff")
    }

    fn after_client_error(&self, event: usize) -> Next {
        if self.events[event].waited_for {
            return Next::Returned;
        }
        match self.scenario.timing.other_4xx_policy {
            ClientErrorPolicy::Drop => Next::Over { fate: "retries_exhausted", rule: "client_error_drops" },
            ClientErrorPolicy::CountAsAttempt => self.after_failed_attempt(event, "client_error_counts"),
        }
    }

    /// After an attempt that uses up a retry: one minute, then two.
    fn after_failed_attempt(&self, event: usize, rule: &'static str) -> Next {
        let timing = &self.scenario.timing;
        let made = self.events[event].runs + self.events[event].client_errors;
        let function = self.function(event);
        let deadline = self.events[event].accepted + function.maximum_age.as_nanos();
        if made > u32::from(function.maximum_retries) {
            if timing.terminal_precedence == TerminalPrecedence::AgeFirst && self.now >= deadline {
                return Next::Over { fate: "event_age_exceeded", rule: "age_before_retries" };
            }
            return Next::Over { fate: "retries_exhausted", rule: "retries_exhausted" };
        }
        let nominal = timing.function_retry_delay.as_nanos() * u64::from(made);
        let word = self.events[event].key.draws(Purpose::RetryJitter, 0, made).word();
        let wait = jittered(nominal, timing.function_retry_jitter, word);
        self.wait(event, timing.age_check_function_error, nominal, wait, rule)
    }

    fn wait(&self, event: usize, check: AgeCheck, nominal: u64, wait: u64, rule: &'static str) -> Next {
        let deadline = self.events[event].accepted + self.function(event).maximum_age.as_nanos();
        let due = self.now + wait;
        match check {
            AgeCheck::Lookahead if self.now + nominal >= deadline => {
                Next::Over { fate: "event_age_exceeded", rule: "age_lookahead" }
            }
            AgeCheck::ClipToDeadline if due > deadline => {
                let due = if self.now > deadline { self.now } else { deadline };
                Next::Again { due, nominal, rule }
            }
            _ => Next::Again { due, nominal, rule },
        }
    }

    fn start(&mut self, event: usize, place: Place) {
        self.events[event].runs += 1;
        if self.scenario.timing.backoff_reset_on_run {
            self.events[event].streak = 0;
        }
        let run = self.plan(event, place);
        self.events[event].run = Some(run);
        let (age, running) = (self.age(event), self.capacity.running(self.events[event].function));
        self.say(event, &format!("run started, age {age}, {running} running, {}", where_it_runs(&run)));
        self.schedule(self.now + run.init + run.duration, RUN_ENDS, event, 0);
    }

    fn age(&self, event: usize) -> u64 {
        self.events[event].dispatched - self.events[event].accepted
    }

    fn plan(&self, event: usize, place: Place) -> Run {
        let (function, about) = (self.function(event), &self.events[event]);
        let draws = |purpose, ordinal| about.key.draws(purpose, ordinal, about.runs);
        let usual = || function.duration.sample(&mut draws(Purpose::Duration, 0)).as_nanos();
        let needs_init = place.start == "cold" || place.start == "suppressed_init";
        let struck = self.failure(event, needs_init);
        let (outcome, reason, handler) = match struck.map(|at| &function.failures[at]) {
            None => ("success", "", usual()),
            Some(cause) => {
                let own = cause.duration.as_ref();
                let its_own = || {
                    own.map(|law| law.sample(&mut draws(Purpose::FailureDuration, cause.ordinal)).as_nanos())
                };
                let lasts = || its_own().unwrap_or_else(usual);
                match cause.kind {
                    FailureKind::Exception => ("function_error", "exception", lasts()),
                    FailureKind::Poison => ("function_error", "poison", lasts()),
                    FailureKind::CaughtError => ("caught_error", "", lasts()),
                    FailureKind::Timeout => ("function_error", "timeout", function.timeout.as_nanos()),
                    FailureKind::Crash => ("function_error", "crash", lasts()),
                    FailureKind::OutOfMemory => ("function_error", "out_of_memory", lasts()),
                    FailureKind::InitFailure => ("function_error", "init_error", 0),
                }
            }
        };
        let drawn_init = function.init.sample(&mut draws(Purpose::Init, 0)).as_nanos();
        let limit = self.scenario.timing.init_limit.as_nanos();
        // An init happens before a cold start; too long, it is cut off and made again within the run, where it also
        // happens after a crash.
        let (init, within) = match place.start {
            "cold" if drawn_init > limit => (limit, drawn_init),
            "cold" => (drawn_init, 0),
            "suppressed_init" => (0, drawn_init),
            _ => (0, 0),
        };
        let timeout = function.timeout.as_nanos();
        if within + handler > timeout {
            return Run {
                place,
                init,
                duration: timeout,
                outcome: "function_error",
                reason: "timeout",
                cause: struck,
            };
        }
        Run { place, init, duration: within + handler, outcome, reason, cause: struck }
    }

    /// The first of the function's failure causes that strikes this run.
    fn failure(&self, event: usize, needs_init: bool) -> Option<usize> {
        let about = &self.events[event];
        self.function(event).failures.iter().position(|cause| {
            let (purpose, number, at) = match cause.kind {
                FailureKind::Exception => (Purpose::Exception, about.runs, self.now),
                FailureKind::Timeout => (Purpose::Timeout, about.runs, self.now),
                FailureKind::CaughtError => (Purpose::CaughtError, about.runs, self.now),
                FailureKind::Poison => (Purpose::Poison, 0, about.past.first_accepted),
                FailureKind::InitFailure => (Purpose::InitFailure, about.runs, self.now),
                FailureKind::Crash => (Purpose::Crash, about.runs, self.now),
                FailureKind::OutOfMemory => (Purpose::OutOfMemory, about.runs, self.now),
            };
            let possible = needs_init || cause.kind != FailureKind::InitFailure;
            // A poisonous payload stays so when it is sent again.
            let key = if cause.kind == FailureKind::Poison { about.past.payload } else { about.key };
            let word = key.draws(purpose, cause.ordinal, number).word();
            possible && cause.during.contain(SimTime::from_nanos(at)) && cause.probability.strikes(word)
        })
    }

    fn run_ends(&mut self, event: usize) {
        let run = self.events[event].run.take().expect("a run");
        let function = self.events[event].function;
        self.capacity.release(function, run.place.number, run.reason, self.now);
        self.events[event].answer = match run.outcome {
            "function_error" => ERROR_OBJECT,
            _ if self.function(event).response == ResponseKind::NotJson => ERROR_OBJECT,
            _ => self.function(event).response_bytes,
        };
        let next = match run.outcome {
            _ if self.events[event].waited_for => Next::Returned,
            "success" => Next::Over { fate: "succeeded", rule: "success_ends_event" },
            "caught_error" => Next::Over { fate: "succeeded", rule: "caught_error_is_success" },
            _ => self.after_failed_attempt(event, "function_error_retry"),
        };
        let cause = run.cause.map_or("none".to_owned(), |cause| cause.to_string());
        let text = format!(
            "{} {}; run {} took {}, billed {} ms, cause {cause}, {} still running, {}",
            run.outcome,
            run.reason,
            self.events[event].runs,
            run.duration,
            (run.init + run.duration).div_ceil(1_000_000),
            self.capacity.running(function),
            where_it_runs(&run),
        );
        self.end_attempt(event, &text, &next);
    }

    fn end_attempt(&mut self, event: usize, how: &str, next: &Next) {
        let follows = match next {
            Next::Again { due, nominal, rule } => format!("again at {due} ({nominal}) by {rule}"),
            Next::Over { fate, rule } => format!("{fate} by {rule}"),
            Next::Returned => "returned".to_owned(),
        };
        let (number, dispatched) = (self.events[event].attempts, self.events[event].dispatched);
        let age = self.age(event);
        self.say(event, &format!("attempt {number} of {dispatched} ended, age {age}: {how}; {follows}"));
        match *next {
            Next::Again { due, .. } => self.schedule(due, DISPATCH, event, 0),
            Next::Over { fate, rule } => self.settle(event, fate, rule),
            Next::Returned => self.leave(event),
        }
    }
}

/// Sizes around the payloads. The engine's are its own affair: generated payloads keep away from every limit by more
/// than that.
const ENVELOPE: u64 = 512;
const ERROR_OBJECT: u64 = 256;
const ATTRIBUTES: u64 = 128;

fn where_it_runs(run: &Run) -> String {
    let kind = if run.place.provisioned { "provisioned " } else { "" };
    format!("{kind}environment {}, {}, init {}", run.place.number, run.place.start, run.init)
}

/// `nominal` times a uniform draw from 1 ± jitter: from its lower end, as much of the whole width as the word is of
/// 2^64.
fn jittered(nominal: u64, jitter: Jitter, word: u64) -> u64 {
    let half = u128::from(nominal) * u128::from(jitter.ppm) / 1_000_000;
    let offset = 2 * half * u128::from(word) / (1 << 64);
    u64::try_from(u128::from(nominal) - half + offset).expect("less than twice as long")
}
