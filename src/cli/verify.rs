//! `verify`: runs a stored run again and says whether its folder is what its scenario gives.

use super::args::{ReportFormat, VerifyArgs};
use super::exit::{Exit, Failure};
use super::limits::PendingLimit;
use super::terminal::Terminal;
use super::{interrupt, run};
use thirdtry::verify::{Verdict, Verification, VerifyError};

/// Verifies the folder; the exit code is 4 if anything differs.
pub(crate) fn execute(args: &VerifyArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    interrupt::listen();
    let verdict = verdict(args, terminal)?;
    let text = match args.format {
        ReportFormat::Text => verdict.text(&args.dir.display().to_string()),
        ReportFormat::Json => {
            let mut text = serde_json::to_string_pretty(&verdict).expect("plain data");
            text.push('\n');
            text
        }
    };
    terminal.answer(&text)?;
    Ok(if verdict.verified { Exit::Done } else { Exit::Inconsistent })
}

fn verdict(args: &VerifyArgs, terminal: &Terminal) -> Result<Verdict, Failure> {
    let verification =
        Verification::open(&args.dir, args.recordings.as_deref()).map_err(|error| failure(&error))?;
    let mut recorder = verification.recorder().map_err(|error| failure(&error))?;
    let scenario = &verification.loaded().scenario;
    let ended = run::run(scenario, PendingLimit::of_the_machine(), &mut recorder, terminal);
    let Some((end, at)) = ended.map_err(|stopped| stopped.failure)? else {
        return Err(Failure::Interrupted { message: "interrupted; nothing was written".to_owned() });
    };
    verification.finish(recorder, end, at).map_err(|error| failure(&error))
}

fn failure(error: &VerifyError) -> Failure {
    let (message, hint) = (error.to_string(), Some(error.remedy().to_owned()));
    if error.is_inconsistent() {
        Failure::Inconsistent { message, hint }
    } else {
        Failure::Environment { message, hint }
    }
}
