//! The scenario language: destinations, and how deliveries to them fail.

use super::prelude::*;

pub(super) static DESTINATION: Choice = Choice {
    bare: None,
    variants: &[
        variant("sqs", Shape::Record(&Record { fields: SQS }), "An Amazon SQS standard queue."),
        variant("sns", Shape::Record(&Record { fields: SNS }), "An Amazon SNS standard topic."),
        variant("eventbridge", Shape::Record(&Record { fields: EVENTBRIDGE }), "An Amazon EventBridge bus."),
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

static SQS: &[Field] = &[
    LATENCY,
    max_size("\"1MiB\""),
    aws_field(
        "MessageRetentionPeriod",
        integer(60, 1_209_600, "seconds"),
        Value("345600"),
        "How long the queue keeps a message; an older one is gone when a redrive looks, and at the end of the run. Only queues that a redrive reads are looked at.",
        SET_QUEUE_ATTRIBUTES,
    ),
    DELIVERY_FAILURES,
];
const SUBSCRIBERS: Field = field(
    "subscribers",
    Shape::DifferentTexts { noun: "function" },
    Value("[]"),
    "The functions that a message delivered there invokes, asynchronously: one event for each. Names, or ARNs that end in them.",
);
static EVENTBRIDGE: &[Field] = &[LATENCY, max_size("\"1MiB\""), SUBSCRIBERS, DELIVERY_FAILURES];
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
    SUBSCRIBERS,
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
