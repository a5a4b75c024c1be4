//! When a requirement is decided at one value: the looks at its replications, how much of the doubt each may use up,
//! and the verdict.
//!
//! All verdicts of a search together are to be right with the stated confidence, 1 − α. α is split evenly among the
//! claims that there can be (values × requirements), and each claim's part among its looks, the k-th of which gets
//! 1/(k(k + 1)) of it: that sums up to one however long it goes on, so that a higher limit on replications never
//! changes an earlier verdict. Only one of the two wrong verdicts is possible at a time, so each side gets the whole
//! part.

use crate::expect::{Requirement, compare};
use crate::experiment::{Confidence, Estimate};
use crate::observe::decimal::Decimal;
use crate::rounding::whole;
use crate::scenario::expectation::Relation;
use std::num::NonZeroU32;

/// Replications at the first look: the spread of fewer is too uncertain to decide on.
pub const FIRST_LOOK: u32 = 10;

/// What a number must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) relation: Relation,
    pub(super) bound: Decimal,
    /// A run without a value keeps it.
    pub(super) or_nodata: bool,
}

/// Of what a requirement is a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Of the mean over all runs: decided by its confidence interval.
    InTheMean,
    /// Of runs one by one: broken by a single run that breaks it, met when so many keep it that, with the stated
    /// confidence, the stated share of all runs does.
    InEveryRun,
}

/// Whether a requirement is met at a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is, at the stated confidence.
    Met,
    /// So it looks, but it is not decided.
    SeemsMet,
    /// It looks as if it were not, but that is not decided.
    SeemsNot,
    /// It is not, at the stated confidence.
    NotMet,
}

/// A verdict and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The replications on which it rests, from the first on.
    pub replications: u32,
    /// How many of them break the requirement.
    pub broken: u32,
    /// The mean of the metric over them, with the interval by which requirements of means are decided; `None` if no
    /// replication has a value.
    pub estimate: Option<Estimate>,
    /// About how many replications would decide it, if it is not; `None` if no number would.
    pub wanted: Option<u64>,
}

/// How sure a search has to be, and when it looks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Caution {
    /// The probability with which a single claim may be wrong.
    doubt: f64,
    /// So many runs without a broken one show that the stated share of runs is without.
    unbroken: u32,
    /// How many replications there are at each look.
    looks: Vec<u32>,
}

impl Verdict {
    /// Whether it is final.
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::Met | Self::NotMet)
    }

    /// What it is, or looks like.
    pub const fn seems_met(self) -> bool {
        matches!(self, Self::Met | Self::SeemsMet)
    }

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::SeemsMet => "seems_met",
            Self::SeemsNot => "seems_not_met",
            Self::NotMet => "not_met",
        }
    }

    const fn leaning(met: bool) -> Self {
        if met { Self::SeemsMet } else { Self::SeemsNot }
    }
}

impl Held {
    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InTheMean => "mean",
            Self::InEveryRun => "every_run",
        }
    }
}

impl From<&Requirement> for Rule {
    fn from(requirement: &Requirement) -> Self {
        let Requirement { expectation, threshold, .. } = requirement;
        Self { relation: expectation.relation, bound: *threshold, or_nodata: expectation.or_nodata }
    }
}

impl Rule {
    /// A mean is never known to *equal* something, and a metric, which is never negative, has the mean 0 only if it
    /// is 0 in every run.
    pub(super) const fn held(&self) -> Held {
        match self.relation {
            Relation::Equal | Relation::NotEqual => Held::InEveryRun,
            Relation::AtMost if self.bound.units() == 0 => Held::InEveryRun,
            Relation::AtMost | Relation::Less | Relation::AtLeast | Relation::Greater => Held::InTheMean,
        }
    }

    /// Whether a run with this value keeps it.
    pub(super) fn is_kept(&self, value: Option<Decimal>) -> bool {
        value.map_or(self.or_nodata, |value| self.relation.holds(compare(value, self.bound)))
    }

    fn is_met_by(&self, mean: f64) -> bool {
        mean.partial_cmp(&self.bound.as_f64()).is_some_and(|found| self.relation.holds(found))
    }
}

impl Caution {
    /// Enough for `claims` claims that are all right with probability `confidence`; of a requirement of every run, so
    /// many runs that the share `reliability` of all is known to keep it. There are no more than `most` replications.
    pub(super) fn new(
        confidence: Confidence,
        reliability: Confidence,
        claims: usize,
        most: NonZeroU32,
    ) -> Self {
        let claims = u32::try_from(claims.max(1)).unwrap_or(u32::MAX);
        let doubt = (1.0 - confidence.share()) / f64::from(claims);
        let unbroken = unbroken(reliability.share(), doubt);
        let doubling = std::iter::successors(Some(FIRST_LOOK), |look| look.checked_mul(2));
        let mut looks: Vec<u32> = doubling.take_while(|look| *look < most.get()).collect();
        looks.extend([most.get()].into_iter().chain((unbroken < most.get()).then_some(unbroken)));
        looks.sort_unstable();
        looks.dedup();
        Self { doubt, unbroken, looks }
    }

    /// How many replications there are at each look.
    pub(super) fn looks(&self) -> &[u32] {
        &self.looks
    }

    /// How many unbroken runs it takes.
    pub(super) const fn unbroken(&self) -> u32 {
        self.unbroken
    }

    /// The confidence of the two-sided interval of the k-th look, counted from 1.
    fn at_look(&self, k: u32) -> Confidence {
        Confidence::exactly(1.0 - 2.0 * self.doubt / (f64::from(k) * (f64::from(k) + 1.0)))
    }
}

/// The smallest n with `reliability`ⁿ ≤ `doubt`: of n runs none breaks what more than the share 1 − `reliability` break
/// with no more than that probability (the bound of Clopper and Pearson for none in n).
fn unbroken(reliability: f64, doubt: f64) -> u32 {
    let (mut n, mut probability) = (0, 1.0);
    while probability > doubt {
        (n, probability) = (n + 1, probability * reliability);
    }
    n.max(FIRST_LOOK)
}

/// The verdict on `rule`, given its metric's value in each replication so far, in order. It depends on nothing else,
/// and once it is decided, more replications do not change it.
pub(super) fn judge(rule: &Rule, values: &[Option<Decimal>], caution: &Caution) -> Judgement {
    match rule.held() {
        Held::InEveryRun => in_every_run(rule, values, caution),
        Held::InTheMean => in_the_mean(rule, values, caution),
    }
}

fn in_every_run(rule: &Rule, values: &[Option<Decimal>], caution: &Caution) -> Judgement {
    let n = length(values);
    let broken_at = values.iter().position(|value| !rule.is_kept(*value)).map(|at| length(&values[..at]));
    let (verdict, rests_on) = match broken_at {
        Some(at) => (Verdict::NotMet, (at + 1).max(FIRST_LOOK).min(n)),
        None if n >= caution.unbroken => (Verdict::Met, caution.unbroken),
        None => (Verdict::SeemsMet, n),
    };
    let wanted = (!verdict.is_decided()).then_some(u64::from(caution.unbroken));
    summed_up(rule, &values[..rests_on as usize], caution.at_look(1), verdict, wanted)
}

fn in_the_mean(rule: &Rule, values: &[Option<Decimal>], caution: &Caution) -> Judgement {
    let look = |(k, look): (u32, &u32)| {
        let values = values.get(..*look as usize)?;
        let estimate = Estimate::of(values.iter().copied().flatten(), caution.at_look(k));
        let verdict = verdict_on_mean(rule, values, estimate, caution);
        verdict.is_decided().then(|| summed_up(rule, values, caution.at_look(k), verdict, None))
    };
    if let Some(decided) = (1..).zip(&caution.looks).find_map(look) {
        return decided;
    }
    let k = (1..).zip(&caution.looks).take_while(|(_, look)| **look <= length(values)).count().max(1);
    let confidence = caution.at_look(u32::try_from(k).unwrap_or(u32::MAX));
    let estimate = Estimate::of(values.iter().copied().flatten(), confidence);
    let verdict = verdict_on_mean(rule, values, estimate, caution);
    let verdict = if verdict.is_decided() { Verdict::leaning(verdict.seems_met()) } else { verdict };
    let wanted = estimate.and_then(|estimate| wanted(rule, &estimate, caution));
    summed_up(rule, values, confidence, verdict, wanted)
}

/// What an interval says of the mean. A sample without spread has none: it is then a claim of runs one by one.
fn verdict_on_mean(
    rule: &Rule,
    values: &[Option<Decimal>],
    estimate: Option<Estimate>,
    caution: &Caution,
) -> Verdict {
    if !rule.or_nodata && values.contains(&None) {
        return Verdict::NotMet;
    }
    let met = estimate.map_or(rule.or_nodata, |estimate| rule.is_met_by(estimate.mean));
    match estimate.and_then(|estimate| estimate.interval()) {
        Some((low, high)) if low < high => match (rule.is_met_by(low), rule.is_met_by(high)) {
            (true, true) => Verdict::Met,
            (false, false) => Verdict::NotMet,
            _ => Verdict::leaning(met),
        },
        _ if length(values) < FIRST_LOOK => Verdict::leaning(met),
        _ if met && length(values) >= caution.unbroken => Verdict::Met,
        _ if met => Verdict::SeemsMet,
        _ => Verdict::NotMet,
    }
}

/// About how many replications it takes, if their spread and their mean stay as they are.
fn wanted(rule: &Rule, estimate: &Estimate, caution: &Caution) -> Option<u64> {
    let half = estimate.half_width?;
    if half <= 0.0 {
        return Some(u64::from(caution.unbroken));
    }
    let ratio = half / (estimate.mean - rule.bound.as_f64()).abs();
    let wanted = (f64::from(estimate.n) * ratio * ratio + 0.999).floor();
    (wanted < 1e12).then(|| whole(wanted).max(u64::from(estimate.n) + 1))
}

fn summed_up(
    rule: &Rule,
    values: &[Option<Decimal>],
    confidence: Confidence,
    verdict: Verdict,
    wanted: Option<u64>,
) -> Judgement {
    let broken = values.iter().filter(|value| !rule.is_kept(**value)).count();
    Judgement {
        verdict,
        replications: length(values),
        broken: u32::try_from(broken).expect("no more than there are"),
        estimate: Estimate::of(values.iter().copied().flatten(), confidence),
        wanted,
    }
}

fn length<T>(values: &[T]) -> u32 {
    u32::try_from(values.len()).expect("replications have numbers of 32 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(relation: Relation, bound: u128) -> Rule {
        Rule { relation, bound: Decimal::new(bound, 0), or_nodata: false }
    }

    fn caution(claims: usize, most: u32) -> Caution {
        let share = Confidence::new(0.95).unwrap();
        Caution::new(share, share, claims, NonZeroU32::new(most).unwrap())
    }

    /// `values` over and over again, `n` in all.
    fn cycle(values: &[u128], n: usize) -> Vec<Option<Decimal>> {
        values.iter().cycle().take(n).map(|value| Some(Decimal::new(*value, 0))).collect()
    }

    #[test]
    fn looks_double_and_end_at_the_limit() {
        assert_eq!(caution(1, 1_000).looks(), [10, 20, 40, 59, 80, 160, 320, 640, 1_000]);
        assert_eq!(caution(1, 45).looks(), [10, 20, 40, 45]);
        assert_eq!(caution(1, 1).looks(), [1]);
    }

    /// The rule of three, exactly: 59 runs without a failure show 95 % at 95 % (0.95⁵⁹ = 0.0485).
    #[test]
    fn so_many_unbroken_runs_show_a_share() {
        let share = |share| Confidence::new(share).unwrap();
        let most = NonZeroU32::MIN;
        assert_eq!(caution(1, 1_000).unbroken(), 59);
        assert_eq!(Caution::new(share(0.95), share(0.99), 1, most).unbroken(), 299);
        assert_eq!(caution(100, 1_000).unbroken(), 149, "0.95^149 = 0.00048");
        assert_eq!(Caution::new(share(0.5), share(0.5), 1, most).unbroken(), FIRST_LOOK);
    }

    #[test]
    fn the_doubt_of_all_looks_adds_up_to_that_of_the_claim() {
        let caution = caution(20, 1_000);
        let spent: f64 = (1..10_000).map(|k| (1.0 - caution.at_look(k).share()) / 2.0).sum();
        assert!((0.99..=1.0).contains(&(spent / (0.05 / 20.0))), "{spent}");
    }

    #[test]
    fn one_broken_run_breaks_what_every_run_is_to_keep() {
        let (none, caution) = (rule(Relation::Equal, 0), caution(1, 1_000));
        let mut values = cycle(&[0], 58);
        let judged = judge(&none, &values, &caution);
        assert_eq!((judged.verdict, judged.wanted), (Verdict::SeemsMet, Some(59)));
        values.extend(cycle(&[0], 1));
        assert_eq!(judge(&none, &values, &caution).verdict, Verdict::Met);
        values[57] = Some(Decimal::new(3, 0));
        let judged = judge(&none, &values, &caution);
        assert_eq!((judged.verdict, judged.replications, judged.broken), (Verdict::NotMet, 58, 1));
    }

    #[test]
    fn nothing_at_most_is_a_requirement_of_every_run() {
        let cases = [
            (Relation::Equal, 5, Held::InEveryRun),
            (Relation::NotEqual, 5, Held::InEveryRun),
            (Relation::AtMost, 0, Held::InEveryRun),
            (Relation::AtMost, 1, Held::InTheMean),
            (Relation::Less, 1, Held::InTheMean),
            (Relation::AtLeast, 0, Held::InTheMean),
            (Relation::Greater, 0, Held::InTheMean),
        ];
        for (relation, bound, held) in cases {
            assert_eq!(rule(relation, bound).held(), held, "{relation:?} {bound}");
        }
    }

    #[test]
    fn a_mean_is_decided_by_its_interval() {
        let caution = caution(1, 1_000);
        let verdict =
            |relation, bound, n| judge(&rule(relation, bound), &cycle(&[90, 110], n), &caution).verdict;
        // The interval of ten values is 100 ± 24, as t is 6.8 at 99.992 %… of the first look: 100 ± 8.
        let cases = [
            (Relation::Less, 120, 10, Verdict::Met),
            (Relation::Less, 80, 10, Verdict::NotMet),
            (Relation::Less, 102, 10, Verdict::SeemsMet),
            (Relation::Less, 98, 10, Verdict::SeemsNot),
            (Relation::AtLeast, 80, 10, Verdict::Met),
            (Relation::AtLeast, 120, 10, Verdict::NotMet),
            (Relation::Greater, 98, 10, Verdict::SeemsMet),
            (Relation::Less, 102, 640, Verdict::Met),
            (Relation::Less, 98, 640, Verdict::NotMet),
        ];
        for (relation, bound, n, expected) in cases {
            assert_eq!(verdict(relation, bound, n), expected, "{relation:?} {bound} of {n}");
        }
    }

    /// Goal: a verdict is taken at the look at which it can be taken, and stays.
    #[test]
    fn more_replications_never_change_a_verdict() {
        let (less, caution) = (rule(Relation::Less, 102), caution(1, 10_000));
        let decided = judge(&less, &cycle(&[90, 110], 640), &caution);
        assert_eq!(decided.verdict, Verdict::Met);
        // From there on everything is against it.
        let mut values = cycle(&[90, 110], 640);
        values.extend(cycle(&[900], 5_000));
        assert_eq!(judge(&less, &values, &caution), decided);
        // Nor does a higher limit.
        let far = Caution { looks: caution.looks.iter().copied().chain([20_000]).collect(), ..caution };
        assert_eq!(judge(&less, &values, &far), decided);
    }

    /// Goal: no interval is made of a sample without spread, whose width would be zero.
    #[test]
    fn a_sample_without_spread_is_judged_run_by_run() {
        let caution = caution(1, 1_000);
        let less = rule(Relation::Less, 1);
        let verdict = |n| judge(&less, &cycle(&[0], n), &caution).verdict;
        assert_eq!([10, 58, 59].map(verdict), [Verdict::SeemsMet, Verdict::SeemsMet, Verdict::Met]);
        assert_eq!(judge(&less, &cycle(&[7], 10), &caution).verdict, Verdict::NotMet);
        assert_eq!(judge(&less, &cycle(&[7], 9), &caution).verdict, Verdict::SeemsNot);
    }

    #[test]
    fn nothing_measured_is_not_met_unless_it_may_be() {
        let caution = caution(1, 1_000);
        let mut values = cycle(&[90, 110], 10);
        values[4] = None;
        for relation in [Relation::Less, Relation::NotEqual] {
            let strict = rule(relation, 500);
            assert_eq!(judge(&strict, &values, &caution).verdict, Verdict::NotMet);
            let lenient = Rule { or_nodata: true, ..strict };
            assert!(judge(&lenient, &values, &caution).verdict.seems_met());
        }
        let lenient = Rule { or_nodata: true, ..rule(Relation::Less, 500) };
        let judged = judge(&lenient, &[None; 59], &caution);
        assert_eq!((judged.verdict, judged.estimate), (Verdict::Met, None));
    }

    #[test]
    fn how_many_more_would_decide_is_told() {
        let judged = judge(&rule(Relation::Less, 101), &cycle(&[90, 110], 10), &caution(1, 10));
        let wanted = judged.wanted.unwrap();
        assert!((300..2_000).contains(&wanted), "{wanted}");
        let never = judge(&rule(Relation::Less, 100), &cycle(&[90, 110], 10), &caution(1, 10));
        assert_eq!(never.wanted, None, "the mean is the bound");
    }
}
