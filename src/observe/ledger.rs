//! The conservation ledger: nothing vanishes, nothing happens twice. On in every run.
#![expect(
    clippy::inline_always,
    reason = "the recorder's observers are specialised where a fact is reported"
)]

use crate::model::observation::{Fact, Fate, Observation, Observer};
use crate::scenario::InvocationType;

/// Counts of events by where they are, kept from observations alone.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    accepted: u64,
    settled: [u64; Fate::ALL.len()],
    duplicates: u64,
    being_offered: u64,
    never_accepted: u64,
    called: u64,
    returned: u64,
    closed: u64,
    cut_off: u64,
}

impl Ledger {
    /// Events accepted.
    pub const fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Events that ended with `fate`.
    pub const fn settled(&self, fate: Fate) -> u64 {
        self.settled[fate as usize]
    }

    /// Events that ended, with any fate.
    pub fn settled_in_all(&self) -> u64 {
        self.settled.iter().sum()
    }

    /// Events accepted whose fate is not known yet.
    ///
    /// # Panics
    /// When more events ended than were accepted: a bug.
    pub fn in_flight(&self) -> u64 {
        self.accepted.checked_sub(self.settled_in_all()).expect("no event ends that was not accepted")
    }

    /// Second deliveries of accepted events; they are in none of the counts above.
    pub const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Events that Lambda has refused so far and that will be offered again.
    pub const fn being_offered(&self) -> u64 {
        self.being_offered
    }

    /// Events that Lambda never accepted.
    pub const fn never_accepted(&self) -> u64 {
        self.never_accepted
    }

    /// Synchronous calls made.
    pub const fn called(&self) -> u64 {
        self.called
    }

    /// Whether the books agree with `in_system`, the number of events and calls that the model still holds; the
    /// sentence that says where they do not otherwise.
    ///
    /// # Errors
    /// When they do not agree, which is a bug of the model.
    pub fn check(&self, in_system: usize) -> Result<(), String> {
        let entered =
            self.accepted + self.called + self.duplicates + self.being_offered + self.never_accepted;
        let left = self.closed + self.cut_off;
        if entered != left + in_system as u64 {
            return Err(format!(
                "{entered} events and calls entered, {left} left, but {in_system} are in the system"
            ));
        }
        if self.settled_in_all() > self.accepted || self.returned > self.called {
            return Err(format!("{} events settled of {} accepted", self.settled_in_all(), self.accepted));
        }
        Ok(())
    }
}

impl Observer for Ledger {
    #[inline(always)]
    fn observe(&mut self, fact: &Fact<'_>) {
        match fact.what {
            Observation::Accepted => {
                self.accepted += 1;
                self.being_offered -= u64::from(fact.event.refusals() > 0);
            }
            Observation::OfferRefused(offer) => {
                self.being_offered += u64::from(offer.number == 1);
                if offer.next.is_none() {
                    self.being_offered -= 1;
                    self.never_accepted += 1;
                }
            }
            Observation::Duplicated => self.duplicates += 1,
            Observation::Called => self.called += 1,
            // What becomes of a second delivery is no fate of an event.
            Observation::Settled { .. } if fact.event.is_duplicate() => {}
            Observation::Settled { fate, .. } => self.settled[fate as usize] += 1,
            Observation::Closed => {
                self.closed += 1;
                if fact.event.invocation() == InvocationType::RequestResponse {
                    self.returned += 1;
                }
            }
            Observation::CutOff => self.cut_off += 1,
            Observation::RunStarted { .. }
            | Observation::CallStarted { .. }
            | Observation::CallEnded(_)
            | Observation::AttemptEnded(_)
            | Observation::DeliveryStarted { .. }
            | Observation::DeliveryEnded { .. } => {}
        }
    }
}
