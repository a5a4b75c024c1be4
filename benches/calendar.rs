//! The calendar in the hold model: pop the earliest, schedule another, with a constant number pending, beside a
//! plain binary heap.
#![expect(clippy::disallowed_types, reason = "a benchmark reads the wall clock")]
#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;
use thirdtry::engine::calendar::{Calendar, Key};
use thirdtry::random::{EventKey, Purpose};
use thirdtry::time::SimTime;

const OPERATIONS: u64 = 3_000_000;
const FOREVER: Key = Key { at: SimTime::MAX, order: u64::MAX };

fn main() {
    println!("pending      calendar ns/hold   binary heap ns/hold");
    for pending in [1_000, 100_000, 3_000_000] {
        println!("{pending:<10} {:>18} {:>21}", calendar(pending), heap(pending));
    }
}

/// A waiting time of up to about two minutes, different for each operation.
fn delay(operation: u64) -> u64 {
    EventKey(operation).draws(Purpose::Duration, 0, 0).word() >> 27
}

fn key(now: u64, operation: u64) -> Key {
    Key { at: SimTime::from_nanos(now + delay(operation)), order: operation }
}

fn calendar(pending: u64) -> u128 {
    let mut calendar = Calendar::new();
    for operation in 0..pending {
        calendar.schedule(key(0, operation), ());
    }
    let started = Instant::now();
    for operation in pending..pending + OPERATIONS {
        let (earliest, ()) = calendar.pop_before(FOREVER).expect("something is pending");
        calendar.schedule(key(earliest.at.as_nanos(), operation), ());
    }
    started.elapsed().as_nanos() / u128::from(OPERATIONS)
}

fn heap(pending: u64) -> u128 {
    let mut heap: BinaryHeap<Reverse<Key>> =
        (0..pending).map(|operation| Reverse(key(0, operation))).collect();
    let started = Instant::now();
    for operation in pending..pending + OPERATIONS {
        let Reverse(earliest) = heap.pop().expect("something is pending");
        heap.push(Reverse(key(earliest.at.as_nanos(), operation)));
    }
    started.elapsed().as_nanos() / u128::from(OPERATIONS)
}
