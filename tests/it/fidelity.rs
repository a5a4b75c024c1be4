//! `docs/fidelity.md`: what every rule and parameter of the model rests on, and the test that holds it.
//!
//! The tables are made from the code and the lists below; a rule or parameter that is missing here fails, as does a
//! test that is gone. `UPDATE_GOLDEN=1 cargo test` writes them.

use crate::source_files::{files, root, text};
use std::fmt::Write as _;
use thirdtry::model::rule::Rule;
use thirdtry::scenario::grammar;
use thirdtry::scenario::shape::{Default, Field, Shape};

/// For each rule, a test that depends on it. That the test is there is checked; that it would fail without the rule
/// is not.
const RULES: &[(&str, &str)] = &[
    ("accepted_into_queue", "v07_a_freed_slot_wakes_nobody"),
    ("first_dispatch", "engine_and_twin_see_the_same_things_happen"),
    ("slot_free", "runs_fit_into_their_slots_to_the_nanosecond"),
    ("reserved_concurrency_in_use", "v07_a_freed_slot_wakes_nobody"),
    ("account_concurrency_in_use", "neighbours_take_a_part_of_the_shared_concurrency_while_they_are_there"),
    ("request_rate_exceeded", "each_slot_is_good_for_ten_requests_a_second"),
    ("reserved_request_rate_exceeded", "each_slot_is_good_for_ten_requests_a_second"),
    ("scaling_rate_exceeded", "new_environments_come_at_the_scaling_rate"),
    ("provisioned_free", "provisioned_environments_come_first_and_the_rest_spills_over"),
    ("provisioned_spillover", "provisioned_environments_are_asked_ten_times_a_second_at_most"),
    ("cold_start", "recorded_logs_have_the_cold_starts_that_the_model_predicts"),
    ("init_repeated", "a_long_init_is_repeated_and_a_crash_costs_the_next_run_its_init"),
    ("suppressed_init", "a_long_init_is_repeated_and_a_crash_costs_the_next_run_its_init"),
    ("init_error", "an_init_that_fails_costs_the_environment"),
    ("scenario_fault", "v09_throttled_beyond_its_age"),
    ("success_ends_event", "v11_a_run_that_outlives_the_age_still_succeeds"),
    ("caught_error_is_success", "engine_and_twin_see_the_same_things_happen"),
    ("timeout_stops_run", "runs_have_the_values_that_theory_gives"),
    ("dependency_queue", "the_mean_wait_is_that_of_erlang_c"),
    ("dependency_brownout", "load_and_brownouts_stretch_services_that_start"),
    ("dependency_outage", "an_outage_fails_calls_without_a_server"),
    ("dependency_full", "a_full_queue_refuses_at_once"),
    ("call_timeout", "a_timeout_of_a_call_is_an_error_unless_it_is_caught"),
    ("call_goes_on", "the_dependency_does_not_notice_that_callers_have_gone"),
    ("dependency_error", "a_timeout_of_a_call_is_an_error_unless_it_is_caught"),
    ("function_error_retry", "v01_three_runs_by_default"),
    ("retries_exhausted", "v02_no_retries"),
    ("backoff", "v13_six_hours_of_throttles"),
    ("age_lookahead", "v03_an_age_of_60_s_allows_no_retry"),
    ("age_at_dispatch", "an_event_may_grow_too_old_before_it_is_read"),
    ("age_before_retries", "engine_and_twin_see_the_same_things_happen"),
    ("zero_reserved_concurrency", "v08_reserved_concurrency_zero_drops_at_once"),
    ("destination_record", "records_for_queues_are_those_that_aws_sent"),
    ("dead_letter_message", "attributes_of_dead_letters_are_those_that_aws_sent"),
    ("delivery_not_repeated", "v12_a_denied_dead_letter_queue_does_not_touch_the_destination"),
    ("sns_drops_payload", "a_record_too_large_for_sns_travels_without_payloads"),
    ("lambda_destination", "two_functions_that_call_each_other_run_sixteen_times_each"),
    ("synchronous_return", "synchronous_calls_are_not_retried"),
    ("client_error_counts", "a_deleted_function_uses_up_the_retries_without_an_invocation"),
    ("client_error_drops", "engine_and_twin_see_the_same_things_happen"),
    ("delivery_tried_again", "engine_and_twin_see_the_same_things_happen"),
    ("configuration_change", "fewer_retries_reach_an_event_that_waits_for_one"),
    ("redrive", "messages_are_sent_again_in_their_order_at_the_rate"),
    ("recursion_stopped", "the_seventeenth_invocation_is_stopped_unless_loops_are_allowed"),
    ("subscriber_invoked", "every_route_invokes_its_subscribers"),
    ("caller_rate_limit", "programs_meet_the_request_rate_and_services_do_not"),
    ("front_door_fault", "what_is_never_accepted_is_no_event_to_lambda"),
    ("client_retry", "an_sdk_waits_up_to_twice_as_long_each_time"),
    ("sns_retry", "sns_comes_again_in_four_phases"),
    ("service_retry", "eventbridge_gives_up_after_its_retries_or_its_time"),
    ("duplicated", "imperfections_move_no_draw_and_are_counted_apart"),
    ("vanished", "imperfections_move_no_draw_and_are_counted_apart"),
    ("backlog_slowdown", "waits_are_longer_under_a_backlog_and_may_pass_the_cap"),
    ("poller_read_rate", "a_dispatch_that_comes_too_soon_is_postponed_and_not_throttled"),
];

/// The twin varies it in its generated scenarios, or every run depends on it.
const TWIN: &str = "engine_and_twin_see_the_same_things_happen";

/// For each parameter, a test that depends on it; checked as far as for rules.
const PARAMETERS: &[(&str, &str)] = &[
    ("timing.dispatch_latency", TWIN),
    ("timing.init_limit", "a_long_init_is_repeated_and_a_crash_costs_the_next_run_its_init"),
    ("timing.provisioned_delay", TWIN),
    ("timing.function_retry_delay", "v01_three_runs_by_default"),
    ("timing.function_retry_jitter", TWIN),
    ("timing.backoff_base", "v13_six_hours_of_throttles"),
    ("timing.backoff_factor", "v13_six_hours_of_throttles"),
    ("timing.backoff_cap", "v13_six_hours_of_throttles"),
    ("timing.backoff_jitter", TWIN),
    ("timing.backoff_reset_on_run", TWIN),
    ("timing.offer_jitter", "each_caller_comes_again_as_its_kind_does"),
    ("timing.age_check_function_error", "v05_the_age_is_looked_at_ahead_after_a_long_run"),
    ("timing.age_check_invocation_error", "v09_throttled_beyond_its_age"),
    ("timing.terminal_precedence", TWIN),
    ("timing.other_4xx_policy", "a_deleted_function_uses_up_the_retries_without_an_invocation"),
    ("timing.count_on_success", "a_success_counts_its_attempts_if_the_scenario_says_so"),
    ("timing.dest_attempts", TWIN),
    ("timing.dlq_attempts", TWIN),
    ("timing.delivery_latency", TWIN),
    (
        "timing.config_propagation_delay",
        "asynchronous_settings_take_effect_after_the_propagation_delay_and_others_at_once",
    ),
    ("account.concurrency", "capacity_that_aws_would_refuse_is_refused"),
    ("account.unreserved_minimum", "capacity_that_aws_would_refuse_is_refused"),
    ("account.requests_per_concurrency", "each_slot_is_good_for_ten_requests_a_second"),
    ("account.scaling_rate", "new_environments_come_at_the_scaling_rate"),
    ("account.neighbours", "neighbours_take_a_part_of_the_shared_concurrency_while_they_are_there"),
    ("functions.*.ReservedConcurrentExecutions", "v07_a_freed_slot_wakes_nobody"),
    (
        "functions.*.ProvisionedConcurrencyConfig",
        "provisioned_environments_come_first_and_the_rest_spills_over",
    ),
    ("functions.*.Timeout", TWIN),
    ("functions.*.RecursiveLoop", "a_loop_that_is_allowed_or_not_seen_goes_on_until_the_end"),
    ("functions.*.init", "a_long_init_is_repeated_and_a_crash_costs_the_next_run_its_init"),
    ("functions.*.idle_time", "idle_for_so_long_it_is_gone"),
    ("functions.*.lifetime", "so_old_it_is_replaced_though_busy"),
    ("functions.*.EventInvokeConfig.MaximumRetryAttempts", "v02_no_retries"),
    ("functions.*.EventInvokeConfig.MaximumEventAgeInSeconds", "v04_an_age_of_90_s_allows_one_retry"),
    ("functions.*.EventInvokeConfig.DestinationConfig", "records_for_queues_are_those_that_aws_sent"),
    ("functions.*.DeadLetterConfig", "attributes_of_dead_letters_are_those_that_aws_sent"),
    ("imperfections.duplicate_probability", "imperfections_move_no_draw_and_are_counted_apart"),
    ("imperfections.loss_probability", "imperfections_move_no_draw_and_are_counted_apart"),
    ("imperfections.backlog", "waits_are_longer_under_a_backlog_and_may_pass_the_cap"),
    ("imperfections.poller_read_rate", "a_dispatch_that_comes_too_soon_is_postponed_and_not_throttled"),
    ("imperfections.neighbour_delay", "neighbours_delay_every_dispatch"),
];

/// Where parameters of the model are: every setting there has a row. Of functions, AWS's settings and what concerns
/// environments; what the code of a function does is input, not a parameter of the model.
const COMPLETE: &[&str] = &["timing", "account", "imperfections", "functions.*.EventInvokeConfig"];

#[test]
fn every_rule_and_parameter_has_a_row() {
    let named: Vec<&str> = RULES.iter().map(|(rule, _)| *rule).collect();
    let rules: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    for rule in &rules {
        assert!(named.contains(rule), "tests/it/fidelity.rs names no test of rule `{rule}`");
    }
    assert_eq!(named.len(), rules.len(), "a rule that is gone is still named");
    for section in COMPLETE {
        for field in fields(section) {
            let path = format!("{section}.{}", field.key);
            let has_row = PARAMETERS.iter().any(|(known, _)| *known == path);
            assert!(has_row, "tests/it/fidelity.rs names no test of parameter `{path}`");
        }
    }
}

#[test]
fn every_test_that_is_named_is_there() {
    let sources: String = files("src", "rs").iter().chain(&files("tests", "rs")).map(text).collect();
    for (what, test) in RULES.iter().chain(PARAMETERS) {
        assert!(sources.contains(&format!("fn {test}(")), "`{what}` names `{test}`, which is no test");
    }
}

const RULES_MARK: &str = "rules";
const PARAMETERS_MARK: &str = "parameters";

#[test]
fn the_tables_are_current() {
    let path = root().join("docs/fidelity.md");
    let found = text("docs/fidelity.md");
    let current =
        with_table(&with_table(&found, RULES_MARK, &rules_table()), PARAMETERS_MARK, &parameters_table());
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::write(&path, &current).expect("the file can be written");
        return;
    }
    assert!(
        found == current,
        "docs/fidelity.md is not current; UPDATE_GOLDEN=1 cargo test rewrites its tables"
    );
}

/// `document` with `table` between the marks of that name.
fn with_table(document: &str, mark: &str, table: &str) -> String {
    let (begin, end) =
        (format!("<!-- generated: {mark}: begin -->\n"), format!("<!-- generated: {mark}: end -->"));
    let (before, rest) = document.split_once(&begin).expect("the begin mark");
    let (_, after) = rest.split_once(&end).expect("the end mark");
    [before, &begin, table, &end, after].concat()
}

fn rules_table() -> String {
    let mut table =
        "| Rule | Standing | What it says | Source | Parameters | Test |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for rule in Rule::ALL {
        let settings = rule.settings().iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
        let (_, test) = RULES.iter().find(|(name, _)| *name == rule.name()).expect("checked above");
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} | {} | `{test}` |",
            rule.name(),
            rule.standing().name(),
            rule.statement(),
            linked(rule.source()),
            if settings.is_empty() { "–" } else { &settings },
        );
    }
    table
}

fn parameters_table() -> String {
    let mut table =
        "| Parameter | `measured` | `documented` | Source | Test |\n|---|---|---|---|---|\n".to_owned();
    for (path, test) in PARAMETERS {
        let (section, key) = path.rsplit_once('.').expect("a dotted path");
        let field = fields(section).iter().find(|field| field.key == key);
        let field = field.unwrap_or_else(|| panic!("there is no setting {path}"));
        let (measured, documented) = match field.default {
            Default::Value(same) => (quoted(same), quoted(same)),
            Default::ByProfile { measured, documented } => (quoted(measured), quoted(documented)),
            Default::Absent(meaning) => (meaning.to_owned(), meaning.to_owned()),
            Default::Required => ("–".to_owned(), "–".to_owned()),
        };
        let source =
            if field.source.is_empty() { "[model.md](model.md)".to_owned() } else { linked(field.source) };
        let _ = writeln!(table, "| `{path}` | {measured} | {documented} | {source} | `{test}` |");
    }
    table
}

fn quoted(json: &str) -> String {
    format!("`{}`", json.trim_matches('"'))
}

/// An address as a link that shows its last part; one of our documents by its name.
fn linked(source: &str) -> String {
    if let Some(ours) = source.strip_prefix("docs/") {
        return format!("[{ours}]({ours})");
    }
    let last = source.rsplit('/').find(|part| !part.is_empty()).unwrap_or(source);
    format!("[{}]({source})", last.trim_end_matches(".html"))
}

/// The fields of the record at `path` of the scenario language.
fn fields(path: &str) -> &'static [Field] {
    let mut shape: &'static Shape = &grammar::SCENARIO;
    for key in path.split('.') {
        shape = match shape {
            Shape::Record(record) => {
                let field = record.fields.iter().find(|field| field.key == key);
                &field.unwrap_or_else(|| panic!("no setting `{key}` of `{path}`")).shape
            }
            Shape::Map { of, .. } if key == "*" => of,
            _ => panic!("`{path}` leads nowhere at `{key}`"),
        };
    }
    let Shape::Record(record) = shape else { panic!("`{path}` has no settings") };
    record.fields
}
