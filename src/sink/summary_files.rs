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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::summary::{Ending, Summary};
    use crate::observe::test_scenarios::busy;
    use crate::sink::test_support::{FailingWriter, run};

    fn report() -> SummaryReport {
        let scenario = busy();
        let mut summary = Summary::new(&scenario);
        let at = run(&scenario, &mut summary);
        let ending = Ending { end: "horizon", at, fingerprint: 1 };
        summary.into_report(&scenario, ending)
    }

    #[test]
    fn json_keeps_the_order_of_fields_and_exact_decimals() {
        let text = String::from_utf8(write_json(&report(), Vec::new()).unwrap()).unwrap();
        let start = "{\n  \"scenario\": \"busy\",\n  \"seed\": 42,\n  \"profile\": \"measured\",\n  \"end\": \"horizon\",\n";
        assert!(text.starts_with(start), "{text}");
        assert!(
            text.contains("\n  \"fingerprint\": \"0000000000000001\",\n  \"accepted\": 3490,\n"),
            "{text}"
        );
        assert!(text.contains("\"runs_per_event\": 1.024,"), "{text}");
        assert!(text.ends_with("}\n"));
    }

    #[test]
    fn csv_and_json_tell_the_same() {
        let report = report();
        let csv = String::from_utf8(write_csv(&report, Vec::new()).unwrap()).unwrap();
        assert!(csv.starts_with("scope,metric,statistic,value,unit\nrun,accepted,Sum,3490,Count\n"), "{csv}");
        let cost = report.counts.cost_usd.total;
        assert!(csv.contains(&format!("\nrun,cost_usd,Sum,{cost},USD\n")), "{csv}");
    }

    #[test]
    fn the_same_run_writes_the_same_bytes() {
        let bytes = || write_json(&report(), Vec::new()).unwrap();
        assert_eq!(bytes(), bytes());
    }

    #[test]
    fn a_full_disk_is_an_error_of_its_kind() {
        for writes in 0..3 {
            let error = write_json(&report(), FailingWriter::after(writes)).err().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        }
        let error = write_csv(&report(), FailingWriter::after(0)).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    /// Every column of every file is defined in the documentation.
    #[test]
    fn the_documentation_defines_every_column() {
        let docs = include_str!("../../docs/outputs.md");
        let columns = super::columns()
            .chain(crate::sink::events_csv::columns())
            .chain(crate::sink::attempts_csv::columns())
            .chain(crate::sink::timeline_csv::columns())
            .chain(crate::sink::metrics_csv::columns());
        for column in columns {
            assert!(docs.contains(&format!("\n| `{column}` |")), "docs/outputs.md lacks `{column}`");
        }
        for row in report().csv_rows().iter().filter(|row| row.scope == "run") {
            let name = row.metric.replace(".failed.", ".DESTINATION.");
            let known = docs.contains(&format!("`{name}`"));
            assert!(known, "docs/outputs.md lacks the metric `{name}`");
        }
    }
}
