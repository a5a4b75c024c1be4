//! A template with its parameters, mappings and conditions, and what its expressions mean.
//!
//! Everything is worked out when it is asked for: a template may hold expressions that nobody here can resolve, as
//! long as nothing of interest depends on them.

use super::super::tree::{Entry, Node, Reference, Unknown, Value};
use super::super::{Options, given};
use crate::scenario::problem::quoted;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// How deeply expressions may hang on each other, through names and conditions.
const MAX_DEPTH: usize = 200;
/// The longest text that an expression may make.
const MAX_TEXT: usize = 64 * 1024;

/// A template.
pub(in crate::import) struct Template<'a> {
    file: &'a str,
    /// The files of resources that come from elsewhere, by their id.
    files: BTreeMap<String, String>,
    root: Node,
    /// The positions of the resources, by their ids.
    positions: BTreeMap<String, usize>,
    options: &'a Options,
    depth: Cell<usize>,
    /// Conditions that are known, or being worked out.
    conditions: RefCell<BTreeMap<String, Option<Result<bool, Unknown>>>>,
    /// Names of resources that are known, or being worked out.
    names: RefCell<BTreeMap<String, Option<Result<String, Unknown>>>>,
}

/// A resource of the template.
#[derive(Clone, Copy)]
pub(super) struct Resource<'t> {
    /// Its logical id.
    pub(super) id: &'t str,
    /// Its type, such as `AWS::Lambda::Function`.
    pub(super) kind: &'t str,
    /// All of it.
    pub(super) node: &'t Node,
    /// The line of its id.
    pub(super) line: usize,
}

impl<'t> Resource<'t> {
    fn of(entry: &'t Entry) -> Self {
        let kind = match entry.node.get("Type").map(|kind| &kind.value) {
            Some(Value::Text(kind)) => kind,
            _ => "",
        };
        Self { id: &entry.key, kind, node: &entry.node, line: entry.line }
    }
}

impl<'a> Template<'a> {
    pub(super) fn new(file: &'a str, root: Node, options: &'a Options) -> Self {
        Self::made(file, root, BTreeMap::new(), options)
    }

    /// A template that another front end has made; `files` names the files of its resources.
    pub(in crate::import) fn made(
        file: &'a str,
        root: Node,
        files: BTreeMap<String, String>,
        options: &'a Options,
    ) -> Self {
        let resources = root.get("Resources").map_or(&[][..], Node::entries);
        let positions = resources.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
        Self {
            file,
            files,
            root,
            positions,
            options,
            depth: Cell::new(0),
            conditions: RefCell::default(),
            names: RefCell::default(),
        }
    }

    /// The file of the template.
    pub(super) fn file(&self) -> &str {
        self.file
    }

    /// The file in which a resource stands.
    pub(super) fn file_of(&self, id: &str) -> &str {
        self.files.get(id).map_or(self.file, String::as_str)
    }

    /// A section, as it stands.
    pub(super) fn section(&self, name: &str) -> Option<&Node> {
        self.root.get(name)
    }

    /// The names of the template's parameters.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.section("Parameters").map_or(&[][..], Node::entries).iter().map(|entry| entry.key.as_str())
    }

    /// All resources, in the order of the file, whatever their conditions.
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let entries = self.section("Resources").map_or(&[][..], Node::entries);
        entries.iter().map(Resource::of)
    }

    /// The resource called `id`.
    pub(super) fn resource(&self, id: &str) -> Option<Resource<'_>> {
        let at = *self.positions.get(id)?;
        self.section("Resources")?.entries().get(at).map(Resource::of)
    }

    /// Whether the resource exists in this deployment.
    pub(super) fn exists(&self, resource: Resource<'_>) -> Result<bool, Unknown> {
        match resource.node.get("Condition").and_then(Node::as_text) {
            Some(name) => self.condition(&name),
            None => Ok(true),
        }
    }

    /// A property of a resource, resolved.
    pub(super) fn property(&self, resource: Resource<'_>, path: &[&str]) -> Option<Node> {
        self.resolved_at(resource.node.get("Properties")?, path)
    }

    /// What lies at `path` below `node`, resolved; expressions on the way are resolved first.
    pub(super) fn resolved_at(&self, node: &Node, path: &[&str]) -> Option<Node> {
        let found = match path {
            [] => self.resolve(node),
            [key, rest @ ..] if intrinsic(node).is_none() => self.resolved_at(node.get(key)?, rest)?,
            path => {
                let resolved = self.resolve(node);
                match resolved.value {
                    Value::Unknown(_) => resolved,
                    _ => resolved.at(path)?.clone(),
                }
            }
        };
        (!found.is_null()).then_some(found)
    }

    /// The value of `node`: its expressions are worked out, as far as that is possible.
    pub(super) fn resolve(&self, node: &Node) -> Node {
        if self.depth.get() >= MAX_DEPTH {
            return Node::unknown("expressions hang on each other too deeply", None, node.line);
        }
        self.depth.set(self.depth.get() + 1);
        let value = match intrinsic(node) {
            Some((name, argument)) => self.call(&name, &argument, node.line),
            None => self.resolve_parts(node),
        };
        self.depth.set(self.depth.get() - 1);
        Node::new(value, node.line)
    }

    fn resolve_parts(&self, node: &Node) -> Value {
        match &node.value {
            Value::List(elements) => {
                let resolved = elements.iter().map(|element| self.resolve(element));
                Value::List(resolved.filter(|element| !element.is_null()).collect())
            }
            Value::Object(entries) => {
                let resolved = entries.iter().map(|entry| Entry {
                    key: entry.key.clone(),
                    line: entry.line,
                    node: self.resolve(&entry.node),
                });
                Value::Object(resolved.filter(|entry| !entry.node.is_null()).collect())
            }
            Value::Text(text) if text.contains("{{resolve:") => self.dynamic_reference(text),
            other => other.clone(),
        }
    }

    /// `{{resolve:ssm:name}}`: known only when it is deployed.
    fn dynamic_reference(&self, text: &str) -> Value {
        let inner = text.trim().trim_start_matches("{{").trim_end_matches("}}").to_owned();
        match given(self.options, &inner) {
            Some(value) => plain(value),
            None => unknown(format!("{} is known only when it is deployed", quoted(text)), Some(inner)),
        }
    }

    fn call(&self, name: &str, argument: &Node, line: usize) -> Value {
        let made = match name {
            "Ref" => self.text(argument).map(|name| self.reference(&name)),
            "Fn::GetAtt" => self.get_att(argument),
            "Fn::Sub" => self.sub(argument),
            "Fn::If" => self.conditional(argument),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::ImportValue" => self.text(argument).map(|name| self.import_value(&name)),
            "Fn::Base64" => Ok(self.resolve(argument).value),
            "Condition" => self.text(argument).and_then(|name| self.condition(&name)).map(Value::Flag),
            "Fn::Equals" => self.equals(argument),
            "Fn::And" | "Fn::Or" => self.both_or_any(name == "Fn::And", argument),
            "Fn::Not" => {
                self.flags(argument).map(|flags| Value::Flag(!flags.first().copied().unwrap_or(false)))
            }
            "Fn::Length" => {
                let list = self.resolve(argument);
                match list.value {
                    Value::Unknown(unknown) => Err(unknown),
                    _ => Ok(Value::Number(list.elements().len().to_string())),
                }
            }
            other => {
                Err(unknown_because(format!("the function {} in line {line} is not known", quoted(other))))
            }
        };
        made.unwrap_or_else(Value::Unknown)
    }

    /// What `Ref` gives: a pseudo parameter, a parameter, or a resource.
    fn reference(&self, name: &str) -> Value {
        if let Some(value) = given(self.options, name) {
            if self.parameter(name).is_none() {
                return plain(value);
            }
            return self.parameter_value(name, value);
        }
        if let Some(value) = pseudo_parameter(name) {
            return value;
        }
        if let Some(parameter) = self.parameter(name) {
            let kind = parameter.get("Type").and_then(Node::as_text).unwrap_or_default();
            if kind.starts_with("AWS::SSM::Parameter::Value") {
                let why = format!("the parameter {} is read from Systems Manager", quoted(name));
                return unknown(why, Some(name.to_owned()));
            }
            if let Some(default) = parameter.get("Default").and_then(Node::as_text) {
                return self.parameter_value(name, &default);
            }
            let why = format!("the parameter {} has no default", quoted(name));
            return unknown(why, Some(name.to_owned()));
        }
        if self.resource(name).is_some() {
            return Value::Reference(Reference { to: name.to_owned(), attribute: String::new() });
        }
        // SAM's `!Ref Function.Alias` and `!Ref Function.Version`.
        match name.split_once('.') {
            Some((to, attribute)) if self.resource(to).is_some() => {
                Value::Reference(Reference { to: to.to_owned(), attribute: attribute.to_owned() })
            }
            _ => unknown(format!("there is no parameter or resource {}", quoted(name)), None),
        }
    }

    fn parameter(&self, name: &str) -> Option<&Node> {
        self.section("Parameters")?.get(name)
    }

    fn parameter_value(&self, name: &str, text: &str) -> Value {
        let kind = self.parameter(name).and_then(|parameter| parameter.get("Type")).and_then(Node::as_text);
        let is_list = kind.is_some_and(|kind| kind == "CommaDelimitedList" || kind.starts_with("List<"));
        if is_list {
            return Value::List(text.split(',').map(|part| Node::text(part.trim(), 0)).collect());
        }
        plain(text)
    }

    fn import_value(&self, name: &str) -> Value {
        let key = format!("Fn::ImportValue:{name}");
        match given(self.options, &key) {
            Some(value) => plain(value),
            None => unknown(format!("{} is exported by another stack", quoted(name)), Some(key)),
        }
    }

    fn get_att(&self, argument: &Node) -> Result<Value, Unknown> {
        let (to, attribute) = match argument.elements() {
            [] => {
                let text = self.text(argument)?;
                let (to, attribute) = text.split_once('.').unwrap_or((&text, ""));
                (to.to_owned(), attribute.to_owned())
            }
            [to, attribute] => (self.text(to)?, self.text(attribute)?),
            _ => return Err(unknown_because("`Fn::GetAtt` takes a resource and an attribute")),
        };
        self.attribute(to, attribute)
    }

    fn attribute(&self, to: String, attribute: String) -> Result<Value, Unknown> {
        if self.resource(&to).is_none() {
            return Err(unknown_because(format!("there is no resource {}", quoted(&to))));
        }
        Ok(Value::Reference(Reference { to, attribute }))
    }

    /// `${Name}`, `${Resource.Attribute}`, `${!Literal}`, and names of its own.
    fn sub(&self, argument: &Node) -> Result<Value, Unknown> {
        let (pattern, own) = match argument.elements() {
            [] => (self.plain_text(argument)?, None),
            [pattern, own] => (self.plain_text(pattern)?, Some(own)),
            _ => return Err(unknown_because("`Fn::Sub` takes a text, or a text and an object")),
        };
        let mut made = String::new();
        let mut rest = pattern.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            made.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                return Err(unknown_because(format!("{} has no closing brace", quoted(&pattern))));
            };
            rest = behind;
            if let Some(literal) = name.strip_prefix('!') {
                made.extend(["${", literal, "}"]);
                continue;
            }
            let value = self.substitute(name.trim(), own)?;
            if made.is_empty() && behind.is_empty() {
                return Ok(value);
            }
            made.push_str(&self.as_text(&value)?);
            limit(&made)?;
        }
        made.push_str(rest);
        limit(&made)?;
        Ok(Value::Text(made))
    }

    fn substitute(&self, name: &str, own: Option<&Node>) -> Result<Value, Unknown> {
        if let Some(value) = own.and_then(|own| own.get(name)) {
            return Ok(self.resolve(value).value);
        }
        match name.split_once('.') {
            Some((to, attribute)) => self.attribute(to.to_owned(), attribute.to_owned()),
            None => Ok(self.reference(name)),
        }
    }

    fn conditional(&self, argument: &Node) -> Result<Value, Unknown> {
        let [condition, then, otherwise] = argument.elements() else {
            return Err(unknown_because("`Fn::If` takes a condition and two values"));
        };
        let holds = self.condition(&self.text(condition)?)?;
        Ok(self.resolve(if holds { then } else { otherwise }).value)
    }

    /// Whether the condition called `name` holds.
    fn condition(&self, name: &str) -> Result<bool, Unknown> {
        let known = self.conditions.borrow().get(name).cloned();
        match known {
            Some(Some(known)) => return known,
            Some(None) => {
                return Err(unknown_because(format!("the condition {} depends on itself", quoted(name))));
            }
            None => {}
        }
        let Some(expression) = self.section("Conditions").and_then(|section| section.get(name)) else {
            return Err(unknown_because(format!("there is no condition {}", quoted(name))));
        };
        self.conditions.borrow_mut().insert(name.to_owned(), None);
        let resolved = self.resolve(expression);
        let holds = match resolved.value {
            Value::Flag(flag) => Ok(flag),
            Value::Unknown(unknown) => Err(unknown),
            _ => Err(unknown_because(format!("the condition {} is {}", quoted(name), resolved.kind()))),
        };
        self.conditions.borrow_mut().insert(name.to_owned(), Some(holds.clone()));
        holds
    }

    fn equals(&self, argument: &Node) -> Result<Value, Unknown> {
        let [a, b] = argument.elements() else {
            return Err(unknown_because("`Fn::Equals` takes two values"));
        };
        let (a, b) = (self.resolve(a), self.resolve(b));
        if let (Value::List(_) | Value::Object(_), _) | (_, Value::List(_) | Value::Object(_)) =
            (&a.value, &b.value)
        {
            return Ok(Value::Flag(a == b));
        }
        Ok(Value::Flag(self.as_text(&a.value)? == self.as_text(&b.value)?))
    }

    /// `Fn::And` and `Fn::Or`: known as soon as one of the parts decides.
    fn both_or_any(&self, all: bool, argument: &Node) -> Result<Value, Unknown> {
        let mut open = None;
        for part in argument.elements() {
            match self.resolve(part).value {
                Value::Flag(flag) if flag != all => return Ok(Value::Flag(flag)),
                Value::Flag(_) => {}
                Value::Unknown(unknown) => open = Some(unknown),
                _ => open = Some(unknown_because("a condition is true or false")),
            }
        }
        open.map_or(Ok(Value::Flag(all)), Err)
    }

    fn flags(&self, argument: &Node) -> Result<Vec<bool>, Unknown> {
        let flag = |part: &Node| match self.resolve(part).value {
            Value::Flag(flag) => Ok(flag),
            Value::Unknown(unknown) => Err(unknown),
            _ => Err(unknown_because("a condition is true or false")),
        };
        if argument.elements().len() != 1 {
            return Err(unknown_because("`Fn::Not` takes one condition"));
        }
        argument.elements().iter().map(flag).collect()
    }

    fn find_in_map(&self, argument: &Node) -> Result<Value, Unknown> {
        let [map, first, second, more @ ..] = argument.elements() else {
            return Err(unknown_because("`Fn::FindInMap` takes a mapping and two keys"));
        };
        let (map, first, second) = (self.text(map)?, self.text(first)?, self.text(second)?);
        let found = self.section("Mappings").and_then(|section| section.at(&[&map, &first, &second]));
        let default = more.first().and_then(|more| more.get("DefaultValue"));
        if let Some(value) = found.or(default) {
            return Ok(self.resolve(value).value);
        }
        let why = format!("the mapping {} has no {} with {}", quoted(&map), quoted(&first), quoted(&second));
        Err(unknown_because(why))
    }

    fn join(&self, argument: &Node) -> Result<Value, Unknown> {
        let [between, parts] = argument.elements() else {
            return Err(unknown_because("`Fn::Join` takes a delimiter and a list"));
        };
        let between = self.text(between)?;
        let parts = self.resolve(parts);
        if let Value::Unknown(unknown) = parts.value {
            return Err(unknown);
        }
        if let [only] = parts.elements() {
            return Ok(only.value.clone());
        }
        let texts: Vec<String> =
            parts.elements().iter().map(|part| self.as_text(&part.value)).collect::<Result<_, _>>()?;
        limit(&texts.concat())?;
        Ok(Value::Text(texts.join(&between)))
    }

    fn select(&self, argument: &Node) -> Result<Value, Unknown> {
        let [index, list] = argument.elements() else {
            return Err(unknown_because("`Fn::Select` takes an index and a list"));
        };
        let (index, list) = (self.text(index)?, self.resolve(list));
        if let Value::Unknown(unknown) = list.value {
            return Err(unknown);
        }
        let found = index.parse::<usize>().ok().and_then(|index| list.elements().get(index));
        found
            .map(|found| found.value.clone())
            .ok_or_else(|| unknown_because(format!("the list has no element {}", quoted(&index))))
    }

    fn split(&self, argument: &Node) -> Result<Value, Unknown> {
        let [between, text] = argument.elements() else {
            return Err(unknown_because("`Fn::Split` takes a delimiter and a text"));
        };
        let (between, line) = (self.text(between)?, text.line);
        if between.is_empty() {
            return Err(unknown_because("`Fn::Split` has an empty delimiter"));
        }
        let text = self.text(text)?;
        Ok(Value::List(text.split(&between).map(|part| Node::text(part, line)).collect()))
    }

    fn plain_text(&self, node: &Node) -> Result<String, Unknown> {
        let text = node.as_text().map(std::borrow::Cow::into_owned);
        text.map_or_else(|| self.text(node), Ok)
    }

    /// The text of an argument.
    fn text(&self, node: &Node) -> Result<String, Unknown> {
        self.as_text(&self.resolve(node).value)
    }

    /// The text that a resolved value becomes within another text.
    pub(super) fn as_text(&self, value: &Value) -> Result<String, Unknown> {
        match value {
            Value::Text(text) | Value::Number(text) => Ok(text.clone()),
            Value::Flag(flag) => Ok(flag.to_string()),
            Value::Unknown(unknown) => Err(unknown.clone()),
            Value::Reference(reference) => self.reference_text(reference),
            Value::Null | Value::List(_) | Value::Object(_) => Err(unknown_because("a text is needed here")),
        }
    }

    fn reference_text(&self, reference: &Reference) -> Result<String, Unknown> {
        let Reference { to, attribute } = reference;
        let kind = self.resource(to).map_or("", |resource| resource.kind);
        let name = || self.physical_name(to);
        if self.is_arn(reference)
            && let Some(service) = arn_service(kind)
        {
            return Ok(format!("arn:aws:{service}{}", name()?));
        }
        if attribute.is_empty() || attribute.ends_with("Name") || attribute == "Name" {
            return name();
        }
        Err(unknown_because(format!("{} of {} exists only when deployed", quoted(attribute), quoted(to))))
    }

    /// Whether a reference is to an ARN. A plain `Ref` is one for some types only: of a queue it is the URL.
    pub(super) fn is_arn(&self, reference: &Reference) -> bool {
        match reference.attribute.as_str() {
            "" => {
                let kind = self.resource(&reference.to).map_or("", |resource| resource.kind);
                matches!(kind, "AWS::SNS::Topic" | "AWS::Lambda::Alias" | "AWS::Lambda::Version")
            }
            // `!Ref Function.Alias` and `!Ref Function.Version` are those of the alias and version that SAM makes.
            "Alias" | "Version" => true,
            attribute => attribute.ends_with("Arn"),
        }
    }

    /// The name that AWS knows a resource by: the one it is given, or its logical id in place of a generated one.
    pub(super) fn physical_name(&self, id: &str) -> Result<String, Unknown> {
        let known = self.names.borrow().get(id).cloned();
        match known {
            Some(Some(known)) => return known,
            Some(None) => {
                return Err(unknown_because(format!("the name of {} depends on itself", quoted(id))));
            }
            None => {}
        }
        self.names.borrow_mut().insert(id.to_owned(), None);
        let name = match self.resource(id).and_then(|resource| self.given_name(resource)) {
            Some(node) => self.as_text(&node.value),
            None => Ok(id.to_owned()),
        };
        self.names.borrow_mut().insert(id.to_owned(), Some(name.clone()));
        name
    }

    fn given_name(&self, resource: Resource<'_>) -> Option<Node> {
        let property = match resource.kind {
            "AWS::Serverless::Function" | "AWS::Lambda::Function" => "FunctionName",
            "AWS::SQS::Queue" => "QueueName",
            "AWS::SNS::Topic" => "TopicName",
            "AWS::S3::Bucket" => "BucketName",
            "AWS::Events::EventBus" | "AWS::Lambda::Alias" => "Name",
            _ => return None,
        };
        self.property(resource, &[property])
    }
}

/// The part of an ARN before the name, for the resources that events and outcomes meet.
fn arn_service(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::Serverless::Function" | "AWS::Lambda::Function" => {
            Some("lambda:us-east-1:123456789012:function:")
        }
        "AWS::SQS::Queue" => Some("sqs:us-east-1:123456789012:"),
        "AWS::SNS::Topic" => Some("sns:us-east-1:123456789012:"),
        "AWS::S3::Bucket" => Some("s3:::"),
        "AWS::Events::EventBus" => Some("events:us-east-1:123456789012:event-bus/"),
        _ => None,
    }
}

/// Parameters that AWS gives; the account and Region are those of thirdtry's exports.
fn pseudo_parameter(name: &str) -> Option<Value> {
    let text = match name {
        "AWS::AccountId" => "123456789012",
        "AWS::Region" => "us-east-1",
        "AWS::Partition" => "aws",
        "AWS::StackName" => "stack",
        "AWS::URLSuffix" => "amazonaws.com",
        "AWS::NoValue" => return Some(Value::Null),
        _ if name.starts_with("AWS::") => {
            return Some(unknown(
                format!("{} is known only when it is deployed", quoted(name)),
                Some(name.to_owned()),
            ));
        }
        _ => return None,
    };
    Some(Value::Text(text.to_owned()))
}

/// The function that `node` calls, by its long name, and its argument.
fn intrinsic(node: &Node) -> Option<(String, Node)> {
    if let Some(short) = node.tag.strip_prefix('!').filter(|short| !short.is_empty()) {
        let name =
            if matches!(short, "Ref" | "Condition") { short.to_owned() } else { format!("Fn::{short}") };
        return Some((name, Node { tag: String::new(), ..node.clone() }));
    }
    let [entry] = node.entries() else { return None };
    let is_condition = entry.key == "Condition" && matches!(entry.node.value, Value::Text(_));
    let is_call = entry.key == "Ref" || entry.key.starts_with("Fn::") || is_condition;
    is_call.then(|| (entry.key.clone(), entry.node.clone()))
}

/// A given value: a text, from which settings read numbers and flags.
fn plain(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn unknown(why: String, key: Option<String>) -> Value {
    Value::Unknown(Unknown { why, key })
}

fn unknown_because(why: impl Into<String>) -> Unknown {
    Unknown { why: why.into(), key: None }
}

fn limit(text: &str) -> Result<(), Unknown> {
    if text.len() > MAX_TEXT {
        return Err(unknown_because(format!("an expression makes a text of more than {MAX_TEXT} bytes")));
    }
    Ok(())
}
