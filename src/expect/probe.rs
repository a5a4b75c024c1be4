//! What listens to a run for its expectations alone: nothing, unless they ask for more than every run knows.

use super::requirement::{Question, Requirements, WHOLE};
use crate::experiment::Metric;
use crate::model::observation::{Fact, Observer, Remark};
use crate::observe::decimal::Decimal;
use crate::observe::endpoints::Endpoints;
use crate::observe::summary::SummaryRow;
use crate::observe::windowed::Windowed;
use crate::scenario::Scenario;
use crate::time::SimTime;
use std::collections::BTreeMap;

/// The observer.
#[derive(Clone, Debug)]
pub(super) struct Probe<'s> {
    scenario: &'s Scenario,
    /// Of events that were first offered earlier nothing counts, but in windows.
    from: SimTime,
    endpoints: Option<Endpoints>,
    windowed: Option<Windowed<'s>>,
}

impl<'s> Probe<'s> {
    pub(super) fn new(scenario: &'s Scenario, requirements: &Requirements, from: SimTime) -> Self {
        let windows = &requirements.windows;
        Self {
            scenario,
            from,
            endpoints: requirements.endpoints.then(|| Endpoints::new(scenario, WHOLE)),
            windowed: (!windows.is_empty()).then(|| Windowed::new(scenario, windows.iter().copied())),
        }
    }

    /// An answer for each requirement, in a run that ended at `end` and measured `values`.
    pub(super) fn answers(
        self,
        requirements: &Requirements,
        values: &[Option<Decimal>],
        end: SimTime,
    ) -> Vec<Option<Decimal>> {
        let endpoints = self.endpoints.map(|mut endpoints| by_name(endpoints.rows(self.scenario)));
        let windows = self.windowed.map(|windowed| windowed.finish(end)).unwrap_or_default();
        let windows: Vec<_> = windows.into_iter().map(|rows| rows.map(by_name)).collect();
        let answer = |requirement: &super::Requirement| match requirement.question {
            Question::Run(at) => values[at],
            Question::Endpoint => endpoints.as_ref()?.get(&requirement.metric.name()).copied().flatten(),
            Question::Window(at) => {
                let rows = windows[at].as_ref()?;
                let found = rows.get(&requirement.metric.name()).copied();
                // What never happened has no row.
                found.unwrap_or_else(|| (requirement.metric.statistic == "Sum").then(|| Decimal::new(0, 0)))
            }
        };
        requirements.all.iter().map(answer).collect()
    }
}

fn by_name(rows: Vec<SummaryRow>) -> BTreeMap<String, Option<Decimal>> {
    let entry = |row: SummaryRow| {
        let value = Decimal::parse(&row.value);
        (Metric::from(row).name(), value)
    };
    rows.into_iter().map(entry).collect()
}

impl Observer for Probe<'_> {
    fn observe(&mut self, fact: &Fact<'_>) {
        if fact.event.offered() >= self.from {
            self.endpoints.observe(fact);
        }
        self.windowed.observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        self.windowed.remark(remark);
    }
}
