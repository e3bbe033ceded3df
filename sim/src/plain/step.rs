//! One step of the model without routing.

use std::collections::BTreeMap;

use switchboard_core::notice::Cause;
use switchboard_core::{BookingId, SessionId, Time};

use super::{PlainModel, PlainOffer, PlainSearch, PlainStaff, PlainTalk};
use crate::reference::{ExpectedAnswer, ExpectedNotices, ModelStep};

impl PlainModel {
    /// Takes a step at that time, with the fresh id that the step may use.
    pub fn step(&mut self, at: Time, step: &ModelStep, fresh: u128) -> (ExpectedAnswer, ExpectedNotices) {
        self.now = at;
        self.told = ExpectedNotices::default();
        let answer = match step {
            ModelStep::Resume(present) => {
                self.happens(Self::nobody_is_here);
                for arrival in present {
                    self.happens(|model| model.take(arrival, fresh));
                }
                self.do_what_is_due();
                ExpectedAnswer::Done
            }
            ModelStep::All(steps) => {
                let mut answers: Vec<ExpectedAnswer> =
                    steps.iter().map(|step| self.take_in_time(step, fresh)).collect();
                answers.drain(..).next().unwrap_or(ExpectedAnswer::Done)
            }
            step => self.take_in_time(step, fresh),
        };
        (answer, std::mem::take(&mut self.told))
    }

    /// Events that are due come first. A request that is refused without asking the company does not even advance its
    /// time.
    fn take_in_time(&mut self, step: &ModelStep, fresh: u128) -> ExpectedAnswer {
        if let ModelStep::Nothing(answer) = step {
            return answer.clone();
        }
        self.do_what_is_due();
        self.happens(|model| model.take(step, fresh))
    }

    /// Makes one change, and then the offers that have become possible for waiting searches.
    pub(super) fn happens<R>(&mut self, thing: impl FnOnce(&mut Self) -> R) -> R {
        let result = self.one_thing(thing);
        while let Some((booking, no)) = self.who_waits_no_more() {
            self.one_thing(|model| model.ask_at_last(booking, no));
        }
        result
    }

    /// Makes one change, and notes each employee whose status or intent is different after it.
    fn one_thing<R>(&mut self, thing: impl FnOnce(&mut Self) -> R) -> R {
        let look = |staff: &Option<PlainStaff>| staff.as_ref().map(|staff| (staff.status(), staff.willing));
        let before: Vec<_> = self.staff.iter().map(look).collect();
        self.causes = BTreeMap::new();
        let result = thing(self);
        let after: Vec<_> = self.staff.iter().map(look).collect();
        for (no, cause) in std::mem::take(&mut self.causes) {
            if before.get(no) != after.get(no) && after[no].is_some() {
                self.told.statuses.insert((no, cause.word()));
                self.told.rows.insert(no);
            }
        }
        result
    }

    /// Changes an employee and notes the cause; the time of the status and the place among the idle follow.
    pub(super) fn change(&mut self, no: usize, cause: Cause, change: impl FnOnce(&mut PlainStaff)) {
        self.causes.insert(no, cause);
        self.change_quietly(no, change);
    }

    /// Changes an employee without a cause of its own, because the cause is told otherwise.
    pub(super) fn change_quietly(&mut self, no: usize, change: impl FnOnce(&mut PlainStaff)) {
        let (now, turn) = (self.now, self.turns);
        let Some(staff) = self.staff.get_mut(no).and_then(Option::as_mut) else { return };
        let was = staff.status();
        change(staff);
        if staff.status() != was {
            staff.since = now;
            if staff.status() == "idle" {
                staff.turn = turn;
                self.turns += 1;
            }
        }
    }

    fn take(&mut self, step: &ModelStep, fresh: u128) -> ExpectedAnswer {
        if !self.exists {
            return self.take_without_company(step);
        }
        match step {
            ModelStep::Nothing(answer) => answer.clone(),
            ModelStep::Wake | ModelStep::Resume(_) | ModelStep::All(_) => ExpectedAnswer::Done,
            ModelStep::ClientHere(client, here) => self.client_here(client, *here),
            ModelStep::EmployeeHere(employee, here) => self.employee_here(employee, *here),
            ModelStep::PartyHere(session, party, here) => self.party_here(*session, *party, *here),
            ModelStep::SetCompany(settings) => {
                self.settings = settings.clone();
                ExpectedAnswer::Done
            }
            ModelStep::SetBrand(brand) => {
                self.brand = brand.clone();
                ExpectedAnswer::Done
            }
            ModelStep::RemoveCompany(_) => self.remove(),
            ModelStep::SetEmployee(id, name, topics, _) => self.set_employee(id, name, topics),
            ModelStep::RemoveEmployee(id, _) => self.remove_employee(id),
            ModelStep::Revoke(whose, _) => self.revoke(whose),
            ModelStep::SetStatus(id, willing, by_admin) => self.set_status(id, *willing, *by_admin),
            ModelStep::Book(client, inquiry) => self.book(client, inquiry, fresh),
            ModelStep::Cancel(booking, by) => self.cancel(*booking, by),
            ModelStep::Delivered(who, offer, kind) => self.delivered(who, *offer, kind.as_ref()),
            ModelStep::Accept(who, offer) => self.accept(who, *offer, fresh),
            ModelStep::Reject(who, offer) => self.reject(who, *offer),
            ModelStep::Say(session, by, body, key) => self.say(*session, by, body, key.as_ref(), fresh),
            ModelStep::Notes(session, by, body) => self.notes(*session, by, body),
            ModelStep::End(session, by, reason) => self.end(*session, by, reason.clone()),
            ModelStep::SetRouting(_)
            | ModelStep::Pause(..)
            | ModelStep::Finish(..)
            | ModelStep::Extend(..)
            | ModelStep::Code(..) => panic!("{step:?} came to a company that was never given a routing"),
        }
    }

    fn take_without_company(&mut self, step: &ModelStep) -> ExpectedAnswer {
        match step {
            ModelStep::SetCompany(settings) => {
                self.begin();
                self.settings = settings.clone();
                ExpectedAnswer::Done
            }
            ModelStep::Nothing(answer) => answer.clone(),
            ModelStep::RemoveCompany(_)
            | ModelStep::Wake
            | ModelStep::Resume(_)
            | ModelStep::All(_)
            | ModelStep::ClientHere(_, false)
            | ModelStep::EmployeeHere(_, false)
            | ModelStep::PartyHere(_, _, false)
            | ModelStep::Delivered(..) => ExpectedAnswer::Done,
            _ => ExpectedAnswer::No("unknown_company"),
        }
    }

    pub(super) fn search_mut(&mut self, id: BookingId) -> Option<&mut PlainSearch> {
        self.searches.iter_mut().rev().find(|search| search.id == id)
    }

    pub(super) fn talk_mut(&mut self, id: SessionId) -> Option<&mut PlainTalk> {
        self.talks.iter_mut().rev().find(|talk| talk.id == id)
    }

    pub(super) fn open_ask(&self, booking: BookingId) -> Option<&PlainOffer> {
        self.search(booking)?.asks.last().filter(|ask| ask.outcome.is_none())
    }

    pub(super) fn open_ask_mut(&mut self, booking: BookingId) -> Option<&mut PlainOffer> {
        self.search_mut(booking)?.asks.last_mut().filter(|ask| ask.outcome.is_none())
    }
}
