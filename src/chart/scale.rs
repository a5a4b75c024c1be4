//! Scales: where a value lies along an axis, and which values are written there.
//!
//! Values are whole numbers: times in milliseconds, everything else in thousandths, so that a rate needs no
//! floating point. Only the logarithmic scale computes with floats, through the portable logarithm.

use super::style::{duration, short};
use crate::random::math::log10;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const A_WEEK: u64 = 7 * DAY;

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// Evenly, from zero.
    Linear {
        /// The value at the far end; positive.
        max: u64,
    },
    /// By their square roots, from zero: short times stay visible beside long ones.
    SquareRoot {
        /// The value at the far end; positive.
        max: u64,
    },
    /// By their logarithms; what is below the least value lies at the near end.
    Logarithmic {
        /// The value at the near end; positive.
        min: u64,
        /// The value at the far end; above `min`.
        max: u64,
    },
}

/// A value that is written on an axis, and how.
pub(super) type Tick = (u64, String);

impl Scale {
    /// Whether `value` lies on the axis rather than beyond its far end.
    pub(super) const fn holds(self, value: u64) -> bool {
        let (Self::Linear { max } | Self::SquareRoot { max } | Self::Logarithmic { max, .. }) = self;
        value <= max
    }

    /// How far along an axis of `length` pixels `value` lies; beyond the far end for values beyond it.
    pub(super) fn place(self, value: u64, length: i32) -> i32 {
        match self {
            Self::Linear { max } => share(value, max, length),
            Self::SquareRoot { max } => {
                // Squared resolution first: the root of the share, in thousandths.
                let square = u128::from(value) * 1_000_000 / u128::from(max.max(1));
                let permille = u64::try_from(square.isqrt()).unwrap_or(u64::MAX);
                share(permille, 1_000, length)
            }
            Self::Logarithmic { min, max } => place_logarithmic(value, min, max, length),
        }
    }
}

fn share(value: u64, max: u64, length: i32) -> i32 {
    let pixels = i128::from(value) * i128::from(length) / i128::from(max.max(1));
    i32::try_from(pixels).unwrap_or(i32::MAX / 4)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a pixel on a chart, within its length"
)]
fn place_logarithmic(value: u64, min: u64, max: u64, length: i32) -> i32 {
    let decades = |of: u64| log10(of.clamp(min, max) as f64 / min as f64);
    (decades(value) / decades(max) * f64::from(length)) as i32
}

/// A linear scale for counts or rates, in thousandths, that holds `max`, and its ticks; `whole` if only whole
/// numbers make sense.
pub(super) fn numbers(max: u64, whole: bool) -> (Scale, Vec<Tick>) {
    const MOST_INTERVALS: u64 = 4;
    let least = if whole { 1_000 } else { 1 };
    let mut steps = (0..19).flat_map(|exponent| [1, 2, 5].map(|digit| digit * 10_u64.pow(exponent)));
    let step = steps.find(|step| *step >= least && max.div_ceil(*step) <= MOST_INTERVALS);
    linear(max, step.unwrap_or(max), short)
}

/// A linear scale for durations in milliseconds that holds `max`, and its ticks.
pub(super) fn durations(max: u64) -> (Scale, Vec<Tick>) {
    linear(max, time_step(max, 6), duration)
}

/// A logarithmic scale for durations in milliseconds that holds `min` and `max`, and its ticks.
pub(super) fn logarithmic_durations(min: u64, max: u64) -> (Scale, Vec<Tick>) {
    let marks = [
        1,
        10,
        100,
        SECOND,
        10 * SECOND,
        MINUTE,
        10 * MINUTE,
        HOUR,
        6 * HOUR,
        DAY,
        10 * DAY,
        100 * DAY,
        1_000 * DAY,
        10_000 * DAY,
        100_000 * DAY,
    ];
    let first = marks.iter().rposition(|mark| *mark <= min).unwrap_or(0);
    let last = marks.iter().position(|mark| *mark >= max).unwrap_or(marks.len() - 1);
    let shown = &marks[first..=last.max(first + 1)];
    let ticks = shown.iter().map(|mark| (*mark, duration(*mark))).collect();
    let scale = Scale::Logarithmic { min: shown[0], max: shown[shown.len() - 1] };
    (scale, ticks)
}

/// A square-root scale for durations in milliseconds up to `max`, and its ticks.
pub(super) fn square_root_durations(max: u64) -> (Scale, Vec<Tick>) {
    const LEAST_PERMILLE: i32 = 80;
    let scale = Scale::SquareRoot { max: max.max(1) };
    let steps: Vec<u64> = time_steps().take_while(|step| *step <= max).collect();
    let mut ticks: Vec<Tick> = Vec::new();
    let mut room = 1_000;
    // From the far end: as many as keep a distance from each other and from zero.
    for step in steps.into_iter().rev() {
        let place = scale.place(step, 1_000);
        if place <= room && place >= LEAST_PERMILLE {
            ticks.push((step, duration(step)));
            room = place - LEAST_PERMILLE;
        }
    }
    ticks.push((0, "0s".to_owned()));
    ticks.reverse();
    (scale, ticks)
}

fn linear(max: u64, step: u64, label: fn(u64) -> String) -> (Scale, Vec<Tick>) {
    let intervals = max.div_ceil(step).max(1);
    let ticks = (0..=intervals).map(|tick| (tick * step, label(tick * step)));
    let scale = Scale::Linear { max: intervals * step };
    (scale, ticks.collect())
}

/// The steps that people count time in, in milliseconds, ascending without end.
fn time_steps() -> impl Iterator<Item = u64> {
    const WITHIN_A_DAY: [u64; 9] = [1, 2, 5, 10, 20, 50, 100, 200, 500];
    const SIXTIETHS: [u64; 6] = [1, 2, 5, 10, 15, 30];
    let days = (0..9).flat_map(|exponent| [1, 2, 5].map(|digit| digit * 10_u64.pow(exponent) * DAY));
    WITHIN_A_DAY
        .into_iter()
        .chain(SIXTIETHS.map(|count| count * SECOND))
        .chain(SIXTIETHS.map(|count| count * MINUTE))
        .chain([1, 2, 3, 6, 12].map(|count| count * HOUR))
        .chain(days)
}

fn time_step(span: u64, most_intervals: u64) -> u64 {
    time_steps().find(|step| span.div_ceil(*step) <= most_intervals).unwrap_or(span.max(1))
}

/// How points of virtual time are written, depending on the length of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// Seconds, with as many decimals as the steps need.
    Seconds,
    /// `m:ss`
    Minutes,
    /// `h:mm`
    Hours,
    /// Days.
    Days,
}

impl Clock {
    /// The clock for a run of `span` milliseconds.
    pub(super) fn of(span: u64) -> Self {
        if span <= MINUTE {
            Self::Seconds
        } else if span <= HOUR {
            Self::Minutes
        } else if span <= A_WEEK {
            Self::Hours
        } else {
            Self::Days
        }
    }

    /// The unit, for the axis.
    pub(super) const fn unit(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Minutes => "m:ss",
            Self::Hours => "h:mm",
            Self::Days => "days",
        }
    }

    /// `at`, in milliseconds, as this clock shows it on an axis.
    pub(super) fn tick(self, at: u64) -> String {
        match self {
            Self::Seconds => short(at),
            Self::Minutes => format!("{}:{:02}", at / MINUTE, at / SECOND % 60),
            Self::Hours => format!("{}:{:02}", at / HOUR, at / MINUTE % 60),
            Self::Days => short(at / (DAY / 1_000)),
        }
    }
}

/// Where points of virtual time are written along a run of `span` milliseconds.
pub(super) fn clock_ticks(span: u64) -> Vec<Tick> {
    let clock = Clock::of(span);
    let step = time_step(span, 12);
    (0..=span / step).map(|tick| (tick * step, clock.tick(tick * step))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn a_number_axis_counts_in_ones_twos_and_fives() {
        assert_eq!(labels(&numbers(20_000, true).1), ["0", "5", "10", "15", "20"]);
        assert_eq!(labels(&numbers(700, false).1), ["0", "0.2", "0.4", "0.6", "0.8"]);
        assert_eq!(labels(&numbers(700, true).1), ["0", "1"]);
        assert_eq!(labels(&numbers(0, true).1), ["0", "1"]);
        assert_eq!(labels(&numbers(10_000_000_000, true).1), ["0", "5M", "10M"]);
    }

    #[test]
    fn a_time_axis_counts_as_clocks_do() {
        let hour = clock_ticks(HOUR);
        assert_eq!(labels(&hour)[..3], ["0:00", "5:00", "10:00"]);
        assert_eq!(labels(&clock_ticks(5 * HOUR))[..3], ["0:00", "0:30", "1:00"]);
        assert_eq!(labels(&clock_ticks(128_000))[..3], ["0:00", "0:15", "0:30"]);
        assert_eq!(labels(&clock_ticks(125))[..3], ["0", "0.02", "0.04"]);
        assert_eq!(labels(&clock_ticks(100 * DAY))[..3], ["0", "10", "20"]);
    }

    #[test]
    fn scales_place_their_ends_and_never_overflow() {
        let scales = [
            numbers(u64::MAX / 1_000, true).0,
            durations(6 * HOUR).0,
            logarithmic_durations(30, 6 * HOUR).0,
            square_root_durations(6 * HOUR).0,
        ];
        for scale in scales {
            let (Scale::Linear { max } | Scale::SquareRoot { max } | Scale::Logarithmic { max, .. }) = scale;
            assert_eq!(scale.place(0, 400), 0, "{scale:?}");
            assert_eq!(scale.place(max, 400), 400, "{scale:?}");
            assert!(scale.place(u64::MAX, 400) >= 400, "{scale:?}");
        }
    }

    #[test]
    fn a_square_root_axis_spreads_its_ticks() {
        let (_, ticks) = square_root_durations(6 * HOUR);
        assert_eq!(labels(&ticks), ["0s", "5m", "15m", "30m", "1h", "2h", "3h", "6h"]);
    }

    #[test]
    fn a_logarithmic_axis_encloses_its_values() {
        let (_, ticks) = logarithmic_durations(30, 4 * MINUTE);
        assert_eq!(labels(&ticks), ["10ms", "100ms", "1s", "10s", "1m", "10m"]);
        let (_, ticks) = logarithmic_durations(1, 1);
        assert_eq!(labels(&ticks), ["1ms", "10ms"]);
    }
}
