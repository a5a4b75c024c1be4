//! What was measured, drawn over what was simulated.

use super::drawing::{Drawing, Fill, Swatch};
use super::frame::{Frame, TimeAxis};
use super::render::render;
use super::scale::numbers;
use super::style::{SKY, VERMILLION, short};
use super::{ChartFile, Format};

/// One metric: both series in the same periods, in thousandths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverlayPanel {
    /// The metric and its statistic, with the unit.
    pub heading: String,
    /// What was simulated; `None` where there is no sample.
    pub simulated: Vec<Option<u64>>,
    /// What was measured; `None` where there is no sample.
    pub measured: Vec<Option<u64>>,
}

/// No chart has more columns: neighbours are drawn as one, with their mean.
const MOST_COLUMNS: usize = 512;

/// A picture called `name` of panels below each other; a period is `step_ms` milliseconds long.
pub fn draw_overlay(
    name: &str,
    title: &str,
    subtitle: &str,
    step_ms: u64,
    panels: &[OverlayPanel],
    format: Format,
) -> ChartFile {
    let mut drawing = Drawing::titled(title, subtitle);
    let periods =
        panels.iter().map(|panel| panel.simulated.len().max(panel.measured.len())).max().unwrap_or(0);
    if periods == 0 {
        drawing.notice("There is no period in which both tell something.");
    } else {
        let together = periods.div_ceil(MOST_COLUMNS);
        let step = step_ms.max(1) * together as u64;
        let time = TimeAxis { span: step * periods.div_ceil(together) as u64, step };
        for panel in panels {
            draw_panel(&mut drawing, panel, time, together);
        }
        time.write(&mut drawing);
    }
    ChartFile { name: format!("{name}.{}", format.extension()), bytes: render(&drawing, format) }
}

fn draw_panel(drawing: &mut Drawing, panel: &OverlayPanel, time: TimeAxis, together: usize) {
    let simulated = coarsened(&panel.simulated, together);
    let measured = coarsened(&panel.measured, together);
    let peak = |values: &[Option<u64>]| values.iter().flatten().copied().max().unwrap_or(0);
    let legend = [
        (Swatch::Surface(Fill::solid(SKY)), format!("simulated: peak {}", short(peak(&simulated)))),
        (Swatch::Line(VERMILLION, 3), format!("measured: peak {}", short(peak(&measured)))),
    ];
    drawing.heading(&panel.heading, &legend);
    let highest = peak(&simulated).max(peak(&measured)).max(1);
    let frame = Frame::below(drawing, 120, time, &numbers(highest, false));
    let columns = frame.columns(simulated.iter().map(|value| (0, value.unwrap_or(0))));
    drawing.columns(&columns, Fill::solid(SKY));
    for stretch in frame.steps(measured.into_iter()) {
        drawing.path(stretch, VERMILLION, 2);
    }
    frame.close(drawing);
}

/// Each value is the mean of so many neighbours that have one.
fn coarsened(values: &[Option<u64>], together: usize) -> Vec<Option<u64>> {
    let mean = |part: &[Option<u64>]| {
        let known: Vec<u64> = part.iter().flatten().copied().collect();
        let sum: u128 = known.iter().map(|value| u128::from(*value)).sum();
        (!known.is_empty()).then(|| u64::try_from(sum / known.len() as u128).unwrap_or(u64::MAX))
    };
    values.chunks(together.max(1)).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_series_are_drawn_with_their_names_and_long_ones_are_made_coarser() {
        let panel = OverlayPanel {
            heading: "Invocations, Sum".to_owned(),
            simulated: vec![Some(60_000); 2_000],
            measured: (0..2_000_u64).map(|at| (at % 3 > 0).then_some(at * 1_000)).collect(),
        };
        let chart = draw_overlay("o", "Measured & simulated", "ship", 60_000, &[panel], Format::Svg);
        let text = String::from_utf8(chart.bytes).expect("SVG is text");
        for words in ["Invocations, Sum", "simulated: peak 60", "measured: peak", "Measured &amp; simulated"]
        {
            assert!(text.contains(words), "{words}");
        }
        let empty = draw_overlay("o", "", "", 60_000, &[], Format::Svg);
        assert!(String::from_utf8(empty.bytes).expect("SVG is text").contains("no period"));
        assert_eq!(coarsened(&[Some(1), None, Some(5), None], 2), [Some(1), Some(5)]);
        assert_eq!(coarsened(&[None, None, Some(4), Some(6)], 2), [None, Some(5)]);
    }
}
