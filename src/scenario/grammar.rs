//! The scenario language, version 1: one table from which the checks, the defaults, the JSON Schema and the reference
//! follow. What AWS names keeps AWS's name, nesting and unit; what is ours is in snake case with units in the texts.

use super::shape::{Choice, Default, Field, Names, Record, Shape, Variant};
use crate::time::NANOS_PER_MILLI;

use Default::{Absent, ByProfile, Required, Value};

/// The version of the language.
pub const VERSION: u64 = 1;

const ASYNC_ERRORS: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html";
const ASYNC_CONFIGURING: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html";
const RETAIN_RECORDS: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html";
const LIMITS: &str = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
const CONCURRENCY: &str = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html";
const INVOKE: &str = "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html";
const DESTINATION_CONFIG: &str = "https://docs.aws.amazon.com/lambda/latest/api/API_DestinationConfig.html";
const CREATE_FUNCTION: &str = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html";
const MEASURED_WAITS: &str = "https://cosmo-grant.github.io/aws-by-example/lambda_retries.html";

const EMPTY: Shape = Shape::Record(&Record { fields: &[] });
const ANY_DURATION: Shape = Shape::Duration { min_nanos: 0 };
const SOME_DURATION: Shape = Shape::Duration { min_nanos: 1 };
const ONE_AT_LEAST: usize = 1;
/// Probabilities and quantiles need no more; it bounds the memory of one setting.
const LONGEST_LIST: usize = 1_000_000;
/// Causes of one kind are numbered in 8 bits, which address their draws.
const MOST_CAUSES: usize = 256;
/// A number as large as any duration in seconds.
const LARGE: f64 = 1e12;

const fn field(key: &'static str, shape: Shape, default: Default, doc: &'static str) -> Field {
    aws_field(key, shape, default, doc, "")
}

const fn aws_field(
    key: &'static str,
    shape: Shape,
    default: Default,
    doc: &'static str,
    source: &'static str,
) -> Field {
    Field { key, shape, default, doc, source }
}

const fn variant(key: &'static str, shape: Shape, doc: &'static str) -> Variant {
    Variant { key, shape, doc }
}

const fn integer(min: u64, max: u64, unit: &'static str) -> Shape {
    Shape::Integer { min, max, unit }
}

const fn list(of: &'static Shape, at_least: usize, at_most: usize) -> Shape {
    Shape::List { of, at_least, at_most }
}

/// A whole scenario.
pub static SCENARIO: Shape = Shape::Record(&Record { fields: TOP });

static TOP: &[Field] = &[
    field(
        "$schema",
        Shape::Text,
        Absent("no completion in editors"),
        "Where editors find the JSON Schema of this file.",
    ),
    field("version", integer(VERSION, VERSION, ""), Required, "The version of the scenario language: 1."),
    field("description", Shape::Text, Value("\"\""), "What the scenario shows, for people."),
    field(
        "seed",
        integer(0, u64::MAX, ""),
        Value("0"),
        "From which all randomness follows: the same seed gives the same run, byte for byte.",
    ),
    field(
        "start",
        Shape::Timestamp,
        Value("\"2026-01-01T00:00:00Z\""),
        "The calendar label of virtual time zero; it changes timestamps in the output and nothing else.",
    ),
    field(
        "arrivals_end",
        Shape::Moment,
        Absent("sources send for as long as they have events"),
        "No source sends anything at or after this time.",
    ),
    field(
        "end",
        Shape::EndOfRun,
        Value("\"drained\""),
        "When the run is over: `\"drained\"` = when every event has met its fate, or a time; what is unfinished then is counted as in flight.",
    ),
    field(
        "profile",
        Shape::Word(&["measured", "documented"]),
        Value("\"measured\""),
        "Whose timing the defaults follow: `measured` on AWS, with jitter, or AWS's `documented` nominal numbers without jitter.",
    ),
    field(
        "timing",
        Shape::Record(&Record { fields: TIMING }),
        Value("{}"),
        "The timing laws of the asynchronous path; every number of the profile can be overridden.",
    ),
    field(
        "account",
        Shape::Record(&Record { fields: ACCOUNT }),
        Value("{}"),
        "What the functions of the account share.",
    ),
    field(
        "functions",
        Shape::Map {
            names: Names::Function,
            noun: "function",
            of: &Shape::Record(&Record { fields: FUNCTION }),
            at_least: ONE_AT_LEAST,
        },
        Required,
        "The Lambda functions, by name.",
    ),
    field(
        "destinations",
        Shape::Map { names: Names::Free, noun: "destination", of: &Shape::OneOf(&DESTINATION), at_least: 0 },
        Value("{}"),
        "Queues, topics, buses, buckets and functions that outcomes go to, by name.",
    ),
    field(
        "sources",
        Shape::Map {
            names: Names::Free,
            noun: "source",
            of: &Shape::Record(&Record { fields: SOURCE }),
            at_least: ONE_AT_LEAST,
        },
        Required,
        "Where events come from, by name. A source's draws follow from its name, so adding another changes nothing for it.",
    ),
    field(
        "faults",
        list(&Shape::OneOf(&FAULT), 0, MOST_CAUSES),
        Value("[]"),
        "What goes wrong in the Lambda service itself, when an event is dispatched.",
    ),
    field(
        "expect",
        Shape::Texts,
        Value("[]"),
        "What the run must fulfil, as expressions like `\"lost.Sum == 0\"`. Kept as text: `run` does not evaluate them.",
    ),
];

const AGE_CHECKS: Shape = Shape::Word(&["lookahead", "clip_to_deadline", "at_dispatch"]);

static TIMING: &[Field] = &[
    aws_field(
        "dispatch_latency",
        ANY_DURATION,
        ByProfile { measured: "\"30ms\"", documented: "\"0s\"" },
        "From the acceptance of an event to its first dispatch.",
        MEASURED_WAITS,
    ),
    aws_field(
        "function_retry_delay",
        SOME_DURATION,
        Value("\"1m\""),
        "The wait after the first failed run; after the second it is twice as long. Counted from the end of the run.",
        ASYNC_ERRORS,
    ),
    aws_field(
        "function_retry_jitter",
        Shape::Jitter,
        ByProfile { measured: "0.125", documented: "0" },
        "Each wait after a function error is multiplied by its own uniform draw from 1 ± this.",
        MEASURED_WAITS,
    ),
    aws_field(
        "backoff_base",
        Shape::Duration { min_nanos: NANOS_PER_MILLI },
        Value("\"1s\""),
        "The wait after the first throttle or system error.",
        ASYNC_ERRORS,
    ),
    aws_field(
        "backoff_factor",
        integer(1, 100, ""),
        Value("2"),
        "By which each further back-off wait grows.",
        ASYNC_ERRORS,
    ),
    aws_field(
        "backoff_cap",
        Shape::Duration { min_nanos: NANOS_PER_MILLI },
        Value("\"5m\""),
        "The longest back-off wait, before jitter.",
        ASYNC_ERRORS,
    ),
    aws_field(
        "backoff_jitter",
        Shape::Jitter,
        ByProfile { measured: "0.125", documented: "0" },
        "Each back-off wait is multiplied by its own uniform draw from 1 ± this.",
        MEASURED_WAITS,
    ),
    field(
        "backoff_reset_on_run",
        Shape::Flag,
        Value("true"),
        "Whether a run sets the back-off to its base again. AWS does not say; a parameter.",
    ),
    field(
        "age_check_function_error",
        AGE_CHECKS,
        Value("\"lookahead\""),
        "How the maximum event age applies to the wait after a function error: `lookahead` drops the event at once when the wait would end too late (as measured on AWS), `clip_to_deadline` drops it when the age is reached, `at_dispatch` when the wait is over.",
    ),
    field(
        "age_check_invocation_error",
        AGE_CHECKS,
        Value("\"lookahead\""),
        "The same for the wait after a throttle or system error.",
    ),
    field(
        "terminal_precedence",
        Shape::Word(&["retries_first", "age_first"]),
        Value("\"retries_first\""),
        "Which condition an event ends with when its retries are used up and its age is exceeded as well. AWS does not say; a parameter.",
    ),
    field(
        "delivery_latency",
        ANY_DURATION,
        ByProfile { measured: "\"50ms\"", documented: "\"0s\"" },
        "How long a delivery to a destination takes, unless the destination says otherwise.",
    ),
];

static ACCOUNT: &[Field] = &[
    aws_field(
        "concurrency",
        integer(1, 10_000_000, "concurrent executions"),
        Value("1000"),
        "The Region's concurrency quota, shared by all functions.",
        CONCURRENCY,
    ),
    aws_field(
        "unreserved_minimum",
        integer(0, 10_000_000, "concurrent executions"),
        Value("100"),
        "How much of the quota must stay with functions that reserve nothing.",
        CONCURRENCY,
    ),
];

static FUNCTION: &[Field] = &[
    aws_field(
        "ReservedConcurrentExecutions",
        integer(0, 10_000_000, "concurrent executions"),
        Absent("the function shares the account's unreserved concurrency"),
        "The function's own share of the account's concurrency, and its ceiling. 0 drops every asynchronous event at its dispatch.",
        CONCURRENCY,
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
    field(
        "duration",
        DURATION_LAW,
        Value("\"100ms\""),
        "How long a run takes when nothing fails: a law, or just a duration.",
    ),
    field(
        "response_size",
        Shape::Size,
        Value("\"200B\""),
        "The size of the handler's answer; it counts against the size limits of destinations.",
    ),
    field(
        "failures",
        list(&Shape::OneOf(&FAILURE), 0, MOST_CAUSES),
        Value("[]"),
        "What goes wrong in the function's code; the first cause in the list that strikes a run decides.",
    ),
];

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

const PROBABILITY: Field =
    field("probability", Shape::Probability, Value("1.0"), "How probable it is each time, 0..1.");
const DURING: Field = field(
    "during",
    Shape::Windows,
    Absent("always"),
    "When it can strike: a window `[\"30m\", \"40m\"]` of virtual time, start included and end not, or a list of windows.",
);
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
    ],
};

/// A law of durations; it may contain itself.
const DURATION_LAW: Shape = Shape::Named { name: "duration_law", shape: || &DURATION_SHAPE };
static DURATION_SHAPE: Shape = Shape::OneOf(&DURATION);
static DURATION: Choice = Choice {
    bare: Some("constant"),
    variants: &[
        variant("constant", ANY_DURATION, "Always the same."),
        variant("uniform", Shape::Record(&Record { fields: UNIFORM }), "Uniform between two bounds."),
        variant("exponential", Shape::Record(&Record { fields: EXPONENTIAL }), "Exponential."),
        variant(
            "lognormal",
            Shape::Record(&Record { fields: LOGNORMAL }),
            "Lognormal, by two of its figures: median or mean, and p99 or sigma.",
        ),
        variant("gamma", Shape::Record(&Record { fields: GAMMA }), "Gamma, by mean and shape."),
        variant(
            "weibull",
            Shape::Record(&Record { fields: WEIBULL }),
            "Weibull, by shape and one of scale, mean and median.",
        ),
        variant(
            "empirical",
            Shape::Record(&Record { fields: EMPIRICAL }),
            "As measured: by quantiles or by samples.",
        ),
        variant(
            "mixture",
            list(&Shape::Record(&Record { fields: MIXTURE_PART }), 1, 1_000),
            "One of several laws, chosen by weight for each run.",
        ),
    ],
};

static UNIFORM: &[Field] = &[
    field("min", ANY_DURATION, Required, "The shortest."),
    field("max", ANY_DURATION, Required, "The longest."),
];
static EXPONENTIAL: &[Field] = &[field("mean", SOME_DURATION, Required, "The mean.")];
static LOGNORMAL: &[Field] = &[
    field("median", SOME_DURATION, Absent("follows from the other figures"), "Half of the runs are shorter."),
    field("mean", SOME_DURATION, Absent("follows from the other figures"), "The mean."),
    field("p99", SOME_DURATION, Absent("follows from the other figures"), "99 of 100 runs are shorter."),
    field(
        "sigma",
        Shape::Positive { max: 20.0 },
        Absent("follows from the other figures"),
        "The standard deviation of the logarithm.",
    ),
];
static GAMMA: &[Field] = &[
    field("mean", SOME_DURATION, Required, "The mean."),
    field(
        "shape",
        Shape::Positive { max: 1e6 },
        Required,
        "The shape: 1 is exponential, larger is more regular.",
    ),
];
static WEIBULL: &[Field] = &[
    field(
        "scale",
        SOME_DURATION,
        Absent("follows from the other figures"),
        "The scale: 63 of 100 runs are shorter.",
    ),
    field("mean", SOME_DURATION, Absent("follows from the other figures"), "The mean."),
    field("median", SOME_DURATION, Absent("follows from the other figures"), "Half of the runs are shorter."),
    field(
        "shape",
        Shape::Positive { max: 1e3 },
        Required,
        "The shape: 1 is exponential, below 1 has a heavier tail.",
    ),
];
static EMPIRICAL: &[Field] = &[
    field(
        "quantiles",
        list(&Shape::Quantile, 2, LONGEST_LIST),
        Absent("given by samples"),
        "Pairs `[probability, duration]`, ascending, from probability 0 to 1; linear between them.",
    ),
    field(
        "samples",
        list(&ANY_DURATION, 1, LONGEST_LIST),
        Absent("given by quantiles"),
        "Measured durations in any order; linear between them.",
    ),
];
static MIXTURE_PART: &[Field] = &[
    field("weight", Shape::Positive { max: LARGE }, Required, "How often, relative to the other parts."),
    field("of", DURATION_LAW, Required, "The law of this part."),
];

static DESTINATION: Choice = Choice {
    bare: None,
    variants: &[
        variant("sqs", Shape::Record(&Record { fields: SQS }), "An Amazon SQS standard queue."),
        variant("sns", Shape::Record(&Record { fields: SNS }), "An Amazon SNS standard topic."),
        variant("eventbridge", Shape::Record(&Record { fields: SQS }), "An Amazon EventBridge bus."),
        variant("s3", Shape::Record(&Record { fields: S3 }), "An Amazon S3 bucket; for failures only."),
        variant(
            "lambda",
            Shape::Record(&Record { fields: LAMBDA }),
            "Another function of the scenario, invoked asynchronously with the record as its event: with its own queue, retries and routes.",
        ),
    ],
};

const LATENCY: Field =
    field("latency", ANY_DURATION, Absent("`timing.delivery_latency`"), "How long a delivery takes.");
const DELIVERY_CAUSE_SHAPE: &Shape = &Shape::OneOf(&DELIVERY_FAILURE);
const DELIVERY_FAILURES: Field = field(
    "failures",
    list(DELIVERY_CAUSE_SHAPE, 0, MOST_CAUSES),
    Value("[]"),
    "How deliveries fail; the first cause in the list that strikes decides.",
);
const SIZE_DOC: &str = "The largest message it takes; a larger one is a failed delivery.";

const fn max_size(default: &'static str) -> Field {
    aws_field("max_size", Shape::Size, Value(default), SIZE_DOC, RETAIN_RECORDS)
}

static SQS: &[Field] = &[LATENCY, max_size("\"1MiB\""), DELIVERY_FAILURES];
static SNS: &[Field] = &[
    LATENCY,
    max_size("\"256KiB\""),
    aws_field(
        "oversize",
        Shape::Word(&["drop_payload", "fail"]),
        Value("\"drop_payload\""),
        "What happens to a record that is too large. AWS's API reference says that Lambda drops the payload, its guide that the delivery may fail.",
        DESTINATION_CONFIG,
    ),
    DELIVERY_FAILURES,
];
static S3: &[Field] = &[LATENCY, max_size("\"5TB\""), DELIVERY_FAILURES];
static LAMBDA: &[Field] = &[
    aws_field(
        "FunctionName",
        Shape::Text,
        Required,
        "The name of a function of this scenario, or an ARN that ends in it.",
        INVOKE,
    ),
    LATENCY,
    max_size("\"1MiB\""),
    DELIVERY_FAILURES,
];

static DELIVERY_CAUSE: &[Field] = &[PROBABILITY, DURING];
static DELIVERY_FAILURE: Choice = Choice {
    bare: None,
    variants: &[
        variant(
            "permission",
            Shape::Record(&Record { fields: DELIVERY_CAUSE }),
            "The function's role may not write there.",
        ),
        variant(
            "misconfiguration",
            Shape::Record(&Record { fields: DELIVERY_CAUSE }),
            "The destination does not exist or cannot be used.",
        ),
        variant(
            "size",
            Shape::Record(&Record { fields: DELIVERY_CAUSE }),
            "The destination finds the message too large.",
        ),
        variant(
            "throttled",
            Shape::Record(&Record { fields: DELIVERY_CAUSE }),
            "The destination refuses the call for now.",
        ),
    ],
};

static SOURCE: &[Field] = &[
    field("to", Shape::Text, Required, "The function it invokes: its name, or an ARN that ends in it."),
    aws_field(
        "invocation",
        Shape::Word(&["async", "sync"]),
        Value("\"async\""),
        "Whether Lambda queues the events (`async`) or the caller waits for each answer (`sync`): then errors and throttles go back to the caller, and a running call holds a slot.",
        INVOKE,
    ),
    field(
        "direct",
        EMPTY,
        Absent("direct, if no other kind is given"),
        "The caller is a program with an AWS SDK.",
    ),
    field("s3", EMPTY, Absent("not S3"), "The caller is Amazon S3 (event notifications)."),
    field("sns", EMPTY, Absent("not SNS"), "The caller is an Amazon SNS topic."),
    field("eventbridge", EMPTY, Absent("not EventBridge"), "The caller is an Amazon EventBridge rule."),
    field(
        "size",
        Shape::Size,
        Value("\"1KiB\""),
        "The size of one event. Lambda takes asynchronous events of up to 1 MiB.",
    ),
    field(
        "from",
        Shape::Moment,
        Value("\"0s\""),
        "When the source begins; the times of its arrivals count from here.",
    ),
    field("until", Shape::Moment, Absent("`arrivals_end`"), "Nothing is sent at or after this time."),
    field(
        "max_events",
        integer(1, u64::MAX, "events"),
        Absent("no such limit"),
        "At most this many events are sent.",
    ),
    field("arrivals", Shape::OneOf(&ARRIVALS), Required, "When events are sent."),
];

static ARRIVALS: Choice = Choice {
    bare: None,
    variants: &[
        variant(
            "constant",
            Shape::Record(&Record { fields: CONSTANT }),
            "One event after another at a fixed interval, the first at `from`.",
        ),
        variant(
            "poisson",
            Shape::Record(&Record { fields: POISSON }),
            "At random with a constant rate, independently of each other.",
        ),
        variant("steps", Shape::Record(&Record { fields: STEPS }), "At a rate that changes in steps."),
        variant(
            "ramp",
            Shape::Record(&Record { fields: RAMP }),
            "At a rate that changes linearly between points; after the last it stays.",
        ),
        variant(
            "times",
            list(&Shape::Moment, 1, LONGEST_LIST),
            "At these times, ascending, counted from `from`.",
        ),
        variant(
            "trace",
            Shape::Record(&Record { fields: TRACE }),
            "As recorded: a CSV file with one row per event.",
        ),
        variant(
            "counts",
            Shape::Record(&Record { fields: COUNTS }),
            "As recorded: a CSV file with the number of events in each period.",
        ),
    ],
};

static CONSTANT: &[Field] = &[
    field(
        "rate",
        Shape::Rate { zero: false },
        Absent("given by `every`"),
        "How many; the interval is rounded to the nanosecond.",
    ),
    field("every", SOME_DURATION, Absent("given by `rate`"), "The interval between two events."),
];
static POISSON: &[Field] = &[field("rate", Shape::Rate { zero: false }, Required, "How many on average.")];
const SPACING: Field = field(
    "spacing",
    Shape::Word(&["poisson", "even"]),
    Value("\"poisson\""),
    "Whether events come at random at that rate, or evenly spaced.",
);
static STEPS: &[Field] = &[
    field(
        "levels",
        list(&Shape::Record(&Record { fields: RATE_POINT }), 1, 100_000),
        Required,
        "From when which rate holds, ascending; before the first nothing is sent, the last stays.",
    ),
    SPACING,
];
static RAMP: &[Field] = &[
    field(
        "points",
        list(&Shape::Record(&Record { fields: RATE_POINT }), 2, 100_000),
        Required,
        "The rate at points of time, ascending; before the first nothing is sent.",
    ),
    SPACING,
];
static RATE_POINT: &[Field] = &[
    field("at", Shape::Moment, Required, "When, counted from `from`."),
    field("rate", Shape::Rate { zero: true }, Required, "The rate."),
];
static TRACE: &[Field] = &[
    field(
        "csv",
        Shape::Text,
        Required,
        "The CSV file, relative to the scenario file; with a header row, ascending times counted from `from`.",
    ),
    field("column", Shape::Text, Absent("the first column"), "The column of the times."),
    field(
        "unit",
        Shape::Word(&["s", "ms", "us", "ns"]),
        Absent("as the column's name ends: `_s`, `_ms`, `_us` or `_ns`"),
        "The unit of the times.",
    ),
];
static COUNTS: &[Field] = &[
    field(
        "csv",
        Shape::Text,
        Required,
        "The CSV file, relative to the scenario file; with a header row, one row per period from `from` on.",
    ),
    field("column", Shape::Text, Absent("the column `count`, or the only one"), "The column of the counts."),
    field("per", SOME_DURATION, Value("\"1m\""), "The length of a period."),
    field(
        "spacing",
        Shape::Word(&["random", "even"]),
        Value("\"random\""),
        "Whether the events of a period fall at random in it, or evenly spaced.",
    ),
];

const FAULT_FUNCTION: Field =
    field("function", Shape::Text, Absent("every function"), "The function whose attempts it strikes.");
static FAULT: Choice = Choice {
    bare: None,
    variants: &[
        variant(
            "system_error",
            Shape::Record(&Record { fields: SYSTEM_ERROR }),
            "Lambda answers with a 5xx status; the event backs off.",
        ),
        variant(
            "throttle",
            Shape::Record(&Record { fields: THROTTLE }),
            "Lambda answers 429 although a slot is free; the event backs off.",
        ),
    ],
};
static SYSTEM_ERROR: &[Field] = &[
    aws_field("status", integer(500, 599, ""), Value("500"), "The HTTP status.", INVOKE),
    PROBABILITY,
    DURING,
    FAULT_FUNCTION,
];
static THROTTLE: &[Field] = &[PROBABILITY, DURING, FAULT_FUNCTION];
