//! Concurrency: the slots that runs occupy, and who may have one.
//!
//! A function with reserved concurrency has that many slots, to itself and no more; all others share what the
//! account's quota leaves when every reservation is taken off
//! (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>).

use super::observation::ThrottleReason;
use crate::id::FunctionId;
use crate::scenario::Scenario;

/// The slots of an account and how many of them are in use.
#[derive(Clone, Debug)]
pub struct Concurrency {
    functions: Vec<FunctionSlots>,
    unreserved_limit: u32,
    unreserved_running: u32,
}

#[derive(Clone, Copy, Debug)]
struct FunctionSlots {
    reserved: Option<u32>,
    running: u32,
}

impl Concurrency {
    /// All slots of `scenario`'s account, none in use.
    pub fn new(scenario: &Scenario) -> Self {
        let slots =
            |function: &crate::scenario::Function| FunctionSlots { reserved: function.reserved, running: 0 };
        let reserved: u32 = scenario.functions.iter().filter_map(|function| function.reserved).sum();
        Self {
            functions: scenario.functions.iter().map(slots).collect(),
            unreserved_limit: scenario.account.concurrency - reserved,
            unreserved_running: 0,
        }
    }

    /// Takes a slot for a run of `function`, or tells why there is none.
    ///
    /// # Errors
    /// The reason of the throttle, when every slot that the function may use is taken.
    pub fn admit(&mut self, function: FunctionId) -> Result<(), ThrottleReason> {
        let slots = &mut self.functions[function.index()];
        match slots.reserved {
            Some(limit) if slots.running >= limit => {
                return Err(ThrottleReason::ReservedFunctionConcurrentInvocationLimitExceeded);
            }
            None if self.unreserved_running >= self.unreserved_limit => {
                return Err(ThrottleReason::ConcurrentInvocationLimitExceeded);
            }
            Some(_) => {}
            None => self.unreserved_running += 1,
        }
        slots.running += 1;
        Ok(())
    }

    /// Gives a slot back. Nobody is woken: whoever was throttled comes again at its own time.
    pub fn release(&mut self, function: FunctionId) {
        let slots = &mut self.functions[function.index()];
        assert!(slots.running > 0, "a slot is given back once");
        slots.running -= 1;
        if slots.reserved.is_none() {
            self.unreserved_running -= 1;
        }
    }

    /// Runs of `function` in progress.
    pub fn running(&self, function: FunctionId) -> u32 {
        self.functions[function.index()].running
    }
}
