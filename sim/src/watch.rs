//! Compares what people are told with the second opinion: only facts that are stored, only true ones, all of them, and
//! each in its order.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use switchboard_core::{EmployeeId, Party};
use switchboard_exchange::outbox::Outgoing;
use switchboard_journal::Fate;
use switchboard_wire::claims::Role;

use crate::cast::{Chore, Ears, Listener, Office, RoomName, is_shut_out};
use crate::expectation::Expectation;
use crate::merged::{Board, flags, merge, narrowed, only_of};
use crate::reference::{ExpectedAnswer, ExpectedNotices, Model};
use crate::server_under_test::{BOARD_PAGE_ROWS, Released};
use crate::task::What;
use crate::wire::{DeviceFrame, ReceivedFrame, Wish};
use crate::world::World;

impl World {
    /// Commits the first `most` of the waiting works.
    pub fn commit(&mut self, most: usize) {
        let Some(server) = &mut self.server else { return };
        let was_healthy = server.is_healthy();
        let released = if was_healthy { server.commit(most) } else { server.try_again() };
        let recovered = !was_healthy && server.is_healthy();
        for released in released {
            self.released(released);
        }
        if recovered {
            for office in 0..self.offices.len() {
                self.wake(office);
            }
        }
    }

    fn released(&mut self, mut released: Released) {
        released.sent.retain(|(phone, _)| !self.phones[*phone].is_shut_out);
        let expectation = self.expectations.pop_front().expect("only what was queued is released");
        assert_eq!(expectation.number, released.number, "promise 6: released out of its order");
        self.digest.add((released.number, released.fate == Fate::Committed));
        if self.is_told_aloud {
            println!("{} {:?} at {} {:?}", released.number, released.fate, expectation.at.as_ms(), expectation.step);
            released
                .sent
                .iter()
                .for_each(|(phone, outgoing)| println!("    to {phone}: {}", text(outgoing).unwrap_or("shut out")));
        }
        let mut sent: BTreeMap<usize, Vec<ReceivedFrame>> = BTreeMap::new();
        let mut shut_out = BTreeSet::new();
        for (phone, outgoing) in &released.sent {
            match text(outgoing) {
                Some(text) => {
                    assert!(!shut_out.contains(phone), "who is shut out is told more: {text}");
                    sent.entry(*phone).or_default().push(ReceivedFrame::read(text));
                }
                None => drop(shut_out.insert(*phone)),
            }
        }
        match released.fate {
            Fate::Committed => {
                let (answer, told) = self.store(&expectation);
                self.check_reply(&expectation, &answer, &mut sent);
                self.check_shut_out(&expectation, &told, &shut_out);
                self.check_events(&expectation, &told, sent);
            }
            Fate::Lost => {
                assert!(shut_out.is_empty(), "promise 2: shut out by what was lost");
                self.check_lost(&expectation, sent);
            }
        }
        for (phone, outgoing) in released.sent {
            self.send(phone, outgoing);
        }
        // The server closes their sockets, except for those of clients whose token is for any company.
        for phone in shut_out {
            if self.phones[phone].shown.is_for_company {
                self.phones[phone].is_shut_out = true;
                self.cut(phone);
            }
        }
    }

    /// Every device of a removed or shut-out person must hear of it, and no other device.
    fn check_shut_out(&mut self, expectation: &Expectation, told: &ExpectedNotices, shut_out: &BTreeSet<usize>) {
        let Office { stored, rooms, .. } = &mut self.offices[expectation.office];
        let hit = expectation.listeners.iter().filter(|(place, _)| is_shut_out(told, stored, place));
        let (lines, phones): (BTreeSet<u64>, BTreeSet<usize>) = hit.map(|(_, hit)| (hit.line, hit.phone)).unzip();
        let closed = rooms.values_mut().flatten().filter(|known| lines.contains(&known.line));
        closed.for_each(|known| known.ears = Ears::Closed);
        let expected = phones.into_iter().filter(|phone| self.phones[*phone].is_up).collect();
        assert_eq!(*shut_out, expected, "who is shut out by {:?}", expectation.step);
    }

    /// The stored model takes the step.
    pub fn store(&mut self, expectation: &Expectation) -> (ExpectedAnswer, ExpectedNotices) {
        let office = &mut self.offices[expectation.office];
        office.put_off_stored(expectation.followed_ms);
        let result = office.keep(expectation.at, &expectation.step, expectation.fresh);
        self.digest.add((expectation.at.as_ms(), expectation.fresh, format!("{:?}", result.0)));
        result
    }

    /// Puts a frame on its way to a person, and notes what the server must do about it.
    fn send(&mut self, phone: usize, outgoing: Outgoing) {
        self.counts.frames += 1;
        self.digest.add((phone, text(&outgoing)));
        if matches!(outgoing, Outgoing::ShutOut) {
            return;
        }
        if let Outgoing::Ended { topic, line, .. } = &outgoing {
            self.phones[phone].chores.push_back(Chore::Forget(topic.to_string(), *line));
        }
        if self.phones[phone].is_up {
            self.phones[phone].down.push_back(outgoing);
        }
    }

    /// Before anything is released, only answers that rest on no commit may be sent: a refusal, a heartbeat, a close.
    pub(crate) fn hear_at_once(&mut self, task: usize, sent: Vec<(usize, Outgoing)>) -> Vec<ReceivedFrame> {
        let mut at_once = Vec::new();
        for (phone, outgoing) in sent {
            let Some(text) = text(&outgoing) else { panic!("promise 2: shut out before anything was released") };
            let heard = ReceivedFrame::read(text);
            let What::Hear(of, frame) = self.tasks[task].what.clone() else {
                panic!("promise 2: told before anything was released: {heard:?}");
            };
            assert_eq!(of, phone, "promise 2: another was told before anything was released: {heard:?}");
            if heard.event == "phx_close" {
                self.tasks[task].refused |= matches!(frame.wish, Wish::Join);
            } else {
                let good = heard.answers() == Some(frame.reference) && self.may_be_told_at_once(phone, &frame, &heard);
                assert!(good, "promise 2: told before anything was released: {heard:?} to {frame:?}");
                self.phones[phone].unanswered.remove(&frame.reference);
            }
            self.send(phone, outgoing);
            at_once.push(heard);
        }
        at_once
    }

    fn may_be_told_at_once(&self, phone: usize, frame: &DeviceFrame, heard: &ReceivedFrame) -> bool {
        if heard.is_ok() {
            return matches!(frame.wish, Wish::Heartbeat | Wish::Leave);
        }
        let seat = self.phones[phone].seats.get(&frame.topic);
        let joins = matches!(frame.wish, Wish::Join);
        let server = self.server.as_ref();
        match heard.reason() {
            "unknown_topic" => !joins && seat.is_none(),
            "unknown_event" => {
                matches!(frame.wish, Wish::Dance) || seat.is_some_and(|seat| seat.place == RoomName::Board)
            }
            "forbidden" | "unknown_session" => joins,
            "overloaded" => self.weather.queue < 64,
            "unavailable" => !self.is_calm(),
            "draining" => server.is_some_and(|server| server.context.exchange.is_draining()),
            _ => false,
        }
    }

    /// A lost request must be answered with `unavailable`, and only to the device that sent it.
    fn check_lost(&mut self, expectation: &Expectation, sent: BTreeMap<usize, Vec<ReceivedFrame>>) {
        let mut answers = 0;
        for (phone, frames) in sent {
            for heard in frames {
                let Some((of, frame)) = &expectation.reply else {
                    panic!("promise 2: told of what was lost: {heard:?}")
                };
                answers += usize::from(heard.answers() == Some(frame.reference));
                if heard.event == "phx_close" && expectation.old.is_some() {
                    continue;
                }
                let is_leave = matches!(frame.wish, Wish::Leave);
                if is_leave && (heard.is_ok() || heard.event == "phx_close") {
                    continue;
                }
                let good = *of == phone && heard.answers() == Some(frame.reference) && heard.reason() == "unavailable";
                assert!(good, "promise 2: told of what was lost: {heard:?}");
            }
        }
        if let Some((phone, frame)) = &expectation.reply {
            let expected = usize::from(self.phones[*phone].is_up);
            assert_eq!(answers, expected, "whoever asked for what was lost is told so, once: {frame:?}");
            self.phones[*phone].unanswered.remove(&frame.reference);
        }
    }

    /// The requesting device must get one answer, before all events, and it must be the model's answer.
    fn check_reply(
        &mut self,
        expectation: &Expectation,
        answer: &ExpectedAnswer,
        sent: &mut BTreeMap<usize, Vec<ReceivedFrame>>,
    ) {
        let Some((phone, frame)) = &expectation.reply else { return };
        let is_there = self.phones[*phone].is_up;
        let frames = sent.entry(*phone).or_default();
        if !is_there {
            assert!(frames.is_empty());
            return;
        }
        if let Some(old) = expectation.old {
            let closed = frames.remove(0);
            assert_eq!((closed.event.as_str(), closed.join_ref), ("phx_close", old.to_string()));
        }
        assert!(!frames.is_empty(), "no answer to {frame:?}");
        let reply = frames.remove(0);
        assert_eq!(reply.answers(), Some(frame.reference), "no answer to {frame:?} but {reply:?}");
        assert_eq!(reply.join_ref, frame.join_ref.to_string(), "{reply:?}");
        if matches!(frame.wish, Wish::Leave) {
            let closed = frames.remove(0);
            assert_eq!(closed.event, "phx_close");
        }
        self.phones[*phone].unanswered.remove(&frame.reference);
        self.counts.no_room += u64::from(*answer == ExpectedAnswer::No("session_full"));
        let model = &self.offices[expectation.office].stored;
        let (is_ok, expected) = self.expected_reply(expectation, frame, answer, model);
        let said = (reply.is_ok(), without_message(reply.response()));
        assert_eq!(said, (is_ok, expected), "the answer to {frame:?} after {:?}", expectation.step);
        if matches!(frame.wish, Wish::Join | Wish::More(_)) && reply.is_ok() {
            self.take_in(*phone, frame, reply.response());
        }
    }

    /// Merges a snapshot or a page into the device's state.
    fn take_in(&mut self, phone: usize, frame: &DeviceFrame, response: &Value) {
        let found = &mut self.phones[phone];
        if frame.topic.starts_with("company:") {
            found.availability.insert(frame.topic.clone(), response["availability"].clone());
        } else if frame.topic.starts_with("board:") {
            if matches!(frame.wish, Wish::Join) {
                found.boards.insert(frame.topic.clone(), Board::default());
            }
            if let Some(board) = found.boards.get_mut(&frame.topic) {
                board.read(response);
            }
        }
    }

    fn expected_reply(
        &self,
        expectation: &Expectation,
        frame: &DeviceFrame,
        answer: &ExpectedAnswer,
        model: &Model,
    ) -> (bool, Value) {
        let yes = match (&frame.wish, answer) {
            (_, ExpectedAnswer::No(reason)) => return (false, json!({ "reason": reason })),
            (_, ExpectedAnswer::NobodyIdle(true)) => return (false, json!({ "reason": "no_idle_employee" })),
            (_, ExpectedAnswer::NobodyIdle(false)) => {
                return (false, json!({ "reason": "no_idle_employee", "known_topic": false }));
            }
            (_, ExpectedAnswer::NoWithBooking(reason, booking)) => {
                return (false, json!({ "reason": reason, "booking": model.booking_json(*booking) }));
            }
            (_, ExpectedAnswer::OfferClosed(outcome)) => {
                return (false, json!({ "reason": "offer_closed", "outcome": outcome.word() }));
            }
            (Wish::Join, _) => self.snapshot(expectation, model),
            (Wish::More(after), _) => model.board_page(Some(after), BOARD_PAGE_ROWS, expectation.at),
            (Wish::Leave, _) => json!({}),
            (_, ExpectedAnswer::Booking(booking)) => json!({ "booking": model.booking_json(*booking) }),
            (Wish::SetStatus(_), ExpectedAnswer::Staff(no)) => {
                let staff = model.staff(*no).expect("who was just set");
                json!({ "status": staff.status(), "intent": staff.intent() })
            }
            (_, ExpectedAnswer::Staff(no)) => {
                json!({ "status": model.staff(*no).map(crate::reference::Staff::status) })
            }
            (_, ExpectedAnswer::Talk(talk)) => {
                let phone = expectation.reply.as_ref().map(|(phone, _)| &self.phones[*phone]);
                let is_client = phone.is_some_and(|phone| self.people[phone.person].role == Role::Client);
                let party = if is_client { Party::Client } else { Party::Employee };
                json!({ "session": model.talk_json_to(*talk, party) })
            }
            (_, ExpectedAnswer::Said(talk, said)) => {
                let said = model.said_json(*talk, *said);
                json!({ "id": said["id"], "at": said["at"] })
            }
            (_, ExpectedAnswer::Noted(talk)) => json!({ "at": model.notes_json(*talk)["at"] }),
            (_, ExpectedAnswer::Done) => json!({}),
        };
        (true, yes)
    }

    fn snapshot(&self, expectation: &Expectation, model: &Model) -> Value {
        let joined = expectation.listeners.iter().find(|(_, listener)| Some(listener.line) == expectation.line);
        let only = joined.and_then(|(_, listener)| only_of(listener.phone));
        match joined.map(|(place, _)| place) {
            Some(RoomName::Client(client)) => {
                let mut snapshot = model.client_json(client);
                snapshot["availability"] = narrowed(snapshot["availability"].take(), only);
                snapshot
            }
            Some(RoomName::Employee(id)) => {
                model.staff_no(id).map_or(Value::Null, |no| model.desk_json(no, expectation.at))
            }
            Some(RoomName::Session(session, party)) => model.room_json(*session, *party),
            Some(RoomName::Board) | None => model.board_page(None, BOARD_PAGE_ROWS, expectation.at),
        }
    }

    /// Every listener must hear all changes and nothing else.
    fn check_events(
        &mut self,
        expectation: &Expectation,
        told: &ExpectedNotices,
        sent: BTreeMap<usize, Vec<ReceivedFrame>>,
    ) {
        let mut by_line: BTreeMap<(usize, String), Vec<ReceivedFrame>> = BTreeMap::new();
        for (phone, frames) in sent {
            for heard in frames {
                by_line.entry((phone, heard.topic.clone())).or_default().push(heard);
            }
        }
        for (place, listener) in &expectation.listeners {
            let frames = by_line.remove(&(listener.phone, listener.topic.clone())).unwrap_or_default();
            if !self.phones[listener.phone].is_up {
                assert!(frames.is_empty());
                continue;
            }
            let has_read = expectation.reply.as_ref().is_some_and(|(phone, _)| *phone == listener.phone);
            if *place == RoomName::Board && (has_read || !frames.is_empty()) {
                self.check_board(expectation, listener, &frames);
            }
            let model = &self.offices[expectation.office].stored;
            let mut expected = Expected { told, model, expectation, place, frames };
            expected.check();
            if matches!(place, RoomName::Client(_)) {
                let rest = expected.frames;
                self.check_availability(expectation, listener, rest);
            } else {
                assert!(expected.frames.is_empty(), "{place:?} hears without a reason: {:?}", expected.frames);
            }
        }
        assert!(by_line.is_empty(), "promise 8: who does not listen hears {by_line:?} after {:?}", expectation.step);
    }

    /// A change of `available` must be told at once, and each event must make the device's state true.
    fn check_availability(&mut self, expectation: &Expectation, listener: &Listener, frames: Vec<ReceivedFrame>) {
        let model = &self.offices[expectation.office].stored;
        let now = narrowed(model.availability_json(), only_of(listener.phone));
        let stray = frames.iter().find(|heard| heard.event != "availability");
        assert!(stray.is_none(), "a client hears without a reason: {stray:?}");
        // A lost join gave the device no snapshot, and the device ignores events of that join.
        let Some(known) = self.phones[listener.phone].availability.get_mut(&listener.topic) else { return };
        for heard in frames {
            merge(known, &heard.payload);
            assert_eq!(*known, now, "what can be booked, of all that was told");
        }
        if model.exists {
            let step = &expectation.step;
            assert_eq!(flags(known), flags(&now), "a client is not told at once what is available, after {step:?}");
        }
    }

    /// The board that a device has read and heard must equal the company's board.
    fn check_board(&mut self, expectation: &Expectation, listener: &Listener, heard: &[ReceivedFrame]) {
        let whole = self.offices[expectation.office].stored.board_page(None, usize::MAX, expectation.at);
        let boards = &mut self.phones[listener.phone].boards;
        if heard.iter().any(|heard| heard.event == "phx_close") {
            boards.remove(&listener.topic);
        }
        let Some(board) = boards.get_mut(&listener.topic) else { return };
        for heard in heard {
            board.hear(&heard.event, &heard.payload);
        }
        board.check(&whole);
    }
}

/// The messages that one listener must hear of one step.
struct Expected<'a> {
    told: &'a ExpectedNotices,
    model: &'a Model,
    expectation: &'a Expectation,
    place: &'a RoomName,
    frames: Vec<ReceivedFrame>,
}

impl Expected<'_> {
    fn check(&mut self) {
        match self.place {
            RoomName::Client(client) => {
                let bookings = self.told.bookings.iter().copied();
                let own = bookings.filter(|id| self.model.search(*id).is_some_and(|s| s.client == *client));
                for id in own.collect::<Vec<_>>() {
                    self.must_hear("booking", &json!({ "booking": self.model.booking_json(id) }));
                }
            }
            RoomName::Employee(id) => self.employee(id),
            RoomName::Session(session, party) => self.session(*session, *party),
            RoomName::Board => self.board(),
        }
        if is_shut_out(self.told, self.model, self.place) {
            let last = self.frames.last().map(|heard| heard.event.as_str());
            assert_eq!(last, Some("phx_close"), "a channel closes after all that is told on it: {:?}", self.frames);
            self.must_hear("phx_close", &json!({}));
        }
    }

    fn employee(&mut self, id: &EmployeeId) {
        for (offer, outcome) in self.closed(id) {
            let payload = json!({ "offer_id": offer.to_string(), "outcome": outcome.word() });
            self.must_hear("offer_closed", &payload);
        }
        for (_, offer) in self.told.offers.iter().filter(|(who, _)| who == id) {
            let is_open = !self.told.closed.iter().any(|(_, closed, _)| closed == offer);
            if is_open {
                self.must_hear("offer", &json!({ "offer": self.model.offer_json(*offer, self.expectation.at) }));
            }
        }
        if let Some(no) = self.model.staff_no(id) {
            for (_, cause) in self.told.statuses.iter().filter(|(whose, _)| *whose == no) {
                self.must_hear("status", &self.model.status_json(no, cause));
            }
        }
        for talk in &self.told.talks {
            if let Some(found) = self.model.talk(*talk).filter(|talk| talk.who == *id) {
                self.must_hear("session", &self.model.own_talk_json(*talk, found.staff, self.expectation.at));
            }
        }
    }

    /// Closed offers of that employee, except those that were made and closed in the same step, which the employee
    /// never heard of.
    fn closed(&self, id: &EmployeeId) -> Vec<(switchboard_core::OfferId, switchboard_core::Outcome)> {
        let heard = |offer| !self.told.offers.iter().any(|(_, made)| *made == offer);
        let closed = self.told.closed.iter().filter(|(who, offer, _)| who == id && heard(*offer));
        closed.map(|(_, offer, outcome)| (*offer, *outcome)).collect()
    }

    fn session(&mut self, session: switchboard_core::SessionId, party: Party) {
        for (_, said) in self.told.said.iter().filter(|(of, _)| *of == session) {
            self.must_hear("message", &self.model.said_json(session, *said));
        }
        if party == Party::Employee && self.told.noted.contains(&session) {
            self.must_hear("notes", &self.model.notes_json(session));
        }
        if self.told.ended.contains(&session) {
            self.must_hear("ended", &json!({ "session": self.model.talk_json_to(session, party) }));
        }
        let online = self.model.talk(session).is_some_and(|talk| talk.sides[party.other() as usize].online);
        let peer = json!({ "online": online });
        if self.told.peers.contains(&(session, party == Party::Client)) {
            self.must_hear("peer", &peer);
        }
        // A listener is told of its peer again when the company is loaded.
        self.frames.retain(|heard| heard.event != "peer" || heard.payload != peer);
        if let Some((of, from, data)) = &self.expectation.signal
            && *of == session
            && from.other() == party
        {
            self.must_hear("signal", &json!({ "from": from.word(), "data": data }));
        }
    }

    fn board(&mut self) {
        for no in &self.told.rows {
            if self.model.staff(*no).is_some() {
                self.must_hear("employee", &json!({ "employee": self.model.staff_json(*no) }));
            }
        }
        for id in &self.told.removed {
            self.must_hear("employee", &json!({ "employee": { "id": id.as_str(), "removed": true } }));
        }
        for id in &self.told.bookings {
            self.must_hear("booking", &json!({ "booking": self.model.booking_json_of_staff(*id) }));
        }
        for id in &self.told.talks {
            self.must_hear("session", &json!({ "session": self.model.coded_talk_json(*id) }));
        }
    }

    /// The message must be heard at least once. Repetitions do no harm, but a different message would remain.
    fn must_hear(&mut self, event: &str, payload: &Value) {
        let before = self.frames.len();
        self.frames.retain(|heard| heard.event != event || heard.payload != *payload);
        assert!(
            self.frames.len() < before,
            "promise 6: {:?} does not hear `{event}` {payload} after {:?}, but {:?}",
            self.place,
            self.expectation.step,
            self.frames
        );
    }
}

/// The text of the frame; `None` when the connection is closed.
fn text(outgoing: &Outgoing) -> Option<&str> {
    match outgoing {
        Outgoing::Frame(text)
        | Outgoing::Offer(text, _)
        | Outgoing::Search(text, _)
        | Outgoing::Ended { frame: text, .. } => Some(text),
        Outgoing::ShutOut => None,
    }
}

/// Leaves out the words for a person, and checks only that there are some.
fn without_message(response: &Value) -> Value {
    let mut response = response.clone();
    if let Some(fields) = response.as_object_mut()
        && let Some(message) = fields.remove("message")
    {
        assert!(message.as_str().is_some_and(|message| !message.is_empty()), "an error says nothing to a person");
    }
    response
}
