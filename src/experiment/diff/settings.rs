//! What settings differ between two scenarios as resolved: every default is filled in, so that a default that is given
//! is no difference.

use crate::scenario::shape::join;
use serde_json::Value;

/// A setting that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingDifference {
    /// Its path, as `--set` takes it.
    pub path: String,
    /// Its value in A, as `--set` takes it; `None` where it is not set.
    pub a: Option<String>,
    /// Its value in B.
    pub b: Option<String>,
}

/// Top-level settings that change no result: words, the seed, which both share, and what is demanded of a run.
const WITHOUT_EFFECT: [&str; 5] = ["$schema", "version", "description", "seed", "expect"];

/// All settings that differ, in the order of the file.
pub(super) fn differences(a: &Value, b: &Value) -> Vec<SettingDifference> {
    let mut found = Vec::new();
    compare("", Some(a), Some(b), &mut found);
    found
}

fn compare(path: &str, a: Option<&Value>, b: Option<&Value>, found: &mut Vec<SettingDifference>) {
    match (a, b) {
        (a, b) if a == b => {}
        (Some(Value::Object(ours)), Some(Value::Object(theirs)))
            if path.is_empty() || ours.keys().any(|key| theirs.contains_key(key)) =>
        {
            let only_theirs = theirs.keys().filter(|key| !ours.contains_key(*key));
            for key in ours.keys().chain(only_theirs) {
                if !(path.is_empty() && WITHOUT_EFFECT.contains(&key.as_str())) {
                    compare(&join(path, key), ours.get(key), theirs.get(key), found);
                }
            }
        }
        (Some(Value::Array(ours)), Some(Value::Array(theirs))) => compare_lists(path, ours, theirs, found),
        (a, b) => {
            let text = |value: Option<&Value>| value.filter(|value| !value.is_null()).map(text);
            found.push(SettingDifference { path: path.to_owned(), a: text(a), b: text(b) });
        }
    }
}

/// Elements are compared where they stand, but for what was put in or taken out between equal ends.
fn compare_lists(path: &str, ours: &[Value], theirs: &[Value], found: &mut Vec<SettingDifference>) {
    let same_front = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let behind = |list: &[Value]| list.len() - same_front;
    let room = behind(ours).min(behind(theirs));
    let same_back = ours.iter().rev().zip(theirs.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let (ours, theirs) = (&ours[..ours.len() - same_back], &theirs[..theirs.len() - same_back]);
    for at in same_front..ours.len().max(theirs.len()) {
        compare(&format!("{path}[{at}]"), ours.get(at), theirs.get(at), found);
    }
}

/// A value as `--set` takes it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(a: &Value, b: &Value) -> Vec<String> {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let line =
            |found: &SettingDifference| format!("{} {} > {}", found.path, value(&found.a), value(&found.b));
        differences(a, b).iter().map(line).collect()
    }

    #[test]
    fn settings_are_compared_by_path() {
        let cases: [(Value, Value, &[&str]); 8] = [
            (json!({"a": {"b": 2}}), json!({"a": {"b": 1}}), &["a.b 2 > 1"]),
            (json!({"a": "1s"}), json!({"a": "2s"}), &["a 1s > 2s"]),
            (json!({"a": 1}), json!({"b": {"c": 2}}), &["a 1 > -", "b - > {\"c\":2}"]),
            (
                json!({"a": {"exponential": 1}}),
                json!({"a": {"constant": 2}}),
                &["a {\"exponential\":1} > {\"constant\":2}"],
            ),
            (
                json!({"x": {"q.dlq": {"b": 1, "c": 0}}}),
                json!({"x": {"q.dlq": {"b": null, "c": 0}}}),
                &["x[\"q.dlq\"].b 1 > -"],
            ),
            (json!({"l": [1, 2, 3]}), json!({"l": [1, 9, 2, 3]}), &["l[1] - > 9"]),
            (json!({"l": [{"a": 1}, 2]}), json!({"l": [{"a": 2}]}), &["l[0].a 1 > 2", "l[1] 2 > -"]),
            (json!({"seed": 1, "description": "x", "a": 1}), json!({"seed": 2, "a": 1}), &[]),
        ];
        for (a, b, expected) in cases {
            assert_eq!(said(&a, &b), expected, "{a} {b}");
        }
    }

    #[test]
    fn equal_elements_of_lists_are_never_listed() {
        assert_eq!(said(&json!({"l": [1, 1]}), &json!({"l": [1, 1, 1]})), ["l[2] - > 1"]);
        assert_eq!(said(&json!({"l": []}), &json!({"l": [1]})), ["l[0] - > 1"]);
        assert_eq!(said(&json!({"l": [1, 2]}), &json!({"l": []})), ["l[0] 1 > -", "l[1] 2 > -"]);
    }
}
