//! `sweep` and `merge` as people and schedulers meet them.

#[cfg(target_os = "linux")]
use crate::cli::Mount;
use crate::cli::{fails, stderr, stdout, thirdtry};
use crate::support::{temporary_folder, tree};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const RETRIES: &str = "functions.ship.EventInvokeConfig.MaximumRetryAttempts=0,1,2";
const SLOTS: &str = "functions.ship.ReservedConcurrentExecutions=1..3:2";

/// An empty place for the folders of a test.
fn place(name: &str) -> PathBuf {
    let folder = temporary_folder(&format!("sweep-{name}"));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Sweeps the quick start over retries and slots, three replications a point, into `out`.
fn sweep(out: &Path, more: &[&str]) -> Output {
    let out = out.to_str().expect("UTF-8");
    let args =
        ["sweep", "quickstart", "--vary", SLOTS, "--vary", RETRIES, "--replications", "3", "--out", out];
    thirdtry(&[&args[..], more].concat())
}

#[track_caller]
fn swept(out: &Path, more: &[&str]) {
    let output = sweep(out, more);
    assert!(output.status.success(), "{}", stderr(&output));
}

fn merge(shares: &[PathBuf], out: &Path) -> Output {
    let names = shares.iter().map(|path| path.to_str().expect("UTF-8"));
    let args = ["merge"].into_iter().chain(names).chain(["--out", out.to_str().expect("UTF-8")]);
    thirdtry(&args.collect::<Vec<_>>())
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("the sweep has written it")
}

/// Goal: whoever does which run, the whole is the same, byte for byte.
#[test]
fn shares_merge_into_the_bytes_of_the_whole() {
    let place = place("shares");
    let whole = place.join("whole");
    swept(&whole, &["--threads", "1"]);
    for of in [2, 5, 20] {
        let inside = place.join(format!("of-{of}"));
        let share = |k: usize| inside.join(k.to_string());
        let shares: Vec<PathBuf> = (1..=of).map(share).collect();
        for (k, folder) in (1..).zip(&shares) {
            swept(folder, &["--threads", "3", "--shard", &format!("{k}/{of}")]);
            assert!(!folder.join("sweep.csv").exists(), "a share has no estimates");
        }
        // Named one by one, or by the folder that they are in; twice, since the first result lies there too.
        for folders in [&shares, &vec![inside.clone()], &vec![inside.clone()]] {
            let merged = inside.join("merged");
            let output = merge(folders, &merged);
            assert!(output.status.success(), "{}", stderr(&output));
            assert!(tree(&merged) == tree(&whole), "{of} shares differ from the whole");
        }
    }
}

#[test]
fn a_sweep_is_a_row_for_each_point_and_metric_and_has_charts() {
    let place = place("files");
    let out = place.join("all");
    let output = sweep(&out, &[]);
    let shown = stdout(&output);
    assert!(
        shown.starts_with("quickstart: 6 points × 3 replications on common random numbers (seed 42)"),
        "{shown}"
    );
    assert_eq!(shown.lines().count(), 9, "{shown}");
    let rows = read(&out, "sweep.csv");
    let lost: Vec<&str> = rows.lines().filter(|row| row.contains(",run,lost,Sum,Count,3,")).collect();
    assert_eq!(lost.len(), 6);
    assert!(lost[4].starts_with("4,3,1,run,"), "the last axis runs fastest: {}", lost[4]);
    assert_eq!(read(&out, "cells.csv").lines().count(), 19);
    let chart = read(&out, "charts/sweep-AsyncEventAge.p99.svg");
    assert!(chart.contains("ReservedConcurrentExecutions") && chart.contains("MaximumRetryAttempts"));

    let few = place.join("few");
    let output =
        sweep(&few, &["--metric", "lost.Sum", "--metric", "functions.ship.Errors.Average", "--format", "md"]);
    assert!(
        stdout(&output)
            .contains("| ReservedConcurrentExecutions | MaximumRetryAttempts | lost.Sum | Errors.Average |")
    );
    assert_eq!(read(&few, "sweep.csv").lines().count(), 13);
}

/// Goal: the events of a point are those of every other point: common random numbers.
#[test]
fn all_points_see_the_same_events() {
    let place = place("events");
    swept(&place.join("out"), &["--metric", "accepted.Sum"]);
    let cells = read(&place.join("out"), "cells.csv");
    let mut reader = csv::Reader::from_reader(cells.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    for row in &rows {
        let same = rows.iter().find(|other| other[1] == row[1]).expect("itself at least");
        assert_eq!(row[6], same[6], "replication {}", &row[1]);
    }
    assert_ne!(rows[0][6], rows[1][6]);
}

#[test]
fn zipped_settings_go_together() {
    let place = place("zip");
    let out = place.join("out").display().to_string();
    let args = [
        "sweep",
        "quickstart",
        "--vary",
        "functions.ship.Timeout=10,20",
        "--vary",
        SLOTS,
        "--zip",
        "--replications",
        "2",
        "--metric",
        "lost.Sum",
        "--out",
        &out,
    ];
    let output = thirdtry(&args);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 5, "{}", stdout(&output));
}

/// Goal: after a kill, finished runs are not done again, and the result is the same. A half-written row does not hurt.
#[test]
fn an_interrupted_sweep_goes_on_where_it_stopped() {
    let place = place("resume");
    let (whole, out) = (place.join("whole"), place.join("out"));
    swept(&whole, &[]);
    // What a kill in the middle of the seventh row would leave.
    let rows = read(&whole, "cells.csv");
    let seven: Vec<&str> = rows.split_inclusive('\n').take(8).collect();
    fs::create_dir_all(&out).expect("a folder");
    fs::write(out.join("INCOMPLETE"), "thirdtry: this run has not finished: it was killed\n")
        .expect("a file");
    fs::copy(whole.join("sweep.json"), out.join("journal.json")).expect("a file");
    let cut = &seven.concat()[..seven[..7].concat().len() + 9];
    fs::write(out.join("journal.csv"), cut).expect("a file");
    let output = sweep(&out, &["--resume"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("going on: 6 of 18 runs are finished already"), "{}", stderr(&output));
    assert!(tree(&out) == tree(&whole), "the folders differ");
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_what_is_finished() {
    let place = place("interrupt");
    let out = place.join("out");
    let mut child = Command::new(env!("CARGO_BIN_EXE_thirdtry"))
        .args([
            "sweep",
            "outage-backlog",
            "--vary",
            "functions.ship.ReservedConcurrentExecutions=20,21",
            "--threads",
            "1",
        ])
        .args(["--replications", "500", "--metric", "lost.Sum", "--out"])
        .arg(&out)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let rows = || fs::read_to_string(out.join("journal.csv")).map_or(0, |text| text.lines().count());
    while rows() < 3 {
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(child.try_wait().expect("it can be asked").is_none(), "it ended early");
    }
    // Two do not write into one folder.
    let again = ["sweep", "outage-backlog", "--vary", "functions.ship.ReservedConcurrentExecutions=20,21"];
    let again = [&again[..], &["--replications", "500", "--metric", "lost.Sum", "--out"]].concat();
    let again = [&again[..], &[out.to_str().expect("UTF-8")]].concat();
    fails(&again, 4, &["another process is working on the sweep in"]);
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    assert!(stderr(&output).contains("of 1000 runs are kept"), "{}", stderr(&output));
    assert!(rows() >= 3 && out.join("INCOMPLETE").exists());
    // Another sweep does not take its place.
    fails(
        &["sweep", "quickstart", "--vary", RETRIES, "--out", out.to_str().expect("UTF-8")],
        4,
        &["holds an unfinished sweep, but not this one", "--out"],
    );
}

/// Goal: a large grid can be given up while its points are being read. Method: the request comes as soon as the program
/// listens to it, long before 90,000 points are read.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_is_heeded_before_the_first_run() {
    let out = place("interrupt-early").join("out");
    let vary = ["functions.ship.ReservedConcurrentExecutions=1..900:1", "functions.ship.Timeout=1..100:1"];
    let child = Command::new(env!("CARGO_BIN_EXE_thirdtry"))
        .args(["sweep", "quickstart", "--vary", vary[0], "--vary", vary[1], "--out"])
        .arg(&out)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let listens = || {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a line");
        u64::from_str_radix(caught.trim(), 16).expect("a mask") & (1 << 1) != 0
    };
    while !listens() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    assert!(stderr(&output).contains("interrupted; nothing was run"), "{}", stderr(&output));
    assert!(!out.exists());
}

/// Goal: a disk that fills up, among the runs or when the files are written, loses nothing that is finished.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_what_is_finished() {
    let place = place("full");
    let small = r#"{ "version": 1, "functions": { "ship": { "duration": "1s" } },
        "sources": { "s": { "to": "ship", "arrivals": { "poisson": { "rate": "1/s" } }, "max_events": 9 } } }"#;
    let scenario = place.join("small.json");
    fs::write(&scenario, small).expect("a file");
    let scenario = scenario.to_str().expect("UTF-8");
    let options =
        ["--metric", "lost.Sum", "--metric", "succeeded.Sum", "--replications", "40", "--no-estimate"];
    let sweep = |out: &Path| {
        let args =
            ["sweep", scenario, "--vary", SLOTS, "--vary", RETRIES, "--out", out.to_str().expect("UTF-8")];
        thirdtry(&[&args[..], &options].concat())
    };
    let whole = place.join("whole");
    assert!(sweep(&whole).status.success());
    // 240 rows of 40 bytes: the first disk holds some of them, the second all, but not a second time.
    for (size, all_runs) in [("size=16k", false), ("size=28k", true)] {
        let Some(disk) = Mount::new(&format!("sweep-full-{size}"), size) else { return };
        let out = disk.0.join("results");
        let output = sweep(&out);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains("No space left"), "{}", stderr(&output));
        assert!(stderr(&output).contains("free some space"), "{}", stderr(&output));
        assert!(out.join("INCOMPLETE").exists() && !out.join("cells.csv").exists());
        let kept = read(&out, "journal.csv").lines().count();
        assert_eq!(kept > 240, all_runs, "{kept} lines");
        let remount = Command::new("mount").args(["-o", "remount,size=4m"]).arg(&disk.0).status();
        assert!(remount.expect("it starts").success());
        let output = sweep(&out);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stderr(&output).contains("of 240 runs are finished already"), "{}", stderr(&output));
        assert!(tree(&out) == tree(&whole), "the folders differ");
    }
}

#[test]
fn what_cannot_be_swept_is_refused() {
    let cases: [(&[&str], i32, &[&str]); 15] = [
        (&[], 2, &["--vary"]),
        (&["--vary", "functions.ship.Timeout"], 2, &["write PATH="]),
        (&["--vary", "functions.ship.Timeout=9..1:1"], 2, &["reversed"]),
        (&["--vary", "functions.ship.Timeout=1..1000000000:1"], 2, &["more than 100000 values"]),
        (&["--vary", "functions.ship.Timeout=1..900:1", "--vary", "seed=1..2000:1"], 2, &["1800000 points"]),
        (
            &["--vary", "functions.ship.Timeot=1,2"],
            3,
            &["unknown key `Timeot`", "did you mean `Timeout`?", "at functions.ship.Timeot=1"],
        ),
        (
            &["--vary", "functions.ship.Timeout=800..1000:100"],
            3,
            &["at functions.ship.Timeout=1000", "1..900"],
        ),
        (&["--vary", "description.x=1,2"], 3, &["--set"]),
        (&["--vary", RETRIES, "--replications", "0"], 2, &["--replications", "at least 1"]),
        (
            &["--vary", RETRIES, "--until-precise", "AsyncEventAge.p99=1%"],
            2,
            &["as many replications at each point", "with `run --until-precise`"],
        ),
        (&["--vary", RETRIES, "--shard", "5/4"], 2, &["there is no share 5 of 4"]),
        (&["--vary", RETRIES, "--shard", "auto"], 2, &["no job array"]),
        (&["--vary", RETRIES, "--metric", "lots.Sum"], 2, &["no metric", "did you mean `lost.Sum`?"]),
        (&["--vary", RETRIES, "--warm-up", "auto"], 2, &["one warm-up for all"]),
        (&["--vary", RETRIES, "--resume"], 4, &["holds no unfinished sweep"]),
    ];
    let place = place("refused");
    let out = place.join("out").display().to_string();
    for (more, code, said) in cases {
        fails(&[&["sweep", "quickstart", "--out", &out], more].concat(), code, said);
        assert!(!place.join("out").exists(), "{more:?}");
    }
}

#[test]
fn what_cannot_be_merged_is_refused() {
    let place = place("merge-refused");
    let folder = |name: &str| place.join(name);
    let share = |name: &str, more: &[&str]| {
        swept(&folder(name), &[&["--metric", "lost.Sum"], more].concat());
        folder(name)
    };
    let one = share("one", &["--shard", "1/2"]);
    let two = share("two", &["--shard", "2/2"]);
    let again = share("again", &["--shard", "2/2"]);
    let seed = share("seed", &["--shard", "2/2", "--seed", "7"]);
    let third = share("third", &["--shard", "3/3"]);
    let whole = share("whole", &[]);
    let edited = share("edited", &["--shard", "2/2"]);
    let rows = read(&edited, "cells.csv").replace(",drained,", ",horizon,");
    fs::write(edited.join("cells.csv"), rows).expect("a file");
    let nothing = folder("nothing");
    fs::create_dir_all(&nothing).expect("a folder");
    let unfinished = share("unfinished", &["--shard", "2/2"]);
    fs::write(unfinished.join("INCOMPLETE"), "").expect("a file");
    let other = share("other", &["--shard", "2/2", "--set", "functions.ship.MemorySize=1024"]);
    let older = share("older", &["--shard", "2/2"]);
    as_of_another_version(&older);
    let cases: [(&[&PathBuf], &str); 11] = [
        (&[&one, &other], "another scenario"),
        (&[&one, &older], "another version of thirdtry"),
        (&[&one], "missing: 2/2"),
        (&[&one, &two, &again], "share 2/2 is there twice"),
        (&[&one, &seed], "another seed"),
        (&[&one, &third], "another number of shares"),
        (&[&one, &whole], "holds a whole sweep"),
        (&[&one, &edited], "is not what the sweep wrote"),
        (&[&one, &unfinished], "has not finished"),
        (&[&one, &nothing], "holds no share of a sweep"),
        (&[&place], "is not what the sweep wrote"),
    ];
    for (shares, said) in cases {
        let shares: Vec<PathBuf> = shares.iter().copied().cloned().collect();
        let output = merge(&shares, &folder("merged"));
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{said}: {}", stderr(&output));
        assert!(!folder("merged").exists(), "{said}");
    }
    assert!(merge(&[two, one], &folder("merged")).status.success(), "in any order");
}

/// Makes a share one that another version has written, and says so in its manifest.
fn as_of_another_version(share: &Path) {
    let about = read(share, "sweep.json");
    let other = about.replacen(env!("CARGO_PKG_VERSION"), "0.0.9", 1);
    let hexadecimal =
        |bytes: &[u8]| bytes.iter().fold(String::new(), |all, byte| all + &format!("{byte:02x}"));
    let digest = |text: &str| hexadecimal(&Sha256::digest(text));
    let manifest = read(share, "manifest.json");
    assert!(manifest.contains(&digest(&about)));
    fs::write(share.join("manifest.json"), manifest.replace(&digest(&about), &digest(&other)))
        .expect("a file");
    fs::write(share.join("sweep.json"), other).expect("a file");
}

/// Goal: the map tells apart what comes back and what does not. Method: the shipped metastable collapse, whose database
/// has a brown-out of a minute: with retries it never comes back, at half of the load it does.
#[test]
fn the_recovery_map_tells_collapse_from_recovery() {
    let place = place("recovery");
    let out = place.join("out");
    let args = [
        "sweep",
        "metastable-collapse",
        "--replications",
        "2",
        "--vary",
        "sources.orders.arrivals.poisson.rate=8/s,16/s",
        "--vary",
        "functions.checkout.EventInvokeConfig.MaximumRetryAttempts=0,2",
        "--metric",
        "recovered.Sum",
        "--metric",
        "recovery_time.Maximum",
        "--out",
    ];
    let output = thirdtry(&[&args[..], &[out.to_str().expect("UTF-8")]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let map = read(&out, "recovery.csv");
    let classes: Vec<&str> = map.lines().skip(1).map(|row| row.split(',').nth(3).expect("a class")).collect();
    assert_eq!(classes, ["recovered", "recovered", "recovered", "collapsed"], "{map}");
    assert!(read(&out, "charts/sweep-recovery.svg").contains("C: collapsed"));
}
