//! Observers: what is made of the stream of facts while a run goes on.
//!
//! Each listens for itself; tuples, options and references of observers are observers, so that a run pays only for
//! those that are there.

use crate::model::event::Event;
use crate::model::observation::{Fact, Observer, Remark};

pub mod cost;
pub mod decimal;
pub mod dependencies;
pub mod endpoints;
pub mod environments;
pub mod event_cost;
pub mod fingerprint;
pub mod generations;
pub mod histogram;
pub mod history;
pub mod ledger;
pub mod levels;
pub mod lives;
pub mod metrics;
#[cfg(test)]
pub(crate) mod notes;
pub mod offers;
pub mod price;
pub mod recovery;
pub mod samples;
pub mod series;
pub mod summary;
#[cfg(test)]
pub(crate) mod test_scenarios;
pub mod totals;
pub mod trouble;
pub mod unseen;
pub mod windowed;

/// Nothing listens.
impl Observer for () {
    fn observe(&mut self, _fact: &Fact<'_>) {}
}

impl<O: Observer + ?Sized> Observer for &mut O {
    #[inline]
    fn observe(&mut self, fact: &Fact<'_>) {
        (**self).observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        (**self).remark(remark);
    }

    #[inline]
    fn observe_first_run(&mut self, started: &Fact<'_>) {
        (**self).observe_first_run(started);
    }

    #[inline]
    fn observe_last_attempt(&mut self, attempt: &Fact<'_>) {
        (**self).observe_last_attempt(attempt);
    }

    #[inline]
    fn expect(&self, event: &Event) {
        (**self).expect(event);
    }
}

impl<O: Observer> Observer for Option<O> {
    fn observe(&mut self, fact: &Fact<'_>) {
        if let Some(observer) = self {
            observer.observe(fact);
        }
    }

    fn remark(&mut self, remark: &Remark) {
        if let Some(observer) = self {
            observer.remark(remark);
        }
    }
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.0.observe(fact);
        self.1.observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        self.0.remark(remark);
        self.1.remark(remark);
    }
}

impl<A: Observer, B: Observer, C: Observer> Observer for (A, B, C) {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.0.observe(fact);
        self.1.observe(fact);
        self.2.observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        self.0.remark(remark);
        self.1.remark(remark);
        self.2.remark(remark);
    }
}
