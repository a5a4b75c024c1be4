//! Changes of configuration during a run: which settings may change, when a change takes effect, and what holds then.
//!
//! A run goes through *epochs*: a change does not touch the functions that are there but puts others in their place,
//! lowered and checked like those of the file. So no rule of a scenario can be broken by way of a change.

use super::account::Account;
use super::function::Function;
use super::set::{self, Step};
use crate::time::SimTime;

/// A change of configuration and what holds from its effect on.
#[derive(Clone, Debug)]
pub struct Change {
    /// When it is made.
    pub made: SimTime,
    /// When it takes effect.
    pub effective: SimTime,
    /// What it sets.
    pub settings: Vec<ChangedSetting>,
    /// Why, in the author's words; empty if not given.
    pub because: String,
    /// The account from then on.
    pub account: Account,
    /// The functions from then on, in the order of the scenario's.
    pub functions: Vec<Function>,
}

/// One setting that a change sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedSetting {
    /// Its path.
    pub path: String,
    /// Its value before as JSON text; empty if it was not set.
    pub before: String,
    /// Its value from then on; empty if it is no longer set.
    pub after: String,
}

impl ChangedSetting {
    /// `functions.ship.ReservedConcurrentExecutions: 20 -> 40`
    pub fn text(&self) -> String {
        let shown = |value: &str| if value.is_empty() { "not set".to_owned() } else { value.to_owned() };
        format!("{}: {} -> {}", self.path, shown(&self.before), shown(&self.after))
    }
}

/// When a change of a setting takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// As soon as it is made.
    AtOnce,
    /// After `timing.config_propagation_delay`: events were seen to follow the old asynchronous settings for a minute
    /// or two.
    Propagated,
}

/// What may change while a run goes on; `*` stands for a name, and what lies below a path is meant too.
const CHANGEABLE: &[(&str, Effect)] = &[
    ("account.concurrency", Effect::AtOnce),
    ("functions.*.ReservedConcurrentExecutions", Effect::AtOnce),
    ("functions.*.ProvisionedConcurrencyConfig", Effect::AtOnce),
    ("functions.*.RecursiveLoop", Effect::AtOnce),
    ("functions.*.Timeout", Effect::AtOnce),
    ("functions.*.init", Effect::AtOnce),
    ("functions.*.duration", Effect::AtOnce),
    ("functions.*.failures", Effect::AtOnce),
    ("functions.*.response_size", Effect::AtOnce),
    ("functions.*.EventInvokeConfig", Effect::Propagated),
    ("functions.*.DeadLetterConfig", Effect::Propagated),
];

/// What may not, and why.
const FIXED: &[(&str, &str)] = &[
    ("functions.*.MemorySize", "a function has one price for the whole run: compare two scenarios instead"),
    (
        "functions.*.Architectures",
        "a function has one price for the whole run: compare two scenarios instead",
    ),
    ("functions.*.calls", "what is called stays: dependencies have outages and brown-outs"),
    ("functions.*.idle_time", "how long environments are kept is the service's law"),
    ("functions.*.lifetime", "how long environments are kept is the service's law"),
    ("functions.*.response", "the shape of the answer stays; `response_size` can change"),
    ("account.neighbours", "neighbours have `during`"),
    ("account.unreserved_minimum", "it is Lambda's rule"),
    ("account.requests_per_concurrency", "it is Lambda's rule"),
    ("account.scaling_rate", "it is Lambda's rule"),
    ("dependencies", "they have outages and brown-outs"),
    ("sources", "a source has `from`, `until` and a rate that follows a schedule"),
    ("faults", "a fault has `during`"),
    ("imperfections", "the laws of the service hold for the whole run"),
    ("destinations", "their failures have `during`"),
    ("dependencies", "their outages and brown-outs have `during`"),
    ("functions.*.calls", "a function makes the same calls for the whole run"),
    ("redrives", "a redrive has its time"),
    ("prices", "prices hold for the whole run: compare two scenarios instead"),
    ("timing", "the laws of the service hold for the whole run"),
    ("seed", "all draws follow from it"),
    ("start", "it is the label of virtual time zero"),
    ("end", "it is the end of the run, whatever happens in between"),
];

/// When a change of the setting at `pattern` takes effect.
///
/// # Errors
/// Why it cannot change during a run; empty for want of a better reason.
pub(super) fn effect(pattern: &str) -> Result<Effect, &'static str> {
    let concerns =
        |path: &str| pattern.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    match CHANGEABLE.iter().find(|(path, _)| concerns(path)) {
        Some((_, effect)) => Ok(*effect),
        None => Err(FIXED.iter().find(|(path, _)| concerns(path)).map_or("", |(_, reason)| *reason)),
    }
}

/// When a change of the setting at `path` takes effect; the walker has refused those that may not change.
pub(super) fn effect_of(path: &str) -> Effect {
    let name_of = |(at, step): (usize, Step)| match step {
        Step::Key(_) if at == 1 && path.starts_with("functions") => "*".to_owned(),
        Step::Key(key) => key,
        Step::Position(at) => format!("[{at}]"),
    };
    let steps = set::steps(path).unwrap_or_default();
    let pattern = steps.into_iter().enumerate().map(name_of).collect::<Vec<_>>().join(".");
    effect(&pattern).unwrap_or(Effect::AtOnce)
}

/// The settings that may change, as a list for messages.
pub(super) fn changeable() -> String {
    CHANGEABLE.iter().map(|(path, _)| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::grammar;
    use crate::scenario::shape::{Record, Shape};

    fn fields(shape: &'static Shape, key: &str) -> &'static Shape {
        let Shape::Record(Record { fields }) = shape else { panic!("a record") };
        &fields.iter().find(|field| field.key == key).expect(key).shape
    }

    /// Whoever adds a setting decides whether it may change during a run, and says why not.
    #[test]
    fn every_setting_of_functions_and_account_may_change_or_has_a_reason_why_not() {
        let Shape::Map { of: function, .. } = fields(&grammar::SCENARIO, "functions") else {
            panic!("a map")
        };
        let sections = [("functions.*", *function), ("account", fields(&grammar::SCENARIO, "account"))];
        for (section, shape) in sections {
            let Shape::Record(Record { fields }) = shape else { panic!("a record") };
            for field in *fields {
                let path = format!("{section}.{}", field.key);
                assert_ne!(
                    effect(&path),
                    Err(""),
                    "{path}: add it to CHANGEABLE or, with the reason, to FIXED"
                );
            }
        }
    }

    #[test]
    fn asynchronous_settings_take_time_and_others_do_not() {
        let cases = [
            ("functions.ship.EventInvokeConfig.MaximumRetryAttempts", Effect::Propagated),
            (r#"functions["ship"].DeadLetterConfig"#, Effect::Propagated),
            ("functions.ship.ReservedConcurrentExecutions", Effect::AtOnce),
            ("account.concurrency", Effect::AtOnce),
        ];
        for (path, expected) in cases {
            assert_eq!(effect_of(path), expected, "{path}");
        }
    }
}
