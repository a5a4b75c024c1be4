//! Tables as CSV, with columns that mean what their names or `--column ROLE=NAME` say.
//!
//! A *long* table has a column for the metric and one for each statistic, or for the statistic's name and its value; a
//! *wide* one has a column for each metric. Both can have a column for the function.

use super::super::book::{Origin, Problem};
use super::super::{SourceFile, decode};
use super::Options;
use super::answers::{metric_names, seconds_of_text};
use super::measured::{Measured, Statistic, metric_named};
use crate::observe::metrics::Metric;
use crate::scenario::problem::{did_you_mean, quoted};
use csv::StringRecord;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Timestamp,
    Function,
    Metric,
    Statistic,
    Value,
    /// A statistic of the metric that the row names.
    Of(Statistic),
    /// A metric of its own.
    Wide(Metric, Statistic),
}

impl Role {
    /// The role with this name: `timestamp`, `function`, `Sum`, `Invocations`, `Duration.p99`.
    fn named(name: &str) -> Option<Self> {
        let plain: String = name.trim().chars().filter(|c| !matches!(c, '_' | '-')).collect();
        match plain.to_ascii_lowercase().as_str() {
            "timestamp" | "time" | "date" | "datetime" => return Some(Self::Timestamp),
            "function" | "functionname" => return Some(Self::Function),
            "metric" | "metricname" => return Some(Self::Metric),
            "statistic" | "stat" => return Some(Self::Statistic),
            "value" => return Some(Self::Value),
            _ => {}
        }
        if let Some(statistic) = Statistic::named(name.trim()) {
            return Some(Self::Of(statistic));
        }
        let separators = |c: char| c == ' ' || c == '(' || c == ')';
        let (metric, statistic) = match name.split_once('.') {
            Some((metric, statistic)) => (metric.trim(), statistic.trim()),
            None => match name.trim().split_once(separators) {
                Some((metric, statistic)) => (metric, statistic.trim_matches(separators)),
                None => (name.trim(), ""),
            },
        };
        let metric =
            metric_named(metric).or_else(|| metric_names().get(&metric.to_ascii_lowercase()).copied())?;
        let statistic = if statistic.is_empty() { Some(usual(metric)) } else { Statistic::named(statistic) };
        Some(Self::Wide(metric, statistic?))
    }
}

/// The statistic of a metric that one looks at.
const fn usual(metric: Metric) -> Statistic {
    match metric {
        Metric::Duration | Metric::AsyncEventAge => Statistic::Average,
        Metric::ConcurrentExecutions => Statistic::Maximum,
        _ => Statistic::Sum,
    }
}

const ROLES: &str = "timestamp, function, metric, statistic, value, Sum, Average, Minimum, Maximum, SampleCount, p50, \
                     Invocations, Duration.p99 and the like";

/// Reads one table.
pub(super) fn read(
    file: &SourceFile,
    options: &Options,
    measured: &mut Measured,
) -> Result<(), Box<Problem>> {
    let text = decode(file).map_err(Box::new)?;
    let mut reader =
        csv::ReaderBuilder::new().flexible(false).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let problem = |line: u64, message: String, hint: String| {
        let line = usize::try_from(line).unwrap_or_default();
        Box::new(Problem { origin: Origin::new(&file.name, line, ""), message, hint })
    };
    let not_csv = |error: &csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        problem(line, format!("not CSV: {error}"), "every row has as many cells as the header".to_owned())
    };
    let header = reader.headers().map_err(|error| not_csv(&error))?.clone();
    let columns = columns(&header, options).map_err(|(message, hint)| problem(1, message, hint))?;
    for row in reader.into_records() {
        let row = row.map_err(|error| not_csv(&error))?;
        let line = row.position().map_or(0, csv::Position::line);
        columns.add(&row, options, measured).map_err(|(message, hint)| problem(line, message, hint))?;
    }
    Ok(())
}

/// Which column is what.
#[derive(Debug)]
struct Columns(Vec<(usize, Role)>);

type Trouble = (String, String);

/// The roles of the columns: given, or else by their names.
fn columns(header: &StringRecord, options: &Options) -> Result<Columns, Trouble> {
    let mut columns = Vec::new();
    let names: Vec<&str> = header.iter().collect();
    for (role, name) in &options.columns {
        let known = Role::named(role).ok_or_else(|| {
            (format!("there is no role {} for a column", quoted(role)), format!("roles are {ROLES}"))
        })?;
        let at = names.iter().position(|column| column.trim() == name).ok_or_else(|| {
            let hint = match did_you_mean(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the columns are: {}", names.join(", ")),
            };
            (format!("there is no column {}", quoted(name)), hint)
        })?;
        columns.push((at, known));
    }
    for (at, name) in names.iter().enumerate() {
        let is_given = columns.iter().any(|(given, _)| *given == at);
        if let Some(role) = Role::named(name).filter(|_| !is_given)
            && !columns.iter().any(|(_, known)| *known == role)
        {
            columns.push((at, role));
        }
    }
    let has = |wanted: fn(&Role) -> bool| columns.iter().any(|(_, role)| wanted(role));
    let is_long = has(|role| *role == Role::Metric) && has(|role| matches!(role, Role::Value | Role::Of(_)));
    let is_wide = has(|role| matches!(role, Role::Wide(..)));
    if !has(|role| *role == Role::Timestamp) || !(is_long || is_wide) {
        let hint = format!(
            "say which column is what: --column timestamp=NAME --column Invocations.Sum=NAME; the columns are: {}",
            names.join(", ")
        );
        return Err(("the table has no column for the time, or none for values".to_owned(), hint));
    }
    Ok(Columns(columns))
}

impl Columns {
    fn cell<'r>(&self, row: &'r StringRecord, role: Role) -> Option<&'r str> {
        let (at, _) = self.0.iter().find(|(_, known)| *known == role)?;
        row.get(*at).map(str::trim)
    }

    fn add(&self, row: &StringRecord, options: &Options, measured: &mut Measured) -> Result<(), Trouble> {
        let time = self.cell(row, Role::Timestamp).unwrap_or_default();
        let at = seconds_of_text(time).ok_or_else(|| {
            (format!("{} is no time", quoted(time)), "times are ISO 8601 or seconds since 1970".to_owned())
        })?;
        // A table with a column for the function has rows of the whole Region where it is empty.
        let function = self.cell(row, Role::Function).or(options.function.as_deref()).ok_or_else(|| {
            let message = "the table does not say of which function it is".to_owned();
            (message, "give --function NAME, or --column function=NAME".to_owned())
        })?;
        // A quote of the exporter's keeps spreadsheets from reading a name as a formula.
        let function = function.strip_prefix('\'').unwrap_or(function);
        let named = self.cell(row, Role::Metric).and_then(metric_named);
        for (column, role) in &self.0 {
            let Some(cell) = row.get(*column).map(str::trim).filter(|cell| !cell.is_empty()) else {
                continue;
            };
            let (metric, statistic) = match (role, named) {
                (Role::Wide(metric, statistic), _) => (*metric, *statistic),
                (Role::Of(statistic), Some(metric)) => (metric, *statistic),
                (Role::Value, Some(metric)) => {
                    let statistic = self.cell(row, Role::Statistic).and_then(Statistic::named);
                    (metric, statistic.unwrap_or_else(|| usual(metric)))
                }
                _ => continue,
            };
            let value = cell.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
            let value = value.ok_or_else(|| {
                let message = format!("{} is no value of {}", quoted(cell), metric.name());
                (message, "values are numbers that are not negative".to_owned())
            })?;
            measured.add(function, metric, statistic, at, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_their_names() {
        let cases = [
            ("timestamp", Some(Role::Timestamp)),
            ("FunctionName", Some(Role::Function)),
            ("sum", Some(Role::Of(Statistic::Sum))),
            ("Invocations", Some(Role::Wide(Metric::Invocations, Statistic::Sum))),
            ("Invocations (Sum)", Some(Role::Wide(Metric::Invocations, Statistic::Sum))),
            ("duration.p99", Some(Role::Wide(Metric::Duration, Statistic::Percentile(990)))),
            ("Duration Average", Some(Role::Wide(Metric::Duration, Statistic::Average))),
            ("unit", None),
            ("Duration.median", None),
        ];
        for (name, expected) in cases {
            assert_eq!(Role::named(name), expected, "{name}");
        }
    }
}
