//! How many events a scenario is about to send: for limits and progress, known before anything is run.

use super::{Arrivals, End, RateSegment, Scenario, Source};
use crate::rounding::whole;
use crate::time::{SimDuration, SimTime};

impl Scenario {
    /// About how many events and calls all sources send in a run. An expectation, not a bound; saturates at 2^64 − 1.
    pub fn expected_events(&self) -> u64 {
        whole(self.sources.iter().map(|source| self.expected_from(source)).sum())
    }

    /// About how many events and calls all sources send from `from` on and before `until`.
    pub fn expected_between(&self, from: SimTime, until: SimTime) -> f64 {
        let before = |source: &Source, at: SimTime| {
            let last = self.last_of(source).min(at);
            if last <= source.from { 0.0 } else { source.expected_within(last.since(source.from)) }
        };
        self.sources.iter().map(|source| before(source, until) - before(source, from)).sum()
    }

    fn expected_from(&self, source: &Source) -> f64 {
        let last = self.last_of(source);
        if last <= source.from { 0.0 } else { source.expected_within(last.since(source.from)) }
    }

    /// When the source stops at the latest.
    fn last_of(&self, source: &Source) -> SimTime {
        let run_end = match self.end {
            End::Drained => None,
            End::At(end) => Some(end),
        };
        [source.until, self.arrivals_end, run_end].into_iter().flatten().min().unwrap_or(SimTime::MAX)
    }
}

impl Source {
    /// About how many events the source sends within `span` after its `from`, to all its functions together.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn expected_within(&self, span: SimDuration) -> f64 {
        let most = self.max_events.map_or(f64::INFINITY, |most| most as f64);
        let expected = self.arrivals.expected_within(span);
        let sent = if expected < most { expected } else { most };
        sent * self.to.functions().len() as f64
    }
}

impl Arrivals {
    /// The expected number of arrivals within `span`.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn expected_within(&self, span: SimDuration) -> f64 {
        match self {
            Self::Constant { interval } => span.as_nanos().div_ceil(interval.as_nanos()) as f64,
            Self::Poisson(curve) | Self::Even(curve) => {
                curve.segments.iter().map(|piece| area_within(piece, span)).sum()
            }
            Self::Times(times) => times.partition_point(|time| *time < SimTime::ZERO + span) as f64,
            Self::Counts { period, counts, .. } => {
                let begun =
                    usize::try_from(span.as_nanos().div_ceil(period.as_nanos())).unwrap_or(usize::MAX);
                counts.iter().take(begun).map(|count| f64::from(*count)).sum()
            }
        }
    }
}

impl RateSegment {
    /// By how much the rate grows in a second.
    pub fn slope(&self) -> f64 {
        self.end.map_or(0.0, |end| (self.end_rate - self.start_rate) / end.since(self.start).as_secs_f64())
    }

    /// The rate at `at`, which lies in the piece.
    pub fn rate_at(&self, at: SimTime) -> f64 {
        match self.slope() {
            // The same to the last bit, and a processor need not wait for `at` to be known.
            0.0 => self.start_rate,
            slope => self.start_rate + slope * at.since(self.start).as_secs_f64(),
        }
    }
}

/// The rate integrated from the beginning of `piece` to its end or `span`, whichever comes first.
fn area_within(piece: &RateSegment, span: SimDuration) -> f64 {
    let cut = SimTime::ZERO + span;
    let end = piece.end.map_or(cut, |end| end.min(cut));
    if end <= piece.start {
        return 0.0;
    }
    end.since(piece.start).as_secs_f64() * f64::midpoint(piece.start_rate, piece.rate_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::RateCurve;

    /// A ramp from 0 to 10 a second in 10 s, then 10 a second for ever: 50 events, then 10 a second.
    #[test]
    fn expected_arrivals_are_integrals() {
        let piece = |start, end: Option<u64>, start_rate| RateSegment {
            start: SimTime::from_secs(start),
            end: end.map(SimTime::from_secs),
            start_rate,
            end_rate: 10.0,
        };
        let curve = RateCurve { segments: vec![piece(0, Some(10), 0.0), piece(10, None, 10.0)] };
        for (seconds, expected) in [(0, 0.0), (5, 12.5), (10, 50.0), (20, 150.0)] {
            let found = Arrivals::Poisson(curve.clone()).expected_within(SimDuration::from_secs(seconds));
            assert!((found - expected).abs() < 1e-9, "{seconds} s: {found}");
        }
    }

    #[test]
    fn other_arrivals_are_counted() {
        let seconds = SimDuration::from_secs;
        let at = SimTime::from_secs;
        let cases = [
            (Arrivals::Constant { interval: seconds(2) }, 59, 30.0),
            (Arrivals::Constant { interval: seconds(2) }, 60, 30.0),
            (Arrivals::Times([at(1), at(2), at(3)].into()), 3, 2.0),
            (Arrivals::Counts { period: seconds(60), counts: [3, 4, 5].into(), even: false }, 120, 7.0),
            (Arrivals::Counts { period: seconds(60), counts: [3, 4, 5].into(), even: false }, 9_000, 12.0),
        ];
        for (arrivals, span, expected) in cases {
            let found = arrivals.expected_within(seconds(span));
            assert!((found - expected).abs() < 1e-9, "{arrivals:?} within {span} s: {found}");
        }
    }
}
