//! Front ends against small templates with known answers.

mod bad_files;
mod cloudformation;
mod expressions;
mod serverless;
mod terraform;
mod traffic;

use super::book::{Problem, Verdict};
use super::{Imported, Language, Options, SourceFile, import};
use crate::scenario::load::{Input, Loaded, load};

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

fn options(parameters: &[(&str, &str)]) -> Options {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Options { parameters: parameters.iter().map(owned).collect(), ..Options::default() }
}

#[track_caller]
fn accepted(language: Language, text: &str, parameters: &[(&str, &str)]) -> Imported {
    import(language, &[file("t", text)], &options(parameters)).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

#[track_caller]
fn refused(language: Language, text: &str, parameters: &[(&str, &str)]) -> Vec<Problem> {
    match import(language, &[file("t", text)], &options(parameters)) {
        Ok(imported) => panic!("must be refused:\n{}", imported.scenario),
        Err(problems) => problems,
    }
}

#[track_caller]
fn loaded(imported: &Imported) -> Loaded {
    load(&Input::from_text("imported", &imported.scenario)).unwrap_or_else(|rejected| panic!("{rejected}"))
}

/// The value at a pointer of the resolved scenario.
#[track_caller]
fn value(imported: &Imported, pointer: &str) -> serde_json::Value {
    loaded(imported).resolved.pointer(pointer).cloned().unwrap_or_default()
}

#[track_caller]
fn says(imported: &Imported, verdict: Verdict, words: &str) {
    let said = imported.notes.iter().any(|note| note.verdict == verdict && note.text.contains(words));
    let all: Vec<String> =
        imported.notes.iter().map(|note| format!("{}: {}", note.verdict.name(), note.text)).collect();
    assert!(said, "nothing {} says `{words}`:\n{}", verdict.name(), all.join("\n"));
}

fn cloudformation(text: &str, parameters: &[(&str, &str)]) -> Imported {
    accepted(Language::CloudFormation, text, parameters)
}

fn source_names(imported: &Imported) -> Vec<&str> {
    imported.application.sources.iter().map(|source| source.name.as_str()).collect()
}
