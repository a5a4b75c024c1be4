//! Recording a run: every observer that a run always has, and the files that were asked for.
//!
//! ```text
//!            ┌ always: fingerprint, ledger, summary, metrics
//! facts ─────┤
//!            └ with a folder: events, attempts, timeline, metrics, deliveries, series and charts, each if wanted
//! ```
//!
//! What is always on does not depend on what is written, so a run without files has the same fingerprint and the
//! same summary.
#![expect(
    clippy::inline_always,
    reason = "the recorder's observers are specialised where a fact is reported"
)]

use crate::model::event::Event;
use crate::model::observation::{Fact, Observer, Remark};
use crate::observe::fingerprint::Fingerprint;
use crate::observe::ledger::Ledger;
use crate::observe::metrics::Metrics;
use crate::observe::recovery::{Recovery, RecoveryReport};
use crate::observe::summary::{Ending, Summary, SummaryReport};
use crate::observe::trouble::Trouble;
use crate::report::Chart;
use crate::scenario::Scenario;
use crate::scenario::load::Loaded;
use crate::simulate::{RunEnd, simulate};
use crate::sink::attempts_csv::AttemptsCsv;
use crate::sink::deliveries::Deliveries;
use crate::sink::directory::{OutputError, OutputFile, OutputFolder};
use crate::sink::events_csv::EventsCsv;
use crate::sink::metrics_csv::MetricsCsv;
use crate::sink::provenance::{Provenance, RunFacts};
use crate::sink::summary_files;
use crate::sink::timeline_csv::TimelineCsv;
use crate::time::SimTime;
use std::io;
use std::num::NonZeroU64;

use listening::Written;
use page::PageNotes;

pub mod ahead;
pub mod behind;
pub mod listening;
mod packed;
mod page;
#[cfg(feature = "charts")]
mod pictures;

/// Which files a run writes; the summary, the resolved scenario and the manifest are always among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one switch a file")]
pub struct Files {
    /// `events.csv`
    pub events: bool,
    /// `attempts.csv`
    pub attempts: bool,
    /// `timeline.csv`, with the lives of one event in this many.
    pub timeline: Option<NonZeroU64>,
    /// `metrics.csv`
    pub metrics: bool,
    /// `deliveries.jsonl`
    pub deliveries: bool,
    /// `series.csv` and `charts/*.svg`
    pub charts: bool,
    /// `charts/*.png`
    pub png: bool,
    /// `report.html`
    pub report: bool,
}

impl Files {
    /// Everything but PNG pictures.
    pub const ALL: Self = Self {
        events: true,
        attempts: true,
        timeline: Some(NonZeroU64::MIN),
        metrics: true,
        deliveries: true,
        charts: true,
        png: false,
        report: true,
    };

    /// Only what is always written.
    pub const LEAST: Self = Self {
        events: false,
        attempts: false,
        timeline: None,
        metrics: false,
        deliveries: false,
        charts: false,
        png: false,
        report: false,
    };

    /// What of them grows with the events.
    fn written(self) -> Written {
        // Metrics grow with the minutes.
        let growing = Self { metrics: false, png: self.png && self.charts, ..self };
        if growing == Self::LEAST {
            Written::Little
        } else if growing == (Self { events: true, ..Self::LEAST }) {
            Written::Events
        } else {
            Written::More
        }
    }
}

/// The observer of a whole run.
pub struct Recorder<'s> {
    scenario: &'s Scenario,
    fingerprint: Fingerprint,
    ledger: Ledger,
    summary: Summary<'s>,
    metrics: Metrics<'s, Option<MetricsCsv<OutputFile>>>,
    /// If something goes wrong in a window.
    recovery: Option<Recovery>,
    outputs: Option<Outputs<'s>>,
    /// Whether more has to be told of a fact than is always on.
    more: bool,
}

/// The files of a run in the making.
struct Outputs<'s> {
    loaded: &'s Loaded,
    folder: OutputFolder,
    /// How much of that grows with the events.
    written: Written,
    events: Option<EventsCsv<'s, OutputFile>>,
    attempts: Option<AttemptsCsv<OutputFile>>,
    timeline: Option<TimelineCsv<'s, OutputFile>>,
    deliveries: Option<Deliveries<'s, OutputFile>>,
    /// One event in so many is in the timeline, if there is one.
    one_in: Option<NonZeroU64>,
    page: Option<PageNotes>,
    #[cfg(feature = "charts")]
    pictures: Option<pictures::Pictures>,
}

impl<'s> Recorder<'s> {
    /// A recorder that writes nothing.
    pub fn without_files(scenario: &'s Scenario) -> Self {
        let summary = Summary::new(scenario);
        let recovery = Trouble::of(scenario).map(|_| Recovery::new(scenario));
        Self {
            more: summary.follows() || recovery.is_some(),
            scenario,
            fingerprint: Fingerprint::new(),
            ledger: Ledger::default(),
            summary,
            metrics: Metrics::new(scenario, None),
            recovery,
            outputs: None,
        }
    }

    /// A recorder that writes `files` into `folder`.
    ///
    /// # Errors
    /// When a file cannot be created.
    pub fn with_files(loaded: &'s Loaded, folder: OutputFolder, files: Files) -> Result<Self, OutputError> {
        let scenario = &loaded.scenario;
        let file = |wanted: bool, name: &str| wanted.then(|| folder.create(name)).transpose();
        let metrics = file(files.metrics, "metrics.csv")?.map(|file| MetricsCsv::new(scenario, file));
        let timeline =
            files.timeline.map(|one_in| Ok::<_, OutputError>((one_in, folder.create("timeline.csv")?)));
        let outputs = Outputs {
            loaded,
            written: files.written(),
            events: file(files.events, "events.csv")?.map(|file| EventsCsv::new(scenario, file)),
            attempts: file(files.attempts, "attempts.csv")?.map(|file| AttemptsCsv::new(scenario, file)),
            timeline: timeline.transpose()?.map(|(one_in, file)| TimelineCsv::new(scenario, one_in, file)),
            deliveries: file(files.deliveries, "deliveries.jsonl")?
                .map(|file| Deliveries::new(scenario, file)),
            one_in: files.timeline,
            page: files.report.then(|| PageNotes::new(files)),
            #[cfg(feature = "charts")]
            pictures: files.charts.then(|| pictures::Pictures::new(scenario, files.png)),
            folder,
        };
        let least = Self::without_files(scenario);
        Ok(Self {
            metrics: Metrics::new(scenario, metrics),
            // What `metrics.csv` and `events.csv` tell is found where everything is told.
            more: least.more || outputs.written == Written::More,
            outputs: Some(outputs),
            ..least
        })
    }

    /// Has the rows of `events.csv`, if they are wanted, made on a thread of their own from here on, if there can be
    /// one. Nothing depends on the thread but how long it takes ([`listening::Places`] tells where it pays).
    pub fn put_rows_behind(&mut self) {
        if let Some(outputs) = &mut self.outputs {
            outputs.events = outputs.events.take().map(EventsCsv::with_rows_behind);
        }
    }

    /// The fingerprint so far.
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint.value()
    }

    /// What is written while the run goes on.
    pub fn written(&self) -> Written {
        self.outputs.as_ref().map_or(Written::Little, |outputs| outputs.written)
    }

    /// The books so far.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether the files could be written so far. A run that nobody will have the results of need not go on: whoever
    /// runs it asks now and then.
    ///
    /// # Errors
    /// The first error that any file met.
    pub fn check(&self) -> Result<(), OutputError> {
        self.outputs.as_ref().map_or(Ok(()), |outputs| outputs.folder.check())
    }

    /// The run ended at `at`: completes the files and gives them their names.
    ///
    /// # Errors
    /// The first error that any file met.
    pub fn finish(self, end: RunEnd, at: SimTime) -> Result<SummaryReport, OutputError> {
        let ending = Ending { end: end.name(), at, fingerprint: self.fingerprint.value() };
        let mut report = self.summary.into_report(self.scenario, ending);
        let outcome = self.recovery.map(|recovery| recovery.outcome());
        report.recovery = outcome.and_then(|outcome| RecoveryReport::of(self.scenario, outcome));
        let metrics = self.metrics.finish(at);
        if let Some(outputs) = self.outputs {
            outputs.finish(metrics, &report)?;
        }
        Ok(report)
    }

    /// The run was given up: leaves a folder that says `reason`, with what was written so far, and nothing under a
    /// final name.
    ///
    /// # Errors
    /// When even that cannot be written.
    pub fn interrupt(self, reason: &str) -> Result<(), OutputError> {
        let Some(mut outputs) = self.outputs else { return Ok(()) };
        // Written out and closed; the files of a run that was given up are not complete, whatever comes of that.
        drop(outputs.end_files(self.metrics.give_up()));
        outputs.folder.interrupt(reason)
    }
}

impl Observer for Recorder<'_> {
    /// Where the model reports a fact it is known of which kind it is: what the observers would do about other kinds
    /// falls away there.
    #[inline(always)]
    fn observe(&mut self, fact: &Fact<'_>) {
        if let Some(outputs) = &mut self.outputs
            && let Some(events) = &mut outputs.events
        {
            events.observe(fact);
        }
        // Of a copy, and before the rest: a fact of which nobody has the address need not be in memory, of what is
        // known of its kind nothing gets lost, and what only the copy needs is looked at only for the copy.
        if self.more {
            self.observe_more(&{ *fact });
        }
        self.fingerprint.observe(fact);
        self.ledger.observe(fact);
        self.summary.count(fact);
        self.metrics.observe(fact);
    }

    #[inline(always)]
    fn expect(&self, event: &Event) {
        if let Some(Outputs { events: Some(events), .. }) = &self.outputs {
            events.expect(event);
        }
    }

    fn remark(&mut self, remark: &Remark) {
        self.fingerprint.remark(remark);
        self.summary.remark(remark);
        self.metrics.remark(remark);
        self.outputs.remark(remark);
    }
}

impl Recorder<'_> {
    #[inline(never)]
    fn observe_more(&mut self, fact: &Fact<'_>) {
        self.summary.follow(fact);
        self.recovery.observe(fact);
        self.outputs.observe(fact);
    }
}

impl Observer for Outputs<'_> {
    /// All but the events, which are told where the kind of the fact is known.
    fn observe(&mut self, fact: &Fact<'_>) {
        self.attempts.observe(fact);
        self.timeline.observe(fact);
        self.deliveries.observe(fact);
        self.page.observe(fact);
        #[cfg(feature = "charts")]
        self.pictures.observe(fact);
    }

    fn remark(&mut self, remark: &Remark) {
        self.timeline.remark(remark);
        #[cfg(feature = "charts")]
        self.pictures.remark(remark);
    }
}

impl<'s> Outputs<'s> {
    fn finish(
        mut self,
        metrics: Option<MetricsCsv<OutputFile>>,
        report: &SummaryReport,
    ) -> Result<(), OutputError> {
        for file in self.end_files(metrics).into_iter().flatten() {
            self.folder.complete(file?)?;
        }
        let facts = run_facts(self.loaded, report, self.one_in);
        let (summary, resolved) = self.write_summary(report)?;
        let (charts, lost) = self.look_again()?;
        if let Some(page) = &self.page {
            page.write((&facts, &summary, &resolved), charts, lost, &mut self.folder)?;
        }
        self.folder.finish(&facts)
    }

    /// Which events are worth telling of is known only now; the run is deterministic, so it is run once more with
    /// somebody taking notes of just these.
    #[cfg(feature = "charts")]
    fn look_again(&mut self) -> Result<(Vec<Chart>, Option<page::LostRows<'s>>), OutputError> {
        let scenario = &self.loaded.scenario;
        let mut lost = self.page.as_ref().and_then(|page| page.rows(scenario));
        let pictures = self.pictures.take();
        let mut looking = pictures.as_ref().map(|pictures| pictures.look_again(scenario));
        if lost.is_some() || looking.is_some() {
            simulate(scenario, &mut (&mut looking, &mut lost));
        }
        let charts = match pictures.zip(looking) {
            Some((pictures, looking)) => pictures.write(&looking, scenario, &mut self.folder)?,
            None => Vec::new(),
        };
        Ok((charts, lost))
    }

    #[cfg(not(feature = "charts"))]
    #[expect(clippy::unnecessary_wraps, reason = "with charts it can fail")]
    fn look_again(&mut self) -> Result<(Vec<Chart>, Option<page::LostRows<'s>>), OutputError> {
        let scenario = &self.loaded.scenario;
        let mut lost = self.page.as_ref().and_then(|page| page.rows(scenario));
        if lost.is_some() {
            simulate(scenario, &mut lost);
        }
        Ok((Vec::new(), lost))
    }

    /// Ends what the observers write, each with its first error.
    fn end_files(&mut self, metrics: Option<MetricsCsv<OutputFile>>) -> [Option<io::Result<OutputFile>>; 5] {
        [
            self.events.take().map(EventsCsv::finish),
            self.attempts.take().map(AttemptsCsv::finish),
            self.timeline.take().map(TimelineCsv::finish),
            self.deliveries.take().map(Deliveries::finish),
            metrics.map(MetricsCsv::finish),
        ]
    }

    /// The summary and the resolved scenario; what is in `summary.json` and in `scenario.resolved.json`.
    fn write_summary(&mut self, report: &SummaryReport) -> Result<(Vec<u8>, Vec<u8>), OutputError> {
        let json = summary_files::write_json(report, Vec::new())?;
        self.folder.write("summary.json", &json)?;
        let csv = self.folder.create("summary.csv")?;
        self.folder.complete(summary_files::write_csv(report, csv)?)?;
        let resolved = self.loaded.resolved_file();
        self.folder.write("scenario.resolved.json", &resolved)?;
        Ok((json, resolved))
    }
}

fn run_facts(loaded: &Loaded, report: &SummaryReport, one_in: Option<NonZeroU64>) -> RunFacts {
    RunFacts {
        provenance: Provenance::of(loaded),
        fingerprint: report.fingerprint.clone(),
        end: report.end.to_owned(),
        timeline_one_in: one_in.filter(|one_in| *one_in != NonZeroU64::MIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_with_the_events_is_more_than_little() {
        let least = Files::LEAST;
        let cases = [
            (least, Written::Little),
            (Files { metrics: true, png: true, ..least }, Written::Little),
            (Files { events: true, ..least }, Written::Events),
            (Files { events: true, metrics: true, ..least }, Written::Events),
            (Files { attempts: true, ..least }, Written::More),
            (Files { events: true, timeline: Files::ALL.timeline, ..least }, Written::More),
            (Files { deliveries: true, ..least }, Written::More),
            (Files { charts: true, png: true, ..least }, Written::More),
            (Files { report: true, ..least }, Written::More),
            (Files::ALL, Written::More),
        ];
        for (files, written) in cases {
            assert_eq!(files.written(), written, "{files:?}");
        }
    }
}
