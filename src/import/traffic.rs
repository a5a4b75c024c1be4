//! The traffic file: the part of a scenario that no template knows.
//!
//! It is a scenario with most of it left out: its values are written into the imported scenario as they stand, and
//! checked there. What is special: the function `*` stands for every function without an entry of its own, and a
//! function's `arrivals` are those of its one source.

use super::application::Application;
use super::book::{Book, Origin, Problem, Refusal};
use super::tree::{self, Entry, Node};
use super::{SourceFile, decode};
use crate::scenario::document;
use crate::scenario::problem::{LineIndex, did_you_mean, quoted};

/// A traffic file that has been read.
#[derive(Clone, Debug)]
pub struct Traffic {
    pub(super) file: String,
    root: Node,
}

/// The sections that are merged with what the template gives.
const SECTIONS: [&str; 3] = ["functions", "destinations", "sources"];
/// The entry for every function that has none.
const EVERY: &str = "*";

impl Traffic {
    /// Reads the file: JSON with comments and trailing commas.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(file: &SourceFile) -> Result<Self, Problem> {
        let text = decode(file)?;
        let root = document::parse(text).map_err(|problem| {
            let line = problem.span.as_ref().map_or(0, |span| LineIndex::new(text).position(span.start).0);
            let hint = problem.hint.unwrap_or_else(|| "docs/import.md shows a traffic file".to_owned());
            Refusal::at(line, problem.message, hint).in_file(&file.name)
        })?;
        Ok(Self { file: file.name.clone(), root: tree::from_document(root, text) })
    }

    pub(super) fn origin(&self, line: usize) -> Origin {
        Origin::new(&self.file, line, "")
    }

    /// What stands outside of the sections: it goes into the scenario as it is.
    pub(super) fn top(&self) -> impl Iterator<Item = &Entry> {
        self.root
            .entries()
            .iter()
            .filter(|entry| entry.key != "version" && !SECTIONS.contains(&entry.key.as_str()))
    }

    /// What it says about the function `name`, `arrivals` left out.
    pub(super) fn function(&self, name: &str) -> impl Iterator<Item = &Entry> {
        entries_of(self.function_entry(name)).iter().filter(|entry| entry.key != "arrivals")
    }

    /// The arrivals that it gives for the one source of the function `name`.
    pub(super) fn arrivals_of(&self, name: &str) -> Option<&Node> {
        self.root.at(&["functions", name, "arrivals"])
    }

    fn function_entry(&self, name: &str) -> Option<&Node> {
        let functions = self.root.get("functions")?;
        functions.get(name).or_else(|| functions.get(EVERY))
    }

    /// What it says about the destination `name`.
    pub(super) fn destination(&self, name: &str) -> impl Iterator<Item = &Entry> {
        entries_of(self.root.at(&["destinations", name])).iter()
    }

    /// What it says about the source `name`.
    pub(super) fn source(&self, name: &str) -> impl Iterator<Item = &Entry> {
        entries_of(self.root.at(&["sources", name])).iter()
    }

    /// Sources of its own, which name their functions.
    pub(super) fn further_sources<'a>(
        &'a self,
        application: &'a Application,
    ) -> impl Iterator<Item = &'a Entry> {
        let known = |name: &str| application.sources.iter().any(|source| source.name == name);
        let sources = entries_of(self.root.get("sources")).iter();
        sources.filter(move |entry| !known(&entry.key))
    }

    /// Whether a source of its own invokes `function`.
    pub(super) fn invokes(&self, function: &str) -> bool {
        let names = |entry: &Entry| {
            let to = entry.node.get("to");
            let one = to.and_then(Node::as_text).is_some_and(|name| name == function);
            one || to
                .is_some_and(|to| to.elements().iter().any(|to| to.as_text().as_deref() == Some(function)))
        };
        entries_of(self.root.get("sources")).iter().any(names)
    }

    /// Holds its names against those of the application.
    pub(super) fn check(&self, application: &Application, book: &mut Book) {
        self.check_shape(book);
        let functions: Vec<&str> = application.functions.iter().map(|known| known.name.as_str()).collect();
        let destinations: Vec<&str> =
            application.destinations.iter().map(|known| known.name.as_str()).collect();
        self.check_names("functions", "function", &functions, book);
        self.check_names("destinations", "destination", &destinations, book);
        self.check_sources(application, book);
        for name in functions {
            let sources: Vec<&str> = application
                .sources
                .iter()
                .filter(|source| source.to.iter().any(|to| to.value == name))
                .map(|source| source.name.as_str())
                .collect();
            if let (Some(arrivals), true) = (self.arrivals_of(name), sources.len() != 1) {
                let message = match sources.as_slice() {
                    [] => format!("{} has no source whose arrivals these could be", quoted(name)),
                    _ => format!("{} has several sources: {}", quoted(name), sources.join(", ")),
                };
                let hint = "give the arrivals of each source, under `sources`";
                book.problem(self.origin(arrivals.line), message, hint);
            }
        }
    }

    /// Sections and their entries are objects: anything else would be left out without a word.
    fn check_shape(&self, book: &mut Book) {
        let sections = SECTIONS.iter().filter_map(|section| self.root.get(section));
        let entries = sections.clone().flat_map(Node::entries).map(|entry| &entry.node);
        for node in std::iter::once(&self.root).chain(sections).chain(entries) {
            if !matches!(node.value, tree::Value::Object(_)) {
                let hint = "write an object `{ … }`; docs/import.md shows a traffic file";
                book.problem(
                    self.origin(node.line),
                    format!("{} stands here, not an object", node.kind()),
                    hint,
                );
            }
        }
    }

    fn check_names(&self, section: &str, noun: &str, known: &[&str], book: &mut Book) {
        for entry in entries_of(self.root.get(section)) {
            if known.contains(&entry.key.as_str()) || (section == "functions" && entry.key == EVERY) {
                continue;
            }
            let hint = match did_you_mean(&entry.key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the {noun}s are: {}", known.join(", ")),
            };
            let message = format!("the template has no {noun} {}", quoted(&entry.key));
            book.problem(self.origin(entry.line), message, hint);
        }
    }

    fn check_sources(&self, application: &Application, book: &mut Book) {
        let known: Vec<&str> = application.sources.iter().map(|source| source.name.as_str()).collect();
        for entry in self.further_sources(application).filter(|entry| entry.node.get("to").is_none()) {
            let message = format!("the template has no source {}", quoted(&entry.key));
            let hint = match did_you_mean(&entry.key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? a source of your own needs `to`"),
                None => format!("a source of your own needs `to`; the template's are: {}", known.join(", ")),
            };
            book.problem(self.origin(entry.line), message, hint);
        }
    }
}

/// The entries of what may not be there.
fn entries_of(node: Option<&Node>) -> &[Entry] {
    node.map_or(&[], Node::entries)
}
