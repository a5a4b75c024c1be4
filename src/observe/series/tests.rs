//! Series held against the facts they were made of.

use super::ages::{cell_of, cell_range};
use super::*;
use crate::model::event::Event;
use crate::model::observation::Fate;
use crate::observe::test_scenarios::{busy, events_at, exceptions, idle, poisson, source};
use crate::simulate::simulate;
use proptest::prelude::*;

/// Every fact of a run, owned.
#[derive(Default)]
struct Recorder(Vec<(SimTime, Observation, Event)>);

impl Observer for Recorder {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.0.push((fact.at, fact.what, fact.event.clone()));
    }
}

fn run(scenario: &Scenario) -> (Series, Recorder) {
    let mut observers = (Series::new(scenario), Recorder::default());
    simulate(scenario, &mut observers);
    observers
}

type Recorded = (SimTime, Observation, Event);

/// Goal: every bucket holds what the facts say, however often buckets were merged. Method: the facts of each
/// bucket's time, counted in the simplest way; levels followed from the start.
fn check_against_facts(scenario: &Scenario) {
    let (series, Recorder(facts)) = run(scenario);
    assert!(series.buckets().len() <= Series::MOST_BUCKETS);
    let mut levels = Levels::default();
    let mut begin = 0;
    for (start, bucket) in series.rows() {
        let until = start + series.width();
        let end = facts.partition_point(|(at, ..)| *at < until);
        check_counts(bucket, &facts[begin..end]);
        levels.most_running = levels.running;
        facts[begin..end].iter().for_each(|fact| levels.follow(fact));
        assert_eq!(bucket.waiting.last, levels.waiting(), "waiting, from {start}");
        assert_eq!(bucket.running.last, levels.running, "running, from {start}");
        assert_eq!(bucket.running.max, levels.most_running, "most running, from {start}");
        assert!(bucket.waiting.max >= bucket.waiting.last);
        begin = end;
    }
    assert_eq!(begin, facts.len(), "every fact lies in a bucket");
}

fn check_counts(bucket: &Bucket, facts: &[Recorded]) {
    let count = |wanted: &dyn Fn(Observation, &Event) -> bool| {
        facts.iter().filter(|(_, what, event)| wanted(*what, event)).count() as u64
    };
    assert_eq!(bucket.accepted, count(&|what, _| what == Observation::Accepted));
    assert_eq!(bucket.sync_calls, count(&|what, _| what == Observation::Called));
    for kind in OutcomeKind::ALL {
        let ended = |what| match what {
            Observation::AttemptEnded(attempt) => OutcomeKind::from(attempt.outcome) == kind,
            _ => false,
        };
        assert_eq!(bucket.attempts(kind), count(&|what, _| ended(what)), "{kind:?}");
    }
    for fate in Fate::ALL {
        let settled = |what| matches!(what, Observation::Settled { fate: known, .. } if known == fate);
        assert_eq!(bucket.settled[fate as usize], count(&|what, _| settled(what)), "{fate:?}");
    }
    assert_eq!(bucket.lost(), count(&|what, event| what == Observation::Closed && event.is_lost()));
    let refused = |what| matches!(what, Observation::DeliveryEnded { failure: Some(_), .. });
    let failed: u64 = bucket.destinations.iter().map(|deliveries| deliveries.failed).sum();
    assert_eq!(failed, count(&|what, _| refused(what)));
}

/// What is in the system, by plain counting.
#[derive(Default)]
struct Levels {
    unsettled: u64,
    running: u64,
    running_events: u64,
    most_running: u64,
}

impl Levels {
    fn waiting(&self) -> u64 {
        self.unsettled - self.running_events
    }

    fn follow(&mut self, (_, what, event): &Recorded) {
        let of_event = u64::from(event.invocation() == InvocationType::Event);
        match what {
            Observation::Accepted => self.unsettled += 1,
            Observation::Settled { .. } => self.unsettled -= 1,
            Observation::RunStarted { .. } => {
                self.running += 1;
                self.running_events += of_event;
            }
            Observation::AttemptEnded(attempt) if attempt.run.is_some() => {
                self.running -= 1;
                self.running_events -= of_event;
            }
            _ => {}
        }
        self.most_running = self.most_running.max(self.running);
    }
}

#[test]
fn merged_buckets_hold_what_the_facts_say() {
    check_against_facts(&busy());
}

#[test]
fn one_event_after_ten_years_costs_no_more_buckets() {
    let mut scenario = idle();
    let ten_years = 10 * 365 * 86_400_000;
    scenario.sources = vec![events_at("rare", &[0, ten_years])];
    let (series, _) = run(&scenario);
    assert!(series.buckets().len() > Series::MOST_BUCKETS / 2);
    assert_eq!(series.total().accepted, 2);
    assert_eq!(series.buckets()[0].accepted, 1);
    check_against_facts(&scenario);
}

#[test]
fn waiting_is_never_counted_while_running_or_settled() {
    let mut scenario = idle();
    scenario.sources = vec![events_at("one", &[0])];
    let (series, _) = run(&scenario);
    let levels: Vec<_> = series.buckets().iter().map(|b| (b.waiting, b.running)).collect();
    // 30 ms in the queue, 100 ms in the function: the run ends in the second bucket of 125 ms.
    let level = |max, last| Level { max, last };
    assert_eq!(levels, [(level(1, 0), level(1, 1)), (level(0, 0), level(1, 0))]);
}

#[test]
fn a_refused_and_an_exhausted_event_are_no_longer_waiting() {
    let mut scenario = idle();
    scenario.functions[0].reserved = Some(0);
    scenario.sources = vec![events_at("refused", &[0, 10])];
    let (refused, _) = run(&scenario);
    scenario.functions[0].reserved = None;
    scenario.functions[0].failures = vec![exceptions(1.0, &[])];
    let (exhausted, _) = run(&scenario);
    for (series, fate) in [(refused, Fate::ZeroReservedConcurrency), (exhausted, Fate::RetriesExhausted)] {
        let total = series.total();
        assert_eq!(total.waiting.last, 0);
        assert_eq!(total.closed(fate, Ending::NotConfigured), 2);
        assert_eq!(total.lost(), 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the length of the run, and so however often buckets were merged.
    #[test]
    fn any_run_is_summed_up_exactly(
        seed in any::<u64>(),
        hundredths in 1_u32..400,
        seconds in 1_u64..400,
        reserved in 0_u32..4,
        failing in 0_u8..=10,
    ) {
        let mut scenario = idle();
        scenario.seed = crate::random::Seed(seed);
        scenario.functions[0].reserved = Some(reserved);
        scenario.functions[0].maximum_age = SimDuration::from_secs(120);
        scenario.functions[0].failures = vec![exceptions(f64::from(failing) / 10.0, &[])];
        let rate = poisson(f64::from(hundredths) / 100.0, seconds);
        scenario.sources = vec![source("any", InvocationType::Event, rate)];
        check_against_facts(&scenario);
    }

    #[test]
    fn quantiles_are_within_a_sixteenth(
        millis in prop::collection::vec(0_u64..30_000_000, 1..200),
        permille in 1_u64..=1_000,
    ) {
        let mut ages = Ages::default();
        for age in &millis {
            ages.record(SimDuration::from_millis(*age));
        }
        let mut sorted = millis;
        sorted.sort_unstable();
        let rank = (sorted.len() * usize::try_from(permille).expect("small")).div_ceil(1_000);
        let exact = sorted[rank - 1];
        let found = ages.quantile(permille).as_millis();
        prop_assert!(found.abs_diff(exact) <= exact / 16, "{found} for {exact}");
    }

    #[test]
    fn merged_ages_are_those_of_both(
        left in prop::collection::vec(0_u64..100_000, 0..50),
        right in prop::collection::vec(0_u64..100_000, 0..50),
    ) {
        let of = |millis: &[u64]| {
            let mut ages = Ages::default();
            for age in millis {
                ages.record(SimDuration::from_millis(*age));
            }
            ages
        };
        let mut merged = of(&left);
        merged.merge(&of(&right));
        prop_assert_eq!(merged, of(&[left, right].concat()));
    }
}

#[test]
fn cells_adjoin_and_hold_their_values() {
    let mut next = 0;
    for cell in 0..900 {
        let (start, width) = cell_range(cell);
        assert_eq!(start, next, "cell {cell}");
        assert_eq!((cell_of(start), cell_of(start + width - 1)), (cell, cell));
        next = start + width;
    }
}

#[test]
fn the_csv_has_a_number_in_every_column_of_every_row() {
    let scenario = busy();
    let (series, _) = run(&scenario);
    let mut text = Vec::new();
    series.write_csv(&scenario, &mut text).expect("memory takes everything");
    let mut csv = csv::Reader::from_reader(&text[..]);
    let header = csv.headers().expect("a header").clone();
    assert_eq!(&header[2], "accepted");
    assert!(header.iter().any(|name| name == "functions.ship.waiting_max"));
    assert!(header.iter().any(|name| name == "destinations.failed.failed"));
    let mut accepted = 0;
    let mut rows = 0;
    for row in csv.records() {
        let row = row.expect("as many fields as the header");
        assert!(row.iter().all(|field| field.parse::<u64>().is_ok()), "{row:?}");
        accepted += row[2].parse::<u64>().expect("a number");
        rows += 1;
    }
    assert_eq!((rows, accepted), (series.buckets().len(), series.total().accepted));
}
