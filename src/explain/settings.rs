//! The settings that would have changed a life: the paths that its rules name, filled in with the names and values
//! of the scenario.

use super::function_of;
use super::layout::about;
use crate::id::DestinationId;
use crate::model::event::Event;
use crate::model::observation::Observation;
use crate::model::rule::Rule;
use crate::observe::lives::Life;
use crate::random::distribution::Distribution;
use crate::scenario::{
    CallerRetry, ClientErrorPolicy, Dependency, Destination, DestinationKind, Factor, Function, MilliRate,
    ReadRate, Scenario, SnsOversize, SourceKind, TerminalPrecedence,
};
use crate::time::SimDuration;

/// The settings behind `rules` as `path = value`, each once, in the order of the rules.
pub(super) fn that_matter(life: &Life, scenario: &Scenario, rules: &[Rule]) -> Vec<String> {
    let function = function_of(life.event(), scenario, life.end());
    let mut found: Vec<String> = Vec::new();
    let mut add = |setting: String| {
        if !found.contains(&setting) {
            found.push(setting);
        }
    };
    for rule in rules {
        for path in rule.settings().iter().filter(|path| matters(path, *rule, function)) {
            if let Some(below) = path.strip_prefix("dependencies.*.") {
                dependencies_called(life, scenario)
                    .map(|dependency| of_dependency(below, dependency))
                    .for_each(&mut add);
                continue;
            }
            if let Some(below) = path.strip_prefix("sources.*.") {
                of_source(below, life.event(), scenario).into_iter().for_each(&mut add);
                continue;
            }
            match path.strip_prefix("destinations.*") {
                Some(below) => destinations_that_matter(life, *rule, scenario)
                    .filter_map(|destination| of_destination(below, destination))
                    .for_each(&mut add),
                None => add(of_scenario(path, function, scenario)),
            }
        }
    }
    if failed_by_a_cause(life) {
        add(of_scenario("functions.*.failures", function, scenario));
    }
    found
}

/// The account's concurrency is nothing to a function that has its own.
fn matters(path: &str, rule: Rule, function: &Function) -> bool {
    path != "account.concurrency" || rule == Rule::AccountConcurrencyInUse || function.reserved.is_none()
}

fn failed_by_a_cause(life: &Life) -> bool {
    life.steps().iter().any(|step| match step.what {
        Observation::AttemptEnded(attempt) => attempt.run.is_some_and(|run| run.cause.is_some()),
        _ => false,
    })
}

/// The destinations about which `rule` decided.
fn destinations_that_matter<'a>(
    life: &Life,
    rule: Rule,
    scenario: &'a Scenario,
) -> impl Iterator<Item = &'a Destination> {
    life.steps()
        .iter()
        .filter_map(move |step| match (step.what, rule) {
            (
                Observation::DeliveryEnded {
                    destination,
                    failure: Some(_),
                    ..
                },
                Rule::DeliveryNotRepeated,
            )
            | (
                Observation::DeliveryStarted {
                    destination,
                    payload_dropped: true,
                    ..
                },
                Rule::SnsDropsPayload,
            ) => Some(&scenario.destinations[destination.index()]),
            _ => None,
        })
}

/// The dependencies that the event's runs called.
fn dependencies_called<'a>(life: &Life, scenario: &'a Scenario) -> impl Iterator<Item = &'a Dependency> {
    life.steps().iter().filter_map(move |step| match step.what {
        Observation::CallStarted { dependency, .. } => Some(&scenario.dependencies[dependency.index()]),
        _ => None,
    })
}

/// A setting of a dependency, given the path below its name.
fn of_dependency(below: &str, dependency: &Dependency) -> String {
    let value = match below {
        "capacity" => dependency.capacity.to_string(),
        "contention" => match dependency.contention {
            Factor::ZERO => "not set".to_owned(),
            contention => crate::observe::decimal::Decimal::new(contention.ppm.into(), 6).to_string(),
        },
        "max_waiting" => or_unset(dependency.max_waiting),
        "outages" => causes_listed(dependency.outages.len()),
        "brownouts" => causes_listed(dependency.brownouts.len()),
        other => unreachable!("a rule names the setting {other}, which nothing here can show"),
    };
    format!("dependencies.{}.{below} = {value}", dependency.name)
}

/// A setting of a destination, given the path below its name; `None` if its kind has no such setting.
fn of_destination(below: &str, destination: &Destination) -> Option<String> {
    let (name, kind) = (&destination.name, destination.kind);
    match (below, kind) {
        (".sns.oversize", DestinationKind::Sns { oversize }) => {
            let value = match oversize {
                SnsOversize::DropPayload => "drop_payload",
                SnsOversize::Fail => "fail",
            };
            Some(format!("destinations.{name}.sns.oversize = {value}"))
        }
        ("", _) => {
            let (kind, causes) = (kind.name(), destination.failures.len());
            Some(format!("destinations.{name}.{kind}.failures = {}", causes_listed(causes)))
        }
        _ => None,
    }
}

/// A setting of the event's function, the account or the timing laws.
fn of_scenario(path: &str, function: &Function, scenario: &Scenario) -> String {
    let value = match path {
        "functions.*.ReservedConcurrentExecutions" => or_unset(function.reserved),
        "timing.offer_jitter" => format!("{} in a million", scenario.timing.offer_jitter.ppm),
        "imperfections.duplicate_probability" => given(!scenario.imperfections.duplicate.is_never()),
        "imperfections.loss_probability" => given(!scenario.imperfections.loss.is_never()),
        "functions.*.RecursiveLoop" => function.recursive_loop.name().to_owned(),
        "functions.*.Timeout" => function.timeout.to_string(),
        "functions.*.calls" => match function.calls.len() {
            1 => "1 call".to_owned(),
            calls => format!("{calls} calls"),
        },
        "functions.*.failures" => causes_listed(function.failures.len()),
        "functions.*.EventInvokeConfig.MaximumRetryAttempts" => function.maximum_retries.to_string(),
        "functions.*.EventInvokeConfig.MaximumEventAgeInSeconds" => {
            (function.maximum_age.as_millis() / 1_000).to_string()
        }
        "functions.*.EventInvokeConfig.DestinationConfig" => {
            let name =
                |id: Option<DestinationId>| or_unset(id.map(|id| &scenario.destinations[id.index()].name));
            format!("OnSuccess {}, OnFailure {}", name(function.on_success), name(function.on_failure))
        }
        "functions.*.DeadLetterConfig.TargetArn" => {
            or_unset(function.dead_letter.map(|id| &scenario.destinations[id.index()].name))
        }
        "functions.*.ProvisionedConcurrencyConfig" => match function.provisioned {
            0 => "not set".to_owned(),
            number => number.to_string(),
        },
        "functions.*.init" => typical(&function.init),
        "functions.*.idle_time" => function.idle_time.to_string(),
        "account.requests_per_concurrency" => scenario.account.requests_per_concurrency.to_string(),
        "account.scaling_rate" => {
            let account = &scenario.account;
            format!("{} at once, {} a second", account.scaling_burst, account.scaling_per_second)
        }
        "timing.init_limit" => scenario.timing.init_limit.to_string(),
        "account.concurrency" => scenario.account.concurrency.to_string(),
        "timing.dispatch_latency" => scenario.timing.dispatch_latency.to_string(),
        "timing.terminal_precedence" => match scenario.timing.terminal_precedence {
            TerminalPrecedence::RetriesFirst => "retries_first".to_owned(),
            TerminalPrecedence::AgeFirst => "age_first".to_owned(),
        },
        "timing.dest_attempts" => scenario.timing.dest_attempts.to_string(),
        "timing.dlq_attempts" => scenario.timing.dlq_attempts.to_string(),
        "timing.other_4xx_policy" => match scenario.timing.other_4xx_policy {
            ClientErrorPolicy::CountAsAttempt => "count_as_attempt".to_owned(),
            ClientErrorPolicy::Drop => "drop".to_owned(),
        },
        "faults" => causes_listed(scenario.faults.len()),
        "imperfections.backlog" => or_unset(scenario.imperfections.backlog.map(|backlog| {
            format!("threshold {}, multiplier {}‰", backlog.threshold, backlog.multiplier_milli)
        })),
        "imperfections.poller_read_rate" => or_unset(scenario.imperfections.read_rate.map(|law| match law {
            ReadRate::Constant(rate) => format!("{} a second", thousandths(rate)),
            ReadRate::Adaptive { initial, .. } => format!("adaptive, from {} a second", thousandths(initial)),
        })),
        "redrives" => format!("{} in all", scenario.redrives.len()),
        "changes" => format!("{} in effect by the end", scenario.changes.len()),
        "timing.config_propagation_delay" => scenario.timing.config_propagation_delay.to_string(),
        other => unreachable!("a rule names the setting {other}, which nothing here can show"),
    };
    format!("{} = {value}", path.replace('*', &function.name))
}

/// A law of durations in short: its mean.
fn typical(law: &Distribution) -> String {
    match law {
        Distribution::Constant(duration) => duration.to_string(),
        _ => format!("{} on average", about(SimDuration::from_secs_f64_saturating(law.mean_seconds()))),
    }
}

/// How the event's source comes again; what a topic or bus offers goes by its own rules.
fn of_source(below: &str, event: &Event, scenario: &Scenario) -> Option<String> {
    let source = &scenario.sources[event.source().index()];
    let value = match (source.retry.filter(|_| event.parent().is_none())?, below) {
        (CallerRetry::Client(client), "client_retry") => {
            format!("{} calls at most, first wait {}", client.max_attempts, client.base)
        }
        (CallerRetry::Exponential(service), "eventbridge.RetryPolicy")
            if source.kind == SourceKind::EventBridge =>
        {
            format!("{} retries within {}", service.max_retries, service.max_age)
        }
        _ => return None,
    };
    Some(format!("sources.{}.{below} = {value}", source.name))
}

fn given(above_zero: bool) -> String {
    if above_zero { "above 0" } else { "0" }.to_owned()
}

fn or_unset(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "not set".to_owned(), |value| value.to_string())
}

fn causes_listed(count: usize) -> String {
    match count {
        0 => "none".to_owned(),
        1 => "1 cause".to_owned(),
        _ => format!("{count} causes"),
    }
}

/// `1.5` for 1 500 thousandths.
fn thousandths(MilliRate(rate): MilliRate) -> String {
    let text = format!("{}.{:03}", rate / 1_000, rate % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
