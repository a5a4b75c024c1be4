//! `check`: every problem of scenario files, or what they mean; nothing is run.

use super::args::{CheckArgs, ReportFormat};
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use super::{diagnostics, input};
use serde_json::json;
use thirdtry::estimate::Estimate;
use thirdtry::expect;
use thirdtry::lint::{Lint, lints_of};
use thirdtry::record::Files;
use thirdtry::scenario::load::{Input, Meaning, meaning};
use thirdtry::scenario::problem::{LineIndex, Problem, Severity};
use thirdtry::scenario::shape::Setting;
use thirdtry::text::number::{counted, grouped, size};

/// Checks each scenario; the exit code is 3 if any has an error.
pub(crate) fn execute(args: &CheckArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let mut inputs = Vec::new();
    for name in &args.scenarios {
        inputs.push(input::with_sets(input::read(name)?, &args.sets)?);
    }
    let reports: Vec<_> = inputs.iter().map(|input| Report::of(input, args.explain)).collect();
    match args.format {
        ReportFormat::Text => {
            for report in &reports {
                report.show(args.explain, terminal)?;
            }
        }
        ReportFormat::Json => {
            let documents: Vec<_> = reports.iter().map(|report| report.to_json(args.explain)).collect();
            let text = serde_json::to_string_pretty(&documents).expect("plain data");
            terminal.answer(&format!("{text}\n"))?;
        }
    }
    let invalid = reports.iter().any(|report| report.meaning.is_none());
    // The process is about to end; taking large trees apart first would only keep somebody waiting.
    std::mem::forget(reports);
    Ok(if invalid { Exit::Invalid } else { Exit::Done })
}

/// What was found in one file.
struct Report<'i> {
    input: &'i Input,
    problems: Vec<Problem>,
    lints: Vec<Lint>,
    estimate: Option<Estimate>,
    meaning: Option<Meaning<'i>>,
}

impl<'i> Report<'i> {
    fn of(input: &'i Input, explain: bool) -> Self {
        match meaning(input, explain) {
            Ok(meaning) => {
                let unfit = expect::problems(&meaning.scenario, &meaning.written);
                let sound = unfit.is_empty();
                let mut problems: Vec<Problem> = meaning.warnings.iter().cloned().chain(unfit).collect();
                if !sound {
                    return Self { input, problems, lints: Vec::new(), estimate: None, meaning: None };
                }
                let (estimate, flows) = Estimate::with_flows(&meaning.scenario);
                let lints = lints_of(&meaning.scenario, &flows);
                problems.extend(lints.iter().map(Lint::problem));
                Self { input, problems, lints, estimate: Some(estimate), meaning: Some(meaning) }
            }
            Err(rejected) => {
                let problems = rejected.problems;
                Self { input, problems, lints: Vec::new(), estimate: None, meaning: None }
            }
        }
    }

    fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    }

    /// Problems go to standard error, the verdict and the settings to standard output.
    fn show(&self, explain: bool, terminal: &mut Terminal) -> Result<(), Failure> {
        for problem in &self.problems {
            Terminal::problem(&diagnostics::render(problem, self.input));
        }
        terminal.answer(&format!("{}: {}\n", self.input.name, self.verdict()))?;
        if let Some(estimate) = &self.estimate {
            terminal.answer(&estimate_text(estimate))?;
        }
        if explain && let Some(meaning) = &self.meaning {
            terminal.answer(&settings_text(&meaning.settings))?;
        }
        Ok(())
    }

    fn verdict(&self) -> String {
        let warnings = self.problems.len() - self.errors();
        let count = |n: usize, noun: &str| counted(n as u64, noun);
        match (&self.meaning, warnings) {
            (None, 0) => count(self.errors(), "error"),
            (None, _) => format!("{}, {}", count(self.errors(), "error"), count(warnings, "warning")),
            (Some(_), 0) => "ok".to_owned(),
            (Some(_), _) => format!("ok, {}", count(warnings, "warning")),
        }
    }

    fn to_json(&self, explain: bool) -> serde_json::Value {
        let text = String::from_utf8_lossy(&self.input.bytes);
        let lines = LineIndex::new(&text);
        let problem = |problem: &Problem| {
            let place = problem.span.as_ref().map(|span| lines.position(span.start));
            json!({
                "severity": problem.severity.name(),
                "line": place.map(|(line, _)| line),
                "column": place.map(|(_, column)| column),
                "path": problem.path,
                "message": problem.message,
                "hint": problem.hint,
            })
        };
        let setting = |setting: &Setting| {
            json!({ "path": setting.path, "value": setting.value, "given": setting.given,
                    "meaning": setting.doc, "source": setting.source })
        };
        let mut report = json!({
            "scenario": self.input.name,
            "valid": self.meaning.is_some(),
            "problems": self.problems.iter().map(problem).collect::<Vec<_>>(),
        });
        if let Some(estimate) = &self.estimate {
            report["lints"] = serde_json::to_value(&self.lints).expect("plain data");
            report["estimate"] = estimate_json(estimate);
        }
        if explain && let Some(meaning) = &self.meaning {
            report["settings"] = meaning.settings.iter().map(setting).collect();
        }
        report
    }
}

/// What a run is going to need, on one line.
fn estimate_text(estimate: &Estimate) -> String {
    format!(
        "  a run: about {} events, {} attempts, at most {} at a time; {} of memory, {} for all files\n",
        grouped(estimate.events),
        grouped(estimate.attempts),
        grouped(estimate.peak_pending),
        size(estimate.memory_bytes(Some(Files::ALL))),
        size(estimate.disk_bytes(Files::ALL))
    )
}

fn estimate_json(estimate: &Estimate) -> serde_json::Value {
    json!({
        "events": estimate.events,
        "runs": estimate.runs,
        "attempts": estimate.attempts,
        "peak_pending": estimate.peak_pending,
        "deliveries": estimate.deliveries,
        "memory_bytes": estimate.memory_bytes(Some(Files::ALL)),
        "file_bytes": estimate.file_bytes(Files::ALL).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
    })
}

/// Every setting on a line of its own: given or assumed, path, value; then what it is and where that is written.
fn settings_text(settings: &[Setting]) -> String {
    let width = settings.iter().map(|setting| setting.path.len()).max().unwrap_or(0).min(60);
    let line = |setting: &Setting| {
        let origin = if setting.given { "given  " } else { "assumed" };
        let source = if setting.source.is_empty() { String::new() } else { format!(" <{}>", setting.source) };
        format!(
            "  {origin}  {:<width$}  {}\n           {}{source}\n",
            setting.path, setting.value, setting.doc
        )
    };
    settings.iter().map(line).collect()
}
