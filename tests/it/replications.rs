//! `run --replications` as people and scripts meet it.

use crate::cli::{fails, stderr, stdout, thirdtry};
use crate::support::{load, temporary_folder, tree};
use std::fs;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicU32, Ordering};
use thirdtry::experiment::{Plan, Supervisor, replicate as replicate_scenario};

/// Runs with `more`; results into a folder of this name.
fn replicate(name: &str, more: &[&str]) -> (std::path::PathBuf, Output) {
    let folder = temporary_folder(name);
    let out = folder.to_str().expect("UTF-8");
    let output = thirdtry(&[&["run", "quickstart", "--out", out], more].concat());
    (folder, output)
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("the run has written it")
}

/// Goal: no byte depends on the number of threads; replication 0 is the plain run.
#[test]
fn replications_are_the_same_on_any_number_of_threads() {
    let (one, output) = replicate("replications-one", &["--replications", "6", "--threads", "1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let (three, again) = replicate("replications-three", &["--replications", "6", "--threads", "3"]);
    assert_eq!(stdout(&output), stdout(&again));
    assert!(tree(&one) == tree(&three), "the folders differ");
    let names: Vec<_> = tree(&one).into_keys().collect();
    let expected =
        ["estimates.csv", "estimates.json", "manifest.json", "replications.csv", "scenario.resolved.json"];
    assert_eq!(names, expected.map(std::path::PathBuf::from));

    let single = stdout(&thirdtry(&["run", "quickstart", "--files", "none", "--format", "csv"]));
    let first = read(&one, "replications.csv").lines().nth(1).expect("a replication").to_owned();
    let accepted = single.lines().nth(1).expect("a row").split(',').nth(3).expect("a value").to_owned();
    assert_eq!(first.split(',').nth(3), Some(accepted.as_str()));
}

#[test]
fn means_are_shown_with_their_intervals_in_every_form() {
    let run = |format| {
        let args = [
            "run",
            "quickstart",
            "--replications",
            "4",
            "--files",
            "none",
            "--confidence",
            "90%",
            "--format",
        ];
        stdout(&thirdtry(&[&args[..], &[format]].concat()))
    };
    let text = run("text");
    assert!(text.starts_with("quickstart: 4 independent replications (0 to 3) of seed 42; 90% "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.contains("\nlost.Sum ") && text.contains(" ± "), "{text}");
    assert!(run("md").contains("| --- | ---: |"));
    assert!(run("csv").starts_with("scope,metric,statistic,unit,replications,mean,half_width,"));
    let json: serde_json::Value = serde_json::from_str(&run("json")).expect("JSON");
    assert_eq!((&json["replications"], &json["confidence"]), (&4.into(), &0.9.into()));
    assert!(json["estimates"]["AsyncEventAge.p99"]["pooled"].is_u64());
}

#[test]
fn until_precise_stops_when_it_is_and_is_undecided_when_it_is_not() {
    let rule = ["--until-precise", "accepted.Sum=±5%", "--format", "json", "--files", "none"];
    let (_, output) = replicate("replications-precise", &rule);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let n = json["replications"].as_u64().expect("a number");
    assert!((10..100).contains(&n), "{n}");
    let narrow = ["--until-precise", "accepted.Sum=±0.1%", "--replications", "12"];
    let (folder, output) = replicate("replications-undecided", &narrow);
    assert_eq!(output.status.code(), Some(97));
    assert!(stdout(&output).contains("not as precise as was asked: about "), "{}", stdout(&output));
    assert!(folder.join("estimates.csv").is_file(), "what was found is kept");
    let (_, output) = replicate("replications-no-fail", &[&narrow[..], &["--no-fail"]].concat());
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_warm_up_is_given_or_found_or_refused() {
    let steady = "{ \"version\": 1, \"arrivals_end\": \"2h\", \"functions\": { \"f\": { \"duration\": \
                  { \"exponential\": { \"mean\": \"2m\" } } } }, \"sources\": { \"s\": { \"to\": \"f\", \
                  \"arrivals\": { \"poisson\": { \"rate\": \"2/s\" } } } } }";
    let folder = temporary_folder("replications-warm-up");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("steady.json");
    fs::write(&file, steady).expect("a file");
    let file = file.to_str().expect("UTF-8");
    let with = ["run", file, "--replications", "3", "--files", "none", "--warm-up"];
    let output = thirdtry(&[&with[..], &["auto"]].concat());
    assert!(stderr(&output).contains("by MSER-5 over 10 pilot replications"), "{}", stderr(&output));
    assert!(stdout(&output).contains(" on; 95%"), "{}", stdout(&output));
    assert!(stdout(&thirdtry(&[&with[..], &["30m"]].concat())).contains("from 00:30:00.000 on"));
    fails(&[&with[..], &["2h"]].concat(), 2, &["as long as events arrive"]);
    fails(&[&with[..], &["30"]].concat(), 2, &["has no unit", "auto"]);
    fails(&["run", "dlq-redrive", "--replications", "3", "--warm-up", "1m"], 2, &["redrives has no warm-up"]);
}

/// Goal: a stop is heeded between runs that are too short to be asked in. Method: one that comes after the third.
#[test]
fn many_short_runs_can_be_stopped() {
    struct AfterThree(AtomicU32);
    impl Supervisor for AfterThree {
        fn stops(&self) -> bool {
            self.0.load(Ordering::Relaxed) >= 3
        }

        fn run_done(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let scenario = load(
        r#"{ "version": 1, "functions": { "f": { "duration": "1s" } },
        "sources": { "s": { "to": "f", "arrivals": { "poisson": { "rate": "1/s" } }, "max_events": 9 } } }"#,
    )
    .scenario;
    let most = NonZeroU32::new(1_000).expect("not zero");
    let plan = Plan { threads: NonZeroUsize::MIN, ..Plan::new(&scenario, most) };
    let supervisor = AfterThree(AtomicU32::new(0));
    assert!(replicate_scenario(&scenario, &plan, &supervisor).is_err(), "it went on to its end");
    assert_eq!(supervisor.0.into_inner(), 3);
}

#[test]
fn mistakes_are_refused_before_anything_runs() {
    let cases: [(&[&str], &[&str]); 10] = [
        (&["--replications", "0"], &["'0'", "--replications"]),
        (&["--replications=-1"], &["--replications"]),
        (&["--replications", "5000000000"], &["--replications"]),
        (&["--until-precise", "lots.Sum=±1%"], &["no metric `lots.Sum`", "did you mean `lost.Sum`?"]),
        (&["--until-precise", "AsyncEventAge=±1%"], &["name a statistic of it: SampleCount, Average, p50"]),
        (&["--until-precise", "lost.Sum"], &["METRIC=±MARGIN"]),
        (&["--until-precise", "lost.Sum=±1s"], &["no margin for lost.Sum", "number"]),
        (&["--confidence", "95%"], &["--confidence` means nothing without replications", "--replications"]),
        (&["--replications", "3", "--confidence", "95"], &["50% to 99.99%"]),
        (&["--replications", "3", "--files", "events"], &["single runs", "--files none"]),
    ];
    for (more, said) in cases {
        let folder = temporary_folder("replications-refused");
        let args = [&["run", "quickstart", "--out", folder.to_str().expect("UTF-8")], more].concat();
        fails(&args, 2, said);
        assert!(!folder.exists(), "{more:?}");
    }
}
