//! Whether a stored run is what its scenario gives: it is run again, and every byte is held against the folder.
//!
//! ```text
//! manifest.json ──> which files, which version      ┌─ equal to the last byte
//! scenario.resolved.json ──> Scenario ──run again──>┤
//!                          stored files, read along ┘─ the first line that differs, with both versions
//! ```
//!
//! Nothing is written, and nothing is held in memory but the lines that differ. A file whose digest is not the
//! manifest's was edited; one whose digest is right and whose bytes are not comes from another program, another
//! machine's mistake, or ours.

mod verdict;

use std::fmt;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use crate::record::{Files, Recorder};
use crate::report::REPORT;
use crate::scenario::load::{Input, Loaded, load};
use crate::simulate::{RunEnd, Simulation};
use crate::sink::directory::{OutputError, OutputFolder, WrittenAgain};
use crate::sink::stored::{Manifest, RESOLVED, StoredError, StoredRun};
use crate::time::SimTime;

pub use verdict::{Cell, FileState, FileVerdict, Verdict};

/// Why a stored run cannot be run again.
#[derive(Debug)]
pub enum VerifyError {
    /// The folder cannot be believed, or not be read.
    Stored(StoredError),
    /// Its scenario cannot be run as it was.
    Scenario {
        /// What is wrong.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// A file could not be read along.
    Output(OutputError),
}

impl VerifyError {
    /// Whether the folder is to blame, not the disk.
    pub const fn is_inconsistent(&self) -> bool {
        match self {
            Self::Stored(error) => error.is_inconsistent(),
            Self::Scenario { .. } => true,
            Self::Output(_) => false,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        match self {
            Self::Stored(error) => error.remedy(),
            Self::Scenario { remedy, .. } => remedy,
            Self::Output(error) => error.remedy(),
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored(error) => error.fmt(out),
            Self::Scenario { message, .. } => out.write_str(message),
            Self::Output(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for VerifyError {}

impl From<StoredError> for VerifyError {
    fn from(error: StoredError) -> Self {
        Self::Stored(error)
    }
}

impl From<OutputError> for VerifyError {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}

/// A stored run that is about to be run again.
#[derive(Debug)]
pub struct Verification {
    stored: StoredRun,
    loaded: Loaded,
    told: WrittenAgain,
}

impl Verification {
    /// Opens the folder at `path`. The recordings of its scenario, if it has any, are looked for in `recordings`;
    /// without that in the folder itself, then in the current one.
    ///
    /// # Errors
    /// A folder that holds no complete results of a run, and a scenario that is not the run's any more.
    pub fn open(path: &Path, recordings: Option<&Path>) -> Result<Self, VerifyError> {
        let stored = StoredRun::open(path)?;
        let loaded = load_again(&stored, recordings)?;
        Ok(Self { stored, loaded, told: WrittenAgain::default() })
    }

    /// The scenario.
    pub const fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// What the run says of itself.
    pub const fn manifest(&self) -> &Manifest {
        self.stored.manifest()
    }

    /// An observer that reads the stored files along. What it is told in a run from start to end is the verdict's.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn recorder(&self) -> Result<Recorder<'_>, VerifyError> {
        let folder = OutputFolder::comparing(self.stored.path(), self.told.clone());
        Ok(Recorder::with_files(&self.loaded, folder, files_of(self.manifest()))?)
    }

    /// The run ended at `at`: what it says of the folder.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn finish(&self, recorder: Recorder<'_>, end: RunEnd, at: SimTime) -> Result<Verdict, VerifyError> {
        let report = recorder.finish(end, at)?;
        Ok(verdict::verdict(&self.stored, &report.fingerprint, &self.told.files())?)
    }
}

/// Runs the scenario of the folder at `path` again and compares; see [`Verification::open`] for `recordings`.
///
/// # Errors
/// Those of [`Verification`].
pub fn verify(path: &Path, recordings: Option<&Path>) -> Result<Verdict, VerifyError> {
    let verification = Verification::open(path, recordings)?;
    let mut recorder = verification.recorder()?;
    let mut simulation = Simulation::new(&verification.loaded.scenario, 0);
    loop {
        if let Some(end) = simulation.advance(&mut recorder, u64::MAX) {
            return verification.finish(recorder, end, simulation.now());
        }
    }
}

/// Which files the run wrote.
fn files_of(manifest: &Manifest) -> Files {
    let has = |name: &str| manifest.files.contains_key(name);
    Files {
        events: has("events.csv"),
        attempts: has("attempts.csv"),
        timeline: has("timeline.csv").then_some(manifest.run.timeline_one_in.unwrap_or(NonZeroU64::MIN)),
        metrics: has("metrics.csv"),
        deliveries: has("deliveries.jsonl"),
        charts: has("series.csv"),
        report: has(REPORT) && !manifest.report_with_measurements,
        png: manifest
            .files
            .keys()
            .any(|name| Path::new(name).extension().is_some_and(|ending| ending == "png")),
    }
}

/// The scenario as it was run, or why it is not.
fn load_again(stored: &StoredRun, recordings: Option<&Path>) -> Result<Loaded, VerifyError> {
    let manifest = stored.manifest();
    let untouched = stored.is_as_written(RESOLVED)?;
    let bytes = std::fs::read(stored.path().join(RESOLVED)).map_err(|error| VerifyError::Scenario {
        message: format!("cannot read `{}`: {error}", stored.path().join(RESOLVED).display()),
        remedy: "check the disk and the permissions".to_owned(),
    })?;
    let folders: Vec<PathBuf> = match recordings {
        Some(folder) => vec![folder.to_owned()],
        None => vec![stored.path().to_owned(), PathBuf::new()],
    };
    let mut refused = None;
    for folder in folders {
        // The name is that of the results, so that its ending does not count as part of it.
        let name = format!("{}.json", manifest.run.provenance.scenario);
        let input = Input { name, bytes: bytes.clone(), folder: Some(folder), sets: Vec::new() };
        match load(&input) {
            Ok(loaded) if loaded.digest == manifest.run.provenance.scenario_digest => return Ok(loaded),
            Ok(_) => refused = Some(changed(stored, untouched)),
            Err(rejected) => {
                refused.get_or_insert_with(|| VerifyError::Scenario {
                    message: format!("`{}` cannot be run again: {rejected}", stored.path().display()),
                    remedy: remedy_of(stored, untouched),
                });
            }
        }
    }
    Err(refused.expect("there is a folder to look in"))
}

/// The scenario loads, and is another one.
fn changed(stored: &StoredRun, untouched: bool) -> VerifyError {
    let path = stored.path().join(RESOLVED);
    let message = if untouched {
        format!(
            "the scenario of `{}` does not have the digest that its manifest says",
            stored.path().display()
        )
    } else {
        format!("`{}` is not the scenario that was run: it was edited", path.display())
    };
    VerifyError::Scenario { message, remedy: remedy_of(stored, untouched) }
}

fn remedy_of(stored: &StoredRun, untouched: bool) -> String {
    if !untouched {
        return "run the scenario again; results cannot be verified once their scenario was edited"
            .to_owned();
    }
    let other = stored.manifest().run.provenance.thirdtry != env!("CARGO_PKG_VERSION");
    let version = if other {
        format!(
            "; it was written by thirdtry {}, which may have read it otherwise",
            stored.manifest().run.provenance.thirdtry
        )
    } else {
        String::new()
    };
    format!("if it names a recording, give the folder in which that lies with `--recordings DIR`{version}")
}
