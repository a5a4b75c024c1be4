//! The scenario language: what the service does that nobody asked for.

use super::law::DURATION_LAW;
use super::prelude::*;

pub(super) static IMPERFECTIONS: &[Field] = &[
    aws_field(
        "duplicate_probability",
        Shape::Probability,
        Value("0.0"),
        "How probable it is that an accepted event is delivered twice, with the same request id. AWS says that it happens and gives no number; try 0.0001.",
        ASYNC_ERRORS,
    ),
    aws_field(
        "loss_probability",
        Shape::Probability,
        Value("0.0"),
        "How probable it is that an accepted event vanishes: no run, no metric, no route. AWS says that it happens and gives no number; try 0.000001.",
        ASYNC_ERRORS,
    ),
    aws_field(
        "backlog",
        Shape::Record(&Record { fields: BACKLOG }),
        Absent("waits do not depend on how many events wait"),
        "With many entries in the queue Lambda lengthens the interval between attempts, also beyond `timing.backoff_cap`. AWS gives no figures: `{}` is a preset, twice as long for each power of ten above 1000 waiting events of the function, linear in between.",
        ASYNC_ERRORS,
    ),
    aws_field(
        "poller_read_rate",
        Shape::OneOf(&READ_RATE),
        Absent("every dispatch happens when it is due"),
        "How fast each function's queue is read. A dispatch that comes too soon is postponed, in the order in which they are due; it is not throttled and costs no attempt. With many entries in the queue Lambda reads more slowly; AWS gives no figures.",
        ASYNC_ERRORS,
    ),
    field(
        "neighbour_delay",
        DURATION_LAW,
        Absent("none"),
        "How much later than due each dispatch is, drawn anew each time: queues are shared with other customers.",
    ),
];

static BACKLOG: &[Field] = &[
    field(
        "threshold",
        integer(1, 1_000_000_000, "events"),
        Value("1000"),
        "Up to so many waiting events of a function the waits are as usual.",
    ),
    field(
        "interval_multiplier",
        Shape::Positive { max: 100.0 },
        Value("2"),
        "By how much the wait grows for each power of ten above the threshold; at least 1.",
    ),
];

static READ_RATE: Choice = Choice {
    bare: Some("constant"),
    variants: &[
        variant("constant", Shape::Rate { zero: false }, "Always as fast."),
        variant(
            "adaptive",
            Shape::Record(&Record { fields: ADAPTIVE }),
            "Halved after ten seconds in which more than half of the attempts were throttled, a tenth faster after any others.",
        ),
    ],
};
static ADAPTIVE: &[Field] = &[
    field("initial", Shape::Rate { zero: false }, Value("\"1000/s\""), "At the beginning."),
    field("least", Shape::Rate { zero: false }, Value("\"1/s\""), "Never slower."),
    field("most", Shape::Rate { zero: false }, Value("\"10000/s\""), "Never faster."),
];
