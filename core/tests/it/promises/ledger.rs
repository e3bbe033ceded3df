//! Independent bookkeeping, made from events alone, that knows what each promise demands of the next event.

use std::collections::BTreeMap;

use switchboard_core::{
    Actor, BookingId, BookingReason, BookingRequest, ClientId, CompanySettings, EmployeeId, EmployeeNo, EndedBy, Event,
    Intent, IntentBy, NamedBy, Notes, OfferId, Outcome, SessionId, Status, Time, Topic,
};

#[derive(Clone, Default)]
pub struct Ledger {
    pub exists: bool,
    pub settings: CompanySettings,
    pub people: BTreeMap<EmployeeNo, Person>,
    pub searches: BTreeMap<BookingId, Search>,
    pub talks: BTreeMap<SessionId, Talk>,
    turns_idle: u64,
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
    WrapUp,
}

#[derive(Clone)]
pub struct Search {
    pub client: ClientId,
    pub topic: Topic,
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
}

impl Person {
    pub fn takes(&self, topic: Option<&Topic>) -> bool {
        topic.is_none_or(|topic| self.topics.is_empty() || self.topics.contains(topic))
    }

    pub fn status(&self) -> Status {
        match (self.holds, self.intent, self.near) {
            (Holds::Talk(_) | Holds::WrapUp, _, _) => Status::Busy,
            (Holds::Offer(_), _, _) => Status::Init,
            (Holds::Nothing, Intent::Idle, Near::Here | Near::Away(_)) => Status::Idle,
            (Holds::Nothing, _, _) => Status::Offline,
        }
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
            Event::BookingOpened(BookingRequest { booking, client, topic, .. }) => {
                self.open(at, *booking, client, topic)
            }
            Event::OfferMade { offer, employee, expires_at } => self.ask(at, *offer, *employee, *expires_at),
            Event::OfferClosed { offer, outcome, missed, .. } => self.close(*offer, *outcome, *missed),
            Event::SearchWaits { booking, until } => self.let_wait(at, *booking, *until),
            Event::OfferAccepted { offer, session } => self.begin(*offer, *session),
            Event::BookingEnded { booking, reason } => self.end_search(at, *booking, *reason),
            Event::SessionEnded { session, by, .. } => self.end_talk(*session, *by),
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
            | Event::WrapUpEnded { .. }
            | Event::Resumed => self.write_of_people(at, event),
            Event::OfferDelivered { .. }
            | Event::DeliveryPutOff { .. }
            | Event::AccessRevoked { .. }
            | Event::RoutingSet { .. }
            | Event::StepOpened { .. }
            | Event::BookingWaits { .. }
            | Event::AskAgainDue { .. }
            | Event::BookingChanged { .. }
            | Event::WrapUpSet { .. }
            | Event::RestEnded { .. }
            | Event::SessionCoded { .. }
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
            Event::EmployeeSet { employee, id, topics, .. } => {
                let new = || Person {
                    id: id.clone(),
                    topics: vec![],
                    intent: Intent::Offline,
                    near: Near::Gone,
                    holds: Holds::Nothing,
                    missed: 0,
                    idle_turn: None,
                };
                self.people.entry(*employee).or_insert_with(new).topics.clone_from(topics);
            }
            Event::EmployeeRemoved { employee, .. } => {
                let gone = self.people.remove(employee).expect("only who is there is removed");
                let holds = gone.holds;
                assert!(matches!(holds, Holds::Nothing | Holds::WrapUp), "removed while holding {holds:?}");
            }
            Event::IntentSet { employee, intent, by, .. } => self.set_intent(*employee, *intent, *by),
            Event::EmployeeConnected { employee } => {
                self.person(*employee).near = Near::Here;
                // The offer is with a device again, so the search waits no more.
                if let Holds::Offer(offer) = self.person(*employee).holds {
                    self.searches.get_mut(&offer.booking).expect("an offer has its booking").waits = None;
                }
            }
            Event::EmployeeDisconnected { employee } => self.person(*employee).near = Near::Away(back_by),
            Event::EmployeeUnreachable { employee } => self.person(*employee).near = Near::Gone,
            Event::WrapUpEnded { employee, .. } => {
                assert_eq!(self.person(*employee).holds, Holds::WrapUp);
                self.person(*employee).holds = Holds::Nothing;
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

    /// An employee who has missed too many in a row is set offline with the last miss.
    fn set_intent(&mut self, employee: EmployeeNo, intent: Intent, by: IntentBy) {
        let max = self.settings.max_missed;
        let person = self.person(employee);
        assert!(by != IntentBy::Missed || max > 0 && person.near == Near::Here && person.missed + 1 >= max);
        person.intent = intent;
        person.missed = 0;
    }

    /// Promise 4: no employee can be asked, and one may come back: the holder of the offer, or else another.
    fn let_wait(&mut self, at: Time, booking: BookingId, until: Time) {
        assert_eq!(self.next_for(booking), None, "somebody can be asked for {booking}");
        let search = &self.searches[&booking];
        assert!(search.end.is_none() && at < until && at < search.ends_by, "{booking} waits in vain");
        let expected = match search.offers.last().filter(|asked| asked.outcome.is_none()) {
            Some(asked) => match self.people[&asked.employee].near {
                Near::Away(back_by) => Some(back_by),
                Near::Here | Near::Gone => None,
            },
            None => self.awaited_until(booking),
        };
        assert_eq!(Some(until), expected, "{booking} waits for nobody");
        self.searches.get_mut(&booking).unwrap().waits = Some(until);
    }

    /// Until when an employee may come back who takes the topic and was not asked.
    fn awaited_until(&self, booking: BookingId) -> Option<Time> {
        let search = &self.searches[&booking];
        let asked = |id: &EmployeeId| search.offers.iter().any(|asked| asked.id == *id);
        let may_come = |person: &&Person| person.status() == Status::Idle && person.takes(Some(&search.topic));
        let others = self.people.values().filter(may_come).filter(|person| !asked(&person.id));
        let until = others.filter_map(|person| if let Near::Away(until) = person.near { Some(until) } else { None });
        until.max()
    }

    fn forget_everybody(&mut self) {
        self.exists = false;
        assert!(self.searches.values().all(|search| search.end.is_some()), "a search outlives its company");
        assert!(self.talks.values().all(|talk| talk.ended_by.is_some()), "a session outlives its company");
        self.people.clear();
    }

    /// Promise 1: a client has one open thing.
    fn open(&mut self, at: Time, booking: BookingId, client: &ClientId, topic: &Topic) {
        assert_eq!(self.open_of(client), None, "`{client}` has something open already");
        let ends_by = at.plus_ms(self.settings.booking_deadline_ms);
        let search =
            Search { client: client.clone(), topic: topic.clone(), ends_by, offers: vec![], waits: None, end: None };
        assert!(self.searches.insert(booking, search).is_none(), "a booking is opened once");
    }

    /// Promises 1, 3, 4 and 5: the asked employee holds nothing, was not asked before, and has been idle longest of
    /// those who take the topic; the offer ends within the search.
    fn ask(&mut self, at: Time, offer: OfferId, employee: EmployeeNo, expires_at: Time) {
        assert_eq!(self.next_for(offer.booking), Some(employee), "another is to be asked at {offer}");
        let search = &self.searches[&offer.booking];
        assert_eq!(search.end, None, "nobody is asked after the end");
        assert!(search.offers.iter().all(|asked| asked.outcome.is_some()), "one open offer per booking");
        assert_eq!(offer.attempt as usize, search.offers.len() + 1);
        assert!(at < expires_at && expires_at <= search.ends_by, "{offer} has no time, or more than the search");
        let person = self.person(employee);
        assert_eq!(person.holds, Holds::Nothing);
        person.holds = Holds::Offer(offer);
        let asked = Asked { employee, id: person.id.clone(), expires_at, outcome: None };
        let search = self.searches.get_mut(&offer.booking).unwrap();
        search.offers.push(asked);
        search.waits = None;
    }

    /// Only an employee with a device, who lets the time pass, misses an offer.
    fn close(&mut self, offer: OfferId, outcome: Outcome, missed: Option<bool>) {
        assert_ne!(outcome, Outcome::Accepted, "a yes is an event of its own");
        let employee = self.close_with(offer, outcome);
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
    }

    fn begin(&mut self, offer: OfferId, session: SessionId) {
        let employee = self.close_with(offer, Outcome::Accepted);
        self.person(employee).holds = Holds::Talk(session);
        self.person(employee).missed = 0;
        let search = self.searches.get_mut(&offer.booking).unwrap();
        assert_eq!(search.end.replace(End::Talk(session)), None, "a booking ends once");
        let talk = Talk { client: search.client.clone(), employee, ended_by: None, notes: None };
        assert!(self.talks.insert(session, talk).is_none(), "a session begins once");
    }

    fn close_with(&mut self, offer: OfferId, outcome: Outcome) -> EmployeeNo {
        let search = self.searches.get_mut(&offer.booking).expect("an offer has its booking");
        assert_eq!(search.offers.len(), offer.attempt as usize, "the latest offer is the open one");
        let asked = search.offers.last_mut().unwrap();
        assert_eq!(asked.outcome.replace(outcome), None, "an offer ends once");
        let employee = asked.employee;
        search.waits = None;
        assert_eq!(self.person(employee).holds, Holds::Offer(offer));
        employee
    }

    /// Promise 3: a search ends once, with a true reason.
    fn end_search(&mut self, at: Time, booking: BookingId, reason: BookingReason) {
        let nobody = self.next_for(booking).is_none() && self.awaited_until(booking).is_none_or(|until| until <= at);
        let search = self.searches.get_mut(&booking).expect("only what was opened ends");
        let waited = search.waits.take().is_some();
        let outcomes: Vec<Outcome> = search.offers.iter().map(|asked| asked.outcome.expect("closed before")).collect();
        let said_no = |outcome: &Outcome| matches!(outcome, Outcome::Rejected | Outcome::WentOffline);
        match reason {
            BookingReason::EveryoneDeclined => assert!(nobody && outcomes.iter().all(said_no)),
            BookingReason::NobodyLeft => assert!(nobody && !outcomes.iter().all(said_no)),
            BookingReason::ClientCancelled => assert!(waited || outcomes.last() == Some(&Outcome::ClientCancelled)),
            BookingReason::ClientLost => assert!(waited || outcomes.last() == Some(&Outcome::ClientLost)),
            BookingReason::Deadline => assert!(search.ends_by <= at),
            BookingReason::WaitedTooLong => panic!("nobody waits without a routing"),
            BookingReason::ClosedByAdmin => assert!(waited || outcomes.last() == Some(&Outcome::WithdrawnByAdmin)),
        }
        assert_eq!(search.end.replace(End::Without(reason)), None, "a booking ends once");
    }

    fn end_talk(&mut self, session: SessionId, by: EndedBy) {
        let talk = self.talks.get_mut(&session).expect("only what began ends");
        assert_eq!(talk.ended_by.replace(by), None, "a session ends once");
        let employee = talk.employee;
        assert_eq!(self.person(employee).holds, Holds::Talk(session));
        let wrap_up = self.settings.wrap_up_ms > 0;
        self.person(employee).holds = if wrap_up { Holds::WrapUp } else { Holds::Nothing };
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
        }
    }

    /// Employees who can be asked, longest idle first.
    pub fn line(&self, topic: Option<&Topic>) -> Vec<EmployeeNo> {
        let can = self.people.iter().filter(|(_, p)| p.near == Near::Here && p.takes(topic));
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

    pub fn next_for(&self, booking: BookingId) -> Option<EmployeeNo> {
        let search = &self.searches[&booking];
        let asked = |no: &EmployeeNo| search.offers.iter().any(|asked| asked.employee == *no);
        self.line(Some(&search.topic)).into_iter().find(|no| !asked(no))
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
        let latest = |(booking, search): (&BookingId, &'_ Search)| {
            let attempt = u32::try_from(search.offers.len()).unwrap();
            OfferId { booking: *booking, attempt }
        };
        let all = self.searches.iter().map(|found| (latest(found), found.1));
        all.filter_map(|(id, search)| Some((id, search.offers.last()?))).filter(|(_, a)| a.outcome.is_none()).collect()
    }

    pub fn asked(&self, offer: OfferId) -> Option<&Asked> {
        self.searches.get(&offer.booking)?.offers.get((offer.attempt as usize).checked_sub(1)?)
    }
}
