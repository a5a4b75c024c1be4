//! Golden results: what a scenario gave when somebody looked at it and was content.
//!
//! ```text
//! scenarios/orders.json
//! scenarios/golden/orders/golden.json             version, digest of the scenario, fingerprint, SHA-256 of each file
//! scenarios/golden/orders/summary.csv             the result that a person reviews
//! scenarios/golden/orders/scenario.resolved.json  what was run, to be run again beside a changed one
//! scenarios/golden/orders.new/                    what the last test found instead, until it is accepted
//! ```
//!
//! There are no paths, hosts or times in them.

use super::digests::digest_of;
use crate::MODEL_VERSION;
use crate::experiment::Measured;
use crate::scenario::load::Loaded;
use crate::sink::summary_files;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const FACTS: &str = "golden.json";
const SUMMARY: &str = "summary.csv";
const SCENARIO: &str = "scenario.resolved.json";
/// What a result that waits to be accepted is called, behind its name.
const PENDING: &str = ".new";
/// A golden file that is larger is none.
const MOST_BYTES: u64 = 64 << 20;

/// One golden result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Golden {
    /// What identifies it.
    pub facts: GoldenFacts,
    /// `summary.csv`.
    pub summary: String,
    /// `scenario.resolved.json`.
    pub scenario: String,
}

/// What identifies a golden result: `golden.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenFacts {
    /// The program's version.
    pub thirdtry: String,
    /// The model's version.
    pub model_version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The digest of the scenario as resolved, with its recordings.
    pub scenario_digest: String,
    /// The seed.
    pub seed: u64,
    /// The profile.
    pub profile: String,
    /// The fingerprint of all observations.
    pub fingerprint: String,
    /// Why the run ended.
    pub end: String,
    /// The SHA-256 of each file, in hexadecimal: of those beside this one, and of those that `run` writes.
    pub files: BTreeMap<String, String>,
}

/// The folder of the golden results of the scenarios that lie in one folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoldenFolder(PathBuf);

/// A golden result that cannot be read or written, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where.
    pub path: PathBuf,
    /// What is wrong.
    pub reason: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for Damage {}

impl Golden {
    /// What a run gave.
    pub fn of(loaded: &Loaded, measured: &Measured, mut files: BTreeMap<String, String>) -> Self {
        let summary =
            summary_files::write_csv(&measured.summary, Vec::new()).expect("memory takes every byte");
        let scenario = loaded.resolved_file();
        files.insert(SUMMARY.to_owned(), digest_of(&summary));
        files.insert(SCENARIO.to_owned(), digest_of(&scenario));
        let facts = GoldenFacts {
            thirdtry: env!("CARGO_PKG_VERSION").to_owned(),
            model_version: MODEL_VERSION,
            scenario: loaded.scenario.name.clone(),
            scenario_digest: loaded.digest.clone(),
            seed: loaded.scenario.seed.0,
            profile: loaded.scenario.profile.name().to_owned(),
            fingerprint: format!("{:016x}", measured.fingerprint),
            end: measured.end.name().to_owned(),
            files,
        };
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what we write is UTF-8");
        Self { facts, summary: text(summary), scenario: text(scenario) }
    }

    /// Whether the two tell of the same run with the same results, to the byte.
    pub fn has_same_results(&self, other: &Self) -> bool {
        let results = |golden: &Self| {
            let mut files = golden.facts.files.clone();
            files.remove(SCENARIO);
            (golden.facts.fingerprint.clone(), golden.facts.end.clone(), files)
        };
        results(self) == results(other) && self.summary == other.summary
    }

    fn read(folder: &Path) -> Result<Self, Damage> {
        let damage = |name: &str, reason: String| Damage { path: folder.join(name), reason };
        let read = |name: &str| {
            let path = folder.join(name);
            let size = fs::metadata(&path).map_err(|error| damage(name, cannot_read(&error)))?.len();
            if size > MOST_BYTES {
                return Err(damage(name, format!("has {size} bytes: it is no golden result")));
            }
            fs::read_to_string(&path).map_err(|error| damage(name, cannot_read(&error)))
        };
        let facts: GoldenFacts = serde_json::from_str(&read(FACTS)?)
            .map_err(|error| damage(FACTS, format!("is not what a golden result says of itself: {error}")))?;
        let golden = Self { facts, summary: read(SUMMARY)?, scenario: read(SCENARIO)? };
        for (name, content) in [(SUMMARY, &golden.summary), (SCENARIO, &golden.scenario)] {
            // A checkout may have given the lines other ends.
            let plain = content.replace("\r\n", "\n");
            if golden.facts.files.get(name) != Some(&digest_of(plain.as_bytes())) {
                return Err(damage(
                    name,
                    format!("was edited: it is not the file that {FACTS} has the digest of"),
                ));
            }
        }
        let plain = |text: &str| text.replace("\r\n", "\n");
        Ok(Self { summary: plain(&golden.summary), scenario: plain(&golden.scenario), ..golden })
    }

    fn write(&self, folder: &Path) -> Result<(), Damage> {
        let cannot = |error: &io::Error| Damage {
            path: folder.to_owned(),
            reason: format!("cannot be written: {error}"),
        };
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|error| cannot(&error))?;
        }
        fs::create_dir_all(folder).map_err(|error| cannot(&error))?;
        let facts = serde_json::to_string_pretty(&self.facts).expect("plain data") + "\n";
        for (name, content) in [(SUMMARY, &self.summary), (SCENARIO, &self.scenario), (FACTS, &facts)] {
            fs::write(folder.join(name), content).map_err(|error| cannot(&error))?;
        }
        Ok(())
    }
}

fn cannot_read(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "is missing".to_owned(),
        kind => format!("cannot be read: {kind}"),
    }
}

impl GoldenFolder {
    /// The folder of the scenarios that lie in `folder`.
    pub fn beside(folder: &Path) -> Self {
        Self(folder.join("golden"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether there is one: then every scenario beside it has its golden result there.
    pub fn exists(&self) -> bool {
        self.0.is_dir()
    }

    /// The golden result of the scenario called `name`; `None` if there is none.
    ///
    /// # Errors
    /// One that is damaged.
    pub fn read(&self, name: &str) -> Result<Option<Golden>, Damage> {
        let folder = self.0.join(name);
        if folder.exists() { Golden::read(&folder).map(Some) } else { Ok(None) }
    }

    /// The result of `name` that waits to be accepted; `None` if none does.
    ///
    /// # Errors
    /// One that is damaged.
    pub fn read_pending(&self, name: &str) -> Result<Option<Golden>, Damage> {
        let folder = self.pending_path(name);
        if folder.exists() { Golden::read(&folder).map(Some) } else { Ok(None) }
    }

    /// Where a result that waits to be accepted lies.
    pub fn pending_path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}{PENDING}"))
    }

    /// Lets a result wait to be accepted.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_pending(&self, name: &str, golden: &Golden) -> Result<(), Damage> {
        golden.write(&self.pending_path(name))
    }

    /// Stores a result as the golden one of `name`; nothing waits any more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn accept(&self, name: &str, golden: &Golden) -> Result<(), Damage> {
        golden.write(&self.0.join(name))?;
        self.forget_pending(name)
    }

    /// Takes away what waits to be accepted, if anything does.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn forget_pending(&self, name: &str) -> Result<(), Damage> {
        remove(self.pending_path(name))
    }

    /// Takes away what no scenario has: a golden result, or one that waits.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, entry: &str) -> Result<(), Damage> {
        remove(self.0.join(entry))
    }

    /// What lies there and belongs to none of the scenarios called `names`, and what still waits to be accepted.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn unreferenced(&self, names: &BTreeSet<String>) -> Result<Vec<String>, Damage> {
        let cannot = |error: io::Error| Damage { path: self.0.clone(), reason: cannot_read(&error) };
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(cannot)? {
            let name = entry.map_err(cannot)?.file_name().to_string_lossy().into_owned();
            let stem = name.strip_suffix(PENDING).unwrap_or(&name);
            if !names.contains(stem) && !name.starts_with('.') {
                found.push(name);
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}

fn remove(path: PathBuf) -> Result<(), Damage> {
    let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Damage { path, reason: format!("cannot be removed: {}", error.kind()) })
        }
        _ => Ok(()),
    }
}
