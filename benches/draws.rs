//! What draws cost: the word behind a decision, the laws of durations, arrival gaps and event keys.
//!
//! `cargo bench --bench draws`; `-- --quick` does a tenth. Every draw is of another event, as in a run.
#![expect(clippy::disallowed_types, reason = "a benchmark reads the wall clock")]
#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::cast_precision_loss, reason = "durations and counts become ratios")]

mod support;

use std::hint::black_box;
use support::{cost, flag};
use thirdtry::random::distribution::Distribution;
use thirdtry::random::{EventKey, Purpose, Seed, SourceStreams, math};
use thirdtry::scenario::Probability;
use thirdtry::time::SimDuration;

const ROUNDS: usize = 5;

fn main() {
    let operations = if flag("--quick") { 200_000 } else { 2_000_000 };
    println!("{:<34} {:>8}", "draw", "ns");
    let row = |name: &str, nanos: f64| println!("{name:<34} {nanos:>8.1}");
    let half = Probability::new(0.5).expect("a probability");
    let streams = || SourceStreams::new(Seed(1), 0, "orders");
    let each = |draw: &dyn Fn(EventKey)| {
        cost(ROUNDS, operations, || (), |()| (0..operations).for_each(|event| draw(EventKey(event))))
    };
    row(
        "a word",
        each(&|key| {
            black_box(key.draws(Purpose::Duration, 0, 1).word());
        }),
    );
    row(
        "whether a failure cause strikes",
        each(&|key| {
            black_box(half.strikes(key.draws(Purpose::Exception, 0, 1).word()));
        }),
    );
    for (name, law) in laws() {
        row(
            name,
            each(&|key| {
                black_box(law.sample(&mut key.draws(Purpose::Duration, 0, 1)));
            }),
        );
    }
    let keys = cost(ROUNDS, operations, streams, |streams| {
        (0..operations).for_each(|_| {
            black_box(streams.next_event_key());
        });
    });
    row("the key of an event (ChaCha8)", keys);
    let gaps = cost(ROUNDS, operations, streams, |streams| {
        (0..operations).for_each(|_| {
            black_box(-math::ln(streams.arrival_uniform()));
        });
    });
    row("a Poisson gap (ChaCha8, logarithm)", gaps);
}

fn laws() -> Vec<(&'static str, Distribution)> {
    let seconds = SimDuration::from_secs;
    vec![
        ("a constant duration", Distribution::Constant(seconds(1))),
        ("a uniform duration", Distribution::Uniform { min: seconds(1), max: seconds(2) }),
        ("an exponential duration", Distribution::Exponential { mean: 0.5 }),
        ("a lognormal duration", Distribution::Lognormal { mu: -0.9, sigma: 0.87 }),
        ("a Weibull duration", Distribution::Weibull { shape: 0.7, scale: 0.5 }),
        ("a gamma duration", Distribution::Gamma { shape: 2.5, scale: 0.2 }),
        (
            "an empirical duration",
            Distribution::Empirical([(0.0, 0.1), (0.5, 0.4), (0.99, 3.0), (1.0, 9.0)].into()),
        ),
    ]
}
