//! Before acceptance: the front door, and callers who come again.
//!
//! ```text
//!  caller ──offer──> front door ──202──> accepted: Lambda's business alone from here on
//!            ↑            └──429, 5xx──> waits as its kind of caller does ──> gives up: never accepted
//!            └───────────────────────────────┘
//! ```
//!
//! Programs that call Lambda asynchronously share a request rate of 10 times the Region's concurrency quota per second;
//! AWS services are accepted without such a limit
//! (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>). What is refused is no event to Lambda:
//! no metric counts it, no route keeps it. An event that is accepted when it is first offered costs nothing here.

#![expect(clippy::inline_always, reason = "what every event goes through, at one place of the loop")]

use super::event::{Event, Stage};
use super::observation::{Again, AttemptOutcome, Next, Observation, Observer, Offer, Refusal};
use super::rate::TokenBucket;
use super::rule::Rule;
use super::service::{Service, Stay};
use super::settlement::close;
use super::{Arrived, Model, report};
use crate::engine::slab::Slot;
use crate::id::FunctionId;
use crate::random::{EventKey, Purpose};
use crate::scenario::{
    Account, CallerRetry, ClientRetry, FaultKind, Jitter, Scenario, ServiceRetry, SourceKind,
};
use crate::time::{SimDuration, SimTime};

/// Who offers an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Its source.
    Source,
    /// A topic to which its function subscribes.
    Sns,
    /// A rule of a bus whose target its function is.
    EventBridge,
}

impl Caller {
    /// How it comes again, in the name of the source `retry` of which is given.
    fn retry(self, source: Option<CallerRetry>) -> Option<CallerRetry> {
        match self {
            Self::Source => source,
            Self::Sns => Some(CallerRetry::Sns),
            Self::EventBridge => Some(CallerRetry::Exponential(ServiceRetry::EVENTBRIDGE)),
        }
    }
}

/// The request rate of asynchronous callers that are no AWS service.
#[derive(Clone, Debug)]
pub(super) struct FrontDoor {
    rate: TokenBucket,
    limited: bool,
}

impl FrontDoor {
    pub(super) fn new(account: &Account) -> Self {
        let per_second = account.requests_per_second(account.concurrency);
        Self { rate: TokenBucket::new(per_second, per_second), limited: per_second > 0 }
    }

    /// The account's quota is another from `now` on.
    pub(super) fn configure(&mut self, account: &Account, now: SimTime) {
        let per_second = account.requests_per_second(account.concurrency);
        self.rate.resize(per_second, per_second, now);
        self.limited = per_second > 0;
    }

    /// Whether one more request passes.
    fn admits(&mut self, now: SimTime) -> bool {
        if !self.limited {
            return true;
        }
        let passes = self.rate.has_token(now);
        if passes {
            self.rate.take();
        }
        passes
    }
}

impl Model<'_> {
    /// The subscriber of a topic or bus is offered an event.
    #[inline(never)]
    pub(super) fn offer_to_subscriber(
        &mut self,
        arrived: Arrived,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        self.offer(arrived, now, observer);
    }

    /// An event is offered for the first time.
    #[inline(always)]
    pub(super) fn offer(&mut self, arrived: Arrived, now: SimTime, observer: &mut impl Observer) {
        match self.refusal_of_first(&arrived, now) {
            None => {
                let slot = self.admit_to_system(arrived, now, Stage::Queued { due: now });
                self.accepted(slot, now, observer);
            }
            Some(refusal) => self.refuse_first_offer(arrived, refusal, now, observer),
        }
    }

    /// Why the first offer of an event is refused.
    #[inline(always)]
    pub(super) fn refusal_of_first(&mut self, arrived: &Arrived, now: SimTime) -> Option<Refusal> {
        self.refusal(arrived.key, arrived.function, self.is_limited(arrived), 1, now)
    }

    #[inline(never)]
    pub(super) fn refuse_first_offer(
        &mut self,
        arrived: Arrived,
        refusal: Refusal,
        now: SimTime,
        observer: &mut impl Observer,
    ) {
        let slot = self.admit_to_system(arrived, now, Stage::Offered { due: now });
        self.refuse_offer(slot, refusal, now, observer);
    }

    /// Whether the caller meets the request rate: a program, not a service.
    fn is_limited(&self, arrived: &Arrived) -> bool {
        arrived.caller() == Caller::Source
            && self.scenario.sources[arrived.source.index()].kind == SourceKind::Direct
    }

    /// Why offer `number` of an event is refused. A fault comes first: then the request rate is not asked.
    #[inline(always)]
    fn refusal(
        &mut self,
        key: EventKey,
        function: FunctionId,
        limited: bool,
        number: u32,
        now: SimTime,
    ) -> Option<Refusal> {
        if !self.scenario.faults.is_empty()
            && let Some(status) = front_door_fault(self.scenario, key, function, number, now)
        {
            return Some(Refusal::SystemError { status });
        }
        (limited && !self.front_door.admits(now)).then_some(Refusal::CallerRateLimitExceeded)
    }

    /// Why Lambda's front door would not take an outcome that is delivered to a Lambda destination.
    pub(super) fn refused_delivery(&self, key: EventKey, function: FunctionId, now: SimTime) -> bool {
        front_door_fault(self.scenario, key, function, 1, now).is_some()
    }

    /// A caller comes again: with an event that was never accepted, or with a synchronous call.
    #[inline(never)]
    pub(super) fn on_offer(&mut self, slot: Slot, now: SimTime, observer: &mut impl Observer) {
        let event = self.events.get(slot);
        if !matches!(event.stage(), Stage::Offered { .. }) {
            return self.visit(slot, |service, event| service.attempt_anew(slot, event, now, observer));
        }
        let limited = event.caller() == Caller::Source
            && self.scenario.sources[event.source.index()].kind == SourceKind::Direct;
        let (key, function, number) = (event.key, event.function, event.refusals() + 1);
        match self.refusal(key, function, limited, number, now) {
            None => {
                let first = self.tracing.is_first(function, now);
                self.events.get_mut(slot).accept_at(now, first);
                self.accepted(slot, now, observer);
            }
            Some(refusal) => self.refuse_offer(slot, refusal, now, observer),
        }
    }

    #[inline(never)]
    fn refuse_offer(&mut self, slot: Slot, refusal: Refusal, now: SimTime, observer: &mut impl Observer) {
        let scenario = self.scenario;
        self.visit(slot, |service, event| {
            event.particulars_mut().refusals += 1;
            let (refusals, offered) = (event.refusals(), event.offered());
            let word = event.key.draws(Purpose::OfferJitter, 0, refusals).word();
            let jitter = scenario.timing.offer_jitter;
            let next = event
                .caller()
                .retry(scenario.sources[event.source.index()].retry)
                .and_then(|retry| again(retry, refusals, offered, now, jitter, word));
            event.set_stage(next.map_or(Stage::NeverAccepted, |next| Stage::Offered { due: next.due }));
            let what = Observation::OfferRefused(Offer { number: refusals, refusal, next });
            report(event, now, what, observer);
            match next {
                Some(Again { due, .. }) => {
                    service.schedule_offer(slot, event, due);
                    Stay::On
                }
                None => close(event, now, observer),
            }
        });
    }
}

impl Service<'_> {
    /// What follows when a synchronous call got `outcome` instead of a run: its caller may make it again.
    pub(super) fn after_refused_call(&self, event: &Event, outcome: AttemptOutcome, now: SimTime) -> Next {
        let retry = self.scenario.sources[event.source.index()].retry;
        let word = event.key.draws(Purpose::OfferJitter, 0, event.attempts()).word();
        let refused = matches!(outcome, AttemptOutcome::Throttled(_) | AttemptOutcome::SystemError { .. });
        let next = retry.filter(|_| refused).and_then(|retry| {
            again(retry, event.attempts(), event.offered(), now, self.scenario.timing.offer_jitter, word)
        });
        match next {
            Some(Again { due, nominal, rule }) => Next::Retry { due, nominal, rule },
            None => Next::Return,
        }
    }
}

/// The status with which the first front-door fault that strikes offer `number` refuses it.
fn front_door_fault(
    scenario: &Scenario,
    key: EventKey,
    function: FunctionId,
    number: u32,
    now: SimTime,
) -> Option<u16> {
    scenario.faults.iter().find_map(|fault| {
        let FaultKind::FrontDoor { status } = fault.kind else { return None };
        let concerned = fault.function.is_none_or(|concerned| concerned == function);
        let word = || key.draws(Purpose::OfferFault, fault.ordinal, number).word();
        (concerned && fault.during.contain(now) && fault.probability.strikes(word())).then_some(status)
    })
}

/// When a caller comes again whose offer was refused for the `refused`-th time; `None` if it gives up.
pub fn again(
    retry: CallerRetry,
    refused: u32,
    offered: SimTime,
    now: SimTime,
    jitter: Jitter,
    word: u64,
) -> Option<Again> {
    match retry {
        CallerRetry::Client(client) => after_client(client, refused, now, word),
        CallerRetry::Sns => {
            let nominal = sns_wait(refused)?;
            let wait = super::retry::jittered(nominal, jitter, word);
            Some(Again { due: now + wait, nominal, rule: Rule::SnsRetry })
        }
        CallerRetry::Exponential(service) => {
            let nominal = doubled(service.base, refused).min(service.cap);
            let wait = super::retry::jittered(nominal, jitter, word);
            let due = now + wait;
            let allowed = refused <= service.max_retries && due.since(offered) <= service.max_age;
            allowed.then_some(Again { due, nominal, rule: Rule::ServiceRetry })
        }
    }
}

fn after_client(client: ClientRetry, refused: u32, now: SimTime, word: u64) -> Option<Again> {
    if refused >= client.max_attempts {
        return None;
    }
    let nominal = doubled(client.base, refused).min(client.cap);
    let wait = if client.full_jitter {
        let nanos = (u128::from(nominal.as_nanos()) * u128::from(word)) >> 64;
        SimDuration::from_nanos(u64::try_from(nanos).expect("at most the nominal wait"))
    } else {
        nominal
    };
    Some(Again { due: now + wait, nominal, rule: Rule::ClientRetry })
}

/// `base` × 2^(`refused` − 1).
fn doubled(base: SimDuration, refused: u32) -> SimDuration {
    base.saturating_mul(2_u64.saturating_pow(refused - 1))
}

/// The wait of Amazon SNS before retry number `refused`: 3 without delay, 2 after a second each, 10 in an exponential
/// back-off from 1 to 20 seconds, 100 000 every 20 seconds. The ten steps are 20^(k/9) s, to the millisecond.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>
fn sns_wait(refused: u32) -> Option<SimDuration> {
    const BACKOFF_MS: [u64; 10] = [1_000, 1_395, 1_946, 2_714, 3_786, 5_282, 7_368, 10_278, 14_337, 20_000];
    let millis = match refused {
        0..=3 => 0,
        4..=5 => 1_000,
        6..=15 => BACKOFF_MS[refused as usize - 6],
        16..=100_015 => 20_000,
        _ => return None,
    };
    Some(SimDuration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_JITTER: Jitter = Jitter { ppm: 0 };

    /// The nominal waits after each refusal, in milliseconds, until the caller gives up or `most` are listed.
    fn waits(retry: CallerRetry, most: usize) -> Vec<u64> {
        let mut now = SimTime::ZERO;
        let mut found = Vec::new();
        for refused in 1.. {
            match again(retry, refused, SimTime::ZERO, now, NO_JITTER, 0) {
                Some(next) if found.len() < most => {
                    found.push(next.nominal.as_millis());
                    now = next.due;
                }
                _ => break,
            }
        }
        found
    }

    #[test]
    fn sns_comes_again_in_four_phases() {
        let waits = waits(CallerRetry::Sns, usize::MAX);
        assert_eq!(waits.len(), 100_015);
        assert_eq!(waits[..8], [0, 0, 0, 1_000, 1_000, 1_000, 1_395, 1_946]);
        assert_eq!(waits[14..17], [20_000, 20_000, 20_000]);
        let days = waits.iter().sum::<u64>() / 86_400_000;
        assert_eq!(days, 23);
    }

    #[test]
    fn eventbridge_gives_up_after_its_retries_or_its_time() {
        let rule = ServiceRetry::EVENTBRIDGE;
        let all = waits(CallerRetry::Exponential(rule), usize::MAX);
        assert_eq!(all.len(), 185);
        assert_eq!(
            all[..10],
            [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 480_000]
        );
        let few = ServiceRetry { max_retries: 2, ..rule };
        assert_eq!(waits(CallerRetry::Exponential(few), usize::MAX), [1_000, 2_000]);
        let short = ServiceRetry { max_age: SimDuration::from_secs(60), ..rule };
        assert_eq!(waits(CallerRetry::Exponential(short), usize::MAX), [1_000, 2_000, 4_000, 8_000, 16_000]);
        let none = ServiceRetry { max_retries: 0, ..rule };
        assert!(waits(CallerRetry::Exponential(none), usize::MAX).is_empty());
    }

    #[test]
    fn an_sdk_waits_up_to_twice_as_long_each_time() {
        let client = |max_attempts, full_jitter| {
            let (base, cap) = (SimDuration::from_secs(1), SimDuration::from_secs(20));
            CallerRetry::Client(ClientRetry { max_attempts, base, cap, full_jitter })
        };
        assert_eq!(waits(client(3, false), usize::MAX), [1_000, 2_000]);
        assert_eq!(waits(client(8, false), usize::MAX), [1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
        assert!(waits(client(1, false), usize::MAX).is_empty());
        let due =
            |word| again(client(3, true), 2, SimTime::ZERO, SimTime::ZERO, NO_JITTER, word).unwrap().due;
        assert_eq!(due(0), SimTime::ZERO);
        assert_eq!(due(1 << 63), SimTime::from_secs(1));
        assert!(due(u64::MAX) < SimTime::from_secs(2));
    }
}
