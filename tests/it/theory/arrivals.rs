//! Cases about arrivals alone: no function matters.

use super::cases::{Case, number};
use super::census::Census;
use super::run::{Results, Size, as_float, census};
use super::scenario::{self, elements, seconds, source, whole};
use serde_json::{Value, json};

/// The longest run, in events; cases with bins are run in full.
const MOST_EVENTS: f64 = 60_000.0;

pub(super) fn run(case: &Case) -> (Size, Results) {
    let bins: Vec<u64> = elements(&case.run["bin_edges_s"]).map(|edge| whole(number(edge) * 1e9)).collect();
    let horizon = case.run["horizon_s"].as_f64();
    let relative = horizon.map_or(1.0, |stated| shorter(stated, rate(case)) / stated);
    let end = bins.last().map_or_else(|| horizon.unwrap_or(0.0) * relative, |end| as_float(*end) / 1e9);
    let census = arrivals(case, end);
    let times: Vec<u64> = census.lives.iter().map(|life| life.accepted).collect();
    let mut results = Results::new();
    let mut put = |name: &str, value: Value| results.insert(name.to_owned(), value);
    put("total", json!(times.len()));
    put("sampled", json!(census.traced));
    if bins.is_empty() && case.run["window_s"].is_number() {
        put("mean_rate", json!(length(&times) / end));
        let windows = counts(&times, whole(number(&case.run["window_s"]) * 1e9), whole(end * 1e9));
        put("disp_index", json!(dispersion(&windows)));
        let empty = windows.iter().filter(|count| **count <= 0.0).count();
        put("empty_share", json!(as_float(empty as u64) / length(&windows)));
        let gaps: Vec<f64> = times.windows(2).map(|two| as_float(two[1] - two[0]) / 1e9).collect();
        put("gap_mean", json!(mean(&gaps)));
        put("gap_cv", json!(variance(&gaps).sqrt() / mean(&gaps)));
        put("gap_lag1", json!(correlation(&gaps[..gaps.len() - 1], &gaps[1..])));
    }
    let mut chi2 = 0.0;
    for (index, edges) in bins.windows(2).enumerate() {
        let name = format!("count_{index}");
        let found = times.iter().filter(|at| (edges[0]..edges[1]).contains(at)).count() as u64;
        let expected = case.measures.iter().find(|measure| measure.name == name);
        let expected = number(&expected.expect("every bin has an expected count").expected);
        chi2 += (as_float(found) - expected) * (as_float(found) - expected) / expected;
        put(&name, json!(found));
    }
    put("chi2", json!(chi2));
    (Size { events: relative, time: relative }, results)
}

fn rate(case: &Case) -> f64 {
    let arrivals = &case.model["arrivals"];
    arrivals["rate_per_s"].as_f64().unwrap_or(5.0)
}

fn shorter(stated: f64, rate: f64) -> f64 {
    let most = MOST_EVENTS / rate;
    if stated < most { stated } else { most }
}

/// All arrivals before `end` seconds.
fn arrivals(case: &Case, end: f64) -> Census {
    let mut source = source(&case.model, None);
    source["invocation"] = json!("sync");
    let mut scenario = scenario::scenario(case, json!({ "duration": "0s" }), source);
    scenario["arrivals_end"] = json!(seconds(end));
    census(&scenario, 0.0)
}

/// How many of `times` fall into each window of this length before `end`; the last may not be cut short.
pub(super) fn counts(times: &[u64], window: u64, end: u64) -> Vec<f64> {
    let mut counts = vec![0.0; usize::try_from(end / window).expect("it fits")];
    for time in times {
        if let Some(count) = usize::try_from(time / window).ok().and_then(|index| counts.get_mut(index)) {
            *count += 1.0;
        }
    }
    counts
}

pub(super) fn dispersion(counts: &[f64]) -> f64 {
    variance(counts) / mean(counts)
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
pub(super) fn length<T>(values: &[T]) -> f64 {
    values.len() as f64
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / length(values)
}

/// The unbiased estimate.
pub(super) fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (length(values) - 1.0)
}

pub(super) fn correlation(xs: &[f64], ys: &[f64]) -> f64 {
    let (mx, my) = (mean(xs), mean(ys));
    let product: f64 = xs.iter().zip(ys).map(|(x, y)| (x - mx) * (y - my)).sum();
    product / (length(xs) - 1.0) / (variance(xs) * variance(ys)).sqrt()
}
