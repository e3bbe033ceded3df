//! Admission: limits per person and per address, so that one caller cannot take what all share.

mod forwarded;
mod limits;
mod rate;
pub mod shares;
mod tally;
mod unfinished;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use switchboard_core::{CompanyId, Time};
use switchboard_metrics::METRICS;
use switchboard_wire::claims::Claims;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use forwarded::{ForwardedHeader, Network, Proxies};
pub use limits::Limits;
pub use unfinished::{SHORT_MAX_BYTES, TooManyLong, Unfinished};

use rate::Rate;
use shares::{By, Full, SharePermit, Shares};
use tally::{Tally, TallyPermit};

/// Requests of one device that may wait for their commit. A device with so many is not read until one is answered.
const UNANSWERED_OF_DEVICE_MAX: usize = 64;
/// Requests of one person that may wait for their commit, on all devices: far too few to fill the journal's queue.
const UNANSWERED_OF_PERSON_MAX: usize = 256;
/// Connections of an address beyond its sockets: for the API, for probes and for handshakes.
const CONNECTIONS_BESIDE_SOCKETS: usize = 256;
/// Incomplete heads, bodies and frames over [`SHORT_MAX_BYTES`] of one address; most are complete within a moment.
pub const LONG_OF_ADDRESS_MAX: usize = 128;
/// The same for all addresses together.
pub const LONG_IN_ALL_MAX: usize = 1024;
/// Bytes of a push that count once. A longer push counts once for each started piece, because its bytes are stored; so
/// a burst still holds as many of the longest messages as a session shows.
const PIECE_BYTES: usize = 6 * 1024;
/// The number of joins that a refused one counts as, because the store may have been searched for nothing.
const REFUSED_JOIN_PRICE: u64 = 10;
/// Lines of the audit list for refused requests of one key or admin, so that these do not fill the list.
const REFUSALS_LISTED_PER_S: u64 = 1;
/// The number of requests that a long read or an export counts as, beside the request itself.
const LONG_READ_MORE: u64 = 9;
/// The wait that a caller is told when all places are taken; no one knows when a holder gives one back.
const PLACE_RETRY_MS: u64 = 1000;

/// The address of a caller: the connection's, or the one that a trusted proxy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The kind of a device's request, by which it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitedAction {
    Join,
    /// Messages, and an employee's notes.
    Message,
    Signal,
    /// All other requests, pongs, pings and heartbeats.
    Change,
}

/// A refusal of a caller over a limit; nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many {what}; try again in {retry_in_ms} ms")]
pub struct Limited {
    pub what: &'static str,
    pub retry_in_ms: u64,
}

impl Limited {
    pub const REASON: &'static str = "rate_limited";

    /// The refusal when too many bytes of a company are stored.
    #[must_use]
    pub fn on_stored(retry_in_ms: u64) -> Self {
        Self::on("stored bytes of this company")(retry_in_ms)
    }

    fn on(what: &'static str) -> impl FnOnce(u64) -> Self {
        move |retry_in_ms| {
            METRICS.refused.of(Self::REASON).inc();
            Self { what, retry_in_ms }
        }
    }

    /// The wait in whole seconds, for `Retry-After`.
    #[must_use]
    pub fn retry_after_s(self) -> String {
        self.retry_in_ms.div_ceil(1000).max(1).to_string()
    }
}

/// The counters of people and addresses.
pub struct Admission {
    trust_loopback: bool,
    proxies: Proxies,
    connections: Arc<Tally<()>>,
    sockets: Arc<Tally<()>>,
    people: Arc<Tally<Unanswered>>,
    /// The limits on long and large requests over HTTP.
    pub shares: Shares,
    long: Arc<Tally<()>>,
    long_in_all: Arc<Semaphore>,
    counts_addresses: bool,
    handshakes: Rate,
    bad_tokens: Rate,
    bad_keys: Rate,
    refusals: Rate,
    joins: Rate,
    changes: Rate,
    searches: Rate,
    messages: Rate,
    signals: Rate,
    stored_per_company_per_s: u64,
    /// Random, so that a caller cannot search for a name that shares its number with another caller.
    hasher: RandomState,
}

impl Admission {
    /// Counters with these limits.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        // Without a limit on its sockets an address says nothing about the caller, so no other limit applies to it.
        let (connections, long) = match limits.sockets_per_address {
            0 => (0, 0),
            sockets => (sockets + CONNECTIONS_BESIDE_SOCKETS, LONG_OF_ADDRESS_MAX),
        };
        Self {
            trust_loopback: limits.trust_loopback,
            proxies: limits.proxies.clone(),
            connections: Tally::of(connections),
            sockets: Tally::of(limits.sockets_per_address),
            people: Tally::of(limits.sockets_per_person),
            shares: Shares::default(),
            long: Tally::of(long),
            long_in_all: Arc::new(Semaphore::new(LONG_IN_ALL_MAX)),
            counts_addresses: limits.sockets_per_address > 0,
            handshakes: Rate::per_s(limits.handshakes_per_address_per_s),
            bad_tokens: Rate::per_s(limits.failures_per_address_per_s),
            bad_keys: Rate::per_s(limits.failures_per_address_per_s),
            refusals: Rate::per_s(REFUSALS_LISTED_PER_S),
            joins: Rate::per_s(limits.joins_per_person_per_s),
            changes: Rate::per_s(limits.changes_per_person_per_s),
            searches: Rate::per_s(limits.searches_per_client_per_s),
            messages: Rate::per_s(limits.messages_per_person_per_s),
            signals: Rate::per_s(limits.signals_per_person_per_s),
            stored_per_company_per_s: limits.stored_bytes_per_company_per_s,
            hasher: RandomState::new(),
        }
    }

    /// The address behind a request that came over a connection from `peer`.
    #[must_use]
    pub fn client(&self, peer: Peer, headers: &HeaderMap) -> Peer {
        self.proxies.client(peer, headers)
    }

    /// Counts a connection, which has its place among all already. None if its address has too many: the connection is
    /// then cut without an answer, because an answer needs a request, which may never come.
    #[must_use]
    pub fn connect(&self, peer: Peer, place: OwnedSemaphorePermit) -> Option<Entrance> {
        let of_address = match self.address(Some(peer)) {
            Some(address) => Some(self.connections.take(address)?),
            None => None,
        };
        Some(Entrance { _places: Arc::new((of_address, place)) })
    }

    /// A place for a long head, body or frame over a connection from `peer`; none if there are too many.
    #[must_use]
    pub fn long(&self, peer: Peer) -> Option<LongPlace> {
        let in_all = self.long_in_all.clone().try_acquire_owned().ok()?;
        let of_address = match self.address(Some(peer)) {
            Some(address) => Some(self.long.take(address)?),
            None => None,
        };
        Some(LongPlace { _of_address: of_address, _in_all: in_all })
    }

    /// Counts a handshake of an address.
    pub fn handshake(&self, peer: Option<Peer>, now: Time) -> Result<(), Limited> {
        let Some(address) = self.address(peer) else { return Ok(()) };
        self.handshakes.take(address, now).map_err(Limited::on("handshakes"))
    }

    /// Counts a bad token. Good tokens of the same address are accepted all the same.
    pub fn bad_token(&self, peer: Option<Peer>, now: Time) -> Result<(), Limited> {
        // Tokens cannot be guessed, and an office behind one address may have many that expired overnight.
        let Some(address) = self.address(peer) else { return Ok(()) };
        self.bad_tokens.take(address, now).map_err(Limited::on("bad tokens"))
    }

    /// Whether an API key, or a token in its place, may be tried.
    pub fn may_try_key(&self, peer: Option<Peer>, now: Time) -> Result<(), Limited> {
        // Asked before the key is checked: otherwise a guess that is right would get through in spite of the limit.
        let Some(address) = self.address(peer) else { return Ok(()) };
        self.bad_keys.look(address, now).map_err(Limited::on("bad API keys or tokens"))
    }

    /// Counts a bad API key, or a bad token in its place.
    pub fn bad_key(&self, peer: Option<Peer>, now: Time) {
        if let Some(address) = self.address(peer) {
            // `may_try_key` tells the next caller that there were too many.
            let _too_many = self.bad_keys.take(address, now);
        }
    }

    /// Whether a refused request of a key or an admin gets a line in the audit list: often enough for a reader to
    /// notice, and too seldom to fill the list.
    pub fn may_list_refusal(&self, name: &str, now: Time) -> bool {
        self.refusals.take(self.number(name), now).is_ok()
    }

    /// Counts a person's request over HTTP, together with the pushes of their devices.
    pub fn request(&self, claims: &Claims, now: Time) -> Result<(), Limited> {
        self.changes.take(self.person(claims), now).map_err(Limited::on("requests"))
    }

    /// Counts a long read of a person over HTTP as several more requests.
    pub fn long_read(&self, claims: &Claims, now: Time) -> Result<(), Limited> {
        self.changes.take_many(self.person(claims), LONG_READ_MORE, now).map_err(Limited::on("requests"))
    }

    /// Takes a slot for a logo on its way to a caller without a key.
    pub async fn logo(&self, peer: Option<Peer>, company: &CompanyId) -> Result<SharePermit, Full> {
        let address = self.address(peer).filter(|_| self.counts_addresses);
        self.shares.logos.take(By::Address(address), Some(company.as_str())).await
    }

    /// Admits a socket of the token's person, which counts until its pass is dropped.
    pub fn admit(&self, claims: &Claims, peer: Option<Peer>) -> Result<Pass, Limited> {
        let full = |what| Limited { what, retry_in_ms: PLACE_RETRY_MS };
        let address = match self.address(peer) {
            Some(address) => Some(self.sockets.take(address).ok_or(full("sockets of this address"))?),
            None => None,
        };
        let person = self.people.take(self.person(claims)).ok_or(full("sockets of this person"))?;
        Ok(Pass { _address: address, person, unanswered: Unanswered::of(UNANSWERED_OF_DEVICE_MAX) })
    }

    /// Counts a device's request of so many bytes.
    pub(crate) fn grant(&self, pass: &Pass, wish: LimitedAction, bytes: usize, now: Time) -> Result<(), Limited> {
        let (rate, price, what) = match wish {
            LimitedAction::Join => (&self.joins, 1, "joins"),
            LimitedAction::Message => (&self.messages, price(bytes), "messages"),
            LimitedAction::Signal => (&self.signals, 1, "signals"),
            LimitedAction::Change => (&self.changes, price(bytes), "requests"),
        };
        rate.take(pass.person.key, now).map_err(Limited::on(what))?;
        // Granted as soon as one unit is free, and the rest is paid off before the next request: otherwise a push that
        // costs more than a burst could never come.
        rate.charge(pass.person.key, price - 1, now);
        Ok(())
    }

    /// Counts a refused join at its full price.
    pub(crate) fn join_was_refused(&self, pass: &Pass, now: Time) {
        self.joins.charge(pass.person.key, REFUSED_JOIN_PRICE - 1, now);
    }

    /// The rate of stored bytes of one company; 0 is no limit.
    #[must_use]
    pub const fn stored_per_company_per_s(&self) -> u64 {
        self.stored_per_company_per_s
    }

    /// Whether a client may push a `book`, which is refused only if it would begin one search too many.
    pub(crate) fn may_search(&self, pass: &Pass, now: Time, would_begin: impl FnOnce() -> bool) -> Result<(), Limited> {
        // The rate first, because `would_begin` decides the whole command on trial.
        match self.searches.look(pass.person.key, now) {
            Err(retry_in_ms) if would_begin() => Err(Limited::on("searches")(retry_in_ms)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Counts a search that has begun. Repeats and refused bookings are not counted, because no employee was asked.
    pub(crate) fn search_began(&self, pass: &Pass, now: Time) {
        // One too many only if the client booked in two companies at once, and then the next search is refused.
        let _too_many = self.searches.take(pass.person.key, now);
    }

    /// The number by which an address is counted; none for an address that is not counted.
    fn address(&self, peer: Option<Peer>) -> Option<u64> {
        let address = peer?.0.to_canonical();
        // A proxy's address is that of all callers behind it.
        if (self.trust_loopback && address.is_loopback()) || self.proxies.trust(address) {
            return None;
        }
        Some(match address {
            IpAddr::V4(address) => self.number(address.octets()),
            // The network of 64 bits, because a caller with one of its addresses has all of them (RFC 6177).
            IpAddr::V6(address) => self.number(&address.segments()[..4]),
        })
    }

    /// The number by which a person is counted, on all sockets and over HTTP.
    fn person(&self, claims: &Claims) -> u64 {
        self.number((claims.role.as_str(), &claims.company, &claims.subject))
    }

    fn number(&self, of: impl Hash) -> u64 {
        self.hasher.hash_one(of)
    }
}

/// The number of times that a push of so many bytes counts.
fn price(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(PIECE_BYTES)).unwrap_or(u64::MAX).max(1)
}

/// The place of a connection among those of its address, if these are counted, and among all. The place is given back
/// when the last clone is dropped; a socket keeps the clone of its connection.
#[derive(Clone, Debug)]
pub struct Entrance {
    _places: Arc<(Option<TallyPermit<()>>, OwnedSemaphorePermit)>,
}

/// The place of a long head, body or frame among those of its address, if these are counted, and among all.
#[derive(Debug)]
pub struct LongPlace {
    _of_address: Option<TallyPermit<()>>,
    _in_all: OwnedSemaphorePermit,
}

/// The admission of one socket, which counts for its person and its address until the pass is dropped.
#[derive(Debug)]
pub struct Pass {
    _address: Option<TallyPermit<()>>,
    person: TallyPermit<Unanswered>,
    unanswered: Unanswered,
}

impl Pass {
    /// The number by which the device's person is counted.
    #[must_use]
    pub const fn person(&self) -> u64 {
        self.person.key
    }

    /// Waits for a place for one more unanswered request. The wait ends, because the journal answers every entry.
    pub async fn place(&self) -> RequestPermit {
        // The device's own place first, so that its waiting requests take none from the person's other devices.
        let own = self.unanswered.0.clone().acquire_owned().await.ok();
        let shared = self.person.shared.0.clone().acquire_owned().await.ok();
        RequestPermit { _own: own, _shared: shared }
    }
}

/// The place of a request that waits for its commit; given back when dropped.
#[derive(Debug)]
pub struct RequestPermit {
    _own: Option<OwnedSemaphorePermit>,
    _shared: Option<OwnedSemaphorePermit>,
}

/// Places for requests that wait for their commit, of a device or a person.
#[derive(Clone, Debug)]
struct Unanswered(Arc<Semaphore>);

impl Unanswered {
    fn of(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }
}

impl Default for Unanswered {
    fn default() -> Self {
        Self::of(UNANSWERED_OF_PERSON_MAX)
    }
}

#[cfg(test)]
mod tests;
