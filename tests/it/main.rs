//! Integration tests, all in one binary: one link, and shared helpers without `#[path]`.

mod docs;
mod golden_vectors;
mod source_files;
mod support;
mod tidy;
