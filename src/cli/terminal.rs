//! The one place that writes to standard output and standard error.
//!
//! Standard output carries the answer alone; everything else goes to standard error. A closed pipe is an end like
//! any other, not a panic.

use super::exit::Failure;
use std::io::{self, IsTerminal, Write};

/// Where a command speaks to.
pub(crate) struct Terminal {
    stdout: io::BufWriter<io::Stdout>,
    quiet: bool,
}

impl Terminal {
    /// The terminal of this process; if `quiet`, notes and warnings are left out.
    pub(crate) fn new(quiet: bool) -> Self {
        Self { stdout: io::BufWriter::new(io::stdout()), quiet }
    }

    /// Writes `text` to standard output.
    pub(crate) fn answer(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.stdout.write_all(text.as_bytes())?)
    }

    /// Writes bytes to standard output.
    pub(crate) fn answer_bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.stdout.write_all(bytes)?)
    }

    /// Says something on standard error that is not an error.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            anstream::eprintln!("{text}");
        }
    }

    /// Shows a problem on standard error, quiet or not.
    pub(crate) fn problem(text: &str) {
        anstream::eprintln!("{text}");
    }

    /// Shows why a command could not do its work, and what to do about it.
    pub(crate) fn report(failure: &Failure) {
        Self::problem(&format!("error: {failure}"));
        if let Some(hint) = failure.hint() {
            Self::problem(&format!("hint: {hint}"));
        }
    }

    /// Whether progress may be drawn.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Writes out what is left.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.stdout.flush()?)
    }
}
