//! A sweep for people: a row for each point, the metrics that say most; all of it is in `sweep.csv`.

use super::{SweepTable, USUAL};
use crate::experiment::scale::Scale;
use crate::scenario::shape::last_part;
use crate::text::markdown::escaped;
use crate::text::number::counted;
use crate::text::table::Table;

/// More points than this are not shown.
const MOST_POINTS_SHOWN: usize = 60;
/// More metrics than this are not shown: a line has an end.
const MOST_METRICS_SHOWN: usize = 5;

/// The sweep as text.
pub fn text(table: &SweepTable) -> String {
    let mut text = format!("{}\n\n", headline(table));
    text.push_str(&rows(table).text());
    text + &closing(table)
}

/// The sweep as Markdown.
pub fn markdown(table: &SweepTable) -> String {
    let mut text = format!("### {}\n\n", escaped(&headline(table)));
    text.push_str(&rows(table).markdown());
    text + &closing(table)
}

fn headline(table: &SweepTable) -> String {
    let about = &table.about;
    format!(
        "{}: {} × {} on common random numbers (seed {}); mean ± half of the {} interval.",
        about.scenario,
        counted(about.grid.points() as u64, "point"),
        counted(about.replications.into(), "replication"),
        about.seed,
        about.confidence(),
    )
}

/// The header, and a row for each point that is shown.
fn rows(table: &SweepTable) -> Table {
    let about = &table.about;
    let shown = shown(table);
    let header = about.grid.axes().iter().map(|axis| last_part(&axis.path).to_owned());
    let header: Vec<String> = header.chain(shown.iter().map(|at| about.metrics[*at].name.clone())).collect();
    let scale = |at: usize| {
        let means =
            table.estimates.iter().filter_map(|estimates| estimates[at]).map(|estimate| estimate.mean);
        Scale::of(
            &about.metrics[at].unit,
            means.fold(0.0, |high, mean| if mean > high { mean } else { high }),
        )
    };
    let scales: Vec<Scale> = shown.iter().map(|at| scale(*at)).collect();
    let row = |point: usize| {
        let settings = about.grid.values(point).into_iter().map(str::to_owned);
        let found = shown.iter().zip(&scales).map(|(at, scale)| {
            table.estimates[point][*at]
                .map_or_else(|| "-".to_owned(), |estimate| scale.with_margin(&estimate))
        });
        settings.chain(found).collect()
    };
    let rows = (0..table.estimates.len().min(MOST_POINTS_SHOWN)).map(row);
    Table::new(0, std::iter::once(header).chain(rows).collect())
}

/// The positions of the metrics that are shown: those chosen, or the usual ones that are not zero everywhere.
fn shown(table: &SweepTable) -> Vec<usize> {
    let all = &table.about.metrics;
    if all.len() <= MOST_METRICS_SHOWN {
        return (0..all.len()).collect();
    }
    let of_note = |at: &usize| {
        let mut means = table.estimates.iter().filter_map(|estimates| estimates[*at]);
        all[*at].name == USUAL[0] || means.any(|estimate| estimate.mean > 0.0)
    };
    let usual = USUAL.iter().filter_map(|name| all.iter().position(|metric| metric.name == *name));
    usual.filter(of_note).take(MOST_METRICS_SHOWN).collect()
}

fn closing(table: &SweepTable) -> String {
    match table.estimates.len().saturating_sub(MOST_POINTS_SHOWN) {
        0 => String::new(),
        more => format!("\nand {more} points more: see sweep.csv\n"),
    }
}
