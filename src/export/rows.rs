//! The rows of a run's tables, by the names of their columns (`docs/outputs.md`).

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::folder::ExportError;
use crate::time::{SimDuration, SimTime};

/// A row of `attempts.csv`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AttemptRow {
    pub(super) event: u64,
    pub(super) function: String,
    pub(super) invocation_type: String,
    pub(super) attempt: u32,
    pub(super) dispatched_ns: u64,
    pub(super) age_ns: u64,
    pub(super) result: String,
    pub(super) reason: String,
    pub(super) end_ns: u64,
    pub(super) environment: Option<u32>,
    pub(super) start: String,
    pub(super) init_ns: Option<u64>,
    pub(super) duration_ns: Option<u64>,
    pub(super) billed_ms: Option<u64>,
    pub(super) failure: Option<usize>,
    pub(super) request_id: String,
    pub(super) traced: bool,
}

impl AttemptRow {
    /// When the event was accepted (for a synchronous call: when it was made).
    pub(super) const fn accepted(&self) -> SimTime {
        SimTime::from_nanos(self.dispatched_ns - self.age_ns)
    }

    pub(super) const fn dispatched(&self) -> SimTime {
        SimTime::from_nanos(self.dispatched_ns)
    }

    pub(super) const fn end(&self) -> SimTime {
        SimTime::from_nanos(self.end_ns)
    }

    /// When the handler started: after the init of a cold start.
    pub(super) fn handler_start(&self) -> SimTime {
        self.dispatched() + SimDuration::from_nanos(self.init_ns.unwrap_or(0))
    }

    pub(super) fn is_event(&self) -> bool {
        self.invocation_type == "Event"
    }

    pub(super) fn is_cold(&self) -> bool {
        self.start == "cold"
    }

    pub(super) fn failed(&self) -> bool {
        self.result == "function_error"
    }
}

/// A row of `events.csv`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EventRow {
    pub(super) event: u64,
    pub(super) function: String,
    /// Empty for an event that Lambda never accepted.
    pub(super) accepted_ns: Option<u64>,
    pub(super) settled_ns: Option<u64>,
    pub(super) request_id: String,
    pub(super) traced: bool,
    /// Of a second delivery: the event.
    pub(super) duplicate_of: Option<u64>,
}

/// A row of `metrics.csv`; numbers as they are written.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct MetricRow {
    pub(super) timestamp: String,
    pub(super) function: String,
    pub(super) metric: String,
    pub(super) sample_count: String,
    pub(super) sum: String,
    pub(super) average: String,
    pub(super) minimum: String,
    pub(super) maximum: String,
    pub(super) p50: String,
    pub(super) p90: String,
    pub(super) p99: String,
}

/// The rows of one table, one after the other.
pub(super) struct Rows<T> {
    path: PathBuf,
    rows: csv::DeserializeRecordsIntoIter<BufReader<File>, T>,
}

impl<T: DeserializeOwned> Rows<T> {
    pub(super) fn new(path: PathBuf, file: BufReader<File>) -> Self {
        Self { path, rows: csv::Reader::from_reader(file).into_deserialize() }
    }
}

impl<T: DeserializeOwned> Iterator for Rows<T> {
    type Item = Result<T, ExportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        Some(row.map_err(|error| ExportError::malformed(&self.path, error)))
    }
}

/// A name without the apostrophe that keeps spreadsheets from taking it for a formula.
pub(super) fn plain(name: &str) -> &str {
    name.strip_prefix('\'').unwrap_or(name)
}
