//! A dependency: what functions call while they run, such as a database or another company's API.

use super::chance::{Probability, Windows};
use crate::id::DependencyId;
use crate::random::distribution::Distribution;
use crate::time::{SimDuration, SimTime};

/// Something that functions call and wait for, shared by all who call it.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The dependency's name.
    pub name: String,
    /// How many calls it serves at a time; positive.
    pub capacity: u32,
    /// How long it serves a call when it does nothing else.
    pub service_time: Distribution,
    /// By how much a service takes longer for each further call in service, relative to the capacity.
    pub contention: Factor,
    /// How many calls may wait; any number if not given.
    pub max_waiting: Option<u32>,
    /// When calls fail, in file order: the first outage that strikes decides.
    pub outages: Vec<Outage>,
    /// When it is slower or smaller than usual; no two at the same time.
    pub brownouts: Vec<Brownout>,
}

impl Dependency {
    /// The brown-out that reigns at `at`, with its position in the list.
    pub fn brownout_at(&self, at: SimTime) -> Option<(u8, &Brownout)> {
        (0..).zip(&self.brownouts).find(|(_, brownout)| brownout.during.contain(at))
    }
}

/// A number as parts per million, so that products with it are integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Parts per million.
    pub ppm: u64,
}

impl Factor {
    /// One: nothing changes.
    pub const ONE: Self = Self { ppm: 1_000_000 };
    /// Nothing at all.
    pub const ZERO: Self = Self { ppm: 0 };
}

/// Calls fail instead of being served.
#[derive(Clone, Debug)]
pub struct Outage {
    /// When it can strike; the beginning of the call counts.
    pub during: Windows,
    /// How probable it is, for each call.
    pub probability: Probability,
    /// How long the caller waits for the failure.
    pub fail_after: SimDuration,
    /// Why, in the author's words; empty if not given.
    pub because: String,
}

/// The dependency serves, but worse than usual.
#[derive(Clone, Debug)]
pub struct Brownout {
    /// When; the start of the service counts.
    pub during: Windows,
    /// How many times as long a service takes.
    pub slower: Factor,
    /// How many calls it serves at a time; as many as ever if not given.
    pub capacity: Option<u32>,
    /// Why, in the author's words; empty if not given.
    pub because: String,
}

/// A call that every run of a function makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is called.
    pub dependency: DependencyId,
    /// How long the caller waits for the answer; as long as the run may last if not given.
    pub timeout: Option<SimDuration>,
    /// Whether the handler catches a failure of the call.
    pub caught: bool,
}
