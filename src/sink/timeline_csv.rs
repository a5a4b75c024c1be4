//! `timeline.csv`: every observation, in order; or those of every N-th event, so that whole lives are kept.

use std::io::{self, Write};
use std::num::NonZeroU64;

use super::line::Ready;
use super::names::Names;
use super::table::{Cell, Table, columns};
use crate::id::{DependencyId, DestinationId};
use crate::model::dependency::{EndedCall, Load};
use crate::model::event::Route;
use crate::model::observation::{
    Again, Attempt, Circumstance, Fact, Next, Observation, Observer, Placement, Remark,
};
use crate::model::rule::Rule;
use crate::scenario::{ChangedSetting, Scenario};
use crate::time::SimTime;

/// One observation.
struct TimelineRow<'a> {
    fact: &'a Fact<'a>,
    names: &'a Names,
    time: &'a Ready,
}

columns! {
    /// The columns of `timeline.csv`.
    COLUMNS;
    fn write_row(row: &TimelineRow<'_>);
    "time_ns" => Cell::Ready(row.time),
    "event" => Cell::Integer(row.fact.event.id().0),
    "source" => Cell::Quoted(&row.names.sources[row.fact.event.source().index()]),
    "function" => Cell::Quoted(&row.names.functions[row.fact.event.function().index()]),
    "observation" => Cell::Word(row.observation()),
    "attempt" => Cell::integer(row.attempt_number()),
    "run" => Cell::integer(row.run_number()),
    "result" => row.result(),
    "reason" => row.reason(),
    "age_ns" => match &row.fact.what {
        Observation::RunStarted { age, .. } => Cell::Integer(age.as_nanos()),
        Observation::AttemptEnded(attempt) => Cell::Integer(attempt.age.as_nanos()),
        _ => Cell::Empty,
    },
    "running" => match &row.fact.what {
        Observation::RunStarted { running, .. } => Cell::Integer((*running).into()),
        Observation::AttemptEnded(Attempt { run: Some(run), .. }) => Cell::Integer(run.running.into()),
        _ => Cell::Empty,
    },
    "environment" => row.placement().map_or(Cell::Empty, |found| Cell::Integer(found.environment.into())),
    "start" => row.placement().map_or(Cell::Empty, |found| Cell::Word(found.start.name())),
    "init_ns" => row.placement().map_or(Cell::Empty, |found| Cell::Integer(found.init.as_nanos())),
    "until_ns" => match row.next() {
        Some(Next::Retry { due, .. }) => Cell::Integer(due.as_nanos()),
        None => Cell::integer(row.again().map(|again| again.due.as_nanos())),
        _ => Cell::Empty,
    },
    "route" => match row.delivery() {
        Some((route, _)) => Cell::Word(route.name()),
        None => Cell::Empty,
    },
    "destination" => match row.delivery() {
        Some((_, to)) => Cell::Quoted(&row.names.destinations[to.index()]),
        None => Cell::Empty,
    },
    "dependency" => match row.dependency() {
        Some(called) => Cell::Quoted(&row.names.dependencies[called.index()]),
        None => Cell::Empty,
    },
    "call" => match &row.fact.what {
        Observation::CallStarted { position, .. } => Cell::Integer(u64::from(*position) + 1),
        Observation::CallEnded(call) => Cell::Integer(u64::from(call.position) + 1),
        _ => Cell::Empty,
    },
    "waited_ns" => Cell::integer(row.ended_call().map(|call| call.waited.as_nanos())),
    "served_ns" => Cell::integer(row.ended_call().map(|call| call.served.as_nanos())),
    "rule" => match row.rule() {
        Some(rule) => Cell::Word(rule.name()),
        None => Cell::Empty,
    },
    "detail" => Cell::Empty,
}

impl<'a> TimelineRow<'a> {
    /// Where a run takes place, told when it starts.
    fn placement(&self) -> Option<Placement> {
        match self.fact.what {
            Observation::RunStarted { placement, .. } => Some(placement),
            _ => None,
        }
    }

    fn observation(&self) -> &'static str {
        match self.fact.what {
            Observation::Accepted => "accepted",
            Observation::Called => "called",
            Observation::OfferRefused(_) => "offer_refused",
            Observation::Duplicated => "duplicated",
            Observation::RunStarted { .. } => "run_started",
            Observation::CallStarted { .. } => "call_started",
            Observation::CallEnded(_) => "call_ended",
            Observation::AttemptEnded(_) => "attempt_ended",
            Observation::Settled { .. } => "settled",
            Observation::DeliveryStarted { .. } => "delivery_started",
            Observation::DeliveryEnded { .. } => "delivery_ended",
            Observation::Closed => "closed",
            Observation::CutOff => "cut_off",
        }
    }

    fn attempt_number(&self) -> Option<u64> {
        match self.fact.what {
            Observation::RunStarted { .. } | Observation::CallStarted { .. } | Observation::CallEnded(_) => {
                Some(self.fact.event.attempts().into())
            }
            Observation::AttemptEnded(attempt) => Some(attempt.number.into()),
            _ => None,
        }
    }

    fn run_number(&self) -> Option<u64> {
        match self.fact.what {
            Observation::RunStarted { .. } | Observation::CallStarted { .. } | Observation::CallEnded(_) => {
                Some(self.fact.event.runs().into())
            }
            Observation::AttemptEnded(attempt) => attempt.run.map(|run| run.number.into()),
            _ => None,
        }
    }

    fn result(&self) -> Cell<'a> {
        match self.fact.what {
            Observation::AttemptEnded(attempt) => Cell::Word(attempt.outcome.name()),
            Observation::CallEnded(call) => Cell::Word(call.outcome.name()),
            Observation::Settled { fate, .. } => Cell::Word(fate.name()),
            Observation::OfferRefused(offer) if offer.next.is_none() => Cell::Word("never_accepted"),
            Observation::DeliveryEnded { failure, .. } => {
                Cell::Word(failure.map_or("delivered", |_| "delivery_failed"))
            }
            _ => Cell::Empty,
        }
    }

    fn reason(&self) -> Cell<'a> {
        match self.fact.what {
            Observation::AttemptEnded(attempt) => Cell::Word(attempt.outcome.reason()),
            Observation::DeliveryEnded { failure: Some(failure), .. } => Cell::Word(failure.name()),
            Observation::OfferRefused(offer) => Cell::Word(offer.refusal.name()),
            _ => Cell::Empty,
        }
    }

    fn next(&self) -> Option<Next> {
        match self.fact.what {
            Observation::AttemptEnded(attempt) => Some(attempt.next),
            _ => None,
        }
    }

    fn again(&self) -> Option<Again> {
        match self.fact.what {
            Observation::OfferRefused(offer) => offer.next,
            _ => None,
        }
    }

    fn delivery(&self) -> Option<(Route, DestinationId)> {
        match self.fact.what {
            Observation::DeliveryStarted { route, destination, .. }
            | Observation::DeliveryEnded { route, destination, .. } => Some((route, destination)),
            _ => None,
        }
    }

    fn dependency(&self) -> Option<DependencyId> {
        match self.fact.what {
            Observation::CallStarted { dependency, .. }
            | Observation::CallEnded(EndedCall { dependency, .. }) => Some(dependency),
            _ => None,
        }
    }

    fn ended_call(&self) -> Option<EndedCall> {
        match self.fact.what {
            Observation::CallEnded(call) => Some(call),
            _ => None,
        }
    }

    fn rule(&self) -> Option<Rule> {
        match (self.fact.what, self.next()) {
            (Observation::OfferRefused(_), _) => self.again().map(|again| again.rule),
            (Observation::Settled { rule, .. }, _)
            | (_, Some(Next::Retry { rule, .. } | Next::Settle { rule, .. })) => Some(rule),
            _ => None,
        }
    }
}

/// The sink.
pub struct TimelineCsv<'s, W: Write> {
    scenario: &'s Scenario,
    one_in: NonZeroU64,
    names: Names,
    /// When the last row's observation was made, as its cell: most come several at a time.
    time: (SimTime, Ready),
    table: Table<W>,
}

impl<'s, W: Write> TimelineCsv<'s, W> {
    /// The observations of a run of `scenario`, written to `writer`: all for `one_in` = 1, else those of the events
    /// 1, 1 + N, 1 + 2N, …
    pub fn new(scenario: &'s Scenario, one_in: NonZeroU64, writer: W) -> Self {
        let (time, table) = ((SimTime::ZERO, Ready::integer(0)), Table::new(writer, columns()));
        Self { scenario, one_in, names: Names::of(scenario), time, table }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The first error met while writing.
    pub fn finish(self) -> io::Result<W> {
        self.table.finish()
    }
}

/// The names of the columns.
pub fn columns() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().copied()
}

impl<W: Write> Observer for TimelineCsv<'_, W> {
    fn observe(&mut self, fact: &Fact<'_>) {
        if self.one_in == NonZeroU64::MIN || (fact.event.id().0 - 1).is_multiple_of(self.one_in.get()) {
            if fact.at != self.time.0 {
                self.time = (fact.at, Ready::integer(fact.at.as_nanos()));
            }
            let row = TimelineRow { fact, names: &self.names, time: &self.time.1 };
            self.table.write_row(self.names.widest, |line| write_row(&row, line));
        }
    }

    fn remark(&mut self, remark: &Remark) {
        // With some events left out, so is most of what a dependency does.
        let is_load = matches!(remark.what, Circumstance::LoadChanged { .. });
        if is_load && self.one_in != NonZeroU64::MIN {
            return;
        }
        let detail = words(remark.what, self.scenario);
        let cell = |name: &&str| match *name {
            "time_ns" => Cell::Integer(remark.at.as_nanos()),
            "observation" => Cell::Word(remark.what.name()),
            "dependency" => match remark.what {
                Circumstance::LoadChanged { dependency, .. } => {
                    Cell::Quoted(&self.names.dependencies[dependency.index()])
                }
                Circumstance::ConfigurationChanged { .. }
                | Circumstance::RedriveBegan { .. }
                | Circumstance::RedriveEnded { .. }
                | Circumstance::MessageExpired { .. } => Cell::Empty,
            },
            "detail" => Cell::Name(&detail),
            _ => Cell::Empty,
        };
        self.table.row(COLUMNS.iter().map(cell));
    }
}

/// What a remark says, in one cell.
fn words(what: Circumstance, scenario: &Scenario) -> String {
    match what {
        Circumstance::ConfigurationChanged { change } => {
            let change = &scenario.changes[usize::from(change)];
            change.settings.iter().map(ChangedSetting::text).collect::<Vec<_>>().join("; ")
        }
        Circumstance::RedriveBegan { redrive, messages } => {
            let redrive = &scenario.redrives[usize::from(redrive)];
            let queue = &scenario.destinations[redrive.from.index()].name;
            format!("{messages} messages of {queue} at {}", redrive.rate)
        }
        Circumstance::RedriveEnded { redrive, messages } => {
            let queue = &scenario.destinations[scenario.redrives[usize::from(redrive)].from.index()].name;
            format!("{messages} messages of {queue} sent")
        }
        Circumstance::MessageExpired { queue, event, original } => {
            let queue = &scenario.destinations[queue.index()].name;
            format!("{queue}: of event {}, payload of event {}", event.0, original.0)
        }
        Circumstance::LoadChanged { load: Load { in_service, in_vain, waiting }, .. } => {
            format!("{in_service} in service, {in_vain} of them in vain; {waiting} waiting")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::{busy, queue};
    use crate::sink::test_support::{exact, run};

    fn written(scenario: &Scenario, one_in: u64) -> String {
        let mut sink = TimelineCsv::new(scenario, NonZeroU64::new(one_in).unwrap(), Vec::new());
        run(scenario, &mut sink);
        String::from_utf8(sink.finish().unwrap()).unwrap()
    }

    #[test]
    fn a_whole_life_in_view() {
        let mut scenario = exact(&[0]);
        scenario.functions[0].on_success = Some(DestinationId(0));
        scenario.destinations = vec![queue("done")];
        let expected = "\
time_ns,event,source,function,observation,attempt,run,result,reason,age_ns,running,environment,start,init_ns,\
until_ns,route,destination,dependency,call,waited_ns,served_ns,rule,detail
0,1,orders,ship,accepted,,,,,,,,,,,,,,,,,,
0,1,orders,ship,run_started,1,1,,,0,1,1,cold,0,,,,,,,,,
100000000,1,orders,ship,attempt_ended,1,1,success,,0,0,,,,,,,,,,,success_ends_event,
100000000,1,orders,ship,settled,,,succeeded,,,,,,,,,,,,,,success_ends_event,
100000000,1,orders,ship,delivery_started,,,,,,,,,,,on_success,done,,,,,,
120000000,1,orders,ship,delivery_ended,,,delivered,,,,,,,,on_success,done,,,,,,
120000000,1,orders,ship,closed,,,,,,,,,,,,,,,,,,
";
        assert_eq!(written(&scenario, 1), expected);
    }

    #[test]
    fn a_sample_keeps_whole_lives_just_as_the_full_timeline_has_them() {
        let scenario = busy();
        let (full, sample) = (written(&scenario, 1), written(&scenario, 10));
        let in_sample = |line: &&str| {
            let event: u64 = line.split(',').nth(1).unwrap().parse().unwrap();
            event % 10 == 1
        };
        let expected: Vec<&str> = full.lines().skip(1).filter(in_sample).collect();
        let found: Vec<&str> = sample.lines().skip(1).collect();
        assert!(found.len() > 100);
        assert_eq!(found, expected);
    }
}
