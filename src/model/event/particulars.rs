//! What is true of few events, kept apart so that the others are small.

use super::Event;
use crate::id::EventId;
use crate::model::chain::Lineage;
use crate::model::offer::Caller;
use crate::random::EventKey;
use crate::time::SimTime;

/// What is true of few events: those that were not accepted at once, that come from another event, that the service
/// refused to run, that come after four thousand million others, or that are billed for hours. Kept apart so that the
/// others are small.
#[derive(Clone, Debug)]
pub(in crate::model) struct Particulars {
    /// The upper halves of its numbers.
    pub(in crate::model) beyond: Beyond,
    /// Its size, if it is not what its source sends.
    pub(in crate::model) bytes: Option<u64>,
    pub(in crate::model) parent: Option<EventId>,
    pub(in crate::model) past: Past,
    pub(in crate::model) lineage: Option<Lineage>,
    pub(in crate::model) caller: Caller,
    pub(in crate::model) duplicate_of: Option<EventId>,
    /// From which its request id follows: its own key, or that of the event of which it is a second delivery.
    pub(in crate::model) request: EventKey,
    pub(in crate::model) offered: SimTime,
    /// Offers of it that Lambda refused.
    pub(in crate::model) refusals: u32,
    /// What there is of each beyond what the event's own tally holds.
    pub(in crate::model) more_billed_ms: u64,
    pub(in crate::model) more_system_errors: u32,
    pub(in crate::model) client_errors: u8,
}

impl Particulars {
    /// Nothing particular about `event`.
    pub(in crate::model) fn of_usual(event: &Event) -> Self {
        Self {
            beyond: event.beyond(),
            bytes: None,
            parent: None,
            past: Past::none(event.id(), event.key, event.accepted),
            lineage: None,
            caller: Caller::Source,
            duplicate_of: None,
            request: event.key,
            offered: event.accepted,
            refusals: 0,
            more_billed_ms: 0,
            more_system_errors: 0,
            client_errors: 0,
        }
    }
}

/// The upper halves of an event's numbers in the run and within its source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::model) struct Beyond {
    pub(super) id: u32,
    pub(super) number: u32,
}

/// What an event was before it was sent again, and before that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// The event whose payload it carries; itself if it is none that was sent again.
    pub original: EventId,
    /// How often the payload was sent again.
    pub generation: u16,
    /// The original's key: what follows from the payload follows from it.
    pub payload: EventKey,
    /// When the original was accepted.
    pub first_accepted: SimTime,
}

impl Past {
    /// The past of an event that was not sent again.
    pub(in crate::model) const fn none(event: EventId, key: EventKey, accepted: SimTime) -> Self {
        Self { original: event, generation: 0, payload: key, first_accepted: accepted }
    }

    /// The past of an event that is sent again once more.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { generation: self.generation.saturating_add(1), ..self }
    }
}
