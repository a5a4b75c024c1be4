//! The charts of a comparison.

use super::fate::FateAndRoutes;
use super::{Diff, MetricDifference};
use crate::chart::diff::{Change, FateChart, MetricChart, draw_fates, draw_metrics};
use crate::chart::{ChartFile, Format};
use crate::experiment::scale::Scale;
use crate::experiment::text::SHOWN;

/// The fate matrix, and how much each metric changed.
pub(super) fn draw(diff: &Diff, format: Format) -> [ChartFile; 2] {
    let subtitle = format!("A = {}, B = {}: {}", diff.a, diff.b, diff.sentence());
    [draw_fates(&fates(diff, &subtitle), format), draw_metrics(&metrics(diff, subtitle), format)]
}

fn fates(diff: &Diff, subtitle: &str) -> FateChart {
    let (rows, columns) = (diff.fates.rows(), diff.fates.columns());
    let name = |absent: &'static str| {
        move |fate: &Option<FateAndRoutes>| fate.map_or_else(|| absent.to_owned(), FateAndRoutes::name)
    };
    let events = rows.iter().flat_map(|row| {
        columns.iter().map(move |column| {
            let events = diff.fates.cell(*row, *column).map_or(0, |cell| cell.events);
            (events, row == column)
        })
    });
    FateChart {
        title: "What became of the very same events".to_owned(),
        subtitle: subtitle.to_owned(),
        rows: rows.iter().map(name("not in A")).collect(),
        columns: columns.iter().map(name("not in B")).collect(),
        cells: events.collect(),
    }
}

fn metrics(diff: &Diff, subtitle: String) -> MetricChart {
    let differing = SHOWN
        .iter()
        .filter_map(|name| diff.metric(name))
        .filter(|found| found.differs() && found.difference.is_some());
    let confidence = match diff.replications {
        1 => String::new(),
        n => format!(": {} intervals, {n} replications", diff.confidence),
    };
    MetricChart {
        title: format!("The change of each metric from A to B{confidence}"),
        subtitle,
        changes: differing.map(change).collect(),
    }
}

fn change(found: &MetricDifference) -> Change {
    let mean = |estimate: Option<crate::experiment::Estimate>| estimate.map_or(0.0, |estimate| estimate.mean);
    let (a, b) = (mean(found.a), mean(found.b));
    let scale = Scale::of(found.metric.unit, if a.abs() > b.abs() { a } else { b });
    let half = found.difference.and_then(|difference| difference.half_width);
    let share = |value: f64| value / a;
    Change {
        name: found.metric.name(),
        values: format!("{} → {}", scale.number(a, half), scale.number(b, half)),
        share: found.relative(),
        half_width: half.map(share).filter(|_| found.relative().is_some()),
    }
}
