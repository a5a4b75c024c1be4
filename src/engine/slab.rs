//! A table of what is in flight: values in slots that are used again once they are free, so that memory follows
//! what is in the system, not what ever was.

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
#[derive(Clone, Debug)]
pub struct Slab<T> {
    entries: Vec<Entry<T>>,
    /// The free slot to use next; they form a list through the table.
    free: u32,
    len: usize,
}

#[derive(Clone, Debug)]
enum Entry<T> {
    Taken(T),
    /// With the next of the free slots.
    Free(u32),
}

/// The end of the list of free slots.
const NONE: u32 = u32::MAX;

impl<T> Slab<T> {
    /// An empty table.
    pub const fn new() -> Self {
        Self { entries: Vec::new(), free: NONE, len: 0 }
    }

    /// Values in the table.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether the table is empty.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts `value` into a free slot.
    ///
    /// # Panics
    /// When 2^32 − 1 values are in the table.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "so that what is put in is made there, and not copied there")]
    pub fn insert(&mut self, value: T) -> Slot {
        if self.free == NONE {
            self.grow();
        }
        let index = self.free;
        let entry = &mut self.entries[index as usize];
        let Entry::Free(next) = *entry else { unreachable!("the free list names free slots only") };
        *entry = Entry::Taken(value);
        self.free = next;
        self.len += 1;
        Slot(index)
    }

    /// One more slot, which is free.
    #[inline(never)]
    fn grow(&mut self) {
        let index = u32::try_from(self.entries.len()).ok().filter(|index| *index != NONE);
        self.free = index.expect("fewer than 2^32 − 1 events are in flight");
        self.entries.push(Entry::Free(NONE));
    }

    /// The value in `slot`.
    ///
    /// # Panics
    /// When the slot is free.
    #[inline]
    pub fn get(&self, slot: Slot) -> &T {
        match &self.entries[slot.0 as usize] {
            Entry::Taken(value) => value,
            Entry::Free(_) => unreachable!("a slot in use is not free"),
        }
    }

    /// The value in `slot`, if one is there.
    #[inline]
    pub fn peek(&self, slot: Slot) -> Option<&T> {
        match &self.entries[slot.0 as usize] {
            Entry::Taken(value) => Some(value),
            Entry::Free(_) => None,
        }
    }

    /// The value in `slot`, to change.
    ///
    /// # Panics
    /// When the slot is free.
    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> &mut T {
        match &mut self.entries[slot.0 as usize] {
            Entry::Taken(value) => value,
            Entry::Free(_) => unreachable!("a slot in use is not free"),
        }
    }

    /// Takes the value out of `slot`, which becomes free.
    ///
    /// # Panics
    /// When the slot is free already.
    #[inline]
    pub fn remove(&mut self, slot: Slot) -> T {
        let entry = std::mem::replace(&mut self.entries[slot.0 as usize], Entry::Free(self.free));
        let Entry::Taken(value) = entry else { unreachable!("a slot is freed once") };
        self.free = slot.0;
        self.len -= 1;
        value
    }

    /// Drops the value in `slot`, which becomes free.
    ///
    /// # Panics
    /// When the slot is free already.
    #[inline]
    pub fn discard(&mut self, slot: Slot) {
        let entry = &mut self.entries[slot.0 as usize];
        assert!(matches!(entry, Entry::Taken(_)), "a slot is freed once");
        *entry = Entry::Free(self.free);
        self.free = slot.0;
        self.len -= 1;
    }

    /// The values, in no meaningful order.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        (0..).map(Slot).zip(&self.entries).filter_map(|(slot, entry)| match entry {
            Entry::Taken(value) => Some((slot, value)),
            Entry::Free(_) => None,
        })
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
}
