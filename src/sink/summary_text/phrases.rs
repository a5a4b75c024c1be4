//! What the lines and tables of the summary are made of.

use crate::observe::summary::Named;
use crate::text::number::{counted, grouped};
use crate::time::SimTime;

/// Longer names are cut, so that numbers stay in view; the whole names are in the files.
const NAME_WIDTH: usize = 36;

pub(super) fn count_of(counts: &Named, name: &str) -> u64 {
    counts.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0)
}

pub(super) fn sum(counts: &Named) -> u64 {
    counts.keys().map(|name| count_of(counts, name)).sum()
}

/// Those that occurred: `12 permission, 3 size`.
pub(super) fn causes(counts: &Named) -> String {
    let occurred = |name: &String| {
        let count = count_of(counts, name);
        (count > 0).then(|| format!("{} {name}", grouped(count)))
    };
    counts.keys().filter_map(occurred).collect::<Vec<_>>().join(", ")
}

/// `: 12 exception, 3 timeout`, or nothing.
pub(super) fn listed(counts: &Named) -> String {
    match causes(counts) {
        causes if causes.is_empty() => causes,
        causes => format!(": {causes}"),
    }
}

pub(super) fn dash() -> String {
    "-".to_owned()
}

pub(super) fn events(count: u64) -> String {
    counted(count, "event")
}

pub(super) fn were(count: u64) -> String {
    format!("{} {}", grouped(count), if count == 1 { "was" } else { "were" })
}

pub(super) fn instant(nanos: Option<u64>) -> String {
    nanos.map_or_else(dash, |nanos| SimTime::from_nanos(nanos).to_string())
}

/// At most 36 characters, none of which moves the cursor.
pub(super) fn shortened(name: &str) -> String {
    let visible = |letter: char| if letter.is_control() { '?' } else { letter };
    if name.chars().count() <= NAME_WIDTH {
        name.chars().map(visible).collect()
    } else {
        name.chars().take(NAME_WIDTH - 3).map(visible).chain("...".chars()).collect()
    }
}
