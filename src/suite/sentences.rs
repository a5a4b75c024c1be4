//! What is different from a golden result, in sentences.

use super::golden::Golden;
use crate::MODEL_VERSION;
use crate::experiment::Supervisor;
use crate::experiment::diff::{DiffPlan, diff};
use crate::scenario::load::{Input, Loaded, load};
use crate::text::number::grouped;
use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};

/// So many numbers of a summary are told of; the rest are counted.
const MOST_NUMBERS: usize = 5;

/// What people look at first, when a result is another.
const FIRST: [&str; 12] = [
    "run,lost,Sum",
    "run,accepted,Sum",
    "run,succeeded,Sum",
    "run,retries_exhausted,Sum",
    "run,event_age_exceeded,Sum",
    "run,zero_reserved_concurrency,Sum",
    "run,attempts,Sum",
    "run,AsyncEventAge,p99",
    "run,sojourn,p99",
    "run,waiting,Maximum",
    "run,drain_time,Maximum",
    "run,cost_usd,Sum",
];

/// What is different, the most important first; `None` if the supervisor stopped the comparison.
pub(super) fn differences(
    stored: &Golden,
    found: &Golden,
    loaded: &Loaded,
    input: &Input,
    supervisor: &impl Supervisor,
) -> Option<Vec<String>> {
    let mut sentences = Vec::new();
    let changed = stored.facts.scenario_digest != loaded.digest;
    if stored.facts.model_version != MODEL_VERSION {
        sentences.push(format!(
            "the golden result is of model version {}, this is version {MODEL_VERSION}: the same scenario gives other \
             results, as the changelog says",
            stored.facts.model_version
        ));
    } else if !changed {
        sentences.push(format!(
            "the scenario is what it was, but thirdtry {} gives another result than {} did",
            env!("CARGO_PKG_VERSION"),
            stored.facts.thirdtry
        ));
    }
    if stored.facts.seed != found.facts.seed {
        sentences.push(format!(
            "the seed went from {} to {}: the events are others, and cannot be compared one by one",
            stored.facts.seed, found.facts.seed
        ));
    } else if changed {
        sentences.push(paired(stored, loaded, input, supervisor)?);
    }
    sentences.extend(numbers(&stored.summary, &found.summary));
    if !changed && sentences.len() == 1 {
        sentences.extend(files(stored, found));
    }
    Some(sentences)
}

/// The scenario as it was and as it is, on the same events.
fn paired(stored: &Golden, loaded: &Loaded, input: &Input, supervisor: &impl Supervisor) -> Option<String> {
    let mut before = Input::from_text(&stored.facts.scenario, &stored.scenario);
    before.folder.clone_from(&input.folder);
    let Ok(before) = load(&before) else {
        return Some("the scenario changed; as it was it cannot be run any more".to_owned());
    };
    let plan = DiffPlan { threads: NonZeroUsize::MIN, ..DiffPlan::new(NonZeroU32::MIN) };
    match diff(&before, loaded, &plan, supervisor) {
        Ok(found) => Some(found.sentence()),
        Err(_) if supervisor.stops() => None,
        Err(error) => Some(error.to_string()),
    }
}

/// The numbers of the summaries that are not the same.
fn numbers(stored: &str, found: &str) -> Vec<String> {
    let (before, after) = (rows(stored), rows(found));
    let names: Vec<&String> =
        before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))).collect();
    let rank = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
    let mut different: Vec<&String> =
        names.into_iter().filter(|name| before.get(*name) != after.get(*name)).collect();
    different.sort_by_key(|name| (rank(name), (*name).clone()));
    let shown = |row: Option<&Row<'_>>| row.map_or_else(|| "nothing".to_owned(), Row::shown);
    let sentence = |name: &&String| {
        format!("{}: {} before, {} now", name_of(name), shown(before.get(*name)), shown(after.get(*name)))
    };
    let mut sentences: Vec<String> = different.iter().take(MOST_NUMBERS).map(sentence).collect();
    if different.len() > MOST_NUMBERS {
        let more = different.len() - MOST_NUMBERS;
        sentences.push(format!("and {} more numbers of the summary", grouped(more as u64)));
    }
    sentences
}

/// `lost.Sum` of `run,lost,Sum`.
fn name_of(key: &str) -> String {
    key.trim_start_matches("run,").replace(',', ".")
}

/// A value and its unit.
#[derive(PartialEq, Eq)]
struct Row<'a>(&'a str, &'a str);

impl Row<'_> {
    fn shown(&self) -> String {
        let number = crate::observe::decimal::Decimal::parse(self.0);
        number.map_or_else(|| "no data".to_owned(), |number| crate::expect::shown(number, self.1))
    }
}

/// The rows of a `summary.csv` by scope, metric and statistic. Names of functions have no commas; what else is quoted
/// is only compared.
fn rows<'a>(summary: &'a str) -> BTreeMap<String, Row<'a>> {
    let row = |line: &str| -> Option<(usize, usize)> {
        let unit = line.rfind(',')?;
        Some((line[..unit].rfind(',')?, unit))
    };
    let entry = |line: &'a str| {
        let (value, unit) = row(line)?;
        Some((line[..value].to_owned(), Row(&line[value + 1..unit], &line[unit + 1..])))
    };
    summary.lines().skip(1).filter_map(entry).collect()
}

/// The files that are not the same, where the summaries are.
fn files(stored: &Golden, found: &Golden) -> Vec<String> {
    let names = stored
        .facts
        .files
        .keys()
        .filter(|name| stored.facts.files.get(*name) != found.facts.files.get(*name));
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        return vec!["the summaries are equal, the fingerprints are not".to_owned()];
    }
    vec![format!("the summaries are equal, but not {}", names.join(", "))]
}
