//! The inverse question: not what happens at a setting, but which setting meets a goal.
//!
//! ```text
//! SolvePlan: scenario, PATH=A..B, requirements
//!    └ search ── where to look next ──> bench ── replications on common random numbers ──> decide: met or not, and
//!        │                                                                                 whether that is sure yet
//!        └──> Solution: the answer, the evidence for it, what one step more or less costs
//! ```
//!
//! [`solve`] finds the smallest (or largest) value in a range at which all requirements are met; [`frontier()`] does so
//! for each value of a second setting. How sure the answers are, and how that is held over many values, requirements
//! and looks at growing samples: `docs/statistics.md`.

mod bench;
mod decide;
pub mod files;
mod find;
mod frontier;
mod outcome;
#[cfg(feature = "charts")]
mod pictures;
mod search;
mod system;
pub mod text;

use crate::expect::{Requirements, Unfit};
use crate::experiment::{Confidence, Supervisor, all_cores};
use crate::scenario::Expectation;
use crate::scenario::load::{Input, Loaded, Rejected, load};
use crate::time::SimTime;
use std::convert::Infallible;
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::RangeInclusive;

pub use decide::{FIRST_LOOK, Held, Judgement, Verdict};
pub use find::Find;
pub use frontier::{Frontier, MOST_ROWS, frontier};
pub use outcome::{Answer, Contradiction, Demand, Marginal, Open, Probe, Solution, Step};

/// The most replications of a value, unless told otherwise.
pub const MOST_REPLICATIONS: u32 = 1_000;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct SolvePlan {
    /// The scenario.
    pub input: Input,
    /// The setting, and the values that it may have.
    pub find: Find,
    /// Which of the values that meet all requirements.
    pub wanted: Wanted,
    /// What must be met; the scenario's own expectations if there are none.
    pub so_that: Vec<Expectation>,
    /// The probability with which all verdicts together are right.
    pub confidence: Confidence,
    /// The share of runs that is to keep what every run is to keep.
    pub reliability: Confidence,
    /// The most replications of a value.
    pub max_replications: NonZeroU32,
    /// What came earlier is left out; by default what the scenario says.
    pub warm_up: Option<SimTime>,
    /// How many runs go on at a time; the results do not depend on it.
    pub threads: NonZeroUsize,
}

/// Which of the values that meet all requirements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The smallest.
    Smallest,
    /// The largest.
    Largest,
}

/// Why there was no search.
#[derive(Debug)]
pub enum SolveError {
    /// What was asked for cannot be.
    Usage {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// The scenario is invalid, as it is or at a value.
    Rejected {
        /// The scenario with its settings.
        input: Box<Input>,
        /// The settings that were searched; empty for the scenario as it is.
        settings: String,
        /// Its problems.
        rejected: Box<Rejected>,
    },
}

impl SolvePlan {
    /// Looks for the smallest value of `find` that meets `so_that`, at 95 % for 95 % of runs, on all cores.
    pub fn new(input: Input, find: Find, so_that: Vec<Expectation>) -> Self {
        Self {
            input,
            find,
            wanted: Wanted::Smallest,
            so_that,
            confidence: Confidence::USUAL,
            reliability: Confidence::USUAL,
            max_replications: NonZeroU32::new(MOST_REPLICATIONS).expect("it is not zero"),
            warm_up: None,
            threads: all_cores(),
        }
    }
}

impl Wanted {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smallest => "smallest",
            Self::Largest => "largest",
        }
    }
}

/// The smallest or largest value at which all requirements are met, with the evidence.
///
/// Whoever supervises can stop it: what is known by then is in the solution, whose answer is [`Answer::Interrupted`].
///
/// ```
/// use thirdtry::scenario::Expectation;
/// use thirdtry::scenario::load::Input;
/// use thirdtry::solve::{Answer, SolvePlan, solve};
///
/// // How many slots do one call a second, of a second each, need for fewer than one in ten to be turned away? By
/// // Erlang's formula three turn away 6.3 %, two 20 %.
/// let text = r#"{ "version": 1, "arrivals_end": "200s",
///     "functions": { "quote": { "duration": { "exponential": { "mean": "1s" } }, "Timeout": 60 } },
///     "sources": { "web": { "to": "quote", "invocation": "sync", "arrivals": { "poisson": { "rate": "1/s" } } } } }"#;
/// let plan = SolvePlan::new(
///     Input::from_text("example", text),
///     "functions.quote.ReservedConcurrentExecutions=1..20".parse().expect("a range"),
///     vec![Expectation::parse("Throttles.Average < 10%").expect("sound")],
/// );
/// let solution = solve(&plan, &()).expect("it can be asked");
/// assert_eq!(solution.answer, Answer::Found("3".to_owned()));
/// ```
///
/// # Errors
/// A scenario that is invalid at both ends of the range or at a value that is tried; requirements that mean nothing;
/// none at all.
pub fn solve(plan: &SolvePlan, supervisor: &impl Supervisor) -> Result<Solution, SolveError> {
    let asked = Asked::new(plan)?;
    outcome::find(plan, &asked, 1, None, supervisor)
}

/// A plan that can be asked: the requirements mean something, and the scenario is valid at both ends of what is
/// searched.
struct Asked {
    base: Loaded,
    so_that: Vec<Expectation>,
    requirements: Requirements,
    /// The places in the range that are searched.
    places: RangeInclusive<usize>,
    refused: Option<Refused>,
}

/// Values at an end of the range that the scenario cannot have; they were not searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which: `901..1000`.
    pub range: String,
    /// What is wrong with the first of them.
    pub why: String,
}

impl Asked {
    fn new(plan: &SolvePlan) -> Result<Self, SolveError> {
        let base = load(&plan.input).map_err(|rejected| SolveError::rejected(&plan.input, "", rejected))?;
        let so_that = if plan.so_that.is_empty() { &base.scenario.expectations } else { &plan.so_that };
        if so_that.is_empty() {
            return Err(SolveError::Usage {
                message: "there is nothing to meet: neither `--so-that` nor `expect` in the scenario"
                    .to_owned(),
                hint: "write e.g. `--so-that 'lost.Sum == 0'`".to_owned(),
            });
        }
        if plan.warm_up.is_some() && !base.scenario.redrives.is_empty() {
            return Err(SolveError::Usage {
                message: "a scenario with redrives has no warm-up".to_owned(),
                hint: "leave out `--warm-up`".to_owned(),
            });
        }
        let requirements =
            Requirements::of(&base.scenario, so_that).map_err(|unfit| SolveError::unfit(so_that, &unfit))?;
        let so_that = so_that.clone();
        let (places, refused) = settable(plan)?;
        Ok(Self { base, so_that, requirements, places, refused })
    }
}

/// The places in the range whose values the scenario can have: all of them, or those from one end on up to the first
/// that it cannot, such as a reservation beyond the account's quota.
fn settable(plan: &SolvePlan) -> Result<(RangeInclusive<usize>, Option<Refused>), SolveError> {
    let last = plan.find.values().len() - 1;
    let refused = |place: usize| plan.at(place).err();
    let (at_first, at_last) = (refused(0), refused(last));
    if at_first.is_none() && at_last.is_none() {
        return Ok((0..=last, None));
    }
    if let (Some(error), Some(_)) = (at_first, &at_last) {
        return Err(error);
    }
    // One end is fine; the first bad place is looked for from there.
    let is_upper = at_last.is_some();
    let place = |step: usize| if is_upper { step } else { last - step };
    let Ok(bad) = search::bisect(Some(0), last, |step| Ok::<_, Infallible>(refused(place(step)).is_some()));
    let why = match refused(place(bad)) {
        Some(SolveError::Rejected { rejected, .. }) => {
            rejected.problems.into_iter().next().map(|one| one.message)
        }
        Some(SolveError::Usage { message, .. }) => Some(message),
        None => None,
    };
    let (places, out) =
        if is_upper { (0..=bad - 1, bad..=last) } else { (last + 1 - bad..=last, 0..=last - bad) };
    let values = plan.find.values();
    let range = Find::words(&values[out]);
    Ok((places, Some(Refused { range, why: why.unwrap_or_default() })))
}

impl SolvePlan {
    /// The scenario with the value at a place in the range.
    fn at(&self, place: usize) -> Result<Loaded, SolveError> {
        let (input, settings) = with(&self.input, &[(self.find.path(), &self.find.values()[place])]);
        load(&input).map_err(|rejected| SolveError::rejected(&input, &settings, rejected))
    }
}

/// The scenario with these settings, and how they are written.
fn with(input: &Input, settings: &[(&str, &str)]) -> (Input, String) {
    let mut input = input.clone();
    input.sets.extend(settings.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())));
    let written = settings.iter().map(|(path, value)| format!("{path}={value}")).collect::<Vec<_>>();
    (input, written.join(", "))
}

impl SolveError {
    fn rejected(input: &Input, settings: &str, rejected: Rejected) -> Self {
        Self::Rejected {
            input: Box::new(input.clone()),
            settings: settings.to_owned(),
            rejected: Box::new(rejected),
        }
    }

    fn unfit(so_that: &[Expectation], unfit: &[Unfit]) -> Self {
        let said = |unfit: &Unfit| format!("`{}`: {}", so_that[unfit.position].text, unfit.flaw.message);
        Self::Usage {
            message: unfit.iter().map(said).collect::<Vec<_>>().join("; "),
            hint: unfit.first().map(|unfit| unfit.flaw.hint.clone()).unwrap_or_default(),
        }
    }
}

impl fmt::Display for SolveError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage { message, .. } => out.write_str(message),
            Self::Rejected { settings, rejected, .. } if settings.is_empty() => write!(out, "{rejected}"),
            Self::Rejected { settings, rejected, .. } => write!(out, "at {settings}: {rejected}"),
        }
    }
}

impl std::error::Error for SolveError {}
