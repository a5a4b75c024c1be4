//! Events that are dispatched as they arrive.
//!
//! Without a dispatch latency an event is accepted and dispatched at the same instant. Where nothing else can happen
//! between the two it need not wait for its dispatch in the calendar. What happens is the same, fact by fact: a test
//! compares.
//!
//! How the first run goes follows from the event's key, so that it can be worked out before the event arrives
//! ([`first_run_ahead`]); what it finds when it starts, a warm environment or another, is known only then.
#![expect(clippy::inline_always, reason = "what every event goes through, at one place of the loop")]

use super::event::{Event, Past, Stage};
use super::failure::{self, Beginning, RunPlan};
use super::observation::{AttemptOutcome, Observation, Observer, Start};
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
            None => self.dispatch_at_once(arrived, ahead, now, observer),
            Some(refusal) => {
                self.refuse_first_offer(arrived, refusal, now, observer);
                return false;
            }
        }
        true
    }

    #[inline(always)]
    fn dispatch_at_once(
        &mut self,
        arrived: Arrived,
        ahead: Option<RunPlan>,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        self.last_id += 1;
        let (id, first) = (EventId(self.last_id), self.tracing.is_first(arrived.function, now));
        let mut event = Event::with_usual_numbers(id, &arrived, now, Stage::Queued { due: now }, first);
        let slot = self.events.vacant();
        report(slot, &event, now, Observation::Accepted, observer);
        match self.service.concurrency.admit(arrived.function, now) {
            Ok((environment, start)) => {
                let plan = ahead.filter(|_| start == Start::Warm);
                let plan = plan.unwrap_or_else(|| self.first_run_now(&arrived, start, now));
                let running = self.service.running(arrived.function, environment, start, plan, now);
                let run = self.service.runs.insert(running);
                event.set_stage(Stage::Running { run, calling: None });
                event.runs = 1;
                let what = Observation::RunStarted {
                    age: SimDuration::ZERO,
                    running: self.service.concurrency.running(arrived.function),
                    placement: running.placement(),
                };
                report(slot, &event, now, what, observer);
                self.service.schedule(now + plan.init + plan.duration, id.0, Notice::RunEnds(slot));
                self.events.insert(event);
            }
            Err(reason) => {
                let slot = self.events.insert(event);
                self.visit(slot, |service, event| {
                    service.refuse(slot, event, AttemptOutcome::Throttled(reason), now, observer)
                });
            }
        }
    }

    /// How the first run of an event goes that starts otherwise than was foreseen.
    #[inline(never)]
    fn first_run_now(&self, arrived: &Arrived, start: Start, now: SimTime) -> RunPlan {
        let recorded = self.scenario.sources[arrived.source.index()].recorded_durations.as_ref();
        let position = usize::try_from(arrived.number - 1).expect("recordings fit into memory");
        let recorded = recorded.map(|recorded| recorded[position]);
        let function = &self.service.functions[arrived.function.index()];
        first_run(self.scenario, function, arrived.key, now, start, recorded)
    }
}
