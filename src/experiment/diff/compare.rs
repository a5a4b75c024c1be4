//! A metric in both scenarios: how much larger it is in B, how sure that is, and what pairing has gained.

use crate::experiment::estimate::Estimate;
use crate::experiment::names::{Metric, MetricNames};
use crate::experiment::replicate::Replication;
use crate::experiment::student::{Confidence, t_quantile};
use crate::observe::decimal::Decimal;

/// A metric in A, in B, and the difference.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricDifference {
    /// The metric.
    pub metric: Metric,
    /// Its mean in A; `None` without a value there.
    pub a: Option<Estimate>,
    /// Its mean in B.
    pub b: Option<Estimate>,
    /// B − A, replication by replication on the same events; `None` if no replication has both.
    pub difference: Option<Estimate>,
    /// Half of the width that the interval of the difference would have had with other events in B than in A (Welch's
    /// interval of two independent samples); `None` for one replication.
    pub unpaired_half_width: Option<f64>,
    /// The share of the variance of the difference that the common events have taken away: 1 − s²(B − A) / (s²(A) +
    /// s²(B)); negative if they have added to it, `None` where nothing varies.
    pub variance_reduction: Option<f64>,
    /// The places of its values.
    pub places: u8,
}

impl MetricDifference {
    /// Whether any replication of one has another value than the same of the other.
    pub fn differs(&self) -> bool {
        match (&self.a, &self.b, &self.difference) {
            (Some(_), Some(_), Some(found)) => {
                found.mean.abs() > 0.0 || found.standard_deviation.is_some_and(|spread| spread > 0.0)
            }
            (None, None, _) => false,
            (a, b, _) => a.is_some() != b.is_some(),
        }
    }

    /// Whether the interval of the difference leaves out zero: what was found is no accident of the replications.
    /// `None` for a single replication.
    pub fn is_certain(&self) -> Option<bool> {
        let (low, high) = self.difference?.interval()?;
        Some(low > 0.0 || high < 0.0)
    }

    /// The difference as a share of what it was in A; `None` where that is zero.
    pub fn relative(&self) -> Option<f64> {
        let (a, difference) = (self.a?, self.difference?);
        (a.mean.abs() > 0.0).then(|| difference.mean / a.mean)
    }
}

/// Everything that has a name in either.
pub(super) fn all(
    names: [&MetricNames; 2],
    runs: [&[Replication]; 2],
    confidence: Confidence,
) -> Vec<MetricDifference> {
    let theirs = |metric: &Metric| names[1].all().iter().position(|other| other.name() == metric.name());
    let of_a = names[0].all().iter().enumerate().map(|(at, metric)| {
        let values = [values(runs[0], Some(at)), values(runs[1], theirs(metric))];
        compare(metric, &values, confidence)
    });
    let known = |metric: &Metric| names[0].all().iter().any(|other| other.name() == metric.name());
    let only_b = names[1].all().iter().enumerate().filter(|(_, metric)| !known(metric));
    let only_b = only_b
        .map(|(at, metric)| compare(metric, &[values(runs[0], None), values(runs[1], Some(at))], confidence));
    of_a.chain(only_b).collect()
}

/// The metric of each replication.
fn values(runs: &[Replication], metric: Option<usize>) -> Vec<Option<Decimal>> {
    runs.iter().map(|run| metric.and_then(|at| run.values[at])).collect()
}

fn compare(metric: &Metric, values: &[Vec<Option<Decimal>>; 2], confidence: Confidence) -> MetricDifference {
    let [a, b] = [0, 1].map(|side| Estimate::of(values[side].iter().copied().flatten(), confidence));
    let pairs = values[0].iter().copied().zip(values[1].iter().copied());
    let difference = Estimate::of_differences(pairs, confidence);
    let both = a.zip(b).zip(difference);
    MetricDifference {
        metric: metric.clone(),
        a,
        b,
        difference,
        unpaired_half_width: a.zip(b).and_then(|(a, b)| welch(&a, &b, confidence)),
        variance_reduction: both.and_then(|((a, b), difference)| reduction(&a, &b, &difference)),
        places: values.iter().flatten().flatten().map(|value| value.places()).max().unwrap_or(0),
    }
}

/// Half of the width of Welch's interval for the difference of two independent means, with the degrees of freedom of
/// Satterthwaite, rounded down.
fn welch(a: &Estimate, b: &Estimate, confidence: Confidence) -> Option<f64> {
    let part = |one: &Estimate| {
        let variance = one.standard_deviation? * one.standard_deviation? / f64::from(one.n);
        Some((variance, variance * variance / f64::from(one.n - 1)))
    };
    let ((of_a, squared_a), (of_b, squared_b)) = (part(a)?, part(b)?);
    let variance = of_a + of_b;
    if variance <= 0.0 {
        return Some(0.0);
    }
    let freedom = variance * variance / (squared_a + squared_b);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1, below 2^33")]
    let freedom = (freedom.floor() as u64).clamp(1, u64::from(u32::MAX)) as u32;
    Some(t_quantile(confidence, freedom) * variance.sqrt())
}

fn reduction(a: &Estimate, b: &Estimate, difference: &Estimate) -> Option<f64> {
    let variance = |one: &Estimate| one.standard_deviation.map(|spread| spread * spread);
    let apart = variance(a)? + variance(b)?;
    (apart > 0.0).then_some(()).and(variance(difference)).map(|paired| 1.0 - paired / apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(n: u32, spread: f64) -> Estimate {
        Estimate { n, mean: 0.0, standard_deviation: Some(spread), half_width: None }
    }

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-3 * expected.abs()
    }

    #[test]
    fn welchs_interval_has_the_degrees_of_freedom_of_satterthwaite() {
        // Equal spreads and sizes: 2(n − 1) degrees, t = 2.101 for 18.
        let found = welch(&estimate(10, 3.0), &estimate(10, 3.0), Confidence::USUAL).unwrap();
        assert!(near(found, 2.1009 * (18.0_f64 / 10.0).sqrt()), "{found}");
        // One of them does not vary: n − 1 degrees, t = 2.262 for 9.
        let found = welch(&estimate(10, 3.0), &estimate(10, 0.0), Confidence::USUAL).unwrap();
        assert!(near(found, 2.2622 * (9.0_f64 / 10.0).sqrt()), "{found}");
        assert_eq!(welch(&estimate(10, 0.0), &estimate(10, 0.0), Confidence::USUAL), Some(0.0));
    }

    #[test]
    fn what_pairing_takes_away_is_a_share_of_the_variance() {
        let found = |spread| reduction(&estimate(5, 3.0), &estimate(5, 4.0), &estimate(5, spread));
        assert_eq!((found(0.0), found(5.0), found(10.0)), (Some(1.0), Some(0.0), Some(-3.0)));
        assert_eq!(reduction(&estimate(5, 0.0), &estimate(5, 0.0), &estimate(5, 0.0)), None);
    }
}
