//! `report.html`: a run on one page, made of its results alone.
//!
//! ```text
//! summary.json ───────────┐
//! scenario.resolved.json ─┤
//! charts/*.svg ───────────┼──> one page that needs nothing else: no script, no request, light or dark, on paper too
//! events.csv, attempts.csv ──the first lost events──┘
//! ```
//!
//! A run makes the page of what it just wrote, `thirdtry report` of what is stored; both come to the same bytes. Text
//! from a scenario is escaped where it is written, by the library that writes the page.

mod figures;
pub mod lives;
mod page;
mod sections;
mod settings;
mod stored;

use crate::sink::provenance::RunFacts;
use serde::de::Error as _;
use serde_json::Value as Json;

pub use lives::{AttemptRow, LostLife, MOST_LIVES};
pub use page::page;
pub use stored::stored_page;

/// The page's name in the folder of a run.
pub const REPORT: &str = "report.html";

/// A chart as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Its name, without ending: `timeline`.
    pub name: String,
    /// The SVG.
    pub svg: String,
}

/// What the page is made of.
#[derive(Debug)]
pub struct Results {
    /// The run as a whole.
    pub run: RunFacts,
    /// `summary.json`
    pub summary: Json,
    /// `scenario.resolved.json`
    pub resolved: Json,
    /// `charts/*.svg`, as far as there are any.
    pub charts: Vec<Chart>,
    /// The first lost events; `None` if the tables that tell of them were not written.
    pub lost: Option<Vec<LostLife>>,
    /// Sections to be put behind the summary: what else is known, such as measurements.
    pub extra: Vec<Extra>,
}

/// A section that others have written.
#[derive(Clone, Debug)]
pub struct Extra {
    /// Its heading.
    pub heading: String,
    /// What it says first.
    pub lead: String,
    /// Its table: the header and the rows.
    pub table: Vec<Vec<String>>,
    /// Its charts, each with what it shows in words.
    pub charts: Vec<(Chart, String)>,
    /// What is to be known about it.
    pub notes: Vec<String>,
}

impl Results {
    /// Reads the two documents that every run leaves.
    ///
    /// # Errors
    /// When either is no JSON object.
    pub fn new(run: RunFacts, summary: &[u8], resolved: &[u8]) -> serde_json::Result<Self> {
        let object = |text: &[u8]| {
            let found: Json = serde_json::from_slice(text)?;
            if found.is_object() { Ok(found) } else { Err(serde_json::Error::custom("it is no object")) }
        };
        Ok(Self {
            run,
            summary: object(summary)?,
            resolved: object(resolved)?,
            charts: Vec::new(),
            lost: None,
            extra: Vec::new(),
        })
    }

    /// How many events were lost.
    pub fn lost_events(&self) -> u64 {
        figures::count(&self.summary, "/lost/total")
    }
}

/// The charts in the order in which the page shows them, with what to look for.
const CHARTS: [(&str, &str); 6] = [
    ("timeline", "What came, what was tried, what waited, and how many runs there were at a time."),
    ("fates", "How the events ended, and whether a copy is left."),
    ("event_age", "How old events were when they were tried."),
    ("event_lives", "Single events: waiting, running, backing off."),
    ("environments", "Execution environments: when they were busy, idle and new."),
    ("destinations", "What destinations and dead-letter queues took and refused."),
];

/// The names of the charts that the page shows.
pub fn chart_names() -> impl Iterator<Item = &'static str> {
    CHARTS.iter().map(|(name, _)| *name)
}
