//! placeholder
#[cfg(feature = "charts")]
pub mod chart;
pub mod id;
pub mod model;
pub mod observe;
pub mod random;
pub mod scenario;
pub mod time;
