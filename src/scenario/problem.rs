//! What is wrong with a scenario file, in a form that people and programs can use: where, what, and what to do.
//!
//! A message is a lower-case fragment without a final period; text from the file stands in backticks. Spans are byte
//! ranges of the file as it is on disk, a byte order mark included, so that an editor can jump to them.

use std::fmt::Write as _;
use std::ops::Range;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot be run.
    Error,
    /// The scenario can be run, but may not mean what its author thinks.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The setting, as a dotted path (`functions.ship.Timeout`); empty for the file as a whole.
    pub path: String,
    /// The bytes of the file it is about; `None` if it does not come from the file.
    pub span: Option<Range<usize>>,
    /// What is wrong, with the rule.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// An error at `path`.
    pub fn error(path: impl Into<String>, span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, path: path.into(), span, message: message.into(), hint: None }
    }

    /// A warning at `path`.
    pub fn warning(path: impl Into<String>, span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, span, message) }
    }

    /// The same with advice.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// `file:line:column: error: path: message`, and a second line with the hint if there is one.
    pub fn render(&self, file: &str, lines: &LineIndex<'_>) -> String {
        let mut text = String::from(file);
        if let Some(span) = &self.span {
            let (line, column) = lines.position(span.start);
            let _ = write!(text, ":{line}:{column}");
        }
        let _ = write!(text, ": {}: ", self.severity.name());
        if !self.path.is_empty() {
            let _ = write!(text, "{}: ", self.path);
        }
        text.push_str(&self.message);
        if let Some(hint) = &self.hint {
            let _ = write!(text, "\nhint: {hint}");
        }
        text
    }
}

/// Turns byte positions of a text into lines and columns.
#[derive(Clone, Debug)]
pub struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    /// The lines of `text`; `\n` and `\r\n` end a line.
    pub fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column of the byte at `offset`, both from 1; columns count characters. A byte order mark has no
    /// column.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.starts.partition_point(|start| *start <= offset);
        let before = &self.text[self.starts[line - 1]..offset];
        (line, before.trim_start_matches('\u{feff}').chars().count() + 1)
    }
}

/// Text from a file, fit for a message: in backticks, control characters escaped, cut when long.
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(visible).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Why a file could not be read, in words that are the same on every system.
pub(crate) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        kind => kind.to_string(),
    }
}

fn visible(c: char) -> Vec<char> {
    if c.is_control() || is_bidi_control(c) { c.escape_unicode().collect() } else { vec![c] }
}

/// Whether a character changes the direction of the text around it, and so can make a message lie.
pub(crate) fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The candidate that `wrong` is probably meant to be, if one is close enough, regardless of case.
pub fn did_you_mean<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 64;
    if wrong.len() > LONGEST {
        return None;
    }
    let wrong = wrong.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wrong, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= wrong.len().max(candidate.len()).div_ceil(3).min(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let lines = LineIndex::new("ab\r\nçd\n\u{1f600}x");
        let cases =
            [(0, (1, 1)), (1, (1, 2)), (4, (2, 1)), (6, (2, 2)), (8, (3, 1)), (12, (3, 2)), (99, (3, 3))];
        for (offset, expected) in cases {
            assert_eq!(lines.position(offset), expected, "byte {offset}");
        }
    }

    #[test]
    fn a_byte_order_mark_has_no_column() {
        assert_eq!(LineIndex::new("\u{feff}{}").position(3), (1, 1));
    }

    #[test]
    fn a_problem_reads_like_a_compilers() {
        let problem =
            Problem::error("functions.ship.Timeout", Some(3..4), "must be 1..900").with_hint("write 900");
        assert_eq!(
            problem.render("a.json", &LineIndex::new("{\n\n}")),
            "a.json:3:1: error: functions.ship.Timeout: must be 1..900\nhint: write 900"
        );
        let whole = Problem::warning("", None, "odd");
        assert_eq!(whole.render("a.json", &LineIndex::new("")), "a.json: warning: odd");
    }

    #[test]
    fn quoted_text_is_short_and_shows_its_control_characters() {
        assert_eq!(quoted("a\u{202e}b\n"), "`a\\u{202e}b\\u{a}`");
        assert_eq!(quoted(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
    }

    #[test]
    fn near_misses_are_guessed_and_far_ones_are_not() {
        let keys = ["Timeout", "MemorySize", "duration"];
        let cases = [
            ("timeout", Some("Timeout")),
            ("Memorysize", Some("MemorySize")),
            ("durations", Some("duration")),
            ("cheese", None),
        ];
        for (wrong, expected) in cases {
            assert_eq!(did_you_mean(wrong, keys), expected, "{wrong}");
        }
        assert_eq!(did_you_mean(&"x".repeat(100_000), keys), None);
    }
}
