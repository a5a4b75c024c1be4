//! Two scenarios on the same events: what differs, by how much, for which events, and why.
//!
//! ```text
//! A ──┐  lock-step, replication by replication   ┌ Pairing ──> FateMatrix: the same event, fate in A × fate in B
//!     ├───────────────────────────────────────> ─┤
//! B ──┘  (common random numbers)                 └ Measured ─> MetricDifference: paired, with its interval
//!                                 replication 0 again ──> EventDifference: where two lives part, and by which rule
//! ```
//!
//! An event is the same in both if it is the n-th of a source of the same name: its arrival, payload, durations and
//! failures are drawn alike, whatever else differs. Definitions: `docs/statistics.md`.

mod common;
mod compare;
mod events;
mod fate;
pub mod files;
mod lockstep;
mod matrix;
mod page;
mod pairing;
#[cfg(feature = "charts")]
mod pictures;
mod sentence;
mod settings;
pub mod text;

use super::measure::Measured;
use super::names::MetricNames;
use super::replicate::Replication;
use super::student::Confidence;
use super::supervise::{Supervisor, all_cores, in_order};
use crate::random::Seed;
use crate::scenario::Scenario;
use crate::scenario::load::Loaded;
use crate::time::SimTime;
use pairing::{Ids, Pairing};
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::ControlFlow;

pub use compare::MetricDifference;
pub use events::{EventDifference, OneLife, Sight};
pub use fate::{Ended, FateAndRoutes, RouteEnd};
pub use matrix::{Cell, FateMatrix};
pub use settings::SettingDifference;

/// How two scenarios are compared.
#[derive(Clone, Debug)]
pub struct DiffPlan {
    /// How many replications of each.
    pub replications: NonZeroU32,
    /// The confidence of all intervals.
    pub confidence: Confidence,
    /// Metrics leave out what came earlier; `None` for what each scenario says itself. Fates leave out nothing.
    pub warm_up: Option<SimTime>,
    /// How many events whose fate changed are told of.
    pub listed: usize,
    /// How many pairs of runs go on at a time; the results do not depend on it.
    pub threads: NonZeroUsize,
}

impl DiffPlan {
    /// So many replications at 95 %, with each scenario's own warm-up, ten events told of, on all cores.
    pub fn new(replications: NonZeroU32) -> Self {
        Self { replications, confidence: Confidence::USUAL, warm_up: None, listed: 10, threads: all_cores() }
    }
}

/// Why two scenarios were not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffError {
    /// No source of one has the name of a source of the other, so that they have no event in common.
    NothingInCommon {
        /// The sources of A.
        a: Vec<String>,
        /// The sources of B.
        b: Vec<String>,
    },
    /// The supervisor stopped it.
    Stopped,
}

impl fmt::Display for DiffError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingInCommon { a, b } => {
                let names = |names: &[String]| {
                    let more = if names.len() > 5 { ", …" } else { "" };
                    let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
                    format!("{}{more}", shown.join(", "))
                };
                let (a, b) = (names(a), names(b));
                write!(out, "the scenarios have no event in common: the sources of A are {a}, those of B {b}")
            }
            Self::Stopped => out.write_str("stopped"),
        }
    }
}

impl std::error::Error for DiffError {}

/// What differs between two scenarios.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// The name of A.
    pub a: String,
    /// The name of B.
    pub b: String,
    /// The digests of A and B as resolved.
    pub digests: [String; 2],
    /// The seed of both: that of A.
    pub seed: u64,
    /// The seed that B has itself, if it is another; it was set aside.
    pub seed_set_aside: Option<u64>,
    /// How many replications of each there are.
    pub replications: u32,
    /// The confidence of all intervals.
    pub confidence: Confidence,
    /// The settings that differ, in the order of the file; without `description` and `expect`, which change no run.
    pub settings: Vec<SettingDifference>,
    /// Sources of A that B lacks. Their events are in the metrics, and alone in the matrix.
    pub only_in_a: Vec<String>,
    /// Sources of B that A lacks.
    pub only_in_b: Vec<String>,
    /// What became of the very same events in the scenarios' own runs, which are replication 0, and in the others.
    pub fates: FateMatrix,
    /// The first events, in order of their first offer, whose fate or routes changed; of replication 0.
    pub changed: Vec<EventDifference>,
    /// The event to which the first thing happened that did not happen in the other run, whatever became of it; of
    /// replication 0.
    pub first: Option<EventDifference>,
    /// All metrics, in the order of A, those that only B has at the end.
    pub metrics: Vec<MetricDifference>,
}

impl Diff {
    /// Whether anything that happened, or that was counted, differs in any replication. Settings alone are no
    /// difference: one that has no effect leaves everything as it was.
    pub fn differs(&self) -> bool {
        self.fates.differs() || self.metrics.iter().any(MetricDifference::differs)
    }

    /// The metric called `name`.
    pub fn metric(&self, name: &str) -> Option<&MetricDifference> {
        self.metrics.iter().find(|found| found.metric.name() == name)
    }

    /// The whole in one sentence, without a full stop: how many events of what fate have which fate now, the first of
    /// them, and the setting behind it.
    ///
    /// `412 of 18,000 events that succeeded are now dead-lettered (retries_exhausted); first: event 96 at 00:01:01.200,
    /// because MaximumRetryAttempts went from 2 to 1`
    pub fn sentence(&self) -> String {
        sentence::of(self)
    }

    /// Why the lives of `event` part: the settings that differ and that the deciding rules go by, as the end of a
    /// sentence, or nothing if that does not tell.
    pub fn because(&self, event: &EventDifference) -> String {
        sentence::because(event, &self.settings)
    }
}

/// Compares `a` and `b` on common random numbers: both run with the seed of `a`.
///
/// ```
/// use std::num::NonZeroU32;
/// use thirdtry::experiment::diff::{DiffPlan, diff};
/// use thirdtry::scenario::load::{Input, load};
///
/// let text = r#"{ "version": 1, "functions": { "ship": { "duration": "1s", "DeadLetterConfig": { "TargetArn": "dlq" },
///     "failures": [{ "exception": { "during": ["10s", "100s"] } }] } }, "destinations": { "dlq": { "sqs": {} } },
///     "sources": { "s": { "to": "ship", "arrivals": { "constant": { "rate": "1/s" } }, "max_events": 50 } } }"#;
/// let a = Input::from_text("two-retries", text);
/// let mut b = a.clone();
/// b.sets.push(("functions.ship.EventInvokeConfig.MaximumRetryAttempts".to_owned(), "0".to_owned()));
/// let (a, b) = (load(&a).expect("valid"), load(&b).expect("valid"));
///
/// let found = diff(&a, &b, &DiffPlan::new(NonZeroU32::MIN), &()).expect("a common source");
/// assert_eq!(found.fates.paired(), 50);
/// assert!(found.sentence().starts_with("40 of 50 events that succeeded are now dead-lettered"), "{}", found.sentence());
/// assert!(found.sentence().ends_with("because MaximumRetryAttempts went from 2 to 0"), "{}", found.sentence());
/// ```
///
/// # Errors
/// Scenarios without a common source, and an experiment that its supervisor stopped.
pub fn diff(
    a: &Loaded,
    b: &Loaded,
    plan: &DiffPlan,
    supervisor: &impl Supervisor,
) -> Result<Diff, DiffError> {
    let same_seed = Scenario { seed: a.scenario.seed, ..b.scenario.clone() };
    let scenarios = [&a.scenario, &same_seed];
    let [only_in_a, only_in_b] = uncommon_sources(scenarios)?;
    let (runs, pairings) = run_all(scenarios, plan, supervisor)?;
    let first_pairing = pairings.first().expect("at least one replication");
    let (first, changed) = tell_events(scenarios, first_pairing, supervisor)?;
    let names = scenarios.map(MetricNames::of);
    let Seed(seed) = a.scenario.seed;
    let Seed(other_seed) = b.scenario.seed;
    Ok(Diff {
        a: a.scenario.name.clone(),
        b: b.scenario.name.clone(),
        digests: [a.digest.clone(), b.digest.clone()],
        seed,
        seed_set_aside: (seed != other_seed).then_some(other_seed),
        replications: plan.replications.get(),
        confidence: plan.confidence,
        settings: settings::differences(&a.resolved, &b.resolved),
        only_in_a,
        only_in_b,
        fates: FateMatrix::of(&pairings, plan.confidence),
        changed,
        first,
        metrics: compare::all([&names[0], &names[1]], [&runs[0], &runs[1]], plan.confidence),
    })
}

/// The sources that only one of the two has.
fn uncommon_sources(scenarios: [&Scenario; 2]) -> Result<[Vec<String>; 2], DiffError> {
    let lists = scenarios.map(common::sources);
    let known = lists.clone().map(|names| names.into_iter().collect::<std::collections::BTreeSet<_>>());
    let only = |side: usize| -> Vec<String> {
        let lacking = lists[side].iter().filter(|name| !known[1 - side].contains(*name));
        lacking.map(|name| (*name).to_owned()).collect()
    };
    let (a, b) = (only(0), only(1));
    if a.len() == lists[0].len() { Err(DiffError::NothingInCommon { a, b }) } else { Ok([a, b]) }
}

/// All replications of both: what was measured in each, and what became of the events.
fn run_all(
    scenarios: [&Scenario; 2],
    plan: &DiffPlan,
    supervisor: &impl Supervisor,
) -> Result<([Vec<Replication>; 2], Vec<Pairing>), DiffError> {
    let from = scenarios.map(|scenario| plan.warm_up.or(scenario.warm_up).unwrap_or(SimTime::ZERO));
    let work = |number: usize| {
        let number = u32::try_from(number).expect("as many as the plan says");
        let listed = if number == 0 { plan.listed } else { 0 };
        let paired = lockstep::run(scenarios, from, number, listed, supervisor)?;
        supervisor.run_done();
        Some(paired)
    };
    let (mut a, mut b, mut pairings) = (Vec::new(), Vec::new(), Vec::new());
    let all = plan.replications.get() as usize;
    in_order(0..all, plan.threads, work, |_, paired| {
        a.push(without_samples(paired.a));
        b.push(without_samples(paired.b));
        pairings.push(paired.pairing);
        ControlFlow::Continue(())
    });
    if pairings.len() == all { Ok(([a, b], pairings)) } else { Err(DiffError::Stopped) }
}

fn without_samples(measured: Measured) -> Replication {
    let Measured { fingerprint, end, values, .. } = measured;
    Replication { fingerprint, end, values }
}

/// The event where the runs part, and those whose fate changed.
fn tell_events(
    scenarios: [&Scenario; 2],
    pairing: &Pairing,
    supervisor: &impl Supervisor,
) -> Result<(Option<EventDifference>, Vec<EventDifference>), DiffError> {
    let parting = pairing.parting();
    let events: Vec<Ids> = parting.into_iter().chain(pairing.changed()).collect();
    let mut told = events::find(scenarios, &events, supervisor).ok_or(DiffError::Stopped)?;
    let changed = told.split_off(usize::from(parting.is_some()));
    Ok((told.pop(), changed))
}
