//! Numbers of the summary, as a person reads them.

use serde_json::Value as Json;

use crate::observe::decimal::Decimal;
use crate::text::number::{dollars, duration, grouped, percent};
use crate::time::SimTime;

/// What stands where there is no number.
pub(super) const NONE: &str = "–";

/// The count at `pointer`; zero if there is none.
pub(super) fn count(summary: &Json, pointer: &str) -> u64 {
    summary.pointer(pointer).and_then(Json::as_u64).unwrap_or(0)
}

/// The text at `pointer`; empty if there is none.
pub(super) fn text<'j>(summary: &'j Json, pointer: &str) -> &'j str {
    summary.pointer(pointer).and_then(Json::as_str).unwrap_or("")
}

/// The elements at `pointer`; none if there is no list.
pub(super) fn list<'j>(summary: &'j Json, pointer: &str) -> &'j [Json] {
    summary.pointer(pointer).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// The counts by name at `pointer`, in their order.
pub(super) fn named<'j>(summary: &'j Json, pointer: &str) -> impl Iterator<Item = (&'j str, u64)> {
    let object = summary.pointer(pointer).and_then(Json::as_object);
    object.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_u64().unwrap_or(0)))
}

/// The sum of the counts by name.
pub(super) fn sum(summary: &Json, pointer: &str) -> u64 {
    named(summary, pointer).map(|(_, count)| count).sum()
}

pub(super) fn counted(summary: &Json, pointer: &str) -> String {
    grouped(count(summary, pointer))
}

pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 { NONE.to_owned() } else { percent(part, whole) }
}

/// A span of time of so many nanoseconds.
pub(super) fn span(summary: &Json, pointer: &str) -> String {
    summary.pointer(pointer).and_then(Json::as_u64).map_or_else(|| NONE.to_owned(), duration)
}

/// A moment of virtual time.
pub(super) fn moment(summary: &Json, pointer: &str) -> String {
    let nanos = summary.pointer(pointer).and_then(Json::as_u64);
    nanos.map_or_else(|| NONE.to_owned(), |nanos| SimTime::from_nanos(nanos).to_string())
}

/// An amount of US dollars.
pub(super) fn money(summary: &Json, pointer: &str) -> String {
    amount(summary, pointer).map_or_else(|| NONE.to_owned(), dollars)
}

/// Whether there is an amount, and more than nothing.
pub(super) fn costs(summary: &Json, pointer: &str) -> bool {
    amount(summary, pointer).is_some_and(|amount| amount.units() > 0)
}

/// Amounts have twelve places, and so many that are exact in a double.
fn amount(summary: &Json, pointer: &str) -> Option<Decimal> {
    Decimal::parse(&format!("{:.12}", summary.pointer(pointer)?.as_f64()?))
}

/// A ratio as the summary has it.
pub(super) fn ratio(summary: &Json, pointer: &str) -> String {
    let ratio = summary.pointer(pointer).and_then(Json::as_f64);
    ratio.map_or_else(|| NONE.to_owned(), |ratio| format!("{ratio:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_found_and_what_is_missing_is_a_dash() {
        let summary = json!({ "accepted": 12_345, "cost_usd": { "total": 0.001_101_205_336, "retries": 8.0e-5 },
            "event_age": { "p99_ns": 67_259_089_940_u64 }, "backlog": { "drain_ns": null } });
        assert_eq!(counted(&summary, "/accepted"), "12,345");
        assert_eq!(money(&summary, "/cost_usd/total"), "$0.0011");
        assert_eq!(money(&summary, "/cost_usd/retries"), "$0.000080");
        assert_eq!(span(&summary, "/event_age/p99_ns"), "1m 07s");
        assert_eq!(span(&summary, "/backlog/drain_ns"), NONE);
        assert_eq!(money(&summary, "/cost_usd/nothing"), NONE);
        assert_eq!((count(&summary, "/no/such"), share(1, 0)), (0, NONE.to_owned()));
    }
}
