//! Callers whom Lambda refuses: how each kind offers its event again.

use crate::time::SimDuration;

/// How a caller repeats a request that Lambda did not accept (429, 5xx). After acceptance the caller has no part in
/// what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerRetry {
    /// As an AWS SDK does.
    Client(ClientRetry),
    /// Amazon SNS: 100 015 retries in four phases, over about 23 days
    /// (<https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>).
    Sns,
    /// Exponentially, for a number of retries and a time: EventBridge, and what we take S3 to do.
    Exponential(ServiceRetry),
}

/// The retries of an AWS SDK: standard mode by default
/// (<https://docs.aws.amazon.com/boto3/latest/guide/retries.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientRetry {
    /// How often the call is made at most, the first time included.
    pub max_attempts: u32,
    /// The longest first wait; each further one is twice as long.
    pub base: SimDuration,
    /// The longest wait.
    pub cap: SimDuration,
    /// Whether each wait is drawn between zero and its longest.
    pub full_jitter: bool,
}

/// The retries of a service that invokes a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceRetry {
    /// How often it tries again.
    pub max_retries: u32,
    /// For how long it tries, from the first time on.
    pub max_age: SimDuration,
    /// The first wait; each further one is twice as long.
    pub base: SimDuration,
    /// The longest wait.
    pub cap: SimDuration,
}

impl ServiceRetry {
    /// An EventBridge rule's defaults: 185 retries within 24 hours
    /// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html>). That the wait doubles
    /// from one second to eight minutes is assumed: then the two limits agree.
    pub const EVENTBRIDGE: Self = Self {
        max_retries: 185,
        max_age: SimDuration::from_secs(86_400),
        base: SimDuration::from_secs(1),
        cap: SimDuration::from_secs(480),
    };
}
