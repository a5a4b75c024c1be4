//! The replications behind a search: each value keeps what was run of it, and more is run when more must be known.
//!
//! Replication *i* has the same draws at every value (common random numbers). Runs go on in parallel and are taken in
//! the order of their numbers, so that nothing depends on the number of threads.

use super::decide::{Caution, FIRST_LOOK, Held, Judgement, Rule, Verdict, judge};
use super::search;
use crate::experiment::in_order;
use crate::observe::decimal::Decimal;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// What is searched: a system at each position of the range.
pub(super) trait System: Sync {
    /// The system at a position, ready to be run.
    type Point: Sync;
    /// Why there is none.
    type Error;

    fn point(&self, at: usize) -> Result<Self::Point, Self::Error>;

    /// The values of a replication's metrics, those of the rules first and in their order; `None` if it was stopped.
    fn run(&self, point: &Self::Point, replication: u32) -> Option<Vec<Option<Decimal>>>;

    /// What is going to be done next.
    fn tell(&self, at: usize, replications: u32);
}

/// Why a search ended early.
#[derive(Debug)]
pub(super) enum Halt<E> {
    /// Its supervisor stopped it.
    Stopped,
    /// A position has no system.
    Failed(E),
}

/// The replications of each position that was looked at.
pub(super) struct Bench<'a, S: System> {
    system: &'a S,
    rules: &'a [Rule],
    caution: &'a Caution,
    threads: NonZeroUsize,
    known: BTreeMap<usize, Known<S::Point>>,
}

struct Known<P> {
    point: P,
    /// By replication, then by metric.
    runs: Vec<Vec<Option<Decimal>>>,
    /// What they say of each rule.
    judgements: Vec<Judgement>,
}

impl<'a, S: System> Bench<'a, S> {
    pub(super) fn new(system: &'a S, rules: &'a [Rule], caution: &'a Caution, threads: NonZeroUsize) -> Self {
        Self { system, rules, caution, threads, known: BTreeMap::new() }
    }

    /// The positions that were looked at, in order.
    pub(super) fn probed(&self) -> impl Iterator<Item = usize> {
        self.known.keys().copied()
    }

    /// How many replications of `at` there are.
    pub(super) fn replications(&self, at: usize) -> u32 {
        self.known.get(&at).map_or(0, |known| count(&known.runs))
    }

    /// The values of a metric at `at`, by replication.
    pub(super) fn values(&self, at: usize, metric: usize) -> Vec<Option<Decimal>> {
        let runs = self.known.get(&at).map_or(&[][..], |known| &known.runs);
        runs.iter().map(|run| run[metric]).collect()
    }

    /// How each rule does at `at`, as far as that is known.
    pub(super) fn judgements(&self, at: usize) -> &[Judgement] {
        self.known.get(&at).map_or(&[], |known| &known.judgements)
    }

    fn verdicts(&self, at: usize) -> Vec<Verdict> {
        self.judgements(at).iter().map(|judgement| judgement.verdict).collect()
    }

    /// Runs replications of `at` until there are `to`; no more than the first look once a run breaks a rule `among`
    /// that every run is to keep.
    fn replicate(&mut self, at: usize, to: u32, among: &[usize]) -> Result<(), Halt<S::Error>> {
        if !self.known.contains_key(&at) {
            let point = self.system.point(at).map_err(Halt::Failed)?;
            self.known.insert(at, Known { point, runs: Vec::new(), judgements: Vec::new() });
        }
        let Self { system, rules, caution, threads, known } = self;
        let Known { point, runs, judgements } = known.get_mut(&at).expect("it was put there");
        if count(runs) >= to {
            return Ok(());
        }
        system.tell(at, to);
        let of_every_run: Vec<usize> =
            among.iter().copied().filter(|rule| rules[*rule].held() == Held::InEveryRun).collect();
        let mut is_enough = false;
        let work =
            |number: usize| system.run(point, u32::try_from(number).expect("as many as the plan says"));
        in_order(runs.len()..to as usize, *threads, work, |_, run| {
            let breaks = |rule: &usize| !rules[*rule].is_kept(run[*rule]);
            is_enough |= of_every_run.iter().any(breaks);
            runs.push(run);
            if is_enough && count(runs) >= FIRST_LOOK {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let judged =
            |(metric, rule)| judge(rule, &runs.iter().map(|run| run[metric]).collect::<Vec<_>>(), caution);
        *judgements = rules.iter().enumerate().map(judged).collect();
        if count(runs) >= to || (is_enough && count(runs) >= FIRST_LOOK) {
            Ok(())
        } else {
            Err(Halt::Stopped)
        }
    }
}

fn count<T>(runs: &[T]) -> u32 {
    u32::try_from(runs.len()).expect("replications have numbers of 32 bits")
}

impl<S: System> search::Bench for Bench<'_, S> {
    type Error = Halt<S::Error>;

    fn glance(&mut self, at: usize) -> Result<Vec<Verdict>, Halt<S::Error>> {
        self.replicate(at, self.caution.looks()[0], &[])?;
        Ok(self.verdicts(at))
    }

    fn decide(&mut self, at: usize, among: &[usize]) -> Result<Vec<Verdict>, Halt<S::Error>> {
        let caution = self.caution;
        for look in caution.looks() {
            self.replicate(at, *look, among)?;
            let verdicts = self.verdicts(at);
            let met = |rule: &usize| verdicts[*rule] == Verdict::Met;
            if among.iter().all(met) || among.iter().any(|rule| verdicts[*rule] == Verdict::NotMet) {
                break;
            }
        }
        Ok(self.verdicts(at))
    }
}

#[cfg(test)]
mod tests {
    use super::super::search::{Outcome, search};
    use super::*;
    use crate::experiment::Confidence;
    use crate::scenario::expectation::Relation;
    use std::num::NonZeroU32;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A system of which the n-th run at position x gives 10,000 − 100·x and noise, of which half is common to all
    /// positions; and rare losses that more of x prevents.
    struct Noisy {
        seed: u64,
        deviation: f64,
        runs: AtomicU32,
        stop_after: u32,
    }

    impl Noisy {
        fn new(seed: u64, deviation: f64) -> Self {
            Self { seed, deviation, runs: AtomicU32::new(0), stop_after: u32::MAX }
        }

        /// A uniform number that follows from the seed and `address`.
        fn uniform(&self, address: u64) -> f64 {
            let mut bits = self.seed ^ address.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            for _ in 0..3 {
                bits = (bits ^ (bits >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            }
            (f64::from(u32::try_from(bits >> 32).unwrap()) + 0.5) / 4_294_967_296.0
        }

        /// Of mean 0 and deviation 1, and nearly normal: the sum of four uniform numbers.
        fn noise(&self, address: u64) -> f64 {
            ((1..=4).map(|n| self.uniform(address ^ (n << 60))).sum::<f64>() - 2.0) * 3.0_f64.sqrt()
        }
    }

    impl System for Noisy {
        type Point = u32;
        type Error = ();

        fn point(&self, at: usize) -> Result<u32, ()> {
            u32::try_from(at).map_err(|_| ())
        }

        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small positive numbers")]
        fn run(&self, at: &u32, replication: u32) -> Option<Vec<Option<Decimal>>> {
            if self.runs.fetch_add(1, Ordering::Relaxed) >= self.stop_after {
                return None;
            }
            let common = self.noise(u64::from(replication));
            let own = self.noise(u64::from(replication) | ((u64::from(*at) + 1) << 32));
            let noise = self.deviation * (common + own) / 2.0_f64.sqrt();
            let value = 100_000.0 - 100.0 * f64::from(*at) + noise;
            // At position x the share 30/(30 + x²) of runs loses something; from 200 on, none does.
            let share = if *at < 200 { 30.0 / (30.0 + f64::from(*at) * f64::from(*at)) } else { 0.0 };
            let lost = self.uniform(u64::from(replication) ^ 0xffff_0000) < share;
            Some(vec![
                Some(Decimal::new((value * 100.0) as u128, 2)),
                Some(Decimal::new(u128::from(lost), 0)),
            ])
        }

        fn tell(&self, _: usize, _: u32) {}
    }

    fn mean_below(bound: u128) -> Rule {
        Rule { relation: Relation::Less, bound: Decimal::new(bound, 0), or_nodata: false }
    }

    fn caution(claims: usize, most: u32) -> Caution {
        Caution::new(Confidence::USUAL, Confidence::USUAL, claims, NonZeroU32::new(most).unwrap())
    }

    /// Goal: the answer is right in at least 95 of 100 searches. Method: 100 noisy systems of which the answer is
    /// known, with a spread of one and a half steps; the bound lies half a step from the two nearest means.
    #[test]
    fn the_answer_is_right_as_often_as_is_said() {
        let rules = [mean_below(99_950 - 4_700)];
        let caution = caution(search::most_probes(200), 5_000);
        let (mut right, mut wrong) = (0, 0);
        for seed in 0..100 {
            let noisy = Noisy::new(seed, 150.0);
            let mut bench = Bench::new(&noisy, &rules, &caution, NonZeroUsize::MIN);
            match search(200, None, &mut bench).unwrap().outcome {
                Outcome::At(48) => right += 1,
                Outcome::At(_) | Outcome::Nowhere(_) => wrong += 1,
                Outcome::Between(not_met, met) => {
                    assert!(not_met.is_none_or(|at| at < 48) && met.is_none_or(|at| at >= 48), "{seed}");
                }
            }
        }
        assert!(wrong <= 5 && right >= 90, "{right} right, {wrong} wrong");
    }

    /// Goal: of what every run is to keep, at least the stated share of runs does. Method: the share is known, so the
    /// answer may not lie where more than 5 % of runs lose.
    #[test]
    fn rare_losses_are_as_rare_as_is_said() {
        let none = Rule { relation: Relation::Equal, bound: Decimal::new(0, 0), or_nodata: false };
        let rules = [mean_below(200_000), none];
        let caution = caution(2 * search::most_probes(2_000), 1_000);
        let most_common = (0..100).filter(|seed| {
            let noisy = Noisy::new(*seed, 1.0);
            let mut bench = Bench::new(&noisy, &rules, &caution, NonZeroUsize::MIN);
            let found = search(2_000, None, &mut bench).unwrap();
            let Outcome::At(at) = found.outcome else { panic!("{seed}: {found:?}") };
            at * at < 570
        });
        let wrong = most_common.count();
        assert!(wrong <= 5, "{wrong}");
    }

    #[test]
    fn nothing_depends_on_the_number_of_threads() {
        let rules = [mean_below(95_020), Rule { relation: Relation::Equal, ..mean_below(0) }];
        let caution = caution(100, 640);
        let all = [1, 2, 5].map(|threads| {
            let noisy = Noisy::new(7, 300.0);
            let mut bench = Bench::new(&noisy, &rules, &caution, NonZeroUsize::new(threads).unwrap());
            let found = search(100, None, &mut bench).unwrap();
            let probed: Vec<_> = bench.probed().map(|at| (at, bench.judgements(at).to_vec())).collect();
            (found, probed.iter().map(|(at, _)| bench.replications(*at)).collect::<Vec<_>>(), probed)
        });
        assert!(all[0] == all[1] && all[1] == all[2]);
    }

    #[test]
    fn what_was_found_before_a_stop_is_kept() {
        let noisy = Noisy { stop_after: 25, ..Noisy::new(7, 300.0) };
        let (rules, caution) = ([mean_below(95_020)], caution(100, 640));
        let mut bench = Bench::new(&noisy, &rules, &caution, NonZeroUsize::MIN);
        assert!(matches!(search(100, None, &mut bench), Err(Halt::Stopped)));
        assert_eq!(bench.probed().map(|at| bench.replications(at)).collect::<Vec<_>>(), [10, 10, 5]);
    }
}
