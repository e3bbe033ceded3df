//! The port by which a store answers questions about the past: one trait for each subject, and [`Past`], which combines
//! them.
//!
//! Rows come as they are stored. This crate makes pages, statistics, timelines, the feed and exports from them, in the
//! same way for every store.
//!
//! The contract hides a removed company's past from the next company of the same id. So the store leaves out rows from
//! before the current company was made: [`Bookings`], [`Sessions`].

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use switchboard_core::{
    BookingId, Company, CompanyId, EmployeeId, EmployeeNo, Event, LogoId, OfferId, SessionId, Time,
};
use switchboard_journal::StoreError;
use switchboard_journal::api_key::{ApiKey, DatedKey};
use switchboard_journal::audit::{self, AuditEntry};
use switchboard_journal::day::Day;
use switchboard_journal::endpoint::{Delivery, Endpoint, QueuedDelivery};
use switchboard_journal::picture;
use switchboard_journal::rows::{BookingRow, MessageRow, NotesRow, OfferRow, SessionRow};

use crate::asked::{CompaniesAsked, HistoryFilter, Ids};
use crate::figures::{BookingFigures, OfferFigures, Range, SessionFigures, Span};

/// A store's answer to a question.
pub type HistoryResult<T> = Result<T, StoreError>;

/// Called with each row until one call breaks. An error of the callback ends the question with that error.
pub type Each<'a, T> = &'a mut dyn FnMut(T) -> HistoryResult<ControlFlow<()>>;

/// The committed past as of one moment: all answers of one `Past` agree with each other.
pub trait Past:
    Companies + Bookings + Sessions + Events + Bases + Lookups + Figures + Days + Endpoints + Lists
{
}

impl<T: Companies + Bookings + Sessions + Events + Bases + Lookups + Figures + Days + Endpoints + Lists> Past for T {}

/// A company as the tables have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyRow {
    pub id: String,
    pub name: String,
    /// JSON as it is stored.
    pub settings: String,
    pub created_at: Time,
    pub colour: Option<String>,
    /// The id of the logo.
    pub logo: Option<String>,
    /// JSON as it is stored; none for the default routing.
    pub routing: Option<String>,
}

/// An employee as the tables have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmployeeRow {
    pub id: String,
    pub name: String,
    /// A JSON array as it is stored.
    pub topics: String,
    pub intent: String,
    /// A JSON object as it is stored; none without skills.
    pub skills: Option<String>,
    pub share: u8,
    pub capacity: u8,
}

/// A booking with its session.
#[derive(Clone, Debug)]
pub struct PastBooking {
    pub booking: BookingRow,
    pub session: Option<SessionRow>,
}

/// Companies, their employees and logos, and the beginning of the history of the current company of an id.
pub trait Companies {
    /// Whether the tables have the company.
    fn is_known(&self, company: &CompanyId) -> HistoryResult<bool>;
    /// Companies, ordered by id.
    fn companies(&self, asked: CompaniesAsked<'_>, each: Each<'_, CompanyRow>) -> HistoryResult<()>;
    fn company_row(&self, company: &CompanyId) -> HistoryResult<Option<CompanyRow>>;
    /// Ordered by id, behind an id.
    fn employees(&self, company: &CompanyId, after: &str, each: Each<'_, EmployeeRow>) -> HistoryResult<()>;
    /// The time at which the current company of the id was made; 0 while there is none.
    fn begins_at(&self, company: &CompanyId) -> HistoryResult<Time>;
    /// The number of the event that removed the previous company of the id; 0 if there was none, and while there is no
    /// current company.
    fn begins_behind(&self, company: &CompanyId) -> HistoryResult<u64>;
    /// The number of the latest event that removed a company of this id, whether or not there is a current company.
    fn removed_last(&self, company: &CompanyId) -> HistoryResult<Option<u64>>;
    /// Companies that were made again while the tables still have rows of the previous company, with the time of the
    /// removal.
    fn companies_made_again(&self) -> HistoryResult<Vec<(CompanyId, Time)>>;
    /// Companies with a booking, a session or an idle employee, because a deadline in them may have passed.
    fn companies_with_open_things(&self) -> HistoryResult<Vec<CompanyId>>;
    /// The company to which the session belongs.
    fn company_of_session(&self, id: SessionId) -> HistoryResult<Option<CompanyId>>;
    /// Companies with events and without a row, which were removed.
    fn companies_that_are_gone(&self) -> HistoryResult<Vec<CompanyId>>;
    fn logo(&self, company: &CompanyId, logo: &LogoId) -> HistoryResult<Option<(picture::Kind, Vec<u8>)>>;
}

/// Bookings and offers of the current company.
pub trait Bookings {
    /// Ordered by id, newest first.
    fn bookings(
        &self,
        company: &CompanyId,
        filter: &HistoryFilter,
        ids: Ids<'_>,
        limit: u32,
        each: Each<'_, PastBooking>,
    ) -> HistoryResult<()>;
    /// Oldest first, behind an id.
    fn bookings_after(&self, company: &CompanyId, after: &str, each: Each<'_, PastBooking>) -> HistoryResult<()>;
    fn booking(&self, company: &CompanyId, id: BookingId) -> HistoryResult<Option<PastBooking>>;
    /// The offers of a booking, ordered by attempt; also those of an earlier company, whose bookings are hidden.
    fn offers(&self, company: &CompanyId, id: BookingId) -> HistoryResult<Vec<OfferRow>>;
    /// Every offer behind a booking's id, also of earlier companies, ordered by booking: the booking, and whether that
    /// employee was asked.
    fn offers_after(
        &self,
        company: &CompanyId,
        after: &str,
        employee: &str,
        limit: u32,
        each: Each<'_, (String, bool)>,
    ) -> HistoryResult<()>;
}

/// Sessions, notes and messages of the current company.
pub trait Sessions {
    /// Newest first; the filter's state is `running` or `ended`.
    fn sessions(
        &self,
        company: &CompanyId,
        filter: &HistoryFilter,
        ids: Ids<'_>,
        limit: u32,
        each: Each<'_, SessionRow>,
    ) -> HistoryResult<()>;
    /// Oldest first, behind an id.
    fn sessions_after(&self, company: &CompanyId, after: &str, each: Each<'_, SessionRow>) -> HistoryResult<()>;
    fn session(&self, company: &CompanyId, id: SessionId) -> HistoryResult<Option<SessionRow>>;
    /// The notes on a session, if there are any; the outer none means an unknown session.
    fn notes(&self, company: &CompanyId, id: SessionId) -> HistoryResult<Option<Option<NotesRow>>>;
    /// Ordered by session, behind a session's id.
    fn notes_after(&self, company: &CompanyId, after: &str, each: Each<'_, NotesRow>) -> HistoryResult<()>;
    /// Messages of one session within that period and range of ids, ordered by id; also of a session of an earlier
    /// company, which is hidden itself.
    fn messages(
        &self,
        company: &CompanyId,
        session: SessionId,
        time: (Option<Time>, Option<Time>),
        behind: Ids<'_>,
        limit: u32,
        each: Each<'_, MessageRow>,
    ) -> HistoryResult<()>;
    /// Ordered by session and id, behind that message of that session.
    fn messages_after(
        &self,
        company: &CompanyId,
        session: &str,
        message: &str,
        each: Each<'_, MessageRow>,
    ) -> HistoryResult<()>;
}

/// An event as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct StoredEvent<'a> {
    pub seq: u64,
    pub at: Time,
    /// The stored name of the event.
    pub kind: &'a str,
    /// JSON as it is stored.
    pub data: &'a str,
}

/// An event from its stored JSON.
pub(crate) fn read_event(data: &str) -> HistoryResult<Event> {
    serde_json::from_str(data).map_err(StoreError::unreadable)
}

/// The events of a company, in their order.
pub trait Events {
    /// Events behind that number; all of them when there is no limit.
    fn events(
        &self,
        company: &CompanyId,
        after: u64,
        limit: Option<u32>,
        each: &mut dyn FnMut(StoredEvent<'_>) -> HistoryResult<ControlFlow<()>>,
    ) -> HistoryResult<()>;
    /// Time and JSON of one event.
    fn event(&self, company: &CompanyId, seq: u64) -> HistoryResult<Option<(Time, String)>>;
    /// The oldest number that is kept, and the latest.
    fn events_kept(&self, company: &CompanyId) -> HistoryResult<Option<(u64, u64)>>;
    /// The time of the latest event of all companies.
    fn latest(&self) -> HistoryResult<Option<Time>>;
    /// Number of rewrites of the company's history. Data that was read at one revision must not be written at another.
    fn revision(&self, company: &CompanyId) -> HistoryResult<u64>;
}

/// Stored states of companies, from which any moment is replayed.
pub trait Bases {
    /// The latest base before that moment, if it lies behind that event.
    fn base_between(&self, company: &CompanyId, after: u64, moment: Time) -> HistoryResult<Option<Company>>;
    /// The earliest base of the company.
    fn first_base(&self, company: &CompanyId) -> HistoryResult<Option<Company>>;
    /// The time of the earliest base, if events before it were removed.
    fn cut_at(&self, company: &CompanyId) -> HistoryResult<Option<Time>>;
    /// The numbers of the events after which a base is kept.
    fn bases(&self, company: &CompanyId) -> HistoryResult<BTreeSet<u64>>;
    /// The number of the event after which the latest base is kept.
    fn last_base(&self, company: &CompanyId) -> HistoryResult<Option<u64>>;
    /// Whether the base after that event is stored as exactly this JSON.
    fn is_base(&self, company: &CompanyId, seq: u64, data: &str) -> HistoryResult<bool>;
    /// The snapshot, from which a load of the company continues.
    fn snapshot(&self, company: &CompanyId) -> HistoryResult<Option<Company>>;
    /// The number of the event after which the snapshot was taken.
    fn snapshot_at(&self, company: &CompanyId) -> HistoryResult<Option<u64>>;
}

/// The fields of a booking that never change.
#[derive(Clone, Debug)]
pub struct BookingFacts {
    pub client: String,
    pub client_name: Option<String>,
    pub topic: String,
    pub note: Option<String>,
}

/// The fields of a session that never change.
#[derive(Clone, Debug)]
pub struct SessionFacts {
    pub booking: String,
    pub client: String,
    pub employee: String,
    pub topic: String,
    pub started_at: Time,
}

/// Lookups of the things that an event names, by key. Things of a removed company are found too.
pub trait Lookups {
    fn booking_facts(&self, company: &CompanyId, id: BookingId) -> HistoryResult<Option<BookingFacts>>;
    fn session_facts(&self, company: &CompanyId, id: SessionId) -> HistoryResult<Option<SessionFacts>>;
    /// The employee who was asked.
    fn asked(&self, company: &CompanyId, offer: OfferId) -> HistoryResult<Option<String>>;
    fn employee_name(&self, company: &CompanyId, employee: &str) -> HistoryResult<Option<String>>;
    /// The id of the employee who had the number when that event happened.
    fn employee_with_number(&self, company: &CompanyId, no: EmployeeNo, seq: u64) -> HistoryResult<Option<String>>;
    /// The time at which the employee who has the id now was made; none if that event was removed by a cut.
    fn employee_since(&self, company: &CompanyId, employee: &str) -> HistoryResult<Option<Time>>;
    /// Numbers that were given up to that event, each with the event, and whose ids no current employee has.
    fn numbers_of_nobody(&self, company: &CompanyId, until: u64) -> HistoryResult<Vec<(u32, u64)>>;
}

/// The rows that statistics count: bookings that began in the span, with their offers, and sessions, optionally of one
/// employee.
pub trait Figures {
    fn count_bookings(
        &self,
        company: &CompanyId,
        span: Span,
        each: &mut dyn FnMut(BookingFigures<'_>),
    ) -> HistoryResult<()>;
    fn count_offers(
        &self,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        span: Span,
        each: &mut dyn FnMut(OfferFigures<'_>),
    ) -> HistoryResult<()>;
    fn count_sessions(
        &self,
        company: &CompanyId,
        only: Option<&EmployeeId>,
        span: Span,
        each: &mut dyn FnMut(SessionFigures<'_>),
    ) -> HistoryResult<()>;
    /// The codes of the sessions that began in the span, each once for each session that has one.
    fn count_codes(&self, company: &CompanyId, span: Span, each: &mut dyn FnMut(&str)) -> HistoryResult<()>;
    /// The time of the first booking, by id, behind an id and not before that time.
    fn next_booking(&self, company: &CompanyId, first: &str, from: Time) -> HistoryResult<Option<Time>>;
    /// Whether no booking that began in the range searches, and no session that began in it runs.
    fn is_settled(&self, company: &CompanyId, range: Range) -> HistoryResult<bool>;
}

/// Kept counts of whole days, as JSON.
pub trait Days {
    /// The kept days from the first until before the end, in order.
    fn days(&self, company: &CompanyId, first: Day, end: Day) -> HistoryResult<Vec<Day>>;
    /// The counts of bookings and of work of the whole company.
    fn day(&self, company: &CompanyId, day: Day) -> HistoryResult<Option<(String, String)>>;
    fn is_day_kept(&self, company: &CompanyId, day: Day) -> HistoryResult<bool>;
    /// One employee's days from the first to the last.
    fn days_of_employee(
        &self,
        company: &CompanyId,
        employee: &str,
        days: (Day, Day),
        each: &mut dyn FnMut(Day, &str) -> HistoryResult<()>,
    ) -> HistoryResult<()>;
    /// The work of each employee on one day.
    fn employees_of_day(&self, company: &CompanyId, day: Day) -> HistoryResult<Vec<(String, String)>>;
    /// Employees with kept days, ordered by id, behind an id.
    fn employees_with_days(&self, company: &CompanyId, after: Option<&str>) -> HistoryResult<Vec<String>>;
}

/// Webhook endpoints and their deliveries.
pub trait Endpoints {
    fn endpoint(&self, company: &CompanyId, id: &str) -> HistoryResult<Option<Endpoint>>;
    /// Ordered by id, behind an id.
    fn endpoints(&self, company: &CompanyId, after: &str, limit: u32) -> HistoryResult<Vec<Endpoint>>;
    fn endpoint_count(&self, company: &CompanyId) -> HistoryResult<usize>;
    /// Endpoints of all companies.
    fn endpoints_that_are_on(&self) -> HistoryResult<Vec<(CompanyId, String)>>;
    /// The number of pending deliveries, and of dead letters.
    fn deliveries_counted(&self, endpoint: &Endpoint) -> HistoryResult<(u64, u64)>;
    /// Pending deliveries, ordered by event, and the dead letters behind the endpoint's position.
    fn queue(&self, endpoint: &Endpoint) -> HistoryResult<(Vec<QueuedDelivery>, Vec<u64>)>;
    /// Pending deliveries and dead letters behind that event.
    fn deliveries(
        &self,
        company: &CompanyId,
        id: &str,
        state: Option<&str>,
        after: u64,
        limit: u32,
    ) -> HistoryResult<Vec<Delivery>>;
    /// The oldest event that an endpoint of the company still needs. Endpoints that are off need nothing.
    fn oldest_needed_by_endpoints(&self, company: &CompanyId) -> HistoryResult<Option<u64>>;
}

/// An audit entry as it is stored.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Grows with each entry of all companies.
    pub number: i64,
    pub entry: AuditEntry,
    /// The status of the answer, once there is one.
    pub status: Option<u16>,
}

/// Lists that are kept beside the companies' events.
pub trait Lists {
    /// Newest first, before that number.
    fn audit(
        &self,
        filter: &audit::AuditFilter,
        before: Option<i64>,
        limit: u32,
        each: Each<'_, AuditRow>,
    ) -> HistoryResult<()>;
    /// Number, target and request id of a company's audit entries behind a number, in order.
    fn audit_after(
        &self,
        company: &str,
        after: i64,
        limit: u32,
        each: &mut dyn FnMut(i64, String, String),
    ) -> HistoryResult<()>;
    /// All API keys, the oldest first.
    fn api_keys(&self) -> HistoryResult<Vec<DatedKey>>;
    /// API keys that were not revoked.
    fn api_keys_in_force(&self) -> HistoryResult<Vec<ApiKey>>;
}
