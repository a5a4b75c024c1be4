//! The costs of a run: by what caused them, by what is paid for, and as a month at this rate.
#![expect(
    clippy::inline_always,
    reason = "the recorder's observers are specialised where a fact is reported"
)]

use std::ops::Range;

use serde::Serialize;

use super::decimal::Decimal;
use super::price::{MessageKind, Money, Spend, payload_requests};
use super::summary::Rows;
use crate::id::DestinationId;
use crate::model::event::Event;
use crate::model::observation::{Attempt, AttemptOutcome, Fact, Observation, Run};
use crate::scenario::{End, Function, InvocationType, Scenario};
use crate::time::{SimDuration, SimTime};

/// A month: 730 hours, as in AWS's own estimates.
pub const MONTH_MS: u64 = 730 * 3_600_000;
/// Provisioned concurrency is paid in steps of five minutes.
const PROVISIONED_STEP_MS: u64 = 300_000;

/// What runs of one function used, in counts that need no price list and no wide numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    runs: u64,
    /// Requests that large payloads add.
    payload_requests: u64,
    on_demand_ms: u64,
    provisioned_ms: u64,
}

impl Used {
    #[inline(always)]
    fn run(&mut self, billed_ms: u64, provisioned: bool, payload_requests: u64) {
        self.runs += 1;
        self.payload_requests += payload_requests;
        self.time(billed_ms, provisioned);
    }

    #[inline(always)]
    fn time(&mut self, billed_ms: u64, provisioned: bool) {
        if provisioned {
            self.provisioned_ms += billed_ms;
        } else {
            self.on_demand_ms += billed_ms;
        }
    }

    /// The same in the units in which AWS bills `function`.
    fn spend(&self, function: &Function) -> Spend {
        let Self { runs, payload_requests, on_demand_ms, provisioned_ms } = *self;
        Spend::requests(runs, payload_requests)
            .plus(&Spend::time(function, on_demand_ms, false))
            .plus(&Spend::time(function, provisioned_ms, true))
    }
}

/// What was used by one function, by what caused it, in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// By [`Part`].
    parts: [Used; Part::COUNT],
    /// Of these, runs that failed, and duplicates.
    wasted: Used,
    /// Of these, time of cold starts before the handler.
    init: Used,
    messages: Spend,
}

/// What runs of one function are caused by.
#[derive(Clone, Copy, Debug)]
enum Part {
    FirstRuns,
    Retries,
    SyncCalls,
    /// Runs of second deliveries by the queue.
    Duplicates,
}

impl Part {
    const COUNT: usize = 4;

    #[inline(always)]
    const fn of(invocation: InvocationType, run: u8, duplicate: bool) -> Self {
        match (invocation, run) {
            (InvocationType::Event, _) if duplicate => Self::Duplicates,
            (InvocationType::RequestResponse, _) => Self::SyncCalls,
            (InvocationType::Event, 1) => Self::FirstRuns,
            (InvocationType::Event, _) => Self::Retries,
        }
    }
}

impl Tally {
    /// Takes note of a fact about an event or, if `duplicate`, about a second delivery of one.
    #[inline(always)]
    pub(super) fn note(&mut self, fact: &Fact<'_>, duplicate: bool, scenario: &Scenario) {
        match fact.what {
            Observation::AttemptEnded(Attempt { run: Some(run), outcome, .. }) => {
                let failed = matches!(outcome, AttemptOutcome::FunctionError(_));
                self.run_ended(fact.event, &run, (duplicate, failed), scenario);
            }
            Observation::DeliveryEnded { destination, bytes, failure: None, .. } => {
                self.messages.add(&of_message(destination, bytes, scenario));
            }
            _ => {}
        }
    }

    #[inline(always)]
    fn run_ended(
        &mut self,
        event: &Event,
        run: &Run,
        (duplicate, failed): (bool, bool),
        scenario: &Scenario,
    ) {
        let part = Part::of(event.invocation(), run.number, duplicate);
        let payload = payload_requests(payload_of(event, scenario), &scenario.prices);
        let (billed_ms, provisioned) = (run.billed_ms, run.placement.provisioned);
        self.parts[part as usize].run(billed_ms, provisioned, payload);
        if duplicate || failed {
            self.wasted.run(billed_ms, provisioned, payload);
        }
        if run.placement.init > SimDuration::ZERO {
            let init_ms = billed_ms - run.duration.as_millis_ceil().min(billed_ms);
            self.init.time(init_ms, provisioned);
        }
    }

    /// What the function it is of, `function`, used.
    pub(super) fn bill(&self, function: &Function) -> Bill {
        let spend = |used: &Used| used.spend(function);
        let [first_runs, retries, sync_calls, duplicates] = self.parts.each_ref().map(spend);
        let (wasted, init) = (spend(&self.wasted), spend(&self.init));
        Bill { first_runs, retries, sync_calls, duplicates, wasted, init, messages: self.messages }
    }
}

/// What was used, by what caused it.
#[derive(Clone, Debug, Default)]
pub(super) struct Bill {
    first_runs: Spend,
    retries: Spend,
    sync_calls: Spend,
    /// Runs of second deliveries by the queue.
    duplicates: Spend,
    /// Of the four, runs that failed, and duplicates.
    wasted: Spend,
    /// Of the four, time of cold starts before the handler.
    init: Spend,
    messages: Spend,
}

impl Bill {
    /// Adds what another function used.
    pub(super) fn add(&mut self, other: &Self) {
        let Self { first_runs, retries, sync_calls, duplicates, wasted, init, messages } = other;
        self.first_runs.add(first_runs);
        self.retries.add(retries);
        self.sync_calls.add(sync_calls);
        self.duplicates.add(duplicates);
        self.wasted.add(wasted);
        self.init.add(init);
        self.messages.add(messages);
    }

    /// Everything but provisioned concurrency, which no event causes.
    fn caused(&self) -> Spend {
        self.runs().plus(&self.messages)
    }

    fn runs(&self) -> Spend {
        self.first_runs.plus(&self.retries).plus(&self.sync_calls).plus(&self.duplicates)
    }

    pub(super) fn split<T>(&self, part: impl Fn(&Spend) -> T) -> Split<T> {
        Split {
            total: part(&self.runs()),
            first_runs: part(&self.first_runs),
            retries: part(&self.retries),
            sync_calls: part(&self.sync_calls),
            duplicates: part(&self.duplicates),
            wasted: part(&self.wasted),
        }
    }

    /// The report of `accepted` events, with the provisioned concurrency of the functions concerned.
    pub(super) fn report(&self, accepted: u64, kept: &Kept, rate: Rate, scenario: &Scenario) -> Costs {
        let prices = &scenario.prices;
        let usd = |spend: &Spend| spend.money(prices).usd();
        let caused = self.caused();
        let total = caused.plus(&kept.spend).money(prices);
        let kind = |kind| caused.message_money(kind, prices).usd();
        let month =
            rate.span_ms.map(|span| kept.in_a_month(&caused.grown(MONTH_MS, span)).money_of_month(prices));
        Costs {
            total: total.usd(),
            first_runs: usd(&self.first_runs),
            retries: usd(&self.retries),
            sync_calls: usd(&self.sync_calls),
            duplicates: usd(&self.duplicates),
            messages: usd(&self.messages),
            provisioned: usd(&kept.spend),
            wasted: usd(&self.wasted),
            requests: caused.request_money(prices).usd(),
            payload: caused.payload_money(prices).usd(),
            duration: caused.duration_money(prices).usd(),
            init: usd(&self.init),
            messages_by_kind: MessageCosts {
                sqs: kind(MessageKind::Sqs),
                sns: kind(MessageKind::Sns),
                eventbridge: kind(MessageKind::EventBridge),
                s3: kind(MessageKind::S3),
            },
            per_million_events: Decimal::ratio(total.pico_usd() * 1_000_000, accepted.into(), 0)
                .map(|pico| Decimal::new(pico.units(), 12)),
            per_month: month.map(Money::usd),
            rate_span_ns: rate.span_ms.map(|span| span * 1_000_000),
        }
    }
}

/// The run that ended, as AWS bills it: what running totals are held against.
#[cfg(test)]
pub fn of_run(fact: &Fact<'_>, run: &Run, scenario: &Scenario) -> Spend {
    let function = &scenario.functions[fact.event.function().index()];
    let payload = payload_of(fact.event, scenario);
    Spend::run(function, run.billed_ms, run.placement.provisioned, payload, &scenario.prices)
}

/// The size of an event, for which a synchronous caller does not pay.
fn payload_of(event: &Event, scenario: &Scenario) -> Option<u64> {
    (event.invocation() == InvocationType::Event).then(|| event.bytes(scenario))
}

/// A message of `bytes` that `destination` took.
pub fn of_message(destination: DestinationId, bytes: u64, scenario: &Scenario) -> Spend {
    Spend::message(scenario.destinations[destination.index()].kind, bytes, &scenario.prices)
}

/// How long arrivals went on: what a month is projected from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    span_ms: Option<u64>,
}

impl Rate {
    /// From the first arrival to `arrivals_end` or, without one, to the last arrival. Less than a second says nothing
    /// about a month.
    pub(super) fn of(scenario: &Scenario, arrivals: Option<(SimTime, SimTime)>) -> Self {
        const LEAST_MS: u64 = 1_000;
        let span = arrivals.map(|(first, last)| {
            let until = scenario.arrivals_end.map_or(last, |end| match scenario.end {
                End::At(horizon) => end.min(horizon),
                End::Drained => end,
            });
            until.max(last).since(first).as_millis()
        });
        Self { span_ms: span.filter(|span| *span >= LEAST_MS) }
    }
}

/// Provisioned concurrency, in the run and as it stands at its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    spend: Spend,
    in_a_month: Spend,
}

impl Kept {
    /// That of some `functions`. A number is paid from when it is asked for until it changes or the run ends, rounded
    /// up to five minutes.
    pub(super) fn of(scenario: &Scenario, ended: SimTime, functions: Range<usize>) -> Self {
        let mut kept = Self::default();
        for at in functions {
            let function = &scenario.functions[at];
            for (count, millis) in stretches(scenario, at, function, ended) {
                let paid = millis.div_ceil(PROVISIONED_STEP_MS) * PROVISIONED_STEP_MS;
                kept.spend.add(&Spend::kept(function, count, paid));
            }
            let count = scenario.functions_at(ended)[at].provisioned;
            kept.in_a_month.add(&Spend::kept(function, count, MONTH_MS));
        }
        kept
    }

    fn in_a_month(&self, caused: &Spend) -> Spend {
        caused.plus(&self.in_a_month)
    }
}

/// For how many milliseconds function `at` had how much provisioned concurrency, one after the other.
fn stretches(scenario: &Scenario, at: usize, function: &Function, ended: SimTime) -> Vec<(u32, u64)> {
    let mut stretches = Vec::new();
    let (mut count, mut since) = (function.provisioned, SimTime::ZERO);
    let changes = scenario.changes.iter().map(|change| (change.effective, change.functions[at].provisioned));
    for (until, next) in changes.filter(|(until, _)| *until < ended) {
        if next != count {
            stretches.push((count, until.since(since).as_millis_ceil()));
            (count, since) = (next, until);
        }
    }
    stretches.push((count, ended.since(since).as_millis_ceil()));
    stretches.retain(|(count, millis)| *count > 0 && *millis > 0);
    stretches
}

/// A total and its parts; `wasted` overlaps the other parts.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Split<T> {
    /// Everything: first runs, retries, synchronous calls and duplicates.
    pub total: T,
    /// First runs of events.
    pub first_runs: T,
    /// Further runs of events.
    pub retries: T,
    /// Runs of synchronous calls.
    pub sync_calls: T,
    /// Runs of second deliveries by the queue.
    pub duplicates: T,
    /// Of all these, runs that ended in a function error, and duplicates.
    pub wasted: T,
}

/// Costs in US dollars. Each number is exact and rounded once, so that parts may differ from their sum in the last
/// place.
#[derive(Clone, Debug, Serialize)]
pub struct Costs {
    /// Everything: the six parts that follow.
    pub total: Decimal,
    /// First runs of events.
    pub first_runs: Decimal,
    /// Further runs of events.
    pub retries: Decimal,
    /// Runs of synchronous calls.
    pub sync_calls: Decimal,
    /// Runs of second deliveries by the queue.
    pub duplicates: Decimal,
    /// Destination and dead-letter messages that were delivered.
    pub messages: Decimal,
    /// Provisioned concurrency, used or not.
    pub provisioned: Decimal,
    /// Of the runs, those that ended in a function error, and duplicates.
    pub wasted: Decimal,
    /// The requests of all runs.
    pub requests: Decimal,
    /// The requests that large payloads add.
    pub payload: Decimal,
    /// The time of all runs.
    pub duration: Decimal,
    /// Of that, cold starts before the handler.
    pub init: Decimal,
    /// Messages by kind.
    pub messages_by_kind: MessageCosts,
    /// The total for a million accepted events; absent when none was accepted.
    pub per_million_events: Option<Decimal>,
    /// A month at this rate; absent when arrivals lasted less than a second.
    pub per_month: Option<Decimal>,
    /// How long arrivals lasted, which the month is projected from.
    pub rate_span_ns: Option<u64>,
}

/// Messages by the kind of their destination; one to a function is paid for by that function's runs.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MessageCosts {
    /// To SQS queues.
    pub sqs: Decimal,
    /// To SNS topics.
    pub sns: Decimal,
    /// To EventBridge buses.
    pub eventbridge: Decimal,
    /// Into S3 buckets.
    pub s3: Decimal,
}

impl Costs {
    pub(super) fn rows(&self, rows: &mut Rows) {
        let parts = [
            ("", self.total),
            (".first_runs", self.first_runs),
            (".retries", self.retries),
            (".sync_calls", self.sync_calls),
            (".duplicates", self.duplicates),
            (".messages", self.messages),
            (".provisioned", self.provisioned),
            (".wasted", self.wasted),
            (".requests", self.requests),
            (".payload", self.payload),
            (".duration", self.duration),
            (".init", self.init),
            (".messages.sqs", self.messages_by_kind.sqs),
            (".messages.sns", self.messages_by_kind.sns),
            (".messages.eventbridge", self.messages_by_kind.eventbridge),
            (".messages.s3", self.messages_by_kind.s3),
        ];
        for (part, value) in parts {
            rows.push(&format!("cost_usd{part}"), "Sum", Some(value.to_string()), "USD");
        }
        let text = |value: Option<Decimal>| value.map(|value| value.to_string());
        rows.push("cost_usd.per_million_events", "Average", text(self.per_million_events), "USD");
        rows.push("cost_usd.per_month", "Average", text(self.per_month), "USD");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::summary::{Ending, Summary, SummaryReport};
    use crate::scenario::load::{Input, load};
    use crate::simulate::Simulation;

    /// The report of a run of function `f` in profile `documented`; `more` is added at the top level.
    fn report(function: &str, source: &str, more: &str) -> SummaryReport {
        let text = format!(
            r#"{{ "version": 1, "profile": "documented", "functions": {{ "f": {{ "init": "0s", {function} }} }},
                 "sources": {{ "s": {{ "to": "f", {source} }} }} {more} }}"#
        );
        let loaded = load(&Input::from_text("cost", &text)).unwrap_or_else(|rejected| panic!("{rejected}"));
        let mut summary = Summary::new(&loaded.scenario);
        let mut simulation = Simulation::new(&loaded.scenario, 0);
        let end = simulation.advance(&mut summary, u64::MAX).expect("it ends");
        let ending = Ending { end: end.name(), at: simulation.now(), fingerprint: 0 };
        summary.into_report(&loaded.scenario, ending)
    }

    fn text(amount: Decimal) -> String {
        amount.to_string()
    }

    const ONCE: &str = r#""arrivals": { "times": ["0s"] }"#;

    /// Three cold starts from AWS's own logs: what is billed is init and duration together, rounded up once.
    /// <https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/>
    #[test]
    fn init_is_billed_with_the_duration_and_rounded_up_once() {
        let cases =
            [("80ms", "133.61ms", 214), ("84ms", "3016.78ms", 3_101), ("111.23ms", "3004.92ms", 3_117)];
        for (init, duration, billed) in cases {
            let function = format!(r#""duration": "{duration}", "Timeout": 900"#);
            let text = function.replace("\"duration\"", &format!("\"init\": \"{init}\", \"duration\""));
            let text = text.as_str();
            let scenario = format!(
                r#"{{ "version": 1, "profile": "documented", "functions": {{ "f": {{ {text} }} }},
                     "sources": {{ "s": {{ "to": "f", {ONCE} }} }} }}"#
            );
            let loaded = load(&Input::from_text("init", &scenario)).unwrap_or_else(|wrong| panic!("{wrong}"));
            let mut summary = Summary::new(&loaded.scenario);
            let end = crate::simulate::simulate(&loaded.scenario, &mut summary);
            let ending = Ending { end: end.name(), at: SimTime::from_secs(10), fingerprint: 0 };
            let counts = summary.into_report(&loaded.scenario, ending).counts;
            assert_eq!(counts.billed_ms.total, billed, "{init} + {duration}");
            assert!(counts.cost_usd.init.units() > 0);
        }
    }

    /// Three runs of 1 GB for a second fail; the event of 300 KiB counts as two requests each time, and its record in
    /// the queue as five chunks.
    #[test]
    fn a_failed_event_costs_its_runs_its_payload_and_its_message() {
        let function = r#""MemorySize": 1024, "duration": "1s", "failures": [{ "exception": {} }],
            "EventInvokeConfig": { "DestinationConfig": { "OnFailure": { "Destination": "q" } } }"#;
        let source = r#""size": "300KiB", "arrivals": { "times": ["0s"] }"#;
        let cost = report(function, source, r#", "destinations": { "q": { "sqs": {} } }"#).counts.cost_usd;
        // A run: 16 666 700 for the second, 200 000 for the request, 200 000 for the payload.
        assert_eq!(text(cost.first_runs), "0.000017066700");
        assert_eq!(text(cost.retries), "0.000034133400");
        assert_eq!(text(cost.wasted), "0.000051200100");
        assert_eq!(text(cost.requests), "0.000000600000");
        assert_eq!(text(cost.payload), "0.000000600000");
        assert_eq!(text(cost.duration), "0.000050000100");
        assert_eq!(text(cost.messages), "0.000002000000");
        assert_eq!(text(cost.messages_by_kind.sqs), "0.000002000000");
        assert_eq!(text(cost.total), "0.000053200100");
        assert_eq!(cost.per_million_events.map(text).unwrap(), "53.200100000000");
        assert_eq!(cost.per_month.map(text), None, "one instant is no rate");
    }

    /// One environment of 1 GB: asked for from the start, doubled after 7 minutes, given up after 20, the run over
    /// after 30. Paid: 1 × 10 minutes + 2 × 15 minutes.
    #[test]
    fn provisioned_concurrency_is_paid_until_it_changes_in_steps_of_five_minutes() {
        let function = r#""MemorySize": 1024,
            "ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": 1 }"#;
        let path = "functions.f.ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions";
        let whole = "functions.f.ProvisionedConcurrencyConfig";
        let more = format!(
            r#", "end": "30m", "changes": [ {{ "at": "7m", "set": {{ "{path}": 2 }} }},
                                            {{ "at": "20m", "set": {{ "{whole}": null }} }} ]"#
        );
        let cost = report(function, ONCE, &more).counts.cost_usd;
        // 2 400 GB-seconds at 4 166 700.
        assert_eq!(text(cost.provisioned), "0.010000080000");
        assert_eq!(text(cost.total), text_of_sum(&[cost.provisioned, cost.first_runs]));
    }

    fn text_of_sum(parts: &[Decimal]) -> String {
        Decimal::new(parts.iter().map(|part| part.units()).sum(), 12).to_string()
    }

    /// One event a second for an hour, each a run of 128 MB for 100 ms, is 730 times as much in a month.
    #[test]
    fn a_month_is_projected_from_the_time_of_arrivals() {
        let source = r#""arrivals": { "constant": { "every": "1s" } }"#;
        let report = report("", source, r#", "arrivals_end": "1h""#);
        let cost = report.counts.cost_usd;
        assert_eq!(report.counts.accepted, 3_600);
        assert_eq!(text(cost.total), "0.001470001500");
        assert_eq!(cost.rate_span_ns, Some(3_600_000_000_000));
        assert_eq!(cost.per_month.map(text).unwrap(), "1.073101095000");
    }

    /// A price list may ask for anything that it can write; the bill is then absurd, but the run ends.
    #[test]
    fn an_absurd_price_list_ends_no_run() {
        let function = r#""MemorySize": 10240, "ReservedConcurrentExecutions": 9000000,
            "ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": 9000000 }"#;
        let more = r#", "end": "8000h", "account": { "concurrency": 10000000 },
            "prices": { "x86_64": { "provisioned": "$1000000" } }"#;
        let cost = report(function, ONCE, more).counts.cost_usd;
        assert!(cost.total.units() > 0);
    }

    #[test]
    fn the_costs_of_functions_add_up_to_those_of_the_run() {
        let scenario = crate::observe::test_scenarios::busy();
        let mut summary = Summary::new(&scenario);
        let end = crate::simulate::simulate(&scenario, &mut summary);
        let ending = Ending { end: end.name(), at: SimTime::from_secs(1_710), fingerprint: 0 };
        let cost = summary.into_report(&scenario, ending).counts.cost_usd;
        let parts = [
            cost.first_runs,
            cost.retries,
            cost.sync_calls,
            cost.duplicates,
            cost.messages,
            cost.provisioned,
        ];
        let sum: u128 = parts.iter().map(|part| part.units()).sum();
        assert!(sum.abs_diff(cost.total.units()) <= 3, "each part is rounded once");
        let kinds = [cost.requests, cost.payload, cost.duration, cost.messages, cost.provisioned];
        let sum: u128 = kinds.iter().map(|part| part.units()).sum();
        assert!(sum.abs_diff(cost.total.units()) <= 3);
    }
}
