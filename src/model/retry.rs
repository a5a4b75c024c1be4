//! What follows a failed attempt: pure decisions.
//!
//! Two schedules that are often confused. After a *function error* Lambda waits one minute, then two, at most
//! `MaximumRetryAttempts` times; a 4xx after acceptance counts like one. After a *throttle or system error* it waits
//! 1 s, doubling to 5 minutes, until the event's maximum age, and uses up no retry.

use super::observation::{Fate, Next};
use super::poller;
use super::rule::Rule;
use crate::scenario::{AgeCheck, Backlog, ClientErrorPolicy, Function, Jitter, TerminalPrecedence, Timing};
use crate::time::{SimDuration, SimTime};

/// What a decision needs to know of an event.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// The instant of the decision: the end of the failed attempt.
    pub now: SimTime,
    /// When the event was accepted.
    pub accepted: SimTime,
    /// Its attempts so far that use up retries.
    pub counted: u8,
    /// Back-off waits in its present streak.
    pub backoff_streak: u32,
    /// Other events of its function that wait.
    pub waiting: u64,
    /// The slow-down under a backlog.
    pub backlog: Option<Backlog>,
}

/// After a failed run. `word` gives the jitter.
///
/// Retries: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>. That the wait
/// counts from the end of the failed run is assumed; that the age is looked at ahead was recorded on AWS.
pub fn after_function_error(timing: &Timing, function: &Function, event: Situation, word: u64) -> Next {
    after_counted_attempt(timing, function, event, word, Rule::FunctionErrorRetry)
}

/// After a 4xx status other than 429: the function was accepted for but cannot be run. `word` gives the jitter.
///
/// Measured for a function that was deleted while events waited (404): an attempt like a failed run, on the same
/// schedule. For other statuses that is assumed.
pub fn after_client_error(timing: &Timing, function: &Function, event: Situation, word: u64) -> Next {
    match timing.other_4xx_policy {
        ClientErrorPolicy::CountAsAttempt => {
            after_counted_attempt(timing, function, event, word, Rule::ClientErrorCounts)
        }
        ClientErrorPolicy::Drop => {
            Next::Settle { fate: Fate::RetriesExhausted, rule: Rule::ClientErrorDrops }
        }
    }
}

/// The schedule of what uses up retries; `rule` is that of the wait.
fn after_counted_attempt(
    timing: &Timing,
    function: &Function,
    event: Situation,
    word: u64,
    rule: Rule,
) -> Next {
    let deadline = event.accepted + function.maximum_age;
    if event.counted > function.maximum_retries {
        let too_old = event.now >= deadline;
        return match timing.terminal_precedence {
            TerminalPrecedence::AgeFirst if too_old => drop_too_old(Rule::AgeBeforeRetries),
            TerminalPrecedence::AgeFirst | TerminalPrecedence::RetriesFirst => {
                Next::Settle { fate: Fate::RetriesExhausted, rule: Rule::RetriesExhausted }
            }
        };
    }
    let nominal = timing.function_retry_delay.saturating_mul(u64::from(event.counted));
    let wait = jittered(nominal, timing.function_retry_jitter, word);
    schedule(timing.age_check_function_error, event.now, deadline, nominal, wait, rule)
}

/// After a throttle or system error. `word` gives the jitter.
///
/// Back-off: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>; that each wait is
/// jittered independently on both sides was measured.
#[inline(always)]
#[expect(clippy::inline_always, reason = "in an overload it is most of what is decided")]
pub fn after_invocation_error(timing: &Timing, function: &Function, event: Situation, word: u64) -> Next {
    let deadline = event.accepted + function.maximum_age;
    let usual = nominal_backoff(timing, event.backoff_streak);
    let nominal = poller::stretched(usual, event.backlog, event.waiting);
    let rule = if nominal > usual { Rule::BacklogSlowdown } else { Rule::Backoff };
    let wait = jittered(nominal, timing.backoff_jitter, word);
    schedule(timing.age_check_invocation_error, event.now, deadline, nominal, wait, rule)
}

/// The nominal wait after `streak` earlier back-off waits: base × factor^streak, at most the cap.
#[inline]
fn nominal_backoff(timing: &Timing, streak: u32) -> SimDuration {
    let growth = match timing.backoff_factor {
        // AWS's, for which no power has to be worked out.
        2 => 1_u64.checked_shl(streak).unwrap_or(u64::MAX),
        factor => u64::from(factor).saturating_pow(streak),
    };
    timing.backoff_base.saturating_mul(growth).min(timing.backoff_cap)
}

/// Parts per million are jitter's unit.
const MILLION: u64 = 1_000_000;

/// `nominal` times a uniform number on 1 ± jitter, in integers.
#[inline]
pub(super) fn jittered(nominal: SimDuration, jitter: Jitter, word: u64) -> SimDuration {
    if jitter.ppm == 0 {
        return nominal;
    }
    let nanos = nominal.as_nanos();
    // 2^64 nanoseconds over a million are five hours: longer waits take the long way.
    match nanos.checked_mul(jitter.ppm.into()) {
        Some(product) => {
            let spread = product / MILLION;
            SimDuration::from_nanos(nanos - spread + part(2 * spread, word))
        }
        None => jittered_for_long(nanos, jitter, word),
    }
}

/// The part of `nanos` that `word` is of 2^64.
const fn part(nanos: u64, word: u64) -> u64 {
    ((nanos as u128 * word as u128) >> 64) as u64
}

/// The same where nanoseconds times parts per million take more than 64 bits.
#[cold]
fn jittered_for_long(nominal: u64, jitter: Jitter, word: u64) -> SimDuration {
    let spread = u128::from(nominal) * u128::from(jitter.ppm) / u128::from(MILLION);
    let offset = (2 * spread * u128::from(word)) >> 64;
    let nanos = u128::from(nominal) - spread + offset;
    SimDuration::from_nanos(u64::try_from(nanos).expect("less than twice the nominal wait"))
}

#[inline]
fn schedule(
    check: AgeCheck,
    now: SimTime,
    deadline: SimTime,
    nominal: SimDuration,
    wait: SimDuration,
    rule: Rule,
) -> Next {
    match check {
        AgeCheck::Lookahead if now + nominal >= deadline => drop_too_old(Rule::AgeLookahead),
        AgeCheck::Lookahead | AgeCheck::AtDispatch => Next::Retry { due: now + wait, nominal, rule },
        // An event past its deadline is dispatched at once, and dropped there.
        AgeCheck::ClipToDeadline => Next::Retry { due: (now + wait).min(deadline.max(now)), nominal, rule },
    }
}

const fn drop_too_old(rule: Rule) -> Next {
    Next::Settle { fate: Fate::EventAgeExceeded, rule }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: short and long waits are jittered alike. Method: both ways of working it out, for waits that both can do.
    #[test]
    fn the_short_way_is_the_long_way() {
        for nominal in [0, 1, 999_999, 60_000_000_000, 300_000_000_001, 18_446_744_073_709] {
            for ppm in [1, 100_000, 333_333, 999_999] {
                for word in [0, 1, u64::MAX / 3, 1 << 63, u64::MAX] {
                    let jitter = Jitter { ppm };
                    let short = jittered(SimDuration::from_nanos(nominal), jitter, word);
                    assert_eq!(short, jittered_for_long(nominal, jitter, word), "{nominal} {ppm} {word}");
                }
            }
        }
        let week = SimDuration::from_secs(7 * 86_400);
        let most = jittered(week, Jitter { ppm: 500_000 }, u64::MAX);
        let almost = SimDuration::from_secs(7 * 86_400 * 3 / 2);
        assert!(most < almost && most > almost - SimDuration::from_millis(1), "{most}");
    }
}
