//! What a run is about: a [`Scenario`], plain data that is valid by construction.
//!
//! ```text
//! text ──document──> tree with places ──grammar──> checked tree, defaults filled in ──lower──> Scenario
//!                            └────────────── all problems at once, each with its place ──────────────┘
//! ```
//!
//! Data lives here, behaviour in [`crate::model`].

mod account;
pub mod builtin;
mod caller;
mod chance;
mod change;
mod dependency;
mod destination;
pub mod document;
pub mod expectation;
mod fault;
mod function;
#[cfg(test)]
mod golden;
pub mod grammar;
mod imperfections;
pub mod json_schema;
pub mod load;
mod lower;
pub mod prices;
pub mod problem;
mod redrive;
pub mod reference;
pub mod set;
pub mod shape;
mod source;
mod timing;
pub mod trace;
pub mod traffic;
pub mod units;

use crate::random::Seed;
use crate::time::SimTime;

pub use account::{Account, Neighbour};
pub use caller::{CallerRetry, ClientRetry, ServiceRetry};
pub use chance::{Probability, Windows};
pub use change::{Change, ChangedSetting};
pub use dependency::{Brownout, Call, Dependency, Factor, Outage};
pub use destination::{DeliveryFailure, DeliveryFailureCause, Destination, DestinationKind, SnsOversize};
pub use expectation::Expectation;
pub use fault::{Fault, FaultKind};
pub use function::{Architecture, FailureCause, FailureKind, Function, RecursiveLoop, ResponseKind};
pub use imperfections::{Backlog, Imperfections, MilliRate, ReadRate};
pub use prices::{ComputePrices, MessagePrices, Prices};
pub use redrive::Redrive;
pub use source::{Arrivals, InvocationType, RateCurve, RateSegment, Source, SourceKind, Targets};
pub use timing::{AgeCheck, ClientErrorPolicy, Jitter, Profile, SuccessCount, TerminalPrecedence, Timing};

/// A scenario that can be run: every reference resolved, every number in range, every default filled in.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name under which results are filed: the file's name without its ending.
    pub name: String,
    /// What the scenario shows, for people.
    pub description: String,
    /// From which all randomness follows.
    pub seed: Seed,
    /// The label of virtual time zero, in milliseconds since 1970-01-01T00:00:00Z; affects output only.
    pub start_epoch_ms: i64,
    /// No source emits at or after this instant.
    pub arrivals_end: Option<SimTime>,
    /// When the run is over.
    pub end: End,
    /// What statistics over replications leave out: everything that came earlier.
    pub warm_up: Option<SimTime>,
    /// Which timing laws the defaults came from.
    pub profile: Profile,
    /// The timing laws.
    pub timing: Timing,
    /// The account that the functions share.
    pub account: Account,
    /// The functions, sorted by name.
    pub functions: Vec<Function>,
    /// What functions call, sorted by name.
    pub dependencies: Vec<Dependency>,
    /// Where events come from, sorted by name.
    pub sources: Vec<Source>,
    /// Where outcomes go, sorted by name.
    pub destinations: Vec<Destination>,
    /// What goes wrong in the service itself, in file order.
    pub faults: Vec<Fault>,
    /// What the service does that nobody asked for.
    pub imperfections: Imperfections,
    /// Changes of configuration, in the order of their effect.
    pub changes: Vec<Change>,
    /// What is sent again, in file order.
    pub redrives: Vec<Redrive>,
    /// What AWS charges.
    pub prices: Prices,
    /// What a run must fulfil, in file order.
    pub expectations: Vec<Expectation>,
}

impl Scenario {
    /// The functions as they are configured at `at`, after the changes of that instant.
    pub fn functions_at(&self, at: SimTime) -> &[Function] {
        let effective = self.changes.partition_point(|change| change.effective <= at);
        effective.checked_sub(1).map_or(&self.functions, |last| &self.changes[last].functions)
    }
}

/// When a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// When no source has anything left to send and nothing is in flight.
    Drained,
    /// Before this instant: the run covers the half-open interval [0, end); what has not ended by then is in flight.
    At(SimTime),
}
