//! `events.csv`: one row for each event, in the order in which they left the system, then those in flight.
//!
//! What only the file needs to know of the events in the system is kept by whoever listens; rows are made of it where
//! they are told, or on a thread of their own (`EventsCsv::with_rows_behind`).
#![expect(clippy::inline_always, reason = "only where a cell's kind is known does its row stay in registers")]

use std::io::{self, Write};

use super::line::Ready;
use super::names::Names;
use super::scribe::{Batch, Dictation, Scribe};
use super::table::{Cell, Table, columns};
use crate::model::event::{Event, Route, RouteResult, Stage, State};
use crate::model::observation::{Fact, Fate, Observation, Observer};
use crate::observe::event_cost::{EventExtras, EventPrices, Extra};
use crate::observe::history::{Histories, History};
use crate::observe::price::Money;
use crate::scenario::{DeliveryFailure, InvocationType, Scenario};
use crate::time::SimTime;

/// One event at its end.
struct EventRow<'a> {
    event: &'a Event,
    history: History,
    names: &'a Names,
    words: &'a Words,
    cost: Money,
    /// Its number and the time of its acceptance, which other cells mostly repeat.
    id: Ready,
    accepted: Ready,
}

columns! {
    /// The columns of `events.csv`.
    COLUMNS;
    fn write_row(row: &EventRow<'_>);
    "event" => Cell::Ready(&row.id),
    "source" => Cell::Quoted(&row.names.sources[row.event.source().index()]),
    "source_event" => row.number(row.event.number()),
    "parent" => Cell::integer(row.event.parent().map(|parent| parent.0)),
    "function" => Cell::Quoted(&row.names.functions[row.event.function().index()]),
    "accepted_ns" => if row.event.is_accepted() { Cell::Ready(&row.accepted) } else { Cell::Empty },
    "fate" => match row.fate() {
        Some((fate, _)) => Cell::Ready(&row.words.fates[fate as usize]),
        None => Cell::Word(row.no_fate()),
    },
    "condition" => match row.fate() {
        Some((fate, _)) => Cell::Ready(&row.words.conditions[fate as usize]),
        None => Cell::Empty,
    },
    "attempts" => Cell::Integer(row.event.attempts().into()),
    "runs" => Cell::Integer(row.event.runs().into()),
    "throttles" => Cell::Integer(row.event.throttles().into()),
    "system_errors" => Cell::Integer(row.event.system_errors().into()),
    "client_errors" => Cell::Integer(row.event.client_errors().into()),
    "first_start_ns" => match row.history.first_start {
        Some(start) => row.time(start),
        None => Cell::Empty,
    },
    "settled_ns" => Cell::integer(row.fate().map(|(_, at)| at.as_nanos())),
    "last_dispatch_age_ns" => {
        Cell::integer(row.history.last_dispatch.map(|at| row.event.age_at(at).as_nanos()))
    },
    "on_success" => row.route(Route::OnSuccess),
    "on_failure" => row.route(Route::OnFailure),
    "dead_letter_queue" => row.route(Route::DeadLetterQueue),
    "lost" => row.lost(),
    "billed_ms" => Cell::Integer(row.event.billed_ms()),
    "cost_usd" => Cell::Decimal(row.cost.usd()),
    "request_id" => Cell::Request(row.event.request_id()),
    "traced" => Cell::Flag(row.event.traced()),
    "generation" => Cell::Integer(row.event.past().generation.into()),
    "original" => row.original(),
    "offered_ns" => row.offered(),
    "refusals" => Cell::Integer(row.event.refusals().into()),
    "duplicate_of" => Cell::integer(row.event.duplicate_of().map(|event| event.0)),
}

impl<'a> EventRow<'a> {
    fn fate(&self) -> Option<(Fate, SimTime)> {
        self.event.settled()
    }

    /// Events that were never accepted have no fate, but an end.
    fn no_fate(&self) -> &'static str {
        match self.event.stage() {
            Stage::NeverAccepted => "never_accepted",
            Stage::Offered { .. } => "being_offered",
            Stage::Queued { .. } | Stage::Running { .. } | Stage::Settled { .. } | Stage::Returned => {
                "in_flight"
            }
        }
    }

    /// The number of an event or of something else.
    #[inline(always)]
    fn number(&self, number: u64) -> Cell<'_> {
        if number == self.event.id().0 { Cell::Ready(&self.id) } else { Cell::Integer(number) }
    }

    #[inline(always)]
    fn time(&self, at: SimTime) -> Cell<'_> {
        if at == self.event.accepted() { Cell::Ready(&self.accepted) } else { Cell::Integer(at.as_nanos()) }
    }

    /// Whose payload it carries, if not its own.
    #[inline(always)]
    fn original(&self) -> Cell<'_> {
        let original = self.event.past().original;
        if original == self.event.id() { Cell::Empty } else { Cell::Integer(original.0) }
    }

    /// When it was offered first, if it was not accepted then.
    #[inline(always)]
    fn offered(&self) -> Cell<'_> {
        let (offered, accepted) = (self.event.offered(), self.event.accepted());
        let at_once = self.event.is_accepted() && offered == accepted;
        if at_once { Cell::Empty } else { Cell::Integer(offered.as_nanos()) }
    }

    #[inline(always)]
    fn route(&self, route: Route) -> Cell<'a> {
        Cell::Ready(&self.words.routes[index_of(self.event.route(route))])
    }

    /// Unknown as long as the event or one of its deliveries is on its way.
    fn lost(&self) -> Cell<'a> {
        let pending = Route::ALL.iter().any(|route| self.event.route(*route) == RouteResult::Pending);
        if self.fate().is_none() || pending { Cell::Empty } else { Cell::Flag(self.event.is_lost()) }
    }
}

/// The words that stand in every row.
#[derive(Debug)]
struct Words {
    fates: [Ready; Fate::ALL.len()],
    conditions: [Ready; Fate::ALL.len()],
    /// By [`index_of`].
    routes: [Ready; 4],
}

impl Words {
    fn new() -> Self {
        let ready = |word: &str| Ready::of(word).expect("our words are short");
        let mut routes = [ready(""); 4];
        for result in [
            RouteResult::NotConfigured,
            RouteResult::Pending,
            RouteResult::Delivered,
            RouteResult::Failed(DeliveryFailure::ALL[0]),
        ] {
            routes[index_of(result)] = ready(result.name());
        }
        Self {
            fates: Fate::ALL.map(|fate| ready(fate.name())),
            conditions: Fate::ALL.map(|fate| ready(fate.condition())),
            routes,
        }
    }
}

/// Results of routes with the same name have the same.
#[inline(always)]
const fn index_of(result: RouteResult) -> usize {
    match result {
        RouteResult::NotConfigured => 0,
        RouteResult::Pending => 1,
        RouteResult::Delivered => 2,
        RouteResult::Failed(_) => 3,
    }
}

/// Whoever makes the rows.
#[derive(Debug)]
struct RowWriter<W: Write> {
    words: Words,
    prices: EventPrices,
    names: Names,
    table: Table<W>,
}

impl<W: Write> RowWriter<W> {
    #[inline(never)]
    fn row(&mut self, event: &Event, history: History, extra: Extra) {
        let (id, accepted) = (Ready::integer(event.id().0), Ready::integer(event.accepted().as_nanos()));
        let cost = self.prices.cost(event, extra);
        let row = EventRow { event, history, names: &self.names, words: &self.words, cost, id, accepted };
        self.table.write_row(self.names.widest, |line| write_row(&row, line));
    }

    fn usual_rows(&mut self, told: &[(State, [SimTime; 2])]) {
        for (state, times) in told {
            let event = Event::of_usual(*state);
            self.row(&event, History::of_times(&event, *times), Extra::default());
        }
    }
}

/// What rows tell, on their way to whoever makes them.
#[derive(Debug)]
struct Ended {
    /// Of most events there is nothing particular to be told: the times of the history are all besides.
    usual: Vec<(State, [SimTime; 2])>,
    /// What comes in between.
    particular: Vec<Particular>,
}

#[derive(Debug)]
struct Particular {
    /// After so many usual ones.
    after: usize,
    event: Event,
    history: History,
    extra: Extra,
}

impl Ended {
    /// The rows of a batch: a hundred and fifty kilobytes go over at once, or more of particular ones.
    const ROWS: usize = 1 << 11;

    #[inline(always)]
    fn push(&mut self, event: &Event, history: History, extra: Extra) {
        match event.usual() {
            Some(state) if extra.is_nothing() => self.usual.push((*state, history.times())),
            _ => self.push_particular(event, history, extra),
        }
    }

    #[inline(never)]
    fn push_particular(&mut self, event: &Event, history: History, extra: Extra) {
        let (after, event) = (self.usual.len(), event.clone());
        self.particular.push(Particular { after, event, history, extra });
    }
}

impl Default for Ended {
    fn default() -> Self {
        Self { usual: Vec::with_capacity(Self::ROWS), particular: Vec::new() }
    }
}

impl Batch for Ended {
    #[inline]
    fn is_full(&self) -> bool {
        self.usual.len() + self.particular.len() == Self::ROWS
    }
}

impl<W: Write> Scribe<Ended> for Box<RowWriter<W>> {
    fn work_off(&mut self, batch: &mut Ended) {
        let mut done = 0;
        for Particular { after, event, history, extra } in batch.particular.drain(..) {
            self.usual_rows(&batch.usual[done..after]);
            self.row(&event, history, extra);
            done = after;
        }
        self.usual_rows(&batch.usual[done..]);
        batch.usual.clear();
    }
}

/// Where rows are made.
#[derive(Debug)]
enum Rows<W: Write> {
    Here(Box<RowWriter<W>>),
    Behind(Dictation<Ended, Box<RowWriter<W>>>),
}

/// The sink.
#[derive(Debug)]
pub struct EventsCsv<'s, W: Write> {
    extras: EventExtras<'s>,
    histories: Histories,
    rows: Rows<W>,
}

impl<'s, W: Write> EventsCsv<'s, W> {
    /// The events of a run of `scenario`, written to `writer`.
    pub fn new(scenario: &'s Scenario, writer: W) -> Self {
        let rows = RowWriter {
            words: Words::new(),
            prices: EventPrices::of(scenario),
            names: Names::of(scenario),
            table: Table::new(writer, columns()),
        };
        let (extras, histories) = (EventExtras::new(scenario), Histories::default());
        Self { extras, histories, rows: Rows::Here(Box::new(rows)) }
    }

    /// The same, with rows made on a thread of their own, if there can be one (not in WebAssembly).
    #[must_use]
    pub(crate) fn with_rows_behind(self) -> Self
    where
        W: Send + 'static,
    {
        let rows = match self.rows {
            Rows::Here(writer) => Dictation::to(writer).map_or_else(Rows::Here, Rows::Behind),
            behind @ Rows::Behind(_) => behind,
        };
        Self { rows, ..self }
    }

    #[inline]
    fn row(&mut self, event: &Event) {
        if event.invocation() != InvocationType::Event {
            return;
        }
        let (history, extra) = (self.histories.of(event), self.extras.take(event));
        match &mut self.rows {
            Rows::Here(writer) => writer.row(event, history, extra),
            Rows::Behind(dictation) => dictation.batch().push(event, history, extra),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The first error met while writing.
    ///
    /// # Panics
    /// When the thread that made the rows did.
    pub fn finish(self) -> io::Result<W> {
        let writer = match self.rows {
            Rows::Here(writer) => writer,
            Rows::Behind(dictation) => dictation.end(),
        };
        writer.table.finish()
    }
}

/// The names of the columns.
pub fn columns() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().copied()
}

impl<W: Write> Observer for EventsCsv<'_, W> {
    /// Of synchronous calls as well: that there are no rows for them is asked where there would be one.
    #[inline(always)]
    fn observe(&mut self, fact: &Fact<'_>) {
        self.extras.observe(fact);
        self.histories.note(fact);
        if let Observation::Closed | Observation::CutOff = fact.what {
            self.row(fact.event);
        }
    }

    #[inline(always)]
    fn expect(&self, event: &Event) {
        self.histories.prefetch(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DestinationId;
    use crate::observe::test_scenarios::{busy, exceptions, queue};
    use crate::scenario::End;
    use crate::scenario::load::{Input, load};
    use crate::sink::scribe::BATCHES;
    use crate::sink::test_support::{FailingWriter, exact, run};

    fn written(scenario: &Scenario) -> String {
        let mut sink = EventsCsv::new(scenario, Vec::new());
        run(scenario, &mut sink);
        String::from_utf8(sink.finish().unwrap()).unwrap()
    }

    #[test]
    fn the_file_of_one_success_and_one_failure_in_view() {
        let mut scenario = exact(&[0, 5_000]);
        scenario.functions[0].maximum_retries = 0;
        scenario.functions[0].failures = vec![exceptions(1.0, &[(0, 1)])];
        scenario.functions[0].on_failure = Some(DestinationId(0));
        scenario.destinations = vec![queue("failed")];
        let expected = "\
event,source,source_event,parent,function,accepted_ns,fate,condition,attempts,runs,throttles,system_errors,\
client_errors,first_start_ns,settled_ns,last_dispatch_age_ns,on_success,on_failure,dead_letter_queue,lost,\
billed_ms,cost_usd,request_id,traced,generation,original,offered_ns,refusals,duplicate_of
1,orders,1,,ship,0,retries_exhausted,RetriesExhausted,1,1,0,0,0,0,100000000,0,not_configured,delivered,\
not_configured,false,100,0.000000808334,253d47b3-1ee3-4c35-b8d3-6dc1007dc571,true,0,,,0,
2,orders,2,,ship,5000000000,succeeded,Success,1,1,0,0,0,5000000000,5100000000,0,not_configured,not_configured,\
not_configured,false,100,0.000000408334,a5e6904e-0867-4a8e-8ee0-2c3e23fe147f,true,0,,,0,
";
        assert_eq!(written(&scenario), expected);
    }

    #[test]
    fn what_is_in_flight_at_the_end_has_no_fate_and_no_answer_to_lost() {
        let mut scenario = exact(&[0]);
        scenario.end = End::At(SimTime::from_nanos(50_000_000));
        let text = written(&scenario);
        let row = text.lines().nth(1).unwrap();
        assert!(row.starts_with("1,orders,1,,ship,0,in_flight,,1,1,0,0,0,0,,0,"), "{row}");
        assert!(row.contains(",,0,0.000000000000,"), "{row}");
    }

    #[test]
    fn there_is_a_row_for_each_accepted_event_and_none_for_calls() {
        let scenario = busy();
        let mut ledger = crate::observe::ledger::Ledger::default();
        let mut sink = EventsCsv::new(&scenario, Vec::new());
        run(&scenario, &mut (&mut sink, &mut ledger));
        let text = String::from_utf8(sink.finish().unwrap()).unwrap();
        assert_eq!(text.lines().count() as u64, 1 + ledger.accepted());
    }

    #[test]
    fn a_full_disk_is_told_at_the_end_and_does_not_stop_the_run() {
        let scenario = busy();
        for writes in 0..4 {
            let sink = || EventsCsv::new(&scenario, FailingWriter::after(writes));
            for mut sink in [sink(), sink().with_rows_behind()] {
                run(&scenario, &mut sink);
                assert_eq!(sink.finish().err().unwrap().kind(), io::ErrorKind::StorageFull);
            }
        }
    }

    /// Batches of events with everything that can happen to one, and as many to whom nothing does: outcomes that go
    /// nowhere, to a queue that charges, or to another function; refused offers, second deliveries, lost events,
    /// payloads that are sent again, provisioned environments, calls, and an end in the middle of it.
    fn everything() -> Scenario {
        let text = r#"{ "version": 1, "seed": 7, "end": "5m",
            "functions": {
                "ship": { "ReservedConcurrentExecutions": 25, "duration": { "exponential": { "mean": "300ms" } },
                    "EventInvokeConfig": { "DestinationConfig": { "OnFailure": { "Destination": "failed" } } },
                    "failures": [ { "exception": { "probability": 0.3 } } ] },
                "pay": { "ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": 3 }, "duration": "100ms",
                    "EventInvokeConfig": { "DestinationConfig": { "OnSuccess": { "Destination": "next" } } } },
                "tell": { "duration": "50ms" } },
            "destinations": { "failed": { "sqs": {} }, "next": { "lambda": { "FunctionName": "tell" } } },
            "sources": {
                "orders": { "to": "ship", "arrivals": { "poisson": { "rate": "60/s" } } },
                "payments": { "to": "pay", "client_retry": { "max_attempts": 3 }, "arrivals": { "poisson": { "rate": "20/s" } } },
                "calls": { "to": "tell", "invocation": "sync", "arrivals": { "poisson": { "rate": "9/s" } } } },
            "faults": [ { "front_door": { "function": "pay", "during": ["20s", "23s"] } },
                { "system_error": { "probability": 0.02 } } ],
            "imperfections": { "duplicate_probability": 0.02, "loss_probability": 0.01 },
            "redrives": [ { "from": "failed", "at": "4m", "rate": "20/s" } ] }"#;
        load(&Input::from_text("everything", text)).unwrap_or_else(|rejected| panic!("{rejected}")).scenario
    }

    /// Goal: what repeats another cell is left out, and nothing else is. Method: the rows of events of every kind.
    #[test]
    fn an_original_and_an_offer_are_told_where_they_are_others() {
        let text = written(&everything());
        let [original, generation, offered, accepted, refusals, duplicate] =
            ["original", "generation", "offered_ns", "accepted_ns", "refusals", "duplicate_of"].map(place_of);
        let (mut others, mut late, mut refused) = (0, 0, 0);
        for row in text.lines().skip(1) {
            let cells: Vec<&str> = row.split(',').collect();
            let number = |at: usize| cells[at].parse::<u64>().ok();
            assert_eq!(
                cells[original].is_empty(),
                cells[generation] == "0" && cells[duplicate].is_empty(),
                "{row}"
            );
            if cells[generation] == "0" {
                assert_eq!(cells[original], cells[duplicate], "{row}");
            } else {
                assert!(number(original) < number(0), "{row}");
                others += 1;
            }
            match (number(offered), number(accepted)) {
                (None, None) => panic!("{row}"),
                (None, Some(_)) => assert_eq!(cells[refusals], "0", "{row}"),
                (Some(offered), Some(accepted)) => {
                    assert!(offered < accepted && cells[refusals] != "0", "{row}");
                    late += 1;
                }
                (Some(_), None) => refused += 1,
            }
        }
        assert!(
            others > 20 && late > 20 && refused > 5,
            "{others} sent again, {late} late, {refused} never accepted"
        );
    }

    /// Which cell of a row is that of `column`.
    fn place_of(column: &str) -> usize {
        columns().position(|name| name == column).expect("a column")
    }

    /// How many rows of `text` have something in `column` that is not `but`.
    fn rows_with(text: &str, column: &str, but: &str) -> usize {
        let at = place_of(column);
        text.lines().skip(1).filter(|row| !["", but].contains(&row.split(',').nth(at).unwrap())).count()
    }

    /// Goal: the very same bytes, wherever rows are made. Method: both, of an event of every kind.
    #[test]
    fn rows_made_behind_are_the_rows_made_here() {
        let scenario = everything();
        let mut behind = EventsCsv::new(&scenario, Vec::new()).with_rows_behind().with_rows_behind();
        assert!(matches!(behind.rows, Rows::Behind(_)));
        run(&scenario, &mut behind);
        let (here, behind) = (written(&scenario), String::from_utf8(behind.finish().unwrap()).unwrap());
        assert!(here == behind);
        // More than all batches hold together, and enough of all kinds.
        assert!(here.lines().count() > (BATCHES + 1) * Ended::ROWS, "{}", here.lines().count());
        let kinds = [
            ("parent", ""),
            ("runs", "1"),
            ("refusals", "0"),
            ("duplicate_of", ""),
            ("generation", "0"),
            ("on_failure", "not_configured"),
            ("on_success", "not_configured"),
            ("throttles", "0"),
            ("system_errors", "0"),
        ];
        for (column, but) in kinds {
            assert!(rows_with(&here, column, but) > 20, "{column}: {}", rows_with(&here, column, but));
        }
        for fate in ["succeeded", "retries_exhausted", "vanished", "in_flight"] {
            assert!(here.matches(&format!(",{fate},")).count() > 20, "{fate}");
        }
    }

    /// Goal: an error met while batches still go round is told at the end as well, and nothing waits for ever.
    #[test]
    fn a_full_disk_in_the_middle_is_told_at_the_end_wherever_rows_are_made() {
        let scenario = everything();
        for writes in [1, 20, 100] {
            let mut sink = EventsCsv::new(&scenario, FailingWriter::after(writes)).with_rows_behind();
            run(&scenario, &mut sink);
            assert_eq!(sink.finish().err().unwrap().kind(), io::ErrorKind::StorageFull);
        }
    }

    #[test]
    fn what_goes_over_for_most_rows_is_small() {
        assert_eq!(size_of::<(State, [SimTime; 2])>(), 72);
    }
}
