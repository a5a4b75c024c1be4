//! Two settings: for each value of one, the smallest (or largest) of the other at which all requirements are met.

use super::{Answer, Asked, Find, Solution, SolveError, SolvePlan, outcome, with};
use crate::experiment::Supervisor;

/// No frontier has more rows: each is a search of its own.
pub const MOST_ROWS: usize = 100;

/// The frontier of what meets all requirements.
#[derive(Clone, Debug)]
pub struct Frontier {
    /// The path of the setting that is gone through.
    pub path: String,
    /// Its range in a few words.
    pub range: String,
    /// Each of its values, in ascending order, and what was found there.
    pub rows: Vec<(String, Solution)>,
    /// Whether every value was gone through, and no search was interrupted.
    pub is_complete: bool,
}

/// For each value of `along`, what [`solve`](super::solve) finds for `plan` there. The confidence is that of all
/// verdicts of the whole frontier.
///
/// # Errors
/// Those of [`solve`](super::solve), and more values than a frontier may have.
pub fn frontier(
    plan: &SolvePlan,
    along: &Find,
    supervisor: &impl Supervisor,
) -> Result<Frontier, SolveError> {
    let values = along.values();
    if along.path() == plan.find.path() {
        return Err(SolveError::Usage {
            message: format!("`{}` is looked for twice", along.path()),
            hint: "give two settings, or one `--find`".to_owned(),
        });
    }
    if values.len() > MOST_ROWS {
        return Err(SolveError::Usage {
            message: format!(
                "the first setting of a frontier is gone through value by value, and {} has {}",
                along.range(),
                values.len()
            ),
            hint: format!(
                "give at most {MOST_ROWS}, as in `{}=A..B:STEP` or `=A..B*2`; the second setting is searched",
                along.path()
            ),
        });
    }
    let plans: Vec<SolvePlan> = values.iter().map(|value| at_value(plan, along, value)).collect();
    // Every row is looked at before any is run.
    let asked = plans.iter().map(Asked::new).collect::<Result<Vec<_>, _>>()?;
    let mut found = Frontier {
        path: along.path().to_owned(),
        range: along.range(),
        rows: Vec::new(),
        is_complete: false,
    };
    let mut hint = None;
    for ((plan, asked), value) in plans.iter().zip(&asked).zip(values) {
        supervisor.begins(&format!("{}={value}", along.path()));
        let solution = outcome::find(plan, asked, values.len(), hint, supervisor)?;
        let is_interrupted = solution.answer == Answer::Interrupted;
        hint = place(plan, &solution).or(hint);
        found.rows.push((value.clone(), solution));
        if is_interrupted {
            return Ok(found);
        }
    }
    found.is_complete = true;
    Ok(found)
}

fn at_value(plan: &SolvePlan, along: &Find, value: &str) -> SolvePlan {
    let (input, _) = with(&plan.input, &[(along.path(), value)]);
    SolvePlan { input, ..plan.clone() }
}

/// Where the answer lies in the range: the next row's is not far.
fn place(plan: &SolvePlan, solution: &Solution) -> Option<usize> {
    let value = solution.answer.value()?;
    plan.find.values().iter().position(|other| other == value)
}

impl Frontier {
    /// The answer of each row.
    pub fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.rows.iter().map(|(_, solution)| &solution.answer)
    }
}
