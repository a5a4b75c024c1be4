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

/// The complementary error function, for the tails of a lognormal law.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// The gamma function, for the mean of a Weibull law.
pub fn gamma(x: f64) -> f64 {
    libm::tgamma(x)
}

/// The arc tangent, for Student's distribution.
pub fn atan(x: f64) -> f64 {
    libm::atan(x)
}

/// The logarithm to base 10, for chart axes.
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// The logarithm of the gamma function.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The standard normal quantile: the z below which a standard normal variable falls with probability `p`.
///
/// Algorithm AS 241 (PPND16) of M. J. Wichura, Applied Statistics 37(3), 1988,
/// <https://doi.org/10.2307/2347330>; relative accuracy about 1e-16. Defined on (0, 1); one is read as the largest
/// number below it, zero as the smallest draw.
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(r, &CENTRE);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let floor = 1.0 / 18_014_398_509_481_984.0;
    let r = (-ln(if tail < floor { floor } else { tail })).sqrt();
    let z = if r <= 5.0 { ratio(r - 1.6, &SHOULDER) } else { ratio(r - 5.0, &TAIL) };
    if q < 0.0 { -z } else { z }
}

/// Coefficients of a numerator and a denominator, lowest power first.
type Rational = ([f64; 8], [f64; 8]);

fn ratio(r: f64, (numerator, denominator): &Rational) -> f64 {
    let horner = |coefficients: &[f64; 8]| coefficients.iter().rev().fold(0.0, |sum, c| sum * r + c);
    horner(numerator) / horner(denominator)
}

#[expect(clippy::excessive_precision, reason = "as published")]
const CENTRE: Rational = (
    [
        3.387_132_872_796_366_608,
        133.141_667_891_784_377_45,
        1_971.590_950_306_551_442_7,
        13_731.693_765_509_461_125,
        45_921.953_931_549_871_457,
        67_265.770_927_008_700_853,
        33_430.575_583_588_128_105,
        2_509.080_928_730_122_672_7,
    ],
    [
        1.0,
        42.313_330_701_600_911_252,
        687.187_007_492_057_908_3,
        5_394.196_021_424_751_107_7,
        21_213.794_301_586_595_867,
        39_307.895_800_092_710_61,
        28_729.085_735_721_942_674,
        5_226.495_278_852_854_561,
    ],
);

#[expect(clippy::excessive_precision, reason = "as published")]
const SHOULDER: Rational = (
    [
        1.423_437_110_749_683_577_34,
        4.630_337_846_156_545_295_9,
        5.769_497_221_460_691_405_5,
        3.647_848_324_763_204_605_04,
        1.270_458_252_452_368_382_58,
        0.241_780_725_177_450_611_77,
        0.022_723_844_989_269_184_585_6,
        7.745_450_142_783_414_076_4e-4,
    ],
    [
        1.0,
        2.053_191_626_637_758_821_87,
        1.676_384_830_183_803_849_4,
        0.689_767_334_985_100_004_55,
        0.148_103_976_427_480_074_59,
        0.015_198_666_563_616_457_196_6,
        5.475_938_084_995_344_946e-4,
        1.050_750_071_644_416_843_24e-9,
    ],
);

#[expect(clippy::excessive_precision, reason = "as published")]
const TAIL: Rational = (
    [
        6.657_904_643_501_103_777_2,
        5.463_784_911_164_114_369_9,
        1.784_826_539_917_291_335_8,
        0.296_560_571_828_504_891_23,
        0.026_532_189_526_576_123_093,
        0.001_242_660_947_388_078_438_6,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ],
    [
        1.0,
        0.599_832_206_555_887_937_69,
        0.136_929_880_922_735_805_31,
        0.014_875_361_290_850_615_025,
        7.868_691_311_456_132_591e-4,
        1.846_318_317_510_054_681_8e-5,
        1.421_511_758_316_445_888_7e-7,
        2.044_263_103_389_939_785_64e-15,
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    /// Known values of the normal quantile, to twelve digits.
    #[test]
    fn normal_quantiles_agree_with_tables() {
        let cases = [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.99, 2.326_347_874_040_841),
            (0.001, -3.090_232_306_167_813_5),
            (1e-12, -7.034_483_825_474_147),
        ];
        for (p, z) in cases {
            assert!((normal_quantile(p) - z).abs() < 1e-9, "{p}: {}", normal_quantile(p));
        }
        assert!(normal_quantile(1.0).is_finite());
    }

    /// Goal: the bits of our transcendental functions never change unnoticed, on any platform. Method: pinned bits.
    #[test]
    fn transcendental_functions_give_pinned_bits() {
        let cases = [
            (ln(0.3), 0xbff3_4378_fcbd_a721_u64),
            (exp(1.7), 0x4015_e552_770d_f8a6),
            (pow(2.3, 0.37), 0x3ff5_c66a_131b_038f),
            (ln_gamma(3.3), 0x3fef_964f_c1bf_8d41),
            (normal_quantile(0.9), 0x3ff4_813c_36e2_6d33),
        ];
        for (value, bits) in cases {
            assert_eq!(value.to_bits(), bits, "{value:?} has the bits {:#x}", value.to_bits());
        }
    }
}
