//! Samples of a quantity with their percentiles, in bounded memory.
//!
//! A percentile is the *nearest rank*: of n samples in ascending order, p-th is the one at rank ⌈p·n/100⌉, counted from
//! one. It is always a sample that occurred. Up to [`EXACT_LIMIT`] samples it is exact; beyond that the samples go
//! into a [`Histogram`] with three significant figures, and a percentile is at most 0.1 % above the exact one, never
//! below. Count, sum, minimum and maximum are always exact.
//!
//! Taking note of a sample is one store: what is made of them is made of many at once.

use super::histogram::Histogram;

/// Up to this many samples percentiles are exact.
pub const EXACT_LIMIT: usize = 4_096;

/// Samples of a quantity, most often of a duration in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// The latest samples: all of them, as long as they are few.
    latest: Vec<u64>,
    /// Those before.
    earlier: Earlier,
}

/// Samples that are known by their histogram only.
#[derive(Clone, Debug, Default)]
struct Earlier {
    count: u64,
    sum: u128,
    minimum: u64,
    maximum: u64,
    /// Keeps its memory when cleared.
    histogram: Histogram,
}

/// What there is to say about at least one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// How many samples.
    pub count: u64,
    /// Their sum.
    pub sum: u128,
    /// The smallest.
    pub minimum: u64,
    /// The largest.
    pub maximum: u64,
    /// The median, by nearest rank.
    pub p50: u64,
    /// The 90th percentile, by nearest rank.
    pub p90: u64,
    /// The 99th percentile, by nearest rank.
    pub p99: u64,
}

impl Samples {
    /// Takes note of a sample.
    #[inline]
    pub fn record(&mut self, value: u64) {
        if self.latest.len() >= EXACT_LIMIT {
            self.spill();
        }
        self.latest.push(value);
    }

    /// Takes in all samples of `other`. Exact percentiles stay exact as long as they are few together.
    pub fn absorb(&mut self, other: &Self) {
        if other.earlier.count > 0 {
            self.spill();
            self.earlier.absorb(&other.earlier);
        }
        other.latest.iter().for_each(|value| self.record(*value));
    }

    /// The statistics; `None` without a sample.
    pub fn statistics(&mut self) -> Option<Statistics> {
        if self.earlier.count > 0 {
            self.spill();
            return Some(self.earlier.statistics());
        }
        exact_statistics(&mut self.latest)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.latest.is_empty() && self.earlier.count == 0
    }

    /// Forgets all samples and keeps the memory.
    pub fn clear(&mut self) {
        self.latest.clear();
        self.earlier.clear();
    }

    /// Makes room for more.
    #[cold]
    fn spill(&mut self) {
        self.earlier.take_in(&self.latest);
        self.latest.clear();
    }
}

impl Earlier {
    fn take_in(&mut self, values: &[u64]) {
        let Some((minimum, maximum)) = range_of(values) else { return };
        self.minimum = if self.count > 0 { self.minimum.min(minimum) } else { minimum };
        self.maximum = self.maximum.max(maximum);
        self.count += values.len() as u64;
        self.sum += sum_of(values, maximum);
        self.histogram.record_all(values, maximum);
    }

    fn absorb(&mut self, other: &Self) {
        self.minimum = if self.count == 0 { other.minimum } else { self.minimum.min(other.minimum) };
        self.maximum = self.maximum.max(other.maximum);
        self.count += other.count;
        self.sum += other.sum;
        self.histogram.add(&other.histogram);
    }

    /// The statistics of at least one sample.
    fn statistics(&self) -> Statistics {
        let ranks = [50, 90, 99].map(|percent| nearest_rank(percent, self.count));
        let [p50, p90, p99] = self.histogram.values_at(ranks).map(|value| value.min(self.maximum));
        let Self { count, sum, minimum, maximum, .. } = *self;
        Statistics { count, sum, minimum, maximum, p50, p90, p99 }
    }

    fn clear(&mut self) {
        if self.count > 0 {
            self.histogram.clear();
            (self.count, self.sum, self.minimum, self.maximum) = (0, 0, 0, 0);
        }
    }
}

/// The smallest and the largest value.
fn range_of(values: &[u64]) -> Option<(u64, u64)> {
    let first = *values.first()?;
    Some(values.iter().fold((first, first), |(low, high), value| (low.min(*value), high.max(*value))))
}

/// The sum of `values`, none of which is above `maximum`.
fn sum_of(values: &[u64], maximum: u64) -> u128 {
    if maximum.checked_mul(values.len() as u64).is_some() {
        // Most samples are far from the end of the numbers.
        return values.iter().fold(0_u64, |sum, value| sum.wrapping_add(*value)).into();
    }
    values.iter().map(|value| u128::from(*value)).sum()
}

/// The statistics of `values`, whose order changes.
fn exact_statistics(values: &mut [u64]) -> Option<Statistics> {
    let count = values.len() as u64;
    let (minimum, maximum) = range_of(values)?;
    // The highest first: what lies below a percentile is on its left then.
    let mut rest = &mut values[..];
    let [p99, p90, p50] = [99, 90, 50].map(|percent| {
        let index = usize::try_from(nearest_rank(percent, count) - 1).expect("few samples have small ranks");
        let (_, value, _) = rest.select_nth_unstable(index);
        let value = *value;
        rest = &mut std::mem::take(&mut rest)[..=index];
        value
    });
    let sum = sum_of(values, maximum);
    Some(Statistics { count, sum, minimum, maximum, p50, p90, p99 })
}

/// The rank, from 1, of the `percent`-th percentile of `count` samples: ⌈percent·count/100⌉, at least 1.
pub fn nearest_rank(percent: u64, count: u64) -> u64 {
    let rank = (u128::from(percent) * u128::from(count)).div_ceil(100);
    u64::try_from(rank).expect("a rank is at most the count").max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statistics(values: &[u64]) -> Option<Statistics> {
        let mut samples = Samples::default();
        for value in values {
            samples.record(*value);
        }
        samples.statistics()
    }

    #[test]
    fn no_sample_has_no_statistics() {
        assert_eq!(statistics(&[]), None);
    }

    #[test]
    fn percentiles_of_tiny_inputs_are_nearest_ranks() {
        let cases: [(&[u64], [u64; 3]); 5] = [
            (&[7], [7, 7, 7]),
            (&[2, 1], [1, 2, 2]),
            (&[3, 1, 2], [2, 3, 3]),
            (&[10, 20, 30, 40, 50, 60, 70, 80, 90, 100], [50, 90, 100]),
            (&[0, 0, 0, 5], [0, 5, 5]),
        ];
        for (values, expected) in cases {
            let found = statistics(values).unwrap();
            assert_eq!([found.p50, found.p90, found.p99], expected, "{values:?}");
        }
    }

    #[test]
    fn many_samples_stay_within_a_thousandth_and_are_never_understated() {
        let values: Vec<u64> = (1..=100_000_u64).map(|n| n * 1_000_003).collect();
        let found = statistics(&values).unwrap();
        assert_eq!((found.count, found.minimum, found.maximum), (100_000, 1_000_003, 100_000_300_000));
        assert_eq!(found.sum, values.iter().map(|value| u128::from(*value)).sum());
        for (percentile, rank) in [(found.p50, 50_000), (found.p90, 90_000), (found.p99, 99_000)] {
            let exact = values[rank - 1];
            assert!(exact <= percentile && percentile - exact <= exact / 1_000, "{rank}");
        }
    }

    #[test]
    fn absorbed_samples_are_as_if_recorded_here() {
        // Few and few, few and many, many and few, many and many; absorbing what is empty.
        for (ours, theirs) in [(10, 20), (10, 9_000), (9_000, 10), (9_000, 5_000), (0, 9_000), (3, 0)] {
            let (mut absorbing, mut other, mut recording) =
                (Samples::default(), Samples::default(), Samples::default());
            let value = |n: u64| n * n % 100_003;
            (0..ours).for_each(|n| absorbing.record(value(n)));
            (0..theirs).for_each(|n| other.record(value(n + 7)));
            (0..ours).chain((0..theirs).map(|n| n + 7)).for_each(|n| recording.record(value(n)));
            absorbing.absorb(&other);
            assert_eq!(absorbing.statistics(), recording.statistics(), "{ours} and {theirs}");
        }
    }

    #[test]
    fn cleared_samples_start_afresh_even_after_many() {
        let mut samples = Samples::default();
        (0..10_000).for_each(|value| samples.record(value));
        samples.clear();
        assert_eq!(samples.statistics(), None);
        samples.record(3);
        assert_eq!(samples.statistics().unwrap().p99, 3);
        (0..10_000).for_each(|_| samples.record(5));
        let found = samples.statistics().unwrap();
        assert_eq!((found.count, found.minimum, found.p50), (10_001, 3, 5));
    }
}
