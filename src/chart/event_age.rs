//! How old events are when they are dispatched, over time: the samples of `AsyncEventAge`.

use super::drawing::{Area, Drawing, Fill, Swatch};
use super::frame::{Frame, TimeAxis, peak};
use super::scale::{Scale, Tick, durations, logarithmic_durations};
use super::style::{BLUE, FAINT, Ink, SKY, TEXT, VERMILLION, duration};
use super::{ChartInput, subtitle, windows};
use crate::observe::series::{Ages, Series};
use crate::scenario::Scenario;
use crate::time::SimDuration;

/// How many figures a line has at most.
const MOST_BUCKETS: usize = 150;
const BAND: Fill = Fill::solid(SKY.opacity(35));

/// One line of the chart: what it is called, how it looks, and which figure of a bucket it follows.
struct Line {
    name: &'static str,
    ink: Ink,
    thickness: u32,
    value: fn(&Ages) -> SimDuration,
}

const MEDIAN: Line = Line { name: "median", ink: BLUE, thickness: 3, value: |ages| ages.quantile(500) };
const P99: Line =
    Line { name: "99th percentile", ink: VERMILLION, thickness: 2, value: |ages| ages.quantile(990) };
const OLDEST: Line = Line { name: "oldest", ink: FAINT, thickness: 1, value: Ages::max };

/// Draws the chart.
pub(super) fn draw(input: &ChartInput<'_>) -> Drawing {
    let mut drawing = Drawing::titled("Event age at dispatch", &subtitle(input.scenario));
    let total = input.series.total().age;
    if total.count() == 0 {
        drawing.notice("No event was dispatched in this run.");
        return drawing;
    }
    // A percentile needs some hundred samples to be more than noise: fewer and wider buckets than the series has.
    let series = input.series.coarsened(MOST_BUCKETS);
    let time = TimeAxis::of(&series);
    let troubles = windows::of_service(input.scenario, time);
    windows::name(&mut drawing, &troubles, time);
    let limits = maximum_ages(input.scenario);
    let (axis, scale_name) = choose_scale(&series, &limits);
    let legend = legend(&total, &limits, axis.0);
    drawing.heading(&format!("Age{scale_name}"), &legend);
    let frame = Frame::below(&mut drawing, 380, time, &axis);
    windows::shade(&mut drawing, &troubles, &frame);
    draw_band(&mut drawing, &series, &frame);
    for line in [OLDEST, P99, MEDIAN] {
        draw_line(&mut drawing, &series, &frame, &line);
    }
    frame.close(&mut drawing);
    for (limit, _) in limits.iter().filter(|(limit, _)| axis.0.holds(*limit)) {
        frame.limit(&mut drawing, (0, time.span), *limit, TEXT);
    }
    time.write(&mut drawing);
    drawing
}

fn legend(total: &Ages, limits: &[(u64, String)], scale: Scale) -> Vec<(Swatch, String)> {
    let lines = [MEDIAN, P99, OLDEST].map(|line| {
        let value = duration((line.value)(total).as_millis());
        let swatch = Swatch::Line(line.ink, line.thickness);
        (swatch, format!("{} (whole run: {value})", line.name))
    });
    let limits = limits.iter().map(|(limit, name)| {
        let place = if scale.holds(*limit) { "" } else { ", above this panel" };
        (Swatch::Dashes(TEXT), format!("{name}{place}"))
    });
    let band = (Swatch::Surface(BAND), "median to 99th percentile".to_owned());
    [band].into_iter().chain(lines).chain(limits).collect()
}

/// The maximum event ages of the functions, in milliseconds, the greatest first, each in words.
fn maximum_ages(scenario: &Scenario) -> Vec<(u64, String)> {
    const MOST: usize = 3;
    let mut functions: Vec<_> = scenario.functions.iter().collect();
    functions.sort_by_key(|function| std::cmp::Reverse(function.maximum_age));
    let limits = functions.chunk_by(|a, b| a.maximum_age == b.maximum_age).map(|same| {
        let whose = match same {
            [one] => format!("of {}", one.name),
            several => format!("of {} functions", several.len()),
        };
        let limit = same[0].maximum_age;
        (limit.as_millis(), format!("maximum event age {limit} {whose}"))
    });
    limits.take(MOST).collect()
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
        let ceiling = if limit / 10 <= oldest { oldest.max(limit) } else { oldest };
        return (logarithmic_durations(lowest, ceiling), ", logarithmic scale");
    }
    let ceiling = if limit / 2 <= oldest { oldest.max(limit) } else { oldest };
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

/// A line over the buckets with samples, interrupted where there are none.
fn draw_line(drawing: &mut Drawing, series: &Series, frame: &Frame, line: &Line) {
    let values = series
        .buckets()
        .iter()
        .map(|bucket| (bucket.age.count() > 0).then(|| (line.value)(&bucket.age).as_millis()));
    for stretch in frame.steps(values) {
        drawing.path(stretch, line.ink, line.thickness);
    }
}
