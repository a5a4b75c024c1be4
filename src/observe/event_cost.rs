//! What each event has cost so far: finished runs, and messages delivered.
//!
//! An event knows how many runs it has finished and what they were billed together. What it does not know is kept here,
//! and only for events for which there is something to know: messages that have a price, and time in provisioned
//! environments. So an ordinary event in flight takes no memory here at all.
#![expect(clippy::inline_always, reason = "a few instructions for each fact, which a call would double")]

use std::collections::BTreeMap;

use super::cost::of_message;
use super::price::{Money, RunPrices};
use crate::id::{DestinationId, EventId};
use crate::model::event::{Event, Stage};
use crate::model::observation::{Attempt, Fact, Observation};
use crate::scenario::{InvocationType, Scenario};

/// The costs of the events in the system.
#[derive(Clone, Debug)]
pub struct EventCosts<'s> {
    scenario: &'s Scenario,
    /// By function.
    prices: Vec<RunPrices>,
    extras: BTreeMap<EventId, Extra>,
}

/// What an event does not know of itself.
#[derive(Clone, Copy, Debug, Default)]
struct Extra {
    /// Of its billed milliseconds, those in provisioned environments.
    provisioned_ms: u64,
    messages: Money,
}

impl<'s> EventCosts<'s> {
    /// The costs of events of `scenario`.
    pub fn new(scenario: &'s Scenario) -> Self {
        let prices = scenario.functions.iter().map(|function| RunPrices::of(function, &scenario.prices));
        Self { scenario, prices: prices.collect(), extras: BTreeMap::new() }
    }

    /// Takes note of what `fact` costs.
    #[inline(always)]
    pub fn observe(&mut self, fact: &Fact<'_>) {
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

    /// What `event` has cost until now, at which it leaves the system.
    pub fn take(&mut self, event: &Event) -> Money {
        let extra = if self.extras.is_empty() { None } else { self.extras.remove(&event.id()) };
        let Extra { provisioned_ms, messages } = extra.unwrap_or_default();
        let unfinished = matches!(event.stage(), Stage::Running { .. });
        let runs = u64::from(event.runs()) - u64::from(unfinished);
        let payload = (event.invocation() == InvocationType::Event).then(|| event.bytes(self.scenario));
        let prices = &self.prices[event.function().index()];
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
        costs: EventCosts<'s>,
        spends: BTreeMap<EventId, Spend>,
        compared: Vec<Money>,
    }

    impl Observer for Compare<'_> {
        fn observe(&mut self, fact: &Fact<'_>) {
            if fact.event.invocation() != InvocationType::Event {
                self.costs.observe(fact);
                return;
            }
            self.costs.observe(fact);
            let spend = self.spends.entry(fact.event.id()).or_default();
            match fact.what {
                Observation::AttemptEnded(attempt) => {
                    attempt.run.iter().for_each(|run| spend.add(&of_run(fact, run, self.scenario)));
                }
                Observation::DeliveryEnded { destination, bytes, failure: None, .. } => {
                    spend.add(&of_message(destination, bytes, self.scenario));
                }
                Observation::Closed | Observation::CutOff => {
                    let found = self.costs.take(fact.event);
                    assert_eq!(found, spend.money(&self.scenario.prices), "{:?}", fact.event);
                    self.compared.push(found);
                }
                _ => {}
            }
        }
    }

    fn compared(scenario: &Scenario) -> Vec<Money> {
        let costs = EventCosts::new(scenario);
        let mut compare = Compare { scenario, costs, spends: BTreeMap::new(), compared: Vec::new() };
        simulate(scenario, &mut compare);
        assert!(compare.costs.extras.is_empty(), "what left the system is forgotten");
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
