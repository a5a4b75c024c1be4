//! What is collected of one function, or of the whole Region, in one minute.

use super::metric::Metric;
use super::{Datapoint, Datapoints, Reading, Scope};
use crate::observe::samples::{Samples, Statistics, nearest_rank};
use crate::time::SimTime;

/// One function, or the Region, in one minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    pub(super) age: Samples,
    pub(super) duration: Samples,
    pub(super) counts: Counts,
    pub(super) levels: Levels,
}

/// The samples that are zero or one. What each run that ended gives is not counted here, but made of their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) received: Flags,
    pub(super) invocations: Flags,
    pub(super) errors: Flags,
    pub(super) throttles: Flags,
    pub(super) provisioned: Flags,
    pub(super) spillover: Flags,
    pub(super) dropped: Flags,
    pub(super) dead_letter_errors: Flags,
    pub(super) delivery_failures: Flags,
    pub(super) recursive: Flags,
}

/// What was sampled in a minute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Samplings {
    age: Option<Statistics>,
    duration: Option<Statistics>,
    counts: Counts,
}

/// The highest levels of the minute; absent is not zero.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Levels {
    pub(super) running: Level,
    pub(super) unreserved: Level,
    pub(super) claimed: Level,
    pub(super) provisioned: Level,
    /// In millionths.
    pub(super) utilization: Level,
}

/// A level, or none, which is lower than zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level {
    /// One more than the level; zero if there is none.
    plus_one: u64,
}

impl Level {
    pub(super) const NONE: Self = Self { plus_one: 0 };

    pub(super) const fn of(level: u32) -> Self {
        Self { plus_one: level as u64 + 1 }
    }

    /// `level`, or none if nothing is there.
    pub(super) const fn above_zero(level: u32) -> Self {
        if level > 0 { Self::of(level) } else { Self::NONE }
    }

    fn get(self) -> Option<u64> {
        self.plus_one.checked_sub(1)
    }
}

/// Samples that are zero or one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) zeros: u64,
    pub(super) ones: u64,
}

impl Window {
    /// Takes in the samples of a function's window. Levels are not sums of levels and are left alone.
    pub(super) fn absorb(&mut self, function: &Self) {
        self.age.absorb(&function.age);
        self.duration.absorb(&function.duration);
        self.counts.absorb(&function.counts);
    }

    /// Whether anything was sampled.
    pub(super) fn has_samples(&self) -> bool {
        !self.age.is_empty() || !self.duration.is_empty() || self.counts != Counts::default()
    }

    /// What was sampled.
    pub(super) fn samplings(&mut self) -> Samplings {
        let counts = self.counts.with_runs(self.duration.count());
        Samplings { age: self.age.statistics(), duration: self.duration.statistics(), counts }
    }

    /// Forgets everything and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.age.clear();
        self.duration.clear();
        (self.counts, self.levels) = (Counts::default(), Levels::default());
    }
}

impl Counts {
    /// With the samples that each of so many `runs` gives, whether it failed or not; failures are there already.
    fn with_runs(self, runs: u64) -> Self {
        let Flags { zeros, ones: failed } = self.errors;
        Self {
            invocations: Flags { zeros: 0, ones: runs },
            errors: Flags { zeros: zeros + runs - failed, ones: failed },
            throttles: Flags { zeros: runs, ones: self.throttles.ones },
            ..self
        }
    }

    fn absorb(&mut self, other: &Self) {
        self.received.absorb(other.received);
        self.invocations.absorb(other.invocations);
        self.errors.absorb(other.errors);
        self.throttles.absorb(other.throttles);
        self.provisioned.absorb(other.provisioned);
        self.spillover.absorb(other.spillover);
        self.dropped.absorb(other.dropped);
        self.dead_letter_errors.absorb(other.dead_letter_errors);
        self.delivery_failures.absorb(other.delivery_failures);
        self.recursive.absorb(other.recursive);
    }
}

impl Samplings {
    /// Hands on what there is to say about the minute that begins at `start`.
    pub(super) fn emit(&self, levels: &Levels, start: SimTime, scope: Scope, sink: &mut impl Datapoints) {
        for metric in Metric::ALL {
            if let Some(reading) = self.reading(levels, metric) {
                sink.datapoint(&Datapoint { start, scope, metric, reading });
            }
        }
    }

    fn reading(&self, levels: &Levels, metric: Metric) -> Option<Reading> {
        let level = |level: Level| level.get().map(Reading::Maximum);
        let counts = &self.counts;
        match metric {
            Metric::AsyncEventsReceived => counts.received.reading(),
            Metric::AsyncEventAge => self.age.map(Reading::Samples),
            Metric::Invocations => counts.invocations.reading(),
            Metric::Errors => counts.errors.reading(),
            Metric::Throttles => counts.throttles.reading(),
            Metric::Duration => self.duration.map(Reading::Samples),
            Metric::ConcurrentExecutions => level(levels.running),
            Metric::UnreservedConcurrentExecutions => level(levels.unreserved),
            Metric::ClaimedAccountConcurrency => level(levels.claimed),
            Metric::ProvisionedConcurrentExecutions => level(levels.provisioned),
            Metric::ProvisionedConcurrencyUtilization => level(levels.utilization),
            Metric::ProvisionedConcurrencyInvocations => counts.provisioned.reading(),
            Metric::ProvisionedConcurrencySpilloverInvocations => counts.spillover.reading(),
            Metric::AsyncEventsDropped => counts.dropped.reading(),
            Metric::DeadLetterErrors => counts.dead_letter_errors.reading(),
            Metric::DestinationDeliveryFailures => counts.delivery_failures.reading(),
            Metric::RecursiveInvocationsDropped => counts.recursive.reading(),
        }
    }
}

impl Levels {
    /// Raises what is lower than in `other`.
    #[inline]
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
