//! Virtual time as a date: the scenario's `start` plus the time since the start of the run.

use crate::scenario::Scenario;
use crate::time::SimTime;
use jiff::Timestamp;

/// The date of virtual time zero. A matter of presentation: no result depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    start_epoch_ms: i64,
}

impl Label {
    /// The label of `scenario`.
    pub const fn of(scenario: &Scenario) -> Self {
        Self { start_epoch_ms: scenario.start_epoch_ms }
    }

    /// The label of a run whose virtual time zero is `start_epoch_ms` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn starting(start_epoch_ms: i64) -> Self {
        Self { start_epoch_ms }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn epoch_millis(self, at: SimTime) -> i64 {
        self.start_epoch_ms.saturating_add(i64::try_from(at.as_millis()).unwrap_or(i64::MAX))
    }

    /// Microseconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn epoch_micros(self, at: SimTime) -> i128 {
        i128::from(self.start_epoch_ms) * 1_000 + i128::from(at.as_nanos() / 1_000)
    }

    /// As in invocation records: `2026-01-05T10:03:01.250Z`, rounded down to the millisecond.
    pub fn millis(self, at: SimTime) -> String {
        format!("{:.3}", self.timestamp(at))
    }

    /// As in CloudWatch and EventBridge: `2026-01-05T10:03:01Z`, rounded down to the second.
    pub fn seconds(self, at: SimTime) -> String {
        format!("{:.0}", self.timestamp(at))
    }

    /// A date beyond the year 9999 becomes the last that can be written.
    fn timestamp(self, at: SimTime) -> Timestamp {
        Timestamp::from_millisecond(self.epoch_millis(at)).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SimDuration;

    #[test]
    fn dates_are_written_as_aws_writes_them() {
        let label = Label { start_epoch_ms: 1_767_607_200_000 };
        let at = SimTime::ZERO + SimDuration::from_nanos(181_250_999_999);
        assert_eq!(label.millis(SimTime::ZERO), "2026-01-05T10:00:00.000Z");
        assert_eq!(label.millis(at), "2026-01-05T10:03:01.250Z");
        assert_eq!(label.seconds(at), "2026-01-05T10:03:01Z");
    }

    #[test]
    fn the_end_of_time_is_a_date_too() {
        let label = Label { start_epoch_ms: i64::MAX };
        assert!(label.millis(SimTime::MAX).starts_with("9999-"));
    }
}
