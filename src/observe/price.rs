//! What is paid for, and what it costs.
//!
//! [`Spend`] counts what AWS bills in whole units: requests, megabyte-milliseconds, chunks of messages. [`Money`] is
//! their price at a price list: an exact integer, rounded once when it is written. Sums of either are exact, and their
//! order does not matter.

use super::decimal::{Decimal, divide_half_up};
use crate::scenario::{Architecture, DestinationKind, Function, Prices};

/// MB-milliseconds in one GB-second.
const MB_MILLIS_PER_GB_SECOND: u128 = 1_024 * 1_000;
/// Prices of requests and messages are for so many.
const MILLION: u128 = 1_000_000;
/// What AWS gives away each month: requests, and GB-seconds on demand of both architectures together
/// (<https://aws.amazon.com/lambda/pricing/>).
const FREE_REQUESTS: u128 = 1_000_000;
const FREE_GB_SECONDS: u128 = 400_000;

/// An amount of money: an integer of pico-dollars ÷ (MB-milliseconds in a GB-second × a million), so that the price of
/// every unit is one. It ends at about 10^20 dollars: more than that is shown as that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money {
    parts: u128,
}

impl Money {
    const PARTS_PER_PICO: u128 = MB_MILLIS_PER_GB_SECOND * MILLION;

    /// `count` at `price` pico-dollars a million.
    const fn of_million(price: u64, count: u128) -> Self {
        Self::at_most((price as u128 * MB_MILLIS_PER_GB_SECOND).saturating_mul(count))
    }

    /// `mb_millis` at `price` pico-dollars a GB-second.
    const fn of_gb_second(price: u64, mb_millis: u128) -> Self {
        Self::at_most((price as u128 * MILLION).saturating_mul(mb_millis))
    }

    /// A price list may ask for anything; what is beyond all money must not end a run.
    const fn at_most(parts: u128) -> Self {
        const MOST: u128 = u128::MAX / 2;
        Self { parts: if parts < MOST { parts } else { MOST } }
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self::at_most(self.parts.saturating_add(other.parts))
    }

    /// So many times that much.
    #[must_use]
    const fn times(self, count: u64) -> Self {
        Self::at_most(self.parts.saturating_mul(count as u128))
    }

    /// Pico-dollars, rounded half up once.
    #[expect(clippy::cast_possible_truncation, reason = "both are known to fit")]
    pub const fn pico_usd(self) -> u128 {
        // What one event costs fits into a register, where division is many times quicker.
        const HALF: u64 = Money::PARTS_PER_PICO as u64 / 2;
        const MOST: u128 = (u64::MAX - HALF) as u128;
        if self.parts <= MOST {
            ((self.parts as u64 + HALF) / Self::PARTS_PER_PICO as u64) as u128
        } else {
            divide_half_up(self.parts, Self::PARTS_PER_PICO)
        }
    }

    /// US dollars with twelve places.
    pub const fn usd(self) -> Decimal {
        Decimal::new(self.pico_usd(), 12)
    }
}

/// What runs of one function cost at the price of the first tier: as [`Spend::money`], with one price for each unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunPrices {
    /// The next two, if they are small.
    small: Option<(u64, u64)>,
    request: Money,
    on_demand_ms: Money,
    on_provisioned_ms: Money,
    charge_payload: bool,
    payload_included: u64,
    payload_chunk: u64,
}

impl RunPrices {
    pub(super) fn of(function: &Function, prices: &Prices) -> Self {
        let compute = prices.compute(function.architecture);
        let memory = function.memory_mb.into();
        let request = Money::of_million(prices.million_requests, 1);
        let on_demand_ms = Money::of_gb_second(compute.gb_second[0], memory);
        Self {
            small: u64::try_from(request.parts).ok().zip(u64::try_from(on_demand_ms.parts).ok()),
            request,
            on_demand_ms,
            on_provisioned_ms: Money::of_gb_second(compute.on_provisioned, memory),
            charge_payload: prices.charge_payload,
            payload_included: prices.payload_included,
            payload_chunk: prices.payload_chunk,
        }
    }

    /// So many runs and their time together.
    #[inline]
    pub(super) fn money(
        &self,
        runs: u64,
        payload: Option<u64>,
        billed_ms: u64,
        provisioned_ms: u64,
    ) -> Money {
        let usual = provisioned_ms == 0 && payload.is_none_or(|bytes| bytes <= self.payload_included);
        // What an event costs mostly fits into a register, where it is found much quicker.
        let small = || {
            let (request, ms) = self.small?;
            let parts = request.checked_mul(runs)?.checked_add(ms.checked_mul(billed_ms)?)?;
            usual.then_some(Money { parts: parts.into() })
        };
        small().unwrap_or_else(|| self.runs(runs, payload).plus(self.time(billed_ms, provisioned_ms)))
    }

    /// The requests of `runs` runs, with those that a payload of so many bytes adds to each.
    const fn runs(&self, runs: u64, payload: Option<u64>) -> Money {
        let one = match payload {
            Some(bytes) if self.charge_payload && bytes > self.payload_included => {
                let beyond = bytes - self.payload_included;
                self.request.plus(self.request.times(beyond.div_ceil(self.payload_chunk)))
            }
            _ => self.request,
        };
        one.times(runs)
    }

    /// So much billed time, of which so much in provisioned environments.
    fn time(&self, billed_ms: u64, provisioned_ms: u64) -> Money {
        let on_demand = self.on_demand_ms.times(billed_ms - provisioned_ms);
        if provisioned_ms == 0 {
            return on_demand;
        }
        on_demand.plus(self.on_provisioned_ms.times(provisioned_ms))
    }
}

/// The kinds of messages that have a price of their own; one to a function is paid for by that function's runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// To an SQS queue.
    Sqs,
    /// To an SNS topic.
    Sns,
    /// To an EventBridge bus.
    EventBridge,
    /// Into an S3 bucket.
    S3,
}

impl MessageKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Sqs, Self::Sns, Self::EventBridge, Self::S3];

    const fn of(kind: DestinationKind) -> Option<Self> {
        match kind {
            DestinationKind::Sqs => Some(Self::Sqs),
            DestinationKind::Sns { .. } => Some(Self::Sns),
            DestinationKind::EventBridge => Some(Self::EventBridge),
            DestinationKind::S3 => Some(Self::S3),
            DestinationKind::Lambda { .. } => None,
        }
    }
}

const ARCHITECTURES: [Architecture; 2] = [Architecture::X86_64, Architecture::Arm64];

/// The requests that a payload of so many bytes adds to each run; none without a payload that is paid for.
#[inline]
pub(super) const fn payload_requests(payload: Option<u64>, prices: &Prices) -> u64 {
    match payload {
        Some(bytes) if prices.charge_payload && bytes > prices.payload_included => {
            (bytes - prices.payload_included).div_ceil(prices.payload_chunk)
        }
        _ => 0,
    }
}

/// What was used, in the units in which AWS bills it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spend {
    /// One for each run.
    requests: u128,
    /// Those that large payloads add.
    payload_requests: u128,
    billed_ms: u64,
    /// MB-milliseconds of runs on demand, by architecture.
    on_demand: [u128; ARCHITECTURES.len()],
    /// MB-milliseconds of runs in provisioned environments.
    on_provisioned: [u128; ARCHITECTURES.len()],
    /// MB-milliseconds of provisioned concurrency, used or not.
    provisioned: [u128; ARCHITECTURES.len()],
    /// Chunks, or objects, by kind.
    messages: [u128; MessageKind::ALL.len()],
}

impl Spend {
    /// `runs` runs of `function` on demand that were billed `billed_ms` together.
    pub fn of(function: &Function, runs: u64, billed_ms: u64) -> Self {
        let mut spend = Self { requests: runs.into(), ..Self::default() };
        spend.bill(function, billed_ms, false);
        spend
    }

    /// A run of `function` that was billed `billed_ms`, in a provisioned environment or on demand. `payload` is the
    /// size of the event in bytes, if the run was asynchronous.
    #[cfg(test)]
    pub fn run(
        function: &Function,
        billed_ms: u64,
        provisioned: bool,
        payload: Option<u64>,
        prices: &Prices,
    ) -> Self {
        Self::requests(1, payload_requests(payload, prices)).plus(&Self::time(
            function,
            billed_ms,
            provisioned,
        ))
    }

    /// The requests of so many runs, with those that large payloads add.
    pub fn requests(runs: u64, payload_requests: u64) -> Self {
        Self { requests: runs.into(), payload_requests: payload_requests.into(), ..Self::default() }
    }

    /// Time of `function` without a request of its own: a part of what a run was billed.
    pub fn time(function: &Function, billed_ms: u64, provisioned: bool) -> Self {
        let mut spend = Self::default();
        spend.bill(function, billed_ms, provisioned);
        spend
    }

    /// A message of `bytes` delivered to a destination of `kind`.
    pub fn message(kind: DestinationKind, bytes: u64, prices: &Prices) -> Self {
        let mut spend = Self::default();
        if let Some(kind) = MessageKind::of(kind) {
            let chunks = bytes.div_ceil(prices.messages.chunk).max(1);
            spend.messages[kind as usize] = if kind == MessageKind::S3 { 1 } else { chunks.into() };
        }
        spend
    }

    /// `count` provisioned environments of `function`, kept for `millis` milliseconds.
    pub fn kept(function: &Function, count: u32, millis: u64) -> Self {
        let mut spend = Self::default();
        spend.provisioned[function.architecture as usize] =
            u128::from(count) * u128::from(function.memory_mb) * u128::from(millis);
        spend
    }

    fn bill(&mut self, function: &Function, billed_ms: u64, provisioned: bool) {
        let used = if provisioned { &mut self.on_provisioned } else { &mut self.on_demand };
        used[function.architecture as usize] += u128::from(function.memory_mb) * u128::from(billed_ms);
        self.billed_ms += billed_ms;
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        let sum = |one: &mut [u128], other: &[u128]| {
            one.iter_mut().zip(other).for_each(|(one, other)| *one += other);
        };
        self.requests += other.requests;
        self.payload_requests += other.payload_requests;
        self.billed_ms += other.billed_ms;
        sum(&mut self.on_demand, &other.on_demand);
        sum(&mut self.on_provisioned, &other.on_provisioned);
        sum(&mut self.provisioned, &other.provisioned);
        sum(&mut self.messages, &other.messages);
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.add(other);
        self
    }

    /// Billed milliseconds of runs.
    pub const fn billed_ms(&self) -> u64 {
        self.billed_ms
    }

    /// What it costs at the price of the first tier.
    pub fn money(&self, prices: &Prices) -> Money {
        let messages = MessageKind::ALL.into_iter().map(|kind| self.message_money(kind, prices));
        let parts = [self.request_money(prices), self.payload_money(prices), self.duration_money(prices)];
        parts.into_iter().chain(messages).fold(self.provisioned_money(prices), Money::plus)
    }

    /// The requests of runs alone.
    pub const fn request_money(&self, prices: &Prices) -> Money {
        Money::of_million(prices.million_requests, self.requests)
    }

    /// The requests that large payloads add.
    pub const fn payload_money(&self, prices: &Prices) -> Money {
        Money::of_million(prices.million_requests, self.payload_requests)
    }

    /// The time of runs.
    pub fn duration_money(&self, prices: &Prices) -> Money {
        self.on_demand_money(prices, |prices, used| Money::of_gb_second(prices.gb_second[0], used))
            .plus(self.on_provisioned_money(prices))
    }

    fn on_provisioned_money(&self, prices: &Prices) -> Money {
        by_architecture(&self.on_provisioned, prices, |prices, used| {
            Money::of_gb_second(prices.on_provisioned, used)
        })
    }

    fn on_demand_money(
        &self,
        prices: &Prices,
        price: impl Fn(&crate::scenario::ComputePrices, u128) -> Money,
    ) -> Money {
        by_architecture(&self.on_demand, prices, price)
    }

    /// Provisioned concurrency, used or not.
    pub fn provisioned_money(&self, prices: &Prices) -> Money {
        by_architecture(&self.provisioned, prices, |prices, kept| {
            Money::of_gb_second(prices.provisioned, kept)
        })
    }

    /// Messages of one kind.
    pub const fn message_money(&self, kind: MessageKind, prices: &Prices) -> Money {
        let price = match kind {
            MessageKind::Sqs => prices.messages.sqs,
            MessageKind::Sns => prices.messages.sns,
            MessageKind::EventBridge => prices.messages.eventbridge,
            MessageKind::S3 => prices.messages.s3,
        };
        Money::of_million(price, self.messages[kind as usize])
    }

    /// What was used in `part` milliseconds, grown to `whole` milliseconds: each unit rounded half up.
    #[must_use]
    pub fn grown(&self, whole: u64, part: u64) -> Self {
        let grown = |used: u128| divide_half_up(used * u128::from(whole), part.into());
        Self {
            requests: grown(self.requests),
            payload_requests: grown(self.payload_requests),
            billed_ms: 0,
            on_demand: self.on_demand.map(grown),
            on_provisioned: self.on_provisioned.map(grown),
            provisioned: self.provisioned.map(grown),
            messages: self.messages.map(grown),
        }
    }

    /// What it costs as the use of a whole month: tier by tier, and less the free tier if the price list says so.
    pub fn money_of_month(&self, prices: &Prices) -> Money {
        let mut used = *self;
        if prices.free_tier {
            used.take_free();
        }
        let tiered = used.on_demand_money(prices, tiered);
        used.on_demand = [0; ARCHITECTURES.len()];
        used.money(prices).plus(tiered)
    }

    fn take_free(&mut self) {
        let mut free = FREE_REQUESTS;
        for requests in [&mut self.requests, &mut self.payload_requests] {
            take(requests, &mut free);
        }
        let mut free = FREE_GB_SECONDS * MB_MILLIS_PER_GB_SECOND;
        for used in &mut self.on_demand {
            take(used, &mut free);
        }
    }
}

fn take(used: &mut u128, free: &mut u128) {
    let taken = (*used).min(*free);
    *used -= taken;
    *free -= taken;
}

fn by_architecture(
    used: &[u128; ARCHITECTURES.len()],
    prices: &Prices,
    price: impl Fn(&crate::scenario::ComputePrices, u128) -> Money,
) -> Money {
    let of = |architecture| price(prices.compute(architecture), used[architecture as usize]);
    ARCHITECTURES.into_iter().map(of).fold(Money::default(), Money::plus)
}

/// The price of `used` MB-milliseconds of one month.
fn tiered(prices: &crate::scenario::ComputePrices, used: u128) -> Money {
    let bound = |gb_seconds: &u64| u128::from(*gb_seconds) * MB_MILLIS_PER_GB_SECOND;
    let starts = std::iter::once(0).chain(prices.tiers.iter().map(bound));
    let ends = prices.tiers.iter().map(bound).chain([u128::MAX]);
    let in_tier = |((start, end), price): ((u128, u128), &u64)| {
        Money::of_gb_second(*price, used.min(end).saturating_sub(start))
    };
    starts.zip(ends).zip(&prices.gb_second).map(in_tier).fold(Money::default(), Money::plus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::test_scenarios::{function, prices};
    use crate::scenario::SnsOversize;
    use proptest::prelude::*;

    const GIB: u32 = 1_024;

    fn of(architecture: Architecture, memory_mb: u32) -> Function {
        Function { memory_mb, architecture, ..function("ship") }
    }

    fn usd(spend: &Spend) -> String {
        spend.money(&prices()).usd().to_string()
    }

    #[test]
    fn a_gigabyte_for_a_second_costs_what_the_price_list_says() {
        let (intel, arm) = (of(Architecture::X86_64, GIB), of(Architecture::Arm64, 2 * GIB));
        assert_eq!(usd(&Spend::time(&intel, 1_000, false)), "0.000016666700");
        assert_eq!(usd(&Spend::time(&arm, 500, false)), "0.000013333400");
        assert_eq!(usd(&Spend::time(&intel, 1_000, true)), "0.000009722200");
        assert_eq!(usd(&Spend::time(&arm, 500, true)), "0.000007777800");
        // Two environments for five minutes: 600 GB-seconds, and twice as many with twice the memory.
        assert_eq!(usd(&Spend::kept(&intel, 2, 300_000)), "0.002500020000");
        assert_eq!(usd(&Spend::kept(&arm, 2, 300_000)), "0.004000080000");
    }

    proptest! {
        /// One price for each unit gives the same sum as counting the units, up to where all money ends.
        #[test]
        fn the_cost_of_many_runs_is_that_of_each(
            runs in prop::collection::vec((0_u64..1_000_000_000, any::<bool>()), 0..6),
            payload in prop::option::of(0_u64..2_000_000),
            price in prop::sample::select(vec![0, 1, 200_000, 16_666_700, u64::MAX]),
            charge_payload: bool,
        ) {
            let function = of(Architecture::Arm64, 10_240);
            let mut list = prices();
            (list.million_requests, list.arm64.gb_second[0], list.charge_payload) = (price, price, charge_payload);
            let mut spend = Spend::default();
            for (billed_ms, provisioned) in &runs {
                spend.add(&Spend::run(&function, *billed_ms, *provisioned, payload, &list));
            }
            let billed = |wanted: bool| runs.iter().filter(|run| run.1 == wanted).map(|run| run.0).sum::<u64>();
            let found = RunPrices::of(&function, &list);
            let time = found.time(billed(true) + billed(false), billed(true));
            prop_assert_eq!(found.runs(runs.len() as u64, payload).plus(time), spend.money(&list));
        }

        /// Division in a register and beyond it.
        #[test]
        fn pico_dollars_are_rounded_half_up(parts: u128, shift in 0_u32..128) {
            let money = Money::at_most(parts >> shift);
            prop_assert_eq!(money.pico_usd(), divide_half_up(money.parts, Money::PARTS_PER_PICO));
        }
    }

    #[test]
    fn a_million_requests_cost_twenty_cents() {
        assert_eq!(usd(&Spend::of(&function("ship"), 1_000_000, 0)), "0.200000000000");
        // One run of 128 MB for 100 ms: 200 000 pico-dollars and an eightieth of 16 666 700.
        assert_eq!(usd(&Spend::of(&function("ship"), 1, 100)), "0.000000408334");
    }

    #[test]
    fn fractions_of_a_pico_dollar_are_rounded_once_not_for_each_run() {
        let mut together = Spend::default();
        (0..8_000).for_each(|_| together.add(&Spend::time(&function("ship"), 1, false)));
        assert_eq!(usd(&together), "0.000016666700");
    }

    #[test]
    fn a_payload_above_256_kib_adds_a_request_for_each_64_kib_begun() {
        let ship = function("ship");
        let kib = 1_024;
        let cases = [
            (0, 0),
            (256 * kib, 0),
            (256 * kib + 1, 1),
            (320 * kib, 1),
            (320 * kib + 1, 2),
            (1_024 * kib, 12),
        ];
        for (bytes, requests) in cases {
            let spend = Spend::run(&ship, 0, false, Some(bytes), &prices());
            assert_eq!(spend.payload_money(&prices()).pico_usd(), requests * 200_000, "{bytes}");
            assert_eq!(spend.request_money(&prices()).pico_usd(), 200_000);
            let mut list = prices();
            list.charge_payload = false;
            assert_eq!(Spend::run(&ship, 0, false, Some(bytes), &list).money(&list).pico_usd(), 200_000);
        }
        // A synchronous call has no such surcharge.
        assert_eq!(Spend::run(&ship, 0, false, None, &prices()).money(&prices()).pico_usd(), 200_000);
    }

    #[test]
    fn messages_are_paid_by_64_kib_and_objects_one_by_one() {
        let kib = 1_024;
        let sns = DestinationKind::Sns { oversize: SnsOversize::Fail };
        let lambda = DestinationKind::Lambda { function: crate::id::FunctionId(0) };
        let cases = [
            (DestinationKind::Sqs, 1, 400_000),
            (DestinationKind::Sqs, 64 * kib, 400_000),
            (DestinationKind::Sqs, 64 * kib + 1, 800_000),
            (sns, 256 * kib, 2_000_000),
            (DestinationKind::EventBridge, 65 * kib, 2_000_000),
            (DestinationKind::S3, 10_000 * kib, 5_000_000),
            (lambda, 500 * kib, 0),
        ];
        for (kind, bytes, pico) in cases {
            assert_eq!(
                Spend::message(kind, bytes, &prices()).money(&prices()).pico_usd(),
                pico,
                "{kind:?} {bytes}"
            );
        }
    }

    /// 20 billion GB-seconds: 6 at the first price, 9 at the second, 5 at the third.
    #[test]
    fn a_month_is_paid_tier_by_tier() {
        let month = |architecture, gb_seconds: u64| {
            let spend = Spend::time(&of(architecture, GIB), gb_seconds * 1_000, false);
            spend.money_of_month(&prices()).usd().round(2).to_string()
        };
        assert_eq!(month(Architecture::X86_64, 1_000_000), "16.67");
        assert_eq!(month(Architecture::X86_64, 6_000_000_000), "100000.20");
        // 100 000.20 + 135 000.00 + 66 667.00
        assert_eq!(month(Architecture::X86_64, 20_000_000_000), "301667.20");
        // 7.5 G × 0.0000133334 + 11.25 G × 0.0000120001 + 1.25 G × 0.0000106667
        assert_eq!(month(Architecture::Arm64, 20_000_000_000), "248335.00");
    }

    #[test]
    fn the_free_tier_is_taken_off_a_month_once() {
        let mut list = prices();
        list.free_tier = true;
        let ship = of(Architecture::X86_64, GIB);
        let small = Spend::of(&ship, 1_000_000, 400_000_000);
        assert_eq!(small.money_of_month(&list).pico_usd(), 0);
        let more = Spend::of(&ship, 1_500_000, 400_001_000);
        // Half a million requests, and one GB-second.
        assert_eq!(more.money_of_month(&list).pico_usd(), 100_000_000_000 + 16_666_700);
        // What is used of both architectures shares it; provisioned environments have none.
        let both = Spend::time(&ship, 300_000_000, false)
            .plus(&Spend::time(&of(Architecture::Arm64, GIB), 100_001_000, false))
            .plus(&Spend::time(&ship, 1_000, true));
        assert_eq!(both.money_of_month(&list).pico_usd(), 13_333_400 + 9_722_200);
    }

    #[test]
    fn use_grows_in_proportion() {
        let hour = Spend::of(&of(Architecture::X86_64, GIB), 1_000, 3_600);
        let month = hour.grown(730, 1);
        assert_eq!(month.money(&prices()).pico_usd(), hour.money(&prices()).pico_usd() * 730);
    }
}
