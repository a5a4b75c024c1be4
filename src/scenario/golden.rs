//! Files in the repository that are generated from the code: a test fails when one is not current.

use std::fs;
use std::path::Path;

/// Compares the file at `path` (from the root of the package) with `expected`; with `UPDATE_GOLDEN=1` in the
/// environment it is written instead. A missing file is a failure.
pub(super) fn assert_current(path: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(&file, expected).expect("the file can be written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "{path} is not current; UPDATE_GOLDEN=1 cargo test rewrites it");
}
