//! The summary for people: what happened, at a glance, in at most 100 columns; and the same as Markdown.
//!
//! Both are made from one [`Sheet`], so that they cannot tell different things. Numbers are rounded here and only here;
//! the exact ones are in `summary.json`.

use std::fmt::Write as _;

use crate::observe::decimal::{Decimal, divide_half_up};
use crate::observe::summary::{Counts, Named, RouteReport, Spread, SummaryReport};
use crate::scenario::Scenario;
use crate::time::{NANOS_PER_MICRO, NANOS_PER_MILLI, NANOS_PER_SECOND, SimTime};

/// No line is longer.
pub const WIDTH: usize = 100;
/// Where the text of a line starts, after its label.
const INDENT: usize = 13;

/// The summary as text.
pub fn summary_text(report: &SummaryReport, scenario: &Scenario) -> String {
    let sheet = Sheet::of(report, scenario);
    let mut text = String::new();
    wrap(&mut text, &sheet.headline, 0);
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
            ("Retries", retries(counts)),
            ("Errors", errors(counts)),
            ("Throttles", throttles(counts)),
            ("Event age", spread(counts.event_age.as_ref(), "at each attempt")),
            ("Settled", spread(counts.sojourn.as_ref(), "after acceptance")),
            ("Waiting", waiting(counts)),
            ("Concurrency", concurrency(counts, scenario)),
            ("Cost", cost(counts)),
            ("Ledger", ledger(counts)),
            ("Fingerprint", fingerprint(report)),
        ];
        if counts.sync_calls.made > 0 {
            lines.insert(9, ("Sync calls", sync_calls(counts)));
        }
        Self {
            headline: headline(report),
            tables: vec![fates(counts), routes(&counts.routes), functions(report)],
            lines,
        }
    }
}

fn headline(report: &SummaryReport) -> String {
    let counts = &report.counts;
    let name = &report.scenario;
    if counts.accepted == 0 {
        return format!("{name}: no event was accepted.");
    }
    let succeeded = count_of(&counts.fates, "succeeded");
    let dropped = counts.conservation.settled - succeeded;
    let in_flight = match counts.in_flight {
        0 => String::new(),
        n => format!(" {} still in flight at the end.", were(n)),
    };
    format!(
        "{name}: of {} accepted, {} ({}) succeeded, {} did not, {} lost.{in_flight}",
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
    let settled = counts
        .fates
        .keys()
        .map(|name| (name.as_str(), count_of(&counts.fates, name)));
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
            format!("{} ({})", route.destination, route.kind),
            grouped(route.delivered),
            grouped(route.delivery_failed),
            grouped(route.pending),
            causes(&route.failures),
        ]
    };
    Sums {
        header: vec![
            "Route",
            "destination",
            "delivered",
            "failed",
            "pending",
            "failed because",
        ],
        names: 2,
        rows: routes.iter().map(row).collect(),
    }
}

fn functions(report: &SummaryReport) -> Sums {
    let row = |function: &crate::observe::summary::FunctionReport| {
        let counts = &function.counts;
        vec![
            function.function.clone(),
            grouped(counts.accepted),
            grouped(count_of(&counts.fates, "succeeded")),
            grouped(counts.lost.total),
            grouped(counts.runs),
            grouped(sum(&counts.throttles)),
            counts.event_age.map_or_else(dash, |age| duration(age.p99_ns)),
            dollars(counts.cost_usd.total),
        ]
    };
    Sums {
        header: vec![
            "Function",
            "accepted",
            "succeeded",
            "lost",
            "runs",
            "throttles",
            "age p99",
            "cost",
        ],
        names: 1,
        rows: report.functions.iter().map(row).collect(),
    }
}

fn lost(counts: &Counts) -> String {
    let lost = &counts.lost;
    if lost.total == 0 {
        return "none: each event succeeded, is in flight, or is kept by a route".to_owned();
    }
    format!(
        "{} ({} of the accepted): {} had no route for the failure, {} had no delivery that succeeded; first at {}",
        events(lost.total),
        percent(lost.total, counts.accepted),
        grouped(lost.without_route),
        grouped(lost.by_failed_delivery),
        instant(lost.first_ns),
    )
}

fn attempts(counts: &Counts) -> String {
    let ratio = |value: Option<Decimal>| value.map_or_else(dash, |value| value.to_string());
    format!(
        "{} = {} runs + {} throttled + {} system errors; per event {} attempts, {} runs",
        grouped(counts.attempts),
        grouped(counts.runs),
        grouped(sum(&counts.throttles)),
        grouped(counts.system_errors),
        ratio(counts.amplification.attempts_per_event),
        ratio(counts.amplification.runs_per_event),
    )
}

fn retries(counts: &Counts) -> String {
    format!(
        "succeeded at once {}, after back-off only {}, after a failed run {}",
        grouped(counts.succeeded.on_first_try),
        grouped(counts.succeeded.after_backoff),
        grouped(counts.succeeded.after_retry),
    )
}

fn errors(counts: &Counts) -> String {
    format!(
        "{} of {} runs failed{}; {} more failed, but the handler caught the error",
        grouped(sum(&counts.function_errors)),
        grouped(counts.runs),
        listed(&counts.function_errors),
        grouped(counts.caught_errors),
    )
}

fn throttles(counts: &Counts) -> String {
    format!(
        "{} attempts{}",
        grouped(sum(&counts.throttles)),
        listed(&counts.throttles)
    )
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
    format!(
        "at most {} at once, at {}; {drained}",
        events(backlog.peak.maximum),
        instant(backlog.peak.at_ns)
    )
}

fn concurrency(counts: &Counts, scenario: &Scenario) -> String {
    let limit = match scenario.functions.as_slice() {
        [function] => function.reserved.map_or_else(
            || {
                format!(
                    " (account limit {})",
                    grouped(scenario.account.concurrency.into())
                )
            },
            |reserved| format!(" (reserved {})", grouped(reserved.into())),
        ),
        _ => format!(
            " (account limit {})",
            grouped(scenario.account.concurrency.into())
        ),
    };
    format!(
        "at most {} runs at once{limit}, first at {}",
        grouped(counts.concurrency.maximum),
        instant(counts.concurrency.at_ns),
    )
}

fn cost(counts: &Counts) -> String {
    let cost = &counts.cost_usd;
    let mut text = format!(
        "{} = {} first runs + {} retries",
        dollars(cost.total),
        dollars(cost.first_runs),
        dollars(cost.retries)
    );
    if counts.sync_calls.made > 0 {
        let _ = write!(text, " + {} synchronous calls", dollars(cost.sync_calls));
    }
    let _ = write!(
        text,
        "; {} of it wasted on failed runs ({} ms billed in all)",
        dollars(cost.wasted),
        grouped(counts.billed_ms.total)
    );
    text
}

fn sync_calls(counts: &Counts) -> String {
    let calls = &counts.sync_calls;
    format!(
        "{} made: {} answered, {} failed, {} throttled, {} system errors",
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
        if books.holds {
            ""
        } else {
            " -- THE BOOKS DO NOT BALANCE: this is a bug"
        },
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
    format!(
        "{} {}",
        grouped(count),
        if count == 1 { "event" } else { "events" }
    )
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
fn percent(part: u64, whole: u64) -> String {
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

/// Cents from a dollar on, six places below.
fn dollars(cost: Decimal) -> String {
    let one = Decimal::new(1_000_000_000_000, 12);
    format!("${}", cost.round(if cost < one { 6 } else { 2 }))
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

    #[test]
    fn numbers_are_written_for_people() {
        let counts = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
        ];
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
