//! Typed access to a checked record. A value that is missing or `null` reads as `None`: it has been reported already.

use crate::scenario::shape::join;
use crate::scenario::units;
use crate::time::{SimDuration, SimTime};
use serde_json::Value as Json;

/// A record of the checked value with its path.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    pub(super) value: &'a Json,
    pub(super) path: String,
}

impl<'a> Fields<'a> {
    pub(super) fn at(&self, key: &str) -> String {
        join(&self.path, key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    pub(super) fn integer(&self, key: &str) -> Option<u64> {
        self.value.get(key)?.as_u64()
    }

    pub(super) fn integer32(&self, key: &str) -> Option<u32> {
        u32::try_from(self.integer(key)?).ok()
    }

    pub(super) fn real(&self, key: &str) -> Option<f64> {
        self.value.get(key)?.as_f64()
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.value.get(key)?.as_bool()
    }

    pub(super) fn duration(&self, key: &str) -> Option<SimDuration> {
        duration(self.value.get(key)?)
    }

    pub(super) fn moment(&self, key: &str) -> Option<SimTime> {
        moment(self.value.get(key)?)
    }

    pub(super) fn size(&self, key: &str) -> Option<u64> {
        units::size(self.text(key)?).ok()
    }

    pub(super) fn price(&self, key: &str) -> Option<u64> {
        price(self.value.get(key)?)
    }

    /// The elements of a list of plain values, if none is wrong.
    pub(super) fn list_of<T>(&self, key: &str, read: impl Fn(&Json) -> Option<T>) -> Option<Vec<T>> {
        self.value.get(key)?.as_array()?.iter().map(read).collect()
    }

    pub(super) fn rate(&self, key: &str) -> Option<units::Rate> {
        units::rate(self.text(key)?).ok()
    }

    /// `Some(None)` if the key is absent, `None` if its value is wrong.
    #[expect(clippy::option_option, reason = "absent, wrong and present are three things")]
    pub(super) fn optional<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Self, &str) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.has(key) { read(self, key).map(Some) } else { Some(None) }
    }

    /// The record behind `key`; a value without fields if that is wrong.
    pub(super) fn record(&self, key: &str) -> Self {
        Self { value: self.value.get(key).unwrap_or(&Json::Null), path: self.at(key) }
    }

    /// The one key of a choice and what stands behind it.
    pub(super) fn variant(&self) -> Option<(&'a str, Self)> {
        let (key, value) = self.value.as_object()?.iter().next()?;
        Some((key, Self { value, path: self.at(key) }))
    }

    pub(super) fn elements(&self, key: &str) -> Vec<Self> {
        self.record(key).list()
    }

    /// The elements behind `key`; `None` if what is there is no list.
    pub(super) fn given_elements(&self, key: &str) -> Option<Vec<Self>> {
        self.value.get(key)?.as_array()?;
        Some(self.elements(key))
    }

    pub(super) fn list(&self) -> Vec<Self> {
        let elements = self.value.as_array().map_or(&[][..], Vec::as_slice);
        let field = |(at, value)| Self { value, path: format!("{}[{at}]", self.path) };
        elements.iter().enumerate().map(field).collect()
    }

    pub(super) fn entries(&self, key: &str) -> Vec<(&'a str, Self)> {
        let path = self.at(key);
        let entries = self.value.get(key).and_then(Json::as_object).into_iter().flatten();
        entries.map(|(name, value)| (name.as_str(), Self { value, path: join(&path, name) })).collect()
    }

    pub(super) fn keys(&self, key: &str) -> Vec<&'a str> {
        self.entries(key).into_iter().map(|(name, _)| name).collect()
    }
}

pub(super) fn price(value: &Json) -> Option<u64> {
    units::price(value.as_str()?).ok()
}

pub(super) fn duration(value: &Json) -> Option<SimDuration> {
    units::duration(value.as_str()?).ok()
}

pub(super) fn moment(value: &Json) -> Option<SimTime> {
    duration(value).map(|span| SimTime::from_nanos(span.as_nanos()))
}
