//! Queueing theory: cases with known answers, held against whole runs.
//!
//! The cases lie in `../shared/reference/theory-cases.json` and are read in place; where that folder is absent, the
//! test says so and skips. Each case is translated into a scenario as a user would write it, run with seed 1, and
//! measured by an observer of the run. What a case calls a tolerance is four standard deviations of one run of the
//! stated size; our runs are shorter, and the standard deviations longer by the root of the ratio, as the file
//! allows. The outcome is `docs/validation.md`.

mod arrivals;
mod cases;
mod census;
mod coverage;
mod measures;
mod properties;
mod run;
mod scenario;
mod seeds;
mod table;

use crate::source_files::root;
use cases::Case;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use table::Row;

/// Cases whose option neither AWS nor we have, and why there is no honest substitute.
const NOT_RUN: [(&str, &str); 7] = [
    ("E26", NOT_YET),
    ("E34", NOBODY_IS_WOKEN),
    ("E41", ONE_BACKOFF),
    ("E42", ONE_BACKOFF),
    ("E43", ONE_BACKOFF),
    ("E44", NOBODY_IS_WOKEN),
    ("E45", NOBODY_IS_WOKEN),
];
const NOT_YET: &str = "needs arrivals in bursts, which scenarios cannot say yet";
const NOBODY_IS_WOKEN: &str =
    "needs a queue that wakes the oldest waiting event when a slot is free; Lambda wakes nobody";
const ONE_BACKOFF: &str =
    "needs other waits after a throttle than Lambda's: exponential ones, or one clock for all waiting events";

/// Cases that state a property of every run rather than a number, and the test that holds it.
const PROPERTIES: [(&str, &str); 9] = [
    ("E57", "nothing_vanishes_and_nothing_happens_twice"),
    ("E58", "more_retries_move_no_draw_and_lose_no_event_more"),
    ("E59", "another_function_of_its_own_slots_changes_nothing_for_the_first"),
    ("E60", "more_concurrency_moves_no_draw"),
    ("E61", "all_times_thrice_as_long_make_every_instant_thrice_as_late"),
    ("E62", "a_higher_probability_only_adds_failures"),
    ("E63", "as_many_slots_as_events_are_as_good_as_any_number"),
    ("E64", "the_order_of_the_file_does_not_matter"),
    ("E79", "runs_fit_into_their_slots_to_the_nanosecond"),
];

/// Goal: whole runs have the values that queueing theory gives. Method: every case of the file but those with a
/// reason not to; the same rows as in `docs/validation.md`, which `UPDATE_GOLDEN=1` rewrites.
#[test]
fn runs_have_the_values_that_theory_gives() {
    let Some(cases) = recorded_cases() else { return };
    let rows = in_parallel(&cases);
    let failed: Vec<String> =
        rows.iter().flatten().filter(|row| !row.holds()).map(ToString::to_string).collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    let pairs: Vec<(&Case, Vec<Row>)> = cases.iter().zip(rows).collect();
    assert_current("docs/validation.md", &table::document(&pairs, &NOT_RUN, &PROPERTIES));
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn recorded_cases() -> Option<Vec<Case>> {
    let file = root().join("../shared/reference/theory-cases.json");
    let Ok(text) = fs::read_to_string(file) else {
        eprintln!("skipped: ../shared/reference is absent");
        return None;
    };
    Some(cases::parse(&text))
}

/// The rows of every case, in order; two cases at a time, each a whole run of its own.
fn in_parallel(cases: &[Case]) -> Vec<Vec<Row>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((index, case)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, cases.get(i)?)))
        {
            done.push((index, rows(case)));
        }
        done
    };
    let mut done = std::thread::scope(|scope| {
        let helper = scope.spawn(work);
        let mut ours = work();
        ours.extend(helper.join().expect("a case panicked"));
        ours
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, rows)| rows).collect()
}

fn rows(case: &Case) -> Vec<Row> {
    let listed = |list: &[(&str, &str)]| list.iter().any(|(id, _)| *id == case.id);
    if listed(&NOT_RUN) || listed(&PROPERTIES) {
        return Vec::new();
    }
    if case.measures.is_empty() {
        return Vec::new();
    }
    let (size, results) = run::run(case);
    case.measures.iter().map(|measure| Row::new(case, measure, &size, &results)).collect()
}

fn assert_current(path: &str, expected: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(&file, expected).expect("a writable checkout");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "{path} is not current; UPDATE_GOLDEN=1 cargo test rewrites it");
}
