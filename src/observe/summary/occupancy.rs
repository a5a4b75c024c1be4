//! How many events wait and how many runs are in progress, and the most of each there ever was: of one function, or of
//! the whole run. All else that the summary counts of a run is the sum over its functions; this is not.

use super::is_async;
use crate::model::observation::{Fact, Next, Observation};
use crate::time::{SimDuration, SimTime};

/// What there is at once, and the most that there was, with when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Occupancy {
    pub(super) waiting: u64,
    pub(super) peak_waiting: (u64, SimTime),
    running: u64,
    pub(super) peak_running: (u64, SimTime),
    /// Of the runs in progress those that are not synchronous calls.
    pub(super) async_running: u64,
    /// The oldest event at an attempt.
    pub(super) oldest: (SimDuration, SimTime),
}

impl Occupancy {
    /// Takes note of a fact about an event or, if `duplicate`, about a second delivery of one: that never waits.
    #[inline(always)]
    pub(super) fn note(&mut self, fact: &Fact<'_>, duplicate: bool) {
        match fact.what {
            Observation::Accepted if !duplicate => self.wait(fact.at),
            Observation::RunStarted { age, .. } => {
                self.occupy(fact.at);
                if is_async(fact) && !duplicate {
                    self.waiting -= 1;
                    self.async_running += 1;
                    self.dispatched(age, fact.at);
                }
            }
            Observation::AttemptEnded(attempt) if attempt.run.is_some() => {
                self.running -= 1;
                if !duplicate {
                    self.async_running -= u64::from(is_async(fact));
                    self.run_ended(attempt.next, fact.at);
                }
            }
            Observation::AttemptEnded(attempt) if is_async(fact) && !duplicate => {
                self.dispatched(attempt.age, attempt.dispatched);
            }
            Observation::Settled { .. } if !duplicate => self.waiting -= 1,
            Observation::Accepted
            | Observation::Called
            | Observation::OfferRefused(_)
            | Observation::Duplicated
            | Observation::CallStarted { .. }
            | Observation::CallEnded(_)
            | Observation::AttemptEnded(_)
            | Observation::Settled { .. }
            | Observation::DeliveryStarted { .. }
            | Observation::DeliveryEnded { .. }
            | Observation::Closed
            | Observation::CutOff => {}
        }
    }

    /// One more event waits.
    #[inline(always)]
    fn wait(&mut self, at: SimTime) {
        self.waiting += 1;
        if self.waiting > self.peak_waiting.0 {
            self.peak_waiting = (self.waiting, at);
        }
    }

    /// A run takes a slot.
    #[inline(always)]
    fn occupy(&mut self, at: SimTime) {
        self.running += 1;
        if self.running > self.peak_running.0 {
            self.peak_running = (self.running, at);
        }
    }

    #[inline(always)]
    fn dispatched(&mut self, age: SimDuration, at: SimTime) {
        if age > self.oldest.0 {
            self.oldest = (age, at);
        }
    }

    #[inline(always)]
    fn run_ended(&mut self, next: Next, at: SimTime) {
        match next {
            Next::Retry { .. } => self.wait(at),
            // It leaves the backlog when it settles, at this same instant, and makes no new peak before.
            Next::Settle { .. } => self.waiting += 1,
            Next::Return => {}
        }
    }
}
