//! How a run will go: its init, its duration and its outcome, drawn when it starts.

use super::environment::Condition;
use super::event::Past;
use super::observation::{AttemptOutcome, FunctionError, Start};
use crate::random::{EventKey, Purpose};
use crate::scenario::{FailureCause, FailureKind, Function};
use crate::time::{SimDuration, SimTime};

/// A run that is about to start.
#[derive(Clone, Copy, Debug)]
pub struct Beginning {
    /// The event's key.
    pub key: EventKey,
    /// The run's number, from 1.
    pub run: u8,
    /// Where the event's payload comes from: a poisonous one stays so, however often it is sent again.
    pub past: Past,
    /// When the run starts.
    pub at: SimTime,
    /// What it finds in its environment.
    pub start: Start,
    /// How long it is known to take, if it was recorded.
    pub recorded: Option<SimDuration>,
}

/// How a run will go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunPlan {
    /// How it ends.
    pub outcome: AttemptOutcome,
    /// The failure cause that strikes, by its position in the function's list.
    pub cause: Option<u8>,
    /// The init before the handler starts; zero unless the start is cold.
    pub init: SimDuration,
    /// An init within the handler's time, before the handler itself.
    pub within: SimDuration,
    /// How long the run lasts after `init`, at most `Timeout`.
    pub duration: SimDuration,
    /// What it leaves of its environment.
    pub leaves: Condition,
}

impl RunPlan {
    /// Ends the run in another way than was planned, `duration` after its init.
    pub(super) fn end_otherwise(&mut self, outcome: AttemptOutcome, duration: SimDuration) {
        self.outcome = outcome;
        self.duration = duration;
        self.leaves = left_by(outcome);
    }

    /// Whether the handler itself is reached by a run that `Timeout` stops after `timeout`.
    pub(super) fn reaches_handler(&self, timeout: SimDuration) -> bool {
        let init_failed = self.outcome == failed(FunctionError::InitError);
        !init_failed && self.within < timeout
    }
}

/// Plans a run of `function`; an init may last `init_limit`.
///
/// The durations are drawn first and do not depend on what fails; then the causes are asked in file order and the
/// first that strikes decides. A run that would last longer than `Timeout` is stopped there, which is a function
/// error whatever else was to happen (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html>).
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is made for each run, in one place")]
pub fn plan_run(function: &Function, run: Beginning, init_limit: SimDuration) -> RunPlan {
    let Some(position) = function.failures.iter().position(|cause| strikes(cause, run)) else {
        return Plan::of(function, run, init_limit).ends(AttemptOutcome::Success, None, usual(function, run));
    };
    let cause = &function.failures[position];
    let own = |law: &crate::random::distribution::Distribution| {
        law.sample(&mut run.key.draws(Purpose::FailureDuration, cause.ordinal, run.run.into()))
    };
    let duration = cause.duration.as_ref().map_or_else(|| usual(function, run), own);
    let (outcome, duration) = match cause.kind {
        FailureKind::Exception => (failed(FunctionError::Exception), duration),
        FailureKind::Poison => (failed(FunctionError::Poison), duration),
        FailureKind::CaughtError => (AttemptOutcome::CaughtError, duration),
        FailureKind::Timeout => (failed(FunctionError::Timeout), function.timeout),
        FailureKind::Crash => (failed(FunctionError::Crash), duration),
        FailureKind::OutOfMemory => (failed(FunctionError::OutOfMemory), duration),
        // The handler is never reached.
        FailureKind::InitFailure => (failed(FunctionError::InitError), SimDuration::ZERO),
    };
    Plan::of(function, run, init_limit).ends(outcome, u8::try_from(position).ok(), duration)
}

/// How long the handler takes when nothing fails.
#[inline]
fn usual(function: &Function, run: Beginning) -> SimDuration {
    run.recorded
        .unwrap_or_else(|| function.duration.sample(&mut run.key.draws(Purpose::Duration, 0, run.run.into())))
}

const fn failed(error: FunctionError) -> AttemptOutcome {
    AttemptOutcome::FunctionError(error)
}

/// A run whose init is known.
struct Plan {
    timeout: SimDuration,
    /// The init before the handler.
    before: SimDuration,
    /// The init within the handler's time.
    within: SimDuration,
}

impl Plan {
    /// An init happens before a cold start. It may take ten seconds; one that takes longer is stopped there and
    /// repeated within the run, as is the init after a crash, and then `Timeout` is its limit
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>).
    #[inline]
    fn of(function: &Function, run: Beginning, init_limit: SimDuration) -> Self {
        let draw = || function.init.sample(&mut run.key.draws(Purpose::Init, 0, run.run.into()));
        let (before, within) = match run.start {
            Start::Warm | Start::Provisioned => (SimDuration::ZERO, SimDuration::ZERO),
            Start::SuppressedInit => (SimDuration::ZERO, draw()),
            Start::Cold => match draw() {
                init if init > init_limit => (init_limit, init),
                init => (init, SimDuration::ZERO),
            },
        };
        Self { timeout: function.timeout, before, within }
    }

    fn ends(self, outcome: AttemptOutcome, cause: Option<u8>, handler: SimDuration) -> RunPlan {
        let (init, duration) = (self.before, self.within + handler);
        let (outcome, duration) = if duration > self.timeout {
            (failed(FunctionError::Timeout), self.timeout)
        } else {
            (outcome, duration)
        };
        RunPlan { outcome, cause, init, within: self.within, duration, leaves: left_by(outcome) }
    }
}

/// An exception leaves the environment warm; a timeout or the end of the process costs it its init
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>).
pub const fn left_by(outcome: AttemptOutcome) -> Condition {
    match outcome {
        AttemptOutcome::FunctionError(
            FunctionError::Timeout | FunctionError::Crash | FunctionError::OutOfMemory,
        ) => Condition::Reset,
        AttemptOutcome::FunctionError(FunctionError::InitError) => Condition::Gone,
        AttemptOutcome::Success
        | AttemptOutcome::CaughtError
        | AttemptOutcome::FunctionError(
            FunctionError::Exception | FunctionError::Poison | FunctionError::Dependency,
        )
        | AttemptOutcome::Throttled(_)
        | AttemptOutcome::SystemError { .. }
        | AttemptOutcome::ClientError { .. } => Condition::Ready,
    }
}

#[inline]
fn strikes(cause: &FailureCause, run: Beginning) -> bool {
    let (purpose, number, when) = match cause.kind {
        FailureKind::Exception => (Purpose::Exception, run.run, run.at),
        FailureKind::Timeout => (Purpose::Timeout, run.run, run.at),
        FailureKind::CaughtError => (Purpose::CaughtError, run.run, run.at),
        FailureKind::Crash => (Purpose::Crash, run.run, run.at),
        FailureKind::OutOfMemory => (Purpose::OutOfMemory, run.run, run.at),
        FailureKind::InitFailure if matches!(run.start, Start::Warm | Start::Provisioned) => return false,
        FailureKind::InitFailure => (Purpose::InitFailure, run.run, run.at),
        // One draw for the event, not one a run.
        FailureKind::Poison => (Purpose::Poison, 0, run.past.first_accepted),
    };
    let key = if cause.kind == FailureKind::Poison { run.past.payload } else { run.key };
    cause.during.contain(when)
        && cause.probability.strikes(key.draws(purpose, cause.ordinal, number.into()).word())
}
