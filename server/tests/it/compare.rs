//! Compares the record with the store: facts that were told and are missing, and rows that must not exist.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value, json};
use switchboard_sqlite::Sqlite;
use switchboard_wire::claims::Role;

use crate::record::{Record, Recorded};
use crate::server::Server;

/// A table's row by the names of its columns.
type Row = Map<String, Value>;
type Rows = BTreeMap<String, Row>;

/// The tables of a store.
pub struct Tables {
    bookings: Rows,
    offers: Rows,
    sessions: Rows,
    messages: Rows,
}

/// The result of a comparison.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Number of objects that were told and looked up in the store.
    pub checked: usize,
    /// Objects that were told and are missing in the store.
    pub lost: Vec<String>,
    /// Objects that were told and differ in the store.
    pub otherwise: Vec<String>,
    /// Rows that exist twice, or overlap in time.
    pub doubled: Vec<String>,
}

impl Comparison {
    pub fn assert_nothing_found(&self, when: &str) {
        let found = self.lost.iter().chain(&self.otherwise).chain(&self.doubled);
        let found: Vec<&String> = found.take(20).collect();
        assert!(
            !self.finds_something(),
            "{when}: {} lost, {} otherwise, {} doubled: {found:#?}",
            self.lost.len(),
            self.otherwise.len(),
            self.doubled.len()
        );
    }

    pub fn finds_something(&self) -> bool {
        !(self.lost.is_empty() && self.otherwise.is_empty() && self.doubled.is_empty())
    }
}

/// Compares everything that was told with the store in a data directory without a server. Entries that are only in its
/// log are projected first, as the next start would.
pub fn compare(record: &Record, data: &Path) -> Comparison {
    compare_projected(record, data, || drop(Sqlite::open(data).expect("the store opens")))
}

/// The same comparison while the server runs.
pub fn compare_running(record: &Record, server: &Server, data: &Path) -> Comparison {
    compare_projected(record, data, || server.files())
}

fn compare_projected(record: &Record, data: &Path, file: impl FnOnce()) -> Comparison {
    // Taken first, because facts told during projection and reading may be newer than the tables.
    let all = record.all();
    file();
    let tables = Tables::read(&data.join("switchboard.db"));
    let mut comparing = Comparing { tables: &tables, found: Comparison::default(), keys: HashMap::new() };
    for told in &all {
        comparing.told(told);
    }
    comparing.same_key_same_thing();
    let mut found = comparing.found;
    tables.doubled(&mut found.doubled);
    found
}

impl Tables {
    fn read(path: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).expect("the store opens");
        // One transaction for all queries, because the server may be running.
        let connection = connection.unchecked_transaction().expect("the store can be read");
        Self {
            bookings: rows(&connection, "SELECT id AS row, * FROM bookings"),
            offers: rows(&connection, "SELECT booking_id || '.' || attempt AS row, * FROM offers"),
            sessions: rows(&connection, "SELECT id AS row, * FROM sessions"),
            messages: rows(&connection, "SELECT session_id || ' ' || id AS row, * FROM messages"),
        }
    }

    pub fn count(data: &Path) -> String {
        let Self { bookings, offers, sessions, messages } = Self::read(&data.join("switchboard.db"));
        let (bookings, offers, sessions, messages) = (bookings.len(), offers.len(), sessions.len(), messages.len());
        format!("{bookings} bookings, {offers} offers, {sessions} sessions, {messages} messages")
    }

    /// Finds rows that must not exist twice, or not at the same time.
    fn doubled(&self, doubled: &mut Vec<String>) {
        let mut held: BTreeMap<String, Vec<Span>> = BTreeMap::new();
        let mut hold = |who: &str, row: &Row, what: &str, from: &str, until: Option<i64>| {
            let person = format!("{who} {} {}", text(row, "company_id"), text(row, &format!("{who}_id")));
            let what = format!("{what} {}", text(row, "row"));
            let (from, until) = (number(row, from).unwrap_or(0), until.unwrap_or(i64::MAX));
            held.entry(person).or_default().push(Span { from, until, what });
        };
        for row in self.sessions.values() {
            hold("employee", row, "session", "started_at", number(row, "ended_at"));
            hold("client", row, "session", "started_at", number(row, "ended_at"));
        }
        for row in self.offers.values() {
            hold("employee", row, "offer", "made_at", number(row, "closed_at"));
        }
        for row in self.bookings.values() {
            // The search of an assigned booking ends at the start of its session.
            let session = row["session_id"].as_str().and_then(|id| self.sessions.get(id));
            let until = session.map_or_else(|| number(row, "ended_at"), |session| number(session, "started_at"));
            hold("client", row, "booking", "created_at", until);
        }
        for (person, mut spans) in held {
            spans.sort_by_key(|span| (span.from, span.until));
            let pairs = spans.iter().zip(spans.iter().skip(1));
            let overlapping = pairs.filter(|(before, after)| after.from < before.until);
            doubled.extend(overlapping.map(|(before, after)| format!("{person}: {before:?} and {after:?}")));
        }
        self.more_than_one(doubled);
    }

    fn more_than_one(&self, doubled: &mut Vec<String>) {
        let mut seen = HashSet::new();
        let sessions = self.sessions.iter().map(|(id, row)| (format!("session of {}", text(row, "booking_id")), id));
        // Every message of these tests has a text of its own.
        let messages = self.messages.iter().map(|(id, row)| (format!("message {}", text(row, "body")), id));
        let asked = self
            .offers
            .iter()
            .map(|(id, row)| (format!("offer of {} to {}", text(row, "booking_id"), text(row, "employee_id")), id));
        for (what, id) in sessions.chain(messages).chain(asked) {
            if !seen.insert(what.clone()) {
                doubled.push(format!("a second {what}: {id}"));
            }
        }
    }
}

/// The time during which something occupies a person.
#[derive(Debug)]
#[expect(dead_code, reason = "`what` is for the message of a failure")]
struct Span {
    from: i64,
    until: i64,
    what: String,
}

struct Comparing<'a> {
    tables: &'a Tables,
    found: Comparison,
    /// The ids that were answered, by person, place and key.
    keys: HashMap<String, HashSet<String>>,
}

impl Comparing<'_> {
    fn told(&mut self, told: &Recorded) {
        let payload = &told.payload;
        if payload["booking"].is_object() {
            self.booking(&payload["booking"]);
        }
        if payload["session"].is_object() {
            self.session(&payload["session"]);
        }
        if payload["offer"].is_object() {
            self.offer(told, &payload["offer"]);
        }
        for message in payload["messages"].as_array().into_iter().flatten() {
            self.message(told, message);
        }
        if payload["notes"].is_object() {
            self.notes(told, &payload["notes"]);
        }
        match (told.is_reply(), told.is_ok, told.event.as_str()) {
            (false, _, "message") => self.message(told, payload),
            (false, _, "notes") => self.notes(told, payload),
            (true, true, "notes") => {
                self.notes(told, &json!({ "body": told.sent["body"], "at": payload["at"] }));
            }
            (false, _, "offer_closed") => self.offer_has(told, &payload["offer_id"], &payload["outcome"]),
            (true, true, "message") => self.message_was_taken(told),
            (true, true, "book") => self.key(told, &payload["booking"]["id"]),
            (true, true, "reject") => self.offer_has(told, &told.sent["offer_id"], &json!("rejected")),
            (true, true, "accept") => self.offer_has(told, &told.sent["offer_id"], &json!("accepted")),
            (true, true, "end") if payload["session"]["ended_at"].is_null() => {
                self.found.otherwise.push(format!("an end was acknowledged and is none: {payload}"));
            }
            _ => {}
        }
    }

    /// Looks a row up; a missing one is lost.
    fn find<'t>(&mut self, table: &'t Rows, id: &str, told: &Value) -> Option<&'t Row> {
        self.found.checked += 1;
        let row = table.get(id);
        if row.is_none() {
            self.found.lost.push(format!("{id}: told {told}"));
        }
        row
    }

    fn same(&mut self, row: &Row, column: &str, told: &Value) {
        let stored = row.get(column).unwrap_or(&Value::Null);
        if stored != told {
            self.found.otherwise.push(format!("{column} of {}: told {told}, stored {stored}", row["row"]));
        }
    }

    fn booking(&mut self, told: &Value) {
        let tables = self.tables;
        let Some(row) = self.find(&tables.bookings, string(&told["id"]), told) else { return };
        for column in ["company_id", "client_id", "client_name", "topic"] {
            self.same(row, column, &told[column]);
        }
        self.same(row, "created_at", &ms(&told["created_at"]));
        let note = row["note"].as_str().map_or(Value::Null, |note| serde_json::from_str(note).unwrap());
        if note != told["note"] {
            self.found.otherwise.push(format!("note of {}: told {}, stored {note}", row["row"], told["note"]));
        }
        if number(row, "offers") < told["offers"].as_i64() {
            self.found.otherwise.push(format!("offers of {}: told {}, stored fewer", row["row"], told["offers"]));
        }
        if told["state"] != "offering" {
            self.same(row, "state", &told["state"]);
            self.same(row, "reason", &told["reason"]);
            self.same(row, "session_id", &told["session"]["id"]);
            self.same(row, "employee_id", &told["employee"]["id"]);
        }
        if told["session"].is_object() {
            self.session(&told["session"]);
        }
    }

    fn session(&mut self, told: &Value) {
        let tables = self.tables;
        let Some(row) = self.find(&tables.sessions, string(&told["id"]), told) else { return };
        for column in ["booking_id", "company_id", "client_id", "client_name", "employee_id", "topic"] {
            self.same(row, column, &told[column]);
        }
        self.same(row, "started_at", &ms(&told["started_at"]));
        if !told["ended_at"].is_null() {
            self.same(row, "ended_at", &ms(&told["ended_at"]));
            self.same(row, "ended_by", &told["ended_by"]);
            self.same(row, "reason", &told["reason"]);
        }
        if let Some(booking) = self.find(&tables.bookings, string(&told["booking_id"]), told) {
            self.same(booking, "state", &json!("assigned"));
            self.same(booking, "session_id", &told["id"]);
        }
    }

    fn offer(&mut self, told: &Recorded, offer: &Value) {
        let tables = self.tables;
        let Some(row) = self.find(&tables.offers, string(&offer["id"]), offer) else { return };
        self.same(row, "booking_id", &offer["booking_id"]);
        self.same(row, "attempt", &offer["attempt"]);
        self.same(row, "employee_id", &json!(told.id));
        if let Some(booking) = self.find(&tables.bookings, string(&offer["booking_id"]), offer) {
            self.same(booking, "client_id", &offer["client_id"]);
            self.same(booking, "client_name", &offer["client_name"]);
            self.same(booking, "topic", &offer["topic"]);
        }
    }

    fn offer_has(&mut self, told: &Recorded, offer: &Value, outcome: &Value) {
        let tables = self.tables;
        let Some(row) = self.find(&tables.offers, string(offer), &told.payload) else { return };
        self.same(row, "outcome", outcome);
        self.same(row, "employee_id", &json!(told.id));
    }

    fn message(&mut self, told: &Recorded, message: &Value) {
        let tables = self.tables;
        let id = format!("{} {}", session_of(told), string(&message["id"]));
        let Some(row) = self.find(&tables.messages, &id, message) else { return };
        self.same(row, "sender", &message["from"]);
        self.same(row, "body", &message["body"]);
        self.same(row, "at", &ms(&message["at"]));
    }

    /// Checks that the latest notes are stored: those that a person was told of, or newer ones.
    fn notes(&mut self, told: &Recorded, notes: &Value) {
        let tables = self.tables;
        let Some(row) = self.find(&tables.sessions, session_of(told), notes) else { return };
        let at = ms(&notes["at"]);
        if number(row, "notes_at") <= at.as_i64() {
            self.same(row, "notes_at", &at);
            self.same(row, "notes", &notes["body"]);
        }
    }

    fn message_was_taken(&mut self, told: &Recorded) {
        let from = if told.role == Role::Client { "client" } else { "employee" };
        let payload = &told.payload;
        let message = json!({ "id": payload["id"], "at": payload["at"], "from": from, "body": told.sent["body"] });
        self.message(told, &message);
        self.key(told, &payload["id"]);
    }

    fn key(&mut self, told: &Recorded, id: &Value) {
        if let Some(key) = told.sent["key"].as_str() {
            let key = format!("{} {} {} {key}", told.company, told.id, told.topic);
            self.keys.entry(key).or_default().insert(string(id).to_owned());
        }
    }

    fn same_key_same_thing(&mut self) {
        let more = self.keys.iter().filter(|(_, ids)| ids.len() > 1);
        self.found.doubled.extend(more.map(|(key, ids)| format!("key {key} made {ids:?}")));
    }
}

fn session_of(told: &Recorded) -> &str {
    told.topic.strip_prefix("session:").unwrap_or("?")
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}

/// A told moment as the store represents it.
fn ms(told: &Value) -> Value {
    let moment: jiff::Timestamp = string(told).parse().unwrap_or_else(|_| panic!("not a moment: {told}"));
    json!(moment.as_millisecond())
}

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).map_or("?", string)
}

fn number(row: &Row, column: &str) -> Option<i64> {
    row.get(column).and_then(Value::as_i64)
}

/// The rows of a query by their first column.
fn rows(connection: &Connection, sql: &str) -> Rows {
    let mut query = connection.prepare(sql).unwrap();
    let names: Vec<String> = query.column_names().map(str::to_owned).collect();
    let read = query.query_map([], |row| {
        let mut values = Map::new();
        for (index, name) in names.iter().enumerate() {
            let value = match row.get_ref(index)? {
                rusqlite::types::ValueRef::Integer(number) => json!(number),
                rusqlite::types::ValueRef::Text(text) => json!(String::from_utf8_lossy(text)),
                _ => Value::Null,
            };
            values.insert(name.clone(), value);
        }
        Ok((text(&values, "row").to_owned(), values))
    });
    read.unwrap().map(Result::unwrap).collect()
}
