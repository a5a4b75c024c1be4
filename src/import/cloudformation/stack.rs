//! The resources of a template, and what they mean for asynchronous invocations.

use super::super::application::{
    Application, Destination, Function, Service, Settings, function_name, name_in_arn,
};
use super::super::book::{Book, Origin, Set};
use super::super::tree::{Node, Reference, Value};
use super::subscriptions::Subscription;
use super::template::{Resource, Template};
use crate::scenario::problem::quoted;
use std::collections::{BTreeMap, BTreeSet};

/// How many aliases may stand before a function.
const MAX_ALIASES: usize = 4;
/// Resource types that only matter through others, or are wholly without effect on invocations.
const SILENT: [&str; 9] = [
    "AWS::IAM::",
    "aws_iam_",
    "AWS::Lambda::Permission",
    "AWS::Lambda::LayerVersion",
    "AWS::Serverless::LayerVersion",
    "AWS::SQS::",
    "AWS::SNS::",
    "AWS::S3::",
    "AWS::CDK::Metadata",
];

/// A template that becomes an application.
pub(in crate::import) struct Stack<'t> {
    pub(super) template: &'t Template<'t>,
    pub(super) book: &'t mut Book,
    pub(super) application: Application,
    /// The names of resources in the scenario, by logical id.
    names: BTreeMap<String, String>,
    /// The names in the scenario that are taken.
    taken: BTreeSet<String>,
    /// The positions of the functions, by their names in the scenario.
    positions: BTreeMap<String, usize>,
    /// The functions that CloudFormation calls when it deploys.
    pub(super) deploys: Vec<String>,
    /// Functions behind topics and rules, until all destinations are known.
    pub(super) subscriptions: Vec<Subscription>,
}

/// What a reference leads to.
pub(super) enum Target<'t> {
    /// A function of the scenario.
    Function(String),
    /// Another resource of the template.
    Resource(Resource<'t>),
    /// Something that lies outside, by its ARN.
    Outside(String),
}

impl<'t> Stack<'t> {
    pub(in crate::import) fn new(template: &'t Template<'t>, book: &'t mut Book) -> Self {
        Self {
            template,
            book,
            application: Application::default(),
            names: BTreeMap::new(),
            taken: BTreeSet::new(),
            positions: BTreeMap::new(),
            deploys: Vec::new(),
            subscriptions: Vec::new(),
        }
    }

    /// Makes the application.
    pub(in crate::import) fn read(mut self) -> Application {
        let existing: Vec<Resource<'t>> = self.existing();
        for resource in &existing {
            let name = self.name_for(*resource);
            self.taken.insert(name.clone());
            self.names.insert(resource.id.to_owned(), name);
        }
        let (functions, others): (Vec<_>, Vec<_>) =
            existing.into_iter().partition(|resource| is_function(resource.kind));
        for resource in &functions {
            let name = self.name_of(resource.id);
            self.positions.insert(name.clone(), self.application.functions.len());
            self.application.functions.push(Function::new(name, self.origin(*resource)));
        }
        for resource in &functions {
            self.function(*resource);
        }
        let mut unrelated: BTreeMap<&str, usize> = BTreeMap::new();
        for resource in others {
            if !self.other(resource) && !SILENT.iter().any(|silent| resource.kind.starts_with(silent)) {
                *unrelated.entry(resource.kind).or_default() += 1;
            }
        }
        self.subscribe();
        self.leave_out_deployment();
        for (kind, count) in unrelated {
            let times = if count > 1 { format!(" ({count} of them)") } else { String::new() };
            let origin = Origin::new(self.template.file(), 0, "");
            self.book.ignored(origin, format!("{kind}{times}: no part of asynchronous invocations"));
        }
        self.application
    }

    /// Functions that nothing but a deployment calls have no part in traffic.
    fn leave_out_deployment(&mut self) {
        let Self { application, deploys, book, .. } = self;
        let is_called = |name: &str| {
            let by_source =
                application.sources.iter().any(|source| source.to.iter().any(|to| to.value == name));
            by_source
                || application
                    .destinations
                    .iter()
                    .any(|destination| destination.function.as_deref() == Some(name))
        };
        let unused: Vec<String> = deploys.iter().filter(|name| !is_called(name)).cloned().collect();
        for name in unused {
            let at = application.functions.iter().position(|function| function.name == name);
            let Some(at) = at.filter(|at| !application.functions[*at].is_asynchronous()) else { continue };
            let function = application.functions.remove(at);
            book.ignored(function.origin, "CloudFormation calls it during deployments only");
        }
    }

    /// The resources whose conditions hold.
    fn existing(&mut self) -> Vec<Resource<'t>> {
        let mut existing = Vec::new();
        for resource in self.template.resources().filter(|resource| !resource.kind.is_empty()) {
            match self.template.exists(resource) {
                Ok(true) => existing.push(resource),
                Ok(false) => {
                    let name = resource.node.get("Condition").and_then(Node::as_text).unwrap_or_default();
                    let text = format!("its condition {} does not hold", quoted(&name));
                    self.book.ignored(self.origin(resource), text);
                }
                Err(unknown) => {
                    let node = Node::unknown(unknown.why, unknown.key, resource.line);
                    self.settings(resource).is_unknown("its Condition", &node);
                }
            }
        }
        existing
    }

    /// The name in the scenario: the path of a CDK construct, or else the logical id.
    fn name_for(&self, resource: Resource<'t>) -> String {
        let path = resource.node.at(&["Metadata", "aws:cdk:path"]).and_then(Node::as_text);
        let readable = path.as_deref().and_then(|path| {
            let (_, inner) = path.split_once('/')?;
            Some(inner.strip_suffix("/Resource").unwrap_or(inner).replace('/', "-"))
        });
        let name = readable.unwrap_or_else(|| resource.id.to_owned());
        let name =
            if is_function(resource.kind) { function_name(&name) } else { name.chars().take(140).collect() };
        if self.taken.contains(&name) { function_name(resource.id) } else { name }
    }

    /// The function called `name` in the scenario.
    pub(super) fn known(&self, name: &str) -> Option<&Function> {
        self.application.functions.get(*self.positions.get(name)?)
    }

    /// Changes a function that is known to be there.
    pub(super) fn change(&mut self, name: &str, change: impl FnOnce(&mut Function)) {
        let at = self.positions.get(name).copied();
        if let Some(function) = at.and_then(|at| self.application.functions.get_mut(at)) {
            change(function);
        }
    }

    pub(super) fn name_of(&self, id: &str) -> String {
        self.names.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }

    pub(super) fn origin(&self, resource: Resource<'_>) -> Origin {
        Origin::new(self.template.file_of(resource.id), resource.line, resource.id)
    }

    pub(super) fn settings<'s>(&'s mut self, resource: Resource<'t>) -> Settings<'s>
    where
        't: 's,
    {
        Settings { file: self.template.file_of(resource.id), resource: resource.id, book: self.book }
    }

    /// What a resource that is no function means; `false` if it means nothing here.
    fn other(&mut self, resource: Resource<'t>) -> bool {
        match resource.kind {
            "AWS::Lambda::EventInvokeConfig" => self.event_invoke_config(resource),
            "AWS::Lambda::Alias" | "AWS::Lambda::Version" => self.alias(resource),
            "AWS::Lambda::EventSourceMapping" => self.event_source_mapping(resource),
            "AWS::Lambda::Url" => {
                self.called_otherwise(resource, "TargetFunctionArn", "a function URL calls it synchronously");
            }
            "AWS::Lambda::Permission" => self.permission(resource),
            "AWS::S3::Bucket" => self.bucket(resource),
            "AWS::SNS::Topic" => self.topic(resource),
            "AWS::SNS::Subscription" => self.subscription(resource),
            "AWS::Events::Rule" => self.rule(resource),
            "AWS::Scheduler::Schedule" => self.scheduler(resource),
            "AWS::Logs::SubscriptionFilter" => self.log_subscription(resource),
            "AWS::IoT::TopicRule" => self.iot_rule(resource),
            "AWS::SES::ReceiptRule" => self.receipt_rule(resource),
            "AWS::CloudFormation::Stack" | "AWS::Serverless::Application" => {
                self.book.ignored(self.origin(resource), "a nested stack: import its template as well");
            }
            kind if kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource" => {
                self.custom_resource(resource);
            }
            "AWS::Events::EventBus" | "AWS::SQS::Queue" => {}
            _ => return false,
        }
        true
    }

    /// Where `node` leads; `None` if that is not known, which is then a problem of `resource`.
    pub(super) fn target(&mut self, resource: Resource<'t>, what: &str, node: &Node) -> Option<Target<'t>> {
        if self.settings(resource).is_unknown(what, node) {
            return None;
        }
        let found = match &node.value {
            Value::Reference(Reference { to, .. }) => self.template.resource(to),
            Value::Text(text) => {
                let found = self.by_physical_name(text);
                if found.is_none() && text.starts_with("arn:") {
                    return Some(Target::Outside(text.clone()));
                }
                found
            }
            _ => None,
        };
        let Some(found) = found else {
            let shown = node.as_text().map_or_else(|| node.kind().to_owned(), |text| quoted(&text));
            let message = format!("{what} is {shown}, neither an ARN nor a resource of the template");
            self.book.problem(
                self.origin_in(resource, node.line),
                message,
                "name a resource, or write its ARN",
            );
            return None;
        };
        if !self.names.contains_key(found.id) {
            let message =
                format!("{what} is {}, which does not exist under these parameters", quoted(found.id));
            self.book.problem(self.origin_in(resource, node.line), message, "give other --parameter values");
            return None;
        }
        Some(self.behind_aliases(found))
    }

    /// The elements of a property that is a list. What is not known of it is a problem: it may hold something.
    pub(super) fn list(&mut self, resource: Resource<'t>, path: &[&str]) -> Vec<Node> {
        let Some(node) = self.template.property(resource, path) else { return Vec::new() };
        let elements = match node.value {
            Value::List(elements) => elements,
            _ => vec![node],
        };
        let mut settings = self.settings(resource);
        let what = path.join(".");
        elements.into_iter().filter(|element| !settings.is_unknown(&what, element)).collect()
    }

    pub(super) fn origin_in(&self, resource: Resource<'_>, line: usize) -> Origin {
        Origin::new(self.template.file_of(resource.id), line, resource.id)
    }

    /// The resource that a name or an ARN in plain text means.
    pub(super) fn by_physical_name(&self, text: &str) -> Option<Resource<'t>> {
        let (name, service) = (name_in_arn(text), Service::of_arn(text));
        let fits = |resource: &Resource<'_>| match service {
            Some(service) => service_of(resource.kind) == Some(service),
            None => service_of(resource.kind).is_some() && !text.starts_with("arn:"),
        };
        let mut candidates = self.template.resources().filter(fits);
        candidates.find(|resource| self.template.physical_name(resource.id).is_ok_and(|known| known == name))
    }

    /// The function that an alias or version stands for, or what was found.
    fn behind_aliases(&self, found: Resource<'t>) -> Target<'t> {
        let mut at = found;
        for _ in 0..=MAX_ALIASES {
            if is_function(at.kind) {
                return Target::Function(self.name_of(at.id));
            }
            let is_alias = matches!(at.kind, "AWS::Lambda::Alias" | "AWS::Lambda::Version");
            let behind = is_alias.then(|| self.template.property(at, &["FunctionName"])).flatten();
            let next = behind.and_then(|node| match node.value {
                Value::Reference(Reference { to, .. }) => self.template.resource(&to),
                Value::Text(text) => self.by_physical_name(&text),
                _ => None,
            });
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        Target::Resource(at)
    }

    /// The function that `node` leads to, if that is known.
    pub(super) fn function_behind(&self, node: &Node) -> Option<String> {
        let found = match &node.value {
            Value::Reference(Reference { to, .. }) => self.template.resource(to)?,
            Value::Text(text) => self.by_physical_name(text)?,
            _ => return None,
        };
        match self.behind_aliases(found) {
            Target::Function(name) => Some(name),
            Target::Resource(_) | Target::Outside(_) => None,
        }
    }

    /// The function that a property of `resource` names. What is no function, or lies outside, is said and left out.
    pub(super) fn function_in(
        &mut self,
        resource: Resource<'t>,
        what: &str,
        node: Option<&Node>,
    ) -> Option<Set<String>> {
        let node = node?;
        match self.target(resource, what, node)? {
            Target::Function(value) => Some(Set { value, origin: self.origin_in(resource, node.line) }),
            Target::Resource(other) => {
                let text = format!("{what} is {}, which is no function", other.id);
                self.settings(resource).ignored(node.line, text);
                None
            }
            Target::Outside(arn) => {
                let text = format!("{what} is {}, which is not in the template", quoted(&arn));
                self.settings(resource).ignored(node.line, text);
                None
            }
        }
    }

    /// The destination that `node` names for outcomes of a function.
    pub(super) fn route(
        &mut self,
        resource: Resource<'t>,
        what: &str,
        node: Option<&Node>,
        allowed: &[Service],
    ) -> Option<Set<String>> {
        let node = node.filter(|node| node.as_text().as_deref() != Some(""))?;
        if self.is_no_arn(resource, what, node) {
            return None;
        }
        let destination = match self.target(resource, what, node)? {
            Target::Function(name) => self.function_destination(&name),
            Target::Resource(found) => self.destination_of(resource, what, node, found)?,
            Target::Outside(arn) => self.outside(resource, what, node, &arn)?,
        };
        if !allowed.contains(&destination.service) {
            let names: Vec<&str> = allowed.iter().map(|service| service.key()).collect();
            let message = format!("{what} is of kind {}: Lambda refuses that", destination.service.key());
            let hint = format!("it can be one of: {}", names.join(", "));
            self.book.problem(self.origin_in(resource, node.line), message, hint);
            return None;
        }
        let value = self.application.destination(destination);
        Some(Set { value, origin: self.origin_in(resource, node.line) })
    }

    /// Whether `node` refers to a resource by something else than its ARN, which is a problem: the URL of a queue is
    /// what `!Ref` gives, and what Lambda refuses when it is deployed.
    fn is_no_arn(&mut self, resource: Resource<'t>, what: &str, node: &Node) -> bool {
        let Value::Reference(reference) = &node.value else { return false };
        let kind = self.template.resource(&reference.to).map_or("", |found| found.kind);
        if service_of(kind).is_none() || self.template.is_arn(reference) {
            return false;
        }
        let message = format!("{what} is not the ARN of {}: Lambda refuses that", quoted(&reference.to));
        let hint = "write its ARN: `!GetAtt Queue.Arn` in templates, `aws_sqs_queue.queue.arn` in Terraform";
        self.book.problem(self.origin_in(resource, node.line), message, hint);
        true
    }

    fn function_destination(&self, name: &str) -> Destination {
        let origin = self.known(name).map(|function| function.origin.clone());
        Destination {
            name: name.to_owned(),
            origin: origin.unwrap_or_default(),
            service: Service::Lambda,
            function: Some(name.to_owned()),
            retention: None,
            subscribers: Vec::new(),
        }
    }

    fn destination_of(
        &mut self,
        resource: Resource<'t>,
        what: &str,
        node: &Node,
        found: Resource<'t>,
    ) -> Option<Destination> {
        let Some(service) = service_of(found.kind) else {
            let message =
                format!("{what} is {}, a {}: outcomes cannot go there", quoted(found.id), found.kind);
            let hint = "name a queue, a topic, an event bus, a bucket or a function";
            self.book.problem(self.origin_in(resource, node.line), message, hint);
            return None;
        };
        if self.is_fifo(found) {
            let message = format!("{what} is {}, which is FIFO: Lambda refuses that", quoted(found.id));
            self.book.problem(self.origin_in(resource, node.line), message, "use a standard queue or topic");
            return None;
        }
        let retention = self.template.property(found, &["MessageRetentionPeriod"]);
        let retention = self.settings(found).integer("MessageRetentionPeriod", retention.as_ref());
        let origin = self.origin(found);
        Some(Destination {
            name: self.name_of(found.id),
            origin,
            service,
            function: None,
            retention,
            subscribers: Vec::new(),
        })
    }

    fn is_fifo(&mut self, found: Resource<'t>) -> bool {
        let property = match found.kind {
            "AWS::SQS::Queue" => "FifoQueue",
            "AWS::SNS::Topic" => "FifoTopic",
            _ => return false,
        };
        let node = self.template.property(found, &[property]);
        self.settings(found).flag(property, node.as_ref()) == Some(true)
    }

    /// A destination that the template does not define; a function among them comes without settings.
    fn outside(&mut self, resource: Resource<'t>, what: &str, node: &Node, arn: &str) -> Option<Destination> {
        let origin = self.origin_in(resource, node.line);
        let Some(service) = Service::of_arn(arn) else {
            let message = format!("{what} is {}: outcomes cannot go there", quoted(arn));
            self.book.problem(origin, message, "name a queue, a topic, an event bus, a bucket or a function");
            return None;
        };
        self.settings(resource).assumed(
            node.line,
            format!("{what} is {}, outside of the template: it takes everything", quoted(arn)),
        );
        let name = name_in_arn(arn).to_owned();
        if service != Service::Lambda {
            return Some(Destination {
                name,
                origin,
                service,
                function: None,
                retention: None,
                subscribers: Vec::new(),
            });
        }
        let name = function_name(&name);
        if self.known(&name).is_none() {
            self.positions.insert(name.clone(), self.application.functions.len());
            self.application.functions.push(Function::new(name.clone(), origin));
        }
        Some(self.function_destination(&name))
    }
}

/// Whether a type is that of functions.
pub(super) fn is_function(kind: &str) -> bool {
    matches!(kind, "AWS::Serverless::Function" | "AWS::Lambda::Function")
}

/// The service that a resource type belongs to, if outcomes or events can go there.
pub(super) fn service_of(kind: &str) -> Option<Service> {
    match kind {
        "AWS::SQS::Queue" => Some(Service::Sqs),
        "AWS::SNS::Topic" => Some(Service::Sns),
        "AWS::Events::EventBus" => Some(Service::EventBridge),
        "AWS::S3::Bucket" => Some(Service::S3),
        "AWS::Serverless::Function"
        | "AWS::Lambda::Function"
        | "AWS::Lambda::Alias"
        | "AWS::Lambda::Version" => Some(Service::Lambda),
        _ => None,
    }
}
