//! Moments at which something was done to the system: changes of configuration and redrives, as thin lines through
//! the panels.

use super::drawing::{Anchor, Drawing, Face};
use super::frame::{Frame, LEFT, RIGHT, TimeAxis};
use super::style::{FAINT, Size, TEXT, fit, text_width};
use super::windows::{self, Trouble};
use crate::scenario::{ChangedSetting, Scenario};
use crate::time::SimTime;

/// One moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// When, in milliseconds.
    at: u64,
    label: String,
}

/// What lies behind and across the panels of a chart.
pub(super) struct Background {
    troubles: Vec<Trouble>,
    marks: Vec<Mark>,
}

impl Background {
    /// The troubles of functions, of the service and of dependencies, and what was done to the system, as far as
    /// `time` reaches.
    pub(super) fn of(scenario: &Scenario, time: TimeAxis) -> Self {
        Self { troubles: windows::of_service(scenario, time), marks: marks(scenario, time) }
    }

    /// Names everything, below what is there.
    pub(super) fn name(&self, drawing: &mut Drawing, time: TimeAxis) {
        windows::name(drawing, &self.troubles, time);
        name(drawing, &self.marks, time);
    }

    /// Shades a panel; to be called before its data are drawn.
    pub(super) fn shade(&self, drawing: &mut Drawing, frame: &Frame) {
        windows::shade(drawing, &self.troubles, frame);
    }

    /// Draws the lines through a panel; to be called after its data.
    pub(super) fn mark(&self, drawing: &mut Drawing, frame: &Frame) {
        for mark in &self.marks {
            let x = frame.time.x(mark.at);
            drawing.line((x, frame.plot.top), (x, frame.plot.bottom), TEXT);
        }
    }
}

fn marks(scenario: &Scenario, time: TimeAxis) -> Vec<Mark> {
    let mark =
        |at: SimTime, label: String| (at.as_millis() < time.span).then(|| Mark { at: at.as_millis(), label });
    let changes = scenario.changes.iter().filter_map(|change| {
        let settings = change.settings.iter().map(ChangedSetting::text).collect::<Vec<_>>().join("; ");
        let settings = settings.replace("functions.", "");
        mark(change.effective, described(settings, &change.because))
    });
    let redrives = scenario.redrives.iter().filter_map(|redrive| {
        let queue = &scenario.destinations[redrive.from.index()].name;
        mark(redrive.at, described(format!("redrive of {queue} at {}", redrive.rate), &redrive.because))
    });
    let mut marks: Vec<Mark> = changes.chain(redrives).collect();
    marks.sort_by_key(|mark| mark.at);
    marks
}

fn described(label: String, because: &str) -> String {
    if because.is_empty() { label } else { format!("{label} — {because}") }
}

/// A row for each mark: the beginning of its line, and beside it what it means.
fn name(drawing: &mut Drawing, marks: &[Mark], time: TimeAxis) {
    const MOST_ROWS: usize = 6;
    const GAP: i32 = 6;
    let face = Face::plain(Size::Label);
    for mark in marks.iter().take(MOST_ROWS) {
        let y = drawing.take(20) + 10;
        let x = time.x(mark.at);
        drawing.line((x, y - 7), (x, y + 10), TEXT);
        let (before, after) = (x - LEFT - GAP, RIGHT - x - GAP);
        if after >= text_width(&mark.label, face.size) || after >= before {
            drawing.text((x + GAP, y), &fit(&mark.label, face.size, after), face, Anchor::Start);
        } else {
            drawing.text((x - GAP, y), &fit(&mark.label, face.size, before), face, Anchor::End);
        }
    }
    if marks.len() > MOST_ROWS {
        let y = drawing.take(20) + 10;
        let more = format!("and {} more", marks.len() - MOST_ROWS);
        drawing.text((LEFT, y), &more, face.inked(FAINT), Anchor::Start);
    }
}
