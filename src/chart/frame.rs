//! The frame of a panel: its place, its axes, and how data become shapes in it.
//!
//! Panels of a chart stand one above the other and share the axis of virtual time, so that what happens at the same
//! moment stands in one vertical line.

use super::drawing::{Anchor, Area, Drawing, Face, MARGIN, WIDTH};
use super::scale::{Clock, Scale, Tick, clock_ticks};
use super::style::{FAINT, GRID, Ink, Size, TEXT};
use crate::observe::series::{Bucket, Series};

/// Where plots begin and end.
pub(super) const LEFT: i32 = 92;
pub(super) const RIGHT: i32 = WIDTH - MARGIN - 8;

/// The axis of virtual time that the panels of a chart share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeAxis {
    /// The time at its right end in milliseconds; positive.
    pub(super) span: u64,
    /// How wide a bucket is, in milliseconds.
    pub(super) step: u64,
}

impl TimeAxis {
    /// The axis that holds every bucket of `series`.
    pub(super) fn of(series: &Series) -> Self {
        let step = series.width().as_millis();
        Self { span: step * series.buckets().len() as u64, step }
    }

    /// Where `at`, in milliseconds, lies; times beyond the end lie at the end.
    pub(super) fn x(self, at: u64) -> i32 {
        LEFT + Scale::Linear { max: self.span }.place(at.min(self.span), RIGHT - LEFT)
    }

    /// Where bucket `index` begins.
    fn edge(self, index: usize) -> i32 {
        self.x(index as u64 * self.step)
    }

    /// `at`, in milliseconds, in words: as on the axis, to the second.
    pub(super) fn moment(self, at: u64) -> String {
        let seconds = at / 1_000;
        match Clock::of(self.span) {
            Clock::Seconds => format!("{} s", Clock::Seconds.tick(at)),
            Clock::Minutes => Clock::Minutes.tick(at),
            Clock::Hours | Clock::Days => {
                format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
            }
        }
    }

    /// Writes the times below the lowest panel.
    pub(super) fn write(self, drawing: &mut Drawing) {
        let top = drawing.take(50);
        for (at, label) in clock_ticks(self.span) {
            drawing.text((self.x(at), top + 12), &label, Face::plain(Size::Label), Anchor::Middle);
        }
        let unit = format!("virtual time ({})", Clock::of(self.span).unit());
        let middle = LEFT.midpoint(RIGHT);
        drawing.text((middle, top + 32), &unit, Face::plain(Size::Label), Anchor::Middle);
    }

    /// `count` events in one bucket as a rate, in thousandths of events per second.
    pub(super) fn rate(self, count: u64) -> u64 {
        let rate = u128::from(count) * 1_000_000 / u128::from(self.step);
        u64::try_from(rate).unwrap_or(u64::MAX)
    }
}

/// One panel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Where the data go.
    pub(super) plot: Area,
    /// Its horizontal axis.
    pub(super) time: TimeAxis,
    /// Its vertical scale.
    pub(super) scale: Scale,
}

impl Frame {
    /// A panel `height` pixels high below what is there, with its grid and the numbers of its vertical axis.
    pub(super) fn below(
        drawing: &mut Drawing,
        height: i32,
        time: TimeAxis,
        (scale, ticks): &(Scale, Vec<Tick>),
    ) -> Self {
        let top = drawing.take(height + 16) + 6;
        let frame =
            Self { plot: Area { left: LEFT, top, right: RIGHT, bottom: top + height }, time, scale: *scale };
        frame.draw_grid(drawing, ticks);
        frame
    }

    fn draw_grid(&self, drawing: &mut Drawing, ticks: &[Tick]) {
        let Area { left, top, right, bottom } = self.plot;
        for (at, _) in clock_ticks(self.time.span) {
            let x = self.time.x(at);
            drawing.line((x, top), (x, bottom), GRID);
        }
        for (value, label) in ticks {
            let y = self.y(*value);
            drawing.line((left, y), (right, y), GRID);
            drawing.text((left - 8, y), label, Face::plain(Size::Label).inked(FAINT), Anchor::End);
        }
    }

    /// Draws the base line over the data; to be called last.
    pub(super) fn close(&self, drawing: &mut Drawing) {
        let (left, right, bottom) = (self.plot.left, self.plot.right, self.plot.bottom);
        drawing.line((left, bottom), (right, bottom), TEXT);
        drawing.line((left, self.plot.top), (left, bottom), TEXT);
    }

    /// Where `value` lies, within the panel.
    pub(super) fn y(&self, value: u64) -> i32 {
        let above = self.scale.place(value, self.plot.height());
        self.plot.bottom - above.min(self.plot.height())
    }

    /// One column a bucket, each from a lower to an upper value. What is more than nothing is at least a pixel high.
    pub(super) fn columns(&self, bounds: impl Iterator<Item = (u64, u64)>) -> Vec<Area> {
        let columns = bounds.enumerate().map(|(index, (lower, upper))| {
            let bottom = self.y(lower);
            let top = self.y(upper);
            Area {
                left: self.time.edge(index),
                top: if upper > lower && top == bottom { bottom - 1 } else { top },
                right: self.time.edge(index + 1),
                bottom,
            }
        });
        columns.collect()
    }

    /// A line with a step at the beginning of each bucket, interrupted where there is no value.
    pub(super) fn steps(&self, values: impl Iterator<Item = Option<u64>>) -> Vec<Vec<(i32, i32)>> {
        let mut stretches: Vec<Vec<_>> = Vec::new();
        let mut interrupted = true;
        for (index, value) in values.enumerate() {
            let Some(value) = value else {
                interrupted = true;
                continue;
            };
            if interrupted {
                stretches.push(Vec::new());
                interrupted = false;
            }
            let y = self.y(value);
            let ends = [(self.time.edge(index), y), (self.time.edge(index + 1), y)];
            stretches.last_mut().expect("begun above").extend(ends);
        }
        stretches
    }

    /// A dashed line at `value`, from and until these milliseconds.
    pub(super) fn limit(&self, drawing: &mut Drawing, (from, until): (u64, u64), value: u64, ink: Ink) {
        let y = self.y(value);
        drawing.dashes((self.time.x(from), y), (self.time.x(until), y), ink);
    }
}

/// The greatest of `values` over all buckets, and the bucket where it is first reached.
pub(super) fn peak(series: &Series, value: impl Fn(&Bucket) -> u64) -> (u64, usize) {
    let mut highest = (0, 0);
    for (index, bucket) in series.buckets().iter().enumerate() {
        if value(bucket) > highest.0 {
            highest = (value(bucket), index);
        }
    }
    highest
}
