//! Independent pieces of work on all cores, with results in the order of their numbers.
//!
//! Which thread does what, and what is ready first, never shows: whoever takes the results sees them in order, and a
//! decision to stop is taken on a prefix of them.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

/// Whoever waits for an experiment: may stop it, and hears how far it is.
///
/// `()` lets it run to its end.
pub trait Supervisor: Sync {
    /// Whether the experiment is no longer wanted; asked every few milliseconds, from any thread.
    fn stops(&self) -> bool {
        false
    }

    /// Whether a run may go on that has so many events in the system; asked as often. One that may not stops the
    /// experiment.
    fn allows(&self, _in_flight: usize) -> bool {
        true
    }

    /// One more run is done; told in no particular order, from any thread.
    fn run_done(&self) {}

    /// What is being looked at from now on, in a few words: where nobody knows beforehand how many runs it takes.
    fn begins(&self, _what: &str) {}
}

impl Supervisor for () {}

/// As many threads as the machine has cores.
pub fn all_cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Does the pieces `items` by `work`, on `threads` threads, and hands each result to `take` in order. Ends early,
/// without the results that are missing, when `take` breaks or a piece gives `None`.
///
/// A piece may be begun, and thrown away, that comes after the one at which `take` breaks.
pub(crate) fn in_order<T: Send>(
    items: impl Iterator<Item = usize> + Send,
    threads: NonZeroUsize,
    work: impl Fn(usize) -> Option<T> + Sync,
    mut take: impl FnMut(usize, T) -> ControlFlow<()>,
) {
    let stop = AtomicBool::new(false);
    let items = Mutex::new(items.enumerate());
    let next = || items.lock().expect("whoever held it only took an item").next();
    let (sender, results) = mpsc::channel();
    let work_off = |sender: mpsc::Sender<_>| {
        while !stop.load(Ordering::Relaxed)
            && let Some((place, item)) = next()
        {
            let result = work(item);
            let given_up = result.is_none();
            if sender.send((place, item, result)).is_err() || given_up {
                break;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.get() {
            let sender = sender.clone();
            scope.spawn(|| work_off(sender));
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut turn = 0;
        for (place, item, result) in results {
            early.insert(place, (item, result));
            while let Some((item, result)) = early.remove(&turn) {
                turn += 1;
                if result.map(|result| take(item, result)) != Some(ControlFlow::Continue(())) {
                    stop.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    });
}

/// Does the pieces 0 to `count`, without it, as `in_order` does.
pub fn in_parallel<T: Send>(
    count: usize,
    threads: NonZeroUsize,
    work: impl Fn(usize) -> Option<T> + Sync,
    mut take: impl FnMut(T) -> ControlFlow<()>,
) {
    in_order(0..count, threads, work, |_, result| take(result));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(threads: usize, until: usize, gives_up_at: usize) -> Vec<usize> {
        let mut taken = Vec::new();
        let work = |item: usize| {
            // Later pieces are ready earlier.
            thread::sleep(std::time::Duration::from_micros(200 * (7 - item as u64 % 8)));
            (item < gives_up_at).then_some(item * item)
        };
        let threads = NonZeroUsize::new(threads).unwrap();
        in_order((0..40).map(|item| item * 2), threads, work, |item, square| {
            assert_eq!(square, item * item);
            taken.push(item);
            if item >= until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        taken
    }

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        let expected: Vec<usize> = (0..40).map(|item| item * 2).collect();
        for threads in [1, 2, 3, 8] {
            assert_eq!(taken(threads, 1_000, 1_000), expected);
            assert_eq!(taken(threads, 20, 1_000), expected[..=10], "whoever takes may break");
            assert_eq!(taken(threads, 1_000, 20), expected[..10], "work may give up");
        }
    }
}
