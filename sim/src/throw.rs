//! One throw of the dice, which makes one thing happen in the world.

use fastrand::Rng;
use switchboard_core::{Actor, Brand, ClientId, EmployeeId, Whose};
use switchboard_wire::claims::Role;

use crate::cast::RoomName;
use crate::reference::{Holds, Inquiry, ModelStep, Staff};
use crate::weather::Weights;
use crate::world::World;

/// The things that a throw can do.
#[derive(Clone, Copy, Debug)]
enum Thing {
    Act,
    Up,
    Down,
    Commit,
    Time,
    Due,
    Jump,
    Step,
    Wake,
    Cut,
    Hush,
    Disk,
    Reads,
    Kill,
    Admin,
    Snapshot,
    Stop,
}

impl Weights {
    fn pick(&self, dice: &mut Rng) -> Thing {
        let weights = [
            (Thing::Act, self.act),
            (Thing::Up, self.up),
            (Thing::Down, self.down),
            (Thing::Commit, self.commit),
            (Thing::Time, self.time),
            (Thing::Due, self.due),
            (Thing::Jump, self.jump),
            (Thing::Step, self.step),
            (Thing::Wake, self.wake),
            (Thing::Cut, self.cut),
            (Thing::Hush, self.hush),
            (Thing::Disk, self.disk),
            (Thing::Reads, self.reads),
            (Thing::Kill, self.kill),
            (Thing::Admin, self.admin),
            (Thing::Snapshot, self.snapshot),
            (Thing::Stop, self.stop),
        ];
        let mut left = dice.u32(0..weights.iter().map(|(_, weight)| weight).sum());
        for (thing, weight) in weights {
            if left < weight {
                return thing;
            }
            left -= weight;
        }
        Thing::Act
    }
}

impl World {
    /// Makes one thing happen, and lets all tasks go on.
    pub fn throw(&mut self, dice: &mut Rng) {
        let thing = self.weather.weights.pick(dice);
        self.happen(thing, dice);
        if self.server.is_none() && dice.u8(0..6) == 0 {
            if self.weather.weights.jump > 0 && dice.u8(0..3) == 0 {
                // A restarted machine may show another time.
                self.now_ms = (self.now_ms + dice.u64(0..600_000)).saturating_sub(dice.u64(0..600_000));
            }
            self.start_house();
        }
        self.poll_all();
    }

    fn happen(&mut self, thing: Thing, dice: &mut Rng) {
        match thing {
            Thing::Act => {
                let person = dice.usize(0..self.people.len());
                self.act(person, dice);
            }
            Thing::Up => {
                let ready = |phone: &crate::cast::Phone| !phone.up.is_empty() || !phone.chores.is_empty();
                for _ in 0..dice.u8(1..5) {
                    if let Some(phone) = self.some_phone(dice, ready) {
                        self.serve(phone);
                    }
                }
            }
            Thing::Down => {
                for _ in 0..dice.u8(1..6) {
                    if let Some(phone) = self.some_phone(dice, |phone| !phone.down.is_empty()) {
                        self.hear(phone, dice);
                    }
                }
            }
            Thing::Commit => self.commit(if dice.u8(0..4) == 0 { 1 } else { dice.usize(1..40) }),
            Thing::Time => self.now_ms += dice.u64(1..60),
            Thing::Due => self.let_time_pass(dice),
            Thing::Jump => {
                let far = dice.u8(0..30) == 0;
                self.now_ms += dice.u64(1000..if far { 90_000_000 } else { 100_000 });
            }
            Thing::Step => {
                let far = dice.u8(0..30) == 0;
                let by_ms = dice.i64(1..if far { 90_000_000 } else { 20_000 });
                // There is no time before 1970.
                let ahead_ms = self.ahead_ms + if dice.bool() { by_ms } else { -by_ms };
                self.ahead_ms = ahead_ms.max(-self.now_ms.cast_signed());
            }
            Thing::Wake => self.wake_due(),
            Thing::Cut => {
                if let Some(phone) = self.some_phone(dice, |phone| phone.is_up) {
                    self.cut(phone);
                }
            }
            Thing::Hush => self.hush(dice),
            Thing::Disk => {
                let mut condition = self.disk.condition();
                condition.full = !condition.full && dice.bool();
                self.counts.full_disks += u64::from(condition.full);
            }
            Thing::Reads => {
                let mut condition = self.disk.condition();
                condition.read_takes = dice.u32(0..4);
                condition.read_sees_the_past = dice.bool();
                condition.unreadable = u32::from(dice.u8(0..3) == 0);
            }
            Thing::Kill => {
                let waiting = self.server.as_ref().map_or(0, crate::server_under_test::ServerUnderTest::waiting);
                self.kill(dice.usize(0..=waiting));
            }
            Thing::Admin => self.act_as_admin(dice),
            Thing::Snapshot => self.write_snapshot(dice),
            Thing::Stop => self.stop(),
        }
    }

    fn let_time_pass(&mut self, dice: &mut Rng) {
        let due = self.server.as_ref().and_then(|server| server.context.exchange.next_due());
        if let Some(due) = due {
            self.now_ms = self.now_ms.max(due.as_ms() + if dice.bool() { 0 } else { dice.u64(0..40) });
        }
        self.wake_due();
    }

    fn some_phone(&self, dice: &mut Rng, is_ready: impl Fn(&crate::cast::Phone) -> bool) -> Option<usize> {
        let ready: Vec<usize> = (0..self.phones.len()).filter(|phone| is_ready(&self.phones[*phone])).collect();
        if ready.is_empty() { None } else { Some(ready[dice.usize(0..ready.len())]) }
    }

    fn write_snapshot(&mut self, dice: &mut Rng) {
        let office = dice.usize(0..self.offices.len());
        let company = self.offices[office].id.clone();
        if let Some(server) = &mut self.server {
            let company = server.wants_snapshot().unwrap_or(company);
            server.queue_snapshot(&company);
        }
    }

    /// An admin sets a status, cancels a search, ends a session, or changes people and rules.
    fn act_as_admin(&mut self, dice: &mut Rng) {
        let office = dice.usize(0..self.offices.len());
        if self.weather.routes && dice.u8(0..4) > 0 {
            return self.act_by_rules(office, dice);
        }
        let many = self.offices[office].ahead.staff.len().max(1);
        let employee = format!("employee-{}", dice.usize(0..many.min(6))).parse().expect("an id");
        let model = &self.offices[office].stored;
        let now = switchboard_core::Time::from_ms(self.now_ms);
        let step = match dice.u8(0..13) {
            0..3 => ModelStep::SetStatus(employee, dice.bool(), true),
            3 | 4 => match model.searches.iter().rev().nth(dice.usize(0..3)) {
                Some(search) => ModelStep::Cancel(search.id, Actor::Admin),
                None => return,
            },
            5 | 6 => match model.talks.iter().rev().nth(dice.usize(0..3)) {
                Some(talk) => ModelStep::End(talk.id, Actor::Admin, Some("closing time".into())),
                None => return,
            },
            7 | 8 => {
                let (topics, profile) = (self.weather.topics(dice), self.weather.profile(dice));
                ModelStep::SetEmployee(employee, "Another name".into(), topics, profile)
            }
            10 if dice.bool() => ModelStep::SetBrand(brand(dice)),
            9 => ModelStep::RemoveEmployee(employee, now),
            12 => {
                let person = &self.people[dice.usize(0..self.people.len())];
                ModelStep::Revoke(
                    match person.role {
                        Role::Client => Whose::Client(person.id.parse().expect("an id")),
                        Role::Employee | Role::Admin => Whose::Employee(employee),
                    },
                    now,
                )
            }
            10 => ModelStep::SetCompany(self.weather.settings(dice)),
            _ if model.exists && dice.u8(0..4) == 0 => ModelStep::RemoveCompany(now),
            _ => ModelStep::SetCompany(self.weather.settings(dice)),
        };
        self.admin(office, step);
    }

    /// An admin sets the rules of who is asked, an employee says something of their own work, or a client books with
    /// wishes.
    fn act_by_rules(&mut self, office: usize, dice: &mut Rng) {
        let model = &self.offices[office].stored;
        let many = model.staff.len().max(1);
        let employee: EmployeeId = format!("employee-{}", dice.usize(0..many.min(6))).parse().expect("an id");
        let talk = model.talks.iter().rev().nth(dice.usize(0..3));
        let session = talk.map(|talk| talk.id);
        let wraps_up = |staff: &Staff| match staff.holds {
            Holds::WrapUp(wrap_up) => Some((staff.id.clone(), wrap_up.talk?)),
            Holds::Nothing | Holds::Offer(_) | Holds::Talk(_) => None,
        };
        let wrapped_up = model.staff.iter().flatten().find_map(wraps_up);
        // Often longer than the wrap-up may become.
        let longest_ms = model.routing.wrap_up.max_ms;
        // Mostly the employee of the session.
        let theirs = talk.filter(|_| dice.u8(0..6) > 0).map_or_else(|| employee.clone(), |talk| talk.who.clone());
        let step = match (dice.u8(0..16), session) {
            (0 | 1, _) => ModelStep::SetRouting(Box::new(self.weather.routing(dice))),
            (2 | 3, _) => {
                let (topics, profile) = (self.weather.topics(dice), self.weather.profile(dice));
                ModelStep::SetEmployee(employee, "Another name".into(), topics, profile)
            }
            (4, _) => ModelStep::Pause(employee, dice.bool(), self.weather.reason(dice), self.weather.pause_ms(dice)),
            (5, session) => ModelStep::Finish(theirs, session.filter(|_| dice.bool())),
            (6, _) => ModelStep::Finish(employee, None),
            (7, Some(session)) => {
                let (who, session) = wrapped_up.unwrap_or((theirs, session));
                ModelStep::Extend(who, session, dice.u64(0..=longest_ms * 2))
            }
            (8, Some(session)) => ModelStep::Code(theirs, session, self.weather.code(dice)),
            (9, Some(session)) => {
                let (who, session) = wrapped_up.unwrap_or((theirs, session));
                ModelStep::Code(who, session, self.weather.code(dice))
            }
            (10..14, _) => {
                let rooms = self.offices[office].rooms.keys();
                let clients = rooms.filter_map(|place| match place {
                    RoomName::Client(client) => Some(client.clone()),
                    _ => None,
                });
                let clients: Vec<ClientId> = clients.collect();
                let Some(client) = dice.choice(&clients).cloned() else { return };
                let topic = ["law", "tax", "cars", "else"][dice.usize(0..4)].to_owned();
                ModelStep::Book(client, Inquiry { topic, skills: self.weather.wishes(dice), ..Inquiry::default() })
            }
            // They come back from a pause.
            (_, _) => ModelStep::SetStatus(employee, true, dice.bool()),
        };
        self.admin(office, step);
    }

    /// Stops the server in an orderly way: accepted work is stored and told, then the server ends.
    fn stop(&mut self) {
        let Some(server) = &self.server else { return };
        if self.disk.condition().full || !server.is_healthy() {
            return;
        }
        server.context.exchange.drain();
        for _ in 0..64 {
            self.poll_all();
            self.commit(usize::MAX);
        }
        assert!(self.expectations.is_empty(), "promise 2: what was taken is not told when the server stops");
        self.end_house(0);
    }
}

fn brand(dice: &mut Rng) -> Brand {
    let colour = ["#0b7a75", "#b3261e"][dice.usize(0..2)].parse().ok().filter(|_| dice.bool());
    let logo = format!("{:032x}", dice.u8(0..3)).parse().ok().filter(|_| dice.bool());
    Brand { colour, logo }
}
