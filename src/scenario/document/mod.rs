//! From bytes to a tree in which every value knows its place in the file.
//!
//! The language is JSON with comments and trailing commas, and nothing looser. Objects keep their keys in file order,
//! duplicates included, so that the reader of the tree can report them.

mod tree;

use super::problem::Problem;
use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use std::borrow::Cow;
use std::ops::Range;

/// The largest scenario file that is read, in bytes.
pub const MAX_SCENARIO_BYTES: usize = 8 * 1024 * 1024;
/// How deeply objects and lists may be nested.
pub const MAX_NESTING: usize = 64;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Where something stands in the file, if it does; half as large as a range, since a file has very many places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    start: u32,
    end: u32,
}

impl Place {
    /// Not in the file.
    pub const NOWHERE: Self = Self { start: u32::MAX, end: u32::MAX };

    /// These bytes; beyond 4 GiB places are not told apart.
    fn of(span: Range<usize>) -> Self {
        match (u32::try_from(span.start), u32::try_from(span.end)) {
            (Ok(start), Ok(end)) => Self { start, end },
            _ => Self::NOWHERE,
        }
    }

    /// Its first byte.
    #[must_use]
    pub fn first_byte(self) -> Self {
        self.span().map_or(Self::NOWHERE, |span| Self::of(span.start..span.start + 1))
    }

    /// The bytes in the file; `None` if it does not come from the file.
    pub fn span(self) -> Option<Range<usize>> {
        (self != Self::NOWHERE).then_some(self.start as usize..self.end as usize)
    }
}

/// A value and its place in a text, which it borrows from.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'t> {
    /// The value.
    pub value: Value<'t>,
    /// Its bytes in the file.
    pub place: Place,
}

impl Node<'_> {
    /// Its bytes in the file; `None` if it does not come from the file.
    pub fn span(&self) -> Option<Range<usize>> {
        self.place.span()
    }

    /// Cuts the tie to the file, for values that come from elsewhere.
    pub fn forget_places(&mut self) {
        self.place = Place::NOWHERE;
        match &mut self.value {
            Value::List(elements) => elements.iter_mut().for_each(Self::forget_places),
            Value::Object(entries) => {
                for entry in entries {
                    entry.key_place = Place::NOWHERE;
                    entry.node.forget_places();
                }
            }
            Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) => {}
        }
    }
}

/// A JSON value. Numbers keep their text, so that nothing is rounded before it is known what is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Flag(bool),
    /// A number, as written.
    Number(&'t str),
    /// A string, escapes resolved.
    Text(Cow<'t, str>),
    /// A list.
    List(Box<[Node<'t>]>),
    /// An object, in file order.
    Object(Box<[Entry<'t>]>),
}

impl Value<'_> {
    /// What kind of value it is, with its article, for messages.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "`null`",
            Self::Flag(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// A key of an object with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'t> {
    /// The key.
    pub key: Cow<'t, str>,
    /// The key's bytes in the file, quotes included.
    pub key_place: Place,
    /// Its value.
    pub node: Node<'t>,
}

/// The text in `bytes`, which a leading byte order mark may precede.
///
/// # Errors
/// Bytes that are not UTF-8, and more bytes than [`MAX_SCENARIO_BYTES`].
pub fn decode(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.len() > MAX_SCENARIO_BYTES {
        let message =
            format!("the file is too large: a scenario may have at most {MAX_SCENARIO_BYTES} bytes (8 MiB)");
        return Err(Problem::error("", None, message)
            .with_hint("recorded arrivals belong in a CSV file named by a `trace` or `counts`"));
    }
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'{', 0, ..] | [0, b'{', ..]) {
        return Err(
            Problem::error("", None, "the file is UTF-16; a scenario is UTF-8").with_hint("save it as UTF-8")
        );
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Problem::error("", Some(at..at + 1), format!("byte {at} is not UTF-8"))
            .with_hint("save the file as UTF-8")
    })
}

/// The tree that `text` describes.
///
/// # Errors
/// The first place where it is not JSON with comments and trailing commas, or is nested too deeply.
pub fn parse(text: &str) -> Result<Node<'_>, Problem> {
    let mark = if text.as_bytes().starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    tree::tree(text, mark).ok_or_else(|| refusal(text, mark))
}

/// What is wrong with a text that has no tree.
fn refusal(text: &str, mark: usize) -> Problem {
    match parse_to_ast(&text[mark..], &CollectOptions::default(), &strict_options()) {
        Err(error) => syntax_problem(&error, text, mark),
        Ok(parsed) => match parsed.value {
            Some(value) => too_deep(first_too_deep(&value, 0).map(|at| mark + at)),
            None => Problem::error("", Some(text.len()..text.len()), "the file is empty")
                .with_hint("`thirdtry init` writes a scenario to start from"),
        },
    }
}

/// Where the first value begins that is nested too deeply.
fn first_too_deep(value: &ast::Value<'_>, depth: usize) -> Option<usize> {
    if depth > MAX_NESTING {
        return Some(value.start());
    }
    match value {
        ast::Value::Array(list) => {
            list.elements.iter().find_map(|element| first_too_deep(element, depth + 1))
        }
        ast::Value::Object(object) => {
            object.properties.iter().find_map(|property| first_too_deep(&property.value, depth + 1))
        }
        _ => None,
    }
}

/// Comments and trailing commas, and no other looseness.
fn strict_options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

fn syntax_problem(error: &ParseError, text: &str, mark: usize) -> Problem {
    if matches!(error.kind(), ParseErrorKind::NestingDepthExceeded) {
        return too_deep(Some(mark + error.range().start));
    }
    let (start, end) = (mark + error.range().start, mark + error.range().end);
    let rest = text.get(end..).unwrap_or_default().trim();
    let unterminated = matches!(
        error.kind(),
        ParseErrorKind::UnterminatedArray
            | ParseErrorKind::UnterminatedObject
            | ParseErrorKind::UnterminatedCommentBlock
    ) || error.kind().to_string().starts_with("Unterminated string");
    if unterminated || (rest.is_empty() && start >= text.trim_end().len()) {
        return truncated(error, text, start);
    }
    let span = start..end.clamp(start, text.len());
    let problem =
        Problem::error("", Some(span), format!("not JSON: {}", lower_first(&error.kind().to_string())));
    match hint_for(error.kind()) {
        Some(hint) => problem.with_hint(hint),
        None => problem,
    }
}

/// The file ends inside something: the place where that begins is what a person looks for.
fn truncated(error: &ParseError, text: &str, start: usize) -> Problem {
    let end = text.trim_end().len();
    let span = if start < end { start..start + 1 } else { end..end };
    let message = format!("the file ends too early: {}", lower_first(&error.kind().to_string()));
    Problem::error("", Some(span), message)
        .with_hint("is the file complete? look for a missing `}`, `]` or quote")
}

fn hint_for(kind: &ParseErrorKind) -> Option<&'static str> {
    match kind {
        ParseErrorKind::ExpectedStringObjectProperty => Some("keys stand in double quotes"),
        ParseErrorKind::SingleQuotedStringsNotAllowed => Some("strings stand in double quotes"),
        ParseErrorKind::UnexpectedWord => {
            Some("strings stand in double quotes; words are `true`, `false` and `null`")
        }
        ParseErrorKind::ExpectedComma => Some("separate entries by commas"),
        ParseErrorKind::MultipleRootJsonValues => Some("a scenario is one object `{ … }`"),
        ParseErrorKind::BareDecimalPointNumbersNotAllowed => Some("write `0.5`, not `.5`"),
        ParseErrorKind::NonFiniteNumbersNotAllowed => Some("write a finite number"),
        _ => None,
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn too_deep(at: Option<usize>) -> Problem {
    let message = format!("objects and lists are nested more than {MAX_NESTING} deep");
    Problem::error("", at.map(|at| at..at + 1), message)
        .with_hint("no scenario needs that: is it the right file, or is a closing bracket missing?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOKENS: [&str; 11] = ["{", "}", "[", "]", ",", ":", "\"a\"", "1", "null", "/* c */", "'"];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// The tree is made beside the library's parser, so that both must agree on what has one.
        #[test]
        fn what_has_a_tree_is_what_the_parser_takes(tokens in prop::collection::vec(0..TOKENS.len(), 0..9)) {
            let text = tokens.into_iter().map(|token| TOKENS[token]).collect::<Vec<_>>().join(" ");
            let taken = parse_to_ast(&text, &CollectOptions::default(), &strict_options());
            let has_value = taken.is_ok_and(|parsed| parsed.value.is_some());
            prop_assert_eq!(parse(&text).is_ok(), has_value, "{}", text);
        }
    }

    fn refusal(text: &str) -> Problem {
        parse(text).expect_err("must be refused")
    }

    #[test]
    fn comments_and_trailing_commas_are_welcome() {
        let node = parse("// c\r\n{ \"a\": [1, 2,], /* d */ }").expect("is accepted");
        let Value::Object(entries) = node.value else { panic!("an object") };
        assert_eq!(entries[0].key, "a");
        assert_eq!(entries[0].key_place.span(), Some(8..11));
    }

    #[test]
    fn every_other_looseness_is_refused() {
        let texts = [
            "{a: 1}",
            "{'a': 1}",
            "{\"a\": 0x10}",
            "{\"a\": +1}",
            "{\"a\": .5}",
            "{\"a\": 5.}",
            "{\"a\": NaN}",
            "{\"a\": Infinity}",
            "{\"a\": 1 \"b\": 2}",
            "[1 2]",
            "[[1] [2]]",
            "[{} {}]",
            "{\"a\": \"\\x41\"}",
            "{} {}",
            "{,}",
            "[,]",
            "{\"a\": tru}",
            "{\"a\"}",
            "]",
            "{\"a\": 01}",
        ];
        for text in texts {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn spans_stay_right_behind_a_byte_order_mark() {
        let text = "\u{feff}{\"a\": 17}";
        let Value::Object(entries) = parse(text).expect("is accepted").value else { panic!("an object") };
        assert_eq!(&text[entries[0].node.span().expect("in the file")], "17");
    }

    #[test]
    fn nothing_at_all_is_said_to_be_empty() {
        for text in ["", " \n", "// only a comment\n", "\u{feff}"] {
            assert_eq!(refusal(text).message, "the file is empty", "{text:?}");
        }
    }

    #[test]
    fn a_file_cut_short_is_recognised() {
        for text in
            ["{", "{\"a\"", "{\"a\":", "{\"a\": [1,", "{\"a\": \"b", "{\"a\": 1, /* no end", "{\"a\": 1,"]
        {
            assert!(
                refusal(text).message.starts_with("the file ends too early"),
                "{text}: {:?}",
                refusal(text)
            );
        }
    }

    #[test]
    fn deep_nesting_is_refused_without_deep_recursion() {
        for text in ["[".repeat(8_000_000), "{\"a\":".repeat(1_000_000), "[".repeat(100) + &"]".repeat(100)] {
            assert!(refusal(&text).message.contains("nested more than 64 deep"));
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_with_the_remedy() {
        let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(decode(&utf16).expect_err("UTF-16").message.contains("UTF-16"));
        let problem = decode(b"{\"\xff\"}").expect_err("not UTF-8");
        assert_eq!(problem.span, Some(2..3));
        let large = vec![b' '; MAX_SCENARIO_BYTES + 1];
        assert!(decode(&large).expect_err("too large").message.contains("8 MiB"));
    }
}
