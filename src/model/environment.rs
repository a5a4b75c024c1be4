//! Execution environments: where runs take place, one at a time, and which need to be made first.
//!
//! ```text
//!                init                 run ends                  another run: the latest parked first
//!  (none) ──> made for a run ──> busy ─────────> parked ───────────────────────────────> busy
//!                                  │                └── idle too long, or too old ──> gone
//!                                  └── init failed, or too old ──> gone
//! ```
//!
//! A crash or timeout leaves the environment, but its next run has to initialise it again
//! (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>). Environments that nobody asks
//! for disappear without a notice in the calendar: whoever looks for a parked one removes those whose time is over.

use super::observation::Start;
use crate::time::{SimDuration, SimTime};

/// An environment in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its number within its function: 1, 2, 3, … in order of creation.
    pub number: u32,
    /// When it was made.
    pub created: SimTime,
    /// Whether it is one of the provisioned ones.
    pub provisioned: bool,
}

/// What a run leaves of its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Ready for the next run.
    Ready,
    /// Its process ended: the next run initialises it again.
    Reset,
    /// It never became usable.
    Gone,
}

/// How long environments last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// Idle for so long, an environment disappears.
    pub idle: SimDuration,
    /// So old, it is replaced even if it is in use.
    pub lifetime: SimDuration,
}

/// The environments of one function that are not in use.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    /// Parked on-demand environments, the most recently used last.
    parked: Vec<Parked>,
    /// Parked provisioned environments, likewise; they stay until the configuration changes.
    provisioned: Vec<Parked>,
    made: u32,
}

#[derive(Clone, Copy, Debug)]
struct Parked {
    environment: Environment,
    since: SimTime,
    reset: bool,
}

impl Parked {
    const fn start(self) -> Start {
        match (self.reset, self.environment.provisioned) {
            (true, _) => Start::SuppressedInit,
            (false, true) => Start::Provisioned,
            (false, false) => Start::Warm,
        }
    }
}

impl Fleet {
    /// The on-demand environment parked last, if one is there at `now`; those whose time is over are forgotten.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for each run, in one place")]
    pub fn take_parked(&mut self, lasting: Lasting, now: SimTime) -> Option<(Environment, Start)> {
        while let Some(latest) = self.parked.pop() {
            if now >= latest.since + lasting.idle {
                // All others have been idle for longer.
                self.parked.clear();
            } else if now < latest.environment.created + lasting.lifetime {
                return Some((latest.environment, latest.start()));
            }
        }
        None
    }

    /// A new on-demand environment.
    pub fn make_for_run(&mut self, now: SimTime) -> (Environment, Start) {
        (self.make(now, false), Start::Cold)
    }

    /// A provisioned environment. The caller knows that fewer are in use than there are.
    pub fn take_provisioned(&mut self, now: SimTime) -> (Environment, Start) {
        match self.provisioned.pop() {
            Some(parked) => (parked.environment, parked.start()),
            None => (self.make(now, true), Start::Provisioned),
        }
    }

    /// Takes an environment back after a run.
    #[inline]
    pub fn park(&mut self, environment: Environment, condition: Condition, lasting: Lasting, now: SimTime) {
        let parked = Parked { environment, since: now, reset: condition == Condition::Reset };
        if environment.provisioned {
            // A provisioned environment that failed is made ready again by the service.
            self.provisioned.push(parked);
        } else if condition != Condition::Gone && now < environment.created + lasting.lifetime {
            self.parked.push(parked);
        }
    }

    /// Drops the parked provisioned environments: their number changes.
    pub fn forget_provisioned(&mut self) {
        self.provisioned.clear();
    }

    fn make(&mut self, now: SimTime, provisioned: bool) -> Environment {
        self.made = self.made.checked_add(1).expect("fewer than 2^32 environments");
        Environment { number: self.made, created: now, provisioned }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LASTING: Lasting =
        Lasting { idle: SimDuration::from_secs(60), lifetime: SimDuration::from_secs(300) };

    fn take(fleet: &mut Fleet, second: u64) -> (Environment, Start) {
        let now = SimTime::from_secs(second);
        fleet.take_parked(LASTING, now).unwrap_or_else(|| fleet.make_for_run(now))
    }

    fn park(fleet: &mut Fleet, environment: Environment, second: u64) {
        fleet.park(environment, Condition::Ready, LASTING, SimTime::from_secs(second));
    }

    #[test]
    fn the_most_recently_used_is_taken_first() {
        let mut fleet = Fleet::default();
        let (first, second) = (take(&mut fleet, 0).0, take(&mut fleet, 0).0);
        park(&mut fleet, second, 1);
        park(&mut fleet, first, 2);
        assert_eq!(take(&mut fleet, 3), (first, Start::Warm));
        assert_eq!(take(&mut fleet, 3), (second, Start::Warm));
        assert_eq!(take(&mut fleet, 3).1, Start::Cold);
    }

    #[test]
    fn idle_for_so_long_it_is_gone() {
        let mut fleet = Fleet::default();
        let (environment, _) = take(&mut fleet, 0);
        park(&mut fleet, environment, 10);
        assert_eq!(take(&mut fleet, 69).1, Start::Warm);
        park(&mut fleet, environment, 69);
        assert_eq!(take(&mut fleet, 129).0.number, 2);
    }

    #[test]
    fn so_old_it_is_replaced_though_busy() {
        let mut fleet = Fleet::default();
        let (old, _) = take(&mut fleet, 0);
        let (young, _) = take(&mut fleet, 200);
        park(&mut fleet, young, 250);
        park(&mut fleet, old, 290);
        assert_eq!(take(&mut fleet, 300), (young, Start::Warm), "the old one's lifetime is over");
        park(&mut fleet, old, 301);
        assert_eq!(take(&mut fleet, 301).1, Start::Cold, "nothing came back");
    }

    #[test]
    fn a_reset_one_initialises_again_and_a_lost_one_does_not_come_back() {
        let mut fleet = Fleet::default();
        let (environment, _) = take(&mut fleet, 0);
        fleet.park(environment, Condition::Reset, LASTING, SimTime::from_secs(1));
        assert_eq!(take(&mut fleet, 2), (environment, Start::SuppressedInit));
        fleet.park(environment, Condition::Gone, LASTING, SimTime::from_secs(3));
        assert_eq!(take(&mut fleet, 4).1, Start::Cold);
    }

    #[test]
    fn provisioned_ones_wait_for_ever() {
        let mut fleet = Fleet::default();
        let (environment, start) = fleet.take_provisioned(SimTime::ZERO);
        assert_eq!(start, Start::Provisioned);
        park(&mut fleet, environment, 1);
        assert_eq!(fleet.take_parked(LASTING, SimTime::from_secs(2)), None);
        assert_eq!(fleet.take_provisioned(SimTime::from_secs(9_999)), (environment, Start::Provisioned));
    }
}
