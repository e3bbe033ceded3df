//! Events that a passed deadline causes, found by looking at everything.

use switchboard_core::limits::REMEMBERED_MAX_MS;
use switchboard_core::notice::Cause;
use switchboard_core::{BookingId, BookingReason, EndedBy, OfferId, Outcome, Party, SessionId, Time, Word};

use super::{Holds, Model, Near, OpenOffer, SearchEnd, Staff};

/// A deadline that has passed. The variants are in the contract's order for one and the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum DueEvent {
    SearchEnds(u128),
    ClientIsLost(u128),
    OfferTimesOut(u128),
    OfferIsUndelivered(u128),
    StepOpens(u128),
    PartyIsLost(u128, Party),
    WrapUpEnds(usize),
    EmployeeIsGone(usize),
    PauseEnds(usize),
    RestEnds(usize),
    WishLapses(usize),
    SearchHasWaited(u128),
}

impl Model {
    /// The earliest deadline in the company.
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        self.dues().into_iter().min().map(|(at, _)| at)
    }

    fn dues(&self) -> Vec<(Time, DueEvent)> {
        let mut dues = Vec::new();
        for search in self.searches.iter().filter(|search| search.end.is_none()) {
            let id = search.id.as_u128();
            dues.push((search.ends_by, DueEvent::SearchEnds(id)));
            dues.extend(search.client_back_by.map(|at| (at, DueEvent::ClientIsLost(id))));
            dues.extend(search.waits.map(|at| (at, DueEvent::SearchHasWaited(id))));
            for ask in search.asks.iter().filter(|ask| ask.outcome.is_none()) {
                dues.push((ask.expires, DueEvent::OfferTimesOut(id)));
                dues.extend(ask.deliver_by.map(|at| (at, DueEvent::OfferIsUndelivered(id))));
            }
            if let Some(way) = &search.way
                && let Some(step) = way.steps.get(way.open)
            {
                dues.push((way.began.plus_ms(step.after_ms), DueEvent::StepOpens(id)));
            }
        }
        for talk in self.talks.iter().filter(|talk| talk.ended.is_none()) {
            for party in [Party::Client, Party::Employee] {
                let back_by = talk.sides[party as usize].back_by;
                dues.extend(back_by.map(|at| (at, DueEvent::PartyIsLost(talk.id.as_u128(), party))));
            }
        }
        for (no, staff) in self.staff.iter().enumerate() {
            let Some(staff) = staff else { continue };
            if let Holds::WrapUp(wrap_up) = staff.holds {
                dues.push((wrap_up.until, DueEvent::WrapUpEnds(no)));
            }
            if let Some((_, Some(until))) = staff.pause {
                dues.push((until, DueEvent::PauseEnds(no)));
            }
            dues.extend(staff.rests.map(|at| (at, DueEvent::RestEnds(no))));
            if let Near::Away(until) = staff.near {
                dues.push((until, DueEvent::EmployeeIsGone(no)));
            }
            dues.extend(staff.lapses.map(|at| (at, DueEvent::WishLapses(no))));
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
            search.way.iter_mut().for_each(|way| later(&mut way.began));
            for ask in search.asks.iter_mut().filter(|ask| ask.outcome.is_none()) {
                later(&mut ask.expires);
                ask.deliver_by.iter_mut().for_each(later);
            }
        }
        for talk in self.talks.iter_mut().filter(|talk| talk.ended.is_none()) {
            talk.sides.iter_mut().filter_map(|side| side.back_by.as_mut()).for_each(later);
        }
        for staff in self.staff.iter_mut().flatten() {
            staff.lapses.iter_mut().for_each(later);
            if let Holds::WrapUp(wrap_up) = &mut staff.holds {
                later(&mut wrap_up.until);
                wrap_up.longest.iter_mut().for_each(later);
            }
            if let Some((_, Some(until))) = &mut staff.pause {
                later(until);
            }
            staff.rests.iter_mut().for_each(later);
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

    fn do_it_by_itself(&mut self, due: DueEvent) {
        let booking = BookingId::from_u128;
        match due {
            DueEvent::SearchEnds(id) => self.end_search(booking(id), Outcome::BookingExpired, BookingReason::Deadline),
            DueEvent::ClientIsLost(id) => self.end_search(booking(id), Outcome::ClientLost, BookingReason::ClientLost),
            DueEvent::OfferTimesOut(id) => {
                let now = self.now;
                self.close_asks(booking(id), Outcome::TimedOut, |ask| ask.expires <= now);
            }
            DueEvent::OfferIsUndelivered(id) => self.miss_delivery(booking(id)),
            DueEvent::PartyIsLost(id, _) => self.end_talk(SessionId::from_u128(id), EndedBy::Lost, None),
            DueEvent::StepOpens(id) => self.open_next_step(booking(id)),
            DueEvent::WrapUpEnds(no) => self.end_wrap_up(no),
            DueEvent::EmployeeIsGone(no) => self.change(no, Cause::ConnectionLost, |staff| staff.near = Near::Gone),
            DueEvent::PauseEnds(no) => self.end_pause(no),
            DueEvent::RestEnds(no) => self.change(no, Cause::RestOver, |staff| staff.rests = None),
            DueEvent::WishLapses(no) => self.go_offline(no, Cause::ConnectionLost, self.pause_for("lapsed")),
            DueEvent::SearchHasWaited(id) => self.end_wait(booking(id)),
        }
    }

    fn open_next_step(&mut self, booking: BookingId) {
        if let Some(search) = self.search_mut(booking) {
            search.way.iter_mut().for_each(|way| way.open += 1);
        }
    }

    /// Sets the employee's intent to offline; an open offer is declined by that.
    pub(super) fn go_offline(&mut self, no: usize, cause: Cause, pause: Option<(Option<Word>, Option<Time>)>) {
        self.change(no, cause, |staff| staff.wants_nothing(pause));
        if let Some(Holds::Offer(booking)) = self.staff(no).map(|staff| staff.holds) {
            self.close_asks(booking, Outcome::WentOffline, |ask| ask.staff == no);
        }
    }

    /// A search without an open offer asks its first candidate, opens its next step, waits for an employee who may come
    /// back, or ends.
    pub(super) fn go_on(&mut self, booking: BookingId) {
        let Some(search) = self.search(booking) else { return };
        let (first, awaited) = (self.candidates(search).first().copied(), self.awaited_until(search));
        let has_more_steps = search.way.as_ref().is_some_and(|way| way.open < way.steps.len());
        if search.ends_by <= self.now {
            self.end_without(booking, BookingReason::Deadline);
        } else if let Some(first) = first {
            self.ask(booking, first);
        } else if has_more_steps {
            self.open_next_step(booking);
        } else if awaited.is_some() {
            self.search_mut(booking).into_iter().for_each(|search| search.waits = awaited);
        } else {
            let is_a_no = |ask: &OpenOffer| matches!(ask.outcome, Some(Outcome::Rejected | Outcome::WentOffline));
            let all_said_no = search.asks.iter().all(is_a_no);
            let reason = if all_said_no { BookingReason::EveryoneDeclined } else { BookingReason::NobodyLeft };
            self.end_without(booking, reason);
        }
    }

    /// The delivery of offers was not acknowledged. An employee in grace keeps the only offer while no other employee
    /// can be asked.
    fn miss_delivery(&mut self, booking: BookingId) {
        let now = self.now;
        let is_due = |ask: &OpenOffer| ask.deliver_by.is_some_and(|at| at <= now);
        let Some(search) = self.search(booking) else { return };
        let nobody_else = self.candidates(search).is_empty() && search.ends_by > now && search.open_asks() == 1;
        let due = search.asks.iter().find(|ask| ask.outcome.is_none() && is_due(ask));
        let near = due.and_then(|ask| self.staff(ask.staff)).map(|staff| staff.near);
        match near {
            Some(Near::Away(until)) if until > now && nobody_else => {
                let Some(search) = self.search_mut(booking) else { return };
                search.waits = Some(until);
                search.asks.iter_mut().for_each(|ask| ask.deliver_by = None);
            }
            _ => self.close_asks(booking, Outcome::Undelivered, is_due),
        }
    }

    fn end_wait(&mut self, booking: BookingId) {
        self.close_asks(booking, Outcome::Undelivered, |_| true);
        self.search_mut(booking).into_iter().for_each(|search| search.waits = None);
    }

    /// Asks the employee. Of a search that waits, the open offer is taken from an employee without a device for that.
    pub(super) fn ask_at_last(&mut self, booking: BookingId, no: usize) {
        if self.search(booking).is_some_and(|search| search.waits.is_some()) {
            self.end_wait(booking);
        }
        self.ask(booking, no);
    }

    /// Closes those open offers that are meant, and frees their employees. An employee with a device who let the offer
    /// pass misses it.
    pub(super) fn close_asks(&mut self, booking: BookingId, outcome: Outcome, is_meant: impl Fn(&OpenOffer) -> bool) {
        let Some(search) = self.search(booking) else { return };
        let asks = search.asks.iter().enumerate();
        let closing: Vec<(OfferId, usize)> = asks
            .filter(|(_, ask)| ask.outcome.is_none() && is_meant(ask))
            .map(|(at, ask)| (search.offer_id(at), ask.staff))
            .collect();
        let is_late = matches!(outcome, Outcome::TimedOut | Outcome::Undelivered | Outcome::BookingExpired);
        let max = self.settings.max_missed;
        for (_, asked) in &closing {
            let found = self.staff(*asked).filter(|staff| is_late && staff.near == Near::Here);
            if found.is_some_and(|staff| staff.willing && max > 0 && staff.missed + 1 >= max) {
                let pause = self.pause_for("missed");
                self.change(*asked, Cause::Missed, |staff| staff.wants_nothing(pause));
            }
        }
        for (offer, no) in closing {
            self.release_offered_employee(offer, no, outcome);
        }
    }

    fn release_offered_employee(&mut self, offer: OfferId, no: usize, outcome: Outcome) {
        let is_late = matches!(outcome, Outcome::TimedOut | Outcome::Undelivered | Outcome::BookingExpired);
        let missed = is_late && self.staff(no).is_some_and(|staff| staff.near == Near::Here);
        let Some(ask) = self.open_ask_mut(offer) else { return };
        ask.outcome = Some(outcome);
        ask.deliver_by = None;
        let who = ask.who.clone();
        self.search_mut(offer.booking).into_iter().for_each(|search| search.waits = None);
        self.told.closed.push((who, offer, outcome));
        match outcome {
            Outcome::Rejected | Outcome::WentOffline => self.count_answer(no),
            Outcome::TimedOut | Outcome::Undelivered if missed => self.count_answer(no),
            _ => {}
        }
        let (rests, place) = (self.rest_after(outcome), self.staff(no).map_or(0, |staff| staff.turn));
        let change = |staff: &mut Staff| {
            staff.holds = Holds::Nothing;
            match outcome {
                _ if missed => staff.missed += 1,
                Outcome::Rejected | Outcome::WentOffline => staff.missed = 0,
                _ => {}
            }
            if staff.willing && rests.is_some() {
                staff.rests = rests;
            }
        };
        match outcome {
            Outcome::Rejected => self.change(no, Cause::Declined, change),
            _ if is_late => self.change(no, Cause::Missed, change),
            Outcome::WentOffline => self.change_quietly(no, change),
            _ => self.change(no, Cause::Offer, change),
        }
        // An employee who was not fast enough has lost nothing by it.
        if outcome == Outcome::Taken {
            self.change_quietly(no, |staff| staff.turn = place);
        }
    }

    pub(super) fn end_search(&mut self, booking: BookingId, outcome: Outcome, reason: BookingReason) {
        self.close_asks(booking, outcome, |_| true);
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
        search.asks.push(OpenOffer {
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
        self.change(no, Cause::Offer, |staff| staff.holds = Holds::Offer(booking));
    }

    pub(super) fn deliver_by(&self) -> Option<Time> {
        let ms = self.settings.delivery_timeout_ms;
        (ms > 0).then(|| self.now.plus_ms(ms))
    }

    pub(super) fn end_talk(&mut self, id: SessionId, by: EndedBy, reason: Option<String>) {
        let now = self.now;
        let Some(talk) = self.talk_mut(id) else { return };
        talk.ended = Some((now, by, reason));
        let (no, booking, has_code) = (talk.staff, talk.booking, talk.code.is_some());
        let held = self.held_after(id, has_code);
        self.count(5);
        self.told.ended.insert(id);
        self.told.talks.insert(id);
        self.told.bookings.insert(booking);
        self.change(no, Cause::SessionEnded, |staff| staff.holds = held);
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

impl Staff {
    /// Lets the employee be offline for that reason.
    fn wants_nothing(&mut self, pause: Option<(Option<Word>, Option<Time>)>) {
        self.willing = false;
        self.pause = pause;
        self.rests = None;
        self.missed = 0;
        self.lapses = None;
    }
}
