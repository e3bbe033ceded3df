//! Who may do how much: limits per person and per address, so that one of them cannot take what all share.

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
use shares::{By, Full, Part, Shares};
use tally::{Held, Tally};

/// Requests of one device that may wait for their commit: who asks for more is not heard until one is answered.
const UNANSWERED_OF_DEVICE_MAX: usize = 64;
/// Requests of one person that may wait for their commit, on all devices together: far from filling the journal's
/// queue.
const UNANSWERED_OF_PERSON_MAX: usize = 256;
/// Connections of an address beyond its sockets: for the API, for probes and for handshakes.
const CONNECTIONS_BESIDE_SOCKETS: usize = 256;
/// Heads, bodies and frames over [`SHORT_MAX_BYTES`] that may be on their way at once, of an address: most are there in a
/// moment.
pub const LONG_OF_ADDRESS_MAX: usize = 128;
/// The same in all.
pub const LONG_IN_ALL_MAX: usize = 1024;
/// Bytes of a push that count as one: what is longer counts once for each such piece, because it is stored. As many of
/// the longest messages as a session shows may come at once after a rest.
const PIECE_BYTES: usize = 6 * 1024;
/// Joins that one which is refused counts for.
const REFUSED_JOIN_PRICE: u64 = 10;
/// Lines of the audit list for what one key or one admin was refused: twenty after a rest, and then one a second.
const REFUSALS_LISTED_PER_S: u64 = 1;
/// Requests that a read through a long past, or an export, counts for beside the request that it is.
const LONG_READ_MORE: u64 = 9;
/// When to look again for a place that another socket must give back first; nobody knows when it does.
const PLACE_RETRY_MS: u64 = 1000;

/// The address that somebody comes from: of the connection, or what a trusted proxy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// What a device wishes to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Join a topic.
    Join,
    /// Say something in a session.
    Message,
    /// Have something relayed.
    Signal,
    /// Anything else that has a company do something.
    Change,
}

/// Somebody wants too much; nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many {what}; try again in {retry_in_ms} ms")]
pub struct Limited {
    /// Of what.
    pub what: &'static str,
    /// When to try again.
    pub retry_in_ms: u64,
}

impl Limited {
    /// The stable word on the wire.
    pub const REASON: &'static str = "rate_limited";

    /// Too much is stored of a company.
    #[must_use]
    pub fn on_stored(retry_in_ms: u64) -> Self {
        Self::on("bytes of this company's to store")(retry_in_ms)
    }

    fn on(what: &'static str) -> impl FnOnce(u64) -> Self {
        move |retry_in_ms| {
            METRICS.refused.of(Self::REASON).inc();
            Self { what, retry_in_ms }
        }
    }

    /// When to try again in whole seconds, for `Retry-After`.
    #[must_use]
    pub fn retry_after_s(self) -> String {
        self.retry_in_ms.div_ceil(1000).max(1).to_string()
    }
}

/// Counts what people and addresses do.
pub struct Admission {
    trust_loopback: bool,
    proxies: Proxies,
    connections: Arc<Tally<()>>,
    sockets: Arc<Tally<()>>,
    people: Arc<Tally<Unanswered>>,
    /// The parts of all that is shared over HTTP.
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
    /// Makes a number of whoever is counted, which nobody outside can foresee: so nobody can seek one who shares a
    /// number with somebody else.
    hasher: RandomState,
}

impl Admission {
    /// Keeps to these limits.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        // Where addresses have no limit, they say nothing of who is behind them.
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

    /// Who sends a request over a connection from `peer`.
    #[must_use]
    pub fn client(&self, peer: Peer, headers: &HeaderMap) -> Peer {
        self.proxies.client(peer, headers)
    }

    /// A connection begins, and has its place among all. Nothing when its address has too many: it is then cut without
    /// a word, for a word would have to wait for a request that may never come.
    #[must_use]
    pub fn connect(&self, peer: Peer, place: OwnedSemaphorePermit) -> Option<Entrance> {
        let of_address = match self.address(Some(peer)) {
            Some(address) => Some(self.connections.take(address)?),
            None => None,
        };
        Some(Entrance { _places: Arc::new((of_address, place)) })
    }

    /// A long head, body or frame is on its way, over a connection from `peer`. Nothing when there are too many.
    #[must_use]
    pub fn long(&self, peer: Peer) -> Option<LongPlace> {
        let in_all = self.long_in_all.clone().try_acquire_owned().ok()?;
        let of_address = match self.address(Some(peer)) {
            Some(address) => Some(self.long.take(address)?),
            None => None,
        };
        Some(LongPlace { _of_address: of_address, _in_all: in_all })
    }

    /// A handshake begins.
    ///
    /// # Errors
    /// When its address makes too many.
    pub fn handshake(&self, peer: Option<Peer>, now: Time) -> Result<(), Limited> {
        let Some(address) = self.address(peer) else { return Ok(()) };
        self.handshakes.take(address, now).map_err(Limited::on("handshakes"))
    }

    /// A token was bad. A good one of the same address is not asked after this: a token cannot be guessed, and whole
    /// offices come from one address, with tokens that expired overnight.
    ///
    /// # Errors
    /// When there are too many of them.
    pub fn bad_token(&self, peer: Option<Peer>, now: Time) -> Result<(), Limited> {
        let Some(address) = self.address(peer) else { return Ok(()) };
        self.bad_tokens.take(address, now).map_err(Limited::on("bad tokens"))
    }

    /// Whether an API key, or a token in the place of one, may be tried: after too many bad ones no good one counts either, or the limit would be none
    /// for who guesses.
    ///
    /// # Errors
    /// When there were too many bad ones.
    pub fn may_try_key(&self, peer: Option<Peer>, now: Time) -> Result<(), Limited> {
        let Some(address) = self.address(peer) else { return Ok(()) };
        self.bad_keys.look(address, now).map_err(Limited::on("bad API keys or tokens"))
    }

    /// An API key, or a token in the place of one, was bad.
    pub fn bad_key(&self, peer: Option<Peer>, now: Time) {
        if let Some(address) = self.address(peer) {
            // That there are too many is said to the next one.
            let _too_many = self.bad_keys.take(address, now);
        }
    }

    /// Whether what a key or an admin was refused is to be listed: enough for a person to see it, and not for the list
    /// to be full of it.
    pub fn may_list_refusal(&self, name: &str, now: Time) -> bool {
        self.refusals.take(self.number(name), now).is_ok()
    }

    /// A person asks for something over HTTP: it counts with what their devices push.
    ///
    /// # Errors
    /// When they ask too much.
    pub fn request(&self, claims: &Claims, now: Time) -> Result<(), Limited> {
        self.changes.take(self.person(claims), now).map_err(Limited::on("requests"))
    }

    /// A person's request over HTTP may go through a long past: it counts as several.
    ///
    /// # Errors
    /// When they ask too much.
    pub fn long_read(&self, claims: &Claims, now: Time) -> Result<(), Limited> {
        self.changes.take_many(self.person(claims), LONG_READ_MORE, now).map_err(Limited::on("requests"))
    }

    /// A logo of that company, for whoever shows no key.
    ///
    /// # Errors
    /// When their address, the company or all have as many on their way as they may.
    pub async fn logo(&self, peer: Option<Peer>, company: &CompanyId) -> Result<Part, Full> {
        let address = self.address(peer).filter(|_| self.counts_addresses);
        self.shares.logos.take(By::Address(address), Some(company.as_str())).await
    }

    /// A device of the token's person comes in, and stays as long as it holds the pass.
    ///
    /// # Errors
    /// When its address or its person has too many sockets.
    pub fn admit(&self, claims: &Claims, peer: Option<Peer>) -> Result<Pass, Limited> {
        let full = |what| Limited { what, retry_in_ms: PLACE_RETRY_MS };
        let address = match self.address(peer) {
            Some(address) => Some(self.sockets.take(address).ok_or(full("sockets of this address"))?),
            None => None,
        };
        let person = self.people.take(self.person(claims)).ok_or(full("sockets of this person"))?;
        Ok(Pass { _address: address, person, unanswered: Unanswered::of(UNANSWERED_OF_DEVICE_MAX) })
    }

    /// A device wishes something, with so many bytes.
    ///
    /// # Errors
    /// When its person wishes too much of it.
    pub fn grant(&self, pass: &Pass, wish: Wish, bytes: usize, now: Time) -> Result<(), Limited> {
        let (rate, price, what) = match wish {
            Wish::Join => (&self.joins, 1, "joins"),
            Wish::Message => (&self.messages, price(bytes), "messages"),
            Wish::Signal => (&self.signals, 1, "signals"),
            Wish::Change => (&self.changes, price(bytes), "requests"),
        };
        rate.take(pass.person.key, now).map_err(Limited::on(what))?;
        // It is had when once would be, and the rest is paid off before the next: nothing is too dear for a rate.
        rate.charge(pass.person.key, price - 1, now);
        Ok(())
    }

    /// A device's join was refused: it had the store looked through for nothing.
    pub fn join_was_refused(&self, pass: &Pass, now: Time) {
        self.joins.charge(pass.person.key, REFUSED_JOIN_PRICE - 1, now);
    }

    /// Bytes that may be stored of one company; 0 is no limit.
    #[must_use]
    pub const fn stored_per_company_per_s(&self) -> u64 {
        self.stored_per_company_per_s
    }

    /// Whether a client may have this done: not if it would begin a search too many.
    ///
    /// # Errors
    /// When the client begins too many.
    pub fn may_search(&self, pass: &Pass, now: Time, would_begin: impl FnOnce() -> bool) -> Result<(), Limited> {
        match self.searches.look(pass.person.key, now) {
            Err(retry_in_ms) if would_begin() => Err(Limited::on("searches")(retry_in_ms)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// A client has begun a search. A repeat, and what was refused, rang on nobody's desk and is not counted.
    pub fn search_began(&self, pass: &Pass, now: Time) {
        // Two of the same client's in two companies at the same moment: that there was one too many is said to the next.
        let _too_many = self.searches.take(pass.person.key, now);
    }

    /// The number by which an address is counted; none for one that is not. An IPv6 address counts with its whole
    /// network of 64 bits: who has one has all of them (RFC 6177).
    fn address(&self, peer: Option<Peer>) -> Option<u64> {
        let address = peer?.0.to_canonical();
        if (self.trust_loopback && address.is_loopback()) || self.proxies.trust(address) {
            return None;
        }
        Some(match address {
            IpAddr::V4(address) => self.number(address.octets()),
            IpAddr::V6(address) => self.number(&address.segments()[..4]),
        })
    }

    /// The number by which a person is counted, on all devices and over HTTP.
    fn person(&self, claims: &Claims) -> u64 {
        self.number((claims.role.as_str(), &claims.company, &claims.subject))
    }

    fn number(&self, of: impl Hash) -> u64 {
        self.hasher.hash_one(of)
    }
}

/// How often a push of so many bytes counts.
fn price(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(PIECE_BYTES)).unwrap_or(u64::MAX).max(1)
}

/// A connection's place among those of its address, if they are counted, and among all; given back when the last clone
/// is dropped. Whoever the connection becomes a socket of holds it on.
#[derive(Clone, Debug)]
pub struct Entrance {
    _places: Arc<(Option<Held<()>>, OwnedSemaphorePermit)>,
}

/// The place of a long head, body or frame, among those of its address, if they are counted, and among all.
#[derive(Debug)]
pub struct LongPlace {
    _of_address: Option<Held<()>>,
    _in_all: OwnedSemaphorePermit,
}

/// A device's leave to be here: it counts as one of its person's, and of its address's, until it is dropped.
#[derive(Debug)]
pub struct Pass {
    _address: Option<Held<()>>,
    person: Held<Unanswered>,
    unanswered: Unanswered,
}

impl Pass {
    /// The number by which the device's person is counted.
    #[must_use]
    pub const fn person(&self) -> u64 {
        self.person.key
    }

    /// A place for a request that waits for its commit; comes back when there is one. The journal always answers, so
    /// a place always comes free.
    pub async fn place(&self) -> Place {
        // A device's own place first: its requests that wait take nothing from the person's other devices.
        let own = self.unanswered.0.clone().acquire_owned().await.ok();
        let shared = self.person.shared.0.clone().acquire_owned().await.ok();
        Place { _own: own, _shared: shared }
    }
}

/// A request's place among those that wait for their commit; given back when dropped.
#[derive(Debug)]
pub struct Place {
    _own: Option<OwnedSemaphorePermit>,
    _shared: Option<OwnedSemaphorePermit>,
}

/// Places for requests that wait for their commit.
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
