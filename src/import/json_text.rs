//! A scenario as text in which every line can say where it comes from.

use super::book::Origin;
use super::tree::{Node, Value};
use crate::scenario::problem::is_bidi_control;

/// The width beyond which a value is written over several lines.
const WIDTH: usize = 100;

/// A value to be written.
pub(super) enum Item {
    /// A value on one line, as JSON.
    Inline(String),
    /// An object over several lines.
    Object(Vec<Field>),
}

/// An entry of an object.
pub(super) struct Field {
    key: String,
    item: Item,
    /// Comments above it.
    above: Vec<String>,
    /// A comment behind it.
    behind: String,
    origin: Option<Origin>,
}

impl Field {
    pub(super) fn new(key: impl Into<String>, item: Item) -> Self {
        Self { key: key.into(), item, above: Vec::new(), behind: String::new(), origin: None }
    }

    /// A value on one line.
    pub(super) fn inline(key: impl Into<String>, json: impl Into<String>) -> Self {
        Self::new(key, Item::Inline(json.into()))
    }

    /// A text.
    pub(super) fn text(key: impl Into<String>, text: &str) -> Self {
        Self::inline(key, json_string(text))
    }

    /// The same with the place it comes from, which stands behind it.
    pub(super) fn from(self, origin: &Origin) -> Self {
        Self { behind: origin.to_string(), origin: Some(origin.clone()), ..self }
    }

    /// The same with a comment behind it.
    pub(super) fn behind(self, comment: impl Into<String>) -> Self {
        Self { behind: comment.into(), ..self }
    }

    /// The same with a comment above it.
    pub(super) fn above(mut self, comment: impl Into<String>) -> Self {
        self.above.push(comment.into());
        self
    }
}

/// The text of a scenario, and which line comes from where.
pub(super) struct Written {
    pub(super) text: String,
    origins: Vec<Option<Origin>>,
}

impl Written {
    /// Writes `fields` as an object, below `header` as comments.
    pub(super) fn new(header: &[String], fields: &[Field]) -> Self {
        let mut written = Self { text: String::new(), origins: Vec::new() };
        for line in header {
            written.line(0, format!("// {}", one_line(line)).trim_end(), "", None);
        }
        written.line(0, "{", "", None);
        written.fields(1, fields);
        written.line(0, "}", "", None);
        written
    }

    /// Where the line with the byte at `offset` comes from; the nearest line above it that knows, if it does not.
    pub(super) fn origin_at(&self, offset: usize) -> Option<&Origin> {
        let before = self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        self.origins.iter().take(before + 1).rev().find_map(Option::as_ref)
    }

    fn fields(&mut self, depth: usize, fields: &[Field]) {
        for (at, field) in fields.iter().enumerate() {
            let comma = if at + 1 < fields.len() { "," } else { "" };
            for comment in &field.above {
                self.line(depth, &format!("// {}", one_line(comment)), "", None);
            }
            let key = json_string(&field.key);
            match &field.item {
                Item::Inline(json) => {
                    self.line(depth, &format!("{key}: {json}{comma}"), &field.behind, field.origin.clone());
                }
                Item::Object(inner) if inner.is_empty() => {
                    self.line(depth, &format!("{key}: {{}}{comma}"), &field.behind, field.origin.clone());
                }
                Item::Object(inner) => {
                    self.line(depth, &format!("{key}: {{"), &field.behind, field.origin.clone());
                    self.fields(depth + 1, inner);
                    self.line(depth, &format!("}}{comma}"), "", None);
                }
            }
        }
    }

    fn line(&mut self, depth: usize, code: &str, comment: &str, origin: Option<Origin>) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str(code);
        if !comment.is_empty() {
            self.text.push_str(" // ");
            self.text.push_str(&one_line(comment));
        }
        self.text.push('\n');
        self.origins.push(origin);
    }
}

/// A comment must not end early, or read other than it is.
fn one_line(text: &str) -> String {
    let is_plain = |c: &char| !is_bidi_control(*c);
    text.chars().filter(is_plain).map(|c| if is_break(c) { ' ' } else { c }).collect()
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A text as JSON has it.
pub(super) fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value of a file as JSON, over several lines if it is long.
pub(super) fn item_of(node: &Node) -> Item {
    let json = json_of(node);
    match &node.value {
        Value::Object(entries) if json.chars().count() > WIDTH => {
            let field = |entry: &super::tree::Entry| Field::new(entry.key.clone(), item_of(&entry.node));
            Item::Object(entries.iter().map(field).collect())
        }
        _ => Item::Inline(json),
    }
}

/// A plain value as JSON on one line.
pub(super) fn json_of(node: &Node) -> String {
    match &node.value {
        Value::Null | Value::Reference(_) | Value::Unknown(_) => "null".to_owned(),
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => number.clone(),
        Value::Text(text) => json_string(text),
        Value::List(elements) => {
            let elements: Vec<String> = elements.iter().map(json_of).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Object(entries) => {
            let entry =
                |entry: &super::tree::Entry| format!("{}: {}", json_string(&entry.key), json_of(&entry.node));
            format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stay_comments_and_lines_know_their_origin() {
        let origin = Origin::new("a\n\"},.yaml", 3, "Ship\r\u{2028}\u{202e}");
        let fields = [
            Field::new(
                "f",
                Item::Object(vec![Field::inline("x", "1").from(&origin), Field::text("y", "\"")]),
            ),
            Field::new("empty", Item::Object(Vec::new())).above("why\nnot"),
        ];
        let written = Written::new(&["Made\nhere".to_owned()], &fields);
        let expected = "// Made here\n{\n  \"f\": {\n    \"x\": 1, // a \"},.yaml:3 Ship  \n    \"y\": \"\\\"\"\n  },\n  \
                        // why not\n  \"empty\": {}\n}\n";
        assert_eq!(written.text, expected);
        assert!(crate::scenario::document::parse(&written.text).is_ok());
        let at = written.text.find("\"y\"").expect("y");
        assert_eq!(written.origin_at(at), Some(&origin));
        assert_eq!(written.origin_at(0), None);
    }
}
