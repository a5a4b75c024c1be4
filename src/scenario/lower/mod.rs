//! From a checked value to a [`Scenario`]: names become ids, texts become numbers, and everything that needs more than
//! one setting to judge is judged here.
//!
//! Every function returns `None` where something is wrong, after reporting it; reading goes on, so that all problems
//! come at once. A `null` in the checked value has been reported already.

mod callers;
mod capacity;
mod changes;
mod dependencies;
mod destinations;
mod expectations;
mod fields;
mod imperfections;
mod law;
mod loops;
mod prices;
mod redrives;
mod sources;

use super::expectation::Written;
use super::problem::{Problem, Severity, did_you_mean, quoted};
use super::shape::{Checked, FROM_SET, MAX_PROBLEMS, Origin, Resolved, Spans};
use super::{
    AgeCheck, Architecture, ClientErrorPolicy, Destination, DestinationKind, End, FailureCause, FailureKind,
    Fault, FaultKind, Function, Jitter, Probability, Profile, RecursiveLoop, ResponseKind, Scenario,
    SuccessCount, TerminalPrecedence, Timing, Windows,
};
use crate::id::{DestinationId, FunctionId};
use crate::random::Seed;
use crate::time::{SimDuration, SimTime};
use capacity::{account, provisioned};
use fields::{Fields, moment};
use std::path::Path;
use std::rc::Rc;

/// What lowering found.
pub(super) struct Lowered {
    /// The scenario, if nothing is wrong.
    pub(super) scenario: Option<Scenario>,
    /// Errors and warnings.
    pub(super) problems: Vec<Problem>,
    /// The SHA-256 of each recording, in the order of the sources.
    pub(super) recordings: Vec<[u8; 32]>,
    /// Where each expectation stands.
    pub(super) written: Vec<Written>,
}

/// Lowers a whole scenario called `name`, whose file is `text`; relative paths of recordings count from `folder`.
pub(super) fn lower<'a>(
    name: &str,
    text: &'a str,
    checked: &'a Checked<'a, 'a>,
    folder: Option<&'a Path>,
) -> Lowered {
    let root = Fields::root(&checked.resolved);
    let mut lowering = Lowering {
        text,
        spans: &checked.spans,
        folder,
        functions: root.keys("functions").into(),
        dependencies: root.keys("dependencies").into(),
        destinations: root.keys("destinations").into(),
        problems: Vec::new(),
        recordings: Vec::new(),
        written: Vec::new(),
    };
    let mut scenario = lowering.scenario(name, &root);
    let planned = lowering.planned_changes(&root);
    if let Some(scenario) = scenario.as_mut().filter(|_| !has_errors(&checked.problems, &lowering.problems)) {
        let more = changes::carry_out(scenario, &planned, checked, &lowering.problems);
        lowering.problems.extend(more);
        lowering.refuse_idle_redrives(scenario);
    }
    let Lowering { problems, recordings, written, .. } = lowering;
    Lowered { scenario, problems, recordings, written }
}

fn has_errors(some: &[Problem], more: &[Problem]) -> bool {
    some.iter().chain(more).any(|problem| problem.severity == Severity::Error)
}

struct Lowering<'a> {
    text: &'a str,
    spans: &'a Spans<'a>,
    folder: Option<&'a Path>,
    /// The names in the order of their ids, which is the order of the alphabet.
    functions: Rc<[&'a str]>,
    dependencies: Rc<[&'a str]>,
    destinations: Rc<[&'a str]>,
    problems: Vec<Problem>,
    recordings: Vec<[u8; 32]>,
    written: Vec<Written>,
}

impl<'a> Lowering<'a> {
    fn error(&mut self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.report(path, message.into(), hint.into(), Problem::error);
    }

    fn warning(&mut self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.report(path, message.into(), hint.into(), Problem::warning);
    }

    fn report(
        &mut self,
        path: &str,
        message: String,
        hint: String,
        problem: fn(String, Option<std::ops::Range<usize>>, String) -> Problem,
    ) {
        let (span, message) = match self.spans.origin(path) {
            Origin::File(span) => (Some(span), message),
            Origin::Set => (None, message + FROM_SET),
            Origin::Default => (None, message),
        };
        self.problems.push(problem(path.to_owned(), span, message).with_hint(hint));
    }

    fn scenario(&mut self, name: &str, root: &Fields<'a, '_>) -> Option<Scenario> {
        let timing_fields = root.record("timing");
        let timing = timing(&timing_fields);
        let delivery_latency = timing_fields.duration("delivery_latency");
        let account = account(&root.record("account"));
        let span = Span { arrivals_end: root.optional("arrivals_end", Fields::moment), end: end(root) };
        let dependencies = self.dependencies(root);
        let destinations = self.destinations(root, delivery_latency);
        let functions = self.functions(root, &destinations);
        let sources = self.sources(root, &span, root.text("profile").and_then(profile));
        let faults = self.faults(root);
        let redrives = self.redrives(root, &destinations);
        let imperfections = self.imperfections(&root.record("imperfections"));
        let prices = self.prices(&root.record("prices"));
        self.reservations(root, account.as_ref());
        self.refuse_loops(&functions, &destinations, timing.as_ref(), span.end);
        let expectations = self.expectations(root);
        let warm_up = self.warm_up(root, &span);
        Some(Scenario {
            name: name.to_owned(),
            description: root.text("description")?.to_owned(),
            seed: Seed(root.integer("seed")?),
            start_epoch_ms: root.text("start")?.parse::<jiff::Timestamp>().ok()?.as_millisecond(),
            arrivals_end: span.arrivals_end?,
            end: span.end?,
            warm_up: warm_up?,
            profile: profile(root.text("profile")?)?,
            timing: timing?,
            account: account?,
            functions: functions.into_iter().collect::<Option<_>>()?,
            dependencies: dependencies.into_iter().collect::<Option<_>>()?,
            sources: sources.into_iter().collect::<Option<_>>()?,
            destinations: destinations.into_iter().collect::<Option<_>>()?,
            faults: faults.into_iter().collect::<Option<_>>()?,
            changes: Vec::new(),
            redrives: redrives.into_iter().collect::<Option<_>>()?,
            imperfections: imperfections?,
            prices: prices?,
            expectations: expectations?,
        })
    }

    /// There must be something behind it, and a steady state to come to.
    #[expect(clippy::option_option, reason = "absent, wrong and present are three things")]
    fn warm_up(&mut self, root: &Fields<'a, '_>, span: &Span) -> Option<Option<SimTime>> {
        let warm_up = root.optional("warm_up", Fields::moment)?;
        let Some(at) = warm_up else { return Some(None) };
        let run_end = match span.end? {
            End::Drained => None,
            End::At(end) => Some(end),
        };
        let last = [span.arrivals_end?, run_end].into_iter().flatten().min();
        if last.is_some_and(|last| at >= last) {
            let message = "the warm-up lasts as long as events arrive".to_owned();
            self.error("warm_up", message, "let it end earlier, or let `arrivals_end` and `end` be later");
            return None;
        }
        if !root.elements("redrives").is_empty() {
            let message = "a scenario with redrives has no warm-up: it comes to no steady state".to_owned();
            self.error("warm_up", message, "take out `warm_up` or `redrives`");
            return None;
        }
        Some(warm_up)
    }

    /// The position of the name that `reference` is or, if it is an ARN, ends in.
    fn resolve(
        &mut self,
        reference: &str,
        path: impl FnOnce() -> String,
        noun: &str,
        names: &[&str],
    ) -> Option<u16> {
        let name = name_of(reference);
        let found = names.binary_search(&reference).or_else(|_| names.binary_search(&name)).ok();
        if found.is_none() {
            // Beyond that number a guess would not be shown, and guessing takes long where there are many names.
            let shown = self.problems.len() < MAX_PROBLEMS;
            let guess = shown.then(|| did_you_mean(name, names.iter().copied())).flatten();
            let hint = match guess {
                Some(guess) => format!("did you mean `{guess}`?"),
                None => format!("add it under `{}`, or name one of those there", section_of(noun)),
            };
            self.error(&path(), format!("there is no {noun} {}", quoted(name)), hint);
        }
        found.and_then(|at| u16::try_from(at).ok())
    }

    fn function_reference(&mut self, fields: &Fields<'a, '_>, key: &str) -> Option<FunctionId> {
        let names = Rc::clone(&self.functions);
        self.resolve(fields.text(key)?, || fields.at(key), "function", &names).map(FunctionId)
    }

    /// The functions that a list names, ascending; `None` if one of them does not exist or is named twice.
    fn function_references(&mut self, fields: &Fields<'a, '_>, key: &str) -> Option<Vec<FunctionId>> {
        let names = Rc::clone(&self.functions);
        let mut found = Vec::new();
        for element in fields.elements(key) {
            found.push(self.resolve(element.value.text()?, || element.path(), "function", &names));
        }
        let mut functions: Vec<FunctionId> =
            found.into_iter().map(|id| id.map(FunctionId)).collect::<Option<_>>()?;
        functions.sort_unstable();
        if let Some(two) = functions.windows(2).find(|two| two[0] == two[1]) {
            let message = format!("the list names the function {} twice", quoted(names[two[0].index()]));
            self.error(&fields.at(key), message, "keep one of them");
            return None;
        }
        Some(functions)
    }

    fn destination_reference(&mut self, fields: &Fields<'a, '_>, key: &str) -> Option<DestinationId> {
        let names = Rc::clone(&self.destinations);
        self.resolve(fields.text(key)?, || fields.at(key), "destination", &names).map(DestinationId)
    }

    fn functions(
        &mut self,
        root: &Fields<'a, '_>,
        destinations: &[Option<Destination>],
    ) -> Vec<Option<Function>> {
        let entries = root.entries("functions");
        entries.into_iter().map(|(name, fields)| self.function(name, &fields, destinations)).collect()
    }

    fn function(
        &mut self,
        name: &str,
        fields: &Fields<'a, '_>,
        destinations: &[Option<Destination>],
    ) -> Option<Function> {
        let invoke = fields.record("EventInvokeConfig");
        let routes = invoke.record("DestinationConfig");
        let on_success = self.route(&routes, "OnSuccess", "Destination");
        let on_failure = self.route(&routes, "OnFailure", "Destination");
        let dead_letter = self.route(fields, "DeadLetterConfig", "TargetArn");
        self.check_routes(fields, on_success.flatten(), dead_letter.flatten(), destinations);
        let duration = self.law(&fields.record("duration"));
        let init = self.law(&fields.record("init"));
        let failures = self.failures(fields);
        let calls = self.calls(fields);
        Some(Function {
            name: name.to_owned(),
            timeout: SimDuration::from_secs(fields.integer("Timeout")?),
            memory_mb: fields.integer32("MemorySize")?,
            architecture: architecture(fields)?,
            reserved: fields.optional("ReservedConcurrentExecutions", Fields::integer32)?,
            provisioned: provisioned(fields)?,
            maximum_retries: u8::try_from(invoke.integer("MaximumRetryAttempts")?).ok()?,
            maximum_age: SimDuration::from_secs(invoke.integer("MaximumEventAgeInSeconds")?),
            on_success: on_success?,
            on_failure: on_failure?,
            dead_letter: dead_letter?,
            recursive_loop: recursive_loop(fields)?,
            duration: duration?,
            init: init?,
            idle_time: fields.duration("idle_time")?,
            lifetime: fields.duration("lifetime")?,
            failures: failures?,
            calls: calls?,
            response_bytes: fields.size("response_size")?,
            response: match fields.text("response")? {
                "not_json" => ResponseKind::NotJson,
                _ => ResponseKind::Json,
            },
        })
    }

    #[expect(clippy::option_option, reason = "absent, wrong and present are three things")]
    fn route(
        &mut self,
        fields: &Fields<'a, '_>,
        route: &'static str,
        key: &'static str,
    ) -> Option<Option<DestinationId>> {
        fields.optional(route, |fields, route| self.destination_reference(&fields.record(route), key))
    }

    /// What AWS refuses: an S3 bucket for successes, and a dead-letter queue that is neither a queue nor a topic.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
    fn check_routes(
        &mut self,
        function: &Fields<'a, '_>,
        on_success: Option<DestinationId>,
        dead_letter: Option<DestinationId>,
        destinations: &[Option<Destination>],
    ) {
        let kind = |id: DestinationId| destinations[id.index()].as_ref().map(|destination| destination.kind);
        if on_success.and_then(kind) == Some(DestinationKind::S3) {
            let invoke = function.record("EventInvokeConfig");
            let routes = invoke.record("DestinationConfig");
            let path = routes.record("OnSuccess").at("Destination");
            self.error(
                &path,
                "an S3 bucket takes records of failures only",
                "use it as `OnFailure`, or choose another kind",
            );
        }
        let is_queue = |kind| matches!(kind, DestinationKind::Sqs | DestinationKind::Sns { .. });
        if let Some(kind) = dead_letter.and_then(kind).filter(|kind| !is_queue(*kind)) {
            let path = function.record("DeadLetterConfig").at("TargetArn");
            let message = format!("a dead-letter queue is an sqs queue or an sns topic, not {}", kind.name());
            self.error(&path, message, "use an `OnFailure` destination for other kinds");
        }
    }

    fn failures(&mut self, function: &Fields<'a, '_>) -> Option<Vec<FailureCause>> {
        let mut ordinals = Ordinals::default();
        let elements = function.elements("failures");
        let causes: Vec<_> = elements.iter().map(|element| self.failure(element, &mut ordinals)).collect();
        causes.into_iter().collect()
    }

    fn failure(&mut self, element: &Fields<'a, '_>, ordinals: &mut Ordinals) -> Option<FailureCause> {
        let (key, fields) = element.variant()?;
        let kind = match key {
            "exception" => FailureKind::Exception,
            "timeout" => FailureKind::Timeout,
            "caught" => FailureKind::CaughtError,
            "poison" => FailureKind::Poison,
            "init_failure" => FailureKind::InitFailure,
            "crash" => FailureKind::Crash,
            _ => FailureKind::OutOfMemory,
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

    fn faults(&mut self, root: &Fields<'a, '_>) -> Vec<Option<Fault>> {
        let mut ordinals = Ordinals::default();
        root.elements("faults").iter().map(|element| self.fault(element, &mut ordinals)).collect()
    }

    /// 429 is the one 4xx that backs off: it has a fault of its own.
    fn client_status(&mut self, fields: &Fields<'a, '_>) -> Option<u16> {
        let status = fields.integer("status")?;
        if status == 429 {
            let message = "429 is a throttle: Lambda backs off and uses up no retry";
            self.error(&fields.at("status"), message, "write a `throttle` fault instead");
            return None;
        }
        u16::try_from(status).ok()
    }

    fn fault(&mut self, element: &Fields<'a, '_>, ordinals: &mut Ordinals) -> Option<Fault> {
        let (key, fields) = element.variant()?;
        let function = fields.optional("function", |fields, key| self.function_reference(fields, key));
        let kind = match key {
            "front_door" => FaultKind::FrontDoor { status: u16::try_from(fields.integer("status")?).ok()? },
            "system_error" => {
                FaultKind::SystemError { status: u16::try_from(fields.integer("status")?).ok()? }
            }
            "client_error" => FaultKind::ClientError { status: self.client_status(&fields)? },
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
}

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

fn timing(fields: &Fields<'_, '_>) -> Option<Timing> {
    Some(Timing {
        dispatch_latency: fields.duration("dispatch_latency")?,
        init_limit: fields.duration("init_limit")?,
        provisioned_delay: fields.duration("provisioned_delay")?,
        function_retry_delay: fields.duration("function_retry_delay")?,
        function_retry_jitter: jitter(fields.real("function_retry_jitter")?),
        backoff_base: fields.duration("backoff_base")?,
        backoff_factor: fields.integer32("backoff_factor")?,
        backoff_cap: fields.duration("backoff_cap")?,
        backoff_jitter: jitter(fields.real("backoff_jitter")?),
        backoff_reset_on_run: fields.flag("backoff_reset_on_run")?,
        offer_jitter: jitter(fields.real("offer_jitter")?),
        age_check_function_error: age_check(fields.text("age_check_function_error")?),
        age_check_invocation_error: age_check(fields.text("age_check_invocation_error")?),
        terminal_precedence: match fields.text("terminal_precedence")? {
            "age_first" => TerminalPrecedence::AgeFirst,
            _ => TerminalPrecedence::RetriesFirst,
        },
        other_4xx_policy: match fields.text("other_4xx_policy")? {
            "drop" => ClientErrorPolicy::Drop,
            _ => ClientErrorPolicy::CountAsAttempt,
        },
        count_on_success: match fields.text("count_on_success")? {
            "attempts" => SuccessCount::Attempts,
            _ => SuccessCount::One,
        },
        dest_attempts: u8::try_from(fields.integer("dest_attempts")?).ok()?,
        dlq_attempts: u8::try_from(fields.integer("dlq_attempts")?).ok()?,
        config_propagation_delay: fields.duration("config_propagation_delay")?,
    })
}

/// The grammar keeps it below one; rounding to parts per million must as well.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=1 by the grammar")]
fn jitter(relative: f64) -> Jitter {
    Jitter { ppm: ((relative * 1e6 + 0.5) as u32).min(999_999) }
}

fn age_check(word: &str) -> AgeCheck {
    match word {
        "clip_to_deadline" => AgeCheck::ClipToDeadline,
        "at_dispatch" => AgeCheck::AtDispatch,
        _ => AgeCheck::Lookahead,
    }
}

fn end(root: &Fields<'_, '_>) -> Option<End> {
    match root.text("end") {
        Some(_drained) => Some(End::Drained),
        None => root.moment("end").map(End::At),
    }
}

fn profile(name: &str) -> Option<Profile> {
    [Profile::Measured, Profile::Documented].into_iter().find(|profile| profile.name() == name)
}

fn architecture(function: &Fields<'_, '_>) -> Option<Architecture> {
    match function.value.get("Architectures")?.elements()?.first()?.text()? {
        "arm64" => Some(Architecture::Arm64),
        _ => Some(Architecture::X86_64),
    }
}

fn recursive_loop(function: &Fields<'_, '_>) -> Option<RecursiveLoop> {
    match function.text("RecursiveLoop")? {
        "Allow" => Some(RecursiveLoop::Allow),
        _ => Some(RecursiveLoop::Terminate),
    }
}

fn probability(fields: &Fields<'_, '_>) -> Option<Probability> {
    Probability::new(fields.real("probability")?)
}

fn windows(fields: &Fields<'_, '_>) -> Option<Windows> {
    let Some(during) = fields.value.get("during") else {
        return Some(Windows::ALWAYS);
    };
    let pair = |pair: &Resolved<'_>| match pair.elements()? {
        [from, until] => Some((moment(from)?, moment(until)?)),
        _ => None,
    };
    Windows::new(during.elements()?.iter().map(pair).collect::<Option<_>>()?)
}

/// Where the things called `noun` stand.
fn section_of(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    }
}

/// What an ARN names: the function of a function's ARN, whatever its qualifier, and else the last part. A plain name
/// is itself.
fn name_of(reference: &str) -> &str {
    if !reference.starts_with("arn:") {
        return reference;
    }
    if let Some((_, function)) = reference.split_once(":function:") {
        return function.split(':').next().unwrap_or(function);
    }
    reference.rsplit([':', '/']).next().unwrap_or(reference)
}
