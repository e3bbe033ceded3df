//! A company on a real store, with a clock that the test sets.

use std::sync::Arc;

use rusqlite::Connection;
use switchboard::retention::{OldestNeeded, sweep};
use switchboard_core::{
    Actor, BookingId, BookingRequest, Command, CompanyId, CompanySettings, EmployeeId, Intent, MessageId, OfferId,
    SessionId, Time,
};
use switchboard_exchange::Exchange;
use switchboard_exchange::clock::Clock;
use switchboard_history::statistics::Question;
use switchboard_history::{Range, snapshot};
use switchboard_journal::Journal;
use switchboard_sqlite::check::check;
use switchboard_sqlite::{Reader, Sqlite};

pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;
pub const FOUNDED: Time = Time::from_ms(1_764_000_000_000);

/// A company on a store, with a clock that the test sets.
pub struct World {
    pub place: tempfile::TempDir,
    pub exchange: Arc<Exchange>,
    pub reader: Arc<Reader>,
    pub company: CompanyId,
    clock: Clock,
    pub now: Time,
    fresh: u128,
}

impl World {
    /// Creates the company, with one idle employee.
    pub async fn founded(settings: CompanySettings) -> Self {
        let place = tempfile::tempdir().unwrap();
        let (store, reader) = Sqlite::open(place.path()).unwrap();
        let reader = Arc::new(reader);
        let (journal, _thread) = Journal::start(store, 1024).unwrap();
        let snapshots = snapshot::start(reader.clone(), journal.queue()).unwrap();
        let clock = Clock::told(FOUNDED);
        let exchange = Exchange::new(journal, reader.clone(), snapshots, clock.clone());
        let company = "acme".parse().unwrap();
        let mut world = Self { place, exchange, reader, company, clock, now: FOUNDED, fresh: 0 };
        world.does(Command::SetCompany { name: "Acme".into(), settings }).await;
        world.hires("erika").await;
        world
    }

    pub fn wait(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.clock.tell(self.now, 0);
    }

    /// Runs a command and waits for the commit.
    pub async fn does(&mut self, command: Command) {
        self.does_all(vec![command]).await;
    }

    /// Runs all commands in one visit.
    pub async fn does_all(&mut self, commands: Vec<Command>) {
        self.wait(1);
        let visited = self.exchange.visit(&self.company, |visit| {
            for command in &commands {
                let taken = visit.take(command);
                assert!(taken.is_ok(), "{command:?}: {taken:?}");
            }
        });
        visited.await.unwrap().committed().await.unwrap();
    }

    pub fn fresh_offer(&mut self) -> OfferId {
        OfferId { booking: BookingId::from_u128(self.fresh()), attempt: 1 }
    }

    pub async fn hires(&mut self, employee: &str) {
        let employee: EmployeeId = employee.parse().unwrap();
        self.does(Command::set_employee(employee.clone(), "Erika Muster".into(), vec![])).await;
        self.does(Command::EmployeeConnected { employee: employee.clone() }).await;
        self.does(Command::set_status(employee, Intent::Idle, false)).await;
    }

    /// So many consultations of Alice with Erika, in one visit.
    pub async fn consults_many(&mut self, many: usize) {
        let commands = (0..many).flat_map(|_| whole_consultation(self.fresh_offer())).collect();
        self.does_all(commands).await;
    }

    /// Adds an endpoint that was read up to `cursor`, with a pending delivery of event `pending`.
    pub fn has_webhook(&self, cursor: u64, pending: u64) {
        let (cursor, pending) = (cursor.cast_signed(), pending.cast_signed());
        let store = self.beside();
        store
            .execute(
                "INSERT INTO webhooks (company_id, id, url, description, types, state, secret, cursor, created_at)
                 VALUES ('acme', 'hook', 'https://example.org/', '', '[]', 'on', 'whsec_AAAA', ?1, 0)",
                [cursor],
            )
            .unwrap();
        let sql = "INSERT INTO webhook_deliveries (company_id, webhook_id, seq, lane, state, attempts, due_at)
                       VALUES ('acme', 'hook', ?1, 'company', 'pending', 1, 0)";
        store.execute(sql, [pending]).unwrap();
    }

    /// Another connection to the store, which waits for the journal's writes.
    pub fn beside(&self) -> Connection {
        let store = Connection::open(self.place.path().join("switchboard.db")).unwrap();
        store.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        store.pragma_update(None, "secure_delete", "on").unwrap();
        store
    }

    /// Writes to the store beside the journal.
    pub fn writes(&self, sql: &str) {
        self.beside().execute_batch(sql).unwrap();
    }

    /// The number of the last projected event.
    pub fn last_event(&self) -> u64 {
        self.last_event_of(&self.company)
    }

    pub fn last_event_of(&self, company: &CompanyId) -> u64 {
        let kept = self.reader.ask(|past| past.feed_kept(company)).unwrap();
        kept.map_or(0, |(_, latest)| latest)
    }

    fn fresh(&mut self) -> u128 {
        self.fresh += 1;
        u128::from(self.now.as_ms()) << 80 | self.fresh
    }

    pub async fn books(&mut self, client: &str) -> OfferId {
        let offer = self.fresh_offer();
        let (booking, key) = (offer.booking, Some(format!("key-of-{client}-{}", self.fresh).parse().unwrap()));
        let client_name = Some(format!("Miss {}", client.to_uppercase()).into());
        let (client, topic) = (client.parse().unwrap(), "tax".parse().unwrap());
        let note = Some(r#"{"phone":"0123-secret"}"#.into());
        let request = BookingRequest { client_name, note, key, ..BookingRequest::new(booking, client, topic) };
        self.does(Command::Book(request)).await;
        offer
    }

    pub async fn accepts(&mut self, employee: &str, offer: OfferId) -> SessionId {
        let session = SessionId::from_u128(self.fresh());
        self.does(Command::Accept { employee: employee.parse().unwrap(), offer, session }).await;
        session
    }

    pub async fn says(&mut self, client: &str, session: SessionId, body: &str) {
        let (message, by) = (MessageId::from_u128(self.fresh()), Actor::Client(client.parse().unwrap()));
        let (body, session_max_bytes) = (body.into(), u64::MAX);
        self.does(Command::Send { session, message, by, body, key: None, session_max_bytes }).await;
    }

    pub async fn notes(&mut self, employee: &str, session: SessionId, body: &str) {
        let by = Actor::Employee(employee.parse().unwrap());
        self.does(Command::WriteNotes { session, by, body: body.into() }).await;
    }

    /// A consultation of ten seconds, from the booking to the end.
    pub async fn consults(&mut self, client: &str, employee: &str) -> SessionId {
        let offer = self.books(client).await;
        let session = self.accepts(employee, offer).await;
        self.says(client, session, "a secret message").await;
        self.wait(9_996);
        self.ends(client, session).await;
        session
    }

    pub async fn ends(&mut self, client: &str, session: SessionId) {
        let by = Actor::Client(client.parse().unwrap());
        self.does(Command::End { session, by, reason: Some("secret reason".into()) }).await;
    }

    pub async fn forgets(&self, oldest_needed: OldestNeeded) {
        sweep(&self.exchange, &*self.reader, &oldest_needed).await;
    }

    pub fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.beside().query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    pub async fn assert_whole(&self) {
        self.exchange.settle().await;
        let report = check(&self.reader).unwrap();
        assert_eq!(report.differences, Vec::<String>::new());
    }

    pub fn question(&self, from: Time, to: Time) -> Question {
        Question { range: Range { from, to }, within_s: 20, now: self.now }
    }
}

pub fn keeps(history_days: u32) -> CompanySettings {
    CompanySettings {
        history_days,
        booking_deadline_ms: DAY_MS,
        offer_timeout_ms: DAY_MS,
        ..CompanySettings::default()
    }
}

pub fn nobody_needs_any() -> OldestNeeded {
    Arc::new(|_, _| None)
}

/// The words that occur in the bytes of the store, after SQLite's log was copied into it.
pub fn found_in_the_file(world: &World, words: &[&str]) -> Vec<String> {
    let path = world.place.path().join("switchboard.db");
    let store = Connection::open(&path).unwrap();
    store.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let bytes: Vec<u8> = std::fs::read_dir(world.place.path())
        .unwrap()
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap_or_default())
        .collect();
    let is_there = |word: &&&str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
    words.iter().filter(is_there).map(|word| (*word).to_owned()).collect()
}

pub fn whole_consultation(offer: OfferId) -> [Command; 3] {
    let (client, employee) = ("alice".parse().unwrap(), "erika".parse().unwrap());
    let (booking, topic) = (offer.booking, "tax".parse().unwrap());
    let session = SessionId::from_u128(booking.as_u128());
    let by = Actor::Client("alice".parse().unwrap());
    [
        Command::Book(BookingRequest::new(booking, client, topic)),
        Command::Accept { employee, offer, session },
        Command::End { session, by, reason: None },
    ]
}
