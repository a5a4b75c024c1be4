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
use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

pub use super::comparison::Divergence;
pub use super::writer::OutputFile;
use super::writer::Writer;

/// The file that is written last and lists all others.
pub const MANIFEST: &str = "manifest.json";
/// The file that says that a run has not finished.
pub const INCOMPLETE: &str = "INCOMPLETE";
/// The ending of files that are being written.
const PARTIAL: &str = ".partial";
/// The first words of our marker.
const MARKER: &str = "thirdtry: this run has not finished";

/// What could not be done with the output folder.
#[derive(Debug)]
pub struct OutputError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    IsFile,
    Foreign,
    BadName,
    Io { doing: &'static str, source: io::Error },
}

impl OutputError {
    /// The path concerned.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match &self.problem {
            Problem::IsFile | Problem::Foreign => "choose another folder with `--out`",
            Problem::BadName => "this is a bug: please report it",
            Problem::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "free some space or choose another disk with `--out`, then run again"
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    "choose a folder that you may write to with `--out`"
                }
                _ => "check the disk or choose another folder with `--out`, then run again",
            },
        }
    }

    fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.to_owned(), problem }
    }

    pub(super) fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { path: path.to_owned(), problem: Problem::Io { doing, source } }
    }

    /// The same error once more: several may want to know of it.
    pub(super) fn again(&self) -> Self {
        let problem = match &self.problem {
            Problem::IsFile => Problem::IsFile,
            Problem::Foreign => Problem::Foreign,
            Problem::BadName => Problem::BadName,
            Problem::Io { doing, source } => {
                let again = source.raw_os_error().map(io::Error::from_raw_os_error);
                let source = again.unwrap_or_else(|| io::Error::new(source.kind(), source.to_string()));
                Problem::Io { doing, source }
            }
        };
        Self { path: self.path.clone(), problem }
    }

    /// The error as a sink may pass it on, still of its kind.
    pub(super) fn into_io(self) -> io::Error {
        let kind = match &self.problem {
            Problem::Io { source, .. } => source.kind(),
            Problem::IsFile | Problem::Foreign | Problem::BadName => io::ErrorKind::Other,
        };
        io::Error::new(kind, self)
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            Problem::IsFile => write!(out, "`{path}` is a file, not a folder"),
            Problem::Foreign => write!(
                out,
                "`{path}` is not empty and holds no results of thirdtry, so nothing is written into it"
            ),
            Problem::BadName => write!(out, "`{path}` is no name for a file inside the output folder"),
            Problem::Io { doing, source } => write!(out, "cannot {doing} `{path}`: {source}"),
        }
    }
}

impl std::error::Error for OutputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Io { source, .. } => Some(source),
            Problem::IsFile | Problem::Foreign | Problem::BadName => None,
        }
    }
}

/// An error that came through a sink: those of an [`OutputFile`] still know their file.
impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => error,
            Err(source) => {
                Self { path: PathBuf::from("the output"), problem: Problem::Io { doing: "write", source } }
            }
        }
    }
}

/// What the manifest says about the run, beside its files. No hosts, times or paths.
#[derive(Clone, Debug, Serialize)]
pub struct RunFacts {
    /// The program's version.
    pub thirdtry: &'static str,
    /// The model's version.
    pub model_version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The digest of the scenario as resolved.
    pub scenario_digest: String,
    /// The seed.
    pub seed: u64,
    /// The profile.
    pub profile: &'static str,
    /// The fingerprint, 16 hexadecimal digits.
    pub fingerprint: String,
    /// Why the run ended.
    pub end: &'static str,
    /// One event in so many is in the timeline; not said if it is every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline_one_in: Option<NonZeroU64>,
}

#[derive(Serialize)]
struct Manifest<'a, F> {
    #[serde(flatten)]
    facts: &'a F,
    files: &'a BTreeMap<String, String>,
}

/// What came of writing the files of a folder again, by name.
#[derive(Clone, Debug, Default)]
pub struct WrittenAgain(Arc<Mutex<BTreeMap<String, Again>>>);

/// A file that was written again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// There is no such file in the folder.
    NotStored,
    /// There is, and this is where it parts from what was written again; `None` if it is the same.
    Compared(Option<Divergence>),
    /// The manifest, which is not compared here.
    Manifest(Vec<u8>),
}

impl WrittenAgain {
    /// What is known so far.
    pub fn files(&self) -> BTreeMap<String, Again> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, name: String, again: Again) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, again);
    }
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
mod tests {
    use super::*;

    /// A folder of its own for each test, gone afterwards.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("thirdtry-{}-{name}", std::process::id()));
            fs::remove_dir_all(&path).unwrap_or_default();
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn out(&self) -> PathBuf {
            self.0.join("out")
        }

        fn names(&self) -> Vec<String> {
            let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
            entries(&self.out()).unwrap().iter().map(name).collect()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap_or_default();
        }
    }

    fn facts() -> RunFacts {
        RunFacts {
            thirdtry: "0.1.0",
            model_version: 1,
            scenario: "quickstart".to_owned(),
            scenario_digest: "aa".to_owned(),
            seed: 42,
            profile: "measured",
            fingerprint: "00000000deadbeef".to_owned(),
            end: "drained",
            timeline_one_in: None,
        }
    }

    /// A complete run that writes the files given.
    fn complete_run(path: &Path, files: &[(&str, &str)]) {
        let mut folder = OutputFolder::open(path).unwrap();
        for (name, content) in files {
            folder.write(name, content.as_bytes()).unwrap();
        }
        folder.finish(&facts()).unwrap();
    }

    #[test]
    fn a_complete_run_leaves_its_files_and_a_manifest_of_them() {
        let scratch = Scratch::new("complete");
        complete_run(&scratch.out(), &[("events.csv", "abc"), ("charts/fates.svg", "")]);
        assert_eq!(scratch.names(), ["charts", "events.csv", "manifest.json"]);
        let manifest = fs::read_to_string(scratch.out().join(MANIFEST)).unwrap();
        let expected = r#"{
  "thirdtry": "0.1.0",
  "model_version": 1,
  "scenario": "quickstart",
  "scenario_digest": "aa",
  "seed": 42,
  "profile": "measured",
  "fingerprint": "00000000deadbeef",
  "end": "drained",
  "files": {
    "charts/fates.svg": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "events.csv": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  }
}
"#;
        assert_eq!(manifest, expected);
    }

    #[test]
    fn while_it_runs_the_folder_says_so_and_the_earlier_results_stay() {
        let scratch = Scratch::new("running");
        complete_run(&scratch.out(), &[("events.csv", "old"), ("stale.csv", "old")]);
        let mut folder = OutputFolder::open(&scratch.out()).unwrap();
        folder.write("events.csv", b"new").unwrap();
        let expected = ["INCOMPLETE", "events.csv", "events.csv.partial", "manifest.json", "stale.csv"];
        assert_eq!(scratch.names(), expected);
        assert_eq!(fs::read_to_string(scratch.out().join("events.csv")).unwrap(), "old");
        folder.finish(&facts()).unwrap();
        assert_eq!(scratch.names(), ["events.csv", "manifest.json"]);
        assert_eq!(fs::read_to_string(scratch.out().join("events.csv")).unwrap(), "new");
    }

    #[test]
    fn an_interrupted_run_says_why_and_the_next_one_cleans_up() {
        let scratch = Scratch::new("interrupted");
        let mut folder = OutputFolder::open(&scratch.out()).unwrap();
        folder.write("events.csv", b"half").unwrap();
        folder.interrupt("interrupted at 00:10:00.000").unwrap();
        assert_eq!(scratch.names(), ["INCOMPLETE", "events.csv.partial"]);
        let marker = fs::read_to_string(scratch.out().join(INCOMPLETE)).unwrap();
        assert!(marker.contains("interrupted at 00:10:00.000"), "{marker}");
        complete_run(&scratch.out(), &[("summary.json", "{}")]);
        assert_eq!(scratch.names(), ["manifest.json", "summary.json"]);
    }

    #[test]
    fn a_folder_that_is_not_ours_is_left_alone() {
        let scratch = Scratch::new("foreign");
        fs::create_dir_all(scratch.out()).unwrap();
        fs::write(scratch.out().join("thesis.txt"), "years of work").unwrap();
        let error = OutputFolder::open(&scratch.out()).unwrap_err();
        assert!(error.to_string().contains("holds no results of thirdtry"), "{error}");
        assert!(error.remedy().contains("--out"));
        fs::write(scratch.out().join(MANIFEST), "{\"name\": \"of another program\"}").unwrap();
        assert!(OutputFolder::open(&scratch.out()).is_err());
        assert_eq!(scratch.names(), ["manifest.json", "thesis.txt"]);
    }

    #[test]
    fn a_file_is_no_folder() {
        let scratch = Scratch::new("file");
        fs::write(scratch.out(), "").unwrap();
        let error = OutputFolder::open(&scratch.out()).unwrap_err();
        assert!(error.to_string().ends_with("is a file, not a folder"), "{error}");
    }

    #[test]
    fn what_a_user_put_beside_the_results_stays() {
        let scratch = Scratch::new("notes");
        complete_run(&scratch.out(), &[("events.csv", "1")]);
        fs::write(scratch.out().join("notes.txt"), "mine").unwrap();
        complete_run(&scratch.out(), &[("summary.csv", "2")]);
        assert_eq!(scratch.names(), ["manifest.json", "notes.txt", "summary.csv"]);
    }

    #[test]
    fn a_manifest_cannot_make_us_remove_files_elsewhere() {
        let scratch = Scratch::new("evil");
        fs::create_dir_all(scratch.out()).unwrap();
        fs::write(scratch.0.join("precious"), "").unwrap();
        let manifest = r#"{"thirdtry": "0.1.0", "files": {"../precious": "00", "/etc/hostname": "00"}}"#;
        fs::write(scratch.out().join(MANIFEST), manifest).unwrap();
        complete_run(&scratch.out(), &[]);
        assert!(scratch.0.join("precious").exists());
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        let scratch = Scratch::new("names");
        let folder = OutputFolder::open(&scratch.out()).unwrap();
        for name in ["../x", "/x", "", "a/../../x"] {
            assert!(folder.create(name).is_err(), "{name}");
        }
    }

    #[test]
    fn the_same_files_have_the_same_manifest() {
        let (one, two) = (Scratch::new("one"), Scratch::new("two"));
        let manifest = |scratch: &Scratch| {
            complete_run(&scratch.out(), &[("b", "2"), ("a", "1")]);
            fs::read(scratch.out().join(MANIFEST)).unwrap()
        };
        assert_eq!(manifest(&one), manifest(&two));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_names_the_file_and_the_remedy_and_leaves_nothing_under_a_final_name() {
        let scratch = Scratch::new("full");
        complete_run(&scratch.out(), &[("events.csv", "old")]);
        let mut folder = OutputFolder::open(&scratch.out()).unwrap();
        let partial = scratch.out().join("events.csv.partial");
        std::os::unix::fs::symlink("/dev/full", partial).unwrap();
        let error = folder.write("events.csv", b"new").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("events.csv.partial") && text.contains("No space left"), "{text}");
        assert!(error.remedy().starts_with("free some space"));
        folder.interrupt("the disk was full").unwrap();
        assert_eq!(fs::read_to_string(scratch.out().join("events.csv")).unwrap(), "old");
        assert!(scratch.out().join(INCOMPLETE).exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_sink_passes_the_name_of_its_file_on() {
        let scratch = Scratch::new("sink");
        let folder = OutputFolder::open(&scratch.out()).unwrap();
        std::os::unix::fs::symlink("/dev/full", scratch.out().join("events.csv.partial")).unwrap();
        let scenario = crate::observe::test_scenarios::busy();
        let file = folder.create("events.csv").unwrap();
        let mut sink = crate::sink::events_csv::EventsCsv::new(&scenario, file);
        crate::sink::test_support::run(&scenario, &mut sink);
        let error = OutputError::from(sink.finish().err().unwrap());
        assert!(error.path().ends_with("events.csv.partial"), "{error}");
    }
}
