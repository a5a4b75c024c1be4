//! When the events of a source arrive: one pending arrival at a time, whatever the length of a trace.

#![expect(clippy::inline_always, reason = "each arrival, in one place")]

use super::failure::RunPlan;
use crate::random::{EventKey, SourceStreams, math};
use crate::scenario::{Arrivals, End, RateCurve, Scenario, Source};
use crate::time::{SimDuration, SimTime};

/// An event or call that a source sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub at: SimTime,
    /// From which its draws follow.
    pub key: EventKey,
    /// How its first run goes if that starts as it arrives, in a warm environment, where that was worked out ahead.
    pub first_run: Option<RunPlan>,
}

/// The arrivals of one source, from the first to the last.
#[derive(Clone, Debug)]
pub struct ArrivalProcess<'s> {
    arrivals: &'s Arrivals,
    /// Where the source's own time begins.
    from: SimTime,
    /// No arrival at or after this.
    until: SimTime,
    /// How many more the source may send.
    left: u64,
    position: Position,
}

/// How far a process has come, in time relative to the source's beginning.
#[derive(Clone, Debug)]
enum Position {
    /// The next of evenly spaced arrivals.
    Interval(SimTime),
    /// The latest of evenly spaced arrivals on a rate curve, the segment it lies in, and what its rate has to add up
    /// to until the next.
    Curve { at: SimTime, segment: usize, hazard: f64 },
    /// The latest random arrival on a rate curve, the segment it lies in, and what its rate adds up to between
    /// arrivals.
    Random { at: SimTime, segment: usize, hazards: Box<Hazards> },
    /// The next of given instants.
    Index(usize),
    /// The period whose arrivals are being handed out, latest first.
    Period { index: usize, pending: Vec<SimTime> },
}

impl Position {
    fn first(arrivals: &Arrivals) -> Self {
        match arrivals {
            Arrivals::Constant { .. } => Self::Interval(SimTime::ZERO),
            Arrivals::Poisson(_) => Self::Random { at: SimTime::ZERO, segment: 0, hazards: Box::default() },
            // The first of evenly spaced arrivals comes after half a unit, so that n fall into n units.
            Arrivals::Even(_) => Self::Curve { at: SimTime::ZERO, segment: 0, hazard: 0.5 },
            Arrivals::Times(_) => Self::Index(0),
            Arrivals::Counts { .. } => Self::Period { index: 0, pending: Vec::new() },
        }
    }
}

impl<'s> ArrivalProcess<'s> {
    /// The arrivals of `source`.
    pub fn new(source: &'s Source, scenario: &Scenario) -> Self {
        let horizon = match scenario.end {
            End::Drained => SimTime::MAX,
            End::At(end) => end,
        };
        let bounds = [source.until, scenario.arrivals_end];
        Self {
            arrivals: &source.arrivals,
            from: source.from,
            until: bounds.into_iter().flatten().fold(horizon, SimTime::min),
            left: source.max_events.unwrap_or(u64::MAX),
            position: Position::first(&source.arrivals),
        }
    }

    /// The next arrival, or `None` when there is no more.
    #[inline(always)]
    pub fn next(&mut self, streams: &mut SourceStreams) -> Option<SimTime> {
        self.left = self.left.checked_sub(1)?;
        let offset = self.next_offset(streams)?;
        let at = self.from + SimDuration::from_nanos(offset.as_nanos());
        (at < self.until).then_some(at)
    }

    #[inline(always)]
    fn next_offset(&mut self, streams: &mut SourceStreams) -> Option<SimTime> {
        match (self.arrivals, &mut self.position) {
            (Arrivals::Constant { interval }, Position::Interval(next)) => {
                let at = *next;
                // Beyond the horizon there is nothing to come; saturating keeps the sum in range.
                *next =
                    SimTime::from_nanos(at.as_nanos().saturating_add(interval.as_nanos())).min(SimTime::MAX);
                Some(at)
            }
            (Arrivals::Poisson(curve), Position::Random { at, segment, hazards }) => {
                *at = follow(curve, *at, segment, hazards.next(streams))?;
                Some(*at)
            }
            (Arrivals::Even(curve), Position::Curve { at, segment, hazard }) => {
                *at = follow(curve, *at, segment, *hazard)?;
                *hazard = 1.0;
                Some(*at)
            }
            (Arrivals::Times(times), Position::Index(index)) => {
                let at = times.get(*index).copied();
                *index += 1;
                at
            }
            (Arrivals::Counts { period, counts, even }, Position::Period { index, pending }) => {
                while pending.is_empty() {
                    let count = *counts.get(*index)?;
                    fill_period(pending, *period, *index, count, *even, streams);
                    *index += 1;
                }
                pending.pop()
            }
            _ => unreachable!("the position was made for the process"),
        }
    }
}

/// Exponential numbers of mean 1, one draw each, some at a time: a logarithm takes long until it is there, but many
/// that do not wait for one another go side by side (`docs/decisions/022-arrivals-ahead.md`).
#[derive(Clone, Debug, Default)]
struct Hazards {
    drawn: [f64; Self::AT_A_TIME],
    /// So many of them have not been handed out, the last ones.
    left: usize,
}

impl Hazards {
    const AT_A_TIME: usize = 32;

    #[inline(always)]
    fn next(&mut self, streams: &mut SourceStreams) -> f64 {
        if self.left == 0 {
            self.draw(streams);
        }
        let hazard = self.drawn[Self::AT_A_TIME - self.left];
        self.left -= 1;
        hazard
    }

    #[inline(never)]
    fn draw(&mut self, streams: &mut SourceStreams) {
        self.drawn.fill_with(|| streams.arrival_uniform());
        for number in &mut self.drawn {
            *number = -math::ln(*number);
        }
        self.left = Self::AT_A_TIME;
    }
}

/// The instant at which the rate, integrated from `at`, reaches `hazard`: inversion of the cumulative rate, segment
/// by segment, so that each arrival costs exactly one draw whatever the rates are. `None` when the curve ends first.
#[inline(always)]
fn follow(curve: &RateCurve, mut at: SimTime, segment: &mut usize, mut hazard: f64) -> Option<SimTime> {
    loop {
        let piece = curve.segments.get(*segment)?;
        at = at.max(piece.start);
        let slope = piece.slope();
        let rate = piece.rate_at(at);
        if let Some(end) = piece.end {
            let seconds = end.since(at).as_secs_f64();
            let area = seconds * f64::midpoint(rate, piece.end_rate);
            if area < hazard {
                hazard -= area;
                at = end;
                *segment += 1;
                continue;
            }
        }
        return reach(rate, slope, hazard).map(|wait| (at + wait).min(SimTime::MAX));
    }
}

/// How long a rate that starts at `rate` and grows by `slope` a second takes to add up to `hazard`: the root of
/// rate·x + slope·x²/2 = hazard in the form that does not cancel. `None` if it never does.
fn reach(rate: f64, slope: f64, hazard: f64) -> Option<SimDuration> {
    if slope == 0.0 {
        // What is worked out below, to the last bit: the square root of a square is exact, and so is halving.
        return (rate > 0.0).then(|| SimDuration::from_secs_f64_saturating(hazard / rate));
    }
    let discriminant = rate * rate + 2.0 * slope * hazard;
    // Rounding can push a root at the very end of a falling ramp below zero.
    let root = if discriminant > 0.0 { discriminant.sqrt() } else { 0.0 };
    let denominator = rate + root;
    (denominator > 0.0).then(|| SimDuration::from_secs_f64_saturating(2.0 * hazard / denominator))
}

/// Puts the `count` arrivals of period `index` into `pending`, latest first.
fn fill_period(
    pending: &mut Vec<SimTime>,
    period: SimDuration,
    index: usize,
    count: u32,
    even: bool,
    streams: &mut SourceStreams,
) {
    let start = u128::from(period.as_nanos()) * index as u128;
    let offset = |k: u32, streams: &mut SourceStreams| {
        if even {
            u128::from(period.as_nanos()) * (2 * u128::from(k) + 1) / (2 * u128::from(count))
        } else {
            let fraction = streams.arrival_word();
            (u128::from(period.as_nanos()) * u128::from(fraction)) >> 64
        }
    };
    for k in 0..count {
        let nanos = u64::try_from(start + offset(k, streams)).unwrap_or(u64::MAX);
        pending.push(SimTime::from_nanos(nanos).min(SimTime::MAX));
    }
    pending.sort_unstable_by(|a, b| b.cmp(a));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;
    use crate::scenario::RateSegment;

    const SECOND: SimDuration = SimDuration::from_secs(1);

    fn curve(points: &[(u64, u64, f64, f64)]) -> RateCurve {
        let segment = |&(start, end, start_rate, end_rate): &(u64, u64, f64, f64)| RateSegment {
            start: SimTime::from_secs(start),
            end: (end > 0).then(|| SimTime::from_secs(end)),
            start_rate,
            end_rate,
        };
        RateCurve { segments: points.iter().map(segment).collect() }
    }

    fn process(arrivals: &Arrivals) -> ArrivalProcess<'_> {
        let position = Position::first(arrivals);
        ArrivalProcess { arrivals, from: SimTime::ZERO, until: SimTime::MAX, left: u64::MAX, position }
    }

    fn arrivals(arrivals: &Arrivals, limit: usize) -> Vec<SimTime> {
        let mut process = process(arrivals);
        let mut streams = SourceStreams::new(Seed(1), 0, "test");
        std::iter::from_fn(|| process.next(&mut streams)).take(limit).collect()
    }

    #[test]
    fn evenly_spaced_arrivals_fill_a_segment_exactly() {
        let times = arrivals(&Arrivals::Even(curve(&[(0, 10, 2.0, 2.0)])), 100);
        assert_eq!(times.len(), 20);
        assert_eq!(times[0].as_millis(), 250);
        assert_eq!(times[19].as_millis(), 9_750);
    }

    /// A ramp from 0 to 10 events a second over 10 s has 50 events; event k comes where t² / 2 = k − 1/2.
    #[test]
    fn a_ramp_is_inverted() {
        let times = arrivals(&Arrivals::Even(curve(&[(0, 10, 0.0, 10.0)])), 100);
        assert_eq!(times.len(), 50);
        assert_eq!(times[0], SimTime::from_secs(1));
        // Each step is rounded to the nanosecond.
        assert!(times[12].as_nanos().abs_diff(5_000_000_000) < 10);
    }

    #[test]
    fn a_falling_ramp_ends_where_its_rate_is_zero() {
        let times = arrivals(&Arrivals::Even(curve(&[(0, 10, 10.0, 0.0)])), 100);
        assert_eq!(times.len(), 50);
        assert!(*times.last().unwrap() < SimTime::from_secs(10));
    }

    #[test]
    fn a_silent_segment_is_skipped() {
        let times =
            arrivals(&Arrivals::Even(curve(&[(0, 1, 2.0, 2.0), (1, 5, 0.0, 0.0), (5, 6, 2.0, 2.0)])), 9);
        assert_eq!(times.iter().map(|t| t.as_millis()).collect::<Vec<_>>(), [250, 750, 5_250, 5_750]);
    }

    /// Goal: gaps that are drawn some at a time are those that would be drawn one by one, and a copy goes on as the
    /// original does. Method: the formula, one draw for each arrival, over ramps, a plateau and a pause.
    #[test]
    fn gaps_drawn_ahead_are_those_drawn_one_by_one() {
        let curve = curve(&[(0, 10, 1.0, 9.0), (10, 20, 9.0, 9.0), (20, 25, 0.0, 0.0), (25, 0, 3.0, 3.0)]);
        let poisson = Arrivals::Poisson(curve.clone());
        let mut one_by_one = SourceStreams::new(Seed(1), 0, "test");
        let (mut at, mut segment) = (SimTime::ZERO, 0);
        let expected: Vec<SimTime> = std::iter::from_fn(|| {
            at = follow(&curve, at, &mut segment, -math::ln(one_by_one.arrival_uniform()))?;
            Some(at)
        })
        .take(200)
        .collect();
        assert!(expected[199] > SimTime::from_secs(25) && expected[40] < SimTime::from_secs(20));
        assert_eq!(arrivals(&poisson, 200), expected);

        let mut process = process(&poisson);
        let mut streams = SourceStreams::new(Seed(1), 0, "test");
        (0..40).for_each(|number| assert_eq!(process.next(&mut streams), Some(expected[number])));
        let (mut other, mut its_streams) = (process.clone(), streams.clone());
        for expected in &expected[40..] {
            assert_eq!(process.next(&mut streams), Some(*expected));
            assert_eq!(other.next(&mut its_streams), Some(*expected));
        }
    }

    /// The mean gap of 40 000 exponential gaps lies within four standard errors of the reciprocal rate.
    #[test]
    fn poisson_gaps_have_their_mean() {
        let times = arrivals(&Arrivals::Poisson(curve(&[(0, 0, 50.0, 50.0)])), 40_000);
        let mean = times.last().unwrap().since(SimTime::ZERO).as_secs_f64() / 40_000.0;
        assert!((mean - 0.02).abs() < 4.0 * 0.02 / 200.0, "{mean}");
    }

    #[test]
    fn recorded_counts_fall_into_their_periods_in_order() {
        for even in [true, false] {
            let counts = Arrivals::Counts { period: SECOND, counts: [2, 0, 3].into(), even };
            let times = arrivals(&counts, 9);
            assert_eq!(times.iter().map(|t| t.as_millis() / 1_000).collect::<Vec<_>>(), [0, 0, 2, 2, 2]);
            assert!(times.is_sorted());
        }
    }
}
