//! Experiments: many runs of one scenario, and what they say together.
//!
//! ```text
//! Scenario, Plan ──> replicate ──> Measured, on all cores ──in order──> Replications ──> Estimate ± half-width
//!                                    (MetricNames: what is measured)          └ difference, paired
//! ```
//!
//! A run is an anecdote; independent replications of it, which differ in their draws alone, are a sample. Two scenarios
//! with the same seed see the same events in the same replication (common random numbers), so that their difference is
//! known far better than either. Definitions and sources: `docs/statistics.md`.
//!
//! Nothing here depends on the number of threads: work is numbered, and results are taken in order.

pub mod diff;
mod estimate;
pub mod files;
mod measure;
mod names;
mod pictures;
mod precision;
mod replicate;
pub mod scale;
mod student;
mod supervise;
pub mod sweep;
pub mod text;
mod warm_up;

pub use estimate::{Estimate, Quantiles};
pub use measure::{Measured, measure};
pub(crate) use measure::{Meter, measure_with};
pub use names::{Metric, MetricNames, UnknownMetric};
pub use pictures::Pictures;
pub use precision::{Margin, Precision, Target};
pub use replicate::{
    FEWEST_TO_STOP, MOST_UNLESS_TOLD, PILOTS, Plan, Replication, Replications, Row, Stopped, find_warm_up,
    replicate,
};
pub use student::{Confidence, t_quantile};
pub(crate) use supervise::in_order;
pub use supervise::{Supervisor, all_cores, in_parallel};
pub use warm_up::mser5;
