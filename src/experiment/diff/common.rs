//! What two scenarios have in common, by name: positions differ as soon as one of them has something more.

use crate::id::{DependencyId, DestinationId, FunctionId};
use crate::model::dependency::EndedCall;
use crate::model::event::Event;
use crate::model::observation::Observation;
use crate::observe::fingerprint::{Fingerprint, attempt_words};
use crate::scenario::{InvocationType, Scenario};
use crate::time::SimTime;
use std::collections::{BTreeMap, BTreeSet};

/// Which event it is, in whichever scenario: events of two scenarios with the same identity come from the same source
/// as its same event, by the same way, and have the same draws.
///
/// A source's name and number alone would do for what sources send; the key tells apart what one of them becomes on
/// its way: in each function of a fan-out, behind each route, sent again by a redrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    /// The number of the source's name among those of both scenarios.
    source: u32,
    /// The event's number within its source; for a chained event that of its first ancestor.
    pub(super) number: u64,
    key: u64,
}

/// For each thing of a scenario the number of its name among those of both.
#[derive(Clone, Debug)]
pub(super) struct Common {
    /// `None` for a source that the other scenario lacks.
    sources: Vec<Option<u32>>,
    functions: Vec<u32>,
    destinations: Vec<u32>,
    dependencies: Vec<u32>,
}

impl Common {
    /// For `a` and for `b`.
    pub(super) fn of(a: &Scenario, b: &Scenario) -> [Self; 2] {
        let all = |names: fn(&Scenario) -> Vec<&str>| numbered(names(a).into_iter().chain(names(b)));
        let (functions, destinations, dependencies) = (all(functions), all(destinations), all(dependencies));
        let theirs: BTreeSet<&str> = sources(b).into_iter().collect();
        let shared = numbered(sources(a).into_iter().filter(|name| theirs.contains(name)));
        [a, b].map(|scenario| Self {
            sources: sources(scenario).into_iter().map(|name| shared.get(name).copied()).collect(),
            functions: numbers(&self::functions(scenario), &functions),
            destinations: numbers(&self::destinations(scenario), &destinations),
            dependencies: numbers(&self::dependencies(scenario), &dependencies),
        })
    }

    /// Which event it is; `None` if it comes from a source that the other scenario lacks.
    pub(super) fn identity(&self, event: &Event) -> Option<Identity> {
        let source = self.sources[event.source().index()]?;
        Some(Identity { source, number: event.number(), key: event.key().0 })
    }

    /// Folds into `digest` what happened to an event at `at`, as far as it is the event's own: not how many others ran,
    /// the number of an environment, or what a call found at a dependency.
    pub(super) fn absorb(&self, digest: &mut Fingerprint, at: SimTime, event: &Event, what: Observation) {
        let (kind, detail, more) = self.words(what);
        digest.absorb(at.as_nanos(), u64::from(self.function(event.function())) << 8 | kind);
        digest.absorb(detail, more);
    }

    fn words(&self, what: Observation) -> (u64, u64, u64) {
        match what {
            Observation::Accepted => (1, 0, 0),
            Observation::Called => (2, 0, 0),
            Observation::OfferRefused(offer) => {
                let next = offer.next.map_or(0, |next| next.due.as_nanos() + 1);
                (3, next, u64::from(offer.number) << 16 | u64::from(offer.refusal.status()))
            }
            Observation::Duplicated => (4, 0, 0),
            // A new environment without an init is as good as any.
            Observation::RunStarted { placement, .. } => {
                (5, placement.init.as_nanos(), u64::from(placement.provisioned))
            }
            Observation::CallStarted { position, dependency, .. } => {
                (6, u64::from(position), u64::from(self.dependency(dependency)))
            }
            Observation::CallEnded(call) => self.call_words(call),
            Observation::AttemptEnded(attempt) => {
                let (next, what) = attempt_words(attempt);
                (8, next, what)
            }
            Observation::Settled { fate, rule } => (9, fate as u64, rule as u64),
            Observation::DeliveryStarted { route, destination, payload_dropped, .. } => {
                (10, route as u64, u64::from(self.destination(destination)) << 1 | u64::from(payload_dropped))
            }
            Observation::DeliveryEnded { route, destination, failure, .. } => {
                let failure = failure.map_or(0, |failure| failure as u64 + 1);
                (11, failure << 8 | route as u64, u64::from(self.destination(destination)))
            }
            Observation::Closed => (12, 0, 0),
            Observation::CutOff => (13, 0, 0),
        }
    }

    fn call_words(&self, call: EndedCall) -> (u64, u64, u64) {
        let place = u64::from(self.dependency(call.dependency)) << 8 | u64::from(call.position);
        let times = call.waited.as_nanos() ^ call.served.as_nanos().rotate_left(32);
        (7, times, place << 8 | call.outcome.index() as u64)
    }

    fn function(&self, id: FunctionId) -> u32 {
        self.functions[id.index()]
    }

    fn destination(&self, id: DestinationId) -> u32 {
        self.destinations[id.index()]
    }

    fn dependency(&self, id: DependencyId) -> u32 {
        self.dependencies[id.index()]
    }
}

/// Whether it is an event: no synchronous call, and no second delivery of another event.
pub(super) fn is_event(event: &Event) -> bool {
    event.invocation() == InvocationType::Event && !event.is_duplicate()
}

/// The names, each once, with numbers.
fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, u32> {
    names.collect::<BTreeSet<&str>>().into_iter().zip(0..).collect()
}

fn numbers(names: &[&str], all: &BTreeMap<&str, u32>) -> Vec<u32> {
    names.iter().map(|name| all[name]).collect()
}

/// The names of the sources.
pub(super) fn sources(scenario: &Scenario) -> Vec<&str> {
    scenario.sources.iter().map(|source| source.name.as_str()).collect()
}

fn functions(scenario: &Scenario) -> Vec<&str> {
    scenario.functions.iter().map(|function| function.name.as_str()).collect()
}

fn destinations(scenario: &Scenario) -> Vec<&str> {
    scenario.destinations.iter().map(|destination| destination.name.as_str()).collect()
}

fn dependencies(scenario: &Scenario) -> Vec<&str> {
    scenario.dependencies.iter().map(|dependency| dependency.name.as_str()).collect()
}
