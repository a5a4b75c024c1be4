//! How much runs at once: of each function, and of the Region with its neighbours.

use super::window::Levels;
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
}

/// One function's part.
#[derive(Clone, Copy, Debug)]
struct Share {
    reserved: Option<u32>,
    allocated: u32,
    running: u32,
    /// Of these, runs on provisioned concurrency.
    provisioned: u32,
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
        Self {
            changes: &scenario.changes,
            account: &scenario.account,
            functions: scenario.functions.iter().map(share).collect(),
        }
    }

    /// A change of configuration took effect.
    pub(super) fn configure(&mut self, change: u16) {
        let change = &self.changes[usize::from(change)];
        self.account = &change.account;
        for (share, function) in self.functions.iter_mut().zip(&change.functions) {
            (share.reserved, share.allocated) = (function.reserved, function.provisioned);
        }
    }

    pub(super) fn started(&mut self, function: FunctionId, placement: Placement) {
        let share = &mut self.functions[function.index()];
        share.running += 1;
        share.provisioned += u32::from(placement.provisioned);
    }

    pub(super) fn ended(&mut self, function: FunctionId, placement: Placement) {
        let share = &mut self.functions[function.index()];
        share.running -= 1;
        share.provisioned -= u32::from(placement.provisioned);
    }

    /// Whether anything runs at all.
    pub(super) fn any(&self) -> bool {
        self.functions.iter().any(|share| share.running > 0)
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
        let share = self.functions[function.index()];
        let provisioned = (share.provisioned > 0).then_some(share.provisioned);
        Levels {
            running: (share.running > 0).then_some(share.running),
            provisioned,
            utilization: provisioned.map(|running| millionths(running, share.allocated)),
            unreserved: None,
            claimed: None,
        }
    }

    /// The levels of the Region at `now`, neighbours included.
    pub(super) fn of_region(&self, now: SimTime) -> Levels {
        let neighbours = self.account.neighbours_at(now);
        let total = |part: fn(&Share) -> u32| self.functions.iter().map(part).fold(0, u32::saturating_add);
        let running = total(|share| share.running).saturating_add(neighbours);
        let unreserved = total(|share| match share.reserved {
            Some(_) => 0,
            None => share.running - share.provisioned,
        })
        .saturating_add(neighbours);
        // What is reserved contains the function's provisioned part.
        let allocated = total(|share| share.reserved.unwrap_or(share.allocated));
        let provisioned = total(|share| share.provisioned);
        Levels {
            running: Some(running),
            unreserved: Some(unreserved),
            claimed: Some(unreserved.saturating_add(allocated)),
            provisioned: (provisioned > 0).then_some(provisioned),
            utilization: None,
        }
    }
}

/// `part` of `whole`, more than which can run for a while when the configuration changes.
fn millionths(part: u32, whole: u32) -> u32 {
    let share = u64::from(part) * WHOLE / u64::from(whole.max(part));
    u32::try_from(share).expect("at most a million")
}
