//! `sweep` and `merge`: a scenario at every point of a grid, on one machine or in shares.

use super::args::{MergeArgs, SweepArgs, TableFormat, WarmUpChoice};
use super::exit::{Exit, Failure};
use super::limits::{self, MemoryShare};
use super::progress::RunsProgress;
use super::terminal::Terminal;
use super::{diagnostics, input, interrupt, job_array};
use std::path::{Path, PathBuf};
use thirdtry::experiment::sweep::{
    Grid, Journal, Pictures, Progress, Shard, Sweep, SweepError, SweepPlan, SweepTable, merge, text,
};
use thirdtry::experiment::{Confidence, Supervisor, all_cores};
use thirdtry::time::SimTime;

/// Runs the grid, or a share of it, and writes what was found.
pub(crate) fn execute(args: &SweepArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    interrupt::listen();
    if args.until_precise.is_some() {
        return Err(usage(
            "a sweep has as many replications at each point: what makes them pairs, and lets it be shared out",
            "find out how many it takes at the worst point with `run --until-precise`, and give that number with \
             `--replications`",
        ));
    }
    let variable = |name: &str| std::env::var(name).ok();
    let shard = args.shard.as_deref().map(|text| job_array::shard_of(text, &variable)).transpose()?;
    let threads = args.threads.unwrap_or_else(all_cores);
    let memory = MemoryShare::of(args.limits, threads.get());
    let sweep = prepare(args, memory, terminal)?;
    let about = sweep.about();
    let path = args.out.clone().unwrap_or_else(|| default_folder(&about.scenario, shard));
    if args.resume && !path.join("journal.json").exists() {
        return Err(Failure::Inconsistent {
            message: format!("`{}` holds no unfinished sweep", path.display()),
            hint: Some("leave out `--resume`, or name the folder with `--out`".to_owned()),
        });
    }
    if !path.join("journal.json").exists() {
        let (table, disk) = (about.table_bytes(shard), about.disk_bytes(shard));
        limits::admit_sweep(args.limits, table, disk, &path)?;
    }
    let mut journal = Journal::open(&path, about, shard).map_err(failure)?;
    let (done, all) = (journal.done(), journal.all(about));
    if done > 0 {
        terminal.note(&format!("going on: {done} of {all} runs are finished already"));
    }
    let progress =
        RunsProgress::new(terminal, all as u64).starting_at(done as u64).within(memory.pending_limit());
    let went = sweep.run(&mut journal, threads, &progress);
    progress.finish()?;
    if let Progress::Stopped(kept) = went.map_err(failure)? {
        return Err(Failure::Interrupted {
            message: format!(
                "interrupted; {kept} of {all} runs are kept in {}: the same command goes on from there",
                path.display()
            ),
        });
    }
    if let Some(table) = sweep.finish(journal, pictures(args.png)).map_err(failure)? {
        show(&table, args.format, terminal)?;
    }
    terminal.note(&format!("wrote {}", path.display()));
    Ok(Exit::Done)
}

/// Puts shares together.
pub(crate) fn merge_shares(args: &MergeArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let table = merge(&args.dirs, &args.out, pictures(args.png)).map_err(failure)?;
    show(&table, args.format, terminal)?;
    terminal.note(&format!("wrote {}", args.out.display()));
    Ok(Exit::Done)
}

fn prepare(args: &SweepArgs, memory: MemoryShare, terminal: &Terminal) -> Result<Sweep, Failure> {
    let (grid, warm_up) = (grid(args)?, warm_up(args)?);
    let input = input::with_sets(input::read(&args.scenario.scenario)?, &args.scenario.all_sets())?;
    // Loaded here for its warnings, and once for each point by the sweep.
    let loaded = input::load_input(&input, terminal)?;
    if warm_up.is_some() && !loaded.scenario.redrives.is_empty() {
        return Err(usage("a scenario with redrives has no warm-up", "leave out `--warm-up`"));
    }
    let plan = SweepPlan {
        input,
        grid,
        replications: args.replications,
        confidence: args.confidence.unwrap_or(Confidence::USUAL),
        warm_up,
        metrics: args.metrics.clone(),
    };
    let progress = RunsProgress::counting(terminal, plan.grid.points() as u64, "points read");
    let sweep = Sweep::prepare_each(plan, |settings, scenario| {
        progress.run_done();
        if interrupt::requested() {
            return Err(SweepError::Stopped);
        }
        memory.admit(scenario).map_err(|refused| SweepError::Environment {
            message: format!("at {settings}: {refused}"),
            hint: refused.hint().unwrap_or_default().to_owned(),
        })
    });
    progress.finish()?;
    sweep.map_err(failure)
}

fn grid(args: &SweepArgs) -> Result<Grid, Failure> {
    Grid::new(args.vary.clone(), args.zip)
        .map_err(|(message, hint)| Failure::Usage { message, hint: Some(hint) })
}

fn warm_up(args: &SweepArgs) -> Result<Option<SimTime>, Failure> {
    match args.warm_up {
        None => Ok(None),
        Some(WarmUpChoice::Until(span)) => Ok(Some(SimTime::ZERO + span)),
        Some(WarmUpChoice::Auto) => Err(usage(
            "a sweep needs one warm-up for all its points",
            "find it with `run --replications N --warm-up auto`, and give the longest",
        )),
    }
}

fn usage(message: &str, hint: &str) -> Failure {
    Failure::Usage { message: message.to_owned(), hint: Some(hint.to_owned()) }
}

fn default_folder(scenario: &str, shard: Option<Shard>) -> PathBuf {
    let name = match shard {
        None => format!("{scenario}-sweep"),
        Some(shard) => format!("{scenario}-sweep-{}-of-{}", shard.number, shard.of),
    };
    Path::new("out").join(name)
}

const fn pictures(png: bool) -> Pictures {
    if png { Pictures::SvgAndPng } else { Pictures::Svg }
}

fn show(table: &SweepTable, format: TableFormat, terminal: &mut Terminal) -> Result<(), Failure> {
    match format {
        TableFormat::Text => terminal.answer(&text::text(table)),
        TableFormat::Md => terminal.answer(&text::markdown(table)),
    }
}

fn failure(error: SweepError) -> Failure {
    match error {
        SweepError::Usage { message, hint } => Failure::Usage { message, hint: Some(hint) },
        SweepError::Stopped => Failure::Interrupted { message: "interrupted; nothing was run".to_owned() },
        SweepError::Inconsistent { message, hint } => Failure::Inconsistent { message, hint: Some(hint) },
        SweepError::Environment { message, hint } => Failure::Environment { message, hint: Some(hint) },
        SweepError::Rejected { input, settings, rejected } => {
            for problem in &rejected.problems {
                Terminal::problem(&diagnostics::render(problem, &input));
            }
            let at = if settings.is_empty() { String::new() } else { format!("at {settings}: ") };
            Failure::Invalid { message: format!("{at}{}", diagnostics::closing_sentence(&rejected)) }
        }
    }
}
