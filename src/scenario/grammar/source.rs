//! The scenario language: sources and their arrivals.

use super::caller::{CLIENT_RETRY, EVENTBRIDGE_SOURCE, S3_SOURCE};
use super::prelude::*;
use crate::scenario::source::MAX_EVENTS;

pub(super) static SOURCE: &[Field] = &[
    field(
        "to",
        Shape::TextOrTexts { noun: "function" },
        Required,
        "The function it invokes: its name, or an ARN that ends in it. With a list of functions (one topic, bus or program, several functions) each event becomes one of each function; in a list the draws of an event follow from the function's name as well, so that adding a function moves nothing for the others.",
    ),
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
    field(
        "s3",
        Shape::Record(&Record { fields: S3_SOURCE }),
        Absent("not S3"),
        "The caller is Amazon S3 (event notifications).",
    ),
    field("sns", EMPTY, Absent("not SNS"), "The caller is an Amazon SNS topic."),
    field(
        "eventbridge",
        Shape::Record(&Record { fields: EVENTBRIDGE_SOURCE }),
        Absent("not EventBridge"),
        "The caller is an Amazon EventBridge rule.",
    ),
    field(
        "client_retry",
        Shape::Record(&Record { fields: CLIENT_RETRY }),
        Absent(
            "a direct asynchronous caller retries as the SDKs' standard mode does, a synchronous one not at all",
        ),
        "How a program repeats a call that Lambda refuses with 429 or 5xx. An asynchronous caller has no part in what happens once the event is accepted; a synchronous one repeats throttled calls.",
    ),
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
        integer(1, MAX_EVENTS, "events"),
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
    field(
        "end_column",
        Shape::Text,
        Absent("runs take as long as the function's `duration` says"),
        "The column of the times, in the same unit, at which the recorded calls ended: each event's runs then take as long as recorded.",
    ),
    field(
        "duration_column",
        Shape::Text,
        Absent("runs take as long as the function's `duration` says"),
        "The column of the recorded durations, in the same unit: each event's runs then take as long.",
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
