//! What a file may look like, as data, and the one walker that holds a file against it.
//!
//! A [`Shape`] says what a value is; records, fields and variants carry their documentation, their default and its
//! source. From this one definition follow the checks, the defaults, `check --explain`, the JSON Schema and the
//! reference in `docs/scenario.md`. The walker ([`check`]) reports every problem and builds the *resolved* value:
//! defaults filled in, shorthands written out, texts in canonical form. What is wrong becomes `null` there, so that
//! whoever reads on can tell *absent* from *already reported*.

mod path;
mod resolved;
mod scalar;
mod sets;
mod spans;
#[cfg(test)]
mod tests;
mod walker;

use super::problem::{is_bidi_control, quoted};

pub use path::{join, last_part};
pub use resolved::{Pair, Resolved};
pub use spans::{Origin, Spans};
pub use walker::{Checked, Setting, check};
pub(super) use walker::{FROM_SET, check_against_defaults, check_values};

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

impl Names {
    /// What is wrong with `name`, if anything is.
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
