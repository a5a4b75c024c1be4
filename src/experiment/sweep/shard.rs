//! A share of a sweep: runs number k−1, k−1+n, k−1+2n … of all its runs.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Share `number` of `of`, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// Which share: from 1.
    pub number: u32,
    /// How many shares there are.
    pub of: u32,
}

impl Shard {
    /// Everything.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// Share `number` of `of`; `None` unless 1 ≤ `number` ≤ `of`.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        (1..=of).contains(&number).then_some(Self { number, of })
    }

    /// The numbers of its runs, of `all` in total: those that are next to each other go to different shares, as they
    /// take equally long.
    pub fn runs(self, all: usize) -> impl Iterator<Item = usize> + Send + Clone {
        (self.number as usize - 1..all).step_by(self.of as usize)
    }
}

/// `3/8`
impl fmt::Display for Shard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        let (number, of) =
            numbers.ok_or_else(|| "write K/N, such as `3/8`: the third of eight shares".to_owned())?;
        Self::new(number, of).ok_or_else(|| format!("there is no share {number} of {of}: K goes from 1 to N"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_all_runs_once() {
        for of in 1..7 {
            let shards = (1..=of).map(|number| Shard::new(number, of).unwrap());
            let mut all: Vec<usize> = shards.flat_map(|shard| shard.runs(20)).collect();
            all.sort_unstable();
            assert_eq!(all, (0..20).collect::<Vec<_>>());
        }
        assert_eq!(Shard::new(5, 9).unwrap().runs(3).count(), 0, "more shares than runs");
    }

    #[test]
    fn shares_are_counted_from_one() {
        assert_eq!("3/8".parse::<Shard>().unwrap().to_string(), "3/8");
        for text in ["5/4", "0/4", "0/0", "1", "a/b", "-1/4", "1/99999999999"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
