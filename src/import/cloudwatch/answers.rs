//! Answers of `get-metric-data` and `get-metric-statistics`, and the queries that say what they are answers to.

use super::super::book::{Book, Origin, Problem};
use super::super::{SourceFile, decode};
use super::Options;
use super::measured::{Measured, Statistic, metric_named};
use crate::observe::metrics::Metric;
use crate::scenario::problem::quoted;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What a query asks for.
#[derive(Clone, Debug)]
pub(super) struct Query {
    folder: String,
    id: String,
    function: String,
    metric: Option<Metric>,
    statistic: Option<Statistic>,
}

/// The folder in a file's name.
fn folder_of(name: &str) -> &str {
    name.rfind(['/', '\\']).map_or("", |at| &name[..at])
}

/// Whether a file is a table, by its name.
pub(super) fn is_table(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".csv")
}

/// The queries in all files that hold such.
pub(super) fn queries(files: &[SourceFile]) -> Vec<Query> {
    let mut queries = Vec::new();
    for file in files.iter().filter(|file| !is_table(&file.name)) {
        let Some(root) = decode(file).ok().and_then(|text| serde_json::from_str::<Json>(text).ok()) else {
            continue;
        };
        for query in queries_in(&root) {
            let Some(stat) = query.get("MetricStat") else { continue };
            let text = |pointer: &str| stat.pointer(pointer).and_then(Json::as_str);
            queries.push(Query {
                folder: folder_of(&file.name).to_owned(),
                id: query.get("Id").and_then(Json::as_str).unwrap_or_default().to_owned(),
                function: function_in(stat.pointer("/Metric/Dimensions")).unwrap_or_default(),
                metric: text("/Metric/MetricName").and_then(metric_named),
                statistic: text("/Stat").and_then(Statistic::named),
            });
        }
    }
    queries
}

fn queries_in(root: &Json) -> &[Json] {
    let list = root.get("MetricDataQueries").unwrap_or(root);
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    if list.first().is_some_and(|first| first.get("MetricStat").is_some()) { list } else { &[] }
}

fn function_in(dimensions: Option<&Json>) -> Option<String> {
    let dimensions = dimensions?.as_array()?;
    let value = |dimension: &Json| dimension.get("Value")?.as_str().map(str::to_owned);
    let is_name = |dimension: &&Json| dimension.get("Name").and_then(Json::as_str) == Some("FunctionName");
    dimensions.iter().find(is_name).and_then(value)
}

/// Where a file's problems are, and what its samples belong to.
struct Reader<'a> {
    file: &'a SourceFile,
    queries: &'a [Query],
    options: &'a Options,
    measured: &'a mut Measured,
    book: &'a mut Book,
}

type Done = Result<(), Box<Problem>>;

/// Reads one file of JSON.
pub(super) fn read(
    file: &SourceFile,
    queries: &[Query],
    options: &Options,
    measured: &mut Measured,
    book: &mut Book,
) -> Done {
    let mut reader = Reader { file, queries, options, measured, book };
    let text = decode(file).map_err(Box::new)?;
    let root = serde_json::from_str::<Json>(text).map_err(|error| {
        let origin = Origin::new(&file.name, error.line(), "");
        Box::new(Problem {
            origin,
            message: format!("not JSON: {error}"),
            hint: "give what `aws cloudwatch get-metric-data` prints, or a table as .csv".to_owned(),
        })
    })?;
    if !queries_in(&root).is_empty() {
        return Ok(());
    }
    // Pages of an answer may stand in a list.
    let pages = root.as_array().map_or(std::slice::from_ref(&root), Vec::as_slice);
    for page in pages {
        if let Some(results) = page.get("MetricDataResults").and_then(Json::as_array) {
            for result in results {
                reader.result(result)?;
            }
        } else if let Some(points) = page.get("Datapoints").and_then(Json::as_array) {
            reader.statistics(page, points)?;
        } else {
            return reader.problem(
                "it is no answer of get-metric-data or get-metric-statistics",
                "such an answer has `MetricDataResults` or `Datapoints`",
            );
        }
    }
    Ok(())
}

impl Reader<'_> {
    fn problem(&self, message: impl Into<String>, hint: &str) -> Done {
        let origin = Origin::new(&self.file.name, 0, "");
        Err(Box::new(Problem { origin, message: message.into(), hint: hint.to_owned() }))
    }

    /// The query with this id in the file's folder, or else in the only folder that has queries.
    fn query(&self, id: &str) -> Option<&Query> {
        let folder = folder_of(&self.file.name);
        let of_id = || self.queries.iter().filter(|query| query.id == id);
        let mut others = of_id();
        let only = others.next().filter(|_| others.next().is_none());
        of_id().find(|query| query.folder == folder).or(only)
    }

    /// The function of a file that does not name one: as given, or that of the queries in its folder or above.
    fn default_function(&self) -> Option<String> {
        if let Some(function) = &self.options.function {
            return Some(function.clone());
        }
        let folder = folder_of(&self.file.name);
        for folder in [folder, folder_of(folder)] {
            let mut found = self.queries.iter().filter(|query| query.folder == folder);
            if let Some(first) = found.next() {
                return found.all(|query| query.function == first.function).then(|| first.function.clone());
            }
        }
        None
    }

    fn result(&mut self, result: &Json) -> Done {
        let text = |key: &str| result.get(key).and_then(Json::as_str).unwrap_or_default();
        let (id, label) = (text("Id"), text("Label"));
        let known = self.query(id).cloned();
        let read = Label::read(label, id);
        let metric = known.as_ref().and_then(|query| query.metric).or(read.metric);
        let Some(metric) = metric else {
            let origin = Origin::new(&self.file.name, 0, "");
            self.book.ignored(origin, format!("{} is no metric of Lambda that is known", quoted(label)));
            return Ok(());
        };
        let statistic = known.as_ref().and_then(|query| query.statistic).or(read.statistic);
        let statistic = statistic.unwrap_or_else(|| self.usual(metric, id));
        let function =
            known.map(|query| query.function).or(read.function).or_else(|| self.default_function());
        let Some(function) = function else {
            let message = format!("{} does not say of which function it is", quoted(label));
            return self.problem(message, "give --function NAME, or the file of the queries as well");
        };
        if text("StatusCode") == "PartialData" {
            let origin = Origin::new(&self.file.name, 0, "");
            self.book
                .assumed(origin, format!("{}: its data are partial, and taken as they are", quoted(label)));
        }
        let empty = Vec::new();
        let list = |key: &str| result.get(key).and_then(Json::as_array).unwrap_or(&empty);
        let (times, values) = (list("Timestamps"), list("Values"));
        if times.len() != values.len() {
            let message =
                format!("{} has {} timestamps and {} values", quoted(label), times.len(), values.len());
            return self.problem(message, "is the answer complete?");
        }
        for (time, value) in times.iter().zip(values) {
            self.add(&function, metric, statistic, time, value)?;
        }
        Ok(())
    }

    /// What one asks for if nothing says so.
    fn usual(&mut self, metric: Metric, id: &str) -> Statistic {
        let (statistic, word) = match metric {
            Metric::Duration | Metric::AsyncEventAge => (Statistic::Average, "Average"),
            Metric::ConcurrentExecutions => (Statistic::Maximum, "Maximum"),
            _ => (Statistic::Sum, "Sum"),
        };
        let text = format!("{}: {} is taken for its statistic", quoted(id), word);
        self.book.assumed(Origin::new(&self.file.name, 0, ""), text);
        statistic
    }

    fn statistics(&mut self, page: &Json, points: &[Json]) -> Done {
        let label = page.get("Label").and_then(Json::as_str).unwrap_or_default();
        let Some(metric) = metric_named(label) else {
            let origin = Origin::new(&self.file.name, 0, "");
            self.book.ignored(origin, format!("{} is no metric of Lambda that is known", quoted(label)));
            return Ok(());
        };
        let Some(function) = self.default_function() else {
            let message = format!("these {label} do not say of which function they are");
            return self.problem(message, "give --function NAME");
        };
        let names = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"];
        for point in points {
            let time = point.get("Timestamp").unwrap_or(&Json::Null);
            for name in names {
                if let (Some(value), Some(statistic)) = (point.get(name), Statistic::named(name)) {
                    self.add(&function, metric, statistic, time, value)?;
                }
            }
            for (name, value) in
                point.get("ExtendedStatistics").and_then(Json::as_object).into_iter().flatten()
            {
                if let Some(statistic) = Statistic::named(name) {
                    self.add(&function, metric, statistic, time, value)?;
                }
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        function: &str,
        metric: Metric,
        statistic: Statistic,
        time: &Json,
        value: &Json,
    ) -> Done {
        let Some(at) = seconds(time) else {
            return self.problem(format!("{time} is no time"), "times are ISO 8601 or seconds since 1970");
        };
        // A statistic that AWS left out of a data point.
        if value.is_null() {
            return Ok(());
        }
        let Some(value) = value.as_f64().filter(|value| value.is_finite() && *value >= 0.0) else {
            return self
                .problem(format!("{value} is no value of {}", metric.name()), "values are not negative");
        };
        self.measured.add(function, metric, statistic, at, value);
        Ok(())
    }
}

/// Seconds since 1970: of ISO 8601 text, or of a number of seconds or milliseconds.
fn seconds(time: &Json) -> Option<i64> {
    match time {
        Json::String(text) => seconds_of_text(text),
        Json::Number(_) => seconds_of_number(time.as_f64()?),
        _ => None,
    }
}

/// The same of a text, as tables have it.
pub(super) fn seconds_of_text(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return seconds_of_number(number);
    }
    let text = text.replacen(' ', "T", 1);
    let with_zone = text.parse::<jiff::Timestamp>().or_else(|_| format!("{text}Z").parse());
    with_zone.ok().map(jiff::Timestamp::as_second)
}

#[expect(clippy::cast_possible_truncation, reason = "within the bounds that are checked")]
fn seconds_of_number(number: f64) -> Option<i64> {
    /// Beyond the year 5138 it is milliseconds.
    const MILLISECONDS: f64 = 1e11;
    let seconds = if number > MILLISECONDS { number / 1_000.0 } else { number };
    (seconds.is_finite() && (0.0..MILLISECONDS).contains(&seconds)).then(|| seconds.floor() as i64)
}

/// What a label says: `ship Invocations`, `Invocations`, `Duration p99`, in any order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Label {
    function: Option<String>,
    metric: Option<Metric>,
    statistic: Option<Statistic>,
}

impl Label {
    fn read(label: &str, id: &str) -> Self {
        let mut read = Self::default();
        for word in label
            .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ','))
            .filter(|word| !word.is_empty())
        {
            if let Some(metric) = metric_named(word) {
                read.metric = Some(metric);
            } else if let Some(statistic) = Statistic::named(word) {
                read.statistic = Some(statistic);
            } else if !matches!(word, "AWS/Lambda" | "Lambda") {
                read.function = Some(word.to_owned());
            }
        }
        // Identifiers begin with a small letter: `asyncEventsReceived_sum`.
        let (name, statistic) = id.rsplit_once('_').unwrap_or((id, ""));
        let same = |metric: &Metric| metric.name().eq_ignore_ascii_case(name);
        read.metric = read.metric.or_else(|| Metric::ALL.into_iter().find(same));
        read.statistic = read.statistic.or_else(|| Statistic::named(statistic));
        read
    }
}

/// The names of roles that a table can have, for messages.
pub(super) fn metric_names() -> BTreeMap<String, Metric> {
    Metric::ALL.into_iter().map(|metric| (metric.name().to_ascii_lowercase(), metric)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_iso_text_seconds_or_milliseconds() {
        let cases = [
            (r#""2026-01-05T10:01:00+00:00""#, Some(1_767_607_260)),
            (r#""2026-01-05T10:01:00Z""#, Some(1_767_607_260)),
            (r#""2026-01-05T12:01:00+02:00""#, Some(1_767_607_260)),
            (r#""2026-01-05 10:01:00""#, Some(1_767_607_260)),
            ("1767607260.0", Some(1_767_607_260)),
            ("1767607260000", Some(1_767_607_260)),
            (r#""soon""#, None),
            ("-5", None),
            ("null", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(&serde_json::from_str(text).expect("JSON")), expected, "{text}");
        }
    }

    #[test]
    fn labels_and_identifiers_say_what_they_are_about() {
        let read = Label::read("ship Invocations", "m1");
        assert_eq!(
            (read.function.as_deref(), read.metric, read.statistic),
            (Some("ship"), Some(Metric::Invocations), None)
        );
        let read = Label::read("Duration p99", "duration_p99");
        assert_eq!(
            (read.function, read.metric, read.statistic),
            (None, Some(Metric::Duration), Some(Statistic::Percentile(990)))
        );
        let read = Label::read("", "asyncEventsReceived_sum");
        assert_eq!((read.metric, read.statistic), (Some(Metric::AsyncEventsReceived), Some(Statistic::Sum)));
    }
}
