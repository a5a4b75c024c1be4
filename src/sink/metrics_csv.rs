//! `metrics.csv`: CloudWatch's metrics, one row for each minute, function and metric that has data.

use std::io::{self, Write};

use super::label::Label;
use super::names::Names;
use super::table::{Cell, Table, columns};
use crate::observe::decimal::Decimal;
use crate::observe::metrics::{Datapoint, Datapoints, Reading, Scope, Unit};
use crate::observe::samples::Statistics;
use crate::scenario::Scenario;
use crate::time::SimTime;

/// One datapoint.
struct MetricRow<'a> {
    timestamp: &'a str,
    point: &'a Datapoint,
    names: &'a Names,
}

columns! {
    /// The columns of `metrics.csv`.
    COLUMNS;
    fn write_row(row: &MetricRow<'_>);
    "timestamp" => Cell::Word(row.timestamp),
    "function" => match row.point.scope {
        Scope::Region => Cell::Empty,
        Scope::Function(function) => Cell::Quoted(&row.names.functions[function.index()]),
    },
    "metric" => Cell::Word(row.point.metric.name()),
    "unit" => Cell::Word(row.point.metric.unit().name()),
    "sample_count" => Cell::integer(row.statistics().map(|found| found.count)),
    "sum" => row.statistic(|found| found.sum),
    "average" => row.average(),
    "minimum" => row.statistic(|found| found.minimum.into()),
    "maximum" => match row.point.reading {
        Reading::Maximum(level) => row.value(level.into()),
        Reading::Samples(found) => row.value(found.maximum.into()),
    },
    "p50" => row.statistic(|found| found.p50.into()),
    "p90" => row.statistic(|found| found.p90.into()),
    "p99" => row.statistic(|found| found.p99.into()),
}

impl<'a> MetricRow<'a> {
    fn statistics(&self) -> Option<Statistics> {
        match self.point.reading {
            Reading::Samples(found) => Some(found),
            Reading::Maximum(_) => None,
        }
    }

    fn statistic(&self, pick: impl Fn(Statistics) -> u128) -> Cell<'a> {
        self.statistics().map_or(Cell::Empty, |found| self.value(pick(found)))
    }

    /// Counts are integers; durations are milliseconds with three places.
    fn value(&self, value: u128) -> Cell<'a> {
        match self.point.metric.unit() {
            Unit::Count => Cell::Decimal(Decimal::new(value, 0)),
            Unit::Milliseconds => Cell::Decimal(Decimal::millis(value)),
            Unit::None => Cell::Decimal(Decimal::new(value, 6)),
        }
    }

    fn average(&self) -> Cell<'a> {
        let (scale, places) = match self.point.metric.unit() {
            Unit::Count => (1, 6),
            Unit::Milliseconds => (1_000_000, 3),
            Unit::None => (1_000_000, 6),
        };
        let average = |found: Statistics| Decimal::ratio(found.sum, u128::from(found.count) * scale, places);
        self.statistics().and_then(average).map_or(Cell::Empty, Cell::Decimal)
    }
}

/// The sink.
#[derive(Debug)]
pub struct MetricsCsv<W: Write> {
    names: Names,
    label: Label,
    /// The minute whose datapoints come now, and how it is written.
    minute: Option<(SimTime, String)>,
    table: Table<W>,
}

impl<W: Write> MetricsCsv<W> {
    /// The metrics of a run of `scenario`, written to `writer`.
    pub fn new(scenario: &Scenario, writer: W) -> Self {
        Self {
            names: Names::of(scenario),
            label: Label::of(scenario),
            minute: None,
            table: Table::new(writer, columns()),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The first error met while writing.
    pub fn finish(self) -> io::Result<W> {
        self.table.finish()
    }
}

/// The names of the columns.
pub fn columns() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().copied()
}

impl<W: Write> Datapoints for MetricsCsv<W> {
    fn datapoint(&mut self, point: &Datapoint) {
        let minute = self.minute.take().filter(|(start, _)| *start == point.start);
        let (_, timestamp) =
            self.minute.insert(minute.unwrap_or_else(|| (point.start, self.label.seconds(point.start))));
        let row = MetricRow { timestamp, point, names: &self.names };
        self.table.write_row(self.names.widest, |line| write_row(&row, line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::metrics::Metrics;
    use crate::sink::test_support::{exact, run};

    #[test]
    fn two_events_in_one_minute_in_view_the_region_first() {
        let mut scenario = exact(&[0, 0]);
        scenario.start_epoch_ms = 1_767_607_200_000;
        scenario.functions[0].reserved = Some(1);
        let mut metrics = Metrics::new(&scenario, MetricsCsv::new(&scenario, Vec::new()));
        let end = run(&scenario, &mut metrics);
        let text = String::from_utf8(metrics.finish(end).finish().unwrap()).unwrap();
        let expected = "\
timestamp,function,metric,unit,sample_count,sum,average,minimum,maximum,p50,p90,p99
2026-01-05T10:00:00Z,,AsyncEventsReceived,Count,2,2,1.000000,1,1,1,1,1
2026-01-05T10:00:00Z,,AsyncEventAge,Milliseconds,3,1000.000,333.333,0.000,1000.000,0.000,1000.000,1000.000
2026-01-05T10:00:00Z,,Invocations,Count,2,2,1.000000,1,1,1,1,1
2026-01-05T10:00:00Z,,Errors,Count,3,0,0.000000,0,0,0,0,0
2026-01-05T10:00:00Z,,Throttles,Count,3,1,0.333333,0,1,0,1,1
2026-01-05T10:00:00Z,,Duration,Milliseconds,2,200.000,100.000,100.000,100.000,100.000,100.000,100.000
2026-01-05T10:00:00Z,,ConcurrentExecutions,Count,,,,,1,,,
2026-01-05T10:00:00Z,,UnreservedConcurrentExecutions,Count,,,,,0,,,
2026-01-05T10:00:00Z,,ClaimedAccountConcurrency,Count,,,,,1,,,
2026-01-05T10:00:00Z,,AsyncEventsDropped,Count,2,0,0.000000,0,0,0,0,0
2026-01-05T10:00:00Z,ship,AsyncEventsReceived,Count,2,2,1.000000,1,1,1,1,1
2026-01-05T10:00:00Z,ship,AsyncEventAge,Milliseconds,3,1000.000,333.333,0.000,1000.000,0.000,1000.000,1000.000
2026-01-05T10:00:00Z,ship,Invocations,Count,2,2,1.000000,1,1,1,1,1
2026-01-05T10:00:00Z,ship,Errors,Count,3,0,0.000000,0,0,0,0,0
2026-01-05T10:00:00Z,ship,Throttles,Count,3,1,0.333333,0,1,0,1,1
2026-01-05T10:00:00Z,ship,Duration,Milliseconds,2,200.000,100.000,100.000,100.000,100.000,100.000,100.000
2026-01-05T10:00:00Z,ship,ConcurrentExecutions,Count,,,,,1,,,
2026-01-05T10:00:00Z,ship,AsyncEventsDropped,Count,2,0,0.000000,0,0,0,0,0
";
        assert_eq!(text, expected);
    }
}
