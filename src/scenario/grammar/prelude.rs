//! What every part of the grammar is written with: notation, common shapes, and where AWS documents its settings.

pub(super) use crate::scenario::shape::Default::{self, Absent, ByProfile, Required, Value};
pub(super) use crate::scenario::shape::{Choice, Field, Names, Record, Shape, Variant};

pub(super) const ASYNC_ERRORS: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html";
pub(super) const ASYNC_CONFIGURING: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html";
pub(super) const RETAIN_RECORDS: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html";
pub(super) const LIMITS: &str = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
pub(super) const CONCURRENCY: &str = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html";
pub(super) const SCALING: &str = "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html";
pub(super) const ENVIRONMENT: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html";
pub(super) const PROVISIONED: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html";
pub(super) const INVOKE: &str = "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html";
pub(super) const DESTINATION_CONFIG: &str =
    "https://docs.aws.amazon.com/lambda/latest/api/API_DestinationConfig.html";
pub(super) const SET_QUEUE_ATTRIBUTES: &str =
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html";
pub(super) const CREATE_FUNCTION: &str =
    "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html";
pub(super) const RECURSION: &str = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html";
pub(super) const MEASURED_WAITS: &str = "https://cosmo-grant.github.io/aws-by-example/lambda_retries.html";

pub(super) const EMPTY: Shape = Shape::Record(&Record { fields: &[] });
pub(super) const ANY_DURATION: Shape = Shape::Duration { min_nanos: 0 };
pub(super) const SOME_DURATION: Shape = Shape::Duration { min_nanos: 1 };
pub(super) const ONE_AT_LEAST: usize = 1;
/// Probabilities and quantiles need no more; it bounds the memory of one setting.
pub(super) const LONGEST_LIST: usize = 1_000_000;
/// Causes of one kind are numbered in 8 bits, which address their draws; the highest number stands for none.
pub(super) const MOST_CAUSES: usize = 255;
/// A number as large as any duration in seconds.
pub(super) const LARGE: f64 = 1e12;

pub(super) const fn field(key: &'static str, shape: Shape, default: Default, doc: &'static str) -> Field {
    aws_field(key, shape, default, doc, "")
}

pub(super) const fn aws_field(
    key: &'static str,
    shape: Shape,
    default: Default,
    doc: &'static str,
    source: &'static str,
) -> Field {
    Field { key, shape, default, doc, source }
}

pub(super) const fn variant(key: &'static str, shape: Shape, doc: &'static str) -> Variant {
    Variant { key, shape, doc }
}

pub(super) const fn integer(min: u64, max: u64, unit: &'static str) -> Shape {
    Shape::Integer { min, max, unit }
}

pub(super) const fn list(of: &'static Shape, at_least: usize, at_most: usize) -> Shape {
    Shape::List { of, at_least, at_most }
}

pub(super) const PROBABILITY: Field =
    field("probability", Shape::Probability, Value("1.0"), "How probable it is each time, 0..1.");
pub(super) const DURING: Field = field(
    "during",
    Shape::Windows,
    Absent("always"),
    "When it can strike: a window `[\"30m\", \"40m\"]` of virtual time, start included and end not, or a list of windows.",
);
