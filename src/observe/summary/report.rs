//! What a summary says: plain data in a fixed order of fields.

use serde::Serialize;

use crate::model::observation::{AttemptOutcome, Next};
use crate::observe::cost::{Costs, Split};
use crate::observe::decimal::{Decimal, divide_half_up};
use crate::observe::dependencies::DependencyReport;
use crate::observe::generations::RedriveReport;
use crate::observe::offers::{Duplicates, Offers};
use crate::observe::recovery::RecoveryReport;
use crate::observe::samples::Samples;
use crate::observe::unseen::Unseen;
use crate::time::SimTime;

/// Counts by name, in the order given.
pub type Named = serde_json::Map<String, serde_json::Value>;

pub(in crate::observe) fn named(names: &[&str], counts: &[u64]) -> Named {
    assert_eq!(names.len(), counts.len());
    let pair = |(name, count): (&&str, &u64)| ((*name).to_owned(), (*count).into());
    names.iter().zip(counts).map(pair).collect()
}

/// What a run amounted to. All times are nanoseconds of virtual time.
#[derive(Clone, Debug, Serialize)]
pub struct SummaryReport {
    /// The scenario's name.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// Its profile.
    pub profile: &'static str,
    /// Why the run ended: `drained` or `horizon`.
    pub end: &'static str,
    /// When it ended.
    pub ended_ns: u64,
    /// The fingerprint of all observations, 16 hexadecimal digits.
    pub fingerprint: String,
    /// The counts of the whole run.
    #[serde(flatten)]
    pub counts: Counts,
    /// The same for each function, when there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<FunctionReport>,
    /// What the dependencies had to do, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<DependencyReport>,
    /// The changes of configuration, in the order of their effect.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeReport>,
    /// What redrives made of the events, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redrives: Option<RedriveReport>,
    /// Whether the backlog came back, if something went wrong in a window. The recorder of a run knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryReport>,
}

/// A change of configuration.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeReport {
    /// When it was made.
    pub made_ns: u64,
    /// When it took effect.
    pub effective_ns: u64,
    /// What it set: path, value before, value after.
    pub settings: Vec<String>,
    /// Why, in the author's words.
    pub because: String,
    /// Whether the run lasted so long.
    pub took_effect: bool,
}

/// The counts of one function.
#[derive(Clone, Debug, Serialize)]
pub struct FunctionReport {
    /// The function's name.
    pub function: String,
    /// Its counts.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What is counted, for the whole run or for one function.
#[derive(Clone, Debug, Serialize)]
pub struct Counts {
    /// Events that Lambda accepted.
    pub accepted: u64,
    /// Events by fate.
    pub fates: Named,
    /// Accepted events without a fate when the run ended.
    pub in_flight: u64,
    /// The ledger.
    pub conservation: Conservation,
    /// Events that did not succeed and of which no route holds a copy.
    pub lost: Lost,
    /// What became of the outcomes, for each route and destination.
    pub routes: Vec<RouteReport>,
    /// What the successful events needed.
    pub succeeded: Succeeded,
    /// Attempts begun: runs, throttles, system errors and client errors.
    pub attempts: u64,
    /// Runs begun: attempts that reached the function's code.
    pub runs: u64,
    /// Runs that ended in a function error, by kind.
    pub function_errors: Named,
    /// Runs whose error the handler caught: successes to Lambda.
    pub caught_errors: u64,
    /// Throttled attempts, by reason.
    pub throttles: Named,
    /// Attempts that met a 5xx.
    pub system_errors: u64,
    /// Attempts that met a 4xx other than 429.
    pub client_errors: u64,
    /// Runs begun, synchronous calls included, by what they found in their execution environment.
    pub starts: Named,
    /// The time that cold starts took before their handlers, together.
    pub init_ns: u64,
    /// How much more work the retries made.
    pub amplification: Amplification,
    /// `AsyncEventAge`: the events' age at each attempt.
    pub event_age: Option<Spread>,
    /// From acceptance to the fate, of all settled events.
    pub sojourn: Option<Spread>,
    /// The most runs in progress at once, synchronous calls included.
    pub concurrency: Peak,
    /// The queue.
    pub backlog: Backlog,
    /// Billed milliseconds of finished runs.
    pub billed_ms: Split<u64>,
    /// Their price in US dollars.
    pub cost_usd: Costs,
    /// Synchronous calls.
    pub sync_calls: Calls,
    /// What happened before acceptance.
    pub offers: Offers,
    /// Second deliveries by the queue; in none of the counts of events and attempts.
    pub duplicates: Duplicates,
    /// What an operator would have missed.
    pub unseen: Unseen,
}

/// accepted = settled + `in_flight`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Conservation {
    /// Events accepted.
    pub accepted: u64,
    /// The sum over all fates.
    pub settled: u64,
    /// Events without a fate.
    pub in_flight: u64,
    /// Whether the events in flight are those that wait and those that run, counted independently.
    pub holds: bool,
}

/// Events of which nothing is left.
#[derive(Clone, Debug, Serialize)]
pub struct Lost {
    /// All of them.
    pub total: u64,
    /// By fate.
    pub by_fate: Named,
    /// No route was configured for the failure.
    pub without_route: u64,
    /// Each route that was configured failed.
    pub by_failed_delivery: u64,
    /// When the first was lost.
    pub first_ns: Option<u64>,
}

/// One destination on one route.
#[derive(Clone, Debug, Serialize)]
pub struct RouteReport {
    /// The route.
    pub route: &'static str,
    /// The destination's name.
    pub destination: String,
    /// The destination's kind.
    pub kind: &'static str,
    /// Copies delivered.
    pub delivered: u64,
    /// Copies gone because the delivery failed.
    pub delivery_failed: u64,
    /// Copies on their way when the run ended.
    pub pending: u64,
    /// Failed deliveries by cause.
    pub failures: Named,
}

/// Successful events by what they needed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Succeeded {
    /// One attempt.
    pub on_first_try: u64,
    /// One run, after throttles, system errors or client errors.
    pub after_backoff: u64,
    /// More than one run: saved by a retry.
    pub after_retry: u64,
}

/// Work per accepted event.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Amplification {
    /// Runs begun per accepted event, three places; absent when no event was accepted.
    pub runs_per_event: Option<Decimal>,
    /// Attempts begun per accepted event, three places; absent when no event was accepted.
    pub attempts_per_event: Option<Decimal>,
}

/// A distribution of durations in nanoseconds, by nearest rank; see [`crate::observe::samples`] for the error.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    /// How many samples.
    pub samples: u64,
    /// Their mean, rounded half up.
    pub mean_ns: u64,
    /// The median.
    pub p50_ns: u64,
    /// The 90th percentile.
    pub p90_ns: u64,
    /// The 99th percentile.
    pub p99_ns: u64,
    /// The largest.
    pub max_ns: u64,
}

/// A highest value and when it was first reached.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Peak {
    /// The highest value.
    pub maximum: u64,
    /// When it was first reached; absent when it is zero.
    pub at_ns: Option<u64>,
}

/// The queue.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Backlog {
    /// The most events waiting at once.
    pub peak: Peak,
    /// Events waiting when the run ended.
    pub waiting_at_end: u64,
    /// The highest age of an event at an attempt.
    pub oldest_ns: Option<u64>,
    /// When that attempt was.
    pub oldest_at_ns: Option<u64>,
    /// When the last event was accepted.
    pub last_arrival_ns: Option<u64>,
    /// When the last fate was known.
    pub last_settled_ns: Option<u64>,
    /// From the last arrival to the last fate; absent while events are in flight.
    pub drain_ns: Option<u64>,
    /// When the first event ended without success.
    pub first_drop_ns: Option<u64>,
}

/// Synchronous calls; they have no fate and are no events.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Calls {
    /// Calls made.
    pub made: u64,
    /// Attempts of calls that got a 429 or 5xx and that the caller made again.
    pub retried: u64,
    /// Calls that got an answer.
    pub succeeded: u64,
    /// Calls that got a function error.
    pub failed: u64,
    /// Calls that got a 429.
    pub throttled: u64,
    /// Calls that got a 5xx.
    pub system_errors: u64,
    /// Calls that got a 4xx other than 429.
    pub client_errors: u64,
}

impl Calls {
    /// An attempt of a call ended.
    #[inline]
    pub(in crate::observe) fn note(&mut self, outcome: AttemptOutcome, next: Next) {
        if matches!(next, Next::Retry { .. }) {
            self.retried += 1;
            return;
        }
        match outcome {
            AttemptOutcome::Success | AttemptOutcome::CaughtError => self.succeeded += 1,
            AttemptOutcome::FunctionError(_) => self.failed += 1,
            AttemptOutcome::Throttled(_) => self.throttled += 1,
            AttemptOutcome::SystemError { .. } => self.system_errors += 1,
            AttemptOutcome::ClientError { .. } => self.client_errors += 1,
        }
    }

    pub(super) fn absorb(&mut self, more: &Self) {
        let Self { made, retried, succeeded, failed, throttled, system_errors, client_errors } = more;
        self.made += made;
        self.retried += retried;
        self.succeeded += succeeded;
        self.failed += failed;
        self.throttled += throttled;
        self.system_errors += system_errors;
        self.client_errors += client_errors;
    }
}

impl Peak {
    pub(in crate::observe) fn of(maximum: u64, at: SimTime) -> Self {
        Self { maximum, at_ns: (maximum > 0).then(|| at.as_nanos()) }
    }
}

pub(in crate::observe) fn spread(samples: &mut Samples) -> Option<Spread> {
    let found = samples.statistics()?;
    let mean = divide_half_up(found.sum, found.count.into());
    Some(Spread {
        samples: found.count,
        mean_ns: u64::try_from(mean).expect("a mean is at most the maximum"),
        p50_ns: found.p50,
        p90_ns: found.p90,
        p99_ns: found.p99,
        max_ns: found.maximum,
    })
}
