//! Small scenarios for the tests of observers and charts.

use crate::id::{DestinationId, FunctionId};
use crate::random::Seed;
use crate::random::distribution::Distribution;
use crate::scenario::{
    Account, AgeCheck, Architecture, Arrivals, ClientErrorPolicy, DeliveryFailure, DeliveryFailureCause,
    Destination, DestinationKind, End, FailureCause, FailureKind, Function, InvocationType, Jitter,
    Probability, Profile, RateCurve, RateSegment, RecursiveLoop, ResponseKind, Scenario, Source, SourceKind,
    SuccessCount, Targets, TerminalPrecedence, Timing, Windows,
};
use crate::time::{SimDuration, SimTime};

/// One function with AWS's defaults that takes 100 ms a run, and nothing that calls it.
pub(crate) fn idle() -> Scenario {
    Scenario {
        name: "idle".to_owned(),
        description: String::new(),
        seed: Seed(42),
        start_epoch_ms: 0,
        arrivals_end: None,
        warm_up: None,
        end: End::Drained,
        profile: Profile::Measured,
        timing: Timing {
            dispatch_latency: SimDuration::from_millis(30),
            init_limit: SimDuration::from_secs(10),
            provisioned_delay: SimDuration::from_secs(60),
            function_retry_delay: SimDuration::from_secs(60),
            function_retry_jitter: Jitter { ppm: 125_000 },
            backoff_base: SimDuration::from_secs(1),
            backoff_factor: 2,
            backoff_cap: SimDuration::from_secs(300),
            backoff_jitter: Jitter { ppm: 125_000 },
            backoff_reset_on_run: true,
            offer_jitter: Jitter { ppm: 0 },
            age_check_function_error: AgeCheck::Lookahead,
            age_check_invocation_error: AgeCheck::Lookahead,
            terminal_precedence: TerminalPrecedence::RetriesFirst,
            other_4xx_policy: ClientErrorPolicy::CountAsAttempt,
            count_on_success: SuccessCount::One,
            dest_attempts: 1,
            dlq_attempts: 1,
            config_propagation_delay: SimDuration::ZERO,
        },
        account: Account {
            concurrency: 1_000,
            unreserved_minimum: 100,
            requests_per_concurrency: 10,
            scaling_burst: 1_000,
            scaling_per_second: 100,
            neighbours: Vec::new(),
        },
        functions: vec![function("ship")],
        dependencies: Vec::new(),
        sources: Vec::new(),
        destinations: Vec::new(),
        imperfections: crate::scenario::Imperfections::NONE,
        faults: Vec::new(),
        changes: Vec::new(),
        redrives: Vec::new(),
        prices: prices(),
        expectations: Vec::new(),
    }
}

/// A function with AWS's defaults that takes 100 ms a run.
pub(crate) fn function(name: &str) -> Function {
    Function {
        name: name.to_owned(),
        timeout: SimDuration::from_secs(3),
        memory_mb: 128,
        architecture: Architecture::X86_64,
        reserved: None,
        provisioned: 0,
        maximum_retries: 2,
        maximum_age: SimDuration::from_secs(21_600),
        on_success: None,
        on_failure: None,
        dead_letter: None,
        recursive_loop: RecursiveLoop::Terminate,
        duration: Distribution::Constant(SimDuration::from_millis(100)),
        init: Distribution::Constant(SimDuration::ZERO),
        idle_time: SimDuration::from_secs(420),
        lifetime: SimDuration::from_secs(7_200),
        failures: Vec::new(),
        calls: Vec::new(),
        response_bytes: 2,
        response: ResponseKind::Json,
    }
}

/// A caller of the first function.
pub(crate) fn source(name: &str, invocation: InvocationType, arrivals: Arrivals) -> Source {
    Source {
        name: name.to_owned(),
        to: Targets::One(FunctionId(0)),
        invocation,
        kind: SourceKind::Direct,
        retry: None,
        payload_bytes: 100,
        from: SimTime::ZERO,
        until: None,
        max_events: None,
        arrivals,
        recorded_durations: None,
    }
}

/// Events for the first function at the given milliseconds.
pub(crate) fn events_at(name: &str, millis: &[u64]) -> Source {
    let times = millis.iter().map(|at| SimTime::ZERO + SimDuration::from_millis(*at));
    source(name, InvocationType::Event, Arrivals::Times(times.collect()))
}

/// A Poisson process of `rate` per second for `seconds`.
pub(crate) fn poisson(rate: f64, seconds: u64) -> Arrivals {
    let segment = RateSegment {
        start: SimTime::ZERO,
        end: Some(SimTime::from_secs(seconds)),
        start_rate: rate,
        end_rate: rate,
    };
    Arrivals::Poisson(RateCurve { segments: vec![segment] })
}

/// A queue that takes everything.
pub(crate) fn queue(name: &str) -> Destination {
    Destination {
        name: name.to_owned(),
        kind: DestinationKind::Sqs,
        latency: SimDuration::from_millis(20),
        max_bytes: 1_048_576,
        retention: None,
        subscribers: Vec::new(),
        failures: Vec::new(),
    }
}

/// An exception with `probability`, from and until the given seconds if any.
pub(crate) fn exceptions(probability: f64, during: &[(u64, u64)]) -> FailureCause {
    FailureCause {
        kind: FailureKind::Exception,
        ordinal: 0,
        probability: Probability::new(probability).expect("a probability"),
        during: windows(during),
        duration: None,
        because: String::new(),
    }
}

/// Windows in seconds.
pub(crate) fn windows(seconds: &[(u64, u64)]) -> Windows {
    let spans = seconds.iter().map(|(from, until)| (SimTime::from_secs(*from), SimTime::from_secs(*until)));
    Windows::new(spans.collect()).expect("ascending windows")
}

/// Half an hour of everything: two events a second, a synchronous caller now and then, a reserved concurrency that is
/// too small, an outage of the function, and a queue for failures that refuses for a while. Cut off before its end.
pub(crate) fn busy() -> Scenario {
    let mut scenario = idle();
    "busy".clone_into(&mut scenario.name);
    let mut failed = queue("failed");
    failed.failures.push(DeliveryFailureCause {
        failure: DeliveryFailure::Permission,
        probability: Probability::ALWAYS,
        during: windows(&[(700, 800)]),
    });
    scenario.destinations = vec![failed, queue("unused")];
    let ship = &mut scenario.functions[0];
    ship.reserved = Some(2);
    ship.maximum_retries = 1;
    ship.maximum_age = SimDuration::from_secs(300);
    ship.on_failure = Some(DestinationId(0));
    ship.duration = Distribution::Exponential { mean: 0.8 };
    ship.failures = vec![exceptions(1.0, &[(600, 720)])];
    scenario.sources = vec![
        source("calls", InvocationType::RequestResponse, poisson(0.1, 1_500)),
        source("orders", InvocationType::Event, poisson(2.0, 1_700)),
    ];
    scenario.end = End::At(SimTime::from_secs(1_710));
    scenario
}

/// The prices of us-east-1: the defaults of a scenario file.
pub(crate) fn prices() -> crate::scenario::Prices {
    let text = r#"{ "version": 1, "functions": { "f": {} },
        "sources": { "s": { "to": "f", "arrivals": { "times": ["0s"] } } } }"#;
    let input = crate::scenario::load::Input::from_text("prices", text);
    crate::scenario::load::load(&input).expect("it is valid").scenario.prices
}
