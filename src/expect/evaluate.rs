//! Runs that answer what their scenario is expected to fulfil.

use super::probe::Probe;
use super::requirement::Requirements;
use crate::experiment::{Measured, Plan, Stopped, Supervisor, in_order, measure_with};
use crate::model::observation::Observer;
use crate::observe::decimal::Decimal;
use crate::scenario::Scenario;
use crate::time::SimTime;
use std::ops::ControlFlow;

/// The answers to one requirement, by replication; `None` where there was no sample.
pub type Answers = Vec<Option<Decimal>>;

/// A run that was held against its expectations.
#[derive(Clone, Debug)]
pub struct Tested {
    /// Everything else that it gave.
    pub measured: Measured,
    /// What was found for each requirement; `None` where there was no sample.
    pub answers: Vec<Option<Decimal>>,
}

/// Runs replication `replication` of `scenario`, which leaves nothing out; `None` if the supervisor stopped it.
pub fn answer_run(
    scenario: &Scenario,
    requirements: &Requirements,
    replication: u32,
    supervisor: &impl Supervisor,
) -> Option<Tested> {
    answer_run_from(scenario, requirements, replication, SimTime::ZERO, supervisor)
}

/// Runs the scenario itself, with `extra` listening too; `None` if the supervisor stopped it.
pub(crate) fn answer_run_with<O: Observer>(
    scenario: &Scenario,
    requirements: &Requirements,
    supervisor: &impl Supervisor,
    extra: O,
) -> Option<(Tested, O)> {
    let probe = Probe::new(scenario, requirements, SimTime::ZERO);
    let (measured, (probe, extra)) = measure_with(scenario, 0, SimTime::ZERO, supervisor, (probe, extra))?;
    let answers = probe.answers(requirements, &measured.values, measured.at);
    Some((Tested { measured, answers }, extra))
}

/// Runs the replications of `plan`, on as many threads as it says: for each requirement its answers. A stopping rule is
/// not looked at.
///
/// # Errors
/// When the supervisor stopped it.
pub fn answer_replications(
    scenario: &Scenario,
    requirements: &Requirements,
    plan: &Plan,
    supervisor: &impl Supervisor,
) -> Result<Vec<Answers>, Stopped> {
    let all = plan.replications.get();
    let mut answers = vec![Answers::new(); requirements.all.len()];
    let mut done = 0;
    let work = |number: usize| {
        let number = u32::try_from(number).expect("as many as the plan says");
        let tested = answer_run_from(scenario, requirements, number, plan.warm_up, supervisor)?;
        supervisor.run_done();
        Some(tested.answers)
    };
    in_order(0..all as usize, plan.threads, work, |_, found| {
        answers.iter_mut().zip(found).for_each(|(answers, found)| answers.push(found));
        done += 1;
        ControlFlow::Continue(())
    });
    if done == all { Ok(answers) } else { Err(Stopped) }
}

/// As [`answer_run`], of what happens from `from` on; windows begin where they say.
pub fn answer_run_from(
    scenario: &Scenario,
    requirements: &Requirements,
    replication: u32,
    from: SimTime,
    supervisor: &impl Supervisor,
) -> Option<Tested> {
    let probe = Probe::new(scenario, requirements, from);
    let (measured, probe) = measure_with(scenario, replication, from, supervisor, probe)?;
    let answers = probe.answers(requirements, &measured.values, measured.at);
    Some(Tested { measured, answers })
}
