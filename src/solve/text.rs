//! Solutions for people: the answer first, then the evidence, the price of a step, and what may be wrong with it.

use super::{
    Answer, Contradiction, Demand, Frontier, Held, Judgement, Marginal, Open, Probe, Solution, Step, Verdict,
};
use crate::expect::shown;
use crate::experiment::Estimate;
use crate::experiment::scale::Scale;
use crate::scenario::shape::last_part;
use crate::text::layout::capital;
use crate::text::markdown::escaped;
use crate::text::number::counted;
use crate::text::table::Table;
use std::fmt::Write as _;

/// The solution as text.
pub fn text(solution: &Solution) -> String {
    let mut text = format!("{}\n\n", question(solution));
    for line in requirements(solution) {
        let _ = writeln!(text, "  {line}");
    }
    let _ = write!(text, "\n{}\n\n{}\n\n", answer(solution), heading(solution));
    text.push_str(&table(solution).text());
    for line in closing(solution) {
        let _ = write!(text, "\n{line}\n");
    }
    text
}

/// The solution as Markdown.
pub fn markdown(solution: &Solution) -> String {
    let mut text = format!("### {}\n\n", escaped(&question(solution)));
    for line in requirements(solution) {
        let _ = writeln!(text, "- {}", escaped(&line));
    }
    let answer: Vec<String> = answer(solution).lines().map(escaped).collect();
    let _ = write!(text, "\n**{}**\n\n{}\n\n", answer.join("\n"), escaped(&heading(solution)));
    text.push_str(&table(solution).markdown());
    for line in closing(solution) {
        let _ = write!(text, "\n{}\n", escaped(&line));
    }
    text
}

/// The frontier as text.
pub fn frontier_text(frontier: &Frontier) -> String {
    let Some((_, first)) = frontier.rows.first() else { return String::new() };
    let mut text = format!("{}\n\n", frontier_question(frontier, first));
    for line in requirements(first) {
        let _ = writeln!(text, "  {line}");
    }
    let _ = write!(text, "\n{}", frontier_table(frontier).text());
    for line in frontier_closing(frontier) {
        let _ = write!(text, "\n{line}\n");
    }
    text
}

/// The frontier as Markdown.
pub fn frontier_markdown(frontier: &Frontier) -> String {
    let Some((_, first)) = frontier.rows.first() else { return String::new() };
    let mut text = format!("### {}\n\n", escaped(&frontier_question(frontier, first)));
    for line in requirements(first) {
        let _ = writeln!(text, "- {}", escaped(&line));
    }
    let _ = write!(text, "\n{}", frontier_table(frontier).markdown());
    for line in frontier_closing(frontier) {
        let _ = write!(text, "\n{}\n", escaped(&line));
    }
    text
}

fn question(solution: &Solution) -> String {
    let Solution { scenario, wanted, path, range, .. } = solution;
    format!("{scenario}: the {} {path} in {range} so that", wanted.name())
}

fn frontier_question(frontier: &Frontier, first: &Solution) -> String {
    let Solution { scenario, wanted, path, range, .. } = first;
    let along = format!("for each {} in {}", frontier.path, frontier.range);
    format!("{scenario}: {along} the {} {path} in {range} so that", wanted.name())
}

/// Each requirement, and what it is a claim of.
fn requirements(solution: &Solution) -> Vec<String> {
    let widest = solution.demands.iter().map(|demand| demand.text.chars().count()).max().unwrap_or(0);
    let line = |demand: &Demand| {
        let held = match demand.held {
            Held::InTheMean => "in the mean over all runs".to_owned(),
            Held::InEveryRun => format!("in every run, at least {} of all", solution.reliability),
        };
        format!("{:<widest$}   {held}", demand.text)
    };
    solution.demands.iter().map(line).collect()
}

/// The answer in a sentence or two.
fn answer(solution: &Solution) -> String {
    match &solution.answer {
        Answer::Found(value) => found(solution, value),
        Answer::Undecided { not_met, met, open } => {
            undecided(solution, not_met.as_deref(), met.as_deref(), open)
        }
        Answer::None { best, others_met_at } => none(solution, best, others_met_at.as_deref()),
        Answer::Interrupted => {
            "was not found: the search was interrupted. What is known so far is below.".to_owned()
        }
    }
}

fn found(solution: &Solution, value: &str) -> String {
    let confidence = solution.confidence;
    let at = solution.evidence.iter().position(|probe| probe.value == value).unwrap_or(0);
    let before = match solution.wanted {
        super::Wanted::Smallest => at.checked_sub(1),
        super::Wanted::Largest => Some(at + 1),
    };
    let qualified =
        if solution.contradictions.is_empty() { "" } else { "\nThere is a reservation: see below." };
    match before.and_then(|before| solution.evidence.get(before)) {
        Some(before) => {
            let fails = failing(solution, before, Verdict::NotMet).join(", ");
            format!(
                "is {value}. With {confidence} confidence, {value} meets all requirements, and {} does not: \
                 {fails}.{qualified}",
                before.value
            )
        }
        None => format!(
            "is {value}, the end of the range. With {confidence} confidence it meets all requirements; what \
             lies beyond was not tried.{qualified}"
        ),
    }
}

/// The requirements on which a value has this verdict.
fn failing(solution: &Solution, probe: &Probe, verdict: Verdict) -> Vec<String> {
    let pairs = solution.demands.iter().zip(&probe.judgements);
    pairs.filter(|(_, judged)| judged.verdict == verdict).map(|(demand, _)| demand.text.clone()).collect()
}

fn undecided(solution: &Solution, not_met: Option<&str>, met: Option<&str>, open: &[Open]) -> String {
    let known = match (not_met, met) {
        (Some(not_met), Some(met)) => format!("{met} meets all requirements, {not_met} does not"),
        (Some(not_met), None) => format!("{not_met} does not meet them, and no value is shown to"),
        (None, Some(met)) => format!("{met} meets all requirements, and no value is shown not to"),
        (None, None) => "no value is shown to meet them, or not to".to_owned(),
    };
    let mut text = format!(
        "is undecided after {} replications. With {} confidence, {known}.",
        solution.max_replications, solution.confidence
    );
    for open in open {
        let demand = &solution.demands[open.demand];
        let judged = solution.probe(&open.value).map(|probe| &probe.judgements[open.demand]);
        let found = judged.and_then(|judged| judged.estimate).map_or_else(String::new, |estimate| {
            format!(" ({} is {})", demand.metric, number(demand, &estimate))
        });
        let more = match open.wanted {
            Some(wanted) => format!("about {wanted} replications would tell"),
            None => "no number of replications would tell, as its mean is the bound".to_owned(),
        };
        let _ = write!(text, "\nAt {}, `{}`{found}: {more}.", open.value, demand.text);
    }
    text
}

fn none(solution: &Solution, best: &str, others: Option<&str>) -> String {
    let mut text = format!(
        "does not exist: with {} confidence, no value in {} meets all requirements.",
        solution.confidence, solution.range
    );
    let Some(probe) = solution.probe(best) else { return text };
    let kept = failing(solution, probe, Verdict::Met);
    let _ = match others {
        Some(others) => write!(
            text,
            "\nThe requirements contradict each other: {} from {best} on, the rest up to {others}. At {best}:",
            kept.join(", ")
        ),
        None => write!(text, "\n{best} comes nearest:"),
    };
    for (demand, judged) in solution.demands.iter().zip(&probe.judgements) {
        if !judged.verdict.seems_met() {
            let _ = write!(text, "\n  {}", distance(demand, judged));
        }
    }
    text
}

/// How far a value is from meeting a requirement.
fn distance(demand: &Demand, judged: &Judgement) -> String {
    let Some(estimate) = judged.estimate else {
        return format!("`{}`: no run has a value", demand.text);
    };
    let mut text = format!("`{}`: {} is {}", demand.text, demand.metric, number(demand, &estimate));
    if demand.held == Held::InEveryRun {
        let _ = write!(text, ", and {} of {} runs break it", judged.broken, judged.replications);
    }
    let bound = demand.bound.as_f64();
    let off = estimate.mean - bound;
    if bound > 0.0 {
        let way = if off > 0.0 { "too much" } else { "too little" };
        let _ = write!(text, ", {:.1}% {way}", off.abs() / bound * 100.0);
    } else {
        let _ = write!(text, ", and would have to be {}", shown(demand.bound, demand.unit));
    }
    text
}

fn heading(solution: &Solution) -> String {
    format!(
        "Evidence: {} tried in {} runs on common random numbers (seed {}).",
        counted(solution.evidence.len() as u64, "value"),
        solution.runs(),
        solution.seed
    )
}

/// The header and a row for each value.
fn table(solution: &Solution) -> Table {
    let header = ["value", "runs"].map(str::to_owned).into_iter();
    let header = header.chain(solution.demands.iter().map(|demand| demand.text.clone()));
    let row = |probe: &Probe| {
        let cells =
            solution.demands.iter().zip(&probe.judgements).map(|(demand, judged)| cell(demand, judged));
        [probe.value.clone(), probe.replications.to_string()].into_iter().chain(cells).collect()
    };
    Table::new(0, std::iter::once(header.collect()).chain(solution.evidence.iter().map(row)).collect())
}

/// A number and a verdict: `8.21 ± 0.31 s yes`, `12.3 (4 of 10 break it) no`; what is not decided ends with `?`.
fn cell(demand: &Demand, judged: &Judgement) -> String {
    let found = match (judged.estimate, demand.held) {
        (None, _) => "no value".to_owned(),
        (Some(estimate), Held::InTheMean) => number(demand, &estimate),
        (Some(estimate), Held::InEveryRun) => {
            let mean = Scale::of(demand.unit, estimate.mean).number(estimate.mean, None);
            format!("{mean} ({} of {} break it)", judged.broken, judged.replications)
        }
    };
    let verdict = match judged.verdict {
        Verdict::Met => "yes ",
        Verdict::SeemsMet => "yes?",
        Verdict::SeemsNot => "no? ",
        Verdict::NotMet => "no  ",
    };
    format!("{found}  {verdict}")
}

fn number(demand: &Demand, estimate: &Estimate) -> String {
    Scale::of(demand.unit, estimate.mean).with_margin(estimate)
}

/// What a step costs, and whether the search could be trusted.
fn closing(solution: &Solution) -> Vec<String> {
    let refused = solution.refused.iter().map(|refused| {
        format!("{} was not searched: the scenario cannot have it. {}.", refused.range, capital(&refused.why))
    });
    let marginal = solution.marginal.iter().map(|step| price(solution, step));
    let contradictions = solution.contradictions.iter().map(|found| contradiction(solution, found));
    let mut lines: Vec<String> = refused.chain(marginal).chain(contradictions).collect();
    if solution.contradictions.is_empty() && solution.answer.value().is_some() {
        lines.push(
            "At the values that were tried, nothing speaks against the requirements being monotone."
                .to_owned(),
        );
    }
    lines
}

fn price(solution: &Solution, marginal: &Marginal) -> String {
    let Marginal { step, value, cost } = marginal;
    let step = match step {
        Step::More => "One step more",
        Step::Less => "One step less",
    };
    let sign = if cost.mean < 0.0 { "−" } else { "+" };
    let mean = Estimate { mean: cost.mean.abs(), ..*cost };
    let does = solution.probe(value).map_or("", |probe| match probe.verdict() {
        Verdict::Met => "it meets all requirements",
        Verdict::SeemsMet => "it seems to meet all requirements",
        Verdict::SeemsNot => "it seems not to meet them",
        Verdict::NotMet => "it does not meet them",
    });
    let margin = Scale::of("USD", mean.mean).with_margin(&mean);
    format!("{step}, {value}: {sign}{margin} a run (paired, {}); {does}.", solution.confidence)
}

fn contradiction(solution: &Solution, found: &Contradiction) -> String {
    let Contradiction { demand, met, not_met } = found;
    format!(
        "Not monotone: `{}` is met at {met}, and not at {not_met}. There may be a {} value that the search has not seen; \
         try narrower ranges.",
        solution.demands[*demand].text,
        match solution.wanted {
            super::Wanted::Smallest => "smaller",
            super::Wanted::Largest => "larger",
        }
    )
}

fn frontier_table(frontier: &Frontier) -> Table {
    let Some((_, first)) = frontier.rows.first() else { return Table::default() };
    let header = vec![
        last_part(&frontier.path).to_owned(),
        last_part(&first.path).to_owned(),
        "cost a run".to_owned(),
        "runs".to_owned(),
    ];
    let row = |(value, solution): &(String, Solution)| {
        vec![value.clone(), short_answer(solution), cost(solution), solution.runs().to_string()]
    };
    Table::new(0, std::iter::once(header).chain(frontier.rows.iter().map(row)).collect())
}

fn short_answer(solution: &Solution) -> String {
    match &solution.answer {
        Answer::Found(value) if solution.contradictions.is_empty() => value.clone(),
        Answer::Found(value) => format!("{value} (not monotone)"),
        Answer::Undecided { not_met, met, .. } => {
            let end = |value: &Option<String>| value.clone().unwrap_or_else(|| "?".to_owned());
            format!("undecided: {}..{}", end(not_met), end(met))
        }
        Answer::None { .. } => "none".to_owned(),
        Answer::Interrupted => "interrupted".to_owned(),
    }
}

fn cost(solution: &Solution) -> String {
    let cost = solution.cost.as_ref();
    cost.map_or_else(String::new, |cost| Scale::of("USD", cost.mean).with_margin(cost))
}

fn frontier_closing(frontier: &Frontier) -> Vec<String> {
    let Some((_, first)) = frontier.rows.first() else { return Vec::new() };
    let sure = format!(
        "All verdicts of all rows are right with {} confidence; common random numbers (seed {}).",
        first.confidence, first.seed
    );
    let of_row = |(value, solution): &(String, Solution)| {
        let found = solution.contradictions.iter().map(|found| contradiction(solution, found));
        found.map(|line| format!("At {}={value}: {line}", last_part(&frontier.path))).collect::<Vec<_>>()
    };
    let interrupted =
        (!frontier.is_complete).then(|| "The search was interrupted; more rows are missing.".to_owned());
    [sure].into_iter().chain(frontier.rows.iter().flat_map(of_row)).chain(interrupted).collect()
}
