//! thirdtry: a deterministic discrete-event simulator of AWS Lambda asynchronous invocations.
//!
//! A scenario and a seed go in; everything that happens to every event comes out, the same on every machine.
//!
//! ```
//! use thirdtry::model::observation::{Fact, Fate, Observation, Observer};
//! use thirdtry::scenario::load::{Input, load};
//! use thirdtry::simulate::{RunEnd, simulate};
//!
//! /// Counts the events that used up their retries.
//! #[derive(Default)]
//! struct Exhausted(u32);
//!
//! impl Observer for Exhausted {
//!     fn observe(&mut self, fact: &Fact<'_>) {
//!         let settled = matches!(fact.what, Observation::Settled { fate: Fate::RetriesExhausted, .. });
//!         self.0 += u32::from(settled);
//!     }
//! }
//!
//! let text = r#"{ "version": 1,
//!     "functions": { "ship": { "duration": "1s", "failures": [ { "exception": { "probability": 0.5 } } ] } },
//!     "sources": { "s": { "to": "ship", "arrivals": { "poisson": { "rate": "1/s" } }, "max_events": 100 } } }"#;
//! let scenario = load(&Input::from_text("example", text)).expect("valid").scenario;
//! let mut exhausted = Exhausted::default();
//! assert_eq!(simulate(&scenario, &mut exhausted), RunEnd::Drained);
//! // An event is tried three times, and each try fails half of the time.
//! assert!((5..25).contains(&exhausted.0));
//! ```
//!
//! # Where to look
//!
//! | To … | see |
//! |---|---|
//! | read a scenario, or change a setting of one | [`scenario::load`] |
//! | run it, with an observer of your own | [`simulate`], [`model::observation`] |
//! | run it with the files and charts of the command line | [`record`] |
//! | know how sure a number is | [`experiment::replicate`] |
//! | compare settings, over a grid | [`experiment::sweep`] |
//! | compare two scenarios, event by event | [`experiment::diff`] |
//! | find the setting that meets a goal | [`solve`] |
//! | hold a run against what it must fulfil, for a build | [`expect`], [`suite`] |
//! | know why something happened to an event | [`explain`] |
//!
//! What is simulated, and how true it is to AWS, is in `docs/model.md` and `docs/fidelity.md`; definitions of all that
//! is measured are in `docs/outputs.md` and `docs/statistics.md`.
//!
//! # Features
//!
//! `charts` (SVG and PNG), `import` (infrastructure code and metric exports), and `cli` (the program, and nothing of
//! the library); all are on by default.

#[cfg(feature = "charts")]
pub mod chart;
pub mod engine;
pub mod estimate;
pub mod expect;
pub mod experiment;
pub mod explain;
pub mod export;
pub mod id;
#[cfg(feature = "import")]
pub mod import;
pub mod lint;
pub mod model;
pub mod observe;
#[cfg(feature = "import")]
pub mod overlay;
pub mod random;
pub mod record;
pub mod report;
pub mod rounding;
pub mod scenario;
pub mod simulate;
pub mod sink;
pub mod solve;
pub mod suite;
pub mod text;
pub mod time;
pub mod verify;

/// The version of the model: it changes when the same scenario and seed give other results.
pub const MODEL_VERSION: u32 = 1;
