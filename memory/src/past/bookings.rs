//! Bookings with their sessions, and offers.

use switchboard_core::{BookingId, CompanyId, OfferId};
use switchboard_history::asked::{HistoryFilter, Ids};
use switchboard_history::past::{Bookings, Each, HistoryResult, PastBooking};
use switchboard_journal::rows::{BookingRow, OfferRow};

use super::{hand_over, rows};
use crate::tables::{CompanyTables, MemoryTables};

impl CompanyTables {
    /// Bookings of the current company, ordered by id.
    fn past_bookings(&self) -> impl DoubleEndedIterator<Item = &BookingRow> {
        let begins_at = self.begins_at();
        self.bookings.values().filter(move |booking| booking.created_at >= begins_at)
    }

    fn with_session(&self, booking: &BookingRow) -> PastBooking {
        let session = booking.session_id.and_then(|id| self.sessions.get(&id).cloned());
        PastBooking { booking: booking.clone(), session }
    }

    fn offers_of(&self, booking: BookingId) -> impl Iterator<Item = &OfferRow> {
        let (first, last) = (OfferId { booking, attempt: 0 }, OfferId { booking, attempt: u32::MAX });
        self.offers.range(first..=last).map(|(_, offer)| offer)
    }
}

fn is_in(filter: &HistoryFilter, booking: &BookingRow) -> bool {
    let employee = booking.employee_id.as_ref().map(|id| id.as_str());
    filter.state.as_deref().is_none_or(|state| state == booking.state)
        && filter.client.as_deref().is_none_or(|client| client == booking.client_id.as_str())
        && filter.employee.as_deref().is_none_or(|asked| employee == Some(asked))
        && filter.from.is_none_or(|from| booking.created_at >= from)
        && filter.to.is_none_or(|to| booking.created_at < to)
}

impl Bookings for MemoryTables {
    fn bookings(
        &self,
        company: &CompanyId,
        filter: &HistoryFilter,
        ids: Ids<'_>,
        limit: u32,
        each: Each<'_, PastBooking>,
    ) -> HistoryResult<()> {
        let Some(company) = self.company(company) else { return Ok(()) };
        let is_asked = |booking: &&BookingRow| {
            let id = booking.id.to_string();
            id.as_str() >= ids.first && id.as_str() < ids.before && is_in(filter, booking)
        };
        let found = company.past_bookings().rev().filter(is_asked).take(rows(limit));
        hand_over(found.map(|booking| company.with_session(booking)), each)
    }

    fn bookings_after(&self, company: &CompanyId, after: &str, each: Each<'_, PastBooking>) -> HistoryResult<()> {
        let Some(company) = self.company(company) else { return Ok(()) };
        let found = company.past_bookings().filter(|booking| booking.id.to_string().as_str() > after);
        hand_over(found.map(|booking| company.with_session(booking)), each)
    }

    fn booking(&self, company: &CompanyId, id: BookingId) -> HistoryResult<Option<PastBooking>> {
        let found = self.company(company).and_then(|company| {
            let booking = company.bookings.get(&id).filter(|booking| booking.created_at >= company.begins_at());
            booking.map(|booking| company.with_session(booking))
        });
        Ok(found)
    }

    fn offers(&self, company: &CompanyId, id: BookingId) -> HistoryResult<Vec<OfferRow>> {
        Ok(self.company(company).into_iter().flat_map(|company| company.offers_of(id).cloned()).collect())
    }

    fn offers_after(
        &self,
        company: &CompanyId,
        after: &str,
        employee: &str,
        limit: u32,
        each: Each<'_, (String, bool)>,
    ) -> HistoryResult<()> {
        let offers = self.company(company).into_iter().flat_map(|company| company.offers.values());
        let found = offers.map(|offer| (offer.id.booking.to_string(), offer.employee_id.as_str() == employee));
        hand_over(found.filter(|(booking, _)| booking.as_str() > after).take(rows(limit)), each)
    }
}
