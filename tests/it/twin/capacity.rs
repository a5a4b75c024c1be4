//! Who may run: slots, request rates, the scaling rate and environments, written down as plainly as possible.

use thirdtry::id::FunctionId;
use thirdtry::scenario::{Account, Function, Scenario};

/// All that limits runs. Every list is kept whole and searched from its beginning.
pub(super) struct Capacity {
    account: Account,
    functions: Vec<Share>,
    /// Requests for slots of the shared pool.
    pool: Bucket,
}

struct Share {
    reserved: Option<u32>,
    provisioned: u32,
    /// When the provisioned environments are usable.
    provisioned_from: u64,
    idle: u64,
    lifetime: u64,
    environments: Vec<Environment>,
    /// Requests for on-demand slots of the reservation.
    own: Bucket,
    /// Requests for provisioned environments.
    kept_ready: Bucket,
    /// New environments.
    made: Bucket,
}

/// A bucket of tokens with all that ever happened to it.
struct Bucket(Vec<(u64, Happening)>);

#[derive(Clone, Copy)]
enum Happening {
    /// It holds so many tokens from now on, and gets so many a second.
    Limits {
        burst: u64,
        per_second: u64,
    },
    Taken,
}

#[expect(clippy::struct_excessive_bools, reason = "plain on purpose")]
struct Environment {
    provisioned: bool,
    created: u64,
    busy: bool,
    /// When it was last given back, and as the how-manieth.
    parked: (u64, u64),
    needs_init: bool,
    gone: bool,
}

/// Where a run takes place.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The environment's number, from 1.
    pub(super) number: usize,
    pub(super) provisioned: bool,
    pub(super) start: &'static str,
}

impl Capacity {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let per_slot = u64::from(scenario.account.requests_per_concurrency);
        let requests = |slots: u32| Bucket::new(u64::from(slots) * per_slot, u64::from(slots) * per_slot);
        let share = |function: &Function| Share {
            reserved: function.reserved,
            provisioned: function.provisioned,
            provisioned_from: 0,
            idle: function.idle_time.as_nanos(),
            lifetime: function.lifetime.as_nanos(),
            environments: Vec::new(),
            own: requests(function.reserved.unwrap_or(0).saturating_sub(function.provisioned)),
            kept_ready: requests(function.provisioned),
            made: Bucket::new(
                scenario.account.scaling_burst.into(),
                scenario.account.scaling_per_second.into(),
            ),
        };
        let mut capacity = Self {
            account: scenario.account.clone(),
            functions: scenario.functions.iter().map(share).collect(),
            pool: requests(0),
        };
        capacity.pool = requests(capacity.unreserved());
        capacity
    }

    /// Other settings from now on. Provisioned concurrency that is asked for now is allocated after a delay, at 6 000
    /// environments a minute, and is usable when all of it is there.
    pub(super) fn configure(&mut self, account: &Account, functions: &[Function], delay: u64, now: u64) {
        let per_slot = u64::from(account.requests_per_concurrency);
        let pool_before = self.unreserved();
        self.account = account.clone();
        for (share, function) in self.functions.iter_mut().zip(functions) {
            if function.provisioned != share.provisioned {
                share.kept_ready.limit(now, u64::from(function.provisioned) * per_slot);
                share.provisioned_from = now + delay + u64::from(function.provisioned) * 10_000_000;
                for environment in &mut share.environments {
                    environment.gone |= environment.provisioned && !environment.busy;
                }
            }
            if let Some(reserved) = function.reserved {
                let (before, after) = (
                    share.reserved.map(|reserved| reserved - share.provisioned),
                    reserved - function.provisioned,
                );
                match before {
                    None => share.own = Bucket::new(u64::from(after) * per_slot, u64::from(after) * per_slot),
                    Some(before) if before != after => share.own.limit(now, u64::from(after) * per_slot),
                    Some(_) => {}
                }
            }
            (share.reserved, share.provisioned) = (function.reserved, function.provisioned);
        }
        if self.unreserved() != pool_before {
            let slots = u64::from(self.unreserved());
            self.pool.limit(now, slots * per_slot);
        }
    }

    /// How many runs of the function are in progress.
    pub(super) fn running(&self, function: FunctionId) -> usize {
        self.functions[function.index()].environments.iter().filter(|environment| environment.busy).count()
    }

    /// The slots that are left to functions without a reservation, before neighbours take theirs.
    fn unreserved(&self) -> u32 {
        let claimed = |share: &Share| share.reserved.unwrap_or(share.provisioned);
        self.account.concurrency - self.functions.iter().map(claimed).sum::<u32>()
    }

    fn in_pool(&self) -> usize {
        let sharing = self.functions.iter().filter(|share| share.reserved.is_none());
        sharing.map(|share| share.busy(false)).sum()
    }

    /// Lets a run of the function start, or says why not.
    pub(super) fn admit(&mut self, function: FunctionId, now: u64) -> Result<Place, &'static str> {
        let per_slot = u64::from(self.account.requests_per_concurrency);
        let share = &self.functions[function.index()];
        // Provisioned concurrency first, up to ten requests a second for each unit; the rest spills over.
        let usable = now >= share.provisioned_from && share.busy(true) < share.provisioned as usize;
        if usable && (per_slot == 0 || share.kept_ready.has_token(now)) {
            let share = &mut self.functions[function.index()];
            share.kept_ready.take(now);
            return Ok(share.take(true, now));
        }
        let (limit, used, requests, slots, rate) = match share.reserved {
            Some(reserved) => (
                reserved - share.provisioned,
                share.busy(false),
                &share.own,
                "ReservedFunctionConcurrentInvocationLimitExceeded",
                "ReservedFunctionInvocationRateLimitExceeded",
            ),
            None => (
                self.unreserved(),
                self.in_pool(),
                &self.pool,
                "ConcurrentInvocationLimitExceeded",
                "FunctionInvocationRateLimitExceeded",
            ),
        };
        let neighbours: u64 = match share.reserved {
            Some(_) => 0,
            None => self.neighbours(now),
        };
        if used as u64 + neighbours >= u64::from(limit) {
            return Err(slots);
        }
        if per_slot > 0 && !requests.has_token(now) {
            return Err(rate);
        }
        let must_make = share.latest_parked(false, now).is_none();
        if self.account.scaling_burst > 0 && must_make && !share.made.has_token(now) {
            return Err("scaling_rate");
        }
        let reserved = share.reserved.is_some();
        if reserved {
            self.functions[function.index()].own.take(now);
        } else {
            self.pool.take(now);
        }
        let share = &mut self.functions[function.index()];
        if must_make {
            share.made.take(now);
        }
        Ok(share.take(false, now))
    }

    fn neighbours(&self, now: u64) -> u64 {
        let now = thirdtry::time::SimTime::from_nanos(now);
        let present = self.account.neighbours.iter().filter(|neighbour| neighbour.during.contain(now));
        present.map(|neighbour| u64::from(neighbour.concurrency)).sum()
    }

    /// A run is over: what it leaves of its environment depends on how it ended.
    pub(super) fn release(&mut self, function: FunctionId, number: usize, reason: &str, now: u64) {
        let share = &mut self.functions[function.index()];
        let times_parked =
            share.environments.iter().map(|environment| environment.parked.1).max().unwrap_or(0);
        let environment = &mut share.environments[number - 1];
        environment.busy = false;
        environment.parked = (now, times_parked + 1);
        environment.needs_init = matches!(reason, "timeout" | "crash" | "out_of_memory");
        environment.gone = !environment.provisioned && reason == "init_error";
    }
}

impl Share {
    fn busy(&self, provisioned: bool) -> usize {
        let busy = |environment: &&Environment| environment.busy && environment.provisioned == provisioned;
        self.environments.iter().filter(busy).count()
    }

    /// The environment that was given back last, of those that still exist.
    fn latest_parked(&self, provisioned: bool, now: u64) -> Option<usize> {
        let usable = |environment: &Environment| {
            let lasting = now < environment.parked.0 + self.idle && now < environment.created + self.lifetime;
            let kept = !environment.gone && (environment.provisioned || lasting);
            environment.provisioned == provisioned && !environment.busy && kept
        };
        let found = (0..self.environments.len()).filter(|at| usable(&self.environments[*at]));
        found.max_by_key(|at| self.environments[*at].parked.1)
    }

    fn take(&mut self, provisioned: bool, now: u64) -> Place {
        let at = self.latest_parked(provisioned, now);
        let start = match at {
            Some(at) if self.environments[at].needs_init => "suppressed_init",
            Some(_) | None if provisioned => "provisioned",
            Some(_) => "warm",
            None => "cold",
        };
        let at = at.unwrap_or_else(|| {
            let new = Environment {
                provisioned,
                created: now,
                busy: false,
                parked: (0, 0),
                needs_init: false,
                gone: false,
            };
            self.environments.push(new);
            self.environments.len() - 1
        });
        self.environments[at].busy = true;
        Place { number: at + 1, provisioned, start }
    }
}

impl Bucket {
    /// Full at the beginning of time.
    fn new(burst: u64, per_second: u64) -> Self {
        Self(vec![(0, Happening::Limits { burst, per_second })])
    }

    /// Holds one second's worth of `per_second`.
    fn limit(&mut self, now: u64, per_second: u64) {
        self.0.push((now, Happening::Limits { burst: per_second, per_second }));
    }

    fn take(&mut self, now: u64) {
        self.0.push((now, Happening::Taken));
    }

    /// Everything once more from the beginning, in billionths of a token. A larger bucket is larger by full tokens.
    fn has_token(&self, now: u64) -> bool {
        const ONE: u128 = 1_000_000_000;
        let (mut level, mut full, mut rate, mut at) = (0, 0, 0, 0);
        for (instant, happening) in &self.0 {
            level = full.min(level + u128::from(instant - at) * rate);
            at = *instant;
            match *happening {
                Happening::Limits { burst, per_second } => {
                    let larger = u128::from(burst) * ONE;
                    level = larger.min(level + larger.saturating_sub(full));
                    (full, rate) = (larger, u128::from(per_second));
                }
                Happening::Taken => level = level.saturating_sub(ONE),
            }
        }
        full.min(level + u128::from(now - at) * rate) >= ONE
    }
}
