//! Dotted paths of values, as errors print them and `--set` reads them.

use serde_json::Value as Json;
use std::fmt::Write as _;

/// `key` behind `path`, as errors print it and `--set` reads it: `a.b`, or `a["x.y"]` for a key with special characters.
pub fn join(path: &str, key: &str) -> String {
    let mut joined = path.to_owned();
    push_key(&mut joined, key);
    joined
}

/// The last part of `path`, for where the rest is known.
pub fn last_part(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

pub(super) fn push_key(path: &mut String, key: &str) {
    let special = |byte: u8| matches!(byte, b'.' | b'[' | b']' | b'"' | b'=' | b'\\');
    let plain = !key.is_empty() && !key.bytes().any(special) && !key.contains(char::is_whitespace);
    if plain {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    } else {
        write!(path, "[{}]", Json::from(key)).expect("a string takes every text");
    }
}

pub(super) fn push_position(path: &mut String, at: usize) {
    write!(path, "[{at}]").expect("a string takes every text");
}
