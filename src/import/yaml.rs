//! YAML into a tree, with tags, lines, anchors and merge keys.
//!
//! The parser reports events and keeps no tree of its own, so that an alias costs nothing until it is copied here,
//! and copies are counted: a file whose anchors multiply is refused before it fills the memory.

use super::book::Refusal;
use super::tree::{Entry, Node, Value};
use crate::scenario::problem::quoted;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use std::borrow::Cow;

/// How many values a file may have, copies made by aliases included.
pub(super) const MAX_NODES: usize = 500_000;
/// How deeply objects and lists may be nested.
pub(super) const MAX_NESTING: usize = 64;

/// The first document of `text` as a tree.
///
/// # Errors
/// The first place where it is no YAML, holds a second document, is nested too deeply or grows too large.
pub(super) fn parse(text: &str) -> Result<Node, Refusal> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        let (event, span) = event.map_err(|error| {
            let hint = "YAML is indented by spaces; texts with `:`, `#` or `{` in them stand in quotes";
            // What is missing at the end is missed behind the last line.
            let line = error.marker().line().min(text.lines().count().max(1));
            Refusal::at(line, format!("not YAML: {}", error.info()), hint)
        })?;
        builder.take(event, span)?;
    }
    builder.root.ok_or_else(|| Refusal::at(1, "the file is empty", "give the template"))
}

/// What is being read, from the outermost object or list to the innermost.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    /// Finished anchors, by number, with how many values they have.
    anchors: Vec<Option<(Node, usize)>>,
    nodes: usize,
    root: Option<Node>,
}

/// An object or list that is not finished.
struct Open {
    node: Node,
    anchor: usize,
    /// How many values had been made before it.
    before: usize,
    /// The key whose value comes next.
    key: Option<(String, usize)>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Refusal> {
        let line = span.start.line();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = Node { value: scalar(text, style, tag.as_deref()), line, tag: tag_name(tag) };
                self.finish(node, anchor, 1)
            }
            Event::SequenceStart(anchor, tag) => self.open(Value::List(Vec::new()), anchor, tag, line),
            Event::MappingStart(anchor, tag) => self.open(Value::Object(Vec::new()), anchor, tag, line),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(mut open) = self.open.pop() else { return Ok(()) };
                forget_merging(&mut open.node);
                let size = self.nodes - open.before + 1;
                self.finish(open.node, open.anchor, size)
            }
            Event::Alias(anchor) => self.copy(anchor, line),
            Event::DocumentStart(_) if self.root.is_some() => Err(Refusal::at(
                line,
                "a second document begins here",
                "a template is one document: split the file at `---`",
            )),
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        value: Value,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        line: usize,
    ) -> Result<(), Refusal> {
        if self.open.len() >= MAX_NESTING {
            let message = format!("objects and lists are nested more than {MAX_NESTING} deep");
            return Err(Refusal::at(line, message, "no template needs that: is it the right file?"));
        }
        let node = Node { value, line, tag: tag_name(tag) };
        self.open.push(Open { node, anchor, before: self.nodes, key: None });
        Ok(())
    }

    fn copy(&mut self, anchor: usize, line: usize) -> Result<(), Refusal> {
        let Some(Some((node, size))) = self.anchors.get(anchor) else {
            let hint = "an anchor can be used after its value only, never inside of it";
            return Err(Refusal::at(line, "the alias names no finished anchor", hint));
        };
        let size = *size;
        if self.nodes + size > MAX_NODES {
            return Err(too_large(line));
        }
        let node = node.clone();
        self.nodes += size - 1;
        self.finish(node, 0, size)
    }

    /// Puts a finished value where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Refusal> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(too_large(node.line));
        }
        if anchor > 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, None);
            }
            self.anchors[anchor] = Some((node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.node.value {
            Value::List(elements) => elements.push(node),
            Value::Object(entries) => match open.key.take() {
                None => open.key = Some(key_of(&node)?),
                Some((key, line)) if key == "<<" => merge(entries, node, line)?,
                Some((key, line)) => insert(entries, Entry { key, line, node })?,
            },
            _ => {}
        }
        Ok(())
    }
}

fn too_large(line: usize) -> Refusal {
    let message = format!("the file has more than {MAX_NODES} values, copies by anchors included");
    Refusal::at(line, message, "anchors that hold aliases of each other multiply: write out less")
}

fn key_of(node: &Node) -> Result<(String, usize), Refusal> {
    match node.as_text() {
        Some(text) => Ok((text.into_owned(), node.line)),
        None if node.is_null() => Ok((String::new(), node.line)),
        None => {
            let message = format!("{} cannot be a key", node.kind());
            Err(Refusal::at(node.line, message, "keys are texts"))
        }
    }
}

/// An explicit entry wins over one that a merge brought before it; two explicit ones are a mistake.
fn insert(entries: &mut Vec<Entry>, new: Entry) -> Result<(), Refusal> {
    match entries.iter().position(|entry| entry.key == new.key) {
        None => entries.push(new),
        // Merged entries keep the line of their anchor, which cannot lie behind the object's own keys.
        Some(at) if entries[at].node.tag == MERGED => entries[at] = new,
        Some(at) => {
            let message =
                format!("the key {} stands here and in line {}", quoted(&new.key), entries[at].line);
            return Err(Refusal::at(new.line, message, "keep one of them"));
        }
    }
    Ok(())
}

/// Marks what came by a merge key until the object is complete; no tag of a file begins with a space.
const MERGED: &str = " merged";

fn merge(entries: &mut Vec<Entry>, from: Node, line: usize) -> Result<(), Refusal> {
    let objects = match from.value {
        Value::Object(_) => vec![from],
        Value::List(elements) => elements,
        _ => Vec::new(),
    };
    if objects.is_empty() {
        return Err(Refusal::at(line, "`<<` merges nothing", "give it an alias of an object"));
    }
    for object in objects {
        for mut entry in object.entries().iter().cloned() {
            if !entries.iter().any(|known| known.key == entry.key) {
                if entry.node.tag.is_empty() {
                    MERGED.clone_into(&mut entry.node.tag);
                }
                entries.push(entry);
            }
        }
    }
    Ok(())
}

fn forget_merging(node: &mut Node) {
    if let Value::Object(entries) = &mut node.value {
        for entry in entries.iter_mut().filter(|entry| entry.node.tag == MERGED) {
            entry.node.tag.clear();
        }
    }
}

/// `!Ref` as it is written; tags of YAML itself say nothing that the value does not.
fn tag_name(tag: Option<Cow<'_, Tag>>) -> String {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema() => format!("{}{}", tag.handle, tag.suffix),
        _ => String::new(),
    }
}

/// The value of a scalar by YAML's core schema, which is JSON's.
fn scalar(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    if style != ScalarStyle::Plain || is_text {
        return Value::Text(text.into_owned());
    }
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Flag(true),
        "false" | "False" | "FALSE" => Value::Flag(false),
        number if is_number(number) => Value::Number(text.into_owned()),
        _ => Value::Text(text.into_owned()),
    }
}

/// Whether a text is a number as JSON has them. (`012` and `0x10` mean different things to different programs.)
pub(super) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let leading_zero = unsigned.len() > 1 && unsigned.starts_with('0') && !unsigned.starts_with("0.");
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    !leading_zero && digits(whole) && digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Refusal {
        parse(text).expect_err("must be refused")
    }

    #[test]
    fn tags_lines_and_kinds_are_kept() {
        let tree = parse("A: !Ref Queue\nB:\n  - !GetAtt Q.Arn\n  - 30\n  - '30'\n  - yes\n").expect("YAML");
        let a = tree.get("A").expect("A");
        assert_eq!((a.tag.as_str(), a.as_text().as_deref(), a.line), ("!Ref", Some("Queue"), 1));
        let b = tree.get("B").expect("B").elements();
        assert_eq!((b[0].tag.as_str(), b[0].line), ("!GetAtt", 3));
        assert_eq!(b[1].value, Value::Number("30".to_owned()));
        assert_eq!(b[2].value, Value::Text("30".to_owned()));
        assert_eq!(b[3].value, Value::Text("yes".to_owned()));
    }

    #[test]
    fn tagged_objects_and_lists_keep_their_tags() {
        let tree = parse("A: !If [Live, 1, 2]\nB: !Sub\n  - x\n  - {y: z}\n").expect("YAML");
        assert_eq!(tree.get("A").expect("A").tag, "!If");
        assert_eq!(tree.get("A").expect("A").elements().len(), 3);
        assert_eq!(tree.get("B").expect("B").tag, "!Sub");
    }

    #[test]
    fn anchors_and_merge_keys_are_followed_and_explicit_keys_win() {
        let text = "base: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\nd: {y: 4, <<: *b}\n";
        let tree = parse(text).expect("YAML");
        for (name, y) in [("c", "3"), ("d", "4")] {
            let object = tree.get(name).expect(name);
            assert_eq!(object.get("x").and_then(Node::as_text).as_deref(), Some("1"), "{name}");
            assert_eq!(object.get("y").and_then(Node::as_text).as_deref(), Some(y), "{name}");
        }
    }

    #[test]
    fn a_billion_laughs_are_refused_quickly() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..30 {
            let copies = vec![format!("*a{}", n - 1); 10].join(", ");
            text = format!("{text}a{n}: &a{n} [{copies}]\n");
        }
        let refusal = refusal(&text);
        assert!(refusal.message.contains("copies by anchors"), "{}", refusal.message);
    }

    #[test]
    fn what_is_no_template_says_where() {
        let cases = [
            ("a: [1, 2", 1, "not YAML"),
            ("a: 1\na: 2\n", 2, "stands here and in line 1"),
            ("a: *nobody\n", 1, "not YAML"),
            ("a: &a [*a]\n", 1, "no finished anchor"),
            ("a: 1\n---\nb: 2\n", 2, "second document"),
            ("", 1, "empty"),
            ("? [a]\n: 1\n", 1, "cannot be a key"),
        ];
        for (text, line, said) in cases {
            let refusal = refusal(text);
            assert!(refusal.message.contains(said), "{text:?}: {}", refusal.message);
            assert_eq!(refusal.line, line, "{text:?}");
        }
        assert!(refusal(&"[".repeat(100)).message.contains("nested more than 64 deep"));
        // Far deeper the parser refuses by itself.
        assert!(refusal(&"[".repeat(100_000)).message.contains("not YAML: recursion limit"));
    }

    #[test]
    fn numbers_are_those_of_json() {
        for number in ["0", "30", "-1", "0.5", "10.25"] {
            assert!(is_number(number), "{number}");
        }
        for text in ["012", "0x10", "1e3", "1_000", ".5", "5.", "", "-", "1.2.3"] {
            assert!(!is_number(text), "{text}");
        }
    }
}
