//! What the documents about a run say of the run itself: where it comes from, and what came of it.

use crate::scenario::load::Loaded;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU64;

/// What results come from: whoever has this can make them again. No hosts, times or paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The version of the program.
    pub thirdtry: String,
    /// The version of the model.
    pub model_version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The digest of the scenario as resolved.
    pub scenario_digest: String,
    /// The seed.
    pub seed: u64,
    /// The profile.
    pub profile: String,
}

impl Provenance {
    /// Of what this program makes of `loaded`.
    pub fn of(loaded: &Loaded) -> Self {
        Self {
            thirdtry: env!("CARGO_PKG_VERSION").to_owned(),
            model_version: crate::MODEL_VERSION,
            scenario: loaded.scenario.name.clone(),
            scenario_digest: loaded.digest.clone(),
            seed: loaded.scenario.seed.0,
            profile: loaded.scenario.profile.name().to_owned(),
        }
    }
}

/// What identifies a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFacts {
    /// What it comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// The fingerprint of all observations, 16 hexadecimal digits.
    pub fingerprint: String,
    /// Why the run ended.
    pub end: String,
    /// One event in so many is in the timeline; not said if it is every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline_one_in: Option<NonZeroU64>,
}

#[cfg(test)]
pub(super) fn example() -> RunFacts {
    RunFacts {
        provenance: Provenance {
            thirdtry: "0.1.0".to_owned(),
            model_version: 1,
            scenario: "quickstart".to_owned(),
            scenario_digest: "aa".to_owned(),
            seed: 42,
            profile: "measured".to_owned(),
        },
        fingerprint: "00000000deadbeef".to_owned(),
        end: "drained".to_owned(),
        timeline_one_in: None,
    }
}
