//! How numbers grow with another, over several powers of ten of it: measurements rather than a run.

use super::drawing::{Anchor, Area, Drawing, Face, Swatch, WIDTH};
use super::frame::{LEFT, RIGHT};
use super::render::render;
use super::scale::{Scale, numbers};
use super::style::{BLUE, FAINT, GREEN, GRID, Ink, ORANGE, PURPLE, SKY, Size, TEXT, VERMILLION, text_width};
use super::{ChartFile, Format};
use crate::text::number::grouped;

/// One panel: curves over one logarithmic axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurvePanel {
    /// What is shown, with its unit.
    pub heading: String,
    /// What it grows with.
    pub axis: String,
    /// The curves, each with its name and its points: a positive number, and the value there in thousandths.
    pub curves: Vec<(String, Vec<(u64, u64)>)>,
}

const HEIGHT: i32 = 200;
const INKS: [Ink; 6] = [BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY];

/// A picture called `name` of panels below each other. The vertical axes are linear and begin at zero.
pub fn draw_curves(
    name: &str,
    title: &str,
    subtitle: &str,
    panels: &[CurvePanel],
    format: Format,
) -> ChartFile {
    let mut drawing = Drawing::titled(title, subtitle);
    for panel in panels {
        draw_panel(&mut drawing, panel);
    }
    if panels.is_empty() {
        drawing.notice("Nothing was measured.");
    }
    ChartFile { name: format!("{name}.{}", format.extension()), bytes: render(&drawing, format) }
}

fn draw_panel(drawing: &mut Drawing, panel: &CurvePanel) {
    let inks = || INKS.into_iter().cycle();
    let legend: Vec<_> = panel
        .curves
        .iter()
        .zip(inks())
        .map(|((name, _), ink)| (Swatch::Line(ink, 3), name.clone()))
        .collect();
    drawing.heading(&panel.heading, &legend);
    let points = || panel.curves.iter().flat_map(|(_, points)| points);
    let (Some(least), Some(most)) =
        (points().map(|point| point.0).min(), points().map(|point| point.0).max())
    else {
        return drawing.notice("Nothing was measured.");
    };
    let decades = decades(least, most);
    let across = Scale::Logarithmic { min: decades[0], max: decades[decades.len() - 1] };
    let (up, ticks) = numbers(points().map(|point| point.1).max().unwrap_or(0).max(1), false);
    let top = drawing.take(HEIGHT + 52) + 6;
    let plot = Area { left: LEFT, top, right: RIGHT, bottom: top + HEIGHT };
    let x = |value: u64| plot.left + across.place(value, plot.width());
    let y = |value: u64| plot.bottom - up.place(value, plot.height());
    let label = Face::plain(Size::Label).inked(FAINT);
    for decade in &decades {
        drawing.line((x(*decade), plot.top), (x(*decade), plot.bottom), GRID);
        let text = grouped(*decade);
        drawing.text((middle_of_label(x(*decade), &text), plot.bottom + 12), &text, label, Anchor::Middle);
    }
    for (value, text) in &ticks {
        drawing.line((plot.left, y(*value)), (plot.right, y(*value)), GRID);
        drawing.text((plot.left - 8, y(*value)), text, label, Anchor::End);
    }
    let middle = plot.left.midpoint(plot.right);
    drawing.text((middle, plot.bottom + 32), &panel.axis, Face::plain(Size::Label), Anchor::Middle);
    for ((_, points), ink) in panel.curves.iter().zip(inks()) {
        let places: Vec<(i32, i32)> = points.iter().map(|(at, value)| (x(*at), y(*value))).collect();
        for place in &places {
            drawing.dot(*place, 4, ink);
        }
        drawing.path(places, ink, 3);
    }
    drawing.line((plot.left, plot.bottom), (plot.right, plot.bottom), TEXT);
    drawing.line((plot.left, plot.top), (plot.left, plot.bottom), TEXT);
}

/// The powers of ten from the one at or below `least` to the one at or above `most`; at least two.
fn decades(least: u64, most: u64) -> Vec<u64> {
    let lowest = least.max(1).ilog10();
    let below = most.max(1).ilog10();
    let highest = if 10_u64.pow(below) < most { below + 1 } else { below };
    (lowest..=highest.max(lowest + 1)).map(|exponent| 10_u64.pow(exponent)).collect()
}

/// Where the middle of the label `text` goes that belongs to `x`: no part of it lies beyond the picture.
fn middle_of_label(x: i32, text: &str) -> i32 {
    const BORDER: i32 = 6;
    x.min(WIDTH - BORDER - text_width(text, Size::Label) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_spans_whole_powers_of_ten() {
        assert_eq!(decades(1, 1), [1, 10]);
        assert_eq!(decades(1_000, 3_000_000), [1_000, 10_000, 100_000, 1_000_000, 10_000_000]);
        assert_eq!(decades(20, 100), [10, 100]);
    }

    #[test]
    fn the_last_label_of_an_axis_is_in_the_picture() {
        assert_eq!(middle_of_label(400, "100,000,000"), 400);
        let half = text_width("100,000,000", Size::Label) / 2;
        let middle = middle_of_label(RIGHT, "100,000,000");
        assert!(middle < RIGHT && middle + half <= WIDTH, "{middle} and half of the text, {half}");
    }

    #[test]
    fn curves_are_drawn_with_their_names_and_what_they_grow_with() {
        let curves = vec![("ours".to_owned(), vec![(10, 1_500), (1_000, 3_000)])];
        let panel = CurvePanel { heading: "cost".to_owned(), axis: "events".to_owned(), curves };
        let chart = draw_curves("growth", "Growth", "measured", &[panel], Format::Svg);
        let text = String::from_utf8(chart.bytes).expect("SVG is text");
        assert_eq!(chart.name, "growth.svg");
        for words in ["ours", "cost", "events", "1,000"] {
            assert!(text.contains(words), "{words}");
        }
        let empty = draw_curves("growth", "Growth", "", &[], Format::Svg);
        assert!(String::from_utf8(empty.bytes).expect("SVG is text").contains("Nothing was measured."));
    }
}
