//! The files of replications: `replications.csv`, every run; `estimates.csv` and `estimates.json`, what they say
//! together.

use super::replicate::{Replications, Row};
use crate::observe::decimal::Decimal;
use crate::scenario::load::Loaded;
use crate::sink::directory::{OutputError, OutputFolder};
use crate::sink::provenance::Provenance;
use crate::sink::table::{Cell, Table};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::io::{self, Write};

/// Places of a mean behind those of its values.
pub(super) const MORE_PLACES: u8 = 3;

type Column = (&'static str, for<'r> fn(&'r Row<'r>) -> Cell<'r>);

/// The columns of `estimates.csv`.
const COLUMNS: &[Column] = &[
    ("scope", |row| Cell::Name(&row.metric.scope)),
    ("metric", |row| Cell::Name(&row.metric.metric)),
    ("statistic", |row| Cell::Word(row.metric.statistic)),
    ("unit", |row| Cell::Word(row.metric.unit)),
    ("replications", |row| Cell::Integer(row.estimate.map_or(0, |estimate| estimate.n).into())),
    ("mean", |row| real(row, row.estimate.map(|estimate| estimate.mean))),
    ("half_width", |row| real(row, row.estimate.and_then(|estimate| estimate.half_width))),
    ("standard_deviation", |row| real(row, row.estimate.and_then(|estimate| estimate.standard_deviation))),
    ("minimum", |row| decimal(row.quantiles.map(|quantiles| quantiles.minimum))),
    ("p05", |row| decimal(row.quantiles.map(|quantiles| quantiles.p05))),
    ("p50", |row| decimal(row.quantiles.map(|quantiles| quantiles.p50))),
    ("p95", |row| decimal(row.quantiles.map(|quantiles| quantiles.p95))),
    ("maximum", |row| decimal(row.quantiles.map(|quantiles| quantiles.maximum))),
    ("pooled", |row| Cell::integer(row.pooled)),
];

fn real<'r>(row: &Row<'_>, value: Option<f64>) -> Cell<'r> {
    value.map_or(Cell::Empty, |value| Cell::Real(value, row.places + MORE_PLACES))
}

fn decimal<'r>(value: Option<Decimal>) -> Cell<'r> {
    value.map_or(Cell::Empty, Cell::Decimal)
}

/// The names of the columns of `estimates.csv`.
pub fn columns() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|(name, _)| *name)
}

/// What the manifest says of replications, beside their files.
#[derive(Clone, Debug, Serialize)]
pub struct ReplicationFacts {
    /// What they come from.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// How many replications there are: 0 to this, without it.
    pub replications: u32,
    /// The confidence of intervals, as a share of one.
    pub confidence: f64,
    /// What came earlier was left out.
    pub warm_up_ns: u64,
}

impl ReplicationFacts {
    /// About `replications` of `loaded`.
    pub fn new(loaded: &Loaded, replications: &Replications) -> Self {
        Self {
            provenance: Provenance::of(loaded),
            replications: replications.count(),
            confidence: replications.confidence.share(),
            warm_up_ns: replications.warm_up.as_nanos(),
        }
    }
}

/// Writes every replication as one row: its number, its fingerprint, why it ended, and a column for each metric.
///
/// # Errors
/// When writing fails.
pub fn write_replications<W: Write>(replications: &Replications, writer: W) -> io::Result<W> {
    let names: Vec<String> = replications.names.all().iter().map(super::Metric::name).collect();
    let columns = ["replication", "fingerprint", "end"].into_iter().chain(names.iter().map(String::as_str));
    let mut table = Table::new(writer, columns);
    for (number, run) in (0..).zip(&replications.runs) {
        let fingerprint = format!("{:016x}", run.fingerprint);
        let about = [Cell::Integer(number), Cell::Word(&fingerprint), Cell::Word(run.end.name())];
        table.row(about.into_iter().chain(run.values.iter().map(|value| decimal(*value))));
    }
    table.finish()
}

/// Writes the estimates: one row a metric.
///
/// # Errors
/// When writing fails.
pub fn write_estimates_csv<W: Write>(replications: &mut Replications, writer: W) -> io::Result<W> {
    let mut table = Table::new(writer, columns());
    for row in replications.rows() {
        table.row(COLUMNS.iter().map(|(_, cell)| cell(&row)));
    }
    table.finish()
}

/// Writes the estimates as JSON: about the replications, then each metric by its name.
///
/// # Errors
/// When writing fails.
pub fn write_estimates_json<W: Write>(
    replications: &mut Replications,
    facts: &ReplicationFacts,
    mut writer: W,
) -> io::Result<W> {
    let rows = replications.rows();
    let cells =
        |row: &Row<'_>| InOrder(COLUMNS[3..].iter().map(|(name, cell)| (*name, json(cell(row)))).collect());
    let estimates = InOrder(rows.iter().map(|row| (row.metric.name(), cells(row))).collect());
    serde_json::to_writer_pretty(&mut writer, &Document { facts, estimates })?;
    writer.write_all(b"\n")?;
    Ok(writer)
}

#[derive(Serialize)]
struct Document<'a, E> {
    #[serde(flatten)]
    facts: &'a ReplicationFacts,
    estimates: E,
}

/// A map in the order given.
pub(super) struct InOrder<K, V>(pub(super) Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for InOrder<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// The cell as JSON, digit for digit.
pub(super) fn json(cell: Cell<'_>) -> Option<Box<RawValue>> {
    let digits = match cell {
        Cell::Integer(value) => value.to_string(),
        Cell::Real(value, places) => format!("{value:.0$}", usize::from(places)),
        Cell::Decimal(value) => value.to_string(),
        Cell::Word(word) | Cell::Name(word) => format!("{word:?}"),
        Cell::Flag(flag) => flag.to_string(),
        Cell::Empty | Cell::Request(_) | Cell::Quoted(_) | Cell::Ready(_) => return None,
    };
    Some(RawValue::from_string(digits).expect("digits and plain words are JSON"))
}

/// Writes everything into `folder`: the two files of estimates, every replication, and the scenario as resolved.
///
/// # Errors
/// When a file cannot be written.
pub fn write_all(
    replications: &mut Replications,
    loaded: &Loaded,
    mut folder: OutputFolder,
) -> Result<(), OutputError> {
    let facts = ReplicationFacts::new(loaded, replications);
    let file = folder.create("replications.csv")?;
    folder.complete(write_replications(replications, file)?)?;
    let file = folder.create("estimates.csv")?;
    folder.complete(write_estimates_csv(replications, file)?)?;
    let file = folder.create("estimates.json")?;
    folder.complete(write_estimates_json(replications, &facts, file)?)?;
    folder.write("scenario.resolved.json", &loaded.resolved_file())?;
    folder.finish(&facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Plan, replicate};
    use crate::scenario::load::{Input, load};
    use std::num::NonZeroU32;

    const SCENARIO: &str = r#"{ "version": 1, "seed": 7, "functions": { "ship": { "duration": "1s",
        "ReservedConcurrentExecutions": 1 } }, "sources": { "s": { "to": "ship", "max_events": 20,
        "arrivals": { "poisson": { "rate": "1/s" } } } } }"#;

    fn found() -> (Loaded, Replications) {
        let loaded = load(&Input::from_text("small", SCENARIO)).unwrap();
        let plan = Plan::new(&loaded.scenario, NonZeroU32::new(4).unwrap());
        let found = replicate(&loaded.scenario, &plan, &()).unwrap();
        (loaded, found)
    }

    #[test]
    fn every_replication_is_a_row_with_all_metrics() {
        let (_, found) = found();
        let text = String::from_utf8(write_replications(&found, Vec::new()).unwrap()).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        assert_eq!(names[..4], ["replication", "fingerprint", "end", "accepted.Sum"]);
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 4);
        assert!(rows.iter().enumerate().all(|(at, row)| row[0] == at.to_string() && &row[3] == "20"));
    }

    #[test]
    fn estimates_are_the_same_in_csv_and_json() {
        let (loaded, mut found) = found();
        let csv = String::from_utf8(write_estimates_csv(&mut found, Vec::new()).unwrap()).unwrap();
        let facts = ReplicationFacts::new(&loaded, &found);
        let json = String::from_utf8(write_estimates_json(&mut found, &facts, Vec::new()).unwrap()).unwrap();
        assert!(csv.contains("\nrun,accepted,Sum,Count,4,20.000,0.000,0.000,20,20,20,20,20,\n"), "{csv}");
        assert!(json.contains("\"replications\": 4,\n  \"confidence\": 0.95,"), "{json}");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        for line in csv.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let name = format!("{}.{}", cells[1], cells[2]);
            let half = &value["estimates"][&name]["half_width"];
            assert!(cells[6].parse::<f64>().ok() == half.as_f64(), "{name}: {} is not {half}", cells[6]);
        }
    }

    #[test]
    fn the_documentation_defines_every_column() {
        let docs = include_str!("../../docs/statistics.md");
        for column in columns() {
            assert!(docs.contains(&format!("| `{column}` |")), "docs/statistics.md lacks `{column}`");
        }
    }
}
