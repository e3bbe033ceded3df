//! The parts of all that is shared over HTTP, a few at once of each: a company has a part of them at most, and so has whoever asks.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use switchboard_metrics::METRICS;
use switchboard_wire::claims::Claims;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::tally::{Held, Tally};
use super::{Limited, PLACE_RETRY_MS};

/// How many there are of something, how many of them one may have at once, and how long somebody waits for one.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    what: &'static str,
    /// How many there are.
    pub all: usize,
    of_company: usize,
    of_key: usize,
    of_person: usize,
    /// Of what is open to everybody.
    of_address: usize,
    wait: Duration,
    /// Requests of one caller that may wait.
    waiting: usize,
}

/// Reads that may go through a long past. Each takes a thread and as much of a core as it can get.
pub const LONG_READS: Parts = Parts {
    what: "long reads",
    all: 4,
    of_company: 2,
    of_key: 2,
    of_person: 1,
    of_address: 0,
    // A page that asks for several things at once has them one after the other.
    wait: Duration::from_secs(5),
    waiting: 16,
};
/// Pages of lists and of the feed. Most take a millisecond, but a filter may go through all there is.
pub const LISTS: Parts = Parts { what: "lists", ..LONG_READS };
/// Pages that those who follow a feed read on: they are told of the same at the same time, and wait for each other.
pub const SLICES: Parts =
    Parts { what: "feeds that read", of_person: 2, wait: Duration::from_secs(60), waiting: FEEDS.of_key, ..LISTS };
/// Each reads for as long as its caller takes it.
pub const EXPORTS: Parts = Parts {
    what: "exports",
    all: 4,
    of_company: 1,
    of_key: 2,
    of_person: 1,
    of_address: 0,
    wait: Duration::ZERO,
    waiting: 0,
};
/// Files of employees: each is held in memory until it is whole.
pub const FILES: Parts = Parts { what: "files of employees", ..EXPORTS };
/// Feeds that wait or stream: half of the connections that there are beside the sockets.
pub const FEEDS: Parts = Parts { what: "feeds", all: 512, of_company: 64, of_key: 128, of_person: 16, ..EXPORTS };
/// KiB of answers that are on their way and not read yet.
pub const ANSWERS: Parts = Parts {
    what: "KiB of answers that are not read",
    all: 128 * 1024,
    of_company: 16 * 1024,
    of_key: 8 * 1024,
    of_person: 4 * 1024,
    ..EXPORTS
};

/// Logos that are read and on their way: whoever shows no key may ask for them, and need not read them.
pub const LOGOS: Parts =
    Parts { what: "logos", all: 1024, of_company: 512, of_key: 0, of_person: 0, of_address: 128, ..EXPORTS };

/// Questions to the store that may take long, at once.
pub const LONG_AT_ONCE: usize = LONG_READS.all + LISTS.all + SLICES.all + EXPORTS.all;
/// Threads for questions to the store: as many as may be asked over HTTP at once and take long, and more for joins and all
/// else, which so find one whatever is asked over HTTP.
pub const BLOCKING_THREADS: usize = LONG_AT_ONCE + 12;

/// All that is shared out.
#[derive(Debug)]
pub struct Shares {
    /// See [`LONG_READS`].
    pub long_reads: Shared,
    /// See [`LISTS`].
    pub lists: Shared,
    /// See [`SLICES`].
    pub slices: Shared,
    /// See [`EXPORTS`].
    pub exports: Shared,
    /// See [`FILES`].
    pub files: Shared,
    /// See [`FEEDS`].
    pub feeds: Shared,
    /// See [`ANSWERS`].
    pub answers: Shared,
    /// See [`LOGOS`].
    pub logos: Shared,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            long_reads: Shared::of(LONG_READS),
            lists: Shared::of(LISTS),
            slices: Shared::of(SLICES),
            exports: Shared::of(EXPORTS),
            files: Shared::of(FILES),
            feeds: Shared::of(FEEDS),
            answers: Shared::of(ANSWERS),
            logos: Shared::of(LOGOS),
        }
    }
}

/// Who asks for a part.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// A back end, by the key's id, or the name of the one without an id.
    Key(&'a str),
    /// Somebody with a token.
    Person(&'a Claims),
    /// Somebody without either, by the number of their address; none where it is not counted.
    Address(Option<u64>),
}

/// Why there is none for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The caller has all that one may have.
    OfCaller(Limited),
    /// The company has all that one may have, or all are taken.
    OfAll {
        /// Of what.
        what: &'static str,
        /// When to try again.
        retry_in_ms: u64,
    },
}

/// Something that all share.
#[derive(Debug)]
pub struct Shared {
    parts: Parts,
    all: Arc<Semaphore>,
    companies: Arc<Tally<Arc<Semaphore>>>,
    keys: Arc<Tally<Arc<Semaphore>>>,
    people: Arc<Tally<Arc<Semaphore>>>,
    addresses: Arc<Tally<Arc<Semaphore>>>,
    hasher: RandomState,
}

impl Shared {
    fn of(parts: Parts) -> Self {
        let each = |part: usize| {
            // Without a wait nobody stands in a line.
            let most = if parts.wait.is_zero() { 0 } else { part + parts.waiting };
            Tally::sharing(most, move || Arc::new(Semaphore::new(part)))
        };
        Self {
            parts,
            all: Arc::new(Semaphore::new(parts.all)),
            companies: Tally::sharing(0, move || Arc::new(Semaphore::new(parts.of_company))),
            keys: each(parts.of_key),
            people: each(parts.of_person),
            addresses: each(parts.of_address),
            hasher: RandomState::new(),
        }
    }

    /// One of them, in that company if it is of one.
    ///
    /// # Errors
    /// When there is none within the time that one waits.
    pub async fn take(&self, by: By<'_>, company: Option<&str>) -> Result<Part, Full> {
        self.take_many(by, company, 1).await
    }

    /// So many of them at once. Who asks for more than anybody may have gets all that they may have.
    ///
    /// # Errors
    /// As [`Shared::take`].
    pub async fn take_many(&self, by: By<'_>, company: Option<&str>, many: usize) -> Result<Part, Full> {
        let Parts { of_company, of_key, of_person, of_address, wait, .. } = self.parts;
        let until = (!wait.is_zero()).then(|| Instant::now() + wait);
        let (callers, most, number) = match by {
            By::Key(key) => (&self.keys, of_key, Some(self.hasher.hash_one(key))),
            By::Person(person) => {
                let person = (person.role.as_str(), &person.company, &person.subject);
                (&self.people, of_person, Some(self.hasher.hash_one(person)))
            }
            By::Address(number) => (&self.addresses, of_address, number),
        };
        // One at least: who has no part of something gets none of it.
        let many = u32::try_from(many.min(most).min(of_company).max(1)).unwrap_or(u32::MAX);
        // In this order: who waits for their own turn holds nothing of the company's, and who waits for the company's
        // nothing of all others'.
        let own = match number {
            Some(number) => {
                let own = callers.take(number).ok_or_else(|| self.full_of_caller())?;
                Some(Permit::of(own, many, until).await.ok_or_else(|| self.full_of_caller())?)
            }
            None => None,
        };
        let of_company = match company.and_then(|company| self.companies.take(self.hasher.hash_one(company))) {
            Some(held) => Some(Permit::of(held, many, until).await.ok_or_else(|| self.full_of_all())?),
            None => None,
        };
        let of_all = permit(&self.all, many, until).await.ok_or_else(|| self.full_of_all())?;
        Ok(Part { _of_all: of_all, _of_company: of_company, _own: own })
    }

    fn full_of_caller(&self) -> Full {
        Full::OfCaller(Limited::on(self.parts.what)(PLACE_RETRY_MS))
    }

    fn full_of_all(&self) -> Full {
        METRICS.refused.of("overloaded").inc();
        Full::OfAll { what: self.parts.what, retry_in_ms: PLACE_RETRY_MS }
    }
}

/// A part of what all share; given back when dropped.
#[derive(Debug)]
pub struct Part {
    _of_all: OwnedSemaphorePermit,
    _of_company: Option<Permit>,
    _own: Option<Permit>,
}

/// What somebody has of their own part.
#[derive(Debug)]
struct Permit {
    // Given back before its owner may be forgotten.
    _permit: OwnedSemaphorePermit,
    _held: Held<Arc<Semaphore>>,
}

impl Permit {
    async fn of(held: Held<Arc<Semaphore>>, many: u32, until: Option<Instant>) -> Option<Self> {
        let permit = permit(&held.shared, many, until).await?;
        Some(Self { _permit: permit, _held: held })
    }
}

async fn permit(of: &Arc<Semaphore>, many: u32, until: Option<Instant>) -> Option<OwnedSemaphorePermit> {
    let of = of.clone();
    match until {
        Some(until) => timeout_at(until, of.acquire_many_owned(many)).await.ok()?.ok(),
        None => of.try_acquire_many_owned(many).ok(),
    }
}

#[cfg(test)]
mod tests {
    use switchboard_wire::claims::Role;

    use super::*;

    fn person(subject: &str) -> Claims {
        Claims {
            subject: subject.to_owned(),
            role: Role::Employee,
            company: Some("acme".to_owned()),
            name: None,
            topics: None,
            scope: None,
            issued_at_ms: None,
            expires_at_s: u64::MAX,
        }
    }

    fn is_of_caller(taken: Result<Part, Full>) -> bool {
        matches!(taken, Err(Full::OfCaller(_)))
    }

    fn is_of_all(taken: Result<Part, Full>) -> bool {
        matches!(taken, Err(Full::OfAll { .. }))
    }

    #[tokio::test]
    async fn nobody_has_more_than_their_part_and_a_company_no_more_than_its() {
        let exports = Shared::of(EXPORTS);
        let (ann, bob) = (person("ann"), person("bob"));
        let of_ann = exports.take(By::Person(&ann), Some("acme")).await.unwrap();
        assert!(is_of_caller(exports.take(By::Person(&ann), Some("globex")).await), "a person has one");
        assert!(is_of_all(exports.take(By::Person(&bob), Some("acme")).await), "a company has one");
        let _of_key = exports.take(By::Key("k"), Some("globex")).await.unwrap();
        let _also = exports.take(By::Key("k"), Some("initech")).await.unwrap();
        assert!(is_of_caller(exports.take(By::Key("k"), Some("hooli")).await), "a key has two");
        let _of_bob = exports.take(By::Person(&bob), Some("hooli")).await.unwrap();
        assert!(is_of_all(exports.take(By::Key("other"), Some("umbrella")).await), "all four are taken");
        drop(of_ann);
        exports.take(By::Key("other"), Some("acme")).await.unwrap();
    }

    #[tokio::test]
    async fn who_waits_has_the_next_turn_or_is_refused_in_time() {
        let wait = Duration::from_millis(500);
        let reads = Arc::new(Shared::of(Parts { wait, ..LONG_READS }));
        let ann = person("ann");
        let first = reads.take(By::Person(&ann), Some("acme")).await.unwrap();
        let waits = |reads: Arc<Shared>| async move { reads.take(By::Person(&person("ann")), Some("acme")).await };
        let mut line: Vec<_> = (0..LONG_READS.waiting).map(|_| tokio::spawn(waits(reads.clone()))).collect();
        tokio::task::yield_now().await;
        let began = Instant::now();
        assert!(is_of_caller(waits(reads.clone()).await), "the line is full");
        assert!(began.elapsed() < wait, "and that is said at once");
        // Others do not stand behind those who wait for their own turn.
        let _other = reads.take(By::Person(&person("bob")), Some("acme")).await.unwrap();
        drop(first);
        let _second = line.remove(0).await.unwrap().unwrap();
        for waiting in line {
            assert!(is_of_caller(waiting.await.unwrap()));
        }
        assert!(began.elapsed() >= wait - Duration::from_millis(100));
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_line() {
        let reads = Arc::new(Shared::of(LONG_READS));
        let _one = reads.take(By::Key("a"), Some("acme")).await.unwrap();
        let two = reads.take(By::Key("b"), Some("acme")).await.unwrap();
        let of_company =
            |reads: Arc<Shared>, key: &'static str| async move { reads.take(By::Key(key), Some("acme")).await };
        let gone = tokio::spawn(of_company(reads.clone(), "c"));
        tokio::task::yield_now().await;
        let stays = tokio::spawn(of_company(reads.clone(), "d"));
        tokio::task::yield_now().await;
        gone.abort();
        drop(two);
        stays.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn an_address_has_no_more_than_its_part_and_nothing_of_what_is_not_open() {
        let logos = Shared::of(LOGOS);
        let of = |address, company| logos.take(By::Address(address), Some(company));
        let mut held = Vec::new();
        for _ in 0..LOGOS.of_address {
            held.push(of(Some(1), "acme").await.unwrap());
        }
        assert!(is_of_caller(of(Some(1), "globex").await), "whichever company's");
        while let Ok(part) = of(None, "acme").await {
            held.push(part);
        }
        assert_eq!(held.len(), LOGOS.of_company, "who is not counted has no part of their own");
        assert!(is_of_all(of(Some(2), "acme").await));
        held.push(of(Some(2), "globex").await.unwrap());
        assert!(is_of_caller(Shared::of(EXPORTS).take(By::Address(Some(2)), Some("acme")).await));
    }

    #[tokio::test]
    async fn bytes_are_shared_out_as_places_are() {
        let answers = Shared::of(ANSWERS);
        let ann = person("ann");
        let most = ANSWERS.of_person;
        let _half = answers.take_many(By::Person(&ann), Some("acme"), most / 2).await.unwrap();
        assert!(is_of_caller(answers.take_many(By::Person(&ann), Some("acme"), most / 2 + 1).await));
        let _whole = answers.take_many(By::Person(&person("bob")), Some("acme"), usize::MAX).await.unwrap();
        let _rest = answers.take_many(By::Person(&ann), Some("acme"), most / 2).await.unwrap();
    }

    #[test]
    fn the_contract_says_how_much_one_may_have() {
        let contract = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol.md"));
        let mib = |kib: usize| if kib == 0 { "-".to_owned() } else { format!("{} MiB", kib / 1024) };
        let count = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
        let says = |what: &str, parts: Parts, written: &dyn Fn(usize) -> String| {
            let begin = format!("| {what} | ");
            let row = contract.lines().find(|line| line.starts_with(&begin)).expect(what);
            let said: Vec<&str> = row.split('|').skip(2).take(5).map(str::trim).collect();
            let Parts { all, of_company, of_key, of_person, of_address, .. } = parts;
            let parts = [all, of_company, of_key, of_person, of_address].map(written);
            assert_eq!(said, parts, "{what}");
        };
        says("statistics and timelines that are read", LONG_READS, &count);
        says("pages of lists that are read", LISTS, &count);
        says("pages of the feed that are read", SLICES, &count);
        says("exports", EXPORTS, &count);
        says("files of employees", FILES, &count);
        says("feeds that are followed, as a stream or waiting", FEEDS, &count);
        says("answers over 8 KiB that are not read yet", ANSWERS, &mib);
        says("logos on their way to whoever shows no key", LOGOS, &count);
    }
}
