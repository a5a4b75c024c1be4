//! Integration tests, all in one binary: one link, and shared helpers without `#[path]`.

mod docs;
mod source_files;
mod tidy;
