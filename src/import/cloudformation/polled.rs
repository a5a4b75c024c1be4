//! Queues that Lambda polls: no asynchronous invocations, but where one is set up so that its messages run twice,
//! that is said.

use super::super::tree::{Node, Value};
use super::stack::Stack;
use super::template::Resource;

/// "Set the source queue's visibility timeout to at least six times the function timeout":
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>.
const ADVISED: u64 = 6;
/// `VisibilityTimeout` where none is given, in seconds:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>.
const DEFAULT_VISIBILITY: u64 = 30;
/// `Timeout` where none is given, in seconds.
const DEFAULT_TIMEOUT: u64 = 3;

impl<'t> Stack<'t> {
    /// Says so if `function` polls `queue`, at `line` of `resource`, and a message may come back while its run goes on.
    pub(super) fn note_visibility(
        &mut self,
        resource: Resource<'t>,
        line: usize,
        queue: Option<&Node>,
        function: &str,
    ) {
        let Some(queue) = queue.and_then(|node| self.queue_behind(node)) else { return };
        let visibility = self.template.property(queue, &["VisibilityTimeout"]);
        let visibility = self.settings(queue).integer("VisibilityTimeout", visibility.as_ref());
        let visibility = visibility.map_or(DEFAULT_VISIBILITY, |set| set.value);
        let timeout = self.known(function).and_then(|function| function.timeout.as_ref());
        let timeout = timeout.map_or(DEFAULT_TIMEOUT, |set| set.value);
        if let Some(text) = too_short(&self.name_of(queue.id), visibility, function, timeout) {
            self.settings(resource).ignored(line, text);
        }
    }

    fn queue_behind(&self, node: &Node) -> Option<Resource<'t>> {
        let found = match &node.value {
            Value::Reference(reference) => self.template.resource(&reference.to),
            Value::Text(text) => self.by_physical_name(text),
            _ => None,
        };
        found.filter(|resource| resource.kind == "AWS::SQS::Queue")
    }
}

/// What is wrong with how long `queue` hides a message that `function` works on.
fn too_short(queue: &str, visibility: u64, function: &str, timeout: u64) -> Option<String> {
    let advised = timeout.saturating_mul(ADVISED);
    let what = if visibility < timeout {
        "a message comes back while its run still goes on, and runs twice"
    } else if visibility < advised {
        "a message whose run is throttled for a while may come back and run twice"
    } else {
        return None;
    };
    Some(format!(
        "the queue {queue} hides a message for {visibility} s (VisibilityTimeout), Timeout of {function} is {timeout} s: {what}; \
         AWS advises {ADVISED} times Timeout, {advised} s, or more"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_times_the_timeout_is_enough() {
        let said = |visibility, timeout| too_short("q", visibility, "f", timeout);
        assert!(said(30, 60).is_some_and(|text| text.contains("runs twice") && text.contains("360 s")));
        assert!(said(30, 30).is_some_and(|text| text.contains("is throttled") && text.contains("180 s")));
        assert_eq!(said(30, 5), None);
        assert!(said(43_200, u64::MAX).is_some());
    }
}
