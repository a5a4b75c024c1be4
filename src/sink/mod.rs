//! Files: observers that write what they see, each in one format, to whatever can be written to.
//!
//! A sink keeps its first error, goes quiet, and returns the error from `finish`; the model never learns of it. Every
//! number is an integer or a fixed decimal, every order is that of the run, and nothing but the scenario goes in:
//! the same run writes the same bytes everywhere. The columns are defined in `docs/outputs.md`.

pub mod attempts_csv;
mod comparison;
pub mod deliveries;
pub mod directory;
pub mod events_csv;
pub mod label;
mod line;
pub mod metrics_csv;
mod names;
pub mod outage_text;
pub mod provenance;
mod room;
mod scribe;
pub mod stored;
pub mod summary_files;
pub mod summary_text;
pub mod table;
pub mod timeline_csv;
mod writer;

#[cfg(test)]
mod test_support {
    //! What the tests of several sinks need: writers that fail, and runs small enough to know the answer.

    use std::io::{self, Write};

    use crate::model::observation::{Fact, Observer};
    use crate::observe::test_scenarios::{events_at, idle};
    use crate::scenario::{Jitter, Profile, Scenario};
    use crate::simulate::simulate;
    use crate::time::{SimDuration, SimTime};

    /// A writer that takes `left` writes and then is full for ever.
    pub(crate) struct FailingWriter {
        left: usize,
    }

    impl FailingWriter {
        pub(crate) fn after(left: usize) -> Self {
            Self { left }
        }
    }

    impl Write for FailingWriter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.left == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.left -= 1;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// One function, no jitter, no dispatch latency, and events at the given milliseconds: exact arithmetic.
    pub(crate) fn exact(millis: &[u64]) -> Scenario {
        let mut scenario = idle();
        scenario.profile = Profile::Documented;
        scenario.timing.dispatch_latency = SimDuration::ZERO;
        scenario.timing.function_retry_jitter = Jitter { ppm: 0 };
        scenario.timing.backoff_jitter = Jitter { ppm: 0 };
        scenario.sources = vec![events_at("orders", millis)];
        scenario
    }

    /// Runs `scenario` and returns the time of its last observation.
    pub(crate) fn run(scenario: &Scenario, observer: &mut impl Observer) -> SimTime {
        let mut last = LastTime(SimTime::ZERO);
        simulate(scenario, &mut (observer, &mut last));
        last.0
    }

    struct LastTime(SimTime);

    impl Observer for LastTime {
        fn observe(&mut self, fact: &Fact<'_>) {
            self.0 = fact.at;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;
    use std::path::Path;

    use super::attempts_csv::AttemptsCsv;
    use super::deliveries::Deliveries;
    use super::directory::{OutputError, OutputFile, OutputFolder};
    use super::events_csv::EventsCsv;
    use super::metrics_csv::MetricsCsv;
    use super::provenance::{self, RunFacts};
    use super::timeline_csv::TimelineCsv;
    use crate::model::observation::Observer;
    use crate::observe::fingerprint::Fingerprint;
    use crate::observe::metrics::Metrics;
    use crate::observe::test_scenarios::busy;
    use crate::scenario::Scenario;
    use crate::sink::test_support::run;

    fn fingerprint(scenario: &Scenario, others: &mut impl Observer) -> u64 {
        let mut fingerprint = Fingerprint::new();
        run(scenario, &mut (&mut fingerprint, others));
        fingerprint.value()
    }

    /// Runs `scenario` with every output switched on.
    fn write_all(scenario: &Scenario, path: &Path) -> Result<u64, OutputError> {
        let mut folder = OutputFolder::open(path)?;
        let mut events = EventsCsv::new(scenario, folder.create("events.csv")?);
        let mut attempts = AttemptsCsv::new(scenario, folder.create("attempts.csv")?);
        let mut timeline = TimelineCsv::new(scenario, NonZeroU64::MIN, folder.create("timeline.csv")?);
        let mut deliveries = Deliveries::new(scenario, folder.create("deliveries.jsonl")?);
        let mut metrics = Metrics::new(scenario, MetricsCsv::new(scenario, folder.create("metrics.csv")?));
        let mut tables = (&mut events, &mut attempts, &mut timeline);
        let value = fingerprint(scenario, &mut (&mut tables, &mut deliveries, &mut metrics));
        let end = crate::time::SimTime::from_secs(1_710);
        let files: [OutputFile; 5] = [
            events.finish()?,
            attempts.finish()?,
            timeline.finish()?,
            deliveries.finish()?,
            metrics.finish(end).finish()?,
        ];
        for file in files {
            folder.complete(file)?;
        }
        let facts = RunFacts { fingerprint: format!("{value:016x}"), ..provenance::example() };
        folder.finish(&facts)?;
        Ok(value)
    }

    #[test]
    fn the_same_run_twice_writes_the_same_bytes_and_outputs_change_nothing() {
        let scenario = busy();
        let base = std::env::temp_dir().join(format!("thirdtry-{}-twice", std::process::id()));
        let folders = [base.join("one"), base.join("two")];
        let values = folders.each_ref().map(|path| write_all(&scenario, path).unwrap());
        assert_eq!(values, [fingerprint(&scenario, &mut ()); 2]);
        let names = [
            "attempts.csv",
            "deliveries.jsonl",
            "events.csv",
            "manifest.json",
            "metrics.csv",
            "timeline.csv",
        ];
        for name in names {
            let [one, two] = folders.each_ref().map(|path| std::fs::read(path.join(name)).unwrap());
            assert!(!one.is_empty() && one == two, "{name}");
        }
        std::fs::remove_dir_all(base).unwrap();
    }
}
