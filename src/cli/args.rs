//! What can be typed. Nothing is resolved here; each command knows what its arguments mean.

use super::limits;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::num::{IntErrorKind, NonZeroU32, NonZeroU64, NonZeroUsize, ParseIntError};
use std::path::PathBuf;
use std::str::FromStr;
use thirdtry::experiment::sweep::Axis;
use thirdtry::experiment::{Confidence, Precision};
use thirdtry::scenario::units::duration;
use thirdtry::time::SimDuration;

const EXAMPLES: &str = "\
Examples:
  thirdtry run quickstart                    a built-in scenario; results in out/quickstart/
  thirdtry run my.json --seed 7 --out /tmp/r the same with another seed, elsewhere
  thirdtry run my.json --set functions.ship.ReservedConcurrentExecutions=50
  thirdtry run my.json --replications 30     how sure are the numbers: means with confidence intervals
  thirdtry sweep my.json --vary functions.ship.ReservedConcurrentExecutions=10,20,50
  thirdtry diff my.json --set functions.ship.EventInvokeConfig.MaximumRetryAttempts=0
  thirdtry test scenarios                    for a build: expectations and golden results; --junit FILE
  thirdtry solve my.json --find functions.ship.ReservedConcurrentExecutions=1..1000 --so-that 'lost.Sum == 0'
  thirdtry check my.json --explain           what the file means, with every default and its source
  thirdtry explain quickstart --fate retries_exhausted
  thirdtry verify out/quickstart             run it again: are the stored bytes what the scenario gives?
  thirdtry report out/quickstart             its page, out/quickstart/report.html, from the stored results
  thirdtry export logs out/quickstart        the log groups as CloudWatch Logs would have them
  thirdtry import sam template.yaml -o my.json
  thirdtry init -o my.json                   a commented scenario to start from";

const EXIT_CODES: &str = "\
Exit codes:
    0  done, and all holds
    1  the environment failed (I/O, disk full)
    2  the command line is wrong
    3  the scenario or an input file is invalid
    4  results are missing, incomplete, edited or not what the scenario gives
    5  solve: no value meets the requirements
   97  undecided: more replications would tell
   98  the results differ: from the golden one, or of two scenarios (`diff --exit-code`)
   99  an expectation failed
  101  a bug
  130  interrupted";

/// Plays AWS Lambda's asynchronous invocations on a virtual clock: what happens to every event, and why.
#[derive(Debug, Parser)]
#[command(name = "thirdtry", version, before_help = EXAMPLES, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// Say nothing but the answer and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// End with 0 instead of 5, 97, 98 or 99
    #[arg(long, global = true)]
    pub(crate) no_fail: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario: a summary, and a folder of CSV files and charts
    Run(RunArgs),
    /// Hold scenarios against their expectations and golden results
    Test(TestArgs),
    /// Take what `test` found as the golden results
    Accept(AcceptArgs),
    /// Show every problem of scenario files, or what they mean; nothing is run
    Check(CheckArgs),
    /// Tell the life of an event: each attempt, wait and decision, with the rule that fired
    Explain(ExplainArgs),
    /// Run a scenario at every point of a grid of settings, on the same events
    Sweep(SweepArgs),
    /// Compare two scenarios on the same events: fates, metrics, costs, and why
    Diff(DiffArgs),
    /// Find the smallest or largest value of a setting that meets a goal
    Solve(super::solve::SolveArgs),
    /// Put the shares of a sweep together
    Merge(MergeArgs),
    /// Run a finished run again: every byte of its folder is the same, or the first difference is named
    Verify(VerifyArgs),
    /// Make the page of a finished run from its results, without running again
    Report(ReportArgs),
    /// Show a finished run as AWS would have shown it: metrics, logs or traces
    Export(ExportArgs),
    /// Make a scenario of infrastructure code or of measured metrics
    #[cfg(feature = "import")]
    Import(super::import::ImportArgs),
    /// Write a commented scenario to start from
    Init(InitArgs),
    /// Print the JSON Schema of scenario files
    Schema,
    /// Print shell completions
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page (roff)
    Man,
}

/// Which scenario, with which changes.
#[derive(Args, Debug)]
pub(crate) struct ScenarioArgs {
    /// A scenario file, `-` for standard input, or the name of a built-in scenario
    pub(crate) scenario: String,
    /// Change a setting before the run, by the path that errors print; can be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) sets: Vec<String>,
    /// Another seed; short for `--set seed=N`
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}

impl ScenarioArgs {
    /// All changes, the seed's last.
    pub(crate) fn all_sets(&self) -> Vec<String> {
        let seed = self.seed.map(|seed| format!("seed={seed}"));
        self.sets.iter().cloned().chain(seed).collect()
    }
}

/// Arguments of `run`.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// The folder for the results [default: out/NAME]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Which files to write
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "all")]
    pub(crate) files: Vec<FileChoice>,
    /// What of the timeline to write: `full`, `none`, or `sample=1/N` for the whole lives of one event in N
    #[arg(long, value_name = "HOW", default_value = "full")]
    pub(crate) timeline: TimelineChoice,
    /// Draw the charts as PNG too
    #[arg(long)]
    pub(crate) png: bool,
    #[command(flatten)]
    pub(crate) statistics: StatisticsArgs,
    /// Run the scenario twice and compare the fingerprints; exit code 101 if they differ
    #[arg(long)]
    pub(crate) verify_determinism: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// The form of the summary on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// What may be begun.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct LimitArgs {
    /// The most memory it may need, as in `2GiB` [default: what the machine has left]
    #[arg(long, value_name = "SIZE", value_parser = limits::parse_bytes)]
    pub(crate) memory: Option<u64>,
    /// Run even what is estimated to need more memory or disk than there is
    #[arg(long)]
    pub(crate) no_estimate: bool,
}

/// A number of what there has to be one of at least.
pub(crate) fn count<N: FromStr<Err = ParseIntError>>(text: &str) -> Result<N, String> {
    text.parse().map_err(|error: ParseIntError| {
        match error.kind() {
            IntErrorKind::Zero => "it has to be at least 1",
            IntErrorKind::PosOverflow => "it is too large",
            _ => "write a whole number, at least 1",
        }
        .to_owned()
    })
}

/// How a scenario is replicated.
#[derive(Args, Debug)]
#[command(next_help_heading = "Replications")]
pub(crate) struct StatisticsArgs {
    /// Run N independent replications and show means with their confidence intervals; with `--until-precise`, at most N
    #[arg(long, value_name = "N", value_parser = count::<NonZeroU32>)]
    pub(crate) replications: Option<NonZeroU32>,
    /// Replicate until the interval of the metric is this narrow, such as `AsyncEventAge.p99=±1%`; can be repeated
    #[arg(long, value_name = "METRIC=±MARGIN")]
    pub(crate) until_precise: Vec<Precision>,
    /// The confidence of intervals [default: 95%]
    #[arg(long, value_name = "C")]
    pub(crate) confidence: Option<Confidence>,
    /// Leave out what came before this time, such as `30m`; `auto` finds it by MSER-5 [default: the scenario's]
    #[arg(long, value_name = "TIME|auto")]
    pub(crate) warm_up: Option<WarmUpChoice>,
    /// Run so many replications at a time; results do not depend on it [default: one on each core]
    #[arg(long, value_name = "N", value_parser = count::<NonZeroUsize>)]
    pub(crate) threads: Option<NonZeroUsize>,
}

impl StatisticsArgs {
    /// Whether replications are asked for at all.
    pub(crate) const fn is_asked_for(&self) -> bool {
        self.replications.is_some() || !self.until_precise.is_empty()
    }

    /// An option that means nothing without replications.
    pub(crate) const fn stray_option(&self) -> Option<&'static str> {
        match self {
            Self { confidence: Some(_), .. } => Some("--confidence"),
            Self { warm_up: Some(_), .. } => Some("--warm-up"),
            Self { threads: Some(_), .. } => Some("--threads"),
            _ => None,
        }
    }
}

/// Arguments of `sweep`.
#[derive(Args, Debug)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// Vary a setting: `PATH=V1,V2,…`, `PATH=A..B:STEP` or `PATH=A..B*FACTOR`; several give all combinations
    #[arg(long, value_name = "PATH=VALUES", required = true)]
    pub(crate) vary: Vec<Axis>,
    /// Pair the n-th values of all settings, instead of combining all with all
    #[arg(long)]
    pub(crate) zip: bool,
    /// How many replications each point has
    #[arg(long, value_name = "N", default_value = "10", value_parser = count::<NonZeroU32>)]
    pub(crate) replications: NonZeroU32,
    /// The confidence of intervals [default: 95%]
    #[arg(long, value_name = "C")]
    pub(crate) confidence: Option<Confidence>,
    /// Of `run` alone; taken here to say what to do instead
    #[arg(long, hide = true)]
    pub(crate) until_precise: Option<String>,
    /// Leave out what came before this time, such as `30m` [default: the scenario's]
    #[arg(long, value_name = "TIME")]
    pub(crate) warm_up: Option<WarmUpChoice>,
    /// Keep only this metric, such as `lost.Sum`; can be repeated [default: all]
    #[arg(long = "metric", value_name = "METRIC")]
    pub(crate) metrics: Vec<String>,
    /// Do the K-th of N shares of the runs; `auto` takes K (and N, or `auto/N`) from the scheduler's environment
    #[arg(long, value_name = "K/N|auto")]
    pub(crate) shard: Option<String>,
    /// Go on with an unfinished sweep; without one, it is an error
    #[arg(long)]
    pub(crate) resume: bool,
    /// Run so many replications at a time; results do not depend on it [default: one on each core]
    #[arg(long, value_name = "N", value_parser = count::<NonZeroUsize>)]
    pub(crate) threads: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// The folder for the results [default: out/NAME-sweep, for a share out/NAME-sweep-K-of-N]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Draw the charts as PNG too
    #[arg(long)]
    pub(crate) png: bool,
    /// The form of the table on standard output
    #[arg(long, value_enum, default_value_t = TableFormat::Text)]
    pub(crate) format: TableFormat,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  thirdtry diff quickstart --set functions.ship.EventInvokeConfig.MaximumRetryAttempts=1
  thirdtry diff before.json after.json --replications 30 --out out/change
  thirdtry diff out/monday after.json        the scenario of a finished run against a file
  thirdtry diff before.json after.json --format md --exit-code";

/// Arguments of `diff`.
#[derive(Args, Debug)]
#[command(before_help = DIFF_EXAMPLES)]
pub(crate) struct DiffArgs {
    /// A scenario file, `-`, the name of a built-in scenario, or the folder of a finished run
    pub(crate) a: String,
    /// The same; without it, A with the changes of `--set`
    pub(crate) b: Option<String>,
    /// Change a setting first: of B alone if it is made of A, else of both; can be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) sets: Vec<String>,
    /// The seed of both [default: that of A]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// How many replications of each
    #[arg(long, value_name = "N", default_value = "10", value_parser = count::<NonZeroU32>)]
    pub(crate) replications: NonZeroU32,
    /// The confidence of intervals [default: 95%]
    #[arg(long, value_name = "C")]
    pub(crate) confidence: Option<Confidence>,
    /// Leave out of metrics what came before this time, such as `30m` [default: the scenarios' own]
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(crate) warm_up: Option<SimDuration>,
    /// How many events that changed are told of
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) list: usize,
    /// End with 98 if any result differs
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// The folder from which the recordings of a run's folder count [default: that folder, then the current one]
    #[arg(long, value_name = "DIR2")]
    pub(crate) recordings: Option<PathBuf>,
    /// Run so many pairs at a time; results do not depend on it [default: one on each core]
    #[arg(long, value_name = "N", value_parser = count::<NonZeroUsize>)]
    pub(crate) threads: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// The folder for files and charts [default: none]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Draw the charts as PNG too
    #[arg(long)]
    pub(crate) png: bool,
    /// The form of the answer on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

fn span(text: &str) -> Result<SimDuration, String> {
    duration(text).map_err(|(message, hint)| format!("{message}; {hint}"))
}

/// Arguments of `merge`.
#[derive(Args, Debug)]
pub(crate) struct MergeArgs {
    /// The folders of all shares, or a folder that they are in
    #[arg(required = true)]
    pub(crate) dirs: Vec<PathBuf>,
    /// The folder for the whole sweep
    #[arg(short, long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Draw the charts as PNG too
    #[arg(long)]
    pub(crate) png: bool,
    /// The form of the table on standard output
    #[arg(long, value_enum, default_value_t = TableFormat::Text)]
    pub(crate) format: TableFormat,
}

/// The form of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// For people
    Text,
    /// Markdown, for a comment
    Md,
}

/// What statistics leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WarmUpChoice {
    /// What MSER-5 says.
    Auto,
    /// What came before.
    Until(SimDuration),
}

impl FromStr for WarmUpChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            _ => duration(text)
                .map(Self::Until)
                .map_err(|(message, hint)| format!("{message}; {hint}, or `auto`")),
        }
    }
}

/// Arguments of `test`.
#[derive(Args, Debug)]
pub(crate) struct TestArgs {
    /// Scenario files, folders of them, or names of built-in scenarios [default: scenarios/, or the current folder]
    pub(crate) paths: Vec<String>,
    /// Change a setting first; can be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) sets: Vec<String>,
    /// Judge N independent replications by the confidence interval of their mean, instead of one run
    #[arg(long, value_name = "N", value_parser = count::<NonZeroU32>)]
    pub(crate) replications: Option<NonZeroU32>,
    /// The confidence of intervals [default: 95%]
    #[arg(long, value_name = "C", requires = "replications")]
    pub(crate) confidence: Option<Confidence>,
    /// Stop at the first scenario that does not pass
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Try N other seeds of each scenario, and shrink the first that breaks an expectation to a small scenario
    #[arg(long, value_name = "N", value_parser = count::<NonZeroU32>)]
    pub(crate) shuffle_seeds: Option<NonZeroU32>,
    /// Hold every scenario against a golden result, even where there are none yet
    #[arg(long, conflicts_with = "no_golden")]
    pub(crate) golden: bool,
    /// Leave golden results out
    #[arg(long)]
    pub(crate) no_golden: bool,
    /// Test so many scenarios at a time; results do not depend on it [default: one on each core]
    #[arg(long, value_name = "N", value_parser = count::<NonZeroUsize>)]
    pub(crate) threads: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// The folder for scenarios that `--shuffle-seeds` finds [default: out/test]
    #[arg(short, long, value_name = "DIR", requires = "shuffle_seeds")]
    pub(crate) out: Option<PathBuf>,
    /// The form of the report on standard output
    #[arg(long, value_enum, default_value_t = TestFormat::Text)]
    pub(crate) format: TestFormat,
    /// Write the report as JUnit XML too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the report as JSON too
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the report as Markdown too, such as for the summary of a workflow
    #[arg(long, value_name = "FILE")]
    pub(crate) md: Option<PathBuf>,
    /// Write the report as GitHub annotations too
    #[arg(long, value_name = "FILE")]
    pub(crate) github: Option<PathBuf>,
}

impl TestArgs {
    /// Whether golden results are looked at.
    pub(crate) const fn golden_mode(&self) -> super::test::GoldenMode {
        use super::test::GoldenMode;
        match (self.golden, self.no_golden) {
            (true, _) => GoldenMode::Always,
            (false, true) => GoldenMode::Never,
            (false, false) => GoldenMode::WhereThereAre,
        }
    }
}

/// The form of the report of `test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// JUnit XML, for build servers
    Junit,
    /// Annotations of a GitHub workflow
    Github,
    /// Markdown, for a comment
    Md,
}

/// Arguments of `accept`.
#[derive(Args, Debug)]
pub(crate) struct AcceptArgs {
    /// Scenario files, or folders of them [default: scenarios/, or the current folder]
    pub(crate) paths: Vec<String>,
}

/// Arguments of `check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Scenario files, `-` for standard input, or names of built-in scenarios
    #[arg(required = true)]
    pub(crate) scenarios: Vec<String>,
    /// Change a setting first; can be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) sets: Vec<String>,
    /// Show every setting, given and assumed, with its source
    #[arg(long)]
    pub(crate) explain: bool,
    /// The form of the report on standard output
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
}

/// Arguments of `explain`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(false))]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// The event with this number, or `SOURCE:N` for the source's N-th
    #[arg(long, value_name = "ID", group = "which")]
    pub(crate) event: Option<String>,
    /// The N events that took longest
    #[arg(long, value_name = "N", group = "which", value_parser = count::<NonZeroU64>)]
    pub(crate) worst: Option<NonZeroU64>,
    /// The first events with this fate, or `lost`
    #[arg(long, value_enum, value_name = "FATE", group = "which")]
    pub(crate) fate: Option<FateChoice>,
    /// How many events `--fate` shows
    #[arg(long, value_name = "N", default_value = "1", requires = "fate", value_parser = count::<NonZeroU64>)]
    pub(crate) first: NonZeroU64,
}

/// Arguments of `verify`.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// The folder of a finished run
    pub(crate) dir: PathBuf,
    /// The folder from which the scenario's recordings count [default: DIR, then the current folder]
    #[arg(long, value_name = "DIR2")]
    pub(crate) recordings: Option<PathBuf>,
    /// The form of the verdict on standard output
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
}

/// Arguments of `report`.
#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// The folder of a finished run
    pub(crate) dir: PathBuf,
    /// The file to write, `-` for standard output [default: DIR/report.html]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Draw these measurements over the run and print how far they are apart: answers of CloudWatch, CSV, or a folder
    #[cfg(feature = "import")]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) observed: Vec<PathBuf>,
    /// The function of measurements that do not name one
    #[cfg(feature = "import")]
    #[arg(long, value_name = "NAME", requires = "observed")]
    pub(crate) function: Option<String>,
    /// What a column of a CSV file means, such as `Invocations.Sum=calls`; can be repeated
    #[cfg(feature = "import")]
    #[arg(long = "column", value_name = "ROLE=NAME", requires = "observed")]
    pub(crate) columns: Vec<String>,
    /// The form of the distances on standard output
    #[cfg(feature = "import")]
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
}

/// Arguments of `export`.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(subcommand)]
    pub(crate) kind: ExportKind,
}

/// What is exported.
#[derive(Debug, Subcommand)]
pub(crate) enum ExportKind {
    /// The answers of get-metric-data and get-metric-statistics, for each function and the Region
    Cloudwatch(ExportFolders),
    /// The log group of each function, as filter-log-events and tail show it
    Logs {
        #[command(flatten)]
        folders: ExportFolders,
        /// The form of log messages
        #[arg(long, value_enum, default_value_t = LogFormatChoice::Text)]
        log_format: LogFormatChoice,
    },
    /// The traces of the sampled events, as batch-get-traces answers them
    Xray(ExportFolders),
}

/// From where and to where.
#[derive(Args, Debug)]
pub(crate) struct ExportFolders {
    /// The folder of a finished run
    pub(crate) dir: PathBuf,
    /// The folder in which the export gets a folder of its own [default: DIR/export]
    #[arg(short, long, value_name = "DIR2")]
    pub(crate) out: Option<PathBuf>,
}

/// The form of log messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormatChoice {
    /// START, END and REPORT lines
    Text,
    /// One JSON object a message
    Json,
}

/// Arguments of `init`.
#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// A built-in scenario to start from, instead of the smallest one
    pub(crate) template: Option<String>,
    /// The file to write; standard output if not given
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// List the built-in scenarios
    #[arg(long)]
    pub(crate) list: bool,
}

/// The form of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// scope, metric, statistic, value, unit
    Csv,
    /// Markdown, for a comment
    Md,
}

/// The form of a report of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// A file or group of files that `run` can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileChoice {
    /// Everything
    All,
    /// No folder at all
    None,
    /// events.csv
    Events,
    /// attempts.csv
    Attempts,
    /// timeline.csv
    Timeline,
    /// metrics.csv
    Metrics,
    /// deliveries.jsonl
    Deliveries,
    /// charts/ and series.csv
    Charts,
    /// report.html
    Report,
}

/// A fate to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum FateChoice {
    /// A run succeeded
    Succeeded,
    /// A run succeeded after another had failed
    Recovered,
    /// The last allowed run failed
    RetriesExhausted,
    /// Too old
    EventAgeExceeded,
    /// Reserved concurrency is zero
    ZeroReservedConcurrency,
    /// Stopped as part of a recursive loop
    RecursiveInvocation,
    /// Lost by the queue
    Vanished,
    /// Refused until its caller gave up
    NeverAccepted,
    /// The run was cut off first
    InFlight,
    /// No copy is left anywhere
    Lost,
}

/// What of the timeline is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimelineChoice {
    /// Every observation.
    Full,
    /// Nothing.
    None,
    /// All observations of one event in this many.
    Sample(NonZeroU64),
}

impl FromStr for TimelineChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let sample = text.strip_prefix("sample=1/").and_then(|n| n.parse().ok());
        match text {
            "full" => Ok(Self::Full),
            "none" => Ok(Self::None),
            _ => sample.map(Self::Sample).ok_or_else(|| "write `full`, `none` or `sample=1/N`".to_owned()),
        }
    }
}
