//! Distances as a table for people.

use std::fmt::Write as _;

use super::{Distance, Overlay};
use crate::text::table::Table;

/// The columns, as text and page have them.
const HEADER: [&str; 9] = [
    "Function",
    "metric",
    "periods",
    "measured",
    "simulated",
    "mean |difference|",
    "of the measured",
    "largest",
    "at",
];

/// The header and a row for each distance.
pub(super) fn rows(overlay: &Overlay) -> Vec<Vec<String>> {
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    rows.extend(overlay.distances.iter().map(row));
    rows
}

fn row(distance: &Distance) -> Vec<String> {
    vec![
        distance.function.clone(),
        format!("{}.{}", distance.metric, distance.statistic),
        distance.periods.to_string(),
        number(distance.measured),
        number(distance.simulated),
        number(distance.mean_absolute_difference),
        distance.share.map_or_else(|| "-".to_owned(), |share| format!("{:.1}%", share * 100.0)),
        format!(
            "{}{}",
            if distance.largest_difference >= 0.0 { "+" } else { "-" },
            number(distance.largest_difference)
        ),
        date(distance.largest_at),
    ]
}

/// As many places as tell something, without sign.
fn number(value: f64) -> String {
    let value = value.abs();
    let places = if value >= 100.0 {
        0
    } else if value >= 1.0 {
        2
    } else {
        4
    };
    let text = format!("{value:.places$}");
    if places == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// `2026-01-05T10:00:00Z`
pub(super) fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}

/// What is compared, in a sentence.
pub(super) fn lead(overlay: &Overlay) -> String {
    if overlay.distances.is_empty() {
        return "There is nothing that both tell of.".to_owned();
    }
    let moved = match overlay.moved_seconds {
        0 => String::new(),
        seconds => format!(", the run's clock moved by {seconds} s"),
    };
    format!(
        "Periods of {} s from {} to {}{moved}. The distance of a metric is the mean of |simulated - measured| over \
         the periods; its share is that of the measured values.",
        overlay.period_seconds,
        date(overlay.from),
        date(overlay.until)
    )
}

/// The distances as text.
pub fn text(overlay: &Overlay) -> String {
    let mut out = format!("{}\n", lead(overlay));
    if !overlay.distances.is_empty() {
        let _ = write!(out, "\n{}", Table::new(2, rows(overlay)).text());
    }
    for note in &overlay.notes {
        let _ = writeln!(out, "note: {note}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_places_as_they_need() {
        let cases = [(0.0, "0"), (-3.0, "3"), (0.123_456, "0.1235"), (12.5, "12.5"), (1234.4, "1234")];
        for (value, expected) in cases {
            assert_eq!(number(value), expected);
        }
        assert_eq!(date(1_767_607_200), "2026-01-05T10:00:00Z");
    }
}
