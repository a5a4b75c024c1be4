//! The shipped scenarios, held against stored results: their golden results in `scenarios/golden/`, as `test` holds
//! them; and here the `manifest.json` of a run, which has the SHA-256 of every file that it wrote, charts included.
//!
//! `UPDATE_GOLDEN=1 cargo test` rewrites them; the difference is then to be read, not just committed. A stored
//! result that is missing, or that belongs to no scenario, is a failure.

use crate::source_files::root;
use crate::support::{record, temporary_folder};
use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use thirdtry::experiment::Confidence;
use thirdtry::record::Files;
use thirdtry::scenario::builtin;
use thirdtry::scenario::load::{Input, load};
use thirdtry::suite::golden::GoldenFolder;
use thirdtry::suite::{Case, Options, Outcome, test_case};

/// The scenario of the guide for planners has a million events, which take long without optimisation: an optimised
/// program holds it against the guide and its golden result (`guide.rs`).
const LARGE: &str = "plan-outage";

fn names() -> impl Iterator<Item = &'static str> {
    builtin::names().filter(|name| *name != LARGE)
}

#[test]
fn shipped_scenarios_give_their_stored_results() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
    let mut differences = Vec::new();
    for name in names() {
        let loaded =
            load(&Input::from_text(name, builtin::text(name).expect("it is shipped"))).expect("it is valid");
        let folder = temporary_folder(&format!("golden-{name}"));
        record(&loaded, &folder, Files::ALL);
        let stored = root().join("tests/it/golden").join(name).join("manifest.json");
        let found = fs::read_to_string(folder.join("manifest.json")).expect("the run wrote it");
        if update {
            fs::create_dir_all(stored.parent().expect("it lies in a folder")).expect("a writable checkout");
            fs::write(&stored, &found).expect("a writable checkout");
        }
        let expected = fs::read_to_string(&stored).unwrap_or_default();
        differences.extend(first_difference(&format!("{name}/manifest.json"), &expected, &found));
        differences.extend(golden_difference(name, update));
    }
    assert!(
        differences.is_empty(),
        "{}\nUPDATE_GOLDEN=1 cargo test rewrites the stored results",
        differences.join("\n")
    );
}

/// How the scenario's file compares with its golden result.
fn golden_difference(name: &str, update: bool) -> Option<String> {
    let scenarios = root().join("scenarios");
    let golden = GoldenFolder::beside(&scenarios);
    let input = Input::read(&scenarios.join(format!("{name}.json"))).expect("it is shipped");
    let options = Options { replications: None, confidence: Confidence::USUAL, threads: NonZeroUsize::MIN };
    let case = Case { input, golden: Some(golden.clone()) };
    let report = test_case(&case, &options, &()).expect("nobody stops it");
    let Outcome::Judged(judged) = report.outcome else { panic!("{name} is valid") };
    match judged.pending {
        Some(pending) if update => {
            golden.accept(name, &pending).expect("a writable checkout");
            None
        }
        Some(_) => Some(format!("{name}: {:?}", judged.golden)),
        None => None,
    }
}

fn first_difference(what: &str, expected: &str, found: &str) -> Option<String> {
    if expected.is_empty() {
        return Some(format!("{what}: no result is stored"));
    }
    let mut lines = expected.lines().zip(found.lines());
    let line = lines.find(|(expected, found)| expected != found);
    line.map(|(expected, found)| format!("{what}: stored `{}`, found `{}`", expected.trim(), found.trim()))
        .or_else(|| (expected != found).then(|| format!("{what}: one is longer than the other")))
}

#[test]
fn every_stored_result_belongs_to_a_scenario() {
    let shipped: BTreeSet<String> = names().map(str::to_owned).collect();
    let with_large: BTreeSet<String> = builtin::names().map(str::to_owned).collect();
    for (folder, shipped) in [("tests/it/golden", shipped), ("scenarios/golden", with_large)] {
        let stored: BTreeSet<String> = fs::read_dir(root().join(folder))
            .expect("stored results")
            .map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(stored, shipped, "{folder}");
    }
}

#[test]
fn every_file_among_the_scenarios_is_shipped() {
    let files = crate::source_files::files("scenarios", "json");
    // Below it lie templates, which are no scenarios yet.
    let direct =
        files.iter().filter(|file| file.parent().is_some_and(|folder| folder.ends_with("scenarios")));
    let names: BTreeSet<String> =
        direct.map(|file| file.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
    assert_eq!(names, builtin::names().map(str::to_owned).collect());
}
