//! The digests of the large files that a run would write, without writing them.

use crate::model::observation::{Fact, Observer, Remark};
use crate::observe::metrics::Metrics;
use crate::scenario::Scenario;
use crate::sink::attempts_csv::AttemptsCsv;
use crate::sink::deliveries::Deliveries;
use crate::sink::events_csv::EventsCsv;
use crate::sink::metrics_csv::MetricsCsv;
use crate::time::SimTime;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// The observer.
pub(super) struct Digests<'s> {
    events: EventsCsv<'s, Hashing>,
    attempts: AttemptsCsv<Hashing>,
    deliveries: Deliveries<'s, Hashing>,
    metrics: Metrics<'s, MetricsCsv<Hashing>>,
}

/// Takes bytes and keeps their SHA-256.
#[derive(Clone, Debug, Default)]
struct Hashing(Sha256);

impl<'s> Digests<'s> {
    pub(super) fn new(scenario: &'s Scenario) -> Self {
        Self {
            events: EventsCsv::new(scenario, Hashing::default()),
            attempts: AttemptsCsv::new(scenario, Hashing::default()),
            deliveries: Deliveries::new(scenario, Hashing::default()),
            metrics: Metrics::new(scenario, MetricsCsv::new(scenario, Hashing::default())),
        }
    }

    /// The run ended at `at`: the SHA-256 of each file in hexadecimal, by its name.
    pub(super) fn finish(self, at: SimTime) -> BTreeMap<String, String> {
        let files = [
            ("attempts.csv", self.attempts.finish()),
            ("deliveries.jsonl", self.deliveries.finish()),
            ("events.csv", self.events.finish()),
            ("metrics.csv", self.metrics.finish(at).finish()),
        ];
        let digest = |file: io::Result<Hashing>| hexadecimal(file.expect("memory takes every byte").0);
        files.into_iter().map(|(name, file)| (name.to_owned(), digest(file))).collect()
    }
}

/// The SHA-256 of `bytes` in hexadecimal.
pub(super) fn digest_of(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Observer for Digests<'_> {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.events.observe(fact);
        self.attempts.observe(fact);
        self.deliveries.observe(fact);
        self.metrics.observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        self.metrics.remark(remark);
    }
}
