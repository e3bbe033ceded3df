//! One step: a request to the company, and everything that must follow from it.

use std::collections::BTreeMap;

use switchboard_core::notice::Cause;
use switchboard_core::{
    Actor, BookingId, Brand, ClientId, CompanySettings, DeviceKind, EmployeeId, OfferId, Party, Profile, Routing,
    SessionId, Time, Whose, Word,
};

use super::{ExpectedAnswer, ExpectedNotices, Inquiry, Model, OpenOffer, Search, Staff, Talk};

/// A request to a company, in the words of the contract.
#[derive(Clone, Debug)]
pub enum ModelStep {
    /// Nothing, or a request that is answered without asking the company.
    Nothing(ExpectedAnswer),
    /// Only the time passes.
    Wake,
    /// The company is loaded again, and only these people are present.
    Resume(Vec<ModelStep>),
    /// Several steps; the first one's answer counts.
    All(Vec<ModelStep>),
    /// A client's first device came (true), or the last one left.
    ClientHere(ClientId, bool),
    /// An employee's first device came (true), or the last one left.
    EmployeeHere(EmployeeId, bool),
    /// A party's first device joined the session (true), or the last one left.
    PartyHere(SessionId, Party, bool),
    SetCompany(CompanySettings),
    SetBrand(Brand),
    RemoveCompany(Time),
    /// An employee is created or changed.
    SetEmployee(EmployeeId, String, Vec<String>, Profile),
    /// The rules of who is asked are replaced.
    SetRouting(Box<Routing>),
    RemoveEmployee(EmployeeId, Time),
    /// A person's tokens are revoked.
    Revoke(Whose, Time),
    /// An employee's intent is set: whether they want to be asked, and whether an admin says so.
    SetStatus(EmployeeId, bool, bool),
    /// An employee goes offline: whether an admin says so, for which reason, and for how long.
    Pause(EmployeeId, bool, Option<Word>, Option<u64>),
    /// An employee ends the wrap-up of a session, or all and the rest.
    Finish(EmployeeId, Option<SessionId>),
    /// An employee wraps up for longer: so many milliseconds from now.
    Extend(EmployeeId, SessionId, u64),
    /// An employee says in a word how a session went.
    Code(EmployeeId, SessionId, Word),
    Book(ClientId, Inquiry),
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

    /// Makes one change, and then settles. A search that has just lost its last offer goes on at once, as before there was
    /// routing. Then, in the order of rank, each search that seeks asks its first candidate, until none that seeks has
    /// one.
    pub(super) fn happens<R>(&mut self, thing: impl FnOnce(&mut Self) -> R) -> R {
        let result = self.one_thing(thing);
        loop {
            if let Some(booking) = self.who_is_alone() {
                self.one_thing(|model| model.go_on(booking));
            } else if let Some((booking, no)) = self.who_asks_next() {
                self.one_thing(|model| model.ask_at_last(booking, no));
            } else {
                return result;
            }
        }
    }

    /// Makes one change, and notes each employee whose status, intent, rest or pause is different after it.
    fn one_thing<R>(&mut self, thing: impl FnOnce(&mut Self) -> R) -> R {
        let look = |staff: &Option<Staff>| {
            staff.as_ref().map(|staff| (staff.status(), staff.willing, staff.rests, staff.pause.clone()))
        };
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
        let (was, was_on_duty) = (staff.status(), staff.is_on_duty());
        change(staff);
        if staff.is_on_duty() && !was_on_duty {
            // An absence earns nothing afterwards.
            staff.answered.pass = staff.answered.pass.max(self.pass);
        }
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
            ModelStep::RemoveCompany(before) => self.remove(*before),
            ModelStep::SetEmployee(id, name, topics, profile) => self.set_employee(id, name, topics, profile),
            ModelStep::SetRouting(routing) => {
                self.routing = (**routing).clone();
                ExpectedAnswer::Done
            }
            ModelStep::RemoveEmployee(id, before) => self.remove_employee(id, *before),
            ModelStep::Revoke(whose, before) => self.revoke(whose, *before),
            ModelStep::SetStatus(id, willing, by_admin) => self.set_status(id, *willing, *by_admin),
            ModelStep::Pause(id, by_admin, reason, for_ms) => self.pause(id, *by_admin, reason.as_ref(), *for_ms),
            ModelStep::Finish(id, session) => self.finish(id, *session),
            ModelStep::Extend(id, session, for_ms) => self.extend(id, *session, *for_ms),
            ModelStep::Code(id, session, code) => self.code(id, *session, code),
            ModelStep::Book(client, inquiry) => self.book(client, inquiry, fresh),
            ModelStep::Cancel(booking, by) => self.cancel(*booking, by),
            ModelStep::Delivered(who, offer, kind) => self.delivered(who, *offer, kind.as_ref()),
            ModelStep::Accept(who, offer) => self.accept(who, *offer, fresh),
            ModelStep::Reject(who, offer) => self.reject(who, *offer),
            ModelStep::Say(session, by, body, key) => self.say(*session, by, body, key.as_ref(), fresh),
            ModelStep::Notes(session, by, body) => self.notes(*session, by, body),
            ModelStep::End(session, by, reason) => self.end(*session, by, reason.clone()),
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

    pub(super) fn search_mut(&mut self, id: BookingId) -> Option<&mut Search> {
        self.searches.iter_mut().rev().find(|search| search.id == id)
    }

    pub(super) fn talk_mut(&mut self, id: SessionId) -> Option<&mut Talk> {
        self.talks.iter_mut().rev().find(|talk| talk.id == id)
    }

    pub(super) fn open_ask_mut(&mut self, offer: OfferId) -> Option<&mut OpenOffer> {
        let at = (offer.attempt as usize).checked_sub(1)?;
        self.search_mut(offer.booking)?.asks.get_mut(at).filter(|ask| ask.outcome.is_none())
    }
}
