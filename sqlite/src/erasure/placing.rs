//! The second half of an erasure: stored slices are put in place, one after the other, and overwrite the old rows.
//!
//! Each slice deletes its own rows, so that the remaining rows show where to continue, for the journal's thread as well
//! as for the next start.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use switchboard_core::CompanyId;
use switchboard_core::id::StoredAsText;
use switchboard_history::past::Lists;
use switchboard_journal::audit::RenamedPerson;
use switchboard_journal::erasure::{BASE, Begin, EVENT, LINE, OFFER, SNAPSHOT};
use switchboard_journal::{StoreError, Written};

use crate::columns::unreadable;
use crate::past::Tables;
use crate::{Error, commit_log, days, tables};

/// Bounds of one transaction of some milliseconds, because commits wait for it.
const PLACED_AT_ONCE: u32 = 500;
const BYTES_AT_ONCE: usize = 1024 * 1024;
const EVENTS_AT_ONCE: i64 = 1_000;
const SESSIONS_AT_ONCE: u32 = 20;
const BOOKINGS_AT_ONCE: u32 = 100;
const ROOM_AT_ONCE_BYTES: i64 = 4 * 1024 * 1024;
/// Maximum number of such pieces of free pages, 256 MiB together. Free pages are overwritten because deleted rows may
/// still stand in them.
const ROOMS_MAX: i64 = 64;
/// Audit entries that arrived during the preparation.
const LATE_LINES_MAX: u32 = 10_000;

pub(super) fn begin_now(connection: &Connection, begin: &Begin) -> Result<(), Error> {
    let Begin { company, is_client, person, alias, begins, audit_seen } = begin;
    commit_log::forget_projected(connection, company)?;
    // The origin already includes this event, which is kept only for its number.
    let sql = "UPDATE events SET data = '\"resumed\"', kind = 'resumed' WHERE company_id = ?1 AND seq = ?2";
    connection.prepare_cached(sql)?.execute(params![company.as_str(), begins])?;
    let sql = "UPDATE erasures SET state = ?2, is_client = ?3, person = ?4, alias = ?5, begins = ?6, audit_seen = ?7
               WHERE company_id = ?1";
    let values = params![company.as_str(), State::Clearing.word(), is_client, person, alias, begins, audit_seen];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Puts a slice in place. `Done` means that the erasure is finished.
pub(super) fn place_some(connection: &Connection, company: &CompanyId) -> Result<Written, Error> {
    Ok(Written::is_more(!place(connection, company.as_str())?))
}

/// Finishes the erasures that a crash interrupted. Preparations that were not decided yet are given up.
pub(crate) fn finish_all(connection: &mut Connection) -> Result<(), Error> {
    connection.execute_batch(
        "UPDATE erasures SET state = NULL WHERE state = 'preparing';
         DELETE FROM erased WHERE company_id IN (SELECT company_id FROM erasures WHERE state IS NULL);",
    )?;
    let mut query = connection.prepare("SELECT company_id FROM erasures WHERE state IS NOT NULL")?;
    let begun = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    drop(query);
    for company in begun {
        tracing::info!(%company, "an unfinished erasure was found: the erasure is completed before the server starts");
        let id = CompanyId::from_stored(&company).map_err(unreadable)?;
        let mut written = Written::More;
        while written == Written::More {
            let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
            written = place_some(&transaction, &id)?;
            transaction.commit()?;
        }
    }
    Ok(())
}

/// Whether an erasure is in place in a part of the company's history only.
pub(crate) fn is_being_placed(connection: &Connection, company: &CompanyId) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM erasures WHERE company_id = ?1 AND state IS NOT NULL AND state <> 'preparing'";
    Ok(connection.query_row(sql, [company.as_str()], |_| Ok(())).optional()?.is_some())
}

/// The states of a decided erasure, in order. Free pages may hold rows that an earlier version removed. These pages are
/// overwritten before the placing, which takes some of them and does not fill the last one, and again after it.
#[derive(Clone, Copy)]
enum State {
    Clearing,
    Cleared,
    Placing,
    Overwriting,
    GivingBack,
}

impl State {
    const ALL: [Self; 5] = [Self::Clearing, Self::Cleared, Self::Placing, Self::Overwriting, Self::GivingBack];

    const fn word(self) -> &'static str {
        match self {
            Self::Clearing => "clearing",
            Self::Cleared => "cleared",
            Self::Placing => "placing",
            Self::Overwriting => "overwriting",
            Self::GivingBack => "giving_back",
        }
    }
}

/// A decided erasure that is not finished.
struct Begun {
    state: State,
    named: RenamedPerson,
    begins: i64,
    audit_seen: i64,
}

fn place(connection: &Connection, company: &str) -> Result<bool, Error> {
    let Some(begun) = read(connection, company)? else { return Ok(true) };
    let go_to = |state: State| -> Result<bool, Error> {
        let sql = "UPDATE erasures SET state = ?2 WHERE company_id = ?1";
        connection.prepare_cached(sql)?.execute(params![company, state.word()])?;
        Ok(false)
    };
    match begun.state {
        State::Clearing if overwrite_some(connection)? => Ok(false),
        State::Clearing => go_to(State::Cleared),
        State::Cleared if give_some_back(connection)? => Ok(false),
        State::Cleared => go_to(State::Placing),
        State::Placing => {
            let is_changed = begun.forget_events(connection)?
                || begun.put_in_place(connection)?
                || begun.rename_days(connection)?
                || begun.rename_sessions(connection)?
                || begun.rename_bookings(connection)?;
            if is_changed { Ok(false) } else { go_to(State::Overwriting) }
        }
        State::Overwriting if overwrite_some(connection)? => Ok(false),
        State::Overwriting => go_to(State::GivingBack),
        State::GivingBack if give_some_back(connection)? => Ok(false),
        State::GivingBack => begun.finish(connection).map(|()| true),
    }
}

fn read(connection: &Connection, company: &str) -> Result<Option<Begun>, Error> {
    let sql = "SELECT state, is_client, person, alias, begins, audit_seen FROM erasures
               WHERE company_id = ?1 AND state IS NOT NULL AND state <> 'preparing'";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row([company], |row| {
        let (is_client, person, alias) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let named = RenamedPerson { company: company.to_owned(), is_client, person, alias };
        Ok((row.get::<_, String>(0)?, named, row.get(4)?, row.get(5)?))
    });
    let Some((word, named, begins, audit_seen)) = found.optional()? else { return Ok(None) };
    let state = State::ALL.into_iter().find(|state| state.word() == word);
    let state =
        state.ok_or_else(|| Error::Store(StoreError::Unreadable(format!("an erasure in the state `{word}`"))))?;
    Ok(Some(Begun { state, named, begins, audit_seen }))
}

impl Begun {
    fn company(&self) -> &str {
        &self.named.company
    }

    /// Deletes a slice of the events before the beginning of the history, which a cut has left.
    fn forget_events(&self, connection: &Connection) -> Result<bool, Error> {
        let first = "SELECT min(seq) FROM events WHERE company_id = ?1";
        let first: Option<i64> = connection.prepare_cached(first)?.query_row([self.company()], |row| row.get(0))?;
        let Some(first) = first.filter(|first| *first < self.begins) else { return Ok(false) };
        let up_to = self.begins.min(first + EVENTS_AT_ONCE);
        let sql = "DELETE FROM events WHERE company_id = ?1 AND seq < ?2";
        connection.prepare_cached(sql)?.execute(params![self.company(), up_to])?;
        Ok(true)
    }

    fn put_in_place(&self, connection: &Connection) -> Result<bool, Error> {
        let sql = "SELECT number, what, place, data FROM erased WHERE company_id = ?1 ORDER BY number LIMIT ?2";
        let mut query = connection.prepare_cached(sql)?;
        let mut rows = query.query(params![self.company(), PLACED_AT_ONCE])?;
        let (mut last, mut bytes) = (None, 0);
        while bytes < BYTES_AT_ONCE
            && let Some(row) = rows.next()?
        {
            let (place, data): (i64, String) = (row.get(2)?, row.get(3)?);
            bytes += data.len();
            self.put(connection, row.get_ref(1)?.as_str().map_err(unreadable)?, place, &data)?;
            last = Some(row.get::<_, i64>(0)?);
        }
        let Some(last) = last else { return Ok(false) };
        let sql = "DELETE FROM erased WHERE company_id = ?1 AND number <= ?2";
        connection.prepare_cached(sql)?.execute(params![self.company(), last])?;
        Ok(true)
    }

    fn put(&self, connection: &Connection, what: &str, place: i64, data: &str) -> Result<(), Error> {
        let sql = match what {
            EVENT => "UPDATE events SET data = ?3 WHERE company_id = ?1 AND seq = ?2",
            BASE => "UPDATE bases SET data = ?3 WHERE company_id = ?1 AND seq = ?2",
            SNAPSHOT => "UPDATE snapshots SET data = ?3 WHERE company_id = ?1 AND seq = ?2",
            // The caller may have put the person's id into the request's id, so the entry's own id replaces that too.
            LINE => "UPDATE audit SET target = ?3, request_id = id WHERE company_id = ?1 AND number = ?2",
            OFFER => {
                let sql = "UPDATE offers SET employee_id = ?4, reason = NULL
                           WHERE company_id = ?1 AND booking_id = ?2 AND employee_id = ?3";
                let values = params![self.company(), data, self.named.person, self.named.alias];
                connection.prepare_cached(sql)?.execute(values)?;
                return Ok(());
            }
            other => return Err(Error::Store(StoreError::Unreadable(format!("an unknown kind of row, `{other}`")))),
        };
        let mut update = connection.prepare_cached(sql)?;
        if what == BASE || what == SNAPSHOT {
            // Emptied first, because a shorter text would leave the end of the old one in the last page.
            update.execute(params![self.company(), place, ""])?;
        }
        update.execute(params![self.company(), place, data])?;
        Ok(())
    }

    /// Renames a slice of the sessions, and empties their messages and notes in the same transaction, because the old
    /// id, by which they are found, is gone after it.
    fn rename_sessions(&self, connection: &Connection) -> Result<bool, Error> {
        let (found, renamed) = match self.named.is_client {
            true => (
                "SELECT id FROM sessions WHERE company_id = ?1 AND client_id = ?2 LIMIT ?3",
                "UPDATE sessions SET client_id = ?3, client_name = NULL, reason = NULL,
                     notes = iif(notes IS NULL, NULL, '')
                 WHERE company_id = ?1 AND id = ?2",
            ),
            false => (
                "SELECT id FROM sessions WHERE company_id = ?1 AND employee_id = ?2 LIMIT ?3",
                "UPDATE sessions SET employee_id = ?3, reason = NULL, notes = iif(notes IS NULL, NULL, '')
                 WHERE company_id = ?1 AND id = ?2",
            ),
        };
        let sessions = self.ids(connection, found, SESSIONS_AT_ONCE)?;
        for session in &sessions {
            let sql = "UPDATE messages SET body = '' WHERE company_id = ?1 AND session_id = ?2";
            connection.prepare_cached(sql)?.execute(params![self.company(), session])?;
            connection.prepare_cached(renamed)?.execute(params![self.company(), session, self.named.alias])?;
        }
        Ok(!sessions.is_empty())
    }

    fn rename_days(&self, connection: &Connection) -> Result<bool, Error> {
        let RenamedPerson { company, is_client, person, alias } = &self.named;
        Ok(!is_client && days::rename_some(connection, company, person, alias)?)
    }

    fn rename_bookings(&self, connection: &Connection) -> Result<bool, Error> {
        let (found, renamed) = match self.named.is_client {
            true => (
                "SELECT id FROM bookings WHERE company_id = ?1 AND client_id = ?2 LIMIT ?3",
                "UPDATE bookings SET client_id = ?3, client_name = NULL, note = NULL, skills = NULL
                 WHERE company_id = ?1 AND id = ?2",
            ),
            false => (
                "SELECT id FROM bookings WHERE company_id = ?1 AND employee_id = ?2 LIMIT ?3",
                "UPDATE bookings SET employee_id = ?3, employee_name = ?3 WHERE company_id = ?1 AND id = ?2",
            ),
        };
        let bookings = self.ids(connection, found, BOOKINGS_AT_ONCE)?;
        for booking in &bookings {
            if self.named.is_client {
                let sql = "UPDATE offers SET reason = NULL WHERE company_id = ?1 AND booking_id = ?2";
                connection.prepare_cached(sql)?.execute(params![self.company(), booking])?;
            }
            connection.prepare_cached(renamed)?.execute(params![self.company(), booking, self.named.alias])?;
        }
        Ok(!bookings.is_empty())
    }

    fn ids(&self, connection: &Connection, sql: &str, limit: u32) -> Result<Vec<String>, Error> {
        let mut query = connection.prepare_cached(sql)?;
        let ids = query.query_map(params![self.company(), self.named.person, limit], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Removes the id from its last places: the numbers of employees, late entries of the audit list, and the erasure
    /// itself.
    fn finish(&self, connection: &Connection) -> Result<(), Error> {
        if !self.named.is_client {
            tables::rename_employee_number(connection, self.company(), &self.named.person, &self.named.alias)?;
        }
        let mut late = Vec::new();
        Tables(connection).audit_after(
            &self.named.company,
            self.audit_seen,
            LATE_LINES_MAX,
            &mut |number, target, id| {
                late.extend(self.named.target_without(target, &id).map(|target| (number, target)));
            },
        )?;
        for (number, target) in late {
            self.put(connection, LINE, number, &target)?;
        }
        let sql = "UPDATE erasures SET revision = revision + 1, state = NULL, is_client = NULL, person = NULL,
                       alias = NULL, begins = NULL, audit_seen = NULL
                   WHERE company_id = ?1";
        connection.prepare_cached(sql)?.execute([self.company()])?;
        Ok(())
    }
}

/// Fills some of the free pages with zeros. Returns whether more are left.
fn overwrite_some(connection: &Connection) -> Result<bool, Error> {
    let pages: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    let page_bytes: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let bytes = pages.saturating_mul(page_bytes).min(ROOM_AT_ONCE_BYTES);
    let sql = "INSERT INTO probe (id, padding) SELECT max(2, coalesce(max(id), 1) + 1), zeroblob(?1) FROM probe";
    connection.prepare_cached(sql)?.execute([bytes])?;
    let taken: i64 = connection.query_row("SELECT count(*) FROM probe WHERE id > 1", [], |row| row.get(0))?;
    Ok(bytes == ROOM_AT_ONCE_BYTES && taken < ROOMS_MAX)
}

/// Frees one piece of the zeros. Returns whether there was one.
fn give_some_back(connection: &Connection) -> Result<bool, Error> {
    // Zeros need not be overwritten again.
    connection.execute_batch("PRAGMA secure_delete = FAST")?;
    let sql = "DELETE FROM probe WHERE id = (SELECT min(id) FROM probe WHERE id > 1)";
    let given_back = connection.prepare_cached(sql).and_then(|mut delete| delete.execute([]));
    connection.execute_batch("PRAGMA secure_delete = ON")?;
    Ok(given_back? > 0)
}
