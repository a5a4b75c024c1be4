//! What an event remembers, in few bytes: each type here takes less than the plain one that it stands for.

use super::{Route, RouteResult, Stage};
use crate::engine::slab::Slot;
use crate::id::DependencyId;
use crate::model::observation::{AttemptOutcome, Fate, FunctionError, ThrottleReason};
use crate::scenario::{DeliveryFailure, InvocationType};
use crate::time::SimTime;

/// A [`Stage`] without what belongs to it: together with [`StageDetail`] it takes nine bytes, and not sixteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StageName {
    Offered,
    NeverAccepted,
    Queued,
    Running,
    Settled(Fate),
    Returned,
}

/// Nanoseconds of virtual time, or for a run its slot and the dependency that it waits for, plus one.
#[derive(Clone, Copy, Debug)]
pub(super) struct StageDetail(u64);

impl StageDetail {
    pub(super) const NONE: Self = Self(0);

    pub(super) const fn at(at: SimTime) -> Self {
        Self(at.as_nanos())
    }

    pub(super) const fn time(self) -> SimTime {
        SimTime::from_nanos(self.0)
    }

    pub(super) fn of_run(run: Slot, calling: Option<DependencyId>) -> Self {
        Self(u64::from(run.number()) << 32 | calling.map_or(0, |dependency| u64::from(dependency.0) + 1))
    }

    pub(super) const fn run(self) -> Slot {
        Slot::from_number((self.0 >> 32) as u32)
    }

    #[expect(clippy::cast_possible_truncation, reason = "as packed")]
    pub(super) fn calling(self) -> Option<DependencyId> {
        (self.0 as u32).checked_sub(1).map(|dependency| DependencyId(dependency as u16))
    }
}

/// A stage and what belongs to it, apart.
#[inline]
pub(super) fn placed(stage: Stage) -> (StageName, StageDetail) {
    match stage {
        Stage::Offered { due } => (StageName::Offered, StageDetail::at(due)),
        Stage::NeverAccepted => (StageName::NeverAccepted, StageDetail::NONE),
        Stage::Queued { due } => (StageName::Queued, StageDetail::at(due)),
        Stage::Running { run, calling } => (StageName::Running, StageDetail::of_run(run, calling)),
        Stage::Settled { fate, at } => (StageName::Settled(fate), StageDetail::at(at)),
        Stage::Returned => (StageName::Returned, StageDetail::NONE),
    }
}

/// How it is invoked, and whether it is the first of its function in its second: X-Ray traces each of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Event,
    FirstEvent,
    Call,
    FirstCall,
}

impl Nature {
    pub(super) const fn new(invocation: InvocationType, first: bool) -> Self {
        match (invocation, first) {
            (InvocationType::Event, false) => Self::Event,
            (InvocationType::Event, true) => Self::FirstEvent,
            (InvocationType::RequestResponse, false) => Self::Call,
            (InvocationType::RequestResponse, true) => Self::FirstCall,
        }
    }

    pub(super) const fn invocation(self) -> InvocationType {
        match self {
            Self::Event | Self::FirstEvent => InvocationType::Event,
            Self::Call | Self::FirstCall => InvocationType::RequestResponse,
        }
    }

    pub(super) const fn is_first(self) -> bool {
        matches!(self, Self::FirstEvent | Self::FirstCall)
    }
}

/// How the last finished attempt ended, and for a run the cause of its failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum LastAttempt {
    /// There was none.
    None,
    Run(RunOutcome, Cause),
    Throttled(ThrottleReason),
    /// Its status less 500.
    SystemError(u8),
    /// Its status less 400.
    ClientError(u8),
}

/// The outcomes of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum RunOutcome {
    Success,
    CaughtError,
    FunctionError(FunctionError),
}

/// The position of a failure cause, or 255 for none: a function has fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) struct Cause(u8);

impl LastAttempt {
    const SYSTEM_ERRORS: u16 = 500;
    const CLIENT_ERRORS: u16 = 400;

    /// An attempt that ended with `outcome`, by `cause` if it was a run that failed.
    pub(in crate::model) const fn new(outcome: AttemptOutcome, cause: Option<u8>) -> Self {
        let cause = match cause {
            Some(cause) => Cause(cause),
            None => Cause(u8::MAX),
        };
        match outcome {
            AttemptOutcome::Success => Self::Run(RunOutcome::Success, cause),
            AttemptOutcome::CaughtError => Self::Run(RunOutcome::CaughtError, cause),
            AttemptOutcome::FunctionError(error) => Self::Run(RunOutcome::FunctionError(error), cause),
            AttemptOutcome::Throttled(reason) => Self::Throttled(reason),
            AttemptOutcome::SystemError { status } => Self::SystemError(above(status, Self::SYSTEM_ERRORS)),
            AttemptOutcome::ClientError { status } => Self::ClientError(above(status, Self::CLIENT_ERRORS)),
        }
    }

    /// The position of the cause, if it was a run that failed by one.
    pub(super) const fn cause(self) -> Option<u8> {
        match self {
            Self::Run(_, Cause(cause)) if cause < u8::MAX => Some(cause),
            _ => None,
        }
    }

    pub(super) const fn outcome(self) -> Option<AttemptOutcome> {
        Some(match self {
            Self::None => return None,
            Self::Run(RunOutcome::Success, _) => AttemptOutcome::Success,
            Self::Run(RunOutcome::CaughtError, _) => AttemptOutcome::CaughtError,
            Self::Run(RunOutcome::FunctionError(error), _) => AttemptOutcome::FunctionError(error),
            Self::Throttled(reason) => AttemptOutcome::Throttled(reason),
            Self::SystemError(status) => {
                AttemptOutcome::SystemError { status: Self::SYSTEM_ERRORS + status as u16 }
            }
            Self::ClientError(status) => {
                AttemptOutcome::ClientError { status: Self::CLIENT_ERRORS + status as u16 }
            }
        })
    }
}

/// How far a `status` lies above the first of its class.
#[expect(clippy::cast_possible_truncation, reason = "a class of HTTP statuses has a hundred")]
const fn above(status: u16, first: u16) -> u8 {
    assert!(first <= status && status < first + 100, "the scenario's grammar allows no other");
    (status - first) as u8
}

/// Milliseconds billed for its finished runs in the upper 24 bits, and in the lower eight the attempts that met a 5xx.
/// Three runs take less than an hour, and a row of back-offs soon takes hours: hardly any event has more of either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally(u32);

impl Tally {
    pub(super) const NOTHING: Self = Self(0);
    const ERRORS: u32 = 0xff;
    const BITS: u32 = 8;
    const MOST_MS: u32 = u32::MAX >> Self::BITS;

    pub(super) const fn billed_ms(self) -> u32 {
        self.0 >> Self::BITS
    }

    pub(super) const fn system_errors(self) -> u32 {
        self.0 & Self::ERRORS
    }

    /// Adds `ms` as far as they fit; what is left of them.
    pub(super) fn add_billed(&mut self, ms: u64) -> u64 {
        let room = Self::MOST_MS - self.billed_ms();
        let fits = u32::try_from(ms).map_or(room, |ms| ms.min(room));
        self.0 += fits << Self::BITS;
        ms - u64::from(fits)
    }

    /// Counts one more, if there is room for it.
    pub(super) const fn count_system_error(&mut self) -> bool {
        let has_room = self.system_errors() < Self::ERRORS;
        self.0 += has_room as u32;
        has_room
    }
}

/// The results of all routes: three bits for each, in the order of [`Route::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Routes(u16);

impl Routes {
    pub(super) const NOT_CONFIGURED: Self = Self(0);
    const BITS: u32 = 3;
    const MASK: u16 = (1 << Self::BITS) - 1;

    pub(super) const fn with(self, route: Route, result: RouteResult) -> Self {
        let shift = Self::BITS * route as u32;
        let code = match result {
            RouteResult::NotConfigured => 0,
            RouteResult::Pending => 1,
            RouteResult::Delivered => 2,
            RouteResult::Failed(failure) => 3 + failure as u16,
        };
        Self(self.0 & !(Self::MASK << shift) | code << shift)
    }

    #[inline]
    pub(super) fn of(self, route: Route) -> RouteResult {
        match self.0 >> (Self::BITS * route as u32) & Self::MASK {
            0 => RouteResult::NotConfigured,
            1 => RouteResult::Pending,
            2 => RouteResult::Delivered,
            failure => RouteResult::Failed(DeliveryFailure::ALL[usize::from(failure - 3)]),
        }
    }
}

/// The lower half of a number.
#[expect(clippy::cast_possible_truncation, reason = "the other half goes elsewhere")]
pub(super) const fn lower(number: u64) -> u32 {
    number as u32
}

/// The upper half of a number.
pub(super) const fn upper(number: u64) -> u32 {
    (number >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_each_route_is_kept_apart() {
        let mut results = vec![RouteResult::NotConfigured, RouteResult::Pending, RouteResult::Delivered];
        results.extend(DeliveryFailure::ALL.map(RouteResult::Failed));
        for (route, result) in
            Route::ALL.iter().flat_map(|route| results.iter().map(move |result| (*route, *result)))
        {
            let kept = Routes::NOT_CONFIGURED.with(route, RouteResult::Pending).with(route, result);
            for other in Route::ALL {
                let expected = if other == route { result } else { RouteResult::NotConfigured };
                assert_eq!(kept.of(other), expected);
            }
        }
    }

    #[test]
    fn what_a_run_keeps_in_its_stage_comes_out_again() {
        for calling in [None, Some(DependencyId(0)), Some(DependencyId(u16::MAX))] {
            let detail = StageDetail::of_run(Slot::from_number(u32::MAX), calling);
            assert_eq!((detail.run(), detail.calling()), (Slot::from_number(u32::MAX), calling));
        }
    }

    #[test]
    fn the_last_attempt_is_remembered_with_its_cause() {
        let outcomes = [
            AttemptOutcome::Success,
            AttemptOutcome::CaughtError,
            AttemptOutcome::FunctionError(FunctionError::Crash),
            AttemptOutcome::Throttled(ThrottleReason::Fault),
            AttemptOutcome::SystemError { status: 503 },
            AttemptOutcome::ClientError { status: 404 },
        ];
        for outcome in outcomes {
            assert_eq!(LastAttempt::new(outcome, None).outcome(), Some(outcome));
        }
        assert_eq!(LastAttempt::None.outcome(), None);
    }
}
