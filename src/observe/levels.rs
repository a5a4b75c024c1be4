//! How many events wait and how many runs are in progress: on average over time, and at most.
//!
//! The average is taken from a warm-up's end to the last arrival, which for a steady state is where the system is
//! neither filling nor draining; the maximum from the warm-up's end to the end of the run. Areas are integers,
//! event-nanoseconds; the one division comes last.

use super::decimal::Decimal;
use crate::model::observation::{Attempt, Fact, Next, Observation, Observer};
use crate::scenario::{InvocationType, Scenario};
use crate::time::{SimDuration, SimTime};

/// The most steps that a [`Course`] keeps before it doubles their length.
const MOST_STEPS: usize = 4_096;

/// The places of an average level.
const PLACES: u8 = 6;

/// The levels of the whole run and, when there are several, of each function.
#[derive(Clone, Debug)]
pub struct Levels {
    from: SimTime,
    run: Pair,
    functions: Vec<Pair>,
    course: Option<Course>,
}

/// What waits and what runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pair {
    /// Events between acceptance and their fate that do not run.
    pub waiting: Level,
    /// Runs in progress, synchronous calls included.
    pub running: Level,
}

/// One level.
#[derive(Clone, Copy, Debug, Default)]
pub struct Level {
    now: u64,
    since: SimTime,
    area: u128,
    /// The area and the time at the last arrival.
    until: Option<(u128, SimTime)>,
    peak: (u64, SimTime),
}

impl Level {
    /// The level now.
    pub const fn level(&self) -> u64 {
        self.now
    }

    /// The highest level, and when it was first reached.
    pub const fn peak(&self) -> (u64, SimTime) {
        self.peak
    }

    /// The average level from `from` to the last arrival; `None` if nothing arrived after `from`.
    pub fn average(&self, from: SimTime) -> Option<Decimal> {
        let (area, until) = self.until?;
        let span = until.as_nanos().checked_sub(from.as_nanos())?;
        Decimal::ratio(area, span.into(), PLACES)
    }

    fn advance(&mut self, at: SimTime, from: SimTime) {
        if at > from {
            let since = if self.since > from { self.since } else { from };
            self.area += u128::from(self.now) * u128::from(at.since(since).as_nanos());
            if self.peak.0 == 0 && self.now > 0 {
                // What was there when the warm-up ended.
                self.peak = (self.now, from);
            }
        }
        self.since = at;
    }

    fn raise(&mut self, at: SimTime, from: SimTime, counts_for_peak: bool) {
        self.advance(at, from);
        self.now += 1;
        if counts_for_peak && at >= from && self.now > self.peak.0 {
            self.peak = (self.now, at);
        }
    }

    fn lower(&mut self, at: SimTime, from: SimTime) {
        self.advance(at, from);
        self.now -= 1;
    }

    fn arrival(&mut self, at: SimTime, from: SimTime) {
        self.advance(at, from);
        self.until = Some((self.area, at));
    }
}

impl Pair {
    fn observe(&mut self, fact: &Fact<'_>, from: SimTime) {
        let is_async = fact.event.invocation() == InvocationType::Event;
        let (at, duplicate) = (fact.at, fact.event.is_duplicate());
        match &fact.what {
            Observation::Accepted => {
                self.waiting.raise(at, from, true);
                self.waiting.arrival(at, from);
                self.running.arrival(at, from);
            }
            Observation::Called => self.running.arrival(at, from),
            Observation::RunStarted { .. } => {
                self.running.raise(at, from, true);
                if is_async && !duplicate {
                    self.waiting.lower(at, from);
                }
            }
            Observation::AttemptEnded(Attempt { run: Some(_), next, .. }) => {
                self.running.lower(at, from);
                match next {
                    Next::Retry { .. } if is_async && !duplicate => self.waiting.raise(at, from, true),
                    // It leaves the backlog when it settles, at this same instant.
                    Next::Settle { .. } if !duplicate => self.waiting.raise(at, from, false),
                    Next::Retry { .. } | Next::Settle { .. } | Next::Return => {}
                }
            }
            Observation::Settled { .. } if !duplicate => self.waiting.lower(at, from),
            Observation::Settled { .. }
            | Observation::AttemptEnded(_)
            | Observation::OfferRefused(_)
            | Observation::Duplicated
            | Observation::CallStarted { .. }
            | Observation::CallEnded(_)
            | Observation::DeliveryStarted { .. }
            | Observation::DeliveryEnded { .. }
            | Observation::Closed
            | Observation::CutOff => {}
        }
    }

    const fn total(&self) -> u64 {
        self.waiting.now + self.running.now
    }
}

impl Levels {
    /// The levels from `from` on.
    pub fn new(scenario: &Scenario, from: SimTime) -> Self {
        let several = if scenario.functions.len() > 1 { scenario.functions.len() } else { 0 };
        Self { from, run: Pair::default(), functions: vec![Pair::default(); several], course: None }
    }

    /// The same, with the course over time of what is in the system.
    #[must_use]
    pub fn with_course(self) -> Self {
        Self { course: Some(Course::new()), ..self }
    }

    /// From when on levels count.
    pub const fn from(&self) -> SimTime {
        self.from
    }

    /// The levels of the whole run.
    pub const fn of_run(&self) -> &Pair {
        &self.run
    }

    /// The levels of each function; empty when there is one, whose levels are those of the run.
    pub fn of_functions(&self) -> &[Pair] {
        &self.functions
    }

    /// Levels count until `at`, whenever the last arrival was.
    pub fn end(&mut self, at: SimTime) {
        for pair in std::iter::once(&mut self.run).chain(&mut self.functions) {
            pair.waiting.arrival(at, self.from);
            pair.running.arrival(at, self.from);
        }
    }

    /// The course, if it was asked for.
    pub fn into_course(self) -> Option<Course> {
        self.course
    }
}

impl Observer for Levels {
    fn observe(&mut self, fact: &Fact<'_>) {
        if let Some(course) = &mut self.course {
            course.advance(self.run.total(), fact.at);
        }
        self.run.observe(fact, self.from);
        if let Some(function) = self.functions.get_mut(fact.event.function().index()) {
            function.observe(fact, self.from);
        }
        if let (Some(course), Observation::Accepted | Observation::Called) = (&mut self.course, &fact.what) {
            course.arrival(fact.at);
        }
    }
}

/// The average number of events and calls in the system in steps of equal length, from the start to the last arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The length of a step: a power of two of nanoseconds.
    step: u64,
    /// Event-nanoseconds in each step.
    areas: Vec<u128>,
    since: SimTime,
    last_arrival: SimTime,
}

impl Course {
    const fn new() -> Self {
        Self { step: 1 << 20, areas: Vec::new(), since: SimTime::ZERO, last_arrival: SimTime::ZERO }
    }

    fn advance(&mut self, level: u64, at: SimTime) {
        let (mut from, to) = (self.since.as_nanos(), at.as_nanos());
        while to / self.step >= MOST_STEPS as u64 {
            self.coarsen();
        }
        self.since = at;
        while level > 0 && from < to {
            let index = usize::try_from(from / self.step).expect("few steps");
            if self.areas.len() <= index {
                self.areas.resize(index + 1, 0);
            }
            let end = to.min((from / self.step + 1) * self.step);
            self.areas[index] += u128::from(level) * u128::from(end - from);
            from = end;
        }
    }

    const fn arrival(&mut self, at: SimTime) {
        self.last_arrival = at;
    }

    /// Makes steps twice as long.
    fn coarsen(&mut self) {
        self.step *= 2;
        self.areas = self.areas.chunks(2).map(|pair| pair.iter().sum()).collect();
    }

    /// The steps that ended before the last arrival, summed over several courses, and their length: Welch's average
    /// over replications, as far as all of them go.
    pub fn summed(mut courses: Vec<Self>) -> (SimDuration, Vec<u128>) {
        let step = courses.iter().map(|course| course.step).max().unwrap_or(1);
        for course in &mut courses {
            while course.step < step {
                course.coarsen();
            }
        }
        let whole =
            |course: &Self| usize::try_from(course.last_arrival.as_nanos() / step).expect("few steps");
        let length = courses.iter().map(whole).min().unwrap_or(0);
        let area = |at: usize| courses.iter().map(|course| course.areas.get(at).copied().unwrap_or(0)).sum();
        (SimDuration::from_nanos(step), (0..length).map(area).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::summary::{Ending, Summary};
    use crate::observe::test_scenarios::{busy, events_at, function, idle};
    use crate::simulate::simulate;

    fn levels(scenario: &Scenario, from: SimTime) -> Levels {
        let mut levels = Levels::new(scenario, from);
        simulate(scenario, &mut levels);
        levels
    }

    /// One run of 100 ms at each of these milliseconds.
    fn exact(millis: &[u64]) -> Scenario {
        let mut scenario = idle();
        scenario.timing.dispatch_latency = SimDuration::ZERO;
        scenario.sources = vec![events_at("orders", millis)];
        scenario
    }

    #[test]
    fn averages_run_to_the_last_arrival() {
        let found = levels(&exact(&[0, 50, 1_000]), SimTime::ZERO);
        let running = found.of_run().running;
        // 100 ms each of the first two within one second; the third has not begun.
        assert_eq!(running.average(SimTime::ZERO).unwrap().to_string(), "0.200000");
        assert_eq!(running.peak(), (2, SimTime::from_nanos(50_000_000)));
    }

    #[test]
    fn a_warm_up_is_left_out_but_what_is_still_there_counts() {
        let from = SimTime::from_nanos(75_000_000);
        let running = levels(&exact(&[0, 50, 1_075]), from).of_run().running;
        // 25 ms of the first and 75 ms of the second within one second.
        assert_eq!(running.average(from).unwrap().to_string(), "0.100000");
        assert_eq!(running.peak(), (2, from));
        assert_eq!(running.average(SimTime::from_secs(9)), None);
    }

    /// Goal: without a warm-up the peaks are those of the summary, in a run with everything in it.
    #[test]
    fn peaks_agree_with_the_summary() {
        let mut scenario = busy();
        scenario.functions.push(function("track"));
        let mut summary = Summary::new(&scenario);
        simulate(&scenario, &mut summary);
        let ending = Ending { end: "horizon", at: SimTime::from_secs(1_710), fingerprint: 0 };
        let report = summary.into_report(&scenario, ending);
        let found = levels(&scenario, SimTime::ZERO);
        let functions = report.functions.iter().map(|function| &function.counts).zip(found.of_functions());
        for (counts, pair) in functions.chain([(&report.counts, found.of_run())]) {
            let (running, waiting) = (pair.running.peak(), pair.waiting.peak());
            assert_eq!((running.0, waiting.0), (counts.concurrency.maximum, counts.backlog.peak.maximum));
            let at = |peak: (u64, SimTime)| (peak.0 > 0).then(|| peak.1.as_nanos());
            assert_eq!((at(running), at(waiting)), (counts.concurrency.at_ns, counts.backlog.peak.at_ns));
        }
    }

    #[test]
    fn a_course_keeps_the_area_however_coarse_it_gets() {
        let scenario = busy();
        let mut levels = Levels::new(&scenario, SimTime::ZERO).with_course();
        simulate(&scenario, &mut levels);
        let pair = *levels.of_run();
        let course = levels.into_course().unwrap();
        let area = |mut level: Level| {
            level.advance(course.since, SimTime::ZERO);
            level.area
        };
        assert!(course.areas.len() <= MOST_STEPS && course.areas.len() > MOST_STEPS / 4);
        assert_eq!(course.areas.iter().sum::<u128>(), area(pair.waiting) + area(pair.running));
        let (step, summed) = Course::summed(vec![course.clone(), course.clone()]);
        assert_eq!(summed[7], 2 * course.areas[7]);
        assert!(summed.len() as u64 * step.as_nanos() <= course.last_arrival.as_nanos());
    }
}
