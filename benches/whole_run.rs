//! Whole runs of three workloads at three output levels: events per second and peak memory.
//!
//! `cargo bench --bench whole_run` runs 10^6 events five times each and prints medians; `-- --quick` runs 10^5 once.
//! Every measurement is a process of its own, so that its peak memory is its own. What is timed is the run with all
//! observers that a run always has (fingerprint, ledger, summary, metrics), from the loaded scenario to the closed
//! files.
#![expect(clippy::disallowed_types, reason = "a benchmark reads the wall clock")]
#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::path::Path;
use std::process::Command;
use std::time::Instant;
use thirdtry::observe::summary::SummaryReport;
use thirdtry::record::{Files, Recorder};
use thirdtry::scenario::load::{Input, Loaded, load};
use thirdtry::simulate::Simulation;
use thirdtry::sink::directory::OutputFolder;

const WORKLOADS: [&str; 3] = ["calm", "overloaded", "wide"];
const OUTPUTS: [&str; 3] = ["none", "events", "timeline"];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [mark, workload, output, events] = args.as_slice()
        && mark == "--child"
    {
        return measure(workload, output, events);
    }
    let quick = args.iter().any(|arg| arg == "--quick");
    let (events, repetitions) = if quick { ("100000", 1) } else { ("1000000", 5) };
    println!("workload    output    ns/event   events/s    peak MB  fingerprint");
    for workload in WORKLOADS {
        for output in OUTPUTS {
            let mut lines: Vec<Measurement> =
                (0..repetitions).map(|_| in_child(workload, output, events)).collect();
            lines.sort_by_key(|line| line.nanos_per_event);
            let median = &lines[lines.len() / 2];
            println!(
                "{workload:<11} {output:<9} {:>8} {:>10} {:>10}  {}",
                median.nanos_per_event,
                1_000_000_000 / median.nanos_per_event.max(1),
                median.peak_mb,
                median.fingerprint
            );
        }
    }
}

/// What a child process prints: one line, three words.
struct Measurement {
    nanos_per_event: u64,
    peak_mb: String,
    fingerprint: String,
}

fn in_child(workload: &str, output: &str, events: &str) -> Measurement {
    let program = std::env::current_exe().expect("this program");
    let child = Command::new(program).args(["--child", workload, output, events]).output().expect("a child");
    let text = String::from_utf8(child.stdout).expect("plain text");
    let words: Vec<&str> = text.split_whitespace().collect();
    let [nanos, peak, fingerprint] = words[..] else { panic!("the child said: {text}") };
    Measurement {
        nanos_per_event: nanos.parse().expect("a number"),
        peak_mb: peak.to_owned(),
        fingerprint: fingerprint.to_owned(),
    }
}

/// Runs one workload in this process and prints its measurement.
fn measure(workload: &str, output: &str, events: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut input =
        Input::read(&root.join(format!("benches/scenarios/{workload}.json"))).expect("the workload");
    input.sets.push(("sources.events.max_events".to_owned(), events.to_owned()));
    let loaded = load(&input).unwrap_or_else(|rejected| panic!("{rejected}"));
    let started = Instant::now();
    let report = run(&loaded, output, &root.join("target/bench").join(workload));
    let nanos = u64::try_from(started.elapsed().as_nanos()).expect("less than 584 years");
    println!("{} {} {}", nanos / report.counts.accepted, peak_mb(), report.fingerprint);
}

fn run(loaded: &Loaded, output: &str, folder: &Path) -> SummaryReport {
    let files = match output {
        "events" => Files { events: true, ..Files::LEAST },
        "timeline" => Files { timeline: Files::ALL.timeline, ..Files::LEAST },
        _ => Files::LEAST,
    };
    let mut recorder = if output == "none" {
        Recorder::without_files(&loaded.scenario)
    } else {
        let folder = OutputFolder::open(folder).expect("a writable folder");
        Recorder::with_files(loaded, folder, files).expect("writable files")
    };
    let mut simulation = Simulation::new(&loaded.scenario, 0);
    let end = simulation.advance(&mut recorder, u64::MAX).expect("the run ends");
    recorder.finish(end, simulation.now()).expect("writable files")
}

/// The process's peak resident memory, where the system tells.
fn peak_mb() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or_else(|| "n/a".to_owned(), |kib| (kib / 1024).to_string())
}
