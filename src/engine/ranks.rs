//! Sorting a few numbers by counting, for each, how many come before it.
//!
//! Which of two times is the earlier is a coin toss to a processor, and each wrong guess costs as much as some fifty
//! comparisons that nothing depends on. So a few numbers are all compared with each other: no branch depends on them,
//! and the compiler compares several at once.

/// Most numbers for which that pays.
pub const MOST: usize = 64;
/// So many are compared at once, and a table is filled up to a multiple of it.
const LANES: usize = 8;
/// What the table is filled up with: nothing comes after it.
const FILLER: i32 = i32::MAX;

/// A table of numbers, kept for its memory.
#[derive(Clone, Debug, Default)]
pub struct Ranks {
    numbers: Vec<i32>,
    len: usize,
}

impl Ranks {
    /// Takes `numbers` instead of those before: not negative.
    #[inline]
    pub fn fill(&mut self, numbers: impl Iterator<Item = i32>) {
        self.numbers.clear();
        self.numbers.extend(numbers);
        self.len = self.numbers.len();
        self.numbers.resize(self.len.next_multiple_of(LANES), FILLER);
    }

    /// Tells `place` the position of each number and how many are lower; false if some were equal.
    #[inline]
    pub fn place(&self, mut place: impl FnMut(usize, usize)) -> bool {
        let mut pairs = 0;
        for (position, number) in self.numbers[..self.len].iter().enumerate() {
            let lower = self.count_below(*number);
            pairs += lower;
            place(position, lower);
        }
        // Of two different numbers one is the lower.
        pairs == self.len * self.len.saturating_sub(1) / 2
    }

    #[inline]
    fn count_below(&self, number: i32) -> usize {
        // At most as many as there are numbers; a check of each sum would keep the lanes apart.
        let mut lower = [0_u32; LANES];
        for lanes in self.numbers.chunks_exact(LANES) {
            for (lower, other) in lower.iter_mut().zip(lanes) {
                *lower = lower.wrapping_add(u32::from(*other < number));
            }
        }
        lower.iter().fold(0_u32, |sum, lower| sum.wrapping_add(*lower)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Goal: as the library's sort, and ties are told. Method: random numbers of few and of many values.
        #[test]
        fn places_are_those_after_a_sort(
            numbers in proptest::collection::vec(prop_oneof![0..20, 0..i32::MAX], 0..=MOST)
        ) {
            let mut ranks = Ranks::default();
            // What was there before leaves nothing behind.
            ranks.fill(0..17);
            ranks.fill(numbers.iter().copied());
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            let mut placed = vec![None; numbers.len()];
            let all_differ = ranks.place(|from, to| placed[to] = Some(numbers[from]));
            prop_assert_eq!(all_differ, sorted.windows(2).all(|pair| pair[0] < pair[1]));
            if all_differ {
                prop_assert_eq!(placed, sorted.into_iter().map(Some).collect::<Vec<_>>());
            }
        }
    }
}
