//! What AWS charges. Amounts are integers of pico-dollars (10^−12 USD).

use super::function::Architecture;

/// The price list; a matter of reporting, no run depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    /// A million requests.
    pub million_requests: u64,
    /// Execution on `x86_64`.
    pub x86_64: ComputePrices,
    /// Execution on `arm64`.
    pub arm64: ComputePrices,
    /// Whether large asynchronous payloads are charged as further requests.
    pub charge_payload: bool,
    /// How large a payload is that one request pays for, in bytes.
    pub payload_included: u64,
    /// How many bytes more each further request pays for.
    pub payload_chunk: u64,
    /// Destination and dead-letter messages.
    pub messages: MessagePrices,
    /// Whether the monthly projection takes the free tier off.
    pub free_tier: bool,
}

/// What execution costs on one architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComputePrices {
    /// A GB-second on demand, tier by tier.
    pub gb_second: Vec<u64>,
    /// The GB-seconds of a month at which each further tier begins, ascending; one fewer than tiers.
    pub tiers: Vec<u64>,
    /// A GB-second of provisioned concurrency, used or not.
    pub provisioned: u64,
    /// A GB-second of a run on provisioned concurrency.
    pub on_provisioned: u64,
}

/// What messages cost, a million of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessagePrices {
    /// Messages to SQS.
    pub sqs: u64,
    /// Publishes to SNS.
    pub sns: u64,
    /// Entries for EventBridge.
    pub eventbridge: u64,
    /// Objects put into S3.
    pub s3: u64,
    /// How many bytes one of the first three pays for.
    pub chunk: u64,
}

impl Prices {
    /// The prices of an architecture.
    pub const fn compute(&self, architecture: Architecture) -> &ComputePrices {
        match architecture {
            Architecture::X86_64 => &self.x86_64,
            Architecture::Arm64 => &self.arm64,
        }
    }
}
