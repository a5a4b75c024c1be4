//! What the functions of an account share.

/// What the functions of one account in one Region share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The Region's concurrency quota.
    pub concurrency: u32,
    /// How much of the quota reservations must leave to functions without one.
    pub unreserved_minimum: u32,
}
