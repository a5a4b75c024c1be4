//! `summary.json` and `summary.csv`: the same numbers for programs, nested and tidy.

use std::io::{self, Write};

use super::table::{Cell, Table};
use crate::observe::summary::{SummaryReport, SummaryRow};

type Column = (&'static str, for<'r> fn(&'r SummaryRow) -> Cell<'r>);

/// The columns of `summary.csv`.
const COLUMNS: &[Column] = &[
    ("scope", |row| Cell::Name(&row.scope)),
    ("metric", |row| Cell::Name(&row.metric)),
    ("statistic", |row| Cell::Word(row.statistic)),
    ("value", |row| Cell::Word(&row.value)),
    ("unit", |row| Cell::Word(row.unit)),
];

/// The names of the columns.
pub fn columns() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|(name, _)| *name)
}

/// Writes `report` as pretty JSON with a final newline, and returns the writer.
///
/// # Errors
/// When writing fails.
pub fn write_json<W: Write>(report: &SummaryReport, mut writer: W) -> io::Result<W> {
    serde_json::to_writer_pretty(&mut writer, report)?;
    writer.write_all(b"\n")?;
    Ok(writer)
}

/// Writes `report` as tidy CSV: one value a row; returns the writer.
///
/// # Errors
/// When writing fails.
pub fn write_csv<W: Write>(report: &SummaryReport, writer: W) -> io::Result<W> {
    let mut table = Table::new(writer, columns());
    for row in report.csv_rows() {
        table.row(COLUMNS.iter().map(|(_, cell)| cell(&row)));
    }
    table.finish()
}
