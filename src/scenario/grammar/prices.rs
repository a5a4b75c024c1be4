//! The scenario language: what AWS charges. The defaults are the prices of us-east-1.

use super::prelude::*;

const LAMBDA_PRICES: &str = "https://aws.amazon.com/lambda/pricing/";
const TIERS: &str = "https://aws.amazon.com/blogs/compute/introducing-tiered-pricing-for-aws-lambda/";
const SQS_PRICES: &str = "https://aws.amazon.com/sqs/pricing/";
const SNS_PRICES: &str = "https://aws.amazon.com/sns/pricing/";
const EVENTBRIDGE_PRICES: &str = "https://aws.amazon.com/eventbridge/pricing/";
const S3_PRICES: &str = "https://aws.amazon.com/s3/pricing/";

const MOST_TIERS: usize = 10;
const BYTES: Shape = Shape::Size;

pub(super) static PRICES: &[Field] = &[
    aws_field(
        "million_requests",
        Shape::Price,
        Value("\"$0.20\""),
        "A million requests. Every run is one, retries included; throttles and errors before a run are none.",
        LAMBDA_PRICES,
    ),
    aws_field(
        "x86_64",
        Shape::Record(&Record { fields: X86_64 }),
        Value("{}"),
        "Execution on x86_64.",
        LAMBDA_PRICES,
    ),
    aws_field(
        "arm64",
        Shape::Record(&Record { fields: ARM64 }),
        Value("{}"),
        "Execution on arm64.",
        LAMBDA_PRICES,
    ),
    field(
        "charge_payload",
        Shape::Flag,
        Value("true"),
        "Whether a run of a large asynchronous event counts as more than one request.",
    ),
    field("payload_included", BYTES, Value("\"256KiB\""), "The payload that one request pays for."),
    field("payload_chunk", BYTES, Value("\"64KiB\""), "Each further one, begun, is one more request."),
    field(
        "messages",
        Shape::Record(&Record { fields: MESSAGES }),
        Value("{}"),
        "Destination and dead-letter messages. One to a function is paid for by that function's runs.",
    ),
    aws_field(
        "free_tier",
        Shape::Flag,
        Value("false"),
        "Whether the projection to a month takes off a million requests and 400 000 GB-seconds on demand.",
        LAMBDA_PRICES,
    ),
];

const fn gb_second(default: &'static str) -> Field {
    aws_field(
        "gb_second",
        list(&Shape::Price, 1, MOST_TIERS),
        Value(default),
        "A GB-second of a run on demand, tier by tier; a run pays the first, the projection to a month all of them.",
        TIERS,
    )
}

const fn tiers(default: &'static str) -> Field {
    aws_field(
        "tiers",
        list(&Shape::Integer { min: 1, max: 1_000_000_000_000, unit: "GB-seconds" }, 0, MOST_TIERS),
        Value(default),
        "The GB-seconds of a month at which each further tier begins.",
        TIERS,
    )
}

const fn provisioned(default: &'static str) -> Field {
    aws_field(
        "provisioned",
        Shape::Price,
        Value(default),
        "A GB-second of provisioned concurrency, used or not, rounded up to 5 minutes.",
        LAMBDA_PRICES,
    )
}

const fn on_provisioned(default: &'static str) -> Field {
    aws_field(
        "on_provisioned",
        Shape::Price,
        Value(default),
        "A GB-second of a run in a provisioned environment.",
        LAMBDA_PRICES,
    )
}

static X86_64: &[Field] = &[
    gb_second("[\"$0.0000166667\", \"$0.0000150000\", \"$0.0000133334\"]"),
    tiers("[6000000000, 15000000000]"),
    provisioned("\"$0.0000041667\""),
    on_provisioned("\"$0.0000097222\""),
];
static ARM64: &[Field] = &[
    gb_second("[\"$0.0000133334\", \"$0.0000120001\", \"$0.0000106667\"]"),
    tiers("[7500000000, 18750000000]"),
    provisioned("\"$0.0000033334\""),
    on_provisioned("\"$0.0000077778\""),
];

static MESSAGES: &[Field] = &[
    aws_field(
        "million_sqs",
        Shape::Price,
        Value("\"$0.40\""),
        "A million messages to a standard queue, each begun `chunk` being one. Receiving them is not counted.",
        SQS_PRICES,
    ),
    aws_field("million_sns", Shape::Price, Value("\"$0.50\""), "A million publishes, likewise.", SNS_PRICES),
    aws_field(
        "million_eventbridge",
        Shape::Price,
        Value("\"$1.00\""),
        "A million entries for a bus, likewise.",
        EVENTBRIDGE_PRICES,
    ),
    aws_field(
        "million_s3",
        Shape::Price,
        Value("\"$5.00\""),
        "A million objects put, whatever their size.",
        S3_PRICES,
    ),
    field("chunk", BYTES, Value("\"64KiB\""), "How much one message, publish or entry pays for."),
];
