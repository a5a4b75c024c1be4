//! Expectations: what a run must fulfil, held against what was measured.
//!
//! ```text
//! text ──scenario::expectation──> Expectation ──Requirements::of──> Requirement   names, units: before any run
//!                                                                      │
//!                             one run, or replications ──answers──> Judgement     pass, fail or undecided
//!                                                                      └ Culprit: the first event that breaks it
//! ```
//!
//! One run is judged by its numbers; replications by the confidence interval of their mean. Definitions:
//! `docs/expectations.md`.

mod culprit;
mod evaluate;
mod judge;
mod probe;
mod requirement;
mod value;

pub use culprit::{Culprit, first_culprit};
pub(crate) use evaluate::answer_run_with;
pub use evaluate::{Answers, Tested, answer_replications, answer_run, answer_run_from};
pub use judge::{Judgement, Spread, Verdict, judge, judge_replications};
pub use requirement::{Requirement, Requirements, Unfit, load_checked, problems};
pub use value::{compare, shown};
