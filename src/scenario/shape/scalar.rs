//! Values without parts: each is read, held against its bounds, and written in its canonical form.

use super::Shape;
use crate::scenario::document::{Node, Value};
use crate::scenario::problem::{did_you_mean, quoted};
use crate::scenario::units;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What is wrong with a scalar, and what to do.
pub(super) type Refusal = (String, String);

/// The canonical form of a value without parts.
pub(super) fn read_scalar(shape: &Shape, node: &Node) -> Result<Json, Refusal> {
    match shape {
        Shape::Integer { min, max, unit } => integer(node, *min, *max, unit),
        Shape::Positive { max } => real(node, "a number above 0", |number| number > 0.0 && number <= *max),
        Shape::Probability => real(node, "a probability 0..1", |number| (0.0..=1.0).contains(&number)),
        Shape::Jitter => real(node, "a number from 0 to below 1", |number| (0.0..1.0).contains(&number)),
        Shape::Duration { min_nanos } => duration(node, *min_nanos),
        Shape::Moment => duration(node, 0),
        Shape::EndOfRun if matches!(&node.value, Value::Text(word) if word == "drained") => {
            Ok("drained".into())
        }
        Shape::EndOfRun => {
            duration(node, 1).map_err(|(message, hint)| (message, format!("{hint}; or `\"drained\"`")))
        }
        Shape::Timestamp => timestamp(text(node, "a date and time")?),
        Shape::Windows => windows(node),
        Shape::Rate { zero } => rate(node, *zero),
        Shape::Size => size(node),
        Shape::Price => price(node),
        Shape::Text => text(node, "a string").map(Json::from),
        Shape::Word(words) => word(text(node, "a word")?, words),
        Shape::Flag => match node.value {
            Value::Flag(flag) => Ok(flag.into()),
            _ => Err(kind_refusal(node, "`true` or `false`")),
        },
        Shape::Quantile => quantile(node),
        Shape::Texts => texts(node),
        Shape::TextOrTexts { noun } => text_or_texts(node, noun),
        Shape::DifferentTexts { noun } => different_texts(node, noun),
        Shape::Record(_)
        | Shape::Map { .. }
        | Shape::List { .. }
        | Shape::OneOf(_)
        | Shape::Named { .. }
        | Shape::Sets => unreachable!("the walker takes these apart"),
    }
}

fn kind_refusal(node: &Node, expected: &str) -> Refusal {
    (format!("expected {expected}, found {}", node.value.kind()), String::new())
}

fn text<'a>(node: &'a Node, expected: &str) -> Result<&'a str, Refusal> {
    match &node.value {
        Value::Text(text) => Ok(text),
        _ => Err(kind_refusal(node, expected)),
    }
}

fn texts(node: &Node) -> Result<Json, Refusal> {
    let Value::List(elements) = &node.value else {
        return Err(kind_refusal(node, "a list of strings"));
    };
    elements.iter().map(|element| text(element, "a string").map(Json::from)).collect()
}

fn text_or_texts(node: &Node, noun: &str) -> Result<Json, Refusal> {
    match &node.value {
        Value::Text(text) => Ok(text.as_str().into()),
        Value::List(elements) if elements.is_empty() => {
            Err((format!("the list names no {noun}"), format!("name one {noun} or several")))
        }
        Value::List(_) => different_texts(node, noun),
        _ => Err(kind_refusal(node, &format!("the name of a {noun}, or a list of such"))),
    }
}

fn different_texts(node: &Node, noun: &str) -> Result<Json, Refusal> {
    let names = texts(node)?;
    let mut seen = BTreeSet::new();
    let again = names.as_array().into_iter().flatten().find(|name| !seen.insert(name.as_str()));
    match again {
        Some(name) => Err((
            format!("the list names the {noun} {} twice", quoted(name.as_str().unwrap_or_default())),
            "keep one of them".to_owned(),
        )),
        None => Ok(names),
    }
}

/// Integers are written as integers: `1e3` and `1.0` are refused, so that nobody wonders what was rounded.
fn integer(node: &Node, min: u64, max: u64, unit: &str) -> Result<Json, Refusal> {
    let range = if unit.is_empty() { format!("{min}..{max}") } else { format!("{min}..{max} {unit}") };
    let Value::Number(digits) = &node.value else {
        return Err(kind_refusal(node, &format!("an integer {range}")));
    };
    if digits.contains(['.', 'e', 'E']) {
        return Err((
            format!("{} is not written as an integer", quoted(digits)),
            format!("write digits only, {range}"),
        ));
    }
    let value = digits.parse::<u64>().ok().filter(|value| (min..=max).contains(value));
    value
        .map(Json::from)
        .ok_or_else(|| (format!("{} is out of range: must be {range}", quoted(digits)), String::new()))
}

fn real(node: &Node, expected: &str, fits: impl Fn(f64) -> bool) -> Result<Json, Refusal> {
    if let Value::Text(text) = &node.value
        && let Some(percent) = text.trim().strip_suffix('%')
    {
        let fix = units::decimal(percent.trim(), 7).map_or(0, |scaled| scaled);
        #[expect(clippy::cast_precision_loss, reason = "for a hint only")]
        let hint = format!("write `{}`", fix as f64 / 1e9);
        return Err((format!("expected {expected}, found {}", quoted(text)), hint));
    }
    let Value::Number(digits) = &node.value else {
        return Err(kind_refusal(node, expected));
    };
    let number: f64 = digits.parse().map_err(|_| kind_refusal(node, expected))?;
    if !number.is_finite() {
        return Err((format!("{} is too large for a number", quoted(digits)), format!("write {expected}")));
    }
    // Adding zero turns a negative zero into zero, so that both mean and print the same.
    if fits(number) {
        Ok(Json::from(number + 0.0))
    } else {
        Err((format!("{} is not {expected}", quoted(digits)), String::new()))
    }
}

fn duration(node: &Node, min_nanos: u64) -> Result<Json, Refusal> {
    let text = match &node.value {
        Value::Text(text) => text,
        Value::Number(number) if number.starts_with('-') => {
            return Err((
                format!("{} is negative", quoted(number)),
                "write a duration of zero or more, with a unit".to_owned(),
            ));
        }
        Value::Number(number) if number.contains(['e', 'E']) => {
            return Err((
                format!("{} is not a duration", quoted(number)),
                format!("write e.g. {}", units::DURATION_EXAMPLES),
            ));
        }
        Value::Number(number) => {
            let hint = format!("write `\"{number}s\"` (or `\"{number}ms\"`)");
            return Err((format!("a duration needs a unit, found {}", quoted(number)), hint));
        }
        _ => return Err(kind_refusal(node, "a duration")),
    };
    let span = units::duration(text)?;
    if span.as_nanos() < min_nanos {
        let least = crate::time::SimDuration::from_nanos(min_nanos);
        return Err((format!("{} is too short: must be at least {least}", quoted(text)), String::new()));
    }
    Ok(span.to_string().into())
}

/// The label of virtual time zero: between 1970 and the year 9000, so that every time of a run has a label.
fn timestamp(text: &str) -> Result<Json, Refusal> {
    let wrong = |what: &str| {
        (format!("{} is not {what}", quoted(text)), "write e.g. `\"2026-01-01T00:00:00Z\"`".to_owned())
    };
    let instant: jiff::Timestamp = text.parse().map_err(|_| wrong("a date and time"))?;
    let first = jiff::Timestamp::UNIX_EPOCH;
    let seconds_until_9000 = 221_845_392_000;
    if instant < first || instant.as_second() >= seconds_until_9000 {
        return Err(wrong("between the years 1970 and 9000"));
    }
    if instant.subsec_nanosecond() % 1_000_000 != 0 {
        return Err(wrong("a whole number of milliseconds"));
    }
    Ok(instant.to_string().into())
}

fn windows(node: &Node) -> Result<Json, Refusal> {
    let expected = "a time window like `[\"30m\", \"40m\"]`, or a list of such";
    let Value::List(elements) = &node.value else {
        return Err(kind_refusal(node, expected));
    };
    if elements.iter().any(|element| !matches!(element.value, Value::List(_))) {
        return Ok(Json::Array(vec![window(elements, expected)?]));
    }
    if elements.is_empty() {
        return Err((
            "there is no window in the list".to_owned(),
            "leave the key out to mean always".to_owned(),
        ));
    }
    let pair = |element: &Node| match &element.value {
        Value::List(bounds) => window(bounds, expected),
        _ => Err(kind_refusal(element, expected)),
    };
    let pairs = elements.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    let bound =
        |pair: &Json, at: usize| units::duration(pair[at].as_str().unwrap_or_default()).unwrap_or_default();
    match pairs.windows(2).find(|two| bound(&two[0], 1) > bound(&two[1], 0)) {
        Some(two) => Err((
            format!("the windows {} and {} overlap or are out of order", two[0], two[1]),
            "list them in order of time, each ending before the next begins".to_owned(),
        )),
        None => Ok(Json::Array(pairs)),
    }
}

fn window(bounds: &[Node], expected: &str) -> Result<Json, Refusal> {
    let [from, until] = bounds else {
        return Err((format!("expected {expected}, found {} elements", bounds.len()), String::new()));
    };
    let (from, until) = (duration(from, 0)?, duration(until, 0)?);
    let nanos = |bound: &Json| units::duration(bound.as_str().unwrap_or_default()).unwrap_or_default();
    if nanos(&from) >= nanos(&until) {
        let what = if from == until { "is empty" } else { "runs backwards" };
        return Err((
            format!("the window [{from}, {until}] {what}"),
            "its end must come after its start".to_owned(),
        ));
    }
    Ok(Json::Array(vec![from, until]))
}

fn rate(node: &Node, zero: bool) -> Result<Json, Refusal> {
    if let Value::Number(number) = &node.value {
        return Err((
            format!("a rate needs a unit, found {}", quoted(number)),
            format!("write `\"{number}/s\"` (or `\"{number}/min\"`)"),
        ));
    }
    let text = text(node, "a rate like `\"20/s\"`")?;
    if units::rate(text)?.is_zero() && !zero {
        return Err((format!("{} never sends anything: must be above 0", quoted(text)), String::new()));
    }
    Ok(text.into())
}

fn size(node: &Node) -> Result<Json, Refusal> {
    if let Value::Number(number) = &node.value {
        return Err((
            format!("a size needs a unit, found {}", quoted(number)),
            format!("write `\"{number}B\"` (or `\"{number}KiB\"`)"),
        ));
    }
    Ok(units::size_text(units::size(text(node, "a size like `\"256KiB\"`")?)?).into())
}

fn price(node: &Node) -> Result<Json, Refusal> {
    if let Value::Number(number) = &node.value {
        return Err((
            format!("a price needs its currency, found {}", quoted(number)),
            format!("write `\"${number}\"`"),
        ));
    }
    Ok(units::price_text(units::price(text(node, "a price like `\"$0.20\"`")?)?).into())
}

fn word(given: &str, words: &[&str]) -> Result<Json, Refusal> {
    if words.contains(&given) {
        return Ok(given.into());
    }
    let list = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let hint = did_you_mean(given, words.iter().copied()).map(|guess| format!("did you mean `{guess}`?"));
    Err((format!("{} is not one of {list}", quoted(given)), hint.unwrap_or_default()))
}

fn quantile(node: &Node) -> Result<Json, Refusal> {
    let expected = "a pair like `[0.5, \"400ms\"]`";
    match &node.value {
        Value::List(pair) if pair.len() == 2 => {
            let probability = real(&pair[0], "a probability 0..1", |number| (0.0..=1.0).contains(&number))?;
            Ok(Json::Array(vec![probability, duration(&pair[1], 0)?]))
        }
        _ => Err(kind_refusal(node, expected)),
    }
}
