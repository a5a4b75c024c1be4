//! A second implementation of the model, held against the engine observation by observation.
//!
//! The twin ([`model`], [`capacity`], [`arrivals`]) is written from the reference as plainly as possible, and shares
//! with the engine the draws, the laws and the scenario's data alone. Scenarios are generated ([`generate`]): small,
//! crowded and on round times, so that things often happen at the same instant.
//!
//! The scenarios follow from a fixed seed, so that a failure is the same everywhere. `TWIN_CASES=100000
//! TWIN_SEED=7 cargo test twin` looks further; what fails is shrunk, and its seed kept in `regressions.txt`, which is
//! tried first ever after.

mod arrivals;
mod capacity;
mod coverage;
pub(crate) mod generate;
mod model;
mod seen;

use crate::support::load;
use coverage::Coverage;
use proptest::test_runner::{
    Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestRng, TestRunner,
};
use std::cell::RefCell;
use thirdtry::simulate::simulate;

/// Scenarios in an ordinary run of the tests.
const CASES: u32 = 2_000;

/// Goal: the engine's structures (wheel, slab, token buckets, parked environments, plans made twice) change nothing.
/// Method: both live through the same generated scenarios; all lines are equal; and everything that can happen has
/// happened in one of them.
#[test]
fn engine_and_twin_see_the_same_things_happen() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let config = Config {
        cases: number("TWIN_CASES").unwrap_or(CASES),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/it/twin/regressions.txt"))),
        source_file: Some(file!()),
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&number("TWIN_SEED").unwrap_or(1).to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let coverage = RefCell::new(Coverage::default());
    let outcome = runner.run(&generate::scenario(), |text| {
        let (lines, ties) = compare(&text)?;
        coverage.borrow_mut().add(&lines, &ties);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    coverage.borrow().assert_complete();
}

/// Scenarios in which they once saw different things, whoever was right.
#[test]
fn what_told_them_apart_once_does_so_no_more() {
    // The engine's redrive went on with what came after it had begun, for messages that expired in the meantime.
    let redrive_and_retention = r#"{ "version": 1, "profile": "documented", "timing": { "other_4xx_policy": "drop" },
        "functions": { "b": { "DeadLetterConfig": { "TargetArn": "queue" }, "EventInvokeConfig":
            { "DestinationConfig": { "OnFailure": { "Destination": "queue" } } } } },
        "destinations": { "queue": { "sqs": { "MessageRetentionPeriod": 60 } } },
        "sources": { "x": { "to": "b", "max_events": 3, "arrivals": { "times": ["0ms", "0ms", "0ms"] } } },
        "faults": [{ "client_error": {} }],
        "redrives": [{ "rate": "1/s", "from": "queue", "at": "22500ms" },
                     { "rate": "1/s", "from": "queue", "at": "77000ms" }] }"#;
    compare(redrive_and_retention).expect("both see the same");
}

fn compare(text: &str) -> Result<model::Life, TestCaseError> {
    let scenario = load(text).scenario;
    let mut engine = seen::Seen::default();
    simulate(&scenario, &mut engine);
    let (twin, ties) = model::live(&scenario);
    if engine.0 == twin {
        return Ok((twin, ties));
    }
    let same = engine.0.iter().zip(&twin).take_while(|(engine, twin)| engine == twin).count();
    let around = |lines: &[String]| lines.get(same).cloned().unwrap_or_else(|| "nothing more".to_owned());
    let before = engine.0[same.saturating_sub(4)..same].join("\n  ");
    let message =
        format!("both:\n  {before}\nengine: {}\ntwin:   {}\nin {text}", around(&engine.0), around(&twin));
    Err(TestCaseError::fail(message))
}
