//! Where in a range the requirements begin to be met: by bisection, and without trusting that they are monotone.
//!
//! ```text
//! ends and quartiles ──glance──> which requirements want more, which want less
//! bisection          ──glance──> a guess
//! from the guess on  ──decide──> the smallest value that is shown to do, the largest below it that is shown not to
//! ```
//!
//! A glance is one look at a value, to know where to go; only decided verdicts make an answer. Values are positions in
//! the range; "more" is towards its end.

use super::decide::Verdict;

/// Something that tells how each requirement does at a position.
pub(super) trait Bench {
    /// Why it cannot.
    type Error;

    /// After the first look.
    fn glance(&mut self, at: usize) -> Result<Vec<Verdict>, Self::Error>;

    /// As far as is needed to know whether all requirements `among` are met there, or can be afforded.
    fn decide(&mut self, at: usize, among: &[usize]) -> Result<Vec<Verdict>, Self::Error>;
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) outcome: Outcome,
    /// The requirements that are met at a low position and not at a high one.
    pub(super) falling: Vec<usize>,
    /// Requirements that seem to be met in the middle of the range and at neither end, and a position in the middle.
    pub(super) humped: Vec<(usize, usize)>,
}

/// The smallest position at which all requirements are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// This one; the one below it is shown not to do, or there is none.
    At(usize),
    /// Above the first, up to the second, as far as they are known: what lies between is undecided.
    Between(Option<usize>, Option<usize>),
    /// There is none.
    Nowhere(Why),
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The requirements that want more are not met where they are met best.
    NeverMet(usize),
    /// Those that want more are met from the first on, those that want less up to the second only, or nowhere.
    Conflict(usize, Option<usize>),
}

/// The smallest of `positions` positions at which all requirements are met, looked for near `hint` first.
pub(super) fn search<B: Bench>(
    positions: usize,
    hint: Option<usize>,
    bench: &mut B,
) -> Result<Found, B::Error> {
    let samples = samples(positions);
    let seen = samples.iter().map(|at| bench.glance(*at)).collect::<Result<Vec<_>, _>>()?;
    let humped = humped(&samples, &seen);
    let top = if humped.is_empty() { samples.len() - 1 } else { best(&seen) };
    let of_all = 0..seen[0].len();
    let (falling, rising): (Vec<usize>, Vec<usize>) =
        of_all.partition(|rule| seen[0][*rule].seems_met() && !seen[top][*rule].seems_met());
    let seems_met = |verdicts: &Vec<Verdict>| rising.iter().all(|rule| verdicts[*rule].seems_met());
    let first = seen[..=top].iter().position(seems_met);
    let bracket = first.map(|at| (at.checked_sub(1).map(|before| samples[before]), samples[at]));
    let outcome = Search { rising, falling: &falling, top: samples[top], bench }.run(bracket, hint)?;
    Ok(Found { outcome, falling, humped })
}

struct Search<'a, B> {
    rising: Vec<usize>,
    falling: &'a [usize],
    top: usize,
    bench: &'a mut B,
}

impl<B: Bench> Search<'_, B> {
    /// Between the positions of `bracket` the requirements that want more begin to seem met: behind the first, at the
    /// latest at the second.
    fn run(
        &mut self,
        bracket: Option<(Option<usize>, usize)>,
        hint: Option<usize>,
    ) -> Result<Outcome, B::Error> {
        let top = self.top;
        let guess = match (bracket, hint) {
            (None, _) => None,
            (Some((low, high)), Some(hint)) if low.is_none_or(|low| low < hint) && hint <= high => {
                gallop(hint, high, |at| self.seems_met(at))?
            }
            (Some((low, high)), _) => Some(bisect(low, high, |at| self.seems_met(at))?),
        };
        let Some(met) = gallop(guess.unwrap_or(top), top, |at| self.all(at, Verdict::Met))? else {
            if self.none_is_left(top)? {
                return Ok(Outcome::Nowhere(Why::NeverMet(top)));
            }
            return Ok(Outcome::Between(self.last_not_met(top)?, None));
        };
        let not_met = if met == 0 { None } else { self.last_not_met(met - 1)? };
        let is_sharp = not_met.map_or(0, |at| at + 1) == met;
        let falling = self.falling_at(met)?;
        if falling.contains(&Verdict::NotMet) {
            // Below there may be room yet, if it is not decided where the others begin to be met.
            let lowest = not_met.map_or(0, |at| at + 1);
            if is_sharp || self.falling_at(lowest)?.contains(&Verdict::NotMet) {
                let lasts = gallop(0, met, |at| self.falling_seem_met(met - at))?;
                return Ok(Outcome::Nowhere(Why::Conflict(met, lasts.map(|at| met - at))));
            }
            return Ok(Outcome::Between(not_met, None));
        }
        Ok(match falling.iter().all(|verdict| *verdict == Verdict::Met) {
            true if is_sharp => Outcome::At(met),
            true => Outcome::Between(not_met, Some(met)),
            false => Outcome::Between(not_met, None),
        })
    }

    fn falling_seem_met(&mut self, at: usize) -> Result<bool, B::Error> {
        let verdicts = self.bench.glance(at)?;
        Ok(self.falling.iter().all(|rule| verdicts[*rule].seems_met()))
    }

    /// Whether all requirements that want more seem to be met.
    fn seems_met(&mut self, at: usize) -> Result<bool, B::Error> {
        let verdicts = self.bench.glance(at)?;
        Ok(self.rising.iter().all(|rule| verdicts[*rule].seems_met()))
    }

    fn all(&mut self, at: usize, verdict: Verdict) -> Result<bool, B::Error> {
        let verdicts = self.bench.decide(at, &self.rising)?;
        Ok(self.rising.iter().all(|rule| verdicts[*rule] == verdict))
    }

    /// Whether a requirement that wants more is shown not to be met.
    fn none_is_left(&mut self, at: usize) -> Result<bool, B::Error> {
        let verdicts = self.bench.decide(at, &self.rising)?;
        Ok(self.rising.iter().any(|rule| verdicts[*rule] == Verdict::NotMet))
    }

    /// The largest position up to `from` at which a requirement that wants more is shown not to be met.
    fn last_not_met(&mut self, from: usize) -> Result<Option<usize>, B::Error> {
        let mirrored = gallop(0, from, |at| self.none_is_left(from - at))?;
        Ok(mirrored.map(|at| from - at))
    }

    fn falling_at(&mut self, at: usize) -> Result<Vec<Verdict>, B::Error> {
        let verdicts = self.bench.decide(at, self.falling)?;
        Ok(self.falling.iter().map(|rule| verdicts[*rule]).collect())
    }
}

/// How many positions a search over `positions` can look at: the ends and quartiles, a bisection, three searches with
/// growing steps and a bisection each, and the checks afterwards.
pub(super) fn most_probes(positions: usize) -> usize {
    let halvings = positions.next_power_of_two().trailing_zeros() as usize + 1;
    positions.min(5 + halvings + 3 * 2 * halvings + CHECKS)
}

/// How many positions [`checks`] names at most.
const CHECKS: usize = 6;

/// Where else to look once the answer is known: its neighbours, and the middles of what lies below and above.
pub(super) fn checks(positions: usize, answer: usize) -> Vec<usize> {
    let above = [answer + 1, answer + 2, answer.midpoint(positions - 1)];
    let below = [answer.checked_sub(1), answer.checked_sub(2), Some(answer / 2)];
    let mut all: Vec<usize> =
        above.into_iter().chain(below.into_iter().flatten()).filter(|at| *at < positions).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The ends and quartiles of a range.
fn samples(positions: usize) -> Vec<usize> {
    let last = positions - 1;
    let mut all: Vec<usize> = (0..=4).map(|quarter| last / 4 * quarter + last % 4 * quarter / 4).collect();
    all.dedup();
    all
}

/// The requirements that seem to be met at a sample between the ends, and at neither end; and the sample.
fn humped(samples: &[usize], seen: &[Vec<Verdict>]) -> Vec<(usize, usize)> {
    let (first, last) = (&seen[0], &seen[seen.len() - 1]);
    let hump = |rule: usize| {
        let at = seen.iter().position(|verdicts| verdicts[rule].seems_met())?;
        let at_an_end = first[rule].seems_met() || last[rule].seems_met();
        (!at_an_end).then(|| (rule, samples[at]))
    };
    (0..first.len()).filter_map(hump).collect()
}

/// The last of the samples at which most requirements seem to be met.
fn best(seen: &[Vec<Verdict>]) -> usize {
    let met = |verdicts: &[Verdict]| verdicts.iter().filter(|verdict| verdict.seems_met()).count();
    (0..seen.len()).max_by_key(|at| met(&seen[*at])).expect("there is a sample")
}

/// The smallest position at which `holds`, given that it does at `high` and not at `low`, nor below.
pub(super) fn bisect<E>(
    low: Option<usize>,
    high: usize,
    mut holds: impl FnMut(usize) -> Result<bool, E>,
) -> Result<usize, E> {
    let (mut open, mut high) = (low.map_or(0, |low| low + 1), high);
    while open < high {
        let middle = open.midpoint(high);
        if holds(middle)? {
            high = middle;
        } else {
            open = middle + 1;
        }
    }
    Ok(high)
}

/// The smallest position up to `last` at which `holds`, looked for from `start` on in steps that double.
fn gallop<E>(
    start: usize,
    last: usize,
    mut holds: impl FnMut(usize) -> Result<bool, E>,
) -> Result<Option<usize>, E> {
    let mut step = 1;
    if holds(start)? {
        let mut high = start;
        while high > 0 {
            let below = high.saturating_sub(step);
            if !holds(below)? {
                return bisect(Some(below), high, holds).map(Some);
            }
            (high, step) = (below, step * 2);
        }
        return Ok(Some(0));
    }
    let mut low = start;
    while low < last {
        let above = (low + step).min(last);
        if holds(above)? {
            return bisect(Some(low), above, holds).map(Some);
        }
        (low, step) = (above, step * 2);
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::convert::Infallible;

    /// Positions at which a requirement is shown to be met, and shown not to be; elsewhere it is undecided and seems to
    /// be met.
    type Known = (fn(usize) -> bool, fn(usize) -> bool);

    struct Table {
        rules: Vec<Known>,
        /// Whether glances decide.
        sharp: bool,
        probed: BTreeSet<usize>,
    }

    impl Table {
        fn at(&mut self, at: usize, sharp: bool) -> Vec<Verdict> {
            self.probed.insert(at);
            let verdict = |(met, not): &Known| match (met(at), not(at)) {
                (true, _) if sharp => Verdict::Met,
                (_, true) if sharp => Verdict::NotMet,
                (_, true) => Verdict::SeemsNot,
                _ => Verdict::SeemsMet,
            };
            self.rules.iter().map(verdict).collect()
        }
    }

    impl Bench for Table {
        type Error = Infallible;

        fn glance(&mut self, at: usize) -> Result<Vec<Verdict>, Infallible> {
            let sharp = self.sharp;
            Ok(self.at(at, sharp))
        }

        fn decide(&mut self, at: usize, _: &[usize]) -> Result<Vec<Verdict>, Infallible> {
            Ok(self.at(at, true))
        }
    }

    fn found(positions: usize, rules: &[Known]) -> (Found, usize) {
        let mut all = Vec::new();
        for hint in [None, Some(0), Some(positions / 3), Some(positions - 1)] {
            for sharp in [true, false] {
                let mut table = Table { rules: rules.to_vec(), sharp, probed: BTreeSet::new() };
                let Ok(found) = search(positions, hint, &mut table);
                assert!(table.probed.len() <= most_probes(positions), "{hint:?}: {:?}", table.probed);
                all.push((found, table.probed.len()));
            }
        }
        for (other, _) in &all {
            assert_eq!(other.outcome, all[0].0.outcome, "neither hint nor sharpness changes the outcome");
        }
        all.remove(0)
    }

    #[test]
    fn a_monotone_requirement_has_a_smallest_position() {
        struct From(usize);
        impl Bench for From {
            type Error = Infallible;
            fn glance(&mut self, at: usize) -> Result<Vec<Verdict>, Infallible> {
                Ok(vec![if at >= self.0 { Verdict::Met } else { Verdict::NotMet }])
            }
            fn decide(&mut self, at: usize, _: &[usize]) -> Result<Vec<Verdict>, Infallible> {
                self.glance(at)
            }
        }
        for positions in [1, 2, 3, 5, 17, 1_000] {
            for answer in (0..positions).step_by(positions / 40 + 1) {
                let Ok(found) = search(positions, None, &mut From(answer));
                assert_eq!(found.outcome, Outcome::At(answer), "{positions}");
                assert!(found.falling.is_empty() && found.humped.is_empty());
            }
        }
    }

    #[test]
    fn a_thousand_positions_take_few_probes() {
        let (_, probes) = found(1_000, &[(|at| at >= 87, |at| at < 87)]);
        assert!(probes <= 18, "{probes}");
    }

    #[test]
    fn the_outcome_follows_from_what_can_be_shown() {
        let more: Known = (|at| at >= 30, |at| at < 30);
        let still_more: Known = (|at| at >= 60, |at| at < 60);
        let less: Known = (|at| at <= 50, |at| at > 50);
        let cases: [(&[Known], Outcome); 10] = [
            (&[more], Outcome::At(30)),
            (&[more, less], Outcome::At(30)),
            (&[still_more, more], Outcome::At(60)),
            (&[less], Outcome::At(0)),
            (&[still_more, less], Outcome::Nowhere(Why::Conflict(60, Some(50)))),
            (&[(|_| false, |_| true)], Outcome::Nowhere(Why::NeverMet(99))),
            (&[(|_| true, |_| false)], Outcome::At(0)),
            // 28 and 29 cannot be told.
            (&[(|at| at >= 30, |at| at < 28)], Outcome::Between(Some(27), Some(30))),
            (&[(|_| false, |at| at < 28)], Outcome::Between(Some(27), None)),
            (&[(|_| false, |_| false)], Outcome::Between(None, None)),
        ];
        for (rules, expected) in cases {
            assert_eq!(found(100, rules).0.outcome, expected, "{rules:?}");
        }
    }

    #[test]
    fn an_undecided_requirement_that_wants_less_leaves_it_open() {
        let more: Known = (|at| at >= 30, |at| at < 30);
        let less: Known = (|at| at <= 20, |at| at > 40);
        assert_eq!(found(100, &[more, less]).0.outcome, Outcome::Between(Some(29), None));
        // It is not decided where the first begins to be met, and at 28 the second might hold.
        let more: Known = (|at| at >= 50, |at| at < 28);
        assert_eq!(found(100, &[more, less]).0.outcome, Outcome::Between(Some(27), None));
    }

    #[test]
    fn the_directions_are_found_at_the_ends() {
        let (found, _) = found(100, &[(|at| at >= 30, |at| at < 30), (|at| at <= 50, |at| at > 50)]);
        assert_eq!(found.falling, [1]);
    }

    /// Goal: what is met in the middle alone is found, and told.
    #[test]
    fn a_hump_is_found_and_told() {
        let (found, _) = found(101, &[(|at| (40..60).contains(&at), |at| !(40..60).contains(&at))]);
        assert_eq!(found.outcome, Outcome::At(40));
        assert_eq!(found.humped, [(0, 50)]);
    }

    /// Goal: what is met at the beginning is not overlooked because it is not met later.
    #[test]
    fn a_gap_does_not_hide_what_lies_before_it() {
        let (found, _) = found(101, &[(|at| !(40..60).contains(&at), |at| (40..60).contains(&at))]);
        assert_eq!((found.outcome, found.humped), (Outcome::At(0), vec![]));
    }

    #[test]
    fn checks_lie_around_the_answer_and_within_the_range() {
        assert_eq!(checks(1_000, 87), [43, 85, 86, 88, 89, 543]);
        assert_eq!(checks(1, 0), [0]);
        assert_eq!(checks(3, 0), [0, 1, 2]);
        assert!((1..50).all(|n| (0..n).all(|at| checks(n, at).len() <= CHECKS)));
    }
}
