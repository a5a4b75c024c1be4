//! What the dependencies had to do: the part of the summary about them.
//!
//! Two views that must not be confused. *Callers* see calls begin, wait, and be answered or not. The *dependency*
//! serves calls whether or not somebody waits for the answer: that is its load, and `in_vain` is the part of it that
//! helps nobody.
#![expect(
    clippy::inline_always,
    reason = "the recorder's observers are specialised where a fact is reported"
)]

use super::decimal::Decimal;
use super::samples::Samples;
use super::summary::{Named, Peak, Rows, Spread, named, spread};
use crate::id::DependencyId;
use crate::model::dependency::{CallOutcome, EndedCall, Load};
use crate::model::observation::{Circumstance, Fact, Observation, Observer, Remark};
use crate::scenario::Scenario;
use crate::time::{SimDuration, SimTime};
use serde::Serialize;

/// Counts what happens at the dependencies.
#[derive(Clone, Debug)]
pub(super) struct Dependencies(Vec<Tally>);

#[derive(Clone, Debug, Default)]
struct Tally {
    begun: u64,
    ended: [u64; CallOutcome::COUNT],
    latency: Samples,
    waited: Samples,
    load: Load,
    since: SimTime,
    /// Server-nanoseconds in service, and of these in vain.
    busy: u128,
    in_vain: u128,
    peak_in_service: (u32, SimTime),
    peak_waiting: (u32, SimTime),
}

impl Dependencies {
    /// The dependencies of `scenario`, to be fed from the beginning of the run.
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self(vec![Tally::default(); scenario.dependencies.len()])
    }

    /// The result of a run that ended at `end`.
    pub(super) fn into_reports(self, scenario: &Scenario, end: SimTime) -> Vec<DependencyReport> {
        let report = |(mut tally, dependency): (Tally, &crate::scenario::Dependency)| {
            tally.set_load(tally.load, end);
            let offered = u128::from(dependency.capacity) * u128::from(end.as_nanos());
            DependencyReport {
                dependency: dependency.name.clone(),
                calls: tally.begun,
                ended: named(&CallOutcome::NAMES, &tally.ended),
                latency: spread(&mut tally.latency),
                waited: spread(&mut tally.waited),
                in_service: Peak::of(tally.peak_in_service.0.into(), tally.peak_in_service.1),
                waiting: Peak::of(tally.peak_waiting.0.into(), tally.peak_waiting.1),
                busy_percent: Decimal::ratio(tally.busy * 100, offered, 2),
                in_vain_percent: Decimal::ratio(tally.in_vain * 100, tally.busy, 2),
            }
        };
        self.0.into_iter().zip(&scenario.dependencies).map(report).collect()
    }
}

impl Observer for Dependencies {
    #[inline(always)]
    fn observe(&mut self, fact: &Fact<'_>) {
        match fact.what {
            Observation::CallStarted { dependency, .. } => self.0[dependency.index()].begun += 1,
            Observation::CallEnded(call) => self.0[call.dependency.index()].ended(call),
            Observation::Accepted
            | Observation::Called
            | Observation::OfferRefused(_)
            | Observation::Duplicated
            | Observation::RunStarted { .. }
            | Observation::AttemptEnded(_)
            | Observation::Settled { .. }
            | Observation::DeliveryStarted { .. }
            | Observation::DeliveryEnded { .. }
            | Observation::Closed
            | Observation::CutOff => {}
        }
    }

    fn remark(&mut self, remark: &Remark) {
        if let Circumstance::LoadChanged { dependency, load } = remark.what {
            self.of(dependency).set_load(load, remark.at);
        }
    }
}

impl Dependencies {
    fn of(&mut self, dependency: DependencyId) -> &mut Tally {
        &mut self.0[dependency.index()]
    }
}

impl Tally {
    #[inline(always)]
    fn ended(&mut self, call: EndedCall) {
        self.ended[call.outcome.index()] += 1;
        if call.outcome == CallOutcome::Answered {
            self.latency.record((call.waited + call.served).as_nanos());
            self.waited.record(call.waited.as_nanos());
        }
    }

    fn set_load(&mut self, load: Load, at: SimTime) {
        let span = |servers: u32, span: SimDuration| u128::from(servers) * u128::from(span.as_nanos());
        let passed = at.since(self.since);
        self.busy += span(self.load.in_service, passed);
        self.in_vain += span(self.load.in_vain, passed);
        if load.in_service > self.peak_in_service.0 {
            self.peak_in_service = (load.in_service, at);
        }
        if load.waiting > self.peak_waiting.0 {
            self.peak_waiting = (load.waiting, at);
        }
        (self.load, self.since) = (load, at);
    }
}

/// What one dependency had to do. All times are nanoseconds of virtual time.
#[derive(Clone, Debug, Serialize)]
pub struct DependencyReport {
    /// The dependency's name.
    pub dependency: String,
    /// Calls begun.
    pub calls: u64,
    /// Calls that ended for their callers, by how.
    pub ended: Named,
    /// From the beginning of a call to its answer, of the calls that were answered.
    pub latency: Option<Spread>,
    /// The part of it before the service.
    pub waited: Option<Spread>,
    /// The most calls in service at once.
    pub in_service: Peak,
    /// The most calls waiting at once.
    pub waiting: Peak,
    /// How much of its usual capacity was in use, over the whole run.
    pub busy_percent: Option<Decimal>,
    /// How much of that went to calls whose callers had given up.
    pub in_vain_percent: Option<Decimal>,
}

impl DependencyReport {
    pub(super) fn rows(&self, rows: &mut Rows) {
        rows.count("calls", self.calls);
        rows.counts("calls.", &self.ended);
        rows.spread("latency", self.latency.as_ref());
        rows.spread("waited", self.waited.as_ref());
        rows.peak("in_service", &self.in_service);
        rows.peak("waiting_calls", &self.waiting);
        for (metric, share) in [("busy", self.busy_percent), ("in_vain", self.in_vain_percent)] {
            rows.push(metric, "Average", share.map(|share| share.to_string()), "Percent");
        }
    }
}
