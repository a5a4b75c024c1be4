//! Where the values of a file stand in it.

use super::path::{push_key, push_position};
use crate::scenario::document::{Node, Place, Value};
use crate::scenario::set::{self, Step};
use std::collections::BTreeMap;
use std::ops::Range;

/// Where values stand in the file, by dotted path. Looked up in the file's tree when somebody asks: most files have
/// nothing wrong with them.
#[derive(Debug)]
pub struct Spans<'n> {
    pub(super) root: &'n Node<'n>,
    /// Where the values stand whose paths are keys that the file spells otherwise.
    pub(super) respelled: BTreeMap<String, Place>,
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
                (None, Some(place)) => return place.span().map_or(Origin::Set, Origin::File),
                (None, None) if done == 0 => return Origin::Default,
                (None, None) => break,
            }
        }
        node.span().map_or(Origin::Set, Origin::File)
    }
}
