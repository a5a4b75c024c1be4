//! The fluid approximation: each function's events as a flow through its slots.
//!
//! ```text
//!   arrivals ──> waiting ──> slots ──> succeeded ──> the function that on_success names
//!                  ↑           └────> failed ──60 s, 120 s──┐
//!                  └────────────────────────────────────────┘ or given up ──> the function that on_failure names
//! ```
//!
//! Functions are taken upstream first, so that what chains and subscribers get is known when they are reached. Cycles
//! are cut: what a function in a loop gets from its own outcomes is counted by the limit of 16 hops, not followed.

use super::{Estimate, FunctionFlow};
use crate::id::{DestinationId, FunctionId};
use crate::rounding::nearest;
use crate::scenario::{
    Call, Dependency, DestinationKind, End, FailureKind, Function, InvocationType, Scenario, Source, Timing,
    Windows,
};
use crate::time::{SimDuration, SimTime};

/// Steps within the time in which events arrive, for scenarios with few functions and with many.
const STEPS: u32 = 256;
const STEPS_OF_MANY: u32 = 16;
const MANY: usize = 64;
/// So many times as long as the arrivals is the drain looked at; whatever is left then goes at once.
const DRAIN: u32 = 8;
/// After how many hops Lambda stops a loop.
const HOPS: f64 = 16.0;

/// Nobody stands in line: the young come back more often than the old, and so most wait less long than the mean. By
/// how much, was measured on `benches/scenarios/overloaded.json`.
const YOUNG: f64 = 0.65;

/// What goes into a function: events accepted and calls received by the end of each step.
#[derive(Clone, Debug)]
struct Inflow {
    events: Vec<f64>,
    calls: Vec<f64>,
}

/// The time grid that all functions share, in seconds.
#[derive(Clone, Copy, Debug)]
struct Grid {
    step: f64,
    /// Steps until the last arrival.
    arriving: usize,
    /// Steps at most.
    most: usize,
}

/// What became of one function's inflow.
#[derive(Debug, Default)]
struct Outcome {
    /// By step, all that succeeded and all that was given up.
    succeeded: Vec<f64>,
    given_up: Vec<f64>,
    pending: Vec<f64>,
    runs: f64,
    throttles: f64,
}

impl Outcome {
    /// With zero reserved concurrency every event is given up at its first attempt.
    fn of_nothing_run(inflow: &Inflow) -> Self {
        Self {
            given_up: inflow.events.clone(),
            throttles: last(&inflow.events) + last(&inflow.calls),
            pending: vec![1.0],
            ..Self::default()
        }
    }
}

pub(super) fn estimate(scenario: &Scenario) -> Estimate {
    let grid = Grid::of(scenario);
    let mut total = Totals::default();
    follow(scenario, grid, |index, inflow, outcome, hops| {
        total.add(&scenario.functions[index], &inflow, &outcome, hops);
    });
    total.estimate(scenario, grid)
}

/// The same, and what flows through each function, in the order of the functions.
pub(super) fn estimate_with_flows(scenario: &Scenario) -> (Estimate, Vec<FunctionFlow>) {
    let grid = Grid::of(scenario);
    let mut total = Totals::default();
    let mut flows = vec![FunctionFlow::default(); scenario.functions.len()];
    follow(scenario, grid, |index, inflow, outcome, hops| {
        let function = &scenario.functions[index];
        total.add(function, &inflow, &outcome, hops);
        flows[index] = FunctionFlow {
            events: last(&inflow.events),
            retries_allowed: retries_allowed(function, &scenario.timing),
            step: grid.step,
            arrived: inflow.events,
            given_up: outcome.given_up,
        };
    });
    (total.estimate(scenario, grid), flows)
}

/// How many retries an event gets before it is too old: a wait beyond the deadline is not begun.
fn retries_allowed(function: &Function, timing: &Timing) -> u32 {
    let (delay, maximum_age) =
        (timing.function_retry_delay.as_secs_f64(), function.maximum_age.as_secs_f64());
    // After run k the wait is k times as long.
    let fits = |failed: &u32| delay * f64::from(failed * (failed + 1) / 2) < maximum_age;
    u32::try_from((1..=u32::from(function.maximum_retries)).take_while(fits).count()).unwrap_or(u32::MAX)
}

impl FunctionFlow {
    /// Events that fail for good.
    pub fn given_up(&self) -> f64 {
        last(&self.given_up)
    }

    /// The same until `at`.
    pub fn given_up_by(&self, at: SimTime) -> f64 {
        interpolate_from_one(&self.given_up, seconds(at) / self.step_length())
    }

    /// The same, where those that fail in a stretch of time count by what `weight` says of it.
    pub fn given_up_weighted(&self, weight: impl Fn(SimTime, SimTime) -> f64) -> f64 {
        let steps = 0..self.given_up.len();
        let weighted = steps.filter(|step| gain(&self.given_up, *step) > 0.0).map(|step| {
            let (begin, end) = self.stretch(step);
            gain(&self.given_up, step) * weight(begin, end)
        });
        weighted.sum()
    }

    /// The share of its events that arrive in the windows.
    pub fn share_of_arrivals(&self, windows: &Windows) -> f64 {
        if windows.intervals().is_empty() || self.events <= 0.0 {
            return 1.0;
        }
        let inside = (0..self.arrived.len()).map(|step| {
            let (begin, end) = self.stretch(step);
            gain(&self.arrived, step) * covered(windows, begin, end)
        });
        inside.sum::<f64>() / self.events
    }

    fn stretch(&self, step: usize) -> (SimTime, SimTime) {
        #[expect(clippy::cast_precision_loss, reason = "there are a few thousand steps")]
        let at = |step: usize| SimTime::ZERO + SimDuration::from_secs_f64_saturating(step as f64 * self.step);
        (at(step), at(step + 1))
    }

    fn step_length(&self) -> f64 {
        larger(self.step, 1e-9)
    }
}

/// Follows the events through all functions, and tells what goes into each and what becomes of it; `HOPS` times, if it
/// lies in a loop or behind one.
fn follow(scenario: &Scenario, grid: Grid, mut tell: impl FnMut(usize, Inflow, Outcome, f64)) {
    let mut inflows = inflows(scenario, grid);
    let (order, looping) = upstream_first(scenario);
    let (shared, recorded) = (Shared::of(scenario, grid), recorded_means(scenario));
    for index in order {
        let function = &scenario.functions[index];
        let inflow = inflows[index].take().unwrap_or_else(|| Inflow::nothing(grid));
        if last(&inflow.events) + last(&inflow.calls) <= 0.0 {
            continue;
        }
        let outcome = Flow::new(scenario, function, &shared, recorded[index]).through(&inflow);
        for (targets, flow) in [
            (targets(scenario, function.on_success), &outcome.succeeded),
            (targets(scenario, function.on_failure), &outcome.given_up),
        ] {
            for target in targets {
                // A function of a loop that has been taken already gets nothing more.
                if let Some(inflow) = &mut inflows[target.index()] {
                    inflow.add_events(flow);
                }
            }
        }
        tell(index, inflow, outcome, if looping[index] { HOPS } else { 1.0 });
    }
}

/// Sums over functions.
#[derive(Debug, Default)]
struct Totals {
    events: f64,
    runs: f64,
    throttles: f64,
    deliveries: f64,
    pending: Vec<f64>,
}

impl Totals {
    fn add(&mut self, function: &Function, inflow: &Inflow, outcome: &Outcome, hops: f64) {
        self.events += (last(&inflow.events) + last(&inflow.calls)) * hops;
        self.runs += outcome.runs * hops;
        self.throttles += outcome.throttles * hops;
        let succeeded = if function.on_success.is_some() { last(&outcome.succeeded) } else { 0.0 };
        let routes = u8::from(function.on_failure.is_some()) + u8::from(function.dead_letter.is_some());
        self.deliveries += (succeeded + last(&outcome.given_up) * f64::from(routes)) * hops;
        if self.pending.len() < outcome.pending.len() {
            self.pending.resize(outcome.pending.len(), 0.0);
        }
        for (sum, pending) in self.pending.iter_mut().zip(&outcome.pending) {
            *sum += pending;
        }
    }

    fn estimate(&self, scenario: &Scenario, grid: Grid) -> Estimate {
        let peak = self.pending.iter().copied().fold(0.0, larger);
        let busy = self.pending.iter().rposition(|pending| *pending >= 0.5).unwrap_or(0) + 1;
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let minutes = nearest(busy as f64 * grid.step / 60.0) + 1;
        Estimate {
            events: nearest(self.events),
            runs: nearest(self.runs),
            attempts: nearest(self.runs + self.throttles),
            peak_pending: nearest(smaller(peak, self.events)),
            deliveries: nearest(self.deliveries),
            periods: minutes.saturating_mul(scenario.functions.len() as u64 + 1),
        }
    }
}

impl Grid {
    fn of(scenario: &Scenario) -> Self {
        let horizon = match scenario.end {
            End::Drained => f64::INFINITY,
            End::At(end) => seconds(end),
        };
        let last = scenario.sources.iter().map(|source| last_arrival(source, scenario)).fold(0.0, larger);
        let steps = if scenario.functions.len() > MANY { STEPS_OF_MANY } else { STEPS };
        // Nothing in the model is quicker than the first back-off.
        let step = larger(smaller(last, horizon) / f64::from(steps), 1.0);
        Self {
            step,
            arriving: ceiling(smaller(last, horizon) / step).max(1),
            most: ceiling(smaller(horizon, last * f64::from(DRAIN) + 1_000.0) / step).max(1),
        }
    }

    /// The end of a step.
    fn at(self, step: usize) -> SimTime {
        #[expect(clippy::cast_precision_loss, reason = "there are a few thousand steps")]
        let seconds = (step + 1) as f64 * self.step;
        SimTime::ZERO + SimDuration::from_secs_f64_saturating(seconds)
    }
}

/// When a source sends its last event, about, in seconds.
fn last_arrival(source: &Source, scenario: &Scenario) -> f64 {
    let most = SimTime::ZERO + SimDuration::MAX;
    let end = [source.until, scenario.arrivals_end].into_iter().flatten().fold(most, SimTime::min);
    let Some(span) = (end > source.from).then(|| end.since(source.from)) else { return 0.0 };
    // The smallest span within which it sends all it ever sends.
    let all = source.expected_within(span) - 0.5;
    let (mut low, mut high) = (0, span.as_nanos());
    while high - low > high / 1_000 + 1 {
        let middle = low + (high - low) / 2;
        let enough = source.expected_within(SimDuration::from_nanos(middle)) >= all;
        *(if enough { &mut high } else { &mut low }) = middle;
    }
    seconds(source.from) + SimDuration::from_nanos(high).as_secs_f64()
}

impl Inflow {
    fn nothing(grid: Grid) -> Self {
        Self { events: vec![0.0; grid.arriving], calls: vec![0.0; grid.arriving] }
    }

    /// Adds what another function sends; its curve may be longer.
    fn add_events(&mut self, flow: &[f64]) {
        let so_far = last(&self.events);
        if self.events.len() < flow.len() {
            self.events.resize(flow.len(), so_far);
        }
        for (step, events) in self.events.iter_mut().enumerate() {
            *events += flow.get(step).copied().unwrap_or(last(flow));
        }
    }
}

/// What the sources send to each function.
fn inflows(scenario: &Scenario, grid: Grid) -> Vec<Option<Inflow>> {
    let mut inflows = vec![None; scenario.functions.len()];
    for inflow in &mut inflows {
        *inflow = Some(Inflow::nothing(grid));
    }
    for source in &scenario.sources {
        let functions = source.to.functions();
        #[expect(clippy::cast_precision_loss, reason = "a thousand functions at most")]
        let share = 1.0 / functions.len().max(1) as f64;
        let ends = [source.until, scenario.arrivals_end];
        let until = ends.into_iter().flatten().fold(SimTime::MAX, SimTime::min);
        for step in 0..grid.arriving {
            let at = grid.at(step).min(until);
            if at <= source.from {
                continue;
            }
            let sent = source.expected_within(at.since(source.from)) * share;
            for function in functions {
                let inflow = inflows[function.index()].as_mut().expect("none is taken yet");
                match source.invocation {
                    InvocationType::Event => inflow.events[step] += sent,
                    InvocationType::RequestResponse => inflow.calls[step] += sent,
                }
            }
        }
    }
    inflows
}

/// The functions in an order in which outcomes flow, and which of them are part of a loop or lie behind one.
fn upstream_first(scenario: &Scenario) -> (Vec<usize>, Vec<bool>) {
    let edges = |index: usize| {
        let function = &scenario.functions[index];
        targets(scenario, function.on_success).iter().chain(targets(scenario, function.on_failure))
    };
    let count = scenario.functions.len();
    let mut incoming = vec![0_usize; count];
    for index in 0..count {
        edges(index).for_each(|target| incoming[target.index()] += 1);
    }
    let mut order: Vec<usize> = (0..count).filter(|index| incoming[*index] == 0).collect();
    let mut next = 0;
    while let Some(index) = order.get(next).copied() {
        next += 1;
        for target in edges(index) {
            incoming[target.index()] -= 1;
            if incoming[target.index()] == 0 {
                order.push(target.index());
            }
        }
    }
    let looping: Vec<bool> = incoming.iter().map(|left| *left > 0).collect();
    order.extend((0..count).filter(|index| looping[*index]));
    (order, looping)
}

/// The functions that a message to `destination` invokes.
fn targets(scenario: &Scenario, destination: Option<DestinationId>) -> &[FunctionId] {
    let Some(destination) = destination.map(|id| &scenario.destinations[id.index()]) else { return &[] };
    match &destination.kind {
        DestinationKind::Lambda { function } => std::slice::from_ref(function),
        _ => &destination.subscribers,
    }
}

/// What all functions have in common.
struct Shared {
    grid: Grid,
    /// The slots that functions without a reservation have together.
    unreserved: u32,
}

impl Shared {
    fn of(scenario: &Scenario, grid: Grid) -> Self {
        let reserved: u32 = scenario.functions.iter().filter_map(|function| function.reserved).sum();
        Self { grid, unreserved: scenario.account.concurrency.saturating_sub(reserved) }
    }
}

/// For each function the mean of the recorded durations of a source of its, if there is one.
fn recorded_means(scenario: &Scenario) -> Vec<Option<f64>> {
    let mut means = vec![None; scenario.functions.len()];
    for source in &scenario.sources {
        let Some(found) = source.recorded_durations.as_deref().and_then(mean) else { continue };
        for function in source.to.functions() {
            means[function.index()].get_or_insert(found);
        }
    }
    means
}

/// One function as the flow sees it.
struct Flow<'s> {
    function: &'s Function,
    dependencies: &'s [Dependency],
    timing: &'s Timing,
    grid: Grid,
    slots: f64,
    /// How long a run's own work takes, in seconds.
    run: f64,
    /// The share of runs that `Timeout` ends.
    late: f64,
    /// After how many failed runs an event is given up.
    runs_allowed: usize,
    maximum_age: f64,
    retry_delay: f64,
    /// Whether it fails as often at all times.
    is_steady: bool,
}

/// How the runs of a step go.
#[derive(Clone, Copy, Debug)]
struct Runs {
    /// The share that fails.
    failing: f64,
    /// How long one takes, in seconds.
    seconds: f64,
}

impl<'s> Flow<'s> {
    fn new(scenario: &'s Scenario, function: &'s Function, shared: &Shared, recorded: Option<f64>) -> Self {
        let slots = function.reserved.unwrap_or(shared.unreserved);
        let grid = shared.grid;
        let timeout = function.timeout.as_secs_f64();
        let run = smaller(recorded.unwrap_or_else(|| function.duration.mean_seconds()), timeout);
        let retry_delay = scenario.timing.function_retry_delay.as_secs_f64();
        let maximum_age = function.maximum_age.as_secs_f64();
        let called = |call: &Call| &scenario.dependencies[call.dependency.index()];
        let is_always = |during: &Windows| during.intervals().is_empty();
        let mut outages = function.calls.iter().flat_map(|call| &called(call).outages);
        Self {
            function,
            dependencies: &scenario.dependencies,
            timing: &scenario.timing,
            grid,
            slots: f64::from(slots),
            run,
            late: function.duration.share_above(function.timeout),
            runs_allowed: retries_allowed(function, &scenario.timing) as usize + 1,
            maximum_age,
            retry_delay,
            is_steady: function.failures.iter().all(|cause| is_always(&cause.during))
                && outages.all(|outage| is_always(&outage.during)),
        }
    }

    /// Lets `inflow` through.
    fn through(&self, inflow: &Inflow) -> Outcome {
        if self.function.reserved == Some(0) {
            return Outcome::of_nothing_run(inflow);
        }
        let steps = inflow.events.len();
        // Room for retries behind the last arrival; most flows need no more.
        let curve = || Vec::with_capacity(steps + steps / 2 + 8);
        let mut outcome =
            Outcome { succeeded: curve(), given_up: curve(), pending: curve(), ..Outcome::default() };
        let mut waiting = [0.0_f64; 3];
        // By run: all that failed and waits or has waited, and how much of it has come back.
        let from_zero = || {
            let mut curve: Vec<f64> = curve();
            curve.push(0.0);
            curve
        };
        let mut failed = [from_zero(), from_zero()];
        let mut returned = [0.0_f64; 2];
        let (mut succeeded, mut given_up) = (0.0, 0.0);
        let steady = self.is_steady.then(|| self.runs(0));
        for step in 0..self.grid.most {
            let (fresh, calls) = (gain(&inflow.events, step), gain(&inflow.calls, step));
            waiting[0] += fresh;
            for retry in 0..2 {
                let due = self.due(&failed[retry], step, retry);
                waiting[retry + 1] += due - returned[retry];
                returned[retry] = due;
            }
            let runs = steady.unwrap_or_else(|| self.runs(step));
            let fails = runs.failing;
            let all_runs = self.slots * self.grid.step / runs.seconds;
            let capacity = larger(all_runs - calls, 0.0);
            let all: f64 = waiting.iter().sum();
            let share = if all > capacity { capacity / all } else { 1.0 };
            let mut failures = [0.0; 3];
            for (run, level) in waiting.iter_mut().enumerate() {
                let served = *level * share;
                *level -= served;
                outcome.runs += served;
                succeeded += served * (1.0 - fails);
                failures[run] = served * fails;
            }
            let throughput = all * share / self.grid.step;
            let left = all - all * share;
            outcome.throttles += self.throttles(left, throughput) * (all * share);
            // What is older than the maximum age is dropped.
            let too_old = larger(left - self.younger(&inflow.events, step), 0.0);
            if too_old > 0.0 {
                for level in &mut waiting {
                    *level -= *level / left * too_old;
                }
                outcome.throttles += self.throttles_within(self.maximum_age) * too_old;
                given_up += too_old;
            }
            for (run, failures) in failures.into_iter().enumerate() {
                let retried = if run + 1 < self.runs_allowed { failures } else { 0.0 };
                given_up += failures - retried;
                if let Some(failed) = failed.get_mut(run) {
                    failed.push(last(failed) + retried);
                }
            }
            outcome.runs += smaller(calls, all_runs);
            outcome.throttles += larger(calls - all_runs, 0.0);
            let back_off: f64 =
                (0..2).map(|retry| last(&failed[retry]) - self.returning(&failed[retry], retry)).sum();
            let running = smaller(
                (all * share + smaller(calls, all_runs)) / self.grid.step * runs.seconds,
                all * share + calls,
            );
            outcome.pending.push(waiting.iter().sum::<f64>() + back_off + running);
            outcome.succeeded.push(succeeded);
            outcome.given_up.push(given_up);
            let done = step + 1 >= inflow.events.len() && waiting.iter().sum::<f64>() + back_off < 0.5;
            if done
                && step + 1 >= self.grid.arriving
                && (0..2).all(|retry| last(&failed[retry]) - returned[retry] < 0.5)
            {
                break;
            }
        }
        self.settle_rest(&mut outcome, waiting.iter().sum());
        outcome
    }

    /// What is left when nobody looks any more gets its run.
    fn settle_rest(&self, outcome: &mut Outcome, left: f64) {
        outcome.runs += left;
        outcome.throttles += self.throttles_within(self.maximum_age) * left;
    }

    /// What of `failed` has waited long enough before `step` begins to be part of it.
    fn due(&self, failed: &[f64], step: usize, retry: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "there are a few thousand steps")]
        let at = (step + 1) as f64 - self.delay(retry) / self.grid.step;
        smaller(interpolate(failed, at), last(failed))
    }

    /// The same at the end of the last step.
    fn returning(&self, failed: &[f64], retry: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "there are a few thousand steps")]
        let at = (failed.len() - 1) as f64 - self.delay(retry) / self.grid.step;
        interpolate(failed, at)
    }

    fn delay(&self, retry: usize) -> f64 {
        if retry == 0 { self.retry_delay } else { 2.0 * self.retry_delay }
    }

    /// How many of those that have arrived are younger than the maximum age.
    fn younger(&self, arrived: &[f64], step: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "there are a few thousand steps")]
        let then = (step + 1) as f64 - self.maximum_age / self.grid.step;
        let now = arrived.get(step).copied().unwrap_or(last(arrived));
        now - if then <= 0.0 { 0.0 } else { interpolate_from_one(arrived, then) }
    }

    /// How runs go in a step: the calls of dependencies come first, then the function's own work.
    fn runs(&self, step: usize) -> Runs {
        let (begin, end) = if self.is_steady {
            (SimTime::ZERO, SimTime::MAX)
        } else {
            (if step == 0 { SimTime::ZERO } else { self.grid.at(step - 1) }, self.grid.at(step))
        };
        let timeout = self.function.timeout.as_secs_f64();
        let (mut survives, mut seconds) = (1.0, 0.0);
        for call in &self.function.calls {
            let dependency = &self.dependencies[call.dependency.index()];
            let patience = call.timeout.map_or(timeout, SimDuration::as_secs_f64);
            let mut answered = 1.0;
            for outage in &dependency.outages {
                let fails = answered * outage.probability.as_f64() * covered(&outage.during, begin, end);
                seconds += survives * fails * smaller(outage.fail_after.as_secs_f64(), patience);
                answered -= fails;
            }
            seconds += survives * answered * smaller(dependency.service_time.mean_seconds(), patience);
            survives *= if call.caught { 1.0 } else { answered };
        }
        let seconds = larger(smaller(seconds + survives * self.run, timeout), 1e-6);
        survives *= 1.0 - self.late;
        for cause in &self.function.failures {
            if matches!(cause.kind, FailureKind::CaughtError | FailureKind::InitFailure) {
                continue;
            }
            survives *= 1.0 - cause.probability.as_f64() * covered(&cause.during, begin, end);
        }
        Runs { failing: 1.0 - survives, seconds }
    }

    /// How often each event that is served is throttled before, when `waiting` stand in line.
    fn throttles(&self, waiting: f64, throughput: f64) -> f64 {
        if waiting < 1.0 || throughput <= 0.0 {
            0.0
        } else {
            YOUNG * self.throttles_within(waiting / throughput)
        }
    }

    /// How many back-off waits fit into `seconds`.
    fn throttles_within(&self, seconds: f64) -> f64 {
        let cap = larger(self.timing.backoff_cap.as_secs_f64(), 1e-3);
        let mut wait = larger(self.timing.backoff_base.as_secs_f64(), 1e-3);
        let (mut sum, mut count) = (0.0, 0.0);
        while sum < seconds {
            if wait >= cap || self.timing.backoff_factor <= 1 {
                return count + (seconds - sum) / smaller(wait, cap);
            }
            sum += wait;
            count += 1.0;
            wait *= f64::from(self.timing.backoff_factor);
        }
        count
    }
}

/// How much of `[begin, end)` the windows cover.
pub(super) fn covered(windows: &Windows, begin: SimTime, end: SimTime) -> f64 {
    if windows.intervals().is_empty() {
        return 1.0;
    }
    let inside = |(from, until): &(SimTime, SimTime)| {
        let (from, until) = ((*from).max(begin), (*until).min(end));
        if from < until { until.since(from).as_secs_f64() } else { 0.0 }
    };
    windows.intervals().iter().map(inside).sum::<f64>() / end.since(begin).as_secs_f64()
}

fn mean(durations: &[SimDuration]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let count = durations.len() as f64;
    let sum: f64 = durations.iter().map(|duration| duration.as_secs_f64()).sum();
    (count > 0.0).then(|| sum / count)
}

/// What a cumulative curve gains in a step.
fn gain(curve: &[f64], step: usize) -> f64 {
    let before = if step == 0 { 0.0 } else { curve.get(step - 1).copied().unwrap_or(last(curve)) };
    curve.get(step).copied().unwrap_or(last(curve)) - before
}

fn last(curve: &[f64]) -> f64 {
    curve.last().copied().unwrap_or(0.0)
}

/// The value of a curve whose points lie at 0, 1, 2, …, between them on a line; its ends go on flat.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
#[expect(clippy::cast_precision_loss, reason = "there are a few thousand steps")]
fn interpolate(curve: &[f64], at: f64) -> f64 {
    if at <= 0.0 {
        return curve.first().copied().unwrap_or(0.0);
    }
    let before = at as usize;
    match (curve.get(before), curve.get(before + 1)) {
        (Some(left), Some(right)) => left + (right - left) * (at - before as f64),
        _ => last(curve),
    }
}

/// The same for points that lie at 1, 2, 3, …, with zero at 0.
fn interpolate_from_one(curve: &[f64], at: f64) -> f64 {
    if at < 1.0 { curve.first().copied().unwrap_or(0.0) * at } else { interpolate(curve, at - 1.0) }
}

fn seconds(at: SimTime) -> f64 {
    at.since(SimTime::ZERO).as_secs_f64()
}

fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and is never negative"
)]
fn ceiling(value: f64) -> usize {
    (value + 0.999_999) as usize
}
