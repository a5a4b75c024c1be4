//! What a search looks for: `functions.ship.ReservedConcurrentExecutions=1..1000`, `…=5m..120m:5m`, `…=1..1000*2`.

use crate::experiment::sweep::Axis;
use crate::scenario::units;
use std::str::FromStr;

const EXAMPLE: &str = "write PATH=A..B, PATH=A..B:STEP, PATH=A..B*FACTOR or PATH=V1,V2,…";

/// A setting and the values that it may have, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    axis: Axis,
}

impl Find {
    /// The values of a setting.
    ///
    /// # Errors
    /// Values that are not numbers, durations, rates or sizes in ascending order, and the path of the seed, which is no
    /// setting: other seeds are other runs of the same system.
    pub fn new(axis: Axis) -> Result<Self, String> {
        if axis.path == "seed" {
            return Err("the seed is no setting of the system; look for one that is".to_owned());
        }
        if axis.values.is_empty() {
            return Err(EXAMPLE.to_owned());
        }
        if axis.values.len() > 1 && !ascend(&axis.values) {
            return Err(
                "the values must ascend, and be numbers, durations, rates or sizes: without an order there is no \
                 smallest"
                    .to_owned(),
            );
        }
        Ok(Self { axis })
    }

    /// The path of the setting.
    pub fn path(&self) -> &str {
        &self.axis.path
    }

    /// Its values, in ascending order.
    pub fn values(&self) -> &[String] {
        &self.axis.values
    }

    /// The range in a few words: `1..1000`.
    pub fn range(&self) -> String {
        Self::words(self.values())
    }

    pub(super) fn words(values: &[String]) -> String {
        match values {
            [only] => only.clone(),
            [first, .., last] => format!("{first}..{last}"),
            [] => String::new(),
        }
    }
}

/// `PATH=A..B`, in steps of one in the last place that is written, and all that [`Axis`] can be.
impl FromStr for Find {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, values) = text.split_once('=').ok_or(EXAMPLE)?;
        let step = natural_step(values).unwrap_or_default();
        let axis = format!("{path}={values}{step}").parse::<Axis>();
        Self::new(
            axis.map_err(|problem| problem.replace("PATH=V1,V2,… or PATH=A..B:STEP", "PATH=A..B:STEP"))?,
        )
    }
}

/// The step of a range that has none, as it would be written behind it: one in the last place of its ends.
fn natural_step(values: &str) -> Option<String> {
    let (from, to) = values.split_once("..")?;
    if to.contains([':', '*']) {
        return None;
    }
    let places = |end: &str| {
        let behind = end.split_once('.').map_or("", |(_, behind)| behind);
        behind.chars().take_while(char::is_ascii_digit).count()
    };
    Some(match places(from).max(places(to)) {
        0 => ":1".to_owned(),
        places => format!(":0.{:0>places$}", 1),
    })
}

fn ascend(values: &[String]) -> bool {
    let numbers: [fn(&String) -> Option<u128>; 4] = [
        |text| units::decimal(text, 18),
        |text| units::duration(text).ok().map(|span| span.as_nanos().into()),
        |text| Some(units::rate(text).ok()?.per_second().to_bits().into()),
        |text| units::size(text).ok().map(u128::from),
    ];
    numbers.iter().any(|number| {
        let all: Option<Vec<u128>> = values.iter().map(number).collect();
        all.is_some_and(|all| all.is_sorted_by(|a, b| a < b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_a_natural_step() {
        let cases: [(&str, &[&str]); 8] = [
            ("1..4", &["1", "2", "3", "4"]),
            ("0.8..1.1", &["0.8", "0.9", "1", "1.1"]),
            ("0..0.02", &["0", "0.01", "0.02"]),
            ("5m..8m", &["5m", "6m", "7m", "8m"]),
            ("9/s..11/s", &["9/s", "10/s", "11/s"]),
            ("10..100:45", &["10", "55", "100"]),
            ("1..9*3", &["1", "3", "9"]),
            ("90s,2m,1h", &["90s", "2m", "1h"]),
        ];
        for (text, expected) in cases {
            let find: Find = format!("a.b={text}").parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(find.path(), "a.b");
            assert_eq!(find.values(), expected, "{text}");
        }
        assert_eq!("a=1..1000".parse::<Find>().unwrap().range(), "1..1000");
    }

    #[test]
    fn what_cannot_be_searched_is_refused() {
        let cases = [
            ("a.b", "write PATH="),
            ("a.b=", "write PATH="),
            ("=1..2", "write PATH="),
            ("a.b=9..1", "reversed"),
            ("a.b=1..1000000000", "more than 100000 values"),
            ("a.b=5m..2h", "same unit"),
            ("a.b=1..5:0", "leads nowhere"),
            ("a.b=5,3", "ascend"),
            ("a.b=red,green", "ascend"),
            ("a.b=1m,90s,2/s", "ascend"),
            ("seed=1..100", "the seed is no setting"),
        ];
        for (text, said) in cases {
            let error = text.parse::<Find>().expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
