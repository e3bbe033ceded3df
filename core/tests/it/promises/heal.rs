//! After any walk, everything open ends within a bounded number of deadlines, and every employee can be booked again.

use switchboard_core::{
    Actor, Answer, BookingRequest, ClientId, Command, CompanySettings, EmployeeId, Intent, Notice, Party, Routing,
    SessionId, Time,
};

use super::walk::Walk;

/// Every search asks each of six employees at most once and opens four steps, and each employee has five deadlines.
const DEADLINES_MAX: usize = 150;

impl Walk {
    pub fn heal(&mut self, settings: &CompanySettings) {
        self.let_time_pass_until("searches", |walk| walk.ledger.searches.values().all(|search| search.end.is_some()));
        self.everybody_leaves();
        self.let_time_pass_until("sessions", |walk| walk.ledger.talks.values().all(|talk| talk.ended_by.is_some()));
        self.let_time_pass_until("deadlines", |walk| walk.company.next_deadline().is_none());
        let resting = |walk: &Self| walk.ledger.people.values().any(|person| person.rests.is_some());
        assert!(!resting(self), "somebody rests for ever");
        self.take(&Command::SetCompany { name: "Acme".into(), settings: settings.clone() });
        // Every employee who takes the topic can be asked again; rests and wrap-ups are as before.
        let routing = Routing { routes: vec![], ..self.ledger.routing.clone() };
        self.take(&Command::SetRouting { routing: Box::new(routing) });
        for employee in self.employees.clone() {
            self.take(&Command::set_employee(employee.clone(), "Somebody".into(), vec![]));
            self.set(&employee, Intent::Offline);
        }
        for employee in self.employees.clone() {
            self.can_be_booked(&employee);
        }
    }

    fn let_time_pass_until(&mut self, what: &str, is_over: impl Fn(&Self) -> bool) {
        for _ in 0..DEADLINES_MAX {
            if is_over(self) {
                return;
            }
            let at = self.company.next_deadline().map(Time::as_ms);
            self.now_ms = self.now_ms.max(at.unwrap_or_else(|| panic!("{what} are open without a deadline")));
            self.wake();
        }
        panic!("{what} are open after {DEADLINES_MAX} deadlines");
    }

    fn everybody_leaves(&mut self) {
        let running: Vec<_> = self.ledger.talks.iter().filter(|(_, talk)| talk.ended_by.is_none()).collect();
        let running: Vec<_> = running.into_iter().map(|(session, talk)| (*session, talk.client.clone())).collect();
        for (session, client) in running {
            self.take(&Command::LeaveSession { session, party: Party::Client });
            self.take(&Command::LeaveSession { session, party: Party::Employee });
            self.take(&Command::ClientDisconnected { client });
        }
        for employee in self.employees.clone() {
            self.take(&Command::EmployeeDisconnected { employee });
        }
    }

    /// Books this employee, who is the only idle one, and ends the session.
    fn can_be_booked(&mut self, employee: &EmployeeId) {
        self.take(&Command::EmployeeConnected { employee: employee.clone() });
        self.set(employee, Intent::Idle);
        let client: ClientId = "client-0".parse().unwrap();
        let booking = self.fresh_booking();
        let topic = "law".parse().unwrap();
        let turn = self.take(&Command::Book(BookingRequest::new(booking, client.clone(), topic)));
        let offer = turn.notices.iter().find_map(|notice| match notice {
            Notice::Offer { offer, .. } => Some(*offer),
            _ => None,
        });
        let offer = offer.unwrap_or_else(|| panic!("{employee} is not asked: {:?}", turn.outcome));
        let session = SessionId::from_u128(booking.as_u128());
        let turn = self.take(&Command::Accept { employee: employee.clone(), offer, session });
        assert_eq!(turn.outcome, Ok(Answer::Session(session)));
        self.take(&Command::End { session, by: Actor::Client(client), reason: None });
        self.set(employee, Intent::Offline);
        self.take(&Command::EmployeeDisconnected { employee: employee.clone() });
    }

    fn set(&mut self, employee: &EmployeeId, intent: Intent) {
        let turn = self.take(&Command::set_status(employee.clone(), intent, false));
        assert!(turn.outcome.is_ok());
    }
}
