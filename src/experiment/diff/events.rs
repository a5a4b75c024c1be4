//! One event in both runs: where its two lives part, and by which rule.

use super::common::Common;
use super::fate::FateAndRoutes;
use super::pairing::Ids;
use super::settings::SettingDifference;
use crate::experiment::supervise::Supervisor;
use crate::explain::{Moment, moments};
use crate::id::EventId;
use crate::model::observation::Observation;
use crate::model::rule::Rule;
use crate::observe::fingerprint::Fingerprint;
use crate::observe::lives::{Life, Lives};
use crate::scenario::{InvocationType, Scenario};
use crate::simulate::Simulation;
use crate::time::SimTime;

/// Steps of a run between two looks at whether all that is wanted of it is known.
const STEPS: u64 = 1 << 14;

/// An event that does not end, or does not live, in B as it does in A. A replication's runs are those of the scenarios
/// themselves: `thirdtry explain SCENARIO --event SOURCE:NUMBER` tells the whole life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventDifference {
    /// Its source.
    pub source: String,
    /// Its number within the source; of a chained event, that of its first ancestor.
    pub number: u64,
    /// The function that it is for.
    pub function: String,
    /// Whether the outcome of another event made it, or a redrive.
    pub chained: bool,
    /// In A; `None` if there is no such event.
    pub a: Option<OneLife>,
    /// In B.
    pub b: Option<OneLife>,
}

/// One of the two lives of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneLife {
    /// The event's number in the run.
    pub event: EventId,
    /// What became of it; `None` for a synchronous call.
    pub fate: Option<FateAndRoutes>,
    /// The first thing that happened to it and not, or not so, in its other life.
    pub differing: Sight,
}

/// What happened to an event at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// When.
    pub at: SimTime,
    /// What happened, as `explain` tells it.
    pub words: String,
    /// The rules that decided it, the last one last.
    pub rules: Vec<Rule>,
}

impl EventDifference {
    /// How people call it: `event 96` where it has this number in both runs, else `orders #97`.
    pub fn name(&self) -> String {
        match (&self.a, &self.b) {
            (Some(a), Some(b)) if a.event == b.event => format!("event {}", a.event.0),
            (Some(one), None) | (None, Some(one)) => format!("event {}", one.event.0),
            _ => format!("{} #{}", self.source, self.number),
        }
    }

    /// When its two lives part: the earlier of the two differing observations.
    pub fn at(&self) -> SimTime {
        let times = [&self.a, &self.b].into_iter().flatten().map(|life| life.differing.at);
        times.min().expect("it lives somewhere")
    }

    /// The settings that made the difference: of those that differ the ones that the rules behind the differing
    /// observations go by; or the only one that differs, by whatever way it came to matter. Empty if that does not
    /// tell.
    pub fn because<'s>(&self, settings: &'s [SettingDifference]) -> Vec<&'s SettingDifference> {
        let lives = || [&self.a, &self.b].into_iter().flatten();
        let rules = || lives().flat_map(|life| &life.differing.rules);
        let patterns: Vec<&str> = rules().flat_map(|rule| rule.settings()).copied().collect();
        let named = |setting: &&SettingDifference| {
            patterns.iter().any(|pattern| concerns(pattern, &setting.path, &self.function))
        };
        match settings {
            [only] => vec![only],
            several => several.iter().filter(named).collect(),
        }
    }
}

/// Whether a setting at `path` is, lies in or contains what a rule calls `pattern`, for an event of `function`.
fn concerns(pattern: &str, path: &str, function: &str) -> bool {
    let of_function = crate::scenario::shape::join("functions", function);
    let Some(own) = pattern.strip_prefix("functions.*") else {
        // Other names stand for anything of their kind: whether the event met it, the rule says already.
        let mut wanted = pattern.split('.');
        let mut steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']'));
        return loop {
            match (wanted.next(), steps.next()) {
                (None, _) | (_, None) => break true,
                (Some("*"), Some(_)) => {}
                (Some(step), Some(found)) if step == found => {}
                _ => break false,
            }
        };
    };
    let full = format!("{of_function}{own}");
    within(&full, path) || within(path, &full)
}

/// Whether `path` is `section` or lies in it.
fn within(path: &str, section: &str) -> bool {
    path.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The differences of these events, in their order; `None` if the supervisor stopped it.
pub(super) fn find(
    scenarios: [&Scenario; 2],
    events: &[Ids],
    supervisor: &impl Supervisor,
) -> Option<Vec<EventDifference>> {
    let common = Common::of(scenarios[0], scenarios[1]);
    let a = live(scenarios[0], events.iter().filter_map(|ids| ids.a), supervisor)?;
    let b = live(scenarios[1], events.iter().filter_map(|ids| ids.b), supervisor)?;
    let life = |lives: &'_ Lives, id: Option<EventId>| id.and_then(|id| lives.get(id)).cloned();
    let difference = |ids: &Ids| difference(scenarios, &common, &[life(&a, ids.a), life(&b, ids.b)]);
    Some(events.iter().map(difference).collect())
}

/// The lives of these events in the scenario's own run.
fn live(
    scenario: &Scenario,
    events: impl Iterator<Item = EventId>,
    supervisor: &impl Supervisor,
) -> Option<Lives> {
    let events: Vec<EventId> = events.collect();
    let mut lives = Lives::of(events.iter().copied());
    let mut simulation = Simulation::new(scenario, 0);
    let over = |life: &Life| {
        matches!(life.steps().last().map(|step| step.what), Some(Observation::Closed | Observation::CutOff))
    };
    while !events.iter().all(|event| lives.get(*event).is_some_and(over)) {
        if simulation.advance(&mut lives, STEPS).is_some() {
            break;
        }
        if supervisor.stops() {
            return None;
        }
    }
    Some(lives)
}

fn difference(scenarios: [&Scenario; 2], common: &[Common; 2], lives: &[Option<Life>; 2]) -> EventDifference {
    let at = first_difference(common, lives);
    let told = [0, 1].map(|side| lives[side].as_ref().map(|life| told_from(life, at, scenarios[side])));
    let [a, b] = [0, 1].map(|side| {
        let life = lives[side].as_ref()?;
        let differing = sight(life, at, told[side].as_ref()?, told[1 - side].as_deref().unwrap_or(&[]));
        let is_event = life.event().invocation() == InvocationType::Event;
        let fate = is_event.then(|| FateAndRoutes::of(life.event()));
        Some(OneLife { event: life.event().id(), fate, differing })
    });
    let side = usize::from(lives[0].is_none());
    let event = lives[side].as_ref().expect("it lives somewhere").event();
    EventDifference {
        source: scenarios[side].sources[event.source().index()].name.clone(),
        number: event.number(),
        function: scenarios[side].functions[event.function().index()].name.clone(),
        chained: event.parent().is_some(),
        a,
        b,
    }
}

/// The first step that is not the same in both lives.
fn first_difference(common: &[Common; 2], lives: &[Option<Life>; 2]) -> usize {
    let [Some(a), Some(b)] = lives else { return 0 };
    let digest = |side: usize, step: &crate::observe::lives::Step| {
        let mut digest = Fingerprint::new();
        common[side].absorb(&mut digest, step.at, &step.event, step.what);
        digest.value()
    };
    let pairs = a.steps().iter().zip(b.steps());
    pairs.take_while(|(ours, theirs)| digest(0, ours) == digest(1, theirs)).count()
}

/// What is told of the step at `at`, and of the fate if it follows from it at once.
fn told_from(life: &Life, at: usize, scenario: &Scenario) -> Vec<Moment> {
    let steps = life.steps();
    let settles = steps.get(at + 1).is_some_and(|next| {
        matches!(next.what, Observation::Settled { .. })
            && matches!(steps[at].what, Observation::AttemptEnded(_))
            && next.at == steps[at].at
    });
    let told = moments(life, scenario).into_iter().skip(at).take(1 + usize::from(settles));
    told.flatten().collect()
}

/// What was told in one life without what was told in the same words in the other.
fn sight(life: &Life, at: usize, told: &[Moment], other: &[Moment]) -> Sight {
    let step = life.steps().get(at).or(life.steps().last()).expect("a life begins with a fact");
    let own: Vec<&Moment> = told.iter().filter(|moment| !other.contains(moment)).collect();
    let own = if own.is_empty() { told.iter().collect() } else { own };
    let words: Vec<&str> = own.iter().map(|moment| moment.words.as_str()).collect();
    Sight {
        at: step.at,
        words: words.join("; "),
        rules: own.iter().filter_map(|moment| moment.rule).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_concern_a_rule_by_their_path() {
        let retries = "functions.*.EventInvokeConfig.MaximumRetryAttempts";
        let cases = [
            (retries, "functions.ship.EventInvokeConfig.MaximumRetryAttempts", true),
            (retries, "functions.ship.EventInvokeConfig", true),
            (retries, "functions.pack.EventInvokeConfig.MaximumRetryAttempts", false),
            (retries, "functions.ship.EventInvokeConfig.MaximumEventAgeInSeconds", false),
            ("functions.*.failures", "functions.ship.failures[0].exception.probability", true),
            ("functions.*.failures", "functions.ship.failures_of_another_kind", false),
            ("dependencies.*.outages", "dependencies.db.outages[0].during[0][1]", true),
            ("dependencies.*.outages", "dependencies.db.capacity", false),
            ("destinations.*", "destinations.dlq.sqs.failures[0]", true),
            ("faults", "faults[0].throttle", true),
            ("timing.dispatch_latency", "timing.dispatch_latency", true),
            ("timing.dispatch_latency", "timing.init_limit", false),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(concerns(pattern, path, "ship"), expected, "{pattern} {path}");
        }
    }
}
