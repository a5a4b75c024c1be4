//! What the functions of an account share.

use super::chance::Windows;

/// What the functions of one account in one Region share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The Region's concurrency quota.
    pub concurrency: u32,
    /// How much of the quota reservations must leave to functions without one.
    pub unreserved_minimum: u32,
    /// How many requests per second each unit of concurrency is good for; 0 = no such ceiling.
    pub requests_per_concurrency: u32,
    /// How many environments a function may make at once; 0 = as many as it likes.
    pub scaling_burst: u32,
    /// How many more it may make each second.
    pub scaling_per_second: u32,
    /// Who else uses the unreserved concurrency.
    pub neighbours: Vec<Neighbour>,
}

/// Other functions of the account, which are not simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Slots that they use.
    pub concurrency: u32,
    /// When.
    pub during: Windows,
}
