//! A full house: dispatches that come while every slot of their function is taken.
//!
//! In an overload most dispatches are refused, many of them between two ends of runs. Until a run ends, nothing can
//! change what they meet, so that they are refused one after the other without asking for a slot each time. What
//! happens is the same, fact by fact: a test compares.
//!
//! That holds where nothing else has a say: no faults and no imperfections of the service, no changes, and neither
//! neighbours nor provisioned concurrency, which come and go by themselves ([`Concurrency::is_full`]).
//!
//! [`Concurrency::is_full`]: super::concurrency::Concurrency::is_full
#![expect(clippy::inline_always, reason = "a look that each dispatch takes")]

use super::event::{Event, Stage};
use super::observation::{Attempt, AttemptOutcome, Next, Observation, Observer, ThrottleReason};
use super::retry::{self, Situation};
use super::service::{Service, Stay};
use super::{Model, Notice, report};
use crate::engine::slab::Slot;
use crate::random::Purpose;
use crate::scenario::{Imperfections, Scenario};
use crate::time::SimTime;

/// Whether nothing but full slots keeps an event of `scenario` from its run.
pub(super) fn can_be_foreseen(scenario: &Scenario) -> bool {
    let Imperfections { duplicate: _, loss, backlog, read_rate, neighbour_delay } = &scenario.imperfections;
    let perfect = loss.is_never() && backlog.is_none() && read_rate.is_none() && neighbour_delay.is_none();
    perfect && scenario.faults.is_empty() && scenario.changes.is_empty() && scenario.dependencies.is_empty()
}

impl Model<'_> {
    /// Why the dispatch of `slot` meets a full house, if that is certain.
    #[inline(always)]
    pub(super) fn full_house_for(&self, slot: Slot) -> Option<ThrottleReason> {
        if !self.foreseen {
            return None;
        }
        self.service.concurrency.is_full(self.events.get(slot).function)
    }

    /// The dispatch of `slot` at `now` meets a full house: refuses it and those that come next, at most `most`, as long
    /// as that is certain. Tells how many there were and when the last was; none if it has to be seen.
    #[inline]
    pub(super) fn refuse_in_a_row(
        &mut self,
        mut slot: Slot,
        reason: ThrottleReason,
        mut now: SimTime,
        most: u64,
        observer: &mut impl Observer,
    ) -> (u64, SimTime) {
        let id = self.events.get(slot).function;
        let function = &self.service.functions[id.index()];
        let (mut refused, mut last) = (0, now);
        loop {
            let event = self.events.get_mut(slot);
            let is_like_the_others = event.is_usual() && event.function == id;
            if !is_like_the_others || event.age_at(now) >= function.maximum_age {
                return (refused, last);
            }
            if refused > 0 {
                self.service.calendar.take_peeked();
            }
            (refused, last) = (refused + 1, now);
            let stay = self.service.refuse_foreseen(slot, event, reason, now, observer);
            self.let_stay(slot, stay);
            let next = if refused < most { self.peek_scheduled() } else { None };
            let Some((due, Notice::Dispatch(next))) = next else { return (refused, last) };
            (slot, now) = (next, due);
        }
    }
}

impl Service<'_> {
    /// What [`Service::dispatch`] comes to when an event about which nothing is particular meets a full house and
    /// nothing else has a say.
    #[inline(always)]
    fn refuse_foreseen(
        &mut self,
        slot: Slot,
        event: &mut Event,
        reason: ThrottleReason,
        now: SimTime,
        observer: &mut impl Observer,
    ) -> Stay {
        let function = self.function(event);
        event.note_throttle(reason);
        let situation = Situation {
            now,
            accepted: event.accepted,
            counted: event.runs,
            backoff_streak: event.backoff_streak.into(),
            waiting: 0,
            backlog: None,
        };
        let (refusals, attempts) = event.usual_refusals_and_attempts();
        let word = event.key.draws(Purpose::BackoffJitter, 0, refusals).word();
        let next = retry::after_invocation_error(&self.scenario.timing, function, situation, word);
        event.backoff_streak = event.backoff_streak.saturating_add(1);
        if let Next::Retry { due, .. } = next {
            event.set_stage(Stage::Queued { due });
        }
        let what = Observation::AttemptEnded(Attempt {
            number: attempts,
            dispatched: now,
            age: event.age_at(now),
            outcome: AttemptOutcome::Throttled(reason),
            run: None,
            next,
        });
        report(event, now, what, observer);
        match next {
            // It goes on waiting: the count of those who wait stays the same.
            Next::Retry { due, .. } => self.stay_queued(slot, event, due),
            Next::Settle { fate, rule } => {
                self.waiting[event.function.index()] -= 1;
                self.settle(slot, event, (fate, rule), now, observer)
            }
            Next::Return => unreachable!("it is no synchronous call"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::FunctionId;
    use crate::observe::notes::Notes;
    use crate::observe::test_scenarios::{busy, function, poisson, source};
    use crate::scenario::{InvocationType, Neighbour, Source, Targets};
    use crate::simulate::Simulation;
    use crate::time::SimDuration;

    /// What happens in `steps` at a time, and the most that happened in one go.
    fn run(scenario: &Scenario, foreseen: bool, steps: u64) -> (Notes, u64) {
        let mut simulation = Simulation::new(scenario, 0);
        simulation.model_mut().foreseen &= foreseen;
        let (mut notes, mut longest) = (Notes::default(), 0);
        loop {
            let done = simulation.step(steps, &mut notes);
            assert!(done <= steps);
            longest = longest.max(done);
            if done == 0 {
                return (notes, longest);
            }
        }
    }

    fn to(at: u16, name: &str, rate: f64) -> Source {
        let to = Targets::One(FunctionId(at));
        Source { to, ..source(name, InvocationType::Event, poisson(rate, 20)) }
    }

    /// Three hundred a second for two slots: some wait for as long as they may, whose records go to a queue that
    /// refuses for a while; synchronous calls come in between.
    fn crowd() -> Scenario {
        let mut scenario = busy();
        scenario.functions[0].maximum_age = SimDuration::from_secs(90);
        scenario.sources[1] = to(0, "orders", 300.0);
        scenario
    }

    /// Two functions share what the account leaves them.
    fn shared() -> Scenario {
        let mut scenario = crowd();
        scenario.functions[0].reserved = None;
        scenario.functions.push(function("bill"));
        scenario.account.concurrency = 3;
        scenario.account.unreserved_minimum = 0;
        scenario.sources.push(to(1, "bills", 200.0));
        scenario
    }

    /// Goal: fact by fact the same, whether refusals are foreseen or seen, and however a run is divided into steps.
    #[test]
    fn what_is_foreseen_is_what_would_have_been_seen() {
        let mut other_limits = crowd();
        other_limits.functions[0].reserved = Some(0);
        for scenario in [busy(), crowd(), shared(), other_limits] {
            let (seen, one) = run(&scenario, false, u64::MAX);
            assert_eq!(one, 1);
            for steps in [1, 2, 7, u64::MAX] {
                let foreseen = run(&scenario, true, steps).0;
                assert_eq!(foreseen.difference_to(&seen), None, "{steps} steps at a time");
            }
        }
        for crowded in [crowd(), shared()] {
            let (_, longest) = run(&crowded, true, u64::MAX);
            assert!(longest > 5, "{longest} in a row");
        }
    }

    /// Goal: where more than the ends of runs can change what a dispatch meets, each is looked at.
    #[test]
    fn nothing_is_foreseen_where_slots_come_and_go_by_themselves() {
        let mut neighbours = shared();
        neighbours.account.neighbours =
            vec![Neighbour { concurrency: 1, during: crate::observe::test_scenarios::windows(&[(5, 9)]) }];
        let mut provisioned = crowd();
        provisioned.functions[0].provisioned = 1;
        let mut lossy = crowd();
        lossy.imperfections.loss = crate::scenario::Probability::new(0.5).unwrap();
        for scenario in [neighbours, provisioned, lossy] {
            assert_eq!(run(&scenario, true, u64::MAX).1, 1);
        }
    }
}
