//! Real input: 8,819 recorded arrivals in 57 minutes (Azure LLM inference trace 2023, code), replayed through the
//! whole path with a ten-minute outage and a reserved concurrency that is too small.
//!
//! The recording is read in place from `../shared`; where that folder is absent, the test says so and skips.

use crate::source_files::root;
use crate::support::{record, temporary_folder, tree};
use thirdtry::observe::ledger::Ledger;
use thirdtry::record::Files;
use thirdtry::scenario::load::{Input, Loaded, load};
use thirdtry::simulate::{RunEnd, simulate};

const SCENARIO: &str = r#"{ "version": 1, "seed": 1,
    "description": "8,819 recorded requests in 57 minutes, a ten-minute outage, too little reserved concurrency",
    "functions": { "code": { "ReservedConcurrentExecutions": 12, "Timeout": 60, "MemorySize": 1024,
        "EventInvokeConfig": { "MaximumEventAgeInSeconds": 1800,
                               "DestinationConfig": { "OnFailure": { "Destination": "failed" } } },
        "duration": { "lognormal": { "median": "2s", "p99": "15s" } },
        "failures": [ { "exception": { "during": ["20m", "30m"], "because": "outage of the model store" } },
                      { "exception": { "probability": 0.01 } } ] } },
    "destinations": { "failed": { "sqs": {} } },
    "sources": { "requests": { "to": "code",
        "arrivals": { "trace": { "csv": "azure_llm_code_2023_arrivals.csv", "column": "offset_s" } } } } }"#;

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn recorded() -> Option<Loaded> {
    let folder = root().join("../shared/data/azure");
    if !folder.is_dir() {
        eprintln!("skipped: ../shared/data is absent");
        return None;
    }
    let input = Input { folder: Some(folder), ..Input::from_text("azure", SCENARIO) };
    Some(load(&input).unwrap_or_else(|rejected| panic!("{rejected}")))
}

#[test]
fn every_recorded_event_is_accounted_for() {
    let Some(loaded) = recorded() else { return };
    let mut ledger = Ledger::default();
    assert_eq!(simulate(&loaded.scenario, &mut ledger), RunEnd::Drained);
    assert_eq!(ledger.accepted(), 8_819);
    assert_eq!(ledger.settled_in_all(), 8_819);
    assert_eq!(ledger.check(0), Ok(()));
}

#[test]
fn the_replay_is_byte_identical_when_repeated() {
    let Some(loaded) = recorded() else { return };
    let folders = ["trace-once", "trace-again"].map(temporary_folder);
    for folder in &folders {
        record(&loaded, folder, Files::ALL);
    }
    let [once, again] = folders.map(|folder| tree(&folder));
    assert!(once.len() > 10, "only {} files", once.len());
    for ((name, ours), (other, theirs)) in once.iter().zip(&again) {
        assert_eq!(name, other);
        assert!(ours == theirs, "{} differs", name.display());
    }
}

/// The burst, the backlog and the drain are there to be seen: the outage builds a backlog of more than a thousand
/// events, which is gone within an hour after it.
#[test]
fn the_outage_builds_a_backlog_that_drains() {
    let Some(loaded) = recorded() else { return };
    let folder = temporary_folder("trace-backlog");
    let report = record(&loaded, &folder, Files::LEAST);
    let peak = report.counts.backlog.peak;
    assert!(peak.maximum > 1_000, "{peak:?}");
    let peak_at = peak.at_ns.expect("events waited") / 1_000_000_000;
    assert!((20 * 60..45 * 60).contains(&peak_at), "the peak is at {peak_at} s");
}
