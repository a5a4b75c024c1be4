//! Who may run: slots, request rates, the scaling rate and environments, written down as plainly as possible.

use thirdtry::id::FunctionId;
use thirdtry::scenario::{Account, Function, Scenario};

/// All that limits runs. Every list is kept whole and searched from its beginning.
pub(super) struct Capacity {
    account: Account,
    functions: Vec<Share>,
    /// Requests that took a slot of the shared pool, by their instants.
    pool_requests: Vec<u64>,
}

struct Share {
    reserved: Option<u32>,
    provisioned: u32,
    idle: u64,
    lifetime: u64,
    environments: Vec<Environment>,
    /// Requests that took an on-demand slot of the reservation.
    own_requests: Vec<u64>,
    provisioned_requests: Vec<u64>,
    /// New environments.
    made: Vec<u64>,
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
        let share = |function: &Function| Share {
            reserved: function.reserved,
            provisioned: function.provisioned,
            idle: function.idle_time.as_nanos(),
            lifetime: function.lifetime.as_nanos(),
            environments: Vec::new(),
            own_requests: Vec::new(),
            provisioned_requests: Vec::new(),
            made: Vec::new(),
        };
        Self {
            account: scenario.account.clone(),
            functions: scenario.functions.iter().map(share).collect(),
            pool_requests: Vec::new(),
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
        let provisioned_rate = u64::from(share.provisioned) * per_slot;
        if share.busy(true) < share.provisioned as usize
            && (per_slot == 0 || tokens(&share.provisioned_requests, provisioned_rate, provisioned_rate, now))
        {
            let share = &mut self.functions[function.index()];
            share.provisioned_requests.push(now);
            return Ok(share.take(true, now));
        }
        let (limit, used, requests, slots, rate) = match share.reserved {
            Some(reserved) => (
                reserved - share.provisioned,
                share.busy(false),
                &share.own_requests,
                "ReservedFunctionConcurrentInvocationLimitExceeded",
                "ReservedFunctionInvocationRateLimitExceeded",
            ),
            None => (
                self.unreserved(),
                self.in_pool(),
                &self.pool_requests,
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
        let ceiling = u64::from(limit) * per_slot;
        if per_slot > 0 && !tokens(requests, ceiling, ceiling, now) {
            return Err(rate);
        }
        let (burst, per_second) = (self.account.scaling_burst, self.account.scaling_per_second);
        if burst > 0
            && share.latest_parked(false, now).is_none()
            && !tokens(&share.made, burst.into(), per_second.into(), now)
        {
            return Err("scaling_rate");
        }
        let reserved = share.reserved.is_some();
        let share = &mut self.functions[function.index()];
        if reserved {
            share.own_requests.push(now);
        } else {
            self.pool_requests.push(now);
        }
        Ok(self.functions[function.index()].take(false, now))
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
            let kept = environment.provisioned || (lasting && !environment.gone);
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
            if !provisioned {
                self.made.push(now);
            }
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

/// Whether a bucket of `burst` tokens, refilled with `per_second`, has one at `now`, after those taken at the instants
/// `taken`. In billionths of a token, from the beginning each time.
fn tokens(taken: &[u64], burst: u64, per_second: u64, now: u64) -> bool {
    const ONE: u128 = 1_000_000_000;
    let full = u128::from(burst) * ONE;
    let (mut level, mut at) = (full, 0);
    let refilled =
        |level: u128, from: u64, to: u64| (level + u128::from(to - from) * u128::from(per_second)).min(full);
    for instant in taken {
        level = refilled(level, at, *instant) - ONE;
        at = *instant;
    }
    refilled(level, at, now) >= ONE
}
