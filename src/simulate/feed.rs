//! Where a run's arrivals come from.

use crate::id::SourceId;
use crate::model::arrivals::{Arrival, ArrivalProcess};
use crate::random::SourceStreams;
use crate::scenario::{Scenario, Source};

/// The arrivals of all sources, those of each in order, all before the end of the run.
///
/// A first run that is handed over with an arrival is the one that
/// [`first_run_ahead`](crate::model::at_once::first_run_ahead) plans.
///
/// They depend on nothing that happens in the run: whoever hands them over, and when, they are the same.
pub trait Feed {
    /// The next arrival of `source`; `None` when there is no more.
    fn next(&mut self, source: SourceId) -> Option<Arrival>;
}

/// Arrivals that are drawn when they are asked for.
#[derive(Clone, Debug)]
pub struct Drawn<'s>(Vec<Stream<'s>>);

/// A source with its position in its arrivals and draws.
#[derive(Clone, Debug)]
struct Stream<'s> {
    process: ArrivalProcess<'s>,
    streams: SourceStreams,
}

impl<'s> Drawn<'s> {
    /// The arrivals of `scenario` in one of its replications.
    pub fn new(scenario: &'s Scenario, replication: u32) -> Self {
        let stream = |source: &'s Source| Stream {
            process: ArrivalProcess::new(source, scenario),
            streams: SourceStreams::new(scenario.seed, replication, &source.name),
        };
        Self(scenario.sources.iter().map(stream).collect())
    }
}

impl Feed for Drawn<'_> {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "what is handed back in memory, in parts, is slow to read as a whole"
    )]
    fn next(&mut self, source: SourceId) -> Option<Arrival> {
        let Stream { process, streams } = &mut self.0[source.index()];
        let at = process.next(streams)?;
        Some(Arrival { at, key: streams.next_event_key(), first_run: None })
    }
}
