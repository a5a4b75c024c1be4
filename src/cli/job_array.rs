//! Which share of a sweep a task of a job array does: what schedulers say in its environment.
//!
//! | Scheduler | Task | How many |
//! |---|---|---|
//! | Slurm | `SLURM_ARRAY_TASK_ID`, from 1 (or 0) | `SLURM_ARRAY_TASK_COUNT`, if the array is whole |
//! | AWS Batch | `AWS_BATCH_JOB_ARRAY_INDEX`, from 0 | `AWS_BATCH_JOB_ARRAY_SIZE` |
//! | Kubernetes | `JOB_COMPLETION_INDEX`, from 0 | not told |

use super::exit::Failure;
use thirdtry::experiment::sweep::Shard;

/// What a scheduler tells of a task.
#[derive(Clone, Copy, Debug)]
struct Task {
    /// Which share it is: from 1.
    number: u32,
    /// How many there are, if it is told.
    of: Option<u32>,
}

/// Looks up a variable of the environment.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The share that `text` means: `K/N`, or what the scheduler says in its environment (`auto`, `auto/N`).
///
/// # Errors
/// When it means none.
pub(crate) fn shard_of(text: &str, variables: Variables<'_>) -> Result<Shard, Failure> {
    let refuse = |message: String| Failure::Usage {
        message: format!("`--shard {text}`: {message}"),
        hint: Some(
            "write `--shard K/N`, or inside a job array `auto/N`, or `auto` where it tells its size"
                .to_owned(),
        ),
    };
    let Some(rest) = text.strip_prefix("auto") else { return text.parse().map_err(refuse) };
    let given = match rest.strip_prefix('/') {
        None if rest.is_empty() => None,
        Some(of) => Some(of.parse().map_err(|_| refuse(format!("{of:?} is no number of shares")))?),
        None => return Err(refuse("it is neither K/N nor `auto`".to_owned())),
    };
    let task = task(given, variables).map_err(refuse)?;
    let of = given.or(task.of).ok_or_else(|| {
        refuse("the scheduler does not tell how many shares there are; write `auto/N`".to_owned())
    })?;
    Shard::new(task.number, of).ok_or_else(|| refuse(format!("there is no share {} of {of}", task.number)))
}

fn task(given: Option<u32>, variables: Variables<'_>) -> Result<Task, String> {
    if let Some(id) = number("SLURM_ARRAY_TASK_ID", variables)? {
        return slurm(id, given, variables);
    }
    if let Some(index) = number("AWS_BATCH_JOB_ARRAY_INDEX", variables)? {
        let of = number("AWS_BATCH_JOB_ARRAY_SIZE", variables)?;
        return match (given, of) {
            (Some(given), Some(of)) if given != of => {
                Err(format!("the array has {of} tasks, so that its shares would not be {given}"))
            }
            _ => Ok(Task { number: index.saturating_add(1), of }),
        };
    }
    if let Some(index) = number("JOB_COMPLETION_INDEX", variables)? {
        return Ok(Task { number: index.saturating_add(1), of: None });
    }
    let names = "SLURM_ARRAY_TASK_ID, AWS_BATCH_JOB_ARRAY_INDEX and JOB_COMPLETION_INDEX";
    Err(format!("this is no job array: none of {names} is set"))
}

/// A Slurm array may hold any numbers. With `auto/N` they are those of the shares, from 1, so that any of them can be
/// run again alone. Without N the array must be whole, from 0 or 1 on: `--array=3` is an array of one task, and what
/// Slurm counts then is not the shares.
fn slurm(id: u32, given: Option<u32>, variables: Variables<'_>) -> Result<Task, String> {
    let number = |name: &str| number(name, variables);
    let first = number("SLURM_ARRAY_TASK_MIN")?;
    if let Some(of) = given {
        return if id == 0 || first == Some(0) {
            Err(format!("the array begins at 0, and shares at 1; submit it with `--array=1-{of}`"))
        } else {
            Ok(Task { number: id, of: None })
        };
    }
    let ends = (first, number("SLURM_ARRAY_TASK_MAX")?, number("SLURM_ARRAY_TASK_COUNT")?);
    let (Some(first), Some(last), Some(count)) = ends else { return Ok(Task { number: id, of: None }) };
    if first > 1 || count < 2 || last.checked_sub(first) != Some(count - 1) {
        return Err(format!(
            "{count} of the tasks from {first} to {last} are no whole array, and it does not tell how many shares \
             there are; write `auto/N`"
        ));
    }
    Ok(Task { number: id.saturating_add(1 - first), of: Some(count) })
}

fn number(name: &str, variables: Variables<'_>) -> Result<Option<u32>, String> {
    let parsed =
        |value: String| value.parse().map_err(|_| format!("{name} is {value:?}, which is no number"));
    variables(name).map(parsed).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        shard_of(text, &variable).map(|shard| shard.to_string()).map_err(|failure| failure.to_string())
    }

    /// What Slurm sets for task `id` of the array `first` to `last` with `count` tasks.
    fn slurm<'a>(id: &'a str, first: &'a str, last: &'a str, count: &'a str) -> Vec<(&'static str, &'a str)> {
        vec![
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", first),
            ("SLURM_ARRAY_TASK_MAX", last),
            ("SLURM_ARRAY_TASK_COUNT", count),
        ]
    }

    #[test]
    fn a_share_is_given_or_told_by_the_scheduler() {
        let batch = vec![("AWS_BATCH_JOB_ARRAY_INDEX", "2"), ("AWS_BATCH_JOB_ARRAY_SIZE", "8")];
        let cases = [
            ("3/8", vec![], "3/8"),
            ("auto", slurm("1", "1", "4", "4"), "1/4"),
            ("auto", slurm("4", "1", "4", "4"), "4/4"),
            ("auto", slurm("0", "0", "3", "4"), "1/4"),
            ("auto", slurm("3", "0", "3", "4"), "4/4"),
            // Task 3 of four, run again alone; tasks 1 and 3; one of a whole array.
            ("auto/4", slurm("3", "3", "3", "1"), "3/4"),
            ("auto/4", slurm("1", "1", "1", "1"), "1/4"),
            ("auto/4", slurm("3", "1", "3", "2"), "3/4"),
            ("auto/4", slurm("2", "1", "4", "4"), "2/4"),
            ("auto/4", vec![("SLURM_ARRAY_TASK_ID", "4")], "4/4"),
            ("auto", batch.clone(), "3/8"),
            ("auto/8", batch, "3/8"),
            ("auto/5", vec![("JOB_COMPLETION_INDEX", "4")], "5/5"),
        ];
        for (text, variables, expected) in cases {
            assert_eq!(shard(text, &variables).as_deref(), Ok(expected), "{text} {variables:?}");
        }
    }

    #[test]
    fn a_share_that_is_none_is_refused() {
        let batch = vec![("AWS_BATCH_JOB_ARRAY_INDEX", "2"), ("AWS_BATCH_JOB_ARRAY_SIZE", "8")];
        let cases = [
            ("5/4", vec![], "no share 5 of 4"),
            ("auto", vec![], "no job array"),
            ("auto/", vec![], "\"\" is no number of shares"),
            ("automatic", vec![], "neither"),
            ("auto", slurm("x", "1", "4", "4"), "no number"),
            // Parts of an array say nothing of the whole.
            ("auto", slurm("3", "3", "3", "1"), "1 of the tasks from 3 to 3 are no whole array"),
            ("auto", slurm("1", "1", "1", "1"), "auto/N"),
            ("auto", slurm("3", "1", "5", "3"), "3 of the tasks from 1 to 5"),
            ("auto", slurm("15", "10", "25", "4"), "no whole array"),
            ("auto", vec![("SLURM_ARRAY_TASK_ID", "4")], "does not tell how many"),
            ("auto/4", slurm("0", "0", "3", "4"), "begins at 0"),
            ("auto/4", slurm("3", "0", "3", "4"), "--array=1-4"),
            ("auto/4", slurm("5", "5", "5", "1"), "no share 5 of 4"),
            ("auto/16", batch, "the array has 8 tasks"),
            ("auto", vec![("JOB_COMPLETION_INDEX", "1")], "does not tell how many"),
            ("auto/2", vec![("JOB_COMPLETION_INDEX", "2")], "no share 3 of 2"),
        ];
        for (text, variables, said) in cases {
            let error = shard(text, &variables).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
