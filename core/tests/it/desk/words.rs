//! Record of a command: the answer, then events (`+`), then what each person is told (`>`).

use std::collections::BTreeMap;
use std::sync::Arc;

use switchboard_core::{
    Answer, BookingId, BookingRequest, EmployeeNo, Event, IntentBy, Key, NamedBy, Notes, Notice, OfferId, Party, Reach,
    Refusal, SessionId, Status, Time, Topic, Turn, Whose, Wishes,
};

use super::Desk;
use super::script::{booking_id, session_id};

impl Desk {
    pub(super) fn words_of(&self, turn: &Turn) -> Vec<String> {
        let mut lines = vec![match &turn.outcome {
            Ok(answer) => self.answer(answer),
            Err(refusal) => refused(refusal),
        }];
        lines.extend(turn.events.iter().map(|event| format!("+ {}", self.event(event))));
        lines.extend(turn.notices.iter().filter_map(|notice| Some(format!("> {}", self.notice(notice)?))));
        let board: Vec<String> = turn.notices.iter().filter_map(|notice| self.board(notice)).collect();
        if !board.is_empty() {
            lines.push(format!("> board: {}", board.join(", ")));
        }
        lines
    }

    /// Everything that can change about each employee.
    pub(super) fn employees(&self) -> BTreeMap<String, String> {
        let describe = |(no, _)| {
            let e = self.company.employee_no(no).unwrap();
            let place = if e.status() == Status::Idle || e.profile.capacity > 1 && e.can_be_asked() {
                format!(" at place {}", e.place)
            } else {
                String::new()
            };
            let reach = match e.reach {
                Reach::Connected => "connected".to_owned(),
                Reach::Grace { until } => format!("away, may be back by {}", until.as_ms()),
                Reach::Gone { since } => format!("gone since {}", since.as_ms()),
            };
            let lapse = e.lapse_due.map_or(String::new(), |at| format!(", lapses at {}", at.as_ms()));
            let rest = e.resting_until.map_or(String::new(), |until| format!(", rests until {}", until.as_ms()));
            let pause = e.pause.as_ref().map_or(String::new(), |pause| {
                let reason = pause.reason.as_ref().map_or(String::new(), |reason| format!(" ({reason})"));
                let until = pause.until.map_or(String::new(), |until| format!(" until {}", until.as_ms()));
                format!(", pauses{reason}{until}")
            });
            let wrap_ups = e.load.wrap_ups().filter_map(|wrap_up| Some((wrap_up.session?, wrap_up.until)));
            let wrap_ups: String =
                wrap_ups.map(|(session, until)| format!(", wraps {} up until {}", s(session), until.as_ms())).collect();
            let used = e.load.used();
            let used =
                if e.profile.capacity > 1 { format!(", uses {used} of {}", e.profile.capacity) } else { String::new() };
            let missed = if e.missed > 0 { format!(", missed {}", e.missed) } else { String::new() };
            let (status, since, intent) = (e.status().word(), e.since.as_ms(), e.intent.word());
            (
                e.id.to_string(),
                format!(
                    "{status} since {since}{place}, wants {intent}, {reach}{lapse}{missed}{used}{rest}{pause}{wrap_ups}"
                ),
            )
        };
        self.company.employees_after(None).map(describe).collect()
    }

    pub(super) fn see(&mut self, line: &str, words: &[&str]) {
        let seen = match words {
            ["line", topic @ ..] => {
                let topic: Option<Topic> = topic.first().map(|topic| topic.parse().unwrap());
                let line = self.company.in_line(topic.as_ref());
                line.iter().map(|e| e.id.as_str()).collect::<Vec<_>>().join(", ")
            }
            ["see", "company"] => self.company(),
            ["see", "today"] => self.today(),
            ["see", id] if id.starts_with('b') => self.booking(booking_id(id)),
            ["see", id] => self.session(session_id(id)),
            _ => self.availability(),
        };
        self.write(&format!("[{}] {line}: {seen}", self.now_ms));
    }

    fn company(&self) -> String {
        let (seen, made_at) = (&self.company, self.company.created_at().as_ms());
        let (changed_at, events, over) = (seen.clock().as_ms(), seen.seq(), seen.remembered());
        let (bookings, sessions) = (seen.bookings().count(), seen.sessions().count());
        let exists = if seen.exists() { format!("{} of {made_at}", seen.name()) } else { "none".to_owned() };
        let counts = format!("{bookings} bookings, {sessions} sessions, {over} of them over");
        format!("{exists}, {events} events until {changed_at}, {counts}")
    }

    fn today(&self) -> String {
        let today = self.company.today(Time::from_ms(self.now_ms));
        let (day, booked, assigned, ended) = (today.day, today.booked, today.assigned, today.ended);
        let without =
            format!("{} unanswered, {} cancelled, {} expired", today.unanswered, today.cancelled, today.expired);
        format!("day {day}, {booked} booked, {assigned} assigned, {without}, {ended} ended")
    }

    fn availability(&self) -> String {
        let seen = self.company.availability();
        let waiting = |count| if count == 0 { String::new() } else { format!(", {count} wait") };
        let topics = seen.topics.iter();
        let topics =
            topics.map(|(topic, of)| format!(", {topic} {} ({}{})", of.available, of.idle, waiting(of.waiting)));
        format!("{} ({}{}){}", seen.available, seen.idle, waiting(seen.waiting), topics.collect::<String>())
    }

    fn name(&self, no: EmployeeNo) -> &str {
        self.names[&no].as_str()
    }

    fn answer(&self, answer: &Answer) -> String {
        match answer {
            Answer::Done => "yes".to_owned(),
            Answer::Company => format!("yes: company {}", self.company.name()),
            Answer::Employee(no) => format!("yes: {}", self.status(*no)),
            Answer::Booking(id) => format!("yes: {}", self.booking(*id)),
            Answer::Session(id) => format!("yes: {}", self.session(*id)),
            Answer::Message(session, message) => format!("yes: m{} in s{}", message.as_u128(), session.as_u128()),
        }
    }

    fn status(&self, no: EmployeeNo) -> String {
        let employee = self.company.employee_no(no);
        let (status, intent) = employee.map_or(("gone", "gone"), |e| (e.status().word(), e.intent.word()));
        format!("{} {status}, wants {intent}", self.name(no))
    }

    fn booking(&self, id: BookingId) -> String {
        let Some(booking) = self.company.booking(id) else { return format!("{} is forgotten", b(id)) };
        let reason = booking.reason.map_or(String::new(), |reason| format!(" {}", reason.word()));
        let session = booking.session.map_or(String::new(), |session| format!(" {}", s(session)));
        let waits = self.company.waiting(Time::from_ms(self.now_ms), booking).map_or(String::new(), |line| {
            let estimate = line.estimate.map_or(String::new(), |e| format!(", {} to {} ms", e.from_ms, e.to_ms));
            let (since, until) = (line.since.as_ms(), line.until.as_ms());
            format!(
                " at {} since {since} until {until}, {} on duty, step {}{estimate}",
                line.place, line.on_duty, line.step
            )
        });
        format!("{} {}{reason}{session}{waits}", b(id), booking.state.word())
    }

    fn session(&self, id: SessionId) -> String {
        let Some(session) = self.company.session(id) else { return format!("{} is forgotten", s(id)) };
        let side = |party| {
            let presence = session.presence(party);
            let due = presence.due.map_or(String::new(), |at| format!(" back by {}", at.as_ms()));
            format!("{}{due}", if presence.online { "in" } else { "out" })
        };
        let state = match session.ended_by {
            None => format!("running, client {}, employee {}", side(Party::Client), side(Party::Employee)),
            Some(by) => format!("ended by {}{}", by.word(), in_words(&session.reason)),
        };
        let ends = session.messages.front().zip(session.messages.back());
        let messages = ends.map_or(String::new(), |(first, last)| {
            let (first, last) = (first.id.as_u128(), last.id.as_u128());
            format!(", {} messages m{first} to m{last}", session.messages.len())
        });
        let notes = session.notes.as_ref().map_or(String::new(), |notes| format!(", {}", noted(notes)));
        let code = session.code.as_ref().map_or(String::new(), |code| format!(", code {code}"));
        format!("{} {state}{messages}{notes}{code}", s(id))
    }

    fn event(&self, event: &Event) -> String {
        let about = self.about_a_person(event).unwrap_or_else(|| self.about_a_thing(event));
        format!("{} {about}", event.kind()).trim_end().to_owned()
    }

    fn about_a_person(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::EmployeeSet { employee, name, topics, profile, .. } => {
                let skills = if profile.skills.is_empty() { String::new() } else { format!(" {:?}", profile.skills) };
                let capacity =
                    if profile.capacity == 1 { String::new() } else { format!(" capacity {}", profile.capacity) };
                let share = if profile.share == 1 { String::new() } else { format!(" share {}", profile.share) };
                format!("{} `{name}` {topics:?}{skills}{capacity}{share}", self.name(*employee))
            }
            Event::IntentSet { employee, intent, by, reason, until } => {
                let reason = reason.as_ref().map_or(String::new(), |reason| format!(" ({reason})"));
                let until = until.map_or(String::new(), |until| format!(" until {}", until.as_ms()));
                format!("{} {} by {}{reason}{until}", self.name(*employee), intent.word(), word(by))
            }
            Event::WrapUpSet { employee, session, until } => {
                format!("{} {} until {}", self.name(*employee), s(*session), until.as_ms())
            }
            Event::WrapUpEnded { employee, session: Some(session) } => {
                format!("{} {}", self.name(*employee), s(*session))
            }
            Event::EmployeeRemoved { employee, .. }
            | Event::EmployeeConnected { employee }
            | Event::EmployeeDisconnected { employee }
            | Event::EmployeeUnreachable { employee }
            | Event::RestEnded { employee }
            | Event::WrapUpEnded { employee, session: None } => self.name(*employee).to_owned(),
            Event::ClientConnected { client } | Event::ClientDisconnected { client } => client.to_string(),
            Event::AccessRevoked { whose, before } => format!("{} before {}", whose_word(whose), before.as_ms()),
            _ => return None,
        })
    }

    fn about_a_thing(&self, event: &Event) -> String {
        match event {
            Event::CompanySet { name, .. } => name.to_string(),
            Event::ClockFollowed { by_ms } => format!("by {by_ms}"),
            Event::BrandSet { brand } => format!("{:?} {:?}", brand.colour, brand.logo),
            Event::BookingOpened(BookingRequest { booking, client, client_name, topic, note, key, wishes }) => {
                let name = client_name.as_ref().map_or(String::new(), |name| format!(" as {name}"));
                let note = note.as_ref().map_or(String::new(), |note| format!(" note {note}"));
                let wishes = wishes.as_ref().map_or(String::new(), |wishes| self.wishes(wishes));
                format!("{} {client}{name} {topic}{note}{wishes}{}", b(*booking), marked(key))
            }
            Event::BookingWaits { booking, place, estimate } => {
                let estimate = estimate.map_or(String::new(), |e| format!(", {} to {} ms", e.from_ms, e.to_ms));
                format!("{} place {place}{estimate}", b(*booking))
            }
            Event::AskAgainDue { booking } => b(*booking),
            Event::BookingChanged { booking, priority } => format!("{} priority {priority}", b(*booking)),
            Event::StepOpened { booking, step } => format!("{} step {step}", b(*booking)),
            Event::OfferMade { offer, employee, expires_at } => {
                format!("{} {} until {}", o(*offer), self.name(*employee), expires_at.as_ms())
            }
            Event::OfferDelivered { offer, device: None } => o(*offer),
            Event::OfferDelivered { offer, device: Some(kind) } => format!("{} on {kind}", o(*offer)),
            Event::OfferClosed { offer, outcome, reason, missed } => {
                let counted = match missed {
                    Some(true) => " (missed)",
                    Some(false) => " (not missed)",
                    None => "",
                };
                format!("{} {}{}{counted}", o(*offer), outcome.word(), in_words(reason))
            }
            Event::DeliveryPutOff { offer, until } => format!("{} until {}", o(*offer), until.as_ms()),
            Event::SearchWaits { booking, until } => format!("{} until {}", b(*booking), until.as_ms()),
            Event::OfferAccepted { offer, session } => format!("{} {}", o(*offer), s(*session)),
            Event::BookingEnded { booking, reason } => format!("{} {}", b(*booking), reason.word()),
            Event::PartyEntered { session, party } | Event::PartyLeft { session, party } => {
                format!("{} {}", s(*session), party.word())
            }
            Event::MessageSent { session, message, from, body, key } => {
                let message = message.as_u128();
                format!("{} m{message} {}: {body}{}", s(*session), from.word(), marked(key))
            }
            Event::SessionCoded { session, code } => format!("{}: {code}", s(*session)),
            Event::NotesWritten { session, body } => format!("{}: {body}", s(*session)),
            Event::SessionEnded { session, by, reason } => {
                format!("{} {}{}", s(*session), by.word(), in_words(reason))
            }
            _ => String::new(),
        }
    }

    fn wishes(&self, wishes: &Wishes) -> String {
        let mut words = vec![];
        words.extend(wishes.channel.as_ref().map(|channel| format!(" by {channel}")));
        words.extend((!wishes.skills.is_empty()).then(|| format!(" wishes {:?}", wishes.skills)));
        words.extend(wishes.priority.map(|priority| format!(" priority {priority}")));
        words.extend(wishes.wanted.iter().map(|no| format!(" wants {}", self.name(*no))));
        words.extend(wishes.only.then(|| " only".to_owned()));
        words.extend(wishes.hold_ms.map(|ms| format!(" hold {ms}")));
        words.extend(wishes.wait_ms.map(|ms| format!(" wait {ms}")));
        words.concat()
    }

    /// Text of a notice to a person; none for a notice to the board.
    fn notice(&self, notice: &Notice) -> Option<String> {
        Some(match notice {
            Notice::Offer { employee, offer } => format!("{}: offer {}", self.name(*employee), o(*offer)),
            Notice::OfferClosed { employee, offer, outcome } => {
                format!("{}: offer_closed {} {}", self.name(*employee), o(*offer), outcome.word())
            }
            Notice::Status { employee, cause } => {
                let to = self.name(*employee);
                format!("{to}: status {}, cause {}", self.status(*employee), cause.word())
            }
            Notice::EmployeeSession { employee, session } => {
                format!("{}: session {}", self.name(*employee), self.session(*session))
            }
            Notice::Booking { client, booking } => format!("{client}: booking {}", self.booking(*booking)),
            Notice::Message { session, message } => {
                let said = self.company.session(*session).and_then(|session| session.message(*message)).unwrap();
                format!("{}: message m{} {}: {}", s(*session), message.as_u128(), said.from.word(), said.body)
            }
            Notice::Notes { session } => {
                let notes = self.company.session(*session).and_then(|session| session.notes.as_ref()).unwrap();
                format!("{} employee: {}", s(*session), noted(notes))
            }
            Notice::Ended { session } => format!("{}: ended {}", s(*session), self.session(*session)),
            Notice::Peer { session, to, online } => {
                let peer = if *online { "online" } else { "offline" };
                format!("{} {}: peer {peer}", s(*session), to.word())
            }
            Notice::ShutOut(whose) => format!("{}: shut out", whose_word(whose)),
            Notice::EmployeeGone(id) => format!("{id}: gone"),
            Notice::CompanyGone => "everybody: company gone".to_owned(),
            Notice::BoardEmployee(_) | Notice::BoardBooking(_) | Notice::BoardSession(_) => return None,
        })
    }

    fn board(&self, notice: &Notice) -> Option<String> {
        match notice {
            Notice::BoardEmployee(no) => Some(self.name(*no).to_owned()),
            Notice::BoardBooking(id) => Some(b(*id)),
            Notice::BoardSession(id) => Some(s(*id)),
            _ => None,
        }
    }
}

fn refused(refusal: &Refusal) -> String {
    let detail = match refusal {
        Refusal::OfferClosed(outcome) => format!(" {}", outcome.word()),
        Refusal::AlreadyBooked(id) | Refusal::BookingClosed(id) => format!(" {}", b(*id)),
        Refusal::LineFull(waiting) => format!(" {waiting}"),
        Refusal::Invalid { field, problem } => format!(" {field} {problem}"),
        Refusal::NoIdleEmployee(NamedBy::Nobody) => " named by nobody".to_owned(),
        Refusal::NoIdleEmployee(NamedBy::NobodyWhoCouldTakeIt) => " named by nobody, and for nobody".to_owned(),
        _ => String::new(),
    };
    format!("no: {}{detail}", refusal.reason())
}

fn noted(notes: &Notes) -> String {
    let words = if notes.body.is_empty() { " cleared".to_owned() } else { format!(": {}", notes.body) };
    format!("notes of {}{words}", notes.at.as_ms())
}

fn in_words(reason: &Option<Arc<str>>) -> String {
    reason.as_ref().map_or(String::new(), |reason| format!(" ({reason})"))
}

fn marked(key: &Option<Key>) -> String {
    key.as_ref().map_or(String::new(), |key| format!(" key {key}"))
}

fn word(by: &IntentBy) -> String {
    serde_json::to_string(by).unwrap().replace('"', "")
}

fn whose_word(whose: &Whose) -> String {
    match whose {
        Whose::Everybody => "everybody".to_owned(),
        Whose::Employee(employee) => employee.to_string(),
        Whose::Client(client) => client.to_string(),
    }
}

fn b(id: BookingId) -> String {
    format!("b{}", id.as_u128())
}

fn s(id: SessionId) -> String {
    format!("s{}", id.as_u128())
}

fn o(id: OfferId) -> String {
    format!("{}.{}", b(id.booking), id.attempt)
}
