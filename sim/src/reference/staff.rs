//! The company, its employees, and whether they want to be asked.

use switchboard_core::notice::Cause;
use switchboard_core::{
    BookingId, BookingReason, Brand, EmployeeId, EndedBy, Outcome, Profile, Routing, SessionId, Time, Whose,
};

use super::{Answered, ExpectedAnswer, Holds, Model, Near, Staff};

impl Model {
    pub(super) fn remove(&mut self, before: Time) -> ExpectedAnswer {
        let open: Vec<BookingId> = self.searches.iter().filter(|s| s.end.is_none()).map(|s| s.id).collect();
        for booking in open {
            self.end_search(booking, Outcome::WithdrawnByAdmin, BookingReason::ClosedByAdmin);
        }
        let running: Vec<SessionId> = self.talks.iter().filter(|t| t.ended.is_none()).map(|t| t.id).collect();
        for session in running {
            self.end_talk(session, EndedBy::Admin, None);
        }
        self.revoke(&Whose::Everybody, before);
        self.exists = false;
        self.brand = Brand::default();
        self.routing = Routing::default();
        self.staff.iter_mut().for_each(|staff| *staff = None);
        self.told.company_gone = true;
        ExpectedAnswer::Done
    }

    /// Makes the company anew: one that existed before begins empty.
    pub(super) fn begin(&mut self) {
        self.exists = true;
        self.searches.clear();
        self.talks.clear();
        self.past.clear();
        self.days.clear();
    }

    pub(super) fn set_employee(
        &mut self,
        id: &EmployeeId,
        name: &str,
        topics: &[String],
        profile: &Profile,
    ) -> ExpectedAnswer {
        let mut topics = topics.to_vec();
        topics.sort();
        topics.dedup();
        let now = self.now;
        let no = self.staff_no(id).unwrap_or_else(|| {
            self.staff.push(Some(Staff {
                id: id.clone(),
                name: String::new(),
                topics: vec![],
                willing: false,
                near: Near::Gone,
                holds: Holds::Nothing,
                missed: 0,
                lapses: None,
                since: now,
                turn: 0,
                profile: Profile::default(),
                answered: Answered::default(),
                pause: None,
                rests: None,
            }));
            self.staff.len() - 1
        });
        if let Some(staff) = self.staff[no].as_mut()
            && (staff.name != name || staff.topics != topics || staff.profile != *profile)
        {
            staff.name = name.to_owned();
            staff.profile = profile.clone();
            staff.topics = topics;
            self.told.rows.insert(no);
        }
        ExpectedAnswer::Staff(no)
    }

    pub(super) fn remove_employee(&mut self, id: &EmployeeId, before: Time) -> ExpectedAnswer {
        let Some(no) = self.staff_no(id) else { return ExpectedAnswer::Done };
        match self.staff(no).map(|staff| staff.holds) {
            Some(Holds::Offer(booking)) => {
                self.close_asks(booking, Outcome::WithdrawnByAdmin, |ask| ask.staff == no);
            }
            Some(Holds::Talk(session)) => self.end_talk(session, EndedBy::Admin, None),
            _ => {}
        }
        self.revoke(&Whose::Employee(id.clone()), before);
        self.staff[no] = None;
        self.told.removed.push(id.clone());
        ExpectedAnswer::Done
    }

    pub(super) fn set_status(&mut self, id: &EmployeeId, willing: bool, by_admin: bool) -> ExpectedAnswer {
        let Some(no) = self.staff_no(id) else { return ExpectedAnswer::No("unknown_employee") };
        let cause = if by_admin { Cause::SetByAdmin } else { Cause::SetByEmployee };
        let lapse = self.now.plus_ms(self.settings.intent_lapse_ms);
        if self.staff(no).is_some_and(|staff| staff.willing != willing) {
            if willing {
                self.change(no, cause, |staff| {
                    staff.willing = true;
                    staff.pause = None;
                    staff.rests = None;
                    staff.missed = 0;
                    staff.lapses = (staff.near != Near::Here).then_some(lapse);
                });
            } else {
                self.go_offline(no, cause, None);
            }
        } else if !willing && self.staff(no).is_some_and(|staff| staff.pause.is_some()) {
            // Offline without a reason and without an end, in place of a pause.
            self.go_offline(no, cause, None);
        }
        ExpectedAnswer::Staff(no)
    }
}
