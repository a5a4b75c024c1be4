//! What a sweep varies: `functions.ship.ReservedConcurrentExecutions=10,20,50`, `…=1..100:10`, `…=1..1000*10`.

use crate::scenario::problem::quoted;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// No grid has more points: beyond that, a sweep is a search, and `solve` searches.
pub const MOST_POINTS: usize = 100_000;

/// A setting and its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// The path of the setting.
    pub path: String,
    /// Its values, as they could be written behind `--set PATH=`.
    pub values: Vec<String>,
}

/// All points of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    axes: Vec<Axis>,
    /// The n-th values of all axes belong together; otherwise every value goes with every other.
    zip: bool,
}

impl Grid {
    /// The grid of `axes`: all combinations, the last axis running fastest; with `zip`, their n-th values together.
    ///
    /// # Errors
    /// A message and a remedy: no axis, one path twice, axes of different length to be zipped, too many points.
    pub fn new(axes: Vec<Axis>, zip: bool) -> Result<Self, (String, String)> {
        if axes.is_empty() {
            let hint = "write e.g. `--vary functions.ship.ReservedConcurrentExecutions=10,20,50`";
            return Err(("a sweep varies nothing".to_owned(), hint.to_owned()));
        }
        let twice = axes
            .iter()
            .enumerate()
            .find(|(at, axis)| axes[..*at].iter().any(|other| other.path == axis.path));
        if let Some((_, axis)) = twice {
            let message = format!("{} is varied twice", quoted(&axis.path));
            return Err((message, "give all its values in one `--vary`".to_owned()));
        }
        if zip && axes.iter().any(|axis| axis.values.len() != axes[0].values.len()) {
            let lengths: Vec<String> =
                axes.iter().map(|axis| format!("{} of {}", axis.values.len(), axis.path)).collect();
            let message = format!("`--zip` pairs values one to one, but there are {}", lengths.join(", "));
            return Err((message, "give each setting as many values".to_owned()));
        }
        let mut sizes = axes.iter().map(|axis| axis.values.len());
        let points =
            if zip { Some(axes[0].values.len()) } else { sizes.try_fold(1_usize, usize::checked_mul) };
        if points.is_none_or(|points| points > MOST_POINTS) {
            let shown = points.map_or_else(|| "far more".to_owned(), |points| points.to_string());
            let message =
                format!("the grid has {shown} points, more than the {MOST_POINTS} that a sweep may have");
            return Err((message, "take larger steps, or vary fewer settings".to_owned()));
        }
        Ok(Self { axes, zip })
    }

    /// What is varied.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// Whether values are paired.
    pub const fn is_zipped(&self) -> bool {
        self.zip
    }

    /// How many points there are.
    pub fn points(&self) -> usize {
        if self.zip {
            self.axes[0].values.len()
        } else {
            self.axes.iter().map(|axis| axis.values.len()).product()
        }
    }

    /// The position on each axis of point `point`.
    pub fn positions(&self, point: usize) -> Vec<usize> {
        if self.zip {
            return vec![point; self.axes.len()];
        }
        let mut rest = point;
        let mut positions: Vec<usize> = Vec::with_capacity(self.axes.len());
        for axis in self.axes.iter().rev() {
            positions.push(rest % axis.values.len());
            rest /= axis.values.len();
        }
        positions.reverse();
        positions
    }

    /// The value on each axis of point `point`.
    pub fn values(&self, point: usize) -> Vec<&str> {
        let positions = self.positions(point);
        self.axes.iter().zip(positions).map(|(axis, at)| axis.values[at].as_str()).collect()
    }

    /// Point `point` as it would be set: `a.b=1, c=2`.
    pub fn settings(&self, point: usize) -> String {
        let pairs = self.axes.iter().zip(self.values(point));
        pairs.map(|(axis, value)| format!("{}={value}", axis.path)).collect::<Vec<_>>().join(", ")
    }
}

/// `PATH=v1,v2`, `PATH=A..B:STEP` or `PATH=A..B*FACTOR`; commas in brackets and quotes do not separate.
impl FromStr for Axis {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "write PATH=V1,V2,… or PATH=A..B:STEP or PATH=A..B*FACTOR";
        let (path, values) = text.split_once('=').ok_or(example)?;
        let (path, values) = (path.trim().to_owned(), values.trim());
        if path.is_empty() || values.is_empty() {
            return Err(example.to_owned());
        }
        let values = match range(values) {
            Some(range) => range?,
            None => parts(values),
        };
        let empty = values.iter().position(String::is_empty);
        if let Some(at) = empty {
            return Err(format!("value {} is empty; {example}", at + 1));
        }
        let twice = values.iter().enumerate().find(|(at, value)| values[..*at].contains(value));
        match twice {
            Some((_, value)) => Err(format!("the value {value} is given twice; leave one out")),
            None => Ok(Self { path, values }),
        }
    }
}

/// What commas separate, outside brackets and quotes.
fn parts(text: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quoted) = (vec![String::new()], 0_i32, false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("there is always one").push(letter);
    }
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

/// A number with a unit behind it: `10`, `0.5`, `20/s`, `5m`; the places of its fraction are kept.
#[derive(Clone, Copy, Debug)]
struct Amount<'a> {
    units: i128,
    places: u32,
    unit: &'a str,
}

impl<'a> Amount<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
        let plain = !whole.is_empty() && !rest.contains('.') && number.len() <= 18 && !number.ends_with('.');
        let units = plain.then(|| format!("{whole}{rest}").parse().ok()).flatten()?;
        Some(Self { units, places: u32::try_from(rest.len()).ok()?, unit })
    }

    fn scaled(self, places: u32) -> i128 {
        self.units * 10_i128.pow(places - self.places)
    }
}

/// The values of a range; `None` if the text is none.
fn range(text: &str) -> Option<Result<Vec<String>, String>> {
    let (from, rest) = text.split_once("..")?;
    let from = Amount::parse(from)?;
    let by = rest.find([':', '*']);
    let Some((to, by)) = by.map(|at| rest.split_at(at)) else {
        return Some(Err("a range needs a step: write A..B:STEP or A..B*FACTOR".to_owned()));
    };
    let (geometric, by) = (by.starts_with('*'), &by[1..]);
    let (Some(to), Some(by)) = (Amount::parse(to), Amount::parse(by)) else {
        return Some(Err(
            "a range goes between numbers: write e.g. 1..100:10, 1..1000*10 or 5m..30m:5m".to_owned()
        ));
    };
    Some(if geometric { multiples(from, to, by) } else { steps(from, to, by) })
}

/// Checks what both kinds of range have in common; the unit.
fn ends<'a>(from: Amount<'a>, to: Amount<'a>) -> Result<&'a str, String> {
    if from.unit != to.unit {
        return Err("write the same unit at both ends of the range".to_owned());
    }
    let places = from.places.max(to.places);
    if from.scaled(places) > to.scaled(places) {
        return Err("the range is reversed: write the smaller end first".to_owned());
    }
    Ok(from.unit)
}

fn too_many() -> String {
    format!("the range has more than {MOST_POINTS} values; take a larger step")
}

fn steps(from: Amount<'_>, to: Amount<'_>, step: Amount<'_>) -> Result<Vec<String>, String> {
    let unit = ends(from, to)?;
    if !step.unit.is_empty() && step.unit != unit {
        return Err("give the step the unit of the ends, or none".to_owned());
    }
    let places = from.places.max(to.places).max(step.places);
    let (from, to, step) = (from.scaled(places), to.scaled(places), step.scaled(places));
    if step == 0 {
        return Err("a step of 0 leads nowhere".to_owned());
    }
    if (to - from) / step >= MOST_POINTS as i128 {
        return Err(too_many());
    }
    Ok((0..=(to - from) / step).map(|n| written(from + n * step, places, unit)).collect())
}

fn multiples(from: Amount<'_>, to: Amount<'_>, factor: Amount<'_>) -> Result<Vec<String>, String> {
    let unit = ends(from, to)?;
    if !factor.unit.is_empty() {
        return Err("a factor has no unit".to_owned());
    }
    if factor.units <= 10_i128.pow(factor.places) {
        return Err("a factor must be more than 1".to_owned());
    }
    if from.units == 0 {
        return Err("a multiple of 0 is 0: begin at a positive number".to_owned());
    }
    let mut values = Vec::new();
    let mut now = from;
    loop {
        let places = now.places.max(to.places);
        if now.scaled(places) > to.scaled(places) {
            return Ok(values);
        }
        values.push(written(now.units, now.places, unit));
        now.units = now.units.checked_mul(factor.units).ok_or_else(too_many)?;
        now.places += factor.places;
        // Digits that mean nothing would grow without end.
        while now.places > 0 && now.units % 10 == 0 {
            (now.units, now.places) = (now.units / 10, now.places - 1);
        }
        if now.places > 12 {
            return Err(
                "the factor gives more than 12 decimal places: take a rounder one, or list the values"
                    .to_owned(),
            );
        }
    }
}

/// A number in units of 10^−`places`, without needless zeros, and its unit.
fn written(units: i128, places: u32, unit: &str) -> String {
    let scale = 10_i128.pow(places);
    let (whole, rest) = (units / scale, units % scale);
    if rest == 0 {
        return format!("{whole}{unit}");
    }
    let rest = format!("{rest:0width$}", width = places as usize);
    format!("{whole}.{}{unit}", rest.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        format!("a.b={text}").parse::<Axis>().unwrap_or_else(|error| panic!("{text}: {error}")).values
    }

    #[test]
    fn lists_steps_and_multiples() {
        let cases: [(&str, &[&str]); 12] = [
            ("1,2,5", &["1", "2", "5"]),
            (r#""1m", ["2m","3m"]"#, &[r#""1m""#, r#"["2m","3m"]"#]),
            ("measured,documented", &["measured", "documented"]),
            ("1..10:3", &["1", "4", "7", "10"]),
            ("1..9:3", &["1", "4", "7"]),
            ("5m..15m:5m", &["5m", "10m", "15m"]),
            ("5m..15m:5", &["5m", "10m", "15m"]),
            ("0..0.3:0.1", &["0", "0.1", "0.2", "0.3"]),
            ("10/s..30/s:10/s", &["10/s", "20/s", "30/s"]),
            ("1..1000*10", &["1", "10", "100", "1000"]),
            ("0.001..0.1*10", &["0.001", "0.01", "0.1"]),
            ("8..20*1.5", &["8", "12", "18"]),
        ];
        for (text, expected) in cases {
            assert_eq!(values(text), expected, "{text}");
        }
        assert_eq!(values("4..4:1"), ["4"]);
        assert_eq!(values("a..b"), ["a..b"], "not a range of numbers");
    }

    #[test]
    fn mistakes_are_told() {
        let cases = [
            ("", "write PATH="),
            ("a.b", "write PATH="),
            ("a.b=", "write PATH="),
            ("=1", "write PATH="),
            ("a=1,,2", "value 2 is empty"),
            ("a=1,2,1", "given twice"),
            ("a=1..5", "needs a step"),
            ("a=5..1:1", "reversed"),
            ("a=1..5:0", "leads nowhere"),
            ("a=1..5*1", "more than 1"),
            ("a=1..5*0.5", "more than 1"),
            ("a=0..5*2", "positive number"),
            ("a=1s..5m:1s", "same unit"),
            ("a=1s..5s:1m", "unit of the ends"),
            ("a=1..x:1", "between numbers"),
            ("a=1..1000000000:1", "more than 100000 values"),
            ("a=1..9*1.0000001", "more than 12 decimal places"),
        ];
        for (text, said) in cases {
            let error = text.parse::<Axis>().expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn the_last_axis_runs_fastest_and_zipped_axes_run_together() {
        let axes = || vec!["a=1,2".parse::<Axis>().unwrap(), "b=x,y".parse().unwrap()];
        let grid = Grid::new(axes(), false).unwrap();
        let all: Vec<String> = (0..grid.points()).map(|point| grid.settings(point)).collect();
        assert_eq!(all, ["a=1, b=x", "a=1, b=y", "a=2, b=x", "a=2, b=y"]);
        let grid = Grid::new(axes(), true).unwrap();
        let all: Vec<String> = (0..grid.points()).map(|point| grid.settings(point)).collect();
        assert_eq!(all, ["a=1, b=x", "a=2, b=y"]);
    }

    #[test]
    fn impossible_grids_are_refused() {
        let axes =
            |texts: &[&str]| texts.iter().map(|text| text.parse::<Axis>().unwrap()).collect::<Vec<_>>();
        let cases: [(&[&str], bool, &str); 4] = [
            (&[], false, "varies nothing"),
            (&["a=1", "a=2"], false, "varied twice"),
            (&["a=1,2", "b=1"], true, "2 of a, 1 of b"),
            (&["a=1..1000:1", "b=1..1000:1", "c=1..1000:1"], false, "1000000000 points"),
        ];
        for (texts, zip, said) in cases {
            let (message, _) = Grid::new(axes(texts), zip).expect_err(said);
            assert!(message.contains(said), "{message}");
        }
    }
}
