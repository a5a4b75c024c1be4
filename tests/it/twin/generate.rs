//! Scenarios by chance: small, crowded, and on round times, so that ties are frequent.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// A key with a value, or nothing: the setting keeps its default.
type Setting = BoxedStrategy<Option<(String, Value)>>;

/// The text of a valid scenario.
pub(crate) fn scenario() -> impl Strategy<Value = String> {
    let parts = (
        (0u64..1_000, select(vec!["documented", "measured"]), timing(), account()),
        (
            function(&["queue", "topic", "bus", "to-b", "to-c"]),
            function(&["queue", "topic", "bus", "to-a", "to-c"]),
            function(&["queue"]),
        ),
        vec(destination(), 7),
        vec(source(), 1..4),
        vec(fault(), 0..3),
        (
            changes(),
            redrives(),
            select(vec![json!([]), json!(["c"]), json!(["b", "c"])]),
            0u8..12,
            imperfections(),
        ),
        object(vec![
            maybe("arrivals_end", &[r#""5s""#, r#""1m""#]),
            maybe("end", &[r#""1s""#, r#""10s""#, r#""3m""#, r#""drained""#]),
        ]),
    );
    parts.prop_map(
        |(
            (seed, profile, timing, account),
            functions,
            destinations,
            sources,
            faults,
            (changes, redrives, subscribers, chance, imperfections),
            bounds,
        )| {
            let mut scenario = json!({
                "version": 1, "seed": seed, "profile": profile, "timing": timing, "account": account,
                "functions": { "a": functions.0, "b": functions.1, "c": functions.2 },
                "destinations": {}, "sources": {}, "faults": faults, "changes": changes,
            "redrives": redrives,
            });
            let kinds = ["bucket", "bus", "queue", "to-a", "to-b", "to-c", "topic"];
            for (name, settings) in kinds.into_iter().zip(destinations) {
                scenario["destinations"][name] = of_kind(name, settings);
            }
            scenario["destinations"]["topic"]["sns"]["subscribers"] = subscribers;
            for (name, source) in ["x", "y", "z"].into_iter().zip(sources) {
                scenario["sources"][name] = source;
            }
            let bounds = bounds.as_object().expect("an object").clone();
            scenario.as_object_mut().expect("an object").extend(bounds);
            scenario["imperfections"] = imperfections;
            if chance == 11 {
                go_round(&mut scenario);
            }
            make_valid(&mut scenario);
            scenario.to_string()
        },
    )
}

/// Two functions that do nothing but invoke each other: chance alone seldom goes round sixteen times.
fn go_round(scenario: &mut Value) {
    for (name, other) in [("a", "to-b"), ("b", "to-a")] {
        let to = json!({ "Destination": other });
        let function = json!({ "EventInvokeConfig": { "MaximumEventAgeInSeconds": 60,
            "DestinationConfig": { "OnSuccess": to, "OnFailure": to } }, "DeadLetterConfig": { "TargetArn": "queue" } });
        scenario["functions"][name] = function;
        scenario["destinations"][other]["lambda"]["failures"] = json!([]);
    }
    scenario["destinations"]["topic"]["sns"]["subscribers"] = json!(["c"]);
    scenario["faults"] = json!([]);
    scenario["end"] = json!("drained");
    scenario["sources"]["x"]["max_events"] = json!(1);
    scenario["sources"]["x"]["to"] = json!("a");
}

/// Functions may lead back to each other, but by one way only: with two the number of events doubles with every
/// round, and only the sixteenth ends it. And one of two must be stopped for good.
fn tame_loops(scenario: &mut Value) {
    let branches = scenario["destinations"]["topic"]["sns"]["subscribers"][0] == "b";
    if branches {
        let function = &mut scenario["functions"]["b"];
        for route in ["OnSuccess", "OnFailure"] {
            let target = &mut function["EventInvokeConfig"]["DestinationConfig"][route]["Destination"];
            if *target == "to-a" || *target == "topic" {
                *target = json!("to-c");
            }
        }
        if function["DeadLetterConfig"]["TargetArn"] == "topic" {
            function["DeadLetterConfig"]["TargetArn"] = json!("queue");
        }
        drop_absent(function);
    }
    let routes = &scenario["functions"]["b"]["EventInvokeConfig"]["DestinationConfig"];
    if ["OnSuccess", "OnFailure"].iter().any(|route| routes[*route]["Destination"] == "to-a") {
        // A second delivery in every round would double the events as well.
        scenario["imperfections"]["duplicate_probability"] = json!(0);
        // Without any concurrency nothing runs, so nothing is stopped, and only the size of the record ends it.
        scenario["changes"] = json!([]);
        let reserved = &mut scenario["functions"]["b"]["ReservedConcurrentExecutions"];
        if *reserved == 0 {
            *reserved = json!(1);
        }
        drop_absent(&mut scenario["functions"]["b"]);
    }
    let function = &mut scenario["functions"]["c"];
    if function["DeadLetterConfig"]["TargetArn"] == "topic" {
        function["DeadLetterConfig"]["TargetArn"] = json!("queue");
    }
    drop_absent(function);
    let allowed = scenario["functions"]["a"]["RecursiveLoop"] == "Allow";
    let function = &mut scenario["functions"]["b"];
    function["RecursiveLoop"] = json!("Terminate");
    let on_failure = &mut function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"];
    if allowed && *on_failure == "to-a" {
        // What is stopped would go on in the loop by its failure route.
        *on_failure = json!("to-c");
    }
    drop_absent(function);
    drop_absent(&mut scenario["functions"]["a"]);
}

/// Looking something up in order to change it puts a `null` where nothing was.
fn drop_absent(value: &mut Value) {
    if let Value::Object(map) = value {
        map.values_mut().for_each(drop_absent);
        map.retain(|_, inner| !inner.is_null() && *inner != json!({ "Destination": null }));
        map.retain(|key, inner| {
            !matches!(key.as_str(), "OnSuccess" | "OnFailure" | "DeadLetterConfig") || *inner != json!({})
        });
    }
}

/// Provisioned concurrency lies within a reservation, and the quota covers what is claimed.
fn make_valid(scenario: &mut Value) {
    tame_loops(scenario);
    let mut claimed = 0;
    for name in ["a", "b", "c"] {
        let function = &mut scenario["functions"][name];
        let reserved = function["ReservedConcurrentExecutions"].as_u64();
        let provisioned = &function["ProvisionedConcurrencyConfig"]["ProvisionedConcurrentExecutions"];
        let provisioned = provisioned.as_u64().unwrap_or(0);
        if provisioned == 0 || reserved.is_some_and(|reserved| reserved < provisioned) {
            function.as_object_mut().expect("an object").remove("ProvisionedConcurrencyConfig");
            claimed += reserved.unwrap_or(0);
        } else {
            claimed += reserved.unwrap_or(provisioned);
        }
    }
    // A change or redrive after the end is refused.
    let end = match scenario["end"].as_str() {
        Some("1s") => 1_000,
        Some("10s") => 10_000,
        Some("3m") => 180_000,
        _ => u32::MAX,
    };
    let early = |change: &Value| {
        let millis = change["at"].as_str().and_then(|at| at.strip_suffix("ms"));
        millis.and_then(|millis| millis.parse::<u32>().ok()).is_some_and(|millis| millis < end)
    };
    // A queue that is read must be filled.
    let fills = |name: &&str| {
        let function = &scenario["functions"][*name];
        let routes = &function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"];
        routes == "queue" || function["DeadLetterConfig"]["TargetArn"] == "queue"
    };
    let filled = ["a", "b", "c"].iter().any(fills);
    scenario["changes"].as_array_mut().expect("a list").retain(early);
    scenario["redrives"].as_array_mut().expect("a list").retain(|redrive| filled && early(redrive));
    if !scenario["changes"].as_array().is_none_or(Vec::is_empty) {
        // As much as changes can claim.
        claimed = 6;
    }
    let account = &mut scenario["account"];
    account["concurrency"] = json!(account["concurrency"].as_u64().unwrap_or(3) + claimed);
    account["unreserved_minimum"] = json!(0);
}

fn of_kind(name: &str, mut settings: Value) -> Value {
    match name.strip_prefix("to-") {
        Some(function) => {
            settings["FunctionName"] = json!(function);
            json!({ "lambda": settings })
        }
        None if name == "topic" => {
            settings["oversize"] = json!(if settings["latency"].is_null() { "drop_payload" } else { "fail" });
            json!({ "sns": settings })
        }
        None if name == "queue" => {
            settings["MessageRetentionPeriod"] = json!(60);
            json!({ "sqs": settings })
        }
        None if name == "bus" => {
            settings["subscribers"] = json!(["c"]);
            json!({ "eventbridge": settings })
        }
        None => json!({ "s3": settings }),
    }
}

fn timing() -> BoxedStrategy<Value> {
    let checks = [r#""at_dispatch""#, r#""clip_to_deadline""#, r#""lookahead""#];
    object(vec![
        maybe("dispatch_latency", &[r#""0s""#, r#""1s""#, r#""30ms""#]),
        maybe("function_retry_delay", &[r#""1s""#, r#""1m""#]),
        maybe("function_retry_jitter", &["0", "0.125"]),
        maybe("backoff_base", &[r#""1s""#, r#""500ms""#]),
        maybe("backoff_factor", &["2", "1", "3"]),
        maybe("backoff_cap", &[r#""4s""#, r#""5m""#]),
        maybe("backoff_jitter", &["0", "0.125"]),
        maybe("backoff_reset_on_run", &["true", "false"]),
        maybe("age_check_function_error", &checks),
        maybe("age_check_invocation_error", &checks),
        maybe("terminal_precedence", &[r#""age_first""#, r#""retries_first""#]),
        maybe("delivery_latency", &[r#""0s""#, r#""500ms""#, r#""1s""#]),
        maybe("other_4xx_policy", &[r#""drop""#, r#""count_as_attempt""#]),
        maybe("config_propagation_delay", &[r#""1s""#, r#""2m""#]),
        maybe("provisioned_delay", &[r#""0s""#, r#""1s""#]),
        maybe("dest_attempts", &["2", "3"]),
        maybe("dlq_attempts", &["2", "3"]),
        maybe("init_limit", &[r#""1s""#, r#""10s""#]),
    ])
}

fn account() -> BoxedStrategy<Value> {
    object(vec![
        maybe("concurrency", &["3", "2", "1", "100"]),
        always("requests_per_concurrency", &["10", "1", "0", "2"]),
        maybe(
            "scaling_rate",
            &[r#"{ "environments": 1, "per_second": 1 }"#, r#"{ "environments": 2, "per_second": 1 }"#],
        ),
        maybe(
            "neighbours",
            &[
                r#"[{ "concurrency": 1 }]"#,
                r#"[{ "concurrency": 2, "during": ["1s", "10s"] }, { "concurrency": 100, "during": ["5s", "20s"] }]"#,
            ],
        ),
    ])
}

/// A function with these destinations, and the bucket for failures.
fn function(destinations: &[&str]) -> BoxedStrategy<Value> {
    let routes = |more: &[&str]| -> Vec<String> {
        let names = destinations.iter().chain(more);
        names.map(|name| format!(r#"{{ "Destination": "{name}" }}"#)).collect()
    };
    let borrowed = |texts: &[String], key| maybe(key, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let config = object(vec![
        maybe("MaximumRetryAttempts", &["0", "1", "2"]),
        // Never the default: six hours of throttles every second would be all that is compared.
        always("MaximumEventAgeInSeconds", &["60", "61", "90", "180", "300"]),
        nested(
            "DestinationConfig",
            object(vec![borrowed(&routes(&[]), "OnSuccess"), borrowed(&routes(&["bucket"]), "OnFailure")]),
        ),
    ]);
    let law = [
        r#""0s""#,
        r#""1s""#,
        r#""2s""#,
        r#""500ms""#,
        r#""1m""#,
        r#"{ "uniform": { "min": "0s", "max": "2s" } }"#,
        r#"{ "exponential": { "mean": "1s" } }"#,
    ];
    object(vec![
        maybe("ReservedConcurrentExecutions", &["2", "1", "0"]),
        maybe(
            "ProvisionedConcurrencyConfig",
            &[r#"{ "ProvisionedConcurrentExecutions": 1 }"#, r#"{ "ProvisionedConcurrentExecutions": 2 }"#],
        ),
        always("Timeout", &["900", "5", "1"]),
        nested("EventInvokeConfig", config),
        maybe("RecursiveLoop", &[r#""Allow""#, r#""Terminate""#]),
        maybe("DeadLetterConfig", &[r#"{ "TargetArn": "queue" }"#, r#"{ "TargetArn": "topic" }"#]),
        maybe("duration", &law),
        maybe("init", &[r#""1s""#, r#""0s""#, r#""11s""#, r#"{ "uniform": { "min": "0s", "max": "3s" } }"#]),
        maybe("idle_time", &[r#""1s""#, r#""10s""#]),
        maybe("lifetime", &[r#""5s""#, r#""1m""#]),
        maybe("response", &[r#""not_json""#]),
        maybe("response_size", &[r#""200B""#, r#""300KiB""#]),
        nested("failures", vec(failure(&law), 0..4).prop_map(Value::from).boxed()),
    ])
}

fn failure(laws: &[&'static str]) -> BoxedStrategy<Value> {
    let kinds =
        select(vec!["exception", "timeout", "caught", "poison", "init_failure", "crash", "out_of_memory"]);
    let settings = object(vec![probability(), during(), maybe("duration", laws)]);
    (kinds, settings)
        .prop_map(|(kind, mut settings)| {
            if matches!(kind, "timeout" | "init_failure") {
                settings.as_object_mut().expect("an object").remove("duration");
            }
            json!({ kind: settings })
        })
        .boxed()
}

fn fault() -> BoxedStrategy<Value> {
    let settings = object(vec![probability(), during(), maybe("function", &[r#""a""#, r#""b""#])]);
    (select(vec!["throttle", "system_error", "client_error"]), settings)
        .prop_map(|(kind, settings)| json!({ kind: settings }))
        .boxed()
}

fn destination() -> BoxedStrategy<Value> {
    let causes = (
        select(vec!["permission", "misconfiguration", "size", "throttled"]),
        object(vec![probability(), during()]),
    )
        .prop_map(|(kind, settings)| json!({ kind: settings }));
    object(vec![
        maybe("latency", &[r#""0s""#, r#""1s""#, r#""500ms""#]),
        nested("failures", vec(causes, 0..3).prop_map(Value::from).boxed()),
    ])
}

fn source() -> BoxedStrategy<Value> {
    let times = vec(0u32..30, 1..10).prop_map(|mut halves| {
        halves.sort_unstable();
        let times: Vec<String> = halves.iter().map(|half| format!("{}ms", half * 500)).collect();
        json!({ "times": times })
    });
    let steady = select(vec![
        json!({ "constant": { "every": "1s" } }),
        json!({ "constant": { "every": "500ms" } }),
        json!({ "constant": { "every": "100ms" } }),
        json!({ "poisson": { "rate": "2/s" } }),
        json!({ "poisson": { "rate": "3/min" } }),
    ]);
    let arrivals = prop_oneof![times, steady];
    let more = object(vec![
        maybe("invocation", &[r#""sync""#]),
        maybe("from", &[r#""1s""#, r#""500ms""#]),
        maybe("until", &[r#""2s""#, r#""10s""#]),
        maybe("size", &[r#""300KiB""#, r#""1MiB""#]),
    ]);
    let targets = vec![json!("a"), json!("b"), json!("c"), json!(["a", "b"]), json!(["c", "a"])];
    (select(targets), 1u32..15, arrivals, more)
        .prop_map(|(to, most, arrivals, mut source)| {
            if to.is_array() {
                // A caller that waits, waits for one function.
                source.as_object_mut().expect("an object").remove("invocation");
            }
            source["to"] = to;
            // Services are accepted at any rate: the twin begins with acceptance.
            source["sns"] = json!({});
            source["max_events"] = json!(most);
            source["arrivals"] = arrivals;
            source
        })
        .boxed()
}

fn probability() -> Setting {
    maybe("probability", &["1", "0.5", "0.2"])
}

fn during() -> Setting {
    maybe("during", &[r#"["0s", "2s"]"#, r#"["1s", "1m"]"#, r#"[["0s", "1s"], ["5s", "3m"]]"#])
}

fn imperfections() -> BoxedStrategy<Value> {
    let some =
        object(vec![maybe("duplicate_probability", &["0.2", "1"]), maybe("loss_probability", &["0.2", "1"])]);
    prop_oneof![3 => Just(json!({})), 1 => some].boxed()
}

fn redrives() -> BoxedStrategy<Value> {
    let more = object(vec![
        always("rate", &[r#""1/s""#, r#""2/s""#, r#""6/min""#]),
        maybe("max_messages", &["1", "2", "5"]),
        maybe("to", &[r#""b""#]),
    ]);
    vec((0u32..24, more), 0..4)
        .prop_map(|mut redrives| {
            redrives.sort_by_key(|(tens, _)| *tens);
            redrives.dedup_by_key(|(tens, _)| *tens);
            let redrive = |(tens, mut redrive): (u32, Value)| {
                redrive["from"] = json!("queue");
                redrive["at"] = json!(format!("{}ms", tens * 10_000));
                redrive
            };
            redrives.into_iter().map(redrive).collect::<Vec<_>>().into()
        })
        .boxed()
}

/// Changes of configuration, in order of time.
fn changes() -> BoxedStrategy<Value> {
    let reservations = ["[null, null]", "[0, null]", "[1, null]", "[2, 1]", "[2, 2]", "[null, 2]"];
    let reservation = (select(vec!["a", "b", "c"]), select(parsed(&reservations))).prop_map(|(name, pair)| {
        let path = |key: &str| format!("functions.{name}.{key}");
        let provisioned = match pair[1].as_u64() {
            Some(count) => json!({ "ProvisionedConcurrentExecutions": count }),
            None => Value::Null,
        };
        json!({ path("ReservedConcurrentExecutions"): pair[0], path("ProvisionedConcurrencyConfig"): provisioned })
    });
    let others = [
        r#"{ "functions.a.EventInvokeConfig.MaximumRetryAttempts": 0 }"#,
        r#"{ "functions.a.EventInvokeConfig.MaximumEventAgeInSeconds": 60 }"#,
        r#"{ "functions.a.EventInvokeConfig.DestinationConfig": { "OnSuccess": { "Destination": "bus" } } }"#,
        r#"{ "functions.a.DeadLetterConfig": { "TargetArn": "topic" } }"#,
        r#"{ "functions.a.DeadLetterConfig": null }"#,
        r#"{ "functions.a.failures": [] }"#,
        r#"{ "functions.a.failures": [{ "exception": {} }] }"#,
        r#"{ "functions.a.duration": "2s", "functions.a.Timeout": 1 }"#,
        r#"{ "functions.a.init": "2s", "functions.a.EventInvokeConfig.MaximumRetryAttempts": 1 }"#,
        r#"{ "account.concurrency": 9 }"#,
    ];
    let change = (0u32..40, prop_oneof![reservation, select(parsed(&others))]);
    let list = vec(change, 0..4).prop_map(|mut changes| {
        changes.sort_by_key(|(halves, _)| *halves);
        // What is set at a time is set once.
        changes.dedup_by_key(|(halves, _)| *halves);
        let change = |(halves, set): (u32, Value)| json!({ "at": format!("{}ms", halves * 500), "set": set });
        changes.into_iter().map(change).collect::<Vec<_>>().into()
    });
    prop_oneof![Just(json!([])), list].boxed()
}

fn maybe(key: &'static str, values: &[&str]) -> Setting {
    option::of(select(parsed(values))).prop_map(move |value| Some((key.to_owned(), value?))).boxed()
}

fn always(key: &'static str, values: &[&str]) -> Setting {
    nested(key, select(parsed(values)).boxed())
}

fn parsed(values: &[&str]) -> Vec<Value> {
    values.iter().map(|text| serde_json::from_str(text).expect("valid JSON")).collect()
}

fn nested(key: &'static str, value: BoxedStrategy<Value>) -> Setting {
    value.prop_map(move |value| Some((key.to_owned(), value))).boxed()
}

fn object(settings: Vec<Setting>) -> BoxedStrategy<Value> {
    settings.prop_map(|settings| Value::Object(settings.into_iter().flatten().collect::<Map<_, _>>())).boxed()
}
