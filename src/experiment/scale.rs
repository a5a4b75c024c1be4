//! Means for people: in the unit that is read best, with the places that their uncertainty leaves.

use super::estimate::Estimate;
use crate::text::number::with_commas;

/// In what unit values of a metric are shown.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    divisor: f64,
    suffix: &'static str,
    prefix: &'static str,
}

impl Scale {
    /// The way in which values in `unit` around `typical` are read best.
    pub fn of(unit: &str, typical: f64) -> Self {
        let plain = |divisor, suffix| Self { divisor, suffix, prefix: "" };
        match unit {
            "Nanoseconds" if typical.abs() < 1e9 => plain(1e6, " ms"),
            "Nanoseconds" => plain(1e9, " s"),
            "Milliseconds" => plain(1e3, " s"),
            "USD" => Self { divisor: 1.0, suffix: "", prefix: "$" },
            "Percent" => plain(1.0, "%"),
            _ => plain(1.0, ""),
        }
    }

    /// `7.10 ± 0.25 s`
    pub fn with_margin(self, estimate: &Estimate) -> String {
        let mean = self.number(estimate.mean, estimate.half_width);
        match estimate.half_width {
            Some(half) if half > 0.0 => {
                let half = self.number(half, Some(half));
                format!("{} ± {half}", mean.strip_suffix(self.suffix).unwrap_or(&mean))
            }
            _ => mean,
        }
    }

    /// `value` in this unit, with as many places as two digits of `half`, the uncertainty, need.
    pub fn number(self, value: f64, half: Option<f64>) -> String {
        let value = value / self.divisor;
        let digits = match half.map(|half| half / self.divisor) {
            Some(half) if half > 0.0 => places(half, 2),
            _ => places(value.abs(), 4).min(if value.abs() - value.abs().floor() > 0.0 { 12 } else { 0 }),
        };
        let sign = if value < 0.0 { "-" } else { "" };
        format!("{sign}{}{}{}", self.prefix, with_commas(&format!("{:.digits$}", value.abs())), self.suffix)
    }
}

/// How many places it takes to show `digits` significant digits of `value`.
pub(super) fn places(value: f64, digits: usize) -> usize {
    let mut places = digits - 1;
    let mut scaled = value;
    while scaled >= 10.0 && places > 0 {
        (scaled, places) = (scaled / 10.0, places - 1);
    }
    while scaled < 1.0 && scaled > 0.0 && places < 12 {
        (scaled, places) = (scaled * 10.0, places + 1);
    }
    places
}
