//! Changes of configuration: from what a change sets to the functions and the account that hold from then on.
//!
//! The checked value is changed and goes the whole way again, so that what a change makes of a scenario is held
//! against every rule that the file itself is held against.

use super::fields::Fields;
use super::{Lowering, end, lower};
use crate::scenario::change::{self, Change, ChangedSetting, Effect};
use crate::scenario::problem::{Problem, Severity, quoted};
use crate::scenario::set::{self, Step};
use crate::scenario::shape::{self, Checked, Origin, Resolved, join};
use crate::scenario::{End, Profile, Scenario, document, grammar};
use crate::time::{SimDuration, SimTime};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The most functions in all epochs together; each epoch has its own copy of every function.
const MOST_FUNCTIONS: usize = 1_000_000;

/// A change, or the part of it that takes effect at one time.
pub(super) struct Planned<'a> {
    /// Its path.
    path: String,
    made: SimTime,
    effective: SimTime,
    sets: Vec<(&'a str, &'a Resolved<'a>)>,
    because: &'a str,
}

impl<'a> Lowering<'a> {
    /// The changes in the order of their effect, as far as they make sense without being carried out.
    pub(super) fn planned_changes(&mut self, root: &Fields<'a, '_>) -> Vec<Planned<'a>> {
        let elements = root.elements("changes");
        let copies = elements.len() * self.functions.len();
        if copies > MOST_FUNCTIONS {
            let message = format!("{} changes of {} functions", elements.len(), self.functions.len());
            let hint = format!("changes times functions may be at most {MOST_FUNCTIONS}");
            self.error("changes", message, hint);
            return Vec::new();
        }
        let delay = root.record("timing").duration("config_propagation_delay").unwrap_or_default();
        let (end, mut before) = (end(root), SimTime::ZERO);
        let mut set_last = BTreeMap::new();
        let mut planned = Vec::new();
        for element in &elements {
            let Some(made) = element.moment("at") else { continue };
            self.check_time(element, made, before, end);
            before = before.max(made);
            let sets = element.record("set").value.entries().iter();
            let sets: Vec<(&str, &Resolved<'_>)> = sets.map(|(path, value)| (path.as_ref(), value)).collect();
            for (path, _) in &sets {
                self.check_setting(element, path, made, &mut set_last);
            }
            for (effect, effective) in [(Effect::AtOnce, made), (Effect::Propagated, made + delay)] {
                let of_effect = |(path, _): &(&str, &Resolved<'_>)| change::effect_of(path) == effect;
                let sets: Vec<_> = sets.iter().copied().filter(of_effect).collect();
                if !sets.is_empty() {
                    let because = element.text("because").unwrap_or_default();
                    planned.push(Planned { path: element.path(), made, effective, sets, because });
                }
            }
        }
        // A stable sort: of two at one time the one that was made first comes first.
        planned.sort_by_key(|planned| planned.effective);
        planned
    }

    fn check_time(&mut self, element: &Fields<'a, '_>, made: SimTime, before: SimTime, end: Option<End>) {
        if made < before {
            let message =
                format!("{} lies before the change above it, at {}", written(made), written(before));
            self.error(&element.at("at"), message, "list changes in order of time");
        }
        match end {
            Some(End::At(end)) if made >= end => {
                let message = format!("{} is not before the end of the run, {}", written(made), written(end));
                self.error(&element.at("at"), message, "the run covers the time before its `end`");
            }
            _ => {}
        }
    }

    /// A path must name a function that there is, and nothing that is set at the same time already.
    fn check_setting(
        &mut self,
        element: &Fields<'a, '_>,
        path: &'a str,
        made: SimTime,
        set_last: &mut BTreeMap<&'a str, SimTime>,
    ) {
        let place = join(&element.at("set"), path);
        let steps = set::steps(path).unwrap_or_default();
        if let [Step::Key(section), Step::Key(name), ..] = steps.as_slice()
            && section == "functions"
        {
            let names = std::rc::Rc::clone(&self.functions);
            self.resolve(name, || place.clone(), "function", &names);
        }
        let within =
            |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let twice =
            set_last.iter().find(|(known, at)| **at == made && (within(path, known) || within(known, path)));
        if let Some((known, _)) = twice {
            let message = format!("{} is set at {} already", quoted(known), written(made));
            self.error(&place, message, "set each setting once at a time");
        }
        set_last.insert(path, made);
    }
}

/// A time as a scenario writes it.
fn written(at: SimTime) -> SimDuration {
    at.since(SimTime::ZERO)
}

/// Carries the changes out on `scenario`, which `checked` was lowered to with the problems `known`. Returns what is
/// wrong with what comes of it.
pub(super) fn carry_out(
    scenario: &mut Scenario,
    planned: &[Planned<'_>],
    checked: &Checked<'_, '_>,
    known: &[Problem],
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if planned.is_empty() {
        return problems;
    }
    let mut value = without_what_stays(&checked.resolved.to_json(), &scenario.functions[0].name);
    for planned in planned {
        let before = value.clone();
        for (path, new) in &planned.sets {
            put(&mut value, path, new.to_json());
        }
        let text = value.to_string();
        let node = document::parse(&text).expect("a JSON value is JSON");
        let again = shape::check_values(&grammar::SCENARIO, &node, scenario.profile == Profile::Documented);
        let lowered = lower(&scenario.name, "", &again, None);
        let found = again.problems.into_iter().chain(lowered.problems);
        let new = found.filter(|problem| is_new(problem, known));
        problems.extend(new.map(|problem| about_change(problem, planned, checked)));
        let Some(then) = lowered.scenario else { break };
        value = again.resolved.to_json();
        scenario.changes.push(Change {
            made: planned.made,
            effective: planned.effective,
            settings: changed_settings(planned, &before, &value),
            because: planned.because.to_owned(),
            account: then.account,
            functions: then.functions,
        });
    }
    problems
}

/// The scenario without what a change cannot touch and what would be read for nothing: sources with their recordings.
fn without_what_stays(resolved: &Json, function: &str) -> Json {
    let source = json!({ "to": function, "max_events": 1, "arrivals": { "constant": { "every": "1s" } } });
    let mut kept = Map::new();
    for (key, value) in resolved.as_object().into_iter().flatten() {
        match key.as_str() {
            "changes" | "redrives" | "expect" | "$schema" => {}
            "sources" => {
                kept.insert(key.clone(), json!({ "any": source }));
            }
            _ => {
                kept.insert(key.clone(), value.clone());
            }
        }
    }
    Json::Object(kept)
}

/// Puts `new` at `path`, making objects on the way; `null` takes the setting away.
fn put(value: &mut Json, path: &str, new: Json) {
    let keys = keys(path);
    let Some((last, way)) = keys.split_last() else { return };
    let mut place = value;
    for key in way {
        if !place.is_object() {
            *place = json!({});
        }
        let object = place.as_object_mut().expect("an object since just now");
        place = object.entry(key.clone()).or_insert_with(|| json!({}));
    }
    let Some(object) = place.as_object_mut() else { return };
    if new.is_null() {
        object.shift_remove(last);
    } else {
        object.insert(last.clone(), new);
    }
}

fn keys(path: &str) -> Vec<String> {
    let steps = set::steps(path).unwrap_or_default();
    let key = |step| match step {
        Step::Key(key) => Some(key),
        Step::Position(_) => None,
    };
    steps.into_iter().filter_map(key).collect()
}

fn changed_settings(planned: &Planned<'_>, before: &Json, after: &Json) -> Vec<ChangedSetting> {
    let shown = |value: &Json, path: &str| {
        let found = keys(path).iter().try_fold(value, |value, key| value.get(key));
        found.map(Json::to_string).unwrap_or_default()
    };
    let setting = |(path, _): &(&str, &Resolved<'_>)| ChangedSetting {
        path: (*path).to_owned(),
        before: shown(before, path),
        after: shown(after, path),
    };
    planned.sets.iter().map(setting).collect()
}

/// Warnings about sources and the like are about what was put in their place.
fn is_new(problem: &Problem, known: &[Problem]) -> bool {
    let same = |other: &Problem| other.path == problem.path && other.message == problem.message;
    let concerned = ["functions", "account"].iter().any(|section| problem.path.starts_with(section));
    (problem.severity == Severity::Error || concerned) && !known.iter().any(same)
}

/// The problem as one of the change that brought it: what is wrong may lie elsewhere than what was set, as with a sum.
fn about_change(problem: Problem, planned: &Planned<'_>, checked: &Checked<'_, '_>) -> Problem {
    let close = |(path, _): &&(&str, &Resolved<'_>)| {
        problem.path.starts_with(path) || path.starts_with(&problem.path)
    };
    let set = join(&planned.path, "set");
    let path = planned
        .sets
        .iter()
        .find(close)
        .or(planned.sets.first())
        .map_or(set.clone(), |(path, _)| join(&set, path));
    let message = format!("from {} on, {}: {}", written(planned.effective), problem.path, problem.message);
    let span = match checked.spans.origin(&path) {
        Origin::File(span) => Some(span),
        Origin::Set | Origin::Default => None,
    };
    Problem { path, span, message, ..problem }
}
