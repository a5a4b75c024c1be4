//! Events that are dispatched as they arrive.
//!
//! Without a dispatch latency an event is accepted and dispatched at the same instant. Where nothing else can happen
//! between the two it need not wait for its dispatch in the calendar. What happens is the same, fact by fact: a test
//! compares.
//!
//! How the first run goes follows from the event's key, so that it can be worked out before the event arrives
//! ([`first_run_ahead`]); what it finds when it starts, a warm environment or another, is known only then.
#![expect(clippy::inline_always, reason = "what every event goes through, at one place of the loop")]

use super::attempt::recorded_duration;
use super::event::{Event, Past, Stage};
use super::failure::{self, Beginning, RunPlan};
use super::observation::{AttemptOutcome, Fact, Observation, Observer, Start};
use super::{Arrived, Model, Notice, full_house, report};
use crate::id::{EventId, SourceId};
use crate::random::EventKey;
use crate::scenario::{Function, InvocationType, Scenario, Targets};
use crate::time::{SimDuration, SimTime};

/// Whether an event of `scenario` can be dispatched as it arrives: at the same instant, by a service that does nothing
/// else about it, and for a function that is tried.
pub(super) fn can_be(scenario: &Scenario) -> bool {
    let is_tried =
        |function: &Function| function.reserved != Some(0) && function.maximum_age > SimDuration::ZERO;
    full_house::can_be_foreseen(scenario)
        && scenario.imperfections.duplicate.is_never()
        && scenario.timing.dispatch_latency == SimDuration::ZERO
        && scenario.functions.iter().all(is_tried)
}

/// What works out how the first runs of the events of `source` go if they start in a warm environment as the events
/// arrive; none if they start otherwise, or if there is nothing to work out.
pub fn first_run_ahead(
    scenario: &Scenario,
    source: SourceId,
) -> Option<impl Fn(EventKey, SimTime) -> RunPlan + use<'_>> {
    let source = &scenario.sources[source.index()];
    match (&source.to, source.invocation) {
        (Targets::One(function), InvocationType::Event)
            if source.recorded_durations.is_none() && can_be(scenario) =>
        {
            let function = &scenario.functions[function.index()];
            Some(move |key, at| first_run(scenario, function, key, at, Start::Warm, None))
        }
        _ => None,
    }
}

/// How the first run of an event goes that was accepted when the run starts, at `now`.
#[inline(always)]
fn first_run(
    scenario: &Scenario,
    function: &Function,
    key: EventKey,
    now: SimTime,
    start: Start,
    recorded: Option<SimDuration>,
) -> RunPlan {
    // Which event it is makes no difference to how its run goes.
    let past = Past::none(EventId(0), key, now);
    let beginning = Beginning { key, run: 1, past, at: now, start, recorded };
    failure::plan_run(function, beginning, scenario.timing.init_limit)
}

impl Model<'_> {
    /// Whether an event that arrives at `now` can be dispatched before anything else happens.
    #[inline(always)]
    pub(super) fn goes_at_once(&self, number: u64, now: SimTime) -> bool {
        const MOST: u64 = u32::MAX as u64;
        // Later ones have something particular: their numbers.
        self.at_once && self.last_id < MOST && number <= MOST && self.service.calendar.has_nothing_until(now)
    }

    /// An event is offered for the first time, and dispatched if it is accepted. Tells whether it was.
    #[inline(always)]
    pub(super) fn offer_at_once(
        &mut self,
        arrived: Arrived,
        ahead: Option<RunPlan>,
        now: SimTime,
        observer: &mut impl Observer,
    ) -> bool {
        match self.refusal_of_first(&arrived, now) {
            None => {
                self.dispatch_at_once(&arrived, ahead, now, observer);
                true
            }
            Some(refusal) => {
                self.refuse_first_offer(arrived, refusal, now, observer);
                false
            }
        }
    }

    #[inline(always)]
    fn dispatch_at_once(
        &mut self,
        arrived: &Arrived,
        ahead: Option<RunPlan>,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        self.last_id += 1;
        let (id, first) = (EventId(self.last_id), self.tracing.is_first(arrived.function, now));
        let mut event = Event::with_usual_numbers(
            id,
            self.places.take(),
            arrived,
            now,
            Stage::Queued { due: now },
            first,
        );
        match self.service.concurrency.admit(arrived.function, now) {
            Ok((environment, start)) => {
                let plan = ahead.filter(|_| start == Start::Warm);
                let plan = plan.unwrap_or_else(|| self.first_run_now(arrived, start, now));
                let running = self.service.running(arrived.function, environment, start, plan, now);
                let run = self.service.runs.insert(running);
                event.set_stage(Stage::Running { run, calling: None });
                event.runs = 1;
                let what = Observation::RunStarted {
                    age: SimDuration::ZERO,
                    running: self.service.concurrency.running(arrived.function),
                    placement: running.placement(),
                };
                observer.observe_first_run(&Fact { at: now, event: &event, what });
                let slot = self.events.insert(event);
                self.service.schedule(now + plan.init + plan.duration, id.0, Notice::RunEnds(slot));
            }
            Err(reason) => {
                let slot = self.events.insert(event);
                self.visit(slot, |service, event| {
                    report(event, now, Observation::Accepted, observer);
                    service.refuse(slot, event, AttemptOutcome::Throttled(reason), now, observer)
                });
            }
        }
    }

    /// How the first run of an event goes that starts otherwise than was foreseen.
    #[inline(never)]
    fn first_run_now(&self, arrived: &Arrived, start: Start, now: SimTime) -> RunPlan {
        let recorded = recorded_duration(self.scenario, arrived.source, arrived.number);
        let function = &self.service.functions[arrived.function.index()];
        first_run(self.scenario, function, arrived.key, now, start, recorded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::FunctionId;
    use crate::observe::notes::Notes;
    use crate::observe::test_scenarios::{busy, events_at, exceptions, function, poisson, source};
    use crate::random::distribution::Distribution;
    use crate::scenario::{Probability, Source};
    use crate::simulate::Simulation;

    /// What happens in `steps` at a time, and how often two things happened in one go that began with an arrival.
    fn run(scenario: &Scenario, at_once: bool, steps: u64) -> (Notes, u64) {
        let mut simulation = Simulation::new(scenario, 0);
        simulation.model_mut().at_once &= at_once;
        // Refusals that are foreseen come in rows, which are not what is looked at here.
        simulation.model_mut().foreseen = false;
        simulation.model_mut().service.long_way = !at_once;
        let (mut notes, mut pairs) = (Notes::default(), 0);
        loop {
            let done = simulation.step(steps, &mut notes);
            assert!(done <= steps);
            pairs += u64::from(done == 2);
            if done == 0 {
                return (notes, pairs);
            }
        }
    }

    /// Events of half an hour that fail now and then, are refused in turns, find new and old environments and leave a
    /// record behind.
    fn instant() -> Scenario {
        let mut scenario = busy();
        scenario.timing.dispatch_latency = SimDuration::ZERO;
        scenario.functions[0].failures.push(exceptions(0.2, &[]));
        scenario.functions[0].init = Distribution::Constant(SimDuration::from_millis(300));
        scenario.functions[0].idle_time = SimDuration::from_secs(2);
        scenario
    }

    /// Sources whose events come at the same instants, also at those at which runs end; and events of two functions.
    fn ties() -> Scenario {
        let mut scenario = instant();
        let even = |from: u64, step: u64| -> Vec<u64> { (0..200).map(|n| from + step * n).collect() };
        scenario.functions.push(function("bill"));
        scenario.functions[0].duration = Distribution::Constant(SimDuration::from_millis(100));
        scenario.functions[0].init = Distribution::Constant(SimDuration::ZERO);
        let both = Targets::Each([FunctionId(0), FunctionId(1)].into());
        scenario.sources = vec![
            events_at("each 100 ms", &even(1_000, 100)),
            events_at("each 300 ms", &even(1_000, 300)),
            Source { to: both, ..events_at("both", &even(1_050, 500)) },
            source("some time", InvocationType::Event, poisson(3.0, 60)),
        ];
        scenario
    }

    /// Programs that send more than the account's request rate lets pass.
    fn too_many() -> Scenario {
        let mut scenario = instant();
        scenario.account.concurrency = 110;
        scenario.account.requests_per_concurrency = 1;
        scenario.sources = vec![source("program", InvocationType::Event, poisson(150.0, 10))];
        scenario
    }

    /// Goal: fact by fact the same, whether an event goes at once or by way of the calendar, whether what comes
    /// together is told together or one by one, and however a run is divided into steps.
    #[test]
    fn what_goes_at_once_is_what_would_have_waited() {
        let mut recorded = instant();
        let durations = (0..10_000).map(|n| SimDuration::from_millis(100 + n % 700));
        recorded.sources[1].recorded_durations = Some(durations.collect());
        for scenario in [instant(), ties(), too_many(), recorded] {
            let (waited, pairs) = run(&scenario, false, u64::MAX);
            assert_eq!(pairs, 0);
            for steps in [1, 2, 3, 7, u64::MAX] {
                let (at_once, pairs) = run(&scenario, true, steps);
                assert_eq!(pairs > 100, steps > 1, "{pairs} at once");
                assert_eq!(at_once.difference_to(&waited), None, "{steps} steps at a time");
            }
        }
    }

    /// Goal: whatever else has a say between acceptance and dispatch keeps an event from going at once.
    #[test]
    fn an_event_waits_where_anything_may_come_in_between() {
        assert!(can_be(&instant()));
        let changes: [fn(&mut Scenario); 6] = [
            |scenario| scenario.timing.dispatch_latency = SimDuration::from_nanos(1),
            |scenario| scenario.imperfections.duplicate = Probability::new(0.1).unwrap(),
            |scenario| scenario.imperfections.loss = Probability::new(0.1).unwrap(),
            |scenario| {
                let law = Distribution::Constant(SimDuration::from_millis(1));
                scenario.imperfections.neighbour_delay = Some(law);
            },
            |scenario| scenario.functions[0].reserved = Some(0),
            |scenario| scenario.functions[0].maximum_age = SimDuration::ZERO,
        ];
        for change in changes {
            let mut scenario = instant();
            change(&mut scenario);
            assert!(!can_be(&scenario));
        }
    }

    /// Goal: a run that is planned ahead is the one that would be planned when it starts. Method: against the facts.
    #[test]
    fn a_first_run_goes_as_it_was_planned_ahead() {
        let mut scenario = instant();
        scenario.functions[0].reserved = None;
        scenario.functions[0].init = Distribution::Constant(SimDuration::ZERO);
        let plan = first_run_ahead(&scenario, SourceId(1)).expect("its events go at once");
        assert!(first_run_ahead(&scenario, SourceId(0)).is_none(), "calls are no events");
        let mut checked = 0;
        let (mut simulation, mut facts) = (Simulation::new(&scenario, 0), Facts(Vec::new()));
        while simulation.advance(&mut facts, 1_000).is_none() {}
        for (key, attempt) in &facts.0 {
            let (run, planned) = (attempt.run.expect("it ran"), plan(*key, attempt.dispatched));
            if run.placement.start == Start::Warm {
                assert_eq!((planned.outcome, planned.duration), (attempt.outcome, run.duration));
                checked += 1;
            }
        }
        assert!(checked > 1_000, "{checked} checked");
    }

    /// The first runs of events.
    struct Facts(Vec<(EventKey, crate::model::observation::Attempt)>);

    impl Observer for Facts {
        fn observe(&mut self, fact: &Fact<'_>) {
            if let Observation::AttemptEnded(attempt) = fact.what
                && attempt.number == 1
                && fact.event.invocation() == InvocationType::Event
                && attempt.run.is_some()
            {
                self.0.push((fact.event.key(), attempt));
            }
        }
    }
}
