//! Statistics of a company and of its employees: the current state, and counts over a period.

use std::collections::BTreeMap;

use serde::Serialize;
use switchboard_core::{Company, CompanyId, Employee, EmployeeId, EmployeeNo, Meter, Routing, Status, Time};
use switchboard_wire::shape::{self, examples};
use switchboard_wire::view::Moment;
use utoipa::ToSchema;

use crate::asked::ForWhom;
use crate::days::SplitRange;
use crate::figures::{Range, Span};
use crate::paging::{Listed, Page, Paging};
use crate::past::{HistoryResult, Past};
use crate::replay::Walk;
use crate::tally::{BookingCounts, BookingTally, CodeCounts, OfferCounts, SessionCounts, WorkTally};

/// The parameters of a question for statistics.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub range: Range,
    /// Maximum time to an assignment that counts for the service level, in seconds.
    pub within_s: u64,
    pub now: Time,
}

/// Statistics of a company.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(examples::statistics))]
pub struct CompanyStatistics {
    #[schema(value_type = shape::Moment)]
    from: Moment,
    #[schema(value_type = shape::Moment)]
    to: Moment,
    within_s: u64,
    now: Now,
    bookings: BookingCounts,
    offers: OfferCounts,
    sessions: SessionCounts,
    /// Absent while no session of the period has a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = CodeCounts, required = false)]
    codes: Option<CodeCounts>,
    time: TimeInStatus,
}

/// Current figures of a company.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Now {
    offline: u64,
    idle: u64,
    init: u64,
    busy: u64,
    /// Idle employees with a connected device.
    can_be_asked: u64,
    open_bookings: u64,
    /// Start of the oldest open booking.
    #[schema(value_type = Option<shape::Moment>, required)]
    oldest_open_booking: Option<Moment>,
    running_sessions: u64,
    /// Reasons of the pauses that go on, each with the number of employees; the empty reason is that of pauses without
    /// one. Absent without pauses.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    paused: BTreeMap<String, u64>,
    /// Employees who get no offer for a while, after one that they declined or missed; absent for 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false)]
    resting: Option<u64>,
}

/// Time spent in each status.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(crate) struct TimeInStatus {
    offline_ms: u64,
    idle_ms: u64,
    init_ms: u64,
    busy_ms: u64,
}

/// Statistics of an employee.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(examples::statistics_of_employee))]
pub struct EmployeeStatistics {
    #[schema(value_type = shape::Id)]
    id: String,
    /// None for a removed employee.
    #[schema(value_type = Option<shape::Name>, required)]
    name: Option<String>,
    offers: OfferCounts,
    sessions: SessionCounts,
    /// Offers that the employee accepted, declined or missed; absent unless the company had a routing at the end of the
    /// period.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false)]
    turns: Option<u64>,
    /// None for an employee who was removed before the end of the period.
    #[schema(required)]
    time: Option<TimeInStatus>,
}

impl Question {
    /// The same question from that moment on, because earlier rows belong to another company or employee with the same
    /// id.
    fn since(self, begin: Time) -> Self {
        let from = self.range.from.max(begin);
        Self { range: Range { from, to: self.range.to.max(from) }, ..self }
    }
}

impl dyn Past + '_ {
    /// A company's statistics.
    ///
    /// # Errors
    /// When the store cannot be read, or too many events lie between a base and the period.
    pub fn statistics(&self, id: &CompanyId, question: Question) -> HistoryResult<CompanyStatistics> {
        let Question { range: Range { from, to }, within_s, .. } = question;
        let question = question.since(self.begins_at(id)?);
        let parts = SplitRange::of(self, id, question.range)?;
        let (mut bookings, mut work) = (BookingTally::default(), WorkTally::default());
        parts.add_company(self, id, &mut bookings, &mut work)?;
        for part in &parts.counted {
            bookings.count(self, id, Span::part(*part))?;
            WorkTally::each(self, id, None, Span::part(*part), |_, add| add(&mut work))?;
        }
        let clocks = Clocks::read(self, id, question)?;
        let mut time = TimeInStatus::default();
        clocks.in_order().for_each(|(_, spent)| time.add(spent));
        let (offers, sessions) = work.counted();
        // Kept days have no codes, because a session gets its code after its day is counted, or another one.
        let codes = CodeCounts::of(self, id, Span::part(question.range), sessions.started)?;
        Ok(CompanyStatistics {
            codes,
            from: Moment(from),
            to: Moment(to),
            within_s,
            now: Now::of(&clocks.on_to_now()?),
            bookings: bookings.counted(within_s),
            offers,
            sessions,
            time,
        })
    }

    /// Statistics of a company's employees, by id: of all who were employed at the end of the period or had work in it.
    ///
    /// # Errors
    /// As `statistics`.
    pub fn statistics_of_employees(
        &self,
        id: &CompanyId,
        question: Question,
        page: &Page,
    ) -> HistoryResult<Listed<EmployeeStatistics>> {
        let question = question.since(self.begins_at(id)?);
        let after = page.after.as_deref();
        let wanted = |id: &str| after.is_none_or(|after| id > after);
        let People { mut known, parts, has_routing } = People::read(self, id, question, None, wanted)?;
        let kept = self.employees_with_days(id, after)?;
        kept.into_iter().for_each(|employee| _ = known.entry(employee).or_default());
        let mut paging = Paging::of(page.limit);
        for (employee, person) in known {
            if let Some(shown) = person.show(self, id, employee, &parts, has_routing)?
                && !paging.add(shown)
            {
                break;
            }
        }
        Ok(paging.listed(|employee: &EmployeeStatistics| employee.id.clone()))
    }

    /// One employee's statistics; none when no employee of that id was there or had work in the period. No other
    /// employee's offers and sessions are read.
    ///
    /// # Errors
    /// As `statistics`.
    pub fn statistics_of(
        &self,
        id: &CompanyId,
        employee: &EmployeeId,
        question: Question,
        for_whom: ForWhom,
    ) -> HistoryResult<Option<EmployeeStatistics>> {
        let question = question.since(self.begins_at(id)?).since(self.theirs_since(for_whom, id, employee.as_str())?);
        let wanted = |id: &str| id == employee.as_str();
        let People { mut known, parts, has_routing } = People::read(self, id, question, Some(employee), wanted)?;
        let person = known.remove(employee.as_str()).unwrap_or_default();
        person.show(self, id, employee.to_string(), &parts, has_routing)
    }
}

impl Now {
    fn of(company: &Company) -> Self {
        let mut now = Self {
            offline: 0,
            idle: 0,
            init: 0,
            busy: 0,
            can_be_asked: 0,
            open_bookings: 0,
            oldest_open_booking: None,
            running_sessions: 0,
            paused: BTreeMap::new(),
            resting: None,
        };
        for (_, employee) in company.employees_after(None) {
            *match employee.status() {
                Status::Offline => &mut now.offline,
                Status::Idle => &mut now.idle,
                Status::Init => &mut now.init,
                Status::Busy => &mut now.busy,
            } += 1;
            now.can_be_asked += u64::from(employee.can_be_asked());
            if let Some(pause) = &employee.pause {
                let reason = pause.reason.as_ref().map(ToString::to_string).unwrap_or_default();
                *now.paused.entry(reason).or_default() += 1;
            }
            if employee.resting_until.is_some() {
                *now.resting.get_or_insert_default() += 1;
            }
        }
        for booking in company.bookings().filter(|booking| booking.is_open()) {
            now.open_bookings += 1;
            let oldest = now.oldest_open_booking.map_or(booking.created_at, |Moment(at)| at.min(booking.created_at));
            now.oldest_open_booking = Some(Moment(oldest));
        }
        now.running_sessions = company.sessions().filter(|session| session.is_running()).map(|_| 1).sum();
        now
    }
}

impl TimeInStatus {
    fn add(&mut self, spent: Meter) {
        self.offline_ms += spent.offline_ms;
        self.idle_ms += spent.idle_ms;
        self.init_ms += spent.init_ms;
        self.busy_ms += spent.busy_ms;
    }
}

/// The meters of employees at the beginning and at the end of a period.
struct Clocks<'a> {
    before: BTreeMap<EmployeeNo, Meter>,
    end: Walk<'a>,
    end_at: Time,
}

impl<'a> Clocks<'a> {
    fn read(past: &'a dyn Past, id: &CompanyId, question: Question) -> HistoryResult<Self> {
        let Question { range: Range { from, to }, now, .. } = question;
        let mut walk = Walk::begin(past, id, from)?;
        // After a cut, time counts from the earliest state that is kept.
        let begin_at = from.max(walk.company().clock());
        let employees = walk.company().employees_after(None);
        let before = employees.map(|(no, employee)| (no, employee.spent_until(begin_at))).collect();
        walk.on_to(to)?;
        Ok(Self { before, end: walk, end_at: to.min(now) })
    }

    fn in_order(&self) -> impl Iterator<Item = (&Employee, Meter)> {
        self.end.company().employees_after(None).map(|(no, employee)| {
            // An employee who was removed and made again has another number, and a new meter.
            let before = self.before.get(&no).copied().unwrap_or_default();
            (employee, employee.spent_until(self.end_at).since(before))
        })
    }

    fn on_to_now(self) -> HistoryResult<Company> {
        self.end.on_to_the_end()
    }
}

/// The wanted employees of a company, by id, and the parts of the period.
struct People {
    known: BTreeMap<String, EmployeeTotals>,
    parts: SplitRange,
    /// Whether the company had a routing at the end of the period.
    has_routing: bool,
}

/// The counts of one employee, without the kept days.
#[derive(Default)]
struct EmployeeTotals {
    work: WorkTally,
    time: Option<TimeInStatus>,
    /// Whether the employee was asked or in a session.
    has_worked: bool,
}

impl People {
    /// With `only`, no other employee's rows are read.
    fn read(
        past: &dyn Past,
        id: &CompanyId,
        question: Question,
        only: Option<&EmployeeId>,
        wanted: impl Fn(&str) -> bool,
    ) -> HistoryResult<Self> {
        let parts = SplitRange::of(past, id, question.range)?;
        let mut known: BTreeMap<String, EmployeeTotals> = BTreeMap::new();
        let clocks = Clocks::read(past, id, question)?;
        let has_routing = *clocks.end.company().routing() != Routing::default();
        for (employee, spent) in clocks.in_order().filter(|(employee, _)| wanted(employee.id.as_str())) {
            let person = known.entry(employee.id.to_string()).or_default();
            person.time.get_or_insert_default().add(spent);
        }
        for part in &parts.counted {
            WorkTally::each(past, id, only, Span::part(*part), |id, add| {
                if wanted(id) {
                    let person = known.entry(id.to_owned()).or_default();
                    add(&mut person.work);
                    person.has_worked = true;
                }
            })?;
        }
        Ok(Self { known, parts, has_routing })
    }
}

impl EmployeeTotals {
    /// Adds the kept days. None for an employee who was neither there nor asked.
    fn show(
        self,
        past: &dyn Past,
        company: &CompanyId,
        id: String,
        parts: &SplitRange,
        has_routing: bool,
    ) -> HistoryResult<Option<EmployeeStatistics>> {
        let Self { mut work, time, has_worked } = self;
        let had_worked = parts.add_employee(past, company, &id, &mut work)?;
        if time.is_none() && !has_worked && !had_worked {
            return Ok(None);
        }
        let (offers, sessions) = work.counted();
        let name = past.employee_name(company, &id)?;
        let turns = has_routing.then(|| offers.turns());
        Ok(Some(EmployeeStatistics { id, name, offers, sessions, turns, time }))
    }
}
