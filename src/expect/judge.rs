//! Verdicts: whether what was found fulfils a requirement, and how sure that is.

use super::requirement::Requirement;
use super::value::compare;
use crate::experiment::{Confidence, Estimate};
use crate::observe::decimal::Decimal;
use crate::rounding::whole;
use crate::scenario::expectation::Relation;

/// More replications than this tell nobody anything.
const MOST_MORE: f64 = 1e9;

/// Whether a requirement is fulfilled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Pass,
    /// It is not.
    Fail,
    /// The replications cannot tell.
    Undecided,
}

impl Verdict {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undecided => "undecided",
        }
    }
}

/// A verdict and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// What one run gave; of replications the first.
    pub found: Option<Decimal>,
    /// What replications say, where there were several.
    pub spread: Option<Spread>,
    /// Runs without a sample.
    pub without_samples: u32,
    /// How many more replications would decide, about; `None` where the verdict is known or none would.
    pub more: Option<u64>,
}

/// What replications say about a requirement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The mean with its interval.
    pub estimate: Estimate,
    /// The confidence of the interval.
    pub confidence: Confidence,
    /// Replications that do not fulfil it, each for itself.
    pub violated_in: u32,
}

/// The verdict on one run that `found` this; no sample fulfils nothing, unless the expectation says so.
pub fn judge(requirement: &Requirement, found: Option<Decimal>) -> Judgement {
    let holds = found.map_or(requirement.expectation.or_nodata, |found| requirement.holds(found));
    Judgement {
        verdict: if holds { Verdict::Pass } else { Verdict::Fail },
        found,
        spread: None,
        without_samples: u32::from(found.is_none()),
        more: None,
    }
}

/// The verdict on replications: passed or failed where the whole interval of the mean says so.
///
/// `==` and `!=` are about every replication: one that differs decides. A replication without a sample fails, unless
/// the expectation says otherwise; then it is left out.
///
/// # Panics
/// Without replications.
pub fn judge_replications(
    requirement: &Requirement,
    answers: &[Option<Decimal>],
    confidence: Confidence,
) -> Judgement {
    if let [found] = answers {
        return judge(requirement, *found);
    }
    let found = answers.first().expect("there are replications");
    let violated = answers.iter().flatten().filter(|answer| !requirement.holds(**answer)).count();
    let without_samples = answers.iter().filter(|answer| answer.is_none()).count();
    let estimate = Estimate::of(answers.iter().flatten().copied(), confidence);
    let spread = estimate.map(|estimate| Spread { estimate, confidence, violated_in: count(violated) });
    let (verdict, more) = match &spread {
        _ if without_samples > 0 && !requirement.expectation.or_nodata => (Verdict::Fail, None),
        None => (Verdict::Pass, None),
        Some(spread) => requirement.by_interval(spread),
    };
    Judgement { verdict, found: *found, spread, without_samples: count(without_samples), more }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).expect("replications are numbered in 32 bits")
}

impl Requirement {
    /// Whether one number fulfils it.
    pub fn holds(&self, found: Decimal) -> bool {
        self.expectation.relation.holds(compare(found, self.threshold))
    }

    fn by_interval(&self, spread: &Spread) -> (Verdict, Option<u64>) {
        let all_alike = spread.estimate.half_width.is_none_or(|half| half <= 0.0);
        let relation = self.expectation.relation;
        if all_alike || matches!(relation, Relation::Equal | Relation::NotEqual) {
            let verdict = if spread.violated_in == 0 { Verdict::Pass } else { Verdict::Fail };
            return (verdict, None);
        }
        let (Some((low, high)), threshold) = (spread.estimate.interval(), self.threshold.as_f64()) else {
            unreachable!("replications that differ have an interval")
        };
        let ends =
            [low, high].map(|end| end.partial_cmp(&threshold).is_some_and(|found| relation.holds(found)));
        match ends {
            [true, true] => (Verdict::Pass, None),
            [false, false] => (Verdict::Fail, None),
            _ => (Verdict::Undecided, more(&spread.estimate, threshold)),
        }
    }
}

/// About how many more replications make the interval so narrow that the threshold lies outside, if mean and spread
/// stay as they are.
fn more(estimate: &Estimate, threshold: f64) -> Option<u64> {
    let distance = (estimate.mean - threshold).abs();
    let ratio = estimate.half_width? / distance;
    let more = f64::from(estimate.n) * (ratio * ratio - 1.0);
    (distance > 0.0 && more < MOST_MORE).then(|| whole(more) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::Requirements;
    use crate::observe::test_scenarios::busy;
    use crate::scenario::Expectation;

    fn requirement(text: &str) -> Requirement {
        Requirements::of(&busy(), &[Expectation::parse(text).unwrap()]).unwrap().all.remove(0)
    }

    fn numbers(values: &[i64]) -> Vec<Option<Decimal>> {
        let number = |value: &i64| u128::try_from(*value).ok().map(|value| Decimal::new(value, 0));
        values.iter().map(number).collect()
    }

    #[test]
    fn one_run_passes_or_fails() {
        let cases = [
            ("lost.Sum == 0", Some(0), Verdict::Pass),
            ("lost.Sum == 0", Some(1), Verdict::Fail),
            ("lost.Sum != 0", Some(1), Verdict::Pass),
            ("lost.Sum < 2", Some(2), Verdict::Fail),
            ("lost.Sum <= 2", Some(2), Verdict::Pass),
            ("lost.Sum > 2", Some(2), Verdict::Fail),
            ("lost.Sum >= 2", Some(2), Verdict::Pass),
            ("AsyncEventAge.p99 < 1s", None, Verdict::Fail),
            ("AsyncEventAge.p99 < 1s or nodata", None, Verdict::Pass),
        ];
        for (text, found, verdict) in cases {
            let found = found.map(|found| Decimal::new(found, 0));
            assert_eq!(judge(&requirement(text), found).verdict, verdict, "{text} {found:?}");
        }
    }

    #[test]
    fn replications_pass_fail_or_are_undecided_by_the_interval() {
        // Mean 10, half-width 2.484 at 95 % for 8 10 12 (t = 4.303).
        let cases: [(&str, &[i64], Verdict, Option<u64>); 13] = [
            ("lost.Sum < 20", &[8, 10, 12], Verdict::Pass, None),
            ("lost.Sum < 5", &[8, 10, 12], Verdict::Fail, None),
            ("lost.Sum < 12", &[8, 10, 12], Verdict::Undecided, Some(16)),
            ("lost.Sum >= 9", &[8, 10, 12], Verdict::Undecided, Some(72)),
            ("lost.Sum < 10", &[8, 10, 12], Verdict::Undecided, None),
            ("lost.Sum == 10", &[8, 10, 12], Verdict::Fail, None),
            ("lost.Sum != 9", &[8, 10, 12], Verdict::Pass, None),
            ("lost.Sum == 0", &[0, 0, 0], Verdict::Pass, None),
            ("lost.Sum <= 10", &[10, 10, 10], Verdict::Pass, None),
            ("lost.Sum < 10", &[10, 10, 10], Verdict::Fail, None),
            ("lost.Sum < 20", &[8, -1, 12], Verdict::Fail, None),
            ("lost.Sum < 90 or nodata", &[8, -1, 12], Verdict::Pass, None),
            ("lost.Sum < 90 or nodata", &[-1, -1], Verdict::Pass, None),
        ];
        for (text, values, verdict, more) in cases {
            let found = judge_replications(&requirement(text), &numbers(values), Confidence::USUAL);
            assert_eq!((found.verdict, found.more), (verdict, more), "{text} {values:?}: {found:?}");
        }
    }

    #[test]
    fn one_replication_is_one_run() {
        let found = judge_replications(&requirement("lost.Sum < 3"), &numbers(&[2]), Confidence::USUAL);
        assert_eq!((found.verdict, found.spread), (Verdict::Pass, None));
    }
}
