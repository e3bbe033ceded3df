//! The company and its employees, without routing.

use switchboard_core::notice::Cause;
use switchboard_core::{BookingId, BookingReason, Brand, EmployeeId, EndedBy, Outcome, SessionId, Whose};

use super::{Near, PlainHolds, PlainModel, PlainStaff};
use crate::reference::ExpectedAnswer;

impl PlainModel {
    pub(super) fn remove(&mut self) -> ExpectedAnswer {
        let open: Vec<BookingId> = self.searches.iter().filter(|s| s.end.is_none()).map(|s| s.id).collect();
        for booking in open {
            self.end_search(booking, Outcome::WithdrawnByAdmin, BookingReason::ClosedByAdmin);
        }
        let running: Vec<SessionId> = self.talks.iter().filter(|t| t.ended.is_none()).map(|t| t.id).collect();
        for session in running {
            self.end_talk(session, EndedBy::Admin, None);
        }
        self.exists = false;
        self.brand = Brand::default();
        self.staff.iter_mut().for_each(|staff| *staff = None);
        self.told.company_gone = true;
        ExpectedAnswer::Done
    }

    /// Tells whose tokens were revoked.
    pub(super) fn revoke(&mut self, whose: &Whose) -> ExpectedAnswer {
        self.told.shut_out.push(whose.clone());
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

    pub(super) fn set_employee(&mut self, id: &EmployeeId, name: &str, topics: &[String]) -> ExpectedAnswer {
        let mut topics = topics.to_vec();
        topics.sort();
        topics.dedup();
        let now = self.now;
        let no = self.staff_no(id).unwrap_or_else(|| {
            self.staff.push(Some(PlainStaff {
                id: id.clone(),
                name: String::new(),
                topics: vec![],
                willing: false,
                near: Near::Gone,
                holds: PlainHolds::Nothing,
                missed: 0,
                lapses: None,
                since: now,
                turn: 0,
            }));
            self.staff.len() - 1
        });
        if let Some(staff) = self.staff[no].as_mut()
            && (staff.name != name || staff.topics != topics)
        {
            staff.name = name.to_owned();
            staff.topics = topics;
            self.told.rows.insert(no);
        }
        ExpectedAnswer::Staff(no)
    }

    pub(super) fn remove_employee(&mut self, id: &EmployeeId) -> ExpectedAnswer {
        let Some(no) = self.staff_no(id) else { return ExpectedAnswer::Done };
        match self.staff(no).map(|staff| staff.holds) {
            Some(PlainHolds::Offer(booking)) => self.close_offer(booking, Outcome::WithdrawnByAdmin),
            Some(PlainHolds::Talk(session)) => self.end_talk(session, EndedBy::Admin, None),
            _ => {}
        }
        self.revoke(&Whose::Employee(id.clone()));
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
                    staff.missed = 0;
                    staff.lapses = (staff.near != Near::Here).then_some(lapse);
                });
            } else {
                self.go_offline(no, cause);
            }
        }
        ExpectedAnswer::Staff(no)
    }
}
