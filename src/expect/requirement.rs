//! Expectations of one scenario: their metrics are known, and their values have the unit.

use super::value::value;
use crate::experiment::{Metric, MetricNames};
use crate::observe::decimal::Decimal;
use crate::observe::endpoints::Endpoints;
use crate::observe::metrics;
use crate::observe::windowed::{Windowed, is_cumulative};
use crate::scenario::expectation::{Expectation, Flaw, Window, Written, flaw};
use crate::scenario::load::{Input, Loaded, Rejected, load};
use crate::scenario::problem::{Problem, did_you_mean, quoted};
use crate::scenario::{End, Scenario};
use crate::time::SimTime;
use std::collections::BTreeMap;

/// All of a run, as a window.
pub(super) const WHOLE: Window = Window { from: SimTime::ZERO, to: None };

/// The expectations of a scenario, ready to be judged.
#[derive(Clone, Debug)]
pub struct Requirements {
    /// What every run of it measures.
    pub names: MetricNames,
    /// The requirements, in the order of the expectations.
    pub all: Vec<Requirement>,
    /// The windows that are asked for, each once.
    pub(super) windows: Vec<Window>,
    /// Whether sources or destinations are asked for over the whole run.
    pub(super) endpoints: bool,
}

/// One expectation that means something.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// As it is written.
    pub expectation: Expectation,
    /// What it is about.
    pub metric: Metric,
    /// The value to compare with, in the metric's unit.
    pub threshold: Decimal,
    pub(super) question: Question,
}

/// Who knows the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Every run: its values, at this place.
    Run(usize),
    /// The observer of sources and destinations.
    Endpoint,
    /// The window at this place.
    Window(usize),
}

/// An expectation that means nothing for its scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// Its position among the expectations.
    pub position: usize,
    /// Why.
    pub flaw: Flaw,
}

impl Requirements {
    /// The meaning of `expectations` for `scenario`.
    ///
    /// ```
    /// use thirdtry::expect::{Requirements, Verdict, answer_run, judge};
    /// use thirdtry::scenario::Expectation;
    /// use thirdtry::scenario::load::{Input, load};
    ///
    /// let text = r#"{ "version": 1, "functions": { "ship": { "duration": "1s" } },
    ///     "sources": { "s": { "to": "ship", "arrivals": { "times": ["1s", "2s"] } } } }"#;
    /// let scenario = load(&Input::from_text("example", text)).expect("valid").scenario;
    /// let wanted = ["succeeded.Sum == 2", "sources.s.sojourn.p99 < 500ms"];
    /// let wanted: Vec<_> = wanted.iter().map(|text| Expectation::parse(text).expect("sound")).collect();
    /// let requirements = Requirements::of(&scenario, &wanted).expect("known metrics");
    /// let tested = answer_run(&scenario, &requirements, 0, &()).expect("nobody stops it");
    /// let verdicts = requirements.all.iter().zip(&tested.answers);
    /// let verdicts: Vec<_> = verdicts.map(|(requirement, answer)| judge(requirement, *answer).verdict).collect();
    /// assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail]);
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn of(scenario: &Scenario, expectations: &[Expectation]) -> Result<Self, Vec<Unfit>> {
        let mut found =
            Self { names: MetricNames::of(scenario), all: Vec::new(), windows: Vec::new(), endpoints: false };
        let lookup = Lookup::new(scenario, &found.names);
        let mut unfit = Vec::new();
        for (position, expectation) in expectations.iter().enumerate() {
            match lookup.requirement(expectation, &mut found.windows) {
                Ok(requirement) => found.all.push(requirement),
                Err(flaws) => unfit.extend(flaws.into_iter().map(|flaw| Unfit { position, flaw })),
            }
        }
        found.endpoints = found.all.iter().any(|one| one.question == Question::Endpoint);
        if unfit.is_empty() { Ok(found) } else { Err(unfit) }
    }
}

/// Everything that is wrong with the expectations of a scenario whose file says so at `written`.
pub fn problems(scenario: &Scenario, written: &[Written]) -> Vec<Problem> {
    if scenario.expectations.is_empty() {
        return Vec::new();
    }
    let unfit = Requirements::of(scenario, &scenario.expectations).err().unwrap_or_default();
    unfit.iter().map(|unfit| written[unfit.position].problem(&unfit.flaw)).collect()
}

/// Loads a scenario whose expectations are about metrics that there are.
///
/// # Errors
/// All problems of the file.
pub fn load_checked(input: &Input) -> Result<Loaded, Rejected> {
    let loaded = load(input)?;
    let problems = problems(&loaded.scenario, &loaded.written);
    if problems.is_empty() {
        return Ok(loaded);
    }
    Err(Rejected { name: input.name.clone(), text: loaded.text, problems })
}

/// The metrics of a scenario by their names.
struct Lookup<'a> {
    scenario: &'a Scenario,
    names: &'a MetricNames,
    endpoints: BTreeMap<String, Metric>,
    /// The names that are measured in windows, besides sums.
    windowed: Vec<String>,
}

impl<'a> Lookup<'a> {
    fn new(scenario: &'a Scenario, names: &'a MetricNames) -> Self {
        let endpoints = Endpoints::new(scenario, WHOLE).rows(scenario).into_iter().map(Metric::from);
        let nothing = Windowed::new(scenario, [WHOLE]).finish(SimTime::ZERO).remove(0).unwrap_or_default();
        Self {
            scenario,
            names,
            endpoints: endpoints.map(|metric| (metric.name(), metric)).collect(),
            windowed: nothing.into_iter().map(|row| Metric::from(row).name()).collect(),
        }
    }

    fn requirement(
        &self,
        expectation: &Expectation,
        windows: &mut Vec<Window>,
    ) -> Result<Requirement, Vec<Flaw>> {
        let (metric, question) = self.metric(expectation).map_err(|flaw| vec![flaw])?;
        let mut flaws = Vec::new();
        let share = metric.statistic == "Average" && is_cloudwatch(&metric);
        let threshold = value(&expectation.value, metric.unit, share)
            .map_err(|(message, hint)| flaws.push(flaw(expectation.places.value.clone(), message, hint)));
        let question = match expectation.window {
            None => question,
            Some(window) => {
                flaws.extend(self.refuse_window(expectation, &metric, window));
                let known = windows.iter().position(|known| *known == window);
                Question::Window(known.unwrap_or_else(|| {
                    windows.push(window);
                    windows.len() - 1
                }))
            }
        };
        match threshold {
            Ok(threshold) if flaws.is_empty() => {
                Ok(Requirement { expectation: expectation.clone(), metric, threshold, question })
            }
            _ => Err(flaws),
        }
    }

    fn metric(&self, expectation: &Expectation) -> Result<(Metric, Question), Flaw> {
        let name = expectation.metric.as_str();
        if let Some(metric) = self.endpoints.get(name) {
            return Ok((metric.clone(), Question::Endpoint));
        }
        let place = expectation.places.metric.clone();
        match self.names.find(name) {
            Ok(at) => Ok((self.names.all()[at].clone(), Question::Run(at))),
            Err(unknown) => {
                let hint = self.endpoint_hint(name).unwrap_or_else(|| unknown.hint.clone());
                Err(flaw(place, unknown.to_string(), hint))
            }
        }
    }

    /// What a name of a source or destination may have been meant to be.
    fn endpoint_hint(&self, name: &str) -> Option<String> {
        let statistics = self.endpoints.values().filter(|metric| {
            metric.name().strip_suffix(metric.statistic).and_then(|rest| rest.strip_suffix('.')) == Some(name)
        });
        let statistics: Vec<_> = statistics.map(|metric| metric.statistic).collect();
        if !statistics.is_empty() {
            return Some(format!("name a statistic of it: {}", statistics.join(", ")));
        }
        if !name.starts_with("sources.") && !name.starts_with("destinations.") {
            return None;
        }
        let near = did_you_mean(name, self.endpoints.keys().map(String::as_str));
        Some(near.map_or_else(
            || "see docs/expectations.md for the metrics of sources and destinations".to_owned(),
            |near| format!("did you mean `{near}`?"),
        ))
    }

    fn refuse_window(&self, expectation: &Expectation, metric: &Metric, window: Window) -> Option<Flaw> {
        let name = metric.name();
        let has_parts = self.endpoints.contains_key(&name)
            || self.windowed.contains(&name)
            || (!is_cloudwatch(metric) && is_cumulative(&metric.metric, metric.statistic));
        let place = expectation.places.window.clone();
        if !has_parts {
            let message = format!("{} belongs to the whole run: no part of it has one", quoted(&name));
            let hint = "leave the window out, or ask for counts, costs, CloudWatch's metrics, `sojourn`, `waiting` or \
                        `concurrency`";
            return Some(flaw(place, message, hint));
        }
        match self.scenario.end {
            End::At(end) if window.from >= end => {
                let message =
                    format!("the run ends at {}, before the window begins", end.since(SimTime::ZERO));
                Some(flaw(place, message, "let the window begin earlier, or `end` be later"))
            }
            End::At(_) | End::Drained => None,
        }
    }
}

/// Whether it is one of CloudWatch's own metrics.
fn is_cloudwatch(metric: &Metric) -> bool {
    metrics::Metric::ALL.iter().any(|known| known.name() == metric.metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::busy;

    fn requirements(texts: &[&str]) -> Result<Requirements, Vec<Unfit>> {
        let parse = |text: &&str| Expectation::parse(text).unwrap();
        Requirements::of(&busy(), &texts.iter().map(parse).collect::<Vec<_>>())
    }

    #[test]
    fn every_kind_of_metric_is_known_with_its_unit() {
        let cases = [
            ("lost.Sum == 0", "Count", 0),
            ("functions.ship.AsyncEventAge.p99 < 60s", "Nanoseconds", 60_000_000_000),
            ("cost_usd.Sum < $1", "USD", 1),
            ("billed_ms.Sum < 100", "Milliseconds", 100),
            ("Errors.Average < 1%", "Count", 1),
            ("sources.orders.lost.Sum == 0", "Count", 0),
            ("destinations.failed.delivered.Sum > 0", "Count", 0),
            ("on_failure.failed.delivered.Sum > 0 for 10m..", "Count", 0),
            ("sojourn.p99 < 1s for ..10m", "Nanoseconds", 1_000_000_000),
            ("waiting.Average < 3 for 1m..10m", "Count", 3),
            ("Throttles.Sum < 3 for 1m..10m", "Count", 3),
            ("Duration.p90 < 3s for 1m..10m", "Nanoseconds", 3_000_000_000),
            ("cost_usd.wasted.Sum < 3 for 1m..10m", "USD", 3),
        ];
        let texts: Vec<&str> = cases.iter().map(|(text, _, _)| *text).collect();
        let found = requirements(&texts).unwrap_or_else(|unfit| panic!("{unfit:?}"));
        for (requirement, (text, unit, units)) in found.all.iter().zip(cases) {
            assert_eq!((requirement.metric.unit, requirement.threshold.units()), (unit, units), "{text}");
        }
        assert_eq!(found.windows.len(), 3, "a window that is asked for twice is followed once");
    }

    #[test]
    fn what_means_nothing_is_refused_where_it_stands() {
        let cases = [
            ("lots.Sum == 0", "lots.Sum", "did you mean `lost.Sum`?"),
            ("AsyncEventAge.p95 < 1s", "AsyncEventAge.p95", "p9"),
            ("sources.orders.accepted == 1", "sources.orders.accepted", "name a statistic of it: Sum"),
            ("sources.order.accepted.Sum == 1", "sources.order.accepted.Sum", "sources.orders.accepted.Sum"),
            ("destinations.zzzzzzzzzz.x == 1", "destinations.zzzzzzzzzz.x", "docs/expectations.md"),
            ("lost.Sum == 1s", "1s", "`1000`"),
            ("AsyncEventAge.p99 < 60", "60", "60s"),
            ("drain_time.Maximum < 1m for 1m..2m", "1m..2m", "leave the window out"),
            ("in_flight.Sum == 0 for 1m..2m", "1m..2m", "leave the window out"),
            ("attempts_per_event.Average < 2 for 1m..2m", "1m..2m", "leave the window out"),
            ("lost.Sum == 0 for 1h..", "1h..", "begin earlier"),
        ];
        for (text, place, hint) in cases {
            let unfit = requirements(&["lost.Sum == 0", text]).expect_err(text);
            assert_eq!((unfit.len(), unfit[0].position), (1, 1), "{unfit:?}");
            assert_eq!(&text[unfit[0].flaw.place.clone()], place);
            assert!(unfit[0].flaw.hint.contains(hint), "{text}: {}", unfit[0].flaw.hint);
        }
        assert_eq!(requirements(&["drain_time.Maximum < 1 for 1m..2m"]).unwrap_err().len(), 2, "all at once");
    }
}
