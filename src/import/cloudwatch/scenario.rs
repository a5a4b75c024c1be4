//! A scenario that does what was measured, as far as metrics tell.

use super::super::book::{Book, Origin, Verdict};
use super::super::json_text::{Field, Item, Written, json_string};
use super::Options;
use super::estimate::{
    ErrorRates, Quantiles, Tally, bent, beside, error_rates, larger, mean, mixture, poison, smaller,
};
use super::measured::{MOST_PERIODS, Measured, Series, Statistic};
use crate::observe::metrics::Metric;
use crate::scenario::load::{Input, load};
use crate::scenario::problem::Severity;
use std::fmt::Write as _;

/// What is made.
#[derive(Default)]
pub(super) struct Made {
    pub(super) text: String,
    pub(super) arrivals: Vec<u8>,
    pub(super) functions: Vec<String>,
}

/// The most periods whose durations are looked at one by one; of more, evenly spread ones are.
const MOST_DURATIONS: usize = 2_000;
/// What AWS keeps for functions without a reservation.
const UNRESERVED: u64 = 100;
const ACCOUNT: u64 = 1_000;
/// Metrics that are results of the others, and serve for comparing.
const RESULTS: [Metric; 3] =
    [Metric::AsyncEventAge, Metric::DeadLetterErrors, Metric::DestinationDeliveryFailures];

/// Makes the scenario, its arrivals and the notes about them.
pub(super) fn make(measured: &Measured, options: &Options, book: &mut Book) -> Made {
    let Some((first, end)) = measured.span() else { return Made::default() };
    let period = measured.period();
    if (end - first) / period > MOST_PERIODS {
        let message = format!(
            "the samples span {} periods of {period} s; at most {MOST_PERIODS} are read",
            (end - first) / period
        );
        book.problem(Origin::new("", 0, ""), message, "import a shorter time, or longer periods");
        return Made::default();
    }
    let time = Time { first, end, period };
    let mut maker = Maker { measured, time, book };
    let functions: Vec<Estimated> = measured.functions().map(|name| maker.function(name)).collect();
    let fields = |arrivals: &dyn Fn(&Estimated) -> String| scenario(&functions, time, arrivals);
    let header = [
        "Made by `thirdtry import` from metrics of CloudWatch: what they do not say is assumed, as the report says."
            .to_owned(),
        format!("The arrivals stand in {}.", options.arrivals_file),
    ];
    // The file of arrivals does not exist yet: everything else is checked.
    let checked = Written::new(&header, &fields(&|_| r#"{ "poisson": { "rate": "1/s" } }"#.to_owned()));
    check(&checked.text, book);
    let counts = |function: &Estimated| {
        format!(
            r#"{{ "counts": {{ "csv": {}, "column": {}, "per": "{period}s" }} }}"#,
            json_string(&options.arrivals_file),
            json_string(&function.name)
        )
    };
    let written = Written::new(&header, &fields(&counts));
    Made {
        text: written.text,
        arrivals: table(&functions, time),
        functions: functions.into_iter().map(|function| function.name).collect(),
    }
}

fn check(text: &str, book: &mut Book) {
    let Err(rejected) = load(&Input::from_text("imported", text)) else { return };
    for problem in rejected.problems.iter().filter(|problem| problem.severity == Severity::Error) {
        let hint = problem.hint.clone().unwrap_or_else(|| "docs/scenario.md has the rule".to_owned());
        book.problem(Origin::new("", 0, &problem.path), problem.message.clone(), hint);
    }
}

/// The measured time, in seconds since 1970.
#[derive(Clone, Copy)]
struct Time {
    first: i64,
    end: i64,
    period: i64,
}

impl Time {
    fn periods(self) -> impl Iterator<Item = i64> {
        (0..(self.end - self.first) / self.period).map(move |n| self.first + n * self.period)
    }
}

/// What is known of a function.
struct Estimated {
    name: String,
    counts: Vec<u64>,
    duration: Option<String>,
    failures: Vec<String>,
    reserved: Option<u64>,
    retries: Option<u64>,
}

struct Maker<'a> {
    measured: &'a Measured,
    time: Time,
    book: &'a mut Book,
}

impl Maker<'_> {
    fn note(&mut self, verdict: Verdict, function: &str, text: impl Into<String>) {
        self.book.note(verdict, Origin::new("", 0, function), text);
    }

    fn sum(&self, function: &str, metric: Metric) -> Option<&Series> {
        self.measured.series(function, metric, Statistic::Sum)
    }

    fn total(&self, function: &str, metric: Metric) -> f64 {
        self.sum(function, metric).map_or(0.0, |series| series.values().sum())
    }

    fn function(&mut self, name: &str) -> Estimated {
        let counts = self.arrivals(name);
        let rates = self.error_rates(name);
        let (failures, retries) = self.failures(name, &rates);
        let duration = self.duration(name, &rates);
        let reserved = self.reserved(name);
        for metric in RESULTS
            .into_iter()
            .filter(|metric| self.measured.metrics(name).any(|known| known == *metric))
            .collect::<Vec<_>>()
        {
            let text = format!("{}: a result, to be compared with that of a run", metric.name());
            self.note(Verdict::Ignored, name, text);
        }
        Estimated { name: name.to_owned(), counts, duration, failures, reserved, retries }
    }

    /// The events of each period: those that were received, or else runs without those that retries explain.
    fn arrivals(&mut self, name: &str) -> Vec<u64> {
        let received = self.sum(name, Metric::AsyncEventsReceived).cloned();
        let is_received = received.is_some();
        let series = received.or_else(|| self.sum(name, Metric::Invocations).cloned()).unwrap_or_default();
        let errors = self.total(name, Metric::Errors);
        let runs = self.total(name, Metric::Invocations);
        let share = if runs > 0.0 { smaller(errors / runs, 1.0) } else { 0.0 };
        let divisor = if is_received { 1.0 } else { 1.0 + share + share * share };
        let counts: Vec<u64> = self
            .time
            .periods()
            .map(|at| rounded(series.get(&at).copied().unwrap_or(0.0) / divisor))
            .collect();
        let events = counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
        let gaps = counts.len() - series.len().min(counts.len());
        let what = if is_received { "AsyncEventsReceived" } else { "Invocations" };
        let text = format!("{what}: {events} events in {} periods of {} s", counts.len(), self.time.period);
        self.note(Verdict::Taken, name, text);
        if gaps > 0 {
            self.note(Verdict::Assumed, name, format!("{what}: no event in {gaps} periods without a sample"));
        }
        if !is_received {
            let text = format!(
                "there is no AsyncEventsReceived: all Invocations are taken for asynchronous, and divided by {divisor:.3} for retries"
            );
            self.note(Verdict::Assumed, name, text);
        } else if runs > 3.0 * self.total(name, Metric::AsyncEventsReceived) {
            let text =
                "Invocations are more than three for each event: synchronous ones among them are left out";
            self.note(Verdict::Assumed, name, text);
        }
        counts
    }

    /// How often runs failed, and when far more often than usual.
    fn error_rates(&mut self, name: &str) -> ErrorRates {
        let (Some(runs), Some(errors)) =
            (self.sum(name, Metric::Invocations), self.sum(name, Metric::Errors))
        else {
            self.note(Verdict::Assumed, name, "Errors and Invocations are not both there: no run fails");
            return ErrorRates::default();
        };
        let tally = |(at, runs): (&i64, &f64)| Tally {
            at: at - self.time.first,
            runs: *runs,
            errors: errors.get(at).copied().unwrap_or(0.0),
        };
        let tallies: Vec<Tally> = runs.iter().map(tally).collect();
        error_rates(&tallies, self.time.period)
    }

    /// What goes wrong in runs, and how often it is tried again where that shows.
    fn failures(&mut self, name: &str, rates: &ErrorRates) -> (Vec<String>, Option<u64>) {
        let (events, dropped) =
            (self.total(name, Metric::AsyncEventsReceived), self.total(name, Metric::AsyncEventsDropped));
        let (all, throttles) = (self.total(name, Metric::Errors), self.total(name, Metric::Throttles));
        let text = format!("Errors: {all:.0} of {:.0} runs", self.total(name, Metric::Invocations));
        self.note(Verdict::Taken, name, text);
        if events > 0.0 && all >= 10.0 && dropped >= 0.98 * all && throttles <= 0.0 {
            self.note(Verdict::Assumed, name, "each error dropped an event: MaximumRetryAttempts is 0");
            return (self.causes(name, rates), Some(0));
        }
        if all > 0.0 {
            self.note(Verdict::Assumed, name, "MaximumRetryAttempts is 2, which metrics do not tell");
        }
        if dropped > all {
            let text = "more events were dropped than runs failed: they grew too old, or the function was switched off; \
                        MaximumEventAgeInSeconds is taken for its default of 6 hours, which metrics do not tell";
            self.note(Verdict::Assumed, name, text);
        }
        let poisoned = poison(events, all, dropped).filter(|_| rates.windows.is_empty() && throttles <= 0.0);
        if let Some(poison) = poisoned {
            let text = format!(
                "AsyncEventsDropped: {dropped:.0} events, more than independent failures explain: a share of {:.5} always fails",
                poison.share
            );
            self.note(Verdict::Assumed, name, text);
            let causes = [("poison", poison.share), ("exception", poison.run)];
            let causes = causes.into_iter().filter(|(_, probability)| *probability >= 5e-7);
            return (causes.map(|(kind, probability)| cause(kind, probability, "")).collect(), None);
        }
        (self.causes(name, rates), None)
    }

    /// The distribution of durations: that of all periods together but those in which far more runs failed.
    fn duration(&mut self, name: &str, rates: &ErrorRates) -> Option<String> {
        let series = |statistic| self.measured.series(name, Metric::Duration, statistic);
        let average = series(Statistic::Average)
            .map(|averages| weighted(averages, self.sum(name, Metric::Invocations)));
        let all = self.quantiles(name);
        let is_usual = |at: i64| !rates.windows.iter().any(|(first, last, _)| (*first..=*last).contains(&at));
        let mut periods: Vec<_> = all.iter().filter(|(at, _)| is_usual(*at)).cloned().collect();
        if periods.is_empty() {
            periods = all;
        }
        if series(Statistic::Minimum).is_none() && !periods.is_empty() {
            let text = "Duration: there is no Minimum; the shortest runs take half of the lowest percentile";
            self.note(Verdict::Assumed, name, text);
        }
        match (periods.is_empty(), average) {
            (true, None) => {
                self.note(Verdict::Placeholder, name, "there is no Duration: runs take 100 ms");
                None
            }
            (true, Some(average)) => {
                let text = format!(
                    "Duration: exponential with its Average of {average:.3} ms, for want of percentiles"
                );
                self.note(Verdict::Assumed, name, text);
                Some(format!(
                    r#"{{ "exponential": {{ "mean": "{}" }} }}"#,
                    milliseconds(larger(average, 0.001))
                ))
            }
            (false, _) => {
                let (law, mean) = self.law(name, &periods);
                let text = format!(
                    "Duration: the percentiles of {} periods together, mean {mean:.3} ms",
                    periods.len()
                );
                self.note(Verdict::Taken, name, text);
                Some(law)
            }
        }
    }

    /// The law of some periods together, and its mean: the measured one, if there is an Average.
    fn law(&self, name: &str, periods: &[(i64, Quantiles)]) -> (String, f64) {
        let averages = self.measured.series(name, Metric::Duration, Statistic::Average);
        let quantiles: Vec<Quantiles> = periods.iter().map(|(_, quantiles)| quantiles.clone()).collect();
        let of_periods = averages.map(|averages| {
            let known = |(at, quantiles): &(i64, Quantiles)| {
                Some((averages.get(&(at + self.time.first))?, quantiles.weight))
            };
            let known: Vec<(&f64, f64)> = periods.iter().filter_map(known).collect();
            let all: f64 = known.iter().map(|(_, weight)| weight).sum();
            known.iter().map(|(average, weight)| *average * weight).sum::<f64>() / larger(all, f64::EPSILON)
        });
        let quantiles = match of_periods {
            Some(average) if average > 0.0 => mixture(&bent(&quantiles, average)),
            _ => mixture(&quantiles),
        };
        let points: Vec<String> =
            quantiles.iter().map(|(p, x)| format!("[{p}, \"{}\"]", milliseconds(*x))).collect();
        (format!(r#"{{ "empirical": {{ "quantiles": [{}] }} }}"#, points.join(", ")), mean(&quantiles))
    }

    /// Failures with their windows, the usual one last. What runs take in a window is its own law.
    fn causes(&self, name: &str, rates: &ErrorRates) -> Vec<String> {
        let all = self.quantiles(name);
        let mut causes = Vec::new();
        for (first, last, probability) in &rates.windows {
            let inside: Vec<_> =
                all.iter().filter(|(at, _)| (*first..=*last).contains(at)).cloned().collect();
            let mut more = format!(r#", "during": ["{first}s", "{}s"]"#, last + self.time.period);
            if !inside.is_empty() {
                let _ = write!(more, r#", "duration": {}"#, self.law(name, &inside).0);
            }
            causes.push(cause("exception", beside(rates.base, *probability), &more));
        }
        if rates.base > 0.0 {
            causes.push(cause("exception", rates.base, ""));
        }
        causes
    }

    /// The known quantiles of each period that has a percentile, and when it began.
    fn quantiles(&self, name: &str) -> Vec<(i64, Quantiles)> {
        let series = |statistic| self.measured.series(name, Metric::Duration, statistic);
        let percentiles: Vec<(u16, &Series)> = self.measured.percentiles(name, Metric::Duration).collect();
        let (lowest, highest) = (series(Statistic::Minimum), series(Statistic::Maximum));
        let times: Vec<i64> =
            percentiles.first().map_or(Vec::new(), |(_, series)| series.keys().copied().collect());
        let stride = times.len().div_ceil(MOST_DURATIONS).max(1);
        let runs = self.sum(name, Metric::Invocations);
        let mut periods = Vec::new();
        for at in times.into_iter().step_by(stride) {
            let inner = percentiles
                .iter()
                .filter_map(|(p, series)| Some((f64::from(*p) / 1_000.0, *series.get(&at)?)));
            let mut points: Vec<(f64, f64)> = inner.collect();
            let first = points.first().map_or(0.0, |point| point.1);
            let least = lowest.and_then(|series| series.get(&at)).copied().unwrap_or(0.5 * first);
            let greatest = points.last().map_or(0.0, |point| point.1);
            let most = highest.and_then(|series| series.get(&at)).copied().unwrap_or(greatest);
            points.retain(|(p, _)| *p > 0.0 && *p < 1.0);
            points.insert(0, (0.0, least));
            points.push((1.0, most));
            // Rounded figures may be out of order by their last digit.
            for at in 1..points.len() {
                points[at].1 = larger(points[at].1, points[at - 1].1);
            }
            let weight = runs.map_or(1.0, |runs| runs.get(&at).copied().unwrap_or(0.0));
            if weight > 0.0 {
                periods.push((at - self.time.first, Quantiles { points, weight }));
            }
        }
        periods
    }

    /// Throttles tell that there was a limit; how many ran at once while it held, which one.
    fn reserved(&mut self, name: &str) -> Option<u64> {
        let throttles = self.sum(name, Metric::Throttles)?;
        let all: f64 = throttles.values().sum();
        if all <= 0.0 {
            return None;
        }
        let at_once = self.measured.series(name, Metric::ConcurrentExecutions, Statistic::Maximum);
        let while_throttled = throttles.iter().filter(|(_, count)| **count > 0.0).map(|(at, _)| at);
        let most = at_once
            .and_then(|series| while_throttled.filter_map(|at| series.get(at)).copied().reduce(larger));
        let Some(most) = most.filter(|most| *most >= 1.0) else {
            let text = format!(
                "Throttles: {all:.0}, but without ConcurrentExecutions their limit is not known: nothing throttles"
            );
            self.note(Verdict::Ignored, name, text);
            return None;
        };
        let limit = rounded(most);
        let text = format!(
            "Throttles: {all:.0}, while at most {limit} ran at once: ReservedConcurrentExecutions is {limit}"
        );
        self.note(Verdict::Assumed, name, text);
        Some(limit)
    }
}

fn cause(kind: &str, probability: f64, during: &str) -> String {
    format!(r#"{{ "{kind}": {{ "probability": {probability:.6}{during} }} }}"#)
}

/// The mean of `values`, each as heavy as the runs of its period.
fn weighted(values: &Series, runs: Option<&Series>) -> f64 {
    let weight = |at: &i64| runs.map_or(1.0, |runs| runs.get(at).copied().unwrap_or(0.0));
    let all: f64 = values.keys().map(weight).sum();
    let sum: f64 = values.iter().map(|(at, value)| value * weight(at)).sum();
    if all > 0.0 { sum / all } else { 0.0 }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn rounded(value: f64) -> u64 {
    (value.clamp(0.0, 1e15) + 0.5).floor() as u64
}

/// Milliseconds as a duration, to the microsecond.
fn milliseconds(value: f64) -> String {
    let micros = rounded(value * 1_000.0);
    format!("{}.{:03}ms", micros / 1_000, micros % 1_000)
}

fn scenario(functions: &[Estimated], time: Time, arrivals: &dyn Fn(&Estimated) -> String) -> Vec<Field> {
    let start =
        jiff::Timestamp::from_second(time.first).map_or_else(|_| String::new(), |start| start.to_string());
    let mut fields = vec![
        Field::inline("version", "1"),
        Field::text("description", &format!("Measured from {start} on, for {} s", time.end - time.first)),
        Field::inline("seed", "1"),
        Field::text("start", &start),
        Field::text("arrivals_end", &format!("{}s", time.end - time.first)),
    ];
    let reserved: u64 = functions.iter().filter_map(|function| function.reserved).sum();
    if reserved + UNRESERVED > ACCOUNT {
        let inner = vec![Field::inline("concurrency", (reserved + UNRESERVED).to_string())];
        fields.push(Field::new("account", Item::Object(inner)).above("room for what is reserved"));
    }
    let entries =
        functions.iter().map(|function| Field::new(function.name.clone(), Item::Object(settings(function))));
    fields.push(Field::new("functions", Item::Object(entries.collect())));
    let sources = functions.iter().map(|function| {
        let inner = vec![
            Field::text("to", &function.name),
            Field::inline("direct", "{}"),
            Field::inline("arrivals", arrivals(function)),
        ];
        Field::new(format!("{}-events", function.name), Item::Object(inner))
    });
    fields.push(Field::new("sources", Item::Object(sources.collect())));
    fields
}

fn settings(function: &Estimated) -> Vec<Field> {
    let mut fields = Vec::new();
    fields.extend(
        function.reserved.map(|reserved| Field::inline("ReservedConcurrentExecutions", reserved.to_string())),
    );
    // Runs as long as the longest that was measured must not be cut off.
    fields.push(Field::inline("Timeout", "900").behind("no limit of its own: durations are as measured"));
    if let Some(retries) = function.retries {
        let inner = vec![Field::inline("MaximumRetryAttempts", retries.to_string())];
        fields.push(Field::new("EventInvokeConfig", Item::Object(inner)));
    }
    fields.extend(function.duration.as_ref().map(|duration| Field::inline("duration", duration.clone())));
    fields.push(Field::inline("failures", format!("[{}]", function.failures.join(", "))));
    fields
}

/// A row for each period, a column for each function; the first column says when.
fn table(functions: &[Estimated], time: Time) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = std::iter::once("timestamp").chain(functions.iter().map(|function| function.name.as_str()));
    writer.write_record(header).expect("memory takes everything");
    for (n, at) in time.periods().enumerate() {
        let label = jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |at| at.to_string());
        let counts = functions.iter().map(|function| function.counts[n].to_string());
        writer.write_record(std::iter::once(label).chain(counts)).expect("memory takes everything");
    }
    writer.into_inner().expect("memory takes everything")
}
