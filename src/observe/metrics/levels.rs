//! How much runs at once: of each function, and of the Region with its neighbours.
#![expect(clippy::inline_always, reason = "part of an observer that is specialised where a fact is reported")]

use super::window::{Level, Levels};
use crate::id::FunctionId;
use crate::model::observation::Placement;
use crate::scenario::{Account, Change, Function, Scenario};
use crate::time::SimTime;

/// Millionths in one.
const WHOLE: u64 = 1_000_000;

/// The runs in progress.
#[derive(Clone, Debug)]
pub(super) struct Running<'s> {
    changes: &'s [Change],
    account: &'s Account,
    functions: Vec<Share>,
    /// What the parts of all functions add up to. Kept, not summed anew: the start of a run must not cost more the
    /// more functions there are.
    total: Part,
}

/// What a function adds to the levels of the Region; and the sum of these.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    running: u32,
    /// Of these, runs on the account's unreserved concurrency.
    unreserved: u32,
    /// Of these, runs on provisioned concurrency.
    provisioned: u32,
    /// What is reserved or, without a reservation, provisioned: a reservation contains its provisioned part.
    allocated: u32,
}

impl Part {
    fn add(&mut self, other: Self) {
        self.running += other.running;
        self.unreserved += other.unreserved;
        self.provisioned += other.provisioned;
        self.allocated += other.allocated;
    }

    fn subtract(&mut self, other: Self) {
        self.running -= other.running;
        self.unreserved -= other.unreserved;
        self.provisioned -= other.provisioned;
        self.allocated -= other.allocated;
    }
}

/// The runs of one function in progress.
#[derive(Clone, Copy, Debug)]
pub(super) struct InProgress {
    pub(super) all: u32,
    /// Of these, runs on provisioned concurrency.
    pub(super) provisioned: u32,
}

/// One function.
#[derive(Clone, Copy, Debug)]
struct Share {
    reserved: Option<u32>,
    allocated: u32,
    running: u32,
    /// Of these, runs on provisioned concurrency.
    provisioned: u32,
}

impl Share {
    fn part(&self) -> Part {
        Part {
            running: self.running,
            unreserved: if self.reserved.is_some() { 0 } else { self.running - self.provisioned },
            provisioned: self.provisioned,
            allocated: self.reserved.unwrap_or(self.allocated),
        }
    }
}

impl<'s> Running<'s> {
    /// Nothing runs yet.
    pub(super) fn new(scenario: &'s Scenario) -> Self {
        let share = |function: &Function| Share {
            reserved: function.reserved,
            allocated: function.provisioned,
            running: 0,
            provisioned: 0,
        };
        let functions: Vec<Share> = scenario.functions.iter().map(share).collect();
        let mut total = Part::default();
        for share in &functions {
            total.add(share.part());
        }
        Self { changes: &scenario.changes, account: &scenario.account, functions, total }
    }

    /// A change of configuration took effect.
    pub(super) fn configure(&mut self, change: u16) {
        let change = &self.changes[usize::from(change)];
        self.account = &change.account;
        for (at, function) in (0..).map(FunctionId).zip(&change.functions) {
            self.alter(at, |share| {
                (share.reserved, share.allocated) = (function.reserved, function.provisioned);
            });
        }
    }

    /// Alters one function, and the total with it.
    fn alter(&mut self, function: FunctionId, alter: impl FnOnce(&mut Share)) {
        let share = &mut self.functions[function.index()];
        self.total.subtract(share.part());
        alter(share);
        self.total.add(share.part());
    }

    /// A run started; what its function has in progress now.
    #[inline(always)]
    pub(super) fn started(&mut self, function: FunctionId, placement: Placement) -> InProgress {
        let share = &mut self.functions[function.index()];
        share.running += 1;
        self.total.running += 1;
        if placement.provisioned {
            share.provisioned += 1;
            self.total.provisioned += 1;
        } else if share.reserved.is_none() {
            self.total.unreserved += 1;
        }
        InProgress { all: share.running, provisioned: share.provisioned }
    }

    #[inline(always)]
    pub(super) fn ended(&mut self, function: FunctionId, placement: Placement) {
        let share = &mut self.functions[function.index()];
        share.running -= 1;
        self.total.running -= 1;
        if placement.provisioned {
            share.provisioned -= 1;
            self.total.provisioned -= 1;
        } else if share.reserved.is_none() {
            self.total.unreserved -= 1;
        }
    }

    /// Whether anything runs at all.
    pub(super) const fn any(&self) -> bool {
        self.total.running > 0
    }

    /// Whether there are others on the account.
    pub(super) const fn has_neighbours(&self) -> bool {
        !self.account.neighbours.is_empty()
    }

    /// Whether `function` has provisioned concurrency.
    pub(super) fn is_provisioned(&self, function: FunctionId) -> bool {
        self.functions[function.index()].allocated > 0
    }

    /// The levels of `function`; absent if it does not run.
    pub(super) fn of(&self, function: FunctionId) -> Levels {
        let share = &self.functions[function.index()];
        let utilization = match share.provisioned {
            0 => Level::NONE,
            running => Level::of(millionths(running, share.allocated)),
        };
        Levels {
            running: Level::above_zero(share.running),
            provisioned: Level::above_zero(share.provisioned),
            utilization,
            unreserved: Level::NONE,
            claimed: Level::NONE,
        }
    }

    /// The levels of the Region at `now`, neighbours included.
    pub(super) fn of_region(&self, now: SimTime) -> Levels {
        self.of_region_with(if self.has_neighbours() { self.account.neighbours_at(now) } else { 0 })
    }

    /// The levels of a Region without neighbours.
    #[inline(always)]
    pub(super) fn of_region_alone(&self) -> Levels {
        self.of_region_with(0)
    }

    #[inline(always)]
    fn of_region_with(&self, neighbours: u32) -> Levels {
        let Part { running, unreserved, provisioned, allocated } = self.total;
        let unreserved = unreserved.saturating_add(neighbours);
        Levels {
            running: Level::of(running.saturating_add(neighbours)),
            unreserved: Level::of(unreserved),
            claimed: Level::of(unreserved.saturating_add(allocated)),
            provisioned: Level::above_zero(provisioned),
            utilization: Level::NONE,
        }
    }
}

/// `part` of `whole`, more than which can run for a while when the configuration changes.
fn millionths(part: u32, whole: u32) -> u32 {
    let share = u64::from(part) * WHOLE / u64::from(whole.max(part));
    u32::try_from(share).expect("at most a million")
}
