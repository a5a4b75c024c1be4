//! Scenarios per second: `thirdtry test` on the shipped suite, as a whole process.
//!
//! `cargo bench --bench suite` prints the median of five, with golden results and without, on all cores and on one.
#![expect(clippy::disallowed_types, reason = "a benchmark reads the wall clock")]
#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::cast_precision_loss, reason = "a benchmark's figures need few digits")]

mod support;

use support::{is_measuring_process, measure};
use thirdtry::scenario::builtin;

const ROUNDS: usize = 5;

fn main() {
    if is_measuring_process() {
        return;
    }
    let suite = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let count = builtin::names().count();
    println!("{count} scenarios                       seconds  scenarios/s");
    let cases: [(&str, &[&str]); 3] = [
        ("expectations and golden results", &[]),
        ("expectations alone", &["--no-golden"]),
        ("the same, on one core", &["--no-golden", "--threads", "1"]),
    ];
    for (name, options) in cases {
        let args: Vec<String> =
            [&["test", "-q", suite], options].concat().iter().map(|arg| (*arg).to_owned()).collect();
        let mut times: Vec<f64> =
            (0..ROUNDS).map(|_| measure(env!("CARGO_BIN_EXE_thirdtry"), &args).wall.as_secs_f64()).collect();
        times.sort_by(f64::total_cmp);
        let median = times[ROUNDS / 2];
        let rate = count as f64 / median;
        println!("{name:<34} {median:>8.3}  {rate:>11.1}");
    }
}
