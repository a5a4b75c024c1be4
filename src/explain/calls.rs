//! The calls of a run as lines of text.

use super::layout::{about, quoted};
use super::steps::Line;
use crate::model::dependency::{CallOutcome, EndedCall, Load};
use crate::model::rule::Rule;
use crate::scenario::{Dependency, Function};
use crate::text::number::counted;
use crate::time::SimTime;

/// A call begins and finds `found`.
pub(super) fn started(at: SimTime, dependency: &Dependency, found: Load) -> Line {
    let queue = match found.waiting {
        0 => String::new(),
        waiting => format!(", {waiting} waiting"),
    };
    let words = format!("calls {}: {} in service{queue}", dependency.name, found.in_service);
    Line::at(at, words, Rule::DependencyQueue)
}

/// A call is over for the run of `function` that made it.
pub(super) fn ended(at: SimTime, call: EndedCall, dependency: &Dependency, function: &Function) -> Vec<Line> {
    let (name, lasted) = (&dependency.name, about(call.waited + call.served));
    let told = parts(call, dependency);
    let (words, rule) = match call.outcome {
        CallOutcome::Answered => {
            let slowed = call.brownout.map(|_| Rule::DependencyBrownout);
            (format!("{name} answers: {told}"), slowed)
        }
        CallOutcome::Failed(outage) => {
            let why = because(dependency.outages.get(usize::from(outage)).map(|outage| &outage.because));
            (format!("{name} fails after {lasted}: outage{why}"), Some(Rule::DependencyOutage))
        }
        CallOutcome::Refused => {
            let most = u64::from(dependency.max_waiting.unwrap_or(0));
            (format!("{name} refuses: {} wait already", counted(most, "call")), Some(Rule::DependencyFull))
        }
        CallOutcome::TimedOut => {
            (format!("the handler gives up {name}: {told}; the call goes on there"), Some(Rule::CallTimeout))
        }
        CallOutcome::Abandoned => {
            (format!("the run leaves {name}: {told}; the call goes on there"), Some(Rule::CallGoesOn))
        }
    };
    let mut lines = vec![Line::at(at, words, rule)];
    let failed = !matches!(call.outcome, CallOutcome::Answered | CallOutcome::Abandoned);
    if failed && function.calls.get(usize::from(call.position)).is_some_and(|call| call.caught) {
        lines.push(Line::more("the handler catches the error and goes on", Rule::DependencyError));
    }
    lines
}

/// `waited 1.2s, served 3.1s (brown-out "maintenance")`
fn parts(call: EndedCall, dependency: &Dependency) -> String {
    let (waited, served) = (about(call.waited), about(call.served));
    let brownout = call.brownout.and_then(|position| dependency.brownouts.get(usize::from(position)));
    let slowed = match brownout {
        Some(brownout) => format!(": brown-out{}", because(Some(&brownout.because))),
        None => String::new(),
    };
    match (call.waited.as_nanos(), call.served.as_nanos()) {
        (_, 0) => format!("waited {waited}, not served yet"),
        (0, _) => format!("served {served}{slowed}"),
        (_, _) => format!("waited {waited}, served {served}{slowed}"),
    }
}

fn because(words: Option<&String>) -> String {
    match words {
        Some(words) if !words.is_empty() => format!(" ({})", quoted(words)),
        _ => String::new(),
    }
}
