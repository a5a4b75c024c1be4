//! Parts of a run: what is measured in windows of virtual time.
//!
//! What a window means for each kind of metric:
//!
//! | kind | in a window |
//! |---|---|
//! | counts and costs | what happens in it: its end minus its beginning |
//! | CloudWatch's metrics | the periods of a minute that begin in it |
//! | `sojourn` | the events whose fate is known in it |
//! | `waiting`, `concurrency` | the level from its beginning to its end: on average over time, and at most |
//!
//! What belongs to no part of a run (when something happened first, how long it took to drain, what waits at the end,
//! events against attempts) is not measured in windows.

use super::decimal::Decimal;
use super::endpoints::Endpoints;
use super::levels::Levels;
use super::metrics::{Metrics, PERIOD};
use super::samples::Samples;
use super::summary::{Ending, Rows, Summary, SummaryRow, spread};
use super::totals::{Durations, Totals};
use crate::id::FunctionId;
use crate::model::observation::{Attempt, Fact, Observation, Observer, Remark};
use crate::scenario::expectation::Window;
use crate::scenario::{InvocationType, Scenario};
use crate::time::SimTime;
use std::collections::BTreeMap;

/// Sums that go up and down, or are known at the end only.
const NOT_CUMULATIVE: [&str; 4] = ["in_flight", "waiting_at_end", "being_offered", "recovered"];

/// The observer of windows. One is present only when somebody asks.
#[derive(Clone, Debug)]
pub struct Windowed<'s> {
    scenario: &'s Scenario,
    summary: Summary<'s>,
    spans: Vec<Span<'s>>,
}

/// One window.
#[derive(Clone, Debug)]
struct Span<'s> {
    window: Window,
    periods: Metrics<'s, Totals>,
    durations: Durations,
    levels: Levels,
    endpoints: Endpoints,
    ages: Scoped,
    sojourns: Scoped,
    before: Option<Snapshot>,
    after: Option<Snapshot>,
}

/// The sums of a run up to a time, by scope and metric.
type Snapshot = BTreeMap<(String, String), (Decimal, &'static str)>;

/// Samples of the whole run and, when there are several, of each function.
#[derive(Clone, Debug)]
struct Scoped(Vec<Samples>);

/// Whether a sum of `summary.csv` only grows, so that it has a part in a window.
pub fn is_cumulative(metric: &str, statistic: &str) -> bool {
    statistic == "Sum" && !NOT_CUMULATIVE.contains(&metric) && !metric.ends_with(".pending")
}

impl<'s> Windowed<'s> {
    /// The `windows` of a run of `scenario`, to be followed from its beginning.
    pub fn new(scenario: &'s Scenario, windows: impl IntoIterator<Item = Window>) -> Self {
        let spans = windows.into_iter().map(|window| Span::new(scenario, window));
        Self { scenario, summary: Summary::new(scenario), spans: spans.collect() }
    }

    /// The run ended at `end`: the rows of each window, in order; `None` for one that was not reached.
    pub fn finish(mut self, end: SimTime) -> Vec<Option<Vec<SummaryRow>>> {
        self.cross(end);
        let Self { scenario, summary, spans } = self;
        spans.into_iter().map(|span| span.finish(&summary, scenario, end)).collect()
    }

    /// Notes how things stand at the bounds of windows that lie at or before `at`.
    fn cross(&mut self, at: SimTime) {
        for span in &mut self.spans {
            if span.before.is_none() && span.window.from <= at {
                span.before = Some(snapshot(&self.summary, self.scenario, span.window.from));
            }
            if let Some(to) = span.window.to.filter(|to| span.after.is_none() && *to <= at) {
                span.after = Some(snapshot(&self.summary, self.scenario, to));
                span.levels.end(to);
            }
        }
    }
}

impl Observer for Windowed<'_> {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.cross(fact.at);
        self.summary.observe(fact);
        self.spans.iter_mut().for_each(|span| span.observe(fact));
    }

    fn remark(&mut self, remark: &Remark) {
        self.cross(remark.at);
        self.summary.remark(remark);
        self.spans.iter_mut().for_each(|span| span.periods.remark(remark));
    }
}

impl<'s> Span<'s> {
    fn new(scenario: &'s Scenario, window: Window) -> Self {
        let totals = Totals::new(scenario, window.from).until(window.to);
        Self {
            window,
            periods: Metrics::new(scenario, totals),
            durations: Durations::new(scenario),
            levels: Levels::new(scenario, window.from),
            endpoints: Endpoints::new(scenario, window),
            ages: Scoped::new(scenario),
            sojourns: Scoped::new(scenario),
            before: None,
            after: None,
        }
    }

    fn observe(&mut self, fact: &Fact<'_>) {
        self.periods.observe(fact);
        self.endpoints.observe(fact);
        if self.window.to.is_none_or(|to| fact.at < to) {
            self.levels.observe(fact);
        }
        let is_event = fact.event.invocation() == InvocationType::Event && !fact.event.is_duplicate();
        let function = fact.event.function();
        match &fact.what {
            Observation::RunStarted { age, .. } if is_event && self.has_period_of(fact.at) => {
                self.ages.record(function, age.as_nanos());
            }
            Observation::AttemptEnded(attempt) => self.attempt_ended(fact, attempt, is_event),
            Observation::Settled { .. } if is_event && self.window.contains(fact.at) => {
                self.sojourns.record(function, fact.event.age_at(fact.at).as_nanos());
            }
            _ => {}
        }
    }

    fn attempt_ended(&mut self, fact: &Fact<'_>, attempt: &Attempt, is_event: bool) {
        if !self.has_period_of(attempt.dispatched) {
            return;
        }
        if attempt.run.is_some() {
            self.durations.observe(fact);
        } else if is_event {
            self.ages.record(fact.event.function(), attempt.age.as_nanos());
        }
    }

    /// Whether the period of `at` begins in the window.
    fn has_period_of(&self, at: SimTime) -> bool {
        let start = at.as_nanos() / PERIOD.as_nanos() * PERIOD.as_nanos();
        self.window.contains(SimTime::from_nanos(start))
    }

    fn finish(mut self, summary: &Summary<'s>, scenario: &Scenario, end: SimTime) -> Option<Vec<SummaryRow>> {
        let before = self.before?;
        let after = self.after.unwrap_or_else(|| {
            self.levels.end(end);
            snapshot(summary, scenario, end)
        });
        let mut rows = differences(&before, &after);
        rows.extend(self.periods.finish(end).rows(scenario, &mut self.durations));
        rows.extend(self.endpoints.rows(scenario));
        let scopes = 1 + self.levels.of_functions().len();
        for at in 0..scopes {
            let scope = match at.checked_sub(1) {
                None => "run".to_owned(),
                Some(function) => format!("functions.{}", scenario.functions[function].name),
            };
            let mut of_scope = Rows::of(scope);
            of_scope.spread("AsyncEventAge", spread(&mut self.ages.0[at]).as_ref());
            of_scope.spread("sojourn", spread(&mut self.sojourns.0[at]).as_ref());
            let pair = at.checked_sub(1).map_or(self.levels.of_run(), |at| &self.levels.of_functions()[at]);
            for (metric, level) in [("waiting", pair.waiting), ("concurrency", pair.running)] {
                of_scope.push(metric, "Maximum", Some(level.peak().0.to_string()), "Count");
                let average = level.average(self.window.from).map(|average| average.to_string());
                of_scope.push(metric, "Average", average, "Count");
            }
            rows.extend(of_scope.into_rows());
        }
        Some(rows)
    }
}

impl Scoped {
    fn new(scenario: &Scenario) -> Self {
        let several = if scenario.functions.len() > 1 { scenario.functions.len() } else { 0 };
        Self(vec![Samples::default(); 1 + several])
    }

    fn record(&mut self, function: FunctionId, value: u64) {
        self.0[0].record(value);
        if let Some(samples) = self.0.get_mut(1 + function.index()) {
            samples.record(value);
        }
    }
}

fn snapshot(summary: &Summary<'_>, scenario: &Scenario, at: SimTime) -> Snapshot {
    let ending = Ending { end: "window", at, fingerprint: 0 };
    let rows = summary.clone().into_report(scenario, ending).csv_rows();
    let sums = rows.into_iter().filter(|row| is_cumulative(&row.metric, row.statistic));
    let entry = |row: SummaryRow| {
        let value = Decimal::parse(&row.value)?;
        Some(((row.scope, row.metric), (value, row.unit)))
    };
    sums.filter_map(entry).collect()
}

/// How much each sum has grown. What did not exist before was nothing.
fn differences(before: &Snapshot, after: &Snapshot) -> Vec<SummaryRow> {
    let row = |((scope, metric), (after, unit)): (&(String, String), &(Decimal, &'static str))| {
        let earlier = before.get(&(scope.clone(), metric.clone())).map_or(0, |(before, _)| before.units());
        // The places of a metric are always the same. Costs by time are rounded: never below what they were.
        let grown = Decimal::new(after.units().saturating_sub(earlier), after.places());
        SummaryRow {
            scope: scope.clone(),
            metric: metric.clone(),
            statistic: "Sum",
            value: grown.to_string(),
            unit,
        }
    };
    after.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::{busy, function};
    use crate::simulate::simulate;

    const END: SimTime = SimTime::from_secs(1_710);

    fn window(from: u64, to: Option<u64>) -> Window {
        Window { from: SimTime::from_secs(from), to: to.map(SimTime::from_secs) }
    }

    fn found(scenario: &Scenario, windows: &[Window]) -> Vec<Option<BTreeMap<String, String>>> {
        let mut windowed = Windowed::new(scenario, windows.iter().copied());
        simulate(scenario, &mut windowed);
        let named = |rows: Vec<SummaryRow>| {
            let name = |row: &SummaryRow| format!("{}.{}.{}", row.scope, row.metric, row.statistic);
            let named: BTreeMap<_, _> = rows.iter().map(|row| (name(row), row.value.clone())).collect();
            assert_eq!(named.len(), rows.len(), "a name occurs twice");
            named
        };
        windowed.finish(END).into_iter().map(|rows| rows.map(named)).collect()
    }

    /// Goal: the window that is the whole run says what the run says.
    #[test]
    fn the_whole_run_is_a_window_too() {
        for several in [false, true] {
            let mut scenario = busy();
            if several {
                scenario.functions.push(function("track"));
            }
            let whole = found(&scenario, &[window(0, None)]).remove(0).unwrap();
            let mut summary = Summary::new(&scenario);
            simulate(&scenario, &mut summary);
            let ending = Ending { end: "horizon", at: END, fingerprint: 0 };
            let rows = summary.into_report(&scenario, ending).csv_rows();
            let mut compared = 0;
            for row in rows {
                let name = format!("{}.{}.{}", row.scope, row.metric, row.statistic);
                if let Some(value) = whole.get(&name) {
                    assert_eq!(value, &row.value, "{name}");
                    compared += 1;
                } else {
                    assert!(!is_cumulative(&row.metric, row.statistic), "{name}");
                }
            }
            assert!(compared > 90, "{compared}");
        }
    }

    #[test]
    fn sums_of_windows_that_follow_each_other_add_up() {
        let scenario = busy();
        let all = found(
            &scenario,
            &[window(0, None), window(0, Some(600)), window(600, Some(720)), window(720, None)],
        );
        let [whole, parts @ ..] = all.as_slice() else { unreachable!() };
        for (name, value) in whole.as_ref().unwrap().iter().filter(|(name, _)| name.ends_with(".Sum")) {
            let units = |value: &String| Decimal::parse(value).unwrap().units();
            let sum: u128 = parts.iter().map(|part| part.as_ref().unwrap().get(name).map_or(0, units)).sum();
            assert_eq!(sum, units(value), "{name}");
        }
        let part = |at: usize, name: &str| all[at].as_ref().unwrap()[name].parse::<u64>().unwrap();
        assert_eq!(part(1, "run.function_errors.exception.Sum"), 0, "all is well until the outage");
        assert!(part(2, "run.function_errors.exception.Sum") > 0);
        assert!(part(1, "run.waiting.Maximum") < part(2, "run.waiting.Maximum"));
    }

    #[test]
    fn a_window_behind_the_end_has_nothing() {
        let scenario = busy();
        let found = found(&scenario, &[window(1_711, None), window(1_700, Some(9_999))]);
        assert!(found[0].is_none() && found[1].is_some());
    }
}
