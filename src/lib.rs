//! thirdtry: a deterministic discrete-event simulator of AWS Lambda asynchronous invocations.

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
pub mod model;
pub mod observe;
pub mod random;
pub mod record;
pub mod scenario;
pub mod simulate;
pub mod sink;
pub mod suite;
pub mod time;

/// The version of the model: it changes when the same scenario and seed give other results.
pub const MODEL_VERSION: u32 = 1;
