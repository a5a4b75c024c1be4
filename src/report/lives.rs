//! The lives of the first lost events, from the tables that a run writes.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;

/// How many lost events the page tells of.
pub const MOST_LIVES: usize = 4;
/// Of a life with very many attempts the first are shown.
pub const MOST_ATTEMPTS: usize = 12;

/// An event that is lost, and what was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostLife {
    /// The event.
    pub event: EventRow,
    /// Its first attempts; empty if they were not written.
    pub attempts: Vec<AttemptRow>,
}

/// What is needed of a row of `events.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct EventRow {
    /// The event's number.
    pub event: u64,
    /// Its source.
    pub source: String,
    /// Its number within its source.
    pub source_event: u64,
    /// Its function.
    pub function: String,
    /// When it was accepted.
    pub accepted_ns: Option<u64>,
    /// How it ended.
    pub fate: String,
    /// Attempts begun.
    pub attempts: u64,
    /// When its fate was known.
    pub settled_ns: Option<u64>,
    /// What became of the record of its failure.
    pub on_failure: String,
    /// What became of its copy for the dead-letter queue.
    pub dead_letter_queue: String,
    /// `true` if it is lost.
    pub lost: String,
    /// Of a second delivery: the event.
    pub duplicate_of: Option<u64>,
}

/// What is needed of a row of `attempts.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AttemptRow {
    /// The event's number.
    pub event: u64,
    /// 1 for the first.
    pub attempt: u64,
    /// When it began.
    pub dispatched_ns: u64,
    /// The event's age then.
    pub age_ns: u64,
    /// What came of it.
    pub result: String,
    /// Why.
    pub reason: String,
    /// When it ended.
    pub end_ns: u64,
    /// What is next.
    pub next: String,
    /// When the next attempt is due.
    pub next_due_ns: Option<u64>,
    /// The rule that decided.
    pub rule: String,
}

/// The first lost events of `events`, with their attempts from `attempts`; both are read no further than needed.
///
/// # Errors
/// A table of another form.
pub fn lost_lives(events: impl Read, attempts: Option<impl Read>) -> csv::Result<Vec<LostLife>> {
    let mut lives = Vec::new();
    for row in csv::Reader::from_reader(events).into_deserialize() {
        let event: EventRow = row?;
        if event.lost == "true" && event.duplicate_of.is_none() {
            lives.push(LostLife { event, attempts: Vec::new() });
            if lives.len() == MOST_LIVES {
                break;
            }
        }
    }
    if let Some(attempts) = attempts {
        add_attempts(&mut lives, attempts)?;
    }
    Ok(lives)
}

fn add_attempts(lives: &mut [LostLife], attempts: impl Read) -> csv::Result<()> {
    let at: BTreeMap<u64, usize> =
        lives.iter().enumerate().map(|(at, life)| (life.event.event, at)).collect();
    let shown = |life: &LostLife| life.event.attempts.min(MOST_ATTEMPTS as u64);
    let mut missing: u64 = lives.iter().map(shown).sum();
    let mut reader = csv::Reader::from_reader(attempts);
    let headers = reader.headers()?.clone();
    let mut record = csv::StringRecord::new();
    while missing > 0 && reader.read_record(&mut record)? {
        // The event is in the first column; most rows are of other events and are not read any further.
        let event = record.get(0).and_then(|event| event.parse().ok());
        let Some(life) = event.and_then(|event: u64| at.get(&event)).map(|at| &mut lives[*at]) else {
            continue;
        };
        if life.attempts.len() < MOST_ATTEMPTS {
            life.attempts.push(record.deserialize(Some(&headers))?);
            missing -= 1;
        }
    }
    Ok(())
}
