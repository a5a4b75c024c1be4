//! Measuring a program from outside: a process of its own for each measurement, its wall time and its peak memory.
//!
//! A measured process is started by a small process that does nothing else (this program again, with `--measure`),
//! because a system tells the peak memory of one's children only for all of them together. What is timed is the
//! whole child: from before it is started to after it has ended, loading, running, writing and syncing included.
#![allow(dead_code, reason = "no bench needs all of it")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The first argument that makes a bench measure one command and say so.
const MEASURE: &str = "--measure";
/// What the line begins with that says it.
const MEASURED: &str = "measured:";

/// What one process took.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// From before it was started to after it had ended.
    pub(crate) wall: Duration,
    /// The processor time of all its threads, of the system's work for it too; zero where the system does not tell.
    /// On a busy machine it says more than the time on the wall.
    pub(crate) cpu: Duration,
    /// Its peak resident memory in KiB; 0 where the system does not tell.
    pub(crate) peak_kib: u64,
    /// What it wrote to standard output.
    pub(crate) said: String,
}

/// Runs `program` with `args` in a process of its own.
///
/// # Panics
/// When it cannot be run, or fails.
pub(crate) fn measure(program: &str, args: &[String]) -> Measured {
    let this = std::env::current_exe().expect("this program has a path");
    let output = Command::new(this)
        .arg(MEASURE)
        .arg(program)
        .args(args)
        .stderr(Stdio::inherit())
        .output()
        .expect("a process can be started");
    let said = String::from_utf8(output.stdout).expect("plain text");
    assert!(output.status.success(), "{program} {args:?} failed and said:\n{said}");
    let (said, numbers) = said.rsplit_once(MEASURED).expect("the measuring process says what it measured");
    let mut numbers = numbers.split_whitespace().map(|number| number.parse::<u64>().expect("a number"));
    let mut next = || numbers.next().expect("three numbers");
    let (wall, cpu) = (Duration::from_nanos(next()), Duration::from_nanos(next()));
    Measured { wall, cpu, peak_kib: next(), said: said.to_owned() }
}

/// If this process was started by [`measure`]: does what it asks, and tells so.
pub(crate) fn is_measuring_process() -> bool {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [mark, program, args @ ..] = args.as_slice() else { return false };
    if mark != MEASURE {
        return false;
    }
    let started = Instant::now();
    let status = Command::new(program).args(args).status();
    let wall = started.elapsed();
    let status = status.unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
    assert!(status.success(), "{program} {args:?}: {status}");
    let (cpu, peak_kib) = used_by_children();
    println!("\n{MEASURED} {} {} {peak_kib}", wall.as_nanos(), cpu.as_nanos());
    true
}

/// Processor time and peak resident memory in KiB.
#[cfg(unix)]
fn used_by_children() -> (Duration, u64) {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else { return (Duration::ZERO, 0) };
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    // Apple's systems count bytes, all others KiB.
    let unit = if cfg!(target_vendor = "apple") { 1024 } else { 1 };
    (Duration::from_micros(micros.unsigned_abs()), usage.max_rss().unsigned_abs() / unit)
}

#[cfg(not(unix))]
fn used_by_children() -> (Duration, u64) {
    (Duration::ZERO, 0)
}

/// Has the machine take memory into its hands and gives it back, so that whoever is measured next gets pages that are
/// there. A virtual machine may give memory that nobody uses back to its host, and such a page takes ten times as
/// long to come as another: whether a program met some was chance, and doubled what it took to write a file. How much
/// is for `--warm MIB` to say, 2048 otherwise: about the largest file that a run writes.
pub(crate) fn warm_memory() {
    let mib: usize = option("--warm").unwrap_or(2048);
    std::hint::black_box(vec![1_u8; mib << 20]);
}

/// The middle one of `values`.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A folder below `target/bench`, new and empty.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = target().join(name);
    std::fs::remove_dir_all(&folder).unwrap_or_default();
    std::fs::create_dir_all(&folder).expect("a writable target folder");
    folder
}

/// `target/bench`: results, and what is needed to get them.
pub(crate) fn target() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).expect("a writable target folder");
    folder
}

/// The value that follows `name` among the arguments, as in `--repetitions 3`.
pub(crate) fn option<T: std::str::FromStr>(name: &str) -> Option<T> {
    let mut args = std::env::args().skip_while(|arg| arg != name).skip(1);
    let value = args.next()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} {value}: not understood")))
}

/// Whether `name` is among the arguments.
pub(crate) fn flag(name: &str) -> bool {
    std::env::args().any(|arg| arg == name)
}

/// Nanoseconds for each of the `operations` that `work` does: the median of `rounds` rounds, each with a state that
/// `prepare` makes anew and whose making is not timed.
pub(crate) fn cost<S>(rounds: usize, operations: u64, prepare: impl Fn() -> S, work: impl Fn(&mut S)) -> f64 {
    let round = |_| {
        let mut state = prepare();
        let started = Instant::now();
        work(&mut state);
        let elapsed = started.elapsed();
        std::hint::black_box(&state);
        elapsed.as_nanos() as f64 / operations as f64
    };
    median((0..rounds).map(round).collect())
}
