//! The pollers: how fast a function's queue is read, and how long waits become under a backlog.
//!
//! AWS says that Lambda lengthens the interval and reads the queue more slowly when it holds many entries
//! (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>), and gives no figure. Both laws
//! are off unless a scenario turns them on.

use crate::engine::slab::Slot;
use crate::scenario::{Backlog, MilliRate, ReadRate};
use crate::time::{NANOS_PER_SECOND, SimDuration, SimTime};
use std::collections::VecDeque;

/// The poller of one function, if it does not read without limit.
#[derive(Clone, Debug)]
pub struct Poller {
    law: ReadRate,
    rate: MilliRate,
    /// Before this instant nothing more is read.
    next: SimTime,
    /// What is due and waits to be read, in that order.
    due: VecDeque<Slot>,
    /// The period of ten seconds that is counted.
    period: u64,
    attempts: u64,
    throttles: u64,
}

/// What becomes of a dispatch that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is read at once.
    Now,
    /// It waits behind others.
    Waits,
    /// It waits and is the first to: the poller reads next at this instant.
    First(SimTime),
}

/// The length of a period over which throttles are counted.
const PERIOD: SimDuration = SimDuration::from_secs(10);

impl Poller {
    /// A poller that has read nothing yet.
    pub fn new(law: ReadRate) -> Self {
        let (ReadRate::Constant(rate) | ReadRate::Adaptive { initial: rate, .. }) = law;
        Self { law, rate, next: SimTime::ZERO, due: VecDeque::new(), period: 0, attempts: 0, throttles: 0 }
    }

    /// The dispatch of `slot` is due at `now`.
    pub fn turn(&mut self, slot: Slot, now: SimTime) -> Turn {
        self.adapt(now);
        if self.due.is_empty() && self.next <= now {
            self.next = now + interval(self.rate);
            return Turn::Now;
        }
        self.due.push_back(slot);
        if self.due.len() == 1 { Turn::First(self.next) } else { Turn::Waits }
    }

    /// Reads what has waited longest, and tells when it reads next if more waits.
    pub fn read(&mut self, now: SimTime) -> (Slot, Option<SimTime>) {
        self.adapt(now);
        let slot = self.due.pop_front().expect("a reading is scheduled while something waits");
        self.next = now + interval(self.rate);
        (slot, (!self.due.is_empty()).then_some(self.next))
    }

    /// Counts an attempt.
    pub fn count(&mut self, throttled: bool) {
        self.attempts += 1;
        self.throttles += u64::from(throttled);
    }

    /// The periods that have passed by `now` change the rate.
    fn adapt(&mut self, now: SimTime) {
        let ReadRate::Adaptive { least, most, .. } = self.law else { return };
        let period = now.as_nanos() / PERIOD.as_nanos();
        while self.period < period {
            self.rate = adapted(self.rate, self.attempts, self.throttles, (least, most));
            (self.attempts, self.throttles) = (0, 0);
            self.period += 1;
            // Whatever passed without an attempt only makes it faster, until it is as fast as can be.
            if self.rate == most {
                self.period = period;
            }
        }
    }
}

/// The rate after a period with so many attempts and throttles: halved if more than half were throttled, else a tenth
/// faster.
fn adapted(
    rate: MilliRate,
    attempts: u64,
    throttles: u64,
    (least, most): (MilliRate, MilliRate),
) -> MilliRate {
    let next = if throttles * 2 > attempts { rate.0 / 2 } else { rate.0 + rate.0.div_ceil(10) };
    MilliRate(next.clamp(least.0, most.0))
}

/// The time between two readings.
fn interval(rate: MilliRate) -> SimDuration {
    SimDuration::from_nanos(NANOS_PER_SECOND * 1_000 / rate.0)
}

/// The nominal back-off wait with `waiting` events in the function's queue.
#[inline(always)]
#[expect(clippy::inline_always, reason = "nearly always there is nothing to stretch")]
pub fn stretched(nominal: SimDuration, backlog: Option<Backlog>, waiting: u64) -> SimDuration {
    let Some(Backlog { threshold, multiplier_milli }) = backlog.filter(|backlog| waiting > backlog.threshold)
    else {
        return nominal;
    };
    stretch(nominal, threshold, multiplier_milli, waiting)
}

/// `nominal` with more waiting than `threshold`.
#[inline(never)]
fn stretch(nominal: SimDuration, threshold: u64, multiplier_milli: u64, waiting: u64) -> SimDuration {
    // Whole powers of ten multiply; within one the factor grows in proportion to what waits.
    let longest = u128::from(SimDuration::MAX.as_nanos());
    let growth = u128::from(multiplier_milli) - 1_000;
    let (mut wait, mut lower) = (u128::from(nominal.as_nanos()), u128::from(threshold));
    let waiting = u128::from(waiting);
    while waiting >= lower * 10 {
        wait = (wait + wait * growth / 1_000).min(longest);
        lower *= 10;
    }
    let billionths = (waiting - lower) * 1_000_000_000 / (9 * lower);
    wait += wait * growth * billionths / 1_000_000_000_000;
    SimDuration::from_nanos(u64::try_from(wait.min(longest)).expect("at most the longest"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::slab::Slab;

    #[test]
    fn waits_grow_with_the_backlog() {
        let preset = Some(Backlog { threshold: 1_000, multiplier_milli: 2_000 });
        let cases = [
            (0, 8_000),
            (1_000, 8_000),
            (1_009, 8_008),
            (5_500, 12_000),
            (10_000, 16_000),
            (55_000, 24_000),
            (100_000, 32_000),
            (1_000_000, 64_000),
        ];
        for (waiting, expected) in cases {
            let wait = stretched(SimDuration::from_secs(8), preset, waiting);
            assert_eq!(wait.as_millis(), expected, "{waiting} waiting");
        }
        assert_eq!(
            stretched(SimDuration::from_secs(300), preset, 100_000).as_millis(),
            1_200_000,
            "beyond the cap"
        );
        assert_eq!(stretched(SimDuration::from_secs(8), None, 1_000_000).as_millis(), 8_000);
        let none = Some(Backlog { threshold: 1, multiplier_milli: 1_000 });
        assert_eq!(stretched(SimDuration::from_secs(8), none, u64::MAX).as_millis(), 8_000);
        let steep = Some(Backlog { threshold: 1, multiplier_milli: 100_000 });
        assert_eq!(stretched(SimDuration::from_secs(300), steep, u64::MAX), SimDuration::MAX);
    }

    #[test]
    fn a_rate_is_halved_under_throttles_and_grows_otherwise() {
        let bounds = (MilliRate(1_000), MilliRate(100_000));
        let cases = [
            ((10_000, 10, 6), 5_000),
            ((10_000, 10, 5), 11_000),
            ((10_000, 0, 0), 11_000),
            ((1_500, 4, 4), 1_000),
            ((95_000, 1, 0), 100_000),
            ((1_001, 1, 0), 1_102),
        ];
        for ((rate, attempts, throttles), expected) in cases {
            assert_eq!(adapted(MilliRate(rate), attempts, throttles, bounds), MilliRate(expected));
        }
    }

    fn slots(count: usize) -> Vec<Slot> {
        let mut slab = Slab::new();
        (0..count).map(|_| slab.insert(())).collect()
    }

    #[test]
    fn what_comes_too_soon_waits_in_order() {
        let slots = slots(4);
        let mut poller = Poller::new(ReadRate::Constant(MilliRate(2_000)));
        let at = |millis| SimTime::ZERO + SimDuration::from_millis(millis);
        assert_eq!(poller.turn(slots[0], at(0)), Turn::Now);
        assert_eq!(poller.turn(slots[1], at(100)), Turn::First(at(500)));
        assert_eq!(poller.turn(slots[2], at(200)), Turn::Waits);
        assert_eq!(poller.read(at(500)), (slots[1], Some(at(1_000))));
        assert_eq!(poller.read(at(1_000)), (slots[2], None));
        assert_eq!(poller.turn(slots[3], at(1_500)), Turn::Now);
    }

    #[test]
    fn periods_of_throttles_slow_the_poller_down() {
        let slots = slots(3);
        let bounds = (MilliRate(1_000), MilliRate(8_000));
        let law = ReadRate::Adaptive { initial: MilliRate(4_000), least: bounds.0, most: bounds.1 };
        let mut poller = Poller::new(law);
        let at = SimTime::from_secs;
        assert_eq!(poller.turn(slots[0], at(1)), Turn::Now);
        poller.count(true);
        assert_eq!(poller.turn(slots[1], at(11)), Turn::Now);
        assert_eq!(poller.rate, MilliRate(2_000));
        poller.count(false);
        assert_eq!(poller.turn(slots[2], at(1_000)), Turn::Now);
        assert_eq!(poller.rate, MilliRate(8_000));
    }
}
