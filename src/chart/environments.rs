//! Execution environments: how runs started, and what some environments of each function did (a bar each).

use super::drawing::{Anchor, Area, Drawing, Face, Fill, MARGIN, Swatch};
use super::frame::{Frame, LEFT, RIGHT, TimeAxis};
use super::scale::{clock_ticks, numbers};
use super::style::{BLUE, FAINT, GREEN, GREY, GRID, ORANGE, SKY, Size, TEXT, VERMILLION, fit};
use super::{ChartInput, subtitle, windows};
use crate::model::observation::Start;
use crate::observe::environments::{Cell, Fleet, Row};
use crate::text::number::{counted, grouped};

/// Bars shown of all functions together.
pub(super) const MOST_ROWS: u32 = 32;
const ROW: i32 = 14;
const IDLE: Fill = Fill::solid(GREY.opacity(45));
const BUSY: Fill = Fill::solid(BLUE);
const INIT: Fill = Fill::solid(ORANGE);

/// Draws the chart.
pub(super) fn draw(input: &ChartInput<'_>) -> Drawing {
    let mut drawing = Drawing::titled("Execution environments", &subtitle(input.scenario));
    if input.environments.fleets().iter().all(|fleet| fleet.rows.is_empty()) {
        drawing.notice("No run ended in this run.");
        return drawing;
    }
    let time = TimeAxis::of(input.series);
    draw_starts(&mut drawing, input, time);
    let swatches = [(BUSY, "running"), (INIT, "initialising"), (IDLE, "kept idle")];
    let mut legend = swatches.map(|(fill, name)| (Swatch::Surface(fill), name.to_owned())).to_vec();
    legend.push((Swatch::Cross(VERMILLION), "crash, timeout or failed init".to_owned()));
    drawing.heading("What environments do", &legend);
    for (function, fleet) in input.scenario.functions.iter().zip(input.environments.fleets()) {
        draw_fleet(&mut drawing, &function.name, fleet, function.idle_time.as_millis(), time);
    }
    time.write(&mut drawing);
    drawing
}

const fn start_fill(start: Start) -> Fill {
    match start {
        Start::Cold => Fill::solid(ORANGE),
        Start::Warm => Fill::solid(SKY),
        Start::SuppressedInit => Fill::striped(VERMILLION, 4),
        Start::Provisioned => Fill::striped(GREEN, 7),
    }
}

const fn start_name(start: Start) -> &'static str {
    match start {
        Start::Cold => "cold",
        Start::Warm => "warm",
        Start::SuppressedInit => "init again after a crash or timeout",
        Start::Provisioned => "provisioned",
    }
}

fn draw_starts(drawing: &mut Drawing, input: &ChartInput<'_>, time: TimeAxis) {
    let starts = input.environments.starts();
    let total = |start: Start| starts.iter().map(|step| step[start as usize]).sum::<u64>();
    let seen = || Start::ALL.into_iter().filter(|start| total(*start) > 0);
    let legend: Vec<_> = seen()
        .map(|start| {
            let name = format!("{}: {}", start_name(start), grouped(total(start)));
            (Swatch::Surface(start_fill(start)), name)
        })
        .collect();
    drawing.heading("Runs started per second, by start", &legend);
    let highest = starts.iter().map(|step| step.iter().sum::<u64>()).max().unwrap_or(0);
    let frame = Frame::below(drawing, 150, time, &numbers(time.rate(highest), false));
    let troubles = windows::of_service(input.scenario, time);
    windows::shade(drawing, &troubles, &frame);
    let mut below = vec![0; starts.len()];
    for start in seen() {
        let stacked: Vec<u64> =
            below.iter().zip(starts).map(|(lower, step)| lower + step[start as usize]).collect();
        let bounds = below.iter().zip(&stacked).map(|(lower, upper)| (time.rate(*lower), time.rate(*upper)));
        drawing.columns(&frame.columns(bounds), start_fill(start));
        below = stacked;
    }
    frame.close(drawing);
}

fn draw_fleet(drawing: &mut Drawing, name: &str, fleet: &Fleet, idle_millis: u64, time: TimeAxis) {
    if fleet.rows.is_empty() {
        return;
    }
    let top = drawing.take(22) + 10;
    let title = match fleet.one_in {
        1 => format!("{name}: {}", counted(fleet.made.into(), "environment")),
        one_in => format!("{name}: one in {one_in} of {}", counted(fleet.made.into(), "environment")),
    };
    drawing.text(
        (MARGIN, top),
        &fit(&title, Size::Label, RIGHT - MARGIN),
        Face::plain(Size::Label),
        Anchor::Start,
    );
    let mut rows: Vec<&Row> = fleet.rows.iter().collect();
    rows.sort_by_key(|row| row.number);
    let top = drawing.take(ROW * i32::try_from(rows.len()).unwrap_or(0) + 8);
    let bottom = drawing.height;
    for (at, _) in clock_ticks(time.span) {
        drawing.line((time.x(at), top), (time.x(at), bottom), GRID);
    }
    for (place, row) in (0..).zip(rows) {
        draw_row(drawing, row, idle_millis, time, top + place * ROW + ROW / 2);
    }
    drawing.line((LEFT, top), (LEFT, bottom), TEXT);
}

fn draw_row(drawing: &mut Drawing, row: &Row, idle_millis: u64, time: TimeAxis, middle: i32) {
    let half = ROW / 2 - 2;
    let bar = |left: i32, right: i32| Area { left, top: middle - half, right, bottom: middle + half };
    let (first, last) = (row.span.0.as_millis(), row.span.1.as_millis());
    // A provisioned environment is kept to the end; another for its idle time.
    let until = if row.provisioned { time.span } else { last.saturating_add(idle_millis).min(time.span) };
    drawing.rectangle(bar(time.x(first), time.x(until)), IDLE);
    for (fill, what) in [(BUSY, (|cell: &Cell| cell.busy) as fn(&Cell) -> bool), (INIT, |cell| cell.init)] {
        let columns: Vec<Area> = stretches(&row.cells, what)
            .map(|(from, to)| bar(time.x(from * time.step), time.x(to * time.step)))
            .collect();
        drawing.columns(&columns, fill);
    }
    for (at, cell) in (0..).zip(&row.cells) {
        if cell.reset {
            drawing.cross((time.x((at + 1) * time.step), middle), 3, VERMILLION);
        }
    }
    let face = Face::plain(Size::Label).inked(FAINT);
    let name = if row.provisioned { format!("{} prov.", row.number) } else { row.number.to_string() };
    drawing.text((LEFT - 8, middle), &name, face, Anchor::End);
}

/// The stretches of consecutive steps in which `what` holds: first, and one after the last.
fn stretches(cells: &[Cell], what: fn(&Cell) -> bool) -> impl Iterator<Item = (u64, u64)> {
    let mut found: Vec<(u64, u64)> = Vec::new();
    for (at, cell) in (0..).zip(cells) {
        match found.last_mut() {
            Some((_, end)) if what(cell) && *end == at => *end += 1,
            _ if what(cell) => found.push((at, at + 1)),
            _ => {}
        }
    }
    found.into_iter()
}
