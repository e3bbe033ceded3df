//! Requests of people, without routing.

use switchboard_core::notice::Cause;
use switchboard_core::{
    Actor, BookingId, BookingReason, ClientId, DeviceKind, EmployeeId, EndedBy, MessageId, OfferId, Outcome, Party,
    SessionId,
};

use super::{Near, PlainHolds, PlainModel, PlainOffer, PlainSearch, PlainTalk, SearchEnd, SentMessage, Side};
use crate::reference::{ExpectedAnswer, Inquiry};

impl PlainModel {
    pub(super) fn book(&mut self, client: &ClientId, inquiry: &Inquiry, fresh: u128) -> ExpectedAnswer {
        let key = &inquiry.key;
        let same = |search: &&PlainSearch| search.client == *client && key.is_some() && search.inquiry.key == *key;
        if let Some(known) = self.searches.iter().find(same) {
            return ExpectedAnswer::Booking(known.id);
        }
        if let Some(open) = self.open_of(client) {
            return ExpectedAnswer::NoWithBooking("already_booked", open.id);
        }
        // Blanks around a topic are ignored.
        let topic = inquiry.topic.trim();
        let Some(first) = self.line(Some(topic)).first().copied() else {
            let named = self.staff.iter().flatten().any(|staff| staff.topics.iter().any(|named| named == topic));
            return ExpectedAnswer::NobodyIdle(named);
        };
        let id = BookingId::from_u128(fresh);
        self.searches.push(PlainSearch {
            id,
            client: client.clone(),
            inquiry: Inquiry { topic: topic.to_owned(), ..inquiry.clone() },
            opened: self.now,
            ends_by: self.now.plus_ms(self.settings.booking_deadline_ms),
            asks: vec![],
            waits: None,
            end: None,
            client_here: true,
            client_back_by: None,
        });
        self.count(0);
        self.ask(id, first);
        ExpectedAnswer::Booking(id)
    }

    pub(super) fn cancel(&mut self, id: BookingId, by: &Actor) -> ExpectedAnswer {
        let Some(search) = self.search(id) else { return ExpectedAnswer::No("unknown_booking") };
        let (outcome, reason) = match by {
            Actor::Client(client) if *client == search.client => {
                (Outcome::ClientCancelled, BookingReason::ClientCancelled)
            }
            Actor::Admin => (Outcome::WithdrawnByAdmin, BookingReason::ClosedByAdmin),
            _ => return ExpectedAnswer::No("forbidden"),
        };
        match search.end {
            None => {
                self.end_search(id, outcome, reason);
                ExpectedAnswer::Booking(id)
            }
            Some(end) if end == SearchEnd::Without(reason) => ExpectedAnswer::Booking(id),
            Some(_) => ExpectedAnswer::NoWithBooking("booking_closed", id),
        }
    }

    pub(super) fn ask_of(&self, who: &EmployeeId, offer: OfferId) -> Option<&PlainOffer> {
        let ask = self.search(offer.booking)?.asks.get((offer.attempt as usize).checked_sub(1)?)?;
        // Compared by number, because a new employee with the id of a removed one was never asked.
        Some(ask).filter(|ask| self.staff(ask.staff).is_some_and(|staff| staff.id == *who))
    }

    pub(super) fn delivered(&mut self, who: &EmployeeId, offer: OfferId, kind: Option<&DeviceKind>) -> ExpectedAnswer {
        let here = self.staff_no(who).and_then(|no| self.staff(no)).is_some_and(|staff| staff.near == Near::Here);
        let open = self.ask_of(who, offer).is_some_and(|ask| ask.outcome.is_none());
        if here
            && open
            && let Some(ask) = self.open_ask_mut(offer.booking)
        {
            // The first acknowledgement decides the device kind.
            if !ask.delivered {
                ask.delivered_to = kind.cloned();
            }
            ask.delivered = true;
            ask.deliver_by = None;
        }
        ExpectedAnswer::Done
    }

    pub(super) fn accept(&mut self, who: &EmployeeId, offer: OfferId, fresh: u128) -> ExpectedAnswer {
        let Some(ask) = self.ask_of(who, offer) else { return ExpectedAnswer::No("unknown_offer") };
        let (no, outcome) = (ask.staff, ask.outcome);
        match outcome {
            None => {}
            Some(Outcome::Accepted) => {
                let talk = self.talks.iter().find(|talk| talk.booking == offer.booking).map(|talk| talk.id);
                return talk.map_or(ExpectedAnswer::Done, ExpectedAnswer::Talk);
            }
            Some(outcome) => return ExpectedAnswer::OfferClosed(outcome),
        }
        self.count(1);
        let id = SessionId::from_u128(fresh);
        let name = self.staff(no).map(|staff| staff.name.clone()).unwrap_or_default();
        let began = self.now;
        if let Some(ask) = self.open_ask_mut(offer.booking) {
            ask.outcome = Some(Outcome::Accepted);
            ask.deliver_by = None;
        }
        let Some(search) = self.search_mut(offer.booking) else { return ExpectedAnswer::Done };
        search.end = Some(SearchEnd::Talk(id));
        search.client_back_by = None;
        let client = search.client.clone();
        let Inquiry { client_name, topic, .. } = search.inquiry.clone();
        self.talks.push(PlainTalk {
            id,
            booking: offer.booking,
            client,
            client_name,
            staff: no,
            who: who.clone(),
            name,
            topic,
            began,
            ended: None,
            sides: [Side::default(); 2],
            said: vec![],
            notes: None,
        });
        self.told.closed.push((who.clone(), offer, Outcome::Accepted));
        self.told.bookings.insert(offer.booking);
        self.told.talks.insert(id);
        self.change(no, Cause::SessionStarted, |staff| {
            staff.holds = PlainHolds::Talk(id);
            staff.missed = 0;
        });
        self.watch(id);
        ExpectedAnswer::Talk(id)
    }

    pub(super) fn reject(&mut self, who: &EmployeeId, offer: OfferId) -> ExpectedAnswer {
        let Some(ask) = self.ask_of(who, offer) else { return ExpectedAnswer::No("unknown_offer") };
        match ask.outcome {
            None => self.close_offer(offer.booking, Outcome::Rejected),
            Some(Outcome::Rejected) => {}
            Some(outcome) => return ExpectedAnswer::OfferClosed(outcome),
        }
        self.staff_no(who).map_or(ExpectedAnswer::Done, ExpectedAnswer::Staff)
    }

    pub(super) fn say(
        &mut self,
        id: SessionId,
        by: &Actor,
        body: &str,
        key: Option<&String>,
        fresh: u128,
    ) -> ExpectedAnswer {
        let (at, most) = (self.now, self.session_max_bytes);
        let Some(talk) = self.talk(id) else { return ExpectedAnswer::No("unknown_session") };
        let Some(from) = self.side_of(talk, by) else { return ExpectedAnswer::No("forbidden") };
        let Some(talk) = self.talk_mut(id) else { return ExpectedAnswer::No("unknown_session") };
        let at_hand = talk.said.len().saturating_sub(switchboard_core::limits::MESSAGES_AT_HAND_MAX);
        let same = |said: &&SentMessage| said.from == from && key.is_some() && said.key.as_ref() == key;
        if let Some(known) = talk.said[at_hand..].iter().rev().find(same) {
            return ExpectedAnswer::Said(id, known.id);
        }
        if talk.ended.is_some() {
            return ExpectedAnswer::No("session_ended");
        }
        if talk.bytes() + body.len() as u64 > most {
            return ExpectedAnswer::No("session_full");
        }
        let message = MessageId::from_u128(fresh);
        talk.said.push(SentMessage { id: message, from, body: body.to_owned(), at, key: key.cloned() });
        self.told.said.push((id, message));
        ExpectedAnswer::Said(id, message)
    }

    /// Sets the notes. Only the employee of the session may, whether the session goes on or not.
    pub(super) fn notes(&mut self, id: SessionId, by: &Actor, body: &str) -> ExpectedAnswer {
        let at = self.now;
        let Some(talk) = self.talk(id) else { return ExpectedAnswer::No("unknown_session") };
        if self.side_of(talk, by) != Some(Party::Employee) {
            return ExpectedAnswer::No("forbidden");
        }
        let Some(talk) = self.talk_mut(id) else { return ExpectedAnswer::No("unknown_session") };
        if talk.notes.as_ref().is_none_or(|(before, _)| before != body) {
            talk.notes = Some((body.to_owned(), at));
            self.told.noted.insert(id);
        }
        ExpectedAnswer::Noted(id)
    }

    pub(super) fn end(&mut self, id: SessionId, by: &Actor, reason: Option<String>) -> ExpectedAnswer {
        let Some(talk) = self.talk(id) else { return ExpectedAnswer::No("unknown_session") };
        let ended_by = match by {
            Actor::Admin => EndedBy::Admin,
            by => match self.side_of(talk, by) {
                Some(Party::Client) => EndedBy::Client,
                Some(Party::Employee) => EndedBy::Employee,
                None => return ExpectedAnswer::No("forbidden"),
            },
        };
        match &talk.ended {
            None => {
                self.end_talk(id, ended_by, reason);
                ExpectedAnswer::Talk(id)
            }
            Some((_, before, _)) if *before == ended_by => ExpectedAnswer::Talk(id),
            Some(_) => ExpectedAnswer::No("session_ended"),
        }
    }
}
