//! What functions call: the dependencies, and the calls of each function.

use super::Lowering;
use super::fields::Fields;
use super::{probability, windows};
use crate::id::DependencyId;
use crate::scenario::{Brownout, Call, Dependency, Factor, Outage};
use crate::time::SimDuration;
use std::rc::Rc;

impl<'a> Lowering<'a> {
    pub(super) fn dependencies(&mut self, root: &Fields<'a, '_>) -> Vec<Option<Dependency>> {
        let functions = root.entries("functions");
        let called = |name: &str| {
            let mut calls = functions.iter().flat_map(|(_, function)| function.elements("calls"));
            calls.any(|call| call.text("dependency") == Some(name))
        };
        let lower = |(name, fields): (&'a str, Fields<'a, '_>)| {
            if !called(name) {
                let hint = "add it to the `calls` of a function";
                self.warning(&fields.path(), "no function calls this dependency", hint);
            }
            self.dependency(name, &fields)
        };
        root.entries("dependencies").into_iter().map(lower).collect()
    }

    fn dependency(&mut self, name: &str, fields: &Fields<'a, '_>) -> Option<Dependency> {
        let service_time = self.law(&fields.record("service_time"));
        let capacity = fields.integer32("capacity");
        let outages: Vec<_> = fields.elements("outages").iter().map(outage).collect();
        let elements = fields.elements("brownouts");
        let brownouts: Vec<_> = elements.iter().map(|element| self.brownout(element, capacity)).collect();
        self.refuse_overlaps(&elements, &brownouts);
        Some(Dependency {
            name: name.to_owned(),
            capacity: capacity?,
            service_time: service_time?,
            contention: fields.optional("contention", factor)?.unwrap_or(Factor::ZERO),
            max_waiting: fields.optional("max_waiting", Fields::integer32)?,
            outages: outages.into_iter().collect::<Option<_>>()?,
            brownouts: brownouts.into_iter().collect::<Option<_>>()?,
        })
    }

    fn brownout(&mut self, fields: &Fields<'a, '_>, usual: Option<u32>) -> Option<Brownout> {
        if !fields.has("slower") && !fields.has("capacity") {
            let hint = "give `slower`, as in `\"slower\": 4`, or `capacity`";
            self.error(&fields.path(), "this brown-out changes nothing", hint);
            return None;
        }
        let capacity = fields.optional("capacity", Fields::integer32)?;
        if let (Some(capacity), Some(usual)) = (capacity, usual)
            && capacity >= usual
        {
            let message = format!("{capacity} is not less than the usual capacity of {usual}");
            self.error(&fields.at("capacity"), message, "lower it, or leave it out");
            return None;
        }
        Some(Brownout {
            during: windows(fields)?,
            slower: fields.optional("slower", factor)?.unwrap_or(Factor::ONE),
            capacity,
            because: fields.text("because")?.to_owned(),
        })
    }

    /// At each instant at most one brown-out reigns, so that nobody has to guess how two would combine.
    fn refuse_overlaps(&mut self, elements: &[Fields<'a, '_>], brownouts: &[Option<Brownout>]) {
        for (position, (element, brownout)) in elements.iter().zip(brownouts).enumerate() {
            let Some(brownout) = brownout else { continue };
            let earlier = (0..position).find(|earlier| {
                let other = brownouts[*earlier].as_ref();
                other.is_some_and(|other| other.during.overlap(&brownout.during))
            });
            if let Some(earlier) = earlier {
                let message = format!("its windows overlap those of brown-out {}", earlier + 1);
                let hint = "let one end where the other begins, and give the overlap a brown-out of its own";
                self.error(&element.at("during"), message, hint);
            }
        }
    }

    pub(super) fn calls(&mut self, function: &Fields<'a, '_>) -> Option<Vec<Call>> {
        let limit = function.integer("Timeout").map(SimDuration::from_secs);
        let elements = function.elements("calls");
        let calls: Vec<_> = elements.iter().map(|element| self.call(element, limit)).collect();
        calls.into_iter().collect()
    }

    fn call(&mut self, fields: &Fields<'a, '_>, limit: Option<SimDuration>) -> Option<Call> {
        let names = Rc::clone(&self.dependencies);
        let path = || fields.at("dependency");
        let dependency = self.resolve(fields.text("dependency")?, path, "dependency", &names);
        let timeout = fields.optional("timeout", Fields::duration)?;
        if let (Some(timeout), Some(limit)) = (timeout, limit)
            && timeout > limit
        {
            let message = format!("{timeout} is never reached: `Timeout` ends the run after {limit}");
            self.warning(&fields.at("timeout"), message, "shorten it, or raise `Timeout`");
        }
        Some(Call { dependency: DependencyId(dependency?), timeout, caught: fields.flag("caught")? })
    }
}

fn outage(fields: &Fields<'_, '_>) -> Option<Outage> {
    Some(Outage {
        during: windows(fields)?,
        probability: probability(fields)?,
        fail_after: fields.duration("fail_after")?,
        because: fields.text("because")?.to_owned(),
    })
}

/// To the nearest millionth; the grammar bounds it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=1e6 by the grammar")]
fn factor(fields: &Fields<'_, '_>, key: &str) -> Option<Factor> {
    Some(Factor { ppm: (fields.real(key)? * 1e6 + 0.5) as u64 })
}
