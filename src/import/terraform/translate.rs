//! Resources of Terraform as the resources of CloudFormation that they stand for.

use super::super::book::{Book, Origin};
use super::super::tree::{Entry, Node, Reference, Value};
use super::Resource;
use std::collections::BTreeMap;

/// The resources as a template, and the file of each.
pub(super) struct Translated {
    pub(super) root: Node,
    pub(super) files: BTreeMap<String, String>,
}

/// What Terraform calls a property, as a path, and what CloudFormation does.
type Renamed = (&'static [&'static str], &'static [&'static str]);

const FUNCTION: &[Renamed] = &[
    (&["function_name"], &["FunctionName"]),
    (&["timeout"], &["Timeout"]),
    (&["memory_size"], &["MemorySize"]),
    (&["architectures"], &["Architectures"]),
    (&["reserved_concurrent_executions"], &["ReservedConcurrentExecutions"]),
    (&["dead_letter_config", "target_arn"], &["DeadLetterConfig", "TargetArn"]),
];
const INVOKE_CONFIG: &[Renamed] = &[
    (&["function_name"], &["FunctionName"]),
    (&["qualifier"], &["Qualifier"]),
    (&["maximum_retry_attempts"], &["MaximumRetryAttempts"]),
    (&["maximum_event_age_in_seconds"], &["MaximumEventAgeInSeconds"]),
    (
        &["destination_config", "on_success", "destination"],
        &["DestinationConfig", "OnSuccess", "Destination"],
    ),
    (
        &["destination_config", "on_failure", "destination"],
        &["DestinationConfig", "OnFailure", "Destination"],
    ),
];
const PROVISIONED: &[Renamed] = &[
    (&["function_name"], &["FunctionName"]),
    (
        &["provisioned_concurrent_executions"],
        &["ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions"],
    ),
];
const ALIAS: &[Renamed] = &[(&["function_name"], &["FunctionName"]), (&["name"], &["Name"])];
const QUEUE: &[Renamed] = &[
    (&["name"], &["QueueName"]),
    (&["fifo_queue"], &["FifoQueue"]),
    (&["message_retention_seconds"], &["MessageRetentionPeriod"]),
    (&["visibility_timeout_seconds"], &["VisibilityTimeout"]),
];
const TOPIC: &[Renamed] = &[(&["name"], &["TopicName"]), (&["fifo_topic"], &["FifoTopic"])];
const BUS: &[Renamed] = &[(&["name"], &["Name"])];
const BUCKET: &[Renamed] = &[(&["bucket"], &["BucketName"])];
const SUBSCRIPTION: &[Renamed] = &[
    (&["topic_arn"], &["TopicArn"]),
    (&["protocol"], &["Protocol"]),
    (&["endpoint"], &["Endpoint"]),
    (&["redrive_policy"], &["RedrivePolicy"]),
];
const MAPPING: &[Renamed] =
    &[(&["function_name"], &["FunctionName"]), (&["event_source_arn"], &["EventSourceArn"])];
const URL: &[Renamed] = &[(&["function_name"], &["TargetFunctionArn"])];
const PERMISSION: &[Renamed] = &[(&["function_name"], &["FunctionName"]), (&["principal"], &["Principal"])];
const RULE: &[Renamed] = &[
    (&["is_enabled"], &["Enabled"]),
    (&["name"], &["Name"]),
    (&["event_bus_name"], &["EventBusName"]),
    (&["schedule_expression"], &["ScheduleExpression"]),
    (&["state"], &["State"]),
];
const SCHEDULE: &[Renamed] = &[
    (&["schedule_expression"], &["ScheduleExpression"]),
    (&["schedule_expression_timezone"], &["ScheduleExpressionTimezone"]),
    (
        &["flexible_time_window", "maximum_window_in_minutes"],
        &["FlexibleTimeWindow", "MaximumWindowInMinutes"],
    ),
    (&["state"], &["State"]),
    (&["target", "arn"], &["Target", "Arn"]),
    (&["target", "dead_letter_config"], &["Target", "DeadLetterConfig"]),
    (
        &["target", "retry_policy", "maximum_retry_attempts"],
        &["Target", "RetryPolicy", "MaximumRetryAttempts"],
    ),
    (
        &["target", "retry_policy", "maximum_event_age_in_seconds"],
        &["Target", "RetryPolicy", "MaximumEventAgeInSeconds"],
    ),
];
const LOG_FILTER: &[Renamed] = &[(&["destination_arn"], &["DestinationArn"])];

/// The type and the properties of CloudFormation.
fn known(kind: &str) -> Option<(&'static str, &'static [Renamed])> {
    Some(match kind {
        "aws_lambda_function" => ("AWS::Lambda::Function", FUNCTION),
        "aws_lambda_function_event_invoke_config" => ("AWS::Lambda::EventInvokeConfig", INVOKE_CONFIG),
        "aws_lambda_provisioned_concurrency_config" => ("AWS::Lambda::Version", PROVISIONED),
        "aws_lambda_alias" => ("AWS::Lambda::Alias", ALIAS),
        "aws_lambda_event_source_mapping" => ("AWS::Lambda::EventSourceMapping", MAPPING),
        "aws_lambda_function_url" => ("AWS::Lambda::Url", URL),
        "aws_lambda_permission" => ("AWS::Lambda::Permission", PERMISSION),
        "aws_sqs_queue" => ("AWS::SQS::Queue", QUEUE),
        "aws_sns_topic" => ("AWS::SNS::Topic", TOPIC),
        "aws_sns_topic_subscription" => ("AWS::SNS::Subscription", SUBSCRIPTION),
        "aws_cloudwatch_event_bus" => ("AWS::Events::EventBus", BUS),
        "aws_cloudwatch_event_rule" => ("AWS::Events::Rule", RULE),
        "aws_scheduler_schedule" => ("AWS::Scheduler::Schedule", SCHEDULE),
        "aws_s3_bucket" => ("AWS::S3::Bucket", BUCKET),
        "aws_cloudwatch_log_subscription_filter" => ("AWS::Logs::SubscriptionFilter", LOG_FILTER),
        _ => return None,
    })
}

/// Types that are parts of others, or of no interest by nature.
const PARTS: [&str; 8] = [
    "aws_cloudwatch_event_target",
    "aws_lambda_function_recursion_config",
    "aws_s3_bucket_",
    "aws_sqs_queue_",
    "aws_sns_topic_policy",
    "aws_iam_",
    "aws_lambda_layer_version",
    "aws_cloudwatch_log_group",
];

/// Makes a template of the resources.
pub(super) fn translate(resources: &[Resource], book: &mut Book) -> Translated {
    let mut made: Vec<Entry> = Vec::new();
    for resource in resources {
        let (kind, properties) = match known(&resource.kind) {
            Some((kind, names)) => (kind, renamed(&resource.body, names)),
            None => match special(resource) {
                Some(special) => special,
                None if PARTS.iter().any(|part| resource.kind.starts_with(part)) => continue,
                None => (resource.kind.as_str(), Vec::new()),
            },
        };
        made.push(entry(resource, kind, properties));
    }
    for resource in resources {
        attach(resource, resources, &mut made, book);
    }
    let files = resources.iter().map(|resource| (resource.address.clone(), resource.file.clone())).collect();
    let section = Entry { key: "Resources".to_owned(), line: 0, node: Node::new(Value::Object(made), 0) };
    Translated { root: Node::new(Value::Object(vec![section]), 0), files }
}

fn entry(resource: &Resource, kind: &str, properties: Vec<Entry>) -> Entry {
    let line = resource.line;
    let new = |key: &str, node: Node| Entry { key: key.to_owned(), line, node };
    let path = Node::text(format!("terraform/{}", resource.name), line);
    let metadata = Node::new(Value::Object(vec![new("aws:cdk:path", path)]), line);
    let parts = vec![
        new("Type", Node::text(kind, line)),
        new("Metadata", metadata),
        new("Properties", Node::new(Value::Object(properties), line)),
    ];
    Entry { key: resource.address.clone(), line, node: Node::new(Value::Object(parts), line) }
}

/// The first of the blocks called `key`, or the attribute.
pub(super) fn part<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let found = node.get(key)?;
    match &found.value {
        Value::List(blocks) if matches!(blocks.first().map(|first| &first.value), Some(Value::Object(_))) => {
            blocks.first()
        }
        _ => Some(found),
    }
}

fn renamed(body: &Node, names: &[Renamed]) -> Vec<Entry> {
    let mut properties = Vec::new();
    for (from, to) in names {
        let found = from.iter().try_fold(body, |node, key| match node.value {
            // A block that is not known makes everything in it unknown.
            Value::Unknown(_) => Some(node),
            _ => part(node, key),
        });
        if let Some(node) = found.filter(|node| !is_unset(from[from.len() - 1], node)) {
            put(&mut properties, to, node.clone());
        }
    }
    properties
}

/// What Terraform writes for a setting that is not there.
fn is_unset(key: &str, node: &Node) -> bool {
    let text = node.as_text();
    let text = text.as_deref();
    match key {
        "reserved_concurrent_executions" => text == Some("-1"),
        "maximum_event_age_in_seconds" | "provisioned_concurrent_executions" => text == Some("0"),
        _ => node.is_null() || text == Some(""),
    }
}

/// Puts `node` at `path`, which is made as far as it is missing.
fn put(entries: &mut Vec<Entry>, path: &[&str], node: Node) {
    let [key, rest @ ..] = path else { return };
    let line = node.line;
    if rest.is_empty() {
        entries.push(Entry { key: (*key).to_owned(), line, node });
        return;
    }
    let at = entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
        entries.push(Entry {
            key: (*key).to_owned(),
            line,
            node: Node::new(Value::Object(Vec::new()), line),
        });
        entries.len() - 1
    });
    if let Value::Object(inner) = &mut entries[at].node.value {
        put(inner, rest, node);
    }
}

/// Types whose parts CloudFormation arranges in another way.
fn special(resource: &Resource) -> Option<(&'static str, Vec<Entry>)> {
    let body = &resource.body;
    let line = resource.line;
    let blocks = |key: &str| body.get(key).map_or(&[][..], Node::elements);
    let object = |pairs: Vec<(&str, Option<&Node>)>| {
        let entries = pairs.into_iter().filter_map(|(key, node)| {
            node.map(|node| Entry { key: key.to_owned(), line: node.line, node: node.clone() })
        });
        Node::new(Value::Object(entries.collect()), line)
    };
    // What a dynamic block makes is not known, and neither is the list of it.
    let unknown = |key: &str| body.get(key).filter(|node| matches!(node.value, Value::Unknown(_))).cloned();
    let mut properties = Vec::new();
    match resource.kind.as_str() {
        "aws_s3_bucket_notification" => {
            let functions = blocks("lambda_function").iter();
            let list =
                functions.map(|block| object(vec![("LambdaFunctionArn", block.get("lambda_function_arn"))]));
            let list =
                unknown("lambda_function").unwrap_or_else(|| Node::new(Value::List(list.collect()), line));
            put(&mut properties, &["NotificationConfiguration", "LambdaFunctionConfigurations"], list);
            if let Some(bucket) = body.get("bucket") {
                put(&mut properties, &["BucketName"], bucket.clone());
            }
            Some(("Custom::S3BucketNotifications", properties))
        }
        "aws_iot_topic_rule" => {
            let functions = blocks("lambda").iter();
            let list = functions.map(|block| {
                let action = object(vec![("FunctionArn", block.get("function_arn"))]);
                object(vec![("Lambda", Some(&action))])
            });
            let list = unknown("lambda").unwrap_or_else(|| Node::new(Value::List(list.collect()), line));
            put(&mut properties, &["TopicRulePayload", "Actions"], list);
            if let Some(enabled) = body.get("enabled") {
                put(&mut properties, &["TopicRulePayload", "RuleDisabled"], negated(enabled));
            }
            Some(("AWS::IoT::TopicRule", properties))
        }
        "aws_ses_receipt_rule" => {
            let functions = blocks("lambda_action").iter();
            let list = functions.map(|block| {
                let pairs = vec![
                    ("FunctionArn", block.get("function_arn")),
                    ("InvocationType", block.get("invocation_type")),
                ];
                object(vec![("LambdaAction", Some(&object(pairs)))])
            });
            let list =
                unknown("lambda_action").unwrap_or_else(|| Node::new(Value::List(list.collect()), line));
            put(&mut properties, &["Rule", "Actions"], list);
            if let Some(enabled) = body.get("enabled") {
                put(&mut properties, &["Rule", "Enabled"], enabled.clone());
            }
            Some(("AWS::SES::ReceiptRule", properties))
        }
        _ => None,
    }
}

/// The opposite of a flag; what is no flag stays what it is.
fn negated(flag: &Node) -> Node {
    match flag.as_text().as_deref() {
        Some("true") => Node::new(Value::Flag(false), flag.line),
        Some("false") => Node::new(Value::Flag(true), flag.line),
        _ => flag.clone(),
    }
}

/// Resources that are a part of another one.
fn attach(resource: &Resource, resources: &[Resource], made: &mut [Entry], book: &mut Book) {
    let (key, owner_kind) = match resource.kind.as_str() {
        "aws_cloudwatch_event_target" => ("rule", "aws_cloudwatch_event_rule"),
        "aws_lambda_function_recursion_config" => ("function_name", "aws_lambda_function"),
        _ => return,
    };
    let owner = resource.body.get(key).and_then(|node| owner(node, owner_kind, resources));
    let Some(owner) = owner.and_then(|owner| made.iter_mut().find(|entry| entry.key == owner.address)) else {
        let origin = Origin::new(&resource.file, resource.line, &resource.address);
        book.ignored(origin, format!("what its {key} names is not in the files"));
        return;
    };
    let Value::Object(parts) = &mut owner.node.value else { return };
    let Some(Value::Object(properties)) =
        parts.iter_mut().find(|part| part.key == "Properties").map(|part| &mut part.node.value)
    else {
        return;
    };
    if resource.kind == "aws_lambda_function_recursion_config" {
        if let Some(node) = resource.body.get("recursive_loop") {
            put(properties, &["RecursiveLoop"], node.clone());
        }
        return;
    }
    let target = renamed(
        &resource.body,
        &[
            (&["arn"], &["Arn"]),
            (&["dead_letter_config"], &["DeadLetterConfig"]),
            (&["retry_policy", "maximum_retry_attempts"], &["RetryPolicy", "MaximumRetryAttempts"]),
            (&["retry_policy", "maximum_event_age_in_seconds"], &["RetryPolicy", "MaximumEventAgeInSeconds"]),
        ],
    );
    let target = Node::new(Value::Object(target), resource.line);
    match properties.iter_mut().find(|entry| entry.key == "Targets").map(|entry| &mut entry.node.value) {
        Some(Value::List(targets)) => targets.push(target),
        _ => put(properties, &["Targets"], Node::new(Value::List(vec![target]), resource.line)),
    }
}

fn owner<'r>(node: &Node, kind: &str, resources: &'r [Resource]) -> Option<&'r Resource> {
    let of_kind = |resource: &&Resource| resource.kind == kind;
    if let Value::Reference(Reference { to, .. }) = &node.value {
        return resources.iter().find(|resource| resource.address == *to);
    }
    let text = node.as_text()?;
    let name = super::super::application::name_in_arn(&text);
    resources.iter().filter(of_kind).find(|resource| {
        let named = ["name", "function_name"].iter().find_map(|key| resource.body.get(key));
        named.and_then(Node::as_text).as_deref() == Some(name)
    })
}
