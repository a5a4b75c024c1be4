//! Two settings on the same events: their difference is known far better than either.

use std::num::NonZeroU32;
use thirdtry::experiment::{Plan, Replications, replicate};
use thirdtry::scenario::builtin;
use thirdtry::scenario::load::{Input, load};

fn replications(sets: &[(&str, &str)]) -> Replications {
    let mut input = Input::from_text("quickstart", builtin::text("quickstart").expect("shipped"));
    input.sets = sets.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    let scenario = load(&input).unwrap_or_else(|rejected| panic!("{rejected}")).scenario;
    replicate(&scenario, &Plan::new(&scenario, NonZeroU32::new(12).expect("not zero")), &()).expect("it runs")
}

/// Goal: the paired interval is narrower than the one of two independent experiments. Method: retries 2 against 1 on
/// common random numbers, and against 1 with another seed; the variance of the difference for each.
#[test]
fn common_random_numbers_make_the_interval_of_a_difference_narrower() {
    let retries = "functions.ship.EventInvokeConfig.MaximumRetryAttempts";
    let (two, one, other) =
        (replications(&[]), replications(&[(retries, "1")]), replications(&[(retries, "1"), ("seed", "43")]));
    for metric in ["runs.Sum", "succeeded.Sum", "cost_usd.Sum", "Errors.Sum"] {
        let at = two.names.find(metric).expect("a metric");
        let half = |with: &Replications| {
            let difference = two.difference(at, with, at).expect("both have it");
            difference.half_width.expect("twelve pairs")
        };
        let (paired, unpaired) = (half(&one), half(&other));
        assert!(paired < unpaired / 2.0, "{metric}: ± {paired} paired, ± {unpaired} unpaired");
    }
}

/// Goal: what does not depend on the setting does not differ at all.
#[test]
fn both_settings_see_the_very_same_events() {
    let one = replications(&[("functions.ship.EventInvokeConfig.MaximumRetryAttempts", "0")]);
    let two = replications(&[]);
    let at = two.names.find("accepted.Sum").expect("a metric");
    let difference = two.difference(at, &one, at).expect("both have it");
    assert_eq!((difference.mean, difference.half_width), (0.0, Some(0.0)));
}
