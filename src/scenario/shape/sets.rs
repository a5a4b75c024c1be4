//! The settings that a change sets: an object whose keys are paths of other settings, each with a value that is held
//! against the shape of the setting it names.

use super::scalar::Refusal;
use super::walker::Walker;
use super::{Choice, Default, Field, Pair, Record, Resolved, Shape, join};
use crate::scenario::change;
use crate::scenario::document::{Entry, Node, Value};
use crate::scenario::grammar;
use crate::scenario::problem::{did_you_mean, quoted};
use crate::scenario::set::{self, Step};
use std::borrow::Cow;

/// What a path leads to.
struct Target {
    /// The path in its canonical spelling.
    path: String,
    shape: &'static Shape,
    field: Option<&'static Field>,
}

impl<'t> Walker<'t> {
    /// `null` takes a setting away.
    pub(super) fn sets(&mut self, node: &Node<'t>) -> Resolved<'t> {
        let Value::Object(entries) = &node.value else {
            return self.wrong_kind(node, "an object with paths of settings as keys");
        };
        self.refuse_duplicates(entries);
        if entries.is_empty() {
            self.error(node.place, "nothing is set").hint =
                Some("write e.g. `{ \"functions.ship.ReservedConcurrentExecutions\": 40 }`".to_owned());
        }
        let mut resolved: Vec<Pair<'t>> = Vec::new();
        for entry in entries {
            if let Some((path, value)) = self.set(entry)
                && resolved.iter().all(|(known, _)| *known != path)
            {
                resolved.push((Cow::Owned(path), value));
            }
        }
        Resolved::Object(resolved.into())
    }

    fn set(&mut self, entry: &Entry<'t>) -> Option<(String, Resolved<'t>)> {
        match target(&entry.key) {
            Ok(target) => {
                let outer = self.about;
                if let Some(field) = target.field {
                    self.about = (field.doc, field.source);
                }
                if target.path != entry.key {
                    self.respelled.insert(join(&self.path(), &target.path), entry.node.place);
                }
                let key = Cow::Owned(target.path.clone());
                let value = self.inside(key, |walker| walker.set_value(&target, &entry.node));
                self.about = outer;
                Some((target.path, value))
            }
            Err((message, hint)) => {
                self.inside(entry.key.clone(), |walker| {
                    let problem = walker.error(entry.key_place, message);
                    problem.hint = (!hint.is_empty()).then_some(hint);
                });
                None
            }
        }
    }

    fn set_value(&mut self, target: &Target, node: &Node<'t>) -> Resolved<'t> {
        if node.value != Value::Null {
            return self.walk(target.shape, node);
        }
        if target.field.is_none_or(|field| matches!(field.default, Default::Required)) {
            self.error(node.place, "cannot be taken away").hint = Some("give a value".to_owned());
        }
        self.setting(|| "null".to_owned(), self.given);
        Resolved::Null
    }
}

/// The setting at `path`, if there is one and it may change during a run.
fn target(path: &str) -> Result<Target, Refusal> {
    let steps = set::steps(path).ok_or_else(|| {
        (format!("{} is not a path", quoted(path)), "write e.g. `functions.ship.Timeout`".to_owned())
    })?;
    let mut target = Target { path: String::new(), shape: &grammar::SCENARIO, field: None };
    let mut pattern = String::new();
    for step in &steps {
        let Step::Key(key) = step else {
            return Err((
                format!("{} leads into a list", quoted(path)),
                "set the list as a whole".to_owned(),
            ));
        };
        let mut generic = key.as_str();
        (target.shape, target.field) = match inner(target.shape) {
            Shape::Record(Record { fields }) => {
                let found = fields.iter().find(|field| field.key == key);
                let field = found.ok_or_else(|| unknown(key, fields.iter().map(|field| field.key)))?;
                (&field.shape, Some(field))
            }
            Shape::Map { of, .. } => {
                generic = "*";
                (*of, None)
            }
            Shape::OneOf(Choice { variants, .. }) => {
                let found = variants.iter().find(|variant| variant.key == key);
                let variant =
                    found.ok_or_else(|| unknown(key, variants.iter().map(|variant| variant.key)))?;
                (&variant.shape, None)
            }
            _ => return Err((format!("{} has no parts", quoted(&target.path)), String::new())),
        };
        target.path = join(&target.path, key);
        pattern = join(&pattern, generic);
    }
    match change::effect(&pattern) {
        Ok(_) => Ok(target),
        Err(reason) => Err(fixed(&target.path, reason)),
    }
}

fn inner(shape: &'static Shape) -> &'static Shape {
    match shape {
        Shape::Named { shape, .. } => shape(),
        shape => shape,
    }
}

fn unknown(key: &str, known: impl Iterator<Item = &'static str> + Clone) -> Refusal {
    let hint = match did_you_mean(key, known.clone()) {
        Some(guess) => format!("did you mean `{guess}`?"),
        None => format!("known keys: {}", known.collect::<Vec<_>>().join(", ")),
    };
    (format!("there is no setting {}", quoted(key)), hint)
}

fn fixed(path: &str, reason: &str) -> Refusal {
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    (
        format!("{} cannot change during a run{why}", quoted(path)),
        format!("what can change: {}", change::changeable()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_setting_that_may_change_or_is_refused_with_a_reason() {
        let fine = [
            ("functions.ship.Timeout", "functions.ship.Timeout"),
            (r#"functions["ship"].EventInvokeConfig"#, "functions.ship.EventInvokeConfig"),
            (
                "functions.a.EventInvokeConfig.MaximumRetryAttempts",
                "functions.a.EventInvokeConfig.MaximumRetryAttempts",
            ),
            ("functions.a.DeadLetterConfig.TargetArn", "functions.a.DeadLetterConfig.TargetArn"),
            ("account.concurrency", "account.concurrency"),
        ];
        for (path, canonical) in fine {
            let found = target(path).unwrap_or_else(|refusal| panic!("{path}: {refusal:?}"));
            assert_eq!(found.path, canonical);
        }
        let refused = [
            ("", "is not a path", "write e.g."),
            ("function.ship.Timeout", "no setting `function`", "did you mean `functions`?"),
            ("functions.ship.timeout", "no setting `timeout`", "did you mean `Timeout`?"),
            ("functions.ship.cheese", "no setting `cheese`", "known keys: "),
            (
                "functions.ship.MemorySize",
                "cannot change during a run: a function has one price",
                "what can change",
            ),
            ("functions.ship", "cannot change during a run", "what can change"),
            ("sources.orders.to", "cannot change during a run: a source has `from`", "what can change"),
            ("functions.ship.failures[0]", "leads into a list", "as a whole"),
            ("functions.ship.Timeout.more", "has no parts", ""),
        ];
        for (path, message, hint) in refused {
            let (found, advice) = target(path).err().unwrap_or_else(|| panic!("{path} is refused"));
            assert!(found.contains(message) && advice.contains(hint), "{path}: {found} / {advice}");
        }
    }
}
