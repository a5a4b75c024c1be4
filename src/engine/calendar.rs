//! The future event list: what is scheduled to happen, earliest first.
//!
//! A hierarchical timing wheel (Varghese, Lauck, SOSP 1987, <https://doi.org/10.1145/37499.37504>) in front of a
//! small binary heap. Time is cut into ticks of about a millisecond. Whatever is due up to the *cursor* tick waits
//! in the heap in exact order; everything later waits unsorted in the wheel, in the slot of the highest base-64
//! digit in which its tick differs from the cursor's.
//!
//! ```text
//!          heap                 level 0                level 1                 level 2  …
//!   exact order, due   │ 64 slots of 1 tick │ 64 slots of 64 ticks │ 64 slots of 4 096 ticks │
//!   up to the cursor   └──────── slots are emptied into lower levels as the cursor reaches them ┘
//! ```
//!
//! Scheduling costs the same however much is pending, and a notice moves at most once per level on its way to the
//! heap. The order in which notices come out is that of their [`Key`]s alone; how they are stored cannot show.

use crate::time::SimTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// When something is due, and its place among what is due at the same instant. Keys in a calendar are unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// When.
    pub at: SimTime,
    /// The order among simultaneous notices: lower first.
    pub order: u64,
}

/// Notices of type `N`, ordered by their keys.
#[derive(Clone, Debug)]
pub struct Calendar<N> {
    /// Everything due at or before the cursor tick.
    near: BinaryHeap<Reverse<Entry<N>>>,
    /// Everything due later.
    levels: Vec<Level<N>>,
    cursor: u64,
}

#[derive(Clone, Debug)]
struct Level<N> {
    slots: Vec<Vec<Entry<N>>>,
    /// Bit i is set when slot i holds something.
    occupied: u64,
    /// The lists of emptied slots, kept for their capacity. Each level keeps its own: a list that has grown to what
    /// a slot of this level holds serves the next such slot, and in the steady state nothing is allocated.
    spare: Vec<Vec<Entry<N>>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry<N> {
    key: Key,
    notice: N,
}

/// A tick is 2^20 ns, about a millisecond.
const TICK_BITS: u32 = 20;
/// Each level looks at six bits of the tick.
const DIGIT_BITS: u32 = 6;
/// Slots of a level.
const SLOTS: usize = 1 << DIGIT_BITS;
/// Enough levels for the 44 bits that are left of a 64-bit time.
const LEVELS: usize = 8;

impl<N: Copy> Calendar<N> {
    /// An empty calendar at time zero.
    pub fn new() -> Self {
        let level = || Level {
            slots: std::iter::repeat_with(Vec::new).take(SLOTS).collect(),
            occupied: 0,
            spare: Vec::new(),
        };
        Self {
            near: BinaryHeap::new(),
            levels: std::iter::repeat_with(level).take(LEVELS).collect(),
            cursor: 0,
        }
    }

    /// Whether nothing is scheduled.
    pub fn is_empty(&self) -> bool {
        self.near.is_empty() && self.levels.iter().all(|level| level.occupied == 0)
    }

    /// Schedules `notice`. Its key must be unique; its time may lie anywhere, also before the latest one popped.
    pub fn schedule(&mut self, key: Key, notice: N) {
        self.place(Entry { key, notice });
    }

    /// Takes out the earliest notice, if its key is below `limit`.
    pub fn pop_before(&mut self, limit: Key) -> Option<(Key, N)> {
        loop {
            if let Some(Reverse(earliest)) = self.near.peek() {
                if earliest.key >= limit {
                    return None;
                }
                return self.near.pop().map(|Reverse(entry)| (entry.key, entry.notice));
            }
            if !self.advance(tick_of(limit.at)) {
                return None;
            }
        }
    }

    /// Moves the cursor to the first occupied slot, unless that begins after `limit_tick`, and empties it downwards.
    /// Tells whether it moved.
    fn advance(&mut self, limit_tick: u64) -> bool {
        let Some(level) = self.levels.iter().position(|level| level.occupied != 0) else {
            return false;
        };
        let slot = self.levels[level].occupied.trailing_zeros();
        let shift = DIGIT_BITS * u32::try_from(level).expect("there are eight levels");
        let prefix = self.cursor >> (shift + DIGIT_BITS) << (shift + DIGIT_BITS);
        let slot_start = prefix | u64::from(slot) << shift;
        if slot_start > limit_tick {
            return false;
        }
        self.cursor = slot_start;
        self.empty_slot(level, slot as usize);
        true
    }

    fn empty_slot(&mut self, level: usize, slot: usize) {
        let mut entries = std::mem::take(&mut self.levels[level].slots[slot]);
        self.levels[level].occupied &= !(1 << slot);
        for entry in entries.drain(..) {
            self.place(entry);
        }
        self.levels[level].spare.push(entries);
    }

    fn place(&mut self, entry: Entry<N>) {
        let tick = tick_of(entry.key.at);
        if tick <= self.cursor {
            self.near.push(Reverse(entry));
            return;
        }
        let level = (tick ^ self.cursor).ilog2() / DIGIT_BITS;
        let slot =
            usize::try_from((tick >> (level * DIGIT_BITS)) % SLOTS as u64).expect("a digit is below 64");
        let level = &mut self.levels[level as usize];
        if level.occupied & 1 << slot == 0 {
            level.occupied |= 1 << slot;
            level.slots[slot] = level.spare.pop().unwrap_or_default();
        }
        level.slots[slot].push(entry);
    }
}

const fn tick_of(at: SimTime) -> u64 {
    at.as_nanos() >> TICK_BITS
}

impl<N: Copy> Default for Calendar<N> {
    fn default() -> Self {
        Self::new()
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
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const FOREVER: Key = Key { at: SimTime::MAX, order: u64::MAX };

    fn key(nanos: u64, order: u64) -> Key {
        Key { at: SimTime::from_nanos(nanos), order }
    }

    #[test]
    fn simultaneous_notices_come_in_their_order() {
        let mut calendar = Calendar::new();
        for order in [3, 1, 2] {
            calendar.schedule(key(5_000_000_000, order), order);
        }
        let popped: Vec<u64> = std::iter::from_fn(|| calendar.pop_before(FOREVER)).map(|(_, n)| n).collect();
        assert_eq!(popped, [1, 2, 3]);
    }

    #[test]
    fn nothing_at_or_after_the_limit_is_popped() {
        let mut calendar = Calendar::new();
        calendar.schedule(key(70_000_000_000, 4), 'x');
        assert_eq!(calendar.pop_before(key(70_000_000_000, 4)), None);
        // A look ahead must not keep earlier notices from coming first.
        calendar.schedule(key(1, 1), 'y');
        assert_eq!(calendar.pop_before(FOREVER), Some((key(1, 1), 'y')));
        assert_eq!(calendar.pop_before(key(70_000_000_000, 5)), Some((key(70_000_000_000, 4), 'x')));
    }

    /// What a random user of the calendar does.
    #[derive(Clone, Debug)]
    enum Step {
        /// Schedule this long after the latest popped time.
        Schedule { delay: u64 },
        /// Pop what is due within this span.
        Pop { within: u64 },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        // Delays of every magnitude, with many ties.
        let delay = (0u32..62).prop_flat_map(|bits| 0..=(1u64 << bits)).prop_map(|nanos| nanos / 3 * 3);
        let step = prop_oneof![
            3 => delay.clone().prop_map(|delay| Step::Schedule { delay }),
            2 => delay.prop_map(|within| Step::Pop { within }),
        ];
        proptest::collection::vec(step, 0..400)
    }

    proptest! {
        /// Goal: the wheel gives exactly the order of a sorted map. Method: random schedules and pops against a
        /// `BTreeMap` twin, step by step.
        #[test]
        fn agrees_with_a_sorted_map(steps in steps()) {
            let (mut calendar, mut twin, mut now) = (Calendar::new(), BTreeMap::new(), 0u64);
            for (order, step) in (0u64..).zip(steps) {
                match step {
                    Step::Schedule { delay } => {
                        // Scrambled, so that insertion order is not the order of the keys.
                        let key = key(now.saturating_add(delay), order.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                        calendar.schedule(key, order);
                        twin.insert(key, order);
                    }
                    Step::Pop { within } => {
                        let limit = key(now.saturating_add(within), 0);
                        let expected = twin.first_key_value().map(|(k, n)| (*k, *n)).filter(|(k, _)| *k < limit);
                        if let Some((k, _)) = expected {
                            twin.remove(&k);
                            now = k.at.as_nanos();
                        }
                        prop_assert_eq!(calendar.pop_before(limit), expected);
                    }
                }
            }
            let drain = std::iter::from_fn(|| calendar.pop_before(key(u64::MAX, u64::MAX)));
            let rest: Vec<u64> = drain.map(|(_, number)| number).collect();
            prop_assert_eq!(rest, twin.into_values().collect::<Vec<_>>());
        }
    }
}
