//! The way from a file to a scenario, with all problems at once.

use super::document::{self, Node, Value};
use super::expectation::Written;
use super::problem::{LineIndex, Problem, Severity, reason};
use super::shape::{self, MAX_PROBLEMS, Resolved, Setting};
use super::{Scenario, grammar, lower, set};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::fmt;
use std::fmt::Write as _;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A scenario file and how it is called.
#[derive(Clone, Debug)]
pub struct Input {
    /// How messages call it; its stem names the results.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The folder from which relative paths in it count; `None` if it does not lie in one.
    pub folder: Option<PathBuf>,
    /// Changes to it: paths and values, in order.
    pub sets: Vec<(String, String)>,
}

/// A file that cannot be read.
#[derive(Debug)]
pub struct UnreadableFile {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

impl fmt::Display for UnreadableFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for UnreadableFile {}

impl Input {
    /// Reads the file at `path`, which must be a regular file.
    ///
    /// # Errors
    /// A file that is missing, unreadable or not a regular file. (Of a file that is too large only so much is read
    /// that [`load`] reports it.)
    pub fn read(path: &Path) -> Result<Self, UnreadableFile> {
        let unreadable = |reason: String| UnreadableFile { path: path.to_owned(), reason };
        let failed = |error: io::Error| unreadable(format!("cannot be read: {}", reason(&error)));
        let about = std::fs::metadata(path).map_err(failed)?;
        if !about.is_file() {
            let kind = if about.is_dir() { "a folder" } else { "a pipe or device" };
            return Err(unreadable(format!("is {kind}, not a regular file")));
        }
        let mut input = std::fs::File::open(path)
            .and_then(|file| Self::read_from(&path.display().to_string(), file))
            .map_err(failed)?;
        input.folder = Some(path.parent().map_or_else(PathBuf::new, Path::to_owned));
        Ok(input)
    }

    /// Reads a scenario called `name` from wherever it comes, and not more than [`load`] needs to see that it is too
    /// large.
    ///
    /// # Errors
    /// Those of `reader`.
    pub fn read_from(name: &str, reader: impl Read) -> io::Result<Self> {
        let mut bytes = Vec::new();
        reader.take(document::MAX_SCENARIO_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(Self { bytes, ..Self::from_text(name, "") })
    }

    /// A scenario that lies in no file, called `name`.
    pub fn from_text(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), bytes: text.as_bytes().to_vec(), folder: None, sets: Vec::new() }
    }

    /// The name under which results are filed.
    pub fn stem(&self) -> String {
        match Path::new(&self.name).file_stem() {
            Some(stem) if self.name != "-" => stem.to_string_lossy().into_owned(),
            _ => "stdin".to_owned(),
        }
    }
}

/// A scenario that can be run, and what its file means.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// The file with all defaults filled in; loading it gives the same scenario.
    pub resolved: Json,
    /// What may not mean what the author thinks.
    pub warnings: Vec<Problem>,
    /// SHA-256 in hexadecimal of the resolved file and of the recordings it names.
    pub digest: String,
    /// The text of the file, for messages about it.
    pub text: String,
    /// Where each of the scenario's expectations stands in it.
    pub written: Vec<Written>,
}

/// What a file means, without what only a run of it needs.
#[derive(Clone, Debug)]
pub struct Meaning<'i> {
    /// The trees of the file and of the file with all defaults. Taking those of a large file apart takes time, which
    /// whoever is done with the process can save.
    _trees: (Node<'i>, Resolved<'i>),
    /// The scenario.
    pub scenario: Scenario,
    /// Every setting, given or assumed, if they are wanted.
    pub settings: Vec<Setting>,
    /// What may not mean what the author thinks.
    pub warnings: Vec<Problem>,
    /// Where each of the scenario's expectations stands in the file.
    pub written: Vec<Written>,
}

/// A file that is not a scenario, and why not.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// How messages call the file.
    pub name: String,
    /// Its text, as far as it is text.
    pub text: String,
    /// Everything that is wrong, errors and warnings, in the order of the file.
    pub problems: Vec<Problem>,
}

/// All problems in plain text, a blank line between them.
impl fmt::Display for Rejected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = LineIndex::new(&self.text);
        for (at, problem) in self.problems.iter().enumerate() {
            let gap = if at > 0 { "\n\n" } else { "" };
            write!(out, "{gap}{}", problem.render(&self.name, &lines))?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejected {}

impl Loaded {
    /// The content of `scenario.resolved.json`.
    pub fn resolved_file(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(&self.resolved).expect("plain data");
        text.push(b'\n');
        text
    }
}

/// Reads a scenario: parses it, applies the changes, holds it against the grammar and lowers it.
///
/// # Errors
/// All problems of the file; there is at least one of severity error.
pub fn load(input: &Input) -> Result<Loaded, Rejected> {
    let read = read(input, false)?;
    let mut resolved = read.resolved.to_json();
    forget_schema(&mut resolved);
    Ok(Loaded {
        scenario: read.scenario,
        digest: digest(&resolved, &read.recordings),
        resolved,
        warnings: read.warnings,
        text: read.text.to_owned(),
        written: read.written,
    })
}

/// What a file means; with `listing`, also every setting of it.
///
/// # Errors
/// Those of [`load`].
pub fn meaning(input: &Input, listing: bool) -> Result<Meaning<'_>, Rejected> {
    let read = read(input, listing)?;
    Ok(Meaning {
        _trees: (read.root, read.resolved),
        scenario: read.scenario,
        settings: read.settings,
        warnings: read.warnings,
        written: read.written,
    })
}

/// Every setting of a resolved scenario; those that are not their defaults count as given. `None` if `text` is none.
pub fn settings_of(text: &str) -> Option<Vec<Setting>> {
    let root = document::parse(text).ok()?;
    let checked = shape::check_against_defaults(&grammar::SCENARIO, &root, is_documented(&root));
    checked.problems.is_empty().then_some(checked.settings)
}

/// A file that was read.
struct ReadIn<'i> {
    root: Node<'i>,
    scenario: Scenario,
    resolved: Resolved<'i>,
    settings: Vec<Setting>,
    warnings: Vec<Problem>,
    recordings: Vec<[u8; 32]>,
    text: &'i str,
    written: Vec<Written>,
}

fn read(input: &Input, listing: bool) -> Result<ReadIn<'_>, Rejected> {
    let reject = |text: &str, problems: Vec<Problem>| Rejected {
        name: input.name.clone(),
        text: text.to_owned(),
        problems: in_order(problems),
    };
    let text = document::decode(&input.bytes).map_err(|problem| {
        reject(&String::from_utf8_lossy(&input.bytes[..input.bytes.len().min(1 << 16)]), vec![problem])
    })?;
    let mut root = document::parse(text).map_err(|problem| reject(text, vec![problem]))?;
    let mut problems: Vec<Problem> =
        input.sets.iter().filter_map(|(path, value)| set::apply(&mut root, path, value).err()).collect();

    let check = if listing { shape::check } else { shape::check_values };
    let mut checked = check(&grammar::SCENARIO, &root, is_documented(&root));
    let lowered = lower::lower(&input.stem(), text, &checked, input.folder.as_deref());
    problems.append(&mut checked.problems);
    problems.extend(lowered.problems);

    let errors = problems.iter().any(|problem| problem.severity == Severity::Error);
    match lowered.scenario {
        Some(scenario) if !errors => Ok(ReadIn {
            resolved: checked.resolved,
            settings: checked.settings,
            root,
            scenario,
            warnings: in_order(problems),
            recordings: lowered.recordings,
            text,
            written: lowered.written,
        }),
        _ => {
            assert!(errors, "a scenario is refused with a reason");
            Err(reject(text, problems))
        }
    }
}

/// The profile decides the defaults of other settings, so that it is read before them.
fn is_documented(root: &Node<'_>) -> bool {
    let Value::Object(entries) = &root.value else {
        return false;
    };
    let profile = entries.iter().find(|entry| entry.key == "profile");
    matches!(profile.map(|entry| &entry.node.value), Some(Value::Text(name)) if name == "documented")
}

/// Where an editor finds the schema is a matter of the file, not of the scenario.
fn forget_schema(resolved: &mut Json) {
    if let Some(fields) = resolved.as_object_mut() {
        fields.shift_remove("$schema");
    }
}

/// In the order of the file, those from elsewhere first; cut when there are very many.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| problem.span.as_ref().map(|span| span.start));
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    if more > 0 {
        problems.truncate(MAX_PROBLEMS);
        problems.push(Problem::error("", None, format!("and {more} problems more")));
    }
    problems
}

fn digest(resolved: &Json, recordings: &[[u8; 32]]) -> String {
    let mut hash = Sha256::new();
    hash.update(resolved.to_string().as_bytes());
    for recording in recordings {
        hash.update(recording);
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::builtin;

    fn accept(name: &str, text: &str) -> Loaded {
        load(&Input::from_text(name, text)).unwrap_or_else(|rejected| panic!("{rejected}"))
    }

    #[test]
    fn every_shipped_scenario_loads_and_its_resolved_form_means_the_same() {
        let starter = ("starter", builtin::starter());
        let shipped = builtin::names().map(|name| (name, builtin::text(name).expect("listed")));
        for (name, text) in shipped.chain([starter]) {
            let loaded = accept(name, text);
            assert!(!loaded.scenario.description.is_empty(), "{name} says what to look for");
            let again = accept(name, &loaded.resolved.to_string());
            assert_eq!(again.digest, loaded.digest, "{name}");
            assert_eq!(again.resolved, loaded.resolved, "{name}");
            assert_eq!(format!("{:?}", again.scenario), format!("{:?}", loaded.scenario), "{name}");
        }
    }

    #[test]
    fn the_spelling_of_a_file_does_not_change_its_digest() {
        let plain = accept("a", MINIMAL);
        let spelled = MINIMAL.replace("\"1s\"", "\"1000ms\"").replace("\"version\"", "// note\n \"version\"");
        assert_eq!(accept("b", &spelled).digest, plain.digest);
        assert_ne!(accept("a", &MINIMAL.replace("\"1s\"", "\"2s\"")).digest, plain.digest);
    }

    const MINIMAL: &str = r#"{ "version": 1, "functions": { "f": { "duration": "1s" } },
        "sources": { "s": { "to": "f", "arrivals": { "times": ["1s"] } } } }"#;
}
