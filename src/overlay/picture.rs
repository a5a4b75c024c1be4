//! Distances as a section of the page, with charts.

use super::{Overlay, text};
use crate::report::{Chart, Extra};
#[cfg(feature = "charts")]
use crate::rounding::nearest;

/// The section: the table of distances, and a chart for each function.
pub fn section(overlay: &Overlay) -> Extra {
    Extra {
        heading: "Measured and simulated".to_owned(),
        lead: text::lead(overlay),
        table: text::rows(overlay),
        charts: charts(overlay),
        notes: overlay.notes.clone(),
    }
}

#[cfg(not(feature = "charts"))]
fn charts(_: &Overlay) -> Vec<(Chart, String)> {
    Vec::new()
}

#[cfg(feature = "charts")]
fn charts(overlay: &Overlay) -> Vec<(Chart, String)> {
    use super::series::{self, Pair};
    use crate::chart::{Format, OverlayPanel, draw_overlay};

    /// A chart of more functions would be no help.
    const MOST_FUNCTIONS: usize = 20;
    let mut functions: Vec<&str> = overlay.pairs.iter().map(|pair| pair.function.as_str()).collect();
    functions.dedup();
    let step_ms = u64::try_from(overlay.period_seconds).unwrap_or(1) * 1_000;
    let chart = |function: &&str| {
        let pairs = overlay.pairs.iter().filter(|pair| pair.function == *function);
        let drawn: Vec<&Pair> = pairs.clone().filter(|pair| pair.is_telling()).collect();
        let drawn = if drawn.is_empty() { pairs.collect() } else { drawn };
        let panels: Vec<OverlayPanel> = drawn
            .into_iter()
            .map(|pair| OverlayPanel {
                heading: format!(
                    "{}, {} ({})",
                    pair.metric.name(),
                    series::name(pair.statistic),
                    pair.unit().name()
                ),
                simulated: pair.simulated.iter().map(|value| value.map(thousandths)).collect(),
                measured: pair.measured.iter().map(|value| value.map(thousandths)).collect(),
            })
            .collect();
        let subtitle = format!("{function} — time from {} on", text::date(overlay.from));
        let file =
            draw_overlay("measured", "Measured and simulated", &subtitle, step_ms, &panels, Format::Svg);
        let says = format!("{function}: what was measured, as a line, over what was simulated, as an area.");
        let svg = String::from_utf8_lossy(&file.bytes).into_owned();
        (Chart { name: "measured and simulated".to_owned(), svg }, says)
    };
    functions.iter().take(MOST_FUNCTIONS).map(chart).collect()
}

#[cfg(feature = "charts")]
fn thousandths(value: f64) -> u64 {
    nearest(value * 1_000.0)
}
