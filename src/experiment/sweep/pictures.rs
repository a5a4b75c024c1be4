//! The charts of a sweep.

use super::recovery::{Class, Recovery};
use super::{Axis, Column, SweepTable, USUAL};
use crate::chart::sweep::{Numbers, SweepAxis, SweepChart, SweepMap, Verdict, draw as draw_chart, draw_map};
use crate::chart::{ChartFile, Format};

/// The most metrics that are drawn.
const MOST: usize = 8;

/// A chart for each metric that is worth one; none if more is varied than can be drawn.
pub(super) fn draw(table: &SweepTable, format: Format) -> Vec<ChartFile> {
    let grid = &table.about.grid;
    let axes = match grid.axes() {
        all if grid.is_zipped() => vec![zipped(all)],
        all if all.len() <= 3 => all.iter().map(SweepAxis::from).collect(),
        _ => return Vec::new(),
    };
    let all = &table.about.metrics;
    let usual = USUAL.iter().filter_map(|name| all.iter().position(|metric| metric.name == *name));
    let shown: Vec<usize> = if all.len() <= MOST { (0..all.len()).collect() } else { usual.collect() };
    let chart = |at: usize| {
        let column = &all[at];
        let points = table.estimates.iter().map(|estimates| {
            estimates[at].map(|estimate| (estimate.mean, estimate.half_width.unwrap_or(0.0)))
        });
        let chart = SweepChart {
            name: format!("sweep-{}", file_name(&column.name)),
            title: column.name.clone(),
            subtitle: subtitle(table),
            axes: axes.clone(),
            numbers: numbers(column),
            called: None,
            points: points.collect(),
            limit: None,
        };
        draw_chart(&chart, format)
    };
    shown.into_iter().map(chart).chain(recovery_map(table, format)).collect()
}

/// The recovery map, over two settings.
fn recovery_map(table: &SweepTable, format: Format) -> Option<ChartFile> {
    let grid = &table.about.grid;
    let map = table.recovery();
    let [y, x] = grid.axes() else { return None };
    if map.is_empty() || grid.is_zipped() {
        return None;
    }
    let cell = |recovery: &Option<Recovery>| {
        let class = recovery.map(|recovery| match recovery.class {
            Class::Recovered => Verdict::Good,
            Class::Degraded => Verdict::Middling,
            Class::Collapsed => Verdict::Bad,
        });
        (class, recovery.and_then(|recovery| recovery.time).map(|time| time.mean))
    };
    let map = SweepMap {
        name: "sweep-recovery".to_owned(),
        title: "Recovery: does the backlog come back while events arrive, and after how long".to_owned(),
        subtitle: subtitle(table),
        axes: [SweepAxis::from(y), SweepAxis::from(x)],
        words: [Class::Recovered, Class::Degraded, Class::Collapsed].map(Class::name),
        cells: map.iter().map(cell).collect(),
    };
    Some(draw_map(&map, format))
}

/// The values that belong together, as one.
fn zipped(axes: &[Axis]) -> SweepAxis {
    let together =
        |at: usize| axes.iter().map(|axis| axis.values[at].as_str()).collect::<Vec<_>>().join(" | ");
    SweepAxis {
        name: axes.iter().map(|axis| axis.path.as_str()).collect::<Vec<_>>().join(" | "),
        values: (0..axes[0].values.len()).map(together).collect(),
    }
}

impl From<&Axis> for SweepAxis {
    fn from(axis: &Axis) -> Self {
        Self { name: axis.path.clone(), values: axis.values.clone() }
    }
}

fn numbers(column: &Column) -> Numbers {
    match column.unit.as_str() {
        "Nanoseconds" => Numbers::Nanoseconds,
        "USD" => Numbers::Dollars,
        _ => Numbers::Plain,
    }
}

fn subtitle(table: &SweepTable) -> String {
    let about = &table.about;
    // A map has no room for them.
    let interval = if about.replications > 1 && (about.grid.is_zipped() || about.grid.axes().len() == 1) {
        format!(", {} confidence intervals", about.confidence())
    } else {
        String::new()
    };
    let of = if about.replications == 1 { "one run" } else { "means" };
    format!(
        "{} — {of} of {} replications a point, seed {}{interval}",
        about.scenario, about.replications, about.seed
    )
    .replace("one run of 1 replications a point", "one run a point")
}

/// Names from a scenario stay inside the folder.
fn file_name(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect()
}
