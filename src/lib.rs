//! placeholder
pub mod explain;
pub mod id;
pub mod model;
pub mod observe;
pub mod random;
pub mod scenario;
pub mod time;
