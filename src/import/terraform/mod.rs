//! Terraform: configurations in HCL, and plans as `terraform show -json` prints them.
//!
//! Both are brought down to resources with resolved attributes. Those become the resources of CloudFormation that they
//! stand for, so that what they mean is decided in one place.

mod functions;
mod hcl;
mod plan;
mod translate;
mod value;

use super::application::Application;
use super::book::{Book, Origin};
use super::cloudformation::{Stack, Template};
use super::tree::Node;
use super::{Options, SourceFile, decode, parse_tree};

/// A resource with its attributes.
pub(super) struct Resource {
    /// Its type, such as `aws_lambda_function`.
    kind: String,
    /// Its address: type and name, behind the path of its module, before its index.
    address: String,
    /// What it is called in the scenario.
    name: String,
    file: String,
    line: usize,
    /// Resolved; nested blocks are lists of objects, as in plans.
    body: Node,
}

/// Reads configurations or plans into an application.
pub(super) fn read(files: &[SourceFile], options: &Options, book: &mut Book) -> Application {
    let (mut configurations, mut resources) = (Vec::new(), Vec::new());
    for file in files {
        if file.bytes.starts_with(b"PK") {
            let hint = "show it as JSON first: terraform show -json PLAN > plan.json";
            book.problem(Origin::new(&file.name, 0, ""), "this is a plan in Terraform's own format", hint);
            continue;
        }
        match decode(file) {
            Err(problem) => book.problems.push(problem),
            Ok(text) if is_json(text) => match parse_tree(file) {
                Ok(root) => plan::read(&file.name, &root, book, &mut resources),
                Err(problem) => book.problems.push(problem),
            },
            Ok(text) => configurations.push((file.name.as_str(), text)),
        }
    }
    hcl::read(&configurations, options, book, &mut resources);
    if !book.problems.is_empty() {
        return Application::default();
    }
    let translated = translate::translate(&resources, book);
    let template = Template::made("", translated.root, translated.files, options);
    Stack::new(&template, book).read()
}

fn is_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
}
