//! Where the warm-up ends: MSER-5.
//!
//! A scenario that is to show a steady state starts empty, and what it shows at first is not typical. MSER-5 (White,
//! Cobb and Spratt, A comparison of five steady-state truncation heuristics for simulation, WSC 2000) cuts off what
//! makes the mean of the rest least certain: of batch means of five observations it deletes the first d, where d
//! makes the variance of the rest divided by its length smallest. The last tenth is never all that is left: a few
//! batches are alike by chance. A cut in the second half means that the run is too short to tell.

use crate::time::{SimDuration, SimTime};

/// Observations in a batch.
const BATCH: usize = 5;
/// Fewer batches say nothing about where to cut.
const FEWEST_BATCHES: usize = 20;
/// Fewer batches are never all that is left.
const FEWEST_LEFT: usize = 10;

/// Where MSER-5 cuts a series of equal steps; `None` if the series is too short, or if the cut lies in its second half.
///
/// The steps are areas, summed over replications; only their proportions matter.
pub fn mser5(step: SimDuration, areas: &[u128]) -> Option<SimTime> {
    let batches: Vec<f64> = areas.chunks_exact(BATCH).map(|batch| as_float(batch.iter().sum())).collect();
    if batches.len() < FEWEST_BATCHES {
        return None;
    }
    let cut = best_cut(&batches);
    (cut <= batches.len() / 2).then(|| SimTime::ZERO + step.saturating_mul((cut * BATCH) as u64))
}

/// The d up to nine tenths of the batches for which the variance of those from d on, divided by their number, is
/// smallest; the first of several.
fn best_cut(batches: &[f64]) -> usize {
    // From the back, mean and squares can be kept up one batch at a time (Welford).
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    for (d, value) in batches.iter().enumerate().rev() {
        n += 1.0;
        let from_mean = value - mean;
        mean += from_mean / n;
        squares += from_mean * (value - mean);
        let score = squares / (n * n);
        if d <= batches.len() - FEWEST_LEFT.max(batches.len() / 10) && score <= best.0 {
            best = (score, d);
        }
    }
    best.1
}

#[expect(clippy::cast_precision_loss, reason = "only proportions matter")]
const fn as_float(value: u128) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: SimDuration = SimDuration::from_secs(1);

    /// A deterministic ripple around a level.
    fn ripple(at: u128) -> u128 {
        (at * 7_919) % 101
    }

    #[test]
    fn a_ramp_is_cut_off_and_a_steady_series_kept() {
        let steady: Vec<u128> = (0..1_000).map(|at| 10_000 + ripple(at)).collect();
        assert!(mser5(STEP, &steady).unwrap() <= SimTime::from_secs(50));
        let ramp: Vec<u128> = (0..1_000).map(|at| 10_000.min(at * 100) + ripple(at)).collect();
        let cut = mser5(STEP, &ramp).unwrap();
        assert!((SimTime::from_secs(95)..=SimTime::from_secs(150)).contains(&cut), "{cut}");
    }

    #[test]
    fn what_never_settles_and_what_is_short_has_no_warm_up() {
        let growing: Vec<u128> = (0..1_000).map(|at| at * at).collect();
        assert_eq!(mser5(STEP, &growing), None);
        let jump: Vec<u128> = (0..1_000).map(|at| if at < 700 { 10 } else { 1_000 } + ripple(at)).collect();
        assert_eq!(mser5(STEP, &jump), None);
        assert_eq!(mser5(STEP, &[1; 99]), None);
        assert_eq!(mser5(STEP, &[1; 100]), Some(SimTime::ZERO));
    }
}
