//! Companies, their employees and their logos.

use switchboard_core::{CompanyId, LogoId, SessionId, Time};
use switchboard_history::asked::CompaniesAsked;
use switchboard_history::past::{Companies, CompanyRow, Each, EmployeeRow, HistoryResult};
use switchboard_journal::StoreError;
use switchboard_journal::picture::Kind;

use super::{hand_over, rows};
use crate::tables::{CompanyTables, MemoryTables};

impl Companies for MemoryTables {
    fn is_known(&self, company: &CompanyId) -> HistoryResult<bool> {
        Ok(self.company(company).is_some_and(|company| company.row.is_some()))
    }

    fn companies(&self, asked: CompaniesAsked<'_>, each: Each<'_, CompanyRow>) -> HistoryResult<()> {
        let CompaniesAsked { among, prefix, after, limit } = asked;
        let among: Option<Vec<String>> = among.map(serde_json::from_str).transpose().map_err(StoreError::unreadable)?;
        let found = self.companies.values().filter_map(|company| company.row.as_ref()).filter(|row| {
            row.id.as_str() > after
                && row.id.starts_with(prefix)
                && among.as_ref().is_none_or(|among| among.contains(&row.id))
        });
        hand_over(found.take(rows(limit)).cloned(), each)
    }

    fn company_row(&self, company: &CompanyId) -> HistoryResult<Option<CompanyRow>> {
        Ok(self.company(company).and_then(|company| company.row.clone()))
    }

    fn employees(&self, company: &CompanyId, after: &str, each: Each<'_, EmployeeRow>) -> HistoryResult<()> {
        let employees = self.company(company).into_iter().flat_map(|company| company.employees.values());
        hand_over(employees.filter(|row| row.id.as_str() > after).cloned(), each)
    }

    fn begins_at(&self, company: &CompanyId) -> HistoryResult<Time> {
        Ok(self.company(company).map_or(Time::default(), CompanyTables::begins_at))
    }

    fn begins_behind(&self, company: &CompanyId) -> HistoryResult<u64> {
        let company = self.company(company).filter(|company| company.row.is_some());
        Ok(company.and_then(|company| company.removal).map_or(0, |removal| removal.seq))
    }

    fn removed_last(&self, company: &CompanyId) -> HistoryResult<Option<u64>> {
        Ok(self.company(company).and_then(|company| company.removal).map(|removal| removal.seq))
    }

    fn companies_made_again(&self) -> HistoryResult<Vec<(CompanyId, Time)>> {
        let found = self.companies.iter().filter_map(|(id, company)| {
            let (removal, row) = (company.removal?, company.row.as_ref()?);
            let has_old_events = company.first_seq().is_some_and(|first| first < removal.seq);
            let first_booking = company.bookings.values().next();
            let has_old_bookings = first_booking.is_some_and(|booking| booking.created_at < row.created_at);
            (has_old_events || has_old_bookings).then(|| (id.clone(), removal.at))
        });
        Ok(found.collect())
    }

    fn companies_with_open_things(&self) -> HistoryResult<Vec<CompanyId>> {
        let found = self.companies.iter().filter(|(_, company)| {
            company.bookings.values().any(|booking| booking.state == "offering")
                || company.sessions.values().any(|session| session.ended_at.is_none())
                || company.employees.values().any(|employee| employee.intent == "idle")
        });
        Ok(found.map(|(id, _)| id.clone()).collect())
    }

    fn company_of_session(&self, id: SessionId) -> HistoryResult<Option<CompanyId>> {
        let found = self.companies.iter().find(|(_, company)| company.sessions.contains_key(&id));
        Ok(found.map(|(company, _)| company.clone()))
    }

    fn companies_that_are_gone(&self) -> HistoryResult<Vec<CompanyId>> {
        let gone = |company: &CompanyTables| !company.events.is_empty() && company.row.is_none();
        Ok(self.companies.iter().filter(|(_, company)| gone(company)).map(|(id, _)| id.clone()).collect())
    }

    fn logo(&self, company: &CompanyId, logo: &LogoId) -> HistoryResult<Option<(Kind, Vec<u8>)>> {
        Ok(self.company(company).and_then(|company| company.logos.get(logo).cloned()))
    }
}
