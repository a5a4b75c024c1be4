//! Ages of events, in cells that grow with the age.

use crate::time::SimDuration;

/// Event ages in cells whose width grows with the age: sixteen to each doubling, so that a quantile is off by less
/// than 1/16 of its value. The cells are exact below 16 ms; the greatest age is kept as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ages {
    /// Counts by [`cell_of`]; only as long as the greatest age needs.
    cells: Vec<u32>,
    count: u64,
    max: SimDuration,
}

impl Ages {
    pub(super) fn record(&mut self, age: SimDuration) {
        let cell = cell_of(age.as_millis());
        if self.cells.len() <= cell {
            self.cells.resize(cell + 1, 0);
        }
        self.cells[cell] = self.cells[cell].saturating_add(1);
        self.count += 1;
        self.max = self.max.max(age);
    }

    pub(super) fn merge(&mut self, later: &Self) {
        if self.cells.len() < later.cells.len() {
            self.cells.resize(later.cells.len(), 0);
        }
        for (mine, theirs) in self.cells.iter_mut().zip(&later.cells) {
            *mine = mine.saturating_add(*theirs);
        }
        self.count += later.count;
        self.max = self.max.max(later.max);
    }

    /// How many ages there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The greatest age, exactly; zero if there is none.
    pub fn max(&self) -> SimDuration {
        self.max
    }

    /// The age that `permille` thousandths of all ages do not exceed (nearest rank), interpolated within its cell
    /// and never above the greatest; zero if there is none.
    pub fn quantile(&self, permille: u64) -> SimDuration {
        let total: u64 = self.cells.iter().map(|count| u64::from(*count)).sum();
        let rank = (total * permille).div_ceil(1_000).max(1);
        let mut below = 0;
        for (cell, count) in self.cells.iter().enumerate() {
            let count = u64::from(*count);
            if below + count >= rank {
                let (from, width) = cell_range(cell);
                let within = width * (rank - below) / count.max(1);
                return SimDuration::from_millis(from + within.min(width - 1)).min(self.max);
            }
            below += count;
        }
        SimDuration::ZERO
    }
}

/// The cell of an age of `millis` ms: the age itself below 16, then its highest five bits and their position.
pub(super) fn cell_of(millis: u64) -> usize {
    let doublings = (millis / 16).checked_ilog2().map_or(0, |log| log + 1);
    let shift = doublings.saturating_sub(1);
    let cell = u64::from(shift) * 16 + (millis >> shift);
    usize::try_from(cell).expect("at most 16 cells for each of 64 doublings")
}

/// Where a cell begins and how wide it is, in ms.
pub(super) fn cell_range(cell: usize) -> (u64, u64) {
    let shift = (cell / 16).saturating_sub(1);
    let start = (cell - shift * 16) as u64;
    (start << shift, 1 << shift)
}
