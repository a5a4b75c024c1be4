//! The calendar in the hold model (Jones, CACM 29(4), 1986, <https://doi.org/10.1145/5684.5686>): take the earliest
//! notice, schedule another, with a constant number pending; beside a plain binary heap.
//!
//! `cargo bench --bench calendar`; `-- --quick` does a tenth of the operations. Three laws of the time from now to the
//! next notice: exponential; the back-offs of throttled events (1, 2, 4, … 300 s, ±10 %), which come in few clusters;
//! and the waits after function errors (60 s and 120 s, ±10 %).
#![expect(clippy::disallowed_types, reason = "a benchmark reads the wall clock")]
#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::cast_precision_loss, reason = "durations and counts become ratios")]

mod support;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use support::{cost, flag};
use thirdtry::engine::calendar::{Calendar, Key, Registry, Sleeper};
use thirdtry::random::distribution::Distribution;
use thirdtry::random::{EventKey, Purpose};
use thirdtry::time::{SimDuration, SimTime};

const FOREVER: Key = Key { at: SimTime::MAX, order: u64::MAX };
const ROUNDS: usize = 5;

/// Notices are numbers here, each its own order.
struct Numbers;

/// As much as an event takes; what waits for long sleeps, as events do.
#[derive(Clone, Copy, Debug)]
struct Asleep {
    due: SimTime,
    number: u64,
    _rest: [u64; 5],
}

impl Sleeper for Asleep {
    fn until(&self) -> SimTime {
        self.due
    }
}

impl Registry<u64, Asleep> for Numbers {
    fn order_of(&self, notice: u64) -> u64 {
        notice
    }

    fn wake(&mut self, sleeper: Asleep) -> u64 {
        sleeper.number
    }
}

/// How far ahead a notice is scheduled.
type Delay = fn(u64) -> SimDuration;

fn main() {
    let operations = if flag("--quick") { 200_000 } else { 2_000_000 };
    let laws: [(&str, Delay); 3] =
        [("exponential", exponential), ("back-offs", back_off), ("retry waits", retry_wait)];
    println!("{:<13} {:>10} {:>18} {:>21}", "delays", "pending", "calendar ns/hold", "binary heap ns/hold");
    for (name, delay) in laws {
        for pending in [1_000, 10_000, 100_000, 1_000_000, 3_000_000] {
            let ours = cost(
                ROUNDS,
                operations,
                || filled(pending, delay),
                |calendar| hold(calendar, pending, operations, delay),
            );
            let heap = cost(
                ROUNDS,
                operations,
                || filled_heap(pending, delay),
                |heap| hold_heap(heap, pending, operations, delay),
            );
            println!("{name:<13} {pending:>10} {ours:>18.1} {heap:>21.1}");
        }
    }
}

fn uniform(operation: u64) -> f64 {
    EventKey(operation).draws(Purpose::Duration, 0, 0).uniform()
}

fn exponential(operation: u64) -> SimDuration {
    let law = Distribution::Exponential { mean: 60.0 };
    law.sample(&mut EventKey(operation).draws(Purpose::Duration, 0, 0))
}

/// The wait after a throttle whose place in a row of them is drawn too.
fn back_off(operation: u64) -> SimDuration {
    let nominal = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0];
    let nominal = nominal[usize::try_from(operation % 10).expect("a digit")];
    SimDuration::from_secs_f64_saturating(nominal * (0.9 + 0.2 * uniform(operation)))
}

fn retry_wait(operation: u64) -> SimDuration {
    let nominal = if operation.is_multiple_of(2) { 60.0 } else { 120.0 };
    SimDuration::from_secs_f64_saturating(nominal * (0.9 + 0.2 * uniform(operation)))
}

fn key(now: SimTime, operation: u64, delay: Delay) -> Key {
    Key { at: now + delay(operation), order: operation }
}

fn filled(pending: u64, delay: Delay) -> Calendar<u64, Asleep> {
    let mut calendar = Calendar::new();
    (0..pending).for_each(|operation| keep(&mut calendar, key(SimTime::ZERO, operation, delay), operation));
    // The first holds find the calendar as it was filled, not as it is after a while.
    hold(&mut calendar, pending, pending, delay);
    calendar
}

fn hold(calendar: &mut Calendar<u64, Asleep>, from: u64, operations: u64, delay: Delay) {
    for operation in from..from + operations {
        let (earliest, _) = calendar.pop_before(FOREVER, &mut Numbers).expect("something is pending");
        keep(calendar, key(earliest, operation, delay), operation);
    }
}

fn keep(calendar: &mut Calendar<u64, Asleep>, key: Key, number: u64) {
    if calendar.is_far(key.at) {
        calendar.sleep(&Asleep { due: key.at, number, _rest: [0; 5] });
    } else {
        calendar.schedule(key, number);
    }
}

fn filled_heap(pending: u64, delay: Delay) -> BinaryHeap<Reverse<(Key, u32)>> {
    let mut heap = (0..pending).map(|operation| Reverse((key(SimTime::ZERO, operation, delay), 0))).collect();
    hold_heap(&mut heap, pending, pending, delay);
    heap
}

fn hold_heap(heap: &mut BinaryHeap<Reverse<(Key, u32)>>, from: u64, operations: u64, delay: Delay) {
    for operation in from..from + operations {
        let Reverse((earliest, notice)) = heap.pop().expect("something is pending");
        heap.push(Reverse((key(earliest.at, operation, delay), notice)));
    }
}
