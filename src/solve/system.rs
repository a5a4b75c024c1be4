//! A scenario as a system to be searched: a run at each value of a setting.

use super::bench::System;
use super::{Asked, SolveError, SolvePlan, Wanted};
use crate::expect::{Requirements, answer_run_from};
use crate::experiment::{MetricNames, Supervisor};
use crate::observe::decimal::Decimal;
use crate::scenario::Scenario;
use crate::time::SimTime;

/// What every run is said to cost.
pub(super) const COST: &str = "cost_usd.Sum";

/// The scenario over the values of the setting, in the direction in which the smallest position is wanted.
pub(super) struct Simulated<'a, S> {
    pub(super) plan: &'a SolvePlan,
    pub(super) asked: &'a Asked,
    pub(super) supervisor: &'a S,
}

/// The scenario at one value.
pub(super) struct Point {
    scenario: Scenario,
    requirements: Requirements,
    from: SimTime,
    cost: Option<usize>,
}

impl<S> Simulated<'_, S> {
    /// How many positions there are.
    pub(super) fn positions(&self) -> usize {
        self.asked.places.end() - self.asked.places.start() + 1
    }

    /// The place in the range of the value at a position.
    pub(super) fn place(&self, at: usize) -> usize {
        match self.plan.wanted {
            Wanted::Smallest => self.asked.places.start() + at,
            Wanted::Largest => self.asked.places.end() - at,
        }
    }

    /// The position of a place in the range, or the nearest.
    pub(super) fn position(&self, place: usize) -> usize {
        let place = place.clamp(*self.asked.places.start(), *self.asked.places.end());
        match self.plan.wanted {
            Wanted::Smallest => place - self.asked.places.start(),
            Wanted::Largest => self.asked.places.end() - place,
        }
    }

    /// The value at a position.
    pub(super) fn value(&self, at: usize) -> &str {
        &self.plan.find.values()[self.place(at)]
    }

    /// The metric behind those of the requirements: the cost.
    pub(super) fn cost(&self) -> usize {
        self.asked.requirements.all.len()
    }
}

impl<S: Supervisor> System for Simulated<'_, S> {
    type Point = Point;
    type Error = SolveError;

    fn point(&self, at: usize) -> Result<Point, SolveError> {
        let loaded = self.plan.at(self.place(at))?;
        let requirements = Requirements::of(&loaded.scenario, &self.asked.so_that);
        let requirements = requirements.map_err(|unfit| SolveError::unfit(&self.asked.so_that, &unfit))?;
        Ok(Point {
            from: self.plan.warm_up.or(loaded.scenario.warm_up).unwrap_or(SimTime::ZERO),
            cost: MetricNames::of(&loaded.scenario).find(COST).ok(),
            scenario: loaded.scenario,
            requirements,
        })
    }

    fn run(&self, point: &Point, replication: u32) -> Option<Vec<Option<Decimal>>> {
        let Point { scenario, requirements, from, cost } = point;
        let tested = answer_run_from(scenario, requirements, replication, *from, self.supervisor)?;
        self.supervisor.run_done();
        let cost = cost.and_then(|cost| tested.measured.values[cost]);
        Some(tested.answers.into_iter().chain([cost]).collect())
    }

    fn tell(&self, at: usize, replications: u32) {
        self.supervisor.begins(&format!("{}: {replications} runs", self.value(at)));
    }
}
