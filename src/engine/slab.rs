//! A table of what is in flight: values in slots that are used again once they are free, so that memory follows
//! what is in the system, not what ever was.
#![expect(clippy::inline_always, reason = "a few instructions, wherever something happens to an event")]

use prefetch_index::prefetch_index;

/// The place of a value in a [`Slab`], valid until the value is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u32);

impl Slot {
    /// Its number: slots are numbered from 0, and there are as many as were ever in use at once.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The slot with this number.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// A table with stable places and immediate reuse.
///
/// It grows by segments of a fixed length, so that it never has much more room than it needs, and what is in it is not
/// copied elsewhere.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    segments: Vec<Box<Segment<T>>>,
    /// The free slots, of which the last is used next. They are told here and not in the entries: so it is known which
    /// come next without waiting for those before them.
    free: Vec<u32>,
}

#[derive(Clone, Debug)]
enum Entry<T> {
    Taken(T),
    Free,
}

/// A segment has 2^this entries.
const SEGMENT_BITS: u32 = 10;
const SEGMENT: u32 = 1 << SEGMENT_BITS;
type Segment<T> = [Entry<T>; SEGMENT as usize];

impl<T> Slab<T> {
    /// An empty table.
    pub const fn new() -> Self {
        Self { segments: Vec::new(), free: Vec::new() }
    }

    /// Values in the table.
    pub const fn len(&self) -> usize {
        self.segments.len() * SEGMENT as usize - self.free.len()
    }

    /// Whether the table is empty.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline(always)]
    fn entry(&self, index: u32) -> &Entry<T> {
        &self.segments[(index >> SEGMENT_BITS) as usize][(index % SEGMENT) as usize]
    }

    #[inline(always)]
    fn entry_mut(&mut self, index: u32) -> &mut Entry<T> {
        &mut self.segments[(index >> SEGMENT_BITS) as usize][(index % SEGMENT) as usize]
    }

    /// Puts `value` into a free slot.
    ///
    /// # Panics
    /// When about 2^32 values are in the table.
    #[inline(always)]
    pub fn insert(&mut self, value: T) -> Slot {
        let index = self.free.pop().unwrap_or_else(|| self.grow());
        let before = std::mem::replace(self.entry_mut(index), Entry::Taken(value));
        debug_assert!(matches!(before, Entry::Free), "only free slots are told to be free");
        // There is nothing to drop, and no need to look: that would be to wait for memory.
        std::mem::forget(before);
        Slot(index)
    }

    /// One more segment: its first slot; the others are free.
    #[inline(never)]
    fn grow(&mut self) -> u32 {
        let first = u32::try_from(self.segments.len()).ok().and_then(|segment| segment.checked_mul(SEGMENT));
        let first = first.expect("fewer than 2^32 values are in the table");
        let segment: Box<[Entry<T>]> = (0..SEGMENT).map(|_| Entry::Free).collect();
        self.segments.push(segment.try_into().ok().expect("as many entries as a segment has"));
        self.free.extend((1..SEGMENT).rev().map(|next| first + next));
        first
    }

    /// The value in `slot`.
    ///
    /// # Panics
    /// When the slot is free.
    #[inline]
    pub fn get(&self, slot: Slot) -> &T {
        match self.entry(slot.0) {
            Entry::Taken(value) => value,
            Entry::Free => unreachable!("a slot in use is not free"),
        }
    }

    /// The value in `slot`, if one is there.
    #[inline]
    pub fn peek(&self, slot: Slot) -> Option<&T> {
        match self.entry(slot.0) {
            Entry::Taken(value) => Some(value),
            Entry::Free => None,
        }
    }

    /// Tells the processor that `slot` will be looked at soon.
    #[inline(always)]
    pub fn prefetch(&self, slot: Slot) {
        let segment = &self.segments[(slot.0 >> SEGMENT_BITS) as usize];
        prefetch_index(segment.as_slice(), (slot.0 % SEGMENT) as usize);
    }

    /// The value in `slot`, to change.
    ///
    /// # Panics
    /// When the slot is free.
    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> &mut T {
        match self.entry_mut(slot.0) {
            Entry::Taken(value) => value,
            Entry::Free => unreachable!("a slot in use is not free"),
        }
    }

    /// Takes the value out of `slot`, which becomes free.
    ///
    /// # Panics
    /// When the slot is free already.
    #[inline]
    pub fn remove(&mut self, slot: Slot) -> T {
        let entry = std::mem::replace(self.entry_mut(slot.0), Entry::Free);
        let Entry::Taken(value) = entry else { unreachable!("a slot is freed once") };
        self.free.push(slot.0);
        value
    }

    /// Drops the value in `slot`, which becomes free.
    ///
    /// # Panics
    /// When the slot is free already.
    #[inline]
    pub fn discard(&mut self, slot: Slot) {
        let entry = self.entry_mut(slot.0);
        assert!(matches!(entry, Entry::Taken(_)), "a slot is freed once");
        *entry = Entry::Free;
        self.free.push(slot.0);
    }

    /// The values, in no meaningful order.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        (0..).map(Slot).zip(self.segments.iter().flat_map(|segment| segment.iter())).filter_map(
            |(slot, entry)| match entry {
                Entry::Taken(value) => Some((slot, value)),
                Entry::Free => None,
            },
        )
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_used_again() {
        let mut slab = Slab::new();
        let (a, b) = (slab.insert('a'), slab.insert('b'));
        assert_eq!(slab.remove(a), 'a');
        let c = slab.insert('c');
        assert_eq!((c, slab.len()), (a, 2));
        assert_eq!((*slab.get(b), *slab.get(c)), ('b', 'c'));
        slab.discard(c);
        assert_eq!((slab.peek(b), slab.peek(c)), (Some(&'b'), None));
        slab.insert('c');
        assert_eq!(slab.iter().map(|(_, value)| value).collect::<String>(), "cb");
    }

    /// Goal: a table has no more than its values take. Method: a value with a pattern to spare.
    #[test]
    fn an_entry_takes_no_more_than_its_value() {
        assert_eq!(size_of::<Entry<crate::model::event::Event>>(), 64);
        assert_eq!(size_of::<Segment<Box<u64>>>(), size_of::<Box<u64>>() * SEGMENT as usize);
    }

    /// Goal: segments are one table, which has no more room than one segment too much.
    #[test]
    fn segments_are_one_table() {
        let mut slab = Slab::new();
        let count = 3 * SEGMENT + 5;
        let slots: Vec<Slot> = (0..count).map(|value| slab.insert(value)).collect();
        let numbers: Vec<u32> = slots.iter().map(|slot| slot.number()).collect();
        assert_eq!(numbers, (0..count).collect::<Vec<_>>());
        assert!(slots.iter().zip(0..).all(|(slot, value)| *slab.get(*slot) == value));
        assert_eq!(slab.segments.len(), 4);
        slots.iter().rev().for_each(|slot| slab.discard(*slot));
        assert!(slab.is_empty() && slab.iter().next().is_none());
        assert_eq!(slab.insert(0), slots[0]);
    }
}
