//! Comparison of the model with core's company.

use std::fmt::Debug;

use switchboard_core::{Booking, Company, Duty, Employee, Party, Reach, Session};

use super::{Near, PlainHolds, PlainModel, PlainOffer, PlainSearch, PlainStaff, PlainTalk, SearchEnd};

/// Fails with those words unless the condition holds.
fn must(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// Checks that so many of a kind were found as were expected.
fn must_be_as_many(kind: &str, found: usize, expected: usize) -> Result<(), String> {
    must(found == expected, || format!("{found} {kind} where {expected} were expected"))
}

/// Checks that the found item is there and is the expected one.
fn must_be<F: Debug, E: Debug>(found: Option<&F>, expected: Option<&E>, is: fn(&E, &F) -> bool) -> Result<(), String> {
    let same = expected.zip(found).is_some_and(|(expected, found)| is(expected, found));
    must(same, || format!("{found:?} where {expected:?} was expected"))
}

impl PlainModel {
    /// Compares the model with core's company.
    ///
    /// # Errors
    /// The first difference, in words.
    pub fn compare(&self, company: &Company) -> Result<(), String> {
        must(self.exists == company.exists(), || format!("exists: {}", company.exists()))?;
        must(self.brand == *company.brand(), || format!("it looks like {:?}", company.brand()))?;
        must_be_as_many("employees", company.employees_after(None).count(), self.staff.iter().flatten().count())?;
        for (no, employee) in company.employees_after(None) {
            must_be(Some(employee), self.staff(no.0 as usize), PlainStaff::is)?;
        }
        self.compare_lines(company)?;
        must_be_as_many("bookings", company.bookings().count(), self.searches.len())?;
        for search in &self.searches {
            must_be(company.booking(search.id), Some(search), PlainSearch::is)?;
            let open = company.booking_of(&search.client).map(|booking| booking.id);
            let expected = self.open_of(&search.client).map(|search| search.id);
            must(open == expected, || format!("{}: {open:?} is open, not {expected:?}", search.client))?;
        }
        must_be_as_many("sessions", company.sessions().count(), self.talks.len())?;
        for talk in &self.talks {
            must_be(company.session(talk.id), Some(talk), PlainTalk::is)?;
        }
        let (due, next) = (self.next_due(), company.next_deadline());
        must(due == next, || format!("the next deadline is {next:?} where {due:?} was expected"))
    }

    fn compare_lines(&self, company: &Company) -> Result<(), String> {
        let topics = self.staff.iter().flatten().flat_map(|staff| &staff.topics).map(|topic| Some(topic.as_str()));
        for topic in [None, Some("never named")].into_iter().chain(topics) {
            let expected = self.line(topic);
            let parsed = topic.and_then(|topic| topic.parse().ok());
            let line = company.in_line(parsed.as_ref());
            let ids = expected.iter().filter_map(|no| self.staff(*no)).map(|staff| &staff.id);
            if !ids.eq(line.iter().map(|employee| &employee.id)) {
                let line: Vec<&str> = line.iter().map(|employee| employee.id.as_str()).collect();
                return Err(format!("the line for {topic:?} is {line:?} where {expected:?} was expected"));
            }
        }
        Ok(())
    }
}

impl PlainStaff {
    /// The intent in the contract's words.
    #[must_use]
    pub const fn intent(&self) -> &'static str {
        if self.willing { "idle" } else { "offline" }
    }

    fn is(&self, employee: &Employee) -> bool {
        let near = match employee.reach {
            Reach::Connected => self.near == Near::Here,
            Reach::Grace { until } => self.near == Near::Away(until),
            Reach::Gone { .. } => self.near == Near::Gone,
        };
        let holds = match employee.load.duty() {
            Duty::Free => self.holds == PlainHolds::Nothing,
            Duty::Asked(booking) => self.holds == PlainHolds::Offer(booking),
            Duty::InSession(session) => self.holds == PlainHolds::Talk(session),
            Duty::WrapUp(wrap_up) => self.holds == PlainHolds::WrapUp(wrap_up.until),
        };
        near && holds
            && self.id == employee.id
            && *self.name == *employee.name
            && self.topics.iter().map(String::as_str).eq(employee.topics.iter().map(|topic| topic.as_str()))
            && self.status() == employee.status().word()
            && self.since == employee.since
            && self.intent() == employee.intent.word()
            && self.lapses == employee.lapse_due
            && self.missed == employee.missed
    }
}

impl PlainSearch {
    fn is(&self, booking: &Booking) -> bool {
        let (state, reason, session) = match self.end {
            None => ("offering", None, None),
            Some(SearchEnd::Talk(talk)) => ("assigned", None, Some(talk)),
            Some(SearchEnd::Without(reason)) => (reason.state().word(), Some(reason), None),
        };
        state == booking.state.word()
            && reason == booking.reason
            && session == booking.session
            && self.client == booking.client
            && self.inquiry.client_name.as_deref() == booking.client_name.as_deref()
            && self.ends_by == booking.deadline
            && self.client_back_by == booking.client_due
            && self.waits == booking.waits_until
            && self.asks.len() == booking.offers.len()
            && self.asks.iter().zip(&booking.offers).all(|(ask, offer)| ask.is(offer))
    }
}

impl PlainOffer {
    fn is(&self, offer: &switchboard_core::Offer) -> bool {
        self.who == offer.employee_id
            && self.expires == offer.expires_at
            && self.outcome == offer.outcome
            && self.delivered == offer.delivered_at.is_some()
            && self.delivered_to == offer.delivered_to
            && self.deliver_by == offer.delivery_due
    }
}

impl PlainTalk {
    fn is(&self, session: &Session) -> bool {
        let ended = self.ended.as_ref();
        let sides = [Party::Client, Party::Employee].into_iter().all(|party| {
            let (side, presence) = (self.sides[party as usize], session.presence(party));
            side.online == presence.online && (ended.is_some() || side.back_by == presence.due)
        });
        sides
            && self.client == session.client
            && self.client_name.as_deref() == session.client_name.as_deref()
            && self.who == session.employee_id
            && ended.map(|(at, _, _)| *at) == session.ended_at
            && ended.map(|(_, by, _)| *by) == session.ended_by
            && self.said.len().min(switchboard_core::limits::MESSAGES_AT_HAND_MAX) == session.messages.len()
            && self.bytes() == session.message_bytes()
            && self.notes == session.notes.as_ref().map(|notes| (notes.body.to_string(), notes.at))
            && self.said.last().map(|said| said.id) == session.messages.back().map(|message| message.id)
    }
}
