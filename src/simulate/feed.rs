//! Where a run's arrivals come from: drawn when they are asked for, or by a thread ahead of the run.
//!
//! ```text
//!  run ──asks for a block of a source──> thread ahead: draws times and keys
//!   ↑                                        │
//!   └──────── the block, filled ─────────────┘   two blocks for each source go round
//! ```
//!
//! Arrivals depend on nothing that happens in the run, so both ways give the very same ones.

use crate::id::SourceId;
use crate::model::arrivals::ArrivalProcess;
use crate::random::{EventKey, SourceStreams};
use crate::scenario::{Scenario, Source};
use crate::time::SimTime;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope};

/// The arrivals of a block: a few dozen kilobytes go over at once.
const ARRIVALS: usize = 1 << 11;
/// A run of fewer events has no thread ahead of it.
const WORTH_A_THREAD: u64 = 1 << 15;

/// An event or call that a source sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub at: SimTime,
    /// From which its draws follow.
    pub key: EventKey,
}

/// The arrivals of all sources, those of each in order.
pub trait Feed {
    /// The next arrival of `source`; `None` when there is no more.
    fn next(&mut self, source: SourceId) -> Option<Arrival>;
}

/// Arrivals that are drawn when they are asked for.
#[derive(Clone, Debug)]
pub struct Drawn<'s>(Vec<Stream<'s>>);

/// Arrivals that a thread draws ahead, or that are drawn when they are asked for if they are few.
#[derive(Debug)]
pub struct Ahead<'s>(Way<'s>);

#[derive(Debug)]
enum Way<'s> {
    Here(Drawn<'s>),
    Thread(Vec<Blocks>),
}

/// A source with its position in its arrivals and draws.
#[derive(Clone, Debug)]
struct Stream<'s> {
    process: ArrivalProcess<'s>,
    streams: SourceStreams,
}

/// A source whose arrivals come in blocks.
#[derive(Debug)]
struct Blocks {
    source: usize,
    block: Vec<Arrival>,
    /// The next of the block.
    next: usize,
    filled: Receiver<Vec<Arrival>>,
    empty: Sender<Request>,
}

/// A source, and a block to be filled with its next arrivals.
type Request = (usize, Vec<Arrival>);

impl<'s> Drawn<'s> {
    /// The arrivals of `scenario` in one of its replications.
    pub fn new(scenario: &'s Scenario, replication: u32) -> Self {
        let stream = |source: &'s Source| Stream {
            process: ArrivalProcess::new(source, scenario),
            streams: SourceStreams::new(scenario.seed, replication, &source.name),
        };
        Self(scenario.sources.iter().map(stream).collect())
    }

    /// Fills `block` with the next arrivals of the source at `source`, with fewer than there is room for if these are
    /// the last.
    fn fill(&mut self, source: usize, block: &mut Vec<Arrival>) {
        block.clear();
        block.extend(std::iter::from_fn(|| self.0[source].next()).take(ARRIVALS));
    }
}

impl Feed for Drawn<'_> {
    #[inline]
    fn next(&mut self, source: SourceId) -> Option<Arrival> {
        self.0[source.index()].next()
    }
}

impl<'s> Ahead<'s> {
    /// The arrivals of `scenario` in one of its replications, from a thread of `scope` if there can be one.
    pub fn new<'scope>(scenario: &'s Scenario, replication: u32, scope: &'scope Scope<'scope, '_>) -> Self
    where
        's: 'scope,
    {
        let mut drawn = Drawn::new(scenario, replication);
        if scenario.expected_events() < WORTH_A_THREAD {
            return Self(Way::Here(drawn));
        }
        let (empty, requests) = channel();
        let (outlets, blocks): (Vec<_>, Vec<_>) =
            (0..scenario.sources.len()).map(|source| Blocks::new(source, &empty)).unzip();
        let draw = move || {
            for (source, mut block) in requests {
                drawn.fill(source, &mut block);
                if outlets[source].send(block).is_err() {
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

impl Stream<'_> {
    fn next(&mut self) -> Option<Arrival> {
        let at = self.process.next(&mut self.streams)?;
        Some(Arrival { at, key: self.streams.next_event_key() })
    }
}

impl Blocks {
    /// The blocks of a source, and where they come out when they are filled. Two are asked for at once.
    fn new(source: usize, empty: &Sender<Request>) -> (Sender<Vec<Arrival>>, Self) {
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
        if self.next > 0 && self.next < ARRIVALS {
            // It was the last.
            return None;
        }
        let filled = self.filled.recv().expect("the thread ahead fills what it is asked for");
        let worked_off = std::mem::replace(&mut self.block, filled);
        if self.next > 0 {
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
