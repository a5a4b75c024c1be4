//! The times at which the scenario lets things go wrong, shown behind the data.

use super::drawing::{Anchor, Area, Drawing, Face, Fill};
use super::frame::{Frame, LEFT, RIGHT, TimeAxis};
use super::style::{FAINT, SHADE, Size, fit, text_width};
use crate::id::DestinationId;
use crate::scenario::{FailureKind, FaultKind, Scenario, Windows};

/// One cause with its windows within the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    label: String,
    /// From and until, in milliseconds.
    spans: Vec<(u64, u64)>,
}

/// The troubles of functions, of the service and of dependencies that have windows: they shape arrivals, attempts and
/// backlog.
pub(super) fn of_service(scenario: &Scenario, time: TimeAxis) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for function in &scenario.functions {
        for cause in &function.failures {
            let label = format!("{}: {}", function.name, failure(cause.kind));
            push(&mut troubles, described(label, &cause.because), &cause.during, time);
        }
    }
    for fault in &scenario.faults {
        let whose = fault.function.map_or("all functions", |id| &scenario.functions[id.index()].name);
        push(&mut troubles, format!("{whose}: {}", fault_name(fault.kind)), &fault.during, time);
    }
    for dependency in &scenario.dependencies {
        for outage in &dependency.outages {
            let label = format!("{}: outage", dependency.name);
            push(&mut troubles, described(label, &outage.because), &outage.during, time);
        }
        for brownout in &dependency.brownouts {
            let label = format!("{}: brown-out", dependency.name);
            push(&mut troubles, described(label, &brownout.because), &brownout.during, time);
        }
    }
    troubles
}

/// The troubles of one destination that have windows.
pub(super) fn of_destination(scenario: &Scenario, id: DestinationId, time: TimeAxis) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let destination = &scenario.destinations[id.index()];
    for cause in &destination.failures {
        let label = format!("{}: {}", destination.name, cause.failure.name());
        push(&mut troubles, label, &cause.during, time);
    }
    troubles
}

fn push(troubles: &mut Vec<Trouble>, label: String, during: &Windows, time: TimeAxis) {
    let spans = during.intervals().iter().map(|(from, until)| (from.as_millis(), until.as_millis()));
    let spans: Vec<_> = spans.filter(|(from, _)| *from < time.span).collect();
    if !spans.is_empty() {
        troubles.push(Trouble { label, spans });
    }
}

fn described(label: String, because: &str) -> String {
    if because.is_empty() { label } else { format!("{label} — {because}") }
}

const fn failure(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Exception => "exceptions",
        FailureKind::Timeout => "timeouts",
        FailureKind::CaughtError => "caught errors",
        FailureKind::Poison => "poison events",
        FailureKind::InitFailure => "failing inits",
        FailureKind::Crash => "crashes",
        FailureKind::OutOfMemory => "out of memory",
    }
}

fn fault_name(kind: FaultKind) -> String {
    match kind {
        FaultKind::SystemError { status } | FaultKind::ClientError { status } => {
            format!("service answers {status}")
        }
        FaultKind::FrontDoor { status } => format!("front door answers {status}"),
        FaultKind::Throttle => "service throttles".to_owned(),
    }
}

/// A row for each trouble, with a bar for each window, and their names; below what is there.
pub(super) fn name(drawing: &mut Drawing, troubles: &[Trouble], time: TimeAxis) {
    const MOST_ROWS: usize = 6;
    for trouble in troubles.iter().take(MOST_ROWS) {
        let y = drawing.take(20) + 10;
        for (from, until) in &trouble.spans {
            let area = Area {
                left: time.x(*from),
                top: y - 5,
                right: time.x(*until).max(time.x(*from) + 2),
                bottom: y + 5,
            };
            drawing.rectangle(area, Fill::striped(SHADE.opacity(45), 5));
        }
        label(drawing, trouble, time, y);
    }
    if troubles.len() > MOST_ROWS {
        let y = drawing.take(20) + 10;
        let more = format!("and {} more causes with windows", troubles.len() - MOST_ROWS);
        drawing.text((LEFT, y), &more, Face::plain(Size::Label).inked(FAINT), Anchor::Start);
    }
}

/// The name beside the bars, where there is most room.
fn label(drawing: &mut Drawing, trouble: &Trouble, time: TimeAxis, y: i32) {
    const GAP: i32 = 8;
    let first = time.x(trouble.spans[0].0);
    let last = time.x(trouble.spans[trouble.spans.len() - 1].1);
    let (before, after) = (first - LEFT - GAP, RIGHT - last - GAP);
    let face = Face::plain(Size::Label);
    if after >= text_width(&trouble.label, face.size) || after >= before {
        // Windows to the very end leave no room beside them: then the name lies on its bar.
        let (x, room) = if after > 120 { (last + GAP, after) } else { (LEFT, RIGHT - LEFT) };
        drawing.text((x, y), &fit(&trouble.label, face.size, room), face, Anchor::Start);
    } else {
        let text = fit(&trouble.label, face.size, before);
        drawing.text((first - GAP, y), &text, face, Anchor::End);
    }
}

/// Shades the windows of `troubles` in a panel; to be called before its data are drawn.
pub(super) fn shade(drawing: &mut Drawing, troubles: &[Trouble], frame: &Frame) {
    for (from, until) in union(troubles) {
        let area = Area {
            left: frame.time.x(from),
            right: frame.time.x(until).max(frame.time.x(from) + 2),
            ..frame.plot
        };
        drawing.rectangle(area, Fill::solid(SHADE));
    }
}

/// All windows together, so that a moment in several of them is not shaded twice.
fn union(troubles: &[Trouble]) -> Vec<(u64, u64)> {
    let mut spans: Vec<_> = troubles.iter().flat_map(|trouble| trouble.spans.iter().copied()).collect();
    spans.sort_unstable();
    let mut union: Vec<(u64, u64)> = Vec::new();
    for (from, until) in spans {
        match union.last_mut() {
            Some((_, end)) if from <= *end => *end = until.max(*end),
            _ => union.push((from, until)),
        }
    }
    union
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_windows_are_shaded_once() {
        let trouble = |spans: &[(u64, u64)]| Trouble { label: String::new(), spans: spans.to_vec() };
        let troubles = [trouble(&[(10, 20), (40, 50)]), trouble(&[(15, 30), (30, 35)])];
        assert_eq!(union(&troubles), [(10, 35), (40, 50)]);
    }
}
