//! Which requests X-Ray would have traced: for each function the first of each second, and 5 % of the others.
//!
//! The decision is taken once, when Lambda accepts the event (or gets the synchronous call), and travels with it, so
//! that all attempts of an event are traced or none. It changes nothing of what happens: it is evidence, not behaviour.
//! The draw of those that are not the first of their second is looked at when somebody asks.

use crate::id::FunctionId;
use crate::random::{EventKey, Purpose};
use crate::time::{NANOS_PER_SECOND, SimTime};

/// The share of the requests beyond the first of a second that are traced.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>: one request per second and 5 % of the others,
/// not configurable for functions. That the seconds are counted for each function is assumed.
const RATE: f64 = 0.05;

/// The sampling state of all functions.
#[derive(Clone, Debug)]
pub(super) struct Tracing {
    /// The last second of which the first request was traced, by function.
    reservoirs: Vec<Option<u64>>,
}

impl Tracing {
    /// No function has been called yet.
    pub(super) fn new(functions: usize) -> Self {
        Self { reservoirs: vec![None; functions] }
    }

    /// Whether the request that arrives for `function` at `now` is the first of its second.
    #[inline]
    pub(super) fn is_first(&mut self, function: FunctionId, now: SimTime) -> bool {
        let second = now.as_nanos() / NANOS_PER_SECOND;
        let reservoir = &mut self.reservoirs[function.index()];
        reservoir.replace(second) != Some(second)
    }
}

/// Whether the request with `key` is traced though it is not the first of its second.
pub(super) fn is_sampled(key: EventKey) -> bool {
    key.draws(Purpose::TraceSampling, 0, 0).uniform() <= RATE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> SimTime {
        SimTime::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn the_first_of_each_second_is_told_and_each_function_counts_for_itself() {
        let mut tracing = Tracing::new(2);
        let mut first = |function, millis| tracing.is_first(FunctionId(function), at(millis));
        assert_eq!([first(0, 0), first(0, 0), first(0, 999)], [true, false, false]);
        assert_eq!([first(1, 999), first(1, 999)], [true, false]);
        assert_eq!([first(0, 1_000), first(0, 60_000), first(0, 60_001)], [true, true, false]);
    }

    /// Binomial(20 000, 0.05): mean 1 000, standard deviation 31; five of them are allowed.
    #[test]
    fn one_in_twenty_of_the_others_is_traced() {
        let traced = (0..20_000).filter(|key| is_sampled(EventKey(key * 7_919))).count();
        assert!((1_000 - 155..=1_000 + 155).contains(&traced), "{traced}");
    }
}
