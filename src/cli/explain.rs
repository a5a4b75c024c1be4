//! `explain`: the life of an event as text.
//!
//! The run is deterministic, so it is simply run again with somebody taking notes: once to find out which events
//! are meant, if that is not known, and once to record their lives.

use super::args::{ExplainArgs, FateChoice};
use super::exit::{Exit, Failure};
use super::terminal::Terminal;
use super::{input, interrupt};
use std::num::NonZeroU64;
use thirdtry::explain::narrate;
use thirdtry::id::EventId;
use thirdtry::model::observation::{Fact, Fate, Observation, Observer};
use thirdtry::observe::ledger::Ledger;
use thirdtry::observe::lives::{Lives, Notable};
use thirdtry::scenario::Scenario;
use thirdtry::simulate::Simulation;

/// Runs the scenario and tells the lives of the events asked for.
pub(crate) fn execute(args: &ExplainArgs, terminal: &mut Terminal) -> Result<Exit, Failure> {
    interrupt::listen();
    let loaded = input::load_scenario(&args.scenario.scenario, &args.scenario.all_sets(), terminal)?;
    let scenario = &loaded.scenario;
    let chosen = choose(args, scenario)?;
    let mut lives = Lives::of(chosen.iter().copied());
    let mut ledger = Ledger::default();
    run(scenario, &mut (&mut lives, &mut ledger))?;
    for (position, event) in chosen.iter().enumerate() {
        let life = lives.get(*event).ok_or_else(|| no_such_event(*event, &ledger))?;
        let gap = if position > 0 { "\n" } else { "" };
        terminal.answer(&format!("{gap}{}", narrate(life, scenario)))?;
    }
    Ok(Exit::Done)
}

/// The events asked for, in the order in which they are told.
fn choose(args: &ExplainArgs, scenario: &Scenario) -> Result<Vec<EventId>, Failure> {
    match (&args.event, args.worst, args.fate) {
        (Some(event), _, _) => named(event, scenario).map(|event| vec![event]),
        (None, Some(count), _) => {
            let notable = find_notable(scenario, count)?;
            Ok(notable.worst().map(|(event, _)| event).collect())
        }
        (None, None, Some(fate)) => {
            let notable = find_notable(scenario, args.first)?;
            let events = with_fate(&notable, fate);
            if events.is_empty() {
                return Err(Failure::Usage {
                    message: "no event of this run has that fate".to_owned(),
                    hint: Some("`thirdtry run` shows which fates there are".to_owned()),
                });
            }
            Ok(events.to_vec())
        }
        (None, None, None) => unreachable!("the parser requires one of them"),
    }
}

fn with_fate(notable: &Notable, fate: FateChoice) -> &[EventId] {
    match fate {
        FateChoice::Succeeded => notable.first_of(Fate::Succeeded),
        FateChoice::Recovered => notable.recovered(),
        FateChoice::RetriesExhausted => notable.first_of(Fate::RetriesExhausted),
        FateChoice::EventAgeExceeded => notable.first_of(Fate::EventAgeExceeded),
        FateChoice::ZeroReservedConcurrency => notable.first_of(Fate::ZeroReservedConcurrency),
        FateChoice::RecursiveInvocation => notable.first_of(Fate::RecursiveInvocation),
        FateChoice::Vanished => notable.first_of(Fate::Vanished),
        FateChoice::NeverAccepted => notable.never_accepted(),
        FateChoice::InFlight => notable.unfinished(),
        FateChoice::Lost => notable.lost(),
    }
}

fn find_notable(scenario: &Scenario, each: NonZeroU64) -> Result<Notable, Failure> {
    let mut notable = Notable::new(usize::try_from(each.get()).unwrap_or(usize::MAX));
    run(scenario, &mut notable)?;
    Ok(notable)
}

/// The event that `text` names: a number of the run, or `SOURCE:N`.
fn named(text: &str, scenario: &Scenario) -> Result<EventId, Failure> {
    if let Ok(number) = text.parse() {
        return Ok(EventId(number));
    }
    let malformed = || Failure::Usage {
        message: format!("`{text}` names no event"),
        hint: Some("give the event's number, or SOURCE:N for the N-th event of a source".to_owned()),
    };
    let (source, number) = text.rsplit_once(':').ok_or_else(malformed)?;
    let number: u64 = number.parse().map_err(|_| malformed())?;
    let source =
        scenario.sources.iter().position(|candidate| candidate.name == source).ok_or_else(malformed)?;
    let mut search = Search { source, number, found: None };
    run(scenario, &mut search)?;
    search.found.ok_or_else(|| Failure::Usage {
        message: format!("source `{}` sends fewer than {number} events", scenario.sources[source].name),
        hint: None,
    })
}

/// Looks for the first event with a number within its source.
struct Search {
    source: usize,
    number: u64,
    found: Option<EventId>,
}

impl Observer for Search {
    fn observe(&mut self, fact: &Fact<'_>) {
        let arrived =
            matches!(fact.what, Observation::Accepted | Observation::Called | Observation::OfferRefused(_));
        let meant = fact.event.source().index() == self.source && fact.event.number() == self.number;
        if arrived && meant {
            self.found.get_or_insert(fact.event.id());
        }
    }
}

fn run(scenario: &Scenario, observer: &mut impl Observer) -> Result<(), Failure> {
    const STEPS: u64 = 1 << 16;
    let mut simulation = Simulation::new(scenario, 0);
    while simulation.advance(observer, STEPS).is_none() {
        if interrupt::requested() {
            return Err(Failure::Interrupted { message: "interrupted".to_owned() });
        }
    }
    Ok(())
}

fn no_such_event(event: EventId, ledger: &Ledger) -> Failure {
    Failure::Usage {
        message: format!("there is no event {}", event.0),
        hint: Some(format!("this run has the events 1 to {}", ledger.accepted() + ledger.called())),
    }
}
