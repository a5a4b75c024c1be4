//! What differs in one sentence, for a comment on a change.

use super::settings::SettingDifference;
use super::{Cell, Diff};
use crate::experiment::diff::EventDifference;
use crate::scenario::shape::last_part;
use crate::text::number::grouped;

/// Longer values are cut: the whole stands in the lists.
const WIDEST_VALUE: usize = 40;

/// The sentence, without a full stop.
pub(super) fn of(diff: &Diff) -> String {
    let matrix = &diff.fates;
    let first = |event: &EventDifference| {
        format!("; first: {} at {}{}", event.name(), event.at(), because(event, &diff.settings))
    };
    let changed = diff.changed.first().or(diff.first.as_ref()).map(first).unwrap_or_default();
    if let Some(most) = matrix.most_frequent_change() {
        let others = match matrix.changed - most.events {
            0 => String::new(),
            more => format!(", and {} changed otherwise", grouped(more)),
        };
        return format!("{}{others}{changed}", change(most, matrix.of_row(most)));
    }
    let alone: Vec<String> = matrix
        .alone()
        .into_iter()
        .filter(|(_, events)| *events > 0)
        .map(|(side, events)| only(side, events))
        .collect();
    let paired = grouped(matrix.paired());
    match (alone.is_empty(), matrix.lived_differently) {
        (false, _) => format!("no event of both changed its fate; {}{changed}", alone.join(" and ")),
        (true, 0) if diff.differs() => {
            format!(
                "in the scenarios' own runs all {paired} events live the same lives; other replications, or what they cost, differ"
            )
        }
        (true, 0) => format!("nothing differs: all {paired} events live the same lives"),
        (true, lived) => {
            let lived = grouped(lived);
            format!("no event changed its fate, but {lived} of {paired} live differently{changed}")
        }
    }
}

/// `412 of 18,000 events that succeeded are now dead-lettered (retries_exhausted)`
fn change(cell: &Cell, all: u64) -> String {
    let (Some(a), Some(b)) = (cell.a, cell.b) else { unreachable!("a change has two sides") };
    let (noun, are) = if all == 1 { ("event", "is") } else { ("events", "are") };
    let are = if cell.events == 1 { "is" } else { are };
    format!(
        "{} of {} {noun} that {} {are} now {}",
        grouped(cell.events),
        grouped(all),
        a.words(true),
        b.words(false)
    )
}

pub(super) fn only(side: &str, events: u64) -> String {
    let (noun, come) = if events == 1 { ("event", "comes") } else { ("events", "come") };
    format!("{} {noun} {come} in {side} only", grouped(events))
}

/// `, because MaximumRetryAttempts went from 2 to 1`; empty if that is not known.
pub(super) fn because(event: &EventDifference, settings: &[SettingDifference]) -> String {
    let reasons: Vec<String> =
        event.because(settings).into_iter().map(|setting| went(setting, settings)).collect();
    match reasons.as_slice() {
        [] => String::new(),
        reasons => format!(", because {}", reasons.join(" and ")),
    }
}

/// `MaximumRetryAttempts went from 2 to 1`
fn went(setting: &SettingDifference, settings: &[SettingDifference]) -> String {
    let name = short(setting, settings);
    match (&setting.a, &setting.b) {
        (Some(a), Some(b)) => format!("{name} went from {} to {}", cut(a), cut(b)),
        (None, Some(b)) => format!("{name} was set to {}", cut(b)),
        (Some(a), None) => format!("{name} is not set any more (was {})", cut(a)),
        (None, None) => unreachable!("then it does not differ"),
    }
}

/// AWS's names speak for themselves, where only one setting has it.
fn short<'s>(setting: &'s SettingDifference, settings: &[SettingDifference]) -> &'s str {
    let name = last_part(&setting.path);
    let plain = name.starts_with(char::is_uppercase) && name.chars().all(char::is_alphanumeric);
    let others = settings.iter().filter(|other| last_part(&other.path) == name);
    if plain && others.count() == 1 { name } else { &setting.path }
}

/// The value, in one line and not too long.
pub(super) fn cut(value: &str) -> String {
    let visible = |letter: char| if letter.is_control() { ' ' } else { letter };
    if value.chars().count() <= WIDEST_VALUE {
        return value.chars().map(visible).collect();
    }
    value.chars().take(WIDEST_VALUE - 1).map(visible).chain(['…']).collect()
}
