//! Counts of values with three significant figures, as the HDR histogram has them (<http://hdrhistogram.org>): below
//! 2 048 each value has a counter of its own, above that each octave has 1 024.
//!
//! It counts a value in a few instructions and can be cleared in proportion to what it holds, which a histogram of each
//! minute of each function needs; tests compare it with the `hdrhistogram` crate (`docs/decisions/007-own-histogram.md`).

use std::ops::Range;

/// Counters of values.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    /// All counters above zero lie in here.
    used: Range<usize>,
}

/// Bits of a value that are kept.
const FIGURE_BITS: u32 = 11;
/// Counters of an octave.
const HALF: u64 = 1 << (FIGURE_BITS - 1);

impl Histogram {
    /// Counts `value`.
    #[inline]
    pub fn record(&mut self, value: u64) {
        let index = index_of(value);
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] += 1;
        if self.used.is_empty() {
            self.used = index..index + 1;
        } else {
            self.used = self.used.start.min(index)..self.used.end.max(index + 1);
        }
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        if other.used.is_empty() {
            return;
        }
        if self.counts.len() < other.used.end {
            self.counts.resize(other.used.end, 0);
        }
        for index in other.used.clone() {
            self.counts[index] += other.counts[index];
        }
        self.used = if self.used.is_empty() {
            other.used.clone()
        } else {
            self.used.start.min(other.used.start)..self.used.end.max(other.used.end)
        };
    }

    /// The highest values that count as the same as those at ascending `ranks`, counted from one. Ranks beyond the
    /// last value give zero.
    pub fn values_at<const N: usize>(&self, ranks: [u64; N]) -> [u64; N] {
        let mut values = [0; N];
        let (mut next, mut seen) = (0, 0);
        for index in self.used.clone() {
            seen += self.counts[index];
            while next < N && ranks[next] <= seen {
                values[next] = highest_of(index);
                next += 1;
            }
        }
        values
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.counts[self.used.clone()].fill(0);
        self.used = 0..0;
    }
}

/// The counter of `value`.
#[expect(clippy::cast_possible_truncation, reason = "below 2^16")]
const fn index_of(value: u64) -> usize {
    let octave = (u64::BITS - FIGURE_BITS) - (value | (2 * HALF - 1)).leading_zeros();
    (octave as u64 * HALF + (value >> octave)) as usize
}

/// The highest value that is counted at `index`.
const fn highest_of(index: usize) -> u64 {
    let index = index as u64;
    if index < 2 * HALF {
        return index;
    }
    let (octave, figures) = (index / HALF - 1, index % HALF + HALF);
    // In this order, so that the highest octave does not overflow.
    ((figures << octave) - 1) + (1 << octave)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The reference: the same values in the crate that gave the idea.
    fn theirs(values: &[u64], ranks: [u64; 3]) -> [u64; 3] {
        let mut histogram = hdrhistogram::Histogram::<u64>::new(3).unwrap();
        values.iter().for_each(|value| histogram.record(*value).unwrap());
        let (mut found, mut next, mut seen) = ([0; 3], 0, 0);
        for bar in histogram.iter_recorded() {
            seen += bar.count_at_value();
            while next < 3 && ranks[next] <= seen {
                found[next] = bar.value_iterated_to();
                next += 1;
            }
        }
        found
    }

    proptest! {
        /// Goal: our counters are those of the HDR histogram. Method: values of every magnitude, against the crate.
        #[test]
        fn agrees_with_the_hdrhistogram_crate(
            values in proptest::collection::vec((0u32..62).prop_flat_map(|bits| 0..=(1u64 << bits)), 1..200),
            at in [0usize..1000, 0usize..1000, 0usize..1000],
        ) {
            let mut ranks = at.map(|at| (at % values.len()) as u64 + 1);
            ranks.sort_unstable();
            let mut ours = Histogram::default();
            values.iter().for_each(|value| ours.record(*value));
            prop_assert_eq!(ours.values_at(ranks), theirs(&values, ranks));
            let mut both = ours.clone();
            both.add(&ours);
            prop_assert_eq!(both.values_at(ranks.map(|rank| 2 * rank)), theirs(&values, ranks));
            ours.clear();
            values.iter().rev().for_each(|value| ours.record(*value));
            prop_assert_eq!(ours.values_at(ranks), theirs(&values, ranks));
        }
    }

    #[test]
    fn every_value_has_a_place_at_most_a_thousandth_below_its_end() {
        for value in [0, 1, 2_047, 2_048, 2_049, 1 << 40, u64::MAX / 3, u64::MAX] {
            let highest = highest_of(index_of(value));
            assert!(value <= highest && highest - value <= value / 1_000, "{value}: {highest}");
        }
    }
}
