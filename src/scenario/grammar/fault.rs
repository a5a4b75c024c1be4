//! The scenario language: what goes wrong in the Lambda service itself.

use super::prelude::*;

const FAULT_FUNCTION: Field =
    field("function", Shape::Text, Absent("every function"), "The function whose attempts it strikes.");
pub(super) static FAULT: Choice = Choice {
    bare: None,
    variants: &[
        variant(
            "system_error",
            Shape::Record(&Record { fields: SYSTEM_ERROR }),
            "Lambda answers with a 5xx status; the event backs off.",
        ),
        variant(
            "front_door",
            Shape::Record(&Record { fields: FRONT_DOOR }),
            "Lambda does not accept the request: the caller comes again as its kind does, or gives up.",
        ),
        variant(
            "throttle",
            Shape::Record(&Record { fields: THROTTLE }),
            "Lambda answers 429 although a slot is free; the event backs off.",
        ),
        variant(
            "client_error",
            Shape::Record(&Record { fields: CLIENT_ERROR }),
            "Lambda answers with another 4xx status, as for a function that was deleted while the event waited; `timing.other_4xx_policy` says what follows.",
        ),
    ],
};
static FRONT_DOOR: &[Field] = &[
    aws_field("status", integer(500, 599, ""), Value("503"), "The HTTP status.", INVOKE),
    PROBABILITY,
    DURING,
    FAULT_FUNCTION,
];
static SYSTEM_ERROR: &[Field] = &[
    aws_field("status", integer(500, 599, ""), Value("500"), "The HTTP status.", INVOKE),
    PROBABILITY,
    DURING,
    FAULT_FUNCTION,
];
static THROTTLE: &[Field] = &[PROBABILITY, DURING, FAULT_FUNCTION];
static CLIENT_ERROR: &[Field] = &[
    aws_field("status", integer(400, 499, ""), Value("404"), "The HTTP status; not 429.", INVOKE),
    PROBABILITY,
    DURING,
    FAULT_FUNCTION,
];
