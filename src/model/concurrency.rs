//! Concurrency: the slots that runs occupy, who may have one, and how fast.
//!
//! Three kinds of limits decide, each with its own reason
//! (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html>):
//!
//! - *slots*: a function with reserved concurrency has that many, to itself and no more; all others share what the
//!   account's quota leaves when reservations and provisioned concurrency are taken off, less what neighbours use;
//! - *requests per second*: ten for each slot of the function's reservation, or else of the shared pool;
//! - *scaling*: new environments of a function come at a limited rate.
//!
//! Provisioned environments are asked first. They lie within the function's reservation, or else within the
//! account's quota; whoever finds none free, or comes faster than ten a second for each, spills over to the rest.

#![expect(clippy::inline_always, reason = "a few instructions for each run, and asked for in one place")]

use super::environment::{Condition, Environment, Fleet, Lasting};
use super::observation::{Start, ThrottleReason};
use super::rate::TokenBucket;
use crate::id::FunctionId;
use crate::scenario::{Account, Function, Neighbour, Scenario};
use crate::time::{SimDuration, SimTime};

/// The slots of an account and how many of them are in use.
#[derive(Clone, Debug)]
pub struct Concurrency {
    account: Account,
    shares: Vec<Share>,
    /// What functions without a reservation share.
    pool: Pool,
}

/// Slots with a ceiling on requests per second.
#[derive(Clone, Debug)]
struct Pool {
    limit: u32,
    running: u32,
    rate: TokenBucket,
}

/// What belongs to one function.
#[derive(Clone, Debug)]
struct Share {
    /// On-demand slots of its own, if it has reserved concurrency: the reservation less its provisioned part.
    own: Option<Pool>,
    provisioned: Pool,
    /// When the provisioned environments are usable.
    provisioned_from: SimTime,
    running: u32,
    scaling: TokenBucket,
    fleet: Fleet,
    lasting: Lasting,
}

impl Pool {
    const fn new(limit: u32, account: &Account) -> Self {
        let per_second = account.requests_per_second(limit);
        Self { limit, running: 0, rate: TokenBucket::new(per_second, per_second) }
    }

    /// Another limit from `now` on. Runs in progress go on, so that more may run than the limit for a while.
    fn resize(&mut self, limit: u32, account: &Account, now: SimTime) {
        if limit != self.limit {
            let per_second = account.requests_per_second(limit);
            self.rate.resize(per_second, per_second, now);
            self.limit = limit;
        }
    }

    /// Whether the rate lets another request pass.
    #[inline(always)]
    fn rate_allows(&mut self, account: &Account, now: SimTime) -> bool {
        account.requests_per_concurrency == 0 || self.rate.has_token(now)
    }

    #[inline(always)]
    fn enter(&mut self, account: &Account) {
        self.running += 1;
        if account.requests_per_concurrency > 0 {
            self.rate.take();
        }
    }
}

impl Concurrency {
    /// All slots of `scenario`'s account, none in use; provisioned concurrency has been allocated before.
    pub fn new(scenario: &Scenario) -> Self {
        let account = scenario.account.clone();
        let share = |function: &Function| Share {
            own: function.reserved.map(|reserved| Pool::new(reserved - function.provisioned, &account)),
            provisioned: Pool::new(function.provisioned, &account),
            provisioned_from: SimTime::ZERO,
            running: 0,
            scaling: TokenBucket::new(account.scaling_burst.into(), account.scaling_per_second.into()),
            fleet: Fleet::default(),
            lasting: function.lasting(),
        };
        Self {
            shares: scenario.functions.iter().map(share).collect(),
            pool: Pool::new(unreserved(&account, &scenario.functions), &account),
            account,
        }
    }

    /// The settings from `now` on. Provisioned environments that are asked for now are usable after `allocation`.
    pub fn configure(
        &mut self,
        account: &Account,
        functions: &[Function],
        allocation: impl Fn(u32) -> SimDuration,
        now: SimTime,
    ) {
        self.account = account.clone();
        self.pool.resize(unreserved(account, functions), account, now);
        for (share, function) in self.shares.iter_mut().zip(functions) {
            share.lasting = function.lasting();
            share.scaling.resize(account.scaling_burst.into(), account.scaling_per_second.into(), now);
            if function.provisioned != share.provisioned.limit {
                share.provisioned.resize(function.provisioned, account, now);
                share.provisioned_from = now + allocation(function.provisioned);
                share.fleet.forget_provisioned();
            }
            share.change_reservation(function, account, &mut self.pool, now);
        }
    }

    /// Takes a slot and an environment for a run of `function`, or tells why there is none.
    ///
    /// # Errors
    /// The reason of the throttle.
    #[inline(always)]
    pub fn admit(
        &mut self,
        function: FunctionId,
        now: SimTime,
    ) -> Result<(Environment, Start), ThrottleReason> {
        let (account, share) = (&self.account, &mut self.shares[function.index()]);
        if share.has_provisioned(account, now) {
            share.provisioned.enter(account);
            share.running += 1;
            return Ok(share.fleet.take_provisioned(now));
        }
        let reserved = share.own.is_some();
        let pool = share.own.as_mut().unwrap_or(&mut self.pool);
        let taken = if reserved { 0 } else { account.neighbours_at(now) };
        let limit = pool.limit.saturating_sub(taken);
        if pool.running >= limit {
            return Err(ThrottleReason::of_slots(reserved));
        }
        if !pool.rate_allows(account, now) {
            return Err(ThrottleReason::of_rate(reserved));
        }
        let parked = share.fleet.take_parked(share.lasting, now);
        if parked.is_none() && account.scaling_burst > 0 {
            if !share.scaling.has_token(now) {
                return Err(ThrottleReason::ScalingRate);
            }
            share.scaling.take();
        }
        pool.enter(account);
        share.running += 1;
        Ok(parked.unwrap_or_else(|| share.fleet.make_for_run(now)))
    }

    /// Why each run of `function` is refused until one ends; none if it is not, or if more than ends of runs can change
    /// that.
    #[inline]
    pub fn is_full(&self, function: FunctionId) -> Option<ThrottleReason> {
        let share = &self.shares[function.index()];
        let (pool, reserved) = match &share.own {
            Some(own) => (own, true),
            None => (&self.pool, false),
        };
        let alone = share.provisioned.limit == 0 && (reserved || self.account.neighbours.is_empty());
        // A function with no slots at all is not throttled, but ended.
        let full = pool.limit > 0 && pool.running >= pool.limit;
        (alone && full).then(|| ThrottleReason::of_slots(reserved))
    }

    /// Gives slot and environment back. Nobody is woken: whoever was throttled comes again at its own time.
    #[inline(always)]
    pub fn release(&mut self, function: FunctionId, environment: Environment, left: Condition, now: SimTime) {
        let share = &mut self.shares[function.index()];
        let pool = match (environment.provisioned, &mut share.own) {
            (true, _) => &mut share.provisioned,
            (false, Some(own)) => own,
            (false, None) => &mut self.pool,
        };
        assert!(pool.running > 0 && share.running > 0, "a slot is given back once");
        pool.running -= 1;
        share.running -= 1;
        share.fleet.park(environment, left, share.lasting, now);
    }

    /// Runs of `function` in progress.
    pub fn running(&self, function: FunctionId) -> u32 {
        self.shares[function.index()].running
    }
}

impl Share {
    fn has_provisioned(&mut self, account: &Account, now: SimTime) -> bool {
        self.provisioned.running < self.provisioned.limit
            && now >= self.provisioned_from
            && self.provisioned.rate_allows(account, now)
    }

    /// The on-demand runs in progress move with the function from the shared pool to its own slots and back.
    fn change_reservation(&mut self, function: &Function, account: &Account, pool: &mut Pool, now: SimTime) {
        let on_demand = self.running - self.provisioned.running;
        match (&mut self.own, function.reserved) {
            (Some(own), Some(reserved)) => own.resize(reserved - function.provisioned, account, now),
            (None, Some(reserved)) => {
                pool.running -= on_demand;
                let own = Pool::new(reserved - function.provisioned, account);
                self.own = Some(Pool { running: on_demand, ..own });
            }
            (Some(_), None) => {
                self.own = None;
                pool.running += on_demand;
            }
            (None, None) => {}
        }
    }
}

/// What is left of the quota when every reservation, and the provisioned concurrency of all others, is taken off.
fn unreserved(account: &Account, functions: &[Function]) -> u32 {
    let taken = |function: &Function| function.reserved.unwrap_or(function.provisioned);
    account.concurrency - functions.iter().map(taken).sum::<u32>()
}

impl Function {
    const fn lasting(&self) -> Lasting {
        Lasting { idle: self.idle_time, lifetime: self.lifetime }
    }
}

impl Account {
    /// The ceiling that so much `concurrency` brings along: ten requests a second for each unit, or as the scenario
    /// says.
    pub(super) const fn requests_per_second(&self, concurrency: u32) -> u64 {
        concurrency as u64 * self.requests_per_concurrency as u64
    }

    /// Slots of the unreserved concurrency that others use at `now`.
    pub fn neighbours_at(&self, now: SimTime) -> u32 {
        let at_work = |neighbour: &&Neighbour| neighbour.during.contain(now);
        self.neighbours
            .iter()
            .filter(at_work)
            .map(|neighbour| neighbour.concurrency)
            .fold(0, u32::saturating_add)
    }
}
