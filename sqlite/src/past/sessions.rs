//! Sessions, notes and messages.

use rusqlite::{Row, named_params, params};
use switchboard_core::{CompanyId, SessionId, Time};
use switchboard_history::asked::{HistoryFilter, Ids};
use switchboard_history::past::{Each, HistoryResult, Sessions};
use switchboard_journal::rows::{MessageRow, NotesRow, SessionRow};

use super::Tables;
use crate::Error;
use crate::columns::{ms, parsed, time, time_or_null};
use crate::removal::begins_at;

/// The columns that [`read_session`] expects, in order.
macro_rules! session_columns {
    () => {
        "s.id, s.booking_id, s.client_id, s.employee_id, s.topic, s.started_at, s.ended_at, s.ended_by, s.reason,
         s.client_name, s.code"
    };
}
pub(crate) use session_columns;
macro_rules! sessions {
    ($from:literal, $where:literal) => {
        concat!(
            "SELECT ",
            session_columns!(),
            " FROM ",
            $from,
            " WHERE s.company_id = :company AND s.id >= :first AND s.id < :before AND s.started_at >= ",
            begins_at!(":company"),
            " AND ",
            $where,
            " AND (:client IS NULL OR s.client_id = :client) AND (:employee IS NULL OR s.employee_id = :employee)
             AND (:state IS NULL OR (s.ended_at IS NULL) = (:state = 'running'))
             AND (:from IS NULL OR s.started_at >= :from) AND (:to IS NULL OR s.started_at < :to)
             ORDER BY s.id DESC LIMIT :limit"
        )
    };
}

/// The columns that [`read_message`] expects, in order.
macro_rules! message_columns {
    () => {
        "id, session_id, sender, body, at"
    };
}
pub(crate) use message_columns;

/// The query for a filter, by the index that leads to the fewest other sessions.
pub(super) fn listing(filter: &HistoryFilter) -> &'static str {
    match (&filter.client, &filter.employee, filter.state.as_deref()) {
        (Some(_), _, _) => sessions!("sessions s INDEXED BY sessions_by_client", "s.client_id = :client"),
        (None, Some(_), _) => sessions!("sessions s INDEXED BY sessions_by_employee", "s.employee_id = :employee"),
        (None, None, Some("running")) => sessions!("sessions s INDEXED BY sessions_that_run", "s.ended_at IS NULL"),
        (None, None, _) => sessions!("sessions s", "TRUE"),
    }
}

impl Sessions for Tables<'_> {
    fn sessions(
        &self,
        company: &CompanyId,
        filter: &HistoryFilter,
        ids: Ids<'_>,
        limit: u32,
        each: Each<'_, SessionRow>,
    ) -> HistoryResult<()> {
        let bind = named_params! {
            ":company": company.as_str(), ":state": filter.state, ":client": filter.client,
            ":employee": filter.employee, ":from": filter.from.map(ms), ":to": filter.to.map(ms),
            ":first": ids.first, ":before": ids.before, ":limit": limit,
        };
        self.each(listing(filter), bind, |row| read_session(row, 0), each)
    }

    fn sessions_after(&self, company: &CompanyId, after: &str, each: Each<'_, SessionRow>) -> HistoryResult<()> {
        let sql = concat!(
            "SELECT ",
            session_columns!(),
            " FROM sessions s WHERE s.company_id = ?1 AND s.id > ?2 AND s.started_at >= ",
            begins_at!("?1"),
            " ORDER BY s.id"
        );
        self.each(sql, [company.as_str(), after], |row| read_session(row, 0), each)
    }

    fn session(&self, company: &CompanyId, id: SessionId) -> HistoryResult<Option<SessionRow>> {
        let sql = concat!(
            "SELECT ",
            session_columns!(),
            " FROM sessions s WHERE s.company_id = ?1 AND s.id = ?2 AND s.started_at >= ",
            begins_at!("?1")
        );
        self.one(sql, params![company.as_str(), id.to_string()], |row| read_session(row, 0))
    }

    fn notes(&self, company: &CompanyId, id: SessionId) -> HistoryResult<Option<Option<NotesRow>>> {
        let sql = concat!(
            "SELECT id, started_at, coalesce(notes, ''), notes_at FROM sessions
             WHERE company_id = ?1 AND id = ?2 AND started_at >= ",
            begins_at!("?1")
        );
        self.one(sql, params![company.as_str(), id.to_string()], |row| {
            time_or_null(row, 3)?.map(|_| read_notes(row)).transpose()
        })
    }

    fn notes_after(&self, company: &CompanyId, after: &str, each: Each<'_, NotesRow>) -> HistoryResult<()> {
        let sql = concat!(
            "SELECT id, started_at, notes, notes_at FROM sessions
             WHERE company_id = ?1 AND id > ?2 AND notes IS NOT NULL AND started_at >= ",
            begins_at!("?1"),
            " ORDER BY id"
        );
        self.each(sql, [company.as_str(), after], read_notes, each)
    }

    fn messages(
        &self,
        company: &CompanyId,
        session: SessionId,
        (from, to): (Option<Time>, Option<Time>),
        behind: Ids<'_>,
        limit: u32,
        each: Each<'_, MessageRow>,
    ) -> HistoryResult<()> {
        let sql = concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages
             WHERE company_id = :company AND session_id = :session AND id > :after AND id < :before
                 AND (:from IS NULL OR at >= :from) AND (:to IS NULL OR at < :to)
             ORDER BY id LIMIT :limit"
        );
        let bind = named_params! {
            ":company": company.as_str(), ":session": session.to_string(), ":from": from.map(ms), ":to": to.map(ms),
            ":after": behind.first, ":before": behind.before, ":limit": limit,
        };
        self.each(sql, bind, read_message, each)
    }

    fn messages_after(
        &self,
        company: &CompanyId,
        session: &str,
        message: &str,
        each: Each<'_, MessageRow>,
    ) -> HistoryResult<()> {
        let sql = concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages WHERE company_id = ?1 AND (session_id, id) > (?2, ?3) AND at >= ",
            begins_at!("?1"),
            " ORDER BY session_id, id"
        );
        self.each(sql, [company.as_str(), session, message], read_message, each)
    }
}

/// Reads a session from the columns that begin at `at`.
pub(crate) fn read_session(row: &Row<'_>, at: usize) -> Result<SessionRow, Error> {
    Ok(SessionRow {
        id: parsed(row, at)?,
        booking_id: parsed(row, at + 1)?,
        client_id: parsed(row, at + 2)?,
        employee_id: parsed(row, at + 3)?,
        topic: parsed(row, at + 4)?,
        started_at: time(row.get(at + 5)?),
        ended_at: time_or_null(row, at + 6)?,
        ended_by: row.get::<_, Option<String>>(at + 7)?.map(Into::into),
        reason: row.get(at + 8)?,
        client_name: row.get(at + 9)?,
        code: row.get::<_, Option<String>>(at + 10)?.map(Into::into),
    })
}

pub(crate) fn read_notes(row: &Row<'_>) -> Result<NotesRow, Error> {
    Ok(NotesRow {
        session_id: parsed(row, 0)?,
        started_at: time(row.get(1)?),
        body: row.get(2)?,
        at: time(row.get(3)?),
    })
}

pub(crate) fn read_message(row: &Row<'_>) -> Result<MessageRow, Error> {
    Ok(MessageRow {
        id: parsed(row, 0)?,
        session_id: parsed(row, 1)?,
        sender: row.get::<_, String>(2)?.into(),
        body: row.get(3)?,
        at: time(row.get(4)?),
    })
}
