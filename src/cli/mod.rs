//! The command line: one command per file. Only here are arguments, the terminal, signals and the wall clock known.

mod accept;
mod args;
mod check;
mod diagnostics;
mod diff;
mod exit;
mod expected;
mod explain;
mod export;
mod generate;
#[cfg(feature = "import")]
mod import;
mod init;
mod input;
mod interrupt;
mod job_array;
mod limits;
mod progress;
mod replicate;
mod report;
mod run;
mod solve;
mod sweep;
mod terminal;
mod test;
mod verify;

use args::{Cli, Command};
use clap::Parser;
use exit::{Exit, Failure};
use std::process::ExitCode;
use terminal::Terminal;

/// Parses the arguments, runs the command, reports a failure, and returns the documented exit code.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut terminal = Terminal::new(cli.quiet);
    let done = match cli.command {
        Command::Run(args) => run::execute(&args, &mut terminal),
        Command::Sweep(args) => sweep::execute(&args, &mut terminal),
        Command::Diff(args) => diff::execute(&args, &mut terminal),
        Command::Solve(args) => solve::execute(&args, &mut terminal),
        Command::Merge(args) => sweep::merge_shares(&args, &mut terminal),
        Command::Test(args) => test::execute(&args, &mut terminal),
        Command::Accept(args) => accept::execute(&args, &mut terminal),
        Command::Check(args) => check::execute(&args, &mut terminal),
        Command::Explain(args) => explain::execute(&args, &mut terminal),
        Command::Verify(args) => verify::execute(&args, &mut terminal),
        Command::Report(args) => report::execute(&args, &mut terminal),
        Command::Export(args) => export::execute(&args, &terminal),
        #[cfg(feature = "import")]
        Command::Import(args) => import::execute(&args, &mut terminal),
        Command::Init(args) => init::execute(&args, &mut terminal),
        Command::Schema => generate::schema(&mut terminal),
        Command::Completions { shell } => generate::completions(shell, &mut terminal),
        Command::Man => generate::man(&mut terminal),
    };
    match done.and_then(|exit| terminal.finish().map(|()| exit)) {
        Ok(exit) if cli.no_fail => exit.without_verdict().into(),
        Ok(exit) => exit.into(),
        // Whoever reads our output has seen enough.
        Err(Failure::ClosedPipe) => Exit::Done.into(),
        Err(failure) => {
            Terminal::report(&failure);
            failure.exit().into()
        }
    }
}
