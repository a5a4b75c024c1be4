//! Virtual time: points ([`SimTime`]) and spans ([`SimDuration`]), in integer nanoseconds.
//!
//! Time is never a floating-point number. Decimal text becomes nanoseconds exactly, a sampled duration is rounded
//! to the nearest nanosecond once, and everything after that is integer arithmetic that is checked in every build. A
//! run spans at most [`SimTime::MAX`] = 100 years, far below the 584 years that fit into 64 bits, so that sums of a
//! time and any legal duration cannot overflow.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// Nanoseconds in one second.
pub const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// Nanoseconds in one millisecond.
pub const NANOS_PER_MILLI: u64 = 1_000_000;
/// Nanoseconds in one microsecond.
pub const NANOS_PER_MICRO: u64 = 1_000;

/// A point of virtual time: nanoseconds since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

/// A span of virtual time in nanoseconds; never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimDuration(u64);

impl SimTime {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// The latest time that a scenario may name: 100 years of 365.25 days.
    pub const MAX: Self = Self(SimDuration::MAX.0);

    /// The point `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The point `seconds` seconds after the start. Panics beyond 584 years.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(product(seconds, NANOS_PER_SECOND))
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the start, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / NANOS_PER_MILLI
    }

    /// The span since `earlier`.
    ///
    /// # Panics
    /// When `earlier` lies after `self`: the simulation clock never runs backwards.
    pub fn since(self, earlier: Self) -> SimDuration {
        assert!(earlier <= self, "the simulation clock never runs backwards");
        SimDuration(self.0 - earlier.0)
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest span that a scenario may name, and the ceiling of every sampled duration: 100 years.
    pub const MAX: Self = Self(36_525 * 86_400 * NANOS_PER_SECOND);

    /// A span of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// A span of `millis` milliseconds. Panics beyond 584 years.
    pub const fn from_millis(millis: u64) -> Self {
        Self(product(millis, NANOS_PER_MILLI))
    }

    /// A span of `seconds` seconds. Panics beyond 584 years.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(product(seconds, NANOS_PER_SECOND))
    }

    /// The sampled span nearest to `seconds`, to the nanosecond; negative values and NaN become zero, values beyond
    /// [`SimDuration::MAX`] become that.
    ///
    /// The only door from floating point into time.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
    pub fn from_secs_f64_saturating(seconds: f64) -> Self {
        const MAX_SECONDS: f64 = 36_525.0 * 86_400.0;
        if seconds > 0.0 && seconds < MAX_SECONDS {
            Self((seconds * 1e9 + 0.5) as u64)
        } else if seconds >= MAX_SECONDS {
            Self::MAX
        } else {
            Self::ZERO
        }
    }

    /// Nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole milliseconds, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / NANOS_PER_MILLI
    }

    /// Whole milliseconds, rounded up: how Lambda bills.
    pub const fn as_millis_ceil(self) -> u64 {
        self.0.div_ceil(NANOS_PER_MILLI)
    }

    /// Seconds as a float, for presentation only.
    #[expect(clippy::cast_precision_loss, reason = "presentation only")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// This span `factor` times over, at most [`SimDuration::MAX`].
    #[must_use]
    pub const fn saturating_mul(self, factor: u64) -> Self {
        let product = self.0.saturating_mul(factor);
        if product > Self::MAX.0 { Self::MAX } else { Self(product) }
    }
}

/// Wrong time is worse than slow time: it is checked here, and not only where a build checks all arithmetic.
#[inline]
const fn sum(nanos: u64, others: u64) -> u64 {
    nanos.checked_add(others).expect("virtual time ends after 584 years")
}

const fn product(count: u64, nanos: u64) -> u64 {
    count.checked_mul(nanos).expect("virtual time ends after 584 years")
}

impl Add<SimDuration> for SimTime {
    type Output = Self;
    fn add(self, span: SimDuration) -> Self {
        Self(sum(self.0, span.0))
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, span: SimDuration) {
        *self = *self + span;
    }
}

impl Add for SimDuration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(sum(self.0, other.0))
    }
}

impl AddAssign for SimDuration {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for SimDuration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect("no span is negative"))
    }
}

/// `hh:mm:ss.mmm` since the start; hours grow beyond two digits.
impl fmt::Display for SimTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.as_millis();
        let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
        let (seconds, millis) = (millis / 1_000 % 60, millis % 1_000);
        write!(out, "{hours:02}:{minutes:02}:{seconds:02}.{millis:03}")
    }
}

/// As a person writes it: `1h30m`, `2m5s`, `1.25s`, `30ms`, `0s`. Parsing the text gives the same span back.
impl fmt::Display for SimDuration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / NANOS_PER_SECOND;
        let nanos = self.0 % NANOS_PER_SECOND;
        if seconds == 0 && nanos > 0 {
            return write_sub_second(out, nanos);
        }
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        if hours > 0 {
            write!(out, "{hours}h")?;
        }
        if minutes > 0 {
            write!(out, "{minutes}m")?;
        }
        if nanos > 0 {
            write!(out, "{seconds}.{}s", format!("{nanos:09}").trim_end_matches('0'))
        } else if seconds > 0 || self.0 == 0 {
            write!(out, "{seconds}s")
        } else {
            Ok(())
        }
    }
}

fn write_sub_second(out: &mut fmt::Formatter<'_>, nanos: u64) -> fmt::Result {
    let (unit, width, suffix) = match nanos {
        n if n >= NANOS_PER_MILLI => (NANOS_PER_MILLI, 6, "ms"),
        n if n >= NANOS_PER_MICRO => (NANOS_PER_MICRO, 3, "us"),
        _ => return write!(out, "{nanos}ns"),
    };
    let (whole, rest) = (nanos / unit, nanos % unit);
    if rest == 0 {
        write!(out, "{whole}{suffix}")
    } else {
        write!(out, "{whole}.{}{suffix}", format!("{rest:0width$}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_print_as_people_write_them() {
        let cases = [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5us"),
            (30_000_000, "30ms"),
            (30_500_000, "30.5ms"),
            (1_250_000_000, "1.25s"),
            (60_000_000_000, "1m"),
            (125_000_000_000, "2m5s"),
            (5_400_000_000_000, "1h30m"),
            (3_600_000_000_001, "1h0.000000001s"),
        ];
        for (nanos, expected) in cases {
            assert_eq!(SimDuration::from_nanos(nanos).to_string(), expected);
        }
    }

    #[test]
    fn sampled_seconds_round_to_the_nearest_nanosecond_and_never_wrap() {
        let cases = [
            (8.2, 8_200_000_000),
            (0.1, 100_000_000),
            (-1.0, 0),
            (f64::NAN, 0),
            (f64::INFINITY, SimDuration::MAX.as_nanos()),
            (1e300, SimDuration::MAX.as_nanos()),
        ];
        for (seconds, nanos) in cases {
            assert_eq!(SimDuration::from_secs_f64_saturating(seconds).as_nanos(), nanos, "{seconds}");
        }
    }

    #[test]
    fn times_print_on_a_clock_face() {
        assert_eq!(SimTime::from_nanos(3_723_004_000_000).to_string(), "01:02:03.004");
        assert_eq!(SimTime::from_secs(360_000).to_string(), "100:00:00.000");
    }

    /// Goal: no arithmetic of time wraps, whatever a build checks beside it.
    #[test]
    fn time_that_does_not_fit_is_never_another_time() {
        use std::panic::catch_unwind;
        let (late, long) = (SimTime::from_nanos(u64::MAX), SimDuration::from_nanos(u64::MAX));
        let shortest = SimDuration::from_nanos(1);
        assert!(catch_unwind(|| late + shortest).is_err());
        assert!(catch_unwind(|| long + shortest).is_err());
        assert!(catch_unwind(|| shortest - long).is_err());
        assert!(catch_unwind(|| SimTime::ZERO.since(late)).is_err());
        assert!(catch_unwind(|| SimTime::from_secs(u64::MAX)).is_err());
        assert!(catch_unwind(|| SimDuration::from_secs(u64::MAX)).is_err());
        assert!(catch_unwind(|| SimDuration::from_millis(u64::MAX)).is_err());
    }

    #[test]
    fn billed_time_rounds_up() {
        assert_eq!(SimDuration::from_nanos(1).as_millis_ceil(), 1);
        assert_eq!(SimDuration::from_millis(7).as_millis_ceil(), 7);
    }
}
