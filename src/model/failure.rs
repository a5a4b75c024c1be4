//! How a run will go: its duration and its outcome, drawn when it starts.

use super::observation::{AttemptOutcome, FunctionError};
use crate::random::{EventKey, Purpose};
use crate::scenario::{FailureCause, FailureKind, Function};
use crate::time::{SimDuration, SimTime};

/// How a run will go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunPlan {
    /// How it ends.
    pub outcome: AttemptOutcome,
    /// The failure cause that strikes, by its position in the function's list.
    pub cause: Option<u8>,
    /// How long it lasts, at most `Timeout`.
    pub duration: SimDuration,
}

/// Plans run `run` (from 1) of the event with `key`, accepted at `accepted`, starting at `start`.
///
/// The duration is drawn first and does not depend on what fails; then the causes are asked in file order and the
/// first that strikes decides. A run that would last longer than `Timeout` is stopped there, which is a function
/// error whatever else was to happen (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html>).
pub fn plan_run(function: &Function, key: EventKey, run: u8, accepted: SimTime, start: SimTime) -> RunPlan {
    let number = u32::from(run);
    let usual = || function.duration.sample(&mut key.draws(Purpose::Duration, 0, number));
    let strikes = |cause: &FailureCause| strikes(cause, key, number, accepted, start);
    let Some(position) = function.failures.iter().position(strikes) else {
        return stopped_at_timeout(function, AttemptOutcome::Success, None, usual());
    };
    let cause = &function.failures[position];
    let own = |law: &crate::random::distribution::Distribution| {
        law.sample(&mut key.draws(Purpose::FailureDuration, cause.ordinal, number))
    };
    let duration = cause.duration.as_ref().map_or_else(usual, own);
    let (outcome, duration) = match cause.kind {
        FailureKind::Exception => (AttemptOutcome::FunctionError(FunctionError::Exception), duration),
        FailureKind::Poison => (AttemptOutcome::FunctionError(FunctionError::Poison), duration),
        FailureKind::CaughtError => (AttemptOutcome::CaughtError, duration),
        FailureKind::Timeout => (AttemptOutcome::FunctionError(FunctionError::Timeout), function.timeout),
    };
    stopped_at_timeout(function, outcome, u8::try_from(position).ok(), duration)
}

fn strikes(cause: &FailureCause, key: EventKey, run: u32, accepted: SimTime, start: SimTime) -> bool {
    let (purpose, number, when) = match cause.kind {
        FailureKind::Exception => (Purpose::Exception, run, start),
        FailureKind::Timeout => (Purpose::Timeout, run, start),
        FailureKind::CaughtError => (Purpose::CaughtError, run, start),
        // One draw for the event, not one a run.
        FailureKind::Poison => (Purpose::Poison, 0, accepted),
    };
    cause.during.contain(when) && cause.probability.strikes(key.draws(purpose, cause.ordinal, number).word())
}

fn stopped_at_timeout(
    function: &Function,
    outcome: AttemptOutcome,
    cause: Option<u8>,
    duration: SimDuration,
) -> RunPlan {
    if duration > function.timeout {
        let outcome = AttemptOutcome::FunctionError(FunctionError::Timeout);
        return RunPlan { outcome, cause, duration: function.timeout };
    }
    RunPlan { outcome, cause, duration }
}
