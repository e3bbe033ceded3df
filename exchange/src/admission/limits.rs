//! The settings of the limits per person and per address: a guard against abuse, not a quota.

use super::Proxies;

/// The limits per person and per address. A limit of 0 is off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Whether connections from this machine are a proxy's and count for no address.
    pub trust_loopback: bool,
    /// The proxies that name the addresses of their callers; their own addresses are not counted.
    pub proxies: Proxies,
    pub sockets_per_address: usize,
    pub handshakes_per_address_per_s: u64,
    /// Bad tokens, and separately bad API keys.
    pub failures_per_address_per_s: u64,
    pub sockets_per_person: usize,
    pub joins_per_person_per_s: u64,
    /// All pushes without a limit of their own, such as `book` and `accept`, and requests over HTTP.
    pub changes_per_person_per_s: u64,
    /// Searches that begin; repeats and refused ones are not counted.
    pub searches_per_client_per_s: u64,
    pub messages_per_person_per_s: u64,
    pub signals_per_person_per_s: u64,
    /// For what the company's people write, and separately for changes of the company.
    pub stored_bytes_per_company_per_s: u64,
}
