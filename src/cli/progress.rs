//! A progress bar on standard error for runs longer than a blink: virtual time, events per second, time left.
//!
//! The only place that reads the wall clock; it cannot reach the simulation.
#![expect(clippy::disallowed_types, reason = "a person waits in wall-clock time")]

use super::exit::Failure;
use super::interrupt;
use super::limits::PendingLimit;
use super::terminal::Terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use thirdtry::experiment::Supervisor;
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
        bar.set_message(message(now, arrived, self.expected_events, bar.per_sec(), bar.eta()));
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn draw_bar(expected_events: u64) -> ProgressBar {
    // The words fit a terminal of 40 columns, always on one line; the bar takes what is left of a wider one.
    let template = "{msg:39!} {wide_bar}";
    let style =
        ProgressStyle::with_template(template).expect("the template is well-formed").progress_chars("=> ");
    ProgressBar::with_draw_target(Some(expected_events), ProgressDrawTarget::stderr()).with_style(style)
}

/// Virtual time, how much of the arrivals is over, speed, and time left.
fn message(now: SimTime, arrived: u64, expected: u64, per_second: f64, left: Duration) -> String {
    let now = now.to_string();
    let seconds = now.split('.').next().unwrap_or_default();
    if arrived >= expected {
        return format!("t={seconds} all arrived, finishing");
    }
    let percent = u128::from(arrived) * 100 / u128::from(expected);
    format!("t={seconds} {percent}% {per_second:.0} events/s {} left", short(left))
}

/// Progress of many runs at once, and whether they are still wanted.
pub(crate) struct RunsProgress {
    started: Instant,
    bar: ProgressBar,
    /// What is counted.
    what: &'static str,
    limit: Option<PendingLimit>,
    /// What the first run said that had too much pending.
    outgrown: Mutex<Option<Failure>>,
}

impl RunsProgress {
    /// Progress towards `runs` runs, drawn if the terminal shows any.
    pub(crate) fn new(terminal: &Terminal, runs: u64) -> Self {
        Self::counting(terminal, runs, "runs")
    }

    /// Progress towards `all` of what `what` says.
    pub(crate) fn counting(terminal: &Terminal, all: u64, what: &'static str) -> Self {
        let wanted = terminal.shows_progress() && all > 1;
        let target = if wanted { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style =
            ProgressStyle::with_template("{msg:39!} {wide_bar}").expect("the template is well-formed");
        let bar = ProgressBar::with_draw_target(Some(all), target).with_style(style.progress_chars("=> "));
        Self { started: Instant::now(), bar, what, limit: None, outgrown: Mutex::default() }
    }

    /// Progress of a search, of which nobody knows how many runs it takes: how many there were, and what it looks at.
    pub(crate) fn searching(terminal: &Terminal) -> Self {
        let wanted = terminal.shows_progress();
        let target = if wanted { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style =
            ProgressStyle::with_template("{pos} runs  {wide_msg}").expect("the template is well-formed");
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        Self { started: Instant::now(), bar, what: "runs", limit: None, outgrown: Mutex::default() }
    }

    /// No run may have more pending than `limit` allows.
    pub(crate) fn within(self, limit: PendingLimit) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// So many runs were done before.
    pub(crate) fn starting_at(self, done: u64) -> Self {
        Self { bar: self.bar.with_position(done), ..self }
    }

    /// Takes the bar away.
    ///
    /// # Errors
    /// When a run was stopped because it had too much pending.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        let outgrown = self.outgrown.into_inner().expect("whoever held it only set it");
        outgrown.map_or(Ok(()), Err)
    }
}

impl Supervisor for RunsProgress {
    fn stops(&self) -> bool {
        interrupt::requested()
    }

    fn allows(&self, in_flight: usize) -> bool {
        let Some(Err(failure)) = self.limit.map(|limit| limit.check(in_flight)) else { return true };
        self.outgrown.lock().expect("whoever held it only set it").get_or_insert(failure);
        false
    }

    fn run_done(&self) {
        self.bar.inc(1);
        if self.started.elapsed() >= A_BLINK {
            let done = self.bar.position();
            if let Some(all) = self.bar.length() {
                self.bar.set_message(runs_message(done, all, self.what, self.bar.eta()));
            }
        }
    }

    fn begins(&self, what: &str) {
        if self.started.elapsed() >= A_BLINK {
            self.bar.set_message(what.to_owned());
        }
    }
}

/// How many of what are done, and time left.
fn runs_message(done: u64, all: u64, what: &str, left: Duration) -> String {
    format!("{done} of {all} {what}, {} left", short(left))
}

/// In the one unit that matters.
fn short(left: Duration) -> String {
    match left.as_secs() {
        seconds @ 0..120 => format!("{seconds}s"),
        seconds @ 120..7_200 => format!("{}m", seconds / 60),
        seconds => format!("{}h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_fits_a_narrow_terminal() {
        let at = SimTime::from_secs(345);
        let message = |arrived, rate, left| message(at, arrived, 1_000_000, rate, Duration::from_secs(left));
        assert_eq!(message(86_090, 26_035.812, 35), "t=00:05:45 8% 26036 events/s 35s left");
        assert_eq!(message(999_999, 91_234.6, 7_199), "t=00:05:45 99% 91235 events/s 119m left");
        assert_eq!(message(1_000_001, 26_035.812, 0), "t=00:05:45 all arrived, finishing");
        let runs = runs_message(999_999, 1_000_000, "runs", Duration::from_secs(7_000_000));
        assert_eq!(runs, "999999 of 1000000 runs, 1944h left");
    }
}
