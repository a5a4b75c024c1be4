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
/// AWS Lambda Developer Guide, "Asynchronous invocation".
const ASYNCHRONOUS: &str = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html";
/// AWS Lambda Developer Guide, "Retry behavior".
const RETRIES: &str = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html";
/// AWS Lambda API Reference, "Invoke".
const INVOKE: &str = "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html";
/// AWS Lambda API Reference, `OnFailure`.
const API_ON_FAILURE: &str = "https://docs.aws.amazon.com/lambda/latest/api/API_OnFailure.html";
/// A measurement of waits between attempts on AWS, November 2025.
const MEASURED_WAITS: &str = "https://cosmo-grant.github.io/aws-by-example/lambda_retries.html";
/// Records of real invocations kept by an emulator's tests.
const RECORDED: &str = "https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/test_lambda_destinations.py";
/// This project's own text, where no source decides.
const OWN: &str = "docs/model.md";

impl Rule {
    /// All rules.
    pub const ALL: [Self; 22] = [
        Self::AcceptedIntoQueue,
        Self::FirstDispatch,
        Self::SlotFree,
        Self::ReservedConcurrencyInUse,
        Self::AccountConcurrencyInUse,
        Self::ScenarioFault,
        Self::SuccessEndsEvent,
        Self::CaughtErrorIsSuccess,
        Self::TimeoutStopsRun,
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
        }
    }
}
