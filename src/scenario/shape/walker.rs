//! The walker: holds a file's tree against its shape, reports every problem, and fills in the defaults.

use super::path::{push_key, push_position};
use super::scalar::read_scalar;
use super::{Choice, Default, Field, MAX_NAMES, MAX_PROBLEMS, Names, Record, Shape, Spans, Variant};
use crate::scenario::document::{self, Entry, Node, Value};
use crate::scenario::problem::{Problem, did_you_mean, quoted};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

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

/// What is added to a message about a value that a change from outside the file brought.
pub(in crate::scenario) const FROM_SET: &str = " (given by --set)";

/// Holds `node` against `shape`; `documented` selects the defaults of that profile.
pub fn check<'n>(shape: &'static Shape, node: &'n Node, documented: bool) -> Checked<'n> {
    walk(shape, node, documented, Listing::Given)
}

/// The same, where what is its default does not count as given.
pub(in crate::scenario) fn check_against_defaults<'n>(
    shape: &'static Shape,
    node: &'n Node,
    documented: bool,
) -> Checked<'n> {
    walk(shape, node, documented, Listing::NotDefault)
}

/// The same, without a list of all settings.
pub(in crate::scenario) fn check_values<'n>(
    shape: &'static Shape,
    node: &'n Node,
    documented: bool,
) -> Checked<'n> {
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

pub(super) struct Walker {
    documented: bool,
    /// Which list of settings is wanted.
    listing: Listing,
    pub(super) path: String,
    /// Whether the value at hand comes from the author rather than from a default.
    pub(super) given: bool,
    /// Documentation and source of the setting at hand.
    pub(super) about: (&'static str, &'static str),
    settings: Vec<Setting>,
    problems: Vec<Problem>,
    pub(super) respelled: BTreeMap<String, Option<Range<usize>>>,
    /// Defaults that have been read before, by the addresses of their text and their shape: names repeat them.
    assumed: BTreeMap<(usize, usize), Json>,
}

impl Walker {
    pub(super) fn walk(&mut self, shape: &'static Shape, node: &Node) -> Json {
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

    pub(super) fn error(&mut self, span: Option<Range<usize>>, message: impl Into<String>) -> &mut Problem {
        let mut message = message.into();
        if span.is_none() {
            message.push_str(FROM_SET);
        }
        self.problems.push(Problem::error(self.path.clone(), span, message));
        self.problems.last_mut().expect("just pushed")
    }

    pub(super) fn wrong_kind(&mut self, node: &Node, expected: &str) -> Json {
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
    pub(super) fn inside<T>(&mut self, key: &str, work: impl FnOnce(&mut Self) -> T) -> T {
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

    pub(super) fn setting(&mut self, value: impl FnOnce() -> String, given: bool) {
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

    pub(super) fn refuse_duplicates(&mut self, entries: &[Entry]) {
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
