//! How precise is precise enough: `AsyncEventAge.p99=±1%`.

use super::estimate::Estimate;
use super::names::{Metric, MetricNames};
use crate::observe::decimal::Decimal;
use crate::rounding::whole;
use crate::scenario::problem::quoted;
use crate::scenario::units;
use std::fmt;
use std::str::FromStr;

/// The half-width that an interval must not exceed.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// The metric's name.
    pub metric: String,
    /// How wide.
    pub margin: Margin,
}

/// Half of the width of an interval.
#[derive(Clone, Debug, PartialEq)]
pub enum Margin {
    /// As a share of the mean.
    Relative(f64),
    /// As it was written, in the metric's unit: `500ms`, `3`, `0.001USD`.
    Absolute(String),
}

/// A precision of one scenario: the metric is known, and the margin has its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// The metric's position among the names.
    pub metric: usize,
    margin: Bound,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    Relative(f64),
    Absolute(f64),
}

/// `AsyncEventAge.p99=±1%`
impl fmt::Display for Precision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.margin {
            Margin::Relative(share) => write!(out, "{}=±{}%", self.metric, share * 100.0),
            Margin::Absolute(text) => write!(out, "{}=±{text}", self.metric),
        }
    }
}

/// `METRIC=±1%` or `METRIC=±500ms`; the sign may be missing.
impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "write METRIC=±MARGIN, such as `AsyncEventAge.p99=±1%` or `drain_time.Maximum=±30s`";
        let (metric, margin) = text.split_once('=').ok_or(example)?;
        let margin = margin.trim();
        let margin = margin.strip_prefix('±').or_else(|| margin.strip_prefix("+-")).unwrap_or(margin).trim();
        let margin = match margin.strip_suffix('%') {
            Some(percent) => {
                let percent = percent.trim().parse::<f64>().ok();
                let share = percent.filter(|percent| *percent > 0.0 && *percent < 100.0);
                Margin::Relative(share.ok_or("a relative margin lies above 0% and below 100%")? / 100.0)
            }
            None if margin.is_empty() => return Err(example.to_owned()),
            None => Margin::Absolute(margin.to_owned()),
        };
        Ok(Self { metric: metric.trim().to_owned(), margin })
    }
}

impl Precision {
    /// What it means for a scenario with the metrics `names`.
    ///
    /// # Errors
    /// A message and a remedy: an unknown metric, or a margin that has not its unit.
    pub fn resolve(&self, names: &MetricNames) -> Result<Target, (String, String)> {
        let metric = names.find(&self.metric).map_err(|unknown| (unknown.to_string(), unknown.hint))?;
        let margin = match &self.margin {
            Margin::Relative(share) => Bound::Relative(*share),
            Margin::Absolute(text) => Bound::Absolute(amount(text, &names.all()[metric])?),
        };
        Ok(Target { metric, margin })
    }
}

/// A positive amount in the unit of `metric`.
fn amount(text: &str, metric: &Metric) -> Result<f64, (String, String)> {
    let wrong =
        |hint: &str| (format!("{} is no margin for {}", quoted(text), metric.name()), hint.to_owned());
    let number = |text: &str| Decimal::parse(text.trim()).map(Decimal::as_f64);
    let found = match metric.unit {
        "Nanoseconds" => Some(Decimal::new(units::duration(text)?.as_nanos().into(), 0).as_f64()),
        "USD" => number(text.trim_start_matches('$').trim_end_matches("USD")),
        _ => number(text),
    };
    let hint = match metric.unit {
        "USD" => "write a positive amount, such as `0.001USD`",
        _ => "write a positive number, such as `5`",
    };
    found.filter(|found| *found > 0.0).ok_or_else(|| wrong(hint))
}

impl Target {
    /// Whether the interval is narrow enough. A relative margin γ is held to γ/(1 + γ) of the mean found, so that the
    /// true mean is met within γ (Law, Simulation Modeling and Analysis, 5th ed., 9.4.1).
    pub fn is_met(&self, estimate: &Estimate) -> bool {
        estimate.half_width.is_some_and(|half| half <= self.allowed(estimate))
    }

    /// About how many replications it takes, if their spread stays as it is; `None` if no number would do.
    pub fn replications_needed(&self, estimate: &Estimate) -> Option<u64> {
        let (half, allowed) = (estimate.half_width?, self.allowed(estimate));
        let ratio = half / allowed;
        let needed = (f64::from(estimate.n) * ratio * ratio + 0.999).floor();
        (allowed > 0.0 && needed < 1e12).then_some(whole(needed))
    }

    fn allowed(&self, estimate: &Estimate) -> f64 {
        match self.margin {
            Bound::Relative(share) => estimate.mean.abs() * share / (1.0 + share),
            Bound::Absolute(amount) => amount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Confidence;
    use crate::observe::test_scenarios::busy;

    #[test]
    fn precisions_are_read_with_and_without_a_sign() {
        for text in ["lost.Sum=±5%", "lost.Sum=5%", "lost.Sum = +-5%"] {
            assert_eq!(text.parse::<Precision>().unwrap().to_string(), "lost.Sum=±5%");
        }
        assert_eq!("a.b=±500ms".parse::<Precision>().unwrap().to_string(), "a.b=±500ms");
        for text in
            ["", "lost.Sum", "lost.Sum=", "lost.Sum=±0%", "lost.Sum=100%", "lost.Sum=x%", "lost.Sum=NaN%"]
        {
            assert!(text.parse::<Precision>().is_err(), "{text}");
        }
    }

    #[test]
    fn margins_have_the_unit_of_their_metric() {
        let names = MetricNames::of(&busy());
        let bound =
            |text: &str| text.parse::<Precision>().unwrap().resolve(&names).map(|target| target.margin);
        assert_eq!(bound("AsyncEventAge.p99=±1.5s"), Ok(Bound::Absolute(1.5e9)));
        assert_eq!(bound("lost.Sum=±2"), Ok(Bound::Absolute(2.0)));
        assert_eq!(bound("cost_usd.Sum=±$0.5"), Ok(Bound::Absolute(0.5)));
        for text in
            ["AsyncEventAge.p99=±3", "lost.Sum=±1s", "lost.Sum=±0", "lots.Sum=±1", "cost_usd.Sum=-1USD"]
        {
            assert!(bound(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_target_is_met_by_a_narrow_interval_and_says_how_many_replications_one_takes() {
        let values = (0..10).map(|value| Decimal::new(95 + value, 0));
        let estimate = Estimate::of(values, Confidence::USUAL).unwrap();
        // 99.5 ± 2.17
        let target = |margin| Target { metric: 0, margin };
        let cases = [
            (Bound::Relative(0.03), true, 6),
            (Bound::Relative(0.02), false, 13),
            (Bound::Absolute(2.2), true, 10),
            (Bound::Absolute(0.5), false, 188),
        ];
        for (margin, met, needed) in cases {
            assert_eq!(target(margin).is_met(&estimate), met, "{margin:?}");
            assert_eq!(target(margin).replications_needed(&estimate), Some(needed), "{margin:?}");
        }
        let zero = Estimate { mean: 0.0, ..estimate };
        assert_eq!(target(Bound::Relative(0.1)).replications_needed(&zero), None);
    }
}
