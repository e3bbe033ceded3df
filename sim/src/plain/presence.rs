//! Arrivals and departures of people, without routing.

use switchboard_core::notice::Cause;
use switchboard_core::{ClientId, EmployeeId, Party, SessionId};

use super::{Near, PlainHolds, PlainModel, PlainOffer, SearchEnd, Side};
use crate::reference::ExpectedAnswer;

impl PlainModel {
    pub(super) fn nobody_is_here(&mut self) {
        let lapse = self.now.plus_ms(self.settings.intent_lapse_ms);
        for no in 0..self.staff.len() {
            match self.staff(no).map(|staff| staff.near) {
                Some(Near::Here | Near::Away(_)) => self.employee_leaves(no),
                Some(Near::Gone) => self.change_quietly(no, |staff| staff.lapses = staff.lapses.map(|_| lapse)),
                None => {}
            }
        }
        let settings = &self.settings;
        let delivery_ms = settings.delivery_timeout_ms.max(settings.employee_grace_ms);
        let deliver_by = (settings.delivery_timeout_ms > 0).then(|| self.now.plus_ms(delivery_ms));
        let open_asks = self.searches.iter_mut().filter_map(|search| search.asks.last_mut());
        for ask in open_asks.filter(|ask| ask.outcome.is_none()) {
            ask.deliver_by = deliver_by;
        }
        let open: Vec<ClientId> = self.searches.iter().filter(|s| self.is_open(s)).map(|s| s.client.clone()).collect();
        for client in open {
            self.set_client_here(&client, false);
        }
        let running: Vec<SessionId> = self.talks.iter().filter(|t| t.ended.is_none()).map(|t| t.id).collect();
        for id in running {
            if let Some(talk) = self.talk_mut(id) {
                talk.sides = [Side::default(); 2];
            }
            self.watch(id);
        }
    }

    pub(super) fn client_here(&mut self, client: &ClientId, here: bool) -> ExpectedAnswer {
        if self.open_of(client).is_some_and(|search| search.client_here != here) {
            self.set_client_here(client, here);
        }
        ExpectedAnswer::Done
    }

    pub(super) fn set_client_here(&mut self, client: &ClientId, here: bool) {
        let back_by = self.now.plus_ms(self.settings.client_grace_ms);
        let Some(id) = self.open_of(client).map(|search| search.id) else { return };
        let Some(search) = self.search_mut(id) else { return };
        search.client_here = here;
        search.client_back_by = (!here && search.end.is_none()).then_some(back_by);
        if let Some(SearchEnd::Talk(talk)) = search.end {
            self.watch(talk);
        }
    }

    pub(super) fn employee_here(&mut self, id: &EmployeeId, here: bool) -> ExpectedAnswer {
        let Some(no) = self.staff_no(id) else {
            return if here { ExpectedAnswer::No("unknown_employee") } else { ExpectedAnswer::Done };
        };
        let near = self.staff(no).map(|staff| staff.near);
        if here && near != Some(Near::Here) {
            self.change(no, Cause::Reconnected, |staff| {
                staff.near = Near::Here;
                staff.lapses = None;
            });
            let deliver_by = self.deliver_by();
            self.tell_what_is_held(no, |ask| ask.deliver_by = deliver_by.filter(|_| !ask.delivered));
        } else if !here && near == Some(Near::Here) {
            self.employee_leaves(no);
        }
        ExpectedAnswer::Staff(no)
    }

    pub(super) fn employee_leaves(&mut self, no: usize) {
        let until = self.now.plus_ms(self.settings.employee_grace_ms);
        let lapse = self.now.plus_ms(self.settings.intent_lapse_ms);
        self.change(no, Cause::ConnectionLost, |staff| {
            staff.near = Near::Away(until);
            staff.lapses = staff.willing.then_some(lapse);
        });
        let deliver_by = self.deliver_by();
        self.tell_what_is_held(no, |ask| ask.deliver_by = deliver_by);
    }

    pub(super) fn tell_what_is_held(&mut self, no: usize, change: impl FnOnce(&mut PlainOffer)) {
        match self.staff(no).map(|staff| staff.holds) {
            Some(PlainHolds::Offer(booking)) => {
                if let Some(search) = self.search_mut(booking) {
                    search.waits = None;
                }
                if let Some(ask) = self.open_ask_mut(booking) {
                    change(ask);
                }
            }
            Some(PlainHolds::Talk(session)) => self.watch(session),
            _ => {}
        }
    }

    /// A party without any device has a deadline to come back; a party with a device has none.
    pub(super) fn watch(&mut self, id: SessionId) {
        let back_by = self.now.plus_ms(self.settings.session_grace_ms);
        let Some(talk) = self.talk(id) else { return };
        let client = self.open_of(&talk.client).is_some_and(|search| search.client_here);
        let employee = self.staff(talk.staff).is_some_and(|staff| staff.near == Near::Here);
        let Some(talk) = self.talk_mut(id) else { return };
        for (side, elsewhere) in talk.sides.iter_mut().zip([client, employee]) {
            let away = !side.online && !elsewhere;
            side.back_by = if away { side.back_by.or(Some(back_by)) } else { None };
        }
    }

    pub(super) fn party_here(&mut self, id: SessionId, party: Party, here: bool) -> ExpectedAnswer {
        let Some(talk) = self.talk_mut(id) else { return ExpectedAnswer::No("unknown_session") };
        if talk.ended.is_none() && talk.sides[party as usize].online != here {
            talk.sides[party as usize].online = here;
            self.told.peers.insert((id, party == Party::Employee));
            self.watch(id);
        }
        ExpectedAnswer::Talk(id)
    }
}
