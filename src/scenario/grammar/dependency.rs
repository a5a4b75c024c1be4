//! The scenario language: what functions call while they run.

use super::law::DURATION_LAW;
use super::prelude::*;

/// Calls of one function are numbered in 8 bits, which address their draws.
pub(super) const MOST_CALLS: usize = 64;
const MOST_SERVERS: u64 = 10_000_000;

pub(super) static DEPENDENCY: &[Field] = &[
    field(
        "capacity",
        integer(1, MOST_SERVERS, "calls"),
        Required,
        "How many calls it serves at a time; further ones wait, first come first served.",
    ),
    field(
        "service_time",
        DURATION_LAW,
        Required,
        "How long it serves a call while it serves no other: a law, or just a duration.",
    ),
    field(
        "contention",
        Shape::Positive { max: 1_000.0 },
        Absent("load does not slow it down"),
        "How load slows it down: a service takes 1 + `contention` × (other calls in service / `capacity`) times as long.",
    ),
    field(
        "max_waiting",
        integer(0, MOST_SERVERS, "calls"),
        Absent("any number may wait"),
        "How many calls may wait for a free server; a further one is refused at once.",
    ),
    field(
        "outages",
        list(&Shape::Record(&Record { fields: OUTAGE }), 0, MOST_CAUSES),
        Value("[]"),
        "When calls fail instead of being served; the first outage in the list that strikes a call decides.",
    ),
    field(
        "brownouts",
        list(&Shape::Record(&Record { fields: BROWNOUT }), 0, MOST_CAUSES),
        Value("[]"),
        "When it serves, but slower or fewer calls at a time. Their windows do not overlap.",
    ),
];

const BECAUSE: Field =
    field("because", Shape::Text, Value("\"\""), "Why, in your words; shown where it strikes.");

static OUTAGE: &[Field] = &[
    PROBABILITY,
    field(
        "during",
        Shape::Windows,
        Absent("always"),
        "When it can strike: a window `[\"30m\", \"40m\"]` of virtual time or a list of windows; the beginning of the call counts.",
    ),
    field("fail_after", ANY_DURATION, Value("\"0s\""), "How long the caller waits for the failure."),
    BECAUSE,
];

static BROWNOUT: &[Field] = &[
    field(
        "during",
        Shape::Windows,
        Required,
        "When: a window `[\"30m\", \"31m\"]` of virtual time or a list of windows; the start of a service counts.",
    ),
    field(
        "slower",
        Shape::Positive { max: 1e6 },
        Absent("as fast as usual"),
        "How many times as long a service takes.",
    ),
    field(
        "capacity",
        integer(0, MOST_SERVERS, "calls"),
        Absent("as many as usual"),
        "How many calls it serves at a time. Calls in service go on.",
    ),
    BECAUSE,
];

/// A call that a function makes.
pub(super) static CALL: &[Field] = &[
    field("dependency", Shape::Text, Required, "The name of a dependency of this scenario."),
    field(
        "timeout",
        SOME_DURATION,
        Absent("until `Timeout` ends the run"),
        "How long the handler waits for the answer. The dependency does not notice that nobody waits any more.",
    ),
    field(
        "caught",
        Shape::Flag,
        Value("false"),
        "Whether the handler catches a failure of the call and goes on, so that Lambda sees a success.",
    ),
];
