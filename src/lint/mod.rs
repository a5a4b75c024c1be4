//! Lint with numbers: what a scenario shows to be dangerous, with what it costs in this very scenario.
//!
//! Each lint is a pure function of the scenario and its flows. Nothing is run: numbers come from the fluid
//! approximation ([`crate::estimate`]) and are said to be about so much. Each names the rule of AWS that makes it
//! dangerous, with its source, and the setting to look at.

mod lints;
#[cfg(test)]
mod tests;

use crate::rounding::nearest;
use serde::Serialize;

use crate::estimate::{Estimate, FunctionFlow};
use crate::model::rule::Rule;
use crate::observe::decimal::Decimal;
use crate::scenario::problem::Problem;
use crate::scenario::{Function, Scenario};

/// Something dangerous.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lint {
    /// What it is called.
    pub lint: &'static str,
    /// The setting to look at.
    pub path: String,
    /// What is dangerous about it, with its numbers.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// About how many events it concerns in this scenario.
    pub events: u64,
    /// About what it costs in this scenario, in US dollars; absent if it is not about money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<Decimal>,
    /// The rule that makes it dangerous.
    pub rule: &'static str,
    /// How well that is known: `documented`, `measured` or `assumed`.
    pub standing: &'static str,
    /// Where it is written.
    pub source: &'static str,
}

impl Lint {
    fn new(lint: &'static str, path: String, rule: Rule, message: String, hint: &str) -> Self {
        Self {
            lint,
            path,
            message,
            hint: hint.to_owned(),
            events: 0,
            cost_usd: None,
            rule: rule.name(),
            standing: rule.standing().name(),
            source: rule.source(),
        }
    }

    fn about(self, events: f64) -> Self {
        Self { events: nearest(events), ..self }
    }

    fn costs(self, cost: Decimal) -> Self {
        Self { cost_usd: Some(cost), ..self }
    }

    /// As a problem of the scenario, a warning.
    pub fn problem(&self) -> Problem {
        let rule = format!("rule {}, {}", self.rule, self.standing);
        let source = if self.source.is_empty() { String::new() } else { format!(": {}", self.source) };
        Problem::warning(self.path.clone(), None, format!("{} [{}]", self.message, self.lint))
            .with_hint(format!("{} ({rule}{source})", self.hint))
    }
}

/// What a lint looks at.
struct Context<'s> {
    scenario: &'s Scenario,
    flows: &'s [FunctionFlow],
}

/// All lints of `scenario`, in the order of its functions and redrives.
pub fn lints(scenario: &Scenario) -> Vec<Lint> {
    let (_, flows) = Estimate::with_flows(scenario);
    lints_of(scenario, &flows)
}

/// The same, for whoever has the flows of `scenario` already.
pub fn lints_of(scenario: &Scenario, flows: &[FunctionFlow]) -> Vec<Lint> {
    let context = Context { scenario, flows };
    let loops = lints::functions_in_loops(scenario);
    let mut found = Vec::new();
    for (function, flow) in scenario.functions.iter().zip(context.flows) {
        found.extend(lints::no_failure_route(&context, function, flow));
        found.extend(lints::failure_routes_refuse(&context, function, flow));
        found.extend(lints::no_retry_within_age(&context, function, flow));
        found.extend(lints::retries_of_poison(&context, function, flow));
        found.extend(lints::errors_caught(&context, function, flow));
    }
    for index in loops.into_iter().filter(|index| nearest(context.flows[*index].events) > 0) {
        found.push(lints::recursion(&context, &scenario.functions[index], &context.flows[index]));
    }
    for at in 0..scenario.redrives.len() {
        found.extend(lints::redrive_too_late(&context, at));
        found.extend(lints::redrive_too_early(&context, at));
    }
    found
}

/// The path of a setting of a function.
fn setting(function: &Function, key: &str) -> String {
    let path = crate::scenario::shape::join("functions", &function.name);
    if key.is_empty() { path } else { format!("{path}.{key}") }
}
