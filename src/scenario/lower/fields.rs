//! Typed access to a checked record. A value that is missing or `null` reads as `None`: it has been reported already.

use crate::scenario::shape::{Resolved, join};
use crate::scenario::units;
use crate::time::{SimDuration, SimTime};

/// A record of the checked value with the way to it, from which its path is made when somebody asks.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a, 'p> {
    pub(super) value: &'a Resolved<'a>,
    /// What it is a part of; `None` for the whole.
    around: Option<&'p Fields<'a, 'p>>,
    step: Step<'a>,
}

/// From a value to one of its parts.
#[derive(Clone, Copy)]
enum Step<'a> {
    /// The value behind a key.
    Key(&'a str),
    /// The value behind a name in the map behind a key.
    Entry(&'a str, &'a str),
    /// An element of the list behind a key.
    Element(&'a str, usize),
    /// An element of the value, which is a list.
    Position(usize),
}

const NOTHING: &Resolved<'static> = &Resolved::Null;

impl<'a> Fields<'a, '_> {
    /// The whole scenario.
    pub(super) const fn root(value: &'a Resolved<'a>) -> Self {
        Self { value, around: None, step: Step::Key("") }
    }

    pub(super) fn path(&self) -> String {
        let Some(around) = self.around else { return String::new() };
        let path = around.path();
        match self.step {
            Step::Key(key) => join(&path, key),
            Step::Entry(key, name) => join(&join(&path, key), name),
            Step::Element(key, at) => format!("{}[{at}]", join(&path, key)),
            Step::Position(at) => format!("{path}[{at}]"),
        }
    }

    pub(super) fn at(&self, key: &str) -> String {
        join(&self.path(), key)
    }

    fn part<'s>(&'s self, value: &'a Resolved<'a>, step: Step<'a>) -> Fields<'a, 's> {
        Fields { value, around: Some(self), step }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.text()
    }

    pub(super) fn integer(&self, key: &str) -> Option<u64> {
        self.value.get(key)?.integer()
    }

    pub(super) fn integer32(&self, key: &str) -> Option<u32> {
        u32::try_from(self.integer(key)?).ok()
    }

    pub(super) fn real(&self, key: &str) -> Option<f64> {
        self.value.get(key)?.real()
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.value.get(key)?.flag()
    }

    pub(super) fn duration(&self, key: &str) -> Option<SimDuration> {
        self.value.get(key)?.duration()
    }

    pub(super) fn moment(&self, key: &str) -> Option<SimTime> {
        moment(self.value.get(key)?)
    }

    pub(super) fn size(&self, key: &str) -> Option<u64> {
        self.value.get(key)?.size()
    }

    pub(super) fn price(&self, key: &str) -> Option<u64> {
        self.value.get(key)?.price()
    }

    /// The elements of a list of plain values, if none is wrong.
    pub(super) fn list_of<T>(&self, key: &str, read: impl Fn(&Resolved<'a>) -> Option<T>) -> Option<Vec<T>> {
        self.value.get(key)?.elements()?.iter().map(read).collect()
    }

    pub(super) fn rate(&self, key: &str) -> Option<units::Rate> {
        units::rate(self.text(key)?).ok()
    }

    /// `Some(None)` if the key is absent, `None` if its value is wrong.
    #[expect(clippy::option_option, reason = "absent, wrong and present are three things")]
    pub(super) fn optional<T>(
        &self,
        key: &'a str,
        read: impl FnOnce(&Self, &'a str) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.has(key) { read(self, key).map(Some) } else { Some(None) }
    }

    /// The record behind `key`; a value without fields if that is wrong.
    pub(super) fn record<'s>(&'s self, key: &'a str) -> Fields<'a, 's> {
        self.part(self.value.get(key).unwrap_or(NOTHING), Step::Key(key))
    }

    /// The one key of a choice and what stands behind it.
    pub(super) fn variant<'s>(&'s self) -> Option<(&'a str, Fields<'a, 's>)> {
        let (key, value) = self.value.entries().first()?;
        Some((key, self.part(value, Step::Key(key))))
    }

    pub(super) fn elements<'s>(&'s self, key: &'a str) -> Vec<Fields<'a, 's>> {
        let elements = self.value.get(key).and_then(Resolved::elements).unwrap_or_default();
        let element = |(at, value)| self.part(value, Step::Element(key, at));
        elements.iter().enumerate().map(element).collect()
    }

    /// The elements behind `key`; `None` if what is there is no list.
    pub(super) fn given_elements<'s>(&'s self, key: &'a str) -> Option<Vec<Fields<'a, 's>>> {
        self.value.get(key)?.elements()?;
        Some(self.elements(key))
    }

    pub(super) fn list<'s>(&'s self) -> Vec<Fields<'a, 's>> {
        let elements = self.value.elements().unwrap_or_default();
        let element = |(at, value)| self.part(value, Step::Position(at));
        elements.iter().enumerate().map(element).collect()
    }

    pub(super) fn entries<'s>(&'s self, key: &'a str) -> Vec<(&'a str, Fields<'a, 's>)> {
        let entries = self.value.get(key).map(Resolved::entries).unwrap_or_default();
        let entry = |(name, value): &'a (std::borrow::Cow<'a, str>, Resolved<'a>)| {
            (name.as_ref(), self.part(value, Step::Entry(key, name)))
        };
        entries.iter().map(entry).collect()
    }

    pub(super) fn keys(&self, key: &'a str) -> Vec<&'a str> {
        let entries = self.value.get(key).map(Resolved::entries).unwrap_or_default();
        entries.iter().map(|(name, _)| name.as_ref()).collect()
    }
}

pub(super) fn moment(value: &Resolved<'_>) -> Option<SimTime> {
    value.duration().map(|span| SimTime::from_nanos(span.as_nanos()))
}
