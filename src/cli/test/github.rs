//! The report as annotations of a GitHub workflow: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use super::Suite;
use super::words;
use std::fmt::Write as _;
use thirdtry::expect::Verdict;
use thirdtry::suite::{Outcome, Report};

pub(super) fn github(suite: &Suite) -> String {
    let mut text = String::new();
    for report in &suite.reports {
        of_scenario(&mut text, report, suite);
    }
    for stray in &suite.stray {
        annotate(&mut text, "error", &stray.path.display().to_string(), None, "golden result", stray.what);
    }
    for search in suite.seeds.iter().filter(|search| search.found.is_some()) {
        annotate(&mut text, "error", &search.name, None, "another seed", &search.text());
    }
    // What follows a line break would be another command: there is none in a total.
    let _ = writeln!(text, "{}", words::total(suite));
    text
}

fn of_scenario(text: &mut String, report: &Report, suite: &Suite) {
    let name = &report.name;
    match &report.outcome {
        Outcome::Rejected(_) => {
            for (place, message) in words::errors(report) {
                annotate(text, "error", name, place, "invalid scenario", &message);
            }
        }
        Outcome::Judged(judged) => {
            for line in judged.lines.iter().filter(|line| line.judgement.verdict != Verdict::Pass) {
                let (kind, title) = match line.judgement.verdict {
                    Verdict::Undecided => ("warning", "undecided expectation"),
                    _ => ("error", "failed expectation"),
                };
                let mut message =
                    vec![format!("{}: {}", line.requirement.expectation.text, words::got(line))];
                message.extend(words::broken_by(&report.name, line, &suite.sets));
                message.extend(words::more(line));
                annotate(text, kind, name, line.place, title, &message.join("\n"));
            }
            let sentences = words::golden(&judged.golden);
            if !sentences.is_empty() {
                annotate(text, "error", name, None, "golden result", &sentences.join("\n"));
            }
        }
    }
}

fn annotate(
    text: &mut String,
    kind: &str,
    file: &str,
    place: Option<(usize, usize)>,
    title: &str,
    message: &str,
) {
    let place = place.map_or_else(String::new, |(line, column)| format!(",line={line},col={column}"));
    let _ = writeln!(
        text,
        "::{kind} file={}{place},title={}::{}",
        property(file),
        property(&format!("thirdtry: {title}")),
        data(message)
    );
}

/// A message: what would end it is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: what would end it, or begin the next.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_or_message_ends_the_command() {
        let mut text = String::new();
        annotate(&mut text, "error", "a,line=1::b%\n", Some((3, 7)), "x", "100 %\r\n::error::y");
        assert_eq!(
            text,
            "::error file=a%2Cline=1%3A%3Ab%25%0A,line=3,col=7,title=thirdtry%3A x::100 %25%0D%0A::error::y\n"
        );
    }
}
