//! The timeline: arrivals, attempts by outcome, the backlog, the concurrency and the load of dependencies, one above
//! the other.

use super::drawing::{Drawing, Fill, Swatch};
use super::frame::{Frame, TimeAxis, peak};
use super::marks::Background;
use super::scale::numbers;
use super::style::{BLUE, GREEN, Ink, ORANGE, PURPLE, SKY, TEXT, VERMILLION, YELLOW, short};
use super::{ChartInput, load, subtitle};
use crate::observe::series::{OutcomeKind, Series};
use crate::scenario::{Function, Scenario};
use crate::text::number::grouped;

/// Functions whose concurrency is shown, those with the highest peak.
const MOST_FUNCTIONS: usize = 4;

/// Draws the chart.
pub(super) fn draw(input: &ChartInput<'_>) -> Drawing {
    let mut drawing = Drawing::titled("Timeline", &subtitle(input.scenario));
    let total = input.series.total();
    if total.accepted + total.sync_calls == 0 {
        drawing.notice("No event arrived in this run.");
        return drawing;
    }
    let time = TimeAxis::of(input.series);
    let background = Background::of(input.scenario, time);
    background.name(&mut drawing, time);
    draw_arrivals(&mut drawing, input.series, time, &background);
    draw_attempts(&mut drawing, input.series, time, &background);
    draw_waiting(&mut drawing, input.series, time, &background);
    draw_running(&mut drawing, input, time, &background);
    load::draw(&mut drawing, input, time, &background);
    time.write(&mut drawing);
    drawing
}

fn draw_arrivals(drawing: &mut Drawing, series: &Series, time: TimeAxis, background: &Background) {
    let total = series.total();
    let (highest, _) = peak(series, |bucket| time.rate(bucket.accepted.max(bucket.sync_calls)));
    let accepted = Fill::solid(SKY);
    let mut legend = vec![(Swatch::Surface(accepted), format!("accepted: {}", grouped(total.accepted)))];
    if total.sync_calls > 0 {
        let calls = format!("synchronous calls: {}", grouped(total.sync_calls));
        legend.push((Swatch::Line(VERMILLION, 2), calls));
    }
    let heading = format!("Arrivals per second (peak {}/s)", short(highest));
    drawing.heading(&heading, &legend);
    let frame = Frame::below(drawing, 100, time, &numbers(highest, false));
    background.shade(drawing, &frame);
    let rates = series.buckets().iter().map(|bucket| (0, time.rate(bucket.accepted)));
    drawing.columns(&frame.columns(rates), accepted);
    if total.sync_calls > 0 {
        let calls = series.buckets().iter().map(|bucket| Some(time.rate(bucket.sync_calls)));
        for stretch in frame.steps(calls) {
            drawing.path(stretch, VERMILLION, 2);
        }
    }
    background.mark(drawing, &frame);
    frame.close(drawing);
}

const fn outcome_fill(kind: OutcomeKind) -> Fill {
    match kind {
        OutcomeKind::Success => Fill::solid(SKY),
        OutcomeKind::CaughtError => Fill::striped(GREEN, 9),
        OutcomeKind::FunctionError => Fill::solid(VERMILLION),
        OutcomeKind::Throttled => Fill::striped(YELLOW, 6),
        OutcomeKind::SystemError => Fill::striped(PURPLE, 3),
        OutcomeKind::ClientError => Fill::striped(VERMILLION, 4),
    }
}

const fn outcome_name(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Success => "success",
        OutcomeKind::CaughtError => "caught error",
        OutcomeKind::FunctionError => "function error",
        OutcomeKind::Throttled => "throttled (429)",
        OutcomeKind::SystemError => "system error (5xx)",
        OutcomeKind::ClientError => "client error (4xx)",
    }
}

fn draw_attempts(drawing: &mut Drawing, series: &Series, time: TimeAxis, background: &Background) {
    let total = series.total();
    let (highest, _) = peak(series, |bucket| time.rate(bucket.attempts.iter().sum()));
    let seen = || OutcomeKind::ALL.into_iter().filter(|kind| total.attempts(*kind) > 0);
    let legend: Vec<_> = seen()
        .map(|kind| {
            let name = format!("{}: {}", outcome_name(kind), grouped(total.attempts(kind)));
            (Swatch::Surface(outcome_fill(kind)), name)
        })
        .collect();
    drawing.heading("Attempts ended per second, by outcome", &legend);
    let frame = Frame::below(drawing, 170, time, &numbers(highest, false));
    background.shade(drawing, &frame);
    let mut below = vec![0; series.buckets().len()];
    for kind in seen() {
        let counts = series.buckets().iter().map(|bucket| bucket.attempts(kind));
        let stacked: Vec<_> = below.iter().zip(counts).map(|(lower, count)| lower + count).collect();
        let bounds = below.iter().zip(&stacked).map(|(lower, upper)| (time.rate(*lower), time.rate(*upper)));
        drawing.columns(&frame.columns(bounds), outcome_fill(kind));
        below = stacked;
    }
    background.mark(drawing, &frame);
    frame.close(drawing);
}

fn draw_waiting(drawing: &mut Drawing, series: &Series, time: TimeAxis, background: &Background) {
    let (highest, at) = peak(series, |bucket| bucket.waiting.max);
    drawing.heading(&waiting_heading(series, time, highest, at), &[]);
    let frame = Frame::below(drawing, 150, time, &numbers(highest * 1_000, true));
    background.shade(drawing, &frame);
    let levels = series.buckets().iter().map(|bucket| (0, bucket.waiting.max * 1_000));
    drawing.columns(&frame.columns(levels), Fill::solid(ORANGE));
    background.mark(drawing, &frame);
    frame.close(drawing);
}

/// The backlog in words: its peak, and when it was gone.
fn waiting_heading(series: &Series, time: TimeAxis, highest: u64, at: usize) -> String {
    let moment = |bucket: usize| time.moment(bucket as u64 * time.step);
    if highest == 0 {
        return "Waiting events: none".to_owned();
    }
    let mut heading = vec![format!("Waiting events: peak {} at {}", grouped(highest), moment(at))];
    // A steady state has some events in the queue at every moment: gone means a hundredth of the peak.
    let mut from_peak = series.buckets().iter().skip(at);
    let gone = from_peak.position(|bucket| bucket.waiting.last * 100 <= highest);
    if let Some(after) = gone.filter(|_| highest >= 100) {
        heading.push(format!("below 1 % of that from {} on", moment(at + after)));
    }
    let left = series.buckets().last().map_or(0, |bucket| bucket.waiting.last);
    if left > 0 {
        heading.push(format!("{} left at the end", grouped(left)));
    }
    heading.join(", ")
}

fn draw_running(drawing: &mut Drawing, input: &ChartInput<'_>, time: TimeAxis, background: &Background) {
    let peak_of = |index: usize| peak(input.series, |bucket| bucket.functions[index].running.max).0;
    let mut functions: Vec<_> = (0..input.scenario.functions.len()).collect();
    functions.sort_by_key(|index| std::cmp::Reverse(peak_of(*index)));
    functions.truncate(MOST_FUNCTIONS);
    let height = if functions.len() > 1 { 90 } else { 130 };
    for index in &functions {
        draw_function(drawing, input, time, background, *index, height);
    }
    let hidden = input.scenario.functions.len() - functions.len();
    if hidden > 0 {
        drawing.remark(&format!("… and {hidden} more functions with lower concurrency"));
    }
}

fn draw_function(
    drawing: &mut Drawing,
    input: &ChartInput<'_>,
    time: TimeAxis,
    background: &Background,
    index: usize,
    height: i32,
) {
    const LIMIT: Ink = TEXT;
    let function = &input.scenario.functions[index];
    let (highest, _) = peak(input.series, |bucket| bucket.functions[index].running.max);
    let (limits, name) = concurrency_limits(input.scenario, index);
    let limit = limits.iter().map(|(_, limit)| *limit).max().unwrap_or(0);
    // A limit far above everything that happened would press the data flat.
    let near = limit <= (highest * 5).max(50);
    let place = if near { "" } else { ", above this panel" };
    let numbers_in_words: Vec<String> = limits.iter().map(|(_, limit)| grouped(*limit)).collect();
    let legend = [(Swatch::Dashes(LIMIT), format!("{name} {}{place}", numbers_in_words.join(", then ")))];
    drawing.heading(&format!("Concurrency of {}: peak {}", function.name, grouped(highest)), &legend);
    let most = if near { highest.max(limit) } else { highest };
    let frame = Frame::below(drawing, height, time, &numbers(most * 1_000, true));
    background.shade(drawing, &frame);
    let levels = input.series.buckets().iter().map(|bucket| (0, bucket.functions[index].running.max * 1_000));
    drawing.columns(&frame.columns(levels), Fill::solid(BLUE.opacity(70)));
    background.mark(drawing, &frame);
    frame.close(drawing);
    if near {
        for (at, (from, limit)) in limits.iter().enumerate() {
            let until = limits.get(at + 1).map_or(time.span, |(next, _)| *next);
            frame.limit(drawing, (*from, until), limit * 1_000, LIMIT);
        }
    }
}

/// How many runs of the function there can be at a time, from which millisecond on, and what that limit is called.
fn concurrency_limits(scenario: &Scenario, index: usize) -> (Vec<(u64, u64)>, &'static str) {
    let mut limits = vec![(0, concurrency_limit(scenario.account.concurrency, &scenario.functions, index))];
    for change in &scenario.changes {
        let limit = concurrency_limit(change.account.concurrency, &change.functions, index);
        if limits.last().is_none_or(|(_, before)| *before != limit) {
            limits.push((change.effective.as_millis(), limit));
        }
    }
    let ever_reserved = scenario.functions[index].reserved.is_some();
    let name = if ever_reserved { "reserved concurrency" } else { "unreserved concurrency of the account" };
    (limits, name)
}

fn concurrency_limit(quota: u32, functions: &[Function], index: usize) -> u64 {
    let reserved: u64 = functions.iter().filter_map(|f| f.reserved).map(u64::from).sum();
    let unreserved = u64::from(quota).saturating_sub(reserved);
    functions[index].reserved.map_or(unreserved, u64::from)
}
