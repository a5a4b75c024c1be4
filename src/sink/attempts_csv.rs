//! `attempts.csv`: one row for each attempt that ended, synchronous calls included, in the order of their ends.

use std::io::{self, Write};

use super::names::Names;
use super::table::{Cell, Table, columns};
use crate::model::event::Event;
use crate::model::observation::{Attempt, Fact, Next, Observation, Observer, Run};
use crate::scenario::{InvocationType, Scenario};
use crate::time::SimTime;

/// One attempt at its end.
struct AttemptRow<'a> {
    end: SimTime,
    event: &'a Event,
    attempt: &'a Attempt,
    names: &'a Names,
}

columns! {
    /// The columns of `attempts.csv`.
    COLUMNS;
    fn write_row(row: &AttemptRow<'_>);
    "event" => Cell::Integer(row.event.id().0),
    "source" => Cell::Quoted(&row.names.sources[row.event.source().index()]),
    "function" => Cell::Quoted(&row.names.functions[row.event.function().index()]),
    "invocation_type" => Cell::Word(row.invocation_type()),
    "attempt" => Cell::Integer(row.attempt.number.into()),
    "run" => row.of_run(|run| run.number.into()),
    "dispatched_ns" => Cell::Integer(row.attempt.dispatched.as_nanos()),
    "age_ns" => Cell::Integer(row.attempt.age.as_nanos()),
    "result" => Cell::Word(row.attempt.outcome.name()),
    "reason" => Cell::Word(row.attempt.outcome.reason()),
    "start_ns" => row.of_run(|_| row.attempt.dispatched.as_nanos()),
    "end_ns" => Cell::Integer(row.end.as_nanos()),
    "environment" => row.of_run(|run| run.placement.environment.into()),
    "start" => row.attempt.run.map_or(Cell::Empty, |run| Cell::Word(run.placement.start.name())),
    "init_ns" => row.of_run(|run| run.placement.init.as_nanos()),
    "duration_ns" => row.of_run(|run| run.duration.as_nanos()),
    "billed_ms" => row.of_run(|run| run.billed_ms),
    "next" => Cell::Word(row.next()),
    "next_due_ns" => match row.attempt.next {
        Next::Retry { due, .. } => Cell::Integer(due.as_nanos()),
        Next::Settle { .. } | Next::Return => Cell::Empty,
    },
    "wait_nominal_ns" => match row.attempt.next {
        Next::Retry { nominal, .. } => Cell::Integer(nominal.as_nanos()),
        Next::Settle { .. } | Next::Return => Cell::Empty,
    },
    "rule" => match row.attempt.next {
        Next::Retry { rule, .. } | Next::Settle { rule, .. } => Cell::Word(rule.name()),
        Next::Return => Cell::Empty,
    },
    "failure" => Cell::integer(row.attempt.run.and_then(|run| run.cause).map(|cause| u64::from(cause) + 1)),
    "request_id" => Cell::Request(row.event.request_id()),
    "traced" => Cell::Flag(row.event.traced()),
}

impl<'a> AttemptRow<'a> {
    fn invocation_type(&self) -> &'static str {
        match self.event.invocation() {
            InvocationType::Event => "Event",
            InvocationType::RequestResponse => "RequestResponse",
        }
    }

    fn of_run(&self, value: impl Fn(Run) -> u64) -> Cell<'a> {
        Cell::integer(self.attempt.run.map(value))
    }

    fn next(&self) -> &'static str {
        match self.attempt.next {
            Next::Retry { .. } => "retry",
            Next::Settle { .. } => "settle",
            Next::Return => "return",
        }
    }
}

/// The sink.
#[derive(Debug)]
pub struct AttemptsCsv<W: Write> {
    names: Names,
    table: Table<W>,
}

impl<W: Write> AttemptsCsv<W> {
    /// The attempts of a run of `scenario`, written to `writer`.
    pub fn new(scenario: &Scenario, writer: W) -> Self {
        Self { names: Names::of(scenario), table: Table::new(writer, columns()) }
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

impl<W: Write> Observer for AttemptsCsv<W> {
    fn observe(&mut self, fact: &Fact<'_>) {
        if let Observation::AttemptEnded(attempt) = &fact.what {
            let row = AttemptRow { end: fact.at, event: fact.event, attempt, names: &self.names };
            self.table.write_row(self.names.widest, |line| write_row(&row, line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::{busy, exceptions, source};
    use crate::scenario::Arrivals;
    use crate::sink::test_support::{FailingWriter, exact, run};

    fn written(scenario: &Scenario) -> String {
        let mut sink = AttemptsCsv::new(scenario, Vec::new());
        run(scenario, &mut sink);
        String::from_utf8(sink.finish().unwrap()).unwrap()
    }

    #[test]
    fn the_file_of_a_throttle_a_failure_and_a_success_in_view() {
        let mut scenario = exact(&[0]);
        let at = std::iter::once(SimTime::ZERO).collect();
        let call = source("api", InvocationType::RequestResponse, Arrivals::Times(at));
        scenario.sources.insert(0, call);
        scenario.functions[0].reserved = Some(1);
        scenario.functions[0].failures = vec![exceptions(1.0, &[(1, 2)])];
        let expected = "\
event,source,function,invocation_type,attempt,run,dispatched_ns,age_ns,result,reason,start_ns,end_ns,environment,start,\
init_ns,duration_ns,billed_ms,next,next_due_ns,wait_nominal_ns,rule,failure,request_id,traced
2,orders,ship,Event,1,,0,0,throttled,ReservedFunctionConcurrentInvocationLimitExceeded,,0,,,,,,retry,1000000000,\
1000000000,backoff,,253d47b3-1ee3-4c35-b8d3-6dc1007dc571,false
1,api,ship,RequestResponse,1,1,0,0,success,,0,100000000,1,cold,0,100000000,100,return,,,,,\
18e7a8a4-cfe5-4a39-bb26-c11fb2f11b7c,true
2,orders,ship,Event,2,1,1000000000,1000000000,function_error,exception,1000000000,1100000000,1,warm,0,100000000,100,\
retry,61100000000,60000000000,function_error_retry,1,253d47b3-1ee3-4c35-b8d3-6dc1007dc571,false
2,orders,ship,Event,3,2,61100000000,61100000000,success,,61100000000,61200000000,1,warm,0,100000000,100,settle,,,\
success_ends_event,,253d47b3-1ee3-4c35-b8d3-6dc1007dc571,false
";
        assert_eq!(written(&scenario), expected);
    }

    #[test]
    fn a_full_disk_is_told_at_the_end() {
        let scenario = busy();
        let mut sink = AttemptsCsv::new(&scenario, FailingWriter::after(1));
        run(&scenario, &mut sink);
        assert_eq!(sink.finish().err().unwrap().kind(), io::ErrorKind::StorageFull);
    }
}
