//! A source of events: who calls which function, and when.

use super::caller::CallerRetry;
use crate::id::FunctionId;
use crate::time::SimDuration;
use crate::time::SimTime;

/// The most events that a scenario may be expected to send: enough for years of traffic, and days of computing.
pub(super) const MAX_EVENTS: u64 = 10_000_000_000;

/// A source of events.
#[derive(Clone, Debug)]
pub struct Source {
    /// The source's name; its draws follow from it.
    pub name: String,
    /// What it invokes.
    pub to: Targets,
    /// Whether the caller waits.
    pub invocation: InvocationType,
    /// Who calls.
    pub kind: SourceKind,
    /// How it comes again when Lambda does not accept an event (or refuses a call); `None` if it does not.
    pub retry: Option<CallerRetry>,
    /// The size of one event in bytes.
    pub payload_bytes: u64,
    /// Nothing is sent before this instant.
    pub from: SimTime,
    /// Nothing is sent at or after this instant.
    pub until: Option<SimTime>,
    /// At most this many events are sent.
    pub max_events: Option<u64>,
    /// When events are sent.
    pub arrivals: Arrivals,
    /// How long the runs of each event take, by the recording that the arrivals come from.
    pub recorded_durations: Option<std::sync::Arc<[SimDuration]>>,
}

/// The functions that a source invokes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// One function: the source's events are its events.
    One(FunctionId),
    /// Each of these functions, ascending by name and different: one event per function for each of the source's. The
    /// draws of each follow from the function's name as well, so that the list may grow without moving any.
    Each(Vec<FunctionId>),
}

impl Targets {
    /// The functions, ascending.
    pub fn functions(&self) -> &[FunctionId] {
        match self {
            Self::One(function) => std::slice::from_ref(function),
            Self::Each(functions) => functions,
        }
    }
}

/// `InvocationType` of AWS's Invoke call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocationType {
    /// `Event`: Lambda queues the event and answers 202.
    Event,
    /// `RequestResponse`: the caller waits and gets errors and throttles back; a running call holds a slot.
    RequestResponse,
}

/// Who calls a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// An SDK or CLI caller.
    Direct,
    /// Amazon S3 event notifications.
    S3,
    /// An Amazon SNS topic.
    Sns,
    /// An Amazon EventBridge rule.
    EventBridge,
}

/// When the events of a source arrive, relative to the source's `from`.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// One event every interval, the first at `from`.
    Constant {
        /// The interval; positive.
        interval: SimDuration,
    },
    /// A Poisson process whose rate is piecewise linear in time.
    Poisson(RateCurve),
    /// Evenly spaced arrivals at a piecewise linear rate: event k where the integrated rate reaches
    /// k − 1/2.
    Even(RateCurve),
    /// At given instants, ascending: explicit times and recorded traces.
    Times(std::sync::Arc<[SimTime]>),
    /// Recorded counts per period; each event of a period falls at a random instant in it, or evenly spaced.
    Counts {
        /// The length of each period; positive.
        period: SimDuration,
        /// Events in each period.
        counts: std::sync::Arc<[u32]>,
        /// Whether the events of a period are spaced evenly rather than at random.
        even: bool,
    },
}

/// A rate of events per second that is linear within each segment; zero before the first and, unless the last
/// segment is endless, after the last.
#[derive(Clone, Debug, PartialEq)]
pub struct RateCurve {
    /// The segments in order of time, without gaps.
    pub segments: Vec<RateSegment>,
}

/// One linear piece of a [`RateCurve`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateSegment {
    /// Where the piece begins, relative to the source's `from`.
    pub start: SimTime,
    /// Where it ends; `None` for an endless last piece, whose rate is constant.
    pub end: Option<SimTime>,
    /// Events per second at its beginning; finite, not negative.
    pub start_rate: f64,
    /// Events per second at its end.
    pub end_rate: f64,
}
