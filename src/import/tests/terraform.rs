//! Terraform: configurations and plans.

use super::super::book::Verdict;
use super::super::{Imported, Language, Options, import};
use super::{accepted, file, options, refused, says, source_names, value};

fn terraform(text: &str, parameters: &[(&str, &str)]) -> Imported {
    accepted(Language::Terraform, text, parameters)
}

/// A configuration with one function whose `timeout` is an expression.
fn with_tf_timeout(expression: &str) -> String {
    format!(
        "variable \"size\" {{\n  default = 7\n}}\nvariable \"open\" {{}}\nvariable \"stages\" {{\n  default = {{ dev = 11, prod = 12 }}\n}}\n\
         locals {{\n  stage = \"dev\"\n  twice = var.size * 2\n  loop = local.pool\n  pool = local.loop\n}}\n\
         resource \"aws_lambda_function\" \"f\" {{\n  timeout = {expression}\n}}\n"
    )
}

#[test]
fn terraform_s_expressions_are_worked_out() {
    let cases = [
        ("9", "9"),
        ("\"9\"", "9"),
        ("var.size", "7"),
        ("local.twice", "14"),
        ("\"${var.size}\"", "7"),
        ("\"1${var.size}\"", "17"),
        ("var.stages[local.stage]", "11"),
        ("var.stages.prod", "12"),
        ("local.stage == \"dev\" ? 1 : 2", "1"),
        ("!(var.size > 7) && true ? 3 : 4", "3"),
        ("lookup(var.stages, \"qa\", 13)", "13"),
        ("try(var.open, 8)", "8"),
        ("coalesce(null, 5)", "5"),
        ("tonumber(\"6\")", "6"),
        ("[4, 5][1]", "5"),
        ("length([1, 2, 3])", "3"),
        ("(var.size + 3) / 2 - 1", "4"),
        ("min(var.size, 3)", "3"),
        ("max(1, var.size, 3)", "7"),
        ("contains([\"dev\", \"qa\"], local.stage) ? 1 : 2", "1"),
        ("format(\"%d%s\", 1, \"2\")", "12"),
        ("merge(var.stages, { dev = 5 }).dev", "5"),
        ("concat([1], [2, 3])[2]", "3"),
        ("length(toset([\"a\", \"b\", \"a\"]))", "2"),
        ("length(compact([\"a\", \"\", null]))", "1"),
        ("keys({ b = 1, a = 2 })[0] == \"a\" ? 1 : 2", "1"),
    ];
    for (expression, expected) in cases {
        let imported = terraform(&with_tf_timeout(expression), &[]);
        assert_eq!(value(&imported, "/functions/f/Timeout").to_string(), expected, "{expression}");
    }
    let given = terraform(&with_tf_timeout("var.open"), &[("open", "5")]);
    assert_eq!(value(&given, "/functions/f/Timeout"), 5);
    let given = terraform(&with_tf_timeout("var.stages.dev"), &[("stages", "{\"dev\": 21}")]);
    assert_eq!(value(&given, "/functions/f/Timeout"), 21);
    let given = terraform(
        &with_tf_timeout("data.aws_ssm_parameter.t.value"),
        &[("data.aws_ssm_parameter.t.value", "5")],
    );
    assert_eq!(value(&given, "/functions/f/Timeout"), 5);
}

#[test]
fn what_terraform_leaves_open_is_a_problem_that_names_the_remedy() {
    let cases = [
        ("var.open", "has no default", "--parameter 'open=VALUE'"),
        ("var.nobody", "no variable `nobody`", "plain value"),
        ("local.loop", "depends on itself", "plain value"),
        (
            "data.aws_ssm_parameter.t.value",
            "only when it is deployed",
            "'data.aws_ssm_parameter.t.value=VALUE'",
        ),
        ("module.limits.timeout", "only when it is deployed", "'module.limits.timeout=VALUE'"),
        ("each.value", "known to a plan only", "plain value"),
        ("file(\"x\")", "function `file`", "plain value"),
        ("format(\"%05d\", 1)", "function `format`", "plain value"),
        ("min(var.stages, 1)", "function `min`", "plain value"),
        ("[for x in [1] : x][0]", "a `for` makes it", "plain value"),
        ("var.stages.qa", "no `qa` in it", "plain value"),
        ("\"soon\"", "not a whole number", "whole number"),
        ("901", "must be 1..900", "docs/scenario.md"),
    ];
    for (expression, message, hint) in cases {
        let problems = refused(Language::Terraform, &with_tf_timeout(expression), &[]);
        let [problem] = problems.as_slice() else { panic!("{expression}: {problems:?}") };
        assert!(problem.message.contains(message), "{expression}: {problem}");
        assert!(problem.hint.contains(hint), "{expression}: {problem}");
        let place = (problem.origin.line, problem.origin.resource.as_str());
        assert_eq!(place, (15, "aws_lambda_function.f"), "{expression}");
    }
}

#[test]
fn terraform_s_resources_are_read_and_what_makes_several_is_noted() {
    let text = r#"
resource "aws_lambda_function" "ship" {
  function_name = "ship-it"
  reserved_concurrent_executions = -1
  dead_letter_config { target_arn = aws_sqs_queue.dead[0].arn }
}
resource "aws_lambda_function" "bill" {}
resource "aws_sqs_queue" "dead" {
  count                     = 1
  message_retention_seconds = 600
}
resource "aws_sqs_queue" "none" { count = 0 }
resource "aws_lambda_function" "many" { for_each = toset(["a", "b"]) }
resource "aws_lambda_function" "some" { count = 3 }
module "more" { source = "./more" }
resource "aws_lambda_function_event_invoke_config" "ship" {
  function_name = "ship-it"
  qualifier     = "live"
  destination_config {
    on_failure { destination = "arn:aws:sqs:eu-west-1:1:elsewhere" }
  }
}
resource "aws_lambda_provisioned_concurrency_config" "ship" {
  function_name = aws_lambda_function.ship.function_name
  provisioned_concurrent_executions = 2
}
resource "aws_lambda_function_recursion_config" "ship" {
  function_name  = aws_lambda_function.ship.function_name
  recursive_loop = "Allow"
}
resource "aws_sns_topic" "orders" {}
resource "aws_sns_topic_subscription" "ship" {
  topic_arn = aws_sns_topic.orders.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.ship.arn
}
resource "aws_cloudwatch_event_rule" "tick" { schedule_expression = "rate(5 minutes)" }
resource "aws_cloudwatch_event_target" "tick" {
  rule = aws_cloudwatch_event_rule.tick.name
  arn  = aws_lambda_function.bill.arn
  retry_policy { maximum_retry_attempts = 4 }
}
resource "aws_lambda_event_source_mapping" "m" { function_name = aws_lambda_function.bill.arn }
resource "aws_dynamodb_table" "t" {}
"#;
    let imported = terraform(text, &[]);
    let expected = [
        ("/functions/ship/DeadLetterConfig/TargetArn", "\"dead\""),
        ("/functions/ship/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions", "2"),
        ("/functions/ship/RecursiveLoop", "\"Allow\""),
        ("/functions/ship/EventInvokeConfig/DestinationConfig/OnFailure/Destination", "\"elsewhere\""),
        ("/destinations/dead/sqs/MessageRetentionPeriod", "600"),
        ("/sources/orders/to", "\"ship\""),
        ("/sources/tick/arrivals/constant/every", "\"5m\""),
        ("/sources/tick/eventbridge/RetryPolicy/MaximumRetryAttempts", "4"),
    ];
    for (pointer, json) in expected {
        assert_eq!(value(&imported, pointer).to_string(), json, "{pointer}");
    }
    for words in [
        "its `count` is 0",
        "`for_each` makes any number",
        "makes `3` of it",
        "inside of a module",
        "polls for it",
        "aws_dynamodb_table",
    ] {
        says(&imported, Verdict::Ignored, words);
    }
    says(&imported, Verdict::Assumed, "outside of the template");
    assert_eq!(imported.application.functions.len(), 2);
}

#[test]
fn values_files_count_less_than_parameters_and_more_than_defaults() {
    let configuration = file(
        "main.tf",
        "variable \"t\" {\n  default = 1\n}\nresource \"aws_lambda_function\" \"f\" {\n  timeout = var.t\n}\n",
    );
    let values = file("terraform.tfvars", "t = 2\n");
    let both = [configuration, values];
    let read = |options: &Options| import(Language::Terraform, &both, options).expect("fits");
    assert_eq!(value(&read(&Options::default()), "/functions/f/Timeout"), 2);
    assert_eq!(value(&read(&options(&[("t", "3")])), "/functions/f/Timeout"), 3);
}

#[test]
fn a_plan_gives_values_and_its_configuration_the_references() {
    let text = r#"{"format_version":"1.2","planned_values":{"root_module":{
 "resources":[
  {"address":"aws_sqs_queue.dead","mode":"managed","type":"aws_sqs_queue","name":"dead","values":{"name":null,"fifo_queue":false,"message_retention_seconds":600}},
  {"address":"data.aws_region.r","mode":"data","type":"aws_region","name":"r","values":{}},
  {"address":"aws_lambda_function.ship[\"eu\"]","mode":"managed","type":"aws_lambda_function","name":"ship","index":"eu","values":{"timeout":30,"memory_size":256,"reserved_concurrent_executions":-1,"dead_letter_config":[{}]}},
  {"address":"aws_lambda_function_event_invoke_config.c[\"eu\"]","mode":"managed","type":"aws_lambda_function_event_invoke_config","name":"c","index":"eu","values":{"maximum_retry_attempts":1,"destination_config":[{"on_failure":[{}],"on_success":[]}]}}],
 "child_modules":[{"address":"module.cases","resources":[
  {"address":"module.cases.aws_lambda_function.open","mode":"managed","type":"aws_lambda_function","name":"open","values":{"timeout":9}},
  {"address":"module.cases.aws_lambda_function_event_invoke_config.c","mode":"managed","type":"aws_lambda_function_event_invoke_config","name":"c","values":{"maximum_retry_attempts":0}}]}]}},
 "configuration":{"root_module":{"resources":[
  {"address":"aws_lambda_function.ship","mode":"managed","type":"aws_lambda_function","name":"ship","expressions":{"dead_letter_config":[{"target_arn":{"references":["aws_sqs_queue.dead.arn","aws_sqs_queue.dead"]}}]}},
  {"address":"aws_lambda_function_event_invoke_config.c","mode":"managed","type":"aws_lambda_function_event_invoke_config","name":"c","expressions":{
    "function_name":{"references":["aws_lambda_function.ship","each.key"]},
    "destination_config":[{"on_failure":[{"destination":{"references":["module.cases.arn","module.cases"]}}]}]}}],
  "module_calls":{"cases":{"expressions":{"queue":{"references":["aws_sqs_queue.dead.arn"]}},"module":{
    "outputs":{"arn":{"expression":{"references":["aws_lambda_function.open.arn","aws_lambda_function.open"]}}},
    "resources":[{"address":"aws_lambda_function_event_invoke_config.c","mode":"managed","type":"aws_lambda_function_event_invoke_config","name":"c","expressions":{
      "function_name":{"references":["aws_lambda_function.open.function_name"]},
      "destination_config":[{"on_failure":[{"destination":{"references":["var.queue"]}}]}]}}]}}}}}}"#;
    let imported = terraform(text, &[]);
    let expected = [
        ("/functions/ship-eu/Timeout", "30"),
        ("/functions/ship-eu/DeadLetterConfig/TargetArn", "\"dead\""),
        ("/functions/ship-eu/EventInvokeConfig/MaximumRetryAttempts", "1"),
        ("/functions/ship-eu/EventInvokeConfig/DestinationConfig/OnFailure/Destination", "\"cases-open\""),
        ("/functions/cases-open/Timeout", "9"),
        ("/functions/cases-open/EventInvokeConfig/DestinationConfig/OnFailure/Destination", "\"dead\""),
    ];
    for (pointer, json) in expected {
        assert_eq!(value(&imported, pointer).to_string(), json, "{pointer}");
    }
}

/// How modules that can be switched write their blocks.
#[test]
fn dynamic_blocks_are_made_as_far_as_their_elements_are_known() {
    let text = r#"
variable "dead" {
  default = null
}
variable "routes" {
  default = { on_failure = "arn:aws:sqs:eu-west-1:1:failed" }
}
resource "aws_lambda_function" "f" {
  dynamic "dead_letter_config" {
    for_each = var.dead == null ? [] : [var.dead]
    content {
      target_arn = dead_letter_config.value
    }
  }
}
resource "aws_lambda_function_event_invoke_config" "f" {
  function_name = aws_lambda_function.f.function_name
  dynamic "destination_config" {
    for_each = length(keys(var.routes)) > 0 ? [true] : []
    content {
      dynamic "on_failure" {
        for_each = { for_all = var.routes.on_failure }
        iterator = route
        content {
          destination = route.key == "for_all" ? route.value : null
        }
      }
    }
  }
}
resource "aws_s3_bucket" "b" {}
resource "aws_s3_bucket_notification" "b" {
  bucket = aws_s3_bucket.b.id
  dynamic "lambda_function" {
    for_each = toset(["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"])
    content {
      lambda_function_arn = aws_lambda_function.f.arn
      events              = [lambda_function.key]
    }
  }
}
"#;
    let imported = terraform(text, &[]);
    let failed = "/functions/f/EventInvokeConfig/DestinationConfig/OnFailure/Destination";
    assert_eq!(value(&imported, failed), "failed");
    assert_eq!(value(&imported, "/functions/f/DeadLetterConfig"), serde_json::Value::Null);
    assert_eq!(source_names(&imported), ["b", "b-2"]);
    let given = terraform(text, &[("dead", "arn:aws:sqs:eu-west-1:1:dead")]);
    assert_eq!(value(&given, "/functions/f/DeadLetterConfig/TargetArn"), "dead");

    let open = text.replace("  default = null\n", "");
    let problems = refused(Language::Terraform, &open, &[]);
    assert!(problems[0].message.contains("a dynamic block makes it"), "{}", problems[0]);
    assert!(problems[0].hint.contains("--parameter 'dead=VALUE'"), "{}", problems[0]);
}

#[test]
fn dynamic_blocks_that_multiply_are_refused_quickly() {
    let inner = (0..8).fold("destination = 1".to_owned(), |inner, n| {
        format!("dynamic \"b{n}\" {{\n for_each = local.ten\n content {{\n {inner}\n }}\n }}")
    });
    let text = format!(
        "locals {{\n ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n}}\nresource \"aws_lambda_function\" \"f\" {{\n \
         dynamic \"dead_letter_config\" {{\n for_each = local.ten\n content {{\n target_arn = \"arn:aws:sqs:::q\"\n {inner}\n }}\n }}\n}}\n"
    );
    // What lies inside of the blocks is nobody's setting here: it is left out, and time is not spent on it.
    terraform(&text, &[]);
}

#[test]
fn callers_that_are_off_or_have_more_to_them_are_told() {
    let text = r#"
resource "aws_lambda_function" "f" {}
resource "aws_sqs_queue" "q" {}
resource "aws_cloudwatch_event_rule" "old" {
  schedule_expression = "rate(5 minutes)"
  is_enabled          = false
}
resource "aws_cloudwatch_event_target" "old" {
  rule = aws_cloudwatch_event_rule.old.name
  arn  = aws_lambda_function.f.arn
}
resource "aws_cloudwatch_event_rule" "on" { schedule_expression = "rate(5 minutes)" }
resource "aws_cloudwatch_event_target" "on" {
  rule = aws_cloudwatch_event_rule.on.name
  arn  = aws_lambda_function.f.arn
  dead_letter_config { arn = aws_sqs_queue.q.arn }
}
resource "aws_iot_topic_rule" "off" {
  enabled = false
  lambda { function_arn = aws_lambda_function.f.arn }
}
resource "aws_scheduler_schedule" "daily" {
  schedule_expression          = "cron(30 0 * * ? *)"
  schedule_expression_timezone = "Europe/Berlin"
  target { arn = aws_lambda_function.f.arn }
}
resource "aws_ses_receipt_rule" "mail" {
  enabled = true
  lambda_action {
    function_arn    = aws_lambda_function.f.arn
    invocation_type = "Event"
  }
}
"#;
    let imported = terraform(text, &[]);
    assert_eq!(source_names(&imported), ["daily", "mail", "on"]);
    says(&imported, Verdict::Ignored, "it is disabled");
    says(&imported, Verdict::Ignored, "DeadLetterConfig of a rule or schedule");
    says(&imported, Verdict::Assumed, "in `Europe/Berlin`");
    let url = "resource \"aws_sqs_queue\" \"q\" {}\nresource \"aws_lambda_function\" \"f\" {\n  dead_letter_config {\n    \
               target_arn = aws_sqs_queue.q.url\n  }\n}\n";
    let problems = refused(Language::Terraform, url, &[]);
    assert!(problems[0].message.contains("TargetArn is not the ARN of `aws_sqs_queue.q`"), "{}", problems[0]);
}

/// Goal: a polled queue that shows a message again too early is told in Terraform's words as well.
#[test]
fn a_polled_queue_is_held_to_the_timeout() {
    let text = r#"
resource "aws_lambda_function" "f" {
  function_name = "f"
  timeout       = 60
}
resource "aws_sqs_queue" "jobs" { visibility_timeout_seconds = 45 }
resource "aws_lambda_event_source_mapping" "m" {
  function_name    = aws_lambda_function.f.arn
  event_source_arn = aws_sqs_queue.jobs.arn
}
resource "aws_lambda_function_event_invoke_config" "c" {
  function_name          = aws_lambda_function.f.function_name
  maximum_retry_attempts = 1
}
"#;
    let imported = accepted(Language::Terraform, text, &[]);
    says(&imported, Verdict::Ignored, "hides a message for 45 s (VisibilityTimeout), Timeout of f is 60 s");
}
