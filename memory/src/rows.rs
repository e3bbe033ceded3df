//! The projection of an entry: its events one by one, and then the rows that they changed.

use switchboard_core::{CompanyId, Event, LogoId, Time};
use switchboard_history::past::{CompanyRow, EmployeeRow};
use switchboard_journal::Entry;
use switchboard_journal::rows::Row;
use switchboard_wire::view::json;

use crate::tables::{CompanyTables, EventRow, MemoryTables, Removal};

impl MemoryTables {
    /// Takes an entry into the tables.
    pub(crate) fn project(&mut self, entry: &Entry) {
        for (seq, event) in (entry.first_seq..).zip(&entry.events) {
            let row = EventRow { at: entry.at, kind: event.kind(), data: json(event) };
            let company = self.company_mut(&entry.company);
            company.events.insert(seq, row);
            match event {
                Event::EmployeeSet { employee, id, .. } => company.note_number(employee.0, seq, id.as_str()),
                Event::CompanyRemoved => self.end_company(&entry.company, seq, entry.at),
                _ => {}
            }
        }
        if !entry.rows.is_empty() {
            let company = self.company_mut(&entry.company);
            entry.rows.iter().for_each(|row| company.put(&entry.company, row));
        }
    }

    /// Ends all that was for the removed company: its endpoints, and the keys for it alone.
    fn end_company(&mut self, id: &CompanyId, seq: u64, at: Time) {
        let audit_number = self.audit.keys().next_back().copied().unwrap_or(0);
        for dated in self.keys.iter_mut().filter(|key| key.revoked_at_ms.is_none() && key.created_at_ms <= at.as_ms()) {
            let Some(companies) = &mut dated.key.companies else { continue };
            if companies.contains(id.as_str()) {
                if companies.len() == 1 {
                    dated.revoked_at_ms = Some(at.as_ms());
                } else {
                    companies.remove(id.as_str());
                }
            }
        }
        let company = self.company_mut(id);
        company.removal = Some(Removal { seq, at, audit_number });
        company.endpoints.retain(|_, endpoint| endpoint.created_at > at);
        let endpoints = &company.endpoints;
        company.deliveries.retain(|(endpoint, _), _| endpoints.contains_key(endpoint));
    }
}

impl CompanyTables {
    /// Notes whose number it is from that event on.
    fn note_number(&mut self, number: u32, seq: u64, id: &str) {
        let known = self.numbers.range((number, 0)..=(number, u64::MAX)).next_back();
        if known.is_none_or(|(_, known)| known != id) {
            self.numbers.insert((number, seq), id.to_owned());
        }
    }

    /// Writes the latest state of a row.
    fn put(&mut self, id: &CompanyId, row: &Row) {
        match row {
            Row::Company { name, settings, created_at, brand, routing } => {
                self.row = Some(CompanyRow {
                    id: id.as_str().to_owned(),
                    name: name.clone(),
                    settings: json(settings),
                    created_at: *created_at,
                    colour: brand.colour.map(|colour| colour.to_string()),
                    logo: brand.logo.as_ref().map(LogoId::as_str).map(str::to_owned),
                    routing: routing.as_ref().map(json),
                });
            }
            Row::CompanyGone => {
                self.row = None;
                self.employees.clear();
            }
            Row::Employee { id, name, topics, profile, intent } => {
                let (name, topics, intent) = (name.to_string(), json(topics), intent.to_string());
                let skills = (!profile.skills.is_empty()).then(|| json(&profile.skills));
                let (id_text, share, capacity) = (id.as_str().to_owned(), profile.share, profile.capacity);
                let row = EmployeeRow { id: id_text, name, topics, intent, skills, share, capacity };
                self.employees.insert(id.clone(), row);
            }
            Row::EmployeeGone { id } => drop(self.employees.remove(id)),
            Row::Booking(row) => drop(self.bookings.insert(row.id, (**row).clone())),
            Row::Offer(row) => drop(self.offers.insert(row.id, (**row).clone())),
            Row::Session(row) => drop(self.sessions.insert(row.id, (**row).clone())),
            Row::Notes(new) => {
                // A session that is no longer in the history does not come back with its notes.
                if self.sessions.contains_key(&new.session_id) {
                    self.notes.insert(new.session_id, (**new).clone());
                }
            }
            Row::Code(new) => {
                if let Some(session) = self.sessions.get_mut(&new.session_id) {
                    session.code = Some(new.code.clone());
                }
            }
            Row::Message(row) => drop(self.messages.insert((row.session_id, row.id), (**row).clone())),
        }
    }
}
