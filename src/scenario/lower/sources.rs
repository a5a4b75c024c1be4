//! Sources and their arrivals, and how many events to expect of them.

use super::fields::{Fields, moment};
use super::{Lowering, Span};
use crate::scenario::problem::quoted;
use crate::scenario::source::MAX_EVENTS;
use crate::scenario::trace::{Measure, Recording, TimeUnit, TraceError};
use crate::scenario::{
    Arrivals, End, InvocationType, Profile, RateCurve, RateSegment, Source, SourceKind, Targets, units,
};
use crate::time::{SimDuration, SimTime};
use std::path::Path;

/// Lambda takes asynchronous events of up to 1 MiB and synchronous ones of up to 6 MB.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_ASYNC_EVENT_BYTES: u64 = 1024 * 1024;
const MAX_SYNC_EVENT_BYTES: u64 = 6 * 1024 * 1024;
const TOO_MANY_HINT: &str = "lower the rate, or shorten the run by `until`, `max_events` or `arrivals_end`";

impl<'a> Lowering<'a> {
    pub(super) fn sources(
        &mut self,
        root: &Fields<'a, '_>,
        span: &Span,
        profile: Option<Profile>,
    ) -> Vec<Option<Source>> {
        let mut total = 0.0;
        let mut sources = Vec::new();
        for (name, fields) in root.entries("sources") {
            let source = self.source(name, &fields, profile);
            let within_limits = source.and_then(|source| {
                total += self.expected_events(&source, span, &fields)?;
                Some(bounded(source))
            });
            sources.push(within_limits);
        }
        if total > as_float(MAX_EVENTS) {
            self.error(
                "sources",
                format!("about {total:.0} events are expected in total; at most {MAX_EVENTS} are simulated"),
                TOO_MANY_HINT,
            );
        }
        sources
    }

    fn source(&mut self, name: &str, fields: &Fields<'a, '_>, profile: Option<Profile>) -> Option<Source> {
        let to = self.targets(fields);
        let kind = self.source_kind(fields);
        let arrivals = self.arrivals(&fields.record("arrivals"));
        let invocation = match fields.text("invocation") {
            Some("sync") => InvocationType::RequestResponse,
            _ => InvocationType::Event,
        };
        self.check_fan_out(fields, to.as_ref(), invocation, kind);
        let retry = kind.and_then(|kind| self.caller_retry(fields, kind, invocation, profile));
        let payload = self.payload(fields, invocation);
        let (from, until) = (fields.moment("from"), fields.optional("until", Fields::moment));
        if let (Some(from), Some(Some(until))) = (from, until)
            && until <= from
        {
            let message =
                format!("the source ends at {} before it begins at {}", span_of(until), span_of(from));
            self.error(&fields.at("until"), message, "`until` must come after `from`");
        }
        let Recorded { arrivals, durations: recorded_durations } = arrivals?;
        Some(Source {
            name: name.to_owned(),
            to: to?,
            invocation,
            kind: kind?,
            retry: retry?,
            payload_bytes: payload?,
            from: from?,
            until: until?,
            max_events: fields.optional("max_events", Fields::integer)?,
            arrivals,
            recorded_durations,
        })
    }

    fn targets(&mut self, fields: &Fields<'a, '_>) -> Option<Targets> {
        if fields.given_elements("to").is_some() {
            return self.function_references(fields, "to").map(Targets::Each);
        }
        self.function_reference(fields, "to").map(Targets::One)
    }

    /// Who cannot send one event to several functions: a caller that waits for one answer, and a bucket, whose
    /// notifications for one kind of object go to one place
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/NotificationHowTo.html>).
    fn check_fan_out(
        &mut self,
        fields: &Fields<'a, '_>,
        to: Option<&Targets>,
        invocation: InvocationType,
        kind: Option<SourceKind>,
    ) {
        if to.is_none_or(|to| to.functions().len() < 2) {
            return;
        }
        let (message, hint) = match (invocation, kind) {
            (InvocationType::RequestResponse, _) => {
                ("a synchronous caller waits for one function", "write one source for each function")
            }
            (InvocationType::Event, Some(SourceKind::S3)) => (
                "a bucket notifies one function of an object, not several",
                "let an sns topic or an eventbridge bus stand between",
            ),
            (InvocationType::Event, _) => return,
        };
        self.error(&fields.at("to"), message, hint);
    }

    fn payload(&mut self, fields: &Fields<'a, '_>, invocation: InvocationType) -> Option<u64> {
        let bytes = fields.size("size")?;
        let (limit, word) = match invocation {
            InvocationType::Event => (MAX_ASYNC_EVENT_BYTES, "asynchronous"),
            InvocationType::RequestResponse => (MAX_SYNC_EVENT_BYTES, "synchronous"),
        };
        if bytes > limit {
            let message = format!(
                "Lambda takes {word} events of up to {}, not {}",
                units::size_text(limit),
                units::size_text(bytes)
            );
            self.error(&fields.at("size"), message, "such a call is refused before it becomes an event");
            return None;
        }
        Some(bytes)
    }

    fn source_kind(&mut self, fields: &Fields<'a, '_>) -> Option<SourceKind> {
        let kinds = [
            ("direct", SourceKind::Direct),
            ("s3", SourceKind::S3),
            ("sns", SourceKind::Sns),
            ("eventbridge", SourceKind::EventBridge),
        ];
        let given: Vec<_> = kinds.into_iter().filter(|(key, _)| fields.has(key)).collect();
        match given.as_slice() {
            [] => Some(SourceKind::Direct),
            [(_, kind)] => Some(*kind),
            [_, (second, _), ..] => {
                let keys = given.iter().map(|(key, _)| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
                self.error(
                    &fields.at(second),
                    format!("a source is of one kind, not {keys}"),
                    "keep one of them",
                );
                None
            }
        }
    }

    /// How many events the source will send, about; `None` if that is too many or never ends.
    fn expected_events(&mut self, source: &Source, span: &Span, fields: &Fields<'a, '_>) -> Option<f64> {
        let run_end = match span.end? {
            End::Drained => None,
            End::At(end) => Some(end),
        };
        let last = [source.until, span.arrivals_end?, run_end].into_iter().flatten().min();
        if last.is_none() && source.max_events.is_none() && is_endless(&source.arrivals) {
            let message = "the source never stops, and so the run never ends";
            self.error(&fields.path(), message, "add `until` or `max_events` to it, or `arrivals_end` to the scenario, or let `end` be a time");
            return None;
        }
        let last = last.unwrap_or(SimTime::MAX);
        if last <= source.from {
            self.warning(
                &fields.path(),
                "the source sends nothing: it begins when all arrivals have ended",
                "let `from` be earlier",
            );
            return Some(0.0);
        }
        let expected = source.expected_within(last.since(source.from));
        if expected > as_float(MAX_EVENTS) {
            let message =
                format!("about {expected:.0} events are expected; at most {MAX_EVENTS} are simulated");
            self.error(&fields.path(), message, TOO_MANY_HINT);
            return None;
        }
        Some(expected)
    }

    fn arrivals(&mut self, choice: &Fields<'a, '_>) -> Option<Recorded> {
        let (key, fields) = choice.variant()?;
        let arrivals = match key {
            "trace" => return self.trace(&fields),
            "constant" => self.constant(&fields),
            "poisson" => Some(Arrivals::Poisson(steady(fields.rate("rate")?.per_second()))),
            "steps" => self.curve(&fields, "levels", steps),
            "ramp" => self.curve(&fields, "points", ramp),
            "times" => self.times(&fields),
            _ => self.counts(&fields),
        };
        arrivals.map(|arrivals| Recorded { arrivals, durations: None })
    }

    fn constant(&mut self, fields: &Fields<'a, '_>) -> Option<Arrivals> {
        let interval = match (fields.has("rate"), fields.has("every")) {
            (true, false) => {
                let interval = fields.rate("rate")?.interval();
                if interval.is_none() {
                    self.error(&fields.at("rate"), "less than one event in 100 years", "write a higher rate");
                }
                interval?
            }
            (false, true) => fields.duration("every")?,
            _ => {
                self.error(
                    &fields.path(),
                    "exactly one of `rate` and `every` is needed",
                    "write e.g. `{ \"rate\": \"20/s\" }`",
                );
                return None;
            }
        };
        Some(Arrivals::Constant { interval })
    }

    fn curve(
        &mut self,
        fields: &Fields<'a, '_>,
        key: &'static str,
        build: fn(&[(SimTime, f64)]) -> Vec<RateSegment>,
    ) -> Option<Arrivals> {
        let point = |point: &Fields<'a, '_>| Some((point.moment("at")?, point.rate("rate")?.per_second()));
        let points: Vec<(SimTime, f64)> =
            fields.given_elements(key)?.iter().map(point).collect::<Option<_>>()?;
        if let Some(at) = points.windows(2).position(|two| two[0].0 >= two[1].0) {
            let path = format!("{}[{}].at", fields.at(key), at + 1);
            let message =
                format!("{} does not come after {}", span_of(points[at + 1].0), span_of(points[at].0));
            self.error(&path, message, "list them in order of time");
            return None;
        }
        let segments = build(&points);
        if segments.iter().all(|segment| segment.start_rate <= 0.0 && segment.end_rate <= 0.0) {
            self.error(
                &fields.path(),
                "the rate is never above 0: nothing is ever sent",
                "write a rate above 0",
            );
            return None;
        }
        let curve = RateCurve { segments };
        Some(if fields.text("spacing")? == "even" { Arrivals::Even(curve) } else { Arrivals::Poisson(curve) })
    }

    fn times(&mut self, fields: &Fields<'a, '_>) -> Option<Arrivals> {
        let times: Vec<SimTime> =
            fields.value.elements().unwrap_or_default().iter().map(moment).collect::<Option<_>>()?;
        if let Some(at) = times.windows(2).position(|two| two[0] > two[1]) {
            let message = format!("{} comes before {}", span_of(times[at + 1]), span_of(times[at]));
            self.error(&format!("{}[{}]", fields.path(), at + 1), message, "list the times in order");
            return None;
        }
        Some(Arrivals::Times(times.into()))
    }

    fn trace(&mut self, fields: &Fields<'a, '_>) -> Option<Recorded> {
        let column = fields.optional("column", Fields::text)?;
        let unit = fields.optional("unit", |fields, key| TimeUnit::named(fields.text(key)?))?;
        let measure = self.measure(fields)?;
        let recording = self.recording(fields)?;
        let times = recording.times(column, unit);
        let times = self.or_report(times, &fields.path())?;
        let durations = measure.map(|measure| recording.durations(&times, measure, unit)).transpose();
        let durations = self.or_report(durations, &fields.path())?;
        Some(Recorded { arrivals: Arrivals::Times(times.into()), durations: durations.map(Into::into) })
    }

    /// By which column a recording tells how long each call took, if it does.
    #[expect(clippy::option_option, reason = "absent, wrong and present are three things")]
    fn measure(&mut self, fields: &Fields<'a, '_>) -> Option<Option<Measure<'a>>> {
        let end = fields.optional("end_column", Fields::text)?.map(Measure::EndsIn);
        let duration = fields.optional("duration_column", Fields::text)?.map(Measure::TakesAsIn);
        if end.is_some() && duration.is_some() {
            let message = "the durations are given by `end_column` and by `duration_column`";
            self.error(&fields.at("duration_column"), message, "keep one of the two");
            return None;
        }
        Some(end.or(duration))
    }

    fn counts(&mut self, fields: &Fields<'a, '_>) -> Option<Arrivals> {
        let column = fields.optional("column", Fields::text)?;
        let period = fields.duration("per")?;
        let even = fields.text("spacing")? == "even";
        let recording = self.recording(fields)?;
        let counts = recording.counts(column);
        let counts = self.or_report(counts, &fields.path())?;
        if period
            .as_nanos()
            .checked_mul(counts.len() as u64)
            .is_none_or(|nanos| nanos > SimTime::MAX.as_nanos())
        {
            let message = format!("{} periods of {period} are longer than 100 years", counts.len());
            self.error(&fields.at("per"), message, "write a shorter period");
            return None;
        }
        Some(Arrivals::Counts { period, counts: counts.into(), even })
    }

    fn recording(&mut self, fields: &Fields<'a, '_>) -> Option<Recording> {
        let name = fields.text("csv")?;
        let path = Path::new(name);
        let file = match self.folder {
            Some(folder) => folder.join(path),
            None if path.is_absolute() => path.to_owned(),
            None => {
                let message =
                    format!("{} is relative, but this scenario does not lie in a folder", quoted(name));
                self.error(
                    &fields.at("csv"),
                    message,
                    "write an absolute path, or save the scenario to a file",
                );
                return None;
            }
        };
        let recording = Recording::read(name, &file);
        let recording = self.or_report(recording, &fields.at("csv"))?;
        self.recordings.push(recording.digest());
        Some(recording)
    }

    fn or_report<T>(&mut self, result: Result<T, TraceError>, path: &str) -> Option<T> {
        result.map_err(|error| self.error(path, error.message, error.hint)).ok()
    }
}

/// Arrivals, and how long the runs of each event take where a recording tells.
struct Recorded {
    arrivals: Arrivals,
    durations: Option<std::sync::Arc<[SimDuration]>>,
}

fn span_of(at: SimTime) -> SimDuration {
    at.since(SimTime::ZERO)
}

#[expect(clippy::cast_precision_loss, reason = "estimates only")]
fn as_float(count: u64) -> f64 {
    count as f64
}

fn steady(rate: f64) -> RateCurve {
    RateCurve { segments: steps(&[(SimTime::ZERO, rate)]) }
}

/// A constant rate from each level to the next; the last level lasts, unless it is zero.
fn steps(levels: &[(SimTime, f64)]) -> Vec<RateSegment> {
    let ends = levels.iter().skip(1).map(|(at, _)| Some(*at)).chain([None]);
    let piece = |(&(start, rate), end)| RateSegment { start, end, start_rate: rate, end_rate: rate };
    levels
        .iter()
        .zip(ends)
        .map(piece)
        .filter(|segment| segment.end.is_some() || segment.start_rate > 0.0)
        .collect()
}

/// A straight line from each point to the next; the last rate lasts, unless it is zero.
fn ramp(points: &[(SimTime, f64)]) -> Vec<RateSegment> {
    let line = |two: &[(SimTime, f64)]| RateSegment {
        start: two[0].0,
        end: Some(two[1].0),
        start_rate: two[0].1,
        end_rate: two[1].1,
    };
    let last = points.last().map(|point| steps(&[*point])).unwrap_or_default();
    points.windows(2).map(line).chain(last).collect()
}

/// A source that only a number of events would stop stops after 100 years as well, so that times stay in range.
fn bounded(source: Source) -> Source {
    let last = is_endless(&source.arrivals).then_some(SimTime::MAX);
    Source { until: source.until.or(last), ..source }
}

fn is_endless(arrivals: &Arrivals) -> bool {
    match arrivals {
        Arrivals::Constant { .. } => true,
        Arrivals::Poisson(curve) | Arrivals::Even(curve) => {
            curve.segments.last().is_some_and(|last| last.end.is_none())
        }
        Arrivals::Times(_) | Arrivals::Counts { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SimTime {
        SimTime::ZERO + units::duration(text).expect(text)
    }

    fn segment(start: &str, end: Option<&str>, start_rate: f64, end_rate: f64) -> RateSegment {
        RateSegment { start: at(start), end: end.map(at), start_rate, end_rate }
    }

    #[test]
    fn levels_and_points_become_pieces_without_gaps() {
        let levels = [(at("1m"), 1.0), (at("2m"), 5.0)];
        let pieces = [segment("1m", Some("2m"), 1.0, 1.0), segment("2m", None, 5.0, 5.0)];
        assert_eq!(steps(&levels), pieces);
        let pieces = [segment("1m", Some("2m"), 1.0, 5.0), segment("2m", None, 5.0, 5.0)];
        assert_eq!(ramp(&levels), pieces);
        assert_eq!(ramp(&[levels[0], (at("2m"), 0.0)]), [segment("1m", Some("2m"), 1.0, 0.0)]);
    }

    #[test]
    fn a_curve_that_ends_in_zero_comes_to_an_end() {
        let endless =
            |points: &[(SimTime, f64)]| is_endless(&Arrivals::Even(RateCurve { segments: steps(points) }));
        assert!(endless(&[(at("0s"), 1.0)]));
        assert!(!endless(&[(at("0s"), 1.0), (at("1m"), 0.0)]));
    }
}
