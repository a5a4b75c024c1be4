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

use super::listening::Watched;
use super::packed::Packed;
use crate::model::event::Event;
use crate::model::observation::{Fact, Observation, Observer, Remark, tell_first_run, tell_last_attempt};
use crate::time::SimTime;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};

/// The facts of a block: so many that waking the thread for it costs nothing beside them.
const FACTS: usize = 1 << 13;
/// An observer is told so many facts ahead what event is to come: as many as take as long as memory does.
const LOOK_AHEAD: usize = 8;
/// The blocks: one being filled, one being worked off, and one for when either is slow for a moment.
const BLOCKS: usize = 3;

/// A fact that outlives the moment, and cannot be packed.
#[derive(Debug)]
struct Seen {
    at: SimTime,
    event: Event,
    what: Observation,
}

#[derive(Debug)]
struct Block {
    facts: Vec<Packed>,
    /// What comes in between, each after so many facts.
    asides: Vec<(usize, Aside)>,
}

#[derive(Debug)]
enum Aside {
    Fact(Seen),
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
/// Now and then, where `run` asks for it ([`Watched::look`]), and at the end, `look` is called with the observer and
/// with what was in flight when the observer had been told as much; [`Watched::view`] has what it returned last.
///
/// ```
/// use thirdtry::observe::ledger::Ledger;
/// use thirdtry::record::behind::observe_behind;
/// use thirdtry::record::listening::Watched;
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
    /// Keeps a fact that is not the most usual, or for which there is no room.
    #[inline(never)]
    fn observe_apart(&mut self, fact: &Fact<'_>) {
        self.make_room();
        if let Some(packed) = Packed::of(fact) {
            self.block.facts.push(packed);
        } else {
            let Fact { at, event, what } = *fact;
            self.put_aside(Aside::Fact(Seen { at, event: event.clone(), what }));
        }
    }

    /// Facts that come together, but cannot be packed as one.
    #[cold]
    #[inline(never)]
    fn apart(&mut self, tell: impl FnOnce(&mut Self)) {
        tell(self);
    }

    #[inline(always)]
    fn make_room(&mut self) {
        if !self.block.has_room() {
            self.hand_over();
        }
    }

    /// Something that is not packed comes after the last fact.
    fn put_aside(&mut self, aside: Aside) {
        self.block.asides.push((self.block.facts.len(), aside));
        if self.block.asides.len() == FACTS {
            self.hand_over();
        }
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

impl<O, L, V> Watched for Ahead<'_, '_, O, L, V>
where
    O: Observer + Send,
    L: FnMut(&mut O, usize) -> V + Send,
    V: Send + 'static,
{
    type View = V;

    fn look(&mut self, in_flight: usize) {
        self.put_aside(Aside::Look { in_flight });
    }

    fn view(&self) -> Option<&V> {
        self.view.as_ref()
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
            Observation::Accepted | Observation::RunStarted { .. } | Observation::AttemptEnded(_)
                if self.block.has_room() =>
            {
                if let Some(packed) = Packed::of(fact) {
                    self.block.facts.push(packed);
                    return;
                }
            }
            _ => {}
        }
        self.observe_apart(fact);
    }

    #[inline(always)]
    fn observe_first_run(&mut self, started: &Fact<'_>) {
        self.make_room();
        match Packed::of(started) {
            Some(packed) => self.block.facts.push(packed.with_acceptance()),
            None => self.apart(|ahead| tell_first_run(started, ahead)),
        }
    }

    #[inline(always)]
    fn observe_last_attempt(&mut self, attempt: &Fact<'_>) {
        self.make_room();
        match Packed::of(attempt) {
            Some(packed) => self.block.facts.push(packed.with_end()),
            None => self.apart(|ahead| tell_last_attempt(attempt, ahead)),
        }
    }

    fn remark(&mut self, remark: &Remark) {
        self.put_aside(Aside::Remark(*remark));
    }
}

impl Block {
    fn new() -> Self {
        Self { facts: Vec::with_capacity(FACTS), asides: Vec::new() }
    }

    const fn has_room(&self) -> bool {
        self.facts.len() < self.facts.capacity()
    }

    /// Tells `observer` all of it, and is empty; what the last look gave.
    fn work_off<O: Observer, V>(
        &mut self,
        observer: &mut O,
        look: &mut impl FnMut(&mut O, usize) -> V,
    ) -> Option<V> {
        let (mut told, mut view) = (0, None);
        for (before, aside) in self.asides.drain(..) {
            tell_all(&self.facts[told..before], observer);
            told = before;
            match aside {
                Aside::Fact(Seen { at, event, what }) => {
                    observer.observe(&Fact { at, event: &event, what });
                }
                Aside::Remark(remark) => observer.remark(&remark),
                Aside::Look { in_flight } => view = Some(look(observer, in_flight)),
            }
        }
        tell_all(&self.facts[told..], observer);
        self.facts.clear();
        view
    }
}

#[inline(never)]
fn tell_all(facts: &[Packed], observer: &mut impl Observer) {
    for (at, packed) in facts.iter().enumerate() {
        if let Some(later) = facts.get(at + LOOK_AHEAD) {
            observer.expect(later.event());
        }
        packed.tell(observer);
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
        facts: Vec<(SimTime, String, Observation)>,
        remarks: Vec<(usize, Remark)>,
        panics_at: Option<usize>,
    }

    impl Observer for Notes {
        fn observe(&mut self, fact: &Fact<'_>) {
            assert_ne!(Some(self.facts.len()), self.panics_at, "as it was told to");
            self.facts.push((fact.at, format!("{:?}", fact.event), fact.what));
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

    /// Some settle without an attempt, right after others have left: the queue loses them.
    fn lossy() -> Scenario {
        let mut scenario = long();
        scenario.timing.dispatch_latency = crate::time::SimDuration::from_millis(200);
        scenario.imperfections.loss = crate::scenario::Probability::new(0.4).unwrap();
        scenario
    }

    /// Events are dispatched as they arrive, and most have nowhere to go.
    fn instant() -> Scenario {
        let mut scenario = long();
        scenario.timing.dispatch_latency = crate::time::SimDuration::ZERO;
        scenario
    }

    /// Many are refused until they are too old.
    fn crowded() -> Scenario {
        let mut scenario = instant();
        scenario.functions[0].maximum_age = crate::time::SimDuration::from_secs(90);
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
        for scenario in [long(), lossy(), instant(), crowded()] {
            compare(&scenario);
        }
    }

    fn compare(scenario: &Scenario) {
        let (mut direct, mut notes) = (Notes::default(), Notes::default());
        let mut simulation = Simulation::new(scenario, 0);
        let mut after_each_hundred = Vec::new();
        while simulation.advance(&mut direct, 100).is_none() {
            after_each_hundred.push((direct.facts.len(), simulation.in_flight()));
        }
        let looks = behind(scenario, &mut notes);
        assert!(direct.facts.len() > 2 * FACTS, "{} facts", direct.facts.len());
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
