//! Events in their order, and the stored states of a company.

use std::collections::BTreeSet;
use std::ops::{Bound, ControlFlow};

use switchboard_core::{Company, CompanyId, Time};
use switchboard_history::past::{Bases, Events, HistoryResult, StoredEvent};
use switchboard_journal::StoreError;

use super::rows;
use crate::tables::{CompanyTables, MemoryTables};

impl Events for MemoryTables {
    fn events(
        &self,
        company: &CompanyId,
        after: u64,
        limit: Option<u32>,
        each: &mut dyn FnMut(StoredEvent<'_>) -> HistoryResult<ControlFlow<()>>,
    ) -> HistoryResult<()> {
        let Some(company) = self.company(company) else { return Ok(()) };
        let behind = company.events.range((Bound::Excluded(after), Bound::Unbounded));
        for (seq, row) in behind.take(limit.map_or(usize::MAX, rows)) {
            if each(StoredEvent { seq: *seq, at: row.at, kind: row.kind, data: &row.data })?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn event(&self, company: &CompanyId, seq: u64) -> HistoryResult<Option<(Time, String)>> {
        let row = self.company(company).and_then(|company| company.events.get(&seq));
        Ok(row.map(|row| (row.at, row.data.clone())))
    }

    fn events_kept(&self, company: &CompanyId) -> HistoryResult<Option<(u64, u64)>> {
        let company = self.company(company);
        Ok(company.and_then(|company| Some((company.first_seq()?, company.last_seq()))))
    }

    fn latest(&self) -> HistoryResult<Option<Time>> {
        Ok(self.companies.values().filter_map(|company| company.events.values().next_back()).map(|row| row.at).max())
    }

    fn revision(&self, company: &CompanyId) -> HistoryResult<u64> {
        Ok(self.company(company).map_or(0, |company| company.rewriting.revision))
    }
}

fn state(data: &str) -> HistoryResult<Company> {
    let mut company: Company = serde_json::from_str(data).map_err(StoreError::unreadable)?;
    company.rebuild();
    Ok(company)
}

impl MemoryTables {
    fn of<'a, T: 'a>(&'a self, company: &CompanyId, find: impl FnOnce(&'a CompanyTables) -> Option<T>) -> Option<T> {
        self.company(company).and_then(find)
    }
}

impl Bases for MemoryTables {
    fn base_between(&self, company: &CompanyId, after: u64, moment: Time) -> HistoryResult<Option<Company>> {
        let latest = self.of(company, |company| {
            let before = company.bases.iter().filter(|(_, (at, _))| *at < moment);
            before.max_by_key(|(seq, (at, _))| (*at, **seq))
        });
        latest.filter(|(seq, _)| **seq > after).map(|(_, (_, data))| state(data)).transpose()
    }

    fn first_base(&self, company: &CompanyId) -> HistoryResult<Option<Company>> {
        self.of(company, |company| company.bases.values().next()).map(|(_, data)| state(data)).transpose()
    }

    fn cut_at(&self, company: &CompanyId) -> HistoryResult<Option<Time>> {
        Ok(self.of(company, CompanyTables::cut_at))
    }

    fn bases(&self, company: &CompanyId) -> HistoryResult<BTreeSet<u64>> {
        Ok(self.company(company).into_iter().flat_map(|company| company.bases.keys().copied()).collect())
    }

    fn last_base(&self, company: &CompanyId) -> HistoryResult<Option<u64>> {
        Ok(self.of(company, |company| company.bases.keys().next_back().copied()))
    }

    fn is_base(&self, company: &CompanyId, seq: u64, data: &str) -> HistoryResult<bool> {
        Ok(self.of(company, |company| company.bases.get(&seq)).is_some_and(|(_, stored)| stored == data))
    }

    fn snapshot(&self, company: &CompanyId) -> HistoryResult<Option<Company>> {
        self.of(company, |company| company.snapshot.as_ref()).map(|(_, data)| state(data)).transpose()
    }

    fn snapshot_at(&self, company: &CompanyId) -> HistoryResult<Option<u64>> {
        Ok(self.of(company, |company| company.snapshot.as_ref()).map(|(seq, _)| *seq))
    }
}
