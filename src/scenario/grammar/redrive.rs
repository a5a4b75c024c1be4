//! The scenario language: redrives.

use super::prelude::*;

pub(super) const MOST_REDRIVES: usize = 1_000;

pub(super) static REDRIVE: &[Field] = &[
    field(
        "from",
        Shape::Text,
        Required,
        "The queue that is read: the name of an sqs destination that is a dead-letter queue or takes records of failures, or an ARN that ends in it.",
    ),
    field("to", Shape::Text, Absent("the function that each message came from"), "The function to invoke."),
    field(
        "at",
        Shape::Moment,
        Required,
        "When it begins. It takes what lies in the queue then; what comes later waits for another redrive.",
    ),
    field(
        "rate",
        Shape::Rate { zero: false },
        Required,
        "How many messages are sent per second, evenly spaced.",
    ),
    field(
        "max_messages",
        integer(1, u64::MAX, "messages"),
        Absent("all that lies in the queue"),
        "How many messages are taken at most, the oldest first.",
    ),
    field("because", Shape::Text, Value("\"\""), "Why, in your words; shown with the redrive."),
];
