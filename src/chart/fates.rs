//! How events ended, and what became of their outcomes.

use super::drawing::{Anchor, Area, Drawing, Face, Fill, MARGIN, Swatch, WIDTH};
use super::scale::Scale;
use super::style::{BLUE, FAINT, GREY, SKY, Size, VERMILLION, YELLOW, fit, percent};
use super::{ChartInput, subtitle};
use crate::model::observation::Fate;
use crate::observe::series::{Bucket, Ending};
use crate::text::number::grouped;

/// Where bars begin and end.
const LEFT: i32 = 210;
const RIGHT: i32 = WIDTH - 200;

/// One bar: a fate, or what had none yet.
struct Row {
    name: &'static str,
    parts: Vec<Part>,
}

/// A part of a bar.
struct Part {
    count: u64,
    kind: Kind,
}

/// What a part of a bar stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Closed, with what became of the outcome, and whether the event is lost by it.
    Closed { ending: Ending, lost: bool },
    /// Without a fate when the run ended.
    InFlight,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Closed { ending: Ending::Delivered, .. } => "outcome delivered",
            Self::Closed { ending: Ending::DeliveryFailed, lost } => {
                if lost {
                    "delivery failed: lost"
                } else {
                    "delivery failed"
                }
            }
            Self::Closed { ending: Ending::NotConfigured, lost } => {
                if lost {
                    "no route configured: lost"
                } else {
                    "no route configured"
                }
            }
            Self::Closed { ending: Ending::Pending, .. } => "delivery under way",
            Self::InFlight => "in flight at the end",
        }
    }

    const fn fill(self) -> Fill {
        match self {
            Self::Closed { ending: Ending::Delivered, .. } => Fill::solid(BLUE),
            Self::Closed { ending: Ending::DeliveryFailed, lost: true } => Fill::striped(VERMILLION, 4),
            Self::Closed { lost: true, .. } => Fill::striped(VERMILLION, 9),
            Self::Closed { ending: Ending::DeliveryFailed, lost: false } => Fill::striped(YELLOW, 4),
            Self::Closed { ending: Ending::NotConfigured, .. } => Fill::solid(SKY),
            Self::Closed { ending: Ending::Pending, .. } | Self::InFlight => Fill::striped(GREY, 12),
        }
    }
}

impl Row {
    fn of(total: &Bucket, fate: Fate) -> Self {
        let parts = Ending::ALL.map(|ending| Part {
            count: total.closed(fate, ending),
            kind: Kind::Closed { ending, lost: ending.is_loss(fate) },
        });
        Self { name: fate_name(fate), parts: parts.into_iter().filter(|part| part.count > 0).collect() }
    }

    fn in_flight(total: &Bucket) -> Self {
        Self { name: "in flight", parts: vec![Part { count: total.cut_off, kind: Kind::InFlight }] }
    }

    fn count(&self) -> u64 {
        self.parts.iter().map(|part| part.count).sum()
    }

    /// Its parts in words.
    fn breakdown(&self) -> String {
        let parts = self.parts.iter().filter(|part| part.kind != Kind::InFlight);
        let parts: Vec<_> =
            parts.map(|part| format!("{} {}", grouped(part.count), part.kind.name())).collect();
        parts.join("  ·  ")
    }
}

/// The fate as charts write it.
pub(super) const fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Succeeded => "succeeded",
        Fate::RetriesExhausted => "retries exhausted",
        Fate::EventAgeExceeded => "event age exceeded",
        Fate::ZeroReservedConcurrency => "zero concurrency",
        Fate::RecursiveInvocation => "recursive invocation",
        Fate::Vanished => "vanished",
    }
}

/// Draws the chart.
pub(super) fn draw(input: &ChartInput<'_>) -> Drawing {
    let mut drawing = Drawing::titled("Fates of all events", &subtitle(input.scenario));
    let total = input.series.total();
    if total.accepted == 0 {
        drawing.notice("No event was accepted in this run.");
        return drawing;
    }
    let verdict = format!(
        "{} events accepted, {} lost ({})",
        grouped(total.accepted),
        grouped(total.lost()),
        percent(total.lost(), total.accepted)
    );
    let mut rows: Vec<_> = Fate::ALL.iter().map(|fate| Row::of(&total, *fate)).collect();
    rows.push(Row::in_flight(&total));
    rows.retain(|row| row.count() > 0);
    drawing.heading(&verdict, &legend(&rows));
    let most = longest(&rows);
    draw_rows(&mut drawing, &rows, most, total.accepted);
    rows.retain(|row| row.name != fate_name(Fate::Succeeded));
    if longest(&rows) > 0 && most / longest(&rows) >= 5 {
        drawing.take(8);
        drawing.heading("The same without what succeeded, enlarged", &[]);
        draw_rows(&mut drawing, &rows, longest(&rows), total.accepted);
    }
    drawing.take(12);
    drawing
}

fn longest(rows: &[Row]) -> u64 {
    rows.iter().map(Row::count).max().unwrap_or(0)
}

fn legend(rows: &[Row]) -> Vec<(Swatch, String)> {
    let mut kinds: Vec<Kind> = Vec::new();
    for part in rows.iter().flat_map(|row| &row.parts) {
        if !kinds.contains(&part.kind) {
            kinds.push(part.kind);
        }
    }
    kinds.iter().map(|kind| (Swatch::Surface(kind.fill()), kind.name().to_owned())).collect()
}

fn draw_rows(drawing: &mut Drawing, rows: &[Row], most: u64, accepted: u64) {
    const BAR: i32 = 26;
    let scale = Scale::Linear { max: most };
    let plain = Face::plain(Size::Label);
    for row in rows {
        let top = drawing.take(BAR + 32) + 6;
        let middle = top + BAR / 2;
        drawing.text((LEFT - 12, middle), row.name, Face::bold(Size::Label), Anchor::End);
        let end = draw_bar(drawing, row, scale, top, top + BAR);
        let count = format!("{}  ({})", grouped(row.count()), percent(row.count(), accepted));
        drawing.text((end + 8, middle), &count, plain, Anchor::Start);
        let room = WIDTH - MARGIN - LEFT;
        let breakdown = fit(&row.breakdown(), Size::Label, room);
        drawing.text((LEFT, top + BAR + 12), &breakdown, plain.inked(FAINT), Anchor::Start);
    }
}

/// Each part is at least two pixels wide, so that no loss disappears; returns where the bar ends.
fn draw_bar(drawing: &mut Drawing, row: &Row, scale: Scale, top: i32, bottom: i32) -> i32 {
    let mut left = LEFT;
    let mut below = 0;
    for part in &row.parts {
        below += part.count;
        let right = (LEFT + scale.place(below, RIGHT - LEFT)).max(left + 2);
        let area = Area { left, top, right, bottom };
        drawing.rectangle(area, part.kind.fill());
        left = right;
    }
    left
}
