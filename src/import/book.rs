//! What an import has to say: where things come from, what was taken, assumed or ignored, and what is wrong.

use std::collections::BTreeSet;
use std::fmt;

/// Where something stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The file, as it was given.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// The resource, by its name in the template; empty if it is none.
    pub resource: String,
}

impl Origin {
    /// `line` of `file`, in `resource`.
    pub fn new(file: &str, line: usize, resource: &str) -> Self {
        Self { file: file.to_owned(), line, resource: resource.to_owned() }
    }
}

/// `template.yaml:12 Ship`
impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.file)?;
        if self.line > 0 {
            write!(out, ":{}", self.line)?;
        }
        if !self.resource.is_empty() {
            let gap = if self.file.is_empty() { "" } else { " " };
            write!(out, "{gap}{}", self.resource)?;
        }
        Ok(())
    }
}

/// A value and where it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub origin: Origin,
}

/// What was done with a part of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is in the scenario.
    Taken,
    /// The input does not say; this is what the scenario has instead, and why.
    Assumed,
    /// The input cannot know it: the scenario has a placeholder that runs.
    Placeholder,
    /// It is not in the scenario, for the reason given.
    Ignored,
}

impl Verdict {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Taken, Self::Assumed, Self::Placeholder, Self::Ignored];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Assumed => "assumed",
            Self::Placeholder => "placeholder",
            Self::Ignored => "ignored",
        }
    }
}

/// One thing that the import did, or did not do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// What was done.
    pub verdict: Verdict,
    /// What it is about.
    pub origin: Origin,
    /// The words.
    pub text: String,
}

/// What keeps a file from being imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// `template.yaml:12 Ship: message`, and the hint in a second line.
impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.origin.to_string();
        let gap = if origin.is_empty() { "" } else { ": " };
        write!(out, "{origin}{gap}{}\nhint: {}", self.message, self.hint)
    }
}

/// Why a text was not understood, before it is known which file it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) line: usize,
    pub(super) message: String,
    pub(super) hint: String,
}

impl Refusal {
    pub(super) fn at(line: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { line, message: message.into(), hint: hint.into() }
    }

    pub(super) fn in_file(self, file: &str) -> Problem {
        Problem { origin: Origin::new(file, self.line, ""), message: self.message, hint: self.hint }
    }
}

/// Problems beyond this number are counted and not kept.
const MAX_PROBLEMS: usize = 100;
/// So are notes: a template with more of them is read by programs, not by people.
const MAX_NOTES: usize = 10_000;

/// Collects notes and problems while an import goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) notes: Vec<Note>,
    /// The same, to be found quickly: nothing is said twice.
    said: BTreeSet<Note>,
    pub(super) problems: Vec<Problem>,
    more_problems: usize,
    more_notes: usize,
}

impl Book {
    pub(super) fn note(&mut self, verdict: Verdict, origin: Origin, text: impl Into<String>) {
        let note = Note { verdict, origin, text: text.into() };
        if !self.said.insert(note.clone()) {
            return;
        }
        if self.notes.len() < MAX_NOTES {
            self.notes.push(note);
        } else {
            self.more_notes += 1;
        }
    }

    pub(super) fn assumed(&mut self, origin: Origin, text: impl Into<String>) {
        self.note(Verdict::Assumed, origin, text);
    }

    pub(super) fn ignored(&mut self, origin: Origin, text: impl Into<String>) {
        self.note(Verdict::Ignored, origin, text);
    }

    pub(super) fn problem(&mut self, origin: Origin, message: impl Into<String>, hint: impl Into<String>) {
        let problem = Problem { origin, message: message.into(), hint: hint.into() };
        if self.problems.contains(&problem) {
            return;
        }
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.more_problems += 1;
        }
    }

    /// The notes, or else the problems; what was too much is counted in the last.
    pub(super) fn close(mut self) -> Result<Vec<Note>, Vec<Problem>> {
        if self.problems.is_empty() {
            if self.more_notes > 0 {
                let text = format!("{} more notes are left out", self.more_notes);
                self.notes.push(Note { verdict: Verdict::Ignored, origin: Origin::new("", 0, ""), text });
            }
            return Ok(self.notes);
        }
        if let (true, Some(last)) = (self.more_problems > 0, self.problems.last_mut()) {
            let more = self.more_problems;
            last.message = format!("{} (and {more} more problems)", last.message);
        }
        Err(self.problems)
    }
}
