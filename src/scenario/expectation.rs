//! What a run must fulfil, as text: `functions.ship.AsyncEventAge.p99 < 60s for "30m".."2h" or nodata`.
//!
//! ```text
//! METRIC.STATISTIC  OP  VALUE[unit]  [for FROM..TO]  [or nodata]
//! ```
//!
//! Here the text is taken apart; which metrics there are, and what unit a value has, is known where runs are measured.

use super::problem::{Problem, quoted};
use super::units;
use crate::time::{SimDuration, SimTime};
use std::cmp::Ordering;
use std::ops::Range;

/// The longest expectation, in bytes: names have at most 140 characters.
const LONGEST: usize = 2_000;

const EXAMPLE: &str = "write METRIC.STATISTIC OP VALUE, as in `lost.Sum == 0` or `AsyncEventAge.p99 < 60s`";
const OPERATORS: &str = "the comparisons are ==, !=, <, <=, > and >=";
const WINDOW: &str = "write a window of virtual time, as in `for 30m..2h`";

/// One expectation, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// As it is written.
    pub text: String,
    /// The metric with its scope and statistic, dots between: `functions.ship.AsyncEventAge.p99`.
    pub metric: String,
    /// How the metric and the value must compare.
    pub relation: Relation,
    /// The value, as it is written.
    pub value: String,
    /// Of which part of the run; of all of it if `None`.
    pub window: Option<Window>,
    /// Whether it holds where nothing was measured.
    pub or_nodata: bool,
    /// Where the parts stand in the text.
    pub places: Places,
}

/// Where the parts of an expectation stand in its text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The metric.
    pub metric: Range<usize>,
    /// The value.
    pub value: Range<usize>,
    /// The window; empty at the end if there is none.
    pub window: Range<usize>,
}

/// A part of a run: from `from` on, and before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it begins.
    pub from: SimTime,
    /// When it is over; at the end of the run if `None`.
    pub to: Option<SimTime>,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// What is wrong with an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The bytes of the text that it is about.
    pub place: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Where an expectation stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    path: String,
    /// The bytes of the string in the file, quotes included; `None` if it does not come from there.
    span: Option<Range<usize>>,
    /// These bytes.
    literal: String,
}

impl Written {
    /// The setting at `path`, the string at `span` of `file`.
    pub(super) fn new(path: &str, span: Option<Range<usize>>, file: &str) -> Self {
        let literal = span.clone().and_then(|span| file.get(span)).unwrap_or_default().to_owned();
        Self { path: path.to_owned(), span, literal }
    }

    /// The bytes of the string in the file, quotes included; `None` if it does not come from there.
    pub fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    /// A flaw of the text as a problem of the file.
    pub fn problem(&self, flaw: &Flaw) -> Problem {
        let span = self.span.as_ref().map(|span| {
            let offset = |at| span.start + raw_offset(&self.literal, at);
            let place = offset(flaw.place.start)..offset(flaw.place.end);
            // A mark needs something to stand under.
            if place.is_empty() { span.clone() } else { place }
        });
        Problem::error(self.path.clone(), span, flaw.message.clone()).with_hint(flaw.hint.clone())
    }
}

/// Where the byte `at` of the text stands in `literal`, the JSON string that it is written as.
fn raw_offset(literal: &str, at: usize) -> usize {
    let (mut raw, mut decoded) = (1, 0);
    while decoded < at && raw + 1 < literal.len() {
        let rest = &literal[raw..];
        let length = match rest.as_bytes() {
            [b'\\', b'u', ..] if is_first_of_pair(rest) => 12,
            [b'\\', b'u', ..] => 6,
            [b'\\', ..] => 2,
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        let character = rest.get(..length).unwrap_or(rest);
        let text: Result<String, _> = serde_json::from_str(&format!("\"{character}\""));
        (raw, decoded) = (raw + character.len(), decoded + text.map_or(1, |text| text.len()));
    }
    raw
}

/// Whether `\uXXXX` is the first half of a character outside of the basic plane.
fn is_first_of_pair(escape: &str) -> bool {
    let unit = escape.get(2..6).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    unit.is_some_and(|unit| (0xd800..0xdc00).contains(&unit))
}

impl Relation {
    const ALL: [Self; 6] =
        [Self::Equal, Self::NotEqual, Self::Less, Self::AtMost, Self::Greater, Self::AtLeast];

    /// As it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    /// Whether it holds for a number that compares so with the value.
    pub const fn holds(self, found: Ordering) -> bool {
        match self {
            Self::Equal => found.is_eq(),
            Self::NotEqual => found.is_ne(),
            Self::Less => found.is_lt(),
            Self::AtMost => found.is_le(),
            Self::Greater => found.is_gt(),
            Self::AtLeast => found.is_ge(),
        }
    }
}

impl Window {
    /// Whether `at` lies in it.
    pub fn contains(&self, at: SimTime) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

impl Expectation {
    /// Takes `text` apart.
    ///
    /// ```
    /// use thirdtry::scenario::expectation::{Expectation, Relation};
    ///
    /// let expectation = Expectation::parse("functions.ship.AsyncEventAge.p99 < 60s for 30m..2h").unwrap();
    /// assert_eq!(expectation.metric, "functions.ship.AsyncEventAge.p99");
    /// assert_eq!((expectation.relation, expectation.value.as_str()), (Relation::Less, "60s"));
    /// assert!(Expectation::parse("lost.Sum = 0").is_err());
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Flaw>> {
        if text.len() > LONGEST {
            let message = format!("the expectation has {} bytes", text.len());
            return Err(vec![flaw(0..text.len(), message, format!("write at most {LONGEST}"))]);
        }
        let Some(operator) = operator(text) else {
            let message = format!("{} compares nothing", quoted(text));
            return Err(vec![flaw(0..text.len(), message, format!("{EXAMPLE}; {OPERATORS}"))]);
        };
        let mut flaws = Vec::new();
        let metric_place = trimmed(text, 0..operator.start);
        let metric = metric(text, metric_place.clone()).map_err(|flaw| flaws.push(flaw)).ok();
        let relation = relation(text, &operator).map_err(|flaw| flaws.push(flaw)).ok();
        let parts = parts(text, operator.end);
        let value_place = trimmed(text, parts.value);
        if value_place.is_empty() {
            flaws.push(flaw(operator, "there is no value to compare with", EXAMPLE));
        }
        let (window_place, window) = match parts.window {
            None => (text.len()..text.len(), Some(None)),
            Some(place) => {
                let place = trimmed(text, place);
                let window = window(text, place.clone()).map_err(|flaw| flaws.push(flaw)).ok();
                (place, window.map(Some))
            }
        };
        let or_nodata = match parts.alternative {
            None => false,
            Some(place) => {
                let place = trimmed(text, place);
                if &text[place.clone()] != "nodata" {
                    let message = format!("{} is no alternative", quoted(&text[place.clone()]));
                    flaws.push(flaw(place, message, "the only one is `or nodata`, at the end"));
                }
                true
            }
        };
        match (metric, relation, window) {
            (Some(metric), Some(relation), Some(window)) if flaws.is_empty() => Ok(Self {
                text: text.to_owned(),
                metric,
                relation,
                value: text[value_place.clone()].to_owned(),
                window,
                or_nodata,
                places: Places { metric: metric_place, value: value_place, window: window_place },
            }),
            _ => Err(flaws),
        }
    }
}

pub(crate) fn flaw(place: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Flaw {
    Flaw { place, message: message.into(), hint: hint.into() }
}

fn trimmed(text: &str, place: Range<usize>) -> Range<usize> {
    let part = &text[place.clone()];
    let start = place.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

/// Where the comparison stands: the first run of its characters that is not within `["…"]`.
fn operator(text: &str) -> Option<Range<usize>> {
    let mut rest = 0;
    let start = loop {
        let bracket = text[rest..].find("[\"").map(|at| rest + at);
        let found = text[rest..].find(['<', '>', '=', '!']).map(|at| rest + at);
        match (found, bracket) {
            (Some(found), Some(bracket)) if bracket < found => rest = end_of_quote(text, bracket + 1),
            (Some(found), _) => break found,
            (None, _) => return None,
        }
    };
    let length = text[start..].find(|c| !"<>=!".contains(c)).unwrap_or(text.len() - start);
    Some(start..start + length)
}

/// Behind the quoted text that begins at `start`.
fn end_of_quote(text: &str, start: usize) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(start + 1) {
        match byte {
            b'"' if !escaped => return at + 1,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    text.len()
}

fn relation(text: &str, place: &Range<usize>) -> Result<Relation, Flaw> {
    let symbol = &text[place.clone()];
    Relation::ALL.into_iter().find(|relation| relation.symbol() == symbol).ok_or_else(|| {
        let hint = match symbol {
            "=" => "write `==`",
            "=<" => "write `<=`",
            "=>" => "write `>=`",
            "<>" => "write `!=`",
            _ => OPERATORS,
        };
        flaw(place.clone(), format!("{} is no comparison", quoted(symbol)), hint)
    })
}

/// The metric's name with dots between all parts: `["a.b"]` is what stands in it.
fn metric(text: &str, place: Range<usize>) -> Result<String, Flaw> {
    if place.is_empty() {
        return Err(flaw(place, "there is no metric", EXAMPLE));
    }
    let mut name = String::new();
    let mut at = place.start;
    while let Some(open) = text[at..place.end].find("[\"").map(|found| at + found) {
        name.push_str(&text[at..open]);
        let close = end_of_quote(text, open + 1).min(place.end);
        let inner: Result<String, _> = serde_json::from_str(&text[open + 1..close]);
        let (Ok(inner), true) = (inner, text[close..place.end].starts_with(']')) else {
            return Err(flaw(open..place.end, "the name in brackets has no end", "write `[\"name\"]`"));
        };
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&inner);
        at = close + 1;
    }
    name.push_str(&text[at..place.end]);
    Ok(name)
}

/// The parts behind the comparison.
struct Parts {
    value: Range<usize>,
    window: Option<Range<usize>>,
    alternative: Option<Range<usize>>,
}

/// Cuts what stands behind the comparison at the words `for` and `or`.
fn parts(text: &str, start: usize) -> Parts {
    let or = word(text, start, "or");
    let before_or = or.as_ref().map_or(text.len(), |or| or.start);
    let window_word = word(text, start, "for").filter(|place| place.start < before_or);
    let value_end = window_word.as_ref().map_or(before_or, |place| place.start);
    Parts {
        value: start..value_end,
        window: window_word.map(|place| place.end..before_or),
        alternative: or.map(|place| place.end..text.len()),
    }
}

/// The first place at which `word` stands alone.
fn word(text: &str, start: usize, word: &str) -> Option<Range<usize>> {
    let alone = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let mut places = text[start..].match_indices(word).map(|(at, _)| start + at..start + at + word.len());
    places.find(|place| {
        alone(text[..place.start].chars().next_back()) && alone(text[place.end..].chars().next())
    })
}

/// `FROM..TO`, each in quotes or not; either may be missing.
fn window(text: &str, place: Range<usize>) -> Result<Window, Flaw> {
    let part = &text[place.clone()];
    let Some(dots) = part.find("..") else {
        return Err(flaw(place, format!("{} is no window", quoted(part)), WINDOW));
    };
    let end = |range: Range<usize>| -> Result<Option<SimDuration>, Flaw> {
        let range = trimmed(text, range);
        let quoted = &text[range.clone()];
        let bare = unquoted(quoted).trim();
        if quoted.is_empty() {
            return Ok(None);
        }
        units::duration(bare).map(Some).map_err(|(message, hint)| flaw(range, message, hint))
    };
    let from = end(place.start..place.start + dots)?;
    let to = end(place.start + dots + 2..place.end)?;
    if from.is_none() && to.is_none() {
        return Err(flaw(place, "the window has neither a beginning nor an end", WINDOW));
    }
    let from = SimTime::ZERO + from.unwrap_or(SimDuration::ZERO);
    let to = to.map(|to| SimTime::ZERO + to);
    if to.is_some_and(|to| to <= from) {
        return Err(flaw(place, "the window is over before it begins", WINDOW));
    }
    Ok(Window { from, to })
}

/// The text without a pair of quotes around it.
fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    within('"').or_else(|| within('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Expectation {
        Expectation::parse(text).unwrap_or_else(|flaws| panic!("{text}: {flaws:?}"))
    }

    #[test]
    fn every_part_is_found() {
        let cases = [
            ("lost.Sum == 0", "lost.Sum", Relation::Equal, "0", None, false),
            (
                " functions.ship.AsyncEventAge.p99<60s for \"30m\"..\"2h\" or nodata",
                "functions.ship.AsyncEventAge.p99",
                Relation::Less,
                "60s",
                Some((1_800, Some(7_200))),
                true,
            ),
            ("a.Sum>=1 for 30m..", "a.Sum", Relation::AtLeast, "1", Some((1_800, None)), false),
            ("a.Sum != 1 for ..'2h'", "a.Sum", Relation::NotEqual, "1", Some((0, Some(7_200))), false),
            ("a.Sum <= 0.20 USD or nodata", "a.Sum", Relation::AtMost, "0.20 USD", None, true),
            (
                r#"destinations["for <a> \"b\""].delivered.Sum > 1"#,
                "destinations.for <a> \"b\".delivered.Sum",
                Relation::Greater,
                "1",
                None,
                false,
            ),
        ];
        for (text, metric, relation, value, window, or_nodata) in cases {
            let found = parsed(text);
            assert_eq!(
                (found.metric.as_str(), found.relation, found.value.as_str()),
                (metric, relation, value)
            );
            let seconds = |window: Window| {
                (window.from.as_millis() / 1_000, window.to.map(|to| to.as_millis() / 1_000))
            };
            assert_eq!((found.window.map(seconds), found.or_nodata), (window, or_nodata), "{text}");
            assert_eq!(&text[found.places.value], value);
        }
    }

    #[test]
    fn a_window_is_half_open() {
        let window = parsed("a.Sum == 0 for 1s..2s").window.unwrap();
        let at = |millis: u64| window.contains(SimTime::from_nanos(millis * 1_000_000));
        assert_eq!([999, 1_000, 1_999, 2_000].map(at), [false, true, true, false]);
    }

    #[test]
    fn places_are_those_of_the_file_whatever_is_escaped() {
        let file = r#"{ "expect": ["destinations[\"\u00e9\ud83d\ude00ç\"].x = 0"] }"#;
        let start = file.find(r#""destinations"#).unwrap();
        let end = file.rfind('"').unwrap() + 1;
        let text: String = serde_json::from_str(&file[start..end]).unwrap();
        let written = Written::new("expect[0]", Some(start..end), file);
        let flaws = Expectation::parse(&text).unwrap_err();
        let problem = written.problem(&flaws[0]);
        assert_eq!(&file[problem.span.unwrap()], "=");
        let whole = Flaw { place: 0..text.len(), message: String::new(), hint: String::new() };
        assert_eq!(&file[written.problem(&whole).span.unwrap()], &file[start + 1..end - 1]);
    }

    #[test]
    fn every_flaw_has_its_place_and_a_remedy() {
        let cases: [(&str, &[(&str, &str)]); 12] = [
            ("", &[("", "compares nothing")]),
            ("lost.Sum 0", &[("lost.Sum 0", "compares nothing")]),
            ("lost.Sum = 0", &[("=", "is no comparison")]),
            ("lost.Sum =! 0", &[("=!", "is no comparison")]),
            (" == 0", &[("", "no metric")]),
            ("lost.Sum ==", &[("==", "no value")]),
            ("lost.Sum == 0 for 30m", &[("30m", "no window")]),
            ("lost.Sum == 0 for 30..2h", &[("30", "has no unit")]),
            ("lost.Sum == 0 for 2h..30m", &[("2h..30m", "over before it begins")]),
            ("lost.Sum == 0 or else", &[("else", "no alternative")]),
            (r#"destinations["a.Sum == 0"#, &[(r#"destinations["a.Sum == 0"#, "compares nothing")]),
            (
                " = 1 for .. or x",
                &[("", "no metric"), ("=", "no comparison"), ("..", "neither"), ("x", "no alt")],
            ),
        ];
        for (text, expected) in cases {
            let flaws = Expectation::parse(text).expect_err(text);
            assert_eq!(flaws.len(), expected.len(), "{text}: {flaws:?}");
            for (flaw, (place, message)) in flaws.iter().zip(expected) {
                assert_eq!(&&text[flaw.place.clone()], place, "{text}");
                assert!(flaw.message.contains(message) && !flaw.hint.is_empty(), "{text}: {flaw:?}");
            }
        }
        assert!(Expectation::parse(&"x".repeat(LONGEST + 1)).is_err());
    }
}
