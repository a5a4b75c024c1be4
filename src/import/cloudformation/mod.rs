//! AWS CloudFormation, AWS SAM, and what CDK synthesizes: templates in YAML or JSON.

mod events;
mod function;
mod polled;
mod stack;
mod subscriptions;
mod template;

use super::application::Application;
use super::book::{Book, Origin};
use super::tree::Node;
use super::{Options, SourceFile, check_parameters, parse_tree};
use crate::scenario::problem::quoted;
pub(super) use stack::Stack;
pub(super) use template::Template;

/// Macros that are understood: SAM's own, and language extensions as far as their functions are known.
const KNOWN_TRANSFORMS: [&str; 2] = ["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"];

/// Reads templates, each by itself, into one application.
pub(super) fn read(files: &[SourceFile], options: &Options, book: &mut Book) -> Application {
    let mut templates = Vec::new();
    for file in files {
        match parse_tree(file) {
            Ok(root) => templates.push(Template::new(&file.name, root, options)),
            Err(problem) => book.problems.push(problem),
        }
    }
    let known: Vec<String> =
        templates.iter().flat_map(|template| template.parameters().map(str::to_owned)).collect();
    check_parameters(options, &known, |name| name.contains(':'), book);
    let mut application = Application::default();
    for template in &templates {
        if is_template(template, book) {
            check_allowed_values(template, options, book);
            application.append(Stack::new(template, book).read());
        }
    }
    application
}

/// Whether the file looks like a template; if not, that is a problem.
fn is_template(template: &Template<'_>, book: &mut Book) -> bool {
    let origin = |line| Origin::new(template.file(), line, "");
    let Some(resources) = template.section("Resources").filter(|section| !section.entries().is_empty())
    else {
        let hint = "a template has an object `Resources`; for serverless.yml there is `import serverless`, for \
                    Terraform `import terraform`; CDK writes its template into cdk.out/ (`cdk synth`)";
        book.problem(origin(0), "there are no resources in it", hint);
        return false;
    };
    for entry in resources.entries() {
        if entry.key.starts_with("Fn::") {
            let text = format!(
                "{} makes resources that are not seen; the expanded template has them: \
                 aws cloudformation get-template --template-stage Processed",
                quoted(&entry.key)
            );
            book.ignored(origin(entry.line), text);
        } else if entry.node.get("Type").and_then(Node::as_text).is_none() {
            book.problem(
                Origin::new(template.file(), entry.line, &entry.key),
                "the resource has no type",
                "write a `Type`, such as AWS::Lambda::Function",
            );
        }
    }
    let transforms = template.section("Transform");
    let several = transforms.map_or(&[][..], Node::elements).iter();
    for transform in transforms.into_iter().chain(several) {
        let name = transform.as_text().or_else(|| transform.get("Name").and_then(Node::as_text));
        if let Some(name) = name.filter(|name| !KNOWN_TRANSFORMS.contains(&name.as_ref())) {
            let text = format!(
                "the macro {} is not carried out: what it adds or changes is not seen",
                quoted(&name)
            );
            book.ignored(origin(transform.line), text);
        }
    }
    true
}

/// Holds given parameters against the values that the template allows.
fn check_allowed_values(template: &Template<'_>, options: &Options, book: &mut Book) {
    for (name, value) in &options.parameters {
        let declared = template.section("Parameters").and_then(|section| section.get(name));
        let Some(allowed) = declared.and_then(|declared| declared.get("AllowedValues")) else { continue };
        let allowed: Vec<_> = allowed.elements().iter().filter_map(Node::as_text).collect();
        if !allowed.is_empty() && !allowed.iter().any(|allowed| allowed == value) {
            let message = format!("the parameter {} cannot be {}", quoted(name), quoted(value));
            let hint = format!("its allowed values are: {}", allowed.join(", "));
            book.problem(
                Origin::new(template.file(), declared.map_or(0, |node| node.line), name),
                message,
                hint,
            );
        }
    }
}
