//! Independent replications of one scenario, and what they say together.

use super::estimate::{Estimate, Quantiles};
use super::measure::{Measured, course, measure};
use super::names::{Metric, MetricNames};
use super::precision::Target;
use super::student::Confidence;
use super::supervise::{Supervisor, all_cores, in_order};
use super::warm_up::mser5;
use crate::observe::decimal::Decimal;
use crate::observe::levels::Course;
use crate::observe::samples::Samples;
use crate::scenario::Scenario;
use crate::simulate::RunEnd;
use crate::time::SimTime;
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::ControlFlow;

/// With a stopping rule, the fewest replications that it looks at: the spread of fewer is too uncertain to stop on.
pub const FEWEST_TO_STOP: u32 = 10;

/// With a stopping rule, the most replications unless another limit is given.
pub const MOST_UNLESS_TOLD: u32 = 10_000;

/// The replications from which MSER-5 learns where the warm-up ends.
pub const PILOTS: u32 = 10;

/// How a scenario is replicated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many replications; with a stopping rule, at most.
    pub replications: NonZeroU32,
    /// The stopping rule: no more replications once all of these are met. Empty for no rule.
    pub until: Vec<Target>,
    /// The confidence of all intervals.
    pub confidence: Confidence,
    /// What came earlier is left out.
    pub warm_up: SimTime,
    /// How many runs go on at a time; the results do not depend on it.
    pub threads: NonZeroUsize,
}

impl Plan {
    /// So many replications at 95 %, from the end of the scenario's own warm-up on, on all cores.
    pub fn new(scenario: &Scenario, replications: NonZeroU32) -> Self {
        Self {
            replications,
            until: Vec::new(),
            confidence: Confidence::USUAL,
            warm_up: scenario.warm_up.unwrap_or(SimTime::ZERO),
            threads: all_cores(),
        }
    }
}

/// The experiment was stopped by its supervisor before it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// What one replication gave, without its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replication {
    /// The fingerprint of all its observations.
    pub fingerprint: u64,
    /// Why it ended.
    pub end: RunEnd,
    /// A value for each metric, in the order of the names; `None` where there is none.
    pub values: Vec<Option<Decimal>>,
}

/// The replications of one scenario.
#[derive(Clone, Debug)]
pub struct Replications {
    /// What was measured.
    pub names: MetricNames,
    /// Each replication, by number.
    pub runs: Vec<Replication>,
    /// The confidence of the intervals.
    pub confidence: Confidence,
    /// What came earlier was left out.
    pub warm_up: SimTime,
    /// The stopping rule's targets that the last replication did not meet.
    pub unmet: Vec<Target>,
    pooled: Pool,
}

/// The samples of all replications together.
#[derive(Clone, Debug, Default)]
struct Pool {
    event_age: Samples,
    sojourn: Samples,
    duration: Samples,
}

/// One metric over all replications.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The metric.
    pub metric: &'a Metric,
    /// Its mean and interval.
    pub estimate: Option<Estimate>,
    /// How it is distributed over the replications.
    pub quantiles: Option<Quantiles>,
    /// For percentiles of the whole run: the percentile of the samples of all replications together.
    pub pooled: Option<u64>,
    /// The places of its values.
    pub places: u8,
}

/// Runs independent replications of `scenario`: number 0, which is the run of the scenario itself, and up.
///
/// ```
/// use std::num::NonZeroU32;
/// use thirdtry::experiment::{Plan, replicate};
/// use thirdtry::scenario::load::{Input, load};
///
/// let text = r#"{ "version": 1, "functions": { "ship": { "duration": "1s", "ReservedConcurrentExecutions": 2 } },
///     "sources": { "s": { "to": "ship", "arrivals": { "poisson": { "rate": "1/s" } }, "max_events": 50 } } }"#;
/// let scenario = load(&Input::from_text("example", text)).expect("valid").scenario;
/// let plan = Plan::new(&scenario, NonZeroU32::new(20).expect("not zero"));
/// let replications = replicate(&scenario, &plan, &()).expect("nobody stops it");
/// let metric = replications.names.find("Throttles.Sum").expect("known");
/// let estimate = replications.estimate(metric).expect("every run has it");
/// assert!(estimate.n == 20 && estimate.mean > 0.0 && estimate.half_width.is_some());
/// ```
///
/// # Errors
/// When the supervisor stopped it.
pub fn replicate(
    scenario: &Scenario,
    plan: &Plan,
    supervisor: &impl Supervisor,
) -> Result<Replications, Stopped> {
    let mut found = Replications {
        names: MetricNames::of(scenario),
        runs: Vec::new(),
        confidence: plan.confidence,
        warm_up: plan.warm_up,
        unmet: plan.until.clone(),
        pooled: Pool::default(),
    };
    let work = |number: usize| {
        let number = u32::try_from(number).expect("as many as the plan says");
        let measured = measure(scenario, number, plan.warm_up, supervisor)?;
        supervisor.run_done();
        Some(measured)
    };
    let all = plan.replications.get();
    in_order(0..all as usize, plan.threads, work, |_, measured| found.take(measured, &plan.until));
    let done = found.count();
    if done == all || (done > 0 && !plan.until.is_empty() && found.unmet.is_empty()) {
        Ok(found)
    } else {
        Err(Stopped)
    }
}

/// Where MSER-5 ends the warm-up of `scenario`, seen in what is in the system in a few pilot replications; `None` if it
/// does not settle in the first half of the time in which events arrive.
///
/// # Errors
/// When the supervisor stopped it.
pub fn find_warm_up(
    scenario: &Scenario,
    threads: NonZeroUsize,
    supervisor: &impl Supervisor,
) -> Result<Option<SimTime>, Stopped> {
    let mut courses = Vec::new();
    let work = |number: usize| course(scenario, u32::try_from(number).expect("few"), supervisor);
    in_order(0..PILOTS as usize, threads, work, |_, course| {
        courses.push(course);
        ControlFlow::Continue(())
    });
    if courses.len() < PILOTS as usize {
        return Err(Stopped);
    }
    let (step, areas) = Course::summed(courses);
    Ok(mser5(step, &areas))
}

impl Replications {
    /// How many there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.runs.len()).expect("as many as the plan says")
    }

    /// The values of the metric at `metric`, by replication.
    pub fn values(&self, metric: usize) -> impl Iterator<Item = Option<Decimal>> {
        self.runs.iter().map(move |run| run.values[metric])
    }

    /// The mean of a metric with its interval; `None` if no replication has a value.
    pub fn estimate(&self, metric: usize) -> Option<Estimate> {
        Estimate::of(self.values(metric).flatten(), self.confidence)
    }

    /// How much larger the metric `theirs` of `other` is than `ours` here, replication by replication. Both must have
    /// been run with the same seed for the pairs to have the same events.
    pub fn difference(&self, ours: usize, other: &Self, theirs: usize) -> Option<Estimate> {
        Estimate::of_differences(self.values(ours).zip(other.values(theirs)), self.confidence)
    }

    /// All metrics, in order.
    pub fn rows(&mut self) -> Vec<Row<'_>> {
        let Self { names, runs, pooled, confidence, .. } = self;
        let row = |(at, metric)| {
            let values = || runs.iter().filter_map(move |run: &Replication| run.values[at]);
            Row {
                metric,
                estimate: Estimate::of(values(), *confidence),
                quantiles: Quantiles::of(values()),
                pooled: pooled.percentile(metric),
                places: values().map(Decimal::places).max().unwrap_or(0),
            }
        };
        names.all().iter().enumerate().map(row).collect()
    }

    fn take(&mut self, measured: Measured, until: &[Target]) -> ControlFlow<()> {
        self.pooled.event_age.absorb(&measured.event_age);
        self.pooled.sojourn.absorb(&measured.sojourn);
        self.pooled.duration.absorb(&measured.duration);
        let Measured { fingerprint, end, values, .. } = measured;
        self.runs.push(Replication { fingerprint, end, values });
        if until.is_empty() || self.count() < FEWEST_TO_STOP {
            return ControlFlow::Continue(());
        }
        let met =
            |target: &Target| self.estimate(target.metric).is_some_and(|estimate| target.is_met(&estimate));
        self.unmet = until.iter().filter(|target| !met(target)).copied().collect();
        if self.unmet.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Pool {
    fn percentile(&mut self, metric: &Metric) -> Option<u64> {
        let samples = match (metric.scope.as_str(), metric.metric.as_str()) {
            ("run", "AsyncEventAge") => &mut self.event_age,
            ("run", "sojourn") => &mut self.sojourn,
            ("run", "Duration") => &mut self.duration,
            _ => return None,
        };
        let found = samples.statistics()?;
        match metric.statistic {
            "p50" => Some(found.p50),
            "p90" => Some(found.p90),
            "p99" => Some(found.p99),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Precision;
    use crate::observe::test_scenarios::busy;
    use crate::scenario::End;

    fn plan(scenario: &Scenario, replications: u32, threads: usize) -> Plan {
        Plan {
            threads: NonZeroUsize::new(threads).unwrap(),
            ..Plan::new(scenario, NonZeroU32::new(replications).unwrap())
        }
    }

    fn small() -> Scenario {
        let mut scenario = busy();
        scenario.end = End::At(SimTime::from_secs(200));
        scenario
    }

    #[test]
    fn results_do_not_depend_on_the_number_of_threads() {
        let scenario = small();
        let one = replicate(&scenario, &plan(&scenario, 7, 1), &()).unwrap();
        let three = replicate(&scenario, &plan(&scenario, 7, 3), &()).unwrap();
        assert_eq!(one.runs, three.runs);
        assert_ne!(one.runs[0].fingerprint, one.runs[1].fingerprint);
        let (mut one, mut three) = (one, three);
        assert_eq!(format!("{:?}", one.rows()), format!("{:?}", three.rows()));
    }

    /// Goal: the stopping rule stops at the same replication on any number of threads, and not before it may.
    #[test]
    fn the_stopping_rule_looks_at_prefixes() {
        let scenario = small();
        let names = MetricNames::of(&scenario);
        let target = |text: &str| text.parse::<Precision>().unwrap().resolve(&names).unwrap();
        let count = |margin: &str, threads| {
            let until = vec![target(margin)];
            let found = replicate(&scenario, &Plan { until, ..plan(&scenario, 60, threads) }, &()).unwrap();
            (found.count(), found.unmet.len())
        };
        let (narrow, unmet) = count("accepted.Sum=±4%", 1);
        assert!((FEWEST_TO_STOP + 1..60).contains(&narrow) && unmet == 0, "{narrow}");
        assert_eq!(count("accepted.Sum=±4%", 4), (narrow, 0));
        assert_eq!(count("accepted.Sum=±50%", 2), (FEWEST_TO_STOP, 0));
        assert_eq!(count("accepted.Sum=±0.01%", 2), (60, 1));
    }

    #[test]
    fn whoever_supervises_can_stop_it() {
        struct Impatient;
        impl Supervisor for Impatient {
            fn stops(&self) -> bool {
                true
            }
        }
        let scenario = busy();
        assert!(replicate(&scenario, &plan(&scenario, 5, 2), &Impatient).is_err());
    }

    /// Goal: percentiles of all replications together are those of all their samples.
    #[test]
    fn pooled_percentiles_belong_to_all_samples() {
        let scenario = small();
        let mut all = Samples::default();
        for number in 0..3 {
            all.absorb(&measure(&scenario, number, SimTime::ZERO, &()).unwrap().sojourn);
        }
        let mut found = replicate(&scenario, &plan(&scenario, 3, 2), &()).unwrap();
        let rows = found.rows();
        let row = rows.iter().find(|row| row.metric.name() == "sojourn.p90").unwrap();
        assert_eq!(row.pooled, Some(all.statistics().unwrap().p90));
        assert!(rows.iter().all(|row| row.pooled.is_none() || row.metric.statistic.starts_with('p')));
    }

    /// Goal: what came before the warm-up's end is in no count, and everything else is.
    #[test]
    fn a_warm_up_is_left_out() {
        let scenario = small();
        let names = MetricNames::of(&scenario);
        let value = |name: &str, from| {
            let values = measure(&scenario, 0, SimTime::from_secs(from), &()).unwrap().values;
            values[names.find(name).unwrap()].map_or(0, Decimal::units)
        };
        let (all, late) = (value("accepted.Sum", 0), value("accepted.Sum", 120));
        assert!(0 < late && late < all);
        assert_eq!(late, value("AsyncEventsReceived.Sum", 120), "120 s begin a period");
        assert_eq!(value("accepted.Sum", 199_999), 0);
    }
}
