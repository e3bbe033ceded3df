//! The audit list and the API keys, which are kept beside the companies' events.

use switchboard_core::CompanyId;
use switchboard_core::id::StoredAsText;
use switchboard_history::past::{AuditRow, Each, HistoryResult, Lists};
use switchboard_journal::StoreError;
use switchboard_journal::api_key::{ApiKey, DatedKey};
use switchboard_journal::audit::AuditFilter;

use super::{hand_over, rows};
use crate::tables::MemoryTables;

impl MemoryTables {
    /// Whether an entry is about a company that has its id still.
    fn is_of_current(&self, company: &str, row: &AuditRow) -> bool {
        let id = CompanyId::from_stored(company).ok();
        let removal = id.and_then(|id| self.company(&id).and_then(|company| company.removal));
        removal.is_none_or(|removal| row.number > removal.audit_number)
    }
}

impl Lists for MemoryTables {
    fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
        each: Each<'_, AuditRow>,
    ) -> HistoryResult<()> {
        let among: Option<Vec<String>> =
            filter.companies.as_deref().map(serde_json::from_str).transpose().map_err(StoreError::unreadable)?;
        let found = self.audit.values().rev().filter(|row| {
            let entry = &row.entry;
            let company = entry.company.as_deref();
            filter.company.as_deref().is_none_or(|asked| company == Some(asked))
                && among.as_ref().is_none_or(|among| {
                    company.is_some_and(|id| among.iter().any(|one| one == id) && self.is_of_current(id, row))
                })
                && filter.key.as_ref().is_none_or(|key| entry.key_name == *key || entry.key_id.as_ref() == Some(key))
                && filter.from.is_none_or(|from| entry.at >= from)
                && filter.to.is_none_or(|to| entry.at < to)
                && before.is_none_or(|before| row.number < before)
        });
        hand_over(found.take(rows(limit)).cloned(), each)
    }

    fn audit_after(
        &self,
        company: &str,
        after: i64,
        limit: u32,
        each: &mut dyn FnMut(i64, String, String),
    ) -> HistoryResult<()> {
        let about = self.audit.values().filter(|row| row.entry.company.as_deref() == Some(company));
        for row in about.filter(|row| row.number > after).take(rows(limit)) {
            each(row.number, row.entry.target.clone(), row.entry.request_id.clone());
        }
        Ok(())
    }

    fn api_keys(&self) -> HistoryResult<Vec<DatedKey>> {
        Ok(self.keys.clone())
    }

    fn api_keys_in_force(&self) -> HistoryResult<Vec<ApiKey>> {
        let in_force = self.keys.iter().filter(|dated| dated.revoked_at_ms.is_none());
        Ok(in_force.map(|dated| dated.key.clone()).collect())
    }
}
