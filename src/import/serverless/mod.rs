//! Serverless Framework: `serverless.yml`, and files that it includes.
//!
//! The functions become functions of SAM, which has a word for each of their settings, beside the `resources` that the
//! file brings along as they are. The framework's own defaults are written out, because they are not AWS's.

mod variables;

use super::application::Application;
use super::book::{Book, Origin};
use super::cloudformation::{Stack, Template};
use super::tree::{Entry, Node, Reference, Value};
use super::{Options, SourceFile, parse_tree};
use std::borrow::Cow;
use std::collections::BTreeMap;
use variables::Variables;

/// The framework's defaults: <https://www.serverless.com/framework/docs/providers/aws/guide/functions>.
const TIMEOUT: &str = "6";
const MEMORY: &str = "1024";

/// Reads `serverless.yml`, the first of the files; the others are what it includes.
pub(super) fn read(files: &[SourceFile], options: &Options, book: &mut Book) -> Application {
    let mut trees = Vec::new();
    for file in files {
        match parse_tree(file) {
            Ok(tree) => trees.push((file.name.as_str(), tree)),
            Err(problem) => book.problems.push(problem),
        }
    }
    let Some(((name, root), included)) = trees.split_first() else { return Application::default() };
    if !book.problems.is_empty() {
        return Application::default();
    }
    let variables = Variables::new(root, included, options);
    let mut service = Service { file: name, root, variables: &variables, book, made: Vec::new() };
    let sections = service.resources();
    service.functions();
    variables.check_parameters(service.book);
    let mut entries = sections;
    let resources = std::mem::take(&mut service.made);
    entries.push(Entry {
        key: "Resources".to_owned(),
        line: 0,
        node: Node::new(Value::Object(resources), 0),
    });
    let template = Template::made(name, Node::new(Value::Object(entries), 0), BTreeMap::new(), options);
    Stack::new(&template, book).read()
}

struct Service<'a> {
    file: &'a str,
    root: &'a Node,
    variables: &'a Variables<'a>,
    book: &'a mut Book,
    /// The resources of the template.
    made: Vec<Entry>,
}

impl Service<'_> {
    /// Takes the resources of the file's own template, and returns its other sections.
    fn resources(&mut self) -> Vec<Entry> {
        let mut sections: Vec<Entry> = Vec::new();
        let Some(section) = self.root.get("resources") else { return sections };
        let section = self.variables.resolve(section);
        let parts = if section.elements().is_empty() { vec![section] } else { section.elements().to_vec() };
        for part in parts {
            if let Value::Unknown(unknown) = &part.value {
                let text = format!("resources that are not seen: {}", unknown.why);
                self.book.ignored(Origin::new(self.file, part.line, "resources"), text);
            }
            for entry in part.entries() {
                match entry.key.as_str() {
                    "Resources" => self.made.extend(entry.node.entries().iter().cloned()),
                    "Conditions" | "Mappings" | "Parameters" => sections.push(entry.clone()),
                    _ => {}
                }
            }
        }
        sections
    }

    fn functions(&mut self) {
        let Some(section) = self.root.get("functions") else {
            let hint = "serverless.yml has an object `functions`; templates of SAM go through `import sam`";
            self.book.problem(Origin::new(self.file, 0, ""), "there are no functions in it", hint);
            return;
        };
        let section = self.variables.resolve(section);
        let parts = if section.elements().is_empty() { vec![section] } else { section.elements().to_vec() };
        let names: Vec<String> =
            parts.iter().flat_map(|part| part.entries().iter().map(|entry| entry.key.clone())).collect();
        for part in &parts {
            if let Value::Unknown(unknown) = &part.value {
                let message = format!("functions that are not seen: {}", unknown.why);
                let hint = "give the included file as well, behind serverless.yml";
                self.book.problem(Origin::new(self.file, part.line, "functions"), message, hint);
            }
            for entry in part.entries() {
                self.function(entry, &names);
            }
        }
    }

    fn function(&mut self, entry: &Entry, names: &[String]) {
        let provider = self.root.get("provider").map(|provider| self.variables.resolve(provider));
        let own = |key: &str| child(&entry.node, key);
        let inherited = |key: &str| own(key).or_else(|| child(provider.as_ref()?, key));
        let default = |text: &str| Node::text(text, 0);
        let mut properties = Properties(Vec::new());
        properties
            .put(&["Timeout"], Some(&inherited("timeout").cloned().unwrap_or_else(|| default(TIMEOUT))));
        properties
            .put(&["MemorySize"], Some(&inherited("memorySize").cloned().unwrap_or_else(|| default(MEMORY))));
        properties.put(&["Architectures"], inherited("architecture"));
        properties.put(&["ReservedConcurrentExecutions"], own("reservedConcurrency"));
        let path = ["ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions"];
        let provisioned = own("provisionedConcurrency");
        let executions = provisioned.and_then(|node| node.get("executions"));
        properties.put(&path, executions.or(provisioned));
        properties.put(&["RecursiveLoop"], own("recursiveLoop"));
        properties.put(&["EventInvokeConfig", "MaximumRetryAttempts"], own("maximumRetryAttempts"));
        properties.put(&["EventInvokeConfig", "MaximumEventAgeInSeconds"], own("maximumEventAge"));
        for (key, route) in [("onSuccess", "OnSuccess"), ("onFailure", "OnFailure")] {
            let node =
                own("destinations").and_then(|node| child(node, key)).map(|node| destination(node, names));
            properties.put(&["EventInvokeConfig", "DestinationConfig", route, "Destination"], node.as_ref());
        }
        properties.put(&["DeadLetterQueue", "TargetArn"], own("onError"));
        properties.put(&["FunctionUrlConfig"], own("url"));
        properties.put(&["FunctionName"], Some(&self.physical_name(entry)));
        let events = self.events(entry);
        properties.put(&["Events"], Some(&Node::new(Value::Object(events), entry.line)));
        self.made.push(made(entry, properties.0, own("condition")));
    }

    /// What the framework calls a function when it is deployed.
    fn physical_name(&self, entry: &Entry) -> Node {
        if let Some(name) = entry.node.get("name") {
            return name.clone();
        }
        let service = self.root.get("service").map(|node| self.variables.resolve(node));
        let service = service.and_then(|node| node.as_text().map(Cow::into_owned)).unwrap_or_default();
        Node::text(format!("{service}-{}-{}", self.variables.stage(), entry.key), entry.line)
    }

    fn events(&mut self, entry: &Entry) -> Vec<Entry> {
        let mut events = Vec::new();
        let list = child(&entry.node, "events");
        if let Some(Node { value: Value::Unknown(unknown), line, .. }) = list {
            let hint = match &unknown.key {
                Some(key) => format!("give it: --parameter '{key}=VALUE'"),
                None => "write them in their place".to_owned(),
            };
            let message = format!("the events cannot be resolved: {}", unknown.why);
            self.book.problem(Origin::new(self.file, *line, &entry.key), message, hint);
        }
        let list = list.map_or(&[][..], Node::elements);
        for (number, event) in list.iter().enumerate() {
            let empty = Node::new(Value::Null, event.line);
            let named = event.entries().first().map(|entry| (entry.key.clone(), &entry.node));
            let text = event.as_text().map(|text| (text.into_owned(), &empty));
            let Some((kind, settings)) = named.or(text) else {
                let origin = Origin::new(self.file, event.line, &entry.key);
                let shown = match &event.value {
                    Value::Unknown(unknown) => unknown.why.clone(),
                    _ => format!("it is {}", event.kind()),
                };
                self.book.ignored(origin, format!("event {}: {shown}", number + 1));
                continue;
            };
            for (part, node) in translated(&kind, settings, event.line).into_iter().enumerate() {
                let suffix = if part > 0 { format!("-{}", part + 1) } else { String::new() };
                let key = format!("{kind}-{}{suffix}", number + 1);
                events.push(Entry { key, line: event.line, node });
            }
        }
        events
    }
}

/// Properties of a resource that is being made.
struct Properties(Vec<Entry>);

impl Properties {
    fn put(&mut self, path: &[&str], node: Option<&Node>) {
        if let Some(node) = node {
            put(&mut self.0, path, node);
        }
    }
}

fn put(entries: &mut Vec<Entry>, path: &[&str], node: &Node) {
    let [key, rest @ ..] = path else { return };
    if rest.is_empty() {
        entries.push(Entry { key: (*key).to_owned(), line: node.line, node: node.clone() });
        return;
    }
    let at = entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
        let inner = Node::new(Value::Object(Vec::new()), node.line);
        entries.push(Entry { key: (*key).to_owned(), line: node.line, node: inner });
        entries.len() - 1
    });
    if let Value::Object(inner) = &mut entries[at].node.value {
        put(inner, rest, node);
    }
}

fn made(function: &Entry, properties: Vec<Entry>, condition: Option<&Node>) -> Entry {
    let line = function.line;
    let new = |key: &str, node: Node| Entry { key: key.to_owned(), line, node };
    let path = Node::text(format!("service/{}", function.key), line);
    let metadata = Node::new(Value::Object(vec![new("aws:cdk:path", path)]), line);
    let mut parts = vec![
        new("Type", Node::text("AWS::Serverless::Function", line)),
        new("Metadata", metadata),
        new("Properties", Node::new(Value::Object(properties), line)),
    ];
    parts.extend(condition.map(|condition| new("Condition", condition.clone())));
    Entry { key: logical_id(&function.key), line, node: Node::new(Value::Object(parts), line) }
}

/// The logical id that the framework gives to a function: `ship-it` is `ShipDashitLambdaFunction`.
fn logical_id(name: &str) -> String {
    let name = name.replace('-', "Dash").replace('_', "Underscore");
    let mut chars = name.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}LambdaFunction", chars.as_str())
}

/// The value of `key`; of what is not known everything is unknown.
fn child<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    if matches!(node.value, Value::Unknown(_)) {
        return Some(node);
    }
    node.get(key).filter(|node| !node.is_null())
}

/// A destination: a function of the service by name, an ARN, or a type with its ARN.
fn destination(node: &Node, names: &[String]) -> Node {
    let is_call = matches!(node.entries(), [one] if one.key == "Ref" || one.key.starts_with("Fn::"));
    let arn = node.get("arn").filter(|_| !is_call).unwrap_or(node);
    match &arn.value {
        Value::Text(name) if arn.tag.is_empty() && names.contains(name) => {
            let reference = Reference { to: logical_id(name), attribute: "Arn".to_owned() };
            Node::new(Value::Reference(reference), arn.line)
        }
        _ => arn.clone(),
    }
}

/// An event as SAM has it; a schedule with several rates is several events.
fn translated(kind: &str, settings: &Node, line: usize) -> Vec<Node> {
    let event = |sam: &str, properties: Vec<(&[&str], Option<&Node>)>| {
        let mut made = Properties(Vec::new());
        for (path, node) in properties {
            made.put(path, node);
        }
        let new = |key: &str, node: Node| Entry { key: key.to_owned(), line, node };
        let properties = new("Properties", Node::new(Value::Object(made.0), line));
        Node::new(Value::Object(vec![new("Type", Node::text(sam, line)), properties]), line)
    };
    // A bare value stands for the most important setting; an expression is a bare value as well.
    let is_call = !settings.tag.is_empty()
        || matches!(settings.entries(), [one] if one.key == "Ref" || one.key.starts_with("Fn::"));
    let get = |key: &str| if is_call { None } else { settings.get(key) };
    let bare = (settings.entries().is_empty() || is_call).then_some(settings);
    let enabled: (&[&str], Option<&Node>) = (&["Enabled"], get("enabled"));
    let policy = get("retryPolicy");
    let attempts = policy.and_then(|policy| policy.get("maximumRetryAttempts"));
    let age = policy.and_then(|policy| policy.get("maximumEventAge"));
    let attempts: (&[&str], _) = (&["RetryPolicy", "MaximumRetryAttempts"], attempts);
    let age: (&[&str], _) = (&["RetryPolicy", "MaximumEventAgeInSeconds"], age);
    let own_queue: (&[&str], _) = (&["DeadLetterConfig"], get("deadLetterQueueArn"));
    match kind {
        "s3" => vec![event("S3", vec![(&["Bucket"], get("bucket").or(bare))])],
        "sns" => {
            let topic = (&["Topic"][..], get("arn").or_else(|| get("topicName")).or(bare));
            vec![event("SNS", vec![topic, (&["RedrivePolicy"], get("redrivePolicy"))])]
        }
        "schedule" => {
            let rate = get("rate").or(bare).unwrap_or(settings);
            let rates = if rate.elements().is_empty() { std::slice::from_ref(rate) } else { rate.elements() };
            let zone: (&[&str], _) = (&["ScheduleExpressionTimezone"], get("timezone"));
            let one = |rate| event("Schedule", vec![(&["Schedule"], Some(rate)), enabled, zone]);
            rates.iter().map(one).collect()
        }
        "eventBridge" if get("schedule").is_some() => {
            let schedule = (&["Schedule"][..], get("schedule"));
            vec![event("Schedule", vec![schedule, enabled, attempts, age, own_queue])]
        }
        "eventBridge" => {
            let bus = (&["EventBusName"][..], get("eventBus"));
            vec![event("EventBridgeRule", vec![bus, enabled, attempts, age, own_queue])]
        }
        "cloudwatchEvent" => vec![event("EventBridgeRule", vec![enabled])],
        "cloudwatchLog" => vec![event("CloudWatchLogs", Vec::new())],
        "iot" => vec![event("IoTRule", vec![enabled])],
        other => vec![event(other, Vec::new())],
    }
}
