//! Many unordered lists in one place: chunks of fixed size that the lists take from a common store and give back.
//!
//! A list that is emptied leaves its memory to the others, and no list has room to spare beyond its last chunk: memory
//! follows what is in all lists together, however it moves between them.

/// A list of values in a [`Chunks`].
#[derive(Clone, Copy, Debug)]
pub struct List {
    first: u32,
}

/// The store of the lists' values.
#[derive(Clone, Debug)]
pub struct Chunks<T> {
    chunks: Vec<Chunk<T>>,
    /// Chunks that no list uses.
    free: List,
}

#[derive(Clone, Debug)]
struct Chunk<T> {
    /// Never grows beyond its first capacity.
    values: Vec<T>,
    /// The next chunk of the same list.
    next: u32,
}

/// Values in a chunk.
const CHUNK: usize = 32;
/// The end of a list.
const NONE: u32 = u32::MAX;

impl List {
    /// A list without values.
    pub const EMPTY: Self = Self { first: NONE };
}

impl<T: Copy> Chunks<T> {
    /// An empty store.
    pub const fn new() -> Self {
        Self { chunks: Vec::new(), free: List::EMPTY }
    }

    /// Adds `value` to `list`.
    ///
    /// # Panics
    /// When the store has 2^32 chunks.
    #[inline]
    pub fn push(&mut self, list: &mut List, value: T) {
        match self.chunks.get_mut(list.first as usize) {
            Some(chunk) if chunk.values.len() < CHUNK => chunk.values.push(value),
            Some(_) | None => self.push_to_new_chunk(list, value),
        }
    }

    fn push_to_new_chunk(&mut self, list: &mut List, value: T) {
        let mut free = self.free;
        let chunk = self.take_first(&mut free).unwrap_or_else(|| {
            self.chunks.push(Chunk { values: Vec::with_capacity(CHUNK), next: NONE });
            u32::try_from(self.chunks.len() - 1)
                .ok()
                .filter(|chunk| *chunk != NONE)
                .expect("fewer than 2^32 chunks")
        });
        self.free = free;
        self.chunks[chunk as usize].next = list.first;
        self.chunks[chunk as usize].values.push(value);
        list.first = chunk;
    }

    /// Takes a chunk out of `list`; `None` when it is empty. The chunk must be given back.
    #[inline]
    pub fn take_first(&self, list: &mut List) -> Option<u32> {
        let chunk = list.first;
        list.first = self.chunks.get(chunk as usize)?.next;
        Some(chunk)
    }

    /// Values in `chunk`.
    pub fn len_of(&self, chunk: u32) -> usize {
        self.chunks[chunk as usize].values.len()
    }

    /// The value at `index` of `chunk`.
    pub fn get(&self, chunk: u32, index: usize) -> T {
        self.chunks[chunk as usize].values[index]
    }

    /// Gives a chunk back whose values were read.
    pub fn give_back(&mut self, chunk: u32) {
        let free = &mut self.chunks[chunk as usize];
        free.values.clear();
        free.next = self.free.first;
        self.free.first = chunk;
    }
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
        while let Some(chunk) = chunks.take_first(list) {
            values.extend((0..chunks.len_of(chunk)).map(|index| chunks.get(chunk, index)));
            chunks.give_back(chunk);
        }
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
        let most = chunks.chunks.len();
        assert_eq!(drain(&mut chunks, &mut even), (0..1_000).step_by(2).collect::<Vec<_>>());
        (0..500).for_each(|value| chunks.push(&mut odd, 2 * value));
        assert_eq!(drain(&mut chunks, &mut odd), (0..1_000).collect::<Vec<_>>());
        assert!(chunks.chunks.len() <= most + 1, "{} chunks", chunks.chunks.len());
        assert!(drain(&mut chunks, &mut odd).is_empty());
    }
}
