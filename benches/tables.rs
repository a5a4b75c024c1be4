//! The tables alone: nanoseconds and bytes a row, without a run around them.
//!
//! `cargo bench --bench tables` lives through some events of two workloads, keeps every fact, and tells some of them
//! again and again to one sink at a time, which writes into nothing. The shortest of many short rounds is printed:
//! whatever else the machine does only ever makes a round longer. What whole runs and real files cost,
//! `whole_run` says.
#![expect(clippy::disallowed_types, reason = "a benchmark reads the wall clock")]
#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::io::{self, Write};
use std::num::NonZeroU64;
use std::path::Path;
use std::time::Instant;
use thirdtry::model::event::Event;
use thirdtry::model::observation::{Fact, Observation, Observer};
use thirdtry::scenario::Scenario;
use thirdtry::scenario::load::{Input, load};
use thirdtry::simulate::simulate;
use thirdtry::sink::attempts_csv::AttemptsCsv;
use thirdtry::sink::events_csv::EventsCsv;
use thirdtry::sink::timeline_csv::TimelineCsv;
use thirdtry::time::SimTime;

const WORKLOADS: [&str; 2] = ["calm", "overloaded"];
const EVENTS: u64 = 20_000;
/// Facts that are told again and again: few enough to stay in the cache, as what a run tells about does.
const SOME: usize = 500;
/// Facts of a round.
const FACTS: usize = 20 * SOME;
const ROUNDS: usize = 400;

fn main() {
    println!("workload    table            ns/row  bytes/row      MB/s");
    for workload in WORKLOADS {
        let scenario = load_workload(workload);
        let facts = Kept::of(&scenario);
        let counts = Counts::of(&facts);
        let scenario = &scenario;
        let idle = best(&facts, || (), |()| 0).0;
        let show = |table, rows, (nanos, bytes)| show(workload, table, rows, (nanos - idle, bytes));
        let end = |written: io::Result<Count>| written.expect("no errors").bytes;
        let new = || EventsCsv::new(scenario, Count::default());
        show("events.csv", counts.closed, best(&facts, new, |sink| end(sink.finish())));
        let new = || AttemptsCsv::new(scenario, Count::default());
        show("attempts.csv", counts.attempts, best(&facts, new, |sink| end(sink.finish())));
        let new = || TimelineCsv::new(scenario, NonZeroU64::MIN, Count::default());
        show("timeline.csv", FACTS as u64, best(&facts, new, |sink| end(sink.finish())));
    }
}

fn load_workload(name: &str) -> Scenario {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut input = Input::read(&root.join(format!("benches/scenarios/{name}.json"))).expect("the workload");
    input.sets.push(("sources.events.max_events".to_owned(), EVENTS.to_string()));
    load(&input).unwrap_or_else(|rejected| panic!("{rejected}")).scenario
}

/// The facts of a run, to be told again.
#[derive(Default)]
struct Kept(Vec<(SimTime, Event, Observation)>);

impl Kept {
    fn of(scenario: &Scenario) -> Self {
        let mut kept = Self::default();
        simulate(scenario, &mut kept);
        kept
    }

    /// Those of a round, from the middle of the run.
    fn round(&self) -> impl Iterator<Item = Fact<'_>> {
        let some = &self.0[self.0.len() / 2..][..SOME];
        some.iter().map(|(at, event, what)| Fact { at: *at, event, what: *what }).cycle().take(FACTS)
    }
}

/// How many rows a round makes.
struct Counts {
    closed: u64,
    attempts: u64,
}

impl Counts {
    fn of(facts: &Kept) -> Self {
        let mut counts = Self { closed: 0, attempts: 0 };
        for fact in facts.round() {
            counts.closed += u64::from(matches!(fact.what, Observation::Closed));
            counts.attempts += u64::from(matches!(fact.what, Observation::AttemptEnded(_)));
        }
        counts
    }
}

impl Observer for Kept {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.0.push((fact.at, fact.event.clone(), fact.what));
    }
}

/// Takes everything and counts it.
#[derive(Default)]
struct Count {
    bytes: u64,
}

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The shortest round in nanoseconds, and the bytes that it wrote.
fn best<O: Observer>(facts: &Kept, new: impl Fn() -> O, finish: impl Fn(O) -> u64) -> (u64, u64) {
    let round = |_| {
        let mut observer = new();
        let started = Instant::now();
        facts.round().for_each(|fact| observer.observe(&fact));
        let bytes = finish(observer);
        (u64::try_from(started.elapsed().as_nanos()).expect("less than 584 years"), bytes)
    };
    (0..ROUNDS).map(round).min().expect("at least one round")
}

fn show(workload: &str, table: &str, rows: u64, (nanos, bytes): (u64, u64)) {
    let (each, width) = (nanos / rows, bytes / rows);
    println!("{workload:<11} {table:<16} {each:>6} {width:>10} {:>9}", bytes * 1_000 / nanos.max(1));
}
