//! Many unordered lists in one place: chunks of fixed size that the lists take from a common store and give back.
//!
//! A list that is emptied leaves its memory to the others, and no list has room to spare beyond its last chunk: memory
//! follows what is in all lists together, however it moves between them.

use prefetch_index::prefetch_index;

/// A list of values in a [`Chunks`].
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// The chunk to which values are added.
    first: u32,
    /// Values in it; all other chunks are full.
    len: u32,
}

/// The store of the lists' values.
#[derive(Clone, Debug)]
pub struct Chunks<T> {
    /// Chunk after chunk.
    values: Vec<T>,
    /// For each chunk the next one of the same list.
    next: Vec<u32>,
    /// The first of the chunks that no list uses.
    free: u32,
}

/// Values in a chunk.
const CHUNK: u32 = 32;
/// A line of the processor's cache, in bytes.
const LINE: usize = 64;
/// The end of a list.
const NONE: u32 = u32::MAX;

impl List {
    /// A list without values.
    pub const EMPTY: Self = Self { first: NONE, len: CHUNK };

    /// Whether it is a list without values.
    pub const fn is_empty(&self) -> bool {
        self.first == NONE
    }
}

impl<T: Copy> Chunks<T> {
    /// An empty store.
    pub const fn new() -> Self {
        Self { values: Vec::new(), next: Vec::new(), free: NONE }
    }

    /// Adds `value` to `list`.
    ///
    /// # Panics
    /// When the store has 2^32 chunks.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a few instructions for each notice")]
    pub fn push(&mut self, list: &mut List, value: T) {
        if list.len == CHUNK {
            list.first = self.new_chunk(list.first, value);
            list.len = 0;
        }
        let place = place_of(list.first, list.len);
        self.values[place] = value;
        list.len += 1;
        // Large values lie across lines. The next one ends in a line that is asked for now: it may take long until it
        // comes, but then it need not wait.
        if size_of::<T>() > LINE / 2 {
            prefetch_index(&self.values, place + 2);
        }
    }

    #[inline(never)]
    /// A chunk before `next`, with `filler` in it.
    fn new_chunk(&mut self, next: u32, filler: T) -> u32 {
        let chunk = self.free;
        if let Some(free) = self.next.get_mut(chunk as usize) {
            self.free = *free;
            *free = next;
            return chunk;
        }
        let chunk = u32::try_from(self.next.len()).ok().filter(|chunk| *chunk != NONE);
        self.values.resize(self.values.len() + CHUNK as usize, filler);
        self.next.push(next);
        chunk.expect("fewer than 2^32 chunks")
    }

    /// Tells the processor that what was added last to `list` will be looked at soon.
    #[inline]
    pub fn prefetch(&self, list: List) {
        if list.first != NONE {
            for index in (0..list.len).step_by((LINE / size_of::<T>()).max(1)) {
                prefetch_index(&self.values, place_of(list.first, index));
            }
        }
    }

    /// The values in `list`, a chunk at a time.
    #[inline]
    pub fn chunks_of(&self, mut list: List) -> impl Iterator<Item = &[T]> {
        std::iter::from_fn(move || {
            let next = self.next.get(list.first as usize)?;
            let chunk = &self.values[place_of(list.first, 0)..place_of(list.first, list.len)];
            list = List { first: *next, len: CHUNK };
            Some(chunk)
        })
    }

    /// Takes a chunk of values out of `list` and hands each to `take`, which may add to other lists, while the next
    /// chunk is fetched; false if the list is empty.
    #[inline]
    pub fn take_chunk(&mut self, list: &mut List, mut take: impl FnMut(&mut Self, T)) -> bool {
        let chunk = list.first as usize;
        let Some(next) = self.next.get(chunk).copied() else { return false };
        self.prefetch(List { first: next, len: CHUNK });
        for index in place_of(list.first, 0)..place_of(list.first, list.len) {
            let value = self.values[index];
            take(self, value);
        }
        self.next[chunk] = self.free;
        self.free = list.first;
        *list = List { first: next, len: CHUNK };
        true
    }
}

/// Where value `index` of `chunk` is.
const fn place_of(chunk: u32, index: u32) -> usize {
    chunk as usize * CHUNK as usize + index as usize
}

impl<T: Copy> Default for Chunks<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(chunks: &mut Chunks<u64>, list: &mut List) -> Vec<u64> {
        let mut values = Vec::new();
        while chunks.take_chunk(list, |_, value| values.push(value)) {}
        values.sort_unstable();
        values
    }

    #[test]
    fn lists_keep_their_values_apart_and_use_the_chunks_of_others_again() {
        let mut chunks = Chunks::new();
        let (mut even, mut odd) = (List::EMPTY, List::EMPTY);
        for value in 0..1_000 {
            chunks.push(if value % 2 == 0 { &mut even } else { &mut odd }, value);
        }
        let most = chunks.next.len();
        assert_eq!(drain(&mut chunks, &mut even), (0..1_000).step_by(2).collect::<Vec<_>>());
        (0..500).for_each(|value| chunks.push(&mut odd, 2 * value));
        assert_eq!(drain(&mut chunks, &mut odd), (0..1_000).collect::<Vec<_>>());
        assert!(chunks.next.len() <= most + 1, "{} chunks", chunks.next.len());
        assert!(drain(&mut chunks, &mut odd).is_empty());
    }

    #[test]
    fn what_is_taken_may_go_into_another_list_of_the_same_store() {
        let mut chunks = Chunks::new();
        let (mut from, mut to) = (List::EMPTY, List::EMPTY);
        (0..100).for_each(|value| chunks.push(&mut from, value));
        while chunks.take_chunk(&mut from, |chunks, value| chunks.push(&mut to, value)) {}
        assert_eq!(drain(&mut chunks, &mut to), (0..100).collect::<Vec<_>>());
    }
}
