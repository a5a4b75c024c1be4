//! Randomness that is *addressed*, not consumed.
//!
//! ```text
//! seed, replication, source name ──SHA-256──> ChaCha8 stream of the source ──> arrival gaps, in order
//!                                        └──> ChaCha8 stream of the source ──> one 64-bit key for each event
//! event key, purpose, ordinal, number ──mixer──> the word of that draw
//! ```
//!
//! Every draw is named by (source, event, purpose, ordinal, number). Changing retries, limits, routes, other
//! functions or other sources can therefore not move any draw of an event: two scenarios that differ in such a
//! setting see the very same events (common random numbers). Why this scheme, what it costs and how it was tested:
//! `docs/decisions/003-addressed-draws.md`.
//!
//! The formulas below are part of [`DRAW_VERSION`]; changing one changes every result.

pub mod distribution;
pub mod math;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// The version of the draw scheme; part of every stream's key.
pub const DRAW_VERSION: u32 = 1;

/// The seed of a scenario: all randomness follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

/// What a draw is for. The discriminants are part of the draw scheme and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// How long run `number` takes.
    Duration = 1,
    /// Whether an exception cause (by ordinal) strikes run `number`.
    Exception = 2,
    /// Whether a hang cause (by ordinal) strikes run `number`.
    Timeout = 3,
    /// Whether a caught-error cause (by ordinal) strikes run `number`.
    CaughtError = 4,
    /// Whether the event is poison under a cause (by ordinal).
    Poison = 5,
    /// How long run `number` takes when a failure cause gives its own duration.
    FailureDuration = 6,
    /// The jitter of the wait after failed run `number`.
    RetryJitter = 7,
    /// The jitter of back-off wait `number`.
    BackoffJitter = 8,
    /// Whether a system-error fault (by ordinal) strikes attempt `number`.
    SystemError = 9,
    /// Whether a throttling fault (by ordinal) strikes attempt `number`.
    ThrottleFault = 10,
    /// Whether a delivery on the on-success route fails, by cause ordinal.
    OnSuccessDelivery = 11,
    /// Whether a delivery on the on-failure route fails, by cause ordinal.
    OnFailureDelivery = 12,
    /// Whether a delivery to the dead-letter queue fails, by cause ordinal.
    DeadLetterDelivery = 13,
    /// The event's request id.
    RequestId = 14,
    /// The key of the event that an on-success or on-failure delivery creates in another function.
    ChainedEvent = 15,
    /// How long the init before run `number` takes.
    Init = 16,
    /// Whether an init-failure cause (by ordinal) strikes the init before run `number`.
    InitFailure = 17,
    /// Whether a crash cause (by ordinal) strikes run `number`.
    Crash = 18,
    /// Whether an out-of-memory cause (by ordinal) strikes run `number`.
    OutOfMemory = 19,
    /// How long a dependency serves the call at position `ordinal` of run `number`.
    DependencyService = 20,
    /// Whether an outage strikes the call at position `ordinal`; `number` is the run plus 256 × the outage's position.
    DependencyFailure = 21,
    /// Whether an event is delivered twice (ordinal 0), and the key of the second delivery (ordinal 1).
    Duplicate = 22,
    /// Whether an event vanishes from the queue.
    Vanish = 23,
    /// Whether a front-door fault (by ordinal) refuses offer `number`, or attempt `number` of a synchronous call.
    OfferFault = 24,
    /// The jitter of a caller's wait after refused offer `number`, or refused attempt `number` of a synchronous call.
    OfferJitter = 25,
    /// Whether a client-error fault (by ordinal) strikes attempt `number`.
    ClientError = 26,
    /// Whether X-Ray traces a request that is not the first of its second.
    TraceSampling = 27,
    /// How much later than due the dispatch after `number` attempts is.
    NeighbourDelay = 28,
    /// The key of the event that a copy on a route becomes when it is sent again.
    Redrive = 30,
    /// The key of the events that the subscribers of a topic or bus get from a delivery, by route; each of them
    /// branches off by its function's name.
    SubscriberEvent = 29,
}

/// The 64-bit key from which all draws of one event follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventKey(pub u64);

impl EventKey {
    /// The draws for one purpose: `ordinal` distinguishes causes of the same kind, `number` the run, attempt or wait.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the address is known where it is asked for")]
    pub fn draws(self, purpose: Purpose, ordinal: u8, number: u32) -> Draws {
        let address = u64::from(purpose as u8) << 40 | u64::from(ordinal) << 32 | u64::from(number);
        // Two rounds: the first spreads the address over 64 bits, the second mixes it with the key.
        Draws { state: mix(self.0 ^ mix(address.wrapping_mul(GOLDEN_GAMMA))) }
    }

    /// The key of the event that one of several functions gets of this one; `name` is its [`name_key`].
    #[must_use]
    pub const fn branch(self, name: u64) -> Self {
        Self(mix(self.0 ^ mix(name.wrapping_mul(GOLDEN_GAMMA))))
    }
}

/// A short private sequence of words for one addressed draw; most draws take just the first.
#[derive(Clone, Debug)]
pub struct Draws {
    state: u64,
}

impl Draws {
    /// The next 64 random bits.
    #[inline]
    pub fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        mix(self.state)
    }

    /// Uniform on (0, 1], never zero, so that its logarithm is finite.
    pub fn uniform(&mut self) -> f64 {
        uniform_from(self.word())
    }
}

/// The streams of one source: the gaps between its arrivals and the keys of its events.
#[derive(Clone, Debug)]
pub struct SourceStreams {
    arrivals: ChaCha8Rng,
    keys: ChaCha8Rng,
}

impl SourceStreams {
    /// The streams of the source called `name` in replication `replication` of a scenario.
    pub fn new(seed: Seed, replication: u32, name: &str) -> Self {
        let stream = |purpose: &str| {
            let mut hash = Sha256::new();
            hash.update(seed.0.to_le_bytes());
            hash.update(replication.to_le_bytes());
            hash.update(DRAW_VERSION.to_le_bytes());
            hash.update(purpose.as_bytes());
            hash.update(name.as_bytes());
            ChaCha8Rng::from_seed(hash.finalize().into())
        };
        Self { arrivals: stream("arrivals/"), keys: stream("events/") }
    }

    /// Uniform on (0, 1] for the next arrival gap; exactly one word a call.
    pub fn arrival_uniform(&mut self) -> f64 {
        uniform_from(self.arrivals.next_u64())
    }

    /// 64 random bits for an arrival within a recorded period; one word a call.
    pub fn arrival_word(&mut self) -> u64 {
        self.arrivals.next_u64()
    }

    /// The key of the source's next event.
    pub fn next_event_key(&mut self) -> EventKey {
        EventKey(self.keys.next_u64())
    }
}

/// 64 bits that stand for a function's name where several functions get the same event.
pub fn name_key(name: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(DRAW_VERSION.to_le_bytes());
    hash.update(b"branches/");
    hash.update(name.as_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    u64::from_le_bytes(digest[..8].try_into().expect("eight of 32 bytes"))
}

/// 2^64 divided by the golden ratio, made odd: the increment of SplitMix64.
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Stafford's variant 13 of the 64-bit finaliser, as SplitMix64 uses it (Steele, Lea, Flood, OOPSLA 2014,
/// <https://doi.org/10.1145/2660193.2660195>): a bijection in which each input bit flips each output bit with
/// probability close to one half.
#[inline(always)]
#[expect(clippy::inline_always, reason = "six instructions")]
const fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The upper 53 bits as a number in (0, 1].
#[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
fn uniform_from(word: u64) -> f64 {
    ((word >> 11) + 1) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: u32 = 100_000;

    /// Pearson's statistic of 256 equally likely classes; 340 is exceeded once in about 3 000 times.
    fn chi_square(words: impl Iterator<Item = u64>) -> f64 {
        let mut classes = [0u32; 256];
        let mut total = 0.0;
        for word in words {
            classes[(word >> 56) as usize] += 1;
            total += 1.0;
        }
        let expected = total / 256.0;
        classes
            .iter()
            .map(|count| (f64::from(*count) - expected) * (f64::from(*count) - expected) / expected)
            .sum()
    }

    fn keys() -> Vec<EventKey> {
        let mut streams = SourceStreams::new(Seed(42), 0, "orders");
        (0..COUNT).map(|_| streams.next_event_key()).collect()
    }

    /// Goal: the draws are uniform across events, across runs of one event, and in their low as in their high bits.
    #[test]
    fn draws_are_uniform_across_events_and_within_one() {
        let keys = keys();
        let first = |key: &EventKey| key.draws(Purpose::Duration, 0, 1).word();
        assert!(chi_square(keys.iter().map(first)) < 340.0);
        assert!(chi_square(keys.iter().map(first).map(u64::reverse_bits)) < 340.0);
        let runs = (0..COUNT).map(|run| EventKey(7).draws(Purpose::BackoffJitter, 0, run).word());
        assert!(chi_square(runs.clone()) < 340.0);
        assert!(chi_square(runs.map(u64::reverse_bits)) < 340.0);
    }

    /// Goal: draws for different purposes, ordinals and numbers of one event are unrelated. Method: the bits in which
    /// two words differ are binomial(64, ½); their mean over 10^5 events lies within four standard errors, 0.051.
    #[test]
    fn draws_of_one_event_are_unrelated() {
        let pairs = [
            ((Purpose::Duration, 0, 1), (Purpose::Duration, 0, 2)),
            ((Purpose::Duration, 0, 1), (Purpose::Exception, 0, 1)),
            ((Purpose::Exception, 0, 1), (Purpose::Exception, 1, 1)),
            ((Purpose::RetryJitter, 0, 1), (Purpose::BackoffJitter, 0, 1)),
        ];
        let keys = keys();
        for ((a, i, m), (b, j, n)) in pairs {
            let difference =
                |key: &EventKey| (key.draws(a, i, m).word() ^ key.draws(b, j, n).word()).count_ones();
            let mean = f64::from(keys.iter().map(difference).sum::<u32>()) / f64::from(COUNT);
            assert!((mean - 32.0).abs() < 0.051, "{a:?} {i} {m} and {b:?} {j} {n}: {mean} bits differ");
        }
    }

    /// Goal: no draw changes unnoticed, on any platform. Method: pinned words.
    #[test]
    fn draws_are_pinned() {
        let mut streams = SourceStreams::new(Seed(42), 0, "orders");
        let key = streams.next_event_key();
        let found = (key.0, key.draws(Purpose::Duration, 0, 1).word(), streams.arrival_word());
        assert_eq!(found, (7_956_190_701_208_270_650, 6_728_149_658_188_466_729, 16_683_179_943_777_861_688));
    }

    #[test]
    fn streams_differ_by_seed_replication_and_source() {
        let first =
            |seed, replication, name| SourceStreams::new(Seed(seed), replication, name).arrival_word();
        let words = [first(1, 0, "a"), first(2, 0, "a"), first(1, 1, "a"), first(1, 0, "b")];
        for (position, word) in words.iter().enumerate() {
            assert!(!words[..position].contains(word));
        }
    }
}
