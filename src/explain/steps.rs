//! The facts of a life as lines of text, each with the rule that decided, if one did.

use super::layout::{about, quoted};
use super::{calls, destination_of, function_of};
use crate::id::DestinationId;
use crate::model::event::{Event, Route, RouteResult, Stage};
use crate::model::observation::{
    Again, Attempt, AttemptOutcome, Circumstance, Fate, FunctionError, Next, Observation, Offer, Placement,
    Refusal, Remark, Run, Start, ThrottleReason,
};
use crate::model::rule::Rule;
use crate::observe::lives::{Life, Step};
use crate::scenario::shape::join;
use crate::scenario::{Change, DeliveryFailure, Destination, DestinationKind, Function, Scenario};
use crate::text::number::counted;
use crate::time::{SimDuration, SimTime};

/// One line of a narration.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// When; `None` continues the line before.
    pub at: Option<SimTime>,
    /// What happened.
    pub words: String,
    /// The rule that decided it.
    pub rule: Option<Rule>,
}

impl Line {
    pub(super) fn at(at: SimTime, words: impl Into<String>, rule: impl Into<Option<Rule>>) -> Self {
        Self { at: Some(at), words: words.into(), rule: rule.into() }
    }

    pub(super) fn more(words: impl Into<String>, rule: impl Into<Option<Rule>>) -> Self {
        Self { at: None, words: words.into(), rule: rule.into() }
    }
}

/// The lines of `life`, for each of its steps.
pub(super) fn lines_of_steps(life: &Life, scenario: &Scenario) -> Vec<Vec<Line>> {
    let mut before = None;
    let mut due = None;
    let mut remarks = life.remarks().iter().peekable();
    let of_step = |(position, step): (usize, &Step)| {
        let mut lines = Vec::new();
        while let Some((_, remark)) = remarks.next_if(|(behind, _)| *behind <= position) {
            tell_remark(remark, life.event(), scenario, &mut lines);
        }
        lines.extend(postponed(step, due));
        if let Stage::Queued { due: next } = step.event.stage() {
            due = Some(next);
        }
        tell(step, before, scenario, &mut lines);
        if let Observation::AttemptEnded(attempt) = step.what {
            before = Some(attempt.outcome);
        }
        lines
    };
    life.steps().iter().enumerate().map(of_step).collect()
}

/// Tells one fact; `before` is how the attempt before ended.
fn tell(step: &Step, before: Option<AttemptOutcome>, scenario: &Scenario, lines: &mut Vec<Line>) {
    let (at, event) = (step.at, &step.event);
    let function = function_of(event, scenario, at);
    match step.what {
        Observation::Accepted => tell_acceptance(at, event, lines),
        Observation::OfferRefused(offer) => tell_refused_offer(at, offer, lines),
        Observation::Duplicated => {
            let original = event.duplicate_of().map_or(0, |original| original.0);
            let words = format!("the queue delivers event {original} a second time");
            lines.push(Line::at(at, words, Rule::Duplicated));
        }
        Observation::Called => lines.push(Line::at(at, "called; the caller waits", Rule::SynchronousReturn)),
        Observation::RunStarted { age, running, placement } => {
            tell_start(at, event, function, age, running, lines);
            lines.extend(environment(&placement, function));
        }
        Observation::CallStarted { dependency, found, .. } => {
            lines.push(calls::started(at, &scenario.dependencies[dependency.index()], found));
        }
        Observation::CallEnded(call) => {
            let dependency = &scenario.dependencies[call.dependency.index()];
            lines.extend(calls::ended(at, call, dependency, function));
        }
        Observation::AttemptEnded(attempt) => {
            // A run goes by the settings of its start.
            let function = function_of(event, scenario, attempt.dispatched);
            tell_end(at, &attempt, before, function, lines);
        }
        Observation::Settled { fate, rule } => {
            lines.push(Line::at(at, settled(fate, rule, event, function), rule));
        }
        Observation::DeliveryStarted { route, destination, bytes, payload_dropped } => {
            let destination = &scenario.destinations[destination.index()];
            lines.push(Line::at(at, sent(route, destination, bytes), rule_of_route(route)));
            if payload_dropped {
                lines.push(Line::more("without its payloads, which are too large", Rule::SnsDropsPayload));
            }
        }
        Observation::DeliveryEnded { route, destination, failure: Some(failure), tries, .. } => {
            let name = &scenario.destinations[destination.index()].name;
            let words = format!("{}: {name} does not get it: {}", route.name(), failure.name());
            lines.push(Line::at(at, words, Rule::DeliveryNotRepeated));
            lines.extend(calls(Some(failure), tries));
        }
        Observation::DeliveryEnded { route, destination, failure: None, tries, .. } => {
            lines.push(arrived(at, route, destination, scenario));
            lines.extend(calls(None, tries));
        }
        Observation::Closed => {}
        Observation::CutOff => lines.push(Line::at(at, cut_off(event, scenario), None)),
    }
}

/// Why Lambda did not accept it, and when its caller comes again.
fn tell_refused_offer(at: SimTime, offer: Offer, lines: &mut Vec<Line>) {
    let (why, rule) = match offer.refusal {
        Refusal::CallerRateLimitExceeded => {
            ("429, more requests per second than Lambda accepts".to_owned(), Rule::CallerRateLimit)
        }
        Refusal::SystemError { status } => (format!("the front door fails ({status})"), Rule::FrontDoorFault),
    };
    lines.push(Line::at(at, format!("offer {} is not accepted: {why}", offer.number), rule));
    match offer.next {
        Some(Again { due, nominal, rule }) => {
            let words = format!("its caller {}, until {due}", waits(due.since(at), nominal));
            lines.push(Line::more(words, rule));
        }
        None => lines.push(Line::more("its caller gives up", None)),
    }
}

/// A dispatch that happened later than it was due.
fn postponed(step: &Step, due: Option<SimTime>) -> Option<Line> {
    let dispatched = match step.what {
        Observation::RunStarted { .. }
        | Observation::AttemptEnded(Attempt { run: None, .. })
        | Observation::Settled { rule: Rule::AgeAtDispatch | Rule::ZeroReservedConcurrency, .. } => step.at,
        _ => return None,
    };
    let due = due.filter(|due| *due < dispatched)?;
    let words = format!("due, but others are read first: {} later", about(dispatched.since(due)));
    Some(Line::at(due, words, Rule::PollerReadRate))
}

fn tell_acceptance(at: SimTime, event: &Event, lines: &mut Vec<Line>) {
    lines.push(Line::at(at, "accepted and queued", Rule::AcceptedIntoQueue));
    let past = event.past();
    if let (Some(parent), 1..) = (event.parent(), past.generation) {
        let again = counted(u64::from(past.generation), "redrive");
        let words = format!("sent again from what event {} left in a queue, after {again}", parent.0);
        lines.push(Line::more(words, Rule::Redrive));
    }
}

/// Tells what happened around the event, as far as it concerns its function.
fn tell_remark(remark: &Remark, event: &Event, scenario: &Scenario, lines: &mut Vec<Line>) {
    match remark.what {
        Circumstance::ConfigurationChanged { change } => {
            let change = &scenario.changes[usize::from(change)];
            let function = &scenario.functions[event.function().index()].name;
            let own = join("functions", function);
            for setting in &change.settings {
                if !setting.path.starts_with("functions") || within(&setting.path, &own) {
                    let words = format!("configuration changes: {}{}", setting.text(), why(change));
                    lines.push(Line::at(remark.at, words, Rule::ConfigurationChange));
                }
            }
        }
        // Of a redrive an event learns only by being sent again; what a call found stands in its own line.
        Circumstance::RedriveBegan { .. }
        | Circumstance::RedriveEnded { .. }
        | Circumstance::MessageExpired { .. }
        | Circumstance::LoadChanged { .. } => {}
    }
}

fn within(path: &str, section: &str) -> bool {
    path.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

/// The author's reason for a change.
fn why(change: &Change) -> String {
    if change.because.is_empty() { String::new() } else { format!(" ({})", quoted(&change.because)) }
}

fn tell_start(
    at: SimTime,
    event: &Event,
    function: &Function,
    age: SimDuration,
    running: u32,
    lines: &mut Vec<Line>,
) {
    let is_call = event.invocation() == crate::scenario::InvocationType::RequestResponse;
    let number = event.runs().max(1);
    let slots = match function.reserved {
        Some(reserved) => format!("{running} of {} in use", counted(u64::from(reserved), "reserved slot")),
        None => format!("{} of the function in progress", counted(u64::from(running), "run")),
    };
    if is_call {
        lines.push(Line::at(at, format!("the run starts; {slots}"), Rule::SlotFree));
        return;
    }
    let started = format!("run {number} starts; {slots}");
    if event.last_outcome().is_none() {
        let dispatched = format!("attempt 1 (age {}): first dispatch", about(age));
        lines.push(Line::at(at, dispatched, Rule::FirstDispatch));
        lines.push(Line::more(started, Rule::SlotFree));
    } else {
        let words = format!("attempt {} (age {}): {started}", event.attempts(), about(age));
        lines.push(Line::at(at, words, Rule::SlotFree));
    }
}

/// What a run found in its environment, if that is worth a line.
fn environment(placement: &Placement, function: &Function) -> Option<Line> {
    let number = placement.environment;
    let init = about(placement.init);
    let (words, rule) = match placement.start {
        Start::Provisioned => (format!("in provisioned environment {number}"), Rule::ProvisionedFree),
        Start::SuppressedInit => {
            (format!("in environment {number}, which initialises again within the run"), Rule::SuppressedInit)
        }
        // Without an init a new environment makes no difference.
        Start::Cold if placement.init == SimDuration::ZERO => return None,
        Start::Cold => (format!("in environment {number}, made for it: init {init} first"), Rule::ColdStart),
        Start::Warm if function.provisioned > 0 => {
            (format!("spills over to environment {number}"), Rule::ProvisionedSpillover)
        }
        Start::Warm => return None,
    };
    Some(Line::more(words, rule))
}

fn tell_end(
    at: SimTime,
    attempt: &Attempt,
    before: Option<AttemptOutcome>,
    function: &Function,
    lines: &mut Vec<Line>,
) {
    match attempt.run {
        Some(run) => tell_run(at, attempt.outcome, &run, function, lines),
        None if before == Some(attempt.outcome) => {
            lines.push(same_refusal(at, attempt));
            return;
        }
        None => lines.push(refusal(at, attempt, function)),
    }
    match attempt.next {
        Next::Retry { due, nominal, rule } => {
            let words = format!("{}, until {due}", waits(due.since(at), nominal));
            lines.push(Line::more(words, rule));
        }
        Next::Return => {
            lines.push(Line::more("the answer goes back to the caller", Rule::SynchronousReturn));
        }
        // The fate is told by the fact that follows, with the same rule.
        Next::Settle { .. } => {}
    }
}

fn tell_run(at: SimTime, outcome: AttemptOutcome, run: &Run, function: &Function, lines: &mut Vec<Line>) {
    let (number, took) = (run.number, about(run.duration));
    let why = because(run, function);
    let (words, rule) = match outcome {
        AttemptOutcome::CaughtError => {
            (format!("run {number} catches its own error after {took}{why}"), None)
        }
        AttemptOutcome::FunctionError(FunctionError::Timeout) => {
            (format!("run {number} is stopped after {took}: timeout{why}"), Some(Rule::TimeoutStopsRun))
        }
        AttemptOutcome::FunctionError(FunctionError::InitError) => {
            (format!("run {number} does not begin: its init fails{why}"), Some(Rule::InitError))
        }
        AttemptOutcome::FunctionError(FunctionError::Dependency) => {
            let words = format!("run {number} fails after {took}: the call failed");
            (words, Some(Rule::DependencyError))
        }
        AttemptOutcome::FunctionError(error) => {
            (format!("run {number} fails after {took}: {}{why}", error.name()), None)
        }
        AttemptOutcome::Success
        | AttemptOutcome::Throttled(_)
        | AttemptOutcome::SystemError { .. }
        | AttemptOutcome::ClientError { .. } => (format!("run {number} succeeds after {took}"), None),
    };
    lines.push(Line::at(at, words, rule));
}

/// The author's reason for the failure that struck a run.
fn because(run: &Run, function: &Function) -> String {
    let cause = run.cause.and_then(|cause| function.failures.get(usize::from(cause)));
    match cause {
        Some(cause) if !cause.because.is_empty() => format!(" ({})", quoted(&cause.because)),
        _ => String::new(),
    }
}

fn refusal(at: SimTime, attempt: &Attempt, function: &Function) -> Line {
    let (words, rule) = match attempt.outcome {
        AttemptOutcome::Throttled(reason) => {
            let (what, rule) = throttled(reason, function);
            (format!("throttled (429): {what}"), rule)
        }
        AttemptOutcome::SystemError { status } => {
            (format!("the service fails ({status})"), Rule::ScenarioFault)
        }
        AttemptOutcome::ClientError { status } => {
            let exception = attempt.outcome.reason();
            (format!("the service refuses to run it ({status} {exception})"), Rule::ScenarioFault)
        }
        AttemptOutcome::Success | AttemptOutcome::CaughtError | AttemptOutcome::FunctionError(_) => {
            unreachable!("these take a run")
        }
    };
    Line::at(at, format!("{}: {words}", dispatched(attempt)), rule)
}

fn throttled(reason: ThrottleReason, function: &Function) -> (String, Rule) {
    match reason {
        ThrottleReason::ReservedFunctionConcurrentInvocationLimitExceeded => {
            let reserved = u64::from(function.reserved.unwrap_or(0));
            (format!("{} in use", counted(reserved, "reserved slot")), Rule::ReservedConcurrencyInUse)
        }
        ThrottleReason::ConcurrentInvocationLimitExceeded => {
            ("the account's unreserved concurrency is in use".to_owned(), Rule::AccountConcurrencyInUse)
        }
        ThrottleReason::FunctionInvocationRateLimitExceeded => {
            ("too many requests a second for the shared concurrency".to_owned(), Rule::RequestRateExceeded)
        }
        ThrottleReason::ReservedFunctionInvocationRateLimitExceeded => (
            "too many requests a second for the reserved concurrency".to_owned(),
            Rule::ReservedRequestRateExceeded,
        ),
        ThrottleReason::ScalingRate => {
            ("new environments come no faster".to_owned(), Rule::ScalingRateExceeded)
        }
        ThrottleReason::Fault => ("a fault of the scenario".to_owned(), Rule::ScenarioFault),
    }
}

/// A refusal like the one before, in short: there may be eighty of them.
fn same_refusal(at: SimTime, attempt: &Attempt) -> Line {
    let what = match attempt.outcome {
        AttemptOutcome::SystemError { status } | AttemptOutcome::ClientError { status } => {
            format!("{status} again")
        }
        _ => "throttled".to_owned(),
    };
    let words = format!("{}: {what}", dispatched(attempt));
    match attempt.next {
        Next::Retry { due, nominal, rule } => {
            Line::at(at, format!("{words}; {}", waits(due.since(at), nominal)), rule)
        }
        Next::Settle { .. } | Next::Return => Line::at(at, words, None),
    }
}

fn dispatched(attempt: &Attempt) -> String {
    format!("attempt {} (age {})", attempt.number, about(attempt.age))
}

fn waits(wait: SimDuration, nominal: SimDuration) -> String {
    if wait == nominal {
        format!("waits {nominal}")
    } else {
        format!("waits {} (nominal {nominal})", about(wait))
    }
}

fn settled(fate: Fate, rule: Rule, event: &Event, function: &Function) -> String {
    let oldest = function.maximum_age;
    let reason = match (fate, rule) {
        (Fate::Succeeded, _) => return format!("fate: {}", fate.name()),
        (Fate::RetriesExhausted, Rule::ClientErrorDrops) => "it is not tried again".to_owned(),
        (Fate::RetriesExhausted, _) => {
            let last = match event.last_outcome() {
                Some(AttemptOutcome::ClientError { .. }) => {
                    format!("attempt {} was the last that counts", event.attempts())
                }
                _ => format!("run {} was the last", event.runs()),
            };
            format!("{last}: {} allowed", counted_retries(u64::from(function.maximum_retries)))
        }
        (Fate::EventAgeExceeded, Rule::AgeLookahead) => {
            format!("the next wait would reach the maximum age of {oldest}")
        }
        (Fate::EventAgeExceeded, Rule::AgeBeforeRetries) => {
            format!("no run is left, but its age exceeds the maximum of {oldest}")
        }
        (Fate::EventAgeExceeded, _) => format!("it has reached the maximum age of {oldest}"),
        (Fate::ZeroReservedConcurrency, _) => "no attempt is made".to_owned(),
        (Fate::Vanished, _) => "the queue has lost it, and nobody is told".to_owned(),
        (Fate::RecursiveInvocation, _) => {
            let count = event.invocations_in_chain();
            format!("it would be invocation {count} of {} in one chain", function.name)
        }
    };
    format!("fate: {}; {reason}", fate.name())
}

fn counted_retries(count: u64) -> String {
    match count {
        0 => "no retries".to_owned(),
        1 => "1 retry".to_owned(),
        _ => format!("{count} retries"),
    }
}

fn sent(route: Route, destination: &Destination, bytes: u64) -> String {
    let what = if route == Route::DeadLetterQueue { "the event" } else { "a record" };
    let (name, kind) = (&destination.name, destination.kind.name());
    format!("{}: {what} of {bytes} bytes goes to {name} ({kind})", route.name())
}

const fn rule_of_route(route: Route) -> Rule {
    match route {
        Route::OnSuccess | Route::OnFailure => Rule::DestinationRecord,
        Route::DeadLetterQueue => Rule::DeadLetterMessage,
    }
}

fn arrived(at: SimTime, route: Route, destination: DestinationId, scenario: &Scenario) -> Line {
    let destination = &scenario.destinations[destination.index()];
    let words = format!("{}: {} has it", route.name(), destination.name);
    if !destination.subscribers.is_empty() {
        let names = destination.subscribers.iter().map(|id| scenario.functions[id.index()].name.as_str());
        let names = names.collect::<Vec<_>>().join(", ");
        return Line::at(at, format!("{words} and invokes {names}"), Rule::SubscriberInvoked);
    }
    match destination.kind {
        DestinationKind::Lambda { function } => {
            let function = &scenario.functions[function.index()].name;
            let words = format!("{words}: a new event for function {function}");
            Line::at(at, words, Rule::LambdaDestination)
        }
        _ => Line::at(at, words, None),
    }
}

/// How often a destination that throttled was called.
fn calls(failure: Option<DeliveryFailure>, tries: u8) -> Option<Line> {
    let words = match (failure, tries) {
        (Some(DeliveryFailure::Throttled), 1) => "it was called once".to_owned(),
        (_, 1) => return None,
        _ => format!("it was called {tries} times, because it throttled"),
    };
    Some(Line::more(words, Rule::DeliveryTriedAgain))
}

/// What the end of the run interrupted.
fn cut_off(event: &Event, scenario: &Scenario) -> String {
    let doing = match event.stage() {
        Stage::Queued { due } => format!("it is waiting until {due}"),
        Stage::Offered { due } => format!("its caller will offer it again at {due}"),
        Stage::NeverAccepted => "its caller has given up".to_owned(),
        Stage::Running { calling: Some(calling), .. } => {
            format!("it is waiting for {}", scenario.dependencies[calling.index()].name)
        }
        Stage::Running { .. } => "it is running".to_owned(),
        Stage::Settled { at: settled, .. } => {
            let function = function_of(event, scenario, settled);
            let under_way: Vec<&str> = Route::ALL
                .into_iter()
                .filter(|route| event.route(*route) == RouteResult::Pending)
                .filter_map(|route| destination_of(function, route))
                .map(|destination| scenario.destinations[destination.index()].name.as_str())
                .collect();
            format!("its delivery to {} is on its way", under_way.join(" and "))
        }
        Stage::Returned => "its answer is on its way".to_owned(),
    };
    format!("the simulation ends here: {doing}")
}
