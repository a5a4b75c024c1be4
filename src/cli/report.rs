//! `report`: the page of a finished run, from its results; with measurements, how far they are from it.

use super::args::ReportArgs;
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use std::path::Path;
use thirdtry::report::{REPORT, page, stored_page};
use thirdtry::sink::stored::{StoredError, StoredRun};

/// Makes the page and writes it.
pub(crate) fn execute(args: &ReportArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let mut run = StoredRun::open(&args.dir).map_err(|error| failure(&error))?;
    #[cfg_attr(not(feature = "import"), expect(unused_mut, reason = "nothing can be added"))]
    let mut results = stored_page(&run).map_err(|error| failure(&error))?;
    #[cfg(feature = "import")]
    let answer = match measurements::overlay_of(args, &run)? {
        Some(overlay) => {
            results.extra.push(thirdtry::overlay::section(&overlay));
            measurements::answer(&overlay, args.format)
        }
        None => String::new(),
    };
    #[cfg(not(feature = "import"))]
    let answer = String::new();
    let text = page(&results);
    match args.out.as_deref() {
        Some(out) if out == Path::new("-") => return terminal.answer(&text).map(|()| Exit::Done),
        Some(out) => {
            let failed = |error| Failure::environment(format!("cannot write `{}`: {error}", out.display()));
            std::fs::write(out, text).map_err(failed)?;
            terminal.note(&format!("wrote {}", out.display()));
        }
        None => {
            let measured = !results.extra.is_empty();
            run.replace(REPORT, text.as_bytes(), measured)
                .map_err(|error| super::run::cannot_write(&error))?;
            terminal.note(&format!("wrote {}", run.path().join(REPORT).display()));
        }
    }
    terminal.answer(&answer)?;
    Ok(Exit::Done)
}

fn failure(error: &StoredError) -> Failure {
    let (message, hint) = (error.to_string(), Some(error.remedy().to_owned()));
    if error.is_inconsistent() {
        Failure::Inconsistent { message, hint }
    } else {
        Failure::Environment { message, hint }
    }
}

#[cfg(feature = "import")]
mod measurements {
    use super::{Failure, ReportArgs, StoredRun, failure};
    use crate::cli::args::ReportFormat;
    use crate::cli::import::{collect, pairs, read, show_problems};
    use thirdtry::import::cloudwatch;
    use thirdtry::overlay::{Overlay, overlay, text};

    /// The run beside what was measured, if measurements are given.
    pub(super) fn overlay_of(args: &ReportArgs, run: &StoredRun) -> Result<Option<Overlay>, Failure> {
        if args.observed.is_empty() {
            return Ok(None);
        }
        let mut files = Vec::new();
        for path in &args.observed {
            collect(path, &mut files)?;
        }
        let files = files.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        let options = cloudwatch::Options {
            columns: pairs("--column", "timestamp=Time", &args.columns)?,
            function: args.function.clone(),
            arrivals_file: String::new(),
        };
        let (measured, _) = cloudwatch::read(&files, &options).map_err(|problems| Failure::Invalid {
            message: format!("{}; nothing was compared", show_problems(&problems)),
        })?;
        overlay(run, &measured).map(Some).map_err(|error| failure(&error))
    }

    pub(super) fn answer(overlay: &Overlay, format: ReportFormat) -> String {
        match format {
            ReportFormat::Text => text(overlay),
            ReportFormat::Json => {
                format!("{}\n", serde_json::to_string_pretty(overlay).expect("plain data"))
            }
        }
    }
}
