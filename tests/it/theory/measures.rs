//! The measures of the cases, computed from a census.

use super::arrivals::{correlation, counts, dispersion, length, mean};
use super::cases::{Case, number};
use super::census::{Census, Life, Occupancy, Stay};
use super::run::{Results, as_float};
use super::scenario::whole;
use serde_json::{Value, json};
use thirdtry::model::observation::Fate;
use thirdtry::random::math;

/// Every measure that `case` asks for.
pub(super) fn of(case: &Case, census: &Census) -> Results {
    let value = |name: &str| {
        shares(name, case, census)
            .or_else(|| means(name, census))
            .or_else(|| totals(name, case, census))
            .or_else(|| levels(name, case, census))
            .or_else(|| timeline(name, census))
            .unwrap_or_else(|| panic!("{}: no measure {name}", case.id))
    };
    case.measures.iter().map(|measure| (measure.name.clone(), value(&measure.name))).collect()
}

fn shares(name: &str, case: &Case, census: &Census) -> Option<Value> {
    let lives = &census.lives;
    let share = |fate: Fate| ratio(settled(lives, fate), lives.len());
    let runs = || lives.iter().flat_map(|life| &life.runs);
    Some(json!(match name {
        "blocked_share" => blocked_share(census, number(&case.run["warmup_s"]), |_| true),
        "exhausted_share" => share(Fate::RetriesExhausted),
        "expired_share" => share(Fate::EventAgeExceeded),
        "timeout_share" => ratio(runs().filter(|run| run.timed_out).count(), runs().count()),
        "cold_share" => {
            // The very first is cold for certain.
            let later = || runs().skip(1);
            ratio(later().filter(|run| run.cold).count(), later().count())
        }
        "fail_given_first_failed" => {
            let second = || lives.iter().filter_map(|life| life.runs.get(1));
            ratio(second().filter(|run| run.failed).count(), second().count())
        }
        "first_try_throttled" => {
            let warm_up = whole(number(&case.run["warmup_s"]) * 1e9);
            let events = || lives.iter().filter(|life| life.accepted >= warm_up);
            ratio(events().filter(|life| life.throttles > 0).count(), events().count())
        }
        "share_exhausted_of_outage_arrivals" => {
            let start = number(&case.model["errors"]["start_s"]);
            let end = start + number(&case.model["errors"]["length_s"]);
            let outage = whole(start * 1e9)..whole(end * 1e9);
            let inside = lives.iter().filter(|life| outage.contains(&life.accepted)).count();
            ratio(settled(lives, Fate::RetriesExhausted), inside)
        }
        _ => return None,
    }))
}

/// Calls that found no slot, of those made after the warm-up.
pub(super) fn blocked_share(census: &Census, warm_up: f64, concerned: impl Fn(&Life) -> bool) -> f64 {
    let from = whole(warm_up * 1e9);
    let calls = || census.lives.iter().filter(|life| life.accepted >= from && concerned(life));
    ratio(calls().filter(|life| life.throttles > 0).count(), calls().count())
}

fn means(name: &str, census: &Census) -> Option<Value> {
    let lives = &census.lives;
    let sojourn = |life: &Life| secs(life.resolved - life.accepted);
    let each = |of: &dyn Fn(&Life) -> f64| -> f64 { mean(&lives.iter().map(of).collect::<Vec<_>>()) };
    let durations = |life: &Life| -> f64 { life.runs.iter().map(|run| secs(run.duration)).sum() };
    Some(json!(match name {
        "mean_attempts" => each(&|life| length(&life.runs)),
        "mean_sojourn" => each(&sojourn),
        "mean_sojourn_success" => {
            let happy = lives.iter().filter(|life| life.fate == Some(Fate::Succeeded));
            mean(&happy.map(sojourn).collect::<Vec<_>>())
        }
        "busy_per_event" => each(&durations),
        "mean_attempt_duration" => {
            let all: Vec<f64> =
                lives.iter().flat_map(|life| &life.runs).map(|run| secs(run.duration)).collect();
            mean(&all)
        }
        "corr_dur12" => {
            let pairs = lives.iter().filter(|life| life.runs.len() > 1);
            let (first, second): (Vec<f64>, Vec<f64>) =
                pairs.map(|life| (secs(life.runs[0].duration), secs(life.runs[1].duration))).unzip();
            correlation(&first, &second)
        }
        "throttles_per_event" => each(&|life| as_float(life.throttles)),
        "mean_delay_to_start" => {
            let started =
                lives.iter().filter_map(|life| Some(secs(life.runs.first()?.start - life.accepted)));
            mean(&started.collect::<Vec<_>>())
        }
        "p50" | "p75" | "p90" | "p95" | "p97" | "p99" => {
            let percent: usize = name[1..].parse().expect("a percentage");
            let mut sojourns: Vec<u64> = lives.iter().map(|life| life.resolved - life.accepted).collect();
            sojourns.sort_unstable();
            secs(sojourns[(percent * sojourns.len()).div_ceil(100) - 1])
        }
        _ => return None,
    }))
}

fn totals(name: &str, case: &Case, census: &Census) -> Option<Value> {
    let lives = &census.lives;
    let runs = || lives.iter().flat_map(|life| &life.runs);
    let starts = || runs().map(|run: &Stay| run.start);
    let failed_events = || lives.iter().position(|life| life.runs.iter().any(|run| run.failed));
    let exhausted = || lives.iter().filter(|life| life.fate == Some(Fate::RetriesExhausted));
    let sojourns = || -> u128 { lives.iter().map(|life| u128::from(life.resolved - life.accepted)).sum() };
    Some(match name {
        "total_busy" => json!(runs().map(|run| secs(run.duration)).sum::<f64>()),
        "area_minus_sum" => json!(census.in_system.area().abs_diff(sojourns())),
        "exhausted" => json!(exhausted().count()),
        "expired" => json!(settled(lives, Fate::EventAgeExceeded)),
        "success" => json!(settled(lives, Fate::Succeeded)),
        "lost" => json!(lives.len() - settled(lives, Fate::Succeeded)),
        "attempts" | "requests" => json!(runs().count()),
        "failed_attempts" => json!(runs().filter(|run| run.failed).count()),
        "throttles" => json!(lives.iter().map(|life| life.throttles).sum::<u64>()),
        "max_throttles_one_event" => json!(lives.iter().map(|life| life.throttles).max()),
        "first_failed_event" => json!(failed_events()),
        "last_failed_event" => json!(lives.iter().rposition(|life| life.runs.iter().any(|run| run.failed))),
        "sum_start_ns" => json!(starts().sum::<u64>()),
        "last_end_ns" => json!(runs().map(|run| run.start + run.duration).max()),
        "first_start_of_every_10th_ns" => {
            json!(lives.iter().step_by(10).map(|life| Some(life.runs.first()?.start)).collect::<Vec<_>>())
        }
        // Both routes fail on their own; the on-failure destination is listed first.
        "lost_one" => json!(exhausted().filter(|life| life.failed_routes[0]).count()),
        "lost_both" => json!(exhausted().filter(|life| life.failed_routes == [true, true]).count()),
        "duplicated" => json!(census.duplicates),
        "delivery_tries" => json!(census.deliveries),
        "gb_s" => json!(gb_seconds(case, census.billed_ms)),
        "cost" => json!(bill(case, census.billed_ms, runs().count())),
        _ => return None,
    })
}

/// Measures of how many were running, or in the system, over time.
fn levels(name: &str, case: &Case, census: &Census) -> Option<Value> {
    let at_least = |threshold: u64| {
        let threshold = usize::try_from(threshold).expect("it fits");
        share_from(&census.running, threshold)
    };
    Some(json!(match name {
        "mean_busy" => moments(&census.running).0,
        "var_busy" => moments(&census.running).1,
        "mean_in_system" => moments(&census.in_system).0,
        "var_in_system" => moments(&census.in_system).1,
        "share_time_full" => at_least(case.model["concurrency"].as_u64().expect("a limit")),
        "share_time_ge" => at_least(16),
        "fail_rate" | "disp_index" => {
            let from = whole(number(&case.run["warmup_s"]) * 1e9);
            let inside = from..census.last_arrival;
            let times: Vec<u64> =
                census.exhausted_at.iter().filter(|at| inside.contains(at)).map(|at| at - from).collect();
            let span = census.last_arrival - from;
            match name {
                "fail_rate" => length(&times) / secs(span),
                _ => dispersion(&counts(&times, whole(number(&case.run["window_s"]) * 1e9), span)),
            }
        }
        _ => return None,
    }))
}

/// Mean and variance over time.
fn moments(occupancy: &Occupancy) -> (f64, f64) {
    let total: f64 = occupancy.measured.iter().map(|time| as_float(*time)).sum();
    let moment = |power: &dyn Fn(f64) -> f64| -> f64 {
        let levels = (0u64..).zip(&occupancy.measured);
        levels.map(|(level, time)| power(as_float(level)) * as_float(*time)).sum::<f64>() / total
    };
    let mean = moment(&|level| level);
    (mean, moment(&|level| (level - mean) * (level - mean)))
}

fn share_from(occupancy: &Occupancy, level: usize) -> f64 {
    let time = |times: &[u64]| -> f64 { times.iter().map(|time| as_float(*time)).sum() };
    time(occupancy.measured.get(level..).unwrap_or_default()) / time(&occupancy.measured)
}

/// The life of one event: `event_…` or `event2_…`.
fn timeline(name: &str, census: &Census) -> Option<Value> {
    let (event, what) = name.strip_prefix("event")?.split_once('_')?;
    let life = &census.lives[event.parse::<usize>().unwrap_or(0)];
    Some(match what {
        "attempt_starts" => json!(life.runs.iter().map(|run| secs(run.start)).collect::<Vec<_>>()),
        "dispatch_tries" => json!(life.dispatches.iter().map(|at| secs(*at)).collect::<Vec<_>>()),
        "resolved_at" => json!(secs(life.resolved)),
        "outcome" => {
            let fate = life.fate?;
            let words = [
                (Fate::Succeeded, "success"),
                (Fate::RetriesExhausted, "exhausted"),
                (Fate::EventAgeExceeded, "expired"),
            ];
            json!(words.into_iter().find(|(ours, _)| *ours == fate)?.1)
        }
        _ => return None,
    })
}

/// The figures of a bill, from its requests alone and from all of it, in pico-dollars.
pub(super) fn price(requests: u128, all: u128, memory_mb: u32, billed_ms: u64) -> Results {
    let mb_ms = u128::from(memory_mb) * u128::from(billed_ms);
    // A GB-second is 1 024 000 MB-milliseconds, which leaves at most 13 places.
    let figures = [
        ("gb_s", exact(mb_ms * 10_000_000_000_000 / 1_024_000, 13)),
        ("cost_requests", exact(requests, 12)),
        ("cost_duration", exact(all - requests, 12)),
        ("cost_total_rounded", exact((all + 500_000) / 1_000_000, 6)),
    ];
    figures.map(|(name, figure)| (name.to_owned(), json!(figure))).into()
}

/// `units` times ten to the minus `places`, in decimal.
fn exact(units: u128, places: u32) -> String {
    let one = 10u128.pow(places);
    let fraction = format!("{:0width$}", units % one, width = places as usize);
    format!("{}.{}", units / one, fraction.trim_end_matches('0'))
}

fn gb_seconds(case: &Case, billed_ms: u64) -> f64 {
    number(&case.model["memory_mb"]) * as_float(billed_ms) / 1_024_000.0
}

fn bill(case: &Case, billed_ms: u64, runs: usize) -> f64 {
    let price =
        |key: &str| -> f64 { case.model[key].as_str().and_then(|text| text.parse().ok()).expect("a price") };
    gb_seconds(case, billed_ms) * price("price_per_gb_s")
        + as_float(runs as u64) * price("price_per_million_requests") / 1e6
}

/// Moments and quantiles of a sample of the lognormal law with median 0.2 s and 99th percentile 2 s.
pub(super) fn sample(mut samples: Vec<f64>) -> Results {
    let sigma = math::ln(10.0) / math::normal_quantile(0.99);
    let mut first: Vec<f64> = samples[..20_000].to_vec();
    first.sort_by(f64::total_cmp);
    // The distance in probability, read off the quantiles of the law itself: no distribution function is needed.
    let quantile = |p: f64| math::exp(math::ln(0.2) + sigma * math::normal_quantile(p));
    let below = |x: f64| {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if quantile(middle) < x { low = middle } else { high = middle }
        }
        low
    };
    let mut distance = 0.0;
    for (index, x) in (0u64..).zip(&first) {
        let p = below(*x);
        for step in [as_float(index) / 20_000.0, as_float(index + 1) / 20_000.0] {
            let gap = (p - step).abs();
            distance = if gap > distance { gap } else { distance };
        }
    }
    samples.sort_by(f64::total_cmp);
    let at = |percent: usize| samples[(percent * samples.len()).div_ceil(100) - 1];
    let figures = [
        ("mean", mean(&samples)),
        ("q50", at(50)),
        ("q90", at(90)),
        ("q99", at(99)),
        ("ks", distance * 20_000f64.sqrt()),
    ];
    figures.map(|(name, figure)| (name.to_owned(), json!(figure))).into()
}

fn settled(lives: &[Life], fate: Fate) -> usize {
    lives.iter().filter(|life| life.fate == Some(fate)).count()
}

fn ratio(part: usize, whole: usize) -> f64 {
    as_float(part as u64) / as_float(whole as u64)
}

fn secs(nanos: u64) -> f64 {
    as_float(nanos) / 1e9
}
