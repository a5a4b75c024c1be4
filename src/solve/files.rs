//! The files of a search: `evidence.csv` and `solve.json`, for two settings `frontier.csv` too; charts.

use super::{Answer, Contradiction, Demand, Frontier, Judgement, Marginal, Open, Probe, Solution, Step};
use crate::experiment::Estimate;
use crate::scenario::load::Loaded;
use crate::sink::directory::{OutputError, OutputFolder};
use crate::sink::provenance::Provenance;
use crate::sink::table::{Cell, Table};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::io::{self, Write};

/// The columns of `evidence.csv`, behind those of the settings.
const EVIDENCE: [&str; 11] = [
    "requirement",
    "metric",
    "unit",
    "held_in",
    "bound",
    "verdict",
    "replications",
    "broken",
    "mean",
    "half_width",
    "replications_wanted",
];

/// The columns of `frontier.csv`, behind that of the setting that is gone through.
const FRONTIER: [&str; 7] =
    ["answer", "value", "not_met", "cost_usd", "cost_usd_half_width", "is_monotone", "runs"];

/// The names of all columns, but for those of the settings.
pub fn columns() -> impl Iterator<Item = &'static str> {
    EVIDENCE.into_iter().chain(FRONTIER)
}

/// Which pictures are drawn.
pub use crate::experiment::Pictures;

/// Writes the evidence: a row for each value and requirement.
///
/// # Errors
/// When writing fails.
pub fn write_evidence<W: Write>(solution: &Solution, writer: W) -> io::Result<W> {
    let mut table = Table::new(writer, [solution.path.as_str()].into_iter().chain(EVIDENCE));
    rows(solution, &[], &mut table);
    table.finish()
}

/// Writes the evidence of all rows of a frontier.
///
/// # Errors
/// When writing fails.
pub fn write_evidence_of_frontier<W: Write>(frontier: &Frontier, writer: W) -> io::Result<W> {
    let searched = frontier.rows.first().map(|(_, solution)| solution.path.as_str());
    let settings = [frontier.path.as_str()].into_iter().chain(searched);
    let mut table = Table::new(writer, settings.chain(EVIDENCE));
    for (value, solution) in &frontier.rows {
        rows(solution, &[value], &mut table);
    }
    table.finish()
}

fn rows<W: Write>(solution: &Solution, settings: &[&str], table: &mut Table<W>) {
    for probe in &solution.evidence {
        for (demand, judged) in solution.demands.iter().zip(&probe.judgements) {
            let settings = settings.iter().copied().chain([probe.value.as_str()]).map(Cell::Name);
            table.row(settings.chain(evidence(demand, judged)));
        }
    }
}

fn evidence<'a>(demand: &'a Demand, judged: &Judgement) -> [Cell<'a>; EVIDENCE.len()] {
    let places = places(demand.unit);
    let real = |value: Option<f64>| value.map_or(Cell::Empty, |value| Cell::Real(value, places));
    [
        Cell::Name(&demand.text),
        Cell::Name(&demand.metric),
        Cell::Word(demand.unit),
        Cell::Word(demand.held.name()),
        Cell::Decimal(demand.bound),
        Cell::Word(judged.verdict.name()),
        Cell::Integer(judged.replications.into()),
        Cell::Integer(judged.broken.into()),
        real(judged.estimate.map(|estimate| estimate.mean)),
        real(judged.estimate.and_then(|estimate| estimate.half_width)),
        Cell::integer(judged.wanted),
    ]
}

/// Places of a mean behind those that its values have.
fn places(unit: &str) -> u8 {
    match unit {
        "Nanoseconds" => 3,
        "USD" => DOLLAR_PLACES,
        _ => 6,
    }
}

const DOLLAR_PLACES: u8 = 15;

/// Writes a row for each value of the setting that is gone through.
///
/// # Errors
/// When writing fails.
pub fn write_frontier<W: Write>(frontier: &Frontier, writer: W) -> io::Result<W> {
    let mut table = Table::new(writer, [frontier.path.as_str()].into_iter().chain(FRONTIER));
    for (value, solution) in &frontier.rows {
        let not_met = match &solution.answer {
            Answer::Undecided { not_met, .. } => not_met.as_deref(),
            Answer::Found(_) | Answer::None { .. } | Answer::Interrupted => None,
        };
        let real = |value: Option<f64>| value.map_or(Cell::Empty, |value| Cell::Real(value, DOLLAR_PLACES));
        table.row(
            [
                Cell::Name(value),
                Cell::Word(solution.answer.name()),
                solution.answer.value().map_or(Cell::Empty, Cell::Name),
                not_met.map_or(Cell::Empty, Cell::Name),
                real(solution.cost.map(|cost| cost.mean)),
                real(solution.cost.and_then(|cost| cost.half_width)),
                Cell::Flag(solution.contradictions.is_empty()),
                Cell::Integer(solution.runs()),
            ]
            .into_iter(),
        );
    }
    table.finish()
}

/// A number digit for digit, with so many places.
struct Real(f64, u8);

impl Serialize for Real {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = format!("{:.1$}", self.0, usize::from(self.1));
        RawValue::from_string(digits).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    facts: Provenance,
    #[serde(flatten)]
    found: Found<'a>,
}

#[derive(Serialize)]
struct FrontierDocument<'a> {
    #[serde(flatten)]
    facts: Provenance,
    along: &'a str,
    along_range: &'a str,
    is_complete: bool,
    rows: Vec<RowOf<'a>>,
}

#[derive(Serialize)]
struct RowOf<'a> {
    along: &'a str,
    #[serde(flatten)]
    found: Found<'a>,
}

#[derive(Serialize)]
struct Found<'a> {
    find: &'a str,
    range: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<RefusedOf<'a>>,
    wanted: &'static str,
    confidence: f64,
    reliability: f64,
    max_replications: u32,
    claims: usize,
    runs_without_a_break: u32,
    answer: AnswerOf<'a>,
    cost_usd: Option<Money>,
    steps: Vec<StepOf<'a>>,
    contradictions: Vec<ContradictionOf<'a>>,
    runs: u64,
    evidence: Vec<ProbeOf<'a>>,
}

#[derive(Serialize)]
struct AnswerOf<'a> {
    answer: &'static str,
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_met: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    best: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    others_met_at: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    open: Vec<OpenOf<'a>>,
}

#[derive(Serialize)]
struct RefusedOf<'a> {
    range: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct OpenOf<'a> {
    value: &'a str,
    requirement: &'a str,
    replications_wanted: Option<u64>,
}

#[derive(Serialize)]
struct Money {
    mean: Real,
    half_width: Option<Real>,
}

#[derive(Serialize)]
struct StepOf<'a> {
    step: &'static str,
    value: &'a str,
    cost_usd_difference: Money,
    pairs: u32,
}

#[derive(Serialize)]
struct ContradictionOf<'a> {
    requirement: &'a str,
    met: &'a str,
    not_met: &'a str,
}

#[derive(Serialize)]
struct ProbeOf<'a> {
    value: &'a str,
    verdict: &'static str,
    replications: u32,
    requirements: Vec<JudgedOf<'a>>,
}

#[derive(Serialize)]
struct JudgedOf<'a> {
    requirement: &'a str,
    metric: &'a str,
    unit: &'static str,
    held_in: &'static str,
    bound: crate::observe::decimal::Decimal,
    verdict: &'static str,
    replications: u32,
    broken: u32,
    mean: Option<Real>,
    half_width: Option<Real>,
    replications_wanted: Option<u64>,
}

impl From<&Estimate> for Money {
    fn from(estimate: &Estimate) -> Self {
        let real = |value| Real(value, DOLLAR_PLACES);
        Self { mean: real(estimate.mean), half_width: estimate.half_width.map(real) }
    }
}

impl<'a> Found<'a> {
    fn of(solution: &'a Solution) -> Self {
        Self {
            find: &solution.path,
            range: &solution.range,
            refused: solution
                .refused
                .as_ref()
                .map(|refused| RefusedOf { range: &refused.range, why: &refused.why }),
            wanted: solution.wanted.name(),
            confidence: solution.confidence.share(),
            reliability: solution.reliability.share(),
            max_replications: solution.max_replications,
            claims: solution.claims,
            runs_without_a_break: solution.unbroken,
            answer: AnswerOf::of(solution),
            cost_usd: solution.cost.as_ref().map(Money::from),
            steps: solution.marginal.iter().map(StepOf::of).collect(),
            contradictions: solution
                .contradictions
                .iter()
                .map(|found| contradiction(solution, found))
                .collect(),
            runs: solution.runs(),
            evidence: solution.evidence.iter().map(|probe| probed(solution, probe)).collect(),
        }
    }
}

impl<'a> AnswerOf<'a> {
    fn of(solution: &'a Solution) -> Self {
        let open = |open: &'a Open| OpenOf {
            value: &open.value,
            requirement: &solution.demands[open.demand].text,
            replications_wanted: open.wanted,
        };
        let plain = Self {
            answer: solution.answer.name(),
            value: solution.answer.value(),
            not_met: None,
            best: None,
            others_met_at: None,
            open: Vec::new(),
        };
        match &solution.answer {
            Answer::Found(_) | Answer::Interrupted => plain,
            Answer::Undecided { not_met, open: all, .. } => {
                Self { not_met: not_met.as_deref(), open: all.iter().map(open).collect(), ..plain }
            }
            Answer::None { best, others_met_at } => {
                Self { best: Some(best), others_met_at: others_met_at.as_deref(), ..plain }
            }
        }
    }
}

impl<'a> StepOf<'a> {
    fn of(marginal: &'a Marginal) -> Self {
        Self {
            step: match marginal.step {
                Step::More => "more",
                Step::Less => "less",
            },
            value: &marginal.value,
            cost_usd_difference: Money::from(&marginal.cost),
            pairs: marginal.cost.n,
        }
    }
}

fn contradiction<'a>(solution: &'a Solution, found: &'a Contradiction) -> ContradictionOf<'a> {
    let Contradiction { demand, met, not_met } = found;
    ContradictionOf { requirement: &solution.demands[*demand].text, met, not_met }
}

fn probed<'a>(solution: &'a Solution, probe: &'a Probe) -> ProbeOf<'a> {
    let judged = |(demand, judged): (&'a Demand, &'a Judgement)| {
        let real = |value| Real(value, places(demand.unit));
        JudgedOf {
            requirement: &demand.text,
            metric: &demand.metric,
            unit: demand.unit,
            held_in: demand.held.name(),
            bound: demand.bound,
            verdict: judged.verdict.name(),
            replications: judged.replications,
            broken: judged.broken,
            mean: judged.estimate.map(|estimate| real(estimate.mean)),
            half_width: judged.estimate.and_then(|estimate| estimate.half_width).map(real),
            replications_wanted: judged.wanted,
        }
    };
    ProbeOf {
        value: &probe.value,
        verdict: probe.verdict().name(),
        replications: probe.replications,
        requirements: solution.demands.iter().zip(&probe.judgements).map(judged).collect(),
    }
}

/// Writes a solution as JSON.
///
/// # Errors
/// When writing fails.
pub fn write_json<W: Write>(solution: &Solution, loaded: &Loaded, writer: W) -> io::Result<W> {
    document(&Document { facts: Provenance::of(loaded), found: Found::of(solution) }, writer)
}

/// Writes a frontier as JSON.
///
/// # Errors
/// When writing fails.
pub fn write_frontier_json<W: Write>(frontier: &Frontier, loaded: &Loaded, writer: W) -> io::Result<W> {
    let rows = frontier.rows.iter().map(|(along, solution)| RowOf { along, found: Found::of(solution) });
    let document_of = FrontierDocument {
        facts: Provenance::of(loaded),
        along: &frontier.path,
        along_range: &frontier.range,
        is_complete: frontier.is_complete,
        rows: rows.collect(),
    };
    document(&document_of, writer)
}

fn document<W: Write>(document: &impl Serialize, mut writer: W) -> io::Result<W> {
    serde_json::to_writer_pretty(&mut writer, document)?;
    writer.write_all(b"\n")?;
    Ok(writer)
}

/// What the manifest says.
#[derive(Serialize)]
struct Manifest {
    #[serde(flatten)]
    facts: Provenance,
    answer: &'static str,
}

/// Writes everything about a solution into `folder`.
///
/// # Errors
/// When a file cannot be written.
pub fn write_all(
    solution: &Solution,
    loaded: &Loaded,
    pictures: Pictures,
    mut folder: OutputFolder,
) -> Result<(), OutputError> {
    let file = folder.create("evidence.csv")?;
    folder.complete(write_evidence(solution, file)?)?;
    let file = folder.create("solve.json")?;
    folder.complete(write_json(solution, loaded, file)?)?;
    #[cfg(feature = "charts")]
    pictures.write(&mut folder, |format| super::pictures::draw(solution, format))?;
    #[cfg(not(feature = "charts"))]
    let _ = pictures;
    finish(loaded, solution.answer.name(), folder)
}

/// Writes everything about a frontier into `folder`.
///
/// # Errors
/// When a file cannot be written.
pub fn write_all_of_frontier(
    frontier: &Frontier,
    loaded: &Loaded,
    pictures: Pictures,
    mut folder: OutputFolder,
) -> Result<(), OutputError> {
    let file = folder.create("frontier.csv")?;
    folder.complete(write_frontier(frontier, file)?)?;
    let file = folder.create("evidence.csv")?;
    folder.complete(write_evidence_of_frontier(frontier, file)?)?;
    let file = folder.create("solve.json")?;
    folder.complete(write_frontier_json(frontier, loaded, file)?)?;
    #[cfg(feature = "charts")]
    pictures.write(&mut folder, |format| super::pictures::draw_frontier(frontier, format))?;
    #[cfg(not(feature = "charts"))]
    let _ = pictures;
    finish(loaded, if frontier.is_complete { "frontier" } else { "interrupted" }, folder)
}

fn finish(loaded: &Loaded, answer: &'static str, mut folder: OutputFolder) -> Result<(), OutputError> {
    folder.write("scenario.resolved.json", &loaded.resolved_file())?;
    folder.finish(&Manifest { facts: Provenance::of(loaded), answer })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_documentation_defines_every_column() {
        let docs = include_str!("../../docs/solve.md");
        for column in super::columns() {
            assert!(docs.contains(&format!("| `{column}` |")), "docs/solve.md lacks `{column}`");
        }
    }
}
