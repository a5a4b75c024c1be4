//! Lambda's asynchronous invocation: pure behaviour over the plain data of a [`Scenario`].
//!
//! ```text
//!  arrival ─accept─> queued ─dispatch─> admitted? ─yes─> running ─run ended─> settled ─deliveries─> closed
//!                      ↑                   └no: 429, 5xx ─┐  └─ function error ─┐
//!                      └────────────── back-off ──────────┴──── retry wait ─────┘
//! ```
//!
//! The model owns its state by value. A handler is told what happened, asks pure functions what to do
//! ([`retry`], [`failure`], [`delivery`]), does it, and reports it. No I/O, no wall clock, and nothing that can fail:
//! after a valid scenario there is no `Result` in here.

#![expect(clippy::inline_always, reason = "what every notice goes through, at one place of the loop")]

pub mod arrivals;
mod asleep;
pub mod at_once;
mod attempt;
mod calls;
pub mod chain;
pub mod concurrency;
pub mod delivery;
pub mod dependency;
pub mod environment;
pub mod event;
pub mod failure;
mod full_house;
pub mod observation;
pub mod offer;
pub mod poller;
pub mod rate;
pub mod record;
pub mod redrive;
pub mod retry;
pub mod rule;
mod service;
mod settlement;
mod tracing;

use crate::engine::calendar::Key;
use crate::engine::places::Places;
use crate::engine::slab::{Slab, Slot};
use crate::id::{DependencyId, DestinationId, EventId, FunctionId, SourceId};
use crate::random::{EventKey, Purpose, name_key};
use crate::scenario::{InvocationType, Scenario, Targets};
use crate::time::SimTime;
use arrivals::Arrival;
use chain::Lineage;
use event::{Event, Particulars, Past, Route, Stage};
use observation::{Circumstance, Fact, Observation, Observer, Remark};
use offer::{Caller, FrontDoor};
use poller::Turn;
use redrive::{Message, Queues, Step};
use service::{Service, Stay};
use tracing::Tracing;

/// Something that is scheduled to happen (an *event notice* in the literature).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A run ends and gives its slot back.
    RunEnds(Slot),
    /// A brown-out ends that took servers of a dependency away.
    CapacityReturns(DependencyId),
    /// The handler of a run starts that makes calls.
    HandlerStarts(Slot),
    /// A dependency is done with a call.
    CallEnds(Slot),
    /// The run of an event gives up its call.
    CallTimesOut(Slot),
    /// A delivery ends.
    DeliveryEnds(Slot, Route),
    /// A caller comes again: with an event that was not accepted, or with a synchronous call.
    Offer(Slot),
    /// An event's wait in the queue ends.
    Dispatch(Slot),
    /// A change of configuration takes effect.
    Change,
    /// A redrive begins, or sends its next message.
    Redrive(u16),
    /// A poller that does not read without limit reads on.
    Read(FunctionId),
}

impl Notice {
    /// The event that it is about.
    const fn event(self) -> Option<Slot> {
        match self {
            Self::RunEnds(slot)
            | Self::HandlerStarts(slot)
            | Self::CallTimesOut(slot)
            | Self::DeliveryEnds(slot, _)
            | Self::Offer(slot)
            | Self::Dispatch(slot) => Some(slot),
            Self::CapacityReturns(_)
            | Self::CallEnds(_)
            | Self::Change
            | Self::Redrive(_)
            | Self::Read(_) => None,
        }
    }

    /// Its order among what happens at the same instant; `number` is that of the event or call or whatever it is about.
    const fn order(self, number: u64) -> u64 {
        let (rank, last) = match self {
            Self::RunEnds(_) => (Rank::RunEnds, 0),
            // Apart from changes of configuration.
            Self::CapacityReturns(_) => (Rank::Change, 1),
            // An answer comes before the timeout of the same call. The starts of handlers are numbered by events.
            Self::CallEnds(_) => (Rank::CallEnds, 0),
            Self::CallTimesOut(_) => (Rank::CallEnds, 1),
            Self::HandlerStarts(_) => (Rank::CallEnds, 2),
            Self::DeliveryEnds(_, route) => (Rank::DeliveryEnds, route as u64),
            Self::Offer(_) => (Rank::Offer, 0),
            Self::Dispatch(_) => (Rank::Dispatch, 0),
            // Apart from the dispatches, whose events have numbers of the same size.
            Self::Read(_) => (Rank::Dispatch, 1),
            Self::Change => (Rank::Change, 0),
            Self::Redrive(_) => (Rank::Redrive, 0),
        };
        order(rank, number, last)
    }

    /// The event that it is about, if that is in a run.
    const fn running(self) -> Option<Slot> {
        match self {
            Self::RunEnds(slot) | Self::HandlerStarts(slot) | Self::CallTimesOut(slot) => Some(slot),
            _ => None,
        }
    }
}

/// The order among what happens at the same instant: completions release slots before arrivals and dispatches
/// claim them, and dispatches go in order of acceptance. Within a rank the event's number decides, then the route.
/// The numbers have three bits in a notice's order, with gaps for ranks to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Rank {
    Change = 0,
    RunEnds = 1,
    CallEnds = 2,
    DeliveryEnds = 3,
    Arrival = 4,
    Offer = 5,
    Redrive = 6,
    Dispatch = 7,
}

/// The state of the asynchronous path: the events in flight, and the service that they go through.
#[derive(Clone, Debug)]
pub struct Model<'s> {
    scenario: &'s Scenario,
    /// Those that are awake; the others are asleep in the service's calendar.
    events: Slab<Event>,
    /// What is scheduled, and the slots in use.
    service: Service<'s>,
    front_door: FrontDoor,
    tracing: Tracing,
    /// Changes that have taken effect.
    changes: usize,
    /// Whether nothing changes and nobody waits at a dependency: the calendar holds all that is to come.
    only_events: bool,
    /// Whether nothing but full slots keeps an event from its run.
    foreseen: bool,
    /// Whether an event can be dispatched as it arrives.
    at_once: bool,
    /// What is taken out of the calendar comes before this.
    limit: Key,
    queues: Queues,
    /// What stands for each function's name where several functions get the same event.
    branches: Vec<u64>,
    places: Places,
    /// Those of closed events, kept for their memory.
    spare_lineages: Vec<Lineage>,
    #[expect(clippy::vec_box, reason = "the boxes are what is kept")]
    spare_particulars: Vec<Box<Particulars>>,
    last_id: u64,
}

/// A new event or call, before it has a number.
#[derive(Clone, Debug)]
struct Arrived {
    key: EventKey,
    source: SourceId,
    number: u64,
    function: FunctionId,
    invocation: InvocationType,
    bytes: u64,
    /// If there is more to it than that its source sent it.
    provenance: Option<Provenance>,
}

/// Where an event comes from that no source sends.
#[derive(Clone, Debug)]
struct Provenance {
    parent: EventId,
    /// If it is sent again.
    past: Option<Past>,
    lineage: Option<Lineage>,
    caller: Caller,
}

impl Arrived {
    /// Who offers it.
    fn caller(&self) -> Caller {
        self.provenance.as_ref().map_or(Caller::Source, |provenance| provenance.caller)
    }
}

impl<'s> Model<'s> {
    /// An empty system.
    pub fn new(scenario: &'s Scenario) -> Self {
        let mut service = Service::new(scenario);
        for (redrive, index) in scenario.redrives.iter().zip(0..) {
            service.schedule(redrive.at, index, Notice::Redrive(redrive_number(index)));
        }
        Self {
            scenario,
            events: Slab::new(),
            service,
            front_door: FrontDoor::new(&scenario.account),
            tracing: Tracing::new(scenario.functions.len()),
            changes: 0,
            only_events: scenario.changes.is_empty() && scenario.dependencies.is_empty(),
            foreseen: full_house::can_be_foreseen(scenario),
            at_once: at_once::can_be(scenario),
            limit: Key { at: SimTime::ZERO, order: 0 },
            queues: Queues::new(scenario),
            branches: scenario.functions.iter().map(|function| name_key(&function.name)).collect(),
            places: Places::default(),
            spare_lineages: Vec::new(),
            spare_particulars: Vec::new(),
            last_id: 0,
        }
    }

    /// Events and calls in the system.
    pub const fn in_flight(&self) -> usize {
        self.events.len() + self.service.calendar.sleeping()
    }

    /// Takes out the next notice that comes before an arrival at `arrival`.
    #[inline(always)]
    pub fn next_before_arrival(&mut self, arrival: SimTime) -> Option<(SimTime, Notice)> {
        let limit = Key { at: arrival, order: order(Rank::Arrival, 0, 0) };
        if self.only_events {
            return self.pop_scheduled(limit);
        }
        self.next_of_all(limit)
    }

    #[inline(never)]
    fn next_of_all(&mut self, limit: Key) -> Option<(SimTime, Notice)> {
        match self.next_change() {
            Some(change) if change < limit => self.pop_before(change).or(Some((change.at, Notice::Change))),
            Some(_) | None => self.pop_before(limit),
        }
    }

    /// Takes out the next notice before `end`, when no arrival is to come. A change of configuration that lies behind
    /// everything else is not waited for: there is nothing left that it could change.
    pub fn next_before(&mut self, end: SimTime) -> Option<(SimTime, Notice)> {
        let limit = Key { at: end, order: 0 };
        if self.only_events {
            return self.pop_scheduled(limit);
        }
        match self.next_change() {
            Some(change) if change < limit => self.pop_before(change).or_else(|| {
                let waited_for = end < SimTime::from_nanos(u64::MAX) || !self.service.calendar.is_empty();
                waited_for.then_some((change.at, Notice::Change))
            }),
            Some(_) | None => self.pop_before(limit),
        }
    }

    /// The earliest of the calendar's notices and of the patience of those who wait at a dependency.
    fn pop_before(&mut self, limit: Key) -> Option<(SimTime, Notice)> {
        let patience = self.service.dependencies.first_patience().filter(|key| *key < limit);
        let scheduled = self.pop_scheduled(patience.unwrap_or(limit));
        scheduled.or_else(|| {
            let (key, notice) = patience.and_then(|_| self.service.dependencies.pop_patience())?;
            Some((key.at, notice))
        })
    }

    #[inline(always)]
    fn pop_scheduled(&mut self, limit: Key) -> Option<(SimTime, Notice)> {
        self.limit = limit;
        loop {
            let next = self.service.pop_of_tick(limit, &mut self.events);
            if next.is_some() {
                return next;
            }
            if self.service.calendar.is_in_tick() || !self.turn(limit) {
                return None;
            }
        }
    }

    /// Goes on to the next notices, as far as `limit`; whether there are any.
    #[inline(never)]
    fn turn(&mut self, limit: Key) -> bool {
        let turned = self.service.turn_calendar(limit, &mut self.events);
        if turned && self.events.len() > FIT_INTO_CACHE {
            self.look_ahead();
        }
        turned
    }

    /// What would be taken out next before the limit of the last time, if that can be told at a glance.
    #[inline]
    fn peek_scheduled(&mut self) -> Option<(SimTime, Notice)> {
        loop {
            let next = self.service.peek_of_tick(self.limit, &mut self.events);
            if next.is_some() || self.service.calendar.is_in_tick() || !self.turn(self.limit) {
                return next;
            }
        }
    }

    /// Has the memory of what comes next fetched while other things happen: the runs that end in this tick, and the
    /// events of the next.
    fn look_ahead(&self) {
        let Service { calendar, runs, .. } = &self.service;
        for event in calendar.batch().filter_map(Notice::running).filter_map(|slot| self.events.peek(slot)) {
            event.run().into_iter().for_each(|run| runs.prefetch(run));
        }
        calendar.next_batch().filter_map(Notice::event).for_each(|slot| self.events.prefetch(slot));
    }

    /// Changes are kept out of the calendar, so that it is empty when nothing is left to happen to any event.
    fn next_change(&self) -> Option<Key> {
        let change = self.scenario.changes.get(self.changes)?;
        Some(Key { at: change.effective, order: order(Rank::Change, 0, 0) | self.changes as u64 })
    }

    /// Event `number` of `source` arrives: an event or call of its function, or an event of each of its functions. If
    /// nothing else arrives at this instant and two things may happen, an event may be dispatched as well. Returns how
    /// many things happened.
    #[inline(always)]
    pub fn on_arrival(
        &mut self,
        source: SourceId,
        number: u64,
        Arrival { at: now, key, first_run }: Arrival,
        most: u64,
        observer: &mut impl Observer,
    ) -> u64 {
        let origin = &self.scenario.sources[source.index()];
        let arrived = |key, function| Arrived {
            key,
            source,
            number,
            function,
            invocation: origin.invocation,
            bytes: origin.payload_bytes,
            provenance: None,
        };
        match (&origin.to, origin.invocation) {
            (Targets::One(function), InvocationType::Event) if most > 1 && self.goes_at_once(number, now) => {
                return 1 + u64::from(self.offer_at_once(arrived(key, *function), first_run, now, observer));
            }
            (Targets::One(function), InvocationType::Event) => {
                self.offer(arrived(key, *function), now, observer);
            }
            (Targets::One(function), InvocationType::RequestResponse) => {
                self.call(arrived(key, *function), now, observer);
            }
            (Targets::Each(functions), invocation) => {
                for function in functions.iter().copied() {
                    let arrived = arrived(key.branch(self.branches[function.index()]), function);
                    match invocation {
                        InvocationType::Event => self.offer_to_subscriber(arrived, now, observer),
                        InvocationType::RequestResponse => self.call(arrived, now, observer),
                    }
                }
            }
        }
        1
    }

    /// What was scheduled happens, and what follows as long as that is of one kind, up to `most` notices in all.
    /// Returns how many there were and when the last was.
    #[inline(always)]
    pub fn on_notices(
        &mut self,
        notice: Notice,
        now: SimTime,
        most: u64,
        observer: &mut impl Observer,
    ) -> (u64, SimTime) {
        if let Notice::Dispatch(slot) = notice
            && let Some(reason) = self.full_house_for(slot)
        {
            let (refused, last) = self.refuse_in_a_row(slot, reason, now, most, observer);
            if refused > 0 {
                return (refused, last);
            }
        }
        self.on_notice(notice, now, observer);
        (1, now)
    }

    #[inline(always)]
    fn on_notice(&mut self, notice: Notice, now: SimTime, observer: &mut impl Observer) {
        match notice {
            Notice::RunEnds(slot) => {
                self.visit(slot, |service, event| service.end_run(slot, event, now, observer));
            }
            Notice::CapacityReturns(dependency) => {
                self.service.on_capacity_returned(dependency, now, observer);
            }
            Notice::HandlerStarts(slot) => {
                let event = self.events.get_mut(slot);
                self.service.on_handler_started(slot, event, now, observer);
            }
            Notice::CallEnds(call) => self.on_call_ended(call, now, observer),
            Notice::CallTimesOut(slot) => {
                let event = self.events.get_mut(slot);
                self.service.on_call_timed_out(slot, event, now, observer);
            }
            Notice::DeliveryEnds(slot, route) => self.on_delivery_ended(slot, route, now, observer),
            Notice::Dispatch(slot) => self.on_due(slot, now, observer),
            Notice::Read(function) => self.on_read(function, now, observer),
            Notice::Offer(slot) => self.on_offer(slot, now, observer),
            Notice::Change => self.on_change(now, observer),
            Notice::Redrive(index) => self.on_redrive(index, now, observer),
        }
    }

    /// Lets `act` go on with an event, which is taken out if it leaves the system by that.
    #[inline(always)]
    fn visit(&mut self, slot: Slot, act: impl FnOnce(&mut Service<'s>, &mut Event) -> Stay) {
        let event = self.events.get_mut(slot);
        let stay = act(&mut self.service, event);
        self.let_stay(slot, stay);
    }

    /// The event in `slot` stays where it is, goes to sleep or leaves, as its `stay` says.
    #[inline(always)]
    fn let_stay(&mut self, slot: Slot, stay: Stay) {
        match stay {
            Stay::On => {}
            Stay::Long => self.put_to_sleep(slot),
            Stay::Over => self.take_out(slot),
        }
    }

    /// An event has left the system.
    #[inline(always)]
    fn take_out(&mut self, slot: Slot) {
        let event = self.events.get_mut(slot);
        self.places.give_back(event.place());
        if let Some(particulars) = event.particulars.take() {
            self.keep_spares(particulars);
        }
        self.events.discard(slot);
    }

    /// What was kept apart of an event is used again, if there is not enough of that already: not all that is given
    /// back was taken from here.
    #[inline(never)]
    fn keep_spares(&mut self, mut particulars: Box<Particulars>) {
        if self.spare_lineages.len() < MOST_SPARES {
            self.spare_lineages.extend(particulars.lineage.take());
        }
        if self.spare_particulars.len() < MOST_SPARES {
            self.spare_particulars.push(particulars);
        }
    }

    /// Another configuration holds from here on: whatever is decided from now on is decided by it. Runs and deliveries
    /// that have started go on as they are.
    #[inline(never)]
    fn on_change(&mut self, now: SimTime, observer: &mut impl Observer) {
        let change = &self.scenario.changes[self.changes];
        self.service.configure(change, now);
        self.front_door.configure(&change.account, now);
        let change = u16::try_from(self.changes).expect("few changes");
        self.changes += 1;
        observer.remark(&Remark { at: now, what: Circumstance::ConfigurationChanged { change } });
    }

    /// A redrive begins or goes on: what has lain in its queue for too long is gone, and the next message becomes an
    /// event of its function, accepted as any other.
    #[inline(never)]
    fn on_redrive(&mut self, index: u16, now: SimTime, observer: &mut impl Observer) {
        let redrive = &self.scenario.redrives[usize::from(index)];
        self.expire(redrive.from, now, observer);
        if let Some(messages) = self.queues.begin(index.into(), redrive) {
            let what = Circumstance::RedriveBegan { redrive: index, messages };
            observer.remark(&Remark { at: now, what });
        }
        let wait = match self.queues.step(index.into(), redrive) {
            Step::Nothing => None,
            Step::Send(message, wait) => {
                self.accept(again(message, redrive.to), now, observer);
                wait
            }
        };
        if let Some(wait) = wait {
            self.service.schedule(now + wait, index.into(), Notice::Redrive(index));
        } else {
            let messages = self.queues.sent(index.into());
            let what = Circumstance::RedriveEnded { redrive: index, messages };
            observer.remark(&Remark { at: now, what });
        }
    }

    fn expire(&mut self, queue: DestinationId, now: SimTime, observer: &mut impl Observer) {
        for message in self.queues.expire(queue, now) {
            let (event, original) = (message.parent, message.past.original);
            let what = Circumstance::MessageExpired { queue, event, original };
            observer.remark(&Remark { at: now, what });
        }
    }

    /// The run is over at `end`: whatever is still in flight is reported as such, in order of its number.
    pub fn cut_off(mut self, end: SimTime, observer: &mut impl Observer) {
        for queue in 0..self.scenario.destinations.len() {
            let queue = DestinationId(u16::try_from(queue).expect("checked when loading"));
            self.expire(queue, end, observer);
        }
        self.report_in_flight(end, observer);
    }

    /// Lambda queues an event and answers 202, whether or not a slot is free.
    #[inline(never)]
    fn accept(&mut self, arrived: Arrived, now: SimTime, observer: &mut impl Observer) {
        let slot = self.admit_to_system(arrived, now, Stage::Queued { due: now });
        self.accepted(slot, now, observer);
    }

    #[inline(always)]
    fn accepted(&mut self, slot: Slot, now: SimTime, observer: &mut impl Observer) {
        let event = self.events.get_mut(slot);
        let due = now + self.scenario.timing.dispatch_latency + self.service.neighbour_delay(event.key, 0);
        event.set_stage(Stage::Queued { due });
        report(event, now, Observation::Accepted, observer);
        self.service.schedule_dispatch(slot, event, due);
        if !self.scenario.imperfections.duplicate.is_never() {
            self.duplicate_by_chance(slot, due, now, observer);
        }
    }

    /// The queue is eventually consistent: now and then it delivers an event twice. The second delivery has the same
    /// request id and goes its own way.
    #[inline(never)]
    fn duplicate_by_chance(&mut self, slot: Slot, due: SimTime, now: SimTime, observer: &mut impl Observer) {
        let event = self.events.get(slot);
        if !self.scenario.imperfections.duplicate.strikes(event.key.draws(Purpose::Duplicate, 0, 0).word()) {
            return;
        }
        self.last_id += 1;
        let mut copy = event.clone();
        copy.set_id(EventId(self.last_id));
        copy.set_place(self.places.take());
        copy.key = EventKey(event.key.draws(Purpose::Duplicate, 1, 0).word());
        let (request, past) = (event.request_key(), event.past());
        let particulars = copy.particulars_mut();
        (particulars.duplicate_of, particulars.request, particulars.past) = (Some(event.id()), request, past);
        let slot = self.events.insert(copy);
        let event = self.events.get(slot);
        report(event, now, Observation::Duplicated, observer);
        self.service.schedule_dispatch(slot, event, due);
    }

    /// A synchronous caller's request is tried at once.
    #[inline(never)]
    fn call(&mut self, arrived: Arrived, now: SimTime, observer: &mut impl Observer) {
        let slot = self.admit_to_system(arrived, now, Stage::Queued { due: now });
        self.visit(slot, |service, event| {
            report(event, now, Observation::Called, observer);
            service.attempt_anew(slot, event, now, observer)
        });
    }

    #[inline(always)]
    fn admit_to_system(&mut self, arrived: Arrived, now: SimTime, stage: Stage) -> Slot {
        self.last_id += 1;
        let id = EventId(self.last_id);
        // Decided when Lambda accepts it.
        let first = !matches!(stage, Stage::Offered { .. }) && self.tracing.is_first(arrived.function, now);
        let mut event = Event::new(id, self.places.take(), &arrived, now, stage, first);
        if let Some(provenance) = arrived.provenance {
            event.particulars = Some(self.particulars_of(&event, arrived.bytes, provenance));
        }
        self.events.insert(event)
    }

    fn particulars_of(&mut self, event: &Event, bytes: u64, provenance: Provenance) -> Box<Particulars> {
        let usual = Particulars::of_usual(event);
        let particulars = Particulars {
            bytes: Some(bytes),
            parent: Some(provenance.parent),
            past: provenance.past.unwrap_or(usual.past),
            lineage: provenance.lineage,
            caller: provenance.caller,
            ..usual
        };
        match self.spare_particulars.pop() {
            Some(mut spare) => {
                *spare = particulars;
                spare
            }
            None => Box::new(particulars),
        }
    }

    /// A dispatch is due: it happens, unless the poller of the function has to read others first.
    #[inline(always)]
    fn on_due(&mut self, slot: Slot, now: SimTime, observer: &mut impl Observer) {
        self.visit(slot, |service, event| match service.turn(slot, event.function, now) {
            Turn::Now => service.dispatch(slot, event, now, observer),
            Turn::Waits => Stay::On,
            Turn::First(at) => {
                service.schedule_reading(event.function, at);
                Stay::On
            }
        });
    }

    #[inline(never)]
    fn on_read(&mut self, function: FunctionId, now: SimTime, observer: &mut impl Observer) {
        let (slot, next) = self.service.pollers[function.index()].read(now);
        if let Some(next) = next {
            self.service.schedule_reading(function, next);
        }
        self.visit(slot, |service, event| service.dispatch(slot, event, now, observer));
    }
}

/// Tells `observer` what happened to `event`.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "so that what is told is put where it is wanted, and not copied there"
)]
fn report(event: &Event, at: SimTime, what: Observation, observer: &mut impl Observer) {
    observer.observe(&Fact { at, event, what });
}

/// The grammar allows a thousand redrives.
fn redrive_number(index: u64) -> u16 {
    u16::try_from(index).expect("checked when loading")
}

/// The new event that a message becomes.
fn again(message: Message, to: Option<FunctionId>) -> Arrived {
    Arrived {
        key: message.key,
        source: message.source,
        number: message.number,
        function: to.unwrap_or(message.function),
        invocation: InvocationType::Event,
        bytes: message.bytes,
        // A script calls the function: a new chain.
        provenance: Some(Provenance {
            parent: message.parent,
            past: Some(message.past),
            lineage: None,
            caller: Caller::Source,
        }),
    }
}

/// More than ever come and go between two notices.
const MOST_SPARES: usize = 1 << 10;

/// So few events lie in the processor's cache anyhow.
const FIT_INTO_CACHE: usize = 1 << 11;

/// The rank takes the upper bits of a notice's order, the number of what it is about the middle, and what tells it from
/// others of the same rank the lowest two.
const RANK_SHIFT: u32 = 61;

const fn order(rank: Rank, number: u64, last: u64) -> u64 {
    (rank as u64) << RANK_SHIFT | number << 2 | last
}
