//! Erasure of a person from a state without a past: as if the events that made the state had never named them.

use std::sync::Arc;

use super::Company;
use crate::erasure::{Erasure, Renaming};

impl Company {
    /// The state that the events begin from, without the person. The erasure learns from this state, so the call comes
    /// before the first event.
    #[must_use]
    pub fn without(mut self, erasure: &mut Erasure) -> Self {
        self.erase(erasure);
        self
    }

    fn erase(&mut self, erasure: &mut Erasure) {
        match erasure.renaming.clone() {
            Renaming::Client { from: client, to: alias } => {
                self.revocations.rename_client(&client, &alias);
                self.partners.rename(&client, &alias);
                if let Some(open) = self.clients.remove(&client) {
                    self.clients.insert(alias.clone(), open);
                }
                for booking in self.bookings.values_mut().filter(|booking| booking.client == client) {
                    booking.erase_client(&alias);
                    erasure.bookings.insert(booking.id);
                }
                for session in self.sessions.values_mut().filter(|session| session.client == client) {
                    (session.client, session.client_name) = (alias.clone(), None);
                    erasure.sessions.insert(session.id);
                }
            }
            Renaming::Employee { from: employee, to: alias } => {
                self.revocations.rename_employee(&employee, &alias);
                if let Some((no, _)) = self.roster.find(&employee) {
                    erasure.knows_number(no);
                    if let Some(mut found) = self.roster.remove(no) {
                        (found.id, found.name) = (alias.clone(), alias.as_str().into());
                        self.roster.put(no, found);
                    }
                }
                for booking in self.bookings.values_mut() {
                    if booking.offers.last().is_some_and(|offer| offer.employee_id == employee) {
                        erasure.bookings.insert(booking.id);
                    }
                    for offer in booking.offers.iter_mut().filter(|offer| offer.employee_id == employee) {
                        (offer.employee_id, offer.reason) = (alias.clone(), None);
                    }
                }
                for session in self.sessions.values_mut().filter(|session| session.employee_id == employee) {
                    (session.employee_id, session.employee_name) = (alias.clone(), alias.as_str().into());
                    erasure.sessions.insert(session.id);
                }
            }
        }
        for session in self.sessions.values_mut().filter(|session| erasure.sessions.contains(&session.id)) {
            for message in &mut session.messages {
                (message.body, message.key) = (Arc::from(""), None);
            }
            session.bytes_before = 0;
            if let Some(notes) = &mut session.notes {
                notes.body = Arc::from("");
            }
        }
        self.rebuild();
    }
}
