//! The routing of one booking: the route, the wishes and the steps that are open.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Need, Route, Step, Wishes};
use crate::id::{BookingId, Topic};
use crate::time::Time;

/// How one booking is routed. A booking keeps the route that there was when it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routed {
    /// The steps are gone when the search is over.
    route: Arc<Route>,
    #[serde(default, skip_serializing_if = "Wishes::is_empty")]
    wishes: Wishes,
    /// Number of the event that opened the booking, which orders bookings of one moment.
    number: u64,
    /// From when the opening times of the steps count.
    began_at: Time,
    open_steps: u8,
    /// One for each step.
    #[serde(skip)]
    needs: Vec<Need>,
}

impl Routed {
    pub(crate) fn new(route: Arc<Route>, wishes: Wishes, topic: &Topic, number: u64, began_at: Time) -> Self {
        let mut routed = Self { route, wishes, number, began_at, open_steps: 1, needs: vec![] };
        routed.rebuild(topic);
        routed
    }

    pub(crate) fn rebuild(&mut self, topic: &Topic) {
        self.needs = self.route.steps.iter().map(|step| Need::of_step(step, topic, &self.wishes)).collect();
    }

    /// Wishes of the booking.
    #[must_use]
    pub const fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    /// Number of steps that are open.
    #[must_use]
    pub const fn open_steps(&self) -> u8 {
        self.open_steps
    }

    /// Number of the event that opened the booking.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Steps that are open, in their order.
    pub(crate) fn steps(&self) -> &[Step] {
        self.route.steps.get(..usize::from(self.open_steps)).unwrap_or(&self.route.steps)
    }

    /// Needs of the open steps, in their order.
    pub(crate) fn needs(&self) -> &[Need] {
        self.needs.get(..usize::from(self.open_steps)).unwrap_or(&self.needs)
    }

    /// Needs of all steps.
    pub(crate) fn all_needs(&self) -> &[Need] {
        &self.needs
    }

    /// The next step that is not open, from 1.
    pub(crate) fn next_step(&self) -> Option<u8> {
        self.route.steps.get(usize::from(self.open_steps)).map(|_| self.open_steps.saturating_add(1))
    }

    /// When the next step opens by its time.
    pub(crate) fn next_step_at(&self) -> Option<Time> {
        self.route.steps.get(usize::from(self.open_steps)).map(|step| self.began_at.plus_ms(step.after_ms))
    }

    /// Opens steps up to that one, from 1.
    pub(crate) fn open(&mut self, step: u8) {
        self.open_steps = self.open_steps.max(step);
    }

    /// Most offers that may be open at once.
    pub(crate) fn width(&self) -> usize {
        self.steps().last().map_or(1, |step| usize::from(step.at_once))
    }

    pub(crate) fn put_off(&mut self, by_ms: u64) {
        self.began_at = self.began_at.plus_ms(by_ms);
    }

    /// Lets go of the steps, which have no meaning after the search.
    pub(crate) fn end(&mut self) {
        (self.route, self.needs) = (Arc::default(), vec![]);
    }

    /// Takes the client's wishes out.
    pub(crate) fn erase_wishes(&mut self) {
        self.wishes = Wishes::default();
    }
}

/// The place of a booking among all that seek: the smaller rank goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    /// Bookings with an open offer come after all without one.
    pub(crate) has_offer: bool,
    pub(crate) arrived_at: Time,
    /// Orders bookings of one moment.
    pub(crate) number: u64,
    pub(crate) booking: BookingId,
}
