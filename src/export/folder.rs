//! The output folder of a finished run: verified before it is believed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::rows::Rows;
use crate::sink::directory::{INCOMPLETE, MANIFEST, OutputError, hexadecimal};
use crate::sink::label::Label;

/// The scenario with every default filled in, as a run leaves it.
const RESOLVED: &str = "scenario.resolved.json";

/// What could not be exported.
#[derive(Debug)]
pub struct ExportError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    NoResults,
    Incomplete,
    NotWritten,
    Missing,
    Edited,
    Malformed(String),
    HoldsARun,
    Read(io::Error),
    Output(OutputError),
}

impl ExportError {
    /// The file or folder concerned.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the run's folder is to blame, not the disk.
    pub const fn is_inconsistent(&self) -> bool {
        match self.problem {
            Problem::NoResults
            | Problem::Incomplete
            | Problem::NotWritten
            | Problem::Missing
            | Problem::Edited
            | Problem::Malformed(_) => true,
            Problem::HoldsARun | Problem::Read(_) | Problem::Output(_) => false,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match &self.problem {
            Problem::NoResults => "give the folder that `thirdtry run … --out DIR` has written",
            Problem::Incomplete | Problem::Missing => "run the scenario again",
            Problem::NotWritten => "run the scenario again with `--files all`",
            Problem::Edited => "run the scenario again; results cannot be exported once they were edited",
            Problem::Malformed(_) => "run the scenario again with this version of thirdtry",
            Problem::HoldsARun => "choose another folder with `--out`",
            Problem::Read(_) => "check the disk and the permissions",
            Problem::Output(error) => error.remedy(),
        }
    }

    pub(super) fn malformed(path: &Path, what: impl fmt::Display) -> Self {
        Self { path: path.to_owned(), problem: Problem::Malformed(what.to_string()) }
    }

    fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.to_owned(), problem }
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            Problem::NoResults => write!(out, "`{path}` holds no results of a run: it has no {MANIFEST}"),
            Problem::Incomplete => write!(out, "`{path}` holds {INCOMPLETE}: its run has not finished"),
            Problem::NotWritten => write!(out, "`{path}` is not among the files that the run wrote"),
            Problem::Missing => write!(out, "`{path}` is missing, although {MANIFEST} lists it"),
            Problem::Edited => {
                write!(
                    out,
                    "`{path}` is not what the run wrote: its SHA-256 differs from the one in {MANIFEST}"
                )
            }
            Problem::Malformed(what) => write!(out, "`{path}` cannot be understood: {what}"),
            Problem::HoldsARun => {
                write!(out, "`{path}` holds the results of a run, which are not overwritten")
            }
            Problem::Read(error) => write!(out, "cannot read `{path}`: {error}"),
            Problem::Output(error) => write!(out, "{error}"),
        }
    }
}

impl std::error::Error for ExportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Read(error) => Some(error),
            Problem::Output(error) => Some(error),
            Problem::NoResults
            | Problem::Incomplete
            | Problem::NotWritten
            | Problem::Missing
            | Problem::Edited
            | Problem::Malformed(_)
            | Problem::HoldsARun => None,
        }
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

/// What is needed of a run's manifest.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The fingerprint of all observations.
    pub fingerprint: String,
    files: BTreeMap<String, String>,
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
    path: PathBuf,
    manifest: Manifest,
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
        let manifest_path = path.join(MANIFEST);
        if path.join(INCOMPLETE).exists() {
            return Err(ExportError::new(path, Problem::Incomplete));
        }
        if !manifest_path.is_file() {
            return Err(ExportError::new(path, Problem::NoResults));
        }
        let manifest: Manifest = parse(&manifest_path)?;
        let resolved_path = verified(path, &manifest, RESOLVED)?;
        let resolved: Resolved = parse(&resolved_path)?;
        let start: Timestamp =
            resolved.start.parse().map_err(|error| ExportError::malformed(&resolved_path, error))?;
        let (functions, settings) = resolved.functions.into_iter().map(settings_of).unzip();
        Ok(Self {
            path: path.to_owned(),
            manifest,
            label: Label::starting(start.as_millisecond()),
            functions,
            settings,
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the run says of itself.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
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
        verified(&self.path, &self.manifest, name).map(drop)
    }

    /// The rows of the table `name`, which has been verified.
    pub(super) fn rows<T: DeserializeOwned>(&self, name: &str) -> Result<Rows<T>, ExportError> {
        let path = self.path.join(name);
        let file = File::open(&path).map_err(|error| ExportError::new(&path, Problem::Read(error)))?;
        Ok(Rows::new(path, BufReader::with_capacity(1 << 16, file)))
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
        Some(manifest) if manifest.get("export").is_none() => Err(ExportError::new(path, Problem::HoldsARun)),
        _ => Ok(()),
    }
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, ExportError> {
    let text = fs::read(path).map_err(|error| ExportError::new(path, Problem::Read(error)))?;
    serde_json::from_slice(&text).map_err(|error| ExportError::malformed(path, error))
}

fn verified(folder: &Path, manifest: &Manifest, name: &str) -> Result<PathBuf, ExportError> {
    let path = folder.join(name);
    let Some(expected) = manifest.files.get(name) else {
        return Err(ExportError::new(&path, Problem::NotWritten));
    };
    match digest(&path) {
        Ok(found) if found == *expected => Ok(path),
        Ok(_) => Err(ExportError::new(&path, Problem::Edited)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ExportError::new(&path, Problem::Missing))
        }
        Err(error) => Err(ExportError::new(&path, Problem::Read(error))),
    }
}

fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hexadecimal(&hash.finalize()));
        }
        hash.update(&buffer[..read]);
    }
}
