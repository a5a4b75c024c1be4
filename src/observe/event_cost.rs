//! What each event has cost so far: finished runs, and messages delivered.
//!
//! An event knows how many runs it has finished and what they were billed together. What it does not know is kept here
//! (`EventExtras`), and only for events for which there is something to know: messages that have a price, and time in
//! provisioned environments. So an ordinary event in flight takes no memory here at all. What both come to is worked
//! out once it is wanted (`EventPrices`).
#![expect(clippy::inline_always, reason = "a few instructions for each fact, which a call would double")]

use std::collections::BTreeMap;

use super::cost::of_message;
use super::price::{Money, RunPrices};
use crate::id::{DestinationId, EventId};
use crate::model::event::{Event, Stage};
use crate::model::observation::{Attempt, Fact, Observation};
use crate::scenario::{InvocationType, Scenario};

/// What the events in the system have cost beyond what they know of themselves.
#[derive(Clone, Debug)]
pub(crate) struct EventExtras<'s> {
    scenario: &'s Scenario,
    extras: BTreeMap<EventId, Extra>,
}

/// What an event does not know of itself; nothing of most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extra {
    /// Of its billed milliseconds, those in provisioned environments.
    provisioned_ms: u64,
    messages: Money,
}

/// What events cost.
#[derive(Clone, Debug)]
pub(crate) struct EventPrices {
    /// By function.
    runs: Vec<RunPrices>,
    /// The bytes of an event, by source.
    payloads: Vec<u64>,
}

impl<'s> EventExtras<'s> {
    /// Of events of `scenario`, before there are any.
    pub(crate) const fn new(scenario: &'s Scenario) -> Self {
        Self { scenario, extras: BTreeMap::new() }
    }

    /// Takes note of what `fact` costs.
    #[inline(always)]
    pub(crate) fn observe(&mut self, fact: &Fact<'_>) {
        match &fact.what {
            Observation::AttemptEnded(Attempt { run: Some(run), .. }) if run.placement.provisioned => {
                self.add_provisioned(fact.event, run.billed_ms);
            }
            Observation::DeliveryEnded { destination, bytes, failure: None, .. } => {
                self.add_message(fact.event, *destination, *bytes);
            }
            _ => {}
        }
    }

    #[inline(never)]
    fn add_provisioned(&mut self, event: &Event, billed_ms: u64) {
        // A synchronous call leaves no message, and nobody asks what it cost.
        if event.invocation() == InvocationType::Event {
            self.extras.entry(event.id()).or_default().provisioned_ms += billed_ms;
        }
    }

    #[inline(never)]
    fn add_message(&mut self, event: &Event, destination: DestinationId, bytes: u64) {
        let cost = of_message(destination, bytes, self.scenario).money(&self.scenario.prices);
        if cost != Money::default() {
            let extra = self.extras.entry(event.id()).or_default();
            extra.messages = extra.messages.plus(cost);
        }
    }

    /// What there is of `event`, which leaves the system.
    #[inline]
    pub(crate) fn take(&mut self, event: &Event) -> Extra {
        if self.extras.is_empty() {
            Extra::default()
        } else {
            self.extras.remove(&event.id()).unwrap_or_default()
        }
    }
}

impl Extra {
    /// Whether there is nothing.
    #[inline]
    pub(crate) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

impl EventPrices {
    /// The prices of events of `scenario`.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let runs = scenario.functions.iter().map(|function| RunPrices::of(function, &scenario.prices));
        let payloads = scenario.sources.iter().map(|source| source.payload_bytes);
        Self { runs: runs.collect(), payloads: payloads.collect() }
    }

    /// What `event` has cost until now, with `extra`.
    pub(crate) fn cost(&self, event: &Event, extra: Extra) -> Money {
        let Extra { provisioned_ms, messages } = extra;
        let unfinished = matches!(event.stage(), Stage::Running { .. });
        let runs = u64::from(event.runs()) - u64::from(unfinished);
        let bytes = || event.bytes_if_sent(|source| self.payloads[source.index()]);
        let payload = (event.invocation() == InvocationType::Event).then(bytes);
        let prices = &self.runs[event.function().index()];
        prices.money(runs, payload, event.billed_ms(), provisioned_ms).plus(messages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observation::Observer;
    use crate::observe::cost::of_run;
    use crate::observe::price::Spend;
    use crate::observe::test_scenarios::{busy, queue};
    use crate::scenario::End;
    use crate::simulate::simulate;
    use crate::time::SimTime;

    /// Adds up everything that each event uses, run by run, and compares at its end.
    struct Compare<'s> {
        scenario: &'s Scenario,
        extras: EventExtras<'s>,
        prices: EventPrices,
        spends: BTreeMap<EventId, Spend>,
        compared: Vec<Money>,
    }

    impl Observer for Compare<'_> {
        fn observe(&mut self, fact: &Fact<'_>) {
            if fact.event.invocation() != InvocationType::Event {
                self.extras.observe(fact);
                return;
            }
            self.extras.observe(fact);
            let spend = self.spends.entry(fact.event.id()).or_default();
            match fact.what {
                Observation::AttemptEnded(attempt) => {
                    attempt.run.iter().for_each(|run| spend.add(&of_run(fact, run, self.scenario)));
                }
                Observation::DeliveryEnded { destination, bytes, failure: None, .. } => {
                    spend.add(&of_message(destination, bytes, self.scenario));
                }
                Observation::Closed | Observation::CutOff => {
                    let found = self.prices.cost(fact.event, self.extras.take(fact.event));
                    assert_eq!(found, spend.money(&self.scenario.prices), "{:?}", fact.event);
                    self.compared.push(found);
                }
                _ => {}
            }
        }
    }

    fn compared(scenario: &Scenario) -> Vec<Money> {
        let (extras, prices) = (EventExtras::new(scenario), EventPrices::of(scenario));
        let mut compare = Compare { scenario, extras, prices, spends: BTreeMap::new(), compared: Vec::new() };
        simulate(scenario, &mut compare);
        assert!(compare.extras.extras.is_empty(), "what left the system is forgotten");
        compare.compared
    }

    #[test]
    fn the_cost_of_an_event_is_the_sum_over_its_runs_and_messages() {
        let plain = compared(&busy());
        let mut scenario = busy();
        scenario.destinations = vec![queue("done"), queue("failed")];
        scenario.functions[0].on_success = Some(DestinationId(0));
        scenario.functions[0].on_failure = Some(DestinationId(1));
        scenario.functions[0].provisioned = 1;
        let rich = compared(&scenario);
        assert!(
            rich.len() > 1_000 && rich != plain,
            "messages and provisioned environments make a difference"
        );
    }

    #[test]
    fn a_run_that_the_end_cuts_off_costs_nothing_yet() {
        let mut scenario = busy();
        scenario.end = End::At(SimTime::from_secs(300));
        assert!(compared(&scenario).contains(&Money::default()));
    }
}
