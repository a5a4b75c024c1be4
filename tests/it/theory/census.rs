//! What a run was like: every life, and how long how many were running or in the system.

use thirdtry::id::FunctionId;
use thirdtry::model::event::Route;
use thirdtry::model::observation::{AttemptOutcome, Fact, Fate, FunctionError, Observation, Observer, Start};
use thirdtry::scenario::InvocationType;
use thirdtry::time::SimTime;

/// Everything that the cases ask about. All times are in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// By number of the event or call.
    pub(super) lives: Vec<Life>,
    /// How many were running, while the measurement went on.
    pub(super) running: Occupancy,
    /// How many were accepted and unresolved, while the measurement went on.
    pub(super) in_system: Occupancy,
    pub(super) last_arrival: u64,
    /// When each event that used up its retries did so.
    pub(super) exhausted_at: Vec<u64>,
    /// Deliveries that were tried to the on-failure destination.
    pub(super) deliveries: u64,
    pub(super) billed_ms: u64,
    /// Events that the queue delivered a second time.
    pub(super) duplicates: u64,
    /// Events of which a trace is kept.
    pub(super) traced: u64,
    warm_up: u64,
}

/// One event or call.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) function: FunctionId,
    pub(super) accepted: u64,
    pub(super) dispatches: Vec<u64>,
    pub(super) runs: Vec<Stay>,
    pub(super) throttles: u64,
    pub(super) fate: Option<Fate>,
    pub(super) resolved: u64,
    /// Whether the copy was lost on the way to the on-failure destination and to the dead-letter queue.
    pub(super) failed_routes: [bool; 2],
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    pub(super) start: u64,
    pub(super) duration: u64,
    pub(super) failed: bool,
    pub(super) timed_out: bool,
    pub(super) cold: bool,
}

/// How long a number of things had which value: whole nanoseconds by level.
#[derive(Debug, Default)]
pub(super) struct Occupancy {
    level: usize,
    since: u64,
    /// Up to the latest change.
    time: Vec<u64>,
    /// Up to the latest arrival: measurements end there.
    pub(super) measured: Vec<u64>,
}

impl Occupancy {
    fn pass(&mut self, now: u64, warm_up: u64) {
        if self.time.len() <= self.level {
            self.time.resize(self.level + 1, 0);
        }
        self.time[self.level] += now.saturating_sub(self.since.max(warm_up));
        self.since = now;
    }

    fn change(&mut self, now: u64, warm_up: u64, up: bool) {
        self.pass(now, warm_up);
        self.level = if up { self.level + 1 } else { self.level - 1 };
    }

    fn arrival(&mut self, now: u64, warm_up: u64) {
        self.pass(now, warm_up);
        self.measured.clone_from(&self.time);
    }

    /// The integral over the whole run, in nanoseconds.
    pub(super) fn area(&self) -> u128 {
        (0u128..).zip(&self.time).map(|(level, time)| level * u128::from(*time)).sum()
    }
}

impl Census {
    /// Measures from `warm_up` on.
    pub(super) fn from(warm_up: u64) -> Self {
        Self { warm_up, ..Self::default() }
    }

    fn life(&mut self, fact: &Fact<'_>) -> &mut Life {
        let index = usize::try_from(fact.event.id().0 - 1).expect("it fits");
        &mut self.lives[index]
    }

    fn enter(&mut self, fact: &Fact<'_>, now: u64) {
        self.lives.push(Life {
            function: fact.event.function(),
            accepted: now,
            dispatches: Vec::new(),
            runs: Vec::new(),
            throttles: 0,
            fate: None,
            resolved: 0,
            failed_routes: [false; 2],
        });
        self.duplicates += u64::from(fact.event.is_duplicate());
        self.last_arrival = now;
        self.traced += u64::from(fact.event.traced());
        self.running.arrival(now, self.warm_up);
        self.in_system.arrival(now, self.warm_up);
        if fact.event.invocation() == InvocationType::Event {
            self.in_system.change(now, self.warm_up, true);
        }
    }
}

impl Observer for Census {
    fn observe(&mut self, fact: &Fact<'_>) {
        let now = nanos(fact.at);
        let warm_up = self.warm_up;
        match fact.what {
            Observation::Accepted | Observation::Called | Observation::Duplicated => self.enter(fact, now),
            Observation::RunStarted { .. } => self.running.change(now, warm_up, true),
            Observation::AttemptEnded(attempt) => {
                if let Some(run) = attempt.run {
                    self.running.change(now, warm_up, false);
                    self.billed_ms += run.billed_ms;
                    self.life(fact).runs.push(Stay {
                        cold: run.placement.start == Start::Cold,
                        start: nanos(attempt.dispatched),
                        duration: run.duration.as_nanos(),
                        failed: !attempt.outcome.is_success(),
                        timed_out: attempt.outcome == AttemptOutcome::FunctionError(FunctionError::Timeout),
                    });
                }
                let life = self.life(fact);
                life.dispatches.push(nanos(attempt.dispatched));
                life.throttles += u64::from(matches!(attempt.outcome, AttemptOutcome::Throttled(_)));
            }
            Observation::Settled { fate, .. } => {
                self.in_system.change(now, warm_up, false);
                if fate == Fate::RetriesExhausted {
                    self.exhausted_at.push(now);
                }
                let life = self.life(fact);
                (life.fate, life.resolved) = (Some(fate), now);
            }
            Observation::DeliveryEnded { route, failure, .. } => {
                let index = usize::from(route == Route::DeadLetterQueue);
                self.deliveries += u64::from(route == Route::OnFailure);
                self.life(fact).failed_routes[index] = failure.is_some();
            }
            _ => {}
        }
    }
}

pub(super) const fn nanos(at: SimTime) -> u64 {
    at.as_nanos()
}
