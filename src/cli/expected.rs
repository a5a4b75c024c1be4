//! What a scenario is expected to fulfil, beside the summary of its run.

use super::exit::Failure;
use super::interrupt;
use super::test::words;
use std::fmt::Write as _;
use thirdtry::expect::Verdict;
use thirdtry::experiment::Supervisor;
use thirdtry::scenario::load::Loaded;
use thirdtry::suite::{Line, judge_run};

/// Whoever asks to stop.
struct UntilInterrupted;

impl Supervisor for UntilInterrupted {
    fn stops(&self) -> bool {
        interrupt::requested()
    }
}

/// The verdicts on one run.
pub(crate) struct Verdicts {
    lines: Vec<Line>,
    sets: Vec<String>,
    name: String,
}

/// Judges the run of a scenario called `name` and changed by `sets`, by running it again with somebody who measures all
/// that is asked for; `None` if nothing is expected.
pub(crate) fn judge(loaded: &Loaded, name: &str, sets: &[String]) -> Result<Option<Verdicts>, Failure> {
    if loaded.scenario.expectations.is_empty() {
        return Ok(None);
    }
    let lines = judge_run(loaded, &UntilInterrupted)
        .ok_or_else(|| Failure::Interrupted { message: "interrupted".to_owned() })?;
    Ok(Some(Verdicts { lines, sets: sets.to_vec(), name: name.to_owned() }))
}

impl Verdicts {
    /// Whether all hold.
    pub(crate) fn hold(&self) -> bool {
        self.lines.iter().all(|line| line.judgement.verdict == Verdict::Pass)
    }

    /// The summary with the verdicts behind its headline.
    pub(crate) fn put_into(&self, summary: &str) -> String {
        match summary.split_once("\n\n") {
            Some((headline, rest)) => format!("{headline}\n\n{}\n{rest}", self.text()),
            None => format!("{summary}\n{}", self.text()),
        }
    }

    /// The summary in Markdown with the verdicts behind its headline.
    pub(crate) fn put_into_markdown(&self, summary: &str) -> String {
        let rows: String = self.lines.iter().map(words::markdown_row).collect();
        let table = format!("| | expected | got |\n|---|---|---|\n{rows}");
        match summary.split_once("\n\n") {
            Some((headline, rest)) => format!("{headline}\n\n{table}\n{rest}"),
            None => format!("{summary}\n{table}"),
        }
    }

    /// The verdicts, one a line, and who broke what.
    pub(crate) fn text(&self) -> String {
        let width = self.lines.iter().map(|line| line.requirement.expectation.text.chars().count()).max();
        let mut text = String::new();
        for line in &self.lines {
            text.push_str(&words::line_text(line, width.unwrap_or(0).min(60), ""));
            if let Some(broken) = words::broken_by(&self.name, line, &self.sets) {
                let _ = writeln!(text, "           {broken}");
            }
        }
        text
    }
}
