//! An observer on a thread of its own, behind the run: the run goes on while what it did is taken note of.
//!
//! ```text
//! run ──> fills a block of facts ──> observer's thread: takes note, looks ──> the block comes back, empty, with what
//!  ↑                                                                          the look gave ──┐
//!  └──────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! The observer is told the same facts in the same order as without the thread, and an observer never changes a run:
//! so nothing depends on the thread but how long it takes. A few blocks go round, so that a slow observer holds the run
//! up instead of filling memory. The thread begins with the first full block: a short run has none. Where none can be
//! had (WebAssembly), blocks are worked off in place.

#![expect(
    clippy::inline_always,
    reason = "what is told is put into the block where it is told, and not copied there"
)]

use crate::model::event::Event;
use crate::model::observation::{Attempt, Fact, Fate, Next, Observation, Observer, Remark};
use crate::model::rule::Rule;
use crate::time::SimTime;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};

/// The facts of a block: so many that waking the thread for it costs nothing beside them.
const FACTS: usize = 1 << 13;
/// The blocks: one being filled, one being worked off, and one for when either is slow for a moment.
const BLOCKS: usize = 3;

/// A fact that outlives the moment, with those that followed it at once.
#[derive(Debug)]
struct Seen {
    at: SimTime,
    place: u32,
    /// What follows from the fact and needs no place of its own.
    then: Then,
    event: Event,
    what: Observation,
}

/// The end of an event, as most come: told with the attempt that decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// Other facts.
    Others,
    /// Its fate is known.
    Settled,
    /// Its fate is known and it leaves.
    SettledAndClosed,
}

#[derive(Debug)]
struct Block {
    facts: Vec<Seen>,
    /// Whether the last fact is an attempt that decided the fate of its event.
    decides: bool,
    /// What is to be done in between, each after so many facts. There is little of it.
    asides: Vec<(usize, Aside)>,
}

#[derive(Debug)]
enum Aside {
    Remark(Remark),
    Look { in_flight: usize },
}

/// The run's end of it: an observer that passes on what it is told.
#[derive(Debug)]
pub struct Ahead<'scope, 'env, O, L, V> {
    scope: &'scope Scope<'scope, 'env>,
    block: Block,
    way: Way<'scope, O, L, V>,
    view: Option<V>,
}

/// Who works blocks off.
#[derive(Debug)]
enum Way<'scope, O, L, V> {
    InPlace {
        observer: &'scope mut O,
        look: &'scope mut L,
        threads: bool,
    },
    Thread {
        full: SyncSender<Block>,
        back: Receiver<(Block, Option<V>)>,
        away: usize,
        thread: ScopedJoinHandle<'scope, ()>,
    },
    /// In between.
    Nobody,
}

/// Lets `run` report to `observer`, which listens on a thread of its own, and returns what `run` returns once the
/// observer has been told everything.
///
/// Now and then, where `run` asks for it ([`Ahead::look`]), and at the end, `look` is called with the observer and with
/// what was in flight when the observer had been told as much; [`Ahead::view`] has what it returned last.
///
/// ```
/// use thirdtry::observe::ledger::Ledger;
/// use thirdtry::record::behind::observe_behind;
/// use thirdtry::scenario::load::{Input, load};
/// use thirdtry::simulate::Simulation;
///
/// let text = r#"{ "version": 1, "functions": { "ship": { "duration": "1s" } },
///     "sources": { "s": { "to": "ship", "arrivals": { "constant": { "rate": "1/s" } }, "max_events": 50 } } }"#;
/// let scenario = load(&Input::from_text("example", text)).expect("valid").scenario;
/// let (mut ledger, mut simulation) = (Ledger::default(), Simulation::new(&scenario, 0));
/// let look = |ledger: &mut Ledger, in_flight| assert!(ledger.check(in_flight).is_ok());
/// observe_behind(&mut ledger, look, |ahead| {
///     while simulation.advance(ahead, 64).is_none() {
///         ahead.look(simulation.in_flight());
///     }
/// });
/// assert_eq!(ledger.accepted(), 50);
/// ```
///
/// # Panics
/// When `run`, `look` or the observer panics.
pub fn observe_behind<O, L, V, R>(
    observer: &mut O,
    mut look: L,
    run: impl FnOnce(&mut Ahead<'_, '_, O, L, V>) -> R,
) -> R
where
    O: Observer + Send,
    L: FnMut(&mut O, usize) -> V + Send,
    V: Send + 'static,
{
    let look = &mut look;
    thread::scope(move |scope| {
        let way = Way::InPlace { observer, look, threads: true };
        let mut ahead = Ahead { scope, block: Block::new(), way, view: None };
        let result = run(&mut ahead);
        ahead.finish();
        result
    })
}

impl<O, L, V> Ahead<'_, '_, O, L, V>
where
    O: Observer + Send,
    L: FnMut(&mut O, usize) -> V + Send,
    V: Send + 'static,
{
    /// Asks for a look at the observer when it has been told everything up to here, where `in_flight` events and calls
    /// are in the system.
    pub fn look(&mut self, in_flight: usize) {
        self.block.put_aside(Aside::Look { in_flight });
    }

    /// What the last look gave that is known of: the observer may be a few blocks behind.
    pub const fn view(&self) -> Option<&V> {
        self.view.as_ref()
    }

    /// Keeps a fact that is not the most usual.
    #[inline(never)]
    fn observe_apart(&mut self, fact: &Fact<'_>) {
        if self.block.is_full() {
            self.hand_over();
        }
        self.block.push(fact, fact.event.clone());
    }

    /// Passes the full block on and goes on with an empty one.
    #[cold]
    #[inline(never)]
    fn hand_over(&mut self) {
        if matches!(self.way, Way::InPlace { threads: true, .. }) {
            self.start_thread();
        }
        match &mut self.way {
            Way::InPlace { observer, look, .. } => {
                let view = self.block.work_off(*observer, look);
                self.view = view.or(self.view.take());
            }
            Way::Thread { full, back, away, .. } => {
                let next = if *away < BLOCKS - 1 {
                    *away += 1;
                    Block::new()
                } else if let Ok((next, view)) = back.recv() {
                    self.view = view.or(self.view.take());
                    next
                } else {
                    // The observer panicked and takes no more: that is told where its thread is joined.
                    Block::new()
                };
                drop(full.send(std::mem::replace(&mut self.block, next)));
            }
            Way::Nobody => unreachable!("somebody works blocks off"),
        }
    }

    /// From here on blocks are worked off by a thread, if there can be one.
    fn start_thread(&mut self) {
        let (full, inbox) = sync_channel::<Block>(BLOCKS);
        let (outbox, back) = sync_channel(BLOCKS);
        // The observer follows once there is a thread, so that it is still here if there is none.
        let (hand, handed) = sync_channel::<(&mut O, &mut L)>(1);
        let listener = move || {
            let Ok((observer, look)) = handed.recv() else { return };
            for mut block in inbox {
                let view = block.work_off(observer, look);
                if outbox.send((block, view)).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("observer".to_owned()).spawn_scoped(self.scope, listener);
        let Way::InPlace { observer, look, .. } = std::mem::replace(&mut self.way, Way::Nobody) else {
            unreachable!("a thread is started once")
        };
        self.way = match thread {
            Ok(thread) => {
                hand.send((observer, look)).expect("the thread waits for it");
                Way::Thread { full, back, away: 0, thread }
            }
            Err(_) => Way::InPlace { observer, look, threads: false },
        };
    }

    /// Has everything told, and waits for that.
    fn finish(mut self) {
        match self.way {
            Way::InPlace { observer, look, .. } => drop(self.block.work_off(observer, look)),
            Way::Thread { full, back, thread, .. } => {
                drop(full.send(self.block));
                drop(full);
                // What comes back has to be taken, or there is no place for it.
                back.iter().for_each(drop);
                if let Err(panic) = thread.join() {
                    resume_unwind(panic)
                }
            }
            Way::Nobody => unreachable!("somebody works blocks off"),
        }
    }
}

impl<O, L, V> Observer for Ahead<'_, '_, O, L, V>
where
    O: Observer + Send,
    L: FnMut(&mut O, usize) -> V + Send,
    V: Send + 'static,
{
    #[inline(always)]
    fn observe(&mut self, fact: &Fact<'_>) {
        match fact.what {
            Observation::Accepted | Observation::RunStarted { .. } | Observation::AttemptEnded(_) => {
                match fact.event.copied_if_usual() {
                    Some(event) if !self.block.is_full() => self.block.push(fact, event),
                    _ => self.observe_apart(fact),
                }
            }
            Observation::Settled { .. } | Observation::Closed if self.block.joins(fact) => {}
            _ => self.observe_apart(fact),
        }
    }

    fn remark(&mut self, remark: &Remark) {
        self.block.put_aside(Aside::Remark(*remark));
    }
}

impl Block {
    fn new() -> Self {
        Self { facts: Vec::with_capacity(FACTS), decides: false, asides: Vec::new() }
    }

    /// Whether `fact` follows from the last one, which then stands for both: from an attempt that decided it the fate of
    /// its event, and from that that it leaves. Nothing else can come in between.
    #[inline(always)]
    fn joins(&mut self, fact: &Fact<'_>) -> bool {
        let then = match fact.what {
            Observation::Settled { .. } => Then::Settled,
            Observation::Closed => Then::SettledAndClosed,
            _ => return false,
        };
        if !self.decides {
            return false;
        }
        let last = self.facts.last_mut().expect("it decided");
        debug_assert_eq!((last.at, last.place), (fact.at, fact.place), "nothing comes in between");
        last.then = then;
        true
    }

    const fn is_full(&self) -> bool {
        self.facts.len() == self.facts.capacity()
    }

    /// Keeps a fact, for which there is room.
    #[inline(always)]
    fn push(&mut self, fact: &Fact<'_>, event: Event) {
        let Fact { at, place, what, .. } = *fact;
        self.decides = Seen::decides(&what);
        self.facts.push(Seen { at, place, then: Then::Others, event, what });
    }

    /// Something that is no fact comes after the last one.
    fn put_aside(&mut self, aside: Aside) {
        self.decides = false;
        self.asides.push((self.facts.len(), aside));
    }

    /// Tells `observer` all of it, and is empty; what the last look gave.
    fn work_off<O: Observer, V>(
        &mut self,
        observer: &mut O,
        look: &mut impl FnMut(&mut O, usize) -> V,
    ) -> Option<V> {
        let (mut told, mut view) = (0, None);
        for (before, aside) in self.asides.drain(..) {
            tell_all(&mut self.facts[told..before], observer);
            told = before;
            match aside {
                Aside::Remark(remark) => observer.remark(&remark),
                Aside::Look { in_flight } => view = Some(look(observer, in_flight)),
            }
        }
        tell_all(&mut self.facts[told..], observer);
        self.facts.clear();
        self.decides = false;
        view
    }
}

#[inline(never)]
fn tell_all(facts: &mut [Seen], observer: &mut impl Observer) {
    for seen in facts {
        seen.tell_with_end(observer);
    }
}

impl Seen {
    /// The end of the event, if this is an attempt that decided it.
    #[inline]
    const fn end(&self) -> Option<(Fate, Rule)> {
        match self.what {
            Observation::AttemptEnded(Attempt { next: Next::Settle { fate, rule }, .. }) => {
                Some((fate, rule))
            }
            _ => None,
        }
    }

    /// Whether the fate of the event is told next.
    #[inline(always)]
    const fn decides(what: &Observation) -> bool {
        matches!(what, Observation::AttemptEnded(Attempt { next: Next::Settle { .. }, .. }))
    }

    /// Tells the fact and those that followed it at once.
    #[inline]
    fn tell_with_end(&mut self, observer: &mut impl Observer) {
        self.tell(observer);
        if self.then == Then::Others {
            return;
        }
        let (fate, rule) = self.end().expect("an end follows from it");
        let Self { at, place, ref mut event, .. } = *self;
        event.settle(fate, at);
        observer.observe(&Fact { at, place, event, what: Observation::Settled { fate, rule } });
        if self.then == Then::SettledAndClosed {
            observer.observe(&Fact { at, place, event: &self.event, what: Observation::Closed });
        }
    }

    /// Told kind by kind, so that of an observer whose code stands here only what concerns the kind is left.
    #[inline]
    fn tell(&self, observer: &mut impl Observer) {
        let Self { at, place, event, what, .. } = self;
        let mut tell = |what| observer.observe(&Fact { at: *at, place: *place, event, what });
        match *what {
            Observation::Accepted => tell(Observation::Accepted),
            Observation::RunStarted { age, running, placement } => {
                tell(Observation::RunStarted { age, running, placement });
            }
            Observation::AttemptEnded(attempt) => tell(Observation::AttemptEnded(attempt)),
            Observation::Settled { fate, rule } => tell(Observation::Settled { fate, rule }),
            Observation::Closed => tell(Observation::Closed),
            what => tell(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::{busy, poisson, source};
    use crate::scenario::{InvocationType, Scenario};
    use crate::simulate::Simulation;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// Keeps what it was told, in order.
    #[derive(Default)]
    struct Notes {
        facts: Vec<(SimTime, u32, u64, Observation)>,
        remarks: Vec<(usize, Remark)>,
        panics_at: Option<usize>,
    }

    impl Observer for Notes {
        fn observe(&mut self, fact: &Fact<'_>) {
            assert_ne!(Some(self.facts.len()), self.panics_at, "as it was told to");
            self.facts.push((fact.at, fact.place, fact.event.id().0, fact.what));
        }

        fn remark(&mut self, remark: &Remark) {
            self.remarks.push((self.facts.len(), *remark));
        }
    }

    /// Some blocks' worth of facts.
    fn long() -> Scenario {
        let mut scenario = busy();
        scenario.sources = vec![source("s", InvocationType::Event, poisson(50.0, 200))];
        scenario
    }

    fn behind(scenario: &Scenario, notes: &mut Notes) -> Vec<(usize, usize)> {
        let mut simulation = Simulation::new(scenario, 0);
        let mut asked = Vec::new();
        let mut looks = Vec::new();
        let look = |notes: &mut Notes, in_flight: usize| looks.push((notes.facts.len(), in_flight));
        observe_behind(notes, look, |ahead| {
            let mut reported = 0;
            let what = crate::model::observation::Circumstance::ConfigurationChanged { change: 7 };
            while simulation.advance(ahead, 100).is_none() {
                ahead.remark(&Remark { at: simulation.now(), what });
                ahead.look(simulation.in_flight());
                reported += 1;
                asked.push((reported, simulation.in_flight()));
            }
        });
        assert_eq!(looks.len(), asked.len());
        assert!(looks.iter().zip(&asked).all(|(look, asked)| look.1 == asked.1));
        looks
    }

    /// Goal: on a thread, an observer is told the same in the same order, with looks and remarks in their places.
    #[test]
    fn an_observer_behind_the_run_is_told_the_same() {
        let scenario = long();
        let (mut direct, mut notes) = (Notes::default(), Notes::default());
        let mut simulation = Simulation::new(&scenario, 0);
        let mut after_each_hundred = Vec::new();
        while simulation.advance(&mut direct, 100).is_none() {
            after_each_hundred.push((direct.facts.len(), simulation.in_flight()));
        }
        let looks = behind(&scenario, &mut notes);
        assert!(direct.facts.len() > 4 * FACTS, "{} facts", direct.facts.len());
        assert_eq!(notes.facts, direct.facts);
        assert_eq!(looks, after_each_hundred);
        let told_before: Vec<usize> = notes.remarks.iter().map(|(told, _)| *told).collect();
        assert_eq!(told_before, after_each_hundred.iter().map(|(told, _)| *told).collect::<Vec<_>>());
    }

    /// Goal: an observer that panics on its thread ends the run with its panic, and nothing hangs.
    #[test]
    fn the_panic_of_an_observer_is_passed_on() {
        let scenario = long();
        for panics_at in [0, FACTS + 1, 4 * FACTS] {
            let mut notes = Notes { panics_at: Some(panics_at), ..Notes::default() };
            let panic = catch_unwind(AssertUnwindSafe(|| behind(&scenario, &mut notes))).unwrap_err();
            let said = panic.downcast_ref::<String>().expect("what it said");
            assert!(said.contains("as it was told to"), "{said}");
        }
    }

    #[test]
    fn a_short_run_has_no_thread() {
        let here = thread::current().id();
        let look = move |(): &mut (), _| assert_eq!(thread::current().id(), here);
        observe_behind(&mut (), look, |ahead| ahead.look(0));
    }
}
