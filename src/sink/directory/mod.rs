//! The output folder of a run: complete, or it says that it is not.
//!
//! ```text
//! open ──> INCOMPLETE appears; everything goes to NAME.partial; earlier results stay as they are
//! finish ─> every file is flushed and synced, then renamed; stale files go; manifest.json comes last;
//!           INCOMPLETE disappears
//! ```
//!
//! Nothing stands under a final name that was not written to its end. A folder with `INCOMPLETE` in it holds no
//! results to rely on, whatever else is there. A folder that is not ours is never written into: ours is one that is
//! empty, has our `manifest.json`, or our `INCOMPLETE`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

mod again;
mod error;

pub use super::comparison::Divergence;
pub use super::writer::OutputFile;
use super::writer::Writer;
pub use again::{Again, WrittenAgain};
pub use error::OutputError;
use error::Problem;

/// The file that is written last and lists all others.
pub const MANIFEST: &str = "manifest.json";
/// The file that says that a run has not finished.
pub const INCOMPLETE: &str = "INCOMPLETE";
/// The ending of files that are being written.
const PARTIAL: &str = ".partial";
/// The first words of our marker.
const MARKER: &str = "thirdtry: this run has not finished";

/// What is in the manifest.
#[derive(Serialize)]
struct Manifest<'a, F> {
    #[serde(flatten)]
    facts: &'a F,
    files: &'a BTreeMap<String, String>,
}

/// An output folder while its run goes on.
#[derive(Debug)]
pub struct OutputFolder {
    path: PathBuf,
    /// Nothing is written: what would be is held against what is there, and this is told of it.
    compared: Option<WrittenAgain>,
    /// Complete files by name, with their SHA-256; still under their partial names.
    complete: BTreeMap<String, String>,
    /// What the previous manifest listed.
    previous: BTreeSet<String>,
    writer: Arc<Writer>,
}

impl OutputFolder {
    /// Opens the folder at `path`, creating it if need be, and marks it incomplete. Earlier results stay.
    ///
    /// # Errors
    /// When `path` is a file, a folder that is not ours, or cannot be written.
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        if path.exists() && !path.is_dir() {
            return Err(OutputError::new(path, Problem::IsFile));
        }
        fs::create_dir_all(path).map_err(OutputError::io(path, "create the folder"))?;
        if !is_ours(path)? {
            return Err(OutputError::new(path, Problem::Foreign));
        }
        let folder = Self {
            path: path.to_owned(),
            compared: None,
            complete: BTreeMap::new(),
            previous: files_of_manifest(path),
            writer: Arc::default(),
        };
        folder.mark_incomplete("it is running, or it was stopped without a chance to say so")?;
        folder.remove_partials(&folder.path)?;
        Ok(folder)
    }

    /// The folder at `path`, into which nothing is written: its files are read along instead, and `told` what they
    /// are like.
    pub fn comparing(path: &Path, told: WrittenAgain) -> Self {
        Self {
            path: path.to_owned(),
            compared: Some(told),
            complete: BTreeMap::new(),
            previous: BTreeSet::new(),
            writer: Arc::default(),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins the file `name` (with `/` for a folder inside).
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(&self, name: &str) -> Result<OutputFile, OutputError> {
        let inside = Path::new(name);
        if !is_plain(inside) {
            return Err(OutputError::new(inside, Problem::BadName));
        }
        if self.compared.is_some() {
            return self.read_along(name);
        }
        let path = self.path.join(format!("{name}{PARTIAL}"));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(OutputError::io(parent, "create the folder"))?;
        }
        let file = File::create(&path).map_err(OutputError::io(&path, "create"))?;
        Ok(self.writer.begin(name.to_owned(), path, file))
    }

    fn read_along(&self, name: &str) -> Result<OutputFile, OutputError> {
        let path = self.path.join(name);
        let stored = match File::open(&path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(OutputError::io(&path, "read")(error)),
        };
        Ok(self.writer.compare(name.to_owned(), path, stored))
    }

    /// Whether all files could be written so far. Their own errors come later, when they are handed the next block or
    /// completed.
    ///
    /// # Errors
    /// The first error that any file met.
    pub fn check(&self) -> Result<(), OutputError> {
        self.writer.failure().map_or(Ok(()), Err)
    }

    /// Ends a file: flushed, synced, counted in. It keeps its partial name until [`OutputFolder::finish`].
    ///
    /// # Errors
    /// When its last bytes cannot be written.
    pub fn complete(&mut self, mut file: OutputFile) -> Result<(), OutputError> {
        if let Some(told) = &self.compared {
            let is_stored = self.path.join(&file.name).exists();
            file.flush()?;
            let found = file.compared()?;
            let again = if is_stored { Again::Compared(found) } else { Again::NotStored };
            told.note(file.name.clone(), again);
        }
        let digest = file.complete()?;
        self.complete.insert(std::mem::take(&mut file.name), hexadecimal(&digest));
        Ok(())
    }

    /// Writes a whole file at once.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, name: &str, content: &[u8]) -> Result<(), OutputError> {
        let mut file = self.create(name)?;
        file.write_all(content)?;
        self.complete(file)
    }

    /// All is written: gives every file its name, removes those of an earlier run that are no longer written,
    /// and writes the manifest, which says `facts` beside the files.
    ///
    /// # Errors
    /// When the folder cannot be written; `INCOMPLETE` then stays.
    pub fn finish(self, facts: &impl Serialize) -> Result<(), OutputError> {
        let manifest = self.manifest(facts)?;
        if let Some(told) = &self.compared {
            told.note(MANIFEST.to_owned(), Again::Manifest(manifest));
            return Ok(());
        }
        for name in self.complete.keys() {
            self.rename(name)?;
        }
        for name in self.previous.iter().filter(|name| !self.complete.contains_key(*name)) {
            remove_if_there(&self.path.join(name))?;
        }
        sync_folder(&self.path);
        self.put(MANIFEST, &manifest)?;
        remove_if_there(&self.path.join(INCOMPLETE))?;
        sync_folder(&self.path);
        Ok(())
    }

    /// The run was given up: leaves a folder that says why. What was written stays under its partial names.
    ///
    /// # Errors
    /// When even that cannot be written.
    pub fn interrupt(self, reason: &str) -> Result<(), OutputError> {
        if self.compared.is_some() {
            return Ok(());
        }
        self.mark_incomplete(reason)
    }

    fn manifest(&self, facts: &impl Serialize) -> Result<Vec<u8>, OutputError> {
        let files = &self.complete;
        let mut text = serde_json::to_vec_pretty(&Manifest { facts, files })
            .map_err(|error| OutputError::io(&self.path.join(MANIFEST), "write")(error.into()))?;
        text.push(b'\n');
        Ok(text)
    }

    fn mark_incomplete(&self, reason: &str) -> Result<(), OutputError> {
        let text = format!("{MARKER}: {reason}\nRun it again; do not rely on the files in this folder.\n");
        self.put(INCOMPLETE, text.as_bytes())
    }

    fn put(&self, name: &str, content: &[u8]) -> Result<(), OutputError> {
        put(&self.path, name, content)
    }

    fn rename(&self, name: &str) -> Result<(), OutputError> {
        rename(&self.path, name)
    }

    /// Removes what an earlier run left behind in `folder` and the folders in it.
    fn remove_partials(&self, folder: &Path) -> Result<(), OutputError> {
        for path in entries(folder)? {
            if path.is_dir() && folder == self.path {
                self.remove_partials(&path)?;
            } else if path.to_str().is_some_and(|name| name.ends_with(PARTIAL)) {
                remove_if_there(&path)?;
            }
        }
        Ok(())
    }
}

/// Writes a small file in one step, so that it is there whole or not at all.
pub(super) fn put(folder: &Path, name: &str, content: &[u8]) -> Result<(), OutputError> {
    let partial = folder.join(format!("{name}{PARTIAL}"));
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written.map_err(OutputError::io(&partial, "write"))?;
    rename(folder, name)
}

fn rename(folder: &Path, name: &str) -> Result<(), OutputError> {
    let to = folder.join(name);
    let from = folder.join(format!("{name}{PARTIAL}"));
    fs::rename(from, &to).map_err(OutputError::io(&to, "give the final name to"))
}

fn is_ours(folder: &Path) -> Result<bool, OutputError> {
    // A run may have been stopped while it wrote its very first file, the marker.
    let beginning = folder.join(format!("{INCOMPLETE}{PARTIAL}"));
    let nothing_else = entries(folder)?.iter().all(|path| *path == beginning);
    Ok(nothing_else || has_our_manifest(folder) || has_our_marker(folder))
}

fn has_our_manifest(folder: &Path) -> bool {
    read_manifest(folder).is_some_and(|manifest| manifest.get("thirdtry").is_some())
}

fn has_our_marker(folder: &Path) -> bool {
    fs::read_to_string(folder.join(INCOMPLETE)).is_ok_and(|text| text.starts_with(MARKER))
}

fn read_manifest(folder: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()
}

/// The files that an earlier manifest lists; only names that stay inside the folder.
fn files_of_manifest(folder: &Path) -> BTreeSet<String> {
    let manifest = read_manifest(folder).unwrap_or_default();
    let files = manifest.get("files").and_then(|files| files.as_object());
    files
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .filter(|name| is_plain(Path::new(name)))
        .collect()
}

fn is_plain(name: &Path) -> bool {
    let mut parts = name.components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, OutputError> {
    let read = || fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    let mut paths = read().map_err(OutputError::io(folder, "read the folder"))?;
    paths.sort_unstable();
    Ok(paths)
}

fn remove_if_there(path: &Path) -> Result<(), OutputError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(OutputError::io(path, "remove the old")(error))
        }
        _ => Ok(()),
    }
}

/// Makes renames durable where the system can; where it cannot, they are still in order.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        folder.sync_all().unwrap_or_default();
    }
}

/// Two digits a byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every text");
        text
    })
}

#[cfg(test)]
mod tests;
