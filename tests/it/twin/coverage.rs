//! That what can happen did happen: a comparison of scenarios in which nothing goes on would prove little.

use std::collections::{BTreeMap, BTreeSet};
use thirdtry::model::observation::{Fate, FunctionError, Start, ThrottleReason};
use thirdtry::scenario::DeliveryFailure;

/// How often each thing was seen, by the words of the lines.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    counts: BTreeMap<String, u64>,
    ties: BTreeSet<(u8, u8)>,
}

impl Coverage {
    pub(super) fn add(&mut self, lines: &[String], ties: &[(u8, u8)]) {
        for line in lines {
            // `AT event N …`
            let words = line.splitn(4, ' ').nth(3).unwrap_or_default();
            let is_word = |part: &&str| part.chars().all(|letter| letter.is_alphabetic() || letter == '_');
            for part in words.split([' ', ',', ';', ':']).filter(|part| !part.is_empty()).filter(is_word) {
                *self.counts.entry(part.to_owned()).or_default() += 1;
            }
        }
        self.ties.extend(ties);
    }

    /// Every fate, outcome, reason, start and delivery failure has been seen, and every pair of ranks has met.
    pub(super) fn assert_complete(&self) {
        let mut words: Vec<&str> = Vec::new();
        words.extend(Fate::ALL.map(Fate::name));
        words.push("duplicated");
        words.extend(ThrottleReason::ALL.map(ThrottleReason::name));
        // The twin does not know dependencies: `tests/it/dependencies.rs` has known answers for them.
        let known = FunctionError::ALL.into_iter().filter(|error| *error != FunctionError::Dependency);
        words.extend(known.map(FunctionError::name));
        words.extend(Start::ALL.map(Start::name));
        words.extend(DeliveryFailure::ALL.map(DeliveryFailure::name));
        words.extend([
            "success",
            "caught_error",
            "system_error",
            "client_error",
            "delivered",
            "returned",
            "dropped",
        ]);
        words.extend(["on_success", "on_failure", "dead_letter_queue", "called", "cut"]);
        words.extend(["age_lookahead", "age_at_dispatch", "age_before_retries", "client_error_drops"]);
        let missing: Vec<&&str> = words.iter().filter(|word| !self.counts.contains_key(**word)).collect();
        assert!(missing.is_empty(), "never seen: {missing:?}\nseen: {:#?}", self.counts);
        // What a thing makes happen at its own instant can come before the rest of that instant. But an arrival
        // delivers nothing, a delivery ends no run, a redrive does neither, and nothing makes anything arrive, a
        // redrive begin or a configuration change.
        let impossible = |(first, second): &(u8, u8)| {
            matches!((first, second), (1.., 0) | (3 | 6, 1) | (4 | 6, 3) | (6 | 7, 4) | (7, 6))
        };
        let ranks = [0, 1, 3, 4, 6, 7];
        let pairs = ranks.into_iter().flat_map(|first| ranks.map(|second| (first, second)));
        let apart: Vec<(u8, u8)> =
            pairs.filter(|pair| !impossible(pair) && !self.ties.contains(pair)).collect();
        assert!(apart.is_empty(), "never met at one instant, in this order of ranks: {apart:?}");
    }
}
