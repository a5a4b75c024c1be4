//! Student's t: how wide an interval is, given how many replications it rests on.

use crate::random::math::{atan, normal_quantile};
use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

/// Up to this many degrees of freedom the distribution is summed term by term; beyond, an expansion around the normal
/// law is as exact as a float is.
const SUMMED_TO: u32 = 1_000;

/// The share of intervals that are to contain the true value, strictly between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Confidence(f64);

impl Confidence {
    /// 95 %, which is used unless another is asked for.
    pub const USUAL: Self = Self(0.95);

    /// The confidence `share`; `None` unless it lies from 0.5 to 0.9999.
    pub fn new(share: f64) -> Option<Self> {
        (0.5..=0.9999).contains(&share).then_some(Self(share))
    }

    /// The confidence `share`, whatever it is: of one of several claims that are to be sure together.
    pub(crate) const fn exactly(share: f64) -> Self {
        Self(share)
    }

    /// As a share of one.
    pub const fn share(self) -> f64 {
        self.0
    }
}

/// `95%`.
impl fmt::Display for Confidence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.0 * 100.0);
        write!(out, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// `95%` or `0.95`.
impl FromStr for Confidence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let share = match text.strip_suffix('%') {
            Some(percent) => number(percent).map(|percent| percent / 100.0),
            None => number(text),
        };
        share
            .and_then(Self::new)
            .ok_or_else(|| "write a confidence from 50% to 99.99%, as `95%` or `0.95`".to_owned())
    }
}

/// The t within which a Student variable with `freedom` degrees of freedom lies, in either direction, with probability
/// `confidence`: 2.262 for 95 % and 9 degrees.
///
/// The distribution of a whole number of degrees of freedom is a finite sum (Abramowitz and Stegun, Handbook of
/// Mathematical Functions, 26.7.3 and 26.7.4), which is solved by halving; beyond 1,000 degrees it is 26.7.5.
/// Relative error below 1e-10.
///
/// # Panics
/// Without a degree of freedom.
pub fn t_quantile(confidence: Confidence, freedom: u32) -> f64 {
    assert!(freedom > 0, "one replication has no spread");
    if freedom > SUMMED_TO {
        return expansion(normal_quantile(f64::midpoint(1.0, confidence.share())), f64::from(freedom));
    }
    let (mut low, mut high) = (0.0, 1.0);
    while within(high, freedom) < confidence.share() {
        (low, high) = (high, high * 2.0);
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if within(middle, freedom) < confidence.share() {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// The probability that a Student variable lies within ±`t`.
fn within(t: f64, freedom: u32) -> f64 {
    let n = f64::from(freedom);
    let sine = t / (n + t * t).sqrt();
    let square_of_cosine = n / (n + t * t);
    let odd = freedom % 2 == 1;
    // The terms go 1, 2/3, 2·4/(3·5) … times powers of cos θ if odd, 1, 1/2, 1·3/(2·4) … if even.
    let (mut sum, mut term) = (0.0, if odd { square_of_cosine.sqrt() } else { 1.0 });
    for k in 1..=freedom / 2 {
        sum += term;
        let k = f64::from(2 * k);
        term *= square_of_cosine * if odd { k / (k + 1.0) } else { (k - 1.0) / k };
    }
    if odd { (atan(t / n.sqrt()) + sine * sum) * 2.0 / PI } else { sine * sum }
}

/// t from the normal quantile `x`, in powers of 1/n.
fn expansion(x: f64, n: f64) -> f64 {
    let square = x * x;
    let horner = |coefficients: &[f64]| coefficients.iter().fold(0.0, |sum, c| sum * square + c) * x;
    let first = horner(&[1.0, 1.0]) / 4.0;
    let second = horner(&[5.0, 16.0, 3.0]) / 96.0;
    let third = horner(&[3.0, 19.0, 17.0, -15.0]) / 384.0;
    let fourth = horner(&[79.0, 776.0, 1_482.0, -1_920.0, -945.0]) / 92_160.0;
    x + (first + (second + (third + fourth / n) / n) / n) / n
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values computed to 25 digits from the incomplete beta function, which this code does not use.
    #[test]
    fn quantiles_agree_with_another_formula() {
        let cases = [
            (0.90, 1, 6.313_751_514_675_043),
            (0.90, 30, 1.697_260_886_593_958),
            (0.95, 1, 12.706_204_736_174_7),
            (0.95, 2, 4.302_652_729_749_46),
            (0.95, 3, 3.182_446_305_283_71),
            (0.95, 4, 2.776_445_105_197_79),
            (0.95, 9, 2.262_157_162_798_21),
            (0.95, 10, 2.228_138_851_986_27),
            (0.95, 29, 2.045_229_642_132_7),
            (0.95, 99, 1.984_216_951_586_42),
            (0.95, 1_000, 1.962_339_080_826_41),
            (0.95, 1_001, 1.962_336_705_280_88),
            (0.95, 5_000, 1.960_438_551_706_51),
            (0.99, 2, 9.924_843_200_918_29),
            (0.99, 99, 2.626_405_457_280_83),
            (0.99, 1_001, 2.580_749_768_750_52),
            (0.999, 1, 636.619_248_768_72),
            (0.999, 3, 12.923_978_636_687_5),
            (0.999, 1_001, 3.300_272_876_066_01),
            (0.999, 5_000, 3.292_473_723_370_85),
        ];
        for (share, freedom, expected) in cases {
            let found = t_quantile(Confidence::new(share).unwrap(), freedom);
            assert!((found / expected - 1.0).abs() < 1e-10, "{share} {freedom}: {found}, not {expected}");
        }
    }

    /// Goal: intervals have the same bits on every platform. Method: pinned bits.
    #[test]
    fn quantiles_have_pinned_bits() {
        let found = [1, 2, 9, 99, 1_000, 2_000].map(|n| t_quantile(Confidence::USUAL, n).to_bits());
        assert_eq!(found, PINNED, "{found:#x?}");
    }

    const PINNED: [u64; 6] = [
        0x4029_6993_aacc_4d14,
        0x4011_35ea_98e1_46b9,
        0x4002_18e5_dac5_0b22,
        0x3fff_bf5a_4633_b83f,
        0x3fff_65bd_a9fc_ff0c,
        0x3fff_60df_b049_ed6f,
    ];

    #[test]
    fn a_confidence_is_read_in_two_ways_and_written_in_one() {
        for (text, shown) in [("95%", "95%"), ("0.95", "95%"), ("99.9%", "99.9%"), ("90 %", "90%")] {
            assert_eq!(text.parse::<Confidence>().unwrap().to_string(), shown);
        }
        for text in ["", "95", "1", "0", "-5%", "100%", "NaN", "often"] {
            assert!(text.parse::<Confidence>().is_err(), "{text}");
        }
    }
}
