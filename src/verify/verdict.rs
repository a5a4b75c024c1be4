//! What became of a stored run that was run again, as data and as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::MODEL_VERSION;
use crate::report::REPORT;
use crate::sink::directory::{Again, Divergence, MANIFEST};
use crate::sink::stored::{StoredError, StoredRun};

/// No cell and no line is shown beyond so many characters.
const SHOWN: usize = 160;

/// What running again says of a folder.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Whether every byte is what the scenario gives.
    pub verified: bool,
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The fingerprint that the manifest says.
    pub fingerprint: String,
    /// The fingerprint of the run that was made again.
    pub fingerprint_again: String,
    /// The program that wrote the folder.
    pub thirdtry: String,
    /// This program.
    pub thirdtry_again: &'static str,
    /// The model of the stored run.
    pub model_version: u32,
    /// This program's model.
    pub model_version_again: u32,
    /// Every file, those that tell most of a difference first.
    pub files: Vec<FileVerdict>,
}

/// What running again says of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileVerdict {
    /// Its name.
    pub name: String,
    /// What it is like.
    pub state: FileState,
    /// The first line that differs, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// How many bytes before are equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// The stored line; absent if the file ends before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<String>,
    /// The line as the scenario gives it; absent if it gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// Of a table: when and to what it happened, and the cells that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<Cell>,
}

/// What a file is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// What the scenario gives, to the last byte.
    Equal,
    /// It was changed since the run: its digest is not the manifest's.
    Edited,
    /// It is what the run wrote, and the scenario gives something else now.
    Diverged,
    /// The manifest lists it, and it is not there.
    Missing,
    /// The manifest lists it, and the run writes no such file.
    NotWritten,
    /// The run writes it, and the manifest does not list it.
    NotListed,
}

/// A column of the first row that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The column.
    pub column: String,
    /// What is stored.
    pub stored: Option<String>,
    /// What the scenario gives.
    pub again: Option<String>,
}

impl Cell {
    fn differs(&self) -> bool {
        self.stored != self.again
    }
}

impl FileState {
    const fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Edited => "edited since the run: its SHA-256 is not the one in manifest.json",
            Self::Diverged => "what the run wrote, but the scenario gives something else now",
            Self::Missing => "missing, although manifest.json lists it",
            Self::NotWritten => "listed in manifest.json, but the run writes no such file",
            Self::NotListed => "not listed in manifest.json, although the run writes it",
        }
    }
}

/// Holds what was written again against the folder.
pub(super) fn verdict(
    stored: &StoredRun,
    fingerprint_again: &str,
    again: &BTreeMap<String, Again>,
) -> Result<Verdict, StoredError> {
    let manifest = stored.manifest();
    let listed = manifest.files.keys().chain(again.keys().filter(|name| !manifest.files.contains_key(*name)));
    let mut files = Vec::new();
    for name in listed {
        files.push(match again.get(name) {
            Some(Again::Manifest(text)) => manifest_verdict(stored, text)?,
            other => file_verdict(stored, name, other)?,
        });
    }
    files.sort_by_key(|file| (file.state == FileState::Equal, rank(&file.name)));
    let run = &manifest.run;
    let provenance = &run.provenance;
    Ok(Verdict {
        verified: files.iter().all(|file| file.state == FileState::Equal)
            && run.fingerprint == fingerprint_again,
        scenario: provenance.scenario.clone(),
        seed: provenance.seed,
        fingerprint: run.fingerprint.clone(),
        fingerprint_again: fingerprint_again.to_owned(),
        thirdtry: provenance.thirdtry.clone(),
        thirdtry_again: env!("CARGO_PKG_VERSION"),
        model_version: provenance.model_version,
        model_version_again: MODEL_VERSION,
        files,
    })
}

/// Files that tell most of what happened first.
fn rank(name: &str) -> usize {
    let known =
        ["timeline.csv", "events.csv", "attempts.csv", "deliveries.jsonl", "metrics.csv", "summary.csv"];
    known.iter().position(|known| *known == name).unwrap_or(known.len())
}

fn file_verdict(stored: &StoredRun, name: &str, again: Option<&Again>) -> Result<FileVerdict, StoredError> {
    let there = stored.path().join(name).exists();
    let as_written = || stored.is_as_written(name);
    let (state, divergence) = match again {
        // No run writes measurements: all that can be said is that nobody has changed the page since.
        None if there && stored.manifest().report_with_measurements && name == REPORT => {
            (if as_written()? { FileState::Equal } else { FileState::Edited }, None)
        }
        _ if !stored.lists(name) => (FileState::NotListed, None),
        _ if !there => (FileState::Missing, None),
        Some(Again::Compared(None)) if as_written()? => (FileState::Equal, None),
        // It is what it should be, and its manifest is not.
        Some(Again::Compared(None)) => (FileState::Edited, None),
        Some(Again::Compared(Some(divergence))) => {
            let state = if as_written()? { FileState::Diverged } else { FileState::Edited };
            (state, Some(divergence))
        }
        Some(Again::NotStored | Again::Manifest(_)) | None => (FileState::NotWritten, None),
    };
    Ok(FileVerdict::new(stored, name, state, divergence))
}

/// The manifest: other versions alone are no difference, since they are said by themselves.
fn manifest_verdict(stored: &StoredRun, again: &[u8]) -> Result<FileVerdict, StoredError> {
    let path = stored.path().join(MANIFEST);
    let text = std::fs::read(&path).map_err(|error| StoredError::malformed(&path, error))?;
    let provenance = &stored.manifest().run.provenance;
    let same_version =
        provenance.thirdtry == env!("CARGO_PKG_VERSION") && provenance.model_version == MODEL_VERSION;
    let measured = stored.manifest().report_with_measurements;
    let equal = if same_version && !measured {
        text == again
    } else {
        facts(&text, same_version) == facts(again, same_version)
    };
    if equal {
        return Ok(FileVerdict::new(stored, MANIFEST, FileState::Equal, None));
    }
    let (line, byte) = first_difference(&text, again);
    let lines = |text: &[u8]| {
        let text = String::from_utf8_lossy(text).into_owned();
        text.lines().nth(usize::try_from(line - 1).unwrap_or(usize::MAX)).map(str::to_owned)
    };
    let divergence = Divergence { line, byte, stored: lines(&text), again: lines(again) };
    Ok(FileVerdict::new(stored, MANIFEST, FileState::Diverged, Some(&divergence)))
}

/// What a manifest says of the run: without the page that holds measurements and, if the versions are others, without
/// these and all digests.
fn facts(text: &[u8], same_version: bool) -> Option<serde_json::Value> {
    let mut manifest: serde_json::Value = serde_json::from_slice(text).ok()?;
    let facts = manifest.as_object_mut()?;
    facts.shift_remove("report_with_measurements");
    if let Some(files) = facts.get_mut("files").and_then(serde_json::Value::as_object_mut) {
        files.shift_remove(REPORT);
    }
    if !same_version {
        for version in ["thirdtry", "model_version", "files"] {
            facts.shift_remove(version);
        }
    }
    Some(manifest)
}

fn first_difference(a: &[u8], b: &[u8]) -> (u64, u64) {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let line = a[..same].split(|byte| *byte == b'\n').count();
    (line as u64, same as u64)
}

impl FileVerdict {
    fn new(stored: &StoredRun, name: &str, state: FileState, divergence: Option<&Divergence>) -> Self {
        Self {
            name: name.to_owned(),
            state,
            line: divergence.map(|found| found.line),
            byte: divergence.map(|found| found.byte),
            stored: divergence.and_then(|found| found.stored.clone()),
            again: divergence.and_then(|found| found.again.clone()),
            cells: divergence.map_or_else(Vec::new, |found| cells(stored, name, found)),
        }
    }

    /// What happened in the first row that differs, and how.
    fn describe(&self, out: &mut String) {
        let place = self.line.map_or_else(String::new, |line| format!(", line {line}"));
        let _ = writeln!(out, "  {}{place}: {}", self.name, self.state.name());
        if self.line.is_none() {
            return;
        }
        let cell = |name: &str| self.cells.iter().find(|cell| cell.column == name);
        let known = |name: &str| cell(name).and_then(|cell| cell.again.as_ref().or(cell.stored.as_ref()));
        let at = known("time_ns").and_then(|nanos| nanos.parse().ok()).map(at_text);
        let event = known("event").filter(|event| !event.is_empty()).map(|event| format!("event {event}"));
        let about: Vec<String> = at.into_iter().chain(event).collect();
        if !about.is_empty() {
            let _ = writeln!(out, "    {}", about.join(", "));
        }
        let whole = self.stored.is_some() && self.again.is_some();
        for cell in self.cells.iter().filter(|cell| whole && cell.differs()) {
            let _ = writeln!(
                out,
                "    {}: {} stored, {} again",
                cell.column,
                shown(cell.stored.as_deref()),
                shown(cell.again.as_deref())
            );
        }
        let line =
            |line: &Option<String>| line.as_ref().map_or("(nothing more)".to_owned(), |line| cut(line));
        let _ = writeln!(out, "    stored  {}", line(&self.stored));
        let _ = writeln!(out, "    again   {}", line(&self.again));
    }
}

fn at_text(nanos: u64) -> String {
    format!("at {}.{:09} s", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

fn shown(cell: Option<&str>) -> String {
    match cell {
        None | Some("") => "nothing".to_owned(),
        Some(text) => format!("`{}`", cut(text)),
    }
}

/// A line of at most so many characters, with nothing that a terminal would take for a command.
fn cut(line: &str) -> String {
    let visible = |c: char| if c.is_control() { '\u{25a1}' } else { c };
    let short: String = line.chars().take(SHOWN).map(visible).collect();
    if line.chars().count() > SHOWN { format!("{short}…") } else { short }
}

/// The cells of the first row that differs, if the file is a table.
fn cells(stored: &StoredRun, name: &str, divergence: &Divergence) -> Vec<Cell> {
    if Path::new(name).extension().is_none_or(|ending| ending != "csv") || divergence.line < 2 {
        return Vec::new();
    }
    let Some(header) = stored.file(name).ok().and_then(first_row) else { return Vec::new() };
    let row = |line: &Option<String>| line.as_ref().and_then(|line| first_row(line.as_bytes()));
    let (stored, again) = (row(&divergence.stored), row(&divergence.again));
    let cell = |row: &Option<csv::StringRecord>, at: usize| row.as_ref()?.get(at).map(str::to_owned);
    let cells = header.iter().enumerate().map(|(at, column)| Cell {
        column: column.to_owned(),
        stored: cell(&stored, at),
        again: cell(&again, at),
    });
    let keys = ["time_ns", "event", "source", "function", "observation", "metric", "statistic"];
    cells.filter(|cell| cell.differs() || keys.contains(&cell.column.as_str())).collect()
}

fn first_row(text: impl std::io::Read) -> Option<csv::StringRecord> {
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    reader.into_records().next()?.ok()
}

impl Verdict {
    /// The file to look at first, if any differs.
    pub fn first_divergence(&self) -> Option<&FileVerdict> {
        self.files.first().filter(|file| file.state != FileState::Equal)
    }

    /// What is said of other versions, if they are other ones.
    pub fn version_note(&self) -> Option<String> {
        let versions = format!(
            "it was written by thirdtry {} (model {}), and this is thirdtry {} (model {})",
            self.thirdtry, self.model_version, self.thirdtry_again, self.model_version_again
        );
        if self.model_version != self.model_version_again {
            Some(format!("{versions}: another model gives other results"))
        } else if self.thirdtry != self.thirdtry_again {
            Some(format!("{versions}: results are the same, files may be written otherwise"))
        } else {
            None
        }
    }

    /// As text for people; `folder` is how they call it.
    pub fn text(&self, folder: &str) -> String {
        let mut out = String::new();
        let about =
            format!("scenario {}, seed {}, fingerprint {}", self.scenario, self.seed, self.fingerprint);
        let differing = self.files.iter().filter(|file| file.state != FileState::Equal).count();
        if self.verified {
            let _ =
                writeln!(out, "{folder}: verified, {} files are equal to the last byte", self.files.len());
            let _ = writeln!(out, "  {about}");
        } else {
            let _ = writeln!(
                out,
                "{folder}: NOT what its scenario gives: {differing} of {} files differ",
                self.files.len()
            );
            let _ = writeln!(out, "  {about}");
        }
        if let Some(note) = self.version_note() {
            let _ = writeln!(out, "  {note}");
        }
        if self.fingerprint != self.fingerprint_again {
            let _ = writeln!(
                out,
                "  the run goes another way: its fingerprint is {} now",
                self.fingerprint_again
            );
        }
        for (at, file) in self.files.iter().filter(|file| file.state != FileState::Equal).enumerate() {
            match at {
                0 => {
                    out.push_str("first divergence\n");
                    file.describe(&mut out);
                }
                1 => {
                    out.push_str("others\n");
                    file.name_it(&mut out);
                }
                _ => file.name_it(&mut out),
            }
        }
        out
    }
}

impl FileVerdict {
    fn name_it(&self, out: &mut String) {
        let place = self.line.map_or_else(String::new, |line| format!(", line {line}"));
        let _ = writeln!(out, "  {}{place}: {}", self.name, self.state.name());
    }
}
