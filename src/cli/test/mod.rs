//! `test`: scenarios held against their expectations and golden results, for a build.

mod discover;
mod github;
mod json;
mod junit;
mod markdown;
mod seeds;
mod text;
pub(super) mod words;

pub(super) use discover::{Discovered, GoldenMode, discover, is_ci};

use super::args::{TestArgs, TestFormat};
use super::exit::{Exit, Failure};
use super::limits::MemoryShare;
use super::progress::RunsProgress;
use super::terminal::Terminal;
use super::{diagnostics, interrupt};
use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use thirdtry::experiment::{Confidence, all_cores, in_parallel};
use thirdtry::scenario::load::load;
use thirdtry::suite::golden::GoldenFolder;
use thirdtry::suite::{Case, CaseVerdict, GoldenOutcome, Options, Outcome, Report, test_case};

/// Everything that was found, in the order of the scenarios.
pub(super) struct Suite {
    pub(super) reports: Vec<Report>,
    /// How many scenarios were not looked at any more.
    pub(super) left_out: usize,
    /// Golden results that belong to no scenario, or that wait where nobody can accept them.
    pub(super) stray: Vec<Stray>,
    /// The other seeds that were tried.
    pub(super) seeds: Vec<seeds::Search>,
    /// The options that `explain` needs to show the same run.
    pub(super) sets: Vec<String>,
}

/// Something among the golden results that does not belong there.
pub(super) struct Stray {
    pub(super) path: PathBuf,
    pub(super) what: &'static str,
}

/// Tests the scenarios and says what came of it.
pub(crate) fn execute(args: &TestArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    interrupt::listen();
    let outputs = [&args.junit, &args.json, &args.md, &args.github];
    outputs.into_iter().flatten().try_for_each(|path| check_folder_of(path))?;
    let found = discover(&args.paths, &args.sets, args.golden_mode())?;
    let suite = run(&found, args, terminal)?;
    show_problems(&suite, &found.cases, terminal);
    let pending = store_pending(&suite, &found.cases, args)?;
    let format = |format| write(format, &suite);
    for (path, kind) in [
        (&args.junit, TestFormat::Junit),
        (&args.json, TestFormat::Json),
        (&args.md, TestFormat::Md),
        (&args.github, TestFormat::Github),
    ] {
        if let Some(path) = path {
            fs::write(path, format(kind)).map_err(|error| cannot_write(path, &error))?;
        }
    }
    terminal.answer(&format(args.format))?;
    if pending > 0 {
        let (wait, them) = if pending == 1 { ("result waits", "it") } else { ("results wait", "them") };
        terminal.note(&format!(
            "{pending} {wait} to be accepted: look at {them}, then `thirdtry accept{}`",
            words::paths(&args.paths)
        ));
    }
    if suite.reports.iter().all(|report| report.verdict() == CaseVerdict::Unchecked)
        && suite.seeds.is_empty()
        && suite.stray.is_empty()
    {
        return Err(Failure::Usage {
            message: "nothing is expected of these scenarios, so nothing was tested".to_owned(),
            hint: Some(
                "add `expect` to a scenario, or hold it against a golden result with `--golden`".to_owned(),
            ),
        });
    }
    Ok(exit(&suite))
}

/// The worst of all verdicts.
fn exit(suite: &Suite) -> Exit {
    let golden = suite.stray.iter().map(|_| CaseVerdict::GoldenDiffers);
    let seeds = suite.seeds.iter().filter(|search| search.found.is_some()).map(|_| CaseVerdict::Failed);
    let worst = suite.reports.iter().map(Report::verdict).chain(golden).chain(seeds).max();
    match worst {
        Some(CaseVerdict::Invalid) => Exit::Invalid,
        Some(CaseVerdict::Failed) => Exit::Failed,
        Some(CaseVerdict::GoldenMissing | CaseVerdict::GoldenDamaged | CaseVerdict::GoldenDiffers) => {
            Exit::Differs
        }
        Some(CaseVerdict::Undecided) => Exit::Undecided,
        Some(CaseVerdict::Pass | CaseVerdict::Unchecked) | None => Exit::Done,
    }
}

fn run(found: &Discovered, args: &TestArgs, terminal: &Terminal) -> Result<Suite, Failure> {
    let threads = args.threads.unwrap_or_else(all_cores);
    let at_a_time = threads.get().min(found.cases.len()).max(1);
    let inner = NonZeroUsize::new(threads.get() / at_a_time).unwrap_or(NonZeroUsize::MIN);
    let memory = MemoryShare::of(args.limits, at_a_time * inner.get());
    found.cases.iter().try_for_each(|case| admit(case, memory))?;
    let options = Options {
        replications: args.replications,
        confidence: args.confidence.unwrap_or(Confidence::USUAL),
        threads: inner,
    };
    let progress = RunsProgress::new(terminal, found.cases.len() as u64).within(memory.pending_limit());
    let mut reports = Vec::new();
    let work = |at: usize| test_case(&found.cases[at], &options, &progress);
    in_parallel(found.cases.len(), threads, work, |report| {
        let stop = args.fail_fast && !report.verdict().is_fine();
        reports.push(report);
        if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    progress.finish()?;
    let stopped = interrupt::requested();
    let failed = reports.last().is_some_and(|report: &Report| !report.verdict().is_fine());
    if stopped || (reports.len() < found.cases.len() && !(args.fail_fast && failed)) {
        return Err(Failure::Interrupted { message: "interrupted; nothing was decided".to_owned() });
    }
    let left_out = found.cases.len() - reports.len();
    let mut suite =
        Suite { reports, left_out, stray: stray(found)?, seeds: Vec::new(), sets: args.sets.clone() };
    if let Some(count) = args.shuffle_seeds
        && !(args.fail_fast && failed)
    {
        suite.seeds = seeds::search(&suite, &found.cases, count, args, threads, terminal)?;
    }
    Ok(suite)
}

/// Refuses a scenario that needs more than its share of the memory. One that does not load is told of later.
fn admit(case: &Case, memory: MemoryShare) -> Result<(), Failure> {
    let Ok(loaded) = load(&case.input) else { return Ok(()) };
    memory.admit(&loaded.scenario).map_err(|failure| match failure {
        Failure::Environment { message, hint } => {
            Failure::Environment { message: format!("`{}`: {message}", case.input.name), hint }
        }
        failure => failure,
    })
}

/// What lies among the golden results of whole folders and belongs to no scenario; and in a build, what waits.
fn stray(found: &Discovered) -> Result<Vec<Stray>, Failure> {
    let mut stray = Vec::new();
    for (folder, names) in &found.folders {
        let unreferenced =
            folder.unreferenced(names).map_err(|damage| Failure::environment(damage.to_string()))?;
        stray.extend(unreferenced.into_iter().map(|name| Stray {
            path: folder.path().join(name),
            what: "a golden result without a scenario: delete it, or `accept` does",
        }));
        if is_ci() {
            let waiting = names.iter().map(|name| folder.pending_path(name)).filter(|path| path.exists());
            stray.extend(waiting.map(|path| Stray {
                path,
                what: "a result that waits to be accepted was left: `accept` it, or delete it, and commit that",
            }));
        }
    }
    Ok(stray)
}

/// Invalid scenarios and warnings, on standard error.
fn show_problems(suite: &Suite, cases: &[Case], terminal: &Terminal) {
    for (report, case) in suite.reports.iter().zip(cases) {
        match &report.outcome {
            Outcome::Rejected(rejected) => {
                for problem in &rejected.problems {
                    Terminal::problem(&diagnostics::render(problem, &case.input));
                }
            }
            Outcome::Judged(judged) => {
                for warning in &judged.warnings {
                    terminal.note(&diagnostics::render(warning, &case.input));
                }
            }
        }
    }
}

/// Lets what is not as stored wait to be accepted, and forgets what waited and is as stored now. A build, and a
/// scenario that `--set` changed, leave everything as it is.
fn store_pending(suite: &Suite, cases: &[Case], args: &TestArgs) -> Result<usize, Failure> {
    if is_ci() || !args.sets.is_empty() {
        return Ok(0);
    }
    let mut waiting = 0;
    for (report, case) in suite.reports.iter().zip(cases) {
        let (Outcome::Judged(judged), Some(folder)) = (&report.outcome, &case.golden) else { continue };
        let name = case.input.stem();
        let stored = match &judged.pending {
            Some(golden) if !judged.golden.is_fine() => {
                waiting += 1;
                folder.write_pending(&name, golden)
            }
            _ => folder.forget_pending(&name),
        };
        stored.map_err(|damage| Failure::environment(damage.to_string()))?;
    }
    Ok(waiting)
}

fn write(format: TestFormat, suite: &Suite) -> String {
    match format {
        TestFormat::Text => text::text(suite),
        TestFormat::Json => json::json(suite),
        TestFormat::Junit => junit::junit(suite),
        TestFormat::Github => github::github(suite),
        TestFormat::Md => markdown::markdown(suite),
    }
}

/// A file that cannot be written is told of before anything is run.
fn check_folder_of(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refuse =
        |message: String, hint: &str| Err(Failure::Environment { message, hint: Some(hint.to_owned()) });
    if !folder.is_dir() {
        let message = format!("cannot write `{}`: there is no folder `{}`", path.display(), folder.display());
        return refuse(message, "make it first; nothing was run");
    }
    if path.is_dir() {
        let message = format!("cannot write `{}`: it is a folder", path.display());
        return refuse(message, "name a file in it; nothing was run");
    }
    Ok(())
}

pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(format!("cannot write `{}`: {error}", path.display()))
}

/// Whether a golden result is told of at all.
pub(super) fn has_golden(outcome: &GoldenOutcome) -> bool {
    *outcome != GoldenOutcome::NotUsed
}

/// A folder of golden results with the names of all scenarios beside it.
pub(super) type Folders = Vec<(GoldenFolder, BTreeSet<String>)>;
