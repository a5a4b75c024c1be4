//! The fingerprint: 64 bits over every fact of a run, in order.
//!
//! Two runs with the same fingerprint told the same story; it does not depend on which outputs were on. It is a
//! checksum against accidents and drift, not against an adversary.
#![expect(
    clippy::inline_always,
    reason = "the recorder's observers are specialised where a fact is reported"
)]

use crate::model::dependency::{EndedCall, Load};
use crate::model::event::Route;
use crate::model::observation::{
    Attempt, AttemptOutcome, Circumstance, Fact, Next, Observation, Observer, Remark,
};

/// The fingerprint of a run so far.
#[derive(Clone, Copy, Debug)]
pub struct Fingerprint {
    state: u64,
}

impl Fingerprint {
    /// The fingerprint of no facts at all.
    pub const fn new() -> Self {
        Self { state: 0x7468_6972_6474_7279 }
    }

    /// The 64 bits.
    pub const fn value(&self) -> u64 {
        self.state
    }

    /// Folds two words in: the two halves of a 128-bit product, as in wyhash, and the state itself once more so
    /// that no input can wipe it out.
    #[inline(always)]
    pub(crate) fn absorb(&mut self, a: u64, b: u64) {
        let product =
            u128::from(self.state ^ a ^ 0xa076_1d64_78bd_642f) * u128::from(b ^ 0xe703_7ed1_a0b4_28db);
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
        let (low, high) = (product as u64, (product >> 64) as u64);
        self.state = (low ^ high).wrapping_add(self.state.rotate_left(29));
    }
}

impl Default for Fingerprint {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for Fingerprint {
    #[inline(always)]
    fn observe(&mut self, fact: &Fact<'_>) {
        let (kind, detail, more) = words(fact.what);
        self.absorb(fact.at.as_nanos(), fact.event.id().0 << 8 | kind);
        self.absorb(detail, more << 16 | u64::from(fact.event.function().0));
    }

    fn remark(&mut self, remark: &Remark) {
        let (kind, detail, more) = remark_words(remark.what);
        // No event has the number 0.
        self.absorb(remark.at.as_nanos(), kind);
        self.absorb(detail, more);
    }
}

/// A remark as a kind and two words. The kinds are part of the fingerprint and are never reused.
fn remark_words(what: Circumstance) -> (u64, u64, u64) {
    match what {
        Circumstance::ConfigurationChanged { change } => (1, change.into(), 0),
        Circumstance::RedriveBegan { redrive, messages } => (2, messages << 16 | u64::from(redrive), 0),
        Circumstance::RedriveEnded { redrive, messages } => (3, messages << 16 | u64::from(redrive), 0),
        Circumstance::MessageExpired { queue, event, .. } => (4, event.0 << 16 | u64::from(queue.0), 0),
        Circumstance::LoadChanged { dependency, load } => {
            (5, load_word(load), u64::from(dependency.0) << 32 | u64::from(load.in_vain))
        }
    }
}

/// An observation as a kind and two words. The kinds are part of the fingerprint and are never reused.
#[inline(always)]
fn words(what: Observation) -> (u64, u64, u64) {
    match what {
        Observation::Accepted => (1, 0, 0),
        Observation::Called => (2, 0, 0),
        Observation::RunStarted { age, running, placement } => (
            3,
            age.as_nanos() ^ placement.init.as_nanos().rotate_left(32),
            (u64::from(running) << 24) ^ (u64::from(placement.environment) << 2) ^ placement.start as u64,
        ),
        Observation::CallStarted { position, dependency, found } => {
            (20, load_word(found), u64::from(dependency.0) << 8 | u64::from(position))
        }
        Observation::CallEnded(call) => call_words(call),
        Observation::AttemptEnded(attempt) => {
            let (next, what) = attempt_words(attempt);
            (4, next, what)
        }
        Observation::Settled { fate, rule } => (5, fate as u64, rule as u64),
        Observation::DeliveryStarted { route, destination, bytes, payload_dropped } => {
            (6, bytes, place(route, destination.0) << 1 | u64::from(payload_dropped))
        }
        Observation::DeliveryEnded { route, destination, failure, tries, .. } => {
            let further = u64::from(tries) - 1;
            (7, failure.map_or(0, |failure| failure as u64 + 1), further << 18 | place(route, destination.0))
        }
        Observation::Closed => (8, 0, 0),
        Observation::CutOff => (9, 0, 0),
        Observation::OfferRefused(offer) => (
            10,
            offer.next.map_or(0, |next| next.due.as_nanos() + 1),
            u64::from(offer.number) << 16 | u64::from(offer.refusal.status()),
        ),
        Observation::Duplicated => (11, 0, 0),
    }
}

#[inline(always)]
fn load_word(load: Load) -> u64 {
    u64::from(load.in_service) << 32 | u64::from(load.waiting)
}

#[inline(always)]
fn call_words(call: EndedCall) -> (u64, u64, u64) {
    let place = u64::from(call.dependency.0) << 8 | u64::from(call.position);
    let outcome = call.outcome.index() as u64;
    (21, call.waited.as_nanos() ^ call.served.as_nanos().rotate_left(32), place << 8 | outcome)
}

/// What comes after an attempt, and what it was.
#[inline(always)]
pub(crate) fn attempt_words(attempt: Attempt) -> (u64, u64) {
    let outcome = match attempt.outcome {
        AttemptOutcome::Success => 1,
        AttemptOutcome::CaughtError => 2,
        AttemptOutcome::FunctionError(error) => 0x100 | error as u64,
        AttemptOutcome::Throttled(reason) => 0x200 | reason as u64,
        AttemptOutcome::SystemError { status } => 0x1_0000 | u64::from(status),
        AttemptOutcome::ClientError { status } => 0x2_0000 | u64::from(status),
    };
    let next = match attempt.next {
        Next::Retry { due, .. } => due.as_nanos(),
        Next::Settle { fate, .. } => u64::MAX - 1 - fate as u64,
        Next::Return => u64::MAX,
    };
    (next, u64::from(attempt.number) << 20 | outcome)
}

fn place(route: Route, destination: u16) -> u64 {
    (route as u64) << 16 | u64::from(destination)
}
