//! Expectations: their texts are taken apart, and where they stand in the file is kept for whoever knows the metrics.

use super::Lowering;
use super::fields::Fields;
use crate::scenario::Expectation;
use crate::scenario::expectation::{Flaw, Written};
use crate::scenario::shape::{FROM_SET, Origin};

impl<'a> Lowering<'a> {
    pub(super) fn expectations(&mut self, root: &Fields<'a, '_>) -> Option<Vec<Expectation>> {
        let elements = root.elements("expect");
        let all: Vec<_> = elements.iter().map(|element| self.expectation(element)).collect();
        // Where nothing was given there is nothing wrong; a `null` has been reported.
        root.has("expect").then_some(())?;
        all.into_iter().collect()
    }

    fn expectation(&mut self, element: &Fields<'a, '_>) -> Option<Expectation> {
        let text = element.value.text()?;
        let literal = match self.spans.origin(&element.path()) {
            Origin::File(span) => Some(span),
            Origin::Set | Origin::Default => None,
        };
        let written = Written::new(&element.path(), literal, self.text);
        let found = Expectation::parse(text);
        let told = |flaw: &Flaw| {
            let mut problem = written.problem(flaw);
            if problem.span.is_none() {
                problem.message.push_str(FROM_SET);
            }
            problem
        };
        self.problems.extend(found.as_ref().err().into_iter().flatten().map(told));
        self.written.push(written);
        found.ok()
    }
}
