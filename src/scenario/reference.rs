//! The reference of all settings in Markdown, generated from the grammar: a part of `docs/scenario.md`.

use super::grammar;
use super::shape::{Choice, Default, Field, Record, Shape, join};
use std::fmt::Write as _;

/// Every setting with its type, default, meaning and source, a table for each object of the language.
pub fn markdown() -> String {
    let mut writer =
        Writer { text: String::new(), later: Vec::new(), written: Vec::new(), records: Vec::new() };
    writer.table("The scenario", "", &grammar::SCENARIO);
    while !writer.later.is_empty() {
        for (path, shape) in std::mem::take(&mut writer.later) {
            writer.table(&format!("`{path}`"), &path, shape);
        }
    }
    writer.text
}

struct Writer {
    text: String,
    /// Objects that are described in a table of their own, below.
    later: Vec<(String, &'static Shape)>,
    /// The named shapes that have their table already.
    written: Vec<&'static str>,
    /// The records that have their table already, with its title.
    records: Vec<(*const Field, String)>,
}

impl Writer {
    fn table(&mut self, title: &str, path: &str, shape: &'static Shape) {
        match shape {
            Shape::Record(record) => self.record(title, path, record),
            Shape::OneOf(choice) => self.choice(title, path, choice),
            Shape::Map { of, noun, .. } => self.table(title, &format!("{path}.<{noun}>"), of),
            Shape::List { of, .. } => self.table(title, &format!("{path}[n]"), of),
            Shape::Named { name, shape } if !self.written.contains(name) => {
                self.written.push(name);
                self.table(title, path, shape());
            }
            _ => {}
        }
    }

    fn record(&mut self, title: &str, path: &str, record: &'static Record) {
        if record.fields.is_empty() {
            return;
        }
        let same = self.records.iter().find(|(fields, _)| *fields == record.fields.as_ptr());
        if let Some((_, known)) = same {
            let _ = write!(self.text, "\n### {title}\n\nThe same settings as {known}.\n");
            return;
        }
        self.records.push((record.fields.as_ptr(), title.to_owned()));
        let _ = write!(
            self.text,
            "\n### {title}\n\n| setting | value | default | meaning |\n|---|---|---|---|\n"
        );
        for field in record.fields {
            let source = source_link(field.source);
            let (value, default) = (value_text(&field.shape), default_text(field));
            let _ = writeln!(self.text, "| `{}` | {value} | {default} | {}{source} |", field.key, field.doc);
            self.describe_later(join(path, field.key), &field.shape);
        }
    }

    fn choice(&mut self, title: &str, path: &str, choice: &'static Choice) {
        let _ = write!(self.text, "\n### {title}\n\nExactly one of these keys");
        if let Some(bare) = choice.bare {
            let _ = write!(self.text, "; a bare value stands for `{bare}`");
        }
        self.text.push_str(".\n\n| key | value | meaning |\n|---|---|---|\n");
        for variant in choice.variants {
            let value = value_text(&variant.shape);
            let _ = writeln!(self.text, "| `{}` | {value} | {} |", variant.key, variant.doc);
            self.describe_later(join(path, variant.key), &variant.shape);
        }
    }

    fn describe_later(&mut self, path: String, shape: &'static Shape) {
        match shape {
            Shape::Record(_) | Shape::Map { .. } | Shape::OneOf(_) | Shape::List { .. } => {
                self.later.push((path, shape));
            }
            Shape::Named { name, .. } if !self.written.contains(name) => self.later.push((path, shape)),
            _ => {}
        }
    }
}

/// A link to where a rule comes from: AWS's own pages, or somebody's measurement.
fn source_link(source: &str) -> String {
    match source {
        "" => String::new(),
        aws if aws.starts_with("https://docs.aws.amazon.com/") => format!(" [AWS]({aws})"),
        other => format!(" [measured]({other})"),
    }
}

fn default_text(field: &Field) -> String {
    match field.default {
        Default::Required => "required".to_owned(),
        Default::Absent(meaning) => format!("– ({meaning})"),
        Default::Value(json) => format!("`{json}`"),
        Default::ByProfile { measured, documented } => format!("`{measured}` / `{documented}`"),
    }
}

fn value_text(shape: &Shape) -> String {
    match shape {
        Shape::Record(Record { fields: [] }) => "`{}`".to_owned(),
        Shape::Record(_) => "object, below".to_owned(),
        Shape::Map { noun, .. } => format!("objects by {noun} name, below"),
        Shape::List { of, .. } => format!("list: {}", value_text(of)),
        Shape::Quantile => "`[probability, duration]`".to_owned(),
        Shape::OneOf(_) => "one of several, below".to_owned(),
        Shape::Named { name, .. } => name.replace('_', " "),
        Shape::Integer { min, max, unit } if *max == u64::MAX => {
            format!("integer from {min} {unit}").trim().to_owned()
        }
        Shape::Integer { min, max, unit } => format!("integer {min}..{max} {unit}").trim().to_owned(),
        Shape::Positive { max } => format!("number above 0, at most {max}"),
        Shape::Probability => "probability 0..1".to_owned(),
        Shape::Jitter => "number from 0 to below 1".to_owned(),
        Shape::Duration { min_nanos: 0 } => "duration".to_owned(),
        Shape::Duration { min_nanos: 1 } => "duration above 0".to_owned(),
        Shape::Duration { min_nanos } => {
            format!("duration, at least {}", crate::time::SimDuration::from_nanos(*min_nanos))
        }
        Shape::Moment => "time".to_owned(),
        Shape::EndOfRun => "`\"drained\"` or a time".to_owned(),
        Shape::Timestamp => "date and time".to_owned(),
        Shape::Windows => "time window, or a list of such".to_owned(),
        Shape::Rate { zero: true } => "rate".to_owned(),
        Shape::Rate { zero: false } => "rate above 0".to_owned(),
        Shape::Size => "size".to_owned(),
        Shape::Price => "price".to_owned(),
        Shape::Text => "text".to_owned(),
        Shape::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Shape::Flag => "`true` or `false`".to_owned(),
        Shape::Texts => "list of texts".to_owned(),
        Shape::Sets => "object: paths of settings with their values".to_owned(),
        Shape::TextOrTexts { noun } => format!("{noun} name, or a list of such"),
        Shape::DifferentTexts { noun } => format!("list of {noun} names"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::golden::assert_current;

    const BEGIN: &str = "<!-- generated from src/scenario/grammar/: begin -->\n";
    const END: &str = "\n<!-- generated from src/scenario/grammar/: end -->";

    #[test]
    fn the_reference_in_the_docs_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenario.md");
        let text = std::fs::read_to_string(path).expect("docs/scenario.md is there");
        let (before, rest) = text.split_once(BEGIN).expect("the begin marker");
        let (_, after) = rest.split_once(END).expect("the end marker");
        assert_current("docs/scenario.md", &[before, BEGIN, &markdown(), END, after].concat());
    }

    #[test]
    fn every_object_of_the_language_has_its_table() {
        let text = markdown();
        for title in [
            "### The scenario",
            "### `functions`",
            "### `functions.<function>.EventInvokeConfig`",
            "### `functions.<function>.duration.lognormal`",
            "### `sources.<source>.arrivals`",
            "### `destinations.<destination>.sqs`",
        ] {
            assert!(text.lines().any(|line| line == title), "{title}");
        }
    }
}
