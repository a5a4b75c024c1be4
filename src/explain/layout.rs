//! Columns: a clock on the left, the rule that decided flush right, words wrapped between them.

use super::steps::Line;
use crate::model::rule::Rule;
use crate::text::layout::{WIDTH, push_wrapped, rows};
use crate::time::{NANOS_PER_MICRO, NANOS_PER_MILLI, NANOS_PER_SECOND, SimDuration};
use std::fmt::Write;

/// Where the words begin: after `hh:mm:ss.mmm` and a gap.
const CLOCK_COLUMNS: usize = 14;

/// Adds `line` to `text`.
pub(super) fn push_line(text: &mut String, line: &Line) {
    let mut rows = rows(&line.words, WIDTH - CLOCK_COLUMNS, WIDTH - CLOCK_COLUMNS);
    let tag = line.rule.map(|rule| format!("[{}]", tag(rule)));
    let last = rows.last().map_or(0, |row| row.chars().count());
    if let Some(tag) = &tag
        && CLOCK_COLUMNS + last + 2 + tag.chars().count() > WIDTH
    {
        rows.push(String::new());
    }
    let count = rows.len();
    for (index, row) in rows.iter().enumerate() {
        let clock = if index == 0 { line.at.map(|at| at.to_string()) } else { None };
        let mut out = format!("{:<CLOCK_COLUMNS$}{row}", clock.unwrap_or_default());
        if index + 1 == count
            && let Some(tag) = &tag
        {
            let width = WIDTH - out.chars().count();
            write!(out, "{tag:>width$}").expect("a string takes everything");
        }
        text.push_str(out.trim_end());
        text.push('\n');
    }
}

/// Adds `words` to `text`, wrapped, each line indented.
pub(super) fn push_indented(text: &mut String, words: &str, indent: usize) {
    text.extend(std::iter::repeat_n(' ', indent));
    push_wrapped(text, words, indent);
}

/// A rule's name and standing.
pub(super) fn tag(rule: Rule) -> String {
    format!("{}, {}", rule.name(), rule.standing().name())
}

/// A span as a person would say it: the longer it is, the less of it in small change.
pub(super) fn about(span: SimDuration) -> SimDuration {
    let unit = match span.as_nanos() {
        nanos if nanos >= 3_600 * NANOS_PER_SECOND => NANOS_PER_SECOND,
        nanos if nanos >= 60 * NANOS_PER_SECOND => 100 * NANOS_PER_MILLI,
        nanos if nanos >= NANOS_PER_SECOND => NANOS_PER_MILLI,
        nanos if nanos >= NANOS_PER_MILLI => NANOS_PER_MICRO,
        _ => 1,
    };
    SimDuration::from_nanos((span.as_nanos() + unit / 2) / unit * unit)
}

/// An author's words in quotes, with everything that could confuse a terminal spelt out.
pub(super) fn quoted(words: &str) -> String {
    let mut out = String::from("\"");
    for c in words.chars() {
        if c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_lose_digits_nobody_reads() {
        let cases = [
            (4_000_512_345_678, "1h6m41s"),
            (119_194_345_678, "1m59.2s"),
            (57_312_345_678, "57.312s"),
            (59_999_999_999, "1m"),
            (1_234_567, "1.235ms"),
            (999, "999ns"),
            (0, "0s"),
        ];
        for (nanos, said) in cases {
            assert_eq!(about(SimDuration::from_nanos(nanos)).to_string(), said);
        }
    }

    #[test]
    fn an_authors_words_cannot_confuse_a_terminal() {
        assert_eq!(quoted("a\u{1b}[2Jb\u{202e}c"), "\"a\\u{1b}[2Jb\\u{202e}c\"");
    }
}
