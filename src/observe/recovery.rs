//! Whether, and how soon, the backlog came back to what it was before something went wrong.
//!
//! ```text
//!  start          first window          last window ends          recovered             last arrival
//!    ├── baseline ──┤███████ trouble ███████├── still more waits ──┼─ five minutes calm ─┼──…──┤
//!                                           └── recovery time ─────┘
//! ```
//!
//! The baseline is the highest average, of any whole minute before the first window, of the events waiting. A minute
//! is *calm* if on average no more wait than twice the baseline, or than arrived in one second before the first window
//! if that is more: minutes differ by chance. The backlog has come back at the start of the first five calm minutes in
//! a row after the last window; they must be over before the last arrival, because a system that recovers once nobody
//! asks it for anything has not recovered under its load. Without a window, or without a whole minute before it, there
//! is nothing to come back to.

use super::trouble::Trouble;
use crate::model::observation::{Attempt, Fact, Next, Observation, Observer};
use crate::scenario::{InvocationType, Scenario};
use crate::time::{NANOS_PER_SECOND, SimDuration, SimTime};
use serde::Serialize;

const MINUTE: u64 = 60_000_000_000;

/// So many minutes in a row are calm before the backlog has come back.
const CALM_MINUTES: u32 = 5;

/// Follows the backlog.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// From the first window's start to the last one's end; `None` if there is nothing to recover from.
    trouble: Option<(SimTime, SimTime)>,
    waiting: u64,
    since: SimTime,
    /// Event-nanoseconds of the minute that goes on.
    area: u128,
    baseline: u128,
    /// Events accepted before the first window.
    before: u64,
    calm: u32,
    back_at: SimTime,
    recovered: bool,
    last_arrival: SimTime,
}

/// What became of the backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing went wrong in a window, or not after a whole minute.
    NothingToRecoverFrom,
    /// It came back so long after the last window.
    Recovered(SimDuration),
    /// It did not come back while events arrived.
    NotRecovered,
}

/// What went wrong when, and what became of the backlog, for `summary.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RecoveryReport {
    /// When the first window begins in which something goes wrong.
    pub from_ns: u64,
    /// When the last one ends.
    pub until_ns: u64,
    /// Whether the backlog came back while events arrived; `None` without a whole minute before the first window.
    pub recovered: Option<bool>,
    /// How long after the last window.
    pub recovery_time_ns: Option<u64>,
}

impl RecoveryReport {
    /// The outcome of a run of `scenario`; `None` if nothing goes wrong in a window.
    pub fn of(scenario: &Scenario, outcome: Outcome) -> Option<Self> {
        let Trouble { from, until, .. } = Trouble::of(scenario)?;
        let (recovered, time) = match outcome {
            Outcome::NothingToRecoverFrom => (None, None),
            Outcome::NotRecovered => (Some(false), None),
            Outcome::Recovered(time) => (Some(true), Some(time.as_nanos())),
        };
        let (from_ns, until_ns) = (from.as_nanos(), until.as_nanos());
        Some(Self { from_ns, until_ns, recovered, recovery_time_ns: time })
    }

    /// What became of the backlog.
    pub fn outcome(&self) -> Outcome {
        match (self.recovered, self.recovery_time_ns) {
            (Some(true), Some(time)) => Outcome::Recovered(SimDuration::from_nanos(time)),
            (Some(_), _) => Outcome::NotRecovered,
            (None, _) => Outcome::NothingToRecoverFrom,
        }
    }
}

impl Recovery {
    /// The backlog of a run of `scenario`, to be followed from its beginning.
    pub fn new(scenario: &Scenario) -> Self {
        let trouble = Trouble::of(scenario).map(|trouble| (trouble.from, trouble.until));
        Self {
            trouble: trouble.filter(|(first, _)| first.as_nanos() >= MINUTE),
            waiting: 0,
            since: SimTime::ZERO,
            area: 0,
            baseline: 0,
            before: 0,
            calm: 0,
            back_at: SimTime::ZERO,
            recovered: false,
            last_arrival: SimTime::ZERO,
        }
    }

    /// The result, at the end of the run.
    pub fn outcome(&self) -> Outcome {
        let Some((_, last)) = self.trouble else { return Outcome::NothingToRecoverFrom };
        let calm = SimDuration::from_nanos(MINUTE * u64::from(CALM_MINUTES));
        if self.recovered && self.back_at + calm <= self.last_arrival {
            Outcome::Recovered(self.back_at.since(last))
        } else {
            Outcome::NotRecovered
        }
    }

    fn advance(&mut self, at: SimTime) {
        let Some(trouble) = self.trouble else { return };
        while !self.recovered && self.since < at {
            let end = (self.since.as_nanos() / MINUTE + 1) * MINUTE;
            let until = SimTime::from_nanos(end.min(at.as_nanos()));
            self.area += u128::from(self.waiting) * u128::from(until.since(self.since).as_nanos());
            self.since = until;
            if until.as_nanos() == end {
                self.minute_over(SimTime::from_nanos(end - MINUTE), until, trouble);
            }
        }
    }

    fn minute_over(&mut self, start: SimTime, end: SimTime, (first, last): (SimTime, SimTime)) {
        let area = std::mem::take(&mut self.area);
        if end <= first {
            self.baseline = self.baseline.max(area);
        } else if start < last || area > self.most_when_calm(first) {
            self.calm = 0;
        } else {
            self.calm += 1;
            if self.calm == 1 {
                self.back_at = start;
            }
            self.recovered = self.calm == CALM_MINUTES;
        }
    }

    /// The most event-nanoseconds of a calm minute.
    fn most_when_calm(&self, first: SimTime) -> u128 {
        let of_a_second = u128::from(self.before) * u128::from(NANOS_PER_SECOND) * u128::from(MINUTE);
        (2 * self.baseline).max(of_a_second / u128::from(first.as_nanos()))
    }
}

impl Observer for Recovery {
    fn observe(&mut self, fact: &Fact<'_>) {
        let Some((first, _)) = self.trouble else { return };
        let is_event = fact.event.invocation() == InvocationType::Event && !fact.event.is_duplicate();
        match &fact.what {
            Observation::Accepted | Observation::Called => {
                self.advance(fact.at);
                self.waiting += u64::from(is_event);
                self.before += u64::from(is_event && fact.at < first);
                self.last_arrival = fact.at;
            }
            // What settles leaves the backlog at the same instant.
            Observation::AttemptEnded(Attempt {
                run: Some(_),
                next: Next::Retry { .. } | Next::Settle { .. },
                ..
            }) if is_event => {
                self.advance(fact.at);
                self.waiting += 1;
            }
            Observation::RunStarted { .. } | Observation::Settled { .. } if is_event => {
                self.advance(fact.at);
                self.waiting -= 1;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::levels::Levels;
    use crate::observe::test_scenarios::{busy, events_at, exceptions, idle};
    use crate::simulate::simulate;

    fn outcome(scenario: &Scenario) -> Outcome {
        let mut recovery = Recovery::new(scenario);
        simulate(scenario, &mut recovery);
        recovery.outcome()
    }

    /// An event a second for `minutes`; whatever runs between `from` and `until` seconds fails.
    fn outage(minutes: u64, from: u64, until: u64) -> Scenario {
        let mut scenario = idle();
        scenario.functions[0].failures = vec![exceptions(1.0, &[(from, until)])];
        scenario.sources =
            vec![events_at("orders", &(0..minutes * 60).map(|at| at * 1_000).collect::<Vec<_>>())];
        scenario
    }

    #[test]
    fn a_backlog_comes_back_once_the_retries_are_through() {
        let Outcome::Recovered(time) = outcome(&outage(40, 300, 420)) else { panic!("it recovers") };
        // The last failure at 7 min is tried again after one minute, and after two more.
        assert!((SimDuration::from_secs(0)..=SimDuration::from_secs(240)).contains(&time), "{time}");
        assert_eq!(time.as_nanos() % MINUTE, 0, "minutes are the resolution");
    }

    #[test]
    fn what_has_no_time_to_come_back_has_not_recovered() {
        assert_eq!(outcome(&outage(9, 300, 420)), Outcome::NotRecovered, "arrivals end too early");
        assert_eq!(outcome(&outage(20, 300, 1_200)), Outcome::NotRecovered, "trouble to the end");
    }

    #[test]
    fn without_trouble_or_a_time_before_it_there_is_nothing_to_recover_from() {
        let mut quiet = idle();
        quiet.sources = vec![events_at("orders", &[0, 1_000])];
        assert_eq!(outcome(&quiet), Outcome::NothingToRecoverFrom);
        assert_eq!(outcome(&outage(20, 30, 60)), Outcome::NothingToRecoverFrom);
    }

    /// Goal: the backlog followed here is the one that the levels follow.
    #[test]
    fn the_backlog_is_that_of_the_levels() {
        let scenario = busy();
        let (mut recovery, mut levels) = (Recovery::new(&scenario), Levels::new(&scenario, SimTime::ZERO));
        recovery.trouble = Some((SimTime::MAX, SimTime::MAX));
        simulate(&scenario, &mut (&mut recovery, &mut levels));
        assert_eq!(recovery.waiting, levels.of_run().waiting.level());
    }
}
