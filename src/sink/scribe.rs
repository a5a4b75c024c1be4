//! A thread that makes the rows of a table, behind whoever tells what they are made of.
//!
//! ```text
//! observer ──> fills a batch ──> scribe's thread: makes rows of it ──> the batch comes back, empty ──> observer
//! ```
//!
//! The rows are the same in the same order as without the thread. A few batches go round, so that a slow disk holds the
//! run up instead of filling memory.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// The batches: one being filled, one being worked off, and one for when either is slow for a moment.
const BATCHES: usize = 3;

/// What goes over at once: so much that waking the thread for it costs nothing beside it.
pub(super) trait Batch: Default {
    /// Whether it has to go over before there is room for more.
    fn is_full(&self) -> bool;
}

/// Whoever makes rows of what is told.
pub(super) trait Scribe<B> {
    /// Makes the rows of `batch`, and leaves it empty.
    fn work_off(&mut self, batch: &mut B);
}

/// The way to the thread of a scribe.
#[derive(Debug)]
pub(super) struct Dictation<B, S> {
    batch: B,
    /// How many batches there are.
    batches: usize,
    full: SyncSender<B>,
    back: Receiver<B>,
    thread: JoinHandle<S>,
}

impl<B: Batch + Send + 'static, S: Scribe<B> + Send + 'static> Dictation<B, S> {
    /// Gives `scribe` a thread of its own.
    ///
    /// # Errors
    /// There can be none, and `scribe` comes back.
    pub(super) fn to(scribe: S) -> Result<Self, S> {
        let (full, inbox) = sync_channel::<B>(BATCHES);
        let (outbox, back) = sync_channel(BATCHES);
        // The scribe follows once there is a thread, so that it is still here if there is none.
        let (hand, handed) = sync_channel::<S>(1);
        let work = move || {
            let mut scribe = handed.recv().expect("whoever starts the thread hands it over");
            for mut batch in inbox {
                scribe.work_off(&mut batch);
                // Nobody takes it back once all has been told.
                outbox.send(batch).unwrap_or_default();
            }
            scribe
        };
        let Ok(thread) = Builder::new().name("scribe".to_owned()).spawn(work) else { return Err(scribe) };
        hand.send(scribe).expect("the thread waits for it");
        Ok(Self { batch: B::default(), batches: 1, full, back, thread })
    }
}

impl<B: Batch, S> Dictation<B, S> {
    /// Where to put what is to be told next.
    #[inline]
    pub(super) fn batch(&mut self) -> &mut B {
        if self.batch.is_full() {
            self.hand_over();
        }
        &mut self.batch
    }

    /// Passes the full batch on and goes on with an empty one.
    #[cold]
    #[inline(never)]
    fn hand_over(&mut self) {
        let next = if self.batches < BATCHES {
            self.batches += 1;
            B::default()
        } else {
            // A scribe that panicked takes no more: that is told where its thread is joined.
            self.back.recv().unwrap_or_default()
        };
        drop(self.full.send(std::mem::replace(&mut self.batch, next)));
    }

    /// Has the rest made, waits for that, and gives the scribe back.
    ///
    /// # Panics
    /// When the scribe did.
    pub(super) fn end(self) -> S {
        let Self { batch, full, thread, .. } = self;
        drop(full.send(batch));
        drop(full);
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// Keeps what it is told, and panics at a number.
    struct Notes {
        told: Vec<usize>,
        panics_at: usize,
    }

    const BATCH: usize = 100;

    impl Batch for Vec<usize> {
        fn is_full(&self) -> bool {
            self.len() == BATCH
        }
    }

    impl Scribe<Vec<usize>> for Notes {
        fn work_off(&mut self, batch: &mut Vec<usize>) {
            assert!(!batch.contains(&self.panics_at), "as it was told to, at {}", self.panics_at);
            self.told.append(batch);
        }
    }

    fn dictated(numbers: usize, panics_at: usize) -> Vec<usize> {
        let notes = Notes { told: Vec::new(), panics_at };
        let mut dictation = Dictation::to(notes).unwrap_or_else(|_| panic!("there are threads"));
        (0..numbers).for_each(|number| dictation.batch().push(number));
        dictation.end().told
    }

    #[test]
    fn all_is_written_in_order() {
        for numbers in [0, 1, BATCH - 1, BATCH, BATCH + 1, 9 * BATCH + 3] {
            assert!(dictated(numbers, usize::MAX).into_iter().eq(0..numbers), "{numbers}");
        }
    }

    /// Goal: a panic is neither lost nor waited for, whether it comes early or with the last row.
    #[test]
    fn a_panic_of_the_scribe_comes_back() {
        let numbers = 20 * BATCH;
        for at in [0, BATCH, numbers - 1] {
            let panic = catch_unwind(AssertUnwindSafe(|| dictated(numbers, at))).unwrap_err();
            let message = panic.downcast_ref::<String>().expect("a message");
            assert!(message.contains("as it was told to"), "{message}");
        }
    }
}
