//! What template languages have in common: values in a tree, each with the line it stands in.
//!
//! A tree comes out of a parser as it was written. A front end then resolves it: afterwards a value is plain, or a
//! reference to a resource of the template, or unknown for a stated reason. Nothing is ever guessed.

use crate::scenario::document;
use std::borrow::Cow;

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// The value.
    pub(super) value: Value,
    /// The line in which it begins, from 1; 0 if it stands in no file.
    pub(super) line: usize,
    /// The tag in front of it, such as `!Ref`; empty if there is none.
    pub(super) tag: String,
}

/// A value of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing, or a property that an expression takes away.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number, as written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// An object, in file order.
    Object(Vec<Entry>),
    /// Something of a resource that exists only once it is deployed.
    Reference(Reference),
    /// What cannot be known from the template.
    Unknown(Unknown),
}

/// A key of an object with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// The line of the key.
    pub(super) line: usize,
    /// The value.
    pub(super) node: Node,
}

/// An attribute of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The resource, by its name in the template.
    pub(super) to: String,
    /// Which attribute; empty for what a plain reference gives.
    pub(super) attribute: String,
}

/// Why a value is not known, and how it can be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// Why, as a fragment.
    pub(super) why: String,
    /// The name under which `--parameter NAME=VALUE` gives it.
    pub(super) key: Option<String>,
}

impl Node {
    /// A value that stands in line `line`, without a tag.
    pub(super) fn new(value: Value, line: usize) -> Self {
        Self { value, line, tag: String::new() }
    }

    /// A text that stands in line `line`.
    pub(super) fn text(text: impl Into<String>, line: usize) -> Self {
        Self::new(Value::Text(text.into()), line)
    }

    /// A value that cannot be known, and the parameter that would give it.
    pub(super) fn unknown(why: impl Into<String>, key: Option<String>, line: usize) -> Self {
        Self::new(Value::Unknown(Unknown { why: why.into(), key }), line)
    }

    /// The value of `key`, if this is an object that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The value at the end of a path of keys.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of an object; none if it is something else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list; none if it is something else.
    pub(super) fn elements(&self) -> &[Self] {
        match &self.value {
            Value::List(elements) => elements,
            _ => &[],
        }
    }

    /// The text of a plain value: templates make little difference between `30` and `"30"`.
    pub(super) fn as_text(&self) -> Option<Cow<'_, str>> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(Cow::Borrowed(text)),
            Value::Flag(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            _ => None,
        }
    }

    /// Whether there is nothing.
    pub(super) const fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// What kind of value it is, with its article, for messages.
    pub(super) const fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Flag(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
            Value::Reference(_) => "a reference to a resource",
            Value::Unknown(_) => "not known",
        }
    }

    /// The lines of everything in it, from the first to the last.
    pub(super) fn lines(&self) -> (usize, usize) {
        let own = (self.line, self.line);
        let join = |a: (usize, usize), b: (usize, usize)| (a.0.min(b.0), a.1.max(b.1));
        let inner = self.elements().iter().chain(self.entries().iter().map(|entry| &entry.node));
        inner.map(Self::lines).fold(own, join)
    }
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// The lines of `text`.
    pub(super) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { starts: std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect() }
    }

    /// The line, from 1, of the byte at `offset`.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }
}

/// The tree of a JSON document.
pub(super) fn from_document(root: document::Node<'_>, text: &str) -> Node {
    convert(root, &Lines::of(text))
}

fn convert(node: document::Node<'_>, lines: &Lines) -> Node {
    let line = node.span().map_or(0, |span| lines.line(span.start));
    let value = match node.value {
        document::Value::Null => Value::Null,
        document::Value::Flag(flag) => Value::Flag(flag),
        document::Value::Number(number) => Value::Number(number.to_owned()),
        document::Value::Text(text) => Value::Text(text.into_owned()),
        document::Value::List(elements) => {
            Value::List(elements.into_iter().map(|element| convert(element, lines)).collect())
        }
        document::Value::Object(entries) => {
            let entry = |entry: document::Entry<'_>| Entry {
                line: entry.key_place.span().map_or(0, |span| lines.line(span.start)),
                key: entry.key.into_owned(),
                node: convert(entry.node, lines),
            };
            Value::Object(entries.into_iter().map(entry).collect())
        }
    };
    Node::new(value, line)
}
