//! The files of a comparison: `diff.json`, everything; `differences.csv`, the metrics; `fates.csv`, the matrix;
//! `changed.csv`, the first events whose fate changed.

use super::events::{EventDifference, OneLife};
use super::fate::FateAndRoutes;
use super::{Cell, Diff, MetricDifference};
#[cfg(feature = "charts")]
use crate::experiment::Pictures;
use crate::experiment::estimate::Estimate;
use crate::experiment::files::{InOrder, MORE_PLACES, json};
use crate::model::event::Route;
use crate::scenario::load::Loaded;
use crate::sink::directory::{OutputError, OutputFolder};
use crate::sink::table::{Cell as TableCell, Table};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::io::{self, Write};

type Column = (&'static str, for<'d> fn(&'d MetricDifference) -> TableCell<'d>);

/// The columns of `differences.csv`.
const COLUMNS: &[Column] = &[
    ("scope", |found| TableCell::Name(&found.metric.scope)),
    ("metric", |found| TableCell::Name(&found.metric.metric)),
    ("statistic", |found| TableCell::Word(found.metric.statistic)),
    ("unit", |found| TableCell::Word(found.metric.unit)),
    ("replications", |found| {
        TableCell::Integer(found.difference.map_or(0, |difference| difference.n).into())
    }),
    ("mean_a", |found| real(found, found.a.map(|estimate| estimate.mean))),
    ("half_width_a", |found| real(found, found.a.and_then(|estimate| estimate.half_width))),
    ("mean_b", |found| real(found, found.b.map(|estimate| estimate.mean))),
    ("half_width_b", |found| real(found, found.b.and_then(|estimate| estimate.half_width))),
    ("difference", |found| real(found, found.difference.map(|estimate| estimate.mean))),
    ("half_width", |found| real(found, found.difference.and_then(|estimate| estimate.half_width))),
    ("half_width_unpaired", |found| real(found, found.unpaired_half_width)),
    ("variance_reduction", |found| {
        found.variance_reduction.map_or(TableCell::Empty, |share| TableCell::Real(share, 6))
    }),
];

/// The columns of `fates.csv`.
const FATE_COLUMNS: [&str; 11] = [
    "fate_a",
    "on_success_a",
    "on_failure_a",
    "dead_letter_queue_a",
    "fate_b",
    "on_success_b",
    "on_failure_b",
    "dead_letter_queue_b",
    "events",
    "mean",
    "half_width",
];

/// The columns of `changed.csv`.
const EVENT_COLUMNS: [&str; 14] = [
    "source", "number", "function", "chained", "event_a", "fate_a", "at_a_ns", "what_a", "rules_a",
    "event_b", "fate_b", "at_b_ns", "what_b", "rules_b",
];

fn real<'d>(found: &MetricDifference, value: Option<f64>) -> TableCell<'d> {
    value.map_or(TableCell::Empty, |value| TableCell::Real(value, found.places + MORE_PLACES))
}

/// The names of all columns, of whichever file.
pub fn columns() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|(name, _)| *name).chain(FATE_COLUMNS).chain(EVENT_COLUMNS)
}

/// Writes the metrics: one row each.
///
/// # Errors
/// When writing fails.
pub fn write_differences<W: Write>(diff: &Diff, writer: W) -> io::Result<W> {
    let mut table = Table::new(writer, COLUMNS.iter().map(|(name, _)| *name));
    for found in &diff.metrics {
        table.row(COLUMNS.iter().map(|(_, cell)| cell(found)));
    }
    table.finish()
}

/// Writes the matrix: one row for each of its cells that holds an event in any replication. Where an event is in one
/// scenario only, the other's fate is empty.
///
/// # Errors
/// When writing fails.
pub fn write_fates<W: Write>(diff: &Diff, writer: W) -> io::Result<W> {
    let mut table = Table::new(writer, FATE_COLUMNS.into_iter());
    for cell in &diff.fates.cells {
        let on_average = [Some(cell.on_average.mean), cell.on_average.half_width];
        let numbers =
            on_average.map(|value| value.map_or(TableCell::Empty, |value| TableCell::Real(value, 3)));
        let events = [TableCell::Integer(cell.events)];
        table.row(fate_cells(cell.a).into_iter().chain(fate_cells(cell.b)).chain(events).chain(numbers));
    }
    table.finish()
}

fn fate_cells(fate: Option<FateAndRoutes>) -> [TableCell<'static>; 4] {
    let Some(fate) = fate else { return [TableCell::Empty; 4] };
    let [on_success, on_failure, dead_letter] =
        Route::ALL.map(|route| TableCell::Word(fate.route(route).name()));
    [TableCell::Word(fate.fate.name()), on_success, on_failure, dead_letter]
}

/// Writes the first events whose fate changed.
///
/// # Errors
/// When writing fails.
pub fn write_changed<W: Write>(diff: &Diff, writer: W) -> io::Result<W> {
    let mut table = Table::new(writer, EVENT_COLUMNS.into_iter());
    for event in &diff.changed {
        let told = [&event.a, &event.b].map(|life| life.as_ref().map(Told::of));
        let about = [
            TableCell::Name(&event.source),
            TableCell::Integer(event.number),
            TableCell::Name(&event.function),
            TableCell::Flag(event.chained),
        ];
        table.row(about.into_iter().chain(told.iter().flat_map(|told| Told::cells(told.as_ref()))));
    }
    table.finish()
}

/// A life in the words of the files.
#[derive(Serialize)]
struct Told {
    event: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fate: Option<String>,
    at_ns: u64,
    what: String,
    rules: Vec<&'static str>,
    #[serde(skip)]
    rule_names: String,
}

impl Told {
    fn of(life: &OneLife) -> Self {
        let rules: Vec<&str> = life.differing.rules.iter().map(|rule| rule.name()).collect();
        Self {
            event: life.event.0,
            fate: life.fate.map(FateAndRoutes::name),
            at_ns: life.differing.at.as_nanos(),
            what: life.differing.words.clone(),
            rule_names: rules.join(" "),
            rules,
        }
    }

    fn cells(told: Option<&Self>) -> [TableCell<'_>; 5] {
        told.map_or([TableCell::Empty; 5], |told| {
            [
                TableCell::Integer(told.event),
                told.fate.as_deref().map_or(TableCell::Empty, TableCell::Name),
                TableCell::Integer(told.at_ns),
                TableCell::Name(&told.what),
                TableCell::Word(&told.rule_names),
            ]
        })
    }
}

/// Writes everything as JSON.
///
/// # Errors
/// When writing fails.
pub fn write_json<W: Write>(diff: &Diff, mut writer: W) -> io::Result<W> {
    let metric = |found: &MetricDifference| {
        let cells = COLUMNS[3..].iter().map(|(name, cell)| (*name, json(cell(found)))).collect();
        (found.metric.name(), InOrder(cells))
    };
    let document = Document {
        facts: Facts::of(diff),
        sentence: diff.sentence(),
        differs: diff.differs(),
        settings: diff
            .settings
            .iter()
            .map(|found| Setting { path: &found.path, a: found.a.as_deref(), b: found.b.as_deref() })
            .collect(),
        only_in_a: &diff.only_in_a,
        only_in_b: &diff.only_in_b,
        fates: Fates {
            paired: diff.fates.paired(),
            changed: diff.fates.changed,
            changed_on_average: mean(&diff.fates.changed_on_average),
            lived_differently: diff.fates.lived_differently,
            lived_differently_on_average: mean(&diff.fates.lived_differently_on_average),
            matrix: diff.fates.cells.iter().map(matrix_cell).collect(),
        },
        first: diff.first.as_ref().map(|event| event_of(event, diff)),
        changed: diff.changed.iter().map(|event| event_of(event, diff)).collect(),
        metrics: InOrder(diff.metrics.iter().map(metric).collect()),
    };
    serde_json::to_writer_pretty(&mut writer, &document)?;
    writer.write_all(b"\n")?;
    Ok(writer)
}

#[derive(Serialize)]
struct Document<'d, M> {
    #[serde(flatten)]
    facts: Facts<'d>,
    sentence: String,
    differs: bool,
    settings: Vec<Setting<'d>>,
    only_in_a: &'d [String],
    only_in_b: &'d [String],
    fates: Fates,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<Event<'d>>,
    changed: Vec<Event<'d>>,
    metrics: M,
}

/// What the manifest says of a comparison, beside its files.
#[derive(Clone, Debug, Serialize)]
struct Facts<'d> {
    thirdtry: &'static str,
    model_version: u32,
    a: &'d str,
    a_digest: &'d str,
    b: &'d str,
    b_digest: &'d str,
    seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed_set_aside: Option<u64>,
    replications: u32,
    confidence: f64,
}

impl<'d> Facts<'d> {
    fn of(diff: &'d Diff) -> Self {
        Self {
            thirdtry: env!("CARGO_PKG_VERSION"),
            model_version: crate::MODEL_VERSION,
            a: &diff.a,
            a_digest: &diff.digests[0],
            b: &diff.b,
            b_digest: &diff.digests[1],
            seed: diff.seed,
            seed_set_aside: diff.seed_set_aside,
            replications: diff.replications,
            confidence: diff.confidence.share(),
        }
    }
}

#[derive(Serialize)]
struct Setting<'d> {
    path: &'d str,
    a: Option<&'d str>,
    b: Option<&'d str>,
}

#[derive(Serialize)]
struct Fates {
    paired: u64,
    changed: u64,
    changed_on_average: Mean,
    lived_differently: u64,
    lived_differently_on_average: Mean,
    matrix: Vec<MatrixCell>,
}

#[derive(Serialize)]
struct MatrixCell {
    a: Value,
    b: Value,
    events: u64,
    #[serde(flatten)]
    on_average: Mean,
}

#[derive(Serialize)]
struct Mean {
    mean: Option<Box<RawValue>>,
    half_width: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct Event<'d> {
    source: &'d str,
    number: u64,
    function: &'d str,
    chained: bool,
    because: Vec<&'d str>,
    a: Option<Told>,
    b: Option<Told>,
}

fn mean(estimate: &Estimate) -> Mean {
    let digits = |value: Option<f64>| json(value.map_or(TableCell::Empty, |value| TableCell::Real(value, 3)));
    Mean { mean: digits(Some(estimate.mean)), half_width: digits(estimate.half_width) }
}

fn matrix_cell(cell: &Cell) -> MatrixCell {
    let fate = |fate: Option<FateAndRoutes>| {
        fate.map_or(Value::Null, |fate| {
            let mut fields = serde_json::Map::new();
            fields.insert("fate".to_owned(), fate.fate.name().into());
            for route in Route::ALL {
                fields.insert(route.name().to_owned(), fate.route(route).name().into());
            }
            fields.insert("lost".to_owned(), fate.is_lost().into());
            Value::Object(fields)
        })
    };
    MatrixCell { a: fate(cell.a), b: fate(cell.b), events: cell.events, on_average: mean(&cell.on_average) }
}

fn event_of<'d>(event: &'d EventDifference, diff: &'d Diff) -> Event<'d> {
    Event {
        source: &event.source,
        number: event.number,
        function: &event.function,
        chained: event.chained,
        because: event.because(&diff.settings).into_iter().map(|setting| setting.path.as_str()).collect(),
        a: event.a.as_ref().map(Told::of),
        b: event.b.as_ref().map(Told::of),
    }
}

/// Writes everything into `folder`: the files, the charts (as PNG too, if `png`), and both scenarios as resolved.
///
/// # Errors
/// When a file cannot be written.
pub fn write_all(
    diff: &Diff,
    [a, b]: [&Loaded; 2],
    png: bool,
    mut folder: OutputFolder,
) -> Result<(), OutputError> {
    let file = folder.create("diff.json")?;
    folder.complete(write_json(diff, file)?)?;
    let file = folder.create("differences.csv")?;
    folder.complete(write_differences(diff, file)?)?;
    let file = folder.create("fates.csv")?;
    folder.complete(write_fates(diff, file)?)?;
    let file = folder.create("changed.csv")?;
    folder.complete(write_changed(diff, file)?)?;
    folder.write("a.resolved.json", &a.resolved_file())?;
    folder.write("b.resolved.json", &b.resolved_file())?;
    #[cfg(feature = "charts")]
    {
        let pictures = if png { Pictures::SvgAndPng } else { Pictures::Svg };
        pictures.write(&mut folder, |format| super::pictures::draw(diff, format))?;
    }
    #[cfg(not(feature = "charts"))]
    let _ = png;
    folder.finish(&Facts::of(diff))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_documentation_defines_every_column() {
        let docs = include_str!("../../../docs/diff.md");
        for column in super::columns() {
            assert!(docs.contains(&format!("`{column}`")), "docs/diff.md lacks `{column}`");
        }
    }
}
