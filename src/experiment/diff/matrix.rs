//! The fate matrix: what became of the very same events in A and in B.

use super::fate::FateAndRoutes;
use super::pairing::Pairing;
use crate::experiment::estimate::Estimate;
use crate::experiment::student::Confidence;
use crate::observe::decimal::Decimal;
use std::collections::BTreeSet;

/// The events of both scenarios by what became of them in each.
#[derive(Clone, Debug, PartialEq)]
pub struct FateMatrix {
    /// The cells that hold an event in any replication, by fate in A and then by fate in B.
    pub cells: Vec<Cell>,
    /// Events of replication 0 that are in both and whose fate or routes differ.
    pub changed: u64,
    /// The same over all replications.
    pub changed_on_average: Estimate,
    /// Events of replication 0 that are in both and did not live the same life, whatever became of them.
    pub lived_differently: u64,
    /// The same over all replications.
    pub lived_differently_on_average: Estimate,
}

/// Events with one fate in A and one in B.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// What became of them in A; `None` for events that are in B only.
    pub a: Option<FateAndRoutes>,
    /// What became of them in B; `None` for events that are in A only.
    pub b: Option<FateAndRoutes>,
    /// How many there are in replication 0: the run that `run` and `explain` show.
    pub events: u64,
    /// How many there are over all replications.
    pub on_average: Estimate,
}

impl Cell {
    /// Whether they are in both, and something else became of them.
    pub fn is_change(&self) -> bool {
        self.a.is_some() && self.b.is_some() && self.a != self.b
    }
}

impl FateMatrix {
    /// Of the pairings of all replications, in their order; there is at least one.
    pub(super) fn of(pairings: &[Pairing], confidence: Confidence) -> Self {
        let keys: BTreeSet<_> = pairings.iter().flat_map(|pairing| pairing.matrix.keys().copied()).collect();
        let estimate = |count: &dyn Fn(&Pairing) -> u64| {
            let counts = pairings.iter().map(|pairing| Decimal::new(count(pairing).into(), 0));
            Estimate::of(counts, confidence).expect("at least one replication")
        };
        let cell = |key: &(Option<FateAndRoutes>, Option<FateAndRoutes>)| {
            let count = |pairing: &Pairing| pairing.matrix.get(key).copied().unwrap_or(0);
            Cell { a: key.0, b: key.1, events: count(&pairings[0]), on_average: estimate(&count) }
        };
        let changed = |pairing: &Pairing| {
            let cells = pairing.matrix.iter();
            cells.filter(|((a, b), _)| a.is_some() && b.is_some() && a != b).map(|(_, events)| events).sum()
        };
        Self {
            cells: keys.iter().map(cell).collect(),
            changed: changed(&pairings[0]),
            changed_on_average: estimate(&changed),
            lived_differently: pairings[0].lived_differently,
            lived_differently_on_average: estimate(&|pairing| pairing.lived_differently),
        }
    }

    /// Whether, in any replication, an event has another fate or life, or is in one of them only.
    pub fn differs(&self) -> bool {
        self.lived_differently_on_average.mean > 0.0
            || self.cells.iter().any(|cell| cell.a != cell.b && cell.on_average.mean > 0.0)
    }

    /// Events of replication 0 that are in both.
    pub fn paired(&self) -> u64 {
        let both = self.cells.iter().filter(|cell| cell.a.is_some() && cell.b.is_some());
        both.map(|cell| cell.events).sum()
    }

    /// Events of replication 0 that are in one only.
    pub(super) fn alone(&self) -> [(&'static str, u64); 2] {
        let sum = |only: fn(&Cell) -> bool| {
            self.cells.iter().filter(|cell| only(cell)).map(|cell| cell.events).sum()
        };
        [("A", sum(|cell| cell.b.is_none())), ("B", sum(|cell| cell.a.is_none()))]
    }

    /// The change of fate that most events of replication 0 made.
    pub fn most_frequent_change(&self) -> Option<&Cell> {
        let changes = self.cells.iter().filter(|cell| cell.is_change() && cell.events > 0);
        // Of equal ones the first.
        changes.rev().max_by_key(|cell| cell.events)
    }

    /// All events of replication 0 that had in A the fate that those of `cell` had, and that are in both.
    pub fn of_row(&self, cell: &Cell) -> u64 {
        let row = self.cells.iter().filter(|other| other.a == cell.a && other.b.is_some());
        row.map(|other| other.events).sum()
    }

    /// The rows: what became of events in A, in order; `None` last, for those that are in B only.
    pub fn rows(&self) -> Vec<Option<FateAndRoutes>> {
        in_order(self.cells.iter().map(|cell| cell.a))
    }

    /// The columns: what became of events in B, in order; `None` last, for those that are in A only.
    pub fn columns(&self) -> Vec<Option<FateAndRoutes>> {
        in_order(self.cells.iter().map(|cell| cell.b))
    }

    /// The cell where row `a` and column `b` meet, if it holds an event.
    pub fn cell(&self, a: Option<FateAndRoutes>, b: Option<FateAndRoutes>) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.a == a && cell.b == b)
    }
}

fn in_order(fates: impl Iterator<Item = Option<FateAndRoutes>>) -> Vec<Option<FateAndRoutes>> {
    let mut fates: Vec<_> = fates.collect::<BTreeSet<_>>().into_iter().collect();
    // An absent event has no fate, and the last place.
    if fates.first() == Some(&None) {
        fates.rotate_left(1);
    }
    fates
}
