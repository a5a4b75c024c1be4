//! Functions: their settings, what SAM's `Globals` give them, and the resources that configure them from outside.

use super::super::application::{Destination, Function, Service};
use super::super::book::{Origin, Set};
use super::super::tree::{Entry, Node, Value};
use super::stack::Stack;
use super::template::Resource;
use crate::scenario::problem::quoted;
use std::borrow::Cow;

const ON_SUCCESS: [Service; 4] = [Service::Sqs, Service::Sns, Service::EventBridge, Service::Lambda];
const ON_FAILURE: [Service; 5] =
    [Service::Sqs, Service::Sns, Service::EventBridge, Service::Lambda, Service::S3];
/// The services that invoke functions asynchronously and need a permission for it:
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html>.
const ASYNCHRONOUS: [&str; 9] = [
    "codecommit.amazonaws.com",
    "codepipeline.amazonaws.com",
    "config.amazonaws.com",
    "events.amazonaws.com",
    "iot.amazonaws.com",
    "logs.amazonaws.com",
    "s3.amazonaws.com",
    "ses.amazonaws.com",
    "sns.amazonaws.com",
];
const DEAD_LETTER: [Service; 2] = [Service::Sqs, Service::Sns];

impl<'t> Stack<'t> {
    /// The settings and events of a function.
    pub(super) fn function(&mut self, resource: Resource<'t>) {
        let is_sam = resource.kind == "AWS::Serverless::Function";
        let globals = is_sam.then(|| self.template.section("Globals")?.get("Function")).flatten();
        let own = resource.node.get("Properties");
        let merged = match (globals, own) {
            (Some(globals), Some(own)) => merge(globals, own),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => Node::new(Value::Object(Vec::new()), resource.line),
        };
        let globals = globals.map_or((0, 0), Node::lines);
        let name = self.name_of(resource.id);
        self.plain_settings(resource, &merged, &name);
        if is_sam {
            self.sam_routes(resource, &merged, &name);
            self.sam_events(resource, &merged, &name);
        } else {
            let target = self.template.resolved_at(&merged, &["DeadLetterConfig", "TargetArn"]);
            let route = self.route(resource, "DeadLetterConfig.TargetArn", target.as_ref(), &DEAD_LETTER);
            self.change(&name, |function| function.dead_letter = route);
        }
        self.change(&name, |function| from_globals(function, globals));
    }

    fn plain_settings(&mut self, resource: Resource<'t>, properties: &Node, name: &str) {
        let template = self.template;
        let property = |path: &[&str]| template.resolved_at(properties, path);
        let architectures = property(&["Architectures"]);
        let nodes =
            ["Timeout", "MemorySize", "ReservedConcurrentExecutions"].map(|key| (key, property(&[key])));
        let path = ["ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions"];
        let provisioned = property(&path);
        let recursive_loop = property(&["RecursiveLoop"]);
        let mut settings = self.settings(resource);
        let [timeout, memory, reserved] = nodes.map(|(key, node)| settings.integer(key, node.as_ref()));
        let provisioned = settings.integer(path[1], provisioned.as_ref());
        let recursive_loop = settings.text("RecursiveLoop", recursive_loop.as_ref());
        let architecture = architectures.and_then(|list| match list.elements() {
            [] => settings.text("Architectures", Some(&list)),
            [one, ..] => settings.text("Architectures", Some(one)),
        });
        self.change(name, |function| {
            function.timeout = timeout;
            function.memory = memory;
            function.reserved = reserved;
            function.provisioned = provisioned;
            function.recursive_loop = recursive_loop;
            function.architecture = architecture;
        });
    }

    /// SAM's `EventInvokeConfig` and `DeadLetterQueue`, in the function itself.
    fn sam_routes(&mut self, resource: Resource<'t>, properties: &Node, name: &str) {
        let template = self.template;
        let config =
            |path: &[&str]| template.resolved_at(properties, &[&["EventInvokeConfig"], path].concat());
        let (retries, age) = (config(&["MaximumRetryAttempts"]), config(&["MaximumEventAgeInSeconds"]));
        let mut settings = self.settings(resource);
        let retries = settings.integer("MaximumRetryAttempts", retries.as_ref());
        let max_age = settings.integer("MaximumEventAgeInSeconds", age.as_ref());
        let on_success = config(&["DestinationConfig", "OnSuccess"]);
        let on_success = self.sam_route(resource, "OnSuccess", on_success.as_ref(), &ON_SUCCESS, name);
        let on_failure = config(&["DestinationConfig", "OnFailure"]);
        let on_failure = self.sam_route(resource, "OnFailure", on_failure.as_ref(), &ON_FAILURE, name);
        let queue = template.resolved_at(properties, &["DeadLetterQueue", "TargetArn"]);
        let dead_letter = self.route(resource, "DeadLetterQueue.TargetArn", queue.as_ref(), &DEAD_LETTER);
        self.change(name, |function| {
            function.retries = retries;
            function.max_age = max_age;
            function.on_success = on_success;
            function.on_failure = on_failure;
            function.dead_letter = dead_letter;
        });
    }

    /// A route with SAM's `Type`, which makes a queue or topic of its own if no destination is named.
    fn sam_route(
        &mut self,
        resource: Resource<'t>,
        what: &str,
        node: Option<&Node>,
        allowed: &[Service],
        name: &str,
    ) -> Option<Set<String>> {
        let node = node?;
        if self.settings(resource).is_unknown(what, node) {
            return None;
        }
        if let Some(destination) = node.get("Destination") {
            return self.route(resource, &format!("{what}.Destination"), Some(destination), allowed);
        }
        let kind = self.settings(resource).text(&format!("{what}.Type"), node.get("Type"));
        let service = match kind.as_ref().map(|kind| kind.value.as_str()) {
            Some("SQS") => Service::Sqs,
            Some("SNS") => Service::Sns,
            _ => {
                let message = format!("{what} has no Destination");
                let hint = "only with Type SQS or SNS does SAM make one by itself";
                self.book.problem(self.origin_in(resource, node.line), message, hint);
                return None;
            }
        };
        let origin = self.origin_in(resource, node.line);
        let words = if what == "OnSuccess" { "on-success" } else { "on-failure" };
        let noun = if service == Service::Sqs { "queue" } else { "topic" };
        self.book
            .assumed(origin.clone(), format!("{what} names no Destination: SAM makes a {noun} of its own"));
        let value = self.application.destination(Destination {
            name: format!("{name}-{words}"),
            origin: origin.clone(),
            service,
            function: None,
            retention: None,
            subscribers: Vec::new(),
        });
        Some(Set { value, origin })
    }

    /// `AWS::Lambda::EventInvokeConfig`: of several for one function the first counts.
    pub(super) fn event_invoke_config(&mut self, resource: Resource<'t>) {
        let template = self.template;
        let property = |path: &[&str]| template.property(resource, path);
        let Some(function) = self.function_in(resource, "FunctionName", property(&["FunctionName"]).as_ref())
        else {
            return;
        };
        let qualifier = match property(&["Qualifier"]) {
            // The number of a version is made when it is deployed.
            Some(Node { value: Value::Reference(reference), .. }) => Some(reference.to),
            node => self.settings(resource).text("Qualifier", node.as_ref()).map(|text| text.value),
        };
        let qualifier = qualifier.unwrap_or_else(|| "$LATEST".to_owned());
        if self.known(&function.value).is_some_and(Function::has_invoke_config) {
            let text = format!(
                "the configuration of {} for {}: an earlier one stands, and a scenario has one for each function",
                function.value,
                quoted(&qualifier)
            );
            self.book.ignored(self.origin(resource), text);
            return;
        }
        if qualifier != "$LATEST" {
            let text = format!("all events of {} go through {}", function.value, quoted(&qualifier));
            self.book.assumed(self.origin(resource), text);
        }
        let (retries, age) = (property(&["MaximumRetryAttempts"]), property(&["MaximumEventAgeInSeconds"]));
        let mut settings = self.settings(resource);
        let retries = settings.integer("MaximumRetryAttempts", retries.as_ref());
        let max_age = settings.integer("MaximumEventAgeInSeconds", age.as_ref());
        let success = property(&["DestinationConfig", "OnSuccess", "Destination"]);
        let on_success = self.route(resource, "OnSuccess.Destination", success.as_ref(), &ON_SUCCESS);
        let failure = property(&["DestinationConfig", "OnFailure", "Destination"]);
        let on_failure = self.route(resource, "OnFailure.Destination", failure.as_ref(), &ON_FAILURE);
        self.change(&function.value, |function| {
            function.retries = retries;
            function.max_age = max_age;
            function.on_success = on_success;
            function.on_failure = on_failure;
        });
    }

    /// An alias or version: of interest for its provisioned concurrency.
    pub(super) fn alias(&mut self, resource: Resource<'t>) {
        let path = ["ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions"];
        let node = self.template.property(resource, &path);
        let Some(provisioned) = self.settings(resource).integer(path[1], node.as_ref()) else { return };
        let function = self.template.property(resource, &["FunctionName"]);
        let Some(function) = self.function_in(resource, "FunctionName", function.as_ref()) else { return };
        let known = self.known(&function.value).and_then(|known| known.provisioned.as_ref());
        if known.is_some() {
            let text = "provisioned concurrency: another alias or version of the function has some already";
            self.book.ignored(self.origin(resource), text);
        } else {
            self.change(&function.value, |function| function.provisioned = Some(provisioned));
        }
    }

    /// Polled sources invoke synchronously: retries, destinations and queues are theirs, not the function's.
    pub(super) fn event_source_mapping(&mut self, resource: Resource<'t>) {
        let how = "an event source mapping polls for it, which is synchronous";
        if let Some(function) = self.called_otherwise(resource, "FunctionName", how) {
            let queue = self.template.property(resource, &["EventSourceArn"]);
            self.note_visibility(resource, resource.line, queue.as_ref(), &function);
        }
    }

    /// Someone calls the function in a way that has no part in asynchronous invocations: which function, if that is
    /// known.
    pub(super) fn called_otherwise(
        &mut self,
        resource: Resource<'t>,
        property: &str,
        how: &str,
    ) -> Option<String> {
        let node = self.template.property(resource, &[property])?;
        let name = self.function_behind(&node)?;
        self.book.ignored(self.origin(resource), format!("{name}: {how}"));
        self.change(&name, |function| function.called_otherwise = Some(how.to_owned()));
        Some(name)
    }

    /// A permission tells who else may call.
    pub(super) fn permission(&mut self, resource: Resource<'t>) {
        let principal = self.template.property(resource, &["Principal"]);
        let principal = principal.and_then(|node| node.as_text().map(Cow::into_owned));
        let synchronous =
            ["apigateway.", "elasticloadbalancing.", "cognito-idp.", "lex.", "alexa-", "connect."];
        let Some(principal) = principal else { return };
        if synchronous.iter().any(|prefix| principal.starts_with(prefix)) {
            let how = format!("{principal} calls it synchronously");
            self.called_otherwise(resource, "FunctionName", &how);
        } else if ASYNCHRONOUS.contains(&principal.as_str()) {
            let node = self.template.property(resource, &["FunctionName"]);
            let Some(name) = node.and_then(|node| self.function_behind(&node)) else { return };
            let permitted = Set { value: principal, origin: self.origin(resource) };
            self.change(&name, |function| {
                function.permitted.get_or_insert(permitted);
            });
        }
    }

    /// What a deployment calls is not traffic. CDK's bucket notifications are read, because their resource says them.
    pub(super) fn custom_resource(&mut self, resource: Resource<'t>) {
        if resource.kind == "Custom::S3BucketNotifications" {
            self.bucket_notifications(resource, "BucketName");
        }
        let token = self.template.property(resource, &["ServiceToken"]);
        if let Some(Value::Reference(reference)) = token.map(|token| token.value) {
            let name = self.name_of(&reference.to);
            self.deploys.push(name);
        }
    }
}

impl Function {
    /// Whether an event invoke configuration has been seen.
    const fn has_invoke_config(&self) -> bool {
        self.retries.is_some()
            || self.max_age.is_some()
            || self.on_success.is_some()
            || self.on_failure.is_some()
    }
}

/// What `Globals` give and the function itself does not: objects are joined, everything else is replaced.
fn merge(globals: &Node, own: &Node) -> Node {
    let (Value::Object(_), Value::Object(_)) = (&globals.value, &own.value) else { return own.clone() };
    let is_expression = |node: &Node| {
        !node.tag.is_empty()
            || matches!(node.entries(), [one] if one.key == "Ref" || one.key.starts_with("Fn::"))
    };
    if is_expression(globals) || is_expression(own) {
        return own.clone();
    }
    let mut entries: Vec<Entry> = globals.entries().to_vec();
    for entry in own.entries() {
        match entries.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => *known = Entry { node: merge(&known.node, &entry.node), ..entry.clone() },
            None => entries.push(entry.clone()),
        }
    }
    Node::new(Value::Object(entries), own.line)
}

/// Settings that stand in the lines of `Globals` say so.
fn from_globals(function: &mut Function, (first, last): (usize, usize)) {
    // A template on one line has no places to tell apart.
    let is_apart = last > 0 && !(first..=last).contains(&function.origin.line);
    let name = |origin: &mut Origin| {
        if is_apart && (first..=last).contains(&origin.line) {
            "Globals.Function".clone_into(&mut origin.resource);
        }
    };
    let numbers = [
        &mut function.timeout,
        &mut function.memory,
        &mut function.reserved,
        &mut function.provisioned,
        &mut function.retries,
        &mut function.max_age,
    ];
    for set in numbers.into_iter().flatten() {
        name(&mut set.origin);
    }
    let texts = [
        &mut function.architecture,
        &mut function.recursive_loop,
        &mut function.on_success,
        &mut function.on_failure,
        &mut function.dead_letter,
    ];
    for set in texts.into_iter().flatten() {
        name(&mut set.origin);
    }
}
