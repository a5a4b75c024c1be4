//! The framework's variables: `${self:custom.x}`, `${opt:stage, 'dev'}`, `${file(x.yml):y}`, nested and with defaults.
//!
//! What looks like a variable of CloudFormation (`${AWS::Region}`, `${Queue.Arn}`) is left alone.

use super::super::book::{Book, Origin};
use super::super::tree::{Entry, Node, Unknown, Value};
use super::super::{Options, given, yaml};
use crate::scenario::problem::quoted as shown;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// How deeply variables may hang on each other.
const MAX_DEPTH: usize = 100;
/// How many values variables may be copied into, all in all.
const MAX_COPIES: usize = 500_000;
/// The longest text that variables may make.
const MAX_TEXT: usize = 64 * 1024;
/// How the framework's variables begin.
const SOURCES: [&str; 14] = [
    "self:",
    "opt:",
    "env:",
    "sls:",
    "param:",
    "file(",
    "ssm:",
    "ssm(",
    "cf:",
    "cf(",
    "s3:",
    "aws:",
    "strToBool(",
    "output:",
];

/// What variables can refer to.
pub(super) struct Variables<'a> {
    root: &'a Node,
    included: &'a [(&'a str, Node)],
    options: &'a Options,
    /// The parameters that some variable asked for.
    asked: RefCell<BTreeSet<String>>,
    depth: Cell<usize>,
    copies: Cell<usize>,
}

impl<'a> Variables<'a> {
    pub(super) fn new(root: &'a Node, included: &'a [(&'a str, Node)], options: &'a Options) -> Self {
        Self { root, included, options, asked: RefCell::default(), depth: Cell::new(0), copies: Cell::new(0) }
    }

    /// A problem for each given parameter that no variable asks for.
    pub(super) fn check_parameters(&self, book: &mut Book) {
        let asked = self.asked.borrow();
        for (name, _) in &self.options.parameters {
            // Names with a colon may belong to expressions of the resources.
            if !asked.contains(name) && !name.contains(':') {
                let hint = match asked.iter().filter(|name| !name.contains(':')).cloned().collect::<Vec<_>>()
                {
                    names if names.is_empty() => "no variable asks for a parameter".to_owned(),
                    names => format!("variables ask for: {}", names.join(", ")),
                };
                let origin = Origin::new("--parameter", 0, "");
                book.problem(origin, format!("no variable asks for {}", shown(name)), hint);
            }
        }
    }

    /// The stage, for names.
    pub(super) fn stage(&self) -> String {
        let stage = self.look_up("sls:stage").ok();
        stage.and_then(|node| node.as_text().map(Cow::into_owned)).unwrap_or_else(|| "dev".to_owned())
    }

    /// `node` with all variables in it resolved, as far as that is possible.
    pub(super) fn resolve(&self, node: &Node) -> Node {
        if self.depth.get() >= MAX_DEPTH {
            return Node::unknown("variables hang on each other too deeply", None, node.line);
        }
        self.copies.set(self.copies.get() + 1);
        if self.copies.get() > MAX_COPIES {
            return Node::unknown("variables make too many values", None, node.line);
        }
        self.depth.set(self.depth.get() + 1);
        let resolved = self.resolve_parts(node);
        self.depth.set(self.depth.get() - 1);
        resolved
    }

    fn resolve_parts(&self, node: &Node) -> Node {
        let value = match &node.value {
            Value::Text(text) if text.contains("${") => match self.text(text) {
                // An included object keeps the lines of its own place; a plain value is set where it is used.
                Ok(found) if found.entries().is_empty() && found.elements().is_empty() => found.value,
                // Lines of another file mean nothing in this one.
                Ok(found) if text.contains("file(") => {
                    return Node { tag: node.tag.clone(), ..moved(found, node.line) };
                }
                Ok(found) => return Node { tag: node.tag.clone(), ..found },
                Err(unknown) => Value::Unknown(unknown),
            },
            Value::List(elements) => {
                Value::List(elements.iter().map(|element| self.resolve(element)).collect())
            }
            Value::Object(entries) => {
                let entry = |entry: &Entry| Entry { node: self.resolve(&entry.node), ..entry.clone() };
                Value::Object(entries.iter().map(entry).collect())
            }
            other => other.clone(),
        };
        Node { value, line: node.line, tag: node.tag.clone() }
    }

    /// A text with variables; one variable alone may be more than a text.
    fn text(&self, text: &str) -> Result<Node, Unknown> {
        let mut made = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            made.push_str(&rest[..start]);
            let inner = &rest[start + 2..];
            let Some(end) = closing(inner) else {
                return Err(unknown(format!("{} has no closing brace", shown(text)), None));
            };
            let (variable, behind) = (&inner[..end], &inner[end + 1..]);
            if !is_ours(variable) {
                made.extend(["${", variable, "}"]);
                rest = behind;
                continue;
            }
            let found = self.variable(variable)?;
            if made.is_empty() && behind.is_empty() {
                return Ok(found);
            }
            match (found.as_text(), found.value.clone()) {
                (Some(text), _) => made.push_str(&text),
                (None, Value::Unknown(unknown)) => return Err(unknown),
                (None, _) => return Err(unknown(format!("{} is no text", shown(variable)), None)),
            }
            if made.len() > MAX_TEXT {
                return Err(unknown(format!("variables make a text of more than {MAX_TEXT} bytes"), None));
            }
            rest = behind;
        }
        made.push_str(rest);
        Ok(Node::text(made, 0))
    }

    /// What stands between the braces: alternatives, the first that is known counts.
    fn variable(&self, inner: &str) -> Result<Node, Unknown> {
        let mut first = None;
        for alternative in split(inner) {
            let alternative = alternative.trim();
            if let Some(quoted) = literal(alternative) {
                return Ok(quoted);
            }
            let found = if alternative.contains("${") {
                self.text(alternative)
            } else {
                Ok(Node::text(alternative, 0))
            };
            let found = found.and_then(|name| {
                let name = name.as_text().map(Cow::into_owned).unwrap_or_default();
                if is_ours(&name) { self.look_up(&name) } else { Ok(Node::text(name, 0)) }
            });
            match found {
                Ok(node) => match self.resolve(&node) {
                    Node { value: Value::Unknown(unknown), .. } => first = first.or(Some(unknown)),
                    Node { value: Value::Null, .. } => {}
                    resolved => return Ok(resolved),
                },
                Err(unknown) => first = first.or(Some(unknown)),
            }
        }
        Err(first.unwrap_or_else(|| unknown(format!("{} is not set", shown(inner)), None)))
    }

    /// The value of one variable, its own variables not yet resolved.
    fn look_up(&self, name: &str) -> Result<Node, Unknown> {
        self.asked.borrow_mut().insert(name.to_owned());
        if let Some(value) = given(self.options, name) {
            return Ok(Node::text(value, 0));
        }
        if let Some(inner) = name.strip_prefix("strToBool(").and_then(|rest| rest.strip_suffix(')')) {
            return self.variable(inner.trim_start_matches("${").trim_end_matches('}'));
        }
        if let Some(rest) = name.strip_prefix("file(") {
            return self.file(name, rest);
        }
        let (source, key) = name.split_once(':').unwrap_or((name, ""));
        match source {
            "self" => {
                let path: Vec<&str> = key.split('.').filter(|step| !step.is_empty()).collect();
                self.follow(self.root, &path)
                    .ok_or_else(|| unknown(format!("{} is not set", shown(name)), None))
            }
            "opt" | "param" => {
                self.asked.borrow_mut().insert(key.to_owned());
                if let Some(value) = given(self.options, key) {
                    return Ok(Node::text(value, 0));
                }
                let stage_params = self.root.at(&["params", "default", key]);
                let provider =
                    matches!(key, "stage" | "region").then(|| self.root.at(&["provider", key])).flatten();
                let found = if source == "param" { stage_params } else { provider };
                found.cloned().ok_or_else(|| {
                    unknown(format!("{} is given when it is deployed", shown(name)), Some(key.to_owned()))
                })
            }
            "sls" if key == "stage" => {
                let provider = || self.root.at(&["provider", "stage"]).cloned();
                let opt = self.look_up("opt:stage").ok();
                Ok(opt.or_else(provider).unwrap_or_else(|| Node::text("dev", 0)))
            }
            "aws" if key == "region" => {
                let region = self.root.at(&["provider", "region"]).cloned();
                Ok(region.unwrap_or_else(|| Node::text("us-east-1", 0)))
            }
            "aws" if key == "accountId" => Ok(Node::text("123456789012", 0)),
            _ => {
                let why = format!("{} is known only when it is deployed", shown(name));
                Err(unknown(why, Some(name.to_owned())))
            }
        }
    }

    /// The value at a path; a variable on the way is resolved first.
    fn follow(&self, node: &Node, path: &[&str]) -> Option<Node> {
        let [key, rest @ ..] = path else { return Some(node.clone()) };
        let resolved;
        let node = match &node.value {
            Value::Text(text) if text.contains("${") => {
                resolved = self.resolve(node);
                &resolved
            }
            _ => node,
        };
        let element = key.parse::<usize>().ok().and_then(|index| node.elements().get(index));
        self.follow(node.get(key).or(element)?, rest)
    }

    /// `file(path)` or `file(path):a.b`, if the file was given as well.
    fn file(&self, name: &str, rest: &str) -> Result<Node, Unknown> {
        let (path, key) = rest.split_once(')').unwrap_or((rest, ""));
        let wanted = path.trim().trim_start_matches("./");
        let is_it = |file: &str| file == wanted || file.ends_with(&format!("/{wanted}"));
        let Some((_, tree)) = self.included.iter().find(|(file, _)| is_it(file)) else {
            let why = format!("{} is another file; give it behind serverless.yml", shown(name));
            return Err(unknown(why, Some(name.to_owned())));
        };
        let path: Vec<&str> =
            key.trim_start_matches(':').split('.').filter(|step| !step.is_empty()).collect();
        self.follow(tree, &path).ok_or_else(|| unknown(format!("{} is not in that file", shown(name)), None))
    }
}

/// The same with all of it in line `line`.
fn moved(node: Node, line: usize) -> Node {
    let value = match node.value {
        Value::List(elements) => {
            Value::List(elements.into_iter().map(|element| moved(element, line)).collect())
        }
        Value::Object(entries) => {
            let entry = |entry: Entry| Entry { line, node: moved(entry.node, line), ..entry };
            Value::Object(entries.into_iter().map(entry).collect())
        }
        other => other,
    };
    Node { value, line, tag: node.tag }
}

fn is_ours(variable: &str) -> bool {
    // A variable may begin with another one, or with a default.
    let start = variable.trim_start();
    SOURCES.iter().any(|source| start.starts_with(source)) || start.starts_with("${")
}

/// A text in quotes, a number or a flag.
fn literal(text: &str) -> Option<Node> {
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return Some(Node::text(inner, 0));
        }
    }
    match text {
        "true" | "false" => Some(Node::new(Value::Flag(text == "true"), 0)),
        "null" => Some(Node::new(Value::Null, 0)),
        number if yaml::is_number(number) => Some(Node::new(Value::Number(number.to_owned()), 0)),
        _ => None,
    }
}

/// Where the brace closes that was opened before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Alternatives between commas that stand in no braces, brackets or quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '{' | '(') => depth += 1,
            (None, '}' | ')') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn unknown(why: String, key: Option<String>) -> Unknown {
    Unknown { why, key }
}
