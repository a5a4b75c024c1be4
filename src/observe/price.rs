//! What runs cost, in integer pico-dollars (10^−12 USD), at the prices of us-east-1.
//!
//! Counted: requests (one for each run; throttles are not billed) and duration (billed milliseconds × memory). Not
//! counted: the free tier, volume discounts, and what destinations and sources charge.
//! Source: <https://aws.amazon.com/lambda/pricing/>.

use super::decimal::{Decimal, divide_half_up};
use crate::scenario::{Architecture, Function};

/// Pico-dollars for one request: 0.20 USD a million.
const PICO_USD_PER_REQUEST: u128 = 200_000;
/// Pico-dollars for a GB-second on `x86_64`: 0.0000166667 USD.
const PICO_USD_PER_GB_SECOND_X86_64: u128 = 16_666_700;
/// Pico-dollars for a GB-second on `arm64`: 0.0000133334 USD.
const PICO_USD_PER_GB_SECOND_ARM64: u128 = 13_333_400;
/// MB-milliseconds in one GB-second.
const MB_MILLIS_PER_GB_SECOND: u128 = 1_024 * 1_000;

/// How many runs were billed, for how long, and at what price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spend {
    runs: u64,
    billed_ms: u64,
    /// Σ price of a GB-second × MB × ms: divided only once, so that sums are exact.
    weighted_mb_ms: u128,
}

impl Spend {
    /// `runs` runs of `function` that were billed `billed_ms` together.
    pub fn of(function: &Function, runs: u64, billed_ms: u64) -> Self {
        let mut spend = Self::default();
        spend.add(Rate::of(function), runs, billed_ms);
        spend
    }

    /// Adds `runs` runs that were billed `billed_ms` together.
    pub fn add(&mut self, rate: Rate, runs: u64, billed_ms: u64) {
        self.runs += runs;
        self.billed_ms += billed_ms;
        self.weighted_mb_ms += rate.weight * u128::from(billed_ms);
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            runs: self.runs + other.runs,
            billed_ms: self.billed_ms + other.billed_ms,
            weighted_mb_ms: self.weighted_mb_ms + other.weighted_mb_ms,
        }
    }

    /// Billed milliseconds.
    pub const fn billed_ms(self) -> u64 {
        self.billed_ms
    }

    /// The price in pico-dollars, rounded half up once.
    pub fn pico_usd(self) -> u128 {
        u128::from(self.runs) * PICO_USD_PER_REQUEST
            + divide_half_up(self.weighted_mb_ms, MB_MILLIS_PER_GB_SECOND)
    }

    /// The price in US dollars with twelve places.
    pub fn usd(self) -> Decimal {
        Decimal::new(self.pico_usd(), 12)
    }
}

/// What a millisecond of a function costs, before the one division.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    weight: u128,
}

impl Rate {
    /// The rate of `function`: its memory at the price of its architecture.
    pub fn of(function: &Function) -> Self {
        let price = match function.architecture {
            Architecture::X86_64 => PICO_USD_PER_GB_SECOND_X86_64,
            Architecture::Arm64 => PICO_USD_PER_GB_SECOND_ARM64,
        };
        Self { weight: price * u128::from(function.memory_mb) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spend(price: u128, memory_mb: u128, runs: u64, billed_ms: u64) -> String {
        let mut spend = Spend::default();
        spend.add(Rate { weight: price * memory_mb }, runs, billed_ms);
        spend.usd().to_string()
    }

    #[test]
    fn a_gigabyte_for_a_second_costs_what_the_price_list_says() {
        assert_eq!(spend(PICO_USD_PER_GB_SECOND_X86_64, 1_024, 0, 1_000), "0.000016666700");
        assert_eq!(spend(PICO_USD_PER_GB_SECOND_ARM64, 2_048, 0, 500), "0.000013333400");
    }

    #[test]
    fn a_million_requests_cost_twenty_cents() {
        assert_eq!(spend(PICO_USD_PER_GB_SECOND_X86_64, 128, 1_000_000, 0), "0.200000000000");
    }

    #[test]
    fn fractions_of_a_pico_dollar_are_rounded_once_not_for_each_run() {
        let mut together = Spend::default();
        let rate = Rate { weight: PICO_USD_PER_GB_SECOND_X86_64 * 128 };
        (0..8_000).for_each(|_| together.add(rate, 0, 1));
        assert_eq!(together.usd().to_string(), "0.000016666700");
    }
}
