//! Days: what a company's bookings, offers and sessions of one day come to, counted once and kept, so that a year's
//! statistics read some hundred rows and not every booking.
//!
//! A day is kept when it is over and settled: nothing can begin in it any more, and nothing of it is still open. A day
//! that is not kept is counted anew for each question, so one may be missing and none may be wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use switchboard_core::{Company, CompanyId, Time};
use switchboard_journal::day::{Day, Part};
use switchboard_wire::view::json;

use crate::figures::{Range, Span};
use crate::lists::unreadable;
use crate::past::{Answer, Past};
use crate::spread::Kept;
use crate::tally::{BookingTally, WorkTally};

pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Employees whose rows are written or removed with one transaction: commits wait behind it.
pub const EMPLOYEES_AT_ONCE: u16 = 500;

/// When a day begins.
#[must_use]
pub const fn begin_of(day: Day) -> Time {
    Time::from_ms(day * DAY_MS)
}

const fn whole(day: Day) -> Range {
    Range { from: begin_of(day), to: begin_of(day + 1) }
}

/// The counts of one day.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counted {
    bookings: BookingTally<Kept>,
    work: WorkTally<Kept>,
    /// By employee.
    each: BTreeMap<String, WorkTally<Kept>>,
}

impl Counted {
    /// Counted from the rows.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(past: &dyn Past, company: &CompanyId, day: Day) -> Answer<Self> {
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

    /// As the day is kept; none when it is not.
    fn stored(past: &dyn Past, company: &CompanyId, day: Day) -> Answer<Option<Self>> {
        let Some((bookings, work)) = past.day(company, day)? else { return Ok(None) };
        let each = past.employees_of_day(company, day)?;
        let each = each.into_iter().map(|(employee, work)| Ok((employee, read(&work)?))).collect::<Answer<_>>()?;
        Ok(Some(Self { bookings: read(&bookings)?, work: read(&work)?, each }))
    }

    /// How many bookings began on the day.
    #[must_use]
    pub fn bookings(&self) -> u64 {
        self.bookings.total()
    }

    /// Whether nothing of it is open. Of a large entry a part may be filed, and so what it ended, and not what it began.
    fn is_settled(&self) -> bool {
        self.bookings.is_settled() && self.work.is_settled()
    }

    /// In parts, to be written one after the other. It counts once the last of them is.
    #[must_use]
    pub fn parts(self, company: &CompanyId, day: Day, revision: u64) -> Vec<Part> {
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
            Part { company, day, revision, is_first, all, bookings, work, each }
        };
        parts.into_iter().enumerate().map(part).collect()
    }
}

/// A day that is counted, and not kept yet.
pub(crate) struct Due {
    /// Its parts, to be written one after the other.
    pub parts: Vec<Part>,
    /// The day after it.
    pub next: Day,
}

/// Counts the next day, from that one on, that can be kept and is not. The state says up to when all is projected.
pub(crate) fn next_due(past: &dyn Past, state: &Company, from: Day) -> Answer<Option<Due>> {
    let company = state.id();
    let revision = past.revision(company)?;
    let cut_at = past.cut_at(company)?;
    let mut from = from;
    while let Some(began) = past.next_booking(company, &Span::part(whole(from)).ids().0, begin_of(from))? {
        let day = began.day();
        // Time does not go back within a company: what comes now begins later.
        if begin_of(day + 1) > state.clock() {
            break;
        }
        from = day + 1;
        let is_cut_off = cut_at.is_some_and(|at| begin_of(day) <= at);
        if is_cut_off || past.is_day_kept(company, day)? || !past.is_settled(company, whole(day))? {
            continue;
        }
        let counted = Counted::read(past, company, day)?;
        if counted.is_settled() {
            return Ok(Some(Due { parts: counted.parts(company, day, revision), next: from }));
        }
    }
    Ok(None)
}

/// A time in parts: the days of it that are kept, and what lies around them.
#[derive(Debug)]
pub(crate) struct Parts {
    kept: Vec<Day>,
    /// The times around them, which must be counted.
    pub counted: Vec<Range>,
}

impl Parts {
    pub(crate) fn of(past: &dyn Past, company: &CompanyId, range: Range) -> Answer<Self> {
        let (first, end) = (range.from.as_ms().div_ceil(DAY_MS), range.to.day());
        let kept = past.days(company, first, end)?;
        let ends = kept.iter().map(|day| begin_of(*day)).chain([range.to]);
        let begins = std::iter::once(range.from).chain(kept.iter().map(|day| begin_of(day + 1)));
        let around = begins.zip(ends).map(|(from, to)| Range { from, to });
        let counted = around.filter(|range| range.from < range.to).collect();
        Ok(Self { kept, counted })
    }

    /// Adds what is kept of all of a company.
    pub(crate) fn add_company(
        &self,
        past: &dyn Past,
        company: &CompanyId,
        bookings: &mut BookingTally,
        work: &mut WorkTally,
    ) -> Answer<()> {
        for day in &self.kept {
            if let Some((of_bookings, of_work)) = past.day(company, *day)? {
                bookings.add_kept(&read(&of_bookings)?);
                work.add_kept(&read(&of_work)?);
            }
        }
        Ok(())
    }

    /// Adds what is kept of one employee. Says whether there was anything.
    pub(crate) fn add_employee(
        &self,
        past: &dyn Past,
        company: &CompanyId,
        employee: &str,
        work: &mut WorkTally,
    ) -> Answer<bool> {
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

fn read<T: DeserializeOwned>(kept: &str) -> Answer<T> {
    serde_json::from_str(kept).map_err(unreadable)
}

/// The days that are kept and are not what the rows come to, in words.
///
/// # Errors
/// When the store cannot be read.
pub fn differences(past: &dyn Past, company: &CompanyId) -> Answer<Vec<String>> {
    let mut found = Vec::new();
    let cut_at = past.cut_at(company)?;
    for day in past.days(company, 0, Day::MAX)? {
        if cut_at.is_some_and(|at| begin_of(day) <= at) {
            continue;
        }
        match Counted::stored(past, company, day) {
            Ok(None) => {}
            Ok(Some(stored)) if stored == Counted::read(past, company, day)? => {}
            Ok(Some(_)) => {
                found.push(format!("what is kept of day {day} is not what its bookings and sessions come to"));
            }
            Err(error) => found.push(format!("what is kept of day {day}: {error}")),
        }
    }
    Ok(found)
}
