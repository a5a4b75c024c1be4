//! One bucket: what happened within it, as counts and levels, and as a row of `series.csv`.

use super::ages::Ages;
use super::kind::{Ending, OutcomeKind};
use crate::id::DestinationId;
use crate::model::dependency::CallOutcome;
use crate::model::event::Event;
use crate::model::observation::{Attempt, Fate, Next};
use crate::scenario::Scenario;

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

impl Bucket {
    pub(super) fn new([functions, destinations, dependencies]: [usize; 3]) -> Self {
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
    pub(super) fn carried(&self) -> Self {
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

    pub(super) fn start_waiting(&mut self, function: usize) {
        self.waiting.add(1);
        self.functions[function].waiting.add(1);
    }

    pub(super) fn stop_waiting(&mut self, function: usize) {
        self.waiting.subtract(1);
        self.functions[function].waiting.subtract(1);
    }

    pub(super) fn set_running(&mut self, function: usize, running: u32) {
        let before = self.functions[function].running.last;
        let now = u64::from(running);
        self.functions[function].running.set(now);
        self.running.set(self.running.last + now - before);
    }

    /// An attempt ended; `queued` if it is one of an event that waits for its turns.
    pub(super) fn end_attempt(&mut self, attempt: &Attempt, function: usize, queued: bool) {
        self.attempts[OutcomeKind::from(attempt.outcome) as usize] += 1;
        match (attempt.run, attempt.next) {
            (Some(run), next) => {
                self.set_running(function, run.running);
                if queued && matches!(next, Next::Retry { .. }) {
                    self.start_waiting(function);
                }
            }
            (None, next) if queued => {
                self.age.record(attempt.age);
                if matches!(next, Next::Settle { .. }) {
                    self.stop_waiting(function);
                }
            }
            (None, _) => {}
        }
    }

    pub(super) fn count_delivery(&mut self, destination: DestinationId, failed: bool) {
        let deliveries = &mut self.destinations[destination.index()];
        if failed {
            deliveries.failed += 1;
        } else {
            deliveries.delivered += 1;
        }
    }

    pub(super) fn close(&mut self, event: &Event) {
        if let Some((fate, _)) = event.settled() {
            self.closed[fate as usize][Ending::of(event) as usize] += 1;
        }
    }

    pub(super) fn merge(&mut self, later: &Self) {
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
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
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

impl Level {
    pub(super) fn set(&mut self, value: u64) {
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

fn add_each(mine: &mut [u64], theirs: &[u64]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine += theirs;
    }
}

/// The columns of the CSV, in order.
pub(super) fn header(scenario: &Scenario) -> Vec<String> {
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
