//! The rows that statistics count.

use rusqlite::{Row, params};
use switchboard_core::{CompanyId, EmployeeId, Time};
use switchboard_history::Range;
use switchboard_history::figures::{BookingFigures, OfferFigures, SessionFigures, Span};
use switchboard_history::past::{Figures, HistoryResult};

use super::Tables;
use crate::Error;
use crate::columns::{duration, ms, text, text_or_null, time};

macro_rules! offers {
    ($from:literal, $where:literal) => {
        concat!(
            "SELECT o.employee_id, o.outcome, o.delivered_at - o.made_at, o.closed_at - o.made_at,
                 b.offers > 1 AND EXISTS (SELECT 1 FROM offers p
                     WHERE p.company_id = o.company_id AND p.booking_id = o.booking_id AND p.attempt <> o.attempt
                         AND (o.closed_at IS NULL OR p.made_at < o.closed_at)
                         AND (p.closed_at IS NULL OR o.made_at < p.closed_at))
             FROM ",
            $from,
            " JOIN bookings b ON b.company_id = o.company_id AND b.id = o.booking_id
             WHERE o.company_id = ?1 AND o.booking_id >= ?2 AND o.booking_id < ?3
                 AND b.created_at >= ?4 AND b.created_at < ?5 AND ",
            $where
        )
    };
}
macro_rules! sessions {
    ($from:literal, $where:literal) => {
        concat!(
            "SELECT employee_id, ended_by, ended_at - started_at FROM ",
            $from,
            " WHERE company_id = ?1 AND id >= ?2 AND id < ?3 AND started_at >= ?4 AND started_at < ?5 AND ",
            $where
        )
    };
}

impl Figures for Tables<'_> {
    fn count_bookings(
        &self,
        company: &CompanyId,
        span: Span,
        each: &mut dyn FnMut(BookingFigures<'_>),
    ) -> HistoryResult<()> {
        let sql = "SELECT b.state, b.reason, o.made_at - b.created_at, s.started_at - b.created_at
                   FROM bookings b LEFT JOIN sessions s ON s.company_id = b.company_id AND s.id = b.session_id
                   LEFT JOIN offers o ON o.company_id = b.company_id AND o.booking_id = b.id AND o.attempt = 1
                   WHERE b.company_id = ?1 AND b.id >= ?2 AND b.id < ?3 AND b.created_at >= ?4 AND b.created_at < ?5";
        self.of_span(sql, company, None, span, |row| {
            let (first_offer_after, answered_after) = (duration(row, 2)?, duration(row, 3)?);
            let (state, reason) = (text(row, 0)?, text_or_null(row, 1)?);
            each(BookingFigures { state, reason, first_offer_after, answered_after });
            Ok(())
        })
    }

    fn count_offers(
        &self,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        span: Span,
        each: &mut dyn FnMut(OfferFigures<'_>),
    ) -> HistoryResult<()> {
        let sql = match only {
            None => offers!("offers o", "TRUE"),
            Some(_) => offers!("offers o INDEXED BY offers_by_employee", "o.employee_id = ?6"),
        };
        self.of_span(sql, company, only, span, |row| {
            let (delivered_after, closed_after) = (duration(row, 2)?, duration(row, 3)?);
            let (employee, outcome) = (text(row, 0)?, text_or_null(row, 1)?);
            each(OfferFigures { employee, outcome, delivered_after, closed_after, had_others: row.get(4)? });
            Ok(())
        })
    }

    fn count_sessions(
        &self,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        span: Span,
        each: &mut dyn FnMut(SessionFigures<'_>),
    ) -> HistoryResult<()> {
        let sql = match only {
            None => sessions!("sessions", "TRUE"),
            Some(_) => sessions!("sessions INDEXED BY sessions_by_employee", "employee_id = ?6"),
        };
        self.of_span(sql, company, only, span, |row| {
            let (employee, ended_by) = (text(row, 0)?, text_or_null(row, 1)?);
            each(SessionFigures { employee, ended_by, length: duration(row, 2)? });
            Ok(())
        })
    }

    fn count_codes(&self, company: &CompanyId, span: Span, each: &mut dyn FnMut(&str)) -> HistoryResult<()> {
        // The index has coded sessions alone, so that a company without codes pays nothing.
        let sql = "SELECT code FROM sessions INDEXED BY sessions_by_code
                   WHERE company_id = ?1 AND id >= ?2 AND id < ?3 AND started_at >= ?4 AND started_at < ?5
                       AND code IS NOT NULL";
        self.of_span(sql, company, None, span, |row| {
            each(text(row, 0)?);
            Ok(())
        })
    }

    fn next_booking(&self, company: &CompanyId, first: &str, from: Time) -> HistoryResult<Option<Time>> {
        let sql = "SELECT created_at FROM bookings WHERE company_id = ?1 AND id >= ?2 AND created_at >= ?3
                   ORDER BY id LIMIT 1";
        self.one(sql, params![company.as_str(), first, ms(from)], |row| Ok(time(row.get(0)?)))
    }

    fn is_settled(&self, company: &CompanyId, range: Range) -> HistoryResult<bool> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM bookings INDEXED BY bookings_that_search
                       WHERE company_id = ?1 AND state = 'offering' AND created_at >= ?2 AND created_at < ?3)
                   AND NOT EXISTS (SELECT 1 FROM sessions INDEXED BY sessions_that_run
                       WHERE company_id = ?1 AND ended_at IS NULL AND started_at >= ?2 AND started_at < ?3)";
        let found = self.one(sql, params![company.as_str(), ms(range.from), ms(range.to)], |row| Ok(row.get(0)?))?;
        Ok(found.unwrap_or(false))
    }
}

impl Tables<'_> {
    fn of_span(
        self,
        sql: &str,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        span: Span,
        mut read: impl FnMut(&Row<'_>) -> Result<(), Error>,
    ) -> HistoryResult<()> {
        let ((first, end), range) = (span.ids(), span.range);
        let time = params![company.as_str(), first, end, ms(range.from), ms(range.to)];
        let employee = params![only.map(EmployeeId::as_str)];
        let bind = if only.is_some() { [time, employee].concat() } else { time.to_vec() };
        let mut read_all = || -> Result<(), Error> {
            let mut query = self.0.prepare_cached(sql)?;
            let mut rows = query.query(bind.as_slice())?;
            while let Some(row) = rows.next()? {
                read(row)?;
            }
            Ok(())
        };
        Ok(read_all()?)
    }
}
