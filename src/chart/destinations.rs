//! What each destination and dead-letter queue took and refused, over time.

use super::drawing::{Drawing, Fill, Swatch};
use super::frame::{Frame, TimeAxis, peak};
use super::scale::numbers;
use super::style::{BLUE, VERMILLION};
use super::{ChartInput, subtitle, windows};
use crate::id::DestinationId;
use crate::observe::series::{Bucket, Deliveries};
use crate::text::number::grouped;

/// Destinations shown, those with the most failures and then the most deliveries first.
const MOST_DESTINATIONS: usize = 8;
const DELIVERED: Fill = Fill::solid(BLUE);
const FAILED: Fill = Fill::striped(VERMILLION, 5);

/// Draws the chart.
pub(super) fn draw(input: &ChartInput<'_>) -> Drawing {
    let mut drawing = Drawing::titled("Deliveries to destinations", &subtitle(input.scenario));
    if input.scenario.destinations.is_empty() {
        drawing.notice("The scenario has no destination.");
        return drawing;
    }
    let total = input.series.total();
    let shown = busiest(&total);
    if shown.is_empty() {
        drawing.notice("No delivery ended in this run.");
        return drawing;
    }
    let time = TimeAxis::of(input.series);
    let hidden = shown.len().saturating_sub(MOST_DESTINATIONS);
    for id in shown.into_iter().take(MOST_DESTINATIONS) {
        draw_destination(&mut drawing, input, time, id, total.destinations[id.index()]);
    }
    if hidden > 0 {
        drawing.remark(&format!("… and {hidden} more destinations with fewer failures"));
    }
    time.write(&mut drawing);
    drawing
}

/// The destinations with any delivery, in the order in which they are shown.
fn busiest(total: &Bucket) -> Vec<DestinationId> {
    let mut ids: Vec<_> = (0..).map(DestinationId).take(total.destinations.len()).collect();
    let of = |id: &DestinationId| total.destinations[id.index()];
    ids.retain(|id| of(id) != Deliveries::default());
    ids.sort_by_key(|id| std::cmp::Reverse((of(id).failed, of(id).delivered)));
    ids
}

fn draw_destination(
    drawing: &mut Drawing,
    input: &ChartInput<'_>,
    time: TimeAxis,
    id: DestinationId,
    total: Deliveries,
) {
    let destination = &input.scenario.destinations[id.index()];
    let legend = [
        (Swatch::Surface(DELIVERED), format!("delivered: {}", grouped(total.delivered))),
        (Swatch::Surface(FAILED), format!("failed: {}", grouped(total.failed))),
    ];
    let heading = format!("{} ({}), deliveries per second", destination.name, destination.kind.name());
    drawing.heading(&heading, &legend);
    let troubles = windows::of_destination(input.scenario, id, time);
    windows::name(drawing, &troubles, time);
    let of = |bucket: &Bucket| bucket.destinations[id.index()];
    let rates = |bucket: &Bucket| {
        let Deliveries { delivered, failed } = of(bucket);
        (time.rate(delivered), time.rate(delivered + failed))
    };
    let (highest, _) = peak(input.series, |bucket| rates(bucket).1);
    let frame = Frame::below(drawing, 120, time, &numbers(highest, false));
    windows::shade(drawing, &troubles, &frame);
    let buckets = || input.series.buckets().iter();
    drawing.columns(&frame.columns(buckets().map(|bucket| (0, rates(bucket).0))), DELIVERED);
    drawing.columns(&frame.columns(buckets().map(rates)), FAILED);
    frame.close(drawing);
}
