//! Independent bookkeeping, made from events alone, that knows what each promise demands of the next event.

use std::collections::BTreeMap;

use switchboard_core::{
    Actor, BookingId, BookingReason, BookingRequest, ClientId, CompanySettings, EmployeeId, EmployeeNo, EndedBy, Event,
    Intent, IntentBy, NamedBy, Notes, OfferId, Outcome, Profile, Routing, SessionId, Skills, Status, Time, Topic, Word,
};

use super::candidates::Way;

#[derive(Clone, Default)]
pub struct Ledger {
    pub exists: bool,
    pub settings: CompanySettings,
    pub people: BTreeMap<EmployeeNo, Person>,
    pub searches: BTreeMap<BookingId, Search>,
    pub talks: BTreeMap<SessionId, Talk>,
    pub routing: Routing,
    turns_idle: u64,
    /// Number of bookings that were opened.
    opened: u64,
    /// Turns of all, and the largest pass that anybody had just before one.
    turns: u64,
    pass: u64,
}

#[derive(Clone)]
pub struct Person {
    pub id: EmployeeId,
    pub topics: Vec<Topic>,
    pub intent: Intent,
    pub near: Near,
    pub holds: Holds,
    /// Offers missed in a row.
    pub missed: u32,
    /// Rank among those who became idle; none while not idle.
    pub idle_turn: Option<u64>,
    /// The rank that an employee who is asked had before.
    kept_turn: Option<u64>,
    was_on_duty: bool,
    pub profile: Profile,
    pub turns: Turns,
    /// The reason of a pause, and its end.
    pub pause: Option<(Option<Word>, Option<Time>)>,
    pub rests: Option<Time>,
}

/// Offers that a person accepted, declined or missed while there was a routing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Turns {
    pub latest: u64,
    pub day: u64,
    pub of_day: u64,
    pub pass: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Near {
    Here,
    Away(Time),
    Gone,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    Nothing,
    Offer(OfferId),
    Talk(SessionId),
    WrapUp { until: Time, longest: Option<Time>, session: Option<SessionId> },
}

#[derive(Clone)]
pub struct Search {
    pub client: ClientId,
    pub topic: Topic,
    pub wishes: Skills,
    pub opened: Time,
    pub way: Option<Way>,
    pub ends_by: Time,
    pub offers: Vec<Asked>,
    /// Until when the search waits, while no employee can be asked.
    pub waits: Option<Time>,
    pub end: Option<End>,
}

#[derive(Clone)]
pub struct Asked {
    pub employee: EmployeeNo,
    pub id: EmployeeId,
    pub expires_at: Time,
    pub outcome: Option<Outcome>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Talk(SessionId),
    Without(BookingReason),
}

#[derive(Clone)]
pub struct Talk {
    pub client: ClientId,
    pub employee: EmployeeNo,
    pub ended_by: Option<EndedBy>,
    pub notes: Option<Notes>,
    pub code: Option<Word>,
}

impl Search {
    pub fn has_asked(&self, id: &EmployeeId) -> bool {
        self.offers.iter().any(|asked| asked.id == *id)
    }
}

impl Person {
    pub fn takes(&self, topic: Option<&Topic>) -> bool {
        topic.is_none_or(|topic| self.topics.is_empty() || self.topics.contains(topic))
    }

    pub fn status(&self) -> Status {
        match (self.holds, self.intent, self.near) {
            (Holds::Talk(_) | Holds::WrapUp { .. }, _, _) => Status::Busy,
            (Holds::Offer(_), _, _) => Status::Init,
            (Holds::Nothing, Intent::Idle, Near::Here | Near::Away(_)) => Status::Idle,
            (Holds::Nothing, _, _) => Status::Offline,
        }
    }

    pub fn is_idle(&self) -> bool {
        self.status() == Status::Idle
    }

    pub fn can_be_asked(&self) -> bool {
        self.is_idle() && self.near == Near::Here && self.rests.is_none()
    }

    fn is_on_duty(&self) -> bool {
        self.intent == Intent::Idle && self.near != Near::Gone
    }
}

impl Ledger {
    /// Records an event, after checking that the promises allow it.
    pub fn write(&mut self, at: Time, event: &Event) {
        match event {
            Event::CompanySet { settings, .. } => {
                if !self.exists {
                    // A company that is made again knows nothing of its predecessor.
                    self.searches.clear();
                    self.talks.clear();
                }
                self.exists = true;
                self.settings = settings.clone();
            }
            Event::CompanyRemoved => self.forget_everybody(),
            Event::BookingOpened(request) => self.open(at, request),
            Event::StepOpened { booking, step } => self.open_step(at, *booking, *step),
            Event::RoutingSet { routing } => {
                assert_ne!(self.routing, **routing, "a routing is set again");
                self.routing = (**routing).clone();
            }
            Event::SessionCoded { session, code } => {
                let talk = self.talks.get_mut(session).expect("only what there was is coded");
                assert!(self.routing.wrap_up.codes.contains(code), "`{code}` is no code of the company");
                assert_ne!(talk.code.replace(code.clone()), Some(code.clone()), "a session is coded so again");
            }
            Event::OfferMade { offer, employee, expires_at } => self.ask(at, *offer, *employee, *expires_at),
            Event::OfferClosed { offer, outcome, missed, .. } => self.close(at, *offer, *outcome, *missed),
            Event::SearchWaits { booking, until } => self.let_wait(at, *booking, *until),
            Event::OfferAccepted { offer, session } => self.begin(at, *offer, *session),
            Event::BookingEnded { booking, reason } => self.end_search(at, *booking, *reason),
            Event::SessionEnded { session, by, .. } => self.end_talk(at, *session, *by),
            Event::NotesWritten { session, body } => {
                let talk = self.talks.get_mut(session).expect("only on what there was is anything noted");
                let same = talk.notes.as_ref().is_some_and(|notes| notes.body == *body);
                assert!(!same, "what is noted already is noted again");
                talk.notes = Some(Notes { body: body.clone(), at });
            }
            Event::BrandSet { .. }
            | Event::ClockFollowed { .. }
            | Event::EmployeeSet { .. }
            | Event::EmployeeRemoved { .. }
            | Event::IntentSet { .. }
            | Event::EmployeeConnected { .. }
            | Event::EmployeeDisconnected { .. }
            | Event::EmployeeUnreachable { .. }
            | Event::WrapUpSet { .. }
            | Event::WrapUpEnded { .. }
            | Event::RestEnded { .. }
            | Event::Resumed => self.write_of_people(at, event),
            Event::BookingWaits { .. } | Event::AskAgainDue { .. } | Event::BookingChanged { .. } => {
                panic!("no route of a walk has a line")
            }
            Event::OfferDelivered { .. }
            | Event::DeliveryPutOff { .. }
            | Event::AccessRevoked { .. }
            | Event::ClientConnected { .. }
            | Event::ClientDisconnected { .. }
            | Event::PartyEntered { .. }
            | Event::PartyLeft { .. }
            | Event::MessageSent { .. } => {}
        }
        self.give_turns();
    }

    /// Whether the person with that id is the one who had the number, and not a later one with the same id.
    pub fn is_still(&self, no: EmployeeNo, id: &EmployeeId) -> bool {
        self.people.get(&no).is_some_and(|person| person.id == *id)
    }

    pub fn is_of(&self, session: SessionId, actor: &Actor) -> bool {
        let talk = &self.talks[&session];
        match actor {
            Actor::Client(client) => *client == talk.client,
            Actor::Employee(employee) => self.is_still(talk.employee, employee),
            Actor::Admin => false,
        }
    }

    fn write_of_people(&mut self, at: Time, event: &Event) {
        let back_by = at.plus_ms(self.settings.employee_grace_ms);
        match event {
            Event::EmployeeSet { employee, id, topics, profile, .. } => {
                let new = || Person {
                    id: id.clone(),
                    topics: vec![],
                    intent: Intent::Offline,
                    near: Near::Gone,
                    holds: Holds::Nothing,
                    missed: 0,
                    idle_turn: None,
                    kept_turn: None,
                    was_on_duty: false,
                    profile: Profile::default(),
                    turns: Turns::default(),
                    pause: None,
                    rests: None,
                };
                let person = self.people.entry(*employee).or_insert_with(new);
                person.topics.clone_from(topics);
                person.profile = profile.clone();
            }
            Event::EmployeeRemoved { employee, .. } => {
                let gone = self.people.remove(employee).expect("only who is there is removed");
                let holds = gone.holds;
                assert!(matches!(holds, Holds::Nothing | Holds::WrapUp { .. }), "removed while holding {holds:?}");
            }
            Event::IntentSet { employee, intent, by, reason, until } => {
                let pause = (reason.is_some() || until.is_some()).then(|| (reason.clone(), *until));
                self.set_intent(at, *employee, (*intent, *by), pause);
            }
            Event::EmployeeConnected { employee } => {
                self.person(*employee).near = Near::Here;
                // The offer is with a device again, so the search waits no more.
                if let Holds::Offer(offer) = self.person(*employee).holds {
                    self.searches.get_mut(&offer.booking).expect("an offer has its booking").waits = None;
                }
            }
            Event::EmployeeDisconnected { employee } => self.person(*employee).near = Near::Away(back_by),
            Event::EmployeeUnreachable { employee } => self.person(*employee).near = Near::Gone,
            Event::WrapUpSet { employee, session, until: later } => match &mut self.person(*employee).holds {
                Holds::WrapUp { until, longest: Some(longest), session: of } if *of == Some(*session) => {
                    assert!(at < *later && *later <= *longest, "a wrap-up until {later:?}, at most {longest:?}");
                    *until = *later;
                }
                holds => panic!("extended while holding {holds:?}"),
            },
            Event::WrapUpEnded { employee, session } => match self.person(*employee).holds {
                Holds::WrapUp { session: of, .. } if session.is_none() || of == *session => {
                    self.person(*employee).holds = Holds::Nothing;
                }
                holds => panic!("wrapped up while holding {holds:?}"),
            },
            Event::RestEnded { employee } => {
                assert!(self.person(*employee).rests.take().is_some(), "a rest ends that was none");
            }
            _ => {
                for person in self.people.values_mut().filter(|person| person.near != Near::Gone) {
                    person.near = Near::Away(back_by);
                    if let Holds::Offer(offer) = person.holds {
                        self.searches.get_mut(&offer.booking).expect("an offer has its booking").waits = None;
                    }
                }
            }
        }
    }

    /// An employee who has missed too many in a row is set offline with the last miss. A pause that is over ends it for
    /// an employee who is there.
    fn set_intent(
        &mut self,
        at: Time,
        employee: EmployeeNo,
        (intent, by): (Intent, IntentBy),
        pause: Option<(Option<Word>, Option<Time>)>,
    ) {
        let max = self.settings.max_missed;
        let person = self.person(employee);
        assert!(by != IntentBy::Missed || max > 0 && person.near == Near::Here && person.missed + 1 >= max);
        if by == IntentBy::PauseOver {
            let over = person.pause.as_ref().and_then(|(_, until)| *until).is_some_and(|until| until <= at);
            assert!(over, "a pause is over before its end");
            assert_eq!(intent == Intent::Idle, person.near == Near::Here, "a pause ends for who is there");
        }
        person.pause = pause;
        if by == IntentBy::PauseOver && intent == Intent::Offline {
            return;
        }
        person.rests = None;
        person.intent = intent;
        person.missed = 0;
    }

    /// Promise 4: no employee can be asked, and one may come back: the holder of the only offer, or else another.
    fn let_wait(&mut self, at: Time, booking: BookingId, until: Time) {
        assert_eq!(self.candidates(booking), [], "somebody can be asked for {booking}");
        let search = &self.searches[&booking];
        assert!(search.end.is_none() && at < until && at < search.ends_by, "{booking} waits in vain");
        assert!(search.open() < 2, "{booking} waits beside an offer");
        let expected = match search.offers.iter().find(|asked| asked.outcome.is_none()) {
            Some(asked) => match self.people[&asked.employee].near {
                Near::Away(back_by) => Some(back_by),
                Near::Here | Near::Gone => None,
            },
            None => self.awaited_until(booking),
        };
        assert_eq!(Some(until), expected, "{booking} waits for nobody");
        assert!(search.open() > 0 || !search.has_more_steps(), "{booking} waits with steps that are not open");
        self.searches.get_mut(&booking).unwrap().waits = Some(until);
    }

    fn forget_everybody(&mut self) {
        self.exists = false;
        assert!(self.searches.values().all(|search| search.end.is_some()), "a search outlives its company");
        assert!(self.talks.values().all(|talk| talk.ended_by.is_some()), "a session outlives its company");
        self.people.clear();
        self.routing = Routing::default();
    }

    /// Promise 1: a client has one open thing.
    fn open(&mut self, at: Time, request: &BookingRequest) {
        let BookingRequest { booking, client, topic, wishes, .. } = request;
        assert_eq!(self.open_of(client), None, "`{client}` has something open already");
        self.opened += 1;
        let (steps, number) = (self.steps_for(topic), self.opened);
        let has_routing = self.routing != Routing::default();
        let search = Search {
            client: client.clone(),
            topic: topic.clone(),
            wishes: wishes.as_ref().map(|wishes| wishes.skills.clone()).unwrap_or_default(),
            opened: at,
            way: has_routing.then_some(Way { steps, open: 1, began: at, number }),
            ends_by: at.plus_ms(self.settings.booking_deadline_ms),
            offers: vec![],
            waits: None,
            end: None,
        };
        assert!(self.searches.insert(*booking, search).is_none(), "a booking is opened once");
    }

    /// A step opens in its turn: at its time, or when the search has neither an open offer nor a candidate.
    fn open_step(&mut self, at: Time, booking: BookingId, step: u8) {
        let search = &self.searches[&booking];
        let is_early = search.open() == 0 && search.waits.is_none() && self.candidates(booking).is_empty();
        let search = self.searches.get_mut(&booking).unwrap();
        assert_eq!(search.end, None, "a step opens after the end");
        let way = search.way.as_mut().expect("only with a routing are there steps");
        assert_eq!(usize::from(step), way.open + 1, "a step of {booking} is skipped");
        let next = way.steps.get(way.open).expect("only steps that there are open");
        assert!(is_early || way.began.plus_ms(next.after_ms) <= at, "a step of {booking} opens too early");
        way.open += 1;
    }

    /// Promises 1, 3, 4 and 5: the asked employee holds nothing, was not asked before, is the first candidate of the
    /// booking, and no candidate of another that seeks and is earlier in rank; the offer ends within the search.
    fn ask(&mut self, at: Time, offer: OfferId, employee: EmployeeNo, expires_at: Time) {
        let candidates = self.candidates(offer.booking);
        assert_eq!(candidates.first(), Some(&employee), "another is to be asked at {offer}");
        let rank = self.rank(offer.booking);
        for (other, _) in self.searches.iter().filter(|(_, search)| search.seeks(at)) {
            let is_passed = self.rank(*other) < rank && self.candidates(*other).contains(&employee);
            assert!(!is_passed, "{other} is earlier in rank than {offer}");
        }
        let search = &self.searches[&offer.booking];
        assert_eq!(search.end, None, "nobody is asked after the end");
        assert!(search.open() < search.width(), "{offer} is one too many");
        assert_eq!(offer.attempt as usize, search.offers.len() + 1);
        assert!(at < expires_at && expires_at <= search.ends_by, "{offer} has no time, or more than the search");
        let person = self.person(employee);
        let is_free = person.holds == Holds::Nothing && person.rests.is_none() && person.intent == Intent::Idle;
        assert!(is_free && person.near == Near::Here, "{} cannot be asked", person.id);
        person.holds = Holds::Offer(offer);
        person.kept_turn = person.idle_turn;
        let id = person.id.clone();
        let search = self.searches.get_mut(&offer.booking).unwrap();
        assert!(!search.has_asked(&id), "{id} is asked again");
        search.offers.push(Asked { employee, id, expires_at, outcome: None });
        search.waits = None;
    }

    /// Only an employee with a device, who lets the time pass, misses an offer.
    fn close(&mut self, at: Time, offer: OfferId, outcome: Outcome, missed: Option<bool>) {
        assert_ne!(outcome, Outcome::Accepted, "a yes is an event of its own");
        let employee = self.close_with(offer, outcome);
        let was_first = self.searches[&offer.booking].offers.iter().any(|a| a.outcome == Some(Outcome::Accepted));
        assert_eq!(was_first, outcome == Outcome::Taken, "{offer} is {}", outcome.word());
        let rest = self.routing.rest;
        let rest_ms = match outcome {
            Outcome::Rejected => rest.rejected_ms,
            Outcome::TimedOut | Outcome::Undelivered => rest.missed_ms,
            _ => 0,
        };
        let person = self.person(employee);
        person.holds = Holds::Nothing;
        let is_late = matches!(outcome, Outcome::TimedOut | Outcome::Undelivered | Outcome::BookingExpired);
        let is_missed = is_late && person.near == Near::Here;
        assert_eq!(missed.unwrap_or(outcome.is_missed()), is_missed, "{offer} is {}", outcome.word());
        if is_missed {
            person.missed += 1;
        } else if outcome.is_a_no() {
            person.missed = 0;
        }
        if rest_ms > 0 && person.intent == Intent::Idle {
            person.rests = Some(at.plus_ms(rest_ms));
        }
        // An employee who was not fast enough has the place of before.
        if outcome == Outcome::Taken && person.is_idle() {
            person.idle_turn = person.kept_turn;
        }
        let is_turn = outcome.is_a_no() || (is_missed && outcome != Outcome::BookingExpired);
        if is_turn {
            self.count_turn(at, employee);
        }
    }

    fn count_turn(&mut self, at: Time, employee: EmployeeNo) {
        if self.routing == Routing::default() {
            return;
        }
        self.turns += 1;
        let latest = self.turns;
        self.pass = self.pass.max(self.person(employee).turns.pass);
        let person = self.person(employee);
        let Turns { day, of_day, pass, .. } = person.turns;
        let of_day = if day == at.day() { of_day + 1 } else { 1 };
        let pass = pass + (1 << 20) / u64::from(person.profile.share);
        person.turns = Turns { latest, day: at.day(), of_day, pass };
    }

    fn begin(&mut self, at: Time, offer: OfferId, session: SessionId) {
        let employee = self.close_with(offer, Outcome::Accepted);
        self.person(employee).holds = Holds::Talk(session);
        self.person(employee).missed = 0;
        self.count_turn(at, employee);
        let search = self.searches.get_mut(&offer.booking).unwrap();
        assert_eq!(search.end.replace(End::Talk(session)), None, "a booking ends once");
        let talk = Talk { client: search.client.clone(), employee, ended_by: None, notes: None, code: None };
        assert!(self.talks.insert(session, talk).is_none(), "a session begins once");
    }

    fn close_with(&mut self, offer: OfferId, outcome: Outcome) -> EmployeeNo {
        let search = self.searches.get_mut(&offer.booking).expect("an offer has its booking");
        let asked = search.offers.get_mut(offer.attempt as usize - 1).expect("what was asked is answered");
        assert_eq!(asked.outcome.replace(outcome), None, "an offer ends once");
        let employee = asked.employee;
        search.waits = None;
        assert_eq!(self.person(employee).holds, Holds::Offer(offer));
        employee
    }

    /// Promise 3: a search ends once, with a true reason.
    fn end_search(&mut self, at: Time, booking: BookingId, reason: BookingReason) {
        let nobody = self.candidates(booking).is_empty() && self.awaited_until(booking).is_none_or(|until| until <= at);
        let search = self.searches.get_mut(&booking).expect("only what was opened ends");
        let waited = search.waits.take().is_some();
        let outcomes: Vec<Outcome> = search.offers.iter().map(|asked| asked.outcome.expect("closed before")).collect();
        let nobody = nobody && !search.has_more_steps();
        let one = |outcome: Outcome| waited || outcomes.contains(&outcome);
        let said_no = |outcome: &Outcome| matches!(outcome, Outcome::Rejected | Outcome::WentOffline);
        match reason {
            BookingReason::EveryoneDeclined => assert!(nobody && outcomes.iter().all(said_no)),
            BookingReason::NobodyLeft => assert!(nobody && !outcomes.iter().all(said_no)),
            BookingReason::ClientCancelled => assert!(one(Outcome::ClientCancelled)),
            BookingReason::ClientLost => assert!(one(Outcome::ClientLost)),
            BookingReason::Deadline => assert!(search.ends_by <= at),
            BookingReason::ClosedByAdmin => assert!(one(Outcome::WithdrawnByAdmin)),
            BookingReason::WaitedTooLong => panic!("no route of a walk has a line"),
        }
        assert_eq!(search.end.replace(End::Without(reason)), None, "a booking ends once");
    }

    fn end_talk(&mut self, at: Time, session: SessionId, by: EndedBy) {
        let talk = self.talks.get_mut(&session).expect("only what began ends");
        assert_eq!(talk.ended_by.replace(by), None, "a session ends once");
        let (employee, has_code) = (talk.employee, talk.code.is_some());
        assert_eq!(self.person(employee).holds, Holds::Talk(session));
        let (usual_ms, rules) = (self.settings.wrap_up_ms, &self.routing.wrap_up);
        let longest_ms = usual_ms.max(rules.max_ms);
        let ms = if rules.code_required && !has_code { longest_ms } else { usual_ms };
        let wrap_up = Holds::WrapUp {
            until: at.plus_ms(ms),
            longest: (longest_ms > usual_ms).then(|| at.plus_ms(longest_ms)),
            session: (self.routing != Routing::default()).then_some(session),
        };
        self.person(employee).holds = if ms > 0 { wrap_up } else { Holds::Nothing };
    }

    fn person(&mut self, no: EmployeeNo) -> &mut Person {
        self.people.get_mut(&no).expect("what happens to an employee happens while they are there")
    }

    fn give_turns(&mut self) {
        for person in self.people.values_mut() {
            match (person.status() == Status::Idle, person.idle_turn) {
                (true, None) => {
                    person.idle_turn = Some(self.turns_idle);
                    self.turns_idle += 1;
                }
                (true, Some(_)) => {}
                (false, _) => person.idle_turn = None,
            }
            let is_on_duty = person.is_on_duty();
            if is_on_duty && !person.was_on_duty {
                person.turns.pass = person.turns.pass.max(self.pass);
            }
            person.was_on_duty = is_on_duty;
        }
    }

    /// Employees who can be asked, longest idle first.
    pub fn line(&self, topic: Option<&Topic>) -> Vec<EmployeeNo> {
        let can = self.people.iter().filter(|(_, p)| p.can_be_asked() && p.takes(topic));
        let mut line: Vec<(u64, EmployeeNo)> = can.filter_map(|(no, p)| Some((p.idle_turn?, *no))).collect();
        line.sort_unstable();
        line.into_iter().map(|(_, no)| no).collect()
    }

    /// Whether employees name the topic, idle or not.
    pub fn named_by(&self, topic: &Topic) -> NamedBy {
        let any = |of: fn(&Person, &Topic) -> bool| self.people.values().any(|person| of(person, topic));
        if any(|person, topic| person.topics.contains(topic)) {
            NamedBy::Somebody
        } else if any(|person, _| person.topics.is_empty()) {
            NamedBy::Nobody
        } else {
            NamedBy::NobodyWhoCouldTakeIt
        }
    }

    /// The open search, or the one whose session runs.
    pub fn open_of(&self, client: &ClientId) -> Option<BookingId> {
        let is_open = |search: &Search| match search.end {
            None => true,
            Some(End::Talk(session)) => self.talks[&session].ended_by.is_none(),
            Some(End::Without(_)) => false,
        };
        let mut open = self.searches.iter().filter(|(_, search)| search.client == *client && is_open(search));
        open.next().map(|(booking, _)| *booking)
    }

    pub fn open_offers(&self) -> Vec<(OfferId, &Asked)> {
        let mut open = Vec::new();
        for (booking, search) in &self.searches {
            for (at, asked) in search.offers.iter().enumerate().filter(|(_, asked)| asked.outcome.is_none()) {
                open.push((OfferId { booking: *booking, attempt: u32::try_from(at + 1).unwrap() }, asked));
            }
        }
        open
    }

    pub fn asked(&self, offer: OfferId) -> Option<&Asked> {
        self.searches.get(&offer.booking)?.offers.get((offer.attempt as usize).checked_sub(1)?)
    }
}
