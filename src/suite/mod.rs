//! Testing scenarios: each is held against its expectations and, where there is one, its golden result.
//!
//! ```text
//! Input ──> run ──> expectations ──> verdicts, and the event that breaks one
//!            └────> golden       ──> same, or sentences that say what is different and since which event
//! seeds ──> the first that breaks an expectation ──> shrink ──> the smallest scenario that still does
//! ```
//!
//! What is said here depends on the scenarios and their goldens alone; where it is written is up to the program.

mod case;
mod digests;
pub mod golden;
mod seeds;
mod sentences;
mod shrink;

pub use case::{
    Case, CaseVerdict, GoldenOutcome, Judged, Line, Options, Outcome, Report, judge_run, test_case,
};
pub use seeds::{Found, search_seeds};
pub use shrink::{Shrunk, shrink};
