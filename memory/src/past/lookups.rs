//! Lookups of the things that an event names, by key.

use switchboard_core::{BookingId, CompanyId, EmployeeNo, OfferId, SessionId, Time};
use switchboard_history::past::{BookingFacts, HistoryResult, Lookups, SessionFacts};

use crate::tables::MemoryTables;

impl Lookups for MemoryTables {
    fn booking_facts(&self, company: &CompanyId, id: BookingId) -> HistoryResult<Option<BookingFacts>> {
        let row = self.company(company).and_then(|company| company.bookings.get(&id));
        Ok(row.map(|row| BookingFacts {
            client: row.client_id.to_string(),
            client_name: row.client_name.as_deref().map(str::to_owned),
            topic: row.topic.to_string(),
            note: row.note.as_deref().map(str::to_owned),
        }))
    }

    fn session_facts(&self, company: &CompanyId, id: SessionId) -> HistoryResult<Option<SessionFacts>> {
        let row = self.company(company).and_then(|company| company.sessions.get(&id));
        Ok(row.map(|row| SessionFacts {
            booking: row.booking_id.to_string(),
            client: row.client_id.to_string(),
            employee: row.employee_id.to_string(),
            topic: row.topic.to_string(),
            started_at: row.started_at,
        }))
    }

    fn asked(&self, company: &CompanyId, offer: OfferId) -> HistoryResult<Option<String>> {
        let row = self.company(company).and_then(|company| company.offers.get(&offer));
        Ok(row.map(|row| row.employee_id.to_string()))
    }

    fn employee_name(&self, company: &CompanyId, employee: &str) -> HistoryResult<Option<String>> {
        let mut employees = self.company(company).into_iter().flat_map(|company| company.employees.values());
        Ok(employees.find(|row| row.id == employee).map(|row| row.name.clone()))
    }

    fn employee_with_number(&self, company: &CompanyId, no: EmployeeNo, seq: u64) -> HistoryResult<Option<String>> {
        let company = self.company(company);
        let known = company.and_then(|company| company.numbers.range((no.0, 0)..=(no.0, seq)).next_back());
        Ok(known.map(|(_, id)| id.clone()))
    }

    fn employee_since(&self, company: &CompanyId, employee: &str) -> HistoryResult<Option<Time>> {
        let Some(company) = self.company(company) else { return Ok(None) };
        let theirs = company.numbers.iter().filter(|(_, id)| *id == employee).map(|((_, seq), _)| *seq);
        Ok(theirs.max().and_then(|seq| company.events.get(&seq)).map(|event| event.at))
    }

    fn numbers_of_nobody(&self, company: &CompanyId, until: u64) -> HistoryResult<Vec<(u32, u64)>> {
        let Some(company) = self.company(company) else { return Ok(Vec::new()) };
        let is_somebody = |id: &String| company.employees.values().any(|row| row.id == *id);
        let found = company.numbers.iter().filter(|((_, seq), id)| *seq <= until && !is_somebody(id));
        Ok(found.map(|(number, _)| *number).collect())
    }
}
