//! Two runs side by side: each event of one finds itself in the other.
//!
//! What is remembered is what one run has finished and the other has not: as the runs are kept level by the events that
//! came, that follows what is in flight in either, not what ever happened.

use super::common::{Common, Identity, is_event};
use super::fate::FateAndRoutes;
use crate::id::EventId;
use crate::model::observation::{Fact, Observation, Observer};
use crate::observe::fingerprint::Fingerprint;
use crate::time::SimTime;
use std::collections::{BTreeMap, VecDeque};

/// Listens to one of the two runs.
#[derive(Debug)]
pub(super) struct Notes<'c> {
    common: &'c Common,
    /// The digest of each event in the system, by its place.
    lives: Vec<Fingerprint>,
    /// Events and calls of common sources that have come.
    pub(super) begun: u64,
    left: Vec<Left>,
    /// What happened, in order, for as long as the other run may not have done the same.
    stream: Option<VecDeque<Happened>>,
}

/// An event or call that has left the system.
#[derive(Clone, Copy, Debug)]
struct Left {
    /// `None` if the other scenario lacks its source.
    identity: Option<Identity>,
    id: EventId,
    offered: SimTime,
    /// `None` for a synchronous call.
    fate: Option<FateAndRoutes>,
    /// The digest of everything that happened to it.
    life: u64,
}

/// Something that happened to an event of a common source.
#[derive(Clone, Copy, Debug)]
struct Happened {
    at: SimTime,
    identity: Identity,
    digest: u64,
}

impl<'c> Notes<'c> {
    pub(super) fn new(common: &'c Common) -> Self {
        Self { common, lives: Vec::new(), begun: 0, left: Vec::new(), stream: Some(VecDeque::new()) }
    }

    fn note_stream(&mut self, fact: &Fact<'_>, identity: Identity) {
        if let Some(stream) = &mut self.stream {
            let mut digest = Fingerprint::new();
            self.common.absorb(&mut digest, fact.at, fact.event, fact.what);
            stream.push_back(Happened { at: fact.at, identity, digest: digest.value() });
        }
    }
}

impl Observer for Notes<'_> {
    fn observe(&mut self, fact: &Fact<'_>) {
        let event = fact.event;
        if event.is_duplicate() {
            return;
        }
        let identity = self.common.identity(event);
        if let Some(identity) = identity {
            self.note_stream(fact, identity);
        }
        let place = fact.event.place() as usize;
        if place >= self.lives.len() {
            self.lives.resize(place + 1, Fingerprint::new());
        }
        self.common.absorb(&mut self.lives[place], fact.at, event, fact.what);
        match fact.what {
            Observation::Accepted if event.refusals() == 0 => self.begun += u64::from(identity.is_some()),
            Observation::OfferRefused(offer) if offer.number == 1 => {
                self.begun += u64::from(identity.is_some());
            }
            Observation::Called => self.begun += u64::from(identity.is_some()),
            Observation::Closed | Observation::CutOff => {
                let life = std::mem::take(&mut self.lives[place]).value();
                let fate = is_event(event).then(|| FateAndRoutes::of(event));
                self.left.push(Left { identity, id: event.id(), offered: event.offered(), fate, life });
            }
            _ => {}
        }
    }
}

/// One of the two scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    A,
    B,
}

/// The number of an event in each of the two runs; `None` where there is no such event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) a: Option<EventId>,
    pub(super) b: Option<EventId>,
}

/// What was found about the events of one replication.
#[derive(Clone, Debug)]
pub(super) struct Pairing {
    /// Finished in one run, and not yet met in the other.
    waiting: BTreeMap<Identity, (Side, Left)>,
    /// Events by what became of them in A and in B; `None` where there was no such event.
    pub(super) matrix: BTreeMap<(Option<FateAndRoutes>, Option<FateAndRoutes>), u64>,
    /// Events in both to which not the same happened, whatever became of them.
    pub(super) lived_differently: u64,
    /// The first events, in order of their first offer, whose fate or routes differ.
    changed: BTreeMap<(SimTime, Identity), Ids>,
    /// How many of them are kept.
    most: usize,
    /// The event to which the first thing happened that did not happen in the other run.
    parting: Option<(Identity, Ids)>,
}

impl Pairing {
    /// Keeps at most `most` changed events.
    pub(super) fn new(most: usize) -> Self {
        Self {
            waiting: BTreeMap::new(),
            matrix: BTreeMap::new(),
            lived_differently: 0,
            changed: BTreeMap::new(),
            most,
            parting: None,
        }
    }

    /// Takes what both runs have noted since it was last asked.
    pub(super) fn take(&mut self, a: &mut Notes<'_>, b: &mut Notes<'_>) {
        // Before the events are forgotten: the one where the runs part is to be recognised.
        self.compare_streams(a, b);
        for left in a.left.drain(..) {
            self.meet(Side::A, left);
        }
        for left in b.left.drain(..) {
            self.meet(Side::B, left);
        }
    }

    /// Both runs are over: whatever has not met itself does not exist in the other.
    pub(super) fn finish(&mut self, a: &mut Notes<'_>, b: &mut Notes<'_>) {
        self.take(a, b);
        self.part_at_the_end(a, b);
        for (side, left) in std::mem::take(&mut self.waiting).into_values() {
            self.count_alone(side, left);
        }
    }

    /// The events whose fate or routes differ, as many as are kept, in order of their first offer.
    pub(super) fn changed(&self) -> impl Iterator<Item = Ids> + '_ {
        self.changed.values().copied()
    }

    /// The event where the runs part.
    pub(super) fn parting(&self) -> Option<Ids> {
        self.parting.map(|(_, ids)| ids)
    }

    fn compare_streams(&mut self, a: &mut Notes<'_>, b: &mut Notes<'_>) {
        let (Some(ours), Some(theirs)) = (&mut a.stream, &mut b.stream) else { return };
        while let (Some(first), Some(second)) = (ours.front(), theirs.front()) {
            if (first.at, first.identity, first.digest) != (second.at, second.identity, second.digest) {
                let earlier = if second.at < first.at { *second } else { *first };
                self.part(earlier, a, b);
                return;
            }
            ours.pop_front();
            theirs.pop_front();
        }
    }

    /// One run may have gone on when the other was over.
    fn part_at_the_end(&mut self, a: &mut Notes<'_>, b: &mut Notes<'_>) {
        let rest = |notes: &Notes<'_>| notes.stream.as_ref().and_then(|stream| stream.front().copied());
        if let Some(first) = rest(a).or_else(|| rest(b)) {
            self.part(first, a, b);
        }
    }

    fn part(&mut self, at: Happened, a: &mut Notes<'_>, b: &mut Notes<'_>) {
        let mut ids = Ids { a: None, b: None };
        if let Some((side, left)) = self.waiting.get(&at.identity) {
            *ids.of(*side) = Some(left.id);
        }
        self.parting = Some((at.identity, ids));
        (a.stream, b.stream) = (None, None);
    }

    fn meet(&mut self, side: Side, left: Left) {
        let Some(identity) = left.identity else { return self.count_alone(side, left) };
        if let Some((parting, ids)) = &mut self.parting
            && *parting == identity
        {
            *ids.of(side) = Some(left.id);
        }
        match self.waiting.remove(&identity) {
            None => {
                self.waiting.insert(identity, (side, left));
            }
            Some((Side::A, other)) => self.count(identity, other, left),
            Some((Side::B, other)) => self.count(identity, left, other),
        }
    }

    fn count(&mut self, identity: Identity, a: Left, b: Left) {
        let (Some(ours), Some(theirs)) = (a.fate, b.fate) else {
            // A source that invokes synchronously in one of them has no event in that one.
            for (side, left) in [(Side::A, a), (Side::B, b)] {
                self.count_alone(side, left);
            }
            return;
        };
        *self.matrix.entry((Some(ours), Some(theirs))).or_default() += 1;
        self.lived_differently += u64::from(a.life != b.life);
        if ours != theirs {
            self.changed.insert((a.offered.min(b.offered), identity), Ids { a: Some(a.id), b: Some(b.id) });
            if self.changed.len() > self.most {
                self.changed.pop_last();
            }
        }
    }

    fn count_alone(&mut self, side: Side, left: Left) {
        if left.fate.is_some() {
            let cell = match side {
                Side::A => (left.fate, None),
                Side::B => (None, left.fate),
            };
            *self.matrix.entry(cell).or_default() += 1;
        }
    }
}

impl Ids {
    fn of(&mut self, side: Side) -> &mut Option<EventId> {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }
}
