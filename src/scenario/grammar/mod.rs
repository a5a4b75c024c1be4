//! The scenario language, version 1: one table from which the checks, the defaults, the JSON Schema and the reference
//! follow. What AWS names keeps AWS's name, nesting and unit; what is ours is in snake case with units in the texts.

mod account;
mod caller;
mod change;
mod dependency;
mod destination;
mod fault;
mod function;
mod imperfections;
mod law;
mod prelude;
mod prices;
mod redrive;
mod source;
mod timing;

use prelude::*;

/// The version of the language.
pub const VERSION: u64 = 1;

/// A whole scenario.
pub static SCENARIO: Shape = Shape::Record(&Record { fields: TOP });

static TOP: &[Field] = &[
    field(
        "$schema",
        Shape::Text,
        Absent("no completion in editors"),
        "Where editors find the JSON Schema of this file.",
    ),
    field("version", integer(VERSION, VERSION, ""), Required, "The version of the scenario language: 1."),
    field("description", Shape::Text, Value("\"\""), "What the scenario shows, for people."),
    field(
        "seed",
        integer(0, u64::MAX, ""),
        Value("0"),
        "From which all randomness follows: the same seed gives the same run, byte for byte.",
    ),
    field(
        "start",
        Shape::Timestamp,
        Value("\"2026-01-01T00:00:00Z\""),
        "The calendar label of virtual time zero; it changes timestamps in the output and nothing else.",
    ),
    field(
        "arrivals_end",
        Shape::Moment,
        Absent("sources send for as long as they have events"),
        "No source sends anything at or after this time.",
    ),
    field(
        "end",
        Shape::EndOfRun,
        Value("\"drained\""),
        "When the run is over: `\"drained\"` = when every event has met its fate, or a time; what is unfinished then is counted as in flight.",
    ),
    field(
        "warm_up",
        Shape::Moment,
        Absent("nothing is left out"),
        "Statistics over replications leave out what came before this time, while the system filled. The files of a single run leave out nothing.",
    ),
    field(
        "profile",
        Shape::Word(&["measured", "documented"]),
        Value("\"measured\""),
        "Whose timing the defaults follow: `measured` on AWS, with jitter, or AWS's `documented` nominal numbers without jitter.",
    ),
    field(
        "timing",
        Shape::Record(&Record { fields: timing::TIMING }),
        Value("{}"),
        "The timing laws of the asynchronous path; every number of the profile can be overridden.",
    ),
    field(
        "account",
        Shape::Record(&Record { fields: account::ACCOUNT }),
        Value("{}"),
        "What the functions of the account share.",
    ),
    field(
        "functions",
        Shape::Map {
            names: Names::Function,
            noun: "function",
            of: &Shape::Record(&Record { fields: function::FUNCTION }),
            at_least: ONE_AT_LEAST,
        },
        Required,
        "The Lambda functions, by name.",
    ),
    field(
        "dependencies",
        Shape::Map {
            names: Names::Free,
            noun: "dependency",
            of: &Shape::Record(&Record { fields: dependency::DEPENDENCY }),
            at_least: 0,
        },
        Value("{}"),
        "What functions call while they run, such as databases, by name; shared by all who call it.",
    ),
    field(
        "destinations",
        Shape::Map {
            names: Names::Free,
            noun: "destination",
            of: &Shape::OneOf(&destination::DESTINATION),
            at_least: 0,
        },
        Value("{}"),
        "Queues, topics, buses, buckets and functions that outcomes go to, by name.",
    ),
    field(
        "sources",
        Shape::Map {
            names: Names::Free,
            noun: "source",
            of: &Shape::Record(&Record { fields: source::SOURCE }),
            at_least: ONE_AT_LEAST,
        },
        Required,
        "Where events come from, by name. A source's draws follow from its name, so adding another changes nothing for it.",
    ),
    field(
        "faults",
        list(&Shape::OneOf(&fault::FAULT), 0, MOST_CAUSES),
        Value("[]"),
        "What goes wrong in the Lambda service itself, when an event is dispatched.",
    ),
    field(
        "imperfections",
        Shape::Record(&Record { fields: imperfections::IMPERFECTIONS }),
        Value("{}"),
        "What the service does that nobody asked for: it repeats or loses an event, is slower under a backlog, is busy with other customers. All of it is off unless given.",
    ),
    field(
        "changes",
        list(&Shape::Record(&Record { fields: change::CHANGE }), 0, change::MOST_CHANGES),
        Value("[]"),
        "Changes of configuration during the run, in order of time.",
    ),
    field(
        "redrives",
        list(&Shape::Record(&Record { fields: redrive::REDRIVE }), 0, redrive::MOST_REDRIVES),
        Value("[]"),
        "At a time, what lies in a queue is sent to its function again, each message as a new event.",
    ),
    field(
        "prices",
        Shape::Record(&Record { fields: prices::PRICES }),
        Value("{}"),
        "What AWS charges, in US dollars; every price of us-east-1 can be overridden. Changes no run.",
    ),
    field(
        "expect",
        Shape::Texts,
        Value("[]"),
        "What the run must fulfil, as expressions like `\"lost.Sum == 0\"` or `\"AsyncEventAge.p99 < 60s for 30m..2h\"` ([expectations](expectations.md)). Changes no run.",
    ),
];
