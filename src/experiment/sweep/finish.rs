//! From finished runs to files: `cells.csv`, `sweep.csv`, charts. One way, whoever did the runs.
//!
//! Rows are read in order and never all at once: memory follows the number of points, not that of runs.

use super::error::SweepError;
use super::journal::{Journal, SWEEP, ShareOf};
use super::{About, Cell, Column, Pictures, Sweep, recovery};
use crate::experiment::estimate::{Estimate, Quantiles};
use crate::experiment::files::MORE_PLACES;
use crate::observe::decimal::Decimal;
use crate::sink::directory::OutputFolder;
use crate::sink::table::{Cell as TableCell, Table};
use serde::Serialize;
use std::path::Path;

/// A finished run as it is written.
pub(super) type Row = csv::StringRecord;

/// What the columns of a sweep's files end with, before the metrics of a run or the estimates of a point.
const OF_RUN: [&str; 2] = ["fingerprint", "end"];
const OF_POINT: [&str; 10] = [
    "scope",
    "metric",
    "statistic",
    "unit",
    "replications",
    "mean",
    "half_width",
    "standard_deviation",
    "minimum",
    "maximum",
];

/// The names of the columns of `sweep.csv` and `cells.csv`, but for what is varied and the metrics.
pub fn columns() -> impl Iterator<Item = &'static str> {
    ["point", "replication"].into_iter().chain(OF_RUN).chain(OF_POINT)
}

/// The estimates of a sweep: for each point, for each metric.
#[derive(Clone, Debug)]
pub struct SweepTable {
    /// What the sweep is.
    pub about: About,
    /// By point, then by metric; `None` where no replication has a value.
    pub estimates: Vec<Vec<Option<Estimate>>>,
}

/// The header of `cells.csv`.
pub(super) fn header(about: &About) -> Vec<u8> {
    line(cell_columns(about).map(TableCell::Word))
}

fn cell_columns(about: &About) -> impl Iterator<Item = &str> {
    let metrics = about.metrics.iter().map(|metric| metric.name.as_str());
    ["point", "replication"].into_iter().chain(paths(about)).chain(OF_RUN).chain(metrics)
}

pub(super) fn paths(about: &About) -> impl Iterator<Item = &str> {
    about.grid.axes().iter().map(|axis| axis.path.as_str())
}

/// Run number `run` as a row of `cells.csv`.
pub(super) fn row_of(about: &About, run: usize, cell: &Cell) -> Vec<u8> {
    let (point, replication) = about.place(run);
    let numbers = [TableCell::Integer(point as u64), TableCell::Integer(replication as u64)];
    let fingerprint = format!("{:016x}", cell.fingerprint);
    let of_run = [TableCell::Word(&fingerprint), TableCell::Word(cell.end)];
    let values = cell.values.iter().map(|value| value.map_or(TableCell::Empty, TableCell::Decimal));
    let settings = about.grid.values(point);
    line(numbers.into_iter().chain(settings.into_iter().map(TableCell::Name)).chain(of_run).chain(values))
}

fn line<'a>(cells: impl Iterator<Item = TableCell<'a>>) -> Vec<u8> {
    let mut table = Table::headless(Vec::new());
    table.row(cells);
    table.finish().expect("memory takes everything")
}

/// What the manifest says of a sweep.
#[derive(Serialize)]
struct Facts<'a> {
    thirdtry: &'a str,
    model_version: u32,
    scenario: &'a str,
    scenario_digest: &'a str,
    points_digest: &'a str,
    seed: u64,
    profile: &'a str,
    points: usize,
    replications: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard: Option<String>,
}

impl Sweep {
    /// All runs of the journal's share are done: writes the files and takes the journal away. A share gets its cells
    /// alone; a whole sweep its estimates and charts, which are returned.
    ///
    /// # Errors
    /// When a file cannot be written; the journal then stays.
    pub fn finish(&self, journal: Journal, pictures: Pictures) -> Result<Option<SweepTable>, SweepError> {
        let share = ShareOf { sweep: self.about.clone(), shard: journal.share() };
        let resolved = self.base.resolved_file();
        let table = write(&share, &resolved, journal.rows(&self.about)?, journal.folder(), pictures)?;
        journal.remove()?;
        Ok(table)
    }
}

/// Writes everything into `folder`.
pub(super) fn write(
    share: &ShareOf,
    resolved: &[u8],
    rows: impl Iterator<Item = Result<Row, SweepError>>,
    folder: &Path,
    pictures: Pictures,
) -> Result<Option<SweepTable>, SweepError> {
    let about = &share.sweep;
    let mut folder = OutputFolder::open(folder)?;
    let table = write_tables(share, rows, &mut folder)?;
    let mut text = serde_json::to_vec_pretty(share).expect("plain data");
    text.push(b'\n');
    folder.write(SWEEP, &text)?;
    folder.write("scenario.resolved.json", resolved)?;
    if let Some(table) = &table {
        let map = table.recovery();
        if !map.is_empty() {
            let file = folder.create("recovery.csv")?;
            folder.complete(recovery::write(about, &map, file)?)?;
        }
        #[cfg(feature = "charts")]
        pictures.write(&mut folder, |format| super::pictures::draw(table, format))?;
        #[cfg(not(feature = "charts"))]
        let _ = pictures;
    }
    folder.finish(&Facts {
        thirdtry: &about.thirdtry,
        model_version: about.model_version,
        scenario: &about.scenario,
        scenario_digest: &about.scenario_digest,
        points_digest: &about.points_digest,
        seed: about.seed,
        profile: &about.profile,
        points: about.grid.points(),
        replications: about.replications,
        shard: share.shard.map(|shard| shard.to_string()),
    })?;
    Ok(table)
}

/// `cells.csv`, and for a whole sweep `sweep.csv`.
fn write_tables(
    share: &ShareOf,
    rows: impl Iterator<Item = Result<Row, SweepError>>,
    folder: &mut OutputFolder,
) -> Result<Option<SweepTable>, SweepError> {
    let about = &share.sweep;
    let mut cells = Table::new(folder.create("cells.csv")?, cell_columns(about));
    let file = share.shard.is_none().then(|| folder.create("sweep.csv")).transpose()?;
    let mut sweep =
        file.map(|file| Table::new(file, ["point"].into_iter().chain(paths(about)).chain(OF_POINT)));
    let mut found = SweepTable { about: about.clone(), estimates: Vec::new() };
    let mut values = vec![Vec::new(); about.metrics.len()];
    let first_metric = cell_columns(about).count() - about.metrics.len();
    for (at, row) in rows.enumerate() {
        let row = row?;
        cells.row(row.iter().map(TableCell::Word));
        let Some(sweep) = &mut sweep else { continue };
        for (values, cell) in values.iter_mut().zip(row.iter().skip(first_metric)) {
            values.extend(Decimal::parse(cell));
        }
        if (at + 1).is_multiple_of(about.replications as usize) {
            found.estimates.push(write_point(about, found.estimates.len(), &values, sweep));
            values.iter_mut().for_each(Vec::clear);
        }
    }
    folder.complete(cells.finish()?)?;
    let Some(sweep) = sweep else { return Ok(None) };
    folder.complete(sweep.finish()?)?;
    Ok(Some(found))
}

/// The rows of a point: one for each metric.
fn write_point<W: std::io::Write>(
    about: &About,
    point: usize,
    values: &[Vec<Decimal>],
    table: &mut Table<W>,
) -> Vec<Option<Estimate>> {
    let settings = about.grid.values(point);
    let row = |(metric, values): (&Column, &Vec<Decimal>)| {
        let estimate = Estimate::of(values.iter().copied(), about.confidence());
        let quantiles = Quantiles::of(values.iter().copied());
        let places = values.iter().map(|value| value.places()).max().unwrap_or(0) + MORE_PLACES;
        let real =
            |value: Option<f64>| value.map_or(TableCell::Empty, |value| TableCell::Real(value, places));
        let exact = |value: Option<Decimal>| value.map_or(TableCell::Empty, TableCell::Decimal);
        let of_point = [
            TableCell::Name(&metric.scope),
            TableCell::Name(&metric.metric),
            TableCell::Word(&metric.statistic),
            TableCell::Word(&metric.unit),
            TableCell::Integer(values.len() as u64),
            real(estimate.map(|estimate| estimate.mean)),
            real(estimate.and_then(|estimate| estimate.half_width)),
            real(estimate.and_then(|estimate| estimate.standard_deviation)),
            exact(quantiles.map(|quantiles| quantiles.minimum)),
            exact(quantiles.map(|quantiles| quantiles.maximum)),
        ];
        let settings = settings.iter().map(|value| TableCell::Name(value));
        table.row([TableCell::Integer(point as u64)].into_iter().chain(settings).chain(of_point));
        estimate
    };
    about.metrics.iter().zip(values).map(row).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_documentation_defines_every_column() {
        let docs = include_str!("../../../docs/sweeps.md");
        for column in super::columns() {
            assert!(docs.contains(&format!("| `{column}` |")), "docs/sweeps.md lacks `{column}`");
        }
    }
}
