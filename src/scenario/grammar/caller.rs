//! The scenario language: how callers repeat what Lambda refused.

use super::prelude::*;

const SDK_RETRIES: &str = "https://docs.aws.amazon.com/boto3/latest/guide/retries.html";
const RULE_RETRIES: &str =
    "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html";

pub(super) static CLIENT_RETRY: &[Field] = &[
    aws_field(
        "max_attempts",
        integer(1, 1_000, "calls"),
        Value("3"),
        "How often the call is made at most, the first time included: 3 in the SDKs' standard mode, 5 in boto3's legacy mode.",
        SDK_RETRIES,
    ),
    aws_field(
        "base",
        ANY_DURATION,
        Value("\"1s\""),
        "The longest wait before the second call; each further one is twice as long.",
        SDK_RETRIES,
    ),
    aws_field("cap", ANY_DURATION, Value("\"20s\""), "The longest wait.", SDK_RETRIES),
    aws_field(
        "jitter",
        Shape::Word(&["full", "none"]),
        ByProfile { measured: "\"full\"", documented: "\"none\"" },
        "Whether each wait is drawn between zero and its longest, as the SDKs do.",
        SDK_RETRIES,
    ),
];

pub(super) static EVENTBRIDGE_SOURCE: &[Field] = &[
    aws_field(
        "RetryPolicy",
        Shape::Record(&Record { fields: RETRY_POLICY }),
        Value("{}"),
        "How often and how long the rule offers an event that Lambda does not accept.",
        RULE_RETRIES,
    ),
    field(
        "base",
        SOME_DURATION,
        Value("\"1s\""),
        "The rule's first wait; each further one is twice as long. Assumed.",
    ),
    field(
        "cap",
        SOME_DURATION,
        Value("\"8m\""),
        "The rule's longest wait. Assumed: 185 tries then take 24 hours.",
    ),
];
static RETRY_POLICY: &[Field] = &[
    aws_field(
        "MaximumRetryAttempts",
        integer(0, 185, ""),
        Value("185"),
        "How often it tries again.",
        RULE_RETRIES,
    ),
    aws_field(
        "MaximumEventAgeInSeconds",
        integer(60, 86_400, "seconds"),
        Value("86400"),
        "For how long it tries.",
        RULE_RETRIES,
    ),
];

pub(super) static S3_SOURCE: &[Field] = &[
    field(
        "max_age",
        SOME_DURATION,
        Value("\"24h\""),
        "For how long a notification is offered that Lambda does not accept. AWS publishes nothing about it; a parameter.",
    ),
    field(
        "base",
        SOME_DURATION,
        Value("\"1s\""),
        "The first wait; each further one is twice as long. Assumed.",
    ),
    field("cap", SOME_DURATION, Value("\"5m\""), "The longest wait. Assumed."),
];
