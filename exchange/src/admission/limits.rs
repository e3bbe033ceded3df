//! What one person and one address may do: a guard against abuse, not a quota.

use super::Proxies;

/// The limits per person and per address. A limit of 0 is off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Whether connections from this machine are a proxy's, whose address says nothing of who is behind it: limits
    /// per address then leave them out.
    pub trust_loopback: bool,
    /// The proxies that may say whom they speak for; their own addresses are left out of the limits too.
    pub proxies: Proxies,
    /// Sockets of one address at once.
    pub sockets_per_address: usize,
    /// Handshakes of one address.
    pub handshakes_per_address_per_s: u64,
    /// Bad tokens, and bad API keys, of one address.
    pub failures_per_address_per_s: u64,
    /// Sockets of one person at once.
    pub sockets_per_person: usize,
    /// Joins of one person.
    pub joins_per_person_per_s: u64,
    /// Everything else that one person pushes, such as `book` and `accept`.
    pub changes_per_person_per_s: u64,
    /// Searches that one client begins.
    pub searches_per_client_per_s: u64,
    /// Messages of one person.
    pub messages_per_person_per_s: u64,
    /// Signals of one person.
    pub signals_per_person_per_s: u64,
    /// Bytes that are stored of all people of one company.
    pub stored_bytes_per_company_per_s: u64,
}
