//! Stored runs run again: equal to the last byte, or the first difference is named.

use crate::support::{load, record, temporary_folder, tree};
use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use thirdtry::record::Files;
use thirdtry::scenario::load::{Input, Loaded};
use thirdtry::verify::{FileState, Verdict, VerifyError, verify};

const BUSY: &str = r#"{ "version": 1, "seed": 7, "arrivals_end": "3m", "end": "20m",
    "functions": {
        "ship": { "ReservedConcurrentExecutions": 4, "Timeout": 5,
            "EventInvokeConfig": { "DestinationConfig": { "OnFailure": { "Destination": "failed" } } },
            "duration": { "lognormal": { "median": "400ms", "p99": "3s" } },
            "failures": [ { "exception": { "probability": 0.2, "because": "a \"bad\", order" } } ] } },
    "destinations": { "failed": { "sqs": {} } },
    "sources": { "orders": { "to": "ship", "arrivals": { "poisson": { "rate": "6/s" } } } } }"#;

fn stored(name: &str, files: Files) -> PathBuf {
    let folder = temporary_folder(&format!("verify-{name}"));
    record(&load(BUSY), &folder, files);
    folder
}

fn again(folder: &Path) -> Verdict {
    verify(folder, None).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(folder: &Path) -> VerifyError {
    verify(folder, None).expect_err("the folder cannot be believed")
}

/// Replaces the first `from` in a file by `to`.
fn edit(folder: &Path, name: &str, from: &str, to: &str) {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{name} has {from}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn what_a_run_wrote_is_verified_whichever_files_they_were_and_nothing_is_written() {
    let sampled = Files { timeline: NonZeroU64::new(7), charts: false, ..Files::ALL };
    let pictures = Files { charts: true, png: true, ..Files::LEAST };
    for (name, files) in
        [("all", Files::ALL), ("least", Files::LEAST), ("sample", sampled), ("png", pictures)]
    {
        let folder = stored(name, files);
        let before = tree(&folder);
        let verdict = again(&folder);
        assert!(verdict.verified, "{name}: {}", verdict.text("DIR"));
        assert_eq!(verdict.files.len(), before.len(), "{name}: every file is looked at");
        assert_eq!(verdict.version_note(), None);
        assert_eq!(tree(&folder), before, "{name}");
    }
}

#[test]
fn an_edited_cell_is_named_with_its_line_event_and_both_versions() {
    let folder = stored("edited", Files { charts: false, ..Files::ALL });
    let timeline = fs::read_to_string(folder.join("timeline.csv")).unwrap();
    let (number, line) = timeline.lines().enumerate().find(|(_, line)| line.contains("settled")).unwrap();
    let event = line.split(',').nth(1).unwrap();
    edit(&folder, "timeline.csv", line, &line.replace("settled", "closed"));
    let verdict = again(&folder);
    let first = verdict.first_divergence().expect("it was edited");
    assert_eq!((first.name.as_str(), first.state), ("timeline.csv", FileState::Edited));
    assert_eq!((first.line, first.again.as_deref()), (Some(number as u64 + 1), Some(line)));
    let text = verdict.text("DIR");
    for part in [
        format!("timeline.csv, line {}: edited since the run", number + 1),
        format!(" s, event {event}\n"),
        "observation: `closed` stored, `settled` again".to_owned(),
    ] {
        assert!(text.contains(&part), "{part} in\n{text}");
    }
    assert!(
        !verdict.verified && verdict.files.iter().filter(|file| file.state != FileState::Equal).count() == 1
    );
}

/// Whoever edits a file and its digest in the manifest is found out by the run itself.
#[test]
fn an_edited_file_whose_digest_was_forged_is_found_by_running_again() {
    let folder = stored("forged", Files { charts: false, ..Files::ALL });
    let other = temporary_folder("verify-forged-other");
    record(&load(&BUSY.replace("0.2", "0.3")), &other, Files { charts: false, ..Files::ALL });
    let digest = |folder: &Path| -> String {
        let manifest = fs::read(folder.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        manifest["files"]["events.csv"].as_str().unwrap().to_owned()
    };
    fs::copy(other.join("events.csv"), folder.join("events.csv")).unwrap();
    edit(&folder, "manifest.json", &digest(&folder), &digest(&other));
    let verdict = again(&folder);
    let differing: Vec<_> = verdict.files.iter().filter(|file| file.state != FileState::Equal).collect();
    assert_eq!(
        differing.iter().map(|file| (file.name.as_str(), file.state)).collect::<Vec<_>>(),
        [("events.csv", FileState::Diverged), ("manifest.json", FileState::Diverged)]
    );
}

type Damage = fn(&Path);

#[test]
fn files_that_are_missing_cut_or_too_many_are_named() {
    let cases: [(&str, Damage, &str, FileState); 5] = [
        ("missing", |dir| fs::remove_file(dir.join("events.csv")).unwrap(), "events.csv", FileState::Missing),
        (
            "cut",
            |dir| {
                let file = fs::OpenOptions::new().write(true).open(dir.join("attempts.csv")).unwrap();
                let length = file.metadata().unwrap().len();
                file.set_len(length - 1).unwrap();
            },
            "attempts.csv",
            FileState::Edited,
        ),
        ("emptied", |dir| fs::write(dir.join("summary.csv"), "").unwrap(), "summary.csv", FileState::Edited),
        (
            "unlisted",
            |dir| {
                let text = fs::read_to_string(dir.join("manifest.json")).unwrap();
                let lines: Vec<&str> =
                    text.lines().filter(|line| !line.contains("\"summary.csv\"")).collect();
                fs::write(dir.join("manifest.json"), lines.join("\n").replace(",\n  }", "\n  }")).unwrap();
            },
            "summary.csv",
            FileState::NotListed,
        ),
        (
            "fingerprint",
            |dir| edit(dir, "manifest.json", "\"fingerprint\": \"", "\"fingerprint\": \"0"),
            "manifest.json",
            FileState::Diverged,
        ),
    ];
    for (name, damage, file, state) in cases {
        let folder = stored(name, Files { charts: false, ..Files::ALL });
        damage(&folder);
        let verdict = again(&folder);
        assert!(!verdict.verified, "{name}");
        let found = verdict.files.iter().find(|found| found.name == file).expect(name);
        assert_eq!(found.state, state, "{name}: {}", verdict.text("DIR"));
    }
}

#[test]
fn folders_that_hold_no_finished_run_are_refused_with_what_to_do() {
    let cases: [(&str, Damage, &str); 7] = [
        ("foreign", |dir| fs::remove_file(dir.join("manifest.json")).unwrap(), "holds no results of a run"),
        ("interrupted", |dir| fs::write(dir.join("INCOMPLETE"), "").unwrap(), "has not finished"),
        ("garbled", |dir| fs::write(dir.join("manifest.json"), "[").unwrap(), "cannot be understood"),
        (
            "replicated",
            |dir| {
                let manifest = r#"{"thirdtry": "0.1.0", "replications": 3, "files": {}}"#;
                fs::write(dir.join("manifest.json"), manifest).unwrap();
            },
            "holds replications, not a run",
        ),
        (
            "no-scenario",
            |dir| fs::remove_file(dir.join("scenario.resolved.json")).unwrap(),
            "scenario.resolved.json` is missing",
        ),
        (
            "other-scenario",
            |dir| edit(dir, "scenario.resolved.json", "\"seed\": 7", "\"seed\": 8"),
            "it was edited",
        ),
        (
            "broken-scenario",
            |dir| edit(dir, "scenario.resolved.json", "\"version\": 1", "\"version\": 9"),
            "cannot be run again",
        ),
    ];
    for (name, damage, said) in cases {
        let folder = stored(name, Files::LEAST);
        damage(&folder);
        let error = refused(&folder);
        assert!(error.is_inconsistent(), "{name}: {error}");
        assert!(error.to_string().contains(said), "{name}: {error}");
        assert!(!error.remedy().is_empty());
    }
}

#[test]
fn the_results_of_another_version_are_told_apart_from_other_results() {
    let folder = stored("version", Files::LEAST);
    edit(&folder, "manifest.json", env!("CARGO_PKG_VERSION"), "0.0.7");
    let verdict = again(&folder);
    assert!(verdict.verified, "{}", verdict.text("DIR"));
    assert!(verdict.version_note().is_some_and(|note| note.contains("0.0.7")));
    edit(&folder, "manifest.json", "\"model_version\": 1", "\"model_version\": 0");
    assert!(again(&folder).version_note().is_some_and(|note| note.contains("another model")));
}

#[test]
fn recordings_are_looked_for_where_they_are_said_to_be() {
    let base = temporary_folder("verify-recordings");
    fs::create_dir_all(&base).unwrap();
    fs::write(base.join("trace.csv"), "at\n0\n1\n2\n").unwrap();
    let scenario = r#"{ "version": 1, "functions": { "f": { "duration": "1s" } }, "sources": { "s": { "to": "f",
        "arrivals": { "trace": { "csv": "trace.csv", "column": "at", "unit": "s" } } } } }"#;
    let mut input = Input::from_text("recorded", scenario);
    input.folder = Some(base.clone());
    let loaded: Loaded =
        thirdtry::scenario::load::load(&input).unwrap_or_else(|rejected| panic!("{rejected}"));
    let folder = base.join("out");
    record(&loaded, &folder, Files::LEAST);
    let error = refused(&folder);
    assert!(error.to_string().contains("trace.csv") && error.remedy().contains("--recordings"), "{error}");
    assert!(verify(&folder, Some(&base)).is_ok_and(|verdict| verdict.verified));
    fs::write(base.join("trace.csv"), "at\n0\n1\n3\n").unwrap();
    let error = verify(&folder, Some(&base)).expect_err("another recording");
    assert!(error.to_string().contains("does not have the digest"), "{error}");
}

#[cfg(feature = "cli")]
mod program {
    use super::{Files, fs, stored};
    use crate::cli::{fails, stderr, stdout, thirdtry};
    use crate::support::temporary_folder;

    #[test]
    fn the_exit_code_says_whether_the_bytes_are_those_of_the_scenario() {
        let folder = temporary_folder("verify-cli");
        let path = folder.to_str().expect("UTF-8");
        let options = ["--timeline", "sample=1/10", "--set", "arrivals_end=2m", "-q", "--no-fail"];
        let output = thirdtry(&[&["run", "quickstart", "--out", path], options.as_slice()].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let verified = thirdtry(&["verify", path]);
        assert!(verified.status.success(), "{}", stdout(&verified));
        assert!(stdout(&verified).contains("equal to the last byte"), "{}", stdout(&verified));
        let events = fs::read_to_string(folder.join("events.csv")).expect("written");
        fs::write(folder.join("events.csv"), events.replacen("succeeded", "vanished", 1)).expect("writable");
        let edited = thirdtry(&["verify", path]);
        assert_eq!(edited.status.code(), Some(4), "{}", stdout(&edited));
        assert!(
            stdout(&edited).contains("fate: `vanished` stored, `succeeded` again"),
            "{}",
            stdout(&edited)
        );
        let json = thirdtry(&["verify", path, "--format", "json"]);
        let verdict: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
        assert_eq!((json.status.code(), &verdict["verified"]), (Some(4), &false.into()));
        assert_eq!(verdict["files"][0]["name"], "events.csv");
    }

    #[test]
    fn folders_that_cannot_be_verified_end_with_4() {
        fails(&["verify", "no-such-folder"], 4, &["no-such-folder", "manifest.json", "thirdtry run"]);
        fails(&["verify", "scenarios"], 4, &["holds no results"]);
        fails(&["verify"], 2, &["DIR"]);
        let folder = stored("cli-interrupted", Files::LEAST);
        fs::write(folder.join("INCOMPLETE"), "").expect("writable");
        fails(
            &["verify", folder.to_str().expect("UTF-8")],
            4,
            &["has not finished", "run the scenario again"],
        );
    }
}
