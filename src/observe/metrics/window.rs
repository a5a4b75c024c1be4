//! What is collected of one function, or of the whole Region, in one minute.

use super::metric::Metric;
use super::{Datapoint, Datapoints, Reading, Scope};
use crate::observe::samples::{Samples, Statistics, nearest_rank};
use crate::time::SimTime;

/// One function, or the Region, in one minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    pub(super) received: Flags,
    pub(super) age: Samples,
    pub(super) invocations: Flags,
    pub(super) errors: Flags,
    pub(super) throttles: Flags,
    pub(super) duration: Samples,
    pub(super) levels: Levels,
    pub(super) provisioned: Flags,
    pub(super) spillover: Flags,
    pub(super) dropped: Flags,
    pub(super) dead_letter_errors: Flags,
    pub(super) delivery_failures: Flags,
    pub(super) recursive: Flags,
}

/// The highest levels of the minute; absent is not zero.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Levels {
    pub(super) running: Option<u32>,
    pub(super) unreserved: Option<u32>,
    pub(super) claimed: Option<u32>,
    pub(super) provisioned: Option<u32>,
    /// In millionths.
    pub(super) utilization: Option<u32>,
}

/// Samples that are zero or one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) zeros: u64,
    pub(super) ones: u64,
}

impl Window {
    /// Takes in the samples of a function's window. Levels are not sums of levels and are left alone.
    pub(super) fn absorb(&mut self, function: &Self) {
        self.received.absorb(function.received);
        self.age.absorb(&function.age);
        self.invocations.absorb(function.invocations);
        self.errors.absorb(function.errors);
        self.throttles.absorb(function.throttles);
        self.duration.absorb(&function.duration);
        self.provisioned.absorb(function.provisioned);
        self.spillover.absorb(function.spillover);
        self.dropped.absorb(function.dropped);
        self.dead_letter_errors.absorb(function.dead_letter_errors);
        self.delivery_failures.absorb(function.delivery_failures);
        self.recursive.absorb(function.recursive);
    }

    pub(super) fn emit(&mut self, start: SimTime, scope: Scope, sink: &mut impl Datapoints) {
        for metric in Metric::ALL {
            if let Some(reading) = self.reading(metric) {
                sink.datapoint(&Datapoint { start, scope, metric, reading });
            }
        }
    }

    fn reading(&mut self, metric: Metric) -> Option<Reading> {
        let level = |level: Option<u32>| level.map(|level| Reading::Maximum(u64::from(level)));
        match metric {
            Metric::AsyncEventsReceived => self.received.reading(),
            Metric::AsyncEventAge => self.age.statistics().map(Reading::Samples),
            Metric::Invocations => self.invocations.reading(),
            Metric::Errors => self.errors.reading(),
            Metric::Throttles => self.throttles.reading(),
            Metric::Duration => self.duration.statistics().map(Reading::Samples),
            Metric::ConcurrentExecutions => level(self.levels.running),
            Metric::UnreservedConcurrentExecutions => level(self.levels.unreserved),
            Metric::ClaimedAccountConcurrency => level(self.levels.claimed),
            Metric::ProvisionedConcurrentExecutions => level(self.levels.provisioned),
            Metric::ProvisionedConcurrencyUtilization => level(self.levels.utilization),
            Metric::ProvisionedConcurrencyInvocations => self.provisioned.reading(),
            Metric::ProvisionedConcurrencySpilloverInvocations => self.spillover.reading(),
            Metric::AsyncEventsDropped => self.dropped.reading(),
            Metric::DeadLetterErrors => self.dead_letter_errors.reading(),
            Metric::DestinationDeliveryFailures => self.delivery_failures.reading(),
            Metric::RecursiveInvocationsDropped => self.recursive.reading(),
        }
    }

    /// Forgets everything and keeps the memory.
    pub(super) fn clear(&mut self) {
        let (mut age, mut duration) = (std::mem::take(&mut self.age), std::mem::take(&mut self.duration));
        age.clear();
        duration.clear();
        *self = Self { age, duration, ..Self::default() };
    }
}

impl Levels {
    /// Raises what is lower than in `other`.
    pub(super) fn reach(&mut self, other: Self) {
        self.running = self.running.max(other.running);
        self.unreserved = self.unreserved.max(other.unreserved);
        self.claimed = self.claimed.max(other.claimed);
        self.provisioned = self.provisioned.max(other.provisioned);
        self.utilization = self.utilization.max(other.utilization);
    }
}

impl Flags {
    pub(super) fn add(&mut self, raised: bool) {
        if raised {
            self.ones += 1;
        } else {
            self.zeros += 1;
        }
    }

    fn absorb(&mut self, other: Self) {
        self.zeros += other.zeros;
        self.ones += other.ones;
    }

    /// The statistics of samples that are zero or one need no samples.
    fn reading(self) -> Option<Reading> {
        let count = self.zeros + self.ones;
        let percentile = |percent| u64::from(nearest_rank(percent, count) > self.zeros);
        (count > 0).then(|| {
            Reading::Samples(Statistics {
                count,
                sum: u128::from(self.ones),
                minimum: u64::from(self.zeros == 0),
                maximum: u64::from(self.ones > 0),
                p50: percentile(50),
                p90: percentile(90),
                p99: percentile(99),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_have_the_statistics_of_their_samples() {
        let flags = Flags { zeros: 9, ones: 1 };
        let Some(Reading::Samples(found)) = flags.reading() else { panic!("ten samples") };
        assert_eq!((found.count, found.sum, found.minimum, found.maximum), (10, 1, 0, 1));
        assert_eq!((found.p50, found.p90, found.p99), (0, 0, 1));
        assert_eq!(Flags::default().reading(), None);
    }
}
