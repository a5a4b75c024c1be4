//! Replications for people: a mean with what it is uncertain by, in at most 100 columns; and the same as Markdown.

use super::estimate::Estimate;
use super::precision::Target;
use super::replicate::{Replications, Row};
use crate::observe::recovery::Outcome;
use crate::scenario::Scenario;
use crate::sink::outage_text;
use crate::sink::summary_text::{WIDTH, duration};
use std::fmt::Write as _;

/// What is shown, if it is anything but zero; everything else is in `estimates.csv`.
pub(super) const SHOWN: [&str; 28] = [
    "accepted.Sum",
    "never_accepted.Sum",
    "succeeded.Sum",
    "retries_exhausted.Sum",
    "event_age_exceeded.Sum",
    "zero_reserved_concurrency.Sum",
    "recursive_invocation.Sum",
    "vanished.Sum",
    "in_flight.Sum",
    "lost.Sum",
    "lost.first_at.Minimum",
    "attempts_per_event.Average",
    "runs_per_event.Average",
    "Errors.Sum",
    "Throttles.Sum",
    "AsyncEventAge.Average",
    "AsyncEventAge.p99",
    "AsyncEventAge.Maximum",
    "sojourn.p50",
    "sojourn.p99",
    "waiting.Average",
    "waiting.Maximum",
    "concurrency.Average",
    "concurrency.Maximum",
    "drain_time.Maximum",
    "starts.cold.Sum",
    "cost_usd.Sum",
    "cost_usd.wasted.Sum",
];
/// Shown even if it is zero: what everybody looks for.
const ALWAYS: &str = "lost.Sum";

/// The replications as text.
pub fn text(replications: &mut Replications, scenario: &Scenario, until: &[Target]) -> String {
    let mut text = format!("{}\n\n", headline(replications, scenario));
    if let Some(outage) = outage(replications, scenario) {
        push_wrapped(&mut text, &outage);
        text.push('\n');
    }
    let table = table(replications);
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..table[0].len()).map(width).collect();
    for row in &table {
        let mut line = format!("{:<1$}", row[0], widths[0]);
        for (cell, width) in row[1..].iter().zip(&widths[1..]) {
            let _ = write!(line, "  {cell:>width$}");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for line in closing(replications, until) {
        let _ = write!(text, "\n{line}\n");
    }
    text
}

/// The replications as Markdown.
pub fn markdown(replications: &mut Replications, scenario: &Scenario, until: &[Target]) -> String {
    let mut text =
        format!("### {}\n\n", headline(replications, scenario).replace('*', "\\*").replace('<', "&lt;"));
    if let Some(outage) = outage(replications, scenario) {
        let _ = write!(text, "{}\n\n", outage.replace('*', "\\*").replace('<', "&lt;"));
    }
    let table = table(replications);
    for (at, row) in table.iter().enumerate() {
        let _ = writeln!(text, "| {} |", row.join(" | "));
        if at == 0 {
            let _ = writeln!(text, "| --- |{}", " ---: |".repeat(row.len() - 1));
        }
    }
    for line in closing(replications, until) {
        let _ = write!(text, "\n{line}\n");
    }
    text
}

/// What a planner asks of a scenario in which something goes wrong for a while: means with half of their intervals.
fn outage(replications: &Replications, scenario: &Scenario) -> Option<String> {
    let estimate = |name: &str| replications.estimate(replications.names.find(name).ok()?);
    let margin = |half: Option<f64>, say: &dyn Fn(f64) -> String| {
        half.filter(|half| *half > 0.0).map(|half| format!(" ± {}", say(half))).unwrap_or_default()
    };
    let count = |name: &str| {
        estimate(name)
            .map_or_else(|| "-".to_owned(), |found| Scale::of("Count", found.mean).with_margin(&found))
    };
    let span = |nanos: f64| duration(whole(nanos));
    let time = |name: &str, say: &dyn Fn(u64) -> String| {
        let found = estimate(name)?;
        let among = match replications.count() {
            all if found.n < all => format!(" (in {} of {all})", found.n),
            _ => String::new(),
        };
        Some(format!("{}{}{among}", say(whole(found.mean)), margin(found.half_width, &span)))
    };
    let drained = match (estimate("recovered.Sum"), time("recovery_time.Maximum", &duration)) {
        (Some(_), Some(time)) => format!("drained {time} after its end"),
        (Some(_), None) => outage_text::drained(Outcome::NotRecovered),
        (None, _) => outage_text::drained(Outcome::NothingToRecoverFrom),
    };
    outage_text::sentence(
        scenario,
        &outage_text::Answers {
            peak_waiting: count("waiting.Maximum"),
            oldest: time("AsyncEventAge.Maximum", &duration),
            first_loss: time("lost.first_at.Minimum", &outage_text::second),
            lost: count("lost.Sum"),
            drained,
        },
    )
}

/// Nanoseconds as an integer.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time, rounded")]
fn whole(nanos: f64) -> u64 {
    (nanos + 0.5) as u64
}

/// Broken at spaces, in at most 100 columns.
fn push_wrapped(text: &mut String, words: &str) {
    let mut column = 0;
    for word in words.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > WIDTH {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text.push('\n');
}

fn headline(replications: &Replications, scenario: &Scenario) -> String {
    let count = replications.count();
    let which = if count == 1 {
        "replication".to_owned()
    } else {
        format!("independent replications (0 to {})", count - 1)
    };
    let warm_up = match replications.warm_up.as_nanos() {
        0 => String::new(),
        _ => format!(", from {} on", replications.warm_up),
    };
    format!(
        "{}: {} {which} of seed {}{warm_up}; {} confidence intervals of the mean.",
        scenario.name,
        grouped(f64::from(count), 0),
        scenario.seed.0,
        replications.confidence,
    )
}

/// The header and a row for each metric that is shown.
fn table(replications: &mut Replications) -> Vec<[String; 6]> {
    let header = ["Metric", "mean", "± half-width", "of it", "smallest", "largest"].map(str::to_owned);
    let names = replications.names.clone();
    let rows = replications.rows();
    let positions = SHOWN.iter().filter_map(|name| names.find(name).ok());
    std::iter::once(header).chain(positions.filter_map(|at| shown(&rows[at]))).collect()
}

fn shown(row: &Row<'_>) -> Option<[String; 6]> {
    let (estimate, quantiles) = row.estimate.zip(row.quantiles)?;
    let name = row.metric.name();
    if quantiles.maximum.units() == 0 && name != ALWAYS {
        return None;
    }
    let scale = Scale::of(row.metric.unit, estimate.mean);
    let exact =
        |value: crate::observe::decimal::Decimal| scale.number(super::precision::as_float(value), None);
    let half = estimate.half_width;
    Some([
        name,
        scale.number(estimate.mean, half),
        half.map_or_else(String::new, |half| format!("± {}", scale.number(half, Some(half)))),
        half.filter(|_| estimate.mean > 0.0).map_or_else(String::new, |half| share(half / estimate.mean)),
        exact(quantiles.minimum),
        exact(quantiles.maximum),
    ])
}

/// What the stopping rule came to.
fn closing(replications: &Replications, until: &[Target]) -> Vec<String> {
    let said = |target: &Target| {
        let name = replications.names.all()[target.metric].name();
        if !replications.unmet.contains(target) {
            return format!("{name} is as precise as was asked.");
        }
        let needed =
            replications.estimate(target.metric).and_then(|estimate| target.replications_needed(&estimate));
        let more = match needed {
            Some(needed) => format!("about {needed} replications would be"),
            None => "no number of replications would be, as its mean is zero or missing".to_owned(),
        };
        format!("{name} is not as precise as was asked: {more}.")
    };
    until.iter().map(said).collect()
}

/// In what unit values of a metric are shown.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    divisor: f64,
    suffix: &'static str,
    prefix: &'static str,
}

impl Scale {
    /// The way in which values in `unit` around `typical` are read best.
    pub fn of(unit: &str, typical: f64) -> Self {
        let plain = |divisor, suffix| Self { divisor, suffix, prefix: "" };
        match unit {
            "Nanoseconds" if typical.abs() < 1e9 => plain(1e6, " ms"),
            "Nanoseconds" => plain(1e9, " s"),
            "Milliseconds" => plain(1e3, " s"),
            "USD" => Self { divisor: 1.0, suffix: "", prefix: "$" },
            "Percent" => plain(1.0, "%"),
            _ => plain(1.0, ""),
        }
    }

    /// `7.10 ± 0.25 s`
    pub fn with_margin(self, estimate: &Estimate) -> String {
        let mean = self.number(estimate.mean, estimate.half_width);
        match estimate.half_width {
            Some(half) if half > 0.0 => {
                let half = self.number(half, Some(half));
                format!("{} ± {half}", mean.strip_suffix(self.suffix).unwrap_or(&mean))
            }
            _ => mean,
        }
    }

    /// `value` in this unit, with as many places as two digits of `half`, the uncertainty, need.
    pub fn number(self, value: f64, half: Option<f64>) -> String {
        let value = value / self.divisor;
        let digits = match half.map(|half| half / self.divisor) {
            Some(half) if half > 0.0 => places(half, 2),
            _ => places(value.abs(), 4).min(if value.abs() - value.abs().floor() > 0.0 { 12 } else { 0 }),
        };
        let sign = if value < 0.0 { "-" } else { "" };
        format!("{sign}{}{}{}", self.prefix, grouped(value.abs(), digits), self.suffix)
    }
}

/// How many places it takes to show `digits` significant digits of `value`.
fn places(value: f64, digits: usize) -> usize {
    let mut places = digits - 1;
    let mut scaled = value;
    while scaled >= 10.0 && places > 0 {
        (scaled, places) = (scaled / 10.0, places - 1);
    }
    while scaled < 1.0 && scaled > 0.0 && places < 12 {
        (scaled, places) = (scaled * 10.0, places + 1);
    }
    places
}

/// With commas between thousands.
fn grouped(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() { grouped } else { format!("{grouped}.{rest}") }
}

fn share(share: f64) -> String {
    if share >= 9.995 {
        "> 999%".to_owned()
    } else {
        format!("{:.1$}%", share * 100.0, places(share * 100.0, 2).min(2))
    }
}
