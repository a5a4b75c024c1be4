//! `--shuffle-seeds`: other seeds of the scenarios that pass, and the smallest scenario that one of them breaks.

use super::{Suite, cannot_write, words};
use crate::cli::args::TestArgs;
use crate::cli::exit::Failure;
use crate::cli::limits::MemoryShare;
use crate::cli::progress::RunsProgress;
use crate::cli::terminal::Terminal;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use thirdtry::expect::shown;
use thirdtry::observe::decimal::Decimal;
use thirdtry::suite::{Case, CaseVerdict, Found, Outcome, Shrunk, search_seeds, shrink};
use thirdtry::text::number::counted;

/// What came of the other seeds of a scenario.
pub(crate) struct Search {
    pub(super) name: String,
    seeds: NonZeroU32,
    pub(super) found: Option<(Found, Option<(Shrunk, PathBuf)>)>,
}

/// Tries `count` other seeds of each scenario that has expectations and breaks none with its own.
pub(super) fn search(
    suite: &Suite,
    cases: &[Case],
    count: NonZeroU32,
    args: &TestArgs,
    threads: NonZeroUsize,
    terminal: &Terminal,
) -> Result<Vec<Search>, Failure> {
    let mut all = Vec::new();
    let interrupted = || Failure::Interrupted { message: "interrupted; nothing was decided".to_owned() };
    for (report, case) in suite.reports.iter().zip(cases) {
        let has_expectations = matches!(&report.outcome, Outcome::Judged(judged) if !judged.lines.is_empty());
        if !has_expectations || report.verdict() >= CaseVerdict::Failed {
            continue;
        }
        let within = MemoryShare::of(args.limits, threads.get()).pending_limit();
        let progress = RunsProgress::new(terminal, count.get().into()).within(within);
        let found = search_seeds(&case.input, count, threads, &progress);
        progress.finish()?;
        let found = found.map_err(|_| interrupted())?;
        let found = match found {
            None => None,
            Some(found) => {
                let shrunk = shrink(&case.input, &found, &RunsProgress::new(terminal, 1).within(within));
                let saved =
                    shrunk.map(|shrunk| save(shrunk, &case.input.stem(), &found, args)).transpose()?;
                Some((found, saved))
            }
        };
        let broken = found.is_some();
        all.push(Search { name: report.name.clone(), seeds: count, found });
        if broken && args.fail_fast {
            break;
        }
    }
    Ok(all)
}

fn save(shrunk: Shrunk, stem: &str, found: &Found, args: &TestArgs) -> Result<(Shrunk, PathBuf), Failure> {
    let folder = args.out.clone().unwrap_or_else(|| Path::new("out").join("test"));
    fs::create_dir_all(&folder).map_err(|error| cannot_write(&folder, &error))?;
    let path = folder.join(format!("{stem}-seed-{}.json", found.seed));
    fs::write(&path, &shrunk.text).map_err(|error| cannot_write(&path, &error))?;
    Ok((shrunk, path))
}

impl Search {
    /// What was found in one sentence.
    pub(super) fn headline(&self) -> String {
        match &self.found {
            None => format!("{} other seeds break nothing", self.seeds),
            Some((found, _)) => {
                let got = found.found.map_or_else(|| "no data".to_owned(), |value| shown(value, found.unit));
                format!(
                    "seed {} breaks `{}`: got {got} (seed {} of {} tried)",
                    found.seed,
                    words::plain(&found.expectation),
                    found.tried,
                    self.seeds
                )
            }
        }
    }

    /// For people: the sentence, and the scenario that fails alone.
    pub(super) fn text(&self) -> String {
        let verdict = if self.found.is_some() { "FAIL" } else { "pass" };
        let mut text = format!("{verdict:<10} {}  {}\n", words::plain(&self.name), self.headline());
        if let Some((_, Some((shrunk, path)))) = &self.found {
            let events = counted(shrunk.events, "event");
            let _ = writeln!(
                text,
                "             the smallest scenario that still does ({events}, {}): thirdtry test {}",
                shown(Decimal::new(shrunk.span.as_nanos().into(), 0), "Nanoseconds"),
                words::argument(&path.display().to_string())
            );
        }
        text
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "scenario": self.name,
            "seeds": self.seeds,
            "broken_by": self.found.as_ref().map(|(found, shrunk)| json!({
                "seed": found.seed,
                "tried": found.tried,
                "expectation": found.expectation,
                "got": found.found.map(|found| found.to_string()),
                "unit": found.unit,
                "smallest": shrunk.as_ref().map(|(shrunk, path)| json!({
                    "file": path.display().to_string(),
                    "events": shrunk.events,
                    "sources": shrunk.sources,
                    "ends_ns": shrunk.span.as_nanos(),
                    "tries": shrunk.tries,
                })),
            })),
        })
    }
}
