//! What an operator would have missed, in sentences; nothing where there is nothing to say.

use super::phrases::{causes, count_of, events, sum};
use crate::observe::summary::Counts;
use crate::text::number::grouped;

/// The line of the summary, if there is one.
pub(super) fn unseen(counts: &Counts) -> Option<String> {
    let found = [
        failed_without_error(counts),
        failed_without_trace(counts),
        lost_by_delivery(counts),
        success_records(counts),
        caught(counts),
    ];
    let sentences: Vec<String> = found.into_iter().flatten().collect();
    (!sentences.is_empty()).then(|| sentences.join("; "))
}

fn failed_without_error(counts: &Counts) -> Option<String> {
    let unseen = &counts.unseen;
    let failed = sum(&unseen.failed_without_error);
    let beginning = match (failed, sum(&counts.function_errors)) {
        (0, _) => return None,
        (_, 0) => format!("Errors stays at 0, yet {} failed", events(failed)),
        (_, _) => {
            format!("{} of {} failed events left nothing in Errors", grouped(failed), grouped(unseen.failed))
        }
    };
    let lost = match unseen.lost_without_error {
        0 => String::new(),
        n if n == failed => ", all of them lost".to_owned(),
        n => format!(", {} of them lost", grouped(n)),
    };
    Some(format!("{beginning}{lost}: no run at all ({})", causes(&unseen.failed_without_error)))
}

fn failed_without_trace(counts: &Counts) -> Option<String> {
    let unseen = &counts.unseen;
    (unseen.failed_without_trace > 0).then(|| {
        format!(
            "X-Ray has no trace of {} of {}",
            grouped(unseen.failed_without_trace),
            match unseen.failed {
                1 => "1 failed event".to_owned(),
                n => format!("{} failed events", grouped(n)),
            }
        )
    })
}

fn lost_by_delivery(counts: &Counts) -> Option<String> {
    let lost = counts.lost.by_failed_delivery;
    let metrics = ["dead_letter_queue", "on_failure"]
        .map(|name| counts.routes.iter().any(|route| route.route == name && route.delivery_failed > 0));
    let told_by = match metrics {
        [true, true] => "DeadLetterErrors and DestinationDeliveryFailures alone tell",
        [true, false] => "DeadLetterErrors alone tells",
        [false, _] => "DestinationDeliveryFailures alone tells",
    };
    (lost > 0).then(|| format!("{told_by} that {} lost on the way out", was_lost(lost)))
}

fn was_lost(count: u64) -> String {
    format!("{} {}", events(count), if count == 1 { "was" } else { "were" })
}

fn success_records(counts: &Counts) -> Option<String> {
    let lost = counts.unseen.success_records_lost;
    (lost > 0).then(|| format!("{} succeeded but on_success did not get the record", events(lost)))
}

fn caught(counts: &Counts) -> Option<String> {
    let caught = counts.unseen.caught_errors;
    let succeeded = count_of(&counts.fates, "succeeded");
    (caught > 0).then(|| {
        format!(
            "of {} successes {} {} not: the handler caught the error",
            grouped(succeeded),
            grouped(caught),
            if caught == 1 { "was" } else { "were" }
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DestinationId;
    use crate::observe::summary::{Ending, Summary};
    use crate::observe::test_scenarios::{exceptions, queue};
    use crate::scenario::{FailureKind, Scenario};
    use crate::sink::test_support::{exact, run};

    fn line(scenario: &Scenario) -> Option<String> {
        let mut summary = Summary::new(scenario);
        let at = run(scenario, &mut summary);
        let ending = Ending { end: "drained", at, fingerprint: 0 };
        unseen(&summary.into_report(scenario, ending).counts)
    }

    #[test]
    fn nothing_is_said_where_everything_shows() {
        let mut scenario = exact(&[0, 1_000]);
        scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 1)])];
        scenario.functions[0].maximum_retries = 0;
        assert_eq!(line(&scenario), None, "one failed, counted in Errors, traced");
    }

    #[test]
    fn who_never_ran_is_not_in_errors() {
        let mut scenario = exact(&[0, 1, 2]);
        scenario.functions[0].reserved = Some(0);
        let expected = "Errors stays at 0, yet 3 events failed, all of them lost: no run at all (3 \
                        zero_reserved_concurrency); X-Ray has no trace of 2 of 3 failed events";
        assert_eq!(line(&scenario).as_deref(), Some(expected));
    }

    #[test]
    fn what_a_destination_refused_shows_in_one_metric() {
        let mut scenario = exact(&[0, 1_000]);
        let ship = &mut scenario.functions[0];
        (ship.on_success, ship.dead_letter) = (Some(DestinationId(0)), Some(DestinationId(0)));
        ship.maximum_retries = 0;
        ship.failures = vec![exceptions(1.0, &[(0, 1)])];
        scenario.destinations = vec![queue("full")];
        scenario.destinations[0].max_bytes = 0;
        let expected = "DeadLetterErrors alone tells that 1 event was lost on the way out; 1 event succeeded but \
                        on_success did not get the record";
        assert_eq!(line(&scenario).as_deref(), Some(expected));
    }

    #[test]
    fn a_caught_error_is_a_success_to_lambda() {
        let mut scenario = exact(&[0, 1_000]);
        scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 1)])];
        scenario.functions[0].failures[0].kind = FailureKind::CaughtError;
        let expected = "of 2 successes 1 was not: the handler caught the error";
        assert_eq!(line(&scenario).as_deref(), Some(expected));
    }
}
