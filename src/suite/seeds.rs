//! Other seeds of a scenario: the first with which it breaks an expectation.

use crate::expect::{Requirements, Verdict, answer_run, judge, load_checked};
use crate::experiment::{Supervisor, in_order};
use crate::observe::decimal::Decimal;
use crate::scenario::load::Input;
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::ControlFlow;

/// A seed with which a scenario breaks an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The seed.
    pub seed: u64,
    /// How many seeds were tried, this one included.
    pub tried: u32,
    /// The expectation that is broken first in the file.
    pub expectation: String,
    /// What was found; `None` for no sample.
    pub found: Option<Decimal>,
    /// Its unit.
    pub unit: &'static str,
}

/// Runs the scenario with the `seeds` seeds that follow on its own and tells the first that breaks an expectation;
/// `Ok(None)` if none does.
///
/// # Errors
/// When the supervisor stopped the search. The scenario is known to load.
pub fn search_seeds(
    input: &Input,
    seeds: NonZeroU32,
    threads: NonZeroUsize,
    supervisor: &impl Supervisor,
) -> Result<Option<Found>, crate::experiment::Stopped> {
    let own = load_checked(input).map(|loaded| loaded.scenario.seed.0).unwrap_or_default();
    let mut tried = 0;
    let mut broken = None;
    let work = |number: usize| {
        let seed = own.wrapping_add(number as u64 + 1);
        let found = first_broken(input, seed, supervisor)?;
        supervisor.run_done();
        Some(found)
    };
    in_order(0..seeds.get() as usize, threads, work, |_, found| {
        tried += 1;
        broken = found.map(|found| Found { tried, ..found });
        if broken.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if broken.is_some() || tried == seeds.get() { Ok(broken) } else { Err(crate::experiment::Stopped) }
}

/// The first expectation that the scenario breaks with `seed`; `None` if it was stopped.
#[expect(clippy::option_option, reason = "stopped, sound and broken are three things")]
fn first_broken(input: &Input, seed: u64, supervisor: &impl Supervisor) -> Option<Option<Found>> {
    let Ok(loaded) = load_checked(&with_seed(input, seed)) else { return Some(None) };
    let scenario = &loaded.scenario;
    let requirements = Requirements::of(scenario, &scenario.expectations).expect("checked when loading");
    let tested = answer_run(scenario, &requirements, 0, supervisor)?;
    let mut answers = requirements.all.iter().zip(tested.answers);
    let broken = answers.find(|(one, answer)| judge(one, *answer).verdict == Verdict::Fail);
    Some(broken.map(|(requirement, found)| Found {
        seed,
        tried: 0,
        expectation: requirement.expectation.text.clone(),
        found,
        unit: requirement.metric.unit,
    }))
}

/// The scenario with another seed.
pub(super) fn with_seed(input: &Input, seed: u64) -> Input {
    let mut other = input.clone();
    other.sets.push(("seed".to_owned(), seed.to_string()));
    other
}
