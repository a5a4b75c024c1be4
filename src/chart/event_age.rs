//! How old events are when they are dispatched, over time: the samples of `AsyncEventAge`.

use super::drawing::{Area, Drawing, Fill, Swatch};
use super::frame::{Frame, TimeAxis, peak};
use super::scale::{Scale, Tick, durations, logarithmic_durations};
use super::style::{BLUE, FAINT, Ink, SKY, TEXT, VERMILLION, duration};
use super::{ChartInput, subtitle, windows};
use crate::observe::series::{Ages, Series};
use crate::scenario::Scenario;
use crate::time::SimDuration;

const BAND: Fill = Fill::solid(SKY.opacity(35));

/// One line of the chart: what it is called, how it looks, and which figure of a bucket it follows.
struct Line {
    name: &'static str,
    ink: Ink,
    thickness: u32,
    value: fn(&Ages) -> SimDuration,
}

const MEDIAN: Line = Line {
    name: "median",
    ink: BLUE,
    thickness: 3,
    value: |ages| ages.quantile(500),
};
const P99: Line = Line {
    name: "99th percentile",
    ink: VERMILLION,
    thickness: 2,
    value: |ages| ages.quantile(990),
};
const OLDEST: Line = Line {
    name: "oldest",
    ink: FAINT,
    thickness: 1,
    value: Ages::max,
};

/// Draws the chart.
pub(super) fn draw(input: &ChartInput<'_>) -> Drawing {
    let mut drawing = Drawing::titled("Event age at dispatch", &subtitle(input.scenario));
    let total = input.series.total().age;
    if total.count() == 0 {
        drawing.notice("No event was dispatched in this run.");
        return drawing;
    }
    let time = TimeAxis::of(input.series);
    let troubles = windows::of_service(input.scenario, time);
    windows::name(&mut drawing, &troubles, time);
    let limits = maximum_ages(input.scenario);
    let (axis, scale_name) = choose_scale(input.series, &limits);
    let figures = [MEDIAN, P99, OLDEST].map(|line| {
        let value = duration((line.value)(&total).as_millis());
        (
            Swatch::Line(line.ink, line.thickness),
            format!("{} (whole run: {value})", line.name),
        )
    });
    let mut legend = vec![(Swatch::Surface(BAND), "median to 99th percentile".to_owned())];
    legend.extend(figures);
    let held = |limit: u64| axis.0.place(limit, 1_000) <= 1_000;
    legend.extend(limits.iter().map(|(limit, name)| {
        let place = if held(*limit) { "" } else { ", above this panel" };
        (Swatch::Dashes(TEXT), format!("MaximumEventAge {name}{place}"))
    }));
    drawing.heading(&format!("Age{scale_name}"), &legend);
    let frame = Frame::below(&mut drawing, 380, time, &axis);
    windows::shade(&mut drawing, &troubles, &frame);
    draw_band(&mut drawing, input.series, &frame);
    for line in [OLDEST, P99, MEDIAN] {
        draw_line(&mut drawing, input.series, &frame, &line);
    }
    frame.close(&mut drawing);
    for (limit, _) in limits.iter().filter(|(limit, _)| held(*limit)) {
        frame.limit(&mut drawing, *limit, TEXT);
    }
    time.write(&mut drawing);
    drawing
}

/// The maximum event ages of the functions, in milliseconds, each with its value and whose it is.
fn maximum_ages(scenario: &Scenario) -> Vec<(u64, String)> {
    const MOST: usize = 3;
    let mut limits: Vec<(u64, String)> = Vec::new();
    for function in &scenario.functions {
        let limit = function.maximum_age.as_millis();
        match limits.iter_mut().find(|(known, _)| *known == limit) {
            Some((_, name)) if scenario.functions.len() > 3 => name.push('+'),
            Some((_, name)) => *name += &format!(", {}", function.name),
            None => limits.push((limit, format!("{} of {}", function.maximum_age, function.name))),
        }
    }
    limits.truncate(MOST);
    limits
}

/// Logarithmic when the ages spread widely, so that the quiet times can be read as well as the backlog.
fn choose_scale(series: &Series, limits: &[(u64, String)]) -> ((Scale, Vec<Tick>), &'static str) {
    const WIDE: u64 = 50;
    let (oldest, _) = peak(series, |bucket| bucket.age.max().as_millis());
    let medians = series.buckets().iter().filter(|bucket| bucket.age.count() > 0);
    let medians = medians.map(|bucket| bucket.age.quantile(500).as_millis());
    let lowest = medians.min().unwrap_or(0).max(1);
    let limit = limits.iter().map(|(limit, _)| *limit).max().unwrap_or(0);
    if oldest / lowest >= WIDE {
        let ceiling = if limit / 10 <= oldest {
            oldest.max(limit)
        } else {
            oldest
        };
        return (logarithmic_durations(lowest, ceiling), ", logarithmic scale");
    }
    let ceiling = if limit / 2 <= oldest {
        oldest.max(limit)
    } else {
        oldest
    };
    (durations(ceiling.max(1)), "")
}

fn draw_band(drawing: &mut Drawing, series: &Series, frame: &Frame) {
    let bounds = series.buckets().iter().map(|bucket| {
        let median = bucket.age.quantile(500).as_millis();
        (median, bucket.age.quantile(990).as_millis())
    });
    let columns: Vec<Area> = frame.columns(bounds);
    drawing.columns(&columns, BAND);
}

/// A line through the buckets with samples, interrupted where there are none; a sample by itself is a dot.
fn draw_line(drawing: &mut Drawing, series: &Series, frame: &Frame, line: &Line) {
    let buckets: Vec<_> = series.buckets().iter().enumerate().collect();
    for stretch in buckets.chunk_by(|(_, a), (_, b)| (a.age.count() == 0) == (b.age.count() == 0)) {
        if stretch[0].1.age.count() == 0 {
            continue;
        }
        let points = stretch
            .iter()
            .map(|(index, bucket)| frame.point(*index, (line.value)(&bucket.age).as_millis()));
        let points: Vec<_> = points.collect();
        if let [alone] = points[..] {
            drawing.dot(alone, line.thickness + 1, line.ink);
        }
        drawing.path(points, line.ink, line.thickness);
    }
}
