//! SAM's events: those that invoke asynchronously become sources, the others say why not.

use super::super::application::{Caller, Settings, Source};
use super::super::application::{Service, name_in_arn};
use super::super::book::{Origin, Set};
use super::super::schedule::Schedule;
use super::super::tree::{Node, Value};
use super::stack::Stack;
use super::subscriptions::Subscription;
use super::template::Resource;
use crate::scenario::problem::quoted;

/// Events of services that poll, and invoke synchronously.
const POLLED: [&str; 14] = [
    "SQS",
    "Kinesis",
    "DynamoDB",
    "MSK",
    "MQ",
    "SelfManagedKafka",
    "DocumentDB",
    "Kafka",
    // As Serverless Framework calls them.
    "sqs",
    "stream",
    "msk",
    "kafka",
    "activemq",
    "rabbitmq",
];
/// Events whose caller waits for the answer.
const SYNCHRONOUS: [&str; 13] = [
    "Api",
    "HttpApi",
    "WebSocket",
    "Cognito",
    "AlexaSkill",
    // As Serverless Framework calls them.
    "http",
    "httpApi",
    "websocket",
    "cognitoUserPool",
    "alexaSkill",
    "alexaSmartHome",
    "alb",
    "cloudFront",
];

impl<'t> Stack<'t> {
    /// The events of a function.
    pub(super) fn sam_events(&mut self, resource: Resource<'t>, properties: &Node, function: &str) {
        if properties.get("FunctionUrlConfig").is_some() {
            let how = "a function URL calls it synchronously";
            self.otherwise(resource, properties.line, "FunctionUrlConfig", function, how);
        }
        let events = self.template.resolved_at(properties, &["Events"]);
        let Some(events) = events else { return };
        if self.settings(resource).is_unknown("Events", &events) {
            return;
        }
        for entry in events.entries() {
            let properties = entry.node.get("Properties");
            let what = format!("Events.{}", entry.key);
            if [Some(&entry.node), properties]
                .into_iter()
                .flatten()
                .any(|node| self.settings(resource).is_unknown(&what, node))
            {
                continue;
            }
            let kind =
                self.settings(resource).text(&format!("Events.{}.Type", entry.key), entry.node.get("Type"));
            let empty = Node::new(Value::Null, entry.line);
            let settings = entry.node.get("Properties").unwrap_or(&empty);
            let event =
                Event { resource, name: &entry.key, line: entry.line, properties: settings, function };
            match kind.map(|kind| kind.value).as_deref() {
                Some("S3") => self.s3_event(&event),
                Some("SNS") => self.sns_event(&event),
                Some("EventBridgeRule" | "CloudWatchEvent") => self.rule_event(&event),
                Some(kind @ ("Schedule" | "ScheduleV2")) => self.schedule_event(&event, kind),
                Some("CloudWatchLogs") => self.service_event(&event, "a log group"),
                Some("IoTRule") => self.service_event(&event, "an IoT rule"),
                Some(kind) if POLLED.contains(&kind) => {
                    let how = format!("{kind} is polled by Lambda, which is synchronous");
                    self.otherwise(resource, entry.line, &entry.key, function, &how);
                    let queue = ["Queue", "arn"].into_iter().find_map(|key| settings.get(key));
                    self.note_visibility(resource, entry.line, queue, function);
                }
                Some(kind) if SYNCHRONOUS.contains(&kind) => {
                    let how = format!("{kind} calls it synchronously");
                    self.otherwise(resource, entry.line, &entry.key, function, &how);
                }
                Some(kind) => {
                    let text = format!("the event {}: its type {} is not known", entry.key, quoted(kind));
                    self.settings(resource).ignored(entry.line, text);
                }
                None => {
                    let text = format!("the event {}: it has no type", entry.key);
                    self.settings(resource).ignored(entry.line, text);
                }
            }
        }
    }

    fn otherwise(&mut self, resource: Resource<'t>, line: usize, event: &str, function: &str, how: &str) {
        self.settings(resource).ignored(line, format!("the event {event}: {how}"));
        self.change(function, |function| function.called_otherwise = Some(how.to_owned()));
    }

    fn s3_event(&mut self, event: &Event<'_, 't>) {
        let bucket = event.properties.get("Bucket").map(|node| self.resource_name(node));
        let bucket = bucket.unwrap_or_else(|| event.default_name());
        let label = format!("S3 bucket {bucket}");
        let to = event.to(self.template.file_of(event.resource.id));
        self.application.add_source(Source::new(bucket, Caller::S3, label, to));
    }

    fn sns_event(&mut self, event: &Event<'_, 't>) {
        let through_queue = event.properties.get("SqsSubscription");
        if through_queue.is_some_and(|node| self.settings(event.resource).is_unknown("SqsSubscription", node))
        {
            return;
        }
        if through_queue.is_some_and(|node| node.as_text().as_deref() != Some("false")) {
            let how = "a queue stands between the topic and the function, which Lambda polls synchronously";
            self.otherwise(event.resource, event.line, event.name, event.function, how);
            return;
        }
        self.note_own_queue(event.resource, event.line, event.properties);
        let topic = event.properties.get("Topic").map(|node| self.resource_name(node));
        let topic = topic.unwrap_or_else(|| event.default_name());
        let to = event.to(self.template.file_of(event.resource.id));
        self.subscriptions.push(Subscription::topic(topic, to.origin.clone(), to));
    }

    fn rule_event(&mut self, event: &Event<'_, 't>) {
        if self.is_off(event) {
            return;
        }
        self.note_own_queue(event.resource, event.line, event.properties);
        let (attempts, age) = self.retry_policy(event);
        let bus = event.properties.get("EventBusName").map(|node| self.resource_name(node));
        let to = event.to(self.template.file_of(event.resource.id));
        self.subscriptions.push(Subscription {
            service: Service::EventBridge,
            through: bus.filter(|bus| bus != "default"),
            name: event.default_name(),
            label: format!("EventBridge rule {}", event.name),
            origin: to.origin.clone(),
            to: vec![to],
            retry_attempts: attempts,
            retry_age: age,
            schedule: None,
        });
    }

    fn schedule_event(&mut self, event: &Event<'_, 't>, kind: &str) {
        if self.is_off(event) {
            return;
        }
        self.note_own_queue(event.resource, event.line, event.properties);
        let (retry_attempts, retry_age) = self.retry_policy(event);
        let key = if kind == "Schedule" { "Schedule" } else { "ScheduleExpression" };
        let schedule = schedule(&mut self.settings(event.resource), event.properties, key);
        let label = format!("schedule {}", event.name);
        let to = event.to(self.template.file_of(event.resource.id));
        let source = Source::new(event.default_name(), Caller::EventBridge, label, to);
        self.application.add_source(Source { retry_attempts, retry_age, schedule, ..source });
    }

    /// A caller's own dead-letter queue is often taken for the function's.
    pub(super) fn note_own_queue(&mut self, resource: Resource<'t>, line: usize, settings: &Node) {
        let own = [("DeadLetterConfig", "a rule or schedule"), ("RedrivePolicy", "a subscription")];
        for (key, whose) in own.into_iter().filter(|(key, _)| settings.get(key).is_some()) {
            let text = format!(
                "{key} of {whose}: it keeps what Lambda never accepted, which is counted as never accepted here"
            );
            self.settings(resource).ignored(line, text);
        }
    }

    fn service_event(&mut self, event: &Event<'_, 't>, what: &str) {
        if self.is_off(event) {
            return;
        }
        let text = format!(
            "the event {}: {what} repeats what Lambda does not accept as a program would",
            event.name
        );
        self.settings(event.resource).assumed(event.line, text);
        let label = format!("{what}: event {}", event.name);
        let to = event.to(self.template.file_of(event.resource.id));
        self.application.add_source(Source::new(event.default_name(), Caller::Direct, label, to));
    }

    /// Whether a rule or schedule is switched off, which is then said.
    fn is_off(&mut self, event: &Event<'_, 't>) -> bool {
        let mut settings = self.settings(event.resource);
        let state = settings.text(&format!("{}.State", event.name), event.properties.get("State"));
        let enabled = settings.flag(&format!("{}.Enabled", event.name), event.properties.get("Enabled"));
        let is_off = state.is_some_and(|state| state.value == "DISABLED") || enabled == Some(false);
        if is_off {
            let text = format!("the event {}: it is disabled", event.name);
            self.settings(event.resource).ignored(event.line, text);
        }
        is_off
    }

    fn retry_policy(&mut self, event: &Event<'_, 't>) -> (Option<Set<u64>>, Option<Set<u64>>) {
        let mut settings = self.settings(event.resource);
        retry_policy(&mut settings, event.properties.get("RetryPolicy"))
    }

    /// The name of a resource that is referred to by reference, ARN or name.
    pub(super) fn resource_name(&self, node: &Node) -> String {
        if let Value::Reference(reference) = &node.value {
            return self.name_of(&reference.to);
        }
        let text = node.as_text();
        let name = text.as_deref().map_or("outside", name_in_arn);
        let resource = self.template.resources().find(|resource| {
            super::stack::service_of(resource.kind).is_some()
                && self.template.physical_name(resource.id).is_ok_and(|known| known == name)
        });
        resource.map_or_else(|| name.to_owned(), |resource| self.name_of(resource.id))
    }
}

/// `RetryPolicy` of a rule's target.
pub(super) fn retry_policy(
    settings: &mut Settings<'_>,
    policy: Option<&Node>,
) -> (Option<Set<u64>>, Option<Set<u64>>) {
    let policy = policy.filter(|policy| !settings.is_unknown("RetryPolicy", policy));
    let get = |key| policy.and_then(|policy| policy.get(key));
    let attempts = settings.integer("RetryPolicy.MaximumRetryAttempts", get("MaximumRetryAttempts"));
    let age = settings.integer("RetryPolicy.MaximumEventAgeInSeconds", get("MaximumEventAgeInSeconds"));
    (attempts, age)
}

/// The schedule that the expression `key` of `properties` means; one that is not understood is a problem.
pub(super) fn schedule(settings: &mut Settings<'_>, properties: &Node, key: &str) -> Option<Set<Schedule>> {
    let expression = settings.text(key, properties.get(key))?;
    let zone = settings.text("ScheduleExpressionTimezone", properties.get("ScheduleExpressionTimezone"));
    if let Some(zone) = zone.filter(|zone| zone.value != "UTC") {
        let text = format!("the schedule's hours, in {}, are taken for hours in UTC", quoted(&zone.value));
        settings.assumed(zone.origin.line, text);
    }
    let window = properties.at(&["FlexibleTimeWindow", "MaximumWindowInMinutes"]);
    if let Some(window) = window.and_then(Node::as_text) {
        let text = format!("the schedule invokes at its moments, not up to {window} minutes later");
        settings.assumed(expression.origin.line, text);
    }
    let Some(value) = Schedule::parse(&expression.value) else {
        let message = format!("{} is not a schedule", quoted(&expression.value));
        let hint = "write rate(5 minutes), cron(0 3 * * ? *) or at(2026-01-01T00:00:00)";
        settings.book.problem(expression.origin, message, hint);
        return None;
    };
    Some(Set { value, origin: expression.origin })
}

/// An event of a function.
struct Event<'e, 't> {
    resource: Resource<'t>,
    name: &'e str,
    line: usize,
    /// Resolved.
    properties: &'e Node,
    /// The function's name in the scenario.
    function: &'e str,
}

impl Event<'_, '_> {
    fn default_name(&self) -> String {
        format!("{}-{}", self.function, self.name)
    }

    fn to(&self, file: &str) -> Set<String> {
        let origin = Origin::new(file, self.line, self.resource.id);
        Set { value: self.function.to_owned(), origin }
    }
}
