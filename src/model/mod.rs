//! Lambda's asynchronous invocation: pure behaviour over the plain data of a [`crate::scenario::Scenario`].
//!
//! No I/O, no wall clock, no floating point outside sampled durations, and nothing that can fail: after a valid
//! scenario there is no `Result` in here.

pub mod event;
pub mod observation;
pub mod rule;
