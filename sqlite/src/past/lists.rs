//! The audit list and the API keys, which are kept beside the companies' events.

use std::ops::ControlFlow;

use rusqlite::{Row, named_params, params};
use switchboard_history::past::{AuditRow, Each, HistoryResult, Lists};
use switchboard_journal::api_key::{ApiKey, DatedKey};
use switchboard_journal::audit::{AuditEntry, AuditFilter};

use super::Tables;
use crate::Error;
use crate::columns::{ms, text, time, unreadable};
use crate::keys::{self, key_columns};

impl Lists for Tables<'_> {
    fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
        each: Each<'_, AuditRow>,
    ) -> HistoryResult<()> {
        let sql = "SELECT id, at, key_id, key_name, company_id, method, route, target, status, request_id, address,
                       number
                   FROM audit
                   WHERE (:company IS NULL OR company_id = :company)
                       AND (:companies IS NULL OR (company_id IN (SELECT value FROM json_each(:companies))
                           AND number > coalesce((SELECT audit_number FROM removals
                               WHERE removals.company_id = audit.company_id), 0)))
                       AND (:key IS NULL OR key_name = :key OR key_id = :key)
                       AND (:from IS NULL OR at >= :from) AND (:to IS NULL OR at < :to)
                       AND (:before IS NULL OR number < :before)
                   ORDER BY number DESC LIMIT :limit";
        let bind = named_params! {
            ":company": filter.company, ":companies": filter.companies, ":key": filter.key,
            ":from": filter.from.map(ms), ":to": filter.to.map(ms), ":before": before, ":limit": limit,
        };
        self.each(sql, bind, read_item, each)
    }

    fn audit_after(
        &self,
        company: &str,
        after: i64,
        limit: u32,
        each: &mut dyn FnMut(i64, String, String),
    ) -> HistoryResult<()> {
        let sql = "SELECT number, target, request_id FROM audit WHERE company_id = ?1 AND number > ?2
                   ORDER BY number LIMIT ?3";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        self.each(sql, params![company, after, limit], read, &mut |(number, target, request)| {
            each(number, target, request);
            Ok(ControlFlow::Continue(()))
        })
    }

    fn api_keys(&self) -> HistoryResult<Vec<DatedKey>> {
        self.all(concat!(key_columns!(), " ORDER BY created_at, id"), [], keys::read_key)
    }

    fn api_keys_in_force(&self) -> HistoryResult<Vec<ApiKey>> {
        let sql = concat!(key_columns!(), " WHERE revoked_at IS NULL");
        self.all(sql, [], |row| Ok(keys::read_key(row)?.key))
    }
}

fn read_item(row: &Row<'_>) -> Result<AuditRow, Error> {
    let entry = AuditEntry {
        id: text(row, 0)?.parse().map_err(unreadable)?,
        at: time(row.get(1)?),
        key_id: row.get(2)?,
        key_name: row.get(3)?,
        company: row.get(4)?,
        method: row.get(5)?,
        route: row.get(6)?,
        target: row.get(7)?,
        request_id: row.get(9)?,
        address: row.get(10)?,
    };
    Ok(AuditRow { number: row.get(11)?, entry, status: row.get(8)? })
}
