//! Loops of functions whose outcomes lead back to them: which AWS refuses, and which would never end.
//!
//! An outcome invokes a function through a Lambda destination, or as a message to a topic or bus that the function
//! subscribes to. Lambda follows a chain of invocations through Lambda and SNS, and stops a function that has been
//! invoked 16 times in it; it does not follow EventBridge
//! (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>).

use super::Lowering;
use crate::random::distribution::Distribution;
use crate::scenario::problem::quoted;
use crate::scenario::shape::join;
use crate::scenario::{Destination, DestinationKind, End, Function, RecursiveLoop, Timing};
use crate::time::SimDuration;
use std::collections::VecDeque;

/// One way in which an outcome of a function invokes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link {
    from: usize,
    to: usize,
    /// Which outcome takes it.
    outcome: Outcome,
    /// Whether Lambda loses sight of the chain on it.
    unseen: bool,
    /// Whether it is passed within no time after a run.
    instant: bool,
    /// The same after an invocation that was stopped.
    instant_if_stopped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Success,
    Failure,
}

impl Lowering<'_> {
    /// Refuses functions that are their own Lambda destination, as AWS does, and loops in which a run would never end.
    pub(super) fn refuse_loops(
        &mut self,
        functions: &[Option<Function>],
        destinations: &[Option<Destination>],
        timing: Option<&Timing>,
        end: Option<End>,
    ) {
        self.refuse_own_destination(functions, destinations);
        let (Some(timing), Some(end)) = (timing, end) else {
            return;
        };
        let links = links(functions, destinations, timing);
        let allowed = |at: usize| {
            functions[at].as_ref().is_none_or(|function| function.recursive_loop == RecursiveLoop::Allow)
        };
        let Some(found) = endless(functions.len(), &links, end, allowed) else {
            return;
        };
        let path = join("functions", self.functions[found.members[0]]);
        let chain = self.chain(&found.members);
        let (what, unless) = match end {
            End::Drained => ("without end", "let `end` be a time"),
            End::At(_) => ("without end and within no time", "let a delivery or a run take some time"),
        };
        let message = format!("its outcomes lead back to it {what}: {chain}");
        let hint = if found.unseen {
            format!("Lambda does not detect loops through EventBridge: break the chain, or {unless}")
        } else {
            format!("set `RecursiveLoop` of one of them to `Terminate`, break the chain, or {unless}")
        };
        self.error(&path, message, hint);
    }

    /// The members of a loop, in words; of a long one the beginning and the end.
    fn chain(&self, members: &[usize]) -> String {
        const SHOWN: usize = 8;
        let name = |at: &usize| self.functions[*at];
        let names: Vec<&str> = match members.len() {
            count if count > SHOWN => {
                let (first, last) = (&members[..SHOWN - 2], &members[count - 1..]);
                first.iter().map(name).chain(["..."]).chain(last.iter().map(name)).collect()
            }
            _ => members.iter().map(name).collect(),
        };
        names.join(" -> ")
    }

    fn refuse_own_destination(
        &mut self,
        functions: &[Option<Function>],
        destinations: &[Option<Destination>],
    ) {
        for (at, function) in functions.iter().enumerate() {
            let Some(function) = function else { continue };
            let is_itself = |id: crate::id::DestinationId| {
                let kind = destinations[id.index()].as_ref().map(|destination| destination.kind);
                matches!(kind, Some(DestinationKind::Lambda { function }) if function.index() == at)
            };
            if [function.on_success, function.on_failure].into_iter().flatten().any(is_itself) {
                let message =
                    format!("{} is its own destination, which Lambda refuses", quoted(&function.name));
                let path = join("functions", &function.name);
                self.error(&path, message, "send its outcomes somewhere else");
            }
        }
    }
}

/// Every way in which an outcome invokes a function, in the order of the functions.
fn links(functions: &[Option<Function>], destinations: &[Option<Destination>], timing: &Timing) -> Vec<Link> {
    let mut links = Vec::new();
    for (from, function) in functions.iter().enumerate() {
        let Some(function) = function else { continue };
        let instant_run = function.duration == Distribution::Constant(SimDuration::ZERO);
        let routes = [
            (function.on_success, Outcome::Success),
            (function.on_failure, Outcome::Failure),
            (function.dead_letter, Outcome::Failure),
        ];
        for (target, outcome) in routes {
            let Some(destination) = target.and_then(|id| destinations[id.index()].as_ref()) else { continue };
            let instant_if_stopped = [timing.dispatch_latency, destination.latency] == [SimDuration::ZERO; 2];
            let instant = instant_run && instant_if_stopped;
            let link = |to, unseen| Link { from, to, outcome, unseen, instant, instant_if_stopped };
            let unseen = destination.kind == DestinationKind::EventBridge;
            links.extend(destination.subscribers.iter().map(|to| link(to.index(), unseen)));
            if let DestinationKind::Lambda { function: to } = destination.kind {
                links.push(link(to.index(), false));
            }
        }
    }
    links
}

/// A loop in which a chain can go on for ever.
#[derive(Debug, PartialEq, Eq)]
struct Endless {
    /// Its functions, the first repeated at the end.
    members: Vec<usize>,
    /// Whether it passes where Lambda does not see it.
    unseen: bool,
}

/// The first loop, if there is one, in which a run with this `end` would never come to an end: any endless loop if it
/// ends when all is drained, and else one that takes no time.
///
/// Each lap through EventBridge begins a new chain, so that every loop through it is endless. In any other loop a
/// function that is not `allowed` is stopped sooner or later, and from then on only its failure routes are taken; a
/// stopped invocation's record does not lead to another stopped invocation.
fn endless(functions: usize, links: &[Link], end: End, allowed: impl Fn(usize) -> bool) -> Option<Endless> {
    let drained = end == End::Drained;
    let everything = Graph::new(functions, links.iter().copied().filter(|link| drained || link.instant));
    let through_eventbridge =
        everything.links().filter(|link| link.unseen).find_map(|link| everything.closing(link));
    if let Some(members) = through_eventbridge {
        return Some(Endless { members, unseen: true });
    }
    let lasting = |link: &Link| {
        let (goes_on, instant) = if allowed(link.from) {
            (true, link.instant)
        } else {
            (link.outcome == Outcome::Failure && allowed(link.to), link.instant_if_stopped)
        };
        goes_on && (drained || instant)
    };
    let rest = Graph::new(functions, links.iter().copied().filter(lasting));
    let members = rest.links().find_map(|link| rest.closing(link))?;
    Some(Endless { members, unseen: false })
}

/// Which function leads to which, and which lie on a common loop.
struct Graph {
    next: Vec<Vec<Link>>,
    /// Functions with the same number can each reach the other.
    component: Vec<usize>,
}

impl Graph {
    fn new(functions: usize, links: impl Iterator<Item = Link>) -> Self {
        let mut next = vec![Vec::new(); functions];
        for link in links {
            next[link.from].push(link);
        }
        let component = components(&next);
        Self { next, component }
    }

    fn links(&self) -> impl Iterator<Item = Link> {
        self.next.iter().flatten().copied()
    }

    /// The shortest loop that begins with `link`, if there is one.
    fn closing(&self, link: Link) -> Option<Vec<usize>> {
        if self.component[link.from] != self.component[link.to] {
            return None;
        }
        let mut came_from = vec![None; self.next.len()];
        let mut queue = VecDeque::from([link.to]);
        while let Some(at) = queue.pop_front().filter(|at| *at != link.from) {
            for step in &self.next[at] {
                if step.to != link.to && came_from[step.to].is_none() {
                    came_from[step.to] = Some(at);
                    queue.push_back(step.to);
                }
            }
        }
        let mut members = vec![link.from];
        let mut at = link.from;
        while at != link.to {
            at = came_from[at]?;
            members.push(at);
        }
        members.push(link.from);
        // Walked backwards, from the end of the loop to its second member.
        members.reverse();
        Some(members)
    }
}

/// Strongly connected components, numbered (Kosaraju): those that reach each other have the same number.
fn components(next: &[Vec<Link>]) -> Vec<usize> {
    let mut back = vec![Vec::new(); next.len()];
    for link in next.iter().flatten() {
        back[link.to].push(link.from);
    }
    let mut component = vec![usize::MAX; next.len()];
    for root in finishing_order(next).into_iter().rev() {
        let mut reached = vec![root];
        while let Some(at) = reached.pop() {
            if component[at] == usize::MAX {
                component[at] = root;
                reached.extend(&back[at]);
            }
        }
    }
    component
}

/// The functions in the order in which a depth-first walk is done with them; without recursion, since a chain may be
/// as long as there are functions.
fn finishing_order(next: &[Vec<Link>]) -> Vec<usize> {
    let mut seen = vec![false; next.len()];
    let mut finished = Vec::with_capacity(next.len());
    for start in 0..next.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        // The way from `start` to here, each with the number of links already taken.
        let mut way = vec![(start, 0)];
        while let Some((at, taken)) = way.last_mut() {
            let Some(link) = next[*at].get(*taken) else {
                finished.push(*at);
                way.pop();
                continue;
            };
            *taken += 1;
            if !std::mem::replace(&mut seen[link.to], true) {
                way.push((link.to, 0));
            }
        }
    }
    finished
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A link as (from, to, how): `s` on success, `f` on failure, `e` on success through EventBridge.
    fn link((from, to, how): (usize, usize, char)) -> Link {
        Link {
            from,
            to,
            outcome: if how == 'f' { Outcome::Failure } else { Outcome::Success },
            unseen: how == 'e',
            instant: false,
            instant_if_stopped: true,
        }
    }

    fn found(links: &[(usize, usize, char)], allowed: &[usize]) -> Option<(Vec<usize>, bool)> {
        let links: Vec<Link> = links.iter().copied().map(link).collect();
        endless(5, &links, End::Drained, |at| allowed.contains(&at))
            .map(|found| (found.members, found.unseen))
    }

    #[test]
    fn loops_that_never_end_are_found_and_others_are_not() {
        // No loop; a loop that Lambda stops; the same with one function that it lets go on.
        assert_eq!(found(&[(0, 1, 's'), (0, 2, 's'), (1, 2, 's')], &[0, 1, 2]), None);
        assert_eq!(found(&[(0, 1, 's'), (1, 0, 's')], &[]), None);
        assert_eq!(found(&[(0, 1, 's'), (1, 0, 's')], &[1]), None);
        // Nothing stops it.
        assert_eq!(
            found(&[(0, 1, 's'), (1, 2, 'f'), (2, 0, 's')], &[0, 1, 2]),
            Some((vec![0, 1, 2, 0], false))
        );
        assert_eq!(found(&[(0, 1, 's'), (1, 1, 's')], &[1]), Some((vec![1, 1], false)));
        // A stopped invocation fails, and its failure leads on to one that is not stopped.
        assert_eq!(found(&[(0, 1, 'f'), (1, 0, 's')], &[1]), Some((vec![0, 1, 0], false)));
        assert_eq!(found(&[(0, 1, 'f'), (1, 0, 'f')], &[]), None);
        // EventBridge is not followed.
        assert_eq!(found(&[(0, 1, 's'), (1, 2, 'e'), (2, 0, 's')], &[]), Some((vec![1, 2, 0, 1], true)));
        assert_eq!(found(&[(0, 1, 'e'), (1, 2, 's')], &[]), None);
    }

    #[test]
    fn a_very_long_chain_needs_no_stack() {
        let last = 65_534;
        let links: Vec<Link> = (0..last).map(|at| link((at, at + 1, 's'))).collect();
        assert_eq!(endless(last + 1, &links, End::Drained, |_| true), None);
        let round: Vec<Link> = links.into_iter().chain([link((last, 0, 's'))]).collect();
        let found = endless(last + 1, &round, End::Drained, |_| true).expect("a loop");
        assert_eq!(found.members.len(), last + 2);
    }
}
