//! A fact on its way to another processor.
//!
//! What crosses over costs more than what is worked out on either side: a fact is packed into two lines of the cache,
//! without what follows from the rest of it, and the facts in which most lives begin and end go together:
//!
//! | told together | when |
//! |---|---|
//! | `Accepted`, `RunStarted` | an event is dispatched as soon as it is accepted, and admitted |
//! | `AttemptEnded`, `Settled`, `Closed` | a run decides the fate of an event whose outcome has nowhere to go |
//!
//! Only what is usual can be packed: [`Packed::of`] tells.
#![expect(
    clippy::inline_always,
    reason = "a fact is packed where it is told, so that what follows from the rest is never worked out there"
)]

use crate::model::event::Event;
use crate::model::observation::{Attempt, Fact, Fate, Next, Observation, Observer, Placement, Run, Start};
use crate::model::rule::Rule;
use crate::time::{SimDuration, SimTime};

/// A fact about an event of which nothing particular is to be said, with those that are told together with it.
#[derive(Debug)]
pub(super) struct Packed {
    event: Event,
    at: SimTime,
    /// Of the attempt.
    dispatched: SimTime,
    init: SimDuration,
    /// The wait before jitter, if another attempt follows.
    nominal: SimDuration,
    environment: u32,
    running: u32,
    kind: Kind,
    with: With,
    start: Start,
    provisioned: bool,
    decided: Decided,
    rule: Rule,
}

/// Which fact it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Accepted,
    Started,
    /// The end of an attempt that was not admitted.
    Refused,
    /// The end of a run.
    Ran,
    Settled,
    Closed,
}

/// What is told together with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum With {
    Nothing,
    /// First, that the event was accepted.
    Accepted,
    /// Then, its fate and that it leaves.
    SettledAndClosed,
}

/// What was decided at the end of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decided {
    Retry,
    Return,
    Settle(Fate),
}

impl Packed {
    /// `fact`, if it can be packed.
    #[inline(always)]
    pub(super) fn of(fact: &Fact<'_>) -> Option<Self> {
        let event = fact.event.copied_if_usual()?;
        let packed = Self {
            event,
            at: fact.at,
            dispatched: fact.at,
            init: SimDuration::ZERO,
            nominal: SimDuration::ZERO,
            environment: 0,
            running: 0,
            kind: Kind::Accepted,
            with: With::Nothing,
            start: Start::Warm,
            provisioned: false,
            decided: Decided::Return,
            rule: Rule::SuccessEndsEvent,
        };
        match fact.what {
            Observation::Accepted => Some(packed),
            Observation::RunStarted { running, placement, .. } => {
                Some(Self { kind: Kind::Started, running, ..packed.at_place(placement) })
            }
            Observation::AttemptEnded(Attempt { dispatched, run: None, next, .. }) => {
                Some(Self { kind: Kind::Refused, dispatched, ..packed.decided(next) })
            }
            // A run that calls dependencies may end otherwise than it was planned to.
            Observation::AttemptEnded(Attempt { dispatched, run: Some(run), next, .. })
                if fact.at == dispatched + run.placement.init + run.duration =>
            {
                let packed = packed.decided(next).at_place(run.placement);
                Some(Self { kind: Kind::Ran, dispatched, running: run.running, ..packed })
            }
            Observation::Settled { fate, rule } => {
                Some(Self { kind: Kind::Settled, decided: Decided::Settle(fate), rule, ..packed })
            }
            Observation::Closed => Some(Self { kind: Kind::Closed, ..packed }),
            _ => None,
        }
    }

    #[inline(always)]
    fn at_place(self, placement: Placement) -> Self {
        let Placement { environment, provisioned, start, init } = placement;
        Self { init, environment, start, provisioned, ..self }
    }

    #[inline(always)]
    fn decided(self, next: Next) -> Self {
        match next {
            // When it is due is where the event stands.
            Next::Retry { nominal, rule, .. } => Self { decided: Decided::Retry, nominal, rule, ..self },
            Next::Settle { fate, rule } => Self { decided: Decided::Settle(fate), rule, ..self },
            Next::Return => Self { decided: Decided::Return, ..self },
        }
    }

    /// The event that it is about.
    #[inline(always)]
    pub(super) const fn event(&self) -> &Event {
        &self.event
    }

    /// The start of a run together with the acceptance of its event.
    #[inline(always)]
    pub(super) fn with_acceptance(self) -> Self {
        Self { with: With::Accepted, ..self }
    }

    /// An attempt together with the fate that it decides, and that the event leaves.
    #[inline(always)]
    pub(super) fn with_end(self) -> Self {
        Self { with: With::SettledAndClosed, ..self }
    }

    /// Tells all of it, in order. Each fact is told where its kind is known, so that of an observer whose code stands
    /// there only what concerns the kind is left.
    #[inline(always)]
    pub(super) fn tell(&self, observer: &mut impl Observer) {
        match self.kind {
            Kind::Accepted => observer.observe(&self.fact(Observation::Accepted)),
            Kind::Started => {
                let age = self.event.age_at(self.at);
                let (running, placement) = (self.running, self.placement());
                let started = self.fact(Observation::RunStarted { age, running, placement });
                if self.with == With::Accepted {
                    observer.observe_first_run(&started);
                } else {
                    observer.observe(&started);
                }
            }
            Kind::Refused => observer.observe(&self.fact(Observation::AttemptEnded(self.attempt(None)))),
            Kind::Ran => {
                let ended = self.fact(Observation::AttemptEnded(self.attempt(Some(self.run()))));
                if self.with == With::SettledAndClosed {
                    observer.observe_last_attempt(&ended);
                } else {
                    observer.observe(&ended);
                }
            }
            Kind::Settled => {
                let Decided::Settle(fate) = self.decided else { unreachable!("it was packed with its fate") };
                observer.observe(&self.fact(Observation::Settled { fate, rule: self.rule }));
            }
            Kind::Closed => observer.observe(&self.fact(Observation::Closed)),
        }
    }

    #[inline(always)]
    const fn fact(&self, what: Observation) -> Fact<'_> {
        Fact { at: self.at, event: &self.event, what }
    }

    #[inline(always)]
    const fn placement(&self) -> Placement {
        let Self { init, environment, start, provisioned, .. } = *self;
        Placement { environment, provisioned, start, init }
    }

    #[inline(always)]
    fn run(&self) -> Run {
        let taken = self.at.since(self.dispatched);
        Run {
            number: self.event.runs(),
            placement: self.placement(),
            duration: taken - self.init,
            billed_ms: taken.as_millis_ceil(),
            cause: self.event.last_cause(),
            running: self.running,
        }
    }

    #[inline(always)]
    fn attempt(&self, run: Option<Run>) -> Attempt {
        let next = match self.decided {
            Decided::Retry => {
                let due = self.event.due().expect("it waits for its next attempt");
                Next::Retry { due, nominal: self.nominal, rule: self.rule }
            }
            Decided::Return => Next::Return,
            Decided::Settle(fate) => Next::Settle { fate, rule: self.rule },
        };
        Attempt {
            number: self.event.attempts(),
            dispatched: self.dispatched,
            age: self.event.age_at(self.dispatched),
            outcome: self.event.last_outcome().expect("it is about an attempt"),
            run,
            next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_fact_takes_two_lines_of_the_cache() {
        assert_eq!((size_of::<Packed>(), align_of::<Packed>()), (128, 64));
    }
}
