//! `diff` as people and pipelines meet it.

use crate::cli::{fails, stderr, stdout, thirdtry};
use crate::support::{temporary_folder, tree};
use std::fs;

const ONE_RETRY: &str = "functions.ship.EventInvokeConfig.MaximumRetryAttempts=1";

#[track_caller]
fn diff(args: &[&str], code: i32) -> String {
    let output = thirdtry(&[&["diff"], args].concat());
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn the_first_page_says_what_changed_and_why() {
    let text = diff(&["quickstart", "--set", ONE_RETRY, "--replications", "3"], 0);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    for said in [
        "quickstart (A) and quickstart (B), 3 replications each, on the same events (seed 42)\n53 of 933 events that",
        "functions.ship.EventInvokeConfig.MaximumRetryAttempts  2  ->  1\n",
        "Fates of the same 971 events\n  80 changed (",
        "\n  1 succeeded                                            868  53  12\n",
        "\n  event 6 (orders #6, function ship), because MaximumRetryAttempts went from 2 to 1\n    A (succeeded): 00:01:03.243 waits ",
        "[function_error_retry]\n",
        "\n  cost_usd.Sum ",
        "\n  lost.Sum ",
    ] {
        assert!(text.contains(said), "`{said}` is not in:\n{text}");
    }
}

#[test]
fn a_scenario_and_itself_are_the_same() {
    let text = diff(&["quickstart", "scenarios/quickstart.json", "--exit-code", "--replications", "2"], 0);
    assert!(text.contains("\nNothing differs: all 971 events live the same lives.\n"), "{text}");
    assert!(text.contains("\nNo metric differs\n"), "{text}");
}

#[test]
fn what_differs_can_fail_a_pipeline() {
    let args = ["quickstart", "--set", ONE_RETRY, "--exit-code", "--replications", "1"];
    let text = diff(&args, 98);
    assert!(!text.contains("variance saved"), "one replication has no variance: {text}");
    diff(&[&args[..], &["--no-fail"]].concat(), 0);
    diff(&args[..3], 0);
    // A setting without effect leaves every result as it was.
    diff(
        &["quickstart", "--set", "functions.ship.FunctionName=other", "--exit-code", "--replications", "1"],
        3,
    );
    diff(&["quickstart", "--set", "description=other", "--exit-code", "--replications", "1"], 0);
}

#[test]
fn everything_is_in_the_folder_and_the_same_each_time() {
    let folder = temporary_folder("diff-folder");
    let out = folder.to_str().expect("UTF-8");
    let args = ["quickstart", "--set", ONE_RETRY, "--replications", "3", "--out", out];
    let json = diff(&[&args[..], &["--format", "json"]].concat(), 0);
    let first = tree(&folder);
    let names: Vec<String> = first.keys().map(|path| path.display().to_string().replace('\\', "/")).collect();
    assert_eq!(
        names,
        [
            "a.resolved.json",
            "b.resolved.json",
            "changed.csv",
            "charts/diff-fates.svg",
            "charts/diff-metrics.svg",
            "diff.json",
            "differences.csv",
            "fates.csv",
            "manifest.json",
        ]
    );
    assert_eq!(fs::read_to_string(folder.join("diff.json")).expect("written"), json);
    let csv = diff(&[&args[..], &["--format", "csv", "--threads", "1"]].concat(), 0);
    assert_eq!(fs::read_to_string(folder.join("differences.csv")).expect("written"), csv);
    assert!(tree(&folder) == first, "the folders differ");

    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let cells = value["fates"]["matrix"].as_array().expect("a list");
    let events: u64 = cells.iter().map(|cell| cell["events"].as_u64().expect("a count")).sum();
    assert_eq!(value["fates"]["paired"], events);
    assert_eq!(value["changed"][0]["because"][0], ONE_RETRY.trim_end_matches("=1"));
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let row = |row: csv::StringRecord| (format!("{}.{}", &row[1], &row[2]), row[9].to_owned());
    let of_csv: Vec<(String, String)> =
        rows.records().map(Result::unwrap).filter(|row| &row[0] == "run").map(row).collect();
    for (name, difference) in of_csv.iter().filter(|(_, difference)| !difference.is_empty()) {
        let of_json = value["metrics"][name]["difference"].as_f64();
        assert_eq!(of_json, difference.parse().ok(), "{name}");
    }
}

#[test]
fn a_comment_is_markdown() {
    let text = diff(&["quickstart", "--set", ONE_RETRY, "--replications", "2", "--format", "md"], 0);
    assert!(text.starts_with("### quickstart (A) and quickstart (B), 2 replications each"), "{text}");
    assert!(text.contains("\n| metric | A | B | B - A | of A | variance saved |\n| --- | ---: |"), "{text}");
    assert!(text.contains("\n- event 6 (orders #6, function ship)"), "{text}");
    assert!(text.lines().all(|line| !line.starts_with("    ")), "an indented line is code: {text}");
}

#[test]
fn the_scenario_of_a_finished_run_can_be_compared() {
    let folder = temporary_folder("diff-run");
    let out = folder.to_str().expect("UTF-8");
    let output =
        thirdtry(&["run", "quickstart", "--no-fail", "--set", ONE_RETRY, "--files", "events", "--out", out]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = diff(&["quickstart", out, "--replications", "1"], 0);
    assert!(text.starts_with("quickstart (A) and diff-run (B), once each"), "{text}");
    assert!(text.contains("MaximumRetryAttempts  2  ->  1"), "{text}");
    diff(&[out, "quickstart", "--set", ONE_RETRY, "--replications", "1", "--exit-code"], 0);
}

/// Goal: a run whose scenario names a recording by a relative path can be compared, from wherever the recording is.
#[test]
fn the_recordings_of_a_finished_run_are_found_or_asked_for() {
    let place = temporary_folder("diff-recording");
    let folder = |name: &str| place.join(name).to_str().expect("UTF-8").to_owned();
    fs::create_dir_all(place.join("elsewhere")).expect("a folder");
    fs::write(place.join("times.csv"), "at_s\n0\n1\n2.5\n").expect("a file");
    fs::write(place.join("elsewhere/times.csv"), "at_s\n0\n1\n").expect("a file");
    let text = r#"{ "version": 1, "functions": { "f": { "duration": "1s" } },
        "sources": { "s": { "to": "f", "arrivals": { "trace": { "csv": "times.csv" } } } } }"#;
    fs::write(place.join("s.json"), text).expect("a file");
    let (scenario, run) = (folder("s.json"), folder("run"));
    let output = thirdtry(&["run", &scenario, "--files", "events", "--out", &run]);
    assert!(output.status.success(), "{}", stderr(&output));
    let args = ["diff", &run, &scenario, "--replications", "1"];
    fails(&args, 4, &["cannot be run again", "times.csv", "--recordings DIR"]);
    let found =
        thirdtry(&[&args[..], &["--exit-code", "--recordings", place.to_str().expect("UTF-8")]].concat());
    assert_eq!((found.status.code(), stderr(&found)), (Some(0), String::new()));
    // Another file of that name is no secret.
    let other = thirdtry(&[&args[..], &["--exit-code", "--recordings", &folder("elsewhere")]].concat());
    assert_eq!(other.status.code(), Some(98), "{}", stderr(&other));
    assert!(stderr(&other).contains("is not what it was in that run"), "{}", stderr(&other));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let empty = temporary_folder("diff-no-run");
    fs::create_dir_all(&empty).expect("a folder");
    let no_run = empty.to_str().expect("UTF-8");
    let cases: [(&[&str], i32, &[&str]); 8] = [
        (&["quickstart"], 2, &["nothing to compare", "--set PATH=VALUE"]),
        (&["-", "-"], 2, &["standard input can be one scenario only"]),
        (
            &["quickstart", "recursive-loop"],
            4,
            &["no event in common: the sources of A are orders", "source the same"],
        ),
        (&["quickstart", "--set", "functions.ship.Timeouts=3"], 3, &["Timeouts", "did you mean `Timeout`?"]),
        (&["quickstart", "--set", "functions..x=3"], 3, &["is not a path"]),
        (&["quickstart", no_run], 4, &["holds no finished run", "manifest.json"]),
        (&["quickstart", "no-such-file"], 1, &["cannot be read"]),
        (&["quickstart", "--set", ONE_RETRY, "--png"], 2, &["--out DIR"]),
    ];
    for (args, code, said) in cases {
        fails(&[&["diff"], args].concat(), code, said);
    }
    fs::write(empty.join("INCOMPLETE"), "stopped").expect("written");
    fails(&["diff", "quickstart", no_run], 4, &["it was interrupted", "run it again"]);
    fails(&["diff", "quickstart", "--set", ONE_RETRY, "--replications", "0"], 2, &["--replications"]);
}
