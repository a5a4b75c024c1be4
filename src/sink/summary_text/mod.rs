//! The summary for people: what happened, at a glance, in at most 100 columns; and the same as Markdown.
//!
//! Both are made from one and the same sheet, so that they cannot tell different things. Numbers are rounded; the exact
//! ones are in `summary.json`.

mod lines;
mod money;
mod phrases;
mod tables;
mod unseen;

use phrases::{count_of, events, shortened, were};

use super::outage_text;
use crate::observe::summary::SummaryReport;
use crate::scenario::Scenario;
use crate::text::layout::{WIDTH, cut, push_wrapped};
use crate::text::markdown::escaped;
use crate::text::number::{duration, grouped, percent};
use crate::text::table::Table;
use std::fmt::Write as _;

/// Where the text of a line starts, after its label.
const INDENT: usize = 13;

/// The summary as text.
pub fn summary_text(report: &SummaryReport, scenario: &Scenario) -> String {
    let sheet = Sheet::of(report, scenario);
    let mut text = String::new();
    push_wrapped(&mut text, &sheet.headline, 0);
    if let Some(outage) = &sheet.outage {
        text.push('\n');
        push_wrapped(&mut text, outage, 0);
    }
    for table in &sheet.tables {
        text.push('\n');
        // What does not fit is cut: the whole is in `summary.csv`.
        for line in table.lines() {
            writeln!(text, "{}", cut(&line, WIDTH)).expect("a string takes every text");
        }
    }
    text.push('\n');
    for (label, line) in &sheet.lines {
        write!(text, "{label:<INDENT$}").expect("a string takes every text");
        push_wrapped(&mut text, line, INDENT);
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
    for table in &sheet.tables {
        text.push('\n');
        text.push_str(&table.markdown());
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
    tables: Vec<Table>,
    lines: Vec<(&'static str, String)>,
}

impl Sheet {
    fn of(report: &SummaryReport, scenario: &Scenario) -> Self {
        Self {
            headline: headline(report),
            outage: outage(report, scenario),
            tables: tables::tables(report),
            lines: lines::lines(report, scenario),
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
}
