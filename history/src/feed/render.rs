//! The rendering of a stored event for the feed, from the event and from the rows of the things that it names.
//!
//! Only fields that never change are taken from a row, so that an event is rendered in the same way whenever it is
//! read. The one exception is an employee's name, which is the current one.

use serde_json::value::RawValue;
use switchboard_core::{
    BookingId, BookingRequest, CompanyId, EmployeeNo, Event, MessageId, OfferId, Party, SessionId, Time, Word,
};
use switchboard_journal::StoreError;
use switchboard_wire::Kind;
use switchboard_wire::view::Moment;

use super::feed_event::{Data, FeedEvent, SessionData};
use crate::past::{BookingFacts, HistoryResult, Past};

/// The type, the lane and the data of an event.
type RenderedEvent = (Kind, String, Data);

/// The event as the feed has it; none when the event is internal.
pub(super) fn told(
    past: &dyn Past,
    company: &CompanyId,
    seq: u64,
    at: Time,
    event: &Event,
) -> HistoryResult<Option<FeedEvent>> {
    let rows = Rows { past, company };
    let Some((kind, lane, data)) = said(&rows, seq, at, event)? else { return Ok(None) };
    Ok(Some(FeedEvent::new(company, seq, at, kind, lane, data)))
}

/// The lane of an event, without rendering the event; none when the event is internal.
pub(super) fn lane(past: &dyn Past, company: &CompanyId, event: &Event) -> HistoryResult<Option<String>> {
    let rows = Rows { past, company };
    Ok(match event {
        Event::CompanySet { .. } | Event::RoutingSet { .. } | Event::CompanyRemoved => Some("company".to_owned()),
        Event::EmployeeSet { employee, .. }
        | Event::EmployeeRemoved { employee, .. }
        | Event::IntentSet { employee, .. } => Some(lane_of_employee(*employee)),
        Event::BookingOpened(BookingRequest { booking, .. }) | Event::BookingEnded { booking, .. } => {
            Some(booking.to_string())
        }
        Event::OfferMade { offer, .. }
        | Event::OfferDelivered { offer, .. }
        | Event::OfferClosed { offer, .. }
        | Event::OfferAccepted { offer, .. } => Some(offer.booking.to_string()),
        Event::MessageSent { session, .. }
        | Event::SessionCoded { session, .. }
        | Event::SessionEnded { session, .. } => Some(rows.session(*session)?.0),
        Event::NotesWritten { .. }
        | Event::DeliveryPutOff { .. }
        | Event::SearchWaits { .. }
        | Event::BrandSet { .. }
        | Event::AccessRevoked { .. }
        | Event::EmployeeConnected { .. }
        | Event::EmployeeDisconnected { .. }
        | Event::EmployeeUnreachable { .. }
        | Event::WrapUpSet { .. }
        | Event::WrapUpEnded { .. }
        | Event::RestEnded { .. }
        | Event::StepOpened { .. }
        | Event::BookingWaits { .. }
        | Event::AskAgainDue { .. }
        | Event::BookingChanged { .. }
        | Event::ClientConnected { .. }
        | Event::ClientDisconnected { .. }
        | Event::PartyEntered { .. }
        | Event::PartyLeft { .. }
        | Event::ClockFollowed { .. }
        | Event::Resumed => None,
    })
}

#[expect(clippy::too_many_lines, reason = "every event is named")]
fn said(rows: &Rows<'_>, seq: u64, at: Time, event: &Event) -> HistoryResult<Option<RenderedEvent>> {
    Ok(Some(match event {
        Event::CompanySet { name, settings } => {
            let data = Data::CompanySet { name: name.to_string(), settings: settings.clone() };
            (Kind::CompanySet, "company".to_owned(), data)
        }
        Event::RoutingSet { routing } => {
            (Kind::RoutingSet, "company".to_owned(), Data::RoutingSet { routing: routing.clone() })
        }
        Event::CompanyRemoved => (Kind::CompanyRemoved, "company".to_owned(), Data::CompanyRemoved {}),
        Event::EmployeeSet { employee, id, name, topics, profile } => {
            let topics = topics.iter().map(ToString::to_string).collect();
            let (employee_id, name, profile) = (id.to_string(), name.to_string(), profile.clone());
            let data = Data::EmployeeSet { employee_id, name, topics, profile };
            (Kind::EmployeeSet, lane_of_employee(*employee), data)
        }
        Event::EmployeeRemoved { employee, id } => {
            let data = Data::EmployeeRemoved { employee_id: id.to_string() };
            (Kind::EmployeeRemoved, lane_of_employee(*employee), data)
        }
        Event::IntentSet { employee, intent, by, reason, until } => {
            let employee_id = rows.employee_with_number(*employee, seq)?;
            let (lane, intent, by) = (lane_of_employee(*employee), intent.word(), *by);
            let (reason, until) = (reason.clone(), until.map(Moment));
            (Kind::EmployeeIntent, lane, Data::EmployeeIntent { employee_id, intent, by, reason, until })
        }
        Event::BookingOpened(request) => booking_opened(request)?,
        Event::OfferMade { offer, employee: _, expires_at } => offer_made(rows, at, *offer, *expires_at)?,
        Event::OfferDelivered { offer, device } => {
            let OfferId { booking: booking_id, attempt } = *offer;
            let employee_id = rows.asked(*offer)?;
            let device = device.as_ref().map(ToString::to_string);
            let data = Data::OfferDelivered { offer_id: *offer, booking_id, attempt, employee_id, device };
            (Kind::OfferDelivered, booking_id.to_string(), data)
        }
        Event::OfferClosed { offer, outcome, reason, missed: _ } => {
            offer_closed(rows, *offer, outcome.word(), reason.as_deref().map(str::to_owned))?
        }
        Event::OfferAccepted { offer, session } => session_started(rows, *offer, *session)?,
        Event::BookingEnded { booking, reason } => {
            let (client_id, topic) = rows.booking(*booking)?.map(|row| (row.client, row.topic)).unzip();
            let (state, reason) = (reason.state().word(), reason.word());
            let data = Data::BookingEnded { booking_id: *booking, client_id, topic, state, reason };
            (Kind::BookingEnded, booking.to_string(), data)
        }
        Event::MessageSent { session, message, from, body: _, key: _ } => {
            message_sent(rows, *session, *message, *from)?
        }
        Event::SessionEnded { session, by, reason } => {
            session_ended(rows, *session, by.word(), reason.as_deref().map(str::to_owned))?
        }
        Event::SessionCoded { session, code } => session_coded(rows, *session, code)?,
        // Notes belong to the employee, and leave the server only by an API key. Pages read a company's appearance when
        // they join.
        Event::NotesWritten { .. }
        | Event::DeliveryPutOff { .. }
        | Event::SearchWaits { .. }
        | Event::BrandSet { .. }
        // The caller that revokes access knows of it, and a removal implies it.
        | Event::AccessRevoked { .. }
        | Event::EmployeeConnected { .. }
        | Event::EmployeeDisconnected { .. }
        | Event::EmployeeUnreachable { .. }
        | Event::WrapUpSet { .. }
        | Event::WrapUpEnded { .. }
        | Event::RestEnded { .. }
        | Event::StepOpened { .. }
        | Event::BookingWaits { .. }
        | Event::AskAgainDue { .. }
        | Event::BookingChanged { .. }
        | Event::ClientConnected { .. }
        | Event::ClientDisconnected { .. }
        | Event::PartyEntered { .. }
        | Event::PartyLeft { .. }
        | Event::ClockFollowed { .. }
        | Event::Resumed => return Ok(None),
    }))
}

/// The lane has the number and not the id, because lanes are stored, and an erased id must not remain in them.
fn lane_of_employee(number: EmployeeNo) -> String {
    // The blank keeps the lane apart from those of bookings, because no booking's id has one.
    format!("employee {}", number.0)
}

fn booking_opened(request: &BookingRequest) -> HistoryResult<RenderedEvent> {
    let BookingRequest { booking, client, client_name, topic, note, key: _, wishes } = request;
    let (client_id, topic, note) = (client.to_string(), topic.to_string(), raw(note.as_deref())?);
    let client_name = client_name.as_deref().map(str::to_owned);
    let skills = wishes.as_deref().map(|wishes| wishes.skills.clone()).unwrap_or_default();
    let data = Data::BookingOpened { booking_id: *booking, client_id, client_name, topic, note, skills };
    Ok((Kind::BookingOpened, booking.to_string(), data))
}

fn offer_closed(
    rows: &Rows<'_>,
    offer: OfferId,
    outcome: &'static str,
    reason: Option<String>,
) -> HistoryResult<RenderedEvent> {
    let OfferId { booking: booking_id, attempt } = offer;
    let employee_id = rows.asked(offer)?;
    let data = Data::OfferClosed { offer_id: offer, booking_id, attempt, employee_id, outcome, reason };
    Ok((Kind::OfferClosed, booking_id.to_string(), data))
}

/// Renders all that an app's back end needs to wake the phone of the asked employee.
fn offer_made(rows: &Rows<'_>, at: Time, offer: OfferId, expires_at: Time) -> HistoryResult<RenderedEvent> {
    let (booking, employee_id) = (rows.booking(offer.booking)?, rows.asked(offer)?);
    let employee_name = employee_id.as_deref().map(|id| rows.name(id)).transpose()?.flatten();
    let note = raw(booking.as_ref().and_then(|row| row.note.as_deref()))?;
    let client_name = booking.as_ref().and_then(|row| row.client_name.clone());
    let (client_id, topic) = booking.map(|row| (row.client, row.topic)).unzip();
    let data = Data::OfferMade {
        offer_id: offer,
        booking_id: offer.booking,
        attempt: offer.attempt,
        employee_id,
        employee_name,
        client_id,
        client_name,
        topic,
        note,
        made_at: Moment(at),
        expires_at: Moment(expires_at),
    };
    Ok((Kind::OfferMade, offer.booking.to_string(), data))
}

fn session_started(rows: &Rows<'_>, offer: OfferId, session: SessionId) -> HistoryResult<RenderedEvent> {
    let (booking, employee_id) = (rows.booking(offer.booking)?, rows.asked(offer)?);
    let employee_name = employee_id.as_deref().map(|id| rows.name(id)).transpose()?.flatten();
    let client_name = booking.as_ref().and_then(|row| row.client_name.clone());
    let (client_id, topic) = booking.map(|row| (row.client, row.topic)).unzip();
    let data = Data::SessionStarted {
        session_id: session,
        booking_id: offer.booking,
        offer_id: offer,
        client_id,
        client_name,
        employee_id,
        employee_name,
        topic,
    };
    Ok((Kind::SessionStarted, offer.booking.to_string(), data))
}

/// The text is left out: a receiver that may read it asks for the session's messages.
fn message_sent(rows: &Rows<'_>, session: SessionId, message: MessageId, from: Party) -> HistoryResult<RenderedEvent> {
    let (lane, of, _) = rows.session(session)?;
    Ok((Kind::MessageSent, lane, Data::MessageSent { message_id: message, of, from: from.word() }))
}

fn session_ended(
    rows: &Rows<'_>,
    session: SessionId,
    ended_by: &'static str,
    reason: Option<String>,
) -> HistoryResult<RenderedEvent> {
    let (lane, of, started_at) = rows.session(session)?;
    Ok((Kind::SessionEnded, lane, Data::SessionEnded { of, started_at, ended_by, reason }))
}

fn session_coded(rows: &Rows<'_>, session_id: SessionId, code: &Word) -> HistoryResult<RenderedEvent> {
    let (lane, SessionData { booking_id, employee_id, .. }, _) = rows.session(session_id)?;
    let code = code.clone();
    Ok((Kind::SessionCoded, lane, Data::SessionCoded { session_id, booking_id, employee_id, code }))
}

/// A client's JSON, unchanged.
fn raw(note: Option<&str>) -> HistoryResult<Option<Box<RawValue>>> {
    note.map(|note| RawValue::from_string(note.to_owned()).map_err(StoreError::unreadable)).transpose()
}

/// The rows of one company, by key.
struct Rows<'a> {
    past: &'a dyn Past,
    company: &'a CompanyId,
}

impl Rows<'_> {
    fn booking(&self, id: BookingId) -> HistoryResult<Option<BookingFacts>> {
        self.past.booking_facts(self.company, id)
    }

    fn asked(&self, offer: OfferId) -> HistoryResult<Option<String>> {
        self.past.asked(self.company, offer)
    }

    /// A session's lane, its parties, and its start.
    fn session(&self, id: SessionId) -> HistoryResult<(String, SessionData, Option<Moment>)> {
        Ok(match self.past.session_facts(self.company, id)? {
            Some(session) => {
                let of = SessionData {
                    session_id: id,
                    booking_id: Some(session.booking.clone()),
                    client_id: Some(session.client),
                    employee_id: Some(session.employee),
                    topic: Some(session.topic),
                };
                (session.booking, of, Some(Moment(session.started_at)))
            }
            None => {
                let of =
                    SessionData { session_id: id, booking_id: None, client_id: None, employee_id: None, topic: None };
                (id.to_string(), of, None)
            }
        })
    }

    fn name(&self, employee: &str) -> HistoryResult<Option<String>> {
        self.past.employee_name(self.company, employee)
    }

    fn employee_with_number(&self, number: EmployeeNo, seq: u64) -> HistoryResult<Option<String>> {
        self.past.employee_with_number(self.company, number, seq)
    }
}
