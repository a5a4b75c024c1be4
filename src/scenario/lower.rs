//! From a checked value to a [`Scenario`]: names become ids, texts become numbers, and everything that needs more than
//! one setting to judge is judged here.
//!
//! Every function returns `None` where something is wrong, after reporting it; reading goes on, so that all problems
//! come at once. A `null` in the checked value has been reported already.

use super::problem::{Problem, did_you_mean, quoted};
use super::shape::{Checked, Spans, join};
use super::trace::{Recording, TimeUnit, TraceError};
use super::units;
use super::{
    Account, AgeCheck, Architecture, Arrivals, DeliveryFailure, DeliveryFailureCause, Destination,
    DestinationKind, End, FailureCause, FailureKind, Fault, FaultKind, Function, InvocationType, Jitter,
    Probability, Profile, RateCurve, RateSegment, Scenario, SnsOversize, Source, SourceKind,
    TerminalPrecedence, Timing, Windows,
};
use crate::id::{DestinationId, FunctionId};
use crate::random::distribution::Distribution;
use crate::random::{Seed, math};
use crate::time::{SimDuration, SimTime};
use serde_json::Value as Json;
use std::path::Path;

/// The most events that a scenario may be expected to send.
pub const MAX_EVENTS: u64 = 10_000_000_000;

/// Lambda takes asynchronous events of up to 1 MiB and synchronous ones of up to 6 MB.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_ASYNC_EVENT_BYTES: u64 = 1024 * 1024;
const MAX_SYNC_EVENT_BYTES: u64 = 6 * 1024 * 1024;

/// What lowering found.
pub(super) struct Lowered {
    /// The scenario, if nothing is wrong.
    pub(super) scenario: Option<Scenario>,
    /// Errors and warnings.
    pub(super) problems: Vec<Problem>,
    /// The SHA-256 of each recording, in the order of the sources.
    pub(super) recordings: Vec<[u8; 32]>,
}

/// Lowers a whole scenario called `name`; relative paths of recordings count from `folder`.
pub(super) fn lower(name: &str, checked: &Checked, folder: Option<&Path>) -> Lowered {
    let root = Fields {
        value: &checked.resolved,
        path: String::new(),
    };
    let mut lowering = Lowering {
        spans: &checked.spans,
        folder,
        functions: root.keys("functions"),
        destinations: root.keys("destinations"),
        problems: Vec::new(),
        recordings: Vec::new(),
    };
    let scenario = lowering.scenario(name, &root);
    Lowered {
        scenario,
        problems: lowering.problems,
        recordings: lowering.recordings,
    }
}

/// A record of the checked value with its path.
#[derive(Clone)]
struct Fields<'a> {
    value: &'a Json,
    path: String,
}

impl<'a> Fields<'a> {
    fn at(&self, key: &str) -> String {
        join(&self.path, key)
    }

    fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    fn integer(&self, key: &str) -> Option<u64> {
        self.value.get(key)?.as_u64()
    }

    fn integer32(&self, key: &str) -> Option<u32> {
        u32::try_from(self.integer(key)?).ok()
    }

    fn real(&self, key: &str) -> Option<f64> {
        self.value.get(key)?.as_f64()
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.value.get(key)?.as_bool()
    }

    fn duration(&self, key: &str) -> Option<SimDuration> {
        duration(self.value.get(key)?)
    }

    fn moment(&self, key: &str) -> Option<SimTime> {
        moment(self.value.get(key)?)
    }

    fn size(&self, key: &str) -> Option<u64> {
        units::size(self.text(key)?).ok()
    }

    fn rate(&self, key: &str) -> Option<units::Rate> {
        units::rate(self.text(key)?).ok()
    }

    /// `Some(None)` if the key is absent, `None` if its value is wrong.
    #[expect(clippy::option_option, reason = "absent, wrong and present are three things")]
    fn optional<T>(&self, key: &str, read: impl FnOnce(&Self, &str) -> Option<T>) -> Option<Option<T>> {
        if self.has(key) {
            read(self, key).map(Some)
        } else {
            Some(None)
        }
    }

    /// The record behind `key`; a value without fields if that is wrong.
    fn record(&self, key: &str) -> Self {
        Self {
            value: self.value.get(key).unwrap_or(&Json::Null),
            path: self.at(key),
        }
    }

    /// The one key of a choice and what stands behind it.
    fn variant(&self) -> Option<(&'a str, Self)> {
        let (key, value) = self.value.as_object()?.iter().next()?;
        Some((
            key,
            Self {
                value,
                path: self.at(key),
            },
        ))
    }

    fn elements(&self, key: &str) -> Vec<Self> {
        self.record(key).list()
    }

    fn list(&self) -> Vec<Self> {
        let elements = self.value.as_array().map_or(&[][..], Vec::as_slice);
        let field = |(at, value)| Self {
            value,
            path: format!("{}[{at}]", self.path),
        };
        elements.iter().enumerate().map(field).collect()
    }

    fn entries(&self, key: &str) -> Vec<(&'a str, Self)> {
        let path = self.at(key);
        let entries = self
            .value
            .get(key)
            .and_then(Json::as_object)
            .into_iter()
            .flatten();
        entries
            .map(|(name, value)| {
                (
                    name.as_str(),
                    Self {
                        value,
                        path: join(&path, name),
                    },
                )
            })
            .collect()
    }

    fn keys(&self, key: &str) -> Vec<&'a str> {
        self.entries(key).into_iter().map(|(name, _)| name).collect()
    }
}

fn duration(value: &Json) -> Option<SimDuration> {
    units::duration(value.as_str()?).ok()
}

fn moment(value: &Json) -> Option<SimTime> {
    duration(value).map(|span| SimTime::from_nanos(span.as_nanos()))
}

struct Lowering<'a> {
    spans: &'a Spans,
    folder: Option<&'a Path>,
    /// The names in the order of their ids.
    functions: Vec<&'a str>,
    destinations: Vec<&'a str>,
    problems: Vec<Problem>,
    recordings: Vec<[u8; 32]>,
}

impl<'a> Lowering<'a> {
    fn error(&mut self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.problems
            .push(Problem::error(path, self.spans.of(path), message).with_hint(hint));
    }

    fn warning(&mut self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.problems
            .push(Problem::warning(path, self.spans.of(path), message).with_hint(hint));
    }

    fn scenario(&mut self, name: &str, root: &Fields<'a>) -> Option<Scenario> {
        let timing_fields = root.record("timing");
        let timing = timing(&timing_fields);
        let delivery_latency = timing_fields.duration("delivery_latency");
        let account = account(&root.record("account"));
        let span = Span {
            arrivals_end: root.optional("arrivals_end", Fields::moment),
            end: end(root),
        };
        let destinations = self.destinations(root, delivery_latency);
        let functions = self.functions(root, &destinations);
        let sources = self.sources(root, &span);
        let faults = self.faults(root);
        self.reservations(root, account);
        self.refuse_loops(&functions, &destinations);
        self.expectations(root);
        Some(Scenario {
            name: name.to_owned(),
            description: root.text("description")?.to_owned(),
            seed: Seed(root.integer("seed")?),
            start_epoch_ms: root
                .text("start")?
                .parse::<jiff::Timestamp>()
                .ok()?
                .as_millisecond(),
            arrivals_end: span.arrivals_end?,
            end: span.end?,
            profile: profile(root.text("profile")?)?,
            timing: timing?,
            account: account?,
            functions: functions.into_iter().collect::<Option<_>>()?,
            sources: sources.into_iter().collect::<Option<_>>()?,
            destinations: destinations.into_iter().collect::<Option<_>>()?,
            faults: faults.into_iter().collect::<Option<_>>()?,
        })
    }

    fn expectations(&mut self, root: &Fields<'a>) {
        let count = root.elements("expect").len();
        if count > 0 {
            let message = format!("{count} expectations are kept, but `run` does not evaluate them");
            self.warning("expect", message, "compare them with the summary yourself");
        }
    }

    // --- names ---------------------------------------------------------------------------------------------------

    /// The position of the name that `reference` is or, if it is an ARN, ends in.
    fn resolve(&mut self, reference: &str, path: &str, noun: &str, names: &[&str]) -> Option<u16> {
        let name = name_of(reference);
        let found = names
            .iter()
            .position(|known| *known == reference)
            .or_else(|| names.iter().position(|known| *known == name));
        if found.is_none() {
            let hint = match did_you_mean(name, names.iter().copied()) {
                Some(guess) => format!("did you mean `{guess}`?"),
                None => format!("add it under `{noun}s`, or name one of those there"),
            };
            self.error(path, format!("there is no {noun} {}", quoted(name)), hint);
        }
        found.and_then(|at| u16::try_from(at).ok())
    }

    fn function_reference(&mut self, fields: &Fields<'a>, key: &str) -> Option<FunctionId> {
        let names = self.functions.clone();
        self.resolve(fields.text(key)?, &fields.at(key), "function", &names)
            .map(FunctionId)
    }

    fn destination_reference(&mut self, fields: &Fields<'a>, key: &str) -> Option<DestinationId> {
        let names = self.destinations.clone();
        self.resolve(fields.text(key)?, &fields.at(key), "destination", &names)
            .map(DestinationId)
    }

    // --- functions -----------------------------------------------------------------------------------------------

    fn functions(
        &mut self,
        root: &Fields<'a>,
        destinations: &[Option<Destination>],
    ) -> Vec<Option<Function>> {
        let entries = root.entries("functions");
        entries
            .into_iter()
            .map(|(name, fields)| self.function(name, &fields, destinations))
            .collect()
    }

    fn function(
        &mut self,
        name: &str,
        fields: &Fields<'a>,
        destinations: &[Option<Destination>],
    ) -> Option<Function> {
        let invoke = fields.record("EventInvokeConfig");
        let routes = invoke.record("DestinationConfig");
        let on_success = self.route(&routes, "OnSuccess", "Destination");
        let on_failure = self.route(&routes, "OnFailure", "Destination");
        let dead_letter = self.route(fields, "DeadLetterConfig", "TargetArn");
        self.check_routes(fields, on_success.flatten(), dead_letter.flatten(), destinations);
        let duration = self.law(&fields.record("duration"));
        let failures = self.failures(fields);
        Some(Function {
            name: name.to_owned(),
            timeout: SimDuration::from_secs(fields.integer("Timeout")?),
            memory_mb: fields.integer32("MemorySize")?,
            architecture: architecture(fields)?,
            reserved: fields.optional("ReservedConcurrentExecutions", Fields::integer32)?,
            maximum_retries: u8::try_from(invoke.integer("MaximumRetryAttempts")?).ok()?,
            maximum_age: SimDuration::from_secs(invoke.integer("MaximumEventAgeInSeconds")?),
            on_success: on_success?,
            on_failure: on_failure?,
            dead_letter: dead_letter?,
            duration: duration?,
            failures: failures?,
            response_bytes: fields.size("response_size")?,
        })
    }

    #[expect(clippy::option_option, reason = "absent, wrong and present are three things")]
    fn route(&mut self, fields: &Fields<'a>, route: &str, key: &str) -> Option<Option<DestinationId>> {
        fields.optional(route, |fields, route| {
            self.destination_reference(&fields.record(route), key)
        })
    }

    /// What AWS refuses: an S3 bucket for successes, and a dead-letter queue that is neither a queue nor a topic.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
    fn check_routes(
        &mut self,
        function: &Fields<'a>,
        on_success: Option<DestinationId>,
        dead_letter: Option<DestinationId>,
        destinations: &[Option<Destination>],
    ) {
        let kind = |id: DestinationId| {
            destinations[id.index()]
                .as_ref()
                .map(|destination| destination.kind)
        };
        if on_success.and_then(kind) == Some(DestinationKind::S3) {
            let path = function.at("EventInvokeConfig.DestinationConfig.OnSuccess.Destination");
            let path = path.replace(
                "[\"EventInvokeConfig.DestinationConfig.OnSuccess.Destination\"]",
                ".EventInvokeConfig.DestinationConfig.OnSuccess.Destination",
            );
            self.error(
                &path,
                "an S3 bucket takes records of failures only",
                "use it as `OnFailure`, or choose another kind",
            );
        }
        let is_queue = |kind| matches!(kind, DestinationKind::Sqs | DestinationKind::Sns { .. });
        if let Some(kind) = dead_letter.and_then(kind).filter(|kind| !is_queue(*kind)) {
            let path = function.record("DeadLetterConfig").at("TargetArn");
            let message = format!(
                "a dead-letter queue is an sqs queue or an sns topic, not {}",
                kind.name()
            );
            self.error(&path, message, "use an `OnFailure` destination for other kinds");
        }
    }

    /// AWS keeps a part of the account's concurrency for functions without a reservation.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>
    fn reservations(&mut self, root: &Fields<'a>, account: Option<Account>) {
        let Some(Account {
            concurrency,
            unreserved_minimum,
        }) = account
        else {
            return;
        };
        let reserved = |fields: &Fields<'a>| fields.integer("ReservedConcurrentExecutions").unwrap_or(0);
        let functions = root.entries("functions");
        let total: u64 = functions.iter().map(|(_, fields)| reserved(fields)).sum();
        let reservable = u64::from(concurrency.saturating_sub(unreserved_minimum));
        if total <= reservable {
            return;
        }
        let Some((_, largest)) = functions.iter().max_by_key(|(_, fields)| reserved(fields)) else {
            return;
        };
        let path = largest.at("ReservedConcurrentExecutions");
        let message = format!(
            "{total} reserved in total: of the account's {concurrency}, {unreserved_minimum} must stay unreserved, so that {reservable} can be reserved"
        );
        let hint = format!(
            "reserve less, or raise `account.concurrency` to {}",
            total + u64::from(unreserved_minimum)
        );
        self.error(&path, message, hint);
    }

    fn failures(&mut self, function: &Fields<'a>) -> Option<Vec<FailureCause>> {
        let mut ordinals = Ordinals::default();
        let elements = function.elements("failures");
        let causes: Vec<_> = elements
            .iter()
            .map(|element| self.failure(element, &mut ordinals))
            .collect();
        causes.into_iter().collect()
    }

    fn failure(&mut self, element: &Fields<'a>, ordinals: &mut Ordinals) -> Option<FailureCause> {
        let (key, fields) = element.variant()?;
        let kind = match key {
            "exception" => FailureKind::Exception,
            "timeout" => FailureKind::Timeout,
            "caught" => FailureKind::CaughtError,
            _ => FailureKind::Poison,
        };
        let duration = fields.optional("duration", |fields, key| self.law(&fields.record(key)));
        Some(FailureCause {
            kind,
            ordinal: ordinals.next(key),
            probability: probability(&fields)?,
            during: windows(&fields)?,
            duration: duration?,
            because: fields.text("because")?.to_owned(),
        })
    }

    // --- destinations --------------------------------------------------------------------------------------------

    fn destinations(&mut self, root: &Fields<'a>, latency: Option<SimDuration>) -> Vec<Option<Destination>> {
        let entries = root.entries("destinations");
        entries
            .into_iter()
            .map(|(name, fields)| self.destination(name, &fields, latency))
            .collect()
    }

    fn destination(
        &mut self,
        name: &str,
        fields: &Fields<'a>,
        usual_latency: Option<SimDuration>,
    ) -> Option<Destination> {
        let (key, inner) = fields.variant()?;
        if matches!(key, "sqs" | "sns") && name.to_ascii_lowercase().ends_with(".fifo") {
            let message = format!(
                "{} names a FIFO queue or topic, which Lambda does not support here",
                quoted(name)
            );
            self.error(&fields.path, message, "use a standard queue or topic");
        }
        let kind = self.destination_kind(key, &inner);
        let failures: Option<Vec<_>> = inner.elements("failures").iter().map(delivery_failure).collect();
        Some(Destination {
            name: name.to_owned(),
            kind: kind?,
            latency: inner.optional("latency", Fields::duration)?.or(usual_latency)?,
            max_bytes: inner.size("max_size")?,
            failures: failures?,
        })
    }

    fn destination_kind(&mut self, key: &str, fields: &Fields<'a>) -> Option<DestinationKind> {
        Some(match key {
            "sqs" => DestinationKind::Sqs,
            "sns" if fields.text("oversize")? == "fail" => DestinationKind::Sns {
                oversize: SnsOversize::Fail,
            },
            "sns" => DestinationKind::Sns {
                oversize: SnsOversize::DropPayload,
            },
            "eventbridge" => DestinationKind::EventBridge,
            "s3" => DestinationKind::S3,
            _ => DestinationKind::Lambda {
                function: self.function_reference(fields, "FunctionName")?,
            },
        })
    }

    /// A function that is its own destination is refused by AWS; a chain of functions that comes back is refused here,
    /// because Lambda's detection of recursive loops is not part of the model.
    fn refuse_loops(&mut self, functions: &[Option<Function>], destinations: &[Option<Destination>]) {
        let targets = |function: &Option<Function>| -> Vec<usize> {
            let routes = function
                .iter()
                .flat_map(|function| [function.on_success, function.on_failure]);
            let target = |id: DestinationId| match destinations[id.index()].as_ref()?.kind {
                DestinationKind::Lambda { function } => Some(function.index()),
                _ => None,
            };
            routes.flatten().filter_map(target).collect()
        };
        let graph: Vec<Vec<usize>> = functions.iter().map(targets).collect();
        for chain in loops(&graph) {
            let names: Vec<&str> = chain.iter().map(|at| self.functions[*at]).collect();
            let path = join("functions", names[0]);
            if chain.len() == 2 {
                let message = format!(
                    "{} is its own destination, which Lambda refuses",
                    quoted(names[0])
                );
                self.error(&path, message, "send its outcomes somewhere else");
            } else {
                let message = format!("its destinations lead back to it: {}", names.join(" -> "));
                self.error(
                    &path,
                    message,
                    "recursive loops are not modelled: break the chain",
                );
            }
        }
    }

    // --- faults --------------------------------------------------------------------------------------------------

    fn faults(&mut self, root: &Fields<'a>) -> Vec<Option<Fault>> {
        let mut ordinals = Ordinals::default();
        root.elements("faults")
            .iter()
            .map(|element| self.fault(element, &mut ordinals))
            .collect()
    }

    fn fault(&mut self, element: &Fields<'a>, ordinals: &mut Ordinals) -> Option<Fault> {
        let (key, fields) = element.variant()?;
        let function = fields.optional("function", |fields, key| self.function_reference(fields, key));
        let kind = match key {
            "system_error" => FaultKind::SystemError {
                status: u16::try_from(fields.integer("status")?).ok()?,
            },
            _ => FaultKind::Throttle,
        };
        Some(Fault {
            kind,
            ordinal: ordinals.next(key),
            function: function?,
            probability: probability(&fields)?,
            during: windows(&fields)?,
        })
    }

    // --- sources -------------------------------------------------------------------------------------------------

    fn sources(&mut self, root: &Fields<'a>, span: &Span) -> Vec<Option<Source>> {
        let mut total = 0.0;
        let mut sources = Vec::new();
        for (name, fields) in root.entries("sources") {
            let source = self.source(name, &fields);
            let within_limits = source.and_then(|source| {
                let expected = self.expected_events(&source, span, &fields.path)?;
                total += expected;
                Some(source)
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

    fn source(&mut self, name: &str, fields: &Fields<'a>) -> Option<Source> {
        let to = self.function_reference(fields, "to");
        let kind = self.source_kind(fields);
        let arrivals = self.arrivals(&fields.record("arrivals"));
        let invocation = match fields.text("invocation") {
            Some("sync") => InvocationType::RequestResponse,
            _ => InvocationType::Event,
        };
        let payload = self.payload(fields, invocation);
        let (from, until) = (fields.moment("from"), fields.optional("until", Fields::moment));
        if let (Some(from), Some(Some(until))) = (from, until)
            && until <= from
        {
            let message = format!(
                "the source ends at {} before it begins at {}",
                span_of(until),
                span_of(from)
            );
            self.error(&fields.at("until"), message, "`until` must come after `from`");
        }
        Some(Source {
            name: name.to_owned(),
            to: to?,
            invocation,
            kind: kind?,
            payload_bytes: payload?,
            from: from?,
            until: until?,
            max_events: fields.optional("max_events", Fields::integer)?,
            arrivals: arrivals?,
        })
    }

    fn payload(&mut self, fields: &Fields<'a>, invocation: InvocationType) -> Option<u64> {
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
            self.error(
                &fields.at("size"),
                message,
                "such a call is refused before it becomes an event",
            );
            return None;
        }
        Some(bytes)
    }

    fn source_kind(&mut self, fields: &Fields<'a>) -> Option<SourceKind> {
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
                let keys = given
                    .iter()
                    .map(|(key, _)| format!("`{key}`"))
                    .collect::<Vec<_>>()
                    .join(" and ");
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
    fn expected_events(&mut self, source: &Source, span: &Span, path: &str) -> Option<f64> {
        let run_end = match span.end? {
            End::Drained => None,
            End::At(end) => Some(end),
        };
        let last = [source.until, span.arrivals_end?, run_end]
            .into_iter()
            .flatten()
            .min();
        if last.is_none() && source.max_events.is_none() && is_endless(&source.arrivals) {
            let message = "the source never stops, and so the run never ends";
            self.error(path, message, "add `until` or `max_events` to it, or `arrivals_end` to the scenario, or let `end` be a time");
            return None;
        }
        let last = last.unwrap_or(SimTime::MAX);
        if last <= source.from {
            self.warning(
                path,
                "the source sends nothing: it begins when all arrivals have ended",
                "let `from` be earlier",
            );
            return Some(0.0);
        }
        let sent = expected_arrivals(&source.arrivals, last.since(source.from));
        let expected = source.max_events.map_or(sent, |most| {
            if sent < as_float(most) {
                sent
            } else {
                as_float(most)
            }
        });
        if expected > as_float(MAX_EVENTS) {
            let message =
                format!("about {expected:.0} events are expected; at most {MAX_EVENTS} are simulated");
            self.error(path, message, TOO_MANY_HINT);
            return None;
        }
        Some(expected)
    }

    fn arrivals(&mut self, choice: &Fields<'a>) -> Option<Arrivals> {
        let (key, fields) = choice.variant()?;
        match key {
            "constant" => self.constant(&fields),
            "poisson" => Some(Arrivals::Poisson(steady(fields.rate("rate")?.per_second()))),
            "steps" => self.curve(&fields, "levels", steps),
            "ramp" => self.curve(&fields, "points", ramp),
            "times" => self.times(&fields),
            "trace" => self.trace(&fields),
            _ => self.counts(&fields),
        }
    }

    fn constant(&mut self, fields: &Fields<'a>) -> Option<Arrivals> {
        let interval = match (fields.has("rate"), fields.has("every")) {
            (true, false) => {
                let interval = fields.rate("rate")?.interval();
                if interval.is_none() {
                    self.error(
                        &fields.at("rate"),
                        "less than one event in 100 years",
                        "write a higher rate",
                    );
                }
                interval?
            }
            (false, true) => fields.duration("every")?,
            _ => {
                self.error(
                    &fields.path,
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
        fields: &Fields<'a>,
        key: &str,
        build: fn(&[(SimTime, f64)]) -> Vec<RateSegment>,
    ) -> Option<Arrivals> {
        let point = |point: &Fields<'a>| Some((point.moment("at")?, point.rate("rate")?.per_second()));
        let points: Vec<(SimTime, f64)> = fields.elements(key).iter().map(point).collect::<Option<_>>()?;
        if let Some(at) = points.windows(2).position(|two| two[0].0 >= two[1].0) {
            let path = format!("{}[{}].at", fields.at(key), at + 1);
            let message = format!(
                "{} does not come after {}",
                span_of(points[at + 1].0),
                span_of(points[at].0)
            );
            self.error(&path, message, "list them in order of time");
            return None;
        }
        let segments = build(&points);
        if segments
            .iter()
            .all(|segment| segment.start_rate <= 0.0 && segment.end_rate <= 0.0)
        {
            self.error(
                &fields.path,
                "the rate is never above 0: nothing is ever sent",
                "write a rate above 0",
            );
            return None;
        }
        let curve = RateCurve { segments };
        Some(if fields.text("spacing")? == "even" {
            Arrivals::Even(curve)
        } else {
            Arrivals::Poisson(curve)
        })
    }

    fn times(&mut self, fields: &Fields<'a>) -> Option<Arrivals> {
        let times: Vec<SimTime> = fields
            .list()
            .iter()
            .map(|time| moment(time.value))
            .collect::<Option<_>>()?;
        if let Some(at) = times.windows(2).position(|two| two[0] > two[1]) {
            let message = format!("{} comes before {}", span_of(times[at + 1]), span_of(times[at]));
            self.error(
                &format!("{}[{}]", fields.path, at + 1),
                message,
                "list the times in order",
            );
            return None;
        }
        Some(Arrivals::Times(times.into()))
    }

    fn trace(&mut self, fields: &Fields<'a>) -> Option<Arrivals> {
        let column = fields.optional("column", Fields::text)?;
        let unit = fields.optional("unit", |fields, key| TimeUnit::named(fields.text(key)?))?;
        let recording = self.recording(fields)?;
        let times = recording.times(column, unit);
        self.or_report(times, &fields.path)
            .map(|times| Arrivals::Times(times.into()))
    }

    fn counts(&mut self, fields: &Fields<'a>) -> Option<Arrivals> {
        let column = fields.optional("column", Fields::text)?;
        let period = fields.duration("per")?;
        let even = fields.text("spacing")? == "even";
        let recording = self.recording(fields)?;
        let counts = recording.counts(column);
        let counts = self.or_report(counts, &fields.path)?;
        if period
            .as_nanos()
            .checked_mul(counts.len() as u64)
            .is_none_or(|nanos| nanos > SimTime::MAX.as_nanos())
        {
            let message = format!("{} periods of {period} are longer than 100 years", counts.len());
            self.error(&fields.at("per"), message, "write a shorter period");
            return None;
        }
        Some(Arrivals::Counts {
            period,
            counts: counts.into(),
            even,
        })
    }

    fn recording(&mut self, fields: &Fields<'a>) -> Option<Recording> {
        let name = fields.text("csv")?;
        let path = Path::new(name);
        let file = match self.folder {
            Some(folder) => folder.join(path),
            None if path.is_absolute() => path.to_owned(),
            None => {
                let message = format!(
                    "{} is relative, but this scenario does not lie in a folder",
                    quoted(name)
                );
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
        result
            .map_err(|error| self.error(path, error.message, error.hint))
            .ok()
    }

    // --- laws of durations ---------------------------------------------------------------------------------------

    fn law(&mut self, choice: &Fields<'a>) -> Option<Distribution> {
        let (key, fields) = choice.variant()?;
        match key {
            "constant" => Some(Distribution::Constant(duration(fields.value)?)),
            "uniform" => self.uniform(&fields),
            "exponential" => Some(Distribution::Exponential {
                mean: seconds(&fields, "mean")?,
            }),
            "lognormal" => self.lognormal(&fields),
            "gamma" => {
                let shape = fields.real("shape")?;
                Some(Distribution::Gamma {
                    shape,
                    scale: seconds(&fields, "mean")? / shape,
                })
            }
            "weibull" => self.weibull(&fields),
            "empirical" => self.empirical(&fields),
            _ => self.mixture(&fields),
        }
    }

    fn uniform(&mut self, fields: &Fields<'a>) -> Option<Distribution> {
        let (min, max) = (fields.duration("min")?, fields.duration("max")?);
        if min > max {
            self.error(
                &fields.at("max"),
                format!("{max} is less than `min` = {min}"),
                "exchange them",
            );
            return None;
        }
        Some(Distribution::Uniform { min, max })
    }

    fn lognormal(&mut self, fields: &Fields<'a>) -> Option<Distribution> {
        let figures = ["median", "mean", "p99", "sigma"].map(|key| fields.has(key));
        match figures {
            [true, false, true, false] => {
                let (median, p99) = (seconds(fields, "median")?, seconds(fields, "p99")?);
                let sigma = (math::ln(p99) - math::ln(median)) / Z99;
                self.lognormal_of(
                    fields,
                    math::ln(median),
                    sigma,
                    "p99 must not be below the median",
                )
            }
            [false, true, true, false] => {
                let (mean, p99) = (seconds(fields, "mean")?, seconds(fields, "p99")?);
                let sigma = sigma_from_mean(math::ln(p99) - math::ln(mean));
                let rule = "p99 must lie between the mean and 14.9 times the mean";
                self.lognormal_of(fields, math::ln(mean) - sigma * sigma / 2.0, sigma, rule)
            }
            [true, false, false, true] => {
                let mu = math::ln(seconds(fields, "median")?);
                Some(Distribution::Lognormal {
                    mu,
                    sigma: fields.real("sigma")?,
                })
            }
            [false, true, false, true] => {
                let sigma = fields.real("sigma")?;
                Some(Distribution::Lognormal {
                    mu: math::ln(seconds(fields, "mean")?) - sigma * sigma / 2.0,
                    sigma,
                })
            }
            _ => {
                let hint = "write e.g. `{ \"median\": \"400ms\", \"p99\": \"3s\" }`";
                self.error(
                    &fields.path,
                    "one of `median` and `mean` and one of `p99` and `sigma` are needed",
                    hint,
                );
                None
            }
        }
    }

    fn lognormal_of(&mut self, fields: &Fields<'a>, mu: f64, sigma: f64, rule: &str) -> Option<Distribution> {
        if sigma >= 0.0 {
            return Some(Distribution::Lognormal { mu, sigma });
        }
        self.error(
            &fields.at("p99"),
            format!("no lognormal law has these figures: {rule}"),
            "correct one of them",
        );
        None
    }

    fn weibull(&mut self, fields: &Fields<'a>) -> Option<Distribution> {
        let shape = fields.real("shape")?;
        let scale = match ["scale", "mean", "median"].map(|key| fields.has(key)) {
            [true, false, false] => seconds(fields, "scale")?,
            [false, true, false] => seconds(fields, "mean")? / math::gamma(1.0 + 1.0 / shape),
            [false, false, true] => {
                seconds(fields, "median")? / math::pow(std::f64::consts::LN_2, 1.0 / shape)
            }
            _ => {
                let hint = "write e.g. `{ \"scale\": \"1s\", \"shape\": 0.8 }`";
                self.error(
                    &fields.path,
                    "exactly one of `scale`, `mean` and `median` is needed",
                    hint,
                );
                return None;
            }
        };
        if scale.is_finite() && scale > 0.0 {
            return Some(Distribution::Weibull { shape, scale });
        }
        self.error(
            &fields.at("shape"),
            "this shape is too extreme for that figure",
            "give `scale` instead",
        );
        None
    }

    fn empirical(&mut self, fields: &Fields<'a>) -> Option<Distribution> {
        match (fields.has("quantiles"), fields.has("samples")) {
            (true, false) => self.quantiles(fields),
            (false, true) => {
                let samples = fields.elements("samples");
                let mut samples: Vec<SimDuration> = samples
                    .iter()
                    .map(|sample| duration(sample.value))
                    .collect::<Option<_>>()?;
                samples.sort_unstable();
                Some(Distribution::Empirical(spread_evenly(&samples).into()))
            }
            _ => {
                self.error(
                    &fields.path,
                    "exactly one of `quantiles` and `samples` is needed",
                    "keep one of them",
                );
                None
            }
        }
    }

    fn quantiles(&mut self, fields: &Fields<'a>) -> Option<Distribution> {
        let pair = |pair: &Fields<'a>| {
            Some((
                pair.value.get(0)?.as_f64()?,
                duration(pair.value.get(1)?)?.as_secs_f64(),
            ))
        };
        let pairs: Vec<(f64, f64)> = fields
            .elements("quantiles")
            .iter()
            .map(pair)
            .collect::<Option<_>>()?;
        let path = fields.at("quantiles");
        let ends = (pairs.first()?.0, pairs.last()?.0);
        if ends.0 > 0.0 || ends.1 < 1.0 {
            self.error(
                &path,
                "the first probability must be 0 and the last 1",
                "add the shortest as `[0, …]` and the longest as `[1, …]`",
            );
            return None;
        }
        if let Some(at) = pairs
            .windows(2)
            .position(|two| two[0].0 >= two[1].0 || two[0].1 > two[1].1)
        {
            let message = "probabilities must ascend, and durations must not descend";
            self.error(&format!("{path}[{}]", at + 1), message, "put the pairs in order");
            return None;
        }
        Some(Distribution::Empirical(pairs.into()))
    }

    fn mixture(&mut self, fields: &Fields<'a>) -> Option<Distribution> {
        let parts = fields.list();
        let laws: Vec<_> = parts.iter().map(|part| self.law(&part.record("of"))).collect();
        let laws: Vec<Distribution> = laws.into_iter().collect::<Option<_>>()?;
        let weights: Vec<f64> = parts
            .iter()
            .map(|part| part.real("weight"))
            .collect::<Option<_>>()?;
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = weights
            .iter()
            .map(|weight| {
                sum += weight;
                sum / total
            })
            .collect();
        // Rounding must not leave a gap below one.
        *cumulative.last_mut()? = 1.0;
        Some(Distribution::Mixture(cumulative.into_iter().zip(laws).collect()))
    }
}

const TOO_MANY_HINT: &str = "lower the rate, or shorten the run by `until`, `max_events` or `arrivals_end`";

/// When the whole scenario stops sending and running.
struct Span {
    #[expect(clippy::option_option, reason = "absent, wrong and present are three things")]
    arrivals_end: Option<Option<SimTime>>,
    end: Option<End>,
}

/// Numbers causes of the same kind.
#[derive(Default)]
struct Ordinals(std::collections::BTreeMap<String, u8>);

impl Ordinals {
    fn next(&mut self, kind: &str) -> u8 {
        let next = self.0.entry(kind.to_owned()).or_default();
        let ordinal = *next;
        // The grammar allows 256 causes, so that only a number that nobody takes wraps.
        *next = next.wrapping_add(1);
        ordinal
    }
}

fn timing(fields: &Fields<'_>) -> Option<Timing> {
    Some(Timing {
        dispatch_latency: fields.duration("dispatch_latency")?,
        function_retry_delay: fields.duration("function_retry_delay")?,
        function_retry_jitter: jitter(fields.real("function_retry_jitter")?),
        backoff_base: fields.duration("backoff_base")?,
        backoff_factor: fields.integer32("backoff_factor")?,
        backoff_cap: fields.duration("backoff_cap")?,
        backoff_jitter: jitter(fields.real("backoff_jitter")?),
        backoff_reset_on_run: fields.flag("backoff_reset_on_run")?,
        age_check_function_error: age_check(fields.text("age_check_function_error")?),
        age_check_invocation_error: age_check(fields.text("age_check_invocation_error")?),
        terminal_precedence: match fields.text("terminal_precedence")? {
            "age_first" => TerminalPrecedence::AgeFirst,
            _ => TerminalPrecedence::RetriesFirst,
        },
    })
}

/// The grammar keeps it below one; rounding to parts per million must as well.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0..=1 by the grammar"
)]
fn jitter(relative: f64) -> Jitter {
    Jitter {
        ppm: ((relative * 1e6 + 0.5) as u32).min(999_999),
    }
}

fn age_check(word: &str) -> AgeCheck {
    match word {
        "clip_to_deadline" => AgeCheck::ClipToDeadline,
        "at_dispatch" => AgeCheck::AtDispatch,
        _ => AgeCheck::Lookahead,
    }
}

fn account(fields: &Fields<'_>) -> Option<Account> {
    Some(Account {
        concurrency: fields.integer32("concurrency")?,
        unreserved_minimum: fields.integer32("unreserved_minimum")?,
    })
}

fn end(root: &Fields<'_>) -> Option<End> {
    match root.text("end")? {
        "drained" => Some(End::Drained),
        _ => root.moment("end").map(End::At),
    }
}

fn profile(name: &str) -> Option<Profile> {
    [Profile::Measured, Profile::Documented]
        .into_iter()
        .find(|profile| profile.name() == name)
}

fn architecture(function: &Fields<'_>) -> Option<Architecture> {
    match function.value.get("Architectures")?.get(0)?.as_str()? {
        "arm64" => Some(Architecture::Arm64),
        _ => Some(Architecture::X86_64),
    }
}

fn probability(fields: &Fields<'_>) -> Option<Probability> {
    Probability::new(fields.real("probability")?)
}

fn windows(fields: &Fields<'_>) -> Option<Windows> {
    let Some(during) = fields.value.get("during") else {
        return Some(Windows::ALWAYS);
    };
    let pair = |pair: &Json| Some((moment(pair.get(0)?)?, moment(pair.get(1)?)?));
    Windows::new(during.as_array()?.iter().map(pair).collect::<Option<_>>()?)
}

fn delivery_failure(element: &Fields<'_>) -> Option<DeliveryFailureCause> {
    let (key, fields) = element.variant()?;
    let kinds = [
        DeliveryFailure::Permission,
        DeliveryFailure::Misconfiguration,
        DeliveryFailure::Size,
        DeliveryFailure::Throttled,
    ];
    Some(DeliveryFailureCause {
        failure: kinds.into_iter().find(|kind| kind.name() == key)?,
        probability: probability(&fields)?,
        during: windows(&fields)?,
    })
}

/// What an ARN names: the function of a function's ARN, whatever its qualifier, and else the last part. A plain name is itself.
fn name_of(reference: &str) -> &str {
    if !reference.starts_with("arn:") {
        return reference;
    }
    if let Some((_, function)) = reference.split_once(":function:") {
        return function.split(':').next().unwrap_or(function);
    }
    reference.rsplit([':', '/']).next().unwrap_or(reference)
}

/// Every cycle that a depth-first walk closes, as the chain of its members with the first repeated at the end.
fn loops(graph: &[Vec<usize>]) -> Vec<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        OnTheWay,
        Done,
    }
    let mut seen = vec![Seen::Not; graph.len()];
    let mut found = Vec::new();
    for start in 0..graph.len() {
        if seen[start] != Seen::Not {
            continue;
        }
        // The way from `start` to here, each with the number of edges already taken.
        let mut way = vec![(start, 0)];
        seen[start] = Seen::OnTheWay;
        while let Some((node, taken)) = way.last_mut() {
            let Some(next) = graph[*node].get(*taken).copied() else {
                seen[*node] = Seen::Done;
                way.pop();
                continue;
            };
            *taken += 1;
            match seen[next] {
                Seen::Done => {}
                Seen::Not => {
                    seen[next] = Seen::OnTheWay;
                    way.push((next, 0));
                }
                Seen::OnTheWay => {
                    let members = way.iter().map(|(node, _)| *node).skip_while(|node| *node != next);
                    found.push(members.chain([next]).collect());
                }
            }
        }
    }
    found.dedup();
    found
}

/// The quantile of the standard normal law at 0.99.
const Z99: f64 = 2.326_347_874_040_841;

/// The smaller sigma for which the logarithm of p99 / mean is `log_ratio`: sigma² / 2 - z sigma + log_ratio = 0. NaN if there is none.
fn sigma_from_mean(log_ratio: f64) -> f64 {
    if log_ratio < 0.0 {
        f64::NAN
    } else {
        Z99 - (Z99 * Z99 - 2.0 * log_ratio).sqrt()
    }
}

/// Sorted samples as quantiles at equal steps of probability.
#[expect(clippy::cast_precision_loss, reason = "far fewer samples than 2^53")]
fn spread_evenly(sorted: &[SimDuration]) -> Vec<(f64, f64)> {
    if let [only] = sorted {
        return vec![(0.0, only.as_secs_f64()), (1.0, only.as_secs_f64())];
    }
    let steps = (sorted.len() - 1) as f64;
    sorted
        .iter()
        .enumerate()
        .map(|(at, sample)| (at as f64 / steps, sample.as_secs_f64()))
        .collect()
}

fn seconds(fields: &Fields<'_>, key: &str) -> Option<f64> {
    fields.duration(key).map(SimDuration::as_secs_f64)
}

fn span_of(at: SimTime) -> SimDuration {
    at.since(SimTime::ZERO)
}

#[expect(clippy::cast_precision_loss, reason = "estimates only")]
fn as_float(count: u64) -> f64 {
    count as f64
}

fn steady(rate: f64) -> RateCurve {
    RateCurve {
        segments: steps(&[(SimTime::ZERO, rate)]),
    }
}

/// A constant rate from each level to the next; the last level lasts, unless it is zero.
fn steps(levels: &[(SimTime, f64)]) -> Vec<RateSegment> {
    let ends = levels.iter().skip(1).map(|(at, _)| Some(*at)).chain([None]);
    let piece = |(&(start, rate), end)| RateSegment {
        start,
        end,
        start_rate: rate,
        end_rate: rate,
    };
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

fn is_endless(arrivals: &Arrivals) -> bool {
    match arrivals {
        Arrivals::Constant { .. } => true,
        Arrivals::Poisson(curve) | Arrivals::Even(curve) => {
            curve.segments.last().is_some_and(|last| last.end.is_none())
        }
        Arrivals::Times(_) | Arrivals::Counts { .. } => false,
    }
}

/// The mean number of arrivals within `span` of the source's beginning.
fn expected_arrivals(arrivals: &Arrivals, span: SimDuration) -> f64 {
    match arrivals {
        Arrivals::Constant { interval } => as_float(span.as_nanos().div_ceil(interval.as_nanos())),
        Arrivals::Poisson(curve) | Arrivals::Even(curve) => curve
            .segments
            .iter()
            .map(|segment| expected_in(segment, span))
            .sum(),
        Arrivals::Times(times) => as_float(times.partition_point(|time| span_of(*time) < span) as u64),
        Arrivals::Counts { period, counts, .. } => {
            let periods = span.as_nanos().div_ceil(period.as_nanos());
            let periods = usize::try_from(periods).unwrap_or(usize::MAX);
            as_float(counts.iter().take(periods).map(|count| u64::from(*count)).sum())
        }
    }
}

/// The area under a segment of the rate, cut at `span`.
fn expected_in(segment: &RateSegment, span: SimDuration) -> f64 {
    let start = span_of(segment.start);
    let end = segment.end.map_or(span, span_of);
    let cut = end.min(span);
    if cut <= start {
        return 0.0;
    }
    let (length, share) = (
        (cut - start).as_secs_f64(),
        (cut - start).as_secs_f64() / (end - start).as_secs_f64(),
    );
    let rate_at_cut = segment.start_rate + (segment.end_rate - segment.start_rate) * share;
    length * (segment.start_rate + rate_at_cut) / 2.0
}
