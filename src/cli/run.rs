//! `run`: one run of a scenario, its summary, and the folder of its results.

use super::args::{FileChoice, Format, RunArgs, TimelineChoice};
use super::exit::{Exit, Failure};
use super::expected::{self, Verdicts};
use super::limits::{self, PendingLimit};
use super::progress::Progress;
use super::terminal::Terminal;
use super::{input, interrupt, replicate};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::thread;
use thirdtry::estimate::Estimate;
use thirdtry::experiment::all_cores;
use thirdtry::observe::summary::SummaryReport;
use thirdtry::record::ahead::simulation_with_arrivals_ahead;
use thirdtry::record::behind::observe_behind;
use thirdtry::record::listening::{OnTheSpot, Place, Places, Watched};
use thirdtry::record::{Files, Recorder};
use thirdtry::scenario::Scenario;
use thirdtry::scenario::load::Loaded;
use thirdtry::simulate::feed::Feed;
use thirdtry::simulate::{RunEnd, Simulation};
use thirdtry::sink::directory::{OutputError, OutputFolder};
use thirdtry::sink::summary_files;
use thirdtry::sink::summary_text::{summary_markdown, summary_text};
use thirdtry::time::SimTime;

/// Runs the scenario, writes the files asked for, and prints the summary.
pub(crate) fn execute(args: &RunArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    interrupt::listen();
    if args.statistics.is_asked_for() {
        return replicate::execute(args, terminal);
    }
    if let Some(option) = args.statistics.stray_option() {
        return Err(Failure::Usage {
            message: format!("`{option}` means nothing without replications"),
            hint: Some("add `--replications N` or `--until-precise METRIC=±MARGIN`".to_owned()),
        });
    }
    let loaded = input::load_scenario(&args.scenario.scenario, &args.scenario.all_sets(), terminal)?;
    let folder = chosen_files(args)?.map(|files| (files, folder_path(args, &loaded)));
    let place = folder.as_ref().map(|(files, path)| (*files, path.as_path()));
    let limit = limits::admit(args.limits, &loaded.scenario, place)?;
    let mut recorder = match &folder {
        None => Recorder::without_files(&loaded.scenario),
        Some((files, path)) => open(&loaded, path, *files)?,
    };
    let ended = match run(&loaded.scenario, limit, &mut recorder, terminal) {
        Ok(ended) => ended,
        Err(Stopped { reason, failure }) => {
            // What stopped it, such as a full disk, may keep the reason from being written as well. The folder is
            // marked as incomplete since the run began, and the failure is what there is to say.
            recorder.interrupt(reason).unwrap_or_default();
            return Err(failure);
        }
    };
    let again = args.verify_determinism && ended.is_some();
    let again = again.then(|| fingerprint_of_another_run(&loaded.scenario, limit, terminal));
    let again = again.transpose().map_err(|stopped| stopped.failure)?;
    let (Some((end, at)), None | Some(Some(_))) = (ended, again) else {
        recorder.interrupt("it was interrupted").map_err(|error| cannot_write(&error))?;
        return Err(Failure::Interrupted { message: interrupted_message(folder.as_ref()) });
    };
    if let Some(again) = again.flatten()
        && let Err(failure) = same_fingerprint(recorder.fingerprint(), again)
    {
        recorder.interrupt("a second run went another way").map_err(|error| cannot_write(&error))?;
        return Err(failure);
    }
    let report = recorder.finish(end, at).map_err(|error| cannot_write(&error))?;
    let verdicts = expected::judge(&loaded, &args.scenario.scenario, &args.scenario.all_sets())?;
    show(&report, &loaded.scenario, verdicts.as_ref(), args.format, terminal)?;
    if let Some((_, path)) = folder {
        let charts = if cfg!(feature = "charts") { "" } else { " (no charts: built without them)" };
        terminal.note(&format!("wrote {}{charts}", path.display()));
    }
    Ok(if verdicts.is_none_or(|verdicts| verdicts.hold()) { Exit::Done } else { Exit::Failed })
}

/// The files asked for; `None` for no folder at all.
fn chosen_files(args: &RunArgs) -> Result<Option<Files>, Failure> {
    let chosen = |file: FileChoice| args.files.contains(&file) || args.files.contains(&FileChoice::All);
    if args.files.contains(&FileChoice::None) {
        return if args.files.len() == 1 {
            Ok(None)
        } else {
            Err(Failure::Usage {
                message: "`--files none` goes with no other file".to_owned(),
                hint: Some("name the files, or `none`".to_owned()),
            })
        };
    }
    let one_in = match args.timeline {
        TimelineChoice::Full => Some(NonZeroU64::MIN),
        TimelineChoice::None => None,
        TimelineChoice::Sample(one_in) => Some(one_in),
    };
    Ok(Some(Files {
        events: chosen(FileChoice::Events),
        attempts: chosen(FileChoice::Attempts),
        timeline: one_in.filter(|_| chosen(FileChoice::Timeline)),
        metrics: chosen(FileChoice::Metrics),
        deliveries: chosen(FileChoice::Deliveries),
        charts: chosen(FileChoice::Charts),
        png: args.png,
        report: chosen(FileChoice::Report),
    }))
}

pub(super) fn folder_path(args: &RunArgs, loaded: &Loaded) -> PathBuf {
    args.out.clone().unwrap_or_else(|| Path::new("out").join(&loaded.scenario.name))
}

fn open<'s>(loaded: &'s Loaded, path: &Path, files: Files) -> Result<Recorder<'s>, Failure> {
    OutputFolder::open(path)
        .and_then(|folder| Recorder::with_files(loaded, folder, files))
        .map_err(|error| cannot_write(&error))
}

/// A run that was stopped, as its folder and as its user are told.
pub(super) struct Stopped {
    reason: &'static str,
    pub(super) failure: Failure,
}

/// Runs to the end; `None` if it was interrupted. It is stopped when too much is pending, and when a file cannot be
/// written, as soon as that is known.
pub(super) fn run(
    scenario: &Scenario,
    limit: PendingLimit,
    recorder: &mut Recorder<'_>,
    terminal: &Terminal,
) -> Result<Option<(RunEnd, SimTime)>, Stopped> {
    let mut progress = Progress::new(terminal, scenario.expected_events());
    let places = Places::of(scenario, recorder.written(), all_cores(), || {
        let Estimate { attempts, events, .. } = Estimate::of(scenario);
        attempts / events.max(1)
    });
    if places.rows == Place::Behind {
        recorder.put_rows_behind();
    }
    let ended = thread::scope(|scope| {
        let simulation = simulation_with_arrivals_ahead(scenario, 0, scope);
        match places.observers {
            Place::OnTheSpot => {
                in_steps(simulation, limit, &mut OnTheSpot::new(recorder, look), &mut progress)
            }
            Place::Behind => observe_behind(recorder, look, |recorder| {
                in_steps(simulation, limit, recorder, &mut progress)
            }),
        }
    });
    progress.finish();
    ended
}

/// Lets `simulation` go on until it ends, is interrupted, or is stopped, and looks about every few thousand steps.
fn in_steps(
    mut simulation: Simulation<'_, impl Feed>,
    limit: PendingLimit,
    recorder: &mut impl Watched<View = Result<u64, OutputError>>,
    progress: &mut Progress,
) -> Result<Option<(RunEnd, SimTime)>, Stopped> {
    const STEPS: u64 = 1 << 12;
    loop {
        let end = simulation.advance(recorder, STEPS);
        recorder.look(simulation.in_flight());
        if let Some(end) = end {
            return Ok(Some((end, simulation.now())));
        }
        if interrupt::requested() {
            return Ok(None);
        }
        let too_much = |failure| Stopped { reason: "it was about to need too much memory", failure };
        limit.check(simulation.in_flight()).map_err(too_much)?;
        match recorder.view() {
            Some(Ok(arrived)) => progress.update(simulation.now(), *arrived),
            Some(Err(error)) => {
                let reason = "a file could not be written";
                return Err(Stopped { reason, failure: cannot_write(error) });
            }
            None => {}
        }
    }
}

/// Holds the books of the run against what is in the system, and tells how many events and calls have arrived, or why
/// no file can be written any more.
fn look(recorder: &mut Recorder<'_>, in_flight: usize) -> Result<u64, OutputError> {
    let ledger = recorder.ledger();
    if let Err(disagreement) = ledger.check(in_flight) {
        unreachable!("the ledger does not balance: {disagreement}")
    }
    recorder.check().map(|()| ledger.accepted() + ledger.called())
}

/// Runs the scenario once more, without files; `None` if it was interrupted.
fn fingerprint_of_another_run(
    scenario: &Scenario,
    limit: PendingLimit,
    terminal: &Terminal,
) -> Result<Option<u64>, Stopped> {
    let mut recorder = Recorder::without_files(scenario);
    Ok(run(scenario, limit, &mut recorder, terminal)?.map(|_| recorder.fingerprint()))
}

fn same_fingerprint(first: u64, second: u64) -> Result<(), Failure> {
    if first == second {
        return Ok(());
    }
    let message = format!(
        "the run is not deterministic: its fingerprint was {first:016x}, and {second:016x} when it was run again"
    );
    Err(Failure::Bug { message })
}

/// Shows the summary, and near its beginning the verdicts on what is expected; beside a summary for programs they go to
/// standard error.
fn show(
    report: &SummaryReport,
    scenario: &Scenario,
    verdicts: Option<&Verdicts>,
    format: Format,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    if let Some(verdicts) = verdicts.filter(|_| matches!(format, Format::Json | Format::Csv)) {
        terminal.note(verdicts.text().trim_end());
    }
    let with = |summary: String, put: fn(&Verdicts, &str) -> String| {
        verdicts.map_or_else(|| summary.clone(), |verdicts| put(verdicts, &summary))
    };
    match format {
        Format::Text => terminal.answer(&with(summary_text(report, scenario), Verdicts::put_into)),
        Format::Md => terminal.answer(&with(summary_markdown(report, scenario), Verdicts::put_into_markdown)),
        Format::Json => terminal.answer_bytes(&summary_files::write_json(report, Vec::new())?),
        Format::Csv => terminal.answer_bytes(&summary_files::write_csv(report, Vec::new())?),
    }
}

pub(super) fn cannot_write(error: &OutputError) -> Failure {
    Failure::Environment { message: error.to_string(), hint: Some(error.remedy().to_owned()) }
}

fn interrupted_message(folder: Option<&(Files, PathBuf)>) -> String {
    match folder {
        Some((_, path)) => format!("interrupted; {} holds no complete results and says so", path.display()),
        None => "interrupted".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_differ_are_a_bug_that_names_both_fingerprints() {
        assert!(same_fingerprint(0xab, 0xab).is_ok());
        let failure = same_fingerprint(0xab, 0xcd).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "the run is not deterministic: its fingerprint was 00000000000000ab, and 00000000000000cd when it was run again"
        );
        assert_eq!(failure.exit(), Exit::Bug);
        assert!(failure.hint().is_some_and(|hint| hint.contains("report")));
    }
}
