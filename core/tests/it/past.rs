//! Ended bookings are remembered for repeats: for a day, and in at most 16 MiB.

use switchboard_core::{
    Actor, BookingId, BookingRequest, ClientId, Command, Company, MessageId, Notice, OfferId, SessionId, Time,
    invariants,
};

use crate::desk::company_after;

/// A company with one idle employee, in which one thing after another happens, a millisecond apart.
struct Days {
    company: Company,
    now_ms: u64,
    fresh: u128,
}

impl Days {
    fn new() -> Self {
        Self { company: company_after("open ann"), now_ms: 0, fresh: 0 }
    }

    fn take(&mut self, command: &Command) -> Option<OfferId> {
        self.now_ms += 1;
        let turn = self.company.take(Time::from_ms(self.now_ms), command);
        assert!(turn.outcome.is_ok(), "{command:?}: {:?}", turn.outcome);
        turn.notices.iter().find_map(|notice| match notice {
            Notice::Offer { offer, .. } => Some(*offer),
            _ => None,
        })
    }

    fn book(&mut self, note: Option<&str>) -> OfferId {
        self.fresh += 1;
        let (booking, client): (_, ClientId) = (BookingId::from_u128(self.fresh), "zoe".parse().unwrap());
        let topic = "tax".parse().unwrap();
        let request = BookingRequest { note: note.map(Into::into), ..BookingRequest::new(booking, client, topic) };
        self.take(&Command::Book(request)).unwrap()
    }

    fn cancel(&mut self, booking: BookingId) {
        self.take(&Command::Cancel { booking, by: Actor::Admin });
    }

    fn talk(&mut self, messages: u128, body: &str) -> SessionId {
        let offer = self.book(None);
        let session = SessionId::from_u128(self.fresh);
        self.take(&Command::Accept { employee: "ann".parse().unwrap(), offer, session });
        for n in 0..messages {
            let (message, by) = (MessageId::from_u128(n), Actor::Client("zoe".parse().unwrap()));
            let (body, session_max_bytes) = (body.into(), u64::MAX);
            self.take(&Command::Send { session, message, by, body, key: None, session_max_bytes });
        }
        self.take(&Command::End { session, by: Actor::Admin, reason: None });
        session
    }

    fn notes(&mut self, session: SessionId, body: &str) {
        let by = Actor::Employee("ann".parse().unwrap());
        self.take(&Command::WriteNotes { session, by, body: body.into() });
    }
}

/// 16 MiB, at 400 bytes for a booking, its note, and 160 for each offer.
#[test]
fn cancelled_bookings_with_the_longest_notes_are_remembered_up_to_16_mib() {
    let mut days = Days::new();
    let note = "n".repeat(4096);
    for _ in 0..4_000 {
        let booking = days.book(Some(&note)).booking;
        days.cancel(booking);
    }
    assert_eq!(days.company.remembered(), 16 * 1024 * 1024 / (400 + 4096 + 160));
    assert_eq!(days.company.bookings().count(), days.company.remembered());
}

/// Bookings as above, with 400 bytes more for a session, and 120 more and the body for each message.
#[test]
fn sessions_are_remembered_with_their_messages_up_to_16_mib() {
    let mut days = Days::new();
    let body = "b".repeat(2_000);
    for _ in 0..900 {
        days.talk(10, &body);
    }
    assert_eq!(days.company.remembered(), 16 * 1024 * 1024 / (400 + 160 + 400 + 10 * (120 + 2_000)));
    assert_eq!(days.company.sessions().count(), days.company.remembered());
}

/// Notes are weighed whenever they are written, so that notes on ended sessions cannot fill the memory.
#[test]
fn sessions_are_remembered_with_notes_that_were_written_after_them_up_to_16_mib() {
    let mut days = Days::new();
    let sessions: Vec<SessionId> = (0..3_000).map(|_| days.talk(0, "")).collect();
    let notes = "n".repeat(8_192);
    for session in sessions.iter().rev() {
        if days.company.session(*session).is_some() {
            days.notes(*session, &notes);
        }
    }
    assert!(days.company.sessions().all(|session| session.notes.is_some()), "the oldest were forgotten for them");
    // A session that was written on last, and is the oldest by now, is not forgotten for that, but when the next
    // booking ends.
    let most = 16 * 1024 * 1024 / (400 + 160 + 400 + 8_192);
    assert_eq!(days.company.remembered(), most + 1);
    invariants::check(&days.company).unwrap();
    let oldest = days.company.sessions().next().unwrap().id;
    days.talk(0, "");
    assert_eq!(days.company.session(oldest), None);
    assert_eq!(days.company.remembered(), most + 1);
    // Cleared notes weigh nothing, so there is room for others.
    let newest = days.company.sessions().filter(|session| session.notes.is_some()).last().unwrap().id;
    days.notes(newest, "");
    for _ in 0..8 {
        days.talk(0, "");
    }
    assert_eq!(days.company.remembered(), most + 1 + 8);
    invariants::check(&days.company).unwrap();
}
