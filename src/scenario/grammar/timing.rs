//! The scenario language: the timing laws.

use super::prelude::*;
use crate::time::NANOS_PER_MILLI;

const AGE_CHECKS: Shape = Shape::Word(&["lookahead", "clip_to_deadline", "at_dispatch"]);

pub(super) static TIMING: &[Field] = &[
    aws_field(
        "dispatch_latency",
        ANY_DURATION,
        ByProfile { measured: "\"30ms\"", documented: "\"0s\"" },
        "From the acceptance of an event to its first dispatch.",
        MEASURED_WAITS,
    ),
    aws_field(
        "init_limit",
        SOME_DURATION,
        Value("\"10s\""),
        "How long the init of an environment may take; a longer one is stopped there and repeated within the first run, under its `Timeout`.",
        ENVIRONMENT,
    ),
    aws_field(
        "provisioned_delay",
        ANY_DURATION,
        ByProfile { measured: "\"90s\"", documented: "\"1m\"" },
        "From asking for provisioned concurrency until its allocation begins, which then goes at 6 000 environments a minute; usable when all are allocated.",
        PROVISIONED,
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
        "offer_jitter",
        Shape::Jitter,
        ByProfile { measured: "0.125", documented: "0" },
        "Each wait of an SNS, EventBridge or S3 source before it offers an event again that Lambda did not accept is multiplied by its own uniform draw from 1 ± this. AWS says that there is jitter, not which; a parameter.",
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
        "other_4xx_policy",
        Shape::Word(&["count_as_attempt", "drop"]),
        Value("\"count_as_attempt\""),
        "What follows a 4xx status other than 429 after acceptance: `count_as_attempt` uses up a retry and waits as after a function error (as measured on AWS for 404), `drop` ends the event at once.",
    ),
    field(
        "count_on_success",
        Shape::Word(&["one", "attempts"]),
        Value("\"one\""),
        "What `approximateInvokeCount` says in the record of a success: always `one` (as measured on AWS), or the `attempts` made.",
    ),
    field(
        "dest_attempts",
        integer(1, 10, ""),
        Value("1"),
        "How often Lambda calls a destination that throttles before the record is gone. AWS documents no retry; a parameter.",
    ),
    field("dlq_attempts", integer(1, 10, ""), Value("1"), "The same for a dead-letter queue."),
    field(
        "delivery_latency",
        ANY_DURATION,
        ByProfile { measured: "\"50ms\"", documented: "\"0s\"" },
        "How long a delivery to a destination takes, unless the destination says otherwise.",
    ),
    field(
        "config_propagation_delay",
        ANY_DURATION,
        Value("\"0s\""),
        "How long a change of `EventInvokeConfig` or `DeadLetterConfig` takes to become effective. Events were seen to follow the old settings for one or two minutes: write `\"120s\"` for a realistic case.",
    ),
];
