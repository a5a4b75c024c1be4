//! The load of dependencies, below the timeline: what they serve, for whom, and who waits.

use super::ChartInput;
use super::drawing::{Drawing, Fill, Swatch};
use super::frame::{Frame, TimeAxis, peak};
use super::marks::Background;
use super::scale::numbers;
use super::style::{GREEN, ORANGE, TEXT, VERMILLION};
use crate::text::number::grouped;

/// Dependencies that are shown, those with the highest peak of waiting calls.
const MOST_DEPENDENCIES: usize = 3;
const HEIGHT: i32 = 90;

/// Draws two panels for each dependency.
pub(super) fn draw(drawing: &mut Drawing, input: &ChartInput<'_>, time: TimeAxis, background: &Background) {
    let peak_of = |index: usize| peak(input.series, |bucket| bucket.dependencies[index].waiting.max).0;
    let mut dependencies: Vec<_> = (0..input.scenario.dependencies.len()).collect();
    dependencies.sort_by_key(|index| std::cmp::Reverse(peak_of(*index)));
    let hidden = dependencies.len().saturating_sub(MOST_DEPENDENCIES);
    dependencies.truncate(MOST_DEPENDENCIES);
    for index in dependencies {
        draw_service(drawing, input, time, background, index);
        draw_waiting(drawing, input, time, background, index);
    }
    if hidden > 0 {
        drawing.remark(&format!("… and {hidden} more dependencies where fewer calls waited"));
    }
}

fn draw_service(
    drawing: &mut Drawing,
    input: &ChartInput<'_>,
    time: TimeAxis,
    background: &Background,
    index: usize,
) {
    let (useful, in_vain) = (Fill::solid(GREEN), Fill::striped(VERMILLION, 4));
    let dependency = &input.scenario.dependencies[index];
    let capacity = u64::from(dependency.capacity);
    let (highest, _) = peak(input.series, |bucket| bucket.dependencies[index].in_service.max);
    // A capacity far above everything that happened would press the data flat.
    let near = capacity <= (highest * 5).max(50);
    let place = if near { "" } else { ", above this panel" };
    let legend = [
        (Swatch::Surface(useful), "somebody waits for it".to_owned()),
        (Swatch::Surface(in_vain), "in vain: the caller has given up".to_owned()),
        (Swatch::Dashes(TEXT), format!("capacity {}{place}", grouped(capacity))),
    ];
    drawing.heading(&format!("Calls in service at {}", dependency.name), &legend);
    let most = if near { highest.max(capacity) } else { highest };
    let frame = Frame::below(drawing, HEIGHT, time, &numbers(most * 1_000, true));
    background.shade(drawing, &frame);
    let levels = || input.series.buckets().iter().map(|bucket| bucket.dependencies[index]);
    let vain = levels().map(|calls| (0, calls.in_vain.max * 1_000));
    let rest = levels().map(|calls| (calls.in_vain.max * 1_000, calls.in_service.max * 1_000));
    drawing.columns(&frame.columns(vain), in_vain);
    drawing.columns(&frame.columns(rest), useful);
    background.mark(drawing, &frame);
    frame.close(drawing);
    if near {
        frame.limit(drawing, (0, time.span), capacity * 1_000, TEXT);
    }
}

fn draw_waiting(
    drawing: &mut Drawing,
    input: &ChartInput<'_>,
    time: TimeAxis,
    background: &Background,
    index: usize,
) {
    let dependency = &input.scenario.dependencies[index];
    let (highest, _) = peak(input.series, |bucket| bucket.dependencies[index].waiting.max);
    let heading = format!("Calls waiting at {}: peak {}", dependency.name, grouped(highest));
    let legend = dependency.max_waiting.map(|most| {
        (Swatch::Dashes(TEXT), format!("at most {}; further ones are refused", grouped(most.into())))
    });
    drawing.heading(&heading, legend.as_slice());
    let near = dependency.max_waiting.filter(|most| u64::from(*most) <= (highest * 5).max(50));
    let most = near.map_or(highest, |most| highest.max(most.into()));
    let frame = Frame::below(drawing, HEIGHT, time, &numbers(most * 1_000, true));
    background.shade(drawing, &frame);
    let levels =
        input.series.buckets().iter().map(|bucket| (0, bucket.dependencies[index].waiting.max * 1_000));
    drawing.columns(&frame.columns(levels), Fill::solid(ORANGE));
    background.mark(drawing, &frame);
    frame.close(drawing);
    if let Some(most) = near {
        frame.limit(drawing, (0, time.span), u64::from(most) * 1_000, TEXT);
    }
}
