//! A progress bar on standard error for runs longer than a blink: virtual time, events per second, time left.
//!
//! The only place that reads the wall clock; it cannot reach the simulation.
#![expect(clippy::disallowed_types, reason = "a person waits in wall-clock time")]

use super::terminal::Terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};
use thirdtry::time::SimTime;

/// Nothing is drawn before this much time has passed.
const A_BLINK: Duration = Duration::from_millis(400);

/// Progress of one run.
pub(crate) struct Progress {
    started: Instant,
    bar: Option<ProgressBar>,
    wanted: bool,
    expected_events: u64,
}

impl Progress {
    /// Progress towards `expected_events` arrivals, drawn if the terminal shows any.
    pub(crate) fn new(terminal: &Terminal, expected_events: u64) -> Self {
        Self { started: Instant::now(), bar: None, wanted: terminal.shows_progress(), expected_events }
    }

    /// Shows that the run has come to `now` with `arrived` events.
    pub(crate) fn update(&mut self, now: SimTime, arrived: u64) {
        if !self.wanted || self.started.elapsed() < A_BLINK {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| draw_bar(self.expected_events));
        // An estimate can be short; the bar then stays full while the system drains.
        bar.set_position(arrived.min(self.expected_events));
        bar.set_message(now.to_string());
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn draw_bar(expected_events: u64) -> ProgressBar {
    let template = "{msg} virtual  [{bar:30}] {human_pos}/{human_len} events  {per_sec}  {eta} left";
    let style =
        ProgressStyle::with_template(template).expect("the template is well-formed").progress_chars("=> ");
    ProgressBar::with_draw_target(Some(expected_events), ProgressDrawTarget::stderr()).with_style(style)
}
