//! Changes to a scenario from outside its file: `--set functions.ship.Timeout=30`.
//!
//! Paths are those that errors print: keys behind dots, positions in lists in brackets, unusual keys in brackets and
//! quotes (`destinations["orders.dlq"]`). The tree is changed before it is checked, so that a change is held to the
//! same rules as the file.

use super::document::{self, Entry, Node, Place, Value};
use super::problem::{Problem, quoted};
use super::shape::FROM_SET;
use std::borrow::Cow;

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into an object.
    Key(String),
    /// Into a list.
    Position(usize),
}

/// Sets the value at `path` in the tree. `value` is JSON, or else taken as text. Missing objects are made; the
/// position behind the last element of a list appends.
///
/// # Errors
/// A path that is none, or that leads through something that is neither object nor list.
pub fn apply<'t>(root: &mut Node<'t>, path: &str, value: &'t str) -> Result<(), Problem> {
    let refuse = |message: String, hint: &str| {
        Problem::error(path, None, format!("{message}{FROM_SET}")).with_hint(hint)
    };
    let Some(steps) = steps(path) else {
        return Err(refuse(
            format!("{} is not a path", quoted(path)),
            "write e.g. `functions.ship.Timeout=30`",
        ));
    };
    let mut node = root;
    for step in &steps {
        let kind = node.value.kind();
        node = child(node, step).ok_or_else(|| match step {
            Step::Key(key) => refuse(
                format!("{kind} has no key {}", quoted(key)),
                "the path leads through a value without parts",
            ),
            Step::Position(at) => refuse(
                format!("{kind} has no element [{at}]"),
                "positions count from 0; the one behind the last appends",
            ),
        })?;
    }
    *node = read(value);
    Ok(())
}

/// The place of the step in `node`, made if it is missing.
fn child<'a, 't>(node: &'a mut Node<'t>, step: &Step) -> Option<&'a mut Node<'t>> {
    if node.span().is_none() && node.value == Value::Null {
        node.value = match step {
            Step::Key(_) => Value::Object(Box::default()),
            Step::Position(_) => Value::List(Box::default()),
        };
    }
    let missing = Node { value: Value::Null, place: Place::NOWHERE };
    match (step, &mut node.value) {
        (Step::Key(key), Value::Object(entries)) => {
            let known = entries.iter().position(|entry| entry.key == *key);
            if known.is_none() {
                append(
                    entries,
                    Entry { key: Cow::Owned(key.clone()), key_place: Place::NOWHERE, node: missing },
                );
            }
            let at = known.unwrap_or(entries.len() - 1);
            Some(&mut entries[at].node)
        }
        (Step::Position(at), Value::List(elements)) => {
            if *at == elements.len() {
                append(elements, missing);
            }
            elements.get_mut(*at)
        }
        _ => None,
    }
}

fn append<T>(list: &mut Box<[T]>, element: T) {
    let mut longer = std::mem::take(list).into_vec();
    longer.push(element);
    *list = longer.into();
}

/// The value as JSON, or as text if it is not JSON, without a place in the file.
fn read(value: &str) -> Node<'_> {
    let text = |_| Node { value: Value::Text(Cow::Borrowed(value)), place: Place::NOWHERE };
    let mut node = document::parse(value).unwrap_or_else(text);
    node.forget_places();
    node
}

/// The steps of a path; `None` if it is none.
pub(super) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (step, behind) = if inner.starts_with('"') { quoted_key(inner)? } else { position(inner)? };
            steps.push(step);
            rest = behind;
        } else {
            let key = if steps.is_empty() { rest } else { rest.strip_prefix('.')? };
            let end = key.find(['.', '[']).unwrap_or(key.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Key(key[..end].to_owned()));
            rest = &key[end..];
        }
    }
    (!steps.is_empty()).then_some(steps)
}

fn position(inner: &str) -> Option<(Step, &str)> {
    let (digits, behind) = inner.split_once(']')?;
    Some((Step::Position(digits.parse().ok()?), behind))
}

fn quoted_key(inner: &str) -> Option<(Step, &str)> {
    let mut values = serde_json::Deserializer::from_str(inner).into_iter::<String>();
    let key = values.next()?.ok()?;
    let behind = inner[values.byte_offset()..].strip_prefix(']')?;
    Some((Step::Key(key), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, path: &str, value: &str) -> Result<String, Problem> {
        let mut root = document::parse(text).expect("valid");
        apply(&mut root, path, value)?;
        Ok(show(&root))
    }

    fn show(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".to_owned(),
            Value::Flag(flag) => flag.to_string(),
            Value::Number(number) => (*number).to_owned(),
            Value::Text(text) => format!("{text:?}"),
            Value::List(elements) => format!("[{}]", elements.iter().map(show).collect::<Vec<_>>().join(",")),
            Value::Object(entries) => {
                let entry = |entry: &Entry| format!("{}:{}", entry.key, show(&entry.node));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(","))
            }
        }
    }

    #[test]
    fn values_are_replaced_added_and_appended() {
        let cases = [
            (r#"{"a":1}"#, "a", "2", "{a:2}"),
            (r#"{"a":1}"#, "b.c.d", "30s", r#"{a:1,b:{c:{d:"30s"}}}"#),
            (r#"{"a":[1,2]}"#, "a[1]", "[3]", "{a:[1,[3]]}"),
            (r#"{"a":[1]}"#, "a[1].b", "true", "{a:[1,{b:true}]}"),
            ("{}", "a[0]", "1", "{a:[1]}"),
            ("{}", r#"a["x.y"].b"#, "1", "{a:{x.y:{b:1}}}"),
            ("{}", "a", "lost == 0", r#"{a:"lost == 0"}"#),
            (r#"{"a":1}"#, "a", "", r#"{a:""}"#),
        ];
        for (text, path, value, expected) in cases {
            assert_eq!(set(text, path, value).expect(path), expected, "{path}");
        }
    }

    #[test]
    fn impossible_paths_are_refused_as_coming_from_the_command_line() {
        let cases = ["", ".", "a..b", "a.", "a[", "a[x]", "a[9]", "a[0].b", "b.c.d", r#"a["x]"#, "[0]"];
        for path in cases {
            let problem = set(r#"{"a":[1],"b":"text"}"#, path, "1").expect_err(path);
            assert!(problem.message.contains("--set"), "{path}: {}", problem.message);
            assert_eq!(problem.span, None);
        }
    }
}
