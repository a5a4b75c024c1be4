//! The output folder of a finished run: verified before it is believed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::rows::Rows;
use crate::sink::directory::{MANIFEST, OutputError};
use crate::sink::label::Label;
use crate::sink::stored::{Manifest, RESOLVED, StoredError, StoredRun};

/// What could not be exported.
#[derive(Debug)]
pub struct ExportError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Stored(StoredError),
    HoldsARun,
    Output(OutputError),
}

impl ExportError {
    /// The file or folder concerned.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the run's folder is to blame, not the disk.
    pub const fn is_inconsistent(&self) -> bool {
        match &self.problem {
            Problem::Stored(error) => error.is_inconsistent(),
            Problem::HoldsARun | Problem::Output(_) => false,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match &self.problem {
            Problem::Stored(error) => error.remedy(),
            Problem::HoldsARun => "choose another folder with `--out`",
            Problem::Output(error) => error.remedy(),
        }
    }

    pub(super) fn malformed(path: &Path, what: impl fmt::Display) -> Self {
        StoredError::malformed(path, what).into()
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Stored(error) => error.fmt(out),
            Problem::HoldsARun => {
                write!(out, "`{}` holds the results of a run, which are not overwritten", self.path.display())
            }
            Problem::Output(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for ExportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Stored(error) => error.source(),
            Problem::Output(error) => Some(error),
            Problem::HoldsARun => None,
        }
    }
}

impl From<StoredError> for ExportError {
    fn from(error: StoredError) -> Self {
        Self { path: error.path().to_owned(), problem: Problem::Stored(error) }
    }
}

impl From<OutputError> for ExportError {
    fn from(error: OutputError) -> Self {
        Self { path: error.path().to_owned(), problem: Problem::Output(error) }
    }
}

/// An error met while writing.
impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        OutputError::from(error).into()
    }
}

/// What is needed of the resolved scenario.
#[derive(Debug, Deserialize)]
struct Resolved {
    start: String,
    functions: BTreeMap<String, ResolvedFunction>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResolvedFunction {
    timeout: u64,
    memory_size: u64,
    #[serde(rename = "failures", default)]
    failures: Vec<BTreeMap<String, ResolvedFailure>>,
}

#[derive(Debug, Deserialize)]
struct ResolvedFailure {
    #[serde(default)]
    because: String,
}

/// A function's settings, as far as logs and traces show them.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) timeout_seconds: u64,
    pub(super) memory_mb: u64,
    /// The author's words for each failure cause; empty if there are none.
    pub(super) because: Vec<String>,
}

/// The output folder of a finished run.
#[derive(Debug)]
pub struct RunFolder {
    stored: StoredRun,
    label: Label,
    functions: Vec<String>,
    settings: Vec<Settings>,
}

impl RunFolder {
    /// Opens the folder at `path`.
    ///
    /// # Errors
    /// When it holds no complete results, or its scenario was edited.
    pub fn open(path: &Path) -> Result<Self, ExportError> {
        let stored = StoredRun::open(path)?;
        let resolved: Resolved = stored.json(RESOLVED)?;
        let start: Timestamp = resolved
            .start
            .parse()
            .map_err(|error| ExportError::malformed(&stored.path().join(RESOLVED), error))?;
        let (functions, settings) = resolved.functions.into_iter().map(settings_of).unzip();
        Ok(Self { stored, label: Label::starting(start.as_millisecond()), functions, settings })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.stored.path()
    }

    /// What the run says of itself.
    pub const fn manifest(&self) -> &Manifest {
        self.stored.manifest()
    }

    /// Virtual time as dates.
    pub(super) const fn label(&self) -> Label {
        self.label
    }

    /// The names of the functions, sorted.
    pub(super) fn functions(&self) -> &[String] {
        &self.functions
    }

    /// The position of the function called `name` and its settings.
    pub(super) fn function(&self, name: &str) -> Option<(usize, &Settings)> {
        let index = self.functions.binary_search_by(|known| known.as_str().cmp(name)).ok()?;
        Some((index, &self.settings[index]))
    }

    /// Makes sure that the file `name` is what the run wrote.
    pub(super) fn verify(&self, name: &str) -> Result<(), ExportError> {
        Ok(self.stored.verified(name).map(drop)?)
    }

    /// The rows of the table `name`, which has been verified.
    pub(super) fn rows<T: DeserializeOwned>(&self, name: &str) -> Result<Rows<T>, ExportError> {
        let file = self.stored.file(name)?;
        Ok(Rows::new(self.path().join(name), BufReader::with_capacity(1 << 16, file)))
    }
}

fn settings_of((name, function): (String, ResolvedFunction)) -> (String, Settings) {
    let because = |failure: BTreeMap<String, ResolvedFailure>| {
        failure.into_values().map(|kind| kind.because).next().unwrap_or_default()
    };
    let settings = Settings {
        timeout_seconds: function.timeout,
        memory_mb: function.memory_size,
        because: function.failures.into_iter().map(because).collect(),
    };
    (name, settings)
}

/// The results of a run are nobody's to replace but a run's.
pub(super) fn refuse_results_of_a_run(path: &Path) -> Result<(), ExportError> {
    let manifest: Option<serde_json::Value> =
        fs::read(path.join(MANIFEST)).ok().and_then(|text| serde_json::from_slice(&text).ok());
    match manifest {
        Some(manifest) if manifest.get("export").is_none() => {
            Err(ExportError { path: path.to_owned(), problem: Problem::HoldsARun })
        }
        _ => Ok(()),
    }
}
