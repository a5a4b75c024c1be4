//! All arrivals of a scenario, written down before anything happens.

use thirdtry::random::{EventKey, SourceStreams, math};
use thirdtry::scenario::{Arrivals, End, Scenario, Source};
use thirdtry::time::{SimDuration, SimTime};

pub(super) struct Arrival {
    pub(super) at: u64,
    pub(super) source: usize,
    /// From 1.
    pub(super) number: u64,
    pub(super) key: EventKey,
}

/// In order of time; at one instant in order of the sources' names, which is that of their positions.
pub(super) fn arrivals(scenario: &Scenario) -> Vec<Arrival> {
    let mut all = Vec::new();
    for (position, source) in scenario.sources.iter().enumerate() {
        let mut streams = SourceStreams::new(scenario.seed, 0, &source.name);
        let times = times(source, &mut streams, limit(scenario, source));
        for (number, at) in (1..).zip(times) {
            all.push(Arrival { at, source: position, number, key: streams.next_event_key() });
        }
    }
    all.sort_by_key(|arrival| (arrival.at, arrival.source, arrival.number));
    all
}

/// Nothing is sent at or after this.
fn limit(scenario: &Scenario, source: &Source) -> u64 {
    let end = match scenario.end {
        End::Drained => u64::MAX,
        End::At(end) => end.as_nanos(),
    };
    let bounds = [scenario.arrivals_end, source.until].into_iter().flatten();
    bounds.map(SimTime::as_nanos).fold(end, u64::min)
}

fn times(source: &Source, streams: &mut SourceStreams, limit: u64) -> Vec<u64> {
    let most = source.max_events.expect("generated sources are limited");
    let mut at = source.from.as_nanos();
    let mut times = Vec::new();
    for index in 0..most {
        let next = match &source.arrivals {
            Arrivals::Constant { interval } => at + interval.as_nanos() * index,
            Arrivals::Times(list) => match list.get(usize::try_from(index).expect("short lists")) {
                Some(time) => at + time.as_nanos(),
                None => break,
            },
            Arrivals::Poisson(curve) => {
                let gap = -math::ln(streams.arrival_uniform()) / curve.segments[0].start_rate;
                at += SimDuration::from_secs_f64_saturating(gap).as_nanos();
                at
            }
            other => panic!("not generated: {other:?}"),
        };
        if next >= limit {
            break;
        }
        times.push(next);
    }
    times
}
