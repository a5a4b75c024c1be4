//! Terraform's functions, as far as settings use them; all others are left to a plan.

use super::super::tree::{Entry, Node, Unknown, Value};
use super::hcl::{MAX_TEXT, PLAN, text_of, unknown_because, whole};
use crate::scenario::problem::quoted;
use std::collections::{BTreeMap, BTreeSet};

/// What a function makes, if there is one of that name for such arguments.
type Made = Option<Result<Value, Unknown>>;

/// What the function `name` makes of resolved arguments. `text` is what a value is within a text.
pub(super) fn call(
    name: &str,
    arguments: &[Node],
    text: &dyn Fn(&Value) -> Result<String, Unknown>,
) -> Result<Value, Unknown> {
    if let Some(chosen) = choice(name, arguments) {
        return chosen;
    }
    let unknown = arguments.iter().find_map(|node| match &node.value {
        Value::Unknown(unknown) => Some(unknown.clone()),
        _ => None,
    });
    if let Some(unknown) = unknown {
        return Err(unknown);
    }
    let made = of_lists(name, arguments)
        .or_else(|| of_maps(name, arguments))
        .or_else(|| of_texts(name, arguments, text))
        .or_else(|| of_numbers(name, arguments));
    made.unwrap_or_else(|| Err(not_worked_out(name)))
}

/// The first of several that will do, whatever the others are.
fn choice(name: &str, arguments: &[Node]) -> Made {
    let will_do = |node: &&Node| match name {
        "try" => !matches!(node.value, Value::Unknown(_)),
        _ => !node.is_null() && node.as_text().as_deref() != Some(""),
    };
    let found = || arguments.iter().find(will_do).map(|node| node.value.clone());
    matches!(name, "try" | "coalesce").then(|| found().ok_or_else(|| not_worked_out(name)))
}

fn of_lists(name: &str, arguments: &[Node]) -> Made {
    let is_empty = |node: &&Node| node.is_null() || node.as_text().as_deref() == Some("");
    let value = match (name, arguments) {
        ("tolist", [list]) => list.value.clone(),
        ("toset", [list]) => {
            let mut seen = BTreeSet::new();
            let is_new = |node: &&Node| node.as_text().is_none_or(|text| seen.insert(text.into_owned()));
            Value::List(list.elements().iter().filter(is_new).cloned().collect())
        }
        ("compact", [list]) => {
            Value::List(list.elements().iter().filter(|node| !is_empty(node)).cloned().collect())
        }
        ("concat", lists) => Value::List(lists.iter().flat_map(|list| list.elements().to_vec()).collect()),
        ("contains", [list, wanted]) => {
            let is_wanted = |node: &Node| {
                node.value == wanted.value || (node.as_text().is_some() && node.as_text() == wanted.as_text())
            };
            Value::Flag(list.elements().iter().any(is_wanted))
        }
        ("length", [one]) => {
            let length = one.elements().len().max(one.entries().len());
            Value::Number(length.to_string())
        }
        _ => return None,
    };
    Some(Ok(value))
}

fn of_maps(name: &str, arguments: &[Node]) -> Made {
    Some(match (name, arguments) {
        ("tomap", [map]) => Ok(map.value.clone()),
        ("keys", [map]) => {
            let mut keys: Vec<&Entry> = map.entries().iter().collect();
            keys.sort_by(|a, b| a.key.cmp(&b.key));
            let key = |entry: &Entry| Node::text(entry.key.clone(), entry.line);
            Ok(Value::List(keys.into_iter().map(key).collect()))
        }
        ("merge", maps) => {
            let entries = maps.iter().flat_map(Node::entries);
            let merged: BTreeMap<&str, &Entry> = entries.map(|entry| (entry.key.as_str(), entry)).collect();
            Ok(Value::Object(merged.into_values().cloned().collect()))
        }
        ("lookup", [map, key, more @ ..]) => text_of(&key.value).and_then(|key| {
            let found = map.get(&key).or(more.first());
            found.map(|node| node.value.clone()).ok_or_else(|| not_worked_out(name))
        }),
        _ => return None,
    })
}

fn of_texts(name: &str, arguments: &[Node], text: &dyn Fn(&Value) -> Result<String, Unknown>) -> Made {
    Some(match (name, arguments) {
        ("tostring" | "tobool" | "sensitive" | "nonsensitive", [one]) => Ok(one.value.clone()),
        ("lower", [one]) => text(&one.value).map(|text| Value::Text(text.to_lowercase())),
        ("upper", [one]) => text(&one.value).map(|text| Value::Text(text.to_uppercase())),
        ("join", [between, list]) => join(between, list, text),
        ("format", [pattern, values @ ..]) => {
            text_of(&pattern.value).and_then(|pattern| format(&pattern, values, text))
        }
        _ => return None,
    })
}

fn join(
    between: &Node,
    list: &Node,
    text: &dyn Fn(&Value) -> Result<String, Unknown>,
) -> Result<Value, Unknown> {
    let parts: Vec<String> =
        list.elements().iter().map(|part| text(&part.value)).collect::<Result<_, _>>()?;
    let made = parts.join(&text_of(&between.value)?);
    if made.len() > MAX_TEXT { Err(not_worked_out("join")) } else { Ok(Value::Text(made)) }
}

/// `format("%s-%d", …)`: texts and whole numbers, without widths.
fn format(
    pattern: &str,
    values: &[Node],
    text: &dyn Fn(&Value) -> Result<String, Unknown>,
) -> Result<Value, Unknown> {
    let mut values = values.iter();
    let mut made = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '%' { chars.next() } else { None }) {
            ('%', Some('%')) => made.push('%'),
            ('%', Some('s' | 'd' | 'v')) => {
                let value = values.next().ok_or_else(|| not_worked_out("format"))?;
                made.push_str(&text(&value.value)?);
            }
            ('%', _) => return Err(not_worked_out("format")),
            (c, _) => made.push(c),
        }
        if made.len() > MAX_TEXT {
            return Err(not_worked_out("format"));
        }
    }
    Ok(Value::Text(made))
}

/// Whole numbers alone.
fn of_numbers(name: &str, arguments: &[Node]) -> Made {
    if let ("tonumber", [one]) = (name, arguments) {
        return Some(Ok(one.value.clone()));
    }
    let number = |node: &Node| node.as_text().and_then(|text| text.parse::<i64>().ok());
    let numbers: Vec<i64> = arguments.iter().map(number).collect::<Option<_>>()?;
    let found = match name {
        "min" => numbers.iter().min(),
        "max" => numbers.iter().max(),
        _ => None,
    };
    found.map(|number| Ok(whole(*number)))
}

fn not_worked_out(function: &str) -> Unknown {
    unknown_because(format!("the function {} is not worked out here; {PLAN}", quoted(function)))
}
