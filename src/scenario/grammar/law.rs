//! The scenario language: laws of durations.

use super::prelude::*;

/// A law of durations; it may contain itself.
pub(super) const DURATION_LAW: Shape = Shape::Named { name: "duration_law", shape: || &DURATION_SHAPE };
static DURATION_SHAPE: Shape = Shape::OneOf(&DURATION);
static DURATION: Choice = Choice {
    bare: Some("constant"),
    variants: &[
        variant("constant", ANY_DURATION, "Always the same."),
        variant("uniform", Shape::Record(&Record { fields: UNIFORM }), "Uniform between two bounds."),
        variant("exponential", Shape::Record(&Record { fields: EXPONENTIAL }), "Exponential."),
        variant(
            "lognormal",
            Shape::Record(&Record { fields: LOGNORMAL }),
            "Lognormal, by two of its figures: median or mean, and p99 or sigma.",
        ),
        variant("gamma", Shape::Record(&Record { fields: GAMMA }), "Gamma, by mean and shape."),
        variant(
            "weibull",
            Shape::Record(&Record { fields: WEIBULL }),
            "Weibull, by shape and one of scale, mean and median.",
        ),
        variant(
            "empirical",
            Shape::Record(&Record { fields: EMPIRICAL }),
            "As measured: by quantiles or by samples.",
        ),
        variant(
            "mixture",
            list(&Shape::Record(&Record { fields: MIXTURE_PART }), 1, 1_000),
            "One of several laws, chosen by weight for each run.",
        ),
    ],
};

static UNIFORM: &[Field] = &[
    field("min", ANY_DURATION, Required, "The shortest."),
    field("max", ANY_DURATION, Required, "The longest."),
];
static EXPONENTIAL: &[Field] = &[field("mean", SOME_DURATION, Required, "The mean.")];
static LOGNORMAL: &[Field] = &[
    field("median", SOME_DURATION, Absent("follows from the other figures"), "Half of the runs are shorter."),
    field("mean", SOME_DURATION, Absent("follows from the other figures"), "The mean."),
    field("p99", SOME_DURATION, Absent("follows from the other figures"), "99 of 100 runs are shorter."),
    field(
        "sigma",
        Shape::Positive { max: 20.0 },
        Absent("follows from the other figures"),
        "The standard deviation of the logarithm.",
    ),
];
static GAMMA: &[Field] = &[
    field("mean", SOME_DURATION, Required, "The mean."),
    field(
        "shape",
        Shape::Positive { max: 1e6 },
        Required,
        "The shape: 1 is exponential, larger is more regular.",
    ),
];
static WEIBULL: &[Field] = &[
    field(
        "scale",
        SOME_DURATION,
        Absent("follows from the other figures"),
        "The scale: 63 of 100 runs are shorter.",
    ),
    field("mean", SOME_DURATION, Absent("follows from the other figures"), "The mean."),
    field("median", SOME_DURATION, Absent("follows from the other figures"), "Half of the runs are shorter."),
    field(
        "shape",
        Shape::Positive { max: 1e3 },
        Required,
        "The shape: 1 is exponential, below 1 has a heavier tail.",
    ),
];
static EMPIRICAL: &[Field] = &[
    field(
        "quantiles",
        list(&Shape::Quantile, 2, LONGEST_LIST),
        Absent("given by samples"),
        "Pairs `[probability, duration]`, ascending, from probability 0 to 1; linear between them.",
    ),
    field(
        "samples",
        list(&ANY_DURATION, 1, LONGEST_LIST),
        Absent("given by quantiles"),
        "Measured durations in any order; linear between them.",
    ),
];
static MIXTURE_PART: &[Field] = &[
    field("weight", Shape::Positive { max: LARGE }, Required, "How often, relative to the other parts."),
    field("of", DURATION_LAW, Required, "The law of this part."),
];
