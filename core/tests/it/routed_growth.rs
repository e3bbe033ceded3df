//! With a routing, a claim, an employee who becomes free and a changed priority cost about the same among a thousand as
//! among a hundred thousand employees, and beside a hundred as beside ten thousand who wait.

use std::sync::Arc;

use switchboard_core::routing::{ClientWishes, EVERYTHING, Prefer, Route, RouteStep, WaitRules};
use switchboard_core::{
    Actor, BookingId, BookingRequest, Command, Company, CompanySettings, EmployeeId, Intent, Level, Profile, Routing,
    SessionId, Skills, Time, Topic, Wishes, Work,
};

const FEW: usize = 1_000;
const MANY: usize = 100_000;
const FEW_WAIT: usize = 100;
const MANY_WAIT: usize = 10_000;
const ROUNDS: usize = 60;
const PER_ROUND: u32 = 10;
const FACTOR_MAX: u64 = 4;

#[test]
fn a_claim_by_level_or_by_wish_among_many_costs_about_what_it_costs_among_few() {
    let (mut few, mut many) = (Crowd::of(FEW), Crowd::of(MANY));
    for work in [Crowd::claims_the_best, Crowd::claims_by_wish_through_two_steps] {
        hold(&mut few, &mut many, work);
    }
}

#[test]
fn an_employee_freed_into_a_long_line_and_a_changed_priority_cost_about_what_they_cost_in_a_short_one() {
    let (mut few, mut many) = (Crowd::waiting(FEW_WAIT), Crowd::waiting(MANY_WAIT));
    for work in [Crowd::frees_an_employee, Crowd::changes_a_priority] {
        hold(&mut few, &mut many, work);
    }
}

fn hold(few: &mut Crowd, many: &mut Crowd, work: fn(&mut Crowd)) {
    let (mut of_few, mut of_many) = (u64::MAX, u64::MAX);
    for _ in 0..ROUNDS {
        of_few = of_few.min(few.ns_per(work));
        of_many = of_many.min(many.ns_per(work));
    }
    println!("{of_few} ns among few, {of_many} ns among many");
    assert!(of_many < of_few * FACTOR_MAX, "{of_many} ns among many, {of_few} ns among few");
}

struct Crowd {
    company: Company,
    turn: usize,
    size: usize,
    /// The booking that came last and waits.
    last: BookingId,
}

impl Crowd {
    /// All are idle, name one of ten topics, and have a level in it; every third speaks German.
    fn of(size: usize) -> Self {
        let mut crowd = Self::empty(size);
        for n in 0..size {
            let mut skills = Skills::from([(topic(n).as_str().parse().unwrap(), level(n))]);
            if n % 3 == 0 {
                skills.insert("de".parse().unwrap(), level(n / 3));
            }
            crowd.hire(n, skills);
        }
        crowd
    }

    /// One employee, with room for one session, and many clients who wait for them.
    fn waiting(size: usize) -> Self {
        let mut crowd = Self::empty(size);
        for n in 0..10 {
            crowd.hire(n, Skills::new());
            crowd.take(&Command::Book(BookingRequest::new(booking(n), client(n), topic(n))));
            let offer = crowd.company.booking(booking(n)).unwrap().latest_offer_id();
            let session = SessionId::from_u128(n as u128);
            crowd.take(&Command::Accept { employee: employee(n), offer, session });
        }
        for n in 10..size + 10 {
            crowd.take(&Command::Book(BookingRequest::new(booking(n), client(n), topic(n))));
        }
        assert_eq!(crowd.company.waiting_count(), size, "all wait");
        crowd.last = booking(size + 9);
        crowd
    }

    fn empty(size: usize) -> Self {
        let mut crowd = Self { company: Company::new("acme".parse().unwrap()), turn: 0, size, last: booking(0) };
        let day_ms = 24 * 60 * 60 * 1000;
        let settings = CompanySettings { booking_deadline_ms: day_ms, ..CompanySettings::default() };
        crowd.take(&Command::SetCompany { name: "Acme".into(), settings });
        let steps = vec![
            RouteStep { prefer: Prefer::Best, ..RouteStep::default() },
            RouteStep { after_ms: 1_000, drop: [EVERYTHING.parse().unwrap()].into(), ..RouteStep::default() },
        ];
        let wait = WaitRules { max_ms: day_ms, max_length: 10_000, empty: false };
        let routing = Routing {
            routes: vec![Arc::new(Route { steps, wait, ..Route::default() })],
            clients: ClientWishes { skills: ["de".parse().unwrap()].into(), employee: false },
            ..Routing::default()
        };
        crowd.take(&Command::SetRouting { routing: Box::new(routing) });
        crowd
    }

    fn hire(&mut self, n: usize, skills: Skills) {
        let (name, topics, profile) = ("Somebody".into(), vec![topic(n)], Profile { skills, ..Profile::default() });
        self.take(&Command::SetEmployee { employee: employee(n), name, topics, profile });
        self.take(&Command::EmployeeConnected { employee: employee(n) });
        self.take(&Command::set_status(employee(n), Intent::Idle, false));
    }

    fn claims_the_best(&mut self) {
        self.books_and_cancels(None);
    }

    /// Asks an employee by the wish, and after a no one of the second step, which drops the wish.
    fn claims_by_wish_through_two_steps(&mut self) {
        let skills = Skills::from([("de".parse().unwrap(), Level::LEAST)]);
        self.books_and_cancels(Some(Box::new(Wishes { skills, ..Wishes::default() })));
    }

    fn books_and_cancels(&mut self, wishes: Option<Box<Wishes>>) {
        let (id, topic) = (BookingId::from_u128(1_000_000 + u128::from(self.company.seq())), topic(self.turn));
        self.take(&Command::Book(BookingRequest { wishes, ..BookingRequest::new(id, client(0), topic) }));
        let found = self.company.booking(id).unwrap();
        let (offer, asked) = found.open_offers().next().expect("an employee is asked");
        let employee = asked.employee_id.clone();
        self.take(&Command::Reject { employee, offer, reason: None });
        self.take(&Command::Cancel { booking: id, by: Actor::Admin });
    }

    /// The booking that asks the employee is cancelled, so the next in line asks them at once; another client comes last.
    fn frees_an_employee(&mut self) {
        let n = self.turn % 10;
        let in_hand = self.company.find_employee(&employee(n)).unwrap().1.load.works().next();
        match in_hand {
            Some(Work::Session(session)) => {
                self.take(&Command::End { session, by: Actor::Admin, reason: None });
            }
            Some(Work::Offer(booking)) => {
                self.take(&Command::Cancel { booking, by: Actor::Admin });
            }
            Some(Work::WrapUp(_)) | None => panic!("a client waits for them"),
        }
        let new = 1_000_000 + usize::try_from(self.company.seq()).unwrap();
        self.take(&Command::Book(BookingRequest::new(booking(new), client(new), topic(n))));
        self.last = booking(new);
    }

    fn changes_a_priority(&mut self) {
        let waiting = self.last;
        let priority = u8::try_from(self.company.seq() % 10).unwrap();
        self.take(&Command::ChangeBooking { booking: waiting, priority });
    }

    #[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "what is measured is time itself")]
    fn ns_per(&mut self, work: fn(&mut Self)) -> u64 {
        let start = std::time::Instant::now();
        for _ in 0..PER_ROUND {
            self.turn = (self.turn + 7_919) % self.size;
            work(self);
        }
        u64::try_from(start.elapsed().as_nanos()).unwrap() / u64::from(PER_ROUND)
    }

    fn take(&mut self, command: &Command) {
        let turn = self.company.take(Time::from_ms(1_000), command);
        assert!(turn.outcome.is_ok(), "{command:?}: {:?}", turn.outcome);
    }
}

fn employee(n: usize) -> EmployeeId {
    format!("employee-{n}").parse().unwrap()
}

fn client(n: usize) -> switchboard_core::ClientId {
    format!("client-{n}").parse().unwrap()
}

fn booking(n: usize) -> BookingId {
    BookingId::from_u128(n as u128)
}

fn topic(n: usize) -> Topic {
    format!("topic-{}", n % 10).parse().unwrap()
}

fn level(n: usize) -> Level {
    Level::ALL[n % Level::ALL.len()]
}
