//! What happened, fact by fact, for tests that compare two ways of going through the same run.

use crate::model::observation::{Fact, Observation, Observer};
use crate::time::SimTime;

/// Everything that was reported, in order: when, about which event as it stood, and what.
#[derive(Debug, Default)]
pub(crate) struct Notes(Vec<Noted>);

/// With the event as text, in which all that there is of it can be seen.
type Noted = (SimTime, String, Observation);

impl Observer for Notes {
    fn observe(&mut self, fact: &Fact<'_>) {
        self.0.push((fact.at, format!("{:?}", fact.event), fact.what));
    }
}

impl Notes {
    /// The facts, in order.
    pub(crate) fn facts(&self) -> &[Noted] {
        &self.0
    }

    /// The first fact in which these differ from those of `other`; none if they are the same.
    pub(crate) fn difference_to<'n>(
        &'n self,
        other: &'n Self,
    ) -> Option<(Option<&'n Noted>, Option<&'n Noted>)> {
        let longer = self.0.len().max(other.0.len());
        (0..longer).map(|at| (self.0.get(at), other.0.get(at))).find(|(one, other)| one != other)
    }
}
