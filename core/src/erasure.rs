//! Erasure: one person's id, name and words taken out of all events, so that the rest stays as it was.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::event::Event;
use crate::id::{BookingId, ClientId, EmployeeId, EmployeeNo, SessionId};
use crate::revocation::Whose;

/// The person whose data is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person<'a> {
    Client(&'a ClientId),
    Employee(&'a EmployeeId),
}

/// Alias that takes the place of an id of the same kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Renaming {
    Client { from: ClientId, to: ClientId },
    Employee { from: EmployeeId, to: EmployeeId },
}

/// Takes a person out of a company's events, told in their order. An alias replaces the id, and everything written by
/// or to the person is removed. Folding the rewritten events gives the state without the person.
#[derive(Clone, Debug)]
pub struct Erasure {
    pub(crate) renaming: Renaming,
    numbers: BTreeSet<EmployeeNo>,
    /// Bookings of the client, or those whose latest offer went to the employee.
    pub(crate) bookings: BTreeSet<BookingId>,
    pub(crate) sessions: BTreeSet<SessionId>,
}

impl Erasure {
    /// Erases a client under that alias.
    #[must_use]
    pub fn of_client(client: ClientId, alias: ClientId) -> Self {
        Self::new(Renaming::Client { from: client, to: alias })
    }

    /// Erases an employee under that alias.
    #[must_use]
    pub fn of_employee(employee: EmployeeId, alias: EmployeeId) -> Self {
        Self::new(Renaming::Employee { from: employee, to: alias })
    }

    const fn new(renaming: Renaming) -> Self {
        Self { renaming, numbers: BTreeSet::new(), bookings: BTreeSet::new(), sessions: BTreeSet::new() }
    }

    /// The person who is erased.
    #[must_use]
    pub const fn person(&self) -> Person<'_> {
        match &self.renaming {
            Renaming::Client { from, .. } => Person::Client(from),
            Renaming::Employee { from, .. } => Person::Employee(from),
        }
    }

    /// Id that takes the person's place.
    #[must_use]
    pub fn alias(&self) -> &str {
        match &self.renaming {
            Renaming::Client { to, .. } => to.as_str(),
            Renaming::Employee { to, .. } => to.as_str(),
        }
    }

    /// Learns the number of an employee in a base, because later events name employees by number.
    pub(crate) fn knows_number(&mut self, no: EmployeeNo) {
        self.numbers.insert(no);
    }

    /// Takes the person out of the next event, and returns whether that changed the event.
    pub fn rewrite(&mut self, event: &mut Event) -> bool {
        let before = event.clone();
        match self.renaming.clone() {
            Renaming::Client { from, to } => self.rewrite_client(event, &from, &to),
            Renaming::Employee { from, to } => self.rewrite_employee(event, &from, &to),
        }
        self.rewrite_words(event);
        *event != before
    }

    fn rewrite_client(&mut self, event: &mut Event, of: &ClientId, alias: &ClientId) {
        if let Event::BookingOpened(request) = event
            && request.client == *of
        {
            self.bookings.insert(request.booking);
            request.erase_client(alias);
        }
        if let Event::ClientConnected { client } | Event::ClientDisconnected { client } = event
            && client == of
        {
            *client = alias.clone();
        }
        if let Event::AccessRevoked { whose: Whose::Client(client), .. } = event
            && client == of
        {
            *client = alias.clone();
        }
    }

    fn rewrite_employee(&mut self, event: &mut Event, of: &EmployeeId, alias: &EmployeeId) {
        if let Event::EmployeeSet { employee, id, name, .. } = event
            && id == of
        {
            self.numbers.insert(*employee);
            (*id, *name) = (alias.clone(), alias.as_str().into());
        }
        if let Event::EmployeeRemoved { id, .. } = event
            && id == of
        {
            *id = alias.clone();
        }
        if let Event::AccessRevoked { whose: Whose::Employee(id), .. } = event
            && id == of
        {
            *id = alias.clone();
        }
        if let Event::OfferMade { offer, employee, .. } = event {
            if self.numbers.contains(employee) {
                self.bookings.insert(offer.booking);
            } else {
                self.bookings.remove(&offer.booking);
            }
        }
    }

    /// Removes reasons, messages and notes from the bookings and sessions of the person.
    fn rewrite_words(&mut self, event: &mut Event) {
        match event {
            Event::OfferClosed { offer, reason, .. } if self.bookings.contains(&offer.booking) => *reason = None,
            Event::OfferAccepted { offer, session } if self.bookings.contains(&offer.booking) => {
                self.sessions.insert(*session);
            }
            Event::MessageSent { session, body, key, .. } if self.sessions.contains(session) => {
                (*body, *key) = (Arc::from(""), None);
            }
            Event::NotesWritten { session, body } if self.sessions.contains(session) => *body = Arc::from(""),
            Event::SessionEnded { session, reason, .. } if self.sessions.contains(session) => *reason = None,
            Event::CompanySet { .. }
            | Event::RoutingSet { .. }
            | Event::BrandSet { .. }
            | Event::CompanyRemoved
            | Event::EmployeeSet { .. }
            | Event::EmployeeRemoved { .. }
            | Event::AccessRevoked { .. }
            | Event::IntentSet { .. }
            | Event::EmployeeConnected { .. }
            | Event::EmployeeDisconnected { .. }
            | Event::EmployeeUnreachable { .. }
            | Event::WrapUpEnded { .. }
            | Event::WrapUpSet { .. }
            | Event::RestEnded { .. }
            | Event::SessionCoded { .. }
            | Event::BookingOpened(_)
            | Event::StepOpened { .. }
            | Event::BookingWaits { .. }
            | Event::AskAgainDue { .. }
            | Event::BookingChanged { .. }
            | Event::OfferMade { .. }
            | Event::OfferDelivered { .. }
            | Event::DeliveryPutOff { .. }
            | Event::SearchWaits { .. }
            | Event::OfferClosed { .. }
            | Event::OfferAccepted { .. }
            | Event::BookingEnded { .. }
            | Event::ClientConnected { .. }
            | Event::ClientDisconnected { .. }
            | Event::PartyEntered { .. }
            | Event::PartyLeft { .. }
            | Event::MessageSent { .. }
            | Event::NotesWritten { .. }
            | Event::SessionEnded { .. }
            | Event::ClockFollowed { .. }
            | Event::Resumed => {}
        }
    }
}
