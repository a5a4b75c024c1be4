//! The hierarchical timing wheel of a [`Calendar`](super::calendar::Calendar): what is due after its cursor tick.
//!
//! Slots hold notices, and beyond the first level sleepers as well: what waits by value until its time is near, which
//! is when the cursor comes into the same block of 256 ticks.
#![expect(clippy::inline_always, reason = "each is a few instructions, and asked for with every notice")]

use super::chunks::{Chunks, List};
use crate::time::SimTime;

/// A notice in the wheel or in the batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting<N> {
    pub(super) at: SimTime,
    pub(super) notice: N,
}

/// What waits for so long that it is kept by value meanwhile: all that there is of it lies where it waits, in one piece
/// with what is due soon after it.
pub trait Sleeper: Copy {
    /// When it is due.
    fn until(&self) -> SimTime;
}

/// Whoever knows what notices are about.
pub trait Registry<N, S> {
    /// The order with which `notice` was scheduled.
    fn order_of(&self, notice: N) -> u64;

    /// The time of `sleeper` is near: the notice that stands for it from now on.
    fn wake(&mut self, sleeper: S) -> N;
}

/// What is due after the cursor tick.
#[derive(Clone, Debug)]
pub(super) struct Wheel<N, S> {
    pub(super) levels: Levels,
    pub(super) notices: Chunks<Waiting<N>>,
    sleepers: Chunks<S>,
    /// How many sleep.
    sleeping: usize,
    /// A tick is 2^this nanoseconds.
    pub(super) tick_bits: u32,
}

/// The slots, and where in time they are.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    levels: Vec<Level>,
    /// The tick that all others are seen from.
    pub(super) cursor: u64,
}

#[derive(Clone, Debug)]
struct Level {
    /// How many slots it has.
    size: usize,
    /// Their notices; no lists before there is one.
    slots: Vec<List>,
    /// Their sleepers, likewise.
    beds: Vec<List>,
    /// Bit i of word w is set when slot 64·w + i holds something.
    occupied: [u64; SLOTS / 64],
    /// Bit w is set when word w has a bit set.
    words: u64,
}

/// The first level looks at the lowest eight bits of the tick: few, so that what is awake, which is what is due in the
/// same block of 256 ticks, stays in the cache.
const FIRST_BITS: u32 = 8;
/// Slots of the first level.
const FIRST_SLOTS: usize = 1 << FIRST_BITS;
/// Each other level looks at the next twelve bits.
const DIGIT_BITS: u32 = 12;
/// Slots of another level.
const SLOTS: usize = 1 << DIGIT_BITS;
/// A tick is a millisecond at first, and between a microsecond and a minute after that.
pub(super) const FIRST_TICK_BITS: u32 = 20;
pub(super) const TICK_BITS: std::ops::RangeInclusive<u32> = 10..=36;
/// Enough levels for the 54 bits that the shortest tick leaves of a 64-bit time.
const LEVELS: u32 = 5;
const _: () = assert!(FIRST_BITS + (LEVELS - 1) * DIGIT_BITS >= u64::BITS - *TICK_BITS.start());

impl<N: Copy, S: Sleeper> Wheel<N, S> {
    pub(super) fn new() -> Self {
        Self {
            levels: Levels::new(0),
            notices: Chunks::new(),
            sleepers: Chunks::new(),
            sleeping: 0,
            tick_bits: FIRST_TICK_BITS,
        }
    }

    /// How many sleep.
    pub(super) const fn sleeping(&self) -> usize {
        self.sleeping
    }

    /// Moves the cursor to the first occupied slot, and what is due in the cursor tick into `due`; or up to `limit`
    /// if nothing begins before that. Tells whether there was a slot.
    #[inline(always)]
    pub(super) fn advance(
        &mut self,
        limit: SimTime,
        due: &mut Vec<Waiting<N>>,
        registry: &mut impl Registry<N, S>,
    ) -> bool {
        let limit = self.tick_of(limit);
        let Some((level, slot, start)) = self.levels.first().filter(|(_, _, start)| *start <= limit) else {
            // Nothing waits in between, so that every digit in which a notice's tick differs stays the highest.
            self.levels.cursor = self.levels.cursor.max(limit);
            return false;
        };
        self.levels.cursor = start;
        let lists = self.levels.take(level, slot);
        self.sort_out_all(lists, due, registry);
        true
    }

    /// Puts the notices and sleepers of a slot where they belong, seen from the cursor.
    #[inline(always)]
    fn sort_out_all(
        &mut self,
        (mut list, bed): (List, List),
        due: &mut Vec<Waiting<N>>,
        registry: &mut impl Registry<N, S>,
    ) {
        let Self { levels, notices, tick_bits, .. } = self;
        while notices.take_chunk(&mut list, |notices, waiting| {
            levels.sort_out(waiting, *tick_bits, notices, due);
        }) {}
        if !bed.is_empty() {
            self.wake_all(bed, due, registry);
        }
    }

    /// The sleepers of a slot that the cursor has come to: those whose time is near are awake from now on.
    #[inline(never)]
    fn wake_all(&mut self, mut bed: List, due: &mut Vec<Waiting<N>>, registry: &mut impl Registry<N, S>) {
        let Self { levels, notices, sleepers, sleeping, tick_bits } = self;
        while sleepers.take_chunk(&mut bed, |sleepers, sleeper| {
            let at = sleeper.until();
            if levels.is_far(at.as_nanos() >> *tick_bits) {
                sleepers.push(levels.bed_of(at.as_nanos() >> *tick_bits), sleeper);
            } else {
                *sleeping -= 1;
                let notice = registry.wake(sleeper);
                levels.sort_out(Waiting { at, notice }, *tick_bits, notices, due);
            }
        }) {}
    }

    /// Keeps what is due after the cursor tick.
    #[inline(always)]
    pub(super) fn place(&mut self, waiting: Waiting<N>) {
        let tick = self.tick_of(waiting.at);
        self.notices.push(self.levels.list_of(tick), waiting);
    }

    /// Whether what is due at `at` waits beyond the first level, where it may sleep.
    #[inline(always)]
    pub(super) const fn is_far(&self, at: SimTime) -> bool {
        self.levels.is_far(self.tick_of(at))
    }

    /// Keeps a sleeper that is far.
    #[inline(always)]
    pub(super) fn sleep(&mut self, sleeper: &S) {
        let tick = self.tick_of(sleeper.until());
        self.sleeping += 1;
        self.sleepers.push(self.levels.bed_of(tick), *sleeper);
    }

    /// All that sleep, in no meaningful order.
    pub(super) fn sleepers(&self) -> impl Iterator<Item = &S> {
        let beds = self.levels.levels.iter().flat_map(|level| level.beds.iter());
        beds.flat_map(|bed| self.sleepers.chunks_of(*bed)).flatten()
    }

    /// Other ticks for everything: what is kept here, and what is `due`, which comes before that. Leaves in `due` what
    /// is due in the first of the new ticks.
    #[inline(never)]
    pub(super) fn change_tick(
        &mut self,
        tick_bits: u32,
        due: &mut Vec<Waiting<N>>,
        registry: &mut impl Registry<N, S>,
    ) {
        self.tick_bits = tick_bits;
        let cursor = due.iter().map(|waiting| self.tick_of(waiting.at)).min().expect("something is due");
        let mut before = std::mem::replace(&mut self.levels, Levels::new(cursor));
        for waiting in std::mem::take(due) {
            self.levels.sort_out(waiting, tick_bits, &mut self.notices, due);
        }
        // Chunk by chunk, so that it takes no memory beside that of what is moved.
        while let Some((level, slot, _)) = before.first() {
            self.sort_out_all(before.take(level, slot), due, registry);
        }
    }

    /// How far `at` lies in its tick, as exactly as 31 bits tell.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "so many bits are left")]
    pub(super) const fn within_tick(&self, at: SimTime) -> i32 {
        let nanos = at.as_nanos() & ((1 << self.tick_bits) - 1);
        (nanos >> self.tick_bits.saturating_sub(31)) as i32
    }

    pub(super) const fn tick_of(&self, at: SimTime) -> u64 {
        at.as_nanos() >> self.tick_bits
    }
}

impl Levels {
    fn new(cursor: u64) -> Self {
        let sizes = std::iter::once(FIRST_SLOTS).chain(std::iter::repeat_n(SLOTS, LEVELS as usize - 1));
        Self { levels: sizes.map(Level::new).collect(), cursor }
    }

    /// The first occupied slot: its level, its position and its first tick.
    fn first(&self) -> Option<(usize, usize, u64)> {
        let level = self.levels.iter().position(|level| level.words != 0)?;
        let slot = self.levels[level].first_slot();
        let (shift, next) = (lowest_bit_of(level), lowest_bit_of(level + 1));
        let start = self.cursor >> next << next | (slot as u64) << shift;
        Some((level, slot, start))
    }

    /// Empties a slot: its notices, and its sleepers.
    fn take(&mut self, level: usize, slot: usize) -> (List, List) {
        self.levels[level].take(slot)
    }

    /// What the next two slots hold, as far as that can be told at a glance.
    pub(super) fn next_lists(&self) -> [List; 2] {
        self.levels[0].next_lists()
    }

    /// Puts a notice that is not due before the cursor tick where it belongs: among what is `due` in it, or into its
    /// slot.
    #[inline(always)]
    fn sort_out<N: Copy>(
        &mut self,
        waiting: Waiting<N>,
        tick_bits: u32,
        notices: &mut Chunks<Waiting<N>>,
        due: &mut Vec<Waiting<N>>,
    ) {
        let tick = waiting.at.as_nanos() >> tick_bits;
        if tick == self.cursor {
            due.push(waiting);
        } else {
            notices.push(self.list_of(tick), waiting);
        }
    }

    /// Whether the slot for `tick`, which is not before the cursor, is beyond the first level.
    #[inline(always)]
    const fn is_far(&self, tick: u64) -> bool {
        tick ^ self.cursor >= FIRST_SLOTS as u64 && tick > self.cursor
    }

    /// The list of the slot for `tick`, which lies after the cursor.
    #[inline(always)]
    fn list_of(&mut self, tick: u64) -> &mut List {
        let (level, slot) = self.slot_for(tick);
        self.levels[level].list(slot)
    }

    /// The sleepers of the slot for `tick`, which is far.
    #[inline(always)]
    fn bed_of(&mut self, tick: u64) -> &mut List {
        let (level, slot) = self.slot_for(tick);
        self.levels[level].bed(slot)
    }

    #[inline(always)]
    fn slot_for(&self, tick: u64) -> (usize, usize) {
        let differs = tick ^ self.cursor;
        if differs < FIRST_SLOTS as u64 {
            return (0, digit(tick, FIRST_SLOTS));
        }
        let level = (differs.ilog2() - FIRST_BITS) / DIGIT_BITS;
        (level as usize + 1, digit(tick >> (FIRST_BITS + level * DIGIT_BITS), SLOTS))
    }
}

/// The lowest bit of a tick that `level` looks at.
fn lowest_bit_of(level: usize) -> u32 {
    let before = u32::try_from(level).expect("there are few levels");
    before.checked_sub(1).map_or(0, |others| FIRST_BITS + others * DIGIT_BITS)
}

/// The lowest digit of `number`, if it has so many values.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a digit is small")]
const fn digit(number: u64, values: usize) -> usize {
    (number % values as u64) as usize
}

impl Level {
    /// A level of so many slots, all empty.
    fn new(size: usize) -> Self {
        Self { size, slots: Vec::new(), beds: Vec::new(), occupied: [0; SLOTS / 64], words: 0 }
    }

    /// The first slot that holds something. One does.
    fn first_slot(&self) -> usize {
        let word = self.words.trailing_zeros() as usize;
        word * 64 + self.occupied[word].trailing_zeros() as usize
    }

    /// What the first two slots hold, as far as that can be told at a glance.
    fn next_lists(&self) -> [List; 2] {
        if self.words == 0 {
            return [List::EMPTY; 2];
        }
        let first = self.first_slot();
        let word = first / 64;
        let rest = self.occupied[word] & (self.occupied[word] - 1);
        let second =
            if rest == 0 { List::EMPTY } else { self.slots[word * 64 + rest.trailing_zeros() as usize] };
        [self.slots[first], second]
    }

    /// The notices of a slot to which one is added.
    #[inline(always)]
    fn list(&mut self, slot: usize) -> &mut List {
        self.occupy(slot);
        list_in(&mut self.slots, self.size, slot)
    }

    /// The sleepers of a slot to which one is added.
    #[inline(always)]
    fn bed(&mut self, slot: usize) -> &mut List {
        self.occupy(slot);
        list_in(&mut self.beds, self.size, slot)
    }

    #[inline(always)]
    fn occupy(&mut self, slot: usize) {
        self.occupied[slot / 64] |= 1 << (slot % 64);
        self.words |= 1 << (slot / 64);
    }

    fn take(&mut self, slot: usize) -> (List, List) {
        let word = slot / 64;
        self.occupied[word] &= !(1 << (slot % 64));
        if self.occupied[word] == 0 {
            self.words &= !(1 << word);
        }
        let take = |list: &mut List| std::mem::replace(list, List::EMPTY);
        (
            self.slots.get_mut(slot).map_or(List::EMPTY, take),
            self.beds.get_mut(slot).map_or(List::EMPTY, take),
        )
    }
}

/// The list of `slot` in `lists`, of which there are none before the first is wanted, and so many then.
#[inline(always)]
fn list_in(lists: &mut Vec<List>, size: usize, slot: usize) -> &mut List {
    if lists.is_empty() {
        make_lists(lists, size);
    }
    &mut lists[slot]
}

/// A list for each slot, when the first is wanted: most runs need few levels.
#[cold]
fn make_lists(lists: &mut Vec<List>, size: usize) {
    lists.resize(size, List::EMPTY);
}
