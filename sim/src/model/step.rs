//! One step: a request to the company, and everything that must follow from it.

use std::collections::BTreeMap;

use switchboard_core::notice::Cause;
use switchboard_core::{
    Actor, BookingId, Brand, ClientId, DeviceKind, EmployeeId, OfferId, Party, SessionId, Settings, Time, Whose,
};

use super::{Answer, Ask, Model, Search, Staff, Talk, Told};

/// A request to a company, in the words of the contract.
#[derive(Clone, Debug)]
pub enum Step {
    /// Nothing, or a request that is answered without asking the company.
    Nothing(Answer),
    /// Only the time passes.
    Wake,
    /// The company is loaded again, and only these people are present.
    Resume(Vec<Step>),
    /// Several steps; the first one's answer counts.
    All(Vec<Step>),
    /// A client's first device came (true), or the last one left.
    ClientHere(ClientId, bool),
    /// An employee's first device came (true), or the last one left.
    EmployeeHere(EmployeeId, bool),
    /// A party's first device joined the session (true), or the last one left.
    PartyHere(SessionId, Party, bool),
    SetCompany(Settings),
    SetBrand(Brand),
    RemoveCompany(Time),
    /// An employee is created or changed.
    SetEmployee(EmployeeId, String, Vec<String>),
    RemoveEmployee(EmployeeId, Time),
    /// A person's tokens are revoked.
    Revoke(Whose, Time),
    /// An employee's intent is set: whether they want to be asked, and whether an admin says so.
    SetStatus(EmployeeId, bool, bool),
    /// A client books: name in the token, topic, note and key.
    Book(ClientId, Option<String>, String, Option<String>, Option<String>),
    Cancel(BookingId, Actor),
    /// A device acknowledges the offer.
    Delivered(EmployeeId, OfferId, Option<DeviceKind>),
    Accept(EmployeeId, OfferId),
    Reject(EmployeeId, OfferId),
    /// A message is sent: sender, body and key.
    Say(SessionId, Actor, String, Option<String>),
    /// Notes are written on a session: author and text.
    Notes(SessionId, Actor, String),
    End(SessionId, Actor, Option<String>),
}

impl Model {
    /// Takes a step at that time, with the fresh id that the step may use.
    pub fn step(&mut self, at: Time, step: &Step, fresh: u128) -> (Answer, Told) {
        self.now = at;
        self.told = Told::default();
        let answer = match step {
            Step::Resume(present) => {
                self.happens(Self::nobody_is_here);
                for arrival in present {
                    self.happens(|model| model.take(arrival, fresh));
                }
                self.do_what_is_due();
                Answer::Done
            }
            Step::All(steps) => {
                let mut answers: Vec<Answer> = steps.iter().map(|step| self.take_in_time(step, fresh)).collect();
                answers.drain(..).next().unwrap_or(Answer::Done)
            }
            step => self.take_in_time(step, fresh),
        };
        (answer, std::mem::take(&mut self.told))
    }

    /// Events that are due come first. A request that is refused without asking the company does not even advance its
    /// time.
    fn take_in_time(&mut self, step: &Step, fresh: u128) -> Answer {
        if let Step::Nothing(answer) = step {
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
        let look = |staff: &Option<Staff>| staff.as_ref().map(|staff| (staff.status(), staff.willing));
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
    pub(super) fn change(&mut self, no: usize, cause: Cause, change: impl FnOnce(&mut Staff)) {
        self.causes.insert(no, cause);
        self.change_quietly(no, change);
    }

    /// Changes an employee without a cause of its own, because the cause is told otherwise.
    pub(super) fn change_quietly(&mut self, no: usize, change: impl FnOnce(&mut Staff)) {
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

    fn take(&mut self, step: &Step, fresh: u128) -> Answer {
        if !self.exists {
            return self.take_without_company(step);
        }
        match step {
            Step::Nothing(answer) => answer.clone(),
            Step::Wake | Step::Resume(_) | Step::All(_) => Answer::Done,
            Step::ClientHere(client, here) => self.client_here(client, *here),
            Step::EmployeeHere(employee, here) => self.employee_here(employee, *here),
            Step::PartyHere(session, party, here) => self.party_here(*session, *party, *here),
            Step::SetCompany(settings) => {
                self.settings = settings.clone();
                Answer::Done
            }
            Step::SetBrand(brand) => {
                self.brand = brand.clone();
                Answer::Done
            }
            Step::RemoveCompany(before) => self.remove(*before),
            Step::SetEmployee(id, name, topics) => self.set_employee(id, name, topics),
            Step::RemoveEmployee(id, before) => self.remove_employee(id, *before),
            Step::Revoke(whose, before) => self.revoke(whose, *before),
            Step::SetStatus(id, willing, by_admin) => self.set_status(id, *willing, *by_admin),
            Step::Book(client, name, topic, note, key) => {
                let asked = (topic.as_str(), note.as_ref());
                self.book(client, name.as_ref(), asked, key.as_ref(), fresh)
            }
            Step::Cancel(booking, by) => self.cancel(*booking, by),
            Step::Delivered(who, offer, kind) => self.delivered(who, *offer, kind.as_ref()),
            Step::Accept(who, offer) => self.accept(who, *offer, fresh),
            Step::Reject(who, offer) => self.reject(who, *offer),
            Step::Say(session, by, body, key) => self.say(*session, by, body, key.as_ref(), fresh),
            Step::Notes(session, by, body) => self.notes(*session, by, body),
            Step::End(session, by, reason) => self.end(*session, by, reason.clone()),
        }
    }

    fn take_without_company(&mut self, step: &Step) -> Answer {
        match step {
            Step::SetCompany(settings) => {
                self.begin();
                self.settings = settings.clone();
                Answer::Done
            }
            Step::Nothing(answer) => answer.clone(),
            Step::RemoveCompany(_)
            | Step::Wake
            | Step::Resume(_)
            | Step::All(_)
            | Step::ClientHere(_, false)
            | Step::EmployeeHere(_, false)
            | Step::PartyHere(_, _, false)
            | Step::Delivered(..) => Answer::Done,
            _ => Answer::No("unknown_company"),
        }
    }

    pub(super) fn search_mut(&mut self, id: BookingId) -> Option<&mut Search> {
        self.searches.iter_mut().rev().find(|search| search.id == id)
    }

    pub(super) fn talk_mut(&mut self, id: SessionId) -> Option<&mut Talk> {
        self.talks.iter_mut().rev().find(|talk| talk.id == id)
    }

    pub(super) fn open_ask(&self, booking: BookingId) -> Option<&Ask> {
        self.search(booking)?.asks.last().filter(|ask| ask.outcome.is_none())
    }

    pub(super) fn open_ask_mut(&mut self, booking: BookingId) -> Option<&mut Ask> {
        self.search_mut(booking)?.asks.last_mut().filter(|ask| ask.outcome.is_none())
    }
}
