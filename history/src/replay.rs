//! The replay of a company's past: from the latest state that is stored before a moment, event by event.

use std::ops::ControlFlow;

use switchboard_core::{Company, CompanyId, Event, Time};
use switchboard_journal::StoreError;

use crate::past::{HistoryResult, Past, read_event};

/// Maximum number of events that one question replays, in some seconds. Only a store that an earlier version wrote has
/// so many events between two bases.
const EVENTS_MAX: u64 = 1_000_000;

/// The latest base before that moment, so that all later events are still to come. After a cut, it may be the earliest
/// base, which lies behind that moment.
pub(crate) fn state_before(past: &dyn Past, id: &CompanyId, moment: Time) -> HistoryResult<Company> {
    let base = match past.base_between(id, 0, moment)? {
        Some(base) => Some(base),
        None => past.origin(id)?,
    };
    Ok(base.unwrap_or_else(|| Company::new(id.clone())))
}

impl dyn Past + '_ {
    /// The company after all its projected events, and the number of events since its snapshot.
    pub fn company(&self, id: &CompanyId) -> HistoryResult<(Company, u64)> {
        let mut company = self.snapshot(id)?.unwrap_or_else(|| Company::new(id.clone()));
        let since = company.seq();
        self.each_event(id, since, |at, event| {
            company.apply(at, event);
            Ok(ControlFlow::Continue(()))
        })?;
        let events = company.seq() - since;
        Ok((company, events))
    }

    /// Hands over a company's events behind that number, in order, until the callback breaks.
    pub fn each_event(
        &self,
        id: &CompanyId,
        after: u64,
        mut each: impl FnMut(Time, &Event) -> HistoryResult<ControlFlow<()>>,
    ) -> HistoryResult<()> {
        self.events(id, after, None, &mut |stored| each(stored.at, &read_event(stored.data)?))
    }

    /// The state from which the remaining events continue; none when all events are kept.
    pub fn origin(&self, id: &CompanyId) -> HistoryResult<Option<Company>> {
        match self.events_kept(id)? {
            Some((first, _)) if first > 1 => self.first_base(id),
            Some(_) | None => Ok(None),
        }
    }
}

/// Applies the next events to a company. Each event is shown first, with the company as it was before it. An event
/// whose callback breaks is not applied.
pub(crate) fn go_on(
    past: &dyn Past,
    company: &mut Company,
    each: impl FnMut(&Company, Time, &Event) -> ControlFlow<()>,
) -> HistoryResult<()> {
    go_on_for(past, company, EVENTS_MAX, each)
}

/// The same for that many events at most.
///
/// # Errors
/// When the store cannot be read, or [`StoreError::TooFarBack`] beyond that number of events.
pub fn go_on_for(
    past: &dyn Past,
    company: &mut Company,
    events_max: u64,
    mut each: impl FnMut(&Company, Time, &Event) -> ControlFlow<()>,
) -> HistoryResult<()> {
    let (id, after) = (company.id().clone(), company.seq());
    let mut read = 0;
    past.each_event(&id, after, |at, event| {
        read += 1;
        if read > events_max {
            return Err(StoreError::TooFarBack(events_max));
        }
        let goes_on = each(company, at, event);
        if goes_on.is_continue() {
            company.apply(at, event);
        }
        Ok(goes_on)
    })
}

/// A time behind all that can be stored.
const THE_END: Time = Time::from_ms(i64::MAX.unsigned_abs());

/// The company after all projected events, replayed from the last base.
pub(crate) fn latest(past: &dyn Past, id: &CompanyId) -> HistoryResult<Company> {
    Ok(Walk::begin(past, id, THE_END)?.company)
}

/// A company on its way through its past, from one moment to later ones. Finished bookings and sessions are left out.
pub(crate) struct Walk<'a> {
    past: &'a dyn Past,
    company: Company,
}

impl<'a> Walk<'a> {
    /// The company as of that moment, or as of the earliest base when the history begins later.
    pub(crate) fn begin(past: &'a dyn Past, id: &CompanyId, moment: Time) -> HistoryResult<Self> {
        let company = state_before(past, id, moment)?;
        let mut walk = Self { past, company };
        walk.go(moment)?;
        Ok(walk)
    }

    /// Goes on to a later moment. A month takes no longer than a day, because the walk continues from the nearest base.
    pub(crate) fn on_to(&mut self, moment: Time) -> HistoryResult<()> {
        let nearer = self.past.base_between(self.company.id(), self.company.seq(), moment)?;
        if let Some(nearer) = nearer {
            self.company = nearer;
        }
        self.go(moment)
    }

    /// Goes on to the end of the projected events.
    pub(crate) fn on_to_the_end(mut self) -> HistoryResult<Company> {
        self.on_to(THE_END)?;
        Ok(self.company)
    }

    fn go(&mut self, moment: Time) -> HistoryResult<()> {
        go_on(self.past, &mut self.company, |_, at, _| {
            if at <= moment { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }

    pub(crate) const fn company(&self) -> &Company {
        &self.company
    }
}
