//! `init`: a commented scenario to start from.

use super::args::InitArgs;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;
use thirdtry::scenario::builtin;

/// Prints a built-in scenario, writes it to a new file, or lists them all.
pub(crate) fn execute(args: &InitArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    if args.list {
        for name in builtin::names() {
            terminal.answer(&format!("{name}\n"))?;
        }
        return Ok(Exit::Done);
    }
    let text = match &args.template {
        None => builtin::starter(),
        Some(name) => builtin::text(name).ok_or_else(|| no_such_scenario(name))?,
    };
    match &args.out {
        Some(path) if path.as_os_str() != "-" => {
            write_new(path, text)?;
            terminal.note(&format!("wrote {0}; next: thirdtry run {0}", path.display()));
        }
        _ => terminal.answer(text)?,
    }
    Ok(Exit::Done)
}

fn no_such_scenario(name: &str) -> Failure {
    Failure::Usage {
        message: format!("there is no built-in scenario `{name}`"),
        hint: Some(format!("choose one of: {}", builtin::names().collect::<Vec<_>>().join(", "))),
    }
}

/// Writes `text` to a file that must not exist yet: nobody's work is overwritten.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let written = OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| Failure::Environment {
        message: format!("cannot write {}: {error}", path.display()),
        hint: (error.kind() == ErrorKind::AlreadyExists)
            .then(|| "give another name, or remove the file first".to_owned()),
    })
}
