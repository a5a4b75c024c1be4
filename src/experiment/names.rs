//! The names of what a run measures: `lost.Sum`, `AsyncEventAge.p99`, `functions.ship.Errors.Sum`.
//!
//! The one list of metrics is that of `summary.csv`; to it come CloudWatch's metrics over the whole run and the average
//! levels. A name is the row's scope (left out for the whole run), metric and statistic, with dots between.

use super::measure;
use crate::observe::summary::SummaryRow;
use crate::scenario::Scenario;
use crate::scenario::problem::{did_you_mean, quoted};
use std::collections::BTreeMap;
use std::fmt;

/// One metric with its statistic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// `run`, `functions.NAME` or `dependencies.NAME`.
    pub scope: String,
    /// What is measured.
    pub metric: String,
    /// CloudWatch's word for the statistic.
    pub statistic: &'static str,
    /// The unit of its values: `Count`, `Nanoseconds`, `Milliseconds`, `USD`, `Percent` or `None`.
    pub unit: &'static str,
}

impl Metric {
    /// The name by which it is asked for.
    pub fn name(&self) -> String {
        if self.scope == "run" {
            format!("{}.{}", self.metric, self.statistic)
        } else {
            format!("{}.{}.{}", self.scope, self.metric, self.statistic)
        }
    }
}

/// Everything that a run of one scenario measures, in a fixed order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricNames {
    metrics: Vec<Metric>,
    positions: BTreeMap<String, usize>,
    /// The only function, whose metrics are those of the run.
    only_function: Option<String>,
}

/// A name that no metric has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMetric {
    /// The name.
    pub name: String,
    /// What to write instead.
    pub hint: String,
}

impl fmt::Display for UnknownMetric {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "there is no metric {}", quoted(&self.name))
    }
}

impl std::error::Error for UnknownMetric {}

impl MetricNames {
    /// The metrics of runs of `scenario`.
    pub fn of(scenario: &Scenario) -> Self {
        let metrics: Vec<Metric> = measure::rows_of_nothing(scenario).into_iter().map(Metric::from).collect();
        let positions: BTreeMap<String, usize> =
            metrics.iter().enumerate().map(|(at, metric)| (metric.name(), at)).collect();
        assert_eq!(positions.len(), metrics.len(), "a name stands for one metric");
        let only_function = match scenario.functions.as_slice() {
            [only] => Some(only.name.clone()),
            _ => None,
        };
        Self { metrics, positions, only_function }
    }

    /// All metrics, in order.
    pub fn all(&self) -> &[Metric] {
        &self.metrics
    }

    /// The position of the metric called `name`. With a single function, its metrics may be asked for with or without
    /// `functions.NAME.`.
    ///
    /// # Errors
    /// When there is none, with the nearest name or the statistics of the metric.
    pub fn find(&self, name: &str) -> Result<usize, UnknownMetric> {
        let of_function = || {
            let function = self.only_function.as_deref()?;
            name.strip_prefix("functions.")?.strip_prefix(function)?.strip_prefix('.')
        };
        let known = |name: &str| self.positions.get(name).copied();
        known(name).or_else(|| of_function().and_then(known)).ok_or_else(|| UnknownMetric {
            name: name.to_owned(),
            hint: self.hint(of_function().unwrap_or(name)),
        })
    }

    fn hint(&self, name: &str) -> String {
        let of_metric =
            |metric: &&Metric| metric.name().strip_suffix(metric.statistic) == Some(&format!("{name}."));
        let statistics: Vec<_> =
            self.metrics.iter().filter(of_metric).map(|metric| metric.statistic).collect();
        if !statistics.is_empty() {
            return format!("name a statistic of it: {}", statistics.join(", "));
        }
        match did_you_mean(name, self.positions.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write METRIC.STATISTIC as in summary.csv, such as `lost.Sum` or `AsyncEventAge.p99`"
                .to_owned(),
        }
    }
}

impl From<SummaryRow> for Metric {
    fn from(row: SummaryRow) -> Self {
        Self { scope: row.scope, metric: row.metric, statistic: row.statistic, unit: row.unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::{busy, function};

    #[test]
    fn metrics_are_found_by_their_names() {
        let mut scenario = busy();
        let names = MetricNames::of(&scenario);
        let only = scenario.functions[0].name.clone();
        let cases = ["lost.Sum", "AsyncEventAge.p99", "Errors.Average", "cost_usd.Sum", "waiting.Average"];
        for name in cases {
            let at = names.find(name).unwrap();
            assert_eq!(names.all()[at].name(), name);
            assert_eq!(names.find(&format!("functions.{only}.{name}")), Ok(at));
        }
        scenario.functions.push(function("track"));
        let names = MetricNames::of(&scenario);
        let at = names.find("functions.track.lost.Sum").unwrap();
        assert_ne!(Ok(at), names.find("lost.Sum"));
    }

    #[test]
    fn routes_have_names_before_anything_went_there() {
        let scenario = busy();
        let names = MetricNames::of(&scenario);
        assert!(names.find("on_failure.failed.delivered.Sum").is_ok());
        assert!(names.find("on_failure.failed.delivery_failed.permission.Sum").is_ok());
    }

    #[test]
    fn an_unknown_name_gets_a_hint() {
        let names = MetricNames::of(&busy());
        let cases = [
            ("AsyncEventAge", "name a statistic of it: SampleCount, Average, p50, p90, p99, Maximum"),
            ("lots.Sum", "did you mean `lost.Sum`?"),
            ("", "write METRIC.STATISTIC"),
        ];
        for (name, hint) in cases {
            let unknown = names.find(name).unwrap_err();
            assert!(unknown.hint.starts_with(hint), "{name}: {}", unknown.hint);
        }
    }
}
