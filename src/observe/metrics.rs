//! CloudWatch's Lambda metrics, per minute and function, as AWS would have shown them.
//!
//! ```text
//!  base ───────────────> current minute
//!  [period][period][period]      one window for each function in each period
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

use std::collections::VecDeque;

use super::samples::{Samples, Statistics, nearest_rank};
use crate::id::FunctionId;
use crate::model::event::Route;
use crate::model::observation::{Attempt, AttemptOutcome, Fact, Fate, Observation, Observer, Run};
use crate::scenario::{InvocationType, Scenario};
use crate::time::{SimDuration, SimTime};

/// The length of a period: CloudWatch's granularity for Lambda.
pub const PERIOD: SimDuration = SimDuration::from_secs(60);

/// A metric of the namespace `AWS/Lambda`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Events accepted into the queue; once an event.
    AsyncEventsReceived,
    /// The event's age at each attempt, throttled ones included.
    AsyncEventAge,
    /// Runs that ended, synchronous ones included.
    Invocations,
    /// Runs that ended in a function error.
    Errors,
    /// Attempts that were throttled, synchronous ones included.
    Throttles,
    /// How long runs took.
    Duration,
    /// The most runs in progress at once.
    ConcurrentExecutions,
    /// Events that ended without success.
    AsyncEventsDropped,
    /// Messages that the dead-letter queue did not take.
    DeadLetterErrors,
    /// Records that a destination did not take.
    DestinationDeliveryFailures,
}

/// The unit of a metric, by CloudWatch's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Milliseconds; kept as nanoseconds until it is written.
    Milliseconds,
}

impl Unit {
    /// CloudWatch's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
        }
    }
}

impl Metric {
    /// All metrics, in the order in which a period is emitted.
    pub const ALL: [Self; 10] = [
        Self::AsyncEventsReceived,
        Self::AsyncEventAge,
        Self::Invocations,
        Self::Errors,
        Self::Throttles,
        Self::Duration,
        Self::ConcurrentExecutions,
        Self::AsyncEventsDropped,
        Self::DeadLetterErrors,
        Self::DestinationDeliveryFailures,
    ];

    /// AWS's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsyncEventsReceived => "AsyncEventsReceived",
            Self::AsyncEventAge => "AsyncEventAge",
            Self::Invocations => "Invocations",
            Self::Errors => "Errors",
            Self::Throttles => "Throttles",
            Self::Duration => "Duration",
            Self::ConcurrentExecutions => "ConcurrentExecutions",
            Self::AsyncEventsDropped => "AsyncEventsDropped",
            Self::DeadLetterErrors => "DeadLetterErrors",
            Self::DestinationDeliveryFailures => "DestinationDeliveryFailures",
        }
    }

    /// Its unit.
    pub const fn unit(self) -> Unit {
        match self {
            Self::AsyncEventAge | Self::Duration => Unit::Milliseconds,
            _ => Unit::Count,
        }
    }
}

/// One metric of one function in one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datapoint {
    /// When the period begins.
    pub start: SimTime,
    /// The function.
    pub function: FunctionId,
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
    /// Takes one datapoint. They come ordered by period, function name, metric.
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
pub struct Metrics<D> {
    sink: D,
    /// Runs in progress, by function.
    running: Vec<u32>,
    /// Periods that may still change; the first is minute `base`.
    open: VecDeque<Period>,
    base: u64,
    /// Closed periods, to be used again.
    spare: Vec<Period>,
    /// The start of the first minute into which runs in progress were not carried over yet.
    carry_at: SimTime,
    /// The end of the current minute: nothing can be emitted before it.
    minute_end: SimTime,
}

/// All functions' windows of one minute.
#[derive(Clone, Debug)]
struct Period {
    windows: Vec<Window>,
    /// Runs that started in this minute and are still in progress.
    unfinished: u32,
}

/// One function in one minute.
#[derive(Clone, Debug, Default)]
struct Window {
    received: Flags,
    age: Samples,
    invocations: Flags,
    errors: Flags,
    throttles: Flags,
    duration: Samples,
    concurrency: Option<u32>,
    dropped: Flags,
    dead_letter_errors: Flags,
    delivery_failures: Flags,
}

/// Samples that are zero or one.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    zeros: u64,
    ones: u64,
}

impl<D: Datapoints> Metrics<D> {
    /// Metrics of all functions of `scenario`.
    pub fn new(scenario: &Scenario, sink: D) -> Self {
        Self {
            sink,
            running: vec![0; scenario.functions.len()],
            open: VecDeque::new(),
            base: 0,
            spare: Vec::new(),
            carry_at: SimTime::ZERO,
            minute_end: SimTime::ZERO + PERIOD,
        }
    }

    /// The run ended at `end`: emits what is still open and returns the sink. Runs still in progress have told
    /// nothing yet, as on AWS.
    pub fn finish(mut self, end: SimTime) -> D {
        self.advance(end);
        while !self.open.is_empty() {
            self.emit_first();
        }
        self.sink
    }

    fn advance(&mut self, now: SimTime) {
        if now > self.carry_at {
            self.carry_over(now);
        }
        if now >= self.minute_end {
            self.minute_end = start_of(minute_of(now) + 1);
            self.emit_settled();
        }
    }

    /// Runs in progress at the start of a minute count in it, unless they end at that very instant.
    fn carry_over(&mut self, now: SimTime) {
        let in_progress = self.running.iter().any(|running| *running > 0);
        while in_progress && self.carry_at < now {
            self.carry_into(minute_of(self.carry_at));
            self.carry_at += PERIOD;
        }
        if self.carry_at < now {
            self.carry_at = start_of(minute_of(now) + 1);
        }
    }

    fn carry_into(&mut self, minute: u64) {
        for index in 0..self.running.len() {
            let running = self.running[index];
            if running > 0 {
                self.period(minute).windows[index].reach(running);
            }
        }
    }

    fn emit_settled(&mut self) {
        while self.open.front().is_some_and(|period| period.unfinished == 0)
            && start_of(self.base + 1) < self.minute_end
        {
            self.emit_first();
        }
    }

    fn emit_first(&mut self) {
        let Some(mut period) = self.open.pop_front() else {
            return;
        };
        let start = start_of(self.base);
        for (function, window) in (0..).map(FunctionId).zip(&mut period.windows) {
            window.emit(start, function, &mut self.sink);
            window.clear();
        }
        period.unfinished = 0;
        self.spare.push(period);
        self.base += 1;
    }

    /// The period of `minute`, opened if need be.
    fn period(&mut self, minute: u64) -> &mut Period {
        if self.open.is_empty() {
            self.base = minute;
        }
        let index = usize::try_from(minute - self.base).expect("few periods are open");
        while self.open.len() <= index {
            let functions = self.running.len();
            let period = self
                .spare
                .pop()
                .unwrap_or_else(|| Period { windows: vec![Window::default(); functions], unfinished: 0 });
            self.open.push_back(period);
        }
        &mut self.open[index]
    }

    fn window(&mut self, at: SimTime, function: FunctionId) -> &mut Window {
        &mut self.period(minute_of(at)).windows[function.index()]
    }

    fn run_started(&mut self, fact: &Fact<'_>, age: SimDuration, running: u32) {
        let function = fact.event.function();
        self.running[function.index()] = running;
        let period = self.period(minute_of(fact.at));
        period.unfinished += 1;
        let window = &mut period.windows[function.index()];
        window.reach(running);
        if is_async(fact) {
            window.age.record(age.as_nanos());
        }
    }

    fn run_ended(&mut self, function: FunctionId, attempt: &Attempt, run: &Run) {
        self.running[function.index()] = run.running;
        let period = self.period(minute_of(attempt.dispatched));
        period.unfinished -= 1;
        let settled = period.unfinished == 0;
        let window = &mut period.windows[function.index()];
        window.invocations.ones += 1;
        window.throttles.zeros += 1;
        window.errors.add(matches!(attempt.outcome, AttemptOutcome::FunctionError(_)));
        window.duration.record(run.duration.as_nanos());
        if settled {
            self.emit_settled();
        }
    }

    fn attempt_refused(&mut self, fact: &Fact<'_>, attempt: &Attempt) {
        let window = self.window(attempt.dispatched, fact.event.function());
        if is_async(fact) {
            window.age.record(attempt.age.as_nanos());
        }
        if matches!(attempt.outcome, AttemptOutcome::Throttled(_)) {
            window.throttles.ones += 1;
            window.errors.zeros += 1;
        }
    }
}

impl<D: Datapoints> Observer for Metrics<D> {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.advance(fact.at);
        let function = fact.event.function();
        match fact.what {
            Observation::Accepted => self.window(fact.at, function).received.ones += 1,
            Observation::RunStarted { age, running, .. } => self.run_started(fact, age, running),
            Observation::AttemptEnded(attempt) => match &attempt.run {
                Some(run) => self.run_ended(function, &attempt, run),
                None => self.attempt_refused(fact, &attempt),
            },
            Observation::Settled { fate, .. } => {
                self.window(fact.at, function).dropped.add(fate != Fate::Succeeded);
            }
            Observation::DeliveryEnded { route, failure: Some(_), .. } => {
                let window = self.window(fact.at, function);
                match route {
                    Route::DeadLetterQueue => window.dead_letter_errors.ones += 1,
                    Route::OnSuccess | Route::OnFailure => window.delivery_failures.ones += 1,
                }
            }
            Observation::Called
            | Observation::DeliveryStarted { .. }
            | Observation::DeliveryEnded { failure: None, .. }
            | Observation::Closed
            | Observation::CutOff => {}
        }
    }
}

impl Window {
    fn reach(&mut self, running: u32) {
        self.concurrency = self.concurrency.max(Some(running));
    }

    fn emit(&mut self, start: SimTime, function: FunctionId, sink: &mut impl Datapoints) {
        for metric in Metric::ALL {
            if let Some(reading) = self.reading(metric) {
                sink.datapoint(&Datapoint { start, function, metric, reading });
            }
        }
    }

    fn reading(&mut self, metric: Metric) -> Option<Reading> {
        match metric {
            Metric::AsyncEventsReceived => self.received.reading(),
            Metric::AsyncEventAge => self.age.statistics().map(Reading::Samples),
            Metric::Invocations => self.invocations.reading(),
            Metric::Errors => self.errors.reading(),
            Metric::Throttles => self.throttles.reading(),
            Metric::Duration => self.duration.statistics().map(Reading::Samples),
            Metric::ConcurrentExecutions => self.concurrency.map(|level| Reading::Maximum(u64::from(level))),
            Metric::AsyncEventsDropped => self.dropped.reading(),
            Metric::DeadLetterErrors => self.dead_letter_errors.reading(),
            Metric::DestinationDeliveryFailures => self.delivery_failures.reading(),
        }
    }

    fn clear(&mut self) {
        let (mut age, mut duration) = (std::mem::take(&mut self.age), std::mem::take(&mut self.duration));
        age.clear();
        duration.clear();
        *self = Self { age, duration, ..Self::default() };
    }
}

impl Flags {
    fn add(&mut self, raised: bool) {
        if raised {
            self.ones += 1;
        } else {
            self.zeros += 1;
        }
    }

    /// The statistics of samples that are zero or one need no samples.
    fn reading(self) -> Option<Reading> {
        let count = self.zeros + self.ones;
        let percentile = |percent| u64::from(nearest_rank(percent, count) > self.zeros);
        (count > 0).then(|| {
            Reading::Samples(Statistics {
                count,
                sum: u128::from(self.ones),
                minimum: u64::from(self.zeros == 0),
                maximum: u64::from(self.ones > 0),
                p50: percentile(50),
                p90: percentile(90),
                p99: percentile(99),
            })
        })
    }
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
    use crate::observe::test_scenarios::{busy, events_at, exceptions, idle, queue, source};
    use crate::random::distribution::Distribution;
    use crate::scenario::{Arrivals, End, Jitter};
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

    /// (minute, sample count, sum) of each period of `metric` of the first function.
    fn sums(points: &[Datapoint], metric: Metric) -> Vec<(u64, u64, u128)> {
        let of_metric = |point: &Datapoint| match point.reading {
            Reading::Samples(found) if point.metric == metric && point.function == FunctionId(0) => {
                Some((minute_of(point.start), found.count, found.sum))
            }
            _ => None,
        };
        points.iter().filter_map(of_metric).collect()
    }

    fn maxima(points: &[Datapoint]) -> Vec<(u64, u64)> {
        let level = |point: &Datapoint| match point.reading {
            Reading::Maximum(level) => Some((minute_of(point.start), level)),
            Reading::Samples(_) => None,
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
        let metrics: Vec<_> = points(&scenario).iter().map(|point| point.metric).collect();
        assert_eq!(metrics, [Metric::AsyncEventsReceived, Metric::AsyncEventsDropped]);
    }

    #[test]
    fn synchronous_calls_are_invocations_without_event_metrics() {
        let mut scenario = exact(&[]);
        let at = std::iter::once(SimTime::from_secs(1)).collect();
        scenario.sources = vec![source("api", InvocationType::RequestResponse, Arrivals::Times(at))];
        let metrics: Vec<_> = points(&scenario).iter().map(|point| point.metric).collect();
        let expected = [
            Metric::Invocations,
            Metric::Errors,
            Metric::Throttles,
            Metric::Duration,
            Metric::ConcurrentExecutions,
        ];
        assert_eq!(metrics, expected);
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
        let order = |point: &Datapoint| (point.start, point.function, point.metric);
        assert!(points.len() > 100);
        assert!(points.is_sorted_by(|a, b| order(a) < order(b)));
    }

    #[test]
    fn long_silences_open_no_periods() {
        let mut scenario = exact(&[0, 10_000_000_000]);
        scenario.functions[0].duration = Distribution::Constant(SimDuration::from_millis(1));
        let mut metrics = Metrics::new(&scenario, ());
        simulate(&scenario, &mut metrics);
        assert!(metrics.open.len() + metrics.spare.len() <= 2);
    }

    #[test]
    fn flags_have_the_statistics_of_their_samples() {
        let flags = Flags { zeros: 9, ones: 1 };
        let Some(Reading::Samples(found)) = flags.reading() else { panic!("ten samples") };
        assert_eq!((found.count, found.sum, found.minimum, found.maximum), (10, 1, 0, 1));
        assert_eq!((found.p50, found.p90, found.p99), (0, 0, 1));
        assert_eq!(Flags::default().reading(), None);
    }
}
