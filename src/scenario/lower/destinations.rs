//! Destinations, how they fail, and chains of functions that lead back.

use super::fields::Fields;
use super::{Lowering, probability, windows};
use crate::id::DestinationId;
use crate::scenario::problem::quoted;
use crate::scenario::shape::join;
use crate::scenario::{
    DeliveryFailure, DeliveryFailureCause, Destination, DestinationKind, Function, SnsOversize,
};
use crate::time::SimDuration;

impl<'a> Lowering<'a> {
    pub(super) fn destinations(
        &mut self,
        root: &Fields<'a>,
        latency: Option<SimDuration>,
    ) -> Vec<Option<Destination>> {
        let entries = root.entries("destinations");
        entries.into_iter().map(|(name, fields)| self.destination(name, &fields, latency)).collect()
    }

    fn destination(
        &mut self,
        name: &str,
        fields: &Fields<'a>,
        usual_latency: Option<SimDuration>,
    ) -> Option<Destination> {
        let (key, inner) = fields.variant()?;
        if matches!(key, "sqs" | "sns") && name.to_ascii_lowercase().ends_with(".fifo") {
            let message =
                format!("{} names a FIFO queue or topic, which Lambda does not support here", quoted(name));
            self.error(&fields.path, message, "use a standard queue or topic");
        }
        let kind = self.destination_kind(key, &inner);
        let failures: Option<Vec<_>> = inner.elements("failures").iter().map(delivery_failure).collect();
        Some(Destination {
            name: name.to_owned(),
            kind: kind?,
            latency: inner.optional("latency", Fields::duration)?.or(usual_latency)?,
            max_bytes: inner.size("max_size")?,
            retention: inner.optional("MessageRetentionPeriod", Fields::integer)?.map(SimDuration::from_secs),
            failures: failures?,
        })
    }

    fn destination_kind(&mut self, key: &str, fields: &Fields<'a>) -> Option<DestinationKind> {
        Some(match key {
            "sqs" => DestinationKind::Sqs,
            "sns" if fields.text("oversize")? == "fail" => {
                DestinationKind::Sns { oversize: SnsOversize::Fail }
            }
            "sns" => DestinationKind::Sns { oversize: SnsOversize::DropPayload },
            "eventbridge" => DestinationKind::EventBridge,
            "s3" => DestinationKind::S3,
            _ => DestinationKind::Lambda { function: self.function_reference(fields, "FunctionName")? },
        })
    }

    /// A function that is its own destination is refused by AWS; a chain of functions that comes back is refused here,
    /// because Lambda's detection of recursive loops is not part of the model.
    pub(super) fn refuse_loops(
        &mut self,
        functions: &[Option<Function>],
        destinations: &[Option<Destination>],
    ) {
        let targets = |function: &Option<Function>| -> Vec<usize> {
            let routes = function.iter().flat_map(|function| [function.on_success, function.on_failure]);
            let target = |id: DestinationId| match destinations[id.index()].as_ref()?.kind {
                DestinationKind::Lambda { function } => Some(function.index()),
                _ => None,
            };
            routes.flatten().filter_map(target).collect()
        };
        let graph: Vec<Vec<usize>> = functions.iter().map(targets).collect();
        for chain in loops(&graph) {
            let names: Vec<&str> = chain.iter().map(|at| self.functions[*at]).collect();
            let path = join("functions", names[0]);
            if chain.len() == 2 {
                let message = format!("{} is its own destination, which Lambda refuses", quoted(names[0]));
                self.error(&path, message, "send its outcomes somewhere else");
            } else {
                let message = format!("its destinations lead back to it: {}", names.join(" -> "));
                self.error(&path, message, "recursive loops are not modelled: break the chain");
            }
        }
    }
}

fn delivery_failure(element: &Fields<'_>) -> Option<DeliveryFailureCause> {
    let (key, fields) = element.variant()?;
    let kinds = [
        DeliveryFailure::Permission,
        DeliveryFailure::Misconfiguration,
        DeliveryFailure::Size,
        DeliveryFailure::Throttled,
    ];
    Some(DeliveryFailureCause {
        failure: kinds.into_iter().find(|kind| kind.name() == key)?,
        probability: probability(&fields)?,
        during: windows(&fields)?,
    })
}

/// Every cycle that a depth-first walk closes, as the chain of its members with the first repeated at the end.
fn loops(graph: &[Vec<usize>]) -> Vec<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        OnTheWay,
        Done,
    }
    let mut seen = vec![Seen::Not; graph.len()];
    let mut found = Vec::new();
    for start in 0..graph.len() {
        if seen[start] != Seen::Not {
            continue;
        }
        // The way from `start` to here, each with the number of edges already taken.
        let mut way = vec![(start, 0)];
        seen[start] = Seen::OnTheWay;
        while let Some((node, taken)) = way.last_mut() {
            let Some(next) = graph[*node].get(*taken).copied() else {
                seen[*node] = Seen::Done;
                way.pop();
                continue;
            };
            *taken += 1;
            match seen[next] {
                Seen::Done => {}
                Seen::Not => {
                    seen[next] = Seen::OnTheWay;
                    way.push((next, 0));
                }
                Seen::OnTheWay => {
                    let members = way.iter().map(|(node, _)| *node).skip_while(|node| *node != next);
                    found.push(members.chain([next]).collect());
                }
            }
        }
    }
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_that_come_back_are_found_and_others_are_not() {
        type Lists<'a> = &'a [&'a [usize]];
        let cases: [(Lists<'_>, Lists<'_>); 5] = [
            (&[&[1], &[2], &[]], &[]),
            (&[&[1, 2], &[2], &[]], &[]),
            (&[&[0]], &[&[0, 0]]),
            (&[&[1], &[2], &[0]], &[&[0, 1, 2, 0]]),
            (&[&[1], &[2], &[1]], &[&[1, 2, 1]]),
        ];
        for (graph, expected) in cases {
            let graph: Vec<Vec<usize>> = graph.iter().map(|targets| targets.to_vec()).collect();
            assert_eq!(loops(&graph), expected, "{graph:?}");
        }
    }

    #[test]
    fn a_very_long_chain_needs_no_stack() {
        let last = 65_534;
        let graph: Vec<Vec<usize>> =
            (0..=last).map(|at| if at < last { vec![at + 1] } else { vec![] }).collect();
        assert!(loops(&graph).is_empty());
    }
}
