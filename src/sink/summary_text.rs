//! The summary for people: what happened, at a glance, in at most 100 columns; and the same as Markdown.
//!
//! Both are made from one and the same sheet, so that they cannot tell different things. Numbers are rounded here and
//! only here; the exact ones are in `summary.json`.

use std::fmt::Write as _;

use crate::model::observation::Start;
use crate::observe::decimal::{Decimal, divide_half_up};
use crate::observe::dependencies::DependencyReport;
use crate::observe::generations::RedriveReport;
use crate::observe::offers::Duplicates;
use crate::observe::summary::{ChangeReport, Counts, Named, RouteReport, Spread, SummaryReport};
use crate::scenario::{Account, Function, Scenario};
use crate::sink::outage_text;
use crate::time::{NANOS_PER_MICRO, NANOS_PER_MILLI, NANOS_PER_SECOND, SimTime};

mod money;
mod unseen;

pub use money::dollars;

/// No line is longer.
pub const WIDTH: usize = 100;
/// Where the text of a line starts, after its label.
const INDENT: usize = 13;
/// Fates that need a particular scenario: a line for them only where they occur.
const RARE_FATES: [&str; 2] = ["recursive_invocation", "vanished"];
/// Longer names are cut, so that numbers stay in view; the whole names are in the files.
const NAME_WIDTH: usize = 36;

/// The summary as text.
pub fn summary_text(report: &SummaryReport, scenario: &Scenario) -> String {
    let sheet = Sheet::of(report, scenario);
    let mut text = String::new();
    wrap(&mut text, &sheet.headline, 0);
    if let Some(outage) = &sheet.outage {
        text.push('\n');
        wrap(&mut text, outage, 0);
    }
    for table in sheet.tables.iter().filter(|table| !table.rows.is_empty()) {
        text.push('\n');
        table.write_text(&mut text);
    }
    text.push('\n');
    for (label, line) in &sheet.lines {
        write!(text, "{label:<INDENT$}").expect("a string takes every text");
        wrap(&mut text, line, INDENT);
    }
    text
}

/// The summary as Markdown.
pub fn summary_markdown(report: &SummaryReport, scenario: &Scenario) -> String {
    let sheet = Sheet::of(report, scenario);
    let mut text = format!("### {}\n", escaped(&sheet.headline));
    if let Some(outage) = &sheet.outage {
        writeln!(text, "\n{}", escaped(outage)).expect("a string takes every text");
    }
    for table in sheet.tables.iter().filter(|table| !table.rows.is_empty()) {
        text.push('\n');
        table.write_markdown(&mut text);
    }
    text.push('\n');
    for (label, line) in &sheet.lines {
        writeln!(text, "- **{label}**: {}", escaped(line)).expect("a string takes every text");
    }
    text
}

/// What is to be said, before it is laid out.
struct Sheet {
    headline: String,
    /// What a planner asks, where something goes wrong for a while.
    outage: Option<String>,
    tables: Vec<Sums>,
    lines: Vec<(&'static str, String)>,
}

/// A small table: names to the left, numbers to the right.
struct Sums {
    header: Vec<&'static str>,
    /// How many columns are names.
    names: usize,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    fn of(report: &SummaryReport, scenario: &Scenario) -> Self {
        let counts = &report.counts;
        let mut lines = vec![
            ("Lost", lost(counts)),
            ("Attempts", attempts(counts)),
            ("Succeeded", succeeded(counts)),
            ("Errors", errors(counts)),
            ("Throttles", throttles(counts)),
            ("Environments", environments(counts)),
            ("Event age", spread(counts.event_age.as_ref(), "at each attempt")),
            ("Settled", spread(counts.sojourn.as_ref(), "after acceptance")),
            ("Waiting", waiting(counts)),
            ("Concurrency", concurrency(counts, scenario)),
            ("Cost", money::cost(counts)),
            ("Ledger", ledger(counts)),
            ("Fingerprint", fingerprint(report)),
        ];
        if sum(&counts.offers.refused) > 0 {
            lines.insert(1, ("Offers", offers(counts)));
        }
        if counts.duplicates.delivered > 0 {
            lines.insert(1, ("Duplicates", duplicates(counts)));
        }
        if counts.sync_calls.made > 0 {
            let cost = lines.iter().position(|(label, _)| *label == "Cost").expect("above");
            lines.insert(cost, ("Sync calls", sync_calls(counts)));
        }
        if let Some(rate) = money::rate(counts) {
            let after_cost = lines.iter().position(|(label, _)| *label == "Cost").map_or(0, |at| at + 1);
            lines.insert(after_cost, ("Rate", rate));
        }
        if let Some(unseen) = unseen::unseen(counts) {
            lines.insert(1, ("Unseen", unseen));
        }
        if let Some(redrives) = &report.redrives {
            lines.insert(1, ("Redriven", redriven(redrives)));
        }
        if !report.changes.is_empty() {
            lines.insert(0, ("Changes", changes(report)));
        }
        Self {
            headline: headline(report),
            outage: outage(report, scenario),
            tables: vec![fates(counts), routes(&counts.routes), functions(report), dependencies(report)],
            lines,
        }
    }
}

/// What a planner asks of a scenario in which something goes wrong for a while.
fn outage(report: &SummaryReport, scenario: &Scenario) -> Option<String> {
    let counts = &report.counts;
    let answers = outage_text::Answers {
        peak_waiting: grouped(counts.backlog.peak.maximum),
        oldest: counts.event_age.as_ref().map(|age| duration(age.max_ns)),
        first_loss: counts.lost.first_ns.map(outage_text::second),
        lost: grouped(counts.lost.total),
        drained: outage_text::drained(report.recovery?.outcome()),
    };
    outage_text::sentence(scenario, &answers)
}

fn headline(report: &SummaryReport) -> String {
    let counts = &report.counts;
    let name = shortened(&report.scenario);
    if counts.accepted == 0 {
        return format!("{name}: no event was accepted.");
    }
    let succeeded = count_of(&counts.fates, "succeeded");
    let dropped = counts.conservation.settled - succeeded;
    let in_flight = match counts.in_flight {
        0 => String::new(),
        n => format!(" {} still in flight at the end.", were(n)),
    };
    let refused = match counts.offers.never_accepted {
        0 => String::new(),
        n => format!(" {} never accepted.", were(n)),
    };
    format!(
        "{name}: of {} accepted, {} ({}) succeeded, {} did not, {} lost.{in_flight}{refused}",
        events(counts.accepted),
        grouped(succeeded),
        percent(succeeded, counts.accepted),
        grouped(dropped),
        match counts.lost.total {
            0 => "none was".to_owned(),
            n => were(n),
        },
    )
}

fn fates(counts: &Counts) -> Sums {
    let in_flight = [("in_flight", counts.in_flight)];
    let shown = |(name, count): &(&str, u64)| *count > 0 || !RARE_FATES.contains(name);
    let settled =
        counts.fates.keys().map(|name| (name.as_str(), count_of(&counts.fates, name))).filter(shown);
    let row =
        |(name, count): (&str, u64)| vec![name.to_owned(), grouped(count), percent(count, counts.accepted)];
    Sums {
        header: vec!["Fate", "events", "share"],
        names: 1,
        rows: settled.chain(in_flight).map(row).collect(),
    }
}

fn routes(routes: &[RouteReport]) -> Sums {
    let row = |route: &RouteReport| {
        vec![
            route.route.to_owned(),
            format!("{} ({})", shortened(&route.destination), route.kind),
            grouped(route.delivered),
            grouped(route.delivery_failed),
            grouped(route.pending),
            causes(&route.failures),
        ]
    };
    Sums {
        header: vec!["Route", "destination", "delivered", "failed", "pending", "failed because"],
        names: 2,
        rows: routes.iter().map(row).collect(),
    }
}

fn functions(report: &SummaryReport) -> Sums {
    let row = |function: &crate::observe::summary::FunctionReport| {
        let counts = &function.counts;
        vec![
            shortened(&function.function),
            grouped(counts.accepted),
            grouped(count_of(&counts.fates, "succeeded")),
            grouped(counts.lost.total),
            grouped(counts.runs),
            grouped(sum(&counts.throttles)),
            counts.event_age.map_or_else(dash, |age| duration(age.p99_ns)),
            money::dollars(counts.cost_usd.total),
        ]
    };
    Sums {
        header: vec!["Function", "accepted", "succeeded", "lost", "runs", "throttles", "age p99", "cost"],
        names: 1,
        rows: report.functions.iter().map(row).collect(),
    }
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

fn dependencies(report: &SummaryReport) -> Sums {
    let share = |share: Option<Decimal>| share.map_or_else(dash, |share| format!("{}%", share.round(1)));
    let row = |dependency: &DependencyReport| {
        let ended = |how: &str| count_of(&dependency.ended, how);
        vec![
            shortened(&dependency.dependency),
            grouped(dependency.calls),
            grouped(ended("failed") + ended("refused")),
            grouped(ended("timed_out") + ended("abandoned")),
            dependency.latency.map_or_else(dash, |latency| duration(latency.mean_ns)),
            dependency.latency.map_or_else(dash, |latency| duration(latency.p99_ns)),
            grouped(dependency.waiting.maximum),
            share(dependency.busy_percent),
            share(dependency.in_vain_percent),
        ]
    };
    Sums {
        header: vec![
            "Dependency",
            "calls",
            "failed",
            "given up",
            "mean",
            "p99",
            "waiting",
            "busy",
            "in vain",
        ],
        names: 1,
        rows: report.dependencies.iter().map(row).collect(),
    }
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
    let mut text = format!("{} cold start{}", grouped(cold), if cold == 1 { "" } else { "s" });
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

fn count_of(counts: &Named, name: &str) -> u64 {
    counts.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0)
}

fn sum(counts: &Named) -> u64 {
    counts.keys().map(|name| count_of(counts, name)).sum()
}

/// Those that occurred: `12 permission, 3 size`.
fn causes(counts: &Named) -> String {
    let occurred = |name: &String| {
        let count = count_of(counts, name);
        (count > 0).then(|| format!("{} {name}", grouped(count)))
    };
    counts.keys().filter_map(occurred).collect::<Vec<_>>().join(", ")
}

/// `: 12 exception, 3 timeout`, or nothing.
fn listed(counts: &Named) -> String {
    match causes(counts) {
        causes if causes.is_empty() => causes,
        causes => format!(": {causes}"),
    }
}

fn dash() -> String {
    "-".to_owned()
}

fn events(count: u64) -> String {
    format!("{} {}", grouped(count), if count == 1 { "event" } else { "events" })
}

fn were(count: u64) -> String {
    format!("{} {}", grouped(count), if count == 1 { "was" } else { "were" })
}

/// `12,345,678`
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `99.88%`; what is not all of it never reads `100.00%`, what is not nothing never `0.00%`.
pub fn percent(part: u64, whole: u64) -> String {
    let Some(share) = Decimal::ratio(u128::from(part) * 100, whole.into(), 2) else {
        return dash();
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

/// About three significant figures, with the unit: `412 ms`, `12.3 s`, `12m 05s`, `1h 05m`.
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

fn instant(nanos: Option<u64>) -> String {
    nanos.map_or_else(dash, |nanos| SimTime::from_nanos(nanos).to_string())
}

/// At most 36 characters, none of which moves the cursor.
fn shortened(name: &str) -> String {
    let visible = |letter: char| if letter.is_control() { '?' } else { letter };
    if name.chars().count() <= NAME_WIDTH {
        name.chars().map(visible).collect()
    } else {
        name.chars().take(NAME_WIDTH - 3).map(visible).chain("...".chars()).collect()
    }
}

impl Sums {
    fn write_text(&self, text: &mut String) {
        let widths = self.widths();
        let header = self.header.iter().map(|name| (*name).to_owned()).collect();
        for row in std::iter::once(&header).chain(&self.rows) {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if column > 0 {
                    line.push_str("  ");
                }
                if self.is_name(column) {
                    let _ = write!(line, "{cell:<width$}");
                } else {
                    let _ = write!(line, "{cell:>width$}");
                }
            }
            // What does not fit is cut: the whole is in `summary.csv`.
            let line: String = line.trim_end().chars().take(WIDTH).collect();
            text.push_str(&line);
            text.push('\n');
        }
    }

    fn write_markdown(&self, text: &mut String) {
        let bars = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let rules = (0..self.header.len()).map(|column| if self.is_name(column) { "---" } else { "---:" });
        text.push_str(&bars(self.header.iter().map(|name| (*name).to_owned()).collect()));
        text.push_str(&bars(rules.map(str::to_owned).collect()));
        for row in &self.rows {
            text.push_str(&bars(row.iter().map(|cell| escaped(cell)).collect()));
        }
    }

    /// The first columns are names, and the causes of failed deliveries at the end.
    fn is_name(&self, column: usize) -> bool {
        column < self.names || self.header[column] == "failed because"
    }

    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([self.header[column].len()]).max().unwrap_or(0)
        };
        (0..self.header.len()).map(width).collect()
    }
}

/// Writes `line` broken at spaces, with the lines after the first indented.
fn wrap(text: &mut String, line: &str, indent: usize) {
    let mut column = indent;
    for (index, word) in line.split(' ').enumerate() {
        let width = word.chars().count();
        if index > 0 && column + 1 + width > WIDTH {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if index > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text.push('\n');
}

/// Names cannot break out of a Markdown cell or become HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '*' | '`' | '[' | ']' | '\\' => safe.extend(['\\', character]),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            _ if character.is_control() => safe.push(' '),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::summary::{Ending, Summary};
    use crate::observe::test_scenarios::{busy, exceptions, function};
    use crate::sink::test_support::{exact, run};

    fn report(scenario: &Scenario) -> SummaryReport {
        let mut summary = Summary::new(scenario);
        let at = run(scenario, &mut summary);
        let ending = Ending { end: "drained", at, fingerprint: 0x0123_4567_89ab_cdef };
        summary.into_report(scenario, ending)
    }

    /// Two functions, one of which loses an event.
    fn several() -> Scenario {
        let mut scenario = exact(&[0, 1_000]);
        scenario.functions[0].maximum_retries = 0;
        scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 1)])];
        scenario.functions.push(function("track"));
        scenario
    }

    #[test]
    fn a_run_of_two_functions_in_view() {
        let scenario = several();
        let expected = "\
idle: of 2 events accepted, 1 (50.00%) succeeded, 1 did not, 1 was lost.

Fate                       events   share
succeeded                       1  50.00%
retries_exhausted               1  50.00%
event_age_exceeded              0   0.00%
zero_reserved_concurrency       0   0.00%
in_flight                       0   0.00%

Function  accepted  succeeded  lost  runs  throttles  age p99         cost
ship             2          1     1     2          0      0 s  $0.00000082
track            0          0     0     0          0        -           $0

Lost         1 event (50.00% of the accepted): 1 without a route for the failure; the first at
             00:00:00.100
Attempts     2 = 2 runs + 0 throttled + 0 system errors; per event 1.000 attempts, 1.000 runs
Succeeded    1 at once, 0 after back-off only, 0 after a failed run
Errors       1 of 2 runs failed: 1 exception
Throttles    0 attempts
Environments 1 cold start, 1 warm
Event age    p50 0 s, p90 0 s, p99 0 s, max 0 s at each attempt
Settled      p50 100.0 ms, p90 100.0 ms, p99 100.0 ms, max 100.0 ms after acceptance
Waiting      at most 1 event at once, at 00:00:00.000; all settled 100.0 ms after the last arrival
Concurrency  at most 1 running at once (account limit 1,000), first at 00:00:00.000
Cost         $0.00000082 for this run = $0.00000082 first runs + $0 retries; $0.00000041 of it
             wasted on failed runs (200 ms billed in all)
Rate         $0.41 per million events; $2.15 a month at this rate (730 h, from 1.0 s of arrivals)
Ledger       2 accepted = 2 settled + 0 in flight
Fingerprint  0123456789abcdef (seed 42, profile documented, drained at 00:00:01.100)
";
        assert_eq!(summary_text(&report(&scenario), &scenario), expected);
    }

    #[test]
    fn no_line_is_too_wide_whatever_the_names() {
        let mut scenario = busy();
        scenario.name = "n".repeat(140);
        scenario.destinations[0].name = "d".repeat(140);
        let text = summary_text(&report(&scenario), &scenario);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        assert!(text.contains("permission"), "{text}");
    }

    #[test]
    fn markdown_says_the_same_in_tables_and_items() {
        let scenario = busy();
        let report = report(&scenario);
        let text = summary_markdown(&report, &scenario);
        assert!(text.starts_with("### busy: of 3,490 events accepted"), "{text}");
        assert!(text.contains("| on_failure | failed (sqs) | 227 | 44 | 0 | 44 permission |"), "{text}");
        assert!(text.contains("\n- **Ledger**: 3,490 accepted = 3,470 settled + 20 in flight\n"), "{text}");
    }

    #[test]
    fn nothing_at_all_is_a_summary_too() {
        let scenario = exact(&[]);
        let text = summary_text(&report(&scenario), &scenario);
        assert!(text.starts_with("idle: no event was accepted.\n"), "{text}");
        assert!(text.contains("Event age    -\n"), "{text}");
    }

    #[test]
    fn numbers_are_written_for_people() {
        let counts = [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")];
        for (count, expected) in counts {
            assert_eq!(grouped(count), expected);
        }
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
    fn long_lines_are_broken_at_spaces() {
        let mut text = String::new();
        wrap(&mut text, &"word ".repeat(60), INDENT);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(text.split_whitespace().count(), 60);
    }

    #[test]
    fn markdown_takes_names_as_they_are() {
        assert_eq!(escaped("a|b<script>`"), "a\\|b&lt;script&gt;\\`");
    }
}
