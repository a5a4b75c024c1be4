//! What all forms of the report say in the same words.

use super::Suite;
use super::markdown::{code, escaped};
use std::fmt::Write as _;
use thirdtry::expect::{Verdict, shown};
use thirdtry::observe::decimal::Decimal;
use thirdtry::scenario::problem::{LineIndex, Severity};
use thirdtry::suite::{GoldenOutcome, Judged, Line, Outcome, Report};
use thirdtry::text::number::{counted, grouped};

/// `got 3m17.124s`, or what replications say.
pub(crate) fn got(line: &Line) -> String {
    let unit = line.requirement.metric.unit;
    let judgement = &line.judgement;
    let missing = judgement.without_samples;
    let Some(spread) = &judgement.spread else {
        return match judgement.found {
            Some(found) => format!("got {}", as_asked(found, line)),
            None if missing > 1 => format!("no data in any of {missing} replications"),
            None => "got no data".to_owned(),
        };
    };
    let estimate = &spread.estimate;
    let mut text = format!("mean {}", real(estimate.mean, unit));
    if let Some((low, high)) = estimate.interval() {
        let percent = spread.confidence.share() * 100.0;
        let _ = write!(
            text,
            " [{}, {}] at {percent:.0}% over {} replications",
            real(low, unit),
            real(high, unit),
            estimate.n
        );
    }
    if spread.violated_in > 0 {
        let _ = write!(text, "; broken in {} of them", spread.violated_in);
    }
    if missing > 0 {
        let _ = write!(text, "; no data in {missing} more");
    }
    text
}

/// A number as its expectation is written: a share in percent, if that is asked for.
fn as_asked(found: Decimal, line: &Line) -> String {
    let unit = line.requirement.metric.unit;
    if line.requirement.expectation.value.ends_with('%') && unit != "Percent" {
        let percent = Decimal::new(found.units() * 100, found.places());
        return format!("{}%", shown(percent, unit));
    }
    shown(found, unit)
}

/// Text in which nothing moves the cursor or begins another line.
pub(crate) fn plain(text: &str) -> String {
    let visible = |c: char| if c.is_control() { c.escape_unicode().collect() } else { String::from(c) };
    text.chars().map(visible).collect()
}

/// A verdict on a line of its own, behind `indent`.
pub(crate) fn line_text(line: &Line, width: usize, indent: &str) -> String {
    let mark = mark(line.judgement.verdict);
    format!("{indent}{mark:<9}  {:<width$}  {}\n", plain(&line.requirement.expectation.text), got(line))
}

/// A verdict as a row of a table in Markdown.
pub(crate) fn markdown_row(line: &Line) -> String {
    let verdict = line.judgement.verdict;
    let stars = if verdict == Verdict::Pass { "" } else { "**" };
    format!(
        "| {stars}{}{stars} | {} | {} |\n",
        mark(verdict),
        code(&line.requirement.expectation.text),
        escaped(&got(line))
    )
}

/// A verdict as people find it in a column: what failed stands out without any colour.
const fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "FAIL",
        Verdict::Pass | Verdict::Undecided => verdict.name(),
    }
}

/// How many more replications would decide, where they are asked for.
pub(super) fn more(line: &Line) -> Option<String> {
    (line.judgement.verdict == Verdict::Undecided).then(|| match line.judgement.more {
        Some(more) => format!("about {} more replications would decide", grouped(more)),
        None => "the mean is the value itself: no number of replications would decide".to_owned(),
    })
}

/// A number that is estimated.
fn real(value: f64, unit: &str) -> String {
    let places = match unit {
        "USD" => 9,
        "Nanoseconds" => 0,
        _ => 3,
    };
    let text = format!("{:.places$}", value.abs());
    let sign = if value < 0.0 { "−" } else { "" };
    let number = Decimal::parse(&text);
    number.map_or(text, |number| format!("{sign}{}", shown(number, unit)))
}

/// The event that breaks it, and how to see its life.
pub(crate) fn broken_by(name: &str, line: &Line, sets: &[String]) -> Option<String> {
    let culprit = line.culprit?;
    let explain = explain(name, line, sets)?;
    Some(format!("first broken by event {} at {}: {}", culprit.event.0, culprit.at, plain(&explain)))
}

/// The command that shows the life of the event that breaks it.
pub(super) fn explain(name: &str, line: &Line, sets: &[String]) -> Option<String> {
    Some(format!("thirdtry explain {}{} --event {}", argument(name), self::sets(sets), line.culprit?.event.0))
}

/// The options that change settings, each behind a space.
pub(crate) fn sets(sets: &[String]) -> String {
    sets.iter().flat_map(|set| [" --set ".to_owned(), argument(set)]).collect()
}

/// As a shell reads it.
pub(crate) fn argument(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The paths as they were given, each behind a space.
pub(super) fn paths(paths: &[String]) -> String {
    paths.iter().flat_map(|path| [" ".to_owned(), argument(path)]).collect()
}

/// `3 expectations, golden`
pub(super) fn checked(judged: &Judged) -> String {
    let count = judged.lines.len();
    let expectations = match count {
        0 => "no expectations".to_owned(),
        _ => counted(count as u64, "expectation"),
    };
    match judged.golden {
        GoldenOutcome::NotUsed => expectations,
        _ => format!("{expectations}, golden result"),
    }
}

/// What is to say about a golden result; the first sentence is the headline.
pub(super) fn golden(outcome: &GoldenOutcome) -> Vec<String> {
    match outcome {
        GoldenOutcome::NotUsed | GoldenOutcome::Same | GoldenOutcome::SameResults => Vec::new(),
        GoldenOutcome::Missing => vec![
            "there is no golden result of this scenario: outside a build `thirdtry test` leaves one, which `thirdtry accept` takes"
                .to_owned(),
        ],
        GoldenOutcome::Differs(sentences) => sentences.clone(),
        GoldenOutcome::Damaged(reason) => vec![format!("the golden result cannot be used: {reason}")],
    }
}

/// The errors of a scenario that is none, each with its line and column.
pub(super) fn errors(report: &Report) -> Vec<(Option<(usize, usize)>, String)> {
    let Outcome::Rejected(rejected) = &report.outcome else { return Vec::new() };
    let lines = LineIndex::new(&rejected.text);
    let errors = rejected.problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors
        .map(|problem| {
            let place = problem.span.as_ref().map(|span| lines.position(span.start));
            let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", problem.path) };
            let hint = problem.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
            (place, format!("{path}{}{hint}", problem.message))
        })
        .collect()
}

/// `16 scenarios: 14 pass, 1 fail, 1 golden differs`
pub(super) fn total(suite: &Suite) -> String {
    use thirdtry::suite::CaseVerdict;
    let verdicts = [
        CaseVerdict::Pass,
        CaseVerdict::Failed,
        CaseVerdict::Undecided,
        CaseVerdict::GoldenDiffers,
        CaseVerdict::GoldenMissing,
        CaseVerdict::GoldenDamaged,
        CaseVerdict::Invalid,
        CaseVerdict::Unchecked,
    ];
    let count = |verdict| suite.reports.iter().filter(|report| report.verdict() == verdict).count();
    let mut parts: Vec<String> = verdicts
        .into_iter()
        .map(|verdict| (verdict, count(verdict)))
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| format!("{count} {}", verdict.name()))
        .collect();
    if suite.left_out > 0 {
        parts.push(format!("{} not run", suite.left_out));
    }
    let all = suite.reports.len() + suite.left_out;
    let mut text = format!("{}: {}", counted(all as u64, "scenario"), parts.join(", "));
    if !suite.stray.is_empty() {
        let _ = write!(text, "; {}", counted(suite.stray.len() as u64, "stray golden result"));
    }
    let broken = suite.seeds.iter().filter(|search| search.found.is_some()).count();
    if broken > 0 {
        let _ = write!(text, "; other seeds break {broken}");
    }
    text
}
