//! Samples of a quantity with their percentiles, in bounded memory.
//!
//! A percentile is the *nearest rank*: of n samples in ascending order, p-th is the one at rank ⌈p·n/100⌉, counted from
//! one. It is always a sample that occurred. Up to [`EXACT_LIMIT`] samples it is exact; beyond that the samples go
//! into a histogram with three significant figures, and a percentile is at most 0.1 % above the exact one, never below.
//! Count, sum, minimum and maximum are always exact.

use hdrhistogram::Histogram;

/// Up to this many samples percentiles are exact.
pub const EXACT_LIMIT: usize = 4_096;

/// Samples of a quantity, most often of a duration in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    count: u64,
    sum: u128,
    minimum: u64,
    maximum: u64,
    /// The samples themselves, as long as they are few.
    exact: Vec<u64>,
    /// All of them, once they are many. Kept for reuse when cleared.
    histogram: Option<Histogram<u64>>,
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
    pub fn record(&mut self, value: u64) {
        self.minimum = if self.count == 0 { value } else { self.minimum.min(value) };
        self.maximum = self.maximum.max(value);
        self.count += 1;
        self.sum += u128::from(value);
        if !self.is_spilled() {
            self.exact.push(value);
            return;
        }
        self.spill(value);
    }

    /// Takes in all samples of `other`. Exact percentiles stay exact as long as they are few together.
    pub fn absorb(&mut self, other: &Self) {
        if !other.is_spilled() {
            other.exact.iter().for_each(|value| self.record(*value));
            return;
        }
        self.minimum = if self.count == 0 { other.minimum } else { self.minimum.min(other.minimum) };
        self.maximum = self.maximum.max(other.maximum);
        self.count += other.count;
        self.sum += other.sum;
        let ours = self.histogram.get_or_insert_with(new_histogram);
        for value in self.exact.drain(..) {
            ours.record(value).expect("a histogram that grows takes every value");
        }
        if let Some(theirs) = &other.histogram {
            ours.add(theirs).expect("a histogram that grows takes every value");
        }
    }

    /// The statistics; `None` without a sample.
    pub fn statistics(&mut self) -> Option<Statistics> {
        let [p50, p90, p99] = self.percentiles([50, 90, 99])?;
        Some(Statistics {
            count: self.count,
            sum: self.sum,
            minimum: self.minimum,
            maximum: self.maximum,
            p50,
            p90,
            p99,
        })
    }

    /// Forgets all samples and keeps the memory.
    pub fn clear(&mut self) {
        if self.is_spilled()
            && let Some(histogram) = &mut self.histogram
        {
            histogram.reset();
        }
        self.exact.clear();
        (self.count, self.sum, self.minimum, self.maximum) = (0, 0, 0, 0);
    }

    fn is_spilled(&self) -> bool {
        self.count > EXACT_LIMIT as u64
    }

    /// Moves what is in `exact` into the histogram, and `value` too.
    fn spill(&mut self, value: u64) {
        let histogram = self.histogram.get_or_insert_with(new_histogram);
        for value in self.exact.drain(..).chain([value]) {
            histogram.record(value).expect("a histogram that grows takes every value");
        }
    }

    /// The percentiles asked for, ascending; `None` without a sample.
    fn percentiles<const N: usize>(&mut self, percents: [u64; N]) -> Option<[u64; N]> {
        if self.count == 0 {
            return None;
        }
        let ranks = percents.map(|percent| nearest_rank(percent, self.count));
        if let Some(histogram) = self.histogram.as_ref().filter(|_| self.is_spilled()) {
            let values = values_at_ranks(histogram, ranks);
            return Some(values.map(|value| value.min(self.maximum)));
        }
        self.exact.sort_unstable();
        Some(ranks.map(|rank| {
            let index = usize::try_from(rank - 1).expect("few samples have small ranks");
            self.exact[index]
        }))
    }
}

fn new_histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three significant figures are allowed")
}

/// The rank, from 1, of the `percent`-th percentile of `count` samples: ⌈percent·count/100⌉, at least 1.
pub fn nearest_rank(percent: u64, count: u64) -> u64 {
    let rank = (u128::from(percent) * u128::from(count)).div_ceil(100);
    u64::try_from(rank).expect("a rank is at most the count").max(1)
}

/// The values at ascending `ranks`, in one pass.
fn values_at_ranks<const N: usize>(histogram: &Histogram<u64>, ranks: [u64; N]) -> [u64; N] {
    let mut values = [0; N];
    let mut next = 0;
    let mut seen = 0;
    for bar in histogram.iter_recorded() {
        seen += bar.count_at_value();
        while next < N && ranks[next] <= seen {
            values[next] = bar.value_iterated_to();
            next += 1;
        }
    }
    values
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
