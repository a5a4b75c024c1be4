//! Money for people.

use std::fmt::Write as _;

use super::{duration, grouped};
use crate::observe::decimal::{Decimal, divide_half_up};
use crate::observe::summary::Counts;

/// What the run cost, who caused it, and what that is in the long run.
pub(super) fn cost(counts: &Counts) -> String {
    let cost = &counts.cost_usd;
    let mut text = format!(
        "{} for this run = {} first runs + {} retries",
        dollars(cost.total),
        dollars(cost.first_runs),
        dollars(cost.retries)
    );
    let further = [
        (cost.sync_calls, "synchronous calls"),
        (cost.duplicates, "duplicates"),
        (cost.messages, "messages"),
        (cost.provisioned, "provisioned concurrency"),
    ];
    for (amount, what) in further.iter().filter(|(amount, _)| amount.units() > 0) {
        let _ = write!(text, " + {} {what}", dollars(*amount));
    }
    let what = if cost.duplicates.units() > 0 { "failed runs and duplicates" } else { "failed runs" };
    let _ = write!(text, "; {} of it wasted on {what}", dollars(cost.wasted));
    if cost.init.units() > 0 {
        let _ = write!(text, ", {} for cold starts", dollars(cost.init));
    }
    let _ = write!(text, " ({} ms billed in all)", grouped(counts.billed_ms.total));
    text
}

/// The same for a million events and for a month; nothing if neither can be told.
pub(super) fn rate(counts: &Counts) -> Option<String> {
    let cost = &counts.cost_usd;
    let million = cost.per_million_events.map(|cost| format!("{} per million events", dollars(cost)));
    let month = cost.per_month.zip(cost.rate_span_ns).map(|(cost, span)| {
        format!("{} a month at this rate (730 h, from {} of arrivals)", dollars(cost), duration(span))
    });
    let parts: Vec<String> = million.into_iter().chain(month).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
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
