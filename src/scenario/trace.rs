//! Recorded arrivals from CSV files: one row per event, or counts per period.
//!
//! Times are decimal text that becomes nanoseconds exactly; no float is involved. A recording must be a regular file
//! of UTF-8 text with a header row; byte order marks and CRLF are accepted.

use super::problem::{did_you_mean, quoted, reason};
use super::units::decimal;
use crate::time::{SimDuration, SimTime};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// The largest recording that is read, in bytes.
pub const MAX_TRACE_BYTES: u64 = 256 * 1024 * 1024;

/// What is wrong with a recording: a message that names the file and the place, and a remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceError {
    /// The file, the place and what is wrong there.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// A recording, read into memory.
#[derive(Clone, Debug)]
pub struct Recording {
    name: String,
    bytes: Vec<u8>,
}

/// The unit of recorded times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// `s`
    Seconds,
    /// `ms`
    Millis,
    /// `us`
    Micros,
    /// `ns`
    Nanos,
}

/// Where a recording tells how long a call took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure<'a> {
    /// The column of the times at which the calls ended.
    EndsIn(&'a str),
    /// The column of the durations.
    TakesAsIn(&'a str),
}

impl TimeUnit {
    /// The unit with this name in scenario files.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "s" => Some(Self::Seconds),
            "ms" => Some(Self::Millis),
            "us" => Some(Self::Micros),
            "ns" => Some(Self::Nanos),
            _ => None,
        }
    }

    /// By how many powers of ten it is longer than a nanosecond.
    const fn decimals(self) -> i32 {
        match self {
            Self::Seconds => 9,
            Self::Millis => 6,
            Self::Micros => 3,
            Self::Nanos => 0,
        }
    }
}

impl Recording {
    /// Reads `file`; `name` is how the scenario calls it.
    ///
    /// # Errors
    /// A file that cannot be read, is not a regular file, or is larger than [`MAX_TRACE_BYTES`].
    pub fn read(name: &str, file: &Path) -> Result<Self, TraceError> {
        let shown = quoted(name);
        let unreadable = |error: std::io::Error| TraceError {
            message: format!("{shown} cannot be read: {}", reason(&error)),
            hint: format!(
                "it was looked for at `{}`; the path counts from the folder of the scenario file",
                file.display()
            ),
        };
        let about = fs::metadata(file).map_err(unreadable)?;
        if !about.is_file() {
            let kind = if about.is_dir() { "a folder" } else { "a pipe or device" };
            return Err(TraceError {
                message: format!("{shown} is {kind}, not a regular file"),
                hint: "name a CSV file".to_owned(),
            });
        }
        if about.len() > MAX_TRACE_BYTES {
            return Err(TraceError {
                message: format!(
                    "{shown} has {} bytes; a recording may have at most {MAX_TRACE_BYTES} (256 MiB)",
                    about.len()
                ),
                hint: "keep only the column of the times, or use counts per period".to_owned(),
            });
        }
        let bytes = fs::read(file).map_err(unreadable)?;
        Ok(Self::from_bytes(name, bytes))
    }

    /// A recording that is already in memory.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Self {
        Self { name: name.to_owned(), bytes }
    }

    /// The SHA-256 of its content.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    /// The times in `column` (the first if not given), ascending.
    ///
    /// # Errors
    /// The first row that cannot be used, or a missing column or unit.
    pub fn times(&self, column: Option<&str>, unit: Option<TimeUnit>) -> Result<Vec<SimTime>, TraceError> {
        let mut table = Table::open(self)?;
        let (at, name) = match column {
            Some(column) => table.column(column)?,
            None => (0, table.headers[0].clone()),
        };
        let unit = self.unit(&name, unit)?;
        let mut times: Vec<SimTime> = Vec::new();
        table.for_each(at, &name, |value| {
            let time = time(value, unit)?;
            if times.last().is_some_and(|last| time < *last) {
                return Err(("comes before the row above it".to_owned(), "sort the rows by time"));
            }
            times.push(time);
            Ok(())
        })?;
        if times.is_empty() { Err(self.without_rows()) } else { Ok(times) }
    }

    /// How long each of the calls that began at `started` took.
    ///
    /// # Errors
    /// The first row that cannot be used, or a missing column or unit.
    pub fn durations(
        &self,
        started: &[SimTime],
        measure: Measure<'_>,
        unit: Option<TimeUnit>,
    ) -> Result<Vec<SimDuration>, TraceError> {
        let mut table = Table::open(self)?;
        let (Measure::EndsIn(wanted) | Measure::TakesAsIn(wanted)) = measure;
        let (at, name) = table.column(wanted)?;
        let unit = self.unit(&name, unit)?;
        let mut durations: Vec<SimDuration> = Vec::new();
        table.for_each(at, &name, |value| {
            let (value, start) = (time(value, unit)?, started[durations.len()]);
            let from = if matches!(measure, Measure::EndsIn(_)) { start } else { SimTime::ZERO };
            if value < from {
                return Err(("comes before the start in its row".to_owned(), "correct the row"));
            }
            durations.push(value.since(from));
            Ok(())
        })?;
        Ok(durations)
    }

    /// The unit given, or else the one that the column's name ends in.
    fn unit(&self, column: &str, given: Option<TimeUnit>) -> Result<TimeUnit, TraceError> {
        let suffix = || column.rsplit_once('_').and_then(|(_, suffix)| TimeUnit::named(suffix));
        given.or_else(suffix).ok_or_else(|| TraceError {
            message: format!("{}: the unit of column {} is not known", quoted(&self.name), quoted(column)),
            hint: "add `\"unit\": \"s\"` (or ms, us, ns), or let the column's name end in `_s`".to_owned(),
        })
    }

    /// The counts in `column` (`count`, or the only one, if not given).
    ///
    /// # Errors
    /// The first row that cannot be used, or a missing column.
    pub fn counts(&self, column: Option<&str>) -> Result<Vec<u32>, TraceError> {
        let mut table = Table::open(self)?;
        let (at, name) = match column {
            Some(column) => table.column(column)?,
            None if table.headers.len() == 1 => (0, table.headers[0].clone()),
            None => table.column("count")?,
        };
        let mut counts = Vec::new();
        table.for_each(at, &name, |value| {
            let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
            let count = value.parse::<u32>().ok().filter(|_| digits);
            counts.push(count.ok_or_else(|| {
                ("is not a count 0..4294967295".to_owned(), "write a whole number of events")
            })?);
            Ok(())
        })?;
        if counts.is_empty() { Err(self.without_rows()) } else { Ok(counts) }
    }

    fn without_rows(&self) -> TraceError {
        TraceError {
            message: format!("{} has a header but no rows", quoted(&self.name)),
            hint: "a recording has at least one row".to_owned(),
        }
    }
}

/// Longer than any run: such numbers are calendar times, not offsets.
fn time(value: &str, unit: TimeUnit) -> Result<SimTime, (String, &'static str)> {
    let nanos = decimal(value, unit.decimals()).ok_or_else(|| {
        ("is not a time: a decimal number of zero or more".to_owned(), "remove or correct the row")
    })?;
    u64::try_from(nanos)
        .ok()
        .filter(|nanos| *nanos <= SimTime::MAX.as_nanos())
        .map(SimTime::from_nanos)
        .ok_or_else(|| {
            ("lies beyond 100 years".to_owned(), "times count from the start of the source; check the unit")
        })
}

/// A CSV table with a header.
struct Table<'a> {
    file: &'a str,
    headers: Vec<String>,
    reader: csv::Reader<&'a [u8]>,
}

impl<'a> Table<'a> {
    fn open(recording: &'a Recording) -> Result<Self, TraceError> {
        let bytes = recording.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&recording.bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
        let file = recording.name.as_str();
        let headers = reader.headers().map_err(|error| unreadable_row(file, &error))?;
        let headers: Vec<String> = headers.iter().map(ToOwned::to_owned).collect();
        if headers.iter().all(String::is_empty) {
            let message = format!("{} is empty", quoted(file));
            return Err(TraceError { message, hint: "a recording begins with a header row".to_owned() });
        }
        if headers.iter().any(|header| decimal(header, 0).is_some()) {
            let message = format!("{} has no header row: its first row holds numbers", quoted(file));
            return Err(TraceError {
                message,
                hint: "add a first row with the names of the columns, e.g. `time_s`".to_owned(),
            });
        }
        Ok(Self { file, headers, reader })
    }

    /// The position and name of the column called `wanted`.
    fn column(&self, wanted: &str) -> Result<(usize, String), TraceError> {
        let at = self.headers.iter().position(|header| header == wanted);
        at.map(|at| (at, wanted.to_owned())).ok_or_else(|| {
            let guess = did_you_mean(wanted, self.headers.iter().map(String::as_str));
            let columns =
                self.headers.iter().take(20).map(|header| quoted(header)).collect::<Vec<_>>().join(", ");
            TraceError {
                message: format!("{} has no column {}; it has {columns}", quoted(self.file), quoted(wanted)),
                hint: guess.map_or_else(
                    || "name the column by `column`".to_owned(),
                    |guess| format!("did you mean `{guess}`?"),
                ),
            }
        })
    }

    /// Hands each value of the column to `take`, whose refusal becomes an error that names the place.
    fn for_each(
        &mut self,
        at: usize,
        column: &str,
        mut take: impl FnMut(&str) -> Result<(), (String, &'static str)>,
    ) -> Result<(), TraceError> {
        let mut record = csv::StringRecord::new();
        while self.reader.read_record(&mut record).map_err(|error| unreadable_row(self.file, &error))? {
            let row = record.position().map_or(0, csv::Position::line);
            let fault = |what: &str, hint: &str| TraceError {
                message: format!("{}, row {row}, column {}: {what}", quoted(self.file), quoted(column)),
                hint: hint.to_owned(),
            };
            let Some(value) = record.get(at) else {
                return Err(fault(
                    &format!("the row has only {} columns", record.len()),
                    "complete or remove the row",
                ));
            };
            take(value).map_err(|(what, hint)| fault(&format!("{} {what}", quoted(value)), hint))?;
        }
        Ok(())
    }
}

fn unreadable_row(file: &str, error: &csv::Error) -> TraceError {
    let place = error.position().map_or_else(String::new, |position| format!(", line {}", position.line()));
    let what = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8 text",
        _ => "is not a CSV table",
    };
    TraceError {
        message: format!("{}{place} {what}", quoted(file)),
        hint: "save it as UTF-8 CSV with a header row".to_owned(),
    }
}
