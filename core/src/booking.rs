//! A booking: one client's search for an employee.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{BookingId, ClientId, EmployeeId, EmployeeNo, Key, OfferId, SessionId, Topic};
use crate::offer::{Offer, Outcome};
use crate::routing::{Rank, Routed, Wishes};
use crate::time::Time;

/// A client's request for an employee. Events are stored with these fields in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingRequest {
    /// Fresh id from the caller.
    pub booking: BookingId,
    pub client: ClientId,
    /// Display name of the client, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<Arc<str>>,
    pub topic: Topic,
    /// Words for the employee: JSON, which core does not read.
    pub note: Option<Arc<str>>,
    /// Idempotency key of the client.
    pub key: Option<Key>,
    /// None if the client asks for nothing beside the topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wishes: Option<Box<Wishes>>,
}

impl BookingRequest {
    /// A request without any optional field.
    #[must_use]
    pub const fn new(booking: BookingId, client: ClientId, topic: Topic) -> Self {
        Self { booking, client, client_name: None, topic, note: None, key: None, wishes: None }
    }

    /// Takes the client out.
    pub(crate) fn erase_client(&mut self, alias: &ClientId) {
        // Every field is named, so that the compiler asks of each new one whether it is personal.
        let Self { booking: _, client, client_name, topic: _, note, key, wishes } = self;
        (*client, *client_name, *note, *key) = (alias.clone(), None, None, None);
        wishes.iter_mut().for_each(|wishes| wishes.erase());
    }
}

/// One client's search for an employee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    pub id: BookingId,
    pub client: ClientId,
    /// Display name of the client when the booking was opened, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<Arc<str>>,
    pub topic: Topic,
    /// Words for the employee: JSON, which core does not read.
    pub note: Option<Arc<str>>,
    /// Idempotency key of the client.
    pub key: Option<Key>,
    pub created_at: Time,
    /// Latest end of the search.
    pub deadline: Time,
    /// When the search ended without a session.
    pub ended_at: Option<Time>,
    pub state: BookingState,
    /// Why the search ended without a session.
    pub reason: Option<BookingReason>,
    /// Offers made, oldest first.
    pub offers: Vec<Offer>,
    /// Session of an assigned booking.
    pub session: Option<SessionId>,
    /// Until when a client who has gone may come back.
    pub client_due: Option<Time>,
    /// Until when the search waits for employees who may come back, while none can be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_until: Option<Time>,
    /// None if the company had no routing when the booking was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routed: Option<Box<Routed>>,
    /// Employees asked before the latest offer. Most bookings ask one employee, so that this set is empty.
    #[serde(skip)]
    asked: BTreeSet<EmployeeId>,
    /// Number of leading offers that are closed. The next offer, if there is one, is open.
    #[serde(skip)]
    closed: u32,
}

impl Booking {
    pub(crate) fn new(request: BookingRequest, routed: Option<Routed>, created_at: Time, deadline: Time) -> Self {
        let BookingRequest { booking: id, client, client_name, topic, note, key, wishes: _ } = request;
        Self {
            id,
            client,
            client_name,
            topic,
            note,
            key,
            created_at,
            deadline,
            ended_at: None,
            state: BookingState::Offering,
            reason: None,
            // Room for one: most bookings ask one employee.
            offers: Vec::with_capacity(1),
            session: None,
            client_due: None,
            waits_until: None,
            routed: routed.map(Box::new),
            asked: BTreeSet::new(),
            closed: 0,
        }
    }

    /// Open offers, in the order in which they were made.
    #[inline]
    pub fn open_offers(&self) -> impl Iterator<Item = (OfferId, &Offer)> {
        let attempts = (self.closed + 1..).map(|attempt| OfferId { booking: self.id, attempt });
        let offers = self.offers.get(self.closed as usize..).unwrap_or_default();
        attempts.zip(offers).filter(|(_, offer)| offer.outcome.is_none())
    }

    pub(crate) fn open_offers_mut(&mut self) -> impl Iterator<Item = &mut Offer> {
        let offers = self.offers.get_mut(self.closed as usize..).unwrap_or_default();
        offers.iter_mut().filter(|offer| offer.outcome.is_none())
    }

    /// Whether an offer is open now.
    #[must_use]
    pub(crate) const fn has_open_offer(&self) -> bool {
        (self.closed as usize) < self.offers.len()
    }

    /// The id of the latest offer; attempt 0 before the first.
    #[must_use]
    pub fn latest_offer_id(&self) -> OfferId {
        OfferId { booking: self.id, attempt: u32::try_from(self.offers.len()).unwrap_or(u32::MAX) }
    }

    /// The offer with that attempt.
    #[must_use]
    pub fn offer(&self, attempt: u32) -> Option<&Offer> {
        self.offers.get((attempt as usize).checked_sub(1)?)
    }

    /// The offer with that attempt, while it is open.
    pub(crate) fn open_offer(&self, attempt: u32) -> Option<&Offer> {
        self.offer(attempt).filter(|offer| offer.outcome.is_none())
    }

    /// Whether the search goes on.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, BookingState::Offering | BookingState::Waiting)
    }

    /// Whether the booking is in the line: no offer is open, and an employee may come.
    #[must_use]
    pub const fn is_in_line(&self) -> bool {
        matches!(self.state, BookingState::Waiting)
    }

    /// Whether the search goes on while no employee can be asked.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.is_open() && self.waits_until.is_some()
    }

    /// Most offers that may be open at once.
    pub(crate) fn width(&self) -> usize {
        self.routed.as_ref().map_or(1, |routed| routed.width())
    }

    /// Whether the booking can have a rank: a search without a routing has one only while it waits.
    #[inline]
    pub(crate) const fn may_seek(&self) -> bool {
        self.routed.is_some() || self.waits_until.is_some()
    }

    /// The place among all that seek one more employee. A search that has just lost its last offer,
    /// or has just begun, has none until its next step is settled.
    pub(crate) fn rank(&self) -> Option<Rank> {
        if !self.is_open() || self.client_is_missed() {
            return None;
        }
        // While a search waits, its open offer is with an employee who is away, and counts for nothing.
        let waits = self.waits() || self.is_in_line();
        let wants_more =
            !waits && self.routed.is_some() && self.has_open_offer() && self.open_offers().count() < self.width();
        (waits || wants_more).then(|| self.rank_with(wants_more))
    }

    /// The place in the line, of those who are away too.
    pub(crate) fn rank_in_line(&self) -> Option<Rank> {
        self.is_in_line().then(|| self.rank_with(false))
    }

    pub(crate) fn rank_with(&self, has_offer: bool) -> Rank {
        match &self.routed {
            None => Rank {
                has_offer,
                arrived_ms: i64::try_from(self.created_at.as_ms()).unwrap_or(i64::MAX),
                number: 0,
                booking: self.id,
            },
            Some(routed) => routed.rank(self.id, self.created_at, has_offer),
        }
    }

    /// Whether no employee is asked because the client is away. A search without a line goes on without its client.
    pub(crate) fn client_is_missed(&self) -> bool {
        self.client_due.is_some() && self.routed.as_ref().is_some_and(|routed| routed.has_line())
    }

    /// Whether the booking may ask that employee now.
    pub(crate) fn may_ask(&self, now: Time, employee: &EmployeeId) -> bool {
        if !self.was_asked(employee) {
            return true;
        }
        let Some(routed) = self.routed.as_ref() else { return false };
        let latest = self.offers.iter().rev().find(|offer| offer.employee_id == *employee);
        let again_from = latest.and_then(|offer| routed.again_from(offer.closed_at?));
        again_from.is_some_and(|from| from <= now)
    }

    /// Whether the booking may ask that employee now or later.
    pub(crate) fn may_ever_ask(&self, employee: &EmployeeId) -> bool {
        self.may_ask_again() || !self.was_asked(employee)
    }

    /// Whether the booking may ask an employee more than once.
    pub(crate) fn may_ask_again(&self) -> bool {
        self.routed.as_ref().is_some_and(|routed| routed.again_from(Time::default()).is_some())
    }

    /// When the next of those who were asked may be asked again.
    pub(crate) fn asks_again_at(&self) -> Option<Time> {
        let routed = self.routed.as_ref()?;
        routed.again_from(Time::default())?;
        let from = self.offers.iter().filter_map(|offer| routed.again_from(offer.closed_at?));
        from.filter(|from| !routed.has_asked_again(*from)).min()
    }

    /// Compares ids, not numbers, because an employee who was removed and made again is the same person.
    pub(crate) fn was_asked(&self, employee: &EmployeeId) -> bool {
        self.offers.last().is_some_and(|latest| latest.employee_id == *employee) || self.asked.contains(employee)
    }

    pub(crate) fn ask(&mut self, offer: Offer) {
        self.asked.extend(self.offers.last().map(|earlier| earlier.employee_id.clone()));
        self.offers.push(offer);
        self.state = BookingState::Offering;
        self.waits_until = None;
    }

    /// Closes the offer with that attempt, if it is open, and returns the employee who was asked.
    pub(crate) fn close_offer(
        &mut self,
        attempt: u32,
        at: Time,
        outcome: Outcome,
        reason: Option<Arc<str>>,
    ) -> Option<EmployeeNo> {
        let offer = self.open_offer_mut(attempt)?;
        offer.outcome = Some(outcome);
        offer.closed_at = Some(at);
        offer.delivery_due = None;
        offer.reason = reason;
        let employee = offer.employee;
        self.waits_until = None;
        self.pass_over_closed();
        Some(employee)
    }

    /// Rebuilds the parts that are not stored.
    pub(crate) fn rebuild(&mut self) {
        let earlier = self.offers.split_last().map_or(&[][..], |(_, earlier)| earlier);
        self.asked = earlier.iter().map(|offer| offer.employee_id.clone()).collect();
        self.closed = 0;
        self.pass_over_closed();
        if let Some(routed) = &mut self.routed {
            routed.rebuild(&self.topic);
        }
    }

    fn pass_over_closed(&mut self) {
        while self.offers.get(self.closed as usize).is_some_and(|offer| offer.outcome.is_some()) {
            self.closed += 1;
        }
    }

    pub(crate) fn open_offer_mut(&mut self, attempt: u32) -> Option<&mut Offer> {
        let offer = self.offers.get_mut((attempt as usize).checked_sub(1)?)?;
        offer.outcome.is_none().then_some(offer)
    }

    /// Why the search is over when no further employee can be asked.
    pub(crate) fn exhausted_reason(&self) -> BookingReason {
        let all_said_no = self.offers.iter().all(|offer| offer.outcome.is_some_and(Outcome::is_a_no));
        if all_said_no && !self.offers.is_empty() { BookingReason::EveryoneDeclined } else { BookingReason::NobodyLeft }
    }

    /// Takes the client out, and the reasons that employees gave for their rejections.
    pub(crate) fn erase_client(&mut self, alias: &ClientId) {
        // Every field is named, as in the request.
        let Self {
            id: _,
            client,
            client_name,
            topic: _,
            note,
            key,
            created_at: _,
            deadline: _,
            ended_at: _,
            state: _,
            reason: _,
            offers,
            session: _,
            client_due: _,
            waits_until: _,
            routed,
            asked: _,
            closed: _,
        } = self;
        (*client, *client_name, *note, *key) = (alias.clone(), None, None, None);
        routed.iter_mut().for_each(|routed| routed.erase_wishes());
        offers.iter_mut().for_each(|offer| offer.reason = None);
    }

    /// Approximate bytes in memory.
    pub(crate) fn weight(&self) -> usize {
        400 + self.note.iter().chain(&self.client_name).map(|text| text.len()).sum::<usize>()
            + self.offers.len() * 160
            + self.routed.as_ref().map_or(0, |_| 300)
    }
}

/// State of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingState {
    /// An employee is being asked, or may come back to be asked.
    Offering,
    /// No employee can be asked now, and the client waits in the line.
    Waiting,
    Assigned,
    /// All candidates were asked, and none accepted.
    Unanswered,
    Cancelled,
    /// The search reached its deadline.
    Expired,
}

impl BookingState {
    /// All states, in the order of the documentation.
    pub const ALL: [Self; 6] =
        [Self::Offering, Self::Waiting, Self::Assigned, Self::Unanswered, Self::Cancelled, Self::Expired];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offering => "offering",
            Self::Waiting => "waiting",
            Self::Assigned => "assigned",
            Self::Unanswered => "unanswered",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// Reason why a booking ended without a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingReason {
    /// All asked employees declined, and no other is idle.
    EveryoneDeclined,
    /// No other employee is idle, and an asked employee gave no answer.
    NobodyLeft,
    ClientCancelled,
    /// The client stayed away past the grace time.
    ClientLost,
    /// The search reached its deadline.
    Deadline,
    /// An admin closed the booking.
    ClosedByAdmin,
    /// The client waited as long as the route allows.
    WaitedTooLong,
}

impl BookingReason {
    /// All reasons, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::EveryoneDeclined,
        Self::NobodyLeft,
        Self::ClientCancelled,
        Self::ClientLost,
        Self::Deadline,
        Self::ClosedByAdmin,
        Self::WaitedTooLong,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::EveryoneDeclined => "everyone_declined",
            Self::NobodyLeft => "nobody_left",
            Self::ClientCancelled => "client_cancelled",
            Self::ClientLost => "client_lost",
            Self::Deadline => "deadline",
            Self::ClosedByAdmin => "closed_by_admin",
            Self::WaitedTooLong => "waited_too_long",
        }
    }

    /// The state that a booking ends in for this reason.
    #[must_use]
    pub const fn state(self) -> BookingState {
        match self {
            Self::EveryoneDeclined | Self::NobodyLeft => BookingState::Unanswered,
            Self::ClientCancelled | Self::ClientLost | Self::ClosedByAdmin => BookingState::Cancelled,
            Self::Deadline | Self::WaitedTooLong => BookingState::Expired,
        }
    }
}
