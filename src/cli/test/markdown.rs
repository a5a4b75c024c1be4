//! The report as Markdown, for a comment on a change.

use super::Suite;
use super::words;
use std::fmt::Write as _;
use thirdtry::suite::{CaseVerdict, Judged, Line, Outcome, Report};

pub(super) fn markdown(suite: &Suite) -> String {
    let mut text = format!("### thirdtry: {}\n", escaped(&words::total(suite)));
    let (fine, rest): (Vec<&Report>, Vec<&Report>) =
        suite.reports.iter().partition(|report| report.verdict().is_fine());
    for report in rest {
        of_scenario(&mut text, report, suite);
    }
    for stray in &suite.stray {
        let _ =
            writeln!(text, "\n**FAIL** {}: {}", code(&stray.path.display().to_string()), escaped(stray.what));
    }
    for search in &suite.seeds {
        let _ = writeln!(text, "\n{}", fenced(&search.text()));
    }
    if !fine.is_empty() {
        text.push_str("\n| scenario | verdict | |\n|---|---|---|\n");
        for report in fine {
            let Outcome::Judged(judged) = &report.outcome else { continue };
            let (name, verdict) = (code(&report.name), report.verdict().name());
            let _ = writeln!(text, "| {name} | {verdict} | {} |", words::checked(judged));
        }
    }
    text
}

fn of_scenario(text: &mut String, report: &Report, suite: &Suite) {
    let verdict = match report.verdict() {
        CaseVerdict::Invalid => "INVALID",
        CaseVerdict::Undecided => "UNDECIDED",
        _ => "FAIL",
    };
    let _ = writeln!(text, "\n**{verdict}** {}", code(&report.name));
    match &report.outcome {
        Outcome::Rejected(_) => {
            text.push('\n');
            for (place, message) in words::errors(report) {
                let place = place.map_or_else(String::new, |(line, column)| format!("{line}:{column}: "));
                let _ = writeln!(text, "- {place}{}", escaped(&message));
            }
        }
        Outcome::Judged(judged) => judged_scenario(text, report, judged, suite),
    }
}

fn judged_scenario(text: &mut String, report: &Report, judged: &Judged, suite: &Suite) {
    for (at, sentence) in words::golden(&judged.golden).iter().enumerate() {
        let gap = if at == 0 { "\n" } else { "" };
        let _ = writeln!(text, "{gap}- {}", escaped(sentence));
    }
    if judged.lines.is_empty() {
        return;
    }
    text.push_str("\n| | expected | got |\n|---|---|---|\n");
    text.extend(judged.lines.iter().map(words::markdown_row));
    for line in &judged.lines {
        let more = commands(report, line, suite);
        if !more.is_empty() {
            let _ = writeln!(text, "\n{more}");
        }
    }
}

fn commands(report: &Report, line: &Line, suite: &Suite) -> String {
    let mut parts = Vec::new();
    if let (Some(culprit), Some(command)) = (line.culprit, words::explain(&report.name, line, &suite.sets)) {
        parts.push(format!(
            "{} is first broken by event {} at {}: {}",
            code(&line.requirement.expectation.text),
            culprit.event.0,
            culprit.at,
            code(&command)
        ));
    }
    if let Some(more) = words::more(line) {
        parts.push(format!("{}: {more}.", code(&line.requirement.expectation.text)));
    }
    parts.join("\n\n")
}

/// Text in which nothing is markup.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' | '\r' => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '@' | '~' | '!' => escaped.extend(['\\', c]),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text in a code span that fits into a table: as HTML, in which every character can be written.
pub(super) fn code(text: &str) -> String {
    let mut escaped = String::from("<code>");
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '|' => escaped.push_str("&#124;"),
            '`' => escaped.push_str("&#96;"),
            '*' => escaped.push_str("&#42;"),
            '_' => escaped.push_str("&#95;"),
            '[' => escaped.push_str("&#91;"),
            ']' => escaped.push_str("&#93;"),
            '@' => escaped.push_str("&#64;"),
            '\\' => escaped.push_str("&#92;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped + "</code>"
}

fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_markup() {
        assert_eq!(escaped("<b>*x*|@me\n"), "&lt;b&gt;\\*x\\*\\|\\@me ");
        assert_eq!(code("a|`b`<i>"), "<code>a&#124;&#96;b&#96;&lt;i&gt;</code>");
        assert_eq!(fenced("a ```` b"), "`````text\na ```` b\n`````");
    }
}
