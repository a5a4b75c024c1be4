//! CloudWatch's Lambda metrics, per minute, of each function and of the whole Region, as AWS would have shown them.
//!
//! ```text
//!  base ────────────> current minute, at hand
//!  [period][period] [period]     one window for each function in each period; the Region's is made of them
//!     └ emitted, in order, once the minute is over and no run that started in it is still in progress
//! ```
//!
//! What a run tells is known at its end but belongs to the minute in which it *started*; everything else belongs to
//! the minute in which it happens. A period therefore stays open for at most `Timeout` after its minute, and memory
//! does not grow with the run. Emitted periods are reused.
//!
//! Semantics: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>; which metrics publish
//! zeros was measured: an executed attempt publishes `Throttles` 0 and a success `Errors` 0, a throttled one
//! `Throttles` 1 and `Errors` 0; delivery failures publish no zeros. Minutes without data are gaps.
#![expect(
    clippy::inline_always,
    reason = "the recorder's observers are specialised where a fact is reported"
)]

mod levels;
mod metric;
mod window;

pub use metric::{Metric, Unit};

use std::collections::VecDeque;

use super::samples::Statistics;
use crate::id::FunctionId;
use crate::model::event::Route;
use crate::model::observation::{
    AttemptOutcome, Circumstance, Fact, Fate, Observation, Observer, Placement, Remark, Run,
};
use crate::scenario::{InvocationType, Scenario};
use crate::time::{SimDuration, SimTime};
use levels::Running;
use window::{Level, Levels, Samplings, Window};

/// The length of a period: CloudWatch's granularity for Lambda.
pub const PERIOD: SimDuration = SimDuration::from_secs(60);

/// Whose metric it is: the dimensions of CloudWatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// No dimension: all functions of the Region together.
    Region,
    /// `FunctionName`.
    Function(FunctionId),
}

/// One metric of one function, or of the Region, in one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datapoint {
    /// When the period begins.
    pub start: SimTime,
    /// Of what.
    pub scope: Scope,
    /// What was measured.
    pub metric: Metric,
    /// What was found.
    pub reading: Reading,
}

/// What was found in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// At least one sample; nanoseconds where the metric's unit is milliseconds.
    Samples(Statistics),
    /// A level of which only the highest value means something.
    Maximum(u64),
}

/// Something that takes closed periods.
pub trait Datapoints {
    /// Takes one datapoint. They come ordered by period, scope (the Region first, then functions by name), metric.
    fn datapoint(&mut self, point: &Datapoint);
}

/// Nobody asks for them.
impl Datapoints for () {
    fn datapoint(&mut self, _point: &Datapoint) {}
}

impl<D: Datapoints + ?Sized> Datapoints for &mut D {
    fn datapoint(&mut self, point: &Datapoint) {
        (**self).datapoint(point);
    }
}

impl<D: Datapoints> Datapoints for Option<D> {
    fn datapoint(&mut self, point: &Datapoint) {
        if let Some(sink) = self {
            sink.datapoint(point);
        }
    }
}

impl Datapoints for Vec<Datapoint> {
    fn datapoint(&mut self, point: &Datapoint) {
        self.push(*point);
    }
}

/// The observer that collects the metrics and hands closed periods to `D`.
#[derive(Clone, Debug)]
pub struct Metrics<'s, D> {
    sink: D,
    running: Running<'s>,
    /// What belongs to the current minute, which is what nearly all facts are about.
    now: Period,
    /// When the current minute began, and which it is.
    minute_start: SimTime,
    minute: u64,
    /// Nothing but taking note is to be done before this time.
    due: SimTime,
    /// The start of the first minute into which runs in progress were not carried over yet.
    carry_at: SimTime,
    /// Periods before the current one that may still change; the first is minute `base`.
    open: VecDeque<Period>,
    base: u64,
    /// Closed periods, to be used again.
    spare: Vec<Period>,
    /// The Region's window, to be used again.
    region: Window,
}

/// All functions' windows of one minute.
#[derive(Clone, Debug)]
struct Period {
    windows: Vec<Window>,
    region: Levels,
    /// Runs that started in this minute and are still in progress.
    unfinished: u32,
}

impl Period {
    fn of(functions: usize) -> Self {
        Self { windows: vec![Window::default(); functions], region: Levels::default(), unfinished: 0 }
    }
}

impl<'s, D: Datapoints> Metrics<'s, D> {
    /// Metrics of all functions of `scenario`.
    pub fn new(scenario: &'s Scenario, sink: D) -> Self {
        Self {
            sink,
            running: Running::new(scenario),
            now: Period::of(scenario.functions.len()),
            minute_start: SimTime::ZERO,
            minute: 0,
            due: SimTime::ZERO,
            carry_at: SimTime::ZERO,
            open: VecDeque::new(),
            base: 0,
            spare: Vec::new(),
            region: Window::default(),
        }
    }

    /// The run ended at `end`: emits what is still open and returns the sink. Runs still in progress have told
    /// nothing yet, as on AWS.
    pub fn finish(mut self, end: SimTime) -> D {
        self.advance(end);
        self.turn_to(self.minute + 1);
        while !self.open.is_empty() {
            self.emit_first();
        }
        self.sink
    }

    /// The run was given up: returns the sink with what it was told so far.
    pub fn give_up(self) -> D {
        self.sink
    }

    #[inline(always)]
    fn advance(&mut self, now: SimTime) {
        if now >= self.due {
            self.pass_to(now);
        }
    }

    #[cold]
    #[inline(never)]
    fn pass_to(&mut self, now: SimTime) {
        if now > self.carry_at {
            self.carry_over(now);
        }
        let minute = minute_of(now);
        if minute > self.minute {
            self.turn_to(minute);
            self.emit_settled();
        }
        self.due = self.carry_at.min(start_of(self.minute + 1));
    }

    /// Runs in progress at the start of a minute count in it, unless they end at that very instant.
    fn carry_over(&mut self, now: SimTime) {
        let in_progress = self.running.any();
        while in_progress && self.carry_at < now {
            self.turn_to(minute_of(self.carry_at));
            for function in (0..).map(FunctionId).take(self.now.windows.len()) {
                self.reach_levels(self.carry_at, function);
            }
            self.carry_at += PERIOD;
        }
        if self.carry_at < now {
            self.carry_at = start_of(minute_of(now) + 1);
        }
    }

    /// Makes `minute` the current one. As long as earlier ones are open something runs, and every minute is turned to.
    fn turn_to(&mut self, minute: u64) {
        if minute == self.minute {
            return;
        }
        let next = self.spare.pop().unwrap_or_else(|| Period::of(self.now.windows.len()));
        let last = std::mem::replace(&mut self.now, next);
        if self.open.is_empty() {
            self.base = self.minute;
        }
        debug_assert_eq!(self.base + self.open.len() as u64, self.minute, "no minute is left out");
        self.open.push_back(last);
        (self.minute, self.minute_start) = (minute, start_of(minute));
    }

    /// The levels just now may be the highest of the current minute, in which `at` lies.
    fn reach_levels(&mut self, at: SimTime, function: FunctionId) {
        self.now.windows[function.index()].levels.reach(self.running.of(function));
        self.now.region.reach(self.running.of_region(at));
    }

    fn emit_settled(&mut self) {
        while self.open.front().is_some_and(|period| period.unfinished == 0) {
            self.emit_first();
        }
    }

    fn emit_first(&mut self) {
        let Some(mut period) = self.open.pop_front() else {
            return;
        };
        let start = start_of(self.base);
        let levels = std::mem::take(&mut period.region);
        let mut filled = (0..).zip(&mut period.windows).filter(|(_, window)| window.has_samples());
        // What all functions have together is what the only one has.
        let only = match (filled.next(), filled.next()) {
            (Some((at, only)), None) => Some((FunctionId(at), only.samplings())),
            _ => None,
        };
        let of_region =
            only.map_or_else(|| region(&mut self.region, &period.windows), |(_, samplings)| samplings);
        of_region.emit(&levels, start, Scope::Region, &mut self.sink);
        for (function, window) in (0..).map(FunctionId).zip(&mut period.windows) {
            let known = only.filter(|(only, _)| *only == function);
            let samplings = known.map_or_else(|| window.samplings(), |(_, samplings)| samplings);
            samplings.emit(&window.levels, start, Scope::Function(function), &mut self.sink);
            window.clear();
        }
        period.unfinished = 0;
        self.spare.push(period);
        self.base += 1;
    }

    /// The period in which `started`, the start of a run that has just ended, lies.
    #[inline(always)]
    fn period(&mut self, started: SimTime) -> &mut Period {
        if started >= self.minute_start { &mut self.now } else { self.earlier_period(started) }
    }

    #[inline(never)]
    fn earlier_period(&mut self, started: SimTime) -> &mut Period {
        let index = usize::try_from(minute_of(started) - self.base).expect("few periods are open");
        &mut self.open[index]
    }

    #[inline(always)]
    fn window(&mut self, function: FunctionId) -> &mut Window {
        &mut self.now.windows[function.index()]
    }

    #[inline(always)]
    fn run_started(&mut self, fact: &Fact<'_>, age: SimDuration, placement: Placement) {
        let function = fact.event.function();
        let running = self.running.started(function, placement);
        if self.running.has_neighbours() || running.provisioned > 0 {
            self.reach_levels(fact.at, function);
        } else {
            self.now.region.reach(self.running.of_region_alone());
        }
        self.now.unfinished += 1;
        let window = self.window(function);
        window.levels.running = window.levels.running.max(Level::of(running.all));
        if is_async(fact) {
            window.age.record(age.as_nanos());
        }
    }

    #[inline(always)]
    fn run_ended(&mut self, function: FunctionId, dispatched: SimTime, outcome: AttemptOutcome, run: &Run) {
        self.running.ended(function, run.placement);
        let provisioned = self.running.is_provisioned(function);
        let period = self.period(dispatched);
        period.unfinished -= 1;
        let settled = period.unfinished == 0;
        let window = &mut period.windows[function.index()];
        window.counts.errors.ones += u64::from(matches!(outcome, AttemptOutcome::FunctionError(_)));
        window.duration.record(run.duration.as_nanos());
        if run.placement.provisioned {
            window.counts.provisioned.ones += 1;
        } else if provisioned {
            window.counts.spillover.ones += 1;
        }
        if settled && dispatched < self.minute_start {
            self.emit_settled();
        }
    }

    #[inline(always)]
    fn attempt_refused(&mut self, fact: &Fact<'_>, age: SimDuration, outcome: AttemptOutcome) {
        let function = fact.event.function();
        if self.running.has_neighbours() {
            // They may be all that runs.
            self.reach_levels(fact.at, function);
        }
        // It takes no time: it was dispatched at this instant.
        let window = self.window(function);
        if is_async(fact) {
            window.age.record(age.as_nanos());
        }
        if matches!(outcome, AttemptOutcome::Throttled(_)) {
            window.counts.throttles.ones += 1;
            window.counts.errors.zeros += 1;
        }
    }
}

impl<D: Datapoints> Observer for Metrics<'_, D> {
    fn remark(&mut self, remark: &Remark) {
        self.advance(remark.at);
        match remark.what {
            Circumstance::ConfigurationChanged { change } => self.running.configure(change),
            Circumstance::RedriveBegan { .. }
            | Circumstance::RedriveEnded { .. }
            | Circumstance::MessageExpired { .. }
            | Circumstance::LoadChanged { .. } => {}
        }
    }

    #[inline(always)]
    fn observe(&mut self, fact: &Fact<'_>) {
        self.advance(fact.at);
        let function = fact.event.function();
        match fact.what {
            Observation::Accepted => self.window(function).counts.received.ones += 1,
            Observation::RunStarted { age, placement, .. } => self.run_started(fact, age, placement),
            Observation::AttemptEnded(attempt) => match &attempt.run {
                Some(run) => self.run_ended(function, attempt.dispatched, attempt.outcome, run),
                None => self.attempt_refused(fact, attempt.age, attempt.outcome),
            },
            // AWS tells nothing of an event that vanished, and counts events, not deliveries.
            Observation::Settled { fate, .. } if fate != Fate::Vanished && !fact.event.is_duplicate() => {
                let window = self.window(function);
                window.counts.dropped.add(fate != Fate::Succeeded);
                if fate == Fate::RecursiveInvocation {
                    window.counts.recursive.ones += 1;
                }
            }
            Observation::DeliveryEnded { route, failure: Some(_), .. } => {
                let window = self.window(function);
                match route {
                    Route::DeadLetterQueue => window.counts.dead_letter_errors.ones += 1,
                    Route::OnSuccess | Route::OnFailure => window.counts.delivery_failures.ones += 1,
                }
            }
            Observation::Settled { .. }
            | Observation::Called
            | Observation::OfferRefused(_)
            | Observation::Duplicated
            | Observation::CallStarted { .. }
            | Observation::CallEnded(_)
            | Observation::DeliveryStarted { .. }
            | Observation::DeliveryEnded { failure: None, .. }
            | Observation::Closed
            | Observation::CutOff => {}
        }
    }
}

/// The samples of all `windows` together, collected in `scratch`.
fn region(scratch: &mut Window, windows: &[Window]) -> Samplings {
    for window in windows {
        scratch.absorb(window);
    }
    let samplings = scratch.samplings();
    scratch.clear();
    samplings
}

fn is_async(fact: &Fact<'_>) -> bool {
    fact.event.invocation() == InvocationType::Event
}

const fn minute_of(at: SimTime) -> u64 {
    at.as_nanos() / PERIOD.as_nanos()
}

const fn start_of(minute: u64) -> SimTime {
    SimTime::from_nanos(minute * PERIOD.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DestinationId;
    use crate::observe::test_scenarios::{
        busy, events_at, exceptions, function, idle, queue, source, windows,
    };
    use crate::random::distribution::Distribution;
    use crate::scenario::{Arrivals, End, Jitter, Neighbour};
    use crate::simulate::simulate;

    /// No jitter, no dispatch latency.
    fn exact(millis: &[u64]) -> Scenario {
        let mut scenario = idle();
        scenario.timing.dispatch_latency = SimDuration::ZERO;
        scenario.timing.function_retry_jitter = Jitter { ppm: 0 };
        scenario.timing.backoff_jitter = Jitter { ppm: 0 };
        scenario.sources = vec![events_at("orders", millis)];
        scenario
    }

    fn points(scenario: &Scenario) -> Vec<Datapoint> {
        let mut metrics = Metrics::new(scenario, Vec::new());
        simulate(scenario, &mut metrics);
        let end = match scenario.end {
            End::At(end) => end,
            End::Drained => start_of(metrics.base + metrics.open.len() as u64),
        };
        metrics.finish(end)
    }

    /// The only function of the scenario.
    const ONLY: Scope = Scope::Function(FunctionId(0));

    /// (minute, sample count, sum) of each period of `metric` of the first function.
    fn sums(points: &[Datapoint], metric: Metric) -> Vec<(u64, u64, u128)> {
        let of_metric = |point: &Datapoint| match point.reading {
            Reading::Samples(found) if point.metric == metric && point.scope == ONLY => {
                Some((minute_of(point.start), found.count, found.sum))
            }
            _ => None,
        };
        points.iter().filter_map(of_metric).collect()
    }

    fn of_function(points: &[Datapoint]) -> Vec<Metric> {
        points.iter().filter(|point| point.scope == ONLY).map(|point| point.metric).collect()
    }

    fn maxima(points: &[Datapoint]) -> Vec<(u64, u64)> {
        let of = |point: &Datapoint| point.scope == ONLY && point.metric == Metric::ConcurrentExecutions;
        let level = |point: &Datapoint| match point.reading {
            Reading::Maximum(level) if of(point) => Some((minute_of(point.start), level)),
            Reading::Samples(_) | Reading::Maximum(_) => None,
        };
        points.iter().filter_map(level).collect()
    }

    #[test]
    fn an_event_that_fails_three_times_is_dropped_in_the_minute_of_its_last_run() {
        let mut scenario = exact(&[0]);
        scenario.functions[0].failures = vec![exceptions(1.0, &[])];
        scenario.functions[0].duration = Distribution::Constant(SimDuration::ZERO);
        let points = points(&scenario);
        assert_eq!(sums(&points, Metric::AsyncEventsReceived), [(0, 1, 1)]);
        assert_eq!(sums(&points, Metric::Invocations), [(0, 1, 1), (1, 1, 1), (3, 1, 1)]);
        assert_eq!(sums(&points, Metric::Errors), [(0, 1, 1), (1, 1, 1), (3, 1, 1)]);
        assert_eq!(sums(&points, Metric::Throttles), [(0, 1, 0), (1, 1, 0), (3, 1, 0)]);
        assert_eq!(sums(&points, Metric::AsyncEventsDropped), [(3, 1, 1)]);
        let ages = sums(&points, Metric::AsyncEventAge);
        assert_eq!(ages, [(0, 1, 0), (1, 1, 60_000_000_000), (3, 1, 180_000_000_000)]);
    }

    #[test]
    fn a_throttled_event_leaves_an_age_for_each_attempt_and_zeros_for_errors() {
        // Measured on AWS: reserved concurrency 1 busy for 60 s, a second event at the same instant.
        let mut scenario = exact(&[0, 0]);
        scenario.functions[0].reserved = Some(1);
        scenario.functions[0].timeout = SimDuration::from_secs(900);
        scenario.functions[0].duration = Distribution::Constant(SimDuration::from_secs(60));
        let points = points(&scenario);
        assert_eq!(sums(&points, Metric::Throttles), [(0, 7, 6), (1, 1, 0)]);
        assert_eq!(sums(&points, Metric::Errors), [(0, 7, 0), (1, 1, 0)]);
        let seconds = 1_000_000_000;
        assert_eq!(
            sums(&points, Metric::AsyncEventAge),
            [(0, 7, (1 + 3 + 7 + 15 + 31) * seconds), (1, 1, 63 * seconds)]
        );
        assert_eq!(sums(&points, Metric::AsyncEventsDropped), [(1, 1, 0), (2, 1, 0)]);
    }

    #[test]
    fn a_run_counts_where_it_started_and_holds_its_slot_in_every_minute_it_touches() {
        let mut scenario = exact(&[30_000]);
        scenario.functions[0].timeout = SimDuration::from_secs(900);
        // From 30 s to exactly 240 s: the minute that begins there has no run.
        scenario.functions[0].duration = Distribution::Constant(SimDuration::from_secs(210));
        let points = points(&scenario);
        assert_eq!(sums(&points, Metric::Invocations), [(0, 1, 1)]);
        assert_eq!(sums(&points, Metric::Duration), [(0, 1, 210_000_000_000)]);
        assert_eq!(maxima(&points), [(0, 1), (1, 1), (2, 1), (3, 1)]);
        assert_eq!(sums(&points, Metric::AsyncEventsDropped), [(4, 1, 0)]);
    }

    #[test]
    fn zero_reserved_concurrency_drops_without_throttles_or_invocations() {
        let mut scenario = exact(&[0]);
        scenario.functions[0].reserved = Some(0);
        let metrics: Vec<_> = of_function(&points(&scenario));
        assert_eq!(metrics, [Metric::AsyncEventsReceived, Metric::AsyncEventsDropped]);
    }

    #[test]
    fn synchronous_calls_are_invocations_without_event_metrics() {
        let mut scenario = exact(&[]);
        let at = std::iter::once(SimTime::from_secs(1)).collect();
        scenario.sources = vec![source("api", InvocationType::RequestResponse, Arrivals::Times(at))];
        let metrics: Vec<_> = of_function(&points(&scenario));
        let expected = [
            Metric::Invocations,
            Metric::Errors,
            Metric::Throttles,
            Metric::Duration,
            Metric::ConcurrentExecutions,
        ];
        assert_eq!(metrics, expected);
    }

    fn region(points: &[Datapoint]) -> Vec<(Metric, u64, Reading)> {
        let of_region = |point: &&Datapoint| point.scope == Scope::Region;
        points.iter().filter(of_region).map(|p| (p.metric, minute_of(p.start), p.reading)).collect()
    }

    #[test]
    fn the_region_has_the_samples_of_all_functions_and_levels_of_its_own() {
        // Two functions run at once for two minutes, one of them on three reserved slots, beside five neighbours.
        let mut scenario = exact(&[0]);
        scenario.functions.push(function("track"));
        for function in &mut scenario.functions {
            function.timeout = SimDuration::from_secs(900);
            function.duration = Distribution::Constant(SimDuration::from_secs(90));
        }
        scenario.functions[0].reserved = Some(3);
        let mut other = events_at("clicks", &[1_000]);
        other.to = crate::scenario::Targets::One(FunctionId(1));
        scenario.sources.insert(0, other);
        let during = windows(&[(60, 80)]);
        scenario.account.neighbours = vec![Neighbour { concurrency: 5, during }];
        let points = points(&scenario);
        let level = |metric: Metric, minute: u64| {
            let found = region(&points).into_iter().find(|(m, at, _)| (*m, *at) == (metric, minute));
            found.map(|(_, _, reading)| reading)
        };
        assert_eq!(level(Metric::ConcurrentExecutions, 0), Some(Reading::Maximum(2)));
        assert_eq!(level(Metric::UnreservedConcurrentExecutions, 0), Some(Reading::Maximum(1)));
        assert_eq!(level(Metric::ClaimedAccountConcurrency, 0), Some(Reading::Maximum(1 + 3)));
        assert_eq!(level(Metric::ConcurrentExecutions, 1), Some(Reading::Maximum(2 + 5)));
        assert_eq!(level(Metric::ClaimedAccountConcurrency, 1), Some(Reading::Maximum(1 + 5 + 3)));
        assert_eq!(level(Metric::ConcurrentExecutions, 2), None, "nothing runs");
        let Some(Reading::Samples(runs)) = level(Metric::Invocations, 0) else { panic!("two runs") };
        assert_eq!((runs.count, runs.sum), (2, 2));
        assert!(points.iter().all(|point| point.scope == Scope::Region
            || !matches!(
                point.metric,
                Metric::ClaimedAccountConcurrency | Metric::UnreservedConcurrentExecutions
            )));
    }

    #[test]
    fn provisioned_concurrency_shows_its_use_and_what_spills_over() {
        let mut scenario = exact(&[0, 0, 0]);
        scenario.functions[0].provisioned = 2;
        let points = points(&scenario);
        assert_eq!(sums(&points, Metric::ProvisionedConcurrencyInvocations), [(0, 2, 2)]);
        assert_eq!(sums(&points, Metric::ProvisionedConcurrencySpilloverInvocations), [(0, 1, 1)]);
        let level = |metric| points.iter().find(|p| p.scope == ONLY && p.metric == metric).map(|p| p.reading);
        assert_eq!(level(Metric::ProvisionedConcurrentExecutions), Some(Reading::Maximum(2)));
        assert_eq!(level(Metric::ProvisionedConcurrencyUtilization), Some(Reading::Maximum(1_000_000)));
        let of_region = region(&points);
        assert!(of_region.contains(&(Metric::UnreservedConcurrentExecutions, 0, Reading::Maximum(1))));
        assert!(of_region.contains(&(Metric::ClaimedAccountConcurrency, 0, Reading::Maximum(1 + 2))));
        assert!(of_region.iter().all(|(metric, _, _)| *metric != Metric::ProvisionedConcurrencyUtilization));
    }

    #[test]
    fn failed_deliveries_count_once_and_never_as_zeros() {
        let mut scenario = exact(&[0]);
        scenario.functions[0].reserved = Some(0);
        scenario.functions[0].on_failure = Some(DestinationId(0));
        scenario.functions[0].dead_letter = Some(DestinationId(1));
        scenario.destinations = vec![queue("failed"), queue("letters")];
        scenario.destinations[1].max_bytes = 0;
        let points = points(&scenario);
        assert_eq!(sums(&points, Metric::DeadLetterErrors), [(0, 1, 1)]);
        assert_eq!(sums(&points, Metric::DestinationDeliveryFailures), []);
    }

    #[test]
    fn the_order_is_period_function_metric_and_nothing_stays_open() {
        let scenario = busy();
        let points = points(&scenario);
        let order = |point: &Datapoint| (point.start, point.scope, point.metric);
        assert!(points.len() > 100);
        assert!(points.is_sorted_by(|a, b| order(a) < order(b)));
    }

    #[test]
    fn long_silences_open_no_periods() {
        let mut scenario = exact(&[0, 10_000_000_000]);
        scenario.functions[0].duration = Distribution::Constant(SimDuration::from_millis(1));
        let mut metrics = Metrics::new(&scenario, ());
        simulate(&scenario, &mut metrics);
        assert!(metrics.open.len() + metrics.spare.len() <= 1);
    }
}
