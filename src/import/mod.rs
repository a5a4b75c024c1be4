//! Real infrastructure code and metric exports become scenarios.
//!
//! A front end for each language reads its files into an [`application::Application`]: functions, destinations and
//! sources, every setting with its origin. From there the way is the same for all: a scenario in which each line says
//! where it comes from, and notes of what was taken, assumed or ignored. What a template cannot know, such as
//! traffic, durations and failures, comes from a [`traffic::Traffic`] file, or else is a placeholder that runs and
//! says that it is one. What cannot be resolved is a problem, never a default.

pub mod application;
pub mod book;
mod cloudformation;
pub mod cloudwatch;
mod compose;
mod json_text;
pub mod schedule;

mod serverless;
mod terraform;
#[cfg(test)]
mod tests;
pub mod traffic;
mod tree;
mod yaml;

use crate::scenario::problem::{LineIndex, quoted};
use crate::scenario::{document, problem};
use application::Application;
use book::{Book, Note, Problem, Refusal};
use std::path::PathBuf;
use traffic::Traffic;
use tree::Node;

/// The largest file that is read, in bytes: far more than CloudFormation takes (1 MB).
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The language of infrastructure code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// AWS SAM and AWS CloudFormation, YAML or JSON, and what CDK synthesizes.
    CloudFormation,
    /// Terraform: configurations in HCL, files of variables, plans in JSON.
    Terraform,
    /// Serverless Framework: `serverless.yml`, and behind it the files that it includes.
    Serverless,
}

/// A file and its name in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name, as it was given.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What is given beside the files.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Names and values of parameters, and of other things that the files leave open.
    pub parameters: Vec<(String, String)>,
    /// What no template knows.
    pub traffic: Option<Traffic>,
    /// The folder in which the scenario will lie: recordings that the traffic file names count from there.
    pub folder: Option<PathBuf>,
}

/// A scenario made of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The scenario: JSON with comments.
    pub scenario: String,
    /// What it was made of.
    pub application: Application,
    /// What was taken, assumed, left to a placeholder, or ignored, in the order of the files.
    pub notes: Vec<Note>,
}

/// Makes a scenario of `files`.
///
/// # Errors
/// Everything that keeps it from being one: files that cannot be read, values that cannot be resolved, settings that
/// AWS refuses.
pub fn import(language: Language, files: &[SourceFile], options: &Options) -> Result<Imported, Vec<Problem>> {
    let mut book = Book::default();
    let mut application = match language {
        Language::CloudFormation => cloudformation::read(files, options, &mut book),
        Language::Terraform => terraform::read(files, options, &mut book),
        Language::Serverless => serverless::read(files, options, &mut book),
    };
    if book.problems.is_empty() {
        compose::complete(&mut application, options.traffic.as_ref(), &mut book);
    }
    let scenario = if book.problems.is_empty() {
        compose::write(files, &application, options, &mut book)
    } else {
        String::new()
    };
    let notes = book.close()?;
    Ok(Imported { scenario, application, notes })
}

/// The text of a file.
fn decode(file: &SourceFile) -> Result<&str, Problem> {
    let refuse = |message: &str, hint: &str| Err(Refusal::at(0, message, hint).in_file(&file.name));
    if file.bytes.len() > MAX_BYTES {
        let message = "the file is too large: at most 16 MiB are read";
        return refuse(
            message,
            "is it the right file? a template has at most 1 MB; of a plan, keep planned_values and configuration",
        );
    }
    if matches!(file.bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, ..] | [0, _, ..]) {
        return refuse("the file is UTF-16 or no text at all", "save it as UTF-8");
    }
    std::str::from_utf8(&file.bytes).map_err(|error| {
        let line = file.bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        let message = format!("byte {} is not UTF-8", error.valid_up_to());
        Refusal::at(line, message, "save the file as UTF-8").in_file(&file.name)
    })
}

/// A YAML or JSON file as a tree. JSON goes through the stricter parser, which is also the better one at messages.
fn parse_tree(file: &SourceFile) -> Result<Node, Problem> {
    let text = decode(file)?;
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        let root = document::parse(text).map_err(|problem| in_json(&problem, text, file));
        // A flow mapping is YAML as well, and may have tags.
        return match root {
            Ok(root) => Ok(tree::from_document(root, text)),
            Err(problem) => yaml::parse(text).map_err(|_| problem),
        };
    }
    yaml::parse(text).map_err(|refusal| refusal.in_file(&file.name))
}

fn in_json(problem: &problem::Problem, text: &str, file: &SourceFile) -> Problem {
    let line = problem.span.as_ref().map_or(0, |span| LineIndex::new(text).position(span.start).0);
    let hint = problem.hint.clone().unwrap_or_else(|| "is it complete, and JSON?".to_owned());
    Refusal::at(line, problem.message.clone(), hint).in_file(&file.name)
}

/// The value that is given for `key`, if any; the last one wins.
fn given<'a>(options: &'a Options, key: &str) -> Option<&'a str> {
    options.parameters.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

/// A problem for each given parameter that nothing asks for.
fn check_parameters(options: &Options, known: &[String], is_other: impl Fn(&str) -> bool, book: &mut Book) {
    for (name, _) in &options.parameters {
        if known.contains(name) || is_other(name) {
            continue;
        }
        let hint = match problem::did_you_mean(name, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "the files have no parameters".to_owned(),
            None => format!("the parameters are: {}", known.join(", ")),
        };
        let origin = book::Origin::new("--parameter", 0, "");
        book.problem(origin, format!("there is no parameter {}", quoted(name)), hint);
    }
}
