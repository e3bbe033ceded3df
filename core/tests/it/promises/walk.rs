//! A walk: one company, its clock and its people, with a check of every promise after every step.

use switchboard_core::{
    Actor, Answer, Availability, BookingId, BookingReason, BookingRequest, ClientId, Command, Company, CompanySettings,
    EmployeeId, Event, Intent, Key, MessageId, Notice, OfferId, Outcome, Party, PauseRequest, Profile, Refusal,
    SessionId, Skills, Time, Turn, Wishes, Word, invariants,
};

use super::ledger::{Asked, End, Holds, Ledger, Person, Search, Turns};
use super::step::{SKILLS, Step, Who};

const TOPICS: [&str; 3] = ["fun", "law", "tax"];

pub struct Walk {
    pub company: Company,
    pub ledger: Ledger,
    pub now_ms: u64,
    clients: Vec<ClientId>,
    pub employees: Vec<EmployeeId>,
    history: Vec<(Time, Event)>,
    fresh: u128,
    answered: Vec<(Command, Result<Answer, Refusal>)>,
    moment: Option<(usize, String)>,
    /// Whether employees have skills and clients have wishes.
    routes: bool,
}

impl Walk {
    /// Half of the employees are connected and idle; the second half takes some topics only.
    pub fn new(clients: usize, employees: usize, settings: CompanySettings, routes: bool) -> Self {
        let mut walk = Self {
            company: Company::new("acme".parse().unwrap()),
            ledger: Ledger::default(),
            now_ms: 1_000,
            clients: (0..clients).map(|n| format!("client-{n}").parse().unwrap()).collect(),
            employees: (0..employees).map(|n| format!("employee-{n}").parse().unwrap()).collect(),
            history: Vec::new(),
            fresh: 0,
            answered: Vec::new(),
            moment: None,
            routes,
        };
        walk.step(&Step::Settings(settings));
        for employee in 0..employees {
            let number = u8::try_from(employee % 3 + 1).unwrap();
            let skills = ["de", "law"].map(|word| (word.parse().unwrap(), number.try_into().unwrap()));
            let profile = Profile { skills: skills.into(), share: number, ..Profile::default() };
            walk.step(&Step::Hire { employee, topics: if employee % 2 == 0 { 0 } else { employee }, profile });
            walk.step(&Step::Employee { employee, connects: true });
            walk.step(&Step::Status { employee, idle: employee < 4, by_admin: false });
        }
        walk
    }

    pub fn seq(&self) -> u64 {
        self.company.seq()
    }

    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Wait(ms) => self.wait(*ms),
            Step::Late(ms) => self.now_ms += ms,
            Step::Back(ms) => self.now_ms = self.now_ms.saturating_sub(*ms),
            Step::Reread => self.reread(),
            Step::Restart => {
                self.reread();
                self.take(&Command::Resume);
            }
            Step::Repeat(which) => self.repeat(*which),
            _ => {
                if let Some(command) = self.command(step) {
                    self.take(&command);
                }
            }
        }
    }

    pub fn fresh_booking(&mut self) -> BookingId {
        self.fresh += 1;
        BookingId::from_u128(self.fresh)
    }

    pub fn wake(&mut self) {
        self.take(&Command::Wake);
    }

    fn wait(&mut self, ms: u64) {
        let until = self.now_ms + ms;
        while let Some(at) = self.company.next_deadline().map(Time::as_ms).filter(|at| *at <= until) {
            self.now_ms = self.now_ms.max(at);
            self.wake();
        }
        self.now_ms = until;
    }

    /// Replaces the company by the one that its snapshot gives.
    fn reread(&mut self) {
        let stored = json(&self.company);
        let mut read: Company = serde_json::from_str(&stored).unwrap();
        read.rebuild();
        assert_eq!(json(&read), stored);
        assert_eq!(read.next_deadline(), self.company.next_deadline());
        self.company = read;
    }

    /// Promise 7: a repeat gets the same answer, and changes nothing.
    fn repeat(&mut self, which: usize) {
        let Some(at) = which.checked_rem(self.answered.len()) else { return };
        let (command, first) = self.answered[at].clone();
        let again = self.with_fresh_ids(command);
        let turn = self.take(&again);
        if !self.ledger.exists {
            return assert_eq!(turn.outcome, Err(Refusal::UnknownCompany));
        }
        // A removed employee has no business here any more, which the judge has checked.
        if self.has_left(&again) {
            return;
        }
        // A reject is answered with the employee as they are now.
        let is_reject = matches!(again, Command::Reject { .. });
        let same = if is_reject { turn.outcome.is_ok() == first.is_ok() } else { turn.outcome == first };
        assert!(same, "{again:?}: {:?}, and first {first:?}", turn.outcome);
    }

    fn has_left(&self, command: &Command) -> bool {
        let employee = match command {
            Command::Accept { employee, offer, .. } | Command::Reject { employee, offer, .. } => {
                return self
                    .ledger
                    .asked(*offer)
                    .is_some_and(|asked| asked.id == *employee && !self.ledger.is_still(asked.employee, employee));
            }
            Command::Send { session, by, .. }
            | Command::WriteNotes { session, by, .. }
            | Command::End { session, by, .. } => Some((*session, by)),
            _ => None,
        };
        employee.is_some_and(|(session, by)| matches!(by, Actor::Employee(_)) && !self.ledger.is_of(session, by))
    }

    fn with_fresh_ids(&mut self, mut command: Command) -> Command {
        self.fresh += 1;
        match &mut command {
            Command::Book(request) => request.booking = BookingId::from_u128(self.fresh),
            Command::Accept { session, .. } => *session = SessionId::from_u128(self.fresh),
            Command::Send { message, .. } => *message = MessageId::from_u128(self.fresh),
            _ => {}
        }
        command
    }

    pub fn take(&mut self, command: &Command) -> Turn {
        let mut untouched = self.company.clone();
        let before = self.ledger.clone();
        let (could_be_booked, marks) = (self.company.availability(), self.company.availability_marks());
        let turn = self.company.take(Time::from_ms(self.now_ms), command);
        if turn.events.iter().any(|event| matches!(event, Event::CompanySet { .. })) && !before.exists {
            self.answered.clear();
        }
        for event in &turn.events {
            self.ledger.write(turn.at, event);
            self.history.push((turn.at, event.clone()));
        }
        if turn.outcome.is_err() {
            // A refused command does nothing: such events come from the clock.
            let of_the_clock = untouched.take(Time::from_ms(self.now_ms), &Command::Wake);
            assert_eq!(turn.events, of_the_clock.events, "{command:?} was refused and did something");
        }
        self.judge(command, &turn.outcome);
        self.everybody_heard(&before, &turn, command);
        self.the_state_is_as_written();
        self.what_can_be_booked_is_marked(&could_be_booked, marks);
        if !matches!(command, Command::Resume) {
            self.deadlines_were_kept(turn.at);
        }
        if is_final(command, &turn.outcome) {
            self.answered.push((command.clone(), turn.outcome.clone()));
        }
        turn
    }

    /// Promises 1, 7 and 8: the answer follows from the ledger, for every caller and every repeat.
    fn judge(&self, command: &Command, outcome: &Result<Answer, Refusal>) {
        if !self.ledger.exists {
            return assert!(matches!(outcome, Ok(Answer::Done) | Err(Refusal::UnknownCompany)), "{command:?}");
        }
        let expected = match command {
            Command::Book(request) => return self.judge_book(request, outcome),
            Command::Code { employee, session, code } => self.expected_of_code(employee, *session, code),
            Command::Extend { employee, session, .. } => return self.judge_extend(employee, *session, outcome),
            Command::SetStatus { employee, intent: Intent::Offline, pause: PauseRequest { reason, .. }, .. } => {
                let reasons = &self.ledger.routing.pause_reasons;
                let is_known = reason.as_ref().is_none_or(|reason| reasons.is_empty() || reasons.contains(reason));
                let is_there = self.company.find_employee(employee).is_some();
                return assert_eq!(outcome.is_ok(), is_known && is_there, "{command:?}: {outcome:?}");
            }
            Command::Cancel { booking, by } => self.expected_of_cancel(*booking, by),
            Command::Accept { employee, offer, .. } => self.expected_of_answer(employee, *offer, true),
            Command::Reject { employee, offer, .. } => self.expected_of_answer(employee, *offer, false),
            Command::End { session, by, .. } => self.expected_of_end(*session, by),
            Command::WriteNotes { session, by, .. } => self.expected_of_notes(*session, by),
            Command::Send { session, by, .. } if !self.ledger.is_of(*session, by) => Err(Refusal::Forbidden),
            _ => return,
        };
        assert_eq!(*outcome, expected, "{command:?}");
    }

    fn judge_book(&self, request: &BookingRequest, outcome: &Result<Answer, Refusal>) {
        let BookingRequest { client, topic, wishes, .. } = request;
        let wishes = wishes.as_ref().map(|wishes| wishes.skills.clone()).unwrap_or_default();
        let allowed = &self.ledger.routing.clients.skills;
        let is_allowed = wishes.keys().all(|wish| allowed.contains(wish));
        match outcome {
            Err(Refusal::Forbidden) => assert!(!is_allowed, "{wishes:?} is allowed"),
            Ok(Answer::Booking(booking)) => assert_eq!(self.ledger.searches[booking].client, *client),
            Err(Refusal::AlreadyBooked(booking)) => assert_eq!(self.ledger.open_of(client), Some(*booking)),
            Err(Refusal::NoIdleEmployee(named_by)) => {
                let steps = self.ledger.steps_for(topic);
                let mut candidates = steps.iter().flat_map(|step| self.ledger.candidates_of(step, topic, &wishes));
                assert!(is_allowed && candidates.next().is_none(), "somebody could be asked");
                assert_eq!(*named_by, self.ledger.named_by(topic));
            }
            other => panic!("no answer to a booking: {other:?}"),
        }
    }

    fn expected_of_cancel(&self, booking: BookingId, by: &Actor) -> Result<Answer, Refusal> {
        let search = &self.ledger.searches[&booking];
        let reason = match by {
            Actor::Client(client) if *client == search.client => BookingReason::ClientCancelled,
            Actor::Admin => BookingReason::ClosedByAdmin,
            Actor::Client(_) | Actor::Employee(_) => return Err(Refusal::Forbidden),
        };
        let theirs = search.end == Some(End::Without(reason));
        if theirs { Ok(Answer::Booking(booking)) } else { Err(Refusal::BookingClosed(booking)) }
    }

    fn expected_of_answer(&self, employee: &EmployeeId, offer: OfferId, yes: bool) -> Result<Answer, Refusal> {
        let is_theirs = |asked: &&Asked| self.ledger.is_still(asked.employee, employee);
        let asked = self.ledger.asked(offer).filter(is_theirs).ok_or(Refusal::UnknownOffer)?;
        let outcome = asked.outcome.expect("an answer closes the offer");
        match (yes, outcome, self.ledger.searches[&offer.booking].end) {
            (true, Outcome::Accepted, Some(End::Talk(session))) => Ok(Answer::Session(session)),
            (false, Outcome::Rejected, _) => {
                Ok(self.company.find_employee(employee).map_or(Answer::Done, |(no, _)| Answer::Employee(no)))
            }
            _ => Err(Refusal::OfferClosed(outcome)),
        }
    }

    fn expected_of_end(&self, session: SessionId, by: &Actor) -> Result<Answer, Refusal> {
        let talk = &self.ledger.talks[&session];
        if !self.ledger.is_of(session, by) && *by != Actor::Admin {
            return Err(Refusal::Forbidden);
        }
        let ended_by = talk.ended_by.expect("an end ends it");
        let theirs = ended_by.word() == side(by);
        if theirs { Ok(Answer::Session(session)) } else { Err(Refusal::SessionEnded) }
    }

    fn expected_of_code(&self, employee: &EmployeeId, session: SessionId, code: &Word) -> Result<Answer, Refusal> {
        if self.company.find_employee(employee).is_none() {
            return Err(Refusal::UnknownEmployee);
        }
        if !self.ledger.is_of(session, &Actor::Employee(employee.clone())) {
            return Err(Refusal::Forbidden);
        }
        let codes = &self.ledger.routing.wrap_up.codes;
        if codes.contains(code) {
            assert_eq!(self.ledger.talks[&session].code.as_ref(), Some(code), "a code is kept");
            return Ok(Answer::Session(session));
        }
        let problem = match codes.first() {
            None => "is unknown: the company has no `wrap_up.codes`".to_owned(),
            Some(only) => format!("must be one of the company's `wrap_up.codes`: `{only}`"),
        };
        Err(Refusal::Invalid { field: "code", problem })
    }

    fn judge_extend(&self, employee: &EmployeeId, session: SessionId, outcome: &Result<Answer, Refusal>) {
        match outcome {
            Ok(_) => assert!(self.ledger.is_of(session, &Actor::Employee(employee.clone()))),
            Err(Refusal::UnknownEmployee) => assert!(self.company.find_employee(employee).is_none()),
            Err(Refusal::Invalid { .. }) => {}
            Err(other) => panic!("no answer to a longer wrap-up: {other:?}"),
        }
    }

    fn expected_of_notes(&self, session: SessionId, by: &Actor) -> Result<Answer, Refusal> {
        let is_theirs = matches!(by, Actor::Employee(_)) && self.ledger.is_of(session, by);
        if is_theirs { Ok(Answer::Session(session)) } else { Err(Refusal::Forbidden) }
    }

    /// Every person affected by an event is told, also of a changed status.
    fn everybody_heard(&self, before: &Ledger, turn: &Turn, command: &Command) {
        let heard = |notice: Notice| assert!(turn.notices.contains(&notice), "{notice:?} is missing after {command:?}");
        let made =
            |offer: OfferId| turn.events.iter().any(|e| matches!(e, Event::OfferMade { offer: o, .. } if *o == offer));
        let closed = |offer: OfferId| {
            turn.events.iter().any(|e| matches!(e, Event::OfferClosed { offer: o, .. } if *o == offer))
        };
        let accepted = |offer: OfferId| {
            turn.events.iter().any(|e| matches!(e, Event::OfferAccepted { offer: o, .. } if *o == offer))
        };
        for event in &turn.events {
            match event {
                Event::OfferMade { offer, employee, .. } => {
                    // An offer that came and went in one turn is not told, even if a guess of its id accepted it.
                    let told = turn.notices.contains(&Notice::Offer { employee: *employee, offer: *offer });
                    assert_eq!(told, !closed(*offer) && !accepted(*offer), "{offer} after {command:?}");
                    self.client_heard(turn, offer.booking);
                }
                Event::OfferClosed { offer, outcome, .. } if !made(*offer) => {
                    let employee = self.ledger.asked(*offer).unwrap().employee;
                    heard(Notice::OfferClosed { employee, offer: *offer, outcome: *outcome });
                }
                Event::OfferAccepted { offer, .. } => self.client_heard(turn, offer.booking),
                Event::BookingEnded { booking, .. } => self.client_heard(turn, *booking),
                Event::MessageSent { session, message, .. } => {
                    heard(Notice::Message { session: *session, message: *message });
                }
                Event::NotesWritten { session, .. } => heard(Notice::Notes { session: *session }),
                Event::SessionCoded { session, .. } => self.a_code_ends_the_wrap_up(*session),
                Event::SessionEnded { session, .. } => heard(Notice::Ended { session: *session }),
                _ => {}
            }
        }
        for (no, is) in &self.ledger.people {
            let shown = |person: &Person| (person.status(), person.intent, person.rests, person.pause.clone());
            let was = before.people.get(no).map(shown);
            if was.is_some_and(|was| was != shown(is)) {
                let told = |notice: &Notice| matches!(notice, Notice::Status { employee, .. } if employee == no);
                assert!(turn.notices.iter().any(told), "{} was not told their status after {command:?}", is.id);
            }
        }
    }

    /// A company that waits for codes waits no more.
    fn a_code_ends_the_wrap_up(&self, coded: SessionId) {
        let waits = |person: &Person| matches!(person.holds, Holds::WrapUp { session, .. } if session == Some(coded));
        let goes_on = self.ledger.people.values().any(waits);
        assert!(
            !goes_on || !self.ledger.routing.wrap_up.code_required,
            "the wrap-up of {coded} goes on after its code"
        );
    }

    fn client_heard(&self, turn: &Turn, booking: BookingId) {
        let client = self.ledger.searches[&booking].client.clone();
        assert!(turn.notices.contains(&Notice::Booking { client, booking }), "the client of {booking} was not told");
    }

    fn the_state_is_as_written(&self) {
        if let Err(broken) = invariants::check(&self.company) {
            panic!("{broken}");
        }
        assert_eq!(self.company.exists(), self.ledger.exists);
        assert!(!self.ledger.exists || *self.company.settings() == self.ledger.settings);
        assert_eq!(self.company.employees_after(None).count(), self.ledger.people.len());
        for (no, person) in &self.ledger.people {
            let employee = self.company.employee_no(*no).expect("who is written down is there");
            assert_eq!((employee.status(), employee.intent), (person.status(), person.intent), "{}", person.id);
            let may_be_asked = person.intent == Intent::Idle || !matches!(person.holds, Holds::Offer(_));
            assert!(may_be_asked, "{} has an offer and wants to be offline", person.id);
            let turns = Turns {
                latest: employee.turns.latest,
                day: u64::from(employee.turns.day),
                of_day: employee.turns.of_day.into(),
                pass: employee.turns.pass,
            };
            assert_eq!((turns, employee.missed), (person.turns, person.missed), "the turns of {}", person.id);
            let pause = employee.pause.as_ref().map(|pause| (pause.reason.clone(), pause.until));
            assert_eq!((employee.resting_until, pause), (person.rests, person.pause.clone()), "{}", person.id);
        }
        let topics = TOPICS.iter().map(|topic| topic.parse().unwrap());
        for topic in topics.map(Some).chain([None]) {
            for person in self.ledger.people.values() {
                let takes =
                    self.company.find_employee(&person.id).map(|(_, e)| topic.as_ref().is_none_or(|t| e.takes(t)));
                assert_eq!(takes, Some(person.takes(topic.as_ref())), "{} takes {topic:?}", person.id);
            }
            let line: Vec<&EmployeeId> = self.company.in_line(topic.as_ref()).into_iter().map(|e| &e.id).collect();
            let written: Vec<&EmployeeId> =
                self.ledger.line(topic.as_ref()).iter().map(|no| &self.ledger.people[no].id).collect();
            assert_eq!(line, written, "the line for {topic:?}");
        }
        for (topic, of) in self.company.availability().topics {
            let written = self.ledger.line(Some(&topic)).len();
            let steps = self.ledger.steps_for(&topic);
            let can = steps.iter().any(|step| !self.ledger.candidates_of(step, &topic, &Skills::new()).is_empty());
            assert_eq!((of.idle, of.available), (written, can), "what can be booked on {topic}");
        }
        for (session, talk) in &self.ledger.talks {
            let notes = self.company.session(*session).and_then(|session| session.notes.as_ref());
            assert_eq!(notes, talk.notes.as_ref(), "what is noted on {session}");
        }
        for client in &self.clients {
            assert_eq!(self.company.booking_of(client).map(|booking| booking.id), self.ledger.open_of(client));
        }
    }

    /// The exchange tells clients of availability only when a mark has moved.
    fn what_can_be_booked_is_marked(&self, before: &Availability, marks: (u64, u64)) {
        let (is, moved) = (self.company.availability(), self.company.availability_marks());
        assert!(is == *before || moved != marks, "another count, and no mark moved");
        assert!(is.says_the_same_as(before) || moved.0 != marks.0, "another `available`, and its mark did not move");
    }

    /// Promise 3: nothing is open past its deadline.
    fn deadlines_were_kept(&self, at: Time) {
        for (offer, asked) in self.ledger.open_offers() {
            assert!(at < asked.expires_at, "{offer} is open past its time");
        }
        let open = self.ledger.searches.iter().filter(|(_, search)| search.end.is_none());
        for (booking, search) in open {
            assert!(at < search.ends_by, "{booking} is open past its time");
            assert!(search.waits.is_none_or(|until| at < until), "{booking} waits past its time");
            assert!(search.waits.is_some() || search.open() > 0, "{booking} neither asks nor waits");
            if search.seeks(at) {
                assert_eq!(self.ledger.candidates(*booking), [], "{booking} waits beside somebody who is free");
            }
            let next = search.way.as_ref().and_then(|way| Some((way.began, way.steps.get(way.open)?)));
            let is_late = next.is_some_and(|(began, step)| began.plus_ms(step.after_ms) <= at);
            assert!(!is_late, "a step of {booking} is not open though its time has come");
        }
        for person in self.ledger.people.values() {
            let pause = person.pause.as_ref().and_then(|(_, until)| *until);
            let wrap_up = if let Holds::WrapUp { until, .. } = person.holds { Some(until) } else { None };
            let ends = [person.rests, pause, wrap_up];
            assert!(ends.into_iter().flatten().all(|until| at < until), "{} is held past the time", person.id);
        }
    }

    pub fn remember_this_moment(&mut self) {
        self.moment = Some((self.history.len(), json(&self.company)));
    }

    /// The fold of the events is the state, byte for byte: now, and at the moment that was remembered.
    pub fn fold_again(&self) {
        let mut folded = Company::new(self.company.id().clone());
        let mut light = folded.clone();
        for (count, (at, event)) in self.history.iter().enumerate() {
            if let Some((_, then)) = self.moment.as_ref().filter(|(length, _)| *length == count) {
                assert_eq!(json(&folded), *then);
                light = folded.without_past();
            }
            folded.apply(*at, event);
            light.apply(*at, event);
        }
        assert_eq!(json(&folded), json(&self.company));
        assert_eq!(light.without_past(), folded.without_past(), "what has ended changes nothing that comes");
        invariants::check(&folded.without_past()).expect("a company without its past is whole");
    }
}

impl Walk {
    fn command(&mut self, step: &Step) -> Option<Command> {
        self.fresh += 1;
        let employee = |n: &usize| self.employees[n % self.employees.len()].clone();
        let client = |n: &usize| self.clients[n % self.clients.len()].clone();
        Some(match step {
            Step::Book { client: who, topic, key, wishes } => {
                let (booking, topic) = (BookingId::from_u128(self.fresh), TOPICS.get(*topic).unwrap_or(&"other"));
                let request = BookingRequest::new(booking, client(who), topic.parse().unwrap());
                let wished = SKILLS.iter().enumerate().filter(|(bit, _)| self.routes && wishes >> bit & 1 == 1);
                let level = if *wishes > 3 { 2 } else { 1 };
                let skills: Skills =
                    wished.map(|(_, word)| (word.parse().unwrap(), level.try_into().unwrap())).collect();
                let wishes = (!skills.is_empty()).then(|| Box::new(Wishes { skills, ..Wishes::default() }));
                Command::Book(BookingRequest { key: key.map(key_of), wishes, ..request })
            }
            Step::Employee { employee: who, connects: true } => Command::EmployeeConnected { employee: employee(who) },
            Step::Employee { employee: who, .. } => Command::EmployeeDisconnected { employee: employee(who) },
            Step::Client { client: who, connects: true } => Command::ClientConnected { client: client(who) },
            Step::Client { client: who, .. } => Command::ClientDisconnected { client: client(who) },
            Step::Status { employee: who, idle, by_admin } => {
                Command::set_status(employee(who), if *idle { Intent::Idle } else { Intent::Offline }, *by_admin)
            }
            Step::Hire { employee: who, topics, profile } => Command::SetEmployee {
                employee: employee(who),
                name: "Somebody".into(),
                topics: (0..3).filter(|bit| topics >> bit & 1 == 1).map(|n| TOPICS[n].parse().unwrap()).collect(),
                profile: if self.routes { profile.clone() } else { Profile::default() },
            },
            Step::Routing(routing) => Command::SetRouting { routing: routing.clone() },
            Step::Pause { employee: who, reason, for_ms } => Command::SetStatus {
                employee: employee(who),
                intent: Intent::Offline,
                by_admin: false,
                pause: PauseRequest {
                    reason: reason.map(|n| ["lunch", "meeting"][n].parse().unwrap()),
                    for_ms: *for_ms,
                },
            },
            Step::Fire { employee: who } => {
                Command::RemoveEmployee { employee: employee(who), revoke_before: Time::from_ms(self.now_ms) }
            }
            Step::Settings(settings) => Command::SetCompany { name: "Acme".into(), settings: settings.clone() },
            Step::Dissolve => Command::RemoveCompany { revoke_before: Time::from_ms(self.now_ms) },
            _ => return self.command_on_a_thing(step),
        })
    }

    fn command_on_a_thing(&self, step: &Step) -> Option<Command> {
        let employee = |n: &usize| self.employees[n % self.employees.len()].clone();
        Some(match step {
            Step::Cancel { thing, by } => {
                let booking = self.booking(*thing)?;
                Command::Cancel { booking, by: self.actor(*by, booking) }
            }
            Step::Deliver { thing } => {
                let (offer, asked) = pick(self.ledger.open_offers(), *thing)?;
                Command::OfferDelivered { employee: asked.id.clone(), offer, device: None }
            }
            Step::Answer { thing, yes } => {
                let (offer, asked) = pick(self.ledger.open_offers(), *thing)?;
                self.answer(asked.id.clone(), offer, *yes)
            }
            Step::Meddle { thing, attempt, employee: who, yes } => {
                self.answer(employee(who), OfferId { booking: self.booking(*thing)?, attempt: *attempt }, *yes)
            }
            Step::Enter { thing, client, enters } => {
                let session = self.session(*thing)?.0;
                let party = if *client { Party::Client } else { Party::Employee };
                match enters {
                    true => Command::EnterSession { session, party },
                    false => Command::LeaveSession { session, party },
                }
            }
            Step::Send { thing, by, key } => {
                let (session, booking) = self.session(*thing)?;
                let message = MessageId::from_u128(self.fresh);
                let by = self.actor(*by, booking);
                let (body, key) = ("hello".into(), key.map(key_of));
                Command::Send { session, message, by, body, key, session_max_bytes: u64::MAX }
            }
            Step::Finish { thing, employee: who, all } => {
                let (session, own) = self.wrapped_up(*thing)?;
                let employee = who.as_ref().map_or(own, employee);
                Command::Finish { employee, session: (!all).then_some(session) }
            }
            Step::Extend { thing, employee: who, for_ms } => {
                let (session, own) = self.wrapped_up(*thing)?;
                Command::Extend { employee: who.as_ref().map_or(own, employee), session, for_ms: *for_ms }
            }
            Step::Code { thing, employee: who, code } => {
                let (session, own) = self.wrapped_up(*thing)?;
                let code = ["good", "bad"][*code].parse().unwrap();
                Command::Code { employee: who.as_ref().map_or(own, employee), session, code }
            }
            Step::Notes { thing, by, body } => {
                let (session, booking) = self.session(*thing)?;
                let body = ["", "called back", "called twice"][body % 3].into();
                Command::WriteNotes { session, by: self.actor(*by, booking), body }
            }
            Step::End { thing, by } => {
                let (session, booking) = self.session(*thing)?;
                Command::End { session, by: self.actor(*by, booking), reason: None }
            }
            _ => return None,
        })
    }

    fn answer(&self, employee: EmployeeId, offer: OfferId, yes: bool) -> Command {
        match yes {
            true => Command::Accept { employee, offer, session: SessionId::from_u128(self.fresh) },
            false => Command::Reject { employee, offer, reason: None },
        }
    }

    fn booking(&self, thing: usize) -> Option<BookingId> {
        pick(self.ledger.searches.keys().rev().copied().collect(), thing)
    }

    fn session(&self, thing: usize) -> Option<(SessionId, BookingId)> {
        let led_to = |(booking, search): (&BookingId, &Search)| match search.end {
            Some(End::Talk(session)) => Some((session, *booking)),
            Some(End::Without(_)) | None => None,
        };
        pick(self.ledger.searches.iter().rev().filter_map(led_to).collect(), thing)
    }

    /// A session with the id of its employee.
    fn wrapped_up(&self, thing: usize) -> Option<(SessionId, EmployeeId)> {
        let (session, booking) = self.session(thing)?;
        let accepted = |asked: &&Asked| asked.outcome == Some(Outcome::Accepted);
        let asked = self.ledger.searches[&booking].offers.iter().find(accepted)?;
        Some((session, asked.id.clone()))
    }

    fn actor(&self, who: Who, booking: BookingId) -> Actor {
        let search = &self.ledger.searches[&booking];
        match who {
            Who::Client => Actor::Client(search.client.clone()),
            Who::Employee => {
                let accepted = search.offers.iter().find(|asked| asked.outcome == Some(Outcome::Accepted));
                Actor::Employee(accepted.or(search.offers.last()).unwrap().id.clone())
            }
            Who::Admin => Actor::Admin,
            Who::OtherClient(n) => Actor::Client(self.clients[n % self.clients.len()].clone()),
            Who::OtherEmployee(n) => Actor::Employee(self.employees[n % self.employees.len()].clone()),
        }
    }
}

/// Whether the answer to a repeat must stay this one.
fn is_final(command: &Command, outcome: &Result<Answer, Refusal>) -> bool {
    let closed = matches!(
        outcome,
        Err(Refusal::OfferClosed(_) | Refusal::BookingClosed(_) | Refusal::SessionEnded | Refusal::Forbidden)
    );
    let answered = match command {
        Command::Cancel { .. } | Command::Accept { .. } | Command::Reject { .. } | Command::End { .. } => true,
        Command::Book(BookingRequest { key, .. }) | Command::Send { key, .. } => key.is_some(),
        _ => false,
    };
    // Whether a client may wish for a skill changes with the routing, and so does a code.
    let is_of_now = matches!(command, Command::Book(_) | Command::Code { .. });
    closed && !is_of_now || answered && outcome.is_ok()
}

fn pick<T>(mut things: Vec<T>, which: usize) -> Option<T> {
    let at = which.checked_rem(things.len())?;
    Some(things.swap_remove(at))
}

fn key_of(n: usize) -> Key {
    format!("key-{n}").parse().unwrap()
}

const fn side(actor: &Actor) -> &'static str {
    match actor {
        Actor::Client(_) => "client",
        Actor::Employee(_) => "employee",
        Actor::Admin => "admin",
    }
}

fn json(company: &Company) -> String {
    serde_json::to_string(company).unwrap()
}
