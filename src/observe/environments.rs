//! Execution environments over time: what a sample of each function's did, and how runs started.
//!
//! The length of the run is known beforehand, because this observer listens to its repetition (as [`super::lives`]
//! does): time is cut into steps, and each environment has a cell for each step. Memory is bounded by the number of
//! environments kept. Which they are is decided by a first pass, [`Made`], that counts them.

use crate::model::environment::Condition;
use crate::model::failure::left_by;
use crate::model::observation::{Attempt, Fact, Observation, Observer, Start};
use crate::scenario::Scenario;
use crate::time::{SimDuration, SimTime};

/// What happened in one environment during one step of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// It was initialising, before its first run or again.
    pub init: bool,
    /// A run was in progress.
    pub busy: bool,
    /// A run ended that cost it its init: a crash, a timeout, a failed init.
    pub reset: bool,
}

/// One environment.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number within its function.
    pub number: u32,
    /// Whether it belongs to the provisioned concurrency.
    pub provisioned: bool,
    /// When its first run started and its last one ended.
    pub span: (SimTime, SimTime),
    /// What happened, step by step.
    pub cells: Vec<Cell>,
}

/// The environments of one function.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The environments chosen, in order of their first run's end.
    pub rows: Vec<Row>,
    /// Of how many environments one has a row.
    pub one_in: u32,
    /// All environments of the function, also those without a row.
    pub made: u32,
}

/// Counts the environments of each function.
#[derive(Clone, Debug)]
pub struct Made(Vec<u32>);

impl Made {
    /// For a run of `scenario`.
    pub fn new(scenario: &Scenario) -> Self {
        Self(vec![0; scenario.functions.len()])
    }
}

impl Observer for Made {
    fn observe(&mut self, fact: &Fact<'_>) {
        if let Observation::RunStarted { placement, .. } = fact.what {
            let made = &mut self.0[fact.event.function().index()];
            *made = (*made).max(placement.environment);
        }
    }
}

/// Listens to a whole run.
#[derive(Clone, Debug)]
pub struct Environments {
    step: SimDuration,
    steps: usize,
    fleets: Vec<Fleet>,
    starts: Vec<[u64; Start::ALL.len()]>,
}

impl Environments {
    /// For a run that lasts `steps` times `step` and makes so many environments; at most `most` of each function have
    /// a row: every n-th, so that those made later are among them.
    pub fn new(made: &Made, step: SimDuration, steps: usize, most: u32) -> Self {
        let fleet = |made: &u32| Fleet { rows: Vec::new(), one_in: made.div_ceil(most).max(1), made: *made };
        Self {
            step,
            steps,
            fleets: made.0.iter().map(fleet).collect(),
            starts: vec![[0; Start::ALL.len()]; steps],
        }
    }

    /// The environments of each function.
    pub fn fleets(&self) -> &[Fleet] {
        &self.fleets
    }

    /// How many runs started in each step, by what they found.
    pub fn starts(&self) -> &[[u64; Start::ALL.len()]] {
        &self.starts
    }

    fn step_of(&self, at: SimTime) -> usize {
        let step = at.as_nanos() / self.step.as_nanos().max(1);
        usize::try_from(step).unwrap_or(usize::MAX).min(self.steps.saturating_sub(1))
    }

    fn run_ended(&mut self, function: usize, attempt: &Attempt, end: SimTime) {
        let Some(run) = &attempt.run else { return };
        let fleet = &mut self.fleets[function];
        let position = fleet.rows.iter().position(|row| row.number == run.placement.environment);
        let row = match position {
            Some(position) => position,
            None if run.placement.environment % fleet.one_in == 1 % fleet.one_in => {
                fleet.rows.push(Row {
                    number: run.placement.environment,
                    provisioned: run.placement.provisioned,
                    span: (attempt.dispatched, end),
                    cells: vec![Cell::default(); self.steps],
                });
                fleet.rows.len() - 1
            }
            None => return,
        };
        let handler = attempt.dispatched + run.placement.init;
        let (first, middle, last) =
            (self.step_of(attempt.dispatched), self.step_of(handler), self.step_of(end));
        let row = &mut self.fleets[function].rows[row];
        row.span.1 = row.span.1.max(end);
        if run.placement.init > SimDuration::ZERO {
            row.cells[first..=middle].iter_mut().for_each(|cell| cell.init = true);
        }
        row.cells[middle].init |= run.placement.start == Start::SuppressedInit;
        row.cells[middle..=last].iter_mut().for_each(|cell| cell.busy = true);
        row.cells[last].reset |= left_by(attempt.outcome) != Condition::Ready;
    }
}

impl Observer for Environments {
    fn observe(&mut self, fact: &Fact<'_>) {
        let function = fact.event.function().index();
        match &fact.what {
            Observation::RunStarted { placement, .. } => {
                let step = self.step_of(fact.at);
                if let Some(starts) = self.starts.get_mut(step) {
                    starts[placement.start as usize] += 1;
                }
            }
            Observation::AttemptEnded(attempt) if self.steps > 0 => {
                self.run_ended(function, attempt, fact.at);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::{events_at, exceptions, idle};
    use crate::random::distribution::Distribution;
    use crate::scenario::FailureKind;
    use crate::simulate::simulate;

    /// A cold start with a second of init, a crash after another second, and a run that initialises again.
    #[test]
    fn a_life_of_an_environment_in_cells() {
        let mut scenario = idle();
        let second = Distribution::Constant(SimDuration::from_secs(1));
        scenario.timing.dispatch_latency = SimDuration::ZERO;
        (scenario.functions[0].init, scenario.functions[0].duration) = (second.clone(), second);
        scenario.functions[0].maximum_retries = 0;
        scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 1)])];
        scenario.functions[0].failures[0].kind = FailureKind::Crash;
        scenario.sources = vec![events_at("orders", &[0, 5_000])];
        let mut made = Made::new(&scenario);
        simulate(&scenario, &mut made);
        let mut environments = Environments::new(&made, SimDuration::from_secs(1), 8, 4);
        simulate(&scenario, &mut environments);
        let row = &environments.fleets()[0].rows[0];
        let drawn: String = row
            .cells
            .iter()
            .map(|cell| match (cell.init, cell.busy, cell.reset) {
                (true, true, _) => 'I',
                (true, false, _) => 'i',
                (_, true, true) => 'x',
                (_, true, false) => 'b',
                _ => '.',
            })
            .collect();
        assert_eq!(drawn, "iIx..Ibb");
        assert_eq!((row.number, environments.fleets()[0].made), (1, 1));
        assert_eq!(environments.starts()[0], [1, 0, 0, 0]);
        assert_eq!(environments.starts()[5], [0, 0, 1, 0]);
    }
}
