//! The parts of the page.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::Results;
use super::figures::{
    NONE, costs, count, counted, list, moment, money as usd, named, ratio, share, span, sum, text,
};
use super::lives::{AttemptRow, LostLife, MOST_ATTEMPTS};
use super::page::visible;
use crate::scenario::shape::Setting;
use crate::sink::provenance::RunFacts;
use crate::text::number::{self, duration, grouped};
use crate::time::SimTime;

/// What came of it, in a sentence and a badge.
pub(super) fn verdict(summary: &Json) -> Markup {
    let (accepted, lost) = (count(summary, "/accepted"), count(summary, "/lost/total"));
    let succeeded = count(summary, "/fates/succeeded");
    let settled = count(summary, "/conservation/settled");
    html! {
        p.verdict {
            @if accepted == 0 { strong.plain { "No event was accepted." } }
            @else if lost > 0 { strong.bad { "✕ " (number::counted(lost, "event")) " lost" } }
            @else { strong.good { "✓ nothing was lost" } }
            " Of " (grouped(accepted)) " accepted " (if accepted == 1 { "event" } else { "events" }) ", "
            (grouped(succeeded)) " (" (share(succeeded, accepted)) ") succeeded and "
            (grouped(settled - succeeded)) " did not."
            @if count(summary, "/in_flight") > 0 {
                " " (counted(summary, "/in_flight")) " were in flight when the run ended."
            }
            @if count(summary, "/offers/never_accepted") > 0 {
                " " (counted(summary, "/offers/never_accepted")) " were never accepted."
            }
        }
    }
}

/// The numbers that one looks for first.
pub(super) fn tiles(summary: &Json) -> Markup {
    let kept: u64 = list(summary, "/routes")
        .iter()
        .filter(|route| text(route, "/route") != "on_success")
        .map(|route| count(route, "/delivered"))
        .sum();
    let (accepted, lost) = (count(summary, "/accepted"), count(summary, "/lost/total"));
    let retried = count(summary, "/succeeded/after_retry");
    html! {
        dl.tiles {
            (tile("accepted", &counted(summary, "/accepted"), "events"))
            (tile("succeeded", &share(count(summary, "/fates/succeeded"), accepted),
                &format!("{} saved by a retry", grouped(retried))))
            (tile("lost", &grouped(lost), &format!("{} of the accepted; {} copies of failures kept",
                share(lost, accepted), grouped(kept))))
            (tile("waiting at most", &counted(summary, "/backlog/peak/maximum"),
                &format!("at {}", moment(summary, "/backlog/peak/at_ns"))))
            (tile("event age p99", &span(summary, "/event_age/p99_ns"),
                &format!("at most {}", span(summary, "/event_age/max_ns"))))
            (tile("attempts per event", &ratio(summary, "/amplification/attempts_per_event"),
                &format!("{} runs per event", ratio(summary, "/amplification/runs_per_event"))))
            (tile("cost", &usd(summary, "/cost_usd/total"),
                &format!("{} for retries, {} wasted", usd(summary, "/cost_usd/retries"), usd(summary, "/cost_usd/wasted"))))
        }
    }
}

fn tile(name: &str, value: &str, more: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } dd.more { (more) } } }
}

/// A table of texts: a header, then rows of which the first cell is a name.
pub(super) fn table(rows: &[Vec<String>]) -> Markup {
    let Some((header, rows)) = rows.split_first().filter(|(_, rows)| !rows.is_empty()) else {
        return html! {};
    };
    html! {
        div.scroll { table {
            thead { tr { @for (at, name) in header.iter().enumerate() {
                @if at > 0 && rows[0].get(at).is_some_and(|cell| is_number(cell)) {
                    th.number scope="col" { (visible(name)) }
                } @else { th scope="col" { (visible(name)) } }
            } } }
            tbody { @for row in rows { tr { @for (at, cell) in row.iter().enumerate() {
                @if at == 0 { th scope="row" { (visible(cell)) } }
                @else if is_number(cell) { td.number { (visible(cell)) } }
                @else { td { (visible(cell)) } }
            } } } }
        } }
    }
}

/// Whether a cell is to be set to the right.
fn is_number(cell: &str) -> bool {
    cell == NONE || cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '$' | '<' | '>' | '+' | '-'))
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.into_iter().map(str::to_owned).collect()
}

/// The books: accepted = the sum over fates + in flight; then the routes.
pub(super) fn ledger(summary: &Json) -> Markup {
    let accepted = count(summary, "/accepted");
    let fates = named(summary, "/fates").chain([("in_flight", count(summary, "/in_flight"))]);
    let holds = summary.pointer("/conservation/holds").and_then(Json::as_bool).unwrap_or(false);
    html! {
        div.scroll { table.bars {
            thead { tr { th scope="col" { "Fate" } th.number scope="col" { "events" } th.number scope="col" { "share" }
                th scope="col" { span.hidden { "as a bar" } } } }
            tbody { @for (fate, events) in fates { tr {
                th scope="row" { code { (fate) } }
                td.number { (grouped(events)) }
                td.number { (share(events, accepted)) }
                td.bar { @if events > 0 { span style={ "width:" (width(events, accepted)) "%" } {} } }
            } } }
            tfoot { tr { th scope="row" { "accepted" } td.number { (grouped(accepted)) } td { }
                td { @if holds { "✓ the books balance" } @else { "✕ THE BOOKS DO NOT BALANCE: this is a bug" } } } }
        } }
        (lost_by(summary))
        (routes(summary))
        (unseen(summary))
    }
}

/// The width of a bar in tenths of a percent; what is more than nothing can be seen.
fn width(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn lost_by(summary: &Json) -> Markup {
    let reasons = [
        ("without a route for the failure", count(summary, "/lost/without_route")),
        ("because each delivery failed", count(summary, "/lost/by_failed_delivery")),
        ("vanished from the queue", count(summary, "/lost/by_fate/vanished")),
    ];
    html! {
        @if count(summary, "/lost/total") > 0 {
            p { "Lost: "
                @for (at, (reason, events)) in reasons.iter().filter(|(_, events)| *events > 0).enumerate() {
                    @if at > 0 { ", " } (grouped(*events)) " " (*reason)
                }
                "; the first at " (moment(summary, "/lost/first_ns")) "."
            }
        }
    }
}

fn routes(summary: &Json) -> Markup {
    let mut rows =
        vec![row(["Route", "destination", "kind", "delivered", "failed", "pending", "failed because"])];
    for route in list(summary, "/routes") {
        let causes: Vec<String> = named(route, "/failures")
            .filter(|(_, count)| *count > 0)
            .map(|(cause, count)| format!("{cause} {}", grouped(count)))
            .collect();
        rows.push(vec![
            text(route, "/route").to_owned(),
            text(route, "/destination").to_owned(),
            text(route, "/kind").to_owned(),
            counted(route, "/delivered"),
            counted(route, "/delivery_failed"),
            counted(route, "/pending"),
            causes.join(", "),
        ]);
    }
    html! {
        @if rows.len() > 1 { h3 { "Destinations and dead-letter queues" } (table(&rows)) }
        @else { p.note { "No destination and no dead-letter queue is configured: an event that fails leaves nothing." } }
    }
}

/// What an operator would have missed.
fn unseen(summary: &Json) -> Markup {
    let facts = [
        ("lost events that no X-Ray trace tells of", count(summary, "/unseen/lost_without_trace")),
        ("lost events of which no attempt counts in Errors", count(summary, "/unseen/lost_without_error")),
        ("failed events of which no attempt counts in Errors", sum(summary, "/unseen/failed_without_error")),
        (
            "successes whose record the on-success destination did not take",
            count(summary, "/unseen/success_records_lost"),
        ),
    ];
    html! {
        @if facts.iter().any(|(_, events)| *events > 0) {
            h3 { "What an operator would have missed" }
            ul { @for (fact, events) in facts.iter().filter(|(_, events)| *events > 0) {
                li { strong { (grouped(*events)) } " " (*fact) }
            } }
        }
    }
}

/// What was tried.
pub(super) fn work(summary: &Json) -> Markup {
    let mut rows = vec![row(["Attempts", "count"])];
    rows.push(vec!["all".to_owned(), counted(summary, "/attempts")]);
    rows.push(vec!["runs: the function's code was reached".to_owned(), counted(summary, "/runs")]);
    for (kind, runs) in named(summary, "/function_errors").filter(|(_, runs)| *runs > 0) {
        rows.push(vec![format!("runs that failed: {kind}"), grouped(runs)]);
    }
    if count(summary, "/caught_errors") > 0 {
        rows.push(vec!["runs whose error the handler caught".to_owned(), counted(summary, "/caught_errors")]);
    }
    for (reason, attempts) in named(summary, "/throttles").filter(|(_, attempts)| *attempts > 0) {
        rows.push(vec![format!("throttled: {reason}"), grouped(attempts)]);
    }
    for (name, pointer) in
        [("system errors (5xx)", "/system_errors"), ("client errors (4xx)", "/client_errors")]
    {
        if count(summary, pointer) > 0 {
            rows.push(vec![name.to_owned(), counted(summary, pointer)]);
        }
    }
    for (start, runs) in named(summary, "/starts").filter(|(_, runs)| *runs > 0) {
        rows.push(vec![format!("starts: {start}"), grouped(runs)]);
    }
    let successes = vec![
        row(["Successes", "events"]),
        vec!["at the first attempt".to_owned(), counted(summary, "/succeeded/on_first_try")],
        vec!["after back-off only".to_owned(), counted(summary, "/succeeded/after_backoff")],
        vec!["after a failed run".to_owned(), counted(summary, "/succeeded/after_retry")],
    ];
    html! { div.columns { (table(&rows)) (table(&successes)) } }
}

/// How long it took, and what piled up.
pub(super) fn time(summary: &Json) -> Markup {
    let spread = |name: &str, at: &str| {
        let part = |what: &str| span(summary, &format!("/{at}/{what}_ns"));
        vec![name.to_owned(), part("mean"), part("p50"), part("p90"), part("p99"), part("max")]
    };
    let spreads = [
        row(["", "mean", "p50", "p90", "p99", "longest"]),
        spread("event age at each attempt", "event_age"),
        spread("from acceptance to the fate", "sojourn"),
    ];
    let fact = |name: &str, value: String| vec![name.to_owned(), value];
    let at =
        |pointer: &str, when: &str| format!("{} at {}", counted(summary, pointer), moment(summary, when));
    let facts = [
        row(["Backlog", ""]),
        fact("waiting at most", at("/backlog/peak/maximum", "/backlog/peak/at_ns")),
        fact("waiting at the end", counted(summary, "/backlog/waiting_at_end")),
        fact(
            "oldest at an attempt",
            format!(
                "{} at {}",
                span(summary, "/backlog/oldest_ns"),
                moment(summary, "/backlog/oldest_at_ns")
            ),
        ),
        fact("last arrival", moment(summary, "/backlog/last_arrival_ns")),
        fact("last fate", moment(summary, "/backlog/last_settled_ns")),
        fact("time to drain", span(summary, "/backlog/drain_ns")),
        fact("first failure for good", moment(summary, "/backlog/first_drop_ns")),
        fact("runs at a time, at most", at("/concurrency/maximum", "/concurrency/at_ns")),
        fact("end of the run", format!("{} ({})", moment(summary, "/ended_ns"), text(summary, "/end"))),
    ];
    html! { (table(&spreads)) (table(&facts)) }
}

/// What it cost, by what caused it and by what is paid for.
pub(super) fn money(summary: &Json) -> Markup {
    let part = |name: &str, key: &str| {
        let pointer = format!("/cost_usd/{key}");
        costs(summary, &pointer).then(|| vec![name.to_owned(), usd(summary, &pointer)])
    };
    let causes = [
        ("first runs", "first_runs"),
        ("retries", "retries"),
        ("synchronous calls", "sync_calls"),
        ("runs of duplicates", "duplicates"),
        ("messages to destinations", "messages"),
        ("provisioned concurrency", "provisioned"),
        ("in all", "total"),
        ("of it wasted: runs that failed", "wasted"),
    ];
    let kinds = [
        ("requests", "requests"),
        ("large payloads", "payload"),
        ("GB-seconds", "duration"),
        ("of them cold starts before the handler", "init"),
        ("messages", "messages"),
        ("for a million events", "per_million_events"),
        ("a month at this rate", "per_month"),
    ];
    let rows = |head: &str, parts: &[(&str, &str)]| {
        let mut rows = vec![row([head, "US dollars"])];
        rows.extend(parts.iter().filter_map(|(name, key)| part(name, key)));
        rows
    };
    html! {
        @if costs(summary, "/cost_usd/total") {
            div.columns { (table(&rows("By cause", &causes))) (table(&rows("By price", &kinds))) }
            p.note { (counted(summary, "/billed_ms/total")) " ms were billed in all. Prices are the scenario's, by default those of us-east-1." }
        } @else { p { "Nothing was billed." } }
    }
}

/// Functions, dependencies, redrives and changes, if there are several or any.
pub(super) fn parts(summary: &Json) -> Markup {
    let tables = [
        ("Functions", functions(summary)),
        ("Dependencies", dependencies(summary)),
        ("Redrives", redrives(summary)),
        ("Changes of configuration", changes(summary)),
    ];
    html! {
        @if tables.iter().any(|(_, rows)| rows.len() > 1) {
            section #parts {
                h2 { "Parts" }
                @for (heading, rows) in tables.iter().filter(|(_, rows)| rows.len() > 1) {
                    h3 { (*heading) } (table(rows))
                }
            }
        }
    }
}

/// More than these are not listed: they are in the tables.
const MOST_ROWS: usize = 100;

fn functions(summary: &Json) -> Vec<Vec<String>> {
    let mut rows = vec![row([
        "Function",
        "accepted",
        "succeeded",
        "lost",
        "runs",
        "throttles",
        "age p99",
        "waiting",
        "cost",
    ])];
    for function in list(summary, "/functions").iter().take(MOST_ROWS) {
        rows.push(vec![
            text(function, "/function").to_owned(),
            counted(function, "/accepted"),
            counted(function, "/fates/succeeded"),
            counted(function, "/lost/total"),
            counted(function, "/runs"),
            grouped(sum(function, "/throttles")),
            span(function, "/event_age/p99_ns"),
            counted(function, "/backlog/peak/maximum"),
            usd(function, "/cost_usd/total"),
        ]);
    }
    rows
}

fn dependencies(summary: &Json) -> Vec<Vec<String>> {
    let mut rows =
        vec![row(["Dependency", "calls", "answered", "failed or refused", "given up", "p99", "waiting"])];
    for dependency in list(summary, "/dependencies").iter().take(MOST_ROWS) {
        let ended = |how: &str| count(dependency, &format!("/ended/{how}"));
        rows.push(vec![
            text(dependency, "/dependency").to_owned(),
            counted(dependency, "/calls"),
            grouped(ended("answered")),
            grouped(ended("failed") + ended("refused")),
            grouped(ended("timed_out") + ended("abandoned")),
            span(dependency, "/latency/p99_ns"),
            counted(dependency, "/waiting/maximum"),
        ]);
    }
    rows
}

fn redrives(summary: &Json) -> Vec<Vec<String>> {
    let mut rows = vec![row(["Messages", "count"])];
    if summary.get("redrives").is_some() {
        let facts = [
            ("stored", "stored"),
            ("sent again", "sent_again"),
            ("expired", "expired"),
            ("left", "waiting"),
            ("events recovered", "originals/recovered"),
            ("events still held", "originals/held"),
            ("events lost", "originals/lost"),
        ];
        rows.extend(
            facts.map(|(name, key)| vec![name.to_owned(), counted(summary, &format!("/redrives/{key}"))]),
        );
    }
    rows
}

fn changes(summary: &Json) -> Vec<Vec<String>> {
    let mut rows = vec![row(["At", "what", "because"])];
    for change in list(summary, "/changes").iter().take(MOST_ROWS) {
        let settings: Vec<&str> = list(change, "/settings").iter().filter_map(Json::as_str).collect();
        let after = change.get("took_effect").and_then(Json::as_bool) == Some(false);
        let when = moment(change, "/effective_ns");
        rows.push(vec![
            if after { format!("{when}, after the last event") } else { when },
            settings.join(", "),
            text(change, "/because").to_owned(),
        ]);
    }
    rows
}

/// What happened to the first lost events.
pub(super) fn lost(results: &Results) -> Markup {
    html! {
        @match results.lost.as_deref() {
            None => p.note { "The tables of events were not written, so that no life can be told." },
            Some(lives) => {
                p { "Of " (grouped(results.lost_events())) " lost events the first " (lives.len())
                    ". The whole story of one: " code { "thirdtry explain scenario.resolved.json --event N" } }
                @for life in lives { (lost_life(life)) }
            }
        }
    }
}

fn lost_life(life: &LostLife) -> Markup {
    let event = &life.event;
    let instant =
        |nanos: Option<u64>| nanos.map_or(NONE.to_owned(), |at| SimTime::from_nanos(at).to_string());
    let shown = life.attempts.len() as u64;
    html! {
        article {
            h3 { "Event " (event.event) " – " (visible(plain(&event.source))) " #" (event.source_event)
                " to " (visible(plain(&event.function))) }
            p { "accepted at " (instant(event.accepted_ns)) ", " code { (event.fate) } " at " (instant(event.settled_ns))
                " after " (number::counted(event.attempts, "attempt"))
                "; on failure: " (event.on_failure.replace('_', " ")) ", dead-letter queue: "
                (event.dead_letter_queue.replace('_', " ")) }
            (table(&attempt_rows(&life.attempts)))
            @if shown > 0 && event.attempts > shown {
                p.note { "… and " (grouped(event.attempts - shown)) " attempts more; the first " (MOST_ATTEMPTS)
                    " are shown." }
            }
        }
    }
}

/// A name without the apostrophe that keeps spreadsheets from taking it for a formula.
fn plain(name: &str) -> &str {
    name.strip_prefix('\'').unwrap_or(name)
}

fn attempt_rows(attempts: &[AttemptRow]) -> Vec<Vec<String>> {
    let mut rows = vec![row(["Attempt", "at", "age", "result", "took", "next", "rule"])];
    for attempt in attempts {
        let result = if attempt.reason.is_empty() {
            attempt.result.clone()
        } else {
            format!("{}: {}", attempt.result, attempt.reason)
        };
        let next = match attempt.next_due_ns {
            Some(due) => format!("{} in {}", attempt.next, duration(due.saturating_sub(attempt.end_ns))),
            None => attempt.next.clone(),
        };
        rows.push(vec![
            attempt.attempt.to_string(),
            SimTime::from_nanos(attempt.dispatched_ns).to_string(),
            duration(attempt.age_ns),
            result,
            duration(attempt.end_ns.saturating_sub(attempt.dispatched_ns)),
            next,
            attempt.rule.replace('_', " "),
        ]);
    }
    rows
}

/// What was set, and what was assumed.
pub(super) fn settings(resolved: &Json) -> Markup {
    html! {
        @match super::settings::settings(resolved) {
            None => p { "There are too many to be listed here: "
                code { "thirdtry check scenario.resolved.json --explain" } " shows them." },
            Some((given, assumed)) => {
                p { (given.len()) " settings are not their defaults; " (assumed.len()) " are." }
                (setting_table(&given))
                details { summary { "The " (assumed.len()) " settings that are their defaults" }
                    (setting_table(&assumed)) }
            }
        }
    }
}

fn setting_table(settings: &[Setting]) -> Markup {
    html! {
        div.scroll { table.settings {
            thead { tr { th scope="col" { "Setting" } th scope="col" { "value" } th scope="col" { "what it is" } } }
            tbody { @for setting in settings { tr {
                th scope="row" { code { (visible(&setting.path)) } }
                td { code { (visible(&setting.value)) } }
                td { (setting.doc) @if !setting.source.is_empty() { " " span.source { (setting.source) } } }
            } } }
        } }
    }
}

/// How to get the same run again, and how to know that it is the same.
pub(super) fn again(run: &RunFacts) -> Markup {
    let provenance = &run.provenance;
    html! {
        p { "The same scenario and seed give the same bytes on every machine. In this folder:" }
        pre { code {
            "thirdtry verify .\n"
            "thirdtry run scenario.resolved.json --out again"
        } }
        div.scroll { table { tbody {
            tr { th scope="row" { "fingerprint" } td { code { (run.fingerprint) } } }
            tr { th scope="row" { "seed" } td { code { (provenance.seed) } } }
            tr { th scope="row" { "profile" } td { code { (provenance.profile) } } }
            tr { th scope="row" { "scenario" } td { code { "sha256 " (provenance.scenario_digest) } } }
            tr { th scope="row" { "thirdtry" } td { (provenance.thirdtry) ", model " (provenance.model_version) } }
            tr { th scope="row" { "end" } td { (run.end) } }
        } } }
    }
}
