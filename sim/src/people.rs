//! People: what they remember and what they do next. Some are hasty, some forgetful, some nosy.

use fastrand::Rng;
use switchboard_core::{OfferId, SessionId};
use switchboard_wire::claims::Role;

use crate::cast::{InFlight, Memory, keep};
use crate::merged::only_of;
use crate::reference::Inquiry;
use crate::wire::{DeviceFrame, ReceivedFrame, Wish, booking_id, offer_id, session_id};
use crate::world::World;

/// The most devices of one person at once.
const PHONES_MAX: usize = 3;

impl World {
    /// Sends a request from a person's device.
    pub(crate) fn send_frame(&mut self, phone: usize, topic: &str, wish: Wish) {
        let found = &mut self.phones[phone];
        if !found.is_up {
            return;
        }
        found.references += 1;
        let reference = found.references;
        let joins = matches!(wish, Wish::Join);
        let join_ref = if joins { reference } else { found.joined.get(topic).copied().unwrap_or(0) };
        if joins {
            found.joined.insert(topic.to_owned(), reference);
        } else if matches!(wish, Wish::Leave) {
            found.joined.remove(topic);
        }
        let frame = DeviceFrame { topic: topic.to_owned(), join_ref, reference, wish, only: only_of(phone) };
        found.unanswered.insert(reference, frame.clone());
        found.up.push_back(InFlight::Frame(frame.clone()));
        let person = found.person;
        self.people[person].memory.waiting.insert((phone, reference), frame);
    }

    /// The topic where a client books, an employee works or an admin watches.
    #[must_use]
    pub(crate) fn own_topic(&self, person: usize) -> String {
        let found = &self.people[person];
        let company = &self.offices[found.office.unwrap_or(0)].id;
        match found.role {
            Role::Client => format!("company:{company}"),
            Role::Employee => format!("employee:{company}:{}", found.id),
            Role::Admin => format!("board:{company}"),
        }
    }

    /// Lets a person do one thing.
    pub fn act(&mut self, person: usize, dice: &mut Rng) {
        let phones = self.people[person].phones.clone();
        if phones.is_empty() || (phones.len() < PHONES_MAX && dice.u8(0..24) == 0) {
            if let Some(phone) = self.connect(person) {
                let topic = self.own_topic(person);
                self.send_frame(phone, &topic, Wish::Join);
                self.go_on_where_they_were(person, phone);
            }
            return;
        }
        let phone = phones[dice.usize(0..phones.len())];
        if dice.u8(0..40) == 0 {
            return self.be_odd(person, phone, dice);
        }
        let own = self.own_topic(person);
        match self.people[person].role {
            Role::Admin => {}
            _ if !self.phones[phone].joined.contains_key(&own) => self.send_frame(phone, &own, Wish::Join),
            _ if self.people[person].memory.talks && dice.u8(0..4) > 0 => self.talk(person, phone, dice),
            Role::Client => self.act_as_client(person, phone, &own, dice),
            Role::Employee => self.act_as_employee(person, phone, &own, dice),
        }
    }

    /// After a lost connection, joins the running session again and repeats requests whose outcome is unknown.
    fn go_on_where_they_were(&mut self, person: usize, phone: usize) {
        let memory = &mut self.people[person].memory;
        let unsure = std::mem::take(&mut memory.unsure);
        let session = memory.sessions.last().copied().filter(|_| memory.talks);
        if let Some(session) = session {
            self.send_frame(phone, &format!("session:{session}"), Wish::Join);
        }
        for frame in unsure {
            self.send_frame(phone, &frame.topic, frame.wish);
        }
    }

    fn act_as_client(&mut self, person: usize, phone: usize, own: &str, dice: &mut Rng) {
        let memory = &self.people[person].memory;
        if memory.searches && dice.u8(0..5) > 0 {
            let last = memory.bookings.last().copied();
            if let Some(booking) = last.filter(|_| dice.u8(0..8) == 0) {
                self.send_frame(phone, own, Wish::Cancel(booking));
            }
            return;
        }
        let office = self.people[person].office.unwrap_or_else(|| dice.usize(0..self.offices.len()));
        let desk = format!("company:{}", self.offices[office].id);
        if !self.phones[phone].joined.contains_key(&desk) {
            return self.send_frame(phone, &desk, Wish::Join);
        }
        let topic = ["law", "tax", "cars", "else", " tax ", "law\u{a0}"][dice.usize(0..6)].to_owned();
        self.made += 1;
        let key = dice.bool().then(|| format!("key {}", self.made));
        let note = (dice.u8(0..3) == 0).then(|| format!(r#"{{"made":{}}}"#, self.made));
        let wish = Wish::Book(Inquiry { topic, note, key, ..Inquiry::default() });
        self.send_frame(phone, &desk, wish.clone());
        // A double tap sends the same request twice.
        if dice.u8(0..6) == 0 {
            self.send_frame(phone, &desk, wish);
        }
    }

    fn act_as_employee(&mut self, person: usize, phone: usize, own: &str, dice: &mut Rng) {
        let memory = &self.people[person].memory;
        if !memory.willing || dice.u8(0..30) == 0 {
            let willing = dice.u8(0..12) > 0;
            self.people[person].memory.willing = willing;
            return self.send_frame(phone, own, Wish::SetStatus(willing));
        }
        if let Some(session) = memory.sessions.last().copied().filter(|_| dice.u8(0..12) == 0) {
            return self.finish_notes(phone, session, dice);
        }
        let memory = &self.people[person].memory;
        if let Some(offer) = memory.offers.last().copied() {
            self.answer(phone, offer, dice);
        }
    }

    /// Writes notes after a session, perhaps long after it.
    fn finish_notes(&mut self, phone: usize, session: SessionId, dice: &mut Rng) {
        let room = format!("session:{session}");
        if !self.phones[phone].joined.contains_key(&room) {
            return self.send_frame(phone, &room, Wish::Join);
        }
        self.made += 1;
        let wish = Wish::Notes(notes(self.made, dice));
        self.send_frame(phone, &room, wish);
    }

    fn answer(&mut self, phone: usize, offer: OfferId, dice: &mut Rng) {
        let own = self.own_topic(self.phones[phone].person);
        let yes = dice.u8(..) < self.weather.willing;
        self.send_frame(phone, &own, if yes { Wish::Accept(offer) } else { Wish::Reject(offer) });
    }

    /// In a session: a message, a signal, notes or its end.
    fn talk(&mut self, person: usize, phone: usize, dice: &mut Rng) {
        let Some(session) = self.people[person].memory.sessions.last().copied() else { return };
        let room = format!("session:{session}");
        let is_wordy = self.weather.more_words > 0;
        if !self.phones[phone].joined.contains_key(&room) {
            self.send_frame(phone, &room, Wish::Join);
            if !is_wordy {
                return;
            }
        }
        self.made += 1;
        let made = self.made;
        let wish = match dice.u8(0..11) {
            8 | 9 if is_wordy => Wish::Say(format!("words {made}"), None),
            0..4 => Wish::Say(format!("words {made}"), dice.bool().then(|| format!("key {made}"))),
            4..6 => Wish::Signal(made),
            6 => Wish::Leave,
            // A client's device tries this as well, and must be refused.
            7 => Wish::Notes(notes(made, dice)),
            _ => Wish::End(dice.bool().then(|| "done".to_owned())),
        };
        self.send_frame(phone, &room, wish.clone());
        let more = if matches!(wish, Wish::Say(..)) { self.weather.more_words } else { 0 };
        if dice.u8(0..8) == 0 {
            self.send_frame(phone, &room, wish);
        }
        for _ in 0..more {
            self.made += 1;
            let made = self.made;
            let key = made.is_multiple_of(2).then(|| format!("key {made}"));
            // The text has more bytes than letters.
            self.send_frame(phone, &room, Wish::Say(format!("wörds {made}"), key));
        }
    }

    /// Odd or useless requests: late answers, requests about other people's things, topics of other people.
    fn be_odd(&mut self, person: usize, phone: usize, dice: &mut Rng) {
        let own = self.own_topic(person);
        let somebody = dice.usize(0..self.people.len());
        let theirs = self.people[somebody].memory.clone();
        let any_joined = self.phones[phone].joined.keys().next_back().cloned().unwrap_or_else(|| own.clone());
        let pick = |dice: &mut Rng, many: usize| dice.usize(0..many.max(1));
        let role = self.people[person].role;
        match dice.u8(0..10) {
            0 => self.send_frame(phone, &any_joined, Wish::Leave),
            1 => self.send_frame(phone, &own, Wish::Join),
            2 => self.send_frame(phone, &own, Wish::Dance),
            3 => self.send_frame(phone, "phoenix", Wish::Heartbeat),
            4 => {
                let topic = self.own_topic(somebody);
                self.send_frame(phone, &topic, Wish::Join);
            }
            5 => {
                if let Some(session) = theirs.sessions.get(pick(dice, theirs.sessions.len())) {
                    self.send_frame(phone, &format!("session:{session}"), Wish::Join);
                }
            }
            6 if role == Role::Client => {
                if let Some(booking) = theirs.bookings.get(pick(dice, theirs.bookings.len())) {
                    self.send_frame(phone, &own, Wish::Cancel(*booking));
                }
            }
            7 if role == Role::Client => self.send_frame(phone, &own, Wish::BookNothing),
            6..=8 if role == Role::Employee => {
                let own_offers = self.people[person].memory.offers.clone();
                let offers = if dice.bool() { own_offers } else { theirs.offers };
                if let Some(offer) = offers.get(pick(dice, offers.len())) {
                    self.answer(phone, *offer, dice);
                }
            }
            _ => {
                let sessions = self.people[person].memory.sessions.clone();
                if let Some(session) = sessions.get(pick(dice, sessions.len())) {
                    self.send_frame(phone, &format!("session:{session}"), Wish::End(None));
                }
            }
        }
    }

    /// Lets a person read a frame on a device, and perhaps react at once.
    pub fn remember(&mut self, phone: usize, heard: &ReceivedFrame, dice: &mut Rng) {
        let person = self.phones[phone].person;
        if let Some(reference) = heard.answers() {
            let asked = self.people[person].memory.waiting.remove(&(phone, reference));
            if let Some(asked) = asked {
                self.remember_answer(person, phone, &asked, heard);
            }
            return;
        }
        let memory = &mut self.people[person].memory;
        match heard.event.as_str() {
            "booking" => remember_booking(memory, &heard.payload["booking"]),
            "session" | "ended" => remember_session(memory, &heard.payload["session"]),
            "status" => memory.willing = heard.payload["intent"] == "idle",
            "offer" => {
                if let Some(offer) = offer_id(&heard.payload["offer"]["id"]) {
                    keep(&mut memory.offers, offer);
                    if dice.u8(..) < self.weather.eager {
                        self.answer(phone, offer, dice);
                    }
                }
            }
            "phx_close" => {
                // As in phoenix.js, the close of an earlier join does not affect the present join.
                let joined = &mut self.phones[phone].joined;
                if joined.get(&heard.topic).is_some_and(|join| join.to_string() == heard.join_ref) {
                    joined.remove(&heard.topic);
                }
            }
            _ => {}
        }
    }

    fn remember_answer(&mut self, person: usize, phone: usize, asked: &DeviceFrame, heard: &ReceivedFrame) {
        if heard.reason() == "unauthorized" && self.phones[phone].is_up {
            // The person signs in again and comes back with a new token.
            self.people[person].issued_ms = Some(self.now_ms);
            self.cut(phone);
        }
        let memory = &mut self.people[person].memory;
        let response = heard.response();
        if let (Wish::Join | Wish::More(_), Some(next)) = (&asked.wish, response["next"].as_str()) {
            // As in phoenix.js, answers to an earlier join are dropped: reading on from such an answer would leave a
            // gap.
            if self.phones[phone].joined.get(&asked.topic) == Some(&asked.join_ref) {
                self.send_frame(phone, &asked.topic, Wish::More(next.to_owned()));
            }
            return;
        }
        match asked.wish {
            Wish::Join if !heard.is_ok() => {
                let joined = &mut self.phones[phone].joined;
                if joined.get(&asked.topic) == Some(&asked.join_ref) {
                    joined.remove(&asked.topic);
                }
                if asked.topic.starts_with("session:") {
                    memory.talks = false;
                }
            }
            Wish::Join => {
                if let Some(offer) = offer_id(&response["offer"]["id"]) {
                    keep(&mut memory.offers, offer);
                }
                if asked.topic.starts_with("employee:") {
                    memory.willing = response["intent"] == "idle";
                    memory.talks = false;
                } else if asked.topic.starts_with("company:") {
                    memory.searches = false;
                    memory.talks = false;
                    remember_booking(memory, &response["booking"]);
                }
                remember_session(memory, &response["session"]);
            }
            Wish::Book(..) | Wish::Cancel(_) => remember_booking(memory, &response["booking"]),
            Wish::Accept(_) | Wish::End(_) => remember_session(memory, &response["session"]),
            _ => {}
        }
    }
}

/// Notes with new text, with the same text as before, or with none.
fn notes(made: u64, dice: &mut Rng) -> String {
    match dice.u8(0..4) {
        0 => String::new(),
        1 => "as always".to_owned(),
        _ => format!("notes {made}"),
    }
}

fn remember_booking(memory: &mut Memory, booking: &serde_json::Value) {
    if let Some(id) = booking_id(&booking["id"]) {
        keep(&mut memory.bookings, id);
        memory.searches = booking["state"] == "offering";
        remember_session(memory, &booking["session"]);
    }
}

fn remember_session(memory: &mut Memory, session: &serde_json::Value) {
    if let Some(id) = session_id(&session["id"]) {
        keep(&mut memory.sessions, id);
        memory.talks = session["ended_at"].is_null();
    }
}
