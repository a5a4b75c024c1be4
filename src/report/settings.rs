//! The settings of a scenario, as far as a page can hold them.

use serde_json::Value as Json;

use crate::scenario::load::settings_of;
use crate::scenario::shape::Setting;

/// A scenario whose resolved form is longer has too many settings for a page.
const MOST_BYTES: usize = 200_000;

/// The settings that are not their defaults, and those that are; `None` if there are too many to be listed.
pub(super) fn settings(resolved: &Json) -> Option<(Vec<Setting>, Vec<Setting>)> {
    let text = resolved.to_string();
    if text.len() > MOST_BYTES {
        return None;
    }
    Some(settings_of(&text)?.into_iter().partition(|setting| setting.given))
}
