//! Objects of the contract as JSON: how a booking, an offer, a session or an employee appears to an app.

mod availability;
mod moment;
#[cfg(test)]
mod tests;
mod waiting;
mod work;

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use switchboard_core::{
    Booking, BookingId, BookingReason, BookingState, Cause, Company, CompanySettings, Duty, Employee, EmployeeId,
    EndedBy, Intent, Message, MessageId, NamedBy, Notes, Notice, Offer, OfferId, Outcome, Party, Profile, Refusal,
    Session, SessionId, Status, Time, Today,
};
use utoipa::ToSchema;

pub use self::availability::{AvailabilityView, availability, availability_changes, availability_of};
pub use self::moment::Moment;
pub use self::waiting::{EstimateView, LineItemView, ToldView, WaitingView, line_item, waiting};
pub use self::work::{
    PauseView, RoomView, SkillsView, WrapUpView, pause, resting_until, room, running_sessions, skills, wrap_ups,
};
use crate::json::{Json, object};
use crate::shape::{self, examples};

/// A text that is borrowed from a company, or was read from the store.
pub type Text<'a> = Cow<'a, str>;

/// JSON of a value of our own types.
#[must_use]
pub fn json(value: &impl Serialize) -> String {
    // Our own types have string keys and no failing parts, so an error here is a defect.
    serde_json::to_string(value).unwrap_or_else(|error| panic!("a view must serialize: {error}"))
}

/// One value under its name, such as `{booking: …}`. Named values are written as they are, so that JSON of an app is
/// never read as anything else.
#[derive(Debug)]
pub struct Named<T>(pub &'static str, pub T);

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut fields = out.serialize_map(Some(1))?;
        fields.serialize_entry(self.0, &self.1)?;
        fields.end()
    }
}

impl<T: Json> Json for Named<T> {
    fn write_to(&self, out: &mut String) {
        out.push_str("{\"");
        out.push_str(self.0);
        out.push_str("\":");
        self.1.write_to(out);
        out.push('}');
    }
}

/// A client's words for the employee: JSON that was checked when it came in, so that it can be sent as it is.
#[derive(Debug)]
pub struct Note<'a>(pub Text<'a>);

impl Serialize for Note<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).ok().serialize(out)
    }
}

impl Json for Note<'_> {
    fn write_to(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

/// A booking.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Booking, examples(examples::booking))]
pub struct BookingView<'a> {
    #[schema(value_type = shape::Uuid)]
    pub id: BookingId,
    #[schema(value_type = shape::Id)]
    pub company_id: Text<'a>,
    #[schema(value_type = shape::Id)]
    pub client_id: Text<'a>,
    #[schema(value_type = Option<shape::ClientName>, required)]
    pub client_name: Option<Text<'a>>,
    #[schema(value_type = shape::Topic)]
    pub topic: Text<'a>,
    #[schema(value_type = shape::Note)]
    pub note: Option<Note<'a>>,
    #[schema(value_type = shape::StateOfBooking)]
    pub state: Text<'a>,
    #[schema(value_type = Option<shape::EndOfBooking>, required)]
    pub reason: Option<Text<'a>>,
    pub offers: u32,
    #[schema(value_type = shape::Moment)]
    pub created_at: Moment,
    #[schema(value_type = Option<SessionView>, required)]
    pub session: Option<SessionView<'a>>,
    #[schema(value_type = Option<NamedEmployee>, required)]
    pub employee: Option<NamedEmployee<'a>>,
    /// Place in the line; only while the booking waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = WaitingView, required = false)]
    pub waiting: Option<WaitingView>,
    /// Left out for the priority 0. Clients see neither this field nor the ones after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u8, required = false, minimum = 1, maximum = 10)]
    pub priority: Option<u8>,
    /// Kind of contact; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = shape::Word, required = false)]
    pub channel: Option<Text<'a>>,
    /// Skills that the client asks for; left out where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = shape::Skills, required = false)]
    pub skills: Option<SkillsView<'a>>,
    /// Employees who are asked before all others; left out where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<shape::Id>, required = false)]
    pub wanted: Option<Vec<Text<'a>>>,
    /// True where only those employees are asked; else left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    pub only: Option<bool>,
    /// Time from the first wait to the session, to the end of the search, or until now; left out for a booking that
    /// did not wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false)]
    pub waited_ms: Option<u64>,
    /// Place and estimate that the client was shown first; left out for a booking that did not wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ToldView, required = false)]
    pub told: Option<ToldView>,
}
object!(BookingView<'_> {
    id, company_id, client_id, client_name, topic, note, state, reason, offers, created_at, session, employee;
    waiting, priority, channel, skills, wanted, only, waited_ms, told
});

/// An employee, as shown to clients.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NamedEmployee)]
pub struct NamedEmployee<'a> {
    #[schema(value_type = shape::Id)]
    pub id: Text<'a>,
    #[schema(value_type = shape::Name)]
    pub name: Text<'a>,
}
object!(NamedEmployee<'_> { id, name });

/// Note that the client wrote with the booking.
#[must_use]
pub fn note(booking: &Booking) -> Option<Note<'_>> {
    booking.note.as_deref().map(|note| Note(note.into()))
}

/// The booking as it is now.
#[must_use]
pub fn booking<'a>(company: &'a Company, booking: &'a Booking) -> BookingView<'a> {
    let held = booking.session.and_then(|id| company.session(id));
    BookingView {
        id: booking.id,
        company_id: company.id().as_str().into(),
        client_id: booking.client.as_str().into(),
        client_name: booking.client_name.as_deref().map(Cow::Borrowed),
        topic: booking.topic.as_str().into(),
        note: note(booking),
        state: booking.state.word().into(),
        reason: booking.reason.map(|reason| reason.word().into()),
        offers: booking.latest_offer_id().attempt,
        created_at: Moment(booking.created_at),
        session: held.map(|s| session(company, s)),
        employee: held
            .map(|s| NamedEmployee { id: s.employee_id.as_str().into(), name: s.employee_name.as_ref().into() }),
        waiting: waiting(company, booking),
        priority: None,
        channel: None,
        skills: None,
        wanted: None,
        only: None,
        waited_ms: None,
        told: None,
    }
}

/// The booking as it is now, with all that admins and back ends see beside its client.
#[must_use]
pub fn booking_of_staff<'a>(company: &'a Company, booking: &'a Booking, now: Time) -> BookingView<'a> {
    let view = self::booking(company, booking);
    let Some(routed) = &booking.routed else { return view };
    let (wishes, priority) = (routed.wishes(), routed.priority());
    let id_of = |no| company.employee_no(no).map(|employee| employee.id.as_str().into());
    let wanted: Vec<_> = wishes.wanted.iter().filter_map(|no| id_of(*no)).collect();
    let began = booking.session.and_then(|id| company.session(id)).map(|session| session.started_at);
    let until = began.or(booking.ended_at).unwrap_or(now);
    BookingView {
        priority: (priority > 0).then_some(priority),
        channel: wishes.channel.as_ref().map(|channel| channel.as_str().into()),
        skills: skills(&wishes.skills),
        wanted: (!wanted.is_empty()).then_some(wanted),
        only: wishes.only.then_some(true),
        waited_ms: routed.waited_since().map(|since| since.ms_until(until)),
        told: routed.told().map(|told| ToldView::of(told.place, told.estimate)),
        ..view
    }
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session, examples(examples::session))]
pub struct SessionView<'a> {
    #[schema(value_type = shape::Uuid)]
    pub id: SessionId,
    #[schema(value_type = shape::Uuid)]
    pub booking_id: BookingId,
    #[schema(value_type = shape::Id)]
    pub company_id: Text<'a>,
    #[schema(value_type = shape::Id)]
    pub client_id: Text<'a>,
    #[schema(value_type = Option<shape::ClientName>, required)]
    pub client_name: Option<Text<'a>>,
    #[schema(value_type = shape::Id)]
    pub employee_id: Text<'a>,
    #[schema(value_type = shape::Topic)]
    pub topic: Text<'a>,
    #[schema(value_type = shape::Moment)]
    pub started_at: Moment,
    #[schema(value_type = Option<shape::Moment>, required)]
    pub ended_at: Option<Moment>,
    #[schema(value_type = Option<shape::EnderOfSession>, required)]
    pub ended_by: Option<Text<'a>>,
    #[schema(value_type = Option<String>, required)]
    pub reason: Option<Text<'a>>,
    /// How the session went, in a word of the company; left out where there is none. Clients never see the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = shape::Word, required = false)]
    pub code: Option<Text<'a>>,
}
object!(SessionView<'_> {
    id, booking_id, company_id, client_id, client_name, employee_id, topic, started_at, ended_at, ended_by, reason; code
});

/// The session as it is now, for everybody but its client.
#[must_use]
pub fn coded_session<'a>(company: &'a Company, session: &'a Session) -> SessionView<'a> {
    let code = session.code.as_ref().map(|code| code.as_str().into());
    SessionView { code, ..self::session(company, session) }
}

/// The session as that side of it sees it.
#[must_use]
pub fn session_of<'a>(company: &'a Company, session: &'a Session, to: Party) -> SessionView<'a> {
    match to {
        Party::Client => self::session(company, session),
        Party::Employee => coded_session(company, session),
    }
}

/// The session as it is now, without its code, which the client must not see.
#[must_use]
pub fn session<'a>(company: &'a Company, session: &'a Session) -> SessionView<'a> {
    SessionView {
        id: session.id,
        booking_id: session.booking,
        company_id: company.id().as_str().into(),
        client_id: session.client.as_str().into(),
        client_name: session.client_name.as_deref().map(Cow::Borrowed),
        employee_id: session.employee_id.as_str().into(),
        topic: session.topic.as_str().into(),
        started_at: Moment(session.started_at),
        ended_at: session.ended_at.map(Moment),
        ended_by: session.ended_by.map(|by| by.word().into()),
        reason: session.reason.as_deref().map(Cow::Borrowed),
        code: None,
    }
}

/// An offer as the asked employee sees it.
#[derive(Debug, Serialize)]
pub struct OfferView<'a> {
    id: OfferId,
    booking_id: BookingId,
    client_id: &'a str,
    client_name: Option<&'a str>,
    topic: &'a str,
    note: Option<Note<'a>>,
    attempt: u32,
    expires_at: Moment,
    expires_in_ms: u64,
    /// Skills that the client asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    skills: Option<SkillsView<'a>>,
    /// Number of employees who are asked at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    others: Option<usize>,
    /// Kind of contact, such as a chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    /// Time from the first wait of the booking to this offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    waited_ms: Option<u64>,
    /// True if the client wants this employee.
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<bool>,
}
object!(OfferView<'_> {
    id, booking_id, client_id, client_name, topic, note, attempt, expires_at, expires_in_ms;
    skills, others, channel, waited_ms, wanted
});

/// An offer of the booking, with the time left to answer.
#[must_use]
pub fn offer<'a>(booking: &'a Booking, id: OfferId, offer: &'a Offer, now: Time) -> OfferView<'a> {
    let routed = booking.routed.as_deref();
    OfferView {
        id,
        booking_id: booking.id,
        client_id: booking.client.as_str(),
        client_name: booking.client_name.as_deref(),
        topic: booking.topic.as_str(),
        note: note(booking),
        attempt: id.attempt,
        expires_at: Moment(offer.expires_at),
        expires_in_ms: now.ms_until(offer.expires_at),
        skills: routed.and_then(|routed| skills(&routed.wishes().skills)),
        others: routed.and_then(|_| others(booking, id)),
        channel: routed.and_then(|routed| routed.wishes().channel.as_ref()).map(|channel| channel.as_str()),
        waited_ms: routed.and_then(|routed| routed.waited_since()).map(|since| since.ms_until(offer.made_at)),
        wanted: routed.and_then(|routed| routed.wishes().wanted.contains(&offer.employee).then_some(true)),
    }
}

fn others(booking: &Booking, offer: OfferId) -> Option<usize> {
    let others = booking.open_offers().filter(|(id, _)| *id != offer).count();
    (others > 0).then_some(others)
}

/// Outcome of an offer, for the employee who was asked.
#[derive(Debug, Serialize)]
pub struct OfferClosedView {
    offer_id: OfferId,
    outcome: &'static str,
}
object!(OfferClosedView { offer_id, outcome });

/// The outcome of an offer.
#[must_use]
pub fn offer_closed(offer: OfferId, outcome: Outcome) -> OfferClosedView {
    OfferClosedView { offer_id: offer, outcome: outcome.word() }
}

/// Status of an employee, for their own devices, with the cause of its change.
#[derive(Debug, Serialize)]
pub struct StatusView<'a> {
    status: &'static str,
    since: Moment,
    intent: &'static str,
    cause: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pause: Option<PauseView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resting_until: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrap_ups: Option<Vec<WrapUpView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions: Option<Vec<SessionView<'a>>>,
}
object!(StatusView<'_> { status, since, intent, cause; pause, resting_until, wrap_ups, room, sessions });

/// The employee's status as it is now.
#[must_use]
pub fn status<'a>(company: &'a Company, employee: &'a Employee, cause: Cause) -> StatusView<'a> {
    StatusView {
        status: employee.status().word(),
        since: Moment(employee.since),
        intent: employee.intent.word(),
        cause: cause.word(),
        pause: pause(employee),
        resting_until: resting_until(employee),
        wrap_ups: wrap_ups(employee),
        room: room(employee),
        sessions: running_sessions(company, employee),
    }
}

/// Session of an employee, for their own devices, with the time left to wrap up.
#[derive(Debug, Serialize)]
pub struct OwnSessionView<'a> {
    session: SessionView<'a>,
    wrap_up_ends_in_ms: Option<u64>,
    /// Told here too, because a status does not change when a wrap-up begins or is extended.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrap_ups: Option<Vec<WrapUpView>>,
    /// Told here too, because an employee with other sessions keeps the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomView>,
}
object!(OwnSessionView<'_> { session, wrap_up_ends_in_ms; wrap_ups, room });

/// The session as it is now. An employee who was removed with the session has nothing to wrap up.
#[must_use]
pub fn own_session<'a>(
    company: &'a Company,
    session: &'a Session,
    employee: Option<&Employee>,
    now: Time,
) -> OwnSessionView<'a> {
    let wrap_up_ends_in_ms = employee.and_then(|employee| wrap_up_ends_in_ms(employee, now));
    let wrap_ups = employee.and_then(wrap_ups);
    let room = employee.and_then(room);
    OwnSessionView { session: coded_session(company, session), wrap_up_ends_in_ms, wrap_ups, room }
}

/// Time left to wrap up after a session; none at any other time.
#[must_use]
pub fn wrap_up_ends_in_ms(employee: &Employee, now: Time) -> Option<u64> {
    match employee.load.duty() {
        Duty::WrapUp(wrap_up) => Some(now.ms_until(wrap_up.until)),
        Duty::Free | Duty::Asked(_) | Duty::InSession(_) => None,
    }
}

/// Presence of the other side of a session.
#[derive(Debug, Serialize)]
pub struct PeerView {
    /// A device of the other side has joined.
    pub online: bool,
}
object!(PeerView { online });

/// An employee's row, as the board and the HTTP API show it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Employee, examples(examples::employee))]
pub struct EmployeeView<'a> {
    #[schema(value_type = shape::Id)]
    pub id: &'a str,
    #[schema(value_type = shape::Name)]
    name: &'a str,
    #[schema(value_type = Vec<shape::Topic>)]
    topics: Vec<&'a str>,
    #[schema(value_type = shape::EmployeeStatus)]
    status: &'static str,
    #[schema(value_type = shape::Moment)]
    since: Moment,
    #[schema(value_type = shape::EmployeeIntent)]
    intent: &'static str,
    /// Left out for an employee without skills.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = shape::Skills, required = false)]
    skills: Option<SkillsView<'a>>,
    /// Room for sessions and wrap-ups; left out for a capacity of 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u8, required = false, minimum = 1, maximum = 100)]
    capacity: Option<u8>,
    /// Share of the turns; left out for a share of 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u8, required = false, minimum = 1, maximum = 100)]
    share: Option<u8>,
    /// Left out unless the employee is offline for a reason or for a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = PauseView, required = false)]
    pause: Option<PauseView<'a>>,
    /// Time until which the employee gets no offer after one that was declined or missed; left out at any other time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = shape::Moment, required = false)]
    resting_until: Option<Moment>,
}
object!(EmployeeView<'_> { id, name, topics, status, since, intent; skills, capacity, share, pause, resting_until });

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
        skills: skills(&employee.profile.skills),
        capacity: Some(employee.profile.capacity).filter(|capacity| *capacity != Profile::default().capacity),
        share: Some(employee.profile.share).filter(|share| *share != Profile::default().share),
        pause: pause(employee),
        resting_until: resting_until(employee),
    }
}

/// Row of an employee who was removed.
#[derive(Debug, Serialize)]
pub struct EmployeeGoneView<'a> {
    id: &'a str,
    removed: bool,
}
object!(EmployeeGoneView<'_> { id, removed });

/// The row of the removed employee with that id.
#[must_use]
pub fn employee_gone(id: &EmployeeId) -> EmployeeGoneView<'_> {
    EmployeeGoneView { id: id.as_str(), removed: true }
}

/// A message in a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message, examples(examples::message))]
pub struct MessageView<'a> {
    #[schema(value_type = shape::Uuid)]
    pub id: MessageId,
    #[schema(value_type = shape::Side)]
    pub from: Text<'a>,
    #[schema(value_type = String)]
    pub body: Text<'a>,
    #[schema(value_type = shape::Moment)]
    pub at: Moment,
}
object!(MessageView<'_> { id, from, body, at });

/// The message as an app sees it.
#[must_use]
pub fn message(message: &Message) -> MessageView<'_> {
    MessageView {
        id: message.id,
        from: message.from.word().into(),
        body: message.body.as_ref().into(),
        at: Moment(message.at),
    }
}

/// Notes of the employee about a session; without notes, `body` is empty and `at` is null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notes, examples(examples::notes))]
pub struct NotesView<'a> {
    #[schema(value_type = String)]
    pub body: Text<'a>,
    #[schema(value_type = Option<shape::Moment>, required)]
    pub at: Option<Moment>,
}
object!(NotesView<'_> { body, at });

/// The notes as an app sees them.
#[must_use]
pub fn notes(notes: &Notes) -> NotesView<'_> {
    NotesView { body: notes.body.as_ref().into(), at: Some(Moment(notes.at)) }
}

/// A company, as the HTTP API shows it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Company, examples(examples::company))]
pub struct CompanyView<'a> {
    #[schema(value_type = shape::Id)]
    id: &'a str,
    #[schema(value_type = shape::Name)]
    name: &'a str,
    #[schema(value_type = shape::AllSettings)]
    settings: &'a CompanySettings,
    #[schema(value_type = shape::Moment)]
    created_at: Moment,
    #[schema(value_type = Option<shape::Colour>, required)]
    colour: Option<String>,
    #[schema(value_type = Option<shape::LogoPath>, required)]
    logo: Option<String>,
}

/// The company as it is now.
#[must_use]
pub fn company(company: &Company) -> CompanyView<'_> {
    CompanyView {
        id: company.id().as_str(),
        name: company.name(),
        settings: company.settings(),
        created_at: Moment(company.created_at()),
        colour: company.brand().colour.map(|colour| colour.to_string()),
        logo: company.brand().logo.as_ref().map(|logo| logo_path(company.id().as_str(), logo.as_str())),
    }
}

/// Path of a logo, the same for all.
#[must_use]
pub fn logo_path(company: &str, logo: &str) -> String {
    format!("/logo/{company}/{logo}")
}

/// A company as its pages show it.
#[derive(Debug, Serialize)]
pub struct BrandView<'a> {
    id: Text<'a>,
    name: Text<'a>,
    colour: Option<Text<'a>>,
    logo: Option<Text<'a>>,
}
object!(BrandView<'_> { id, name, colour, logo });

/// The company's name, colour and logo now.
#[must_use]
pub fn brand(company: &Company) -> BrandView<'_> {
    let brand = company.brand();
    BrandView {
        id: company.id().as_str().into(),
        name: company.name().into(),
        colour: brand.colour.map(|colour| colour.to_string().into()),
        logo: brand.logo.as_ref().map(|logo| logo_path(company.id().as_str(), logo.as_str()).into()),
    }
}

/// Counts of one day.
#[derive(Debug, Serialize)]
pub struct TodayView {
    booked: u64,
    assigned: u64,
    unanswered: u64,
    cancelled: u64,
    expired: u64,
    ended: u64,
}

/// The counts of the day that `now` is in.
#[must_use]
pub fn today(company: &Company, now: Time) -> TodayView {
    let Today { booked, assigned, unanswered, cancelled, expired, ended, .. } = company.today(now);
    TodayView { booked, assigned, unanswered, cancelled, expired, ended }
}

/// An error reply: always a reason and a message, and the further fields that the reason promises.
#[derive(Debug, Default, Serialize)]
pub struct ErrorView<'a> {
    /// The stable word on the wire.
    pub reason: &'static str,
    /// A sentence for a person.
    pub message: String,
    /// The booking that is open or was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking: Option<Box<BookingView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// Whether any employee of the company names the topic; sent only if none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_topic: Option<bool>,
    /// How many wait, where the line is full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<usize>,
    /// Time until the next attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_in_ms: Option<u64>,
}

/// Error reply for a refusal of the rules.
#[must_use]
pub fn refusal<'a>(company: &'a Company, refusal: &Refusal) -> ErrorView<'a> {
    let mut view = ErrorView { reason: refusal.reason(), message: refusal.to_string(), ..ErrorView::default() };
    match refusal {
        Refusal::AlreadyBooked(id) | Refusal::BookingClosed(id) => {
            view.booking = company.booking(*id).map(|b| Box::new(booking(company, b)));
        }
        Refusal::OfferClosed(outcome) => view.outcome = Some(outcome.word()),
        Refusal::NoIdleEmployee(NamedBy::Nobody | NamedBy::NobodyWhoCouldTakeIt) => view.known_topic = Some(false),
        Refusal::LineFull(waiting) => view.waiting = Some(*waiting),
        Refusal::Forbidden
        | Refusal::UnknownCompany
        | Refusal::UnknownEmployee
        | Refusal::UnknownBooking
        | Refusal::UnknownOffer
        | Refusal::UnknownSession
        | Refusal::Invalid { .. }
        | Refusal::NoIdleEmployee(NamedBy::Somebody)
        | Refusal::SessionEnded
        | Refusal::SessionFull => {}
    }
    view
}

/// Words of the contract that come from the rules, for the test that compares the documentation with them.
#[must_use]
pub fn vocabulary() -> Vec<(&'static str, Vec<&'static str>)> {
    let causes = Cause::ALL.map(Cause::word);
    vec![
        ("status", Status::ALL.map(Status::word).to_vec()),
        ("cause", causes.to_vec()),
        ("state", BookingState::ALL.map(BookingState::word).to_vec()),
        ("booking reason", BookingReason::ALL.map(BookingReason::word).to_vec()),
        ("outcome", Outcome::ALL.map(Outcome::word).to_vec()),
        ("intent", vec![Intent::Offline.word(), Intent::Idle.word()]),
        ("from", vec![Party::Client.word(), Party::Employee.word()]),
        ("ended_by", EndedBy::ALL.map(EndedBy::word).to_vec()),
    ]
}

/// Whether a notice is for the board alone. Such a notice is not worth making while no subscriber has joined the board.
#[must_use]
pub const fn is_for_board(notice: &Notice) -> bool {
    matches!(notice, Notice::BoardEmployee(_) | Notice::BoardBooking(_) | Notice::BoardSession(_))
}
