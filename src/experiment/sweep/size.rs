//! How large the files and the table of a sweep get, known before it is begun.

use super::{About, Shard};
use crate::experiment::estimate::Estimate;

/// Bytes of a run's row without settings and metrics: numbers, fingerprint, how it ended.
const ROW: u64 = 36;
/// Bytes of a metric in a run's row, on average over the shipped scenarios.
const VALUE: u64 = 7;
/// Bytes of a point's row for one metric without its settings.
const ESTIMATE_ROW: u64 = 90;
/// What is written whatever is swept: the resolved scenario, the manifest, charts.
const FIXED: u64 = 512 << 10;

impl About {
    /// About how many bytes a share of it writes (all of it if `shard` is `None`), the journal included, which is there
    /// until everything else is.
    pub fn disk_bytes(&self, shard: Option<Shard>) -> u64 {
        let row =
            ROW.saturating_add(self.settings_bytes()).saturating_add(VALUE.saturating_mul(self.columns()));
        let runs = shard.map_or_else(|| self.runs(), |shard| shard.runs(self.runs()).count());
        let cells = row.saturating_mul(runs as u64).saturating_mul(2);
        let estimates = if shard.is_some() { 0 } else { self.estimates() };
        let estimates = estimates.saturating_mul(ESTIMATE_ROW + self.settings_bytes());
        cells.saturating_add(estimates).saturating_add(FIXED)
    }

    /// How many bytes of memory the estimates of all points take; a share makes none.
    pub fn table_bytes(&self, shard: Option<Shard>) -> u64 {
        let estimates = if shard.is_some() { 0 } else { self.estimates() };
        estimates.saturating_mul(size_of::<Option<Estimate>>() as u64)
    }

    fn estimates(&self) -> u64 {
        (self.grid.points() as u64).saturating_mul(self.columns())
    }

    const fn columns(&self) -> u64 {
        self.metrics.len() as u64
    }

    /// The values of a point as they stand in a row, on average.
    fn settings_bytes(&self) -> u64 {
        let mean = |values: &[String]| {
            let bytes: usize = values.iter().map(|value| value.len() + 1).sum();
            bytes as u64 / values.len().max(1) as u64
        };
        self.grid.axes().iter().map(|axis| mean(&axis.values)).sum()
    }
}
