//! What the store knows of the past: lists of companies, bookings, sessions and messages, page by page.

use std::borrow::Cow;
use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde::Serialize;
use switchboard_core::id::StoredAsText;
use switchboard_core::{BookingId, CompanyId, SessionId, Settings, Time};
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::{
    BookingView, MessageView, Moment, NamedEmployee, Note, NotesView, SessionView, logo_path,
};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Ref, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::Error;
use crate::columns::{ms, time, unreadable};
use crate::paging::{Listed, Page, list};
use crate::reader::Reader;
use crate::removal::begins_at;
use crate::whose::ForWhom;

/// An id says when it was made, and so do what it is of and the company's clock: how far they may be apart. It is that
/// much because a company's time does not go back when a clock was set wrong for a while and was corrected.
const APART_MAX_MS: u64 = 24 * 60 * 60 * 1000;
/// Behind the text of every id.
const BEHIND_ALL: &str = "g";

macro_rules! booking_columns {
    ($from:literal) => {
        concat!(
            "SELECT b.id, b.client_id, b.topic, b.note, b.state, b.reason, b.offers, b.created_at, b.employee_name,
             b.client_name, s.id, s.booking_id, s.client_id, s.employee_id, s.topic, s.started_at, s.ended_at, s.ended_by, s.reason,
             s.client_name FROM ",
            $from,
            " LEFT JOIN sessions s ON s.company_id = b.company_id AND s.id = b.session_id"
        )
    };
}
macro_rules! bookings {
    ($from:literal, $where:literal) => {
        concat!(
            booking_columns!($from),
            " WHERE b.company_id = :company AND b.id >= :first AND b.id < :before AND b.created_at >= ",
            begins_at!(":company"),
            " AND ",
            $where,
            " AND (:client IS NULL OR b.client_id = :client) AND (:employee IS NULL OR b.employee_id = :employee)
             AND (:state IS NULL OR b.state = :state)
             AND (:from IS NULL OR b.created_at >= :from) AND (:to IS NULL OR b.created_at < :to)
             ORDER BY b.id DESC LIMIT :limit"
        )
    };
}
macro_rules! session_columns {
    ($from:literal) => {
        concat!(
            "SELECT s.id, s.booking_id, s.client_id, s.employee_id, s.topic, s.started_at, s.ended_at, s.ended_by,
             s.reason, s.client_name FROM ",
            $from
        )
    };
}
macro_rules! sessions {
    ($from:literal, $where:literal) => {
        concat!(
            session_columns!($from),
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

/// Which bookings or sessions are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<String>,
    /// Of this client.
    pub client: Option<String>,
    /// Of this employee.
    pub employee: Option<String>,
    /// Begun at this time or later.
    pub from: Option<Time>,
    /// Begun before this time.
    pub to: Option<Time>,
}

impl Filter {
    /// What reads the bookings by an index that has few others.
    fn bookings(&self) -> &'static str {
        match (&self.client, &self.employee, self.state.as_deref()) {
            (Some(_), _, _) => bookings!("bookings b INDEXED BY bookings_by_client", "b.client_id = :client"),
            (None, Some(_), _) => bookings!("bookings b INDEXED BY bookings_by_employee", "b.employee_id = :employee"),
            (None, None, Some("offering")) => {
                bookings!("bookings b INDEXED BY bookings_that_search", "b.state = 'offering'")
            }
            (None, None, _) => bookings!("bookings b", "TRUE"),
        }
    }

    /// The same for sessions.
    fn sessions(&self) -> &'static str {
        match (&self.client, &self.employee, self.state.as_deref()) {
            (Some(_), _, _) => sessions!("sessions s INDEXED BY sessions_by_client", "s.client_id = :client"),
            (None, Some(_), _) => sessions!("sessions s INDEXED BY sessions_by_employee", "s.employee_id = :employee"),
            (None, None, Some("running")) => sessions!("sessions s INDEXED BY sessions_that_run", "s.ended_at IS NULL"),
            (None, None, _) => sessions!("sessions s", "TRUE"),
        }
    }
}

/// The ids between which everything of some time is: the first that can be, and one behind the last.
fn ids_between(from: Option<Time>, to: Option<Time>) -> (String, String) {
    let first = from.map_or_else(String::new, |from| first_id(from.as_ms().saturating_sub(APART_MAX_MS)));
    let before = to.map_or_else(|| BEHIND_ALL.to_owned(), |to| first_id(to.as_ms().saturating_add(APART_MAX_MS)));
    (first, before)
}

/// The first id of a millisecond (`UUIDv7`); what is behind all of them has one behind all of them.
fn first_id(ms: u64) -> String {
    if ms >= 1 << 48 {
        return BEHIND_ALL.to_owned();
    }
    let hex = format!("{ms:012x}");
    let (high, low) = hex.split_at(8);
    format!("{high}-{low}")
}

/// A company in a list.
#[derive(Debug, Serialize)]
pub struct CompanyItem {
    id: String,
    name: String,
    settings: Settings,
    created_at: Moment,
    colour: Option<String>,
    logo: Option<String>,
}

/// An offer in a booking's history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PastOffer, examples(examples::offer))]
pub struct OfferItem {
    #[schema(value_type = shape::OfferId)]
    id: String,
    attempt: u32,
    #[schema(value_type = shape::Id)]
    employee_id: String,
    #[schema(value_type = shape::Moment)]
    made_at: Moment,
    #[schema(value_type = shape::Moment)]
    expires_at: Moment,
    #[schema(value_type = Option<shape::Moment>, required)]
    delivered_at: Option<Moment>,
    #[schema(required)]
    delivered_to: Option<String>,
    #[schema(value_type = Option<shape::Moment>, required)]
    closed_at: Option<Moment>,
    #[schema(value_type = Option<shape::EndOfOffer>, required)]
    outcome: Option<String>,
    #[schema(required)]
    reason: Option<String>,
}

/// A booking with its offers.
#[derive(Debug, Serialize)]
pub struct BookingDetail {
    #[serde(flatten)]
    booking: serde_json::Map<String, serde_json::Value>,
    offers: Vec<OfferItem>,
}

/// The booking's own fields, with all offers where it has their number.
impl PartialSchema for BookingDetail {
    fn schema() -> RefOr<Schema> {
        let mut detail = BookingView::schema();
        if let RefOr::T(Schema::Object(booking)) = &mut detail {
            let offers = ArrayBuilder::new().items(Ref::from_schema_name(OfferItem::name()));
            booking.properties.insert("offers".to_owned(), offers.into());
            booking.description = Some("A booking with its offers.".to_owned());
            booking.examples = vec![examples::booking_detail()];
        }
        detail
    }
}

impl ToSchema for BookingDetail {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("BookingDetail")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((OfferItem::name().into_owned(), OfferItem::schema()));
        OfferItem::schemas(schemas);
        BookingView::schemas(schemas);
    }
}

impl Reader {
    /// Whether there is such a company, as far as it is filed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_known(&self, company: &CompanyId) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM companies WHERE id = ?1)";
        self.ask(|connection| Ok(connection.prepare_cached(sql)?.query_row([company.as_str()], |row| row.get(0))?))
    }

    /// The companies whose ids begin so, by id: of all, or of those of a JSON array of ids.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn companies(&self, among: Option<&str>, prefix: &str, page: &Page) -> Result<Listed<CompanyItem>, Error> {
        let sql = "SELECT id, name, settings, created_at, colour, logo FROM companies
                   WHERE id > ?1 AND id >= ?2 AND id < ?3
                       AND (?5 IS NULL OR id IN (SELECT value FROM json_each(?5))) ORDER BY id LIMIT ?4";
        self.ask(|connection| {
            let after = page.after.as_deref().unwrap_or("");
            // No id has a character behind this one.
            let bind = params![after, prefix, format!("{prefix}\u{7f}"), page.limit + 1, among];
            list(
                connection,
                sql,
                bind,
                page.limit,
                |company: &CompanyItem| company.id.clone(),
                |row| {
                    let (id, settings): (String, String) = (row.get(0)?, row.get(2)?);
                    let logo: Option<String> = row.get(5)?;
                    Ok(CompanyItem {
                        colour: row.get(4)?,
                        logo: logo.map(|logo| logo_path(&id, &logo)),
                        id,
                        name: row.get(1)?,
                        settings: serde_json::from_str(&settings).map_err(unreadable)?,
                        created_at: Moment(time(row.get(3)?)),
                    })
                },
            )
        })
    }

    /// A company's bookings, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn bookings(
        &self,
        company: &CompanyId,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listed<BookingView<'static>>, Error> {
        let (first, before) = ids_between(filter.from, filter.to);
        let before = page.after.as_ref().map_or(&before, |after| after.min(&before));
        let sql = filter.bookings();
        self.ask(|connection| {
            let bind = named_params! {
                ":company": company.as_str(), ":state": filter.state, ":client": filter.client,
                ":employee": filter.employee, ":from": filter.from.map(ms), ":to": filter.to.map(ms),
                ":first": first, ":before": before, ":limit": page.limit + 1,
            };
            let cursor = |booking: &BookingView<'_>| booking.id.to_string();
            list(connection, sql, bind, page.limit, cursor, |row| read_booking(company, row))
        })
    }

    /// One booking with its offers.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn booking(&self, company: &CompanyId, id: BookingId) -> Result<Option<BookingDetail>, Error> {
        let sql = concat!(
            booking_columns!("bookings b"),
            " WHERE b.company_id = ?1 AND b.id = ?2 AND b.created_at >= ",
            begins_at!("?1")
        );
        self.ask(|connection| {
            let found =
                collect(connection, sql, params![company.as_str(), id.to_string()], |row| read_booking(company, row))?;
            let Some(booking) = found.into_iter().next() else { return Ok(None) };
            let mut booking = as_object(&booking)?;
            booking.remove("offers");
            Ok(Some(BookingDetail { booking, offers: read_offers(connection, company, id)? }))
        })
    }

    /// A company's sessions, newest first; `state` is `running` or `ended`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sessions(
        &self,
        company: &CompanyId,
        filter: &Filter,
        page: &Page,
        for_whom: ForWhom,
    ) -> Result<Listed<SessionView<'static>>, Error> {
        let (first, before) = ids_between(filter.from, filter.to);
        let before = page.after.as_ref().map_or(&before, |after| after.min(&before));
        let sql = filter.sessions();
        self.ask(|connection| {
            let theirs_since = match &filter.employee {
                Some(employee) => for_whom.since(connection, company, employee)?,
                None => Time::default(),
            };
            let from = filter.from.unwrap_or_default().max(theirs_since);
            let bind = named_params! {
                ":company": company.as_str(), ":state": filter.state, ":client": filter.client,
                ":employee": filter.employee, ":from": ms(from), ":to": filter.to.map(ms),
                ":first": first, ":before": before, ":limit": page.limit + 1,
            };
            let cursor = |session: &SessionView<'_>| session.id.to_string();
            list(connection, sql, bind, page.limit, cursor, |row| read_session(company, row))
        })
    }

    /// One session.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn session(&self, company: &CompanyId, id: SessionId) -> Result<Option<SessionView<'static>>, Error> {
        let sql = concat!(
            session_columns!("sessions s"),
            " WHERE s.company_id = ?1 AND s.id = ?2 AND s.started_at >= ",
            begins_at!("?1")
        );
        self.ask(|connection| {
            let bind = params![company.as_str(), id.to_string()];
            Ok(collect(connection, sql, bind, |row| read_session(company, row))?.into_iter().next())
        })
    }

    /// What the employee noted about a session; none when there is no such session.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn notes(&self, company: &CompanyId, id: SessionId) -> Result<Option<NotesView<'static>>, Error> {
        let sql = concat!(
            "SELECT coalesce(notes, ''), notes_at FROM sessions
             WHERE company_id = ?1 AND id = ?2 AND started_at >= ",
            begins_at!("?1")
        );
        self.ask(|connection| {
            let mut query = connection.prepare_cached(sql)?;
            let found = query.query_row(params![company.as_str(), id.to_string()], |row| {
                let at = row.get::<_, Option<i64>>(1)?.map(|at| Moment(time(at)));
                Ok(NotesView { body: Cow::Owned(row.get(0)?), at })
            });
            Ok(found.optional()?)
        })
    }

    /// A session's messages in their order, of a time when one is given; none when there is no such session.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn messages(
        &self,
        company: &CompanyId,
        id: SessionId,
        (from, to): (Option<Time>, Option<Time>),
        page: &Page,
    ) -> Result<Option<Listed<MessageView<'static>>>, Error> {
        self.ask(|connection| {
            let known = concat!(
                "SELECT 1 FROM sessions WHERE company_id = ?1 AND id = ?2 AND started_at >= ",
                begins_at!("?1")
            );
            let bind = params![company.as_str(), id.to_string()];
            if connection.query_row(known, bind, |_| Ok(())).optional()?.is_none() {
                return Ok(None);
            }
            let sql = "SELECT id, sender, body, at FROM messages
                       WHERE company_id = :company AND session_id = :session AND id > :after AND id < :before
                           AND (:from IS NULL OR at >= :from) AND (:to IS NULL OR at < :to)
                       ORDER BY id LIMIT :limit";
            let (first, before) = ids_between(from, to);
            let bind = named_params! {
                ":company": company.as_str(), ":session": id.to_string(), ":from": from.map(ms), ":to": to.map(ms),
                ":after": page.after.clone().unwrap_or_default().max(first), ":before": before,
                ":limit": page.limit + 1,
            };
            let cursor = |message: &MessageView<'_>| message.id.to_string();
            let listed = list(connection, sql, bind, page.limit, cursor, |row| {
                Ok(MessageView {
                    id: read_id(row, 0)?,
                    from: Cow::Owned(row.get(1)?),
                    body: Cow::Owned(row.get(2)?),
                    at: Moment(time(row.get(3)?)),
                })
            });
            listed.map(Some)
        })
    }
}

/// Hands over a company's bookings behind an id, oldest first, until it breaks.
pub(super) fn each_booking(
    connection: &Connection,
    company: &CompanyId,
    after: &str,
    mut each: impl FnMut(BookingId, BookingView<'static>) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let sql = concat!(
        booking_columns!("bookings b"),
        " WHERE b.company_id = ?1 AND b.id > ?2 AND b.created_at >= ",
        begins_at!("?1"),
        " ORDER BY b.id"
    );
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query([company.as_str(), after])?;
    while let Some(row) = rows.next()? {
        let booking = read_booking(company, row)?;
        if each(booking.id, booking)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Hands over a company's sessions behind an id, oldest first, until it breaks.
pub(super) fn each_session(
    connection: &Connection,
    company: &CompanyId,
    after: &str,
    mut each: impl FnMut(SessionView<'static>) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let sql = concat!(
        session_columns!("sessions s"),
        " WHERE s.company_id = ?1 AND s.id > ?2 AND s.started_at >= ",
        begins_at!("?1"),
        " ORDER BY s.id"
    );
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query([company.as_str(), after])?;
    while let Some(row) = rows.next()? {
        if each(read_session(company, row)?)?.is_break() {
            break;
        }
    }
    Ok(())
}

fn collect<T>(
    connection: &Connection,
    sql: &str,
    bind: impl rusqlite::Params,
    read: impl Fn(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(bind)?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(read(row)?);
    }
    Ok(items)
}

fn read_booking(company: &CompanyId, row: &Row<'_>) -> Result<BookingView<'static>, Error> {
    let session = match row.get::<_, Option<String>>(10)? {
        Some(_) => Some(read_session_at(company, row, 10)?),
        None => None,
    };
    let name: Option<String> = row.get(8)?;
    let employee = session
        .as_ref()
        .zip(name)
        .map(|(session, name)| NamedEmployee { id: session.employee_id.clone(), name: Cow::Owned(name) });
    Ok(BookingView {
        id: read_id(row, 0)?,
        company_id: Cow::Owned(company.to_string()),
        client_id: Cow::Owned(row.get(1)?),
        client_name: row.get::<_, Option<String>>(9)?.map(Cow::Owned),
        topic: Cow::Owned(row.get(2)?),
        note: row.get::<_, Option<String>>(3)?.map(|note| Note(note.into())),
        state: Cow::Owned(row.get(4)?),
        reason: row.get::<_, Option<String>>(5)?.map(Cow::Owned),
        offers: row.get(6)?,
        created_at: Moment(time(row.get(7)?)),
        session,
        employee,
    })
}

fn read_session(company: &CompanyId, row: &Row<'_>) -> Result<SessionView<'static>, Error> {
    read_session_at(company, row, 0)
}

fn read_session_at(company: &CompanyId, row: &Row<'_>, at: usize) -> Result<SessionView<'static>, Error> {
    Ok(SessionView {
        id: read_id(row, at)?,
        booking_id: read_id(row, at + 1)?,
        company_id: Cow::Owned(company.to_string()),
        client_id: Cow::Owned(row.get(at + 2)?),
        client_name: row.get::<_, Option<String>>(at + 9)?.map(Cow::Owned),
        employee_id: Cow::Owned(row.get(at + 3)?),
        topic: Cow::Owned(row.get(at + 4)?),
        started_at: Moment(time(row.get(at + 5)?)),
        ended_at: row.get::<_, Option<i64>>(at + 6)?.map(time).map(Moment),
        ended_by: row.get::<_, Option<String>>(at + 7)?.map(Cow::Owned),
        reason: row.get::<_, Option<String>>(at + 8)?.map(Cow::Owned),
    })
}

fn read_id<T: StoredAsText>(row: &Row<'_>, at: usize) -> Result<T, Error> {
    T::from_stored(row.get_ref(at)?.as_str().map_err(unreadable)?).map_err(unreadable)
}

pub(super) fn read_offers(
    connection: &Connection,
    company: &CompanyId,
    id: BookingId,
) -> Result<Vec<OfferItem>, Error> {
    let sql = "SELECT attempt, employee_id, made_at, expires_at, delivered_at, closed_at, outcome, reason, delivered_to
               FROM offers WHERE company_id = ?1 AND booking_id = ?2 ORDER BY attempt";
    collect(connection, sql, params![company.as_str(), id.to_string()], |row| {
        let attempt: u32 = row.get(0)?;
        Ok(OfferItem {
            id: format!("{id}.{attempt}"),
            attempt,
            employee_id: row.get(1)?,
            made_at: Moment(time(row.get(2)?)),
            expires_at: Moment(time(row.get(3)?)),
            delivered_at: row.get::<_, Option<i64>>(4)?.map(time).map(Moment),
            closed_at: row.get::<_, Option<i64>>(5)?.map(time).map(Moment),
            outcome: row.get(6)?,
            reason: row.get(7)?,
            delivered_to: row.get(8)?,
        })
    })
}

fn as_object(booking: &BookingView<'_>) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
    serde_json::from_str(&switchboard_wire::view::json(booking)).map_err(unreadable)
}

#[cfg(test)]
mod tests;
