//! Laws of durations: the parameters of each law from the figures that people know.

use super::Lowering;
use super::fields::Fields;
use crate::random::distribution::Distribution;
use crate::random::math;
use crate::scenario::shape::Resolved;
use crate::time::SimDuration;

impl<'a> Lowering<'a> {
    pub(super) fn law(&mut self, choice: &Fields<'a, '_>) -> Option<Distribution> {
        let (key, fields) = choice.variant()?;
        match key {
            "constant" => Some(Distribution::Constant(fields.value.duration()?)),
            "uniform" => self.uniform(&fields),
            "exponential" => Some(Distribution::Exponential { mean: seconds(&fields, "mean")? }),
            "lognormal" => self.lognormal(&fields),
            "gamma" => {
                let shape = fields.real("shape")?;
                Some(Distribution::Gamma { shape, scale: seconds(&fields, "mean")? / shape })
            }
            "weibull" => self.weibull(&fields),
            "empirical" => self.empirical(&fields),
            _ => self.mixture(&fields),
        }
    }

    fn uniform(&mut self, fields: &Fields<'a, '_>) -> Option<Distribution> {
        let (min, max) = (fields.duration("min")?, fields.duration("max")?);
        if min > max {
            self.error(&fields.at("max"), format!("{max} is less than `min` = {min}"), "exchange them");
            return None;
        }
        Some(Distribution::Uniform { min, max })
    }

    fn lognormal(&mut self, fields: &Fields<'a, '_>) -> Option<Distribution> {
        let figures = ["median", "mean", "p99", "sigma"].map(|key| fields.has(key));
        match figures {
            [true, false, true, false] => {
                let (median, p99) = (seconds(fields, "median")?, seconds(fields, "p99")?);
                let sigma = (math::ln(p99) - math::ln(median)) / Z99;
                self.lognormal_of(fields, math::ln(median), sigma, "p99 must not be below the median")
            }
            [false, true, true, false] => {
                let (mean, p99) = (seconds(fields, "mean")?, seconds(fields, "p99")?);
                let sigma = sigma_from_mean(math::ln(p99) - math::ln(mean));
                let rule = "p99 must lie between the mean and 14.9 times the mean";
                self.lognormal_of(fields, math::ln(mean) - sigma * sigma / 2.0, sigma, rule)
            }
            [true, false, false, true] => {
                let mu = math::ln(seconds(fields, "median")?);
                Some(Distribution::Lognormal { mu, sigma: fields.real("sigma")? })
            }
            [false, true, false, true] => {
                let sigma = fields.real("sigma")?;
                Some(Distribution::Lognormal {
                    mu: math::ln(seconds(fields, "mean")?) - sigma * sigma / 2.0,
                    sigma,
                })
            }
            _ => {
                let hint = "write e.g. `{ \"median\": \"400ms\", \"p99\": \"3s\" }`";
                self.error(
                    &fields.path(),
                    "one of `median` and `mean` and one of `p99` and `sigma` are needed",
                    hint,
                );
                None
            }
        }
    }

    fn lognormal_of(
        &mut self,
        fields: &Fields<'a, '_>,
        mu: f64,
        sigma: f64,
        rule: &str,
    ) -> Option<Distribution> {
        if sigma >= 0.0 {
            return Some(Distribution::Lognormal { mu, sigma });
        }
        self.error(
            &fields.at("p99"),
            format!("no lognormal law has these figures: {rule}"),
            "correct one of them",
        );
        None
    }

    fn weibull(&mut self, fields: &Fields<'a, '_>) -> Option<Distribution> {
        let shape = fields.real("shape")?;
        let scale = match ["scale", "mean", "median"].map(|key| fields.has(key)) {
            [true, false, false] => seconds(fields, "scale")?,
            [false, true, false] => seconds(fields, "mean")? / math::gamma(1.0 + 1.0 / shape),
            [false, false, true] => {
                seconds(fields, "median")? / math::pow(std::f64::consts::LN_2, 1.0 / shape)
            }
            _ => {
                let hint = "write e.g. `{ \"scale\": \"1s\", \"shape\": 0.8 }`";
                self.error(&fields.path(), "exactly one of `scale`, `mean` and `median` is needed", hint);
                return None;
            }
        };
        if scale.is_finite() && scale > 0.0 {
            return Some(Distribution::Weibull { shape, scale });
        }
        self.error(&fields.at("shape"), "this shape is too extreme for that figure", "give `scale` instead");
        None
    }

    fn empirical(&mut self, fields: &Fields<'a, '_>) -> Option<Distribution> {
        match (fields.has("quantiles"), fields.has("samples")) {
            (true, false) => self.quantiles(fields),
            (false, true) => {
                let mut samples = fields.list_of("samples", Resolved::duration)?;
                samples.sort_unstable();
                Some(Distribution::Empirical(spread_evenly(&samples).into()))
            }
            _ => {
                self.error(
                    &fields.path(),
                    "exactly one of `quantiles` and `samples` is needed",
                    "keep one of them",
                );
                None
            }
        }
    }

    fn quantiles(&mut self, fields: &Fields<'a, '_>) -> Option<Distribution> {
        let pair = |pair: &Resolved<'_>| match pair.elements()? {
            [probability, duration] => Some((probability.real()?, duration.duration()?.as_secs_f64())),
            _ => None,
        };
        let pairs = fields.list_of("quantiles", pair)?;
        let path = fields.at("quantiles");
        let ends = (pairs.first()?.0, pairs.last()?.0);
        if ends.0 > 0.0 || ends.1 < 1.0 {
            self.error(
                &path,
                "the first probability must be 0 and the last 1",
                "add the shortest as `[0, …]` and the longest as `[1, …]`",
            );
            return None;
        }
        if let Some(at) = pairs.windows(2).position(|two| two[0].0 >= two[1].0 || two[0].1 > two[1].1) {
            let message = "probabilities must ascend, and durations must not descend";
            self.error(&format!("{path}[{}]", at + 1), message, "put the pairs in order");
            return None;
        }
        Some(Distribution::Empirical(pairs.into()))
    }

    fn mixture(&mut self, fields: &Fields<'a, '_>) -> Option<Distribution> {
        let parts = fields.list();
        let laws: Vec<_> = parts.iter().map(|part| self.law(&part.record("of"))).collect();
        let laws: Vec<Distribution> = laws.into_iter().collect::<Option<_>>()?;
        let weights: Vec<f64> = parts.iter().map(|part| part.real("weight")).collect::<Option<_>>()?;
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = weights
            .iter()
            .map(|weight| {
                sum += weight;
                sum / total
            })
            .collect();
        // Rounding must not leave a gap below one.
        *cumulative.last_mut()? = 1.0;
        Some(Distribution::Mixture(cumulative.into_iter().zip(laws).collect()))
    }
}

/// The quantile of the standard normal law at 0.99.
const Z99: f64 = 2.326_347_874_040_841;

/// The smaller sigma for which the logarithm of p99 / mean is `log_ratio`, a root of
/// `sigma² / 2 - z sigma + log_ratio`; NaN if there is none.
fn sigma_from_mean(log_ratio: f64) -> f64 {
    if log_ratio < 0.0 { f64::NAN } else { Z99 - (Z99 * Z99 - 2.0 * log_ratio).sqrt() }
}

/// Sorted samples as quantiles at equal steps of probability.
#[expect(clippy::cast_precision_loss, reason = "far fewer samples than 2^53")]
fn spread_evenly(sorted: &[SimDuration]) -> Vec<(f64, f64)> {
    if let [only] = sorted {
        return vec![(0.0, only.as_secs_f64()), (1.0, only.as_secs_f64())];
    }
    let steps = (sorted.len() - 1) as f64;
    sorted.iter().enumerate().map(|(at, sample)| (at as f64 / steps, sample.as_secs_f64())).collect()
}

fn seconds(fields: &Fields<'_, '_>, key: &str) -> Option<f64> {
    fields.duration(key).map(SimDuration::as_secs_f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load::{Input, load};

    fn law(text: &str) -> Distribution {
        let scenario = r#"{ "version": 1, "functions": { "f": { "duration": LAW } },
            "sources": { "s": { "to": "f", "arrivals": { "times": ["1s"] } } } }"#;
        let loaded = load(&Input::from_text("a.json", &scenario.replace("LAW", text)));
        let loaded = loaded.unwrap_or_else(|rejected| panic!("{rejected}"));
        loaded.scenario.functions[0].duration.clone()
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected, "{found} is not {expected}");
    }

    #[test]
    fn a_lognormal_law_has_the_figures_it_was_given() {
        let cases = [
            (r#"{ "lognormal": { "median": "400ms", "p99": "3s" } }"#, Some(0.4), None, Some(3.0)),
            (r#"{ "lognormal": { "median": "2s", "sigma": 0.5 } }"#, Some(2.0), None, None),
            (r#"{ "lognormal": { "mean": "1s", "p99": "5s" } }"#, None, Some(1.0), Some(5.0)),
            (r#"{ "lognormal": { "mean": "1s", "sigma": 1.5 } }"#, None, Some(1.0), None),
            (r#"{ "lognormal": { "median": "1s", "p99": "1s" } }"#, Some(1.0), Some(1.0), Some(1.0)),
        ];
        for (text, median, mean, p99) in cases {
            let Distribution::Lognormal { mu, sigma } = law(text) else { panic!("{text}") };
            assert!(sigma >= 0.0, "{text}");
            let figures = [
                (median, math::exp(mu)),
                (mean, math::exp(mu + sigma * sigma / 2.0)),
                (p99, math::exp(mu + Z99 * sigma)),
            ];
            for (expected, found) in figures {
                close(found, expected.unwrap_or(found));
            }
        }
    }

    #[test]
    fn a_weibull_law_has_the_figure_it_was_given() {
        // With shape 2 the mean is scale · √π / 2, and the median scale · √ln 2.
        let scale = |text: &str| match law(text) {
            Distribution::Weibull { scale, .. } => scale,
            other => panic!("{other:?}"),
        };
        close(scale(r#"{ "weibull": { "scale": "3s", "shape": 2 } }"#), 3.0);
        close(scale(r#"{ "weibull": { "mean": "1s", "shape": 2 } }"#), 2.0 / std::f64::consts::PI.sqrt());
        close(scale(r#"{ "weibull": { "median": "1s", "shape": 2 } }"#), 1.0 / std::f64::consts::LN_2.sqrt());
    }

    #[test]
    fn the_other_laws_keep_their_parameters() {
        let second = SimDuration::from_secs(1);
        assert_eq!(law("\"1s\""), Distribution::Constant(second));
        assert_eq!(law(r#"{ "exponential": { "mean": "2s" } }"#), Distribution::Exponential { mean: 2.0 });
        assert_eq!(
            law(r#"{ "gamma": { "mean": "2s", "shape": 4 } }"#),
            Distribution::Gamma { shape: 4.0, scale: 0.5 }
        );
        let samples = law(r#"{ "empirical": { "samples": ["3s", "1s", "2s"] } }"#);
        assert_eq!(samples, Distribution::Empirical([(0.0, 1.0), (0.5, 2.0), (1.0, 3.0)].into()));
        let only = law(r#"{ "empirical": { "samples": ["3s"] } }"#);
        assert_eq!(only, Distribution::Empirical([(0.0, 3.0), (1.0, 3.0)].into()));
        let mixed = law(
            r#"{ "mixture": [{ "weight": 3, "of": "1s" }, { "weight": 1, "of": { "exponential": { "mean": "1s" } } }] }"#,
        );
        let parts = [(0.75, Distribution::Constant(second)), (1.0, Distribution::Exponential { mean: 1.0 })];
        assert_eq!(mixed, Distribution::Mixture(parts.into()));
    }
}
