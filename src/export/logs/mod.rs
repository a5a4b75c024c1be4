//! CloudWatch Logs: what each function's log group would hold.
//!
//! A run writes its lines into the stream of its execution environment; a throttled attempt writes nothing. Lines are
//! written in the order of their times, as `filter-log-events` gives them. Rows come in the order in which runs
//! *end*, so that a line waits until no run can come that started before it: for as long as the function's longest
//! run, found in a first reading, and no longer.

mod line;

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::folder::{ExportError, RunFolder, Settings};
use super::rows::{AttemptRow, plain};
use super::{LATEST, folder_names};
use crate::sink::directory::{OutputFile, OutputFolder, hexadecimal};
use crate::sink::label::Label;
use crate::time::{SimDuration, SimTime};
use line::Line;

const TABLE: &str = "attempts.csv";
/// So many log groups are written in one reading of the table; each has two files open.
const GROUPS_AT_ONCE: usize = 50;

/// The form of log messages: `LoggingConfig.LogFormat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// `START`, `END` and `REPORT` lines.
    Text,
    /// One JSON object a message.
    Json,
}

/// Writes the log group of each function that ran.
pub(super) fn write(run: &RunFolder, format: LogFormat, out: &mut OutputFolder) -> Result<(), ExportError> {
    run.verify(TABLE)?;
    let longest = longest_runs(run)?;
    let folders = folder_names(run.functions());
    let ran: Vec<(usize, SimDuration)> =
        longest.into_iter().enumerate().filter_map(|(index, longest)| Some((index, longest?))).collect();
    for batch in ran.chunks(GROUPS_AT_ONCE) {
        let mut groups = BTreeMap::new();
        for (index, longest) in batch {
            groups.insert(*index, Group::create(run, *index, *longest, &folders[*index], out)?);
        }
        for row in run.rows::<AttemptRow>(TABLE)? {
            let row = row?;
            let (index, settings) = function_of(run, &row)?;
            if let Some(group) = groups.get_mut(&index) {
                group.take(&row, settings, format)?;
            }
        }
        for group in groups.into_values() {
            group.finish(out)?;
        }
    }
    Ok(())
}

/// How long each function's longest run took, its init included; `None` for a function that never ran.
fn longest_runs(run: &RunFolder) -> Result<Vec<Option<SimDuration>>, ExportError> {
    let mut longest = vec![None; run.functions().len()];
    for row in run.rows::<AttemptRow>(TABLE)? {
        let row = row?;
        let (index, _) = function_of(run, &row)?;
        if row.environment.is_some() {
            longest[index] = longest[index].max(Some(row.end().since(row.dispatched())));
        }
    }
    Ok(longest)
}

fn function_of<'r>(run: &'r RunFolder, row: &AttemptRow) -> Result<(usize, &'r Settings), ExportError> {
    run.function(plain(&row.function)).ok_or_else(|| {
        let what = format!("there is no function `{}`", row.function);
        ExportError::malformed(&run.path().join(TABLE), what)
    })
}

/// A log group being written.
struct Group<'r> {
    name: &'r str,
    seed: u64,
    label: Label,
    longest: SimDuration,
    /// When each environment first ran, by its number less one.
    environments: Vec<Option<SimTime>>,
    /// Lines that may have to let others pass, by time and order of appearance.
    waiting: BTreeMap<(SimTime, u64), (u32, String)>,
    seen: u64,
    written: u64,
    events: OutputFile,
    tail: OutputFile,
}

/// One event as `filter-log-events` answers it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogEvent<'a> {
    log_stream_name: &'a str,
    timestamp: i64,
    message: &'a str,
    ingestion_time: i64,
    event_id: String,
}

impl<'r> Group<'r> {
    fn create(
        run: &'r RunFolder,
        index: usize,
        longest: SimDuration,
        folder: &str,
        out: &OutputFolder,
    ) -> Result<Self, ExportError> {
        Ok(Self {
            name: &run.functions()[index],
            seed: run.manifest().run.provenance.seed,
            label: run.label(),
            longest,
            environments: Vec::new(),
            waiting: BTreeMap::new(),
            seen: 0,
            written: 0,
            events: out.create(&format!("{folder}/filter-log-events.jsonl"))?,
            tail: out.create(&format!("{folder}/tail.log"))?,
        })
    }

    /// Takes an attempt; what did not reach the code leaves no line.
    fn take(&mut self, row: &AttemptRow, settings: &Settings, format: LogFormat) -> Result<(), ExportError> {
        let Some(environment) = row.environment else { return Ok(()) };
        self.note_environment(environment, row.dispatched());
        for Line { at, message } in line::of_run(row, settings, format, self.label, self.name) {
            self.seen += 1;
            self.waiting.insert((at, self.seen), (environment, message));
        }
        // Whoever ends later has not started earlier than this.
        let safe = row.end_ns.saturating_sub(self.longest.as_nanos());
        self.release(SimTime::from_nanos(safe))
    }

    fn note_environment(&mut self, environment: u32, at: SimTime) {
        let index = environment as usize - 1;
        if self.environments.len() <= index {
            self.environments.resize(index + 1, None);
        }
        self.environments[index].get_or_insert(at);
    }

    /// Writes what lies before `safe`.
    fn release(&mut self, safe: SimTime) -> Result<(), ExportError> {
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 >= safe {
                break;
            }
            let ((at, _), (environment, message)) = entry.remove_entry();
            self.write(at, environment, &message)?;
        }
        Ok(())
    }

    fn write(&mut self, at: SimTime, environment: u32, message: &str) -> Result<(), ExportError> {
        let stream = self.stream(environment);
        let timestamp = self.label.epoch_millis(at);
        self.written += 1;
        let id = u128::try_from(timestamp).unwrap_or(0) << 64 | u128::from(self.written);
        let event = LogEvent {
            log_stream_name: &stream,
            timestamp,
            message,
            ingestion_time: timestamp,
            event_id: format!("{id:056}"),
        };
        serde_json::to_writer(&mut self.events, &event).map_err(std::io::Error::from)?;
        self.events.write_all(b"\n")?;
        let date = self.label.millis(at);
        let date = date.trim_end_matches('Z');
        writeln!(self.tail, "{date}000+00:00 {stream} {}", message.trim_end_matches('\n'))?;
        Ok(())
    }

    /// `YYYY/MM/DD/[$LATEST]` and 32 hexadecimal digits.
    fn stream(&self, environment: u32) -> String {
        let first = self.environments[environment as usize - 1].unwrap_or(SimTime::ZERO);
        let date = self.label.seconds(first)[..10].replace('-', "/");
        let digest = Sha256::digest(format!("log stream/{}/{}/{environment}", self.seed, self.name));
        format!("{date}/[{LATEST}]{}", hexadecimal(&digest[..16]))
    }

    fn finish(mut self, out: &mut OutputFolder) -> Result<(), ExportError> {
        self.release(SimTime::MAX)?;
        out.complete(self.events)?;
        Ok(out.complete(self.tail)?)
    }
}
