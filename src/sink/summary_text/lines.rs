//! The lines of the summary: a label, and what there is to say.

use super::phrases::{count_of, dash, events, instant, listed, sum};
use super::{money, unseen};
use crate::model::observation::Start;
use crate::observe::decimal::Decimal;
use crate::observe::generations::RedriveReport;
use crate::observe::offers::Duplicates;
use crate::observe::summary::{ChangeReport, Counts, Spread, SummaryReport};
use crate::scenario::{Account, Function, Scenario};
use crate::text::number::{counted, duration, grouped, percent};
use std::fmt::Write as _;

/// What is always said, and what only some runs have, in the order in which it is read.
pub(super) fn lines(report: &SummaryReport, scenario: &Scenario) -> Vec<(&'static str, String)> {
    let counts = &report.counts;
    let all = [
        ("Changes", (!report.changes.is_empty()).then(|| changes(report))),
        ("Lost", Some(lost(counts))),
        ("Redriven", report.redrives.as_ref().map(redriven)),
        ("Unseen", unseen::unseen(counts)),
        ("Duplicates", (counts.duplicates.delivered > 0).then(|| duplicates(counts))),
        ("Offers", (sum(&counts.offers.refused) > 0).then(|| offers(counts))),
        ("Attempts", Some(attempts(counts))),
        ("Succeeded", Some(succeeded(counts))),
        ("Errors", Some(errors(counts))),
        ("Throttles", Some(throttles(counts))),
        ("Environments", Some(environments(counts))),
        ("Event age", Some(spread(counts.event_age.as_ref(), "at each attempt"))),
        ("Settled", Some(spread(counts.sojourn.as_ref(), "after acceptance"))),
        ("Waiting", Some(waiting(counts))),
        ("Concurrency", Some(concurrency(counts, scenario))),
        ("Sync calls", (counts.sync_calls.made > 0).then(|| sync_calls(counts))),
        ("Cost", Some(money::cost(counts))),
        ("Rate", money::rate(counts)),
        ("Ledger", Some(ledger(counts))),
        ("Fingerprint", Some(fingerprint(report))),
    ];
    all.into_iter().filter_map(|(label, line)| Some((label, line?))).collect()
}

fn redriven(report: &RedriveReport) -> String {
    let originals = &report.originals;
    let expired = match report.expired {
        0 => String::new(),
        n => format!(", {} expired", grouped(n)),
    };
    let in_flight = match originals.in_flight {
        0 => String::new(),
        n => format!(" + {} in flight", grouped(n)),
    };
    format!(
        "{} of {} messages sent again{expired}, {} left; {} originals = {} succeeded + {} recovered + {} still held + {} lost{in_flight}{}",
        grouped(report.sent_again),
        grouped(report.stored),
        grouped(report.waiting),
        grouped(originals.accepted),
        grouped(originals.succeeded),
        grouped(originals.recovered),
        grouped(originals.held),
        grouped(originals.lost),
        if report.holds { "" } else { " -- THE BOOKS DO NOT BALANCE: this is a bug" },
    )
}

fn changes(report: &SummaryReport) -> String {
    let change = |change: &ChangeReport| {
        let when = instant(Some(change.effective_ns));
        let unseen = if change.took_effect { "" } else { ", after the last event" };
        let because =
            if change.because.is_empty() { String::new() } else { format!(" ({})", change.because) };
        format!("at {when}{unseen} {}{because}", change.settings.join(", "))
    };
    report.changes.iter().map(change).collect::<Vec<_>>().join("; ")
}

fn lost(counts: &Counts) -> String {
    let lost = &counts.lost;
    if lost.total == 0 {
        return "none: each event succeeded, is kept by a route, or is still on its way".to_owned();
    }
    let reasons = [
        (lost.without_route, "without a route for the failure"),
        (lost.by_failed_delivery, "because the delivery failed"),
        (count_of(&lost.by_fate, "vanished"), "vanished from the queue"),
    ];
    let occurred =
        |(count, reason): &(u64, &str)| (*count > 0).then(|| format!("{} {reason}", grouped(*count)));
    format!(
        "{} ({} of the accepted): {}; the first at {}",
        events(lost.total),
        percent(lost.total, counts.accepted),
        reasons.iter().filter_map(occurred).collect::<Vec<_>>().join(", "),
        instant(lost.first_ns),
    )
}

fn attempts(counts: &Counts) -> String {
    let ratio = |value: Option<Decimal>| value.map_or_else(dash, |value| value.to_string());
    let client_errors = match counts.client_errors {
        0 => String::new(),
        n => format!(" + {} client errors", grouped(n)),
    };
    format!(
        "{} = {} runs + {} throttled + {} system errors{client_errors}; per event {} attempts, {} runs",
        grouped(counts.attempts),
        grouped(counts.runs),
        grouped(sum(&counts.throttles)),
        grouped(counts.system_errors),
        ratio(counts.amplification.attempts_per_event),
        ratio(counts.amplification.runs_per_event),
    )
}

fn succeeded(counts: &Counts) -> String {
    format!(
        "{} at once, {} after back-off only, {} after a failed run",
        grouped(counts.succeeded.on_first_try),
        grouped(counts.succeeded.after_backoff),
        grouped(counts.succeeded.after_retry),
    )
}

fn errors(counts: &Counts) -> String {
    let failed = format!(
        "{} of {} runs failed{}",
        grouped(sum(&counts.function_errors)),
        grouped(counts.runs),
        listed(&counts.function_errors),
    );
    match counts.caught_errors {
        0 => failed,
        n => format!("{failed}; {} more whose error the handler caught", grouped(n)),
    }
}

fn throttles(counts: &Counts) -> String {
    format!("{} attempts{}", grouped(sum(&counts.throttles)), listed(&counts.throttles))
}

/// How runs started; nothing where no start took any time.
fn environments(counts: &Counts) -> String {
    let starts = |kind: Start| count_of(&counts.starts, kind.name());
    let cold = starts(Start::Cold);
    let mut text = counted(cold, "cold start");
    if counts.init_ns > 0 {
        let _ = write!(text, " ({} of init in all)", duration(counts.init_ns));
    }
    for (kind, words) in [
        (Start::Provisioned, "on provisioned concurrency"),
        (Start::SuppressedInit, "initialised again after a crash or timeout"),
    ] {
        if starts(kind) > 0 {
            let _ = write!(text, ", {} {words}", grouped(starts(kind)));
        }
    }
    let _ = write!(text, ", {} warm", grouped(starts(Start::Warm)));
    text
}

fn spread(spread: Option<&Spread>, what: &str) -> String {
    let Some(spread) = spread else { return dash() };
    format!(
        "p50 {}, p90 {}, p99 {}, max {} {what}",
        duration(spread.p50_ns),
        duration(spread.p90_ns),
        duration(spread.p99_ns),
        duration(spread.max_ns),
    )
}

fn waiting(counts: &Counts) -> String {
    let backlog = &counts.backlog;
    let drained = match (backlog.drain_ns, backlog.waiting_at_end) {
        (Some(drain), _) => format!("all settled {} after the last arrival", duration(drain)),
        (None, waiting) => format!("{} waiting at the end", grouped(waiting)),
    };
    format!("at most {} at once, at {}; {drained}", events(backlog.peak.maximum), instant(backlog.peak.at_ns))
}

fn concurrency(counts: &Counts, scenario: &Scenario) -> String {
    let limit = |account: &Account, functions: &[Function]| match functions {
        [Function { reserved: Some(reserved), .. }] => format!("reserved {}", grouped(u64::from(*reserved))),
        _ => format!("account limit {}", grouped(account.concurrency.into())),
    };
    let mut limits = vec![limit(&scenario.account, &scenario.functions)];
    limits.extend(scenario.changes.iter().map(|change| limit(&change.account, &change.functions)));
    limits.dedup();
    let limit = limits.join(", then ");
    format!(
        "at most {} running at once ({limit}), first at {}",
        grouped(counts.concurrency.maximum),
        instant(counts.concurrency.at_ns),
    )
}

fn offers(counts: &Counts) -> String {
    let offers = &counts.offers;
    let refused = grouped(sum(&offers.refused));
    let mut text = format!(
        "{refused} refused{}; {} accepted later, {} never accepted",
        listed(&offers.refused),
        events(offers.accepted_later),
        grouped(offers.never_accepted),
    );
    if offers.being_offered > 0 {
        let _ = write!(text, ", {} still being offered", grouped(offers.being_offered));
    }
    if let Some(first) = offers.first_given_up_ns {
        let _ = write!(text, "; the first caller gave up at {}", instant(Some(first)));
    }
    text
}

fn duplicates(counts: &Counts) -> String {
    let Duplicates { delivered, runs } = counts.duplicates;
    format!(
        "{} delivered twice: {} more runs, in no count of events and attempts",
        events(delivered),
        grouped(runs)
    )
}

fn sync_calls(counts: &Counts) -> String {
    let calls = &counts.sync_calls;
    let retried = match calls.retried {
        0 => String::new(),
        n => format!(" and {} refused ones made again", grouped(n)),
    };
    let client_errors = match calls.client_errors {
        0 => String::new(),
        n => format!(", {} client errors", grouped(n)),
    };
    format!(
        "{} made{retried}: {} answered, {} failed, {} throttled, {} system errors{client_errors}",
        grouped(calls.made),
        grouped(calls.succeeded),
        grouped(calls.failed),
        grouped(calls.throttled),
        grouped(calls.system_errors),
    )
}

fn ledger(counts: &Counts) -> String {
    let books = &counts.conservation;
    format!(
        "{} accepted = {} settled + {} in flight{}",
        grouped(books.accepted),
        grouped(books.settled),
        grouped(books.in_flight),
        if books.holds { "" } else { " -- THE BOOKS DO NOT BALANCE: this is a bug" },
    )
}

fn fingerprint(report: &SummaryReport) -> String {
    format!(
        "{} (seed {}, profile {}, {} at {})",
        report.fingerprint,
        report.seed,
        report.profile,
        report.end,
        instant(Some(report.ended_ns)),
    )
}
