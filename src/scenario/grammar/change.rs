//! The scenario language: changes of configuration during a run.

use super::prelude::*;

/// Each change is checked as a whole scenario would be.
pub(super) const MOST_CHANGES: usize = 100;

pub(super) static CHANGE: &[Field] = &[
    field("at", Shape::Moment, Required, "When the change is made."),
    field(
        "set",
        Shape::Sets,
        Required,
        "What it sets: paths of settings with their new values, e.g. `{ \"functions.ship.ReservedConcurrentExecutions\": 40 }`; `null` takes a setting away. Functions' concurrency, timeout, code and asynchronous settings can change, and the account's concurrency.",
    ),
    field("because", Shape::Text, Value("\"\""), "Why, in your words; shown with the change."),
];
