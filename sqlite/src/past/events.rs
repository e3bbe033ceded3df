//! Events in their order.

use std::ops::ControlFlow;

use rusqlite::params;
use switchboard_core::{CompanyId, Time};
use switchboard_history::past::{Events, HistoryResult, StoredEvent};

use super::Tables;
use super::companies::known_companies;
use crate::columns::{text, time};
use crate::{Error, revision};

impl Events for Tables<'_> {
    fn events(
        &self,
        company: &CompanyId,
        after: u64,
        limit: Option<u32>,
        each: &mut dyn FnMut(StoredEvent<'_>) -> HistoryResult<ControlFlow<()>>,
    ) -> HistoryResult<()> {
        let sql = "SELECT seq, at, kind, data FROM events WHERE company_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
        let mut query = self.0.prepare_cached(sql).map_err(Error::from)?;
        // SQLite treats a negative limit as no limit.
        let limit = limit.map_or(-1, i64::from);
        let mut rows = query.query(params![company.as_str(), after.cast_signed(), limit]).map_err(Error::from)?;
        while let Some(row) = rows.next().map_err(Error::from)? {
            let seq = row.get::<_, i64>(0).map_err(Error::from)?.cast_unsigned();
            let at = time(row.get(1).map_err(Error::from)?);
            if each(StoredEvent { seq, at, kind: text(row, 2)?, data: text(row, 3)? })?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn event(&self, company: &CompanyId, seq: u64) -> HistoryResult<Option<(Time, String)>> {
        let sql = "SELECT at, data FROM events WHERE company_id = ?1 AND seq = ?2";
        self.one(sql, params![company.as_str(), seq.cast_signed()], |row| Ok((time(row.get(0)?), row.get(1)?)))
    }

    fn events_kept(&self, company: &CompanyId) -> HistoryResult<Option<(u64, u64)>> {
        let sql = "SELECT (SELECT min(seq) FROM events WHERE company_id = ?1),
                       (SELECT max(seq) FROM events WHERE company_id = ?1)";
        let found = self.one(sql, [company.as_str()], |row| {
            let (oldest, latest): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(oldest.zip(latest).map(|(oldest, latest)| (oldest.cast_unsigned(), latest.cast_unsigned())))
        })?;
        Ok(found.flatten())
    }

    fn latest(&self) -> HistoryResult<Option<Time>> {
        let sql = concat!(
            known_companies!(),
            "SELECT max((SELECT at FROM events WHERE company_id = id ORDER BY seq DESC LIMIT 1))
             FROM known WHERE id IS NOT NULL"
        );
        Ok(self.one(sql, [], |row| Ok(row.get::<_, Option<i64>>(0)?.map(time)))?.flatten())
    }

    fn revision(&self, company: &CompanyId) -> HistoryResult<u64> {
        Ok(revision::of(self.0, company)?)
    }
}
