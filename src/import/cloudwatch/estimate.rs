//! Small estimates from sums and percentiles of periods. Everything here is plain arithmetic on numbers that were
//! measured; what it assumes stands with each function.

/// The larger of two numbers; of zeros whichever.
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// The smaller of two numbers; of zeros whichever.
pub(super) fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Runs and failed runs of a period, and when it began, in seconds since the first one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tally {
    pub(super) at: i64,
    pub(super) runs: f64,
    pub(super) errors: f64,
}

/// How probable it is that a run fails: at all times, and in windows in which it was far more.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ErrorRates {
    pub(super) base: f64,
    /// First and last period of each window, and the probability within.
    pub(super) windows: Vec<(i64, i64, f64)>,
}

/// Rounds of looking for windows; each takes those of the one before out of the base.
const ROUNDS: usize = 8;
/// The most windows that are kept: a scenario takes 256 causes.
const MOST_WINDOWS: usize = 200;

/// Splits periods into usual ones and windows with far more errors: by more than 4 standard deviations of a binomial
/// count, and by more than 2 errors.
pub(super) fn error_rates(tallies: &[Tally], period: i64) -> ErrorRates {
    let mut unusual = vec![false; tallies.len()];
    let mut base = 0.0;
    for _ in 0..ROUNDS {
        base = pooled(tallies.iter().zip(&unusual).filter(|(_, unusual)| !**unusual).map(|(tally, _)| tally));
        let is_unusual = |tally: &Tally| {
            let expected = tally.runs * base;
            tally.errors > expected + 4.0 * (expected * (1.0 - base)).sqrt() + 2.0
        };
        let now: Vec<bool> = tallies.iter().map(is_unusual).collect();
        if now == unusual {
            break;
        }
        unusual = now;
    }
    let mut windows: Vec<Vec<&Tally>> = Vec::new();
    for (tally, _) in tallies.iter().zip(&unusual).filter(|(_, unusual)| **unusual) {
        match windows.last_mut() {
            Some(window) if window.last().is_some_and(|last| last.at + period == tally.at) => {
                window.push(tally);
            }
            _ => windows.push(vec![tally]),
        }
    }
    let ends =
        |window: &Vec<&Tally>| Some((window.first()?.at, window.last()?.at, pooled(window.iter().copied())));
    let mut windows: Vec<_> = windows.iter().filter_map(ends).collect();
    windows.truncate(MOST_WINDOWS);
    ErrorRates { base, windows }
}

fn pooled<'t>(tallies: impl Iterator<Item = &'t Tally>) -> f64 {
    let (runs, errors) =
        tallies.fold((0.0, 0.0), |(runs, errors), tally| (runs + tally.runs, errors + tally.errors));
    if runs > 0.0 { smaller(errors / runs, 1.0) } else { 0.0 }
}

/// How probable it must be that a second cause strikes, so that it and an independent `base` make `total`.
pub(super) fn beside(base: f64, total: f64) -> f64 {
    if base < 1.0 { ((total - base) / (1.0 - base)).clamp(0.0, 1.0) } else { 0.0 }
}

/// Events that always fail, and how probable it is that a run of another event fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Poison {
    pub(super) share: f64,
    pub(super) run: f64,
}

/// Which share of events always fails, if more events were dropped than independent failures explain.
///
/// Of `events` each is run up to three times. A poison event fails each time; a run of another fails with a
/// probability p: errors are 3q + (1 - q)(p + p² + p³) an event, dropped events q + (1 - q)p³. `None` if independent
/// failures explain what was dropped.
pub(super) fn poison(events: f64, errors: f64, dropped: f64) -> Option<Poison> {
    if events <= 0.0 || errors <= 0.0 || dropped < 3.0 {
        return None;
    }
    let alone = failing_run(errors / events);
    let explained = events * cube(alone);
    if dropped <= explained + 4.0 * explained.sqrt() + 2.0 {
        return None;
    }
    let (mut share, mut run) = (smaller(dropped / events, 1.0), 0.0);
    for _ in 0..50 {
        let left = (errors / events - 3.0 * share) / larger(1.0 - share, f64::EPSILON);
        run = failing_run(larger(left, 0.0));
        share = beside(cube(run), dropped / events);
    }
    Some(Poison { share, run })
}

fn cube(x: f64) -> f64 {
    x * x * x
}

/// The p with p + p² + p³ errors an event, by bisection.
fn failing_run(errors: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if middle + middle * middle + cube(middle) < errors {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The quantiles of a period, ascending in both, from probability 0 to 1, and its weight.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quantiles {
    pub(super) points: Vec<(f64, f64)>,
    pub(super) weight: f64,
}

/// The probabilities at which a mixture is written down.
const PROBABILITIES: [f64; 17] =
    [0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 1.0];

/// The quantiles of all periods together: of the mixture of their distributions, each linear between its points.
pub(super) fn mixture(periods: &[Quantiles]) -> Vec<(f64, f64)> {
    let all: f64 = periods.iter().map(|period| period.weight).sum();
    let lowest = periods.iter().filter_map(|period| period.points.first()).map(|point| point.1);
    let highest = periods.iter().filter_map(|period| period.points.last()).map(|point| point.1);
    let (Some(lowest), Some(highest)) = (lowest.reduce(smaller), highest.reduce(larger)) else {
        return Vec::new();
    };
    let below = |x: f64| {
        periods.iter().map(|period| period.weight * share_below(&period.points, x)).sum::<f64>() / all
    };
    let quantile = |p: f64| {
        let (mut low, mut high) = (lowest, highest);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if below(middle) < p {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    };
    let value = |p: f64| {
        if p <= 0.0 {
            lowest
        } else if p >= 1.0 {
            highest
        } else {
            quantile(p)
        }
    };
    PROBABILITIES.iter().map(|p| (*p, value(*p))).collect()
}

/// The same periods with a point in the middle of each step above the median, so placed that the mean of all is
/// `wanted`: durations lie more densely at the lower end of a step, and a straight line makes them too long.
pub(super) fn bent(periods: &[Quantiles], wanted: f64) -> Vec<Quantiles> {
    let bend = |at: f64| -> Vec<Quantiles> {
        let period =
            |period: &Quantiles| Quantiles { points: bend_points(&period.points, at), ..period.clone() };
        periods.iter().map(period).collect()
    };
    let all: f64 = periods.iter().map(|period| period.weight).sum();
    let mean_of = |periods: &[Quantiles]| {
        periods.iter().map(|period| period.weight * mean(&period.points)).sum::<f64>() / all
    };
    let (mut low, mut high) = (0.0, 0.5);
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        if mean_of(&bend(middle)) < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    bend(0.5 * (low + high))
}

fn bend_points(points: &[(f64, f64)], at: f64) -> Vec<(f64, f64)> {
    let mut bent = Vec::new();
    for two in points.windows(2) {
        let [(p0, x0), (p1, x1)] = [two[0], two[1]];
        bent.push((p0, x0));
        if p0 >= 0.5 {
            bent.push((0.5 * (p0 + p1), x0 + at * (x1 - x0)));
        }
    }
    bent.extend(points.last());
    bent
}

/// Which share lies below `x`.
fn share_below(points: &[(f64, f64)], x: f64) -> f64 {
    let above = points.partition_point(|(_, value)| *value <= x);
    match (above.checked_sub(1).and_then(|at| points.get(at)), points.get(above)) {
        (None, _) => 0.0,
        (Some(_), None) => 1.0,
        (Some((p0, x0)), Some((p1, x1))) => p0 + (p1 - p0) * (x - x0) / (x1 - x0),
    }
}

/// The mean of what lies linearly between quantiles.
pub(super) fn mean(quantiles: &[(f64, f64)]) -> f64 {
    let area = |two: &[(f64, f64)]| (two[1].0 - two[0].0) * 0.5 * (two[0].1 + two[1].1);
    quantiles.windows(2).map(area).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, by: f64) {
        assert!((a - b).abs() <= by, "{a} is not within {by} of {b}");
    }

    #[test]
    fn windows_with_far_more_errors_are_told_apart() {
        let tally = |n: i64, errors| Tally { at: n * 60, runs: 100.0, errors };
        let mut tallies: Vec<Tally> = (0..60).map(|n| tally(n, 2.0)).collect();
        assert_eq!(error_rates(&tallies, 60), ErrorRates { base: 0.02, windows: Vec::new() });
        tallies[10..15].iter_mut().for_each(|tally| tally.errors = 90.0);
        tallies[40].errors = 50.0;
        let rates = error_rates(&tallies, 60);
        near(rates.base, 0.02, 1e-12);
        assert_eq!(rates.windows, [(600, 840, 0.9), (2_400, 2_400, 0.5)]);
        near(beside(0.02, 0.9), 0.88 / 0.98, 1e-12);
    }

    #[test]
    fn poison_is_found_where_independent_failures_do_not_explain_what_was_dropped() {
        // 1 % poison, and 5 % of the other runs fail.
        let (q, p) = (0.01, 0.05);
        let events = 100_000.0;
        let errors = events * (3.0 * q + (1.0 - q) * (p + p * p + cube(p)));
        let dropped = events * (q + (1.0 - q) * cube(p));
        let found = poison(events, errors, dropped).expect("poison");
        near(found.share, q, 1e-6);
        near(found.run, p, 1e-6);
        let independent = events * (p + p * p + cube(p));
        assert_eq!(poison(events, independent, events * cube(p)), None);
        assert_eq!(poison(0.0, 0.0, 0.0), None);
    }

    #[test]
    fn a_mixture_has_the_quantiles_of_all_periods_together() {
        let uniform = |from: f64, to: f64, weight| Quantiles { points: vec![(0.0, from), (1.0, to)], weight };
        let one = mixture(&[uniform(0.0, 100.0, 5.0)]);
        for (p, x) in &one {
            near(*x, 100.0 * p, 1e-6);
        }
        // Three in four from 0 to 1, one in four from 10 to 11.
        let two = mixture(&[uniform(0.0, 1.0, 3.0), uniform(10.0, 11.0, 1.0)]);
        near(two.iter().find(|(p, _)| *p >= 0.3).expect("0.3").1, 0.4, 1e-6);
        near(two.iter().find(|(p, _)| *p >= 0.9).expect("0.9").1, 10.6, 1e-6);
        near(mean(&one), 50.0, 1e-6);
        let skewed =
            [Quantiles { points: vec![(0.0, 0.0), (0.5, 1.0), (0.99, 5.0), (1.0, 20.0)], weight: 7.0 }];
        near(mean(&bent(&skewed, 1.4)[0].points), 1.4, 1e-6);
        // A mean that no bending reaches is approached.
        near(mean(&bent(&skewed, 9.0)[0].points), mean(&skewed[0].points), 1e-6);
        assert!(mixture(&[]).is_empty());
    }
}
