//! What a planner asks of a scenario in which something goes wrong for a while, answered in one sentence.

use crate::observe::recovery::Outcome;
use crate::observe::trouble::Trouble;
use crate::scenario::Scenario;
use crate::text::number::{duration, grouped};
use crate::time::SimTime;

/// The answers, each as text: a run has numbers, replications have means with what they are uncertain by.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The most events that waited.
    pub peak_waiting: String,
    /// The highest age at an attempt; `None` without an attempt.
    pub oldest: Option<String>,
    /// When the first event was lost; `None` if none was.
    pub first_loss: Option<String>,
    /// How many were lost.
    pub lost: String,
    /// When the backlog was back, as the end of a sentence.
    pub drained: String,
}

/// `After a 20-minute outage of orders-db at 300/s with reserved concurrency 50: …`; `None` if nothing goes wrong in a
/// window.
pub fn sentence(scenario: &Scenario, answers: &Answers) -> Option<String> {
    let trouble = Trouble::of(scenario)?;
    let mut parts = vec![format!("peak waiting {}", answers.peak_waiting)];
    parts.extend(answers.oldest.iter().map(|oldest| format!("oldest event {oldest}")));
    parts.extend(answers.first_loss.iter().map(|first| format!("first loss at {first}")));
    parts.push(format!("lost {}", answers.lost));
    parts.push(answers.drained.clone());
    Some(format!("{}: {}.", head(scenario, &trouble), parts.join(", ")))
}

/// What happens, and to what.
fn head(scenario: &Scenario, trouble: &Trouble) -> String {
    let events = scenario.expected_between(trouble.from, trouble.until);
    let rate = rate(events / trouble.length().as_secs_f64());
    format!("After {} at {rate}{}", trouble.name(), concurrency(scenario))
}

/// Of a function that has its own, or of the account if nobody has.
fn concurrency(scenario: &Scenario) -> String {
    match scenario.functions.as_slice() {
        [only] => match only.reserved {
            Some(reserved) => format!(" with reserved concurrency {}", grouped(reserved.into())),
            None => format!(" with account concurrency {}", grouped(scenario.account.concurrency.into())),
        },
        _ => String::new(),
    }
}

/// `300/s`; what comes more rarely, by the minute or the hour.
fn rate(per_second: f64) -> String {
    let (rate, unit) = match per_second {
        rate if rate >= 1.0 => (rate, "s"),
        rate if rate * 60.0 >= 1.0 => (rate * 60.0, "min"),
        rate => (rate * 3_600.0, "h"),
    };
    let text = format!("{rate:.2}");
    format!("{}/{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// When the backlog of a run was back.
pub fn drained(outcome: Outcome) -> String {
    match outcome {
        Outcome::Recovered(time) => format!("drained {} after its end", duration(time.as_nanos())),
        Outcome::NotRecovered => "not drained while events arrived".to_owned(),
        Outcome::NothingToRecoverFrom => "with no calm minute before it to drain to".to_owned(),
    }
}

/// A point of time, to the second.
pub fn second(nanos: u64) -> String {
    let text = SimTime::from_nanos(nanos).to_string();
    text.split('.').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_said_in_the_unit_that_fits() {
        let cases = [
            (300.0, "300/s"),
            (1.5, "1.5/s"),
            (0.5, "30/min"),
            (0.001, "3.6/h"),
            (0.0, "0/h"),
            (99.999, "100/s"),
        ];
        for (per_second, expected) in cases {
            assert_eq!(rate(per_second), expected);
        }
    }
}
