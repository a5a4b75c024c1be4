//! The report for people.

use super::Suite;
use super::words;
use std::fmt::Write as _;
use thirdtry::suite::{CaseVerdict, Judged, Outcome, Report};
use thirdtry::text::number::counted;

pub(super) fn text(suite: &Suite) -> String {
    let mut text = String::new();
    for report in &suite.reports {
        text.push_str(&of_scenario(report, suite));
    }
    for stray in &suite.stray {
        let _ = writeln!(
            text,
            "FAIL       {}\n             {}",
            words::plain(&stray.path.display().to_string()),
            stray.what
        );
    }
    for search in &suite.seeds {
        text.push_str(&search.text());
    }
    let _ = writeln!(text, "\n{}", words::total(suite));
    text
}

fn of_scenario(report: &Report, suite: &Suite) -> String {
    let verdict = match report.verdict() {
        CaseVerdict::Pass => "pass",
        CaseVerdict::Unchecked => "unchecked",
        CaseVerdict::Undecided => "UNDECIDED",
        CaseVerdict::Invalid => "INVALID",
        CaseVerdict::GoldenMissing
        | CaseVerdict::GoldenDamaged
        | CaseVerdict::GoldenDiffers
        | CaseVerdict::Failed => "FAIL",
    };
    let name = &words::plain(&report.name);
    match &report.outcome {
        Outcome::Rejected(_) => {
            let count = words::errors(report).len();
            format!("{verdict:<10} {name}  {}; see above\n", counted(count as u64, "error"))
        }
        Outcome::Judged(judged) => {
            let mut text = format!("{verdict:<10} {name}  {}\n", words::checked(judged));
            if report.verdict() != CaseVerdict::Unchecked {
                details(&mut text, report, judged, suite);
            }
            text
        }
    }
}

/// Everything but what is as it should be; of a scenario that failed, that too.
fn details(text: &mut String, report: &Report, judged: &Judged, suite: &Suite) {
    let fine = report.verdict().is_fine();
    let width = judged.lines.iter().map(|line| line.requirement.expectation.text.chars().count()).max();
    for line in judged.lines.iter().filter(|_| !fine) {
        text.push_str(&words::line_text(line, width.unwrap_or(0).min(60), "  "));
        let more = words::broken_by(&report.name, line, &suite.sets).into_iter().chain(words::more(line));
        for more in more {
            let _ = writeln!(text, "             {more}");
        }
    }
    let mut sentences = words::golden(&judged.golden).into_iter();
    if let Some(first) = sentences.next() {
        let _ = writeln!(text, "  golden     {}", words::plain(&first));
    }
    for sentence in sentences {
        let _ = writeln!(text, "             {}", words::plain(&sentence));
    }
}
