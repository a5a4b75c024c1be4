//! Lives as they are told: whole texts, because the text is the product.

use super::{narrate, settings};
use crate::id::{DestinationId, EventId, FunctionId};
use crate::model::rule::Rule;
use crate::observe::lives::Lives;
use crate::observe::test_scenarios;
use crate::random::Seed;
use crate::random::distribution::Distribution;
use crate::scenario::{
    DeliveryFailure, DeliveryFailureCause, Destination, DestinationKind, End, FailureCause, FailureKind,
    Fault, FaultKind, Function, InvocationType, Jitter, Probability, Profile, Scenario, Source, Timing,
    Windows,
};
use crate::simulate::simulate;
use crate::time::{SimDuration, SimTime};

const MILLI: fn(u64) -> SimDuration = SimDuration::from_millis;

/// A function `name` that runs for 400 ms and never fails.
fn function(name: &str) -> Function {
    Function { duration: Distribution::Constant(MILLI(400)), ..test_scenarios::function(name) }
}

fn always_failing(because: &str) -> FailureCause {
    FailureCause {
        kind: FailureKind::Exception,
        ordinal: 0,
        probability: Probability::ALWAYS,
        during: Windows::ALWAYS,
        duration: None,
        because: because.to_owned(),
    }
}

/// A source of function 0 that sends one event at each of `millis`.
fn source(name: &str, invocation: InvocationType, millis: &[u64]) -> Source {
    Source { invocation, ..test_scenarios::events_at(name, millis) }
}

fn destination(name: &str, kind: DestinationKind) -> Destination {
    Destination {
        name: name.to_owned(),
        kind,
        latency: MILLI(50),
        max_bytes: 1_048_576,
        retention: None,
        subscribers: Vec::new(),
        failures: Vec::new(),
    }
}

/// The destination, with the function's role not allowed to write there.
fn refusing(mut destination: Destination) -> Destination {
    destination.failures = vec![DeliveryFailureCause {
        failure: DeliveryFailure::Permission,
        probability: Probability::ALWAYS,
        during: Windows::ALWAYS,
    }];
    destination
}

/// One source, `orders`, sends one event after 1.25 s; AWS's nominal waits, 30 ms to the first dispatch.
fn scenario(functions: Vec<Function>, destinations: Vec<Destination>) -> Scenario {
    let idle = test_scenarios::idle();
    let none = Jitter { ppm: 0 };
    Scenario {
        name: "test".to_owned(),
        seed: Seed(1),
        profile: Profile::Documented,
        timing: Timing { function_retry_jitter: none, backoff_jitter: none, ..idle.timing },
        functions,
        sources: vec![source("orders", InvocationType::Event, &[1_250])],
        destinations,
        ..idle
    }
}

/// The life of event `id` in `scenario`, told.
fn told(scenario: &Scenario, id: u64) -> String {
    let mut lives = Lives::of([EventId(id)]);
    simulate(scenario, &mut lives);
    narrate(lives.get(EventId(id)).expect("it was lived"), scenario)
}

/// The part of a narration before the list of rules.
fn steps_told(scenario: &Scenario, id: u64) -> String {
    let text = told(scenario, id);
    let (steps, _) = text.split_once("\nRules that decided").expect("rules follow");
    steps.to_owned()
}

fn assert_told(told: &str, expected: &str) {
    assert!(told.trim_end() == expected.trim(), "told:\n{told}");
}

#[test]
fn an_event_that_exhausts_its_retries() {
    let mut ship = function("ship");
    ship.failures = vec![always_failing("database outage")];
    ship.on_failure = Some(DestinationId(1));
    ship.dead_letter = Some(DestinationId(0));
    let failed = refusing(destination("failed-orders", DestinationKind::Sqs));
    let mut scenario = scenario(vec![ship], vec![destination("dlq", DestinationKind::Sqs), failed]);
    scenario.timing.function_retry_jitter = Jitter { ppm: 125_000 };
    assert_told(
        &told(&scenario, 1),
        r#"
event 1 (orders #1, function ship), accepted 00:00:01.250

00:00:01.250  accepted and queued                                  [accepted_into_queue, documented]
00:00:01.280  attempt 1 (age 30ms): first dispatch                        [first_dispatch, measured]
              run 1 starts; 1 run of the function in progress                [slot_free, documented]
00:00:01.680  run 1 fails after 400ms: exception ("database outage")
              waits 59.181s (nominal 1m), until 00:01:00.861      [function_error_retry, documented]
00:01:00.861  attempt 2 (age 59.611s): run 2 starts; 1 run of the function in progress
                                                                             [slot_free, documented]
00:01:01.261  run 2 fails after 400ms: exception ("database outage")
              waits 1m59.2s (nominal 2m), until 00:03:00.455      [function_error_retry, documented]
00:03:00.455  attempt 3 (age 2m59.2s): run 3 starts; 1 run of the function in progress
                                                                             [slot_free, documented]
00:03:00.855  run 3 fails after 400ms: exception ("database outage")
00:03:00.855  fate: retries_exhausted; run 3 was the last: 2 retries allowed
                                                                     [retries_exhausted, documented]
00:03:00.855  on_failure: a record of 615 bytes goes to failed-orders (sqs)
                                                                    [destination_record, documented]
00:03:00.855  dead_letter_queue: the event of 202 bytes goes to dlq (sqs)
                                                                   [dead_letter_message, documented]
00:03:00.905  on_failure: failed-orders does not get it: permission
                                                                    [delivery_not_repeated, assumed]
00:03:00.905  dead_letter_queue: dlq has it

retries_exhausted after 2m59.6s: 3 attempts, 3 runs; 1200 ms billed.
Dropped, but not lost: dlq holds a copy.

Rules that decided
  accepted_into_queue, documented
      Lambda queues the event and answers 202; whether a slot is free plays no part, and the caller
      never learns the result
      https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
  first_dispatch, measured
      a separate poller takes the event from the queue and invokes the function; with an idle queue
      33 ms were measured once
      https://cosmo-grant.github.io/aws-by-example/lambda_retries.html
  slot_free, documented
      an attempt is admitted when the function's reserved concurrency, or else the account's
      unreserved concurrency, has a free slot
      https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
  function_error_retry, documented
      after a function error Lambda waits one minute before the second run and two minutes before
      the third
      https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
  retries_exhausted, documented
      the run failed and MaximumRetryAttempts allows no further one
      https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
  destination_record, documented
      Lambda sends an invocation record, with the event and the answer, to the destination of the
      outcome
      https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
  dead_letter_message, documented
      Lambda sends the event itself to the dead-letter queue, independently of any destination
      https://docs.aws.amazon.com/lambda/latest/api/API_OnFailure.html
  delivery_not_repeated, assumed
      no retry of a failed delivery is documented: that copy is gone, only a metric tells, and the
      event is not run again
      https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html

What would have changed it
  timing.dispatch_latency = 30ms
  functions.ship.ReservedConcurrentExecutions = not set
  account.concurrency = 1000
  functions.ship.EventInvokeConfig.MaximumRetryAttempts = 2
  functions.ship.EventInvokeConfig.DestinationConfig = OnSuccess not set, OnFailure failed-orders
  functions.ship.DeadLetterConfig.TargetArn = dlq
  destinations.failed-orders.sqs.failures = 1 cause
  functions.ship.failures = 1 cause
"#,
    );
}

/// The slot is busy for a minute; it becomes free at 60 s, and nobody is woken.
fn one_slot_busy_for_a_minute() -> Scenario {
    let mut ship = function("ship");
    ship.reserved = Some(1);
    ship.timeout = SimDuration::from_secs(900);
    ship.duration = Distribution::Constant(SimDuration::from_secs(60));
    let mut scenario = scenario(vec![ship], Vec::new());
    scenario.timing.dispatch_latency = SimDuration::ZERO;
    scenario.sources = vec![
        source("blocker", InvocationType::RequestResponse, &[0]),
        source("orders", InvocationType::Event, &[0]),
    ];
    scenario
}

#[test]
fn a_synchronous_call() {
    assert_told(
        &steps_told(&one_slot_busy_for_a_minute(), 1),
        r"
synchronous call 1 (blocker #1, function ship), made 00:00:00.000

00:00:00.000  called; the caller waits                              [synchronous_return, documented]
00:00:00.000  the run starts; 1 of 1 reserved slot in use                    [slot_free, documented]
00:01:00.000  run 1 succeeds after 1m
              the answer goes back to the caller                    [synchronous_return, documented]

success after 1m: 1 attempt, 1 run; 60000 ms billed.
",
    );
}

#[test]
fn a_throttled_event_waits_for_its_own_next_dispatch() {
    assert_told(
        &told(&one_slot_busy_for_a_minute(), 2),
        r"
event 2 (orders #1, function ship), accepted 00:00:00.000

00:00:00.000  accepted and queued                                  [accepted_into_queue, documented]
00:00:00.000  attempt 1 (age 0s): throttled (429): 1 reserved slot in use
                                                           [reserved_concurrency_in_use, documented]
              waits 1s, until 00:00:01.000                                     [backoff, documented]
00:00:01.000  attempt 2 (age 1s): throttled; waits 2s                          [backoff, documented]
00:00:03.000  attempt 3 (age 3s): throttled; waits 4s                          [backoff, documented]
00:00:07.000  attempt 4 (age 7s): throttled; waits 8s                          [backoff, documented]
00:00:15.000  attempt 5 (age 15s): throttled; waits 16s                        [backoff, documented]
00:00:31.000  attempt 6 (age 31s): throttled; waits 32s                        [backoff, documented]
00:01:03.000  attempt 7 (age 1m3s): run 1 starts; 1 of 1 reserved slot in use
                                                                             [slot_free, documented]
00:02:03.000  run 1 succeeds after 1m
00:02:03.000  fate: succeeded                                         [success_ends_event, measured]

succeeded after 2m3s: 7 attempts, 1 run, 6 throttles; 60000 ms billed.

Rules that decided
  accepted_into_queue, documented
      Lambda queues the event and answers 202; whether a slot is free plays no part, and the caller
      never learns the result
      https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
  reserved_concurrency_in_use, documented
      all of the function's reserved concurrency is in use: 429, and the event waits in the queue; a
      slot that becomes free wakes nobody
      https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
  backoff, documented
      after a throttle or system error the event returns to the queue; the wait doubles from 1
      second to at most 5 minutes and uses up no retry
      https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
  slot_free, documented
      an attempt is admitted when the function's reserved concurrency, or else the account's
      unreserved concurrency, has a free slot
      https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
  success_ends_event, measured
      a run that succeeds ends the event, even if it became older than its maximum age while it ran
      https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/test_lambda_destinations.py

What would have changed it
  functions.ship.ReservedConcurrentExecutions = 1
  functions.ship.EventInvokeConfig.MaximumEventAgeInSeconds = 21600
",
    );
}

#[test]
fn an_event_that_would_become_too_old() {
    let mut ship = function("ship");
    ship.failures = vec![always_failing("")];
    ship.maximum_age = SimDuration::from_secs(60);
    assert_told(
        &steps_told(&scenario(vec![ship], Vec::new()), 1),
        r"
event 1 (orders #1, function ship), accepted 00:00:01.250

00:00:01.250  accepted and queued                                  [accepted_into_queue, documented]
00:00:01.280  attempt 1 (age 30ms): first dispatch                        [first_dispatch, measured]
              run 1 starts; 1 run of the function in progress                [slot_free, documented]
00:00:01.680  run 1 fails after 400ms: exception
00:00:01.680  fate: event_age_exceeded; the next wait would reach the maximum age of 1m
                                                                           [age_lookahead, measured]

event_age_exceeded after 430ms: 1 attempt, 1 run; 400 ms billed.
Lost: it was dropped and no route holds a copy.
",
    );
}

#[test]
fn an_event_that_the_end_of_the_run_interrupts() {
    let mut scenario = one_slot_busy_for_a_minute();
    scenario.end = End::At(SimTime::from_secs(2));
    assert_told(
        &steps_told(&scenario, 2),
        r"
event 2 (orders #1, function ship), accepted 00:00:00.000

00:00:00.000  accepted and queued                                  [accepted_into_queue, documented]
00:00:00.000  attempt 1 (age 0s): throttled (429): 1 reserved slot in use
                                                           [reserved_concurrency_in_use, documented]
              waits 1s, until 00:00:01.000                                     [backoff, documented]
00:00:01.000  attempt 2 (age 1s): throttled; waits 2s                          [backoff, documented]
00:00:02.000  the simulation ends here: it is waiting until 00:00:03.000

in_flight, 2s old at the end: 2 attempts, 0 runs, 2 throttles; 0 ms billed.
",
    );
    assert_told(
        &steps_told(&scenario, 1),
        r"
synchronous call 1 (blocker #1, function ship), made 00:00:00.000

00:00:00.000  called; the caller waits                              [synchronous_return, documented]
00:00:00.000  the run starts; 1 of 1 reserved slot in use                    [slot_free, documented]
00:00:02.000  the simulation ends here: it is running

cut off after 2s: 1 attempt, 1 run; 0 ms billed.
",
    );
}

#[test]
fn an_event_that_carries_an_outcome() {
    let mut ship = function("ship");
    ship.on_success = Some(DestinationId(0));
    let mut audit = function("audit");
    audit.timeout = MILLI(300);
    audit.maximum_retries = 0;
    let next = destination("to-audit", DestinationKind::Lambda { function: FunctionId(0) });
    let mut scenario = scenario(vec![audit, ship], vec![next]);
    scenario.sources[0].to = crate::scenario::Targets::One(FunctionId(1));
    assert_told(
        &steps_told(&scenario, 1),
        r"
event 1 (orders #1, function ship), accepted 00:00:01.250

00:00:01.250  accepted and queued                                  [accepted_into_queue, documented]
00:00:01.280  attempt 1 (age 30ms): first dispatch                        [first_dispatch, measured]
              run 1 starts; 1 run of the function in progress                [slot_free, documented]
00:00:01.680  run 1 succeeds after 400ms
00:00:01.680  fate: succeeded                                         [success_ends_event, measured]
00:00:01.680  on_success: a record of 455 bytes goes to to-audit (lambda)
                                                                    [destination_record, documented]
00:00:01.730  on_success: to-audit has it: a new event for function audit
                                                                    [lambda_destination, documented]

succeeded after 430ms: 1 attempt, 1 run; 400 ms billed.
",
    );
    assert_told(
        &steps_told(&scenario, 2),
        r"
event 2 (orders #1, function audit), accepted 00:00:01.730
it carries the outcome of event 1

00:00:01.730  accepted and queued                                  [accepted_into_queue, documented]
00:00:01.760  attempt 1 (age 30ms): first dispatch                        [first_dispatch, measured]
              run 1 starts; 1 run of the function in progress                [slot_free, documented]
00:00:02.060  run 1 is stopped after 300ms: timeout                  [timeout_stops_run, documented]
00:00:02.060  fate: retries_exhausted; run 1 was the last: no retries allowed
                                                                     [retries_exhausted, documented]

retries_exhausted after 330ms: 1 attempt, 1 run; 300 ms billed.
Lost: it was dropped and no route holds a copy.
",
    );
}

#[test]
fn calls_to_a_destination_that_throttles_are_counted() {
    let mut ship = function("ship");
    ship.on_success = Some(DestinationId(0));
    let mut queue = destination("done", DestinationKind::Sqs);
    queue.failures = refusing(queue.clone()).failures;
    queue.failures[0].failure = DeliveryFailure::Throttled;
    let mut scenario = scenario(vec![ship], vec![queue]);
    scenario.timing.dest_attempts = 3;
    let text = told(&scenario, 1);
    assert!(text.contains("on_success: done does not get it: throttled"), "{text}");
    assert!(text.contains("it was called 3 times, because it throttled"), "{text}");
    assert!(text.contains("timing.dest_attempts = 3"), "{text}");
}

#[test]
fn a_deleted_function_is_told_attempt_by_attempt() {
    let mut scenario = scenario(vec![function("ship")], vec![]);
    scenario.faults.push(Fault {
        kind: FaultKind::ClientError { status: 404 },
        ordinal: 0,
        function: None,
        probability: Probability::ALWAYS,
        during: Windows::ALWAYS,
    });
    let text = told(&scenario, 1);
    let told = [
        "attempt 1 (age 30ms): the service refuses to run it (404 ResourceNotFoundException)",
        "waits 1m, until",
        "attempt 2 (age 1m): 404 again; waits 2m",
        "fate: retries_exhausted; attempt 3 was the last that counts: 2 retries allowed",
        "3 attempts, 0 runs, 3 client errors; 0 ms billed.",
        "timing.other_4xx_policy = count_as_attempt",
    ];
    for words in told {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn every_setting_that_a_rule_names_can_be_shown() {
    let mut ship = function("ship");
    ship.dead_letter = Some(DestinationId(0));
    ship.maximum_retries = 0;
    ship.failures = vec![always_failing("")];
    let scenario = scenario(vec![ship], vec![refusing(destination("dlq", DestinationKind::Sqs))]);
    let mut lives = Lives::of([EventId(1)]);
    simulate(&scenario, &mut lives);
    let shown = settings::that_matter(lives.get(EventId(1)).expect("it was lived"), &scenario, &Rule::ALL);
    assert!(shown.iter().all(|setting| !setting.contains('*')), "{shown:?}");
    assert!(shown.contains(&"functions.ship.DeadLetterConfig.TargetArn = dlq".to_owned()));
    assert!(shown.contains(&"destinations.dlq.sqs.failures = 1 cause".to_owned()));
    assert!(shown.contains(&"timing.terminal_precedence = retries_first".to_owned()));
}

#[test]
fn lines_fit_a_projector() {
    let text = told(&one_slot_busy_for_a_minute(), 2);
    for line in text.lines().filter(|line| !line.contains("://")) {
        assert!(line.chars().count() <= crate::text::layout::WIDTH, "{line}");
    }
}
