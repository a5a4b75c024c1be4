//! What the integration tests share: loading scenarios from text, and an observer that keeps whole lives.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use thirdtry::id::EventId;
use thirdtry::model::event::{Route, RouteResult};
use thirdtry::model::observation::{AttemptOutcome, Fact, Fate, Observation, Observer};
use thirdtry::observe::summary::SummaryReport;
use thirdtry::record::{Files, Recorder};
use thirdtry::scenario::InvocationType;
use thirdtry::scenario::load::{Input, Loaded};
use thirdtry::simulate::Simulation;
use thirdtry::sink::directory::OutputFolder;
use thirdtry::time::{SimDuration, SimTime};

/// Loads a scenario that must be valid.
#[track_caller]
pub(crate) fn load(text: &str) -> Loaded {
    match thirdtry::scenario::load::load(&Input::from_text("test", text)) {
        Ok(loaded) => loaded,
        Err(rejected) => panic!("{rejected}"),
    }
}

/// What happened to one event.
#[derive(Clone, Debug)]
pub(crate) struct Trail {
    pub(crate) invocation: InvocationType,
    pub(crate) source: usize,
    pub(crate) function: usize,
    pub(crate) number: u64,
    /// Whether it came from the source itself, not from another event's outcome.
    pub(crate) first_of_chain: bool,
    pub(crate) accepted: SimTime,
    pub(crate) dispatches: Vec<SimTime>,
    pub(crate) ages: Vec<SimDuration>,
    /// Length and outcome of each run.
    pub(crate) runs_made: Vec<(SimDuration, AttemptOutcome)>,
    pub(crate) runs: u8,
    pub(crate) errors: u32,
    pub(crate) throttles: u32,
    pub(crate) fate: Option<Fate>,
    pub(crate) settled: Option<SimTime>,
    pub(crate) dropped: bool,
    pub(crate) routes: [RouteResult; 3],
}

impl Trail {
    pub(crate) fn route(&self, route: Route) -> RouteResult {
        self.routes[route as usize]
    }
}

/// Keeps what happened to every event.
#[derive(Debug, Default)]
pub(crate) struct Trails(pub(crate) BTreeMap<EventId, Trail>);

impl Trails {
    /// The asynchronous event with the lowest number.
    pub(crate) fn first_event(self) -> Trail {
        let asynchronous = |trail: &Trail| trail.invocation == InvocationType::Event;
        self.0.into_values().find(asynchronous).expect("an event")
    }
}

impl Observer for Trails {
    fn observe(&mut self, fact: &Fact<'_>) {
        let event = fact.event;
        let trail = self.0.entry(event.id()).or_insert_with(|| Trail {
            invocation: event.invocation(),
            source: event.source().index(),
            function: event.function().index(),
            number: event.number(),
            first_of_chain: event.parent().is_none(),
            accepted: event.accepted(),
            dispatches: Vec::new(),
            ages: Vec::new(),
            runs_made: Vec::new(),
            runs: 0,
            errors: 0,
            throttles: 0,
            fate: None,
            settled: None,
            dropped: false,
            routes: [RouteResult::NotConfigured; 3],
        });
        trail.runs = event.runs();
        trail.routes = Route::ALL.map(|route| event.route(route));
        match fact.what {
            Observation::AttemptEnded(attempt) => {
                trail.dispatches.push(attempt.dispatched);
                trail.ages.push(attempt.age);
                trail.throttles += u32::from(matches!(attempt.outcome, AttemptOutcome::Throttled(_)));
                trail.errors += u32::from(matches!(attempt.outcome, AttemptOutcome::FunctionError(_)));
                trail.runs_made.extend(attempt.run.map(|run| (run.duration, attempt.outcome)));
            }
            Observation::Settled { fate, .. } => {
                trail.fate = Some(fate);
                trail.settled = Some(fact.at);
                trail.dropped = fate != Fate::Succeeded;
            }
            _ => {}
        }
    }
}

/// An empty folder of this name for the results of a test.
pub(crate) fn temporary_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("a folder of an earlier test run");
    }
    folder
}

/// Runs a scenario to its end and writes `files` into `folder`.
pub(crate) fn record(loaded: &Loaded, folder: &Path, files: Files) -> SummaryReport {
    let folder = OutputFolder::open(folder).expect("a writable folder");
    let mut recorder = Recorder::with_files(loaded, folder, files).expect("writable files");
    let mut simulation = Simulation::new(&loaded.scenario, 0);
    let end = simulation.advance(&mut recorder, u64::MAX).expect("the run ends");
    recorder.finish(end, simulation.now()).expect("the files can be written")
}

/// All files below `folder` with their contents.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a readable folder") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("it lies below").to_owned();
                found.insert(name, fs::read(&path).expect("a readable file"));
            }
        }
    }
    found
}
