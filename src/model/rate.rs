//! A limit on how many may pass per second: a token bucket in integers.

use crate::time::{NANOS_PER_SECOND, SimTime};

/// A bucket that holds at most `burst` tokens and gains `per_second` of them each second, continuously; full at the
/// start. Who passes takes one token.
///
/// That the limit is a *continuous* refill, and a second's worth the burst where AWS gives only a rate, is assumed
/// except for the scaling rate, of which AWS says so
/// (<https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html>).
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    burst: u64,
    per_second: u64,
    /// Tokens in it at `updated`, in billionths: the refill of one nanosecond is then `per_second`, a whole number.
    level: u128,
    updated: SimTime,
}

impl TokenBucket {
    /// A full bucket at time zero.
    pub const fn new(burst: u64, per_second: u64) -> Self {
        Self { burst, per_second, level: burst as u128 * NANOS_PER_SECOND as u128, updated: SimTime::ZERO }
    }

    /// Other limits from `now` on; what is in the bucket stays, up to the new burst.
    pub fn resize(&mut self, burst: u64, per_second: u64, now: SimTime) {
        self.refill(now);
        let grown = burst.saturating_sub(self.burst);
        (self.burst, self.per_second) = (burst, per_second);
        self.level = (self.level + u128::from(grown) * u128::from(NANOS_PER_SECOND)).min(self.full());
    }

    /// Whether a token is there at `now`.
    pub fn has_token(&mut self, now: SimTime) -> bool {
        self.refill(now);
        self.level >= u128::from(NANOS_PER_SECOND)
    }

    /// Takes a token that is there.
    pub fn take(&mut self) {
        self.level =
            self.level.checked_sub(u128::from(NANOS_PER_SECOND)).expect("a token is taken only after a look");
    }

    fn refill(&mut self, now: SimTime) {
        let elapsed = u128::from(now.since(self.updated).as_nanos());
        self.level = (self.level + elapsed * u128::from(self.per_second)).min(self.full());
        self.updated = now;
    }

    const fn full(&self) -> u128 {
        self.burst as u128 * NANOS_PER_SECOND as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(bucket: &mut TokenBucket, millis: u64) -> bool {
        let passes = bucket.has_token(SimTime::from_nanos(millis * 1_000_000));
        if passes {
            bucket.take();
        }
        passes
    }

    #[test]
    fn a_burst_passes_and_then_the_refill() {
        let mut bucket = TokenBucket::new(3, 2);
        let at_once: Vec<bool> = (0..4).map(|_| pass(&mut bucket, 0)).collect();
        assert_eq!(at_once, [true, true, true, false]);
        assert!(!pass(&mut bucket, 499));
        assert!(pass(&mut bucket, 500));
        assert!(!pass(&mut bucket, 999));
        assert!(pass(&mut bucket, 1_000));
    }

    #[test]
    fn it_never_holds_more_than_its_burst() {
        let mut bucket = TokenBucket::new(2, 1_000);
        let passed = (0..5).filter(|_| pass(&mut bucket, 3_600_000)).count();
        assert_eq!(passed, 2);
    }

    #[test]
    fn another_size_keeps_what_was_taken() {
        let mut bucket = TokenBucket::new(2, 0);
        assert!(pass(&mut bucket, 0));
        bucket.resize(3, 0, SimTime::from_secs(1));
        let passed = (0..5).filter(|_| pass(&mut bucket, 2_000)).count();
        assert_eq!(passed, 2, "one was left, one was added");
        bucket.resize(1, 0, SimTime::from_secs(3));
        assert!(!pass(&mut bucket, 3_000));
    }
}
