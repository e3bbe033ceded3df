//! Outcomes of bookings, offers and sessions: counted, and logged at `debug`, once their visit is committed.

use std::time::Instant;

use switchboard_core::{
    Booking, BookingId, BookingReason, Company, CompanyId, EndedBy, Event, Offer, OfferId, Outcome, SessionId, Time,
};
use switchboard_metrics::{METRICS, seconds};

/// Outcomes of one visit, without the name of any person.
pub(super) struct Outcomes {
    company: Option<CompanyId>,
    began: Instant,
    noted: Vec<NotedOutcome>,
}

enum NotedOutcome {
    FirstOffer,
    OfferClosed { outcome: Outcome, after_ms: u64 },
    Assigned { booking: BookingId, session: SessionId, offers: u32, after_ms: u64, searched_ms: u64 },
    BookingEnded { booking: BookingId, reason: BookingReason, offers: u32, searched_ms: u64 },
    SessionEnded { session: SessionId, booking: BookingId, by: EndedBy, lasted_ms: u64 },
}

impl Outcomes {
    /// Outcomes of events that the company has just applied.
    pub(super) fn of(company: &Company, events: &[Event], now: Time, began: Instant) -> Self {
        // Durations are computed now, because the journal's thread has no access to the company.
        let noted: Vec<NotedOutcome> = events.iter().filter_map(|event| note(company, event, now)).collect();
        Self { company: (!noted.is_empty()).then(|| company.id().clone()), began, noted }
    }

    /// Counts and logs the outcomes; called after the commit.
    pub(super) fn note(self) {
        let Some(company) = self.company else { return };
        for noted in self.noted {
            match noted {
                NotedOutcome::FirstOffer => METRICS.book_to_offer.observe(self.began.elapsed().as_secs_f64()),
                NotedOutcome::OfferClosed { outcome, after_ms } => {
                    METRICS.offers.of(outcome.word()).inc();
                    if outcome == Outcome::Rejected {
                        METRICS.offer_to_answer.observe(seconds(after_ms));
                    }
                }
                NotedOutcome::Assigned { booking, session, offers, after_ms, searched_ms } => {
                    METRICS.offers.of(Outcome::Accepted.word()).inc();
                    METRICS.offer_to_answer.observe(seconds(after_ms));
                    METRICS.search.observe(seconds(searched_ms));
                    METRICS.booking_assigned();
                    tracing::debug!(%company, %booking, %session, offers, searched_ms, "a booking found an employee");
                }
                NotedOutcome::BookingEnded { booking, reason, offers, searched_ms } => {
                    METRICS.search.observe(seconds(searched_ms));
                    METRICS.bookings.of(reason.word()).inc();
                    let reason = reason.word();
                    tracing::debug!(%company, %booking, reason, offers, searched_ms, "a booking found no employee");
                }
                NotedOutcome::SessionEnded { session, booking, by, lasted_ms } => {
                    METRICS.session.observe(seconds(lasted_ms));
                    METRICS.sessions.of(by.word()).inc();
                    let by = by.word();
                    tracing::debug!(%company, %session, %booking, by, lasted_ms, "a session ended");
                }
            }
        }
    }
}

fn note(company: &Company, event: &Event, now: Time) -> Option<NotedOutcome> {
    match event {
        Event::OfferMade { offer, .. } => (offer.attempt == 1).then_some(NotedOutcome::FirstOffer),
        Event::OfferClosed { offer, outcome, .. } => {
            let (_, closed) = find(company, *offer)?;
            Some(NotedOutcome::OfferClosed { outcome: *outcome, after_ms: closed.made_at.ms_until(now) })
        }
        Event::OfferAccepted { offer, session } => {
            let (booking, accepted) = find(company, *offer)?;
            Some(NotedOutcome::Assigned {
                booking: booking.id,
                session: *session,
                offers: offer.attempt,
                after_ms: accepted.made_at.ms_until(now),
                searched_ms: booking.created_at.ms_until(now),
            })
        }
        Event::BookingEnded { booking, reason } => {
            let ended = company.booking(*booking)?;
            Some(NotedOutcome::BookingEnded {
                booking: *booking,
                reason: *reason,
                offers: ended.latest_offer_id().attempt,
                searched_ms: ended.created_at.ms_until(now),
            })
        }
        Event::SessionEnded { session, by, .. } => {
            let ended = company.session(*session)?;
            Some(NotedOutcome::SessionEnded {
                session: *session,
                booking: ended.booking,
                by: *by,
                lasted_ms: ended.started_at.ms_until(now),
            })
        }
        Event::CompanySet { .. }
        | Event::BrandSet { .. }
        | Event::CompanyRemoved
        | Event::EmployeeSet { .. }
        | Event::EmployeeRemoved { .. }
        | Event::AccessRevoked { .. }
        | Event::IntentSet { .. }
        | Event::EmployeeConnected { .. }
        | Event::EmployeeDisconnected { .. }
        | Event::EmployeeUnreachable { .. }
        | Event::RoutingSet { .. }
        | Event::WrapUpSet { .. }
        | Event::WrapUpEnded { .. }
        | Event::RestEnded { .. }
        | Event::StepOpened { .. }
        | Event::BookingWaits { .. }
        | Event::AskAgainDue { .. }
        | Event::BookingChanged { .. }
        | Event::SessionCoded { .. }
        | Event::BookingOpened(_)
        | Event::OfferDelivered { .. }
        | Event::DeliveryPutOff { .. }
        | Event::SearchWaits { .. }
        | Event::ClientConnected { .. }
        | Event::ClientDisconnected { .. }
        | Event::PartyEntered { .. }
        | Event::PartyLeft { .. }
        | Event::MessageSent { .. }
        | Event::NotesWritten { .. }
        | Event::ClockFollowed { .. }
        | Event::Resumed => None,
    }
}

fn find(company: &Company, offer: OfferId) -> Option<(&Booking, &Offer)> {
    let booking = company.booking(offer.booking)?;
    Some((booking, booking.offer(offer.attempt)?))
}
