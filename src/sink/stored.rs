//! The output folder of a finished run, read back: what its manifest says, and whether its files are still those.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::directory::{INCOMPLETE, MANIFEST, OutputError, hexadecimal, put};
use super::provenance::RunFacts;

/// The scenario with every default filled in, as a run leaves it.
pub const RESOLVED: &str = "scenario.resolved.json";

/// Why a stored run cannot be believed, or not be read.
#[derive(Debug)]
pub struct StoredError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    NoResults,
    Incomplete,
    NoRun(&'static str),
    NotWritten,
    Missing,
    Edited,
    Malformed(String),
    Read(io::Error),
}

impl StoredError {
    /// The file or folder concerned.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the folder is to blame, not the disk.
    pub const fn is_inconsistent(&self) -> bool {
        !matches!(self.problem, Problem::Read(_))
    }

    /// What to do about it.
    pub const fn remedy(&self) -> &'static str {
        match &self.problem {
            Problem::NoResults | Problem::NoRun(_) => {
                "give the folder that `thirdtry run … --out DIR` has written"
            }
            Problem::Incomplete | Problem::Missing => "run the scenario again",
            Problem::NotWritten => "run the scenario again with `--files all`",
            Problem::Edited => "run the scenario again; results say nothing once they were edited",
            Problem::Malformed(_) => "run the scenario again with this version of thirdtry",
            Problem::Read(_) => "check the disk and the permissions",
        }
    }

    /// The file at `path` says something that cannot be.
    pub fn malformed(path: &Path, what: impl fmt::Display) -> Self {
        Self::new(path, Problem::Malformed(what.to_string()))
    }

    fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.to_owned(), problem }
    }

    fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| {
            let missing = error.kind() == io::ErrorKind::NotFound;
            Self::new(path, if missing { Problem::Missing } else { Problem::Read(error) })
        }
    }
}

impl fmt::Display for StoredError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            Problem::NoResults => write!(out, "`{path}` holds no results of a run: it has no {MANIFEST}"),
            Problem::Incomplete => write!(out, "`{path}` holds {INCOMPLETE}: its run has not finished"),
            Problem::NoRun(what) => write!(out, "`{path}` holds {what}, not a run"),
            Problem::NotWritten => write!(out, "`{path}` is not among the files that the run wrote"),
            Problem::Missing => write!(out, "`{path}` is missing, although {MANIFEST} lists it"),
            Problem::Edited => write!(
                out,
                "`{path}` is not what the run wrote: its SHA-256 differs from the one in {MANIFEST}"
            ),
            Problem::Malformed(what) => write!(out, "`{path}` cannot be understood: {what}"),
            Problem::Read(error) => write!(out, "cannot read `{path}`: {error}"),
        }
    }
}

impl std::error::Error for StoredError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Read(error) => Some(error),
            _ => None,
        }
    }
}

/// What the manifest of a run says.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    /// What identifies the run.
    #[serde(flatten)]
    pub run: RunFacts,
    /// Whether measurements were added to the page afterwards: it is then more than what the run wrote.
    #[serde(default)]
    pub report_with_measurements: bool,
    /// SHA-256 by file.
    pub files: BTreeMap<String, String>,
}

/// The output folder of a finished run.
#[derive(Clone, Debug)]
pub struct StoredRun {
    path: PathBuf,
    manifest: Manifest,
}

impl StoredRun {
    /// Opens the folder at `path` and reads its manifest.
    ///
    /// # Errors
    /// When it holds no complete results of a run.
    pub fn open(path: &Path) -> Result<Self, StoredError> {
        let manifest_path = path.join(MANIFEST);
        if path.join(INCOMPLETE).exists() {
            return Err(StoredError::new(path, Problem::Incomplete));
        }
        if !manifest_path.is_file() {
            return Err(StoredError::new(path, Problem::NoResults));
        }
        let text = fs::read(&manifest_path).map_err(StoredError::reading(&manifest_path))?;
        let about: serde_json::Value =
            serde_json::from_slice(&text).map_err(|error| StoredError::malformed(&manifest_path, error))?;
        if let Some(other) = other_results(&about) {
            return Err(StoredError::new(path, Problem::NoRun(other)));
        }
        let manifest =
            serde_json::from_value(about).map_err(|error| StoredError::malformed(&manifest_path, error))?;
        Ok(Self { path: path.to_owned(), manifest })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the run says of itself.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether the run wrote the file `name`.
    pub fn lists(&self, name: &str) -> bool {
        self.manifest.files.contains_key(name)
    }

    /// The path of the file `name`, which is what the run wrote.
    ///
    /// # Errors
    /// When the run wrote no such file, or it is missing, edited or unreadable.
    pub fn verified(&self, name: &str) -> Result<PathBuf, StoredError> {
        let path = self.path.join(name);
        if !self.lists(name) {
            return Err(StoredError::new(&path, Problem::NotWritten));
        }
        if self.is_as_written(name)? { Ok(path) } else { Err(StoredError::new(&path, Problem::Edited)) }
    }

    /// Whether the file `name` has the digest that the manifest says.
    ///
    /// # Errors
    /// When it is missing or unreadable.
    pub fn is_as_written(&self, name: &str) -> Result<bool, StoredError> {
        let path = self.path.join(name);
        let found = digest(&path).map_err(StoredError::reading(&path))?;
        Ok(self.manifest.files.get(name) == Some(&found))
    }

    /// The content of the file `name`, which is what the run wrote. For files that do not grow with the run.
    ///
    /// # Errors
    /// Those of [`StoredRun::verified`].
    pub fn content(&self, name: &str) -> Result<Vec<u8>, StoredError> {
        let path = self.verified(name)?;
        fs::read(&path).map_err(StoredError::reading(&path))
    }

    /// The JSON document in the file `name`, which is what the run wrote.
    ///
    /// # Errors
    /// Those of [`StoredRun::verified`], and a document of another form.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoredError> {
        let content = self.content(name)?;
        let path = self.path.join(name);
        serde_json::from_slice(&content).map_err(|error| StoredError::malformed(&path, error))
    }

    /// Puts `content` in the place of the file `name`, and says so in the manifest; `measured` if measurements are in
    /// it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn replace(&mut self, name: &str, content: &[u8], measured: bool) -> Result<(), OutputError> {
        let digest = hexadecimal(&Sha256::digest(content));
        put(&self.path, name, content)?;
        if self.manifest.files.get(name) == Some(&digest)
            && self.manifest.report_with_measurements == measured
        {
            return Ok(());
        }
        self.manifest.files.insert(name.to_owned(), digest);
        self.manifest.report_with_measurements = measured;
        put(&self.path, MANIFEST, &self.manifest_text()?)
    }

    /// The manifest as it stands, with the files as they are known here.
    fn manifest_text(&self) -> Result<Vec<u8>, OutputError> {
        let path = self.path.join(MANIFEST);
        let failed = || OutputError::io(&path, "read");
        let text = fs::read(&path).map_err(failed())?;
        let mut about: serde_json::Value =
            serde_json::from_slice(&text).map_err(|error| failed()(error.into()))?;
        if let Some(about) = about.as_object_mut() {
            let files = serde_json::to_value(&self.manifest.files).map_err(|error| failed()(error.into()))?;
            // The files come last.
            about.shift_remove("files");
            about.shift_remove("report_with_measurements");
            if self.manifest.report_with_measurements {
                about.insert("report_with_measurements".to_owned(), true.into());
            }
            about.insert("files".to_owned(), files);
        }
        let mut text = serde_json::to_vec_pretty(&about).map_err(|error| failed()(error.into()))?;
        text.push(b'\n');
        Ok(text)
    }

    /// The file `name`, opened for reading.
    ///
    /// # Errors
    /// When it is missing or unreadable.
    pub fn file(&self, name: &str) -> Result<File, StoredError> {
        let path = self.path.join(name);
        File::open(&path).map_err(StoredError::reading(&path))
    }
}

/// What the manifest of something else that thirdtry writes is about.
fn other_results(manifest: &serde_json::Value) -> Option<&'static str> {
    let has = |key: &str| manifest.get(key).is_some();
    if !has("thirdtry") || has("fingerprint") && !has("export") {
        return None;
    }
    let kinds = [("export", "an export"), ("points", "a sweep"), ("replications", "replications")];
    kinds.into_iter().find(|(key, _)| has(key)).map(|(_, kind)| kind)
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
