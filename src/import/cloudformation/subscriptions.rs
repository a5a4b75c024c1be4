//! Resources that invoke functions: buckets, topics, rules, schedules, log filters.

use super::super::application::{Caller, Service, Source};
use super::super::book::{Origin, Set};
use super::super::schedule::Schedule;
use super::super::tree::Node;
use super::events::{retry_policy, schedule};
use super::stack::Stack;
use super::template::Resource;

/// A function that a topic or rule invokes. What it becomes depends on whether outcomes go to that topic or bus.
pub(super) struct Subscription {
    pub(super) service: Service,
    /// The topic, or the bus of a rule if it is not the default one.
    pub(super) through: Option<String>,
    /// The name as a source.
    pub(super) name: String,
    pub(super) label: String,
    pub(super) origin: Origin,
    pub(super) to: Vec<Set<String>>,
    pub(super) retry_attempts: Option<Set<u64>>,
    pub(super) retry_age: Option<Set<u64>>,
    pub(super) schedule: Option<Set<Schedule>>,
}

impl Subscription {
    pub(super) fn topic(topic: String, origin: Origin, to: Set<String>) -> Self {
        Self {
            service: Service::Sns,
            name: topic.clone(),
            label: format!("SNS topic {topic}"),
            through: Some(topic),
            origin,
            to: vec![to],
            retry_attempts: None,
            retry_age: None,
            schedule: None,
        }
    }
}

/// Whether a setting is the same in two places.
fn is_same(a: Option<&Set<u64>>, b: Option<&Set<u64>>) -> bool {
    a.map(|set| set.value) == b.map(|set| set.value)
}

impl<'t> Stack<'t> {
    /// Subscriptions become subscribers of destinations, or sources.
    pub(super) fn subscribe(&mut self) {
        for subscription in std::mem::take(&mut self.subscriptions) {
            let through = subscription.through.as_deref();
            let destination = self.application.destinations.iter_mut().find(|destination| {
                destination.service == subscription.service && Some(destination.name.as_str()) == through
            });
            if let Some(destination) = destination {
                for to in subscription.to {
                    if !destination.subscribers.iter().any(|known| known.value == to.value) {
                        destination.subscribers.push(to);
                    }
                }
                let text = format!(
                    "{}: it gets the records of outcomes alone, and all of them whatever its pattern or filter",
                    subscription.label
                );
                self.book.assumed(subscription.origin, text);
                continue;
            }
            self.add_source(subscription);
        }
    }

    fn add_source(&mut self, subscription: Subscription) {
        let same_topic = |source: &&mut Source| {
            subscription.service == Service::Sns
                && source.caller == Caller::Sns
                && source.name == subscription.name
        };
        if let Some(source) = self.application.sources.iter_mut().find(same_topic) {
            for to in subscription.to {
                if !source.to.iter().any(|known| known.value == to.value) {
                    source.to.push(to);
                }
            }
            return;
        }
        let caller = if subscription.service == Service::Sns { Caller::Sns } else { Caller::EventBridge };
        self.application.add_source(Source {
            name: subscription.name,
            origin: subscription.origin,
            caller,
            to: subscription.to,
            retry_attempts: subscription.retry_attempts,
            retry_age: subscription.retry_age,
            schedule: subscription.schedule,
            label: subscription.label,
        });
    }

    /// `AWS::S3::Bucket` with notifications.
    pub(super) fn bucket(&mut self, resource: Resource<'t>) {
        self.bucket_notifications(resource, "");
    }

    /// The notifications of `resource`, which are those of the bucket that `bucket` names, or its own.
    pub(super) fn bucket_notifications(&mut self, resource: Resource<'t>, bucket: &str) {
        let configurations = ["LambdaConfigurations", "LambdaFunctionConfigurations"];
        let bucket = self.template.property(resource, &[bucket]);
        let bucket = bucket.map_or_else(|| self.name_of(resource.id), |node| self.resource_name(&node));
        for key in configurations {
            for configuration in self.list(resource, &["NotificationConfiguration", key]) {
                let function =
                    configuration.get("Function").or_else(|| configuration.get("LambdaFunctionArn"));
                let Some(to) = self.function_in(resource, "the notified function", function) else {
                    continue;
                };
                let label = format!("S3 bucket {bucket}");
                self.application.add_source(Source::new(bucket.clone(), Caller::S3, label, to));
            }
        }
    }

    /// Subscriptions inside of a topic.
    pub(super) fn topic(&mut self, resource: Resource<'t>) {
        for subscription in self.list(resource, &["Subscription"]) {
            let protocol =
                self.settings(resource).text("Subscription.Protocol", subscription.get("Protocol"));
            if protocol.is_some_and(|protocol| protocol.value == "lambda") {
                self.note_own_queue(resource, subscription.line, &subscription);
                let to = self.function_in(resource, "Subscription.Endpoint", subscription.get("Endpoint"));
                let topic = self.name_of(resource.id);
                self.subscriptions.extend(to.map(|to| Subscription::topic(topic, to.origin.clone(), to)));
            }
        }
    }

    /// `AWS::SNS::Subscription`.
    pub(super) fn subscription(&mut self, resource: Resource<'t>) {
        let protocol = self.template.property(resource, &["Protocol"]);
        let protocol = self.settings(resource).text("Protocol", protocol.as_ref());
        if protocol.is_none_or(|protocol| protocol.value != "lambda") {
            return;
        }
        if let Some(properties) = self.template.property(resource, &[]) {
            self.note_own_queue(resource, resource.line, &properties);
        }
        let endpoint = self.template.property(resource, &["Endpoint"]);
        let to = self.function_in(resource, "Endpoint", endpoint.as_ref());
        let topic = self.template.property(resource, &["TopicArn"]);
        let topic = topic.map_or_else(|| resource.id.to_owned(), |node| self.resource_name(&node));
        self.subscriptions.extend(to.map(|to| Subscription::topic(topic, to.origin.clone(), to)));
    }

    /// `AWS::Events::Rule`: a source that invokes all of its functions.
    pub(super) fn rule(&mut self, resource: Resource<'t>) {
        // `is_enabled` of Terraform's older providers.
        if self.is_disabled(resource) || self.is_switched(resource, &["Enabled"], false) {
            return;
        }
        let mut to: Vec<Set<String>> = Vec::new();
        let (mut retry_attempts, mut retry_age) = (None, None);
        for target in self.list(resource, &["Targets"]) {
            let Some(function) = self.function_in(resource, "a target's Arn", target.get("Arn")) else {
                continue;
            };
            if !to.iter().any(|known| known.value == function.value) {
                to.push(function);
            }
            self.note_own_queue(resource, target.line, &target);
            let (attempts, age) = retry_policy(&mut self.settings(resource), target.get("RetryPolicy"));
            if to.len() == 1 {
                (retry_attempts, retry_age) = (attempts, age);
            } else if !is_same(retry_attempts.as_ref(), attempts.as_ref())
                || !is_same(retry_age.as_ref(), age.as_ref())
            {
                let text =
                    "a RetryPolicy that is not that of the rule's first target: the first counts for all";
                self.settings(resource).ignored(target.line, text);
            }
        }
        if to.is_empty() {
            return;
        }
        let schedule = self.schedule(resource);
        let bus = self.template.property(resource, &["EventBusName"]).map(|node| self.resource_name(&node));
        let name = self.name_of(resource.id);
        self.subscriptions.push(Subscription {
            service: Service::EventBridge,
            through: bus.filter(|bus| bus != "default"),
            label: format!("EventBridge rule {name}"),
            name,
            origin: self.origin(resource),
            to,
            retry_attempts,
            retry_age,
            schedule,
        });
    }

    /// `AWS::Scheduler::Schedule`.
    pub(super) fn scheduler(&mut self, resource: Resource<'t>) {
        if self.is_disabled(resource) {
            return;
        }
        let arn = self.template.property(resource, &["Target", "Arn"]);
        let Some(to) = self.function_in(resource, "Target.Arn", arn.as_ref()) else { return };
        if let Some(target) = self.template.property(resource, &["Target"]) {
            self.note_own_queue(resource, target.line, &target);
        }
        let policy = self.template.property(resource, &["Target", "RetryPolicy"]);
        let (retry_attempts, retry_age) = retry_policy(&mut self.settings(resource), policy.as_ref());
        let schedule = self.schedule(resource);
        let name = self.name_of(resource.id);
        let label = format!("schedule {name}");
        let source = Source::new(name, Caller::EventBridge, label, to);
        let origin = self.origin(resource);
        self.application.add_source(Source { origin, retry_attempts, retry_age, schedule, ..source });
    }

    fn schedule(&mut self, resource: Resource<'t>) -> Option<Set<Schedule>> {
        let properties = self.template.property(resource, &[])?;
        schedule(&mut self.settings(resource), &properties, "ScheduleExpression")
    }

    fn is_disabled(&mut self, resource: Resource<'t>) -> bool {
        let state = self.template.property(resource, &["State"]);
        let state = self.settings(resource).text("State", state.as_ref());
        let is_off = state.is_some_and(|state| state.value == "DISABLED");
        if is_off {
            self.book.ignored(self.origin(resource), "it is disabled");
        }
        is_off
    }

    /// Whether the flag at `path` is `off`, the value that disables the resource; that is then said.
    fn is_switched(&mut self, resource: Resource<'t>, path: &[&str], off: bool) -> bool {
        let node = self.template.property(resource, path);
        let is_off = self.settings(resource).flag(&path.join("."), node.as_ref()) == Some(off);
        if is_off {
            self.book.ignored(self.origin(resource), "it is disabled");
        }
        is_off
    }

    /// `AWS::Logs::SubscriptionFilter`.
    pub(super) fn log_subscription(&mut self, resource: Resource<'t>) {
        let arn = self.template.property(resource, &["DestinationArn"]);
        if let Some(to) = self.function_in(resource, "DestinationArn", arn.as_ref()) {
            self.service_source(resource, "a log group", to);
        }
    }

    /// `AWS::IoT::TopicRule`: its actions that invoke functions.
    pub(super) fn iot_rule(&mut self, resource: Resource<'t>) {
        if self.is_switched(resource, &["TopicRulePayload", "RuleDisabled"], true) {
            return;
        }
        for action in self.list(resource, &["TopicRulePayload", "Actions"]) {
            let function = action.at(&["Lambda", "FunctionArn"]);
            if let Some(to) = self.function_in(resource, "Lambda.FunctionArn", function) {
                self.service_source(resource, "an IoT rule", to);
            }
        }
    }

    /// `AWS::SES::ReceiptRule`: its actions that invoke functions and do not wait for the answer.
    pub(super) fn receipt_rule(&mut self, resource: Resource<'t>) {
        if self.is_switched(resource, &["Rule", "Enabled"], false) {
            return;
        }
        for action in self.list(resource, &["Rule", "Actions"]) {
            let Some(action) = action.get("LambdaAction") else { continue };
            let waits =
                action.get("InvocationType").and_then(Node::as_text).as_deref() == Some("RequestResponse");
            let function = self.function_in(resource, "LambdaAction.FunctionArn", action.get("FunctionArn"));
            match function {
                Some(to) if !waits => self.service_source(resource, "an SES receipt rule", to),
                Some(to) => {
                    let how = "an SES receipt rule calls it synchronously";
                    self.settings(resource).ignored(action.line, how);
                    self.change(&to.value, |function| function.called_otherwise = Some(how.to_owned()));
                }
                None => {}
            }
        }
    }

    fn service_source(&mut self, resource: Resource<'t>, what: &str, to: Set<String>) {
        let text = format!("{what} repeats what Lambda does not accept as a program would");
        self.book.assumed(self.origin(resource), text);
        let label = format!("{what}: {}", resource.id);
        self.application.add_source(Source::new(self.name_of(resource.id), Caller::Direct, label, to));
    }
}
