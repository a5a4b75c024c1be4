//! The life of one event as a text that can be read aloud: each attempt, wait and decision, the rule that decided,
//! where that rule is written, and the settings that would have changed it.
//!
//! ```text
//! Life ──steps──> lines with their rules ──layout──> text, at most 100 columns
//!                          └──settings──> what would have changed it, with today's values
//! ```
//!
//! Nothing here decides anything: every rule comes with the facts, so an explanation cannot disagree with the run.

mod calls;
mod layout;
mod settings;
mod steps;
#[cfg(test)]
mod tests;

use crate::model::event::{Event, Route, RouteResult, Stage};
use crate::model::observation::Fate;
use crate::model::rule::Rule;
use crate::observe::lives::Life;
use crate::scenario::{Function, InvocationType, Scenario};
use crate::text::number::counted;
use crate::time::SimTime;
use layout::about;
use steps::Line;

/// Tells `life`, which was lived in `scenario`. Lines are at most 100 columns wide, except for addresses and
/// settings that are longer by themselves.
pub fn narrate(life: &Life, scenario: &Scenario) -> String {
    let lines: Vec<Line> = steps::lines_of_steps(life, scenario).into_iter().flatten().collect();
    let rules = rules_in_order(&lines);
    let mut text = heading(life.event(), scenario);
    text.push('\n');
    for line in &lines {
        layout::push_line(&mut text, line);
    }
    text.push('\n');
    push_verdict(&mut text, life, scenario);
    text.push_str("\nRules that decided\n");
    for rule in &rules {
        push_rule(&mut text, *rule);
    }
    push_settings(&mut text, life, scenario, &rules);
    text
}

/// A line of a life, for whoever tells it in other words than [`narrate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When; `None` for what belongs to the line before.
    pub at: Option<SimTime>,
    /// What happened, without a full stop.
    pub words: String,
    /// The rule that decided it, if one did.
    pub rule: Option<Rule>,
}

/// The lines of `life`, which was lived in `scenario`, for each of its [steps](Life::steps).
pub fn moments(life: &Life, scenario: &Scenario) -> Vec<Vec<Moment>> {
    let moment = |line: Line| Moment { at: line.at, words: line.words, rule: line.rule };
    let of_step = |lines: Vec<Line>| lines.into_iter().map(moment).collect();
    steps::lines_of_steps(life, scenario).into_iter().map(of_step).collect()
}

/// Whose life it is.
fn heading(event: &Event, scenario: &Scenario) -> String {
    let function = &scenario.functions[event.function().index()].name;
    let source = &scenario.sources[event.source().index()].name;
    let (id, number, accepted) = (event.id().0, event.number(), event.accepted());
    let first = match event.invocation() {
        InvocationType::Event => {
            let when = if event.is_accepted() {
                format!("accepted {accepted}")
            } else {
                format!("offered {}", event.offered())
            };
            format!("event {id} ({source} #{number}, function {function}), {when}\n")
        }
        InvocationType::RequestResponse => {
            format!("synchronous call {id} ({source} #{number}, function {function}), made {accepted}\n")
        }
    };
    if let Some(original) = event.duplicate_of() {
        return format!("{first}it is a second delivery of event {}\n", original.0);
    }
    match event.parent() {
        Some(_) if event.past().generation > 0 => {
            format!("{first}it carries the payload of event {}\n", event.past().original.0)
        }
        Some(parent) => format!("{first}it carries the outcome of event {}\n", parent.0),
        None => first,
    }
}

/// The rules, each once, in the order in which they first decided.
fn rules_in_order(lines: &[Line]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for rule in lines.iter().filter_map(|line| line.rule) {
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    rules
}

/// How it ended, what it took, and whether anything is left of it.
fn push_verdict(text: &mut String, life: &Life, scenario: &Scenario) {
    let event = life.event();
    let ending = match (event.settled(), event.invocation()) {
        (Some((fate, at)), _) => format!("{} after {}", fate.name(), about(event.age_at(at))),
        (None, InvocationType::Event) if event.stage() == Stage::NeverAccepted => {
            format!("never_accepted, given up after {}", about(life.length()))
        }
        (None, InvocationType::Event) => format!("in_flight, {} old at the end", about(life.length())),
        (None, InvocationType::RequestResponse) => match event.last_outcome() {
            Some(outcome) => format!("{} after {}", outcome.name(), about(life.length())),
            None => format!("cut off after {}", about(life.length())),
        },
    };
    let effort = format!("{ending}: {}; {} ms billed.", effort(event), event.billed_ms());
    layout::push_indented(text, &effort, 0);
    if let Some((fate, settled)) = event.settled()
        && fate != Fate::Succeeded
    {
        layout::push_indented(text, &remains(event, scenario, settled), 0);
    }
}

/// Its attempts by kind.
fn effort(event: &Event) -> String {
    let mut parts =
        vec![counted(u64::from(event.attempts()), "attempt"), counted(u64::from(event.runs()), "run")];
    if event.throttles() > 0 {
        parts.push(counted(u64::from(event.throttles()), "throttle"));
    }
    if event.system_errors() > 0 {
        parts.push(counted(u64::from(event.system_errors()), "system error"));
    }
    if event.client_errors() > 0 {
        parts.push(counted(u64::from(event.client_errors()), "client error"));
    }
    parts.join(", ")
}

/// Who holds a copy of an event that was dropped.
fn remains(event: &Event, scenario: &Scenario, settled: SimTime) -> String {
    let function = function_of(event, scenario, settled);
    let holders: Vec<&str> = Route::ALL
        .into_iter()
        .filter(|route| event.route(*route) == RouteResult::Delivered)
        .filter_map(|route| destination_of(function, route))
        .map(|destination| scenario.destinations[destination.index()].name.as_str())
        .collect();
    let pending = Route::ALL.iter().any(|route| event.route(*route) == RouteResult::Pending);
    if !holders.is_empty() {
        format!("Dropped, but not lost: {} holds a copy.", holders.join(" and "))
    } else if pending {
        "Dropped; its delivery is still on its way.".to_owned()
    } else if event.settled().is_some_and(|(fate, _)| fate == Fate::Vanished) {
        "Lost: it vanished from the queue.".to_owned()
    } else {
        "Lost: it was dropped and no route holds a copy.".to_owned()
    }
}

fn push_rule(text: &mut String, rule: Rule) {
    text.push_str("  ");
    text.push_str(&layout::tag(rule));
    text.push('\n');
    layout::push_indented(text, rule.statement(), 6);
    text.push_str("      ");
    text.push_str(rule.source());
    text.push('\n');
}

fn push_settings(text: &mut String, life: &Life, scenario: &Scenario, rules: &[Rule]) {
    let settings = settings::that_matter(life, scenario, rules);
    if settings.is_empty() {
        return;
    }
    text.push_str("\nWhat would have changed it\n");
    for setting in settings {
        layout::push_indented(text, &setting, 2);
    }
}

/// The event's function as it was configured at `at`.
fn function_of<'a>(event: &Event, scenario: &'a Scenario, at: SimTime) -> &'a Function {
    &scenario.functions_at(at)[event.function().index()]
}

fn destination_of(function: &Function, route: Route) -> Option<crate::id::DestinationId> {
    match route {
        Route::OnSuccess => function.on_success,
        Route::OnFailure => function.on_failure,
        Route::DeadLetterQueue => function.dead_letter,
    }
}
