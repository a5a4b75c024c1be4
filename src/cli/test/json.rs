//! The report for programs.

use super::Suite;
use super::words;
use serde_json::{Value, json};
use thirdtry::observe::decimal::Decimal;
use thirdtry::suite::{GoldenOutcome, Line, Outcome, Report};

pub(super) fn json(suite: &Suite) -> String {
    let document = json!({
        "thirdtry": env!("CARGO_PKG_VERSION"),
        "model_version": thirdtry::MODEL_VERSION,
        "total": words::total(suite),
        "not_run": suite.left_out,
        "scenarios": suite.reports.iter().map(|report| of_scenario(report, suite)).collect::<Vec<_>>(),
        "stray_golden_results": suite.stray.iter().map(|stray| {
            json!({ "path": stray.path.display().to_string(), "what": stray.what })
        }).collect::<Vec<_>>(),
        "other_seeds": suite.seeds.iter().map(super::seeds::Search::to_json).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&document).expect("plain data") + "\n"
}

fn of_scenario(report: &Report, suite: &Suite) -> Value {
    let mut value = json!({ "scenario": report.name, "verdict": report.verdict().name() });
    match &report.outcome {
        Outcome::Rejected(_) => {
            value["errors"] = words::errors(report)
                .into_iter()
                .map(|(place, message)| {
                    json!({ "line": place.map(|(line, _)| line), "column": place.map(|(_, column)| column),
                            "message": message })
                })
                .collect();
        }
        Outcome::Judged(judged) => {
            value["seed"] = json!(judged.seed);
            value["replications"] = json!(judged.replications);
            value["fingerprint"] = json!(format!("{:016x}", judged.fingerprint));
            value["expectations"] =
                judged.lines.iter().map(|line| expectation(report, line, suite)).collect();
            value["golden"] =
                json!({ "outcome": golden_name(&judged.golden), "says": words::golden(&judged.golden) });
        }
    }
    value
}

fn expectation(report: &Report, line: &Line, suite: &Suite) -> Value {
    let requirement = &line.requirement;
    let judgement = &line.judgement;
    let estimate = judgement.spread.map(|spread| {
        let interval = spread.estimate.interval();
        json!({
            "mean": spread.estimate.mean,
            "low": interval.map(|(low, _)| low),
            "high": interval.map(|(_, high)| high),
            "confidence": spread.confidence.share(),
            "replications": spread.estimate.n,
            "broken_in": spread.violated_in,
        })
    });
    json!({
        "expectation": requirement.expectation.text,
        "verdict": judgement.verdict.name(),
        "metric": requirement.metric.name(),
        "unit": requirement.metric.unit,
        "relation": requirement.expectation.relation.symbol(),
        "value": number(requirement.threshold),
        "got": judgement.found.map(number),
        "says": words::got(line),
        "estimate": estimate,
        "without_data": judgement.without_samples,
        "more_replications": judgement.more,
        "line": line.place.map(|(line, _)| line),
        "column": line.place.map(|(_, column)| column),
        "first_broken_by": line.culprit.map(|culprit| {
            json!({ "event": culprit.event.0, "at_ns": culprit.at.as_nanos(),
                    "explain": words::explain(&report.name, line, &suite.sets) })
        }),
    })
}

/// A number digit for digit.
fn number(number: Decimal) -> Value {
    serde_json::to_value(number).unwrap_or_else(|_| json!(number.to_string()))
}

pub(super) const fn golden_name(outcome: &GoldenOutcome) -> &'static str {
    match outcome {
        GoldenOutcome::NotUsed => "not used",
        GoldenOutcome::Same => "same",
        GoldenOutcome::SameResults => "same results",
        GoldenOutcome::Missing => "missing",
        GoldenOutcome::Differs(_) => "differs",
        GoldenOutcome::Damaged(_) => "damaged",
    }
}
