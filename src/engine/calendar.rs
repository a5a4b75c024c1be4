//! The future event list: what is scheduled to happen, earliest first.
//!
//! A hierarchical timing wheel (Varghese, Lauck, SOSP 1987, <https://doi.org/10.1145/37499.37504>) whose tick follows
//! how dense the future is (as in Brown's calendar queue, CACM 31(10), 1988, <https://doi.org/10.1145/63039.63045>).
//! What is due in the *cursor* tick is sorted once, when the cursor gets there; everything later waits unsorted in the
//! wheel, in the slot of the highest digit in which its tick differs from the cursor's (the lowest to base 256, the
//! others to base 4 096).
//!
//! ```text
//!   front, batch, late    level 0             level 1                    level 2  …
//!   exact order, due  │ 256 slots of 1 tick │ 4 096 slots of 256 ticks │ 4 096 slots of 2^20 ticks │
//!   up to the cursor  └──────── slots are emptied into lower levels as the cursor reaches them ┘
//! ```
//!
//! Scheduling costs the same however much is pending, and a notice moves at most once per level on its way to the
//! batch. The order in which notices come out is that of their [`Key`]s alone; how they are stored cannot show.
//!
//! Who waits beyond the first level may sleep there: it is kept by value, next to what is due soon after it, and
//! becomes a notice when its slot is emptied ([`Sleeper`]).
//!
//! Wheel and batch keep of a key only the time. The order among simultaneous notices follows from what they are about,
//! which is in memory anyhow: whoever moves the cursor on or takes a notice out tells it, and is asked where two times
//! are the same, and for all of a tick in which that happens or that has unusually many. So a notice that waits takes
//! 16 bytes.
#![expect(clippy::inline_always, reason = "each is a few instructions, and asked for with every notice")]

use super::ranks::{self, Ranks};
use super::wheel::{TICK_BITS, Waiting, Wheel};
use crate::time::SimTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::cold_path;

pub use super::wheel::{Registry, Sleeper};

/// When something is due, and its place among what is due at the same instant. Keys in a calendar are unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// When.
    pub at: SimTime,
    /// The order among simultaneous notices: lower first.
    pub order: u64,
}

impl Key {
    /// Both as one number: a processor compares two of these without a branch.
    #[inline(always)]
    const fn number(self) -> u128 {
        (self.at.as_nanos() as u128) << 64 | self.order as u128
    }
}

impl Ord for Key {
    #[inline(always)]
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.number().cmp(&other.number())
    }
}

impl PartialOrd for Key {
    #[inline(always)]
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }

    #[inline(always)]
    fn lt(&self, other: &Self) -> bool {
        self.number() < other.number()
    }

    #[inline(always)]
    fn ge(&self, other: &Self) -> bool {
        self.number() >= other.number()
    }
}

/// Notices of type `N`, ordered by their keys, and sleepers of type `S` that will become notices.
#[derive(Clone, Debug)]
pub struct Calendar<N, S> {
    /// The earliest of those that were scheduled for the cursor tick or before since the cursor came there, if it is
    /// the earliest of all: what is scheduled for this very instant never enters a queue.
    front: Option<Entry<N>>,
    /// What was due in the cursor tick when the cursor came there, the latest first.
    batch: Vec<Waiting<N>>,
    /// The same when it comes out of the wheel, in no order; kept for its memory.
    unsorted: Vec<Waiting<N>>,
    /// The same with the order among simultaneous ones; kept for its memory.
    sorted: Vec<Entry<N>>,
    ranks: Ranks,
    /// What else was scheduled since then for the cursor tick or before.
    late: BinaryHeap<Reverse<Entry<N>>>,
    /// Everything due in later ticks.
    wheel: Wheel<N, S>,
    density: Density,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry<N> {
    key: Key,
    notice: N,
}

/// How many notices the latest ticks held, from which the next length of a tick follows.
#[derive(Clone, Copy, Debug, Default)]
struct Density {
    ticks: u64,
    notices: u64,
}

/// A tick should hold about this many notices: enough to be worth a sort, few enough for a fast one.
const GOOD_DENSITY: u64 = 16;
/// Ticks between two looks at the density.
const LOOK_EVERY: u64 = 256;

impl<N: Copy, S: Sleeper> Calendar<N, S> {
    /// An empty calendar at time zero.
    pub fn new() -> Self {
        Self {
            front: None,
            batch: Vec::new(),
            unsorted: Vec::new(),
            sorted: Vec::new(),
            ranks: Ranks::default(),
            late: BinaryHeap::new(),
            wheel: Wheel::new(),
            density: Density::default(),
            len: 0,
        }
    }

    /// Notices that are scheduled, and sleepers.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// How many sleep.
    pub const fn sleeping(&self) -> usize {
        self.wheel.sleeping()
    }

    /// All that sleep, in no meaningful order.
    pub fn sleepers(&self) -> impl Iterator<Item = &S> {
        self.wheel.sleepers()
    }

    /// Whether nothing is scheduled.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether what is due at `at` waits beyond the first level, where it may sleep.
    #[inline(always)]
    pub const fn is_far(&self, at: SimTime) -> bool {
        self.wheel.is_far(at)
    }

    /// Keeps `sleeper`, which is far, until its time is near.
    #[inline(always)]
    pub fn sleep(&mut self, sleeper: &S) {
        debug_assert!(self.is_far(sleeper.until()), "who sleeps must be woken in time");
        self.len += 1;
        self.wheel.sleep(sleeper);
    }

    /// Schedules `notice`. Its key must be unique, and its order the one that the [`Registry`] will tell of it. Its
    /// time may lie anywhere, also before the latest one popped.
    #[inline(always)]
    pub fn schedule(&mut self, key: Key, notice: N) {
        self.len += 1;
        if self.wheel.tick_of(key.at) > self.wheel.levels.cursor {
            self.wheel.place(Waiting { at: key.at, notice });
        } else if self.front.is_none()
            && self.late.is_empty()
            && self.batch.last().is_none_or(|next| key.at < next.at)
        {
            self.front = Some(Entry { key, notice });
        } else {
            self.schedule_late(Entry { key, notice });
        }
    }

    #[inline(never)]
    fn schedule_late(&mut self, entry: Entry<N>) {
        let later = match &mut self.front {
            Some(front) if entry < *front => std::mem::replace(front, entry),
            _ => entry,
        };
        self.density.notices += 1;
        self.late.push(Reverse(later));
    }

    /// Takes out the earliest notice, if its key is below `limit`.
    #[inline]
    pub fn pop_before(&mut self, limit: Key, registry: &mut impl Registry<N, S>) -> Option<(SimTime, N)> {
        loop {
            if let Some(next) = self.pop_of_tick(limit, registry) {
                return Some(next);
            }
            if !self.turn(limit, registry) {
                return None;
            }
        }
    }

    /// Takes out the earliest notice, if its key is below `limit` and it is due in the cursor tick or before.
    #[inline(always)]
    pub fn pop_of_tick(&mut self, limit: Key, registry: &impl Registry<N, S>) -> Option<(SimTime, N)> {
        let next = if let Some(front) = self.front {
            if front.key >= limit {
                return None;
            }
            self.front = None;
            front.waiting()
        } else if self.late.is_empty() {
            self.batch.pop_if(|next| is_before(next, limit, registry))?
        } else {
            self.pop_late(limit, registry)?
        };
        self.len -= 1;
        Some((next.at, next.notice))
    }

    #[inline(never)]
    fn pop_late(&mut self, limit: Key, registry: &impl Registry<N, S>) -> Option<Waiting<N>> {
        let Reverse(late) = self.late.peek()?;
        if self.batch.last().is_some_and(|next| is_before(next, late.key, registry)) {
            return self.batch.pop_if(|next| is_before(next, limit, registry));
        }
        if late.key >= limit {
            return None;
        }
        self.late.pop().map(|Reverse(entry)| entry.waiting())
    }

    /// Whether something is left that was due in the cursor tick or before.
    #[inline(always)]
    pub fn is_in_tick(&self) -> bool {
        self.front.is_some() || !self.batch.is_empty() || !self.late.is_empty()
    }

    /// Whether nothing is due at `now` or before, if that can be told at a glance.
    #[inline(always)]
    pub fn has_nothing_until(&self, now: SimTime) -> bool {
        let is_later = |next: Option<SimTime>| next.is_none_or(|next| next > now);
        is_later(self.front.map(|next| next.key.at))
            && is_later(self.batch.last().map(|next| next.at))
            && is_later(self.late.peek().map(|Reverse(next)| next.key.at))
            && self.wheel.tick_of(now) <= self.wheel.levels.cursor
    }

    /// The notice that [`Calendar::pop_of_tick`] would take out, if that can be told at a glance.
    #[inline]
    pub fn peek_of_tick(&self, limit: Key, registry: &impl Registry<N, S>) -> Option<(SimTime, N)> {
        let next = self.batch.last().filter(|next| is_before(next, limit, registry))?;
        (self.front.is_none() && self.late.is_empty()).then_some((next.at, next.notice))
    }

    /// Takes out the notice that [`Calendar::peek_of_tick`] has just told.
    #[inline(always)]
    pub fn take_peeked(&mut self) {
        debug_assert!(self.front.is_none() && self.late.is_empty(), "it is the next of the batch");
        self.batch.pop();
        self.len -= 1;
    }

    /// Moves the cursor to the next tick with notices, or up to `limit`, when nothing is left of its present one. Tells
    /// whether anything may be due now.
    #[inline(always)]
    pub fn turn(&mut self, limit: Key, registry: &mut impl Registry<N, S>) -> bool {
        !self.is_in_tick() && self.advance(limit.at, registry)
    }

    /// What is left of the notices that were due in the cursor tick when the cursor came there: what will most probably
    /// be taken out next.
    #[inline]
    pub fn batch(&self) -> impl Iterator<Item = N> {
        self.batch.iter().map(|waiting| waiting.notice)
    }

    /// Notices that are due in the next tick, as far as they can be told at a glance: what will probably be taken out
    /// after the batch. Those of the tick after it are fetched meanwhile.
    #[inline]
    pub fn next_batch(&self) -> impl Iterator<Item = N> {
        let Wheel { levels, notices, .. } = &self.wheel;
        let [next, second] = levels.next_lists();
        notices.prefetch(second);
        notices.chunks_of(next).flatten().map(|waiting| waiting.notice)
    }

    /// Moves the cursor to the first occupied slot and empties it downwards, or up to `limit` if nothing begins before
    /// that. Tells whether anything may be due now.
    #[inline(always)]
    fn advance(&mut self, limit: SimTime, registry: &mut impl Registry<N, S>) -> bool {
        if !self.wheel.advance(limit, &mut self.unsorted, registry) {
            return false;
        }
        if !self.unsorted.is_empty() {
            if self.note_density() {
                self.adapt(registry);
            }
            if !self.place_by_time() {
                self.sort_batch(registry);
            }
        }
        true
    }

    /// Puts the batch in order by time alone; false if there is more to it.
    #[inline(always)]
    fn place_by_time(&mut self) -> bool {
        let Self { batch, unsorted, ranks, wheel, .. } = self;
        batch.extend_from_slice(unsorted);
        let all_differ = if unsorted.len() == 1 {
            true
        } else if unsorted.len() > ranks::MOST {
            false
        } else {
            ranks.fill(unsorted.iter().map(|waiting| wheel.within_tick(waiting.at)));
            let last = unsorted.len() - 1;
            ranks.place(|from, before| batch[last - before] = unsorted[from])
        };
        if !all_differ {
            // Those of the same time were put into one place.
            batch.copy_from_slice(unsorted);
        }
        unsorted.clear();
        all_differ
    }

    #[inline(never)]
    fn sort_batch(&mut self, registry: &impl Registry<N, S>) {
        let Self { batch, sorted, .. } = self;
        sorted.extend(batch.iter().map(|Waiting { at, notice }| Entry {
            key: Key { at: *at, order: registry.order_of(*notice) },
            notice: *notice,
        }));
        sorted.sort_unstable_by_key(|entry| Reverse(entry.key.number()));
        batch.clear();
        batch.extend(sorted.drain(..).map(Entry::waiting));
    }

    /// Counts a tick, and tells whether to look if ticks have a good length. Finding another costs a move of all that
    /// is pending, so that at least as much must have been done since the last time.
    fn note_density(&mut self) -> bool {
        self.density.ticks += 1;
        self.density.notices += self.unsorted.len() as u64;
        self.density.ticks >= LOOK_EVERY && self.density.notices >= self.len as u64
    }

    /// Gives ticks a better length, if there is one; the batch is that of the first of them then.
    #[inline(never)]
    fn adapt(&mut self, registry: &mut impl Registry<N, S>) {
        let Density { ticks, notices } = std::mem::take(&mut self.density);
        let better = better_tick_bits(self.wheel.tick_bits, notices / ticks);
        if better != self.wheel.tick_bits {
            self.wheel.change_tick(better, &mut self.unsorted, registry);
        }
    }
}

/// The length of ticks that would have held about the good number of notices, if they now hold `density` of them; the
/// present one if that is near enough.
fn better_tick_bits(tick_bits: u32, density: u64) -> u32 {
    let better = if density > 4 * GOOD_DENSITY {
        tick_bits.saturating_sub((density / GOOD_DENSITY).ilog2())
    } else if density < GOOD_DENSITY / 4 {
        tick_bits + (GOOD_DENSITY / density.max(1)).ilog2()
    } else {
        tick_bits
    };
    better.clamp(*TICK_BITS.start(), *TICK_BITS.end())
}

impl<N: Copy, S: Sleeper> Default for Calendar<N, S> {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the key of `waiting` is below `key`; its order is asked for only if it matters.
#[inline(always)]
fn is_before<N: Copy, S>(waiting: &Waiting<N>, key: Key, registry: &impl Registry<N, S>) -> bool {
    if waiting.at == key.at {
        cold_path();
        return registry.order_of(waiting.notice) < key.order;
    }
    waiting.at < key.at
}

impl<N: Copy> Entry<N> {
    #[inline(always)]
    const fn waiting(self) -> Waiting<N> {
        Waiting { at: self.key.at, notice: self.notice }
    }
}

impl<N> PartialEq for Entry<N> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<N> Eq for Entry<N> {}

impl<N> PartialOrd for Entry<N> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<N> Ord for Entry<N> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

#[cfg(test)]
mod tests {
    use super::super::wheel::FIRST_TICK_BITS;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const FOREVER: Key = Key { at: SimTime::MAX, order: u64::MAX };

    /// Notices are numbers here, whose order follows from them.
    struct Numbers(fn(u64) -> u64);

    /// Notice `number`, asleep.
    #[derive(Clone, Copy, Debug)]
    struct Asleep {
        due: SimTime,
        number: u64,
    }

    impl Sleeper for Asleep {
        fn until(&self) -> SimTime {
            self.due
        }
    }

    impl Registry<u64, Asleep> for Numbers {
        fn order_of(&self, notice: u64) -> u64 {
            self.0(notice)
        }

        fn wake(&mut self, sleeper: Asleep) -> u64 {
            sleeper.number
        }
    }

    /// Here a notice is its own order.
    fn pop(calendar: &mut Calendar<u64, Asleep>, limit: Key) -> Option<(SimTime, u64)> {
        calendar.pop_before(limit, &mut Numbers(|number| number))
    }

    /// Goal: never told that nothing is due when something is, wherever that lies: in the wheel, in the batch, in front
    /// of it or come late.
    #[test]
    fn what_is_due_is_seen_at_a_glance() {
        let mut calendar = Calendar::new();
        let at = SimTime::from_nanos;
        assert!(!calendar.has_nothing_until(at(5_000_000)), "the cursor is not there yet");
        for (order, nanos) in (1..).zip([5_000_000, 5_000_010, 5_000_020, 90_000_000]) {
            calendar.schedule(key(nanos, order), order);
        }
        assert_eq!(pop(&mut calendar, key(4_999_999, 0)), None);
        assert_eq!(pop(&mut calendar, FOREVER), Some((at(5_000_000), 1)));
        assert!(calendar.has_nothing_until(at(5_000_009)));
        assert!(!calendar.has_nothing_until(at(5_000_010)), "the batch");
        calendar.schedule(key(5_000_005, 7), 7);
        assert!(calendar.has_nothing_until(at(5_000_004)));
        assert!(!calendar.has_nothing_until(at(5_000_005)), "in front");
        calendar.schedule(key(5_000_012, 8), 8);
        assert_eq!(pop(&mut calendar, FOREVER), Some((at(5_000_005), 7)));
        assert_eq!(pop(&mut calendar, FOREVER), Some((at(5_000_010), 2)));
        assert!(!calendar.has_nothing_until(at(5_000_012)), "come late");
        assert!(calendar.has_nothing_until(at(5_000_011)));
        assert!(!calendar.has_nothing_until(at(91_000_000)), "the wheel");
    }

    fn key(nanos: u64, order: u64) -> Key {
        Key { at: SimTime::from_nanos(nanos), order }
    }

    /// Schedules notice `number`, asleep if it may sleep and that is wanted.
    fn keep(calendar: &mut Calendar<u64, Asleep>, key: Key, number: u64, asleep: bool) {
        if asleep && calendar.is_far(key.at) {
            calendar.sleep(&Asleep { due: key.at, number });
        } else {
            calendar.schedule(key, number);
        }
    }

    #[test]
    fn simultaneous_notices_come_in_their_order() {
        let mut calendar = Calendar::new();
        for order in [3, 1, 2] {
            calendar.schedule(key(5_000_000_000, order), order);
        }
        let popped: Vec<u64> = std::iter::from_fn(|| pop(&mut calendar, FOREVER)).map(|(_, n)| n).collect();
        assert_eq!(popped, [1, 2, 3]);
    }

    #[test]
    fn nothing_at_or_after_the_limit_is_popped() {
        let mut calendar = Calendar::new();
        calendar.schedule(key(70_000_000_000, 4), 4);
        assert_eq!(pop(&mut calendar, key(70_000_000_000, 4)), None);
        // A look ahead must not keep earlier notices from coming first.
        calendar.schedule(key(1, 1), 1);
        assert_eq!(pop(&mut calendar, FOREVER), Some((SimTime::from_nanos(1), 1)));
        assert_eq!(pop(&mut calendar, key(70_000_000_000, 5)), Some((SimTime::from_secs(70), 4)));
    }

    /// Goal: the length of ticks follows the density, and nobody notices. Method: far more notices in a second than
    /// there are ticks at first, many at the same times, then one a day; half of them asleep, and against a sort.
    #[test]
    fn ticks_become_shorter_and_longer_and_the_order_stays() {
        let mut calendar = Calendar::new();
        let dense = (0..200_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9) % 1_000_000_000 / 9_000 * 9_000);
        let times = dense.chain((1..2_000).map(|day| day * 86_400_000_000_000));
        let mut keys: Vec<(Key, u64)> =
            (0..).zip(times).map(|(number, nanos)| (key(nanos, scrambled(number)), number)).collect();
        for (key, number) in &keys {
            keep(&mut calendar, *key, *number, number % 2 == 0);
        }
        assert!(calendar.sleeping() > 50_000);
        let (mut shortest, mut popped) = (u32::MAX, Vec::new());
        while let Some(next) = calendar.pop_before(FOREVER, &mut Numbers(scrambled)) {
            shortest = shortest.min(calendar.wheel.tick_bits);
            popped.push(next);
        }
        keys.sort_unstable();
        assert_eq!(popped, keys.into_iter().map(|(key, number)| (key.at, number)).collect::<Vec<_>>());
        assert!(shortest < FIRST_TICK_BITS && calendar.wheel.tick_bits > FIRST_TICK_BITS);
        assert_eq!((calendar.len(), calendar.sleeping(), calendar.sleepers().count()), (0, 0, 0));
    }

    /// Goal: nobody is woken before his time is near. Method: one in a hundred thousand seconds, when others come
    /// before.
    #[test]
    fn who_sleeps_is_woken_late() {
        let mut calendar = Calendar::new();
        for (number, secs) in (0..).zip([100_000, 100_001, 99_999]) {
            keep(&mut calendar, key(secs * 1_000_000_000, number), number, true);
        }
        for number in 3..90 {
            calendar.schedule(key(number * 1_000_000_000_000, number), number);
        }
        while let Some((at, _)) = pop(&mut calendar, key(99_998_000_000_000, 0)) {
            assert_eq!(calendar.sleeping(), 3, "at {at:?}");
        }
        assert_eq!(calendar.sleepers().map(|sleeper| sleeper.number).sum::<u64>(), 3);
        let woken = std::iter::from_fn(|| pop(&mut calendar, FOREVER));
        assert_eq!(woken.map(|(_, number)| number).collect::<Vec<_>>(), [2, 0, 1]);
    }

    #[test]
    fn a_good_density_is_left_alone() {
        let cases = [
            (20, 16, 20),
            (20, 4, 20),
            (20, 64, 20),
            (20, 3, 22),
            (20, 0, 24),
            (20, 65, 18),
            (11, 1 << 40, 10),
            (36, 1, 36),
        ];
        for (bits, density, better) in cases {
            assert_eq!(better_tick_bits(bits, density), better, "{density} in a tick of 2^{bits} ns");
        }
    }

    /// What a random user of the calendar does.
    #[derive(Clone, Debug)]
    enum Step {
        /// Schedule this long after the latest popped time.
        Schedule { delay: u64 },
        /// The same, and asleep until its time is near, if it is far.
        Sleep { delay: u64 },
        /// Pop what is due within this span, or at its end and before this order.
        Pop { within: u64, order: u64 },
    }

    /// The order of notice `number`: not that of their scheduling.
    fn scrambled(number: u64) -> u64 {
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        // Delays of every magnitude, with many ties.
        let delay = (0u32..62).prop_flat_map(|bits| 0..=(1u64 << bits)).prop_map(|nanos| nanos / 3 * 3);
        let step = prop_oneof![
            3 => delay.clone().prop_map(|delay| Step::Schedule { delay }),
            2 => delay.clone().prop_map(|delay| Step::Sleep { delay }),
            3 => (delay, any::<u64>()).prop_map(|(within, order)| Step::Pop { within, order }),
        ];
        proptest::collection::vec(step, 0..400)
    }

    proptest! {
        /// Goal: the wheel gives exactly the order of a sorted map. Method: random schedules and pops against a
        /// `BTreeMap` twin, step by step.
        #[test]
        fn agrees_with_a_sorted_map(steps in steps()) {
            let (mut calendar, mut twin, mut now) = (Calendar::new(), BTreeMap::new(), 0u64);
            let mut registry = Numbers(scrambled);
            for (order, step) in (0u64..).zip(steps) {
                match step {
                    Step::Schedule { delay } => {
                        let key = key(now.saturating_add(delay), scrambled(order));
                        calendar.schedule(key, order);
                        twin.insert(key, order);
                    }
                    Step::Sleep { delay } => {
                        let key = key(now.saturating_add(delay), scrambled(order));
                        keep(&mut calendar, key, order, true);
                        twin.insert(key, order);
                    }
                    Step::Pop { within, order } => {
                        let limit = key(now.saturating_add(within), order);
                        let expected = twin.first_key_value().map(|(k, n)| (*k, *n)).filter(|(k, _)| *k < limit);
                        if let Some((k, _)) = expected {
                            twin.remove(&k);
                            now = k.at.as_nanos();
                        }
                        let expected = expected.map(|(key, order)| (key.at, order));
                        if calendar.peek_of_tick(limit, &registry).is_some() {
                            prop_assert_eq!(calendar.peek_of_tick(limit, &registry), expected);
                            calendar.take_peeked();
                        } else {
                            prop_assert_eq!(calendar.pop_before(limit, &mut registry), expected);
                        }
                    }
                }
            }
            let drain = std::iter::from_fn(|| calendar.pop_before(FOREVER, &mut registry));
            let rest: Vec<u64> = drain.map(|(_, number)| number).collect();
            prop_assert_eq!(rest, twin.into_values().collect::<Vec<_>>());
        }
    }
}
