//! The rules of the asynchronous path: what each says, how well it is known, where that is written, and which
//! setting changes it.
//!
//! Every decision of the model carries the [`Rule`] that made it, so that an explanation never has to guess.

/// A rule of the asynchronous path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Accepting is queueing.
    AcceptedIntoQueue,
    /// The first dispatch follows acceptance by a short latency.
    FirstDispatch,
    /// A free slot admits the attempt.
    SlotFree,
    /// The function's reserved concurrency is in use.
    ReservedConcurrencyInUse,
    /// The account's unreserved concurrency is in use.
    AccountConcurrencyInUse,
    /// The account's unreserved concurrency is asked for too often.
    RequestRateExceeded,
    /// The function's reserved concurrency is asked for too often.
    ReservedRequestRateExceeded,
    /// New environments of the function come too fast.
    ScalingRateExceeded,
    /// A provisioned environment admits the attempt.
    ProvisionedFree,
    /// No provisioned environment was free, or they are asked for too often: on demand instead.
    ProvisionedSpillover,
    /// A new environment initialises before its first run.
    ColdStart,
    /// An init over the limit is repeated within the run.
    InitRepeated,
    /// The environment crashed before: it initialises within the run.
    SuppressedInit,
    /// An init that fails is a function error.
    InitError,
    /// A fault of the scenario throttled or failed the attempt.
    ScenarioFault,
    /// A success ends the event, whatever its age.
    SuccessEndsEvent,
    /// An error the handler catches is a success to Lambda.
    CaughtErrorIsSuccess,
    /// A run that lasts as long as `Timeout` is stopped: a function error.
    TimeoutStopsRun,
    /// The wait after a function error: one minute, then two.
    FunctionErrorRetry,
    /// No run is left.
    RetriesExhausted,
    /// The wait after a throttle or system error: one second, doubling to five minutes.
    Backoff,
    /// The nominal wait would reach the maximum age: dropped now.
    AgeLookahead,
    /// The event was too old when it was dispatched.
    AgeAtDispatch,
    /// The age is exceeded as well and takes precedence.
    AgeBeforeRetries,
    /// Reserved concurrency zero: straight to the failure routes.
    ZeroReservedConcurrency,
    /// An invocation record goes to the destination of the outcome.
    DestinationRecord,
    /// The event itself goes to the dead-letter queue.
    DeadLetterMessage,
    /// A delivery that fails is not repeated: that copy is gone.
    DeliveryNotRepeated,
    /// A record too large for SNS travels without its payloads.
    SnsDropsPayload,
    /// A Lambda destination is an asynchronous invocation of its own.
    LambdaDestination,
    /// A synchronous caller gets throttles and errors back; Lambda does not retry.
    SynchronousReturn,
    /// A 4xx after acceptance uses up a retry, like a failed run.
    ClientErrorCounts,
    /// A 4xx after acceptance ends the event, by the scenario's will.
    ClientErrorDrops,
    /// A destination that throttles is asked again within the same delivery.
    DeliveryTriedAgain,
    /// Another configuration holds for every decision from its effect on.
    ConfigurationChange,
    /// What lay in a queue becomes a new event.
    Redrive,
    /// A function invoked too often in one chain is stopped.
    RecursionStopped,
    /// A message to a topic or bus invokes its subscribers.
    SubscriberInvoked,
    /// A dependency serves calls first come, first served.
    DependencyQueue,
    /// A brown-out makes a dependency slower or smaller.
    DependencyBrownout,
    /// An outage of a dependency fails a call.
    DependencyOutage,
    /// As many calls wait at a dependency as may.
    DependencyFull,
    /// The call's own timeout ended it for its caller.
    CallTimeout,
    /// The run ended during a call, which goes on at the dependency.
    CallGoesOn,
    /// A failed call is a function error unless the handler catches it.
    DependencyError,
    /// The front door takes so many requests per second from callers that are no AWS service.
    CallerRateLimit,
    /// The front door fails, by the scenario's will.
    FrontDoorFault,
    /// An SDK repeats a refused call.
    ClientRetry,
    /// SNS repeats a refused delivery.
    SnsRetry,
    /// Another service repeats a refused delivery.
    ServiceRetry,
    /// The queue delivered the event twice.
    Duplicated,
    /// The queue lost the event.
    Vanished,
    /// Many events wait: the back-off is longer than usual.
    BacklogSlowdown,
    /// The poller reads more slowly than dispatches become due.
    PollerReadRate,
}

/// How well a rule is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// AWS documents it.
    Documented,
    /// It was measured on AWS; AWS does not document it.
    Measured,
    /// Neither: a choice of this model, with its reason in `docs/model.md`.
    Assumed,
}

impl Standing {
    /// The word in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Measured => "measured",
            Self::Assumed => "assumed",
        }
    }
}

/// AWS Lambda Developer Guide, "Error handling for asynchronous invocation".
const ERROR_HANDLING: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html";
/// AWS Lambda Developer Guide, "Retaining records of asynchronous invocations".
const RETAIN_RECORDS: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html";
/// AWS Lambda Developer Guide, "Understanding Lambda function scaling".
const CONCURRENCY: &str = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html";
/// AWS Lambda Developer Guide, "Lambda scaling behavior".
const SCALING: &str = "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html";
/// AWS Lambda Developer Guide, "Configuring provisioned concurrency".
const PROVISIONED: &str = "https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html";
/// AWS Lambda Developer Guide, "Understanding the execution environment lifecycle".
const ENVIRONMENT: &str = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html";
/// AWS Lambda Developer Guide, "Asynchronous invocation".
const ASYNCHRONOUS: &str = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html";
/// AWS Lambda Developer Guide, "Retry behavior".
const RETRIES: &str = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html";
/// AWS Lambda Developer Guide, "Use Lambda recursive loop detection to prevent infinite loops".
const RECURSION: &str = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html";
/// AWS Lambda Developer Guide, "Lambda quotas".
const LIMITS: &str = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
/// Boto3 guide, "Retries".
const SDK_RETRIES: &str = "https://docs.aws.amazon.com/boto3/latest/guide/retries.html";
/// Amazon SNS Developer Guide, "Message delivery retries".
const SNS_RETRIES: &str = "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html";
/// Amazon EventBridge User Guide, "Retry policy".
const RULE_RETRIES: &str =
    "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html";
/// AWS Lambda API Reference, "Invoke".
const INVOKE: &str = "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html";
/// AWS Lambda API Reference, `OnFailure`.
const API_ON_FAILURE: &str = "https://docs.aws.amazon.com/lambda/latest/api/API_OnFailure.html";
/// A measurement of waits between attempts on AWS, November 2025.
const MEASURED_WAITS: &str = "https://cosmo-grant.github.io/aws-by-example/lambda_retries.html";
/// Records of real invocations kept by an emulator's tests.
const RECORDED: &str = "https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/test_lambda_destinations.py";
/// Captures of a real account kept by an emulator's author, autumn 2026.
const CAPTURED: &str = "https://github.com/radkawar/stackd/blob/main/docs/lambda.md";
/// This project's own text, where no source decides.
const OWN: &str = "docs/model.md";

impl Rule {
    /// All rules.
    pub const ALL: [Self; 54] = [
        Self::AcceptedIntoQueue,
        Self::FirstDispatch,
        Self::SlotFree,
        Self::ReservedConcurrencyInUse,
        Self::AccountConcurrencyInUse,
        Self::RequestRateExceeded,
        Self::ReservedRequestRateExceeded,
        Self::ScalingRateExceeded,
        Self::ProvisionedFree,
        Self::ProvisionedSpillover,
        Self::ColdStart,
        Self::InitRepeated,
        Self::SuppressedInit,
        Self::InitError,
        Self::ScenarioFault,
        Self::SuccessEndsEvent,
        Self::CaughtErrorIsSuccess,
        Self::TimeoutStopsRun,
        Self::DependencyQueue,
        Self::DependencyBrownout,
        Self::DependencyOutage,
        Self::DependencyFull,
        Self::CallTimeout,
        Self::CallGoesOn,
        Self::DependencyError,
        Self::FunctionErrorRetry,
        Self::RetriesExhausted,
        Self::Backoff,
        Self::AgeLookahead,
        Self::AgeAtDispatch,
        Self::AgeBeforeRetries,
        Self::ZeroReservedConcurrency,
        Self::DestinationRecord,
        Self::DeadLetterMessage,
        Self::DeliveryNotRepeated,
        Self::SnsDropsPayload,
        Self::LambdaDestination,
        Self::SynchronousReturn,
        Self::ClientErrorCounts,
        Self::ClientErrorDrops,
        Self::DeliveryTriedAgain,
        Self::ConfigurationChange,
        Self::Redrive,
        Self::RecursionStopped,
        Self::SubscriberInvoked,
        Self::CallerRateLimit,
        Self::FrontDoorFault,
        Self::ClientRetry,
        Self::SnsRetry,
        Self::ServiceRetry,
        Self::Duplicated,
        Self::Vanished,
        Self::BacklogSlowdown,
        Self::PollerReadRate,
    ];

    /// The rule's name in outputs.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The rule in one sentence.
    pub const fn statement(self) -> &'static str {
        self.row().1
    }

    /// How well it is known.
    pub const fn standing(self) -> Standing {
        self.row().2
    }

    /// Where it is written or was measured.
    pub const fn source(self) -> &'static str {
        self.row().3
    }

    /// The settings that change what it decides, as paths in the scenario (`*` = the function's or destination's
    /// name); empty where none does.
    pub const fn settings(self) -> &'static [&'static str] {
        self.row().4
    }

    #[expect(clippy::too_many_lines, reason = "a table: one row a rule")]
    const fn row(self) -> (&'static str, &'static str, Standing, &'static str, &'static [&'static str]) {
        use Standing::{Assumed, Documented, Measured};
        match self {
            Self::AcceptedIntoQueue => (
                "accepted_into_queue",
                "Lambda queues the event and answers 202; whether a slot is free plays no part, and the caller never learns the result",
                Documented,
                ASYNCHRONOUS,
                &[],
            ),
            Self::FirstDispatch => (
                "first_dispatch",
                "a separate poller takes the event from the queue and invokes the function; with an idle queue 33 ms were measured once",
                Measured,
                MEASURED_WAITS,
                &["timing.dispatch_latency"],
            ),
            Self::SlotFree => (
                "slot_free",
                "an attempt is admitted when the function's reserved concurrency, or else the account's unreserved concurrency, has a free slot",
                Documented,
                CONCURRENCY,
                &["functions.*.ReservedConcurrentExecutions", "account.concurrency"],
            ),
            Self::ReservedConcurrencyInUse => (
                "reserved_concurrency_in_use",
                "all of the function's reserved concurrency is in use: 429, and the event waits in the queue; a slot that becomes free wakes nobody",
                Documented,
                CONCURRENCY,
                &["functions.*.ReservedConcurrentExecutions"],
            ),
            Self::AccountConcurrencyInUse => (
                "account_concurrency_in_use",
                "all of the account's unreserved concurrency is in use: 429, and the event waits in the queue; a slot that becomes free wakes nobody",
                Documented,
                CONCURRENCY,
                &["account.concurrency", "functions.*.ReservedConcurrentExecutions"],
            ),
            Self::RequestRateExceeded => (
                "request_rate_exceeded",
                "functions without reserved concurrency may together be invoked ten times a second for each unit of the concurrency they share: 429 beyond, though a slot is free",
                Documented,
                CONCURRENCY,
                &["account.requests_per_concurrency", "account.concurrency"],
            ),
            Self::ReservedRequestRateExceeded => (
                "reserved_request_rate_exceeded",
                "a function may be invoked ten times a second for each unit of its reserved concurrency: 429 beyond, though a slot is free",
                Documented,
                CONCURRENCY,
                &["account.requests_per_concurrency", "functions.*.ReservedConcurrentExecutions"],
            ),
            Self::ScalingRateExceeded => (
                "scaling_rate_exceeded",
                "a function gets 1 000 new environments at once and 100 more each second, never more: 429 when one is needed beyond",
                Documented,
                SCALING,
                &["account.scaling_rate"],
            ),
            Self::ProvisionedFree => (
                "provisioned_free",
                "a provisioned environment that is free takes the attempt, without a cold start",
                Documented,
                PROVISIONED,
                &["functions.*.ProvisionedConcurrencyConfig"],
            ),
            Self::ProvisionedSpillover => (
                "provisioned_spillover",
                "when all provisioned environments are in use, or asked for more than ten times a second each, the attempt spills over to on-demand concurrency",
                Documented,
                PROVISIONED,
                &["functions.*.ProvisionedConcurrencyConfig"],
            ),
            Self::ColdStart => (
                "cold_start",
                "with no environment parked a new one is made, and initialises before the handler starts",
                Documented,
                ENVIRONMENT,
                &["functions.*.init", "functions.*.idle_time"],
            ),
            Self::InitRepeated => (
                "init_repeated",
                "an init that takes longer than ten seconds is stopped and repeated within the first run, under the function's timeout",
                Documented,
                ENVIRONMENT,
                &["timing.init_limit", "functions.*.Timeout"],
            ),
            Self::SuppressedInit => (
                "suppressed_init",
                "after a crash or timeout the environment is reset, and its next run initialises it within its own duration",
                Documented,
                ENVIRONMENT,
                &["functions.*.init"],
            ),
            Self::InitError => (
                "init_error",
                "an init that fails is a function error of the invocation that needed it; the environment is gone",
                Assumed,
                OWN,
                &[],
            ),
            Self::ScenarioFault => (
                "scenario_fault",
                "a fault of the scenario: the service throttled or failed this attempt",
                Assumed,
                OWN,
                &["faults"],
            ),
            Self::SuccessEndsEvent => (
                "success_ends_event",
                "a run that succeeds ends the event, even if it became older than its maximum age while it ran",
                Measured,
                RECORDED,
                &[],
            ),
            Self::CaughtErrorIsSuccess => (
                "caught_error_is_success",
                "the handler caught its error, so Lambda sees a success: no retry, no failure record, Errors stays 0",
                Documented,
                RETRIES,
                &["functions.*.failures"],
            ),
            Self::TimeoutStopsRun => (
                "timeout_stops_run",
                "a run that has not returned after Timeout is stopped, which is a function error",
                Documented,
                RETRIES,
                &["functions.*.Timeout"],
            ),
            Self::DependencyQueue => (
                "dependency_queue",
                "a dependency serves as many calls at a time as its capacity, first come first served, and slower the more are in service",
                Assumed,
                OWN,
                &["dependencies.*.capacity", "dependencies.*.contention"],
            ),
            Self::DependencyBrownout => (
                "dependency_brownout",
                "a service that starts during a brown-out takes longer, or fewer calls are served at a time",
                Assumed,
                OWN,
                &["dependencies.*.brownouts"],
            ),
            Self::DependencyOutage => (
                "dependency_outage",
                "an outage fails the call instead of serving it",
                Assumed,
                OWN,
                &["dependencies.*.outages"],
            ),
            Self::DependencyFull => (
                "dependency_full",
                "as many calls wait at the dependency as may: a further one is refused at once",
                Assumed,
                OWN,
                &["dependencies.*.max_waiting"],
            ),
            Self::CallTimeout => (
                "call_timeout",
                "the handler waits no longer than the call's own timeout; the dependency does not notice and serves the call all the same",
                Assumed,
                OWN,
                &["functions.*.calls"],
            ),
            Self::CallGoesOn => (
                "call_goes_on",
                "Timeout ended the run during a call; the dependency does not notice and serves the call all the same",
                Assumed,
                OWN,
                &["functions.*.Timeout"],
            ),
            Self::DependencyError => (
                "dependency_error",
                "a failed call ends the run with a function error, unless the handler catches it and goes on",
                Assumed,
                OWN,
                &["functions.*.calls"],
            ),
            Self::FunctionErrorRetry => (
                "function_error_retry",
                "after a function error Lambda waits one minute before the second run and two minutes before the third",
                Documented,
                ERROR_HANDLING,
                &["functions.*.EventInvokeConfig.MaximumRetryAttempts"],
            ),
            Self::RetriesExhausted => (
                "retries_exhausted",
                "the run failed and MaximumRetryAttempts allows no further one",
                Documented,
                ERROR_HANDLING,
                &["functions.*.EventInvokeConfig.MaximumRetryAttempts"],
            ),
            Self::Backoff => (
                "backoff",
                "after a throttle or system error the event returns to the queue; the wait doubles from 1 second to at most 5 minutes and uses up no retry",
                Documented,
                ERROR_HANDLING,
                &[
                    "functions.*.ReservedConcurrentExecutions",
                    "functions.*.EventInvokeConfig.MaximumEventAgeInSeconds",
                ],
            ),
            Self::AgeLookahead => (
                "age_lookahead",
                "the next wait would reach MaximumEventAgeInSeconds, so Lambda drops the event now instead of waiting",
                Measured,
                RECORDED,
                &["functions.*.EventInvokeConfig.MaximumEventAgeInSeconds"],
            ),
            Self::AgeAtDispatch => (
                "age_at_dispatch",
                "the event had reached MaximumEventAgeInSeconds when it was dispatched",
                Documented,
                ERROR_HANDLING,
                &["functions.*.EventInvokeConfig.MaximumEventAgeInSeconds"],
            ),
            Self::AgeBeforeRetries => (
                "age_before_retries",
                "the event's retries are used up and its age is exceeded too; this scenario lets the age decide",
                Assumed,
                OWN,
                &["timing.terminal_precedence"],
            ),
            Self::ZeroReservedConcurrency => (
                "zero_reserved_concurrency",
                "with a reserved concurrency of zero Lambda sends events to the failure routes at once, without an attempt",
                Documented,
                RETAIN_RECORDS,
                &["functions.*.ReservedConcurrentExecutions"],
            ),
            Self::DestinationRecord => (
                "destination_record",
                "Lambda sends an invocation record, with the event and the answer, to the destination of the outcome",
                Documented,
                RETAIN_RECORDS,
                &["functions.*.EventInvokeConfig.DestinationConfig"],
            ),
            Self::DeadLetterMessage => (
                "dead_letter_message",
                "Lambda sends the event itself to the dead-letter queue, independently of any destination",
                Documented,
                API_ON_FAILURE,
                &["functions.*.DeadLetterConfig.TargetArn"],
            ),
            Self::DeliveryNotRepeated => (
                "delivery_not_repeated",
                "no retry of a failed delivery is documented: that copy is gone, only a metric tells, and the event is not run again",
                Assumed,
                RETAIN_RECORDS,
                &["destinations.*"],
            ),
            Self::SnsDropsPayload => (
                "sns_drops_payload",
                "a record over the SNS limit of 256 KiB is delivered without its payloads",
                Documented,
                API_ON_FAILURE,
                &["destinations.*.sns.oversize"],
            ),
            Self::LambdaDestination => (
                "lambda_destination",
                "a Lambda destination is an asynchronous invocation with the record as its event: its own queue, retries and routes",
                Documented,
                RETAIN_RECORDS,
                &[],
            ),
            Self::SynchronousReturn => (
                "synchronous_return",
                "a synchronous caller gets the result, the error or the 429 back; Lambda retries nothing",
                Documented,
                INVOKE,
                &[],
            ),
            Self::ClientErrorCounts => (
                "client_error_counts",
                "a 4xx other than 429 after acceptance uses up a retry and waits as after a function error, but is neither an invocation nor an error in the metrics",
                Measured,
                CAPTURED,
                &["timing.other_4xx_policy", "functions.*.EventInvokeConfig.MaximumRetryAttempts"],
            ),
            Self::ClientErrorDrops => (
                "client_error_drops",
                "this scenario lets a 4xx other than 429 after acceptance end the event at once",
                Assumed,
                OWN,
                &["timing.other_4xx_policy"],
            ),
            Self::DeliveryTriedAgain => (
                "delivery_tried_again",
                "this scenario lets Lambda call a destination that throttles more than once, as an SDK does, before the copy is gone",
                Assumed,
                OWN,
                &["timing.dest_attempts", "timing.dlq_attempts"],
            ),
            Self::ConfigurationChange => (
                "configuration_change",
                "every attempt goes by the settings of its time, as also events that were accepted before do; a run in progress is not interrupted",
                Measured,
                CAPTURED,
                &["changes", "timing.config_propagation_delay"],
            ),
            Self::Redrive => (
                "redrive",
                "what a failed event left in a queue is sent again as a new event: new request id, new age, all its retries; what is in its payload is the same",
                Assumed,
                OWN,
                &["redrives"],
            ),
            Self::RecursionStopped => (
                "recursion_stopped",
                "a function that was invoked 16 times in one chain of invocations through Lambda and SNS is stopped the next time, and the event goes to the failure routes; EventBridge hides the chain",
                Documented,
                RECURSION,
                &["functions.*.RecursiveLoop"],
            ),
            Self::SubscriberInvoked => (
                "subscriber_invoked",
                "SNS and EventBridge invoke the functions that subscribe asynchronously: each gets an event of its own, with its own queue, retries and routes",
                Documented,
                ASYNCHRONOUS,
                &["destinations.*"],
            ),
            Self::CallerRateLimit => (
                "caller_rate_limit",
                "callers that are no AWS service are accepted at up to 10 requests per second for each unit of the Region's concurrency quota; beyond that they get 429",
                Documented,
                LIMITS,
                &["account.concurrency", "account.requests_per_concurrency"],
            ),
            Self::FrontDoorFault => (
                "front_door_fault",
                "a fault of the scenario: Lambda's front door did not accept the request",
                Assumed,
                OWN,
                &["faults"],
            ),
            Self::ClientRetry => (
                "client_retry",
                "an AWS SDK repeats a call that got 429 or 5xx: up to three calls in its standard mode, after a random wait of up to 1, 2, 4 ... and at most 20 seconds",
                Documented,
                SDK_RETRIES,
                &["sources.*.client_retry"],
            ),
            Self::SnsRetry => (
                "sns_retry",
                "SNS offers a message to Lambda again at once three times, twice after a second, ten times after 1 to 20 seconds, and 100 000 times every 20 seconds",
                Documented,
                SNS_RETRIES,
                &["timing.offer_jitter"],
            ),
            Self::ServiceRetry => (
                "service_retry",
                "EventBridge offers an event again for 24 hours and up to 185 times with exponential back-off; for S3, of which nothing is published, something like it is assumed",
                Documented,
                RULE_RETRIES,
                &["sources.*.eventbridge.RetryPolicy", "timing.offer_jitter"],
            ),
            Self::Duplicated => (
                "duplicated",
                "the queue is eventually consistent: now and then it delivers an event twice, with the same request id",
                Documented,
                ERROR_HANDLING,
                &["imperfections.duplicate_probability"],
            ),
            Self::Vanished => (
                "vanished",
                "now and then the queue deletes an event without ever having sent it, and nothing tells of it",
                Documented,
                ERROR_HANDLING,
                &["imperfections.loss_probability"],
            ),
            Self::BacklogSlowdown => (
                "backlog_slowdown",
                "with many entries in the queue Lambda lengthens the interval, also beyond 5 minutes; by how much, this scenario says",
                Documented,
                ERROR_HANDLING,
                &["imperfections.backlog"],
            ),
            Self::PollerReadRate => (
                "poller_read_rate",
                "with many entries in the queue Lambda reads it more slowly: a dispatch that comes too soon is postponed; how fast it reads, this scenario says",
                Documented,
                ERROR_HANDLING,
                &["imperfections.poller_read_rate"],
            ),
        }
    }
}
