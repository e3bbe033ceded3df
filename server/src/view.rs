//! The contract's objects as JSON: what a booking, an offer, a session or an employee looks like to an app.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use switchboard_core::{
    Availability, Booking, BookingReason, BookingState, Company, Employee, EndedBy, Intent, Message, Notice, Offer,
    Outcome, Party, Refusal, Session, Settings, Status, Time, Today,
};

/// A text that is borrowed from a company, or was read from the store.
pub type Text<'a> = Cow<'a, str>;

/// A moment as RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Time);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let ms = i64::try_from(self.0.as_ms()).unwrap_or(i64::MAX);
        let moment = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX);
        let at = jiff::tz::Offset::UTC.to_datetime(moment);
        // Every frame has one or two: digit by digit is 400 instructions less for each than jiff's formatter.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        write_digits(&mut text[0..4], at.year().unsigned_abs());
        write_digits(&mut text[5..7], at.month().unsigned_abs().into());
        write_digits(&mut text[8..10], at.day().unsigned_abs().into());
        write_digits(&mut text[11..13], at.hour().unsigned_abs().into());
        write_digits(&mut text[14..16], at.minute().unsigned_abs().into());
        write_digits(&mut text[17..19], at.second().unsigned_abs().into());
        write_digits(&mut text[20..23], at.millisecond().unsigned_abs());
        out.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// A number that fills its place, with zeros before it.
fn write_digits(place: &mut [u8], number: u16) {
    let mut rest = number;
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// JSON of anything that we made ourselves.
#[must_use]
pub fn json(value: &impl Serialize) -> String {
    // Our own shapes have string keys and no failing parts: an error here is our own mistake.
    serde_json::to_string(value).unwrap_or_else(|error| panic!("a view must serialize: {error}"))
}

/// One thing under its name, such as `{booking: …}`. Written as it is: what an app sent as JSON is never read as
/// anything else.
#[derive(Debug)]
pub struct Named<T>(pub &'static str, pub T);

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut fields = out.serialize_map(Some(1))?;
        fields.serialize_entry(self.0, &self.1)?;
        fields.end()
    }
}

/// A booking.
#[derive(Debug, Serialize)]
pub struct BookingView<'a> {
    pub(crate) id: String,
    pub(crate) company_id: Text<'a>,
    pub(crate) client_id: Text<'a>,
    pub(crate) topic: Text<'a>,
    pub(crate) note: Option<Cow<'a, RawValue>>,
    pub(crate) state: Text<'a>,
    pub(crate) reason: Option<Text<'a>>,
    pub(crate) offers: u32,
    pub(crate) created_at: Moment,
    pub(crate) session: Option<SessionView<'a>>,
    pub(crate) employee: Option<NamedEmployee<'a>>,
}

/// An employee as a client sees them.
#[derive(Debug, Serialize)]
pub struct NamedEmployee<'a> {
    pub(crate) id: Text<'a>,
    pub(crate) name: Text<'a>,
}

/// The booking as it is now.
#[must_use]
pub fn booking<'a>(company: &'a Company, booking: &'a Booking) -> BookingView<'a> {
    let held = booking.session.and_then(|id| company.session(id));
    BookingView {
        id: booking.id.to_string(),
        company_id: company.id().as_str().into(),
        client_id: booking.client.as_str().into(),
        topic: booking.topic.as_str().into(),
        note: raw(booking.note.as_deref()).map(Cow::Borrowed),
        state: booking.state.word().into(),
        reason: booking.reason.map(|reason| reason.word().into()),
        offers: booking.latest_offer_id().attempt,
        created_at: Moment(booking.created_at),
        session: held.map(|s| session(company, s)),
        employee: held
            .map(|s| NamedEmployee { id: s.employee_id.as_str().into(), name: s.employee_name.as_ref().into() }),
    }
}

fn raw(text: Option<&str>) -> Option<&RawValue> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

/// A session.
#[derive(Debug, Serialize)]
pub struct SessionView<'a> {
    pub(crate) id: String,
    pub(crate) booking_id: String,
    pub(crate) company_id: Text<'a>,
    pub(crate) client_id: Text<'a>,
    pub(crate) employee_id: Text<'a>,
    pub(crate) topic: Text<'a>,
    pub(crate) started_at: Moment,
    pub(crate) ended_at: Option<Moment>,
    pub(crate) ended_by: Option<Text<'a>>,
    pub(crate) reason: Option<Text<'a>>,
}

/// The session as it is now.
#[must_use]
pub fn session<'a>(company: &'a Company, session: &'a Session) -> SessionView<'a> {
    SessionView {
        id: session.id.to_string(),
        booking_id: session.booking.to_string(),
        company_id: company.id().as_str().into(),
        client_id: session.client.as_str().into(),
        employee_id: session.employee_id.as_str().into(),
        topic: session.topic.as_str().into(),
        started_at: Moment(session.started_at),
        ended_at: session.ended_at.map(Moment),
        ended_by: session.ended_by.map(|by| by.word().into()),
        reason: session.reason.as_deref().map(Cow::Borrowed),
    }
}

/// An offer as the asked employee sees it.
#[derive(Debug, Serialize)]
pub struct OfferView<'a> {
    id: String,
    booking_id: String,
    client_id: &'a str,
    topic: &'a str,
    note: Option<&'a RawValue>,
    attempt: u32,
    expires_at: Moment,
    expires_in_ms: u64,
}

/// The booking's latest offer, with the time that is left.
#[must_use]
pub fn offer<'a>(booking: &'a Booking, offer: &'a Offer, now: Time) -> OfferView<'a> {
    let id = booking.latest_offer_id();
    OfferView {
        id: id.to_string(),
        booking_id: booking.id.to_string(),
        client_id: booking.client.as_str(),
        topic: booking.topic.as_str(),
        note: raw(booking.note.as_deref()),
        attempt: id.attempt,
        expires_at: Moment(offer.expires_at),
        expires_in_ms: now.ms_until(offer.expires_at),
    }
}

/// An employee's row, as the board and the HTTP API show it.
#[derive(Debug, Serialize)]
pub struct EmployeeView<'a> {
    id: &'a str,
    name: &'a str,
    topics: Vec<&'a str>,
    status: &'static str,
    since: Moment,
    intent: &'static str,
}

/// The employee as they are now.
#[must_use]
pub fn employee(employee: &Employee) -> EmployeeView<'_> {
    EmployeeView {
        id: employee.id.as_str(),
        name: &employee.name,
        topics: employee.topics.iter().map(|t| t.as_str()).collect(),
        status: employee.status().word(),
        since: Moment(employee.since),
        intent: employee.intent.word(),
    }
}

/// A message in a session.
#[derive(Debug, Serialize)]
pub struct MessageView<'a> {
    pub(crate) id: String,
    pub(crate) from: Text<'a>,
    pub(crate) body: Text<'a>,
    pub(crate) at: Moment,
}

/// The message.
#[must_use]
pub fn message(message: &Message) -> MessageView<'_> {
    MessageView {
        id: message.id.to_string(),
        from: message.from.word().into(),
        body: message.body.as_ref().into(),
        at: Moment(message.at),
    }
}

/// What can be booked now.
#[derive(Debug, Serialize)]
pub struct AvailabilityView<'a> {
    available: bool,
    idle: usize,
    topics: BTreeMap<&'a str, TopicAvailabilityView>,
}

#[derive(Debug, Serialize)]
struct TopicAvailabilityView {
    available: bool,
    idle: usize,
}

/// The availability.
#[must_use]
pub fn availability(availability: &Availability) -> AvailabilityView<'_> {
    let topics = availability
        .topics
        .iter()
        .map(|(topic, here)| (topic.as_str(), TopicAvailabilityView { available: here.available, idle: here.idle }));
    AvailabilityView { available: availability.available, idle: availability.idle, topics: topics.collect() }
}

/// A company, as the HTTP API shows it.
#[derive(Debug, Serialize)]
pub struct CompanyView<'a> {
    id: &'a str,
    name: &'a str,
    settings: &'a Settings,
    created_at: Moment,
}

/// The company as it is now.
#[must_use]
pub fn company(company: &Company) -> CompanyView<'_> {
    CompanyView {
        id: company.id().as_str(),
        name: company.name(),
        settings: company.settings(),
        created_at: Moment(company.created_at()),
    }
}

/// All that a board shows, for its join reply.
#[derive(Debug, Serialize)]
pub struct BoardView<'a> {
    employees: Vec<EmployeeView<'a>>,
    bookings: Vec<BookingView<'a>>,
    sessions: Vec<SessionView<'a>>,
    today: TodayView,
}

#[derive(Debug, Serialize)]
struct TodayView {
    booked: u64,
    assigned: u64,
    unanswered: u64,
    cancelled: u64,
    expired: u64,
    ended: u64,
}

/// The board as it is now.
#[must_use]
pub fn board(company: &Company, now: Time) -> BoardView<'_> {
    let Today { booked, assigned, unanswered, cancelled, expired, ended, .. } = company.today(now);
    BoardView {
        employees: company.employees_after(None).map(|(_, e)| employee(e)).collect(),
        bookings: company.bookings().filter(|b| b.is_open()).map(|b| booking(company, b)).collect(),
        sessions: company.sessions().filter(|s| s.is_running()).map(|s| session(company, s)).collect(),
        today: TodayView { booked, assigned, unanswered, cancelled, expired, ended },
    }
}

/// An error reply: always a reason and a message, and what else the reason promises.
#[derive(Debug, Default, Serialize)]
pub struct ErrorView<'a> {
    /// The stable word.
    pub reason: &'static str,
    /// A sentence for a person.
    pub message: String,
    /// The booking that is already there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking: Option<Box<BookingView<'a>>>,
    /// How the offer ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// When to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_in_ms: Option<u64>,
}

/// A refusal of the rules.
#[must_use]
pub fn refusal<'a>(company: &'a Company, refusal: &Refusal) -> ErrorView<'a> {
    let mut view = ErrorView { reason: refusal.reason(), message: refusal.to_string(), ..ErrorView::default() };
    match refusal {
        Refusal::AlreadyBooked(id) | Refusal::BookingClosed(id) => {
            view.booking = company.booking(*id).map(|b| Box::new(booking(company, b)));
        }
        Refusal::OfferClosed(outcome) => view.outcome = Some(outcome.word()),
        Refusal::Forbidden
        | Refusal::UnknownCompany
        | Refusal::UnknownEmployee
        | Refusal::UnknownBooking
        | Refusal::UnknownOffer
        | Refusal::UnknownSession
        | Refusal::Invalid { .. }
        | Refusal::NoIdleEmployee
        | Refusal::SessionEnded => {}
    }
    view
}

/// The words of the contract that come from the rules, for the test that holds the documentation against them.
#[must_use]
pub fn vocabulary() -> Vec<(&'static str, Vec<&'static str>)> {
    let causes = switchboard_core::notice::Cause::ALL.map(switchboard_core::notice::Cause::word);
    vec![
        ("status", Status::ALL.map(Status::word).to_vec()),
        ("cause", causes.to_vec()),
        ("state", BookingState::ALL.map(BookingState::word).to_vec()),
        ("booking reason", BookingReason::ALL.map(BookingReason::word).to_vec()),
        ("outcome", Outcome::ALL.map(Outcome::word).to_vec()),
        ("intent", vec![Intent::Offline.word(), Intent::Idle.word()]),
        ("from", vec![Party::Client.word(), Party::Employee.word()]),
        ("ended_by", [EndedBy::Client, EndedBy::Employee, EndedBy::Admin, EndedBy::Lost].map(EndedBy::word).to_vec()),
    ]
}

/// Whether a notice is one for the board alone; those are not worth making when nobody looks at it.
#[must_use]
pub const fn is_for_board(notice: &Notice) -> bool {
    matches!(notice, Notice::BoardEmployee(_) | Notice::BoardBooking(_) | Notice::BoardSession(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_jiff_writes_it_with_milliseconds() {
        let steps = (0..2_000).map(|step| step * 127_001_003_017);
        for ms in steps.chain([0, 1, 999, 951_782_399_999, 951_782_400_000, 253_402_207_200_999, u64::MAX]) {
            let moment = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
            let expected = format!("\"{:.3}\"", moment.unwrap_or(jiff::Timestamp::MAX));
            assert_eq!(json(&Moment(Time::from_ms(ms))), expected, "{ms}");
        }
    }
}
