//! What a failed run says of itself, in logs and traces, in the words of the records.

use super::folder::Settings;
use super::rows::AttemptRow;
use crate::sink::label::Label;

/// How a failed run looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The runtime caught an exception and lives.
    Exception,
    /// The runtime was stopped at `Timeout`.
    Timeout,
    /// The runtime ended.
    Exit,
    /// The runtime ended because it used too much memory.
    OutOfMemory,
    /// The init failed.
    Init,
}

/// A failed run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) look: Look,
    pub(super) message: String,
    pub(super) error_type: &'static str,
}

impl Failure {
    /// The failure of `row`; `None` if it is no failed run.
    pub(super) fn of(row: &AttemptRow, settings: &Settings, label: Label) -> Option<Self> {
        let id = &row.request_id;
        let exited = |how: &str| format!("RequestId: {id} Error: Runtime exited {how}");
        let (look, message, error_type) = match row.reason.as_str() {
            _ if !row.failed() => return None,
            "timeout" => {
                let text = format!(
                    "{} {id} Task timed out after {}.00 seconds",
                    label.millis(row.end()),
                    settings.timeout_seconds
                );
                (Look::Timeout, text, "Sandbox.Timedout")
            }
            "crash" => (Look::Exit, exited("without providing a reason"), "Runtime.ExitError"),
            "out_of_memory" => {
                (Look::OutOfMemory, exited("with error: signal: killed"), "Runtime.OutOfMemory")
            }
            "init_error" => (Look::Init, because(row, settings), "Runtime.InitError"),
            _ => (Look::Exception, because(row, settings), "Exception"),
        };
        Some(Self { look, message, error_type })
    }
}

/// The author's words for what went wrong, or ours.
fn because(row: &AttemptRow, settings: &Settings) -> String {
    let words = row.failure.and_then(|failure| settings.because.get(failure.wrapping_sub(1)));
    words.filter(|words| !words.is_empty()).map_or("simulated exception", String::as_str).to_owned()
}
