//! `test` and `accept` as people and build servers meet them: verdicts, exit codes, golden results, seeds.

use crate::cli::{stderr, stdout};
use crate::support::temporary_folder;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Orders that are tried again during an outage: with two retries some are lost, with fewer more are.
const ORDERS: &str = r#"{ "version": 1, "seed": 42, "arrivals_end": "10m",
  "functions": { "ship": { "Timeout": 10, "duration": "200ms",
    "EventInvokeConfig": { "MaximumRetryAttempts": 2 }, "DeadLetterConfig": { "TargetArn": "dead" },
    "failures": [{ "exception": { "probability": 0.3 } }] } },
  "destinations": { "dead": { "sqs": {} } },
  "sources": { "orders": { "to": "ship", "arrivals": { "poisson": { "rate": "1/s" } } } },
  "expect": [EXPECT] }"#;

fn orders(expect: &str) -> String {
    ORDERS.replace("EXPECT", expect)
}

/// A folder of this name with scenarios by name.
fn folder(name: &str, scenarios: &[(&str, &str)]) -> PathBuf {
    let folder = temporary_folder(&format!("suite-{name}"));
    fs::create_dir_all(folder.join("scenarios")).expect("a folder");
    for (name, text) in scenarios {
        fs::write(folder.join("scenarios").join(name), text).expect("a file");
    }
    folder
}

fn program(folder: &Path, args: &[&str], ci: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thirdtry"));
    command.args(args).current_dir(folder).env_remove("CI");
    if ci {
        command.env("CI", "true");
    }
    command.output().expect("the program starts")
}

/// What it says on standard output; it ends with `code`.
#[track_caller]
fn says(folder: &Path, args: &[&str], code: i32) -> String {
    let output = program(folder, args, false);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(code), "{said}{}", stderr(&output));
    assert!(!stderr(&output).contains("panicked"));
    said
}

#[test]
fn every_verdict_has_its_exit_code_and_the_worst_decides() {
    let good = orders(r#""lost.Sum == 0", "AsyncEventAge.p99 < 10m""#);
    let bad = orders(r#""retries_exhausted.Sum == 0""#);
    let wrong = orders(r#""lots.Sum == 0""#);
    let folder = folder("codes", &[("a-good.json", &good), ("b-bad.jsonc", &bad), ("c-wrong.json", &wrong)]);
    let good = says(&folder, &["test", "scenarios/a-good.json"], 0);
    assert_eq!(good, "pass       scenarios/a-good.json  2 expectations\n\n1 scenario: 1 pass\n");
    let bad = says(&folder, &["test", "scenarios/a-good.json", "scenarios/b-bad.jsonc"], 99);
    assert!(bad.contains("FAIL       retries_exhausted.Sum == 0  got "), "{bad}");
    assert!(bad.contains(": thirdtry explain scenarios/b-bad.jsonc --event "), "{bad}");
    // What it names is there to be seen, and is what it says.
    let event = bad.split("--event ").nth(1).and_then(|rest| rest.lines().next()).expect("an event");
    let life = says(&folder, &["explain", "scenarios/b-bad.jsonc", "--event", event], 0);
    assert!(life.contains("retries_exhausted"), "{life}");
    let all = says(&folder, &["test"], 3);
    assert!(all.contains("3 scenarios: 1 pass, 1 fail, 1 invalid"), "{all}");
    says(&folder, &["test", "--no-fail", "scenarios/b-bad.jsonc"], 0);
    says(&folder, &["test", "--no-fail"], 3);
    let first = says(&folder, &["test", "--fail-fast"], 99);
    assert!(first.contains("3 scenarios: 1 pass, 1 fail, 1 not run"), "{first}");
    let undecided = ["test", "scenarios/a-good.json", "--replications", "3"];
    let undecided =
        says(&folder, &[&undecided[..], &["--set", r#"expect=["retries_exhausted.Sum < 17"]"#]].concat(), 97);
    assert!(undecided.contains("more replications would decide"), "{undecided}");
}

#[test]
fn what_is_wrong_is_told_before_anything_is_run() {
    let scenario = orders(r#""lost.Sum == 0", "AsyncEventAge.p99 < 60""#);
    let folder = folder("wrong", &[("wrong.json", &scenario), ("plain.json", &orders(""))]);
    fs::create_dir(folder.join("empty")).expect("a folder");
    let fails = |args: &[&str], code: i32, said: &[&str]| {
        let output = program(&folder, args, false);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{message}");
        assert!(said.iter().all(|words| message.contains(words)), "{message}");
    };
    fails(
        &["test", "scenarios/wrong.json"],
        3,
        &["scenarios/wrong.json:7:", "expect[1]", "has no unit", "60s"],
    );
    fails(&["run", "scenarios/wrong.json"], 3, &["expect[1]", "1 problem; nothing was run"]);
    fails(&["check", "scenarios/wrong.json"], 3, &["expect[1]"]);
    fails(&["test", "scenarios/plain.json"], 2, &["nothing is expected", "--golden"]);
    fails(&["test", "empty"], 2, &["there is no scenario in `empty`"]);
    fails(&["test", "no-such.json"], 1, &["no-such.json", "there is no such file"]);
    for option in ["--junit", "--json", "--md", "--github"] {
        fails(&["test", option, "no/such/report"], 1, &["there is no folder `no/such`", "nothing was run"]);
    }
    fails(&["test", "--junit", "empty"], 1, &["it is a folder"]);
}

#[test]
fn a_run_shows_what_is_expected_of_it() {
    let folder = folder("run", &[("a.json", &orders(r#""lost.Sum == 0", "succeeded.Sum > 9999""#))]);
    let said = says(&folder, &["run", "scenarios/a.json", "--files", "none"], 99);
    let lines: Vec<&str> = said.lines().collect();
    let at = lines.iter().position(|line| *line == "pass       lost.Sum == 0         got 0").expect(&said);
    assert!(at < 6 && lines[at + 1].starts_with("FAIL       succeeded.Sum > 9999  got "), "{said}");
    let json = says(&folder, &["run", "scenarios/a.json", "--files", "none", "--format", "json"], 99);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "one document");
    // It was run all the same: the folder is whole.
    says(&folder, &["run", "scenarios/a.json", "--out", "out"], 99);
    says(&folder, &["verify", "out"], 0);
    says(&folder, &["run", "scenarios/a.json", "--files", "none", "--no-fail"], 0);
    says(&folder, &["run", "scenarios/a.json", "--files", "none", "--set", r#"expect=["lost.Sum == 0"]"#], 0);
    // Replications are estimated, not judged, and nobody is left to believe that they were.
    let estimated =
        program(&folder, &["run", "scenarios/a.json", "--files", "none", "--replications", "2"], false);
    assert_eq!(estimated.status.code(), Some(0));
    assert!(
        stderr(&estimated).contains("thirdtry test scenarios/a.json --replications 2"),
        "{}",
        stderr(&estimated)
    );
}

#[test]
fn reports_do_not_depend_on_threads_and_every_form_can_be_had_beside_another() {
    let bad = orders(r#""retries_exhausted.Sum == 0", "lost.Sum == 0""#);
    let folder = folder("forms", &[("a.json", &bad), ("b.json", &orders(r#""lost.Sum == 0""#))]);
    let one = says(&folder, &["test", "--format", "json", "--threads", "1"], 99);
    assert_eq!(one, says(&folder, &["test", "--format", "json", "--threads", "3"], 99));
    let value: serde_json::Value = serde_json::from_str(&one).expect("JSON");
    let expectation = &value["scenarios"][0]["expectations"][0];
    assert_eq!((&expectation["verdict"], &expectation["value"]), (&"fail".into(), &0.into()));
    assert_eq!(expectation["line"], 7);
    let more = ["--junit", "j.xml", "--json", "j.json", "--md", "j.md", "--github", "j.txt"];
    says(&folder, &[&["test"][..], &more].concat(), 99);
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("it was written");
    assert_eq!(read("j.json"), one);
    let junit = junit_parser::from_reader(read("j.xml").as_bytes()).expect("JUnit XML");
    assert_eq!((junit.tests, junit.failures, junit.errors), (3, 1, 0));
    assert!(read("j.md").starts_with("### thirdtry: 2 scenarios: 1 pass, 1 fail\n"), "{}", read("j.md"));
    assert!(read("j.txt").starts_with("::error file=scenarios/a.json,line=7,col="), "{}", read("j.txt"));
}

#[test]
fn a_golden_result_is_made_accepted_kept_and_missed() {
    let folder = folder("golden", &[("orders.json", &orders(r#""lost.Sum == 0""#))]);
    let pending = folder.join("scenarios/golden/orders.new");
    // In a build nothing is stored, and nothing is accepted.
    let output = program(&folder, &["test", "--golden"], true);
    assert_eq!((output.status.code(), pending.exists()), (Some(98), false), "{}", stderr(&output));
    let missing = says(&folder, &["test", "--golden"], 98);
    assert!(missing.contains("there is no golden result"), "{missing}");
    assert!(missing.ends_with("\n1 scenario: 1 golden missing\n"), "{missing}");
    assert_eq!(program(&folder, &["accept"], true).status.code(), Some(2));
    let output = program(&folder, &["test", "--golden"], true);
    assert!(stdout(&output).contains("waits to be accepted"), "{}", stdout(&output));
    assert_eq!(says(&folder, &["accept"], 0), "accepted scenarios/golden/orders\n");
    assert!(!pending.exists());
    says(&folder, &["accept"], 4);
    assert!(
        says(&folder, &["test"], 0)
            .contains("pass       scenarios/orders.json  1 expectation, golden result")
    );

    let golden = folder.join("scenarios/golden/orders");
    let facts = fs::read_to_string(golden.join("golden.json")).expect("it is stored");
    assert!(!facts.contains(folder.to_str().expect("UTF-8")), "no path: {facts}");
    for file in ["events.csv", "attempts.csv", "metrics.csv", "deliveries.jsonl", "summary.csv"] {
        assert!(facts.contains(&format!("\"{file}\": \"")), "{facts}");
    }
    // The digests are those of the files that `run` writes.
    says(&folder, &["run", "scenarios/orders.json", "--out", "out"], 0);
    let manifest = fs::read_to_string(folder.join("out/manifest.json")).expect("a manifest");
    let digest = |text: &str, file: &str| {
        let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
        value["files"][file].as_str().expect("a digest").to_owned()
    };
    for file in ["events.csv", "attempts.csv", "metrics.csv", "deliveries.jsonl", "summary.csv"] {
        assert_eq!(digest(&facts, file), digest(&manifest, file), "{file}");
    }

    // A scenario without one, and one without a scenario.
    fs::write(folder.join("scenarios/new.json"), orders(r#""lost.Sum == 0""#)).expect("a file");
    assert!(says(&folder, &["test"], 98).contains("there is no golden result of this scenario"));
    fs::rename(folder.join("scenarios/new.json"), folder.join("new.json")).expect("it can be moved");
    let stray = says(&folder, &["test"], 98);
    assert!(stray.contains("golden/new.new") && stray.contains("without a scenario"), "{stray}");
    assert!(says(&folder, &["accept"], 0).contains("removed scenarios/golden/new.new"));
    says(&folder, &["test"], 0);
}

#[test]
fn a_change_is_told_in_a_sentence_with_the_first_event_and_the_reason() {
    let folder = folder("change", &[("orders.json", &orders(r#""lost.Sum == 0""#))]);
    says(&folder, &["test", "--golden"], 98);
    says(&folder, &["accept"], 0);
    let path = "functions.ship.EventInvokeConfig.MaximumRetryAttempts";
    let said = says(&folder, &["test", "--set", &format!("{path}=1")], 98);
    let sentence = said.lines().find(|line| line.starts_with("  golden ")).expect(&said);
    assert!(sentence.contains("events that succeeded are now dead-lettered"), "{sentence}");
    assert!(sentence.contains("; first: event "), "{sentence}");
    assert!(sentence.ends_with("because MaximumRetryAttempts went from 2 to 1"), "{sentence}");
    assert!(said.contains("retries_exhausted.Sum: "), "{said}");
    assert!(!folder.join("scenarios/golden/orders.new").exists(), "what --set changed is not stored");

    let said = says(&folder, &["test", "--set", "seed=43"], 98);
    assert!(said.contains("the seed went from 42 to 43"), "{said}");

    // What changes no result is no difference; what is accepted must be of the scenario as it is.
    let other = orders(r#""lost.Sum < 9""#);
    fs::write(folder.join("scenarios/orders.json"), &other).expect("a file");
    says(&folder, &["test"], 0);
    fs::write(folder.join("scenarios/orders.json"), other.replace(": 2 }", ": 1 }")).expect("a file");
    says(&folder, &["test"], 98);
    fs::write(folder.join("scenarios/orders.json"), other.replace(": 2 }", ": 0 }")).expect("a file");
    let stale = program(&folder, &["accept"], false);
    assert_eq!(stale.status.code(), Some(4));
    assert!(stderr(&stale).contains("was changed since"), "{}", stderr(&stale));
}

#[test]
fn golden_results_that_were_edited_or_are_of_another_version_are_told() {
    let folder = folder("damaged", &[("orders.json", &orders(r#""lost.Sum == 0""#))]);
    says(&folder, &["test", "--golden"], 98);
    says(&folder, &["accept"], 0);
    let golden = folder.join("scenarios/golden/orders");
    let change = |file: &str, from: &str, to: &str| {
        let before = fs::read_to_string(golden.join(file)).expect("it is stored");
        fs::write(golden.join(file), before.replace(from, to)).expect("it can be written");
        before
    };
    let restore = |file: &str, text: String| fs::write(golden.join(file), text).expect("it can be written");
    let version = format!("\"model_version\": {}", thirdtry::MODEL_VERSION);
    let cases = [
        ("summary.csv", "lost,Sum,0", "lost,Sum,1", "was edited"),
        ("golden.json", &version, "\"model_version\": 0", "is of model version 0"),
        ("golden.json", "\"fingerprint\": \"", "\"fingerprint\": \"0", "the fingerprints are not"),
        ("golden.json", "{", "[", "is not what a golden result says"),
        ("golden.json", "\"end\"", "\"edn\"", "is not what a golden result says"),
    ];
    for (file, from, to, said) in cases {
        let before = change(file, from, to);
        let found = says(&folder, &["test"], 98);
        assert!(found.contains(said), "{file}: {found}");
        restore(file, before);
    }
    fs::remove_file(golden.join("summary.csv")).expect("it is there");
    let damaged = says(&folder, &["test"], 98);
    assert!(damaged.contains("summary.csv is missing"), "{damaged}");
    assert!(damaged.ends_with("\n1 scenario: 1 golden damaged\n"), "{damaged}");
    says(&folder, &["test", "--no-golden"], 0);
}

#[test]
fn another_seed_that_breaks_it_is_found_and_made_small_enough_to_fail_alone() {
    let more = r#""faults": [{ "throttle": { "probability": 0.01 } }],"#;
    let text = orders(r#""lost.Sum == 0", "retries_exhausted.Sum < 20""#).replace(
        "\"sources\": {",
        &format!(
            "{more} \"sources\": {{ \"b\": {{ \"to\": \"ship\", \"arrivals\": {{ \"times\": [\"1s\"] }} }},"
        ),
    );
    let folder = folder("seeds", &[("orders.json", &text)]);
    says(&folder, &["test"], 0);
    let said = says(&folder, &["test", "--shuffle-seeds", "40", "--out", "found"], 99);
    assert!(said.contains(" breaks `retries_exhausted.Sum < 20`: got "), "{said}");
    let command = said.split("thirdtry test ").nth(1).and_then(|rest| rest.lines().next()).expect(&said);
    let small = says(&folder, &["test", command], 99);
    assert!(small.contains("retries_exhausted.Sum < 20  got 20"), "{small}");
    let shrunk: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join(command)).expect("it was saved")).expect("JSON");
    assert_eq!(shrunk["sources"].as_object().map(serde_json::Map::len), Some(1), "{shrunk}");
    assert!(
        shrunk.get("faults").is_none() && shrunk["sources"]["orders"]["max_events"].as_u64() < Some(600),
        "{shrunk}"
    );
    assert_eq!(
        said,
        says(&folder, &["test", "--shuffle-seeds", "40", "--out", "found", "--threads", "1"], 99)
    );
}

/// Goal: what a search saves fails alone, and for the reason for which the scenario does: how often and when something
/// goes wrong is left as it is. Method: rare errors in a window break a count, and chance breaks a percentile.
#[test]
fn a_smallest_scenario_fails_alone_for_the_same_reason() {
    let rare = r#"{ "version": 1, "seed": 1, "arrivals_end": "1h",
      "functions": { "ship": { "Timeout": 10, "ReservedConcurrentExecutions": 2, "duration": "500ms",
        "EventInvokeConfig": { "MaximumRetryAttempts": 2 }, "DeadLetterConfig": { "TargetArn": "q" },
        "failures": [{ "exception": { "probability": 0.001, "during": ["10m", "20m"] } }] } },
      "destinations": { "q": { "sqs": {} } },
      "sources": { "orders": { "to": "ship", "arrivals": { "constant": { "rate": "2/s" } } },
                   "b": { "to": "ship", "arrivals": { "times": ["1s", "2s", "30m"] } } },
      "changes": [{ "at": "20m", "set": { "functions.ship.ReservedConcurrentExecutions": 1 } }],
      "expect": ["retries_exhausted.Sum == 0", "function_errors.exception.Sum < 3"] }"#;
    let aged = r#"{ "version": 1, "seed": 1, "arrivals_end": "10m",
      "functions": { "ship": { "Timeout": 10, "ReservedConcurrentExecutions": 6,
          "duration": { "lognormal": { "median": "400ms", "p99": "3s" } },
          "failures": [{ "exception": { "probability": 0.05 } }] }, "other": { "duration": "100ms" } },
      "sources": { "orders": { "to": "ship", "arrivals": { "poisson": { "rate": "4/s" } } },
                   "b": { "to": "other", "arrivals": { "poisson": { "rate": "2/s" } } } },
      "expect": ["lost.Sum < 9", "AsyncEventAge.p99 < 65s"] }"#;
    let folder = folder("alone", &[("rare.json", rare), ("aged.json", aged)]);
    let said = says(&folder, &["test", "--shuffle-seeds", "20", "--out", "found"], 99);
    let files: Vec<&str> =
        said.split("thirdtry test ").skip(1).map(|rest| rest.lines().next().unwrap_or_default()).collect();
    let [aged, rare] = files[..] else { panic!("both are broken: {said}") };
    let saved = |file: &str| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(folder.join(file)).expect("saved")).expect("JSON")
    };
    for (file, cause) in [
        (aged, serde_json::json!({ "probability": 0.05 })),
        (rare, serde_json::json!({ "probability": 0.001, "during": ["10m", "20m"] })),
    ] {
        let alone = says(&folder, &["test", file], 99);
        let scenario = saved(file);
        let expectation = scenario["expect"][0].as_str().expect("one");
        assert!(said.contains(&format!(" breaks `{expectation}`: got ")), "{said}");
        assert!(alone.contains(&format!("  FAIL       {expectation}  got ")), "{alone}");
        assert_eq!(scenario["functions"]["ship"]["failures"][0]["exception"], cause, "{scenario}");
        assert_eq!(scenario["sources"].as_object().map(serde_json::Map::len), Some(1), "{scenario}");
        assert!(scenario.get("changes").is_none() && scenario.get("destinations").is_none(), "{scenario}");
    }
}

#[test]
fn what_a_name_holds_stays_in_its_line() {
    let evil = r#""destinations[\"\u001b[31m\\n::error\"].delivered.Sum == 1""#;
    let text = orders(evil)
        .replace("\"destinations\": {", r#""destinations": { "\u001b[31m\n::error": { "sqs": {} },"#);
    let folder = folder("evil", &[("a.json", &text)]);
    let output = program(&folder, &["test"], false);
    assert_eq!(output.status.code(), Some(3), "a name has no control characters: {}", stdout(&output));
    let text = orders(r#""lost.Sum\u000b== 1""#);
    fs::write(folder.join("scenarios/a.json"), text).expect("a file");
    let said = says(&folder, &["test"], 99);
    assert!(said.contains("lost.Sum\\u{b}== 1") && !said.contains('\u{b}'), "{said}");
    let text = orders(r#""retries_exhausted.Sum\u000b< 20""#);
    fs::write(folder.join("scenarios/a.json"), text).expect("a file");
    let said = says(&folder, &["test", "--shuffle-seeds", "40"], 99);
    assert!(said.contains("breaks `retries_exhausted.Sum\\u{b}< 20`") && !said.contains('\u{b}'), "{said}");
}

#[test]
fn the_shipped_scenarios_keep_their_promises() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return;
    }
    // As in a build: nothing is written beside them.
    // The large one is left to an optimised program (`guide.rs`).
    let names = || thirdtry::scenario::builtin::names().filter(|name| *name != "plan-outage");
    let paths: Vec<String> = names().map(|name| format!("scenarios/{name}.json")).collect();
    let args: Vec<&str> = ["test"].into_iter().chain(paths.iter().map(String::as_str)).collect();
    let output = program(crate::source_files::root(), &args, true);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{said}{}", stderr(&output));
    let count = names().count();
    assert!(said.ends_with(&format!("{count} scenarios: {count} pass\n")), "{said}");
}
