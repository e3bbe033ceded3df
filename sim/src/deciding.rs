//! Compares each decision of the server with the second opinion at once: which request was decided, and what must
//! follow.

use std::collections::BTreeSet;

use switchboard_core::{Actor, Bearer, Event, SessionId, Time, Token, invariants};
use switchboard_exchange::clock;
use switchboard_wire::claims::Role;

use crate::cast::{Chore, Ears, JoinedRoom, Listener, RoomName, is_shut_out, kind_of};
use crate::expectation::Expectation;
use crate::reference::{ExpectedAnswer, Inquiry, ModelStep, TokenHolder};
use crate::server_under_test::Queued;
use crate::task::{Task, What};
use crate::wire::{DeviceFrame, ReceivedFrame, Wish};
use crate::world::World;

impl World {
    /// A task queued an entry: the model takes the same step and must reach the same state.
    pub fn expect(&mut self, task: usize, queued: Queued, at_once: &[ReceivedFrame]) {
        let office = self.offices.iter().position(|office| office.id == queued.company);
        let office = office.expect("only known companies are visited");
        let is_read_back = queued.events.first() == Some(&Event::Resumed);
        if is_read_back || self.offices[office].epoch != Some(queued.epoch) {
            self.read_back(office, queued.epoch);
        }
        let followed_ms = self.follow_the_clock(office, &queued);
        let mut expectation = Expectation {
            number: queued.number,
            office,
            at: queued.at,
            followed_ms,
            step: ModelStep::Wake,
            fresh: fresh_id(&queued.events),
            reply: None,
            old: None,
            line: None,
            listeners: Vec::new(),
            signal: None,
        };
        if is_read_back {
            let there = self.offices[office].rooms.iter().filter(|(_, lines)| is_there(lines));
            expectation.step = ModelStep::Resume(there.filter_map(|(place, _)| arrival(place)).collect());
        } else {
            self.whose_wish(task, &mut expectation, at_once);
        }
        let clock = self.offices[office].shadow.clock();
        let wall = clock::plus(Time::from_ms(self.now_ms), self.ahead_ms);
        // A clock difference of less than a step is not followed while a deadline is armed.
        let is_late = expectation.at < clock || expectation.at.plus_ms(clock::STEP_MIN_MS) < wall;
        assert!(!is_late, "a turn at {:?}, before {wall:?} or {clock:?}", expectation.at);
        let shut_out = self.decided(&expectation, &queued.events);
        if self.is_told_aloud {
            println!(
                "{} queued in epoch {} at {} {:?}",
                expectation.number,
                queued.epoch,
                expectation.at.as_ms(),
                expectation.step
            );
        }
        for (place, lines) in &mut self.offices[office].rooms {
            for line in lines.iter_mut().filter(|line| line.ears == Ears::Open) {
                expectation.listeners.push((place.clone(), line.clone()));
                if shut_out.contains(place) {
                    line.ears = Ears::Closing;
                }
            }
        }
        self.expectations.push_back(expectation);
    }

    /// Checks how the company follows the wall clock. While a deadline is armed, the company's time advances with even
    /// time, even if the wall clock is set. When the company follows a step of the clock, all its deadlines move along.
    fn follow_the_clock(&mut self, office: usize, queued: &Queued) -> u64 {
        let found = &mut self.offices[office];
        let followed_ms = match queued.events.first() {
            Some(Event::ClockFollowed { by_ms }) => *by_ms,
            _ => 0,
        };
        let ahead_ms = queued.at.as_ms().cast_signed() - self.now_ms.cast_signed();
        if let Some(before_ms) = found.goes_ahead_ms.filter(|_| found.ahead.next_due().is_some()) {
            let (expected_ms, id) = (before_ms + followed_ms.cast_signed(), &found.id);
            assert_eq!(ahead_ms, expected_ms, "the time of {id} jumps while something is due in it");
        }
        found.goes_ahead_ms = Some(ahead_ms);
        found.put_off(followed_ms);
        followed_ms
    }

    /// The company was loaded again: every earlier decision is stored or lost by now.
    fn read_back(&mut self, office: usize, epoch: u64) {
        let waits = self.expectations.iter().any(|expectation| expectation.office == office);
        assert!(!waits, "promise 2: {} is read back while something of it waits", self.offices[office].id);
        let found = &mut self.offices[office];
        found.epoch = Some(epoch);
        found.goes_ahead_ms = None;
        found.forget_what_was_lost();
        let closing = found.rooms.values_mut().flatten().filter(|line| line.ears == Ears::Closing);
        closing.for_each(|line| line.ears = Ears::Open);
        found.shadow = self.disk.company(&found.id);
        if let Err(difference) = found.stored.compare(&found.shadow) {
            panic!("promise 2: what was stored is not what was released: {difference}");
        }
    }

    /// Applies a decision to core's company and to the model; returns the rooms that the decision closes.
    fn decided(&mut self, expectation: &Expectation, events: &[Event]) -> BTreeSet<RoomName> {
        let office = &mut self.offices[expectation.office];
        for event in events {
            office.shadow.apply(expectation.at, event);
        }
        self.counts.commands += 1;
        if !events.is_empty()
            && let Err(broken) = invariants::check(&office.shadow)
        {
            panic!("invariant: {broken}, after {:?}", expectation.step);
        }
        let (_, told) = office.decide(expectation.at, &expectation.step, expectation.fresh);
        if let Err(difference) = office.compare() {
            panic!("the second opinion: {difference}, after {:?} made {events:?}", expectation.step);
        }
        for shown in self.phones.iter().filter(|phone| phone.is_up).map(|phone| &phone.shown) {
            let bearer = match &shown.who {
                TokenHolder::Client(id) => Bearer::Client(id),
                TokenHolder::Employee(id) => Bearer::Employee(id),
                TokenHolder::Admin => Bearer::Admin,
            };
            let issued_at = shown.issued_ms.map(Time::from_ms);
            let token = Token { bearer, is_for_company: shown.is_for_company, issued_at };
            let is_out = office.ahead.is_out(shown);
            assert_eq!(
                office.shadow.shuts_out(token),
                is_out,
                "whether {shown:?} is shut out after {:?}",
                expectation.step
            );
        }
        for talk in told.talks.iter().copied() {
            if self.sessions.insert(talk, expectation.office).is_none() {
                self.counts.sessions += 1;
            }
        }
        let office = &self.offices[expectation.office];
        office.rooms.keys().filter(|place| is_shut_out(&told, &office.ahead, place)).cloned().collect()
    }

    /// A request queued no entry: the company must be unchanged.
    ///
    /// When the clock jumps, the company's time may differ from the wall clock's, and the moment of the request is
    /// unknown; the check is skipped then.
    pub(crate) fn nothing_came_of(&mut self, office: usize, step: &ModelStep) {
        if self.weather.weights.jump > 0 || self.offices[office].epoch.is_none() {
            return;
        }
        // The request may have loaded the company without producing an event.
        let epoch = self.server.as_ref().map(crate::server_under_test::ServerUnderTest::epoch);
        if let Some(epoch) = epoch.filter(|epoch| self.offices[office].epoch != Some(*epoch)) {
            self.read_back(office, epoch);
        }
        let found = &mut self.offices[office];
        let now = Time::from_ms(self.now_ms);
        let at = match found.goes_ahead_ms.filter(|_| found.ahead.next_due().is_some()) {
            Some(ahead_ms) => clock::plus(now, ahead_ms),
            None if self.ahead_ms == 0 => now.max(found.shadow.clock()),
            None => return,
        };
        let _unchanged = found.decide(at, step, 0);
        if let Err(difference) = found.compare() {
            panic!("the second opinion: {difference}, after {step:?} made nothing");
        }
    }

    /// Finds the request that came into its turn, and lets devices join and leave as the request says.
    fn whose_wish(&mut self, n: usize, expectation: &mut Expectation, at_once: &[ReceivedFrame]) {
        let task = &mut self.tasks[n];
        assert!(!task.taken, "an entry that nobody asked for: {:?}", task.what);
        task.taken = true;
        let (what, old, line, refused) = (task.what.clone(), task.old.clone(), task.line, task.refused);
        match what {
            What::Wake(_) => expectation.step = ModelStep::Wake,
            What::Admin(_, step) => expectation.step = step,
            What::Open => panic!("a start asks for nothing"),
            What::Pong(phone, proof) => expectation.step = self.pong(phone, &proof),
            What::Forget(phone, topic, _) => {
                let seat = self.phones[phone].seats.remove(&topic);
                expectation.step = seat.map_or(ModelStep::Wake, |seat| self.depart(&seat));
            }
            What::Answers(phone, topic, _, answers) => {
                let seat = self.phones[phone].seats.get(&topic).cloned();
                expectation.step = seat.map_or(ModelStep::Wake, |seat| self.answers(&seat, answers));
            }
            What::Hear(phone, frame) if refused => {
                // The join was refused for now, but the seat that it replaced is left all the same.
                self.phones[phone].seats.remove(&frame.topic);
                expectation.step = old.map_or(ModelStep::Wake, |old| self.depart(&old));
            }
            What::Hear(phone, frame) => {
                let answered = at_once.iter().any(|heard| heard.answers() == Some(frame.reference));
                expectation.reply = (!answered).then(|| (phone, frame.clone()));
                match frame.wish {
                    Wish::Join => self.joins(phone, &frame, old, line, expectation),
                    Wish::Leave => {
                        let seat = self.phones[phone].seats.remove(&frame.topic);
                        expectation.step = seat.map_or(ModelStep::Wake, |seat| self.depart(&seat));
                    }
                    _ => expectation.step = self.push(phone, &frame, expectation),
                }
            }
        }
    }

    fn pong(&self, phone: usize, proof: &[u8]) -> ModelStep {
        let offer = std::str::from_utf8(proof).ok().and_then(|text| text.parse().ok()).expect("an offer's id");
        let seat = self.phones[phone].seats.values().find_map(|seat| match &seat.place {
            RoomName::Employee(employee) => Some(employee.clone()),
            _ => None,
        });
        let office = self.phones[phone].seats.values().map(|seat| seat.office).next();
        if seat.is_some() && office.is_some_and(|office| self.is_out(phone, office)) {
            return ModelStep::Nothing(ExpectedAnswer::Done);
        }
        seat.map_or(ModelStep::Wake, |employee| ModelStep::Delivered(employee, offer, kind_of(phone)))
    }

    fn joins(
        &mut self,
        phone: usize,
        frame: &DeviceFrame,
        old: Option<JoinedRoom>,
        line: Option<u64>,
        expectation: &mut Expectation,
    ) {
        let line = line.expect("a join makes a line");
        let mut place = self.place_of(phone, &frame.topic);
        let model = &self.offices[expectation.office].ahead;
        let is_known = match &place {
            Ok(RoomName::Employee(id)) => model.exists && model.staff_no(id).is_some(),
            Ok(RoomName::Client(_) | RoomName::Board) => model.exists,
            Ok(RoomName::Session(..)) | Err(_) => false,
        };
        if is_known && self.is_out(phone, expectation.office) {
            place = Err("unauthorized");
        }
        let step = match &place {
            Ok(RoomName::Session(..)) => {
                place.as_ref().ok().and_then(arrival).unwrap_or(ModelStep::Nothing(ExpectedAnswer::Done))
            }
            Ok(_) if !model.exists => ModelStep::Nothing(ExpectedAnswer::No("unknown_company")),
            Ok(place) => arrival(place).unwrap_or(ModelStep::Nothing(ExpectedAnswer::Done)),
            Err(reason) => ModelStep::Nothing(ExpectedAnswer::No(reason)),
        };
        let mut trial = model.clone();
        let refused = matches!(trial.step(expectation.at, &step, 0).0, ExpectedAnswer::No(_));
        let mut steps = vec![step];
        if old.is_some() {
            self.phones[phone].seats.remove(&frame.topic);
        }
        if let (Ok(place), false) = (place, refused) {
            let listener = Listener { phone, line, topic: frame.topic.clone(), silent: false, ears: Ears::Open };
            self.offices[expectation.office].rooms.entry(place.clone()).or_default().push(listener);
            let seat = JoinedRoom { office: expectation.office, place, line, join_ref: frame.join_ref };
            self.phones[phone].seats.insert(frame.topic.clone(), seat);
            expectation.line = Some(line);
        }
        if let Some(old) = old {
            expectation.old = Some(old.join_ref);
            steps.push(self.depart(&old));
        }
        expectation.step = ModelStep::All(steps);
    }

    /// The room that the topic names for that person.
    fn place_of(&self, phone: usize, topic: &str) -> Result<RoomName, &'static str> {
        let person = &self.people[self.phones[phone].person];
        let (kind, rest) = topic.split_once(':').unwrap_or((topic, ""));
        match kind {
            "company" => Ok(RoomName::Client(person.id.parse().expect("an id"))),
            "board" => Ok(RoomName::Board),
            "employee" => Ok(RoomName::Employee(person.id.parse().expect("an id"))),
            _ => {
                let session: SessionId = rest.parse().expect("a session's topic");
                let office = self.sessions.get(&session).copied().ok_or("unknown_session")?;
                let may = person.office.is_none_or(|own| own == office) && person.role != Role::Admin;
                let model = &self.offices[office].ahead;
                let talk = model.talk(session);
                let side = talk.filter(|_| may).and_then(|talk| model.side_of(talk, &self.actor(phone)));
                match (may, talk, side) {
                    (false, _, _) => Err("forbidden"),
                    _ if self.is_out(phone, office) => Err("unauthorized"),
                    (true, None, _) => Err("unknown_session"),
                    (true, Some(_), None) => Err("forbidden"),
                    (true, Some(_), Some(party)) => Ok(RoomName::Session(session, party)),
                }
            }
        }
    }

    /// Whether the company has revoked the device's token.
    fn is_out(&self, phone: usize, office: usize) -> bool {
        self.offices[office].ahead.is_out(&self.phones[phone].shown)
    }

    fn actor(&self, phone: usize) -> Actor {
        let person = &self.people[self.phones[phone].person];
        match person.role {
            Role::Client => Actor::Client(person.id.parse().expect("an id")),
            Role::Employee => Actor::Employee(person.id.parse().expect("an id")),
            Role::Admin => Actor::Admin,
        }
    }

    /// A device leaves a room. The company hears only of the last departure.
    pub(crate) fn depart(&mut self, seat: &JoinedRoom) -> ModelStep {
        let rooms = &mut self.offices[seat.office].rooms;
        let Some(lines) = rooms.get_mut(&seat.place) else { return ModelStep::Nothing(ExpectedAnswer::Done) };
        let was_there = is_there(lines);
        lines.retain(|known| known.line != seat.line);
        let goes = was_there && !is_there(lines);
        if lines.is_empty() {
            rooms.remove(&seat.place);
        }
        if goes { Self::departure(&seat.place) } else { ModelStep::Nothing(ExpectedAnswer::Done) }
    }

    fn departure(place: &RoomName) -> ModelStep {
        match place {
            RoomName::Client(client) => ModelStep::ClientHere(client.clone(), false),
            RoomName::Employee(employee) => ModelStep::EmployeeHere(employee.clone(), false),
            RoomName::Session(session, party) => ModelStep::PartyHere(*session, *party, false),
            RoomName::Board => ModelStep::Nothing(ExpectedAnswer::Done),
        }
    }

    /// A device in a room answers again, or stops answering. The company hears of it when no other device in the room
    /// answers.
    pub fn answers(&mut self, seat: &JoinedRoom, answers: bool) -> ModelStep {
        let Some(lines) = self.offices[seat.office].rooms.get_mut(&seat.place) else {
            return ModelStep::Nothing(ExpectedAnswer::Done);
        };
        let was_there = is_there(lines);
        lines.iter_mut().filter(|known| known.line == seat.line).for_each(|known| known.silent = !answers);
        match (was_there, is_there(lines)) {
            (false, true) => arrival(&seat.place).unwrap_or(ModelStep::Nothing(ExpectedAnswer::Done)),
            (true, false) => Self::departure(&seat.place),
            _ => ModelStep::Nothing(ExpectedAnswer::Done),
        }
    }

    /// Makes the device of a client stop answering until something is heard of it.
    pub(crate) fn hush(&mut self, dice: &mut fastrand::Rng) {
        let clients = self.phones.iter().enumerate().flat_map(|(phone, found)| {
            let seats = found.seats.iter().filter(|(_, seat)| matches!(seat.place, RoomName::Client(_)));
            seats.map(move |(topic, seat)| (phone, Chore::Answers(topic.clone(), seat.line, false)))
        });
        let clients: Vec<(usize, Chore)> = clients.collect();
        if let Some((phone, chore)) = dice.choice(&clients).cloned() {
            self.phones[phone].chores.push_back(chore);
        }
    }

    /// The chore that marks a silent device as present once a frame of it is heard.
    pub(crate) fn answers_again(&self, phone: usize) -> Option<Chore> {
        self.phones[phone].seats.iter().find_map(|(topic, seat)| {
            let lines = self.offices[seat.office].rooms.get(&seat.place)?;
            let silent = lines.iter().any(|known| known.line == seat.line && known.silent);
            silent.then(|| Chore::Answers(topic.clone(), seat.line, true))
        })
    }

    fn push(&self, phone: usize, frame: &DeviceFrame, expectation: &mut Expectation) -> ModelStep {
        let seat = self.phones[phone].seats.get(&frame.topic).expect("only a joined topic comes to its turn");
        let model = &self.offices[seat.office].ahead;
        if self.is_out(phone, seat.office) {
            return ModelStep::Nothing(ExpectedAnswer::No("unauthorized"));
        }
        match (&frame.wish, &seat.place) {
            (Wish::Book(inquiry), RoomName::Client(client)) => {
                let client_name = self.phones[phone].name.clone();
                ModelStep::Book(client.clone(), Inquiry { client_name, ..inquiry.clone() })
            }
            (Wish::Cancel(booking), RoomName::Client(client)) => {
                ModelStep::Cancel(*booking, Actor::Client(client.clone()))
            }
            (Wish::SetStatus(willing), RoomName::Employee(id)) => ModelStep::SetStatus(id.clone(), *willing, false),
            (Wish::Accept(offer), RoomName::Employee(id)) => ModelStep::Accept(id.clone(), *offer),
            (Wish::Reject(offer), RoomName::Employee(id)) => ModelStep::Reject(id.clone(), *offer),
            (Wish::Say(body, key), RoomName::Session(session, _)) => {
                ModelStep::Say(*session, self.actor(phone), body.clone(), key.clone())
            }
            (Wish::Notes(body), RoomName::Session(session, _)) => {
                ModelStep::Notes(*session, self.actor(phone), body.clone())
            }
            (Wish::End(reason), RoomName::Session(session, _)) => {
                ModelStep::End(*session, self.actor(phone), reason.clone())
            }
            (Wish::Signal(data), RoomName::Session(session, party)) => {
                if model.talk(*session).is_none_or(|talk| talk.ended.is_some()) {
                    return ModelStep::Nothing(ExpectedAnswer::No("session_ended"));
                }
                expectation.signal = Some((*session, *party, *data));
                ModelStep::Nothing(ExpectedAnswer::Done)
            }
            (Wish::More(_), RoomName::Board) if !model.exists => {
                ModelStep::Nothing(ExpectedAnswer::No("unknown_company"))
            }
            (Wish::More(_), RoomName::Board) => ModelStep::Nothing(ExpectedAnswer::Done),
            (Wish::BookNothing, RoomName::Client(_)) => ModelStep::Nothing(ExpectedAnswer::No("invalid")),
            (wish, place) => panic!("{wish:?} came to a turn in {place:?}"),
        }
    }

    /// The seat that a join on the same topic replaces.
    #[must_use]
    pub(crate) fn seat_given_up(&self, phone: usize, frame: &DeviceFrame) -> Option<JoinedRoom> {
        let seat = self.phones[phone].seats.get(&frame.topic);
        seat.filter(|_| matches!(frame.wish, Wish::Join)).cloned()
    }

    /// The task has returned the device. A request without a turn was refused at once, or had no effect.
    pub(crate) fn finish_device(&mut self, phone: usize, task: &Task) {
        if let What::Answers(_, topic, line, answers) = &task.what
            && !task.taken
            && let Some(seat) = self.phones[phone].seats.get(topic).filter(|seat| seat.line == *line).cloned()
        {
            let step = self.answers(&seat, *answers);
            if self.is_calm() && !matches!(step, ModelStep::Nothing(_)) {
                self.nothing_came_of(seat.office, &step);
            }
        }
        let seat = match &task.what {
            What::Forget(_, topic, line) if !task.taken => {
                let is_it = self.phones[phone].seats.get(topic).is_some_and(|seat| seat.line == *line);
                if is_it { self.phones[phone].seats.remove(topic) } else { None }
            }
            What::Hear(_, frame) if !task.taken => {
                let seat = self.phones[phone].seats.get(&frame.topic);
                let left = matches!(frame.wish, Wish::Leave) && seat.is_some_and(|s| s.join_ref == frame.join_ref);
                if left || task.refused { self.phones[phone].seats.remove(&frame.topic) } else { None }
            }
            _ => None,
        };
        if let Some(seat) = seat {
            let step = self.depart(&seat);
            // While nothing can be committed or read, the company hears of it when it is loaded again.
            if self.is_calm() && !matches!(step, ModelStep::Nothing(_)) {
                self.nothing_came_of(seat.office, &step);
            }
        }
        self.answered(phone, task);
    }

    /// A frame for a join that is over gets no answer.
    fn answered(&mut self, phone: usize, task: &Task) {
        let What::Hear(_, frame) = &task.what else { return };
        let seat = self.phones[phone].seats.get(&frame.topic);
        let is_over = seat.is_some_and(|seat| seat.join_ref != frame.join_ref);
        if !task.taken && is_over && !matches!(frame.wish, Wish::Join) {
            self.phones[phone].unanswered.remove(&frame.reference);
        }
    }

    /// Whether the disk never fails in this weather.
    #[must_use]
    pub(crate) fn is_calm(&self) -> bool {
        self.weather.weights.disk == 0 && self.weather.weights.reads == 0
    }
}

/// Whether any device in the room answers.
fn is_there(lines: &[Listener]) -> bool {
    lines.iter().any(|line| !line.silent)
}

/// The step that the company takes when the first device enters a room.
fn arrival(place: &RoomName) -> Option<ModelStep> {
    match place {
        RoomName::Client(client) => Some(ModelStep::ClientHere(client.clone(), true)),
        RoomName::Employee(employee) => Some(ModelStep::EmployeeHere(employee.clone(), true)),
        RoomName::Session(session, party) => Some(ModelStep::PartyHere(*session, *party, true)),
        RoomName::Board => None,
    }
}

fn fresh_id(events: &[Event]) -> u128 {
    let fresh = events.iter().rev().find_map(|event| match event {
        Event::BookingOpened(request) => Some(request.booking.as_u128()),
        Event::OfferAccepted { session, .. } => Some(session.as_u128()),
        Event::MessageSent { message, .. } => Some(message.as_u128()),
        _ => None,
    });
    fresh.unwrap_or(0)
}
