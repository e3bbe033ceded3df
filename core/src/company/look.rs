//! Read access to a company.

use super::{Answer, Company, Today};
use crate::booking::{Booking, BookingRequest};
use crate::brand::Brand;
use crate::command::Command;
use crate::employee::Employee;
use crate::id::{BookingId, ClientId, CompanyId, EmployeeId, EmployeeNo, SessionId, Topic};
use crate::person::{Actor, Party};
use crate::revocation::Token;
use crate::session::Session;
use crate::settings::CompanySettings;
use crate::time::Time;

impl Company {
    /// Id of the company.
    #[must_use]
    pub const fn id(&self) -> &CompanyId {
        &self.id
    }

    /// Whether it was set and not removed since.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.exists
    }

    /// Display name of the company.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Settings of the company.
    #[must_use]
    pub const fn settings(&self) -> &CompanySettings {
        &self.settings
    }

    /// Colour and logo of the company.
    #[must_use]
    pub const fn brand(&self) -> &Brand {
        &self.brand
    }

    /// When the company was made.
    #[must_use]
    pub const fn created_at(&self) -> Time {
        self.created_at
    }

    /// Number of events that made the state.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Time of the latest event.
    #[must_use]
    pub const fn clock(&self) -> Time {
        self.clock
    }

    /// The employee with that number.
    #[must_use]
    pub fn employee_no(&self, no: EmployeeNo) -> Option<&Employee> {
        self.roster.get(no)
    }

    /// The employee with that id.
    #[must_use]
    pub fn find_employee(&self, id: &EmployeeId) -> Option<(EmployeeNo, &Employee)> {
        self.roster.find(id)
    }

    /// Employees in the order of their ids, after `after`.
    pub fn employees_after(&self, after: Option<&str>) -> impl Iterator<Item = (EmployeeNo, &Employee)> {
        self.roster.by_id_after(after)
    }

    /// Whether the company would have too many topics if these employees, each once, were given those in this order.
    #[must_use]
    pub fn would_name_too_many<'a>(&self, given: impl IntoIterator<Item = (&'a EmployeeId, &'a [Topic])>) -> bool {
        self.roster.would_name_too_many(given)
    }

    /// Number of all employees.
    #[must_use]
    pub fn employee_count(&self) -> usize {
        self.roster.len()
    }

    /// Number of employees in each status, in the order of [`crate::Status::ALL`].
    #[must_use]
    pub const fn employees_by_status(&self) -> [usize; 4] {
        self.roster.statuses()
    }

    /// Number of clients with an open booking or a running session.
    #[must_use]
    pub fn open_clients(&self) -> usize {
        self.clients.len()
    }

    /// The booking, if it is open or remembered.
    #[must_use]
    pub fn booking(&self, id: BookingId) -> Option<&Booking> {
        self.bookings.get(id)
    }

    /// The session, if it runs or is remembered.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(id)
    }

    /// The side of a session that the person is on. A new employee with the id of a removed one is on no side.
    #[must_use]
    pub fn party_in(&self, session: &Session, actor: &Actor) -> Option<Party> {
        match actor {
            Actor::Client(client) if *client == session.client => Some(Party::Client),
            Actor::Employee(employee) => {
                let (no, _) = self.roster.find(employee)?;
                (no == session.employee).then_some(Party::Employee)
            }
            Actor::Client(_) | Actor::Admin => None,
        }
    }

    /// Whether a token is revoked in this company.
    #[must_use]
    pub fn shuts_out(&self, token: Token<'_>) -> bool {
        // Every request asks this, and most companies have never revoked a token.
        !self.revocations.is_empty() && self.revocations.shut_out(token, |employee| self.roster.has(employee))
    }

    /// All bookings that are open or remembered, oldest first.
    pub fn bookings(&self) -> impl Iterator<Item = &Booking> {
        self.bookings.values()
    }

    /// All sessions that run or are remembered, oldest first.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// The client's open booking, or the assigned one while its session runs.
    #[must_use]
    pub fn booking_of(&self, client: &ClientId) -> Option<&Booking> {
        self.bookings.get(self.clients.get(client)?.booking)
    }

    /// Searches, and bookings whose session runs, in the order of the clients' ids, after `after`.
    pub fn open_after(&self, after: Option<&str>) -> impl Iterator<Item = (&ClientId, &Booking)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        let open = self.clients.range::<str, _>((from, Unbounded));
        open.filter_map(|(client, open)| Some((client, self.bookings.get(open.booking)?)))
    }

    /// Two counters to compare with earlier values: the first moves with every changed `available`, the second with
    /// every changed count.
    #[must_use]
    pub fn availability_marks(&self) -> (u64, u64) {
        let (flips, moves) = self.roster.availability_marks();
        if self.routing.is_none() {
            return (flips, moves);
        }
        // With a line, a booking may succeed while no employee is idle but one is on duty.
        let (full, waits) = self.places.marks();
        (flips + self.roster.duty_flips() + full, moves + waits)
    }

    /// Employees who can be asked, in the order in which they would be.
    #[must_use]
    pub fn in_line(&self, topic: Option<&Topic>) -> Vec<&Employee> {
        self.roster.in_line(topic).into_iter().filter_map(|no| self.roster.get(no)).collect()
    }

    /// The counts of the day (UTC) that `now` is in.
    #[must_use]
    pub fn today(&self, now: Time) -> Today {
        if self.today.day == now.day() { self.today } else { Today { day: now.day(), ..Today::default() } }
    }

    /// Remembered bookings with their present and their recorded weight, and the recorded sum.
    pub(crate) fn weighed(&self) -> (impl Iterator<Item = (BookingId, Option<usize>, usize)>, usize) {
        let weight = |id| self.bookings.get(id).map(|booking| self.weight(booking));
        (self.past.weights().map(move |(id, known)| (id, weight(id), known)), self.past.bytes())
    }

    /// Number of ended bookings that are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.past.len()
    }

    /// The answer to a command that was done, or to a repeat of it.
    pub(super) fn answer(&self, command: &Command) -> Answer {
        match command {
            Command::SetCompany { .. } | Command::SetRouting { .. } | Command::SetBrand { .. } => Answer::Company,
            Command::SetEmployee { employee, .. }
            | Command::SetStatus { employee, .. }
            | Command::Finish { employee, .. } => {
                self.roster.find(employee).map_or(Answer::Done, |(no, _)| Answer::Employee(no))
            }
            Command::Book(BookingRequest { booking, client, key, .. }) => {
                let known = key.as_ref().and_then(|key| self.keys.get(&(client.clone(), key.clone())));
                Answer::Booking(known.copied().unwrap_or(*booking))
            }
            Command::Cancel { booking, .. } | Command::ChangeBooking { booking, .. } => Answer::Booking(*booking),
            Command::Accept { offer, .. } => {
                let session = self.bookings.get(offer.booking).and_then(|booking| booking.session);
                session.map_or(Answer::Done, Answer::Session)
            }
            Command::Reject { employee, .. } => {
                self.roster.find(employee).map_or(Answer::Done, |(no, _)| Answer::Employee(no))
            }
            Command::Send { session, message, by, key, .. } => {
                let found = self.sessions.get(*session);
                let keyed = found.zip(key.as_ref()).and_then(|(s, key)| s.message_with_key(self.party_in(s, by)?, key));
                Answer::Message(*session, keyed.map_or(*message, |m| m.id))
            }
            Command::EnterSession { session, .. }
            | Command::Extend { session, .. }
            | Command::Code { session, .. }
            | Command::WriteNotes { session, .. }
            | Command::End { session, .. } => Answer::Session(*session),
            Command::RemoveCompany { .. }
            | Command::RemoveEmployee { .. }
            | Command::Revoke { .. }
            | Command::EmployeeConnected { .. }
            | Command::EmployeeDisconnected { .. }
            | Command::ClientConnected { .. }
            | Command::ClientDisconnected { .. }
            | Command::OfferDelivered { .. }
            | Command::LeaveSession { .. }
            | Command::Wake
            | Command::FollowClock { .. }
            | Command::Resume => Answer::Done,
        }
    }
}
