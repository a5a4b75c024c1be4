//! The scenarios that come with the program, so that they can be run by name.

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../scenarios/", $name, ".json")))),+]
    };
}

const SHIPPED: &[(&str, &str)] = shipped![
    "quickstart",
    "outage-backlog",
    "throttled-burst",
    "poison-events",
    "destination-denied",
    "zero-concurrency",
    "blind-spots",
    "account-contention",
    "cold-start-storm",
    "provisioned-spillover",
    "scaling-ramp",
    "config-change",
    "dlq-redrive",
    "destination-chain",
    "recursive-loop",
    "metastable-collapse",
    "plan-outage",
];

/// The names of the shipped scenarios, the first to look at first.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// The file of the shipped scenario called `name`.
pub fn text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// A scenario to start from: the smallest that shows a retry, with every line explained.
pub fn starter() -> &'static str {
    include_str!("starter.json")
}
