//! What happened when, in buckets of equal width: the numbers behind the timeline charts.
//!
//! Memory is bounded whatever the length of the run: at most [`Series::MOST_BUCKETS`] buckets. They start
//! [`Series::FINEST_WIDTH`] wide; when the run outgrows them, neighbours are merged and the width doubles.
//!
//! ```text
//! |3|1|4|1|5|9|2|6|  full, and a fact beyond it
//! | 4 | 5 |14 | 8 | …  the same facts in half as many buckets: room for as much again
//! ```
//!
//! Counts of merged buckets are added; of levels (waiting, running) the higher maximum and the later value stay.
//! The result is therefore exactly what buckets of the final width would have held from the start.

mod ages;
mod bucket;
mod kind;
#[cfg(test)]
mod tests;

pub use ages::Ages;
pub use bucket::{Bucket, Calls, Deliveries, FunctionLevels, Level};
pub use kind::{Ending, OutcomeKind};

use crate::id::EventId;
use crate::model::observation::{Circumstance, Fact, Next, Observation, Observer, Remark};
use crate::scenario::{InvocationType, Scenario};
use crate::time::{SimDuration, SimTime};
use bucket::header;
use std::io;

/// Facts counted in buckets of equal width, from the start of the run on.
#[derive(Clone, Debug)]
pub struct Series {
    width: SimDuration,
    buckets: Vec<Bucket>,
    /// Where the last bucket ends.
    until: SimTime,
    end: SimTime,
    /// The event whose last attempt decided its fate and whose `Settled` is still to come: it left the waiting
    /// events with that attempt already.
    settling: Option<EventId>,
}

impl Series {
    /// How many buckets there are at most.
    pub const MOST_BUCKETS: usize = 512;
    /// How wide buckets are at first.
    pub const FINEST_WIDTH: SimDuration = SimDuration::from_millis(125);

    /// A series for a run of `scenario`.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            width: Self::FINEST_WIDTH,
            buckets: vec![Bucket::new([
                scenario.functions.len(),
                scenario.destinations.len(),
                scenario.dependencies.len(),
            ])],
            until: SimTime::ZERO + Self::FINEST_WIDTH,
            end: SimTime::ZERO,
            settling: None,
        }
    }

    /// How wide each bucket is: a power of two times [`Series::FINEST_WIDTH`].
    pub fn width(&self) -> SimDuration {
        self.width
    }

    /// The buckets, the first from time zero on; never empty. The last is that of the last fact.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Each bucket with the time at which it begins.
    pub fn rows(&self) -> impl Iterator<Item = (SimTime, &Bucket)> {
        let starts = (0..).map(|index: u64| SimTime::from_nanos(index * self.width.as_nanos()));
        starts.zip(&self.buckets)
    }

    /// The time of the last fact.
    pub fn end(&self) -> SimTime {
        self.end
    }

    /// The same series in at most `most` buckets, a positive number.
    #[must_use]
    pub fn coarsened(&self, most: usize) -> Self {
        let mut series = self.clone();
        while series.buckets.len() > most.max(1) {
            series.halve();
        }
        series
    }

    /// The whole run as one bucket.
    pub fn total(&self) -> Bucket {
        let mut total = self.buckets[0].clone();
        for bucket in &self.buckets[1..] {
            total.merge(bucket);
        }
        total
    }

    /// Writes the rows as CSV: one line a bucket, times in whole milliseconds.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_csv(&self, scenario: &Scenario, out: impl io::Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(header(scenario))?;
        for (start, bucket) in self.rows() {
            let times = [start.as_millis(), self.width.as_millis()];
            let numbers = times.into_iter().chain(bucket.numbers());
            csv.write_record(numbers.map(|number| number.to_string()))?;
        }
        csv.flush()
    }

    /// The bucket that `at` falls into: facts come in order of time, so it is the last or a new one.
    fn bucket_at(&mut self, at: SimTime) -> &mut Bucket {
        self.end = at;
        if self.until <= at {
            self.extend_to(at);
        }
        self.buckets.last_mut().expect("a series begins with one bucket")
    }

    fn extend_to(&mut self, at: SimTime) {
        let index_of_at = |width: SimDuration| at.as_nanos() / width.as_nanos();
        while index_of_at(self.width) >= Self::MOST_BUCKETS as u64 {
            self.halve();
        }
        let missing = index_of_at(self.width) + 1 - self.buckets.len() as u64;
        for _ in 0..missing {
            let next = self.buckets[self.buckets.len() - 1].carried();
            self.buckets.push(next);
        }
        self.until = SimTime::ZERO + self.width.saturating_mul(self.buckets.len() as u64);
    }

    fn halve(&mut self) {
        let mut merged = Vec::with_capacity(Self::MOST_BUCKETS);
        for pair in self.buckets.chunks(2) {
            let mut bucket = pair[0].clone();
            if let Some(later) = pair.get(1) {
                bucket.merge(later);
            }
            merged.push(bucket);
        }
        self.buckets = merged;
        self.width = self.width + self.width;
        self.until = SimTime::ZERO + self.width.saturating_mul(self.buckets.len() as u64);
    }
}

impl Observer for Series {
    fn observe(&mut self, fact: &Fact<'_>) {
        let event = fact.event;
        // A second delivery runs, but is no event that waits or has a fate.
        let queued = event.invocation() == InvocationType::Event && !event.is_duplicate();
        let function = event.function().index();
        let settling = self.settling;
        let bucket = self.bucket_at(fact.at);
        match fact.what {
            Observation::Accepted => {
                bucket.accepted += 1;
                bucket.start_waiting(function);
            }
            Observation::Called => bucket.sync_calls += 1,
            Observation::RunStarted { age, running, .. } => {
                bucket.runs_started += 1;
                bucket.set_running(function, running);
                if queued {
                    bucket.stop_waiting(function);
                    bucket.age.record(age);
                }
            }
            Observation::AttemptEnded(attempt) => {
                bucket.end_attempt(&attempt, function, queued);
                if queued && matches!(attempt.next, Next::Settle { .. }) {
                    self.settling = Some(event.id());
                }
            }
            Observation::Settled { .. } | Observation::Closed | Observation::CutOff
                if event.is_duplicate() => {}
            Observation::Settled { fate, .. } => {
                bucket.settled[fate as usize] += 1;
                // Without an attempt that decided it (too old when dispatched, zero reserved concurrency), it
                // comes straight from the queue.
                if settling != Some(event.id()) {
                    bucket.stop_waiting(function);
                }
            }
            Observation::CallStarted { .. }
            | Observation::DeliveryStarted { .. }
            | Observation::Duplicated
            | Observation::OfferRefused(_) => {}
            Observation::DeliveryEnded { destination, failure, .. } => {
                bucket.count_delivery(destination, failure.is_some());
            }
            Observation::Closed => bucket.close(event),
            Observation::CutOff if event.settled().is_some() => bucket.close(event),
            Observation::CutOff => bucket.cut_off += u64::from(queued && event.is_accepted()),
            Observation::CallEnded(call) => {
                bucket.dependencies[call.dependency.index()].ended[call.outcome.index()] += 1;
            }
        }
    }

    fn remark(&mut self, remark: &Remark) {
        let Circumstance::LoadChanged { dependency, load } = remark.what else { return };
        let calls = &mut self.bucket_at(remark.at).dependencies[dependency.index()];
        calls.in_service.set(load.in_service.into());
        calls.in_vain.set(load.in_vain.into());
        calls.waiting.set(load.waiting.into());
    }
}
