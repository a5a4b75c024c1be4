//! The documents keep step with the code.

use crate::source_files::{files, root, text};
use std::path::PathBuf;
use thirdtry::model::event::Route;
use thirdtry::model::observation::{AttemptOutcome, Fate, FunctionError, Refusal, ThrottleReason};
use thirdtry::model::rule::Rule;
use thirdtry::scenario::DeliveryFailure;
use thirdtry::scenario::grammar;
use thirdtry::scenario::shape::{Default, Shape};

/// What someone types to run the tests: the README promises it, `.ci/run` keeps the promise.
const TEST_COMMAND: &str = "cargo test";

#[test]
fn every_rule_of_the_model_is_explained_with_its_standing_and_source() {
    let model = text("docs/model.md");
    for rule in Rule::ALL {
        let start = format!("| `{}` |", rule.name());
        let row = model
            .lines()
            .find(|line| line.starts_with(&start))
            .unwrap_or_else(|| panic!("docs/model.md has no row for rule `{}`", rule.name()));
        assert!(row.contains(rule.standing().name()), "{start} is {}", rule.standing().name());
        if rule.source().starts_with("https://") {
            assert!(row.contains(rule.source()), "{start} is written at {}", rule.source());
        }
    }
}

#[test]
fn no_document_explains_a_rule_that_is_gone() {
    let model = text("docs/model.md");
    let (_, section) = model.split_once("## The rules\n").expect("a section on the rules");
    let (table, _) = section.split_once("\n### ").expect("what follows from them");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let names: Vec<&str> = rows.map(|(name, _)| name).collect();
    assert_eq!(names.len(), Rule::ALL.len(), "{names:?}");
}

#[test]
fn every_setting_that_a_rule_names_can_be_set() {
    for rule in Rule::ALL {
        for path in rule.settings() {
            let found = path.split('.').try_fold(&grammar::SCENARIO, setting);
            assert!(found.is_some(), "{}: no setting {path}", rule.name());
        }
    }
}

#[test]
fn every_timing_law_is_explained_with_its_defaults() {
    let model = text("docs/model.md");
    let Some(Shape::Record(timing)) = setting(&grammar::SCENARIO, "timing") else {
        panic!("`timing` is an object with known keys")
    };
    for field in timing.fields {
        let start = format!("| `{}` |", field.key);
        let row = model.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("docs/model.md has no row for `timing.{}`", field.key));
        let mut cells = row[start.len()..].split(" | ").map(|cell| cell.trim().trim_matches('`'));
        let (measured, documented) = match field.default {
            Default::Value(same) => (same, same),
            Default::ByProfile { measured, documented } => (measured, documented),
            Default::Required | Default::Absent(_) => panic!("`timing.{}` has no default", field.key),
        };
        for default in [measured, documented] {
            assert_eq!(cells.next(), Some(default.trim_matches('"')), "{row}");
        }
    }
}

#[test]
fn the_glossary_knows_every_word_that_outputs_use() {
    let glossary = text("docs/glossary.md");
    let mut words: Vec<&str> = Vec::new();
    words.extend(Fate::ALL.map(Fate::name));
    words.extend(Fate::ALL.map(Fate::condition).into_iter().filter(|condition| !condition.is_empty()));
    words.extend(Refusal::NAMES.into_iter().filter(|name| *name != "ServiceException"));
    words.extend(["never_accepted", "being_offered", "duplicate_of"]);
    words.extend(Route::ALL.map(Route::name));
    words.extend(ThrottleReason::ALL.map(ThrottleReason::name));
    words.extend(FunctionError::ALL.map(FunctionError::name));
    words.extend(DeliveryFailure::ALL.map(DeliveryFailure::name));
    let outcomes = [
        AttemptOutcome::Success,
        AttemptOutcome::CaughtError,
        AttemptOutcome::FunctionError(FunctionError::Exception),
        AttemptOutcome::Throttled(ThrottleReason::Fault),
        AttemptOutcome::SystemError { status: 500 },
        AttemptOutcome::ClientError { status: 404 },
    ];
    words.extend(outcomes.map(AttemptOutcome::name));
    for word in words {
        assert!(glossary.contains(&format!("`{word}`")), "docs/glossary.md does not know `{word}`");
    }
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        let folder = document.parent().expect("a file has a folder");
        for target in links(&text(&document)) {
            let file = target.split('#').next().expect("split yields one");
            let is_relative = !file.is_empty() && !file.contains("://") && !file.starts_with("mailto:");
            if is_relative && !root().join(folder).join(file).exists() {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn every_link_to_a_heading_finds_it() {
    let mut broken = Vec::new();
    for document in documents() {
        let folder = document.parent().expect("a file has a folder");
        for target in links(&text(&document)) {
            let Some((file, heading)) = target.split_once('#') else { continue };
            let page = if file.is_empty() { document.clone() } else { folder.join(file) };
            let is_ours = !target.contains("://") && page.extension().is_some_and(|ending| ending == "md");
            if is_ours && !headings(&text(&page)).any(|found| found == heading) {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_index_has_every_document_once() {
    let index = links(&text("docs/README.md"));
    for document in files("docs", "md") {
        let name = document.strip_prefix("docs").expect("below docs").to_str().expect("UTF-8").to_owned();
        if !name.contains('/') && name != "README.md" {
            assert_eq!(index.iter().filter(|link| **link == name).count(), 1, "docs/README.md: {name}");
        }
    }
}

#[test]
fn continuous_integration_runs_what_the_readme_says() {
    for path in ["README.md", "CONTRIBUTING.md", ".ci/run"] {
        let says_so = text(path).lines().any(|line| line.ends_with(TEST_COMMAND));
        assert!(says_so, "{path} does not run `{TEST_COMMAND}`");
    }
}

#[test]
fn links_are_found_in_text_but_not_in_code() {
    let page = "See [a](b.md) and ![c](d.svg#x).\n```\n[no](no.md)\n```\n`[no](no.md)` [e](f.md)";
    assert_eq!(links(page), ["b.md", "d.svg#x", "f.md"]);
}

/// The shape of the setting `key` within `shape`; `*` stands for any name.
fn setting(shape: &'static Shape, key: &str) -> Option<&'static Shape> {
    match shape {
        Shape::Record(record) => Some(&record.fields.iter().find(|field| field.key == key)?.shape),
        Shape::Map { of, .. } => (key == "*").then_some(of),
        Shape::OneOf(choice) => Some(&choice.variants.iter().find(|variant| variant.key == key)?.shape),
        Shape::Named { shape, .. } => setting(shape(), key),
        _ => None,
    }
}

/// Every Markdown file that a reader may open.
fn documents() -> Vec<PathBuf> {
    let mut all = files("docs", "md");
    all.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(PathBuf::from));
    all
}

/// The names under which GitHub's pages have the headings of a document.
fn headings(markdown: &str) -> impl Iterator<Item = String> {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let name = move |line: &str| line.to_lowercase().chars().filter(kept).collect::<String>();
    let lines = markdown.lines().filter(|line| line.starts_with('#'));
    lines.map(move |line| name(line.trim_start_matches('#').trim()).replace(' ', "-"))
}

/// The targets of all Markdown links outside code.
fn links(markdown: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut in_code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect();
        let after_brackets = prose.split("](").skip(1);
        targets.extend(after_brackets.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
    }
    targets
}
