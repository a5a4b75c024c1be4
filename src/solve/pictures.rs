//! The charts of a search: each requirement's metric over the values that were tried; a frontier.

use super::{Demand, Frontier, Held, Probe, Solution};
use crate::chart::sweep::{Limit, Numbers, SweepAxis, SweepChart, draw as draw_chart};
use crate::chart::{ChartFile, Format};
use crate::observe::decimal::Decimal;
use crate::scenario::shape::last_part;
use crate::scenario::units;
use std::collections::BTreeSet;

/// A chart for each requirement.
pub(super) fn draw(solution: &Solution, format: Format) -> Vec<ChartFile> {
    let mut taken = BTreeSet::new();
    let charts = solution.demands.iter().enumerate();
    // One metric may have a bound on either side.
    let charts = charts.filter(|(_, demand)| taken.insert(demand.text.clone()));
    charts.map(|(at, demand)| draw_chart(&chart(solution, at, demand), format)).collect()
}

fn chart(solution: &Solution, at: usize, demand: &Demand) -> SweepChart {
    let point = |probe: &Probe| {
        let estimate = probe.judgements[at].estimate?;
        let half = match demand.held {
            Held::InTheMean => estimate.half_width.unwrap_or(0.0),
            Held::InEveryRun => 0.0,
        };
        Some((estimate.mean, half))
    };
    let answer = solution.answer.value().map_or_else(String::new, |value| format!(": {value}"));
    SweepChart {
        name: format!("solve-{}-{}", at + 1, file_name(&demand.metric)),
        title: demand.text.clone(),
        subtitle: format!(
            "{} — the {} {} that meets the goal{answer}; seed {}, intervals that hold together at {}",
            solution.scenario,
            solution.wanted.name(),
            last_part(&solution.path),
            solution.seed,
            solution.confidence
        ),
        axes: vec![SweepAxis {
            name: solution.path.clone(),
            values: solution.evidence.iter().map(|probe| probe.value.clone()).collect(),
        }],
        numbers: match demand.unit {
            "Nanoseconds" => Numbers::Nanoseconds,
            "USD" => Numbers::Dollars,
            _ => Numbers::Plain,
        },
        called: None,
        points: solution.evidence.iter().map(point).collect(),
        limit: Some(Limit { value: demand.bound.as_f64(), name: "the bound".to_owned() }),
    }
}

/// The answers over the setting that is gone through; where one is undecided, the bar spans what is open.
pub(super) fn draw_frontier(frontier: &Frontier, format: Format) -> Vec<ChartFile> {
    let Some((_, first)) = frontier.rows.first() else { return Vec::new() };
    let point = |(_, solution): &(String, Solution)| {
        let met = number(solution.answer.value()?)?.0;
        Some(match &solution.answer {
            super::Answer::Undecided { not_met, .. } => {
                let low = not_met.as_deref().and_then(number).map_or(met, |(low, _)| low);
                (f64::midpoint(low, met), (met - low).abs() / 2.0)
            }
            _ => (met, 0.0),
        })
    };
    let example = first.evidence.first().map_or("", |probe| &probe.value);
    let numbers = number(example).map(|(_, numbers)| numbers);
    let unit = if units::rate(example).is_ok() { ", a second" } else { "" };
    let unmarked =
        if frontier.rows.iter().any(|row| point(row).is_none()) { "; no mark: no value" } else { "" };
    let chart = SweepChart {
        name: "solve-frontier".to_owned(),
        title: format!("The {} {} that meets the goal", first.wanted.name(), last_part(&first.path)),
        subtitle: format!(
            "{} — so that {}; {} confidence{unmarked}",
            first.scenario,
            first.demands.iter().map(|demand| demand.text.as_str()).collect::<Vec<_>>().join(" and "),
            first.confidence
        ),
        axes: vec![SweepAxis {
            name: frontier.path.clone(),
            values: frontier.rows.iter().map(|(value, _)| value.clone()).collect(),
        }],
        numbers: numbers.unwrap_or(Numbers::Plain),
        called: Some(format!("{}{unit}", first.path)),
        points: frontier.rows.iter().map(point).collect(),
        limit: None,
    };
    vec![draw_chart(&chart, format)]
}

/// The number that a setting's value is.
fn number(value: &str) -> Option<(f64, Numbers)> {
    let plain =
        Decimal::parse(value).map(Decimal::as_f64).or_else(|| Some(units::rate(value).ok()?.per_second()));
    let span = || units::duration(value).ok().map(|span| Decimal::new(span.as_nanos().into(), 0));
    plain
        .map(|number| (number, Numbers::Plain))
        .or_else(|| span().map(|span| (span.as_f64(), Numbers::Nanoseconds)))
}

/// Names from a scenario stay inside the folder.
fn file_name(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect()
}
