//! One scenario under test: its runs, its verdicts, its golden result.

use super::digests::Digests;
use super::golden::{Golden, GoldenFolder};
use super::sentences::differences;
use crate::expect::{
    Culprit, Judgement, Requirement, Requirements, Tested, Verdict, answer_replications, answer_run,
    answer_run_with, first_culprit, judge, judge_replications, load_checked,
};
use crate::experiment::{Confidence, Plan, Supervisor};
use crate::lint::lints;
use crate::scenario::expectation::Written;
use crate::scenario::load::{Input, Loaded, Rejected};
use crate::scenario::problem::{LineIndex, Problem};
use std::num::{NonZeroU32, NonZeroUsize};

/// A scenario to be tested.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its file, with changes.
    pub input: Input,
    /// Where its golden result lies, if it is to be held against one.
    pub golden: Option<GoldenFolder>,
}

/// How scenarios are tested.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// So many replications instead of one run.
    pub replications: Option<NonZeroU32>,
    /// The confidence of intervals.
    pub confidence: Confidence,
    /// How many replications of one scenario run at a time.
    pub threads: NonZeroUsize,
}

/// What came of a scenario.
#[derive(Clone, Debug)]
pub struct Report {
    /// How messages call the scenario.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What can come of a scenario.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is none.
    Rejected(Rejected),
    /// It was run and judged.
    Judged(Box<Judged>),
}

/// A scenario that was run and judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its seed.
    pub seed: u64,
    /// How many replications were judged.
    pub replications: u32,
    /// The fingerprint of its own run.
    pub fingerprint: u64,
    /// What may not mean what its author thinks.
    pub warnings: Vec<Problem>,
    /// The verdict on each expectation, in order.
    pub lines: Vec<Line>,
    /// How it compares with its golden result.
    pub golden: GoldenOutcome,
    /// What it gave, to be accepted, if it is not what is stored.
    pub pending: Option<Golden>,
}

/// The verdict on one expectation.
#[derive(Clone, Debug)]
pub struct Line {
    /// The expectation.
    pub requirement: Requirement,
    /// The verdict.
    pub judgement: Judgement,
    /// The event that breaks it.
    pub culprit: Option<Culprit>,
    /// Line and column in the file, from 1; `None` if it is given otherwise.
    pub place: Option<(usize, usize)>,
}

/// How a result compares with the golden one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoldenOutcome {
    /// There are none beside this scenario.
    NotUsed,
    /// It is the same, to the byte.
    Same,
    /// The scenario is written otherwise, and gives the same.
    SameResults,
    /// There is none for this scenario, but for others.
    Missing,
    /// It is another, which is said in sentences.
    Differs(Vec<String>),
    /// It cannot be read, for this reason.
    Damaged(String),
}

/// A scenario's verdict; the later, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaseVerdict {
    /// All holds.
    Pass,
    /// Nothing is expected of it.
    Unchecked,
    /// Replications cannot tell.
    Undecided,
    /// It has no golden result, and others beside it have.
    GoldenMissing,
    /// Its golden result cannot be used.
    GoldenDamaged,
    /// Its golden result is another.
    GoldenDiffers,
    /// An expectation failed.
    Failed,
    /// It is no scenario.
    Invalid,
}

impl CaseVerdict {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Unchecked => "unchecked",
            Self::Undecided => "undecided",
            Self::GoldenMissing => "golden missing",
            Self::GoldenDamaged => "golden damaged",
            Self::GoldenDiffers => "golden differs",
            Self::Failed => "fail",
            Self::Invalid => "invalid",
        }
    }

    /// Whether a build may go on.
    pub const fn is_fine(self) -> bool {
        matches!(self, Self::Pass | Self::Unchecked)
    }
}

impl Report {
    /// The verdict on all of it.
    pub fn verdict(&self) -> CaseVerdict {
        let Outcome::Judged(judged) = &self.outcome else { return CaseVerdict::Invalid };
        if judged.lines.is_empty() && judged.golden == GoldenOutcome::NotUsed {
            return CaseVerdict::Unchecked;
        }
        let of_line = |line: &Line| match line.judgement.verdict {
            Verdict::Pass => CaseVerdict::Pass,
            Verdict::Undecided => CaseVerdict::Undecided,
            Verdict::Fail => CaseVerdict::Failed,
        };
        judged.lines.iter().map(of_line).fold(judged.golden.verdict(), CaseVerdict::max)
    }
}

impl GoldenOutcome {
    /// The verdict on it alone.
    const fn verdict(&self) -> CaseVerdict {
        match self {
            Self::NotUsed | Self::Same | Self::SameResults => CaseVerdict::Pass,
            Self::Missing => CaseVerdict::GoldenMissing,
            Self::Damaged(_) => CaseVerdict::GoldenDamaged,
            Self::Differs(_) => CaseVerdict::GoldenDiffers,
        }
    }

    /// Whether a build may go on.
    pub const fn is_fine(&self) -> bool {
        self.verdict().is_fine()
    }
}

/// Tests a scenario; `None` if the supervisor stopped it.
pub fn test_case(case: &Case, options: &Options, supervisor: &impl Supervisor) -> Option<Report> {
    let outcome = match load_checked(&case.input) {
        Ok(loaded) => Outcome::Judged(Box::new(judge_case(case, &loaded, options, supervisor)?)),
        Err(rejected) => Outcome::Rejected(rejected),
    };
    Some(Report { name: case.input.name.clone(), outcome })
}

fn judge_case(
    case: &Case,
    loaded: &Loaded,
    options: &Options,
    supervisor: &impl Supervisor,
) -> Option<Judged> {
    let scenario = &loaded.scenario;
    let requirements = Requirements::of(scenario, &scenario.expectations).expect("checked when loading");
    let (tested, found) = if case.golden.is_none() {
        (answer_run(scenario, &requirements, 0, supervisor)?, None)
    } else {
        let digests = Digests::new(scenario);
        let (tested, digests) = answer_run_with(scenario, &requirements, supervisor, digests)?;
        let golden = Golden::of(loaded, &tested.measured, digests.finish(tested.measured.at));
        (tested, Some(golden))
    };
    let judgements = judgements(loaded, &requirements, &tested, options, supervisor)?;
    let mut lines = Vec::new();
    for (at, (requirement, judgement)) in requirements.all.iter().zip(judgements).enumerate() {
        lines.push(line(loaded, requirement, judgement, tested.answers[at], at, supervisor));
    }
    let (golden, pending) = match (&case.golden, found) {
        (Some(folder), Some(found)) => compare(folder, found, loaded, &case.input, supervisor)?,
        _ => (GoldenOutcome::NotUsed, None),
    };
    let dangers = lints(scenario).into_iter().map(|lint| lint.problem());
    Some(Judged {
        seed: scenario.seed.0,
        replications: options.replications.map_or(1, NonZeroU32::get),
        fingerprint: tested.measured.fingerprint,
        warnings: loaded.warnings.iter().cloned().chain(dangers).collect(),
        lines,
        golden,
        pending,
    })
}

/// The verdicts on the scenario's own run; `None` if the supervisor stopped it.
///
/// # Panics
/// When an expectation is about a metric that there is not: load it with [`load_checked`].
pub fn judge_run(loaded: &Loaded, supervisor: &impl Supervisor) -> Option<Vec<Line>> {
    let scenario = &loaded.scenario;
    let requirements = Requirements::of(scenario, &scenario.expectations).expect("checked when loading");
    let tested = answer_run(scenario, &requirements, 0, supervisor)?;
    let mut lines = Vec::new();
    for (at, (requirement, found)) in requirements.all.iter().zip(tested.answers).enumerate() {
        lines.push(line(loaded, requirement, judge(requirement, found), found, at, supervisor));
    }
    Some(lines)
}

fn judgements(
    loaded: &Loaded,
    requirements: &Requirements,
    tested: &Tested,
    options: &Options,
    supervisor: &impl Supervisor,
) -> Option<Vec<Judgement>> {
    let all = requirements.all.iter();
    let Some(replications) = options.replications.filter(|_| !requirements.all.is_empty()) else {
        return Some(all.zip(&tested.answers).map(|(one, answer)| judge(one, *answer)).collect());
    };
    let plan = Plan { threads: options.threads, ..Plan::new(&loaded.scenario, replications) };
    let answers = answer_replications(&loaded.scenario, requirements, &plan, supervisor).ok()?;
    Some(
        all.zip(answers)
            .map(|(one, answers)| judge_replications(one, &answers, options.confidence))
            .collect(),
    )
}

/// The line of a verdict. The event is looked for where the scenario's own run, which `explain` shows, breaks it.
fn line(
    loaded: &Loaded,
    requirement: &Requirement,
    judgement: Judgement,
    found: Option<crate::observe::decimal::Decimal>,
    at: usize,
    supervisor: &impl Supervisor,
) -> Line {
    let broken = found.filter(|found| judgement.verdict == Verdict::Fail && !requirement.holds(*found));
    let culprit = broken.and_then(|found| first_culprit(&loaded.scenario, requirement, found, supervisor));
    let span = loaded.written.get(at).and_then(Written::span);
    let place = span.map(|span| LineIndex::new(&loaded.text).position(span.start));
    Line { requirement: requirement.clone(), judgement, culprit, place }
}

/// How `found` compares with what is stored, and what is to be accepted instead.
fn compare(
    folder: &GoldenFolder,
    found: Golden,
    loaded: &Loaded,
    input: &Input,
    supervisor: &impl Supervisor,
) -> Option<(GoldenOutcome, Option<Golden>)> {
    let stored = match folder.read(&loaded.scenario.name) {
        Err(damage) => return Some((GoldenOutcome::Damaged(damage.to_string()), Some(found))),
        Ok(None) => return Some((GoldenOutcome::Missing, Some(found))),
        Ok(Some(stored)) => stored,
    };
    if stored.has_same_results(&found) && stored.facts.model_version == found.facts.model_version {
        return Some(if stored.facts.scenario_digest == found.facts.scenario_digest {
            (GoldenOutcome::Same, None)
        } else {
            (GoldenOutcome::SameResults, Some(found))
        });
    }
    let sentences = differences(&stored, &found, loaded, input, supervisor)?;
    Some((GoldenOutcome::Differs(sentences), Some(found)))
}
