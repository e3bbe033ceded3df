//! Limits on long and large requests over HTTP: slots of each kind, and a share of them for each company and caller.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use switchboard_metrics::METRICS;
use switchboard_wire::claims::Claims;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::tally::{Tally, TallyPermit};
use super::{Limited, PLACE_RETRY_MS};

/// The slots of one kind: how many there are, how many of them one caller may have, and how long a caller waits.
#[derive(Clone, Copy, Debug)]
pub struct ShareLimits {
    what: &'static str,
    pub all: usize,
    of_company: usize,
    of_key: usize,
    of_person: usize,
    /// For callers with neither a key nor a token.
    of_address: usize,
    wait: Duration,
    /// Requests of one caller that may wait.
    waiting: usize,
}

/// Statistics and timelines, which may read a long past. Each takes a thread, and as much of a core as there is.
pub(crate) const LONG_READS: ShareLimits = ShareLimits {
    what: "long reads",
    all: 4,
    of_company: 2,
    of_key: 2,
    of_person: 1,
    of_address: 0,
    // Long enough for a page that requests several things at once and gets them one after another.
    wait: Duration::from_secs(5),
    waiting: 16,
};
/// Pages of lists. Most take a millisecond, but a filter may go through the whole history.
pub(crate) const LISTS: ShareLimits = ShareLimits { what: "lists", ..LONG_READS };
/// Pages of the feed. They wait longer, because all followers of a feed read on at the same moment.
pub(crate) const SLICES: ShareLimits = ShareLimits {
    what: "feeds that read",
    of_person: 2,
    wait: Duration::from_secs(60),
    waiting: FEEDS.of_key,
    ..LISTS
};
/// Exports, each of which reads for as long as its caller takes data.
pub(crate) const EXPORTS: ShareLimits = ShareLimits {
    what: "exports",
    all: 4,
    of_company: 1,
    of_key: 2,
    of_person: 1,
    of_address: 0,
    wait: Duration::ZERO,
    waiting: 0,
};
/// Files of employees, each of which is in memory until it is complete.
pub const FILES: ShareLimits = ShareLimits { what: "files of employees", ..EXPORTS };
/// Feeds that wait or stream: half of the 1,024 connections beside the sockets.
pub const FEEDS: ShareLimits =
    ShareLimits { what: "feeds", all: 512, of_company: 64, of_key: 128, of_person: 16, ..EXPORTS };
/// KiB of answers that their callers have not read yet.
pub const ANSWERS: ShareLimits = ShareLimits {
    what: "KiB of unread answers",
    all: 128 * 1024,
    of_company: 16 * 1024,
    of_key: 8 * 1024,
    of_person: 4 * 1024,
    ..EXPORTS
};

/// Logos on their way, which a caller without a key may request and leave unread.
pub const LOGOS: ShareLimits =
    ShareLimits { what: "logos", all: 1024, of_company: 512, of_key: 0, of_person: 0, of_address: 128, ..EXPORTS };

/// Queries of the store over HTTP that may take long, at once.
pub(crate) const LONG_AT_ONCE: usize = LONG_READS.all + LISTS.all + SLICES.all + EXPORTS.all;
/// Threads for queries of the store: more than the long queries over HTTP can take, so that a join always finds one.
pub const BLOCKING_THREADS: usize = LONG_AT_ONCE + 12;

/// The slots of every kind.
#[derive(Debug)]
pub struct Shares {
    pub long_reads: SharedSemaphore,
    pub lists: SharedSemaphore,
    pub slices: SharedSemaphore,
    pub exports: SharedSemaphore,
    pub files: SharedSemaphore,
    pub feeds: SharedSemaphore,
    pub answers: SharedSemaphore,
    pub logos: SharedSemaphore,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            long_reads: SharedSemaphore::of(LONG_READS),
            lists: SharedSemaphore::of(LISTS),
            slices: SharedSemaphore::of(SLICES),
            exports: SharedSemaphore::of(EXPORTS),
            files: SharedSemaphore::of(FILES),
            feeds: SharedSemaphore::of(FEEDS),
            answers: SharedSemaphore::of(ANSWERS),
            logos: SharedSemaphore::of(LOGOS),
        }
    }
}

/// A caller of the HTTP API.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// A back end, by the id of its API key, or by the name of a key without an id.
    Key(&'a str),
    Person(&'a Claims),
    /// A caller with neither key nor token, by the number of the address; none for an address that is not counted.
    Address(Option<u64>),
}

/// The reason for which a caller gets no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The caller has their whole share.
    OfCaller(Limited),
    /// The company has its whole share, or all slots are taken.
    OfAll { what: &'static str, retry_in_ms: u64 },
}

/// The slots of one kind, with the shares of their callers.
#[derive(Debug)]
pub struct SharedSemaphore {
    parts: ShareLimits,
    all: Arc<Semaphore>,
    companies: Arc<Tally<Arc<Semaphore>>>,
    keys: Arc<Tally<Arc<Semaphore>>>,
    people: Arc<Tally<Arc<Semaphore>>>,
    addresses: Arc<Tally<Arc<Semaphore>>>,
    hasher: RandomState,
}

impl SharedSemaphore {
    fn of(parts: ShareLimits) -> Self {
        let each = |part: usize| {
            // Without a wait there is no queue to bound: the semaphore refuses at once.
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

    /// Waits for one slot, for as long as this kind allows. The slot also counts for the company, if one is given.
    pub async fn take(&self, by: By<'_>, company: Option<&str>) -> Result<SharePermit, Full> {
        self.take_many(by, company, 1).await
    }

    /// Waits for several slots at once. A caller that asks for more than its whole share gets that share.
    pub async fn take_many(&self, by: By<'_>, company: Option<&str>, many: usize) -> Result<SharePermit, Full> {
        let ShareLimits { of_company, of_key, of_person, of_address, wait, .. } = self.parts;
        let until = (!wait.is_zero()).then(|| Instant::now() + wait);
        let (callers, most, number) = match by {
            By::Key(key) => (&self.keys, of_key, Some(self.hasher.hash_one(key))),
            By::Person(person) => {
                let person = (person.role.as_str(), &person.company, &person.subject);
                (&self.people, of_person, Some(self.hasher.hash_one(person)))
            }
            By::Address(number) => (&self.addresses, of_address, number),
        };
        // One at least, so that a caller without any share is refused instead of getting zero slots.
        let many = u32::try_from(many.min(most).min(of_company).max(1)).unwrap_or(u32::MAX);
        // From the smallest share to all, so that a caller that waits for its own turn holds no slot of the company,
        // and a company that waits holds no slot of the others.
        let own = match number {
            Some(number) => {
                let own = callers.take(number).ok_or_else(|| self.full_of_caller())?;
                Some(OwnPermit::of(own, many, until).await.ok_or_else(|| self.full_of_caller())?)
            }
            None => None,
        };
        let of_company = match company.and_then(|company| self.companies.take(self.hasher.hash_one(company))) {
            Some(held) => Some(OwnPermit::of(held, many, until).await.ok_or_else(|| self.full_of_all())?),
            None => None,
        };
        let of_all = permit(&self.all, many, until).await.ok_or_else(|| self.full_of_all())?;
        Ok(SharePermit { _of_all: of_all, _of_company: of_company, _own: own })
    }

    fn full_of_caller(&self) -> Full {
        Full::OfCaller(Limited::on(self.parts.what)(PLACE_RETRY_MS))
    }

    fn full_of_all(&self) -> Full {
        METRICS.refused.of("overloaded").inc();
        Full::OfAll { what: self.parts.what, retry_in_ms: PLACE_RETRY_MS }
    }
}

/// Slots that a request holds; given back when dropped.
#[derive(Debug)]
pub struct SharePermit {
    _of_all: OwnedSemaphorePermit,
    _of_company: Option<OwnPermit>,
    _own: Option<OwnPermit>,
}

/// Slots of one share.
#[derive(Debug)]
struct OwnPermit {
    // Dropped before `_held`, which may forget the owner and with it the semaphore.
    _permit: OwnedSemaphorePermit,
    _held: TallyPermit<Arc<Semaphore>>,
}

impl OwnPermit {
    async fn of(held: TallyPermit<Arc<Semaphore>>, many: u32, until: Option<Instant>) -> Option<Self> {
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
            skills: None,
            priority: None,
            scope: None,
            issued_at_ms: None,
            expires_at_s: u64::MAX,
        }
    }

    fn is_of_caller(taken: Result<SharePermit, Full>) -> bool {
        matches!(taken, Err(Full::OfCaller(_)))
    }

    fn is_of_all(taken: Result<SharePermit, Full>) -> bool {
        matches!(taken, Err(Full::OfAll { .. }))
    }

    #[tokio::test]
    async fn nobody_has_more_than_their_part_and_a_company_no_more_than_its() {
        let exports = SharedSemaphore::of(EXPORTS);
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
        let reads = Arc::new(SharedSemaphore::of(ShareLimits { wait, ..LONG_READS }));
        let ann = person("ann");
        let first = reads.take(By::Person(&ann), Some("acme")).await.unwrap();
        let waits =
            |reads: Arc<SharedSemaphore>| async move { reads.take(By::Person(&person("ann")), Some("acme")).await };
        let mut line: Vec<_> = (0..LONG_READS.waiting).map(|_| tokio::spawn(waits(reads.clone()))).collect();
        tokio::task::yield_now().await;
        let began = Instant::now();
        assert!(is_of_caller(waits(reads.clone()).await), "the line is full");
        assert!(began.elapsed() < wait, "and that is said at once");
        // Other callers do not queue behind one that waits for its own turn.
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
        let reads = Arc::new(SharedSemaphore::of(LONG_READS));
        let _one = reads.take(By::Key("a"), Some("acme")).await.unwrap();
        let two = reads.take(By::Key("b"), Some("acme")).await.unwrap();
        let of_company = |reads: Arc<SharedSemaphore>, key: &'static str| async move {
            reads.take(By::Key(key), Some("acme")).await
        };
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
        let logos = SharedSemaphore::of(LOGOS);
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
        assert!(is_of_caller(SharedSemaphore::of(EXPORTS).take(By::Address(Some(2)), Some("acme")).await));
    }

    #[tokio::test]
    async fn bytes_are_shared_out_as_places_are() {
        let answers = SharedSemaphore::of(ANSWERS);
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
        let says = |what: &str, parts: ShareLimits, written: &dyn Fn(usize) -> String| {
            let begin = format!("| {what} | ");
            let row = contract.lines().find(|line| line.starts_with(&begin)).expect(what);
            let said: Vec<&str> = row.split('|').skip(2).take(5).map(str::trim).collect();
            let ShareLimits { all, of_company, of_key, of_person, of_address, .. } = parts;
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
