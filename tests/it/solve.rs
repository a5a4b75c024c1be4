//! `solve` as people meet it, and held against what queueing theory answers.

use crate::cli::{fails, stderr, stdout, thirdtry};
use crate::support::{temporary_folder, tree};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::process::Output;
use thirdtry::scenario::Expectation;
use thirdtry::scenario::load::Input;
use thirdtry::solve::{Answer, Find, SolvePlan, Wanted, solve};

/// Callers who go away when all slots are busy: M/M/c/c with an offered load of two times the rate.
const LOSS: &str = r#"{ "version": 1, "arrivals_end": "260s", "warm_up": "60s",
    "functions": { "quote": { "duration": { "exponential": { "mean": "2s" } }, "Timeout": 900,
                              "ReservedConcurrentExecutions": 8 } },
    "sources": { "web": { "to": "quote", "invocation": "sync", "arrivals": { "poisson": { "rate": "2/s" } } } } }"#;

/// Three events a second apart; what comes from 40 s on and before 60 s fails.
const WINDOW: &str = r#"{ "version": 1,
    "functions": { "ship": { "duration": "10ms", "EventInvokeConfig": { "MaximumRetryAttempts": 0 },
                             "failures": [ { "exception": { "probability": 1, "during": ["40s", "60s"] } } ] } },
    "sources": { "s": { "to": "ship", "arrivals": { "times": ["1s"] } } } }"#;
const SLOTS: &str = "functions.quote.ReservedConcurrentExecutions";
const RATE: &str = "sources.web.arrivals.poisson.rate";
const TIME: &str = "sources.s.arrivals.times[0]";

/// The scenario as a file in a folder of its own; the folder and the file's name.
fn file(name: &str, scenario: &str) -> (std::path::PathBuf, String) {
    let folder = temporary_folder(&format!("solve-{name}"));
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("scenario.json");
    fs::write(&path, scenario).expect("a file");
    (folder, path.display().to_string())
}

fn solved(args: &[&str]) -> Output {
    thirdtry(&[&["solve"], args].concat())
}

#[track_caller]
fn ends(output: &Output, code: i32, said: &[&str]) {
    assert_eq!(output.status.code(), Some(code), "{}{}", stdout(output), stderr(output));
    for words in said {
        assert!(stdout(output).contains(words), "`{words}` is not in: {}", stdout(output));
    }
}

/// Erlang's formula: the share that finds all of `slots` busy at an offered load of `load`.
fn erlang_b(slots: u32, load: f64) -> f64 {
    (1..=slots).fold(1.0, |blocked, slot| load * blocked / (f64::from(slot) + load * blocked))
}

/// Goal: the answer is that of queueing theory, whatever the seed. Method: the smallest number of slots, and the
/// largest rate, at which fewer calls are turned away than a bound; by Erlang's formula, which is held against the
/// recorded case.
#[expect(clippy::print_stderr, reason = "whoever runs the tests should know what was skipped")]
#[test]
fn the_answer_is_the_one_of_theory() {
    let recorded = fs::read_to_string("../shared/reference/theory-cases.json");
    match recorded.map(|text| serde_json::from_str::<Value>(&text).expect("JSON")) {
        Ok(cases) => {
            let case = cases["cases"].as_array().unwrap().iter().find(|case| case["id"] == "E01").unwrap();
            let blocked = case["measures"].as_array().unwrap()[0]["expected"].as_f64().unwrap();
            assert!((erlang_b(5, 4.0) - blocked).abs() < 1e-8);
        }
        Err(_) => eprintln!("skipped: ../shared/reference/theory-cases.json is not there"),
    }
    let smallest = |bound: f64| (1..100).find(|slots| erlang_b(*slots, 4.0) < bound).unwrap().to_string();
    for seed in 0..4 {
        for (bound, text) in [(0.045, "4.5%"), (0.25, "25%")] {
            assert_eq!(answer(seed, &format!("{SLOTS}=1..40"), text, Wanted::Smallest), smallest(bound));
        }
        let rates = [1.0, 1.5, 2.0, 2.5, 3.0];
        let largest = rates.iter().rfind(|rate| erlang_b(8, 2.0 * **rate) < 0.045).unwrap();
        let found = answer(seed, &format!("{RATE}=1/s..3/s:0.5/s"), "4.5%", Wanted::Largest);
        assert_eq!(found, format!("{largest}/s"));
    }
}

fn answer(seed: u64, find: &str, bound: &str, wanted: Wanted) -> String {
    let mut input = Input::from_text("loss", LOSS);
    input.sets.push(("seed".to_owned(), seed.to_string()));
    let so_that = Expectation::parse(&format!("Throttles.Average < {bound}")).expect("sound");
    let find: Find = find.parse().expect("a range");
    let solution =
        solve(&SolvePlan { wanted, ..SolvePlan::new(input, find, vec![so_that]) }, &()).expect("it is asked");
    let Answer::Found(value) = solution.answer else { panic!("{seed} {bound}: {:?}", solution.answer) };
    value
}

/// Goal: whatever the number of threads, the same bytes.
#[test]
fn nothing_depends_on_the_number_of_threads() {
    let (folder, scenario) = file("threads", LOSS);
    let all = ["1", "2", "5"].map(|threads| {
        let out = folder.join(threads);
        let args = [
            scenario.as_str(),
            "--find",
            "functions.quote.ReservedConcurrentExecutions=1..20",
            "--so-that",
            "Throttles.Average < 9%",
            "--threads",
            threads,
            "--out",
            out.to_str().expect("UTF-8"),
        ];
        let output = solved(&args);
        ends(&output, 0, &["is 7. With 95% confidence"]);
        (stdout(&output), tree(&out))
    });
    assert!(all[0] == all[1] && all[1] == all[2]);
    let names: Vec<&str> = all[0].1.keys().map(|path| path.to_str().expect("UTF-8")).collect();
    let expected = [
        "charts/solve-1-Throttles.Average.svg",
        "evidence.csv",
        "manifest.json",
        "scenario.resolved.json",
        "solve.json",
    ];
    assert_eq!(names, expected);
}

/// Goal: the four forms say the same.
#[test]
fn every_form_has_the_answer_the_evidence_and_the_price() {
    let (_, scenario) = file("forms", LOSS);
    let find = format!("{SLOTS}=1..20");
    let form = |format: &str| {
        let args = [&scenario, "--find", &find, "--so-that", "Throttles.Average < 9%", "--format", format];
        let output = solved(&args);
        ends(&output, 0, &[]);
        stdout(&output)
    };
    let text = form("text");
    for words in
        ["the smallest", "is 7.", "6 does not", "One step more, 8: +$", "One step less, 6: −$", "monotone"]
    {
        assert!(text.contains(words), "`{words}` is not in: {text}");
    }
    let markdown = form("md");
    assert!(
        markdown.contains("**is 7.") && markdown.contains("| value | runs | Throttles.Average &lt; 9% |")
    );
    let json: Value = serde_json::from_str(&form("json")).expect("JSON");
    assert_eq!(json["answer"]["value"], "7");
    assert_eq!(json["steps"].as_array().unwrap().len(), 2);
    let mut rows = BTreeMap::new();
    let csv = form("csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    for row in reader.records().map(Result::unwrap) {
        rows.insert(row[0].to_owned(), row[6].to_owned());
    }
    assert_eq!((rows["7"].as_str(), rows["6"].as_str()), ("met", "not_met"));
    assert_eq!(json["evidence"].as_array().unwrap().len(), rows.len());
}

/// Goal: when no value does, the exit code is 5, with the nearest value and how far it is off.
#[test]
fn where_no_value_does_the_nearest_is_told() {
    let (_, scenario) = file("none", LOSS);
    let never = [
        "--find",
        "functions.quote.ReservedConcurrentExecutions=1..4",
        "--so-that",
        "Throttles.Average < 9%",
    ];
    let output = solved(&[&[scenario.as_str()], &never[..]].concat());
    ends(&output, 5, &["does not exist", "4 comes nearest:", "Throttles.Average is 0.3", "% too much"]);
    let output = solved(&[&[scenario.as_str(), "--no-fail"], &never[..]].concat());
    ends(&output, 0, &["does not exist"]);
    // More slots than seven, and fewer than five, at once.
    let both = ["--so-that", "Throttles.Average < 9%", "--so-that", "concurrency.Maximum <= 4"];
    let find = ["--find", "functions.quote.ReservedConcurrentExecutions=1..20"];
    let output = solved(&[&[scenario.as_str()], &find[..], &both[..]].concat());
    ends(&output, 5, &["contradict each other: Throttles.Average < 9% from 7 on, the rest up to 4. At 7:"]);
}

/// Goal: when replications do not suffice, the exit code is 97, with what is known and how many would do.
#[test]
fn where_replications_do_not_suffice_more_are_asked_for() {
    let (_, scenario) = file("undecided", LOSS);
    let find = "functions.quote.ReservedConcurrentExecutions=1..20";
    let args = [
        scenario.as_str(),
        "--find",
        find,
        "--so-that",
        "Throttles.Average < 6.2%",
        "--max-replications",
        "12",
    ];
    let output = solved(&args);
    ends(
        &output,
        97,
        &["is undecided after 12 replications", "8 meets all requirements, 6 does not", "At 7, `Throttles"],
    );
    assert!(stdout(&output).contains("replications would tell"), "{}", stdout(&output));
    let output = solved(&[&args[..], &["--no-fail", "-q"]].concat());
    ends(&output, 0, &[]);
    // Of what every run is to keep, one replication says nothing.
    let args = [scenario.as_str(), "--find", find, "--so-that", "lost.Sum == 0", "--max-replications", "1"];
    ends(&solved(&args), 97, &["about 117 replications would tell"]);
}

/// Goal: a requirement that is not monotone is said to be so, on either side.
#[test]
fn what_is_not_monotone_is_told() {
    let (_, scenario) = file("monotone", WINDOW);
    let find = format!("{TIME}=0s..100s");
    let output = solved(&[&scenario, "--find", &find, "--so-that", "succeeded.Sum == 1"]);
    ends(
        &output,
        0,
        &[
            "is 0s, the end of the range",
            "There is a reservation",
            "Not monotone: `succeeded.Sum == 1` is met at 0s",
        ],
    );
    // Met in the middle alone: found all the same.
    let output = solved(&[&scenario, "--find", &find, "--so-that", "retries_exhausted.Sum == 1"]);
    ends(&output, 0, &["is 40s.", "There is a reservation", "40s meets all requirements, and 39s does not"]);
    let json: Value = serde_json::from_str(&stdout(&solved(&[
        &scenario,
        "--find",
        &find,
        "--so-that",
        "retries_exhausted.Sum == 1",
        "--largest",
        "--format",
        "json",
    ])))
    .expect("JSON");
    assert_eq!(json["answer"]["value"], "59s");
    assert_eq!(json["contradictions"][0]["requirement"], "retries_exhausted.Sum == 1");
}

/// Goal: for each value of one setting the smallest of another, as table and picture.
#[test]
fn two_settings_have_a_frontier() {
    let (folder, scenario) = file("frontier", LOSS);
    let out = folder.join("out");
    let args = [
        scenario.as_str(),
        "--find",
        "sources.web.arrivals.poisson.rate=1/s..2/s:0.5/s",
        "--find",
        "functions.quote.ReservedConcurrentExecutions=1..20",
        "--so-that",
        "Throttles.Average < 8%",
        "--out",
        out.to_str().expect("UTF-8"),
    ];
    let output = solved(&args);
    ends(&output, 0, &["for each sources.web.arrivals.poisson.rate in 1/s..2/s the smallest"]);
    let smallest = |load: f64| (1..100).find(|slots| erlang_b(*slots, load) < 0.08).unwrap().to_string();
    let csv = fs::read_to_string(out.join("frontier.csv")).expect("it is written");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<(String, String)> =
        reader.records().map(Result::unwrap).map(|row| (row[0].to_owned(), row[2].to_owned())).collect();
    let expected =
        [("1/s", 2.0), ("1.5/s", 3.0), ("2/s", 4.0)].map(|(rate, load)| (rate.to_owned(), smallest(load)));
    assert_eq!(rows, expected);
    let chart = fs::read_to_string(out.join("charts/solve-frontier.svg")).expect("it is drawn");
    assert!(
        chart.contains("functions.quote.ReservedConcurrentExecutions") && chart.contains("1.5/s"),
        "both axes"
    );
    let json: Value =
        serde_json::from_str(&fs::read_to_string(out.join("solve.json")).expect("it is written"))
            .expect("JSON");
    assert_eq!((json["is_complete"].as_bool(), json["rows"].as_array().unwrap().len()), (Some(true), 3));
}

#[test]
fn values_that_the_scenario_cannot_have_are_left_out() {
    let (_, scenario) = file("quota", LOSS);
    let find = format!("{SLOTS}=1..1000");
    let output = solved(&[&scenario, "--find", &find, "--so-that", "Throttles.Average < 9%"]);
    ends(&output, 0, &["is 7.", "901..1000 was not searched: the scenario cannot have it."]);
}

/// Goal: the requirements of a scenario are its own, unless others are given.
#[test]
fn the_expectations_of_the_scenario_are_requirements() {
    let (_, scenario) = file("own", &LOSS.replacen('{', r#"{ "expect": ["Throttles.Average < 9%"],"#, 1));
    let find = format!("{SLOTS}=1..20");
    ends(&solved(&[&scenario, "--find", &find]), 0, &["is 7."]);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let (_, scenario) = file("refused", LOSS);
    let slots = "functions.quote.ReservedConcurrentExecutions=1..20";
    let none = "lost.Sum == 0";
    let cases: [(&[&str], i32, &[&str]); 18] = [
        (&["--so-that", none], 2, &["--find"]),
        (&["--find", slots], 2, &["nothing to meet", "--so-that"]),
        (&["--find", "functions.quote.Timeout", "--so-that", none], 2, &["write PATH=A..B"]),
        (&["--find", "functions.quote.Timeout=9..1", "--so-that", none], 2, &["reversed"]),
        (&["--find", "functions.quote.Timeout=", "--so-that", none], 2, &["write PATH=A..B"]),
        (
            &["--find", "functions.quote.Timeout=1..1000000000", "--so-that", none],
            2,
            &["more than 100000 values"],
        ),
        (
            &["--find", "functions.quote.Timeot=1..5", "--so-that", none],
            3,
            &["unknown key `Timeot`", "did you mean `Timeout`?", "at functions.quote.Timeot=1"],
        ),
        (&["--find", "functions.quote.RecursiveLoop=1..5", "--so-that", none], 3, &["RecursiveLoop"]),
        (
            &["--find", "functions.quote.Timeout=901..950", "--so-that", none],
            3,
            &["at functions.quote.Timeout=901"],
        ),
        (&["--find", "seed=1..5", "--so-that", none], 2, &["the seed is no setting"]),
        (
            &["--find", slots, "--so-that", "lots.Sum == 0"],
            2,
            &["`lots.Sum == 0`", "did you mean `lost.Sum`?"],
        ),
        (&["--find", slots, "--so-that", "lost.Sum = 0"], 2, &["is no comparison", "write `==`"]),
        (&["--find", slots, "--so-that", "AsyncEventAge.p99 < 10"], 2, &["has no unit"]),
        (&["--find", slots, "--so-that", none, "--max-replications", "0"], 2, &["--max-replications"]),
        (&["--find", slots, "--so-that", none, "--confidence", "100%"], 2, &["--confidence"]),
        (&["--find", slots, "--so-that", none, "--warm-up", "auto"], 2, &["one warm-up for all"]),
        (&["--find", slots, "--find", slots, "--so-that", none], 2, &["looked for twice"]),
        (
            &["--find", slots, "--find", "functions.quote.Timeout=1..9", "--find", "x=1", "--so-that", none],
            2,
            &["`--find` is given 3 times"],
        ),
    ];
    for (more, code, said) in cases {
        fails(&[&["solve", &scenario], more].concat(), code, said);
    }
    let wide = ["--find", "functions.quote.Timeout=1..900", "--find", slots, "--so-that", none];
    fails(&[&["solve", scenario.as_str()], &wide[..]].concat(), 2, &["value by value", "at most 100"]);
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_what_is_known() {
    let folder = temporary_folder("solve-interrupt");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_thirdtry"))
        .args(["solve", "outage-backlog", "--find", "functions.ship.ReservedConcurrentExecutions=1..100"])
        .args(["--so-that", "lost.Sum == 0", "--threads", "1", "--out"])
        .arg(&folder)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    while !folder.join("INCOMPLETE").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(child.try_wait().expect("it can be asked").is_none(), "it ended early");
    }
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    let killed =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    ends(&output, 130, &["the search was interrupted", "Evidence:"]);
    assert!(stderr(&output).contains("what was found so far is above"), "{}", stderr(&output));
    let manifest = fs::read_to_string(folder.join("manifest.json")).expect("it is written");
    assert!(manifest.contains(r#""answer": "interrupted""#), "{manifest}");
}
