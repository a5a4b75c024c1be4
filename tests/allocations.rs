//! A program of its own, because it counts the allocations of the whole process: once a run has reached its steady
//! state, an event allocates nothing.

use thirdtry::observe::summary::SummaryReport;
use thirdtry::record::{Files, Recorder};
use thirdtry::scenario::load::{Input, Loaded, load};
use thirdtry::simulate::Simulation;
use thirdtry::sink::directory::OutputFolder;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// A load that stays as it is, and everything that an event can meet: failures of several kinds, throttles, system
/// errors, a chain to a second function, deliveries that fail, a dead-letter queue, a caller who waits.
fn busy(events: u64) -> Loaded {
    let text = format!(
        r#"{{ "version": 1, "seed": 7,
        "functions": {{
            "ship": {{ "ReservedConcurrentExecutions": 200, "Timeout": 5,
                "EventInvokeConfig": {{ "MaximumEventAgeInSeconds": 300, "DestinationConfig": {{
                    "OnSuccess": {{ "Destination": "next" }}, "OnFailure": {{ "Destination": "failed" }} }} }},
                "DeadLetterConfig": {{ "TargetArn": "failed" }},
                "duration": {{ "lognormal": {{ "median": "400ms", "p99": "3s" }} }},
                "failures": [ {{ "poison": {{ "probability": 0.02 }} }}, {{ "exception": {{ "probability": 0.1 }} }},
                              {{ "timeout": {{ "probability": 0.01 }} }} ] }},
            "tell": {{ "duration": "50ms" }} }},
        "destinations": {{
            "failed": {{ "sqs": {{ "failures": [ {{ "permission": {{ "probability": 0.3 }} }} ] }} }},
            "next": {{ "lambda": {{ "FunctionName": "tell" }} }} }},
        "faults": [ {{ "system_error": {{ "probability": 0.05 }} }} ],
        "sources": {{
            "orders": {{ "to": "ship", "max_events": {events}, "arrivals": {{ "poisson": {{ "rate": "200/s" }} }} }},
            "api": {{ "to": "ship", "invocation": "sync", "max_events": {calls},
                      "arrivals": {{ "poisson": {{ "rate": "10/s" }} }} }} }} }}"#,
        calls = events / 20
    );
    load(&Input::from_text("busy", &text)).unwrap_or_else(|rejected| panic!("{rejected}"))
}

type NewRecorder = fn(&Loaded) -> Recorder<'_>;

/// Allocations, reallocations included, from the first event to the last.
fn allocations(loaded: &Loaded, new_recorder: NewRecorder) -> (u64, SummaryReport) {
    let mut recorder = new_recorder(loaded);
    let mut simulation = Simulation::new(&loaded.scenario, 0);
    let before = dhat::HeapStats::get().total_blocks;
    let end = simulation.advance(&mut recorder, u64::MAX).expect("the run ends");
    let allocations = dhat::HeapStats::get().total_blocks - before;
    (allocations, recorder.finish(end, simulation.now()).expect("no errors"))
}

/// All tables with a row for each event, attempt or observation. Datapoints of metrics may allocate: they come by the
/// minute, not by the event.
fn with_tables(loaded: &Loaded) -> Recorder<'_> {
    let folder = std::env::temp_dir().join(format!("thirdtry-{}-allocations", std::process::id()));
    let folder = OutputFolder::open(&folder).expect("a writable folder");
    let files = Files { events: true, attempts: true, timeline: Files::ALL.timeline, ..Files::LEAST };
    Recorder::with_files(loaded, folder, files).expect("writable files")
}

/// Goal: no allocation per event. Method: the same load for twice as long may cost only what the growing of a few
/// tables costs; one allocation in a thousand events would already be seen.
#[test]
fn twice_as_many_events_do_not_allocate_more() {
    const EVENTS: u64 = 50_000;
    let (short, long) = (busy(EVENTS), busy(2 * EVENTS));
    let _counting = dhat::Profiler::builder().testing().build();
    let without_files: NewRecorder = |loaded| Recorder::without_files(&loaded.scenario);
    for (what, new_recorder) in [("no files", without_files), ("tables", with_tables)] {
        let (fewer, _) = allocations(&short, new_recorder);
        let (more, report) = allocations(&long, new_recorder);
        let events = report.counts.accepted - EVENTS;
        assert!(events > EVENTS, "{events} events: the longer run is longer");
        let growth = more.saturating_sub(fewer);
        assert!(
            growth < EVENTS / 1_000,
            "{what}: {growth} allocations for {EVENTS} more events ({fewer} before)"
        );
    }
}
