//! Redrives: names become ids, and a queue that nobody fills is refused.

use super::fields::Fields;
use super::{Lowering, end};
use crate::id::DestinationId;
use crate::scenario::problem::quoted;
use crate::scenario::{Destination, DestinationKind, End, Function, Redrive, Scenario};
use crate::time::SimTime;

impl<'a> Lowering<'a> {
    pub(super) fn redrives(
        &mut self,
        root: &Fields<'a, '_>,
        destinations: &[Option<Destination>],
    ) -> Vec<Option<Redrive>> {
        let end = end(root);
        let mut known: Vec<(DestinationId, SimTime)> = Vec::new();
        let elements = root.elements("redrives");
        let redrive = |element: &Fields<'a, '_>| {
            let redrive = self.redrive(element, destinations)?;
            match end {
                Some(End::At(end)) if redrive.at >= end => {
                    let (at, end) = (redrive.at.since(SimTime::ZERO), end.since(SimTime::ZERO));
                    let message = format!("{at} is not before the end of the run, {end}");
                    self.error(&element.at("at"), message, "the run covers the time before its `end`");
                }
                _ => {}
            }
            if known.contains(&(redrive.from, redrive.at)) {
                let message = "another redrive of the same queue begins at the same time";
                self.error(&element.at("at"), message, "let one begin later, or read another queue");
            }
            known.push((redrive.from, redrive.at));
            Some(redrive)
        };
        elements.iter().map(redrive).collect()
    }

    fn redrive(&mut self, element: &Fields<'a, '_>, destinations: &[Option<Destination>]) -> Option<Redrive> {
        let from = self.destination_reference(element, "from");
        let to = element.optional("to", |element, key| self.function_reference(element, key));
        let kind = from.and_then(|from| destinations[from.index()].as_ref()).map(|queue| queue.kind);
        if let Some(kind) = kind.filter(|kind| *kind != DestinationKind::Sqs) {
            let message = format!("only an sqs queue keeps messages for a redrive, not {}", kind.name());
            self.error(&element.at("from"), message, "name an sqs destination");
        }
        let Some(interval) = element.rate("rate")?.interval() else {
            let message = format!("{} is too slow or too fast", quoted(element.text("rate")?));
            self.error(&element.at("rate"), message, "at most 1000000000/s, at least one in 100 years");
            return None;
        };
        Some(Redrive {
            from: from?,
            to: to?,
            at: element.moment("at")?,
            interval,
            rate: element.text("rate")?.to_owned(),
            max_messages: element.optional("max_messages", Fields::integer)?,
            because: element.text("because")?.to_owned(),
        })
    }

    /// A queue must be filled at some time: by the functions of the file or by those of a change.
    pub(super) fn refuse_idle_redrives(&mut self, scenario: &Scenario) {
        for (at, redrive) in scenario.redrives.iter().enumerate() {
            let fills = |function: &Function| {
                [function.on_failure, function.dead_letter].contains(&Some(redrive.from))
            };
            let later = scenario.changes.iter().flat_map(|change| &change.functions);
            if !scenario.functions.iter().chain(later).any(fills) {
                let name = &scenario.destinations[redrive.from.index()].name;
                let message = format!(
                    "nobody fills {}: it is no function's dead-letter queue and no `OnFailure` destination",
                    quoted(name)
                );
                let hint = "a redrive sends again what failed: name a queue that failures go to";
                self.error(&format!("redrives[{at}].from"), message, hint);
            }
        }
    }
}
