//! The built program, as people and scripts meet it: answers, files, exit codes.

use crate::source_files::{root, text};
use crate::support::{temporary_folder, tree};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub(crate) fn thirdtry(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_thirdtry"))
        .args(args)
        .current_dir(root())
        .output()
        .expect("the program starts")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs `scenario` into `folder`; returns the summary's line with the fingerprint.
fn run(scenario: &str, folder: &Path, more: &[&str]) -> String {
    let out = folder.to_str().expect("UTF-8");
    let output = thirdtry(&[&["run", scenario, "--out", out], more].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    fingerprint(&stdout(&output))
}

fn fingerprint(summary: &str) -> String {
    summary.lines().find(|line| line.starts_with("Fingerprint")).expect("a fingerprint").to_owned()
}

#[track_caller]
pub(crate) fn fails(args: &[&str], code: i32, said: &[&str]) {
    let output = thirdtry(args);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(!message.contains("panicked") && !message.contains('\u{1b}'), "{message}");
    for words in said {
        assert!(message.contains(words), "`{words}` is not in: {message}");
    }
}

#[test]
fn the_same_run_twice_writes_the_same_bytes_and_without_files_has_the_same_fingerprint() {
    let (once, again) = (temporary_folder("cli-once"), temporary_folder("cli-again"));
    let first = run("scenarios/outage-backlog.json", &once, &[]);
    assert_eq!(first, run("scenarios/outage-backlog.json", &again, &[]));
    assert!(tree(&once) == tree(&again), "the folders differ");
    let none = thirdtry(&["run", "scenarios/outage-backlog.json", "--files", "none"]);
    assert_eq!(first, fingerprint(&stdout(&none)));
    let expected = [
        "summary.json",
        "summary.csv",
        "events.csv",
        "attempts.csv",
        "timeline.csv",
        "metrics.csv",
        "deliveries.jsonl",
        "manifest.json",
        "report.html",
        "scenario.resolved.json",
    ];
    for name in expected {
        assert!(once.join(name).is_file(), "{name} is missing");
    }
    // The resolved scenario is a scenario, and the same one.
    let resolved = once.join("scenario.resolved.json");
    let resolved = thirdtry(&["run", resolved.to_str().expect("UTF-8"), "--files", "none"]);
    assert_eq!(first, fingerprint(&stdout(&resolved)));
}

#[test]
fn a_second_run_replaces_the_first_and_leaves_nothing_stale() {
    let folder = temporary_folder("cli-replace");
    run("quickstart", &folder, &[]);
    run("quickstart", &folder, &["--files", "events"]);
    assert!(folder.join("events.csv").is_file());
    assert!(!folder.join("attempts.csv").exists() && !folder.join("INCOMPLETE").exists());
}

#[test]
fn check_reports_all_five_mistakes() {
    let folder = temporary_folder("cli-five");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("five.json");
    let mistakes = r#"{ "version": 1, "sed": 4,
        "functions": { "f": { "Timeout": "3s", "EventInvokeConfig": { "MaximumRetryAttempts": 3 }, "duration": 5 } },
        "sources": { "s": { "to": "g", "arrivals": { "times": ["0s"] } } } }"#;
    fs::write(&file, mistakes).expect("a file");
    let output = thirdtry(&["check", file.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).contains("5 errors"), "{}", stdout(&output));
    assert_eq!(stderr(&output).matches("error: ").count(), 5, "{}", stderr(&output));
    assert!(stderr(&output).contains("did you mean `seed`?"));
}

#[test]
fn exit_codes_tell_what_is_wrong() {
    fails(&["run", "no-such-scenario"], 1, &["no-such-scenario", "built-in"]);
    fails(&["run", "quickstart", "--set", "nonsense"], 2, &["no `=`"]);
    fails(&["run", "quickstart", "--set", "functions.ship.Timeout=0", "--files", "none"], 3, &["Timeout"]);
    fails(&["explain", "quickstart"], 2, &["--event"]);
    fails(&["explain", "quickstart", "--event", "99999999"], 2, &["no event 99999999", "1 to"]);
    fails(&["run", "scenarios"], 1, &["folder"]);
}

#[test]
fn a_finished_run_is_exported_beside_its_results() {
    let folder = temporary_folder("cli-export");
    run("quickstart", &folder, &["--files", "attempts"]);
    let path = folder.to_str().expect("UTF-8");
    let output = thirdtry(&["export", "logs", path, "--log-format", "json"]);
    assert!(output.status.success() && stderr(&output).contains("wrote"), "{}", stderr(&output));
    assert!(folder.join("export/logs/ship/tail.log").is_file());
    fails(&["export", "cloudwatch", path], 4, &["metrics.csv", "--files all"]);
    fails(&["export", "logs", "no-such-folder"], 4, &["no-such-folder", "manifest.json", "thirdtry run"]);
    fails(&["export", "logs"], 2, &["DIR"]);
    fs::write(folder.join("attempts.csv"), "edited").expect("a file");
    fails(&["export", "logs", path], 4, &["attempts.csv", "SHA-256"]);
}

#[test]
fn a_folder_that_is_not_ours_is_not_touched() {
    let folder = temporary_folder("cli-foreign");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("thesis.txt"), "years of work").expect("a file");
    let path = folder.to_str().expect("UTF-8");
    fails(&["run", "quickstart", "--out", path], 1, &["cli-foreign", "choose another folder"]);
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
    let file = folder.join("thesis.txt");
    fails(&["run", "quickstart", "--out", file.to_str().expect("UTF-8")], 1, &["is a file"]);
}

#[test]
fn a_scenario_comes_from_standard_input_too() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_thirdtry"))
        .args(["run", "-", "--files", "none", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let scenario = text("scenarios/quickstart.json");
    child.stdin.take().expect("a pipe").write_all(scenario.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(summary["fingerprint"].as_str().map(str::len), Some(16));
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_thirdtry"))
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output), "");
}

/// The answer of a run comes at its end, long after its reader has gone.
#[test]
fn a_run_whose_reader_has_gone_ends_quietly_too() {
    let folder = temporary_folder("cli-closed-pipe");
    let mut child = Command::new(env!("CARGO_BIN_EXE_thirdtry"))
        .args(["-q", "run", "quickstart", "--files", "events", "--out"])
        .arg(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert!(folder.join("events.csv").exists() && !folder.join("INCOMPLETE").exists());
}

#[cfg(unix)]
#[test]
fn a_program_started_without_standard_output_ends_quietly() {
    let program = env!("CARGO_BIN_EXE_thirdtry");
    let output = Command::new("sh")
        .args(["-c", "exec \"$0\" run quickstart --files none >&-", program])
        .output()
        .expect("a shell");
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_clear_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let output =
        Command::new(env!("CARGO_BIN_EXE_thirdtry")).arg("schema").stdout(full).output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot write to standard output"), "{}", stderr(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_leaves_nothing_under_a_final_name() {
    let folder = temporary_folder("cli-interrupted");
    let output = stopped_midway(&folder, "-INT");
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(stderr(&output).contains("interrupted"), "{}", stderr(&output));
    assert_eq!(final_names(&folder), [Path::new("INCOMPLETE")]);
    assert!(fs::read_to_string(folder.join("INCOMPLETE")).expect("the marker").contains("interrupted"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_run_says_so_and_the_next_one_into_its_folder_is_whole() {
    let (folder, untouched) = (temporary_folder("cli-killed"), temporary_folder("cli-never-killed"));
    assert_eq!(stopped_midway(&folder, "-KILL").status.code(), None);
    assert_eq!(final_names(&folder), [Path::new("INCOMPLETE")]);
    assert_eq!(run("quickstart", &folder, &[]), run("quickstart", &untouched, &[]));
    assert!(tree(&folder) == tree(&untouched), "something of the killed run is left");
}

/// Starts a long run into `folder` and sends it `signal` while it writes.
#[cfg(target_os = "linux")]
fn stopped_midway(folder: &Path, signal: &str) -> Output {
    let rate = "sources.orders.arrivals.poisson.rate=2000/s";
    let mut child = Command::new(env!("CARGO_BIN_EXE_thirdtry"))
        .args(["run", "outage-backlog", "--set", rate, "--no-estimate", "--out"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .current_dir(root())
        .spawn()
        .expect("the program starts");
    while !folder.join("INCOMPLETE").exists() {
        assert!(child.try_wait().expect("a child").is_none(), "it ended before it could be stopped");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    std::thread::sleep(std::time::Duration::from_millis(200));
    let kill = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
    assert!(kill.success());
    child.wait_with_output().expect("it ends")
}

/// The files in `folder` that do not say by their names that they are incomplete.
pub(crate) fn final_names(folder: &Path) -> Vec<std::path::PathBuf> {
    tree(folder).into_keys().filter(|name| name.extension().is_none_or(|e| e != "partial")).collect()
}

#[test]
fn the_starter_that_init_writes_runs() {
    let folder = temporary_folder("cli-init");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("my.json");
    let path = file.to_str().expect("UTF-8");
    assert!(thirdtry(&["init", "-o", path]).status.success());
    fails(&["init", "-o", path], 1, &["my.json", "remove the file"]);
    assert!(thirdtry(&["run", path, "--files", "none"]).status.success());
    assert!(stdout(&thirdtry(&["init", "--list"])).contains("quickstart"));
}

#[test]
fn the_usual_commands_answer() {
    assert_eq!(stdout(&thirdtry(&["schema"])), text("docs/scenario.v1.schema.json"));
    assert!(stdout(&thirdtry(&["man"])).contains(".TH thirdtry"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&thirdtry(&["completions", shell])).contains("thirdtry"));
    }
    assert!(stdout(&thirdtry(&["check", "quickstart", "--explain"])).contains("assumed"));
    for which in
        [["--worst", "2"], ["--fate", "retries_exhausted"], ["--fate", "lost"], ["--event", "orders:3"]]
    {
        let told = thirdtry(&["explain", "quickstart", which[0], which[1]]);
        assert!(stdout(&told).contains("Rules that decided"), "{}", stderr(&told));
    }
}

#[test]
fn every_command_and_option_is_in_the_manual() {
    let manual = text("docs/cli.md");
    for command in ["run", "check", "explain", "init", "schema", "completions", "man"] {
        assert!(manual.contains(&format!("| `{command}")), "docs/cli.md lacks {command}");
        let help = stdout(&thirdtry(&[command, "--help"]));
        for option in
            help.split(|c: char| c.is_whitespace() || c == ',' || c == '`').filter(|w| w.starts_with("--"))
        {
            let option = option.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            assert!(manual.contains(&format!("`{option}")), "docs/cli.md lacks {option} of {command}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_one_clear_error() {
    // Not even root writes below /proc.
    fails(&["run", "quickstart", "--out", "/proc/thirdtry"], 1, &["/proc/thirdtry", "--out"]);
}

/// A file system in memory, where one can be mounted; else `None`, and the test says that it skips.
#[cfg(target_os = "linux")]
pub(crate) struct Mount(pub(crate) std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Mount {
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    pub(crate) fn new(name: &str, options: &str) -> Option<Self> {
        let folder = temporary_folder(name);
        fs::create_dir_all(&folder).expect("a folder");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&folder).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("skipped: no file system can be mounted here");
        None
    }
}

#[cfg(target_os = "linux")]
impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_leaves_nothing_under_a_final_name() {
    let Some(disk) = Mount::new("cli-full-disk", "size=64k") else { return };
    let out = disk.0.join("results");
    let run = ["run", "quickstart", "--no-estimate", "--out", out.to_str().expect("UTF-8")];
    fails(&run, 1, &["results", "free some space"]);
    assert_eq!(final_names(&out), [Path::new("INCOMPLETE")]);
}

/// A run of 10^9 events takes longer than anybody waits for a test: that it ends at all shows that it stops when the
/// disk is full. What was written by then is kept.
#[cfg(target_os = "linux")]
#[test]
fn a_long_run_stops_as_soon_as_the_disk_is_full() {
    let Some(disk) = Mount::new("cli-full-disk-early", "size=4m") else { return };
    let out = disk.0.join("results");
    let endless = "sources.events.max_events=1000000000";
    let said = ["events.csv.partial", "No space left", "free some space"];
    let args = [
        "run",
        "benches/scenarios/calm.json",
        "--no-estimate",
        "--set",
        endless,
        "--files",
        "events",
        "--out",
    ];
    fails(&[&args[..], &[out.to_str().expect("UTF-8")]].concat(), 1, &said);
    assert_eq!(final_names(&out), [Path::new("INCOMPLETE")]);
    let kept = fs::read_to_string(out.join("events.csv.partial")).expect("it is kept");
    assert!(kept.len() > 3_000_000 && kept.starts_with("event,source,"), "{} bytes", kept.len());
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_disk_is_one_clear_error() {
    let Some(disk) = Mount::new("cli-read-only", "ro") else { return };
    let said = ["results", "Read-only file system", "choose a folder that you may write to with `--out`"];
    fails(&["run", "quickstart", "--out", disk.0.join("results").to_str().expect("UTF-8")], 1, &said);
}

#[test]
fn a_scenario_that_is_not_there_is_one_clear_error() {
    fails(
        &["run", "quickstrat"],
        1,
        &["`quickstrat` cannot be read: there is no such file", "built-in scenario `quickstart`?"],
    );
}

#[test]
fn a_run_can_be_run_twice_and_compared() {
    let folder = temporary_folder("cli-verified");
    let verified = run("quickstart", &folder, &["--verify-determinism"]);
    assert_eq!(verified, run("quickstart", &folder, &[]));
}

#[cfg(feature = "import")]
#[test]
fn a_template_becomes_a_scenario_that_runs_and_can_be_made_again() {
    let folder = temporary_folder("cli-import");
    let out = folder.join("new/order.json");
    let out = out.to_str().expect("UTF-8");
    let template = "scenarios/templates/order-shipping.yaml";
    for _ in 0..2 {
        let output = thirdtry(&["import", "sam", template, "--out", out]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stdout(&output).contains("functions.ShipOrder.Timeout = 10"), "{}", stdout(&output));
    }
    let output = thirdtry(&["run", out, "--files", "none"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report = thirdtry(&["import", "sam", template, "--out", out, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert_eq!(report["taken"][0]["resource"], "Globals.Function");
    // Nobody else's file is overwritten.
    fs::write(out, "{}").expect("a file");
    fails(&["import", "sam", template, "--out", out], 1, &["no import has made it", "--force"]);
    assert!(thirdtry(&["import", "sam", template, "--out", out, "--force"]).status.success());
    fails(&["import", "sam", template, "--parameter", "Retries"], 2, &["has no `=`"]);
    fails(&["import", "sam", template, "--parameter", "Retrys=1"], 3, &["did you mean `Retries`?"]);
    fails(&["import", "sam", "README.md"], 3, &["README.md", "hint: "]);
    fails(&["import", "sam", "nowhere.yaml"], 1, &["nowhere.yaml"]);
}

#[cfg(feature = "import")]
#[test]
fn every_language_and_metrics_are_imported_by_the_program() {
    let folder = temporary_folder("cli-import-all");
    let out = folder.join("s.json");
    let out = out.to_str().expect("UTF-8");
    let module = folder.join("module");
    fs::create_dir_all(&module).expect("a folder");
    fs::write(module.join("main.tf"), text("scenarios/templates/order-shipping.tf")).expect("a file");
    fs::write(module.join("terraform.tfvars"), "retries = 1\n").expect("a file");
    let module = module.to_str().expect("UTF-8");
    let cases: [(&[&str], &str); 4] = [
        (
            &["terraform", "scenarios/templates/order-shipping.tf", "--parameter", "retries=0"],
            "MaximumRetryAttempts = 0",
        ),
        (&["terraform", module], "MaximumRetryAttempts = 1"),
        (&["serverless", "scenarios/templates/order-shipping.serverless.yml"], "MaximumRetryAttempts = 2"),
        (&["cloudformation", "scenarios/templates/order-shipping.cdk.json"], "MaximumRetryAttempts = 2"),
    ];
    for (arguments, said) in cases {
        let output = thirdtry(&[&["import"], arguments, &["--out", out]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stdout(&output).contains(said), "{}", stdout(&output));
        assert!(thirdtry(&["check", out]).status.success());
    }
    // The scenario is the answer if it goes to no file, and loads from there.
    let output = thirdtry(&["import", "serverless", "scenarios/templates/order-shipping.serverless.yml"]);
    assert!(stdout(&output).starts_with("// Made by `thirdtry import`") && stderr(&output).contains("Taken"));
    let run_folder = folder.join("run");
    run("quickstart", &run_folder, &["--timeline", "none"]);
    let run_folder = run_folder.to_str().expect("UTF-8");
    assert!(thirdtry(&["export", "cloudwatch", run_folder]).status.success());
    let exported = format!("{run_folder}/export/cloudwatch");
    for measured in [exported, format!("{run_folder}/metrics.csv")] {
        let output = thirdtry(&["import", "cloudwatch", &measured, "--out", out]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stdout(&output).contains("971 events"), "{}", stdout(&output));
        let output = thirdtry(&["run", out, "--files", "none"]);
        assert!(stdout(&output).contains("of 971 events accepted"), "{}", stderr(&output));
    }
    fails(&["import", "cloudwatch", "README.md", "--out", out], 3, &["not JSON"]);
    fails(&["import", "cloudwatch", "README.md", "--out", out, "--column", "x"], 2, &["has no `=`"]);
}
