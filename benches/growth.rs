//! How the cost of a run grows: with its events, with what is pending, with its functions, with the cores it gets;
//! how long it takes to start; and how long a finished run takes to be read back.
//!
//! ```text
//! cargo bench --bench growth                    up to 10^7 events, medians of three
//! cargo bench --bench growth -- --quick         a tenth, once
//! cargo bench --bench growth -- --full          up to 10^8 events
//! cargo bench --bench growth -- pending cold    some of: events pending functions cores back cold
//! cargo bench --bench growth -- --chart         also draws docs/performance/growth.svg
//! ```
//!
//! As in `whole_run`, whole processes are measured: the program as anybody would run it; their processor time, and the
//! time on the wall for cores and cold starts. Results go to
//! `target/bench/growth.csv` too.
#![expect(clippy::disallowed_types, reason = "a benchmark reads the wall clock")]
#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::cast_precision_loss, reason = "durations and counts become ratios")]

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use support::{Measured, flag, measure, median, option, scratch};

fn main() {
    if support::is_measuring_process() {
        return;
    }
    let quick = flag("--quick");
    let mut bench = Bench {
        repetitions: option("--repetitions").unwrap_or(if quick { 1 } else { 3 }),
        scale: if quick { 10 } else { 1 },
        folder: scratch("growth"),
        points: Vec::new(),
    };
    let parts: [(&str, Part); 6] = [
        ("events", Bench::events),
        ("pending", Bench::pending),
        ("functions", Bench::functions),
        ("cores", Bench::cores),
        ("back", Bench::back),
        ("cold", Bench::cold),
    ];
    let chosen: Vec<String> =
        std::env::args().filter(|arg| parts.iter().any(|(name, _)| name == arg)).collect();
    for (name, part) in parts {
        if chosen.is_empty() || chosen.iter().any(|chosen| chosen == name) {
            part(&mut bench);
        }
    }
    bench.write_csv();
    #[cfg(feature = "charts")]
    if flag("--chart") {
        bench.draw();
    }
    std::fs::remove_dir_all(&bench.folder).unwrap_or_default();
}

/// Which time counts: how a cost grows shows in processor time, whatever else the machine does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clock {
    Wall,
    Processor,
}

/// A group of measurements.
type Part = fn(&mut Bench);

/// One measured point.
struct Point {
    part: &'static str,
    at: u64,
    nanos: f64,
    peak_mb: f64,
}

struct Bench {
    repetitions: usize,
    /// Sizes are divided by it.
    scale: u64,
    folder: PathBuf,
    points: Vec<Point>,
}

impl Bench {
    fn note(&mut self, part: &'static str, at: u64, (nanos, peak_mb): (f64, f64)) {
        self.points.push(Point { part, at, nanos, peak_mb });
    }

    /// A file with this scenario.
    fn scenario(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, text).expect("a writable target folder");
        path.display().to_string()
    }

    /// The calm workload, longer and longer.
    fn events(&mut self) {
        println!("\nevents in a run (calm, no files): time is linear in them, memory does not follow them");
        println!("{:>12} {:>10} {:>9}", "events", "ns/event", "peak MB");
        let most: u64 = if flag("--full") { 100_000_000 } else { 10_000_000 };
        let sizes = [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000];
        let scale = self.scale;
        for events in sizes.into_iter().filter(|events| *events <= most).map(|events| events / scale) {
            let max_events = format!("sources.events.max_events={events}");
            let calm = scenario_of("calm");
            let args = ["--quiet", "run", &calm, "--files", "none", "--set", &max_events];
            let (nanos, peak) =
                thirdtry(Clock::Processor, if events > 10_000_000 { 1 } else { self.repetitions }, &args);
            println!("{events:>12} {:>10.0} {peak:>9.1}", nanos / events as f64);
            self.note("events", events, (nanos / events as f64, peak));
        }
    }

    /// Events that fail three times: between their runs they wait, 60 s and 120 s. The rate decides how many.
    fn pending(&mut self) {
        println!("\nevents pending at a time (each runs three times; no files)");
        println!("{:>12} {:>10} {:>9} {:>16}", "pending", "ns/event", "peak MB", "bytes/pending");
        let mut before: Option<(u64, f64)> = None;
        let scale = self.scale;
        for pending in [1_000, 10_000, 100_000, 1_000_000, 3_000_000].map(|pending| pending / scale) {
            let events = (2 * pending).max(1_000_000 / self.scale);
            let text = format!(
                r#"{{ "version": 1, "profile": "documented",
                "timing": {{ "dispatch_latency": "0s", "backoff_jitter": 0.1, "function_retry_jitter": 0.1 }},
                "account": {{ "concurrency": 100000, "unreserved_minimum": 0, "requests_per_concurrency": 0,
                              "scaling_rate": {{ "environments": 0 }} }},
                "functions": {{ "f": {{ "duration": {{ "exponential": {{ "mean": "1ms" }} }},
                    "failures": [{{ "exception": {{ "probability": 1 }} }}] }} }},
                "sources": {{ "s": {{ "to": "f", "max_events": {events},
                    "arrivals": {{ "poisson": {{ "rate": "{}/min" }} }} }} }} }}"#,
                (pending / 3).max(1)
            );
            let file = self.scenario("pending.json", &text);
            let (nanos, peak) =
                thirdtry(Clock::Processor, self.repetitions, &["--quiet", "run", &file, "--files", "none"]);
            let slope = before.map(|(less, low)| (peak - low) * 1e6 / (pending - less) as f64);
            let slope = slope.map_or_else(String::new, |bytes| format!("{bytes:.0}"));
            println!("{pending:>12} {:>10.0} {peak:>9.1} {slope:>16}", nanos / events as f64);
            before = Some((pending, peak));
            self.note("pending", pending, (nanos / events as f64, peak));
        }
    }

    /// The same traffic spread over more and more functions, each with a source of its own.
    fn functions(&mut self) {
        println!("\nfunctions (the same traffic spread over them; no files)");
        println!("{:>12} {:>10} {:>9}", "functions", "ns/event", "peak MB");
        let events = 1_000_000 / self.scale;
        for functions in [1, 10, 100, 1_000, 10_000] {
            let text = many_functions(functions, events / functions, 100_000 / functions);
            let file = self.scenario("functions.json", &text);
            let (nanos, peak) =
                thirdtry(Clock::Processor, self.repetitions, &["--quiet", "run", &file, "--files", "none"]);
            println!("{functions:>12} {:>10.0} {peak:>9.1}", nanos / events as f64);
            self.note("functions", functions, (nanos / events as f64, peak));
        }
    }

    /// Replications, and a sweep, on one thread and on two, taking turns.
    fn cores(&mut self) {
        println!("\none core and two (overloaded): eight replications; a sweep of four points, twice each");
        println!("{:>12} {:>12} {:>10} {:>9}", "what", "threads", "ms", "speed-up");
        let events = format!("sources.events.max_events={}", 200_000 / self.scale);
        let overloaded = scenario_of("overloaded");
        let out = self.folder.join("sweep").display().to_string();
        let common = ["--quiet", "--set", &events, "--threads"];
        let replications = ["run", &overloaded, "--replications", "8", "--files", "none"];
        let vary = "functions.work.ReservedConcurrentExecutions=97..100:1";
        let sweep = ["sweep", &overloaded, "--vary", vary, "--replications", "2", "--out", &out];
        let kinds: [(&str, &'static str, &[&str]); 2] =
            [("replications", "cores", &replications), ("sweep", "cores-sweep", &sweep)];
        for (what, part, args) in kinds {
            let mut times = [Vec::new(), Vec::new()];
            for _ in 0..self.repetitions {
                for (at, threads) in ["1", "2"].into_iter().enumerate() {
                    let args = [args, &common, &[threads]].concat();
                    times[at].push(thirdtry(Clock::Wall, 1, &args).0);
                }
            }
            let [one, two] = times.map(median);
            println!("{what:>12} {:>12} {:>10.0} {:>9}", 1, one / 1e6, "");
            println!("{what:>12} {:>12} {:>10.0} {:>9.2}", 2, two / 1e6, one / two);
            self.note(part, 1, (one, 0.0));
            self.note(part, 2, (two, 0.0));
        }
    }

    /// A finished run read back: its page, whether it is what its scenario gives, what AWS would have shown of it, and
    /// the scenario that its metrics become again.
    fn back(&mut self) {
        println!("\nreading a finished run back (calm; events.csv, attempts.csv and metrics.csv)");
        println!("{:>12} {:>22} {:>10} {:>9}", "events", "what", "ns/event", "peak MB");
        for events in [100_000, 1_000_000, 10_000_000] {
            let events = events / self.scale;
            let (calm, max_events) = (scenario_of("calm"), format!("sources.events.max_events={events}"));
            let path = |name: &str| self.folder.join(name).display().to_string();
            let (out, exported, imported) = (path("finished"), path("exported"), path("imported.json"));
            let run = ["--quiet", "run", &calm, "--set", &max_events, "--timeline", "none", "--out", &out];
            thirdtry(Clock::Wall, 1, &run);
            let cases: [(&'static str, Vec<&str>); 5] = [
                ("report", vec!["report", &out]),
                ("verify", vec!["verify", &out]),
                ("export cloudwatch", vec!["export", "cloudwatch", &out, "--out", &exported]),
                ("import cloudwatch", vec!["import", "cloudwatch", &exported, "--out", &imported]),
                ("export logs", vec!["export", "logs", &out]),
            ];
            // The logs of 10^7 events are many gigabytes.
            let most_logs = if flag("--full") { u64::MAX } else { 1_000_000 };
            for (what, args) in
                cases.into_iter().filter(|(what, _)| *what != "export logs" || events <= most_logs)
            {
                let args = [&["--quiet"], args.as_slice()].concat();
                let (nanos, peak) = thirdtry(Clock::Processor, self.repetitions, &args);
                println!("{events:>12} {what:>22} {:>10.1} {peak:>9.1}", nanos / events as f64);
                self.note(what, events, (nanos / events as f64, peak));
            }
            for folder in [&out, &exported] {
                std::fs::remove_dir_all(folder).unwrap_or_default();
            }
        }
    }

    /// From the start of the process to its end, for what a person types first.
    fn cold(&mut self) {
        const TRIES: usize = 21;
        const LIMIT_MS: f64 = 50.0;
        println!("\ncold starts (whole processes, medians of {TRIES}; the target is {LIMIT_MS} ms)");
        let out = self.folder.join("cold").display().to_string();
        let many = self.scenario("megabyte.json", &many_functions(2_000, 100, 1));
        let times = self.scenario("times.json", &many_times(1_000_000));
        let cases: [(&'static str, Vec<&str>); 4] = [
            ("run quickstart", vec!["--quiet", "run", "quickstart", "--out", &out]),
            ("run quickstart --files none", vec!["--quiet", "run", "quickstart", "--files", "none"]),
            ("check 1 MB of functions", vec!["check", &many]),
            ("check 1 MB of arrival times", vec!["check", &times]),
        ];
        for (what, args) in cases {
            let (nanos, peak) = thirdtry(Clock::Wall, TRIES, &args);
            let verdict = if nanos / 1e6 <= LIMIT_MS { "met" } else { "MISSED" };
            println!("{what:>30} {:>8.1} ms {peak:>7.1} MB  {verdict}", nanos / 1e6);
            self.note(what, 1, (nanos, peak));
        }
    }

    fn write_csv(&self) {
        let mut csv = "part,at,nanos,peak_mb\n".to_owned();
        for Point { part, at, nanos, peak_mb } in &self.points {
            writeln!(csv, "{part},{at},{nanos:.1},{peak_mb:.1}").expect("a string takes every text");
        }
        let path = support::target().join("growth.csv");
        std::fs::write(&path, csv).expect("a writable target folder");
        println!("\nall measurements: {}", path.display());
    }

    /// The picture of docs/performance.md.
    #[cfg(feature = "charts")]
    fn draw(&self) {
        use thirdtry::chart::{CurvePanel, Format, draw_curves};
        let panel = |part: &str, heading: &str, axis: &str, value: fn(&Point) -> f64| {
            let points = self.points.iter().filter(|point| point.part == part);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times and sizes")]
            let points = points.map(|point| (point.at, (value(point) * 1e3) as u64)).collect();
            CurvePanel {
                heading: heading.to_owned(),
                axis: axis.to_owned(),
                curves: vec![("no files".to_owned(), points)],
            }
        };
        let nanos = |point: &Point| point.nanos;
        let panels = [
            panel("events", "Processor time for each event, ns", "events in the run", nanos),
            panel("events", "Peak memory in MB", "events in the run", |point| point.peak_mb),
            panel("pending", "Processor time for each event, ns", "events pending at a time", nanos),
            panel("pending", "Peak memory in MB", "events pending at a time", |point| point.peak_mb),
            panel("functions", "Processor time for each event, ns", "functions", nanos),
        ];
        let title = "How the cost of a run grows";
        let chart = draw_curves(
            "growth",
            title,
            "processor time and memory of whole processes, measured by cargo bench --bench growth",
            &panels,
            Format::Svg,
        );
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance");
        std::fs::create_dir_all(&folder).expect("a writable folder");
        let path = folder.join(&chart.name);
        std::fs::write(&path, chart.bytes).expect("a writable folder");
        println!("drawn: {}", path.display());
    }
}

/// The medians over repetitions of `thirdtry` with `args`: wall time, or processor time where the system tells, in
/// nanoseconds; peak memory in MB.
fn thirdtry(clock: Clock, repetitions: usize, args: &[&str]) -> (f64, f64) {
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let program = env!("CARGO_BIN_EXE_thirdtry");
    let runs: Vec<Measured> = (0..repetitions).map(|_| measure(program, &args)).collect();
    let told = clock == Clock::Processor && runs.iter().all(|run| !run.cpu.is_zero());
    let nanos = runs.iter().map(|run| if told { run.cpu } else { run.wall }.as_nanos() as f64);
    let nanos = median(nanos.collect());
    let peak = median(runs.iter().map(|run| run.peak_kib as f64 * 1024e-6).collect());
    (nanos, peak)
}

fn scenario_of(workload: &str) -> String {
    let path = format!("benches/scenarios/{workload}.json");
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

/// `functions` functions, each with a source that sends `events` events at `rate` a minute.
fn many_functions(functions: u64, events: u64, rate: u64) -> String {
    let names: Vec<String> = (0..functions).map(|number| format!("{number:05}")).collect();
    // Enough for the traffic of 100,000 a minute, however many share it.
    let slots = (400 / functions).max(4);
    let function = |name: &String| {
        format!(
            r#""function-{name}": {{
      "ReservedConcurrentExecutions": {slots}, "Timeout": 30, "MemorySize": 512,
      "EventInvokeConfig": {{ "MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600 }},
      "duration": {{ "lognormal": {{ "median": "40ms", "p99": "300ms" }} }},
      "failures": [{{ "exception": {{ "probability": 0.02, "because": "now and then something goes wrong" }} }}]
    }}"#
        )
    };
    let source = |name: &String| {
        format!(
            r#""source-{name}": {{ "to": "function-{name}", "max_events": {}, "arrivals": {{ "poisson": {{ "rate": "{}/min" }} }} }}"#,
            events.max(1),
            rate.max(1)
        )
    };
    format!(
        r#"{{ "version": 1, "account": {{ "concurrency": 100000 }},
    "functions": {{ {} }},
    "sources": {{ {} }} }}"#,
        names.iter().map(function).collect::<Vec<_>>().join(",\n"),
        names.iter().map(source).collect::<Vec<_>>().join(",\n")
    )
}

/// One source with explicit arrival times, `bytes` of them.
fn many_times(bytes: usize) -> String {
    let mut times = String::new();
    let mut at = 0;
    while times.len() < bytes {
        at += 7;
        write!(times, "{}\"{at}ms\"", if times.is_empty() { "" } else { ", " })
            .expect("a string takes every text");
    }
    format!(
        r#"{{ "version": 1, "functions": {{ "f": {{ }} }},
    "sources": {{ "s": {{ "to": "f", "arrivals": {{ "times": [{times}] }} }} }} }}"#
    )
}
