//! Plans as `terraform show -json` prints them: values that are known, and from the configuration the references
//! behind those that are not.

use super::super::book::{Book, Origin};
use super::super::tree::{Entry, Node, Value};
use super::Resource;
use super::value::{display_name, reference};

/// How many modules may stand around a resource.
const MAX_MODULES: usize = 32;

/// The resources of a plan, or of a state that is shown.
pub(super) fn read(file: &str, root: &Node, book: &mut Book, resources: &mut Vec<Resource>) {
    let values = root.at(&["planned_values", "root_module"]).or_else(|| root.at(&["values", "root_module"]));
    let Some(values) = values else {
        let hint = "terraform show -json PLAN prints one; it has an object `planned_values`";
        book.problem(Origin::new(file, 0, ""), "this JSON is not a plan of Terraform", hint);
        return;
    };
    let plan = Plan { file, configuration: root.at(&["configuration", "root_module"]), root: values };
    plan.module(values, &[], resources);
}

struct Plan<'p> {
    file: &'p str,
    /// The root module as it is written.
    configuration: Option<&'p Node>,
    /// The root module's values.
    root: &'p Node,
}

impl<'p> Plan<'p> {
    fn module(&self, module: &'p Node, path: &[&str], resources: &mut Vec<Resource>) {
        for resource in module.get("resources").map_or(&[][..], Node::elements) {
            if resource.get("mode").and_then(Node::as_text).is_some_and(|mode| mode == "managed") {
                resources.extend(self.resource(resource, path));
            }
        }
        if path.len() >= MAX_MODULES {
            return;
        }
        for child in module.get("child_modules").map_or(&[][..], Node::elements) {
            let address = child.get("address").and_then(Node::as_text).unwrap_or_default();
            let step = last_module(&address).to_owned();
            self.module(child, &[path, &[step.as_str()]].concat(), resources);
        }
    }

    fn resource(&self, resource: &'p Node, path: &[&str]) -> Option<Resource> {
        let text = |key| resource.get(key).and_then(Node::as_text);
        let (kind, address) = (text("type")?, text("address")?);
        let name = text("name")?;
        let mut entries = resource.get("values").map_or(&[][..], Node::entries).to_vec();
        let configured = self.configured(path).and_then(|module| {
            let all = module.get("resources")?.elements().iter();
            all.clone().find(|known| {
                known.get("type").and_then(Node::as_text).as_ref() == Some(&kind)
                    && known.get("name").and_then(Node::as_text).as_ref() == Some(&name)
            })
        });
        if let Some(expressions) = configured.and_then(|known| known.get("expressions")) {
            let place = Place { plan: self, path, index: index_of(&address) };
            overlay(&mut entries, expressions, &place);
        }
        Some(Resource {
            kind: kind.into_owned(),
            name: display_name(&address),
            file: self.file.to_owned(),
            line: resource.line,
            body: Node::new(Value::Object(entries), resource.line),
            address: address.into_owned(),
        })
    }

    /// A module as it is written.
    fn configured(&self, path: &[&str]) -> Option<&'p Node> {
        let mut module = self.configuration?;
        for step in path {
            let name = step.split('[').next().unwrap_or(step);
            module = module.at(&["module_calls", name, "module"])?;
        }
        Some(module)
    }

    /// Whether the plan has a resource at exactly this address.
    fn has(&self, address: &str) -> bool {
        fn within(module: &Node, address: &str) -> bool {
            let own = module.get("resources").map_or(&[][..], Node::elements).iter();
            let mut own = own.filter_map(|resource| resource.get("address").and_then(Node::as_text));
            own.any(|known| known == address)
                || module
                    .get("child_modules")
                    .map_or(&[][..], Node::elements)
                    .iter()
                    .any(|child| within(child, address))
        }
        within(self.root, address)
    }
}

/// Where an expression stands: in which module, in which instance of its resource.
struct Place<'a, 'p> {
    plan: &'a Plan<'p>,
    path: &'a [&'a str],
    index: &'a str,
}

/// Puts references where values are missing, in nested blocks as well.
fn overlay(entries: &mut Vec<Entry>, expressions: &Node, place: &Place<'_, '_>) {
    for expression in expressions.entries() {
        let at = entries.iter().position(|entry| entry.key == expression.key && !entry.node.is_null());
        let blocks = expression.node.elements();
        match (at, blocks) {
            (_, []) => {
                let is_known = at.is_some();
                let references = expression.node.get("references").map_or(&[][..], Node::elements);
                if !is_known && !references.is_empty() {
                    let node = Node::new(place.value(references), expression.line);
                    entries.retain(|entry| entry.key != expression.key);
                    entries.push(Entry { key: expression.key.clone(), line: expression.line, node });
                }
            }
            (None, blocks) => {
                let mut made = Vec::new();
                for block in blocks {
                    let mut inner = Vec::new();
                    overlay(&mut inner, block, place);
                    made.push(Node::new(Value::Object(inner), block.line));
                }
                entries.retain(|entry| entry.key != expression.key);
                let node = Node::new(Value::List(made), expression.line);
                entries.push(Entry { key: expression.key.clone(), line: expression.line, node });
            }
            (Some(at), blocks) => {
                if let Value::List(known) = &mut entries[at].node.value {
                    for (known, block) in known.iter_mut().zip(blocks) {
                        if let Value::Object(inner) = &mut known.value {
                            overlay(inner, block, place);
                        }
                    }
                }
            }
        }
    }
}

impl Place<'_, '_> {
    /// What the first reference that leads to a resource means.
    fn value(&self, references: &[Node]) -> Value {
        let names: Vec<_> = references.iter().filter_map(Node::as_text).collect();
        for name in &names {
            if let Some(value) = self.reference(name, self.path, 0) {
                return value;
            }
        }
        let shown = names.first().map_or_else(String::new, ToString::to_string);
        Node::unknown(format!("the plan does not know `{shown}` before it is applied"), None, 0).value
    }

    fn reference(&self, name: &str, path: &[&str], depth: usize) -> Option<Value> {
        if depth > MAX_MODULES {
            return None;
        }
        let parts: Vec<&str> = name.split('.').collect();
        match parts.as_slice() {
            ["var", name, ..] => {
                let (step, outer) = path.split_last()?;
                let call = step.split('[').next().unwrap_or(step);
                let expressions = self.plan.configured(outer)?.at(&["module_calls", call, "expressions"])?;
                self.first(expressions.get(name)?, outer, depth)
            }
            ["module", call, output, ..] => {
                let inner = [path, &[call]].concat();
                let name = call.split('[').next().unwrap_or(call);
                let module = self.plan.configured(path)?.at(&["module_calls", name, "module"])?;
                self.first(module.at(&["outputs", output, "expression"])?, &inner, depth)
            }
            ["local" | "each" | "count" | "self" | "path" | "data" | "terraform", ..] => None,
            [kind, name, rest @ ..] => {
                // Behind an index that is no constant, the plan leaves the attribute out: settings are made of ARNs.
                let attribute = rest.first().copied().unwrap_or("arn");
                Some(reference(self.address(path, kind, name)?, attribute))
            }
            _ => None,
        }
    }

    fn first(&self, expression: &Node, path: &[&str], depth: usize) -> Option<Value> {
        let references = expression.get("references").map_or(&[][..], Node::elements);
        references.iter().filter_map(Node::as_text).find_map(|name| self.reference(&name, path, depth + 1))
    }

    /// The resource that a name means in a module: as it is written, or the instance with this one's index.
    fn address(&self, path: &[&str], kind: &str, name: &str) -> Option<String> {
        let modules: String = path.iter().flat_map(|step| ["module.", step, "."]).collect();
        let plain = format!("{modules}{kind}.{name}");
        let base = plain.split('[').next().unwrap_or(&plain);
        let candidates =
            [plain.clone(), format!("{plain}{}", self.index), format!("{plain}[0]"), base.to_owned()];
        candidates.into_iter().find(|address| self.plan.has(address))
    }
}

/// `[0]` or `["a"]` at the end of an address.
fn index_of(address: &str) -> &str {
    let name = address.rsplit_once('.').map_or(address, |(_, name)| name);
    let start =
        if address.ends_with(']') { address.rfind('[').unwrap_or(address.len()) } else { address.len() };
    if name.len() <= address.len() { &address[start..] } else { "" }
}

/// The last module of a module's address, with its index.
fn last_module(address: &str) -> &str {
    address.rfind("module.").map_or(address, |at| &address[at + "module.".len()..])
}
