//! Configurations in HCL: the blocks of one module, and as much of the expression language as settings need.
//!
//! What Terraform would compute beyond that, a plan has already computed; the notes and problems say so.

use super::super::book::{Book, Origin};
use super::super::tree::{Entry, Lines, Node, Unknown, Value, from_document};
use super::super::{Options, check_parameters, given};
use super::Resource;
use super::functions;
use super::value::{display_name, reference};
use crate::scenario::document;
use crate::scenario::problem::quoted;
use hcl_edit::Span;
use hcl_edit::expr::{
    BinaryOperator, Conditional, Expression, FuncCall, ObjectKey, TraversalOperator, UnaryOperator,
};
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::template::Element;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// How deeply expressions may hang on each other, through locals and defaults.
const MAX_DEPTH: usize = 300;
/// The longest text that an expression may make.
pub(super) const MAX_TEXT: usize = 64 * 1024;
/// How many values locals may be copied into, all in all.
const MAX_COPIES: usize = 500_000;
/// What to do about everything that is left to Terraform.
pub(super) const PLAN: &str = "a plan has it worked out: terraform plan -out=p && terraform show -json p > plan.json, and import plan.json";

/// A file of the configuration.
struct File<'a> {
    name: &'a str,
    body: Body,
    lines: Lines,
}

/// Reads the files as one module.
pub(super) fn read(
    files: &[(&str, &str)],
    options: &Options,
    book: &mut Book,
    resources: &mut Vec<Resource>,
) {
    let mut parsed = Vec::new();
    for (name, text) in files {
        match text.trim_start_matches('\u{feff}').parse::<Body>() {
            Ok(body) => parsed.push(File { name, body, lines: Lines::of(text) }),
            Err(error) => {
                let origin = Origin::new(name, error.location().line(), "");
                let hint = format!("is it Terraform? {PLAN}");
                book.problem(origin, format!("not HCL: {}", error.message().replace('\n', "; ")), hint);
            }
        }
    }
    let module = Module::new(&parsed, options);
    let known: Vec<String> = module.variables.keys().map(|name| (*name).to_owned()).collect();
    // A plan has no parameters left to give.
    if !files.is_empty() || !options.parameters.is_empty() {
        check_parameters(options, &known, |name| name.contains('.'), book);
    }
    module.resources(book, resources);
}

/// An expression and the file that it stands in.
type Place<'a> = (&'a File<'a>, &'a Expression);

struct Module<'a> {
    files: &'a [File<'a>],
    options: &'a Options,
    variables: BTreeMap<&'a str, Option<Place<'a>>>,
    /// Values that a file of variables gives.
    assigned: BTreeMap<&'a str, Place<'a>>,
    locals: BTreeMap<&'a str, Place<'a>>,
    blocks: BTreeMap<String, (&'a File<'a>, &'a Block)>,
    /// Locals that are known, or being worked out.
    known: RefCell<BTreeMap<String, Option<Node>>>,
    /// What the dynamic blocks around an expression call their elements, innermost last.
    iterators: RefCell<Vec<(String, Node)>>,
    depth: Cell<usize>,
    copies: Cell<usize>,
}

impl<'a> Module<'a> {
    fn new(files: &'a [File<'a>], options: &'a Options) -> Self {
        let mut module = Self {
            files,
            options,
            variables: BTreeMap::new(),
            assigned: BTreeMap::new(),
            locals: BTreeMap::new(),
            blocks: BTreeMap::new(),
            known: RefCell::default(),
            iterators: RefCell::default(),
            depth: Cell::new(0),
            copies: Cell::new(0),
        };
        for file in files {
            module.take(file);
        }
        module
    }

    fn take(&mut self, file: &'a File<'a>) {
        let is_values = file.name.ends_with(".tfvars");
        for structure in &file.body {
            match structure {
                Structure::Attribute(attribute) if is_values => {
                    self.assigned.insert(attribute.key.as_str(), (file, &attribute.value));
                }
                Structure::Attribute(_) => {}
                Structure::Block(block) => match (block.ident.as_str(), labels(block).as_slice()) {
                    ("variable", [name]) => {
                        let default = block.body.get_attribute("default");
                        self.variables.insert(name, default.map(|default| (file, &default.value)));
                    }
                    ("locals", _) => {
                        for attribute in block.body.attributes() {
                            self.locals.insert(attribute.key.as_str(), (file, &attribute.value));
                        }
                    }
                    ("resource", [kind, name]) => {
                        self.blocks.insert(format!("{kind}.{name}"), (file, block));
                    }
                    _ => {}
                },
            }
        }
    }

    fn resources(&self, book: &mut Book, resources: &mut Vec<Resource>) {
        for file in self.files {
            for block in file.body.blocks() {
                let line = line_of(file, block.span());
                match (block.ident.as_str(), labels(block).as_slice()) {
                    ("resource", [kind, name]) => {
                        let address = format!("{kind}.{name}");
                        let origin = Origin::new(file.name, line, &address);
                        if self.is_single(file, block, &origin, book) {
                            resources.push(Resource {
                                kind: (*kind).to_owned(),
                                name: display_name(&address),
                                address,
                                file: file.name.to_owned(),
                                line,
                                body: self.body(file, &block.body, line),
                            });
                        }
                    }
                    ("module", [name]) => {
                        let origin = Origin::new(file.name, line, &format!("module.{name}"));
                        book.ignored(origin, format!("what is inside of a module is not seen; {PLAN}"));
                    }
                    _ => {}
                }
            }
        }
    }

    /// Whether a block makes exactly one resource; if not, that is said.
    fn is_single(&self, file: &'a File<'a>, block: &'a Block, origin: &Origin, book: &mut Book) -> bool {
        if block.body.has_attribute("for_each") {
            book.ignored(origin.clone(), format!("`for_each` makes any number of it; {PLAN}"));
            return false;
        }
        let Some(count) = block.body.get_attribute("count") else { return true };
        let count = self.resolve(file, &count.value);
        match (count.as_text().as_deref(), &count.value) {
            (Some("1"), _) => return true,
            (Some("0"), _) => book.ignored(origin.clone(), "its `count` is 0"),
            (Some(number), _) => {
                book.ignored(origin.clone(), format!("`count` makes {} of it; {PLAN}", quoted(number)));
            }
            (None, Value::Unknown(unknown)) => {
                book.ignored(origin.clone(), format!("its `count` is not known ({}); {PLAN}", unknown.why));
            }
            (None, _) => book.ignored(origin.clone(), format!("its `count` is no number; {PLAN}")),
        }
        false
    }

    /// The attributes of a block, and its blocks as lists of objects.
    fn body(&self, file: &'a File<'a>, body: &'a Body, line: usize) -> Node {
        let mut entries: Vec<Entry> = Vec::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let node = self.resolve(file, &attribute.value);
                    entries.push(Entry { key: attribute.key.as_str().to_owned(), line: node.line, node });
                }
                Structure::Block(block) if block.ident.as_str() == "dynamic" => {
                    if let [name] = labels(block).as_slice() {
                        match self.dynamic(file, block, name) {
                            Ok(made) => made.into_iter().for_each(|node| put_block(&mut entries, name, node)),
                            Err(unknown) => {
                                let line = line_of(file, block.span());
                                let node = Node::new(Value::Unknown(unknown), line);
                                entries.push(Entry { key: (*name).to_owned(), line, node });
                            }
                        }
                    }
                }
                Structure::Block(block) => {
                    let line = line_of(file, block.span());
                    put_block(&mut entries, block.ident.as_str(), self.body(file, &block.body, line));
                }
            }
        }
        Node::new(Value::Object(entries), line)
    }

    /// The blocks that a dynamic block makes: its `content` for each element of what `for_each` is.
    fn dynamic(&self, file: &'a File<'a>, block: &'a Block, name: &str) -> Result<Vec<Node>, Unknown> {
        let body = &block.body;
        let (Some(each), Some(content)) = (body.get_attribute("for_each"), body.get_blocks("content").next())
        else {
            return Err(unknown_because("a dynamic block needs `for_each` and `content`"));
        };
        let each = self.resolve(file, &each.value);
        let elements: Vec<(Node, Node)> = match &each.value {
            Value::Unknown(unknown) => {
                let why = format!("a dynamic block makes it, and {}; {PLAN}", unknown.why);
                return Err(Unknown { why, key: unknown.key.clone() });
            }
            // The key of an element of a set is the element itself.
            Value::List(list) => list.iter().map(|element| (element.clone(), element.clone())).collect(),
            Value::Object(entries) => entries
                .iter()
                .map(|entry| (Node::text(entry.key.clone(), entry.line), entry.node.clone()))
                .collect(),
            _ => return Err(unknown_because("the `for_each` of a dynamic block is no list")),
        };
        let named = body.get_attribute("iterator").and_then(|named| match &named.value {
            Expression::Variable(name) => Some(name.as_str().to_owned()),
            _ => None,
        });
        let iterator = named.unwrap_or_else(|| name.to_owned());
        // Dynamic blocks inside of each other multiply, and a block is many values.
        self.copies.set(self.copies.get().saturating_add(elements.len().saturating_mul(16)));
        if self.copies.get() > MAX_COPIES {
            return Err(unknown_because("dynamic blocks hold each other too often"));
        }
        let line = line_of(file, content.span());
        let made = elements.into_iter().map(|(key, value)| {
            let entry = |name: &str, node: Node| Entry { key: name.to_owned(), line: node.line, node };
            let element = Node::new(Value::Object(vec![entry("key", key), entry("value", value)]), line);
            self.iterators.borrow_mut().push((iterator.clone(), element));
            let node = self.body(file, &content.body, line);
            self.iterators.borrow_mut().pop();
            node
        });
        Ok(made.collect())
    }

    /// The element that an enclosing dynamic block calls `name`.
    fn iterated(&self, name: &str) -> Option<Node> {
        let iterators = self.iterators.borrow();
        iterators.iter().rev().find(|(known, _)| known == name).map(|(_, element)| element.clone())
    }

    fn resolve(&self, file: &'a File<'a>, expression: &'a Expression) -> Node {
        let line = line_of(file, expression.span());
        if self.depth.get() >= MAX_DEPTH {
            return Node::unknown("expressions hang on each other too deeply", None, line);
        }
        self.depth.set(self.depth.get() + 1);
        let value = self.value(file, expression).unwrap_or_else(Value::Unknown);
        self.depth.set(self.depth.get() - 1);
        Node::new(value, line)
    }

    fn value(&self, file: &'a File<'a>, expression: &'a Expression) -> Result<Value, Unknown> {
        let resolve = |inner| self.resolve(file, inner);
        Ok(match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(flag) => Value::Flag(*flag.value()),
            Expression::Number(number) => Value::Number(number.value().to_string()),
            Expression::String(text) => Value::Text(text.value().clone()),
            Expression::Array(list) => Value::List(list.iter().map(resolve).collect()),
            Expression::Object(object) => {
                let entries = object.iter().map(|(key, value)| self.entry(file, key, value.expr()));
                Value::Object(entries.collect::<Result<_, _>>()?)
            }
            Expression::StringTemplate(template) => return self.template(file, template.iter()),
            Expression::HeredocTemplate(heredoc) => return self.template(file, heredoc.template.iter()),
            Expression::Parenthesis(inner) => resolve(inner.inner()).value,
            Expression::Variable(name) => {
                return Err(unknown_because(format!("there is nothing called {}", quoted(name.as_str()))));
            }
            Expression::Conditional(conditional) => return self.conditional(file, conditional),
            Expression::FuncCall(call) => return self.call(file, call),
            Expression::Traversal(traversal) => {
                let operators: Vec<_> = traversal.operators.iter().map(hcl_edit::Decorated::value).collect();
                return match &traversal.expr {
                    Expression::Variable(root) => self.traverse(file, root.as_str(), &operators),
                    inner => self.steps(file, &resolve(inner), &operators),
                };
            }
            Expression::UnaryOp(operation) => {
                match (*operation.operator.value(), resolve(&operation.expr).value) {
                    (_, Value::Unknown(unknown)) => return Err(unknown),
                    (UnaryOperator::Not, Value::Flag(flag)) => Value::Flag(!flag),
                    (UnaryOperator::Neg, Value::Number(number)) => {
                        Value::Number(match number.strip_prefix('-') {
                            Some(positive) => positive.to_owned(),
                            None => format!("-{number}"),
                        })
                    }
                    _ => return Err(unknown_because("an operator does not fit its operand")),
                }
            }
            Expression::BinaryOp(operation) => {
                let (left, right) = (resolve(&operation.lhs_expr), resolve(&operation.rhs_expr));
                return binary(*operation.operator.value(), &left, &right);
            }
            Expression::ForExpr(_) => return Err(unknown_because(format!("a `for` makes it; {PLAN}"))),
        })
    }

    fn entry(&self, file: &'a File<'a>, key: &'a ObjectKey, value: &'a Expression) -> Result<Entry, Unknown> {
        let key = match key {
            ObjectKey::Ident(name) | ObjectKey::Expression(Expression::Variable(name)) => {
                name.as_str().to_owned()
            }
            ObjectKey::Expression(expression) => text_of(&self.resolve(file, expression).value)?,
        };
        let node = self.resolve(file, value);
        Ok(Entry { key, line: node.line, node })
    }

    /// A text with values in it; a value that stands alone stays what it is.
    fn template(
        &self,
        file: &'a File<'a>,
        elements: impl Iterator<Item = &'a Element>,
    ) -> Result<Value, Unknown> {
        let elements: Vec<&Element> = elements.collect();
        if let [Element::Interpolation(only)] = elements.as_slice() {
            return Ok(self.resolve(file, &only.expr).value);
        }
        let mut made = String::new();
        for element in elements {
            match element {
                Element::Literal(text) => made.push_str(text.value()),
                Element::Interpolation(part) => {
                    made.push_str(&self.text(&self.resolve(file, &part.expr).value)?);
                }
                Element::Directive(_) => return Err(unknown_because(format!("a `%{{…}}` makes it; {PLAN}"))),
            }
            if made.len() > MAX_TEXT {
                let why = format!("an expression makes a text of more than {MAX_TEXT} bytes");
                return Err(unknown_because(why));
            }
        }
        Ok(Value::Text(made))
    }

    /// The text that a value is within another text; the name of a resource, if it is one.
    fn text(&self, value: &Value) -> Result<String, Unknown> {
        let Value::Reference(reference) = value else { return text_of(value) };
        if !reference.attribute.is_empty() {
            return Err(unknown_because(format!(
                "{} of {} exists only when deployed",
                quoted(&reference.attribute),
                quoted(&reference.to)
            )));
        }
        let Some((file, block)) = self.blocks.get(&reference.to) else {
            return Err(unknown_because(format!("there is no resource {}", quoted(&reference.to))));
        };
        let named = ["function_name", "name", "bucket"].iter().find_map(|key| block.body.get_attribute(key));
        match named {
            Some(attribute) => text_of(&self.resolve(file, &attribute.value).value),
            None => Ok(display_name(&reference.to)),
        }
    }

    fn conditional(&self, file: &'a File<'a>, conditional: &'a Conditional) -> Result<Value, Unknown> {
        let condition = self.resolve(file, &conditional.cond_expr);
        let holds = match (condition.as_text().as_deref(), &condition.value) {
            (Some("true"), _) => true,
            (Some("false"), _) => false,
            (_, Value::Unknown(unknown)) => return Err(unknown.clone()),
            _ => return Err(unknown_because("a condition is neither true nor false")),
        };
        let chosen = if holds { &conditional.true_expr } else { &conditional.false_expr };
        Ok(self.resolve(file, chosen).value)
    }

    fn call(&self, file: &'a File<'a>, call: &'a FuncCall) -> Result<Value, Unknown> {
        let arguments: Vec<Node> = call.args.iter().map(|argument| self.resolve(file, argument)).collect();
        functions::call(call.name.name.as_str(), &arguments, &|value| self.text(value))
    }

    /// What a name of Terraform means: `var.x`, `local.x`, `data.….…`, or a resource.
    fn traverse(
        &self,
        file: &'a File<'a>,
        root: &str,
        operators: &[&'a TraversalOperator],
    ) -> Result<Value, Unknown> {
        let name = operators.first().and_then(|operator| attribute_name(operator));
        if let Some(element) = self.iterated(root) {
            return self.steps(file, &element, operators);
        }
        match (root, name) {
            ("var", Some(name)) => {
                let variable = self.variable(name);
                self.steps(file, &variable, &operators[1..])
            }
            ("local", Some(name)) => {
                let local = self.local(name);
                self.steps(file, &local, &operators[1..])
            }
            ("each" | "count" | "self" | "path", _) => {
                Err(unknown_because(format!("`{root}` is known to a plan only; {PLAN}")))
            }
            ("data" | "module" | "terraform", _) => self.elsewhere(root, operators),
            (kind, Some(name)) => Ok(self.resource(file, &format!("{kind}.{name}"), &operators[1..])),
            (kind, None) => Err(unknown_because(format!("there is nothing called {}", quoted(kind)))),
        }
    }

    fn variable(&self, name: &str) -> Node {
        if let Some(text) = given(self.options, name) {
            return given_value(text);
        }
        let place = self.assigned.get(name).copied().or_else(|| self.variables.get(name).copied().flatten());
        match place {
            Some((file, expression)) => self.resolve(file, expression),
            None if self.variables.contains_key(name) => {
                let why = format!("the variable {} has no default", quoted(name));
                Node::unknown(why, Some(name.to_owned()), 0)
            }
            None => Node::unknown(format!("there is no variable {}", quoted(name)), None, 0),
        }
    }

    fn local(&self, name: &str) -> Node {
        let known = self.known.borrow().get(name).cloned();
        match known {
            Some(Some(node)) => return self.copied(node),
            Some(None) => {
                return Node::unknown(format!("the local {} depends on itself", quoted(name)), None, 0);
            }
            None => {}
        }
        let Some((file, expression)) = self.locals.get(name).copied() else {
            return Node::unknown(format!("there is no local {}", quoted(name)), None, 0);
        };
        self.known.borrow_mut().insert(name.to_owned(), None);
        let node = self.resolve(file, expression);
        self.known.borrow_mut().insert(name.to_owned(), Some(node.clone()));
        self.copied(node)
    }

    /// A copy of a local: locals that hold each other several times multiply.
    fn copied(&self, node: Node) -> Node {
        self.copies.set(self.copies.get().saturating_add(size(&node)));
        if self.copies.get() > MAX_COPIES {
            return Node::unknown("locals hold each other too often", None, node.line);
        }
        node
    }

    /// Data sources, outputs of modules, the workspace: known when it is deployed, or given.
    fn elsewhere(&self, root: &str, operators: &[&TraversalOperator]) -> Result<Value, Unknown> {
        let names: Vec<&str> = operators.iter().filter_map(|operator| attribute_name(operator)).collect();
        let key = format!("{root}.{}", names.join("."));
        if let Some(text) = given(self.options, &key) {
            return Ok(given_value(text).value);
        }
        match (root, names.as_slice()) {
            ("data", ["aws_region", _, "name" | "id" | "region"]) => Ok(Value::Text("us-east-1".to_owned())),
            ("data", ["aws_caller_identity", _, "account_id"]) => Ok(Value::Text("123456789012".to_owned())),
            ("data", ["aws_partition", _, "partition"]) => Ok(Value::Text("aws".to_owned())),
            _ => {
                let why = format!("{} is known only when it is deployed", quoted(&key));
                Err(Unknown { why, key: Some(key) })
            }
        }
    }

    /// An attribute of a resource: a reference if it is what AWS makes, or else what the block says.
    fn resource(&self, file: &'a File<'a>, address: &str, operators: &[&'a TraversalOperator]) -> Value {
        let _ = file;
        let attribute = operators.iter().find_map(|operator| attribute_name(operator)).unwrap_or_default();
        let value = reference(address.to_owned(), attribute);
        let is_made = matches!(&value, Value::Reference(reference) if matches!(reference.attribute.as_str(), "" | "Arn"));
        match self.blocks.get(address) {
            Some((file, block)) if !is_made => match block.body.get_attribute(attribute) {
                Some(attribute) => self.resolve(file, &attribute.value).value,
                None => value,
            },
            _ => value,
        }
    }

    /// Attributes and elements of a value.
    fn steps(
        &self,
        file: &'a File<'a>,
        node: &Node,
        operators: &[&'a TraversalOperator],
    ) -> Result<Value, Unknown> {
        let mut at = node.clone();
        for operator in operators {
            if let Value::Unknown(unknown) = at.value {
                return Err(unknown);
            }
            let key = match operator {
                TraversalOperator::GetAttr(name) => name.as_str().to_owned(),
                TraversalOperator::Index(index) => text_of(&self.resolve(file, index).value)?,
                TraversalOperator::LegacyIndex(index) => index.value().to_string(),
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                    return Err(unknown_because(format!("a `*` makes it; {PLAN}")));
                }
            };
            let element = key.parse::<usize>().ok().and_then(|index| at.elements().get(index));
            let Some(next) = at.get(&key).or(element).cloned() else {
                return Err(unknown_because(format!("there is no {} in it", quoted(&key))));
            };
            at = next;
        }
        Ok(at.value)
    }
}

/// Puts a nested block behind those of the same name.
fn put_block(entries: &mut Vec<Entry>, key: &str, node: Node) {
    match entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node.value) {
        Some(Value::List(blocks)) => blocks.push(node),
        Some(_) => {}
        None => {
            let line = node.line;
            let node = Node::new(Value::List(vec![node]), line);
            entries.push(Entry { key: key.to_owned(), line, node });
        }
    }
}

fn labels(block: &Block) -> Vec<&str> {
    block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect()
}

fn line_of(file: &File<'_>, span: Option<std::ops::Range<usize>>) -> usize {
    span.map_or(0, |span| file.lines.line(span.start))
}

fn attribute_name(operator: &TraversalOperator) -> Option<&str> {
    match operator {
        TraversalOperator::GetAttr(name) => Some(name.as_str()),
        _ => None,
    }
}

/// A given value: a list or object in JSON, or else a text.
fn given_value(text: &str) -> Node {
    if text.starts_with(['[', '{'])
        && let Ok(root) = document::parse(text)
    {
        return from_document(root, text);
    }
    Node::text(text, 0)
}

fn size(node: &Node) -> usize {
    let inner = node.elements().iter().chain(node.entries().iter().map(|entry| &entry.node));
    1 + inner.map(size).sum::<usize>()
}

pub(super) fn text_of(value: &Value) -> Result<String, Unknown> {
    match value {
        Value::Text(text) | Value::Number(text) => Ok(text.clone()),
        Value::Flag(flag) => Ok(flag.to_string()),
        Value::Unknown(unknown) => Err(unknown.clone()),
        Value::Null | Value::List(_) | Value::Object(_) | Value::Reference(_) => {
            Err(unknown_because("a text is needed here"))
        }
    }
}

fn binary(operator: BinaryOperator, left: &Node, right: &Node) -> Result<Value, Unknown> {
    use BinaryOperator as Op;
    let flag = |node: &Node| match node.as_text().as_deref() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    };
    // One side may decide whatever the other is.
    match (operator, flag(left), flag(right)) {
        (Op::And, Some(false), _) | (Op::And, _, Some(false)) => return Ok(Value::Flag(false)),
        (Op::Or, Some(true), _) | (Op::Or, _, Some(true)) => return Ok(Value::Flag(true)),
        _ => {}
    }
    for side in [left, right] {
        if let Value::Unknown(unknown) = &side.value {
            return Err(unknown.clone());
        }
    }
    let number = |node: &Node| node.as_text().and_then(|text| text.parse::<i64>().ok());
    let same = left.value == right.value || (left.as_text().is_some() && left.as_text() == right.as_text());
    let value = match (operator, number(left), number(right)) {
        (Op::Eq, ..) => Some(Value::Flag(same)),
        (Op::NotEq, ..) => Some(Value::Flag(!same)),
        (Op::And, ..) => flag(left).zip(flag(right)).map(|(a, b)| Value::Flag(a && b)),
        (Op::Or, ..) => flag(left).zip(flag(right)).map(|(a, b)| Value::Flag(a || b)),
        (Op::Less, Some(a), Some(b)) => Some(Value::Flag(a < b)),
        (Op::LessEq, Some(a), Some(b)) => Some(Value::Flag(a <= b)),
        (Op::Greater, Some(a), Some(b)) => Some(Value::Flag(a > b)),
        (Op::GreaterEq, Some(a), Some(b)) => Some(Value::Flag(a >= b)),
        (Op::Plus, Some(a), Some(b)) => a.checked_add(b).map(whole),
        (Op::Minus, Some(a), Some(b)) => a.checked_sub(b).map(whole),
        (Op::Mul, Some(a), Some(b)) => a.checked_mul(b).map(whole),
        (Op::Div, Some(a), Some(b)) => {
            a.checked_rem(b).filter(|rest| *rest == 0).and(a.checked_div(b)).map(whole)
        }
        (Op::Mod, Some(a), Some(b)) => a.checked_rem(b).map(whole),
        _ => None,
    };
    value.ok_or_else(|| unknown_because("an operator does not fit its operands"))
}

pub(super) fn whole(number: i64) -> Value {
    Value::Number(number.to_string())
}

pub(super) fn unknown_because(why: impl Into<String>) -> Unknown {
    Unknown { why: why.into(), key: None }
}
