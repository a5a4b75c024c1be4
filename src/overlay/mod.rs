//! Measured metrics beside simulated ones: how far are they apart, and when?
//!
//! ```text
//! metrics.csv of a run ──periods──┐
//!                                 ├──> distance of each metric and statistic ──> text, JSON, page, chart
//! answers of CloudWatch ──────────┘
//! ```
//!
//! Both are brought to the same periods, then compared one by one. The distance of a metric is the mean of the absolute
//! differences over all periods of the time that both cover, in the metric's unit and as a share of what was measured;
//! the largest difference is named with its time. Sums of counts are zero in a period without a sample, as CloudWatch
//! means it; every other statistic says nothing there, and the period is left out.

mod picture;
mod series;
mod text;

use serde::Serialize;

use crate::import::cloudwatch::measured::Measured;
use crate::sink::stored::{RESOLVED, StoredError, StoredRun};

pub use picture::section;
pub use text::text;

use series::{Axis, Pair};

/// The table of a run that is compared.
const TABLE: &str = "metrics.csv";

/// All distances between a run and what was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Overlay {
    /// The length of the periods that are compared, in seconds.
    pub period_seconds: i64,
    /// The first of them, and the end of the last one, in seconds since 1970 of the measurements' clock.
    pub from: i64,
    /// The end.
    pub until: i64,
    /// By how many seconds the run's clock was moved to the measurements'; 0 if both tell of the same time.
    pub moved_seconds: i64,
    /// Each metric and statistic that both tell of.
    pub distances: Vec<Distance>,
    /// What was left out or assumed.
    pub notes: Vec<String>,
    /// The series, for the charts.
    #[serde(skip)]
    pairs: Vec<Pair>,
}

/// How far a metric is from what was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Distance {
    /// The function, as the run calls it.
    pub function: String,
    /// AWS's name of the metric.
    pub metric: &'static str,
    /// The statistic.
    pub statistic: String,
    /// CloudWatch's unit.
    pub unit: &'static str,
    /// The periods compared.
    pub periods: usize,
    /// What was measured: the total of sums and counts, the mean over the periods of everything else.
    pub measured: f64,
    /// What was simulated, likewise.
    pub simulated: f64,
    /// The mean over the periods of |simulated − measured|.
    pub mean_absolute_difference: f64,
    /// The sum of these differences as a share of the sum of what was measured; absent if that is nothing.
    pub share: Option<f64>,
    /// The largest difference, simulated − measured.
    pub largest_difference: f64,
    /// The beginning of its period, in seconds since 1970.
    pub largest_at: i64,
}

/// Holds the run against what was measured.
///
/// # Errors
/// When `metrics.csv` or the scenario is missing, edited or unreadable.
pub fn overlay(run: &StoredRun, measured: &Measured) -> Result<Overlay, StoredError> {
    let resolved: serde_json::Value = run.json(RESOLVED)?;
    let known: Vec<&str> =
        resolved["functions"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let mut notes = Vec::new();
    let matches = matched(measured, &known, &mut notes);
    let simulated = series::read(run, matches.iter().map(|(_, ours)| ours.as_str()))?;
    let Some(axis) = Axis::of(measured, &simulated, &mut notes) else {
        notes.push("there is no time that both tell of".to_owned());
        return Ok(Overlay {
            period_seconds: measured.period(),
            from: 0,
            until: 0,
            moved_seconds: 0,
            distances: Vec::new(),
            notes,
            pairs: Vec::new(),
        });
    };
    let mut pairs = Vec::new();
    for (theirs, ours) in &matches {
        pairs.extend(series::pairs(measured, theirs, &simulated, ours, axis, &mut notes));
    }
    Ok(Overlay {
        period_seconds: axis.period,
        from: axis.from,
        until: axis.until,
        moved_seconds: axis.moved,
        distances: pairs.iter().filter_map(|pair| pair.distance(axis)).collect(),
        notes,
        pairs,
    })
}

/// The functions of which both tell: the measurements' name and the run's.
fn matched(measured: &Measured, known: &[&str], notes: &mut Vec<String>) -> Vec<(String, String)> {
    let theirs: Vec<&str> = measured.functions().collect();
    let same: Vec<(String, String)> = theirs
        .iter()
        .filter(|name| known.contains(name))
        .map(|name| ((*name).to_owned(), (*name).to_owned()))
        .collect();
    if let ([theirs], [ours], true) = (theirs.as_slice(), known, same.is_empty()) {
        notes.push(format!(
            "the measured function {theirs} is taken for {ours}: there is no other on either side"
        ));
        return vec![((*theirs).to_owned(), (*ours).to_owned())];
    }
    for name in theirs.iter().filter(|name| !known.contains(name)) {
        notes.push(format!("the measured function {name} is not in the scenario"));
    }
    same
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::cloudwatch::measured::Statistic;
    use crate::observe::metrics::Metric;

    fn measured_of(names: &[&str]) -> Measured {
        let mut measured = Measured::default();
        for name in names {
            measured.add(name, Metric::Errors, Statistic::Sum, 0, 1.0);
        }
        measured
    }

    #[test]
    fn functions_are_matched_by_name_and_a_single_one_by_being_the_only_one() {
        type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [(&'a str, &'a str)], usize);
        let cases: [Case<'_>; 4] = [
            (&["ship"], &["bill", "ship"], &[("ship", "ship")], 0),
            (&["prod-ship"], &["ship"], &[("prod-ship", "ship")], 1),
            (&["prod-ship"], &["bill", "ship"], &[], 1),
            (&["a", "ship"], &["ship"], &[("ship", "ship")], 1),
        ];
        for (theirs, ours, expected, said) in cases {
            let mut notes = Vec::new();
            let found = matched(&measured_of(theirs), ours, &mut notes);
            let expected: Vec<_> = expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            assert_eq!((found, notes.len()), (expected, said), "{theirs:?} {ours:?}");
        }
    }
}
