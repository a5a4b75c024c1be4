//! The grammar's own shapes are held against each other, and files against them.

use super::*;
use crate::scenario::document;
use crate::scenario::grammar;
use std::collections::BTreeSet;

type See<'a> = &'a mut dyn FnMut(&str, &'static Shape, &'static str, Option<&'static Field>);

/// Calls `see` for every field and every variant of the grammar below `shape`, each named shape once.
fn visit(shape: &'static Shape, path: &str, named: &mut BTreeSet<&'static str>, see: See<'_>) {
    match shape {
        Shape::Record(record) => {
            for field in record.fields {
                let path = join(path, field.key);
                see(&path, &field.shape, field.doc, Some(field));
                visit(&field.shape, &path, named, see);
            }
        }
        Shape::OneOf(choice) => {
            for variant in choice.variants {
                let path = join(path, variant.key);
                see(&path, &variant.shape, variant.doc, None);
                visit(&variant.shape, &path, named, see);
            }
        }
        Shape::Map { of, .. } | Shape::List { of, .. } => visit(of, path, named, see),
        Shape::Named { name, shape } if named.insert(name) => visit(shape(), path, named, see),
        _ => {}
    }
}

fn every_setting(mut see: impl FnMut(&str, &'static Shape, &'static str, Option<&'static Field>)) {
    visit(&grammar::SCENARIO, "", &mut BTreeSet::new(), &mut see);
}

#[test]
fn every_setting_is_explained() {
    let mut count = 0;
    every_setting(|path, _, doc, field| {
        count += 1;
        assert!(doc.len() > 4 && doc.ends_with('.'), "{path}: {doc:?}");
        let source = field.map_or("", |field| field.source);
        assert!(source.is_empty() || source.starts_with("https://"), "{path}: {source}");
        // What AWS names has AWS's page.
        let key = field.map_or("", |field| field.key);
        assert!(!key.starts_with(|c: char| c.is_ascii_uppercase()) || !source.is_empty(), "{path}");
    });
    assert!(count > 100, "{count} settings were visited");
}

#[test]
fn every_default_keeps_to_its_own_rules_and_is_in_canonical_form() {
    every_setting(|path, shape, _, field| {
        let defaults = match field.map(|field| &field.default) {
            Some(Default::Value(json)) => vec![*json],
            Some(Default::ByProfile { measured, documented }) => vec![*measured, *documented],
            _ => vec![],
        };
        for json in defaults {
            let node = document::parse(json).expect(path);
            let checked = check(shape, &node, false);
            assert_eq!(checked.problems, [], "{path}");
            let text = checked.resolved.to_json().to_string();
            let again = document::parse(&text).expect(path);
            assert_eq!(check(shape, &again, false).resolved.to_json().to_string(), text, "{path}");
        }
    });
}

#[test]
fn the_profile_decides_the_defaults_of_the_timing() {
    let shape = &grammar::SCENARIO;
    let node = document::parse("{}").expect("an object");
    let latency =
        |documented| check(shape, &node, documented).resolved.to_json()["timing"]["dispatch_latency"].clone();
    assert_eq!((latency(false), latency(true)), ("30ms".into(), "0s".into()));
}

#[test]
fn settings_tell_what_was_given_and_what_was_assumed() {
    let text = r#"{ "functions": { "ship": { "Timeout": 30 } } }"#;
    let node = document::parse(text).expect("an object");
    let checked = check(&grammar::SCENARIO, &node, false);
    let setting = |path: &str| {
        let found = checked.settings.iter().find(|setting| setting.path == path).expect(path);
        (found.value.as_str(), found.given)
    };
    assert_eq!(setting("functions.ship.Timeout"), ("30", true));
    assert_eq!(setting("functions.ship.MemorySize"), ("128", false));
    assert_eq!(setting("functions.ship.duration.constant"), ("\"100ms\"", false));
    assert_eq!(setting("functions.ship.Architectures"), ("[\"x86_64\"]", false));
    let (meaning, given) = setting("functions.ship.ReservedConcurrentExecutions");
    assert!(meaning.contains("unreserved") && !given);
}

#[test]
fn paths_of_unusual_names_stand_in_brackets_and_lead_back_to_their_place() {
    assert_eq!(join("a", "b"), "a.b");
    assert_eq!(join("a", "x.y"), r#"a["x.y"]"#);
    assert_eq!(join("", "a"), "a");
    let text = r#"{ "destinations": { "x.y": { "sqs": { "latency": 5 } } } }"#;
    let node = document::parse(text).expect("an object");
    let checked = check(&grammar::SCENARIO, &node, false);
    let path = r#"destinations["x.y"].sqs.latency"#;
    assert!(checked.problems.iter().any(|problem| problem.path == path));
    let Origin::File(span) = checked.spans.origin(path) else { panic!("in the file") };
    assert_eq!(&text[span], "5");
    assert_eq!(checked.spans.origin("timing.backoff_cap"), Origin::Default);
}
