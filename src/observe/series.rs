//! What happened when, in buckets of equal width: the numbers behind the timeline charts.
//!
//! Memory is bounded whatever the length of the run: at most [`Series::MOST_BUCKETS`] buckets. They start
//! [`Series::FINEST_WIDTH`] wide; when the run outgrows them, neighbours are merged and the width doubles.
//!
//! ```text
//! |3|1|4|1|5|9|2|6|  full, and a fact beyond it
//! | 4 | 5 |14 | 8 | …  the same facts in half as many buckets: room for as much again
//! ```
//!
//! Counts of merged buckets are added; of levels (waiting, running) the higher maximum and the later value stay.
//! The result is therefore exactly what buckets of the final width would have held from the start.

use crate::id::{DestinationId, EventId};
use crate::model::dependency::CallOutcome;
use crate::model::event::{Event, Route, RouteResult};
use crate::model::observation::{
    AttemptOutcome, Circumstance, Fact, Fate, Next, Observation, Observer, Remark,
};
use crate::scenario::{InvocationType, Scenario};
use crate::time::{SimDuration, SimTime};
use std::io;

/// Facts counted in buckets of equal width, from the start of the run on.
#[derive(Clone, Debug)]
pub struct Series {
    width: SimDuration,
    buckets: Vec<Bucket>,
    /// Where the last bucket ends.
    until: SimTime,
    end: SimTime,
    /// The event whose last attempt decided its fate and whose `Settled` is still to come: it left the waiting
    /// events with that attempt already.
    settling: Option<EventId>,
}

/// What happened within one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Events accepted into the queue.
    pub accepted: u64,
    /// Synchronous calls made.
    pub sync_calls: u64,
    /// Runs started.
    pub runs_started: u64,
    /// Attempts ended, by [`OutcomeKind`]; synchronous calls included.
    pub attempts: [u64; OutcomeKind::ALL.len()],
    /// Events whose fate became known, by [`Fate`].
    pub settled: [u64; Fate::ALL.len()],
    /// Events that left the system, by [`Fate`] and [`Ending`].
    pub closed: [[u64; Ending::ALL.len()]; Fate::ALL.len()],
    /// Events that the end of the run found without a fate.
    pub cut_off: u64,
    /// Events accepted, not settled and not running.
    pub waiting: Level,
    /// Runs in progress, of all functions together.
    pub running: Level,
    /// The ages of events at dispatch: the samples of `AsyncEventAge`.
    pub age: Ages,
    /// Waiting and running of each function, in the scenario's order.
    pub functions: Box<[FunctionLevels]>,
    /// Deliveries ended at each destination, in the scenario's order.
    pub destinations: Box<[Deliveries]>,
    /// Calls and load of each dependency, in the scenario's order.
    pub dependencies: Box<[Calls]>,
}

/// The levels of one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionLevels {
    /// Its events accepted, not settled and not running.
    pub waiting: Level,
    /// Its runs in progress, synchronous calls included.
    pub running: Level,
}

/// The deliveries of one destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// How many it took.
    pub delivered: u64,
    /// How many it refused.
    pub failed: u64,
}

/// The calls of one dependency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls that ended for their callers, by [`CallOutcome::index`].
    pub ended: [u64; CallOutcome::COUNT],
    /// Calls in service.
    pub in_service: Level,
    /// Of these, calls whose callers have given up.
    pub in_vain: Level,
    /// Calls waiting for a free server.
    pub waiting: Level,
}

/// Something that goes up and down, within one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// The highest value.
    pub max: u64,
    /// The value at the bucket's end.
    pub last: u64,
}

/// How an attempt ended, without the particulars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeKind {
    /// The handler returned.
    Success,
    /// The handler caught its error.
    CaughtError,
    /// The function failed.
    FunctionError,
    /// 429
    Throttled,
    /// 5xx
    SystemError,
    /// 4xx other than 429
    ClientError,
}

/// What became of the outcome of a closed event on all its routes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// At least one route holds a copy.
    Delivered,
    /// Every delivery failed.
    DeliveryFailed,
    /// No route was configured for this outcome.
    NotConfigured,
    /// The end of the run found a delivery under way.
    Pending,
}

impl OutcomeKind {
    /// All kinds, in the order in which tables and charts show them.
    pub const ALL: [Self; 6] = [
        Self::Success,
        Self::CaughtError,
        Self::FunctionError,
        Self::Throttled,
        Self::SystemError,
        Self::ClientError,
    ];

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::CaughtError => "caught_error",
            Self::FunctionError => "function_error",
            Self::Throttled => "throttled",
            Self::SystemError => "system_error",
            Self::ClientError => "client_error",
        }
    }
}

impl From<AttemptOutcome> for OutcomeKind {
    fn from(outcome: AttemptOutcome) -> Self {
        match outcome {
            AttemptOutcome::Success => Self::Success,
            AttemptOutcome::CaughtError => Self::CaughtError,
            AttemptOutcome::FunctionError(_) => Self::FunctionError,
            AttemptOutcome::Throttled(_) => Self::Throttled,
            AttemptOutcome::SystemError { .. } => Self::SystemError,
            AttemptOutcome::ClientError { .. } => Self::ClientError,
        }
    }
}

impl Ending {
    /// All endings, in the order in which tables and charts show them.
    pub const ALL: [Self; 4] = [Self::Delivered, Self::DeliveryFailed, Self::NotConfigured, Self::Pending];

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::DeliveryFailed => "delivery_failed",
            Self::NotConfigured => "not_configured",
            Self::Pending => "pending",
        }
    }

    /// What became of the outcome of `event`: one copy is enough to count it as delivered.
    pub fn of(event: &Event) -> Self {
        let any =
            |wanted: fn(RouteResult) -> bool| Route::ALL.iter().any(|route| wanted(event.route(*route)));
        if any(|result| result == RouteResult::Delivered) {
            Self::Delivered
        } else if any(|result| result == RouteResult::Pending) {
            Self::Pending
        } else if any(|result| matches!(result, RouteResult::Failed(_))) {
            Self::DeliveryFailed
        } else {
            Self::NotConfigured
        }
    }

    /// Whether an event of this ending and `fate` is lost: it did not succeed, and no route holds a copy.
    pub fn is_loss(self, fate: Fate) -> bool {
        fate != Fate::Succeeded && matches!(self, Self::DeliveryFailed | Self::NotConfigured)
    }
}

impl Level {
    fn set(&mut self, value: u64) {
        self.last = value;
        self.max = self.max.max(value);
    }

    fn add(&mut self, more: u64) {
        self.set(self.last + more);
    }

    fn subtract(&mut self, fewer: u64) {
        assert!(self.last >= fewer, "a level is never negative");
        self.last -= fewer;
    }

    fn carried(self) -> Self {
        Self { max: self.last, last: self.last }
    }

    fn merge(&mut self, later: Self) {
        self.max = self.max.max(later.max);
        self.last = later.last;
    }
}

impl Series {
    /// How many buckets there are at most.
    pub const MOST_BUCKETS: usize = 512;
    /// How wide buckets are at first.
    pub const FINEST_WIDTH: SimDuration = SimDuration::from_millis(125);

    /// A series for a run of `scenario`.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            width: Self::FINEST_WIDTH,
            buckets: vec![Bucket::new([
                scenario.functions.len(),
                scenario.destinations.len(),
                scenario.dependencies.len(),
            ])],
            until: SimTime::ZERO + Self::FINEST_WIDTH,
            end: SimTime::ZERO,
            settling: None,
        }
    }

    /// How wide each bucket is: a power of two times [`Series::FINEST_WIDTH`].
    pub fn width(&self) -> SimDuration {
        self.width
    }

    /// The buckets, the first from time zero on; never empty. The last is that of the last fact.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Each bucket with the time at which it begins.
    pub fn rows(&self) -> impl Iterator<Item = (SimTime, &Bucket)> {
        let starts = (0..).map(|index: u64| SimTime::from_nanos(index * self.width.as_nanos()));
        starts.zip(&self.buckets)
    }

    /// The time of the last fact.
    pub fn end(&self) -> SimTime {
        self.end
    }

    /// The same series in at most `most` buckets, a positive number.
    #[must_use]
    pub fn coarsened(&self, most: usize) -> Self {
        let mut series = self.clone();
        while series.buckets.len() > most.max(1) {
            series.halve();
        }
        series
    }

    /// The whole run as one bucket.
    pub fn total(&self) -> Bucket {
        let mut total = self.buckets[0].clone();
        for bucket in &self.buckets[1..] {
            total.merge(bucket);
        }
        total
    }

    /// Writes the rows as CSV: one line a bucket, times in whole milliseconds.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_csv(&self, scenario: &Scenario, out: impl io::Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(header(scenario))?;
        for (start, bucket) in self.rows() {
            let times = [start.as_millis(), self.width.as_millis()];
            let numbers = times.into_iter().chain(bucket.numbers());
            csv.write_record(numbers.map(|number| number.to_string()))?;
        }
        csv.flush()
    }

    /// The bucket that `at` falls into: facts come in order of time, so it is the last or a new one.
    fn bucket_at(&mut self, at: SimTime) -> &mut Bucket {
        self.end = at;
        if self.until <= at {
            self.extend_to(at);
        }
        self.buckets.last_mut().expect("a series begins with one bucket")
    }

    fn extend_to(&mut self, at: SimTime) {
        let index_of_at = |width: SimDuration| at.as_nanos() / width.as_nanos();
        while index_of_at(self.width) >= Self::MOST_BUCKETS as u64 {
            self.halve();
        }
        let missing = index_of_at(self.width) + 1 - self.buckets.len() as u64;
        for _ in 0..missing {
            let next = self.buckets[self.buckets.len() - 1].carried();
            self.buckets.push(next);
        }
        self.until = SimTime::ZERO + self.width.saturating_mul(self.buckets.len() as u64);
    }

    fn halve(&mut self) {
        let mut merged = Vec::with_capacity(Self::MOST_BUCKETS);
        for pair in self.buckets.chunks(2) {
            let mut bucket = pair[0].clone();
            if let Some(later) = pair.get(1) {
                bucket.merge(later);
            }
            merged.push(bucket);
        }
        self.buckets = merged;
        self.width = self.width + self.width;
        self.until = SimTime::ZERO + self.width.saturating_mul(self.buckets.len() as u64);
    }
}

impl Observer for Series {
    fn observe(&mut self, fact: &Fact<'_>) {
        let event = fact.event;
        // A second delivery runs, but is no event that waits or has a fate.
        let queued = event.invocation() == InvocationType::Event && !event.is_duplicate();
        let function = event.function().index();
        let settling = self.settling;
        let bucket = self.bucket_at(fact.at);
        match fact.what {
            Observation::Accepted => {
                bucket.accepted += 1;
                bucket.start_waiting(function);
            }
            Observation::Called => bucket.sync_calls += 1,
            Observation::RunStarted { age, running, .. } => {
                bucket.runs_started += 1;
                bucket.set_running(function, running);
                if queued {
                    bucket.stop_waiting(function);
                    bucket.age.record(age);
                }
            }
            Observation::AttemptEnded(attempt) => {
                bucket.attempts[OutcomeKind::from(attempt.outcome) as usize] += 1;
                match (attempt.run, attempt.next) {
                    (Some(run), next) => {
                        bucket.set_running(function, run.running);
                        if queued && matches!(next, Next::Retry { .. }) {
                            bucket.start_waiting(function);
                        }
                    }
                    (None, next) if queued => {
                        bucket.age.record(attempt.age);
                        if matches!(next, Next::Settle { .. }) {
                            bucket.stop_waiting(function);
                        }
                    }
                    (None, _) => {}
                }
                if queued && matches!(attempt.next, Next::Settle { .. }) {
                    self.settling = Some(event.id());
                }
            }
            Observation::Settled { .. } | Observation::Closed | Observation::CutOff
                if event.is_duplicate() => {}
            Observation::Settled { fate, .. } => {
                bucket.settled[fate as usize] += 1;
                // Without an attempt that decided it (too old when dispatched, zero reserved concurrency), it
                // comes straight from the queue.
                if settling != Some(event.id()) {
                    bucket.stop_waiting(function);
                }
            }
            Observation::CallStarted { .. }
            | Observation::DeliveryStarted { .. }
            | Observation::Duplicated
            | Observation::OfferRefused(_) => {}
            Observation::DeliveryEnded { destination, failure, .. } => {
                bucket.count_delivery(destination, failure.is_some());
            }
            Observation::Closed => bucket.close(event),
            Observation::CutOff if event.settled().is_some() => bucket.close(event),
            Observation::CutOff => bucket.cut_off += u64::from(queued && event.is_accepted()),
            Observation::CallEnded(call) => {
                bucket.dependencies[call.dependency.index()].ended[call.outcome.index()] += 1;
            }
        }
    }

    fn remark(&mut self, remark: &Remark) {
        let Circumstance::LoadChanged { dependency, load } = remark.what else { return };
        let calls = &mut self.bucket_at(remark.at).dependencies[dependency.index()];
        calls.in_service.set(load.in_service.into());
        calls.in_vain.set(load.in_vain.into());
        calls.waiting.set(load.waiting.into());
    }
}

impl Bucket {
    fn new([functions, destinations, dependencies]: [usize; 3]) -> Self {
        Self {
            accepted: 0,
            sync_calls: 0,
            runs_started: 0,
            attempts: [0; OutcomeKind::ALL.len()],
            settled: [0; Fate::ALL.len()],
            closed: [[0; Ending::ALL.len()]; Fate::ALL.len()],
            cut_off: 0,
            waiting: Level::default(),
            running: Level::default(),
            age: Ages::default(),
            functions: vec![FunctionLevels::default(); functions].into(),
            destinations: vec![Deliveries::default(); destinations].into(),
            dependencies: vec![Calls::default(); dependencies].into(),
        }
    }

    /// Attempts ended in the given way.
    pub fn attempts(&self, kind: OutcomeKind) -> u64 {
        self.attempts[kind as usize]
    }

    /// Events that left the system with the given fate and ending.
    pub fn closed(&self, fate: Fate, ending: Ending) -> u64 {
        self.closed[fate as usize][ending as usize]
    }

    /// Events that left the system lost.
    pub fn lost(&self) -> u64 {
        let losses = Fate::ALL.iter().flat_map(|fate| {
            let endings = Ending::ALL.iter().filter(|ending| ending.is_loss(*fate));
            endings.map(|ending| self.closed(*fate, *ending))
        });
        losses.sum()
    }

    /// An empty bucket that begins with the levels at which this one ends.
    fn carried(&self) -> Self {
        let mut next = Self::new([self.functions.len(), self.destinations.len(), self.dependencies.len()]);
        next.waiting = self.waiting.carried();
        next.running = self.running.carried();
        for (later, levels) in next.functions.iter_mut().zip(&self.functions) {
            later.waiting = levels.waiting.carried();
            later.running = levels.running.carried();
        }
        for (later, calls) in next.dependencies.iter_mut().zip(&self.dependencies) {
            later.in_service = calls.in_service.carried();
            later.in_vain = calls.in_vain.carried();
            later.waiting = calls.waiting.carried();
        }
        next
    }

    fn start_waiting(&mut self, function: usize) {
        self.waiting.add(1);
        self.functions[function].waiting.add(1);
    }

    fn stop_waiting(&mut self, function: usize) {
        self.waiting.subtract(1);
        self.functions[function].waiting.subtract(1);
    }

    fn set_running(&mut self, function: usize, running: u32) {
        let before = self.functions[function].running.last;
        let now = u64::from(running);
        self.functions[function].running.set(now);
        self.running.set(self.running.last + now - before);
    }

    fn count_delivery(&mut self, destination: DestinationId, failed: bool) {
        let deliveries = &mut self.destinations[destination.index()];
        if failed {
            deliveries.failed += 1;
        } else {
            deliveries.delivered += 1;
        }
    }

    fn close(&mut self, event: &Event) {
        if let Some((fate, _)) = event.settled() {
            self.closed[fate as usize][Ending::of(event) as usize] += 1;
        }
    }

    fn merge(&mut self, later: &Self) {
        self.accepted += later.accepted;
        self.sync_calls += later.sync_calls;
        self.runs_started += later.runs_started;
        add_each(&mut self.attempts, &later.attempts);
        add_each(&mut self.settled, &later.settled);
        for (mine, theirs) in self.closed.iter_mut().zip(&later.closed) {
            add_each(mine, theirs);
        }
        self.cut_off += later.cut_off;
        self.waiting.merge(later.waiting);
        self.running.merge(later.running);
        self.age.merge(&later.age);
        for (mine, theirs) in self.functions.iter_mut().zip(&later.functions) {
            mine.waiting.merge(theirs.waiting);
            mine.running.merge(theirs.running);
        }
        for (mine, theirs) in self.destinations.iter_mut().zip(&later.destinations) {
            mine.delivered += theirs.delivered;
            mine.failed += theirs.failed;
        }
        for (mine, theirs) in self.dependencies.iter_mut().zip(&later.dependencies) {
            add_each(&mut mine.ended, &theirs.ended);
            mine.in_service.merge(theirs.in_service);
            mine.in_vain.merge(theirs.in_vain);
            mine.waiting.merge(theirs.waiting);
        }
    }

    /// Its numbers in the order of [`header`], without the times.
    fn numbers(&self) -> impl Iterator<Item = u64> {
        let arrivals = [self.accepted, self.sync_calls, self.runs_started];
        let ages = [
            self.age.count(),
            self.age.quantile(500).as_millis(),
            self.age.quantile(990).as_millis(),
            self.age.max().as_millis(),
        ];
        let levels = [self.waiting, self.running];
        let functions = self.functions.iter().flat_map(|levels| [levels.waiting, levels.running]);
        let destinations = self.destinations.iter().flat_map(|d| [d.delivered, d.failed]);
        arrivals
            .into_iter()
            .chain(self.attempts)
            .chain(self.settled)
            .chain(self.closed.into_iter().flatten())
            .chain([self.cut_off, self.lost()])
            .chain(ages)
            .chain(levels.into_iter().chain(functions).flat_map(|level| [level.max, level.last]))
            .chain(destinations)
            .chain(self.dependencies.iter().flat_map(Calls::numbers))
    }
}

impl Calls {
    fn numbers(&self) -> impl Iterator<Item = u64> {
        let levels = [self.in_service, self.in_vain, self.waiting];
        self.ended.into_iter().chain(levels.into_iter().flat_map(|level| [level.max, level.last]))
    }
}

fn add_each(mine: &mut [u64], theirs: &[u64]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine += theirs;
    }
}

/// The columns of the CSV, in order.
fn header(scenario: &Scenario) -> Vec<String> {
    let fixed = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut columns = fixed(&["start_ms", "width_ms", "accepted", "sync_calls", "runs_started"]);
    columns.extend(OutcomeKind::ALL.map(|kind| kind.name().to_owned()));
    columns.extend(Fate::ALL.map(|fate| format!("settled_{}", fate.name())));
    for fate in Fate::ALL {
        columns.extend(Ending::ALL.map(|ending| format!("closed_{}_{}", fate.name(), ending.name())));
    }
    columns.extend(fixed(&["cut_off", "lost"]));
    columns.extend(fixed(&["age_samples", "age_p50_ms", "age_p99_ms", "age_max_ms"]));
    columns.extend(fixed(&["waiting_max", "waiting_last", "running_max", "running_last"]));
    for function in &scenario.functions {
        let levels = ["waiting_max", "waiting_last", "running_max", "running_last"];
        columns.extend(levels.map(|level| format!("functions.{}.{level}", function.name)));
    }
    for destination in &scenario.destinations {
        let results = ["delivered", "failed"];
        columns.extend(results.map(|result| format!("destinations.{}.{result}", destination.name)));
    }
    for dependency in &scenario.dependencies {
        let levels = ["in_service", "in_vain", "waiting_calls"];
        let ended = CallOutcome::NAMES.map(str::to_owned).into_iter();
        let levels = levels.into_iter().flat_map(|level| [format!("{level}_max"), format!("{level}_last")]);
        columns
            .extend(ended.chain(levels).map(|column| format!("dependencies.{}.{column}", dependency.name)));
    }
    columns
}

/// Event ages in cells whose width grows with the age: sixteen to each doubling, so that a quantile is off by less
/// than 1/16 of its value. The cells are exact below 16 ms; the greatest age is kept as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ages {
    /// Counts by [`cell_of`]; only as long as the greatest age needs.
    cells: Vec<u32>,
    count: u64,
    max: SimDuration,
}

impl Ages {
    fn record(&mut self, age: SimDuration) {
        let cell = cell_of(age.as_millis());
        if self.cells.len() <= cell {
            self.cells.resize(cell + 1, 0);
        }
        self.cells[cell] = self.cells[cell].saturating_add(1);
        self.count += 1;
        self.max = self.max.max(age);
    }

    fn merge(&mut self, later: &Self) {
        if self.cells.len() < later.cells.len() {
            self.cells.resize(later.cells.len(), 0);
        }
        for (mine, theirs) in self.cells.iter_mut().zip(&later.cells) {
            *mine = mine.saturating_add(*theirs);
        }
        self.count += later.count;
        self.max = self.max.max(later.max);
    }

    /// How many ages there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The greatest age, exactly; zero if there is none.
    pub fn max(&self) -> SimDuration {
        self.max
    }

    /// The age that `permille` thousandths of all ages do not exceed (nearest rank), interpolated within its cell
    /// and never above the greatest; zero if there is none.
    pub fn quantile(&self, permille: u64) -> SimDuration {
        let total: u64 = self.cells.iter().map(|count| u64::from(*count)).sum();
        let rank = (total * permille).div_ceil(1_000).max(1);
        let mut below = 0;
        for (cell, count) in self.cells.iter().enumerate() {
            let count = u64::from(*count);
            if below + count >= rank {
                let (from, width) = cell_range(cell);
                let within = width * (rank - below) / count.max(1);
                return SimDuration::from_millis(from + within.min(width - 1)).min(self.max);
            }
            below += count;
        }
        SimDuration::ZERO
    }
}

/// The cell of an age of `millis` ms: the age itself below 16, then its highest five bits and their position.
fn cell_of(millis: u64) -> usize {
    let doublings = (millis / 16).checked_ilog2().map_or(0, |log| log + 1);
    let shift = doublings.saturating_sub(1);
    let cell = u64::from(shift) * 16 + (millis >> shift);
    usize::try_from(cell).expect("at most 16 cells for each of 64 doublings")
}

/// Where a cell begins and how wide it is, in ms.
fn cell_range(cell: usize) -> (u64, u64) {
    let shift = (cell / 16).saturating_sub(1);
    let start = (cell - shift * 16) as u64;
    (start << shift, 1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::{busy, events_at, exceptions, idle, poisson, source};
    use crate::simulate::simulate;
    use proptest::prelude::*;

    /// Every fact of a run, owned.
    #[derive(Default)]
    struct Recorder(Vec<(SimTime, Observation, Event)>);

    impl Observer for Recorder {
        fn observe(&mut self, fact: &Fact<'_>) {
            self.0.push((fact.at, fact.what, fact.event.clone()));
        }
    }

    fn run(scenario: &Scenario) -> (Series, Recorder) {
        let mut observers = (Series::new(scenario), Recorder::default());
        simulate(scenario, &mut observers);
        observers
    }

    type Recorded = (SimTime, Observation, Event);

    /// Goal: every bucket holds what the facts say, however often buckets were merged. Method: the facts of each
    /// bucket's time, counted in the simplest way; levels followed from the start.
    fn check_against_facts(scenario: &Scenario) {
        let (series, Recorder(facts)) = run(scenario);
        assert!(series.buckets().len() <= Series::MOST_BUCKETS);
        let mut levels = Levels::default();
        let mut begin = 0;
        for (start, bucket) in series.rows() {
            let until = start + series.width();
            let end = facts.partition_point(|(at, ..)| *at < until);
            check_counts(bucket, &facts[begin..end]);
            levels.most_running = levels.running;
            facts[begin..end].iter().for_each(|fact| levels.follow(fact));
            assert_eq!(bucket.waiting.last, levels.waiting(), "waiting, from {start}");
            assert_eq!(bucket.running.last, levels.running, "running, from {start}");
            assert_eq!(bucket.running.max, levels.most_running, "most running, from {start}");
            assert!(bucket.waiting.max >= bucket.waiting.last);
            begin = end;
        }
        assert_eq!(begin, facts.len(), "every fact lies in a bucket");
    }

    fn check_counts(bucket: &Bucket, facts: &[Recorded]) {
        let count = |wanted: &dyn Fn(Observation, &Event) -> bool| {
            facts.iter().filter(|(_, what, event)| wanted(*what, event)).count() as u64
        };
        assert_eq!(bucket.accepted, count(&|what, _| what == Observation::Accepted));
        assert_eq!(bucket.sync_calls, count(&|what, _| what == Observation::Called));
        for kind in OutcomeKind::ALL {
            let ended = |what| match what {
                Observation::AttemptEnded(attempt) => OutcomeKind::from(attempt.outcome) == kind,
                _ => false,
            };
            assert_eq!(bucket.attempts(kind), count(&|what, _| ended(what)), "{kind:?}");
        }
        for fate in Fate::ALL {
            let settled = |what| matches!(what, Observation::Settled { fate: known, .. } if known == fate);
            assert_eq!(bucket.settled[fate as usize], count(&|what, _| settled(what)), "{fate:?}");
        }
        assert_eq!(bucket.lost(), count(&|what, event| what == Observation::Closed && event.is_lost()));
        let refused = |what| matches!(what, Observation::DeliveryEnded { failure: Some(_), .. });
        let failed: u64 = bucket.destinations.iter().map(|deliveries| deliveries.failed).sum();
        assert_eq!(failed, count(&|what, _| refused(what)));
    }

    /// What is in the system, by plain counting.
    #[derive(Default)]
    struct Levels {
        unsettled: u64,
        running: u64,
        running_events: u64,
        most_running: u64,
    }

    impl Levels {
        fn waiting(&self) -> u64 {
            self.unsettled - self.running_events
        }

        fn follow(&mut self, (_, what, event): &Recorded) {
            let of_event = u64::from(event.invocation() == InvocationType::Event);
            match what {
                Observation::Accepted => self.unsettled += 1,
                Observation::Settled { .. } => self.unsettled -= 1,
                Observation::RunStarted { .. } => {
                    self.running += 1;
                    self.running_events += of_event;
                }
                Observation::AttemptEnded(attempt) if attempt.run.is_some() => {
                    self.running -= 1;
                    self.running_events -= of_event;
                }
                _ => {}
            }
            self.most_running = self.most_running.max(self.running);
        }
    }

    #[test]
    fn merged_buckets_hold_what_the_facts_say() {
        check_against_facts(&busy());
    }

    #[test]
    fn one_event_after_ten_years_costs_no_more_buckets() {
        let mut scenario = idle();
        let ten_years = 10 * 365 * 86_400_000;
        scenario.sources = vec![events_at("rare", &[0, ten_years])];
        let (series, _) = run(&scenario);
        assert!(series.buckets().len() > Series::MOST_BUCKETS / 2);
        assert_eq!(series.total().accepted, 2);
        assert_eq!(series.buckets()[0].accepted, 1);
        check_against_facts(&scenario);
    }

    #[test]
    fn waiting_is_never_counted_while_running_or_settled() {
        let mut scenario = idle();
        scenario.sources = vec![events_at("one", &[0])];
        let (series, _) = run(&scenario);
        let levels: Vec<_> = series.buckets().iter().map(|b| (b.waiting, b.running)).collect();
        // 30 ms in the queue, 100 ms in the function: the run ends in the second bucket of 125 ms.
        let level = |max, last| Level { max, last };
        assert_eq!(levels, [(level(1, 0), level(1, 1)), (level(0, 0), level(1, 0))]);
    }

    #[test]
    fn a_refused_and_an_exhausted_event_are_no_longer_waiting() {
        let mut scenario = idle();
        scenario.functions[0].reserved = Some(0);
        scenario.sources = vec![events_at("refused", &[0, 10])];
        let (refused, _) = run(&scenario);
        scenario.functions[0].reserved = None;
        scenario.functions[0].failures = vec![exceptions(1.0, &[])];
        let (exhausted, _) = run(&scenario);
        for (series, fate) in [(refused, Fate::ZeroReservedConcurrency), (exhausted, Fate::RetriesExhausted)]
        {
            let total = series.total();
            assert_eq!(total.waiting.last, 0);
            assert_eq!(total.closed(fate, Ending::NotConfigured), 2);
            assert_eq!(total.lost(), 2);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Whatever the length of the run, and so however often buckets were merged.
        #[test]
        fn any_run_is_summed_up_exactly(
            seed in any::<u64>(),
            hundredths in 1_u32..400,
            seconds in 1_u64..400,
            reserved in 0_u32..4,
            failing in 0_u8..=10,
        ) {
            let mut scenario = idle();
            scenario.seed = crate::random::Seed(seed);
            scenario.functions[0].reserved = Some(reserved);
            scenario.functions[0].maximum_age = SimDuration::from_secs(120);
            scenario.functions[0].failures = vec![exceptions(f64::from(failing) / 10.0, &[])];
            let rate = poisson(f64::from(hundredths) / 100.0, seconds);
            scenario.sources = vec![source("any", InvocationType::Event, rate)];
            check_against_facts(&scenario);
        }

        #[test]
        fn quantiles_are_within_a_sixteenth(
            millis in prop::collection::vec(0_u64..30_000_000, 1..200),
            permille in 1_u64..=1_000,
        ) {
            let mut ages = Ages::default();
            for age in &millis {
                ages.record(SimDuration::from_millis(*age));
            }
            let mut sorted = millis;
            sorted.sort_unstable();
            let rank = (sorted.len() * usize::try_from(permille).expect("small")).div_ceil(1_000);
            let exact = sorted[rank - 1];
            let found = ages.quantile(permille).as_millis();
            prop_assert!(found.abs_diff(exact) <= exact / 16, "{found} for {exact}");
        }

        #[test]
        fn merged_ages_are_those_of_both(
            left in prop::collection::vec(0_u64..100_000, 0..50),
            right in prop::collection::vec(0_u64..100_000, 0..50),
        ) {
            let of = |millis: &[u64]| {
                let mut ages = Ages::default();
                for age in millis {
                    ages.record(SimDuration::from_millis(*age));
                }
                ages
            };
            let mut merged = of(&left);
            merged.merge(&of(&right));
            prop_assert_eq!(merged, of(&[left, right].concat()));
        }
    }

    #[test]
    fn cells_adjoin_and_hold_their_values() {
        let mut next = 0;
        for cell in 0..900 {
            let (start, width) = cell_range(cell);
            assert_eq!(start, next, "cell {cell}");
            assert_eq!((cell_of(start), cell_of(start + width - 1)), (cell, cell));
            next = start + width;
        }
    }

    #[test]
    fn the_csv_has_a_number_in_every_column_of_every_row() {
        let scenario = busy();
        let (series, _) = run(&scenario);
        let mut text = Vec::new();
        series.write_csv(&scenario, &mut text).expect("memory takes everything");
        let mut csv = csv::Reader::from_reader(&text[..]);
        let header = csv.headers().expect("a header").clone();
        assert_eq!(&header[2], "accepted");
        assert!(header.iter().any(|name| name == "functions.ship.waiting_max"));
        assert!(header.iter().any(|name| name == "destinations.failed.failed"));
        let mut accepted = 0;
        let mut rows = 0;
        for row in csv.records() {
            let row = row.expect("as many fields as the header");
            assert!(row.iter().all(|field| field.parse::<u64>().is_ok()), "{row:?}");
            accepted += row[2].parse::<u64>().expect("a number");
            rows += 1;
        }
        assert_eq!((rows, accepted), (series.buckets().len(), series.total().accepted));
    }
}
