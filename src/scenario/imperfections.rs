//! What an eventually consistent queue does now and then.

use super::chance::Probability;

/// The queue's own imperfections: "the same event can be delivered more than once", and events "might be deleted
/// without being sent". AWS gives no numbers.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imperfections {
    /// How probable it is that an accepted event is delivered twice.
    pub duplicate: Probability,
    /// How probable it is that an accepted event vanishes.
    pub loss: Probability,
}

impl Imperfections {
    /// A perfect queue.
    pub const NONE: Self = Self { duplicate: Probability::NEVER, loss: Probability::NEVER };
}
