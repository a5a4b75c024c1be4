//! thirdtry: a deterministic discrete-event simulator of AWS Lambda asynchronous invocations.

pub mod engine;
pub mod id;
pub mod model;
pub mod observe;
pub mod random;
pub mod scenario;
pub mod simulate;
pub mod time;
