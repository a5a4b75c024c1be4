//! The scenario language: what the functions share.

use super::prelude::*;

pub(super) static ACCOUNT: &[Field] = &[
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
    aws_field(
        "requests_per_concurrency",
        integer(0, 1_000_000, "requests per second"),
        Value("10"),
        "How many requests per second each unit of concurrency is good for: the ceiling of a function with reserved or provisioned concurrency, and of all others together. 0 = no such ceiling.",
        CONCURRENCY,
    ),
    aws_field(
        "scaling_rate",
        Shape::Record(&Record { fields: SCALING_RATE }),
        Value("{}"),
        "How fast each function may get new execution environments.",
        SCALING,
    ),
    field(
        "neighbours",
        list(&Shape::Record(&Record { fields: NEIGHBOUR }), 0, 1_000),
        Value("[]"),
        "Other functions of the account, not simulated, that use a part of its unreserved concurrency; entries that hold at the same time add up.",
    ),
];

static SCALING_RATE: &[Field] = &[
    aws_field(
        "environments",
        integer(0, 10_000_000, "environments"),
        Value("1000"),
        "How many environments a function may get at once. 0 = as many as it likes.",
        SCALING,
    ),
    aws_field(
        "per_second",
        integer(1, 10_000_000, "environments"),
        Value("100"),
        "How many more it may get each second, up to that number: 1 000 in ten seconds.",
        SCALING,
    ),
];

static NEIGHBOUR: &[Field] = &[
    field(
        "concurrency",
        integer(1, 10_000_000, "concurrent executions"),
        Required,
        "How much of the unreserved concurrency they use.",
    ),
    field(
        "during",
        Shape::Windows,
        Absent("always"),
        "When: a window of virtual time, or a list of windows.",
    ),
];
