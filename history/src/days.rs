//! Days: the counts of a company's bookings, offers and sessions of one day, counted once and kept, so that a year's
//! statistics read some hundred rows and not every booking.
//!
//! A day is kept when it is over and settled: nothing can begin in it any more, and nothing of it is still open. A day
//! that is not kept is counted anew for each question, so that a missing day costs time, but no count is ever wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use switchboard_core::{Company, CompanyId, Time};
use switchboard_journal::StoreError;
use switchboard_journal::day::{Day, DayPart};
use switchboard_wire::view::json;

use crate::figures::{Range, Span};
use crate::past::{HistoryResult, Past};
use crate::spread::StoredSpread;
use crate::tally::{BookingTally, WorkTally};

pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Employees whose rows are written or removed in one transaction; other commits wait for it.
pub const EMPLOYEES_AT_ONCE: u16 = 500;

/// The beginning of a day.
#[must_use]
pub const fn begin_of(day: Day) -> Time {
    Time::from_ms(day * DAY_MS)
}

const fn whole(day: Day) -> Range {
    Range { from: begin_of(day), to: begin_of(day + 1) }
}

/// The counts of one day.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DayCounts {
    bookings: BookingTally<StoredSpread>,
    work: WorkTally<StoredSpread>,
    /// The work of each employee.
    each: BTreeMap<String, WorkTally<StoredSpread>>,
}

impl DayCounts {
    /// Counts the rows of a day.
    pub fn read(past: &dyn Past, company: &CompanyId, day: Day) -> HistoryResult<Self> {
        let (mut bookings, mut work) = (BookingTally::default(), WorkTally::default());
        let mut each: BTreeMap<String, WorkTally> = BTreeMap::new();
        let span = Span::day(whole(day));
        bookings.count(past, company, span)?;
        WorkTally::each(past, company, None, span, |employee, add| {
            add(&mut work);
            match each.get_mut(employee) {
                Some(known) => add(known),
                None => add(each.entry(employee.to_owned()).or_default()),
            }
        })?;
        let each = each.into_iter().map(|(employee, work)| (employee, work.kept())).collect();
        Ok(Self { bookings: bookings.kept(), work: work.kept(), each })
    }

    /// The kept counts; none when the day is not kept.
    fn stored(past: &dyn Past, company: &CompanyId, day: Day) -> HistoryResult<Option<Self>> {
        let Some((bookings, work)) = past.day(company, day)? else { return Ok(None) };
        let each = past.employees_of_day(company, day)?;
        let each =
            each.into_iter().map(|(employee, work)| Ok((employee, read(&work)?))).collect::<HistoryResult<_>>()?;
        Ok(Some(Self { bookings: read(&bookings)?, work: read(&work)?, each }))
    }

    /// Number of bookings that began on the day.
    #[must_use]
    pub fn bookings(&self) -> u64 {
        self.bookings.total()
    }

    /// Whether nothing of the day is open. A large entry may be projected in part, such as an assigned booking without
    /// its session.
    fn is_settled(&self) -> bool {
        self.bookings.is_settled() && self.work.is_settled()
    }

    /// The counts in parts, to be written one after the other. The day is kept once the last part is written.
    #[must_use]
    pub fn parts(self, company: &CompanyId, day: Day, revision: u64) -> Vec<DayPart> {
        let (bookings, work): (Arc<str>, Arc<str>) = (json(&self.bookings).into(), json(&self.work).into());
        let each: Vec<(String, String)> = self.each.into_iter().map(|(id, work)| (id, json(&work))).collect();
        let all = each.len();
        let mut parts: Vec<Vec<_>> = each.chunks(EMPLOYEES_AT_ONCE.into()).map(<[_]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        let last = parts.len() - 1;
        let part = |(number, each)| {
            let (company, bookings, work) = (company.clone(), bookings.clone(), work.clone());
            let (is_first, all) = (number == 0, (number == last).then_some(all));
            DayPart { company, day, revision, is_first, all, bookings, work, each }
        };
        parts.into_iter().enumerate().map(part).collect()
    }
}

/// A day that is counted, and not kept yet.
pub(crate) struct UnstoredDay {
    /// The parts, to be written one after the other.
    pub parts: Vec<DayPart>,
    /// The day after the counted one.
    pub next: Day,
}

/// Counts the next day, starting with `from`, that can be kept and is not. The clock of the state says up to which
/// moment everything is projected.
pub(crate) fn next_due(past: &dyn Past, state: &Company, from: Day) -> HistoryResult<Option<UnstoredDay>> {
    let company = state.id();
    let revision = past.revision(company)?;
    let cut_at = past.cut_at(company)?;
    let mut from = from;
    while let Some(began) = past.next_booking(company, &Span::part(whole(from)).ids().0, begin_of(from))? {
        let day = began.day();
        // A company's time does not go back, so nothing later begins on this day.
        if begin_of(day + 1) > state.clock() {
            break;
        }
        from = day + 1;
        let is_cut_off = cut_at.is_some_and(|at| begin_of(day) <= at);
        if is_cut_off || past.is_day_kept(company, day)? || !past.is_settled(company, whole(day))? {
            continue;
        }
        let counted = DayCounts::read(past, company, day)?;
        if counted.is_settled() {
            return Ok(Some(UnstoredDay { parts: counted.parts(company, day, revision), next: from }));
        }
    }
    Ok(None)
}

/// A period in parts: its kept days, and the time around them.
#[derive(Debug)]
pub(crate) struct SplitRange {
    kept: Vec<Day>,
    /// The ranges around the kept days, which must be counted.
    pub counted: Vec<Range>,
}

impl SplitRange {
    pub(crate) fn of(past: &dyn Past, company: &CompanyId, range: Range) -> HistoryResult<Self> {
        let (first, end) = (range.from.as_ms().div_ceil(DAY_MS), range.to.day());
        let kept = past.days(company, first, end)?;
        let ends = kept.iter().map(|day| begin_of(*day)).chain([range.to]);
        let begins = std::iter::once(range.from).chain(kept.iter().map(|day| begin_of(day + 1)));
        let around = begins.zip(ends).map(|(from, to)| Range { from, to });
        let counted = around.filter(|range| range.from < range.to).collect();
        Ok(Self { kept, counted })
    }

    /// Adds the kept counts of the whole company.
    pub(crate) fn add_company(
        &self,
        past: &dyn Past,
        company: &CompanyId,
        bookings: &mut BookingTally,
        work: &mut WorkTally,
    ) -> HistoryResult<()> {
        for day in &self.kept {
            if let Some((of_bookings, of_work)) = past.day(company, *day)? {
                bookings.add_kept(&read(&of_bookings)?);
                work.add_kept(&read(&of_work)?);
            }
        }
        Ok(())
    }

    /// Adds the kept counts of one employee. Returns whether there were any.
    pub(crate) fn add_employee(
        &self,
        past: &dyn Past,
        company: &CompanyId,
        employee: &str,
        work: &mut WorkTally,
    ) -> HistoryResult<bool> {
        let (Some(first), Some(last)) = (self.kept.first(), self.kept.last()) else { return Ok(false) };
        let mut is_there = false;
        past.days_of_employee(company, employee, (*first, *last), &mut |day, kept| {
            if self.kept.binary_search(&day).is_ok() {
                work.add_kept(&read(kept)?);
                is_there = true;
            }
            Ok(())
        })?;
        Ok(is_there)
    }
}

fn read<T: DeserializeOwned>(kept: &str) -> HistoryResult<T> {
    serde_json::from_str(kept).map_err(StoreError::unreadable)
}

/// Describes the kept days that differ from their rows.
pub fn differences(past: &dyn Past, company: &CompanyId) -> HistoryResult<Vec<String>> {
    let mut found = Vec::new();
    let cut_at = past.cut_at(company)?;
    for day in past.days(company, 0, Day::MAX)? {
        if cut_at.is_some_and(|at| begin_of(day) <= at) {
            continue;
        }
        match DayCounts::stored(past, company, day) {
            Ok(None) => {}
            Ok(Some(stored)) if stored == DayCounts::read(past, company, day)? => {}
            Ok(Some(_)) => {
                found.push(format!("the kept statistics of day {day} differ from its bookings and sessions"));
            }
            Err(error) => found.push(format!("the kept statistics of day {day}: {error}")),
        }
    }
    Ok(found)
}
