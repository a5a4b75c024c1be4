//! The lives of some events, a bar each: waiting, running, backing off, and how it ended.
//!
//! Every bar begins when its event was accepted, so that lives can be compared whenever they took place.

use super::drawing::{Anchor, Area, Drawing, Face, Fill, MARGIN, Swatch, WIDTH};
use super::fates::fate_name;
use super::scale::{Scale, Tick, durations, square_root_durations};
use super::style::{
    BLUE, FAINT, GREEN, GREY, GRID, Ink, ORANGE, PURPLE, Size, TEXT, VERMILLION, YELLOW, duration, fit,
};
use super::{ChartInput, subtitle};
use crate::model::observation::{Attempt, AttemptOutcome, Next, Observation};
use crate::observe::lives::{Life, Step};
use crate::scenario::Scenario;

/// Lives shown, in the order given.
const MOST_LIVES: usize = 30;
/// Where bars begin and the room for bars ends; how each life ended is written beyond.
const LEFT: i32 = 250;
const RIGHT: i32 = WIDTH - 320;
const ROW: i32 = 24;

/// What an event does between two facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// In the queue, before its first attempt.
    Queued,
    /// In the function's code.
    Running,
    /// In the queue, after a function error.
    RetryWait,
    /// In the queue, after a throttle or system error.
    BackOff,
    /// Its outcome is on its way.
    Delivering,
    /// Nothing more is to come.
    Over,
}

impl Phase {
    const SHOWN: [Self; 5] = [Self::Queued, Self::Running, Self::RetryWait, Self::BackOff, Self::Delivering];

    const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::RetryWait => "waiting to retry after an error",
            Self::BackOff => "backing off (429, 5xx)",
            Self::Delivering => "delivering the outcome",
            Self::Over => "over",
        }
    }

    const fn fill(self) -> Fill {
        match self {
            Self::Queued => Fill::solid(GREY),
            Self::Running => Fill::solid(BLUE),
            Self::RetryWait => Fill::solid(ORANGE.opacity(60)),
            Self::BackOff => Fill::striped(YELLOW, 6),
            Self::Delivering | Self::Over => Fill::solid(PURPLE),
        }
    }

    /// What the event does after `step`.
    fn after(self, step: &Step) -> Self {
        match step.what {
            Observation::Accepted | Observation::Called | Observation::Duplicated => Self::Queued,
            // Between two offers it waits, though not in Lambda's queue.
            Observation::OfferRefused(offer) if offer.next.is_some() => Self::BackOff,
            Observation::RunStarted { .. } | Observation::CallStarted { .. } | Observation::CallEnded(_) => {
                Self::Running
            }
            Observation::AttemptEnded(attempt) => Self::after_attempt(attempt),
            Observation::DeliveryStarted { .. } => Self::Delivering,
            // Another delivery may still be under way.
            Observation::DeliveryEnded { .. } => self,
            Observation::OfferRefused(_)
            | Observation::Settled { .. }
            | Observation::Closed
            | Observation::CutOff => Self::Over,
        }
    }

    fn after_attempt(attempt: Attempt) -> Self {
        match attempt.next {
            Next::Retry { .. } if attempt.run.is_some() => Self::RetryWait,
            Next::Retry { .. } => Self::BackOff,
            Next::Settle { .. } | Next::Return => Self::Over,
        }
    }
}

const MARKS: [(Swatch, &str); 3] = [
    (Swatch::Dot(GREEN), "success or delivered"),
    (Swatch::Cross(VERMILLION), "failed attempt or delivery"),
    (Swatch::Bar(TEXT), "throttled"),
];

/// Draws the chart.
pub(super) fn draw(input: &ChartInput<'_>) -> Drawing {
    let mut drawing = Drawing::titled("Lives of some events", &subtitle(input.scenario));
    let lives = &input.lives[..input.lives.len().min(MOST_LIVES)];
    if lives.is_empty() {
        drawing.notice("No event was chosen to be shown.");
        return drawing;
    }
    let phases = Phase::SHOWN.map(|phase| (Swatch::Surface(phase.fill()), phase.name().to_owned()));
    let marks = MARKS.map(|(swatch, name)| (swatch, name.to_owned()));
    drawing.heading("From acceptance on", &[&phases[..], &marks[..]].concat());
    let (scale, ticks, unit) = choose_scale(lives);
    let top = drawing.take(ROW * i32::try_from(lives.len()).unwrap_or(0) + 10);
    draw_grid(&mut drawing, scale, &ticks, top);
    for (row, life) in (0..).zip(lives) {
        draw_life(&mut drawing, input.scenario, life, scale, top + 5 + row * ROW + ROW / 2);
    }
    let bottom = drawing.take(30) + 14;
    let middle = LEFT.midpoint(RIGHT);
    drawing.text((middle, bottom + 14), unit, Face::plain(Size::Label), Anchor::Middle);
    for (value, label) in &ticks {
        let x = LEFT + scale.place(*value, RIGHT - LEFT);
        drawing.text((x, bottom - 6), label, Face::plain(Size::Label), Anchor::Middle);
    }
    let hidden = input.lives.len() - lives.len();
    if hidden > 0 {
        drawing.remark(&format!("… and {hidden} more"));
    }
    drawing.take(14);
    drawing
}

/// Linear, unless the longest life is so much longer than the usual one that this would be a stub.
fn choose_scale(lives: &[&Life]) -> (Scale, Vec<Tick>, &'static str) {
    const STUB: u64 = 8;
    let mut lengths: Vec<_> = lives.iter().map(|life| life.length().as_millis()).collect();
    lengths.sort_unstable();
    let (median, longest) = (lengths[lengths.len() / 2], lengths[lengths.len() - 1].max(1));
    if longest / STUB <= median {
        let (scale, ticks) = durations(longest);
        (scale, ticks, "time since acceptance")
    } else {
        let (scale, ticks) = square_root_durations(longest);
        (scale, ticks, "time since acceptance, on a square-root scale")
    }
}

fn draw_grid(drawing: &mut Drawing, scale: Scale, ticks: &[Tick], top: i32) {
    let bottom = drawing.height;
    for (value, _) in ticks {
        let x = LEFT + scale.place(*value, RIGHT - LEFT);
        drawing.line((x, top), (x, bottom), GRID);
    }
}

fn draw_life(drawing: &mut Drawing, scenario: &Scenario, life: &Life, scale: Scale, middle: i32) {
    let event = life.event();
    let place = |step: &Step| {
        let age = event.age_at(step.at).as_millis();
        LEFT + scale.place(age, RIGHT - LEFT)
    };
    let name = format!("#{} {}", event.id().0, scenario.functions[event.function().index()].name);
    let accepted = event.accepted().to_string();
    let face = Face::plain(Size::Label);
    drawing.text((MARGIN, middle), &fit(&name, face.size, 120), face, Anchor::Start);
    drawing.text((LEFT - 10, middle), &accepted, face.inked(FAINT), Anchor::End);
    // What came before acceptance lies left of the scale.
    let steps = || life.steps().iter().filter(|step| event.accepted() <= step.at);
    let mut phase = Phase::Over;
    let mut left = LEFT;
    for step in steps() {
        let right = place(step);
        draw_phase(drawing, phase, left, right, middle);
        left = right;
        phase = phase.after(step);
    }
    for step in steps() {
        draw_mark(drawing, step, (place(step), middle));
    }
    let ending = fit(&ending(life), face.size, WIDTH - MARGIN - RIGHT - 12);
    drawing.text((RIGHT + 14, middle), &ending, face, Anchor::Start);
}

/// A run is at least three pixels wide, however short.
fn draw_phase(drawing: &mut Drawing, phase: Phase, left: i32, right: i32, middle: i32) {
    let half = match phase {
        Phase::Over => return,
        Phase::Running => 8,
        Phase::Queued | Phase::RetryWait | Phase::BackOff => 5,
        Phase::Delivering => 2,
    };
    let least = if phase == Phase::Running { 3 } else { 0 };
    let area = Area { left, top: middle - half, right: right.max(left + least), bottom: middle + half };
    drawing.rectangle(area, phase.fill());
}

fn draw_mark(drawing: &mut Drawing, step: &Step, (x, middle): (i32, i32)) {
    const ARM: i32 = 4;
    match step.what {
        Observation::AttemptEnded(attempt) => match attempt.outcome {
            AttemptOutcome::Success | AttemptOutcome::CaughtError => drawing.dot((x, middle), 4, GREEN),
            AttemptOutcome::Throttled(_) => throttle_mark(drawing, (x, middle), TEXT),
            AttemptOutcome::FunctionError(_)
            | AttemptOutcome::SystemError { .. }
            | AttemptOutcome::ClientError { .. } => drawing.cross((x, middle), ARM, VERMILLION),
        },
        Observation::DeliveryEnded { failure, .. } => delivery_mark(drawing, (x, middle), failure.is_some()),
        _ => {}
    }
}

/// A little beyond the end of the life, which it would hide: deliveries take no time on this scale.
fn delivery_mark(drawing: &mut Drawing, (x, middle): (i32, i32), failed: bool) {
    const BEYOND: i32 = 14;
    drawing.path(vec![(x, middle), (x + BEYOND, middle)], PURPLE, 3);
    if failed {
        drawing.cross((x + BEYOND, middle), 4, VERMILLION);
    } else {
        drawing.dot((x + BEYOND, middle), 4, GREEN);
    }
}

fn throttle_mark(drawing: &mut Drawing, (x, middle): (i32, i32), ink: Ink) {
    drawing.path(vec![(x, middle - 8), (x, middle + 8)], ink, 2);
}

/// How a life ended, in words.
fn ending(life: &Life) -> String {
    let event = life.event();
    let length = duration(life.length().as_millis());
    match event.settled() {
        Some((fate, _)) if event.is_lost() => format!("LOST: {}, {length}", fate_name(fate)),
        Some((fate, _)) => format!("{}, {length}", fate_name(fate)),
        None => match life.steps().last().map(|step| step.what) {
            Some(Observation::CutOff) => format!("still in flight, {length}"),
            _ => format!("returned to its caller, {length}"),
        },
    }
}
