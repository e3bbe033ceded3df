//! The tables, as numbered migrations that are run in order at the start.

use rusqlite::Connection;
use switchboard_journal::StoreError;

use crate::Error;

/// Memory of the writer for pages that are written again soon: the ends of the tables of some hundred companies.
pub const CACHE_KIB: i64 = 32 * 1024;

/// One step for each version of the schema. A released step is never changed.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE events (
        company_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        data TEXT NOT NULL,
        PRIMARY KEY (company_id, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE snapshots (
        company_id TEXT PRIMARY KEY,
        seq INTEGER NOT NULL,
        data TEXT NOT NULL
    ) STRICT;
    CREATE TABLE companies (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        settings TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE employees (
        company_id TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        topics TEXT NOT NULL,
        intent TEXT NOT NULL,
        PRIMARY KEY (company_id, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX employees_who_want_to_work ON employees (company_id) WHERE intent = 'idle';
    CREATE TABLE bookings (
        company_id TEXT NOT NULL,
        id TEXT NOT NULL,
        client_id TEXT NOT NULL,
        topic TEXT NOT NULL,
        note TEXT,
        state TEXT NOT NULL,
        reason TEXT,
        offers INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        ended_at INTEGER,
        session_id TEXT,
        employee_id TEXT,
        employee_name TEXT,
        PRIMARY KEY (company_id, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX bookings_that_search ON bookings (company_id) WHERE state = 'offering';
    CREATE INDEX bookings_by_client ON bookings (company_id, client_id, id);
    CREATE INDEX bookings_by_employee ON bookings (company_id, employee_id, id) WHERE employee_id IS NOT NULL;
    CREATE TABLE offers (
        company_id TEXT NOT NULL,
        booking_id TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        employee_id TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        delivered_at INTEGER,
        closed_at INTEGER,
        outcome TEXT,
        reason TEXT,
        PRIMARY KEY (company_id, booking_id, attempt)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sessions (
        company_id TEXT NOT NULL,
        id TEXT NOT NULL,
        booking_id TEXT NOT NULL,
        client_id TEXT NOT NULL,
        employee_id TEXT NOT NULL,
        topic TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        ended_at INTEGER,
        ended_by TEXT,
        reason TEXT,
        PRIMARY KEY (company_id, id)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX sessions_by_id ON sessions (id);
    CREATE INDEX sessions_that_run ON sessions (company_id) WHERE ended_at IS NULL;
    CREATE INDEX sessions_by_client ON sessions (company_id, client_id, id);
    CREATE INDEX sessions_by_employee ON sessions (company_id, employee_id, id);
    CREATE TABLE messages (
        company_id TEXT NOT NULL,
        session_id TEXT NOT NULL,
        id TEXT NOT NULL,
        sender TEXT NOT NULL,
        body TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (company_id, session_id, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE probe (id INTEGER PRIMARY KEY, padding BLOB NOT NULL) STRICT;
",
    "
    CREATE TABLE log (batch INTEGER PRIMARY KEY, entries TEXT NOT NULL) STRICT;
",
    "
    CREATE TABLE employee_numbers (
        company_id TEXT NOT NULL,
        no INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (company_id, no, seq)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO employee_numbers (company_id, no, seq, id)
        SELECT company_id, data ->> '$.employee_set.employee', seq, data ->> '$.employee_set.id'
        FROM events WHERE kind = 'employee_set';
    CREATE TABLE webhooks (
        company_id TEXT NOT NULL,
        id TEXT NOT NULL,
        url TEXT NOT NULL,
        description TEXT NOT NULL,
        types TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        secret TEXT NOT NULL,
        old_secret TEXT,
        old_secret_until INTEGER,
        cursor INTEGER NOT NULL,
        failing_since INTEGER,
        last_error TEXT,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (company_id, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE webhook_deliveries (
        company_id TEXT NOT NULL,
        webhook_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        lane TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        last_error TEXT,
        PRIMARY KEY (company_id, webhook_id, seq)
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE api_keys (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        scope TEXT NOT NULL,
        companies TEXT,
        digest BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER,
        revoked_at INTEGER,
        last_used_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX api_keys_in_force ON api_keys (name) WHERE revoked_at IS NULL;
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        at INTEGER NOT NULL,
        key_id TEXT,
        key_name TEXT NOT NULL,
        company_id TEXT,
        method TEXT NOT NULL,
        route TEXT NOT NULL,
        target TEXT NOT NULL,
        status INTEGER,
        request_id TEXT NOT NULL,
        address TEXT
    ) STRICT;
    CREATE INDEX audit_by_company ON audit (company_id, number);
",
    // Earlier snapshots have no meters, so they are deleted, and the next ones are folded from all events.
    "
    ALTER TABLE offers ADD COLUMN delivered_to TEXT;
    CREATE TABLE bases (
        company_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        data TEXT NOT NULL,
        PRIMARY KEY (company_id, seq)
    ) STRICT;
    CREATE INDEX bases_by_time ON bases (company_id, at, seq);
    DELETE FROM snapshots;
",
    // A row of `erasures` has a state and a person only while an erasure runs. A lane names an employee by the number,
    // because a number identifies no person.
    "
    CREATE TABLE erasures (
        company_id TEXT PRIMARY KEY,
        revision INTEGER NOT NULL,
        state TEXT,
        is_client INTEGER,
        person TEXT,
        alias TEXT,
        begins INTEGER,
        audit_seen INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE erased (
        number INTEGER PRIMARY KEY,
        company_id TEXT NOT NULL,
        what TEXT NOT NULL,
        place INTEGER NOT NULL,
        data TEXT NOT NULL
    ) STRICT;
    CREATE INDEX erased_by_company ON erased (company_id, number);
    UPDATE webhook_deliveries SET lane = 'employee ' || (
        SELECT known.no FROM employee_numbers known
        WHERE known.company_id = webhook_deliveries.company_id AND 'employee ' || known.id = webhook_deliveries.lane
        ORDER BY known.seq DESC LIMIT 1)
    WHERE EXISTS (SELECT 1 FROM employee_numbers known
        WHERE known.company_id = webhook_deliveries.company_id AND 'employee ' || known.id = webhook_deliveries.lane);
",
    "
    ALTER TABLE sessions ADD COLUMN notes TEXT;
    ALTER TABLE sessions ADD COLUMN notes_at INTEGER;
",
    "
    ALTER TABLE bookings ADD COLUMN client_name TEXT;
    ALTER TABLE sessions ADD COLUMN client_name TEXT;
",
    // A picture is stored beside the events, which only name it.
    "
    ALTER TABLE companies ADD COLUMN colour TEXT;
    ALTER TABLE companies ADD COLUMN logo TEXT;
    CREATE TABLE logos (
        company_id TEXT NOT NULL,
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (company_id, id)
    ) STRICT;
",
    // Snapshots of a company that was removed and made again still remembered the removed one. These snapshots are
    // deleted where all events are kept, from which the next ones are folded. Webhooks and API keys of a removed
    // company end, because otherwise the next company of its id would have them.
    "
    CREATE TABLE removals (
        company_id TEXT PRIMARY KEY,
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        audit_number INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO removals (company_id, seq, at, audit_number)
        SELECT gone.company_id, gone.seq, gone.at, coalesce((SELECT max(number) FROM audit WHERE audit.at <= gone.at), 0)
        FROM (SELECT company_id, max(seq) AS seq, max(at) AS at FROM events
            WHERE kind = 'company_removed' GROUP BY company_id) gone;
    DELETE FROM snapshots WHERE company_id IN (SELECT company_id FROM removals)
        AND EXISTS (SELECT 1 FROM events e WHERE e.company_id = snapshots.company_id AND e.seq = 1);
    CREATE TEMP TABLE gone AS SELECT company_id, at FROM removals
        WHERE company_id NOT IN (SELECT id FROM companies)
            AND NOT EXISTS (SELECT 1 FROM log WHERE instr(entries, '\"company\":\"' || company_id || '\"'));
    DELETE FROM webhook_deliveries WHERE company_id IN (SELECT company_id FROM gone);
    DELETE FROM webhooks WHERE company_id IN (SELECT company_id FROM gone);
    UPDATE api_keys SET revoked_at = created_at WHERE revoked_at IS NULL AND companies IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM json_each(companies) bound
            LEFT JOIN gone ON gone.company_id = bound.value AND gone.at >= api_keys.created_at
            WHERE gone.company_id IS NULL);
    DROP TABLE gone;
",
    // The index serves the statistics of one employee, which read that employee's rows alone.
    "
    CREATE INDEX offers_by_employee ON offers (company_id, employee_id, booking_id);
",
    "
    CREATE TABLE owner (id INTEGER PRIMARY KEY CHECK (id = 1), token TEXT NOT NULL) STRICT;
",
    "
    CREATE TABLE days (
        company_id TEXT NOT NULL,
        day INTEGER NOT NULL,
        bookings TEXT NOT NULL,
        work TEXT NOT NULL,
        PRIMARY KEY (company_id, day)
    ) STRICT;
    CREATE TABLE days_of_employees (
        company_id TEXT NOT NULL,
        employee_id TEXT NOT NULL,
        day INTEGER NOT NULL,
        work TEXT NOT NULL,
        PRIMARY KEY (company_id, employee_id, day)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX days_of_employees_by_day ON days_of_employees (company_id, day);
",
    // Routing adds these columns. In every earlier row they are null: no routing, no skills, no code.
    "
    ALTER TABLE companies ADD COLUMN routing TEXT;
    ALTER TABLE employees ADD COLUMN skills TEXT;
    ALTER TABLE employees ADD COLUMN share INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE employees ADD COLUMN capacity INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE bookings ADD COLUMN skills TEXT;
    ALTER TABLE bookings ADD COLUMN channel TEXT;
    ALTER TABLE bookings ADD COLUMN priority INTEGER;
    ALTER TABLE bookings ADD COLUMN step INTEGER;
    ALTER TABLE bookings ADD COLUMN waited_ms INTEGER;
    ALTER TABLE sessions ADD COLUMN code TEXT;
    CREATE INDEX sessions_by_code ON sessions (company_id, id, code, started_at) WHERE code IS NOT NULL;
",
];

/// The newest schema that this version knows.
pub(super) fn known() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// The schema of a store; 0 when it has no tables.
pub(super) fn of(connection: &Connection) -> Result<u32, Error> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Sets up the connection of a writer, and brings the store to the schema of this version.
pub(crate) fn prepare(connection: &mut Connection) -> Result<(), Error> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // Removed text is overwritten at once, because its place is unknown later.
    connection.pragma_update(None, "secure_delete", "on")?;
    connection.set_prepared_statement_cache_capacity(64);
    migrate(connection)
}

/// Brings the tables to the schema of this version.
///
/// # Errors
/// When the store is newer than this version, or cannot be changed.
pub fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let (known, found) = (known(), of(connection)?);
    if found > known {
        return Err(Error::Store(StoreError::TooNew { found, known }));
    }
    for (number, step) in (1u32..).zip(MIGRATIONS).skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Refuses a store on which another version runs, because only the version that serves a store may change its tables.
///
/// # Errors
/// When the schema is not the one that this version knows.
pub(super) fn must_be_ours(connection: &Connection) -> Result<(), Error> {
    let (known, found) = (known(), of(connection)?);
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Error::Store(StoreError::TooNew { found, known })),
        std::cmp::Ordering::Less => {
            let text =
                format!("it has schema {found}, but this version has {known}: use the version of the running server");
            Err(Error::Store(StoreError::Unreadable(text)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_run_once_and_a_newer_store_is_refused() -> Result<(), Error> {
        let mut connection = Connection::open_in_memory()?;
        migrate(&mut connection)?;
        migrate(&mut connection)?;
        connection.pragma_update(None, "user_version", 99)?;
        let refused = migrate(&mut connection).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|text| text.contains("schema 99")), "a newer schema is not touched");
        Ok(())
    }

    #[test]
    fn what_was_for_a_company_that_is_gone_has_ended_afterwards() -> Result<(), Error> {
        let mut connection = Connection::open_in_memory()?;
        for step in &MIGRATIONS[..9] {
            connection.execute_batch(step)?;
        }
        connection.pragma_update(None, "user_version", 9)?;
        connection.execute_batch(
            r#"
            INSERT INTO events (company_id, seq, at, kind, data) VALUES
                ('gone', 1, 5, 'company_set', ''), ('gone', 2, 9, 'company_removed', '"company_removed"'),
                ('again', 1, 6, 'company_removed', '"company_removed"'), ('again', 2, 7, 'company_set', ''),
                ('unfiled', 1, 9, 'company_removed', '"company_removed"');
            INSERT INTO companies (id, name, settings, created_at) VALUES ('again', 'A', '{}', 7);
            INSERT INTO log (entries) VALUES ('{"company":"unfiled","seq":2,"at":9,"events":[]}');
            INSERT INTO audit (number, id, at, key_name, company_id, method, route, target, request_id) VALUES
                (1, 'a', 8, 'k', 'gone', 'PUT', '', '', ''), (2, 'b', 10, 'k', 'gone', 'PUT', '', '', '');
            INSERT INTO webhooks (company_id, id, url, description, types, state, secret, cursor, created_at) VALUES
                ('gone', 'w', '', '', '[]', 'on', '', 0, 1), ('again', 'w', '', '', '[]', 'on', '', 0, 1),
                ('unfiled', 'w', '', '', '[]', 'on', '', 0, 1);
            INSERT INTO api_keys (id, name, scope, companies, digest, created_at) VALUES
                ('1', 'gone', 'read', '["gone"]', x'01', 1), ('2', 'both', 'read', '["gone","again"]', x'02', 1),
                ('3', 'later', 'read', '["gone"]', x'03', 10), ('4', 'all', 'read', NULL, x'04', 1);
            "#,
        )?;
        migrate(&mut connection)?;
        let list = |sql: &str| -> Result<Vec<String>, Error> {
            let mut query = connection.prepare(sql)?;
            let rows = query.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        let removals =
            list("SELECT company_id || ' ' || seq || ' ' || audit_number FROM removals ORDER BY company_id")?;
        assert_eq!(removals, ["again 1 0", "gone 2 1", "unfiled 1 1"]);
        assert_eq!(list("SELECT company_id FROM webhooks ORDER BY company_id")?, ["again", "unfiled"]);
        assert_eq!(list("SELECT name FROM api_keys WHERE revoked_at IS NULL ORDER BY id")?, ["both", "later", "all"]);
        Ok(())
    }

    #[test]
    fn what_a_store_of_before_has_was_made_without_routing() -> Result<(), Error> {
        let mut connection = Connection::open_in_memory()?;
        for step in &MIGRATIONS[..13] {
            connection.execute_batch(step)?;
        }
        connection.pragma_update(None, "user_version", 13)?;
        connection.execute_batch(
            "
            INSERT INTO companies (id, name, settings, created_at) VALUES ('acme', 'A', '{}', 7);
            INSERT INTO employees (company_id, id, name, topics, intent) VALUES ('acme', 'ann', 'A', '[]', 'idle');
            INSERT INTO bookings (company_id, id, client_id, topic, state, offers, created_at)
                VALUES ('acme', 'b', 'carl', 'tax', 'assigned', 1, 8);
            INSERT INTO sessions (company_id, id, booking_id, client_id, employee_id, topic, started_at)
                VALUES ('acme', 's', 'b', 'carl', 'ann', 'tax', 9);
            ",
        )?;
        migrate(&mut connection)?;
        let sql =
            "SELECT c.routing IS NULL AND e.skills IS NULL AND e.share = 1 AND e.capacity = 1 AND b.skills IS NULL
                       AND b.channel IS NULL AND b.priority IS NULL AND b.step IS NULL AND b.waited_ms IS NULL
                       AND s.code IS NULL
                   FROM companies c JOIN employees e ON e.company_id = c.id JOIN bookings b ON b.company_id = c.id
                   JOIN sessions s ON s.booking_id = b.id";
        assert!(connection.query_row(sql, [], |row| row.get::<_, bool>(0))?);
        Ok(())
    }

    #[test]
    fn a_store_of_before_knows_afterwards_who_had_which_number() -> Result<(), Error> {
        let mut connection = Connection::open_in_memory()?;
        for step in &MIGRATIONS[..2] {
            connection.execute_batch(step)?;
        }
        connection.pragma_update(None, "user_version", 2)?;
        let event = |no, id| format!(r#"{{"employee_set":{{"employee":{no},"id":"{id}","name":"A","topics":[]}}}}"#);
        for (seq, kind, data) in [
            (1, "resumed", r#""resumed""#.to_owned()),
            (2, "employee_set", event(0, "ann")),
            (3, "employee_set", event(1, "bob")),
        ] {
            let sql = "INSERT INTO events (company_id, seq, at, kind, data) VALUES ('acme', ?1, 0, ?2, ?3)";
            connection.execute(sql, rusqlite::params![seq, kind, data])?;
        }
        migrate(&mut connection)?;
        let mut query = connection.prepare("SELECT company_id, no, seq, id FROM employee_numbers ORDER BY no")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let rows: Vec<(String, u32, u32, String)> = rows.collect::<Result<_, _>>()?;
        let known = [("acme", 0, 2, "ann"), ("acme", 1, 3, "bob")];
        assert_eq!(rows, known.map(|(company, no, seq, id)| (company.to_owned(), no, seq, id.to_owned())));
        Ok(())
    }
}
