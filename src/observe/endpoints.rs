//! Where events come from and where outcomes go: counts for each source and each destination, in a part of a run.
//!
//! A source's events are those that it sent itself. What they set off elsewhere, a chained event or one that was sent
//! again, has no source here: it counts with its function. A second delivery of an event is no event.

use super::samples::Samples;
use super::summary::{Rows, SummaryRow, spread};
use crate::model::event::{Event, RouteResult};
use crate::model::observation::{Attempt, AttemptOutcome, Fact, Fate, Observation, Observer};
use crate::scenario::expectation::Window;
use crate::scenario::{DeliveryFailure, InvocationType, Scenario};

/// The observer that counts.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// Only what happens then counts.
    window: Window,
    sources: Vec<Source>,
    destinations: Vec<Destination>,
}

#[derive(Clone, Debug, Default)]
struct Source {
    offered: u64,
    accepted: u64,
    never_accepted: u64,
    fates: [u64; Fate::ALL.len()],
    lost: u64,
    attempts: u64,
    runs: u64,
    throttles: u64,
    function_errors: u64,
    sync_calls: u64,
    age: Samples,
    sojourn: Samples,
}

#[derive(Clone, Debug, Default)]
struct Destination {
    delivered: u64,
    failed: [u64; DeliveryFailure::ALL.len()],
}

impl Endpoints {
    /// Counts of what happens in `window` of a run of `scenario`.
    pub fn new(scenario: &Scenario, window: Window) -> Self {
        Self {
            window,
            sources: vec![Source::default(); scenario.sources.len()],
            destinations: vec![Destination::default(); scenario.destinations.len()],
        }
    }

    /// What was counted, in the scopes `sources.NAME` and `destinations.NAME`.
    pub fn rows(&mut self, scenario: &Scenario) -> Vec<SummaryRow> {
        let mut rows = Vec::new();
        for (source, found) in scenario.sources.iter().zip(&mut self.sources) {
            rows.extend(found.rows(Rows::of(format!("sources.{}", source.name))));
        }
        for (destination, found) in scenario.destinations.iter().zip(&self.destinations) {
            rows.extend(found.rows(Rows::of(format!("destinations.{}", destination.name))));
        }
        rows
    }
}

impl Observer for Endpoints {
    fn observe(&mut self, fact: &Fact<'_>) {
        if !self.window.contains(fact.at) {
            return;
        }
        if let Observation::DeliveryEnded { destination, failure, .. } = fact.what {
            let found = &mut self.destinations[destination.index()];
            match failure {
                None => found.delivered += 1,
                Some(failure) => found.failed[failure as usize] += 1,
            }
        }
        if is_its_own(fact.event) {
            self.sources[fact.event.source().index()].note(fact);
        }
    }
}

/// Whether a source sent it.
fn is_its_own(event: &Event) -> bool {
    !event.is_duplicate() && event.parent().is_none() && event.past().generation == 0
}

impl Source {
    fn note(&mut self, fact: &Fact<'_>) {
        let is_async = fact.event.invocation() == InvocationType::Event;
        match &fact.what {
            Observation::Accepted => {
                self.accepted += 1;
                self.offered += u64::from(fact.event.refusals() == 0);
            }
            Observation::OfferRefused(offer) => {
                self.offered += u64::from(offer.number == 1);
                self.never_accepted += u64::from(offer.next.is_none());
            }
            Observation::Called => self.sync_calls += 1,
            Observation::RunStarted { age, .. } if is_async => {
                self.runs += 1;
                self.attempts += 1;
                self.age.record(age.as_nanos());
            }
            Observation::AttemptEnded(attempt) => self.attempt_ended(attempt, is_async),
            Observation::Settled { fate, .. } => {
                self.fates[*fate as usize] += 1;
                self.sojourn.record(fact.event.age_at(fact.at).as_nanos());
            }
            Observation::Closed | Observation::CutOff => {
                let pending = crate::model::event::Route::ALL.map(|route| fact.event.route(route));
                let known = !pending.contains(&RouteResult::Pending);
                self.lost += u64::from(known && fact.event.is_lost());
            }
            _ => {}
        }
    }

    fn attempt_ended(&mut self, attempt: &Attempt, is_async: bool) {
        self.throttles += u64::from(matches!(attempt.outcome, AttemptOutcome::Throttled(_)));
        self.function_errors += u64::from(matches!(attempt.outcome, AttemptOutcome::FunctionError(_)));
        if is_async && attempt.run.is_none() {
            self.attempts += 1;
            self.age.record(attempt.age.as_nanos());
        }
    }

    fn rows(&mut self, mut rows: Rows) -> Vec<SummaryRow> {
        rows.count("offered", self.offered);
        rows.count("accepted", self.accepted);
        rows.count("never_accepted", self.never_accepted);
        for (fate, count) in Fate::ALL.iter().zip(self.fates) {
            rows.count(fate.name(), count);
        }
        rows.count("lost", self.lost);
        rows.count("attempts", self.attempts);
        rows.count("runs", self.runs);
        rows.count("throttles", self.throttles);
        rows.count("function_errors", self.function_errors);
        rows.count("sync_calls", self.sync_calls);
        rows.spread("AsyncEventAge", spread(&mut self.age).as_ref());
        rows.spread("sojourn", spread(&mut self.sojourn).as_ref());
        rows.into_rows()
    }
}

impl Destination {
    fn rows(&self, mut rows: Rows) -> Vec<SummaryRow> {
        rows.count("delivered", self.delivered);
        rows.count("delivery_failed", self.failed.iter().sum());
        for (failure, count) in DeliveryFailure::ALL.iter().zip(self.failed) {
            rows.count(&format!("delivery_failed.{}", failure.name()), count);
        }
        rows.into_rows()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::summary::{Ending, Summary};
    use crate::observe::test_scenarios::busy;
    use crate::simulate::simulate;
    use crate::time::SimTime;
    use std::collections::BTreeMap;

    const ALL: Window = Window { from: SimTime::ZERO, to: None };

    fn found(scenario: &Scenario, window: Window) -> BTreeMap<String, u64> {
        let mut endpoints = Endpoints::new(scenario, window);
        simulate(scenario, &mut endpoints);
        let number = |row: &SummaryRow| row.value.parse().ok();
        let name = |row: &SummaryRow| format!("{}.{}.{}", row.scope, row.metric, row.statistic);
        endpoints.rows(scenario).iter().filter_map(|row| Some((name(row), number(row)?))).collect()
    }

    #[test]
    fn all_sources_and_destinations_together_are_the_run() {
        let scenario = busy();
        let mut summary = Summary::new(&scenario);
        simulate(&scenario, &mut summary);
        let ending = Ending { end: "horizon", at: SimTime::from_secs(1_710), fingerprint: 0 };
        let report = summary.into_report(&scenario, ending);
        let found = found(&scenario, ALL);
        let sum = |scope: &str, metric: &str| {
            let of = |name: &str| name.starts_with(scope) && name.ends_with(&format!(".{metric}.Sum"));
            found.iter().filter(|(name, _)| of(name)).map(|(_, count)| count).sum::<u64>()
        };
        for row in report.csv_rows().iter().filter(|row| row.scope == "run" && row.statistic == "Sum") {
            let known = ["accepted", "offered", "succeeded", "retries_exhausted", "lost", "attempts", "runs"];
            if known.contains(&row.metric.as_str()) {
                assert_eq!(sum("sources.", &row.metric).to_string(), row.value, "{}", row.metric);
            }
        }
        let delivered: u64 = report.counts.routes.iter().map(|route| route.delivered).sum();
        let failed: u64 = report.counts.routes.iter().map(|route| route.delivery_failed).sum();
        assert_eq!(
            (sum("destinations.", "delivered"), sum("destinations.", "delivery_failed")),
            (delivered, failed)
        );
        assert!(delivered > 0 && sum("sources.", "sync_calls") > 0);
    }

    #[test]
    fn windows_that_follow_each_other_add_up() {
        let scenario = busy();
        let at = SimTime::from_secs(600);
        let all = found(&scenario, ALL);
        let early = found(&scenario, Window { from: SimTime::ZERO, to: Some(at) });
        let late = found(&scenario, Window { from: at, to: None });
        for (name, count) in all.iter().filter(|(name, _)| name.ends_with(".Sum")) {
            assert_eq!(early[name] + late[name], *count, "{name}");
        }
        assert!(early["sources.orders.accepted.Sum"] > 0 && late["sources.orders.accepted.Sum"] > 0);
    }
}
