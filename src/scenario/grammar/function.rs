//! The scenario language: a function, and what goes wrong in its code.

use super::dependency::{CALL, MOST_CALLS};
use super::law::DURATION_LAW;
use super::prelude::*;

pub(super) static FUNCTION: &[Field] = &[
    aws_field(
        "ReservedConcurrentExecutions",
        integer(0, 10_000_000, "concurrent executions"),
        Absent("the function shares the account's unreserved concurrency"),
        "The function's own share of the account's concurrency, and its ceiling. 0 drops every asynchronous event at its dispatch.",
        CONCURRENCY,
    ),
    aws_field(
        "ProvisionedConcurrencyConfig",
        Shape::Record(&Record { fields: PROVISIONED_CONCURRENCY }),
        Absent("no environments are kept ready"),
        "Environments that are kept ready, within the function's reserved concurrency or else within the account's.",
        PROVISIONED,
    ),
    aws_field(
        "Timeout",
        integer(1, 900, "seconds"),
        Value("3"),
        "After so many seconds a run is stopped, which is a function error.",
        LIMITS,
    ),
    aws_field(
        "MemorySize",
        integer(128, 10_240, "MB"),
        Value("128"),
        "The memory of the function in MB; a matter of price.",
        LIMITS,
    ),
    aws_field(
        "Architectures",
        list(&Shape::Word(&["x86_64", "arm64"]), 1, 1),
        Value("[\"x86_64\"]"),
        "The instruction set; a matter of price.",
        CREATE_FUNCTION,
    ),
    aws_field(
        "EventInvokeConfig",
        Shape::Record(&Record { fields: EVENT_INVOKE_CONFIG }),
        Value("{}"),
        "How asynchronous invocations of the function are retried and where their outcomes go.",
        ASYNC_CONFIGURING,
    ),
    aws_field(
        "DeadLetterConfig",
        Shape::Record(&Record { fields: DEAD_LETTER_CONFIG }),
        Absent("no dead-letter queue"),
        "The dead-letter queue of the function.",
        RETAIN_RECORDS,
    ),
    aws_field(
        "RecursiveLoop",
        Shape::Word(&["Terminate", "Allow"]),
        Value("\"Terminate\""),
        "What happens when the function is invoked for the 17th time in one chain of invocations through Lambda and SNS: `Terminate` stops that invocation, `Allow` does nothing.",
        RECURSION,
    ),
    field(
        "duration",
        DURATION_LAW,
        Value("\"100ms\""),
        "How long a run takes when nothing fails, calls to dependencies apart: a law, or just a duration.",
    ),
    field(
        "calls",
        list(&Shape::Record(&Record { fields: CALL }), 0, MOST_CALLS),
        Value("[]"),
        "What each run calls before its own work of `duration`, one after the other.",
    ),
    aws_field(
        "init",
        DURATION_LAW,
        ByProfile {
            measured: r#"{ "lognormal": { "median": "250ms", "p99": "900ms" } }"#,
            documented: "\"0s\"",
        },
        "How long a new execution environment takes before its first run (a cold start).",
        ENVIRONMENT,
    ),
    aws_field(
        "idle_time",
        SOME_DURATION,
        Value("\"7m\""),
        "How long an environment is kept without work. AWS publishes no figure: 5 to 7 minutes are widely reported, 45 to 60 were in 2017, and recorded logs of 2020 fit 10 min 30 s.",
        ENVIRONMENT,
    ),
    aws_field(
        "lifetime",
        SOME_DURATION,
        Value("\"2h\""),
        "After how long an environment is replaced even if it is busy; AWS says every few hours.",
        ENVIRONMENT,
    ),
    field(
        "response_size",
        Shape::Size,
        Value("\"200B\""),
        "The size of the handler's answer; it counts against the size limits of destinations.",
    ),
    field(
        "response",
        Shape::Word(&["json", "not_json"]),
        Value("\"json\""),
        "What the handler answers: with `not_json` the record of a success has a `deliveryError` instead of the answer.",
    ),
    field(
        "failures",
        list(&Shape::OneOf(&FAILURE), 0, MOST_CAUSES),
        Value("[]"),
        "What goes wrong in the function's code; the first cause in the list that strikes a run decides.",
    ),
];

static PROVISIONED_CONCURRENCY: &[Field] = &[aws_field(
    "ProvisionedConcurrentExecutions",
    integer(1, 10_000_000, "concurrent executions"),
    Required,
    "How many environments are kept ready. They are there at the start of the run.",
    PROVISIONED,
)];

static EVENT_INVOKE_CONFIG: &[Field] = &[
    aws_field(
        "MaximumRetryAttempts",
        integer(0, 2, ""),
        Value("2"),
        "How many times Lambda runs an event again after function errors. Throttles and system errors do not count.",
        ASYNC_ERRORS,
    ),
    aws_field(
        "MaximumEventAgeInSeconds",
        integer(60, 21_600, "seconds"),
        Value("21600"),
        "How long Lambda keeps an event for sending it to the function.",
        ASYNC_ERRORS,
    ),
    aws_field(
        "DestinationConfig",
        Shape::Record(&Record { fields: DESTINATION_ROUTES }),
        Value("{}"),
        "Where a record of the outcome goes.",
        RETAIN_RECORDS,
    ),
];

static DESTINATION_ROUTES: &[Field] = &[
    aws_field(
        "OnSuccess",
        Shape::Record(&Record { fields: DESTINATION_REFERENCE }),
        Absent("successes leave no record"),
        "The destination of successful events; not an S3 bucket.",
        DESTINATION_CONFIG,
    ),
    aws_field(
        "OnFailure",
        Shape::Record(&Record { fields: DESTINATION_REFERENCE }),
        Absent("failures leave no record"),
        "The destination of events that failed for good.",
        DESTINATION_CONFIG,
    ),
];

static DESTINATION_REFERENCE: &[Field] = &[aws_field(
    "Destination",
    Shape::Text,
    Required,
    "The name of a destination of this scenario, or an ARN that ends in it.",
    DESTINATION_CONFIG,
)];

static DEAD_LETTER_CONFIG: &[Field] = &[aws_field(
    "TargetArn",
    Shape::Text,
    Required,
    "The name of an sqs or sns destination of this scenario, or an ARN that ends in it.",
    RETAIN_RECORDS,
)];

const BECAUSE: Field =
    field("because", Shape::Text, Value("\"\""), "Why, in your words; shown where the cause strikes.");
const FAILURE_DURATION: Field =
    field("duration", DURATION_LAW, Absent("as long as any run"), "How long a run takes that it strikes.");

static CAUSE: &[Field] = &[PROBABILITY, DURING, BECAUSE, FAILURE_DURATION];
static HANG: &[Field] = &[PROBABILITY, DURING, BECAUSE];

static FAILURE: Choice = Choice {
    bare: None,
    variants: &[
        variant(
            "exception",
            Shape::Record(&Record { fields: CAUSE }),
            "The handler raises: a function error at the end of the run.",
        ),
        variant(
            "timeout",
            Shape::Record(&Record { fields: HANG }),
            "The handler hangs until `Timeout` ends the run: a function error.",
        ),
        variant(
            "caught",
            Shape::Record(&Record { fields: CAUSE }),
            "The handler fails but catches its error: Lambda sees a success.",
        ),
        variant(
            "poison",
            Shape::Record(&Record { fields: CAUSE }),
            "Some events fail in every run, whatever the retries: drawn once for each event; `during` is about its acceptance.",
        ),
        variant(
            "init_failure",
            Shape::Record(&Record { fields: HANG }),
            "A new environment cannot be initialised: a function error after the init, and the environment is gone. It strikes runs that need an init.",
        ),
        variant(
            "crash",
            Shape::Record(&Record { fields: CAUSE }),
            "The process ends at the end of the run: a function error, and the environment has to initialise again within its next run.",
        ),
        variant(
            "out_of_memory",
            Shape::Record(&Record { fields: CAUSE }),
            "The process needs more than `MemorySize` and is ended: as a crash.",
        ),
    ],
};
