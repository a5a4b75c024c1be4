//! Two scenarios on the same events, as whoever calls the library sees them.

use std::num::NonZeroU32;
use thirdtry::experiment::diff::{Cell, Diff, DiffError, DiffPlan, FateAndRoutes, diff};
use thirdtry::model::rule::Rule;
use thirdtry::scenario::builtin;
use thirdtry::scenario::load::{Input, Loaded, load};

const RETRIES: &str = "functions.ship.EventInvokeConfig.MaximumRetryAttempts";

fn shipped(name: &str, sets: &[(&str, &str)]) -> Loaded {
    let mut input = Input::from_text(name, builtin::text(name).expect("shipped"));
    input.sets = sets.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    load(&input).unwrap_or_else(|rejected| panic!("{rejected}"))
}

fn compare(a: &Loaded, b: &Loaded, replications: u32) -> Diff {
    let plan = DiffPlan::new(NonZeroU32::new(replications).expect("not zero"));
    diff(a, b, &plan, &()).expect("they have a source in common")
}

/// Goal: every event is counted once, where it belongs. Method: the sums of rows are A's fates, those of columns B's.
#[test]
fn the_matrix_holds_every_event_once() {
    for (name, sets) in [
        ("quickstart", [(RETRIES, "0")]),
        ("quickstart", [("functions.ship.ReservedConcurrentExecutions", "1")]),
        ("destination-chain", [("seed", "7")]),
    ] {
        let found = compare(&shipped(name, &[]), &shipped(name, &sets), 1);
        let counted = |metric: &str, side: usize| {
            let found = found.metric(metric).unwrap_or_else(|| panic!("{metric} is a metric"));
            [found.a, found.b][side].expect("a run has it").mean.to_string()
        };
        let sum = |side: usize, of: &dyn Fn(FateAndRoutes) -> bool| {
            let fate = |cell: &&Cell| [cell.a, cell.b][side].is_some_and(of);
            let events: u64 = found.fates.cells.iter().filter(fate).map(|cell| cell.events).sum();
            events.to_string()
        };
        for side in [0, 1] {
            let accepted = sum(side, &|fate| fate.fate.name() != "never_accepted");
            assert_ne!(accepted, "0", "{name}");
            assert_eq!(accepted, counted("accepted.Sum", side), "{name}");
            for fate in ["succeeded", "retries_exhausted", "event_age_exceeded", "in_flight"] {
                let counted = counted(&format!("{fate}.Sum"), side);
                assert_eq!(sum(side, &|found| found.fate.name() == fate), counted, "{name} {side}: {fate}");
            }
            assert_eq!(sum(side, &|fate| fate.is_lost()), counted("lost.Sum", side), "{name} {side}");
        }
    }
}

/// Goal: a row and a column meet in the same event. Method: with more retries no event of the quick start can fare
/// worse, while whoever pairs events at random would find many that do.
#[test]
fn the_very_same_events_are_paired() {
    let slots = ("functions.ship.ReservedConcurrentExecutions", "900");
    let found =
        compare(&shipped("quickstart", &[slots, (RETRIES, "0")]), &shipped("quickstart", &[slots]), 1);
    let worse = |cell: &&Cell| {
        let name = |fate: Option<FateAndRoutes>| fate.map(|fate| fate.fate.name());
        name(cell.a) == Some("succeeded") && name(cell.b) != Some("succeeded")
    };
    assert_eq!(found.fates.cells.iter().find(worse), None);
    assert!(found.fates.changed > 30, "{:?}", found.fates);
    assert!(found.fates.changed <= found.fates.lived_differently);
}

/// Goal: numbers in the run may differ. Method: another source, whose events come in between.
#[test]
fn events_are_the_same_whatever_their_number_in_the_run() {
    let audit = r#"{ "to": "audit", "arrivals": { "constant": { "rate": "1/s" } } }"#;
    let more = [("functions.audit", r#"{ "duration": "1ms" }"#), ("sources.audit", audit)];
    let found = compare(&shipped("quickstart", &[]), &shipped("quickstart", &more), 1);
    assert_eq!((found.only_in_a.len(), found.only_in_b.as_slice()), (0, &["audit".to_owned()][..]));
    assert_eq!((found.fates.changed, found.fates.lived_differently), (0, 0));
    assert_eq!(found.fates.of_row(&found.fates.cells[0]), found.fates.cells[0].events);
    assert_eq!(found.sentence(), "no event of both changed its fate; 1,800 events come in B only");
    let paths: Vec<&str> = found.settings.iter().map(|setting| setting.path.as_str()).collect();
    assert_eq!(paths, ["functions.audit", "sources.audit"]);
    assert!(found.differs());
}

#[test]
fn a_scenario_does_not_differ_from_itself() {
    for name in ["quickstart", "recursive-loop", "dlq-redrive", "blind-spots"] {
        let found = compare(&shipped(name, &[]), &shipped(name, &[("description", "another")]), 2);
        assert!(!found.differs(), "{name}: {found:?}");
        assert_eq!((found.settings.len(), found.changed.len(), found.first), (0, 0, None), "{name}");
        let same = found.fates.cells.iter().all(|cell| cell.a == cell.b);
        assert!(
            same && found
                .metrics
                .iter()
                .all(|metric| metric.unpaired_half_width.is_none_or(|half| half >= 0.0))
        );
        assert!(found.metrics.iter().all(|metric| !metric.differs()));
    }
}

#[test]
fn one_sentence_says_what_changed_and_why() {
    let found = compare(&shipped("quickstart", &[]), &shipped("quickstart", &[(RETRIES, "1")]), 1);
    let said = "53 of 933 events that succeeded are now sent to the on-failure destination (retries_exhausted), and 27 \
                changed otherwise; first: event 6 at 00:01:03.243, because MaximumRetryAttempts went from 2 to 1";
    assert_eq!(found.sentence(), said);
    let first = &found.changed[0];
    assert_eq!(found.because(first), ", because MaximumRetryAttempts went from 2 to 1");
    let (a, b) = (first.a.as_ref().expect("in A"), first.b.as_ref().expect("in B"));
    assert_eq!(a.differing.at, b.differing.at);
    assert_eq!(a.differing.rules, [Rule::FunctionErrorRetry]);
    assert_eq!(b.differing.rules, [Rule::RetriesExhausted]);
}

/// Goal: of several settings the one that decided is named.
#[test]
fn of_several_settings_the_one_that_decided_is_named() {
    let sets = [("functions.ship.Timeout", "11"), (RETRIES, "1"), ("functions.ship.MemorySize", "512")];
    let found = compare(&shipped("quickstart", &[]), &shipped("quickstart", &sets), 1);
    assert_eq!(found.settings.len(), 3);
    let named: Vec<&str> =
        found.changed[0].because(&found.settings).iter().map(|setting| setting.path.as_str()).collect();
    assert_eq!(named, [RETRIES]);
}

#[test]
fn a_slot_more_is_seen_first_where_it_is_taken_first() {
    let slots = "functions.ship.ReservedConcurrentExecutions";
    let found = compare(&shipped("quickstart", &[]), &shipped("quickstart", &[(slots, "3")]), 1);
    let first = found.first.as_ref().expect("the runs part");
    let (a, b) = (first.a.as_ref().expect("in A"), first.b.as_ref().expect("in B"));
    assert_eq!(a.differing.rules.last(), Some(&Rule::Backoff), "{first:?}");
    assert!(a.differing.words.contains("2 reserved slots in use"), "{first:?}");
    assert!(b.differing.words.contains("run 1 starts; 3 of 3 reserved slots"), "{first:?}");
    assert!(
        found.changed.iter().all(|event| event.at() >= first.at()),
        "nothing differs before the runs part"
    );
}

/// Goal: the paired interval is the narrower one, and the gain in variance is that of the intervals.
#[test]
fn pairing_narrows_the_interval() {
    let found = compare(&shipped("quickstart", &[]), &shipped("quickstart", &[(RETRIES, "1")]), 12);
    for name in ["runs.Sum", "succeeded.Sum", "cost_usd.Sum", "Errors.Sum"] {
        let metric = found.metric(name).expect("a metric");
        let paired = metric.difference.expect("both have it").half_width.expect("twelve pairs");
        let unpaired = metric.unpaired_half_width.expect("twelve of each");
        let reduction = metric.variance_reduction.expect("it varies");
        assert!(paired < unpaired / 2.0 && reduction > 0.75, "{name}: {paired} {unpaired} {reduction}");
    }
    let accepted = found.metric("accepted.Sum").expect("a metric");
    assert!(!accepted.differs() && accepted.variance_reduction == Some(1.0), "{accepted:?}");
}

#[test]
fn both_run_with_the_seed_of_the_first() {
    let found = compare(&shipped("quickstart", &[]), &shipped("quickstart", &[("seed", "7")]), 1);
    assert_eq!((found.seed, found.seed_set_aside, found.differs()), (42, Some(7), false));
}

#[test]
fn results_do_not_depend_on_threads() {
    let (a, b) = (shipped("quickstart", &[]), shipped("quickstart", &[(RETRIES, "1")]));
    let with = |threads| {
        let threads = std::num::NonZeroUsize::new(threads).expect("not zero");
        diff(&a, &b, &DiffPlan { threads, ..DiffPlan::new(NonZeroU32::new(5).expect("not zero")) }, &())
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn scenarios_without_a_common_source_cannot_be_compared() {
    let plan = DiffPlan::new(NonZeroU32::MIN);
    let (a, b) = (shipped("quickstart", &[]), shipped("recursive-loop", &[]));
    let error = diff(&a, &b, &plan, &()).expect_err("nothing in common");
    assert!(matches!(error, DiffError::NothingInCommon { .. }));
    assert!(error.to_string().contains("the sources of A are orders, those of B "), "{error}");
}
