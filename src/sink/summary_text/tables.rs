//! The tables of the summary: by fate, route, function and dependency.

use super::phrases::{causes, count_of, dash, shortened, sum};
use crate::observe::decimal::Decimal;
use crate::observe::dependencies::DependencyReport;
use crate::observe::summary::{Counts, FunctionReport, RouteReport, SummaryReport};
use crate::text::number::{dollars, duration, grouped, percent};
use crate::text::table::Table;

/// Fates that need a particular scenario: a line for them only where they occur.
const RARE_FATES: [&str; 2] = ["recursive_invocation", "vanished"];

/// Those that have something to say.
pub(super) fn tables(report: &SummaryReport) -> Vec<Table> {
    let counts = &report.counts;
    let all = [fates(counts), routes(&counts.routes), functions(report), dependencies(report)];
    all.into_iter().filter(|table| !table.is_empty()).collect()
}

fn table(words: usize, header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Table {
    let header = header.iter().map(|name| (*name).to_owned()).collect();
    Table::new(words, std::iter::once(header).chain(rows).collect())
}

fn fates(counts: &Counts) -> Table {
    let in_flight = [("in_flight", counts.in_flight)];
    let shown = |(name, count): &(&str, u64)| *count > 0 || !RARE_FATES.contains(name);
    let settled =
        counts.fates.keys().map(|name| (name.as_str(), count_of(&counts.fates, name))).filter(shown);
    let row =
        |(name, count): (&str, u64)| vec![name.to_owned(), grouped(count), percent(count, counts.accepted)];
    table(1, &["Fate", "events", "share"], settled.chain(in_flight).map(row))
}

fn routes(routes: &[RouteReport]) -> Table {
    let row = |route: &RouteReport| {
        vec![
            route.route.to_owned(),
            format!("{} ({})", shortened(&route.destination), route.kind),
            grouped(route.delivered),
            grouped(route.delivery_failed),
            grouped(route.pending),
            causes(&route.failures),
        ]
    };
    table(
        2,
        &["Route", "destination", "delivered", "failed", "pending", "failed because"],
        routes.iter().map(row),
    )
    .with_words_in(5)
}

fn functions(report: &SummaryReport) -> Table {
    let row = |function: &FunctionReport| {
        let counts = &function.counts;
        vec![
            shortened(&function.function),
            grouped(counts.accepted),
            grouped(count_of(&counts.fates, "succeeded")),
            grouped(counts.lost.total),
            grouped(counts.runs),
            grouped(sum(&counts.throttles)),
            counts.event_age.map_or_else(dash, |age| duration(age.p99_ns)),
            dollars(counts.cost_usd.total),
        ]
    };
    table(
        1,
        &["Function", "accepted", "succeeded", "lost", "runs", "throttles", "age p99", "cost"],
        report.functions.iter().map(row),
    )
}

fn dependencies(report: &SummaryReport) -> Table {
    let share = |share: Option<Decimal>| share.map_or_else(dash, |share| format!("{}%", share.round(1)));
    let row = |dependency: &DependencyReport| {
        let ended = |how: &str| count_of(&dependency.ended, how);
        vec![
            shortened(&dependency.dependency),
            grouped(dependency.calls),
            grouped(ended("failed") + ended("refused")),
            grouped(ended("timed_out") + ended("abandoned")),
            dependency.latency.map_or_else(dash, |latency| duration(latency.mean_ns)),
            dependency.latency.map_or_else(dash, |latency| duration(latency.p99_ns)),
            grouped(dependency.waiting.maximum),
            share(dependency.busy_percent),
            share(dependency.in_vain_percent),
        ]
    };
    table(
        1,
        &["Dependency", "calls", "failed", "given up", "mean", "p99", "waiting", "busy", "in vain"],
        report.dependencies.iter().map(row),
    )
}
