//! The page of a run: what it needs while the run goes on, and what only a second look can tell.

use crate::id::EventId;
use crate::model::observation::{Fact, Observation, Observer};
use crate::report::lives::lost_lives;
use crate::report::{Chart, MOST_LIVES, REPORT, Results, page};
use crate::scenario::Scenario;
use crate::sink::attempts_csv::AttemptsCsv;
use crate::sink::directory::{OutputError, OutputFolder};
use crate::sink::events_csv::EventsCsv;
use crate::sink::provenance::RunFacts;

use super::Files;

/// The first lost events: the page tells their lives.
#[derive(Debug)]
pub(super) struct PageNotes {
    lost: Vec<EventId>,
    /// Whether the tables are written: the page tells nothing that cannot be told from the stored files.
    events: bool,
    attempts: bool,
}

impl PageNotes {
    pub(super) const fn new(files: Files) -> Self {
        Self { lost: Vec::new(), events: files.events, attempts: files.attempts }
    }

    /// What is to be seen of the lost events in a second, identical run.
    pub(super) fn rows<'s>(&self, scenario: &'s Scenario) -> Option<LostRows<'s>> {
        (self.events && !self.lost.is_empty()).then(|| LostRows {
            lost: self.lost.clone(),
            events: EventsCsv::new(scenario, Vec::new()),
            attempts: self.attempts.then(|| AttemptsCsv::new(scenario, Vec::new())),
        })
    }

    /// Writes the page.
    pub(super) fn write(
        &self,
        (facts, summary, resolved): (&RunFacts, &[u8], &[u8]),
        charts: Vec<Chart>,
        rows: Option<LostRows<'_>>,
        folder: &mut OutputFolder,
    ) -> Result<(), OutputError> {
        let results = Results::new(facts.clone(), summary, resolved);
        let mut results = results.map_err(|error| OutputError::from(std::io::Error::from(error)))?;
        results.charts = charts;
        if self.events && results.lost_events() > 0 {
            results.lost = Some(rows.map_or(Ok(Vec::new()), LostRows::lives)?);
        }
        folder.write(REPORT, page(&results).as_bytes())
    }
}

impl Observer for PageNotes {
    fn observe(&mut self, fact: &Fact<'_>) {
        if matches!(fact.what, Observation::Closed)
            && self.lost.len() < MOST_LIVES
            && fact.event.is_lost()
            && !fact.event.is_duplicate()
        {
            self.lost.push(fact.event.id());
        }
    }
}

/// The rows of the lost events, as the tables have them.
pub(super) struct LostRows<'s> {
    lost: Vec<EventId>,
    events: EventsCsv<'s, Vec<u8>>,
    attempts: Option<AttemptsCsv<Vec<u8>>>,
}

impl LostRows<'_> {
    fn lives(self) -> Result<Vec<crate::report::LostLife>, OutputError> {
        let events = self.events.finish()?;
        let attempts = self.attempts.map(AttemptsCsv::finish).transpose()?;
        let lives = lost_lives(events.as_slice(), attempts.as_deref());
        lives.map_err(|error| std::io::Error::from(error).into())
    }
}

impl Observer for LostRows<'_> {
    fn observe(&mut self, fact: &Fact<'_>) {
        if self.lost.contains(&fact.event.id()) {
            self.events.observe(fact);
            self.attempts.observe(fact);
        }
    }
}
