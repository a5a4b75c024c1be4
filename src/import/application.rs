//! What every front end makes of its files: functions, what becomes of their outcomes, and who calls them.
//!
//! The words are those of the scenario; a setting that the files do not give is `None`, never a default.

use super::book::{Book, Origin, Set, Verdict};
use super::schedule::Schedule;
use super::tree::{Node, Value};
use crate::scenario::problem::quoted;

/// The part of a template that asynchronous invocations meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application {
    /// The functions, in the order of the files.
    pub functions: Vec<Function>,
    /// What outcomes go to; only what some function uses.
    pub destinations: Vec<Destination>,
    /// Who invokes the functions asynchronously.
    pub sources: Vec<Source>,
}

/// A function and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name in the scenario.
    pub name: String,
    /// The resource.
    pub origin: Origin,
    /// `Timeout`, in seconds.
    pub timeout: Option<Set<u64>>,
    /// `MemorySize`, in MB.
    pub memory: Option<Set<u64>>,
    /// `Architectures`, its one element.
    pub architecture: Option<Set<String>>,
    /// `ReservedConcurrentExecutions`.
    pub reserved: Option<Set<u64>>,
    /// `ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions`.
    pub provisioned: Option<Set<u64>>,
    /// `RecursiveLoop`.
    pub recursive_loop: Option<Set<String>>,
    /// `EventInvokeConfig.MaximumRetryAttempts`.
    pub retries: Option<Set<u64>>,
    /// `EventInvokeConfig.MaximumEventAgeInSeconds`.
    pub max_age: Option<Set<u64>>,
    /// The destination of successes.
    pub on_success: Option<Set<String>>,
    /// The destination of failures.
    pub on_failure: Option<Set<String>>,
    /// `DeadLetterConfig.TargetArn`: the name of a destination.
    pub dead_letter: Option<Set<String>>,
    /// The service that a permission lets invoke it asynchronously, such as `s3.amazonaws.com`.
    pub permitted: Option<Set<String>>,
    /// Why nobody is put in its place when nothing invokes it asynchronously: who calls it otherwise.
    pub called_otherwise: Option<String>,
}

impl Function {
    /// A function of which nothing is known but its name.
    pub fn new(name: impl Into<String>, origin: Origin) -> Self {
        Self {
            name: name.into(),
            origin,
            timeout: None,
            memory: None,
            architecture: None,
            reserved: None,
            provisioned: None,
            recursive_loop: None,
            retries: None,
            max_age: None,
            on_success: None,
            on_failure: None,
            dead_letter: None,
            permitted: None,
            called_otherwise: None,
        }
    }

    /// Whether something is set that matters to asynchronous invocations alone.
    pub const fn is_asynchronous(&self) -> bool {
        self.retries.is_some()
            || self.max_age.is_some()
            || self.on_success.is_some()
            || self.on_failure.is_some()
            || self.dead_letter.is_some()
    }
}

/// The service behind a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Amazon SQS.
    Sqs,
    /// Amazon SNS.
    Sns,
    /// Amazon EventBridge.
    EventBridge,
    /// Amazon S3.
    S3,
    /// AWS Lambda.
    Lambda,
}

impl Service {
    /// The key of a destination in scenarios.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sqs => "sqs",
            Self::Sns => "sns",
            Self::EventBridge => "eventbridge",
            Self::S3 => "s3",
            Self::Lambda => "lambda",
        }
    }

    /// The service that ARNs of `text` belong to, if it is one that takes outcomes.
    pub fn of_arn(text: &str) -> Option<Self> {
        match text.split(':').nth(2)? {
            "sqs" => Some(Self::Sqs),
            "sns" => Some(Self::Sns),
            "events" => Some(Self::EventBridge),
            "s3" => Some(Self::S3),
            "lambda" => Some(Self::Lambda),
            _ => None,
        }
    }
}

/// Where outcomes go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its name in the scenario.
    pub name: String,
    /// The resource, or the setting that names what lies outside of the template.
    pub origin: Origin,
    /// What it is.
    pub service: Service,
    /// The function that a destination of kind Lambda invokes.
    pub function: Option<String>,
    /// `MessageRetentionPeriod` of a queue, in seconds.
    pub retention: Option<Set<u64>>,
    /// The functions that a topic or bus invokes.
    pub subscribers: Vec<Set<String>>,
}

/// Who invokes functions asynchronously.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name in the scenario.
    pub name: String,
    /// What it is in the template.
    pub origin: Origin,
    /// What the scenario takes it for.
    pub caller: Caller,
    /// The functions, each with the place that says so.
    pub to: Vec<Set<String>>,
    /// `RetryPolicy` of a rule.
    pub retry_attempts: Option<Set<u64>>,
    /// `RetryPolicy` of a rule, in seconds.
    pub retry_age: Option<Set<u64>>,
    /// When it invokes, if the template says so.
    pub schedule: Option<Set<Schedule>>,
    /// What the template calls it, for comments: `S3 bucket Uploads`.
    pub label: String,
}

impl Source {
    /// One that invokes the function that `to` names, where the template says so.
    pub(super) fn new(name: String, caller: Caller, label: String, to: Set<String>) -> Self {
        Self {
            name,
            origin: to.origin.clone(),
            caller,
            to: vec![to],
            retry_attempts: None,
            retry_age: None,
            schedule: None,
            label,
        }
    }
}

/// How a caller repeats what Lambda does not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Amazon S3.
    S3,
    /// Amazon SNS.
    Sns,
    /// Amazon EventBridge: rules and schedules.
    EventBridge,
    /// Whoever uses an SDK, and services of which nothing better is known.
    Direct,
}

impl Caller {
    /// The caller that a service principal stands for, such as `s3.amazonaws.com`.
    pub(super) fn of_principal(principal: &str) -> Self {
        match principal.split('.').next() {
            Some("s3") => Self::S3,
            Some("sns") => Self::Sns,
            Some("events") => Self::EventBridge,
            _ => Self::Direct,
        }
    }

    /// The key of a source in scenarios.
    pub const fn key(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Sns => "sns",
            Self::EventBridge => "eventbridge",
            Self::Direct => "direct",
        }
    }
}

impl Application {
    /// The function called `name`.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// The destination called `name`, which `make` makes if there is none yet. Another service's destination of the
    /// same name gets a name of its own.
    pub(super) fn destination(&mut self, make: Destination) -> String {
        let same = |known: &&Destination| known.name == make.name && known.service == make.service;
        if let Some(known) = self.destinations.iter().find(same) {
            return known.name.clone();
        }
        let taken = self.destinations.iter().any(|known| known.name == make.name);
        let name = if taken { format!("{}-{}", make.name, make.service.key()) } else { make.name.clone() };
        if !self.destinations.iter().any(|known| known.name == name) {
            self.destinations.push(Destination { name: name.clone(), ..make });
        }
        name
    }

    /// A name that no source has yet: `name` itself, or with a number behind it.
    fn free_source_name(&self, name: &str) -> String {
        let is_free = |name: &str| !self.sources.iter().any(|source| source.name == name);
        let numbered = (2..).map(|n| format!("{name}-{n}"));
        std::iter::once(name.to_owned()).chain(numbered).find(|name| is_free(name)).unwrap_or_default()
    }

    /// Moves what `other` has behind what is here.
    pub(super) fn append(&mut self, other: Self) {
        self.functions.extend(other.functions);
        for destination in other.destinations {
            self.destination(destination);
        }
        for source in other.sources {
            self.add_source(source);
        }
    }

    /// Adds a source, with a number behind its name if another has that.
    pub(super) fn add_source(&mut self, source: Source) {
        let name = self.free_source_name(&source.name);
        self.sources.push(Source { name, ..source });
    }
}

/// Reads settings of a resource out of resolved values, and writes down what is wrong with them.
pub(super) struct Settings<'a> {
    pub(super) file: &'a str,
    /// The resource's name in messages.
    pub(super) resource: &'a str,
    pub(super) book: &'a mut Book,
}

impl Settings<'_> {
    pub(super) fn origin(&self, line: usize) -> Origin {
        Origin::new(self.file, line, self.resource)
    }

    /// A whole number; `None` if it is not given, or is wrong, which is then a problem.
    pub(super) fn integer(&mut self, name: &str, node: Option<&Node>) -> Option<Set<u64>> {
        let node = node.filter(|node| !node.is_null())?;
        if self.is_unknown(name, node) {
            return None;
        }
        let text = node.as_text();
        let number = text.as_deref().map(|text| text.strip_suffix(".0").unwrap_or(text).parse::<u64>());
        if let Some(Ok(value)) = number {
            return Some(Set { value, origin: self.origin(node.line) });
        }
        let shown = text.as_deref().map_or_else(|| node.kind().to_owned(), quoted);
        let message = format!("{name} is {shown}, not a whole number");
        self.book.problem(self.origin(node.line), message, "write a whole number, such as 30");
        None
    }

    /// A text; `None` if it is not given, or is wrong, which is then a problem.
    pub(super) fn text(&mut self, name: &str, node: Option<&Node>) -> Option<Set<String>> {
        let node = node.filter(|node| !node.is_null())?;
        if self.is_unknown(name, node) {
            return None;
        }
        if let Some(text) = node.as_text() {
            return Some(Set { value: text.into_owned(), origin: self.origin(node.line) });
        }
        let message = format!("{name} is {}, not a text", node.kind());
        self.book.problem(self.origin(node.line), message, "write a text");
        None
    }

    /// Whether a flag is set; a flag that is not given is not set.
    pub(super) fn flag(&mut self, name: &str, node: Option<&Node>) -> Option<bool> {
        let text = self.text(name, node)?;
        match text.value.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                let message = format!("{name} is {}, not true or false", quoted(other));
                self.book.problem(text.origin, message, "write true or false");
                None
            }
        }
    }

    /// Whether a value that matters is not known, which is a problem.
    pub(super) fn is_unknown(&mut self, name: &str, node: &Node) -> bool {
        let Value::Unknown(unknown) = &node.value else { return false };
        let hint = match &unknown.key {
            Some(key) => format!("give it: --parameter '{key}=VALUE'"),
            None => "write a plain value in its place".to_owned(),
        };
        self.book.problem(
            self.origin(node.line),
            format!("{name} cannot be resolved: {}", unknown.why),
            hint,
        );
        true
    }

    pub(super) fn ignored(&mut self, line: usize, text: impl Into<String>) {
        self.book.note(Verdict::Ignored, self.origin(line), text);
    }

    pub(super) fn assumed(&mut self, line: usize, text: impl Into<String>) {
        self.book.note(Verdict::Assumed, self.origin(line), text);
    }
}

/// The name in an ARN: of a function its name without qualifier, of anything else the last part.
pub(super) fn name_in_arn(arn: &str) -> &str {
    if let Some((_, function)) = arn.split_once(":function:") {
        return function.split(':').next().unwrap_or(function);
    }
    arn.rsplit([':', '/']).next().unwrap_or(arn)
}

/// `name` as the scenario can have it for a function: letters, digits, `-` and `_`, at most 64.
pub(super) fn function_name(name: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    let name: String = name.chars().map(fit).take(64).collect();
    if name.is_empty() { "function".to_owned() } else { name }
}
