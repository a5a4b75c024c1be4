//! CloudWatch's answers to `get-metric-data` and `get-metric-statistics`, for each function and for the Region.
//!
//! Shapes: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html> and
//! `API_GetMetricStatistics.html`. The queries that would ask AWS for the same are written beside the answers.
//! A minute without data is missing from an answer, not zero.
//!
//! Answers are newest first, rows oldest first, so that the rows of a scope are held while it is written: of as many
//! scopes at once as have [`ROWS_AT_ONCE`] rows together, and at least of one.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::folder::{ExportError, RunFolder};
use super::folder_names;
use super::json::{float, write_pretty};
use super::rows::{MetricRow, plain};
use crate::observe::metrics::{Metric, PERIOD, Unit};
use crate::sink::directory::OutputFolder;

const TABLE: &str = "metrics.csv";
/// So many rows are held at most, if a scope has not more by itself.
const ROWS_AT_ONCE: u64 = 200_000;

/// A scope's name: a function's, or empty for the Region.
type Scope = String;

/// The rows of one scope, by metric, oldest first.
type Series = BTreeMap<Metric, Vec<MetricRow>>;

/// Writes the answers for every scope.
pub(super) fn write(run: &RunFolder, out: &mut OutputFolder) -> Result<(), ExportError> {
    run.verify(TABLE)?;
    let counts = count_rows(run)?;
    let folders: BTreeMap<&str, String> =
        run.functions().iter().map(String::as_str).zip(folder_names(run.functions())).collect();
    let mut scopes = counts.iter().peekable();
    while scopes.peek().is_some() {
        let mut held: BTreeMap<Scope, Series> = BTreeMap::new();
        let mut rows = 0;
        while let Some((scope, count)) =
            scopes.next_if(|(_, count)| held.is_empty() || rows + **count <= ROWS_AT_ONCE)
        {
            rows += count;
            held.insert(scope.clone(), Series::new());
        }
        read(run, &mut held)?;
        for (scope, series) in held {
            let folder = folders.get(scope.as_str());
            let folder = folder.map_or_else(|| "region".to_owned(), |name| format!("functions/{name}"));
            write_scope(out, &folder, &scope, &series)?;
        }
    }
    Ok(())
}

/// How many rows each scope has; the Region and all functions, even those without any.
fn count_rows(run: &RunFolder) -> Result<BTreeMap<Scope, u64>, ExportError> {
    let all = std::iter::once(String::new()).chain(run.functions().iter().cloned());
    let mut counts: BTreeMap<Scope, u64> = all.map(|scope| (scope, 0)).collect();
    for row in run.rows::<MetricRow>(TABLE)? {
        let row = row?;
        let count =
            counts.get_mut(plain(&row.function)).ok_or_else(|| unknown(run, "function", &row.function))?;
        *count += 1;
    }
    Ok(counts)
}

fn read(run: &RunFolder, held: &mut BTreeMap<Scope, Series>) -> Result<(), ExportError> {
    for row in run.rows::<MetricRow>(TABLE)? {
        let row = row?;
        if let Some(series) = held.get_mut(plain(&row.function)) {
            let known = Metric::ALL.into_iter().find(|metric| metric.name() == row.metric);
            let metric = known.ok_or_else(|| unknown(run, "metric", &row.metric))?;
            series.entry(metric).or_default().push(row);
        }
    }
    Ok(())
}

fn unknown(run: &RunFolder, what: &str, name: &str) -> ExportError {
    ExportError::malformed(&run.path().join(TABLE), format!("there is no {what} `{name}`"))
}

fn write_scope(
    out: &mut OutputFolder,
    folder: &str,
    scope: &str,
    series: &Series,
) -> Result<(), ExportError> {
    let metrics = Metric::ALL.into_iter().filter(|metric| metric.is_of_scope(scope.is_empty()));
    let mut queries = Vec::new();
    let mut answer = MetricData { metric_data_results: Vec::new(), messages: [] };
    for metric in metrics {
        let rows = series.get(&metric).map_or(&[][..], Vec::as_slice);
        for stat in Stat::of(metric) {
            queries.push(Query::of(metric, *stat, scope));
            answer.metric_data_results.push(MetricDataResult::of(metric, *stat, rows));
        }
        write_statistics(out, folder, metric, rows)?;
    }
    write_pretty(out, &format!("{folder}/metric-data-queries.json"), &queries)?;
    write_pretty(out, &format!("{folder}/get-metric-data.json"), &answer)
}

/// `get-metric-statistics` takes either statistics or percentiles, never both.
fn write_statistics(
    out: &mut OutputFolder,
    folder: &str,
    metric: Metric,
    rows: &[MetricRow],
) -> Result<(), ExportError> {
    let name = metric.name();
    let datapoints = rows.iter().map(|row| Datapoint::of(metric, row)).collect();
    let answer = Statistics { label: name, datapoints };
    write_pretty(out, &format!("{folder}/get-metric-statistics/{name}.json"), &answer)?;
    if metric.unit() == Unit::Milliseconds {
        let datapoints = rows.iter().map(|row| Datapoint::extended(metric, row)).collect();
        let answer = Statistics { label: name, datapoints };
        write_pretty(out, &format!("{folder}/get-metric-statistics/{name}.extended.json"), &answer)?;
    }
    Ok(())
}

/// A statistic that a query asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stat {
    SampleCount,
    Sum,
    Average,
    Maximum,
    P50,
    P90,
    P99,
}

impl Stat {
    /// The statistics that mean something for `metric`, by AWS's own advice.
    fn of(metric: Metric) -> &'static [Self] {
        match metric {
            Metric::AsyncEventAge => {
                &[Self::SampleCount, Self::Average, Self::P50, Self::P90, Self::P99, Self::Maximum]
            }
            Metric::Duration => &[Self::Average, Self::P50, Self::P90, Self::P99, Self::Maximum],
            Metric::ConcurrentExecutions
            | Metric::UnreservedConcurrentExecutions
            | Metric::ClaimedAccountConcurrency
            | Metric::ProvisionedConcurrentExecutions
            | Metric::ProvisionedConcurrencyUtilization => &[Self::Maximum],
            Metric::AsyncEventsReceived
            | Metric::Invocations
            | Metric::Errors
            | Metric::Throttles
            | Metric::ProvisionedConcurrencyInvocations
            | Metric::ProvisionedConcurrencySpilloverInvocations
            | Metric::AsyncEventsDropped
            | Metric::DeadLetterErrors
            | Metric::DestinationDeliveryFailures
            | Metric::RecursiveInvocationsDropped => &[Self::Sum],
        }
    }

    /// AWS's word.
    const fn name(self) -> &'static str {
        match self {
            Self::SampleCount => "SampleCount",
            Self::Sum => "Sum",
            Self::Average => "Average",
            Self::Maximum => "Maximum",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
        }
    }

    fn cell(self, row: &MetricRow) -> &str {
        match self {
            Self::SampleCount => &row.sample_count,
            Self::Sum => &row.sum,
            Self::Average => &row.average,
            Self::Maximum => &row.maximum,
            Self::P50 => &row.p50,
            Self::P90 => &row.p90,
            Self::P99 => &row.p99,
        }
    }
}

/// An identifier of a query: it begins with a small letter.
fn id_of(metric: Metric, stat: Stat) -> String {
    let name = metric.name();
    format!("{}{}_{}", name[..1].to_ascii_lowercase(), &name[1..], stat.name().to_ascii_lowercase())
}

fn label_of(metric: Metric, stat: Stat) -> String {
    format!("{} {}", metric.name(), stat.name())
}

/// `2026-01-05T10:01:00+00:00`, as the command line prints it.
fn timestamp(row: &MetricRow) -> String {
    format!("{}+00:00", row.timestamp.trim_end_matches('Z'))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Query<'a> {
    id: String,
    label: String,
    metric_stat: MetricStat<'a>,
    return_data: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricStat<'a> {
    metric: MetricOf<'a>,
    period: u64,
    stat: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricOf<'a> {
    namespace: &'static str,
    #[serde(rename = "MetricName")]
    name: &'static str,
    dimensions: Vec<Dimension<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension<'a> {
    name: &'static str,
    value: &'a str,
}

impl<'a> Query<'a> {
    fn of(metric: Metric, stat: Stat, scope: &'a str) -> Self {
        let dimension = (!scope.is_empty()).then_some(Dimension { name: "FunctionName", value: scope });
        Self {
            id: id_of(metric, stat),
            label: label_of(metric, stat),
            metric_stat: MetricStat {
                metric: MetricOf {
                    namespace: "AWS/Lambda",
                    name: metric.name(),
                    dimensions: dimension.into_iter().collect(),
                },
                period: PERIOD.as_millis() / 1_000,
                stat: stat.name(),
            },
            return_data: true,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricData {
    metric_data_results: Vec<MetricDataResult>,
    messages: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDataResult {
    id: String,
    label: String,
    timestamps: Vec<String>,
    values: Vec<Box<RawValue>>,
    status_code: &'static str,
}

impl MetricDataResult {
    fn of(metric: Metric, stat: Stat, rows: &[MetricRow]) -> Self {
        let found = |row: &MetricRow| float(stat.cell(row)).map(|value| (timestamp(row), value));
        let (timestamps, values) = rows.iter().rev().filter_map(found).unzip();
        Self {
            id: id_of(metric, stat),
            label: label_of(metric, stat),
            timestamps,
            values,
            status_code: "Complete",
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statistics {
    label: &'static str,
    datapoints: Vec<Datapoint>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Datapoint {
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_count: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sum: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    average: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<Box<RawValue>>,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_statistics: Option<Percentiles>,
}

#[derive(Serialize)]
struct Percentiles {
    p50: Option<Box<RawValue>>,
    p90: Option<Box<RawValue>>,
    p99: Option<Box<RawValue>>,
}

impl Datapoint {
    fn of(metric: Metric, row: &MetricRow) -> Self {
        Self {
            timestamp: timestamp(row),
            sample_count: float(&row.sample_count),
            sum: float(&row.sum),
            average: float(&row.average),
            minimum: float(&row.minimum),
            maximum: float(&row.maximum),
            unit: metric.unit().name(),
            extended_statistics: None,
        }
    }

    fn extended(metric: Metric, row: &MetricRow) -> Self {
        let percentiles = Percentiles { p50: float(&row.p50), p90: float(&row.p90), p99: float(&row.p99) };
        Self {
            timestamp: timestamp(row),
            sample_count: None,
            sum: None,
            average: None,
            minimum: None,
            maximum: None,
            unit: metric.unit().name(),
            extended_statistics: Some(percentiles),
        }
    }
}
