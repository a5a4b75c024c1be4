//! Numbers for people: counts, shares, spans of time, sizes, amounts of money.
//!
//! Rounded, and never so that a few become none or nearly all become all. The exact numbers are in the files.

use crate::observe::decimal::{Decimal, divide_half_up};
use crate::time::{NANOS_PER_MICRO, NANOS_PER_MILLI, NANOS_PER_SECOND};

/// `12,345,678`
pub fn grouped(count: u64) -> String {
    with_commas(&count.to_string())
}

/// A number that is written already, with commas between the thousands before its point: `12,345.678` of `12345.678`.
pub fn with_commas(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut text = String::with_capacity(number.len() + whole.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

/// `3 runs`, `1 run`, `12,000 runs`.
pub fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// `99.88%`; what is not all of it never reads `100.00%`, what is not nothing never `0.00%`; `-` of nothing at all.
pub fn percent(part: u64, whole: u64) -> String {
    let Some(share) = Decimal::ratio(u128::from(part) * 100, whole.into(), 2) else {
        return "-".to_owned();
    };
    let (nothing, all) = (Decimal::new(0, 2), Decimal::new(10_000, 2));
    if share == nothing && part > 0 {
        "<0.01%".to_owned()
    } else if share == all && part < whole {
        ">99.99%".to_owned()
    } else {
        format!("{share}%")
    }
}

/// About three significant figures, with the unit: `412.0 ms`, `12.3 s`, `12m 05s`, `1h 05m 30s`.
pub fn duration(nanos: u64) -> String {
    let tenths = |unit: u64| Decimal::new(divide_half_up(u128::from(nanos) * 10, unit.into()), 1);
    match nanos {
        0 => "0 s".to_owned(),
        1..NANOS_PER_MICRO => format!("{nanos} ns"),
        NANOS_PER_MICRO..NANOS_PER_MILLI => format!("{} us", tenths(NANOS_PER_MICRO)),
        NANOS_PER_MILLI..NANOS_PER_SECOND => format!("{} ms", tenths(NANOS_PER_MILLI)),
        _ if nanos < 60 * NANOS_PER_SECOND => format!("{} s", tenths(NANOS_PER_SECOND)),
        _ => minutes_and_hours(divide_half_up(nanos.into(), NANOS_PER_SECOND.into())),
    }
}

fn minutes_and_hours(seconds: u128) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}h {minutes:02}m {seconds:02}s")
    } else {
        format!("{minutes}m {seconds:02}s")
    }
}

/// A size as a person says it: two or three digits and a unit.
pub fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = UNITS.iter().find(|(size, _)| bytes >= *size);
    let Some((size, name)) = unit else { return format!("{bytes} B") };
    let tenths = u128::from(bytes) * 10 / u128::from(*size);
    if tenths < 100 {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    } else {
        format!("{} {name}", tenths / 10)
    }
}

/// An amount as a person reads it: `$1.84`, `$0.0023`, `$12,400`. Cents from a dollar on, three significant figures
/// from a thousand on, two below a dollar.
pub fn dollars(cost: Decimal) -> String {
    const DOLLAR: u128 = 1_000_000_000_000;
    const CENT: u128 = DOLLAR / 100;
    let pico = cost.units();
    let rounded = |unit: u128| divide_half_up(pico, unit) * unit;
    if pico == 0 {
        return "$0".to_owned();
    }
    // The unit of the last significant figure.
    let unit = |amount: u128, figures: u32| 10_u128.pow((amount.ilog10() + 1).saturating_sub(figures));
    if rounded(CENT) >= 1_000 * DOLLAR {
        let whole = u64::try_from(rounded(unit(pico, 3).max(DOLLAR)) / DOLLAR).expect("nobody has as much");
        return format!("${}", grouped(whole));
    }
    let amount = if pico >= DOLLAR { rounded(CENT) } else { rounded(unit(pico, 2)) };
    let last = if amount >= DOLLAR { CENT } else { unit(amount, 2).min(CENT) };
    let places = u8::try_from(12 - last.ilog10()).expect("twelve at most");
    format!("${}", Decimal::new(amount, 12).round(places))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_commas_and_nouns_their_number() {
        let counts = [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")];
        for (count, expected) in counts {
            assert_eq!(grouped(count), expected);
        }
        assert_eq!(with_commas("1234567.8901"), "1,234,567.8901");
        assert_eq!(with_commas("0.5"), "0.5");
        assert_eq!([0, 1, 1_000].map(|count| counted(count, "run")), ["0 runs", "1 run", "1,000 runs"]);
    }

    #[test]
    fn spans_have_about_three_figures() {
        let spans = [
            (0, "0 s"),
            (7, "7 ns"),
            (1_500, "1.5 us"),
            (30_000_000, "30.0 ms"),
            (12_340_000_000, "12.3 s"),
            (725_000_000_000, "12m 05s"),
            (3_930_000_000_000, "1h 05m 30s"),
        ];
        for (nanos, expected) in spans {
            assert_eq!(duration(nanos), expected);
        }
    }

    #[test]
    fn shares_never_round_away_the_last_event() {
        let cases = [
            (0, 10, "0.00%"),
            (10, 10, "100.00%"),
            (1, 3, "33.33%"),
            (1, 1_000_000, "<0.01%"),
            (999_999, 1_000_000, ">99.99%"),
            (0, 0, "-"),
        ];
        for (part, whole, expected) in cases {
            assert_eq!(percent(part, whole), expected);
        }
    }

    #[test]
    fn sizes_are_said_with_two_or_three_digits() {
        let cases = [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.0 KiB"),
            (10_240, "10 KiB"),
            (1_600_000, "1.5 MiB"),
            (24 << 30, "24 GiB"),
            (u64::MAX, "16777215 TiB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn amounts_can_be_read() {
        let cases = [
            ("0", "$0"),
            ("0.000000000001", "$0.000000000001"),
            ("0.000000408334", "$0.00000041"),
            ("0.0023", "$0.0023"),
            ("0.00234999", "$0.0023"),
            ("0.0996", "$0.10"),
            ("0.5", "$0.50"),
            ("0.996", "$1.00"),
            ("1.8449", "$1.84"),
            ("184.2", "$184.20"),
            ("999.994", "$999.99"),
            ("999.996", "$1,000"),
            ("1234.5", "$1,230"),
            ("12449", "$12,400"),
            ("1250000", "$1,250,000"),
        ];
        for (amount, expected) in cases {
            let pico = crate::scenario::units::decimal(amount, 12).unwrap();
            assert_eq!(dollars(Decimal::new(pico, 12)), expected, "{amount}");
        }
    }
}
