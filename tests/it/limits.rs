//! Runs that do not fit the machine: refused before they begin, or stopped with a folder that says so.

#[cfg(target_os = "linux")]
use crate::cli::Mount;
use crate::cli::{final_names, stderr, stdout, thirdtry};
use crate::support::temporary_folder;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A scenario file in which all of `events` events wait for one slot.
fn all_wait(name: &str, events: u64) -> PathBuf {
    let folder = temporary_folder(name);
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("all-wait.json");
    let text = format!(
        r#"{{ "version": 1, "functions": {{ "f": {{ "ReservedConcurrentExecutions": 1, "duration": "10s" }} }},
        "sources": {{ "s": {{ "to": "f", "max_events": {events}, "arrivals": {{ "poisson": {{ "rate": "100000/s" }} }} }} }} }}"#
    );
    fs::write(&file, text).expect("a file");
    file
}

fn refused(args: &[&str], said: &[&str]) {
    let output = thirdtry(args);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert_eq!(stdout(&output), "");
    for words in said {
        assert!(message.contains(words), "`{words}` is not in: {message}");
    }
}

#[test]
fn a_billion_pending_events_are_refused_before_the_run() {
    let file = all_wait("limits-pending", 1_000_000_000);
    let out = file.with_file_name("out");
    let (file, out_text) = (file.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    let said = [
        "about 1,000,000,000 events",
        "GiB of memory, and there are 24 GiB; nothing was run",
        "max_events=",
        "--no-estimate",
    ];
    refused(&["run", file, "--memory", "24GiB", "--files", "none"], &said);
    refused(&["run", file, "--memory", "24GiB", "--out", out_text], &said);
    assert!(!out.exists(), "nothing was run, and yet there is a folder");
    let said = ["2 runs at a time share the memory", "there are 12 GiB", "--threads"];
    refused(&["run", file, "--memory", "24GiB", "--replications", "4", "--threads", "2"], &said);
}

#[cfg(target_os = "linux")]
#[test]
fn a_billion_events_are_refused_on_a_small_disk() {
    let Some(disk) = Mount::new("limits-small-disk", "size=1m") else { return };
    let out = disk.0.join("results");
    let out_text = out.to_str().expect("UTF-8");
    let calm = "benches/scenarios/calm.json";
    let events = "sources.events.max_events=1000000000";
    let said = [
        "about 1,000,000,000 events need about",
        "results` has",
        "MiB free",
        "--files",
        "--out",
        "--no-estimate",
    ];
    refused(&["run", calm, "--set", events, "--out", out_text], &said);
    assert!(!out.exists(), "nothing was run, and yet there is a folder");
    // A tenth of a thousandth of it fits.
    let fits = thirdtry(&[
        "run",
        calm,
        "--set",
        "sources.events.max_events=1000",
        "--out",
        out_text,
        "--files",
        "events",
    ]);
    assert!(fits.status.success(), "{}", stderr(&fits));
}

#[test]
fn a_run_that_outgrows_its_memory_is_stopped_and_says_so() {
    let file = all_wait("limits-outgrown", 2_000_000);
    let out = file.with_file_name("out");
    let (file, out_text) = (file.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    let said =
        ["stopped: ", "events are in the system at a time", "32 MiB of memory hold no more", "--memory"];
    refused(&["run", file, "--no-estimate", "--memory", "32MiB", "--out", out_text], &said);
    assert_eq!(final_names(&out), [Path::new("INCOMPLETE")]);
    let marker = fs::read_to_string(out.join("INCOMPLETE")).expect("the marker");
    assert!(marker.contains("too much memory"), "{marker}");
}

/// Goal: the point that does not fit is named before anything is run, even if it is the last one.
#[test]
fn a_sweep_with_a_point_that_does_not_fit_is_refused() {
    let file = all_wait("limits-sweep", 10);
    let out = file.with_file_name("out");
    let (file, out_text) = (file.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    let sweep = ["sweep", file, "--vary", "sources.s.max_events=10,1000000000", "--out", out_text];
    let said = [
        "at sources.s.max_events=1000000000: 2 runs at a time share the memory",
        "there are 12 GiB; nothing was run",
        "--threads",
        "--no-estimate",
    ];
    refused(&[&sweep[..], &["--memory", "24GiB", "--threads", "2"]].concat(), &said);
    assert!(!out.exists(), "nothing was run, and yet there is a folder");
}

/// Goal: a run that outgrows its share stops the sweep; what was finished is kept.
#[test]
fn a_sweep_that_outgrows_its_memory_is_stopped_and_goes_on() {
    let file = all_wait("limits-sweep-outgrown", 10);
    let out = file.with_file_name("out");
    let (file, out_text) = (file.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    let sweep = ["sweep", file, "--vary", "sources.s.max_events=10,20,150000", "--out", out_text];
    let options = ["--replications", "2", "--threads", "1", "--metric", "accepted.Sum", "--set", "end=4s"];
    let limit = ["--no-estimate", "--memory", "24MiB"];
    refused(
        &[&sweep[..], &options, &limit].concat(),
        &["stopped: ", "24 MiB of memory hold no more", "--memory"],
    );
    let kept = fs::read_to_string(out.join("journal.csv")).expect("the journal");
    assert_eq!(kept.lines().count(), 5, "a header and two points of two runs: {kept}");
    let again = thirdtry(&[&sweep[..], &options, &["--resume"]].concat());
    assert!(stderr(&again).contains("going on: 4 of 6 runs are finished already"), "{}", stderr(&again));
    assert!(again.status.success());
}

#[test]
fn replications_that_outgrow_their_memory_are_stopped() {
    let file = all_wait("limits-replications-outgrown", 2_000_000);
    let out = file.with_file_name("out");
    let run = ["run", file.to_str().expect("UTF-8"), "--out", out.to_str().expect("UTF-8")];
    let options = ["--replications", "2", "--threads", "2", "--no-estimate", "--memory", "64MiB"];
    refused(&[&run[..], &options].concat(), &["stopped: ", "32 MiB of memory hold no more", "--memory"]);
    assert_eq!(final_names(&out), [Path::new("INCOMPLETE")]);
}

/// Goal: two runs at a time, A and B, share what there is; what is estimated not to fit is refused, what outgrows its
/// share is stopped, and the folder says so.
#[test]
fn a_comparison_that_does_not_fit_is_refused_or_stopped() {
    let file = all_wait("limits-diff", 2_000_000);
    let out = file.with_file_name("out");
    let diff =
        ["diff", file.to_str().expect("UTF-8"), "--set", "functions.f.duration=9s", "--replications", "1"];
    let options = ["--threads", "1", "--memory", "64MiB", "--out", out.to_str().expect("UTF-8")];
    let args = [&diff[..], &options].concat();
    refused(&args, &["2 runs at a time share the memory", "there are 32 MiB; nothing was run", "--threads"]);
    assert!(!out.exists(), "nothing was run, and yet there is a folder");
    let said = ["stopped: ", "32 MiB of memory hold no more", "--memory"];
    refused(&[&args[..], &["--no-estimate"]].concat(), &said);
    assert_eq!(final_names(&out), [Path::new("INCOMPLETE")]);
    let marker = fs::read_to_string(out.join("INCOMPLETE")).expect("the marker");
    assert!(marker.contains("too much memory"), "{marker}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_sweep_whose_rows_do_not_fit_on_the_disk_is_refused() {
    let Some(disk) = Mount::new("limits-sweep-small-disk", "size=1m") else { return };
    let out = disk.0.join("results");
    let sweep = ["sweep", "quickstart", "--vary", "functions.ship.Timeout=10,20", "--out"];
    let sweep = [&sweep[..], &[out.to_str().expect("UTF-8"), "--replications", "1000000"]].concat();
    let said =
        ["the rows of all runs need about", "results` has", "free; nothing was run", "--metric", "--shard"];
    refused(&sweep, &said);
    assert!(!out.exists(), "nothing was run, and yet there is a folder");
}

#[test]
fn a_wrong_size_is_told_what_a_size_looks_like() {
    let output = thirdtry(&["run", "quickstart", "--memory", "24"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`24` has no unit"), "{}", stderr(&output));
}

#[test]
fn results_are_whole_when_nobody_reads_the_summary() {
    let out = temporary_folder("limits-closed-pipe");
    let mut child = Command::new(env!("CARGO_BIN_EXE_thirdtry"))
        .args(["--quiet", "run", "quickstart", "--out", out.to_str().expect("UTF-8")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    assert!(out.join("manifest.json").is_file() && !out.join("INCOMPLETE").exists());
}

#[test]
fn check_says_what_a_run_needs() {
    let text = stdout(&thirdtry(&["check", "benches/scenarios/wide.json"]));
    assert!(text.contains("a run: about 1,000,000 events, 2,71"), "{text}");
    let json = stdout(&thirdtry(&["check", "benches/scenarios/wide.json", "--format", "json"]));
    let reports: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(reports[0]["estimate"]["events"], 1_000_000);
    assert!(reports[0]["estimate"]["file_bytes"]["events.csv"].as_u64() > Some(100_000_000));
}
