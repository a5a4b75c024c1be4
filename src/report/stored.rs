//! The page of a stored run: nothing is run, and nothing is held that grows with the run.

use std::io::BufReader;

use super::lives::lost_lives;
use super::{Chart, Results, chart_names};
use crate::sink::stored::{RESOLVED, StoredError, StoredRun};

/// What the page of `run` is made of.
///
/// # Errors
/// When a file that is needed is missing, edited, unreadable or not what it should be.
pub fn stored_page(run: &StoredRun) -> Result<Results, StoredError> {
    let (summary, resolved) = (run.content("summary.json")?, run.content(RESOLVED)?);
    let malformed = |name: &str| {
        let path = run.path().join(name);
        move |error| StoredError::malformed(&path, error)
    };
    let mut results =
        Results::new(run.manifest().run.clone(), &summary, &resolved).map_err(malformed("summary.json"))?;
    for name in chart_names() {
        let file = format!("charts/{name}.svg");
        if run.lists(&file) {
            let svg = String::from_utf8(run.content(&file)?)
                .map_err(|error| StoredError::malformed(&run.path().join(&file), error))?;
            results.charts.push(Chart { name: name.to_owned(), svg });
        }
    }
    if run.lists("events.csv") && results.lost_events() > 0 {
        results.lost = Some(lives(run)?);
    }
    Ok(results)
}

fn lives(run: &StoredRun) -> Result<Vec<super::LostLife>, StoredError> {
    const BUFFER: usize = 1 << 18;
    run.verified("events.csv")?;
    let events = BufReader::with_capacity(BUFFER, run.file("events.csv")?);
    let attempts = if run.lists("attempts.csv") {
        run.verified("attempts.csv")?;
        Some(BufReader::with_capacity(BUFFER, run.file("attempts.csv")?))
    } else {
        None
    };
    lost_lives(events, attempts)
        .map_err(|error| StoredError::malformed(&run.path().join("events.csv"), error))
}
