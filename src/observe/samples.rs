//! Samples of a quantity with their percentiles, in bounded memory.
//!
//! A percentile is the *nearest rank*: of n samples in ascending order, p-th is the one at rank ⌈p·n/100⌉, counted from
//! one. It is always a sample that occurred. Up to [`EXACT_LIMIT`] samples it is exact; beyond that the samples go
//! into a [`Histogram`] with three significant figures, and a percentile is at most 0.1 % above the exact one, never
//! below. Count, sum, minimum and maximum are always exact.
//!
//! Taking note of a sample is one store: what is made of them is made of many at once. Zeros, which are most ages where
//! nothing waits, are only counted.
#![expect(
    clippy::inline_always,
    reason = "a few instructions for each sample, most of which a call would double"
)]

use super::histogram::Histogram;

/// Up to this many samples percentiles are exact.
pub const EXACT_LIMIT: usize = 4_096;

/// Samples of a quantity, most often of a duration in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// Samples that are zero.
    zeros: u64,
    /// Room for the latest others: no longer than the limit.
    latest: Box<[u64]>,
    /// How many of these there are: all of them, as long as they are few.
    used: usize,
    /// Those before.
    earlier: Earlier,
}

/// Samples above zero that are known by their histogram only.
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
    #[inline(always)]
    pub fn record(&mut self, value: u64) {
        if value == 0 {
            self.zeros += 1;
        } else if let Some(place) = self.latest.get_mut(self.used) {
            *place = value;
            self.used += 1;
        } else {
            self.record_beyond(value);
        }
    }

    /// The same, where there is no room.
    #[cold]
    #[inline(never)]
    fn record_beyond(&mut self, value: u64) {
        if self.used == EXACT_LIMIT {
            self.spill();
        } else {
            let mut longer = std::mem::take(&mut self.latest).into_vec();
            longer.resize((2 * self.used).clamp(4, EXACT_LIMIT), 0);
            self.latest = longer.into();
        }
        self.record(value);
    }

    /// All samples of `parts`.
    pub fn together<'a>(mut parts: impl Iterator<Item = &'a Self>) -> Self {
        let mut all = parts.next().cloned().unwrap_or_default();
        parts.for_each(|part| all.absorb(part));
        all
    }

    /// Takes in all samples of `other`. Exact percentiles stay exact as long as they are few together.
    pub fn absorb(&mut self, other: &Self) {
        self.zeros += other.zeros;
        if other.earlier.count > 0 {
            self.spill();
            self.earlier.absorb(&other.earlier);
        }
        other.latest[..other.used].iter().for_each(|value| self.record(*value));
    }

    /// The statistics; `None` without a sample.
    pub fn statistics(&mut self) -> Option<Statistics> {
        if self.count() <= EXACT_LIMIT as u64 {
            return exact_statistics(self.zeros, &mut self.latest[..self.used]);
        }
        self.spill();
        Some(self.earlier.statistics(self.zeros))
    }

    /// How many there are.
    pub(super) const fn count(&self) -> u64 {
        self.zeros + self.used as u64 + self.earlier.count
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Forgets all samples and keeps the memory.
    pub fn clear(&mut self) {
        (self.zeros, self.used) = (0, 0);
        self.earlier.clear();
    }

    /// Makes room for more.
    fn spill(&mut self) {
        self.earlier.take_in(&self.latest[..self.used]);
        self.used = 0;
    }
}

impl Earlier {
    fn take_in(&mut self, values: &[u64]) {
        let Some((minimum, maximum)) = self.histogram.record_all(values) else { return };
        self.minimum = if self.count > 0 { self.minimum.min(minimum) } else { minimum };
        self.maximum = self.maximum.max(maximum);
        self.count += values.len() as u64;
        self.sum += sum_of(values, maximum);
    }

    fn absorb(&mut self, other: &Self) {
        self.minimum = if self.count > 0 { self.minimum.min(other.minimum) } else { other.minimum };
        self.maximum = self.maximum.max(other.maximum);
        self.count += other.count;
        self.sum += other.sum;
        self.histogram.add(&other.histogram);
    }

    /// The statistics of these and of so many `zeros`, at least one sample together.
    fn statistics(&self, zeros: u64) -> Statistics {
        let Self { sum, maximum, .. } = *self;
        let count = zeros + self.count;
        // The rank 0 lies before all that is in the histogram.
        let ranks = [50, 90, 99].map(|percent| nearest_rank(percent, count).saturating_sub(zeros));
        let mut values = self.histogram.values_at(ranks).map(|value| value.min(maximum));
        for (value, _) in values.iter_mut().zip(ranks).filter(|(_, rank)| *rank == 0) {
            *value = 0;
        }
        let ([p50, p90, p99], minimum) = (values, if zeros > 0 { 0 } else { self.minimum });
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

/// The statistics of so many `zeros` and of `values`, which are above zero and whose order changes.
fn exact_statistics(zeros: u64, values: &mut [u64]) -> Option<Statistics> {
    let count = zeros + values.len() as u64;
    if count == 0 {
        return None;
    }
    let (minimum, maximum) = range_of(values).unwrap_or_default();
    // The highest first: what lies below a percentile is on its left then.
    let mut rest = &mut values[..];
    let [p99, p90, p50] = [99, 90, 50].map(|percent| {
        let Some(rank) = nearest_rank(percent, count).checked_sub(zeros + 1) else { return 0 };
        let index = usize::try_from(rank).expect("few samples have small ranks");
        let (_, value, _) = rest.select_nth_unstable(index);
        let value = *value;
        rest = &mut std::mem::take(&mut rest)[..=index];
        value
    });
    let (sum, minimum) = (sum_of(values, maximum), if zeros > 0 { 0 } else { minimum });
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

    /// Goal: that zeros are kept apart shows nowhere. Method: as if they were not, few and many, against sorting.
    #[test]
    fn zeros_count_like_any_other_sample() {
        for (zeros, others) in
            [(1, 0), (4_096, 0), (5_000, 0), (3_000, 500), (4_000, 97), (4_000, 5_000), (10, 5_000)]
        {
            let mut values: Vec<u64> =
                (0..zeros).map(|_| 0).chain((1..=others).map(|n| n % 2_000 + 1)).collect();
            let found = statistics(&values).unwrap();
            values.sort_unstable();
            let at = |percent| values[usize::try_from(nearest_rank(percent, found.count)).unwrap() - 1];
            assert_eq!(found.count, zeros + others);
            assert_eq!((found.minimum, found.maximum), (values[0], values[values.len() - 1]));
            assert_eq!([found.p50, found.p90, found.p99], [50, 90, 99].map(at), "{zeros} and {others}");
            assert_eq!(found.sum, values.iter().map(|value| u128::from(*value)).sum());
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
            let value = |n: u64| if n.is_multiple_of(3) { 0 } else { n * n % 100_003 };
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
