//! Text with units, exactly: durations, rates, sizes, decimal numbers.
//!
//! No floating point on the way: decimal text becomes integers, and what does not fit is an error with the remedy.

use crate::time::{NANOS_PER_SECOND, SimDuration};
use jiff::SignedDuration;

/// The highest rate that a scenario may name, in events per second.
pub const MAX_RATE_PER_SECOND: u128 = 1_000_000_000;

/// What a duration looks like, for messages.
pub const DURATION_EXAMPLES: &str = "`\"250ms\"`, `\"90s\"`, `\"1h30m\"` or `\"PT6H\"`";

/// The duration that `text` names: `250ms`, `1.5s`, `1h30m`, `PT6H`.
///
/// # Errors
/// A message and a remedy.
pub fn duration(text: &str) -> Result<SimDuration, (String, String)> {
    let has_unit = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let nanos = if has_unit && looks_like_a_duration(text) { parsed(text) } else { None };
    let short = nanos.filter(|nanos| *nanos <= SimDuration::MAX.as_nanos());
    short.map(SimDuration::from_nanos).ok_or_else(|| no_duration(text))
}

/// The nanoseconds that jiff reads, `u64::MAX` for more than that.
fn parsed(text: &str) -> Option<u64> {
    let span: SignedDuration = text.parse().ok()?;
    Some(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
}

/// Why `text` is none.
fn no_duration(text: &str) -> (String, String) {
    let shown = super::problem::quoted(text);
    if let Some(number) = plain_number(text) {
        let hint = format!("write `\"{number}s\"` (or `\"{number}ms\"`)");
        return (format!("{shown} has no unit"), hint);
    }
    if text.trim_start().starts_with('-') {
        return (format!("{shown} is negative"), "write a duration of zero or more".to_owned());
    }
    if looks_like_a_duration(text) && (has_huge_number(text) || parsed(text).is_some()) {
        return (format!("{shown} is longer than 100 years"), "write a shorter duration".to_owned());
    }
    let remedy = format!("write e.g. {DURATION_EXAMPLES}; the units are h, m, s, ms, us and ns");
    (format!("{shown} is not a duration"), remedy)
}

/// Our own narrowing of what jiff reads: no spaces, no words, no `ago`, no clock faces; the schema's pattern says
/// the same.
fn looks_like_a_duration(text: &str) -> bool {
    let iso = text.starts_with('P') && text.bytes().all(|b| b.is_ascii_digit() || b"PTHMS.".contains(&b));
    let friendly = text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || b"hmsun.".contains(&b));
    iso || friendly
}

fn has_huge_number(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > 15)
}

fn plain_number(text: &str) -> Option<&str> {
    let number = text.trim();
    let digits = |b: u8| b.is_ascii_digit() || b == b'.';
    (!number.is_empty() && number.bytes().all(digits)).then_some(number)
}

/// A rate of events: an exact decimal count per second, minute or hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Events per unit in billionths.
    nano_events: u128,
    /// The length of the unit in seconds.
    unit_seconds: u64,
}

impl Rate {
    /// Events per second.
    #[expect(clippy::cast_precision_loss, reason = "rates are real numbers for the model")]
    pub fn per_second(self) -> f64 {
        self.nano_events as f64 / (self.unit_seconds as f64 * 1e9)
    }

    /// Whether nothing ever happens.
    pub const fn is_zero(self) -> bool {
        self.nano_events == 0
    }

    /// The time between two events, to the nearest nanosecond; `None` for a rate of zero or below one event in 100
    /// years.
    pub fn interval(self) -> Option<SimDuration> {
        if self.is_zero() {
            return None;
        }
        let nano_nanos = u128::from(self.unit_seconds) * u128::from(NANOS_PER_SECOND) * 1_000_000_000;
        let nanos = (nano_nanos + self.nano_events / 2) / self.nano_events;
        u64::try_from(nanos)
            .ok()
            .filter(|nanos| (1..=SimDuration::MAX.as_nanos()).contains(nanos))
            .map(SimDuration::from_nanos)
    }
}

/// The rate that `text` names: `20/s`, `5/min`, `7/h`, `0.5/s`.
///
/// # Errors
/// A message and a remedy.
pub fn rate(text: &str) -> Result<Rate, (String, String)> {
    let shown = || super::problem::quoted(text);
    let remedy = || "write e.g. `\"20/s\"`, `\"5/min\"` or `\"7/h\"`".to_owned();
    let Some((count, unit)) = text.split_once('/') else {
        return Err((format!("{} is not a rate", shown()), remedy()));
    };
    let unit_seconds = match unit {
        "s" => 1,
        "min" | "m" => 60,
        "h" => 3_600,
        _ => {
            return Err((
                format!("{} is not a unit of time for rates", super::problem::quoted(unit)),
                remedy(),
            ));
        }
    };
    let plain = plain_number(count).is_some_and(|number| number == count);
    let Some(nano_events) = plain.then(|| decimal(count, 9)).flatten() else {
        return Err((format!("{} is not a rate", shown()), remedy()));
    };
    if nano_events > MAX_RATE_PER_SECOND * 1_000_000_000 * u128::from(unit_seconds) {
        return Err((format!("{} is more than {MAX_RATE_PER_SECOND} events per second", shown()), remedy()));
    }
    Ok(Rate { nano_events, unit_seconds })
}

const SIZE_UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("KB", 1_000),
    ("B", 1),
];

/// The bytes that `text` names: `200B`, `256KiB`, `1MB`.
///
/// # Errors
/// A message and a remedy.
pub fn size(text: &str) -> Result<u64, (String, String)> {
    let shown = || super::problem::quoted(text);
    if let Some(number) = plain_number(text) {
        return Err((
            format!("{} has no unit", shown()),
            format!("write `\"{number}B\"` (or `\"{number}KiB\"`)"),
        ));
    }
    let remedy = "write e.g. `\"200B\"`, `\"256KiB\"` or `\"1MB\"`; the units are B, KB, MB, GB, TB, KiB, MiB, GiB and TiB";
    let wrong = || (format!("{} is not a size", shown()), remedy.to_owned());
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (_, bytes) = SIZE_UNITS.iter().find(|(unit, _)| *unit == &text[digits.len()..]).ok_or_else(wrong)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let count: u64 = digits.parse().map_err(|_| (format!("{} is too large", shown()), remedy.to_owned()))?;
    count.checked_mul(*bytes).ok_or_else(|| (format!("{} is too large", shown()), remedy.to_owned()))
}

/// A size as a person writes it; parsing the text gives the same number back.
pub fn size_text(bytes: u64) -> String {
    let (unit, factor) =
        SIZE_UNITS.iter().find(|(_, factor)| bytes > 0 && bytes.is_multiple_of(*factor)).unwrap_or(&("B", 1));
    format!("{}{unit}", bytes / factor)
}

/// The highest price, in pico-dollars: a million dollars.
const HIGHEST_PRICE: u128 = 1_000_000_000_000_000_000;
const PRICE_PLACES: usize = 12;

/// The pico-dollars that `text` names: `$0.20`, `$0.0000166667`. Exact: more than twelve places are refused.
///
/// # Errors
/// A message and a remedy.
pub fn price(text: &str) -> Result<u64, (String, String)> {
    let shown = || super::problem::quoted(text);
    let remedy = || "write e.g. `\"$0.20\"`, with at most 12 places".to_owned();
    let wrong = || (format!("{} is not a price in US dollars", shown()), remedy());
    let digits = text.strip_prefix('$').ok_or_else(wrong)?;
    let places = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if places > PRICE_PLACES || digits.contains(['e', 'E']) {
        return Err(wrong());
    }
    let pico = decimal(digits, 12).ok_or_else(wrong)?;
    let price = u64::try_from(pico).ok().filter(|_| pico <= HIGHEST_PRICE);
    price.ok_or_else(|| (format!("{} is more than $1000000", shown()), remedy()))
}

/// A price as a person writes it, with two places at least; parsing the text gives the same number back.
pub fn price_text(pico: u64) -> String {
    let (whole, fraction) = (pico / 1_000_000_000_000, pico % 1_000_000_000_000);
    let digits = format!("{fraction:012}");
    let places = digits.trim_end_matches('0').len().max(2);
    format!("${whole}.{}", &digits[..places])
}

/// Decimal text times ten to the power of `scale`, rounded half up: `decimal("1.25", 3)` is 1250. Exponents are
/// read (`5.2e-05`); signs, spaces and everything else are not. `None` if it is no such number or is too large.
pub fn decimal(text: &str, scale: i32) -> Option<u128> {
    const LONGEST: usize = 400;
    if text.len() > LONGEST {
        return None;
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || mantissa.ends_with('.') {
        return None;
    }
    shift(&[whole, fraction].concat(), scale + i32::from(exponent) - i32::try_from(fraction.len()).ok()?)
}

/// The digits times ten to the power of `places`, rounded half up.
fn shift(digits: &str, places: i32) -> Option<u128> {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    if places >= 0 {
        let factor = 10u128.checked_pow(places.unsigned_abs())?;
        return digits.parse::<u128>().ok()?.checked_mul(factor);
    }
    let kept = digits.len().checked_sub(usize::try_from(places.unsigned_abs()).ok()?);
    let Some(kept) = kept else { return Some(0) };
    let round_up = digits.as_bytes()[kept] >= b'5';
    let whole: u128 = if kept == 0 { 0 } else { digits[..kept].parse().ok()? };
    whole.checked_add(u128::from(round_up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_to_the_nanosecond() {
        let cases = [
            ("0s", 0),
            ("250ms", 250_000_000),
            ("8.2s", 8_200_000_000),
            ("1h30m", 5_400_000_000_000),
            ("PT6H", 21_600_000_000_000),
            ("1h0.000000001s", 3_600_000_000_001),
            ("5us", 5_000),
            ("3ns", 3),
            ("0.1s", 100_000_000),
        ];
        for (text, nanos) in cases {
            let read = duration(text).expect(text);
            assert_eq!(read.as_nanos(), nanos, "{text}");
            assert_eq!(duration(&read.to_string()), Ok(read), "{text} survives printing");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_remedy() {
        let cases = [
            ("90", "has no unit"),
            ("1.5", "has no unit"),
            ("-5s", "negative"),
            ("5 s", "not a duration"),
            ("5s ago", "not a duration"),
            ("01:30:00", "not a duration"),
            ("", "not a duration"),
            ("soon", "not a duration"),
            ("1d", "not a duration"),
            ("s", "not a duration"),
            ("1e3s", "not a duration"),
            ("1000000h", "longer than 100 years"),
            ("99999999999999999999999h", "longer than 100 years"),
        ];
        for (text, expected) in cases {
            let (message, _) = duration(text).expect_err(text);
            assert!(message.contains(expected), "{text}: {message}");
        }
        assert_eq!(duration("90").expect_err("no unit").1, "write `\"90s\"` (or `\"90ms\"`)");
    }

    #[test]
    fn rates_know_their_interval() {
        let cases = [
            ("20/s", 50_000_000),
            ("5/min", 12_000_000_000),
            ("7/h", 514_285_714_286),
            ("0.5/s", 2_000_000_000),
            ("1000000000/s", 1),
        ];
        for (text, nanos) in cases {
            assert_eq!(rate(text).expect(text).interval().expect(text).as_nanos(), nanos, "{text}");
        }
        assert!(rate("0/s").expect("zero is a rate").interval().is_none());
        for text in ["20", "20/d", "-1/s", "x/s", "/s", "1e3/s", " 1/s", "1000000001/s"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_whole_bytes() {
        let cases = [("200B", 200), ("256KiB", 262_144), ("1MB", 1_000_000), ("1MiB", 1_048_576), ("0B", 0)];
        for (text, bytes) in cases {
            assert_eq!(size(text), Ok(bytes), "{text}");
            assert_eq!(size(&size_text(bytes)), Ok(bytes), "{text} survives printing");
        }
        for text in ["200", "1.5KB", "1 KB", "KB", "-1B", "99999999999TB", "1kb", "9é"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn decimal_text_is_scaled_exactly_and_rounded_half_up() {
        let cases = [
            ("0", 9, Some(0)),
            ("1.25", 3, Some(1_250)),
            ("57.15786004066467", 9, Some(57_157_860_041)),
            ("0.0000000005", 9, Some(1)),
            ("0.0000000004", 9, Some(0)),
            ("5.2e-05", 9, Some(52_000)),
            ("1e3", 0, Some(1_000)),
            ("1e999", 9, None),
            ("1e-999", 9, Some(0)),
            ("", 9, None),
            ("-1", 9, None),
            ("+1", 9, None),
            ("nan", 9, None),
            ("inf", 9, None),
            ("1.", 9, None),
            (".5", 9, None),
            ("1,5", 9, None),
        ];
        for (text, scale, expected) in cases {
            assert_eq!(decimal(text, scale), expected, "{text}");
        }
    }

    #[test]
    fn prices_are_exact_and_come_back_as_they_were() {
        let cases = [
            ("$0.20", 200_000_000_000, "$0.20"),
            ("$0.0000166667", 16_666_700, "$0.0000166667"),
            ("$5", 5_000_000_000_000, "$5.00"),
            ("$0", 0, "$0.00"),
            ("$1000000", 1_000_000_000_000_000_000, "$1000000.00"),
        ];
        for (text, pico, canonical) in cases {
            assert_eq!(price(text).expect(text), pico);
            assert_eq!(price_text(pico), canonical);
            assert_eq!(price(canonical).expect(canonical), pico);
        }
        for text in ["0.20", "$", "$-1", "$1e3", "$0.0000000000001", "$1000001", "USD 1", "$1,000"] {
            assert!(price(text).is_err(), "{text}");
        }
    }
}
