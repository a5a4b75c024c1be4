//! The only door to transcendental functions: pure-Rust `libm`, pinned, the same bits on every platform.
//!
//! The standard library's `ln`, `exp` and `powf` have "unspecified precision" that varies by platform and Rust
//! version; rounding to nanoseconds hides the difference in all but a few draws of a million, so that a test on
//! rounded output would pass for months and then break on another machine. `clippy.toml` bans them by name.

/// The natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// e to the power of `x`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `x` to the power of `y`.
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// The gamma function, for the mean of a Weibull law.
pub fn gamma(x: f64) -> f64 {
    libm::tgamma(x)
}

/// The logarithm to base 10, for chart axes.
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}
