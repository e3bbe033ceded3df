//! Finding, taking and giving back an idle employee costs about the same among a thousand as among a hundred thousand.
//!
//! A scan would cost a hundred times as much; a tree costs less than twice. Both companies are measured in turn in one
//! run, in rounds shorter than a slice of the scheduler, and the best rounds are compared, because the time that a busy
//! machine adds to a round is no cost of the claim.

use switchboard_core::{
    Actor, BookingId, BookingRequest, Command, Company, CompanySettings, EmployeeId, Intent, Notice, OfferId,
    SessionId, Time, Topic,
};

const FEW: usize = 1_000;
const MANY: usize = 100_000;
const FEW_WAIT: usize = 500;
const MANY_WAIT: usize = 50_000;
const ROUNDS: usize = 80;
const PER_ROUND: u32 = 10;
const FACTOR_MAX: u64 = 4;

#[test]
fn a_claim_among_many_costs_about_what_it_costs_among_few() {
    let mut few = Crowd::new(FEW);
    let mut many = Crowd::new(MANY);
    for work in [Crowd::book_and_cancel, Crowd::the_whole_way, Crowd::drop_and_return, Crowd::hire_other_topics] {
        let (mut of_few, mut of_many) = (u64::MAX, u64::MAX);
        for _ in 0..ROUNDS {
            of_few = of_few.min(few.ns_per(work));
            of_many = of_many.min(many.ns_per(work));
        }
        assert!(of_many < of_few * FACTOR_MAX, "{of_many} ns among {MANY}, {of_few} ns among {FEW}");
    }
}

/// Searches that wait for one absent employee, after each has asked another.
#[test]
fn who_comes_while_many_searches_wait_finds_the_oldest_as_fast_as_among_few() {
    let (mut few, mut many) = (Crowd::waiting(FEW_WAIT), Crowd::waiting(MANY_WAIT));
    let (mut of_few, mut of_many) = (u64::MAX, u64::MAX);
    for _ in 0..ROUNDS {
        of_few = of_few.min(few.ns_per(Crowd::come_and_go));
        of_many = of_many.min(many.ns_per(Crowd::come_and_go));
    }
    assert!(of_many < of_few * FACTOR_MAX, "{of_many} ns while {MANY_WAIT} wait, {of_few} ns while {FEW_WAIT} do");
}

/// A company whose employees are all idle: every second takes any topic, the others one of ten.
struct Crowd {
    company: Company,
    size: usize,
    turn: usize,
}

impl Crowd {
    fn new(size: usize) -> Self {
        let mut crowd = Self { company: Company::new("acme".parse().unwrap()), size, turn: 0 };
        crowd.take(&Command::SetCompany { name: "Acme".into(), settings: CompanySettings::default() });
        for n in 0..size {
            let topics = if n % 2 == 0 { vec![] } else { vec![topic(n)] };
            crowd.take(&Command::set_employee(employee(n), "Somebody".into(), topics));
            crowd.take(&Command::EmployeeConnected { employee: employee(n) });
            crowd.take(&Command::set_status(employee(n), Intent::Idle, false));
        }
        assert_eq!(crowd.company.availability().idle, size);
        crowd
    }

    fn waiting(size: usize) -> Self {
        let mut crowd = Self { company: Company::new("acme".parse().unwrap()), size, turn: 0 };
        let day_ms = 24 * 60 * 60 * 1000;
        let settings = CompanySettings {
            booking_deadline_ms: day_ms,
            employee_grace_ms: day_ms,
            intent_lapse_ms: day_ms,
            ..CompanySettings::default()
        };
        crowd.take(&Command::SetCompany { name: "Acme".into(), settings });
        crowd.come("away", vec![]);
        crowd.take(&Command::EmployeeDisconnected { employee: "away".parse().unwrap() });
        for n in 0..size {
            crowd.come(&format!("employee-{n}"), vec![topic(n)]);
        }
        for n in 0..size {
            let (booking, client) = (BookingId::from_u128(n as u128), format!("client-{n}").parse().unwrap());
            crowd.take(&Command::Book(BookingRequest::new(booking, client, topic(n))));
        }
        for n in 0..size {
            crowd.go(&format!("employee-{n}"));
        }
        assert_eq!(crowd.company.bookings().filter(|booking| booking.waits()).count(), size, "all wait");
        crowd
    }

    /// A new employee is asked by the oldest search that fits, and goes again, so that the search waits on.
    fn come_and_go(&mut self) {
        let id = format!("somebody-{}", self.company.seq());
        assert!(self.come(&id, vec![topic(self.turn), topic(self.turn + 1)]).is_some(), "a search waits for them");
        self.go(&id);
    }

    fn come(&mut self, id: &str, topics: Vec<Topic>) -> Option<OfferId> {
        let employee: EmployeeId = id.parse().unwrap();
        self.take(&Command::set_employee(employee.clone(), "Somebody".into(), topics));
        self.take(&Command::EmployeeConnected { employee: employee.clone() });
        self.take(&Command::set_status(employee, Intent::Idle, false))
    }

    fn go(&mut self, id: &str) {
        self.take(&Command::set_status(id.parse().unwrap(), Intent::Offline, false));
    }

    #[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "what is measured is time itself")]
    fn ns_per(&mut self, work: fn(&mut Self)) -> u64 {
        let start = std::time::Instant::now();
        for _ in 0..PER_ROUND {
            // Far apart, so that another part of the tree is touched each time.
            self.turn = (self.turn + 7_919) % self.size;
            work(self);
        }
        u64::try_from(start.elapsed().as_nanos()).unwrap() / u64::from(PER_ROUND)
    }

    fn take(&mut self, command: &Command) -> Option<OfferId> {
        let turn = self.company.take(Time::from_ms(1_000), command);
        assert!(turn.outcome.is_ok(), "{command:?}: {:?}", turn.outcome);
        turn.notices.iter().find_map(|notice| match notice {
            Notice::Offer { offer, .. } => Some(*offer),
            _ => None,
        })
    }

    fn book(&mut self) -> OfferId {
        let booking = BookingId::from_u128(self.company.seq().into());
        let (client, topic) = ("zoe".parse().unwrap(), topic(self.turn));
        self.take(&Command::Book(BookingRequest::new(booking, client, topic))).expect("somebody is idle")
    }

    fn book_and_cancel(&mut self) {
        let booking = self.book().booking;
        self.take(&Command::Cancel { booking, by: Actor::Admin });
    }

    fn the_whole_way(&mut self) {
        let offer = self.book();
        let session = SessionId::from_u128(offer.booking.as_u128());
        let employee = self.company.booking(offer.booking).unwrap().open_offers().next().unwrap().1.employee_id.clone();
        self.take(&Command::Accept { employee, offer, session });
        self.take(&Command::End { session, by: Actor::Admin, reason: None });
    }

    fn drop_and_return(&mut self) {
        let employee = employee(self.turn);
        self.take(&Command::EmployeeDisconnected { employee: employee.clone() });
        self.take(&Command::EmployeeConnected { employee });
    }

    fn hire_other_topics(&mut self) {
        let topics = vec![topic(self.turn), topic(self.turn + 1)];
        let (employee, name) = (employee(self.turn), format!("Somebody {}", self.company.seq()).into());
        self.take(&Command::set_employee(employee, name, topics));
    }
}

fn employee(n: usize) -> EmployeeId {
    format!("employee-{n}").parse().unwrap()
}

fn topic(n: usize) -> Topic {
    format!("topic-{}", n % 10).parse().unwrap()
}
