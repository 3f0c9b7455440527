//! Bounds of reading the chain.

use serde::Deserialize;

/// Section `deposits`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Signatures of one page of an account's history, 1 to 1000.
    pub page_signatures: usize,
    /// Pages that one job reads before it lets others work.
    pub pages_max: u32,
    /// Transactions that one job reads before it lets others work.
    pub transactions_max: u32,
    /// Transactions that are asked for at once.
    pub requests_max: usize,
    /// Slots that are looked at again: nodes that take turns do not all know the newest.
    pub overlap_slots: u32,
    /// How long a transaction that somebody named is waited for.
    pub wait_seconds_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { page_signatures: 1_000, pages_max: 50, transactions_max: 2_000, requests_max: 8, overlap_slots: 150, wait_seconds_max: 900 }
    }
}
