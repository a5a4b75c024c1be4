//! `export`: what AWS would have shown of a finished run.

use super::args::{ExportArgs, ExportKind, LogFormatChoice};
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use thirdtry::export::{ExportError, Kind, LogFormat, RunFolder, export};

/// Reads the folder of a run and writes the export.
pub(crate) fn execute(args: &ExportArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let (kind, folders) = match &args.kind {
        ExportKind::Cloudwatch(folders) => (Kind::CloudWatch, folders),
        ExportKind::Logs { folders, log_format } => (Kind::Logs(log_format_of(*log_format)), folders),
        ExportKind::Xray(folders) => (Kind::XRay, folders),
    };
    let run = RunFolder::open(&folders.dir).map_err(|error| failure(&error))?;
    let base = folders.out.clone().unwrap_or_else(|| folders.dir.join("export"));
    let written = export(&run, kind, &base).map_err(|error| failure(&error))?;
    terminal.note(&format!("wrote {}", written.display()));
    Ok(Exit::Done)
}

const fn log_format_of(choice: LogFormatChoice) -> LogFormat {
    match choice {
        LogFormatChoice::Text => LogFormat::Text,
        LogFormatChoice::Json => LogFormat::Json,
    }
}

fn failure(error: &ExportError) -> Failure {
    let (message, hint) = (error.to_string(), Some(error.remedy().to_owned()));
    if error.is_inconsistent() {
        Failure::Inconsistent { message, hint }
    } else {
        Failure::Environment { message, hint }
    }
}
