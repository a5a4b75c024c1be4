//! What AWS would have shown of a finished run: metrics, logs and traces, in the shapes of AWS's own tools.
//!
//! ```text
//! output folder of a run ──verified──> rows ──┬─ cloudwatch ─> get-metric-data, get-metric-statistics
//!                                             ├─ logs ───────> log events of each log group
//!                                             └─ xray ───────> traces of the sampled events
//! ```
//!
//! Nothing is simulated here: only what the folder holds is read, and only after its digests agree with its manifest.
//! Rows are streamed; what is held is said where it is held. The same folder gives the same bytes.

mod cloudwatch;
mod failure;
mod folder;
mod json;
mod logs;
mod rows;
mod xray;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::sink::directory::OutputFolder;
pub use folder::{ExportError, RunFolder};
pub use logs::LogFormat;

/// The Region and account in names of resources; the account is the one of AWS's own examples.
const REGION: &str = "us-east-1";
const ACCOUNT: &str = "123456789012";
/// The version that an unqualified invocation executes.
const LATEST: &str = "$LATEST";

/// What to export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The answers of `get-metric-data` and `get-metric-statistics`.
    CloudWatch,
    /// The log groups of the functions.
    Logs(LogFormat),
    /// The traces of the sampled events.
    XRay,
}

impl Kind {
    /// The name of the folder that it is written into.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CloudWatch => "cloudwatch",
            Self::Logs(_) => "logs",
            Self::XRay => "xray",
        }
    }
}

/// What the manifest of an export says, beside its files.
#[derive(Serialize)]
struct ExportFacts<'a> {
    thirdtry: &'static str,
    export: &'static str,
    scenario: &'a str,
    seed: u64,
    fingerprint: &'a str,
}

/// Writes the export of `run` into the folder of its kind below `base`, and returns that folder.
///
/// # Errors
/// When a file of the run is missing, edited or unreadable, or the export cannot be written.
pub fn export(run: &RunFolder, kind: Kind, base: &Path) -> Result<PathBuf, ExportError> {
    let path = base.join(kind.name());
    folder::refuse_results_of_a_run(&path)?;
    let mut out = OutputFolder::open(&path)?;
    match kind {
        Kind::CloudWatch => cloudwatch::write(run, &mut out)?,
        Kind::Logs(format) => logs::write(run, format, &mut out)?,
        Kind::XRay => xray::write(run, &mut out)?,
    }
    let facts = ExportFacts {
        thirdtry: env!("CARGO_PKG_VERSION"),
        export: kind.name(),
        scenario: &run.manifest().run.provenance.scenario,
        seed: run.manifest().run.provenance.seed,
        fingerprint: &run.manifest().run.fingerprint,
    };
    out.finish(&facts)?;
    Ok(path)
}

/// The name of a function in paths. Names that differ in case only would be one on some disks.
fn folder_names(functions: &[String]) -> Vec<String> {
    let clashes = |index: usize, name: &str| {
        functions[..index].iter().filter(|earlier| earlier.eq_ignore_ascii_case(name)).count()
    };
    let unique = |(index, name): (usize, &String)| match clashes(index, name) {
        0 => name.clone(),
        // No function has a dot in its name.
        n => format!("{name}.{n}"),
    };
    functions.iter().enumerate().map(unique).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_whose_names_differ_in_case_only_get_folders_of_their_own() {
        let names = ["Ship", "index", "ship"].map(str::to_owned);
        assert_eq!(folder_names(&names), ["Ship", "index", "ship.1"]);
    }
}
