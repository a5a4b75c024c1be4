//! The metrics of the namespace `AWS/Lambda`: names and units.

/// A metric of the namespace `AWS/Lambda`.
///
/// `PostRuntimeExtensionsDuration` is missing: no extensions are modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Events accepted into the queue; once an event.
    AsyncEventsReceived,
    /// The event's age at each attempt, throttled ones included.
    AsyncEventAge,
    /// Runs that ended, synchronous ones included.
    Invocations,
    /// Runs that ended in a function error.
    Errors,
    /// Attempts that were throttled, synchronous ones included.
    Throttles,
    /// How long runs took, without a cold start's init.
    Duration,
    /// The most runs in progress at once.
    ConcurrentExecutions,
    /// The most runs in progress at once on the account's unreserved concurrency; of the Region only.
    UnreservedConcurrentExecutions,
    /// Unreserved concurrency in use, and all that is reserved or provisioned; of the Region only.
    ClaimedAccountConcurrency,
    /// The most runs in progress at once on provisioned concurrency.
    ProvisionedConcurrentExecutions,
    /// The same as a share of what is provisioned; of functions only.
    ProvisionedConcurrencyUtilization,
    /// Runs that ended on provisioned concurrency.
    ProvisionedConcurrencyInvocations,
    /// Runs of a function with provisioned concurrency that ended elsewhere.
    ProvisionedConcurrencySpilloverInvocations,
    /// Events that ended without success.
    AsyncEventsDropped,
    /// Messages that the dead-letter queue did not take.
    DeadLetterErrors,
    /// Records that a destination did not take.
    DestinationDeliveryFailures,
    /// Invocations stopped as part of a recursive loop.
    RecursiveInvocationsDropped,
}

/// The unit of a metric, by CloudWatch's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Milliseconds; kept as nanoseconds until it is written.
    Milliseconds,
    /// A share of one; kept as millionths until it is written.
    None,
}

impl Unit {
    /// CloudWatch's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::None => "None",
        }
    }
}

impl Metric {
    /// All metrics, in the order in which a period is emitted.
    pub const ALL: [Self; 17] = [
        Self::AsyncEventsReceived,
        Self::AsyncEventAge,
        Self::Invocations,
        Self::Errors,
        Self::Throttles,
        Self::Duration,
        Self::ConcurrentExecutions,
        Self::UnreservedConcurrentExecutions,
        Self::ClaimedAccountConcurrency,
        Self::ProvisionedConcurrentExecutions,
        Self::ProvisionedConcurrencyUtilization,
        Self::ProvisionedConcurrencyInvocations,
        Self::ProvisionedConcurrencySpilloverInvocations,
        Self::AsyncEventsDropped,
        Self::DeadLetterErrors,
        Self::DestinationDeliveryFailures,
        Self::RecursiveInvocationsDropped,
    ];

    /// AWS's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsyncEventsReceived => "AsyncEventsReceived",
            Self::AsyncEventAge => "AsyncEventAge",
            Self::Invocations => "Invocations",
            Self::Errors => "Errors",
            Self::Throttles => "Throttles",
            Self::Duration => "Duration",
            Self::ConcurrentExecutions => "ConcurrentExecutions",
            Self::UnreservedConcurrentExecutions => "UnreservedConcurrentExecutions",
            Self::ClaimedAccountConcurrency => "ClaimedAccountConcurrency",
            Self::ProvisionedConcurrentExecutions => "ProvisionedConcurrentExecutions",
            Self::ProvisionedConcurrencyUtilization => "ProvisionedConcurrencyUtilization",
            Self::ProvisionedConcurrencyInvocations => "ProvisionedConcurrencyInvocations",
            Self::ProvisionedConcurrencySpilloverInvocations => "ProvisionedConcurrencySpilloverInvocations",
            Self::AsyncEventsDropped => "AsyncEventsDropped",
            Self::DeadLetterErrors => "DeadLetterErrors",
            Self::DestinationDeliveryFailures => "DestinationDeliveryFailures",
            Self::RecursiveInvocationsDropped => "RecursiveInvocationsDropped",
        }
    }

    /// Its unit.
    pub const fn unit(self) -> Unit {
        match self {
            Self::AsyncEventAge | Self::Duration => Unit::Milliseconds,
            Self::ProvisionedConcurrencyUtilization => Unit::None,
            Self::AsyncEventsReceived
            | Self::Invocations
            | Self::Errors
            | Self::Throttles
            | Self::ConcurrentExecutions
            | Self::UnreservedConcurrentExecutions
            | Self::ClaimedAccountConcurrency
            | Self::ProvisionedConcurrentExecutions
            | Self::ProvisionedConcurrencyInvocations
            | Self::ProvisionedConcurrencySpilloverInvocations
            | Self::AsyncEventsDropped
            | Self::DeadLetterErrors
            | Self::DestinationDeliveryFailures
            | Self::RecursiveInvocationsDropped => Unit::Count,
        }
    }
}

impl Metric {
    /// Whether CloudWatch has it for the Region (`region`), or for a function.
    pub const fn is_of_scope(self, region: bool) -> bool {
        match self {
            Self::UnreservedConcurrentExecutions | Self::ClaimedAccountConcurrency => region,
            Self::ProvisionedConcurrencyUtilization => !region,
            Self::AsyncEventsReceived
            | Self::AsyncEventAge
            | Self::Invocations
            | Self::Errors
            | Self::Throttles
            | Self::Duration
            | Self::ConcurrentExecutions
            | Self::ProvisionedConcurrentExecutions
            | Self::ProvisionedConcurrencyInvocations
            | Self::ProvisionedConcurrencySpilloverInvocations
            | Self::AsyncEventsDropped
            | Self::DeadLetterErrors
            | Self::DestinationDeliveryFailures
            | Self::RecursiveInvocationsDropped => true,
        }
    }
}
