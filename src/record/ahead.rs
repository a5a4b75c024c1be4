//! Arrivals from a thread of their own, ahead of the run.
//!
//! ```text
//!  run ──an empty block of a source──> thread ahead: draws times and keys, plans first runs
//!   ↑                                       │
//!   └────────── the block, filled ──────────┘   two blocks of each source go round
//! ```
//!
//! What arrives depends on nothing that happens in the run, so that it can be drawn before it is asked for; nor does
//! the first run of an event that is dispatched as it arrives. Why they are, and why nothing else is:
//! `docs/decisions/022-arrivals-ahead.md`, `docs/decisions/023-at-once.md`.

use crate::id::SourceId;
use crate::model::arrivals::Arrival;
use crate::model::at_once::first_run_ahead;
use crate::scenario::Scenario;
use crate::simulate::Simulation;
use crate::simulate::feed::{Drawn, Feed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope};

/// The arrivals of a block: about a hundred kilobytes go over at once.
const ARRIVALS: usize = 1 << 11;
/// A run of fewer events has no thread ahead of it.
pub(super) const WORTH_A_THREAD: u64 = 1 << 15;

/// Arrivals that a thread draws ahead, or that are drawn when they are asked for if they are few.
#[derive(Debug)]
pub struct Ahead<'s>(Way<'s>);

#[derive(Debug)]
enum Way<'s> {
    Here(Drawn<'s>),
    Thread(Vec<Blocks>),
}

/// A source whose arrivals come in blocks.
#[derive(Debug)]
struct Blocks {
    source: SourceId,
    block: Vec<Arrival>,
    /// The next of the block.
    next: usize,
    filled: Receiver<Vec<Arrival>>,
    empty: Sender<Request>,
}

/// A source, and a block to be filled with its next arrivals.
type Request = (SourceId, Vec<Arrival>);

/// Replication `replication` of `scenario`, at virtual time zero, with a thread of `scope` that draws its arrivals if
/// there are many and there can be one (not in WebAssembly). The thread ends when the simulation is dropped.
///
/// ```
/// use thirdtry::observe::ledger::Ledger;
/// use thirdtry::record::ahead::simulation_with_arrivals_ahead;
/// use thirdtry::scenario::load::{Input, load};
///
/// let text = r#"{ "version": 1, "functions": { "ship": { "duration": "1s" } },
///     "sources": { "s": { "to": "ship", "arrivals": { "poisson": { "rate": "9/s" } }, "max_events": 40000 } } }"#;
/// let scenario = load(&Input::from_text("example", text)).expect("valid").scenario;
/// let mut ledger = Ledger::default();
/// std::thread::scope(|scope| {
///     let mut simulation = simulation_with_arrivals_ahead(&scenario, 0, scope);
///     while simulation.advance(&mut ledger, 4_096).is_none() {}
/// });
/// assert_eq!(ledger.accepted(), 40_000);
/// ```
pub fn simulation_with_arrivals_ahead<'s: 'scope, 'scope>(
    scenario: &'s Scenario,
    replication: u32,
    scope: &'scope Scope<'scope, '_>,
) -> Simulation<'s, Ahead<'s>> {
    Simulation::fed_by(scenario, Ahead::new(scenario, replication, scope))
}

impl<'s> Ahead<'s> {
    fn new<'scope>(scenario: &'s Scenario, replication: u32, scope: &'scope Scope<'scope, '_>) -> Self
    where
        's: 'scope,
    {
        let mut drawn = Drawn::new(scenario, replication);
        if scenario.expected_events() < WORTH_A_THREAD {
            return Self(Way::Here(drawn));
        }
        let (empty, requests) = channel();
        let sources = (0..).map(SourceId).take(scenario.sources.len());
        let (outlets, blocks): (Vec<_>, Vec<_>) = sources.map(|source| Blocks::new(source, &empty)).unzip();
        let draw = move || {
            for (source, mut block) in requests {
                fill(&mut block, &mut drawn, source, scenario);
                if outlets[source.index()].send(block).is_err() {
                    return;
                }
            }
        };
        Self(match Builder::new().name("arrivals".to_owned()).spawn_scoped(scope, draw) {
            Ok(_) => Way::Thread(blocks),
            Err(_) => Way::Here(Drawn::new(scenario, replication)),
        })
    }
}

impl Feed for Ahead<'_> {
    #[inline]
    fn next(&mut self, source: SourceId) -> Option<Arrival> {
        match &mut self.0 {
            Way::Here(drawn) => drawn.next(source),
            Way::Thread(blocks) => blocks[source.index()].next(),
        }
    }
}

/// Fills `block` with the next arrivals of `source`, with fewer than there is room for if these are the last.
///
/// They are put into memory of this thread first, and over there some at a time: what is being written cannot be read
/// before all that was written earlier has arrived, which takes long where another processor has had it.
fn fill(block: &mut Vec<Arrival>, drawn: &mut Drawn<'_>, source: SourceId, scenario: &Scenario) {
    const AT_A_TIME: usize = ARRIVALS / 8;
    block.clear();
    let first_run = first_run_ahead(scenario, source);
    let mut some = Vec::with_capacity(AT_A_TIME);
    while block.len() < ARRIVALS {
        some.clear();
        some.extend(std::iter::from_fn(|| drawn.next(source)).take(AT_A_TIME));
        if let Some(first_run) = &first_run {
            for Arrival { at, key, first_run: ahead } in &mut some {
                *ahead = Some(first_run(*key, *at));
            }
        }
        block.extend_from_slice(&some);
        if some.len() < AT_A_TIME {
            return;
        }
    }
}

impl Blocks {
    /// The blocks of a source, and where they come out when they are filled. Two are asked for at once.
    fn new(source: SourceId, empty: &Sender<Request>) -> (Sender<Vec<Arrival>>, Self) {
        let (outlet, filled) = channel();
        let blocks = Self { source, block: Vec::new(), next: 0, filled, empty: empty.clone() };
        blocks.ask_for(Vec::with_capacity(ARRIVALS));
        blocks.ask_for(Vec::with_capacity(ARRIVALS));
        (outlet, blocks)
    }

    #[inline]
    fn next(&mut self) -> Option<Arrival> {
        match self.block.get(self.next) {
            Some(arrival) => {
                self.next += 1;
                Some(*arrival)
            }
            None => self.first_of_next_block(),
        }
    }

    #[cold]
    fn first_of_next_block(&mut self) -> Option<Arrival> {
        let is_first = self.next == 0;
        if !is_first && self.block.len() < ARRIVALS {
            // It was the last.
            return None;
        }
        let filled = self.filled.recv().expect("the thread ahead fills what it is asked for");
        let worked_off = std::mem::replace(&mut self.block, filled);
        if !is_first {
            self.ask_for(worked_off);
        }
        self.next = 1;
        self.block.first().copied()
    }

    fn ask_for(&self, block: Vec<Arrival>) {
        // If the thread is gone it has panicked, which is told where its scope ends.
        drop(self.empty.send((self.source, block)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::fingerprint::Fingerprint;
    use crate::observe::test_scenarios::{busy, events_at, exceptions, poisson, source};
    use crate::random::distribution::Distribution;
    use crate::scenario::{FailureCause, FailureKind, InvocationType};
    use crate::time::SimDuration;

    /// Three sources: one with many arrivals, one with few, one with none; and one whose last block is full.
    fn many() -> Scenario {
        let mut scenario = busy();
        let mut even = source("even", InvocationType::Event, poisson(100.0, 100_000));
        even.max_events = Some(4 * ARRIVALS as u64);
        scenario.sources = vec![
            source("often", InvocationType::Event, poisson(400.0, 100)),
            events_at("seldom", &[5, 6, 7_000]),
            events_at("never", &[]),
            even,
        ];
        scenario
    }

    /// Goal: the very same arrivals, in whatever order the sources are asked, and nothing after the last.
    #[test]
    fn what_is_drawn_ahead_is_what_would_have_been_drawn() {
        let scenario = many();
        assert!(scenario.expected_events() >= WORTH_A_THREAD);
        let mut drawn = Drawn::new(&scenario, 3);
        std::thread::scope(|scope| {
            let mut ahead = Ahead::new(&scenario, 3, scope);
            assert!(matches!(ahead.0, Way::Thread(_)));
            let mut compared = [0; 4];
            // Now this one, now that one, and some far more often than others.
            for at in [0, 0, 0, 3, 0, 2, 0, 1, 3, 0, 0].into_iter().cycle().take(90_000) {
                let next = ahead.next(SourceId(at));
                assert_eq!(next, drawn.next(SourceId(at)));
                compared[usize::from(at)] += usize::from(next.is_some());
            }
            assert!(compared[0] > 10 * ARRIVALS && compared[0] < 45_000, "{compared:?}");
            assert_eq!(compared[1..], [3, 0, 4 * ARRIVALS]);
        });
    }

    /// Goal: a run that is given up in the middle leaves no thread behind that waits for it.
    #[test]
    fn the_thread_ends_with_the_run() {
        let scenario = many();
        std::thread::scope(|scope| {
            let mut simulation = simulation_with_arrivals_ahead(&scenario, 0, scope);
            assert_eq!(simulation.advance(&mut crate::observe::ledger::Ledger::default(), 10_000), None);
        });
    }

    /// Goal: first runs that are planned ahead change nothing. Method: both ways, where events go at once.
    #[test]
    fn a_run_with_first_runs_planned_ahead_is_the_same() {
        let mut scenario = many();
        scenario.timing.dispatch_latency = SimDuration::ZERO;
        let causes = [FailureKind::Poison, FailureKind::Crash, FailureKind::Timeout, FailureKind::Exception];
        let cause = |kind| FailureCause { kind, ..exceptions(0.1, &[(20, 90)]) };
        scenario.functions[0].failures = causes.map(cause).into();
        scenario.functions[0].init = Distribution::Constant(SimDuration::from_millis(200));
        scenario.functions[0].reserved = Some(300);
        scenario.functions[0].provisioned = 20;
        let (mut planned, mut unplanned) = (Fingerprint::new(), Fingerprint::new());
        let mut drawn = Simulation::new(&scenario, 0);
        while drawn.advance(&mut unplanned, 4_096).is_none() {}
        std::thread::scope(|scope| {
            let mut ahead = Ahead::new(&scenario, 0, scope);
            assert!(ahead.next(SourceId(0)).is_some_and(|arrival| arrival.first_run.is_some()));
            let mut simulation = simulation_with_arrivals_ahead(&scenario, 0, scope);
            while simulation.advance(&mut planned, 4_096).is_none() {}
        });
        assert_eq!(planned.value(), unplanned.value());
    }

    #[test]
    fn few_arrivals_have_no_thread() {
        let scenario = busy();
        std::thread::scope(|scope| {
            assert!(matches!(Ahead::new(&scenario, 0, scope).0, Way::Here(_)));
        });
    }
}
