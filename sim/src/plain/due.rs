//! Events that a passed deadline causes, without routing.

use switchboard_core::limits::REMEMBERED_MAX_MS;
use switchboard_core::notice::Cause;
use switchboard_core::{BookingId, BookingReason, EndedBy, OfferId, Outcome, Party, SessionId, Time};

use super::{Near, PlainHolds, PlainModel, PlainOffer, PlainSearch, PlainStaff, SearchEnd};

/// A deadline that has passed. The variants are in the contract's order for one and the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PlainDueEvent {
    SearchEnds(u128),
    ClientIsLost(u128),
    OfferTimesOut(u128),
    OfferIsUndelivered(u128),
    PartyIsLost(u128, Party),
    WrapUpEnds(usize),
    EmployeeIsGone(usize),
    WishLapses(usize),
    SearchHasWaited(u128),
}

impl PlainModel {
    /// The earliest deadline in the company.
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        self.dues().into_iter().min().map(|(at, _)| at)
    }

    fn dues(&self) -> Vec<(Time, PlainDueEvent)> {
        let mut dues = Vec::new();
        for search in self.searches.iter().filter(|search| search.end.is_none()) {
            let id = search.id.as_u128();
            dues.push((search.ends_by, PlainDueEvent::SearchEnds(id)));
            dues.extend(search.client_back_by.map(|at| (at, PlainDueEvent::ClientIsLost(id))));
            dues.extend(search.waits.map(|at| (at, PlainDueEvent::SearchHasWaited(id))));
            if let Some(ask) = search.asks.last().filter(|ask| ask.outcome.is_none()) {
                dues.push((ask.expires, PlainDueEvent::OfferTimesOut(id)));
                dues.extend(ask.deliver_by.map(|at| (at, PlainDueEvent::OfferIsUndelivered(id))));
            }
        }
        for talk in self.talks.iter().filter(|talk| talk.ended.is_none()) {
            for party in [Party::Client, Party::Employee] {
                let back_by = talk.sides[party as usize].back_by;
                dues.extend(back_by.map(|at| (at, PlainDueEvent::PartyIsLost(talk.id.as_u128(), party))));
            }
        }
        for (no, staff) in self.staff.iter().enumerate() {
            let Some(staff) = staff else { continue };
            if let PlainHolds::WrapUp(until) = staff.holds {
                dues.push((until, PlainDueEvent::WrapUpEnds(no)));
            }
            if let Near::Away(until) = staff.near {
                dues.push((until, PlainDueEvent::EmployeeIsGone(no)));
            }
            dues.extend(staff.lapses.map(|at| (at, PlainDueEvent::WishLapses(no))));
        }
        dues
    }

    /// Moves all deadlines, because the company followed the clock by so much: nothing has less time left for it.
    pub fn put_off(&mut self, by_ms: u64) {
        let later = |at: &mut Time| *at = at.plus_ms(by_ms);
        for search in self.searches.iter_mut().filter(|search| search.end.is_none()) {
            later(&mut search.ends_by);
            search.client_back_by.iter_mut().for_each(later);
            search.waits.iter_mut().for_each(later);
            if let Some(ask) = search.asks.last_mut().filter(|ask| ask.outcome.is_none()) {
                later(&mut ask.expires);
                ask.deliver_by.iter_mut().for_each(later);
            }
        }
        for talk in self.talks.iter_mut().filter(|talk| talk.ended.is_none()) {
            talk.sides.iter_mut().filter_map(|side| side.back_by.as_mut()).for_each(later);
        }
        for staff in self.staff.iter_mut().flatten() {
            staff.lapses.iter_mut().for_each(later);
            if let PlainHolds::WrapUp(until) = &mut staff.holds {
                later(until);
            }
            if let Near::Away(until) = &mut staff.near {
                later(until);
            }
        }
    }

    pub(super) fn do_what_is_due(&mut self) {
        while let Some((_, due)) = self.dues().into_iter().filter(|(at, _)| *at <= self.now).min() {
            self.happens(|model| model.do_it_by_itself(due));
        }
    }

    fn do_it_by_itself(&mut self, due: PlainDueEvent) {
        let booking = BookingId::from_u128;
        match due {
            PlainDueEvent::SearchEnds(id) => {
                self.end_search(booking(id), Outcome::BookingExpired, BookingReason::Deadline)
            }
            PlainDueEvent::ClientIsLost(id) => {
                self.end_search(booking(id), Outcome::ClientLost, BookingReason::ClientLost)
            }
            PlainDueEvent::OfferTimesOut(id) => self.close_offer(booking(id), Outcome::TimedOut),
            PlainDueEvent::OfferIsUndelivered(id) => self.miss_delivery(booking(id)),
            PlainDueEvent::PartyIsLost(id, _) => self.end_talk(SessionId::from_u128(id), EndedBy::Lost, None),
            PlainDueEvent::WrapUpEnds(no) => {
                self.change(no, Cause::SessionEnded, |staff| staff.holds = PlainHolds::Nothing)
            }
            PlainDueEvent::EmployeeIsGone(no) => {
                self.change(no, Cause::ConnectionLost, |staff| staff.near = Near::Gone)
            }
            PlainDueEvent::WishLapses(no) => self.go_offline(no, Cause::ConnectionLost),
            PlainDueEvent::SearchHasWaited(id) => self.end_wait(booking(id)),
        }
    }

    /// Sets the employee's intent to offline; an open offer is declined by that.
    pub(super) fn go_offline(&mut self, no: usize, cause: Cause) {
        self.change(no, cause, |staff| {
            staff.willing = false;
            staff.missed = 0;
            staff.lapses = None;
        });
        if let Some(PlainHolds::Offer(booking)) = self.staff(no).map(|staff| staff.holds) {
            self.close_offer(booking, Outcome::WentOffline);
        }
    }

    /// Closes an offer that was not accepted; then the next employee is asked, or the search ends.
    pub(super) fn close_offer(&mut self, booking: BookingId, outcome: Outcome) {
        if self.open_ask(booking).is_none() {
            return;
        }
        self.release_offered_employee(booking, outcome);
        self.go_on(booking);
    }

    /// Asks the next employee, waits for one who may come back, or ends the search.
    fn go_on(&mut self, booking: BookingId) {
        let Some(search) = self.search(booking) else { return };
        let (next, awaited) = (self.next_for(search), self.awaited_until(search));
        let now = self.now;
        let Some(search) = self.search_mut(booking) else { return };
        match (next, awaited) {
            _ if search.ends_by <= now => self.end_without(booking, BookingReason::Deadline),
            (Some(next), _) => self.ask(booking, next),
            (None, Some(until)) => search.waits = Some(until),
            (None, None) => {
                let is_a_no = |ask: &PlainOffer| matches!(ask.outcome, Some(Outcome::Rejected | Outcome::WentOffline));
                let all_said_no = search.asks.iter().all(is_a_no);
                let reason = if all_said_no { BookingReason::EveryoneDeclined } else { BookingReason::NobodyLeft };
                self.end_without(booking, reason);
            }
        }
    }

    /// The latest reconnect deadline of the employees who could take the search and were not asked yet.
    fn awaited_until(&self, search: &PlainSearch) -> Option<Time> {
        let others = self.staff.iter().flatten().filter(|staff| !search.has_asked(&staff.id));
        let idle = others.filter(|staff| staff.status() == "idle" && staff.takes(Some(&search.inquiry.topic)));
        let until = idle.filter_map(|staff| if let Near::Away(until) = staff.near { Some(until) } else { None });
        until.filter(|until| *until > self.now).max()
    }

    /// The offer's delivery was not acknowledged. An employee in grace keeps the offer while no other employee can be
    /// asked.
    fn miss_delivery(&mut self, booking: BookingId) {
        let now = self.now;
        let near = self.open_ask(booking).and_then(|ask| self.staff(ask.staff)).map(|staff| staff.near);
        let nobody_else = self.search(booking).is_some_and(|s| self.next_for(s).is_none() && s.ends_by > now);
        match near {
            Some(Near::Away(until)) if until > now && nobody_else => {
                if let Some(search) = self.search_mut(booking) {
                    search.waits = Some(until);
                }
                if let Some(ask) = self.open_ask_mut(booking) {
                    ask.deliver_by = None;
                }
            }
            _ => self.close_offer(booking, Outcome::Undelivered),
        }
    }

    fn end_wait(&mut self, booking: BookingId) {
        match self.open_ask(booking) {
            Some(_) => self.close_offer(booking, Outcome::Undelivered),
            None => self.go_on(booking),
        }
    }

    /// The oldest waiting search for which an employee can be asked, with that employee.
    pub(super) fn who_waits_no_more(&self) -> Option<(BookingId, usize)> {
        let waiting = self.searches.iter().filter(|s| s.end.is_none() && s.waits.is_some() && s.ends_by > self.now);
        let can_ask = waiting.filter_map(|search| Some((search.opened, search.id, self.next_for(search)?)));
        can_ask.min().map(|(_, booking, no)| (booking, no))
    }

    /// Asks the employee; an open offer is taken from an employee without a device for that.
    pub(super) fn ask_at_last(&mut self, booking: BookingId, no: usize) {
        match self.open_ask(booking) {
            Some(_) => self.close_offer(booking, Outcome::Undelivered),
            None => self.ask(booking, no),
        }
    }

    /// Closes the open offer, if there is one, and frees its employee. An employee with a device who let the offer pass
    /// misses it.
    fn release_offered_employee(&mut self, booking: BookingId, outcome: Outcome) {
        let Some(asked) = self.open_ask(booking).map(|ask| ask.staff) else { return };
        let is_late = matches!(outcome, Outcome::TimedOut | Outcome::Undelivered | Outcome::BookingExpired);
        let missed = is_late && self.staff(asked).is_some_and(|staff| staff.near == Near::Here);
        let max = self.settings.max_missed;
        if missed && self.staff(asked).is_some_and(|s| s.willing && max > 0 && s.missed + 1 >= max) {
            self.change(asked, Cause::Missed, |staff| {
                staff.willing = false;
                staff.missed = 0;
                staff.lapses = None;
            });
        }
        if let Some(search) = self.search_mut(booking) {
            search.waits = None;
        }
        let attempt = self.search(booking).map_or(0, |search| search.asks.len());
        let Some(ask) = self.open_ask_mut(booking) else { return };
        ask.outcome = Some(outcome);
        ask.deliver_by = None;
        let (no, who) = (ask.staff, ask.who.clone());
        let offer = OfferId { booking, attempt: u32::try_from(attempt).unwrap_or(u32::MAX) };
        self.told.closed.push((who, offer, outcome));
        let change = |staff: &mut PlainStaff| {
            staff.holds = PlainHolds::Nothing;
            match outcome {
                _ if missed => staff.missed += 1,
                Outcome::Rejected | Outcome::WentOffline => staff.missed = 0,
                _ => {}
            }
        };
        match outcome {
            Outcome::Rejected => self.change(no, Cause::Declined, change),
            _ if is_late => self.change(no, Cause::Missed, change),
            Outcome::WentOffline => self.change_quietly(no, change),
            _ => self.change(no, Cause::Offer, change),
        }
    }

    pub(super) fn end_search(&mut self, booking: BookingId, outcome: Outcome, reason: BookingReason) {
        self.release_offered_employee(booking, outcome);
        self.end_without(booking, reason);
    }

    fn end_without(&mut self, booking: BookingId, reason: BookingReason) {
        if let Some(search) = self.search_mut(booking) {
            search.end = Some(SearchEnd::Without(reason));
            search.client_back_by = None;
            search.waits = None;
        }
        self.count(match reason {
            BookingReason::EveryoneDeclined | BookingReason::NobodyLeft => 2,
            BookingReason::ClientCancelled | BookingReason::ClientLost | BookingReason::ClosedByAdmin => 3,
            BookingReason::Deadline | BookingReason::WaitedTooLong => 4,
        });
        self.told.bookings.insert(booking);
        self.remember(booking);
    }

    pub(super) fn ask(&mut self, booking: BookingId, no: usize) {
        let Some(who) = self.staff(no).map(|staff| staff.id.clone()) else { return };
        let deliver_by = self.deliver_by();
        let timeout = self.now.plus_ms(self.settings.offer_timeout_ms);
        let Some(search) = self.search_mut(booking) else { return };
        let expires = timeout.min(search.ends_by);
        search.waits = None;
        let asked = who.clone();
        search.asks.push(PlainOffer {
            staff: no,
            who,
            expires,
            delivered: false,
            delivered_to: None,
            deliver_by,
            outcome: None,
        });
        let attempt = u32::try_from(search.asks.len()).unwrap_or(u32::MAX);
        self.told.offers.push((asked, OfferId { booking, attempt }));
        self.told.bookings.insert(booking);
        self.change(no, Cause::Offer, |staff| staff.holds = PlainHolds::Offer(booking));
    }

    pub(super) fn deliver_by(&self) -> Option<Time> {
        let ms = self.settings.delivery_timeout_ms;
        (ms > 0).then(|| self.now.plus_ms(ms))
    }

    pub(super) fn end_talk(&mut self, id: SessionId, by: EndedBy, reason: Option<String>) {
        let (now, wrap_up_ms) = (self.now, self.settings.wrap_up_ms);
        let Some(talk) = self.talk_mut(id) else { return };
        talk.ended = Some((now, by, reason));
        let (no, booking) = (talk.staff, talk.booking);
        self.count(5);
        self.told.ended.insert(id);
        self.told.talks.insert(id);
        self.told.bookings.insert(booking);
        self.change(no, Cause::SessionEnded, |staff| {
            staff.holds =
                if wrap_up_ms > 0 { PlainHolds::WrapUp(now.plus_ms(wrap_up_ms)) } else { PlainHolds::Nothing };
        });
        self.remember(booking);
    }

    /// Counts one more of that kind today: opened, assigned, unanswered, cancelled, expired, session ended.
    pub(super) fn count(&mut self, what: usize) {
        self.days.entry(self.now.day()).or_default()[what] += 1;
    }

    /// Remembers an ended booking for a day. Older ones are forgotten when another booking ends.
    fn remember(&mut self, booking: BookingId) {
        let now = self.now;
        self.past.push((now, booking));
        let is_old = |at: Time| at != now && at.plus_ms(REMEMBERED_MAX_MS) <= now;
        while let Some((_, old)) = self.past.first().copied().filter(|(at, _)| is_old(*at)) {
            self.past.remove(0);
            self.talks.retain(|talk| talk.booking != old);
            self.searches.retain(|search| search.id != old);
        }
    }
}
