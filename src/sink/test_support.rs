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
