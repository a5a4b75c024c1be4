//! Integration tests, all in one binary: one link, and shared helpers without `#[path]`.

mod bad_input;
mod docs;
mod golden_vectors;
mod promises;
mod source_files;
mod support;
mod tidy;
