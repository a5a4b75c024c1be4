//! The recovery map: at which points the backlog comes back after something went wrong, and how soon.

use super::finish::paths;
use super::{About, SweepTable};
use crate::experiment::estimate::Estimate;
use crate::sink::table::{Cell, Table};
use std::io::{self, Write};

/// What becomes of the system at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// In every replication the backlog came back while events arrived, and no event was lost.
    Recovered,
    /// The backlog came back in most replications, but not in all, or events were lost.
    Degraded,
    /// In half of the replications, or more, the backlog did not come back while events arrived.
    Collapsed,
}

impl Class {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Degraded => "degraded",
            Self::Collapsed => "collapsed",
        }
    }

    fn of(recovered: Estimate, lost: Option<Estimate>) -> Self {
        let anything_lost = lost.is_some_and(|lost| lost.mean > 0.0);
        if recovered.mean <= 0.5 {
            Self::Collapsed
        } else if recovered.mean < 1.0 || anything_lost {
            Self::Degraded
        } else {
            Self::Recovered
        }
    }
}

/// A point of the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    /// What becomes of it.
    pub class: Class,
    /// The share of replications in which the backlog came back.
    pub recovered: f64,
    /// How long after the last window it came back, where it did; nanoseconds.
    pub time: Option<Estimate>,
    /// Events lost.
    pub lost: Option<Estimate>,
}

/// The columns of `recovery.csv` behind what is varied.
const COLUMNS: [&str; 5] = ["class", "recovered", "recovery_time_ns", "recovery_time_half_width_ns", "lost"];

/// The names of the columns of `recovery.csv`, but for what is varied.
pub fn columns() -> impl Iterator<Item = &'static str> {
    ["point"].into_iter().chain(COLUMNS)
}

impl SweepTable {
    /// The map: by point; `None` where there was nothing to recover from. Empty if that is so everywhere, or if the
    /// metrics for it were not chosen.
    pub fn recovery(&self) -> Vec<Option<Recovery>> {
        let find = |name: &str| self.about.metrics.iter().position(|metric| metric.name == name);
        let (Some(recovered), Some(time)) = (find("recovered.Sum"), find("recovery_time.Maximum")) else {
            return Vec::new();
        };
        let lost = find("lost.Sum");
        let of_point = |estimates: &Vec<Option<Estimate>>| {
            let lost = lost.and_then(|at| estimates[at]);
            let recovered = estimates[recovered]?;
            let class = Class::of(recovered, lost);
            Some(Recovery { class, recovered: recovered.mean, time: estimates[time], lost })
        };
        let map: Vec<_> = self.estimates.iter().map(of_point).collect();
        if map.iter().all(Option::is_none) { Vec::new() } else { map }
    }
}

/// Writes the map as a table.
pub(super) fn write<W: Write>(about: &About, map: &[Option<Recovery>], writer: W) -> io::Result<W> {
    let mut table = Table::new(writer, ["point"].into_iter().chain(paths(about)).chain(COLUMNS));
    for (point, recovery) in map.iter().enumerate() {
        let real = |value: Option<f64>| value.map_or(Cell::Empty, |value| Cell::Real(value, 3));
        let cells = [
            recovery.map_or(Cell::Empty, |recovery| Cell::Word(recovery.class.name())),
            real(recovery.map(|recovery| recovery.recovered)),
            real(recovery.and_then(|recovery| recovery.time).map(|time| time.mean)),
            real(recovery.and_then(|recovery| recovery.time).and_then(|time| time.half_width)),
            real(recovery.and_then(|recovery| recovery.lost).map(|lost| lost.mean)),
        ];
        let settings = about.grid.values(point).into_iter().map(Cell::Name);
        table.row([Cell::Integer(point as u64)].into_iter().chain(settings).chain(cells));
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_follow_from_shares_and_losses() {
        let estimate = |mean| Estimate { n: 10, mean, standard_deviation: None, half_width: None };
        let cases = [
            (1.0, 0.0, Class::Recovered),
            (1.0, 0.1, Class::Degraded),
            (0.9, 0.0, Class::Degraded),
            (0.5, 0.0, Class::Collapsed),
            (0.0, 9.0, Class::Collapsed),
        ];
        for (recovered, lost, expected) in cases {
            assert_eq!(Class::of(estimate(recovered), Some(estimate(lost))), expected, "{recovered} {lost}");
        }
    }

    #[test]
    fn the_documentation_defines_every_column() {
        let docs = include_str!("../../../docs/sweeps.md");
        for column in columns() {
            assert!(docs.contains(&format!("| `{column}` |")), "docs/sweeps.md lacks `{column}`");
        }
    }
}
