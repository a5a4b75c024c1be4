//! Ends of attempts and of events, without the particulars.

use crate::model::event::{Event, Route, RouteResult};
use crate::model::observation::{AttemptOutcome, Fate};

/// How an attempt ended, without the particulars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeKind {
    /// The handler returned.
    Success,
    /// The handler caught its error.
    CaughtError,
    /// The function failed.
    FunctionError,
    /// 429
    Throttled,
    /// 5xx
    SystemError,
    /// 4xx other than 429
    ClientError,
}

/// What became of the outcome of a closed event on all its routes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// At least one route holds a copy.
    Delivered,
    /// Every delivery failed.
    DeliveryFailed,
    /// No route was configured for this outcome.
    NotConfigured,
    /// The end of the run found a delivery under way.
    Pending,
}

impl OutcomeKind {
    /// All kinds, in the order in which tables and charts show them.
    pub const ALL: [Self; 6] = [
        Self::Success,
        Self::CaughtError,
        Self::FunctionError,
        Self::Throttled,
        Self::SystemError,
        Self::ClientError,
    ];

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::CaughtError => "caught_error",
            Self::FunctionError => "function_error",
            Self::Throttled => "throttled",
            Self::SystemError => "system_error",
            Self::ClientError => "client_error",
        }
    }
}

impl From<AttemptOutcome> for OutcomeKind {
    fn from(outcome: AttemptOutcome) -> Self {
        match outcome {
            AttemptOutcome::Success => Self::Success,
            AttemptOutcome::CaughtError => Self::CaughtError,
            AttemptOutcome::FunctionError(_) => Self::FunctionError,
            AttemptOutcome::Throttled(_) => Self::Throttled,
            AttemptOutcome::SystemError { .. } => Self::SystemError,
            AttemptOutcome::ClientError { .. } => Self::ClientError,
        }
    }
}

impl Ending {
    /// All endings, in the order in which tables and charts show them.
    pub const ALL: [Self; 4] = [Self::Delivered, Self::DeliveryFailed, Self::NotConfigured, Self::Pending];

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::DeliveryFailed => "delivery_failed",
            Self::NotConfigured => "not_configured",
            Self::Pending => "pending",
        }
    }

    /// What became of the outcome of `event`: one copy is enough to count it as delivered.
    pub fn of(event: &Event) -> Self {
        let any =
            |wanted: fn(RouteResult) -> bool| Route::ALL.iter().any(|route| wanted(event.route(*route)));
        if any(|result| result == RouteResult::Delivered) {
            Self::Delivered
        } else if any(|result| result == RouteResult::Pending) {
            Self::Pending
        } else if any(|result| matches!(result, RouteResult::Failed(_))) {
            Self::DeliveryFailed
        } else {
            Self::NotConfigured
        }
    }

    /// Whether an event of this ending and `fate` is lost: it did not succeed, and no route holds a copy.
    pub fn is_loss(self, fate: Fate) -> bool {
        fate != Fate::Succeeded && matches!(self, Self::DeliveryFailed | Self::NotConfigured)
    }
}
