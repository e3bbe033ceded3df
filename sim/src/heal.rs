//! After the faults everything heals: every search and session ends and every employee can be booked again, in bounded
//! steps.

use fastrand::Rng;
use switchboard_core::{Profile, Routing, Time};
use switchboard_wire::claims::Role;
use switchboard_wire::view;

use crate::cast::SimulatedPerson;
use crate::reference::{Holds, Inquiry, ModelStep, Staff};
use crate::weather::Weights;
use crate::wire::Wish;
use crate::world::World;

/// The most rounds until nothing is open. Each round finishes all work and then advances the time to the next deadline.
const ROUNDS_MAX: usize = 4000;

impl World {
    /// Ends all faults and lets the world come to rest.
    ///
    /// # Panics
    /// When something does not heal.
    pub fn heal(&mut self, dice: &mut Rng) {
        {
            let mut condition = self.disk.condition();
            condition.full = false;
            condition.unreadable = 0;
            condition.read_takes = 0;
        }
        if self.server.is_none() {
            self.start_house();
        }
        self.weather.pongs_lost = 0;
        self.weather.eager = 0;
        self.settle(dice);
        self.nobody_waits_for_an_answer();
        for phone in 0..self.phones.len() {
            self.cut(phone);
        }
        // A start loads only companies with something open, so the others are woken here.
        for office in 0..self.offices.len() {
            self.wake(office);
        }
        for round in 0.. {
            self.settle(dice);
            let next = self.server.as_ref().and_then(|server| server.context.exchange.next_due());
            let Some(next) = next else { break };
            assert!(round < ROUNDS_MAX, "promise 3: something is still due after {ROUNDS_MAX} rounds");
            self.now_ms = self.now_ms.max(next.as_ms());
            self.wake_due();
        }
        self.nothing_is_open();
        self.everybody_can_be_booked(dice);
        self.settle(dice);
        self.nobody_waits_for_an_answer();
        self.disk.check();
        for office in &self.offices {
            let company = self.disk.company(&office.id);
            if let Err(difference) = office.stored.compare(&company) {
                panic!("what is stored is not what was released: {difference}");
            }
            // A company without a visit since the last kill or failure is not loaded yet.
            let is_read = office.epoch == self.server.as_ref().map(crate::server_under_test::ServerUnderTest::epoch);
            let (stored, decided) = (view::json(&company), view::json(&office.shadow));
            assert!(!is_read || stored == decided, "{stored} is stored, {decided} was decided");
        }
    }

    fn nobody_waits_for_an_answer(&self) {
        let lines = self.phones.iter().filter(|phone| phone.is_up);
        let waits = lines.flat_map(|phone| phone.unanswered.values()).next();
        assert!(waits.is_none(), "a request that is never answered: {waits:?}");
    }

    /// Finishes all tasks and delivers all frames; no time passes.
    fn settle(&mut self, dice: &mut Rng) {
        for _ in 0..10_000 {
            let mut any = false;
            for phone in 0..self.phones.len() {
                let busy = |world: &Self| !world.phones[phone].up.is_empty() || !world.phones[phone].chores.is_empty();
                if busy(self) {
                    self.serve(phone);
                    any = true;
                }
                while !self.phones[phone].down.is_empty() {
                    self.hear(phone, dice);
                    any = true;
                }
            }
            any |= self.poll_all() || !self.tasks.is_empty() || !self.expectations.is_empty();
            self.commit(usize::MAX);
            let is_sick = self.server.as_ref().is_some_and(|server| !server.is_healthy());
            if !any && !is_sick {
                return;
            }
        }
        let under_way: Vec<_> = self.tasks.iter().map(|task| &task.what).collect();
        panic!("it does not come to rest: {under_way:?}");
    }

    fn nothing_is_open(&self) {
        for office in &self.offices {
            let model = &office.stored;
            assert!(model.searches.iter().all(|search| search.end.is_some()), "promise 3: a booking never ends");
            assert!(model.talks.iter().all(|talk| talk.ended.is_some()), "promise 3: a session never ends");
            let holds = model.staff.iter().flatten().find(|staff| staff.holds != Holds::Nothing);
            assert!(holds.is_none(), "an employee is held by nothing: {holds:?}");
            let has_an_end = |pause: &(_, Option<Time>)| pause.1.is_some();
            let waits = |staff: &&Staff| staff.rests.is_some() || staff.pause.as_ref().is_some_and(has_an_end);
            let waits = model.staff.iter().flatten().find(waits);
            assert!(waits.is_none(), "a rest or a pause never ends: {waits:?}");
        }
    }

    /// Lets each employee in turn be the only idle one, be asked, accept, and be free again.
    fn everybody_can_be_booked(&mut self, dice: &mut Rng) {
        self.weather.weights = Weights { jump: 0, ..self.weather.weights };
        let client = self.people.len();
        self.people.push(SimulatedPerson::new(Role::Client, None, "somebody-else".into()));
        for person in 0..client {
            if self.people[person].role == Role::Employee {
                self.can_be_booked(person, client, dice);
            }
        }
    }

    fn can_be_booked(&mut self, person: usize, client: usize, dice: &mut Rng) {
        let office = self.people[person].office.unwrap_or(0);
        let id = self.people[person].id.parse().expect("an id");
        self.admin(office, ModelStep::SetCompany(self.offices[office].ahead.settings.clone()));
        self.settle(dice);
        let routing = &self.offices[office].ahead.routing;
        if self.weather.routes && !routing.routes.is_empty() {
            // Every employee who takes the topic can be asked again; rests and wrap-ups are as before.
            let routing = Routing { routes: vec![], ..routing.clone() };
            self.admin(office, ModelStep::SetRouting(Box::new(routing)));
            self.settle(dice);
        }
        self.admin(office, ModelStep::SetEmployee(id, "Somebody".into(), vec![], Profile::default()));
        self.settle(dice);
        let own = self.own_topic(person);
        let phone = self.come(person, &own, dice);
        self.send_frame(phone, &own, Wish::SetStatus(true));
        let desk = format!("company:{}", self.offices[office].id);
        let asking = self.come(client, &desk, dice);
        let before = self.people[person].memory.offers.last().copied();
        self.send_frame(asking, &desk, Wish::Book(Inquiry { topic: "anything".into(), ..Inquiry::default() }));
        self.settle(dice);
        let offer = self.people[person].memory.offers.last().copied().filter(|offer| Some(*offer) != before);
        let offer = offer.unwrap_or_else(|| {
            let model = &self.offices[office].stored;
            panic!("{} is not asked any more: {:?}, {:?}", self.people[person].id, model.staff, model.searches.last())
        });
        self.send_frame(phone, &own, Wish::Accept(offer));
        self.settle(dice);
        let memory = &self.people[person].memory;
        let session = memory.sessions.last().copied().filter(|_| memory.talks).expect("a yes begins a session");
        let room = format!("session:{session}");
        self.send_frame(phone, &room, Wish::Join);
        self.send_frame(phone, &room, Wish::End(None));
        self.settle(dice);
        let model = &self.offices[office].ahead;
        let wrap_up_ms = model.settings.wrap_up_ms.max(model.routing.wrap_up.max_ms);
        self.now_ms += wrap_up_ms;
        self.wake_due();
        self.settle(dice);
        self.send_frame(phone, &own, Wish::SetStatus(false));
        self.settle(dice);
        let free = self.offices[office].stored.staff.iter().flatten().all(|staff| staff.holds == Holds::Nothing);
        assert!(free, "somebody is held after the session, at {:?}", Time::from_ms(self.now_ms));
        self.cut(phone);
        self.cut(asking);
        self.settle(dice);
    }

    fn come(&mut self, person: usize, topic: &str, dice: &mut Rng) -> usize {
        self.people[person].memory.unsure.clear();
        self.people[person].memory.talks = false;
        // A person who was shut out signs in again with a token later than any revocation, even one by a clock that was
        // ahead.
        self.people[person].issued_ms = Some(u64::MAX / 1000);
        let phone = self.connect(person).expect("the server runs");
        self.send_frame(phone, topic, Wish::Join);
        self.settle(dice);
        phone
    }
}
