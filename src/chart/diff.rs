//! What differs between two scenarios: the matrix of fates, and the change of each metric with its interval.

use super::drawing::{Anchor, Area, Drawing, Face, Fill, MARGIN, Swatch, WIDTH};
use super::render::render;
use super::scale::{Scale, numbers};
use super::style::{
    BLUE, FAINT, GREY, GRID, Ink, SHADE, Size, TEXT, VERMILLION, WHITE, fit, short, text_width,
};
use super::{ChartFile, Format};
use crate::text::number::grouped;

/// What became of the same events in A and in B.
#[derive(Clone, Debug)]
pub struct FateChart {
    /// What is shown.
    pub title: String,
    /// Of what.
    pub subtitle: String,
    /// The fates in A, downwards.
    pub rows: Vec<String>,
    /// The fates in B, across.
    pub columns: Vec<String>,
    /// Row by row: how many events, and whether they have the same fate in both.
    pub cells: Vec<(u64, bool)>,
}

/// How much each metric changed.
#[derive(Clone, Debug)]
pub struct MetricChart {
    /// What is shown.
    pub title: String,
    /// Of what.
    pub subtitle: String,
    /// The metrics, downwards.
    pub changes: Vec<Change>,
}

/// How much a metric changed.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// What it was and what it is.
    pub values: String,
    /// How much larger it is, as a share of what it was; `None` if it was nothing.
    pub share: Option<f64>,
    /// Half of the width of the interval of that share.
    pub half_width: Option<f64>,
}

const ROW: i32 = 34;
/// The room for the names of fates.
const NAMES: i32 = 380;

/// Draws the matrix as `diff-fates`: the more events of a row, the darker; those that changed apart from those that did
/// not by colour and stripes.
pub fn draw_fates(chart: &FateChart, format: Format) -> ChartFile {
    let mut drawing = Drawing::titled(&chart.title, &chart.subtitle);
    let legend = [
        (Swatch::Surface(Fill::striped(VERMILLION.opacity(60), STRIPES)), "another fate in B".to_owned()),
        (Swatch::Surface(Fill::solid(BLUE.opacity(60))), "the same fate".to_owned()),
    ];
    drawing.heading("events by fate in A (down) and fate in B (across)", &legend);
    if chart.cells.is_empty() {
        drawing.notice("No event came.");
    } else {
        draw_matrix(&mut drawing, chart);
    }
    drawing.take(12);
    ChartFile { name: format!("diff-fates.{}", format.extension()), bytes: render(&drawing, format) }
}

const STRIPES: i32 = 9;

fn draw_matrix(drawing: &mut Drawing, chart: &FateChart) {
    let count = |items: &[String]| i32::try_from(items.len()).unwrap_or(1_000);
    let (rows, columns) = (count(&chart.rows), count(&chart.columns));
    let left = MARGIN + NAMES;
    // A few columns need not fill the page.
    let width = (WIDTH - MARGIN - left).min(columns * 160);
    let edge = |at: i32| left + width * at / columns;
    let head = drawing.take(26 + rows * ROW + 8);
    let face = Face::plain(Size::Label);
    for (at, _) in (0..).zip(&chart.columns) {
        let middle = edge(at).midpoint(edge(at + 1));
        drawing.text((middle, head + 12), &format!("B{}", at + 1), Face::bold(Size::Label), Anchor::Middle);
    }
    for (at, (name, cells)) in (0..).zip(chart.rows.iter().zip(chart.cells.chunks(chart.columns.len()))) {
        let top = head + 26 + at * ROW;
        let middle = top + ROW / 2;
        drawing.text((left - 10, middle), &fit(name, Size::Label, NAMES - 12), face, Anchor::End);
        let all: u64 = cells.iter().map(|(events, _)| events).sum();
        for (column, (events, same)) in (0..).zip(cells) {
            let cell = Area { left: edge(column), top, right: edge(column + 1) - 1, bottom: top + ROW - 1 };
            let (fill, ink) = look(*events, all, *same);
            drawing.rectangle(cell, fill);
            if *events > 0 {
                draw_count(drawing, cell, *events, ink);
            }
        }
    }
    for (at, name) in (1..).zip(&chart.columns) {
        drawing.remark(&format!("B{at} = {name}"));
    }
}

/// The number in a cell, on a ground on which it can be read.
fn draw_count(drawing: &mut Drawing, cell: Area, events: u64, ink: Ink) {
    let text = grouped(events);
    let text = if text_width(&text, Size::Label) <= cell.width() - 8 { text } else { short(events * 1_000) };
    let (x, y) = (cell.left.midpoint(cell.right), cell.top.midpoint(cell.bottom));
    if ink == TEXT {
        let half = text_width(&text, Size::Label) / 2 + 4;
        let ground = Area { left: x - half, top: y - 9, right: x + half, bottom: y + 9 };
        drawing.rectangle(ground, Fill::solid(WHITE.opacity(75)));
    }
    drawing.text((x, y), &text, Face::bold(Size::Label).inked(ink), Anchor::Middle);
}

fn look(events: u64, all: u64, same: bool) -> (Fill, Ink) {
    if events == 0 {
        return (Fill::solid(SHADE.opacity(5)), FAINT);
    }
    let share = u128::from(events) * 75 / u128::from(all.max(1));
    let percent = 20 + u8::try_from(share).unwrap_or(75);
    match same {
        true if percent > 70 => (Fill::solid(BLUE.opacity(percent)), WHITE),
        true => (Fill::solid(BLUE.opacity(percent)), TEXT),
        false => (Fill::striped(VERMILLION.opacity(percent), STRIPES), TEXT),
    }
}

/// The room for the names of metrics, and for what they were and are.
const METRICS: i32 = 260;
const VALUES: i32 = 240;

/// Draws the changes as `diff-metrics`: a dot with the interval around it, to the left of the middle if there is less
/// in B, to the right if there is more.
pub fn draw_metrics(chart: &MetricChart, format: Format) -> ChartFile {
    let mut drawing = Drawing::titled(&chart.title, &chart.subtitle);
    if chart.changes.is_empty() {
        drawing.notice("No metric differs.");
    } else {
        drawing.heading(
            "change in percent of A",
            &[
                (Swatch::Dot(BLUE), "with its interval".to_owned()),
                (Swatch::Dot(GREY), "the interval holds zero".to_owned()),
            ],
        );
        draw_changes(&mut drawing, &chart.changes);
    }
    drawing.take(12);
    ChartFile { name: format!("diff-metrics.{}", format.extension()), bytes: render(&drawing, format) }
}

fn draw_changes(drawing: &mut Drawing, changes: &[Change]) {
    let count = i32::try_from(changes.len()).unwrap_or(1_000);
    let top = drawing.take(count * ROW + 44);
    let plot =
        Area { left: MARGIN + METRICS, top, right: WIDTH - MARGIN - VALUES, bottom: top + count * ROW };
    let reach = |change: &Change| {
        change.share.map_or(0, |share| thousandths(share.abs() + change.half_width.unwrap_or(0.0).abs()))
    };
    let most = changes.iter().map(reach).max().unwrap_or(0).clamp(1, MOST_PERCENT * 1_000);
    let (scale, ticks) = numbers(most, false);
    let middle = plot.left.midpoint(plot.right);
    let half = plot.width() / 2;
    for (value, label) in &ticks {
        let away = scale.place(*value, half);
        for (x, sign) in [(middle - away, "-"), (middle + away, "+")] {
            drawing.line((x, plot.top), (x, plot.bottom), GRID);
            let label = if *value == 0 { "0".to_owned() } else { format!("{sign}{label}") };
            drawing.text(
                (x, plot.bottom + 14),
                &label,
                Face::plain(Size::Label).inked(FAINT),
                Anchor::Middle,
            );
        }
    }
    drawing.line((middle, plot.top), (middle, plot.bottom), TEXT);
    for (at, change) in (0..).zip(changes) {
        draw_change(drawing, change, plot, plot.top + at * ROW + ROW / 2, &scale);
    }
}

/// What is more than this is drawn at the edge.
const MOST_PERCENT: u64 = 1_000;

/// A share of one in thousandths of a percent.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between zero and the bound")]
fn thousandths(share: f64) -> u64 {
    let scaled = share * 100_000.0;
    if scaled < 1e15 { (scaled + 0.5) as u64 } else { 1_000_000_000_000_000 }
}

fn draw_change(drawing: &mut Drawing, change: &Change, plot: Area, y: i32, scale: &Scale) {
    let face = Face::plain(Size::Label);
    drawing.text((plot.left - 10, y), &fit(&change.name, Size::Label, METRICS - 12), face, Anchor::End);
    let (middle, half) = (plot.left.midpoint(plot.right), plot.width() / 2);
    let x = |share: f64| {
        let away = scale.place(thousandths(share.abs()), half).min(half);
        if share < 0.0 { middle - away } else { middle + away }
    };
    let mut said = change.values.clone();
    if let Some(share) = change.share {
        let (low, high) =
            change.half_width.map_or((share, share), |half| (share - half.abs(), share + half.abs()));
        let certain = low > 0.0 || high < 0.0;
        let ink = if certain { BLUE } else { GREY };
        drawing.path(vec![(x(low), y), (x(high), y)], ink, 3);
        for end in [x(low), x(high)] {
            drawing.path(vec![(end, y - 6), (end, y + 6)], ink, 2);
        }
        drawing.dot((x(share), y), 6, ink);
        if thousandths(share.abs()) > MOST_PERCENT * 1_000 {
            said.push_str(" (off the scale)");
        }
    } else {
        drawing.text((middle + 10, y), "A has none", face.inked(FAINT), Anchor::Start);
    }
    drawing.text((plot.right + 12, y), &fit(&said, Size::Label, VALUES - 12), face, Anchor::Start);
}
