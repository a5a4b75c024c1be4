//! Charts of a run: what happened, as pictures.
//!
//! ```text
//! Scenario, Series, lives ──timeline, event_age, fates, …──> Drawing ──render──> SVG, PNG
//!                          (frame, scale: where things go)   (shapes in whole pixels)
//! ```
//!
//! Layout is integer arithmetic, so that the same run gives the same SVG bytes on every machine. Every chart can be
//! drawn from every run: one with nothing to show says so.

mod curves;
mod destinations;
pub mod diff;
mod drawing;
mod environments;
mod event_age;
mod event_lives;
mod fates;
mod frame;
mod load;
mod marks;
mod overlay;
mod render;
mod scale;
mod style;
pub mod sweep;
#[cfg(test)]
mod tests;
mod timeline;
mod windows;

use crate::observe::environments::Environments;
use crate::observe::lives::Life;
use crate::observe::series::Series;
use crate::scenario::Scenario;

pub use curves::{CurvePanel, draw_curves};
pub use overlay::{OverlayPanel, draw_overlay};

/// What the charts show.
#[derive(Clone, Copy, Debug)]
pub struct ChartInput<'a> {
    /// The scenario that was run.
    pub scenario: &'a Scenario,
    /// What happened when.
    pub series: &'a Series,
    /// The lives of the events worth showing, in the order in which they are shown.
    pub lives: &'a [&'a Life],
    /// What happened in execution environments; its steps are the buckets of `series`.
    pub environments: &'a Environments,
}

/// How many environments of each function a chart can show.
pub const MOST_ENVIRONMENTS: u32 = environments::MOST_ROWS;

/// A kind of picture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Scalable vector graphics; the bytes are the same on every machine.
    Svg,
    /// Pixels, 2400 across.
    Png,
}

impl Format {
    /// The ending of file names.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

/// A chart as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartFile {
    /// The file's name, such as `timeline.svg`.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// All charts of a run: `timeline`, `event_age`, `fates`, `event_lives`, `environments` and `destinations`.
pub fn draw_all(input: &ChartInput<'_>, format: Format) -> Vec<ChartFile> {
    let charts = [
        ("timeline", timeline::draw(input)),
        ("event_age", event_age::draw(input)),
        ("fates", fates::draw(input)),
        ("event_lives", event_lives::draw(input)),
        ("environments", environments::draw(input)),
        ("destinations", destinations::draw(input)),
    ];
    let files = charts.into_iter().map(|(name, drawing)| ChartFile {
        name: format!("{name}.{}", format.extension()),
        bytes: render::render(&drawing, format),
    });
    files.collect()
}

/// The line below every title: the scenario's name and, as far as there is room, what it shows.
fn subtitle(scenario: &Scenario) -> String {
    if scenario.description.is_empty() {
        scenario.name.clone()
    } else {
        format!("{} — {}", scenario.name, scenario.description)
    }
}
