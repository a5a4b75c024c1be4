//! The smallest scenario that still breaks an expectation: fewer parts, less time, fewer events, as long as it breaks.
//!
//! Every step is a scenario of its own that is loaded and run; one that is no scenario, or breaks nothing, is put
//! aside. Time and numbers of events are halved as far as that goes, everything that can be left out is left out, one
//! thing at a time, until nothing more can.

use super::seeds::Found;
use crate::expect::{Requirements, Verdict, answer_run, first_culprit, judge, load_checked};
use crate::experiment::Supervisor;
use crate::observe::decimal::Decimal;
use crate::scenario::document::{self, Node, Value};
use crate::scenario::load::{Input, Loaded};
use crate::scenario::set;
use crate::time::{NANOS_PER_SECOND, SimDuration, SimTime};
use serde_json::{Map, Value as Json, json};

/// So many scenarios are tried at most.
const MOST_TRIES: u32 = 2_000;
/// So many events are simulated at most, in all of them together.
const MOST_EVENTS: u64 = 50_000_000;

/// Lists and objects whose parts may be left out, by name of the setting that holds them.
const PARTS: [&str; 16] = [
    "changes",
    "redrives",
    "faults",
    "sources",
    "functions",
    "destinations",
    "dependencies",
    "imperfections",
    "account",
    "timing",
    "prices",
    "warm_up",
    "arrivals_end",
    "end",
    "profile",
    "start",
];

/// What says how often and when something goes wrong. Without it that always would, which is another scenario, and an
/// expectation that it breaks tells nothing about this one.
const KEPT: [&str; 2] = ["probability", "during"];

/// A scenario that cannot be made smaller.
#[derive(Clone, Debug, PartialEq)]
pub struct Shrunk {
    /// The file.
    pub text: String,
    /// How many scenarios were tried.
    pub tries: u32,
    /// How many sources are left.
    pub sources: usize,
    /// How many events and calls are left.
    pub events: u64,
    /// How long the run takes.
    pub span: SimDuration,
}

/// The smallest scenario that breaks the expectation of `found`; `None` if the supervisor stopped it, or if the
/// scenario does not break it after all.
pub fn shrink(input: &Input, found: &Found, supervisor: &impl Supervisor) -> Option<Shrunk> {
    let document = starting_point(input, found)?;
    let mut search = Search { input, expectation: &found.expectation, tries: 0, work: 0, supervisor };
    let mut best = search.judge(document)?;
    loop {
        let before = best.clone();
        search.cut_events(&mut best);
        search.leave_out(&mut best);
        search.cut_time(&mut best);
        if supervisor.stops() {
            return None;
        }
        if best.document == before.document || search.is_over() {
            break;
        }
    }
    Some(best.finish(found, &input.name, search.tries))
}

/// The file as it is, with its changes, the seed, and the one expectation.
fn starting_point(input: &Input, found: &Found) -> Option<Json> {
    let text = document::decode(&input.bytes).ok()?;
    let mut root = document::parse(text).ok()?;
    for (path, value) in &input.sets {
        set::apply(&mut root, path, value).ok()?;
    }
    let mut document = json_of(&root);
    document["seed"] = json!(found.seed);
    document["expect"] = json!([found.expectation]);
    let fields = document.as_object_mut()?;
    fields.shift_remove("$schema");
    fields.shift_remove("description");
    anchor_recordings(&mut document, input);
    Some(document)
}

/// The file is going to lie elsewhere: recordings are named by their whole path.
fn anchor_recordings(document: &mut Json, input: &Input) {
    let Some(folder) = &input.folder else { return };
    let sources = document.get_mut("sources").and_then(Json::as_object_mut);
    for (_, source) in sources.into_iter().flatten() {
        if let Some(file) = ["/arrivals/trace/csv", "/arrivals/counts/csv"]
            .iter()
            .find(|path| source.pointer(path).is_some())
            .and_then(|path| source.pointer_mut(path))
            && let Some(name) = file.as_str()
        {
            let path = std::path::absolute(folder.join(name)).unwrap_or_else(|_| folder.join(name));
            *file = json!(path.display().to_string());
        }
    }
}

fn json_of(node: &Node<'_>) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Flag(flag) => json!(flag),
        Value::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Value::Text(text) => json!(text),
        Value::List(elements) => elements.iter().map(json_of).collect(),
        Value::Object(entries) => {
            let entry = |entry: &document::Entry<'_>| (entry.key.to_string(), json_of(&entry.node));
            Json::Object(entries.iter().map(entry).collect::<Map<_, _>>())
        }
    }
}

/// A scenario that breaks the expectation.
#[derive(Clone)]
struct Breaking {
    document: Json,
    sources: usize,
    /// What each source sent, by its name.
    sent: Vec<(String, u64)>,
    ended: SimDuration,
    /// How many events and calls there were.
    events: u64,
}

struct Search<'a, S> {
    input: &'a Input,
    expectation: &'a str,
    tries: u32,
    /// The events of all scenarios tried.
    work: u64,
    supervisor: &'a S,
}

impl<S: Supervisor> Search<'_, S> {
    /// Runs a smaller scenario; `None` if it does not break the expectation.
    fn judge(&mut self, document: Json) -> Option<Breaking> {
        self.tries += 1;
        if self.is_over() || self.supervisor.stops() {
            return None;
        }
        let input =
            Input { bytes: document.to_string().into_bytes(), sets: Vec::new(), ..self.input.clone() };
        let loaded = load_checked(&input).ok()?;
        let requirements = Requirements::of(&loaded.scenario, &loaded.scenario.expectations).ok()?;
        let [requirement] = requirements.all.as_slice() else { return None };
        let tested = answer_run(&loaded.scenario, &requirements, 0, self.supervisor)?;
        let found = tested.answers[0];
        if requirement.expectation.text != self.expectation
            || judge(requirement, found).verdict != Verdict::Fail
        {
            return None;
        }
        let events = events(&tested.measured.values, &requirements);
        self.work += events;
        Some(Breaking {
            document,
            sources: loaded.scenario.sources.len(),
            sent: sent(&loaded, events),
            ended: tested.measured.at.since(SimTime::ZERO),
            events,
        })
    }

    /// When the event that breaks it does so.
    fn broken_at(&self, best: &Breaking) -> Option<SimDuration> {
        let bytes = best.document.to_string().into_bytes();
        let loaded = load_checked(&Input { bytes, sets: Vec::new(), ..self.input.clone() }).ok()?;
        let requirements = Requirements::of(&loaded.scenario, &loaded.scenario.expectations).ok()?;
        let found = answer_run(&loaded.scenario, &requirements, 0, self.supervisor)?.answers[0]?;
        let culprit = first_culprit(&loaded.scenario, &requirements.all[0], found, self.supervisor)?;
        Some(culprit.at.since(SimTime::ZERO))
    }

    /// Whether enough was tried.
    const fn is_over(&self) -> bool {
        self.tries >= MOST_TRIES || self.work >= MOST_EVENTS
    }

    /// Fewer events of each source: as few as possible.
    fn cut_events(&mut self, best: &mut Breaking) {
        let names: Vec<String> = best.sent.iter().map(|(name, _)| name.clone()).collect();
        for name in names {
            let limit =
                |best: &Breaking| best.sent.iter().find(|(known, _)| *known == name).map(|(_, sent)| *sent);
            let Some(mut most) = limit(best) else { continue };
            let mut least = 0;
            // Fewer than `least + 1` are known not to do, `most` do.
            while most > least + 1 {
                let middle = least + (most - least) / 2;
                let mut document = best.document.clone();
                document["sources"][&name]["max_events"] = json!(middle);
                match self.judge(document) {
                    Some(smaller) => (*best, most) = (smaller, middle),
                    None => least = middle,
                }
                if self.is_over() {
                    return;
                }
            }
        }
    }

    /// Less time: what happens behind the event that breaks it, and then the shorter half.
    fn cut_time(&mut self, best: &mut Breaking) {
        let whole = |span: SimDuration| SimDuration::from_secs(span.as_nanos() / NANOS_PER_SECOND + 1);
        let mut candidates: Vec<SimDuration> = self.broken_at(best).map(whole).into_iter().collect();
        candidates.push(whole(best.ended));
        for key in ["end", "arrivals_end"] {
            for span in &candidates {
                let mut document = best.document.clone();
                if document.get(key) == Some(&json!(span.to_string())) {
                    continue;
                }
                document[key] = json!(span.to_string());
                if let Some(smaller) = self.judge(document).filter(|smaller| smaller.ended < best.ended) {
                    *best = smaller;
                }
            }
        }
    }

    /// Whatever can be left out, one thing at a time, the largest first.
    fn leave_out(&mut self, best: &mut Breaking) {
        for part in PARTS {
            if best.document.get(part).is_some() && !matches!(part, "sources" | "functions") {
                self.try_without(best, &[part.to_owned()]);
            }
            self.leave_out_below(best, &[part.to_owned()]);
        }
    }

    fn leave_out_below(&mut self, best: &mut Breaking, path: &[String]) {
        for key in keys(at(&best.document, path)).into_iter().rev() {
            if KEPT.contains(&key.as_str()) {
                continue;
            }
            let below = [path, &[key]].concat();
            if !self.try_without(best, &below) {
                self.leave_out_below(best, &below);
            }
        }
    }

    /// Whether it breaks without what lies at `path`; then that is left out.
    fn try_without(&mut self, best: &mut Breaking, path: &[String]) -> bool {
        let mut document = best.document.clone();
        let (last, way) = path.split_last().expect("a path has steps");
        let mut inner = &mut document;
        for step in way {
            inner = match inner {
                Json::Array(elements) => &mut elements[step.parse::<usize>().expect("a position")],
                other => &mut other[step.as_str()],
            };
        }
        match inner {
            Json::Object(fields) => {
                fields.shift_remove(last.as_str());
            }
            Json::Array(elements) => {
                elements.remove(last.parse().expect("a position"));
            }
            _ => return false,
        }
        let smaller = self.judge(document).filter(|smaller| smaller.is_no_larger(best));
        let done = smaller.is_some();
        if let Some(smaller) = smaller {
            *best = smaller;
        }
        done
    }
}

/// The keys or positions in `value`.
fn keys(value: Option<&Json>) -> Vec<String> {
    match value {
        Some(Json::Object(fields)) => fields.keys().cloned().collect(),
        Some(Json::Array(elements)) => (0..elements.len()).map(|at| at.to_string()).collect(),
        _ => Vec::new(),
    }
}

fn at<'a>(document: &'a Json, path: &[String]) -> Option<&'a Json> {
    path.iter().try_fold(document, |value, step| match value {
        Json::Array(elements) => elements.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

/// How many events and calls each source sent at most: what one source sent, it sent; of several it is known together.
fn sent(loaded: &Loaded, all: u64) -> Vec<(String, u64)> {
    let of_source = |source: &crate::scenario::Source| {
        (source.name.clone(), source.max_events.map_or(all, |most| most.min(all)))
    };
    loaded.scenario.sources.iter().map(of_source).collect()
}

/// The events and calls of a run.
fn events(values: &[Option<Decimal>], requirements: &Requirements) -> u64 {
    let value = |name: &str| {
        let at = requirements.names.find(name).ok()?;
        u64::try_from(values[at]?.units()).ok()
    };
    value("offered.Sum").unwrap_or(0) + value("sync_calls.Sum").unwrap_or(0)
}

impl Breaking {
    /// What is left out must not let more happen.
    fn is_no_larger(&self, other: &Self) -> bool {
        self.events <= other.events && self.ended <= other.ended
    }

    fn finish(mut self, found: &Found, name: &str, tries: u32) -> Shrunk {
        let about = format!(
            "The smallest scenario found that breaks `{}`: {} with seed {}, with everything left out that could be.",
            found.expectation, name, found.seed
        );
        let fields = self.document.as_object_mut().expect("a scenario is an object");
        let mut ordered = Map::new();
        ordered.insert("version".to_owned(), fields.shift_remove("version").unwrap_or(json!(1)));
        ordered.insert("description".to_owned(), json!(about));
        ordered.extend(std::mem::take(fields));
        let text = serde_json::to_string_pretty(&ordered).expect("plain data") + "\n";
        Shrunk { text, tries, sources: self.sources, events: self.events, span: self.ended }
    }
}
