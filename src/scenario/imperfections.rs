//! What the service does that nobody asked for: all of it off unless a scenario turns it on.

use super::chance::Probability;
use crate::random::distribution::Distribution;

/// Imperfections of the queue and of those who read it: "the same event can be delivered more than once", events
/// "might be deleted without being sent", and with many entries Lambda reads more slowly. AWS gives no numbers.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
#[derive(Clone, Debug)]
pub struct Imperfections {
    /// How probable it is that an accepted event is delivered twice.
    pub duplicate: Probability,
    /// How probable it is that an accepted event vanishes.
    pub loss: Probability,
    /// Longer back-off waits when many events wait.
    pub backlog: Option<Backlog>,
    /// How fast the poller reads a function's queue; unlimited if not given.
    pub read_rate: Option<ReadRate>,
    /// How much later than due each dispatch is, for others are served as well.
    pub neighbour_delay: Option<Distribution>,
}

impl Imperfections {
    /// A perfect queue.
    pub const NONE: Self = Self {
        duplicate: Probability::NEVER,
        loss: Probability::NEVER,
        backlog: None,
        read_rate: None,
        neighbour_delay: None,
    };
}

/// The slow-down under a backlog: from `threshold` waiting events of a function on, each further power of ten
/// multiplies the nominal back-off wait by `multiplier`; linear in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Up to so many waiting events waits are as usual.
    pub threshold: u64,
    /// The multiplier in thousandths; at least 1 000.
    pub multiplier_milli: u64,
}

/// How fast the poller reads the queue of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadRate {
    /// Always as fast.
    Constant(MilliRate),
    /// Additive increase is a tenth a period, multiplicative decrease a half, as congestion is met.
    Adaptive {
        /// At the beginning.
        initial: MilliRate,
        /// Never slower.
        least: MilliRate,
        /// Never faster.
        most: MilliRate,
    },
}

/// Thousandths of an event per second; positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MilliRate(pub u64);
