//! `run --replications`: independent runs of one scenario, and how sure their mean is.

use super::args::{FileChoice, Format, RunArgs, StatisticsArgs, TimelineChoice, WarmUpChoice};
use super::exit::{Exit, Failure};
use super::limits::MemoryShare;
use super::progress::RunsProgress;
use super::run::{cannot_write, folder_path};
use super::terminal::Terminal;
use super::test::words;
use super::{input, interrupt};
use std::num::NonZeroU32;
use thirdtry::experiment::files::{self, ReplicationFacts};
use thirdtry::experiment::{
    MOST_UNLESS_TOLD, MetricNames, PILOTS, Plan, Replications, Stopped, Target, all_cores, find_warm_up,
    replicate, text,
};
use thirdtry::scenario::load::Loaded;
use thirdtry::scenario::{End, Scenario};
use thirdtry::sink::directory::OutputFolder;
use thirdtry::time::SimTime;

/// Replicates the scenario, writes what was found, and prints it.
pub(crate) fn execute(args: &RunArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    interrupt::listen();
    let writes = writes_files(args)?;
    let loaded = input::load_scenario(&args.scenario.scenario, &args.scenario.all_sets(), terminal)?;
    let at_a_time = args.statistics.threads.unwrap_or_else(all_cores).get();
    let memory = MemoryShare::of(args.limits, at_a_time);
    memory.admit(&loaded.scenario)?;
    let plan = plan(&args.statistics, &loaded.scenario, terminal)?;
    let path = folder_path(args, &loaded);
    let folder =
        writes.then(|| OutputFolder::open(&path)).transpose().map_err(|error| cannot_write(&error))?;

    let progress = RunsProgress::new(terminal, plan.replications.get().into()).within(memory.pending_limit());
    let found = replicate(&loaded.scenario, &plan, &progress);
    let outgrown = progress.finish();
    let Ok(mut found) = found else {
        let reason =
            if outgrown.is_err() { "it was about to need too much memory" } else { "it was interrupted" };
        let told = folder.map(|folder| folder.interrupt(reason)).transpose();
        told.map_err(|error| cannot_write(&error))?;
        return Err(outgrown.err().unwrap_or_else(interrupted));
    };
    if let Some(folder) = folder {
        files::write_all(&mut found, &loaded, folder).map_err(|error| cannot_write(&error))?;
    }
    show(&mut found, &loaded, &plan.until, args.format, terminal)?;
    if writes {
        terminal.note(&format!("wrote {}", path.display()));
    }
    if !loaded.scenario.expectations.is_empty() {
        terminal.note(&not_judged(args, found.runs.len()));
    }
    Ok(if found.unmet.is_empty() { Exit::Done } else { Exit::Undecided })
}

/// Whether a folder is written: all files or none; those of single runs are not for replications.
fn writes_files(args: &RunArgs) -> Result<bool, Failure> {
    let refuse = |option: &str| Failure::Usage {
        message: format!("`{option}` is for single runs, not for replications"),
        hint: Some("leave it out, or give `--files none` for no folder at all".to_owned()),
    };
    match args.files.as_slice() {
        _ if args.timeline != TimelineChoice::Full => Err(refuse("--timeline")),
        _ if args.png => Err(refuse("--png")),
        _ if args.verify_determinism => Err(refuse("--verify-determinism")),
        [FileChoice::All] => Ok(true),
        [FileChoice::None] => Ok(false),
        _ => Err(refuse("--files LIST")),
    }
}

/// What the options ask for.
pub(super) fn plan(args: &StatisticsArgs, scenario: &Scenario, terminal: &Terminal) -> Result<Plan, Failure> {
    let names = MetricNames::of(scenario);
    let resolve = |precision: &thirdtry::experiment::Precision| {
        precision.resolve(&names).map_err(|(message, hint)| Failure::Usage {
            message: format!("`--until-precise {precision}`: {message}"),
            hint: Some(hint),
        })
    };
    let most = NonZeroU32::new(MOST_UNLESS_TOLD).expect("it is not zero");
    let mut plan = Plan::new(scenario, args.replications.unwrap_or(most));
    plan.until = args.until_precise.iter().map(resolve).collect::<Result<Vec<Target>, _>>()?;
    plan.confidence = args.confidence.unwrap_or(plan.confidence);
    plan.threads = args.threads.unwrap_or(plan.threads);
    if let Some(choice) = args.warm_up {
        plan.warm_up = warm_up(choice, scenario, &plan, terminal)?;
    }
    Ok(plan)
}

fn warm_up(
    choice: WarmUpChoice,
    scenario: &Scenario,
    plan: &Plan,
    terminal: &Terminal,
) -> Result<SimTime, Failure> {
    let refuse = |message: &str, hint: &str| {
        Err(Failure::Usage { message: message.to_owned(), hint: Some(hint.to_owned()) })
    };
    if !scenario.redrives.is_empty() {
        return refuse(
            "a scenario with redrives has no warm-up: it comes to no steady state",
            "leave out `--warm-up`",
        );
    }
    let WarmUpChoice::Until(span) = choice else {
        let progress = RunsProgress::new(terminal, PILOTS.into());
        let found = find_warm_up(scenario, plan.threads, &progress);
        progress.finish()?;
        return match found {
            Ok(Some(at)) => {
                terminal.note(&format!("warm-up: {at}, by MSER-5 over {PILOTS} pilot replications"));
                Ok(at)
            }
            Ok(None) => refuse(
                "`--warm-up auto`: what is in the system does not settle in the first half of the arrivals",
                "let the scenario run longer, or say how long the warm-up is",
            ),
            Err(Stopped) => Err(interrupted()),
        };
    };
    let at = SimTime::ZERO + span;
    let run_end = match scenario.end {
        End::Drained => None,
        End::At(end) => Some(end),
    };
    if [scenario.arrivals_end, run_end].into_iter().flatten().min().is_some_and(|last| at >= last) {
        return refuse("`--warm-up` lasts as long as events arrive", "let it end earlier");
    }
    Ok(at)
}

fn show(
    found: &mut Replications,
    loaded: &Loaded,
    until: &[Target],
    format: Format,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match format {
        Format::Text => terminal.answer(&text::text(found, &loaded.scenario, until)),
        Format::Md => terminal.answer(&text::markdown(found, &loaded.scenario, until)),
        Format::Json => {
            let facts = ReplicationFacts::new(loaded, found);
            terminal.answer_bytes(&files::write_estimates_json(found, &facts, Vec::new())?)
        }
        Format::Csv => terminal.answer_bytes(&files::write_estimates_csv(found, Vec::new())?),
    }
}

/// Nobody is to believe that what is expected was looked at.
fn not_judged(args: &RunArgs, replications: usize) -> String {
    let sets = words::sets(&args.scenario.all_sets());
    let name = words::argument(&args.scenario.scenario);
    format!(
        "what is expected was not judged: `thirdtry test {name}{sets} --replications {replications}` does"
    )
}

fn interrupted() -> Failure {
    Failure::Interrupted { message: "interrupted; replications are not kept, run them again".to_owned() }
}
