//! Sweeps: a scenario at every point of a grid, replicated on common random numbers.
//!
//! ```text
//! Input, Grid ──> Sweep ──> run 0, 1, 2, … (point × replication) ──> journal, in order ──> finish ──> cells.csv
//!                             └ a shard: every n-th of them             └ resumed here       ↑        sweep.csv
//!                                                           merge: the cells of all shards ──┘        charts
//! ```
//!
//! A sweep is a pure function of (scenario, grid, seed, replications): whoever does which run, and in how many
//! sittings, the files are the same, byte for byte.
//!
//! ```
//! use std::num::{NonZeroU32, NonZeroUsize};
//! use thirdtry::experiment::Confidence;
//! use thirdtry::experiment::sweep::{Grid, Journal, Pictures, Progress, Shard, Sweep, SweepPlan, merge};
//! use thirdtry::scenario::load::Input;
//!
//! let text = r#"{ "version": 1, "functions": { "ship": { "duration": "1s", "ReservedConcurrentExecutions": 2 } },
//!     "sources": { "s": { "to": "ship", "arrivals": { "poisson": { "rate": "3/s" } }, "max_events": 50 } } }"#;
//! let axis = "functions.ship.ReservedConcurrentExecutions=1..4:1".parse()?;
//! let sweep = Sweep::prepare(SweepPlan {
//!     input: Input::from_text("example", text),
//!     grid: Grid::new(vec![axis], false).map_err(|(message, _)| message)?,
//!     replications: NonZeroU32::new(5).expect("not zero"),
//!     confidence: Confidence::USUAL,
//!     warm_up: None,
//!     metrics: vec!["waiting.Maximum".to_owned()],
//! })?;
//! # let place = std::env::temp_dir().join(format!("thirdtry-example-{}", std::process::id()));
//! let folders = [place.join("1"), place.join("2")];
//! for (number, folder) in (1..).zip(&folders) {
//!     let mut journal = Journal::open(folder, sweep.about(), Shard::new(number, 2))?;
//!     let progress = sweep.run(&mut journal, NonZeroUsize::MIN, &())?;
//!     assert_eq!(progress, Progress::Done);
//!     sweep.finish(journal, Pictures::None)?;
//! }
//! let table = merge(&folders, &place.join("whole"), Pictures::Svg)?;
//! let waiting: Vec<f64> = table.estimates.iter().map(|point| point[0].expect("a value").mean).collect();
//! assert!(waiting[0] > waiting[3], "more slots, less waiting");
//! # std::fs::remove_dir_all(place)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod finish;
mod grid;
mod journal;
mod merge;
#[cfg(feature = "charts")]
mod pictures;
pub mod recovery;
mod shard;
mod size;
pub mod text;

use super::measure::measure;
use super::names::{Metric, MetricNames};
use super::student::Confidence;
use super::supervise::{Supervisor, in_order};
use crate::observe::decimal::Decimal;
use crate::scenario::Scenario;
use crate::scenario::load::{Input, Loaded, load};
use crate::sink::directory::hexadecimal;
use crate::time::SimTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

pub use crate::experiment::Pictures;
pub use error::SweepError;
pub use finish::{SweepTable, columns};
pub use grid::{Axis, Grid, MOST_POINTS};
pub use journal::Journal;
pub use merge::merge;
pub use shard::Shard;

/// No sweep has more runs: their rows could not be handled any more.
pub const MOST_RUNS: usize = 100_000_000;

/// The metrics that say most, unless others were chosen.
const USUAL: [&str; 6] = [
    "lost.Sum",
    "AsyncEventAge.p99",
    "waiting.Maximum",
    "drain_time.Maximum",
    "cost_usd.Sum",
    "succeeded.Sum",
];

/// What a sweep is: everything that its results follow from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The program's version.
    pub thirdtry: String,
    /// The model's version.
    pub model_version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The digest of the scenario as resolved, before anything is varied.
    pub scenario_digest: String,
    /// The digest of the digests of all points.
    pub points_digest: String,
    /// The seed.
    pub seed: u64,
    /// The profile.
    pub profile: String,
    /// What is varied.
    pub grid: Grid,
    /// How many replications each point has.
    pub replications: u32,
    /// The confidence of intervals, as a share of one.
    pub confidence: f64,
    /// What came earlier is left out, if not what the scenario says is.
    pub warm_up_ns: Option<u64>,
    /// What is measured.
    pub metrics: Vec<Column>,
}

/// A metric of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `run`, `functions.NAME` or `dependencies.NAME`.
    pub scope: String,
    /// What is measured.
    pub metric: String,
    /// The statistic.
    pub statistic: String,
    /// The unit.
    pub unit: String,
}

impl About {
    /// How many runs there are.
    pub fn runs(&self) -> usize {
        self.grid.points() * self.replications as usize
    }

    /// The point and the replication of run number `run`.
    fn place(&self, run: usize) -> (usize, usize) {
        let replications = self.replications as usize;
        (run / replications, run % replications)
    }

    /// The confidence of intervals.
    pub fn confidence(&self) -> Confidence {
        Confidence::new(self.confidence).unwrap_or(Confidence::USUAL)
    }
}

/// What a sweep is to be.
#[derive(Clone, Debug)]
pub struct SweepPlan {
    /// The scenario.
    pub input: Input,
    /// What is varied.
    pub grid: Grid,
    /// How many replications each point has.
    pub replications: NonZeroU32,
    /// The confidence of intervals.
    pub confidence: Confidence,
    /// What came earlier is left out; by default what the scenario says.
    pub warm_up: Option<SimTime>,
    /// The metrics that are wanted, by name; empty for all.
    pub metrics: Vec<String>,
}

/// A sweep that can be run: every point was loaded once.
#[derive(Clone, Debug)]
pub struct Sweep {
    plan: SweepPlan,
    base: Loaded,
    about: About,
}

/// One run of a sweep.
#[derive(Clone, Debug)]
struct Cell {
    fingerprint: u64,
    end: &'static str,
    /// By the columns of the sweep; `None` where there is no value.
    values: Vec<Option<Decimal>>,
}

/// How a sweep went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All runs are done.
    Done,
    /// The supervisor stopped it after so many runs, which are kept.
    Stopped(usize),
}

impl Sweep {
    /// Loads the scenario at every point.
    ///
    /// # Errors
    /// A scenario that is invalid somewhere, a metric that is nowhere, or too many runs.
    pub fn prepare(plan: SweepPlan) -> Result<Self, SweepError> {
        Self::prepare_each(plan, |_, _| Ok(()))
    }

    /// The same, with a look at the scenario of each point, which `look` may refuse; it is told its settings.
    ///
    /// # Errors
    /// As above, and what `look` says.
    pub fn prepare_each(
        plan: SweepPlan,
        mut look: impl FnMut(&str, &Scenario) -> Result<(), SweepError>,
    ) -> Result<Self, SweepError> {
        let runs = plan.grid.points().checked_mul(plan.replications.get() as usize);
        if runs.is_none_or(|runs| runs > MOST_RUNS) {
            let message = format!("that would be more than {MOST_RUNS} runs");
            return Err(SweepError::usage(message, "take fewer points or fewer replications"));
        }
        let base = load(&plan.input).map_err(|rejected| SweepError::rejected(&plan.input, "", rejected))?;
        let mut digests = Sha256::new();
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        let mut metrics: Vec<Metric> = Vec::new();
        for point in 0..plan.grid.points() {
            let loaded = plan.load(point)?;
            look(&plan.grid.settings(point), &loaded.scenario)?;
            digests.update(loaded.digest.as_bytes());
            for metric in MetricNames::of(&loaded.scenario).all() {
                found.entry(metric.name()).or_insert_with(|| {
                    metrics.push(metric.clone());
                    metrics.len() - 1
                });
            }
        }
        let metrics = wanted(&plan.metrics, metrics, &base)?;
        let about = About {
            thirdtry: env!("CARGO_PKG_VERSION").to_owned(),
            model_version: crate::MODEL_VERSION,
            scenario: base.scenario.name.clone(),
            scenario_digest: base.digest.clone(),
            points_digest: hexadecimal(&digests.finalize()),
            seed: base.scenario.seed.0,
            profile: base.scenario.profile.name().to_owned(),
            grid: plan.grid.clone(),
            replications: plan.replications.get(),
            confidence: plan.confidence.share(),
            warm_up_ns: plan.warm_up.map(SimTime::as_nanos),
            metrics: metrics.into_iter().map(Column::from).collect(),
        };
        Ok(Self { plan, base, about })
    }

    /// What it is.
    pub const fn about(&self) -> &About {
        &self.about
    }

    /// The scenario before anything is varied.
    pub const fn base(&self) -> &Loaded {
        &self.base
    }

    /// Does the runs of the journal's shard that are not in it yet, and writes each into it, in order.
    ///
    /// # Errors
    /// When the journal cannot be written; what is in it stays.
    pub fn run(
        &self,
        journal: &mut Journal,
        threads: NonZeroUsize,
        supervisor: &impl Supervisor,
    ) -> Result<Progress, SweepError> {
        let points = Points::new(&self.plan, threads);
        let runs = journal.shard().runs(self.about.runs()).skip(journal.done());
        let work = |run: usize| {
            let cell = self.cell(run, &points, supervisor)?;
            supervisor.run_done();
            Some(cell)
        };
        let mut failed = None;
        in_order(runs, threads, work, |run, cell| match journal.append(&self.about, run, &cell) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        });
        match failed {
            Some(error) => Err(error),
            None if journal.is_complete(&self.about) => Ok(Progress::Done),
            None => Ok(Progress::Stopped(journal.done())),
        }
    }

    fn cell(&self, run: usize, points: &Points<'_>, supervisor: &impl Supervisor) -> Option<Cell> {
        let (point, replication) = self.about.place(run);
        let point = points.get(point);
        let replication = u32::try_from(replication).expect("below a number of 32 bits");
        let from = self.plan.warm_up.or(point.loaded.scenario.warm_up).unwrap_or(SimTime::ZERO);
        let measured = measure(&point.loaded.scenario, replication, from, supervisor)?;
        let value = |column: &Column| measured.values[*point.positions.get(&column.name)?];
        Some(Cell {
            fingerprint: measured.fingerprint,
            end: measured.end.name(),
            values: self.about.metrics.iter().map(value).collect(),
        })
    }
}

/// The metrics called `names`, in that order; all if there are none.
fn wanted(names: &[String], all: Vec<Metric>, base: &Loaded) -> Result<Vec<Metric>, SweepError> {
    if names.is_empty() {
        return Ok(all);
    }
    let known = MetricNames::of(&base.scenario);
    let find = |name: &String| {
        // With one function, its metrics are those of the run.
        let name = known.find(name).map_or_else(|_| name.clone(), |at| known.all()[at].name());
        all.iter().find(|metric| metric.name() == name).cloned().ok_or_else(|| {
            let unknown = known.find(&name).expect_err("all of its metrics are there");
            SweepError::usage(unknown.to_string(), unknown.hint)
        })
    };
    names.iter().map(find).collect()
}

impl SweepPlan {
    /// The scenario at point `point`.
    fn load(&self, point: usize) -> Result<Loaded, SweepError> {
        let mut input = self.input.clone();
        let pairs = self.grid.axes().iter().zip(self.grid.values(point));
        input.sets.extend(pairs.map(|(axis, value)| (axis.path.clone(), value.to_owned())));
        load(&input).map_err(|rejected| SweepError::rejected(&input, &self.grid.settings(point), rejected))
    }
}

impl From<Metric> for Column {
    fn from(metric: Metric) -> Self {
        let name = metric.name();
        let Metric { scope, metric, statistic, unit } = metric;
        Self { name, scope, metric, statistic: statistic.to_owned(), unit: unit.to_owned() }
    }
}

/// The points that are being run: a few at a time, as runs come point by point.
struct Points<'a> {
    plan: &'a SweepPlan,
    recent: Mutex<VecDeque<(usize, Arc<Point>)>>,
    most: usize,
}

struct Point {
    loaded: Loaded,
    positions: BTreeMap<String, usize>,
}

impl<'a> Points<'a> {
    fn new(plan: &'a SweepPlan, threads: NonZeroUsize) -> Self {
        Self { plan, recent: Mutex::default(), most: threads.get() + 1 }
    }

    fn get(&self, point: usize) -> Arc<Point> {
        let mut recent = self.recent.lock().expect("whoever held it only looked or loaded");
        if let Some((_, known)) = recent.iter().find(|(known, _)| *known == point) {
            return Arc::clone(known);
        }
        let loaded = self.plan.load(point).unwrap_or_else(|_| unreachable!("every point was loaded before"));
        let names = MetricNames::of(&loaded.scenario);
        let positions = names.all().iter().enumerate().map(|(at, metric)| (metric.name(), at)).collect();
        let known = Arc::new(Point { loaded, positions });
        recent.push_back((point, Arc::clone(&known)));
        if recent.len() > self.most {
            recent.pop_front();
        }
        known
    }
}
