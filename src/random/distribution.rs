//! Durations as random variables: sampled by inversion from addressed draws, to the nanosecond.

use super::{Draws, math};
use crate::time::SimDuration;
use std::sync::Arc;

/// The law of a duration; all parameters in seconds unless said otherwise. Built by the constructors, which check
/// their parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(SimDuration),
    /// Uniform between two bounds.
    Uniform {
        /// The lower bound.
        min: SimDuration,
        /// The upper bound.
        max: SimDuration,
    },
    /// Exponential.
    Exponential {
        /// The mean; positive.
        mean: f64,
    },
    /// Lognormal: the logarithm of the seconds is normal.
    Lognormal {
        /// The mean of the logarithm.
        mu: f64,
        /// The standard deviation of the logarithm; not negative.
        sigma: f64,
    },
    /// Gamma.
    Gamma {
        /// The shape; positive.
        shape: f64,
        /// The scale; positive.
        scale: f64,
    },
    /// Weibull.
    Weibull {
        /// The shape; positive.
        shape: f64,
        /// The scale; positive.
        scale: f64,
    },
    /// Given by its quantiles, linear between them: pairs of cumulative probability and seconds, both ascending,
    /// from probability 0 to 1.
    Empirical(Arc<[(f64, f64)]>),
    /// One of several laws, chosen by cumulative weight (the last is 1).
    Mixture(Arc<[(f64, Distribution)]>),
}
