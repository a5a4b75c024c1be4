//! Which scenario is meant: a file, a built-in one by its name, or standard input.

use super::diagnostics;
use super::exit::Failure;
use super::terminal::Terminal;
use std::path::Path;
use thirdtry::expect::load_checked;
use thirdtry::scenario::builtin;
use thirdtry::scenario::load::{Input, Loaded};
use thirdtry::scenario::problem::did_you_mean;

/// Loads the scenario called `name` with `sets` applied, shows its warnings, and fails with its problems shown.
pub(crate) fn load_scenario(name: &str, sets: &[String], terminal: &Terminal) -> Result<Loaded, Failure> {
    load_input(&with_sets(read(name)?, sets)?, terminal)
}

/// Loads what was read already, as [`load_scenario`] does.
pub(crate) fn load_input(input: &Input, terminal: &Terminal) -> Result<Loaded, Failure> {
    match load_checked(input) {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                terminal.note(&diagnostics::render(warning, input));
            }
            Ok(loaded)
        }
        Err(rejected) => {
            for problem in &rejected.problems {
                Terminal::problem(&diagnostics::render(problem, input));
            }
            Err(Failure::Invalid { message: diagnostics::closing_sentence(&rejected) })
        }
    }
}

/// `input` with the changes of `--set`.
pub(crate) fn with_sets(mut input: Input, sets: &[String]) -> Result<Input, Failure> {
    for set in sets {
        let (path, value) = set.split_once('=').ok_or_else(|| Failure::Usage {
            message: format!("`--set {set}` has no `=`"),
            hint: Some("write `--set PATH=VALUE`, as in `--set functions.ship.Timeout=10`".to_owned()),
        })?;
        input.sets.push((path.to_owned(), value.to_owned()));
    }
    Ok(input)
}

/// Reads what `name` means. A file wins over a built-in scenario of the same name.
pub(crate) fn read(name: &str) -> Result<Input, Failure> {
    if name == "-" {
        return read_standard_input();
    }
    let path = Path::new(name);
    if !path.exists()
        && let Some(text) = builtin::text(name)
    {
        return Ok(Input::from_text(name, text));
    }
    Input::read(path)
        .map_err(|error| Failure::Environment { message: error.to_string(), hint: Some(what_to_give(name)) })
}

/// What `name` may have been meant to be.
fn what_to_give(name: &str) -> String {
    match did_you_mean(name, builtin::names()) {
        Some(near) => format!("did you mean the built-in scenario `{near}`?"),
        None => format!(
            "give a file, `-` for standard input, or a built-in scenario: {}",
            builtin::names().collect::<Vec<_>>().join(", ")
        ),
    }
}

fn read_standard_input() -> Result<Input, Failure> {
    Input::read_from("stdin", std::io::stdin())
        .map_err(|error| Failure::environment(format!("cannot read standard input: {error}")))
}
