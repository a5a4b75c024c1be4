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
];
