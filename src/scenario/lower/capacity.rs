//! The account's concurrency, and who may have how much of it.

use super::fields::Fields;
use super::{Lowering, windows};
use crate::scenario::{Account, Neighbour};

impl<'a> Lowering<'a> {
    /// What functions reserve, and what is provisioned for those that reserve nothing, must leave the unreserved
    /// minimum to all others; provisioned concurrency lies within a reservation.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>
    pub(super) fn reservations(&mut self, root: &Fields<'a, '_>, account: Option<&Account>) {
        let functions = root.entries("functions");
        for (_, function) in &functions {
            self.provisioned_within_reserved(function);
        }
        let Some(account) = account else {
            return;
        };
        let total: u64 = functions.iter().map(|(_, fields)| claimed(fields)).sum();
        let (quota, minimum) = (account.concurrency, account.unreserved_minimum);
        let reservable = u64::from(quota.saturating_sub(minimum));
        let Some((_, largest)) = functions.iter().max_by_key(|(_, fields)| claimed(fields)) else {
            return;
        };
        if total > reservable {
            let message = format!(
                "{total} reserved in total: of the account's {quota}, {minimum} must stay unreserved, so that {reservable} can be reserved"
            );
            let hint =
                format!("reserve less, or raise `account.concurrency` to {}", total + u64::from(minimum));
            self.error(&claim_path(largest), message, hint);
        }
    }

    fn provisioned_within_reserved(&mut self, function: &Fields<'a, '_>) {
        let (Some(provisioned), Some(Some(reserved))) =
            (provisioned(function), function.optional(RESERVED, Fields::integer32))
        else {
            return;
        };
        if provisioned > reserved {
            let message = format!(
                "{provisioned} provisioned, but only {reserved} reserved: provisioned concurrency is a part of the reserved concurrency"
            );
            let hint = format!("provision at most {reserved}, or reserve at least {provisioned}");
            self.error(&function.record(PROVISIONED).at(EXECUTIONS), message, hint);
        }
    }
}

const RESERVED: &str = "ReservedConcurrentExecutions";
const PROVISIONED: &str = "ProvisionedConcurrencyConfig";
const EXECUTIONS: &str = "ProvisionedConcurrentExecutions";

/// What a function takes off the account's unreserved concurrency.
fn claimed(function: &Fields<'_, '_>) -> u64 {
    let provisioned = || function.record(PROVISIONED).integer(EXECUTIONS).unwrap_or(0);
    function.integer(RESERVED).unwrap_or_else(provisioned)
}

fn claim_path(function: &Fields<'_, '_>) -> String {
    if function.has(RESERVED) { function.at(RESERVED) } else { function.record(PROVISIONED).at(EXECUTIONS) }
}

/// `ProvisionedConcurrentExecutions` of a function; 0 if it has none.
pub(super) fn provisioned(function: &Fields<'_, '_>) -> Option<u32> {
    let given = function.optional(PROVISIONED, |function, key| function.record(key).integer32(EXECUTIONS));
    given.map(Option::unwrap_or_default)
}

pub(super) fn account(fields: &Fields<'_, '_>) -> Option<Account> {
    let scaling = fields.record("scaling_rate");
    let neighbour = |fields: &Fields<'_, '_>| {
        Some(Neighbour { concurrency: fields.integer32("concurrency")?, during: windows(fields)? })
    };
    Some(Account {
        concurrency: fields.integer32("concurrency")?,
        unreserved_minimum: fields.integer32("unreserved_minimum")?,
        requests_per_concurrency: fields.integer32("requests_per_concurrency")?,
        scaling_burst: scaling.integer32("environments")?,
        scaling_per_second: scaling.integer32("per_second")?,
        neighbours: fields.elements("neighbours").iter().map(neighbour).collect::<Option<_>>()?,
    })
}
