//! Decimal numbers with a fixed number of places: the one way in which a number that is not an integer is written.
//!
//! Everything is counted in integers; the one division happens here, rounded half up, so that the same run writes the
//! same digits on every platform.

use std::fmt;

use serde::{Serialize, Serializer, ser::Error};
use serde_json::value::RawValue;

/// A non-negative decimal number: `units` × 10^−`places`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal {
    units: u128,
    places: u8,
}

impl Decimal {
    /// The number `units` × 10^−`places`.
    pub const fn new(units: u128, places: u8) -> Self {
        Self { units, places }
    }

    /// `numerator / denominator` to `places` places, half up; `None` when the denominator is zero.
    pub fn ratio(numerator: u128, denominator: u128, places: u8) -> Option<Self> {
        (denominator > 0).then(|| Self {
            units: divide_half_up(numerator * 10_u128.pow(u32::from(places)), denominator),
            places,
        })
    }

    /// The digits without their point.
    pub const fn units(self) -> u128 {
        self.units
    }

    /// How many digits stand behind the point.
    pub const fn places(self) -> u8 {
        self.places
    }

    /// The number as statistics take it: the nearest real one, or one beside it.
    #[expect(clippy::cast_precision_loss, reason = "a real number is what is wanted")]
    pub fn as_f64(self) -> f64 {
        self.units as f64 / 10_u128.pow(u32::from(self.places)) as f64
    }

    /// The number that `text` writes as [`Decimal`] does: digits, and perhaps a point with digits behind it.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(rest) || text.ends_with('.') {
            return None;
        }
        let units = format!("{whole}{rest}").parse().ok()?;
        let places = u8::try_from(rest.len()).ok().filter(|places| *places <= MOST_PLACES)?;
        Some(Self { units, places })
    }

    /// Nanoseconds as milliseconds with three places.
    pub fn millis(nanos: u128) -> Self {
        Self::new(divide_half_up(nanos, 1_000), 3)
    }

    /// The same number with fewer `places`, half up.
    #[must_use]
    pub fn round(self, places: u8) -> Self {
        assert!(places <= self.places, "rounding never invents digits");
        let scale = 10_u128.pow(u32::from(self.places - places));
        Self::new(divide_half_up(self.units, scale), places)
    }
}

/// The highest power of ten that 128 bits hold.
const MOST_PLACES: u8 = 38;

/// `numerator / denominator` as an integer, half up.
///
/// # Panics
/// When `denominator` is zero.
pub const fn divide_half_up(numerator: u128, denominator: u128) -> u128 {
    (numerator + denominator / 2) / denominator
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10_u128.pow(u32::from(self.places));
        let (whole, rest) = (self.units / scale, self.units % scale);
        match usize::from(self.places) {
            0 => write!(out, "{whole}"),
            places => write!(out, "{whole}.{rest:0places$}"),
        }
    }
}

/// A JSON number with all its places, trailing zeros included.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_round_half_up_and_keep_their_places() {
        let cases = [
            (1, 3, 3, "0.333"),
            (2, 3, 3, "0.667"),
            (1, 2, 0, "1"),
            (1, 8, 2, "0.13"),
            (0, 7, 2, "0.00"),
            (7, 1, 3, "7.000"),
        ];
        for (numerator, denominator, places, expected) in cases {
            let ratio = Decimal::ratio(numerator, denominator, places).unwrap();
            assert_eq!(ratio.to_string(), expected);
        }
        assert_eq!(Decimal::ratio(1, 0, 3), None);
    }

    #[test]
    fn milliseconds_have_three_places() {
        assert_eq!(Decimal::millis(30_000_000).to_string(), "30.000");
        assert_eq!(Decimal::millis(1_499).to_string(), "0.001");
        assert_eq!(Decimal::millis(1_500).to_string(), "0.002");
    }

    #[test]
    fn what_is_written_can_be_read() {
        for text in ["0", "17", "0.000001225001", "1.500", "340282366920938463463374607431768211455"] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), text);
        }
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "340282366920938463463374607431768211456"]
        {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        // As many places as a power of ten of 128 bits has zeros.
        for (places, is_read) in [(38, true), (39, false), (128, false), (256, false)] {
            let text = format!("0.{}1", "0".repeat(places - 1));
            assert_eq!(Decimal::parse(&text).map(|value| value.to_string()), is_read.then_some(text));
        }
    }

    #[test]
    fn json_gets_a_number_with_all_its_places() {
        assert_eq!(serde_json::to_string(&Decimal::new(1_500, 3)).unwrap(), "1.500");
    }

    #[test]
    fn real_numbers_are_those_meant() {
        let cases = [(0, 0, 0.0), (125, 2, 1.25), (1_000_000, 9, 0.001)];
        for (units, places, expected) in cases {
            assert_eq!(Decimal::new(units, places).as_f64().to_bits(), f64::to_bits(expected));
        }
    }

    #[test]
    fn rounding_keeps_fewer_places() {
        assert_eq!(Decimal::new(1_235, 3).round(2).to_string(), "1.24");
    }
}
