//! What a run is going to need, known before it is begun: events, memory, disk space.
//!
//! The numbers come from a fluid approximation of the scenario, not from running it: events are a flow, the
//! queue is a level, and a few hundred steps stand for the whole run. They are meant for deciding whether a run is
//! worth beginning, and are good to about a factor of two where nothing unusual happens. What they leave out makes them
//! too small rather than too large: dependencies that are overloaded, faults, duplicates, callers that come
//! again, events that queues send again, and changes of configuration.

mod fluid;

use crate::record::Files;
use crate::scenario::{Scenario, Windows};
use crate::time::SimTime;

/// What a run needs, about.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Events and calls, with those of chains and subscribers.
    pub events: u64,
    /// Runs of functions.
    pub runs: u64,
    /// Attempts: runs and throttles.
    pub attempts: u64,
    /// The most events and calls in the system at a time.
    pub peak_pending: u64,
    /// Deliveries to destinations and dead-letter queues.
    pub deliveries: u64,
    /// Periods of metrics, of all functions together.
    periods: u64,
}

/// What flows through a function, about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionFlow {
    /// Its events, with those that outcomes of others make.
    pub events: f64,
    /// How many retries an event gets before its age or its function's settings end it.
    pub retries_allowed: u32,
    /// The seconds of a step, and by step all that arrived and all that failed for good.
    step: f64,
    arrived: Vec<f64>,
    given_up: Vec<f64>,
}

/// Which share of the time from `begin` to `end` the windows cover.
pub fn covered(windows: &Windows, begin: SimTime, end: SimTime) -> f64 {
    fluid::covered(windows, begin, end)
}

/// Memory that a run takes whatever is pending: the program, its tables, its buffers.
const BASE_BYTES: u64 = 24 << 20;
/// Memory for each event in the system, at most: its state, its place in the calendar and its
/// number, a line in the list of what is in flight at the end, and room to spare. One that sleeps takes less (`cargo
/// bench --bench growth`).
const BYTES_PER_PENDING: u64 = 96;
/// What `events.csv` keeps of each event in the system, beside that.
const BYTES_PER_PENDING_ROW: u64 = 24;

/// Sizes in bytes of rows as they are on average, measured on the shipped scenarios.
const EVENTS_ROW: u64 = 222;
const ATTEMPTS_ROW: u64 = 195;
const TIMELINE_ROW: u64 = 90;
const METRICS_ROW: u64 = 80;
const METRICS_ROWS_PER_PERIOD: u64 = 12;
const DELIVERIES_ROW: u64 = 550;
/// What is written whatever happens: summary, manifest, series, charts.
const FIXED: u64 = 64 << 10;
const CHARTS: u64 = 1 << 20;

impl Estimate {
    /// The estimate for `scenario`.
    pub fn of(scenario: &Scenario) -> Self {
        fluid::estimate(scenario)
    }

    /// The estimate for `scenario`, and what flows through each of its functions, in their order.
    pub fn with_flows(scenario: &Scenario) -> (Self, Vec<FunctionFlow>) {
        fluid::estimate_with_flows(scenario)
    }

    /// The peak memory in bytes of a run that writes `files`; `None` stands for no folder at all.
    pub fn memory_bytes(&self, files: Option<Files>) -> u64 {
        let row = if files.is_some_and(|files| files.events) { BYTES_PER_PENDING_ROW } else { 0 };
        BASE_BYTES.saturating_add(self.peak_pending.saturating_mul(BYTES_PER_PENDING + row))
    }

    /// How many events can be in the system at a time within `memory` bytes.
    pub fn pending_within(memory: u64, files: Option<Files>) -> u64 {
        let row = if files.is_some_and(|files| files.events) { BYTES_PER_PENDING_ROW } else { 0 };
        memory.saturating_sub(BASE_BYTES) / (BYTES_PER_PENDING + row)
    }

    /// The bytes of `files` on disk: each file with its size, largest first.
    pub fn file_bytes(&self, files: Files) -> Vec<(&'static str, u64)> {
        let of_events = self.events.saturating_mul(3).saturating_add(self.deliveries.saturating_mul(2));
        let timeline_rows = of_events.saturating_add(self.attempts).saturating_add(self.runs);
        let sampled = |one_in: std::num::NonZeroU64| (timeline_rows / one_in).saturating_mul(TIMELINE_ROW);
        let wanted = |wanted: bool, bytes: u64| if wanted { bytes } else { 0 };
        let rows = |count: u64, bytes: u64| count.saturating_mul(bytes);
        let mut sizes = vec![
            ("events.csv", wanted(files.events, rows(self.events, EVENTS_ROW))),
            ("attempts.csv", wanted(files.attempts, rows(self.attempts, ATTEMPTS_ROW))),
            ("timeline.csv", files.timeline.map_or(0, sampled)),
            ("metrics.csv", wanted(files.metrics, rows(self.periods, METRICS_ROWS_PER_PERIOD * METRICS_ROW))),
            ("deliveries.jsonl", wanted(files.deliveries, rows(self.deliveries, DELIVERIES_ROW))),
            ("charts", wanted(files.charts, CHARTS)),
            ("the rest", FIXED),
        ];
        sizes.retain(|(_, bytes)| *bytes > 0);
        sizes.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        sizes
    }

    /// The bytes of all `files` together.
    pub fn disk_bytes(&self, files: Files) -> u64 {
        self.file_bytes(files).iter().fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes))
    }
}

#[cfg(test)]
mod tests;
