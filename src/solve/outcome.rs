//! What a search came to: the answer, the evidence for it, and what one step more or less costs.

use super::bench::{Bench, Halt};
use super::decide::{Caution, Held, Judgement, Rule, Verdict};
use super::search::{self, Bench as _, Found, Outcome, Why};
use super::system::Simulated;
use super::{Asked, Refused, SolveError, SolvePlan, Wanted};
use crate::expect::Requirement;
use crate::experiment::{Confidence, Estimate, Supervisor};
use crate::observe::decimal::Decimal;

/// What is known about the values of a setting.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The path of the setting.
    pub path: String,
    /// The range in a few words.
    pub range: String,
    /// Values at an end of it that the scenario cannot have.
    pub refused: Option<Refused>,
    /// Which of the values is wanted.
    pub wanted: Wanted,
    /// The requirements.
    pub demands: Vec<Demand>,
    /// The confidence of all verdicts together.
    pub confidence: Confidence,
    /// The share of runs that is to keep what every run is to keep.
    pub reliability: Confidence,
    /// The most replications of a value.
    pub max_replications: u32,
    /// How many claims the confidence is shared out among.
    pub claims: usize,
    /// So many unbroken runs show the share.
    pub unbroken: u32,
    /// The answer.
    pub answer: Answer,
    /// Every value that was tried, in ascending order.
    pub evidence: Vec<Probe>,
    /// What a run costs at the value that is shown to do, in US dollars; at the plain confidence.
    pub cost: Option<Estimate>,
    /// What one step more and one step less cost.
    pub marginal: Vec<Marginal>,
    /// Requirements that are met at some value, and then not at one where they should be met all the more.
    pub contradictions: Vec<Contradiction>,
}

/// A requirement as it was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// As it is written.
    pub text: String,
    /// The metric's name.
    pub metric: String,
    /// The unit of the metric and the bound.
    pub unit: &'static str,
    /// What the metric is compared with.
    pub bound: Decimal,
    /// Whether it is a claim of the mean or of every run.
    pub held: Held,
}

/// The answer to a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This value; the next one in the other direction does not do, or is not in the range.
    Found(String),
    /// Replications did not suffice.
    Undecided {
        /// The last value that is shown not to do, in the direction of the search.
        not_met: Option<String>,
        /// The first value that is shown to do.
        met: Option<String>,
        /// What could not be decided.
        open: Vec<Open>,
    },
    /// No value does.
    None {
        /// The value that comes nearest.
        best: String,
        /// The last value at which those requirements are met that are not met at `best`, if it is another.
        others_met_at: Option<String>,
    },
    /// It was stopped before it was done.
    Interrupted,
}

/// Something that could not be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// At this value.
    pub value: String,
    /// Whether this requirement is met, by position.
    pub demand: usize,
    /// About how many replications would tell; `None` if no number would.
    pub wanted: Option<u64>,
}

/// A value that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The value.
    pub value: String,
    /// How many replications were run.
    pub replications: u32,
    /// For each requirement, whether it is met.
    pub judgements: Vec<Judgement>,
}

/// The difference that one step makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Marginal {
    /// Which step.
    pub step: Step,
    /// The value there.
    pub value: String,
    /// How much more a run costs there than at the answer, in US dollars, by pairs of the same replication; at the
    /// plain confidence.
    pub cost: Estimate,
}

/// A step in the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the next larger value.
    More,
    /// To the next smaller value.
    Less,
}

/// A requirement that is not monotone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The requirement, by position.
    pub demand: usize,
    /// It is met here,
    pub met: String,
    /// and not here.
    pub not_met: String,
}

impl Answer {
    /// The value that is shown to meet all requirements, if there is one.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Found(value) | Self::Undecided { met: Some(value), .. } => Some(value),
            Self::Undecided { met: None, .. } | Self::None { .. } | Self::Interrupted => None,
        }
    }

    /// The name in outputs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Found(_) => "found",
            Self::Undecided { .. } => "undecided",
            Self::None { .. } => "none",
            Self::Interrupted => "interrupted",
        }
    }
}

impl Probe {
    /// The verdict on all requirements together.
    pub fn verdict(&self) -> Verdict {
        let has = |verdict| self.judgements.iter().any(|judgement| judgement.verdict == verdict);
        let worst = [Verdict::NotMet, Verdict::SeemsNot, Verdict::SeemsMet].into_iter().find(|one| has(*one));
        worst.unwrap_or(Verdict::Met)
    }
}

impl Solution {
    /// How many runs it took.
    pub fn runs(&self) -> u64 {
        self.evidence.iter().map(|probe| u64::from(probe.replications)).sum()
    }

    /// What is known of `value`.
    pub fn probe(&self, value: &str) -> Option<&Probe> {
        self.evidence.iter().find(|probe| probe.value == value)
    }
}

/// Searches; the confidence is shared with `searches − 1` others. `hint` is a place in the range to look at first.
pub(super) fn find<S: Supervisor>(
    plan: &SolvePlan,
    asked: &Asked,
    searches: usize,
    hint: Option<usize>,
    supervisor: &S,
) -> Result<Solution, SolveError> {
    let system = Simulated { plan, asked, supervisor };
    let rules: Vec<Rule> = asked.requirements.all.iter().map(Rule::from).collect();
    let claims = search::most_probes(system.positions()) * rules.len() * searches;
    let caution = Caution::new(plan.confidence, plan.reliability, claims, plan.max_replications);
    let mut bench = Bench::new(&system, &rules, &caution, plan.threads);
    let found = search::search(system.positions(), hint.map(|place| system.position(place)), &mut bench);
    let found = match found {
        Ok(found) => Some(found),
        Err(Halt::Stopped) => None,
        Err(Halt::Failed(error)) => return Err(error),
    };
    if let Some(Found { outcome: Outcome::At(at) | Outcome::Between(_, Some(at)), .. }) = &found {
        match look_around(*at, system.positions(), &mut bench) {
            // The answer is known all the same.
            Ok(()) | Err(Halt::Stopped) => {}
            Err(Halt::Failed(error)) => return Err(error),
        }
    }
    let view = View { system: &system, bench: &bench, rules: &rules };
    let order = |at: &usize| system.place(*at);
    let mut probed: Vec<usize> = bench.probed().filter(|at| bench.replications(*at) > 0).collect();
    probed.sort_unstable_by_key(order);
    Ok(Solution {
        scenario: asked.base.scenario.name.clone(),
        seed: asked.base.scenario.seed.0,
        path: plan.find.path().to_owned(),
        range: plan.find.range(),
        refused: asked.refused.clone(),
        wanted: plan.wanted,
        demands: asked.requirements.all.iter().map(Demand::from).collect(),
        confidence: plan.confidence,
        reliability: plan.reliability,
        max_replications: plan.max_replications.get(),
        claims,
        unbroken: caution.unbroken(),
        answer: found.as_ref().map_or(Answer::Interrupted, |found| view.answer(found.outcome)),
        evidence: probed.iter().map(|at| view.probe(*at)).collect(),
        cost: found.as_ref().and_then(|found| view.cost(found, plan.confidence)),
        marginal: found.as_ref().map_or_else(Vec::new, |found| view.marginal(found, plan.confidence)),
        contradictions: found.as_ref().map_or_else(Vec::new, |found| view.contradictions(found)),
    })
}

/// Looks at the neighbours of the answer, and further away, where a contradiction would show.
fn look_around<S: Supervisor>(
    at: usize,
    positions: usize,
    bench: &mut Bench<'_, Simulated<'_, S>>,
) -> Result<(), Halt<SolveError>> {
    for check in search::checks(positions, at) {
        bench.glance(check)?;
    }
    Ok(())
}

struct View<'a, S: Supervisor> {
    system: &'a Simulated<'a, S>,
    bench: &'a Bench<'a, Simulated<'a, S>>,
    rules: &'a [Rule],
}

impl<S: Supervisor> View<'_, S> {
    fn value(&self, at: usize) -> String {
        self.system.value(at).to_owned()
    }

    fn probe(&self, at: usize) -> Probe {
        Probe {
            value: self.value(at),
            replications: self.bench.replications(at),
            judgements: self.bench.judgements(at).to_vec(),
        }
    }

    fn answer(&self, outcome: Outcome) -> Answer {
        match outcome {
            Outcome::At(at) => Answer::Found(self.value(at)),
            Outcome::Between(not_met, met) => Answer::Undecided {
                not_met: not_met.map(|at| self.value(at)),
                met: met.map(|at| self.value(at)),
                open: self.open(not_met.map_or(0, |at| at + 1), met.unwrap_or(self.system.positions())),
            },
            Outcome::Nowhere(Why::NeverMet(at)) => Answer::None { best: self.value(at), others_met_at: None },
            Outcome::Nowhere(Why::Conflict(at, others)) => {
                Answer::None { best: self.value(at), others_met_at: others.map(|at| self.value(at)) }
            }
        }
    }

    /// What could not be decided from position `from` on, and before `to`, with all the replications there may be.
    fn open(&self, from: usize, to: usize) -> Vec<Open> {
        let most = self.system.plan.max_replications.get();
        let tried = self.bench.probed().filter(|at| (from..to).contains(at));
        let tried: Vec<usize> = tried.filter(|at| self.bench.replications(*at) == most).collect();
        let open = |at: &usize| {
            let judgements = self.bench.judgements(*at).iter().enumerate();
            let open = judgements.filter(|(_, judgement)| !judgement.verdict.is_decided());
            let value = self.value(*at);
            open.map(move |(demand, judgement)| Open {
                value: value.clone(),
                demand,
                wanted: judgement.wanted,
            })
            .collect::<Vec<_>>()
        };
        tried.iter().flat_map(open).collect()
    }

    fn cost(&self, found: &Found, confidence: Confidence) -> Option<Estimate> {
        let (Outcome::At(at) | Outcome::Between(_, Some(at))) = found.outcome else { return None };
        Estimate::of(self.bench.values(at, self.system.cost()).into_iter().flatten(), confidence)
    }

    fn marginal(&self, found: &Found, confidence: Confidence) -> Vec<Marginal> {
        let (Outcome::At(at) | Outcome::Between(_, Some(at))) = found.outcome else { return Vec::new() };
        let costs = |at: usize| self.bench.values(at, self.system.cost());
        let step = |(step, to): (Step, usize)| {
            let pairs = costs(at).into_iter().zip(costs(to));
            let cost = Estimate::of_differences(pairs, confidence)?;
            Some(Marginal { step, value: self.value(to), cost })
        };
        let (further, back) = (at + 1, at.checked_sub(1));
        let (more, less) = match self.system.plan.wanted {
            Wanted::Smallest => (Some(further), back),
            Wanted::Largest => (back, Some(further)),
        };
        let steps = [(Step::More, more), (Step::Less, less)];
        let inside = |to: &usize| *to < self.system.positions();
        let steps = steps.into_iter().filter_map(|(step, to)| Some((step, to.filter(inside)?)));
        steps.filter_map(step).collect()
    }

    fn contradictions(&self, found: &Found) -> Vec<Contradiction> {
        let contradiction = |demand: usize| {
            let mut all: Vec<(usize, Verdict)> =
                self.bench.probed().map(|at| (at, self.bench.judgements(at)[demand].verdict)).collect();
            if found.falling.contains(&demand) {
                all.reverse();
            }
            let first_met = all.iter().position(|(_, verdict)| *verdict == Verdict::Met)?;
            let not_met = all[first_met..].iter().find(|(_, verdict)| *verdict == Verdict::NotMet)?;
            let (met, not_met) = (self.value(all[first_met].0), self.value(not_met.0));
            Some(Contradiction { demand, met, not_met })
        };
        let last = self.system.positions() - 1;
        let hump = |(demand, at): &(usize, usize)| Contradiction {
            demand: *demand,
            met: self.value(*at),
            not_met: self.value(last),
        };
        let decided: Vec<Contradiction> = (0..self.rules.len()).filter_map(contradiction).collect();
        let told = |hump: &Contradiction| decided.iter().any(|other| other.demand == hump.demand);
        let humps: Vec<Contradiction> = found.humped.iter().map(hump).filter(|hump| !told(hump)).collect();
        decided.into_iter().chain(humps).collect()
    }
}

impl From<&Requirement> for Demand {
    fn from(requirement: &Requirement) -> Self {
        Self {
            text: requirement.expectation.text.trim().to_owned(),
            metric: requirement.metric.name(),
            unit: requirement.metric.unit,
            bound: requirement.threshold,
            held: Rule::from(requirement).held(),
        }
    }
}
