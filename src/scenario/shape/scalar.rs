//! Values without parts: each is read, held against its bounds, and written in its canonical form.

use super::{Resolved, Shape};
use crate::scenario::document::{Node, Value};
use crate::scenario::problem::{did_you_mean, quoted};
use crate::scenario::units;
use crate::time::SimDuration;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What is wrong with a scalar, and what to do.
pub(super) type Refusal = (String, String);

/// The canonical form of a value without parts.
pub(super) fn read_scalar<'t>(shape: &'static Shape, node: &Node<'t>) -> Result<Resolved<'t>, Refusal> {
    match shape {
        Shape::Integer { min, max, unit } => integer(node, *min, *max, unit),
        Shape::Positive { max } => real(node, "a number above 0", |number| number > 0.0 && number <= *max),
        Shape::Probability => real(node, "a probability 0..1", |number| (0.0..=1.0).contains(&number)),
        Shape::Jitter => real(node, "a number from 0 to below 1", |number| (0.0..1.0).contains(&number)),
        Shape::Duration { min_nanos } => duration(node, *min_nanos).map(Resolved::Duration),
        Shape::Moment => duration(node, 0).map(Resolved::Duration),
        Shape::EndOfRun if matches!(&node.value, Value::Text(word) if word == "drained") => {
            Ok(Resolved::Text(Cow::Borrowed("drained")))
        }
        Shape::EndOfRun => duration(node, 1)
            .map(Resolved::Duration)
            .map_err(|(message, hint)| (message, format!("{hint}; or `\"drained\"`"))),
        Shape::Timestamp => timestamp(text(node, "a date and time")?),
        Shape::Windows => windows(node),
        Shape::Rate { zero } => rate(node, *zero),
        Shape::Size => size(node),
        Shape::Price => price(node),
        Shape::Text => text(node, "a string").cloned().map(Resolved::Text),
        Shape::Word(words) => word(text(node, "a word")?, words),
        Shape::Flag => match node.value {
            Value::Flag(flag) => Ok(Resolved::Flag(flag)),
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

fn kind_refusal(node: &Node<'_>, expected: &str) -> Refusal {
    (format!("expected {expected}, found {}", node.value.kind()), String::new())
}

fn text<'a, 't>(node: &'a Node<'t>, expected: &str) -> Result<&'a Cow<'t, str>, Refusal> {
    match &node.value {
        Value::Text(text) => Ok(text),
        _ => Err(kind_refusal(node, expected)),
    }
}

fn texts<'t>(node: &Node<'t>) -> Result<Resolved<'t>, Refusal> {
    let Value::List(elements) = &node.value else {
        return Err(kind_refusal(node, "a list of strings"));
    };
    let element = |element| text(element, "a string").cloned().map(Resolved::Text);
    elements.iter().map(element).collect::<Result<_, _>>().map(Resolved::List)
}

fn text_or_texts<'t>(node: &Node<'t>, noun: &str) -> Result<Resolved<'t>, Refusal> {
    match &node.value {
        Value::Text(text) => Ok(Resolved::Text(text.clone())),
        Value::List(elements) if elements.is_empty() => {
            Err((format!("the list names no {noun}"), format!("name one {noun} or several")))
        }
        Value::List(_) => different_texts(node, noun),
        _ => Err(kind_refusal(node, &format!("the name of a {noun}, or a list of such"))),
    }
}

fn different_texts<'t>(node: &Node<'t>, noun: &str) -> Result<Resolved<'t>, Refusal> {
    let names = texts(node)?;
    let mut seen = BTreeSet::new();
    let again = names.elements().into_iter().flatten().find(|name| !seen.insert(name.text()));
    match again {
        Some(name) => Err((
            format!("the list names the {noun} {} twice", quoted(name.text().unwrap_or_default())),
            "keep one of them".to_owned(),
        )),
        None => Ok(names),
    }
}

/// Integers are written as integers: `1e3` and `1.0` are refused, so that nobody wonders what was rounded.
fn integer<'t>(node: &Node<'t>, min: u64, max: u64, unit: &str) -> Result<Resolved<'t>, Refusal> {
    let range = || if unit.is_empty() { format!("{min}..{max}") } else { format!("{min}..{max} {unit}") };
    let Value::Number(digits) = node.value else {
        return Err(kind_refusal(node, &format!("an integer {}", range())));
    };
    if digits.contains(['.', 'e', 'E']) {
        return Err((
            format!("{} is not written as an integer", quoted(digits)),
            format!("write digits only, {}", range()),
        ));
    }
    let value = digits.parse::<u64>().ok().filter(|value| (min..=max).contains(value));
    value
        .map(Resolved::Integer)
        .ok_or_else(|| (format!("{} is out of range: must be {}", quoted(digits), range()), String::new()))
}

fn real<'t>(node: &Node<'t>, expected: &str, fits: impl Fn(f64) -> bool) -> Result<Resolved<'t>, Refusal> {
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
        Ok(Resolved::Real(number + 0.0))
    } else {
        Err((format!("{} is not {expected}", quoted(digits)), String::new()))
    }
}

fn duration(node: &Node<'_>, min_nanos: u64) -> Result<SimDuration, Refusal> {
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
        let least = SimDuration::from_nanos(min_nanos);
        return Err((format!("{} is too short: must be at least {least}", quoted(text)), String::new()));
    }
    Ok(span)
}

/// The label of virtual time zero: between 1970 and the year 9000, so that every time of a run has a label.
fn timestamp(text: &str) -> Result<Resolved<'static>, Refusal> {
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
    Ok(Resolved::Text(instant.to_string().into()))
}

fn windows(node: &Node<'_>) -> Result<Resolved<'static>, Refusal> {
    let expected = "a time window like `[\"30m\", \"40m\"]`, or a list of such";
    let Value::List(elements) = &node.value else {
        return Err(kind_refusal(node, expected));
    };
    if elements.iter().any(|element| !matches!(element.value, Value::List(_))) {
        return Ok(Resolved::List([written(window(elements, expected)?)].into()));
    }
    if elements.is_empty() {
        return Err((
            "there is no window in the list".to_owned(),
            "leave the key out to mean always".to_owned(),
        ));
    }
    let pair = |element: &Node<'_>| match &element.value {
        Value::List(bounds) => window(bounds, expected),
        _ => Err(kind_refusal(element, expected)),
    };
    let pairs = elements.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    match pairs.windows(2).find(|two| two[0][1] > two[1][0]) {
        Some(two) => Err((
            format!(
                "the windows {} and {} overlap or are out of order",
                written(two[0]).to_json(),
                written(two[1]).to_json()
            ),
            "list them in order of time, each ending before the next begins".to_owned(),
        )),
        None => Ok(Resolved::List(pairs.into_iter().map(written).collect())),
    }
}

fn window(bounds: &[Node<'_>], expected: &str) -> Result<[SimDuration; 2], Refusal> {
    let [from, until] = bounds else {
        return Err((format!("expected {expected}, found {} elements", bounds.len()), String::new()));
    };
    let (from, until) = (duration(from, 0)?, duration(until, 0)?);
    if from >= until {
        let what = if from == until { "is empty" } else { "runs backwards" };
        return Err((
            format!("the window [\"{from}\", \"{until}\"] {what}"),
            "its end must come after its start".to_owned(),
        ));
    }
    Ok([from, until])
}

fn written(window: [SimDuration; 2]) -> Resolved<'static> {
    Resolved::List(window.map(Resolved::Duration).into())
}

fn rate<'t>(node: &Node<'t>, zero: bool) -> Result<Resolved<'t>, Refusal> {
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
    Ok(Resolved::Text(text.clone()))
}

fn size(node: &Node<'_>) -> Result<Resolved<'static>, Refusal> {
    if let Value::Number(number) = &node.value {
        return Err((
            format!("a size needs a unit, found {}", quoted(number)),
            format!("write `\"{number}B\"` (or `\"{number}KiB\"`)"),
        ));
    }
    units::size(text(node, "a size like `\"256KiB\"`")?).map(Resolved::Size)
}

fn price(node: &Node<'_>) -> Result<Resolved<'static>, Refusal> {
    if let Value::Number(number) = &node.value {
        return Err((
            format!("a price needs its currency, found {}", quoted(number)),
            format!("write `\"${number}\"`"),
        ));
    }
    units::price(text(node, "a price like `\"$0.20\"`")?).map(Resolved::Price)
}

fn word(given: &str, words: &'static [&'static str]) -> Result<Resolved<'static>, Refusal> {
    if let Some(word) = words.iter().find(|word| **word == given) {
        return Ok(Resolved::Text(Cow::Borrowed(word)));
    }
    let list = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let hint = did_you_mean(given, words.iter().copied()).map(|guess| format!("did you mean `{guess}`?"));
    Err((format!("{} is not one of {list}", quoted(given)), hint.unwrap_or_default()))
}

fn quantile<'t>(node: &Node<'t>) -> Result<Resolved<'t>, Refusal> {
    let expected = "a pair like `[0.5, \"400ms\"]`";
    match &node.value {
        Value::List(pair) if pair.len() == 2 => {
            let probability = real(&pair[0], "a probability 0..1", |number| (0.0..=1.0).contains(&number))?;
            Ok(Resolved::List([probability, Resolved::Duration(duration(&pair[1], 0)?)].into()))
        }
        _ => Err(kind_refusal(node, expected)),
    }
}
