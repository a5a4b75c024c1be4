//! Whole runs beside a hand-written C++ program: the table of docs/performance.md.
//!
//! ```text
//! cargo bench --bench whole_run                       10^6 events (wide: also 3·10^6), medians of five
//! cargo bench --bench whole_run -- --quick            10^5 events, once
//! cargo bench --bench whole_run -- calm --repetitions 9
//! ```
//!
//! What is compared are whole processes: `thirdtry run` as anybody would type it, at three output levels (no files,
//! `events.csv`, the full `timeline.csv`), and `benches/reference/queue.cpp`, which is compiled here and simulates the
//! same rules around a `std::priority_queue`. They take turns, so that whatever else the machine does meets all of
//! them; each writes into a new folder, when the disk has nothing left to do and the machine has memory at hand. The
//! yardstick of the timeline is a program that only formats and writes as many rows of the same kind (`rows.rs`).
//! Everything measured goes to `target/bench/results.csv`.
#![expect(clippy::disallowed_types, reason = "a benchmark reads the wall clock")]
#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::cast_precision_loss, reason = "durations and counts become ratios")]

mod rows;
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Measured, flag, measure, median, option, scratch, warm_memory};

/// A workload at a size, and the largest ratios to the yardstick that are allowed without files and with `events.csv`.
struct Case {
    workload: &'static str,
    events: u64,
    none: f64,
    with_events: f64,
}

const CASES: [Case; 4] = [
    Case { workload: "calm", events: 1_000_000, none: 0.9, with_events: 1.5 },
    Case { workload: "overloaded", events: 1_000_000, none: 0.4, with_events: 0.5 },
    Case { workload: "wide", events: 1_000_000, none: 0.5, with_events: 0.7 },
    Case { workload: "wide", events: 3_000_000, none: 0.3, with_events: 0.7 },
];

/// The full timeline may take this many times as long as writing its rows alone.
const TIMELINE_LIMIT: f64 = 2.0;
/// `wide` with 3·10^6 events and no files stays below this.
const WIDE_PEAK_MB: f64 = 300.0;

/// What takes turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Contender {
    /// The C++ program.
    Reference,
    /// `thirdtry run --files none`
    None,
    /// `thirdtry run --files events`
    Events,
    /// `thirdtry run --files timeline`
    Timeline,
    /// The program that only writes rows.
    Rows,
}

impl Contender {
    const ALL: [Self; 5] = [Self::Reference, Self::None, Self::Events, Self::Timeline, Self::Rows];

    const fn name(self) -> &'static str {
        match self {
            Self::Reference => "C++ reference",
            Self::None => "no files",
            Self::Events => "events.csv",
            Self::Timeline => "timeline.csv",
            Self::Rows => "rows alone",
        }
    }

    /// The file it writes.
    const fn file(self) -> Option<&'static str> {
        match self {
            Self::Events => Some("events"),
            Self::Timeline | Self::Rows => Some("timeline"),
            Self::Reference | Self::None => None,
        }
    }
}

fn main() {
    if support::is_measuring_process() || rows::is_row_writer() {
        return;
    }
    let quick = flag("--quick");
    let repetitions = option("--repetitions").unwrap_or(if quick { 1 } else { 5 });
    let bench = Bench { reference: compile_reference(), repetitions };
    let mut csv = "workload,events,contender,repetition,wall_ns,cpu_ns,peak_kib,rows,bytes\n".to_owned();
    let mut verdicts = Vec::new();
    print_heading(repetitions);
    for case in CASES.into_iter().filter(|case| is_wanted(case, quick)) {
        let case = Case { events: if quick { case.events / 10 } else { case.events }, ..case };
        let results = bench.run(&case, &mut csv);
        print_rows(&case, &results);
        judge(&case, &results, &mut verdicts);
    }
    let path = support::target().join("results.csv");
    std::fs::write(&path, csv).expect("a writable target folder");
    println!("\n{}", verdicts.join("\n"));
    println!("\nall measurements: {}", path.display());
    if quick {
        println!("--quick: a tenth of the events, once. The targets are meant for the full size.");
    }
}

/// Nothing of an earlier run is left to be removed or to be brought to the disk while `contender` is measured.
fn clear(contender: Contender, folder: &Path) {
    match contender {
        Contender::Events | Contender::Timeline => {
            let file = contender.file().expect("it writes one");
            std::fs::remove_dir_all(folder.join(file)).unwrap_or_default();
        }
        Contender::Rows => std::fs::remove_file(folder.join("rows")).unwrap_or_default(),
        Contender::Reference | Contender::None => {}
    }
    // Where there is no such command, the figures say a little more than they should.
    drop(Command::new("sync").status());
}

/// Words among the arguments choose workloads; none means all.
fn is_wanted(case: &Case, quick: bool) -> bool {
    let chosen: Vec<String> =
        std::env::args().skip(1).filter(|arg| CASES.iter().any(|case| case.workload == arg)).collect();
    let is_chosen = chosen.is_empty() || chosen.iter().any(|name| name == case.workload);
    is_chosen && (!quick || case.events == 1_000_000)
}

struct Bench {
    reference: Option<PathBuf>,
    repetitions: usize,
}

/// All measurements of one contender, and the size of what it wrote.
#[derive(Default)]
struct Series {
    runs: Vec<Measured>,
    rows: u64,
    bytes: u64,
}

impl Series {
    /// The median time in nanoseconds.
    fn nanos(&self) -> f64 {
        median(self.runs.iter().map(|run| run.wall.as_nanos() as f64).collect())
    }

    /// The median processor time in nanoseconds.
    fn cpu_nanos(&self) -> f64 {
        median(self.runs.iter().map(|run| run.cpu.as_nanos() as f64).collect())
    }

    /// The median of the peaks in MB (10^6 bytes).
    fn peak_mb(&self) -> f64 {
        median(self.runs.iter().map(|run| run.peak_kib as f64 * 1024e-6).collect())
    }
}

type Results = BTreeMap<Contender, Series>;

impl Bench {
    /// Lets the contenders take turns.
    fn run(&self, case: &Case, csv: &mut String) -> Results {
        let folder = scratch("whole_run");
        let mut results = Results::new();
        for repetition in 0..self.repetitions {
            for contender in Contender::ALL {
                let rows = results.get(&Contender::Timeline).map_or(0, |timeline| timeline.rows);
                let Some((program, args)) = self.command(contender, case, &folder, rows) else { continue };
                clear(contender, &folder);
                warm_memory();
                let mut measured = measure(&program, &args);
                if contender == Contender::Rows {
                    measured.wall = rows::time_of(&measured.said);
                }
                let series = results.entry(contender).or_default();
                if repetition == 0
                    && let Some(file) = contender.file()
                {
                    let path = if contender == Contender::Rows {
                        "rows".into()
                    } else {
                        format!("{file}/{file}.csv")
                    };
                    (series.rows, series.bytes) = rows::size_of(&folder.join(path));
                }
                write_line(csv, case, contender, repetition, &measured, series);
                series.runs.push(measured);
            }
        }
        same_fingerprints(&results);
        std::fs::remove_dir_all(&folder).unwrap_or_default();
        results
    }

    fn command(
        &self,
        contender: Contender,
        case: &Case,
        folder: &Path,
        rows: u64,
    ) -> Option<(String, Vec<String>)> {
        let text = |path: &Path| path.display().to_string();
        match contender {
            Contender::Reference => {
                let program = text(self.reference.as_ref()?);
                Some((program, vec![case.workload.to_owned(), case.events.to_string()]))
            }
            Contender::Rows => {
                let this = text(&std::env::current_exe().expect("this program has a path"));
                let (from, to) = (folder.join("timeline/timeline.csv"), folder.join("rows"));
                Some((this, rows::command(&from, &to, rows)))
            }
            Contender::None | Contender::Events | Contender::Timeline => {
                let files = contender.file().unwrap_or("none");
                let root = Path::new(env!("CARGO_MANIFEST_DIR"));
                let scenario = root.join(format!("benches/scenarios/{}.json", case.workload));
                let args = [
                    "--quiet",
                    "run",
                    &text(&scenario),
                    "--set",
                    &format!("sources.events.max_events={}", case.events),
                    "--files",
                    files,
                    "--format",
                    "json",
                    "--out",
                    &text(&folder.join(files)),
                ];
                let program = env!("CARGO_BIN_EXE_thirdtry").to_owned();
                Some((program, args.into_iter().map(str::to_owned).collect()))
            }
        }
    }
}

/// A run is the same whatever it writes.
fn same_fingerprints(results: &Results) {
    let ours = results.iter().filter(|(contender, _)| {
        matches!(contender, Contender::None | Contender::Events | Contender::Timeline)
    });
    let mut fingerprints: Vec<&str> = ours
        .flat_map(|(_, series)| &series.runs)
        .map(|run| {
            let line = run.said.lines().find(|line| line.contains("\"fingerprint\""));
            line.expect("the summary has a fingerprint").trim()
        })
        .collect();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 1, "the runs differ: {fingerprints:?}");
}

fn write_line(
    csv: &mut String,
    case: &Case,
    contender: Contender,
    repetition: usize,
    measured: &Measured,
    series: &Series,
) {
    let Case { workload, events, .. } = case;
    let (name, wall, cpu) = (contender.name(), measured.wall.as_nanos(), measured.cpu.as_nanos());
    let (peak, Series { rows, bytes, .. }) = (measured.peak_kib, series);
    writeln!(csv, "{workload},{events},{name},{repetition},{wall},{cpu},{peak},{rows},{bytes}")
        .expect("a string takes every text");
}

fn print_heading(repetitions: usize) {
    println!("whole processes taking turns; medians of {repetitions}\n");
    println!(
        "| workload | events | what runs | ns/event | ratio | CPU ns/event | CPU ratio | peak MB | rows/s | MB/s |"
    );
    println!("|---|--:|---|--:|--:|--:|--:|--:|--:|--:|");
}

fn print_rows(case: &Case, results: &Results) {
    let reference = results.get(&Contender::Reference);
    let ratio = |ours: f64, theirs: Option<f64>| {
        theirs.map_or_else(String::new, |theirs| format!("{:.2}", ours / theirs))
    };
    for (contender, series) in results {
        let (nanos, seconds) = (series.nanos(), series.nanos() / 1e9);
        let per_second = |count: u64, unit: f64| {
            if count == 0 { String::new() } else { format!("{:.1}", count as f64 / unit / seconds) }
        };
        println!(
            "| {} | {} | {} | {:.0} | {} | {:.0} | {} | {:.1} | {} | {} |",
            case.workload,
            case.events,
            contender.name(),
            nanos / case.events as f64,
            ratio(nanos, reference.map(Series::nanos)),
            series.cpu_nanos() / case.events as f64,
            ratio(series.cpu_nanos(), reference.map(Series::cpu_nanos)),
            series.peak_mb(),
            match per_second(series.rows, 1e6) {
                none if none.is_empty() => none,
                millions => millions + " M",
            },
            per_second(series.bytes, 1e6),
        );
    }
}

/// Holds a case against its targets, each in a sentence.
fn judge(case: &Case, results: &Results, verdicts: &mut Vec<String>) {
    let nanos = |contender| results.get(&contender).map(|series| (series.nanos(), series.cpu_nanos()));
    let mut say = |what: String, found: f64, limit: f64, unit: &str| {
        let verdict = if found <= limit { "met   " } else { "MISSED" };
        let Case { workload, events, .. } = case;
        verdicts.push(format!(
            "{verdict} {workload} at {events}, {what}: {found:.2}{unit}, at most {limit}{unit}"
        ));
    };
    let pairs = [
        (Contender::None, Contender::Reference, case.none),
        (Contender::Events, Contender::Reference, case.with_events),
        (Contender::Timeline, Contender::Rows, TIMELINE_LIMIT),
    ];
    for (ours, theirs, limit) in pairs {
        if let (Some((wall, cpu)), Some((their_wall, their_cpu))) = (nanos(ours), nanos(theirs)) {
            let names = format!("{} against {}", ours.name(), theirs.name());
            say(format!("{names} (CPU time {:.2} x)", cpu / their_cpu), wall / their_wall, limit, " x");
        }
    }
    if case.events == 3_000_000 {
        say("peak memory without files".to_owned(), results[&Contender::None].peak_mb(), WIDE_PEAK_MB, " MB");
    }
}

/// Compiles the C++ program; says so if there is no compiler.
fn compile_reference() -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/reference/queue.cpp");
    let program = support::target().join("queue");
    for compiler in ["g++", "c++", "clang++"] {
        let compiled = Command::new(compiler)
            .args(["-O3", "-march=native", "-std=c++20", "-o"])
            .args([&program, &source])
            .status();
        match compiled {
            Ok(status) if status.success() => return Some(program),
            Ok(status) => println!("{compiler} cannot compile {}: {status}", source.display()),
            Err(_) => {}
        }
    }
    println!("no C++ compiler (g++, c++, clang++): our figures alone, without ratios\n");
    None
}
