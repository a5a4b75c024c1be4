//! What lies in queues, and who sends it again.

use super::{EventKey, FunctionId, Message, Purpose, REDRIVE, Twin};
use thirdtry::id::DestinationId;

impl Twin<'_> {
    /// Messages that have lain in their queue for longer than it keeps them are gone.
    pub(super) fn expire(&mut self, queue: DestinationId) {
        let Some(retention) = self.scenario.destinations[queue.index()].retention else { return };
        for message in &mut self.messages {
            if message.queue == queue && !message.gone && self.now - message.at > retention.as_nanos() {
                message.gone = true;
                let original = self.events[message.event].past.original + 1;
                let (event, queue) = (message.event + 1, queue.index());
                self.lines.push(format!("{} message {event} of {original} expired in {queue}", self.now));
            }
        }
    }

    /// A redrive takes what lies in its queue when it begins, and sends one after the other, the oldest first.
    pub(super) fn redrive(&mut self, position: usize) {
        let redrive = &self.scenario.redrives[position];
        self.expire(redrive.from);
        if self.redrives[position].is_none() {
            let lies_there =
                |at: &usize| self.messages[*at].queue == redrive.from && !self.messages[*at].gone;
            let mut all: Vec<usize> = (0..self.messages.len()).filter(lies_there).collect();
            all.truncate(redrive.max_messages.map_or(usize::MAX, |most| usize::try_from(most).expect("few")));
            self.lines.push(format!("{} redrive {position} of {} began", self.now, all.len()));
            self.redrives[position] = Some((all, 0));
        }
        let (all, sent) = self.redrives[position].as_mut().expect("it has begun");
        // Another redrive may have sent it, or its time was over.
        all.retain(|at| !self.messages[*at].gone);
        if !all.is_empty() {
            *sent += 1;
            let message = all.remove(0);
            let more = !all.is_empty();
            self.send_again(message, redrive.to);
            if more {
                return self.schedule(self.now + redrive.interval.as_nanos(), REDRIVE, position, 0);
            }
        }
        let sent = self.redrives[position].as_ref().expect("it has begun").1;
        self.lines.push(format!("{} redrive {position} of {sent} ended", self.now));
    }

    fn send_again(&mut self, message: usize, to: Option<FunctionId>) {
        self.messages[message].gone = true;
        let Message { event, route, .. } = self.messages[message];
        let about = &self.events[event];
        let ordinal = u8::try_from(route).expect("three routes");
        let key = EventKey(about.key.draws(Purpose::Redrive, ordinal, 0).word());
        let (past, function) = (about.past, to.unwrap_or(about.function));
        let new = self.enter(key, about.source, about.number, event + 1, function, about.bytes, false);
        self.events[new].past = past;
        self.enqueue(new);
    }
}
