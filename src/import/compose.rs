//! An application becomes the text of a scenario, with placeholders where neither template nor traffic file say more.

use super::application::{Application, Caller, Destination, Function, Service, Source};
use super::book::{Book, Origin, Set, Verdict};
use super::json_text::{Field, Item, Written, item_of, json_string};
use super::schedule::Schedule;
use super::traffic::Traffic;
use super::tree::Entry;
use super::{Options, SourceFile};
use crate::scenario::load::{Input, load};
use crate::scenario::problem::Severity;
use crate::scenario::units;

/// Placeholders: they run, and show each route at work, but are nobody's figures.
const ARRIVALS_END: &str = "1h";
const ARRIVALS: &str = r#"{ "poisson": { "rate": "1/s" } }"#;
const DURATION: &str = r#"{ "lognormal": { "median": "200ms", "p99": "1s" } }"#;
const FAILURES: &str = r#"[{ "exception": { "probability": 0.02 } }, { "poison": { "probability": 0.01 } }]"#;
const MARK: &str = "PLACEHOLDER: no template knows";
/// The most moments of a schedule that are written out.
const MOST_MOMENTS: usize = 1_000;
/// The most notes that the head of a scenario repeats.
const MOST_IN_HEADER: usize = 40;

/// Gives a caller to functions that nothing of the template invokes, if they are meant to be invoked asynchronously.
pub(super) fn complete(application: &mut Application, traffic: Option<&Traffic>, book: &mut Book) {
    let reached = |name: &str| {
        let by_source = application.sources.iter().any(|source| source.to.iter().any(|to| to.value == name));
        let by_destination = application.destinations.iter().any(|destination| {
            destination.function.as_deref() == Some(name)
                || destination.subscribers.iter().any(|subscriber| subscriber.value == name)
        });
        by_source || by_destination || traffic.is_some_and(|traffic| traffic.invokes(name))
    };
    let unreached: Vec<Function> =
        application.functions.iter().filter(|function| !reached(&function.name)).cloned().collect();
    let is_empty = application.sources.is_empty();
    for function in unreached {
        match &function.called_otherwise {
            Some(how) if !function.is_asynchronous() && !is_empty => {
                let text = format!("{}: no events, because {how}", function.name);
                book.assumed(function.origin, text);
            }
            how => application.sources.push(callers_of(&function, how.as_deref(), book)),
        }
    }
    if application.functions.is_empty() {
        let left_out = book
            .notes
            .iter()
            .find(|note| note.verdict == Verdict::Ignored && !note.origin.resource.is_empty());
        let hint = match left_out {
            Some(note) => format!("what was left out may have some: {}, {}", note.origin, note.text),
            None => "give the file that defines it".to_owned(),
        };
        book.problem(Origin::new("", 0, ""), "there is no Lambda function in the files", hint);
    }
}

fn callers_of(function: &Function, otherwise: Option<&str>, book: &mut Book) -> Source {
    let name = format!("{}-callers", function.name);
    let to = |origin: &Origin| Set { value: function.name.clone(), origin: origin.clone() };
    if let Some(Set { value: service, origin }) = &function.permitted {
        let text = format!(
            "{}: {service} invokes it, as a permission says; what makes it do so is not in the files",
            function.name
        );
        book.assumed(origin.clone(), text);
        return Source::new(name, Caller::of_principal(service), format!("assumed: {service}"), to(origin));
    }
    let why = otherwise.map_or_else(|| "nothing in the files invokes it".to_owned(), str::to_owned);
    let text = format!("{}: callers with an SDK invoke it asynchronously ({why})", function.name);
    book.assumed(function.origin.clone(), text);
    let label = "assumed: whoever calls Invoke with InvocationType Event".to_owned();
    Source::new(name, Caller::Direct, label, to(&function.origin))
}

/// The scenario of `application`, checked; its problems go into the book, with the origin of what they are about.
pub(super) fn write(
    files: &[SourceFile],
    application: &Application,
    options: &Options,
    book: &mut Book,
) -> String {
    let traffic = options.traffic.as_ref();
    if let Some(traffic) = traffic {
        traffic.check(application, book);
    }
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let mut composer = Composer { application, traffic, book };
    let fields = composer.scenario(&names.join(", "));
    let written = Written::new(&header(&names, book), &fields);
    check(&written, options, book);
    written.text
}

/// Loads what was written, as `run` would.
fn check(written: &Written, options: &Options, book: &mut Book) {
    let input = Input { folder: options.folder.clone(), ..Input::from_text("imported", &written.text) };
    let Err(rejected) = load(&input) else { return };
    for problem in rejected.problems.iter().filter(|problem| problem.severity == Severity::Error) {
        let at = problem.span.as_ref().and_then(|span| written.origin_at(span.start));
        let origin = at.cloned().unwrap_or_else(|| Origin::new("the imported scenario", 0, ""));
        let place = if problem.path.is_empty() { String::new() } else { format!("{}: ", problem.path) };
        let hint = problem.hint.clone().unwrap_or_else(|| "docs/scenario.md has the rule".to_owned());
        book.problem(origin, format!("{place}{}", problem.message), hint);
    }
}

/// What stands at the head of the file.
fn header(names: &[&str], book: &Book) -> Vec<String> {
    let mut lines = vec![
        format!("Made by `thirdtry import` from {}", names.join(", ")),
        "Behind each setting: the file, line and resource it comes from. What AWS's defaults decide is not here:"
            .to_owned(),
        "`thirdtry check --explain` shows it. PLACEHOLDER: what no template knows; give it with --traffic FILE."
            .to_owned(),
    ];
    for verdict in [Verdict::Assumed, Verdict::Ignored] {
        let notes: Vec<_> = book.notes.iter().filter(|note| note.verdict == verdict).collect();
        if !notes.is_empty() {
            lines.push(format!("{}:", verdict.name().to_uppercase()));
        }
        lines.extend(
            notes.iter().take(MOST_IN_HEADER).map(|note| format!("  {} ({})", note.text, note.origin)),
        );
        if notes.len() > MOST_IN_HEADER {
            lines.push(format!("  and {} more", notes.len() - MOST_IN_HEADER));
        }
    }
    lines
}

struct Composer<'a> {
    application: &'a Application,
    traffic: Option<&'a Traffic>,
    book: &'a mut Book,
}

impl<'a> Composer<'a> {
    fn scenario(&mut self, names: &str) -> Vec<Field> {
        let mut fields = vec![Field::inline("version", "1")];
        let top: Vec<&Entry> = self.traffic.into_iter().flat_map(Traffic::top).collect();
        let has = |key: &str| top.iter().any(|entry| entry.key == key);
        if !has("description") {
            fields.push(Field::text("description", &format!("Imported from {names}")));
        }
        if !has("seed") {
            fields.push(Field::inline("seed", "1"));
        }
        if !has("arrivals_end") && !has("end") {
            fields.push(Field::text("arrivals_end", ARRIVALS_END).behind(MARK));
            let origin = Origin::new("", 0, "");
            self.book.note(Verdict::Placeholder, origin, format!("arrivals_end = {ARRIVALS_END}"));
        }
        fields.extend(top.iter().map(|entry| self.given(entry)));
        fields.push(self.functions());
        if !self.application.destinations.is_empty() {
            fields.push(self.destinations());
        }
        fields.push(self.sources());
        if !has("expect") {
            fields.extend(self.expectations());
        }
        fields
    }

    /// What whoever gave a function a way out for its failures certainly expects of it: that nothing is lost.
    fn expectations(&mut self) -> Option<Field> {
        let routed = |function: &&Function| function.on_failure.is_some() || function.dead_letter.is_some();
        let functions = self.application.functions.iter().filter(routed);
        let expected: Vec<String> = functions
            .map(|function| json_string(&format!("functions.{}.lost.Sum == 0", function.name)))
            .collect();
        if expected.is_empty() {
            return None;
        }
        let json = format!("[{}]", expected.join(", "));
        self.placeholder("expect", &json, &Origin::new("", 0, ""));
        Some(Field::inline("expect", json).behind(MARK))
    }

    /// An entry of the traffic file, as it stands.
    fn given(&self, entry: &Entry) -> Field {
        let field = Field::new(entry.key.clone(), item_of(&entry.node));
        match self.traffic {
            Some(traffic) => field.from(&traffic.origin(entry.line)),
            None => field,
        }
    }

    fn taken(&mut self, path: &str, json: &str, origin: &Origin) {
        self.book.note(Verdict::Taken, origin.clone(), format!("{path} = {json}"));
    }

    fn placeholder(&mut self, path: &str, json: &str, origin: &Origin) {
        self.book.note(Verdict::Placeholder, origin.clone(), format!("{path} = {json}"));
    }

    fn functions(&mut self) -> Field {
        let application = self.application;
        let fields = application.functions.iter().map(|function| self.function(function)).collect();
        Field::new("functions", Item::Object(fields))
    }

    fn function(&mut self, function: &'a Function) -> Field {
        let mut fields = self.settings(function);
        let given: Vec<&Entry> =
            self.traffic.into_iter().flat_map(|traffic| traffic.function(&function.name)).collect();
        let path = format!("functions.{}", function.name);
        for (key, json) in [("duration", DURATION), ("failures", FAILURES)] {
            if !given.iter().any(|entry| entry.key == key) {
                fields.push(Field::inline(key, json).behind(MARK));
                self.placeholder(&format!("{path}.{key}"), json, &function.origin);
            }
        }
        fields.extend(given.iter().map(|entry| self.given(entry)));
        Field::new(function.name.clone(), Item::Object(fields)).from(&function.origin)
    }

    fn settings(&mut self, function: &'a Function) -> Vec<Field> {
        let path = format!("functions.{}", function.name);
        let mut fields = Vec::new();
        let numbers = [
            ("Timeout", &function.timeout),
            ("MemorySize", &function.memory),
            ("ReservedConcurrentExecutions", &function.reserved),
        ];
        for (key, set) in numbers {
            fields.extend(self.setting(&path, key, set.as_ref(), u64::to_string));
        }
        fields.extend(self.setting(&path, "Architectures", function.architecture.as_ref(), |word| {
            format!("[{}]", json_string(word))
        }));
        let provisioned = function.provisioned.as_ref();
        let key = "ProvisionedConcurrentExecutions";
        let inner =
            self.setting(&format!("{path}.ProvisionedConcurrencyConfig"), key, provisioned, u64::to_string);
        if let Some(inner) = inner {
            fields.push(Field::new("ProvisionedConcurrencyConfig", Item::Object(vec![inner])));
        }
        fields.extend(
            self.setting(&path, "RecursiveLoop", function.recursive_loop.as_ref(), |word| json_string(word)),
        );
        fields.extend(self.event_invoke_config(&path, function));
        if let Some(target) = self.setting(
            &format!("{path}.DeadLetterConfig"),
            "TargetArn",
            function.dead_letter.as_ref(),
            |name| json_string(name),
        ) {
            fields.push(Field::new("DeadLetterConfig", Item::Object(vec![target])));
        }
        fields
    }

    fn event_invoke_config(&mut self, path: &str, function: &'a Function) -> Option<Field> {
        let path = format!("{path}.EventInvokeConfig");
        let mut fields = Vec::new();
        let numbers =
            [("MaximumRetryAttempts", &function.retries), ("MaximumEventAgeInSeconds", &function.max_age)];
        for (key, set) in numbers {
            fields.extend(self.setting(&path, key, set.as_ref(), u64::to_string));
        }
        let mut routes = Vec::new();
        for (key, set) in [("OnSuccess", &function.on_success), ("OnFailure", &function.on_failure)] {
            let path = format!("{path}.DestinationConfig.{key}");
            let target = self.setting(&path, "Destination", set.as_ref(), |name| json_string(name));
            routes.extend(target.map(|target| Field::new(key, Item::Object(vec![target]))));
        }
        if !routes.is_empty() {
            fields.push(Field::new("DestinationConfig", Item::Object(routes)));
        }
        (!fields.is_empty()).then(|| Field::new("EventInvokeConfig", Item::Object(fields)))
    }

    fn setting<T>(
        &mut self,
        path: &str,
        key: &str,
        set: Option<&Set<T>>,
        json: impl Fn(&T) -> String,
    ) -> Option<Field> {
        let set = set?;
        let json = json(&set.value);
        // Only Serverless Framework has defaults of its own, which stand in no line of a file.
        if set.origin.line == 0 {
            let text = format!("{path}.{key} = {json}, the default of Serverless Framework");
            self.book.assumed(set.origin.clone(), text);
            return Some(Field::inline(key, json).behind("the default of Serverless Framework"));
        }
        self.taken(&format!("{path}.{key}"), &json, &set.origin);
        Some(Field::inline(key, json).from(&set.origin))
    }

    fn destinations(&mut self) -> Field {
        let application = self.application;
        let all = application.destinations.iter().map(|destination| self.destination(destination));
        Field::new("destinations", Item::Object(all.collect()))
    }

    fn destination(&mut self, destination: &'a Destination) -> Field {
        let key = destination.service.key();
        let path = format!("destinations.{}.{key}", destination.name);
        let mut fields = Vec::new();
        if let Some(function) = &destination.function {
            fields.push(Field::text("FunctionName", function));
        }
        let retention = destination.retention.as_ref();
        fields.extend(self.setting(&path, "MessageRetentionPeriod", retention, u64::to_string));
        if let Some(first) = destination.subscribers.first() {
            let names: Vec<String> =
                destination.subscribers.iter().map(|name| json_string(&name.value)).collect();
            let json = format!("[{}]", names.join(", "));
            self.taken(&format!("{path}.subscribers"), &json, &first.origin);
            fields.push(Field::inline("subscribers", json).from(&first.origin));
        }
        let given: Vec<&Entry> =
            self.traffic.into_iter().flat_map(|traffic| traffic.destination(&destination.name)).collect();
        // The traffic file writes destinations as scenarios do: the service's key stands around its settings.
        for entry in &given {
            if entry.key == key {
                fields.extend(entry.node.entries().iter().map(|entry| self.given(entry)));
            } else {
                let origin = self.traffic.map(|traffic| traffic.origin(entry.line)).unwrap_or_default();
                let message =
                    format!("the destination {} is of kind {key}, not {}", destination.name, entry.key);
                self.book.problem(origin, message, format!("write its settings inside of `{key}`"));
            }
        }
        if destination.service != Service::Lambda {
            self.taken(&format!("destinations.{}", destination.name), key, &destination.origin);
        }
        let inner = Field::new(key, Item::Object(fields));
        Field::new(destination.name.clone(), Item::Object(vec![inner])).from(&destination.origin)
    }

    fn sources(&mut self) -> Field {
        let application = self.application;
        let mut fields: Vec<Field> = application.sources.iter().map(|source| self.source(source)).collect();
        if let Some(traffic) = self.traffic {
            fields.extend(traffic.further_sources(application).map(|entry| self.given(entry)));
        }
        Field::new("sources", Item::Object(fields))
    }

    fn source(&mut self, source: &'a Source) -> Field {
        let path = format!("sources.{}", source.name);
        let given: Vec<&Entry> =
            self.traffic.into_iter().flat_map(|traffic| traffic.source(&source.name)).collect();
        let mut fields = vec![to(source)];
        self.taken(&path, source.caller.key(), &source.origin);
        fields.push(Field::new(source.caller.key(), Item::Object(self.retry_policy(&path, source))));
        if !given.iter().any(|entry| entry.key == "arrivals") {
            fields.push(self.arrivals(&path, source));
        }
        for entry in given {
            if entry.key == "to" || entry.key == source.caller.key() {
                let origin = self.traffic.map(|traffic| traffic.origin(entry.line)).unwrap_or_default();
                let message = format!("{path}.{} is known from the template", entry.key);
                self.book.problem(origin, message, "leave it out, or give the source another name");
            } else {
                fields.push(self.given(entry));
            }
        }
        let field = Field::new(source.name.clone(), Item::Object(fields)).from(&source.origin);
        field.above(source.label.clone())
    }

    fn retry_policy(&mut self, path: &str, source: &'a Source) -> Vec<Field> {
        let path = format!("{path}.RetryPolicy");
        let mut fields = Vec::new();
        let attempts = source.retry_attempts.as_ref();
        fields.extend(self.setting(&path, "MaximumRetryAttempts", attempts, u64::to_string));
        let age = source.retry_age.as_ref();
        fields.extend(self.setting(&path, "MaximumEventAgeInSeconds", age, u64::to_string));
        if fields.is_empty() { fields } else { vec![Field::new("RetryPolicy", Item::Object(fields))] }
    }

    /// When the source sends: as the traffic file says of its function, by its schedule, or by a placeholder.
    fn arrivals(&mut self, path: &str, source: &'a Source) -> Field {
        let path = format!("{path}.arrivals");
        if let (Some(traffic), [to]) = (self.traffic, source.to.as_slice())
            && let Some(arrivals) = traffic.arrivals_of(&to.value)
        {
            return Field::new("arrivals", item_of(arrivals)).from(&traffic.origin(arrivals.line));
        }
        if let Some(schedule) = &source.schedule {
            let json = self.scheduled(schedule);
            self.taken(&path, &json, &schedule.origin);
            return Field::inline("arrivals", json).from(&schedule.origin);
        }
        self.placeholder(&path, ARRIVALS, &source.origin);
        Field::inline("arrivals", ARRIVALS).behind(MARK)
    }

    fn scheduled(&mut self, schedule: &Set<Schedule>) -> String {
        if let Schedule::EveryMinutes(minutes) = schedule.value {
            return format!(r#"{{ "constant": {{ "every": "{minutes}m" }} }}"#);
        }
        let moments = schedule.value.minutes_within(self.horizon_in_minutes());
        if moments.is_empty() {
            let text = "the schedule has no known moment within the run, taken to begin at midnight UTC: \
                        one event is sent after a minute, so that its way is seen";
            self.book.assumed(schedule.origin.clone(), text);
            return r#"{ "times": ["1m"] }"#.to_owned();
        }
        if moments.len() > MOST_MOMENTS {
            let text =
                format!("of the schedule's {} moments the first {MOST_MOMENTS} are kept", moments.len());
            self.book.assumed(schedule.origin.clone(), text);
        }
        let times: Vec<String> = moments.iter().take(MOST_MOMENTS).map(|at| format!("\"{at}m\"")).collect();
        format!(r#"{{ "times": [{}] }}"#, times.join(", "))
    }

    /// How long arrivals go on.
    fn horizon_in_minutes(&self) -> u64 {
        let given = self.traffic.into_iter().flat_map(Traffic::top).find(|entry| entry.key == "arrivals_end");
        let text = given.and_then(|entry| entry.node.as_text());
        let span = units::duration(text.as_deref().unwrap_or(ARRIVALS_END));
        span.map_or(60, |span| span.as_nanos() / 60_000_000_000).clamp(1, 366 * 24 * 60)
    }
}

fn to(source: &Source) -> Field {
    let names: Vec<String> = source.to.iter().map(|to| json_string(&to.value)).collect();
    match names.as_slice() {
        [one] => Field::inline("to", one.clone()),
        several => Field::inline("to", format!("[{}]", several.join(", "))),
    }
}
