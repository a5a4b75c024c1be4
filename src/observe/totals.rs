//! CloudWatch's metrics over a whole run, as if one period were as long as the run.
//!
//! [`Totals`] takes the periods of [`Metrics`](super::metrics::Metrics) and adds them up: counts are summed, levels
//! keep their maximum. What has percentiles, the `Duration` of runs, is collected beside them: percentiles cannot be
//! added up.

use super::decimal::Decimal;
use super::metrics::{Datapoint, Datapoints, Metric, Reading, Scope, Unit};
use super::samples::Samples;
use super::summary::{Spread, SummaryRow, spread};
use crate::id::FunctionId;
use crate::model::observation::{Attempt, Fact, Observation, Observer};
use crate::scenario::Scenario;
use crate::time::SimTime;

/// The places of an average of zeros and ones.
const SHARE_PLACES: u8 = 9;

/// What the periods of a run add up to, for the Region and for each function.
#[derive(Clone, Debug)]
pub struct Totals {
    /// Periods that begin earlier are left out.
    from: SimTime,
    /// Periods that begin then or later are left out.
    until: Option<SimTime>,
    /// The Region's, then the functions'.
    scopes: Vec<[Total; Metric::ALL.len()]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Total {
    count: u64,
    sum: u128,
    maximum: Option<u64>,
}

/// How long runs took: `Duration`, for the Region and for each function.
#[derive(Clone, Debug)]
pub struct Durations {
    /// The Region's, then the functions'.
    scopes: Vec<Samples>,
}

impl Totals {
    /// Totals of the periods that begin at or after `from`.
    pub fn new(scenario: &Scenario, from: SimTime) -> Self {
        let none = [Total::default(); Metric::ALL.len()];
        Self { from, until: None, scopes: vec![none; 1 + scenario.functions.len()] }
    }

    /// The same, of the periods that begin before `until`.
    #[must_use]
    pub fn until(self, until: Option<SimTime>) -> Self {
        Self { until, ..self }
    }

    /// The totals as rows like those of `summary.csv`. `AsyncEventAge` is there already. A metric of the Region
    /// stands in the scope `run`; with one function, its own metrics are the Region's, and only those that the
    /// Region does not have are given for the function.
    ///
    /// A sum without a sample is 0; an average or maximum without one is empty.
    pub fn rows(&self, scenario: &Scenario, durations: &mut Durations) -> Vec<SummaryRow> {
        let mut rows = Vec::new();
        let several = scenario.functions.len() > 1;
        for (at, totals) in self.scopes.iter().enumerate() {
            let region = at == 0;
            let scope = match at.checked_sub(1) {
                None => "run".to_owned(),
                Some(function) => format!("functions.{}", scenario.functions[function].name),
            };
            let is_given = |metric: Metric| {
                metric != Metric::AsyncEventAge
                    && metric.is_of_scope(region)
                    && (region || several || !metric.is_of_scope(true))
            };
            for metric in Metric::ALL.into_iter().filter(|metric| is_given(*metric)) {
                let mut push = |statistic, value: Option<String>, unit| {
                    let value = value.unwrap_or_default();
                    let metric = metric.name().to_owned();
                    rows.push(SummaryRow { scope: scope.clone(), metric, statistic, value, unit });
                };
                match metric {
                    Metric::Duration => times(spread(&mut durations.scopes[at]), push),
                    _ if is_level(metric) => {
                        let places = if metric.unit() == Unit::None { 6 } else { 0 };
                        let level = totals[metric as usize].maximum;
                        let level = level.map(|level| Decimal::new(level.into(), places).to_string());
                        push("Maximum", level, metric.unit().name());
                    }
                    _ => counts(totals[metric as usize], push),
                }
            }
        }
        rows
    }
}

impl Datapoints for Totals {
    fn datapoint(&mut self, point: &Datapoint) {
        if point.start < self.from || self.until.is_some_and(|until| point.start >= until) {
            return;
        }
        let scope = match point.scope {
            Scope::Region => 0,
            Scope::Function(function) => 1 + function.index(),
        };
        let total = &mut self.scopes[scope][point.metric as usize];
        let maximum = match point.reading {
            Reading::Samples(found) => {
                total.count += found.count;
                total.sum += found.sum;
                found.maximum
            }
            Reading::Maximum(level) => level,
        };
        total.maximum = Some(total.maximum.map_or(maximum, |before| before.max(maximum)));
    }
}

impl Durations {
    /// No run yet.
    pub fn new(scenario: &Scenario) -> Self {
        Self { scopes: vec![Samples::default(); 1 + scenario.functions.len()] }
    }

    /// The durations of all functions' runs.
    pub fn of_region(&self) -> &Samples {
        &self.scopes[0]
    }

    fn note(&mut self, function: FunctionId, nanos: u64) {
        self.scopes[0].record(nanos);
        // With one function the Region's are its own.
        if self.scopes.len() > 2 {
            self.scopes[1 + function.index()].record(nanos);
        }
    }
}

impl Observer for Durations {
    fn observe(&mut self, fact: &Fact<'_>) {
        if let Observation::AttemptEnded(Attempt { run: Some(run), .. }) = &fact.what {
            self.note(fact.event.function(), run.duration.as_nanos());
        }
    }
}

/// Whether only the highest value means something.
const fn is_level(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::ConcurrentExecutions
            | Metric::UnreservedConcurrentExecutions
            | Metric::ClaimedAccountConcurrency
            | Metric::ProvisionedConcurrentExecutions
            | Metric::ProvisionedConcurrencyUtilization
    )
}

fn counts(total: Total, mut push: impl FnMut(&'static str, Option<String>, &'static str)) {
    let average = Decimal::ratio(total.sum, total.count.into(), SHARE_PLACES);
    push("Sum", Some(total.sum.to_string()), "Count");
    push("SampleCount", Some(total.count.to_string()), "Count");
    push("Average", average.map(|average| average.to_string()), "Count");
}

/// One of a spread's values, in nanoseconds.
type Value = fn(Spread) -> u64;

fn times(found: Option<Spread>, mut push: impl FnMut(&'static str, Option<String>, &'static str)) {
    push("SampleCount", Some(found.map_or(0, |found| found.samples).to_string()), "Count");
    let values: [(&'static str, Value); 5] = [
        ("Average", |found| found.mean_ns),
        ("p50", |found| found.p50_ns),
        ("p90", |found| found.p90_ns),
        ("p99", |found| found.p99_ns),
        ("Maximum", |found| found.max_ns),
    ];
    for (statistic, value) in values {
        push(statistic, found.map(|found| value(found).to_string()), "Nanoseconds");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::metrics::{Metrics, PERIOD};
    use crate::observe::summary::{Ending, Summary};
    use crate::observe::test_scenarios::{busy, function};
    use crate::simulate::simulate;
    use std::collections::BTreeMap;

    const END: SimTime = SimTime::from_secs(1_710);

    fn totals(scenario: &Scenario, from: SimTime) -> BTreeMap<String, String> {
        let mut metrics = Metrics::new(scenario, Totals::new(scenario, from));
        let mut durations = Durations::new(scenario);
        simulate(scenario, &mut (&mut metrics, &mut durations));
        let rows = metrics.finish(END).rows(scenario, &mut durations);
        let name = |row: &SummaryRow| format!("{}.{}.{}", row.scope, row.metric, row.statistic);
        let named: BTreeMap<_, _> = rows.iter().map(|row| (name(row), row.value.clone())).collect();
        assert_eq!(named.len(), rows.len(), "a name occurs twice");
        named
    }

    /// Goal: what the periods add up to is what the summary, which knows no periods, has counted.
    #[test]
    fn totals_agree_with_the_summary() {
        let scenario = busy();
        let mut summary = Summary::new(&scenario);
        simulate(&scenario, &mut summary);
        let counts =
            summary.into_report(&scenario, Ending { end: "horizon", at: END, fingerprint: 0 }).counts;
        let found = totals(&scenario, SimTime::ZERO);
        let sum = |named: &crate::observe::summary::Named| {
            named.values().filter_map(serde_json::Value::as_u64).sum::<u64>()
        };
        let dropped = sum(&counts.fates) - counts.fates["succeeded"].as_u64().unwrap();
        let calls = counts.sync_calls;
        let cases = [
            ("run.AsyncEventsReceived.Sum", counts.accepted),
            ("run.AsyncEventsDropped.Sum", dropped),
            ("run.DestinationDeliveryFailures.Sum", counts.routes[0].delivery_failed),
            ("run.ConcurrentExecutions.Maximum", counts.concurrency.maximum),
        ];
        for (name, expected) in cases {
            assert_eq!(found[name], expected.to_string(), "{name}");
        }
        assert!(calls.made > 0 && counts.throttles.values().any(|count| count.as_u64() > Some(0)));
        assert_eq!(found["run.Invocations.Sum"], found["run.Duration.SampleCount"]);
    }

    #[test]
    fn earlier_periods_are_left_out() {
        let scenario = busy();
        let (all, later) = (totals(&scenario, SimTime::ZERO), totals(&scenario, SimTime::ZERO + PERIOD));
        let received =
            |totals: &BTreeMap<String, String>| totals["run.AsyncEventsReceived.Sum"].parse::<u64>().unwrap();
        assert!(0 < received(&later) && received(&later) < received(&all));
    }

    #[test]
    fn several_functions_have_their_own_totals() {
        let mut scenario = busy();
        scenario.functions.push(function("track"));
        let found = totals(&scenario, SimTime::ZERO);
        assert_eq!(found["functions.track.Invocations.Sum"], "0");
        assert_eq!(found["functions.track.Duration.p50"], "");
        assert_eq!(found["functions.track.Errors.Average"], "");
        assert!(!found.contains_key("functions.track.ClaimedAccountConcurrency.Maximum"));
    }
}
