//! From a case's model to the text of a scenario that says the same.

use super::cases::{Case, number};
use serde_json::{Value, json};
use thirdtry::random::math;

/// The name of the function under test.
pub(super) const FUNCTION: &str = "under-test";

/// More than any case ever uses at once.
const UNLIMITED: u64 = 10_000_000;

/// A scenario of `case`'s seed with AWS's nominal times and one function called [`FUNCTION`], to be completed by the
/// caller.
#[expect(clippy::needless_pass_by_value, reason = "they become part of the scenario")]
pub(super) fn scenario(case: &Case, function: Value, source: Value) -> Value {
    json!({
        "version": 1, "seed": case.seed, "profile": "documented",
        "account": { "concurrency": UNLIMITED, "unreserved_minimum": 0, "requests_per_concurrency": 0,
                     "scaling_rate": { "environments": 0 } },
        "functions": { FUNCTION: function },
        "sources": { "arrivals": source },
    })
}

/// The function that `model` describes.
pub(super) fn function(model: &Value) -> Value {
    let mut function = json!({ "Timeout": 900, "duration": law(&model["service"]), "EventInvokeConfig": {} });
    if let Some(timeout) = model["timeout_s"].as_f64() {
        function["Timeout"] = json!(whole(timeout));
    }
    if let Some(memory) = model["memory_mb"].as_u64() {
        function["MemorySize"] = json!(memory);
    }
    if let Some(slots) = model["concurrency"].as_u64() {
        function["ReservedConcurrentExecutions"] = json!(slots);
    }
    if let Some(retries) = model["retries"].as_u64() {
        function["EventInvokeConfig"]["MaximumRetryAttempts"] = json!(retries);
    }
    if let Some(age) = model["max_age_s"].as_u64() {
        function["EventInvokeConfig"]["MaximumEventAgeInSeconds"] = json!(age);
    }
    if let Some(idle) = model["keep_alive_s"].as_f64() {
        function["idle_time"] = json!(seconds(idle));
        function["lifetime"] = json!("800000h");
    }
    function["failures"] = failures(&model["errors"]);
    function
}

/// What fails, as failure causes of the function.
fn failures(errors: &Value) -> Value {
    let exception = |probability: &Value| json!({ "exception": { "probability": probability } });
    let before = |end: f64| json!([{ "exception": { "during": ["0s", seconds(end)] } }]);
    match errors["type"].as_str() {
        Some("bernoulli_per_attempt") => json!([exception(&errors["p"])]),
        Some("mixture") => json!([
            { "poison": { "probability": errors["share_always_fails"] } },
            exception(&errors["p_otherwise"]),
        ]),
        Some("window") => {
            let start = number(&errors["start_s"]);
            let during = [seconds(start), seconds(start + number(&errors["length_s"]))];
            json!([{ "exception": { "probability": errors["p_inside"], "during": during } }])
        }
        Some("rule") => match errors["rule"].as_str() {
            Some("every attempt fails") => json!([exception(&json!(1))]),
            // Windows that the first run, or the first two, start in: their instants are the case's subject.
            Some("attempt 1 fails, attempt 2 succeeds") => before(60.0),
            Some("attempts 1 and 2 fail, attempt 3 succeeds") => before(180.0),
            _ => json!([]),
        },
        _ => json!([]),
    }
}

/// A law of durations.
pub(super) fn law(service: &Value) -> Value {
    let get = |key: &str| seconds(number(&service[key]));
    match service["dist"].as_str() {
        Some("exp") => json!({ "exponential": { "mean": get("mean") } }),
        Some("erlang") => json!({ "gamma": { "mean": get("mean"), "shape": service["shape"] } }),
        Some("uniform") => json!({ "uniform": { "min": get("low"), "max": get("high") } }),
        Some("lognormal") => {
            let cv = number(&service["cv"]);
            json!({ "lognormal": { "mean": get("mean"), "sigma": math::ln(1.0 + cv * cv).sqrt() } })
        }
        _ => json!(get("value")),
    }
}

/// The arrivals that `model` describes, at most `events` of them if that is given.
pub(super) fn source(model: &Value, events: Option<u64>) -> Value {
    let arrivals = &model["arrivals"];
    let rate = |value: &Value| format!("{}/s", number(value));
    let described = match arrivals["type"].as_str() {
        Some("poisson") => json!({ "poisson": { "rate": rate(&arrivals["rate_per_s"]) } }),
        Some("periodic") => json!({ "constant": { "every": seconds(number(&arrivals["interval_s"])) } }),
        Some("list") => json!({ "times": list(&arrivals["times_s"]) }),
        Some("piecewise_poisson") => {
            let level = |piece: &Value| json!({ "at": seconds(number(&piece[0])), "rate": rate(&piece[2]) });
            json!({ "steps": { "levels": elements(&arrivals["pieces"]).map(level).collect::<Vec<_>>() } })
        }
        Some("linear_poisson") => {
            let point = |point: &Value| json!({ "at": seconds(number(&point[0])), "rate": rate(&point[1]) });
            json!({ "ramp": { "points": elements(&arrivals["points"]).map(point).collect::<Vec<_>>() } })
        }
        // A number of events, whenever.
        None => json!({ "constant": { "every": "10ms" } }),
        Some("sinusoid_poisson") => json!({ "ramp": { "points": sine(arrivals) } }),
        Some(other) => panic!("no arrivals of type {other}"),
    };
    let mut source = json!({ "to": FUNCTION, "arrivals": described });
    if model["on_throttle"] == "drop" {
        // A caller that waits gets its throttle back and is gone: a loss system.
        source["invocation"] = json!("sync");
    }
    if let Some(events) = arrivals["count"].as_u64().or(events) {
        source["max_events"] = json!(events);
    }
    source
}

/// Two periods of a sine, as straight lines between 360 points each; what lies between a line and the curve is a
/// hundredth of an event.
fn sine(arrivals: &Value) -> Vec<Value> {
    let get = |key: &str| number(&arrivals[key]);
    let point = |step: u32| {
        let rate = get("mean") + get("amplitude") * sine_of_turns(f64::from(step % 360) / 360.0);
        json!({ "at": seconds(get("period_s") * f64::from(step) / 360.0), "rate": format!("{rate:.9}/s") })
    };
    (0..=720).map(point).collect()
}

/// The sine of `turns` full turns: Taylor's series, in which each term follows from the one before.
fn sine_of_turns(turns: f64) -> f64 {
    let x = (turns - 0.5) * std::f64::consts::TAU;
    let mut term = x;
    let mut sum = x;
    for k in 1..14 {
        let n = f64::from(2 * k);
        term *= -x * x / (n * (n + 1.0));
        sum += term;
    }
    -sum
}

/// Instants: a list, or as in `50 events at 0`.
fn list(times: &Value) -> Vec<String> {
    match times.as_str() {
        Some(words) => {
            let count =
                words.split(' ').next().and_then(|word| word.parse().ok()).expect("a number of events");
            vec![seconds(0.0); count]
        }
        None => elements(times).map(|time| seconds(number(time))).collect(),
    }
}

pub(super) fn elements(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// A span as scenarios write it, to the nanosecond.
pub(super) fn seconds(seconds: f64) -> String {
    format!("{seconds:.9}s")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small whole numbers")]
pub(super) fn whole(value: f64) -> u64 {
    value.round() as u64
}
