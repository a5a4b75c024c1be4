//! How probable something is, and when it can happen.

use crate::time::SimTime;

/// A probability as a threshold on 53 random bits, so that it is decided in integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probability {
    threshold: u64,
}

impl Probability {
    /// Never.
    pub const NEVER: Self = Self { threshold: 0 };
    /// Always.
    pub const ALWAYS: Self = Self { threshold: 1 << 53 };

    /// The probability `p`; `None` unless 0 ≤ p ≤ 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
    pub fn new(p: f64) -> Option<Self> {
        (0.0..=1.0).contains(&p).then_some(Self { threshold: (p * 9_007_199_254_740_992.0) as u64 })
    }

    /// Whether it strikes, given 64 random bits.
    pub const fn strikes(self, word: u64) -> bool {
        word >> 11 < self.threshold
    }

    /// As a number 0..=1, for estimates.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
    pub fn as_f64(self) -> f64 {
        self.threshold as f64 / 9_007_199_254_740_992.0
    }

    /// Whether it can strike at all.
    pub const fn is_never(self) -> bool {
        self.threshold == 0
    }
}

/// Half-open intervals [from, until) of virtual time, in order and disjoint; none at all means always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    intervals: Vec<(SimTime, SimTime)>,
}

impl Windows {
    /// Windows that hold at every instant.
    pub const ALWAYS: Self = Self { intervals: Vec::new() };

    /// The windows given; `None` if one is empty, runs backwards, or overlaps or precedes the one before.
    pub fn new(intervals: Vec<(SimTime, SimTime)>) -> Option<Self> {
        let forwards = intervals.iter().all(|(from, until)| from < until);
        let ascending = intervals.is_sorted_by(|(_, end), (start, _)| end <= start);
        (forwards && ascending).then_some(Self { intervals })
    }

    /// Whether `at` lies in one of the windows.
    pub fn contain(&self, at: SimTime) -> bool {
        self.intervals.is_empty() || self.intervals.iter().any(|(from, until)| *from <= at && at < *until)
    }

    /// Whether some instant lies in windows of both.
    pub fn overlap(&self, other: &Self) -> bool {
        let meets = |(from, until): &(SimTime, SimTime)| {
            other.intervals.iter().any(|(start, end)| from < end && start < until)
        };
        self.intervals.is_empty() || other.intervals.is_empty() || self.intervals.iter().any(meets)
    }

    /// When the window in which `at` lies is over; `None` if it lies in none, or they have no end.
    pub fn end_of_window_at(&self, at: SimTime) -> Option<SimTime> {
        let mut ends = self.intervals.iter().filter(|(from, until)| *from <= at && at < *until);
        ends.next().map(|(_, until)| *until)
    }

    /// The windows, in order; empty means always.
    pub fn intervals(&self) -> &[(SimTime, SimTime)] {
        &self.intervals
    }
}
