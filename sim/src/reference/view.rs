//! The model's JSON views, and its comparison with core's company.

use std::fmt::Debug;

use serde_json::{Value, json};
use switchboard_core::{
    Booking, BookingId, Company, Duty, Employee, OfferId, Party, Reach, Session, SessionId, Skills, Time,
};
use switchboard_wire::view::Moment;

use super::{Answered, HeldWrapUp, Holds, Inquiry, Model, Near, OpenOffer, Search, SearchEnd, Staff, Talk};
use crate::merged::page;

fn moment(at: Time) -> Value {
    serde_json::to_value(Moment(at)).unwrap_or_default()
}

/// Fails with those words unless the condition holds.
fn must(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// Checks that so many of a kind were found as were expected.
fn must_be_as_many(kind: &str, found: usize, expected: usize) -> Result<(), String> {
    must(found == expected, || format!("{found} {kind} where {expected} were expected"))
}

/// Checks that the found item is there and is the expected one.
fn must_be<F: Debug, E: Debug>(found: Option<&F>, expected: Option<&E>, is: fn(&E, &F) -> bool) -> Result<(), String> {
    let same = expected.zip(found).is_some_and(|(expected, found)| is(expected, found));
    must(same, || format!("{found:?} where {expected:?} was expected"))
}

impl Model {
    /// A booking, as the contract shows one.
    #[must_use]
    pub(crate) fn booking_json(&self, id: BookingId) -> Value {
        let Some(search) = self.search(id) else { return Value::Null };
        let (state, reason, talk) = match search.end {
            None => ("offering", None, None),
            Some(SearchEnd::Talk(talk)) => ("assigned", None, self.talk(talk)),
            Some(SearchEnd::Without(reason)) => (reason.state().word(), Some(reason.word()), None),
        };
        json!({
            "id": search.id.to_string(),
            "company_id": self.id,
            "client_id": search.client.as_str(),
            "client_name": search.inquiry.client_name,
            "topic": search.inquiry.topic,
            "note": search.note_json(),
            "state": state,
            "reason": reason,
            "offers": search.asks.len(),
            "created_at": moment(search.opened),
            "session": talk.map(|talk| self.talk_json(talk.id)),
            "employee": talk.map(|talk| json!({ "id": talk.who.as_str(), "name": talk.name })),
        })
    }

    /// A booking, as a board shows one: with the wishes of a company that has a routing.
    #[must_use]
    pub(crate) fn booking_json_of_staff(&self, id: BookingId) -> Value {
        let mut shown = self.booking_json(id);
        if let Some(search) = self.search(id).filter(|search| !search.inquiry.skills.is_empty()) {
            shown.add("skills", skills_json(&search.inquiry.skills));
        }
        shown
    }

    /// The company's appearance, as a join reply shows it.
    fn brand_json(&self) -> Value {
        json!({
            "id": self.id, "name": "A company",
            "colour": self.brand.colour.map(|colour| colour.to_string()),
            "logo": self.brand.logo.as_ref().map(|logo| format!("/logo/{}/{logo}", self.id)),
        })
    }

    /// A session, as the contract shows one.
    #[must_use]
    pub(crate) fn talk_json(&self, id: SessionId) -> Value {
        let Some(talk) = self.talk(id) else { return Value::Null };
        let ended = talk.ended.as_ref();
        json!({
            "id": talk.id.to_string(),
            "booking_id": talk.booking.to_string(),
            "company_id": self.id,
            "client_id": talk.client.as_str(),
            "client_name": talk.client_name,
            "employee_id": talk.who.as_str(),
            "topic": talk.topic,
            "started_at": moment(talk.began),
            "ended_at": ended.map(|(at, _, _)| moment(*at)),
            "ended_by": ended.map(|(_, by, _)| by.word()),
            "reason": ended.and_then(|(_, _, reason)| reason.clone()),
        })
    }

    /// A session, as everybody but its client sees it: with its code.
    #[must_use]
    pub(crate) fn coded_talk_json(&self, id: SessionId) -> Value {
        let code = self.talk(id).and_then(|talk| talk.code.as_ref());
        let mut shown = self.talk_json(id);
        shown.add("code", code.map(|code| json!(code.as_str())));
        shown
    }

    /// A session, as that side of it sees it.
    #[must_use]
    pub(crate) fn talk_json_to(&self, id: SessionId, party: Party) -> Value {
        match party {
            Party::Client => self.talk_json(id),
            Party::Employee => self.coded_talk_json(id),
        }
    }

    /// An offer, as the asked employee sees it at that time.
    #[must_use]
    pub(crate) fn offer_json(&self, offer: OfferId, now: Time) -> Value {
        let Some(search) = self.search(offer.booking) else { return Value::Null };
        let Some(ask) = (offer.attempt as usize).checked_sub(1).and_then(|n| search.asks.get(n)) else {
            return Value::Null;
        };
        let mut shown = json!({
            "id": format!("{}.{}", search.id, offer.attempt),
            "booking_id": search.id.to_string(),
            "client_id": search.client.as_str(),
            "client_name": search.inquiry.client_name,
            "topic": search.inquiry.topic,
            "note": search.note_json(),
            "attempt": offer.attempt,
            "expires_at": moment(ask.expires),
            "expires_in_ms": now.ms_until(ask.expires),
        });
        if search.way.is_some() {
            let others = search.open_asks() - usize::from(ask.outcome.is_none());
            shown.add("skills", skills_json(&search.inquiry.skills));
            shown.add("others", (others > 0).then(|| json!(others)));
        }
        shown
    }

    /// A message, as the contract shows one.
    #[must_use]
    pub(crate) fn said_json(&self, talk: SessionId, id: switchboard_core::MessageId) -> Value {
        let said = self.talk(talk).and_then(|talk| talk.said.iter().rev().find(|said| said.id == id));
        said.map_or(Value::Null, |said| {
            json!({ "id": said.id.to_string(), "from": said.from.word(), "body": said.body, "at": moment(said.at) })
        })
    }

    /// The notes on a session, as the contract shows them; null when there never were any.
    #[must_use]
    pub(crate) fn notes_json(&self, talk: SessionId) -> Value {
        let notes = self.talk(talk).and_then(|talk| talk.notes.as_ref());
        notes.map_or(Value::Null, |(body, at)| json!({ "body": body, "at": moment(*at) }))
    }

    /// An employee's row, as a board shows it.
    #[must_use]
    pub(crate) fn staff_json(&self, no: usize) -> Value {
        self.staff(no).map_or(Value::Null, |staff| {
            let mut shown = json!({
                "id": staff.id.as_str(),
                "name": staff.name,
                "topics": staff.topics,
                "status": staff.status(),
                "since": moment(staff.since),
                "intent": staff.intent(),
            });
            shown.add("skills", skills_json(&staff.profile.skills));
            shown.add("share", (staff.profile.share != 1).then(|| json!(staff.profile.share)));
            shown.add("pause", staff.pause_json());
            shown.add("resting_until", staff.rests.map(moment));
            shown
        })
    }

    /// Availability as of now.
    #[must_use]
    pub(crate) fn availability_json(&self) -> Value {
        let mut topics: Vec<&String> = self.staff.iter().flatten().flat_map(|staff| &staff.topics).collect();
        topics.sort();
        topics.dedup();
        let here = |topic: Option<&str>| self.staff.iter().flatten().filter(|staff| staff.can_take(topic)).count();
        let can_be_booked = |topic: &str| {
            let inquiry = Inquiry { topic: topic.to_owned(), ..Inquiry::default() };
            self.steps_for(topic).iter().any(|step| !self.candidates_of(step, &inquiry).is_empty())
        };
        let idle = here(None);
        let has_generalists = self.staff.iter().flatten().any(|staff| staff.topics.is_empty());
        let available =
            topics.iter().any(|topic| can_be_booked(topic)) || has_generalists && can_be_booked("never named");
        let by_topic = topics
            .into_iter()
            .map(|topic| (topic.clone(), json!({ "available": can_be_booked(topic), "idle": here(Some(topic)) })));
        json!({ "available": available, "idle": idle, "topics": Value::Object(by_topic.collect()) })
    }

    /// The snapshot in the join reply of `employee:…`.
    #[must_use]
    pub(crate) fn desk_json(&self, no: usize, now: Time) -> Value {
        let Some(staff) = self.staff(no) else { return Value::Null };
        let (offer, talk) = match staff.holds {
            Holds::Offer(booking) => {
                let offer = self.search(booking).and_then(|search| search.ask_to(no));
                (offer.map_or(Value::Null, |offer| self.offer_json(offer, now)), Value::Null)
            }
            Holds::Talk(talk) => (Value::Null, self.coded_talk_json(talk)),
            Holds::Nothing | Holds::WrapUp(_) => (Value::Null, Value::Null),
        };
        let mut shown = json!({
            "company": self.brand_json(),
            "status": staff.status(),
            "since": moment(staff.since),
            "intent": staff.intent(),
            "offer": offer,
            "session": talk,
            "wrap_up_ends_in_ms": staff.wrap_up_left_ms(now),
        });
        staff.add_work(&mut shown);
        // A desk offers the reasons and the codes, where the company has any.
        let words = |words: &[switchboard_core::Word]| (!words.is_empty()).then(|| json!(words));
        shown.add("pause_reasons", words(&self.routing.pause_reasons));
        shown.add("codes", words(&self.routing.wrap_up.codes));
        shown
    }

    /// The snapshot in the join reply of `company:…`.
    #[must_use]
    pub(crate) fn client_json(&self, client: &switchboard_core::ClientId) -> Value {
        let open = self.open_of(client).map(|search| self.booking_json(search.id));
        json!({ "company": self.brand_json(), "availability": self.availability_json(), "booking": open })
    }

    /// The snapshot in the join reply of `session:…`.
    #[must_use]
    pub(crate) fn room_json(&self, id: SessionId, party: Party) -> Value {
        let Some(talk) = self.talk(id) else { return Value::Null };
        let from = talk.said.len().saturating_sub(switchboard_core::limits::MESSAGES_AT_HAND_MAX);
        let messages: Vec<Value> = talk.said[from..].iter().map(|said| self.said_json(id, said.id)).collect();
        let mut room = json!({
            "session": self.talk_json_to(id, party),
            "note": self.search(talk.booking).and_then(Search::note_json),
            "peer": { "online": talk.sides[party.other() as usize].online },
            "messages": messages,
        });
        if party == Party::Employee {
            room["notes"] = self.notes_json(id);
        }
        room
    }

    /// All rows of a board with their cursors, in the order in which they are read: employees by id, then what is open,
    /// by client.
    #[must_use]
    pub(crate) fn board_rows(&self) -> Vec<(String, &'static str, Value)> {
        let mut rows = Vec::new();
        for (no, staff) in self.staff.iter().enumerate().filter_map(|(no, staff)| Some((no, staff.as_ref()?))) {
            rows.push((format!("employee:{}", staff.id), "employees", self.staff_json(no)));
        }
        rows.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        let mut open = Vec::new();
        for search in self.searches.iter().filter(|search| search.end.is_none()) {
            open.push((format!("client:{}", search.client), "bookings", self.booking_json_of_staff(search.id)));
        }
        for talk in self.talks.iter().filter(|talk| talk.ended.is_none()) {
            open.push((format!("client:{}", talk.client), "sessions", self.coded_talk_json(talk.id)));
        }
        open.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        rows.extend(open);
        rows
    }

    /// One page of a board.
    #[must_use]
    pub(crate) fn board_page(&self, after: Option<&str>, most: usize, now: Time) -> Value {
        let mut page = page(&self.board_rows(), after, most, self.today_json(now));
        page["company"] = self.brand_json();
        page
    }

    fn today_json(&self, now: Time) -> Value {
        let day = self.days.get(&now.day()).copied().unwrap_or_default();
        let [booked, assigned, unanswered, cancelled, expired, ended] = day;
        json!({
            "booked": booked, "assigned": assigned, "unanswered": unanswered, "cancelled": cancelled,
            "expired": expired, "ended": ended,
        })
    }

    /// A status as an employee's devices are told of it.
    #[must_use]
    pub(crate) fn status_json(&self, no: usize, cause: &str) -> Value {
        self.staff(no).map_or(Value::Null, |staff| {
            let mut shown = json!({
                "status": staff.status(), "since": moment(staff.since), "intent": staff.intent(), "cause": cause,
            });
            staff.add_work(&mut shown);
            shown
        })
    }

    /// A session that began, ended or changed, as its employee is told of it.
    #[must_use]
    pub(crate) fn own_talk_json(&self, id: SessionId, no: usize, now: Time) -> Value {
        let staff = self.staff(no);
        let left_ms = staff.and_then(|staff| staff.wrap_up_left_ms(now));
        let mut shown = json!({ "session": self.coded_talk_json(id), "wrap_up_ends_in_ms": left_ms });
        shown.add("wrap_ups", staff.and_then(Staff::wrap_ups_json));
        shown
    }

    /// Compares the model with core's company.
    ///
    /// # Errors
    /// The first difference, in words.
    pub fn compare(&self, company: &Company) -> Result<(), String> {
        must(self.exists == company.exists(), || format!("exists: {}", company.exists()))?;
        must(self.routing == *company.routing(), || "another routing".to_owned())?;
        must(self.brand == *company.brand(), || format!("it looks like {:?}", company.brand()))?;
        must_be_as_many("employees", company.employees_after(None).count(), self.staff.iter().flatten().count())?;
        for (no, employee) in company.employees_after(None) {
            must_be(Some(employee), self.staff(no.0 as usize), Staff::is)?;
        }
        self.compare_lines(company)?;
        must_be_as_many("bookings", company.bookings().count(), self.searches.len())?;
        for search in &self.searches {
            must_be(company.booking(search.id), Some(search), Search::is)?;
            let open = company.booking_of(&search.client).map(|booking| booking.id);
            let expected = self.open_of(&search.client).map(|search| search.id);
            must(open == expected, || format!("{}: {open:?} is open, not {expected:?}", search.client))?;
        }
        must_be_as_many("sessions", company.sessions().count(), self.talks.len())?;
        for talk in &self.talks {
            must_be(company.session(talk.id), Some(talk), Talk::is)?;
        }
        let (due, next) = (self.next_due(), company.next_deadline());
        must(due == next, || format!("the next deadline is {next:?} where {due:?} was expected"))
    }

    fn compare_lines(&self, company: &Company) -> Result<(), String> {
        let topics = self.staff.iter().flatten().flat_map(|staff| &staff.topics).map(|topic| Some(topic.as_str()));
        for topic in [None, Some("never named")].into_iter().chain(topics) {
            let expected = self.line(topic);
            let parsed = topic.and_then(|topic| topic.parse().ok());
            let line = company.in_line(parsed.as_ref());
            let ids = expected.iter().filter_map(|no| self.staff(*no)).map(|staff| &staff.id);
            if !ids.eq(line.iter().map(|employee| &employee.id)) {
                let line: Vec<&str> = line.iter().map(|employee| employee.id.as_str()).collect();
                return Err(format!("the line for {topic:?} is {line:?} where {expected:?} was expected"));
            }
        }
        Ok(())
    }
}

/// A field that is there only where it applies.
trait Add {
    /// Adds the field, if there is a value.
    fn add(&mut self, field: &str, value: Option<Value>);
}

impl Add for Value {
    fn add(&mut self, field: &str, value: Option<Value>) {
        if let Some(value) = value {
            self[field] = value;
        }
    }
}

fn skills_json(skills: &Skills) -> Option<Value> {
    let shown = skills.iter().map(|(word, level)| (word.as_str().to_owned(), json!(level.number())));
    (!skills.is_empty()).then(|| Value::Object(shown.collect()))
}

impl Staff {
    fn add_work(&self, shown: &mut Value) {
        shown.add("pause", self.pause_json());
        shown.add("resting_until", self.rests.map(moment));
        shown.add("wrap_ups", self.wrap_ups_json());
    }

    fn pause_json(&self) -> Option<Value> {
        let (reason, until) = self.pause.as_ref()?;
        Some(json!({ "reason": reason.as_ref().map(|reason| reason.as_str()), "until": until.map(moment) }))
    }

    fn wrap_ups_json(&self) -> Option<Value> {
        let Holds::WrapUp(wrap_up) = self.holds else { return None };
        let mut shown = json!({ "session_id": wrap_up.talk?.to_string(), "until": moment(wrap_up.until) });
        shown.add("max_until", wrap_up.longest.map(moment));
        Some(json!([shown]))
    }

    /// The intent in the contract's words.
    #[must_use]
    pub const fn intent(&self) -> &'static str {
        if self.willing { "idle" } else { "offline" }
    }

    fn is(&self, employee: &Employee) -> bool {
        let near = match employee.reach {
            Reach::Connected => self.near == Near::Here,
            Reach::Grace { until } => self.near == Near::Away(until),
            Reach::Gone { .. } => self.near == Near::Gone,
        };
        let holds = match employee.load.duty() {
            Duty::Free => self.holds == Holds::Nothing,
            Duty::Asked(booking) => self.holds == Holds::Offer(booking),
            Duty::InSession(session) => self.holds == Holds::Talk(session),
            Duty::WrapUp(core) => {
                let (until, talk, longest) = (core.until, core.session, core.longest);
                self.holds == Holds::WrapUp(HeldWrapUp { until, talk, longest })
            }
        };
        let turns = employee.turns;
        let answered = Answered {
            latest: turns.latest,
            day: u64::from(turns.day),
            of_day: u64::from(turns.of_day),
            pass: turns.pass,
        };
        let pause = employee.pause.as_ref().map(|pause| (pause.reason.clone(), pause.until));
        near && holds
            && self.id == employee.id
            && *self.name == *employee.name
            && self.topics.iter().map(String::as_str).eq(employee.topics.iter().map(|topic| topic.as_str()))
            && self.status() == employee.status().word()
            && self.since == employee.since
            && self.intent() == employee.intent.word()
            && self.lapses == employee.lapse_due
            && self.missed == employee.missed
            && self.profile == employee.profile
            && self.answered == answered
            && self.pause == pause
            && self.rests == employee.resting_until
    }
}

impl Search {
    /// The number of open steps and the wishes must be equal. The steps themselves are gone when a search is over.
    fn has_the_steps_of(&self, booking: &Booking) -> bool {
        match (&self.way, &booking.routed) {
            (None, None) => true,
            (Some(way), Some(routed)) => {
                way.open == usize::from(routed.open_steps()) && self.inquiry.skills == routed.wishes().skills
            }
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    fn is(&self, booking: &Booking) -> bool {
        let (state, reason, session) = match self.end {
            None => ("offering", None, None),
            Some(SearchEnd::Talk(talk)) => ("assigned", None, Some(talk)),
            Some(SearchEnd::Without(reason)) => (reason.state().word(), Some(reason), None),
        };
        state == booking.state.word()
            && reason == booking.reason
            && session == booking.session
            && self.client == booking.client
            && self.inquiry.client_name.as_deref() == booking.client_name.as_deref()
            && self.ends_by == booking.deadline
            && self.client_back_by == booking.client_due
            && self.waits == booking.waits_until
            && self.has_the_steps_of(booking)
            && self.asks.len() == booking.offers.len()
            && self.asks.iter().zip(&booking.offers).all(|(ask, offer)| ask.is(offer))
    }
}

impl OpenOffer {
    fn is(&self, offer: &switchboard_core::Offer) -> bool {
        self.who == offer.employee_id
            && self.expires == offer.expires_at
            && self.outcome == offer.outcome
            && self.delivered == offer.delivered_at.is_some()
            && self.delivered_to == offer.delivered_to
            && self.deliver_by == offer.delivery_due
    }
}

impl Talk {
    fn is(&self, session: &Session) -> bool {
        let ended = self.ended.as_ref();
        let sides = [Party::Client, Party::Employee].into_iter().all(|party| {
            let (side, presence) = (self.sides[party as usize], session.presence(party));
            side.online == presence.online && (ended.is_some() || side.back_by == presence.due)
        });
        sides
            && self.client == session.client
            && self.client_name.as_deref() == session.client_name.as_deref()
            && self.who == session.employee_id
            && ended.map(|(at, _, _)| *at) == session.ended_at
            && ended.map(|(_, by, _)| *by) == session.ended_by
            && self.said.len().min(switchboard_core::limits::MESSAGES_AT_HAND_MAX) == session.messages.len()
            && self.bytes() == session.message_bytes()
            && self.code == session.code
            && self.notes == session.notes.as_ref().map(|notes| (notes.body.to_string(), notes.at))
            && self.said.last().map(|said| said.id) == session.messages.back().map(|message| message.id)
    }
}
