//! The routing of one booking: the route, the wishes, the rank and the steps that are open.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Channel, Level, Need, Route, RouteStep, Routing, Told, Wishes};
use crate::id::{BookingId, EmployeeNo, Skill, Topic};
use crate::time::Time;

/// How one booking is routed. A booking keeps the route that there was when it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routed {
    /// The steps are gone when the search is over.
    route: Arc<Route>,
    /// Position of the route in the company's routing, under which its line is counted.
    route_no: u8,
    #[serde(default, skip_serializing_if = "Wishes::is_empty")]
    wishes: Wishes,
    /// Number of the event that opened the booking, which orders bookings of one moment.
    number: u64,
    /// The channel as it was when the booking was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    priority: u8,
    priority_ms: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    ask_again_ms: u64,
    /// Until when an answer has been given to every employee who may be asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_again_at: Option<Time>,
    /// From when the opening times of the steps count.
    began_at: Time,
    /// 0 while only those who are wanted are asked.
    open_steps: u8,
    /// Until when only those who are wanted are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold_until: Option<Time>,
    /// Until when the booking may wait; none without a line and without a hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wait_until: Option<Time>,
    /// When the booking first waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waited_since: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told: Option<Told>,
    /// One for each step.
    #[serde(skip)]
    needs: Vec<Need>,
}

impl Routed {
    /// The routing of a booking that opens now on a route, which is the `route_no`th of the company.
    pub(crate) fn new(
        routing: &Routing,
        (route_no, route): (u8, Arc<Route>),
        wishes: Wishes,
        topic: &Topic,
        (number, opened_at): (u64, Time),
    ) -> Self {
        let holds_ms = wishes.hold_ms.unwrap_or(routing.hold_ms).min(routing.hold_ms);
        let holds = !wishes.wanted.is_empty() && (holds_ms > 0 || wishes.only);
        let wait_ms = wishes.wait_ms.unwrap_or(route.wait.max_ms).min(route.wait.max_ms);
        let waits_ms = if holds { wait_ms.max(holds_ms) } else { wait_ms };
        let mut routed = Self {
            route_no,
            number,
            channel: wishes.channel.as_ref().and_then(|name| routing.channels.get(name.as_str()).cloned()),
            priority: wishes.priority.unwrap_or(route.priority),
            priority_ms: routing.priority_ms,
            ask_again_ms: routing.ask_again_ms,
            asked_again_at: None,
            began_at: opened_at,
            open_steps: u8::from(!holds),
            hold_until: holds.then(|| opened_at.plus_ms(holds_ms)),
            wait_until: (waits_ms > 0).then(|| opened_at.plus_ms(waits_ms)),
            waited_since: None,
            told: None,
            needs: vec![],
            route,
            wishes,
        };
        routed.rebuild(topic);
        routed
    }

    pub(crate) fn rebuild(&mut self, topic: &Topic) {
        self.needs = self
            .route
            .steps
            .iter()
            .map(|step| Need::of_step(step, topic, &self.wishes, self.channel.as_ref()))
            .collect();
    }

    /// Wishes of the booking.
    #[must_use]
    pub const fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    /// Priority of the booking, 0 to 10.
    #[must_use]
    pub const fn priority(&self) -> u8 {
        self.priority
    }

    /// Room that a session of the booking takes.
    #[must_use]
    pub fn weight(&self) -> u8 {
        self.channel.as_ref().map_or(1, |channel| channel.weight)
    }

    /// Skills that the channel of the booking asks for.
    pub(crate) fn skills_of_channel(&self) -> impl Iterator<Item = (&Skill, &Level)> {
        self.channel.iter().flat_map(|channel| &channel.skills)
    }

    /// Number of steps that are open; 0 while only those who are wanted are asked.
    #[must_use]
    pub const fn open_steps(&self) -> u8 {
        self.open_steps
    }

    /// When the booking first waited.
    #[must_use]
    pub const fn waited_since(&self) -> Option<Time> {
        self.waited_since
    }

    /// Until when the booking may wait; none without a line and without a hold.
    #[must_use]
    pub const fn wait_until(&self) -> Option<Time> {
        self.wait_until
    }

    /// Place and estimate that the client was told when the booking first waited.
    #[must_use]
    pub const fn told(&self) -> Option<Told> {
        self.told
    }

    /// The place among all that seek, of a booking with an open offer or without.
    pub(crate) const fn rank(&self, booking: BookingId, opened_at: Time, has_offer: bool) -> Rank {
        let head_start_ms = self.priority_ms.saturating_mul(self.priority as u64);
        let arrived_ms = (opened_at.as_ms() as i64).saturating_sub_unsigned(head_start_ms);
        Rank { has_offer, arrived_ms, number: self.number, booking }
    }

    pub(crate) const fn route_no(&self) -> u8 {
        self.route_no
    }

    pub(crate) const fn route(&self) -> &Arc<Route> {
        &self.route
    }

    /// Whether the booking may wait for employees, and so asks none while its client is away.
    pub(crate) const fn has_line(&self) -> bool {
        self.wait_until.is_some()
    }

    /// Employees who are asked before all others.
    pub(crate) fn wanted(&self) -> &[EmployeeNo] {
        &self.wishes.wanted
    }

    /// Whether the route itself has a line, and not only a hold.
    pub(crate) fn route_has_line(&self) -> bool {
        self.route.wait.max_ms > 0 && self.wishes.wait_ms != Some(0)
    }

    pub(crate) const fn hold_until(&self) -> Option<Time> {
        self.hold_until
    }

    /// Whether only those who are wanted are asked now.
    pub(crate) const fn is_on_hold(&self) -> bool {
        self.open_steps == 0
    }

    /// Steps that are open, in their order.
    pub(crate) fn steps(&self) -> &[RouteStep] {
        self.route.steps.get(..usize::from(self.open_steps)).unwrap_or(&self.route.steps)
    }

    /// Needs of the open steps, in their order.
    pub(crate) fn needs(&self) -> &[Need] {
        self.needs.get(..usize::from(self.open_steps)).unwrap_or(&self.needs)
    }

    /// Needs of all steps that the booking may come to.
    pub(crate) fn all_needs(&self) -> &[Need] {
        if self.wishes.only { &[] } else { &self.needs }
    }

    /// The next step that is not open, from 1.
    pub(crate) fn next_step(&self) -> Option<u8> {
        self.all_needs().get(usize::from(self.open_steps)).map(|_| self.open_steps.saturating_add(1))
    }

    /// When the next step opens by its time.
    pub(crate) fn next_step_at(&self) -> Option<Time> {
        self.next_step()?;
        if self.is_on_hold() {
            return self.hold_until;
        }
        self.route.steps.get(usize::from(self.open_steps)).map(|step| self.began_at.plus_ms(step.after_ms))
    }

    /// Opens steps up to that one, from 1. The search begins with the first.
    pub(crate) fn open(&mut self, at: Time, step: u8) {
        if self.is_on_hold() {
            (self.began_at, self.hold_until) = (at, None);
        }
        self.open_steps = self.open_steps.max(step);
    }

    /// Most offers that may be open at once.
    pub(crate) fn width(&self) -> usize {
        self.steps().last().map_or(1, |step| usize::from(step.at_once))
    }

    /// From when an employee may be asked again whose offer closed then; none for never.
    pub(crate) fn again_from(&self, closed_at: Time) -> Option<Time> {
        (self.ask_again_ms > 0).then(|| closed_at.plus_ms(self.ask_again_ms))
    }

    /// Whether a time from which an employee may be asked again has been looked at.
    pub(crate) fn has_asked_again(&self, from: Time) -> bool {
        self.asked_again_at.is_some_and(|asked| from <= asked)
    }

    pub(crate) const fn ask_again(&mut self, at: Time) {
        self.asked_again_at = Some(at);
    }

    pub(crate) fn set_priority(&mut self, priority: u8) {
        self.priority = priority;
    }

    /// Begins to wait, or waits again.
    pub(crate) fn wait(&mut self, at: Time, told: Told) {
        self.waited_since.get_or_insert(at);
        self.told.get_or_insert(told);
    }

    pub(crate) fn put_off(&mut self, by_ms: u64) {
        let later = |at: &mut Time| *at = at.plus_ms(by_ms);
        later(&mut self.began_at);
        self.hold_until.iter_mut().for_each(later);
        self.wait_until.iter_mut().for_each(later);
    }

    /// Lets go of all that has no meaning after the search.
    pub(crate) fn end(&mut self) {
        (self.route, self.needs, self.route_no) = (Arc::default(), vec![], 0);
        (self.began_at, self.hold_until, self.wait_until) = (Time::default(), None, None);
        self.asked_again_at = None;
        self.open_steps = self.open_steps.max(1);
    }

    /// Takes the client's wishes out.
    pub(crate) fn erase_wishes(&mut self) {
        self.wishes.erase();
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The place of a booking among all that seek: the smaller rank goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    /// Bookings with an open offer come after all without one.
    pub(crate) has_offer: bool,
    /// Time of opening, less the head start for the priority.
    pub(crate) arrived_ms: i64,
    /// Orders bookings of one moment.
    pub(crate) number: u64,
    pub(crate) booking: BookingId,
}
