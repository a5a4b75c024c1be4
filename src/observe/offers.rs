//! What happened outside of Lambda's own books: offers that it refused, and second deliveries by its queue.
//!
//! offered = accepted + never accepted + still being offered. A duplicate is a second delivery of an accepted event: it
//! is in no count of events, attempts or fates, but its runs are billed, and count in CloudWatch's metrics.

use serde::Serialize;

use super::summary::{Named, add, earlier, named};
use crate::model::observation::{Offer, Refusal};
use crate::time::SimTime;

/// The counts in the making.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    refused: [u64; Refusal::NAMES.len()],
    accepted_later: u64,
    never_accepted: u64,
    being_offered: u64,
    first_given_up: Option<SimTime>,
    pub(super) duplicates: u64,
    pub(super) duplicate_runs: u64,
}

impl Tally {
    /// An event was accepted that had been refused so often.
    #[inline]
    pub(super) fn accepted(&mut self, refusals: u32) {
        if refusals > 0 {
            self.being_offered -= 1;
            self.accepted_later += 1;
        }
    }

    #[inline]
    pub(super) fn refused(&mut self, offer: Offer, at: SimTime) {
        self.refused[offer.refusal.index()] += 1;
        self.being_offered += u64::from(offer.number == 1);
        if offer.next.is_none() {
            self.being_offered -= 1;
            self.never_accepted += 1;
            self.first_given_up.get_or_insert(at);
        }
    }

    pub(super) fn absorb(&mut self, more: &Self) {
        add(&mut self.refused, &more.refused);
        self.accepted_later += more.accepted_later;
        self.never_accepted += more.never_accepted;
        self.being_offered += more.being_offered;
        self.first_given_up = earlier(self.first_given_up, more.first_given_up);
        self.duplicates += more.duplicates;
        self.duplicate_runs += more.duplicate_runs;
    }

    /// The result, in a run that accepted so many events.
    pub(super) fn into_report(self, accepted: u64) -> Offers {
        Offers {
            offered: accepted + self.never_accepted + self.being_offered,
            refused: named(&Refusal::NAMES, &self.refused),
            accepted_later: self.accepted_later,
            never_accepted: self.never_accepted,
            being_offered: self.being_offered,
            first_given_up_ns: self.first_given_up.map(SimTime::as_nanos),
        }
    }

    pub(super) fn duplicates(self) -> Duplicates {
        Duplicates { delivered: self.duplicates, runs: self.duplicate_runs }
    }
}

/// What happened before acceptance.
#[derive(Clone, Debug, Serialize)]
pub struct Offers {
    /// Events that were offered to Lambda: accepted, never accepted, or still being offered at the end.
    pub offered: u64,
    /// Offers that Lambda refused, by reason.
    pub refused: Named,
    /// Events that were refused at first and accepted later.
    pub accepted_later: u64,
    /// Events whose caller gave up: Lambda never had them, and none of its metrics tells of them.
    pub never_accepted: u64,
    /// Events that their caller was about to offer again when the run ended.
    pub being_offered: u64,
    /// When the first caller gave up.
    pub first_given_up_ns: Option<u64>,
}

/// Second deliveries of accepted events.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Duplicates {
    /// All of them.
    pub delivered: u64,
    /// Their runs.
    pub runs: u64,
}
