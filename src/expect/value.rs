//! Values with units: what an expectation compares with, exactly, and how a number is shown.

use crate::observe::decimal::Decimal;
use crate::scenario::problem::quoted;
use crate::scenario::units;
use crate::text::number::with_commas;
use crate::time::SimDuration;
use std::cmp::Ordering;

/// Digits enough for any number that is measured, and few enough to be scaled without loss.
const MOST_DIGITS: usize = 24;
const NANOS_PLACES_OF_MILLIS: u8 = 6;

/// The number that `text` names, in the `unit` of a metric; `share` says that it is an average of zeros and ones.
///
/// # Errors
/// A message and a remedy.
pub(super) fn value(text: &str, unit: &str, share: bool) -> Result<Decimal, (String, String)> {
    if text.starts_with(['-', '−']) {
        let message = format!("{} is negative, and nothing that is measured ever is", quoted(text));
        return Err((message, "write a value of zero or more".to_owned()));
    }
    match unit {
        "Nanoseconds" => nanoseconds(text),
        "Milliseconds" => number(text).map_or_else(|| milliseconds(text), Ok),
        "USD" => number(text.trim_start_matches('$').trim_end_matches("USD").trim_end())
            .ok_or_else(|| wrong(text, "an amount of US dollars", "`0.25`, `$0.25` or `0.25 USD`")),
        "Percent" => {
            number(text.trim_end_matches('%').trim_end()).ok_or_else(|| wrong(text, "a percentage", "`75%`"))
        }
        "None" => {
            number(text).or_else(|| percentage(text)).ok_or_else(|| wrong(text, "a share", "`0.75` or `75%`"))
        }
        _ => number(text).or_else(|| percentage(text).filter(|_| share)).ok_or_else(|| no_count(text, share)),
    }
}

fn no_count(text: &str, share: bool) -> (String, String) {
    match percentage(text) {
        Some(_) if !share => (
            format!("{} is a percentage, and the metric is a number of things", quoted(text)),
            "write a number, or ask for the `Average` of a CloudWatch metric, as in `Errors.Average < 1%`"
                .to_owned(),
        ),
        _ => wrong(text, "a number", if share { "`0.05` or `5%`" } else { "`0` or `1000`" }),
    }
}

fn wrong(text: &str, what: &str, examples: &str) -> (String, String) {
    (format!("{} is not {what}", quoted(text)), format!("write e.g. {examples}"))
}

fn nanoseconds(text: &str) -> Result<Decimal, (String, String)> {
    if Decimal::parse(text).is_some_and(|number| number.units() == 0) {
        return Ok(Decimal::new(0, 0));
    }
    units::duration(text).map(|span| Decimal::new(span.as_nanos().into(), 0))
}

/// The unit of what is measured in milliseconds stands in its name; it may be written all the same.
fn milliseconds(text: &str) -> Result<Decimal, (String, String)> {
    units::duration(text).map(|span| Decimal::new(span.as_nanos().into(), NANOS_PLACES_OF_MILLIS))
}

/// A plain number: digits, perhaps with `_` between them, and perhaps a fraction.
fn number(text: &str) -> Option<Decimal> {
    let bare: String = text.chars().filter(|c| *c != '_').collect();
    let sound = !text.starts_with('_') && !text.ends_with('_') && bare.len() <= MOST_DIGITS;
    sound.then(|| Decimal::parse(&bare)).flatten()
}

/// A percentage as a share of one.
fn percentage(text: &str) -> Option<Decimal> {
    let percent = number(text.strip_suffix('%')?.trim_end())?;
    Some(Decimal::new(percent.units(), percent.places() + 2))
}

/// How two numbers compare, whatever their places.
pub fn compare(a: Decimal, b: Decimal) -> Ordering {
    let places = a.places().max(b.places());
    let scaled =
        |number: Decimal| number.units().checked_mul(10_u128.checked_pow((places - number.places()).into())?);
    match (scaled(a), scaled(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        // What cannot be scaled is larger than what can: both are scaled to the same places.
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (None, None) => Ordering::Equal,
    }
}

/// A number with its unit, for people; all of its digits, but of a time only those that say something.
pub fn shown(number: Decimal, unit: &str) -> String {
    match unit {
        "Nanoseconds" => time(number),
        "Milliseconds" => format!("{} ms", grouped(number)),
        "USD" => format!("${}", without_zeros(number)),
        "Percent" => format!("{number}%"),
        _ => grouped(number),
    }
}

/// To the millisecond above a second, to the microsecond below.
fn time(number: Decimal) -> String {
    let exact = u64::try_from(number.round(0).units()).unwrap_or(u64::MAX);
    let step = if exact >= 1_000_000_000 { 1_000_000 } else { 1_000 };
    SimDuration::from_nanos((exact / step + u64::from(exact % step >= step / 2)) * step).to_string()
}

fn without_zeros(number: Decimal) -> String {
    let text = number.to_string();
    let Some((whole, fraction)) = text.split_once('.') else { return text };
    let kept = fraction.trim_end_matches('0').len().max(2).min(fraction.len());
    format!("{whole}.{}", &fraction[..kept])
}

/// With commas between thousands, and no zeros that say nothing.
fn grouped(number: Decimal) -> String {
    let text = with_commas(&number.to_string());
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole.to_owned(),
        Some(_) => text.trim_end_matches('0').to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_exactly_in_the_unit_of_their_metric() {
        let cases = [
            ("15m", "Nanoseconds", (900_000_000_000, 0)),
            ("1.5s", "Nanoseconds", (1_500_000_000, 0)),
            ("0", "Nanoseconds", (0, 0)),
            ("1500", "Milliseconds", (1_500, 0)),
            ("1.5s", "Milliseconds", (1_500_000_000, 6)),
            ("$0.20", "USD", (20, 2)),
            ("0.20 USD", "USD", (20, 2)),
            ("0.000000000001", "USD", (1, 12)),
            ("75%", "Percent", (75, 0)),
            ("75 %", "None", (75, 2)),
            ("0.75", "None", (75, 2)),
            ("1_000_000", "Count", (1_000_000, 0)),
            ("0.1%", "Count", (1, 3)),
        ];
        for (text, unit, (units, places)) in cases {
            assert_eq!(value(text, unit, true), Ok(Decimal::new(units, places)), "{text} {unit}");
        }
    }

    #[test]
    fn what_is_no_value_gets_a_remedy() {
        let cases = [
            ("60", "Nanoseconds", "write `\"60s\"`"),
            ("1 day", "Nanoseconds", "the units are"),
            ("-1", "Count", "zero or more"),
            ("5ms", "Count", "`1000`"),
            ("5%", "Count", "Errors.Average < 1%"),
            ("1,000", "Count", "`1000`"),
            ("1e3", "Count", "`1000`"),
            ("€1", "USD", "$0.25"),
            ("high", "Percent", "75%"),
            ("", "None", "75%"),
            ("1111111111111111111111111", "Count", "`1000`"),
        ];
        for (text, unit, remedy) in cases {
            let (_, hint) = value(text, unit, false).expect_err(text);
            assert!(hint.contains(remedy), "{text} {unit}: {hint}");
        }
    }

    #[test]
    fn numbers_with_other_places_compare_exactly() {
        let cases = [
            ((1, 0), (1_000, 3), Ordering::Equal),
            ((1, 1), (99, 3), Ordering::Greater),
            ((333_333_333, 9), (1, 0), Ordering::Less),
            ((u128::MAX, 0), (1, 38), Ordering::Greater),
            ((1, 38), (u128::MAX, 0), Ordering::Less),
        ];
        for ((a, a_places), (b, b_places), expected) in cases {
            assert_eq!(compare(Decimal::new(a, a_places), Decimal::new(b, b_places)), expected);
        }
    }

    #[test]
    fn numbers_are_shown_with_their_units() {
        let cases = [
            ((204_704_359_729, 0), "Nanoseconds", "3m24.704s"),
            ((30_000_400, 0), "Nanoseconds", "30ms"),
            ((0, 0), "Nanoseconds", "0s"),
            ((719_436, 0), "Milliseconds", "719,436 ms"),
            ((3_256_855_995, 12), "USD", "$0.003256855995"),
            ((3_000_000_000_000, 12), "USD", "$3.00"),
            ((1_234_567, 0), "Count", "1,234,567"),
            ((1_287, 3), "Count", "1.287"),
            ((755, 1), "Percent", "75.5%"),
        ];
        for ((units, places), unit, expected) in cases {
            assert_eq!(shown(Decimal::new(units, places), unit), expected);
        }
    }
}
