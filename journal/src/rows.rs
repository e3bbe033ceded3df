//! The rows of the tables for people and SQL, derived from a company's state.

use std::borrow::Cow;
use std::sync::Arc;

use switchboard_core::routing::Routed;
use switchboard_core::{
    Booking, BookingId, BookingRequest, Brand, ClientId, Company, CompanySettings, DeviceKind, Employee, EmployeeId,
    EmployeeNo, Event, Message, MessageId, Offer, OfferId, Profile, Routing, Session, SessionId, Skills, Time, Topic,
};

/// A word of the contract, which is owned only when it was read back.
pub type Word = Cow<'static, str>;

/// The latest state of one row, or its removal. The company's id is in the entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// A row of `companies`.
    Company {
        name: String,
        settings: CompanySettings,
        created_at: Time,
        brand: Brand,
        /// None for the default routing.
        routing: Option<Box<Routing>>,
    },
    /// The removal of a row of `companies`, and of the company's rows in `employees`.
    CompanyGone,
    /// A row of `employees`.
    Employee {
        id: EmployeeId,
        name: Arc<str>,
        topics: Vec<Topic>,
        profile: Profile,
        intent: Word,
    },
    /// The removal of a row of `employees`.
    EmployeeGone {
        id: EmployeeId,
    },
    Booking(Box<BookingRow>),
    Offer(Box<OfferRow>),
    Session(Box<SessionRow>),
    /// The notes within a row of `sessions`.
    Notes(Box<NotesRow>),
    /// The code within a row of `sessions`.
    Code(Box<CodeRow>),
    Message(Box<MessageRow>),
}

/// A row of `bookings`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingRow {
    pub id: BookingId,
    pub client_id: ClientId,
    pub client_name: Option<Arc<str>>,
    pub topic: Topic,
    pub note: Option<Arc<str>>,
    /// Skills that the client asked for.
    pub skills: Skills,
    pub state: Word,
    pub reason: Option<Word>,
    pub offers: u32,
    pub created_at: Time,
    pub ended_at: Option<Time>,
    pub session_id: Option<SessionId>,
    pub employee_id: Option<EmployeeId>,
    pub employee_name: Option<Arc<str>>,
    /// Number of steps of the route that were open at the end of the search; none before the end, and without a routing.
    pub step: Option<u8>,
}

/// A row of `offers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferRow {
    pub id: OfferId,
    pub employee_id: EmployeeId,
    pub made_at: Time,
    pub expires_at: Time,
    pub delivered_at: Option<Time>,
    pub delivered_to: Option<DeviceKind>,
    pub closed_at: Option<Time>,
    pub outcome: Option<Word>,
    pub reason: Option<Arc<str>>,
}

/// A row of `sessions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub id: SessionId,
    pub booking_id: BookingId,
    pub client_id: ClientId,
    pub client_name: Option<Arc<str>>,
    pub employee_id: EmployeeId,
    pub topic: Topic,
    pub started_at: Time,
    pub ended_at: Option<Time>,
    pub ended_by: Option<Word>,
    pub reason: Option<Arc<str>>,
    /// How the session went, in a word of the company.
    pub code: Option<Word>,
}

/// The notes in a row of `sessions`. Notes are written on their own, because a company still remembers sessions that
/// are no longer in the history, and a note on one of these must not bring its row back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotesRow {
    pub session_id: SessionId,
    pub started_at: Time,
    pub body: Arc<str>,
    pub at: Time,
}

/// The code in a row of `sessions`, written on its own for the same reason as notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRow {
    pub session_id: SessionId,
    pub started_at: Time,
    pub code: Word,
}

/// A row of `messages`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    pub id: MessageId,
    pub session_id: SessionId,
    pub sender: Word,
    pub body: Arc<str>,
    pub at: Time,
}

/// The identity of a row: of two rows with the same key the later one counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowKey {
    Company,
    /// The removal of a company's row and of its employees' rows.
    CompanyGone,
    Employee(EmployeeId),
    Booking(BookingId),
    Offer(OfferId),
    Session(SessionId),
    /// The notes within a row of `sessions`.
    Notes(SessionId),
    /// The code within a row of `sessions`.
    Code(SessionId),
    Message(MessageId),
}

impl Row {
    /// The key of the row.
    #[must_use]
    pub fn key(&self) -> RowKey {
        match self {
            Self::Company { .. } => RowKey::Company,
            Self::CompanyGone => RowKey::CompanyGone,
            Self::Employee { id, .. } | Self::EmployeeGone { id } => RowKey::Employee(id.clone()),
            Self::Booking(row) => RowKey::Booking(row.id),
            Self::Offer(row) => RowKey::Offer(row.id),
            Self::Session(row) => RowKey::Session(row.id),
            Self::Notes(row) => RowKey::Notes(row.session_id),
            Self::Code(row) => RowKey::Code(row.session_id),
            Self::Message(row) => RowKey::Message(row.id),
        }
    }
}

/// Number of latest changes among which a repeat is searched, so that a visit with very many events does not cost the
/// square of their number.
const REPEATS_WITHIN: usize = 16;

/// The rows that these events, which were just applied to the company, have changed; usually each once.
#[must_use]
pub fn rows_of(company: &Company, events: &[Event]) -> Vec<Row> {
    let mut changed: Vec<Changed> = Vec::new();
    for event in events {
        if matches!(event, Event::ClockFollowed { .. }) {
            let asked = company.bookings().flat_map(Booking::open_offers);
            changed.extend(asked.map(|(offer, _)| Changed::Offer(offer)));
        }
        note_changed(event, |what| {
            // Repeats stand close together. A missed repeat does no harm, because each row is written once per batch.
            if !changed.iter().rev().take(REPEATS_WITHIN).any(|noted| *noted == what) {
                changed.push(what);
            }
        });
    }
    changed.iter().filter_map(|changed| row(company, changed)).collect()
}

/// The rows of everything that a company has in memory.
#[must_use]
pub fn rows_of_all(company: &Company) -> Vec<Row> {
    let mut all = Vec::new();
    if company.exists() {
        all.push(Changed::Company);
    }
    all.extend(company.employees_after(None).map(|(no, _)| Changed::Employee(no)));
    for booking in company.bookings() {
        all.push(Changed::Booking(booking.id));
        let attempts = 1..=booking.latest_offer_id().attempt;
        all.extend(attempts.map(|attempt| Changed::Offer(OfferId { booking: booking.id, attempt })));
    }
    for session in company.sessions() {
        all.extend([Changed::Session(session.id), Changed::Notes(session.id)]);
        all.extend(session.messages.iter().map(|message| Changed::Message(session.id, message.id)));
    }
    all.iter().filter_map(|changed| row(company, changed)).collect()
}

#[derive(Clone, Debug, PartialEq)]
enum Changed {
    Company,
    Employee(EmployeeNo),
    EmployeeGone(EmployeeId),
    Booking(BookingId),
    Offer(OfferId),
    Session(SessionId),
    Notes(SessionId),
    Code(SessionId),
    Message(SessionId, MessageId),
}

fn note_changed(event: &Event, mut note: impl FnMut(Changed)) {
    match event {
        Event::CompanySet { .. }
        | Event::RoutingSet { .. }
        | Event::BrandSet { .. }
        | Event::CompanyRemoved => note(Changed::Company),
        Event::EmployeeSet { employee, .. } | Event::IntentSet { employee, .. } => note(Changed::Employee(*employee)),
        Event::EmployeeRemoved { id, .. } => note(Changed::EmployeeGone(id.clone())),
        Event::BookingOpened(BookingRequest { booking, .. }) | Event::BookingEnded { booking, .. } => {
            note(Changed::Booking(*booking));
        }
        Event::OfferMade { offer, .. } => {
            note(Changed::Booking(offer.booking));
            note(Changed::Offer(*offer));
        }
        Event::OfferDelivered { offer, .. } | Event::OfferClosed { offer, .. } => note(Changed::Offer(*offer)),
        Event::OfferAccepted { offer, session } => {
            note(Changed::Offer(*offer));
            note(Changed::Booking(offer.booking));
            note(Changed::Session(*session));
        }
        Event::NotesWritten { session, .. } => note(Changed::Notes(*session)),
        Event::SessionCoded { session, .. } => note(Changed::Code(*session)),
        Event::SessionEnded { session, .. } => note(Changed::Session(*session)),
        Event::MessageSent { session, message, .. } => note(Changed::Message(*session, *message)),
        Event::AccessRevoked { .. }
        | Event::DeliveryPutOff { .. }
        | Event::SearchWaits { .. }
        | Event::EmployeeConnected { .. }
        | Event::EmployeeDisconnected { .. }
        | Event::EmployeeUnreachable { .. }
        | Event::WrapUpSet { .. }
        | Event::WrapUpEnded { .. }
        | Event::RestEnded { .. }
        // The row of a booking has the steps at its end.
        | Event::StepOpened { .. }
        | Event::BookingWaits { .. }
        | Event::AskAgainDue { .. }
        | Event::BookingChanged { .. }
        | Event::ClientConnected { .. }
        | Event::ClientDisconnected { .. }
        | Event::PartyEntered { .. }
        | Event::PartyLeft { .. }
        | Event::ClockFollowed { .. }
        | Event::Resumed => {}
    }
}

/// The row as it is now; none for an employee who was removed in the same visit.
fn row(company: &Company, changed: &Changed) -> Option<Row> {
    Some(match changed {
        Changed::Company if !company.exists() => Row::CompanyGone,
        Changed::Company => Row::Company {
            name: company.name().to_owned(),
            settings: company.settings().clone(),
            created_at: company.created_at(),
            brand: company.brand().clone(),
            routing: Some(company.routing())
                .filter(|routing| **routing != Routing::default())
                .map(|routing| Box::new(routing.clone())),
        },
        Changed::Employee(no) => employee_row(company.employee_no(*no)?),
        Changed::EmployeeGone(id) => Row::EmployeeGone { id: id.clone() },
        Changed::Booking(id) => booking_row(company, company.booking(*id)?),
        Changed::Offer(id) => offer_row(*id, company.booking(id.booking)?.offer(id.attempt)?),
        Changed::Session(id) => session_row(company.session(*id)?),
        Changed::Notes(id) => notes_row(company.session(*id)?)?,
        Changed::Code(id) => code_row(company.session(*id)?)?,
        Changed::Message(session, id) => message_row(*session, company.session(*session)?.message(*id)?),
    })
}

fn employee_row(employee: &Employee) -> Row {
    Row::Employee {
        id: employee.id.clone(),
        name: employee.name.clone(),
        topics: employee.topics.clone(),
        profile: employee.profile.clone(),
        intent: employee.intent.word().into(),
    }
}

fn booking_row(company: &Company, booking: &Booking) -> Row {
    let session = booking.session.and_then(|id| company.session(id));
    let routed = booking.routed.as_deref();
    Row::Booking(Box::new(BookingRow {
        id: booking.id,
        client_id: booking.client.clone(),
        client_name: booking.client_name.clone(),
        topic: booking.topic.clone(),
        note: booking.note.clone(),
        skills: routed.map(|routed| routed.wishes().skills.clone()).unwrap_or_default(),
        state: booking.state.word().into(),
        reason: booking.reason.map(|reason| reason.word().into()),
        offers: booking.latest_offer_id().attempt,
        created_at: booking.created_at,
        ended_at: booking.ended_at,
        session_id: session.map(|s| s.id),
        employee_id: session.map(|s| s.employee_id.clone()),
        employee_name: session.map(|s| s.employee_name.clone()),
        step: routed.filter(|_| !booking.is_open()).map(Routed::open_steps),
    }))
}

fn offer_row(id: OfferId, offer: &Offer) -> Row {
    Row::Offer(Box::new(OfferRow {
        id,
        employee_id: offer.employee_id.clone(),
        made_at: offer.made_at,
        expires_at: offer.expires_at,
        delivered_at: offer.delivered_at,
        delivered_to: offer.delivered_to.clone(),
        closed_at: offer.closed_at,
        outcome: offer.outcome.map(|outcome| outcome.word().into()),
        reason: offer.reason.clone(),
    }))
}

fn session_row(session: &Session) -> Row {
    Row::Session(Box::new(SessionRow {
        id: session.id,
        booking_id: session.booking,
        client_id: session.client.clone(),
        client_name: session.client_name.clone(),
        employee_id: session.employee_id.clone(),
        topic: session.topic.clone(),
        started_at: session.started_at,
        ended_at: session.ended_at,
        ended_by: session.ended_by.map(|by| by.word().into()),
        reason: session.reason.clone(),
        code: session.code.as_ref().map(|code| code.to_string().into()),
    }))
}

fn notes_row(session: &Session) -> Option<Row> {
    let notes = session.notes.as_ref()?;
    Some(Row::Notes(Box::new(NotesRow {
        session_id: session.id,
        started_at: session.started_at,
        body: notes.body.clone(),
        at: notes.at,
    })))
}

fn code_row(session: &Session) -> Option<Row> {
    let code = session.code.as_ref()?.to_string().into();
    Some(Row::Code(Box::new(CodeRow { session_id: session.id, started_at: session.started_at, code })))
}

fn message_row(session: SessionId, message: &Message) -> Row {
    Row::Message(Box::new(MessageRow {
        id: message.id,
        session_id: session,
        sender: message.from.word().into(),
        body: message.body.clone(),
        at: message.at,
    }))
}
