//! Files: observers that write what they see, each in one format, to whatever can be written to.
//!
//! A sink keeps its first error, goes quiet, and returns the error from `finish`; the model never learns of it. Every
//! number is an integer or a fixed decimal, every order is that of the run, and nothing but the scenario goes in:
//! the same run writes the same bytes everywhere. The columns are defined in `docs/outputs.md`.

pub mod attempts_csv;
pub mod deliveries;
pub mod directory;
pub mod events_csv;
pub mod label;
pub mod metrics_csv;
pub mod summary_files;
pub mod summary_text;
pub mod table;
pub mod timeline_csv;

#[cfg(test)]
mod test_support;
