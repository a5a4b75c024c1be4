//! Redrives: what lies in the queues that they read, and who is sent next.
//!
//! A queue keeps what a failed event left in it, as a dead-letter message or a record, for as long as its retention
//! period; both hold the event's payload. A redrive is somebody's script: it reads the messages that lie in the queue
//! when it begins, the oldest first, and invokes a function with each, at a steady rate. Only queues that a redrive
//! reads are kept here, so that memory follows what lies in them.

use super::event::{Event, Past, Route};
use crate::id::{DestinationId, EventId, FunctionId, SourceId};
use crate::random::{EventKey, Purpose};
use crate::scenario::{Redrive, Scenario};
use crate::time::{SimDuration, SimTime};
use std::collections::VecDeque;

/// The queues that redrives read.
#[derive(Clone, Debug)]
pub struct Queues {
    /// By destination.
    queues: Vec<Option<Queue>>,
    /// How far each redrive has come.
    redrives: Vec<Progress>,
}

#[derive(Clone, Debug)]
struct Queue {
    retention: SimDuration,
    /// In order of their delivery.
    messages: VecDeque<Message>,
    /// Messages that have left it, sent or expired: the number of the first in `messages`, counted from the beginning.
    left: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    begun: bool,
    /// It sends messages below this number: those that lay in the queue when it began.
    below: u64,
    sent: u64,
}

/// What a failed event left in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it was delivered.
    pub at: SimTime,
    /// The key of the event that it will become.
    pub key: EventKey,
    /// Where that event comes from.
    pub past: Past,
    /// The event that left it.
    pub parent: EventId,
    /// The first ancestor's source.
    pub source: SourceId,
    /// The first ancestor's number within its source.
    pub number: u64,
    /// The function that failed.
    pub function: FunctionId,
    /// The size of the event.
    pub bytes: u64,
}

/// What a redrive does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It sends this message, and the next after a while if there is one.
    Send(Message, Option<SimDuration>),
    /// Nothing is left that it could send.
    Nothing,
}

impl Message {
    /// What `event`, of so many `bytes`, leaves in a queue on `route`, at `at`.
    pub fn of(event: &Event, bytes: u64, route: Route, at: SimTime) -> Self {
        // Of an event that leaves two copies, each becomes an event with draws of its own.
        let key = EventKey(event.key().draws(Purpose::Redrive, route as u8, 0).word());
        Self {
            at,
            key,
            past: event.past().next(),
            parent: event.id(),
            source: event.source(),
            number: event.number(),
            function: event.function(),
            bytes,
        }
    }
}

impl Queues {
    /// The queues that the redrives of `scenario` read, all empty.
    pub fn new(scenario: &Scenario) -> Self {
        let mut queues = vec![None; scenario.destinations.len()];
        for redrive in &scenario.redrives {
            let retention = scenario.destinations[redrive.from.index()].retention.unwrap_or(SimDuration::MAX);
            queues[redrive.from.index()] = Some(Queue { retention, messages: VecDeque::new(), left: 0 });
        }
        Self { queues, redrives: vec![Progress::default(); scenario.redrives.len()] }
    }

    /// Whether a redrive reads what is delivered to `destination` on `route`. A record of a success is nothing to
    /// run again.
    pub fn keep(&self, destination: DestinationId, route: Route) -> bool {
        route != Route::OnSuccess && self.queues[destination.index()].is_some()
    }

    /// `message` was delivered to `queue`.
    pub fn put(&mut self, queue: DestinationId, message: Message) {
        let queue = self.queues[queue.index()].as_mut().expect("asked before");
        queue.messages.push_back(message);
    }

    /// Takes out of `queue` what is older than its retention period at `now`.
    pub fn expire(&mut self, queue: DestinationId, now: SimTime) -> impl Iterator<Item = Message> + '_ {
        let queue = self.queues[queue.index()].as_mut();
        queue.into_iter().flat_map(move |queue| {
            let old = queue.messages.partition_point(|message| now.since(message.at) > queue.retention);
            queue.left += old as u64;
            queue.messages.drain(..old)
        })
    }

    /// Begins redrive number `index`, unless it has begun: how many messages it will send.
    pub fn begin(&mut self, index: usize, redrive: &Redrive) -> Option<u64> {
        let progress = &mut self.redrives[index];
        if progress.begun {
            return None;
        }
        let queue = self.queues[redrive.from.index()].as_ref().expect("a redrive reads it");
        let there = queue.messages.len() as u64;
        let messages = redrive.max_messages.unwrap_or(u64::MAX).min(there);
        *progress = Progress { begun: true, below: queue.left + messages, sent: 0 };
        Some(messages)
    }

    /// The next step of redrive number `index`, which has begun.
    pub fn step(&mut self, index: usize, redrive: &Redrive) -> Step {
        let progress = &mut self.redrives[index];
        let queue = self.queues[redrive.from.index()].as_mut().expect("a redrive reads it");
        // Another redrive, or the retention period, may have taken what was there when it began; what came since then
        // waits for another.
        let Some(message) = (queue.left < progress.below).then(|| queue.messages.pop_front()).flatten()
        else {
            return Step::Nothing;
        };
        queue.left += 1;
        progress.sent += 1;
        Step::Send(message, (queue.left < progress.below).then_some(redrive.interval))
    }

    /// Messages that redrive number `index` has sent.
    pub fn sent(&self, index: usize) -> u64 {
        self.redrives[index].sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::{idle, queue};

    fn message(id: u64, at: u64) -> Message {
        let past = Past {
            original: EventId(id),
            generation: 1,
            payload: EventKey(id),
            first_accepted: SimTime::ZERO,
        };
        Message {
            at: SimTime::from_secs(at),
            key: EventKey(id),
            past,
            parent: EventId(id),
            source: SourceId(0),
            number: id,
            function: FunctionId(0),
            bytes: 1,
        }
    }

    fn redrive(max_messages: Option<u64>) -> Redrive {
        Redrive {
            from: DestinationId(0),
            to: None,
            at: SimTime::ZERO,
            interval: SimDuration::from_secs(1),
            rate: "1/s".to_owned(),
            max_messages,
            because: String::new(),
        }
    }

    fn queues(redrive: &Redrive, ages: &[u64]) -> Queues {
        let mut scenario = idle();
        scenario.destinations = vec![queue("dlq"), queue("other")];
        scenario.destinations[0].retention = Some(SimDuration::from_secs(60));
        scenario.redrives = vec![redrive.clone(), redrive.clone()];
        let mut queues = Queues::new(&scenario);
        for (id, at) in (1..).zip(ages) {
            queues.put(DestinationId(0), message(id, *at));
        }
        queues
    }

    #[test]
    fn only_failures_in_queues_that_are_read_are_kept() {
        let queues = queues(&redrive(None), &[]);
        assert!(queues.keep(DestinationId(0), Route::DeadLetterQueue));
        assert!(queues.keep(DestinationId(0), Route::OnFailure));
        assert!(!queues.keep(DestinationId(0), Route::OnSuccess));
        assert!(!queues.keep(DestinationId(1), Route::DeadLetterQueue));
    }

    #[test]
    fn messages_live_as_long_as_the_retention_period() {
        let mut queues = queues(&redrive(None), &[0, 10, 20]);
        let expired = |queues: &mut Queues, now| {
            queues
                .expire(DestinationId(0), SimTime::from_secs(now))
                .map(|message| message.number)
                .collect::<Vec<_>>()
        };
        assert_eq!(expired(&mut queues, 60), [0; 0]);
        assert_eq!(expired(&mut queues, 75), [1, 2]);
        assert_eq!(expired(&mut queues, 75), [0; 0]);
    }

    #[test]
    fn a_redrive_takes_what_lies_there_when_it_begins_the_oldest_first() {
        let redrive = redrive(None);
        let mut queues = queues(&redrive, &[1, 2]);
        assert_eq!(queues.begin(0, &redrive), Some(2));
        queues.put(DestinationId(0), message(3, 3));
        assert_eq!(queues.begin(0, &redrive), None, "it begins once");
        assert_eq!(queues.step(0, &redrive), Step::Send(message(1, 1), Some(SimDuration::from_secs(1))));
        assert_eq!(queues.step(0, &redrive), Step::Send(message(2, 2), None));
        assert_eq!(queues.step(0, &redrive), Step::Nothing);
        assert_eq!(queues.sent(0), 2);
    }

    /// Found by the twin: what expired in the meantime was made up for by what came since.
    #[test]
    fn what_comes_after_a_redrive_began_is_not_sent_by_it_even_if_others_expired() {
        let redrive = redrive(None);
        let mut queues = queues(&redrive, &[1, 2, 3]);
        assert_eq!(queues.begin(0, &redrive), Some(3));
        queues.put(DestinationId(0), message(4, 50));
        assert_eq!(queues.step(0, &redrive), Step::Send(message(1, 1), Some(SimDuration::from_secs(1))));
        assert_eq!(queues.expire(DestinationId(0), SimTime::from_secs(70)).count(), 2);
        assert_eq!(queues.step(0, &redrive), Step::Nothing);
    }

    #[test]
    fn two_redrives_at_a_time_share_the_queue() {
        let (first, second) = (redrive(None), redrive(Some(1)));
        let mut queues = queues(&first, &[1, 2]);
        assert_eq!(queues.begin(0, &first), Some(2));
        assert_eq!(queues.begin(1, &second), Some(1));
        assert_eq!(queues.step(1, &second), Step::Send(message(1, 1), None));
        assert_eq!(queues.step(0, &first), Step::Send(message(2, 2), None));
        assert_eq!(queues.step(0, &first), Step::Nothing);
    }
}
