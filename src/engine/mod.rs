//! The machinery of a discrete-event simulation: it knows nothing of Lambda.

pub mod calendar;
pub mod chunks;
pub mod places;
pub mod ranks;
pub mod slab;
mod wheel;
