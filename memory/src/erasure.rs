//! Erasure: replacements are collected, and put in place in one step once they are all there.

use switchboard_core::id::StoredAsText;
use switchboard_core::{BookingId, CompanyId};
use switchboard_history::past::Lists;
use switchboard_journal::audit::RenamedPerson;
use switchboard_journal::erasure::{BASE, EVENT, ErasureStep, LINE, OFFER, Ready, SNAPSHOT};

use crate::rewrites::{Renamed, UnderWay};
use crate::tables::{CompanyTables, MemoryTables};

impl MemoryTables {
    pub(crate) fn erase(&mut self, step: &ErasureStep) {
        match step {
            ErasureStep::Prepare(company) => self.company_mut(company).rewriting.under_way = Some(UnderWay::default()),
            ErasureStep::GiveUp(company) => {
                let under_way = &mut self.company_mut(company).rewriting.under_way;
                if under_way.as_ref().is_some_and(|erasure| erasure.begun.is_none()) {
                    *under_way = None;
                }
            }
            ErasureStep::LayReady(company, ready) => {
                if let Some(erasure) = &mut self.company_mut(company).rewriting.under_way {
                    erasure.ready.extend_from_slice(ready);
                }
            }
            ErasureStep::Begin(begin) => {
                let company = self.company_mut(&begin.company);
                let Some(erasure) = &mut company.rewriting.under_way else { return };
                erasure.begun = Some(begin.clone());
                // The origin already includes this event, which is kept only for its number.
                if let Some(event) = company.events.get_mut(&begin.begins.cast_unsigned()) {
                    event.kind = "resumed";
                    event.data = "\"resumed\"".to_owned();
                }
            }
            ErasureStep::Place(company) => self.place(company),
        }
    }

    /// Finishes the erasures that an end of the writer interrupted, or gives them up if they were not decided yet.
    pub(crate) fn finish_erasures(&mut self) {
        for id in self.companies.keys().cloned().collect::<Vec<_>>() {
            self.erase(&ErasureStep::GiveUp(id.clone()));
            self.place(&id);
        }
    }

    /// Puts everything in place, and ends the erasure.
    fn place(&mut self, id: &CompanyId) {
        let company = self.company_mut(id);
        let Some(UnderWay { ready, begun: Some(begin) }) = company.rewriting.under_way.clone() else { return };
        let Ok(renamed) = Renamed::of(&begin) else { return };
        company.rewriting.under_way = None;
        company.rewriting.revision += 1;
        company.events.retain(|seq, _| *seq >= begin.begins.cast_unsigned());
        for Ready { what, place, data } in ready {
            match what {
                LINE => self.rename_line(place.cast_signed(), data),
                _ => self.company_mut(id).replace(what, place, data, &renamed),
            }
        }
        self.company_mut(id).rename(&renamed);
        let named = RenamedPerson {
            company: id.as_str().to_owned(),
            is_client: begin.is_client,
            person: begin.person,
            alias: begin.alias,
        };
        let mut late = Vec::new();
        let _never_fails = self.audit_after(id.as_str(), begin.audit_seen, u32::MAX, &mut |number, target, request| {
            late.extend(named.target_without(target, &request).map(|target| (number, target)));
        });
        for (number, target) in late {
            self.rename_line(number, target);
        }
    }

    /// Replaces the target of an audit entry, and the request's id, into which the caller may have put the person's.
    fn rename_line(&mut self, number: i64, target: String) {
        if let Some(row) = self.audit.get_mut(&number) {
            row.entry.target = target;
            row.entry.request_id = row.entry.id.to_string();
        }
    }
}

impl CompanyTables {
    fn replace(&mut self, what: &str, place: u64, data: String, renamed: &Renamed) {
        match what {
            EVENT => {
                if let Some(event) = self.events.get_mut(&place) {
                    event.data = data;
                }
            }
            BASE => {
                if let Some((_, base)) = self.bases.get_mut(&place) {
                    *base = data;
                }
            }
            SNAPSHOT => {
                if let Some((_, snapshot)) = self.snapshot.as_mut().filter(|(seq, _)| *seq == place) {
                    *snapshot = data;
                }
            }
            OFFER => {
                let Renamed::Employee(person, alias) = renamed else { return };
                let Ok(booking) = BookingId::from_stored(&data) else { return };
                for offer in self.offers.values_mut() {
                    if offer.id.booking == booking && offer.employee_id == *person {
                        offer.employee_id = alias.clone();
                        offer.reason = None;
                    }
                }
            }
            _ => {}
        }
    }

    fn rename(&mut self, renamed: &Renamed) {
        self.rename_sessions(renamed);
        self.rename_bookings(renamed);
        if let Renamed::Employee(person, alias) = renamed {
            for id in self.numbers.values_mut().filter(|id| *id == person.as_str()) {
                alias.as_str().clone_into(id);
            }
            let days = std::mem::take(&mut self.days_of_employees);
            let rename = |id: String| if id == person.as_str() { alias.as_str().to_owned() } else { id };
            self.days_of_employees = days.into_iter().map(|((id, day), work)| ((rename(id), day), work)).collect();
        }
    }

    fn rename_sessions(&mut self, renamed: &Renamed) {
        for session in self.sessions.values_mut() {
            match renamed {
                Renamed::Client(person, alias) if session.client_id == *person => {
                    session.client_id = alias.clone();
                    session.client_name = None;
                }
                Renamed::Employee(person, alias) if session.employee_id == *person => {
                    session.employee_id = alias.clone();
                }
                Renamed::Client(..) | Renamed::Employee(..) => continue,
            }
            session.reason = None;
            if let Some(notes) = self.notes.get_mut(&session.id) {
                notes.body = "".into();
            }
            for (_, message) in self.messages.iter_mut().filter(|((of, _), _)| *of == session.id) {
                message.body = "".into();
            }
        }
    }

    fn rename_bookings(&mut self, renamed: &Renamed) {
        for booking in self.bookings.values_mut() {
            match renamed {
                Renamed::Client(person, alias) if booking.client_id == *person => {
                    booking.client_id = alias.clone();
                    booking.client_name = None;
                    booking.note = None;
                    booking.skills.clear();
                    for offer in self.offers.values_mut().filter(|offer| offer.id.booking == booking.id) {
                        offer.reason = None;
                    }
                }
                Renamed::Employee(person, alias) if booking.employee_id.as_ref() == Some(person) => {
                    booking.employee_id = Some(alias.clone());
                    booking.employee_name = Some(alias.as_str().into());
                }
                Renamed::Client(..) | Renamed::Employee(..) => {}
            }
        }
    }
}
