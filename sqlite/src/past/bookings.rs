//! The rows of bookings and offers.

use rusqlite::{Row, named_params, params};
use switchboard_core::{BookingId, CompanyId, OfferId};
use switchboard_history::asked::{HistoryFilter, Ids};
use switchboard_history::past::{Bookings, Each, HistoryResult, PastBooking};
use switchboard_journal::rows::{BookingRow, OfferRow};

use super::Tables;
use super::sessions::read_session;
use crate::Error;
use crate::columns::{ms, parsed, parsed_or_null, skills, text, time, time_or_null};
use crate::removal::begins_at;

/// The columns that [`read_booking`] expects, in order.
macro_rules! booking_columns {
    () => {
        "b.id, b.client_id, b.topic, b.note, b.state, b.reason, b.offers, b.created_at, b.ended_at, b.session_id,
         b.employee_id, b.employee_name, b.client_name, b.skills, b.step"
    };
}
pub(crate) use booking_columns;
/// The columns that [`read_offer`] expects, in order.
macro_rules! offer_columns {
    () => {
        "booking_id, attempt, employee_id, made_at, expires_at, delivered_at, closed_at, outcome, reason, delivered_to"
    };
}
pub(crate) use offer_columns;
macro_rules! select {
    ($from:literal) => {
        concat!(
            "SELECT ",
            booking_columns!(),
            ", ",
            session_columns!(),
            " FROM ",
            $from,
            " LEFT JOIN sessions s ON s.company_id = b.company_id AND s.id = b.session_id"
        )
    };
}
use super::sessions::session_columns;
macro_rules! bookings {
    ($from:literal, $where:literal) => {
        concat!(
            select!($from),
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

/// Number of a booking's columns, behind which those of its session begin.
const BOOKING_COLUMNS: usize = 15;

/// The query for a filter, by the index that leads to the fewest other bookings.
pub(super) fn listing(filter: &HistoryFilter) -> &'static str {
    match (&filter.client, &filter.employee, filter.state.as_deref()) {
        (Some(_), _, _) => bookings!("bookings b INDEXED BY bookings_by_client", "b.client_id = :client"),
        (None, Some(_), _) => bookings!("bookings b INDEXED BY bookings_by_employee", "b.employee_id = :employee"),
        (None, None, Some("offering")) => {
            bookings!("bookings b INDEXED BY bookings_that_search", "b.state = 'offering'")
        }
        (None, None, _) => bookings!("bookings b", "TRUE"),
    }
}

impl Bookings for Tables<'_> {
    fn bookings(
        &self,
        company: &CompanyId,
        filter: &HistoryFilter,
        ids: Ids<'_>,
        limit: u32,
        each: Each<'_, PastBooking>,
    ) -> HistoryResult<()> {
        let bind = named_params! {
            ":company": company.as_str(), ":state": filter.state, ":client": filter.client,
            ":employee": filter.employee, ":from": filter.from.map(ms), ":to": filter.to.map(ms),
            ":first": ids.first, ":before": ids.before, ":limit": limit,
        };
        self.each(listing(filter), bind, read_past_booking, each)
    }

    fn bookings_after(&self, company: &CompanyId, after: &str, each: Each<'_, PastBooking>) -> HistoryResult<()> {
        let sql = concat!(
            select!("bookings b"),
            " WHERE b.company_id = ?1 AND b.id > ?2 AND b.created_at >= ",
            begins_at!("?1"),
            " ORDER BY b.id"
        );
        self.each(sql, [company.as_str(), after], read_past_booking, each)
    }

    fn booking(&self, company: &CompanyId, id: BookingId) -> HistoryResult<Option<PastBooking>> {
        let sql = concat!(
            select!("bookings b"),
            " WHERE b.company_id = ?1 AND b.id = ?2 AND b.created_at >= ",
            begins_at!("?1")
        );
        self.one(sql, params![company.as_str(), id.to_string()], read_past_booking)
    }

    fn offers(&self, company: &CompanyId, id: BookingId) -> HistoryResult<Vec<OfferRow>> {
        let sql = concat!(
            "SELECT ",
            offer_columns!(),
            " FROM offers WHERE company_id = ?1 AND booking_id = ?2 ORDER BY attempt"
        );
        self.all(sql, params![company.as_str(), id.to_string()], read_offer)
    }

    fn offers_after(
        &self,
        company: &CompanyId,
        after: &str,
        employee: &str,
        limit: u32,
        each: Each<'_, (String, bool)>,
    ) -> HistoryResult<()> {
        let sql = "SELECT booking_id, employee_id = ?3 FROM offers WHERE company_id = ?1 AND booking_id > ?2
                   ORDER BY booking_id LIMIT ?4";
        let read = |row: &Row<'_>| Ok((text(row, 0)?.to_owned(), row.get(1)?));
        self.each(sql, params![company.as_str(), after, employee, limit], read, each)
    }
}

fn read_past_booking(row: &Row<'_>) -> Result<PastBooking, Error> {
    let session = match row.get_ref(BOOKING_COLUMNS)? {
        rusqlite::types::ValueRef::Null => None,
        _ => Some(read_session(row, BOOKING_COLUMNS)?),
    };
    Ok(PastBooking { booking: read_booking(row)?, session })
}

pub(crate) fn read_booking(row: &Row<'_>) -> Result<BookingRow, Error> {
    Ok(BookingRow {
        id: parsed(row, 0)?,
        client_id: parsed(row, 1)?,
        topic: parsed(row, 2)?,
        note: row.get(3)?,
        state: row.get::<_, String>(4)?.into(),
        reason: row.get::<_, Option<String>>(5)?.map(Into::into),
        offers: row.get(6)?,
        created_at: time(row.get(7)?),
        ended_at: time_or_null(row, 8)?,
        session_id: parsed_or_null(row, 9)?,
        employee_id: parsed_or_null(row, 10)?,
        employee_name: row.get(11)?,
        client_name: row.get(12)?,
        skills: skills(row, 13)?,
        step: row.get(14)?,
    })
}

pub(crate) fn read_offer(row: &Row<'_>) -> Result<OfferRow, Error> {
    Ok(OfferRow {
        id: OfferId { booking: parsed(row, 0)?, attempt: row.get(1)? },
        employee_id: parsed(row, 2)?,
        made_at: time(row.get(3)?),
        expires_at: time(row.get(4)?),
        delivered_at: time_or_null(row, 5)?,
        closed_at: time_or_null(row, 6)?,
        outcome: row.get::<_, Option<String>>(7)?.map(Into::into),
        reason: row.get(8)?,
        delivered_to: parsed_or_null(row, 9)?,
    })
}
