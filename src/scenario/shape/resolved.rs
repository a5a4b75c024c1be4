//! What a file means: values read and filled in, small enough that a large file has very many of them.
//!
//! What was read once is not read again: durations, sizes and prices are kept as numbers, and become canonical text
//! only where somebody wants JSON of them.

use crate::scenario::units;
use crate::time::SimDuration;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::sync::Arc;

/// A checked value with its defaults. Texts are borrowed from the file where they can be.
#[derive(Clone, Debug)]
pub enum Resolved<'t> {
    /// What is wrong and has been reported.
    Null,
    /// `true` or `false`
    Flag(bool),
    /// An integer.
    Integer(u64),
    /// A real number; finite.
    Real(f64),
    /// A text, also of what is read later: rates, dates, words.
    Text(Cow<'t, str>),
    /// A duration, or a moment as the duration since the start.
    Duration(SimDuration),
    /// Bytes.
    Size(u64),
    /// Pico-dollars.
    Price(u64),
    /// A list.
    List(Box<[Self]>),
    /// A record in the order of the grammar, or a map in the order of its keys.
    Object(Box<[Pair<'t>]>),
    /// A default with parts: whoever has it has the same one.
    Shared(Arc<Self>),
}

/// A key and what stands behind it.
pub type Pair<'t> = (Cow<'t, str>, Resolved<'t>);

impl<'t> Resolved<'t> {
    /// Itself, where it is no default that is shared.
    fn itself(&self) -> &Self {
        match self {
            Self::Shared(value) => value.itself(),
            value => value,
        }
    }

    /// The value, which copies are going to be made of.
    pub(super) fn shared(self) -> Self {
        match self {
            value @ (Self::List(_) | Self::Object(_)) => Self::Shared(Arc::new(value)),
            value => value,
        }
    }

    pub(in crate::scenario) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What stands behind `key` of an object.
    pub(in crate::scenario) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// The entries of an object; none if it is something else.
    pub(in crate::scenario) fn entries(&self) -> &[Pair<'t>] {
        match self.itself() {
            Self::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list.
    pub(in crate::scenario) fn elements(&self) -> Option<&[Self]> {
        match self.itself() {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    pub(in crate::scenario) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(in crate::scenario) fn integer(&self) -> Option<u64> {
        match self {
            Self::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    pub(in crate::scenario) fn real(&self) -> Option<f64> {
        match self {
            Self::Real(real) => Some(*real),
            _ => None,
        }
    }

    pub(in crate::scenario) fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    pub(in crate::scenario) fn duration(&self) -> Option<SimDuration> {
        match self {
            Self::Duration(span) => Some(*span),
            _ => None,
        }
    }

    pub(in crate::scenario) fn size(&self) -> Option<u64> {
        match self {
            Self::Size(bytes) => Some(*bytes),
            _ => None,
        }
    }

    pub(in crate::scenario) fn price(&self) -> Option<u64> {
        match self {
            Self::Price(pico) => Some(*pico),
            _ => None,
        }
    }

    /// The value as JSON, texts in canonical form.
    pub fn to_json(&self) -> Json {
        match self.itself() {
            Self::Null | Self::Shared(_) => Json::Null,
            Self::Flag(flag) => (*flag).into(),
            Self::Integer(integer) => (*integer).into(),
            Self::Real(real) => (*real).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::Duration(span) => span.to_string().into(),
            Self::Size(bytes) => units::size_text(*bytes).into(),
            Self::Price(pico) => units::price_text(*pico).into(),
            Self::List(elements) => elements.iter().map(Self::to_json).collect(),
            Self::Object(entries) => {
                let pair = |(key, value): &Pair<'t>| (key.to_string(), value.to_json());
                Json::Object(entries.iter().map(pair).collect())
            }
        }
    }
}
