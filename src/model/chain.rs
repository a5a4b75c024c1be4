//! Chains of invocations: what an outcome invokes, and how Lambda stops a chain that runs in circles.
//!
//! ```text
//!  event of a ──outcome──> lambda destination ──────────────> event of b   the chain goes on
//!                     └──> sns topic ──each subscriber──────> event of c   the chain goes on
//!                     └──> eventbridge bus ──each target────> event of d   a new chain: Lambda does not see where from
//! ```
//!
//! AWS's trace header carries along how often each function was invoked in a chain. A function that was invoked about
//! 16 times is stopped the next time (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>;
//! exactly 16 runs were measured), unless its `RecursiveLoop` is `Allow`.

use super::event::{Event, Route};
use super::observation::{Fate, Observer};
use super::offer::Caller;
use super::{Arrived, Model, Provenance};
use crate::engine::slab::Slot;
use crate::id::FunctionId;
use crate::random::{EventKey, Purpose};
use crate::scenario::{
    DeliveryFailure, Destination, DestinationKind, Function, InvocationType, RecursiveLoop,
};
use crate::time::SimTime;

/// How often a function may be invoked in one chain. AWS says "approximately 16"; 16 were measured.
pub const RECURSION_LIMIT: u32 = 16;

/// How often each function has been invoked in a chain of invocations, its last event included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// In the order in which the chain met them.
    invocations: Vec<(FunctionId, u32)>,
}

impl Lineage {
    /// Becomes the chain of `parent` with an invocation of `function` added, and keeps its memory.
    fn continue_from(&mut self, parent: &Event, function: FunctionId) {
        self.invocations.clear();
        let inherited = parent.particulars.as_ref().and_then(|particulars| particulars.lineage.as_ref());
        match inherited {
            Some(lineage) => self.invocations.extend_from_slice(&lineage.invocations),
            None => self.invocations.push((parent.function, 1)),
        }
        match self.invocations.iter_mut().find(|(known, _)| *known == function) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.invocations.push((function, 1)),
        }
    }

    /// Invocations of `function` so far.
    pub fn invocations(&self, function: FunctionId) -> u32 {
        self.invocations.iter().find(|(known, _)| *known == function).map_or(0, |(_, count)| *count)
    }
}

/// Whether Lambda stops the invocation of `function` that is its `invocations`-th in its chain.
pub fn is_stopped(function: &Function, invocations: u32) -> bool {
    match function.recursive_loop {
        RecursiveLoop::Terminate => invocations > RECURSION_LIMIT,
        RecursiveLoop::Allow => false,
    }
}

/// The key of the event that a record delivered on `route` becomes in the function of a Lambda destination.
fn chained_key(parent: EventKey, route: Route) -> EventKey {
    EventKey(parent.draws(Purpose::ChainedEvent, route as u8, 0).word())
}

impl Model<'_> {
    /// Why Lambda, as a destination, would not take the outcome of `event`.
    ///
    /// A stopped invocation may lead back into its loop by its failure routes. AWS says that this loop is stopped as
    /// well: its record does not make another invocation that would be stopped.
    pub(super) fn refusal_by_lambda(
        &self,
        event: &Event,
        route: Route,
        target: &Destination,
        now: SimTime,
    ) -> Option<DeliveryFailure> {
        let DestinationKind::Lambda { function } = target.kind else { return None };
        if self.stops_again(event, function) {
            return Some(DeliveryFailure::Misconfiguration);
        }
        self.refused_delivery(chained_key(event.key, route), function, now)
            .then_some(DeliveryFailure::Throttled)
    }

    fn stops_again(&self, event: &Event, function: FunctionId) -> bool {
        let stopped = event.settled().is_some_and(|(fate, _)| fate == Fate::RecursiveInvocation);
        stopped
            && is_stopped(
                &self.service.functions[function.index()],
                event.invocations_so_far(function).saturating_add(1),
            )
    }

    /// `target` has the outcome of the event in `slot`: whom it invokes with it.
    #[inline(never)]
    pub(super) fn invoke_from(
        &mut self,
        slot: Slot,
        route: Route,
        target: &Destination,
        bytes: u64,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let key = self.events.get(slot).key;
        match target.kind {
            DestinationKind::Lambda { function } => {
                // Whether the front door takes it was asked before it counted as delivered.
                let arrived = self.outcome_of(slot, chained_key(key, route), function, Caller::Source, bytes);
                self.accept(arrived, now, observer);
            }
            DestinationKind::Sns { .. } | DestinationKind::EventBridge => {
                let key = EventKey(key.draws(Purpose::SubscriberEvent, route as u8, 0).word());
                let caller = match target.kind {
                    DestinationKind::EventBridge => Caller::EventBridge,
                    _ => Caller::Sns,
                };
                for function in target.subscribers.iter().copied() {
                    if caller == Caller::Sns && self.stops_again(self.events.get(slot), function) {
                        continue;
                    }
                    let key = key.branch(self.branches[function.index()]);
                    let arrived = self.outcome_of(slot, key, function, caller, bytes);
                    self.offer_to_subscriber(arrived, now, observer);
                }
            }
            DestinationKind::Sqs | DestinationKind::S3 => {}
        }
    }

    /// What `function` gets of the event in `slot`: a new event, with its own queue, retries and routes. The chain goes
    /// on where Lambda sees it.
    fn outcome_of(
        &mut self,
        slot: Slot,
        key: EventKey,
        function: FunctionId,
        caller: Caller,
        bytes: u64,
    ) -> Arrived {
        let parent = self.events.get(slot);
        let lineage = (caller != Caller::EventBridge).then(|| {
            let mut lineage = self.spare_lineages.pop().unwrap_or_default();
            lineage.continue_from(parent, function);
            lineage
        });
        Arrived {
            key,
            source: parent.source,
            number: parent.number(),
            function,
            invocation: InvocationType::Event,
            bytes,
            provenance: Some(Provenance { parent: parent.id(), past: None, lineage, caller }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::function;

    #[test]
    fn the_seventeenth_invocation_is_stopped_unless_loops_are_allowed() {
        let mut function = function("f");
        assert_eq!([1, 16, 17, 99].map(|count| is_stopped(&function, count)), [false, false, true, true]);
        function.recursive_loop = RecursiveLoop::Allow;
        assert!(!is_stopped(&function, 99));
    }
}
