//! `sweep` and `merge`: a scenario at every point of a grid, on one machine or in shares.

use super::args::{MergeArgs, SweepArgs, TableFormat, WarmUpChoice};
use super::exit::{Exit, Failure};
use super::progress::RunsProgress;
use super::terminal::Terminal;
use super::{diagnostics, input, interrupt};
use std::path::{Path, PathBuf};
use thirdtry::experiment::sweep::{
    Grid, Journal, Pictures, Progress, Shard, Sweep, SweepError, SweepPlan, SweepTable, merge, text,
};
use thirdtry::experiment::{Confidence, all_cores};
use thirdtry::time::SimTime;

/// Runs the grid, or a share of it, and writes what was found.
pub(crate) fn execute(args: &SweepArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    interrupt::listen();
    let shard =
        args.shard.as_deref().map(|text| shard_of(text, &|name| std::env::var(name).ok())).transpose()?;
    let sweep = prepare(args, terminal)?;
    let about = sweep.about();
    let path = args.out.clone().unwrap_or_else(|| default_folder(&about.scenario, shard));
    if args.resume && !path.join("journal.json").exists() {
        return Err(Failure::Inconsistent {
            message: format!("`{}` holds no unfinished sweep", path.display()),
            hint: Some("leave out `--resume`, or name the folder with `--out`".to_owned()),
        });
    }
    let mut journal = Journal::open(&path, about, shard).map_err(failure)?;
    let (done, all) = (journal.done(), journal.all(about));
    if done > 0 {
        terminal.note(&format!("going on: {done} of {all} runs are finished already"));
    }
    let progress = RunsProgress::new(terminal, all as u64).starting_at(done as u64);
    let went = sweep.run(&mut journal, args.threads.unwrap_or_else(all_cores), &progress);
    progress.finish();
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

fn prepare(args: &SweepArgs, terminal: &Terminal) -> Result<Sweep, Failure> {
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
    Sweep::prepare(plan).map_err(failure)
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

/// The share that `text` means: `K/N`, or what the scheduler says in its environment.
fn shard_of(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Shard, Failure> {
    let refuse = |message: String| Failure::Usage {
        message: format!("`--shard {text}`: {message}"),
        hint: Some(
            "write `--shard K/N`, or `auto` inside a job array (`auto/N` where it does not tell its size)"
                .to_owned(),
        ),
    };
    let Some(rest) = text.strip_prefix("auto") else { return text.parse().map_err(refuse) };
    let given = match rest.strip_prefix('/') {
        None if rest.is_empty() => None,
        Some(of) => Some(of.parse().map_err(|_| refuse(format!("{of} is no number of shares")))?),
        None => return Err(refuse("it is neither K/N nor `auto`".to_owned())),
    };
    let number = |name: &str| {
        let parsed = |value: String| {
            value.parse::<u32>().map_err(|_| refuse(format!("{name} is {value:?}, which is no number")))
        };
        variable(name).map(parsed).transpose()
    };
    // A Slurm array may begin anywhere and go in steps; the others count from 0.
    let (index, size) = if let Some(id) = number("SLURM_ARRAY_TASK_ID")? {
        let first = number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(0);
        let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
        (id.saturating_sub(first) / step, number("SLURM_ARRAY_TASK_COUNT")?)
    } else if let Some(index) = number("AWS_BATCH_JOB_ARRAY_INDEX")? {
        (index, number("AWS_BATCH_JOB_ARRAY_SIZE")?)
    } else if let Some(index) = number("JOB_COMPLETION_INDEX")? {
        (index, None)
    } else {
        let names = "SLURM_ARRAY_TASK_ID, AWS_BATCH_JOB_ARRAY_INDEX and JOB_COMPLETION_INDEX";
        return Err(refuse(format!("this is no job array: none of {names} is set")));
    };
    let of = given
        .or(size)
        .ok_or_else(|| refuse("the scheduler does not tell how many shares there are".to_owned()))?;
    Shard::new(index.saturating_add(1), of)
        .ok_or_else(|| refuse(format!("there is no share {} of {of}", u64::from(index) + 1)))
}

fn failure(error: SweepError) -> Failure {
    match error {
        SweepError::Usage { message, hint } => Failure::Usage { message, hint: Some(hint) },
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked for, the environment, and what is said.
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

    fn shard(text: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        shard_of(text, &variable).map(|shard| shard.to_string()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_share_is_given_or_told_by_the_scheduler() {
        let slurm = |id| {
            [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", "10"),
                ("SLURM_ARRAY_TASK_STEP", "5"),
                ("SLURM_ARRAY_TASK_COUNT", "4"),
            ]
        };
        let batch = [("AWS_BATCH_JOB_ARRAY_INDEX", "2"), ("AWS_BATCH_JOB_ARRAY_SIZE", "8")];
        let cases: [Case; 6] = [
            ("3/8", &[], "3/8"),
            ("auto", &slurm("10"), "1/4"),
            ("auto", &slurm("25"), "4/4"),
            ("auto", &batch, "3/8"),
            ("auto/5", &[("JOB_COMPLETION_INDEX", "4")], "5/5"),
            ("auto/16", &batch, "3/16"),
        ];
        for (text, variables, expected) in cases {
            assert_eq!(shard(text, variables).as_deref(), Ok(expected), "{text} {variables:?}");
        }
    }

    #[test]
    fn a_share_that_is_none_is_refused() {
        let cases: [Case; 6] = [
            ("5/4", &[], "no share 5 of 4"),
            ("auto", &[], "no job array"),
            ("auto", &[("JOB_COMPLETION_INDEX", "1")], "does not tell how many"),
            ("auto/2", &[("JOB_COMPLETION_INDEX", "2")], "no share 3 of 2"),
            ("auto", &[("SLURM_ARRAY_TASK_ID", "x")], "no number"),
            ("automatic", &[], "neither"),
        ];
        for (text, variables, said) in cases {
            let error = shard(text, variables).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
