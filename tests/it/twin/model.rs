//! The model a second time, as the reference tells it: every pending thing in one list, the earliest searched for
//! each time; every event kept for ever; no clever structure anywhere. Shared with the engine are the scenario's plain
//! data, the draws and the laws of durations, and nothing else.

use super::arrivals::arrivals;
use super::capacity::{Capacity, Place};
use thirdtry::id::{DestinationId, FunctionId};
use thirdtry::random::{EventKey, Purpose, name_key};
use thirdtry::scenario::{
    AgeCheck, ClientErrorPolicy, DestinationKind, End, FailureKind, FaultKind, Function, InvocationType,
    Jitter, RecursiveLoop, ResponseKind, Scenario, SnsOversize, Targets, TerminalPrecedence,
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

struct Event {
    past: Past,
    /// The functions of the chain of invocations that Lambda sees it in, its own the last.
    chain: Vec<FunctionId>,
    key: EventKey,
    source: usize,
    number: u64,
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

    /// Messages that have lain in their queue for longer than it keeps them are gone.
    fn expire(&mut self, queue: DestinationId) {
        let Some(retention) = self.scenario.destinations[queue.index()].retention else { return };
        for message in &mut self.messages {
            if message.queue == queue && !message.gone && self.now - message.at > retention.as_nanos() {
                message.gone = true;
                let original = self.events[message.event].past.original + 1;
                let (event, queue) = (message.event + 1, queue.index());
                self.lines.push(format!("{} message {event} of {original} expired in {queue}", self.now));
            }
        }
    }

    /// A redrive takes what lies in its queue when it begins, and sends one after the other, the oldest first.
    fn redrive(&mut self, position: usize) {
        let redrive = &self.scenario.redrives[position];
        self.expire(redrive.from);
        if self.redrives[position].is_none() {
            let lies_there =
                |at: &usize| self.messages[*at].queue == redrive.from && !self.messages[*at].gone;
            let mut all: Vec<usize> = (0..self.messages.len()).filter(lies_there).collect();
            all.truncate(redrive.max_messages.map_or(usize::MAX, |most| usize::try_from(most).expect("few")));
            self.lines.push(format!("{} redrive {position} of {} began", self.now, all.len()));
            self.redrives[position] = Some((all, 0));
        }
        let (all, sent) = self.redrives[position].as_mut().expect("it has begun");
        // Another redrive may have sent it, or its time was over.
        all.retain(|at| !self.messages[*at].gone);
        if !all.is_empty() {
            *sent += 1;
            let message = all.remove(0);
            let more = !all.is_empty();
            self.send_again(message, redrive.to);
            if more {
                return self.schedule(self.now + redrive.interval.as_nanos(), REDRIVE, position, 0);
            }
        }
        let sent = self.redrives[position].as_ref().expect("it has begun").1;
        self.lines.push(format!("{} redrive {position} of {sent} ended", self.now));
    }

    fn send_again(&mut self, message: usize, to: Option<FunctionId>) {
        self.messages[message].gone = true;
        let Message { event, route, .. } = self.messages[message];
        let about = &self.events[event];
        let ordinal = u8::try_from(route).expect("three routes");
        let key = EventKey(about.key.draws(Purpose::Redrive, ordinal, 0).word());
        let (past, function) = (about.past, to.unwrap_or(about.function));
        let new = self.enter(key, about.source, about.number, event + 1, function, about.bytes, false);
        self.events[new].past = past;
        self.enqueue(new);
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

    fn enqueue(&mut self, event: usize) {
        self.schedule(self.now + self.scenario.timing.dispatch_latency.as_nanos(), DISPATCH, event, 0);
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
            deliveries: [None; 3],
            left: false,
        });
        let (event, word) = (self.events.len() - 1, if waited_for { "called" } else { "accepted" });
        let origin = format!(
            "{word} source {source} number {number} key {:x} parent {parent} function {}",
            key.0,
            function.index()
        );
        self.say(event, &origin);
        event
    }

    fn function(&self, event: usize) -> &Function {
        &self.functions[self.events[event].function.index()]
    }

    /// An event's turn has come.
    fn dispatch(&mut self, event: usize) {
        let too_old = self.now - self.events[event].accepted >= self.function(event).maximum_age.as_nanos();
        if self.function(event).reserved == Some(0) {
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

    /// The event is over: its outcome goes out on every route that is meant for it.
    fn settle(&mut self, event: usize, fate: &'static str, rule: &str) {
        self.say(event, &format!("settled {fate} by {rule}"));
        self.events[event].stopped = fate == "recursive_invocation";
        let function = self.function(event);
        let targets = match fate {
            "succeeded" => [function.on_success, None, None],
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

    fn delivery_ends(&mut self, event: usize, route: usize) {
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
        if is_read && failure.is_none() && route != 0 {
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

    fn leave(&mut self, event: usize) {
        self.say(event, "closed");
        self.events[event].left = true;
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
