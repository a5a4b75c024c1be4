//! Integration tests, all in one binary: one link, and shared helpers without `#[path]`.

mod aws_recorded;
mod bad_input;
#[cfg(feature = "cli")]
mod bad_input_cli;
mod capacity;
mod chains;
mod changes;
#[cfg(feature = "cli")]
mod cli;
mod dependencies;
#[cfg(feature = "cli")]
mod diff_cli;
mod diffs;
mod docs;
mod export;
mod fidelity;
mod golden;
mod golden_vectors;
#[cfg(feature = "cli")]
mod guide;
#[cfg(all(unix, feature = "import"))]
mod guide_ci;
mod identities;
mod imperfections;
#[cfg(feature = "import")]
mod imported;
#[cfg(feature = "cli")]
mod limits;
mod offers;
mod outages;
#[cfg(feature = "cli")]
mod packaging;
mod paired;
mod promises;
mod real_trace;
mod redrive;
#[cfg(feature = "cli")]
mod replications;
mod report;
#[cfg(feature = "cli")]
mod scale_out;
#[cfg(feature = "cli")]
mod solve;
mod source_files;
#[cfg(feature = "cli")]
mod suite;
mod support;
#[cfg(feature = "cli")]
mod sweeps;
mod theory;
mod tidy;
mod twin;
mod verify;
