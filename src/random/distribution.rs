//! Durations as random variables: sampled from addressed draws, rounded once to the nanosecond.
//!
//! Every law but two is sampled by inversion: one uniform number gives one duration, and a larger one never a
//! shorter duration, so that runs of two scenarios with the same draws stay comparable. The mixture spends one more
//! number on its choice, and the gamma law uses Marsaglia and Tsang's rejection method on the draw's own private
//! sequence, which cannot shift any other draw.

use super::{Draws, EventKey, Purpose, math};
use crate::time::SimDuration;
use std::sync::Arc;

/// The law of a duration; all parameters in seconds unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(SimDuration),
    /// Uniform between two bounds.
    Uniform {
        /// The lower bound.
        min: SimDuration,
        /// The upper bound; not below `min`.
        max: SimDuration,
    },
    /// Exponential.
    Exponential {
        /// The mean; positive.
        mean: f64,
    },
    /// Lognormal: the logarithm of the seconds is normal.
    Lognormal {
        /// The mean of the logarithm.
        mu: f64,
        /// The standard deviation of the logarithm; not negative.
        sigma: f64,
    },
    /// Gamma.
    Gamma {
        /// The shape; positive.
        shape: f64,
        /// The scale; positive.
        scale: f64,
    },
    /// Weibull.
    Weibull {
        /// The shape; positive.
        shape: f64,
        /// The scale; positive.
        scale: f64,
    },
    /// Given by its quantiles, linear between them: pairs of cumulative probability and seconds, both ascending,
    /// from probability 0 to 1.
    Empirical(Arc<[(f64, f64)]>),
    /// One of several laws, chosen by cumulative weight; the last weight is 1.
    Mixture(Arc<[(f64, Distribution)]>),
}

impl Distribution {
    /// One duration, from `draws`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for each run, in one place")]
    pub fn sample(&self, draws: &mut Draws) -> SimDuration {
        match self {
            Self::Constant(duration) => *duration,
            Self::Uniform { min, max } => uniform(*min, *max, draws.word()),
            Self::Mixture(parts) => pick(parts, draws.uniform()).sample(draws),
            _ => SimDuration::from_secs_f64_saturating(self.sample_seconds(draws)),
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is one half of the above")]
    fn sample_seconds(&self, draws: &mut Draws) -> f64 {
        match self {
            Self::Exponential { mean } => -mean * math::ln(draws.uniform()),
            Self::Lognormal { mu, sigma } => math::exp(mu + sigma * math::normal_quantile(draws.uniform())),
            Self::Weibull { shape, scale } => scale * math::pow(-math::ln(draws.uniform()), 1.0 / shape),
            Self::Gamma { shape, scale } => scale * gamma(*shape, draws),
            Self::Empirical(quantiles) => interpolate(quantiles, draws.uniform()),
            Self::Constant(_) | Self::Uniform { .. } | Self::Mixture(_) => self.sample(draws).as_secs_f64(),
        }
    }

    /// The mean in seconds: exact but for the gamma function that a Weibull law needs, which is good to 1e-10.
    pub fn mean_seconds(&self) -> f64 {
        match self {
            Self::Constant(duration) => duration.as_secs_f64(),
            Self::Uniform { min, max } => f64::midpoint(min.as_secs_f64(), max.as_secs_f64()),
            Self::Exponential { mean } => *mean,
            Self::Lognormal { mu, sigma } => math::exp(mu + sigma * sigma / 2.0),
            Self::Gamma { shape, scale } => shape * scale,
            Self::Weibull { shape, scale } => scale * math::exp(math::ln_gamma(1.0 + 1.0 / shape)),
            Self::Empirical(quantiles) => {
                let area =
                    |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1);
                quantiles.windows(2).map(area).sum()
            }
            Self::Mixture(parts) => weighted(parts).map(|(weight, law)| weight * law.mean_seconds()).sum(),
        }
    }
}

impl Distribution {
    /// The share of durations that are longer than `limit`, from 0 to 1: for estimates, and for the gamma law from a
    /// few hundred draws, good to about 0.05.
    pub fn share_above(&self, limit: SimDuration) -> f64 {
        let x = limit.as_secs_f64();
        match self {
            Self::Constant(duration) => f64::from(u8::from(*duration > limit)),
            Self::Uniform { min, max } => share_above_of_uniform(min.as_secs_f64(), max.as_secs_f64(), x),
            Self::Exponential { mean } => math::exp(-x / mean),
            Self::Lognormal { mu, sigma } if x > 0.0 && *sigma > 0.0 => {
                math::erfc((math::ln(x) - mu) / (sigma * std::f64::consts::SQRT_2)) / 2.0
            }
            Self::Lognormal { mu, .. } => f64::from(u8::from(x <= 0.0 || math::exp(*mu) > x)),
            Self::Weibull { shape, scale } => math::exp(-math::pow(x / scale, *shape)),
            Self::Gamma { .. } => {
                const DRAWS: u32 = 400;
                let draws = |number| EventKey(0).draws(Purpose::Duration, 0, number);
                let longer = (0..DRAWS).filter(|number| self.sample(&mut draws(*number)) > limit).count();
                f64::from(u32::try_from(longer).unwrap_or(DRAWS)) / f64::from(DRAWS)
            }
            Self::Empirical(quantiles) => {
                let pieces = quantiles
                    .windows(2)
                    .map(|pair| (pair[1].0 - pair[0].0) * share_above_of_uniform(pair[0].1, pair[1].1, x));
                pieces.sum()
            }
            Self::Mixture(parts) => {
                weighted(parts).map(|(weight, law)| weight * law.share_above(limit)).sum()
            }
        }
    }
}

/// The share above `x` of a uniform law between `min` and `max`.
fn share_above_of_uniform(min: f64, max: f64, x: f64) -> f64 {
    if x < min {
        1.0
    } else if x < max {
        (max - x) / (max - min)
    } else {
        0.0
    }
}

/// Uniform on [min, max], in integers.
fn uniform(min: SimDuration, max: SimDuration, word: u64) -> SimDuration {
    let width = u128::from((max - min).as_nanos()) + 1;
    let offset = (u128::from(word) * width) >> 64;
    min + SimDuration::from_nanos(u64::try_from(offset).expect("the offset is at most the width"))
}

/// The parts of a mixture, each with its own weight.
fn weighted(parts: &[(f64, Distribution)]) -> impl Iterator<Item = (f64, &Distribution)> {
    let below = std::iter::once(0.0).chain(parts.iter().map(|(cumulative, _)| *cumulative));
    parts.iter().zip(below).map(|((upto, law), from)| (upto - from, law))
}

/// The part of a mixture in which the uniform number `u` falls.
fn pick(parts: &[(f64, Distribution)], u: f64) -> &Distribution {
    let chosen = parts.partition_point(|(cumulative, _)| *cumulative < u);
    &parts[chosen.min(parts.len() - 1)].1
}

/// The quantile at `u`, linear between the given points.
fn interpolate(quantiles: &[(f64, f64)], u: f64) -> f64 {
    let upper = quantiles.partition_point(|(p, _)| *p < u).clamp(1, quantiles.len() - 1);
    let ((p0, x0), (p1, x1)) = (quantiles[upper - 1], quantiles[upper]);
    if p1 > p0 { x0 + (x1 - x0) * ((u - p0) / (p1 - p0)) } else { x1 }
}

/// A gamma variate of scale 1: Marsaglia, Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3),
/// 2000, <https://doi.org/10.1145/358407.358414>; for shapes below one with their boost by a power of a uniform.
fn gamma(shape: f64, draws: &mut Draws) -> f64 {
    if shape < 1.0 {
        let boost = math::pow(draws.uniform(), 1.0 / shape);
        return boost * gamma(shape + 1.0, draws);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = math::normal_quantile(draws.uniform());
        let root = 1.0 + c * x;
        if root > 0.0 {
            let v = root * root * root;
            if math::ln(draws.uniform()) < 0.5 * x * x + d - d * v + d * math::ln(v) {
                return d * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(law: &Distribution, count: u32) -> Vec<f64> {
        let sample = |run| law.sample(&mut EventKey(7).draws(Purpose::Duration, 0, run)).as_secs_f64();
        let mut seconds: Vec<f64> = (0..count).map(sample).collect();
        seconds.sort_by(f64::total_cmp);
        seconds
    }

    /// Goal: each law has the mean and median that theory gives. Method: 40 000 addressed samples; the tolerance is
    /// four standard errors of the mean, the seeds are fixed.
    #[test]
    fn means_and_medians_agree_with_theory() {
        let secs = SimDuration::from_secs;
        let empirical = Distribution::Empirical([(0.0, 1.0), (0.5, 2.0), (1.0, 5.0)].into());
        let mixture = Distribution::Mixture(
            [(0.75, Distribution::Constant(secs(1))), (1.0, Distribution::Constant(secs(9)))].into(),
        );
        // law, median, standard deviation
        let cases = [
            (Distribution::Constant(secs(2)), 2.0, 0.0),
            (Distribution::Uniform { min: secs(1), max: secs(3) }, 2.0, 0.577),
            (Distribution::Exponential { mean: 2.0 }, 1.386, 2.0),
            (Distribution::Lognormal { mu: 0.0, sigma: 0.5 }, 1.0, 0.604),
            (Distribution::Gamma { shape: 4.0, scale: 0.5 }, 1.836, 1.0),
            (Distribution::Gamma { shape: 0.5, scale: 2.0 }, 0.455, 1.414),
            (Distribution::Weibull { shape: 2.0, scale: 1.0 }, 0.8326, 0.463),
            (empirical, 2.0, 1.19),
            (mixture, 1.0, 3.46),
        ];
        for (law, median, deviation) in cases {
            let sorted = samples(&law, 40_000);
            let mean = sorted.iter().sum::<f64>() / 40_000.0;
            let tolerance = 4.0 * deviation / 200.0 + 1e-9;
            assert!((mean - law.mean_seconds()).abs() <= tolerance, "{law:?}: mean {mean}");
            for at in [4_000, 20_000, 36_000] {
                // Between two neighbours in a row of samples, so that equal ones are on one side.
                let limit = SimDuration::from_secs_f64_saturating(sorted[at]);
                let above = sorted.partition_point(|sample| *sample <= limit.as_secs_f64());
                let found = f64::from(u32::try_from(40_000 - above).unwrap()) / 40_000.0;
                let exact = law.share_above(limit);
                let tolerance = if matches!(law, Distribution::Gamma { .. }) { 0.05 } else { 0.01 };
                assert!((exact - found).abs() <= tolerance, "{law:?}: {exact} above {limit}, found {found}");
            }
            assert!(
                (sorted[20_000] - median).abs() <= 3.0 * tolerance + 1e-9,
                "{law:?}: median {}",
                sorted[20_000]
            );
        }
    }

    /// Goal: our samplers follow the laws that the `rand_distr` crate implements independently. Method: a
    /// two-sample Kolmogorov–Smirnov test at fixed seeds; 0.0195 is the critical distance for n = m = 20 000 at
    /// a level of one in a thousand.
    #[test]
    fn laws_agree_with_an_independent_implementation() {
        use rand::SeedableRng;
        use rand_distr::Distribution as _;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let mut oracle = |law: &dyn Fn(&mut rand_chacha::ChaCha8Rng) -> f64| {
            let mut seconds: Vec<f64> = (0..20_000).map(|_| law(&mut rng)).collect();
            seconds.sort_by(f64::total_cmp);
            seconds
        };
        let weibull = rand_distr::Weibull::new(1.0, 1.5).unwrap();
        let gamma = rand_distr::Gamma::new(0.7, 1.3).unwrap();
        let lognormal = rand_distr::LogNormal::new(0.3, 0.8).unwrap();
        let pairs = [
            (Distribution::Weibull { shape: 1.5, scale: 1.0 }, oracle(&|rng| weibull.sample(rng))),
            (Distribution::Gamma { shape: 0.7, scale: 1.3 }, oracle(&|rng| gamma.sample(rng))),
            (Distribution::Lognormal { mu: 0.3, sigma: 0.8 }, oracle(&|rng| lognormal.sample(rng))),
        ];
        for (law, theirs) in pairs {
            let distance = kolmogorov_smirnov(&samples(&law, 20_000), &theirs);
            assert!(distance < 0.0195, "{law:?}: distance {distance}");
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    fn kolmogorov_smirnov(ours: &[f64], theirs: &[f64]) -> f64 {
        let share_below = |x: f64| theirs.partition_point(|y| *y <= x) as f64 / theirs.len() as f64;
        let distance = |(i, x): (usize, &f64)| ((i + 1) as f64 / ours.len() as f64 - share_below(*x)).abs();
        ours.iter().enumerate().map(distance).fold(0.0, |a, b| if b > a { b } else { a })
    }

    #[test]
    fn the_uniform_law_reaches_both_ends_and_never_leaves_them() {
        let (min, max) = (SimDuration::from_nanos(5), SimDuration::from_nanos(9));
        assert_eq!(uniform(min, max, 0), min);
        assert_eq!(uniform(min, max, u64::MAX), max);
    }

    #[test]
    fn quantiles_at_the_ends_are_the_outermost_points() {
        let quantiles = [(0.0, 1.0), (1.0, 3.0)];
        let cases = [(1.0, 3.0), (0.5, 2.0), (f64::EPSILON, 1.0)];
        for (u, expected) in cases {
            assert!((interpolate(&quantiles, u) - expected).abs() < 1e-12);
        }
    }
}
