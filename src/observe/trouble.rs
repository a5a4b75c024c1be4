//! When and what a scenario lets go wrong for a while, and how much comes meanwhile.

use crate::scenario::{Fault, FaultKind, Scenario, Windows};
use crate::time::{SimDuration, SimTime};

/// The time in which windows hold in which functions, dependencies or the service itself go wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// When the first window begins.
    pub from: SimTime,
    /// When the last one ends.
    pub until: SimTime,
    /// What goes wrong; `None` if that is not one thing in one window.
    what: Option<String>,
}

impl Trouble {
    /// The trouble of `scenario`; `None` without a window.
    pub fn of(scenario: &Scenario) -> Option<Self> {
        let named = |what: &'static str, name: &str| format!("{what} of {name}");
        let functions = scenario.functions.iter().flat_map(|function| {
            function.failures.iter().map(|cause| (&cause.during, named("failure", &function.name)))
        });
        let faults = scenario.faults.iter().map(|fault| (&fault.during, fault_name(fault).to_owned()));
        let dependencies = scenario.dependencies.iter().flat_map(|dependency| {
            let of = |what| named(what, &dependency.name);
            let outages = dependency.outages.iter().map(move |outage| (&outage.during, of("outage")));
            let brownouts = dependency.brownouts.iter();
            outages.chain(brownouts.map(move |brownout| (&brownout.during, of("brown-out"))))
        });
        let causes = functions.chain(faults).chain(dependencies);
        causes.filter_map(|(during, what)| Self::in_windows(during, what)).reduce(|all, one| all.and(&one))
    }

    fn in_windows(during: &Windows, what: String) -> Option<Self> {
        let windows = during.intervals();
        let (from, until) = (windows.first()?.0, windows.last()?.1);
        Some(Self { from, until, what: (windows.len() == 1).then_some(what) })
    }

    fn and(self, other: &Self) -> Self {
        let same = (self.from, self.until) == (other.from, other.until) && self.what == other.what;
        Self {
            from: self.from.min(other.from),
            until: self.until.max(other.until),
            what: self.what.filter(|_| same),
        }
    }

    /// How long it lasts.
    pub fn length(&self) -> SimDuration {
        self.until.since(self.from)
    }

    /// In words, with an article: `a 20-minute outage of orders-db`, or `trouble from 00:05:00.000 to 00:25:00.000`
    /// if it is more than one thing.
    pub fn name(&self) -> String {
        match &self.what {
            None => format!("trouble from {} to {}", self.from, self.until),
            Some(what) => {
                let length = adjective(self.length());
                let eight = length.starts_with('8') || length.starts_with("11-") || length.starts_with("18-");
                format!("{} {length} {what}", if eight { "an" } else { "a" })
            }
        }
    }
}

const fn fault_name(fault: &Fault) -> &'static str {
    match fault.kind {
        FaultKind::SystemError { .. } => "failure of the service",
        FaultKind::Throttle => "throttling by the service",
        FaultKind::FrontDoor { .. } => "failure of the front door",
        FaultKind::ClientError { .. } => "refusal by the service",
    }
}

/// `20-minute`, `90-second`, `2-hour`; other lengths as they are: `1h30m`.
fn adjective(length: SimDuration) -> String {
    let millis = length.as_millis();
    let whole = |unit: u64| (millis.is_multiple_of(unit) && millis > 0).then_some(millis / unit);
    match (whole(3_600_000), whole(60_000), whole(1_000)) {
        (Some(hours), _, _) => format!("{hours}-hour"),
        (None, Some(minutes), _) if minutes < 180 => format!("{minutes}-minute"),
        (None, None, Some(seconds)) if seconds < 180 => format!("{seconds}-second"),
        _ => length.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::{exceptions, idle};

    #[test]
    fn trouble_has_a_name_if_it_is_one_thing() {
        type Windows<'a> = &'a [&'a [(u64, u64)]];
        let named = |windows: Windows<'_>| {
            let mut scenario = idle();
            scenario.functions[0].failures = windows.iter().map(|windows| exceptions(1.0, windows)).collect();
            Trouble::of(&scenario).map(|trouble| trouble.name())
        };
        assert_eq!(named(&[]), None);
        let cases: [(Windows<'_>, &str); 6] = [
            (&[&[(60, 1_260)]], "a 20-minute failure of ship"),
            (&[&[(60, 1_260)], &[(60, 1_260)]], "a 20-minute failure of ship"),
            (&[&[(0, 480)]], "an 8-minute failure of ship"),
            (&[&[(0, 7_200)]], "a 2-hour failure of ship"),
            (&[&[(0, 45)]], "a 45-second failure of ship"),
            (&[&[(0, 10), (20, 30)]], "trouble from 00:00:00.000 to 00:00:30.000"),
        ];
        for (windows, expected) in cases {
            assert_eq!(named(windows).as_deref(), Some(expected));
        }
        let two = named(&[&[(60, 90)], &[(80, 100)]]);
        assert_eq!(two.as_deref(), Some("trouble from 00:01:00.000 to 00:01:40.000"));
    }
}
