//! What replications say about a number: its mean, and how sure that is.

use super::student::{Confidence, t_quantile};
use crate::observe::decimal::Decimal;
use crate::observe::samples::nearest_rank;

/// The mean of a metric over independent replications, with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// How many replications have the metric.
    pub n: u32,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with n − 1 in the denominator; `None` for one replication.
    pub standard_deviation: Option<f64>,
    /// Half of the width of the confidence interval of the mean; `None` for one replication.
    pub half_width: Option<f64>,
}

/// The smallest, some quantiles by nearest rank, and the largest of the replications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantiles {
    /// The smallest.
    pub minimum: Decimal,
    /// Of twenty replications, one is at most this.
    pub p05: Decimal,
    /// The median.
    pub p50: Decimal,
    /// Of twenty replications, nineteen are at most this.
    pub p95: Decimal,
    /// The largest.
    pub maximum: Decimal,
}

impl Estimate {
    /// The estimate from the values of independent replications, in their order; `None` without a value.
    ///
    /// ```
    /// use thirdtry::experiment::{Confidence, Estimate};
    /// use thirdtry::observe::decimal::Decimal;
    ///
    /// let values = [12, 15, 9, 14].map(|value| Decimal::new(value, 0));
    /// let estimate = Estimate::of(values, Confidence::USUAL).unwrap();
    /// assert_eq!(estimate.mean, 12.5);
    /// assert_eq!(format!("{:.3}", estimate.half_width.unwrap()), "4.210");
    /// ```
    pub fn of(values: impl IntoIterator<Item = Decimal>, confidence: Confidence) -> Option<Self> {
        let values: Vec<Decimal> = values.into_iter().collect();
        let places = values.iter().map(|value| value.places()).max()?;
        Self::of_units(
            &values.iter().map(|value| units(*value, places)).collect::<Vec<_>>(),
            places,
            confidence,
        )
    }

    /// The estimate of how much larger `b` is than `a` in the same replication; pairs of which one value is missing
    /// are left out.
    ///
    /// With common random numbers the two see the same events, so that their difference varies far less than
    /// either: its interval is the paired-t interval (Law, Simulation Modeling and Analysis, 5th ed., 10.2.1).
    pub fn of_differences(
        pairs: impl IntoIterator<Item = (Option<Decimal>, Option<Decimal>)>,
        confidence: Confidence,
    ) -> Option<Self> {
        let pairs: Vec<(Decimal, Decimal)> = pairs.into_iter().filter_map(|(a, b)| a.zip(b)).collect();
        let places = pairs.iter().map(|(a, b)| a.places().max(b.places())).max()?;
        let difference = |(a, b): &(Decimal, Decimal)| units(*b, places) - units(*a, places);
        Self::of_units(&pairs.iter().map(difference).collect::<Vec<_>>(), places, confidence)
    }

    /// The squares alone are summed as floats, in the order of the replications: basic operations in a fixed order
    /// have the same bits everywhere.
    fn of_units(units: &[i128], places: u8, confidence: Confidence) -> Option<Self> {
        let n = u32::try_from(units.len()).ok().filter(|n| *n > 0)?;
        let scale = as_float(10_i128.pow(u32::from(places)));
        let sum: i128 = units.iter().sum();
        let centre = sum / i128::from(n);
        let count = f64::from(n);
        let (mut squares, mut rest) = (0.0, 0.0);
        for value in units {
            let deviation = as_float(value - centre);
            squares += deviation * deviation;
            rest += deviation;
        }
        let spread = (n > 1).then(|| {
            let squares = squares - rest * rest / count;
            (if squares > 0.0 { squares } else { 0.0 } / (count - 1.0)).sqrt() / scale
        });
        Some(Self {
            n,
            mean: as_float(sum) / count / scale,
            standard_deviation: spread,
            half_width: spread.map(|spread| t_quantile(confidence, n - 1) * spread / count.sqrt()),
        })
    }

    /// The interval, lower end first; `None` for one replication.
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.half_width.map(|half| (self.mean - half, self.mean + half))
    }
}

impl Quantiles {
    /// The quantiles of the values; `None` without a value.
    pub fn of(values: impl IntoIterator<Item = Decimal>) -> Option<Self> {
        let mut values: Vec<Decimal> = values.into_iter().collect();
        let places = values.iter().map(|value| value.places()).max()?;
        values.sort_unstable_by_key(|value| units(*value, places));
        let at = |percent| {
            let rank = nearest_rank(percent, values.len() as u64);
            values[usize::try_from(rank - 1).expect("a rank is at most the count")]
        };
        Some(Self {
            minimum: values[0],
            p05: at(5),
            p50: at(50),
            p95: at(95),
            maximum: values[values.len() - 1],
        })
    }
}

/// The number in units of 10^−`places`.
fn units(value: Decimal, places: u8) -> i128 {
    let scale = 10_i128.pow(u32::from(places - value.places()));
    let units = i128::try_from(value.units()).ok().and_then(|units| units.checked_mul(scale));
    units.expect("far below 2^127")
}

#[expect(clippy::cast_precision_loss, reason = "an estimate is a real number")]
const fn as_float(value: i128) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(values: &[u128]) -> Vec<Decimal> {
        values.iter().map(|value| Decimal::new(*value, 0)).collect()
    }

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-9 * expected.abs()
    }

    #[test]
    fn a_textbook_example() {
        // Ten values with mean 1.34 and variance 0.17; 90 %: 1.34 ± 0.24 (Law, 4.5).
        let values = [120, 150, 168, 189, 95, 149, 158, 155, 50, 109].map(|value| Decimal::new(value, 2));
        let found = Estimate::of(values, Confidence::new(0.9).unwrap()).unwrap();
        let shown = format!(
            "{:.2} {:.2} {:.2}",
            found.mean,
            found.standard_deviation.unwrap(),
            found.half_width.unwrap()
        );
        assert_eq!(shown, "1.34 0.41 0.24");
    }

    #[test]
    fn huge_values_with_a_small_spread_keep_it() {
        let base = 4_000_000_000_000_000_000;
        let found = Estimate::of(whole(&[base + 1, base + 2, base + 3]), Confidence::USUAL).unwrap();
        assert!(near(found.standard_deviation.unwrap(), 1.0));
    }

    #[test]
    fn none_one_and_equal_values() {
        assert_eq!(Estimate::of(whole(&[]), Confidence::USUAL), None);
        let one = Estimate::of(whole(&[7]), Confidence::USUAL).unwrap();
        assert_eq!((one.n, one.mean, one.interval()), (1, 7.0, None));
        let equal = Estimate::of(whole(&[7, 7, 7]), Confidence::USUAL).unwrap();
        assert_eq!((equal.standard_deviation, equal.interval()), (Some(0.0), Some((7.0, 7.0))));
    }

    #[test]
    fn differences_are_paired_and_keep_their_sign() {
        let value = |value| Some(Decimal::new(value, 1));
        let pairs = [(value(100), value(90)), (value(300), value(290)), (None, value(1)), (value(1), None)];
        let found = Estimate::of_differences(pairs, Confidence::USUAL).unwrap();
        assert_eq!((found.n, found.mean, found.standard_deviation), (2, -1.0, Some(0.0)));
    }

    #[test]
    fn places_may_differ() {
        let found = Estimate::of([Decimal::new(15, 1), Decimal::new(250, 2)], Confidence::USUAL).unwrap();
        assert!(near(found.mean, 2.0));
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let found = Quantiles::of((1..=20).rev().map(|value| Decimal::new(value, 0))).unwrap();
        let all = [found.minimum, found.p05, found.p50, found.p95, found.maximum].map(Decimal::units);
        assert_eq!(all, [1, 1, 10, 19, 20]);
        assert_eq!(Quantiles::of([]), None);
    }
}
