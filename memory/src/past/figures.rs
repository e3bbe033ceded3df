//! The rows that statistics count.

use switchboard_core::{CompanyId, EmployeeId, OfferId, Time};
use switchboard_history::Range;
use switchboard_history::figures::{BookingFigures, OfferFigures, SessionFigures, Span};
use switchboard_history::past::{Figures, HistoryResult};
use switchboard_journal::rows::{BookingRow, OfferRow, SessionRow};

use crate::tables::{CompanyTables, MemoryTables};

/// Whether an id and the time of its row lie within a span.
fn is_in(span: Span, id: &str, at: Time) -> bool {
    let ((first, end), range) = (span.ids(), span.range);
    (first.as_str()..end.as_str()).contains(&id) && (range.from..range.to).contains(&at)
}

fn bookings_in(company: &CompanyTables, span: Span) -> impl Iterator<Item = &BookingRow> {
    company.bookings.values().filter(move |row| is_in(span, &row.id.to_string(), row.created_at))
}

fn sessions_in(company: &CompanyTables, span: Span) -> impl Iterator<Item = &SessionRow> {
    company.sessions.values().filter(move |row| is_in(span, &row.id.to_string(), row.started_at))
}

impl Figures for MemoryTables {
    fn count_bookings(
        &self,
        company: &CompanyId,
        span: Span,
        each: &mut dyn FnMut(BookingFigures<'_>),
    ) -> HistoryResult<()> {
        let Some(company) = self.company(company) else { return Ok(()) };
        for row in bookings_in(company, span) {
            let first_offer = company.offers.get(&OfferId { booking: row.id, attempt: 1 });
            let session = row.session_id.and_then(|id| company.sessions.get(&id));
            each(BookingFigures {
                state: &row.state,
                reason: row.reason.as_deref(),
                first_offer_after: first_offer.map(|offer| row.created_at.ms_until(offer.made_at)),
                answered_after: session.map(|session| row.created_at.ms_until(session.started_at)),
            });
        }
        Ok(())
    }

    fn count_offers(
        &self,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        span: Span,
        each: &mut dyn FnMut(OfferFigures<'_>),
    ) -> HistoryResult<()> {
        let Some(company) = self.company(company) else { return Ok(()) };
        for booking in bookings_in(company, span) {
            let offers: Vec<_> = company.offers.values().filter(|offer| offer.id.booking == booking.id).collect();
            let had_others = |offer: &OfferRow| {
                let opens_before = |one: &OfferRow, other: &OfferRow| other.closed_at.is_none_or(|at| one.made_at < at);
                let overlaps = |other: &OfferRow| opens_before(other, offer) && opens_before(offer, other);
                offers.iter().any(|other| other.id != offer.id && overlaps(other))
            };
            for offer in offers.iter().filter(|offer| only.is_none_or(|only| *only == offer.employee_id)) {
                each(OfferFigures {
                    employee: offer.employee_id.as_str(),
                    outcome: offer.outcome.as_deref(),
                    delivered_after: offer.delivered_at.map(|at| offer.made_at.ms_until(at)),
                    closed_after: offer.closed_at.map(|at| offer.made_at.ms_until(at)),
                    had_others: had_others(offer),
                });
            }
        }
        Ok(())
    }

    fn count_sessions(
        &self,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        span: Span,
        each: &mut dyn FnMut(SessionFigures<'_>),
    ) -> HistoryResult<()> {
        let Some(company) = self.company(company) else { return Ok(()) };
        for row in sessions_in(company, span).filter(|row| only.is_none_or(|only| *only == row.employee_id)) {
            each(SessionFigures {
                employee: row.employee_id.as_str(),
                ended_by: row.ended_by.as_deref(),
                length: row.ended_at.map(|at| row.started_at.ms_until(at)),
            });
        }
        Ok(())
    }

    fn count_codes(&self, company: &CompanyId, span: Span, each: &mut dyn FnMut(&str)) -> HistoryResult<()> {
        let sessions = self.company(company).into_iter().flat_map(|company| sessions_in(company, span));
        sessions.filter_map(|session| session.code.as_deref()).for_each(each);
        Ok(())
    }

    fn next_booking(&self, company: &CompanyId, first: &str, from: Time) -> HistoryResult<Option<Time>> {
        let mut bookings = self.company(company).into_iter().flat_map(|company| company.bookings.values());
        let found = bookings.find(|row| row.id.to_string().as_str() >= first && row.created_at >= from);
        Ok(found.map(|row| row.created_at))
    }

    fn is_settled(&self, company: &CompanyId, range: Range) -> HistoryResult<bool> {
        let Some(company) = self.company(company) else { return Ok(true) };
        let is_in = |at: Time| (range.from..range.to).contains(&at);
        let searches = |row: &BookingRow| row.state == "offering" && is_in(row.created_at);
        let runs = |row: &SessionRow| row.ended_at.is_none() && is_in(row.started_at);
        Ok(!company.bookings.values().any(searches) && !company.sessions.values().any(runs))
    }
}
