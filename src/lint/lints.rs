//! The lints, one function each.

use super::{Context, Lint, nearest, setting};
use crate::estimate::FunctionFlow;
use crate::id::DestinationId;
use crate::model::rule::Rule;
use crate::observe::decimal::Decimal;
use crate::observe::price::Spend;
use crate::scenario::{
    Destination, DestinationKind, FailureKind, Function, RecursiveLoop, Scenario, Windows,
};
use crate::text::number::{counted, dollars, grouped};
use crate::time::SimTime;

/// After how many invocations in one chain Lambda stops a function.
const HOPS: u32 = 16;

fn about(events: f64) -> String {
    let events = nearest(events);
    format!("about {}", counted(events, "event"))
}

/// Events that fail for good: by the flow, and those that are poison, which fail each time and not by chance.
fn failing(flow: &FunctionFlow, function: &Function) -> f64 {
    let poison = poison_share(flow, function);
    poison * flow.events + (1.0 - poison) * flow.given_up()
}

/// The share of events that are poison.
fn poison_share(flow: &FunctionFlow, function: &Function) -> f64 {
    let causes = function.failures.iter().filter(|cause| cause.kind == FailureKind::Poison);
    let sound: f64 = causes
        .map(|cause| 1.0 - cause.probability.as_f64() * flow.share_of_arrivals(&cause.during))
        .product();
    1.0 - sound
}

/// An event that fails for good leaves nothing behind.
pub(super) fn no_failure_route(_: &Context<'_>, function: &Function, flow: &FunctionFlow) -> Option<Lint> {
    let lost = failing(flow, function);
    if function.on_failure.is_some() || function.dead_letter.is_some() || nearest(lost) == 0 {
        return None;
    }
    let message = format!(
        "{} of {} will fail for good and be lost: there is neither an OnFailure destination nor a dead-letter queue",
        about(lost),
        grouped(nearest(flow.events))
    );
    let hint = "give it a queue: `EventInvokeConfig.DestinationConfig.OnFailure` or `DeadLetterConfig`";
    let path = setting(function, "EventInvokeConfig.DestinationConfig.OnFailure");
    Some(Lint::new("no_failure_route", path, Rule::DestinationRecord, message, hint).about(lost))
}

/// Every route that a failure has refuses it at some time, at the same time.
pub(super) fn failure_routes_refuse(
    context: &Context<'_>,
    function: &Function,
    flow: &FunctionFlow,
) -> Option<Lint> {
    let routes: Vec<DestinationId> =
        [function.on_failure, function.dead_letter].into_iter().flatten().collect();
    let destinations: Vec<&Destination> =
        routes.iter().map(|id| &context.scenario.destinations[id.index()]).collect();
    let (first, rest) = destinations.split_first()?;
    let same = routes.len() == 2 && routes[0] == routes[1];
    let lost = flow.given_up_weighted(|begin, end| {
        let others: f64 = rest.iter().map(|route| refusal(route, begin, end)).product();
        // One queue that denies a message denies both.
        refusal(first, begin, end) * if same { 1.0 } else { others }
    });
    if nearest(lost) == 0 {
        return None;
    }
    let names = match (same, rest) {
        (true, _) => {
            format!(
                "OnFailure and DeadLetterConfig lead to the same queue `{}`, which refuses them",
                first.name
            )
        }
        (false, []) => format!("the only route for failures is `{}`, which refuses them", first.name),
        (false, _) => format!("`{}` and `{}` refuse them at the same time", first.name, rest[0].name),
    };
    let message = format!("{} will be lost: {names}, and no delivery is made again", about(lost));
    let hint = if same {
        "let the dead-letter queue be another queue than the destination, with permissions of its own"
    } else {
        "look at the permissions and limits of the destination, or give the function a second route"
    };
    let key = if function.on_failure.is_some() {
        "EventInvokeConfig.DestinationConfig.OnFailure"
    } else {
        "DeadLetterConfig"
    };
    let lint =
        Lint::new("failure_routes_refuse", setting(function, key), Rule::DeliveryNotRepeated, message, hint);
    Some(lint.about(lost))
}

/// How likely a delivery that starts in this time is refused.
fn refusal(destination: &Destination, begin: SimTime, end: SimTime) -> f64 {
    let passes: f64 = destination
        .failures
        .iter()
        .map(|cause| 1.0 - cause.probability.as_f64() * covered(&cause.during, begin, end))
        .product();
    1.0 - passes
}

/// How much of the time the windows cover.
fn covered(windows: &Windows, begin: SimTime, end: SimTime) -> f64 {
    crate::estimate::covered(windows, begin, end)
}

/// The first retry would come when the event is too old.
pub(super) fn no_retry_within_age(
    context: &Context<'_>,
    function: &Function,
    flow: &FunctionFlow,
) -> Option<Lint> {
    let wait = context.scenario.timing.function_retry_delay;
    if function.maximum_retries == 0 || function.maximum_age > wait {
        return None;
    }
    let message = format!(
        "no retry can ever happen: the first would come {wait} after the failed run, and an event may only become {} old; \
         {} will fail without a retry although MaximumRetryAttempts is {}",
        function.maximum_age,
        about(flow.given_up()),
        function.maximum_retries
    );
    let path = setting(function, "EventInvokeConfig.MaximumEventAgeInSeconds");
    let hint = "allow more than a minute for one retry and more than three for two, or set MaximumRetryAttempts to 0";
    Some(Lint::new("no_retry_within_age", path, Rule::AgeLookahead, message, hint).about(flow.given_up()))
}

/// Events that fail each time are run again, and each run is paid for.
pub(super) fn retries_of_poison(
    context: &Context<'_>,
    function: &Function,
    flow: &FunctionFlow,
) -> Option<Lint> {
    let poison = poison_share(flow, function) * flow.events;
    let retries = f64::from(flow.retries_allowed) * poison;
    if nearest(poison) == 0 || nearest(retries) == 0 {
        return None;
    }
    let cause = function.failures.iter().find(|cause| cause.kind == FailureKind::Poison)?;
    let seconds = cause.duration.as_ref().unwrap_or(&function.duration).mean_seconds();
    let cost = cost_of_runs(context, function, retries, seconds);
    let message = format!(
        "{} are poison and fail each time: {} retries that cannot succeed cost about {}",
        about(poison),
        grouped(nearest(retries)),
        dollars(cost)
    );
    let hint = "let the handler recognise them and return, or lower MaximumRetryAttempts";
    let path = setting(function, "EventInvokeConfig.MaximumRetryAttempts");
    let lint = Lint::new("retries_of_poison", path, Rule::FunctionErrorRetry, message, hint);
    Some(lint.about(poison).costs(cost))
}

/// What fails while the handler catches it is nowhere to be seen.
pub(super) fn errors_caught(_: &Context<'_>, function: &Function, flow: &FunctionFlow) -> Option<Lint> {
    let caught = caught_share(flow, function) * flow.events;
    if nearest(caught) == 0 {
        return None;
    }
    let message = format!(
        "{} of {} fail in a handler that catches the error: Lambda sees successes, so `Errors` shows none, nothing is \
         retried, and no failure route gets a record",
        about(caught),
        grouped(nearest(flow.events))
    );
    let hint =
        "let the handler fail, so that Lambda retries and keeps a record, or have it count what it catches";
    let path = setting(function, "failures");
    Some(Lint::new("errors_caught", path, Rule::CaughtErrorIsSuccess, message, hint).about(caught))
}

/// The share of first runs whose error the handler catches. The causes are asked in order; the first that strikes
/// decides.
fn caught_share(flow: &FunctionFlow, function: &Function) -> f64 {
    let (mut spared, mut caught) = (1.0, 0.0);
    for cause in &function.failures {
        let strikes = cause.probability.as_f64() * flow.share_of_arrivals(&cause.during);
        if cause.kind == FailureKind::CaughtError {
            caught += spared * strikes;
        }
        spared *= 1.0 - strikes;
    }
    caught
}

/// The price of so many runs of so many seconds.
fn cost_of_runs(context: &Context<'_>, function: &Function, runs: f64, seconds: f64) -> Decimal {
    let timeout = function.timeout.as_secs_f64();
    let seconds = if seconds < timeout { seconds } else { timeout };
    let spend = Spend::of(function, nearest(runs), nearest(runs * seconds * 1_000.0));
    spend.money(&context.scenario.prices).usd()
}

/// The functions whose outcomes lead back to them.
pub(super) fn functions_in_loops(scenario: &Scenario) -> Vec<usize> {
    let targets: Vec<Vec<usize>> =
        scenario.functions.iter().map(|function| invoked_by(scenario, function)).collect();
    // What nothing leads to, or what leads nowhere, is in no loop; most scenarios end here.
    let mut left: Vec<bool> = vec![true; targets.len()];
    loop {
        let mut reached = vec![false; targets.len()];
        for at in (0..targets.len()).filter(|at| left[*at]) {
            targets[at].iter().for_each(|to| reached[*to] = true);
        }
        let leads = |at: usize| targets[at].iter().any(|to| left[*to]);
        let keep: Vec<bool> = (0..targets.len()).map(|at| left[at] && reached[at] && leads(at)).collect();
        if keep == left {
            break;
        }
        left = keep;
    }
    (0..targets.len()).filter(|at| left[*at] && leads_back(&targets, *at)).collect()
}

fn leads_back(targets: &[Vec<usize>], start: usize) -> bool {
    let mut seen = vec![false; targets.len()];
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        for to in &targets[at] {
            if *to == start {
                return true;
            }
            if !std::mem::replace(&mut seen[*to], true) {
                open.push(*to);
            }
        }
    }
    false
}

/// The functions that an outcome of `function` invokes.
fn invoked_by(scenario: &Scenario, function: &Function) -> Vec<usize> {
    let routes = [function.on_success, function.on_failure, function.dead_letter];
    let destinations = routes.into_iter().flatten().map(|id| &scenario.destinations[id.index()]);
    let invoked = destinations.flat_map(|destination| {
        let direct = match destination.kind {
            DestinationKind::Lambda { function } => Some(function.index()),
            _ => None,
        };
        direct.into_iter().chain(destination.subscribers.iter().map(|function| function.index()))
    });
    invoked.collect()
}

/// Outcomes that invoke what caused them.
pub(super) fn recursion(context: &Context<'_>, function: &Function, flow: &FunctionFlow) -> Lint {
    let runs = flow.events * f64::from(HOPS);
    let cost = cost_of_runs(context, function, runs, function.duration.mean_seconds());
    let (path, what, hint) = match function.recursive_loop {
        RecursiveLoop::Terminate => (
            setting(function, ""),
            format!("unless the chain passes EventBridge, Lambda stops it after {HOPS} invocations"),
            "break the chain: send the outcome to a queue that nothing of it reads",
        ),
        RecursiveLoop::Allow => (
            setting(function, "RecursiveLoop"),
            format!("nothing stops it, and {HOPS} times round is only the beginning"),
            "break the chain, or let Lambda stop it: `RecursiveLoop: \"Terminate\"`",
        ),
    };
    let message = format!(
        "its outcomes lead back to it: {} that come from outside may make {} runs for about {}; {what}",
        about(flow.events),
        grouped(nearest(runs)),
        dollars(cost)
    );
    Lint::new("recursion", path, Rule::RecursionStopped, message, hint).about(flow.events).costs(cost)
}

/// By `at`, the messages that came to a queue.
fn stored_by(context: &Context<'_>, queue: DestinationId, at: SimTime) -> f64 {
    let feeds = |function: &Function| {
        [function.on_failure, function.dead_letter].into_iter().flatten().filter(|id| *id == queue).count()
    };
    let functions = context.scenario.functions.iter().zip(context.flows);
    let stored = functions.map(|(function, flow)| match feeds(function) {
        0 => 0.0,
        1 => flow.given_up_by(at),
        _ => 2.0 * flow.given_up_by(at),
    });
    stored.sum()
}

/// What came too long before the redrive is not in the queue any more.
pub(super) fn redrive_too_late(context: &Context<'_>, at: usize) -> Option<Lint> {
    let redrive = &context.scenario.redrives[at];
    let queue = &context.scenario.destinations[redrive.from.index()];
    let retention = queue.retention?;
    let span = redrive.at.since(SimTime::ZERO);
    let expired_before =
        SimTime::ZERO + (span > retention).then(|| redrive.at.since(SimTime::ZERO + retention))?;
    let expired = stored_by(context, redrive.from, expired_before);
    if nearest(expired) == 0 {
        return None;
    }
    let message = format!(
        "{} will have left `{}` before the redrive begins: it keeps a message for {retention}",
        about(expired),
        queue.name
    );
    let path = format!("redrives[{at}].at");
    let hint = "begin earlier, or let the queue keep messages longer (`MessageRetentionPeriod`)";
    Some(Lint::new("redrive_too_late", path, Rule::Redrive, message, hint).about(expired))
}

/// A redrive takes what lies in the queue, and nothing lies there yet.
pub(super) fn redrive_too_early(context: &Context<'_>, at: usize) -> Option<Lint> {
    let redrive = &context.scenario.redrives[at];
    let all = stored_by(context, redrive.from, SimTime::MAX);
    if nearest(all) == 0 || nearest(stored_by(context, redrive.from, redrive.at)) > 0 {
        return None;
    }
    let queue = &context.scenario.destinations[redrive.from.index()].name;
    let message = format!("nothing lies in `{queue}` when the redrive begins: {} come later", about(all));
    let path = format!("redrives[{at}].at");
    Some(
        Lint::new("redrive_too_early", path, Rule::Redrive, message, "begin when the trouble is over")
            .about(all),
    )
}
