//! The summary of a run: what happened to every event, and what it cost, in numbers that fit on one screen.
//!
//! [`Summary`] listens and counts in integers; [`SummaryReport`] is the result, plain data in a fixed order of fields,
//! for `summary.json`, `summary.csv` and the text that a person reads.
//!
//! *Waiting* = accepted − settled − running: the events in Lambda's queue, between acceptance and the first attempt
//! and between attempts. An event whose fate is known has left the backlog, even while its outcome is still on its way.
#![expect(
    clippy::inline_always,
    reason = "the recorder's observers are specialised where a fact is reported"
)]

use std::collections::BTreeMap;

use super::cost::{self, Bill, Kept, Rate};
use super::decimal::Decimal;
use super::dependencies::Dependencies;
use super::generations::Generations;
use super::offers;
use super::price::Spend;
use super::samples::Samples;
use super::unseen;
use crate::id::DestinationId;
use crate::model::event::{Event, Route, RouteResult};
use crate::model::observation::{
    Attempt, AttemptOutcome, Circumstance, Fact, Fate, FunctionError, Observation, Observer, Placement,
    Remark, Start, ThrottleReason,
};
use crate::scenario::{ChangedSetting, DeliveryFailure, InvocationType, Scenario};
use crate::time::{SimDuration, SimTime};
use occupancy::Occupancy;

mod occupancy;
mod report;
mod rows;

pub use report::{
    Amplification, Backlog, Calls, ChangeReport, Conservation, Counts, FunctionReport, Lost, Named, Peak,
    RouteReport, Spread, Succeeded, SummaryReport,
};
pub(super) use report::{named, spread};
pub(super) use rows::Rows;
pub use rows::SummaryRow;

/// The observer that counts.
#[derive(Clone, Debug)]
pub struct Summary<'s> {
    /// One for each function. Most of what the run as a whole has is the sum of these, and is summed at the end.
    functions: Vec<Tally>,
    /// Of the run as a whole, when there are several functions.
    occupancy: Option<Occupancy>,
    /// Changes of configuration that have taken effect.
    changes: u16,
    dependencies: Dependencies,
    generations: Option<Generations>,
    scenario: &'s Scenario,
}

/// How and when a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Why it ended: the name of its `RunEnd`.
    pub end: &'static str,
    /// When: virtual time at the end.
    pub at: SimTime,
    /// The fingerprint of all observations.
    pub fingerprint: u64,
}

/// What is counted, for one function or, at the end, for the whole run.
#[derive(Clone, Debug, Default)]
struct Tally {
    occupancy: Occupancy,
    accepted: u64,
    fates: [u64; Fate::ALL.len()],
    first_try: u64,
    after_backoff: u64,
    after_retry: u64,
    attempts: u64,
    runs: u64,
    throttles: [u64; ThrottleReason::ALL.len()],
    system_errors: u64,
    client_errors: u64,
    function_errors: [u64; FunctionError::ALL.len()],
    caught_errors: u64,
    starts: [u64; Start::ALL.len()],
    init: SimDuration,
    age: Samples,
    sojourn: Samples,
    first_arrival: Option<SimTime>,
    last_arrival: Option<SimTime>,
    last_settled: Option<SimTime>,
    first_drop: Option<SimTime>,
    first_loss: Option<SimTime>,
    lost: [u64; Fate::ALL.len()],
    lost_without_route: u64,
    deliveries: BTreeMap<(Route, DestinationId), Deliveries>,
    costs: cost::Tally,
    calls: Calls,
    unseen: unseen::Tally,
    offers: offers::Tally,
}

#[derive(Clone, Copy, Debug, Default)]
struct Deliveries {
    started: u64,
    delivered: u64,
    failed: [u64; DeliveryFailure::ALL.len()],
}

impl<'s> Summary<'s> {
    /// A summary of a run of `scenario`, to be fed from its beginning.
    pub fn new(scenario: &'s Scenario) -> Self {
        Self {
            functions: vec![Tally::default(); scenario.functions.len()],
            occupancy: (scenario.functions.len() > 1).then(Occupancy::default),
            changes: 0,
            dependencies: Dependencies::new(scenario),
            generations: Generations::new(scenario),
            scenario,
        }
    }

    /// The events' ages at their attempts so far, in nanoseconds.
    pub fn event_age(&self) -> Samples {
        Samples::together(self.functions.iter().map(|tally| &tally.age))
    }

    /// The times from acceptance to the fate so far, in nanoseconds.
    pub fn sojourn(&self) -> Samples {
        Samples::together(self.functions.iter().map(|tally| &tally.sojourn))
    }

    /// What the run as a whole used, and what each function did.
    fn bills(&self) -> (Bill, Vec<Bill>) {
        let functions = self.functions.iter().zip(&self.scenario.functions);
        let bills: Vec<Bill> = functions.map(|(tally, function)| tally.costs.bill(function)).collect();
        let mut total = Bill::default();
        for bill in &bills {
            total.add(bill);
        }
        (total, bills)
    }

    /// What is counted of the run as a whole, and of each function when there are several.
    fn tallies(&mut self) -> (Tally, Vec<Tally>) {
        let mut functions = std::mem::take(&mut self.functions);
        match self.occupancy {
            None => (functions.pop().unwrap_or_default(), functions),
            Some(occupancy) => {
                let mut total = Tally::default();
                for tally in &functions {
                    total.absorb(tally);
                }
                (Tally { occupancy, ..total }, functions)
            }
        }
    }

    /// The result.
    pub fn into_report(mut self, scenario: &Scenario, ending: Ending) -> SummaryReport {
        let (bill, bills) = self.bills();
        let (total, functions) = self.tallies();
        let rate = Rate::of(scenario, total.first_arrival.zip(total.last_arrival));
        let kept = |functions| Kept::of(scenario, ending.at, functions);
        let named = |(at, (tally, bill)): (usize, (Tally, Bill))| FunctionReport {
            function: scenario.functions[at].name.clone(),
            counts: tally.into_counts(&bill, &kept(at..at + 1), rate, scenario),
        };
        let changes = scenario.changes.iter().zip(0..).map(|(change, at)| ChangeReport {
            made_ns: change.made.as_nanos(),
            effective_ns: change.effective.as_nanos(),
            settings: change.settings.iter().map(ChangedSetting::text).collect(),
            because: change.because.clone(),
            took_effect: at < self.changes,
        });
        SummaryReport {
            changes: changes.collect(),
            redrives: self.generations.map(Generations::into_report),
            recovery: None,
            scenario: scenario.name.clone(),
            seed: scenario.seed.0,
            profile: scenario.profile.name(),
            end: ending.end,
            ended_ns: ending.at.as_nanos(),
            fingerprint: format!("{:016x}", ending.fingerprint),
            counts: total.into_counts(&bill, &kept(0..scenario.functions.len()), rate, scenario),
            functions: functions.into_iter().zip(bills).enumerate().map(named).collect(),
            dependencies: self.dependencies.into_reports(scenario, ending.at),
        }
    }
}

impl Observer for Summary<'_> {
    #[inline(always)]
    fn observe(&mut self, fact: &Fact<'_>) {
        if self.follows() {
            self.follow(&{ *fact });
        }
        self.count(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        match remark.what {
            Circumstance::ConfigurationChanged { .. } => self.changes += 1,
            Circumstance::LoadChanged { .. } => self.dependencies.remark(remark),
            Circumstance::RedriveBegan { .. }
            | Circumstance::RedriveEnded { .. }
            | Circumstance::MessageExpired { .. } => {}
        }
        if let Some(generations) = &mut self.generations {
            generations.remark(remark);
        }
    }
}

/// An observer in two parts, for whoever tells it of so many facts that what does not apply must not be looked at.
impl Summary<'_> {
    /// Takes note of what `fact` adds to the counts.
    #[inline(always)]
    pub(crate) fn count(&mut self, fact: &Fact<'_>) {
        let duplicate = fact.event.is_duplicate();
        let tally = &mut self.functions[fact.event.function().index()];
        tally.occupancy.note(fact, duplicate);
        tally.note(fact, duplicate, self.scenario);
        if let Some(occupancy) = &mut self.occupancy {
            occupancy.note(fact, duplicate);
        }
        self.dependencies.observe(fact);
    }

    /// Whether events are followed over their redrives.
    pub(crate) const fn follows(&self) -> bool {
        self.generations.is_some()
    }

    /// Takes note of what `fact` means over redrives.
    pub(crate) fn follow(&mut self, fact: &Fact<'_>) {
        if let Some(generations) = &mut self.generations {
            generations.note(fact, self.scenario);
        }
    }
}

/// Nothing here takes the address of a fact, or of a part of one, out of sight of the compiler: so a fact need not be
/// in memory, and what is known of its kind does not get lost.
impl Tally {
    #[inline(always)]
    fn note(&mut self, fact: &Fact<'_>, duplicate: bool, scenario: &Scenario) {
        self.costs.note(fact, duplicate, scenario);
        if duplicate {
            return self.note_duplicate(fact);
        }
        let Fact { at, event, .. } = *fact;
        self.unseen.note(fact);
        match fact.what {
            Observation::OfferRefused(offer) => self.offers.refused(offer, at),
            Observation::Duplicated => unreachable!("it makes a duplicate"),
            Observation::Accepted => self.accepted(event, at),
            Observation::Called => self.calls.made += 1,
            Observation::RunStarted { age, placement, .. } => {
                self.run_started(is_async(fact), age, placement);
            }
            Observation::CallStarted { .. } | Observation::CallEnded(_) => {}
            Observation::AttemptEnded(attempt) => self.attempt_ended(is_async(fact), &attempt),
            Observation::Settled { fate, .. } => self.settled(event, at, fate),
            Observation::DeliveryStarted { .. } | Observation::DeliveryEnded { .. } => self.delivery(fact),
            Observation::Closed | Observation::CutOff => self.left(event, at),
        }
    }

    /// A second delivery of an event runs and is paid for, and its outcome goes out; it is no event.
    #[inline(always)]
    fn note_duplicate(&mut self, fact: &Fact<'_>) {
        match fact.what {
            Observation::Duplicated => self.offers.duplicates += 1,
            Observation::RunStarted { placement, .. } => {
                self.offers.duplicate_runs += 1;
                self.occupies(placement);
            }
            Observation::DeliveryStarted { .. } | Observation::DeliveryEnded { .. } => self.delivery(fact),
            Observation::Accepted
            | Observation::Called
            | Observation::OfferRefused(_)
            | Observation::CallStarted { .. }
            | Observation::CallEnded(_)
            | Observation::AttemptEnded(_)
            | Observation::Settled { .. }
            | Observation::Closed
            | Observation::CutOff => {}
        }
    }

    #[inline(always)]
    fn delivery(&mut self, fact: &Fact<'_>) {
        match fact.what {
            Observation::DeliveryStarted { route, destination, .. } => {
                self.deliveries(route, destination).started += 1;
            }
            Observation::DeliveryEnded { route, destination, failure, .. } => match failure {
                None => self.deliveries(route, destination).delivered += 1,
                Some(failure) => self.deliveries(route, destination).failed[failure as usize] += 1,
            },
            _ => {}
        }
    }

    #[inline(always)]
    fn accepted(&mut self, event: &Event, at: SimTime) {
        self.offers.accepted(event.refusals());
        self.accepted += 1;
        self.first_arrival.get_or_insert(at);
        self.last_arrival = Some(at);
    }

    #[inline(always)]
    fn run_started(&mut self, is_async: bool, age: SimDuration, placement: Placement) {
        self.occupies(placement);
        if is_async {
            self.runs += 1;
            self.dispatched(age);
        }
    }

    /// A run takes a slot.
    #[inline(always)]
    fn occupies(&mut self, placement: Placement) {
        self.starts[placement.start as usize] += 1;
        self.init += placement.init;
    }

    #[inline(always)]
    fn dispatched(&mut self, age: SimDuration) {
        self.attempts += 1;
        self.age.record(age.as_nanos());
    }

    #[inline(always)]
    fn attempt_ended(&mut self, is_async: bool, attempt: &Attempt) {
        if !is_async {
            self.calls.note(attempt.outcome, attempt.next);
            return;
        }
        if attempt.run.is_none() {
            self.dispatched(attempt.age);
        }
        match attempt.outcome {
            AttemptOutcome::Success => {}
            AttemptOutcome::CaughtError => self.caught_errors += 1,
            AttemptOutcome::FunctionError(error) => self.function_errors[error as usize] += 1,
            AttemptOutcome::Throttled(reason) => self.throttles[reason as usize] += 1,
            AttemptOutcome::SystemError { .. } => self.system_errors += 1,
            AttemptOutcome::ClientError { .. } => self.client_errors += 1,
        }
    }

    #[inline(always)]
    fn settled(&mut self, event: &Event, at: SimTime, fate: Fate) {
        self.fates[fate as usize] += 1;
        self.last_settled = Some(at);
        self.sojourn.record(event.age_at(at).as_nanos());
        match (fate, event.runs(), event.attempts()) {
            (Fate::Succeeded, _, 1) => self.first_try += 1,
            (Fate::Succeeded, 1, _) => self.after_backoff += 1,
            (Fate::Succeeded, _, _) => self.after_retry += 1,
            _ => {
                self.first_drop.get_or_insert(at);
            }
        }
    }

    /// An event is lost for certain once its last delivery has ended.
    #[inline(always)]
    fn left(&mut self, event: &Event, at: SimTime) {
        if event.is_lost() {
            self.lost(event, at);
        }
    }

    fn lost(&mut self, event: &Event, at: SimTime) {
        let routes = Route::ALL.map(|route| event.route(route));
        let Some((fate, _)) = event.settled() else { return };
        if routes.contains(&RouteResult::Pending) {
            return;
        }
        self.lost[fate as usize] += 1;
        self.first_loss.get_or_insert(at);
        self.unseen.lost(event);
        if fate != Fate::Vanished && routes.iter().all(|result| *result == RouteResult::NotConfigured) {
            self.lost_without_route += 1;
        }
    }

    #[inline(never)]
    fn deliveries(&mut self, route: Route, destination: DestinationId) -> &mut Deliveries {
        self.deliveries.entry((route, destination)).or_default()
    }

    /// Adds what was counted of a function. Its occupancy is no part of a sum, and its costs are summed as bills.
    fn absorb(&mut self, function: &Self) {
        let Self {
            occupancy: _,
            accepted,
            fates,
            first_try,
            after_backoff,
            after_retry,
            attempts,
            runs,
            throttles,
            system_errors,
            client_errors,
            function_errors,
            caught_errors,
            starts,
            init,
            age,
            sojourn,
            first_arrival,
            last_arrival,
            last_settled,
            first_drop,
            first_loss,
            lost,
            lost_without_route,
            deliveries,
            costs: _,
            calls,
            unseen,
            offers,
        } = function;
        self.accepted += accepted;
        add(&mut self.fates, fates);
        self.first_try += first_try;
        self.after_backoff += after_backoff;
        self.after_retry += after_retry;
        self.attempts += attempts;
        self.runs += runs;
        add(&mut self.throttles, throttles);
        self.system_errors += system_errors;
        self.client_errors += client_errors;
        add(&mut self.function_errors, function_errors);
        self.caught_errors += caught_errors;
        add(&mut self.starts, starts);
        self.init += *init;
        self.age.absorb(age);
        self.sojourn.absorb(sojourn);
        self.first_arrival = earlier(self.first_arrival, *first_arrival);
        self.last_arrival = self.last_arrival.max(*last_arrival);
        self.last_settled = self.last_settled.max(*last_settled);
        self.first_drop = earlier(self.first_drop, *first_drop);
        self.first_loss = earlier(self.first_loss, *first_loss);
        add(&mut self.lost, lost);
        self.lost_without_route += lost_without_route;
        for (&(route, destination), more) in deliveries {
            let sum = self.deliveries(route, destination);
            sum.started += more.started;
            sum.delivered += more.delivered;
            add(&mut sum.failed, &more.failed);
        }
        self.calls.absorb(calls);
        self.unseen.absorb(unseen);
        self.offers.absorb(offers);
    }

    fn into_counts(mut self, bill: &Bill, kept: &Kept, rate: Rate, scenario: &Scenario) -> Counts {
        let settled: u64 = self.fates.iter().sum();
        let in_flight = self.accepted - settled;
        let lost: u64 = self.lost.iter().sum();
        Counts {
            accepted: self.accepted,
            fates: named(&Fate::ALL.map(Fate::name), &self.fates),
            in_flight,
            conservation: Conservation {
                accepted: self.accepted,
                settled,
                in_flight,
                holds: self.accepted == settled + self.occupancy.waiting + self.occupancy.async_running,
            },
            lost: Lost {
                total: lost,
                // A success, the first of all fates, is never lost.
                by_fate: named(&Fate::ALL.map(Fate::name)[1..], &self.lost[1..]),
                without_route: self.lost_without_route,
                by_failed_delivery: lost - self.lost_without_route - self.lost[Fate::Vanished as usize],
                first_ns: self.first_loss.map(SimTime::as_nanos),
            },
            routes: self.routes(scenario),
            succeeded: Succeeded {
                on_first_try: self.first_try,
                after_backoff: self.after_backoff,
                after_retry: self.after_retry,
            },
            attempts: self.attempts,
            runs: self.runs,
            function_errors: named(&FunctionError::ALL.map(FunctionError::name), &self.function_errors),
            caught_errors: self.caught_errors,
            throttles: named(&ThrottleReason::ALL.map(ThrottleReason::name), &self.throttles),
            system_errors: self.system_errors,
            client_errors: self.client_errors,
            starts: named(&Start::ALL.map(Start::name), &self.starts),
            init_ns: self.init.as_nanos(),
            amplification: Amplification {
                runs_per_event: Decimal::ratio(self.runs.into(), self.accepted.into(), 3),
                attempts_per_event: Decimal::ratio(self.attempts.into(), self.accepted.into(), 3),
            },
            event_age: spread(&mut self.age),
            sojourn: spread(&mut self.sojourn),
            concurrency: Peak::of(self.occupancy.peak_running.0, self.occupancy.peak_running.1),
            backlog: self.backlog(in_flight),
            billed_ms: bill.split(Spend::billed_ms),
            cost_usd: bill.report(self.accepted, kept, rate, scenario),
            sync_calls: self.calls,
            offers: self.offers.into_report(self.accepted),
            duplicates: self.offers.duplicates(),
            unseen: self.unseen.into_report(self.caught_errors),
        }
    }

    fn backlog(&self, in_flight: u64) -> Backlog {
        let Occupancy { waiting, peak_waiting, oldest, .. } = self.occupancy;
        let drained = |settled: SimTime| self.last_arrival.map(|arrival| settled.since(arrival).as_nanos());
        Backlog {
            peak: Peak::of(peak_waiting.0, peak_waiting.1),
            waiting_at_end: waiting,
            oldest_ns: (self.attempts > 0).then(|| oldest.0.as_nanos()),
            oldest_at_ns: (self.attempts > 0).then(|| oldest.1.as_nanos()),
            last_arrival_ns: self.last_arrival.map(SimTime::as_nanos),
            last_settled_ns: self.last_settled.map(SimTime::as_nanos),
            drain_ns: self.last_settled.filter(|_| in_flight == 0).and_then(drained),
            first_drop_ns: self.first_drop.map(SimTime::as_nanos),
        }
    }

    fn routes(&self, scenario: &Scenario) -> Vec<RouteReport> {
        let report = |(&(route, destination), counts): (&(Route, DestinationId), &Deliveries)| {
            let target = &scenario.destinations[destination.index()];
            let failed: u64 = counts.failed.iter().sum();
            RouteReport {
                route: route.name(),
                destination: target.name.clone(),
                kind: target.kind.name(),
                delivered: counts.delivered,
                delivery_failed: failed,
                pending: counts.started - counts.delivered - failed,
                failures: named(&DeliveryFailure::ALL.map(DeliveryFailure::name), &counts.failed),
            }
        };
        self.deliveries.iter().map(report).collect()
    }
}

#[inline(always)]
fn is_async(fact: &Fact<'_>) -> bool {
    fact.event.invocation() == InvocationType::Event
}

/// Adds counts of the same things.
pub(super) fn add<const N: usize>(sums: &mut [u64; N], more: &[u64; N]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

/// The earlier of two times that may never have come.
pub(super) fn earlier(one: Option<SimTime>, other: Option<SimTime>) -> Option<SimTime> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::FunctionId;
    use crate::observe::ledger::Ledger;
    use crate::observe::test_scenarios::{busy, events_at, exceptions, function, idle, queue};
    use crate::random::distribution::Distribution;
    use crate::scenario::{End, Jitter};
    use crate::simulate::simulate;

    const SECOND: u64 = 1_000_000_000;

    /// No jitter, no dispatch latency.
    fn exact(millis: &[u64]) -> Scenario {
        let mut scenario = idle();
        scenario.timing.dispatch_latency = SimDuration::ZERO;
        scenario.timing.function_retry_jitter = Jitter { ppm: 0 };
        scenario.timing.backoff_jitter = Jitter { ppm: 0 };
        scenario.sources = vec![events_at("orders", millis)];
        scenario
    }

    fn report(scenario: &Scenario) -> SummaryReport {
        let mut summary = Summary::new(scenario);
        let end = simulate(scenario, &mut summary);
        let ending = Ending { end: end.name(), at: SimTime::ZERO, fingerprint: 0xfeed };
        summary.into_report(scenario, ending)
    }

    fn fates(report: &SummaryReport) -> Vec<u64> {
        report.counts.fates.values().filter_map(serde_json::Value::as_u64).collect()
    }

    #[test]
    fn an_event_that_always_fails_is_lost_after_three_runs_and_all_of_them_are_wasted() {
        let mut scenario = exact(&[0]);
        scenario.functions[0].failures = vec![exceptions(1.0, &[])];
        let report = report(&scenario);
        let counts = &report.counts;
        assert_eq!(fates(&report)[..4], [0, 1, 0, 0]);
        assert_eq!((counts.attempts, counts.runs), (3, 3));
        assert_eq!((counts.lost.total, counts.lost.without_route), (1, 1));
        // Runs of 100 ms at 0, 60.1 and 180.2 s.
        assert_eq!(counts.lost.first_ns, Some(180_300_000_000));
        assert_eq!(counts.sojourn.unwrap().max_ns, 180_300_000_000);
        let age = counts.event_age.unwrap();
        assert_eq!((age.samples, age.p50_ns, age.max_ns), (3, 60_100_000_000, 180_200_000_000));
        let billed = counts.billed_ms;
        assert_eq!((billed.total, billed.first_runs, billed.retries, billed.wasted), (300, 100, 200, 300));
        // 3 requests, and 0.3 s of 1/8 GB.
        assert_eq!(counts.cost_usd.total.to_string(), "0.000001225001");
        assert_eq!(counts.amplification.runs_per_event.unwrap().to_string(), "3.000");
        assert!(counts.conservation.holds);
    }

    #[test]
    fn waiting_peaks_while_one_slot_serves_many_and_drains_after_the_last_arrival() {
        let mut scenario = exact(&[0, 0, 0]);
        scenario.functions[0].reserved = Some(1);
        scenario.functions[0].duration = Distribution::Constant(SimDuration::from_millis(500));
        let counts = report(&scenario).counts;
        // All three wait for an instant; the first runs at once, the others at 1 s; one of these at 3 s.
        assert_eq!((counts.backlog.peak.maximum, counts.backlog.peak.at_ns), (3, Some(0)));
        assert_eq!(counts.backlog.drain_ns, Some(3_500_000_000));
        assert_eq!(counts.backlog.oldest_ns, Some(3 * SECOND));
        assert_eq!(counts.backlog.oldest_at_ns, Some(3 * SECOND));
        assert_eq!((counts.concurrency.maximum, counts.concurrency.at_ns), (1, Some(0)));
        assert_eq!((counts.attempts, counts.runs), (6, 3));
        assert_eq!(counts.succeeded.after_backoff, 2);
        assert_eq!(counts.lost.total, 0);
    }

    #[test]
    fn an_event_between_a_run_and_its_end_makes_no_backlog() {
        let mut scenario = exact(&[0, 10_000, 20_000]);
        scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 5)])];
        let counts = report(&scenario).counts;
        assert_eq!(counts.backlog.peak.maximum, 2, "the failed one and a new one");
        assert_eq!(counts.succeeded.after_retry, 1);
        assert_eq!(counts.succeeded.on_first_try, 2);
    }

    #[test]
    fn a_copy_on_one_route_is_enough_not_to_be_lost() {
        let cases = [(true, true, 1), (true, false, 0), (false, true, 0), (false, false, 0)];
        for (record_denied, letter_denied, lost) in cases {
            let mut scenario = exact(&[0]);
            scenario.functions[0].reserved = Some(0);
            scenario.functions[0].on_failure = Some(DestinationId(0));
            scenario.functions[0].dead_letter = Some(DestinationId(1));
            scenario.destinations = vec![queue("failed"), queue("letters")];
            for (destination, denied) in scenario.destinations.iter_mut().zip([record_denied, letter_denied])
            {
                destination.max_bytes = if denied { 0 } else { destination.max_bytes };
            }
            let counts = report(&scenario).counts;
            assert_eq!(counts.lost.total, lost);
            assert_eq!(counts.lost.by_failed_delivery, lost);
            assert_eq!(counts.routes.len(), 2);
            assert_eq!(counts.routes[0].delivery_failed, u64::from(record_denied));
            assert_eq!(counts.routes[1].delivered, u64::from(!letter_denied));
        }
    }

    #[test]
    fn what_has_no_samples_has_no_percentiles() {
        let report = report(&exact(&[]));
        assert!(report.counts.event_age.is_none());
        assert!(report.counts.amplification.runs_per_event.is_none());
        let json = serde_json::to_string(&report).unwrap();
        assert!(json.contains("\"event_age\":null"), "{json}");
        assert!(!json.contains("NaN"));
    }

    #[test]
    fn a_busy_run_balances_with_the_ledger_and_its_parts_add_up() {
        let scenario = busy();
        let (mut summary, mut ledger) = (Summary::new(&scenario), Ledger::default());
        simulate(&scenario, &mut (&mut summary, &mut ledger));
        let ending = Ending { end: "horizon", at: SimTime::from_secs(1_710), fingerprint: 0 };
        let counts = summary.into_report(&scenario, ending).counts;
        assert!(counts.conservation.holds);
        assert_eq!(counts.accepted, ledger.accepted());
        assert_eq!(counts.in_flight, ledger.in_flight());
        assert!(counts.in_flight > 0 && counts.lost.total > 0 && counts.sync_calls.made > 0);
        assert_eq!(counts.lost.total, counts.routes[0].delivery_failed);
        let billed = counts.billed_ms;
        assert_eq!(billed.total, billed.first_runs + billed.retries + billed.sync_calls);
        let throttles: u64 = counts.throttles.values().filter_map(serde_json::Value::as_u64).sum();
        assert_eq!(counts.attempts, counts.runs + throttles + counts.system_errors + counts.client_errors);
    }

    #[test]
    fn several_functions_have_their_own_counts_that_add_up() {
        let mut scenario = exact(&[0, 1, 2]);
        scenario.functions.push(function("track"));
        let mut other = events_at("clicks", &[5]);
        other.to = crate::scenario::Targets::One(FunctionId(1));
        scenario.sources.insert(0, other);
        let report = report(&scenario);
        let accepted: Vec<u64> = report.functions.iter().map(|part| part.counts.accepted).collect();
        assert_eq!((report.counts.accepted, accepted), (4, vec![3, 1]));
    }

    #[test]
    fn tidy_rows_have_one_value_each_and_names_that_occur_once() {
        let rows = report(&busy()).csv_rows();
        let mut names: Vec<_> = rows.iter().map(|row| (&row.scope, &row.metric, row.statistic)).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        let value = |metric: &str, statistic: &str| {
            let row = rows.iter().find(|row| row.metric == metric && row.statistic == statistic);
            row.unwrap().value.clone()
        };
        assert_eq!(value("lost", "Sum"), value("on_failure.failed.delivery_failed", "Sum"));
        assert_ne!(value("AsyncEventAge", "p99"), "");
    }

    #[test]
    fn deliveries_on_their_way_at_the_end_are_neither_lost_nor_delivered() {
        let mut scenario = exact(&[0]);
        scenario.functions[0].reserved = Some(0);
        scenario.functions[0].on_failure = Some(DestinationId(0));
        scenario.destinations = vec![queue("failed")];
        scenario.destinations[0].latency = SimDuration::from_secs(10);
        scenario.end = End::At(SimTime::from_secs(5));
        let counts = report(&scenario).counts;
        assert_eq!((counts.lost.total, counts.routes[0].pending), (0, 1));
    }
}
