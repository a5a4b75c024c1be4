//! One replication, measured: everything that [`MetricNames`](super::MetricNames) has a name for.

use super::supervise::Supervisor;
use crate::id::DestinationId;
use crate::model::event::Route;
use crate::model::observation::{Fact, Observer, Remark};
use crate::observe::decimal::Decimal;
use crate::observe::fingerprint::Fingerprint;
use crate::observe::ledger::Ledger;
use crate::observe::levels::{Course, Levels, Pair};
use crate::observe::metrics::Metrics;
use crate::observe::recovery::{Outcome, Recovery};
use crate::observe::samples::Samples;
use crate::observe::summary::{Counts, Ending, Peak, RouteReport, Summary, SummaryReport, SummaryRow};
use crate::observe::totals::{Durations, Totals};
use crate::scenario::{DeliveryFailure, Destination, Function, Scenario};
use crate::simulate::{RunEnd, Simulation};
use crate::time::SimTime;
use std::collections::BTreeSet;
use std::ops::Range;

/// Steps of a run between two looks at whether it is still wanted.
const STEPS: u64 = 1 << 14;

/// What one replication gave.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The fingerprint of all its observations.
    pub fingerprint: u64,
    /// Why it ended.
    pub end: RunEnd,
    /// When it ended.
    pub at: SimTime,
    /// A value for each of the scenario's metrics, in their order; `None` where there is none.
    pub values: Vec<Option<Decimal>>,
    /// The events' ages at their attempts, in nanoseconds.
    pub event_age: Samples,
    /// From acceptance to the fate, of all settled events, in nanoseconds.
    pub sojourn: Samples,
    /// How long runs took, in nanoseconds.
    pub duration: Samples,
    /// What a run of the same scenario says of itself; of what happened from `from` on.
    pub summary: SummaryReport,
}

/// Runs replication `replication` of `scenario` to its end and measures what happens from `from` on; `None` if the
/// supervisor stopped it.
///
/// What is counted of events is counted of those that were first offered at or after `from`; levels are taken over the
/// time from then on; CloudWatch's metrics over the periods that begin from then on.
pub fn measure(
    scenario: &Scenario,
    replication: u32,
    from: SimTime,
    supervisor: &impl Supervisor,
) -> Option<Measured> {
    let mut meter = Meter::new(scenario, from);
    let (end, at) = run(scenario, replication, &mut meter, supervisor)?;
    Some(meter.finish(end, at))
}

/// The same, with `extra` listening too.
pub(crate) fn measure_with<O: Observer>(
    scenario: &Scenario,
    replication: u32,
    from: SimTime,
    supervisor: &impl Supervisor,
    extra: O,
) -> Option<(Measured, O)> {
    let mut both = With { meter: Meter::new(scenario, from), extra };
    let (end, at) = run(scenario, replication, &mut both, supervisor)?;
    Some((both.meter.finish(end, at), both.extra))
}

/// A meter, and somebody else who listens.
struct With<'s, O> {
    meter: Meter<'s>,
    extra: O,
}

impl<O: Observer> Observer for With<'_, O> {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.meter.observe(fact);
        self.extra.observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        self.meter.remark(remark);
        self.extra.remark(remark);
    }
}

impl<O: Observer> Listener for With<'_, O> {
    fn ledger(&self) -> &Ledger {
        &self.meter.ledger
    }
}

/// The course over time of what is in the system, in one replication; `None` if the supervisor stopped it.
pub(super) fn course(scenario: &Scenario, replication: u32, supervisor: &impl Supervisor) -> Option<Course> {
    let mut meter =
        CourseMeter { ledger: Ledger::default(), levels: Levels::new(scenario, SimTime::ZERO).with_course() };
    run(scenario, replication, &mut meter, supervisor)?;
    meter.levels.into_course()
}

/// Something that listens to a whole run, and keeps its books.
trait Listener: Observer {
    fn ledger(&self) -> &Ledger;
}

fn run(
    scenario: &Scenario,
    replication: u32,
    listener: &mut impl Listener,
    supervisor: &impl Supervisor,
) -> Option<(RunEnd, SimTime)> {
    let mut simulation = Simulation::new(scenario, replication);
    let end = loop {
        // Before the first steps too: of many short runs none has more of them.
        if supervisor.stops() || !supervisor.allows(simulation.in_flight()) {
            return None;
        }
        if let Some(end) = simulation.advance(listener, STEPS) {
            break end;
        }
    };
    balance(listener.ledger(), simulation.in_flight());
    Some((end, simulation.now()))
}

fn balance(ledger: &Ledger, in_flight: usize) {
    if let Err(disagreement) = ledger.check(in_flight) {
        unreachable!("the ledger does not balance: {disagreement}")
    }
}

/// The rows of a run in which nothing happened: those of every run.
pub(super) fn rows_of_nothing(scenario: &Scenario) -> Vec<SummaryRow> {
    Meter::new(scenario, SimTime::ZERO).rows(RunEnd::Drained, SimTime::ZERO).0
}

struct CourseMeter {
    ledger: Ledger,
    levels: Levels,
}

impl Observer for CourseMeter {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.ledger.observe(fact);
        self.levels.observe(fact);
    }
}

impl Listener for CourseMeter {
    fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

/// The observer of a measured run.
#[derive(Clone)]
pub(crate) struct Meter<'s> {
    scenario: &'s Scenario,
    from: SimTime,
    fingerprint: Fingerprint,
    ledger: Ledger,
    summary: Summary<'s>,
    durations: Durations,
    totals: Metrics<'s, Totals>,
    levels: Levels,
    recovery: Recovery,
}

impl Observer for Meter<'_> {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.fingerprint.observe(fact);
        self.ledger.observe(fact);
        self.totals.observe(fact);
        self.levels.observe(fact);
        self.recovery.observe(fact);
        if fact.event.offered() >= self.from {
            self.summary.observe(fact);
            self.durations.observe(fact);
        }
    }

    fn remark(&mut self, remark: &Remark) {
        self.fingerprint.remark(remark);
        self.totals.remark(remark);
        self.summary.remark(remark);
    }
}

impl Listener for Meter<'_> {
    fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

impl<'s> Meter<'s> {
    pub(crate) fn new(scenario: &'s Scenario, from: SimTime) -> Self {
        Self {
            scenario,
            from,
            fingerprint: Fingerprint::new(),
            ledger: Ledger::default(),
            summary: Summary::new(scenario),
            durations: Durations::new(scenario),
            totals: Metrics::new(scenario, Totals::new(scenario, from)),
            levels: Levels::new(scenario, from),
            recovery: Recovery::new(scenario),
        }
    }

    /// Holds the books against what is in the system at the end.
    pub(super) fn balance(&self, in_flight: usize) {
        balance(&self.ledger, in_flight);
    }

    /// What the run gave, which ended at `at`.
    pub(super) fn finish(self, end: RunEnd, at: SimTime) -> Measured {
        let fingerprint = self.fingerprint.value();
        let (event_age, sojourn) = (self.summary.event_age(), self.summary.sojourn());
        let duration = self.durations.of_region().clone();
        let (rows, summary) = self.rows(end, at);
        let values = rows.iter().map(|row| Decimal::parse(&row.value)).collect();
        Measured { fingerprint, end, at, values, event_age, sojourn, duration, summary }
    }

    /// A value for each metric, as if the run had ended at `at`.
    pub(crate) fn values_at(&self, at: SimTime) -> Vec<Option<Decimal>> {
        let (rows, _) = self.clone().rows(RunEnd::HorizonReached, at);
        rows.iter().map(|row| Decimal::parse(&row.value)).collect()
    }

    fn rows(mut self, end: RunEnd, at: SimTime) -> (Vec<SummaryRow>, SummaryReport) {
        let scenario = self.scenario;
        let ending = Ending { end: end.name(), at, fingerprint: self.fingerprint.value() };
        let mut report = self.summary.into_report(scenario, ending);
        let summary = report.clone();
        complete(&mut report.counts, &(0..scenario.functions.len()), scenario, self.levels.of_run());
        for (at, function) in report.functions.iter_mut().enumerate() {
            complete(&mut function.counts, &(at..at + 1), scenario, &self.levels.of_functions()[at]);
        }
        let mut rows = report.csv_rows();
        rows.extend(self.totals.finish(at).rows(scenario, &mut self.durations));
        rows.extend(recovery_rows(self.recovery.outcome()));
        rows.extend(average_levels("run", self.levels.of_run(), self.from));
        for (function, pair) in scenario.functions.iter().zip(self.levels.of_functions()) {
            rows.extend(average_levels(&format!("functions.{}", function.name), pair, self.from));
        }
        (rows, summary)
    }
}

/// Puts in what a report leaves out: the routes that nothing took, and the levels of events that came before the
/// warm-up ended.
fn complete(counts: &mut Counts, functions: &Range<usize>, scenario: &Scenario, levels: &Pair) {
    let mut taken = std::mem::take(&mut counts.routes);
    for (route, destination) in configured_routes(scenario, functions) {
        let target = &scenario.destinations[destination.index()];
        let same = |found: &RouteReport| found.route == route.name() && found.destination == target.name;
        let taken = taken.iter().position(same).map(|at| taken.swap_remove(at));
        counts.routes.push(taken.unwrap_or_else(|| unused(route, target)));
    }
    assert!(taken.is_empty(), "only configured routes are taken");
    let peak = |(maximum, at): (u64, SimTime)| Peak { maximum, at_ns: (maximum > 0).then(|| at.as_nanos()) };
    counts.concurrency = peak(levels.running.peak());
    counts.backlog.peak = peak(levels.waiting.peak());
}

/// The routes of these functions, in whatever configuration the run comes through.
fn configured_routes(scenario: &Scenario, functions: &Range<usize>) -> BTreeSet<(Route, DestinationId)> {
    let configurations = scenario.changes.iter().map(|change| &change.functions).chain([&scenario.functions]);
    let of_function = |function: &Function| {
        let to = [function.on_success, function.on_failure, function.dead_letter];
        Route::ALL.into_iter().zip(to).filter_map(|(route, to)| Some((route, to?))).collect::<Vec<_>>()
    };
    configurations.flat_map(|all| all[functions.clone()].iter().flat_map(of_function)).collect()
}

fn unused(route: Route, target: &Destination) -> RouteReport {
    RouteReport {
        route: route.name(),
        destination: target.name.clone(),
        kind: target.kind.name(),
        delivered: 0,
        delivery_failed: 0,
        pending: 0,
        failures: DeliveryFailure::ALL.iter().map(|failure| (failure.name().to_owned(), 0.into())).collect(),
    }
}

fn recovery_rows(outcome: Outcome) -> [SummaryRow; 2] {
    let (recovered, time) = match outcome {
        Outcome::NothingToRecoverFrom => (String::new(), String::new()),
        Outcome::NotRecovered => ("0".to_owned(), String::new()),
        Outcome::Recovered(time) => ("1".to_owned(), time.as_nanos().to_string()),
    };
    let row = |metric: &str, statistic, value, unit| SummaryRow {
        scope: "run".to_owned(),
        metric: metric.to_owned(),
        statistic,
        value,
        unit,
    };
    [row("recovered", "Sum", recovered, "Count"), row("recovery_time", "Maximum", time, "Nanoseconds")]
}

fn average_levels(scope: &str, levels: &Pair, from: SimTime) -> [SummaryRow; 2] {
    [("waiting", levels.waiting), ("concurrency", levels.running)].map(|(metric, level)| SummaryRow {
        scope: scope.to_owned(),
        metric: metric.to_owned(),
        statistic: "Average",
        value: level.average(from).map_or_else(String::new, |average| average.to_string()),
        unit: "Count",
    })
}
