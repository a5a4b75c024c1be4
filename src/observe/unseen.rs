//! What an operator would have missed: failures of which a usual dashboard shows nothing.
//!
//! `Errors` counts failed runs, so an event that never ran leaves it at zero; X-Ray keeps a sample; a handler that
//! catches its error reports a success; and a record that a destination refused is one count in a metric that hardly
//! anybody watches. Each is counted here from the facts, which know better.
#![expect(
    clippy::inline_always,
    reason = "the recorder's observers are specialised where a fact is reported"
)]

use serde::Serialize;

use super::summary::{Named, add, named};
use crate::model::event::{Event, Route};
use crate::model::observation::{Fact, Fate, Observation};

/// The counts in the making.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    failed: u64,
    untraced: u64,
    without_error: [u64; Fate::ALL.len()],
    lost_untraced: u64,
    lost_without_error: u64,
    success_records: u64,
}

impl Tally {
    /// Takes note of a fact about an event that is no second delivery.
    #[inline(always)]
    pub(super) fn note(&mut self, fact: &Fact<'_>) {
        match fact.what {
            Observation::Settled { fate, .. } if fate != Fate::Succeeded => {
                self.failed += 1;
                self.untraced += u64::from(!fact.event.traced());
                self.without_error[fate as usize] += u64::from(left_no_error(fact.event));
            }
            Observation::DeliveryEnded { route: Route::OnSuccess, failure: Some(_), .. } => {
                self.success_records += 1;
            }
            _ => {}
        }
    }

    pub(super) fn absorb(&mut self, more: &Self) {
        let Self { failed, untraced, without_error, lost_untraced, lost_without_error, success_records } =
            more;
        self.failed += failed;
        self.untraced += untraced;
        add(&mut self.without_error, without_error);
        self.lost_untraced += lost_untraced;
        self.lost_without_error += lost_without_error;
        self.success_records += success_records;
    }

    /// `event` is lost for certain.
    pub(super) fn lost(&mut self, event: &Event) {
        self.lost_untraced += u64::from(!event.traced());
        self.lost_without_error += u64::from(left_no_error(event));
    }

    /// The result, with the errors that handlers caught.
    pub(super) fn into_report(self, caught_errors: u64) -> Unseen {
        Unseen {
            failed: self.failed,
            failed_without_trace: self.untraced,
            // A success, the first of all fates, has not failed.
            failed_without_error: named(&Fate::ALL.map(Fate::name)[1..], &self.without_error[1..]),
            lost_without_trace: self.lost_untraced,
            lost_without_error: self.lost_without_error,
            success_records_lost: self.success_records,
            caught_errors,
        }
    }
}

/// `Errors` counts failed runs; who never ran is not in it.
const fn left_no_error(event: &Event) -> bool {
    event.runs() == 0
}

/// What an operator would have missed.
#[derive(Clone, Debug, Serialize)]
pub struct Unseen {
    /// Events that ended without success.
    pub failed: u64,
    /// Of these, events of which X-Ray keeps no trace.
    pub failed_without_trace: u64,
    /// Of these, events none of whose attempts counts in `Errors`, by fate.
    pub failed_without_error: Named,
    /// Lost events of which X-Ray keeps no trace.
    pub lost_without_trace: u64,
    /// Lost events none of whose attempts counts in `Errors`.
    pub lost_without_error: u64,
    /// Successes whose record the on-success destination did not take.
    pub success_records_lost: u64,
    /// Runs whose error the handler caught.
    pub caught_errors: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DestinationId;
    use crate::observe::summary::{Ending, Summary};
    use crate::observe::test_scenarios::{events_at, exceptions, idle, queue};
    use crate::scenario::{FailureKind, Scenario};
    use crate::simulate::simulate;
    use crate::time::{SimDuration, SimTime};

    fn unseen(scenario: &Scenario) -> Unseen {
        let mut summary = Summary::new(scenario);
        simulate(scenario, &mut summary);
        let ending = Ending { end: "drained", at: SimTime::ZERO, fingerprint: 0 };
        summary.into_report(scenario, ending).counts.unseen
    }

    fn events(millis: &[u64]) -> Scenario {
        let mut scenario = idle();
        scenario.sources = vec![events_at("orders", millis)];
        scenario
    }

    #[test]
    fn a_failed_run_is_seen_in_errors_and_the_first_of_a_second_in_a_trace() {
        let mut scenario = events(&[0, 1, 2, 1_000]);
        scenario.functions[0].failures = vec![exceptions(1.0, &[])];
        let found = unseen(&scenario);
        assert_eq!(found.failed, 4);
        // Of the events at 1 and 2 ms one in twenty is traced: not these two.
        assert_eq!((found.failed_without_trace, found.lost_without_trace), (2, 2));
        assert_eq!(
            (found.failed_without_error["retries_exhausted"].as_u64(), found.lost_without_error),
            (Some(0), 0)
        );
    }

    #[test]
    fn who_never_ran_leaves_errors_at_zero() {
        let mut throttled = events(&[0, 0]);
        throttled.functions[0].reserved = Some(1);
        throttled.functions[0].timeout = SimDuration::from_secs(900);
        throttled.functions[0].maximum_age = SimDuration::from_secs(60);
        throttled.functions[0].duration =
            crate::random::distribution::Distribution::Constant(SimDuration::from_secs(600));
        let found = unseen(&throttled);
        assert_eq!(found.failed_without_error["event_age_exceeded"], 1);
        assert_eq!(found.lost_without_error, 1);

        let mut paused = events(&[0, 0]);
        paused.functions[0].reserved = Some(0);
        paused.functions[0].dead_letter = Some(DestinationId(0));
        paused.destinations = vec![queue("letters")];
        let found = unseen(&paused);
        assert_eq!(found.failed_without_error["zero_reserved_concurrency"], 2);
        assert_eq!(found.lost_without_error, 0, "the dead-letter queue has them");
    }

    #[test]
    fn a_refused_record_of_a_success_and_a_caught_error_are_counted() {
        let mut scenario = events(&[0]);
        scenario.functions[0].failures = vec![exceptions(1.0, &[])];
        scenario.functions[0].failures[0].kind = FailureKind::CaughtError;
        scenario.functions[0].on_success = Some(DestinationId(0));
        scenario.destinations = vec![queue("done")];
        scenario.destinations[0].max_bytes = 0;
        let found = unseen(&scenario);
        assert_eq!((found.failed, found.success_records_lost, found.caught_errors), (0, 1, 1));
    }
}
