//! What a file may look like, as data, and the one walker that holds a file against it.
//!
//! A [`Shape`] says what a value is; records, fields and variants carry their documentation, their default and its
//! source. From this one definition follow the checks, the defaults, `check --explain`, the JSON Schema and the
//! reference in `docs/scenario.md`. The walker reports every problem and builds the *resolved* value: defaults filled
//! in, shorthands written out, texts in canonical form. What is wrong becomes `null` there, so that whoever reads on
//! can tell *absent* from *already reported*.

mod sets;

use super::document::{self, Entry, Node, Value};
use super::problem::{Problem, did_you_mean, is_bidi_control, quoted};
use super::set::{self, Step};
use super::units;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

/// What a value is.
#[derive(Debug)]
pub enum Shape {
    /// An object with known keys.
    Record(&'static Record),
    /// An object with names of the author's choice as keys.
    Map {
        /// What the names may look like.
        names: Names,
        /// What a name stands for, in one word (`function`).
        noun: &'static str,
        /// The values.
        of: &'static Shape,
        /// The least number of entries.
        at_least: usize,
    },
    /// A list.
    List {
        /// The elements.
        of: &'static Shape,
        /// The least number of elements.
        at_least: usize,
        /// The largest number of elements.
        at_most: usize,
    },
    /// A list of two: a probability and a duration.
    Quantile,
    /// Exactly one of several forms, each an object with one key.
    OneOf(&'static Choice),
    /// A shape with a name of its own, which may contain itself.
    Named {
        /// The name in the JSON Schema.
        name: &'static str,
        /// The shape; behind a function, since a constant cannot contain itself.
        shape: fn() -> &'static Shape,
    },
    /// An integer; AWS's settings give their unit.
    Integer {
        /// The least value.
        min: u64,
        /// The largest value.
        max: u64,
        /// The unit in words; empty for a plain number.
        unit: &'static str,
    },
    /// A real number above `above` and at most `max`.
    Positive {
        /// The largest value.
        max: f64,
    },
    /// A real number 0..1, both included.
    Probability,
    /// A real number from 0 to below 1.
    Jitter,
    /// A duration of at least so many nanoseconds.
    Duration {
        /// The shortest, in nanoseconds.
        min_nanos: u64,
    },
    /// A point of virtual time, as the duration since the start.
    Moment,
    /// A moment, or the word `drained`.
    EndOfRun,
    /// A calendar date and time, to the millisecond, in UTC.
    Timestamp,
    /// A time window `["30m", "40m"]`, or a list of such.
    Windows,
    /// A rate of events.
    Rate {
        /// Whether it may be zero.
        zero: bool,
    },
    /// A number of bytes.
    Size,
    /// An amount of US dollars.
    Price,
    /// Any text.
    Text,
    /// One of several words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A list of texts, kept as they are.
    Texts,
    /// An object with paths of settings as keys: what a change of configuration sets.
    Sets,
    /// A text, or a list of texts that are not the same.
    TextOrTexts {
        /// What a text names, in one word (`function`).
        noun: &'static str,
    },
    /// A list of texts that are not the same; it may be empty.
    DifferentTexts {
        /// What a text names, in one word (`function`).
        noun: &'static str,
    },
}

/// An object with known keys.
#[derive(Debug)]
pub struct Record {
    /// Its fields in the order of the reference.
    pub fields: &'static [Field],
}

/// A field of a record.
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// The value.
    pub shape: Shape,
    /// What holds if it is not given.
    pub default: Default,
    /// What it is, in a sentence or two.
    pub doc: &'static str,
    /// Where AWS documents it; empty for our own settings.
    pub source: &'static str,
}

/// What holds if a field is not given.
#[derive(Debug)]
pub enum Default {
    /// It must be given.
    Required,
    /// There is none, which means this.
    Absent(&'static str),
    /// This JSON value.
    Value(&'static str),
    /// This JSON value, by the scenario's profile.
    ByProfile {
        /// In profile `measured`.
        measured: &'static str,
        /// In profile `documented`.
        documented: &'static str,
    },
}

/// The forms of a [`Shape::OneOf`].
#[derive(Debug)]
pub struct Choice {
    /// The forms.
    pub variants: &'static [Variant],
    /// The form that a bare string stands for, if any.
    pub bare: Option<&'static str>,
}

/// One form of a [`Shape::OneOf`].
#[derive(Debug)]
pub struct Variant {
    /// The key.
    pub key: &'static str,
    /// What stands behind the key.
    pub shape: Shape,
    /// What it means.
    pub doc: &'static str,
}

/// What a name may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// As AWS names functions: 1 to 64 of `A-Z a-z 0-9 - _`.
    Function,
    /// 1 to 140 characters, no control characters.
    Free,
}

/// The most functions, sources or destinations, since their ids have 16 bits.
pub const MAX_NAMES: usize = 65_535;
/// The most problems that are listed; a file with more is told so.
pub const MAX_PROBLEMS: usize = 100;

/// A setting of a scenario, for `check --explain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its dotted path.
    pub path: String,
    /// Its value as JSON text, or what its absence means.
    pub value: String,
    /// Whether the scenario gives it; otherwise it is assumed.
    pub given: bool,
    /// What it is.
    pub doc: &'static str,
    /// Where AWS documents it; empty for our own settings.
    pub source: &'static str,
}

/// What the walker found.
#[derive(Debug)]
pub struct Checked<'n> {
    /// The value with defaults filled in; `null` stands for what is wrong.
    pub resolved: Json,
    /// Every setting, in the order of the grammar; empty if nobody wanted them.
    pub settings: Vec<Setting>,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
    /// Where each value stands in the file, by its path.
    pub spans: Spans<'n>,
}

/// Where values stand in the file, by dotted path. Looked up in the file's tree when somebody asks: most files have
/// nothing wrong with them.
#[derive(Debug)]
pub struct Spans<'n> {
    root: &'n Node,
    /// Where the values stand whose paths are keys that the file spells otherwise.
    respelled: BTreeMap<String, Option<Range<usize>>>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// These bytes of the file.
    File(Range<usize>),
    /// A change from outside the file.
    Set,
    /// Nothing on the way to it is given.
    Default,
}

impl Spans<'_> {
    /// Where the value at `path` comes from, or the nearest value around it that is given.
    pub fn origin(&self, path: &str) -> Origin {
        let steps = set::steps(path).unwrap_or_default();
        let mut node = self.root;
        let mut way = String::new();
        for (done, step) in steps.iter().enumerate() {
            let inner = match (step, &node.value) {
                (Step::Key(key), Value::Object(entries)) => {
                    push_key(&mut way, key);
                    entries.iter().rev().find(|entry| entry.key == *key).map(|entry| &entry.node)
                }
                (Step::Position(at), Value::List(elements)) => {
                    push_position(&mut way, *at);
                    elements.get(*at)
                }
                _ => None,
            };
            match (inner, self.respelled.get(&way)) {
                (Some(inner), _) => node = inner,
                (None, Some(span)) => return span.clone().map_or(Origin::Set, Origin::File),
                (None, None) if done == 0 => return Origin::Default,
                (None, None) => break,
            }
        }
        node.span.clone().map_or(Origin::Set, Origin::File)
    }
}

/// What is added to a message about a value that a change from outside the file brought.
pub(super) const FROM_SET: &str = " (given by --set)";

/// Holds `node` against `shape`; `documented` selects the defaults of that profile.
pub fn check<'n>(shape: &'static Shape, node: &'n Node, documented: bool) -> Checked<'n> {
    walk(shape, node, documented, Listing::Given)
}

/// The same, where what is its default does not count as given.
pub(super) fn check_against_defaults<'n>(
    shape: &'static Shape,
    node: &'n Node,
    documented: bool,
) -> Checked<'n> {
    walk(shape, node, documented, Listing::NotDefault)
}

/// The same, without a list of all settings.
pub(super) fn check_values<'n>(shape: &'static Shape, node: &'n Node, documented: bool) -> Checked<'n> {
    walk(shape, node, documented, Listing::Nothing)
}

/// Which settings are listed, and which of them count as given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listing {
    Nothing,
    /// What the file gives.
    Given,
    /// What is not its default.
    NotDefault,
}

fn walk<'n>(shape: &'static Shape, node: &'n Node, documented: bool, listing: Listing) -> Checked<'n> {
    let mut walker = Walker {
        documented,
        listing,
        path: String::new(),
        given: true,
        about: ("", ""),
        settings: Vec::new(),
        problems: Vec::new(),
        respelled: BTreeMap::new(),
        assumed: BTreeMap::new(),
    };
    let resolved = walker.walk(shape, node);
    let spans = Spans { root: node, respelled: walker.respelled };
    Checked { resolved, settings: walker.settings, problems: walker.problems, spans }
}

/// `key` behind `path`, as errors print it and `--set` reads it: `a.b`, or `a["x.y"]` for a key with special characters.
pub fn join(path: &str, key: &str) -> String {
    let mut joined = path.to_owned();
    push_key(&mut joined, key);
    joined
}

fn push_key(path: &mut String, key: &str) {
    let special = |byte: u8| matches!(byte, b'.' | b'[' | b']' | b'"' | b'=' | b'\\');
    let plain = !key.is_empty() && !key.bytes().any(special) && !key.contains(char::is_whitespace);
    if plain {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    } else {
        write!(path, "[{}]", Json::from(key)).expect("a string takes every text");
    }
}

fn push_position(path: &mut String, at: usize) {
    write!(path, "[{at}]").expect("a string takes every text");
}

struct Walker {
    documented: bool,
    /// Which list of settings is wanted.
    listing: Listing,
    path: String,
    /// Whether the value at hand comes from the author rather than from a default.
    given: bool,
    /// Documentation and source of the setting at hand.
    about: (&'static str, &'static str),
    settings: Vec<Setting>,
    problems: Vec<Problem>,
    respelled: BTreeMap<String, Option<Range<usize>>>,
    /// Defaults that have been read before, by the addresses of their text and their shape: names repeat them.
    assumed: BTreeMap<(usize, usize), Json>,
}

/// What is wrong with a scalar, and what to do.
type Refusal = (String, String);

impl Walker {
    fn walk(&mut self, shape: &'static Shape, node: &Node) -> Json {
        match shape {
            Shape::Record(record) => self.record(record, node),
            Shape::Map { names, noun, of, at_least } => self.map(*names, noun, of, *at_least, node),
            Shape::List { of, at_least, at_most } => self.list(of, *at_least..=*at_most, node),
            Shape::OneOf(choice) => self.one_of(choice, node),
            Shape::Named { shape, .. } => self.walk(shape(), node),
            Shape::Sets => self.sets(node),
            _ => self.scalar(shape, node),
        }
    }

    fn error(&mut self, span: Option<Range<usize>>, message: impl Into<String>) -> &mut Problem {
        let mut message = message.into();
        if span.is_none() {
            message.push_str(FROM_SET);
        }
        self.problems.push(Problem::error(self.path.clone(), span, message));
        self.problems.last_mut().expect("just pushed")
    }

    fn wrong_kind(&mut self, node: &Node, expected: &str) -> Json {
        self.error(node.span.clone(), format!("expected {expected}, found {}", node.value.kind()));
        Json::Null
    }

    /// Does `work` with the grammar's own `key` appended to the path: there is nothing special in it.
    fn inside_plain<T>(&mut self, key: &'static str, work: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.path.len();
        if outer > 0 {
            self.path.push('.');
        }
        self.path.push_str(key);
        let result = work(self);
        self.path.truncate(outer);
        result
    }

    /// Does `work` with `key` appended to the path.
    fn inside<T>(&mut self, key: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.path.len();
        push_key(&mut self.path, key);
        let result = work(self);
        self.path.truncate(outer);
        result
    }

    /// Does `work` with the position `at` appended to the path.
    fn inside_element<T>(&mut self, at: usize, work: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.path.len();
        push_position(&mut self.path, at);
        let result = work(self);
        self.path.truncate(outer);
        result
    }

    fn record(&mut self, record: &'static Record, node: &Node) -> Json {
        let Value::Object(entries) = &node.value else {
            return self.wrong_kind(node, "an object");
        };
        self.refuse_duplicates(entries);
        for entry in entries {
            if !record.fields.iter().any(|field| field.key == entry.key) {
                self.unknown_key(entry, record.fields.iter().map(|field| field.key));
            }
        }
        let mut resolved = Map::new();
        for field in record.fields {
            let entry = entries.iter().find(|entry| entry.key == field.key);
            let outer = std::mem::replace(&mut self.about, (field.doc, field.source));
            let value = self.inside_plain(field.key, |walker| walker.field(field, entry, node));
            self.about = outer;
            if let Some(value) = value {
                resolved.insert(field.key.to_owned(), value);
            }
        }
        Json::Object(resolved)
    }

    fn field(&mut self, field: &'static Field, entry: Option<&Entry>, record: &Node) -> Option<Json> {
        if let Some(entry) = entry {
            let known = self.settings.len();
            let value = self.walk(&field.shape, &entry.node);
            if self.listing == Listing::NotDefault && self.is_default(field, &value) {
                self.settings[known..].iter_mut().for_each(|setting| setting.given = false);
            }
            return Some(value);
        }
        match field.default {
            Default::Required => {
                let start = record.span.as_ref().map(|span| span.start..span.start + 1);
                self.error(start, format!("{} is missing", quoted(field.key))).hint =
                    Some(field.doc.to_owned());
                Some(Json::Null)
            }
            Default::Absent(meaning) => {
                self.setting(|| meaning.to_owned(), false);
                None
            }
            Default::Value(json) => Some(self.assume(&field.shape, json)),
            Default::ByProfile { measured, documented } => {
                let json = if self.documented { documented } else { measured };
                Some(self.assume(&field.shape, json))
            }
        }
    }

    /// Whether `value` is what would have been assumed.
    fn is_default(&mut self, field: &'static Field, value: &Json) -> bool {
        let json = match field.default {
            Default::Required | Default::Absent(_) => return false,
            Default::Value(json) => json,
            Default::ByProfile { measured, documented } => {
                if self.documented {
                    documented
                } else {
                    measured
                }
            }
        };
        let listing = std::mem::replace(&mut self.listing, Listing::Nothing);
        let assumed = self.assume(&field.shape, json);
        self.listing = listing;
        assumed == *value
    }

    /// The default `json`, read by the same rules as a file.
    fn assume(&mut self, shape: &'static Shape, json: &'static str) -> Json {
        let address = (json.as_ptr().addr(), std::ptr::from_ref(shape).addr());
        if self.listing == Listing::Nothing
            && let Some(known) = self.assumed.get(&address)
        {
            return known.clone();
        }
        let mut node = document::parse(json).expect("a default is JSON");
        node.forget_places();
        let given = std::mem::replace(&mut self.given, false);
        let value = self.walk(shape, &node);
        self.given = given;
        self.assumed.insert(address, value.clone());
        value
    }

    fn setting(&mut self, value: impl FnOnce() -> String, given: bool) {
        if self.listing != Listing::Nothing {
            let (doc, source) = self.about;
            self.settings.push(Setting { path: self.path.clone(), value: value(), given, doc, source });
        }
    }

    fn unknown_key(&mut self, entry: &Entry, known: impl Iterator<Item = &'static str> + Clone) {
        // Guesses that nobody will see are not worth their time in a file full of mistakes.
        let shown = self.problems.len() < MAX_PROBLEMS;
        let hint = match shown.then(|| did_you_mean(&entry.key, known.clone())).flatten() {
            Some(guess) => format!("did you mean `{guess}`?"),
            None => format!("known keys: {}", known.collect::<Vec<_>>().join(", ")),
        };
        let message = format!("unknown key {}", quoted(&entry.key));
        self.inside(&entry.key, |walker| {
            walker.error(entry.key_span.clone(), message).hint = Some(hint);
        });
    }

    fn refuse_duplicates(&mut self, entries: &[Entry]) {
        let mut seen = BTreeSet::new();
        for entry in entries {
            if !seen.insert(entry.key.as_str()) {
                let message = format!("{} is given twice", quoted(&entry.key));
                self.inside(&entry.key, |walker| {
                    walker.error(entry.key_span.clone(), message).hint = Some("keep one of them".to_owned());
                });
            }
        }
    }

    fn map(&mut self, names: Names, noun: &str, of: &'static Shape, at_least: usize, node: &Node) -> Json {
        let Value::Object(entries) = &node.value else {
            return self.wrong_kind(node, "an object keyed by name");
        };
        self.refuse_duplicates(entries);
        if entries.len() < at_least || entries.len() > MAX_NAMES {
            let message = format!("there must be {at_least}..{MAX_NAMES} of them, not {}", entries.len());
            self.error(node.span.clone(), message);
        }
        let mut resolved = Map::new();
        for entry in entries {
            let value = self.inside(&entry.key, |walker| {
                if let Some(message) = names.refusal(&entry.key, noun) {
                    walker.error(entry.key_span.clone(), message);
                }
                walker.walk(of, &entry.node)
            });
            resolved.entry(entry.key.clone()).or_insert(value);
        }
        resolved.sort_keys();
        Json::Object(resolved)
    }

    fn list(&mut self, of: &'static Shape, count: std::ops::RangeInclusive<usize>, node: &Node) -> Json {
        let Value::List(elements) = &node.value else {
            return self.wrong_kind(node, "a list");
        };
        if !count.contains(&elements.len()) {
            let message =
                format!("{} elements; there must be {}..{}", elements.len(), count.start(), count.end());
            self.error(node.span.clone(), message);
            return Json::Null;
        }
        // A list of plain values is one setting; a list of objects has the settings of its elements.
        let plain = !matches!(of, Shape::OneOf(_) | Shape::Record(_) | Shape::Named { .. });
        let known = self.settings.len();
        let values: Vec<Json> = elements
            .iter()
            .enumerate()
            .map(|(at, element)| self.inside_element(at, |walker| walker.walk(of, element)))
            .collect();
        let resolved = Json::Array(values);
        if plain || elements.is_empty() {
            self.settings.truncate(known);
            self.setting(|| shortened(&resolved), self.given);
        }
        resolved
    }

    fn one_of(&mut self, choice: &'static Choice, node: &Node) -> Json {
        let keys = || choice.variants.iter().map(|variant| variant.key);
        let list = || keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let (key, key_span, inner) = match (&node.value, choice.bare) {
            (Value::Object(entries), _) => {
                let [entry] = entries.as_slice() else {
                    let message = format!("exactly one key is needed, not {}", entries.len());
                    self.error(node.span.clone(), message).hint = Some(format!("give one of {}", list()));
                    return Json::Null;
                };
                (entry.key.as_str(), &entry.key_span, &entry.node)
            }
            (Value::Text(_) | Value::Number(_), Some(bare)) => (bare, &node.span, node),
            _ => return self.wrong_kind(node, &format!("an object with one of {}", list())),
        };
        let Some(variant) = choice.variants.iter().find(|variant| variant.key == key) else {
            let entry = Entry { key: key.to_owned(), key_span: key_span.clone(), node: inner.clone() };
            self.unknown_key(&entry, keys());
            return Json::Null;
        };
        let outer = self.about;
        self.about.0 = variant.doc;
        let value = self.inside_plain(variant.key, |walker| walker.variant(variant, inner));
        self.about = outer;
        if value.is_null() {
            Json::Null
        } else {
            Json::Object(Map::from_iter([(variant.key.to_owned(), value)]))
        }
    }

    fn variant(&mut self, variant: &'static Variant, node: &Node) -> Json {
        if matches!(variant.shape, Shape::Record(Record { fields: [] })) {
            self.setting(|| "{}".to_owned(), self.given);
        }
        self.walk(&variant.shape, node)
    }

    fn scalar(&mut self, shape: &'static Shape, node: &Node) -> Json {
        match read_scalar(shape, node) {
            Ok(value) => {
                self.setting(|| shortened(&value), self.given);
                value
            }
            Err((message, hint)) => {
                let problem = self.error(node.span.clone(), message);
                problem.hint = (!hint.is_empty()).then_some(hint);
                Json::Null
            }
        }
    }
}

/// Values as `check --explain` shows them: long lists are cut.
fn shortened(value: &Json) -> String {
    const LONGEST: usize = 200;
    let text = value.to_string();
    if text.chars().nth(LONGEST).is_none() {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

impl Names {
    fn refusal(self, name: &str, noun: &str) -> Option<String> {
        let fine = match self {
            Self::Function => {
                (1..=64).contains(&name.len())
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            }
            Self::Free => {
                (1..=140).contains(&name.chars().count())
                    && !name.chars().any(|c| c.is_control() || is_bidi_control(c))
            }
        };
        let rule = match self {
            Self::Function => "1 to 64 letters, digits, `-` and `_`, as in AWS",
            Self::Free => "1 to 140 characters without control characters",
        };
        (!fine).then(|| format!("{} is not a name for a {noun}: {rule}", quoted(name)))
    }
}

/// The canonical form of a value without parts.
fn read_scalar(shape: &Shape, node: &Node) -> Result<Json, Refusal> {
    match shape {
        Shape::Integer { min, max, unit } => integer(node, *min, *max, unit),
        Shape::Positive { max } => real(node, "a number above 0", |number| number > 0.0 && number <= *max),
        Shape::Probability => real(node, "a probability 0..1", |number| (0.0..=1.0).contains(&number)),
        Shape::Jitter => real(node, "a number from 0 to below 1", |number| (0.0..1.0).contains(&number)),
        Shape::Duration { min_nanos } => duration(node, *min_nanos),
        Shape::Moment => duration(node, 0),
        Shape::EndOfRun if matches!(&node.value, Value::Text(word) if word == "drained") => {
            Ok("drained".into())
        }
        Shape::EndOfRun => {
            duration(node, 1).map_err(|(message, hint)| (message, format!("{hint}; or `\"drained\"`")))
        }
        Shape::Timestamp => timestamp(text(node, "a date and time")?),
        Shape::Windows => windows(node),
        Shape::Rate { zero } => rate(node, *zero),
        Shape::Size => size(node),
        Shape::Price => price(node),
        Shape::Text => text(node, "a string").map(Json::from),
        Shape::Word(words) => word(text(node, "a word")?, words),
        Shape::Flag => match node.value {
            Value::Flag(flag) => Ok(flag.into()),
            _ => Err(kind_refusal(node, "`true` or `false`")),
        },
        Shape::Quantile => quantile(node),
        Shape::Texts => texts(node),
        Shape::TextOrTexts { noun } => text_or_texts(node, noun),
        Shape::DifferentTexts { noun } => different_texts(node, noun),
        Shape::Record(_)
        | Shape::Map { .. }
        | Shape::List { .. }
        | Shape::OneOf(_)
        | Shape::Named { .. }
        | Shape::Sets => unreachable!("the walker takes these apart"),
    }
}

fn kind_refusal(node: &Node, expected: &str) -> Refusal {
    (format!("expected {expected}, found {}", node.value.kind()), String::new())
}

fn text<'a>(node: &'a Node, expected: &str) -> Result<&'a str, Refusal> {
    match &node.value {
        Value::Text(text) => Ok(text),
        _ => Err(kind_refusal(node, expected)),
    }
}

fn texts(node: &Node) -> Result<Json, Refusal> {
    let Value::List(elements) = &node.value else {
        return Err(kind_refusal(node, "a list of strings"));
    };
    elements.iter().map(|element| text(element, "a string").map(Json::from)).collect()
}

fn text_or_texts(node: &Node, noun: &str) -> Result<Json, Refusal> {
    match &node.value {
        Value::Text(text) => Ok(text.as_str().into()),
        Value::List(elements) if elements.is_empty() => {
            Err((format!("the list names no {noun}"), format!("name one {noun} or several")))
        }
        Value::List(_) => different_texts(node, noun),
        _ => Err(kind_refusal(node, &format!("the name of a {noun}, or a list of such"))),
    }
}

fn different_texts(node: &Node, noun: &str) -> Result<Json, Refusal> {
    let names = texts(node)?;
    let mut seen = BTreeSet::new();
    let again = names.as_array().into_iter().flatten().find(|name| !seen.insert(name.as_str()));
    match again {
        Some(name) => Err((
            format!("the list names the {noun} {} twice", quoted(name.as_str().unwrap_or_default())),
            "keep one of them".to_owned(),
        )),
        None => Ok(names),
    }
}

/// Integers are written as integers: `1e3` and `1.0` are refused, so that nobody wonders what was rounded.
fn integer(node: &Node, min: u64, max: u64, unit: &str) -> Result<Json, Refusal> {
    let range = if unit.is_empty() { format!("{min}..{max}") } else { format!("{min}..{max} {unit}") };
    let Value::Number(digits) = &node.value else {
        return Err(kind_refusal(node, &format!("an integer {range}")));
    };
    if digits.contains(['.', 'e', 'E']) {
        return Err((
            format!("{} is not written as an integer", quoted(digits)),
            format!("write digits only, {range}"),
        ));
    }
    let value = digits.parse::<u64>().ok().filter(|value| (min..=max).contains(value));
    value
        .map(Json::from)
        .ok_or_else(|| (format!("{} is out of range: must be {range}", quoted(digits)), String::new()))
}

fn real(node: &Node, expected: &str, fits: impl Fn(f64) -> bool) -> Result<Json, Refusal> {
    if let Value::Text(text) = &node.value
        && let Some(percent) = text.trim().strip_suffix('%')
    {
        let fix = units::decimal(percent.trim(), 7).map_or(0, |scaled| scaled);
        #[expect(clippy::cast_precision_loss, reason = "for a hint only")]
        let hint = format!("write `{}`", fix as f64 / 1e9);
        return Err((format!("expected {expected}, found {}", quoted(text)), hint));
    }
    let Value::Number(digits) = &node.value else {
        return Err(kind_refusal(node, expected));
    };
    let number: f64 = digits.parse().map_err(|_| kind_refusal(node, expected))?;
    if !number.is_finite() {
        return Err((format!("{} is too large for a number", quoted(digits)), format!("write {expected}")));
    }
    // Adding zero turns a negative zero into zero, so that both mean and print the same.
    if fits(number) {
        Ok(Json::from(number + 0.0))
    } else {
        Err((format!("{} is not {expected}", quoted(digits)), String::new()))
    }
}

fn duration(node: &Node, min_nanos: u64) -> Result<Json, Refusal> {
    let text = match &node.value {
        Value::Text(text) => text,
        Value::Number(number) if number.starts_with('-') => {
            return Err((
                format!("{} is negative", quoted(number)),
                "write a duration of zero or more, with a unit".to_owned(),
            ));
        }
        Value::Number(number) if number.contains(['e', 'E']) => {
            return Err((
                format!("{} is not a duration", quoted(number)),
                format!("write e.g. {}", units::DURATION_EXAMPLES),
            ));
        }
        Value::Number(number) => {
            let hint = format!("write `\"{number}s\"` (or `\"{number}ms\"`)");
            return Err((format!("a duration needs a unit, found {}", quoted(number)), hint));
        }
        _ => return Err(kind_refusal(node, "a duration")),
    };
    let span = units::duration(text)?;
    if span.as_nanos() < min_nanos {
        let least = crate::time::SimDuration::from_nanos(min_nanos);
        return Err((format!("{} is too short: must be at least {least}", quoted(text)), String::new()));
    }
    Ok(span.to_string().into())
}

/// The label of virtual time zero: between 1970 and the year 9000, so that every time of a run has a label.
fn timestamp(text: &str) -> Result<Json, Refusal> {
    let wrong = |what: &str| {
        (format!("{} is not {what}", quoted(text)), "write e.g. `\"2026-01-01T00:00:00Z\"`".to_owned())
    };
    let instant: jiff::Timestamp = text.parse().map_err(|_| wrong("a date and time"))?;
    let first = jiff::Timestamp::UNIX_EPOCH;
    let seconds_until_9000 = 221_845_392_000;
    if instant < first || instant.as_second() >= seconds_until_9000 {
        return Err(wrong("between the years 1970 and 9000"));
    }
    if instant.subsec_nanosecond() % 1_000_000 != 0 {
        return Err(wrong("a whole number of milliseconds"));
    }
    Ok(instant.to_string().into())
}

fn windows(node: &Node) -> Result<Json, Refusal> {
    let expected = "a time window like `[\"30m\", \"40m\"]`, or a list of such";
    let Value::List(elements) = &node.value else {
        return Err(kind_refusal(node, expected));
    };
    if elements.iter().any(|element| !matches!(element.value, Value::List(_))) {
        return Ok(Json::Array(vec![window(elements, expected)?]));
    }
    if elements.is_empty() {
        return Err((
            "there is no window in the list".to_owned(),
            "leave the key out to mean always".to_owned(),
        ));
    }
    let pair = |element: &Node| match &element.value {
        Value::List(bounds) => window(bounds, expected),
        _ => Err(kind_refusal(element, expected)),
    };
    let pairs = elements.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    let bound =
        |pair: &Json, at: usize| units::duration(pair[at].as_str().unwrap_or_default()).unwrap_or_default();
    match pairs.windows(2).find(|two| bound(&two[0], 1) > bound(&two[1], 0)) {
        Some(two) => Err((
            format!("the windows {} and {} overlap or are out of order", two[0], two[1]),
            "list them in order of time, each ending before the next begins".to_owned(),
        )),
        None => Ok(Json::Array(pairs)),
    }
}

fn window(bounds: &[Node], expected: &str) -> Result<Json, Refusal> {
    let [from, until] = bounds else {
        return Err((format!("expected {expected}, found {} elements", bounds.len()), String::new()));
    };
    let (from, until) = (duration(from, 0)?, duration(until, 0)?);
    let nanos = |bound: &Json| units::duration(bound.as_str().unwrap_or_default()).unwrap_or_default();
    if nanos(&from) >= nanos(&until) {
        let what = if from == until { "is empty" } else { "runs backwards" };
        return Err((
            format!("the window [{from}, {until}] {what}"),
            "its end must come after its start".to_owned(),
        ));
    }
    Ok(Json::Array(vec![from, until]))
}

fn rate(node: &Node, zero: bool) -> Result<Json, Refusal> {
    if let Value::Number(number) = &node.value {
        return Err((
            format!("a rate needs a unit, found {}", quoted(number)),
            format!("write `\"{number}/s\"` (or `\"{number}/min\"`)"),
        ));
    }
    let text = text(node, "a rate like `\"20/s\"`")?;
    if units::rate(text)?.is_zero() && !zero {
        return Err((format!("{} never sends anything: must be above 0", quoted(text)), String::new()));
    }
    Ok(text.into())
}

fn size(node: &Node) -> Result<Json, Refusal> {
    if let Value::Number(number) = &node.value {
        return Err((
            format!("a size needs a unit, found {}", quoted(number)),
            format!("write `\"{number}B\"` (or `\"{number}KiB\"`)"),
        ));
    }
    Ok(units::size_text(units::size(text(node, "a size like `\"256KiB\"`")?)?).into())
}

fn price(node: &Node) -> Result<Json, Refusal> {
    if let Value::Number(number) = &node.value {
        return Err((
            format!("a price needs its currency, found {}", quoted(number)),
            format!("write `\"${number}\"`"),
        ));
    }
    Ok(units::price_text(units::price(text(node, "a price like `\"$0.20\"`")?)?).into())
}

fn word(given: &str, words: &[&str]) -> Result<Json, Refusal> {
    if words.contains(&given) {
        return Ok(given.into());
    }
    let list = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let hint = did_you_mean(given, words.iter().copied()).map(|guess| format!("did you mean `{guess}`?"));
    Err((format!("{} is not one of {list}", quoted(given)), hint.unwrap_or_default()))
}

fn quantile(node: &Node) -> Result<Json, Refusal> {
    let expected = "a pair like `[0.5, \"400ms\"]`";
    match &node.value {
        Value::List(pair) if pair.len() == 2 => {
            let probability = real(&pair[0], "a probability 0..1", |number| (0.0..=1.0).contains(&number))?;
            Ok(Json::Array(vec![probability, duration(&pair[1], 0)?]))
        }
        _ => Err(kind_refusal(node, expected)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::grammar;

    type See<'a> = &'a mut dyn FnMut(&str, &'static Shape, &'static str, Option<&'static Field>);

    /// Calls `see` for every field and every variant of the grammar below `shape`, each named shape once.
    fn visit(shape: &'static Shape, path: &str, named: &mut BTreeSet<&'static str>, see: See<'_>) {
        match shape {
            Shape::Record(record) => {
                for field in record.fields {
                    let path = join(path, field.key);
                    see(&path, &field.shape, field.doc, Some(field));
                    visit(&field.shape, &path, named, see);
                }
            }
            Shape::OneOf(choice) => {
                for variant in choice.variants {
                    let path = join(path, variant.key);
                    see(&path, &variant.shape, variant.doc, None);
                    visit(&variant.shape, &path, named, see);
                }
            }
            Shape::Map { of, .. } | Shape::List { of, .. } => visit(of, path, named, see),
            Shape::Named { name, shape } if named.insert(name) => visit(shape(), path, named, see),
            _ => {}
        }
    }

    fn every_setting(mut see: impl FnMut(&str, &'static Shape, &'static str, Option<&'static Field>)) {
        visit(&grammar::SCENARIO, "", &mut BTreeSet::new(), &mut see);
    }

    #[test]
    fn every_setting_is_explained() {
        let mut count = 0;
        every_setting(|path, _, doc, field| {
            count += 1;
            assert!(doc.len() > 4 && doc.ends_with('.'), "{path}: {doc:?}");
            let source = field.map_or("", |field| field.source);
            assert!(source.is_empty() || source.starts_with("https://"), "{path}: {source}");
            // What AWS names has AWS's page.
            let key = field.map_or("", |field| field.key);
            assert!(!key.starts_with(|c: char| c.is_ascii_uppercase()) || !source.is_empty(), "{path}");
        });
        assert!(count > 100, "{count} settings were visited");
    }

    #[test]
    fn every_default_keeps_to_its_own_rules_and_is_in_canonical_form() {
        every_setting(|path, shape, _, field| {
            let defaults = match field.map(|field| &field.default) {
                Some(Default::Value(json)) => vec![*json],
                Some(Default::ByProfile { measured, documented }) => vec![*measured, *documented],
                _ => vec![],
            };
            for json in defaults {
                let node = document::parse(json).expect(path);
                let checked = check(shape, &node, false);
                assert_eq!(checked.problems, [], "{path}");
                let again = document::parse(&checked.resolved.to_string()).expect(path);
                assert_eq!(check(shape, &again, false).resolved, checked.resolved, "{path}");
            }
        });
    }

    #[test]
    fn the_profile_decides_the_defaults_of_the_timing() {
        let shape = &grammar::SCENARIO;
        let node = document::parse("{}").expect("an object");
        let latency =
            |documented| check(shape, &node, documented).resolved["timing"]["dispatch_latency"].clone();
        assert_eq!((latency(false), latency(true)), ("30ms".into(), "0s".into()));
    }

    #[test]
    fn settings_tell_what_was_given_and_what_was_assumed() {
        let text = r#"{ "functions": { "ship": { "Timeout": 30 } } }"#;
        let node = document::parse(text).expect("an object");
        let checked = check(&grammar::SCENARIO, &node, false);
        let setting = |path: &str| {
            let found = checked.settings.iter().find(|setting| setting.path == path).expect(path);
            (found.value.as_str(), found.given)
        };
        assert_eq!(setting("functions.ship.Timeout"), ("30", true));
        assert_eq!(setting("functions.ship.MemorySize"), ("128", false));
        assert_eq!(setting("functions.ship.duration.constant"), ("\"100ms\"", false));
        assert_eq!(setting("functions.ship.Architectures"), ("[\"x86_64\"]", false));
        let (meaning, given) = setting("functions.ship.ReservedConcurrentExecutions");
        assert!(meaning.contains("unreserved") && !given);
    }

    #[test]
    fn paths_of_unusual_names_stand_in_brackets_and_lead_back_to_their_place() {
        assert_eq!(join("a", "b"), "a.b");
        assert_eq!(join("a", "x.y"), r#"a["x.y"]"#);
        assert_eq!(join("", "a"), "a");
        let text = r#"{ "destinations": { "x.y": { "sqs": { "latency": 5 } } } }"#;
        let node = document::parse(text).expect("an object");
        let checked = check(&grammar::SCENARIO, &node, false);
        let path = r#"destinations["x.y"].sqs.latency"#;
        assert!(checked.problems.iter().any(|problem| problem.path == path));
        let Origin::File(span) = checked.spans.origin(path) else { panic!("in the file") };
        assert_eq!(&text[span], "5");
        assert_eq!(checked.spans.origin("timing.backoff_cap"), Origin::Default);
    }
}
