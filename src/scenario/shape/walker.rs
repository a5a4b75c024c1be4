//! The walker: holds a file's tree against its shape, reports every problem, and fills in the defaults.

use super::path::{push_key, push_position};
use super::scalar::read_scalar;
use super::{
    Choice, Default, Field, MAX_NAMES, MAX_PROBLEMS, Names, Pair, Record, Resolved, Shape, Spans, Variant,
};
use crate::scenario::document::{self, Entry, Node, Place, Value};
use crate::scenario::problem::{Problem, did_you_mean, quoted};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

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
pub struct Checked<'n, 't> {
    /// The value with defaults filled in; `null` stands for what is wrong.
    pub resolved: Resolved<'t>,
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
pub fn check<'n, 't>(shape: &'static Shape, node: &'n Node<'t>, documented: bool) -> Checked<'n, 't> {
    walk(shape, node, documented, Listing::Given)
}

/// The same, where what is its default does not count as given.
pub(in crate::scenario) fn check_against_defaults<'n, 't>(
    shape: &'static Shape,
    node: &'n Node<'t>,
    documented: bool,
) -> Checked<'n, 't> {
    walk(shape, node, documented, Listing::NotDefault)
}

/// The same, without a list of all settings.
pub(in crate::scenario) fn check_values<'n, 't>(
    shape: &'static Shape,
    node: &'n Node<'t>,
    documented: bool,
) -> Checked<'n, 't> {
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

fn walk<'n, 't>(
    shape: &'static Shape,
    node: &'n Node<'t>,
    documented: bool,
    listing: Listing,
) -> Checked<'n, 't> {
    let mut walker = Walker {
        documented,
        listing,
        way: Vec::new(),
        pairs: Vec::new(),
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

/// A step from a value to one of its parts.
enum Step<'t> {
    Key(Cow<'t, str>),
    Position(usize),
}

pub(super) struct Walker<'t> {
    documented: bool,
    /// Which list of settings is wanted.
    listing: Listing,
    /// The way to the value at hand.
    way: Vec<Step<'t>>,
    /// The fields of the records that are being read, the innermost last: a record is allocated when it is whole.
    pairs: Vec<Pair<'t>>,
    /// Whether the value at hand comes from the author rather than from a default.
    pub(super) given: bool,
    /// Documentation and source of the setting at hand.
    pub(super) about: (&'static str, &'static str),
    settings: Vec<Setting>,
    problems: Vec<Problem>,
    pub(super) respelled: BTreeMap<String, Place>,
    /// Defaults that have been read before, by the addresses of their text and their shape: names repeat them.
    assumed: BTreeMap<(usize, usize), Resolved<'t>>,
}

impl<'t> Walker<'t> {
    pub(super) fn walk(&mut self, shape: &'static Shape, node: &Node<'t>) -> Resolved<'t> {
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

    /// The path of the value at hand.
    pub(super) fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.way {
            match step {
                Step::Key(key) => push_key(&mut path, key),
                Step::Position(at) => push_position(&mut path, *at),
            }
        }
        path
    }

    pub(super) fn error(&mut self, place: Place, message: impl Into<String>) -> &mut Problem {
        let (span, mut message) = (place.span(), message.into());
        if span.is_none() {
            message.push_str(FROM_SET);
        }
        self.problems.push(Problem::error(self.path(), span, message));
        self.problems.last_mut().expect("just pushed")
    }

    pub(super) fn wrong_kind(&mut self, node: &Node<'t>, expected: &str) -> Resolved<'t> {
        self.error(node.place, format!("expected {expected}, found {}", node.value.kind()));
        Resolved::Null
    }

    /// Does `work` with `key` appended to the path.
    pub(super) fn inside<T>(&mut self, key: Cow<'t, str>, work: impl FnOnce(&mut Self) -> T) -> T {
        self.behind(Step::Key(key), work)
    }

    fn behind<T>(&mut self, step: Step<'t>, work: impl FnOnce(&mut Self) -> T) -> T {
        self.way.push(step);
        let result = work(self);
        self.way.pop();
        result
    }

    fn record(&mut self, record: &'static Record, node: &Node<'t>) -> Resolved<'t> {
        let Value::Object(entries) = &node.value else {
            return self.wrong_kind(node, "an object");
        };
        self.refuse_duplicates(entries);
        for entry in entries {
            if !record.fields.iter().any(|field| field.key == entry.key) {
                self.unknown_key(
                    entry.key.clone(),
                    entry.key_place,
                    record.fields.iter().map(|field| field.key),
                );
            }
        }
        let outer_pairs = self.pairs.len();
        for field in record.fields {
            let entry = entries.iter().find(|entry| entry.key == field.key);
            let outer = std::mem::replace(&mut self.about, (field.doc, field.source));
            let key = Cow::Borrowed(field.key);
            let value = self.inside(key.clone(), |walker| walker.field(field, entry, node));
            self.about = outer;
            self.pairs.extend(value.map(|value| (key, value)));
        }
        Resolved::Object(self.pairs.drain(outer_pairs..).collect())
    }

    fn field(
        &mut self,
        field: &'static Field,
        entry: Option<&Entry<'t>>,
        record: &Node<'t>,
    ) -> Option<Resolved<'t>> {
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
                self.error(record.place.first_byte(), format!("{} is missing", quoted(field.key))).hint =
                    Some(field.doc.to_owned());
                Some(Resolved::Null)
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
    fn is_default(&mut self, field: &'static Field, value: &Resolved<'t>) -> bool {
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
        assumed.to_json() == value.to_json()
    }

    /// The default `json`, read by the same rules as a file.
    fn assume(&mut self, shape: &'static Shape, json: &'static str) -> Resolved<'t> {
        let address = (json.as_ptr().addr(), std::ptr::from_ref(shape).addr());
        if self.listing == Listing::Nothing
            && let Some(known) = self.assumed.get(&address)
        {
            return known.clone();
        }
        let mut node = document::parse(json).expect("a default is JSON");
        node.forget_places();
        let given = std::mem::replace(&mut self.given, false);
        let value = self.walk(shape, &node).shared();
        self.given = given;
        self.assumed.insert(address, value.clone());
        value
    }

    pub(super) fn setting(&mut self, value: impl FnOnce() -> String, given: bool) {
        if self.listing != Listing::Nothing {
            let (doc, source) = self.about;
            self.settings.push(Setting { path: self.path(), value: value(), given, doc, source });
        }
    }

    fn unknown_key(
        &mut self,
        key: Cow<'t, str>,
        place: Place,
        known: impl Iterator<Item = &'static str> + Clone,
    ) {
        // Guesses that nobody will see are not worth their time in a file full of mistakes.
        let shown = self.problems.len() < MAX_PROBLEMS;
        let hint = match shown.then(|| did_you_mean(&key, known.clone())).flatten() {
            Some(guess) => format!("did you mean `{guess}`?"),
            None => format!("known keys: {}", known.collect::<Vec<_>>().join(", ")),
        };
        let message = format!("unknown key {}", quoted(&key));
        self.inside(key, |walker| {
            walker.error(place, message).hint = Some(hint);
        });
    }

    pub(super) fn refuse_duplicates(&mut self, entries: &[Entry<'t>]) {
        const FEW: usize = 16;
        let before = |at: usize| entries[..at].iter().any(|other| other.key == entries[at].key);
        let (few, sorted) = (entries.len() <= FEW, entries.is_sorted_by(|one, next| one.key < next.key));
        if sorted || (few && !(0..entries.len()).any(before)) {
            return;
        }
        let mut seen = BTreeSet::new();
        for entry in entries {
            if !seen.insert(&entry.key) {
                let message = format!("{} is given twice", quoted(&entry.key));
                self.inside(entry.key.clone(), |walker| {
                    walker.error(entry.key_place, message).hint = Some("keep one of them".to_owned());
                });
            }
        }
    }

    fn map(
        &mut self,
        names: Names,
        noun: &str,
        of: &'static Shape,
        at_least: usize,
        node: &Node<'t>,
    ) -> Resolved<'t> {
        let Value::Object(entries) = &node.value else {
            return self.wrong_kind(node, "an object keyed by name");
        };
        self.refuse_duplicates(entries);
        if entries.len() < at_least || entries.len() > MAX_NAMES {
            let message = format!("there must be {at_least}..{MAX_NAMES} of them, not {}", entries.len());
            self.error(node.place, message);
        }
        let mut resolved: Vec<Pair<'t>> = Vec::with_capacity(entries.len());
        for entry in entries {
            let value = self.inside(entry.key.clone(), |walker| {
                if let Some(message) = names.refusal(&entry.key, noun) {
                    walker.error(entry.key_place, message);
                }
                walker.walk(of, &entry.node)
            });
            resolved.push((entry.key.clone(), value));
        }
        // A stable sort: of two with one name, which has been reported, the first one counts.
        resolved.sort_by(|one, other| one.0.cmp(&other.0));
        resolved.dedup_by(|later, first| later.0 == first.0);
        Resolved::Object(resolved.into())
    }

    fn list(
        &mut self,
        of: &'static Shape,
        count: std::ops::RangeInclusive<usize>,
        node: &Node<'t>,
    ) -> Resolved<'t> {
        let Value::List(elements) = &node.value else {
            return self.wrong_kind(node, "a list");
        };
        if !count.contains(&elements.len()) {
            let message =
                format!("{} elements; there must be {}..{}", elements.len(), count.start(), count.end());
            self.error(node.place, message);
            return Resolved::Null;
        }
        // A list of plain values is one setting; a list of objects has the settings of its elements.
        let plain = !matches!(of, Shape::OneOf(_) | Shape::Record(_) | Shape::Named { .. });
        let known = self.settings.len();
        let element = |(at, element)| self.behind(Step::Position(at), |walker| walker.walk(of, element));
        let resolved = Resolved::List(elements.iter().enumerate().map(element).collect());
        if plain || elements.is_empty() {
            self.settings.truncate(known);
            self.setting(|| shortened(&resolved), self.given);
        }
        resolved
    }

    fn one_of(&mut self, choice: &'static Choice, node: &Node<'t>) -> Resolved<'t> {
        let keys = || choice.variants.iter().map(|variant| variant.key);
        let list = || keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let (key, key_place, inner) = match (&node.value, choice.bare) {
            (Value::Object(entries), _) => {
                let [entry] = &**entries else {
                    let message = format!("exactly one key is needed, not {}", entries.len());
                    self.error(node.place, message).hint = Some(format!("give one of {}", list()));
                    return Resolved::Null;
                };
                (entry.key.clone(), entry.key_place, &entry.node)
            }
            (Value::Text(_) | Value::Number(_), Some(bare)) => (Cow::Borrowed(bare), node.place, node),
            _ => return self.wrong_kind(node, &format!("an object with one of {}", list())),
        };
        let Some(variant) = choice.variants.iter().find(|variant| variant.key == key) else {
            self.unknown_key(key, key_place, keys());
            return Resolved::Null;
        };
        let outer = self.about;
        self.about.0 = variant.doc;
        let key = Cow::Borrowed(variant.key);
        let value = self.inside(key.clone(), |walker| walker.variant(variant, inner));
        self.about = outer;
        if value.is_null() { Resolved::Null } else { Resolved::Object([(key, value)].into()) }
    }

    fn variant(&mut self, variant: &'static Variant, node: &Node<'t>) -> Resolved<'t> {
        if matches!(variant.shape, Shape::Record(Record { fields: [] })) {
            self.setting(|| "{}".to_owned(), self.given);
        }
        self.walk(&variant.shape, node)
    }

    fn scalar(&mut self, shape: &'static Shape, node: &Node<'t>) -> Resolved<'t> {
        match read_scalar(shape, node) {
            Ok(value) => {
                self.setting(|| shortened(&value), self.given);
                value
            }
            Err((message, hint)) => {
                let problem = self.error(node.place, message);
                problem.hint = (!hint.is_empty()).then_some(hint);
                Resolved::Null
            }
        }
    }
}

/// Values as `check --explain` shows them: long lists are cut.
fn shortened(value: &Resolved<'_>) -> String {
    const LONGEST: usize = 200;
    let text = value.to_json().to_string();
    if text.chars().nth(LONGEST).is_none() {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}
