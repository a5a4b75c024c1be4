//! What packages and editors want: the scenario's JSON Schema, shell completions, the manual page.

use super::args::Cli;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use clap::CommandFactory;
use clap_complete::Shell;
use thirdtry::scenario::json_schema;

/// Prints the JSON Schema of scenario files.
pub(crate) fn schema(terminal: &mut Terminal) -> Result<Exit, Failure> {
    terminal.answer(&json_schema::text())?;
    Ok(Exit::Done)
}

/// Prints completions for `shell`.
pub(crate) fn completions(shell: Shell, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "thirdtry", &mut bytes);
    terminal.answer_bytes(&bytes)?;
    Ok(Exit::Done)
}

/// Prints the manual page in roff.
pub(crate) fn man(terminal: &mut Terminal) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut bytes)?;
    terminal.answer_bytes(&bytes)?;
    Ok(Exit::Done)
}
