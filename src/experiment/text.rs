//! Replications for people: a mean with what it is uncertain by, in at most 100 columns; and the same as Markdown.

use super::precision::Target;
use super::replicate::{Replications, Row};
use super::scale::{Scale, places};
use crate::observe::decimal::Decimal;
use crate::observe::recovery::Outcome;
use crate::rounding::nearest;
use crate::scenario::Scenario;
use crate::sink::outage_text;
use crate::text::layout::push_wrapped;
use crate::text::number::{duration, grouped};
use crate::text::table::Table;
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
        push_wrapped(&mut text, &outage, 0);
        text.push('\n');
    }
    text.push_str(&table(replications).text());
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
    text.push_str(&table(replications).markdown());
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
    let span = |nanos: f64| duration(nearest(nanos));
    let time = |name: &str, say: &dyn Fn(u64) -> String| {
        let found = estimate(name)?;
        let among = match replications.count() {
            all if found.n < all => format!(" (in {} of {all})", found.n),
            _ => String::new(),
        };
        Some(format!("{}{}{among}", say(nearest(found.mean)), margin(found.half_width, &span)))
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
        grouped(count.into()),
        scenario.seed.0,
        replications.confidence,
    )
}

/// The header and a row for each metric that is shown.
fn table(replications: &mut Replications) -> Table {
    let header = ["Metric", "mean", "± half-width", "of it", "smallest", "largest"].map(str::to_owned);
    let names = replications.names.clone();
    let rows = replications.rows();
    let positions = SHOWN.iter().filter_map(|name| names.find(name).ok());
    let rows = std::iter::once(header).chain(positions.filter_map(|at| shown(&rows[at])));
    Table::new(1, rows.map(Vec::from).collect())
}

fn shown(row: &Row<'_>) -> Option<[String; 6]> {
    let (estimate, quantiles) = row.estimate.zip(row.quantiles)?;
    let name = row.metric.name();
    if quantiles.maximum.units() == 0 && name != ALWAYS {
        return None;
    }
    let scale = Scale::of(row.metric.unit, estimate.mean);
    let exact = |value: Decimal| scale.number(value.as_f64(), None);
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

fn share(share: f64) -> String {
    if share >= 9.995 {
        "> 999%".to_owned()
    } else {
        format!("{:.1$}%", share * 100.0, places(share * 100.0, 2).min(2))
    }
}
