//! Companies, bookings, sessions and messages as the API shows them, page by page.

use std::borrow::Cow;

use serde::Serialize;
use switchboard_core::{BookingId, CompanyId, CompanySettings, EmployeeId, Level, SessionId, Skills, Time};
use switchboard_journal::StoreError;
use switchboard_journal::rows::{MessageRow, OfferRow, SessionRow, Word};
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::{
    BookingView, MessageView, Moment, NamedEmployee, Note, NotesView, SessionView, Text, logo_path,
};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Ref, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::asked::{CompaniesAsked, ForWhom, HistoryFilter, Ids};
use crate::ids;
use crate::paging::{Listed, Page, Paging};
use crate::past::{CompanyRow, HistoryResult, Past, PastBooking};

/// A company in a list.
#[derive(Debug, Serialize)]
pub struct CompanyItem {
    id: String,
    name: String,
    settings: CompanySettings,
    created_at: Moment,
    colour: Option<String>,
    logo: Option<String>,
}

impl CompanyItem {
    /// The id of the company in the list.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    fn of(row: CompanyRow) -> HistoryResult<Self> {
        let settings = serde_json::from_str(&row.settings).map_err(StoreError::unreadable)?;
        Ok(Self {
            logo: row.logo.map(|logo| logo_path(&row.id, &logo)),
            id: row.id,
            name: row.name,
            settings,
            created_at: Moment(row.created_at),
            colour: row.colour,
        })
    }
}

/// An offer in a booking's history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PastOffer, examples(examples::offer))]
pub(crate) struct OfferItem {
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
    outcome: Option<Word>,
    #[schema(required)]
    reason: Option<String>,
}

impl From<OfferRow> for OfferItem {
    fn from(row: OfferRow) -> Self {
        Self {
            id: row.id.to_string(),
            attempt: row.id.attempt,
            employee_id: row.employee_id.into(),
            made_at: Moment(row.made_at),
            expires_at: Moment(row.expires_at),
            delivered_at: row.delivered_at.map(Moment),
            delivered_to: row.delivered_to.map(|device| device.to_string()),
            closed_at: row.closed_at.map(Moment),
            outcome: row.outcome,
            reason: row.reason.as_deref().map(str::to_owned),
        }
    }
}

/// A booking in a list.
#[derive(Debug, Serialize)]
pub struct BookingItem {
    #[serde(flatten)]
    booking: BookingView<'static>,
    /// Skills that the client asked for.
    #[serde(skip_serializing_if = "Skills::is_empty")]
    skills: Skills,
}

impl BookingItem {
    /// The id of the booking in the list.
    #[must_use]
    pub const fn id(&self) -> BookingId {
        self.booking.id
    }
}

/// The fields of a booking, with the skills that the client asked for.
impl PartialSchema for BookingItem {
    fn schema() -> RefOr<Schema> {
        let mut item = BookingView::schema();
        if let RefOr::T(Schema::Object(booking)) = &mut item {
            booking.properties.insert("skills".to_owned(), wished());
        }
        item
    }
}

impl ToSchema for BookingItem {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("BookingItem")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        BookingView::schemas(schemas);
    }
}

fn wished() -> RefOr<Schema> {
    let level = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(Level::LEAST.number()))
        .maximum(Some(Level::MOST.number()));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(RefOr::T(Schema::Object(level.build()))))
        .description(Some("Skills that the client asked for, each with its least level; left out without any."))
        .into()
}

/// A booking with its offers.
#[derive(Debug, Serialize)]
pub struct BookingDetail {
    #[serde(flatten)]
    booking: serde_json::Map<String, serde_json::Value>,
    offers: Vec<OfferItem>,
    #[serde(skip_serializing_if = "Skills::is_empty")]
    skills: Skills,
}

/// The fields of a booking, with the offers in place of their number.
impl PartialSchema for BookingDetail {
    fn schema() -> RefOr<Schema> {
        let mut detail = BookingView::schema();
        if let RefOr::T(Schema::Object(booking)) = &mut detail {
            let offers = ArrayBuilder::new().items(Ref::from_schema_name(OfferItem::name()));
            booking.properties.insert("offers".to_owned(), offers.into());
            booking.properties.insert("skills".to_owned(), wished());
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

impl dyn Past + '_ {
    /// The time from which on a reader may see an employee's past.
    pub(crate) fn theirs_since(&self, for_whom: ForWhom, company: &CompanyId, employee: &str) -> HistoryResult<Time> {
        match for_whom {
            ForWhom::Admin => Ok(Time::default()),
            ForWhom::Themselves => Ok(self.employee_since(company, employee)?.unwrap_or_default()),
        }
    }

    /// The companies whose ids have that prefix, by id. With `among`, a JSON array of ids, only these.
    pub fn list_companies(&self, among: Option<&str>, prefix: &str, page: &Page) -> HistoryResult<Listed<CompanyItem>> {
        let after = page.after.as_deref().unwrap_or("");
        let mut paging = Paging::of(page.limit);
        self.companies(CompaniesAsked { among, prefix, after, limit: page.limit + 1 }, &mut |row| {
            Ok(paging.add_or_break(CompanyItem::of(row)?))
        })?;
        Ok(paging.listed(|company| company.id.clone()))
    }

    /// A company's bookings, newest first.
    /// When the store cannot be read.
    pub fn list_bookings(
        &self,
        company: &CompanyId,
        filter: &HistoryFilter,
        page: &Page,
    ) -> HistoryResult<Listed<BookingItem>> {
        let (first, end) = ids::between(filter.from, filter.to);
        let before = page.after.as_ref().map_or(&end, |after| after.min(&end));
        let mut paging = Paging::of(page.limit);
        self.bookings(company, filter, Ids { first: &first, before }, page.limit + 1, &mut |row| {
            Ok(paging.add_or_break(booking_item(company, row)))
        })?;
        Ok(paging.listed(|item| item.id().to_string()))
    }

    /// One booking with its offers.
    pub fn show_booking(&self, company: &CompanyId, id: BookingId) -> HistoryResult<Option<BookingDetail>> {
        let Some(found) = self.booking(company, id)? else { return Ok(None) };
        let BookingItem { booking: view, skills } = booking_item(company, found);
        let mut booking: serde_json::Map<_, _> =
            serde_json::from_str(&switchboard_wire::view::json(&view)).map_err(StoreError::unreadable)?;
        booking.remove("offers");
        let offers = self.offers(company, id)?.into_iter().map(OfferItem::from).collect();
        Ok(Some(BookingDetail { booking, offers, skills }))
    }

    /// A company's sessions, newest first. The state in the filter is `running` or `ended`.
    pub fn list_sessions(
        &self,
        company: &CompanyId,
        filter: &HistoryFilter,
        page: &Page,
        for_whom: ForWhom,
    ) -> HistoryResult<Listed<SessionView<'static>>> {
        let (first, end) = ids::between(filter.from, filter.to);
        let before = page.after.as_ref().map_or(&end, |after| after.min(&end));
        let theirs_since = match &filter.employee {
            Some(employee) => self.theirs_since(for_whom, company, employee)?,
            None => Time::default(),
        };
        let from = filter.from.unwrap_or_default().max(theirs_since);
        let filter = HistoryFilter { from: Some(from), ..filter.clone() };
        let mut paging = Paging::of(page.limit);
        self.sessions(company, &filter, Ids { first: &first, before }, page.limit + 1, &mut |row| {
            Ok(paging.add_or_break(session_view(company, row)))
        })?;
        Ok(paging.listed(|session| session.id.to_string()))
    }

    /// One session as the API shows it.
    pub fn show_session(&self, company: &CompanyId, id: SessionId) -> HistoryResult<Option<SessionView<'static>>> {
        Ok(self.session(company, id)?.map(|row| session_view(company, row)))
    }

    /// The employee's notes on a session; none when there is no such session.
    pub fn show_notes(&self, company: &CompanyId, id: SessionId) -> HistoryResult<Option<NotesView<'static>>> {
        let found = self.notes(company, id)?;
        Ok(found.map(|notes| match notes {
            Some(notes) => NotesView { body: Cow::Owned(notes.body.as_ref().to_owned()), at: Some(Moment(notes.at)) },
            None => NotesView { body: Cow::Borrowed(""), at: None },
        }))
    }

    /// A session's messages in order, optionally of a period; none when there is no such session.
    pub fn list_messages(
        &self,
        company: &CompanyId,
        id: SessionId,
        (from, to): (Option<Time>, Option<Time>),
        page: &Page,
    ) -> HistoryResult<Option<Listed<MessageView<'static>>>> {
        if self.session(company, id)?.is_none() {
            return Ok(None);
        }
        let (first, before) = ids::between(from, to);
        let behind = page.after.clone().unwrap_or_default().max(first);
        let ids = Ids { first: &behind, before: &before };
        let mut paging = Paging::of(page.limit);
        self.messages(company, id, (from, to), ids, page.limit + 1, &mut |row| {
            Ok(paging.add_or_break(message_view(row)))
        })?;
        Ok(Some(paging.listed(|message| message.id.to_string())))
    }
}

pub(crate) fn booking_item(company: &CompanyId, mut row: PastBooking) -> BookingItem {
    let skills = std::mem::take(&mut row.booking.skills);
    BookingItem { booking: booking_view(company, row), skills }
}

fn booking_view(company: &CompanyId, row: PastBooking) -> BookingView<'static> {
    let PastBooking { booking, session } = row;
    let session = session.map(|session| session_view(company, session));
    let named = session.as_ref().zip(booking.employee_name);
    let employee = named.map(|(session, name)| NamedEmployee { id: session.employee_id.clone(), name: owned(&name) });
    BookingView {
        id: booking.id,
        company_id: Cow::Owned(company.to_string()),
        client_id: Cow::Owned(booking.client_id.into()),
        client_name: booking.client_name.as_deref().map(owned),
        topic: Cow::Owned(booking.topic.into()),
        note: booking.note.as_deref().map(|note| Note(owned(note))),
        state: booking.state,
        reason: booking.reason,
        offers: booking.offers,
        created_at: Moment(booking.created_at),
        session,
        employee,
        waiting: None,
        priority: None,
        channel: None,
        skills: None,
        wanted: None,
        only: None,
        waited_ms: None,
        told: None,
    }
}

pub(crate) fn session_view(company: &CompanyId, row: SessionRow) -> SessionView<'static> {
    SessionView {
        id: row.id,
        booking_id: row.booking_id,
        company_id: Cow::Owned(company.to_string()),
        client_id: Cow::Owned(row.client_id.into()),
        client_name: row.client_name.as_deref().map(owned),
        employee_id: Cow::Owned(EmployeeId::into(row.employee_id)),
        topic: Cow::Owned(row.topic.into()),
        started_at: Moment(row.started_at),
        ended_at: row.ended_at.map(Moment),
        ended_by: row.ended_by,
        reason: row.reason.as_deref().map(owned),
        code: row.code,
    }
}

fn message_view(row: MessageRow) -> MessageView<'static> {
    MessageView { id: row.id, from: row.sender, body: owned(&row.body), at: Moment(row.at) }
}

fn owned(text: &str) -> Text<'static> {
    Cow::Owned(text.to_owned())
}
