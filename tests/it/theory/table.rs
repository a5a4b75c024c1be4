//! Verdicts, and the document that shows them.

use super::cases::{Case, Measure};
use super::run::{Results, Size};
use serde_json::Value;
use std::fmt::{self, Write};
use thirdtry::scenario::units::decimal;

/// One measure of one case: what theory says, and what a run gave.
#[derive(Debug)]
pub(super) struct Row {
    case: String,
    measure: String,
    unit: String,
    expected: Value,
    found: Value,
    /// The standard deviation of our run; none if the value is exact.
    sd: Option<f64>,
    bias: f64,
}

/// Measures that are counts or sums over the whole run, and so grow with its length.
const GROW: [&str; 14] = [
    "total_busy",
    "total",
    "attempts",
    "requests",
    "gb_s",
    "cost",
    "exhausted",
    "lost_one",
    "lost_both",
    "delivery_tries",
    "duplicated",
    "sampled",
    "failed_attempts",
    "success",
];

/// Measures that are taken over time from the warm-up to the last arrival, or of the events of that time.
const TIMED: [&str; 9] = [
    "mean_busy",
    "var_busy",
    "mean_in_system",
    "var_in_system",
    "share_time_full",
    "share_time_ge",
    "blocked_share",
    "fail_rate",
    "disp_index",
];

impl Row {
    pub(super) fn new(case: &Case, measure: &Measure, size: &Size, results: &Results) -> Self {
        let name = measure.name.as_str();
        let relative = if TIMED.contains(&name) { size.time } else { size.events };
        let grows = GROW.contains(&name);
        let mut expected = measure.expected.clone();
        if grows && relative < 1.0 {
            expected = Value::from(expected.as_f64().expect("a number") * relative);
        }
        let stretch = if grows { relative.sqrt() } else { 1.0 / relative.sqrt() };
        Self {
            case: case.id.clone(),
            measure: measure.name.clone(),
            unit: measure.unit.clone(),
            expected,
            found: results[&measure.name].clone(),
            sd: measure.sd.map(|sd| sd * stretch),
            // A bias of an estimate falls with the length of the run.
            bias: if grows { measure.bias } else { measure.bias / relative },
        }
    }

    /// Whether the run agrees with theory.
    pub(super) fn holds(&self) -> bool {
        match self.difference() {
            Some(difference) => difference.abs() <= self.tolerance(),
            None => self.expected == self.found || same_decimal(&self.expected, &self.found),
        }
    }

    fn tolerance(&self) -> f64 {
        self.sd.map_or(0.0, |sd| 4.0 * sd + self.bias)
    }

    fn difference(&self) -> Option<f64> {
        Some(self.found.as_f64()? - self.expected.as_f64()?)
    }

    /// By how many standard deviations the run differs.
    fn z(&self) -> Option<f64> {
        Some(self.difference()? / self.sd?)
    }

    fn cells(&self) -> String {
        let tolerance =
            self.sd.map_or_else(|| "exact".to_owned(), |_| format!("± {}", figures(self.tolerance(), 3)));
        let z = self.z().map_or_else(String::new, |z| format!("{z:+.2}"));
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        format!(
            "| {} | {}{unit} | {} | {tolerance} | {z} | {} |",
            self.measure,
            shown(&self.expected),
            shown(&self.found),
            if self.holds() { "holds" } else { "**fails**" },
        )
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.case, self.cells())
    }
}

/// Sums of money are kept to the pico-dollar: the twelfth place.
fn same_decimal(expected: &Value, found: &Value) -> bool {
    let units = |value: &Value| decimal(value.as_str()?, 12);
    units(expected).is_some_and(|expected| units(found) == Some(expected))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_f64() => figures(number.as_f64().unwrap_or(f64::NAN), 6),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.len() > 8 => format!("{} values, equal", list.len()),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(", "),
        _ => value.to_string(),
    }
}

/// A number with so many significant figures, without trailing zeros.
fn figures(value: f64, significant: usize) -> String {
    let mut places = significant;
    let mut bound = 1.0;
    while places > 0 && value.abs() >= bound {
        bound *= 10.0;
        places -= 1;
    }
    let mut small = value.abs();
    while small > 0.0 && small < 0.1 {
        small *= 10.0;
        places += 1;
    }
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

const HEAD: &str = "\
# Validation

What whole runs give, held against what queueing theory says they must. Generated: `UPDATE_GOLDEN=1 cargo test`
rewrites this file, and `cargo test` fails when it is not current or when a verdict is not *holds*.

The cases come from a set that was made apart from this program: each has a closed form, an exact count, or (the few
so called) the mean of an independent simulation. Each is written as a scenario, with AWS's nominal times (profile
`documented`), and run with seed 1. What twenty seeds give is in [validation-seeds.md](validation-seeds.md).

- **Expected**: what theory says, for a run of the length that was made.
- **Tolerance**: four standard deviations of such a run, so that a right program fails one measure in 16 000 by
  chance; plus, where the case states one, the bias of the estimate. *exact*: not one nanosecond or event more or
  less.
- **z**: how many standard deviations lie between the two.

Long cases are shortened to 40 000 events after the warm-up (60 000 arrivals where nothing else matters), and the
standard deviations are longer by the root of the ratio. A loss system (an event that finds no slot is gone) is a
synchronous caller without retries of its own; full jitter, uniform between nothing and the nominal wait, is our
two-sided jitter at its widest on half the wait.
";

/// Appends formatted text.
macro_rules! put {
    ($text:expr, $($what:tt)*) => { write!($text, $($what)*).expect("text takes everything") };
}

/// The whole document.
pub(super) fn document(
    cases: &[(&Case, Vec<Row>)],
    not_run: &[(&str, &str)],
    properties: &[(&str, &str)],
) -> String {
    let mut text = HEAD.to_owned();
    let rows = || cases.iter().flat_map(|(_, rows)| rows);
    let run = cases.iter().filter(|(_, rows)| !rows.is_empty()).count();
    let held = rows().filter(|row| row.holds()).count();
    put!(text, "\n{run} cases were run; {held} of {} measures hold.\n", rows().count());
    let mut family = "";
    for (case, rows) in cases.iter().filter(|(_, rows)| !rows.is_empty()) {
        if case.family != family {
            family = &case.family;
            put!(text, "\n## {}{}\n", family[..1].to_uppercase(), &family[1..]);
        }
        put!(text, "\n**{}: {}**", case.id, case.title);
        if !case.formula.is_empty() {
            put!(text, "  \n{}", case.formula);
        }
        text +=
            "\n\n| Measure | Expected | Simulated | Tolerance | z | Verdict |\n|---|---|---|---|---|---|\n";
        for row in rows {
            put!(text, "{}\n", row.cells());
        }
    }
    let title =
        |id: &str| cases.iter().find(|(case, _)| case.id == id).map_or("", |(case, _)| case.title.as_str());
    if !properties.is_empty() {
        text += "\n## Properties of every run\n\n| Case | Property | Held by |\n|---|---|---|\n";
    }
    for (id, test) in properties {
        put!(text, "| {id} | {} | `{test}` |\n", title(id));
    }
    text += "\n## Not run\n\n| Case | What it is | Why not |\n|---|---|---|\n";
    for (id, why) in not_run {
        put!(text, "| {id} | {} | {why} |\n", title(id));
    }
    text
}

/// How many seeds a mean is taken over.
pub(super) const SEEDS: u64 = 20;

const SEEDS_HEAD: &str = "\
# Validation over many seeds

The cases of [validation.md](validation.md), each with the seeds 1 to 20. Generated by a test that an ordinary
`cargo test` leaves out, as it takes minutes:

```sh
UPDATE_GOLDEN=1 cargo test --profile cross --test it no_measure_is_biased -- --ignored
```

A single run may be four standard deviations off, which hides a bias of half a standard deviation. The mean of 20 runs
may be off by 4/√20 = 0.89 of them, and none of the 20 by more than 4.5; a bias that the case itself states is allowed
on top. Measures without a standard deviation are exact in every run. The measures of a case are taken of the same
runs, and cases with the same seed share draws, so that they are not independent of each other.

- **mean z**: how many standard deviations of one run the mean of 20 is off, of the measure for which that is most.
- **largest z**: the one value of all seeds and measures that is furthest off, and its seed.
";

/// A measure of a case over all seeds: the first is that of seed 1.
struct Seeds<'a>(Vec<&'a Row>);

impl Seeds<'_> {
    fn mean(&self) -> Option<f64> {
        let all: Vec<f64> = self.0.iter().filter_map(|row| row.z()).collect();
        (!all.is_empty()).then(|| super::arrivals::mean(&all))
    }

    /// The one that is furthest off, and its seed.
    fn furthest(&self) -> Option<(f64, u64)> {
        let all = self.0.iter().zip(1..).filter_map(|(row, seed)| Some((row.z()?, seed)));
        all.max_by(|(a, _), (b, _)| a.abs().total_cmp(&b.abs()))
    }

    fn hold(&self) -> bool {
        let Some((mean, (furthest, _))) = self.mean().zip(self.furthest()) else {
            return self.0.iter().all(|row| row.holds());
        };
        let stated = self.0[0].sd.map_or(0.0, |sd| self.0[0].bias / sd);
        let most = 4.0 / super::run::as_float(SEEDS).sqrt();
        mean.abs() <= most + stated && furthest.abs() <= 4.5 + stated
    }
}

/// The document about many seeds; `by_seed` has the rows of every case for each of them.
pub(super) fn over_seeds(cases: &[Case], by_seed: &[&[Vec<Row>]]) -> String {
    let mut lines = String::new();
    let (mut held, mut measures, mut beyond_two, mut values) = (0, 0, 0, 0);
    for (at, case) in cases.iter().enumerate().filter(|(at, _)| !by_seed[0][*at].is_empty()) {
        let all: Vec<Seeds<'_>> = (0..by_seed[0][at].len())
            .map(|measure| Seeds(by_seed.iter().map(|rows| &rows[at][measure]).collect()))
            .collect();
        let every = || all.iter().flat_map(|seeds| seeds.0.iter().filter_map(|row| row.z()));
        values += every().count();
        beyond_two += every().filter(|z| z.abs() > 2.0).count();
        measures += all.len();
        held += all.iter().filter(|seeds| seeds.hold()).count();
        let mean = all.iter().filter_map(|seeds| Some((seeds.mean()?, &seeds.0[0].measure)));
        let mean = mean.max_by(|(a, _), (b, _)| a.abs().total_cmp(&b.abs()));
        let mean = mean.map_or_else(|| "exact".to_owned(), |(z, name)| format!("{z:+.2} ({name})"));
        let furthest = all.iter().filter_map(Seeds::furthest);
        let furthest = furthest.max_by(|(a, _), (b, _)| a.abs().total_cmp(&b.abs()));
        let furthest = furthest.map_or_else(String::new, |(z, seed)| format!("{z:+.2} (seed {seed})"));
        let verdict = if all.iter().all(Seeds::hold) { "holds" } else { "**fails**" };
        put!(lines, "| {}: {} | {} | {mean} | {furthest} | {verdict} |\n", case.id, case.title, all.len());
    }
    format!(
        "{SEEDS_HEAD}\n{held} of {measures} measures hold. Of {values} values that have a standard deviation, \
         {beyond_two} are more than two of them off: {:.1} %, and 4.6 % would be if they were normal.\n\n\
         | Case | Measures | mean z | largest z | Verdict |\n|---|--:|---|---|---|\n{lines}",
        100.0 * super::run::as_float(beyond_two as u64) / super::run::as_float(values as u64)
    )
}
