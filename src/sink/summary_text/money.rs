//! What a run cost, in lines.

use crate::observe::summary::Counts;
use crate::text::number::{dollars, duration, grouped};
use std::fmt::Write as _;

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
