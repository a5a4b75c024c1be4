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
use std::thread::{self, Builder, JoinHandle};

/// The batches: one being filled, one being worked off, and some for when either has to wait for a processor. With more
/// threads than processors that takes as long as others have their turns, some milliseconds.
pub(super) const BATCHES: usize = 12;

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
pub(super) struct Dictation<B: Batch, S> {
    batch: B,
    /// How many batches there are.
    batches: usize,
    /// The way there, and the scribe at its end; nothing once it has ended.
    thread: Option<(SyncSender<B>, JoinHandle<S>)>,
    back: Receiver<B>,
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
                // Whoever has no more to tell may be gone.
                outbox.send(batch).unwrap_or_default();
            }
            scribe
        };
        let Ok(thread) = Builder::new().name("scribe".to_owned()).spawn(work) else { return Err(scribe) };
        hand.send(scribe).expect("the thread waits for it");
        Ok(Self { batch: B::default(), batches: 1, thread: Some((full, thread)), back })
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
            self.back.recv().unwrap_or_else(|_| self.hear_panic())
        };
        let full = std::mem::replace(&mut self.batch, next);
        if let Some((way, _)) = &self.thread {
            drop(way.send(full));
        }
    }

    /// The scribe takes no more, which it always does unless it panicked.
    fn hear_panic(&mut self) -> ! {
        match self.join() {
            Err(panic) => resume_unwind(panic),
            Ok(_) => unreachable!("a scribe ends when it is told to"),
        }
    }

    /// Has the rest made, waits for that, and gives the scribe back.
    ///
    /// # Panics
    /// When the scribe did.
    pub(super) fn end(mut self) -> S {
        self.join().unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// The scribe, when it has made all rows, or what it panicked with.
    fn join(&mut self) -> thread::Result<S> {
        let (way, thread) = self.thread.take().expect("it is waited for once");
        drop(way.send(std::mem::take(&mut self.batch)));
        drop(way);
        thread.join()
    }
}

/// A table that is given up keeps the rows that were told so far.
impl<B: Batch, S> Drop for Dictation<B, S> {
    fn drop(&mut self) {
        if self.thread.is_some() {
            // All that it could say is that it panicked; whoever drops this may be doing that as well.
            drop(self.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    const BATCH: usize = 100;

    impl Batch for Vec<usize> {
        fn is_full(&self) -> bool {
            self.len() == BATCH
        }
    }

    /// Keeps what it is told, takes a moment for each batch, and panics at a number.
    #[derive(Default)]
    struct Notes {
        told: Arc<Mutex<Vec<usize>>>,
        moment: Duration,
        panics_at: Option<usize>,
    }

    impl Scribe<Vec<usize>> for Notes {
        fn work_off(&mut self, batch: &mut Vec<usize>) {
            std::thread::sleep(self.moment);
            assert!(!self.panics_at.is_some_and(|number| batch.contains(&number)), "as it was told to");
            self.told.lock().unwrap().append(batch);
        }
    }

    fn dictation(notes: Notes) -> Dictation<Vec<usize>, Notes> {
        Dictation::to(notes).unwrap_or_else(|_| panic!("there are threads"))
    }

    #[test]
    fn all_is_written_in_order_whether_it_ends_or_is_given_up() {
        for numbers in [0, 1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCHES * BATCH + 3] {
            for given_up in [false, true] {
                let notes = Notes::default();
                let told = notes.told.clone();
                let mut dictation = dictation(notes);
                (0..numbers).for_each(|number| dictation.batch().push(number));
                if given_up {
                    drop(dictation);
                } else {
                    dictation.end();
                }
                assert!(
                    told.lock().unwrap().iter().copied().eq(0..numbers),
                    "{numbers}, given up: {given_up}"
                );
            }
        }
    }

    /// Goal: whoever tells waits for a slow scribe. Method: what is told but not written, whenever a batch is full, is
    /// never more than there are batches.
    #[test]
    fn a_slow_scribe_holds_the_run_up() {
        let notes = Notes { moment: Duration::from_millis(3), ..Notes::default() };
        let told = notes.told.clone();
        let mut dictation = dictation(notes);
        for number in 0..2 * BATCHES * BATCH {
            dictation.batch().push(number);
            let ahead = number + 1 - told.lock().unwrap().len();
            assert!(ahead <= BATCHES * BATCH, "{ahead} at {number}");
        }
        dictation.end();
    }

    /// Goal: a panic is neither lost nor waited for, and with much to tell it comes back long before the end.
    #[test]
    fn a_panic_of_the_scribe_comes_back() {
        let all = BATCHES * BATCH;
        let numbers = 3 * all;
        for (at, before) in [(0, all + BATCH), (BATCH, all + 2 * BATCH), (numbers - 1, numbers)] {
            let mut told = 0;
            let panic = catch_unwind(AssertUnwindSafe(|| {
                let mut dictation = dictation(Notes { panics_at: Some(at), ..Notes::default() });
                for number in 0..numbers {
                    dictation.batch().push(number);
                    told += 1;
                }
                dictation.end();
            }));
            let message = panic.unwrap_err();
            assert_eq!(message.downcast_ref::<&str>(), Some(&"as it was told to"));
            assert!(told <= before, "{told} were told, it panicked at {at}");
        }
    }
}
