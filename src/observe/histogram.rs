//! Counts of values with three significant figures, as the HDR histogram has them (<http://hdrhistogram.org>): below
//! 2 048 each value has a counter of its own, above that each octave has 1 024.
//!
//! It counts a value in a few instructions, and is read and cleared in proportion to what it holds, which a histogram
//! of each minute of each function needs; tests compare it with the `hdrhistogram` crate
//! (`docs/decisions/011-own-histogram.md`).

use std::ops::Range;

/// Counters of values.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    counts: Vec<u64>,
    /// Bit i of word w is set when block 64·w + i of the counters has one above zero.
    filled: Vec<u64>,
}

/// Bits of a value that are kept.
const FIGURE_BITS: u32 = 11;
/// Counters of an octave.
const HALF: u64 = 1 << (FIGURE_BITS - 1);
/// Counters of a block.
const BLOCK: usize = 64;

impl Histogram {
    /// Counts `values`, and tells the smallest and the largest, if there are any.
    pub fn record_all(&mut self, values: &[u64]) -> Option<(u64, u64)> {
        let mut low = *values.first()?;
        let mut span = 0;
        // None is above all their bits together, which are found quicker than the largest.
        let bits = values.iter().fold(0, |bits, value| bits | value);
        self.make_room(index_of(bits) + 1);
        let (counts, filled) = (&mut self.counts[..], &mut self.filled[..]);
        for value in values {
            // One comparison for both ends, which the values seldom move.
            if value.wrapping_sub(low) > span {
                let high = (low + span).max(*value);
                low = low.min(*value);
                span = high - low;
            }
            let index = index_of(*value);
            // Each time: whether it is the first of its counter nobody can foresee.
            filled[index / BLOCK / 64] |= 1 << (index / BLOCK % 64);
            // A run has fewer samples than there are numbers.
            counts[index] = counts[index].wrapping_add(1);
        }
        Some((low, low + span))
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        self.make_room(other.counts.len());
        for block in other.filled_blocks() {
            for (ours, theirs) in self.counts[block.clone()].iter_mut().zip(&other.counts[block]) {
                *ours += theirs;
            }
        }
        for (ours, theirs) in self.filled.iter_mut().zip(&other.filled) {
            *ours |= theirs;
        }
    }

    /// The highest values that count as the same as those at ascending `ranks`, counted from one. Ranks beyond the
    /// last value give zero.
    pub fn values_at<const N: usize>(&self, ranks: [u64; N]) -> [u64; N] {
        let mut values = [0; N];
        let (mut next, mut seen) = (0, 0);
        for block in self.filled_blocks() {
            let together: u64 = self.counts[block.clone()].iter().sum();
            if next == N || ranks[next] > seen + together {
                seen += together;
                continue;
            }
            for index in block {
                seen += self.counts[index];
                while next < N && ranks[next] <= seen {
                    values[next] = highest_of(index);
                    next += 1;
                }
            }
        }
        values
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        let filled = std::mem::take(&mut self.filled);
        for block in blocks_of(&filled) {
            self.counts[block].fill(0);
        }
        self.filled = filled;
        self.filled.fill(0);
    }

    /// Room for so many counters, in whole blocks.
    fn make_room(&mut self, counters: usize) {
        if self.counts.len() < counters {
            let blocks = counters.div_ceil(BLOCK);
            self.counts.resize(blocks * BLOCK, 0);
            self.filled.resize(blocks.div_ceil(64), 0);
        }
    }

    /// The blocks with a counter above zero, in ascending order.
    fn filled_blocks(&self) -> impl Iterator<Item = Range<usize>> {
        blocks_of(&self.filled)
    }
}

/// The blocks whose bits are set, in ascending order.
fn blocks_of(filled: &[u64]) -> impl Iterator<Item = Range<usize>> {
    filled.iter().enumerate().flat_map(|(at, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let bit = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            (bit < 64).then(|| (at * 64 + bit) * BLOCK..(at * 64 + bit + 1) * BLOCK)
        })
    })
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
        for value in values {
            histogram.record(*value).unwrap();
        }
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

    fn record(histogram: &mut Histogram, values: &[u64]) {
        let range = (*values.iter().min().unwrap(), *values.iter().max().unwrap());
        assert_eq!(histogram.record_all(values), Some(range));
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
            record(&mut ours, &values);
            prop_assert_eq!(ours.values_at(ranks), theirs(&values, ranks));
            let mut both = Histogram::default();
            record(&mut both, &[u64::MAX]);
            both.clear();
            both.add(&ours);
            both.add(&ours);
            prop_assert_eq!(both.values_at(ranks.map(|rank| 2 * rank)), theirs(&values, ranks));
            ours.clear();
            record(&mut ours, &values);
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
