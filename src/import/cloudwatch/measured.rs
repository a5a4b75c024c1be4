//! Samples of metrics, by function, metric, statistic and time.

use crate::observe::metrics::Metric;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// A statistic of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statistic {
    /// `SampleCount`
    SampleCount,
    /// `Sum`
    Sum,
    /// `Average`
    Average,
    /// `Minimum`
    Minimum,
    /// `Maximum`
    Maximum,
    /// `pNN.N`: a percentile, in thousandths.
    Percentile(u16),
}

impl Statistic {
    /// The statistic with this name, in CloudWatch's or in the project's own writing (`Sum`, `sum`, `p99`, `p99.9`).
    pub fn named(name: &str) -> Option<Self> {
        let plain: String =
            name.chars().filter(|c| !matches!(c, '_' | ' ' | '-')).collect::<String>().to_ascii_lowercase();
        Some(match plain.as_str() {
            "samplecount" | "count" | "n" => Self::SampleCount,
            "sum" => Self::Sum,
            "average" | "avg" | "mean" => Self::Average,
            "minimum" | "min" => Self::Minimum,
            "maximum" | "max" => Self::Maximum,
            _ => Self::Percentile(thousandths(plain.strip_prefix('p')?)?),
        })
    }
}

/// `99.9` is 999; at most one digit behind the point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, tenths) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(tenths) || tenths.len() > 1 {
        return None;
    }
    let value = whole.parse::<u16>().ok()?.checked_mul(10)?.checked_add(tenths.parse().ok()?)?;
    (value <= 1_000).then_some(value)
}

/// The metric of Lambda with this name.
pub fn metric_named(name: &str) -> Option<Metric> {
    Metric::ALL.into_iter().find(|metric| metric.name() == name)
}

/// Values by the start of their period, in seconds since 1970.
pub type Series = BTreeMap<i64, f64>;

/// All that was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    series: BTreeMap<(String, Metric, Statistic), Series>,
}

/// The longest time that is read, in periods.
pub const MOST_PERIODS: i64 = 1_000_000;

impl Measured {
    /// Adds a sample; a later one of the same period replaces an earlier one.
    pub fn add(&mut self, function: &str, metric: Metric, statistic: Statistic, at: i64, value: f64) {
        self.series.entry((function.to_owned(), metric, statistic)).or_default().insert(at, value);
    }

    /// The functions, by name. Samples of the whole Region have none and do not count.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        let names: BTreeSet<&str> =
            self.series.keys().map(|(name, ..)| name.as_str()).filter(|name| !name.is_empty()).collect();
        names.into_iter()
    }

    /// A series; `None` if there is no sample of it.
    pub fn series(&self, function: &str, metric: Metric, statistic: Statistic) -> Option<&Series> {
        self.series.get(&(function.to_owned(), metric, statistic))
    }

    /// The metrics of which a function has samples.
    pub fn metrics(&self, function: &str) -> impl Iterator<Item = Metric> {
        let metrics: BTreeSet<Metric> =
            self.series.keys().filter(|(name, ..)| name == function).map(|(_, metric, _)| *metric).collect();
        metrics.into_iter()
    }

    /// The percentiles of which a function's metric has samples, ascending, with their series.
    pub fn percentiles<'m>(
        &'m self,
        function: &'m str,
        metric: Metric,
    ) -> impl Iterator<Item = (u16, &'m Series)> {
        self.series.iter().filter_map(move |((name, known, statistic), series)| match statistic {
            Statistic::Percentile(thousandths) if name == function && *known == metric => {
                Some((*thousandths, series))
            }
            _ => None,
        })
    }

    /// The length of a period in seconds: the smallest step between two samples, of whichever metrics, and a minute if
    /// there is no step.
    pub fn period(&self) -> i64 {
        let times: BTreeSet<i64> = self.series.values().flat_map(|series| series.keys().copied()).collect();
        let times: Vec<i64> = times.into_iter().collect();
        times.windows(2).map(|two| two[1] - two[0]).min().unwrap_or(60)
    }

    /// The first period and the end of the last one, in seconds since 1970.
    pub fn span(&self) -> Option<(i64, i64)> {
        let all = self
            .series
            .values()
            .filter_map(|series| Some((*series.first_key_value()?.0, *series.last_key_value()?.0)));
        let (first, last) = all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        Some((first, last.saturating_add(self.period())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_known_by_many_names() {
        let cases = [
            ("Sum", Some(Statistic::Sum)),
            ("sample_count", Some(Statistic::SampleCount)),
            ("p99", Some(Statistic::Percentile(990))),
            ("p99.9", Some(Statistic::Percentile(999))),
            ("P50", Some(Statistic::Percentile(500))),
            ("p101", None),
            ("p99.99", None),
            ("", None),
            ("tm99", None),
        ];
        for (name, expected) in cases {
            assert_eq!(Statistic::named(name), expected, "{name}");
        }
    }

    #[test]
    fn the_period_is_the_smallest_step_and_the_span_ends_behind_the_last() {
        let mut measured = Measured::default();
        for at in [600, 900, 1_800] {
            measured.add("f", Metric::Errors, Statistic::Sum, at, 1.0);
        }
        assert_eq!((measured.period(), measured.span()), (300, Some((600, 2_100))));
        assert_eq!(Measured::default().span(), None);
    }
}
