//! A comparison for people: what changed in the settings, in the fates, by how much, first where and why, and what it
//! costs.

use super::events::{EventDifference, OneLife};
use super::fate::FateAndRoutes;
use super::page::Page;
use super::sentence::{cut, only};
use super::{Cell, Diff, MetricDifference};
use crate::experiment::estimate::Estimate;
use crate::experiment::scale::Scale;
use crate::experiment::text::SHOWN;
use crate::text::layout::capital;
use crate::text::number::grouped;
use crate::text::table::Table;
use std::collections::BTreeSet;

/// So many settings, changes of fate and events are shown; everything is in the other formats.
const MOST_SETTINGS: usize = 12;
const MOST_CHANGES: usize = 8;
const MOST_EVENTS: usize = 3;
/// What costs are shown, apart from the other metrics.
const COSTS: [&str; 4] = [
    "cost_usd.Sum",
    "cost_usd.wasted.Sum",
    "cost_usd.per_million_events.Average",
    "cost_usd.per_month.Average",
];
/// With more fates than this the matrix does not fit beside their names.
const MOST_FATES: usize = 8;

/// The comparison as text, at most 100 columns wide.
pub fn text(diff: &Diff) -> String {
    page(diff).text()
}

/// The comparison as Markdown, for a comment on a change.
pub fn markdown(diff: &Diff) -> String {
    page(diff).markdown()
}

fn page(diff: &Diff) -> Page {
    let mut page = Page::default();
    page.heading(headline(diff));
    page.paragraph(format!("{}.", capital(&diff.sentence())));
    push_settings(&mut page, diff);
    push_fates(&mut page, diff);
    push_events(&mut page, diff);
    push_metrics(&mut page, diff);
    page
}

fn headline(diff: &Diff) -> String {
    let runs = match diff.replications {
        1 => "once each".to_owned(),
        n => format!("{} replications each", grouped(n.into())),
    };
    let aside = diff.seed_set_aside.map(|seed| format!("; seed {seed} of B set aside")).unwrap_or_default();
    let (a, b) = (cut(&diff.a), cut(&diff.b));
    format!("{a} (A) and {b} (B), {runs}, on the same events (seed {}{aside})", diff.seed)
}

fn push_settings(page: &mut Page, diff: &Diff) {
    page.heading("Settings that differ");
    if diff.settings.is_empty() {
        page.item(1, "none");
    } else {
        let value = |value: &Option<String>| value.as_deref().map_or_else(|| "not set".to_owned(), cut);
        let mut rows = vec![["setting", "A", "", "B"].map(str::to_owned).to_vec()];
        let shown = diff.settings.iter().take(MOST_SETTINGS);
        rows.extend(
            shown.map(|found| vec![found.path.clone(), value(&found.a), "->".to_owned(), value(&found.b)]),
        );
        page.table(Table::new(4, rows));
        push_more(page, diff.settings.len(), MOST_SETTINGS, "settings");
    }
    for (side, names) in [("A", &diff.only_in_a), ("B", &diff.only_in_b)] {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().take(MOST_SETTINGS).map(|name| cut(name)).collect();
            page.item(1, format!("sources in {side} only: {}", names.join(", ")));
        }
    }
}

fn push_more(page: &mut Page, all: usize, most: usize, what: &str) {
    if all > most {
        page.item(1, format!("and {} {what} more", all - most));
    }
}

fn push_fates(page: &mut Page, diff: &Diff) {
    let fates = &diff.fates;
    page.heading(format!("Fates of the same {} events", grouped(fates.paired())));
    let on_average = |estimate: &Estimate| match diff.replications {
        1 => String::new(),
        _ => format!(" ({} a replication)", Scale::of("Count", estimate.mean).with_margin(estimate)),
    };
    let (changed, lived) = (grouped(fates.changed), grouped(fates.lived_differently));
    page.item(1, format!("{changed} changed{}", on_average(&fates.changed_on_average)));
    let average = on_average(&fates.lived_differently_on_average);
    page.item(1, format!("{lived} lived differently in any way{average}"));
    let alone: Vec<String> = fates
        .alone()
        .into_iter()
        .filter(|(_, events)| *events > 0)
        .map(|(side, events)| only(side, events))
        .collect();
    if !alone.is_empty() {
        page.item(1, alone.join("; "));
    }
    let shown = all_fates(diff);
    if shown.len() > MOST_FATES {
        push_changes(page, diff);
    } else if shown.len() > 1 {
        push_matrix(page, diff, &shown);
    }
}

/// The fates of either, in order; that of an event that is in one only comes last.
fn all_fates(diff: &Diff) -> Vec<Option<FateAndRoutes>> {
    let cells = diff.fates.cells.iter().filter(|cell| cell.events > 0);
    let all: BTreeSet<_> =
        cells.flat_map(|cell| [cell.a, cell.b]).map(|fate| (fate.is_none(), fate)).collect();
    all.into_iter().map(|(_, fate)| fate).collect()
}

/// From which fate to which, the most frequent first.
fn push_changes(page: &mut Page, diff: &Diff) {
    let mut changes: Vec<&Cell> =
        diff.fates.cells.iter().filter(|cell| cell.is_change() && cell.events > 0).collect();
    changes.sort_by_key(|cell| std::cmp::Reverse(cell.events));
    for cell in changes.iter().take(MOST_CHANGES) {
        page.item(1, format!("{}: {} -> {}", grouped(cell.events), named(cell.a), named(cell.b)));
    }
    push_more(page, changes.len(), MOST_CHANGES, "kinds of change");
}

fn push_matrix(page: &mut Page, diff: &Diff, all: &[Option<FateAndRoutes>]) {
    let number = |at: usize| (at + 1).to_string();
    let header = ["A \\ B".to_owned()].into_iter().chain((0..all.len()).map(number));
    let mut rows = vec![header.collect::<Vec<_>>()];
    for (at, row) in all.iter().enumerate() {
        let cells = all.iter().map(|column| {
            let events = diff.fates.cell(*row, *column).map_or(0, |cell| cell.events);
            if events == 0 { "·".to_owned() } else { grouped(events) }
        });
        rows.push([format!("{} {}", at + 1, named(*row))].into_iter().chain(cells).collect());
    }
    page.table(Table::new(1, rows));
}

fn named(fate: Option<FateAndRoutes>) -> String {
    fate.map_or_else(|| "not there".to_owned(), FateAndRoutes::name)
}

fn push_events(page: &mut Page, diff: &Diff) {
    if let Some(first) = diff.first.as_ref().filter(|first| diff.changed.first() != Some(first)) {
        page.heading(format!("The runs part at {}", first.at()));
        push_event(page, first, diff);
    }
    if !diff.changed.is_empty() {
        page.heading("The first events whose fate changed");
        for event in diff.changed.iter().take(MOST_EVENTS) {
            push_event(page, event, diff);
        }
    }
}

fn push_event(page: &mut Page, event: &EventDifference, diff: &Diff) {
    let chained = if event.chained { ", chained" } else { "" };
    let about = format!(
        "{} ({} #{}{chained}, function {})",
        event.name(),
        cut(&event.source),
        event.number,
        cut(&event.function)
    );
    page.item(1, format!("{about}{}", diff.because(event)));
    for (side, life) in [("A", &event.a), ("B", &event.b)] {
        let told = life.as_ref().map_or_else(|| ": there is no such event".to_owned(), told);
        page.item(2, format!("{side}{told}"));
    }
}

/// What became of it, and the first that happened otherwise than in its other life, with the rules that decided.
fn told(life: &OneLife) -> String {
    let rules: Vec<&str> = life.differing.rules.iter().map(|rule| rule.name()).collect();
    let rules = if rules.is_empty() { String::new() } else { format!(" [{}]", rules.join(", ")) };
    let end = life.fate.map(|fate| format!(" ({fate})")).unwrap_or_default();
    format!("{end}: {} {}{rules}", life.differing.at, life.differing.words)
}

fn push_metrics(page: &mut Page, diff: &Diff) {
    let differing = diff.metrics.iter().filter(|found| found.differs()).count();
    if differing == 0 {
        page.heading("No metric differs");
        return;
    }
    let interval = match diff.replications {
        1 => String::new(),
        _ => format!(" ± half of the {} interval, paired", diff.confidence),
    };
    let of = |names: &mut dyn Iterator<Item = &'static str>| -> Vec<&MetricDifference> {
        names.filter_map(|name| diff.metric(name)).filter(|found| found.differs()).collect()
    };
    let cost = of(&mut COSTS.into_iter());
    let others = of(&mut SHOWN.into_iter().filter(|name| !COSTS.contains(name)));
    // Beside the costs there is no room for more.
    let with_variance = diff.replications > 1;
    for (heading, found, with_variance) in
        [("What it costs, a run", &cost, false), ("Other metrics, a run", &others, with_variance)]
    {
        if !found.is_empty() {
            page.heading(format!("{heading}{interval}"));
            push_table(page, found, with_variance);
        }
    }
    if cost.iter().chain(&others).any(|found| found.is_certain() == Some(false)) {
        page.item(1, "~ the interval holds zero: it may be chance");
    }
    let more = differing - cost.len() - others.len();
    if more > 0 {
        page.item(1, format!("and {more} metrics more: --format csv"));
    }
}

fn push_table(page: &mut Page, found: &[&MetricDifference], with_variance: bool) {
    let header = ["metric", "A", "B", "B - A", "of A", "variance saved"];
    let columns = if with_variance { 6 } else { 5 };
    let mut rows = vec![header[..columns].iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>()];
    rows.extend(found.iter().map(|found| row(found)[..columns].to_vec()));
    page.table(Table::new(1, rows));
}

fn row(found: &MetricDifference) -> [String; 6] {
    let mean = |estimate: Option<Estimate>| estimate.map_or(0.0, |estimate| estimate.mean);
    let typical = [found.a, found.b].map(|estimate| mean(estimate).abs()).into_iter().fold(0.0, larger);
    let scale = Scale::of(found.metric.unit, typical);
    let half = found.difference.and_then(|difference| difference.half_width);
    let value = |estimate: Option<Estimate>| {
        estimate.map_or_else(|| "-".to_owned(), |estimate| scale.number(estimate.mean, half))
    };
    let difference = found.difference.map_or_else(
        || "-".to_owned(),
        |difference| {
            let sign = if difference.mean > 0.0 { "+" } else { "" };
            let doubt = if found.is_certain() == Some(false) { "~ " } else { "" };
            format!("{doubt}{sign}{}", scale.with_margin(&difference))
        },
    );
    let percent =
        |share: Option<f64>| share.map_or_else(String::new, |share| format!("{:+.1}%", share * 100.0));
    let saved = found.variance_reduction.map_or_else(String::new, |share| format!("{:.1}%", share * 100.0));
    [found.metric.name(), value(found.a), value(found.b), difference, percent(found.relative()), saved]
}

fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}
