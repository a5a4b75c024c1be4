//! `solve`: the smallest or largest value of a setting that meets a goal; for two settings, the frontier.

use super::args::{Format, LimitArgs, ScenarioArgs, WarmUpChoice, count};
use super::exit::{Exit, Failure};
use super::limits::MemoryShare;
use super::progress::RunsProgress;
use super::run::cannot_write;
use super::terminal::Terminal;
use super::{diagnostics, input, interrupt, limits};
use clap::Args;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use thirdtry::experiment::{Confidence, all_cores};
use thirdtry::scenario::Expectation;
use thirdtry::scenario::load::Loaded;
use thirdtry::sink::directory::OutputFolder;
use thirdtry::solve::files::{self, Pictures};
use thirdtry::solve::{
    Answer, Find, Frontier, MOST_REPLICATIONS, Solution, SolveError, SolvePlan, Wanted, frontier, solve, text,
};
use thirdtry::time::SimTime;

const EXAMPLES: &str = "\
Examples:
  thirdtry solve my.json --find functions.ship.ReservedConcurrentExecutions=1..1000 --so-that 'lost.Sum == 0'
  thirdtry solve my.json --find sources.s.arrivals.poisson.rate=10/s..500/s:10/s --largest --so-that 'lost.Sum == 0'
  thirdtry solve my.json --find functions.ship.Timeout=1..30 --so-that 'AsyncEventAge.p99 < 10m' --out out/answer
  thirdtry solve my.json --find functions.ship.EventInvokeConfig.MaximumRetryAttempts=0,1,2 \\
                         --find functions.ship.ReservedConcurrentExecutions=1..1000 --so-that 'lost.Sum == 0'";

/// Arguments of `solve`.
#[derive(Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct SolveArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// The setting, and the range that it may lie in: `PATH=A..B`, `A..B:STEP`, `A..B*FACTOR` or a list; given twice,
    /// the second is found for each value of the first
    #[arg(long, value_name = "PATH=A..B", required = true)]
    pub(crate) find: Vec<Find>,
    /// What must be met, such as `lost.Sum == 0` or `AsyncEventAge.p99 < 10m`; can be repeated
    /// [default: the scenario's `expect`]
    #[arg(long, value_name = "EXPECTATION")]
    pub(crate) so_that: Vec<String>,
    /// Find the largest value instead of the smallest
    #[arg(long)]
    pub(crate) largest: bool,
    /// The probability with which all verdicts together are right [default: 95%]
    #[arg(long, value_name = "C")]
    pub(crate) confidence: Option<Confidence>,
    /// The share of runs that is to keep what every run is to keep, such as `lost.Sum == 0` [default: 95%]
    #[arg(long, value_name = "SHARE")]
    pub(crate) reliability: Option<Confidence>,
    /// The most replications of a value
    #[arg(long, value_name = "N", default_value_t = NonZeroU32::new(MOST_REPLICATIONS).expect("it is not zero"), value_parser = count::<NonZeroU32>)]
    pub(crate) max_replications: NonZeroU32,
    /// Leave out what came before this time, such as `30m` [default: the scenario's]
    #[arg(long, value_name = "TIME")]
    pub(crate) warm_up: Option<WarmUpChoice>,
    /// Run so many replications at a time; results do not depend on it [default: one on each core]
    #[arg(long, value_name = "N", value_parser = count::<NonZeroUsize>)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// The most memory that the runs may need, as in `2GiB` [default: what the machine has left]
    #[arg(long, value_name = "SIZE", value_parser = limits::parse_bytes)]
    pub(crate) memory: Option<u64>,
    /// A folder for the evidence and its charts [default: none]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Draw the charts as PNG too
    #[arg(long, requires = "out")]
    pub(crate) png: bool,
    /// The form of the answer on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Searches, prints what was found, and writes the evidence.
pub(crate) fn execute(args: &SolveArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    interrupt::listen();
    let input = input::with_sets(input::read(&args.scenario.scenario)?, &args.scenario.all_sets())?;
    let loaded = input::load_input(&input, terminal)?;
    let (along, find) = settings(args)?;
    let plan = SolvePlan {
        wanted: if args.largest { Wanted::Largest } else { Wanted::Smallest },
        confidence: args.confidence.unwrap_or(Confidence::USUAL),
        reliability: args.reliability.unwrap_or(Confidence::USUAL),
        max_replications: args.max_replications,
        warm_up: warm_up(args.warm_up)?,
        threads: args.threads.unwrap_or_else(all_cores),
        ..SolvePlan::new(input, find.clone(), expectations(&args.so_that)?)
    };
    let folder = args.out.as_deref().map(OutputFolder::open).transpose();
    let folder = folder.map_err(|error| cannot_write(&error))?;
    // Nobody knows beforehand which values will be tried: what outgrows its memory is stopped.
    let limits = LimitArgs { memory: args.memory, no_estimate: true };
    let memory = MemoryShare::of(limits, plan.threads.get());
    let progress = RunsProgress::searching(terminal).within(memory.pending_limit());
    let found = match along {
        None => solve(&plan, &progress).map(|found| What::Solution(Box::new(found))),
        Some(along) => frontier(&plan, along, &progress).map(What::Frontier),
    };
    let ended = progress.finish();
    let found = found.map_err(failure)?;
    found.show(&loaded, args.format, terminal)?;
    if let Some((folder, path)) = folder.zip(args.out.as_ref()) {
        let pictures = if args.png { Pictures::SvgAndPng } else { Pictures::Svg };
        found.write(&loaded, pictures, folder)?;
        terminal.note(&format!("wrote {}", path.display()));
    }
    ended.and_then(|()| found.exit(terminal))
}

/// What was found.
enum What {
    Solution(Box<Solution>),
    Frontier(Frontier),
}

impl What {
    fn show(&self, loaded: &Loaded, format: Format, terminal: &mut Terminal) -> Result<(), Failure> {
        match (self, format) {
            (Self::Solution(found), Format::Text) => terminal.answer(&text::text(found)),
            (Self::Solution(found), Format::Md) => terminal.answer(&text::markdown(found)),
            (Self::Solution(found), Format::Json) => {
                terminal.answer_bytes(&files::write_json(found, loaded, Vec::new())?)
            }
            (Self::Solution(found), Format::Csv) => {
                terminal.answer_bytes(&files::write_evidence(found, Vec::new())?)
            }
            (Self::Frontier(found), Format::Text) => terminal.answer(&text::frontier_text(found)),
            (Self::Frontier(found), Format::Md) => terminal.answer(&text::frontier_markdown(found)),
            (Self::Frontier(found), Format::Json) => {
                terminal.answer_bytes(&files::write_frontier_json(found, loaded, Vec::new())?)
            }
            (Self::Frontier(found), Format::Csv) => {
                terminal.answer_bytes(&files::write_frontier(found, Vec::new())?)
            }
        }
    }

    fn write(&self, loaded: &Loaded, pictures: Pictures, folder: OutputFolder) -> Result<(), Failure> {
        match self {
            Self::Solution(found) => files::write_all(found, loaded, pictures, folder),
            Self::Frontier(found) => files::write_all_of_frontier(found, loaded, pictures, folder),
        }
        .map_err(|error| cannot_write(&error))
    }

    /// No value is worse than an undecided one, which is worse than an answer; of a frontier, whose rows may well have
    /// none, only if no row has one.
    fn exit(&self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let answers: Vec<&Answer> = match self {
            Self::Solution(found) => vec![&found.answer],
            Self::Frontier(found) => found.answers().collect(),
        };
        if answers.contains(&&Answer::Interrupted) {
            terminal.finish()?;
            return Err(Failure::Interrupted {
                message: "interrupted; what was found so far is above".to_owned(),
            });
        }
        if answers.iter().any(|answer| matches!(answer, Answer::Undecided { .. })) {
            return Ok(Exit::Undecided);
        }
        let all_none = answers.iter().all(|answer| matches!(answer, Answer::None { .. }));
        Ok(if all_none { Exit::NoValue } else { Exit::Done })
    }
}

/// The setting that is gone through, if there are two, and the one that is searched.
fn settings(args: &SolveArgs) -> Result<(Option<&Find>, &Find), Failure> {
    match args.find.as_slice() {
        [find] => Ok((None, find)),
        [along, find] => Ok((Some(along), find)),
        more => Err(Failure::Usage {
            message: format!("`--find` is given {} times", more.len()),
            hint: Some("look for one setting, or for a frontier of two; fix others with `--set`".to_owned()),
        }),
    }
}

fn expectations(texts: &[String]) -> Result<Vec<Expectation>, Failure> {
    let parse = |text: &String| {
        Expectation::parse(text).map_err(|flaws| {
            let said: Vec<&str> = flaws.iter().map(|flaw| flaw.message.as_str()).collect();
            Failure::Usage {
                message: format!("`--so-that '{text}'`: {}", said.join("; ")),
                hint: flaws.first().map(|flaw| flaw.hint.clone()),
            }
        })
    };
    texts.iter().map(parse).collect()
}

fn warm_up(choice: Option<WarmUpChoice>) -> Result<Option<SimTime>, Failure> {
    match choice {
        None => Ok(None),
        Some(WarmUpChoice::Until(span)) => Ok(Some(SimTime::ZERO + span)),
        Some(WarmUpChoice::Auto) => Err(Failure::Usage {
            message: "a search needs one warm-up for all values".to_owned(),
            hint: Some("find it with `run --replications N --warm-up auto`, and give the longest".to_owned()),
        }),
    }
}

fn failure(error: SolveError) -> Failure {
    match error {
        SolveError::Usage { message, hint } => Failure::Usage { message, hint: Some(hint) },
        SolveError::Rejected { input, settings, rejected } => {
            for problem in &rejected.problems {
                Terminal::problem(&diagnostics::render(problem, &input));
            }
            let at = if settings.is_empty() { String::new() } else { format!("at {settings}: ") };
            Failure::Invalid { message: format!("{at}{}", diagnostics::closing_sentence(&rejected)) }
        }
    }
}
