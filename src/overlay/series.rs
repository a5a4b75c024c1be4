//! Both series in the same periods.

use std::collections::BTreeMap;
use std::io::BufReader;

use serde::Deserialize;

use super::{Distance, TABLE};
use crate::import::cloudwatch::measured::{Measured, Series, Statistic};
use crate::observe::metrics::{Metric, Unit};
use crate::sink::stored::{StoredError, StoredRun};

/// A minute of a run: the shortest period that it tells of.
const MINUTE: i64 = 60;
/// More periods are not compared.
const MOST_PERIODS: i64 = 1_000_000;

/// What a minute of a metric amounts to; what the table leaves empty is absent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Minute {
    sample_count: Option<f64>,
    sum: Option<f64>,
    average: Option<f64>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    p50: Option<f64>,
    p90: Option<f64>,
    p99: Option<f64>,
}

#[derive(Deserialize)]
struct Row {
    timestamp: String,
    function: String,
    metric: String,
    sample_count: Option<f64>,
    sum: Option<f64>,
    average: Option<f64>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    p50: Option<f64>,
    p90: Option<f64>,
    p99: Option<f64>,
}

impl Row {
    const fn minute(&self) -> Minute {
        Minute {
            sample_count: self.sample_count,
            sum: self.sum,
            average: self.average,
            minimum: self.minimum,
            maximum: self.maximum,
            p50: self.p50,
            p90: self.p90,
            p99: self.p99,
        }
    }
}

/// The minutes of the functions that are compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Simulated {
    minutes: BTreeMap<(String, Metric), BTreeMap<i64, Minute>>,
}

/// Reads the minutes of `functions`; what others did is passed over.
pub(super) fn read<'f>(
    run: &StoredRun,
    functions: impl Iterator<Item = &'f str>,
) -> Result<Simulated, StoredError> {
    let path = run.verified(TABLE)?;
    let wanted: Vec<&str> = functions.collect();
    let mut simulated = Simulated::default();
    for row in csv::Reader::from_reader(BufReader::new(run.file(TABLE)?)).into_deserialize() {
        let row: Row = row.map_err(|error| StoredError::malformed(&path, error))?;
        let name = row.function.strip_prefix('\'').unwrap_or(&row.function);
        let metric = Metric::ALL.into_iter().find(|metric| metric.name() == row.metric);
        if let (true, Some(metric)) = (wanted.contains(&name), metric) {
            let minutes = simulated.minutes.entry((name.to_owned(), metric)).or_default();
            let at: jiff::Timestamp =
                row.timestamp.parse().map_err(|error| StoredError::malformed(&path, error))?;
            minutes.insert(at.as_second(), row.minute());
        }
    }
    Ok(simulated)
}

impl Simulated {
    fn span(&self) -> Option<(i64, i64)> {
        let ends = self.minutes.values().filter_map(|minutes| {
            Some((*minutes.first_key_value()?.0, *minutes.last_key_value()?.0 + MINUTE))
        });
        ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

/// The periods that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    /// Their length in seconds, a multiple of a minute.
    pub(super) period: i64,
    /// The length of a measured period.
    measured_period: i64,
    /// The first begins here, by the measurements' clock.
    pub(super) from: i64,
    /// The last ends here.
    pub(super) until: i64,
    /// What is added to the run's clock.
    pub(super) moved: i64,
}

impl Axis {
    /// The time that both cover; if they tell of different days, the run is moved to where the measurements begin.
    pub(super) fn of(measured: &Measured, simulated: &Simulated, notes: &mut Vec<String>) -> Option<Self> {
        let (first, last) = measured.span()?;
        let (begin, end) = simulated.span()?;
        let measured_period = measured.period();
        let period = measured_period.div_euclid(MINUTE) * MINUTE;
        let period = if period < measured_period { period + MINUTE } else { period };
        let overlap = begin < last && first < end;
        let moved = if overlap { 0 } else { first - begin };
        if !overlap {
            notes.push(
                "run and measurements tell of different times: both are counted from their first period"
                    .to_owned(),
            );
        }
        if period != measured_period {
            notes.push(format!("measured periods of {measured_period} s are put together to {period} s"));
        }
        let from = first.max((begin + moved).div_euclid(period) * period);
        let from = first + (from - first).div_euclid(period) * period;
        let until = last.min(end + moved);
        let periods = (until - from + period - 1).div_euclid(period);
        (periods > 0 && periods <= MOST_PERIODS).then_some(Self {
            period,
            measured_period,
            from,
            until: from + periods * period,
            moved,
        })
    }

    fn periods(self) -> usize {
        usize::try_from((self.until - self.from) / self.period).unwrap_or(0)
    }

    /// The period in which `at` of the measurements' clock lies.
    fn index(self, at: i64) -> Option<usize> {
        let index = (at - self.from).div_euclid(self.period);
        usize::try_from(index).ok().filter(|index| *index < self.periods())
    }

    fn at(self, index: usize) -> i64 {
        self.from + i64::try_from(index).unwrap_or(0) * self.period
    }
}

/// Both series of a metric's statistic.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) function: String,
    pub(super) metric: Metric,
    pub(super) statistic: Statistic,
    pub(super) measured: Vec<Option<f64>>,
    pub(super) simulated: Vec<Option<f64>>,
}

/// Each statistic of a function that both tell of.
pub(super) fn pairs(
    measured: &Measured,
    theirs: &str,
    simulated: &Simulated,
    ours: &str,
    axis: Axis,
    notes: &mut Vec<String>,
) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for metric in measured.metrics(theirs) {
        let usual = [
            Statistic::SampleCount,
            Statistic::Sum,
            Statistic::Average,
            Statistic::Minimum,
            Statistic::Maximum,
        ];
        let percentiles = measured.percentiles(theirs, metric).map(|(p, _)| Statistic::Percentile(p));
        for statistic in usual.into_iter().chain(percentiles.collect::<Vec<_>>()) {
            let Some(series) = measured.series(theirs, metric, statistic) else { continue };
            if let Some(reason) = cannot_compare(statistic, axis) {
                notes.push(format!("{theirs} {} {}: {reason}", metric.name(), name(statistic)));
                continue;
            }
            let mut pair = Pair {
                function: ours.to_owned(),
                metric,
                statistic,
                measured: collected(series, statistic, axis),
                simulated: made(simulated, ours, metric, statistic, axis),
            };
            pair.fill_sums();
            pairs.push(pair);
        }
    }
    pairs
}

fn cannot_compare(statistic: Statistic, axis: Axis) -> Option<&'static str> {
    match statistic {
        Statistic::Percentile(500 | 900 | 990) if axis.period == MINUTE && axis.measured_period == MINUTE => {
            None
        }
        Statistic::Percentile(500 | 900 | 990) => {
            Some("percentiles of minutes cannot be put together, so it is left out")
        }
        Statistic::Percentile(_) => Some("a run tells p50, p90 and p99 only, so it is left out"),
        _ => None,
    }
}

/// The measured samples, put together where several fall into a period.
fn collected(series: &Series, statistic: Statistic, axis: Axis) -> Vec<Option<f64>> {
    let mut periods = vec![Vec::new(); axis.periods()];
    for (at, value) in series {
        if let Some(index) = axis.index(*at) {
            periods[index].push((*value, 1.0));
        }
    }
    periods.into_iter().map(|values| together(statistic, &values)).collect()
}

/// The minutes of the run, put together.
fn made(
    simulated: &Simulated,
    function: &str,
    metric: Metric,
    statistic: Statistic,
    axis: Axis,
) -> Vec<Option<f64>> {
    let mut periods = vec![Vec::new(); axis.periods()];
    for (at, minute) in simulated.minutes.get(&(function.to_owned(), metric)).into_iter().flatten() {
        if let (Some(index), Some(value)) = (axis.index(at + axis.moved), minute.value(statistic)) {
            periods[index].push((value, minute.sample_count.unwrap_or(1.0)));
        }
    }
    periods.into_iter().map(|values| together(statistic, &values)).collect()
}

impl Minute {
    const fn value(&self, statistic: Statistic) -> Option<f64> {
        match statistic {
            Statistic::SampleCount => self.sample_count,
            Statistic::Sum => self.sum,
            Statistic::Average => self.average,
            Statistic::Minimum => self.minimum,
            Statistic::Maximum => self.maximum,
            Statistic::Percentile(500) => self.p50,
            Statistic::Percentile(900) => self.p90,
            Statistic::Percentile(990) => self.p99,
            Statistic::Percentile(_) => None,
        }
    }
}

/// One value of several, each with its weight.
fn together(statistic: Statistic, values: &[(f64, f64)]) -> Option<f64> {
    let numbers = || values.iter().map(|(value, _)| *value);
    let pick = |better: fn(f64, f64) -> bool| {
        numbers().reduce(|best, value| if better(value, best) { value } else { best })
    };
    match statistic {
        _ if values.len() < 2 => numbers().next(),
        Statistic::Sum | Statistic::SampleCount => Some(numbers().sum()),
        Statistic::Minimum => pick(|value, best| value < best),
        Statistic::Maximum => pick(|value, best| value > best),
        Statistic::Average | Statistic::Percentile(_) => {
            let weight: f64 = values.iter().map(|(_, weight)| weight).sum();
            let sum: f64 = values.iter().map(|(value, weight)| value * weight).sum();
            (weight > 0.0).then(|| sum / weight)
        }
    }
}

/// As people and CloudWatch call it.
pub(super) fn name(statistic: Statistic) -> String {
    match statistic {
        Statistic::SampleCount => "SampleCount".to_owned(),
        Statistic::Sum => "Sum".to_owned(),
        Statistic::Average => "Average".to_owned(),
        Statistic::Minimum => "Minimum".to_owned(),
        Statistic::Maximum => "Maximum".to_owned(),
        Statistic::Percentile(thousandths) if thousandths % 10 == 0 => format!("p{}", thousandths / 10),
        Statistic::Percentile(thousandths) => format!("p{}.{}", thousandths / 10, thousandths % 10),
    }
}

impl Pair {
    /// The unit of its values: samples are counted whatever they measure.
    pub(super) const fn unit(&self) -> Unit {
        if matches!(self.statistic, Statistic::SampleCount) { Unit::Count } else { self.metric.unit() }
    }

    /// Whether a picture of it tells what others do not: of counts their sum, or how many at most; of times what is
    /// usual and what is worst. How many samples there were, and that each counts one, is in other pictures.
    #[cfg(feature = "charts")]
    pub(super) fn is_telling(&self) -> bool {
        match (self.metric, self.statistic) {
            (Metric::ConcurrentExecutions, Statistic::Maximum) => true,
            (metric, Statistic::Sum) => metric.unit() == Unit::Count,
            (metric, Statistic::Average | Statistic::Maximum | Statistic::Percentile(_)) => {
                metric.unit() != Unit::Count
            }
            _ => false,
        }
    }

    /// Whether a period adds to a total.
    fn is_total(&self) -> bool {
        matches!(self.statistic, Statistic::SampleCount)
            || matches!(self.statistic, Statistic::Sum) && self.metric.unit() == Unit::Count
    }

    /// Without a sample there was nothing to count.
    fn fill_sums(&mut self) {
        if self.is_total() {
            for value in self.measured.iter_mut().chain(&mut self.simulated) {
                value.get_or_insert(0.0);
            }
        }
    }

    /// The distance; `None` if there is no period in which both tell something.
    #[expect(clippy::cast_precision_loss, reason = "a million periods at most")]
    pub(super) fn distance(&self, axis: Axis) -> Option<Distance> {
        let both: Vec<(usize, f64, f64)> = self
            .measured
            .iter()
            .zip(&self.simulated)
            .enumerate()
            .filter_map(|(at, (measured, simulated))| Some((at, (*measured)?, (*simulated)?)))
            .collect();
        let size = |value: f64| if value < 0.0 { -value } else { value };
        let periods = both.len() as f64;
        let measured: f64 = both.iter().map(|(_, measured, _)| measured).sum();
        let simulated: f64 = both.iter().map(|(_, _, simulated)| simulated).sum();
        let apart: f64 = both.iter().map(|(_, measured, simulated)| size(simulated - measured)).sum();
        let largest = both.iter().copied().reduce(|worst, next| {
            if size(next.2 - next.1) > size(worst.2 - worst.1) { next } else { worst }
        })?;
        let parts = if self.is_total() { 1.0 } else { periods };
        Some(Distance {
            function: self.function.clone(),
            metric: self.metric.name(),
            statistic: name(self.statistic),
            unit: self.unit().name(),
            periods: both.len(),
            measured: measured / parts,
            simulated: simulated / parts,
            mean_absolute_difference: apart / periods,
            share: (measured > 0.0).then(|| apart / measured),
            largest_difference: largest.2 - largest.1,
            largest_at: axis.at(largest.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(
        metric: Metric,
        statistic: Statistic,
        measured: &[Option<f64>],
        simulated: &[Option<f64>],
    ) -> Pair {
        let (measured, simulated) = (measured.to_vec(), simulated.to_vec());
        let mut pair = Pair { function: "f".to_owned(), metric, statistic, measured, simulated };
        pair.fill_sums();
        pair
    }

    const AXIS: Axis = Axis { period: 60, measured_period: 60, from: 600, until: 780, moved: 0 };

    #[test]
    fn the_distance_of_sums_counts_periods_without_samples_as_nothing() {
        let measured = [Some(10.0), None, Some(30.0)];
        let found =
            pair(Metric::Invocations, Statistic::Sum, &measured, &[Some(12.0), Some(4.0), Some(30.0)]);
        let found = found.distance(AXIS).unwrap();
        assert_eq!((found.periods, found.measured, found.simulated), (3, 40.0, 46.0));
        assert_eq!((found.mean_absolute_difference, found.share), (2.0, Some(0.15)));
        assert_eq!((found.largest_difference, found.largest_at), (4.0, 660));
    }

    #[test]
    fn the_distance_of_averages_leaves_out_periods_without_samples() {
        let measured = [Some(100.0), None, Some(300.0)];
        let found =
            pair(Metric::Duration, Statistic::Average, &measured, &[Some(90.0), Some(5.0), Some(330.0)]);
        let found = found.distance(AXIS).unwrap();
        assert_eq!((found.periods, found.measured, found.simulated), (2, 200.0, 210.0));
        assert_eq!((found.mean_absolute_difference, found.share), (20.0, Some(0.1)));
        assert_eq!((found.largest_difference, found.largest_at), (30.0, 720));
        let nothing = pair(Metric::Duration, Statistic::Average, &[None], &[Some(1.0)]);
        assert_eq!(nothing.distance(AXIS), None);
        let zero = pair(Metric::Errors, Statistic::Sum, &[Some(0.0)], &[Some(1.0)]).distance(AXIS).unwrap();
        assert_eq!((zero.share, zero.mean_absolute_difference), (None, 1.0));
    }

    #[test]
    fn values_of_several_periods_are_put_together_as_their_statistic_asks() {
        let values = [(2.0, 1.0), (6.0, 3.0)];
        let cases = [
            (Statistic::Sum, 8.0),
            (Statistic::SampleCount, 8.0),
            (Statistic::Minimum, 2.0),
            (Statistic::Maximum, 6.0),
            (Statistic::Average, 5.0),
        ];
        for (statistic, expected) in cases {
            assert_eq!(together(statistic, &values), Some(expected), "{statistic:?}");
            assert_eq!(together(statistic, &[]), None);
        }
    }

    fn simulated(times: &[i64]) -> Simulated {
        let minutes = times.iter().map(|at| (*at, Minute::default())).collect();
        Simulated { minutes: BTreeMap::from([(("f".to_owned(), Metric::Errors), minutes)]) }
    }

    fn measured(times: &[i64]) -> Measured {
        let mut measured = Measured::default();
        for at in times {
            measured.add("f", Metric::Errors, Statistic::Sum, *at, 1.0);
        }
        measured
    }

    #[test]
    fn the_time_compared_is_what_both_cover_or_starts_at_the_first_period_of_each() {
        let mut notes = Vec::new();
        let both = Axis::of(&measured(&[600, 660, 720]), &simulated(&[660, 780]), &mut notes).unwrap();
        assert_eq!((both.from, both.until, both.moved, notes.len()), (660, 780, 0, 0));
        let apart = Axis::of(&measured(&[6_000, 6_300]), &simulated(&[60, 120, 900]), &mut notes).unwrap();
        assert_eq!((apart.period, apart.from, apart.moved), (300, 6_000, 5_940));
        assert_eq!(notes.len(), 1);
        let fine = Axis::of(&measured(&[0, 10]), &simulated(&[0]), &mut notes).unwrap();
        assert_eq!((fine.period, fine.until, notes.len()), (60, 60, 2));
        assert_eq!(Axis::of(&Measured::default(), &simulated(&[0]), &mut notes), None);
    }
}
